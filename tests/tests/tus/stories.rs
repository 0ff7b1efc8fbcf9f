//! What takes more than one request: checksums, half-open and parallel requests, the end of an
//! upload, its expiry, its quota.

use super::{Case, TYPE, answer};
use sha2::Digest;
use shared::id::Sha256;
use shared::time::DAY_MS;
use std::fs::File;
use std::io::Write;
use std::net::TcpStream;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime};
use sync_server::service::photos::{UPLOAD_LASTS_MS, UPLOADS_MAX};
use sync_server::sweeping;
use tests::backends::Backend;
use tests::on_both;
use tests::photos::{announce, base64, begin, patch, photo_of};
use tests::world::World;
use uuid::Uuid;

on_both!(
    bytes_may_come_with_the_creation,
    a_checksum_takes_a_chunk_whole_or_not_at_all,
    the_newest_request_wins_over_a_half_open_one,
    parallel_requests_of_one_upload_never_mix,
    a_finished_upload_answers_until_it_expires,
    an_expired_upload_is_gone,
    what_is_nobodys_is_swept_from_the_spool,
    the_method_may_be_named_in_a_header,
    a_device_has_a_quota_of_open_uploads,
);

fn bytes_may_come_with_the_creation(backend: &Backend) {
    let case = Case::new(backend, 300_000);
    let (metadata, length) = (case.metadata(), case.photo.len().to_string());
    let right = [
        ("tus-resumable", "1.0.0"),
        ("upload-length", length.as_str()),
        ("upload-metadata", metadata.as_str()),
        ("content-type", TYPE),
    ];
    let row = |status| ("bytes", &[][..], status);
    let send = |status, body: &[u8]| case.send("POST", "/v1/files", &right, &row(status), body);
    let longer = [&case.photo[..], b"more"].concat();
    send(413, &longer);
    let half = send(201, &case.photo[..100_000]);
    assert_eq!(half.headers["upload-offset"], "100000");
    // Asked again it is found again, and says where it stands.
    let again = send(201, &case.photo[..50_000]);
    assert_eq!(again.headers["location"], half.headers["location"]);
    assert_eq!(again.headers["upload-offset"], "100000");
    assert_eq!(case.ask("DELETE", &half.headers["location"]).status, 204);
    let all = send(201, &case.photo);
    assert_eq!(all.headers["upload-offset"], length);
    assert!(case.has_photo());
    assert_eq!(case.stands(&all.headers["location"]), case.photo.len());
}

fn a_checksum_takes_a_chunk_whole_or_not_at_all(backend: &Backend) {
    let case = Case::new(backend, 900_000);
    let place = case.begin();
    let bearer = format!("Bearer {}", case.handheld.token);
    let send = |at: usize, bytes: &[u8], checksum: &str| {
        let at = at.to_string();
        let headers = [
            ("authorization", bearer.as_str()),
            ("tus-resumable", "1.0.0"),
            ("content-type", TYPE),
            ("upload-offset", &at),
            ("upload-checksum", checksum),
        ];
        case.world.send("PATCH", &place, &headers, bytes.to_vec())
    };
    let (first, rest) = case.photo.split_at(400_000);
    let (second, third) = rest.split_at(300_000);
    let sha1 = |bytes: &[u8]| format!("sha1 {}", base64(&sha1::Sha1::digest(bytes)));
    let md5 = |bytes: &[u8]| format!("md5 {}", base64(&md5::Md5::digest(bytes)));
    let sha256 = |bytes: &[u8]| format!("sha256 {}", base64(&sha2::Sha256::digest(bytes)));
    assert_eq!(send(0, first, &sha1(first)).status, 204);
    let mut damaged = second.to_vec();
    damaged[299_999] ^= 1;
    let reply = send(400_000, &damaged, &md5(second));
    assert_eq!((reply.status, reply.code()), (460, "checksum"));
    assert_eq!(case.stands(&place), 400_000, "nothing of the chunk is kept");
    assert_eq!(send(400_000, second, &md5(second)).status, 204);
    assert_eq!(send(700_000, third, &sha256(third)).status, 204);
    assert!(case.has_photo());
}

/// Sends the beginning of a request that adds bytes, and then nothing.
fn half_open(case: &Case, place: &str, at: usize, sent: usize) -> TcpStream {
    let mut line = TcpStream::connect(case.world.address).unwrap();
    write!(
        line,
        "PATCH {place} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\ntus-resumable: 1.0.0\r\n\
         upload-offset: {at}\r\ncontent-type: {TYPE}\r\ncontent-length: {}\r\n\r\n",
        case.handheld.token,
        case.photo.len() - at
    )
    .unwrap();
    line.write_all(&case.photo[at..at + sent]).unwrap();
    line
}

/// Leaves a silent request behind that brought something, and asks after its upload: whoever asks
/// cuts it off, and what had come of it counts.
fn cut_off(case: &Case, place: &str, at: usize, sent: usize) -> usize {
    for _ in 0..20 {
        let _silent = half_open(case, place, at, sent);
        // The first questions may come before it, or before its first byte.
        for _ in 0..50 {
            let stands = case.stands(place);
            if stands > at {
                return stands;
            }
        }
    }
    panic!("what a silent request brought doesn't count");
}

fn the_newest_request_wins_over_a_half_open_one(backend: &Backend) {
    let case = Case::new(backend, 1_000_000);
    let place = case.begin();
    let began = Instant::now();
    let stands = cut_off(&case, &place, 0, 400_000);
    assert!(stands <= 400_000);
    // The same for a request that brings bytes at once, at the offset that it knows of: it takes
    // over, and learns from 409 that there is more.
    let _silent = half_open(&case, &place, stands, 100_000);
    let mut reply = case.patch(&place, stands, &case.photo[stands..]);
    while reply.status == 409 {
        let stands = case.stands(&place);
        reply = case.patch(&place, stands, &case.photo[stands..]);
    }
    assert_eq!(reply.status, 204, "{reply:?}");
    assert!(
        began.elapsed() < Duration::from_secs(30),
        "it waits for the silent one"
    );
    assert!(case.has_photo(), "every byte was taken from one of them");
}

fn parallel_requests_of_one_upload_never_mix(backend: &Backend) {
    let case = Case::new(backend, 1_500_000);
    let place = case.begin();
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..6)
            .map(|_| {
                scope.spawn(|| {
                    let mut line = half_open(&case, &place, 0, case.photo.len());
                    let words = answer(&mut line);
                    words
                        .get(9..12)
                        .and_then(|status| status.parse().ok())
                        .unwrap_or(0)
                })
            })
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    });
    // Cut off, or too late; at most one of them brought the last byte.
    assert!(
        statuses.iter().all(|status| [204, 409].contains(status)),
        "{statuses:?}"
    );
    assert!(statuses.iter().filter(|status| **status == 204).count() <= 1);
    let stands = case.stands(&place);
    assert_eq!(
        case.patch(&place, stands, &case.photo[stands..]).status,
        204
    );
    assert!(case.has_photo());
}

fn a_finished_upload_answers_until_it_expires(backend: &Backend) {
    let case = Case::new(backend, 2_000);
    let place = case.begin();
    assert_eq!(case.patch(&place, 0, &case.photo).status, 204);
    let length = case.photo.len();
    assert_eq!(case.stands(&place), length);
    assert_eq!(case.patch(&place, length, b"").status, 204);
    assert_eq!(case.patch(&place, length, b"x").status, 413);
    assert_eq!(case.patch(&place, 0, &case.photo).status, 409);
    assert_eq!(case.ask("DELETE", &place).status, 204);
    assert_eq!(case.ask("HEAD", &place).status, 404);
    assert!(case.has_photo(), "a photo that arrived stays");
}

fn an_expired_upload_is_gone(backend: &Backend) {
    let case = Case::new(backend, 2_000);
    let place = case.begin();
    assert_eq!(case.patch(&place, 0, &case.photo[..500]).status, 204);
    case.world.pass_ms(UPLOAD_LASTS_MS - 1);
    assert_eq!(case.stands(&place), 500);
    case.world.pass_ms(1);
    for method in ["HEAD", "DELETE"] {
        assert_eq!(case.ask(method, &place).status, 410, "{method}");
    }
    assert_eq!(case.patch(&place, 500, &case.photo[500..]).status, 410);
    let again = case.begin();
    assert_ne!(again, place);
    assert_eq!(case.stands(&again), 0);
    assert_eq!(case.ask("HEAD", &place).status, 404, "and then forgotten");
}

/// Makes a file look as if nobody had written to it for long.
fn age(file: &Path) {
    let long_ago = SystemTime::now() - sweeping::SILENCE - Duration::from_secs(60);
    let file = File::options()
        .create(true)
        .append(true)
        .open(file)
        .unwrap();
    file.set_modified(long_ago).unwrap();
}

fn what_is_nobodys_is_swept_from_the_spool(backend: &Backend) {
    let case = Case::new(backend, 2_000);
    let place = case.begin();
    assert_eq!(case.patch(&place, 0, &case.photo[..500]).status, 204);
    let spool = case.world.spool();
    for entry in std::fs::read_dir(spool).unwrap() {
        age(&entry.unwrap().path());
    }
    let new_name = || spool.join(Uuid::now_v7().simple().to_string());
    age(&new_name());
    age(&spool.join("of somebody else"));
    std::fs::write(new_name(), b"under way").unwrap();
    assert_eq!((case.world.sweep(), case.world.spooled()), (1, 3));
    assert_eq!((case.world.sweep(), case.world.spooled()), (0, 3));
    assert_eq!(case.stands(&place), 500, "an upload's file stays with it");
    case.world.pass_ms(UPLOAD_LASTS_MS - DAY_MS);
    assert_eq!((case.world.sweep(), case.world.spooled()), (0, 3));
    case.world.pass_ms(DAY_MS);
    assert_eq!((case.world.sweep(), case.world.spooled()), (0, 2));
    assert_eq!(case.ask("HEAD", &place).status, 404, "its time was over");
}

fn the_method_may_be_named_in_a_header(backend: &Backend) {
    let case = Case::new(backend, 2_000);
    let place = case.begin();
    let bearer = format!("Bearer {}", case.handheld.token);
    let send = |actual: &str, named: &str, at: usize, body: &[u8]| {
        let at = at.to_string();
        let headers = [
            ("authorization", bearer.as_str()),
            ("tus-resumable", "1.0.0"),
            ("content-type", TYPE),
            ("upload-offset", at.as_str()),
            ("x-http-method-override", named),
        ];
        case.world.send(actual, &place, &headers, body.to_vec())
    };
    assert_eq!(send("POST", "PATCH", 0, &case.photo[..700]).status, 204);
    assert_eq!(send("GET", "HEAD", 0, b"").headers["upload-offset"], "700");
    assert_eq!(
        send("DELETE", "PATCH", 700, &case.photo[700..900]).status,
        204
    );
    assert_eq!(send("POST", "TRACE", 0, b"").status, 405);
    assert_eq!(case.stands(&place), 900);
    assert_eq!(send("POST", "DELETE", 0, b"").status, 204);
    assert_eq!(case.ask("HEAD", &place).status, 404);
    // Elsewhere the header means nothing.
    let headers = [
        ("authorization", bearer.as_str()),
        ("x-http-method-override", "DELETE"),
    ];
    let reply = case.world.send("GET", "/v1/me", &headers, Vec::new());
    assert_eq!(reply.status, 200);
}

fn a_device_has_a_quota_of_open_uploads(backend: &Backend) {
    let world = World::new(backend);
    let mut handheld = world.worker();
    let max = usize::try_from(UPLOADS_MAX).unwrap();
    let photos: Vec<_> = (0..=UPLOADS_MAX)
        .map(|n| photo_of(2_000, u8::try_from(n).unwrap()))
        .collect();
    for nine in photos.chunks(9) {
        let nine: Vec<&[u8]> = nine.iter().map(Vec::as_slice).collect();
        announce(&world, &mut handheld, &nine);
    }
    let open = |photo: &Vec<u8>| begin(&world, &handheld, Sha256::of(photo), photo.len());
    let places: Vec<_> = photos[..max]
        .iter()
        .map(|photo| open(photo).headers["location"].clone())
        .collect();
    let reply = open(&photos[max]);
    assert_eq!((reply.status, reply.code()), (429, "too_many"));
    assert_eq!(reply.headers["retry-after"], "60");
    assert!(reply.at("/words").as_str().unwrap().contains("太多"));
    // One that is open already is found, and one that is finished makes room.
    assert_eq!(open(&photos[0]).headers["location"], places[0]);
    assert_eq!(
        patch(&world, &handheld, &places[0], 0, &photos[0]).status,
        204
    );
    assert_eq!(open(&photos[max]).status, 201);
}
