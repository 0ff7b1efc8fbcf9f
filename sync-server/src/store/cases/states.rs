//! Many cases at once with what a handheld keeps of them: few statements for a page of a pull.

use super::super::tx::{IDS_AT_ONCE as REPORTS_AT_ONCE, each_of, places};
use super::super::{Result, Row, Tx, Value};
use shared::case::Class;
use shared::id::{
    AreaCode, CaseId, CatalogueVersion, CategoryId, ConditionId, PersonId, ReportId, UnitCode,
};
use shared::role::Role;
use shared::time::Timestamp;
use std::collections::HashMap;
use std::sync::LazyLock;

/// Ids in one statement: a page of 500 takes five, and a short rest binds few for nothing.
const IDS_AT_ONCE: usize = 100;

/// A case with the words of its report and the decision that opened it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateRow {
    /// Identity.
    pub id: CaseId,
    /// The report that opened it.
    pub report: ReportId,
    /// Printed number.
    pub case_no: String,
    /// Counts up with each move.
    pub revision: i64,
    /// Name of a row of the STATES table.
    pub state: String,
    /// Its class.
    pub class: Class,
    /// The unit that leads.
    pub lead: UnitCode,
    /// The grid; none outside all.
    pub grid: Option<AreaCode>,
    /// What it is about.
    pub category: CategoryId,
    /// Latitude × 10⁷.
    pub lat_e7: i64,
    /// Longitude × 10⁷.
    pub lon_e7: i64,
    /// Who filed it.
    pub reporter: PersonId,
    /// When it was opened.
    pub opened: Timestamp,
    /// By when it has to be put right.
    pub deadline: Option<Timestamp>,
    /// When it was closed.
    pub closed: Option<Timestamp>,
    /// Photos that belong to it.
    pub photos_expected: i64,
    /// Photos that have arrived.
    pub photos_stored: i64,
    /// The routing decision, JSON.
    pub decision: String,
    /// The worker's words.
    pub text: String,
    /// The catalogue that the report was filled with.
    pub catalogue_version: CatalogueVersion,
    /// Number and state of the case that it was merged into.
    pub merged_into: Option<(String, String)>,
    /// What else tells it from another.
    pub look: LookRow,
    /// The condition that the report names.
    pub condition: ConditionId,
    /// What the case has been through, JSON.
    pub life: String,
}

/// What tells one thing from another, besides place, category and words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LookRow {
    /// Radius in metres within which the true place lies.
    pub accuracy_m: Option<i64>,
    /// The worker's words for the place.
    pub place_words: String,
    /// When it was seen, by the device's clock, and how far that clock was off.
    pub occurred: Timestamp,
    /// As in `ReportRow`.
    pub clock_skew_ms: Option<i64>,
    /// What its photos look like, space between.
    pub phashes: String,
}

/// An entry of a trail, as far as a worker sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CourseRow {
    /// What happened.
    pub kind: String,
    /// When, by the server's clock.
    pub at: Timestamp,
    /// In which role; none for the system.
    pub role: Option<Role>,
    /// Of which unit.
    pub unit: Option<UnitCode>,
    /// Why, or what was done.
    pub reason: String,
    /// Further facts, JSON, where a worker sees some of them; else empty.
    pub detail: String,
}

/// Cases by their ids; those that are not there are left out.
///
/// # Errors
/// Whatever the database says, as for all functions of the store.
pub fn states(tx: &mut dyn Tx, ids: &[CaseId]) -> Result<Vec<StateRow>> {
    static SQL: LazyLock<String> = LazyLock::new(|| {
        let places = places(1, IDS_AT_ONCE);
        format!(
            "SELECT cases.id, cases.report, cases.case_no, cases.revision, cases.state,
                cases.state_class, cases.lead_unit, cases.grid, cases.category, cases.lat_e7,
                cases.lon_e7, cases.reporter, cases.opened_ms, cases.deadline_ms,
                cases.closed_ms, cases.photos_expected, cases.photos_stored, cases.decision,
                reports.text, reports.catalogue_version, target.case_no, target.state,
                CASE WHEN cases.lat_e7 = reports.lat_e7 AND cases.lon_e7 = reports.lon_e7
                    THEN reports.accuracy_m END, reports.place_words, reports.occurred_ms,
                reports.clock_skew_ms, cases.phashes, reports.condition, cases.life
            FROM cases
            JOIN reports ON reports.id = cases.report
            LEFT JOIN cases AS target ON target.id = cases.merged_into
            WHERE cases.id IN ({places})
            ORDER BY cases.id"
        )
    });
    let mut found = Vec::with_capacity(ids.len());
    for some in ids.chunks(IDS_AT_ONCE) {
        for mut row in tx.query(&SQL, &values(some))? {
            found.push(state(&mut row)?);
        }
    }
    Ok(found)
}

/// The cases that a person's reports opened, of the reports named; in no order.
///
/// # Errors
/// As [`states`].
pub fn of_reporter(
    tx: &mut dyn Tx,
    reporter: PersonId,
    reports: &[ReportId],
) -> Result<Vec<CaseId>> {
    static SQL: LazyLock<String> = LazyLock::new(|| {
        let places = places(1, REPORTS_AT_ONCE);
        format!("SELECT id, reporter FROM cases WHERE report IN ({places})")
    });
    let mut found = Vec::new();
    each_of(tx, &SQL, reports, &mut |row| {
        if row.id::<PersonId>(1)? == reporter {
            found.push(row.id(0)?);
        }
        Ok(())
    })?;
    // One that was named twice, or that filled up a short list.
    found.sort_unstable();
    found.dedup();
    Ok(found)
}

/// The trails of some cases, each oldest first.
///
/// # Errors
/// As [`states`].
pub fn courses(tx: &mut dyn Tx, ids: &[CaseId]) -> Result<HashMap<CaseId, Vec<CourseRow>>> {
    static SQL: LazyLock<String> = LazyLock::new(|| {
        let places = places(1, IDS_AT_ONCE);
        format!(
            "SELECT case_id, kind, at_ms, actor_role, actor_unit, reason,
                CASE WHEN kind IN ('verify', 'check', 'correct') THEN detail ELSE '' END
            FROM case_events
            WHERE case_id IN ({places})
            ORDER BY case_id, ordinal"
        )
    });
    let mut found: HashMap<CaseId, Vec<CourseRow>> = HashMap::with_capacity(ids.len());
    for some in ids.chunks(IDS_AT_ONCE) {
        for mut row in tx.query(&SQL, &values(some))? {
            let id = row.id(0)?;
            let entry = course(&mut row)?;
            found.entry(id).or_default().push(entry);
        }
    }
    Ok(found)
}

/// One text for every length: a short rest repeats its last id.
fn values(ids: &[CaseId]) -> Vec<Value<'_>> {
    let last = ids.last().copied();
    (0..IDS_AT_ONCE)
        .map(|at| Value::from(ids.get(at).copied().or(last)))
        .collect()
}

fn state(row: &mut Row) -> Result<StateRow> {
    Ok(StateRow {
        id: row.id(0)?,
        report: row.id(1)?,
        case_no: row.take_text(2)?,
        revision: row.int(3)?,
        state: row.take_text(4)?,
        class: row.word(5, Class::parse)?,
        lead: row.id(6)?,
        grid: row.opt_id(7)?,
        category: row.id(8)?,
        lat_e7: row.int(9)?,
        lon_e7: row.int(10)?,
        reporter: row.id(11)?,
        opened: row.time(12)?,
        deadline: Some(row.time(13)?).filter(|at| at.0 != super::NO_DEADLINE),
        closed: row.opt_time(14)?,
        photos_expected: row.int(15)?,
        photos_stored: row.int(16)?,
        decision: row.take_text(17)?,
        text: row.take_text(18)?,
        catalogue_version: row.id(19)?,
        merged_into: row.take_opt_text(20)?.zip(row.take_opt_text(21)?),
        look: look(row, 22)?,
        condition: row.id(27)?,
        life: row.take_text(28)?,
    })
}

/// Five columns from one on.
pub(super) fn look(row: &mut Row, first: usize) -> Result<LookRow> {
    Ok(LookRow {
        accuracy_m: row.opt_int(first)?,
        place_words: row.take_text(first + 1)?,
        occurred: row.time(first + 2)?,
        clock_skew_ms: row.opt_int(first + 3)?,
        phashes: row.take_text(first + 4)?,
    })
}

fn course(row: &mut Row) -> Result<CourseRow> {
    let role = match row.opt_text(3)? {
        Some(_) => Some(row.word(3, Role::parse)?),
        None => None,
    };
    Ok(CourseRow {
        kind: row.take_text(1)?,
        at: row.time(2)?,
        role,
        unit: row.opt_id(4)?,
        reason: row.take_text(5)?,
        detail: row.take_text(6)?,
    })
}
