//! Units that a case can be given to.
//!
//! Codes of departments repeat between districts, so every question names the district.
//! Held by `tests/tests/store_contract.rs`.

use super::{Result, Row, Tx};
use crate::params;
use shared::id::{AreaCode, UnitCode};
use shared::unit::Unit;

/// Adds a unit or replaces it.
///
/// # Errors
/// Whatever the database says, as for all functions of the store.
pub fn put(tx: &mut dyn Tx, district: &AreaCode, unit: &Unit) -> Result<()> {
    const SQL: &str = "
        INSERT INTO units (district, code, name, area, pool)
        VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (district, code) DO UPDATE SET
            name = excluded.name,
            area = excluded.area,
            pool = excluded.pool";
    tx.execute(
        SQL,
        params![district, &unit.code, &unit.name, &unit.area, unit.pool],
    )?;
    Ok(())
}

/// One unit.
///
/// # Errors
/// As [`put`].
pub fn get(tx: &mut dyn Tx, district: &AreaCode, code: &UnitCode) -> Result<Option<Unit>> {
    const SQL: &str = "
        SELECT code, name, area, pool
        FROM units
        WHERE district = $1 AND code = $2";
    tx.query(SQL, params![district, code])?
        .first_mut()
        .map(from_row)
        .transpose()
}

/// Every unit of a district in order of codes.
///
/// # Errors
/// As [`put`].
pub fn all(tx: &mut dyn Tx, district: &AreaCode) -> Result<Vec<Unit>> {
    const SQL: &str = "
        SELECT code, name, area, pool
        FROM units
        WHERE district = $1
        ORDER BY code";
    tx.query(SQL, params![district])?
        .iter_mut()
        .map(from_row)
        .collect()
}

fn from_row(row: &mut Row) -> Result<Unit> {
    Ok(Unit {
        code: row.id(0)?,
        name: row.take_text(1)?,
        area: row.id(2)?,
        pool: row.flag(3)?,
    })
}
