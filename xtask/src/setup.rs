//! What the machine must have, and how to get it where it hasn't.
//!
//! Looks before it acts: with everything there, no network is touched and nothing is run
//! but one `dpkg-query`. On Debian it installs as root or through sudo; elsewhere, or without
//! either, it prints the one line to run and stops. It never removes or upgrades anything.

use std::process::Command;

use anyhow::{Result, bail};

use crate::run;
use crate::wasm;

/// Building the server and the handheld's window.
const BUILD: &[&str] = &[
    "build-essential",
    "pkg-config",
    "libwebkit2gtk-4.1-dev",
    "libgtk-3-dev",
    "librsvg2-dev",
    "libsoup-3.0-dev",
    "libjavascriptcoregtk-4.1-dev",
    // SQLCipher encrypts the handheld's database by the system's OpenSSL.
    "libssl-dev",
    // The watermark on photos and every screen need Chinese glyphs.
    "fonts-noto-cjk",
];

/// A compiler for wasm32, where rustup's target isn't installed.
const WASM: &[&str] = &["rustc-web", "cargo-web", "rust-web-src"];

/// Driving the window and the browser, and the second database.
const TEST: &[&str] = &[
    "webkit2gtk-driver",
    "xvfb",
    "imagemagick",
    "chromium",
    "chromium-driver",
    "postgresql-15",
    // A keyring, on a bus of its own.
    "dbus",
    "gnome-keyring",
    // Runs a tus client that is not ours.
    "nodejs",
    "npm",
];

/// How much of it a task needs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    /// The two browser bundles only.
    Wasm,
    /// All that the demo needs.
    Build,
    /// All that the test command needs.
    Test,
}

/// Makes sure that the packages are there.
pub(crate) fn ensure(need: Need) -> Result<()> {
    let mut wanted: Vec<&str> = Vec::new();
    if need != Need::Wasm {
        wanted.extend(BUILD);
    }
    if !wasm::rustup_has_target() {
        wanted.extend(WASM);
    }
    if need == Need::Test {
        wanted.extend(TEST);
    }
    if !run::on_path("dpkg-query") {
        eprintln!(
            "  This is not Debian, so nothing is checked or installed. Needed under their Debian names:\n  {}",
            wanted.join(" ")
        );
        return Ok(());
    }
    let missing = missing(&wanted);
    if missing.is_empty() {
        return Ok(());
    }
    install(&missing)
}

/// Which of these packages dpkg doesn't know as installed.
fn missing<'a>(wanted: &[&'a str]) -> Vec<&'a str> {
    // dpkg-query fails when a name is unknown, but still lists the others; so no check of status.
    let listed = Command::new("dpkg-query")
        .args(["-W", "-f=${db:Status-Status} ${Package}\n"])
        .args(wanted)
        .output()
        .map(|output| String::from_utf8_lossy(&output.stdout).into_owned())
        .unwrap_or_default();
    let installed: Vec<&str> = listed
        .lines()
        .filter_map(|line| line.strip_prefix("installed "))
        .collect();
    wanted
        .iter()
        .copied()
        .filter(|name| !installed.contains(name))
        .filter(|name| !(name.starts_with("postgresql") && crate::postgres::programs().is_some()))
        .filter(|name| !(["nodejs", "npm"].contains(name) && run::on_path("npm")))
        .collect()
}

/// Installs, or says what to run.
fn install(missing: &[&str]) -> Result<()> {
    let line = format!(
        "apt-get update && apt-get install -y --no-install-recommends {}",
        missing.join(" ")
    );
    if !run::on_path("apt-get") || !(run::is_root() || run::on_path("sudo")) {
        bail!("packages are missing; as root, run:\n\n  {line}\n");
    }
    eprintln!("  installing {}", missing.join(" "));
    // Debian names this pair when mirrors are busy: a few tries are cheaper than a failed run.
    let apt = |arguments: &[&str]| {
        let mut command = if run::is_root() {
            Command::new("env")
        } else {
            let mut command = Command::new("sudo");
            command.arg("env");
            command
        };
        command
            .args([
                "DEBIAN_FRONTEND=noninteractive",
                "apt-get",
                "-q",
                "-o",
                "Acquire::Retries=3",
            ])
            .args(arguments);
        run::run(&mut command)
    };
    apt(&["update"])?;
    let mut arguments = vec!["install", "-y", "--no-install-recommends"];
    arguments.extend(missing);
    if apt(&arguments).is_err() {
        bail!("the packages could not be installed; as root, run:\n\n  {line}\n");
    }
    Ok(())
}
