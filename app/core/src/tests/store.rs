//! The database: one transaction or nothing, the ladder, the mirror's limits.

use super::world::{IN_GRID_1, World, manhole};
use crate::store::{self, FILE_NAME, Store, StoreError, device};
use crate::{App, Config, CoreError, vault};
use rusqlite::Connection;
use shared::id::Sha256;
use shared::operation::{self, CHAIN_START};

/// The database beside the core, as a tool with the key would open it.
fn raw(world: &World) -> Connection {
    let directory = world.directory.path();
    let db = Connection::open(directory.join(FILE_NAME)).unwrap();
    let key = vault::key(directory).unwrap();
    db.pragma_update(None, "key", key.literal().as_str())
        .unwrap();
    db
}

fn rows(world: &World, sql: &str) -> i64 {
    let db = raw(world);
    db.query_row(sql, [], |row| row.get(0)).unwrap()
}

#[tokio::test]
async fn report_operation_and_photo_bytes_are_there_together() {
    let world = World::new();
    let app = world.enrolled().await;
    for _ in 0..3 {
        world.file(&app, &["DSCN0010.jpg", "jolla.jpg"], &manhole(IN_GRID_1));
    }
    assert_eq!(rows(&world, "SELECT count(*) FROM reports"), 3);
    assert_eq!(rows(&world, "SELECT count(*) FROM operations"), 3);
    let orphans = "
        SELECT (SELECT count(*) FROM photos WHERE report_id IS NULL AND draft_id IS NULL)
            + (SELECT count(*) FROM photo_chunks c
                WHERE NOT EXISTS (SELECT 1 FROM photos p WHERE p.id = c.photo_id))
            + (SELECT count(*) FROM photos p
                WHERE p.bytes <> (SELECT coalesce(sum(length(c.bytes)), 0) FROM photo_chunks c
                    WHERE c.photo_id = p.id))";
    assert_eq!(rows(&world, orphans), 0);
    assert_eq!(
        rows(&world, "SELECT max(length(bytes)) FROM photo_chunks"),
        256 * 1024
    );
    // Each photo's bytes have the hash that its operation names.
    let mut store = Store::open(world.directory.path(), Config::default()).unwrap();
    for report in app.reports("").unwrap() {
        for photo in app.report(report.id).unwrap().photos {
            let bytes = store.read(|tx| store::photos::bytes(tx, photo.id)).unwrap();
            assert_eq!(Sha256::of(&bytes), photo.sha256);
        }
    }
}

#[tokio::test]
async fn numbers_have_no_gap_and_each_operation_names_the_one_before() {
    let world = World::new();
    let app = world.enrolled().await;
    for _ in 0..4 {
        world.file(&app, &["no_exif.jpg"], &manhole(IN_GRID_1));
    }
    let db = raw(&world);
    let mut statement = db
        .prepare("SELECT body FROM operations ORDER BY seq")
        .unwrap();
    let bodies = statement
        .query_map([], |row| row.get::<_, String>(0))
        .unwrap();
    let mut before = CHAIN_START;
    for (at, body) in bodies.enumerate() {
        let opened = operation::open(&serde_json::from_str(&body.unwrap()).unwrap()).unwrap();
        assert_eq!(opened.operation.seq, at as u64 + 1);
        assert_eq!(opened.operation.prev_hash, before);
        before = opened.hash;
    }
}

#[test]
fn a_write_that_fails_leaves_nothing_behind() {
    let world = World::new();
    let mut store = Store::open(world.directory.path(), Config::default()).unwrap();
    let outcome: Result<(), StoreError> = store.write(|tx| {
        store::settings::set(tx, "language", "en")?;
        Err(StoreError::Missing("luck"))
    });
    assert!(outcome.is_err());
    let language = store
        .read(|tx| store::settings::get(tx, "language"))
        .unwrap();
    assert_eq!(language, None);
}

#[test]
fn data_of_a_later_version_is_refused_untouched() {
    let world = World::new();
    drop(world.open());
    let db = raw(&world);
    db.pragma_update(None, "user_version", 99).unwrap();
    drop(db);
    let refused = App::open(world.directory.path(), Config::default()).unwrap_err();
    assert_eq!(refused.code(), "data_too_new");
    assert_eq!(
        rows(&world, "SELECT user_version FROM pragma_user_version"),
        99
    );
}

#[test]
fn the_file_is_durable_by_its_settings() {
    let world = World::new();
    let app = world.open();
    assert!(app.stored_bytes() > 0);
    let mut store = Store::open(world.directory.path(), Config::default()).unwrap();
    let number = |store: &mut Store, name: &str| {
        store
            .read(|tx| Ok(tx.pragma_query_value(None, name, |row| row.get::<_, i64>(0))?))
            .unwrap()
    };
    assert_eq!(number(&mut store, "synchronous"), 2);
    assert_eq!(number(&mut store, "foreign_keys"), 1);
    assert_eq!(
        rows(
            &world,
            "SELECT count(*) FROM pragma_journal_mode WHERE journal_mode = 'wal'"
        ),
        1
    );
}

#[tokio::test]
async fn a_handheld_with_reports_does_not_change_its_district() {
    let world = World::new();
    let app = world.enrolled().await;
    world.file(&app, &["no_exif.jpg"], &manhole(IN_GRID_1));
    let mut store = Store::open(world.directory.path(), Config::default()).unwrap();
    store
        .write(|tx| {
            tx.execute(
                "UPDATE device SET district = '410105', district_name = '金水区'",
                [],
            )?;
            Ok::<_, StoreError>(())
        })
        .unwrap();
    let refused = app
        .enrol_over(&world.server, &world.form(), &world.edge())
        .await
        .unwrap_err();
    assert!(
        matches!(&refused, CoreError::OtherDistrict(name) if name == "金水区"),
        "{refused}"
    );
    // What waited had gone up before, under the binding that it was filed under.
    assert_eq!(app.sync_status().unwrap().operations_waiting, 0);
}

#[tokio::test]
async fn binding_again_keeps_the_count_and_everything_filed() {
    let world = World::new();
    let app = world.enrolled().await;
    world.file(&app, &["no_exif.jpg"], &manhole(IN_GRID_1));
    app.enrol_over(&world.server, &world.form(), &world.edge())
        .await
        .unwrap();
    world.file(&app, &["no_exif.jpg"], &manhole(IN_GRID_1));
    let mut store = Store::open(world.directory.path(), Config::default()).unwrap();
    assert_eq!(store.read(device::read).unwrap().unwrap().seq, 2);
    assert_eq!(app.reports("").unwrap().len(), 2);
}

#[test]
fn settings_are_kept() {
    let world = World::new();
    let app = world.open();
    let mut settings = app.settings().unwrap();
    assert_eq!(
        (settings.language.as_str(), settings.large_type),
        ("zh-CN", false)
    );
    settings.language = "en".into();
    settings.large_type = true;
    settings.server = "https://gewu.example".into();
    app.set_settings(&settings).unwrap();
    drop(app);
    assert_eq!(world.open().settings().unwrap(), settings);
}

#[test]
fn an_encryption_that_fails_leaves_no_half_copy() {
    let world = World::new();
    let file = world.directory.path().join(FILE_NAME);
    let db = Connection::open(&file).unwrap();
    db.execute_batch(
        "CREATE TABLE t (x TEXT);
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200)
         INSERT INTO t SELECT hex(randomblob(1000)) FROM n;",
    )
    .unwrap();
    drop(db);
    // It ends in the middle, as on a full disk.
    let mut bytes = std::fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..].fill(0xff);
    std::fs::write(&file, bytes).unwrap();
    assert!(App::open(world.directory.path(), Config::default()).is_err());
    let files = std::fs::read_dir(world.directory.path()).unwrap();
    for entry in files {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(!name.contains(".sealing"), "{name}");
    }
    assert!(file.exists());
}
