//! Cases near a place, by the squares that they lie in: an index leads to the few there are,
//! however many the district has. Held by `tests/tests/similar.rs`, which reads the plan.

use super::states::{LookRow, look};
use super::{CaseRow, from_row, select_case};
use crate::params;
use crate::store::tx::{limit as row_limit, places};
use crate::store::{Result, Row, Tx, Value};
use shared::case::Class;
use shared::id::{AreaCode, CaseId, CatalogueVersion, CategoryId};
use shared::similar::{CELLS_LIMIT, Spot};
use shared::time::Timestamp;
use std::sync::LazyLock;

/// Where and when to look.
#[derive(Debug, Clone, Copy)]
pub struct Around<'a> {
    /// The district.
    pub district: &'a AreaCode,
    /// Squares as `shared::similar` numbers them, at most [`CELLS_LIMIT`]; the rest is left out.
    pub cells: &'a [i64],
    /// Opened at or after.
    pub from: Timestamp,
    /// Opened at or before.
    pub to: Timestamp,
    /// The newest so many.
    pub limit: usize,
}

/// A case with what tells it from another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NearRow {
    /// Identity.
    pub id: CaseId,
    /// What it is about.
    pub category: CategoryId,
    /// The catalogue that the report was filled with.
    pub catalogue_version: CatalogueVersion,
    /// Whether work remains.
    pub class: Class,
    /// Latitude × 10⁷.
    pub lat_e7: i64,
    /// Longitude × 10⁷.
    pub lon_e7: i64,
    /// When it was opened.
    pub opened: Timestamp,
    /// The worker's words.
    pub text: String,
    /// What else tells it from another.
    pub look: LookRow,
}

/// The statement of [`near`], for whoever wants to see how the database runs it.
///
/// The empty text behind the district keeps SQLite from reading all of the district's cases of that
/// time: an index that begins with it looks cheaper to it than some squares.
#[must_use]
pub fn near_sql() -> &'static str {
    static SQL: LazyLock<String> = LazyLock::new(|| {
        let cells = places(1, CELLS_LIMIT);
        let next = |more: usize| CELLS_LIMIT + more;
        format!(
            "SELECT cases.id, cases.category, reports.catalogue_version, cases.state_class,
                cases.lat_e7, cases.lon_e7, cases.opened_ms, reports.text, CASE WHEN cases.lat_e7 = reports.lat_e7 AND cases.lon_e7 = reports.lon_e7
                    THEN reports.accuracy_m END,
                reports.place_words, reports.occurred_ms, reports.clock_skew_ms, cases.phashes
            FROM cases
            JOIN reports ON reports.id = cases.report
            WHERE cases.cell IN ({cells}) AND cases.district || '' = ${}
                AND cases.opened_ms >= ${} AND cases.opened_ms <= ${}
            ORDER BY cases.opened_ms DESC, cases.id DESC
            LIMIT ${}",
            next(1),
            next(2),
            next(3),
            next(4)
        )
    });
    &SQL
}

/// The newest cases in some squares with their words.
///
/// # Errors
/// Whatever the database says, as for all functions of the store.
pub fn near(tx: &mut dyn Tx, around: &Around<'_>) -> Result<Vec<NearRow>> {
    if around.cells.is_empty() {
        return Ok(Vec::new());
    }
    let row = |row: &mut Row| {
        Ok(NearRow {
            id: row.id(0)?,
            category: row.id(1)?,
            catalogue_version: row.id(2)?,
            class: row.word(3, Class::parse)?,
            lat_e7: row.int(4)?,
            lon_e7: row.int(5)?,
            opened: row.time(6)?,
            text: row.take_text(7)?,
            look: look(row, 8)?,
        })
    };
    tx.query(near_sql(), &values(around))?
        .iter_mut()
        .map(row)
        .collect()
}

/// The statement of [`spots`], as [`near_sql`].
#[must_use]
pub fn spots_sql() -> &'static str {
    static SQL: LazyLock<String> =
        LazyLock::new(|| format!("SELECT lat_e7, lon_e7 FROM cases {}", where_family()));
    &SQL
}

/// The places of the newest cases of one group (大类) in some squares.
///
/// # Errors
/// As [`near`].
pub fn spots(tx: &mut dyn Tx, around: &Around<'_>, family: &str) -> Result<Vec<Spot>> {
    let spot = |row: &Row| {
        Ok(Spot {
            lat_e7: row.int(0)?,
            lon_e7: row.int(1)?,
        })
    };
    let end = format!("{family}~");
    tx.query(spots_sql(), &family_values(around, family, &end))?
        .iter()
        .map(spot)
        .collect()
}

/// The newest cases of one group (大类) in some squares.
///
/// # Errors
/// As [`near`].
pub fn of_family(tx: &mut dyn Tx, around: &Around<'_>, family: &str) -> Result<Vec<CaseRow>> {
    static SQL: LazyLock<String> =
        LazyLock::new(|| format!("{} {}", select_case!(""), where_family()));
    let end = format!("{family}~");
    tx.query(&SQL, &family_values(around, family, &end))?
        .iter_mut()
        .map(from_row)
        .collect()
}

fn where_family() -> String {
    let cells = places(1, CELLS_LIMIT);
    let next = |more: usize| CELLS_LIMIT + more;
    format!(
        "WHERE cell IN ({cells}) AND district || '' = ${}
            AND opened_ms >= ${} AND opened_ms <= ${}
            AND category >= ${} AND category < ${}
        ORDER BY opened_ms DESC, id DESC
        LIMIT ${}",
        next(1),
        next(2),
        next(3),
        next(5),
        next(6),
        next(4)
    )
}

/// Codes are ASCII below `~`, so `end` is the first text after all that begin with the group's.
fn family_values<'a>(around: &Around<'a>, family: &'a str, end: &'a String) -> Vec<Value<'a>> {
    let mut values = values(around);
    values.extend_from_slice(params![family, end]);
    values
}

/// One text for any number of squares: the last is repeated.
fn values<'a>(around: &Around<'a>) -> Vec<Value<'a>> {
    let last = around.cells.last().copied();
    let mut values: Vec<Value<'_>> = (0..CELLS_LIMIT)
        .map(|at| Value::from(around.cells.get(at).copied().or(last)))
        .collect();
    let limit = row_limit(around.limit);
    values.push(Value::from(around.district));
    values.push(Value::from(around.from));
    values.push(Value::from(around.to));
    values.push(Value::from(limit));
    values
}
