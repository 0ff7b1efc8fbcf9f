//! The kept corpus of every parser, and thousands of mutations of it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test may fail loudly"
)]

use std::time::{Duration, Instant};
use tests::fuzz::TARGETS;
use tests::programs::root;
use tests::sim::chance::Chance;

/// Mutations of each target, unless the time is up before.
const MUTATIONS: usize = 4_000;
/// No target takes longer than this.
const LONGEST: Duration = Duration::from_secs(5);
/// What parsers stumble over, put in at any place.
const WORDS: [&[u8]; 16] = [
    b"null",
    b"-1",
    b"1e999",
    b"18446744073709551616",
    b"\"\\ud800\"",
    b"{",
    b"[[[[[[[[[[[[[[[[[[[[",
    b"\xff\xd8\xff\xe1",
    b"Exif\0\0",
    b"\0\0\0\0",
    b"\xff\xff\xff\xff",
    b"IHDR",
    b"VP8X",
    b",",
    b"9223372036854775807",
    b"\"\"",
];

#[test]
fn no_parser_stumbles_over_its_corpus_or_over_mutations_of_it() {
    for (name, target) in TARGETS {
        let folder = root().join("tests/data/fuzz").join(name);
        let mut files: Vec<_> = std::fs::read_dir(&folder)
            .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
            .map(|entry| entry.unwrap().path())
            .collect();
        files.sort();
        let corpus: Vec<Vec<u8>> = files
            .iter()
            .map(|file| std::fs::read(file).unwrap())
            .collect();
        assert!(!corpus.is_empty(), "{name} has no corpus");
        for bytes in &corpus {
            target(bytes);
        }
        let (mut chance, began, mut tried) = (Chance::new(1), Instant::now(), 0);
        while tried < MUTATIONS && began.elapsed() < LONGEST {
            target(&mutated(&corpus, &mut chance));
            tried += 1;
        }
        assert!(tried >= 50, "{name}: only {tried} mutations in {LONGEST:?}");
    }
}

/// One of the corpus with a few things changed.
fn mutated(corpus: &[Vec<u8>], chance: &mut Chance) -> Vec<u8> {
    let mut bytes = chance.pick(corpus).clone();
    for _ in 0..=chance.below(4) {
        let (at, to) = (chance.below(bytes.len() + 1), chance.below(bytes.len() + 1));
        let (from, to) = (at.min(to), at.max(to).min(at.min(to) + 64));
        match chance.below(6) {
            0 if from < bytes.len() => bytes[from] ^= 1 << chance.below(8),
            1 if from < bytes.len() => bytes[from] = u8::try_from(chance.below(256)).unwrap(),
            2 => drop(bytes.drain(from..to)),
            3 => bytes.truncate(from),
            4 => {
                let word = *chance.pick(&WORDS);
                bytes.splice(from..from, word.iter().copied());
            }
            _ => {
                let other = chance.pick(corpus);
                let part = chance.below(other.len() + 1);
                bytes.splice(from.., other[part..].iter().copied());
            }
        }
    }
    bytes
}
