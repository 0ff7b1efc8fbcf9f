//! Cases as they lie in the table, page by page in order of ids, for whoever checks them.

use super::{CaseRow, from_row, row_limit};
use crate::params;
use crate::store::reports::{self, ReportRow, report_columns};
use crate::store::{Result, Row, Tx};

/// A case as it lies in the table, with what belongs to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptCase {
    /// Its id, as text.
    pub id: String,
    /// Its row, where that can be read.
    pub row: Result<CaseRow>,
    /// The other columns, where they can be read.
    pub extras: Result<CaseExtras>,
    /// How many photos its report has and how many of them have arrived.
    pub photos: (i64, i64),
    /// The report that opened it, where that can be read; none when it isn't there.
    pub report: Option<Result<ReportRow>>,
    /// The subject of the report's operation; none when that isn't there.
    pub subject: Option<String>,
}

/// The columns that lists and moves don't need.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseExtras {
    /// What else it has been through, as text.
    pub life: String,
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

/// The last id of a full page of cases after an id; none when fewer are left.
///
/// # Errors
/// Whatever the database says, as for all functions of the store.
pub fn page_end(tx: &mut dyn Tx, after: &str, rows: usize) -> Result<Option<String>> {
    const SQL: &str = "
        SELECT id
        FROM cases
        WHERE id > $1
        ORDER BY id
        LIMIT $2";
    let (mut seen, mut last) = (0, None);
    tx.each(SQL, params![after, row_limit(rows)], &mut |row| {
        seen += 1;
        if seen == rows {
            last = Some(row.take_text(0)?);
        }
        Ok(())
    })?;
    Ok(last)
}

/// How many cases and entries of trails stand before or behind every page: where no id is.
///
/// # Errors
/// As [`page_end`].
pub fn count_outside(tx: &mut dyn Tx, last: &str) -> Result<i64> {
    // Each is one end of an index.
    const CASES_BEFORE: &str = "
        SELECT count(*)
        FROM cases
        WHERE id <= $1";
    const CASES_BEHIND: &str = "
        SELECT count(*)
        FROM cases
        WHERE id > $1";
    const EVENTS_BEFORE: &str = "
        SELECT count(*)
        FROM case_events
        WHERE case_id <= $1";
    const EVENTS_BEHIND: &str = "
        SELECT count(*)
        FROM case_events
        WHERE case_id > $1";
    let ends = [
        (CASES_BEFORE, ""),
        (CASES_BEHIND, last),
        (EVENTS_BEFORE, ""),
        (EVENTS_BEHIND, last),
    ];
    let mut outside = 0_i64;
    for (sql, end) in ends {
        let rows = tx.query(sql, params![end])?;
        let count = rows.first().map_or(Ok(0), |row| row.int(0))?;
        outside = outside.saturating_add(count);
    }
    Ok(outside)
}

/// The cases after one id and up to another, in order of ids.
///
/// # Errors
/// As [`page_end`]; what can't be read is said case by case.
pub fn kept_between(tx: &mut dyn Tx, after: &str, to: &str) -> Result<Vec<KeptCase>> {
    const SQL: &str = concat!(
        "
        SELECT cases.id, cases.district, cases.case_no, cases.report, cases.short_code,
            cases.revision, cases.state, cases.state_class, cases.lead_unit, cases.grid,
            cases.category, cases.excerpt, cases.lat_e7, cases.lon_e7, cases.reporter,
            cases.opened_ms, cases.dispatched_ms, cases.deadline_ms, cases.handled_ms,
            cases.closed_ms, cases.photos_expected, cases.photos_stored, cases.self_fixed,
            cases.solved_level, cases.life, cases.street, cases.community, cases.search,
            cases.decision, cases.differs, cases.asked, cases.card, cases.merged_into, cases.cell,
            (SELECT count(*) FROM report_photos WHERE report_photos.report = cases.report),
            (SELECT count(photos.stored_ms)
                FROM report_photos
                JOIN photos ON photos.hash = report_photos.hash
                WHERE report_photos.report = cases.report),
            operations.subject, ",
        report_columns!(),
        "
        FROM cases
        LEFT JOIN reports ON reports.id = cases.report
        LEFT JOIN operations ON operations.op_id = reports.op_id
        WHERE cases.id > $1 AND cases.id <= $2
        ORDER BY cases.id"
    );
    let mut found = Vec::new();
    tx.each(SQL, params![after, to], &mut |row| {
        found.push(kept(row)?);
        Ok(())
    })?;
    Ok(found)
}

fn kept(row: &mut Row) -> Result<KeptCase> {
    Ok(KeptCase {
        id: row.text(0)?.to_owned(),
        row: from_row(row),
        extras: extras(row),
        photos: (row.int(34)?, row.int(35)?),
        subject: row.take_opt_text(36)?,
        report: row.at(37, reports::joined_from_row),
    })
}

fn extras(row: &mut Row) -> Result<CaseExtras> {
    Ok(CaseExtras {
        life: row.take_text(24)?,
        street: row.take_opt_text(25)?,
        community: row.take_opt_text(26)?,
        search: row.take_text(27)?,
        decision: row.take_text(28)?,
        differs: row.take_text(29)?,
        asked: row.take_opt_text(30)?,
        card: row.take_opt_text(31)?,
        merged_into: row.take_opt_text(32)?,
        cell: row.int(33)?,
    })
}
