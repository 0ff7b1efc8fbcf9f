//! The façade's part of the sending queue: what is safe, what waits and why, and its rules.

use super::{App, lock};
use crate::cases::{queue_photo, report_row};
use crate::error::CoreError;
use crate::store::{self, metered, reports, settings};
use crate::sync::engine::held;
use shared::time::Timestamp;
use shared::wire::handheld::ReportStatus;
use shared::wire::queue::{NetworkKind, Queue, QueueRow, SendingRules};
use std::sync::atomic::Ordering;

/// Unfinished reports in the queue: more than anybody reads, and days of work without a network.
const UNFINISHED_MAX: u32 = 100;
/// Finished ones below them, so that the last number is seen.
const FINISHED_SHOWN: u32 = 5;

impl App {
    /// The sending queue.
    ///
    /// # Errors
    /// When the store fails.
    pub fn queue(&self, now: Timestamp) -> Result<Queue, CoreError> {
        let sync = self.sync_status()?;
        let mut tasks = self.tasks(None)?;
        tasks.retain(|task| task.done.is_some() && !task.standing.is_safe());
        let (is_sending, network) = (self.is_running(), *lock(&self.inner.network));
        let (rows, is_all_done, rules, held, metered_today) = self.store().read(|tx| {
            let mut standings = reports::unfinished(tx, UNFINISHED_MAX)?;
            let is_all_done = standings.is_empty();
            standings.extend(reports::finished(tx, FINISHED_SHOWN)?);
            let mut rows = Vec::with_capacity(standings.len());
            for standing in &standings {
                let photos = store::photos::of_report(tx, standing.report.id)?;
                rows.push(QueueRow {
                    row: report_row(standing, is_sending),
                    photos: photos.iter().map(queue_photo).collect(),
                });
            }
            Ok((
                rows,
                is_all_done,
                settings::sending_rules(tx)?,
                held(tx, network, false, now)?,
                metered::today(tx, now)?,
            ))
        })?;
        let measured = self.inner.bytes_per_s.load(Ordering::Relaxed);
        let bytes_per_s = (measured > 0).then_some(measured);
        let is_safe = |row: &QueueRow| {
            let done = [
                ReportStatus::Accepted,
                ReportStatus::Closed,
                ReportStatus::Settled,
            ]
            .contains(&row.row.status);
            done && row.row.photos.0 == row.row.photos.1
        };
        // Ticks of a round, notes to others' reports and photos of tasks stand in no row.
        let waits = sync.operations_waiting > 0 || sync.photos_waiting > 0;
        Ok(Queue {
            all_safe: is_all_done
                && !waits
                && tasks.is_empty()
                && !rows.is_empty()
                && rows.iter().all(is_safe),
            seconds_left: bytes_per_s.map(|speed| sync.bytes_waiting.div_ceil(speed)),
            rows,
            tasks,
            bytes_per_s,
            network,
            rules,
            held: held.filter(|_| sync.photos_waiting > 0),
            metered_today,
            stored: (self.stored_bytes(), self.inner.max_bytes),
            sync,
        })
    }

    /// Changes what photos may cost; looks again at once.
    ///
    /// # Errors
    /// When the store fails.
    pub fn set_sending_rules(&self, rules: SendingRules) -> Result<(), CoreError> {
        self.store()
            .write(|tx| settings::set_sending_rules(tx, rules).map_err(CoreError::from))?;
        self.wake_sync();
        Ok(())
    }

    /// Hears which network there is, and that it is worth a try.
    pub fn set_network(&self, network: NetworkKind) {
        *lock(&self.inner.network) = network;
        self.wake_sync();
    }
}
