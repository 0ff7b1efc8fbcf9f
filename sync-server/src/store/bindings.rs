//! Table `device_bindings`: who carried a handheld in which epoch. Who carries it now is in
//! `devices`; this is for what others left on it.
//!
//! Held by `tests/tests/trust.rs`.

use super::{Result, Row, Tx};
use crate::params;
use shared::id::{DeviceId, PersonId};
use shared::time::Timestamp;

/// A former carrier whose operations still count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FormerRow {
    /// Who.
    pub person: PersonId,
    /// When the handheld was handed on.
    pub until: Timestamp,
}

/// Notes who carries a handheld from now on in an epoch; again is without effect.
///
/// # Errors
/// Whatever the database says, as for all functions of the store.
pub fn begin(tx: &mut dyn Tx, device: DeviceId, epoch: i64, person: PersonId) -> Result<()> {
    const SQL: &str = "
        INSERT INTO device_bindings (device, epoch, person, until_ms)
        VALUES ($1, $2, $3, NULL)
        ON CONFLICT (device, epoch) DO NOTHING";
    tx.execute(SQL, params![device, epoch, person])?;
    Ok(())
}

/// Notes that a handheld was handed on.
///
/// # Errors
/// As [`begin`].
pub fn end(tx: &mut dyn Tx, device: DeviceId, epoch: i64, at: Timestamp) -> Result<()> {
    const SQL: &str = "
        UPDATE device_bindings
        SET until_ms = $3
        WHERE device = $1 AND epoch = $2";
    tx.execute(SQL, params![device, epoch, at])?;
    Ok(())
}

/// Lets nothing count any more that former carriers left on a handheld.
///
/// # Errors
/// As [`begin`].
pub fn forget(tx: &mut dyn Tx, device: DeviceId) -> Result<()> {
    const SQL: &str = "
        UPDATE device_bindings
        SET until_ms = NULL
        WHERE device = $1";
    tx.execute(SQL, params![device])?;
    Ok(())
}

/// Who carried a handheld in a former epoch, when what they left on it counts.
///
/// # Errors
/// As [`begin`].
pub fn former(tx: &mut dyn Tx, device: DeviceId, epoch: i64) -> Result<Option<FormerRow>> {
    const SQL: &str = "
        SELECT person, until_ms
        FROM device_bindings
        WHERE device = $1 AND epoch = $2 AND until_ms IS NOT NULL";
    let from_row = |row: &Row| {
        Ok(FormerRow {
            person: row.id(0)?,
            until: row.time(1)?,
        })
    };
    let found = tx.query(SQL, params![device, epoch])?;
    found.first().map(from_row).transpose()
}
