//! What a statement answers: rows of cells, read by the position of their columns.

use crate::store::error::{Result, StoreError};
use shared::time::Timestamp;
use std::str::FromStr;

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

/// One row of an answer. Columns count from 0 in the order of the `SELECT`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    cells: Vec<Cell>,
    /// The cell that is column 0 at the moment.
    first: usize,
}

impl Row {
    /// A row from its cells; for the drivers.
    #[must_use]
    pub const fn new(cells: Vec<Cell>) -> Self {
        Self { cells, first: 0 }
    }

    /// The cells in order.
    #[must_use]
    pub fn cells(&self) -> &[Cell] {
        &self.cells
    }

    /// The cells, to be filled with what comes next; for the drivers.
    pub(in crate::store) fn cells_mut(&mut self) -> &mut [Cell] {
        &mut self.cells
    }

    /// Reads with columns that count from another one: a table behind others in a join.
    pub fn at<T>(&mut self, column: usize, read: impl FnOnce(&mut Self) -> T) -> T {
        let before = self.first;
        self.first = before.saturating_add(column);
        let told = read(self);
        self.first = before;
        told
    }

    fn cell(&self, column: usize) -> Option<&Cell> {
        self.cells.get(self.first.saturating_add(column))
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
        match self.cell(column) {
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
        match self.cell(column) {
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
        match self.cells.get_mut(self.first.saturating_add(column)) {
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
        match self.cell(column) {
            Some(Cell::Bytes(value)) => Ok(value),
            _ => Err(StoreError::Column {
                column,
                wanted: "bytes",
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;

    #[test]
    fn columns_may_count_from_another_one() {
        let cells = vec![Cell::Int(1), Cell::Text("a".into()), Cell::Null];
        let mut row = Row::new(cells);
        let told = row.at(1, |row| {
            (row.take_text(0).unwrap(), row.opt_int(1).unwrap())
        });
        assert_eq!(told, ("a".to_owned(), None));
        assert!(row.at(2, |row| row.opt_text(1).is_err()));
        assert_eq!(row.int(0).unwrap(), 1);
    }
}
