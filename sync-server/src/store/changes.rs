//! The change feed: which rows each bucket holds, at the number of their newest change.
//!
//! One row per bucket, table and id, moved to its newest number: a device that was away for a
//! month gets each row once. Numbers come from the district's counter row inside the writing
//! transaction, so a cursor never skips. Each change is counted in `buckets.rs` in the same
//! transaction, once for each bucket at its end. Held by `tests/tests/store_contract.rs`.

use super::buckets::Standing;
use super::tx::limit as row_limit;
use super::{Result, Row, Tx};
use crate::params;
use shared::digest::Digest;
use shared::id::{AreaCode, Bucket};
use shared::wire::sync::Why;

/// A change as a pull sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeRow {
    /// Its number, unique in its bucket.
    pub seq: i64,
    /// The table: `cases`.
    pub table: String,
    /// The row's id.
    pub row_id: String,
    /// The row's revision.
    pub revision: i64,
    /// Why it is in the feed.
    pub why: Why,
}

/// Whether a row with this reason is in the bucket.
#[must_use]
pub const fn is_held(why: Why) -> bool {
    matches!(why, Why::Put | Why::Redact)
}

/// Puts a row's newest state into some buckets under one new number, which it answers.
///
/// # Errors
/// Whatever the database says, as for all functions of the store.
pub fn put<'b>(
    tx: &mut dyn Tx,
    district: &AreaCode,
    buckets: impl IntoIterator<Item = &'b Bucket>,
    table: &str,
    row_id: &str,
    revision: i64,
    why: Why,
) -> Result<i64> {
    const NEW: &str = "
        INSERT INTO changes (district, bucket, tbl, row_id, seq, revision, why)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (district, bucket, tbl, row_id) DO NOTHING";
    const KNOWN: &str = "
        SELECT revision, why
        FROM changes
        WHERE district = $1 AND bucket = $2 AND tbl = $3 AND row_id = $4";
    const MOVED: &str = "
        UPDATE changes
        SET seq = $5, revision = $6,
            why = CASE WHEN why = 'redact' AND $7 = 'put' THEN why ELSE $7 END
        WHERE district = $1 AND bucket = $2 AND tbl = $3 AND row_id = $4";
    let seq = tx.next_seq()?;
    for bucket in buckets {
        let values = params![district, bucket, table, row_id, seq, revision, why.as_str()];
        let mut effect = Digest::default();
        if tx.execute(NEW, values)? == 0 {
            let known = tx.query(KNOWN, params![district, bucket, table, row_id])?;
            if let Some(row) = known.first()
                && is_held(row.word(1, Why::parse)?)
            {
                effect.remove(table, row_id, row.int(0)?);
            }
            tx.execute(MOVED, values)?;
        }
        if is_held(why) {
            effect.add(table, row_id, revision);
        }
        let change = Standing {
            newest: seq,
            digest: effect,
        };
        tx.count_change((district.clone(), bucket.clone()), change)?;
    }
    Ok(seq)
}

/// The changes of a bucket after a number, in order. Ask for one more than wanted to see whether
/// there is more.
///
/// # Errors
/// As [`put`].
pub fn page(
    tx: &mut dyn Tx,
    district: &AreaCode,
    bucket: &Bucket,
    after: i64,
    limit: usize,
) -> Result<Vec<ChangeRow>> {
    const SQL: &str = "
        SELECT seq, tbl, row_id, revision, why
        FROM changes
        WHERE district = $1 AND bucket = $2 AND seq > $3
        ORDER BY seq, tbl, row_id
        LIMIT $4";
    let values = params![district, bucket, after, row_limit(limit)];
    tx.query(SQL, values)?.iter_mut().map(from_row).collect()
}

/// The rows that a bucket holds below a number, newest first.
///
/// # Errors
/// As [`put`].
pub fn held_below(
    tx: &mut dyn Tx,
    district: &AreaCode,
    bucket: &Bucket,
    below: i64,
    limit: usize,
) -> Result<Vec<ChangeRow>> {
    const SQL: &str = "
        SELECT seq, tbl, row_id, revision, why
        FROM changes
        WHERE district = $1 AND bucket = $2 AND seq < $3 AND why IN ('put', 'redact')
        ORDER BY seq DESC, tbl, row_id
        LIMIT $4";
    let values = params![district, bucket, below, row_limit(limit)];
    tx.query(SQL, values)?.iter_mut().map(from_row).collect()
}

/// The rows of a table that a bucket holds after an id, in order of ids.
///
/// # Errors
/// As [`put`].
pub fn held_after(
    tx: &mut dyn Tx,
    district: &AreaCode,
    bucket: &Bucket,
    table: &str,
    after: &str,
    limit: usize,
) -> Result<Vec<ChangeRow>> {
    const SQL: &str = "
        SELECT seq, tbl, row_id, revision, why
        FROM changes
        WHERE district = $1 AND bucket = $2 AND tbl = $3 AND row_id > $4
            AND why IN ('put', 'redact')
        ORDER BY row_id
        LIMIT $5";
    let values = params![district, bucket, table, after, row_limit(limit)];
    tx.query(SQL, values)?.iter_mut().map(from_row).collect()
}

/// One row of a bucket.
///
/// # Errors
/// As [`put`].
pub fn get(
    tx: &mut dyn Tx,
    district: &AreaCode,
    bucket: &Bucket,
    table: &str,
    row_id: &str,
) -> Result<Option<ChangeRow>> {
    const SQL: &str = "
        SELECT seq, tbl, row_id, revision, why
        FROM changes
        WHERE district = $1 AND bucket = $2 AND tbl = $3 AND row_id = $4";
    tx.query(SQL, params![district, bucket, table, row_id])?
        .first_mut()
        .map(from_row)
        .transpose()
}

/// The newest number of a bucket, 0 when it is empty.
///
/// # Errors
/// As [`put`].
pub fn newest(tx: &mut dyn Tx, district: &AreaCode, bucket: &Bucket) -> Result<i64> {
    const SQL: &str = "
        SELECT seq
        FROM changes
        WHERE district = $1 AND bucket = $2
        ORDER BY seq DESC, tbl, row_id
        LIMIT 1";
    tx.query(SQL, params![district, bucket])?
        .first()
        .map_or(Ok(0), |row| row.int(0))
}

fn from_row(row: &mut Row) -> Result<ChangeRow> {
    Ok(ChangeRow {
        seq: row.int(0)?,
        table: row.take_text(1)?,
        row_id: row.take_text(2)?,
        revision: row.int(3)?,
        why: row.word(4, Why::parse)?,
    })
}
