//! Table `tasks`: what the worker took up to look at on the spot, open and done.
//!
//! An open one has the draft of the same id, which holds its photos; one that is done names its
//! operation. Tests: `tests/tasks.rs`.

use super::photos::{self, Photo};
use super::{StoreError, Transaction, from_json, parse, to_json};
use rusqlite::{OptionalExtension, params};
use shared::case::Found;
use shared::id::{CaseId, DraftId, OpId};
use shared::time::Timestamp;
use shared::wire::sync::CaseState;

/// A task that was taken up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    /// Identity; that of its draft while it is open.
    pub id: DraftId,
    /// Kind of the operation that it becomes: `case.verify` or `case.check`.
    pub kind: String,
    /// The case as it was when it was taken up.
    pub case: CaseState,
    /// What was found; none while nothing is chosen.
    pub found: Option<Found>,
    /// The worker's words.
    pub reason: String,
    /// When it was taken up.
    pub begun: Timestamp,
    /// The operation that it became, and when.
    pub done: Option<(OpId, Timestamp)>,
    /// Server's clock minus this device's, as that operation says it.
    pub offset_ms: Option<i64>,
    /// When the server had that operation, by its own clock.
    pub received: Option<Timestamp>,
    /// What the server said to that operation: outcome, code, words; none while it waits.
    pub answer: Option<(String, Option<String>, Option<String>)>,
}

/// Takes a case up.
pub fn take_up(
    tx: &Transaction<'_>,
    id: DraftId,
    kind: &str,
    case: &CaseState,
    now: Timestamp,
) -> Result<(), StoreError> {
    const SQL: &str = "
        INSERT INTO tasks (id, case_id, report_id, kind, doc, reason, begun_ms)
        VALUES (?1, ?2, ?3, ?4, ?5, '', ?6)";
    tx.execute(
        SQL,
        params![
            id.to_string(),
            case.id.to_string(),
            case.report_id.to_string(),
            kind,
            to_json("case", case)?,
            now.0,
        ],
    )?;
    Ok(())
}

/// Whether the server could not take what was done.
pub fn is_refused(task: &Task) -> bool {
    let outcome = task.answer.as_ref().map(|(outcome, ..)| outcome.as_str());
    matches!(outcome, Some("quarantined" | "rejected"))
}

const TASK: &str = "
    SELECT t.id, t.kind, t.doc, t.found, t.reason, t.begun_ms, t.op_id, t.done_ms, o.outcome,
        o.code, o.words, json_extract(o.body, '$.offset_ms'), o.received_ms
    FROM tasks t
    LEFT JOIN operations o ON o.op_id = t.op_id";

fn task(row: &rusqlite::Row<'_>) -> Result<Task, StoreError> {
    let text = |at: usize| row.get::<_, String>(at);
    let maybe = |at: usize| row.get::<_, Option<String>>(at);
    let done = match (maybe(6)?, row.get::<_, Option<i64>>(7)?) {
        (Some(op_id), Some(at)) => Some((parse("operation id", &op_id)?, Timestamp(at))),
        _ => None,
    };
    Ok(Task {
        id: parse("task id", &text(0)?)?,
        kind: text(1)?,
        case: from_json("case", &text(2)?)?,
        found: match maybe(3)? {
            Some(found) => Some(from_json("finding", &found)?),
            None => None,
        },
        reason: text(4)?,
        begun: Timestamp(row.get(5)?),
        done,
        offset_ms: row.get(11)?,
        received: row.get::<_, Option<i64>>(12)?.map(Timestamp),
        answer: match maybe(8)? {
            Some(outcome) => Some((outcome, maybe(9)?, maybe(10)?)),
            None => None,
        },
    })
}

fn list(
    tx: &Transaction<'_>,
    rest: &str,
    values: &[&dyn rusqlite::ToSql],
) -> Result<Vec<Task>, StoreError> {
    let mut statement = tx.prepare_cached(&format!("{TASK} {rest}"))?;
    let mut rows = statement.query(values)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(task(row)?);
    }
    Ok(found)
}

/// What was taken up and isn't done, oldest first.
pub fn open(tx: &Transaction<'_>) -> Result<Vec<Task>, StoreError> {
    list(tx, "WHERE t.op_id IS NULL ORDER BY t.begun_ms, t.id", &[])
}

/// What was done, newest first.
pub fn done(tx: &Transaction<'_>, limit: u32) -> Result<Vec<Task>, StoreError> {
    let rest = "WHERE t.op_id IS NOT NULL ORDER BY t.done_ms DESC, t.id DESC LIMIT ?1";
    list(tx, rest, &[&limit])
}

/// What was taken up of a case last, done or not: by the order of the rows, since the clock may have
/// been set back in between.
pub fn newest_of(tx: &Transaction<'_>, case: CaseId) -> Result<Option<Task>, StoreError> {
    let rest = "WHERE t.case_id = ?1 ORDER BY t.rowid DESC LIMIT 1";
    let found = list(tx, rest, &[&case.to_string()])?;
    Ok(found.into_iter().next())
}

/// The photos of what was done at a case here, oldest first, but for those of one task.
pub fn earlier_photos(
    tx: &Transaction<'_>,
    case: CaseId,
    but: Option<DraftId>,
) -> Result<Vec<Photo>, StoreError> {
    let rest = "WHERE t.case_id = ?1 AND t.op_id IS NOT NULL ORDER BY t.rowid";
    let mut found = Vec::new();
    for task in list(tx, rest, &[&case.to_string()])? {
        if let Some((op_id, _)) = task.done.filter(|_| but != Some(task.id)) {
            found.extend(photos::of_operation(tx, op_id)?);
        }
    }
    Ok(found)
}

/// What of a case was taken up and isn't done.
pub fn open_of(tx: &Transaction<'_>, case: CaseId) -> Result<Task, StoreError> {
    let rest = "WHERE t.case_id = ?1 AND t.op_id IS NULL ORDER BY t.begun_ms, t.id LIMIT 1";
    let found = list(tx, rest, &[&case.to_string()])?;
    found.into_iter().next().ok_or(StoreError::Missing("task"))
}

/// Replaces what was found.
pub fn set(
    tx: &Transaction<'_>,
    id: DraftId,
    found: Option<Found>,
    reason: &str,
) -> Result<(), StoreError> {
    const SQL: &str = "UPDATE tasks SET found = ?2, reason = ?3 WHERE id = ?1 AND op_id IS NULL";
    let found = found.map(|found| to_json("finding", &found)).transpose()?;
    changed(tx.execute(SQL, params![id.to_string(), found, reason])?)
}

/// Notes which operation it became.
pub fn finish(
    tx: &Transaction<'_>,
    id: DraftId,
    op_id: OpId,
    now: Timestamp,
) -> Result<(), StoreError> {
    const SQL: &str = "UPDATE tasks SET op_id = ?2, done_ms = ?3 WHERE id = ?1 AND op_id IS NULL";
    changed(tx.execute(SQL, params![id.to_string(), op_id.to_string(), now.0])?)
}

/// Forgets one that isn't done.
pub fn put_down(tx: &Transaction<'_>, id: DraftId) -> Result<(), StoreError> {
    const SQL: &str = "DELETE FROM tasks WHERE id = ?1 AND op_id IS NULL";
    changed(tx.execute(SQL, [id.to_string()])?)
}

/// Whether a draft is that of a task.
pub fn is_one(tx: &Transaction<'_>, id: DraftId) -> Result<bool, StoreError> {
    const SQL: &str = "SELECT 1 FROM tasks WHERE id = ?1";
    let found: Option<i64> = tx
        .query_row(SQL, [id.to_string()], |row| row.get(0))
        .optional()?;
    Ok(found.is_some())
}

fn changed(rows: usize) -> Result<(), StoreError> {
    if rows == 1 {
        Ok(())
    } else {
        Err(StoreError::Missing("task"))
    }
}
