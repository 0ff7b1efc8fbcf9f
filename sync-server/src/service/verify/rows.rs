//! Cases' rows against their trails and reports; photos and reports that hang in the air.

use super::trails::{self, Told};
use super::{Checked, Frame, LAST_ID, PAGE_ROWS, is_id};
use crate::service::trail::{decision_hash, life_hash, list_text, search_begins};
use crate::service::{Fault, Result};
use crate::store::cases::{CaseExtras, CaseRow, KeptCase};
use crate::store::events::KeptEvent;
use crate::store::reports::ReportRow;
use crate::store::{self, Tx};
use shared::archive::{Finding, Problem};
use shared::case::{self, Card};
use shared::id::{AreaCode, CaseId, Sha256};
use shared::similar::cell_of;
use std::collections::HashMap;

const TABLE: &str = "cases";

/// Everything that is known of one case whose row can be read.
struct Whole<'a> {
    row: &'a CaseRow,
    extras: Option<&'a CaseExtras>,
    kept: &'a KeptCase,
    told: &'a Told<'a>,
}

/// Where a page of cases after an id ends; none when it is the last one.
///
/// # Errors
/// Whatever the store says, as for all services.
pub fn cases_end(tx: &mut dyn Tx, after: &str) -> Result<Option<String>> {
    store::cases::page_end(tx, after, PAGE_ROWS).map_err(Fault::from)
}

/// Checks the cases after an id and up to another, if any, with their trails and reports. The last
/// page also looks whether any row would stand on no page.
///
/// # Errors
/// As [`cases_end`].
pub fn cases_page(
    tx: &mut dyn Tx,
    frame: &Frame,
    after: &str,
    to: Option<&str>,
) -> Result<Checked<String>> {
    let is_last = to.is_none();
    let to = to.unwrap_or(LAST_ID);
    let rows = store::cases::kept_between(tx, after, to)?;
    let mut page = between(tx, frame, &rows, after, to)?;
    if is_last {
        let outside = store::cases::count_outside(tx, LAST_ID)?;
        let named = format!("× {outside}");
        let finding = Finding::new(Problem::Unreadable, TABLE, "row", named);
        page.findings.extend((outside > 0).then_some(finding));
    }
    Ok(page)
}

/// Checks one case; `rows` is 0 when there is none.
///
/// # Errors
/// As [`cases_end`].
pub fn one_case(tx: &mut dyn Tx, frame: &Frame, id: CaseId) -> Result<Checked<String>> {
    let to = id.to_string();
    let after = just_below(&to);
    let mut rows = store::cases::kept_between(tx, &after, &to)?;
    rows.retain(|kept| kept.id == to);
    between(tx, frame, &rows, &after, &to)
}

/// A text between an id and every id before it, so that the ranges of a page serve one case.
fn just_below(id: &str) -> String {
    let mut text = id.to_owned();
    let last = text.pop().map_or(0, u32::from).saturating_sub(1);
    text.extend(char::from_u32(last));
    text + LAST_ID
}

fn between(
    tx: &mut dyn Tx,
    frame: &Frame,
    rows: &[KeptCase],
    after: &str,
    to: &str,
) -> Result<Checked<String>> {
    let events = store::events::of_cases_between(tx, after, to)?;
    let mut trails: HashMap<&str, &[KeptEvent]> = events
        .chunk_by(|one, next| one.case == next.case)
        .filter_map(|trail| Some((trail.first()?.case.as_str(), trail)))
        .collect();
    let mut findings = Vec::new();
    let district = frame.district.as_str();
    for kept in rows {
        let id = kept.id.as_str();
        let trail = trails.remove(id).unwrap_or_default();
        let case_no = kept.row.as_ref().map_or(id, |row| row.case_no.as_str());
        let told = trails::check(id, case_no, district, trail, &mut findings);
        are_there(tx, frame, case_no, &told, &mut findings)?;
        let Ok(row) = &kept.row else {
            findings.push(Finding::new(Problem::Unreadable, TABLE, "row", id));
            continue;
        };
        if trail.is_empty() {
            let finding = Finding::new(Problem::Missing, "case_events", "row", id);
            findings.push(finding.of_case(case_no).at(1));
        }
        let whole = Whole {
            row,
            extras: kept.extras.as_ref().ok(),
            kept,
            told: &told,
        };
        whole.check(frame, &mut findings);
    }
    // Trails without a row of their case.
    let mut lost: Vec<_> = trails.into_keys().collect();
    lost.sort_unstable();
    findings.extend(
        lost.into_iter()
            .map(|id| Finding::new(Problem::Missing, TABLE, "row", id)),
    );
    let checked = Checked::new(None, rows.len(), findings);
    Ok(Checked {
        events: events.len(),
        ..checked
    })
}

/// Whatever an entry was written for is among the operations.
fn are_there(
    tx: &mut dyn Tx,
    frame: &Frame,
    case_no: &str,
    told: &Told<'_>,
    findings: &mut Vec<Finding>,
) -> Result<()> {
    // In an archive of some days the case that it was sent to may be of another day.
    let brought = told.brought.iter();
    for brought in brought.filter(|brought| frame.whole || !brought.to_part) {
        let there = match brought.op_id.parse() {
            Ok(op_id) => store::operations::body(tx, op_id)?.is_some(),
            Err(_) => false,
        };
        if !there {
            let finding = Finding::new(Problem::Missing, "operations", "row", &brought.op_id);
            findings.push(finding.of_case(case_no));
        }
    }
    Ok(())
}

impl Whole<'_> {
    fn check(&self, frame: &Frame, findings: &mut Vec<Finding>) {
        let mut wrong = self.against_trail();
        wrong.extend(self.against_itself(frame));
        let row = self.row;
        let finding =
            |problem, field| Finding::new(problem, TABLE, field, row.id).of_case(&row.case_no);
        match &self.kept.report {
            None => findings.push(finding(Problem::Missing, "report")),
            Some(Err(_)) => {
                let unreadable = Finding::new(Problem::Unreadable, "reports", "row", row.report);
                findings.push(unreadable.of_case(&row.case_no));
            }
            Some(Ok(report)) => {
                wrong.extend(self.against_report(report));
                let problem = match &self.kept.subject {
                    Some(subject) if is_id(subject, report.id.0) => None,
                    Some(_) => Some(Problem::Changed),
                    None => Some(Problem::Missing),
                };
                let of = |problem| {
                    let finding = Finding::new(problem, "reports", "operation", report.id);
                    finding.of_case(&row.case_no)
                };
                findings.extend(problem.map(of));
            }
        }
        wrong.sort_unstable();
        wrong.dedup();
        findings.extend(
            wrong
                .into_iter()
                .map(|field| finding(Problem::Changed, field)),
        );
    }

    /// The groups of fields that the trail contradicts.
    fn against_trail(&self) -> Vec<&'static str> {
        let (row, told) = (self.row, self.told);
        let after = told.after.as_ref();
        let times = |after: &super::super::trail::After| {
            (after.dispatched_ms, after.handled_ms, after.closed_ms)
                == (row.dispatched, row.handled, row.closed)
        };
        let checks = [
            ("state", told.state.is_none_or(|state| state == row.state)),
            (
                "revision",
                told.revision.is_none_or(|at| at == row.revision),
            ),
            (
                "lead",
                told.lead.as_ref().is_none_or(|lead| *lead == row.lead),
            ),
            (
                "deadline",
                told.deadline.is_none_or(|at| at == row.deadline),
            ),
            ("times", after.is_none_or(times)),
            ("times", told.opened.is_none_or(|at| at == row.opened)),
            (
                "life",
                after
                    .and_then(|after| after.life)
                    .is_none_or(|hash| self.has_lived(hash)),
            ),
            (
                "level",
                after.is_none_or(|after| after.solved_level == row.solved_level),
            ),
            (
                "number",
                told.case_no.as_ref().is_none_or(|no| *no == row.case_no),
            ),
        ];
        failed(&checks)
    }

    /// Whether it has been through what a hash says. The text as it was written has that hash; one
    /// that another version wrote is written anew first.
    fn has_lived(&self, hash: Sha256) -> bool {
        let as_written = |extras: &CaseExtras| Sha256::of(extras.life.as_bytes()) == hash;
        self.extras.is_some_and(as_written) || life_hash(&self.row.life) == Some(hash)
    }

    /// The groups that don't go together.
    fn against_itself(&self, frame: &Frame) -> Vec<&'static str> {
        let row = self.row;
        let is_part = |text: &Option<String>, part: fn(&AreaCode) -> Option<AreaCode>| {
            let code = row.grid.as_ref().and_then(part);
            text.as_deref() == code.as_ref().map(AreaCode::as_str)
        };
        let class = case::state(&row.state).map(|state| state.class);
        let places = self.extras.is_some_and(|extras| {
            is_part(&extras.street, AreaCode::street)
                && is_part(&extras.community, AreaCode::community)
                && extras.cell == cell_of(row.lat_e7, row.lon_e7)
        });
        let life = &row.life;
        let asked = life.asked.as_ref().map(|asked| asked.ask.as_str());
        let is_merged = |text: &Option<String>| match (text, life.merged_into) {
            (Some(text), Some(case)) => is_id(text, case.0),
            (text, case) => text.is_none() && case.is_none(),
        };
        let short = self.extras.is_some_and(|extras| {
            extras.asked.as_deref() == asked
                && extras.card.as_deref() == life.card.map(Card::as_str)
                && is_merged(&extras.merged_into)
        });
        let opening = self.told.opening.as_ref();
        let decision = opening.is_none_or(|opening| {
            let hash = |extras: &CaseExtras| decision_hash(&extras.decision, &extras.differs);
            opening.decision == self.extras.map(hash)
        });
        let checks = [
            ("state", class.is_none_or(|class| class == row.class)),
            ("district", row.district == frame.district),
            ("place", places),
            ("life", short),
            ("decision", decision),
            (
                "photos",
                (row.photos_expected, row.photos_stored) == self.kept.photos,
            ),
        ];
        failed(&checks)
    }

    /// The groups that the report contradicts; where the desk put the report's words right, the
    /// groups that the newest correction contradicts.
    fn against_report(&self, report: &ReportRow) -> Vec<&'static str> {
        let row = self.row;
        let place = &report.place;
        let reported = (&report.category, &report.grid, place.lat_e7, place.lon_e7);
        let (category, at, lat_e7, lon_e7) =
            self.told.corrected.as_ref().map_or(reported, |corrected| {
                let (category, grid) = (&corrected.category, &corrected.grid);
                (category, grid, corrected.lat_e7, corrected.lon_e7)
            });
        let search = self.extras.is_some_and(|extras| {
            extras
                .search
                .starts_with(&search_begins(&row.case_no, report))
        });
        let grid = |opening: &super::super::trail::Opening| {
            (&opening.grid, &opening.grid_doubt) == (&report.grid, &report.grid_doubt)
        };
        let skew =
            |opening: &super::super::trail::Opening| opening.clock_skew_ms == report.clock_skew_ms;
        let opening = self.told.opening.as_ref();
        let checks = [
            ("number", row.short_code == report.short_code),
            ("category", row.category == *category),
            ("text", row.excerpt == list_text(report)),
            ("search", search),
            ("place", (row.lat_e7, row.lon_e7) == (lat_e7, lon_e7)),
            ("place", row.grid == *at),
            ("place", opening.is_none_or(grid)),
            ("times", opening.is_none_or(skew)),
            ("people", row.reporter == report.reporter),
            ("times", row.opened == report.received),
            ("state", row.self_fixed == report.self_fixed),
            ("district", row.district == report.district),
        ];
        failed(&checks)
    }
}

fn failed(checks: &[(&'static str, bool)]) -> Vec<&'static str> {
    let failed = checks.iter().filter(|(_, fits)| !fits);
    failed.map(|(field, _)| *field).collect()
}

/// Looks for reports without a case, a page at a time in order of ids.
///
/// # Errors
/// As [`cases_end`].
pub fn reports_page(tx: &mut dyn Tx, after: &str) -> Result<Checked<String>> {
    let rows = store::reports::with_or_without_case(tx, after, PAGE_ROWS * 4)?;
    let next = rows.last().filter(|_| rows.len() == PAGE_ROWS * 4);
    let next = next.map(|(id, _)| id.clone());
    let alone = rows.iter().filter(|(_, has_case)| !has_case);
    let findings = alone
        .map(|(id, _)| Finding::new(Problem::Added, "reports", "row", id))
        .collect();
    Ok(Checked::new(next, rows.len(), findings))
}

/// Looks for ticks of rounds that no operation brought, a page at a time in order of ids.
///
/// # Errors
/// As [`cases_end`].
pub fn marks_page(tx: &mut dyn Tx, after: &str) -> Result<Checked<String>> {
    let rows = store::patrol_marks::with_or_without_operation(tx, after, PAGE_ROWS * 4)?;
    let next = rows.last().filter(|_| rows.len() == PAGE_ROWS * 4);
    let next = next.map(|(id, _)| id.clone());
    let alone = rows.iter().filter(|(_, has_operation)| !has_operation);
    let findings = alone
        .map(|(id, _)| Finding::new(Problem::Added, "patrol_marks", "row", id))
        .collect();
    Ok(Checked::new(next, rows.len(), findings))
}

/// The photos after a hash whose bytes are said to be here, for whoever can look.
///
/// # Errors
/// As [`cases_end`].
pub fn photos_page(tx: &mut dyn Tx, after: Option<Sha256>) -> Result<Vec<Sha256>> {
    let page = store::photos::stored_after(tx, after, PAGE_ROWS)?;
    Ok(page.into_iter().map(|(hash, _)| hash).collect())
}
