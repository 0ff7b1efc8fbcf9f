//! The tasks that show Gewu to a person: the demo, and pictures of every screen.
//!
//! This file only prepares; the work is done by the programs `demo` and `screens` of crate
//! `tests`, which may use the product's crates while this one stays quick to compile.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use crate::run::{self, Steps};
use crate::setup::{self, Need};
use crate::wasm;

/// What `cargo xtask demo` may be told.
#[derive(clap::Args)]
pub(crate) struct Demo {
    /// End after the table, with exit code 0 only if nothing was lost
    #[arg(long)]
    once: bool,
    /// Write the rows and the totals to this file
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

/// What `cargo xtask screens` is told.
#[derive(clap::Args)]
pub(crate) struct Screens {
    /// Where the pictures go; made if missing
    dir: PathBuf,
    /// Only pictures whose name has this in it
    #[arg(long)]
    only: Option<String>,
}

/// A grid worker's day in 建阳区.
pub(crate) fn demo(steps: &mut Steps, args: &Demo) -> Result<()> {
    build(steps)?;
    let mut command = program("demo");
    if args.once {
        command.arg("--once");
    }
    if let Some(file) = &args.json {
        command.arg("--json").arg(std::path::absolute(file)?);
    }
    run::run(&mut command)
}

/// All that the demo needs.
pub(crate) fn build(steps: &mut Steps) -> Result<()> {
    steps.step("look what is missing", || setup::ensure(Need::Build))?;
    wasm::build(steps, &wasm::Args::default())?;
    steps.step("build the programs", || build_with("demo"))
}

/// A picture of every screen.
pub(crate) fn screens(steps: &mut Steps, args: &Screens) -> Result<()> {
    let dir = std::path::absolute(&args.dir)?;
    steps.step("look what is missing", || setup::ensure(Need::Test))?;
    wasm::build(steps, &wasm::Args::default())?;
    steps.step("build the programs", || build_with("screens"))?;
    steps.step("take the pictures", || {
        let mut command = program("screens");
        command.arg(dir);
        if let Some(only) = &args.only {
            command.args(["--only", only]);
        }
        run::run(&mut command)
    })
}

/// Builds what people run, and one program that shows it.
fn build_with(program: &str) -> Result<()> {
    run::run(run::build_of(&run::PROGRAMS).args(["--bin", program]))
}

/// A program that was just built.
fn program(name: &str) -> Command {
    let mut command = Command::new(run::programs().join(name));
    command
        .current_dir(run::root())
        .env("GEWU_BIN_DIR", run::programs());
    command
}
