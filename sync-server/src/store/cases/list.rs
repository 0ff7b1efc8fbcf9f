//! Lists of cases: filters that all must hold, what a person may see, keyset pages.
//!
//! The text of a list's SQL depends on which filters are given, never on their values: those are
//! always parameters. Rules (which states wait for whom) are the caller's; nothing is seen without
//! a [`Sight`]. Held by `tests/tests/store_contract.rs`.

use super::{CaseRow, from_row, select_case};
use crate::store::areas::range_end;
use crate::store::tx::limit as row_limit;
use crate::store::{Cell, Result, Row, Tx, Value};
use shared::case::{Class, SUSPENDED};
use shared::id::{AreaCode, CaseId, CategoryId, PersonId, UnitCode};
use shared::similar::Bounds;
use shared::time::Timestamp;

/// Words of one search that are looked for; more narrow nothing down.
const SEARCH_WORDS_MAX: usize = 8;

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
    /// A unit that assists.
    pub assisting: Option<UnitCode>,
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
            assisting: None,
            area: None,
            category: None,
            family: None,
            near: None,
            from: None,
            to: None,
            text: None,
            late_at: None,
        }
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
    let Some(query) = Query::ordered(filter, order, limit) else {
        return Ok(Vec::new());
    };
    query.run(tx)?.iter_mut().map(from_row).collect()
}

/// The statement of [`page`], for whoever wants to see how the database runs it; none when nobody
/// may see anything.
#[must_use]
pub fn page_sql(filter: &CaseFilter, order: Order, limit: usize) -> Option<String> {
    Query::ordered(filter, order, limit).map(|query| query.sql)
}

/// How many cases a filter lets through.
///
/// # Errors
/// As [`page`].
pub fn count(tx: &mut dyn Tx, filter: &CaseFilter) -> Result<i64> {
    let select = "SELECT count(*) FROM cases";
    let Some(query) = Query::filtered(select, filter) else {
        return Ok(0);
    };
    query.run(tx)?.first().map_or(Ok(0), |row| row.int(0))
}

/// How many cases a filter lets through, by state, in order of the states' names.
///
/// # Errors
/// As [`page`].
pub fn count_by_state(tx: &mut dyn Tx, filter: &CaseFilter) -> Result<Vec<(String, i64)>> {
    // Grouped by an expression: by the bare column SQLite would walk the whole index of states,
    // a second at a million cases, instead of the few open ones.
    let select = "SELECT state || '' AS name, count(*) FROM cases";
    let Some(mut query) = Query::filtered(select, filter) else {
        return Ok(Vec::new());
    };
    query.sql.push_str(" GROUP BY name ORDER BY name");
    let entry = |row: &mut Row| Ok((row.take_text(0)?, row.int(1)?));
    query.run(tx)?.iter_mut().map(entry).collect()
}

/// SQL that grows, and the values of its placeholders.
struct Query {
    sql: String,
    cells: Vec<Cell>,
    joint: &'static str,
}

impl Query {
    /// `None` when nobody may see anything.
    fn filtered(select: &str, filter: &CaseFilter) -> Option<Self> {
        let mut query = Self {
            sql: select.to_owned(),
            cells: Vec::new(),
            joint: " WHERE ",
        };
        if filter.sights.is_empty() {
            return None;
        }
        let everything = filter
            .sights
            .iter()
            .any(|sight| sight.is_whole(&filter.district));
        let district = query.text(filter.district.to_string());
        query.and(&format!("district = {district}"));
        if !everything {
            let seen: Vec<String> = filter
                .sights
                .iter()
                .map(|sight| query.sight(sight, &filter.district))
                .collect();
            query.and(&format!("({})", seen.join(" OR ")));
        }
        if !filter.states.is_empty() {
            let states = query.states(&filter.states);
            query.and(&states);
        }
        query.columns(filter);
        query.words(filter.text.as_deref().unwrap_or_default());
        Some(query)
    }

    /// A page, in its order.
    fn ordered(filter: &CaseFilter, order: Order, limit: usize) -> Option<Self> {
        let mut query = Self::filtered(select_case!(""), filter)?;
        match order {
            Order::Newest(after) => {
                if let Some((opened, id)) = after {
                    let (opened, id) = (query.int(opened.0), query.text(id.to_string()));
                    query.and(&format!("(opened_ms, id) < ({opened}, {id})"));
                }
                query.sql.push_str(" ORDER BY opened_ms DESC, id DESC");
            }
            Order::Deadline(after) => {
                if let Some((deadline, id)) = after {
                    let deadline = query.int(deadline.map_or(super::NO_DEADLINE, |at| at.0));
                    let id = query.text(id.to_string());
                    query.and(&format!("(deadline_ms, id) > ({deadline}, {id})"));
                }
                query.sql.push_str(" ORDER BY deadline_ms, id");
            }
        }
        let limit = query.int(row_limit(limit));
        query.sql.push_str(&format!(" LIMIT {limit}"));
        Some(query)
    }

    fn one_of(&mut self, column: &str, values: &[String]) {
        if !values.is_empty() {
            let values: Vec<_> = values
                .iter()
                .map(|value| self.text(value.clone()))
                .collect();
            self.and(&format!("{column} IN ({})", values.join(", ")));
        }
    }

    fn columns(&mut self, filter: &CaseFilter) {
        self.one_of("asked", &filter.asked);
        self.one_of("card", &filter.cards);
        if let Some(class) = filter.class {
            let class = self.text(class.as_str().to_owned());
            self.and(&format!("state_class = {class}"));
        }
        if let Some(unit) = &filter.unit {
            let unit = self.text(unit.to_string());
            self.and(&format!("lead_unit = {unit}"));
        }
        if let Some(unit) = &filter.assisting {
            let assisting = self.assisting(unit, &filter.district);
            self.and(&assisting);
        }
        if let Some(area) = filter
            .area
            .as_ref()
            .filter(|area| **area != filter.district)
        {
            let area = self.area(area);
            self.and(&area);
        }
        if let Some(category) = &filter.category {
            let category = self.text(category.to_string());
            self.and(&format!("category = {category}"));
        }
        if let Some(family) = &filter.family {
            let (from, end) = (self.text(family.clone()), self.text(format!("{family}~")));
            self.and(&format!("category >= {from} AND category < {end}"));
        }
        if let Some(near) = &filter.near {
            self.near(near);
        }
        if let Some(from) = filter.from {
            let from = self.int(from.0);
            self.and(&format!("opened_ms >= {from}"));
        }
        if let Some(to) = filter.to {
            let to = self.int(to.0);
            self.and(&format!("opened_ms < {to}"));
        }
        if let Some(now) = filter.late_at {
            let (open, now) = (self.text(Class::Open.as_str().to_owned()), self.int(now.0));
            let suspended = self.text(SUSPENDED.to_owned());
            self.and(&format!(
                "state_class = {open} AND deadline_ms < {now} AND handled_ms IS NULL
                AND state <> {suspended}"
            ));
        }
    }

    fn near(&mut self, near: &Near) {
        let cells: Vec<String> = near.cells.iter().map(|cell| self.int(*cell)).collect();
        self.and(&format!("cell IN ({})", cells.join(", ")));
        let Bounds {
            south_e7,
            north_e7,
            west_e7,
            east_e7,
        } = near.bounds;
        let (south, north) = (self.int(south_e7), self.int(north_e7));
        self.and(&format!("lat_e7 >= {south} AND lat_e7 <= {north}"));
        let (west, east) = (self.int(west_e7), self.int(east_e7));
        self.and(&format!("lon_e7 >= {west} AND lon_e7 <= {east}"));
    }

    fn words(&mut self, text: &str) {
        for word in text
            .to_lowercase()
            .split_whitespace()
            .take(SEARCH_WORDS_MAX)
        {
            let escaped = word
                .replace('!', "!!")
                .replace('%', "!%")
                .replace('_', "!_");
            let pattern = self.text(format!("%{escaped}%"));
            self.and(&format!("search LIKE {pattern} ESCAPE '!'"));
        }
    }

    fn sight(&mut self, sight: &Sight, district: &AreaCode) -> String {
        let holding = match &sight.holding {
            Holding::Area(area) => self.area(area),
            Holding::Lead(unit) => format!("lead_unit = {}", self.text(unit.to_string())),
            Holding::Assisting(unit) => self.assisting(unit, district),
            Holding::Reporter(person) => format!("reporter = {}", self.text(person.to_string())),
        };
        if sight.states.is_empty() {
            return holding;
        }
        format!("({holding} AND {})", self.states(&sight.states))
    }

    fn area(&mut self, area: &AreaCode) -> String {
        let code = self.text(area.to_string());
        if area.district().as_ref() == Some(area) {
            return format!("district = {code}");
        }
        if area.street().as_ref() == Some(area) {
            return format!("street = {code}");
        }
        if area.community().as_ref() == Some(area) {
            return format!("community = {code}");
        }
        let end = self.text(range_end(area));
        match area.community() {
            Some(community) => {
                let community = self.text(community.to_string());
                format!("(community = {community} AND grid >= {code} AND grid < {end})")
            }
            None => format!("(grid >= {code} AND grid < {end})"),
        }
    }

    fn assisting(&mut self, unit: &UnitCode, district: &AreaCode) -> String {
        let (district, unit) = (self.text(district.to_string()), self.text(unit.to_string()));
        format!(
            "id IN (SELECT case_id FROM case_assisting WHERE district = {district} AND unit = {unit})"
        )
    }

    fn states(&mut self, states: &[String]) -> String {
        let places: Vec<String> = states
            .iter()
            .map(|state| self.text(state.clone()))
            .collect();
        format!("state IN ({})", places.join(", "))
    }

    fn and(&mut self, condition: &str) {
        self.sql.push_str(self.joint);
        self.sql.push_str(condition);
        self.joint = " AND ";
    }

    fn text(&mut self, text: String) -> String {
        self.cells.push(Cell::Text(text));
        format!("${}", self.cells.len())
    }

    fn int(&mut self, number: i64) -> String {
        self.cells.push(Cell::Int(number));
        format!("${}", self.cells.len())
    }

    fn run(&self, tx: &mut dyn Tx) -> Result<Vec<Row>> {
        let values: Vec<Value<'_>> = self.cells.iter().map(Value::from).collect();
        tx.query(&self.sql, &values)
    }
}

impl Sight {
    /// Sees the whole district in every state.
    #[must_use]
    pub fn is_whole(&self, district: &AreaCode) -> bool {
        self.states.is_empty() && self.holding == Holding::Area(district.clone())
    }
}
