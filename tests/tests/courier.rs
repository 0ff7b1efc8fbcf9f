//! A handheld without a network: its reports travel in a file, another handheld or the console
//! delivers it, and the answer comes back in a file too. On both databases.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test may fail loudly"
)]

use app_core::{CoreError, Imported, Taken};
use serde_json::json;
use shared::courier::{CourierAnswer, FILE_BYTES_LIMIT, read_answer, write_answer};
use shared::id::ReportId;
use shared::role::Role;
use shared::time::DAY_MS;
use shared::wire::handheld::ReportStatus;
use shared::wire::sync::Outcome;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;
use sync_server::params;
use sync_server::service::{Fault, receipts};
use tests::backends::Backend;
use tests::on_both;
use tests::people;
use tests::phone::Phone;
use tests::programs::Field;
use tests::world::{COMMUNITY, ELSEWHERE, Reply, World};

on_both!(
    another_handheld_delivers_and_the_answer_comes_back,
    the_console_delivers_twice_and_sync_once_more_and_nothing_is_there_twice,
    a_file_for_another_server_or_changed_on_the_way_is_refused_and_nothing_is_lost,
    an_answer_that_the_server_did_not_write_changes_nothing,
    a_lost_handhelds_file_goes_to_quarantine_and_an_unknown_ones_nowhere,
    a_server_from_a_backup_takes_the_file_again,
    photos_are_believed_to_be_where_the_answer_says_and_nowhere_else,
    a_file_on_a_slow_link_is_on_disk_and_holds_nobody_up,
);

fn worker(world: &World, area: &str) -> Phone {
    let phone = Phone::enrolled(world, world.person(Role::GridWorker, area, None));
    phone.sync_well();
    phone
}

fn desk(world: &World) -> String {
    world.console_of(Role::Dispatcher, "350703", None)
}

fn cases(world: &World) -> usize {
    let page = world.get("/v1/cases?limit=200", &desk(world));
    page.at("/rows").as_array().unwrap().len()
}

/// Exports and reads the one file.
fn exported(phone: &Phone) -> Vec<u8> {
    let files = exported_files(phone);
    assert_eq!(files.len(), 1);
    files.into_iter().next().unwrap()
}

fn exported_files(phone: &Phone) -> Vec<Vec<u8>> {
    let folder = tempfile::tempdir().unwrap();
    let exported = phone
        .app
        .export(&folder.path().join("week.gewu"), &phone.edge);
    let exported = exported.unwrap();
    let names = std::fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(names, exported.files.len(), "no half files are left");
    let read = exported.files.iter().map(std::fs::read);
    read.collect::<Result<_, _>>().unwrap()
}

fn deliver(world: &World, token: &str, file: &[u8]) -> Reply {
    let bearer = format!("Bearer {token}");
    let headers = [
        ("authorization", bearer.as_str()),
        ("content-type", "application/octet-stream"),
    ];
    world.send("POST", "/v1/courier", &headers, file.to_vec())
}

fn delivered(world: &World, file: &[u8]) -> (Vec<u8>, CourierAnswer) {
    let reply = deliver(world, &desk(world), file);
    assert_eq!(reply.status, 200, "{reply:?}");
    let answer = read_answer(None, &reply.bytes).unwrap();
    (reply.bytes, answer)
}

fn outcomes(answer: &CourierAnswer) -> Vec<Outcome> {
    let results = answer.answers.iter().flat_map(|push| &push.results);
    results.map(|result| result.outcome).collect()
}

fn import(phone: &Phone, file: Vec<u8>) -> Result<Imported, CoreError> {
    phone.wait(phone.app.import(file, &phone.edge))
}

fn status(phone: &Phone, id: ReportId) -> ReportStatus {
    phone.app.report(id).unwrap().row.status
}

fn another_handheld_delivers_and_the_answer_comes_back(backend: &Backend) {
    let world = World::new(backend);
    let (far, near) = (worker(&world, COMMUNITY), worker(&world, ELSEWHERE));
    let one = far.file("没有信号", &["no_exif.jpg"]);
    let two = far.file("还是没有信号", &["jolla.jpg"]);
    let file = exported(&far);
    let text = String::from_utf8_lossy(&file);
    assert!(!text.contains("信号") && !text.contains("JFIF"));
    // A week on a stick: the token of whoever delivers has ended, too.
    world.pass_ms(7 * DAY_MS);
    let Imported::Delivered { answer, own } = import(&near, file).unwrap() else {
        panic!("it was no answer")
    };
    assert_eq!(own, None, "it is another's");
    assert_eq!(cases(&world), 2);
    let others = import(&near, answer.clone()).unwrap_err();
    assert!(others.problem().words.contains("另一台手机"), "{others}");
    assert_eq!(status(&far, one), ReportStatus::OnDevice);
    let taken = import(&far, answer.clone()).unwrap();
    let all = Taken {
        operations: 2,
        photos: 2,
    };
    assert_eq!(taken, Imported::Answered(all));
    for id in [one, two] {
        let report = far.app.report(id).unwrap();
        assert!(report.row.case_no.is_some());
        assert!(report.receipt.is_some(), "the receipt came with it");
    }
    // A second time it says nothing new; back in the network nothing is left to send.
    assert!(import(&far, answer).is_ok());
    let report = far.sync_well();
    assert_eq!((report.operations_sent, report.photos_sent), (0, 0));
    assert_eq!(cases(&world), 2);
    let shown = world.get("/v1/cases", &desk(&world));
    assert_eq!(shown.at("/rows/0/photos"), &json!([1, 1]));
    assert!(exported_files(&far).is_empty(), "nothing waits any more");
}

fn the_console_delivers_twice_and_sync_once_more_and_nothing_is_there_twice(backend: &Backend) {
    let world = World::new(backend);
    let far = worker(&world, COMMUNITY);
    let id = far.file("没有信号", &["no_exif.jpg"]);
    let file = exported(&far);
    let (_, first) = delivered(&world, &file);
    assert_eq!(outcomes(&first), [Outcome::Applied]);
    assert_eq!(first.photos.len(), 1);
    let (late, again) = delivered(&world, &file);
    assert_eq!(outcomes(&again), [Outcome::Duplicate]);
    let number = |answer: &CourierAnswer| answer.answers[0].results[0].case_no.clone().unwrap();
    assert_eq!(number(&first), number(&again));
    let report = far.sync_well();
    assert_eq!((report.operations_sent, report.photos_sent), (1, 1));
    assert_eq!(cases(&world), 1);
    let shown = world.get("/v1/cases", &desk(&world));
    assert_eq!(shown.at("/rows/0/photos"), &json!([1, 1]));
    // The answer that comes late changes nothing any more.
    let Imported::Answered(taken) = import(&far, late).unwrap() else {
        panic!("it was an answer")
    };
    assert_eq!(taken.operations, 0);
    assert_eq!(
        far.app.report(id).unwrap().row.case_no,
        Some(number(&first))
    );
    let boss = world.console_of(Role::Administrator, "350703", None);
    let audit = world.get("/v1/audit", &boss);
    let rows = audit.at("/rows").as_array().unwrap();
    let noted = rows.iter().filter(|row| row["action"] == "courier.deliver");
    assert_eq!(noted.count(), 2, "{rows:?}");
}

fn a_file_for_another_server_or_changed_on_the_way_is_refused_and_nothing_is_lost(
    backend: &Backend,
) {
    let world = World::new(backend);
    let far = worker(&world, COMMUNITY);
    far.file("没有信号", &["no_exif.jpg"]);
    let file = exported(&far);
    let token = desk(&world);
    let mut changed = file.clone();
    let at = changed.len() / 2;
    changed[at] ^= 1;
    for (bad, words) in [
        (changed.as_slice(), "文件已损坏"),
        (&file[..at], "文件已损坏"),
        (b"PK", "不是格物的信使文件"),
        (b"", "不是格物的信使文件"),
    ] {
        let reply = deliver(&world, &token, bad);
        assert_eq!((reply.status, reply.code()), (422, "invalid"), "{reply:?}");
        let said = reply.at("/words").as_str().unwrap();
        assert!(said.contains(words), "{said}");
        // A handheld says the same.
        let said = import(&far, bad.to_vec()).unwrap_err().problem().words;
        assert!(said.contains(words), "{said}");
    }
    // Whoever brought them is in the audit, with the reason.
    let boss = world.console_of(Role::Administrator, "350703", None);
    let audit = world.get("/v1/audit", &boss);
    let refused = |why: &str| {
        let rows = audit.at("/rows").as_array().unwrap().iter();
        let refused = rows.filter(|row| row["action"] == "courier.refuse");
        let named = refused.filter(|row| row["person"].is_string());
        named.filter(|row| row["detail"]["why"] == why).count()
    };
    // Two of them the handheld brought itself; what is no courier file it doesn't even send.
    assert_eq!((refused("sealed"), refused("foreign")), (4, 2));
    let large = vec![0; FILE_BYTES_LIMIT + 1];
    assert_eq!(deliver(&world, &token, &large).status, 413);
    let elsewhere = Backend::sqlite();
    let other = World::new(&elsewhere);
    assert_eq!(deliver(&other, &desk(&other), &file).status, 422);
    assert_eq!(cases(&world), 0);
    assert_eq!(outcomes(&delivered(&world, &file).1), [Outcome::Applied]);
}

fn an_answer_that_the_server_did_not_write_changes_nothing(backend: &Backend) {
    let world = World::new(backend);
    let far = worker(&world, COMMUNITY);
    let id = far.file("没有信号", &["no_exif.jpg"]);
    let (written, _) = delivered(&world, &exported(&far));
    let text = String::from_utf8(written).unwrap();
    let forged = text.replace("applied", "rejected");
    assert_ne!(forged, text);
    for bad in [forged.as_str(), &text[..200], &text[..20]] {
        let said = import(&far, bad.as_bytes().to_vec()).unwrap_err();
        assert!(said.problem().words.contains("文件已损坏"), "{said}");
    }
    assert_eq!(status(&far, id), ReportStatus::OnDevice);
    assert_eq!(far.app.sync_status().unwrap().operations_waiting, 1);
    assert!(import(&far, text.into_bytes()).is_ok());
    assert_eq!(far.app.sync_status().unwrap().operations_waiting, 0);
}

fn a_lost_handhelds_file_goes_to_quarantine_and_an_unknown_ones_nowhere(backend: &Backend) {
    let world = World::new(backend);
    let far = worker(&world, COMMUNITY);
    far.file("没有信号", &["no_exif.jpg"]);
    let file = exported(&far);
    let boss = world.console_of(Role::Administrator, "350703", None);
    let devices = world.get("/v1/devices", &boss);
    let device = devices.at("/rows/0/id").as_str().unwrap();
    let lost = format!("/v1/devices/{device}/lost");
    assert_eq!(world.post(&lost, &boss, &json!({"lost": true})).status, 204);
    let (_, answer) = delivered(&world, &file);
    assert_eq!(outcomes(&answer), [Outcome::Quarantined]);
    assert_eq!(cases(&world), 0);
    // A server that doesn't know its key says so, and everything stays where it is.
    let strange = worker(&world, COMMUNITY);
    strange.file("另一件", &["no_exif.jpg"]);
    let file = exported(&strange);
    let forgotten = world
        .store
        .write_blocking::<_, Fault>(&world.district.code, |tx| {
            Ok(tx.execute("UPDATE devices SET public_key = NULL", params![])?)
        });
    assert_eq!(forgotten.unwrap(), 2);
    let reply = deliver(&world, &desk(&world), &file);
    assert_eq!(reply.status, 422, "{reply:?}");
    assert!(reply.at("/words").as_str().unwrap().contains("重新绑定"));
    let audit = world.get("/v1/audit", &boss);
    let newest = audit.at("/rows/0");
    assert_eq!(newest["action"], "courier.refuse");
    assert_eq!(newest["detail"]["why"], "unknown_device");
    assert_eq!(strange.app.sync_status().unwrap().operations_waiting, 1);
}

fn a_server_from_a_backup_takes_the_file_again(backend: &Backend) {
    let world = World::new(backend);
    let far = worker(&world, COMMUNITY);
    let id = far.file("没有信号", &["no_exif.jpg"]);
    let (answer, mut read) = delivered(&world, &exported(&far));
    assert!(import(&far, answer).is_ok());
    assert_eq!(status(&far, id), ReportStatus::Accepted);
    // An answer of another life of the server: everything is offered again, nothing is lost.
    read.answers[0].server_epoch = "another life".to_owned();
    read.answers[0].results.clear();
    read.photos.clear();
    let key = world.look(|tx| receipts::key(tx).map_err(|fault| panic!("{fault}")));
    let other = write_answer(&key.unwrap(), &read).unwrap();
    assert!(import(&far, other).is_ok());
    assert_eq!(far.app.sync_status().unwrap().operations_waiting, 1);
    let file = exported(&far);
    assert_eq!(outcomes(&delivered(&world, &file).1), [Outcome::Duplicate]);
    far.sync_well();
    assert_eq!(status(&far, id), ReportStatus::Accepted);
    assert_eq!(cases(&world), 1);
}

fn photos_are_believed_to_be_where_the_answer_says_and_nowhere_else(backend: &Backend) {
    let world = World::new(backend);
    let far = worker(&world, COMMUNITY);
    far.file("没有信号", &["no_exif.jpg"]);
    let key = world.look(|tx| receipts::key(tx).map_err(|fault| panic!("{fault}")));
    let key = key.unwrap();
    let answer = |read: &CourierAnswer| write_answer(&key, read).unwrap();
    let waiting = || {
        let status = far.app.sync_status().unwrap();
        (status.operations_waiting, status.photos_waiting)
    };
    let (_, mut read) = delivered(&world, &exported(&far));
    read.photos.clear();
    assert!(import(&far, answer(&read)).is_ok());
    assert_eq!(waiting(), (0, 1));
    // A file of a photo alone: no push is in it to tell the life of the server's data.
    let (said, mut read) = delivered(&world, &exported(&far));
    assert_eq!((read.answers.len(), read.photos.len()), (0, 1));
    let life = read.server_epoch.take();
    assert!(import(&far, answer(&read)).is_ok());
    assert_eq!(waiting(), (0, 1), "an older server's, which doesn't tell");
    assert_ne!(life.as_deref(), Some("another life"));
    read.server_epoch = Some("another life".to_owned());
    assert!(import(&far, answer(&read)).is_ok());
    assert_eq!(
        waiting(),
        (1, 0),
        "that one has the photo and not the report"
    );
    assert!(import(&far, said).is_ok());
    assert_eq!(waiting(), (1, 0), "back in the life of today");
    far.sync_well();
    assert_eq!(waiting(), (0, 0));
    assert_eq!(cases(&world), 1);
}

/// Begins to deliver a file and sends its first bytes.
fn begin_to_deliver(world: &World, token: &str, length: usize, first: &[u8]) -> TcpStream {
    let mut line = TcpStream::connect(world.address).unwrap();
    write!(
        line,
        "POST /v1/courier HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n\
         content-type: application/octet-stream\r\ncontent-length: {length}\r\n\r\n"
    )
    .unwrap();
    line.write_all(first).unwrap();
    line
}

/// Waits until so many files lie in the spool.
fn await_spooled(world: &World, count: usize) {
    for _ in 0..200 {
        if world.spooled() == count {
            return;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("{} files are in the spool, not {count}", world.spooled());
}

fn a_file_on_a_slow_link_is_on_disk_and_holds_nobody_up(backend: &Backend) {
    let world = World::new(backend);
    let (slow, far) = (worker(&world, COMMUNITY), worker(&world, COMMUNITY));
    slow.file("慢慢来", &["no_exif.jpg"]);
    far.file("没有信号", &["jolla.jpg"]);
    let (file, other) = (exported(&slow), exported(&far));
    let token = desk(&world);
    let (first, rest) = file.split_at(file.len() / 2);
    let mut line = begin_to_deliver(&world, &token, file.len(), first);
    let cut_off = begin_to_deliver(&world, &token, FILE_BYTES_LIMIT, &vec![0; 600 * 1024]);
    await_spooled(&world, 2);
    assert_eq!(outcomes(&delivered(&world, &other).1), [Outcome::Applied]);
    drop(cut_off);
    await_spooled(&world, 1);
    line.write_all(rest).unwrap();
    let patience = Some(Duration::from_secs(20));
    line.set_read_timeout(patience).unwrap();
    let mut head = [0; 12];
    line.read_exact(&mut head).unwrap();
    assert_eq!(&head, b"HTTP/1.1 200");
    await_spooled(&world, 0);
    assert_eq!(cases(&world), 2);
}

/// The same with the shipped programs, where a person meets it.
#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_exports_delivers_and_takes_the_answer_in() {
    let dir = tempfile::tempdir().unwrap();
    let (mut server, far) = people::begin(dir.path()).await.unwrap();
    let near = Field::new(&dir.path().join("near"));
    people::enrol(&server, &near).unwrap();
    server.kill();
    far.file("没有信号", "jolla.jpg").unwrap();
    let week = dir.path().join("week.gewu").display().to_string();
    let exported = far.run(&["export", &week]).unwrap();
    assert_eq!(
        (&exported["operations"], &exported["photos"]),
        (&json!(1), &json!(1))
    );
    assert!(near.run(&["import", &week]).is_err(), "no network either");
    server.start().await.unwrap();
    let delivered = near.run(&["import", &week]).unwrap();
    let answer = delivered["answer"].as_str().unwrap().to_owned();
    server.kill();
    let taken = far.run(&["import", &answer]).unwrap();
    assert_eq!(
        (&taken["operations"], &taken["photos"]),
        (&json!(1), &json!(1))
    );
    let listed = far.run(&["list"]).unwrap();
    assert!(listed[0]["case_no"].is_string(), "{listed}");
}
