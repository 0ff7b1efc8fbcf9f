//! The parsers that face the network or a file, as functions of bytes: none may panic, and what
//! each reads has to fit what it wrote. Driven by the kept corpus with its mutations in the test
//! command (`tests/tests/fuzz.rs`).

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a target tells of a fault by a panic"
)]

use serde_json::Value;
use shared::courier;
use shared::id::{AreaCode, DeviceId, PersonId, PostId, Sha256};
use shared::operation;
use shared::receipt::Receipt;
use shared::role::{Actor, Post, PostKind, Role};
use shared::signature::SecretKey;
use shared::time::Timestamp;
use shared::wire::sync::{
    AreasBundle, CatalogueBundle, EnrolAnswer, EnrolRequest, PullAnswer, PullRequest, PushAnswer,
    PushRequest,
};
use std::path::Path;
use std::sync::{Arc, OnceLock};
use sync_server::service::district::District;
use sync_server::service::push::{self, Carriers, Sender};
use sync_server::service::sessions::Session;
use sync_server::service::{Fault, init, photos};
use sync_server::store::Store;
use uuid::Uuid;

/// A parser: takes any bytes and panics at a fault.
pub type Target = fn(&[u8]);

/// All of them by name; the folder of the corpus has the same.
pub const TARGETS: [(&str, Target); 7] = [
    ("operation", canonical_operation),
    ("push", push_body),
    ("answers", answers),
    ("image_header", image_header),
    ("camera_file", camera_file),
    ("district", district_files),
    ("courier", courier_file),
];

/// The target of a name.
#[must_use]
pub fn target(name: &str) -> Option<Target> {
    TARGETS
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, target)| *target)
}

/// An operation that was read is written the same, and read the same again.
fn canonical_operation(bytes: &[u8]) {
    let Ok(value) = serde_json::from_slice::<Value>(bytes) else {
        return;
    };
    if let Ok(text) = operation::canonical(&value) {
        let again: Value = serde_json::from_str(&text).expect("canonical form is JSON");
        assert_eq!(operation::canonical(&again).as_deref(), Ok(text.as_str()));
    }
    if let Ok(sealed) = operation::open(&value) {
        let again = operation::open(&serde_json::from_str(&sealed.text).expect("JSON"));
        assert_eq!(again.expect("what was opened opens").hash, sealed.hash);
    }
}

const WORKER: PersonId = PersonId(Uuid::from_u128(1));
const DEVICE: DeviceId = DeviceId(Uuid::from_u128(2));
const NOW: Timestamp = Timestamp(1_795_487_400_000);

/// A push is judged to its end, one judgement for each operation.
fn push_body(bytes: &[u8]) {
    let Ok(request) = serde_json::from_slice::<PushRequest>(bytes) else {
        return;
    };
    let count = request.ops.len();
    let sender = Sender {
        device: DEVICE,
        person: Some(WORKER),
        epoch: i64::from(request.epoch),
        skew_ms: Some(request.wall_ms.since(NOW)),
    };
    let mut ids = 1;
    // Once as a device from before there were keys, so that the content counts, once with a key.
    let signed = Session {
        key: Some(SecretKey::from_seed(&[7; 32]).public()),
        ..session().clone()
    };
    for session in [session(), &signed] {
        let (ops, signature) = (&request.ops, request.signature);
        let carriers = Carriers::of(session.clone(), &[], NOW);
        let judged = push::judge(district(), &carriers, sender, ops, signature, NOW, || {
            ids += 1;
            Uuid::from_u128(ids)
        });
        assert_eq!(judged.len(), count);
    }
}

/// Whatever a server, or whoever stands in for it, answers.
fn answers(bytes: &[u8]) {
    drop(serde_json::from_slice::<PushAnswer>(bytes));
    drop(std::str::from_utf8(bytes).map(Receipt::read));
    drop(serde_json::from_slice::<PullAnswer>(bytes));
    drop(serde_json::from_slice::<PullRequest>(bytes));
    drop(serde_json::from_slice::<EnrolRequest>(bytes));
    drop(serde_json::from_slice::<EnrolAnswer>(bytes));
    if let Ok(bundle) = serde_json::from_slice::<AreasBundle>(bytes) {
        drop(app_core::place::District::check_areas(&bundle));
    }
    if let Ok(bundle) = serde_json::from_slice::<CatalogueBundle>(bytes) {
        drop(app_core::place::District::check_catalogue(&bundle));
    }
}

/// What an upload says about itself in its first bytes.
fn image_header(bytes: &[u8]) {
    if let Ok(header) = photos::header::read(bytes) {
        assert!(header.width > 0 && header.height > 0);
    }
}

/// A camera file becomes a photo within the limits, or an error.
fn camera_file(bytes: &[u8]) {
    // A large picture takes its time and shows nothing new.
    let small =
        photos::header::read(bytes).is_ok_and(|header| header.width * header.height < 90_000);
    drop(app_core::photos::exif::read(bytes));
    if !small {
        return;
    }
    if let Ok(photo) = app_core::photos::prepare(bytes) {
        let header = photos::header::read(&photo.jpeg).expect("our own photo");
        assert_eq!((header.width, header.height), (photo.width, photo.height));
    }
}

/// Outlines of grids as a district brings them.
fn district_files(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    drop(shared::grid::from_geojson(text));
    drop(shared::area::areas_from_csv(
        text,
        &shared::area::default_levels(),
    ));
}

/// A courier file as it comes, what was sealed in one, and the answer to one. What is named lies
/// within the file.
fn courier_file(bytes: &[u8]) {
    let server = SecretKey::from_seed(&[7; 32]);
    let opened = [
        courier::open(&server, bytes),
        courier::Opened::read(bytes.to_vec()),
    ];
    for opened in opened.into_iter().flatten() {
        let photos: Vec<_> = opened.photos().collect();
        assert_eq!(photos.len(), opened.sheet.photos.len());
        for ((_, photo), (_, named)) in photos.iter().zip(&opened.sheet.photos) {
            assert_eq!(u64::try_from(photo.len()), Ok(*named));
        }
        assert!(!opened.is_signed_by(&server.public()));
    }
    drop(courier::read_answer(None, bytes));
    drop(courier::read_answer(Some(&server.public()), bytes));
}

fn district() -> &'static District {
    static DISTRICT: OnceLock<Arc<District>> = OnceLock::new();
    DISTRICT.get_or_init(|| {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let folder = here.ancestors().find_map(|folder| {
            let folder = folder.join("data/districts/350703");
            folder.is_dir().then_some(folder)
        });
        let plan = init::read(&folder.expect("the shipped district"), 2026).expect("a plan");
        let made = tempfile::tempdir().expect("a folder");
        let file = made.path().join("gewu.db");
        let store = Store::create(&format!("sqlite://{}", file.display())).expect("a database");
        let code = plan.district.clone();
        store
            .write_blocking(&code, move |tx| init::store(tx, &plan, "life-1", NOW))
            .expect("a district");
        let district = store.read_blocking(move |tx| District::load(tx, NOW));
        Arc::new(
            district
                .map_err(|fault: Fault| fault.to_string())
                .expect("the district"),
        )
    })
}

fn session() -> &'static Session {
    static SESSION: OnceLock<Session> = OnceLock::new();
    SESSION.get_or_init(|| Session {
        token_hash: Sha256::new([7; 32]),
        actor: Actor {
            person: WORKER,
            posts: vec![Post {
                id: PostId(Uuid::from_u128(3)),
                role: Role::GridWorker,
                area: AreaCode::new("350703001012").expect("a code"),
                unit: None,
                kind: PostKind::Worker,
            }],
        },
        posts_ever: Vec::new(),
        login: String::from("worker"),
        name: String::from("某人"),
        device: Some(DEVICE),
        epoch: 1,
        key: None,
        last_seen: None,
        disabled: false,
        lost: false,
        prolong: None,
    })
}
