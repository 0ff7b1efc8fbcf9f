//! Table `cursors`: how far each bucket was pulled. Moved only together with the page's rows.

use super::{StoreError, Transaction, parse};
use shared::id::Bucket;
use std::collections::BTreeMap;

/// All buckets and where they stand.
pub fn all(tx: &Transaction<'_>) -> Result<BTreeMap<Bucket, i64>, StoreError> {
    let mut statement =
        tx.prepare_cached("SELECT bucket, position FROM cursors ORDER BY bucket")?;
    let rows = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get(1)?)))?;
    rows.map(|row| {
        let (bucket, position) = row?;
        Ok((parse("bucket", &bucket)?, position))
    })
    .collect()
}

/// Moves a bucket's cursor forward; it never goes back.
pub fn advance(tx: &Transaction<'_>, bucket: &Bucket, position: i64) -> Result<(), StoreError> {
    const SQL: &str = "
        INSERT INTO cursors (bucket, position) VALUES (?1, ?2)
        ON CONFLICT (bucket) DO UPDATE SET position = excluded.position
        WHERE excluded.position > position";
    tx.execute(SQL, rusqlite::params![bucket.as_str(), position])?;
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
