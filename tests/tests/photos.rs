//! Photos on their way: resumed by offset, checked before they are kept, counted once.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test may fail loudly"
)]

use serde_json::Value;
use shared::id::Sha256;
use shared::report::{PHOTO_PREVIEW_BYTES_LIMIT, PhotoPreview, PhotoRef};
use shared::role::Role;
use tests::backends::Backend;
use tests::on_both;
use tests::photos::{announce, ask, begin, patch, photo_of, upload};
use tests::world::{ELSEWHERE, Handheld, World, photo_ref};

on_both!(
    a_photo_goes_on_where_it_stopped_and_its_case_counts_it_once,
    a_photo_that_nobody_announced_is_not_taken,
    photos_of_what_a_person_has_to_confirm_are_taken,
    bytes_with_another_hash_are_dropped_and_sent_anew,
    a_bomb_and_a_file_that_is_no_photo_are_refused,
    an_upload_belongs_to_its_device_and_ends_after_a_week,
    a_preview_stands_for_its_photo_until_that_arrives,
    a_preview_that_is_too_large_is_not_taken,
);

fn camera() -> Vec<u8> {
    include_bytes!("../data/photos/HMD_Nokia_8.3_5G.jpg").to_vec()
}

fn a_photo_goes_on_where_it_stopped_and_its_case_counts_it_once(backend: &Backend) {
    let world = World::new(backend);
    let mut handheld = world.worker();
    let bytes = camera();
    let small = include_bytes!("../data/photos/no_exif.jpg").to_vec();
    let case = announce(&world, &mut handheld, &[&bytes, &small]);
    let other = announce(&world, &mut handheld, &[&bytes]);
    let token = handheld.token.clone();
    let hash = Sha256::of(&bytes);
    let photo = format!("/v1/photos/{hash}");
    assert_eq!(world.ask("HEAD", &photo, &token, None).status, 404);
    let begun = begin(&world, &handheld, hash, bytes.len());
    assert_eq!(
        (begun.status, begun.headers["tus-resumable"].as_str()),
        (201, "1.0.0")
    );
    let place = begun.headers["location"].clone();
    // Asked again, it goes on with the same one.
    assert_eq!(
        begin(&world, &handheld, hash, bytes.len()).headers["location"],
        place
    );
    let half = bytes.len() / 2;
    let reply = patch(&world, &handheld, &place, 0, &bytes[..half]);
    assert_eq!(
        (reply.status, reply.headers["upload-offset"].clone()),
        (204, half.to_string())
    );
    // A repeat whose answer was lost is told where it stands.
    // Its chunk is taken off the line, so that the answer is heard.
    let chunk = &bytes[..half.min(512 * 1024)];
    let reply = patch(&world, &handheld, &place, 0, chunk);
    assert_eq!((reply.status, reply.code()), (409, "offset"));
    let head = ask(&world, &handheld, "HEAD", &place);
    assert_eq!(head.headers["upload-offset"], half.to_string());
    assert_eq!(head.headers["upload-length"], bytes.len().to_string());
    let reply = patch(
        &world,
        &handheld,
        &place,
        half,
        &[&bytes[half..], b"more"].concat(),
    );
    assert_eq!((reply.status, reply.code()), (413, "too_large"));
    let head = ask(&world, &handheld, "HEAD", &place);
    let stands: usize = head.headers["upload-offset"].parse().unwrap();
    let reply = patch(&world, &handheld, &place, stands, &bytes[stands..]);
    assert_eq!(reply.status, 204, "{reply:?}");
    let head = world.ask("HEAD", &photo, &token, None);
    assert_eq!(head.status, 200);
    assert_eq!(head.headers["etag"], format!("\"{hash}\""));
    assert_eq!(head.headers["content-length"], bytes.len().to_string());
    // Whoever did not hear the last answer learns that all of it is here.
    let head = ask(&world, &handheld, "HEAD", &place);
    assert_eq!(head.headers["upload-offset"], bytes.len().to_string());
    // Sent once more by a device that didn't hear of it: kept once, counted once.
    upload(&world, &handheld, &bytes);
    let console = world.console_of(Role::Supervisor, "350703", None);
    for (case, photos) in [(&case, [2, 1]), (&other, [1, 1])] {
        let shown = world.get(&format!("/v1/cases/{case}"), &console);
        assert_eq!(shown.at("/row/photos"), &serde_json::json!(photos));
        assert_eq!(
            shown.at("/row/revision"),
            1,
            "nobody's move becomes stale by a photo"
        );
        assert_eq!(shown.at("/photos/0/arrived"), true);
    }
    let got = world.get(&photo, &console);
    assert_eq!(got.bytes, bytes);
    assert_eq!(got.headers["content-type"], "image/jpeg");
    assert!(got.headers["cache-control"].contains("immutable"));
    // The handheld hears of it.
    let rows = world.pull_all(&handheld);
    let row = rows.iter().find(|row| row["id"] == case.as_str()).unwrap();
    assert_eq!(row["doc"]["photos"], serde_json::json!([2, 1]));
    let devices = world.get("/v1/devices", &console);
    assert_eq!(devices.at("/rows/0/photos_owed"), 1);
}

fn a_photo_that_nobody_announced_is_not_taken(backend: &Backend) {
    let world = World::new(backend);
    let mut handheld = world.worker();
    let bytes = camera();
    let reply = begin(&world, &handheld, Sha256::of(&bytes), bytes.len());
    assert_eq!((reply.status, reply.code()), (403, "forbidden"));
    announce(&world, &mut handheld, &[&bytes]);
    let reply = begin(&world, &handheld, Sha256::of(&bytes), bytes.len() + 1);
    assert_eq!((reply.status, reply.code()), (422, "invalid"));
    let reply = begin(&world, &handheld, Sha256::of(&bytes), 21 * 1024 * 1024);
    assert_eq!((reply.status, reply.code()), (413, "too_large"));
}

fn bytes_with_another_hash_are_dropped_and_sent_anew(backend: &Backend) {
    let world = World::new(backend);
    let mut handheld = world.worker();
    let bytes = camera();
    announce(&world, &mut handheld, &[&bytes]);
    let mut damaged = bytes.clone();
    let last = damaged.len() - 1;
    damaged[last] ^= 1;
    let place =
        begin(&world, &handheld, Sha256::of(&bytes), bytes.len()).headers["location"].clone();
    let reply = patch(&world, &handheld, &place, 0, &damaged);
    assert_eq!((reply.status, reply.code()), (460, "checksum"));
    assert_eq!(patch(&world, &handheld, &place, 0, &bytes).status, 404);
    upload(&world, &handheld, &bytes);
}

/// A handheld that was put back from a copy uses a number twice; a person has to confirm what it
/// sends, with the photos before him.
fn photos_of_what_a_person_has_to_confirm_are_taken(backend: &Backend) {
    let world = World::new(backend);
    let mut handheld = world.worker();
    let mut copied = handheld.clone();
    let (first, second) = (camera(), photo_of(200_000, 5));
    let (small, smaller) = (photo_of(20_000, 6), photo_of(20_000, 7));
    announce_with_preview(&world, &mut handheld, &first, &small);
    let op = with_preview(&mut copied, &second, &smaller);
    let reply = world.push(&copied, &[op]);
    assert_eq!(reply.at("/results/0/outcome"), "quarantined", "{reply:?}");
    let console = world.console_of(Role::Supervisor, "350703", None);
    let stranger = world.console_of(Role::Dispatcher, ELSEWHERE, None);
    for bytes in [&small, &first, &smaller, &second] {
        upload(&world, &copied, bytes);
        let address = format!("/v1/photos/{}", Sha256::of(bytes));
        assert_eq!(world.get(&address, &console).status, 200);
        assert_eq!(world.get(&address, &stranger).status, 404);
    }
    let list = world.get("/v1/quarantine", &console);
    assert_eq!(list.at("/rows/0/photos/0/arrived"), true, "{list:?}");
}

/// Files a report of one photo with its preview; the case.
fn announce_with_preview(
    world: &World,
    handheld: &mut Handheld,
    photo: &[u8],
    preview: &[u8],
) -> String {
    let op = with_preview(handheld, photo, preview);
    let reply = world.push(handheld, &[op]);
    assert_eq!(reply.at("/results/0/outcome"), "applied", "{reply:?}");
    reply.at("/results/0/case_id").as_str().unwrap().to_owned()
}

/// The next report of a handheld, with one photo and its preview.
fn with_preview(handheld: &mut Handheld, photo: &[u8], preview: &[u8]) -> Value {
    let mut operation = handheld.next(handheld.report());
    let announced = PhotoPreview {
        sha256: Sha256::of(preview),
        bytes: u64::try_from(preview.len()).unwrap(),
    };
    operation.photos = vec![PhotoRef {
        preview: Some(announced),
        ..photo_ref(photo)
    }];
    handheld.seal(operation)
}

fn a_preview_stands_for_its_photo_until_that_arrives(backend: &Backend) {
    let world = World::new(backend);
    let mut handheld = world.worker();
    let (photo, preview) = (camera(), photo_of(30_000, 3));
    let case = announce_with_preview(&world, &mut handheld, &photo, &preview);
    let hash = Sha256::of(&preview);
    let address = format!("/v1/photos/{hash}");
    let console = world.console_of(Role::Supervisor, "350703", None);
    let shown = || world.get(&format!("/v1/cases/{case}"), &console);
    assert_eq!(shown().at("/photos/0/preview"), &serde_json::Value::Null);
    assert_eq!(world.get(&address, &console).status, 404);
    upload(&world, &handheld, &preview);
    assert_eq!(shown().at("/photos/0/preview"), &serde_json::json!(hash));
    assert_eq!(shown().at("/photos/0/arrived"), false);
    assert_eq!(
        shown().at("/row/photos"),
        &serde_json::json!([1, 0]),
        "only photos count"
    );
    let got = world.get(&address, &console);
    assert_eq!((got.status, &got.bytes), (200, &preview));
    // As with the photo itself, only who may read the case sees it.
    let stranger = world.console_of(Role::Dispatcher, ELSEWHERE, None);
    assert_eq!(world.get(&address, &stranger).status, 404);
    let devices = world.get("/v1/devices", &console);
    assert_eq!(devices.at("/rows/0/photos_owed"), 1);
    upload(&world, &handheld, &photo);
    assert_eq!(shown().at("/photos/0/arrived"), true);
    assert_eq!(shown().at("/row/photos"), &serde_json::json!([1, 1]));
}

fn a_preview_that_is_too_large_is_not_taken(backend: &Backend) {
    let world = World::new(backend);
    let mut handheld = world.worker();
    let large = usize::try_from(PHOTO_PREVIEW_BYTES_LIMIT).unwrap() + 1;
    let (photo, preview) = (camera(), photo_of(large, 3));
    // The report itself is fine.
    announce_with_preview(&world, &mut handheld, &photo, &preview);
    let reply = begin(&world, &handheld, Sha256::of(&preview), preview.len());
    assert_eq!((reply.status, reply.code()), (403, "forbidden"));
    upload(&world, &handheld, &photo);
}

fn a_bomb_and_a_file_that_is_no_photo_are_refused(backend: &Backend) {
    let world = World::new(backend);
    let mut handheld = world.worker();
    // A PNG header that promises 44 megapixels.
    let mut bomb = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
    bomb.extend([0, 0, 0x1a, 0, 0, 0, 0x1a, 0, 8, 2, 0, 0, 0]);
    bomb.resize(2_000, 0);
    let script = b"<script>alert('not a photo')</script>".to_vec();
    let cut = camera()[..20].to_vec();
    announce(&world, &mut handheld, &[&bomb, &script, &cut]);
    for bytes in [bomb, script, cut] {
        let begun = begin(&world, &handheld, Sha256::of(&bytes), bytes.len());
        let reply = patch(&world, &handheld, &begun.headers["location"], 0, &bytes);
        assert_eq!((reply.status, reply.code()), (415, "unsupported"));
        let photo = format!("/v1/photos/{}", Sha256::of(&bytes));
        assert_eq!(world.ask("HEAD", &photo, &handheld.token, None).status, 404);
    }
}

fn an_upload_belongs_to_its_device_and_ends_after_a_week(backend: &Backend) {
    let world = World::new(backend);
    let mut handheld = world.worker();
    let bytes = include_bytes!("../data/photos/no_exif.jpg").to_vec();
    announce(&world, &mut handheld, &[&bytes]);
    let place =
        begin(&world, &handheld, Sha256::of(&bytes), bytes.len()).headers["location"].clone();
    let stranger = world.worker();
    assert_eq!(patch(&world, &stranger, &place, 0, &bytes).status, 404);
    assert_eq!(ask(&world, &stranger, "DELETE", &place).status, 404);
    world.pass_ms(8 * 86_400_000);
    assert_eq!(patch(&world, &handheld, &place, 0, &bytes).status, 410);
    let again = begin(&world, &handheld, Sha256::of(&bytes), bytes.len());
    assert_ne!(again.headers["location"], place);
    let again = again.headers["location"].clone();
    assert_eq!(ask(&world, &handheld, "DELETE", &again).status, 204);
    assert_eq!(ask(&world, &handheld, "HEAD", &again).status, 404);
}
