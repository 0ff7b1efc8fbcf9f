//! Rounds of the places somebody answers for, with the ticks at their points (巡查). By point and
//! time only: nobody is named and nothing is counted.

use super::Result;
use crate::service::district::District;
use crate::store::cases::CaseRow;
use crate::store::patrol_marks::{self, MarkRow};
use crate::store::patrol_reports::{self, RoundReport};
use crate::store::patrol_rounds::Span;
use crate::store::{self, Tx};
use shared::id::{CaseId, ReportId, UnitCode};
use shared::patrol::{Point, Round, Seen};
use shared::report::{Place, PlaceSource};
use shared::role::{Action, Actor, Subject, may};
use shared::time::{DAY_MS, Timestamp};
use shared::wire::console::{MarkEntry, PatrolCase, PatrolPointRow, PatrolQuery, PatrolRow};
use std::collections::HashMap;

/// Ticks of one round in one answer, the newest: thirty points every quarter of an hour of a day.
pub const MARKS_MAX: usize = 3_000;
/// Reports of one round in one answer, the newest: more are read in the list of cases.
pub const REPORTS_MAX: usize = 200;

/// The rounds that the actor may see, with the ticks of a time.
///
/// # Errors
/// Whatever the store says, as for all services.
pub fn list(
    tx: &mut dyn Tx,
    actor: &Actor,
    district: &District,
    query: &PatrolQuery,
    now: Timestamp,
) -> Result<Vec<PatrolRow>> {
    let rounds = &district.catalogue.doc().patrols;
    let seen: Vec<&Round> = rounds
        .iter()
        .filter(|round| may_see(actor, round))
        .collect();
    if seen.is_empty() {
        return Ok(Vec::new());
    }
    let to = query.to_ms.map_or(now.plus_ms(1), Timestamp);
    let from = query.from_ms.map_or(to.plus_ms(-DAY_MS), Timestamp);
    let ids: Vec<&str> = seen.iter().map(|round| round.id.as_str()).collect();
    let span = Span {
        district: &district.code,
        from,
        to,
        limit: MARKS_MAX,
    };
    let mut marks = marks_by_round(tx, &span, &ids)?;
    let span = Span {
        limit: REPORTS_MAX,
        ..span
    };
    let mut cases = cases_by_round(tx, actor, district, &span, &ids)?;
    let mut rows = Vec::with_capacity(seen.len());
    for round in seen {
        let marks = marks.remove(&round.id).unwrap_or_default();
        let cases = cases.remove(&round.id).unwrap_or_default();
        // What is walked no more is shown with what was seen, and else not at all.
        if !round.retired || !marks.is_empty() || !cases.is_empty() {
            rows.push(row(district, round, marks, cases));
        }
    }
    Ok(rows)
}

/// The office of a place around it, and whoever walks it.
fn may_see(actor: &Actor, round: &Round) -> bool {
    let subject = Subject {
        area: Some(&round.area),
        ..Subject::default()
    };
    may(actor, Action::ReadPatrols, subject).is_some()
        || actor.posts.iter().any(|post| round.is_for(post))
}

type ByPoint<T> = HashMap<String, Vec<T>>;
type ByRound<T> = HashMap<String, ByPoint<T>>;

fn row(
    district: &District,
    round: &Round,
    mut marks: ByPoint<MarkEntry>,
    mut cases: ByPoint<PatrolCase>,
) -> PatrolRow {
    let points = round.points.iter().map(|point| PatrolPointRow {
        id: point.id.clone(),
        name: point.name.clone(),
        grid_name: grid_name(district, point),
        words: point.words.clone(),
        marks: marks.remove(&point.id).unwrap_or_default(),
        cases: cases.remove(&point.id).unwrap_or_default(),
    });
    PatrolRow {
        points: points.collect(),
        id: round.id.clone(),
        name: round.name.clone(),
        area: round.area.clone(),
        area_name: district.areas.path(&round.area),
        retired: round.retired,
    }
}

fn grid_name(district: &District, point: &Point) -> String {
    let place = Place {
        lat_e7: point.lat_e7.into(),
        lon_e7: point.lon_e7.into(),
        accuracy_m: None,
        source: PlaceSource::Typed,
        words: String::new(),
    };
    let (grid, _) = district.locate(&place);
    grid.map_or_else(String::new, |grid| district.areas.name(&grid).to_owned())
}

fn marks_by_round(tx: &mut dyn Tx, span: &Span<'_>, rounds: &[&str]) -> Result<ByRound<MarkEntry>> {
    let mut found = ByRound::new();
    for mark in patrol_marks::between(tx, span, rounds)? {
        let entry = entry(&mark);
        let points = found.entry(mark.round).or_default();
        points.entry(mark.point).or_default().push(entry);
    }
    Ok(found)
}

/// The cases of the reports that were begun on some rounds, as far as the actor may read them.
fn cases_by_round(
    tx: &mut dyn Tx,
    actor: &Actor,
    district: &District,
    span: &Span<'_>,
    rounds: &[&str],
) -> Result<ByRound<PatrolCase>> {
    let reports = patrol_reports::between(tx, span, rounds)?;
    if reports.is_empty() {
        return Ok(ByRound::new());
    }
    let rows = store::cases::begun_on(tx, span, rounds)?;
    // Who assists is looked up only where it matters: the office reads by place.
    let hidden = rows
        .iter()
        .filter(|row| !may_read(actor, district, row, &[]));
    let hidden: Vec<CaseId> = hidden.map(|row| row.id).collect();
    let assisting = store::cases::assisting_in(tx, &hidden)?;
    let rows: HashMap<ReportId, CaseRow> = rows.into_iter().map(|row| (row.report, row)).collect();
    let mut found = ByRound::new();
    for report in reports {
        let Some(row) = rows.get(&report.report) else {
            continue;
        };
        let units = assisting.get(&row.id).map(Vec::as_slice);
        if may_read(actor, district, row, units.unwrap_or_default()) {
            let entry = case_entry(district, row, &report);
            let points = found.entry(report.round).or_default();
            points.entry(report.point).or_default().push(entry);
        }
    }
    Ok(found)
}

/// Whether the actor may read a case in which these units assist.
fn may_read(actor: &Actor, district: &District, row: &CaseRow, assisting: &[UnitCode]) -> bool {
    let subject = Subject {
        // Outside all grids it is the whole district's.
        area: Some(row.grid.as_ref().unwrap_or(&district.code)),
        lead: Some(&row.lead),
        assisting,
        reporter: Some(row.reporter),
    };
    may(actor, Action::ReadCase, subject).is_some()
}

fn case_entry(district: &District, row: &CaseRow, report: &RoundReport) -> PatrolCase {
    let category = district.catalogue.category(&row.category);
    PatrolCase {
        id: row.id,
        case_no: row.case_no.clone(),
        category_name: category.map_or_else(|| row.category.to_string(), |one| one.name.clone()),
        state: row.state.clone(),
        at_ms: report.made,
        photos: row.photos_expected,
    }
}

fn entry(mark: &MarkRow) -> MarkEntry {
    MarkEntry {
        at_ms: mark.made,
        seen: match mark.seen.as_str() {
            "fine" => Seen::Fine,
            "unreached" => Seen::Unreached,
            _ => Seen::Trouble,
        },
        note: mark.note.clone(),
    }
}
