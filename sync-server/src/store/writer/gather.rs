//! Which jobs go into the next commit, and how long it waits for them.

use super::{Ending, Job};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

/// Jobs in one commit: what waits behind a slow disk, but not so many that the last waits long.
pub const BATCH_JOBS_MAX: usize = 1_000;
/// Weight (operations, roughly) in one commit: about 60 ms of work, so that p99 stays near it.
pub const BATCH_WEIGHT_MAX: usize = 2_000;
/// A batch waits for company at most this part of the last commit: on a slow disk a second commit
/// saved is worth more than that, on a quick one it is nothing that anybody would notice.
const PATIENCE: u32 = 4;
/// It never waits longer, however long the last commit took.
pub(super) const PATIENCE_MAX: Duration = Duration::from_millis(5);
/// How often a batch that boards looks whether the disk has taken the one before: a small part of
/// the quickest sync.
const LOOK: Duration = Duration::from_micros(200);

/// The batch before: how many it held, and how long its commit took.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Before {
    pub(super) jobs: usize,
    pub(super) commit: Duration,
}

/// Jobs for one commit.
pub(super) struct Batch {
    pub(super) jobs: Vec<Box<dyn Job>>,
    weight: usize,
    /// Jobs that are worth waiting for: whoever was just answered is often about to ask again.
    expected: usize,
    /// How long they are waited for, in all.
    patience: Duration,
}

impl Batch {
    /// Waits for a job and takes what else is there; none when there will be no more.
    pub(super) fn gather(waiting: &Receiver<Box<dyn Job>>, before: Before) -> Option<Self> {
        let mut batch = Self {
            jobs: Vec::new(),
            weight: 0,
            expected: before.jobs,
            patience: (before.commit / PATIENCE).min(PATIENCE_MAX),
        };
        batch.extend(waiting.try_iter());
        if batch.jobs.is_empty() {
            batch.extend(waiting.recv());
            batch.extend(waiting.try_iter());
        } else {
            // Those of the batch before are not among what waited behind it.
            batch.expected = batch.expected.saturating_add(batch.jobs.len());
        }
        (!batch.jobs.is_empty()).then_some(batch)
    }

    /// Takes who came while the others were written. When nobody did, waits as long as the disk is
    /// taking the batch before, and a little for those of that one; whether there is anybody more.
    pub(super) fn more(&mut self, waiting: &Receiver<Box<dyn Job>>, ending: &Ending) -> bool {
        let written = self.jobs.len();
        self.extend(waiting.try_iter());
        while self.jobs.len() == written && !self.is_full() && ending.is_busy() {
            match waiting.recv_timeout(LOOK) {
                Ok(job) => self.extend([job]),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        if self.jobs.len() == written && written < self.expected && !self.is_full() {
            let begun = Instant::now();
            self.extend(waiting.recv_timeout(self.patience));
            self.patience = self.patience.saturating_sub(begun.elapsed());
        }
        self.jobs.len() > written
    }

    fn is_full(&self) -> bool {
        self.jobs.len() >= BATCH_JOBS_MAX || self.weight >= BATCH_WEIGHT_MAX
    }

    /// Takes jobs until it is full; the others stay where they are.
    fn extend(&mut self, jobs: impl IntoIterator<Item = Box<dyn Job>>) {
        let mut jobs = jobs.into_iter();
        while !self.is_full()
            && let Some(job) = jobs.next()
        {
            self.weight = self.weight.saturating_add(job.weight());
            self.jobs.push(job);
        }
    }
}
