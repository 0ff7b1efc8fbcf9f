//! Cases as the faces show them.

use super::facts::EventFacts;
use super::moves::as_case;
use super::rules::Ruled;
use super::{Seen, correct, life, photo_counts, readable};
use crate::service::district::District;
use crate::service::{Fault, Result, contacts};
use crate::store::cases::CaseRow;
use crate::store::events::EventRow;
use crate::store::photos::ReportPhoto;
use crate::store::reports::ReportRow;
use crate::store::{self, Tx};
use shared::case::{self, Ask, Life, Move};
use shared::catalogue::Catalogue;
use shared::id::{CaseId, CatalogueVersion, ConditionId, PersonId, UnitCode};
use shared::label::{self, Lang};
use shared::role::{Action, Actor, Role, may};
use shared::routing::{Decision, in_mode};
use shared::time::Timestamp;
use shared::wire::console::{
    self, AllowedMove, CaseDetail, CaseEvent, CasePhoto, Colleague, OwedPart,
};
use std::collections::HashMap;

/// The worker's words for anyone but the reporter.
pub(super) const OTHERS_TEXT_CHARS_MAX: usize = 200;
/// Who acts when nobody does.
const SYSTEM: &str = "系统";

/// Rows of a list.
pub(in crate::service) fn rows(
    tx: &mut dyn Tx,
    district: &District,
    rows: &[CaseRow],
    now: Timestamp,
) -> Result<Vec<console::CaseRow>> {
    let ids: Vec<_> = rows.iter().map(|row| row.report).collect();
    let filled = store::reports::filled_with(tx, &ids)?;
    let row = |row: &CaseRow| {
        let with = filled.get(&row.report);
        console_row(
            district,
            row,
            with.map(|(condition, version)| (condition, version)),
            now,
        )
    };
    Ok(rows.iter().map(row).collect())
}

/// A case in a list.
fn console_row(
    district: &District,
    row: &CaseRow,
    filled_with: Option<(&ConditionId, &CatalogueVersion)>,
    now: Timestamp,
) -> console::CaseRow {
    let catalogue = filled_with.and_then(|(_, version)| district.catalogue_of(version));
    let catalogue = catalogue.unwrap_or(&district.catalogue);
    let category = catalogue.category(&row.category);
    console::CaseRow {
        id: row.id,
        case_no: row.case_no.clone(),
        revision: row.revision,
        state: row.state.clone(),
        class: row.class,
        category: row.category.clone(),
        category_name: category.map_or_else(|| row.category.to_string(), |c| c.name.clone()),
        excerpt: row.excerpt.clone(),
        place: match &row.grid {
            Some(grid) => district.areas.path(grid),
            None => String::from("网格之外"),
        },
        lead: row.lead.clone(),
        lead_name: district.unit_name(&row.lead),
        opened_ms: row.opened,
        dispatched_ms: row.dispatched,
        deadline_ms: row.deadline,
        handled_ms: row.handled,
        closed_ms: row.closed,
        used_permille: used_permille(
            district,
            catalogue,
            row,
            filled_with.map(|(condition, _)| condition),
            now,
        ),
        photos: photo_counts(row),
        self_fixed: row.self_fixed,
        asked: row.life.asked.as_ref().map(|asked| asked.ask),
        card: row.life.card,
        stage_due_ms: row.life.stage_due_ms,
        suspended_until_ms: row.life.suspended.map(|suspended| suspended.until_ms),
        part: None,
    }
}

/// The most pressing part of a case that some units owe.
pub(super) fn owed_part(
    district: &District,
    row: &CaseRow,
    units: &[UnitCode],
    now: Timestamp,
) -> Option<OwedPart> {
    let part = row.life.owed_by(units)?;
    let share = part.share_used(district.catalogue.calendar(), now);
    Some(OwedPart {
        unit: part.unit.clone(),
        asked_ms: part.asked_ms,
        deadline_ms: part.deadline_ms,
        used_permille: share.map(permille),
    })
}

/// Share of the limit that is used; the clock stops when the unit says it is done.
fn used_permille(
    district: &District,
    catalogue: &Catalogue,
    row: &CaseRow,
    condition: Option<&ConditionId>,
    now: Timestamp,
) -> Option<i64> {
    let (start, deadline) = (row.dispatched?, row.deadline?);
    let until = row.handled.or(row.closed).unwrap_or(now);
    let old;
    // The limit that the dispatch gave, whatever condition the report names and mode it is by now.
    let life = if row.life.limit.is_some() {
        &row.life
    } else {
        // From before it was kept with the case.
        let mode = district.mode(row.grid.as_ref(), start);
        old = Life {
            limit: Some(in_mode(catalogue.limit(condition?)?, mode)),
            ..row.life.clone()
        };
        &old
    };
    // The calendar in force, as for the deadline.
    let calendar = district.catalogue.calendar();
    Some(permille(life.share_used(calendar, start, deadline, until)))
}

/// A share in per mille.
fn permille(share: f64) -> i64 {
    #[expect(
        clippy::as_conversions,
        reason = "a share is small, and a float beyond the range saturates"
    )]
    let permille = (share * 1000.0) as i64;
    // Late is late, however little.
    if share > 1.0 {
        permille.max(1001)
    } else {
        permille
    }
}

/// A whole case, for somebody who may read it.
///
/// # Errors
/// [`Fault::NotFound`] when there is no such case for the actor.
pub fn detail(
    tx: &mut dyn Tx,
    actor: &Actor,
    district: &District,
    id: CaseId,
    now: Timestamp,
) -> Result<CaseDetail> {
    let seen = readable(tx, actor, district, id)?;
    shown(tx, actor, district, &seen, now)
}

/// A case as it is now, for somebody who could read it before their own move: it may have left
/// their unit by it.
pub(super) fn after_move(
    tx: &mut dyn Tx,
    actor: &Actor,
    district: &District,
    id: CaseId,
    now: Timestamp,
) -> Result<CaseDetail> {
    let seen = Seen::load(tx, district, id)?.ok_or(Fault::NotFound("case"))?;
    shown(tx, actor, district, &seen, now)
}

fn shown(
    tx: &mut dyn Tx,
    actor: &Actor,
    district: &District,
    seen: &Seen,
    now: Timestamp,
) -> Result<CaseDetail> {
    let (row, id) = (&seen.row, seen.row.id);
    let mut report = report_of(tx, row)?;
    correct::show_place(row, &mut report);
    let stored = store::cases::decision(tx, id)?.ok_or(Fault::NotFound("case"))?;
    let decision: Decision = serde_json::from_str(&stored.decision)
        .map_err(|error| Fault::damaged("decision", error))?;
    let differs: Vec<String> = serde_json::from_str(&stored.differs)
        .map_err(|error| Fault::damaged("differences", error))?;
    let catalogue = district
        .catalogue_of(&report.catalogue_version)
        .unwrap_or(&district.catalogue);
    let condition = row.life.condition.as_ref().unwrap_or(&report.condition);
    let condition = catalogue.condition(condition);
    let mut names = Names::default();
    let photos = store::photos::of_report(tx, report.id)?;
    let mut events = Vec::new();
    for event in store::events::of_case(tx, id)? {
        events.push(case_event(tx, district, &mut names, event)?);
    }
    let (lat, lon) = report.place.degrees().unwrap_or_default();
    let ruled = Ruled::load(tx, district, row, now)?;
    let life = life::view(tx, district, &mut names, seen, &ruled, now)?;
    let (moves, asks) = allowed(actor, seen, now);
    let filled_with = Some((&report.condition, &report.catalogue_version));
    Ok(CaseDetail {
        row: console_row(district, row, filled_with, now),
        report_id: report.id,
        short_code: report.short_code,
        reporter_name: names.of(tx, report.reporter)?,
        reporter_left_ms: left_since(tx, report.reporter, now)?,
        text: report.text,
        outlines: district.outlines.around(row.grid.as_ref(), lat, lon),
        place: report.place,
        grid: report.grid,
        grid_doubt: report.grid_doubt,
        condition_name: condition.map_or_else(String::new, |c| c.name.clone()),
        condition_closing: condition.map_or_else(String::new, |c| c.closing.clone()),
        occurred_ms: report.occurred,
        received_ms: report.received,
        clock_skew_ms: report.clock_skew_ms,
        decision,
        differs,
        photos: photos.iter().map(case_photo).collect(),
        contact: contacts::masked(tx, actor, seen, now)?,
        events,
        moves,
        asks,
        life: Some(Box::new(life)),
    })
}

/// Since when somebody who held a grid post holds none any more, or the account is closed.
fn left_since(tx: &mut dyn Tx, person: PersonId, now: Timestamp) -> Result<Option<Timestamp>> {
    let closed = store::people::get(tx, person)?.and_then(|person| person.disabled);
    let posts = store::posts::of_person(tx, person)?;
    let posts = posts.iter().filter(|row| row.post.role == Role::GridWorker);
    let mut last = None;
    for row in posts {
        match row.to {
            Some(to) if to <= now => last = last.max(Some(to)),
            _ => return Ok(closed),
        }
    }
    Ok(closed.map_or(last, |at| Some(last.map_or(at, |last| last.min(at)))))
}

fn report_of(tx: &mut dyn Tx, row: &CaseRow) -> Result<ReportRow> {
    let report = store::reports::get(tx, row.report)?;
    report.ok_or_else(|| Fault::damaged("case", "its report is not there"))
}

fn case_photo(entry: &ReportPhoto) -> CasePhoto {
    CasePhoto {
        sha256: entry.photo.hash,
        role: entry.role,
        arrived: entry.photo.stored.is_some(),
        gone: entry.photo.gone.is_some(),
        preview: entry.preview,
        bytes: u64::try_from(entry.photo.bytes).unwrap_or(0),
        width: u32::try_from(entry.photo.width).unwrap_or(0),
        height: u32::try_from(entry.photo.height).unwrap_or(0),
    }
}

/// What the actor may do with a case now, and what ask for.
fn allowed(actor: &Actor, seen: &Seen, now: Timestamp) -> (Vec<AllowedMove>, Vec<Ask>) {
    let Ok(case) = as_case(&seen.row) else {
        return (Vec::new(), Vec::new());
    };
    let has = |right: Action| may(actor, right, seen.subject()).is_some();
    let mut moves: Vec<AllowedMove> = Vec::new();
    for (row, right) in case.moves(now) {
        let twice = moves.iter().any(|known| known.kind == row.kind);
        let own = row.kind == Move::Grant && case.may_grant(Some(actor.person)).is_err();
        if right.is_some_and(has) && !twice && !own {
            moves.push(AllowedMove {
                kind: row.kind,
                needs_reason: row.needs.contains(&case::Fact::Reason),
                needs_unit: row.needs.contains(&case::Fact::Unit),
                needs: row.needs.to_vec(),
            });
        }
    }
    let asks = case.asks(now).filter(|row| has(row.asks));
    let asks = asks.map(|row| row.ask).collect();
    (moves, asks)
}

/// Who works in the unit that leads a case, for somebody who may move it.
///
/// # Errors
/// As [`detail`].
pub fn colleagues(
    tx: &mut dyn Tx,
    actor: &Actor,
    district: &District,
    id: CaseId,
    now: Timestamp,
) -> Result<Vec<Colleague>> {
    let seen = readable(tx, actor, district, id)?;
    may(actor, Action::Handle, seen.subject()).ok_or(Fault::Forbidden)?;
    let people = store::cases::colleagues(tx, &district.code, &seen.row.lead, now)?;
    let people = people.into_iter().map(|(id, name)| Colleague { id, name });
    Ok(people.collect())
}

/// Names of people, each looked up once.
#[derive(Debug, Default)]
pub(super) struct Names(HashMap<PersonId, String>);

impl Names {
    pub(super) fn of(&mut self, tx: &mut dyn Tx, person: PersonId) -> Result<String> {
        if let Some(name) = self.0.get(&person) {
            return Ok(name.clone());
        }
        let found = store::people::get(tx, person)?;
        let name = found.map_or_else(|| String::from("（已离任）"), |person| person.name);
        self.0.insert(person, name.clone());
        Ok(name)
    }
}

fn case_event(
    tx: &mut dyn Tx,
    district: &District,
    names: &mut Names,
    row: EventRow,
) -> Result<CaseEvent> {
    let event = row.event;
    let facts = EventFacts::read(&event.detail);
    let office = office(district, event.unit.as_ref(), event.role);
    let by = match event.person {
        None => office,
        Some(person) => format!("{}（{office}）", names.of(tx, person)?),
    };
    Ok(CaseEvent {
        id: event.id,
        ordinal: row.ordinal,
        kind: event.kind,
        from: event.from,
        to: event.to,
        at: event.at,
        by,
        reason: event.reason,
        unit_name: facts.unit.map(|unit| district.unit_name(&unit)),
        deadline_ms: facts.deadline_ms,
        person_name: match facts.person {
            Some(person) => Some(names.of(tx, person)?),
            None => None,
        },
        until_ms: facts.until_ms,
        ask: facts.ask,
        outcome: facts.outcome,
        found: facts.found,
        card: facts.card,
        about: facts
            .stage
            .or_else(|| {
                facts
                    .told
                    .map(|role| told(district, role, &facts.told_area))
            })
            .or_else(|| (!facts.changed.is_empty()).then(|| facts.changed.join("；"))),
    })
}

/// Whose posts were told, in words: 潭城街道督查.
fn told(district: &District, role: Role, area: &Option<String>) -> String {
    let area = area.as_ref().and_then(|code| code.parse().ok());
    let place = area.map(|area| district.areas.name(&area).to_owned());
    format!(
        "已告知{}{}",
        place.unwrap_or_default(),
        label::role(role, Lang::Zh)
    )
}

/// The unit or role that acted, in words.
pub(super) fn office(district: &District, unit: Option<&UnitCode>, role: Option<Role>) -> String {
    match (unit, role) {
        (Some(unit), _) => district.unit_name(unit),
        (None, Some(role)) => label::role(role, Lang::Zh).to_owned(),
        (None, None) => String::from(SYSTEM),
    }
}
