//! The counter row of a district: the change sequence, the case serial of the day, and the number of
//! the last entry of trails and audit.
//!
//! The writer locks the row when a batch first meets the district, hands numbers out from memory,
//! and writes the row back once before the commit. That the row is locked is what makes the
//! sequence safe to use as a cursor: nobody commits a lower number after a higher one was seen.
//! Numbers are drawn with [`Tx::next_seq`], [`Tx::next_case_serial`] and [`Tx::next_entry`] only.
//! Held by `tests/tests/store_contract.rs`.
//!
//! [`Tx::next_seq`]: super::tx::Tx::next_seq
//! [`Tx::next_case_serial`]: super::tx::Tx::next_case_serial
//! [`Tx::next_entry`]: super::tx::Tx::next_entry

use super::error::{Result, StoreError};
use super::tx::{Driver, Row, Tx};
use crate::params;
use shared::id::AreaCode;

/// The numbers of one district.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counter {
    /// Last number of the change sequence.
    pub seq: i64,
    /// Day of the last case serial, as `20261121`.
    pub case_serial_day: i64,
    /// Last case serial of that day.
    pub case_serial: i64,
    /// Number of the last entry of trails and audit.
    pub entry_no: i64,
}

/// The numbers as last committed (in a read) or as stored before this batch (in a write).
///
/// # Errors
/// As every statement.
pub fn get(tx: &mut dyn Tx, district: &AreaCode) -> Result<Option<Counter>> {
    const SQL: &str = "
        SELECT seq, case_serial_day, case_serial, entry_no
        FROM counters
        WHERE district = $1";
    tx.query(SQL, params![district])?
        .first()
        .map(from_row)
        .transpose()
}

/// Locks the row until the end of the transaction and reads it; the first write of a district
/// makes it. The same text on both backends: on SQLite the lock is there already.
pub(super) fn lock(driver: &mut dyn Driver, district: &str) -> Result<Counter> {
    const LOCK: &str = "
        UPDATE counters
        SET seq = seq
        WHERE district = $1
        RETURNING seq, case_serial_day, case_serial, entry_no";
    const MAKE: &str = "
        INSERT INTO counters (district, seq, case_serial_day, case_serial)
        VALUES ($1, 0, 0, 0)
        ON CONFLICT (district) DO NOTHING";
    if let Some(row) = driver.query(LOCK, params![district])?.first() {
        return from_row(row);
    }
    driver.execute(MAKE, params![district])?;
    let rows = driver.query(LOCK, params![district])?;
    let row = rows.first().ok_or(StoreError::Column {
        column: 0,
        wanted: "the counter row",
    })?;
    from_row(row)
}

pub(super) fn write_back(driver: &mut dyn Driver, district: &str, counter: Counter) -> Result<()> {
    const SQL: &str = "
        UPDATE counters
        SET seq = $2, case_serial_day = $3, case_serial = $4, entry_no = $5
        WHERE district = $1";
    let Counter {
        seq,
        case_serial_day,
        case_serial,
        entry_no,
    } = counter;
    driver.execute(
        SQL,
        params![district, seq, case_serial_day, case_serial, entry_no],
    )?;
    Ok(())
}

fn from_row(row: &Row) -> Result<Counter> {
    Ok(Counter {
        seq: row.int(0)?,
        case_serial_day: row.int(1)?,
        case_serial: row.int(2)?,
        entry_no: row.int(3)?,
    })
}
