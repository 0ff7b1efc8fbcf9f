//! Table `patrol_marks`: ticks at the points of rounds. No person is in it: the operation says who
//! made it, as of all operations, and nothing counts by that.

use super::patrol_rounds::{self, Rows, Span};
use super::tx::{IDS_AT_ONCE, each_of, limit as row_limit, places};
use super::{Result, Row, Tx};
use crate::params;
use shared::id::{AreaCode, OpId};
use shared::operation::kind;
use shared::time::Timestamp;
use shared::wire::sync::Outcome;
use std::collections::HashMap;
use std::sync::LazyLock;

/// A tick.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MarkRow {
    /// The operation.
    pub op_id: OpId,
    /// The district.
    pub district: AreaCode,
    /// Whose round it was.
    pub area: AreaCode,
    /// The round.
    pub round: String,
    /// The point.
    pub point: String,
    /// `fine`, `trouble` or `unreached`.
    pub seen: String,
    /// In the worker's words.
    pub note: String,
    /// When it was made, by the server's clock as far as the device knew it.
    pub made: Timestamp,
    /// When the server had it.
    pub received: Timestamp,
}

/// Keeps a tick.
///
/// # Errors
/// Whatever the database says, as for all functions of the store.
pub fn insert(tx: &mut dyn Tx, row: &MarkRow) -> Result<()> {
    const SQL: &str = "
        INSERT INTO patrol_marks (op_id, district, area, round, point, seen, note, made_ms,
            received_ms)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    let values = params![
        row.op_id,
        &row.district,
        &row.area,
        &row.round,
        &row.point,
        &row.seen,
        &row.note,
        row.made,
        row.received
    ];
    tx.execute(SQL, values)?;
    Ok(())
}

/// The ticks that some operations brought, where they can be read.
///
/// # Errors
/// As [`insert`].
pub fn of_operations(
    tx: &mut dyn Tx,
    operations: &[OpId],
) -> Result<HashMap<OpId, Result<MarkRow>>> {
    static SQL: LazyLock<String> = LazyLock::new(|| {
        format!(
            "
        SELECT op_id, district, area, round, point, seen, note, made_ms, received_ms
        FROM patrol_marks
        WHERE op_id IN ({})
        ORDER BY op_id",
            places(1, IDS_AT_ONCE)
        )
    });
    let mut found = HashMap::with_capacity(operations.len());
    each_of(tx, &SQL, operations, &mut |row| {
        found.insert(row.id(0)?, mark(row));
        Ok(())
    })?;
    Ok(found)
}

/// A page of all ticks in order of ids: each with whether an operation of its kind brought it.
///
/// # Errors
/// As [`insert`].
pub fn with_or_without_operation(
    tx: &mut dyn Tx,
    after: &str,
    limit: usize,
) -> Result<Vec<(String, bool)>> {
    const SQL: &str = "
        SELECT patrol_marks.op_id, operations.op_id
        FROM patrol_marks
        LEFT JOIN operations ON operations.op_id = patrol_marks.op_id
            AND operations.kind = $3 AND operations.outcome = $4
        WHERE patrol_marks.op_id > $1
        ORDER BY patrol_marks.op_id
        LIMIT $2";
    let values = params![
        after,
        row_limit(limit),
        kind::PATROL_MARK,
        Outcome::Applied.as_str()
    ];
    let rows = tx.query(SQL, values)?;
    rows.iter()
        .map(|row| Ok((row.text(0)?.to_owned(), row.opt_text(1)?.is_some())))
        .collect()
}

/// Ticks of some rounds, the newest first.
///
/// # Errors
/// As [`insert`].
pub fn between(tx: &mut dyn Tx, span: &Span<'_>, rounds: &[&str]) -> Result<Vec<MarkRow>> {
    const ROWS: Rows = Rows {
        table: "patrol_marks",
        columns: "op_id, district, area, round, point, seen, note, made_ms, received_ms",
        then: "op_id",
    };
    let sorted = |rows: String| rows + " ORDER BY made_ms DESC, op_id";
    let mut found = Vec::new();
    patrol_rounds::each(tx, span, rounds, &ROWS, &sorted, &mut |row| {
        found.push(mark(row)?);
        Ok(())
    })?;
    Ok(found)
}

fn mark(row: &mut Row) -> Result<MarkRow> {
    Ok(MarkRow {
        op_id: row.id(0)?,
        district: row.id(1)?,
        area: row.id(2)?,
        round: row.take_text(3)?,
        point: row.take_text(4)?,
        seen: row.take_text(5)?,
        note: row.take_text(6)?,
        made: row.time(7)?,
        received: row.time(8)?,
    })
}
