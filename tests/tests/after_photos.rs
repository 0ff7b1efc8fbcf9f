//! A photo of how it is now, added in the console by whoever works on the case: who may, what is
//! taken, that the position inside is not kept, and that it is counted and can be seen.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test may fail loudly"
)]

use serde_json::json;
use shared::id::Sha256;
use shared::role::Role;
use tests::backends::Backend;
use tests::on_both;
use tests::photos::{announce, put};
use tests::world::{HERE, World};

on_both!(
    a_photo_from_the_unit_is_shown_counted_and_holds_no_position,
    the_same_photo_again_changes_nothing,
    other_files_are_refused_in_words_and_leave_nothing,
    an_ended_case_takes_no_photo,
);

/// Taken by a camera with a receiver: its position is inside.
fn with_position() -> Vec<u8> {
    include_bytes!("../data/photos/DSCN0010.jpg").to_vec()
}

fn small() -> &'static [u8] {
    include_bytes!("../data/photos/no_exif.jpg")
}

fn holds(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

/// A case of 供水企业 with one photo that is still on the handheld, and its handler.
fn begun(world: &World) -> (String, String) {
    let mut handheld = world.worker();
    let case = announce(world, &mut handheld, &[small()]);
    (case, world.console_of(Role::Handler, "350703", Some("E01")))
}

fn a_photo_from_the_unit_is_shown_counted_and_holds_no_position(backend: &Backend) {
    let world = World::new(backend);
    let (case, handler) = begun(&world);
    let path = format!("/v1/cases/{case}");
    let before = world.get(&path, &handler);
    assert_eq!(before.at("/row/photos"), &json!([1, 0]));
    let revision = before.at("/row/revision").as_i64().unwrap();

    let added = put(&world, &handler, &case, &with_position());
    assert_eq!(added.status, 200, "{added:?}");
    assert_eq!(added.at("/row/photos"), &json!([2, 1]));
    assert_eq!(added.at("/row/revision"), &json!(revision + 1));
    let photo = added.at("/photos/1");
    assert_eq!(photo["role"], "after");
    assert_eq!(
        (&photo["width"], &photo["height"]),
        (&json!(640), &json!(480))
    );
    let events = added.at("/events").as_array().unwrap();
    assert_eq!(events.last().unwrap()["kind"], "photo_add");

    assert!(holds(&with_position(), b"Exif\0\0"));
    let address = format!("/v1/photos/{}", photo["sha256"].as_str().unwrap());
    let kept = world.get(&address, &handler);
    assert_eq!(kept.status, 200);
    assert_eq!(Sha256::of(&kept.bytes).to_string(), photo["sha256"]);
    assert!(!holds(&kept.bytes, b"GPS") && !holds(&kept.bytes, b"NIKON"));
    let elsewhere = world.console_of(Role::Handler, "350703", Some("D22-3"));
    assert_eq!(world.get(&address, &elsewhere).status, 404);

    // Who finishes by the revision of the answer isn't told that somebody else was quicker.
    let finish = json!({
        "kind": "finish", "base_revision": revision + 1, "reason": "已更换", "outcome": "done",
    });
    let done = world.post(&format!("{path}/moves"), &handler, &finish);
    assert_eq!(
        (done.status, done.at("/row/state")),
        (200, &json!("handled"))
    );
    let checked = world.verify().findings;
    assert_eq!(checked, [], "the trail vouches for the photo");
}

fn the_same_photo_again_changes_nothing(backend: &Backend) {
    let world = World::new(backend);
    let (case, handler) = begun(&world);
    let first = put(&world, &handler, &case, &with_position());
    let again = put(&world, &handler, &case, &with_position());
    assert_eq!((first.status, again.status), (200, 200));
    assert_eq!(again.at("/row/revision"), first.at("/row/revision"));
    assert_eq!(again.at("/photos"), first.at("/photos"));
    let dispatcher = world.console_of(Role::Dispatcher, HERE, None);
    let jolla = include_bytes!("../data/photos/jolla.jpg");
    let other = put(&world, &dispatcher, &case, jolla);
    assert_eq!(other.at("/row/photos"), &json!([3, 2]), "{other:?}");
    assert_eq!(world.verify().findings, []);
}

fn other_files_are_refused_in_words_and_leave_nothing(backend: &Backend) {
    let world = World::new(backend);
    let (case, handler) = begun(&world);
    let whole = with_position();
    let cut = &whole[..whole.len() / 2];
    let webp = b"RIFF\x24\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\x7f\x02\0\xdf\x01\0";
    for (bytes, words) in [
        (b"<script>".as_slice(), "只收JPEG或PNG照片"),
        (webp.as_slice(), "只收JPEG或PNG照片"),
        (cut, "照片无法读取，可能已损坏"),
        (b"".as_slice(), "只收JPEG或PNG照片"),
    ] {
        let reply = put(&world, &handler, &case, bytes);
        assert_eq!(reply.status, 415, "{reply:?}");
        assert!(
            reply.at("/words").as_str().unwrap().contains(words),
            "{reply:?}"
        );
    }
    let after = world.get(&format!("/v1/cases/{case}"), &handler);
    assert_eq!(after.at("/row/photos"), &json!([1, 0]));
    assert_eq!(world.spooled(), 0);
}

fn an_ended_case_takes_no_photo(backend: &Backend) {
    let world = World::new(backend);
    let (case, handler) = begun(&world);
    let dispatcher = world.console_of(Role::Dispatcher, HERE, None);
    let moves = format!("/v1/cases/{case}/moves");
    for (token, kind) in [(&handler, "finish"), (&dispatcher, "close")] {
        let now = world.get(&format!("/v1/cases/{case}"), &handler);
        let body = json!({
            "kind": kind, "base_revision": now.at("/row/revision"), "reason": "已更换",
            "outcome": "done",
        });
        let moved = world.post(&moves, token, &body);
        assert_eq!(moved.status, 200, "{moved:?}");
    }
    let reply = put(&world, &handler, &case, &with_position());
    assert_eq!((reply.status, reply.code()), (409, "not_possible"));
    assert!(reply.at("/words").as_str().unwrap().contains("已经结束"));
}
