//! Ticks at the points of rounds: each says what its operation says. Whose round it was is not
//! vouched for: that stands in the catalogue.

use super::Frame;
use super::operations::Applied;
use crate::service::Result;
use crate::service::push::seen_name;
use crate::store::patrol_marks::MarkRow;
use crate::store::{self, Tx};
use serde::Deserialize;
use shared::archive::{Finding, Problem};
use shared::id::OpId;
use shared::patrol::Mark;

const TABLE: &str = "patrol_marks";

/// Checks the ticks that operations brought.
pub(super) fn check(
    tx: &mut dyn Tx,
    frame: &Frame,
    applied: &[Applied<'_>],
    findings: &mut Vec<Finding>,
) -> Result<()> {
    let ids: Vec<OpId> = applied.iter().map(|one| one.row.op_id).collect();
    let kept = store::patrol_marks::of_operations(tx, &ids)?;
    for one in applied {
        compare(frame, one, kept.get(&one.row.op_id), findings);
    }
    Ok(())
}

/// Compares a tick with the operation that brought it.
fn compare(
    frame: &Frame,
    applied: &Applied<'_>,
    kept: Option<&store::Result<MarkRow>>,
    findings: &mut Vec<Finding>,
) {
    let (row, operation) = (applied.row, &applied.operation);
    let mut find =
        |problem, field: &str| findings.push(Finding::new(problem, TABLE, field, row.op_id));
    let kept = match kept {
        Some(Ok(kept)) => Some(kept),
        Some(Err(_)) => {
            find(Problem::Unreadable, "row");
            return;
        }
        None => None,
    };
    let (Some(kept), Ok(mark)) = (kept, Mark::deserialize(&operation.payload)) else {
        find(Problem::Missing, "row");
        return;
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
}
