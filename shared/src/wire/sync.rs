//! Handheld ↔ server: enrolment, push, pull, limits. The rules behind it are Y1 to Y18 in
//! `docs/SYNC.md`.

use crate::area::{Area, Level};
use crate::catalogue::CatalogueDoc;
use crate::id::{
    AreaCode, Bucket, CaseId, CatalogueVersion, DeviceId, PersonId, ReportId, Sha256, UnitCode,
};
use crate::receipt::{Entry, Seal};
use crate::role::Post;
use crate::signature::{PublicKey, Signature};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
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

/// `POST /v1/sync/pull`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PullRequest {
    /// Where the device stands, per bucket; a bucket it doesn't know yet starts at 0.
    #[schema(value_type = Object)]
    pub buckets: BTreeMap<Bucket, i64>,
    /// Rows wanted, at most [`PULL_ROWS_LIMIT`].
    pub limit: u32,
}

/// Why a row is in a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// The row's present state.
    Put,
    /// The row is gone for everybody.
    Tombstone,
    /// The row left your scope.
    Evict,
    /// Parts of the row were blotted out.
    Redact,
    /// Something a later version says; treated like `Evict`.
    #[serde(other)]
    Other,
}

/// A whole row, as it stands now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PulledRow {
    /// Which bucket it came by.
    pub bucket: Bucket,
    /// `cases`.
    pub table: String,
    /// The row's id.
    pub id: String,
    /// Its revision.
    pub revision: i64,
    /// Why it is here.
    pub why: Why,
    /// Its state: a [`CaseState`] for `cases`; none unless `why` is `put` or `redact`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub doc: Option<Value>,
}

/// Answer to a pull. Page and cursors are applied in one transaction on the device; a round ends
/// only on `more: false`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PullAnswer {
    /// [`PROTOCOL`].
    pub protocol: String,
    /// Identity of this life of the server's data.
    pub server_epoch: String,
    /// The server's clock.
    pub server_time: Timestamp,
    /// Every bucket of this person now, with the cursor after this page. A bucket that the device
    /// holds and that isn't named here was left: its rows are evicted.
    #[schema(value_type = Object)]
    pub buckets: BTreeMap<Bucket, i64>,
    /// Rows in the order to apply.
    pub rows: Vec<PulledRow>,
    /// There is more.
    pub more: bool,
    /// The catalogue in force.
    pub catalogue_version: CatalogueVersion,
    /// The areas in force.
    pub areas_version: String,
    /// The person and posts as they stand.
    pub me: Me,
}

/// One entry of a case's course, as a worker sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CourseEntry {
    /// Stored name of the event; words by `label::event`.
    pub kind: String,
    /// When.
    pub at: Timestamp,
    /// The unit or role that acted, in words.
    pub by: String,
    /// Why, or what was done.
    #[serde(default)]
    pub reason: String,
}

/// A case as a handheld keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CaseState {
    /// Identity.
    pub id: CaseId,
    /// The report that opened it.
    pub report_id: ReportId,
    /// Printed number.
    pub case_no: String,
    /// Revision.
    pub revision: i64,
    /// Name of the state; words by `label::state`.
    pub state: String,
    /// `open` or `closed`, for a handheld that doesn't know the state.
    pub class: crate::case::Class,
    /// What it is about.
    pub category: String,
    /// Name of the category.
    pub category_name: String,
    /// The worker's words, shortened to 200 characters for anyone but the reporter.
    pub text: String,
    /// The grid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grid: Option<AreaCode>,
    /// Latitude × 10⁷, WGS-84.
    pub lat_e7: i64,
    /// Longitude × 10⁷, WGS-84.
    pub lon_e7: i64,
    /// The unit that leads.
    pub lead: UnitCode,
    /// Its name.
    pub lead_name: String,
    /// By when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline_ms: Option<Timestamp>,
    /// The rule that decided.
    pub rule: String,
    /// Its reasons.
    pub because: Vec<String>,
    /// When it was opened.
    pub opened_ms: Timestamp,
    /// When it was closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed_ms: Option<Timestamp>,
    /// How many photos belong to it and how many have arrived.
    pub photos: (u32, u32),
    /// Whether the asking person filed it.
    pub mine: bool,
    /// The course so far.
    pub course: Vec<CourseEntry>,
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
