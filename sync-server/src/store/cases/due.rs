//! Cases by the moment at which something is due, and other short questions about them.

use super::{CaseRow, NO_DEADLINE, from_row, select_case};
use crate::params;
use crate::store::tx::{IDS_AT_ONCE, each_of, limit as row_limit, places};
use crate::store::{Result, Tx};
use shared::case::{Class, Life, SUSPENDED};
use shared::id::{AreaCode, CaseId, PersonId, UnitCode};
use shared::time::Timestamp;
use std::collections::HashMap;
use std::sync::LazyLock;

/// Open cases of which something was due up to a moment, the oldest first. Costs by what is due.
///
/// # Errors
/// Whatever the database says, as for all functions of the store.
pub fn due_before(
    tx: &mut dyn Tx,
    district: &AreaCode,
    until: Timestamp,
    limit: usize,
) -> Result<Vec<CaseRow>> {
    const SQL: &str = select_case!(
        "
        WHERE district = $1 AND next_due_ms IS NOT NULL AND next_due_ms <= $2
        ORDER BY next_due_ms, id
        LIMIT $3"
    );
    let values = params![district, until, row_limit(limit)];
    tx.query(SQL, values)?.iter_mut().map(from_row).collect()
}

/// Sets the next moment of a case that nothing was told of, and notes what lists find it by: a
/// program from before the columns didn't.
///
/// # Errors
/// As [`due_before`].
pub fn put_off(tx: &mut dyn Tx, case: &CaseRow, next_due: Option<Timestamp>) -> Result<()> {
    const SQL: &str = "
        UPDATE cases
        SET next_due_ms = $2, assigned = $3, stage_due_ms = $4
        WHERE id = $1";
    let assigned = assigned(case.class, &case.life);
    let stage_due = stage_due(&case.state, case.class, &case.life);
    tx.execute(SQL, params![case.id, next_due, assigned, stage_due])?;
    note_parts(tx, case.id, case.class, &case.life)
}

/// Has every open case looked at soon: another catalogue is in force, and with it perhaps another
/// calendar.
///
/// # Errors
/// As [`due_before`].
pub fn look_at_open(tx: &mut dyn Tx, district: &AreaCode) -> Result<()> {
    const SQL: &str = "
        UPDATE cases
        SET next_due_ms = 0
        WHERE district = $1 AND state_class = 'open'";
    tx.execute(SQL, params![district])?;
    Ok(())
}

/// Lets another unit share the file.
///
/// # Errors
/// As [`due_before`].
pub fn assist(tx: &mut dyn Tx, case: &CaseRow, unit: &UnitCode) -> Result<()> {
    const SQL: &str = "
        INSERT INTO case_assisting (district, unit, case_id, case_opened_ms)
        VALUES ($1, $2, $3, $4)
        ON CONFLICT (district, unit, case_id) DO NOTHING";
    tx.execute(SQL, params![&case.district, unit, case.id, case.opened])?;
    Ok(())
}

/// By whose list of what is assigned a case is found: nobody's once it is closed.
pub(super) fn assigned(class: Class, life: &Life) -> Option<PersonId> {
    life.assigned.filter(|_| class == Class::Open)
}

/// Until when a case may stay in its state, for the list of those that stayed longer: while it is
/// suspended no such clock runs.
pub(super) fn stage_due(state: &str, class: Class, life: &Life) -> Option<Timestamp> {
    let runs = class == Class::Open && state != SUSPENDED;
    life.stage_due_ms.filter(|_| runs)
}

/// Notes until when units owe their parts of a case, which their lists are made of. Nobody owes
/// anything to a closed one.
///
/// # Errors
/// As [`due_before`].
pub fn note_parts(tx: &mut dyn Tx, id: CaseId, class: Class, life: &Life) -> Result<()> {
    const SQL: &str = "
        UPDATE case_assisting
        SET part_due_ms = $3
        WHERE case_id = $1 AND unit = $2";
    // In the order asked for: of several parts of one unit only the last may be open.
    for part in &life.parts {
        let is_owed = class == Class::Open && part.answered_ms.is_none();
        let due = is_owed.then(|| part.deadline_ms.map_or(NO_DEADLINE, |at| at.0));
        tx.execute(SQL, params![id, &part.unit, due])?;
    }
    Ok(())
}

/// The units that assist in some cases, each case's in order of codes; a case without any has none.
///
/// # Errors
/// As [`due_before`].
pub fn assisting_in(tx: &mut dyn Tx, ids: &[CaseId]) -> Result<HashMap<CaseId, Vec<UnitCode>>> {
    static SQL: LazyLock<String> = LazyLock::new(|| {
        format!(
            "SELECT case_id, unit FROM case_assisting WHERE case_id IN ({}) ORDER BY case_id, unit",
            places(1, IDS_AT_ONCE)
        )
    });
    let mut found: HashMap<CaseId, Vec<UnitCode>> = HashMap::new();
    each_of(tx, &SQL, ids, &mut |row| {
        found.entry(row.id(0)?).or_default().push(row.id(1)?);
        Ok(())
    })?;
    Ok(found)
}

/// The cases that were merged into one, the oldest first.
///
/// # Errors
/// As [`due_before`].
pub fn merged_into(tx: &mut dyn Tx, id: CaseId) -> Result<Vec<CaseRow>> {
    const SQL: &str = select_case!(
        "
        WHERE merged_into = $1
        ORDER BY opened_ms, id"
    );
    tx.query(SQL, params![id])?
        .iter_mut()
        .map(from_row)
        .collect()
}

/// Who works in a unit at a moment, by name.
///
/// # Errors
/// As [`due_before`].
pub fn colleagues(
    tx: &mut dyn Tx,
    district: &AreaCode,
    unit: &UnitCode,
    at: Timestamp,
) -> Result<Vec<(PersonId, String)>> {
    const SQL: &str = "
        SELECT DISTINCT people.id, people.name
        FROM posts
        JOIN people ON people.id = posts.person
        WHERE people.district = $1 AND people.disabled_ms IS NULL AND posts.role = 'handler'
            AND posts.unit = $2 AND posts.from_ms <= $3
            AND (posts.to_ms IS NULL OR posts.to_ms > $3)
        ORDER BY people.name, people.id";
    tx.query(SQL, params![district, unit, at])?
        .iter_mut()
        .map(|row| Ok((row.id(0)?, row.take_text(1)?)))
        .collect()
}
