//! `cargo xtask <task>`: sets up what is missing, then does the job.
//!
//! Two tasks are all that a newcomer needs: `demo` and `test`. The others are parts of them or
//! tools for those who work on Gewu. Nothing here is shipped. This crate is compiled before
//! anything else, so it must stay small: whatever needs the product's crates is a program of
//! crate `tests` that this one starts.
#![allow(clippy::print_stdout, reason = "a command line talks to its terminal")]

mod postgres;
mod run;
mod setup;
mod test;
mod wasm;

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
    /// Everything that must hold before a change is merged: format, lints, tests, documents
    Test,
    /// The same as test
    Ci,
    /// The screens of handheld and console for the browser
    BuildUi(wasm::Args),
    /// All that the demo needs
    Build,
}

fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    std::env::set_current_dir(run::root())?;
    let mut steps = Steps::new();
    match args.task {
        Task::Test | Task::Ci => test::test(&mut steps),
        Task::BuildUi(args) => {
            setup::ensure(Need::Wasm)?;
            wasm::build(&mut steps, &args)
        }
        Task::Build => {
            steps.step("look what is missing", || setup::ensure(Need::Build))?;
            wasm::build(&mut steps, &wasm::Args::default())?;
            steps.step("build the programs", test::build_programs)?;
            steps.summary();
            Ok(())
        }
    }
}
