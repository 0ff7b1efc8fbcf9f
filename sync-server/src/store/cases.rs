//! Cases: opened once, moved by compare-and-set on the revision, found by id, number or report.
//!
//! What a move may do is decided by `shared::case`; the row here only refuses a stale revision.
//! Lists are in `cases/list.rs`. Held by `tests/tests/store_contract.rs`.

mod correct;
mod due;
mod kept;
mod list;
mod near;
mod news;
mod states;

pub use correct::{assist_only, correct};
pub use due::{
    assist, assisting_in, colleagues, due_before, look_at_open, merged_into, note_parts, put_off,
};
pub use kept::{CaseExtras, KeptCase, count_outside, kept_between, page_end};
pub use list::{
    CaseFilter, Holding, Near, Order, Sight, count, count_by_state, count_sql, page, page_sql,
};
pub use near::{Around, NearRow, near, near_sql, of_family, spots, spots_sql};
pub use news::{clear_news, news, note_news};
pub use states::{CourseRow, LookRow, StateRow, courses, of_reporter, states};

use super::patrol_reports::each_of_them;
use super::patrol_rounds::Span;
use super::tx::limit as row_limit;
use super::{Result, Row, StoreError, Tx};
use crate::params;
use shared::case::{Card, Class, Life};
use shared::id::{AreaCode, CaseId, CategoryId, PersonId, ReportId, Sha256, UnitCode};
use shared::similar::cell_of;
use shared::time::Timestamp;

/// What stands in `deadline_ms` for none, so that the order by deadline needs no special case.
const NO_DEADLINE: i64 = i64::MAX;

/// A case without its decision: what lists and moves need.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseRow {
    /// Identity.
    pub id: CaseId,
    /// The district that owns it.
    pub district: AreaCode,
    /// Printed number.
    pub case_no: String,
    /// The report that opened it.
    pub report: ReportId,
    /// Code by which the worker knew it.
    pub short_code: String,
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
    /// Beginning of the text.
    pub excerpt: String,
    /// Latitude × 10⁷.
    pub lat_e7: i64,
    /// Longitude × 10⁷.
    pub lon_e7: i64,
    /// Who filed it.
    pub reporter: PersonId,
    /// When it was opened.
    pub opened: Timestamp,
    /// When it was dispatched.
    pub dispatched: Option<Timestamp>,
    /// By when it has to be put right.
    pub deadline: Option<Timestamp>,
    /// When the unit said it was done.
    pub handled: Option<Timestamp>,
    /// When it was closed.
    pub closed: Option<Timestamp>,
    /// Photos that belong to it.
    pub photos_expected: i64,
    /// Photos that have arrived.
    pub photos_stored: i64,
    /// Put right on the spot.
    pub self_fixed: bool,
    /// The level at which it was put right.
    pub solved_level: Option<i64>,
    /// What else it has been through.
    pub life: Life,
}

/// A case to be opened.
#[derive(Debug, Clone, Copy)]
pub struct NewCase<'a> {
    /// Its columns.
    pub row: &'a CaseRow,
    /// The routing decision, JSON.
    pub decision: &'a str,
    /// Where it differs from the worker's preview, JSON.
    pub differs: &'a str,
    /// Everything a person may search it by; case doesn't matter.
    pub search: &'a str,
    /// Units that assist.
    pub assisting: &'a [UnitCode],
    /// The next moment at which something is due.
    pub next_due: Option<Timestamp>,
    /// What its photos look like, space between.
    pub phashes: &'a str,
}

/// The decision that opened a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseDecision {
    /// The routing decision, JSON.
    pub decision: String,
    /// Where it differs from the worker's preview, JSON.
    pub differs: String,
}

/// What a move changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseMove<'a> {
    /// The case.
    pub id: CaseId,
    /// The revision it was decided on.
    pub base_revision: i64,
    /// The revision after it.
    pub revision: i64,
    /// State after it.
    pub state: &'a str,
    /// Class of that state.
    pub class: Class,
    /// The unit that leads after it.
    pub lead: &'a UnitCode,
    /// As in [`CaseRow`].
    pub dispatched: Option<Timestamp>,
    /// As in [`CaseRow`].
    pub deadline: Option<Timestamp>,
    /// As in [`CaseRow`].
    pub handled: Option<Timestamp>,
    /// As in [`CaseRow`].
    pub closed: Option<Timestamp>,
    /// As in [`CaseRow`].
    pub solved_level: Option<i64>,
    /// As in [`CaseRow`].
    pub life: &'a Life,
    /// The next moment at which something is due.
    pub next_due: Option<Timestamp>,
}

/// What an addition to its report changes of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Growth<'a> {
    /// How many more photos belong to it.
    pub photos: i64,
    /// How many of them are here already.
    pub photos_stored: i64,
    /// More words to search it by, in lower case.
    pub search: &'a str,
    /// What they look like, space between.
    pub phashes: &'a str,
}

/// The columns of a [`CaseRow`], in the order of `from_row`.
macro_rules! select_case {
    ($rest:literal) => {
        concat!(
            "
        SELECT id, district, case_no, report, short_code, revision, state, state_class, lead_unit,
            grid, category, excerpt, lat_e7, lon_e7, reporter, opened_ms, dispatched_ms,
            deadline_ms, handled_ms, closed_ms, photos_expected, photos_stored, self_fixed,
            solved_level, life
        FROM cases",
            $rest
        )
    };
}
use select_case;

/// Opens a case.
///
/// # Errors
/// Whatever the database says, as for all functions of the store.
pub fn insert(tx: &mut dyn Tx, case: NewCase<'_>) -> Result<()> {
    const SQL: &str = "
        INSERT INTO cases (id, district, case_no, report, short_code, revision, state, state_class,
            lead_unit, street, community, grid, category, excerpt, search, lat_e7, lon_e7,
            reporter, opened_ms, dispatched_ms, deadline_ms, handled_ms, closed_ms, decision,
            differs, photos_expected, photos_stored, self_fixed, solved_level, life, next_due_ms,
            cell, phashes, stage_due_ms)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18,
            $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34)";
    let row = case.row;
    let street = row.grid.as_ref().and_then(AreaCode::street);
    let community = row.grid.as_ref().and_then(AreaCode::community);
    let search = case.search.to_lowercase();
    let life = life_text(&row.life)?;
    let values = params![
        row.id,
        &row.district,
        &row.case_no,
        row.report,
        &row.short_code,
        row.revision,
        &row.state,
        row.class.as_str(),
        &row.lead,
        street.as_ref(),
        community.as_ref(),
        row.grid.as_ref(),
        &row.category,
        &row.excerpt,
        &search,
        row.lat_e7,
        row.lon_e7,
        row.reporter,
        row.opened,
        row.dispatched,
        row.deadline.map_or(NO_DEADLINE, |at| at.0),
        row.handled,
        row.closed,
        case.decision,
        case.differs,
        row.photos_expected,
        row.photos_stored,
        row.self_fixed,
        row.solved_level,
        &life,
        case.next_due,
        cell_of(row.lat_e7, row.lon_e7),
        case.phashes,
        due::stage_due(&row.state, row.class, &row.life),
    ];
    tx.execute(SQL, values)?;
    for unit in case.assisting {
        assist(tx, row, unit)?;
    }
    Ok(())
}

/// One case.
///
/// # Errors
/// As [`insert`].
pub fn get(tx: &mut dyn Tx, id: CaseId) -> Result<Option<CaseRow>> {
    const SQL: &str = select_case!(" WHERE id = $1");
    tx.query(SQL, params![id])?
        .first_mut()
        .map(from_row)
        .transpose()
}

/// The case with this printed number.
///
/// # Errors
/// As [`insert`].
pub fn by_no(tx: &mut dyn Tx, case_no: &str) -> Result<Option<CaseRow>> {
    const SQL: &str = select_case!(" WHERE case_no = $1");
    tx.query(SQL, params![case_no])?
        .first_mut()
        .map(from_row)
        .transpose()
}

/// The case that a report opened.
///
/// # Errors
/// As [`insert`].
pub fn by_report(tx: &mut dyn Tx, report: ReportId) -> Result<Option<CaseRow>> {
    const SQL: &str = select_case!(" WHERE report = $1");
    tx.query(SQL, params![report])?
        .first_mut()
        .map(from_row)
        .transpose()
}

/// The cases of the reports that [`super::patrol_reports::between`] gives, in no order.
///
/// # Errors
/// As [`insert`].
pub fn begun_on(tx: &mut dyn Tx, span: &Span<'_>, rounds: &[&str]) -> Result<Vec<CaseRow>> {
    let mut found = Vec::new();
    each_of_them(tx, span, rounds, select_case!(""), &mut |row| {
        found.push(from_row(row)?);
        Ok(())
    })?;
    Ok(found)
}

/// The decision that opened a case.
///
/// # Errors
/// As [`insert`].
pub fn decision(tx: &mut dyn Tx, id: CaseId) -> Result<Option<CaseDecision>> {
    const SQL: &str = "
        SELECT decision, differs
        FROM cases
        WHERE id = $1";
    let entry = |row: &mut Row| {
        Ok(CaseDecision {
            decision: row.take_text(0)?,
            differs: row.take_text(1)?,
        })
    };
    tx.query(SQL, params![id])?
        .first_mut()
        .map(entry)
        .transpose()
}

/// The units that assist, in order of codes.
///
/// # Errors
/// As [`insert`].
pub fn assisting(tx: &mut dyn Tx, id: CaseId) -> Result<Vec<UnitCode>> {
    const SQL: &str = "
        SELECT unit
        FROM case_assisting
        WHERE case_id = $1
        ORDER BY case_id, unit";
    tx.query(SQL, params![id])?
        .iter()
        .map(|row| row.id(0))
        .collect()
}

/// Moves a case on from the revision that was seen; `false` when somebody else was quicker, and
/// then nothing is changed. What [`look_at_open`] marked stays marked until [`put_off`], whoever
/// moves it meanwhile.
///
/// # Errors
/// As [`insert`].
pub fn move_on(tx: &mut dyn Tx, to: &CaseMove<'_>) -> Result<bool> {
    const SQL: &str = "
        UPDATE cases
        SET revision = $3, state = $4, state_class = $5, lead_unit = $6, dispatched_ms = $7,
            deadline_ms = $8, handled_ms = $9, closed_ms = $10, solved_level = $11, life = $12,
            asked = $13, card = $14, merged_into = $15, assigned = $17,
            stage_due_ms = $18,
            next_due_ms = CASE
                WHEN next_due_ms = 0 AND $5 = 'open' THEN next_due_ms
                ELSE $16
            END
        WHERE id = $1 AND revision = $2";
    let life = life_text(to.life)?;
    let assigned = due::assigned(to.class, to.life);
    let values = params![
        to.id,
        to.base_revision,
        to.revision,
        to.state,
        to.class.as_str(),
        to.lead,
        to.dispatched,
        to.deadline.map_or(NO_DEADLINE, |at| at.0),
        to.handled,
        to.closed,
        to.solved_level,
        &life,
        to.life.asked.as_ref().map(|asked| asked.ask.as_str()),
        to.life.card.map(Card::as_str),
        to.life.merged_into,
        to.next_due,
        assigned,
        due::stage_due(to.state, to.class, to.life),
    ];
    Ok(tx.execute(SQL, values)? == 1)
}

/// Adds to a case; its revision after it, so that whoever was about to move it looks again.
///
/// # Errors
/// As [`insert`]; [`StoreError::Column`] when there is no such case.
pub fn grow(tx: &mut dyn Tx, id: CaseId, growth: &Growth<'_>) -> Result<i64> {
    const SQL: &str = "
        UPDATE cases
        SET revision = revision + 1, photos_expected = photos_expected + $2,
            photos_stored = photos_stored + $3, search = search || ' ' || $4,
            phashes = phashes || ' ' || $5
        WHERE id = $1
        RETURNING revision";
    let values = params![
        id,
        growth.photos,
        growth.photos_stored,
        growth.search,
        growth.phashes
    ];
    tx.query(SQL, values)?
        .first()
        .ok_or(StoreError::Column {
            column: 0,
            wanted: "a case",
        })?
        .int(0)
}

/// Counts an arrived photo at every case that shows it; their ids. The revision stays: nobody's
/// move becomes stale by a photo.
///
/// # Errors
/// As [`insert`].
pub fn count_photo(tx: &mut dyn Tx, hash: Sha256) -> Result<Vec<CaseId>> {
    const SQL: &str = "
        UPDATE cases
        SET photos_stored = photos_stored + 1
        WHERE report IN (SELECT report FROM report_photos WHERE hash = $1)
        RETURNING id";
    let mut ids = tx
        .query(SQL, params![hash])?
        .iter()
        .map(|row| row.id(0))
        .collect::<Result<Vec<CaseId>>>()?;
    ids.sort_unstable();
    Ok(ids)
}

/// Cases of a district that were closed after one case and up to a moment, in the order of their
/// closing.
///
/// # Errors
/// As [`insert`].
pub fn closed_between(
    tx: &mut dyn Tx,
    district: &AreaCode,
    after: (Timestamp, CaseId),
    to: Timestamp,
    limit: usize,
) -> Result<Vec<CaseRow>> {
    const SQL: &str = select_case!(
        "
        WHERE district = $1 AND closed_ms IS NOT NULL AND closed_ms <= $4
            AND (closed_ms, id) > ($2, $3)
        ORDER BY closed_ms, id
        LIMIT $5"
    );
    let (closed, id) = after;
    let values = params![district, closed, id, to, row_limit(limit)];
    tx.query(SQL, values)?.iter_mut().map(from_row).collect()
}

fn from_row(row: &mut Row) -> Result<CaseRow> {
    Ok(CaseRow {
        id: row.id(0)?,
        district: row.id(1)?,
        case_no: row.take_text(2)?,
        report: row.id(3)?,
        short_code: row.take_text(4)?,
        revision: row.int(5)?,
        state: row.take_text(6)?,
        class: row.word(7, Class::parse)?,
        lead: row.id(8)?,
        grid: row.opt_id(9)?,
        category: row.id(10)?,
        excerpt: row.take_text(11)?,
        lat_e7: row.int(12)?,
        lon_e7: row.int(13)?,
        reporter: row.id(14)?,
        opened: row.time(15)?,
        dispatched: row.opt_time(16)?,
        deadline: Some(row.time(17)?).filter(|at| at.0 != NO_DEADLINE),
        handled: row.opt_time(18)?,
        closed: row.opt_time(19)?,
        photos_expected: row.int(20)?,
        photos_stored: row.int(21)?,
        self_fixed: row.flag(22)?,
        solved_level: row.opt_int(23)?,
        life: read_life(row.text(24)?, 24)?,
    })
}

fn life_text(life: &Life) -> Result<String> {
    serde_json::to_string(life).map_err(|_| StoreError::Column {
        column: 0,
        wanted: "a life that can be written",
    })
}

fn read_life(text: &str, column: usize) -> Result<Life> {
    serde_json::from_str(text).map_err(|_| StoreError::Column {
        column,
        wanted: "the life of a case",
    })
}
