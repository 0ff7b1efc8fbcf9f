//! The house rules that a program can check, each an invariant of ARCHITECTURE.md.
//!
//! It reads the sources as text, so it is quick and sees every crate, the wasm ones too. A rule
//! that turns out to be wrong is changed here and there in one commit.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test may fail loudly"
)]

use std::path::{Path, PathBuf};

/// A file longer than this wants a split.
const FILE_LINES_LIMIT: usize = 500;
/// A function longer than this wants a split, or its reason in [`LONG_FUNCTIONS`].
const FUNCTION_LINES_LIMIT: usize = 70;
/// A test tells a story from top to bottom, so it may take longer, but not for ever.
const STORY_LINES_LIMIT: usize = 110;
/// Functions that are long for a reason.
const LONG_FUNCTIONS: [(&str, &str); 2] = [
    ("tests/src/day.rs: filings", "a table: the day's reports"),
    (
        "tests/tests/journey.rs: a_day_without_signal_reaches_the_right_units_and_comes_back_closed",
        "one day, from the first report to the last answer",
    ),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_owned()
}

fn walk(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        if path.is_dir()
            && !matches!(
                name.as_str(),
                "target" | ".git" | "dist" | "vendor" | "node_modules" | "gen"
            )
        {
            walk(&path, found);
        } else if path.is_file() {
            found.push(path);
        }
    }
}

/// Files below a folder of the repository with one ending: path from the root, and text.
fn files(below: &str, ending: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    walk(&root().join(below), &mut found);
    let mut files: Vec<_> = found
        .into_iter()
        .filter(|path| path.to_string_lossy().ends_with(ending))
        .filter_map(|path| {
            let name = path
                .strip_prefix(root())
                .ok()?
                .to_string_lossy()
                .replace('\\', "/");
            Some((name, std::fs::read_to_string(&path).ok()?))
        })
        .collect();
    files.sort();
    files
}

/// The lines of a file that are code: no comments, nothing from the test module on.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines()
        .enumerate()
        .take_while(|(_, line)| line.trim() != "#[cfg(test)]")
        .filter(|(_, line)| !line.trim_start().starts_with("//"))
        .map(|(at, line)| (at + 1, line))
}

/// Fails with every line below `below` that holds one of the words, except in the named files.
fn nobody_says(below: &str, words: &[&str], except: &[&str], why: &str) {
    let mut wrong = Vec::new();
    let sources = files(below, ".rs");
    assert!(
        !sources.is_empty(),
        "no sources below {below}: has the house moved?"
    );
    for (name, text) in sources {
        if except.iter().any(|allowed| name.starts_with(allowed)) {
            continue;
        }
        for (line, text) in code(&text) {
            if let Some(word) = words.iter().find(|word| text.contains(**word)) {
                wrong.push(format!("{name}:{line}: {word}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{why}\n{}", wrong.join("\n"));
}

#[test]
fn shared_does_no_io_reads_no_clock_and_draws_no_random_number() {
    nobody_says(
        "shared/src",
        &[
            "std::fs",
            "std::net",
            "std::env",
            "SystemTime",
            "Instant::",
            "Utc::now",
            "Local::now",
            "now_v7",
            "new_v4",
            "rand::",
            "println!",
            "tokio",
        ],
        &[],
        "shared is pure: hand it in from the edge",
    );
    let manifest = std::fs::read_to_string(root().join("shared/Cargo.toml")).unwrap();
    for word in ["tokio", "rusqlite", "reqwest", "rand", "[features]"] {
        let dependencies = manifest.split("[dev-dependencies]").next().unwrap();
        assert!(!dependencies.contains(word), "shared must not name {word}");
    }
}

#[test]
fn only_the_two_drivers_name_their_database() {
    let drivers = ["sync-server/src/store/sqlite.rs"];
    nobody_says(
        "sync-server/src",
        &["rusqlite"],
        &drivers,
        "only store/sqlite.rs names rusqlite",
    );
    // store.rs opens by address and so names the module of the same name.
    let drivers = [
        "sync-server/src/store/postgres.rs",
        "sync-server/src/store.rs",
    ];
    nobody_says(
        "sync-server/src",
        &["postgres::", "use postgres"],
        &drivers,
        "only store/postgres.rs names the driver",
    );
}

#[test]
fn only_the_shell_and_one_file_of_the_ui_know_tauri() {
    let allowed = ["app/ui/src/backend.rs", "app/shell/"];
    nobody_says(
        "app",
        &["tauri", "__TAURI__", "Tauri"],
        &allowed,
        "Tauri is replaceable: one file",
    );
    let one = ["sync-server/console/src/api.rs"];
    nobody_says(
        "sync-server/console/src",
        &["gloo_net"],
        &one,
        "only api.rs of the console fetches",
    );
}

#[test]
fn http_touches_no_transaction_and_services_see_no_header() {
    nobody_says(
        "sync-server/src/http",
        &["dyn Tx", "store::tx"],
        &[],
        "http decodes, calls a service, encodes",
    );
    nobody_says(
        "sync-server/src/service",
        &["axum", "StatusCode", "HeaderMap"],
        &[],
        "a service is called by console, device and command line alike",
    );
    nobody_says(
        "sync-server/src/store",
        &["routing::", "role::may", "case::Case", "axum"],
        &[],
        "the store decides no rule",
    );
}

#[test]
fn now_and_new_ids_are_handed_in_below_the_edges() {
    let edges = [
        "sync-server/src/main.rs",
        "sync-server/src/cli",
        "sync-server/src/http",
    ];
    let clocks = ["SystemTime::now", "Utc::now", "now_v7", "new_v4"];
    nobody_says(
        "sync-server/src",
        &clocks,
        &edges,
        "now and new ids are arguments",
    );
    let edges = ["app/core/src/edge.rs"];
    nobody_says(
        "app/core/src",
        &clocks,
        &edges,
        "now and new ids are arguments",
    );
}

#[test]
fn sql_keeps_to_the_subset_that_both_databases_understand() {
    let forbidden = [
        "::",
        "now()",
        "ILIKE",
        "INSERT OR",
        "->>",
        "SELECT *",
        " sum(",
        "SERIAL",
        "AUTOINCREMENT",
        "greatest(",
    ];
    let mut wrong = Vec::new();
    for (name, text) in files("migrations/server", ".sql") {
        for (at, line) in text
            .lines()
            .enumerate()
            .filter(|(_, line)| !line.trim_start().starts_with("--"))
        {
            if let Some(word) = forbidden.iter().find(|word| line.contains(**word)) {
                wrong.push(format!("{name}:{}: {word}", at + 1));
            }
        }
    }
    let verbs = ["SELECT ", "INSERT ", "UPDATE ", "DELETE "];
    for (name, text) in files("sync-server/src/store", ".rs") {
        let mut in_sql = false;
        for (line, text) in code(&text) {
            in_sql |= text.contains('"')
                && verbs.iter().any(|verb| {
                    text.contains(&format!("\"{verb}")) || text.trim_start().starts_with(verb)
                });
            if in_sql
                && let Some(word) = forbidden.iter().skip(1).find(|word| text.contains(**word))
            {
                wrong.push(format!("{name}:{line}: {word}"));
            }
            if text.contains("\";") || text.contains("\",") || text.contains("\")") {
                in_sql = false;
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "outside the portable subset:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn migrations_are_numbered_in_a_row_with_words() {
    for side in ["device", "server"] {
        let names = files(&format!("migrations/{side}"), ".sql");
        assert!(!names.is_empty());
        for (at, (path, _)) in names.iter().enumerate() {
            let name = path.rsplit('/').next().unwrap();
            let (number, words) = name
                .split_once('_')
                .unwrap_or_else(|| panic!("{name}: four digits, then words"));
            assert_eq!(number.parse::<usize>().ok(), Some(at + 1), "{path}");
            assert!(words.len() > 8, "{path} says nothing");
        }
    }
}

#[test]
fn each_module_says_what_it_owns() {
    let mut silent = Vec::new();
    for below in [
        "shared/src",
        "app",
        "sync-server",
        "tests/src",
        "tests/tests",
        "xtask/src",
    ] {
        for (name, text) in files(below, ".rs") {
            if !text.starts_with("//!") && !text.starts_with("#!") {
                silent.push(name);
            }
        }
    }
    assert!(
        silent.is_empty(),
        "modules without a word at the top:\n{}",
        silent.join("\n")
    );
}

#[test]
fn files_and_functions_stay_readable() {
    let mut long = Vec::new();
    for below in ["shared/src", "app", "sync-server", "tests", "xtask/src"] {
        for (name, text) in files(below, ".rs") {
            let lines = text.lines().count();
            if lines > FILE_LINES_LIMIT {
                long.push(format!("{name}: {lines} lines"));
            }
            let story = name.starts_with("tests/tests/") || name.contains("/tests/");
            let limit = if story {
                STORY_LINES_LIMIT
            } else {
                FUNCTION_LINES_LIMIT
            };
            long.extend(long_functions(&name, &text, limit));
        }
    }
    assert!(
        long.is_empty(),
        "split, or give the reason in tidy.rs:\n{}",
        long.join("\n")
    );
}

/// Functions over the limit, measured from `fn` to the brace that closes at its indentation.
fn long_functions(name: &str, text: &str, limit: usize) -> Vec<String> {
    let lines: Vec<&str> = text.lines().collect();
    let mut long = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let trimmed = line.trim_start();
        let indent = line.len() - trimmed.len();
        let starts = [
            "fn ",
            "pub fn ",
            "async fn ",
            "pub async fn ",
            "pub(crate) fn ",
            "pub(crate) async fn ",
            "pub(super) fn ",
            "pub(super) async fn ",
        ];
        // A declaration in a trait has no body.
        let declared = lines
            .iter()
            .skip(at)
            .find(|line| line.ends_with([';', '{']));
        let has_body = declared.is_some_and(|line| line.ends_with('{'));
        if !has_body || !starts.iter().any(|start| trimmed.starts_with(start)) {
            continue;
        }
        let closing = format!("{}}}", " ".repeat(indent));
        let Some(end) = lines.iter().skip(at).position(|line| *line == closing) else {
            continue;
        };
        let named = trimmed.split("fn ").nth(1).unwrap_or(trimmed);
        let function = named.split(['(', '<']).next().unwrap_or(named);
        let excused = LONG_FUNCTIONS
            .iter()
            .any(|(known, _)| *known == format!("{name}: {function}"));
        // A component's view is markup: it reads from top to bottom and branches nowhere.
        let markup = lines
            .iter()
            .skip(at)
            .take(end)
            .any(|line| line.contains("view! {"));
        if end > limit && !excused && !markup {
            long.push(format!("{name}:{}: {function} has {end} lines", at + 1));
        }
    }
    long
}

#[test]
fn each_version_stands_once_at_the_root() {
    for (name, text) in files("", "Cargo.toml") {
        if name == "Cargo.toml" {
            continue;
        }
        let line = text.lines().find(|line| line.contains("version = \""));
        assert_eq!(
            line, None,
            "{name}: versions belong into the root Cargo.toml"
        );
    }
}

#[test]
fn the_map_names_only_what_is_there() {
    let map = std::fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let mut gone = Vec::new();
    for quoted in map.split('`').skip(1).step_by(2) {
        let path = quoted.split("::").next().unwrap_or(quoted);
        let looks_like_a_file = path.contains('/')
            && !path.contains(' ')
            && !path.contains('*')
            && !path.contains('<')
            && !path.contains('{')
            && path
                .rsplit('/')
                .next()
                .is_some_and(|last| last.is_empty() || last.contains('.'));
        let is_route = path.starts_with('/');
        if looks_like_a_file && !is_route && !root().join(path).exists() {
            gone.push(path.to_owned());
        }
    }
    assert!(
        gone.is_empty(),
        "ARCHITECTURE.md names what is not there: {gone:?}"
    );
}

#[test]
fn the_readme_names_the_two_commands() {
    for readme in ["README.md", "README.zh-CN.md"] {
        let text = std::fs::read_to_string(root().join(readme)).unwrap();
        for command in ["cargo xtask demo", "cargo xtask test"] {
            assert!(text.contains(command), "{readme} does not name {command}");
        }
    }
    let ci = std::fs::read_to_string(root().join(".ci/run")).unwrap();
    assert!(ci.contains("cargo xtask test"));
}

#[test]
fn nothing_is_skipped_or_left_open() {
    // Comments count too: that is where such marks stand.
    let open = ["todo!(", "unimplemented!(", "FIXME", "// TODO", "XXX:"];
    for below in ["shared", "app", "sync-server", "tests/src", "xtask/src"] {
        for (name, text) in files(below, ".rs") {
            let mark = open.iter().find(|mark| text.contains(**mark));
            assert_eq!(
                mark, None,
                "{name}: finish it or say in an issue what is missing"
            );
        }
    }
    for (name, text) in files("tests/tests", ".rs") {
        let skipped = text
            .lines()
            .any(|line| line.trim() == concat!("#[", "ignore]"));
        assert!(!skipped, "{name} skips a test");
    }
}

#[test]
fn there_is_no_check_in_no_score_and_no_watch_list() {
    // 国办函〔2026〕12号 and docs/DOMAIN.md: statistics are of units and cases, never of a worker.
    let words = [
        "check_in",
        "punch_card",
        "worker_score",
        "watch_list",
        "online_minutes",
    ];
    for below in ["shared/src", "app", "sync-server"] {
        nobody_says(below, &words, &[], "a rule that the product keeps");
    }
}

#[test]
fn chinese_sentences_have_chinese_marks() {
    let chinese = |letter: char| ('\u{4e00}'..='\u{9fff}').contains(&letter);
    let mut wrong = Vec::new();
    for below in ["shared/src", "app", "sync-server", "tests/src"] {
        for (name, text) in files(below, ".rs") {
            for (line, text) in code(&text) {
                let letters: Vec<char> = text.chars().filter(|letter| *letter != ' ').collect();
                let mixed = letters.windows(3).any(|three| {
                    chinese(three[0]) && ",;:?!()".contains(three[1]) && chinese(three[2])
                });
                if mixed {
                    wrong.push(format!("{name}:{line}"));
                }
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "，；：？！（） rather than the narrow ones:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn one_thing_has_one_word_on_every_face() {
    let words = ["label::st", "label::case_move(", "label::event("];
    nobody_says("app", &words, &["app/field"], "ask label::City");
    nobody_says("sync-server", &words, &[], "ask label::City");
    for below in ["shared/src", "app", "sync-server", "tests/src"] {
        nobody_says(below, &["短号"], &[], "the word is 短码: docs/SYNC.md");
    }
}
