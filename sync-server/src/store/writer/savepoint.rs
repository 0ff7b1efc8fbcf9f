//! Savepoints inside one another: the job's, and those of its parts.

use crate::store::error::{Result, StoreError};

/// What is said to the database about one.
pub(super) struct Savepoint {
    pub(super) open: &'static str,
    pub(super) release: &'static str,
    pub(super) rollback: &'static str,
}

macro_rules! savepoint {
    ($name:literal) => {
        Savepoint {
            open: concat!("SAVEPOINT ", $name),
            release: concat!("RELEASE SAVEPOINT ", $name),
            rollback: concat!("ROLLBACK TO SAVEPOINT ", $name),
        }
    };
}

const SAVEPOINTS: [Savepoint; 5] = [
    savepoint!("s0"),
    savepoint!("s1"),
    savepoint!("s2"),
    savepoint!("s3"),
    savepoint!("s4"),
];

/// The savepoint inside so many others.
pub(super) fn level(depth: usize) -> Result<&'static Savepoint> {
    SAVEPOINTS.get(depth).ok_or(StoreError::Nesting)
}
