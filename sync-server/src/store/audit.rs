//! Who did what beside the trails of cases: sign-ins, people, posts, devices, quarantine.
//!
//! Only appended; each entry's hash covers the one before it. Held by `tests/tests/store_contract.rs`.

use super::tx::limit as row_limit;
use super::{Result, Row, Tx};
use crate::params;
use sha2::{Digest, Sha256 as Hasher};
use shared::archive::CHAIN_START;
use shared::id::{AreaCode, DeviceId, PersonId, Sha256};
use shared::time::Timestamp;
use uuid::Uuid;

/// Entries from before there were hashes that are read at once when they get theirs.
const ADOPTED_AT_ONCE: usize = 500;

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

/// Appends an entry behind the audit's newest one.
///
/// # Errors
/// Whatever the database says, as for all functions of the store.
pub fn append(tx: &mut dyn Tx, row: &AuditRow) -> Result<()> {
    const SQL: &str = "
        INSERT INTO audit (id, district, at_ms, person, device, action, subject, detail, entry_no,
            hash)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    let before = newest_hash(tx, &row.district)?;
    let entry_no = tx.next_entry()?.no;
    let hash = chain_hash(&before, entry_no, row);
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
            *id, district, *at, *person, *device, action, subject, detail, entry_no, hash
        ],
    )?;
    Ok(())
}

/// The hash of the audit's newest entry. Entries from before there were hashes get theirs now.
///
/// # Errors
/// As [`append`].
pub fn newest_hash(tx: &mut dyn Tx, district: &AreaCode) -> Result<Sha256> {
    const NEWEST: &str = "
        SELECT hash
        FROM audit
        WHERE district = $1
        ORDER BY district, entry_no DESC
        LIMIT 1";
    const SET: &str = "
        UPDATE audit
        SET hash = $2
        WHERE id = $1";
    let newest = tx.query(NEWEST, params![district])?;
    match newest.first() {
        None => return Ok(CHAIN_START),
        Some(row) if !row.text(0)?.is_empty() => return row.id(0),
        Some(_) => {}
    }
    let (mut hash, mut after) = (CHAIN_START, 0);
    loop {
        let page = after_no(tx, district, after, ADOPTED_AT_ONCE)?;
        let Some(last) = page.last() else {
            return Ok(hash);
        };
        after = last.entry_no;
        for kept in &page {
            let row = kept.row.as_ref().map_err(Clone::clone)?;
            hash = chain_hash(&hash, kept.entry_no, row);
            tx.execute(SET, params![row.id, hash])?;
        }
    }
}

/// An entry as kept, with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptEntry {
    /// Its number in the district.
    pub entry_no: i64,
    /// Its hash as kept; none for one from before there were hashes.
    pub hash: Option<Sha256>,
    /// The entry, where it can be read.
    pub row: Result<AuditRow>,
}

/// The audit's entries after a number, in order.
///
/// # Errors
/// As [`append`]; what can't be read is said entry by entry.
pub fn after_no(
    tx: &mut dyn Tx,
    district: &AreaCode,
    after: i64,
    limit: usize,
) -> Result<Vec<KeptEntry>> {
    const SQL: &str = "
        SELECT id, district, at_ms, person, device, action, subject, detail, entry_no, hash
        FROM audit
        WHERE district = $1 AND entry_no > $2
        ORDER BY district, entry_no
        LIMIT $3";
    let kept = |row: &mut Row| {
        Ok(KeptEntry {
            entry_no: row.int(8)?,
            hash: row.id(9).ok(),
            row: from_row(row),
        })
    };
    tx.query(SQL, params![district, after, row_limit(limit)])?
        .iter_mut()
        .map(kept)
        .collect()
}

/// What was noted at a moment of one sort of deed on one thing.
///
/// # Errors
/// As [`append`].
pub fn at_moment(
    tx: &mut dyn Tx,
    district: &AreaCode,
    at: Timestamp,
    action: &str,
    subject: &str,
) -> Result<Vec<AuditRow>> {
    const SQL: &str = "
        SELECT id, district, at_ms, person, device, action, subject, detail
        FROM audit
        WHERE district = $1 AND at_ms = $2 AND action = $3 AND subject = $4
        ORDER BY at_ms, id";
    let values = params![district, at, action, subject];
    tx.query(SQL, values)?.iter_mut().map(from_row).collect()
}

/// SHA-256 over the hash of the entry before and every field, each text with its length.
#[must_use]
pub fn chain_hash(before: &Sha256, entry_no: i64, row: &AuditRow) -> Sha256 {
    let mut hasher = Hasher::new();
    hasher.update(before.bytes());
    hasher.update(entry_no.to_be_bytes());
    hasher.update(row.id.as_bytes());
    hasher.update(row.at.0.to_be_bytes());
    hasher.update(row.person.map_or([0; 16], |id| *id.0.as_bytes()));
    hasher.update(row.device.map_or([0; 16], |id| *id.0.as_bytes()));
    for text in [
        row.district.as_str(),
        &row.action,
        &row.subject,
        &row.detail,
    ] {
        let length = u64::try_from(text.len()).unwrap_or(u64::MAX);
        hasher.update(length.to_be_bytes());
        hasher.update(text.as_bytes());
    }
    Sha256::new(hasher.finalize().into())
}

/// Which entries a page is to hold; what is empty asks for nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// Name or sign-in name of who did it or whom it concerned.
    pub person: String,
    /// What was done.
    pub action: String,
    /// At or after.
    pub from: Option<Timestamp>,
    /// Before.
    pub to: Option<Timestamp>,
}

/// A page of a district's entries, newest first, after the one that ended the page before.
///
/// # Errors
/// As [`append`].
pub fn page(
    tx: &mut dyn Tx,
    district: &AreaCode,
    filter: &AuditFilter,
    after: Option<(Timestamp, Uuid)>,
    limit: usize,
) -> Result<Vec<AuditRow>> {
    const SQL: &str = "
        SELECT id, district, at_ms, person, device, action, subject, detail
        FROM audit
        WHERE district = $1 AND (at_ms, id) < ($2, $3) AND at_ms >= $4 AND at_ms < $5
            AND ($6 = '' OR action = $6)
            AND ($7 = ''
                OR person IN (SELECT id FROM people WHERE name = $7 OR login = $7)
                OR subject IN (SELECT id FROM people WHERE name = $7 OR login = $7))
        ORDER BY at_ms DESC, id DESC
        LIMIT $8";
    let (at, id) = after.map_or((i64::MAX, String::new()), |(at, id)| (at.0, id.to_string()));
    let values = params![
        district,
        at,
        &id,
        filter.from.map_or(i64::MIN, |from| from.0),
        filter.to.map_or(i64::MAX, |to| to.0),
        &filter.action,
        &filter.person,
        row_limit(limit),
    ];
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
