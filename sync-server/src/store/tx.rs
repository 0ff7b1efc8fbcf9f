//! The narrow seam: SQL text with `$1` placeholders, a small value, a row, a transaction.
//!
//! Everything in `store/<noun>.rs` is written once against [`Tx`]; the two drivers behind it are
//! `sqlite.rs` and `postgres.rs`. Nothing here knows a table, and nothing here decides a rule.
//! The contract in the docs of [`Tx`] is run on both backends by `tests/tests/store_contract.rs`.

mod row;
mod text;

pub use row::{Cell, Row};
pub(in crate::store) use text::{IDS_AT_ONCE, check, each_of, hex, limit, places};

use super::buckets::Standing;
use super::error::{Result, StoreError};
use super::rollups::Slot;
use shared::id::{
    AreaCode, Bucket, CaseId, CatalogueVersion, CategoryId, ConditionId, DeviceId, EventId, OpId,
    PersonId, PostId, ReportId, Sha256, UnitCode,
};
use shared::time::Timestamp;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use uuid::Uuid;

/// Which database is behind the seam. Every `match` on it is listed in `docs/STORAGE.md`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// SQLite in a file beside the server.
    Sqlite,
    /// PostgreSQL or something that speaks like it.
    Postgres,
}

/// A parameter. Borrowed, so that binding a row allocates nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value<'a> {
    /// SQL `NULL`.
    Null,
    /// `BIGINT`.
    Int(i64),
    /// `TEXT`.
    Text(&'a str),
    /// A UUID, stored as its lower-case hyphenated `TEXT`.
    Id(Uuid),
    /// A SHA-256, stored as 64 lower-case hex digits of `TEXT`.
    Hash(Sha256),
    /// Bytes.
    Bytes(&'a [u8]),
}

/// `params![id, &code, "text", at]` is an array of [`Value`]s for [`Tx::query`] and [`Tx::execute`].
#[macro_export]
macro_rules! params {
    ($($value:expr),* $(,)?) => {
        &[$($crate::store::tx::Value::from($value)),*]
    };
}

impl From<i64> for Value<'_> {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}
impl From<u32> for Value<'_> {
    fn from(value: u32) -> Self {
        Self::Int(i64::from(value))
    }
}
impl From<i32> for Value<'_> {
    fn from(value: i32) -> Self {
        Self::Int(i64::from(value))
    }
}
impl From<bool> for Value<'_> {
    fn from(value: bool) -> Self {
        Self::Int(i64::from(value))
    }
}
impl From<Timestamp> for Value<'_> {
    fn from(value: Timestamp) -> Self {
        Self::Int(value.0)
    }
}
impl From<Uuid> for Value<'_> {
    fn from(value: Uuid) -> Self {
        Self::Id(value)
    }
}
impl From<Sha256> for Value<'_> {
    fn from(value: Sha256) -> Self {
        Self::Hash(value)
    }
}
impl<'a> From<&'a str> for Value<'a> {
    fn from(value: &'a str) -> Self {
        Self::Text(value)
    }
}
impl<'a> From<&'a String> for Value<'a> {
    fn from(value: &'a String) -> Self {
        Self::Text(value)
    }
}
impl<'a> From<&'a [u8]> for Value<'a> {
    fn from(value: &'a [u8]) -> Self {
        Self::Bytes(value)
    }
}
impl<'a, T> From<Option<T>> for Value<'a>
where
    Value<'a>: From<T>,
{
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Value::from)
    }
}

macro_rules! uuid_values {
    ($($name:ident),*) => {$(
        impl From<$name> for Value<'_> {
            fn from(id: $name) -> Self {
                Self::Id(id.0)
            }
        }
    )*};
}
uuid_values!(ReportId, OpId, CaseId, EventId, PersonId, DeviceId, PostId);

macro_rules! code_values {
    ($($name:ident),*) => {$(
        impl<'a> From<&'a $name> for Value<'a> {
            fn from(code: &'a $name) -> Self {
                Self::Text(code.as_str())
            }
        }
    )*};
}
code_values!(
    AreaCode,
    UnitCode,
    CategoryId,
    ConditionId,
    CatalogueVersion,
    Bucket
);

impl<'a> From<&'a Cell> for Value<'a> {
    fn from(cell: &'a Cell) -> Self {
        match cell {
            Cell::Null => Self::Null,
            Cell::Int(number) => Self::Int(*number),
            Cell::Text(text) => Self::Text(text),
            Cell::Bytes(bytes) => Self::Bytes(bytes),
        }
    }
}

/// The place of an entry of a trail or of the audit in its district.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryNo {
    /// The district.
    pub district: Arc<str>,
    /// The number there.
    pub no: i64,
}

/// An open transaction, the same on both backends.
///
/// - SQL is the portable subset of `docs/STORAGE.md`; placeholders are `$1`, `$2`, … in any order,
///   each may be used several times, and `params` holds exactly as many values.
/// - A statement is prepared once for each connection and text.
/// - A text with U+0000 is refused with [`StoreError::Nul`] before it reaches a database.
/// - After a statement failed, every further one answers [`StoreError::Aborted`] until the
///   savepoint it ran in is rolled back (PostgreSQL's rule, kept on SQLite too).
/// - Numbers drawn since a savepoint are given back when it is rolled back; no committed row has
///   ever seen them.
/// - In a read, everything that would change something answers [`StoreError::ReadOnly`], and all
///   queries of one read see the same moment.
pub trait Tx {
    /// Runs a statement and collects its rows.
    ///
    /// # Errors
    /// Whatever the database says, as a [`StoreError`].
    fn query(&mut self, sql: &str, params: &[Value<'_>]) -> Result<Vec<Row>>;

    /// Runs a statement and shows its rows one after another without keeping them: what `look`
    /// takes out of a row stays, the rest makes room for the next. Its first error ends the look
    /// and is the answer. For pages whose rows are many and long.
    ///
    /// # Errors
    /// Whatever the database or `look` says, as a [`StoreError`].
    fn each(
        &mut self,
        sql: &str,
        params: &[Value<'_>],
        look: &mut dyn FnMut(&mut Row) -> Result<()>,
    ) -> Result<()> {
        self.query(sql, params)?.iter_mut().try_for_each(look)
    }

    /// Runs a statement without rows and says how many rows it changed.
    ///
    /// # Errors
    /// Whatever the database says, as a [`StoreError`].
    fn execute(&mut self, sql: &str, params: &[Value<'_>]) -> Result<u64>;

    /// Which database this is.
    fn dialect(&self) -> Dialect;

    /// The next number of this district's change sequence: higher than all that were committed.
    /// Whoever has seen a number has seen everything below it, because the district's writes run
    /// one after another.
    ///
    /// # Errors
    /// [`StoreError::ReadOnly`] in a read.
    fn next_seq(&mut self) -> Result<i64>;

    /// The next case serial of a day (`20261121`), from 1, as `(day, serial)`; `prefix` is what
    /// stands before the day in a case number. Should the clock have gone back by a day or two, the
    /// later day goes on; after one that was further ahead the day counts on behind its highest
    /// number. No number is given out twice.
    ///
    /// # Errors
    /// [`StoreError::ReadOnly`] in a read.
    fn next_case_serial(&mut self, prefix: &str, day: i64) -> Result<(i64, i64)>;

    /// The next number of the district's entries of trails and audit: from 1 without gaps, in the
    /// order in which they commit.
    ///
    /// # Errors
    /// [`StoreError::ReadOnly`] in a read.
    fn next_entry(&mut self) -> Result<EntryNo>;

    /// Counts a change of a bucket. It is written once for each bucket, before the commit: most of
    /// a batch concerns a few of them.
    ///
    /// # Errors
    /// [`StoreError::ReadOnly`] in a read.
    fn count_change(&mut self, bucket: (AreaCode, Bucket), change: Standing) -> Result<()>;

    /// Adds to what is counted by day. It is written once for each slot, before the commit, so a
    /// query of this very transaction doesn't see it.
    ///
    /// # Errors
    /// [`StoreError::ReadOnly`] in a read.
    fn add_up(&mut self, slot: Slot, n: i64) -> Result<()>;

    /// Opens a savepoint. Use [`nested`], which can't forget to close it.
    ///
    /// # Errors
    /// [`StoreError::Nesting`] when there are too many.
    fn savepoint(&mut self) -> Result<()>;

    /// Keeps what happened since the last savepoint.
    ///
    /// # Errors
    /// Whatever the database says.
    fn release(&mut self) -> Result<()>;

    /// Undoes what happened since the last savepoint, and forgets a failure there.
    ///
    /// # Errors
    /// Whatever the database says.
    fn rollback(&mut self) -> Result<()>;
}

/// Runs `work` in a savepoint of its own: kept on `Ok`, undone on `Err` and on a panic, without
/// touching what came before. One operation of a push, one line of an import.
///
/// Undoing is for what goes wrong, not for a usual way of saying no: the first time in a batch it
/// answers [`StoreError::Restart`], and the whole write runs again with savepoints. Whoever can see
/// beforehand that nothing is to be written should return that as an `Ok`.
///
/// # Errors
/// What `work` answers, or the store's own error (a panic is [`StoreError::Panicked`]).
pub fn nested<T, E: From<StoreError>>(
    tx: &mut dyn Tx,
    work: impl FnOnce(&mut dyn Tx) -> Result<T, E>,
) -> Result<T, E> {
    tx.savepoint()?;
    match catch_unwind(AssertUnwindSafe(|| work(tx))) {
        Ok(Ok(value)) => match tx.release() {
            Ok(()) => Ok(value),
            Err(error) => {
                tx.rollback()?;
                Err(error.into())
            }
        },
        Ok(Err(error)) => {
            tx.rollback()?;
            Err(error)
        }
        Err(_panic) => {
            tx.rollback()?;
            Err(StoreError::Panicked.into())
        }
    }
}

/// What a backend provides: one connection with one transaction at a time.
pub(super) trait Driver {
    fn dialect(&self) -> Dialect;
    fn query(&mut self, sql: &str, params: &[Value<'_>]) -> Result<Vec<Row>>;
    /// Shows the rows one after another for as long as `look` wants to see more.
    fn each(
        &mut self,
        sql: &str,
        params: &[Value<'_>],
        look: &mut dyn FnMut(&mut Row) -> bool,
    ) -> Result<()> {
        for row in &mut self.query(sql, params)? {
            if !look(row) {
                break;
            }
        }
        Ok(())
    }
    fn execute(&mut self, sql: &str, params: &[Value<'_>]) -> Result<u64>;
    /// Runs one of the fixed texts around statements: `SAVEPOINT s0`, `RELEASE …`.
    fn control(&mut self, sql: &'static str) -> Result<()>;
    /// Runs the text of a migration.
    fn script(&mut self, sql: &str) -> Result<()>;
    fn begin_write(&mut self) -> Result<()>;
    fn begin_read(&mut self) -> Result<()>;
    /// Makes it durable. A connection that breaks here gives [`StoreError::CommitUnknown`].
    fn commit(&mut self) -> Result<()>;
    /// Moves what was logged into the database when that has become much: between two commits.
    fn move_log(&mut self) -> Result<()> {
        Ok(())
    }
    /// The disk has failed: what was logged stays where it is, and the next start looks at each
    /// page's sum.
    fn leave_log(&mut self) {}
    fn rollback(&mut self) -> Result<()>;
    /// Whether the transaction that was begun is still open.
    fn is_open(&self) -> bool;
    fn has_table(&mut self, name: &str) -> Result<bool>;
}
