//! The handheld's key in a real keyring: GNOME Keyring on a session bus of the test's own, which
//! ends with it and touches nobody's own keyring.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    missing_docs,
    reason = "a test may fail loudly"
)]

use app_core::vault;
use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output};
use tests::programs::{Field, program};

/// Runs `gewu-field` once for each row of arguments, all in one session with an unlocked keyring.
fn in_a_session(home: &Path, field: &Path, rows: &[&[&str]]) -> Vec<Output> {
    let program = program("gewu-field").unwrap();
    rows.iter()
        .map(|arguments| {
            // The keyring keeps to its files between two sessions, as after signing out and in.
            let script = "printf secret | gnome-keyring-daemon --foreground --unlock \
                --components=secrets >/dev/null 2>&1 & keyring=$!
                until dbus-send --session --dest=org.freedesktop.DBus --print-reply \
                    /org/freedesktop/DBus org.freedesktop.DBus.NameHasOwner \
                    string:org.freedesktop.secrets 2>/dev/null | grep -q true; do sleep 0.05; done
                \"$@\"; code=$?; kill $keyring; wait $keyring; exit $code";
            Command::new("timeout")
                .args(["60", "dbus-run-session", "--", "sh", "-c", script, "sh"])
                .arg(&program)
                .arg("--dir")
                .arg(field)
                .arg("--json")
                .args(*arguments)
                .env("HOME", home)
                .env("XDG_DATA_HOME", home.join("data"))
                .env("XDG_CACHE_HOME", home.join("cache"))
                .env("XDG_RUNTIME_DIR", home)
                .output()
                .expect("dbus-run-session is installed")
        })
        .collect()
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)))
}

fn key_file(field: &Path) -> String {
    std::fs::read_to_string(field.join(vault::FILE_NAME)).unwrap()
}

#[test]
fn a_key_in_the_keyring_opens_the_data_there_and_nowhere_else_and_comes_back() {
    let (home, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (home, field) = (home.path(), folder.path());
    let status = Field::new(field).run(&["status"]).unwrap();
    assert_eq!(status["me"], Value::Null, "a handheld of its own");
    let before = key_file(field);
    assert!(before.contains("\"kept\":\"open\""), "{before}");

    // In one session the key moves, in the next the data opens with it.
    let done = in_a_session(home, field, &[&["keyring"], &["status"]]);
    assert_eq!(json(&done[0])["in_keyring"], true);
    assert_eq!(json(&done[1])["me"], Value::Null, "it opens");
    let file = key_file(field);
    assert!(
        file.contains("\"kept\":\"keyring\"") && file.len() < before.len(),
        "{file}"
    );

    // Whoever has the folder and not the keyring opens nothing, and nothing is changed.
    let stranger = tempfile::tempdir().unwrap();
    let refused = in_a_session(stranger.path(), field, &[&["status"]]);
    assert!(!refused[0].status.success());
    assert_eq!(json(&refused[0])["problem"]["code"], "keyring");
    assert_eq!(key_file(field), file);

    // Out of it again, and the keyring has forgotten it.
    let done = in_a_session(home, field, &[&["keyring", "--remove"]]);
    assert_eq!(json(&done[0])["in_keyring"], false);
    assert!(
        Field::new(field).run(&["status"]).is_ok(),
        "without any keyring"
    );
    std::fs::write(field.join(vault::FILE_NAME), &file).unwrap();
    let gone = in_a_session(home, field, &[&["status"]]);
    assert_eq!(json(&gone[0])["problem"]["code"], "keyring");
}

#[test]
fn without_a_keyring_nothing_is_moved_and_everything_stays_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let field = folder.path();
    Field::new(field).run(&["status"]).unwrap();
    let before = key_file(field);
    let refused = Command::new(program("gewu-field").unwrap())
        .arg("--dir")
        .arg(field)
        .args(["--json", "keyring"])
        .env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent")
        .output()
        .unwrap();
    assert!(!refused.status.success());
    assert_eq!(json(&refused)["problem"]["code"], "keyring");
    assert_eq!(key_file(field), before);
    Field::new(field).run(&["status"]).unwrap();
}
