//! Table `metered_bytes`: how much went over mobile data on each day, for the daily cap.

use super::{StoreError, Transaction, count, uncount};
use rusqlite::{OptionalExtension, params};
use shared::time::{CHINA_OFFSET_MS, DAY_MS, Timestamp};

/// The day in China, counted from 1970.
const fn day(at: Timestamp) -> i64 {
    at.0.saturating_add(CHINA_OFFSET_MS).div_euclid(DAY_MS)
}

/// Adds bytes to a day.
pub fn add(tx: &Transaction<'_>, bytes: u64, now: Timestamp) -> Result<(), StoreError> {
    const SQL: &str = "
        INSERT INTO metered_bytes (day, bytes) VALUES (?1, ?2)
        ON CONFLICT (day) DO UPDATE SET bytes = bytes + excluded.bytes";
    tx.execute(SQL, params![day(now), count(bytes)])?;
    Ok(())
}

/// Bytes of the day of this moment.
pub fn today(tx: &Transaction<'_>, now: Timestamp) -> Result<u64, StoreError> {
    const SQL: &str = "SELECT bytes FROM metered_bytes WHERE day = ?1";
    let bytes = tx.query_row(SQL, [day(now)], |row| row.get(0)).optional()?;
    Ok(uncount(bytes.unwrap_or(0)))
}
