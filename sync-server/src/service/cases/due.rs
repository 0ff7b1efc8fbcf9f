//! What falls due by itself: lights, late stages, ends of suspensions, escalation rules.
//!
//! One job, safe to run twice and on several nodes: what was told is noted in the case in the same
//! transaction, and the next moment is kept in an indexed column, so that a look costs by what is
//! due and not by what is open. Tests: `tests/tests/clocks.rs`.

use super::Seen;
use super::facts::EventFacts;
use super::moves::{as_case, change, moved_row, write};
use super::rules::Ruled;
use crate::service::district::District;
use crate::service::trail::{self, After};
use crate::service::{Fault, Result, feed, statistics};
use crate::store::cases::CaseRow;
use crate::store::events::NewEvent;
use crate::store::{self, Tx};
use shared::case::{self, Case, Class, Due, Event, Given, Move, SUSPENDED};
use shared::catalogue::Escalation;
use shared::id::{AreaCode, CatalogueVersion, EventId};
use shared::time::Timestamp;
use shared::unit;
use uuid::Uuid;

/// Cases looked at in one write, so that pushes never wait long behind it.
pub const DUE_AT_ONCE: usize = 200;

/// The entry of deadlines that were counted anew.
const RECOUNTED: &str = "recounted";

/// Tells what is due, of some cases at a time; how many cases were looked at.
///
/// # Errors
/// Whatever the store says, as for all services.
pub fn tell_due(
    tx: &mut dyn Tx,
    district: &District,
    now: Timestamp,
    new_id: &mut dyn FnMut() -> Uuid,
) -> Result<usize> {
    // What another server published a moment ago counts here too: two that count by different
    // calendars would take back each other's deadlines.
    let renewed = district.renewed(tx, now)?;
    let district = renewed.as_ref().unwrap_or(district);
    look_again(tx, district)?;
    let rows = store::cases::due_before(tx, &district.code, now, DUE_AT_ONCE)?;
    for row in &rows {
        let ruled = Ruled::load(tx, district, row, now)?;
        if let Ok(case) = as_case(row) {
            tell_case(tx, district, row, case, &ruled, now, new_id)?;
        } else {
            // A state of a later version: that server tells.
            store::cases::put_off(tx, row, None)?;
        }
    }
    Ok(rows.len())
}

/// Has every open case looked at when another version came into force than the clocks were last
/// counted by, whichever server notices first and however long none was running.
fn look_again(tx: &mut dyn Tx, district: &District) -> Result<()> {
    let version = district.catalogue.version().as_str();
    if store::meta::get(tx, store::meta::CLOCKS)?.as_deref() != Some(version) {
        store::cases::look_at_open(tx, &district.code)?;
        store::meta::set(tx, store::meta::CLOCKS, version)?;
    }
    Ok(())
}

/// Whether a move lets clocks run again that [`case::recount`] passed by while they stood: it was
/// put right, suspended or closed until now.
pub(super) fn wakes(row: &CaseRow, next: &Case) -> bool {
    let stood = row.class == Class::Closed || row.state == SUSPENDED;
    stood || (row.handled.is_some() && next.handled_ms.is_none())
}

/// Whether all open cases were last counted by another version than the one that something is
/// counted by now. A server hears of a version a moment after it was published, and what it counts
/// until then nobody would count anew.
pub(in crate::service) fn is_outdated(tx: &mut dyn Tx, version: &CatalogueVersion) -> Result<bool> {
    let counted_by = store::meta::get(tx, store::meta::CLOCKS)?;
    Ok(counted_by.is_some_and(|counted_by| counted_by != version.as_str()))
}

fn tell_case(
    tx: &mut dyn Tx,
    district: &District,
    row: &CaseRow,
    mut case: Case,
    ruled: &Ruled,
    now: Timestamp,
    new_id: &mut dyn FnMut() -> Uuid,
) -> Result<()> {
    let rules = ruled.rules();
    let mut row = row.clone();
    if let Some(next) = case::recount(&case, &rules, now) {
        let event_id = EventId(new_id());
        count_anew(tx, district, &row, &case, &next, ruled, event_id, now)?;
        row = moved_row(&row, &next);
        case = next;
        feed::tell(tx, district, &row, now)?;
    }
    let due = case::due(&case, &rules, now);
    if due.is_empty() {
        return Ok(store::cases::put_off(
            tx,
            &row,
            case::next_due(&case, &rules),
        )?);
    }
    let place = row.grid.clone();
    let mut seen = Seen::of(tx, district, row)?;
    for (at, due) in due {
        let event_id = EventId(new_id());
        // A suspension ends at its date, however late the server looks.
        let moved = match &due {
            Due::Resume => Some(Event::of_system(Move::Resume, &case, at, Given::default())),
            Due::Escalation(id) => {
                let rule = rules.escalations.iter().find(|rule| rule.id == *id);
                tell(
                    tx, &mut seen, &mut case, &due, rule, ruled, at, now, event_id,
                )?;
                let over =
                    rule.and_then(|rule| takes_over(district, &case, place.as_ref(), rule, ruled));
                over.map(|given| Event::of_system(Move::TakeOver, &case, now, given))
            }
            _ => {
                tell(
                    tx, &mut seen, &mut case, &due, None, ruled, at, now, event_id,
                )?;
                None
            }
        };
        if let Some(event) = moved {
            let id = EventId(new_id());
            let next = match case.apply(&event, &rules) {
                Ok(next) => next,
                // No unit works on it now: what was done waits to be checked or closed.
                Err(_) if event.kind == Move::TakeOver => continue,
                Err(refusal) => return Err(Fault::damaged("what was due", refusal)),
            };
            write(tx, district, &seen, &event, &next, None, ruled, id)?;
            seen.row = moved_row(&seen.row, &next);
            // A new clock: what is due by it is told by the next look.
            break;
        }
    }
    feed::tell(tx, district, &seen.row, now)
}

/// Writes a case that was counted anew, with one entry that says what moved to when.
#[expect(clippy::too_many_arguments, reason = "an entry and what it is about")]
fn count_anew(
    tx: &mut dyn Tx,
    district: &District,
    row: &CaseRow,
    case: &Case,
    next: &Case,
    ruled: &Ruled,
    event_id: EventId,
    now: Timestamp,
) -> Result<()> {
    let mut facts = EventFacts::default();
    let mut others = Vec::new();
    for (at, due) in case::moved(case, next) {
        let until = at.show(now.china_year());
        match due {
            Due::Stage => others.push(format!("本环节改到{until}")),
            Due::Part(unit) => {
                others.push(format!("{}协办改到{until}", district.unit_name(&unit)));
            }
            Due::Staged(name) => others.push(format!("{name}改到{until}")),
            _ => facts.deadline_ms = Some(at),
        }
    }
    let entry = Entry {
        kind: RECOUNTED,
        facts,
        reason: others.join("；"),
    };
    note(tx, row, next, ruled, &entry, event_id, now)?;
    let place = row.grid.as_ref();
    statistics::count_newest(tx, district, row.id, [place, place])
}

/// One entry of the trail that moves nothing, with its card.
#[expect(clippy::too_many_arguments, reason = "an entry and what it is about")]
fn tell(
    tx: &mut dyn Tx,
    seen: &mut Seen,
    case: &mut Case,
    due: &Due,
    rule: Option<&Escalation>,
    ruled: &Ruled,
    at: Timestamp,
    now: Timestamp,
    event_id: EventId,
) -> Result<()> {
    let row = &seen.row;
    let next = case::told(case, due, rule.and_then(|rule| rule.card));
    let facts = EventFacts {
        due_ms: Some(at),
        rule: rule.map(|rule| rule.id.clone()),
        card: rule.and_then(|rule| rule.card),
        told: rule.map(|rule| rule.tell),
        told_area: rule
            .and_then(|rule| rule.reach.around(&seen.area))
            .map(|area| area.to_string()),
        unit: match due {
            Due::Part(unit) => Some(unit.clone()),
            _ => None,
        },
        stage: match due {
            Due::Staged(name) => Some(name.clone()),
            _ => None,
        },
        ..EventFacts::default()
    };
    let entry = Entry {
        kind: due.event(),
        facts,
        reason: String::new(),
    };
    note(tx, row, &next, ruled, &entry, event_id, now)?;
    seen.row = moved_row(row, &next);
    *case = next;
    Ok(())
}

/// What an entry says that moves nothing.
struct Entry {
    kind: &'static str,
    facts: EventFacts,
    reason: String,
}

/// Writes a case that changed without a move, and the entry of its trail.
fn note(
    tx: &mut dyn Tx,
    row: &CaseRow,
    next: &Case,
    ruled: &Ruled,
    entry: &Entry,
    event_id: EventId,
    now: Timestamp,
) -> Result<()> {
    let to = change(row, next, row.solved_level, ruled);
    if !store::cases::move_on(tx, &to)? {
        // One writer a district: nobody moves the case within this transaction.
        return Err(Fault::damaged("case", "its revision moved within a write"));
    }
    store::cases::note_parts(tx, row.id, to.class, to.life)?;
    store::events::append(
        tx,
        row.id,
        NewEvent {
            id: event_id,
            kind: entry.kind.to_owned(),
            from: Some(row.state.clone()),
            to: row.state.clone(),
            person: None,
            role: None,
            unit: None,
            at: now,
            reason: entry.reason.clone(),
            detail: trail::with_after_text(&entry.facts.text(), &After::from(&to)),
        },
    )?;
    Ok(())
}

/// What gives the case to the unit that a rule names; none where it stays. A pool does no work.
fn takes_over(
    district: &District,
    case: &Case,
    place: Option<&AreaCode>,
    rule: &Escalation,
    ruled: &Ruled,
) -> Option<Given> {
    let name = rule.takes_over.as_deref()?;
    let unit = unit::resolve(name, place, &ruled.catalogue, &district.areas)?;
    (case.goes_to(&unit.code) && !unit.pool).then(|| Given {
        reason: format!("按升级规则{}由{}接办", rule.id, unit.name),
        unit: Some(unit.code),
        ..Given::default()
    })
}
