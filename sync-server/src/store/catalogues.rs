//! Published catalogues, every version for ever: a report is judged by the one it names.
//!
//! The document is text here; `shared::catalogue` reads it.
//! Held by `tests/tests/store_contract.rs`.

use super::{Result, Tx};
use crate::params;
use shared::id::{AreaCode, CatalogueVersion};
use shared::time::Timestamp;

/// Adds a version; whether it was new. A version that is there stays as it is.
///
/// # Errors
/// Whatever the database says, as for all functions of the store.
pub fn insert_if_new(
    tx: &mut dyn Tx,
    version: &CatalogueVersion,
    district: &AreaCode,
    doc: &str,
    published: Timestamp,
) -> Result<bool> {
    const SQL: &str = "
        INSERT INTO catalogues (version, district, doc, published_ms)
        VALUES ($1, $2, $3, $4)
        ON CONFLICT (version) DO NOTHING";
    Ok(tx.execute(SQL, params![version, district, doc, published])? == 1)
}

/// The document of a version as JSON text.
///
/// # Errors
/// As [`insert_if_new`].
pub fn get(tx: &mut dyn Tx, version: &CatalogueVersion) -> Result<Option<String>> {
    const SQL: &str = "
        SELECT doc
        FROM catalogues
        WHERE version = $1";
    tx.query(SQL, params![version])?
        .first_mut()
        .map(|row| row.take_text(0))
        .transpose()
}

/// The versions of a district, newest first.
///
/// # Errors
/// As [`insert_if_new`].
pub fn versions(
    tx: &mut dyn Tx,
    district: &AreaCode,
) -> Result<Vec<(CatalogueVersion, Timestamp)>> {
    const SQL: &str = "
        SELECT version, published_ms
        FROM catalogues
        WHERE district = $1
        ORDER BY published_ms DESC, version";
    let rows = tx.query(SQL, params![district])?;
    rows.iter()
        .map(|row| Ok((row.id(0)?, row.time(1)?)))
        .collect()
}
