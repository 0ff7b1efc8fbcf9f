//! The handheld's database: open, climb the ladder, write in one durable transaction.
//!
//! One SQLite file, encrypted by SQLCipher under the key of `vault`, in WAL mode with `synchronous=FULL`: what [`Store::write`] returned from has
//! reached the disk. One file below `store/` per table, with its SQL and its rows; rules live
//! elsewhere. Only this module and those below it know rusqlite. Nothing here ever deletes an
//! operation, a report or a photo that has not arrived at the server. Tests: `tests/store.rs`.

pub mod bundles;
pub mod cases;
pub mod cursors;
pub mod device;
pub mod drafts;
pub mod keys;
pub mod metered;
pub mod nearby;
pub mod outbox;
pub mod photos;
pub mod reports;
mod sealing;
pub mod settings;
pub mod tasks;
mod transaction;

use crate::vault::{self, Key, VaultError};
use rusqlite::{Connection, TransactionBehavior};
use std::path::{Path, PathBuf};
use std::time::Duration;

pub use transaction::Transaction;

/// Name of the database in the handheld's directory.
pub const FILE_NAME: &str = "gewu-handheld.db";

/// Bytes that the database may take unless the configuration says otherwise: some 4,000 photos,
/// and less than a quarter of the smallest phones in use.
pub const BYTES_LIMIT_DEFAULT: u64 = 2 * 1024 * 1024 * 1024;

/// What a photo must leave free: words, operations and the server's answers still fit when
/// photos no longer do.
pub const BYTES_RESERVED: u64 = 1024 * 1024;

/// How long a writer waits for another process on the same file (`gewu-field` beside the window).
const BUSY_WAIT: Duration = Duration::from_secs(10);

/// The ladder: step `n` lifts a file from version `n` to `n + 1`.
const MIGRATIONS: [&str; 11] = [
    include_str!("../../../migrations/device/0001_first_tables.sql"),
    include_str!("../../../migrations/device/0002_receipts_and_additions.sql"),
    include_str!("../../../migrations/device/0003_photo_sending.sql"),
    include_str!("../../../migrations/device/0004_newest_rows_first.sql"),
    include_str!("../../../migrations/device/0005_token_renewal.sql"),
    include_str!("../../../migrations/device/0006_similar_nearby.sql"),
    include_str!("../../../migrations/device/0007_tasks.sql"),
    include_str!("../../../migrations/device/0008_photos_safe.sql"),
    include_str!("../../../migrations/device/0009_open_cases.sql"),
    include_str!("../../../migrations/device/0010_ticks_by_day.sql"),
    include_str!("../../../migrations/device/0011_own_cases_asked.sql"),
];

/// What a photo must leave free on the disk: the phone itself needs room to work.
pub const DISK_BYTES_RESERVED: u64 = 64 * 1024 * 1024;

/// How the store is opened.
#[derive(Debug, Clone, Copy)]
pub struct Config {
    /// Bytes that the database may take.
    pub max_bytes: u64,
    /// Bytes that are free on the disk of a directory; none where the system doesn't say.
    pub disk_free: fn(&Path) -> Option<u64>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            max_bytes: BYTES_LIMIT_DEFAULT,
            disk_free,
        }
    }
}

/// Files and folders that this program makes from now on are for its user alone, where the system
/// knows users. To be called first, while there is one thread.
pub fn keep_private() {
    #[cfg(unix)]
    rustix::process::umask(rustix::fs::Mode::RWXG | rustix::fs::Mode::RWXO);
}

#[cfg(unix)]
fn disk_free(directory: &Path) -> Option<u64> {
    let disk = rustix::fs::statvfs(directory).ok()?;
    Some(disk.f_bavail.saturating_mul(disk.f_frsize))
}

#[cfg(not(unix))]
const fn disk_free(_directory: &Path) -> Option<u64> {
    None
}

/// Why the store could not do it. Nothing was changed then.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The quota or the disk is full.
    #[error("no space left for the handheld's data")]
    Full,
    /// The file was written by a later version of the app.
    #[error("the data has version {found}, this app knows up to {known}")]
    TooNew {
        /// Version of the file.
        found: i64,
        /// Newest version known here.
        known: i64,
    },
    /// A stored value can't be read back: the file is damaged or was written by something else.
    #[error("could not read stored {what}: {problem}")]
    Unreadable {
        /// Which value.
        what: &'static str,
        /// What is wrong with it.
        problem: String,
    },
    /// The row isn't there (any more).
    #[error("there is no such {0}")]
    Missing(&'static str),
    /// The key of the database can't be had.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// Everything else that SQLite says.
    #[error("could not use the handheld's database: {0}")]
    Sqlite(rusqlite::Error),
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::DiskFull) => Self::Full,
            _ => Self::Sqlite(error),
        }
    }
}

/// The open database.
#[derive(Debug)]
pub struct Store {
    db: Connection,
    directory: PathBuf,
    config: Config,
}

impl Store {
    /// Opens the database of a handheld without a PIN, making an empty one at the first start.
    ///
    /// # Errors
    /// When the file can't be opened, was written by a later version, or a PIN is set.
    pub fn open(directory: &Path, config: Config) -> Result<Self, StoreError> {
        sealing::refuse_without_its_key(directory)?;
        Self::open_with(directory, config, &vault::key(directory)?)
    }

    /// Opens the database of a handheld with its key. One of an earlier version is encrypted first.
    ///
    /// # Errors
    /// When the file can't be opened, was written by a later version, or has another key.
    pub fn open_with(directory: &Path, config: Config, key: &Key) -> Result<Self, StoreError> {
        let file = directory.join(FILE_NAME);
        let turn = vault::turn(directory)?;
        sealing::seal_if_plain(directory, &file, key)?;
        let mut db = sealing::connect(&file, key)?;
        drop(turn);
        db.busy_timeout(BUSY_WAIT)?;
        db.pragma_update(None, "journal_mode", "WAL")?;
        db.pragma_update(None, "synchronous", "FULL")?;
        db.pragma_update(None, "foreign_keys", "ON")?;
        // Zero would mean no limit at all.
        let pages = i64::try_from(config.max_bytes).unwrap_or(i64::MAX) / sealing::page_bytes(&db)?;
        let pages = pages.max(1);
        db.pragma_update(None, "max_page_count", pages)?;
        db.set_prepared_statement_cache_capacity(transaction::STATEMENTS_KEPT);
        climb(&mut db)?;
        Ok(Self {
            db,
            directory: directory.to_owned(),
            config,
        })
    }

    /// Reads in one consistent view.
    ///
    /// # Errors
    /// Whatever the closure says, or SQLite.
    pub fn read<T>(
        &mut self,
        read: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let tx = self
            .db
            .transaction_with_behavior(TransactionBehavior::Deferred)?;
        read(&Transaction(tx))
    }

    /// Writes in one transaction: durable when this returns `Ok`, and nothing at all otherwise.
    ///
    /// # Errors
    /// Whatever the closure says, or SQLite; [`StoreError::Full`] when it doesn't fit.
    pub fn write<T, E: From<StoreError>>(
        &mut self,
        write: impl FnOnce(&Transaction<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let tx = self
            .db
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(StoreError::from)?;
        let tx = Transaction(tx);
        let outcome = write(&tx)?;
        tx.0.commit().map_err(StoreError::from)?;
        Ok(outcome)
    }

    /// Whether this many more bytes of photo fit, in the quota and on the disk, without touching
    /// what is reserved for words.
    ///
    /// # Errors
    /// When SQLite can't say how large the file is.
    pub fn has_room_for(&self, bytes: u64) -> Result<bool, StoreError> {
        let free = (self.config.disk_free)(&self.directory);
        if free.is_some_and(|free| free < bytes.saturating_add(DISK_BYTES_RESERVED)) {
            return Ok(false);
        }
        let number = |name| {
            self.db
                .pragma_query_value(None, name, |row| row.get::<_, i64>(0))
        };
        let used_pages = number("page_count")?.saturating_sub(number("freelist_count")?);
        let used = used_pages.saturating_mul(sealing::page_bytes(&self.db)?);
        let used = u64::try_from(used).unwrap_or(0);
        Ok(used.saturating_add(bytes).saturating_add(BYTES_RESERVED) <= self.config.max_bytes)
    }
}

fn climb(db: &mut Connection) -> Result<(), StoreError> {
    let known = count(MIGRATIONS.len());
    loop {
        let tx = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let found: i64 = tx.pragma_query_value(None, "user_version", |row| row.get(0))?;
        if found > known {
            return Err(StoreError::TooNew { found, known });
        }
        let step = usize::try_from(found)
            .ok()
            .and_then(|at| MIGRATIONS.get(at));
        let Some(sql) = step else { return Ok(()) };
        tx.execute_batch(sql)?;
        tx.pragma_update(None, "user_version", found + 1)?;
        tx.commit()?;
    }
}

/// A stored JSON value.
fn from_json<T: serde::de::DeserializeOwned>(
    what: &'static str,
    text: &str,
) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|error| StoreError::Unreadable {
        what,
        problem: error.to_string(),
    })
}

fn to_json<T: serde::Serialize>(what: &'static str, value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::Unreadable {
        what,
        problem: error.to_string(),
    })
}

/// A stored id or code.
fn parse<T: std::str::FromStr>(what: &'static str, text: &str) -> Result<T, StoreError>
where
    T::Err: std::fmt::Display,
{
    text.parse()
        .map_err(|error: T::Err| StoreError::Unreadable {
            what,
            problem: error.to_string(),
        })
}

/// SQLite's integers are signed; sizes and counts here are far below their end.
fn count(value: impl TryInto<i64>) -> i64 {
    value.try_into().unwrap_or(i64::MAX)
}

fn uncount<T: TryFrom<i64> + Default>(value: i64) -> T {
    T::try_from(value).unwrap_or_default()
}
