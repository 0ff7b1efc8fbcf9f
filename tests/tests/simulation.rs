//! The simulation bites into three hundred seeds, and in every one that ever found something.
//!
//! What a seed is and what it checks: `tests/src/sim.rs`. More seeds: `cargo xtask sim`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test may fail loudly"
)]

use std::collections::BTreeMap;
use std::sync::Mutex;
use tests::sim;

/// Seeds of the test command: from 1 on.
const SEEDS: u64 = 300;

/// Fewer times than this, and the seeds hardly tried it.
const OFTEN: u64 = 8;

/// Things that must have happened often among them, so that a quiet simulation is noticed.
const HAPPENS: [&str; 47] = [
    "account closed or opened",
    "additions",
    "answer cut",
    "answer lost",
    "arrived late",
    "backup made",
    "backup restored",
    "bound again",
    "busy",
    "cases moved",
    "clock set",
    "courier answers taken in",
    "courier files delivered",
    "courier files exported",
    "courier files refused",
    "delayed",
    "disk full",
    "disk full while filling in",
    "drafts sent",
    "echoed later",
    "failed with the clock ahead",
    "foreign answer",
    "handheld bound again",
    "handheld died before sending",
    "handheld died before the answer",
    "handheld died while filling in",
    "handheld handed over",
    "handheld lost",
    "handheld restarted",
    "lost handheld erased its key",
    "photo disk broken or mended",
    "photos missing after a restore",
    "power cut at a handheld",
    "power cut at the server",
    "reports filed",
    "reports left as drafts",
    "request cut",
    "request lost",
    "sent twice",
    "server died before answering",
    "server died before reading",
    "server restarted",
    "small pages",
    "spool lost",
    "stale answer",
    "too large",
    "worker moved",
];

#[test]
fn nothing_is_lost_in_three_hundred_seeds_and_in_none_that_ever_found_something() {
    let seeds: Vec<u64> = sim::kept_seeds().into_iter().chain(1..=SEEDS).collect();
    let (left, counts) = (Mutex::new(seeds.into_iter()), Mutex::new(BTreeMap::new()));
    let found = Mutex::new(Vec::new());
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let next = left.lock().unwrap().next();
                    let Some(seed) = next else { return };
                    match sim::run(seed) {
                        Ok(run) => {
                            let mut counts = counts.lock().unwrap();
                            for (what, count) in run.counts {
                                *counts.entry(what).or_insert(0) += count;
                            }
                        }
                        Err(error) => found.lock().unwrap().push(error.to_string()),
                    }
                }
            });
        }
    });
    let found = found.into_inner().unwrap();
    assert!(
        found.is_empty(),
        "{} seeds:\n{}",
        found.len(),
        found.join("\n")
    );
    let counts: BTreeMap<&str, u64> = counts.into_inner().unwrap();
    for what in HAPPENS {
        let times = counts.get(what).copied().unwrap_or_default();
        assert!(
            times >= OFTEN,
            "{what} happened {times} times only: {counts:#?}"
        );
    }
}

#[test]
fn the_same_seed_leaves_the_same_trace_and_another_one_another() {
    for seed in [3, 14] {
        let (first, second) = (sim::run(seed).unwrap(), sim::run(seed).unwrap());
        assert_eq!(first.digest, second.digest, "seed {seed}");
        assert_eq!(first.counts, second.counts, "seed {seed}");
        assert_ne!(first.digest, sim::run(seed + 1).unwrap().digest);
    }
}
