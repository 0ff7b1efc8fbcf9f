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
use shared::time::{day_text, read_day};

/// How many days the clock may go back and the later day go on in case numbers. When the last number
/// is of a day further ahead, the clock was wrong then.
const DAYS_AHEAD_MAX: i64 = 2;

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

impl Counter {
    /// Whether a case of this day isn't numbered on behind the last one: a later day has begun, or
    /// the last one was numbered while a clock was far ahead.
    pub(super) fn turns_to(&self, day: i64) -> bool {
        let read = |day| read_day(&day_text(day));
        let is_astray = || {
            let (last, day) = (read(self.case_serial_day), read(day));
            day.is_some_and(|day| last.is_none_or(|last| last.since_days(day) > DAYS_AHEAD_MAX))
        };
        day > self.case_serial_day || (day < self.case_serial_day && is_astray())
    }

    /// Goes on with a day, behind the highest serial that it has.
    pub(super) fn turn_to(&mut self, day: i64, highest: i64) {
        self.case_serial_day = day;
        self.case_serial = highest;
    }
}

/// The highest case serial of a day that there is: the day may have begun before a clock went wrong,
/// or while it was wrong.
pub(super) fn highest_serial(tx: &mut dyn Tx, prefix: &str, day: i64) -> Result<i64> {
    const SQL: &str = "
        SELECT case_no
        FROM cases
        WHERE case_no > $1 AND case_no < $2
        ORDER BY length(case_no) DESC, case_no DESC
        LIMIT 1";
    // In bytes the next character after the `-` is the `.`.
    let (begin, end) = (format!("{prefix}{day}-"), format!("{prefix}{day}."));
    let rows = tx.query(SQL, params![&begin, &end])?;
    let Some(row) = rows.first() else {
        return Ok(0);
    };
    let parts = row.text(0)?.rsplit_once('-');
    let serial = parts.and_then(|(_, serial)| serial.parse().ok());
    serial.ok_or(StoreError::Column {
        column: 0,
        wanted: "a case number",
    })
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

#[cfg(test)]
mod tests {
    use super::Counter;

    #[test]
    fn a_day_far_ahead_is_left_and_one_slightly_ahead_goes_on() {
        let last = |day| Counter {
            seq: 0,
            case_serial_day: day,
            case_serial: 7,
            entry_no: 0,
        };
        let turns = |last_day, day| last(last_day).turns_to(day);
        assert!(turns(0, 20_261_121));
        assert!(turns(20_261_121, 20_261_122));
        assert!(!turns(20_261_121, 20_261_121));
        // The clock was set back by hours, or by a day at the end of a month.
        assert!(!turns(20_261_122, 20_261_121));
        assert!(!turns(20_261_202, 20_261_130));
        assert!(turns(20_261_203, 20_261_130));
        assert!(turns(20_310_101, 20_261_130));
        // A clock beyond every calendar is no reason to leave a day.
        assert!(!turns(20_261_121, 0));
    }
}
