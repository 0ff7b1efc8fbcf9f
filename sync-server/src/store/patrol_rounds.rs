//! What ticks and reports of rounds have in common: of each round the newest of a time, for many
//! rounds in one statement.
//!
//! Held by `tests/tests/store_contract/rounds.rs`.

use super::tx::limit as row_limit;
use super::{Result, Row, Tx, Value};
use crate::params;
use shared::id::AreaCode;
use shared::time::Timestamp;

/// Rounds in one statement: those of a district, unless it is a large one.
const ROUNDS_AT_ONCE: usize = 100;

/// Which rows of a round are asked for.
#[derive(Debug, Clone, Copy)]
pub struct Span<'a> {
    /// The district.
    pub district: &'a AreaCode,
    /// Made at or after.
    pub from: Timestamp,
    /// Made before.
    pub to: Timestamp,
    /// Of each round at most so many, the newest.
    pub limit: usize,
}

/// Where the rows are.
pub(super) struct Rows {
    pub(super) table: &'static str,
    pub(super) columns: &'static str,
    /// Which comes first of those that were made in one moment.
    pub(super) then: &'static str,
}

/// Shows the rows of a span of each round, as the rest of the statement orders them.
pub(super) fn each(
    tx: &mut dyn Tx,
    span: &Span<'_>,
    rounds: &[&str],
    rows: &Rows,
    rest: &dyn Fn(String) -> String,
    look: &mut dyn FnMut(&mut Row) -> Result<()>,
) -> Result<()> {
    for some in rounds.chunks(ROUNDS_AT_ONCE) {
        let mut values: Vec<Value<'_>> = params![span.district, span.from, span.to].to_vec();
        values.push(Value::from(row_limit(span.limit)));
        values.extend(some.iter().map(|round| Value::from(*round)));
        tx.each(&rest(newest(rows, some.len())), &values, look)?;
    }
    Ok(())
}

/// The newest of each round, by an index up to its limit, however long the time is.
fn newest(rows: &Rows, rounds: usize) -> String {
    let Rows {
        table,
        columns,
        then,
    } = rows;
    let part = |round: usize| {
        format!(
            "SELECT {columns} FROM (
                SELECT {columns} FROM {table}
                WHERE district = $1 AND round = ${round} AND made_ms >= $2 AND made_ms < $3
                ORDER BY made_ms DESC, {then}
                LIMIT $4) AS part"
        )
    };
    let parts: Vec<String> = (5..).take(rounds).map(part).collect();
    parts.join(" UNION ALL ")
}
