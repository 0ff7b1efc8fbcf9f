//! `cargo xtask <task>`: sets up what is missing, then does the job.
//!
//! Two tasks are all that a newcomer needs: `demo` and `test`. The others are parts of them or
//! tools for those who work on Gewu. Nothing here is shipped. This crate is compiled before
//! anything else, so it must stay small: whatever needs the product's crates is a program of
//! crate `tests` that this one starts.
#![allow(clippy::print_stdout, reason = "a command line talks to its terminal")]

mod audit;
mod bench;
mod district;
mod faces;
mod fuzz;
mod mutants;
mod postgres;
mod proof;
mod run;
mod setup;
mod test;
mod tus_client;
mod wasm;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::run::Steps;
use crate::setup::Need;

#[derive(Parser)]
#[command(
    bin_name = "cargo xtask",
    about = "Sets up what is missing, then does the job"
)]
struct Args {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// A grid worker's day in 建阳区: filed offline, synced, routed; then the programs to look at
    Demo(faces::Demo),
    /// Everything that must hold before a change is merged: format, lints, tests, documents
    Test,
    /// The same as test
    Ci,
    /// The screens of handheld and console for the browser
    BuildUi(wasm::Args),
    /// All that the demo needs
    Build,
    /// A picture of every screen of handheld and console
    Screens(faces::Screens),
    /// Run a command with a PostgreSQL of its own: cargo xtask postgres cargo test -p sync-server
    Postgres {
        /// The command and its arguments
        #[arg(trailing_var_arg = true, allow_hyphen_values = true, required = true)]
        command: Vec<String>,
    },
    /// The client that tus uploads are tested with, into target/ (needs a network once)
    TusClient,
    /// Numbers beside their limits, optimised: cargo xtask bench --only push --json FILE
    Bench(bench::Bench),
    /// Live through many seeds of the simulation: cargo xtask sim --minutes 10 --release
    Sim(proof::Sim),
    /// Does the simulation find deliberate faults of sync? Each within so many seeds
    Mutants(mutants::Mutants),
    /// Kill server and handhelds again and again, behind a line that loses
    Torture(proof::Torture),
    /// Feed the parsers with what coverage leads to
    Fuzz(fuzz::Args),
    /// Make up the grids of a district anew: writes data/districts/CODE/grids.geojson
    District {
        /// Six digits
        code: String,
        /// Instead, 建阳区 cut into so many grids of about one size, into this file: for measuring
        #[arg(long, num_args = 2, value_names = ["COUNT", "FILE"])]
        many: Option<Vec<String>>,
    },
    /// Licences, bans and advisories of what we depend on (needs a network)
    Audit,
}

fn main() -> ExitCode {
    match perform(Args::parse().task) {
        Ok(()) => ExitCode::SUCCESS,
        // The chain of reasons, without the stack: it would bury what failed.
        Err(error) => {
            eprintln!("\n✘ {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn perform(task: Task) -> anyhow::Result<()> {
    std::env::set_current_dir(run::root())?;
    let mut steps = Steps::new();
    match task {
        Task::Test | Task::Ci => test::test(&mut steps),
        Task::BuildUi(args) => {
            setup::ensure(Need::Wasm)?;
            wasm::build(&mut steps, &args)
        }
        Task::Demo(args) => faces::demo(&mut steps, &args),
        Task::Build => {
            faces::build(&mut steps)?;
            steps.summary();
            Ok(())
        }
        Task::Screens(args) => faces::screens(&mut steps, &args),
        Task::Postgres { command } => {
            setup::ensure(Need::Test)?;
            postgres::run_with(&command)
        }
        Task::TusClient => tus_client::ensure(),
        Task::Bench(args) => bench::bench(&mut steps, &args),
        Task::Sim(args) => proof::sim(&mut steps, &args),
        Task::Mutants(args) => mutants::mutants(&mut steps, &args),
        Task::Torture(args) => proof::torture(&mut steps, &args),
        Task::Fuzz(args) => fuzz::fuzz(&mut steps, &args),
        Task::District { code, many } => match many.as_deref() {
            Some([count, file]) => district::run_many(count.parse()?, file.as_ref()),
            _ => district::run(&code),
        },
        Task::Audit => audit::audit(&mut steps),
    }
}
