//! Licences, bans and advisories of everything we depend on, by cargo-deny.
//!
//! Not part of the test command, because the list of advisories is fetched from the network.
//! cargo-deny itself is compiled once into `target/tools`.

use std::process::Command;

use anyhow::Result;

use crate::run::{self, Steps};

/// Runs cargo-deny, after installing it if it isn't there.
pub(crate) fn audit(steps: &mut Steps) -> Result<()> {
    let tools = run::root().join("target/tools");
    let program = tools.join("bin/cargo-deny");
    if !program.is_file() {
        steps.step("compile cargo-deny", || {
            run::run(
                run::cargo()
                    .args(["install", "cargo-deny", "--locked", "--root"])
                    .arg(&tools)
                    // A tool's objects must not mix with the workspace's.
                    .env("CARGO_TARGET_DIR", tools.join("target")),
            )
        })?;
    }
    let check = |what: &[&str]| {
        run::run(
            Command::new(&program)
                .current_dir(run::root())
                .args(["--all-features", "check"])
                .args(what),
        )
    };
    steps.step("licences, bans and sources", || {
        check(&["licenses", "bans", "sources"])
    })?;
    // Last, because the list comes from the network and the others don't need it.
    steps.step("advisories", || check(&["advisories"]))
}
