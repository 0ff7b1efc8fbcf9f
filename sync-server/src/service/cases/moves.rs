//! Moves a case on: rights, then the machine, then one update that only a fresh revision passes,
//! one entry of the trail and one change in the feed, all in one transaction.

use super::view::detail;
use super::{Seen, readable};
use crate::service::district::District;
use crate::service::{Fault, Result, feed, words};
use crate::store::cases::{CaseMove, CaseRow};
use crate::store::events::NewEvent;
use crate::store::{self, Tx};
use serde_json::json;
use shared::area::{COMMUNITY_CODE_LEN, STREET_CODE_LEN};
use shared::case::{self, Case, Event, Move, Refusal, move_row};
use shared::catalogue::{COMMUNITY_ROLE, Catalogue, STREET_ROLES};
use shared::id::{CaseId, EventId, PersonId, UnitCode};
use shared::role::{Actor, Post, may};
use shared::routing::in_mode;
use shared::time::Timestamp;
use shared::unit::Unit;
use shared::wire::console::{CaseDetail, MoveRequest};

/// What became of a move.
#[derive(Debug, Clone)]
pub enum Moved {
    /// Done; the case as it is now.
    Done(Box<CaseDetail>),
    /// Somebody moved it in between; the case as it is now. Nothing was changed.
    Stale(Box<CaseDetail>),
}

/// Moves a case.
///
/// # Errors
/// [`Fault::NotFound`] when the actor may not see it, [`Fault::Forbidden`] when not move it,
/// [`Fault::NotPossible`] or [`Fault::Invalid`] when state or facts don't allow it.
pub fn move_case(
    tx: &mut dyn Tx,
    actor: &Actor,
    district: &District,
    id: CaseId,
    request: &MoveRequest,
    event_id: EventId,
    now: Timestamp,
) -> Result<Moved> {
    let seen = readable(tx, actor, district, id)?;
    let action = move_row(request.kind)
        .and_then(|row| row.action)
        .ok_or(Fault::Forbidden)?;
    let post = may(actor, action, seen.subject()).ok_or(Fault::Forbidden)?;
    let before = as_case(&seen.row)?;
    if request.base_revision != before.revision {
        return Ok(Moved::Stale(Box::new(detail(
            tx, actor, district, id, now,
        )?)));
    }
    let is_dispatch = request.kind == Move::Dispatch;
    let deadline_ms = if is_dispatch {
        dispatch_facts(tx, district, &seen.row, request.unit.as_ref(), now)?
    } else {
        None
    };
    let event = Event {
        kind: request.kind,
        base_revision: request.base_revision,
        at: now,
        reason: request.reason.trim().to_owned(),
        unit: request.unit.clone().filter(|_| is_dispatch),
        deadline_ms,
    };
    let next = before.apply(&event).map_err(|refusal| refused(&refusal))?;
    let by = By {
        person: actor.person,
        post,
    };
    if !write(tx, district, &seen, &event, &next, &by, event_id)? {
        return Ok(Moved::Stale(Box::new(detail(
            tx, actor, district, id, now,
        )?)));
    }
    Ok(Moved::Done(Box::new(detail(tx, actor, district, id, now)?)))
}

/// Who moves, in which post.
pub(in crate::service) struct By<'a> {
    pub(in crate::service) person: PersonId,
    pub(in crate::service) post: &'a Post,
}

/// Writes a move that was applied; `false` when somebody else was quicker.
pub(in crate::service) fn write(
    tx: &mut dyn Tx,
    district: &District,
    seen: &Seen,
    event: &Event,
    next: &Case,
    by: &By<'_>,
    event_id: EventId,
) -> Result<bool> {
    let row = &seen.row;
    let to = CaseMove {
        id: row.id,
        base_revision: row.revision,
        revision: next.revision,
        state: next.state,
        class: case::state(next.state).map_or(row.class, |row| row.class),
        lead: &next.lead,
        dispatched: next.dispatched_ms,
        deadline: next.deadline_ms,
        handled: next.handled_ms,
        closed: next.closed_ms,
        solved_level: next
            .closed_ms
            .filter(|_| event.kind != Move::Withdraw)
            .map(|_| solved_level(district, &next.lead)),
    };
    if !store::cases::move_on(tx, &to)? {
        return Ok(false);
    }
    let detail = match &event.unit {
        Some(unit) => json!({"unit": unit, "deadline_ms": event.deadline_ms}),
        None => json!({}),
    };
    store::events::append(
        tx,
        row.id,
        NewEvent {
            id: event_id,
            kind: event.kind.as_str().to_owned(),
            from: Some(row.state.clone()),
            to: next.state.to_owned(),
            person: Some(by.person),
            role: Some(by.post.role),
            unit: by.post.unit.clone(),
            at: event.at,
            reason: event.reason.clone(),
            detail: detail.to_string(),
        },
    )?;
    let after = CaseRow {
        revision: next.revision,
        closed: next.closed_ms,
        ..row.clone()
    };
    feed::tell(tx, district, &after, event.at)?;
    Ok(true)
}

/// The level at which it was put right: 1 community, 2 street, 3 district; 0 is on the spot.
fn solved_level(district: &District, lead: &UnitCode) -> i64 {
    match district
        .units
        .get(lead)
        .map(|unit| unit.area.as_str().len())
    {
        Some(COMMUNITY_CODE_LEN) => 1,
        Some(STREET_CODE_LEN) => 2,
        _ => 3,
    }
}

/// Checks the unit and counts the deadline from now, by the catalogue of the report.
fn dispatch_facts(
    tx: &mut dyn Tx,
    district: &District,
    row: &CaseRow,
    unit: Option<&UnitCode>,
    now: Timestamp,
) -> Result<Option<Timestamp>> {
    let unit = unit.ok_or(Fault::invalid("unit", "请选承办单位。", "Choose a unit."))?;
    let unit = district
        .units
        .get(unit)
        .filter(|unit| !unit.pool)
        .ok_or(Fault::invalid(
            "unit",
            "没有这个单位，或它是待认领池，请另选。",
            "There is no such unit, or it is a pool; choose another.",
        ))?;
    let report = store::reports::get(tx, row.report)?
        .ok_or_else(|| Fault::damaged("case", "its report is not there"))?;
    let catalogue = district
        .catalogue_of(&report.catalogue_version)
        .unwrap_or(&district.catalogue);
    let street = unit.area.street().filter(|_| is_local(catalogue, unit));
    if street.is_some_and(|street| !catalogue.street_may_take(&street, &row.category)) {
        return Err(Fault::invalid(
            "unit",
            "这件事不在街道履职清单里，不能派给街道或社区。",
            "This matter is not on the street's list; it can't be given to a street.",
        ));
    }
    let limit = catalogue
        .limit(&report.condition)
        .map(|limit| in_mode(limit, district.mode));
    Ok(limit.map(|limit| catalogue.calendar().deadline(now, limit)))
}

/// Whether a unit is a street's or a community's own body.
fn is_local(catalogue: &Catalogue, unit: &Unit) -> bool {
    let mut roles = STREET_ROLES.iter().chain([&COMMUNITY_ROLE]);
    roles.any(|name| {
        let role = catalogue.department(name);
        role.is_some_and(|role| unit.code.as_str().starts_with(&format!("{}-", role.code)))
    })
}

/// The case as the machine knows it.
pub(in crate::service) fn as_case(row: &CaseRow) -> Result<Case> {
    let state = case::state(&row.state).ok_or(Fault::NotPossible(words(
        "这个状态要更新版本的服务器才能办理。",
        "Only a newer server can move a case in this state.",
    )))?;
    Ok(Case {
        state: state.name,
        revision: row.revision,
        lead: row.lead.clone(),
        dispatched_ms: row.dispatched,
        deadline_ms: row.deadline,
        handled_ms: row.handled,
        closed_ms: row.closed,
    })
}

fn refused(refusal: &Refusal) -> Fault {
    let not_possible = |zh, en| Fault::NotPossible(words(zh, en));
    match refusal {
        Refusal::Stale { .. } => not_possible("已被他人处理。", "Somebody else moved it."),
        Refusal::NotFrom { .. } => not_possible(
            "当前状态不能这样办理。",
            "This can't be done in the present state.",
        ),
        Refusal::ReasonMissing => Fault::invalid(
            "reason",
            "请填写原因或办理情况。",
            "Give a reason or say what was done.",
        ),
        Refusal::ReasonTooLong => {
            Fault::invalid("reason", "说明最多1000字。", "At most 1,000 characters.")
        }
        Refusal::UnitMissing => Fault::invalid("unit", "请选承办单位。", "Choose a unit."),
    }
}
