//! A handheld made by hand: operations as right or as wrong as a test wants them.

use super::PLACE;
use serde_json::{Value, json};
use shared::chain::{Link, signed_text};
use shared::id::{CatalogueVersion, DeviceId, OpId, PersonId, ReportId, Sha256};
use shared::operation::{OPERATION_VERSION, Operation, kind, seal};
use shared::report::{PhotoRef, PhotoRole};
use shared::signature::SecretKey;
use shared::time::Timestamp;
use uuid::Uuid;

/// A handheld that forgets nothing: a stream of operations.
#[derive(Debug, Clone)]
pub struct Handheld {
    /// Its bearer token.
    pub token: String,
    /// The installation.
    pub device: DeviceId,
    /// Who carries it.
    pub person: PersonId,
    /// How many operations it has made.
    pub seq: u64,
    /// Hash of the last one.
    pub last: Sha256,
    /// The catalogue it fills reports with.
    pub catalogue: CatalogueVersion,
    /// Its clock.
    pub wall: Timestamp,
    /// What it signs with; none for one from before there were keys.
    pub key: Option<SecretKey>,
}

impl Handheld {
    /// A report that everything is right with; 上水井盖缺失 with one photo.
    #[must_use]
    pub fn report(&self) -> Value {
        json!({
            "category": "C0101", "condition": "C0101-1",
            "place": {"lat_e7": PLACE.0, "lon_e7": PLACE.1, "accuracy_m": 3, "source": "gps", "words": "路口"},
            "grid_doubt": [], "text": "井盖不见了", "occurred_ms": self.wall, "self_fixed": false,
        })
    }

    /// The next operation, before it is sealed.
    #[must_use]
    pub fn next(&mut self, payload: Value) -> Operation {
        self.seq += 1;
        let report = ReportId(Uuid::now_v7());
        Operation {
            v: OPERATION_VERSION,
            op_id: OpId(Uuid::now_v7()),
            device_id: self.device,
            epoch: 1,
            seq: self.seq,
            prev_hash: self.last,
            kind: kind::REPORT_FILE.to_owned(),
            subject: report.to_string(),
            base_revision: None,
            catalogue_version: self.catalogue.clone(),
            app_version: "0.1.0".to_owned(),
            wall_ms: self.wall,
            mono_ms: 1,
            boot_id: "boot".to_owned(),
            offset_ms: None,
            actor: self.person,
            payload,
            photos: vec![photo_ref(format!("photo of {report}").as_bytes())],
        }
    }

    /// Seals an operation as the newest of the stream.
    #[must_use]
    pub fn seal(&mut self, operation: Operation) -> Value {
        let sealed = seal(operation).unwrap();
        self.last = sealed.hash;
        serde_json::from_str(&sealed.text).unwrap()
    }

    /// Files a report.
    #[must_use]
    pub fn file(&mut self, payload: Value) -> Value {
        let operation = self.next(payload);
        self.seal(operation)
    }

    /// Files the usual report with another text.
    #[must_use]
    pub fn file_text(&mut self, text: &str) -> Value {
        let mut report = self.report();
        report["text"] = json!(text);
        self.file(report)
    }

    /// The request that delivers operations.
    #[must_use]
    pub fn request(&self, ops: &[Value]) -> Value {
        let mut request = json!({
            "device_id": self.device, "epoch": 1, "made": self.seq, "nonce": "n-1",
            "wall_ms": self.wall, "ops": ops,
        });
        if let Some(key) = &self.key {
            let links: Vec<Link> = ops.iter().filter_map(Link::of).collect();
            request["signature"] = json!(key.sign(&signed_text(&links)));
        }
        request
    }
}

/// What a report says of a photo.
#[must_use]
pub fn photo_ref(bytes: &[u8]) -> PhotoRef {
    PhotoRef {
        sha256: Sha256::of(bytes),
        bytes: u64::try_from(bytes.len()).unwrap(),
        mime: "image/jpeg".to_owned(),
        role: PhotoRole::Near,
        width: 640,
        height: 480,
        original_sha256: None,
        preview: None,
        phash: None,
    }
}
