//! What the screen shows beside a report: what was added to it, and the server's receipt.

use super::Problem;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// Where an addition stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AdditionStatus {
    /// 已存本机.
    OnDevice,
    /// 已送达: it stands in the course of the case.
    Accepted,
    /// 需要处理.
    NeedsAttention,
}

/// Something that was added to a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdditionView {
    /// `report.amend`, `report.withdraw`, `note.add`, `photo.add`, `case.verify`, `case.check` or
    /// `case.contest`.
    pub kind: String,
    /// What it says.
    pub words: String,
    /// Photos that came with it.
    pub photos: u32,
    /// When it was made.
    pub made: Timestamp,
    /// Where it stands.
    pub status: AdditionStatus,
    /// What the server said, for `NeedsAttention`.
    pub problem: Option<Problem>,
    /// What the server said to what it took: somebody was first, or the case had ended.
    #[serde(default)]
    pub said: Option<Problem>,
}

/// A receipt for the screen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiptView {
    /// The receipt as text, to be handed on.
    pub text: String,
    /// The same as a QR code, an address that an `img` shows.
    pub picture: String,
}
