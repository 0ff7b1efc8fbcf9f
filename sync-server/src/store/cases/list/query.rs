//! The statements of the lists: which index leads to the cases, and what must hold of them.
//!
//! Held by `tests/tests/store_contract/lists.rs`, which reads the plans.

use super::{CaseFilter, Holding, Near, Order, Sight};
use crate::store::areas::range_end;
use crate::store::cases::{NO_DEADLINE, select_case};
use crate::store::tx::limit as row_limit;
use crate::store::{Cell, Result, Row, Tx, Value};
use shared::case::{Class, SUSPENDED};
use shared::id::{AreaCode, UnitCode};
use shared::similar::Bounds;

/// Words of one search that are looked for; more narrow nothing down.
const SEARCH_WORDS_MAX: usize = 8;

/// What leads a statement to the cases.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    /// What the filter says, and the only sight.
    Plain,
    /// What the filter says, for that leaves few; of each it is asked whether a sight shows it.
    Few,
    /// Each sight by its own index. All in one condition, SQLite walks the whole district's cases
    /// until a page is full: for whoever sees few of them, to the end.
    Parts,
}

impl Way {
    /// `None` when nobody may see anything.
    fn of(filter: &CaseFilter, newest: bool) -> Option<Self> {
        Some(match filter.sights.as_slice() {
            [] => return None,
            _ if filter.owed_by.as_ref().is_some_and(Vec::is_empty) => return None,
            _ if filter.sees_all() => Self::Plain,
            _ if filter.owed_by.is_some() => Self::Few,
            [sight] if !matches!(sight.holding, Holding::Assisting(_)) => Self::Plain,
            // The newest are found sooner by the sights, which are in that order, as is one state.
            _ if filter.leaves_few()
                && (!newest || filter.states.len() == 1 || filter.assigned.is_some()) =>
            {
                Self::Few
            }
            _ => Self::Parts,
        })
    }
}

/// When a case was opened, and which it is: as its own row says and as the row of a unit that
/// assists says, each in the order of an index.
type Keys = (&'static str, &'static str);
const CASE_KEYS: Keys = ("opened_ms", "id");
const ASSISTING_KEYS: Keys = ("case_opened_ms", "case_id");

/// Between parts.
const UNION: &str = " UNION ALL ";

/// SQL that grows, and the values of its placeholders.
pub(super) struct Query {
    pub(super) sql: String,
    cells: Vec<Cell>,
    joint: &'static str,
    keys: Keys,
    /// Until when a part is owed, of the units that the filter names.
    part_due: String,
}

impl Query {
    fn begin(select: &str) -> Self {
        Self {
            sql: select.to_owned(),
            cells: Vec::new(),
            joint: " WHERE ",
            keys: CASE_KEYS,
            part_due: String::from("deadline_ms"),
        }
    }

    /// A page, in its order. `None` when nobody may see anything.
    pub(super) fn page(filter: &CaseFilter, order: Order, limit: usize) -> Option<Self> {
        let way = Way::of(filter, matches!(order, Order::Newest(_)))?;
        let mut query = Self::begin(select_case!(""));
        if way == Way::Parts {
            // The page's cases are among those of the same page of each part.
            for (at, sight) in filter.sights.iter().enumerate() {
                let begun = if at == 0 { " WHERE id IN (" } else { UNION };
                query.sql.push_str(begun);
                query.sql.push_str("SELECT id FROM (");
                query.part("id", filter, sight);
                query.after(order);
                query.first(order, limit);
                query.sql.push_str(") AS seen");
            }
            query.sql.push(')');
            query.keys = CASE_KEYS;
        } else {
            query.at_once(filter);
        }
        // Also of what the parts gave: a unit's row without the moment is behind every row there.
        query.after(order);
        query.first(order, limit);
        Some(query)
    }

    /// How many, after what they are grouped by, which needs a column of each. `None` when nobody
    /// may see anything.
    pub(super) fn counted(by: &str, column: &str, filter: &CaseFilter) -> Option<Self> {
        let way = Way::of(filter, false)?;
        // By a column that is in no index: else SQLite walks the whole index of units, which holds
        // the states, instead of the few cases in these states.
        let counted = if way == Way::Few {
            "count(revision)"
        } else {
            "count(*)"
        };
        let mut query = Self::begin(&format!("SELECT {by}{counted} FROM "));
        if way != Way::Parts {
            query.sql.push_str("cases");
            query.at_once(filter);
            return Some(query);
        }
        for (at, sight) in filter.sights.iter().enumerate() {
            query.sql.push_str(if at == 0 { "(" } else { UNION });
            query.part(column, filter, sight);
            // Each case once: in the part of the first sight that shows it.
            for before in filter.sights.iter().take(at) {
                let before = query.sight(before);
                query.and(&format!("({before}) IS NOT TRUE"));
            }
        }
        query.sql.push_str(") AS seen");
        Some(query)
    }

    /// What any of the sights shows and the filter lets through.
    fn at_once(&mut self, filter: &CaseFilter) {
        match &filter.owed_by {
            Some(units) => self.owed(&filter.district, units),
            None => self.district(filter),
        }
        if !filter.sees_all() {
            let seen: Vec<String> = filter
                .sights
                .iter()
                .map(|sight| self.sight(sight))
                .collect();
            self.and(&format!("({})", seen.join(" OR ")));
        }
        self.filters(filter);
    }

    /// What one sight shows and the filter lets through.
    fn part(&mut self, column: &str, filter: &CaseFilter, sight: &Sight) {
        self.joint = " WHERE ";
        self.keys = CASE_KEYS;
        self.sql.push_str(&format!("SELECT {column} FROM "));
        if let Holding::Assisting(unit) = &sight.holding {
            self.keys = ASSISTING_KEYS;
            let district = self.text(filter.district.to_string());
            let unit = self.text(unit.to_string());
            // SQLite begins a cross join with the table that is named first.
            self.sql.push_str(&format!(
                "(SELECT case_id, case_opened_ms FROM case_assisting
                WHERE district = {district} AND unit = {unit}) AS assisting CROSS JOIN cases"
            ));
            self.and("id = case_id");
            self.district(filter);
            if !sight.states.is_empty() {
                let states = self.states(&sight.states);
                self.and(&states);
            }
        } else {
            self.sql.push_str("cases");
            self.district(filter);
            let seen = self.sight(sight);
            self.and(&seen);
        }
        self.filters(filter);
    }

    /// Behind the row that ended the page before.
    fn after(&mut self, order: Order) {
        let (opened, id) = self.keys;
        match order {
            Order::Newest(Some((at, last))) => {
                let (at, last) = (self.int(at.0), self.text(last.to_string()));
                self.and(&format!("({opened}, {id}) < ({at}, {last})"));
            }
            Order::Deadline(Some((at, last))) => {
                let at = self.int(at.map_or(NO_DEADLINE, |at| at.0));
                let last = self.text(last.to_string());
                self.and(&format!("(deadline_ms, {id}) > ({at}, {last})"));
            }
            Order::Part(Some((at, last))) => {
                let at = self.int(at.map_or(NO_DEADLINE, |at| at.0));
                let last = self.text(last.to_string());
                let due = self.part_due.clone();
                self.and(&format!(
                    "({due} > {at} OR ({due} = {at} AND {id} > {last}))"
                ));
            }
            Order::Newest(None) | Order::Deadline(None) | Order::Part(None) => {}
        }
    }

    /// So many in an order.
    fn first(&mut self, order: Order, limit: usize) {
        let (opened, id) = self.keys;
        let limit = self.int(row_limit(limit));
        self.sql.push_str(&match order {
            Order::Newest(_) => format!(" ORDER BY {opened} DESC, {id} DESC LIMIT {limit}"),
            Order::Deadline(_) => format!(" ORDER BY deadline_ms, {id} LIMIT {limit}"),
            Order::Part(_) => format!(" ORDER BY {}, {id} LIMIT {limit}", self.part_due),
        });
    }

    fn district(&mut self, filter: &CaseFilter) {
        let district = self.text(filter.district.to_string());
        self.and(&format!("district = {district}"));
    }

    /// What some units owe their parts of: few, and found by an index of their own. The row of the
    /// unit names the district; asked of the case too, that would lead SQLite to the whole district.
    fn owed(&mut self, district: &AreaCode, units: &[UnitCode]) {
        let district = self.text(district.to_string());
        let units: Vec<String> = units
            .iter()
            .map(|unit| self.text(unit.to_string()))
            .collect();
        let owing = format!("unit IN ({}) AND part_due_ms IS NOT NULL", units.join(", "));
        self.and(&format!(
            "id IN (SELECT case_id FROM case_assisting WHERE district = {district} AND {owing})"
        ));
        self.part_due = format!(
            "(SELECT min(part_due_ms) FROM case_assisting WHERE case_id = cases.id AND {owing})"
        );
    }

    fn filters(&mut self, filter: &CaseFilter) {
        self.one_of("state", &filter.states);
        self.columns(filter);
        self.words(filter.text.as_deref().unwrap_or_default());
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
        if filter.news {
            // A range, so that it leads by the index of what waits.
            self.and("news_ms > 0");
        }
        if let Some(class) = filter.class {
            let class = self.text(class.as_str().to_owned());
            self.and(&format!("state_class = {class}"));
        }
        if let Some(unit) = &filter.unit {
            let unit = self.text(unit.to_string());
            self.and(&format!("lead_unit = {unit}"));
        }
        if let Some(person) = filter.assigned {
            let person = self.text(person.to_string());
            self.and(&format!("assigned = {person} AND handled_ms IS NULL"));
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
        let (opened, _) = self.keys;
        if let Some(from) = filter.from {
            let from = self.int(from.0);
            self.and(&format!("{opened} >= {from}"));
        }
        if let Some(to) = filter.to {
            let to = self.int(to.0);
            self.and(&format!("{opened} < {to}"));
        }
        if let Some(now) = filter.stage_late_at {
            let now = self.int(now.0);
            self.and(&format!("stage_due_ms < {now}"));
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

    fn sight(&mut self, sight: &Sight) -> String {
        let holding = match &sight.holding {
            Holding::Area(area) => self.area(area),
            Holding::Lead(unit) => format!("lead_unit = {}", self.text(unit.to_string())),
            Holding::Assisting(unit) => self.assisting(unit),
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

    fn assisting(&mut self, unit: &UnitCode) -> String {
        let unit = self.text(unit.to_string());
        format!("EXISTS (SELECT 1 FROM case_assisting WHERE case_id = cases.id AND unit = {unit})")
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

    pub(super) fn run(&self, tx: &mut dyn Tx) -> Result<Vec<Row>> {
        let values: Vec<Value<'_>> = self.cells.iter().map(Value::from).collect();
        tx.query(&self.sql, &values)
    }
}
