//! Table `device`: who this installation is, and the counter of its operations.
//!
//! The counter is raised in the transaction that writes the operation, so numbers have no gaps.

use super::{StoreError, Transaction, count, from_json, parse, to_json, uncount};
use rusqlite::{OptionalExtension, params};
use shared::id::{AreaCode, CatalogueVersion, DeviceId, Sha256};
use shared::operation::CHAIN_START;
use shared::time::Timestamp;
use shared::wire::sync::{EnrolAnswer, Me};

/// The installation as enrolled.
#[derive(Debug, Clone, PartialEq)]
pub struct Device {
    /// Identity.
    pub id: DeviceId,
    /// Epoch of new operations.
    pub epoch: u32,
    /// Number of the newest operation of this epoch.
    pub seq: u64,
    /// Its hash.
    pub last_hash: Sha256,
    /// Address of the server.
    pub server: String,
    /// Bearer token.
    pub token: String,
    /// The server refused the token.
    pub token_refused: bool,
    /// From when on a new token is asked for; none when the server never said how long one lasts.
    pub token_renew: Option<Timestamp>,
    /// Who carries it.
    pub me: Me,
    /// The district.
    pub district: AreaCode,
    /// Its name.
    pub district_name: String,
    /// Identity of this life of the server's data.
    pub server_epoch: String,
    /// Server's clock minus device's clock.
    pub offset_ms: i64,
    /// The catalogue in force at the last contact.
    pub catalogue_wanted: CatalogueVersion,
    /// The areas in force at the last contact.
    pub areas_wanted: String,
    /// The last round that ended well.
    pub last_success: Option<Timestamp>,
}

const READ: &str = "
    SELECT device_id, epoch, seq, last_hash, server, token, token_refused, me, district,
        district_name, server_epoch, offset_ms, catalogue_wanted, areas_wanted, last_success_ms,
        token_renew_ms
    FROM device
    WHERE only_row = 1";

/// The installation, none before the first enrolment.
pub fn read(tx: &Transaction<'_>) -> Result<Option<Device>, StoreError> {
    let row = tx
        .query_row(READ, [], |row| {
            let texts: (String, String, String, String, String) = (
                row.get(0)?,
                row.get(3)?,
                row.get(7)?,
                row.get(8)?,
                row.get(12)?,
            );
            let device = (
                row.get::<_, i64>(1)?,
                row.get::<_, i64>(2)?,
                row.get::<_, String>(4)?,
                row.get::<_, String>(5)?,
                row.get::<_, bool>(6)?,
                row.get::<_, String>(9)?,
                row.get::<_, String>(10)?,
                row.get::<_, i64>(11)?,
                row.get::<_, String>(13)?,
                (
                    row.get::<_, Option<i64>>(14)?,
                    row.get::<_, Option<i64>>(15)?,
                ),
            );
            Ok((texts, device))
        })
        .optional()?;
    let Some(((id, last_hash, me, district, catalogue), rest)) = row else {
        return Ok(None);
    };
    let (epoch, seq, server, token, token_refused, name, server_epoch, offset_ms, areas, at) = rest;
    let (last_success, token_renew) = at;
    Ok(Some(Device {
        id: parse("device id", &id)?,
        epoch: uncount(epoch),
        seq: uncount(seq),
        last_hash: parse("hash", &last_hash)?,
        server,
        token,
        token_refused,
        token_renew: token_renew.map(Timestamp),
        me: from_json("person", &me)?,
        district: parse("district", &district)?,
        district_name: name,
        server_epoch,
        offset_ms,
        catalogue_wanted: parse("catalogue version", &catalogue)?,
        areas_wanted: areas,
        last_success: last_success.map(Timestamp),
    }))
}

const ENROL: &str = "
    INSERT INTO device (only_row, device_id, epoch, seq, last_hash, server, token, token_refused,
        me, district, district_name, server_epoch, offset_ms, catalogue_wanted, areas_wanted,
        enrolled_ms, token_renew_ms)
    VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6, 0, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)
    ON CONFLICT (only_row) DO UPDATE
    SET device_id = ?1, epoch = ?2, seq = ?3, last_hash = ?4, server = ?5, token = ?6,
        token_refused = 0, me = ?7, district = ?8, district_name = ?9, server_epoch = ?10,
        offset_ms = ?11, catalogue_wanted = ?12, areas_wanted = ?13, enrolled_ms = ?14,
        token_renew_ms = ?15";

/// Takes the server's word on who this is. The count of operations goes on where the epoch is the
/// same and starts over in a new one.
pub fn enrol(
    tx: &Transaction<'_>,
    server: &str,
    answer: &EnrolAnswer,
    now: Timestamp,
) -> Result<(), StoreError> {
    let (seq, last_hash) = newest_of_epoch(tx, answer.epoch)?;
    tx.execute(
        ENROL,
        params![
            answer.device_id.to_string(),
            count(answer.epoch),
            count(seq),
            last_hash.to_string(),
            server,
            answer.token,
            to_json("person", &answer.me)?,
            answer.district.as_str(),
            answer.district_name,
            answer.server_epoch,
            answer.server_time.since(now),
            answer.catalogue_version.as_str(),
            answer.areas_version,
            now.0,
            answer.renew_at(now).map(|at| at.0),
        ],
    )?;
    Ok(())
}

fn newest_of_epoch(tx: &Transaction<'_>, epoch: u32) -> Result<(u64, Sha256), StoreError> {
    const SQL: &str = "SELECT seq, hash FROM operations WHERE epoch = ?1 ORDER BY seq DESC LIMIT 1";
    let newest: Option<(i64, String)> = tx
        .query_row(SQL, [count(epoch)], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    match newest {
        Some((seq, hash)) => Ok((uncount(seq), parse("hash", &hash)?)),
        None => Ok((0, CHAIN_START)),
    }
}

/// Moves the counter to the operation that this transaction writes.
pub fn advance(tx: &Transaction<'_>, seq: u64, hash: Sha256) -> Result<(), StoreError> {
    const SQL: &str =
        "UPDATE device SET seq = ?1, last_hash = ?2 WHERE only_row = 1 AND seq = ?1 - 1";
    match tx.execute(SQL, params![count(seq), hash.to_string()])? {
        1 => Ok(()),
        _ => Err(StoreError::Missing("place for this operation's number")),
    }
}

/// Keeps the server's clock and data identity as seen at this contact.
pub fn met(
    tx: &Transaction<'_>,
    server_epoch: &str,
    server_time: Timestamp,
    now: Timestamp,
) -> Result<(), StoreError> {
    const SQL: &str = "
        UPDATE device SET server_epoch = ?1, offset_ms = ?2, token_refused = 0 WHERE only_row = 1";
    tx.execute(SQL, params![server_epoch, server_time.since(now)])?;
    Ok(())
}

/// Keeps the server's clock as seen at this contact, and nothing else.
pub fn see_clock(
    tx: &Transaction<'_>,
    server_time: Timestamp,
    now: Timestamp,
) -> Result<(), StoreError> {
    const SQL: &str = "UPDATE device SET offset_ms = ?1 WHERE only_row = 1";
    tx.execute(SQL, [server_time.since(now)])?;
    Ok(())
}

/// The life of the server's data that was told of last; none before it was bound.
pub fn server_epoch(tx: &Transaction<'_>) -> Result<Option<String>, StoreError> {
    const SQL: &str = "SELECT server_epoch FROM device WHERE only_row = 1";
    Ok(tx.query_row(SQL, [], |row| row.get(0)).optional()?)
}

/// Keeps which life of the server's data an answer belongs to that was carried here.
pub fn set_server_epoch(tx: &Transaction<'_>, server_epoch: &str) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE device SET server_epoch = ?1 WHERE only_row = 1",
        [server_epoch],
    )?;
    Ok(())
}

/// Keeps what a pull says about the person and the versions in force.
pub fn learn(
    tx: &Transaction<'_>,
    me: &Me,
    catalogue: &CatalogueVersion,
    areas: &str,
) -> Result<(), StoreError> {
    const SQL: &str = "
        UPDATE device SET me = ?1, catalogue_wanted = ?2, areas_wanted = ?3 WHERE only_row = 1";
    tx.execute(
        SQL,
        params![to_json("person", me)?, catalogue.as_str(), areas],
    )?;
    Ok(())
}

/// Notes that the server refused the token, or that it shall be tried again.
pub fn set_token_refused(tx: &Transaction<'_>, refused: bool) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE device SET token_refused = ?1 WHERE only_row = 1",
        [refused],
    )?;
    Ok(())
}

/// Takes a new token in the place of the one that was shown for it; one that came with a binding
/// meanwhile stays.
pub fn renew_token(
    tx: &Transaction<'_>,
    before: &str,
    token: &str,
    renew: Timestamp,
) -> Result<(), StoreError> {
    const SQL: &str = "
        UPDATE device SET token = ?2, token_renew_ms = ?3, token_refused = 0
        WHERE only_row = 1 AND token = ?1";
    tx.execute(SQL, params![before, token, renew.0])?;
    Ok(())
}

/// Puts off asking for a new token.
pub fn put_off_renewal(tx: &Transaction<'_>, renew: Timestamp) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE device SET token_renew_ms = ?1 WHERE only_row = 1",
        [renew.0],
    )?;
    Ok(())
}

/// Notes a round that ended well.
pub fn set_last_success(tx: &Transaction<'_>, now: Timestamp) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE device SET last_success_ms = ?1 WHERE only_row = 1",
        [now.0],
    )?;
    Ok(())
}
