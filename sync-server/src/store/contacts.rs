//! Whom to call about a report: kept apart from it, erased in place.
//!
//! Held by `tests/tests/contacts.rs`.

use super::tx::limit as row_limit;
use super::{Result, Row, Tx};
use crate::params;
use shared::contact::Contact;
use shared::id::{AreaCode, CaseId, OpId, ReportId};
use shared::time::Timestamp;

/// A contact as kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactRow {
    /// The operation that brought it.
    pub op_id: OpId,
    /// What the report's payload holds.
    pub commitment: String,
    /// Name, phone and salt; empty once it was erased.
    pub contact: Contact,
    /// When it was erased.
    pub erased: Option<Timestamp>,
}

/// Keeps a contact, unless its operation brought one before: what was erased stays so.
///
/// # Errors
/// Whatever the database says, as for all functions of the store.
pub fn insert_if_new(
    tx: &mut dyn Tx,
    district: &AreaCode,
    op_id: OpId,
    report: ReportId,
    contact: &Contact,
    received: Timestamp,
) -> Result<()> {
    const SQL: &str = "
        INSERT INTO contacts (op_id, district, report, commitment, name, phone, salt, received_ms)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        ON CONFLICT (op_id) DO NOTHING";
    let values = params![
        op_id,
        district,
        report,
        contact.commitment(),
        &contact.name,
        &contact.phone,
        &contact.salt,
        received,
    ];
    tx.execute(SQL, values)?;
    Ok(())
}

/// The contact that an operation brought.
///
/// # Errors
/// As [`insert_if_new`].
pub fn get(tx: &mut dyn Tx, op_id: OpId) -> Result<Option<ContactRow>> {
    const SQL: &str = "
        SELECT op_id, commitment, name, phone, salt, erased_ms
        FROM contacts
        WHERE op_id = $1";
    let found = &mut tx.query(SQL, params![op_id])?;
    found.first_mut().map(from_row).transpose()
}

/// The contact of a report.
///
/// # Errors
/// As [`insert_if_new`].
pub fn of_report(tx: &mut dyn Tx, report: ReportId) -> Result<Option<ContactRow>> {
    const SQL: &str = "
        SELECT op_id, commitment, name, phone, salt, erased_ms
        FROM contacts
        WHERE report = $1
            AND op_id = (SELECT reports.op_id FROM reports WHERE reports.id = $1)
        ORDER BY op_id";
    let found = &mut tx.query(SQL, params![report])?;
    found.first_mut().map(from_row).transpose()
}

/// Erases a contact; `false` when it was.
///
/// # Errors
/// As [`insert_if_new`].
pub fn erase(tx: &mut dyn Tx, op_id: OpId, at: Timestamp) -> Result<bool> {
    const SQL: &str = "
        UPDATE contacts
        SET name = '', phone = '', salt = '', erased_ms = $2
        WHERE op_id = $1 AND erased_ms IS NULL";
    Ok(tx.execute(SQL, params![op_id, at])? == 1)
}

/// Contacts whose time is over: those of cases closed until a moment, with their cases, and those
/// that came until then and never got one. A merged case is over with the one that it is part of,
/// also by way of others.
///
/// # Errors
/// As [`insert_if_new`].
pub fn due(
    tx: &mut dyn Tx,
    district: &AreaCode,
    until: Timestamp,
    limit: usize,
) -> Result<Vec<(OpId, Option<CaseId>)>> {
    const SQL: &str = "
        WITH RECURSIVE going_on (id) AS (
            SELECT cases.id
            FROM cases
            JOIN cases AS target ON target.id = cases.merged_into
            WHERE cases.district = $1 AND cases.merged_into IS NOT NULL
                AND target.merged_into IS NULL
                AND (target.closed_ms IS NULL OR target.closed_ms > $2)
            UNION
            SELECT cases.id
            FROM cases
            JOIN going_on ON going_on.id = cases.merged_into
            WHERE cases.merged_into IS NOT NULL
        )
        SELECT contacts.op_id, cases.id
        FROM contacts
        LEFT JOIN cases ON cases.report = contacts.report
        LEFT JOIN going_on ON going_on.id = cases.id
        WHERE contacts.district = $1 AND contacts.erased_ms IS NULL AND going_on.id IS NULL
            AND (cases.closed_ms <= $2 OR (cases.id IS NULL AND contacts.received_ms <= $2))
        ORDER BY contacts.op_id
        LIMIT $3";
    let rows = tx.query(SQL, params![district, until, row_limit(limit)])?;
    rows.iter()
        .map(|row| Ok((row.id(0)?, row.opt_id(1)?)))
        .collect()
}

fn from_row(row: &mut Row) -> Result<ContactRow> {
    Ok(ContactRow {
        op_id: row.id(0)?,
        commitment: row.take_text(1)?,
        contact: Contact {
            name: row.take_text(2)?,
            phone: row.take_text(3)?,
            salt: row.take_text(4)?,
        },
        erased: row.opt_time(5)?,
    })
}
