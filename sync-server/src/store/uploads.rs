//! Photos on their way: how much of each has arrived durably.
//!
//! The bytes so far are in the spool of `photo_store.rs`; the offset here is set after they are.
//! Held by `tests/tests/store_contract.rs`.

use super::{Result, Row, Tx};
use crate::params;
use shared::id::{DeviceId, Sha256};
use shared::time::Timestamp;
use uuid::Uuid;

/// An upload as kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UploadRow {
    /// Identity, in the upload's address.
    pub id: Uuid,
    /// What it will be.
    pub hash: Sha256,
    /// Its size in bytes.
    pub length: i64,
    /// How much has arrived.
    pub offset: i64,
    /// `image/jpeg`.
    pub mime: String,
    /// Who sends it.
    pub device: DeviceId,
    /// When it began.
    pub created: Timestamp,
    /// When it is forgotten.
    pub expires: Timestamp,
    /// What its client said of it, as it said it.
    pub metadata: String,
}

/// Adds an upload.
///
/// # Errors
/// Whatever the database says, as for all functions of the store.
pub fn insert(tx: &mut dyn Tx, row: &UploadRow) -> Result<()> {
    const SQL: &str = "
        INSERT INTO uploads (id, hash, length, offset_bytes, mime, device, created_ms, expires_ms,
            metadata)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    let UploadRow {
        id,
        hash,
        length,
        offset,
        mime,
        device,
        created,
        expires,
        metadata,
    } = row;
    tx.execute(
        SQL,
        params![
            *id, *hash, *length, *offset, mime, *device, *created, *expires, metadata
        ],
    )?;
    Ok(())
}

/// One upload.
///
/// # Errors
/// As [`insert`].
pub fn get(tx: &mut dyn Tx, id: Uuid) -> Result<Option<UploadRow>> {
    const SQL: &str = "
        SELECT id, hash, length, offset_bytes, mime, device, created_ms, expires_ms,
            metadata
        FROM uploads
        WHERE id = $1";
    tx.query(SQL, params![id])?
        .first_mut()
        .map(from_row)
        .transpose()
}

/// The newest unfinished upload of a photo by a device, to go on with.
///
/// # Errors
/// As [`insert`].
pub fn of_photo(tx: &mut dyn Tx, device: DeviceId, hash: Sha256) -> Result<Option<UploadRow>> {
    const SQL: &str = "
        SELECT id, hash, length, offset_bytes, mime, device, created_ms, expires_ms,
            metadata
        FROM uploads
        WHERE device = $1 AND hash = $2 AND offset_bytes < length
        ORDER BY id DESC
        LIMIT 1";
    tx.query(SQL, params![device, hash])?
        .first_mut()
        .map(from_row)
        .transpose()
}

/// How many unfinished uploads a device has, and their bytes: for its quota.
///
/// # Errors
/// As [`insert`].
pub fn of_device(tx: &mut dyn Tx, device: DeviceId) -> Result<(i64, i64)> {
    const SQL: &str = "
        SELECT count(*), COALESCE(CAST(sum(length) AS BIGINT), 0)
        FROM uploads
        WHERE device = $1 AND offset_bytes < length";
    let rows = tx.query(SQL, params![device])?;
    rows.first()
        .map_or(Ok((0, 0)), |row| Ok((row.int(0)?, row.int(1)?)))
}

/// Moves the offset on from the one that was seen; `false` when another request was quicker.
///
/// # Errors
/// As [`insert`].
pub fn advance(tx: &mut dyn Tx, id: Uuid, seen: i64, offset: i64) -> Result<bool> {
    const SQL: &str = "
        UPDATE uploads
        SET offset_bytes = $3
        WHERE id = $1 AND offset_bytes = $2";
    Ok(tx.execute(SQL, params![id, seen, offset])? == 1)
}

/// Notes that an upload is complete and taken; it answers for itself until `expires`.
///
/// # Errors
/// As [`insert`].
pub fn finish(tx: &mut dyn Tx, id: Uuid, expires: Timestamp) -> Result<()> {
    const SQL: &str = "
        UPDATE uploads
        SET offset_bytes = length, expires_ms = $2
        WHERE id = $1";
    tx.execute(SQL, params![id, expires])?;
    Ok(())
}

/// Forgets an upload: it is wrong or given up.
///
/// # Errors
/// As [`insert`].
pub fn remove(tx: &mut dyn Tx, id: Uuid) -> Result<bool> {
    const SQL: &str = "
        DELETE FROM uploads
        WHERE id = $1";
    Ok(tx.execute(SQL, params![id])? == 1)
}

/// Forgets uploads that have expired at a moment; their ids, for the spool.
///
/// # Errors
/// As [`insert`].
pub fn sweep(tx: &mut dyn Tx, now: Timestamp) -> Result<Vec<Uuid>> {
    const SQL: &str = "
        DELETE FROM uploads
        WHERE expires_ms <= $1
        RETURNING id";
    tx.query(SQL, params![now])?
        .iter()
        .map(|row| row.id(0))
        .collect()
}

fn from_row(row: &mut Row) -> Result<UploadRow> {
    Ok(UploadRow {
        id: row.id(0)?,
        hash: row.id(1)?,
        length: row.int(2)?,
        offset: row.int(3)?,
        mime: row.take_text(4)?,
        device: row.id(5)?,
        created: row.time(6)?,
        expires: row.time(7)?,
        metadata: row.take_text(8)?,
    })
}
