//! A report becomes a case: located, routed, opened, dispatched, each step an entry of the trail.
//!
//! [`prepare`] is pure and does all the thinking; [`file`] writes what it prepared.

use super::differing::differences;
use super::judge::{Chained, Sender};
use super::marking;
use crate::service::cases::{EventFacts, Ruled, is_outdated};
use crate::service::district::District;
use crate::service::trail::{self, After, Opening};
use crate::service::{Result, photos, repeated, similar, statistics};
use crate::store::cases::{CaseRow, NewCase};
use crate::store::events::NewEvent;
use crate::store::reports::ReportRow;
use crate::store::rollups::Slot;
use crate::store::{self, Tx};
use serde_json::{Value, json};
use shared::case::{self, Case, Class, Event, Given, Move, Rules};
use shared::catalogue::Catalogue;
use shared::id::{
    AreaCode, Bucket, CaseId, CatalogueVersion, EventId, PersonId, ReportId, UnitCode,
};
use shared::operation::{Operation, SealedOperation, short_code};
use shared::patrol::OnRound;
use shared::report::{FiledReport, PhotoRef};
use shared::role::Role;
use shared::routing::{Decision, Facts, Mode, route};
use shared::time::{MINUTE_MS, Timestamp};
use shared::unit;
use shared::wire::sync::{OperationResult, Outcome, Why};
use uuid::Uuid;

/// Characters of the text in a list.
const EXCERPT_CHARS_MAX: usize = 60;
/// A clock that is off by less is as good as right.
const SKEW_FLAGGED_MS: i64 = MINUTE_MS;
/// The kind of a case's first entry.
pub(super) const RECEIVED_EVENT: &str = "received";

/// Everything that filing a report writes.
#[derive(Debug)]
pub struct Filing {
    pub(super) sealed: SealedOperation,
    pub(super) chained: Chained,
    report: ReportRow,
    case: CaseRow,
    decision: String,
    differs: Vec<String>,
    differs_text: String,
    search: String,
    assisting: Vec<UnitCode>,
    next_due: Option<Timestamp>,
    /// The version whose calendar its deadlines were counted by.
    counted_by: CatalogueVersion,
    /// The point of a round at which it was begun, and when it was made.
    begun: Option<(OnRound, Timestamp)>,
    events: Vec<NewEvent>,
    counted: Vec<(Slot, i64)>,
    buckets: Vec<Bucket>,
}

/// The buckets whose devices keep a case.
#[must_use]
pub fn buckets_of(row: &CaseRow) -> Vec<Bucket> {
    let person = Bucket::new(format!("person:{}", row.reporter)).ok();
    let grid = row
        .grid
        .as_ref()
        .and_then(|grid| Bucket::new(format!("grid:{grid}")).ok());
    person.into_iter().chain(grid).collect()
}

/// Thinks a report through.
///
/// # Errors
/// The operation and a code when its subject is no report id or the machine refuses, which would
/// be our fault: then a person decides.
pub(super) fn prepare(
    district: &District,
    sender: Sender,
    sealed: SealedOperation,
    chained: Chained,
    filed: FiledReport,
    now: Timestamp,
    new_id: &mut impl FnMut() -> Uuid,
) -> std::result::Result<Filing, (Box<SealedOperation>, &'static str)> {
    let operation = &sealed.operation;
    let Ok(report_id) = operation.subject.parse::<ReportId>() else {
        return Err((Box::new(sealed), "payload_malformed"));
    };
    let named = &operation.catalogue_version;
    let Some(catalogue) = district.judging(named, &filed.category, &filed.condition) else {
        return Err((Box::new(sealed), "catalogue_unknown"));
    };
    let (grid, grid_doubt) = district.locate(&filed.place);
    let mut decision = decide(district, catalogue, &filed, grid.as_ref(), &grid_doubt, now);
    if named != catalogue.version() {
        let instead = format!(
            "本服务器没有上报所用的目录版本{named}，按现行版本{}判定",
            catalogue.version()
        );
        decision.because.insert(0, instead);
    }
    let case_id = CaseId(new_id());
    let mode = decision.mode;
    let ruled = ruled(district, operation, &filed, grid.as_ref(), mode);
    let rules = ruled.rules();
    let opening = open_case(&filed, &decision, operation.actor, &rules, now, new_id);
    let Some((opened, mut events)) = opening else {
        return Err((Box::new(sealed), "server_fault"));
    };
    let differs = differences(district, &filed, grid.as_ref(), &decision, now);
    let begun = filed.patrol.as_ref();
    let begun = begun.and_then(|at| marking::begun_at(catalogue, at));
    let report = ReportRow {
        grid,
        grid_doubt,
        clock_skew_ms: skew(sender, operation.offset_ms),
        ..report_row(district, report_id, operation, filed, now)
    };
    let next_due = case::next_due(&opened, &rules);
    let case = case_row(&report, case_id, opened, &operation.photos);
    let search = search_words(district, catalogue, &case, &report);
    let text = serde_json::to_string(&decision).unwrap_or_default();
    let differs_text = serde_json::to_string(&differs).unwrap_or_default();
    let opening = Opening::of(sealed.hash, &report, &text, &differs_text);
    vouch(&mut events, &opening, &After::from(&case));
    Ok(Filing {
        next_due,
        counted_by: district.catalogue.version().clone(),
        begun: begun.map(|at| (at, sender.made_at(operation))),
        buckets: buckets_of(&case),
        assisting: assisting(&decision),
        counted: statistics::counted(district, case.grid.as_ref(), &events),
        decision: text,
        differs_text,
        sealed,
        chained,
        report,
        case,
        differs,
        search,
        events,
    })
}

/// Who gets it and until when.
fn decide(
    district: &District,
    catalogue: &Catalogue,
    filed: &FiledReport,
    grid: Option<&AreaCode>,
    doubt: &[AreaCode],
    now: Timestamp,
) -> Decision {
    let facts = Facts {
        category: &filed.category,
        condition: &filed.condition,
        grid,
        doubt,
        self_fixed: filed.self_fixed,
    };
    route(
        facts,
        catalogue,
        &district.areas,
        district.mode(grid, now),
        // As the case's own clock, whatever the report was filled with.
        district.catalogue.calendar(),
        now,
    )
}

/// What its case is decided by.
fn ruled(
    district: &District,
    operation: &Operation,
    filed: &FiledReport,
    grid: Option<&AreaCode>,
    mode: Mode,
) -> Ruled {
    Ruled::of(
        district,
        &operation.catalogue_version,
        &filed.category,
        &filed.condition,
        grid,
        mode,
    )
}

/// The units that assist.
fn assisting(decision: &Decision) -> Vec<UnitCode> {
    let units = decision.assisting.iter();
    units.map(|unit| unit.code.clone()).collect()
}

/// The report as the worker filed it; what the server found out about it is left open.
fn report_row(
    district: &District,
    id: ReportId,
    operation: &Operation,
    filed: FiledReport,
    now: Timestamp,
) -> ReportRow {
    ReportRow {
        id,
        district: district.code.clone(),
        reporter: operation.actor,
        device: operation.device_id,
        op_id: operation.op_id,
        short_code: short_code(operation.device_id, operation.epoch, operation.seq),
        category: filed.category,
        condition: filed.condition,
        catalogue_version: operation.catalogue_version.clone(),
        grid: None,
        grid_doubt: Vec::new(),
        place: filed.place,
        text: filed.text,
        occurred: filed.occurred_ms,
        clock_skew_ms: None,
        received: now,
        self_fixed: filed.self_fixed,
        preview: filed
            .preview
            .and_then(|preview| serde_json::to_string(&preview).ok()),
        same_as: filed.same_as.filter(|other| *other != id),
    }
}

/// The case that a report opens; its number is printed when it is written.
fn case_row(report: &ReportRow, id: CaseId, opened: Case, photos: &[PhotoRef]) -> CaseRow {
    CaseRow {
        id,
        district: report.district.clone(),
        case_no: String::new(),
        report: report.id,
        short_code: report.short_code.clone(),
        revision: opened.revision,
        class: case::state(opened.state).map_or(case::Class::Open, |row| row.class),
        state: opened.state.to_owned(),
        lead: opened.lead,
        grid: report.grid.clone(),
        category: report.category.clone(),
        excerpt: excerpt(&report.text),
        lat_e7: report.place.lat_e7,
        lon_e7: report.place.lon_e7,
        reporter: report.reporter,
        opened: report.received,
        dispatched: opened.dispatched_ms,
        deadline: opened.deadline_ms,
        handled: opened.handled_ms,
        closed: opened.closed_ms,
        photos_expected: i64::try_from(photos.len()).unwrap_or(i64::MAX),
        photos_stored: 0,
        self_fixed: report.self_fixed,
        solved_level: opened.closed_ms.map(|_| 0),
        life: opened.life,
    }
}

/// The case after everything that happens by itself, with the trail so far.
fn open_case(
    filed: &FiledReport,
    decision: &Decision,
    reporter: PersonId,
    rules: &Rules<'_>,
    now: Timestamp,
    new_id: &mut impl FnMut() -> Uuid,
) -> Option<(Case, Vec<NewEvent>)> {
    let received = Case::received(decision.lead.clone(), now, rules);
    let mut events = vec![NewEvent {
        id: EventId(new_id()),
        kind: RECEIVED_EVENT.to_owned(),
        from: None,
        to: received.state.to_owned(),
        person: Some(reporter),
        role: Some(Role::GridWorker),
        unit: None,
        at: now,
        reason: String::new(),
        detail: String::from("{}"),
    }];
    let (kind, reason) = if filed.self_fixed {
        (Move::SelfFix, String::new())
    } else if unit::is_pool(&decision.lead) {
        return Some((received, events));
    } else {
        (Move::Dispatch, decision.because.join("；"))
    };
    // What the worker chose is the condition that it is accepted with.
    let given = Given {
        // The reasons stand in full in the decision; the trail's limit is for people's words.
        reason: reason.chars().take(case::REASON_CHARS_LIMIT).collect(),
        unit: (kind == Move::Dispatch).then(|| decision.lead.clone()),
        condition: Some(filed.condition.clone()),
        ..Given::default()
    };
    let event = Event::of_system(kind, &received, now, given);
    let next = received.apply(&event, rules).ok()?;
    let detail = EventFacts::of(&event, &next).text();
    events.push(NewEvent {
        id: EventId(new_id()),
        kind: kind.as_str().to_owned(),
        from: Some(received.state.to_owned()),
        to: next.state.to_owned(),
        person: None,
        role: None,
        unit: None,
        at: now,
        reason: event.given.reason,
        detail,
    });
    Some((next, events))
}

/// Lets the first entry vouch for what the case is opened with, and the last for its row.
fn vouch(events: &mut [NewEvent], opening: &Opening, after: &After) {
    let change = |event: &mut NewEvent, add: &dyn Fn(Value) -> Value| {
        if let Ok(detail) = serde_json::from_str(&event.detail) {
            event.detail = add(detail).to_string();
        }
    };
    if let Some(first) = events.first_mut() {
        change(first, &|mut detail| {
            if let Some(members) = detail.as_object_mut() {
                members.insert(String::from("opening"), json!(opening));
            }
            detail
        });
    }
    if let Some(last) = events.last_mut() {
        change(last, &|detail| trail::with_after(detail, after));
    }
}

/// How far the device's clock is off, when that is worth a flag: the larger of what it knew when
/// it filed and what this push shows.
fn skew(sender: Sender, offset_ms: Option<i64>) -> Option<i64> {
    let known = offset_ms.map(i64::saturating_neg);
    [known, sender.skew_ms]
        .into_iter()
        .flatten()
        .filter(|ms| ms.unsigned_abs() > SKEW_FLAGGED_MS.unsigned_abs())
        .max_by_key(|ms| ms.unsigned_abs())
}

/// The beginning of a text, for lists.
pub(in crate::service) fn excerpt(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    line.chars().take(EXCERPT_CHARS_MAX).collect()
}

/// What a person may search the case by; the number is added when it is printed.
fn search_words(
    district: &District,
    catalogue: &Catalogue,
    case: &CaseRow,
    report: &ReportRow,
) -> String {
    let category = catalogue.category(&case.category);
    let place = case
        .grid
        .as_ref()
        .map(|grid| district.areas.path(grid))
        .unwrap_or_default();
    [
        case.short_code.as_str(),
        report.text.as_str(),
        report.place.words.as_str(),
        category.map_or("", |category| category.name.as_str()),
        place.as_str(),
    ]
    .join(" ")
}

/// Files a report that was thought through.
pub(super) fn file(
    tx: &mut dyn Tx,
    district: &District,
    filing: &Filing,
    now: Timestamp,
) -> Result<OperationResult> {
    let operation = &filing.sealed.operation;
    let prefix = district.case_prefix.as_str();
    let (day, serial) = tx.next_case_serial(prefix, china_day(now))?;
    let case_no = format!("{prefix}{day}-{serial:05}");
    let result = OperationResult {
        case_id: Some(filing.case.id),
        case_no: Some(case_no.clone()),
        revision: Some(filing.case.revision),
        received_at: Some(now),
        differs: filing.differs.clone(),
        ..OperationResult::new(operation.op_id.to_string(), Outcome::Applied)
    };
    super::insert(tx, &filing.sealed, &result, now)?;
    store::reports::insert(tx, &filing.report)?;
    let photos_stored = announce_photos(tx, filing, now)?;
    let search = format!("{case_no} {}", filing.search);
    let row = CaseRow {
        case_no,
        photos_stored,
        ..filing.case.clone()
    };
    let next_due = looked_at(tx, filing, now)?;
    store::cases::insert(
        tx,
        NewCase {
            row: &row,
            decision: &filing.decision,
            differs: &filing.differs_text,
            search: &search,
            assisting: &filing.assisting,
            next_due,
            phashes: &similar::phashes(&operation.photos),
        },
    )?;
    repeated::note(tx, district, &row)?;
    if let Some((at, made)) = &filing.begun {
        store::patrol_reports::note(tx, &district.code, filing.report.id, at, (*made).min(now))?;
    }
    let mut last = None;
    for mut event in filing.events.iter().cloned() {
        last = Some(match &last {
            None => {
                event.detail = trail::with_number(&event.detail, &row.case_no);
                store::events::append_first(tx, row.id, event)?
            }
            Some(before) => store::events::append_next(tx, row.id, before, event)?,
        });
    }
    for (slot, n) in &filing.counted {
        tx.add_up(slot.clone(), *n)?;
    }
    let id = row.id.to_string();
    store::changes::put(
        tx,
        &district.code,
        &filing.buckets,
        "cases",
        &id,
        row.revision,
        Why::Put,
    )?;
    Ok(result)
}

/// When its case is looked at: at once when its deadlines were counted before this server heard of
/// the calendar in force.
fn looked_at(tx: &mut dyn Tx, filing: &Filing, now: Timestamp) -> Result<Option<Timestamp>> {
    let is_open = filing.case.class == Class::Open;
    Ok(if is_open && is_outdated(tx, &filing.counted_by)? {
        Some(now)
    } else {
        filing.next_due
    })
}

/// Announces the photos of a filing and their previews; how many of the photos are here already.
fn announce_photos(tx: &mut dyn Tx, filing: &Filing, now: Timestamp) -> Result<i64> {
    let operation = &filing.sealed.operation;
    let mut photos_stored = 0;
    for (ordinal, photo) in (1..).zip(&operation.photos) {
        let (report, device) = (filing.report.id, operation.device_id);
        let here = photos::announce(tx, report, ordinal, photo, device, now)?;
        photos_stored += i64::from(here);
    }
    Ok(photos_stored)
}

/// The date in China as a number: 20261121.
fn china_day(at: Timestamp) -> i64 {
    use chrono::Datelike;
    at.china().map_or(0, |at| {
        i64::from(at.year()) * 10_000 + i64::from(at.month()) * 100 + i64::from(at.day())
    })
}
