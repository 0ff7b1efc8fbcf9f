//! Previews by their hash: small pictures that arrive before the photos they stand for.
//!
//! The bytes themselves are the business of `photo_store.rs`.
//! Held by `tests/tests/store_contract.rs`.

use super::tx::limit as row_limit;
use super::{Result, Tx};
use crate::params;
use shared::id::{CaseId, DeviceId, Sha256};
use shared::report::PhotoPreview;
use shared::time::Timestamp;

/// A preview as kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PreviewRow {
    /// SHA-256 of its bytes.
    pub hash: Sha256,
    /// Size in bytes.
    pub bytes: i64,
    /// When the bytes arrived; none while they are owed.
    pub stored: Option<Timestamp>,
}

/// Announces a preview: its bytes are owed from now on, unless that is known.
///
/// # Errors
/// Whatever the database says, as for all functions of the store.
pub fn announce(
    tx: &mut dyn Tx,
    preview: &PhotoPreview,
    device: DeviceId,
    at: Timestamp,
) -> Result<()> {
    const SQL: &str = "
        INSERT INTO previews (hash, bytes, device, announced_ms, stored_ms)
        VALUES ($1, $2, $3, $4, NULL)
        ON CONFLICT (hash) DO NOTHING";
    let bytes = i64::try_from(preview.bytes).unwrap_or(i64::MAX);
    tx.execute(SQL, params![preview.sha256, bytes, device, at])?;
    Ok(())
}

/// One preview.
///
/// # Errors
/// As [`announce`].
pub fn get(tx: &mut dyn Tx, hash: Sha256) -> Result<Option<PreviewRow>> {
    const SQL: &str = "
        SELECT hash, bytes, stored_ms
        FROM previews
        WHERE hash = $1";
    let rows = tx.query(SQL, params![hash])?;
    let row = rows.first().map(|row| {
        Ok(PreviewRow {
            hash: row.id(0)?,
            bytes: row.int(1)?,
            stored: row.opt_time(2)?,
        })
    });
    row.transpose()
}

/// Notes that the bytes have arrived.
///
/// # Errors
/// As [`announce`].
pub fn mark_stored(tx: &mut dyn Tx, hash: Sha256, at: Timestamp) -> Result<()> {
    const SQL: &str = "
        UPDATE previews
        SET stored_ms = $2
        WHERE hash = $1 AND stored_ms IS NULL";
    tx.execute(SQL, params![hash, at])?;
    Ok(())
}

/// A page of the previews whose bytes are said to be here with their sizes, in order of their
/// hashes.
///
/// # Errors
/// As [`announce`].
pub fn stored_after(
    tx: &mut dyn Tx,
    after: Option<Sha256>,
    limit: usize,
) -> Result<Vec<(Sha256, i64)>> {
    const SQL: &str = "
        SELECT hash, bytes
        FROM previews
        WHERE hash > $1 AND stored_ms IS NOT NULL
        ORDER BY hash
        LIMIT $2";
    let after = after.map_or_else(String::new, |hash| hash.to_string());
    let rows = tx.query(SQL, params![&after, row_limit(limit)])?;
    rows.iter()
        .map(|row| Ok((row.id(0)?, row.int(1)?)))
        .collect()
}

/// Notes that the bytes of a preview are not here after all.
///
/// # Errors
/// As [`announce`].
pub fn mark_owed(tx: &mut dyn Tx, hash: Sha256) -> Result<()> {
    const SQL: &str = "
        UPDATE previews
        SET stored_ms = NULL
        WHERE hash = $1";
    tx.execute(SQL, params![hash])?;
    Ok(())
}

/// The cases that show a preview.
///
/// # Errors
/// As [`announce`].
pub fn cases_with(tx: &mut dyn Tx, hash: Sha256) -> Result<Vec<CaseId>> {
    const SQL: &str = "
        SELECT DISTINCT cases.id
        FROM photos
        JOIN report_photos ON report_photos.hash = photos.hash
        JOIN cases ON cases.report = report_photos.report
        WHERE photos.preview_hash = $1
        ORDER BY cases.id";
    let rows = tx.query(SQL, params![hash])?;
    rows.iter().map(|row| row.id(0)).collect()
}
