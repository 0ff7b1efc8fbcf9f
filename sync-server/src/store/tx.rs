//! The narrow seam: SQL text with `$1` placeholders, a small value, a row, a transaction.
//!
//! Everything in `store/<noun>.rs` is written once against [`Tx`]; the two drivers behind it are
//! `sqlite.rs` and `postgres.rs`. Nothing here knows a table, and nothing here decides a rule.
//! The contract in the docs of [`Tx`] is run on both backends by `tests/tests/store_contract.rs`.

mod text;

pub(in crate::store) use text::{check, hex, limit, places};

use super::buckets::Standing;
use super::error::{Result, StoreError};
use super::rollups::Slot;
use shared::id::{
    AreaCode, Bucket, CaseId, CatalogueVersion, CategoryId, ConditionId, DeviceId, EventId, OpId,
    PersonId, PostId, ReportId, Sha256, UnitCode,
};
use shared::time::Timestamp;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::str::FromStr;
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

/// One value of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// SQL `NULL`.
    Null,
    /// `BIGINT`, and what SQL calls a boolean as 0 or 1.
    Int(i64),
    /// `TEXT`.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
}

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

/// One row of an answer. Columns count from 0 in the order of the `SELECT`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    cells: Vec<Cell>,
}

impl Row {
    /// A row from its cells; for the drivers.
    #[must_use]
    pub const fn new(cells: Vec<Cell>) -> Self {
        Self { cells }
    }

    /// The cells in order.
    #[must_use]
    pub fn cells(&self) -> &[Cell] {
        &self.cells
    }

    /// A whole number.
    ///
    /// # Errors
    /// [`StoreError::Column`] when the column is missing or holds something else, as for all getters.
    pub fn int(&self, column: usize) -> Result<i64> {
        self.opt_int(column)?.ok_or(StoreError::Column {
            column,
            wanted: "a number",
        })
    }

    /// A whole number or nothing.
    ///
    /// # Errors
    /// As [`Row::int`].
    pub fn opt_int(&self, column: usize) -> Result<Option<i64>> {
        match self.cells.get(column) {
            Some(Cell::Int(value)) => Ok(Some(*value)),
            Some(Cell::Null) => Ok(None),
            _ => Err(StoreError::Column {
                column,
                wanted: "a number",
            }),
        }
    }

    /// 0 or 1 as a boolean.
    ///
    /// # Errors
    /// As [`Row::int`].
    pub fn flag(&self, column: usize) -> Result<bool> {
        Ok(self.int(column)? != 0)
    }

    /// A moment.
    ///
    /// # Errors
    /// As [`Row::int`].
    pub fn time(&self, column: usize) -> Result<Timestamp> {
        self.int(column).map(Timestamp)
    }

    /// A moment or nothing.
    ///
    /// # Errors
    /// As [`Row::int`].
    pub fn opt_time(&self, column: usize) -> Result<Option<Timestamp>> {
        Ok(self.opt_int(column)?.map(Timestamp))
    }

    /// A text, borrowed.
    ///
    /// # Errors
    /// As [`Row::int`].
    pub fn text(&self, column: usize) -> Result<&str> {
        self.opt_text(column)?.ok_or(StoreError::Column {
            column,
            wanted: "a text",
        })
    }

    /// A text or nothing, borrowed.
    ///
    /// # Errors
    /// As [`Row::int`].
    pub fn opt_text(&self, column: usize) -> Result<Option<&str>> {
        match self.cells.get(column) {
            Some(Cell::Text(value)) => Ok(Some(value)),
            Some(Cell::Null) => Ok(None),
            _ => Err(StoreError::Column {
                column,
                wanted: "a text",
            }),
        }
    }

    /// A text, moved out of the row.
    ///
    /// # Errors
    /// As [`Row::int`].
    pub fn take_text(&mut self, column: usize) -> Result<String> {
        self.take_opt_text(column)?.ok_or(StoreError::Column {
            column,
            wanted: "a text",
        })
    }

    /// A text or nothing, moved out of the row.
    ///
    /// # Errors
    /// As [`Row::int`].
    pub fn take_opt_text(&mut self, column: usize) -> Result<Option<String>> {
        match self.cells.get_mut(column) {
            Some(Cell::Text(value)) => Ok(Some(std::mem::take(value))),
            Some(Cell::Null) => Ok(None),
            _ => Err(StoreError::Column {
                column,
                wanted: "a text",
            }),
        }
    }

    /// An id or a code, read from its text.
    ///
    /// # Errors
    /// As [`Row::int`].
    pub fn id<T: FromStr>(&self, column: usize) -> Result<T> {
        self.opt_id(column)?.ok_or(StoreError::Column {
            column,
            wanted: "an id",
        })
    }

    /// An id or a code or nothing.
    ///
    /// # Errors
    /// As [`Row::int`].
    pub fn opt_id<T: FromStr>(&self, column: usize) -> Result<Option<T>> {
        self.opt_text(column)?
            .map(|text| {
                text.parse().map_err(|_| StoreError::Column {
                    column,
                    wanted: "an id",
                })
            })
            .transpose()
    }

    /// A word that `parse` knows: a state, a role, a kind.
    ///
    /// # Errors
    /// As [`Row::int`].
    pub fn word<T>(&self, column: usize, parse: impl FnOnce(&str) -> Option<T>) -> Result<T> {
        parse(self.text(column)?).ok_or(StoreError::Column {
            column,
            wanted: "a known word",
        })
    }

    /// Bytes, borrowed.
    ///
    /// # Errors
    /// As [`Row::int`].
    pub fn bytes(&self, column: usize) -> Result<&[u8]> {
        match self.cells.get(column) {
            Some(Cell::Bytes(value)) => Ok(value),
            _ => Err(StoreError::Column {
                column,
                wanted: "bytes",
            }),
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

    /// The next case serial of a day (`20261121`), from 1, as `(day, serial)`. Should the clock
    /// have gone back, the later day goes on, so that no number is printed twice.
    ///
    /// # Errors
    /// [`StoreError::ReadOnly`] in a read.
    fn next_case_serial(&mut self, day: i64) -> Result<(i64, i64)>;

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
    fn execute(&mut self, sql: &str, params: &[Value<'_>]) -> Result<u64>;
    /// Runs one of the fixed texts around statements: `SAVEPOINT s0`, `RELEASE …`.
    fn control(&mut self, sql: &'static str) -> Result<()>;
    /// Runs the text of a migration.
    fn script(&mut self, sql: &str) -> Result<()>;
    fn begin_write(&mut self) -> Result<()>;
    fn begin_read(&mut self) -> Result<()>;
    /// Makes it durable. A connection that breaks here gives [`StoreError::CommitUnknown`].
    fn commit(&mut self) -> Result<()>;
    fn rollback(&mut self) -> Result<()>;
    /// Whether the transaction that was begun is still open.
    fn is_open(&self) -> bool;
    fn has_table(&mut self, name: &str) -> Result<bool>;
}
