//! Table `patrol_reports`: which reports were begun at a point of a round. Only says where to look.
//!
//! Held by `tests/tests/patrols.rs`.

use super::patrol_rounds::{self, Rows, Span};
use super::{Result, Row, Tx};
use crate::params;
use shared::id::{AreaCode, ReportId};
use shared::patrol::OnRound;
use shared::time::Timestamp;

/// Of those that were made in one moment.
const NEWEST: &str = "report DESC";

/// A report of a round.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoundReport {
    /// The report.
    pub report: ReportId,
    /// On which round.
    pub round: String,
    /// At which point of the round.
    pub point: String,
    /// When it was made.
    pub made: Timestamp,
}

/// Notes that a report was begun at a point.
///
/// # Errors
/// Whatever the database says, as for all functions of the store.
pub fn note(
    tx: &mut dyn Tx,
    district: &AreaCode,
    report: ReportId,
    at: &OnRound,
    made: Timestamp,
) -> Result<()> {
    const SQL: &str = "
        INSERT INTO patrol_reports (report, district, round, point, made_ms)
        VALUES ($1, $2, $3, $4, $5)";
    tx.execute(SQL, params![report, district, &at.round, &at.point, made])?;
    Ok(())
}

/// Reports of some rounds, the newest first.
///
/// # Errors
/// As [`note`].
pub fn between(tx: &mut dyn Tx, span: &Span<'_>, rounds: &[&str]) -> Result<Vec<RoundReport>> {
    const ROWS: Rows = Rows {
        table: "patrol_reports",
        columns: "report, round, point, made_ms",
        then: NEWEST,
    };
    let sorted = |rows: String| format!("{rows} ORDER BY made_ms DESC, {NEWEST}");
    let mut found = Vec::new();
    patrol_rounds::each(tx, span, rounds, &ROWS, &sorted, &mut |row| {
        found.push(RoundReport {
            report: row.id(0)?,
            round: row.take_text(1)?,
            point: row.take_text(2)?,
            made: row.time(3)?,
        });
        Ok(())
    })?;
    Ok(found)
}

/// Shows the rows of the reports that [`between`] gives, of a statement that goes on with them.
pub(super) fn each_of_them(
    tx: &mut dyn Tx,
    span: &Span<'_>,
    rounds: &[&str],
    select: &str,
    look: &mut dyn FnMut(&mut Row) -> Result<()>,
) -> Result<()> {
    const ROWS: Rows = Rows {
        table: "patrol_reports",
        columns: "report",
        then: NEWEST,
    };
    let of_them = |reports: String| format!("{select} WHERE report IN ({reports})");
    patrol_rounds::each(tx, span, rounds, &ROWS, &of_them, look)
}
