//! Data of the first version: a handheld's and a server's database as its programs left them, and
//! its messages. Today's programs open them, go on, and lose nothing.
//!
//! `tests/data/first/` was made by the shipped programs of that version and is never edited.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may fail loudly"
)]

use flate2::read::GzDecoder;
use serde_json::{Value, json};
use shared::role::Role;
use std::io::Read;
use std::path::Path;
use sync_server::store::Store;
use tempfile::TempDir;
use tests::backends::Backend;
use tests::phone::Phone;
use tests::programs::root;
use tests::world::World;

fn unpack(name: &str, to: &Path) {
    let packed = std::fs::File::open(root().join("tests/data/first").join(name)).unwrap();
    let mut bytes = Vec::new();
    GzDecoder::new(packed).read_to_end(&mut bytes).unwrap();
    std::fs::write(to, bytes).unwrap();
}

/// The first version's server, its tables brought up, served by today's program.
fn first_server(backend: &Backend) -> World {
    unpack(
        "gewu.db.gz",
        Path::new(backend.url.trim_start_matches("sqlite://")),
    );
    assert!(Store::open(&backend.url).is_err(), "its tables are older");
    assert!(!Store::migrate(&backend.url).unwrap().is_empty());
    let folder = tempfile::tempdir().unwrap();
    let photos = root().join("tests/data/first/photos");
    for part in std::fs::read_dir(photos).unwrap().flatten() {
        let to = folder.path().join("photos").join(part.file_name());
        std::fs::create_dir_all(&to).unwrap();
        for file in std::fs::read_dir(part.path()).unwrap().flatten() {
            std::fs::copy(file.path(), to.join(file.file_name())).unwrap();
        }
    }
    World::serve(backend, folder)
}

/// The first version's handheld, told where the server stands now.
fn first_handheld(world: &World) -> Phone {
    let folder: TempDir = tempfile::tempdir().unwrap();
    unpack(
        "gewu-handheld.db.gz",
        &folder.path().join("gewu-handheld.db"),
    );
    let phone = Phone::in_folder(world, folder);
    let server = format!("http://{}", world.address);
    let moved = phone
        .database()
        .execute("UPDATE device SET server = ?1", [server]);
    assert_eq!(moved.unwrap(), 1);
    phone
}

#[test]
fn a_handheld_of_the_first_version_goes_on_where_it_stood() {
    let backend = Backend::sqlite();
    let world = first_server(&backend);
    let phone = first_handheld(&world);
    let before = phone.app.reports("").unwrap();
    assert_eq!(before.len(), 3);
    assert_eq!(phone.app.drafts().unwrap().len(), 1);
    let report = phone.sync_well();
    assert_eq!((report.operations_sent, report.photos_sent), (1, 1));
    let reports = phone.app.reports("").unwrap();
    assert!(
        reports.iter().all(|row| row.case_no.is_some()),
        "{reports:?}"
    );
    assert_eq!(phone.app.drafts().unwrap().len(), 1);
    phone.check_mirror(&world);
    let id = phone.file("新版本报的", &["no_exif.jpg"]);
    phone.sync_well();
    assert!(phone.app.report(id).unwrap().row.case_no.is_some());
    phone.check_mirror(&world);
    let owed = phone.rows("SELECT id FROM photos WHERE sent_ms IS NULL AND report_id IS NOT NULL");
    assert_eq!(owed.len(), 0);
}

#[test]
fn cases_of_the_first_version_are_seen_and_their_trails_are_whole() {
    let backend = Backend::sqlite();
    let world = first_server(&backend);
    let token = world.console_of(Role::Dispatcher, "350703", None);
    let page = world.get("/v1/cases", &token);
    let rows = page.at("/rows").as_array().unwrap();
    assert_eq!(rows.len(), 2);
    for row in rows {
        let case = world.get(
            &format!("/v1/cases/{}", row["id"].as_str().unwrap()),
            &token,
        );
        assert_eq!(case.status, 200, "{case:?}");
        let photo = case.at("/photos/0/sha256").as_str().unwrap();
        assert_eq!(
            world.get(&format!("/v1/photos/{photo}"), &token).status,
            200
        );
    }
    // The archive begins with what was there, and is checked as far as that tells.
    world.seal();
    let report = world.verify();
    assert!(report.is_good(), "{:?}", report.findings);
    assert_eq!(report.counts.cases, 2);
    assert!(report.counts.chain >= 4);
}

#[test]
fn messages_of_the_first_version_are_still_answered() {
    let backend = Backend::sqlite();
    let world = World::new(&backend);
    let handheld = world.worker();
    let saved = |name: &str| -> Value {
        let path = root().join("shared/tests/golden/v1").join(name);
        serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
    };
    let mut pull = saved("pull_request.json");
    pull["a_later_member"] = json!({"x": 1});
    let answer = world.post("/v1/sync/pull", &handheld.token, &pull);
    assert_eq!((answer.status, answer.at("/more")), (200, &json!(false)));
    let mut push = saved("push_request.json");
    push["device_id"] = json!(handheld.device);
    let answer = world.post("/v1/sync/push", &handheld.token, &push);
    // Another device's operations: kept for a person, each with its answer.
    assert_eq!(answer.status, 200, "{answer:?}");
    let results = answer.at("/results").as_array().unwrap();
    assert_eq!(results.len(), push["ops"].as_array().unwrap().len());
    assert!(
        results
            .iter()
            .all(|result| result["outcome"] == "quarantined")
    );
}
