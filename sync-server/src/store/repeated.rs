//! Squares in which the same trouble came again: where to look, noted when a case is opened.
//!
//! Nothing is counted here: a case may be withdrawn or merged afterwards.
//! Held by `tests/tests/similar.rs`.

use super::tx::limit as row_limit;
use super::{Result, Row, Tx};
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
pub fn note(tx: &mut dyn Tx, district: &AreaCode, row: &RepeatedRow, at: Timestamp) -> Result<()> {
    const SQL: &str = "
        INSERT INTO repeated_places (district, family, cell, last_ms)
        VALUES ($1, $2, $3, $4)
        ON CONFLICT (district, family, cell) DO UPDATE
        SET last_ms = excluded.last_ms";
    tx.execute(SQL, params![district, &row.family, row.cell, at])?;
    Ok(())
}

/// The squares of a district that were noted since a moment, the newest first.
///
/// # Errors
/// As [`note`].
pub fn since(
    tx: &mut dyn Tx,
    district: &AreaCode,
    from: Timestamp,
    limit: usize,
) -> Result<Vec<RepeatedRow>> {
    const SQL: &str = "
        SELECT family, cell
        FROM repeated_places
        WHERE district = $1 AND last_ms >= $2
        ORDER BY last_ms DESC, family DESC, cell DESC
        LIMIT $3";
    let entry = |row: &mut Row| {
        Ok(RepeatedRow {
            family: row.take_text(0)?,
            cell: row.int(1)?,
        })
    };
    let values = params![district, from, row_limit(limit)];
    tx.query(SQL, values)?.iter_mut().map(entry).collect()
}
