//! Places and their outlines.
//!
//! A code begins with its parent's, so everything below a place is a range of codes.
//! Held by `tests/tests/store_contract.rs`.

use super::{Result, Row, Tx};
use crate::params;
use shared::area::{Area, AreaKind};
use shared::id::AreaCode;

/// A place as kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AreaRow {
    /// The place.
    pub area: Area,
    /// GeoJSON geometry, WGS-84.
    pub geometry: Option<String>,
    /// The outline was generated.
    pub synthetic: bool,
}

/// Adds a place or replaces it.
///
/// # Errors
/// Whatever the database says, as for all functions of the store.
pub fn put(tx: &mut dyn Tx, row: &AreaRow) -> Result<()> {
    const SQL: &str = "
        INSERT INTO areas (code, parent, level, kind, name, geometry, synthetic)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (code) DO UPDATE SET
            parent = excluded.parent,
            level = excluded.level,
            kind = excluded.kind,
            name = excluded.name,
            geometry = excluded.geometry,
            synthetic = excluded.synthetic";
    let Area {
        code,
        parent,
        level,
        kind,
        name,
    } = &row.area;
    let geometry = row.geometry.as_deref();
    let values = params![
        code,
        parent.as_ref(),
        level,
        kind.as_str(),
        name,
        geometry,
        row.synthetic
    ];
    tx.execute(SQL, values)?;
    Ok(())
}

/// One place.
///
/// # Errors
/// As [`put`].
pub fn get(tx: &mut dyn Tx, code: &AreaCode) -> Result<Option<AreaRow>> {
    const SQL: &str = "
        SELECT code, parent, level, kind, name, geometry, synthetic
        FROM areas
        WHERE code = $1";
    tx.query(SQL, params![code])?
        .first_mut()
        .map(from_row)
        .transpose()
}

/// A place and everything below it, parents before children.
///
/// # Errors
/// As [`put`].
pub fn below(tx: &mut dyn Tx, root: &AreaCode) -> Result<Vec<AreaRow>> {
    const SQL: &str = "
        SELECT code, parent, level, kind, name, geometry, synthetic
        FROM areas
        WHERE code >= $1 AND code < $2
        ORDER BY code";
    let end = range_end(root);
    tx.query(SQL, params![root, &end])?
        .iter_mut()
        .map(from_row)
        .collect()
}

/// The first text after all codes that begin with this one: codes are ASCII below `~`.
pub(super) fn range_end(code: &AreaCode) -> String {
    format!("{code}~")
}

fn from_row(row: &mut Row) -> Result<AreaRow> {
    let area = Area {
        code: row.id(0)?,
        parent: row.opt_id(1)?,
        level: row.take_text(2)?,
        kind: row.word(3, AreaKind::parse)?,
        name: row.take_text(4)?,
    };
    let synthetic = row.flag(6)?;
    Ok(AreaRow {
        area,
        geometry: row.take_opt_text(5)?,
        synthetic,
    })
}
