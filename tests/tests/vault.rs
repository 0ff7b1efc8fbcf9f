//! What lies on a handheld: unreadable without its key, locked by a PIN, and never lost by either.
//! The shipped programs on real files; the waits by the core with a clock of the test's own.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test may fail loudly"
)]

use app_core::vault::{self, Lock, VaultError};
use app_core::{App, Config, Keeper};
use rusqlite::Connection;
use serde_json::Value;
use shared::time::Timestamp;
use shared::wire::queue::NetworkKind;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;
use tests::ledger::open_device;
use tests::people;
use tests::programs::{Field, Refused, Server, program};

const TEXT: &str = "井盖不见了，旁边的老人差点摔倒";
const NOW: Timestamp = Timestamp(1_764_000_000_000);

/// A handheld with a filed report and its photo, and a server that may be gone.
struct Scene {
    _server: Server,
    field: Field,
    folder: tempfile::TempDir,
}

impl Scene {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (server, field) = people::begin(folder.path()).await.unwrap();
        field.file(TEXT, "jolla.jpg").unwrap();
        Self {
            _server: server,
            field,
            folder,
        }
    }

    fn path(&self) -> &Path {
        self.field.folder()
    }

    fn database(&self) -> PathBuf {
        self.field.database().unwrap()
    }

    /// A file with a PIN in it.
    fn pin(&self, name: &str, pin: &str) -> String {
        let file = self.folder.path().join(name);
        std::fs::write(&file, format!("{pin}\n")).unwrap();
        file.to_string_lossy().into_owned()
    }

    /// Makes the database what a version before encryption left: plain, without a key.
    fn make_plain(&self) {
        let (database, plain) = (self.database(), self.path().join("plain"));
        let connection = open_device(&database).unwrap();
        let version: i64 = connection
            .query_row("PRAGMA user_version", [], |row| row.get(0))
            .unwrap();
        drop(connection);
        let connection = Connection::open(&database).unwrap();
        let key = vault::key(self.path()).unwrap();
        connection
            .pragma_update(None, "key", key.literal().as_str())
            .unwrap();
        connection
            .execute_batch(&format!(
                "ATTACH '{}' AS plain KEY '';
                 SELECT sqlcipher_export('plain');
                 PRAGMA plain.user_version = {version};
                 DETACH plain;",
                plain.display()
            ))
            .unwrap();
        drop(connection);
        std::fs::remove_file(self.path().join(vault::FILE_NAME)).unwrap();
        for tail in ["-wal", "-shm"] {
            let mut path = database.clone().into_os_string();
            path.push(tail);
            drop(std::fs::remove_file(path));
        }
        std::fs::rename(&plain, &database).unwrap();
        // As the app had it open: with pages that are in the log only.
        let connection = Connection::open(&database).unwrap();
        connection
            .execute_batch("PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0;")
            .unwrap();
    }
}

/// Every byte of every file of the handheld.
fn raw(folder: &Path) -> Vec<u8> {
    let files = std::fs::read_dir(folder).unwrap();
    files
        .flat_map(|file| std::fs::read(file.unwrap().path()).unwrap())
        .collect()
}

fn holds(bytes: &[u8], needle: &[u8]) -> bool {
    bytes.windows(needle.len()).any(|window| window == needle)
}

/// What nobody without the key may find.
const SECRETS: [&[u8]; 7] = [
    TEXT.as_bytes(),
    "陈秀兰".as_bytes(),
    "wangge".as_bytes(),
    b"CREATE TABLE",
    b"SQLite format 3",
    // How a JPEG begins, and what comes before its position tags.
    b"\xff\xd8\xff\xe0\x00\x10JFIF",
    b"Exif\0\0",
];

fn reports(field: &Field) -> Vec<String> {
    let rows = field.run(&["list"]).unwrap();
    let rows = rows.as_array().unwrap().iter();
    rows.map(|row| row["short_code"].as_str().unwrap().to_owned())
        .collect()
}

fn refused(outcome: anyhow::Result<Value>) -> (Option<i32>, String) {
    let refused = outcome.unwrap_err().downcast::<Refused>().unwrap();
    (refused.code, refused.words)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_raw_files_tell_nothing_about_reports_photos_or_names() {
    let scene = Scene::new().await;
    let bytes = raw(scene.path());
    assert!(bytes.len() > 100_000, "there is a photo in it");
    for secret in SECRETS {
        let shown = String::from_utf8_lossy(secret).into_owned();
        assert!(!holds(&bytes, secret), "{shown} is readable");
    }
    // The same search finds them where nothing is encrypted; the photo itself has no Exif.
    scene.make_plain();
    let bytes = raw(scene.path());
    for secret in &SECRETS[..6] {
        let shown = String::from_utf8_lossy(secret).into_owned();
        assert!(holds(&bytes, secret), "{shown} is not looked for rightly");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plain_database_is_encrypted_at_the_next_start_whenever_that_is_killed() {
    let scene = Scene::new().await;
    let before = reports(&scene.field);
    assert_eq!(before.len(), 1);
    for wait_ms in [0, 2, 4, 6, 8, 10, 13, 16, 20, 25, 30, 40, 60, 90] {
        scene.make_plain();
        let mut start = Command::new(program("gewu-field").unwrap())
            .arg("--dir")
            .arg(scene.path())
            .arg("status")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(wait_ms));
        start.kill().unwrap();
        start.wait().unwrap();
        assert_eq!(reports(&scene.field), before, "killed after {wait_ms} ms");
        for secret in SECRETS {
            assert!(
                !holds(&raw(scene.path()), secret),
                "killed after {wait_ms} ms"
            );
        }
    }
    let shown = scene.field.run(&["show", &before[0]]).unwrap();
    assert_eq!(
        shown["filed"]["text"].as_str().or(shown["text"].as_str()),
        Some(TEXT)
    );
    let whole: String = open_device(&scene.database())
        .unwrap()
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .unwrap();
    assert_eq!(whole, "ok");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pin_locks_the_handheld_and_changing_it_leaves_the_data_as_it_is() {
    let scene = Scene::new().await;
    let field = &scene.field;
    let (first, second) = (scene.pin("first", "314159"), scene.pin("second", "271828"));
    field.run(&["pin", "--new-pin-file", &first]).unwrap();
    assert_eq!(refused(field.run(&["list"])).0, Some(7));
    let (code, words) = refused(field.run(&["--pin-file", &second, "list"]));
    assert_eq!(code, Some(7));
    assert!(words.contains("PIN 不对"), "{words}");
    let rows = field.run(&["--pin-file", &first, "list"]).unwrap();
    assert_eq!(rows.as_array().unwrap().len(), 1);

    let before = std::fs::read(scene.database()).unwrap();
    let change = ["--pin-file", &first, "pin", "--new-pin-file", &second];
    field.run(&change).unwrap();
    assert!(before == std::fs::read(scene.database()).unwrap());
    assert_eq!(
        refused(field.run(&["--pin-file", &first, "list"])).0,
        Some(7)
    );
    let rows = field.run(&["--pin-file", &second, "list"]).unwrap();
    assert_eq!(rows.as_array().unwrap().len(), 1);
    // The key's file alone says nothing of the key.
    assert!(vault::key(scene.path()).is_err());
    field
        .run(&["--pin-file", &second, "pin", "--remove"])
        .unwrap();
    assert_eq!(reports(field).len(), 1);
}

#[test]
fn a_missing_key_file_is_not_replaced_by_a_new_key() {
    let folder = tempfile::tempdir().unwrap();
    drop(App::open(folder.path(), Config::default()).unwrap());
    let (file, aside) = (
        folder.path().join(vault::FILE_NAME),
        folder.path().join("aside"),
    );
    std::fs::rename(&file, &aside).unwrap();
    assert!(App::open(folder.path(), Config::default()).is_err());
    assert!(!file.exists());
    std::fs::rename(&aside, &file).unwrap();
    assert!(App::open(folder.path(), Config::default()).is_ok());
}

#[test]
fn wrong_pins_cost_more_and_more_time_and_never_the_data() {
    let folder = tempfile::tempdir().unwrap();
    drop(App::open(folder.path(), Config::default()).unwrap());
    vault::set_pin(folder.path(), "", Some("314159"), NOW).unwrap();
    let mut now = NOW;
    let mut waits = Vec::new();
    for _ in 0..12 {
        let error = vault::unlock(folder.path(), "000000", now).unwrap_err();
        let VaultError::WrongPin { retry } = error else {
            panic!("{error}")
        };
        waits.push(retry.since(now) / 1_000);
        if retry > now {
            // The right one doesn't help before its time either, and isn't tried.
            let early = vault::unlock(folder.path(), "314159", retry.plus_ms(-1));
            assert!(matches!(early, Err(VaultError::Waiting { .. })));
        }
        now = retry;
    }
    let day = 86_400;
    assert_eq!(
        waits,
        [0, 0, 30, 60, 120, 240, 480, 960, 1_920, day, day, day]
    );
    // A clock set back by a year begins the wait anew, and does not make it a year.
    let back = now.plus_ms(-365 * 86_400_000);
    let early = vault::unlock(folder.path(), "314159", back).unwrap_err();
    let VaultError::Waiting { retry } = early else {
        panic!("{early}")
    };
    assert_eq!(retry.since(back) / 1_000, day);
    let key = vault::unlock(folder.path(), "314159", retry).unwrap();
    assert!(App::open_with(folder.path(), Config::default(), &key).is_ok());
    assert_eq!(vault::look(folder.path()).unwrap(), Lock::Pin(Timestamp(0)));
}

#[test]
fn a_screen_that_nobody_touches_locks_and_opens_by_the_pin_only() {
    let folder = tempfile::tempdir().unwrap();
    let minute = |n: i64| NOW.plus_ms(n * 60_000);
    let keeper = Keeper::new(folder.path(), Config::default(), NOW);
    // Without a PIN there is nothing to lock with.
    keeper.tick(minute(60)).unwrap();
    assert!(keeper.app().is_ok());
    keeper.set_pin("", Some("314159"), minute(60)).unwrap();
    keeper.set_idle_minutes(10).unwrap();
    keeper.touch(minute(60));
    keeper.tick(minute(69)).unwrap();
    assert!(keeper.app().is_ok());
    keeper.touch(minute(69));
    keeper.tick(minute(78)).unwrap();
    assert!(keeper.app().is_ok(), "a touch counts");
    keeper.tick(minute(79)).unwrap();
    assert_eq!(keeper.app().unwrap_err().code, "locked");
    assert!(
        keeper.sender().is_none(),
        "nothing waited, so the data is closed"
    );
    let view = keeper.view().unwrap();
    assert!(view.locked && view.pin_set);
    assert_eq!(
        keeper.unlock("000000", minute(80)).unwrap_err().code,
        "wrong_pin"
    );
    keeper.unlock("314159", minute(80)).unwrap();
    assert!(keeper.app().is_ok());
    drop(keeper);
    let again = Keeper::new(folder.path(), Config::default(), minute(81));
    assert_eq!(again.app().unwrap_err().code, "locked");
}

/// Lets every new key file fail, as on a full disk, until it is called off.
fn fill(folder: &Path) -> PathBuf {
    let new = folder.join(format!("{}.new", vault::FILE_NAME));
    std::fs::create_dir(&new).unwrap();
    new
}

fn key_file(folder: &Path) -> String {
    std::fs::read_to_string(folder.join(vault::FILE_NAME)).unwrap()
}

/// A handheld with a PIN.
fn locked() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    drop(App::open(folder.path(), Config::default()).unwrap());
    vault::set_pin(folder.path(), "", Some("314159"), NOW).unwrap();
    folder
}

#[test]
fn on_a_full_disk_the_right_pin_opens_and_wrong_ones_are_counted() {
    let folder = locked();
    let path = folder.path();
    let before = key_file(path);
    fill(path);
    for _ in 0..2 {
        assert!(vault::unlock(path, "000000", NOW).is_err());
    }
    let key = vault::unlock(path, "314159", NOW).unwrap();
    assert!(App::open_with(path, Config::default(), &key).is_ok());
    assert_eq!(key_file(path), before, "the count begins anew");
    for _ in 0..3 {
        assert!(vault::unlock(path, "000000", NOW).is_err());
    }
    let early = vault::unlock(path, "314159", NOW).unwrap_err();
    assert!(matches!(early, VaultError::Waiting { .. }), "{early}");
    assert_eq!(key_file(path).len(), before.len());
    assert!(vault::unlock(path, "314159", NOW.plus_ms(30_000)).is_ok());
}

#[test]
fn a_key_file_of_an_earlier_version_opens_and_gets_room_for_the_count() {
    let folder = locked();
    let path = folder.path();
    let value: Value = serde_json::from_str(&key_file(path)).unwrap();
    std::fs::write(path.join(vault::FILE_NAME), value.to_string()).unwrap();
    let full = fill(path);
    let untried = vault::unlock(path, "314159", NOW);
    assert!(untried.is_err(), "what can't be counted is not tried");
    std::fs::remove_dir(full).unwrap();
    vault::unlock(path, "314159", NOW).unwrap();
    fill(path);
    vault::unlock(path, "314159", NOW).unwrap();
}

#[test]
fn a_lost_handheld_is_erased_on_a_full_disk_too() {
    for pin in [None, Some("314159")] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        drop(App::open(path, Config::default()).unwrap());
        if pin.is_some() {
            vault::set_pin(path, "", pin, NOW).unwrap();
        }
        let value: Value = serde_json::from_str(&key_file(path)).unwrap();
        let secret = value["key"].as_str().or(value["wrapped"].as_str()).unwrap();
        fill(path);
        vault::erase(path, NOW).unwrap();
        assert_eq!(vault::look(path).unwrap(), Lock::Erased);
        assert!(!key_file(path).contains(secret));
    }
}

#[test]
fn which_network_there_is_is_known_behind_the_lock_and_after_it() {
    let folder = locked();
    let keeper = Keeper::new(folder.path(), Config::default(), NOW);
    let open = || {
        keeper.unlock("314159", NOW).unwrap();
        keeper.app().unwrap().queue(NOW).unwrap().network
    };
    keeper.set_network(NetworkKind::Metered);
    assert_eq!(open(), NetworkKind::Metered, "it was told while locked");
    keeper.lock().unwrap();
    assert!(keeper.sender().is_none(), "the data is closed");
    assert_eq!(open(), NetworkKind::Metered, "nobody tells it anew");
    keeper.lock().unwrap();
    keeper.set_network(NetworkKind::Free);
    assert_eq!(open(), NetworkKind::Free);
}

#[test]
fn data_that_could_not_be_opened_is_tried_again_at_a_touch() {
    let folder = tempfile::tempdir().unwrap();
    // As when the disk is full or the keyring is locked.
    let obstacle = folder.path().join("gewu-handheld.db");
    std::fs::create_dir(&obstacle).unwrap();
    let keeper = Keeper::new(folder.path(), Config::default(), NOW);
    keeper.touch(NOW);
    assert!(keeper.app().is_err() && keeper.sender().is_none());
    std::fs::remove_dir(&obstacle).unwrap();
    keeper.touch(NOW);
    assert!(keeper.app().is_ok() && keeper.sender().is_some());
    // What a PIN closed stays closed however often it is touched.
    keeper.set_pin("", Some("314159"), NOW).unwrap();
    keeper.lock().unwrap();
    keeper.touch(NOW);
    assert_eq!(keeper.app().unwrap_err().code, "locked");
}
