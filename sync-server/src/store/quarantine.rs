//! What could not be acted on, kept for a person with the reason.
//!
//! The same operation id with another content is a row of its own, so the key is id and hash.
//! Held by `tests/tests/store_contract.rs`.

use super::tx::limit as row_limit;
use super::{Result, Row, Tx};
use crate::params;
use shared::id::{AreaCode, DeviceId, OpId, PersonId, Sha256};
use shared::time::Timestamp;

/// An entry as kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuarantineRow {
    /// The operation.
    pub op_id: OpId,
    /// Hash of its content.
    pub hash: Sha256,
    /// Whose people look at it.
    pub district: AreaCode,
    /// The device that sent it.
    pub device: DeviceId,
    /// Who made it, if known.
    pub person: Option<PersonId>,
    /// Why, for a program.
    pub reason_code: String,
    /// Why, in words.
    pub reason: String,
    /// The operation as it came.
    pub body: String,
    /// When it came.
    pub received: Timestamp,
    /// When somebody settled it.
    pub resolved: Option<Timestamp>,
    /// Who.
    pub resolved_by: Option<PersonId>,
    /// What was done about it.
    pub note: String,
}

/// Where a page of the list ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct After {
    /// When that entry came.
    pub received: Timestamp,
    /// Its operation.
    pub op_id: OpId,
    /// Hash of its content.
    pub hash: Sha256,
}

/// Adds an entry; `false` when the same operation with the same content is there.
///
/// # Errors
/// Whatever the database says, as for all functions of the store.
pub fn insert_if_new(tx: &mut dyn Tx, row: &QuarantineRow) -> Result<bool> {
    const SQL: &str = "
        INSERT INTO quarantine (op_id, hash, district, device, person, reason_code, reason, body,
            received_ms, resolved_ms, resolved_by, note)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
        ON CONFLICT (op_id, hash) DO NOTHING";
    let values = params![
        row.op_id,
        row.hash,
        &row.district,
        row.device,
        row.person,
        &row.reason_code,
        &row.reason,
        &row.body,
        row.received,
        row.resolved,
        row.resolved_by,
        &row.note,
    ];
    Ok(tx.execute(SQL, values)? == 1)
}

/// Every entry of an operation: one, unless a device sent two contents under one id.
///
/// # Errors
/// As [`insert_if_new`].
pub fn of_operation(tx: &mut dyn Tx, op_id: OpId) -> Result<Vec<QuarantineRow>> {
    const SQL: &str = "
        SELECT op_id, hash, district, device, person, reason_code, reason, body, received_ms,
            resolved_ms, resolved_by, note
        FROM quarantine
        WHERE op_id = $1
        ORDER BY op_id, hash";
    tx.query(SQL, params![op_id])?
        .iter_mut()
        .map(from_row)
        .collect()
}

/// The entries after an operation and a hash, in their order, whoever looks at them.
///
/// # Errors
/// As [`insert_if_new`].
pub fn kept_after(
    tx: &mut dyn Tx,
    (op_id, hash): (&str, &str),
    limit: usize,
) -> Result<Vec<QuarantineRow>> {
    const SQL: &str = "
        SELECT op_id, hash, district, device, person, reason_code, reason, body, received_ms,
            resolved_ms, resolved_by, note
        FROM quarantine
        WHERE (op_id, hash) > ($1, $2)
        ORDER BY op_id, hash
        LIMIT $3";
    let values = params![op_id, hash, row_limit(limit)];
    tx.query(SQL, values)?.iter_mut().map(from_row).collect()
}

/// What came from a device that the store says was kept for one of these reasons until a moment.
///
/// # Errors
/// As [`insert_if_new`].
pub fn bodies_of(
    tx: &mut dyn Tx,
    device: DeviceId,
    codes: [&str; 3],
    until: Timestamp,
) -> Result<Vec<String>> {
    const SQL: &str = "
        SELECT body
        FROM quarantine
        WHERE device = $1 AND reason_code IN ($3, $4, $5) AND received_ms <= $2
        ORDER BY received_ms, op_id, hash";
    let [one, two, three] = codes;
    let rows = tx.query(SQL, params![device, until, one, two, three])?;
    rows.iter().map(|row| Ok(row.text(0)?.to_owned())).collect()
}

/// A page of a district's entries, newest first; only those that wait, unless `settled` is asked
/// for too.
///
/// # Errors
/// As [`insert_if_new`].
pub fn page(
    tx: &mut dyn Tx,
    district: &AreaCode,
    settled: bool,
    after: Option<After>,
    limit: usize,
) -> Result<Vec<QuarantineRow>> {
    const WAITING: &str = "
        SELECT op_id, hash, district, device, person, reason_code, reason, body, received_ms,
            resolved_ms, resolved_by, note
        FROM quarantine
        WHERE district = $1 AND resolved_ms IS NULL
            AND (received_ms, op_id, hash) < ($2, $3, $4)
        ORDER BY received_ms DESC, op_id DESC, hash DESC
        LIMIT $5";
    const ALL: &str = "
        SELECT op_id, hash, district, device, person, reason_code, reason, body, received_ms,
            resolved_ms, resolved_by, note
        FROM quarantine
        WHERE district = $1
            AND (received_ms, op_id, hash) < ($2, $3, $4)
        ORDER BY received_ms DESC, op_id DESC, hash DESC
        LIMIT $5";
    let sql = if settled { ALL } else { WAITING };
    let (received, op_id, hash) = after.map_or_else(
        || (i64::MAX, String::new(), String::new()),
        |at| (at.received.0, at.op_id.to_string(), at.hash.to_string()),
    );
    let values = params![district, received, &op_id, &hash, row_limit(limit)];
    tx.query(sql, values)?.iter_mut().map(from_row).collect()
}

/// Who made the entries of a district whose text has this hash in it: as many as are looked through
/// for one photo. None of them is read for long, since few are ever in quarantine.
///
/// # Errors
/// As [`insert_if_new`].
pub fn naming(tx: &mut dyn Tx, district: &AreaCode, hash: Sha256) -> Result<Vec<Option<PersonId>>> {
    const SQL: &str = "
        SELECT DISTINCT person
        FROM quarantine
        WHERE district = $1 AND body LIKE $2
        LIMIT 10";
    let part = format!("%{hash}%");
    tx.query(SQL, params![district, &part])?
        .iter_mut()
        .map(|row| row.opt_id(0))
        .collect()
}

/// How many entries of a district wait.
///
/// # Errors
/// As [`insert_if_new`].
pub fn count_waiting(tx: &mut dyn Tx, district: &AreaCode) -> Result<i64> {
    const SQL: &str = "
        SELECT count(*)
        FROM quarantine
        WHERE district = $1 AND resolved_ms IS NULL";
    tx.query(SQL, params![district])?
        .first()
        .map_or(Ok(0), |row| row.int(0))
}

/// Settles one content of an operation; `false` when it doesn't wait.
///
/// # Errors
/// As [`insert_if_new`].
pub fn resolve(
    tx: &mut dyn Tx,
    op_id: OpId,
    hash: Sha256,
    by: PersonId,
    note: &str,
    at: Timestamp,
) -> Result<bool> {
    const SQL: &str = "
        UPDATE quarantine
        SET resolved_ms = $3, resolved_by = $4, note = $5
        WHERE op_id = $1 AND hash = $2 AND resolved_ms IS NULL";
    Ok(tx.execute(SQL, params![op_id, hash, at, by, note])? == 1)
}

fn from_row(row: &mut Row) -> Result<QuarantineRow> {
    Ok(QuarantineRow {
        op_id: row.id(0)?,
        hash: row.id(1)?,
        district: row.id(2)?,
        device: row.id(3)?,
        person: row.opt_id(4)?,
        reason_code: row.take_text(5)?,
        reason: row.take_text(6)?,
        body: row.take_text(7)?,
        received: row.time(8)?,
        resolved: row.opt_time(9)?,
        resolved_by: row.opt_id(10)?,
        note: row.take_text(11)?,
    })
}
