//! Uploads by the letter of tus 1.0.0 (<https://tus.io/protocols/resumable-upload>).
//!
//! First three tables, one for each kind of request: a right request, what is changed in it, and
//! what is answered. After a refusal the upload stands where it stood. Then the stories that take
//! more than one request. A real client is driven in `tus_client.rs`.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test may fail loudly"
)]

use shared::id::Sha256;
use shared::report::PHOTO_BYTES_LIMIT;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;
use tests::backends::Backend;
use tests::on_both;
use tests::photos::{announce, ask, base64, begin, patch, photo_of};
use tests::world::{Handheld, Reply, World};

on_both!(
    a_new_upload_is_asked_for_by_the_letter,
    bytes_are_added_by_the_letter,
    an_upload_is_asked_after_and_given_up_by_the_letter,
    the_server_says_what_it_speaks,
);

mod stories;

use Change::{Body, Twice, With, Without};

#[derive(Clone, Copy)]
enum Change {
    /// The header isn't there.
    Without(&'static str),
    /// The header says this.
    With(&'static str, &'static str),
    /// The header is there a second time, saying this.
    Twice(&'static str, &'static str),
    /// This body.
    Body(&'static [u8]),
}

type Row = (&'static str, &'static [Change], u16);

const TYPE: &str = "application/offset+octet-stream";
/// Base64 of 64 zeros: a photo that nobody announced.
const UNKNOWN: &str = "sha256 MDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMA==";

/// `POST /v1/files` with `Tus-Resumable`, `Upload-Length` and `Upload-Metadata`, without a body.
#[rustfmt::skip]
const CREATION: &[Row] = &[
    ("nothing",                            &[],                                                   201),
    ("no version",                         &[Without("tus-resumable")],                           412),
    ("another version",                    &[With("tus-resumable", "0.2.2")],                     412),
    ("an empty version",                   &[With("tus-resumable", "")],                          412),
    ("the version twice",                  &[Twice("tus-resumable", "1.0.0")],                    400),
    ("no length",                          &[Without("upload-length")],                           400),
    ("the length twice",                   &[Twice("upload-length", "5")],                        400),
    ("an empty length",                    &[With("upload-length", "")],                          400),
    ("a negative length",                  &[With("upload-length", "-1")],                        400),
    ("a length with a sign",               &[With("upload-length", "+5")],                        400),
    ("a broken length",                    &[With("upload-length", "5.0")],                       400),
    ("a length in words",                  &[With("upload-length", "five")],                      400),
    ("a length beyond 64 bits",            &[With("upload-length", "18446744073709551616")],      400),
    ("a length beyond Tus-Max-Size",       &[With("upload-length", "20971521")],                  413),
    ("another length than announced",      &[With("upload-length", "5")],                         422),
    ("nothing to upload",                  &[With("upload-length", "0")],                         422),
    ("a deferred length (not offered)",    &[Without("upload-length"), With("upload-defer-length", "1")], 400),
    ("length and deferred length",         &[With("upload-defer-length", "1")],                   400),
    ("a deferred length of 2",             &[With("upload-defer-length", "2")],                   400),
    ("no metadata",                        &[Without("upload-metadata")],                         400),
    ("the metadata twice",                 &[Twice("upload-metadata", "name eA==")],              400),
    ("empty metadata",                     &[With("upload-metadata", "")],                        400),
    ("metadata without the hash",          &[With("upload-metadata", "filetype aW1hZ2UvanBlZw==")], 400),
    ("metadata that is not base64",        &[With("upload-metadata", "sha256 !!")],               400),
    ("a hash that is none",                &[With("upload-metadata", "sha256 aGFzaA==")],         400),
    ("a name twice",                       &[With("upload-metadata", "sha256 eA==,sha256 eA==")], 400),
    ("a pair without a name",              &[With("upload-metadata", "sha256 eA==,, name eA==")], 400),
    ("a photo that nobody announced",      &[With("upload-metadata", UNKNOWN)],                   403),
    ("a body of another kind",             &[With("content-type", "image/jpeg"), Body(b"x")],     415),
    ("a body of no kind",                  &[Body(b"x")],                                         415),
    ("another kind, but no body",          &[With("content-type", "application/json")],           201),
    ("the kind twice",                     &[With("content-type", TYPE), Twice("content-type", TYPE), Body(b"x")], 400),
    ("a checksum by an unknown hash",      &[With("upload-checksum", "crc32 AAAAAA==")],          400),
];

/// `PATCH /v1/files/{id}` with `Tus-Resumable`, `Content-Type` and `Upload-Offset` (10 bytes are
/// there), with a body of three bytes.
#[rustfmt::skip]
const ADDITION: &[Row] = &[
    ("no version",                         &[Without("tus-resumable")],                           412),
    ("another version",                    &[With("tus-resumable", "1.0.1")],                     412),
    ("the version twice",                  &[Twice("tus-resumable", "1.0.0")],                    400),
    ("no kind",                            &[Without("content-type")],                            415),
    ("another kind",                       &[With("content-type", "application/octet-stream")],   415),
    ("a kind with something behind",       &[With("content-type", "application/offset+octet-stream; q=1")], 415),
    ("the kind twice",                     &[Twice("content-type", TYPE)],                        400),
    ("no offset",                          &[Without("upload-offset")],                           400),
    ("the offset twice",                   &[Twice("upload-offset", "10")],                       400),
    ("an empty offset",                    &[With("upload-offset", "")],                          400),
    ("a negative offset",                  &[With("upload-offset", "-10")],                       400),
    ("an offset with a sign",              &[With("upload-offset", "+10")],                       400),
    ("an offset in words",                 &[With("upload-offset", "ten")],                       400),
    ("an offset beyond 64 bits",           &[With("upload-offset", "18446744073709551616")],      400),
    ("the largest offset",                 &[With("upload-offset", "18446744073709551615")],      409),
    ("an offset before",                   &[With("upload-offset", "9")],                         409),
    ("an offset behind",                   &[With("upload-offset", "11")],                        409),
    ("the offset of the beginning",        &[With("upload-offset", "0")],                         409),
    ("the checksum twice",                 &[With("upload-checksum", "md5 AAAAAAAAAAAAAAAAAAAAAA=="), Twice("upload-checksum", "md5 AAAAAAAAAAAAAAAAAAAAAA==")], 400),
    ("a checksum by an unknown hash",      &[With("upload-checksum", "crc32 AAAAAA==")],          400),
    ("a checksum without a value",         &[With("upload-checksum", "sha1")],                    400),
    ("a checksum that is not base64",      &[With("upload-checksum", "sha1 !!")],                 400),
    ("a checksum of another length",       &[With("upload-checksum", "sha1 AAAA")],               400),
    ("another checksum (sha1)",            &[With("upload-checksum", "sha1 AAAAAAAAAAAAAAAAAAAAAAAAAAA=")], 460),
    ("another checksum (md5)",             &[With("upload-checksum", "md5 AAAAAAAAAAAAAAAAAAAAAA==")], 460),
    ("another checksum (sha256)",          &[With("upload-checksum", "sha256 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")], 460),
    ("an empty body",                      &[Body(b"")],                                          204),
];

/// `HEAD` and `DELETE /v1/files/{id}` with `Tus-Resumable`.
#[rustfmt::skip]
const BOTH: &[Row] = &[
    ("no version",                         &[Without("tus-resumable")],                           412),
    ("another version",                    &[With("tus-resumable", "2.0.0")],                     412),
    ("the version twice",                  &[Twice("tus-resumable", "1.0.0")],                    400),
];

/// A worker who announced a photo.
struct Case {
    world: World,
    handheld: Handheld,
    photo: Vec<u8>,
}

impl Case {
    fn new(backend: &Backend, bytes: usize) -> Self {
        let world = World::new(backend);
        let mut handheld = world.worker();
        let photo = photo_of(bytes, 1);
        announce(&world, &mut handheld, &[&photo]);
        Self {
            world,
            handheld,
            photo,
        }
    }

    fn begin(&self) -> String {
        let (hash, length) = (Sha256::of(&self.photo), self.photo.len());
        let begun = begin(&self.world, &self.handheld, hash, length);
        assert_eq!(begun.status, 201, "{begun:?}");
        begun.headers["location"].clone()
    }

    fn metadata(&self) -> String {
        let hash = Sha256::of(&self.photo).to_string();
        format!("sha256 {},name eA==,flag", base64(hash.as_bytes()))
    }

    fn patch(&self, place: &str, at: usize, bytes: &[u8]) -> Reply {
        patch(&self.world, &self.handheld, place, at, bytes)
    }

    fn ask(&self, method: &str, place: &str) -> Reply {
        ask(&self.world, &self.handheld, method, place)
    }

    fn stands(&self, place: &str) -> usize {
        let head = self.ask("HEAD", place);
        assert_eq!(head.status, 200, "{head:?}");
        head.headers["upload-offset"].parse().unwrap()
    }

    fn has_photo(&self) -> bool {
        let photo = format!("/v1/photos/{}", Sha256::of(&self.photo));
        let token = &self.handheld.token;
        self.world.ask("HEAD", &photo, token, None).status == 200
    }

    /// Sends a right request with the changes of a row.
    fn send(
        &self,
        method: &str,
        place: &str,
        right: &[(&str, &str)],
        row: &Row,
        body: &[u8],
    ) -> Reply {
        let bearer = format!("Bearer {}", self.handheld.token);
        let mut headers = vec![("authorization", bearer.as_str())];
        headers.extend(right);
        let mut body = body.to_vec();
        for change in row.1 {
            match *change {
                Without(name) => headers.retain(|header| header.0 != name),
                With(name, value) => {
                    headers.retain(|header| header.0 != name);
                    headers.push((name, value));
                }
                Twice(name, value) => headers.push((name, value)),
                Body(bytes) => body = bytes.to_vec(),
            }
        }
        let reply = self.world.send(method, place, &headers, body);
        assert_eq!(reply.status, row.2, "{method} with {}: {reply:?}", row.0);
        assert_eq!(reply.headers["tus-resumable"], "1.0.0", "{}", row.0);
        let names_versions = reply.headers.contains_key("tus-version");
        assert_eq!(names_versions, row.2 == 412, "{method} with {}", row.0);
        reply
    }
}

fn a_new_upload_is_asked_for_by_the_letter(backend: &Backend) {
    let case = Case::new(backend, 2_000);
    let (metadata, length) = (case.metadata(), case.photo.len().to_string());
    let right = [
        ("tus-resumable", "1.0.0"),
        ("upload-length", length.as_str()),
        ("upload-metadata", metadata.as_str()),
    ];
    for row in CREATION {
        let reply = case.send("POST", "/v1/files", &right, row, b"");
        let has_place = reply.headers.contains_key("location");
        assert_eq!(has_place, row.2 == 201, "{}", row.0);
    }
    let none = ("a path that is none", &[][..], 405);
    case.send("POST", "/v1/files/x", &right, &none, b"");
    let limit = PHOTO_BYTES_LIMIT + 1;
    assert_eq!(limit, 20_971_521, "the table names the limit");
}

fn bytes_are_added_by_the_letter(backend: &Backend) {
    let case = Case::new(backend, 2_000);
    let place = case.begin();
    assert_eq!(case.patch(&place, 0, &case.photo[..10]).status, 204);
    let right = [
        ("tus-resumable", "1.0.0"),
        ("content-type", TYPE),
        ("upload-offset", "10"),
    ];
    for row in ADDITION {
        let reply = case.send("PATCH", &place, &right, row, b"abc");
        assert_eq!(case.stands(&place), 10, "after {}", row.0);
        let says_offset = reply.headers.contains_key("upload-offset");
        assert_eq!(says_offset, row.2 == 204, "{}", row.0);
    }
    let none = ("an upload that is none", &[][..], 404);
    for place in [
        "/v1/files/x",
        "/v1/files/00000000-0000-7000-8000-000000000000",
    ] {
        case.send("PATCH", place, &right, &none, b"abc");
    }
    // Too long, announced so or not.
    let whole = &case.photo[10..];
    let more = [whole, b"more"].concat();
    let reply = case.patch(&place, 10, &more);
    assert_eq!((reply.status, reply.code()), (413, "too_large"));
    let (address, token) = (case.world.address, &case.handheld.token);
    let mut line = TcpStream::connect(address).unwrap();
    let chunk = [
        format!("{:x}\r\n", more.len()).as_bytes(),
        &more,
        b"\r\n0\r\n\r\n",
    ]
    .concat();
    write!(
        line,
        "PATCH {place} HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: Bearer {token}\r\n\
         tus-resumable: 1.0.0\r\nupload-offset: 10\r\ncontent-type: {TYPE}\r\n\
         transfer-encoding: chunked\r\n\r\n"
    )
    .unwrap();
    line.write_all(&chunk).unwrap();
    assert!(answer(&mut line).starts_with("HTTP/1.1 413"));
    let stands = case.stands(&place);
    assert_eq!(
        case.patch(&place, stands, &case.photo[stands..]).status,
        204
    );
    assert!(case.has_photo());
}

fn an_upload_is_asked_after_and_given_up_by_the_letter(backend: &Backend) {
    let case = Case::new(backend, 2_000);
    let metadata = case.metadata();
    let right = [("tus-resumable", "1.0.0")];
    let length = case.photo.len().to_string();
    let creation = [
        right[0],
        ("upload-length", length.as_str()),
        ("upload-metadata", metadata.as_str()),
    ];
    let begun = case.send("POST", "/v1/files", &creation, &CREATION[0], b"");
    assert!(begun.headers["upload-expires"].ends_with(" GMT"));
    let place = begun.headers["location"].clone();
    for row in BOTH {
        case.send("HEAD", &place, &right, row, b"");
        case.send("DELETE", &place, &right, row, b"");
    }
    let head = case.ask("HEAD", &place);
    let said = |name: &str| head.headers[name].clone();
    assert_eq!(
        [
            said("upload-offset"),
            said("upload-length"),
            said("upload-metadata")
        ],
        [String::from("0"), length, metadata]
    );
    assert_eq!(said("cache-control"), "no-store");
    assert_eq!(said("upload-expires"), begun.headers["upload-expires"]);
    let stranger = case.world.worker();
    for method in ["HEAD", "DELETE"] {
        let reply = ask(&case.world, &stranger, method, &place);
        assert_eq!(
            reply.status, 404,
            "another device's upload is none of its own"
        );
        let nowhere = ("an upload that is none", &[][..], 404);
        let reply = case.send(method, "/v1/files/x", &right, &nowhere, b"");
        assert!(!reply.headers.contains_key("upload-offset"));
    }
    assert_eq!(patch(&case.world, &stranger, &place, 0, b"x").status, 404);
    assert_eq!(case.ask("DELETE", &place).status, 204);
    for method in ["HEAD", "DELETE"] {
        assert_eq!(case.ask(method, &place).status, 404, "{method}");
    }
    assert_eq!(case.patch(&place, 0, b"x").status, 404);
}

fn the_server_says_what_it_speaks(backend: &Backend) {
    let world = World::new(backend);
    // A version is ignored here, whatever it is.
    let reply = world.send(
        "OPTIONS",
        "/v1/files",
        &[("tus-resumable", "9.9.9")],
        Vec::new(),
    );
    let said = |name: &str| reply.headers[name].clone();
    assert_eq!(reply.status, 204);
    assert_eq!(said("tus-version"), "1.0.0");
    assert_eq!(
        said("tus-extension"),
        "creation,creation-with-upload,checksum,expiration,termination"
    );
    assert_eq!(said("tus-checksum-algorithm"), "sha1,sha256,md5");
    assert_eq!(said("tus-max-size"), PHOTO_BYTES_LIMIT.to_string());
}

/// Reads an answer to the end of its connection.
fn answer(line: &mut TcpStream) -> String {
    line.set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    let mut bytes = Vec::new();
    let mut piece = [0; 4096];
    while let Ok(count @ 1..) = line.read(&mut piece) {
        bytes.extend_from_slice(&piece[..count]);
        if bytes.windows(4).any(|four| four == b"\r\n\r\n") {
            break;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
