//! An archive stands for itself: written while people go on, checked without server and database,
//! and whatever is changed in it is named. Each from both databases.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test may fail loudly"
)]

use serde_json::json;
use shared::archive::{Finding, Problem};
use shared::label::Lang;
use shared::operation::kind;
use shared::time::DAY_MS;
use std::path::{Path, PathBuf};
use sync_server::bundle::{self, Manifest, Opened, Wanted};
use sync_server::photo_store::PhotoStore;
use sync_server::service::receipts;
use sync_server::verifier::{self, Report};
use tests::backends::Backend;
use tests::on_both;
use tests::world::{Handheld, World, outcomes, photo_ref};

on_both!(
    an_archive_is_checked_without_its_server,
    whatever_is_changed_in_an_archive_is_named,
    an_archive_of_a_day_holds_that_day_alone,
);

fn file(world: &World, handheld: &mut Handheld, bytes: &[u8]) {
    let mut operation = handheld.next(handheld.report());
    operation.photos = vec![photo_ref(bytes)];
    let op = handheld.seal(operation);
    assert_eq!(world.push(handheld, &[op]).status, 200);
    tests::photos::upload(world, handheld, bytes);
}

/// Something that is about no case.
fn tick(world: &World, handheld: &mut Handheld) {
    let mut tick = handheld.next(json!({"round": "morning", "point": "gate", "seen": "fine"}));
    tick.kind = kind::PATROL_MARK.to_owned();
    tick.subject = "morning".to_owned();
    tick.photos = Vec::new();
    let tick = handheld.seal(tick);
    assert_eq!(outcomes(&world.push(handheld, &[tick])), ["applied"]);
}

/// Two days with a report and a photo each, sealed, and something after it.
fn world(backend: &Backend) -> World {
    let world = World::new(backend);
    let mut handheld = world.worker();
    file(
        &world,
        &mut handheld,
        include_bytes!("../data/photos/no_exif.jpg"),
    );
    tick(&world, &mut handheld);
    world.pass_ms(DAY_MS);
    file(
        &world,
        &mut handheld,
        include_bytes!("../data/photos/landscape_6.jpg"),
    );
    world.pass_ms(DAY_MS);
    world.seal();
    let later = handheld.file_text("封存以后");
    assert_eq!(world.push(&handheld, &[later]).status, 200);
    world
}

fn archive(world: &World, out: &Path, days: (Option<i64>, Option<i64>)) -> Manifest {
    let url = world.photos_folder().display().to_string();
    let photos = PhotoStore::open_to_read(&url).unwrap();
    let wanted = Wanted {
        district: world.district.code.clone(),
        from: days.0,
        to: days.1,
        now: world.now(),
    };
    let key = world.look(|tx| receipts::key(tx)).unwrap();
    bundle::write(&world.store, &photos, out, &wanted, &key).unwrap()
}

fn check(world: &World, folder: &Path, bundle: &Path) -> (Vec<Finding>, Report) {
    let key = Some(world.receipt_key());
    let opened = Opened::read(bundle, &folder.join("scratch"), key).unwrap();
    let report = verifier::verify(&opened.store, Some(&opened.photos), key).unwrap();
    (opened.findings.clone(), report)
}

fn said(findings: &[Finding]) -> Vec<String> {
    let words = findings.iter().map(|finding| finding.words(Lang::En));
    words.collect()
}

fn an_archive_is_checked_without_its_server(backend: &Backend) {
    let world = world(backend);
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("archive");
    let manifest = archive(&world, &out, (None, None));
    assert_eq!((manifest.photos, manifest.photos_missing), (2, 0));
    let key = world.receipt_key();
    drop(world.verify());
    let here = World::verify(&world).counts;
    drop(world);
    let opened = Opened::read(&out, &folder.path().join("scratch"), Some(key)).unwrap();
    let report = verifier::verify(&opened.store, Some(&opened.photos), Some(key)).unwrap();
    assert_eq!(said(&opened.findings), Vec::<String>::new());
    assert_eq!(said(&report.findings), Vec::<String>::new());
    assert_eq!(report.counts, here);
    assert_eq!(report.counts.days, 2);
    drop(opened);
    assert!(
        !folder.path().join("scratch").exists(),
        "nothing is left behind"
    );
    // Nothing that would let somebody in, or sign in the server's name.
    let all: String = std::fs::read_dir(out.join("tables"))
        .unwrap()
        .map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap())
        .collect();
    for secret in ["password_hash", "token_hash", "receipt_key", "code_hash"] {
        assert!(!all.contains(secret), "{secret}");
    }
}

fn whatever_is_changed_in_an_archive_is_named(backend: &Backend) {
    let world = world(backend);
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("archive");
    let _ = archive(&world, &out, (None, None));
    let table = |name: &str| out.join("tables").join(format!("{name}.jsonl"));
    let mut photos: Vec<PathBuf> = Vec::new();
    for below in std::fs::read_dir(out.join("photos")).unwrap() {
        photos.extend(
            std::fs::read_dir(below.unwrap().path())
                .unwrap()
                .map(|file| file.unwrap().path()),
        );
    }
    let first_line = |text: String| text.split_once('\n').unwrap().1.to_owned();
    type Change<'a> = &'a dyn Fn(String) -> String;
    let changes: [(PathBuf, Change<'_>, &str, Problem); 7] = [
        (
            table("reports"),
            &|t| t.replacen("井盖不见了", "都好", 1),
            "reports.text",
            Problem::Changed,
        ),
        (
            table("reports"),
            &|t| t.replacen("井盖不见了", "都好", 1),
            "files.content",
            Problem::Changed,
        ),
        (
            table("case_events"),
            &first_line,
            "case_events.row",
            Problem::Missing,
        ),
        (
            table("case_events"),
            &|t| t.clone() + t.split_once('\n').unwrap().0 + "\n",
            "files.row",
            Problem::Added,
        ),
        (
            table("day_roots"),
            &first_line,
            "day_roots.order",
            Problem::Missing,
        ),
        (
            table("audit"),
            &|t| t.replacen("device.enrol", "device.found", 1),
            "audit.content",
            Problem::Changed,
        ),
        (
            out.join("manifest.json"),
            &|t| t.replacen("\"photos\": 2", "\"photos\": 1", 1),
            "files.signature",
            Problem::Signature,
        ),
    ];
    let found = |expected: &str, problem| {
        let (files, report) = check(&world, folder.path(), &out);
        let all: Vec<_> = files.into_iter().chain(report.findings).collect();
        let is_it = |one: &Finding| format!("{}.{}", one.table, one.field) == expected;
        let named = all.iter().any(|one| is_it(one) && one.problem == problem);
        assert!(named, "{expected} {problem:?}: {:?}", said(&all));
    };
    for (path, change, expected, problem) in changes {
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, change(text.clone())).unwrap();
        found(expected, problem);
        std::fs::write(&path, text).unwrap();
    }
    let bytes = std::fs::read(&photos[0]).unwrap();
    std::fs::write(&photos[0], b"another").unwrap();
    found("photos.bytes", Problem::Changed);
    std::fs::remove_file(&photos[0]).unwrap();
    found("photos.bytes", Problem::Missing);
    std::fs::write(&photos[0], bytes).unwrap();
    std::fs::remove_file(table("seals")).unwrap();
    found("files.row", Problem::Missing);
}

fn an_archive_of_a_day_holds_that_day_alone(backend: &Backend) {
    let world = world(backend);
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("one-day");
    let manifest = archive(&world, &out, (Some(20_261_125), Some(20_261_125)));
    assert_eq!(manifest.photos, 1);
    let (files, report) = check(&world, folder.path(), &out);
    assert_eq!(said(&files), Vec::<String>::new());
    assert_eq!(said(&report.findings), Vec::<String>::new());
    assert_eq!((report.counts.cases, report.counts.operations), (1, 1));
    // A second one takes nobody's place, and half a one is never found under the name.
    let again = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        archive(&world, &out, (None, None))
    }));
    assert!(again.is_err());
    assert!(!folder.path().join("one-day.part").exists());
}
