//! What the handheld's core hands to its screen and back: views, ready to show.
//!
//! These values never leave the device; they are here because the screen sees no other crate of
//! ours. Times are moments, positions degrees of WGS-84, pictures `data:` addresses. A view
//! carries the words that only the core can know (names of grids and units); everything else is
//! put into words by `label` in the language of the screen.

mod courier;
mod drafts;
mod lock;
mod map;
mod similar;
mod sync;

pub use courier::CourierView;
pub use drafts::DraftFields;
pub use lock::LockView;
pub use map::{MapOutline, MapView};
pub use similar::{SimilarAnswer, SimilarView};
pub use sync::{SyncReport, SyncState, SyncStatus};

use crate::catalogue::CategoryKind;
use crate::id::{AreaCode, CategoryId, ConditionId, DeviceId, DraftId, PersonId, ReportId, Sha256};
use crate::report::{PhotoRole, Place, PlaceSource};
use crate::role::Role;
use crate::routing::Decision;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

mod additions;
mod patrols;
mod tasks;

use super::sync::CourseEntry;
pub use additions::{AdditionStatus, AdditionView, ReceiptView};
pub use patrols::{MarkView, PatrolCard, PatrolPointView, PatrolView};
pub use tasks::{CaseCard, OpenCases, TaskDetail, TaskRow, TaskStanding};

/// Something that went wrong, with words for the worker: what happened, then what to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// Machine name, stable: `photo_damaged`, `space_full`, `offline`, `not_enrolled`.
    pub code: String,
    /// 中文.
    pub words: String,
    /// English.
    pub words_en: String,
}

/// A post of the worker, with names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PostView {
    /// What it lets its holder do.
    pub role: Role,
    /// Where.
    pub area: AreaCode,
    /// Names from the street down; the code while the areas aren't here yet.
    pub path: String,
}

/// Who carries the handheld, and where it belongs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MeView {
    /// The person.
    pub person: PersonId,
    /// Name.
    pub name: String,
    /// Sign-in name.
    pub login: String,
    /// Posts in force at the last contact.
    pub posts: Vec<PostView>,
    /// The installation.
    pub device: DeviceId,
    /// The district.
    pub district: AreaCode,
    /// Its name.
    pub district_name: String,
    /// Address of the server.
    pub server: String,
}

/// Settings of this installation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// `zh-CN` or `en`.
    pub language: String,
    /// 大字版.
    pub large_type: bool,
    /// Address of the server, offered when binding.
    pub server: String,
}

/// The first screen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Home {
    /// Who and where; none before binding.
    pub me: Option<MeView>,
    /// Sync in one look.
    pub sync: SyncStatus,
    /// Whether catalogue and grids are on the device, so that a report can be filled in.
    pub ready_to_file: bool,
    /// Drafts.
    pub drafts: u32,
    /// My reports.
    pub reports: u32,
    /// My reports that need something from me.
    pub needs_attention: u32,
    /// Tasks to be done on the spot.
    #[serde(default)]
    pub tasks: u32,
    /// The newest reports.
    pub recent: Vec<ReportRow>,
    /// Emergency orders for my places, in force or to come.
    pub orders: Vec<super::catalogue::OrderNotice>,
}

/// A category in a picker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CategoryRow {
    /// `C0101`.
    pub id: CategoryId,
    /// 部件, 事件 or 社会治理.
    pub kind: CategoryKind,
    /// Name of its 大类.
    pub major: String,
    /// Its name.
    pub name: String,
    /// Whether a photo must be there.
    pub photo_required: bool,
}

/// A condition in a picker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConditionRow {
    /// `C0101-1`.
    pub id: ConditionId,
    /// What is wrong.
    pub name: String,
    /// When it counts as put right.
    pub closing: String,
    /// The limit in words: 2紧急工作时.
    pub limit: String,
}

/// A category with what may be chosen below it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CategoryDetail {
    /// The category.
    pub row: CategoryRow,
    /// Its conditions.
    pub conditions: Vec<ConditionRow>,
}

/// A grid by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GridName {
    /// Its code.
    pub code: AreaCode,
    /// Its name.
    pub name: String,
    /// Names from the street down to it.
    pub path: String,
}

/// How sure the grid is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Certainty {
    /// In this grid.
    Sure,
    /// In this grid, but others lie within the accuracy.
    Doubt,
    /// In no grid.
    Outside,
    /// Grids aren't on the device yet.
    Unknown,
}

/// Which grid a place lies in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LocatedView {
    /// How sure it is.
    pub certainty: Certainty,
    /// The grid.
    pub grid: Option<GridName>,
    /// Others within the accuracy.
    pub others: Vec<GridName>,
    /// The nearest grid and its distance in metres, for a place outside.
    pub nearest: Option<(GridName, f64)>,
}

/// A place as the screen gives it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlaceInput {
    /// Degrees north, WGS-84.
    pub lat: f64,
    /// Degrees east, WGS-84.
    pub lon: f64,
    /// Radius of accuracy in metres, none for a pin.
    pub accuracy_m: Option<f64>,
    /// Where it came from.
    pub source: PlaceSource,
    /// Words that help to find it.
    pub words: String,
}

/// A photo of a draft or a report, small.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PhotoView {
    /// Row on this device: names the photo in calls.
    pub id: i64,
    /// `data:image/jpeg;base64,…` of the preview.
    pub preview: String,
    /// What it shows.
    pub role: PhotoRole,
    /// Width of the stored copy in pixels.
    pub width: u32,
    /// Height of the stored copy in pixels.
    pub height: u32,
    /// Size of the stored copy.
    pub bytes: u64,
    /// Bytes that have arrived at the server.
    pub sent: u64,
    /// SHA-256 of the stored copy; settled once the report is filed.
    pub sha256: Sha256,
    /// When the camera says it was taken.
    pub taken: Option<Timestamp>,
    /// Where the camera says it was taken: degrees north and east.
    pub suggestion: Option<(f64, f64)>,
}

/// A report that isn't filed yet.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DraftView {
    /// Identity; the report's id once it is filed.
    pub id: DraftId,
    /// When it was begun.
    pub created: Timestamp,
    /// When it was last changed.
    pub updated: Timestamp,
    /// Its photos, in the order taken.
    pub photos: Vec<PhotoView>,
    /// Where, if set.
    pub place: Option<PlaceInput>,
    /// Which grid that is.
    pub located: Option<LocatedView>,
    /// A place suggested by the photos, while none is set: degrees north and east.
    pub suggestion: Option<(f64, f64)>,
    /// What, if chosen.
    pub category: Option<CategoryRow>,
    /// Which condition, if chosen.
    pub condition: Option<ConditionRow>,
    /// The worker's words.
    pub text: String,
    /// 自处置.
    pub self_fixed: bool,
    /// What was said to the question whether it is one with another.
    #[serde(default)]
    pub similar: SimilarAnswer,
    /// Number or short code of what it is said to be one with, near or not; none while this
    /// handheld doesn't know it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub same_as_code: Option<String>,
    /// Whom to call: name and phone.
    #[serde(default)]
    pub contact: (String, String),
    /// What is still missing or wrong before it can be filed, in the order of the screen.
    pub faults: Vec<Problem>,
}

/// A draft in a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DraftRow {
    /// Identity.
    pub id: DraftId,
    /// When it was last changed.
    pub updated: Timestamp,
    /// Its category, if chosen.
    pub category_name: String,
    /// Beginning of the text.
    pub excerpt: String,
    /// How many photos.
    pub photos: u32,
    /// Preview of the first photo.
    pub preview: Option<String>,
}

/// What would happen if the draft were sent now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PreviewView {
    /// Unit, deadline, rule and reasons.
    pub decision: Decision,
    /// Which grid was found.
    pub located: LocatedView,
}

/// A report that has just been saved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FiledView {
    /// Identity.
    pub id: ReportId,
    /// The code by which the worker knows it until it has a number.
    pub short_code: String,
    /// Photos filed with it.
    pub photos: u32,
}

/// Where a report stands, as the worker sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReportStatus {
    /// 已存本机.
    OnDevice,
    /// 正在发送.
    Sending,
    /// 已送达: the server has it, no number yet.
    Delivered,
    /// 已受理 编号….
    Accepted,
    /// 已结案.
    Closed,
    /// 需要处理: reason and what to do are in `problem`.
    NeedsAttention,
    /// 已由工作人员处理: how, and when, is in `problem`.
    Settled,
}

/// A report in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportRow {
    /// Identity.
    pub id: ReportId,
    /// The code by which the worker knew it before it had a number; searchable for ever.
    pub short_code: String,
    /// The printed number.
    pub case_no: Option<String>,
    /// Where it stands.
    pub status: ReportStatus,
    /// Name of the case's state; words by `label::state`.
    pub state: Option<String>,
    /// Name of its category.
    pub category_name: String,
    /// Beginning of the text.
    pub excerpt: String,
    /// Names from the street to the grid; empty outside all grids.
    pub place: String,
    /// When it was filed.
    pub filed: Timestamp,
    /// The unit that leads: the server's word, or the preview's until then.
    pub lead_name: String,
    /// By when.
    pub deadline: Option<Timestamp>,
    /// When it was closed.
    pub closed: Option<Timestamp>,
    /// Photos that have arrived and photos in all.
    pub photos: (u32, u32),
    /// Preview of the first photo.
    pub preview: Option<String>,
    /// What is wrong: with the report for `NeedsAttention`, how that was settled for `Settled`, else with what was added to it.
    pub problem: Option<Problem>,
}

/// A report with its course.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReportDetail {
    /// As in the list.
    pub row: ReportRow,
    /// The worker's words, whole.
    pub text: String,
    /// Where.
    pub place: Place,
    /// Name of the condition.
    pub condition_name: String,
    /// When it was seen.
    pub occurred: Timestamp,
    /// 自处置.
    pub self_fixed: bool,
    /// The rule that decided: the server's word, or the preview's until then.
    pub rule: String,
    /// Its reasons.
    pub because: Vec<String>,
    /// Where the server decided otherwise than the preview said, and why.
    pub differs: Vec<String>,
    /// The photos.
    pub photos: Vec<PhotoView>,
    /// When the server had it durably.
    pub received: Option<Timestamp>,
    /// The course of the case.
    pub course: Vec<CourseEntry>,
    /// What was added to it on this handheld, in the order made.
    #[serde(default)]
    pub additions: Vec<AdditionView>,
    /// The server's receipt for it.
    #[serde(default)]
    pub receipt: Option<ReceiptView>,
    /// Until when its closing may be contested (异议); none when it may not.
    #[serde(default)]
    pub contest_until: Option<Timestamp>,
}

/// The machine that the screen runs on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct About {
    /// Version of the app.
    pub version: String,
    /// `android`, `linux`, …
    pub platform: String,
    /// Whether a file input opens the camera.
    pub camera: bool,
    /// Whether there is a receiver to ask for the position.
    pub receiver: bool,
    /// Bytes that the app's data takes on the device.
    pub stored_bytes: u64,
}
