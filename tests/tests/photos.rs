//! Photos on their way: resumed by offset, checked before they are kept, counted once.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test may fail loudly"
)]

use shared::id::Sha256;
use shared::role::Role;
use tests::backends::Backend;
use tests::on_both;
use tests::photos::{announce, ask, begin, patch, upload};
use tests::world::World;

on_both!(
    a_photo_goes_on_where_it_stopped_and_its_case_counts_it_once,
    a_photo_that_nobody_announced_is_not_taken,
    bytes_with_another_hash_are_dropped_and_sent_anew,
    a_bomb_and_a_file_that_is_no_photo_are_refused,
    an_upload_belongs_to_its_device_and_ends_after_a_week,
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
