//! What can go wrong between a service and the database, in kinds a caller can choose by.
//!
//! The drivers map their own errors into these; nothing above the store sees a driver's type and
//! nobody matches on text. Held by `tests/tests/store_contract.rs` on both backends.

/// What the store answers with.
pub type Result<T, E = StoreError> = std::result::Result<T, E>;

/// Why the store could not do what was asked.
///
/// Cheap to clone: one failed commit is told to everyone who shared it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The address is neither `sqlite://…` nor `postgres://…`, or its rest could not be read.
    #[error("could not read the database address: {0}")]
    Address(String),
    /// There is no database there; only `init` makes one.
    #[error("there is no Gewu database at {0}; `gewu-server init` makes one")]
    Missing(String),
    /// `init` was asked for a place that already holds a database.
    #[error("there is already a Gewu database at {0}")]
    AlreadyThere(String),
    /// The tables are from an earlier program.
    #[error(
        "the database is at step {found} and this program needs {needed}; run `gewu-server migrate`"
    )]
    SchemaOld {
        /// Step the database stands on.
        found: i64,
        /// Step this program was written for.
        needed: i64,
    },
    /// The tables are from a later program; this one would damage them.
    #[error(
        "the database is at step {found} and this program only knows {needed}; use the newer program"
    )]
    SchemaNew {
        /// Step the database stands on.
        found: i64,
        /// Step this program was written for.
        needed: i64,
    },
    /// The database does not compare texts byte by byte, so lists would be cut in the wrong place.
    #[error("the database sorts by {0}; create it with LC_COLLATE 'C'")]
    Collation(String),
    /// A `PRIMARY KEY` or `UNIQUE` rule said no.
    #[error("the row is already there ({0})")]
    Conflict(String),
    /// A `FOREIGN KEY` said no.
    #[error("the row refers to one that is not there ({0})")]
    Dangling(String),
    /// A text held U+0000, which PostgreSQL cannot store and SQLite would cut at.
    #[error("a text holds the character U+0000")]
    Nul,
    /// The closure of a read tried to write or to draw a number.
    #[error("a read may not change anything")]
    ReadOnly,
    /// An earlier statement of this savepoint failed; only rolling it back helps.
    #[error("an earlier statement failed: {0}")]
    Aborted(String),
    /// Savepoints were nested deeper than the seam allows.
    #[error("savepoints are nested too deep")]
    Nesting,
    /// A column did not hold what the code expected.
    #[error("column {column} of the answer does not hold {wanted}")]
    Column {
        /// Position, from 0.
        column: usize,
        /// What was expected there.
        wanted: &'static str,
    },
    /// The closure panicked; its changes were rolled back.
    #[error("the work on the database panicked and was rolled back")]
    Panicked,
    /// Somebody else holds the lock, or the queue is full: try again in a moment.
    #[error("the database is busy: {0}")]
    Busy(String),
    /// The connection broke before the commit: nothing was kept.
    #[error("the connection to the database was lost: {0}")]
    Lost(String),
    /// The connection broke during the commit: it may or may not have been kept.
    #[error("the connection was lost during a commit, so its outcome is unknown: {0}")]
    CommitUnknown(String),
    /// The disk, or the quota on it, is full.
    #[error("the disk of the database is full: {0}")]
    Full(String),
    /// Something was to be undone in a batch that was begun without savepoints; the whole batch is
    /// run again with them. Nobody but a closure on its way out ever sees this.
    #[error("the write is run again with savepoints")]
    Restart,
    /// The store is closing down.
    #[error("the store is closed")]
    Closed,
    /// Anything else the database said.
    #[error("the database refused: {0}")]
    Database(String),
}

impl StoreError {
    /// Whether doing the same again in a moment may work, and is safe because nothing was kept.
    #[must_use]
    pub const fn is_retryable(&self) -> bool {
        matches!(self, Self::Busy(_) | Self::Lost(_))
    }

    /// Whether only the one statement failed, so that the rest of the batch can go on once the
    /// savepoint is rolled back.
    pub(super) const fn is_local(&self) -> bool {
        matches!(
            self,
            Self::Conflict(_)
                | Self::Dangling(_)
                | Self::Nul
                | Self::ReadOnly
                | Self::Aborted(_)
                | Self::Nesting
                | Self::Column { .. }
                | Self::Database(_)
        )
    }
}
