//! Cases: lists, the whole of one, and moves by compare-and-set on the revision.
//!
//! What a person may see is decided in SQL for lists (`Sight`) and by `role::may` for one case;
//! `tests/tests/access.rs` holds that the two agree. What a move does is `shared::case`.

mod correct;
mod due;
mod facts;
mod life;
mod moves;
mod news;
mod photos;
mod rules;
mod states;
mod targets;
mod view;

pub(super) use due::is_outdated;
pub use due::{DUE_AT_ONCE, tell_due};
pub(super) use facts::EventFacts;
pub(super) use moves::{By, as_case, write as write_move};
pub use moves::{Moved, move_case};
pub use news::looked;
pub use photos::{add_photo, may_add_photo};
pub(super) use rules::Ruled;
pub use states::states_of;
pub(super) use view::rows as rows_of;
pub use view::{colleagues, detail};

use super::{Fault, Result};
use crate::service::district::District;
use crate::store::cases::{CaseFilter, CaseRow, Holding, Near, Order, Sight};
use crate::store::{self, Tx};
use shared::case::{ASKS, Awaits, Card, Class, STATES, state};
use shared::id::{AreaCode, CaseId, CategoryId, UnitCode};
use shared::role::{Action, Actor, Role, Subject, may};
use shared::similar::{bounds_around, cells_around};
use shared::time::Timestamp;
use shared::wire::console::{CasePage, CaseQuery};

/// Rows of a page when nobody says.
pub const PAGE_ROWS: u32 = 50;
/// Rows of a page at most.
pub const PAGE_ROWS_MAX: u32 = 200;
/// How far a list may look around a place: what the squares around it hold.
const NEAR_M_LIMIT: i32 = 190;

/// A case with the facts that rights depend on.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    pub(super) row: CaseRow,
    pub(super) area: AreaCode,
    pub(super) assisting: Vec<UnitCode>,
}

impl Seen {
    pub(super) fn load(tx: &mut dyn Tx, district: &District, id: CaseId) -> Result<Option<Self>> {
        match store::cases::get(tx, id)? {
            Some(row) => Self::of(tx, district, row).map(Some),
            None => Ok(None),
        }
    }

    pub(super) fn of(tx: &mut dyn Tx, district: &District, row: CaseRow) -> Result<Self> {
        let assisting = store::cases::assisting(tx, row.id)?;
        // Outside all grids it is the whole district's.
        let area = row.grid.clone().unwrap_or_else(|| district.code.clone());
        Ok(Self {
            row,
            area,
            assisting,
        })
    }

    pub(super) fn subject(&self) -> Subject<'_> {
        Subject {
            area: Some(&self.area),
            lead: Some(&self.row.lead),
            assisting: &self.assisting,
            reporter: Some(self.row.reporter),
        }
    }
}

/// A case that the actor may read.
pub(super) fn readable(
    tx: &mut dyn Tx,
    actor: &Actor,
    district: &District,
    id: CaseId,
) -> Result<Seen> {
    Seen::load(tx, district, id)?
        .filter(|seen| may(actor, Action::ReadCase, seen.subject()).is_some())
        .ok_or(Fault::NotFound("case"))
}

/// Whether the actor may read a case.
///
/// # Errors
/// Whatever the store says, as for all services.
pub fn may_read(tx: &mut dyn Tx, actor: &Actor, district: &District, id: CaseId) -> Result<bool> {
    let seen = Seen::load(tx, district, id)?;
    Ok(seen.is_some_and(|seen| may(actor, Action::ReadCase, seen.subject()).is_some()))
}

/// Everything the actor may see.
#[must_use]
pub fn sights(actor: &Actor) -> Vec<Sight> {
    let mut sights = Vec::new();
    let mut see = |holding| {
        let sight = Sight {
            holding,
            states: Vec::new(),
        };
        if !sights.contains(&sight) {
            sights.push(sight);
        }
    };
    for post in &actor.posts {
        match (post.role, &post.unit) {
            (Role::GridWorker, _) => {
                see(Holding::Area(post.area.clone()));
                see(Holding::Reporter(actor.person));
            }
            (Role::Dispatcher | Role::Supervisor | Role::Administrator, _) => {
                see(Holding::Area(post.area.clone()));
            }
            (Role::Handler, Some(unit)) => {
                see(Holding::Lead(unit.clone()));
                see(Holding::Assisting(unit.clone()));
            }
            (Role::Handler, None) => {}
        }
    }
    sights
}

/// What waits for the actor: the states that somebody in these posts must move on.
#[must_use]
pub fn waiting(actor: &Actor) -> Vec<Sight> {
    let awaiting = |who: Awaits| {
        let rows = STATES.iter().filter(|row| row.awaits == who);
        rows.map(|row| row.name.to_owned()).collect::<Vec<_>>()
    };
    let sight = |post: &shared::role::Post| match (post.role, &post.unit) {
        (Role::Dispatcher, _) => Some(Sight {
            holding: Holding::Area(post.area.clone()),
            states: awaiting(Awaits::Dispatcher),
        }),
        (Role::GridWorker, _) => Some(Sight {
            holding: Holding::Area(post.area.clone()),
            states: awaiting(Awaits::GridWorker),
        }),
        (Role::Handler, Some(unit)) => Some(Sight {
            holding: Holding::Lead(unit.clone()),
            states: awaiting(Awaits::Unit),
        }),
        _ => None,
    };
    actor.posts.iter().filter_map(sight).collect()
}

/// The units that the actor works in.
fn units_of(actor: &Actor) -> Vec<UnitCode> {
    let mut units: Vec<UnitCode> = actor
        .posts
        .iter()
        .filter(|post| post.role == Role::Handler)
        .filter_map(|post| post.unit.clone())
        .collect();
    units.sort_unstable();
    units.dedup();
    units
}

/// What a list is sorted by.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sorted {
    Opened,
    Deadline,
    Part,
}

impl Sorted {
    fn of(query: &CaseQuery) -> Result<Self> {
        match query.sort.as_deref() {
            None | Some("" | "opened") => Ok(Self::Opened),
            Some("deadline") => Ok(Self::Deadline),
            Some("part") if query.owed == Some(true) => Ok(Self::Part),
            Some(_) => Err(Fault::invalid(
                "sort",
                "只能按 opened 或 deadline 排序；待协办反馈还能按 part 排序。",
                "Sort by opened or deadline, or with owed by part.",
            )),
        }
    }

    /// The order, behind what a cursor says.
    fn after(self, cursor: Option<(Option<i64>, CaseId)>) -> Order {
        let maybe = |(ms, id): (Option<i64>, CaseId)| (ms.map(Timestamp), id);
        match self {
            Self::Opened => {
                Order::Newest(cursor.map(|(ms, id)| (Timestamp(ms.unwrap_or(i64::MAX)), id)))
            }
            Self::Deadline => Order::Deadline(cursor.map(maybe)),
            Self::Part => Order::Part(cursor.map(maybe)),
        }
    }

    /// What a row is sorted by.
    fn key(self, row: &CaseRow, filter: &CaseFilter) -> Option<Timestamp> {
        match self {
            Self::Opened => Some(row.opened),
            Self::Deadline => row.deadline,
            Self::Part => {
                let units = filter.owed_by.as_deref().unwrap_or_default();
                row.life.owed_by(units).and_then(|part| part.deadline_ms)
            }
        }
    }
}

/// A page of the cases that the actor may see and the query asks for.
///
/// # Errors
/// [`Fault::Invalid`] for a filter that can't be read.
pub fn page(
    tx: &mut dyn Tx,
    actor: &Actor,
    district: &District,
    query: &CaseQuery,
    now: Timestamp,
) -> Result<CasePage> {
    let filter = filter(actor, district, query, now)?;
    let sorted = Sorted::of(query)?;
    let after = query
        .cursor
        .as_deref()
        .filter(|text| !text.is_empty())
        .map(read_cursor);
    let after = after.transpose()?;
    let order = sorted.after(after);
    let limit = query.limit.unwrap_or(PAGE_ROWS).clamp(1, PAGE_ROWS_MAX);
    let limit = usize::try_from(limit).map_err(|error| Fault::damaged("limit", error))?;
    let mut rows = store::cases::page(tx, &filter, order, limit.saturating_add(1))?;
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next = rows
        .last()
        .filter(|_| more)
        .map(|last| match sorted.key(last, &filter) {
            Some(ms) => format!("{}.{}", ms.0, last.id),
            None => format!("-.{}", last.id),
        });
    let mut shown = view::rows(tx, district, &rows, now)?;
    if let Some(units) = &filter.owed_by {
        for (row, shown) in rows.iter().zip(&mut shown) {
            shown.part = view::owed_part(district, row, units, now);
        }
    }
    Ok(CasePage {
        rows: shown,
        next,
        server_time: now,
    })
}

/// How many cases the actor may see that the query asks for.
///
/// # Errors
/// As [`page`].
pub fn count(
    tx: &mut dyn Tx,
    actor: &Actor,
    district: &District,
    query: &CaseQuery,
    now: Timestamp,
) -> Result<i64> {
    Ok(store::cases::count(
        tx,
        &filter(actor, district, query, now)?,
    )?)
}

fn read_cursor(text: &str) -> Result<(Option<i64>, CaseId)> {
    let wrong = || {
        Fault::invalid(
            "cursor",
            "翻页标记不对，请从头看。",
            "The cursor is not one; start over.",
        )
    };
    let (ms, id) = text.split_once('.').ok_or_else(wrong)?;
    let ms = if ms == "-" {
        None
    } else {
        Some(ms.parse().map_err(|_| wrong())?)
    };
    Ok((ms, id.parse().map_err(|_| wrong())?))
}

fn filter(
    actor: &Actor,
    district: &District,
    query: &CaseQuery,
    now: Timestamp,
) -> Result<CaseFilter> {
    let todo = query.todo.unwrap_or(false);
    let sights = if todo { waiting(actor) } else { sights(actor) };
    let class = match query.class.as_deref() {
        None | Some("") => None,
        Some("open") => Some(Class::Open),
        Some("closed") => Some(Class::Closed),
        Some(_) => {
            return Err(Fault::invalid(
                "class",
                "只有 open 或 closed。",
                "The class is open or closed.",
            ));
        }
    };
    let assigned = match query.assigned.as_deref() {
        None | Some("") => None,
        Some("me") => Some(actor.person),
        Some(_) => return Err(Fault::invalid("assigned", "只有 me。", "Only me.")),
    };
    let late = query.late.unwrap_or(false);
    let is_state = |name: &str| state(name).is_some();
    let is_asked = |name: &str| ASKS.iter().any(|row| row.ask.as_str() == name);
    let is_card = |name: &str| {
        [Card::Yellow, Card::Red]
            .iter()
            .any(|card| card.as_str() == name)
    };
    Ok(CaseFilter {
        states: named(query.state.as_deref(), "state", is_state)?,
        asked: named(query.asked.as_deref(), "asked", is_asked)?,
        cards: named(query.card.as_deref(), "card", is_card)?,
        class,
        unit: parsed(query.unit.as_deref(), "unit")?,
        area: parsed(query.area.as_deref(), "area")?,
        category: parsed(query.category.as_deref(), "category")?,
        family: parsed::<CategoryId>(query.family.as_deref(), "family")?.map(|id| id.to_string()),
        near: near(query.near.as_deref())?,
        from: query.from_ms.map(Timestamp),
        to: query.to_ms.map(Timestamp),
        // No database keeps U+0000, so nothing is found by it.
        text: query.text.as_ref().map(|text| text.replace('\0', " ")),
        late_at: late.then_some(now),
        news: query.news.unwrap_or(false),
        stage_late_at: query.stage_late.unwrap_or(false).then_some(now),
        owed_by: query.owed.unwrap_or(false).then(|| units_of(actor)),
        assigned,
        ..CaseFilter::new(district.code.clone(), sights)
    })
}

/// The names in a list with commas between, each once. Only known ones: an address may hold
/// thousands of others, and each would be a value of the statement.
fn named(
    text: Option<&str>,
    field: &'static str,
    is_known: impl Fn(&str) -> bool,
) -> Result<Vec<String>> {
    let parts = text.unwrap_or_default().split(',').map(str::trim);
    let mut names: Vec<String> = Vec::new();
    for part in parts.filter(|part| !part.is_empty()) {
        if !is_known(part) {
            return Err(Fault::invalid(
                field,
                "筛选条件里有系统不认识的名称。",
                "A filter holds a name that isn't known.",
            ));
        }
        if !names.iter().any(|name| name == part) {
            names.push(part.to_owned());
        }
    }
    Ok(names)
}

/// `lat_e7,lon_e7,metres` as a box around the place.
fn near(text: Option<&str>) -> Result<Option<Near>> {
    let Some(text) = text.filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    let numbers: Option<Vec<i32>> = text.split(',').map(|part| part.parse().ok()).collect();
    match numbers.as_deref() {
        Some([lat_e7, lon_e7, metres]) if (0..=NEAR_M_LIMIT).contains(metres) => {
            let (lat_e7, lon_e7) = (i64::from(*lat_e7), i64::from(*lon_e7));
            let metres = f64::from(*metres);
            Ok(Some(Near {
                cells: cells_around(lat_e7, lon_e7, metres),
                bounds: bounds_around(lat_e7, lon_e7, metres),
            }))
        }
        _ => Err(Fault::invalid(
            "near",
            "地点筛选的写法是：纬度×10⁷，经度×10⁷，米（至多190）。",
            "near is latitude × 10⁷, longitude × 10⁷, metres (190 at most), with commas between.",
        )),
    }
}

fn parsed<T: std::str::FromStr>(text: Option<&str>, field: &'static str) -> Result<Option<T>> {
    match text.map(str::trim).filter(|text| !text.is_empty()) {
        None => Ok(None),
        Some(text) => text.parse().map(Some).map_err(|_| {
            Fault::invalid(
                field,
                "筛选条件的编码不对。",
                "A filter is not a valid code.",
            )
        }),
    }
}

/// What the faces call a case's photos: how many belong to it and how many have arrived.
pub(super) fn photo_counts(row: &CaseRow) -> (u32, u32) {
    let count = |n: i64| u32::try_from(n).unwrap_or(0);
    (count(row.photos_expected), count(row.photos_stored))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;

    #[test]
    fn a_list_of_names_holds_known_ones_once() {
        let known = |text: &str| named(Some(text), "state", |name| state(name).is_some());
        assert_eq!(named(None, "state", |_| false).unwrap(), [""; 0]);
        assert_eq!(
            known(" received ,,closed,").unwrap(),
            ["received", "closed"]
        );
        assert_eq!(known(&"received,".repeat(9_000)).unwrap(), ["received"]);
        assert!(matches!(
            known("received,recieved"),
            Err(Fault::Invalid { field: "state", .. })
        ));
    }
}
