//! The deliberate faults of `cargo xtask mutants` still fit the sources: a fault that fits nothing
//! would prove nothing. Whoever changes the lines of one writes it anew for the new lines.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test may fail loudly"
)]

use tests::programs::root;

#[test]
fn every_deliberate_fault_fits_the_sources_exactly_once() {
    let mut wrong = Vec::new();
    let mut faults = 0;
    for entry in std::fs::read_dir(root().join("tests/mutations")).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let file = text.lines().find_map(|line| line.strip_prefix("file: "));
        let source =
            std::fs::read_to_string(root().join(file.expect("a file"))).unwrap_or_default();
        for gone in hunks(&text) {
            if source.matches(&gone).count() != 1 {
                wrong.push(format!("{name}: not exactly once in {file:?}:\n{gone}"));
            }
        }
        assert!(text.contains("MUTATED"), "{name} can't be switched");
        faults += 1;
    }
    assert!(faults >= 10, "only {faults} deliberate faults");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The lines that go, by hunk: a hunk is a row of `-` and the row of `+` behind it.
fn hunks(text: &str) -> Vec<String> {
    let mut hunks: Vec<String> = Vec::new();
    let mut is_in_one = false;
    for line in text.lines() {
        let gone = line.strip_prefix('-');
        if let Some(gone) = gone {
            if !is_in_one {
                hunks.push(String::new());
            }
            if let Some(hunk) = hunks.last_mut() {
                hunk.push_str(gone);
                hunk.push('\n');
            }
        }
        is_in_one = gone.is_some();
    }
    hunks
}
