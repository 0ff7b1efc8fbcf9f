//! 附近已有相似事件: what the handheld asks before filing, and what the worker answers.

use crate::id::ReportId;
use crate::similar::Likeness;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// An open case or an own report nearby that may be the same thing as a draft.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SimilarView {
    /// The report that it is, or that opened it: what `same_as` names.
    pub report: ReportId,
    /// Its printed number, or the code by which the worker knows it until it has one.
    pub code: String,
    /// Name of its category.
    pub category_name: String,
    /// Beginning of its text.
    pub excerpt: String,
    /// Name of the case's state; none while it waits on this device.
    pub state: Option<String>,
    /// When it was seen.
    pub seen: Timestamp,
    /// Whether the worker filed it.
    pub mine: bool,
    /// Preview of its first photo, where that is on this device.
    pub preview: Option<String>,
    /// How it compares, and why.
    pub likeness: Likeness,
}

/// What the worker said to that question.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SimilarAnswer {
    /// 是同一件: this report.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub same_as: Option<ReportId>,
    /// 不是: these were looked at and are other things; they are not asked about again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub different: Vec<ReportId>,
}
