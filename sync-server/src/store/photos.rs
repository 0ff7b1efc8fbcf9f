//! Photos by their hash: announced with a report, owed until their bytes are in the photo store.
//!
//! The bytes themselves are the business of `photo_store.rs`.
//! Held by `tests/tests/store_contract.rs`.

use super::tx::{IDS_AT_ONCE, each_of, limit as row_limit, places};
use super::{Result, Row, Tx};
use crate::params;
use shared::id::{AreaCode, CaseId, DeviceId, ReportId, Sha256};
use shared::report::{PhotoRef, PhotoRole};
use shared::time::Timestamp;
use std::collections::HashMap;
use std::sync::LazyLock;
use uuid::Uuid;

/// Stands for the console where a photo names the handheld that announced it: nobody owes it.
pub const CONSOLE: DeviceId = DeviceId(Uuid::nil());

/// A photo as kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhotoRow {
    /// SHA-256 of the stored bytes.
    pub hash: Sha256,
    /// Size in bytes.
    pub bytes: i64,
    /// `image/jpeg`.
    pub mime: String,
    /// Width in pixels.
    pub width: i64,
    /// Height in pixels.
    pub height: i64,
    /// The device that announced it.
    pub device: DeviceId,
    /// When the bytes arrived; none while they are owed.
    pub stored: Option<Timestamp>,
    /// When its device said that it can't send them any more.
    pub gone: Option<Timestamp>,
}

/// A photo in its report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportPhoto {
    /// The photo.
    pub photo: PhotoRow,
    /// From 1, in the order taken.
    pub ordinal: i64,
    /// What it shows.
    pub role: PhotoRole,
    /// SHA-256 of what the camera wrote.
    pub original: Option<Sha256>,
    /// Its preview, once that has arrived.
    pub preview: Option<Sha256>,
}

/// Announces a photo of a report: its bytes are owed from now on, unless they are here already.
/// Answers whether they are here.
///
/// # Errors
/// Whatever the database says, as for all functions of the store.
pub fn announce(
    tx: &mut dyn Tx,
    report: ReportId,
    ordinal: i64,
    photo: &PhotoRef,
    device: DeviceId,
    at: Timestamp,
) -> Result<bool> {
    const LINK: &str = "
        INSERT INTO report_photos (report, ordinal, hash, role, original_hash)
        VALUES ($1, $2, $3, $4, $5)";
    let new = expect(tx, photo, device, at)?;
    let role = photo.role.as_str();
    tx.execute(
        LINK,
        params![report, ordinal, photo.sha256, role, photo.original_sha256],
    )?;
    if new {
        return Ok(false);
    }
    Ok(get(tx, photo.sha256)?.is_some_and(|row| row.stored.is_some()))
}

/// Lets a photo be uploaded, whether or not a report shows it; `false` when it was announced
/// before.
///
/// # Errors
/// As [`announce`].
pub fn expect(tx: &mut dyn Tx, photo: &PhotoRef, device: DeviceId, at: Timestamp) -> Result<bool> {
    const SQL: &str = "
        INSERT INTO photos (hash, bytes, mime, width, height, device, announced_ms, stored_ms,
            preview_hash)
        VALUES ($1, $2, $3, $4, $5, $6, $7, NULL, $8)
        ON CONFLICT (hash) DO NOTHING";
    let bytes = i64::try_from(photo.bytes).unwrap_or(i64::MAX);
    let values = params![
        photo.sha256,
        bytes,
        &photo.mime,
        photo.width,
        photo.height,
        device,
        at,
        photo.preview.map(|preview| preview.sha256)
    ];
    Ok(tx.execute(SQL, values)? == 1)
}

/// One photo.
///
/// # Errors
/// As [`announce`].
pub fn get(tx: &mut dyn Tx, hash: Sha256) -> Result<Option<PhotoRow>> {
    const SQL: &str = "
        SELECT hash, bytes, mime, width, height, device, stored_ms, gone_ms
        FROM photos
        WHERE hash = $1";
    tx.query(SQL, params![hash])?
        .first_mut()
        .map(from_row)
        .transpose()
}

/// Notes that the bytes have arrived; `false` when that was known or nobody announced them.
///
/// # Errors
/// As [`announce`].
pub fn mark_stored(tx: &mut dyn Tx, hash: Sha256, at: Timestamp) -> Result<bool> {
    const SQL: &str = "
        UPDATE photos
        SET stored_ms = $2, gone_ms = NULL
        WHERE hash = $1 AND stored_ms IS NULL";
    Ok(tx.execute(SQL, params![hash, at])? == 1)
}

/// The columns of a [`ReportPhoto`], in the order of `of_report_from_row`.
macro_rules! select_of_report {
    () => {
        "
        SELECT photos.hash, photos.bytes, photos.mime, photos.width, photos.height, photos.device,
            photos.stored_ms, photos.gone_ms, report_photos.ordinal, report_photos.role,
            report_photos.original_hash, previews.hash, report_photos.report
        FROM report_photos
        JOIN photos ON photos.hash = report_photos.hash
        LEFT JOIN previews ON previews.hash = photos.preview_hash
            AND previews.stored_ms IS NOT NULL"
    };
}

/// The photos of a report in the order taken.
///
/// # Errors
/// As [`announce`].
pub fn of_report(tx: &mut dyn Tx, report: ReportId) -> Result<Vec<ReportPhoto>> {
    const SQL: &str = concat!(
        select_of_report!(),
        "
        WHERE report_photos.report = $1
        ORDER BY report_photos.report, report_photos.ordinal"
    );
    tx.query(SQL, params![report])?
        .iter_mut()
        .map(of_report_from_row)
        .collect()
}

/// The photos of some reports, of each in the order taken.
///
/// # Errors
/// As [`announce`].
pub fn of_reports(
    tx: &mut dyn Tx,
    reports: &[ReportId],
) -> Result<HashMap<ReportId, Vec<ReportPhoto>>> {
    static SQL: LazyLock<String> = LazyLock::new(|| {
        format!(
            "{}
        WHERE report_photos.report IN ({})
        ORDER BY report_photos.report, report_photos.ordinal",
            select_of_report!(),
            places(1, IDS_AT_ONCE)
        )
    });
    let mut found: HashMap<ReportId, Vec<ReportPhoto>> = HashMap::with_capacity(reports.len());
    each_of(tx, &SQL, reports, &mut |row| {
        let photos = found.entry(row.id(12)?).or_default();
        photos.push(of_report_from_row(row)?);
        Ok(())
    })?;
    Ok(found)
}

fn of_report_from_row(row: &mut Row) -> Result<ReportPhoto> {
    Ok(ReportPhoto {
        ordinal: row.int(8)?,
        role: row.word(9, PhotoRole::parse)?,
        original: row.opt_id(10)?,
        preview: row.opt_id(11)?,
        photo: from_row(row)?,
    })
}

/// The cases that show a photo, with the grid (or district) for the right to see it.
///
/// # Errors
/// As [`announce`].
pub fn cases_with(tx: &mut dyn Tx, hash: Sha256) -> Result<Vec<(CaseId, AreaCode)>> {
    const SQL: &str = "
        SELECT DISTINCT cases.id, COALESCE(cases.grid, cases.district)
        FROM report_photos
        JOIN cases ON cases.report = report_photos.report
        WHERE report_photos.hash = $1
        ORDER BY cases.id";
    let rows = tx.query(SQL, params![hash])?;
    rows.iter()
        .map(|row| Ok((row.id(0)?, row.id(1)?)))
        .collect()
}

/// How many announced photos a device still owes, and since when the oldest.
///
/// # Errors
/// As [`announce`].
pub fn owed(tx: &mut dyn Tx, device: DeviceId) -> Result<(i64, Option<Timestamp>)> {
    const SQL: &str = "
        SELECT count(*), min(announced_ms)
        FROM photos
        WHERE device = $1 AND stored_ms IS NULL AND gone_ms IS NULL";
    tx.query(SQL, params![device])?
        .first()
        .map_or(Ok((0, None)), |row| Ok((row.int(0)?, row.opt_time(1)?)))
}

/// A page of the photos whose bytes are said to be here with their sizes, in order of their
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
        FROM photos
        WHERE hash > $1 AND stored_ms IS NOT NULL
        ORDER BY hash
        LIMIT $2";
    let after = after.map_or_else(String::new, |hash| hash.to_string());
    let rows = tx.query(SQL, params![&after, row_limit(limit)])?;
    rows.iter()
        .map(|row| Ok((row.id(0)?, row.int(1)?)))
        .collect()
}

/// Notes that the bytes of a photo are not here after all: its cases count one less, and they are
/// owed again, but for one that was added in the console, which is gone. Whether it is.
///
/// # Errors
/// As [`announce`].
pub fn mark_owed(tx: &mut dyn Tx, hash: Sha256, at: Timestamp) -> Result<bool> {
    const PHOTO: &str = "
        UPDATE photos
        SET stored_ms = NULL, gone_ms = CASE WHEN device = $2 THEN $3 ELSE gone_ms END
        WHERE hash = $1 AND stored_ms IS NOT NULL";
    const CASES: &str = "
        UPDATE cases
        SET photos_stored = photos_stored - 1
        WHERE photos_stored > 0
            AND report IN (SELECT report FROM report_photos WHERE hash = $1)";
    if tx.execute(PHOTO, params![hash, CONSOLE, at])? == 1 {
        tx.execute(CASES, params![hash])?;
    }
    Ok(get(tx, hash)?.is_some_and(|photo| photo.gone.is_some()))
}

/// Notes that a device can't send a photo that it owed.
///
/// # Errors
/// As [`announce`].
pub fn mark_gone(tx: &mut dyn Tx, hash: Sha256, device: DeviceId, at: Timestamp) -> Result<()> {
    const SQL: &str = "
        UPDATE photos
        SET gone_ms = $3
        WHERE hash = $1 AND device = $2 AND stored_ms IS NULL AND gone_ms IS NULL";
    tx.execute(SQL, params![hash, device, at])?;
    Ok(())
}

/// How many announced photos are not here and not on their device either.
///
/// # Errors
/// As [`announce`].
pub fn gone_number(tx: &mut dyn Tx, device: DeviceId) -> Result<i64> {
    const SQL: &str = "
        SELECT count(*)
        FROM photos
        WHERE device = $1 AND stored_ms IS NULL AND gone_ms IS NOT NULL";
    let rows = tx.query(SQL, params![device])?;
    rows.first().map_or(Ok(0), |row| row.int(0))
}

/// The photos that a device still owes, in order of their hashes.
///
/// # Errors
/// As [`announce`].
pub fn owed_hashes(tx: &mut dyn Tx, device: DeviceId, limit: usize) -> Result<Vec<Sha256>> {
    const SQL: &str = "
        SELECT hash
        FROM photos
        WHERE device = $1 AND stored_ms IS NULL AND gone_ms IS NULL
        ORDER BY hash
        LIMIT $2";
    let rows = tx.query(SQL, params![device, row_limit(limit)])?;
    rows.iter().map(|row| row.id(0)).collect()
}

fn from_row(row: &mut Row) -> Result<PhotoRow> {
    Ok(PhotoRow {
        hash: row.id(0)?,
        bytes: row.int(1)?,
        mime: row.take_text(2)?,
        width: row.int(3)?,
        height: row.int(4)?,
        device: row.id(5)?,
        stored: row.opt_time(6)?,
        gone: row.opt_time(7)?,
    })
}
