//! What lies near a place: open cases of the mirror, and own reports that aren't cases yet. Read
//! by their indexes of places, so that a mirror of thousands costs no more than what is near.
//! Tests: `tests/similar.rs`.

use super::{StoreError, Transaction, cases, from_json, parse};
use rusqlite::{OptionalExtension, params};
use shared::id::ReportId;
use shared::report::FiledReport;
use shared::similar::{Bounds, PerceptualHash};
use shared::wire::sync::CaseState;

/// Open cases in a box; `is_open = 1` lets the partial index of open ones be used.
pub const OPEN_CASES: &str = "
    SELECT doc
    FROM cases
    WHERE is_open = 1 AND lat_e7 >= ?1 AND lat_e7 <= ?2 AND lon_e7 >= ?3 AND lon_e7 <= ?4
    ORDER BY id DESC
    LIMIT ?5";

/// Own reports in a box that are no cases here and weren't taken back.
pub const OWN_REPORTS: &str = "
    SELECT r.id, r.short_code, r.category_name, r.filed
    FROM reports r
    WHERE r.lat_e7 >= ?1 AND r.lat_e7 <= ?2 AND r.lon_e7 >= ?3 AND r.lon_e7 <= ?4
        AND NOT EXISTS (SELECT 1 FROM cases c WHERE c.report_id = r.id)
        AND NOT EXISTS (SELECT 1 FROM operations o
            WHERE o.subject = r.id AND o.kind = 'report.withdraw')
    ORDER BY r.id DESC
    LIMIT ?5";

/// An own report that isn't a case yet.
#[derive(Debug, Clone, PartialEq)]
pub struct OwnReport {
    /// Identity.
    pub id: ReportId,
    /// Code by which the worker knows it.
    pub short_code: String,
    /// Name of its category.
    pub category_name: String,
    /// What was filed.
    pub filed: FiledReport,
}

/// The newest open cases in a box.
pub fn open_cases(
    tx: &Transaction<'_>,
    bounds: &Bounds,
    limit: u32,
) -> Result<Vec<CaseState>, StoreError> {
    let mut statement = tx.prepare_cached(OPEN_CASES)?;
    let rows = statement.query_map(
        params![
            bounds.south_e7,
            bounds.north_e7,
            bounds.west_e7,
            bounds.east_e7,
            limit
        ],
        |row| row.get::<_, String>(0),
    )?;
    let mut cases = Vec::new();
    for row in rows {
        // A later server may send a shape that this app can't read; the others are compared.
        cases.extend(serde_json::from_str::<CaseState>(&row?).ok());
    }
    Ok(cases)
}

/// The newest own reports in a box that aren't cases here.
pub fn own_reports(
    tx: &Transaction<'_>,
    bounds: &Bounds,
    limit: u32,
) -> Result<Vec<OwnReport>, StoreError> {
    let mut statement = tx.prepare_cached(OWN_REPORTS)?;
    let mut rows = statement.query(params![
        bounds.south_e7,
        bounds.north_e7,
        bounds.west_e7,
        bounds.east_e7,
        limit
    ])?;
    let mut reports = Vec::new();
    while let Some(row) = rows.next()? {
        reports.push(OwnReport {
            id: parse("report id", &row.get::<_, String>(0)?)?,
            short_code: row.get(1)?,
            category_name: row.get(2)?,
            filed: from_json("report", &row.get::<_, String>(3)?)?,
        });
    }
    Ok(reports)
}

/// What the photos of an own report look like.
pub fn photos_of(
    tx: &Transaction<'_>,
    report: ReportId,
) -> Result<Vec<PerceptualHash>, StoreError> {
    const SQL: &str = "
        SELECT phash FROM photos
        WHERE report_id = ?1 AND phash IS NOT NULL
        ORDER BY ordinal, id";
    let mut statement = tx.prepare_cached(SQL)?;
    let rows = statement.query_map([report.to_string()], |row| row.get::<_, String>(0))?;
    let mut hashes = Vec::new();
    for hash in rows {
        hashes.extend(hash?.parse::<PerceptualHash>().ok());
    }
    Ok(hashes)
}

/// Preview of the first photo of an own report.
pub fn preview_of(tx: &Transaction<'_>, report: ReportId) -> Result<Option<Vec<u8>>, StoreError> {
    const SQL: &str = "
        SELECT preview FROM photos WHERE report_id = ?1 ORDER BY ordinal, id LIMIT 1";
    let preview = tx.query_row(SQL, [report.to_string()], |row| row.get(0));
    Ok(preview.optional()?)
}

/// The number of a case by its report, wherever it lies; of an own one the code until it has one.
pub fn code_of(tx: &Transaction<'_>, report: ReportId) -> Result<Option<String>, StoreError> {
    const SQL: &str = "
        SELECT coalesce(o.case_no, r.short_code)
        FROM reports r
        JOIN operations o ON o.op_id = r.op_id
        WHERE r.id = ?1";
    if let Some(case) = cases::of_report(tx, report)? {
        return Ok(Some(case.case_no));
    }
    let code = tx.query_row(SQL, [report.to_string()], |row| row.get(0));
    Ok(code.optional()?)
}
