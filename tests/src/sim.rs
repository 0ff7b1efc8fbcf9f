//! A whole district in one process, decided by one number: real handhelds and the real server on
//! real databases, with a network, clocks, disks and people that do their worst.
//!
//! [`run`] lives through a few days from a seed and checks what must hold: the cheap things
//! ([`check`]) after each step, the rest ([`quiet`]) when everything has become quiet. The same
//! seed gives the same trace. What can go wrong, and what was found, is in `docs/PROOF.md`.

pub mod chance;
pub mod check;
pub mod clock;
pub mod courier;
pub mod district;
pub mod handheld;
pub mod host;
mod life;
pub mod line;
pub mod lost;
pub mod office;
pub mod quiet;
pub mod trace;

use anyhow::{Context, Result};
use std::collections::BTreeMap;
use std::path::Path;
use trace::Trace;

/// Seeds that found something once; the test runs them every time.
pub const KEPT: &str = include_str!("../data/seeds.txt");

/// What a run did.
#[derive(Debug, Clone, Default)]
pub struct Run {
    /// Hash of its trace.
    pub digest: String,
    /// Handhelds × days.
    pub device_days: u64,
    /// How often each thing happened.
    pub counts: BTreeMap<&'static str, u64>,
}

/// A run that found something.
#[derive(Debug)]
pub struct Found {
    /// The seed.
    pub seed: u64,
    /// What does not hold.
    pub what: String,
    /// What happened before.
    pub trace: Vec<String>,
}

impl std::fmt::Display for Found {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "seed {}: {}\n  again, with everything that happened: cargo xtask sim --seed {}",
            self.seed, self.what, self.seed
        )
    }
}

/// The seeds of [`KEPT`].
#[must_use]
pub fn kept_seeds() -> Vec<u64> {
    let numbers = KEPT
        .lines()
        .map(|line| line.split_whitespace().next().unwrap_or_default());
    numbers.filter_map(|number| number.parse().ok()).collect()
}

/// Lives through a seed.
///
/// # Errors
/// With what does not hold, and the trace before it.
pub fn run(seed: u64) -> Result<Run, Box<Found>> {
    let trace = Trace::default();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let lived = runtime.context("a runtime").and_then(|runtime| {
        let folder = folder()?;
        runtime.block_on(life::live(seed, folder.path(), &trace))
    });
    match lived {
        Ok(device_days) => Ok(Run {
            digest: trace.digest(),
            device_days,
            counts: trace.counts(),
        }),
        Err(error) => Err(Box::new(Found {
            seed,
            what: format!("{error:#}"),
            trace: trace.tail(),
        })),
    }
}

/// A folder in memory where there is one: each of thousands of commits is synced.
fn folder() -> Result<tempfile::TempDir> {
    let memory = Path::new("/dev/shm");
    let made = if memory.is_dir() {
        tempfile::tempdir_in(memory)
    } else {
        tempfile::tempdir()
    };
    made.context("a folder")
}
