//! Console ↔ server: sign-in, lists, a case, moves, people, devices, quarantine.

use super::sync::Me;
mod archive;
mod audit;
mod case;
mod contact;
mod devices;
mod patrols;
mod people;
mod similar;
mod statistics;

pub use archive::{ArchiveState, Check, CheckQuery, ReceiptKeyAnswer};
pub use audit::{AuditEntry, AuditQuery};
pub use case::{
    AllowedMove, CaseEvent, CaseLife, Colleague, FindingRow, LookedRequest, MergedRow, MoveRequest,
    PartRow, StageRow, Suggestion,
};
pub use contact::ContactAnswer;
pub use devices::{CodeAnswer, DeviceRow, LostRequest, NewCode};
pub use patrols::{MarkEntry, PatrolCase, PatrolPointRow, PatrolQuery, PatrolRow};
pub use people::{ClosedRequest, PasswordAnswer, PasswordChange};
pub use similar::{RepeatedCategory, RepeatedPage, RepeatedPlace, SimilarCase, SimilarPage};
pub use statistics::{
    IndicatorRow, RateRow, Statistics, StatisticsBy, StatisticsQuery, StatisticsRow,
};

use crate::area::Area;
use crate::case::{Ask, Card, Class};
use crate::catalogue::Label;
use crate::id::{AreaCode, CaseId, CategoryId, OpId, ReportId, Sha256, UnitCode};
use crate::report::{PhotoRole, Place};
use crate::role::{PostKind, Role};
use crate::routing::Decision;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// `POST /v1/session`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SignInRequest {
    /// Sign-in name.
    pub login: String,
    /// Password.
    pub password: String,
}

/// Answer to a sign-in; the token is in the body for programs and in a cookie for browsers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SignInAnswer {
    /// Bearer token.
    pub token: String,
    /// When it ends.
    pub expires_ms: Timestamp,
    /// Who signed in.
    pub me: Me,
}

/// `GET /v1/me`: who I am, and what the faces need to show names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MeAnswer {
    /// The person and posts.
    pub me: Me,
    /// The district.
    pub district: Area,
    /// The server's clock.
    pub server_time: Timestamp,
    /// Address pattern of map tiles, none by default; `gcj02:` in front says that they are shifted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tiles: Option<String>,
    /// Words that this city says otherwise.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<Label>,
    /// The year whose holidays the calendar in force should have by now and hasn't.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unlisted_year: Option<i32>,
}

/// A work list of this person with its number of open cases; `query` is the list's address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WorkList {
    /// `to_dispatch`, `returned`, `to_close`, `to_handle`, `handling`, `assigned`, `assisting`,
    /// `open`, `late`, `closed`, `quarantine`, and others.
    pub key: String,
    /// What it is called.
    pub name: String,
    /// The same in English.
    pub name_en: String,
    /// How many are in it.
    pub count: i64,
    /// The filter as a query string of `GET /v1/cases`, empty for `quarantine`.
    pub query: String,
}

/// Filters of `GET /v1/cases`. All given ones must hold.
#[derive(
    Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema, utoipa::IntoParams,
)]
pub struct CaseQuery {
    /// State names, separated by commas.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// `open` or `closed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// Unit that leads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// Area and everything below it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub area: Option<String>,
    /// Category.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// Group of categories (大类): `E01`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub family: Option<String>,
    /// Around a place: latitude × 10⁷, longitude × 10⁷, metres, with commas between.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub near: Option<String>,
    /// Opened at or after, UTC milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_ms: Option<i64>,
    /// Opened before, UTC milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to_ms: Option<i64>,
    /// Words in the text, the case number or the short code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Only cases past their deadline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub late: Option<bool>,
    /// Only open cases that have stayed in their state longer than they may.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage_late: Option<bool>,
    /// Only cases with a request that waits: a name of `Ask`, several separated by commas.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked: Option<String>,
    /// Only cases to which something came that nobody has looked at yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub news: Option<bool>,
    /// Only cases with a card: `yellow`, `red`, or both separated by a comma.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub card: Option<String>,
    /// Only open cases in which a unit of this person assists and owes its part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owed: Option<bool>,
    /// `me`: only open cases that are assigned to this person inside the unit and wait to be put
    /// right.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assigned: Option<String>,
    /// Only cases that wait for this person's roles.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub todo: Option<bool>,
    /// `opened` (newest first, the default) or `deadline` (most pressing first); with `owed` also
    /// `part`, by the deadline of the part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sort: Option<String>,
    /// Where the page before ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// Rows wanted, at most 200.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

/// A case in a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CaseRow {
    /// Identity.
    pub id: CaseId,
    /// Printed number.
    pub case_no: String,
    /// Revision.
    pub revision: i64,
    /// Name of the state.
    pub state: String,
    /// Whether work remains.
    pub class: Class,
    /// What it is about.
    pub category: CategoryId,
    /// Its name.
    pub category_name: String,
    /// Beginning of the text.
    pub excerpt: String,
    /// Names from the street to the grid.
    pub place: String,
    /// Unit that leads.
    pub lead: UnitCode,
    /// Its name.
    pub lead_name: String,
    /// When it was opened.
    pub opened_ms: Timestamp,
    /// When it was dispatched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dispatched_ms: Option<Timestamp>,
    /// By when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline_ms: Option<Timestamp>,
    /// When the unit said what came of it: the clock stands since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handled_ms: Option<Timestamp>,
    /// When it was closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed_ms: Option<Timestamp>,
    /// Share of the limit that is used, in per mille; over 1000 is late. None without a deadline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used_permille: Option<i64>,
    /// How many photos belong to it and how many have arrived.
    pub photos: (u32, u32),
    /// Put right on the spot.
    pub self_fixed: bool,
    /// What waits for somebody's answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked: Option<Ask>,
    /// The card that lies on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub card: Option<Card>,
    /// Until when it may stay in its state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage_due_ms: Option<Timestamp>,
    /// Until when it is suspended: the clock stands meanwhile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suspended_until_ms: Option<Timestamp>,
    /// Where `owed` was asked for: the part that this person's unit owes, whose deadline counts
    /// there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<OwedPart>,
}

/// A part that a unit owes to a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OwedPart {
    /// The unit.
    pub unit: UnitCode,
    /// Since when it is asked for.
    pub asked_ms: Timestamp,
    /// By when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline_ms: Option<Timestamp>,
    /// As in [`CaseRow`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used_permille: Option<i64>,
}

/// A page of cases.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CasePage {
    /// The cases.
    pub rows: Vec<CaseRow>,
    /// Give this as `cursor` for the next page; none at the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// The server's clock, for the lights.
    pub server_time: Timestamp,
}

/// A photo of a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CasePhoto {
    /// Identity; bytes at `/v1/photos/{sha256}`.
    pub sha256: Sha256,
    /// What it shows.
    pub role: PhotoRole,
    /// Whether the bytes have arrived.
    pub arrived: bool,
    /// They never will: the server lost them, and its handheld, which had them for a month after
    /// they had arrived, has only the preview left.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub gone: bool,
    /// Its preview, once that has arrived; bytes at `/v1/photos/{preview}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preview: Option<Sha256>,
    /// Size in bytes.
    pub bytes: u64,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
}

/// A whole case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CaseDetail {
    /// As in the list.
    pub row: CaseRow,
    /// The report that opened it.
    pub report_id: ReportId,
    /// Code by which the worker knew it before it had a number.
    pub short_code: String,
    /// Who filed it.
    pub reporter_name: String,
    /// Since when the reporter, in office when it was filed, holds no grid post any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reporter_left_ms: Option<Timestamp>,
    /// The text.
    pub text: String,
    /// Where.
    pub place: Place,
    /// The grid, with its outline and neighbours for the map.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grid: Option<AreaCode>,
    /// Grids that the accuracy of the position leaves open.
    #[serde(default)]
    pub grid_doubt: Vec<AreaCode>,
    /// Outlines near the place: code, name, kind, GeoJSON geometry as text.
    pub outlines: Vec<Outline>,
    /// Name of the condition.
    pub condition_name: String,
    /// When it counts as put right.
    pub condition_closing: String,
    /// When the worker saw it, by the device's clock.
    pub occurred_ms: Timestamp,
    /// When the server received it.
    pub received_ms: Timestamp,
    /// How far the device's clock was off, when more than a minute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock_skew_ms: Option<i64>,
    /// The decision as routed.
    pub decision: Decision,
    /// What the worker was shown, where it differs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub differs: Vec<String>,
    /// The photos.
    pub photos: Vec<CasePhoto>,
    /// Whom to call, masked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<crate::contact::MaskedContact>,
    /// The trail.
    pub events: Vec<CaseEvent>,
    /// What this person may do now.
    pub moves: Vec<AllowedMove>,
    /// What this person may ask for now.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub asks: Vec<Ask>,
    /// What else the case has been through.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub life: Option<Box<CaseLife>>,
}

/// An outline on the map.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Outline {
    /// The place.
    pub code: AreaCode,
    /// Its name.
    pub name: String,
    /// Key of its level.
    pub level: String,
    /// GeoJSON geometry.
    pub geometry: String,
}

/// 409 with `ErrorCode::Stale`: the case as it is now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct StaleAnswer {
    /// What went wrong.
    pub error: super::error::ErrorAnswer,
    /// The case as it is now.
    pub current: CaseDetail,
}

/// A unit in a picker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UnitRow {
    /// Its code.
    pub code: UnitCode,
    /// Its name.
    pub name: String,
    /// Where it answers.
    pub area: AreaCode,
    /// A pool has no staff.
    pub pool: bool,
}

/// A person in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PersonRow {
    /// Identity, name and posts.
    pub me: Me,
    /// Signing in is off.
    pub disabled: bool,
}

/// `POST /v1/people`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NewPerson {
    /// Sign-in name.
    pub login: String,
    /// Name.
    pub name: String,
    /// Password; none for a person who only carries a handheld.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
    /// First posts.
    pub posts: Vec<NewPost>,
}

/// A post to be held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NewPost {
    /// What it lets its holder do.
    pub role: Role,
    /// Where.
    pub area: AreaCode,
    /// In which unit, for a handler.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<UnitCode>,
    /// Grade of a grid post.
    #[serde(default)]
    pub kind: PostKind,
}

/// Something kept for a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct QuarantineRow {
    /// The operation.
    pub op_id: OpId,
    /// Hash of its content: several may have come under one id. Earlier servers didn't say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hash: Option<Sha256>,
    /// Who made it, if known.
    pub person_name: String,
    /// When it came.
    pub received_ms: Timestamp,
    /// Why it is here, for a program.
    pub code: String,
    /// The same in words.
    pub words: String,
    /// The operation as it came, JSON.
    pub body: String,
    /// When somebody settled it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolved_ms: Option<Timestamp>,
    /// What was done about it.
    #[serde(default)]
    pub note: String,
    /// The photos that it names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub photos: Vec<CasePhoto>,
}

/// A page of anything listed by a cursor.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Page<T> {
    /// The rows.
    pub rows: Vec<T>,
    /// Give this as `cursor` for the next page; none at the end.
    #[serde(default = "no_cursor", skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

const fn no_cursor() -> Option<String> {
    None
}

/// `POST /v1/quarantine/{op_id}/resolve`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ResolveRequest {
    /// Which content, as the list says; without it the only one that waits under the id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hash: Option<Sha256>,
    /// What was done about it.
    pub note: String,
}
