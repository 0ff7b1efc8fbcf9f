//! Filed reports: facts whose columns never change.
//!
//! Held by `tests/tests/store_contract.rs`.

use super::tx::limit as row_limit;
use super::{Result, Row, Tx, Value};
use crate::params;
use shared::id::{
    AreaCode, CatalogueVersion, CategoryId, ConditionId, DeviceId, OpId, PersonId, ReportId,
};
use shared::report::{Place, PlaceSource};
use shared::time::Timestamp;
use std::collections::HashMap;

/// A report as kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportRow {
    /// Identity.
    pub id: ReportId,
    /// The district that took it.
    pub district: AreaCode,
    /// Who filed it.
    pub reporter: PersonId,
    /// On which device.
    pub device: DeviceId,
    /// In which operation.
    pub op_id: OpId,
    /// Code by which the worker knows it.
    pub short_code: String,
    /// What it is about.
    pub category: CategoryId,
    /// Which condition it meets.
    pub condition: ConditionId,
    /// The catalogue it was filled with.
    pub catalogue_version: CatalogueVersion,
    /// The grid that the server found.
    pub grid: Option<AreaCode>,
    /// Other grids within the accuracy.
    pub grid_doubt: Vec<AreaCode>,
    /// Where.
    pub place: Place,
    /// The worker's words.
    pub text: String,
    /// When it was seen, by the device's clock.
    pub occurred: Timestamp,
    /// How far that clock was off, when that is known.
    pub clock_skew_ms: Option<i64>,
    /// When it came.
    pub received: Timestamp,
    /// Put right on the spot.
    pub self_fixed: bool,
    /// What the worker was shown before sending, JSON.
    pub preview: Option<String>,
    /// The report that the worker said it is the same as.
    pub same_as: Option<ReportId>,
}

/// The columns of a [`ReportRow`] in a join, in the order of `from_row`.
macro_rules! report_columns {
    () => {
        "reports.id, reports.district, reports.reporter, reports.device, reports.op_id,
            reports.short_code, reports.category, reports.condition, reports.catalogue_version,
            reports.grid, reports.grid_doubt, reports.lat_e7, reports.lon_e7, reports.accuracy_m,
            reports.place_source, reports.place_words, reports.text, reports.occurred_ms,
            reports.clock_skew_ms, reports.received_ms, reports.self_fixed, reports.preview,
            reports.same_as"
    };
}
pub(super) use report_columns;

/// Adds a report.
///
/// # Errors
/// Whatever the database says, as for all functions of the store.
pub fn insert(tx: &mut dyn Tx, row: &ReportRow) -> Result<()> {
    const SQL: &str = "
        INSERT INTO reports (id, district, reporter, device, op_id, short_code, category,
            condition, catalogue_version, grid, grid_doubt, lat_e7, lon_e7, accuracy_m,
            place_source, place_words, text, occurred_ms, clock_skew_ms, received_ms, self_fixed,
            preview, same_as)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18,
            $19, $20, $21, $22, $23)";
    let doubt = joined(&row.grid_doubt);
    let values = params![
        row.id,
        &row.district,
        row.reporter,
        row.device,
        row.op_id,
        &row.short_code,
        &row.category,
        &row.condition,
        &row.catalogue_version,
        row.grid.as_ref(),
        &doubt,
        row.place.lat_e7,
        row.place.lon_e7,
        row.place.accuracy_m,
        row.place.source.as_str(),
        &row.place.words,
        &row.text,
        row.occurred,
        row.clock_skew_ms,
        row.received,
        row.self_fixed,
        row.preview.as_deref(),
        row.same_as,
    ];
    tx.execute(SQL, values)?;
    Ok(())
}

/// One report.
///
/// # Errors
/// As [`insert`].
pub fn get(tx: &mut dyn Tx, id: ReportId) -> Result<Option<ReportRow>> {
    const SQL: &str = "
        SELECT id, district, reporter, device, op_id, short_code, category, condition,
            catalogue_version, grid, grid_doubt, lat_e7, lon_e7, accuracy_m, place_source,
            place_words, text, occurred_ms, clock_skew_ms, received_ms, self_fixed, preview,
            same_as
        FROM reports
        WHERE id = $1";
    tx.query(SQL, params![id])?
        .first_mut()
        .map(from_row)
        .transpose()
}

/// The reports whose workers said that they are the same as this one, the oldest ids first.
///
/// # Errors
/// As [`insert`].
pub fn saying_same_as(tx: &mut dyn Tx, id: ReportId, limit: usize) -> Result<Vec<ReportId>> {
    const SQL: &str = "
        SELECT id
        FROM reports
        WHERE same_as = $1
        ORDER BY same_as, id
        LIMIT $2";
    let rows = tx.query(SQL, params![id, row_limit(limit)])?;
    rows.iter().map(|row| row.id(0)).collect()
}

/// Whether a report with this id is there: an id filed twice in two operations is an alarm.
///
/// # Errors
/// As [`insert`].
pub fn is_there(tx: &mut dyn Tx, id: ReportId) -> Result<bool> {
    const SQL: &str = "
        SELECT 1
        FROM reports
        WHERE id = $1";
    Ok(!tx.query(SQL, params![id])?.is_empty())
}

/// The report of a join, where it can be read; none where the join found none.
pub(super) fn joined_from_row(row: &mut Row) -> Option<Result<ReportRow>> {
    match row.opt_text(0) {
        Ok(None) => None,
        _ => Some(from_row(row)),
    }
}

/// A page of all reports in order of ids: each with whether it has a case.
///
/// # Errors
/// As [`insert`].
pub fn with_or_without_case(
    tx: &mut dyn Tx,
    after: &str,
    limit: usize,
) -> Result<Vec<(String, bool)>> {
    const SQL: &str = "
        SELECT reports.id, cases.report
        FROM reports
        LEFT JOIN cases ON cases.report = reports.id
        WHERE reports.id > $1
        ORDER BY reports.id
        LIMIT $2";
    let rows = tx.query(SQL, params![after, row_limit(limit)])?;
    rows.iter()
        .map(|row| Ok((row.text(0)?.to_owned(), row.opt_text(1)?.is_some())))
        .collect()
}

/// The condition and the catalogue that each of some reports was filled with.
///
/// # Errors
/// As [`insert`].
pub fn filled_with(
    tx: &mut dyn Tx,
    ids: &[ReportId],
) -> Result<HashMap<ReportId, (ConditionId, CatalogueVersion)>> {
    const SQL: &str = "
        SELECT id, condition, catalogue_version
        FROM reports
        WHERE id IN ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        ORDER BY id";
    let mut found = HashMap::with_capacity(ids.len());
    // One text for every length: a short rest repeats its last id.
    for ten in ids.chunks(10) {
        let last = ten.last().copied();
        let values: Vec<Value<'_>> = (0..10)
            .map(|at| Value::from(ten.get(at).copied().or(last)))
            .collect();
        for row in tx.query(SQL, &values)? {
            found.insert(row.id(0)?, (row.id(1)?, row.id(2)?));
        }
    }
    Ok(found)
}

/// Codes have no white space, so one column holds a few of them.
fn joined(codes: &[AreaCode]) -> String {
    codes
        .iter()
        .map(AreaCode::as_str)
        .collect::<Vec<_>>()
        .join(" ")
}

fn from_row(row: &mut Row) -> Result<ReportRow> {
    let place = Place {
        lat_e7: row.int(11)?,
        lon_e7: row.int(12)?,
        accuracy_m: row
            .opt_int(13)?
            .and_then(|metres| u32::try_from(metres).ok()),
        source: row.word(14, PlaceSource::parse)?,
        words: row.take_text(15)?,
    };
    let grid_doubt = row
        .text(10)?
        .split_whitespace()
        .filter_map(|code| code.parse().ok())
        .collect();
    Ok(ReportRow {
        id: row.id(0)?,
        district: row.id(1)?,
        reporter: row.id(2)?,
        device: row.id(3)?,
        op_id: row.id(4)?,
        short_code: row.take_text(5)?,
        category: row.id(6)?,
        condition: row.id(7)?,
        catalogue_version: row.id(8)?,
        grid: row.opt_id(9)?,
        grid_doubt,
        place,
        text: row.take_text(16)?,
        occurred: row.time(17)?,
        clock_skew_ms: row.opt_int(18)?,
        received: row.time(19)?,
        self_fixed: row.flag(20)?,
        preview: row.take_opt_text(21)?,
        same_as: row.opt_id(22)?,
    })
}
