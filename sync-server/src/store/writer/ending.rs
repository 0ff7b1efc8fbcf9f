//! How a batch ends: its commit, its answers once that is durable, and the log that is moved now and
//! then. Tests: `tests.rs`.

use super::Job;
use crate::store::disk::Disk;
use crate::store::error::{Result, StoreError};
use crate::store::tx::Driver;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How a commit becomes durable.
#[derive(Clone)]
pub(in crate::store) enum Ending {
    /// By itself; for measuring, after a pause.
    AtOnce(Duration),
    /// When the disk has taken it, which is waited for elsewhere.
    BySync(Arc<Disk>),
}

impl Ending {
    /// Starts whoever makes commits durable.
    pub(super) fn start(&self) -> Result<()> {
        match self {
            Self::AtOnce(_) => Ok(()),
            Self::BySync(disk) => disk.start(),
        }
    }

    /// Commits what the driver holds; how long that took.
    pub(super) fn commit(&self, driver: &mut dyn Driver) -> Result<Duration> {
        let begun = Instant::now();
        match self {
            Self::AtOnce(delay) => {
                if !delay.is_zero() {
                    std::thread::sleep(*delay);
                }
                driver.commit()?;
            }
            Self::BySync(disk) => {
                disk.begin()?;
                let outcome = driver.commit();
                disk.end();
                outcome?;
                match driver.move_log() {
                    Ok(()) => {}
                    // The log stays where it is until there is room.
                    Err(error @ (StoreError::Full(_) | StoreError::Busy(_))) => {
                        tracing::warn!(%error, "the log could not be moved into the database");
                    }
                    Err(error) => disk.fail(&StoreError::CommitUnknown(error.to_string())),
                }
            }
        }
        Ok(begun.elapsed())
    }

    /// Whether there is time to fill a batch, since the one before is on its way to the disk.
    pub(super) fn is_busy(&self) -> bool {
        matches!(self, Self::BySync(disk) if disk.is_busy())
    }

    /// Answers the jobs of a batch once what they rest on is durable. What failed rests on nothing.
    pub(super) fn tell(&self, jobs: Vec<Box<dyn Job>>, committed: Result<()>) {
        let answer = |outcome: Result<()>| {
            for job in jobs {
                job.answer(outcome.clone());
            }
        };
        match (self, committed) {
            (Self::BySync(disk), Ok(())) => disk.tell(answer),
            (_, committed) => answer(committed),
        }
    }

    /// How long the last sync took that wasn't part of its commit.
    pub(super) fn synced(&self) -> Duration {
        match self {
            Self::AtOnce(_) => Duration::ZERO,
            Self::BySync(disk) => disk.took(),
        }
    }

    /// Waits until all is durable; for whoever writes to leave.
    pub(super) fn close(&self, driver: Option<&mut Box<dyn Driver>>) {
        if let Self::BySync(disk) = self {
            disk.close();
            if let Some(driver) = driver.filter(|_| disk.has_failed()) {
                driver.leave_log();
            }
        }
    }
}
