//! Table `patrol_reports`: which reports were begun at a point of a round. Only says where to look.
//!
//! Held by `tests/tests/patrols.rs`.

use super::tx::limit as row_limit;
use super::{Result, Row, Tx};
use crate::params;
use shared::id::{AreaCode, ReportId};
use shared::patrol::OnRound;
use shared::time::Timestamp;

/// A report of a round.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoundReport {
    /// The report.
    pub report: ReportId,
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

/// Reports of a round made at or after one moment and before another, newest first.
///
/// # Errors
/// As [`note`].
pub fn between(
    tx: &mut dyn Tx,
    district: &AreaCode,
    round: &str,
    from: Timestamp,
    to: Timestamp,
    limit: usize,
) -> Result<Vec<RoundReport>> {
    const SQL: &str = "
        SELECT report, point, made_ms
        FROM patrol_reports
        WHERE district = $1 AND round = $2 AND made_ms >= $3 AND made_ms < $4
        ORDER BY made_ms DESC, report DESC
        LIMIT $5";
    let entry = |row: &mut Row| {
        Ok(RoundReport {
            report: row.id(0)?,
            point: row.take_text(1)?,
            made: row.time(2)?,
        })
    };
    let values = params![district, round, from, to, row_limit(limit)];
    tx.query(SQL, values)?.iter_mut().map(entry).collect()
}
