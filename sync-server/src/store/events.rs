//! The trail of a case: who did what, when and why. Only appended; each entry's hash covers the
//! one before it, so that a changed or missing entry shows.
//!
//! Held by `tests/tests/store_contract.rs`.

use super::{Result, Row, Tx};
use crate::params;
use sha2::{Digest, Sha256 as Hasher};
use shared::id::{AreaCode, CaseId, EventId, PersonId, Sha256, UnitCode};
use shared::role::Role;
use shared::time::Timestamp;

pub use shared::archive::CHAIN_START;

/// An entry to be appended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEvent {
    /// Identity.
    pub id: EventId,
    /// Stored name of what happened: a move, or `opened`.
    pub kind: String,
    /// State before.
    pub from: Option<String>,
    /// State after.
    pub to: String,
    /// Who; none for the system.
    pub person: Option<PersonId>,
    /// In which role.
    pub role: Option<Role>,
    /// Of which unit.
    pub unit: Option<UnitCode>,
    /// When, by the server's clock.
    pub at: Timestamp,
    /// Why, or what was done.
    pub reason: String,
    /// Further facts, JSON.
    pub detail: String,
}

/// An entry as kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventRow {
    /// From 1 without gaps.
    pub ordinal: i64,
    /// What happened.
    pub event: NewEvent,
    /// Hash of the entry before.
    pub prev_hash: Sha256,
    /// Hash of this one.
    pub hash: Sha256,
}

/// Appends an entry behind the newest one.
///
/// # Errors
/// Whatever the database says, as for all functions of the store.
pub fn append(tx: &mut dyn Tx, case: CaseId, event: NewEvent) -> Result<EventRow> {
    const NEWEST: &str = "
        SELECT ordinal, hash
        FROM case_events
        WHERE case_id = $1
        ORDER BY case_id, ordinal DESC
        LIMIT 1";
    let newest = tx.query(NEWEST, params![case])?;
    let (before, prev_hash) = match newest.first() {
        Some(row) => (row.int(0)?, row.id(1)?),
        None => (0, CHAIN_START),
    };
    insert(tx, case, before.saturating_add(1), prev_hash, event)
}

/// Appends the first entry of a case that was opened in this very transaction.
///
/// # Errors
/// As [`append`].
pub fn append_first(tx: &mut dyn Tx, case: CaseId, event: NewEvent) -> Result<EventRow> {
    insert(tx, case, 1, CHAIN_START, event)
}

/// Appends an entry behind one that was appended in this very transaction.
///
/// # Errors
/// As [`append`].
pub fn append_next(
    tx: &mut dyn Tx,
    case: CaseId,
    before: &EventRow,
    event: NewEvent,
) -> Result<EventRow> {
    insert(
        tx,
        case,
        before.ordinal.saturating_add(1),
        before.hash,
        event,
    )
}

/// The whole trail, oldest first.
///
/// # Errors
/// As [`append`].
pub fn of_case(tx: &mut dyn Tx, case: CaseId) -> Result<Vec<EventRow>> {
    const SQL: &str = "
        SELECT ordinal, id, kind, from_state, to_state, actor_person, actor_role, actor_unit,
            at_ms, reason, detail, prev_hash, hash
        FROM case_events
        WHERE case_id = $1
        ORDER BY case_id, ordinal";
    tx.query(SQL, params![case])?
        .iter_mut()
        .map(from_row)
        .collect()
}

/// The ordinal of the first entry that doesn't fit its hash or the entry before it; none when the
/// trail is whole.
#[must_use]
pub fn first_break(case: CaseId, trail: &[EventRow]) -> Option<i64> {
    let mut prev_hash = CHAIN_START;
    for (ordinal, row) in (1..).zip(trail) {
        let fits = row.ordinal == ordinal
            && row.prev_hash == prev_hash
            && row.hash == chain_hash(case, ordinal, prev_hash, &row.event);
        if !fits {
            return Some(ordinal);
        }
        prev_hash = row.hash;
    }
    None
}

/// An entry as it lies in the table, however that came about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptEvent {
    /// The case, as text: it may be none.
    pub case: String,
    /// Its ordinal.
    pub ordinal: i64,
    /// Its district, as text.
    pub district: String,
    /// Its number in the district.
    pub entry_no: i64,
    /// The entry, where it can be read.
    pub row: Result<EventRow>,
}

/// All entries of the cases after one id and up to another, in order of case and ordinal.
///
/// # Errors
/// As [`append`]; what can't be read is said entry by entry.
pub fn of_cases_between(tx: &mut dyn Tx, after: &str, to: &str) -> Result<Vec<KeptEvent>> {
    const SQL: &str = "
        SELECT ordinal, id, kind, from_state, to_state, actor_person, actor_role, actor_unit,
            at_ms, reason, detail, prev_hash, hash, case_id, district, entry_no
        FROM case_events
        WHERE case_id > $1 AND case_id <= $2
        ORDER BY case_id, ordinal";
    let mut found = Vec::new();
    tx.each(SQL, params![after, to], &mut |row| {
        found.push(kept(row)?);
        Ok(())
    })?;
    Ok(found)
}

/// The entries with numbers of the district after one and up to another, with their printed case
/// numbers.
///
/// # Errors
/// As [`append`]; what can't be read is said entry by entry.
pub fn of_numbers_between(
    tx: &mut dyn Tx,
    district: &AreaCode,
    after: i64,
    to: i64,
) -> Result<Vec<(KeptEvent, String)>> {
    const SQL: &str = "
        SELECT ordinal, case_events.id, kind, from_state, to_state, actor_person, actor_role,
            actor_unit, at_ms, reason, detail, prev_hash, hash, case_id, case_events.district,
            entry_no, COALESCE(case_no, case_id)
        FROM case_events
        LEFT JOIN cases ON cases.id = case_events.case_id
        WHERE case_events.district = $1 AND entry_no > $2 AND entry_no <= $3
        ORDER BY case_events.district, entry_no";
    let rows = &mut tx.query(SQL, params![district, after, to])?;
    let kept = |row: &mut Row| Ok((kept(row)?, row.take_text(16)?));
    rows.iter_mut().map(kept).collect()
}

/// All entries of a case as they lie in the table, in order of their ordinals.
///
/// # Errors
/// As [`of_cases_between`].
pub fn of_one_case(tx: &mut dyn Tx, case: &str) -> Result<Vec<KeptEvent>> {
    const SQL: &str = "
        SELECT ordinal, id, kind, from_state, to_state, actor_person, actor_role, actor_unit,
            at_ms, reason, detail, prev_hash, hash, case_id, district, entry_no
        FROM case_events
        WHERE case_id = $1
        ORDER BY case_id, ordinal";
    tx.query(SQL, params![case])?.iter_mut().map(kept).collect()
}

fn kept(row: &mut Row) -> Result<KeptEvent> {
    Ok(KeptEvent {
        case: row.take_text(13)?,
        ordinal: row.int(0)?,
        district: row.take_text(14)?,
        entry_no: row.int(15)?,
        row: from_row(row),
    })
}

fn insert(
    tx: &mut dyn Tx,
    case: CaseId,
    ordinal: i64,
    prev_hash: Sha256,
    event: NewEvent,
) -> Result<EventRow> {
    const SQL: &str = "
        INSERT INTO case_events (case_id, ordinal, id, kind, from_state, to_state, actor_person,
            actor_role, actor_unit, at_ms, reason, detail, prev_hash, hash, district, entry_no)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)";
    let hash = chain_hash(case, ordinal, prev_hash, &event);
    let entry = tx.next_entry()?;
    let values = params![
        case,
        ordinal,
        event.id,
        &event.kind,
        event.from.as_deref(),
        &event.to,
        event.person,
        event.role.map(Role::as_str),
        event.unit.as_ref(),
        event.at,
        &event.reason,
        &event.detail,
        prev_hash,
        hash,
        &*entry.district,
        entry.no,
    ];
    tx.execute(SQL, values)?;
    Ok(EventRow {
        ordinal,
        event,
        prev_hash,
        hash,
    })
}

/// SHA-256 over the fields in order, each with its length before it, so that no two different
/// entries have the same bytes.
#[must_use]
pub fn chain_hash(case: CaseId, ordinal: i64, prev_hash: Sha256, event: &NewEvent) -> Sha256 {
    let mut hasher = Hasher::new();
    hasher.update(prev_hash.bytes());
    hasher.update(case.0.as_bytes());
    hasher.update(ordinal.to_be_bytes());
    hasher.update(event.id.0.as_bytes());
    hasher.update(event.at.0.to_be_bytes());
    hasher.update(event.person.map_or([0; 16], |person| *person.0.as_bytes()));
    let texts = [
        event.kind.as_str(),
        event.from.as_deref().unwrap_or(""),
        &event.to,
        event.role.map_or("", Role::as_str),
        event.unit.as_ref().map_or("", UnitCode::as_str),
        &event.reason,
        &event.detail,
    ];
    for text in texts {
        let length = u64::try_from(text.len()).unwrap_or(u64::MAX);
        hasher.update(length.to_be_bytes());
        hasher.update(text.as_bytes());
    }
    Sha256::new(hasher.finalize().into())
}

fn from_row(row: &mut Row) -> Result<EventRow> {
    let role = match row.opt_text(6)? {
        Some(_) => Some(row.word(6, Role::parse)?),
        None => None,
    };
    let event = NewEvent {
        id: row.id(1)?,
        kind: row.take_text(2)?,
        from: row.take_opt_text(3)?,
        to: row.take_text(4)?,
        person: row.opt_id(5)?,
        role,
        unit: row.opt_id(7)?,
        at: row.time(8)?,
        reason: row.take_text(9)?,
        detail: row.take_text(10)?,
    };
    Ok(EventRow {
        ordinal: row.int(0)?,
        event,
        prev_hash: row.id(11)?,
        hash: row.id(12)?,
    })
}
