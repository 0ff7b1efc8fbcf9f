//! The test command: what must hold before a change is merged, in the order in which a failure
//! is cheapest to learn of.
//!
//! The screens are built first because the server and the handheld embed them when they are
//! compiled. `cargo test` runs last and once, over the whole workspace, so that its own result
//! lines are the end of the output.

use anyhow::Result;

use crate::postgres::{self, Postgres};
use crate::run::{self, Steps};
use crate::setup::{self, Need};
use crate::tus_client;
use crate::wasm;

/// Runs the whole of it.
pub(crate) fn test(steps: &mut Steps) -> Result<()> {
    let outcome = all(steps);
    steps.summary();
    outcome
}

fn all(steps: &mut Steps) -> Result<()> {
    steps.step("look what is missing", || setup::ensure(Need::Test))?;
    steps.step("format", || {
        run::run(run::cargo().args(["fmt", "--all", "--check"]))
    })?;
    wasm::build(steps, &wasm::Args::default())?;
    steps.step("lints", || {
        run::run(run::cargo().args([
            "clippy",
            "--workspace",
            "--all-targets",
            "--",
            "-D",
            "warnings",
        ]))
    })?;
    steps.step("documents", || {
        run::run(
            run::cargo()
                .args(["doc", "--no-deps", "--workspace"])
                .env("RUSTDOCFLAGS", "-D warnings"),
        )
    })?;
    steps.step("build the programs and the tests", || {
        run::run(run::build_of(&run::PROGRAMS).arg("--tests"))
    })?;
    steps.step("fetch the tus client", tus_client::ensure)?;
    let postgres = steps.step("start PostgreSQL", Postgres::start)?;
    steps.step("tests", || {
        run::run(
            run::cargo()
                .args(["test", "--workspace", "--no-fail-fast"])
                .env(postgres::VARIABLE, postgres.url())
                .env("GEWU_BIN_DIR", run::programs())
                .env("RUST_TEST_THREADS", threads().to_string()),
        )
    })
}

/// Tests at once: some more than there are processors, because many wait for a browser, a program
/// or a link that says nothing.
fn threads() -> usize {
    const WAITING: usize = 2;
    std::thread::available_parallelism().map_or(1, usize::from) + WAITING
}
