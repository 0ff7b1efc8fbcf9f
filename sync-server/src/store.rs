//! The store: open by URL, write, read, close. SQL once, two databases behind it.
//!
//! `Store::write(district, |tx| …)` runs a closure on the district's writer, which commits all
//! that wait together; `Store::read(|tx| …)` runs one on a reading connection. The closures are
//! plain and synchronous, call the functions of `store/<noun>.rs`, and never see a driver. The
//! store reads no clock, makes no id and decides no rule. How it works and the portable subset of
//! SQL: `docs/STORAGE.md`. Held by `tests/tests/store_contract.rs` on both backends.

mod disk;
mod error;
mod log;
pub mod tx;

mod postgres;
mod sqlite;

pub mod migrate;
mod options;
mod reader;
mod writer;

pub mod areas;
pub mod audit;
pub mod backup;
pub mod bindings;
pub mod buckets;
pub mod cases;
pub mod catalogue_drafts;
pub mod catalogues;
pub mod changes;
pub mod contacts;
pub mod counters;
pub mod devices;
pub mod dump;
pub mod events;
pub mod meta;
pub mod operations;
pub mod orders;
pub mod past_cases;
pub mod patrol_marks;
pub mod patrol_reports;
pub mod patrol_rounds;
pub mod people;
pub mod photos;
pub mod posts;
pub mod previews;
pub mod quarantine;
pub mod repeated;
pub mod reports;
pub mod rollups;
pub mod seals;
pub mod sessions;
pub mod units;
pub mod uploads;

pub use error::{Result, StoreError};
pub use options::StoreOptions;
pub use reader::READS_WAITING_MAX;
pub use tx::{Cell, Dialect, Row, Tx, Value, nested};
pub use writer::{BATCH_JOBS_MAX, BATCH_WEIGHT_MAX, QUEUE_JOBS_MAX};

use disk::Disk;
use shared::id::AreaCode;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;
use tx::Driver;
use writer::{Ending, Reply, Work};

/// Reading threads, each with a connection: enough for slow lists beside quick look-ups.
pub const READERS_DEFAULT: usize = 4;

/// Where the data is.
#[derive(Debug, Clone)]
enum Address {
    Sqlite(PathBuf),
    Postgres(Arc<str>),
    /// A SQLite file that is only looked at: a backup stays as it is.
    Still(PathBuf),
    /// A SQLite file for once: neither durable nor held by foreign keys.
    Scratch(PathBuf),
}

impl Address {
    fn parse(url: &str) -> Result<Self> {
        if let Some(path) = url.strip_prefix("sqlite://") {
            if path.is_empty() {
                return Err(StoreError::Address(String::from("sqlite:// names no file")));
            }
            return Ok(Self::Sqlite(PathBuf::from(path)));
        }
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return Ok(Self::Postgres(Arc::from(url)));
        }
        // The text itself is not repeated: it may hold a password.
        let wanted = "it begins with neither sqlite:// nor postgres://";
        Err(StoreError::Address(String::from(wanted)))
    }

    /// The place for messages, without user and password.
    fn place(&self) -> String {
        match self {
            Self::Sqlite(path) | Self::Still(path) | Self::Scratch(path) => {
                path.display().to_string()
            }
            Self::Postgres(url) => {
                // Neither what stands before the `@` nor the parameters: both may hold a password.
                let end = url.split('?').next().unwrap_or_default();
                let name = end.rsplit(['@', '/']).next().unwrap_or_default();
                format!("postgres://…/{name}")
            }
        }
    }

    /// The writer that serves a district: on SQLite one file has one writer.
    fn lane(&self, district: &Arc<str>) -> Arc<str> {
        match self {
            Self::Sqlite(_) | Self::Still(_) | Self::Scratch(_) => Arc::from(""),
            Self::Postgres(_) => Arc::clone(district),
        }
    }

    fn writer(&self) -> Result<Box<dyn Driver>> {
        Ok(match self {
            Self::Sqlite(path) => Box::new(sqlite::Sqlite::open(path, sqlite::Use::Write)?),
            Self::Scratch(path) => Box::new(sqlite::Sqlite::open(path, sqlite::Use::Scratch)?),
            Self::Still(_) => return Err(StoreError::ReadOnly),
            Self::Postgres(url) => Box::new(postgres::Postgres::open(url)?),
        })
    }

    /// The connection of a lane: on SQLite what it commits is synced by the store's disk.
    fn lane_writer(&self) -> Result<Box<dyn Driver>> {
        match self {
            Self::Sqlite(path) => Ok(Box::new(sqlite::Sqlite::open(path, sqlite::Use::Lane)?)),
            other => other.writer(),
        }
    }

    /// Who syncs what was committed, where the database doesn't see to that itself.
    fn disk(&self, delay: Duration) -> Option<Arc<Disk>> {
        let Self::Sqlite(path) = self else {
            return None;
        };
        let mut log = log::Log::of(path);
        Some(Disk::new(delay, move || log.sync()))
    }

    fn reader(&self) -> Result<Box<dyn Driver>> {
        Ok(match self {
            Self::Sqlite(path) | Self::Scratch(path) => {
                Box::new(sqlite::Sqlite::open(path, sqlite::Use::Read)?)
            }
            Self::Still(path) => Box::new(sqlite::Sqlite::open(path, sqlite::Use::Still)?),
            Self::Postgres(url) => Box::new(postgres::Postgres::open(url)?),
        })
    }

    fn create(&self) -> Result<Box<dyn Driver>> {
        Ok(match self {
            Self::Sqlite(path) | Self::Scratch(path) => Box::new(sqlite::Sqlite::create(path)?),
            Self::Still(_) => return Err(StoreError::ReadOnly),
            Self::Postgres(url) => Box::new(postgres::Postgres::create(url)?),
        })
    }
}

/// A database that is open. Cheap to clone; the last one to go lets the queues run dry.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Store")
            .field(&self.inner.address.place())
            .finish()
    }
}

struct Inner {
    address: Address,
    ending: Ending,
    halls: Mutex<Halls>,
}

/// The threads and the ways to them.
struct Halls {
    lanes: HashMap<Arc<str>, SyncSender<Box<dyn writer::Job>>>,
    /// None once the store is closed.
    reads: Option<SyncSender<Box<dyn reader::Job>>>,
    readers: Vec<JoinHandle<()>>,
    writers: Vec<JoinHandle<()>>,
}

impl Store {
    /// Opens a database that is there. See [`StoreOptions::open`].
    ///
    /// # Errors
    /// As [`StoreOptions::open`].
    pub fn open(url: &str) -> Result<Self> {
        StoreOptions::default().open(url)
    }

    /// Makes a database and opens it. See [`StoreOptions::create`].
    ///
    /// # Errors
    /// As [`StoreOptions::create`].
    pub fn create(url: &str) -> Result<Self> {
        StoreOptions::default().create(url)
    }

    /// Brings the tables of a database that is there up to this program; the steps taken.
    ///
    /// # Errors
    /// [`StoreError::Missing`], [`StoreError::SchemaNew`], or whatever the database says.
    pub fn migrate(url: &str) -> Result<Vec<&'static str>> {
        let address = Address::parse(url)?;
        apart(|| {
            let mut driver = address.writer()?;
            if migrate::found(driver.as_mut())?.is_none() {
                return Err(StoreError::Missing(address.place()));
            }
            migrate::climb(driver.as_mut())
        })
    }

    /// Which database this is, for health pages and logs.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        match self.inner.address {
            Address::Sqlite(_) | Address::Still(_) | Address::Scratch(_) => Dialect::Sqlite,
            Address::Postgres(_) => Dialect::Postgres,
        }
    }

    /// Runs a write of a district: kept and durable when this answers `Ok`, undone on `Err` or a
    /// panic. The closure may run again when the backend says busy, so it must not keep state of
    /// its own between runs. It goes on even if the caller stops waiting.
    ///
    /// # Errors
    /// What the closure answers, or the store's own error.
    pub async fn write<T, E>(
        &self,
        district: &AreaCode,
        work: impl FnMut(&mut dyn Tx) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        self.write_weighing(district, 1, work).await
    }

    /// As [`Store::write`] for a write of many parts: `weight` is how many operations it holds, so
    /// that a commit stays below [`BATCH_WEIGHT_MAX`].
    ///
    /// # Errors
    /// As [`Store::write`].
    pub async fn write_weighing<T, E>(
        &self,
        district: &AreaCode,
        weight: usize,
        work: impl FnMut(&mut dyn Tx) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (reply, answer) = tokio::sync::oneshot::channel();
        self.offer_write(district, weight, work, Reply::Async(reply));
        answer
            .await
            .unwrap_or_else(|_gone| Err(StoreError::Closed.into()))
    }

    /// As [`Store::write`] from a plain thread: commands and tests.
    ///
    /// # Errors
    /// As [`Store::write`].
    pub fn write_blocking<T, E>(
        &self,
        district: &AreaCode,
        work: impl FnMut(&mut dyn Tx) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (reply, answer) = sync_channel(1);
        self.offer_write(district, 1, work, Reply::Blocking(reply));
        answer
            .recv()
            .unwrap_or_else(|_gone| Err(StoreError::Closed.into()))
    }

    /// Runs a read: everything it sees is of one moment, and on the disk when this answers.
    ///
    /// # Errors
    /// What the closure answers, or the store's own error.
    pub async fn read<T, E>(
        &self,
        look: impl FnOnce(&mut dyn Tx) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (reply, answer) = tokio::sync::oneshot::channel();
        self.offer_read(look, Reply::Async(reply));
        answer
            .await
            .unwrap_or_else(|_gone| Err(StoreError::Closed.into()))
    }

    /// As [`Store::read`] from a plain thread: commands and tests.
    ///
    /// # Errors
    /// As [`Store::read`].
    pub fn read_blocking<T, E>(
        &self,
        look: impl FnOnce(&mut dyn Tx) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (reply, answer) = sync_channel(1);
        self.offer_read(look, Reply::Blocking(reply));
        answer
            .recv()
            .unwrap_or_else(|_gone| Err(StoreError::Closed.into()))
    }

    /// Whether the disk did not take something: nothing is answered any more until the program is
    /// started anew.
    #[must_use]
    pub fn has_failed(&self) -> bool {
        matches!(&self.inner.ending, Ending::BySync(disk) if disk.has_failed())
    }

    /// Takes no more work, lets everything that waits be committed and answered, and ends the
    /// threads.
    pub async fn close(&self) {
        let store = self.clone();
        drop(tokio::task::spawn_blocking(move || store.close_blocking()).await);
    }

    /// As [`Store::close`] from a plain thread.
    pub fn close_blocking(&self) {
        let readers = {
            let mut halls = self.halls();
            halls.reads = None;
            std::mem::take(&mut halls.readers)
        };
        join(readers);
        // The writer goes last and alone: of two connections to SQLite that close at one moment,
        // each takes the other for one that goes on, and the log stays beside the file.
        let writers = {
            let mut halls = self.halls();
            halls.lanes.clear();
            std::mem::take(&mut halls.writers)
        };
        join(writers);
    }

    fn offer_write<T, E>(
        &self,
        district: &AreaCode,
        weight: usize,
        work: impl FnMut(&mut dyn Tx) -> Result<T, E> + Send + 'static,
        reply: Reply<Result<T, E>>,
    ) where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let district: Arc<str> = Arc::from(district.as_str());
        match self.lane(&district) {
            Ok(queue) => {
                let job = Work {
                    district,
                    weight,
                    work,
                    outcome: None,
                    reply,
                };
                writer::offer(&queue, Box::new(job));
            }
            Err(error) => reply.send(Err(error.into())),
        }
    }

    fn offer_read<T, E>(
        &self,
        look: impl FnOnce(&mut dyn Tx) -> Result<T, E> + Send + 'static,
        reply: Reply<Result<T, E>>,
    ) where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let queue = self.halls().reads.clone();
        match queue {
            Some(queue) => reader::offer(&queue, Box::new(reader::Look { look, reply })),
            None => reply.send(Err(StoreError::Closed.into())),
        }
    }

    /// The way to the writer of a district, started when first needed.
    fn lane(&self, district: &Arc<str>) -> Result<SyncSender<Box<dyn writer::Job>>> {
        let mut halls = self.halls();
        if halls.reads.is_none() {
            return Err(StoreError::Closed);
        }
        let name = self.inner.address.lane(district);
        if let Some(queue) = halls.lanes.get(&name) {
            return Ok(queue.clone());
        }
        let lane = writer::start(self.inner.address.clone(), self.inner.ending.clone())?;
        halls.lanes.insert(name, lane.queue.clone());
        halls.writers.push(lane.thread);
        Ok(lane.queue)
    }

    fn halls(&self) -> MutexGuard<'_, Halls> {
        self.inner
            .halls
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

fn join(threads: Vec<JoinHandle<()>>) {
    for thread in threads {
        if thread.join().is_err() {
            tracing::error!("a thread of the store panicked");
        }
    }
}

/// Runs on a thread of its own: the PostgreSQL driver may not be used, nor dropped, inside an
/// async runtime, and `main` has one.
fn apart<T: Send>(work: impl FnOnce() -> Result<T> + Send) -> Result<T> {
    std::thread::scope(|scope| scope.spawn(work).join())
        .unwrap_or_else(|_panic| Err(StoreError::Panicked))
}
