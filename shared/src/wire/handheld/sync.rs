//! Sync as the handheld's screens show it.

use super::Problem;
use crate::time::Timestamp;
use crate::wire::sync::Room;
use serde::{Deserialize, Serialize};

/// What sync is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SyncState {
    /// Not bound to a server yet.
    NotEnrolled,
    /// Nothing to do; everything filed has arrived.
    AllSent,
    /// At work now.
    Running,
    /// Something waits for its turn or the network.
    Waiting,
    /// The server doesn't accept the device's token: bind again. Filing goes on.
    Paused,
}

/// Sync in one look.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncStatus {
    /// What it is doing.
    pub state: SyncState,
    /// Reports that wait on the device.
    pub operations_waiting: u32,
    /// Photos that wait on the device.
    pub photos_waiting: u32,
    /// Their bytes that are still to go.
    pub bytes_waiting: u64,
    /// Last round that ended well.
    pub last_success: Option<Timestamp>,
    /// When the next attempt is due, after a failed one.
    pub next_attempt: Option<Timestamp>,
    /// Why the last attempt failed.
    pub problem: Option<Problem>,
    /// How near the cases that come down are to what a handheld keeps; given from four fifths on.
    #[serde(default)]
    pub room: Option<Room>,
}

/// What a round of sync did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct SyncReport {
    /// Operations that the server has now.
    pub operations_sent: u32,
    /// Of them, those kept for a person.
    pub quarantined: u32,
    /// Photos that the server has now.
    pub photos_sent: u32,
    /// Rows of cases taken in.
    pub rows_pulled: u32,
    /// Whether a new catalogue or new areas came.
    pub catalogue_changed: bool,
    /// Why the round ended early.
    pub problem: Option<Problem>,
}
