//! How often the question 并案吗 is asked rightly, on a made set with known answers
//! (`tests/src/pairs.rs`, described in `docs/DOMAIN.md`).
//!
//! The constants of `shared::similar` were chosen on the seeds 1 to 5; the test draws others.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    missing_docs,
    reason = "a test may fail loudly and says what it measured"
)]

use shared::similar::{Nearness, Verdict, compare_within};
use tests::pairs::{Pair, Truth, pairs};

/// Sets that nobody looked at while choosing.
const SEEDS: [u64; 4] = [2026, 1127, 350_703, 77_777];
/// Pairs of each of the four kinds in one set.
const OF_EACH: usize = 75;

/// What was asked of how many.
#[derive(Debug, Default, Clone, Copy)]
struct Tally {
    all: u32,
    asked: u32,
    called_same: u32,
}

impl Tally {
    fn of(pairs: &[Pair], truth: Truth) -> Self {
        let mut tally = Self::default();
        for pair in pairs.iter().filter(|pair| pair.truth == truth) {
            let (one, other) = (pair.one.sighting(), pair.other.sighting());
            let found = compare_within(&one, &other, Nearness::default());
            tally.all += 1;
            tally.asked += u32::from(found.verdict >= Verdict::Perhaps);
            tally.called_same += u32::from(found.verdict == Verdict::Same);
        }
        tally
    }
}

fn share(part: u32, whole: u32) -> f64 {
    f64::from(part) / f64::from(whole.max(1))
}

fn figures(seeds: &[u64]) -> (f64, f64) {
    let pairs: Vec<Pair> = seeds
        .iter()
        .flat_map(|seed| pairs(*seed, OF_EACH))
        .collect();
    let mut wrong = 0;
    let mut wrong_same = 0;
    let right = Tally::of(&pairs, Truth::Same);
    println!("seeds {seeds:?}, {} pairs", pairs.len());
    for truth in Truth::ALL {
        let tally = Tally::of(&pairs, truth);
        println!("  {truth:?}: {tally:?}");
        if truth != Truth::Same {
            wrong += tally.asked;
            wrong_same += tally.called_same;
        }
    }
    let recall = share(right.asked, right.all);
    let precision = share(right.asked, right.asked + wrong);
    println!("  asked: recall {recall:.3}, precision {precision:.3}");
    println!(
        "  called the same: recall {:.3}, precision {:.3}",
        share(right.called_same, right.all),
        share(right.called_same, right.called_same + wrong_same)
    );
    (recall, precision)
}

#[test]
fn of_a_hundred_duplicates_95_are_asked_about_and_of_five_questions_four_are_right() {
    let (recall, precision) = figures(&SEEDS);
    assert!(recall >= 0.95, "recall {recall}");
    assert!(precision >= 0.8, "precision {precision}");
}

#[test]
fn a_seed_makes_the_same_set_each_time() {
    let words = |pairs: &[Pair]| -> Vec<_> {
        let both = pairs.iter().flat_map(|pair| [&pair.one, &pair.other]);
        both.map(|made| (made.words.clone(), made.lat_e7, made.photos.clone()))
            .collect()
    };
    assert_eq!(words(&pairs(5, 3)), words(&pairs(5, 3)));
    assert_ne!(words(&pairs(5, 3)), words(&pairs(6, 3)));
}
