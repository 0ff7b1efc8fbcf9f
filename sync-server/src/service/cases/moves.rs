//! Moves a case on: rights, then the machine, then one update that only a fresh revision passes,
//! one entry of the trail and one change in the feed, all in one transaction.

use super::facts::EventFacts;
use super::rules::Ruled;
use super::view::{after_move, detail};
use super::{Seen, correct, due, readable, targets};
use crate::service::district::District;
use crate::service::trail::{self, After};
use crate::service::{Fault, Result, feed, merged, statistics, words};
use crate::store::cases::{CaseMove, CaseRow};
use crate::store::events::NewEvent;
use crate::store::{self, Tx};
use shared::area::{COMMUNITY_CODE_LEN, STREET_CODE_LEN};
use shared::case::{
    self, Case, Class, Event, FORCE_CLOSED, Given, MERGED, Move, NOT_ACCEPTED, Part, RETURNS_MAX,
    Refusal, VOIDED, WITHDRAWN, ask_row, move_row,
};
use shared::id::{CaseId, EventId, PersonId, UnitCode};
use shared::label::{self, Lang};
use shared::report::PhotoRole;
use shared::role::{Action, Actor, Post, Role, Subject, may};
use shared::time::Timestamp;
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
    event_ids: [EventId; 2],
    now: Timestamp,
) -> Result<Moved> {
    let seen = readable(tx, actor, district, id)?;
    let before = as_case(&seen.row)?;
    let post = right(&before, request)
        .and_then(|action| post_for(actor, action, seen.subject(), &before.life.parts))
        .ok_or(Fault::Forbidden)?;
    if request.base_revision != before.revision {
        return Ok(Moved::Stale(Box::new(detail(
            tx, actor, district, id, now,
        )?)));
    }
    targets::unmerge_first(tx, &seen.row, request)?;
    let given = targets::given(tx, actor, district, &seen, request, now)?;
    let ruled = Ruled::load(tx, district, &seen.row, now)?.accepted(district, &seen.row, &given);
    let event = Event {
        kind: request.kind,
        base_revision: request.base_revision,
        at: now,
        by: Some(actor.person),
        by_unit: post.unit.clone(),
        given,
    };
    let rules = ruled.rules();
    let next = before
        .apply(&event, &rules)
        .map_err(|refusal| refused(&refusal))?;
    let by = By {
        person: actor.person,
        post,
    };
    let [event_id, after_id] = event_ids;
    if !write(
        tx,
        district,
        &seen,
        &event,
        &next,
        Some(&by),
        &ruled,
        event_id,
    )? {
        return Ok(Moved::Stale(Box::new(detail(
            tx, actor, district, id, now,
        )?)));
    }
    // Whoever moves it at the desk has seen what came, or it would be stale.
    if post.role == Role::Dispatcher {
        store::cases::clear_news(tx, id)?;
    }
    if event.kind == Move::HandBack && next.life.returns >= RETURNS_MAX {
        to_last_resort(tx, district, &seen, &next, &ruled, after_id, now)?;
    }
    let after = after_move(tx, actor, district, id, now)?;
    Ok(Moved::Done(Box::new(after)))
}

/// The right that a move takes: its row's, or that of the request it makes or answers.
fn right(case: &Case, request: &MoveRequest) -> Option<Action> {
    match request.kind {
        Move::Ask => request.ask.and_then(ask_row).map(|row| row.asks),
        Move::Grant | Move::Refuse => {
            let asked = case.life.asked.as_ref();
            let row = asked.and_then(|asked| ask_row(asked.ask));
            // Without a request the machine says that nothing is asked.
            Some(row.map_or(Action::Dispatch, |row| row.grants))
        }
        kind => move_row(kind).and_then(|row| row.action),
    }
}

/// The post that a move is made in. Of several in units that assist it is one whose part is open: the
/// answer is that unit's.
fn post_for<'a>(
    actor: &'a Actor,
    action: Action,
    subject: Subject<'_>,
    parts: &[Part],
) -> Option<&'a Post> {
    let open = parts.iter().filter(|part| part.answered_ms.is_none());
    let owing: Vec<UnitCode> = open
        .filter(|part| subject.assisting.contains(&part.unit))
        .map(|part| part.unit.clone())
        .collect();
    let of_those = Subject {
        assisting: &owing,
        ..subject
    };
    let answers = action == Action::Answer;
    let post = answers.then(|| may(actor, action, of_those)).flatten();
    post.or_else(|| may(actor, action, subject))
}

/// A second return goes to the unit that may not hand back, with the whole chain, by the rule.
fn to_last_resort(
    tx: &mut dyn Tx,
    district: &District,
    seen: &Seen,
    case: &Case,
    ruled: &Ruled,
    event_id: EventId,
    now: Timestamp,
) -> Result<()> {
    let rules = ruled.rules();
    let Some(unit) = rules.last_resort.clone() else {
        return Ok(());
    };
    if case.life.returned_by.contains(&unit) {
        return Ok(());
    }
    let chain: Vec<String> = case
        .life
        .returned_by
        .iter()
        .map(|unit| district.unit_name(unit))
        .collect();
    let given = Given {
        reason: format!(
            "已被{}退回，按规则交兜底单位{}",
            chain.join("、"),
            district.unit_name(&unit)
        ),
        unit: Some(unit),
        ..Given::default()
    };
    let event = Event::of_system(Move::Dispatch, case, now, given);
    let next = case
        .apply(&event, &rules)
        .map_err(|refusal| Fault::damaged("last resort", refusal))?;
    let seen = Seen {
        row: moved_row(&seen.row, case),
        ..seen.clone()
    };
    write(tx, district, &seen, &event, &next, None, ruled, event_id)?;
    Ok(())
}

/// Who moves, in which post.
pub(in crate::service) struct By<'a> {
    pub(in crate::service) person: PersonId,
    pub(in crate::service) post: &'a Post,
}

/// Writes a move that was applied; `false` when somebody else was quicker.
#[expect(
    clippy::too_many_arguments,
    reason = "a move, who made it, and what it was decided by"
)]
pub(in crate::service) fn write(
    tx: &mut dyn Tx,
    district: &District,
    seen: &Seen,
    event: &Event,
    next: &Case,
    by: Option<&By<'_>>,
    ruled: &Ruled,
    event_id: EventId,
) -> Result<bool> {
    let row = &seen.row;
    let solved = next.closed_ms.filter(|_| !unsolved(next.state));
    let level = solved.map(|_| solved_level(district, &next.lead));
    let mut to = change(row, next, level, ruled);
    let version = district.catalogue.version();
    if to.class == Class::Open && (due::wakes(row, next) || due::is_outdated(tx, version)?) {
        // Its deadlines may be of a calendar that is in force no more.
        to.next_due = Some(event.at);
    }
    if !store::cases::move_on(tx, &to)? {
        return Ok(false);
    }
    if event.kind == Move::AddPart
        && let Some(unit) = &event.given.unit
    {
        store::cases::assist(tx, row, unit)?;
    }
    let moved = moved_row(row, next);
    let mut facts = EventFacts::of(event, next).answering(event.kind, &row.life);
    if event.kind == Move::Correct {
        facts.changed = correct::words(district, &ruled.catalogue, row, &event.given);
        correct::keep(tx, district, ruled, &moved, event.at)?;
    }
    store::cases::note_parts(tx, row.id, to.class, to.life)?;
    store::events::append(
        tx,
        row.id,
        NewEvent {
            id: event_id,
            kind: event.kind.as_str().to_owned(),
            from: Some(row.state.clone()),
            to: next.state.to_owned(),
            person: by.map(|by| by.person),
            role: by.map(|by| by.post.role),
            unit: by.and_then(|by| by.post.unit.clone()),
            at: event.at,
            reason: event.given.reason.clone(),
            detail: trail::with_after_text(&facts.text(), &After::from(&to)),
        },
    )?;
    let places = [row, &moved].map(|row| row.grid.as_ref());
    statistics::count_newest(tx, district, row.id, places)?;
    feed::moved(tx, district, row, &moved, event.at)?;
    // Whoever reported a case that was merged into this one sees how it goes on.
    for part in merged::all_into(tx, row.id)? {
        feed::tell(tx, district, &part, event.at)?;
    }
    Ok(true)
}

/// What the store is told of a case that changed.
pub(super) fn change<'a>(
    row: &CaseRow,
    next: &'a Case,
    solved_level: Option<i64>,
    ruled: &Ruled,
) -> CaseMove<'a> {
    CaseMove {
        id: row.id,
        base_revision: row.revision,
        revision: next.revision,
        state: next.state,
        class: next.class(),
        lead: &next.lead,
        dispatched: next.dispatched_ms,
        deadline: next.deadline_ms,
        handled: next.handled_ms,
        closed: next.closed_ms,
        solved_level,
        life: &next.life,
        next_due: case::next_due(next, &ruled.rules()),
    }
}

/// A row as it is after a move.
pub(in crate::service) fn moved_row(row: &CaseRow, next: &Case) -> CaseRow {
    let mut moved = CaseRow {
        revision: next.revision,
        state: next.state.to_owned(),
        class: next.class(),
        lead: next.lead.clone(),
        dispatched: next.dispatched_ms,
        deadline: next.deadline_ms,
        handled: next.handled_ms,
        closed: next.closed_ms,
        life: next.life.clone(),
        ..row.clone()
    };
    if let Some(corrected) = &next.life.corrected {
        moved.category.clone_from(&corrected.category);
        moved.grid.clone_from(&corrected.grid);
        moved.lat_e7 = corrected.lat_e7;
        moved.lon_e7 = corrected.lon_e7;
    }
    moved
}

/// Closed without having been put right.
fn unsolved(state: &str) -> bool {
    [WITHDRAWN, NOT_ACCEPTED, VOIDED, FORCE_CLOSED, MERGED].contains(&state)
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

/// How many photos of how it is afterwards belong to a case.
pub(super) fn after_photos(tx: &mut dyn Tx, row: &CaseRow) -> Result<usize> {
    let photos = store::photos::of_report(tx, row.report)?;
    let after = photos.iter().filter(|photo| photo.role == PhotoRole::After);
    Ok(after.count())
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
        life: row.life.clone(),
    })
}

pub(super) fn refused(refusal: &Refusal) -> Fault {
    let zh = label::refusal(refusal, Lang::Zh);
    let en = label::refusal(refusal, Lang::En);
    match refusal {
        Refusal::Missing(fact) => Fault::invalid(targets::field(*fact), zh, en),
        Refusal::ReasonTooLong => Fault::invalid("reason", zh, en),
        Refusal::NothingCorrected => Fault::invalid("category", zh, en),
        Refusal::UntilOutOfRange => Fault::invalid("until_ms", zh, en),
        _ => Fault::NotPossible(words(zh, en)),
    }
}
