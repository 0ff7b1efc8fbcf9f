//! The client that the test of tus uploads with: fetched once, into `target/`.

use anyhow::{Context, Result};

use crate::run;

/// The reference client of the protocol's authors, and the version that was tried.
const PACKAGE: &str = "tus-js-client@4.3.1";
/// Where `tests/tests/tus_client.rs` looks for it.
const FOLDER: &str = "target/tus-client";

/// Makes sure that it is there.
pub(crate) fn ensure() -> Result<()> {
    let stamp = run::root().join(FOLDER).join("version.txt");
    if std::fs::read_to_string(&stamp).is_ok_and(|found| found == PACKAGE) {
        return Ok(());
    }
    std::fs::create_dir_all(run::root().join(FOLDER))?;
    let mut npm = std::process::Command::new("npm");
    let fetch = [
        "install",
        "--no-audit",
        "--no-fund",
        "--no-save",
        "--prefix",
        FOLDER,
        PACKAGE,
    ];
    run::run(npm.current_dir(run::root()).args(fetch)).context("could not fetch the tus client")?;
    std::fs::write(stamp, PACKAGE)?;
    Ok(())
}
