//! The texts of the savepoints that a batch may open inside one another.

use crate::store::error::{Result, StoreError};

macro_rules! savepoint {
    ($name:literal) => {
        Savepoint {
            open: concat!("SAVEPOINT ", $name),
            release: concat!("RELEASE SAVEPOINT ", $name),
            rollback: concat!("ROLLBACK TO SAVEPOINT ", $name),
        }
    };
}

/// Savepoints inside one another: the job's, and those of its parts.
const SAVEPOINTS: [Savepoint; 5] = [
    savepoint!("s0"),
    savepoint!("s1"),
    savepoint!("s2"),
    savepoint!("s3"),
    savepoint!("s4"),
];

/// The texts of one.
pub(super) struct Savepoint {
    pub(super) open: &'static str,
    pub(super) release: &'static str,
    pub(super) rollback: &'static str,
}

/// The savepoint at a depth, from 0.
pub(super) fn level(depth: usize) -> Result<&'static Savepoint> {
    SAVEPOINTS.get(depth).ok_or(StoreError::Nesting)
}
