//! Uploads as a handheld makes them, for tests against the world of [`crate::world`].
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may fail loudly"
)]

use crate::world::{Handheld, Reply, World, photo_ref};
use shared::id::Sha256;

/// Begins an upload.
#[must_use]
pub fn begin(world: &World, handheld: &Handheld, hash: Sha256, length: usize) -> Reply {
    let (bearer, length) = (format!("Bearer {}", handheld.token), length.to_string());
    let metadata = format!("sha256 {}", base64(hash.to_string().as_bytes()));
    let headers = [
        ("authorization", bearer.as_str()),
        ("tus-resumable", "1.0.0"),
        ("upload-length", &length),
        ("upload-metadata", &metadata),
    ];
    world.send("POST", "/v1/files", &headers, Vec::new())
}

/// Sends bytes at an offset.
#[must_use]
pub fn patch(world: &World, handheld: &Handheld, place: &str, at: usize, bytes: &[u8]) -> Reply {
    let (bearer, at) = (format!("Bearer {}", handheld.token), at.to_string());
    let headers = [
        ("authorization", bearer.as_str()),
        ("tus-resumable", "1.0.0"),
        ("upload-offset", &at),
        ("content-type", "application/offset+octet-stream"),
    ];
    world.send("PATCH", place, &headers, bytes.to_vec())
}

/// Asks after an upload (`HEAD`) or gives it up (`DELETE`).
#[must_use]
pub fn ask(world: &World, handheld: &Handheld, method: &str, place: &str) -> Reply {
    let bearer = format!("Bearer {}", handheld.token);
    let headers = [
        ("authorization", bearer.as_str()),
        ("tus-resumable", "1.0.0"),
    ];
    world.send(method, place, &headers, Vec::new())
}

/// Files a report that announces these photos; the case.
///
/// # Panics
/// When it isn't applied.
pub fn announce(world: &World, handheld: &mut Handheld, photos: &[&[u8]]) -> String {
    let mut operation = handheld.next(handheld.report());
    operation.photos = photos.iter().map(|bytes| photo_ref(bytes)).collect();
    let op = handheld.seal(operation);
    let reply = world.push(handheld, &[op]);
    assert_eq!(reply.at("/results/0/outcome"), "applied", "{reply:?}");
    reply.at("/results/0/case_id").as_str().unwrap().to_owned()
}

/// A photo of so many bytes: a header of 640 × 480 pixels, and nothing that matters behind it.
#[must_use]
pub fn photo_of(bytes: usize, number: u8) -> Vec<u8> {
    let mut photo = vec![0xff, 0xd8, 0xff, 0xc0, 0, 17, 8, 0x01, 0xe0, 0x02, 0x80, 3];
    photo.resize(bytes.max(photo.len()), number);
    photo
}

/// Adds a photo of how it is now to a case, as somebody at a desk does.
#[must_use]
pub fn put(world: &World, token: &str, case: &str, bytes: &[u8]) -> Reply {
    let bearer = format!("Bearer {token}");
    let headers = [
        ("authorization", bearer.as_str()),
        ("content-type", "image/jpeg"),
    ];
    let path = format!("/v1/cases/{case}/photos");
    world.send("PUT", &path, &headers, bytes.to_vec())
}

/// Uploads a photo in one go.
///
/// # Panics
/// When it is refused.
pub fn upload(world: &World, handheld: &Handheld, bytes: &[u8]) {
    let begun = begin(world, handheld, Sha256::of(bytes), bytes.len());
    assert_eq!(begun.status, 201, "{begun:?}");
    let done = patch(world, handheld, &begun.headers["location"], 0, bytes);
    assert_eq!(done.status, 204, "{done:?}");
}

/// Standard base64 with padding.
#[must_use]
pub fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let byte = |at: usize| u32::from(three.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for at in 0..4_usize {
            let index = usize::try_from(bits >> (18 - 6 * at) & 63).unwrap();
            text.push(if at <= three.len() {
                char::from(LETTERS[index])
            } else {
                '='
            });
        }
    }
    text
}
