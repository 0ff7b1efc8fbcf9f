//! Rounds for the screen (巡查).

use super::AdditionStatus;
use crate::patrol::Seen;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// A round in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PatrolCard {
    /// Names it in calls.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// Names from the street down to its place.
    pub place: String,
    /// Points ticked here today, and points in all.
    pub ticked: (u32, u32),
}

/// A round with its points.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PatrolView {
    /// As in the list.
    pub card: PatrolCard,
    /// Its points, in the order to walk.
    pub points: Vec<PatrolPointView>,
}

/// A point of a round.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PatrolPointView {
    /// Names it in calls.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// What to look at.
    pub words: String,
    /// Degrees north and east, WGS-84.
    pub at: (f64, f64),
    /// Today's newest tick on this handheld.
    pub mark: Option<MarkView>,
}

/// A tick on this handheld.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MarkView {
    /// When.
    pub made: Timestamp,
    /// What was seen.
    pub seen: Seen,
    /// In the worker's words.
    pub note: String,
    /// Whether the server has it.
    pub status: AdditionStatus,
}
