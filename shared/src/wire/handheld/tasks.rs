//! Tasks for the screen: cases at which somebody has to look on the spot (核实, 核查).

use super::{PhotoView, Problem};
use crate::case::{Class, Found};
use crate::id::{CaseId, DraftId, ReportId};
use crate::time::Timestamp;
use crate::wire::sync::CourseEntry;
use serde::{Deserialize, Serialize};

/// Where a task stands on this handheld.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskStanding {
    /// 待办: nobody here has begun.
    Open,
    /// 已开始: photos or words are kept here.
    Begun,
    /// It was begun here, and the case no longer waits for it; `said` says why.
    Gone,
    /// 已完成，已存本机.
    OnDevice,
    /// 已送达.
    Accepted,
    /// 已送达, and the case had gone on before; `said` says how.
    Late,
    /// 需要处理.
    NeedsAttention,
}

impl TaskStanding {
    /// Whether the server has it and nobody has to look at it.
    #[must_use]
    pub const fn is_safe(self) -> bool {
        matches!(self, Self::Accepted | Self::Late)
    }

    /// Whether there is something left to do on the spot.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Open | Self::Begun | Self::Gone)
    }
}

/// A task in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskRow {
    /// The case.
    pub case: CaseId,
    /// `case.verify` or `case.check`.
    pub kind: String,
    /// The printed number.
    pub case_no: String,
    /// Name of its category.
    pub category_name: String,
    /// Names from the street to the grid.
    pub place: String,
    /// Words that help to find it.
    pub place_words: String,
    /// Beginning of the text.
    pub excerpt: String,
    /// Metres from where the worker is, when that was said.
    pub distance_m: Option<u32>,
    /// By when it should be done.
    pub by: Option<Timestamp>,
    /// Where it stands.
    pub standing: TaskStanding,
    /// What happened in between, or what the server said.
    pub said: Option<Problem>,
    /// When it was done here.
    pub done: Option<Timestamp>,
}

/// A task with everything that helps to do it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TaskDetail {
    /// As in the list.
    pub row: TaskRow,
    /// The report.
    pub report: ReportId,
    /// The words, as far as they came to this handheld.
    pub text: String,
    /// Name of the condition.
    pub condition_name: String,
    /// When it counts as put right.
    pub closing: String,
    /// The unit that leads.
    pub lead_name: String,
    /// Degrees north and east, WGS-84.
    pub at: Option<(f64, f64)>,
    /// Photos of the report, where it was filed on this handheld.
    pub report_photos: Vec<PhotoView>,
    /// Photos of what was done at the case before with this handheld.
    pub earlier_photos: Vec<PhotoView>,
    /// What was taken up: names the photos in calls; none before anything was.
    pub draft: Option<DraftId>,
    /// What was found.
    pub found: Option<Found>,
    /// The worker's words.
    pub reason: String,
    /// The photos taken on the spot.
    pub photos: Vec<PhotoView>,
    /// The course of the case.
    pub course: Vec<CourseEntry>,
}

/// A case of the worker's grids that somebody else filed, or an own one, in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseCard {
    /// Identity.
    pub id: CaseId,
    /// The printed number.
    pub case_no: String,
    /// Name of the state; words by `label::state`.
    pub state: String,
    /// Open or closed.
    pub class: Class,
    /// Name of its category.
    pub category_name: String,
    /// The unit that leads.
    pub lead_name: String,
    /// By when.
    pub deadline: Option<Timestamp>,
    /// Whether it came from this person.
    pub mine: bool,
}

/// The open cases of the worker's grids, as many as were asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenCases {
    /// The newest number first.
    pub cases: Vec<CaseCard>,
    /// Whether there are more.
    pub more: bool,
}
