//! A transaction that keeps its statements.

use rusqlite::{Connection, Params, Result, Row};
use std::ops::Deref;

/// Statements that a connection keeps planned: more than the store has, a few kilobytes each.
pub(super) const STATEMENTS_KEPT: usize = 160;

/// A transaction of the handheld's database. Each statement is planned when it is first used and
/// kept for as long as the database is open: planning them anew was a tenth of what the processor did
/// in the simulation.
#[derive(Debug)]
pub struct Transaction<'a>(pub(super) rusqlite::Transaction<'a>);

impl Transaction<'_> {
    /// Runs a statement; the number of rows it changed.
    ///
    /// # Errors
    /// Whatever SQLite says.
    pub fn execute(&self, sql: &str, params: impl Params) -> Result<usize> {
        self.0.prepare_cached(sql)?.execute(params)
    }

    /// Reads the first row of a query.
    ///
    /// # Errors
    /// Whatever SQLite says, [`rusqlite::Error::QueryReturnedNoRows`] when there is none.
    pub fn query_row<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnOnce(&Row<'_>) -> Result<T>,
    ) -> Result<T> {
        self.0.prepare_cached(sql)?.query_row(params, read)
    }
}

impl Deref for Transaction<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.0
    }
}
