//! Squares in which the same trouble came again: where to look, noted when a case is opened.
//!
//! Nothing is counted here: a case may be withdrawn or merged afterwards.
//! Held by `tests/tests/similar.rs`.

use super::areas::range_end;
use super::tx::limit as row_limit;
use super::{Result, Row, Tx, Value};
use crate::params;
use shared::id::AreaCode;
use shared::time::Timestamp;

/// A square to look into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepeatedRow {
    /// The group (大类).
    pub family: String,
    /// The square, as `shared::similar` numbers it.
    pub cell: i64,
}

/// Notes that one more case of a group came where others had been.
///
/// # Errors
/// Whatever the database says, as for all functions of the store.
pub fn note(
    tx: &mut dyn Tx,
    district: &AreaCode,
    row: &RepeatedRow,
    area: &AreaCode,
    at: Timestamp,
) -> Result<()> {
    const SQL: &str = "
        INSERT INTO repeated_places (district, family, cell, area, last_ms)
        VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (district, family, cell) DO UPDATE
        SET area = excluded.area, last_ms = excluded.last_ms";
    tx.execute(SQL, params![district, &row.family, row.cell, area, at])?;
    Ok(())
}

/// The squares of a district that were noted since a moment, the newest first; those whose newest
/// case lies in one of some areas.
///
/// # Errors
/// As [`note`].
pub fn since(
    tx: &mut dyn Tx,
    district: &AreaCode,
    areas: &[AreaCode],
    from: Timestamp,
    limit: usize,
) -> Result<Vec<RepeatedRow>> {
    if areas.is_empty() {
        return Ok(Vec::new());
    }
    let ends: Vec<String> = areas.iter().map(range_end).collect();
    let mut values: Vec<Value<'_>> = params![district, from, row_limit(limit)].to_vec();
    let mut seen = Vec::new();
    for (area, end) in areas.iter().zip(&ends) {
        let place = values.len();
        seen.push(format!(
            "(area >= ${} AND area < ${})",
            place + 1,
            place + 2
        ));
        values.extend_from_slice(params![area, end]);
    }
    let seen = seen.join(" OR ");
    let sql = format!(
        "SELECT family, cell
        FROM repeated_places
        WHERE district = $1 AND last_ms >= $2 AND ({seen})
        ORDER BY last_ms DESC, family DESC, cell DESC
        LIMIT $3"
    );
    let entry = |row: &mut Row| {
        Ok(RepeatedRow {
            family: row.take_text(0)?,
            cell: row.int(1)?,
        })
    };
    tx.query(&sql, &values)?.iter_mut().map(entry).collect()
}
