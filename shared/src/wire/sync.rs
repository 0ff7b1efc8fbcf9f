//! Handheld ↔ server: enrolment, push, pull, limits. The rules behind it are Y1 to Y18 in
//! `docs/SYNC.md`.

mod pull;
mod token;

pub use pull::{
    CaseState, CourseEntry, Look, MergedInto, OnTheSpot, Poke, PullAnswer, PullRequest, PulledRow,
    RepairAnswer, RepairRequest, Room, Settled, Why,
};
pub use token::{Binding, ChallengeAnswer, TokenAnswer, TokenRequest, renew_at};

use crate::area::{Area, Level};
use crate::catalogue::CatalogueDoc;
use crate::id::{AreaCode, CaseId, CatalogueVersion, DeviceId, PersonId, Sha256};
use crate::receipt::{Entry, Seal};
use crate::role::Post;
use crate::signature::{PublicKey, Signature};
use crate::time::{DAY_MS, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// Every answer to a push says this name; a captive portal doesn't.
pub const PROTOCOL: &str = "gewu-sync/1";
/// Operations in one push.
pub const PUSH_OPERATIONS_LIMIT: usize = 100;
/// Body of one push: four times what 100 usual reports take; one longest operation fits.
pub const PUSH_BYTES_LIMIT: usize = 256 * 1024;
/// Rows in one page of a pull.
pub const PULL_ROWS_LIMIT: u32 = 500;
/// Buckets in one pull: a person, some grids, the pools of one post each.
pub const PULL_BUCKETS_LIMIT: usize = 64;
/// Rows that one device keeps: what a slow phone still lists and searches at once.
pub const DEVICE_ROWS_LIMIT: i64 = 5_000;
/// From this share of [`DEVICE_ROWS_LIMIT`] on the answer to a pull and the server's log say so.
pub const DEVICE_ROWS_ALERT: i64 = DEVICE_ROWS_LIMIT * 8 / 10;
/// A closed case stays on handhelds this long after its closing.
pub const CLOSED_KEPT_MS: i64 = 30 * DAY_MS;
/// Ids and revisions in one page of a repair: about 50 bytes each.
pub const REPAIR_IDS_LIMIT: usize = 1_000;
/// Owed photos that one answer to a pull names; the others follow when these have come.
pub const OWED_PHOTOS_LIMIT: usize = 200;
/// Own reports that one pull names to hear of their cases; the others follow with the next one.
pub const OWN_REPORTS_LIMIT: usize = 100;
/// Operations kept for a person that one pull asks about.
pub const UNSETTLED_LIMIT: usize = 100;
/// Bytes of one chunk of an upload.
pub const CHUNK_BYTES_LIMIT: u64 = 512 * 1024;

/// `POST /v1/devices/enrol`: binds an installation to a person. Repeating it with the same
/// `device_id` and code gives a new token and is otherwise without effect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EnrolRequest {
    /// One-time code from an administrator.
    pub code: String,
    /// Minted by the installation.
    pub device_id: DeviceId,
    /// Model or host name, for the device list.
    pub name: String,
    /// `android`, `linux`, …
    pub platform: String,
    /// Version of the app.
    pub app_version: String,
    /// The device's public key: from now on its pushes are signed. Apps before it sent none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<PublicKey>,
    /// It can renew a token by its key, so that a short one will do.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub renews: bool,
}

/// The person who carries the device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Me {
    /// Identity.
    pub id: PersonId,
    /// Sign-in name.
    pub login: String,
    /// Name.
    pub name: String,
    /// Posts in force.
    pub posts: Vec<Post>,
}

/// Answer to an enrolment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EnrolAnswer {
    /// [`PROTOCOL`].
    pub protocol: String,
    /// The installation.
    pub device_id: DeviceId,
    /// Epoch for its operations.
    pub epoch: u32,
    /// Bearer token; kept on the device, hashed on the server.
    pub token: String,
    /// Who carries it.
    pub me: Me,
    /// The district.
    pub district: AreaCode,
    /// Name of the district.
    pub district_name: String,
    /// Identity of this life of the server's data; changes after a restore.
    pub server_epoch: String,
    /// The server's clock.
    pub server_time: Timestamp,
    /// Catalogue to fetch.
    pub catalogue_version: CatalogueVersion,
    /// Areas to fetch.
    pub areas_version: String,
    /// The server's public key, by which the device verifies receipts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt_key: Option<PublicKey>,
    /// How long the token is good, in milliseconds from now; not said to who can't renew it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_lasts_ms: Option<i64>,
}

/// `POST /v1/sync/push`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PushRequest {
    /// The installation that delivers.
    pub device_id: DeviceId,
    /// Its epoch.
    pub epoch: u32,
    /// How many operations it has made in this epoch.
    pub made: u64,
    /// Random text; the answer echoes it.
    pub nonce: String,
    /// The device's clock, to estimate the offset.
    #[serde(default)]
    pub wall_ms: Timestamp,
    /// Operations in canonical form with their hashes, in order of `seq`.
    #[schema(value_type = Vec<Object>)]
    pub ops: Vec<Value>,
    /// Signature by the device's key over `chain::signed_text`: in the usual push over the newest
    /// hash, which stands on all before it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<Signature>,
}

/// What became of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Taken and acted on.
    Applied,
    /// Was here before; the stored result is repeated.
    Duplicate,
    /// Waits for an earlier operation of the same subject.
    Held,
    /// Kept for a person, with the reason.
    Quarantined,
    /// Not an operation at all; nothing could be kept.
    Rejected,
    /// Something a later version says.
    #[serde(other)]
    Other,
}

impl Outcome {
    /// Machine name, as stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Duplicate => "duplicate",
            Self::Held => "held",
            Self::Quarantined => "quarantined",
            Self::Rejected => "rejected",
            Self::Other => "other",
        }
    }
}

/// The result of one operation, in the order of the request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OperationResult {
    /// The operation, as it named itself; empty when it named none.
    pub op_id: String,
    /// What became of it.
    pub outcome: Outcome,
    /// Why it was quarantined or rejected, for a program; see `label::fault` for words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The same in words for the worker.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub words: Option<String>,
    /// The case that it opened or touched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case_id: Option<CaseId>,
    /// The printed number of that case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case_no: Option<String>,
    /// The case's revision after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<i64>,
    /// When a server had it durably for the first time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub received_at: Option<Timestamp>,
    /// The server's reasons where its answer differs from the worker's preview.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub differs: Vec<String>,
    /// The answer's seal covers this operation: it has a receipt.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub receipted: bool,
}

impl OperationResult {
    /// A result that says nothing but the outcome.
    #[must_use]
    pub const fn new(op_id: String, outcome: Outcome) -> Self {
        Self {
            op_id,
            outcome,
            code: None,
            words: None,
            case_id: None,
            case_no: None,
            revision: None,
            received_at: None,
            differs: Vec::new(),
            receipted: false,
        }
    }

    /// What a receipt says of it: the same on the server that signs and on the device that builds
    /// the tree again. `None` when it is not durable there under an id.
    #[must_use]
    pub fn entry(&self, hash: Sha256) -> Option<Entry> {
        Some(Entry {
            op_id: self.op_id.parse().ok()?,
            hash,
            case_no: self.case_no.clone(),
            received_at: self.received_at?,
        })
    }
}

/// Answer to a push; durable before it is sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PushAnswer {
    /// [`PROTOCOL`].
    pub protocol: String,
    /// The request's nonce.
    pub nonce: String,
    /// Identity of this life of the server's data.
    pub server_epoch: String,
    /// The server's clock.
    pub server_time: Timestamp,
    /// All of 1..=high_water have been received.
    pub high_water: u64,
    /// Missing numbers above the high-water mark as `[from, to]`, at most 100 ranges.
    pub gaps: Vec<(u64, u64)>,
    /// One per operation, in order.
    pub results: Vec<OperationResult>,
    /// The server's signature over what it received: the tree of the results that are
    /// `receipted`, in order; see `receipt`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seal: Option<Seal>,
}

/// A place with its outline, for the handheld's grid lookup and pin map.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AreaOutline {
    /// The place.
    pub area: Area,
    /// Rings of its polygons in WGS-84 × 10⁷, flattened: polygons of rings of `lon,lat` pairs.
    /// Empty for a place without an outline.
    #[serde(default)]
    pub polygons: Vec<Vec<Vec<(i32, i32)>>>,
}

/// `GET /v1/areas`: everything a handheld needs to find grids.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AreasBundle {
    /// Its version.
    pub version: String,
    /// Levels from the top down.
    pub levels: Vec<Level>,
    /// All places, parents before children.
    pub areas: Vec<AreaOutline>,
}

/// `GET /v1/catalogue`: the catalogue in force, or a named older one.
pub type CatalogueBundle = CatalogueDoc;

/// `GET /v1/sync/limits`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Limits {
    /// Bytes of one operation.
    pub operation_bytes: u64,
    /// Operations in one push.
    pub push_operations: u64,
    /// Bytes of one push.
    pub push_bytes: u64,
    /// Characters of a report's text.
    pub text_chars: u64,
    /// Photos of one report.
    pub photos: u64,
    /// Bytes of one photo.
    pub photo_bytes: u64,
    /// Bytes of one chunk.
    pub chunk_bytes: u64,
    /// Rows in one page of a pull.
    pub pull_rows: u64,
}
