//! What comes down: pages of whole rows, digests, repair, and the news that something moved.

use super::Me;
use crate::digest::Digest;
use crate::emergency::EmergencyOrder;
use crate::id::{AreaCode, Bucket, CaseId, CatalogueVersion, OpId, ReportId, Sha256, UnitCode};
use crate::similar::PerceptualHash;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// `POST /v1/sync/pull`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PullRequest {
    /// Where the device stands, per bucket; a bucket it doesn't know yet starts at 0.
    #[schema(value_type = Object)]
    pub buckets: BTreeMap<Bucket, i64>,
    /// Rows wanted, at most [`PULL_ROWS_LIMIT`](super::PULL_ROWS_LIMIT).
    pub limit: u32,
    /// Buckets whose older rows are still to come, with the `backfill` of the answer before; an
    /// empty map says that new buckets may come newest first. A device that leaves it out gets
    /// them oldest first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub backfill: Option<BTreeMap<Bucket, i64>>,
    /// What the device holds of its whole buckets; left out, digests are not compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub digests: Option<BTreeMap<Bucket, Digest>>,
    /// One step of mending a bucket whose digests differ.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repair: Option<RepairRequest>,
    /// How many photos of answered operations the device still has to send; where the server owes
    /// itself another number, its answer names them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub photos_waiting: Option<u64>,
    /// Photos that the server named as owed and that this device can't send: it keeps a photo for
    /// 30 days after it had arrived, then only its preview. At most
    /// [`OWED_PHOTOS_LIMIT`](super::OWED_PHOTOS_LIMIT).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<String>)]
    pub photos_gone: Vec<Sha256>,
    /// Reports filed on this device whose cases it has not, or has as open though they are in none
    /// of its buckets any more. Named only when the buckets are whole; at most
    /// [`OWN_REPORTS_LIMIT`](super::OWN_REPORTS_LIMIT).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mine: Vec<ReportId>,
    /// Operations that the server keeps for a person, as far as the device knows: the answer says
    /// which of them somebody has settled. At most
    /// [`UNSETTLED_LIMIT`](super::UNSETTLED_LIMIT), the newest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<String>)]
    pub unsettled: Vec<OpId>,
}

/// What became of an operation that was kept for a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Settled {
    /// The operation.
    pub op_id: OpId,
    /// When somebody settled it, by the server's clock.
    pub at_ms: Timestamp,
    /// What was done about it.
    pub note: String,
}

/// One step of mending a bucket: ids and revisions from `after` on, or some rows by their ids.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RepairRequest {
    /// The bucket.
    pub bucket: Bucket,
    /// List the ids after this one; empty for the beginning. Left out when rows are wanted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// Rows wanted, at most [`PULL_ROWS_LIMIT`](super::PULL_ROWS_LIMIT).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub want: Vec<String>,
}

/// The answer to a step of mending.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RepairAnswer<D = Value> {
    /// The bucket.
    pub bucket: Bucket,
    /// Every row that the bucket holds after `after` and up to `next`: ids in order of their bytes,
    /// with revisions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub listed: Vec<(String, i64)>,
    /// Where the list goes on; none at its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// The rows that were wanted; `evict` for one that the bucket doesn't hold.
    #[serde(default = "Vec::new", skip_serializing_if = "Vec::is_empty")]
    pub rows: Vec<PulledRow<D>>,
}

/// How near a device is to what it may keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Room {
    /// Rows of all its buckets.
    pub rows: i64,
    /// [`DEVICE_ROWS_LIMIT`](super::DEVICE_ROWS_LIMIT).
    pub limit: i64,
    /// Buckets that were left out because they would go beyond it, or beyond
    /// [`PULL_BUCKETS_LIMIT`](super::PULL_BUCKETS_LIMIT).
    pub left_out: u32,
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

/// A whole row, as it stands now. `D` is its state: any JSON for a reader, so that members of later
/// versions are kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PulledRow<D = Value> {
    /// Which bucket it came by.
    pub bucket: Bucket,
    /// Further buckets in which the same happened to it; only for a device that sends `backfill`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<Bucket>,
    /// `cases`.
    pub table: String,
    /// The row's id.
    pub id: String,
    /// Its revision.
    pub revision: i64,
    /// Why it is here.
    pub why: Why,
    /// Its state: a [`CaseState`] for `cases`; none unless `why` is `put` or `redact`.
    #[serde(default = "Option::default", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub doc: Option<D>,
}

/// Answer to a pull. Page and cursors are applied in one transaction on the device; a round ends
/// only on `more: false`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PullAnswer<D = Value> {
    /// [`PROTOCOL`](super::PROTOCOL).
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
    pub rows: Vec<PulledRow<D>>,
    /// There is more.
    pub more: bool,
    /// Buckets whose older rows are still to come; the next request repeats it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(value_type = Object)]
    pub backfill: BTreeMap<Bucket, i64>,
    /// What the buckets hold that are whole with this page and differ from the request's digests.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(value_type = Object)]
    pub digests: BTreeMap<Bucket, Digest>,
    /// The step of mending that was asked for.
    #[serde(default = "Option::default", skip_serializing_if = "Option::is_none")]
    pub repair: Option<RepairAnswer<D>>,
    /// Given from [`DEVICE_ROWS_ALERT`](super::DEVICE_ROWS_ALERT) rows on, and where buckets were
    /// left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room: Option<Room>,
    /// Photos of this device that the server has not, when it counts others than the device:
    /// at most [`OWED_PHOTOS_LIMIT`](super::OWED_PHOTOS_LIMIT).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<String>)]
    pub photos_owed: Vec<Sha256>,
    /// The states of the cases of the reports named in `mine` that the asking person filed, each a
    /// [`CaseState`]. They belong to no bucket by this.
    #[serde(default = "Vec::new", skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<Object>)]
    pub mine: Vec<D>,
    /// Which of the operations that the request names in `unsettled` are settled.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub settled: Vec<Settled>,
    /// The catalogue in force.
    pub catalogue_version: CatalogueVersion,
    /// The areas in force.
    pub areas_version: String,
    /// Emergency orders of the district that are or will be in force (平急转换).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub orders: Vec<EmergencyOrder>,
    /// The person and posts as they stand.
    pub me: Me,
    /// This handheld was reported lost: it sends what it has and then erases its key. Nothing else
    /// of the answer is for it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub lost: bool,
}

/// The data of an event `moved` of `GET /v1/sync/events`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Poke {
    /// The buckets to pull; empty for a console, to which it says that something moved.
    pub buckets: Vec<Bucket>,
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
    /// What a worker found, for `verify` and `check`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub found: Option<crate::case::Found>,
}

/// What somebody who is asked to look on the spot has to know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OnTheSpot {
    /// Words that help to find the place.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub place_words: String,
    /// What is wrong, by the catalogue.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub condition_name: String,
    /// When it counts as put right.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub closing: String,
    /// Since when it is asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since_ms: Option<Timestamp>,
    /// By when it should be done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by_ms: Option<Timestamp>,
}

/// What else tells one thing from another: with place, category and words it answers, without a
/// network, whether a report is of the same thing (`crate::similar`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Look {
    /// Radius in metres within which the true place lies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accuracy_m: Option<u32>,
    /// When it was seen, by the reporting device's clock set right.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen_ms: Option<Timestamp>,
    /// The worker's words for the place.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub place_words: String,
    /// What its photos look like, the first few.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub photos: Vec<PerceptualHash>,
}

impl Look {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
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
    /// The case that it was merged into: from then on that one tells how it goes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merged_into: Option<MergedInto>,
    /// What a handheld compares before it files another report nearby.
    #[serde(default, skip_serializing_if = "Look::is_empty")]
    pub look: Look,
    /// The task that the case is, while somebody has to look on the spot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_the_spot: Option<OnTheSpot>,
}

/// The case that another was merged into.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MergedInto {
    /// Printed number.
    pub case_no: String,
    /// Name of its state.
    pub state: String,
}
