//! Who did what beside the trails of cases: sign-ins, people, posts, devices, quarantine.
//!
//! Only appended. Held by `tests/tests/store_contract.rs`.

use super::tx::limit as row_limit;
use super::{Result, Row, Tx};
use crate::params;
use shared::id::{AreaCode, DeviceId, PersonId};
use shared::time::Timestamp;
use uuid::Uuid;

/// An entry as kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRow {
    /// Identity.
    pub id: Uuid,
    /// Whose people look at it.
    pub district: AreaCode,
    /// When.
    pub at: Timestamp,
    /// Who; none for the command line.
    pub person: Option<PersonId>,
    /// With which device.
    pub device: Option<DeviceId>,
    /// What: `session.open`, `person.add`, …
    pub action: String,
    /// On what.
    pub subject: String,
    /// Further facts, JSON.
    pub detail: String,
}

/// Appends an entry.
///
/// # Errors
/// Whatever the database says, as for all functions of the store.
pub fn append(tx: &mut dyn Tx, row: &AuditRow) -> Result<()> {
    const SQL: &str = "
        INSERT INTO audit (id, district, at_ms, person, device, action, subject, detail)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    let AuditRow {
        id,
        district,
        at,
        person,
        device,
        action,
        subject,
        detail,
    } = row;
    tx.execute(
        SQL,
        params![
            *id, district, *at, *person, *device, action, subject, detail
        ],
    )?;
    Ok(())
}

/// A page of a district's entries, newest first, after the one that ended the page before.
///
/// # Errors
/// As [`append`].
pub fn page(
    tx: &mut dyn Tx,
    district: &AreaCode,
    after: Option<(Timestamp, Uuid)>,
    limit: usize,
) -> Result<Vec<AuditRow>> {
    const SQL: &str = "
        SELECT id, district, at_ms, person, device, action, subject, detail
        FROM audit
        WHERE district = $1 AND (at_ms, id) < ($2, $3)
        ORDER BY at_ms DESC, id DESC
        LIMIT $4";
    let (at, id) = after.map_or((i64::MAX, String::new()), |(at, id)| (at.0, id.to_string()));
    let values = params![district, at, &id, row_limit(limit)];
    tx.query(SQL, values)?.iter_mut().map(from_row).collect()
}

fn from_row(row: &mut Row) -> Result<AuditRow> {
    Ok(AuditRow {
        id: row.id(0)?,
        district: row.id(1)?,
        at: row.time(2)?,
        person: row.opt_id(3)?,
        device: row.opt_id(4)?,
        action: row.take_text(5)?,
        subject: row.take_text(6)?,
        detail: row.take_text(7)?,
    })
}
