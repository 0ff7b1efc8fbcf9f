//! What the table `photos` knows about sending: what waits, where it goes, how far it got, what was
//! refused. Previews wait and fail on their own, so that a large photo never holds one up.

use super::super::{StoreError, Transaction, count, parse, uncount};
use rusqlite::params;
use shared::id::Sha256;
use shared::time::Timestamp;

/// A photo that waits to be uploaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upload {
    /// Row number.
    pub photo: i64,
    /// SHA-256 of the stored bytes.
    pub sha256: Sha256,
    /// How many bytes there are.
    pub bytes: u64,
    /// Where it goes, once the server said so.
    pub url: Option<String>,
    /// How many bytes have arrived, as far as this device knows.
    pub offset: u64,
    /// How often the server refused it.
    pub attempts: u32,
}

/// Filed photos that haven't arrived, but those of what the server rejected: they never go.
const WAITING: &str = "
    FROM photos p
    LEFT JOIN reports r ON r.id = p.report_id
    JOIN operations o ON o.op_id = coalesce(p.op_id, r.op_id)
    WHERE p.sent_ms IS NULL AND coalesce(o.outcome, '') <> 'rejected'";

/// Photos that are filed and haven't arrived whole: how many, and how many bytes are to go.
pub fn waiting_number(tx: &Transaction<'_>) -> Result<(u32, u64), StoreError> {
    let sql = format!("SELECT count(*), coalesce(sum(p.bytes - p.upload_offset), 0) {WAITING}");
    let (number, bytes): (i64, i64) =
        tx.query_row(&sql, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok((uncount(number), uncount(bytes)))
}

/// The filed photos that have not arrived, oldest first: row, hash and size. One of two
/// reports is named once.
pub fn unsent(tx: &Transaction<'_>) -> Result<Vec<(i64, Sha256, u64)>, StoreError> {
    let sql = format!(
        "SELECT min(p.id), p.sha256, p.bytes {WAITING}
        GROUP BY p.sha256, p.bytes
        ORDER BY min(p.id)"
    );
    let mut statement = tx.prepare_cached(&sql)?;
    let mut rows = statement.query([])?;
    let mut photos = Vec::new();
    while let Some(row) = rows.next()? {
        let sha256 = parse("hash", &row.get::<_, String>(1)?)?;
        photos.push((row.get(0)?, sha256, uncount(row.get(2)?)));
    }
    Ok(photos)
}

/// Only photos whose operation the server has answered may go: words go first.
const READY: &str = "
    FROM photos p
    LEFT JOIN reports r ON r.id = p.report_id
    JOIN operations o ON o.op_id = coalesce(p.op_id, r.op_id)
    WHERE o.outcome IS NOT NULL AND o.outcome <> 'rejected'";

const PHOTO_READY: &str = "AND p.sent_ms IS NULL";

/// When the first photo may be tried; `None` when none is ready.
pub fn next_try(tx: &Transaction<'_>) -> Result<Option<Timestamp>, StoreError> {
    let sql = format!("SELECT min(coalesce(p.retry_ms, 0)) {READY} {PHOTO_READY}");
    let at: Option<i64> = tx.query_row(&sql, [], |row| row.get(0))?;
    Ok(at.map(Timestamp))
}

/// The next photo to upload; those that were refused come after all others.
pub fn next_upload(tx: &Transaction<'_>, now: Timestamp) -> Result<Option<Upload>, StoreError> {
    let sql = format!(
        "SELECT p.id, p.sha256, p.bytes, p.upload_url, p.upload_offset, p.attempts {READY}
            {PHOTO_READY} AND coalesce(p.retry_ms, 0) <= ?1
        ORDER BY p.attempts, p.id
        LIMIT 1"
    );
    let mut statement = tx.prepare_cached(&sql)?;
    let mut rows = statement.query([now.0])?;
    let Some(row) = rows.next()? else {
        return Ok(None);
    };
    Ok(Some(Upload {
        photo: row.get(0)?,
        sha256: parse("hash", &row.get::<_, String>(1)?)?,
        bytes: uncount(row.get(2)?),
        url: row.get(3)?,
        offset: uncount(row.get(4)?),
        attempts: uncount(row.get(5)?),
    }))
}

/// A preview that waits to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitingPreview {
    /// Row number of its photo.
    pub photo: i64,
    /// SHA-256 of its bytes.
    pub sha256: Sha256,
    /// Its bytes.
    pub jpeg: Vec<u8>,
    /// How often the server refused it.
    pub attempts: u32,
    /// It was there before, in a former life of the server's data, and its photo is not here any
    /// more: asked about before it is sent.
    pub was_there: bool,
}

/// A preview goes as soon as its words have, and not at all once its photo has arrived; unless the
/// server came back from a backup and only the preview is left here.
const PREVIEW_READY: &str = "AND p.preview_sha256 IS NOT NULL AND p.preview_sent_ms IS NULL
    AND (p.sent_ms IS NULL OR p.pruned_ms IS NOT NULL)";

/// When the first preview may be tried; `None` when none is ready.
pub fn next_preview_try(tx: &Transaction<'_>) -> Result<Option<Timestamp>, StoreError> {
    let sql = format!("SELECT min(coalesce(p.preview_retry_ms, 0)) {READY} {PREVIEW_READY}");
    let at: Option<i64> = tx.query_row(&sql, [], |row| row.get(0))?;
    Ok(at.map(Timestamp))
}

/// The next preview to send; those that were refused come after all others.
pub fn next_preview(
    tx: &Transaction<'_>,
    now: Timestamp,
) -> Result<Option<WaitingPreview>, StoreError> {
    let sql = format!(
        "SELECT p.id, p.preview_sha256, p.preview, p.preview_attempts, p.pruned_ms IS NOT NULL
            {READY} {PREVIEW_READY}
            AND coalesce(p.preview_retry_ms, 0) <= ?1
        ORDER BY p.preview_attempts, p.id
        LIMIT 1"
    );
    let mut statement = tx.prepare_cached(&sql)?;
    let mut rows = statement.query([now.0])?;
    let Some(row) = rows.next()? else {
        return Ok(None);
    };
    Ok(Some(WaitingPreview {
        photo: row.get(0)?,
        sha256: parse("hash", &row.get::<_, String>(1)?)?,
        jpeg: row.get(2)?,
        attempts: uncount(row.get(3)?),
        was_there: row.get(4)?,
    }))
}

/// Notes that the server has a preview: one picture is sent once, whatever it belongs to.
pub fn set_preview_sent(
    tx: &Transaction<'_>,
    sha256: Sha256,
    now: Timestamp,
) -> Result<(), StoreError> {
    const SQL: &str = "
        UPDATE photos SET preview_sent_ms = ?2, preview_retry_ms = NULL
        WHERE preview_sha256 = ?1 AND draft_id IS NULL AND preview_sent_ms IS NULL";
    tx.execute(SQL, params![sha256.to_string(), now.0])?;
    Ok(())
}

/// Notes that the server refused a preview: others go first now.
pub fn put_off_preview(tx: &Transaction<'_>, id: i64, retry: Timestamp) -> Result<(), StoreError> {
    const SQL: &str = "
        UPDATE photos SET preview_attempts = preview_attempts + 1, preview_retry_ms = ?2
        WHERE id = ?1";
    tx.execute(SQL, params![id, retry.0])?;
    Ok(())
}

/// Keeps where an upload goes and how far it got; `None` starts it anew.
pub fn set_upload(
    tx: &Transaction<'_>,
    id: i64,
    url: Option<&str>,
    offset: u64,
) -> Result<(), StoreError> {
    const SQL: &str = "UPDATE photos SET upload_url = ?2, upload_offset = ?3 WHERE id = ?1";
    tx.execute(SQL, params![id, url, count(offset)])?;
    Ok(())
}

/// Notes that the server has a photo whole, by its hash: a photo filed twice is sent once.
pub fn set_sent(tx: &Transaction<'_>, sha256: Sha256, now: Timestamp) -> Result<(), StoreError> {
    const SQL: &str = "
        UPDATE photos
        SET sent_ms = ?2, upload_offset = bytes, upload_url = NULL, retry_ms = NULL,
            preview_sent_ms = coalesce(preview_sent_ms, ?2)
        WHERE sha256 = ?1 AND draft_id IS NULL AND sent_ms IS NULL";
    tx.execute(SQL, params![sha256.to_string(), now.0])?;
    Ok(())
}

/// Notes that the server refused a photo: others go first now.
pub fn put_off(tx: &Transaction<'_>, id: i64, retry: Timestamp) -> Result<(), StoreError> {
    const SQL: &str = "UPDATE photos SET attempts = attempts + 1, retry_ms = ?2 WHERE id = ?1";
    tx.execute(SQL, params![id, retry.0])?;
    Ok(())
}

/// Offers every photo and preview again that is still here: the server came back from a backup.
pub fn offer_all_again(tx: &Transaction<'_>) -> Result<(), StoreError> {
    const PHOTOS: &str = "
        UPDATE photos
        SET sent_ms = NULL, safe_ms = NULL, upload_url = NULL, upload_offset = 0, attempts = 0,
            retry_ms = NULL
        WHERE draft_id IS NULL AND pruned_ms IS NULL";
    const PREVIEWS: &str = "
        UPDATE photos
        SET preview_sent_ms = NULL, preview_attempts = 0, preview_retry_ms = NULL
        WHERE draft_id IS NULL";
    tx.execute(PHOTOS, [])?;
    tx.execute(PREVIEWS, [])?;
    Ok(())
}

/// Offers photos again that had arrived and that the server misses: it came back from a backup.
/// Answers those of which nothing but a preview is here any more.
pub fn offer_owed(tx: &Transaction<'_>, owed: &[Sha256]) -> Result<Vec<Sha256>, StoreError> {
    const OFFER: &str = "
        UPDATE photos
        SET sent_ms = NULL, safe_ms = NULL, upload_url = NULL, upload_offset = 0, attempts = 0,
            retry_ms = NULL
        WHERE sha256 = ?1 AND draft_id IS NULL AND sent_ms IS NOT NULL
            AND pruned_ms IS NULL";
    const HERE: &str = "
        SELECT count(*) FROM photos
        WHERE sha256 = ?1 AND draft_id IS NULL AND pruned_ms IS NULL";
    let mut offer = tx.prepare_cached(OFFER)?;
    let mut here = tx.prepare_cached(HERE)?;
    let mut gone = Vec::new();
    for sha256 in owed {
        let name = sha256.to_string();
        offer.execute([&name])?;
        let whole: i64 = here.query_row([&name], |row| row.get(0))?;
        if whole == 0 {
            gone.push(*sha256);
        }
    }
    Ok(gone)
}

/// Lets everything be tried now that was put off beyond a moment.
pub fn retry_now(tx: &Transaction<'_>, beyond: Timestamp) -> Result<(), StoreError> {
    const PHOTOS: &str = "UPDATE photos SET retry_ms = NULL WHERE retry_ms > ?1";
    const PREVIEWS: &str = "
        UPDATE photos SET preview_retry_ms = NULL WHERE preview_retry_ms > ?1";
    tx.execute(PHOTOS, [beyond.0])?;
    tx.execute(PREVIEWS, [beyond.0])?;
    Ok(())
}

/// Everything is at the server, which just told its clock: from now on, by that clock, it is known
/// of each photo that it is there.
pub fn are_safe(tx: &Transaction<'_>, at_server: Timestamp) -> Result<(), StoreError> {
    const SQL: &str = "
        UPDATE photos SET safe_ms = ?1 WHERE sent_ms IS NOT NULL AND safe_ms IS NULL";
    tx.execute(SQL, [at_server.0])?;
    Ok(())
}

/// Removes stored copies that are known to be at the server since before a moment of its clock, at
/// most `limit` of them; previews stay. Only where the server took the report too, or somebody
/// settled what it could not take: nothing unconfirmed is ever removed.
pub fn prune(
    tx: &Transaction<'_>,
    safe_before: Timestamp,
    limit: u32,
    now: Timestamp,
) -> Result<u32, StoreError> {
    const FIND: &str = "
        SELECT p.id
        FROM photos p
        LEFT JOIN reports r ON r.id = p.report_id
        JOIN operations o ON o.op_id = coalesce(p.op_id, r.op_id)
        WHERE p.pruned_ms IS NULL AND p.safe_ms < ?1
            AND o.outcome IN ('applied', 'duplicate', 'settled')
        ORDER BY p.id
        LIMIT ?2";
    let mut statement = tx.prepare_cached(FIND)?;
    let found = statement.query_map(params![safe_before.0, limit], |row| row.get::<_, i64>(0))?;
    let mut removed = 0_u32;
    for id in found.collect::<Result<Vec<_>, _>>()? {
        tx.execute("DELETE FROM photo_chunks WHERE photo_id = ?1", [id])?;
        tx.execute(
            "UPDATE photos SET pruned_ms = ?2 WHERE id = ?1",
            params![id, now.0],
        )?;
        removed = removed.saturating_add(1);
    }
    Ok(removed)
}
