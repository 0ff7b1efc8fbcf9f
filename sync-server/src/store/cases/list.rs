//! Lists of cases: filters that all must hold, what a person may see, keyset pages.
//!
//! The text of a list's SQL depends on which filters are given, never on their values: those are
//! always parameters. Rules (which states wait for whom) are the caller's; nothing is seen without
//! a [`Sight`]. Held by `tests/tests/store_contract.rs`.

mod query;

use super::{CaseRow, from_row};
use crate::store::{Result, Row, Tx};
use query::Query;
use shared::case::{Class, state};
use shared::id::{AreaCode, CaseId, CategoryId, PersonId, UnitCode};
use shared::similar::Bounds;
use shared::time::Timestamp;

/// A list's filter. Everything given must hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseFilter {
    /// The district.
    pub district: AreaCode,
    /// What the asking person may see: at least one must hold, so without any nothing is seen.
    pub sights: Vec<Sight>,
    /// One of these states; all when empty.
    pub states: Vec<String>,
    /// One of these requests waits; all when empty.
    pub asked: Vec<String>,
    /// One of these cards lies on it; all when empty.
    pub cards: Vec<String>,
    /// Whether work remains.
    pub class: Option<Class>,
    /// The unit that leads.
    pub unit: Option<UnitCode>,
    /// One of these units assists and owes its part of an open case.
    pub owed_by: Option<Vec<UnitCode>>,
    /// It is open, assigned to this person and not put right.
    pub assigned: Option<PersonId>,
    /// A place and everything below it.
    pub area: Option<AreaCode>,
    /// What it is about.
    pub category: Option<CategoryId>,
    /// The group (大类) of that.
    pub family: Option<String>,
    /// In a box around a place.
    pub near: Option<Near>,
    /// Opened at or after.
    pub from: Option<Timestamp>,
    /// Opened before.
    pub to: Option<Timestamp>,
    /// Words that must all be found.
    pub text: Option<String>,
    /// Open, not handled, its clock running, and past the deadline at this moment.
    pub late_at: Option<Timestamp>,
    /// Something came that waits for a look.
    pub news: bool,
    /// Open, not suspended, and longer in its state than it may be, at this moment.
    pub stage_late_at: Option<Timestamp>,
}

impl CaseFilter {
    /// A filter that lets through whatever the sights show.
    #[must_use]
    pub const fn new(district: AreaCode, sights: Vec<Sight>) -> Self {
        Self {
            district,
            sights,
            states: Vec::new(),
            asked: Vec::new(),
            cards: Vec::new(),
            class: None,
            unit: None,
            owed_by: None,
            assigned: None,
            area: None,
            category: None,
            family: None,
            near: None,
            from: None,
            to: None,
            text: None,
            late_at: None,
            news: false,
            stage_late_at: None,
        }
    }

    fn sees_all(&self) -> bool {
        let mut sights = self.sights.iter();
        sights.any(|sight| sight.is_whole(&self.district))
    }

    /// Only what is open, asked for, carded or waits for a look: few, and the years don't make them more.
    fn leaves_few(&self) -> bool {
        let is_open = |name: &String| state(name).is_some_and(|row| row.class == Class::Open);
        let open_states = !self.states.is_empty() && self.states.iter().all(is_open);
        open_states
            || self.class == Some(Class::Open)
            || self.late_at.is_some()
            || self.news
            || self.stage_late_at.is_some()
            || self.assigned.is_some()
            || !self.asked.is_empty()
            || !self.cards.is_empty()
    }
}

/// A box around a place, with the squares that hold it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Near {
    /// The squares, as `shared::similar` numbers them.
    pub cells: Vec<i64>,
    /// The box.
    pub bounds: Bounds,
}

/// A part of the cases that somebody may see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sight {
    /// Which.
    pub holding: Holding,
    /// Only in these states; all when empty.
    pub states: Vec<String>,
}

/// How a case belongs to somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Holding {
    /// It lies in this place.
    Area(AreaCode),
    /// This unit leads.
    Lead(UnitCode),
    /// This unit assists.
    Assisting(UnitCode),
    /// This person filed it.
    Reporter(PersonId),
}

/// The order of a list, with the key of the row that ended the page before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Newest first; after (opened, id).
    Newest(Option<(Timestamp, CaseId)>),
    /// Most pressing first, without a deadline last; after (deadline, id).
    Deadline(Option<(Option<Timestamp>, CaseId)>),
    /// The most pressing part first of those that are owed, without a deadline last; after
    /// (deadline of the part, id). Only with [`CaseFilter::owed_by`].
    Part(Option<(Option<Timestamp>, CaseId)>),
}

/// A page of cases.
///
/// # Errors
/// Whatever the database says, as for all functions of the store.
pub fn page(
    tx: &mut dyn Tx,
    filter: &CaseFilter,
    order: Order,
    limit: usize,
) -> Result<Vec<CaseRow>> {
    let Some(query) = Query::page(filter, order, limit) else {
        return Ok(Vec::new());
    };
    query.run(tx)?.iter_mut().map(from_row).collect()
}

/// The statement of [`page`], for whoever wants to see how the database runs it; none when nobody
/// may see anything.
#[must_use]
pub fn page_sql(filter: &CaseFilter, order: Order, limit: usize) -> Option<String> {
    Query::page(filter, order, limit).map(|query| query.sql)
}

/// How many cases a filter lets through.
///
/// # Errors
/// As [`page`].
pub fn count(tx: &mut dyn Tx, filter: &CaseFilter) -> Result<i64> {
    let Some(query) = Query::counted("", "id", filter) else {
        return Ok(0);
    };
    query.run(tx)?.first().map_or(Ok(0), |row| row.int(0))
}

/// The statement of [`count`], as [`page_sql`].
#[must_use]
pub fn count_sql(filter: &CaseFilter) -> Option<String> {
    Query::counted("", "id", filter).map(|query| query.sql)
}

/// How many cases a filter lets through, by state, in order of the states' names.
///
/// # Errors
/// As [`page`].
pub fn count_by_state(tx: &mut dyn Tx, filter: &CaseFilter) -> Result<Vec<(String, i64)>> {
    // Grouped by an expression: by the bare column SQLite would walk the whole index of states,
    // a second at a million cases, instead of the few open ones.
    let Some(mut query) = Query::counted("state || '' AS name, ", "state", filter) else {
        return Ok(Vec::new());
    };
    query.sql.push_str(" GROUP BY name ORDER BY name");
    let entry = |row: &mut Row| Ok((row.take_text(0)?, row.int(1)?));
    query.run(tx)?.iter_mut().map(entry).collect()
}

impl Sight {
    /// Sees the whole district in every state.
    #[must_use]
    pub fn is_whole(&self, district: &AreaCode) -> bool {
        self.states.is_empty() && self.holding == Holding::Area(district.clone())
    }
}
