//! The tasks that try to break what is promised for longer than the test command can: the
//! simulation over many seeds, and real processes under torture.
//!
//! What each does is in crate `tests`; this file only builds and starts. `docs/PROOF.md` tells
//! what was found.

use std::process::Command;

use anyhow::Result;

use crate::postgres::Postgres;
use crate::run::{self, Steps};
use crate::setup::{self, Need};

/// What `cargo xtask sim` may be told.
#[derive(clap::Args)]
pub(crate) struct Sim {
    /// Only this seed, with everything that happened in it
    #[arg(long)]
    seed: Option<u64>,
    /// The first seed
    #[arg(long, default_value_t = 1)]
    from: u64,
    /// How many seeds; without end when only --minutes or --device-days is given
    #[arg(long)]
    seeds: Option<u64>,
    /// Stop after so many minutes
    #[arg(long)]
    minutes: Option<u64>,
    /// Stop after so many device-days
    #[arg(long)]
    device_days: Option<u64>,
    /// With optimisation: longer to build, some three times as many seeds
    #[arg(long)]
    release: bool,
}

/// Seeds when nothing else was asked for.
const SEEDS_DEFAULT: u64 = 1_000;

/// Lives through seeds of the simulation.
pub(crate) fn sim(steps: &mut Steps, args: &Sim) -> Result<()> {
    steps.step("look what is missing", || setup::ensure(Need::Build))?;
    let mut command = program(steps, "sim", args.release)?;
    if let Some(seed) = args.seed {
        command.args(["--seed", &seed.to_string()]);
    } else {
        command.args(["--from", &args.from.to_string()]);
        let seeds = args
            .seeds
            .or((args.minutes.is_none() && args.device_days.is_none()).then_some(SEEDS_DEFAULT));
        for (name, number) in [
            ("--seeds", seeds),
            ("--minutes", args.minutes),
            ("--device-days", args.device_days),
        ] {
            if let Some(number) = number {
                command.args([name, &number.to_string()]);
            }
        }
    }
    run::run(&mut command)
}

/// Builds a program of crate `tests` and everything that it starts.
fn program(steps: &mut Steps, name: &str, release: bool) -> Result<Command> {
    let mut build = run::build_of(&["gewu-server", "gewu-field", name]);
    let mut folder = run::programs();
    if release {
        build.arg("--release");
        folder = folder.with_file_name("release");
    }
    steps.step("build", || run::run(&mut build))?;
    let mut command = Command::new(folder.join(name));
    command.current_dir(run::root());
    Ok(command)
}

/// What `cargo xtask torture` may be told.
#[derive(clap::Args)]
pub(crate) struct Torture {
    /// For how long; 10, or a day at most where --kills says when it is enough
    #[arg(long)]
    minutes: Option<u64>,
    /// Stop after so many kills of server and handhelds together
    #[arg(long)]
    kills: Option<u64>,
    /// Which random numbers
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// With optimisation: the programs start quicker, so that there are more kills
    #[arg(long)]
    release: bool,
    /// On a PostgreSQL of its own instead of SQLite
    #[arg(long)]
    postgres: bool,
}

/// Minutes of a day.
const DAY_MINUTES: u64 = 24 * 60;

/// Kills server and handhelds again and again.
pub(crate) fn torture(steps: &mut Steps, args: &Torture) -> Result<()> {
    steps.step("look what is missing", || setup::ensure(Need::Test))?;
    let minutes = args.minutes.unwrap_or(if args.kills.is_some() {
        DAY_MINUTES
    } else {
        10
    });
    let mut command = program(steps, "torture", args.release)?;
    if let Some(kills) = args.kills {
        command.args(["--kills", &kills.to_string()]);
    }
    command.args([
        "--minutes",
        &minutes.to_string(),
        "--seed",
        &args.seed.to_string(),
    ]);
    // Lives until the torture is over.
    let postgres = if args.postgres {
        Some(Postgres::start()?)
    } else {
        None
    };
    if let Some(postgres) = &postgres {
        let url = postgres.url();
        let server = url
            .rsplit_once('/')
            .map_or(url.as_str(), |(server, _)| server);
        command.args(["--store", &format!("{server}/gewu_torture")]);
    }
    run::run(&mut command)
}
