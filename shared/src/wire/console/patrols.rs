//! Rounds and the ticks at their points, for the office of a place.

use crate::id::{AreaCode, CaseId};
use crate::patrol::Seen;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Ticks from one moment on and before another; the last day when both are left out.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PatrolQuery {
    /// Made at or after.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_ms: Option<i64>,
    /// Made before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to_ms: Option<i64>,
}

/// A round with what was seen at its points. Who went is not in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PatrolRow {
    /// Names the round in ticks.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// Whose round it is.
    pub area: AreaCode,
    /// Names from the street down to it.
    pub area_name: String,
    /// Its points, in the order to walk.
    pub points: Vec<PatrolPointRow>,
    /// Walked no more; shown while something of that time is there.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub retired: bool,
}

/// A point with what was seen there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PatrolPointRow {
    /// Names it within its round.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// The grid that it lies in; empty outside all of them.
    #[serde(default)]
    pub grid_name: String,
    /// What to look at.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub words: String,
    /// Ticks, newest first.
    pub marks: Vec<MarkEntry>,
    /// Cases of reports that were begun here, newest first, as far as the asker may read them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cases: Vec<PatrolCase>,
}

/// A case whose report was begun at a point.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PatrolCase {
    /// Identity.
    pub id: CaseId,
    /// Printed number.
    pub case_no: String,
    /// Name of its category.
    pub category_name: String,
    /// A name of the table of states.
    pub state: String,
    /// When the report was made.
    pub at_ms: Timestamp,
    /// How many photos it has.
    pub photos: i64,
}

/// A tick.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MarkEntry {
    /// When it was made.
    pub at_ms: Timestamp,
    /// What was seen.
    pub seen: Seen,
    /// In the worker's words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}
