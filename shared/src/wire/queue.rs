//! The sending queue as the handheld's screen shows it: what is safe, what waits, why, how long.
//!
//! These values never leave the device, like those of [`super::handheld`].

use super::handheld::{Problem, ReportRow, SyncStatus, TaskRow};
use crate::report::PhotoRole;
use serde::{Deserialize, Serialize};

/// What the network costs, as far as the device knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum NetworkKind {
    /// The system doesn't say, as on a desktop: taken as free.
    #[default]
    Unknown,
    /// Wi-Fi or a cable.
    Free,
    /// Mobile data.
    Metered,
}

/// What a worker lets photos cost. Words and previews always go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct SendingRules {
    /// Photos only over Wi-Fi.
    pub wifi_only: bool,
    /// Megabytes of photos a day over mobile data; none without a cap.
    pub daily_cap_mb: Option<u32>,
}

/// Why photos wait although there is a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Held {
    /// For Wi-Fi.
    ForWifi,
    /// For tomorrow: today's mobile data is used up.
    ForTomorrow,
}

/// Where a photo stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PhotoStanding {
    /// Nothing of it has left.
    OnDevice,
    /// The server shows its preview.
    PreviewSent,
    /// Some of its bytes have arrived.
    Sending,
    /// All of it has arrived.
    Received,
    /// The server refused it several times.
    NeedsAttention,
}

/// A photo in the queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueuePhoto {
    /// Row on this device.
    pub id: i64,
    /// What it shows.
    pub role: PhotoRole,
    /// Size in bytes.
    pub bytes: u64,
    /// Bytes that have arrived.
    pub sent: u64,
    /// Where it stands.
    pub standing: PhotoStanding,
    /// What is wrong and what to do, for `NeedsAttention`.
    pub problem: Option<Problem>,
}

/// A report in the queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueRow {
    /// As in all lists, with its status and its problem.
    pub row: ReportRow,
    /// Its photos.
    pub photos: Vec<QueuePhoto>,
}

/// The queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Queue {
    /// What isn't safe yet, the oldest first, then what was safe last.
    pub rows: Vec<QueueRow>,
    /// Tasks done here that the server has not, or could not simply take.
    #[serde(default)]
    pub tasks: Vec<TaskRow>,
    /// Everything filed has arrived and has its number.
    pub all_safe: bool,
    /// Sync in one look.
    pub sync: SyncStatus,
    /// The measured speed in bytes a second, once photos have moved.
    pub bytes_per_s: Option<u64>,
    /// How long the waiting bytes take at that speed.
    pub seconds_left: Option<u64>,
    /// The network.
    pub network: NetworkKind,
    /// The rules.
    pub rules: SendingRules,
    /// Why photos wait, if they do.
    pub held: Option<Held>,
    /// Bytes of photos sent over mobile data today.
    pub metered_today: u64,
    /// Bytes that the handheld's data takes on the device, and may take.
    pub stored: (u64, u64),
}
