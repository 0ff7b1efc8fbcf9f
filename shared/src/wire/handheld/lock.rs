//! How a handheld is locked, for its screens.

use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// How the handheld is locked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct LockView {
    /// A PIN is set.
    pub pin_set: bool,
    /// Nothing is shown until the PIN is given.
    pub locked: bool,
    /// When the next PIN may be tried, where some were wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_at: Option<Timestamp>,
    /// Minutes without a touch after which it locks.
    pub minutes: u32,
}
