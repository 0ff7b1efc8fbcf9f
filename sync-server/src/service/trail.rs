//! What an entry of a trail vouches for besides its own columns: the case's row after it, and in
//! the first entry what the case was opened with. A check of the archive compares rows with it.
//!
//! Members of the entry's `detail`, which its hash covers. Entries from before this have fewer.

use super::push::excerpt;
use crate::store::cases::{CaseMove, CaseRow};
use crate::store::reports::ReportRow;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use shared::case::{Corrected, Life};
use shared::id::{AreaCode, Sha256, UnitCode};
use shared::time::Timestamp;

/// Name of the member that holds a row.
const AFTER: &str = "after";

/// The columns of a case that moves change, after an entry. Its state is the entry's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct After {
    /// Revision.
    pub revision: i64,
    /// The unit that leads.
    pub lead: UnitCode,
    /// When it was dispatched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dispatched_ms: Option<Timestamp>,
    /// By when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline_ms: Option<Timestamp>,
    /// When the unit said it was done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handled_ms: Option<Timestamp>,
    /// When it was closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed_ms: Option<Timestamp>,
    /// The level at which it was put right.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub solved_level: Option<i64>,
    /// Hash of everything else that it has been through.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub life: Option<Sha256>,
}

/// The hash over what a case has been through.
#[must_use]
pub fn life_hash(life: &Life) -> Option<Sha256> {
    let text = serde_json::to_vec(life).ok()?;
    Some(Sha256::of(&text))
}

impl From<&CaseRow> for After {
    fn from(row: &CaseRow) -> Self {
        Self {
            revision: row.revision,
            lead: row.lead.clone(),
            dispatched_ms: row.dispatched,
            deadline_ms: row.deadline,
            handled_ms: row.handled,
            closed_ms: row.closed,
            solved_level: row.solved_level,
            life: life_hash(&row.life),
        }
    }
}

impl From<&CaseMove<'_>> for After {
    fn from(to: &CaseMove<'_>) -> Self {
        Self {
            revision: to.revision,
            lead: to.lead.clone(),
            dispatched_ms: to.dispatched,
            deadline_ms: to.deadline,
            handled_ms: to.handled,
            closed_ms: to.closed,
            solved_level: to.solved_level,
            life: life_hash(to.life),
        }
    }
}

/// What a case was opened with, beyond what the operation says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opening {
    /// Hash of the operation.
    pub op: Option<Sha256>,
    /// Hash over the decision and where it differs from the preview.
    pub decision: Option<Sha256>,
    /// The grid that the server found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grid: Option<AreaCode>,
    /// Other grids within the accuracy.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub grid_doubt: Vec<AreaCode>,
    /// How far the device's clock was off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock_skew_ms: Option<i64>,
}

impl Opening {
    /// What is noted of a report that is about to open a case.
    #[must_use]
    pub fn of(op: Sha256, report: &ReportRow, decision: &str, differs: &str) -> Self {
        Self {
            op: Some(op),
            decision: Some(decision_hash(decision, differs)),
            grid: report.grid.clone(),
            grid_doubt: report.grid_doubt.clone(),
            clock_skew_ms: report.clock_skew_ms,
        }
    }
}

/// Everything of an entry's detail that a check looks at.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Detail {
    /// Printed number of the case, in its first entry.
    pub case_no: Option<String>,
    /// The row after it.
    pub after: Option<After>,
    /// The revision after it, for an entry that changes nothing else.
    pub revision: Option<i64>,
    /// The unit it was given to.
    pub unit: Option<UnitCode>,
    /// The deadline given with it.
    pub deadline_ms: Option<Timestamp>,
    /// What the case was opened with, in its first entry.
    pub opening: Option<Opening>,
    /// The operation that it was written for, where that moved nothing.
    pub op_id: Option<String>,
    /// The merged case that this was sent to.
    pub part: Option<String>,
    /// What it is about and where it is since then, where the desk put that right.
    pub corrected: Option<Corrected>,
}

/// The hash over a routing decision and its differences from the preview, both JSON.
#[must_use]
pub fn decision_hash(decision: &str, differs: &str) -> Sha256 {
    let length = format!("{}\n", decision.len());
    Sha256::of_parts([length.as_str(), decision, "\n", differs].map(str::as_bytes))
}

/// A detail that vouches for the row after it.
#[must_use]
pub fn with_after(mut detail: Value, after: &After) -> Value {
    if let Some(members) = detail.as_object_mut() {
        members.insert(AFTER.to_owned(), json!(after));
    }
    detail
}

/// The same, of a detail as stored.
#[must_use]
pub fn with_after_text(detail: &str, after: &After) -> String {
    match serde_json::from_str(detail) {
        Ok(detail) => with_after(detail, after).to_string(),
        Err(_) => detail.to_owned(),
    }
}

/// A first entry's detail with the number that the case has got by then.
#[must_use]
pub fn with_number(detail: &str, case_no: &str) -> String {
    let number = Value::from(case_no);
    match detail.strip_prefix('{') {
        Some("}") | None => format!("{{\"case_no\":{number}}}"),
        Some(rest) => format!("{{\"case_no\":{number},{rest}"),
    }
}

/// The beginning of what a case is searched by: its numbers and the report's own words.
#[must_use]
pub fn search_begins(case_no: &str, report: &ReportRow) -> String {
    let place = &report.place.words;
    format!("{case_no} {} {} {place}", report.short_code, report.text).to_lowercase()
}

/// What a list shows of a report's text.
#[must_use]
pub fn list_text(report: &ReportRow) -> String {
    excerpt(&report.text)
}
