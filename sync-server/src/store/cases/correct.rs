//! A case's category and place, put right: the columns that no other move changes.

use super::{CaseRow, assist};
use crate::params;
use crate::store::{Result, Tx};
use shared::id::{AreaCode, UnitCode};
use shared::similar::cell_of;

/// Writes category, position and grid of a case as they are now, and adds words to search it by. The
/// words of before stay: whoever remembers only them still finds it.
///
/// # Errors
/// Whatever the database says, as for all functions of the store.
pub fn correct(tx: &mut dyn Tx, row: &CaseRow, words: &str) -> Result<()> {
    const SQL: &str = "
        UPDATE cases
        SET category = $2, street = $3, community = $4, grid = $5, lat_e7 = $6, lon_e7 = $7,
            cell = $8, search = search || ' ' || $9
        WHERE id = $1";
    let street = row.grid.as_ref().and_then(AreaCode::street);
    let community = row.grid.as_ref().and_then(AreaCode::community);
    let words = words.to_lowercase();
    let values = params![
        row.id,
        &row.category,
        street.as_ref(),
        community.as_ref(),
        row.grid.as_ref(),
        row.lat_e7,
        row.lon_e7,
        cell_of(row.lat_e7, row.lon_e7),
        &words,
    ];
    tx.execute(SQL, values)?;
    Ok(())
}

/// Lets these units share the file of a case, and no others.
///
/// # Errors
/// As [`correct`].
pub fn assist_only<'a>(
    tx: &mut dyn Tx,
    row: &CaseRow,
    units: impl IntoIterator<Item = &'a UnitCode>,
) -> Result<()> {
    const SQL: &str = "
        DELETE FROM case_assisting
        WHERE case_id = $1";
    tx.execute(SQL, params![row.id])?;
    for unit in units {
        assist(tx, row, unit)?;
    }
    Ok(())
}
