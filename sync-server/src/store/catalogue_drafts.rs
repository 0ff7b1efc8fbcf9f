//! Drafts of the catalogue: changed by compare-and-set on their revision, then published or
//! dropped, and kept.
//!
//! Held by `tests/tests/store_contract.rs`.

use super::tx::limit as row_limit;
use super::{Result, Row, Tx, Value};
use crate::params;
use shared::id::{AreaCode, CatalogueDraftId, CatalogueVersion, PersonId};
use shared::time::Timestamp;

impl From<CatalogueDraftId> for Value<'_> {
    fn from(id: CatalogueDraftId) -> Self {
        Self::Id(id.0)
    }
}

/// A draft without its document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftRow {
    /// Identity.
    pub id: CatalogueDraftId,
    /// Whose it is.
    pub district: AreaCode,
    /// What it is for.
    pub name: String,
    /// The version whose content it began with.
    pub base: CatalogueVersion,
    /// Raised with each change.
    pub revision: i64,
    /// When it was begun.
    pub created: Timestamp,
    /// When it was changed last.
    pub changed: Timestamp,
    /// By whom.
    pub by: PersonId,
    /// The version that it became.
    pub published: Option<CatalogueVersion>,
    /// When it was dropped.
    pub dropped: Option<Timestamp>,
}

impl DraftRow {
    /// Whether it may still be changed.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        self.published.is_none() && self.dropped.is_none()
    }
}

/// Adds a draft.
///
/// # Errors
/// Whatever the database says, as for all functions of the store.
pub fn insert(tx: &mut dyn Tx, row: &DraftRow, doc: &str) -> Result<()> {
    const SQL: &str = "
        INSERT INTO catalogue_drafts (id, district, name, base, doc, revision, created_ms,
            changed_ms, changed_by, published, dropped_ms)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
    let values = params![
        row.id,
        &row.district,
        &row.name,
        &row.base,
        doc,
        row.revision,
        row.created,
        row.changed,
        row.by,
        row.published.as_ref(),
        row.dropped,
    ];
    tx.execute(SQL, values)?;
    Ok(())
}

/// A draft of a district with its document as JSON text.
///
/// # Errors
/// As [`insert`].
pub fn get(
    tx: &mut dyn Tx,
    district: &AreaCode,
    id: CatalogueDraftId,
) -> Result<Option<(DraftRow, String)>> {
    const SQL: &str = "
        SELECT id, district, name, base, revision, created_ms, changed_ms, changed_by, published,
            dropped_ms, doc
        FROM catalogue_drafts
        WHERE district = $1 AND id = $2";
    tx.query(SQL, params![district, id])?
        .first_mut()
        .map(|row| Ok((from_row(row)?, row.take_text(10)?)))
        .transpose()
}

/// The open drafts of a district, the one changed last first.
///
/// # Errors
/// As [`insert`].
pub fn open(tx: &mut dyn Tx, district: &AreaCode, limit: usize) -> Result<Vec<DraftRow>> {
    const SQL: &str = "
        SELECT id, district, name, base, revision, created_ms, changed_ms, changed_by, published,
            dropped_ms
        FROM catalogue_drafts
        WHERE district = $1 AND published IS NULL AND dropped_ms IS NULL
        ORDER BY changed_ms DESC, id
        LIMIT $2";
    let values = params![district, row_limit(limit)];
    tx.query(SQL, values)?.iter_mut().map(from_row).collect()
}

/// Changes the document of an open draft that stands at a revision; whether it did.
///
/// # Errors
/// As [`insert`].
pub fn change(
    tx: &mut dyn Tx,
    id: CatalogueDraftId,
    revision: i64,
    doc: &str,
    by: PersonId,
    now: Timestamp,
) -> Result<bool> {
    const SQL: &str = "
        UPDATE catalogue_drafts
        SET doc = $3, revision = revision + 1, changed_ms = $4, changed_by = $5
        WHERE id = $1 AND revision = $2 AND published IS NULL AND dropped_ms IS NULL";
    Ok(tx.execute(SQL, params![id, revision, doc, now, by])? == 1)
}

/// Notes which version a draft became; whether it was open and at that revision.
///
/// # Errors
/// As [`insert`].
pub fn publish(
    tx: &mut dyn Tx,
    id: CatalogueDraftId,
    revision: i64,
    version: &CatalogueVersion,
) -> Result<bool> {
    const SQL: &str = "
        UPDATE catalogue_drafts
        SET published = $3
        WHERE id = $1 AND revision = $2 AND published IS NULL AND dropped_ms IS NULL";
    Ok(tx.execute(SQL, params![id, revision, version])? == 1)
}

/// Drops an open draft; whether it was one.
///
/// # Errors
/// As [`insert`].
pub fn set_dropped(tx: &mut dyn Tx, id: CatalogueDraftId, now: Timestamp) -> Result<bool> {
    const SQL: &str = "
        UPDATE catalogue_drafts
        SET dropped_ms = $2
        WHERE id = $1 AND published IS NULL AND dropped_ms IS NULL";
    Ok(tx.execute(SQL, params![id, now])? == 1)
}

fn from_row(row: &mut Row) -> Result<DraftRow> {
    Ok(DraftRow {
        id: row.id(0)?,
        district: row.id(1)?,
        name: row.take_text(2)?,
        base: row.id(3)?,
        revision: row.int(4)?,
        created: row.time(5)?,
        changed: row.time(6)?,
        by: row.id(7)?,
        published: row.opt_id(8)?,
        dropped: row.opt_time(9)?,
    })
}
