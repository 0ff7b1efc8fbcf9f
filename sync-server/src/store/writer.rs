//! Group commit: one thread per lane takes every write that waits into one durable transaction.
//!
//! A lane is the whole file on SQLite and one district on PostgreSQL, so the writes of a district
//! run one after another on both. The district's counter row is locked and read once for a batch
//! and written back once before the commit. Savepoints cost SQLite a copy of every page touched and
//! PostgreSQL two round trips, and are hardly ever needed: so a batch is begun without, and the
//! moment something in it has to be undone the whole batch is rolled back and run again with one
//! for each job and part. When the commit fails every job hears it; when the backend says busy or
//! the line broke before the commit, the whole batch is run again, a bounded number of times, here
//! and nowhere else. On SQLite a batch is run while the disk takes the one before (`disk.rs`), and
//! company boards as long as that lasts; whoever was just answered is waited for, at most as long
//! as a part of that sync; a client alone is committed at once.
//! Held by `tests/tests/store_contract.rs`.

mod counted;
mod ending;
mod gather;
mod savepoint;

use super::buckets::Standing;
use super::error::{Result, StoreError};
use super::rollups::Slot;
use super::tx::{Dialect, Driver, EntryNo, Row, Tx, Value, check};
use super::{Address, counters};
use counted::Counted;
pub(super) use ending::Ending;
pub use gather::{BATCH_JOBS_MAX, BATCH_WEIGHT_MAX};
use gather::{Batch, Before};
use savepoint::level;
use shared::id::{AreaCode, Bucket};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

/// Jobs that may wait in a lane; beyond it the answer is busy (503) instead of growing memory.
pub const QUEUE_JOBS_MAX: usize = 10_000;
/// How often a batch is run before its jobs hear that the database is busy or away.
const ATTEMPTS_MAX: u32 = 5;
/// Pause before the second attempt; doubles each time (10, 20, 40, 80 ms).
const RETRY_DELAY: Duration = Duration::from_millis(10);
/// A write that waits, with its type of answer forgotten.
pub(super) trait Job: Send {
    fn district(&self) -> &Arc<str>;
    fn weight(&self) -> usize;
    /// Runs the closure and keeps its answer; whether its changes are to be kept.
    fn run(&mut self, tx: &mut WriteTx<'_>) -> bool;
    /// Tells the caller: the kept answer when the batch was committed, else why it was not.
    fn answer(self: Box<Self>, committed: Result<()>);
}

/// A write that waits.
pub(super) struct Work<F, T, E> {
    pub(super) district: Arc<str>,
    pub(super) weight: usize,
    pub(super) work: F,
    pub(super) outcome: Option<Result<T, E>>,
    pub(super) reply: Reply<Result<T, E>>,
}

/// Where an answer goes: an async task or a plain thread.
pub(super) enum Reply<A> {
    Async(tokio::sync::oneshot::Sender<A>),
    Blocking(SyncSender<A>),
}

impl<A> Reply<A> {
    /// Sends the answer; whoever asked may have gone away, which changes nothing.
    pub(super) fn send(self, answer: A) {
        match self {
            Self::Async(sender) => drop(sender.send(answer)),
            Self::Blocking(sender) => drop(sender.try_send(answer)),
        }
    }
}

impl<F, T, E> Job for Work<F, T, E>
where
    F: FnMut(&mut dyn Tx) -> Result<T, E> + Send,
    T: Send,
    E: From<StoreError> + Send,
{
    fn district(&self) -> &Arc<str> {
        &self.district
    }

    fn weight(&self) -> usize {
        self.weight
    }

    fn run(&mut self, tx: &mut WriteTx<'_>) -> bool {
        let outcome = catch_unwind(AssertUnwindSafe(|| (self.work)(tx)));
        let outcome = match (outcome, tx.failure()) {
            (Err(_panic), _) => Err(StoreError::Panicked.into()),
            (Ok(Ok(_)), Some(failure)) => Err(failure.clone().into()),
            (Ok(outcome), _) => outcome,
        };
        let keep = outcome.is_ok();
        self.outcome = Some(outcome);
        keep
    }

    fn answer(self: Box<Self>, committed: Result<()>) {
        let Self { outcome, reply, .. } = *self;
        reply.send(match (committed, outcome) {
            (Ok(()), Some(outcome)) => outcome,
            (Ok(()), None) => Err(StoreError::Closed.into()),
            (Err(error), _) => Err(error.into()),
        });
    }
}

/// A lane's entrance and its thread.
pub(super) struct Lane {
    pub(super) queue: SyncSender<Box<dyn Job>>,
    pub(super) thread: JoinHandle<()>,
}

/// Starts the thread of a lane. It ends when every sender is gone and the queue is empty.
pub(super) fn start(address: Address, ending: Ending) -> Result<Lane> {
    let (queue, waiting) = sync_channel(QUEUE_JOBS_MAX);
    ending.start()?;
    let thread = std::thread::Builder::new()
        .name(String::from("store-writer"))
        .spawn(move || {
            let connection = None;
            let writer = Writer {
                address,
                ending,
                connection,
            };
            writer.run(&waiting);
        })
        .map_err(|error| StoreError::Busy(format!("could not start a writer: {error}")))?;
    Ok(Lane { queue, thread })
}

/// Puts a job into the queue of a lane, or answers it at once when it can't be taken.
pub(super) fn offer(queue: &SyncSender<Box<dyn Job>>, job: Box<dyn Job>) {
    match queue.try_send(job) {
        Ok(()) => {}
        Err(TrySendError::Full(job)) => {
            job.answer(Err(StoreError::Busy(String::from(
                "too many writes are waiting",
            ))));
        }
        Err(TrySendError::Disconnected(job)) => job.answer(Err(StoreError::Closed)),
    }
}

struct Writer {
    address: Address,
    ending: Ending,
    connection: Option<Box<dyn Driver>>,
}

impl Writer {
    fn run(mut self, waiting: &Receiver<Box<dyn Job>>) {
        let mut before = Before::default();
        while let Some(mut batch) = Batch::gather(waiting, before) {
            let committed = self.write(&mut batch, waiting);
            before = Before {
                jobs: batch.jobs.len(),
                commit: *committed.as_ref().unwrap_or(&Duration::ZERO) + self.ending.synced(),
            };
            self.ending.tell(batch.jobs, committed.map(drop));
        }
        self.ending.close(self.connection.as_mut());
    }

    /// The one place where a batch is tried again; how long its commit took.
    fn write(&mut self, batch: &mut Batch, waiting: &Receiver<Box<dyn Job>>) -> Result<Duration> {
        let mut delay = RETRY_DELAY;
        for attempt in 1.. {
            let error = match self.attempt(batch, waiting) {
                Ok(took) => return Ok(took),
                Err(error) => error,
            };
            let jobs = batch.jobs.len();
            if !error.is_retryable() || attempt == ATTEMPTS_MAX {
                tracing::error!(%error, jobs, attempt, "could not commit a batch");
                return Err(error);
            }
            tracing::warn!(%error, jobs, attempt, "a batch is tried again");
            std::thread::sleep(delay);
            delay *= 2;
        }
        Ok(Duration::ZERO)
    }

    fn attempt(&mut self, batch: &mut Batch, waiting: &Receiver<Box<dyn Job>>) -> Result<Duration> {
        let mut driver = match self.connection.take() {
            Some(driver) => driver,
            None => self.address.lane_writer()?,
        };
        let undo = Undo::ByRestart;
        let mut outcome = run(driver.as_mut(), batch, waiting, &self.ending, undo);
        if outcome == Err(StoreError::Restart) {
            let undo = Undo::BySavepoint;
            outcome = driver
                .rollback()
                .and_then(|()| run(driver.as_mut(), batch, waiting, &self.ending, undo));
        }
        let healthy = match &outcome {
            Ok(_) => true,
            Err(_) => driver.rollback().is_ok(),
        };
        // A connection that can't even roll back is dropped; the next attempt opens another.
        if healthy {
            self.connection = Some(driver);
        }
        outcome
    }
}

/// How a part of a batch can be undone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Undo {
    /// Not at all: [`StoreError::Restart`] ends the attempt.
    ByRestart,
    /// By a savepoint for each job and each part of it.
    BySavepoint,
}

/// One transaction: the jobs in order, counters written back once, one commit; how long that one
/// took.
fn run(
    driver: &mut dyn Driver,
    batch: &mut Batch,
    waiting: &Receiver<Box<dyn Job>>,
    ending: &Ending,
    undo: Undo,
) -> Result<Duration> {
    driver.begin_write()?;
    let mut tx = WriteTx::new(driver, undo);
    let (mut kept, mut at) = (false, 0);
    loop {
        // Others board as long as nothing had to be undone: what is run again is run as it was.
        let may_board = kept && undo == Undo::ByRestart;
        // A job that is alone needs no savepoint of its own: the transaction is its savepoint.
        let alone = batch.jobs.len() == 1;
        let Some(job) = batch.jobs.get_mut(at) else {
            if may_board && batch.more(waiting, ending) {
                continue;
            }
            break;
        };
        at += 1;
        tx.enter(job.district())?;
        if !alone {
            tx.savepoint()?;
        }
        let keep = job.run(&mut tx);
        if let Some(error) = &tx.broken {
            return Err(error.clone());
        }
        kept |= keep;
        if !alone {
            tx.close(keep)?;
        }
    }
    if !kept {
        return tx.driver.rollback().map(|()| Duration::ZERO);
    }
    tx.write_counts()?;
    ending.commit(tx.driver)
}

/// The numbers of one district, read when its first job of the batch begins.
#[derive(Clone)]
struct District {
    code: Arc<str>,
    stored: counters::Counter,
    now: counters::Counter,
}

/// What a rollback to a savepoint puts back.
struct Mark {
    counter: counters::Counter,
    /// Kept only where there is anything to roll back to.
    counts: Option<Counted>,
}

/// The transaction that the jobs of a batch share.
pub(super) struct WriteTx<'c> {
    driver: &'c mut dyn Driver,
    undo: Undo,
    districts: Vec<District>,
    current: usize,
    /// What was counted and isn't written yet.
    counts: Counted,
    /// How it stood at each open savepoint.
    marks: Vec<Mark>,
    /// The first failure since the savepoint that is still open.
    failed: Option<StoreError>,
    /// A failure of the whole transaction; no rollback to a savepoint cures it.
    broken: Option<StoreError>,
}

impl<'c> WriteTx<'c> {
    fn new(driver: &'c mut dyn Driver, undo: Undo) -> Self {
        Self {
            driver,
            undo,
            districts: Vec::new(),
            current: 0,
            counts: Counted::default(),
            marks: Vec::new(),
            failed: None,
            broken: None,
        }
    }

    fn failure(&self) -> Option<&StoreError> {
        self.broken.as_ref().or(self.failed.as_ref())
    }

    /// Turns to a district: locks and reads its counter row when the batch first meets it.
    fn enter(&mut self, district: &Arc<str>) -> Result<()> {
        if let Some(at) = self
            .districts
            .iter()
            .position(|known| known.code == *district)
        {
            self.current = at;
            return Ok(());
        }
        let stored = counters::lock(self.driver, district)?;
        self.current = self.districts.len();
        self.districts.push(District {
            code: Arc::clone(district),
            stored,
            now: stored,
        });
        Ok(())
    }

    /// Ends the job's savepoint, and with it any that the job left open.
    fn close(&mut self, keep: bool) -> Result<()> {
        if let Some(error) = &self.broken {
            return Err(error.clone());
        }
        self.marks.truncate(1);
        if keep {
            self.release()
        } else {
            self.rollback()
        }
    }

    /// Writes what was counted in memory.
    fn write_counts(&mut self) -> Result<()> {
        std::mem::take(&mut self.counts).write(self)?;
        for district in &self.districts {
            if district.now != district.stored {
                counters::write_back(self.driver, &district.code, district.now)?;
            }
        }
        Ok(())
    }

    fn counter(&mut self) -> Result<&mut counters::Counter> {
        let district = self.districts.get_mut(self.current);
        Ok(&mut district.ok_or(StoreError::ReadOnly)?.now)
    }

    fn ready(&self) -> Result<()> {
        match (&self.broken, &self.failed) {
            (Some(error), _) => Err(error.clone()),
            (None, Some(error)) => Err(StoreError::Aborted(error.to_string())),
            (None, None) => Ok(()),
        }
    }

    /// Remembers a failure: local ones until the savepoint is rolled back, others for good.
    fn note<A>(&mut self, outcome: Result<A>) -> Result<A> {
        if let Err(error) = &outcome {
            if error.is_local() && self.driver.is_open() {
                self.failed = Some(error.clone());
            } else {
                self.broken = Some(error.clone());
            }
        }
        outcome
    }

    /// Says something about savepoints to the database, if it is to know of them.
    fn control(&mut self, texts: &[&'static str]) -> Result<()> {
        if self.undo == Undo::ByRestart {
            return Ok(());
        }
        let outcome = texts.iter().try_for_each(|text| self.driver.control(text));
        self.note(outcome)
    }
}

impl Tx for WriteTx<'_> {
    fn query(&mut self, sql: &str, params: &[Value<'_>]) -> Result<Vec<Row>> {
        self.ready()?;
        let outcome = check(params).and_then(|()| self.driver.query(sql, params));
        self.note(outcome)
    }

    fn execute(&mut self, sql: &str, params: &[Value<'_>]) -> Result<u64> {
        self.ready()?;
        let outcome = check(params).and_then(|()| self.driver.execute(sql, params));
        self.note(outcome)
    }

    fn dialect(&self) -> Dialect {
        self.driver.dialect()
    }

    fn next_seq(&mut self) -> Result<i64> {
        let counter = self.counter()?;
        counter.seq += 1;
        Ok(counter.seq)
    }

    fn next_case_serial(&mut self, prefix: &str, day: i64) -> Result<(i64, i64)> {
        if self.counter()?.turns_to(day) {
            let highest = counters::highest_serial(self, prefix, day)?;
            self.counter()?.turn_to(day, highest);
        }
        let counter = self.counter()?;
        counter.case_serial += 1;
        Ok((counter.case_serial_day, counter.case_serial))
    }

    fn next_entry(&mut self) -> Result<EntryNo> {
        let district = self.districts.get_mut(self.current);
        let district = district.ok_or(StoreError::ReadOnly)?;
        district.now.entry_no += 1;
        Ok(EntryNo {
            district: Arc::clone(&district.code),
            no: district.now.entry_no,
        })
    }

    fn count_change(&mut self, bucket: (AreaCode, Bucket), change: Standing) -> Result<()> {
        self.counts.change(bucket, change);
        Ok(())
    }

    fn add_up(&mut self, slot: Slot, n: i64) -> Result<()> {
        self.counts.add_up(slot, n);
        Ok(())
    }

    fn savepoint(&mut self) -> Result<()> {
        self.ready()?;
        let level = level(self.marks.len())?;
        let mark = Mark {
            counter: *self.counter()?,
            counts: (self.undo == Undo::BySavepoint).then(|| self.counts.clone()),
        };
        self.control(&[level.open])?;
        self.marks.push(mark);
        Ok(())
    }

    fn release(&mut self) -> Result<()> {
        self.ready()?;
        let depth = self.marks.len().checked_sub(1).ok_or(StoreError::Nesting)?;
        self.control(&[level(depth)?.release])?;
        self.marks.truncate(depth);
        Ok(())
    }

    fn rollback(&mut self) -> Result<()> {
        if let Some(error) = &self.broken {
            return Err(error.clone());
        }
        if self.undo == Undo::ByRestart {
            return self.note(Err(StoreError::Restart));
        }
        let depth = self.marks.len().checked_sub(1).ok_or(StoreError::Nesting)?;
        let level = level(depth)?;
        self.control(&[level.rollback, level.release])?;
        if let Some(mark) = self.marks.pop() {
            *self.counter()? = mark.counter;
            self.counts = mark.counts.unwrap_or_default();
        }
        self.failed = None;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
