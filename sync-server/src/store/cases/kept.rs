//! Cases as they lie in the table, page by page in order of ids, for whoever checks them.

use super::{CaseRow, from_row, row_limit, select_case};
use crate::params;
use crate::store::{Result, Row, Tx};
use std::collections::HashMap;

/// The columns that lists and moves don't need.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseExtras {
    /// The street of the grid.
    pub street: Option<String>,
    /// Its community.
    pub community: Option<String>,
    /// What it is searched by, in lower case.
    pub search: String,
    /// The routing decision, JSON.
    pub decision: String,
    /// Where it differs from the worker's preview, JSON.
    pub differs: String,
    /// What waits for somebody's answer.
    pub asked: Option<String>,
    /// The card that lies on it.
    pub card: Option<String>,
    /// The case that it was merged into.
    pub merged_into: Option<String>,
    /// The square in which it lies.
    pub cell: i64,
}

/// Cases after an id, in order: each id with its row, where that can be read.
///
/// # Errors
/// Whatever the database says, as for all functions of the store.
pub fn kept_after(
    tx: &mut dyn Tx,
    after: &str,
    limit: usize,
) -> Result<Vec<(String, Result<CaseRow>)>> {
    const SQL: &str = select_case!(
        "
        WHERE id > $1
        ORDER BY id
        LIMIT $2"
    );
    let kept = |row: &mut Row| Ok((row.text(0)?.to_owned(), from_row(row)));
    tx.query(SQL, params![after, row_limit(limit)])?
        .iter_mut()
        .map(kept)
        .collect()
}

/// What else stands in the rows of the cases after one id and up to another.
///
/// # Errors
/// As [`kept_after`].
pub fn extras_between(
    tx: &mut dyn Tx,
    after: &str,
    to: &str,
) -> Result<HashMap<String, CaseExtras>> {
    const SQL: &str = "
        SELECT id, street, community, search, decision, differs, asked, card, merged_into, cell
        FROM cases
        WHERE id > $1 AND id <= $2
        ORDER BY id";
    let extras = |row: &mut Row| {
        let extras = CaseExtras {
            street: row.take_opt_text(1)?,
            community: row.take_opt_text(2)?,
            search: row.take_text(3)?,
            decision: row.take_text(4)?,
            differs: row.take_text(5)?,
            asked: row.take_opt_text(6)?,
            card: row.take_opt_text(7)?,
            merged_into: row.take_opt_text(8)?,
            cell: row.int(9)?,
        };
        Ok((row.take_text(0)?, extras))
    };
    tx.query(SQL, params![after, to])?
        .iter_mut()
        .map(extras)
        .collect()
}

/// How many photos belong to each of those cases and how many of them have arrived.
///
/// # Errors
/// As [`kept_after`].
pub fn photo_counts_between(
    tx: &mut dyn Tx,
    after: &str,
    to: &str,
) -> Result<HashMap<String, (i64, i64)>> {
    const SQL: &str = "
        SELECT cases.id, count(report_photos.hash), count(photos.stored_ms)
        FROM cases
        JOIN report_photos ON report_photos.report = cases.report
        LEFT JOIN photos ON photos.hash = report_photos.hash
        WHERE cases.id > $1 AND cases.id <= $2
        GROUP BY cases.id
        ORDER BY cases.id";
    tx.query(SQL, params![after, to])?
        .iter_mut()
        .map(|row| Ok((row.take_text(0)?, (row.int(1)?, row.int(2)?))))
        .collect()
}
