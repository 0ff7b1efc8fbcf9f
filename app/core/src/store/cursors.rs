//! Table `cursors`: how far each bucket was pulled. Moved only together with the page's rows.

use super::{StoreError, Transaction, parse};
use shared::id::Bucket;
use std::collections::BTreeMap;

/// Where the buckets stand.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cursors {
    /// Every bucket, with the number up to which changes were taken in.
    pub positions: BTreeMap<Bucket, i64>,
    /// Those whose older rows are still to come, below which number.
    pub backfill: BTreeMap<Bucket, i64>,
}

/// All buckets and where they stand.
pub fn all(tx: &Transaction<'_>) -> Result<Cursors, StoreError> {
    let mut statement =
        tx.prepare_cached("SELECT bucket, position, backfill FROM cursors ORDER BY bucket")?;
    let mut rows = statement.query([])?;
    let mut cursors = Cursors::default();
    while let Some(row) = rows.next()? {
        let bucket: Bucket = parse("bucket", &row.get::<_, String>(0)?)?;
        if let Some(below) = row.get(2)? {
            cursors.backfill.insert(bucket.clone(), below);
        }
        cursors.positions.insert(bucket, row.get(1)?);
    }
    Ok(cursors)
}

/// Moves a bucket's cursor forward (it never goes back) and keeps where its older rows go on.
pub fn advance(
    tx: &Transaction<'_>,
    bucket: &Bucket,
    position: i64,
    backfill: Option<i64>,
) -> Result<(), StoreError> {
    const SQL: &str = "
        INSERT INTO cursors (bucket, position, backfill) VALUES (?1, ?2, ?3)
        ON CONFLICT (bucket) DO UPDATE
        SET position = max(position, excluded.position), backfill = excluded.backfill";
    tx.execute(SQL, rusqlite::params![bucket.as_str(), position, backfill])?;
    Ok(())
}

/// Forgets a bucket that this person no longer has.
pub fn forget(tx: &Transaction<'_>, bucket: &Bucket) -> Result<(), StoreError> {
    tx.execute("DELETE FROM cursors WHERE bucket = ?1", [bucket.as_str()])?;
    Ok(())
}

/// Starts all buckets over, after the server came back from a backup.
pub fn reset(tx: &Transaction<'_>) -> Result<(), StoreError> {
    tx.execute("DELETE FROM cursors", [])?;
    Ok(())
}
