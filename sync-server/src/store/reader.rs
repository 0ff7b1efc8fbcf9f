//! Reads: a few threads, each with its own connection, take closures from one queue.
//!
//! A reading connection never leaves its thread, refuses to write, and shows one moment for the
//! whole closure. Nothing here waits for a writer: SQLite's WAL and PostgreSQL's snapshots see to
//! that. An answer waits for the disk when it may rest on what that hasn't taken yet ([`Disk`]);
//! the thread goes on meanwhile. Held by `tests/tests/store_contract.rs`.

use super::Address;
use super::buckets::Standing;
use super::disk::Disk;
use super::error::{Result, StoreError};
use super::rollups::Slot;
use super::tx::{Dialect, Driver, EntryNo, Row, Tx, Value, check};
use super::writer::Reply;
use shared::id::{AreaCode, Bucket};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

/// Reads that may wait; beyond it the answer is busy (503) instead of growing memory.
pub const READS_WAITING_MAX: usize = 10_000;
/// Answers that may wait for the disk, each with what was read: a page of a pull is 100 KB and more.
const ANSWERS_WAITING_MAX: usize = 500;

/// A read that waits, with its type of answer forgotten.
pub(super) trait Job: Send {
    fn run(self: Box<Self>, tx: Result<&mut dyn Tx>, disk: Option<&Disk>);
}

/// A read that waits.
pub(super) struct Look<F, T, E> {
    pub(super) look: F,
    pub(super) reply: Reply<Result<T, E>>,
}

impl<F, T, E> Job for Look<F, T, E>
where
    F: FnOnce(&mut dyn Tx) -> Result<T, E> + Send,
    T: Send + 'static,
    E: From<StoreError> + Send + 'static,
{
    fn run(self: Box<Self>, tx: Result<&mut dyn Tx>, disk: Option<&Disk>) {
        let Self { look, reply } = *self;
        let outcome = match tx {
            Ok(tx) => catch_unwind(AssertUnwindSafe(|| look(tx)))
                .unwrap_or_else(|_panic| Err(StoreError::Panicked.into())),
            Err(error) => Err(error.into()),
        };
        match disk.filter(|disk| !disk.is_quiet()) {
            None => reply.send(outcome),
            Some(disk) if disk.waiting() >= ANSWERS_WAITING_MAX => reply.send(Err(crowded())),
            Some(disk) => disk.tell(move |synced| {
                reply.send(match synced {
                    Ok(()) => outcome,
                    Err(error) => Err(error.into()),
                });
            }),
        }
    }
}

fn crowded<E: From<StoreError>>() -> E {
    StoreError::Busy(String::from("too many reads are waiting")).into()
}

/// The entrance and the threads behind it.
pub(super) struct Readers {
    pub(super) queue: SyncSender<Box<dyn Job>>,
    pub(super) threads: Vec<JoinHandle<()>>,
}

/// Starts the threads. They end when every sender is gone and the queue is empty.
pub(super) fn start(address: &Address, count: usize, disk: Option<&Arc<Disk>>) -> Result<Readers> {
    let (queue, waiting) = sync_channel(READS_WAITING_MAX);
    let waiting = Arc::new(Mutex::new(waiting));
    let thread = |_| {
        let (address, waiting) = (address.clone(), Arc::clone(&waiting));
        let disk = disk.cloned();
        std::thread::Builder::new()
            .name(String::from("store-reader"))
            .spawn(move || run(&address, &waiting, disk.as_deref()))
            .map_err(|error| StoreError::Busy(format!("could not start a reader: {error}")))
    };
    let threads = (0..count.max(1)).map(thread).collect::<Result<Vec<_>>>()?;
    Ok(Readers { queue, threads })
}

/// Puts a job into the queue, or answers it at once when it can't be taken.
pub(super) fn offer(queue: &SyncSender<Box<dyn Job>>, job: Box<dyn Job>) {
    match queue.try_send(job) {
        Ok(()) => {}
        Err(TrySendError::Full(job)) => job.run(Err(crowded()), None),
        Err(TrySendError::Disconnected(job)) => job.run(Err(StoreError::Closed), None),
    }
}

fn run(address: &Address, waiting: &Mutex<Receiver<Box<dyn Job>>>, disk: Option<&Disk>) {
    let mut connection: Option<Box<dyn Driver>> = None;
    loop {
        // The lock is held while waiting: the others wait for the lock instead, which is the same.
        let job = waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .recv();
        let Ok(job) = job else { return };
        match begun(address, connection.take()) {
            Ok(mut driver) => {
                let tx = &mut ReadTx {
                    driver: driver.as_mut(),
                    failed: None,
                };
                job.run(Ok(tx), disk);
                connection = driver.rollback().is_ok().then_some(driver);
            }
            Err(error) => {
                tracing::warn!(%error, "could not begin a read");
                job.run(Err(error), None);
            }
        }
    }
}

/// A transaction on the connection at hand, or on a new one when that was lost meanwhile.
fn begun(address: &Address, connection: Option<Box<dyn Driver>>) -> Result<Box<dyn Driver>> {
    if let Some(mut driver) = connection
        && driver.begin_read().is_ok()
    {
        return Ok(driver);
    }
    let mut driver = address.reader()?;
    driver.begin_read()?;
    Ok(driver)
}

struct ReadTx<'c> {
    driver: &'c mut dyn Driver,
    failed: Option<StoreError>,
}

impl Tx for ReadTx<'_> {
    fn query(&mut self, sql: &str, params: &[Value<'_>]) -> Result<Vec<Row>> {
        if let Some(error) = &self.failed {
            return Err(StoreError::Aborted(error.to_string()));
        }
        let outcome = check(params).and_then(|()| self.driver.query(sql, params));
        self.failed = outcome.as_ref().err().cloned();
        outcome
    }

    fn each(
        &mut self,
        sql: &str,
        params: &[Value<'_>],
        look: &mut dyn FnMut(&mut Row) -> Result<()>,
    ) -> Result<()> {
        if let Some(error) = &self.failed {
            return Err(StoreError::Aborted(error.to_string()));
        }
        let mut seen = Ok(());
        let mut go_on = |row: &mut Row| {
            seen = look(row);
            seen.is_ok()
        };
        let outcome = check(params).and_then(|()| self.driver.each(sql, params, &mut go_on));
        self.failed = outcome.as_ref().err().cloned();
        outcome.and(seen)
    }

    fn execute(&mut self, _sql: &str, _params: &[Value<'_>]) -> Result<u64> {
        Err(StoreError::ReadOnly)
    }

    fn dialect(&self) -> Dialect {
        self.driver.dialect()
    }

    fn next_seq(&mut self) -> Result<i64> {
        Err(StoreError::ReadOnly)
    }

    fn next_case_serial(&mut self, _: &str, _: i64) -> Result<(i64, i64)> {
        Err(StoreError::ReadOnly)
    }

    fn next_entry(&mut self) -> Result<EntryNo> {
        Err(StoreError::ReadOnly)
    }

    fn count_change(&mut self, _: (AreaCode, Bucket), _: Standing) -> Result<()> {
        Err(StoreError::ReadOnly)
    }

    fn add_up(&mut self, _: Slot, _: i64) -> Result<()> {
        Err(StoreError::ReadOnly)
    }

    fn savepoint(&mut self) -> Result<()> {
        Err(StoreError::ReadOnly)
    }

    fn release(&mut self) -> Result<()> {
        Err(StoreError::ReadOnly)
    }

    fn rollback(&mut self) -> Result<()> {
        Err(StoreError::ReadOnly)
    }
}
