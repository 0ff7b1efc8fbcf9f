//! What the list of handhelds says of each.

use crate::id::DeviceId;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Sync state of a device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DeviceRow {
    /// Identity.
    pub id: DeviceId,
    /// Its name.
    pub name: String,
    /// Its platform.
    pub platform: String,
    /// Its app.
    pub app_version: String,
    /// Who carries it.
    pub person_name: String,
    /// Last contact.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_seen_ms: Option<Timestamp>,
    /// Operations it says it made.
    pub made: i64,
    /// Operations received without a gap.
    pub high_water: i64,
    /// Operations received in all.
    pub received: i64,
    /// Photos announced by it and not yet here.
    pub photos_owed: i64,
    /// Numbers that are not here yet as `[from, to]`, the lowest first, at most 20 ranges.
    #[serde(default)]
    pub gaps: Vec<(i64, i64)>,
    /// Since when it has owed operations without a break, by the server's clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owed_since_ms: Option<Timestamp>,
    /// When the oldest photo that it owes was announced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub photos_owed_since_ms: Option<Timestamp>,
    /// Since when it is marked as lost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lost_ms: Option<Timestamp>,
}

impl DeviceRow {
    /// Whether anything that it made is not here.
    #[must_use]
    pub fn owes(&self) -> bool {
        self.made > self.high_water || self.photos_owed > 0
    }

    /// Since when it has owed the oldest thing.
    #[must_use]
    pub fn oldest_owed(&self) -> Option<Timestamp> {
        let both = [self.owed_since_ms, self.photos_owed_since_ms];
        both.into_iter().flatten().min()
    }
}
