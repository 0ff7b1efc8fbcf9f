//! Installations of the handheld app, the loss ledger of each, and the codes that enrol them.
//!
//! Held by `tests/tests/store_contract.rs`.

use super::tx::limit as row_limit;
use super::{Result, Row, Tx};
use crate::params;
use shared::id::{AreaCode, DeviceId, PersonId, Sha256};
use shared::signature::PublicKey;
use shared::time::Timestamp;

/// A device as kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceRow {
    /// Identity.
    pub id: DeviceId,
    /// The district it reports to.
    pub district: AreaCode,
    /// Who carries it.
    pub person: PersonId,
    /// Counts up when an installation starts over.
    pub epoch: i64,
    /// Model or host name.
    pub name: String,
    /// `android`, `linux`, …
    pub platform: String,
    /// Version of the app.
    pub app_version: String,
    /// When it was enrolled.
    pub enrolled: Timestamp,
    /// Last contact.
    pub last_seen: Option<Timestamp>,
    /// Operations it says it made in this epoch.
    pub made: i64,
    /// Operations received without a gap in this epoch.
    pub high_water: i64,
    /// Operations received in this epoch.
    pub received: i64,
    /// Since when it may not sync.
    pub disabled: Option<Timestamp>,
    /// The key that it signs with; none for one enrolled by an app that had no key.
    pub key: Option<PublicKey>,
    /// Since when it has owed operations without a break.
    pub owed_since: Option<Timestamp>,
    /// Since when it is reported lost.
    pub lost: Option<Timestamp>,
}

/// What decides what a device may do and whose word it brings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    /// Who carries it.
    pub person: PersonId,
    /// Counts up when an installation starts over.
    pub epoch: i64,
    /// Since when it may not sync.
    pub disabled: Option<Timestamp>,
    /// Its key as kept. Reading it as a point of its curve costs more than all the rest.
    pub key: Option<String>,
    /// Since when it is reported lost.
    pub lost: Option<Timestamp>,
}

impl DeviceRow {
    /// What decides what it may do.
    #[must_use]
    pub fn binding(&self) -> Binding {
        Binding {
            person: self.person,
            epoch: self.epoch,
            disabled: self.disabled,
            key: self.key.map(|key| key.to_string()),
            lost: self.lost,
        }
    }
}

/// How far a device's operations have come in its epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Identity.
    pub id: DeviceId,
    /// Its epoch.
    pub epoch: i64,
    /// Operations received without a gap.
    pub high_water: i64,
    /// Operations received.
    pub received: i64,
}

/// What a push says about its device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ledger {
    /// Operations it says it made; never goes back.
    pub made: i64,
    /// Operations received without a gap; never goes back.
    pub high_water: i64,
    /// How many more were received.
    pub received_more: i64,
}

/// A one-time code as kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeRow {
    /// SHA-256 of the code.
    pub code_hash: Sha256,
    /// Who will carry the device.
    pub person: PersonId,
    /// Until when.
    pub expires: Timestamp,
    /// When it was used.
    pub used: Option<Timestamp>,
    /// By which device.
    pub device: Option<DeviceId>,
}

/// Adds a device, or binds one that is there anew: person, epoch, name and versions are replaced;
/// the ledger starts over when the epoch does. A key once known is only replaced by another.
///
/// # Errors
/// Whatever the database says, as for all functions of the store.
pub fn put(tx: &mut dyn Tx, row: &DeviceRow) -> Result<()> {
    const SQL: &str = "
        INSERT INTO devices (id, district, person, epoch, name, platform, app_version, enrolled_ms,
            last_seen_ms, made, high_water, received, disabled_ms, public_key, owed_since_ms)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
        ON CONFLICT (id) DO UPDATE SET
            district = excluded.district,
            person = excluded.person,
            epoch = excluded.epoch,
            name = excluded.name,
            platform = excluded.platform,
            app_version = excluded.app_version,
            enrolled_ms = excluded.enrolled_ms,
            last_seen_ms = excluded.last_seen_ms,
            made = CASE WHEN devices.epoch = excluded.epoch
                THEN devices.made ELSE excluded.made END,
            high_water = CASE WHEN devices.epoch = excluded.epoch
                THEN devices.high_water ELSE excluded.high_water END,
            received = CASE WHEN devices.epoch = excluded.epoch
                THEN devices.received ELSE excluded.received END,
            owed_since_ms = CASE WHEN devices.epoch = excluded.epoch
                THEN devices.owed_since_ms ELSE excluded.owed_since_ms END,
            disabled_ms = excluded.disabled_ms,
            lost_ms = NULL,
            told_lost_ms = NULL,
            public_key = COALESCE(excluded.public_key, devices.public_key)";
    let key = row.key.map(|key| key.to_string());
    let values = params![
        row.id,
        &row.district,
        row.person,
        row.epoch,
        &row.name,
        &row.platform,
        &row.app_version,
        row.enrolled,
        row.last_seen,
        row.made,
        row.high_water,
        row.received,
        row.disabled,
        key.as_deref(),
        row.owed_since,
    ];
    tx.execute(SQL, values)?;
    Ok(())
}

/// One device.
///
/// # Errors
/// As [`put`].
pub fn get(tx: &mut dyn Tx, id: DeviceId) -> Result<Option<DeviceRow>> {
    const SQL: &str = "
        SELECT id, district, person, epoch, name, platform, app_version, enrolled_ms,
            last_seen_ms, made, high_water, received, disabled_ms, public_key, owed_since_ms,
            lost_ms
        FROM devices
        WHERE id = $1";
    tx.query(SQL, params![id])?
        .first_mut()
        .map(from_row)
        .transpose()
}

/// What decides what a device may do, for whoever has read the rest before.
///
/// # Errors
/// As [`put`].
pub fn binding(tx: &mut dyn Tx, id: DeviceId) -> Result<Option<Binding>> {
    const SQL: &str = "
        SELECT person, epoch, disabled_ms, public_key, lost_ms
        FROM devices
        WHERE id = $1";
    let from_row = |row: &mut Row| {
        Ok(Binding {
            person: row.id(0)?,
            epoch: row.int(1)?,
            disabled: row.opt_time(2)?,
            key: row.take_opt_text(3)?,
            lost: row.opt_time(4)?,
        })
    };
    tx.query(SQL, params![id])?
        .first_mut()
        .map(from_row)
        .transpose()
}

/// How far a device's operations have come.
///
/// # Errors
/// As [`put`].
pub fn progress(tx: &mut dyn Tx, id: DeviceId) -> Result<Option<Progress>> {
    const SQL: &str = "
        SELECT epoch, high_water, received
        FROM devices
        WHERE id = $1";
    let from_row = |row: &Row| {
        Ok(Progress {
            id,
            epoch: row.int(0)?,
            high_water: row.int(1)?,
            received: row.int(2)?,
        })
    };
    tx.query(SQL, params![id])?
        .first()
        .map(from_row)
        .transpose()
}

/// A page of the district's devices by id, after the one that ended the page before.
///
/// # Errors
/// As [`put`].
pub fn page(
    tx: &mut dyn Tx,
    district: &AreaCode,
    after: Option<DeviceId>,
    limit: usize,
) -> Result<Vec<DeviceRow>> {
    const SQL: &str = "
        SELECT id, district, person, epoch, name, platform, app_version, enrolled_ms,
            last_seen_ms, made, high_water, received, disabled_ms, public_key, owed_since_ms,
            lost_ms
        FROM devices
        WHERE district = $1 AND id > $2
        ORDER BY id
        LIMIT $3";
    let after = after.map_or_else(String::new, |id| id.to_string());
    let values = params![district, &after, row_limit(limit)];
    tx.query(SQL, values)?.iter_mut().map(from_row).collect()
}

/// Notes a contact and what it said; numbers never go back.
///
/// # Errors
/// As [`put`].
pub fn note_push(tx: &mut dyn Tx, id: DeviceId, ledger: Ledger, at: Timestamp) -> Result<()> {
    const SQL: &str = "
        UPDATE devices
        SET last_seen_ms = $2,
            made = CASE WHEN made < $3 THEN $3 ELSE made END,
            high_water = CASE WHEN high_water < $4 THEN $4 ELSE high_water END,
            received = received + $5,
            owed_since_ms = CASE
                WHEN (CASE WHEN made < $3 THEN $3 ELSE made END)
                    > (CASE WHEN high_water < $4 THEN $4 ELSE high_water END)
                THEN COALESCE(owed_since_ms, $2) ELSE NULL END
        WHERE id = $1";
    let Ledger {
        made,
        high_water,
        received_more,
    } = ledger;
    tx.execute(SQL, params![id, at, made, high_water, received_more])?;
    Ok(())
}

/// Notes a contact.
///
/// # Errors
/// As [`put`].
pub fn note_seen(tx: &mut dyn Tx, id: DeviceId, at: Timestamp) -> Result<()> {
    const SQL: &str = "
        UPDATE devices
        SET last_seen_ms = $2
        WHERE id = $1";
    tx.execute(SQL, params![id, at])?;
    Ok(())
}

/// Stops a device from a moment, or lets it again; whether it is there.
///
/// # Errors
/// As [`put`].
pub fn set_disabled(tx: &mut dyn Tx, id: DeviceId, disabled: Option<Timestamp>) -> Result<bool> {
    const SQL: &str = "
        UPDATE devices
        SET disabled_ms = $2
        WHERE id = $1";
    Ok(tx.execute(SQL, params![id, disabled])? == 1)
}

/// Marks a device as lost from a moment, or as found; whether it is there.
///
/// # Errors
/// As [`put`].
pub fn set_lost(tx: &mut dyn Tx, id: DeviceId, lost: Option<Timestamp>) -> Result<bool> {
    const SQL: &str = "
        UPDATE devices
        SET lost_ms = $2, told_lost_ms = NULL
        WHERE id = $1";
    Ok(tx.execute(SQL, params![id, lost])? == 1)
}

/// Notes that a lost device came and was told; `false` when that was noted before.
///
/// # Errors
/// As [`put`].
pub fn note_told_lost(tx: &mut dyn Tx, id: DeviceId, at: Timestamp) -> Result<bool> {
    const SQL: &str = "
        UPDATE devices
        SET told_lost_ms = $2
        WHERE id = $1 AND lost_ms IS NOT NULL AND told_lost_ms IS NULL";
    Ok(tx.execute(SQL, params![id, at])? == 1)
}

/// Adds a one-time code.
///
/// # Errors
/// As [`put`].
pub fn insert_code(tx: &mut dyn Tx, row: &CodeRow) -> Result<()> {
    const SQL: &str = "
        INSERT INTO enrol_codes (code_hash, person, expires_ms, used_ms, device)
        VALUES ($1, $2, $3, $4, $5)";
    let CodeRow {
        code_hash,
        person,
        expires,
        used,
        device,
    } = row;
    tx.execute(SQL, params![*code_hash, *person, *expires, *used, *device])?;
    Ok(())
}

/// A code, used or not.
///
/// # Errors
/// As [`put`].
pub fn code(tx: &mut dyn Tx, code_hash: Sha256) -> Result<Option<CodeRow>> {
    const SQL: &str = "
        SELECT code_hash, person, expires_ms, used_ms, device
        FROM enrol_codes
        WHERE code_hash = $1";
    let found = tx.query(SQL, params![code_hash])?;
    let Some(row) = found.first() else {
        return Ok(None);
    };
    Ok(Some(CodeRow {
        code_hash: row.id(0)?,
        person: row.id(1)?,
        expires: row.time(2)?,
        used: row.opt_time(3)?,
        device: row.opt_id(4)?,
    }))
}

/// Uses a code for a device; `false` when another device has used it.
///
/// # Errors
/// As [`put`].
pub fn use_code(
    tx: &mut dyn Tx,
    code_hash: Sha256,
    device: DeviceId,
    at: Timestamp,
) -> Result<bool> {
    const SQL: &str = "
        UPDATE enrol_codes
        SET used_ms = $3, device = $2
        WHERE code_hash = $1 AND (device IS NULL OR device = $2)";
    Ok(tx.execute(SQL, params![code_hash, device, at])? == 1)
}

/// Lets all codes run out that nobody has used; how many.
///
/// # Errors
/// As [`put`].
pub fn expire_codes(tx: &mut dyn Tx) -> Result<u64> {
    const SQL: &str = "
        UPDATE enrol_codes
        SET expires_ms = 0
        WHERE used_ms IS NULL";
    tx.execute(SQL, &[])
}

fn from_row(row: &mut Row) -> Result<DeviceRow> {
    Ok(DeviceRow {
        id: row.id(0)?,
        district: row.id(1)?,
        person: row.id(2)?,
        epoch: row.int(3)?,
        name: row.take_text(4)?,
        platform: row.take_text(5)?,
        app_version: row.take_text(6)?,
        enrolled: row.time(7)?,
        last_seen: row.opt_time(8)?,
        made: row.int(9)?,
        high_water: row.int(10)?,
        received: row.int(11)?,
        disabled: row.opt_time(12)?,
        key: match row.opt_text(13)? {
            Some(_) => Some(row.word(13, |text| text.parse().ok())?),
            None => None,
        },
        owed_since: row.opt_time(14)?,
        lost: row.opt_time(15)?,
    })
}
