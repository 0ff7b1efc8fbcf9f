//! Published catalogues, every version for ever: a report is judged by the one it names.
//!
//! The document is text here; `shared::catalogue` reads it.
//! Held by `tests/tests/store_contract.rs`.

use super::{Result, Row, Tx};
use crate::params;
use shared::id::{AreaCode, CatalogueVersion, PersonId};
use shared::time::Timestamp;

/// A published version without its document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionRow {
    /// Its name.
    pub version: CatalogueVersion,
    /// Whose it is.
    pub district: AreaCode,
    /// When it was published: no two of a district at the same time.
    pub published: Timestamp,
    /// From when it is in force.
    pub from: Timestamp,
    /// By whom; none for the first.
    pub by: Option<PersonId>,
    /// What it is for.
    pub words: String,
}

/// Adds a version; whether it was new. A version that is there stays as it is.
///
/// # Errors
/// Whatever the database says, as for all functions of the store.
pub fn insert_if_new(tx: &mut dyn Tx, row: &VersionRow, doc: &str) -> Result<bool> {
    const SQL: &str = "
        INSERT INTO catalogues (version, district, doc, published_ms, from_ms, published_by, words)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (version) DO NOTHING";
    let values = params![
        &row.version,
        &row.district,
        doc,
        row.published,
        row.from,
        row.by,
        &row.words,
    ];
    Ok(tx.execute(SQL, values)? == 1)
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

/// The versions of a district, the one published last first.
///
/// # Errors
/// As [`insert_if_new`].
pub fn versions(tx: &mut dyn Tx, district: &AreaCode) -> Result<Vec<VersionRow>> {
    const SQL: &str = "
        SELECT version, district, published_ms, from_ms, published_by, words
        FROM catalogues
        WHERE district = $1
        ORDER BY published_ms DESC, version DESC";
    let mut rows = tx.query(SQL, params![district])?;
    rows.iter_mut().map(from_row).collect()
}

fn from_row(row: &mut Row) -> Result<VersionRow> {
    let published = row.time(2)?;
    Ok(VersionRow {
        version: row.id(0)?,
        district: row.id(1)?,
        published,
        from: row.opt_time(3)?.unwrap_or(published),
        by: row.opt_id(4)?,
        words: row.take_opt_text(5)?.unwrap_or_default(),
    })
}
