//! The task that measures: builds server and bench with optimisation and starts the latter.
//!
//! What is measured, and beside which limit, is in `tests/src/bin/bench/`; this file only builds.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use crate::run::{self, Steps};
use crate::setup::{self, Need};

/// What `cargo xtask bench` may be told.
#[derive(clap::Args)]
pub(crate) struct Bench {
    /// Only this suite: lookup, capture, push, pull, moves, statistics, photos,
    /// vault, verify, away, shaped or shaped-tls
    #[arg(long)]
    only: Option<String>,
    /// Write the figures to this file
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

/// Numbers beside their limits.
pub(crate) fn bench(steps: &mut Steps, args: &Bench) -> Result<()> {
    steps.step("look what is missing", || setup::ensure(Need::Build))?;
    steps.step("build with optimisation", || {
        run::run(run::build_of(&["gewu-server", "bench"]).arg("--release"))
    })?;
    let release = run::programs().with_file_name("release");
    let mut command = Command::new(release.join("bench"));
    command.current_dir(run::root());
    if let Some(only) = &args.only {
        command.args(["--only", only]);
    }
    if let Some(file) = &args.json {
        command.arg("--json").arg(std::path::absolute(file)?);
    }
    run::run(&mut command)
}
