//! A tick at a point of a round (巡查): kept with its operation, moves nothing. And which reports were
//! begun at such a point.

use super::judge::Chained;
use crate::service::district::District;
use crate::service::sessions::Session;
use crate::service::{Fault, Result};
use crate::store::Tx;
use crate::store::patrol_marks::{self, MarkRow};
use shared::catalogue::Catalogue;
use shared::id::AreaCode;
use shared::operation::SealedOperation;
use shared::patrol::{Mark, OnRound, Seen};
use shared::time::Timestamp;
use shared::wire::sync::{OperationResult, Outcome};

/// A tick, checked.
#[derive(Debug)]
pub struct Marking {
    pub(super) sealed: SealedOperation,
    pub(super) chained: Chained,
    mark: Mark,
    area: AreaCode,
    made_at: Timestamp,
}

/// Checks a tick against the rounds of its catalogue and the posts of its maker.
///
/// # Errors
/// A code when it can't be taken as it stands.
pub(super) fn prepare(
    session: &Session,
    sealed: SealedOperation,
    chained: Chained,
    mark: Mark,
    catalogue: &Catalogue,
    made_at: Timestamp,
) -> std::result::Result<Marking, (Box<SealedOperation>, &'static str)> {
    let round = match mark.check(&catalogue.doc().patrols) {
        Ok(round) => round,
        Err(fault) => return Err((Box::new(sealed), fault.code())),
    };
    let actor = session.actor_at(made_at);
    if !actor.posts.iter().any(|post| round.is_for(post)) {
        return Err((Box::new(sealed), "not_yours"));
    }
    Ok(Marking {
        area: round.area.clone(),
        made_at,
        mark,
        chained,
        sealed,
    })
}

/// The stored name of what was seen.
#[must_use]
pub(in crate::service) const fn seen_name(seen: Seen) -> &'static str {
    match seen {
        Seen::Fine => "fine",
        Seen::Trouble => "trouble",
        Seen::Unreached => "unreached",
    }
}

/// Keeps it.
pub(super) fn mark(
    tx: &mut dyn Tx,
    district: &District,
    marking: &Marking,
    now: Timestamp,
) -> Result<OperationResult> {
    let operation = &marking.sealed.operation;
    let result = OperationResult {
        received_at: Some(now),
        ..OperationResult::new(operation.op_id.to_string(), Outcome::Applied)
    };
    super::insert(tx, &marking.sealed, &result, now)?;
    let mark = &marking.mark;
    let row = MarkRow {
        op_id: operation.op_id,
        district: district.code.clone(),
        area: marking.area.clone(),
        round: mark.round.clone(),
        point: mark.point.clone(),
        seen: seen_name(mark.seen).to_owned(),
        note: mark.note.trim().to_owned(),
        made: marking.made_at.min(now),
        received: now,
    };
    patrol_marks::insert(tx, &row).map_err(Fault::from)?;
    Ok(result)
}

/// The point of a round at which a report was begun, when its catalogue has that point.
pub(super) fn begun_at(catalogue: &Catalogue, at: &OnRound) -> Option<OnRound> {
    let mut rounds = catalogue.doc().patrols.iter();
    let round = rounds.find(|round| round.id == at.round)?;
    let mut points = round.points.iter();
    points.any(|point| point.id == at.point).then(|| at.clone())
}
