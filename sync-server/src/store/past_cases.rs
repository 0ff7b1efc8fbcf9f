//! Cases as routing asks for them: what a dry run and an explanation begin with.
//!
//! Held by `tests/tests/store_contract.rs`.

use super::tx::limit as row_limit;
use super::{Result, Row, Tx};
use crate::params;
use shared::dryrun::PastCase;
use shared::id::{AreaCode, CatalogueVersion};
use shared::time::Timestamp;

/// The cases of a district that came since a moment, the newest first.
///
/// # Errors
/// Whatever the database says, as for all functions of the store.
pub fn since(
    tx: &mut dyn Tx,
    district: &AreaCode,
    since: Timestamp,
    limit: usize,
) -> Result<Vec<PastCase>> {
    const SQL: &str = "
        SELECT c.id, c.case_no, r.category, r.condition, r.grid, r.grid_doubt, r.self_fixed,
            r.received_ms
        FROM cases c
        JOIN reports r ON r.id = c.report
        WHERE c.district = $1 AND c.opened_ms >= $2
        ORDER BY c.opened_ms DESC, c.id
        LIMIT $3";
    let values = params![district, since, row_limit(limit)];
    tx.query(SQL, values)?.iter_mut().map(from_row).collect()
}

/// A case by its printed number, with the catalogue that its report names.
///
/// # Errors
/// As [`since`].
pub fn by_no(
    tx: &mut dyn Tx,
    district: &AreaCode,
    case_no: &str,
) -> Result<Option<(PastCase, CatalogueVersion)>> {
    const SQL: &str = "
        SELECT c.id, c.case_no, r.category, r.condition, r.grid, r.grid_doubt, r.self_fixed,
            r.received_ms, r.catalogue_version
        FROM cases c
        JOIN reports r ON r.id = c.report
        WHERE c.district = $1 AND c.case_no = $2";
    tx.query(SQL, params![district, case_no])?
        .first_mut()
        .map(|row| Ok((from_row(row)?, row.id(8)?)))
        .transpose()
}

fn from_row(row: &mut Row) -> Result<PastCase> {
    let doubt = row.text(5)?.split_whitespace();
    let doubt = doubt.filter_map(|code| code.parse().ok()).collect();
    Ok(PastCase {
        id: row.id(0)?,
        case_no: row.take_text(1)?,
        category: row.id(2)?,
        condition: row.id(3)?,
        grid: row.opt_id(4)?,
        doubt,
        self_fixed: row.flag(6)?,
        at: row.time(7)?,
    })
}
