//! Ticks at the points of rounds: each says what its operation says. Whose round it was is not
//! vouched for: that stands in the catalogue.

use super::Frame;
use crate::service::Result;
use crate::service::push::seen_name;
use crate::store::operations::OperationRow;
use crate::store::{self, StoreError, Tx};
use serde::Deserialize;
use shared::archive::{Finding, Problem};
use shared::operation::Operation;
use shared::patrol::Mark;

const TABLE: &str = "patrol_marks";

/// Checks the tick that an operation brought.
pub(super) fn check(
    tx: &mut dyn Tx,
    frame: &Frame,
    row: &OperationRow,
    operation: &Operation,
    findings: &mut Vec<Finding>,
) -> Result<()> {
    let mut find =
        |problem, field: &str| findings.push(Finding::new(problem, TABLE, field, row.op_id));
    let kept = match store::patrol_marks::get(tx, row.op_id) {
        Ok(kept) => kept,
        Err(StoreError::Column { .. }) => {
            find(Problem::Unreadable, "row");
            return Ok(());
        }
        Err(error) => return Err(error.into()),
    };
    let (Some(kept), Ok(mark)) = (kept, Mark::deserialize(&operation.payload)) else {
        find(Problem::Missing, "row");
        return Ok(());
    };
    let made = operation
        .offset_ms
        .map(|offset| operation.wall_ms.plus_ms(offset).min(row.received));
    let checks = [
        ("district", kept.district == frame.district),
        (
            "content",
            kept.round == mark.round && kept.point == mark.point,
        ),
        ("content", kept.seen == seen_name(mark.seen)),
        ("text", kept.note == mark.note.trim()),
        // Without the handheld's own word it was reckoned from the clock that the push showed.
        (
            "times",
            made.is_none_or(|made| kept.made == made) && kept.made <= row.received,
        ),
        ("times", kept.received == row.received),
    ];
    let mut wrong: Vec<_> = checks
        .iter()
        .filter(|(_, fits)| !fits)
        .map(|(field, _)| *field)
        .collect();
    wrong.dedup();
    for field in wrong {
        find(Problem::Changed, field);
    }
    Ok(())
}
