//! A server that comes back from a backup, with the shipped programs: everything that was made
//! since comes back by itself, and so do photos whose bytes are gone.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may fail loudly"
)]

use serde_json::json;
use shared::id::Sha256;
use shared::role::Role;
use std::io::Write;
use std::path::Path;
use sync_server::service::Fault;
use sync_server::service::restore::{self, Kept};
use tests::backends::Backend;
use tests::day::{self, Filing, Places};
use tests::ledger;
use tests::people;
use tests::photos;
use tests::programs::{Server, photo};
use tests::world::World;

tests::on_both!(
    consoles_sign_in_anew_after_a_restore_and_handhelds_go_on,
    a_console_photo_that_did_not_come_back_is_owed_by_nobody_and_may_be_added_again,
);

fn consoles_sign_in_anew_after_a_restore_and_handhelds_go_on(backend: &Backend) {
    let world = World::new(backend);
    let (office, worker) = (
        world.person(Role::Supervisor, "350703", None),
        world.worker(),
    );
    let (session, code) = (world.console(office), world.enrol_code(worker.person));
    let me = |token: &str| world.get("/v1/me", token).status;
    assert_eq!((me(&session), me(&worker.token)), (200, 200));
    world
        .store
        .write_blocking::<_, Fault>(&world.district.code, |tx| {
            restore::begin_new_life(tx, "second life")
        })
        .unwrap();
    // It may have been ended since the backup, and the code may be in other hands.
    assert_eq!((me(&session), me(&worker.token)), (401, 200));
    assert_eq!(me(&world.console(office)), 200);
    let enrol = |code: String| {
        let body = json!({
            "code": code, "device_id": uuid::Uuid::now_v7(), "name": "测试机",
            "platform": "linux", "app_version": "0.1.0",
        });
        world.post("/v1/devices/enrol", "", &body).status
    };
    assert_eq!(enrol(code), 410);
    assert_eq!(enrol(world.enrol_code(worker.person)), 200);
}

fn a_console_photo_that_did_not_come_back_is_owed_by_nobody_and_may_be_added_again(
    backend: &Backend,
) {
    let world = World::new(backend);
    let mut worker = world.worker();
    let filed = std::fs::read(photo("no_exif.jpg")).unwrap();
    let added = std::fs::read(photo("DSCN0010.jpg")).unwrap();
    let case = photos::announce(&world, &mut worker, &[&filed]);
    photos::upload(&world, &worker, &filed);
    let handler = world.console_of(Role::Handler, "350703", Some("E01"));
    let shown = photos::put(&world, &handler, &case, &added);
    assert_eq!(shown.at("/row/photos"), &json!([2, 2]), "{shown:?}");
    let hashes: Vec<Sha256> = (0..2)
        .map(|at| shown.at(&format!("/photos/{at}/sha256")).as_str().unwrap())
        .map(|hash| hash.parse().unwrap())
        .collect();
    let now = world.now();
    let gone = world
        .store
        .write_blocking::<_, Fault>(&world.district.code, move |tx| {
            restore::are_owed(tx, Kept::Photos, &hashes, now)
        });
    assert_eq!(gone.unwrap(), 1, "the worker's is only owed");
    let shown = world.get(&format!("/v1/cases/{case}"), &handler);
    assert_eq!(shown.at("/row/photos"), &json!([2, 0]));
    let gone = |at: usize| shown.at(&format!("/photos/{at}/gone")).as_bool();
    assert_eq!((gone(0), gone(1)), (None, Some(true)));
    let again = photos::put(&world, &handler, &case, &added);
    assert_eq!(again.at("/row/photos"), &json!([2, 1]), "{again:?}");
    assert_eq!(again.at("/photos/1/arrived"), &json!(true));
    assert_eq!(again.at("/photos/1/gone").as_bool(), None);
}

fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().flatten() {
        let (path, target) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            copy_folder(&path, &target);
        } else {
            std::fs::copy(&path, &target).unwrap();
        }
    }
}

fn files_below(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        if entry.path().is_dir() {
            files.extend(files_below(&entry.path()));
        } else {
            files.push(entry.path());
        }
    }
    files
}

fn number(database: &Path, sql: &str) -> i64 {
    let database = tests::ledger::open_device(database).unwrap();
    database.query_row(sql, [], |row| row.get(0)).unwrap()
}

fn text(database: &Path, sql: &str) -> String {
    let database = tests::ledger::open_device(database).unwrap();
    database.query_row(sql, [], |row| row.get(0)).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_made_after_the_backup_comes_back_by_itself() {
    let dir = tempfile::tempdir().unwrap();
    let (mut server, field) = people::begin(dir.path()).await.unwrap();
    let places = Places::read().unwrap();
    let day = day::filings();
    let filings: Vec<&Filing> = day
        .iter()
        .filter(|filing| filing.photo != day::DAMAGED)
        .take(5)
        .collect();
    let file = |filing: &Filing| {
        day::file(&field, &places, filing, &photo(filing.photo)).unwrap();
    };
    filings[..2].iter().for_each(|filing| file(filing));
    field.run(&["sync"]).unwrap();

    // The backup is made while the server runs, and never over a file that is there.
    let backup = dir.path().join("gewu.backup");
    let path = backup.to_string_lossy().into_owned();
    server.run(&["backup", &path]).unwrap();
    assert!(server.run(&["backup", &path]).is_err());
    let noted = |action: &str| {
        let sql = format!("SELECT count(*) FROM audit WHERE action = '{action}'");
        number(&server.database(), &sql)
    };
    assert_eq!((noted("backup.make"), noted("backup.restore")), (1, 0));
    copy_folder(&server.photos(), &dir.path().join("photos"));

    // Life goes on.
    filings[2..4].iter().for_each(|filing| file(filing));
    field.run(&["sync"]).unwrap();
    assert_eq!(number(&server.database(), "SELECT count(*) FROM cases"), 4);
    let refused = server.run(&["restore", &path]).unwrap_err().to_string();
    assert!(refused.contains("in use"), "{refused}");
    assert_eq!(number(&server.database(), "SELECT count(*) FROM cases"), 4);
    server.kill();

    // The machine is lost; the photos come back as they were, and one of them not at all.
    std::fs::remove_dir_all(server.photos()).unwrap();
    copy_folder(&dir.path().join("photos"), &server.photos());
    // Previews lie there too; a photo is to go.
    let wanted = text(&backup, "SELECT min(hash) FROM photos");
    let is_photo = |file: &&std::path::PathBuf| file.to_string_lossy().contains(&wanted);
    let files = files_below(&server.photos());
    let gone = files.iter().find(is_photo).unwrap();
    std::fs::remove_file(gone).unwrap();
    // Of another one only the beginning was copied.
    let cut = text(&backup, "SELECT max(hash) FROM photos");
    let is_cut = |file: &&std::path::PathBuf| file.to_string_lossy().contains(&cut);
    let cut_file = files.iter().find(is_cut).unwrap();
    let whole = std::fs::read(cut_file).unwrap();
    std::fs::write(cut_file, &whole[..1_000]).unwrap();
    // And the preview of another one.
    let wanted = text(&backup, "SELECT max(hash) FROM previews");
    let is_preview = |file: &&std::path::PathBuf| file.to_string_lossy().contains(&wanted);
    std::fs::remove_file(files.iter().find(is_preview).unwrap()).unwrap();
    let said = server.run(&["restore", &path]).unwrap();
    assert!(said.contains("2 photos are missing"), "{said}");
    assert!(said.contains("1 previews too"), "{said}");
    let sql = "SELECT count(*) FROM previews WHERE stored_ms IS NULL";
    assert_eq!(number(&server.database(), sql), 1, "it is known to be owed");
    assert!(said.contains("before-restore-"), "{said}");
    assert!(said.contains("have to be marked again"), "{said}");
    let sql = "SELECT count(*) FROM audit WHERE action = 'backup.restore'";
    assert_eq!(number(&server.database(), sql), 1);
    assert_eq!(number(&server.database(), "SELECT count(*) FROM cases"), 2);

    // Filed while the server was away.
    file(filings[4]);
    server.start().await.unwrap();
    field.run(&["sync"]).unwrap();
    field.run(&["sync"]).unwrap();
    let ledger = ledger::compare(
        &field.database().unwrap(),
        &server.database(),
        &server.photos(),
    )
    .unwrap();
    assert_eq!(ledger.lost, Vec::<String>::new());
    assert_eq!((ledger.filed, ledger.accepted), (5, 5));
    assert_eq!(ledger.photos_stored, ledger.photos);
    let count = |sql: &str| number(&server.database(), sql);
    assert_eq!(count("SELECT count(*) FROM cases"), 5);
    assert_eq!(
        count("SELECT count(*) FROM photos WHERE stored_ms IS NULL"),
        0
    );
    assert_eq!(
        count("SELECT count(*) FROM previews WHERE stored_ms IS NULL"),
        0
    );
    assert!(std::fs::read(cut_file).unwrap() == whole, "it came back");
    let preview = files_below(&server.photos());
    assert!(preview.iter().any(|file| is_preview(&file)), "it came back");
    let unequal = "SELECT count(*) FROM cases WHERE photos_stored <> photos_expected";
    assert_eq!(count(unequal), 0);
    let device = field.database().unwrap();
    assert_eq!(number(&device, "SELECT count(*) FROM cases"), 5);
    assert_eq!(
        number(
            &device,
            "SELECT count(*) FROM operations WHERE case_no IS NULL"
        ),
        0
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_database_is_replaced_and_kept_as_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("server");
    let mut server = Server::init(&data, "350703").unwrap();
    let backup = dir.path().join("gewu.backup");
    let path = backup.to_string_lossy().into_owned();
    server.run(&["backup", &path]).unwrap();
    server.start().await.unwrap();
    let mut file = std::fs::File::options()
        .write(true)
        .open(server.database())
        .unwrap();
    file.write_all(b"not what was here").unwrap();
    drop(file);
    // Nothing can be read there, and yet a server runs on it.
    let refused = server.run(&["restore", &path]).unwrap_err().to_string();
    assert!(refused.contains("in use"), "{refused}");
    server.kill();
    let damaged = std::fs::read(server.database()).unwrap();
    let log = std::fs::read(data.join("gewu.db-wal")).unwrap();
    let said = server.run(&["restore", &path]).unwrap();
    assert!(said.contains("it is damaged"), "{said}");
    let files = files_below(&data);
    let aside = |ending: &str| {
        let is_aside = |file: &&std::path::PathBuf| {
            let name = file.file_name().unwrap().to_string_lossy();
            name.starts_with("before-restore-") && name.ends_with(ending)
        };
        std::fs::read(files.iter().find(is_aside).unwrap()).unwrap()
    };
    assert!(aside(".db") == damaged, "it lies there unopened");
    assert!(aside(".db-wal") == log, "and so does its log");
    assert!(!data.join("gewu.db-wal").exists(), "no log of another one");
    server.start().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_else_on_the_machine_may_read_what_the_programs_make() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let (server, field) = people::begin(dir.path()).await.unwrap();
    field.file("井盖缺失", "no_exif.jpg").unwrap();
    field.run(&["sync"]).unwrap();
    let out = |name: &str| dir.path().join(name).to_string_lossy().into_owned();
    let (backup, archive) = (out("gewu.backup"), out("archive"));
    server.run(&["backup", &backup]).unwrap();
    server.run(&["archive", "--out", &archive]).unwrap();
    let mut made = files_below(dir.path());
    assert!(made.contains(&server.database()));
    assert!(made.contains(&field.database().unwrap()));
    made.extend(["server", "handheld", "archive"].map(|name| dir.path().join(name)));
    made.push(server.photos());
    // The log is written by this test.
    made.retain(|path| !path.ends_with("log.txt"));
    for path in made {
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{}: {mode:o}", path.display());
    }
}

#[test]
fn a_backup_is_restored_from_where_nothing_can_be_written_and_keeps_each_byte() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let server = Server::init(&dir.path().join("server"), "350703").unwrap();
    let shelf = dir.path().join("shelf");
    std::fs::create_dir(&shelf).unwrap();
    let backup = shelf.join("备份 50%#1?.db");
    let path = backup.to_string_lossy().into_owned();
    server.run(&["backup", &path]).unwrap();
    let allow = |path: &Path, mode| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    // A restore of an earlier version left a 2 there, which says that the file has a log.
    for version in [1, 2] {
        let mut bytes = std::fs::read(&backup).unwrap();
        bytes[18..20].fill(version);
        std::fs::write(&backup, &bytes).unwrap();
        allow(&backup, 0o400);
        allow(&shelf, 0o500);
        let restored = server.run(&["restore", &path]);
        allow(&shelf, 0o700);
        allow(&backup, 0o600);
        restored.unwrap();
        assert!(std::fs::read(&backup).unwrap() == bytes, "it was written");
        assert_eq!(std::fs::read_dir(&shelf).unwrap().count(), 1);
    }
}
