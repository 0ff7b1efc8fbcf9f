//! Handhelds as the console sees them: codes that bind one, and what each owes.

use crate::id::{DeviceId, PersonId, Sha256};
use crate::time::Timestamp;
use crate::wire::sync::Room;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// `POST /v1/devices/codes`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NewCode {
    /// Who will carry the device.
    pub person: PersonId,
}

/// A one-time enrolment code, shown once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CodeAnswer {
    /// The code to type in.
    pub code: String,
    /// When it ends.
    pub expires_ms: Timestamp,
    /// SHA-256 of the certificate that the handheld pins; none where the system's roots judge it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<Sha256>,
}

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
    /// Photos that the server lost and of which it has only the previews left: owed by nobody.
    #[serde(default)]
    pub photos_gone: i64,
    /// How near it is to the rows that it may keep; given from four fifths on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room: Option<Room>,
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

/// `POST /v1/devices/{id}/lost`: marks a handheld as lost, or as found again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LostRequest {
    /// It is lost.
    pub lost: bool,
}
