//! The key that signs, the state of the archive, and what a check of a part of it found.

use crate::archive::{DayRoot, Finding};
use crate::signature::PublicKey;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// `GET /v1/archive`: how far the archive is sealed and signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ArchiveState {
    /// The newest signed days, the newest first, at most 31.
    pub days: Vec<DayRoot>,
    /// Entries of trails and audit so far.
    pub entries: i64,
    /// How many of them are sealed.
    pub sealed: i64,
}

/// Which part of a day a check goes on with.
#[derive(
    Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema, utoipa::IntoParams,
)]
pub struct CheckQuery {
    /// The day, as 20261124.
    #[serde(default)]
    pub day: i64,
    /// Where the part before ended; none for the beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<i64>,
}

/// What a check came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Check {
    /// Entries that were looked at.
    pub entries: u32,
    /// Photos that were read.
    #[serde(default)]
    pub photos: u32,
    /// What is wrong; nothing when it is good.
    pub findings: Vec<Finding>,
    /// Give this as `after` to go on; none at the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<i64>,
}

/// `GET /v1/receipts/key`: by what anybody checks a receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReceiptKeyAnswer {
    /// The public key in hex.
    pub key: PublicKey,
}
