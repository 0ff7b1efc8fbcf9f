//! What each bucket holds: its newest number, how many rows, and their digest.
//!
//! Kept by `changes::put` in the writing transaction, so that a pull knows which buckets moved and
//! compares digests without reading a row. A bucket from before this table was there is counted
//! from the feed when it is asked for, and kept when it is next written.
//! Held by `tests/tests/store_contract.rs`.

use super::tx::places;
use super::{Result, Row, Tx, Value, changes};
use crate::params;
use shared::digest::{Digest, MODULUS};
use shared::id::{AreaCode, Bucket};
use shared::wire::sync::PULL_BUCKETS_LIMIT;
use std::collections::HashMap;
use std::sync::LazyLock;

/// Rows of the feed that are read at a time while a bucket is counted anew.
const COUNTED_AT_ONCE: usize = 1_000;

/// A bucket as it stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Standing {
    /// Number of its newest change, 0 for none.
    pub newest: i64,
    /// What it holds.
    pub digest: Digest,
}

/// Counts what changed: the newest number, and what it does to the digest.
pub(super) fn count(
    tx: &mut dyn Tx,
    district: &AreaCode,
    bucket: &Bucket,
    change: Standing,
) -> Result<()> {
    const SQL: &str = "
        UPDATE buckets
        SET newest = $3, held = held + $4, digest = (digest + $5) % $6
        WHERE district = $1 AND bucket = $2";
    const NEW: &str = "
        INSERT INTO buckets (district, bucket, newest, held, digest)
        VALUES ($1, $2, $3, $4, $5)";
    let Digest { count, sum } = change.digest;
    let values = params![district, bucket, change.newest, count, sum, MODULUS];
    if tx.execute(SQL, values)? == 1 {
        return Ok(());
    }
    let now = counted(tx, district, bucket)?;
    let Digest { count, sum } = now.digest;
    tx.execute(NEW, params![district, bucket, now.newest, count, sum])?;
    Ok(())
}

/// How some buckets stand; each that was asked for has an entry.
///
/// # Errors
/// Whatever the database says, as for all functions of the store.
pub fn standing(
    tx: &mut dyn Tx,
    district: &AreaCode,
    buckets: &[Bucket],
) -> Result<HashMap<Bucket, Standing>> {
    static SQL: LazyLock<String> = LazyLock::new(|| {
        let places = places(2, PULL_BUCKETS_LIMIT);
        format!(
            "SELECT bucket, newest, held, digest
            FROM buckets
            WHERE district = $1 AND bucket IN ({places})
            ORDER BY bucket"
        )
    });
    let mut found = HashMap::with_capacity(buckets.len());
    for some in buckets.chunks(PULL_BUCKETS_LIMIT) {
        let last = some.last();
        // One text for every length: a short rest repeats its last bucket.
        let values: Vec<Value<'_>> = std::iter::once(Value::from(district))
            .chain((0..PULL_BUCKETS_LIMIT).map(|at| Value::from(some.get(at).or(last))))
            .collect();
        for row in tx.query(&SQL, &values)? {
            found.insert(row.id(0)?, from_row(&row)?);
        }
    }
    for bucket in buckets {
        if !found.contains_key(bucket) {
            found.insert(bucket.clone(), counted(tx, district, bucket)?);
        }
    }
    Ok(found)
}

/// The buckets that moved after a number.
///
/// # Errors
/// As [`standing`].
pub fn moved(tx: &mut dyn Tx, district: &AreaCode, after: i64) -> Result<Vec<Bucket>> {
    const SQL: &str = "
        SELECT bucket
        FROM buckets
        WHERE district = $1 AND newest > $2
        ORDER BY newest, bucket";
    let rows = tx.query(SQL, params![district, after])?;
    rows.iter().map(|row| row.id(0)).collect()
}

/// A bucket counted from the feed.
///
/// # Errors
/// As [`standing`].
pub fn counted(tx: &mut dyn Tx, district: &AreaCode, bucket: &Bucket) -> Result<Standing> {
    let mut standing = Standing {
        newest: changes::newest(tx, district, bucket)?,
        digest: Digest::default(),
    };
    let mut below = i64::MAX;
    while standing.newest > 0 {
        let rows = changes::held_below(tx, district, bucket, below, COUNTED_AT_ONCE)?;
        for row in &rows {
            standing.digest.add(&row.table, &row.row_id, row.revision);
        }
        match rows.last() {
            Some(last) if rows.len() == COUNTED_AT_ONCE => below = last.seq,
            _ => break,
        }
    }
    Ok(standing)
}

fn from_row(row: &Row) -> Result<Standing> {
    Ok(Standing {
        newest: row.int(1)?,
        digest: Digest {
            count: row.int(2)?,
            sum: row.int(3)?,
        },
    })
}
