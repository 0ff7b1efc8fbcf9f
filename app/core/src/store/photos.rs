//! Tables `photos` and `photo_chunks`: pictures of drafts and reports, bytes included.
//!
//! A row and its bytes are written in one transaction, so there is never one without the other.
//! Bytes lie in chunks: SQLite moves them a chunk at a time, and an upload reads only what it
//! sends. Tests: `tests/store.rs`.

mod sending;

use super::{StoreError, Transaction, count, parse, uncount};
use crate::photos::{PlaceHint, PreparedPhoto, StampedPhoto};
use rusqlite::{OptionalExtension, params};
use shared::id::{DraftId, OpId, ReportId, Sha256};
use shared::report::{PhotoPreview, PhotoRef, PhotoRole};
use shared::similar::PerceptualHash;
use shared::time::Timestamp;

pub use sending::*;

/// Bytes of one chunk: a photo takes two or three, and one lies in memory without pain.
pub const CHUNK_BYTES: usize = 256 * 1024;

/// A photo's row. [`Photo::id`] names it on this device.
#[derive(Debug, Clone, PartialEq)]
pub struct Photo {
    /// Row number.
    pub id: i64,
    /// What it shows.
    pub role: PhotoRole,
    /// SHA-256 of the stored bytes.
    pub sha256: Sha256,
    /// How many bytes are stored.
    pub bytes: u64,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// A small JPEG.
    pub preview: Vec<u8>,
    /// Its SHA-256; none for a photo taken with the first version, which announced none.
    pub preview_sha256: Option<Sha256>,
    /// What it looks like; none for one without contrast, and from before this was computed.
    pub phash: Option<PerceptualHash>,
    /// SHA-256 of what the camera wrote.
    pub original_sha256: Sha256,
    /// When the camera says it was taken.
    pub taken: Option<Timestamp>,
    /// Where the camera says it was taken.
    pub hint: Option<PlaceHint>,
    /// When it was added.
    pub added: Timestamp,
    /// Bytes that have arrived.
    pub upload_offset: u64,
    /// When it had arrived whole.
    pub sent: Option<Timestamp>,
    /// When its preview had arrived.
    pub preview_sent: Option<Timestamp>,
    /// How often the server refused it.
    pub attempts: u32,
}

impl Photo {
    /// How the operation names it.
    #[must_use]
    pub fn reference(&self) -> PhotoRef {
        PhotoRef {
            sha256: self.sha256,
            bytes: self.bytes,
            mime: String::from("image/jpeg"),
            role: self.role,
            width: self.width,
            height: self.height,
            original_sha256: Some(self.original_sha256),
            preview: self.preview_sha256.map(|sha256| PhotoPreview {
                sha256,
                bytes: u64::try_from(self.preview.len()).unwrap_or(u64::MAX),
            }),
            phash: self.phash,
        }
    }
}

/// Machine name of a role, as stored.
#[must_use]
pub const fn role_name(role: PhotoRole) -> &'static str {
    match role {
        PhotoRole::Near => "near",
        PhotoRole::Far => "far",
        PhotoRole::Before => "before",
        PhotoRole::After => "after",
        PhotoRole::Other => "other",
    }
}

fn role_of(name: &str) -> PhotoRole {
    match name {
        "far" => PhotoRole::Far,
        "before" => PhotoRole::Before,
        "after" => PhotoRole::After,
        "other" => PhotoRole::Other,
        _ => PhotoRole::Near,
    }
}

/// Adds a photo with its bytes to a draft and gives its row number.
pub fn add_to_draft(
    tx: &Transaction<'_>,
    draft: DraftId,
    role: PhotoRole,
    photo: &PreparedPhoto,
    now: Timestamp,
) -> Result<i64, StoreError> {
    insert(tx, Owner::Draft(draft), role, photo, now)
}

/// Adds a photo, stamped already, to a report that is filed; the operation announces it.
pub fn add_to_report(
    tx: &Transaction<'_>,
    report: ReportId,
    op_id: OpId,
    role: PhotoRole,
    photo: &PreparedPhoto,
    now: Timestamp,
) -> Result<i64, StoreError> {
    insert(tx, Owner::Report(report, op_id), role, photo, now)
}

/// Whose a photo is.
#[derive(Clone, Copy)]
enum Owner {
    Draft(DraftId),
    /// And the operation that announces it, when that is not the one that filed the report.
    Report(ReportId, OpId),
}

fn insert(
    tx: &Transaction<'_>,
    owner: Owner,
    role: PhotoRole,
    photo: &PreparedPhoto,
    now: Timestamp,
) -> Result<i64, StoreError> {
    const SQL: &str = "
        INSERT INTO photos (draft_id, report_id, op_id, ordinal, role, sha256, bytes, width, height, preview,
            original_sha256, original_bytes, taken_ms, hint_lat_e7, hint_lon_e7, added_ms,
            upload_offset, attempts, preview_sha256, phash)
        VALUES (?1, ?14, ?15, (SELECT coalesce(max(ordinal), 0) + 1 FROM photos
                WHERE draft_id = ?1 OR report_id = ?14),
            ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, 0, 0, ?16, ?17)
        RETURNING id";
    let (draft, report, op_id) = match owner {
        Owner::Draft(draft) => (Some(draft.to_string()), None, None),
        Owner::Report(report, op_id) => (None, Some(report.to_string()), Some(op_id.to_string())),
    };
    let hint = photo.place.map(|hint| (e7(hint.lat), e7(hint.lon)));
    let id = tx.query_row(
        SQL,
        params![
            draft,
            role_name(role),
            Sha256::of(&photo.jpeg).to_string(),
            count(photo.jpeg.len()),
            count(photo.width),
            count(photo.height),
            photo.preview,
            photo.original_sha256.to_string(),
            count(photo.original_bytes),
            photo.taken.map(|at| at.0),
            hint.map(|(lat, _)| lat),
            hint.map(|(_, lon)| lon),
            now.0,
            report,
            op_id,
            Sha256::of(&photo.preview).to_string(),
            photo.phash.map(|hash| hash.to_string()),
        ],
        |row| row.get(0),
    )?;
    write_bytes(tx, id, &photo.jpeg)?;
    Ok(id)
}

fn write_bytes(tx: &Transaction<'_>, id: i64, bytes: &[u8]) -> Result<(), StoreError> {
    const SQL: &str = "INSERT INTO photo_chunks (photo_id, ordinal, bytes) VALUES (?1, ?2, ?3)";
    let mut statement = tx.prepare_cached(SQL)?;
    for (ordinal, chunk) in bytes.chunks(CHUNK_BYTES).enumerate() {
        statement.execute(params![id, count(ordinal), chunk])?;
    }
    Ok(())
}

/// Moves a draft's photo into the report that the draft became, with its stamped bytes.
pub fn file(
    tx: &Transaction<'_>,
    id: i64,
    report: ReportId,
    stamped: &StampedPhoto,
) -> Result<(), StoreError> {
    settle(tx, id, Some(report), None, stamped)
}

/// Moves a draft's photo to the operation that announces it; also into the report, where that was
/// filed here.
pub fn file_with(
    tx: &Transaction<'_>,
    id: i64,
    report: Option<ReportId>,
    op_id: OpId,
    stamped: &StampedPhoto,
) -> Result<(), StoreError> {
    settle(tx, id, report, Some(op_id), stamped)
}

fn settle(
    tx: &Transaction<'_>,
    id: i64,
    report: Option<ReportId>,
    op_id: Option<OpId>,
    stamped: &StampedPhoto,
) -> Result<(), StoreError> {
    const SQL: &str = "
        UPDATE photos
        SET draft_id = NULL, report_id = ?2, sha256 = ?3, bytes = ?4, width = ?5, height = ?6,
            op_id = ?7
        WHERE id = ?1 AND draft_id IS NOT NULL";
    let changed = tx.execute(
        SQL,
        params![
            id,
            report.map(|report| report.to_string()),
            stamped.sha256.to_string(),
            count(stamped.jpeg.len()),
            count(stamped.width),
            count(stamped.height),
            op_id.map(|op_id| op_id.to_string()),
        ],
    )?;
    if changed != 1 {
        return Err(StoreError::Missing("photo"));
    }
    tx.execute("DELETE FROM photo_chunks WHERE photo_id = ?1", [id])?;
    write_bytes(tx, id, &stamped.jpeg)
}

const COLUMNS: &str = "id, role, sha256, bytes, width, height, preview, original_sha256, taken_ms,
    hint_lat_e7, hint_lon_e7, added_ms, upload_offset, sent_ms, preview_sha256,
    preview_sent_ms, attempts, phash";

fn photo(row: &rusqlite::Row<'_>) -> Result<Photo, StoreError> {
    let hint = match (
        row.get::<_, Option<i32>>(9)?,
        row.get::<_, Option<i32>>(10)?,
    ) {
        (Some(lat), Some(lon)) => Some(PlaceHint {
            lat: f64::from(lat) / 1e7,
            lon: f64::from(lon) / 1e7,
        }),
        _ => None,
    };
    Ok(Photo {
        id: row.get(0)?,
        role: role_of(&row.get::<_, String>(1)?),
        sha256: parse("hash", &row.get::<_, String>(2)?)?,
        bytes: uncount(row.get(3)?),
        width: uncount(row.get(4)?),
        height: uncount(row.get(5)?),
        preview: row.get(6)?,
        preview_sha256: match row.get::<_, Option<String>>(14)? {
            Some(hash) => Some(parse("hash", &hash)?),
            None => None,
        },
        // One that can't be read is no reason to lose sight of a photo.
        phash: row
            .get::<_, Option<String>>(17)?
            .and_then(|hash| hash.parse().ok()),
        original_sha256: parse("hash", &row.get::<_, String>(7)?)?,
        taken: row.get::<_, Option<i64>>(8)?.map(Timestamp),
        hint,
        added: Timestamp(row.get(11)?),
        upload_offset: uncount(row.get(12)?),
        sent: row.get::<_, Option<i64>>(13)?.map(Timestamp),
        preview_sent: row.get::<_, Option<i64>>(15)?.map(Timestamp),
        attempts: uncount(row.get(16)?),
    })
}

fn list(tx: &Transaction<'_>, owner: &str, id: &str) -> Result<Vec<Photo>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM photos WHERE {owner} = ?1 ORDER BY ordinal, id");
    let mut statement = tx.prepare_cached(&sql)?;
    let mut rows = statement.query([id])?;
    let mut photos = Vec::new();
    while let Some(row) = rows.next()? {
        photos.push(photo(row)?);
    }
    Ok(photos)
}

/// The photos of a draft, in the order taken.
pub fn of_draft(tx: &Transaction<'_>, draft: DraftId) -> Result<Vec<Photo>, StoreError> {
    list(tx, "draft_id", &draft.to_string())
}

/// The photos of a report, in the order taken.
pub fn of_report(tx: &Transaction<'_>, report: ReportId) -> Result<Vec<Photo>, StoreError> {
    list(tx, "report_id", &report.to_string())
}

/// The photos that an operation announced, in the order taken.
pub fn of_operation(tx: &Transaction<'_>, op_id: OpId) -> Result<Vec<Photo>, StoreError> {
    list(tx, "op_id", &op_id.to_string())
}

/// How many photos a draft has.
pub fn number_of_draft(tx: &Transaction<'_>, draft: DraftId) -> Result<usize, StoreError> {
    const SQL: &str = "SELECT count(*) FROM photos WHERE draft_id = ?1";
    let number: i64 = tx.query_row(SQL, [draft.to_string()], |row| row.get(0))?;
    Ok(uncount(number))
}

/// Whether a draft already has this camera file, or one that gave the same picture.
pub fn draft_has(
    tx: &Transaction<'_>,
    draft: DraftId,
    photo: &PreparedPhoto,
) -> Result<bool, StoreError> {
    const SQL: &str = "
        SELECT 1 FROM photos
        WHERE draft_id = ?1 AND (original_sha256 = ?2 OR sha256 = ?3)
        LIMIT 1";
    let (original, stored) = (photo.original_sha256, Sha256::of(&photo.jpeg));
    let found: Option<i64> = tx
        .query_row(
            SQL,
            [draft.to_string(), original.to_string(), stored.to_string()],
            |row| row.get(0),
        )
        .optional()?;
    Ok(found.is_some())
}

/// What there is to show of a photo: the stored copy, or the preview once that was removed.
pub fn picture(tx: &Transaction<'_>, id: i64) -> Result<Vec<u8>, StoreError> {
    const SQL: &str = "SELECT preview FROM photos WHERE id = ?1 AND pruned_ms IS NOT NULL";
    match tx.query_row(SQL, [id], |row| row.get(0)).optional()? {
        Some(preview) => Ok(preview),
        None => bytes(tx, id),
    }
}

/// The whole bytes of a photo.
pub fn bytes(tx: &Transaction<'_>, id: i64) -> Result<Vec<u8>, StoreError> {
    let size: Option<i64> = tx
        .query_row("SELECT bytes FROM photos WHERE id = ?1", [id], |row| {
            row.get(0)
        })
        .optional()?;
    let size: usize = uncount(size.ok_or(StoreError::Missing("photo"))?);
    let whole = piece(tx, id, 0, size)?;
    if whole.len() == size {
        Ok(whole)
    } else {
        Err(StoreError::Missing("photo's bytes"))
    }
}

/// Up to `length` bytes of a photo from `offset` on.
pub fn piece(
    tx: &Transaction<'_>,
    id: i64,
    offset: usize,
    length: usize,
) -> Result<Vec<u8>, StoreError> {
    const SQL: &str = "
        SELECT bytes FROM photo_chunks WHERE photo_id = ?1 AND ordinal >= ?2 ORDER BY ordinal";
    let mut statement = tx.prepare_cached(SQL)?;
    let mut rows = statement.query(params![id, count(offset / CHUNK_BYTES)])?;
    let mut skip = offset % CHUNK_BYTES;
    let mut found = Vec::with_capacity(length);
    while found.len() < length {
        let Some(row) = rows.next()? else { break };
        let chunk = row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?;
        let wanted = chunk.get(skip..).unwrap_or_default();
        let missing = length - found.len();
        found.extend_from_slice(wanted.get(..missing).unwrap_or(wanted));
        skip = 0;
    }
    Ok(found)
}

/// Changes what a draft's photo shows, and names the draft.
pub fn set_role(tx: &Transaction<'_>, id: i64, role: PhotoRole) -> Result<DraftId, StoreError> {
    const SQL: &str =
        "UPDATE photos SET role = ?2 WHERE id = ?1 AND draft_id IS NOT NULL RETURNING draft_id";
    let draft: Option<String> = tx
        .query_row(SQL, params![id, role_name(role)], |row| row.get(0))
        .optional()?;
    parse(
        "draft id",
        &draft.ok_or(StoreError::Missing("photo of a draft"))?,
    )
}

/// Takes a photo out of its draft, and names the draft. A report's photo can't be taken out.
pub fn remove_from_draft(tx: &Transaction<'_>, id: i64) -> Result<DraftId, StoreError> {
    const SQL: &str =
        "DELETE FROM photos WHERE id = ?1 AND draft_id IS NOT NULL RETURNING draft_id";
    let draft: Option<String> = tx.query_row(SQL, [id], |row| row.get(0)).optional()?;
    parse(
        "draft id",
        &draft.ok_or(StoreError::Missing("photo of a draft"))?,
    )
}

/// Takes all photos out of a draft that is thrown away.
pub fn remove_all_of_draft(tx: &Transaction<'_>, draft: DraftId) -> Result<(), StoreError> {
    tx.execute(
        "DELETE FROM photos WHERE draft_id = ?1",
        [draft.to_string()],
    )?;
    Ok(())
}

/// How many photos have not arrived whose operation the server acted on.
pub fn answered_waiting(tx: &Transaction<'_>) -> Result<u64, StoreError> {
    const SQL: &str = "
        SELECT count(DISTINCT p.sha256)
        FROM photos p
        LEFT JOIN reports r ON r.id = p.report_id
        JOIN operations o ON o.op_id = coalesce(r.op_id, p.op_id)
        WHERE p.sent_ms IS NULL AND o.outcome IN ('applied', 'duplicate')";
    Ok(uncount(tx.query_row(SQL, [], |row| row.get(0))?))
}

#[expect(
    clippy::as_conversions,
    reason = "rounding saturates, and a position fits 32 bits"
)]
fn e7(degrees: f64) -> i32 {
    (degrees * 1e7).round() as i32
}
