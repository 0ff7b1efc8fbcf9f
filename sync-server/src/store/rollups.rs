//! What was counted, by day: written once for each slot before a commit (`Tx::add_up`), read by
//! statistics, and the trails from which it can be counted again.
//!
//! Held by `tests/tests/statistics.rs` on both backends.

use super::tx::{limit as row_limit, places};
use super::{Result, Row, Tx, Value};
use crate::params;
use shared::id::{AreaCode, CaseId};
use shared::indicators::Counter;
use shared::time::Timestamp;
use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

/// What a counter belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// A unit.
    Unit,
    /// A place, and its desk.
    Place,
}

impl Kind {
    /// As stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unit => "unit",
            Self::Place => "place",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        [Self::Unit, Self::Place]
            .into_iter()
            .find(|kind| kind.as_str() == text)
    }
}

/// One number.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Slot {
    /// The district.
    pub district: AreaCode,
    /// What it belongs to.
    pub kind: Kind,
    /// The day in China as 20261121.
    pub day: i64,
    /// Code of the unit or place.
    pub key: String,
    /// What is counted.
    pub counter: Counter,
}

/// Slots by what was counted in them.
pub type Sums = BTreeMap<Slot, i64>;

/// An entry of a trail, as far as it is counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrailRow {
    /// Stored name of what happened.
    pub kind: String,
    /// State before; empty for the first.
    pub from: String,
    /// State after.
    pub to: String,
    /// When.
    pub at: Timestamp,
    /// Whether a person did it.
    pub by_person: bool,
    /// Further facts, JSON.
    pub detail: String,
}

/// Cases whose trails are read at a time.
const CASES_AT_ONCE: usize = 100;
/// Rows of one statement, the largest first: a batch takes few statements, of few texts.
const ROWS_AT_ONCE: [usize; 5] = [32, 8, 4, 2, 1];
/// Placeholders of a row.
const COLUMNS: usize = 6;

/// Adds to some slots, many in a statement; nothing for those that come out even.
pub(super) fn add(tx: &mut dyn Tx, sums: Sums) -> Result<()> {
    static SQL: LazyLock<HashMap<usize, String>> =
        LazyLock::new(|| ROWS_AT_ONCE.map(|rows| (rows, upsert(rows))).into());
    let rows: Vec<(Slot, i64)> = sums.into_iter().filter(|(_, n)| *n != 0).collect();
    let mut rest = rows.as_slice();
    while !rest.is_empty() {
        let fits = ROWS_AT_ONCE.into_iter().find(|size| *size <= rest.len());
        let (some, others) = rest.split_at(fits.unwrap_or(1));
        let values: Vec<Value<'_>> = some.iter().flat_map(|(slot, n)| values(slot, *n)).collect();
        if let Some(sql) = SQL.get(&some.len()) {
            tx.execute(sql, &values)?;
        }
        rest = others;
    }
    Ok(())
}

fn upsert(rows: usize) -> String {
    let rows: Vec<String> = (0..rows)
        .map(|row| format!("({})", places(row * COLUMNS + 1, COLUMNS)))
        .collect();
    format!(
        "INSERT INTO rollups (district, kind, day, key, counter, n)
        VALUES {}
        ON CONFLICT (district, kind, day, key, counter) DO UPDATE SET n = rollups.n + excluded.n",
        rows.join(", ")
    )
}

fn values(slot: &Slot, n: i64) -> [Value<'_>; COLUMNS] {
    [
        Value::from(&slot.district),
        Value::from(slot.kind.as_str()),
        Value::from(slot.day),
        Value::from(&slot.key),
        Value::from(slot.counter.as_str()),
        Value::from(n),
    ]
}

/// What was counted from one day to another, the last included, by key. Counters of a later version
/// are left out.
///
/// # Errors
/// Whatever the database says, as for all functions of the store.
pub fn sums(
    tx: &mut dyn Tx,
    district: &AreaCode,
    kind: Kind,
    from: i64,
    to: i64,
) -> Result<Vec<(String, Counter, i64)>> {
    const SQL: &str = "
        SELECT key, counter, CAST(sum(n) AS BIGINT)
        FROM rollups
        WHERE district = $1 AND kind = $2 AND day >= $3 AND day <= $4
        GROUP BY key, counter
        ORDER BY key, counter";
    let mut found = Vec::new();
    for mut row in tx.query(SQL, params![district, kind.as_str(), from, to])? {
        if let Some(counter) = Counter::parse(row.text(1)?) {
            found.push((row.take_text(0)?, counter, row.int(2)?));
        }
    }
    Ok(found)
}

/// Everything that is kept for a district and isn't zero.
///
/// # Errors
/// As [`sums`].
pub fn all(tx: &mut dyn Tx, district: &AreaCode) -> Result<Sums> {
    const SQL: &str = "
        SELECT kind, day, key, counter, n
        FROM rollups
        WHERE district = $1 AND n <> 0
        ORDER BY district, kind, day, key, counter";
    let entry = |row: &mut Row| {
        let slot = Slot {
            district: district.clone(),
            kind: row.word(0, Kind::parse)?,
            day: row.int(1)?,
            key: row.take_text(2)?,
            counter: row.word(3, Counter::parse)?,
        };
        Ok((slot, row.int(4)?))
    };
    tx.query(SQL, params![district])?
        .iter_mut()
        .map(entry)
        .collect()
}

/// Forgets everything that was counted of a district.
///
/// # Errors
/// As [`sums`].
pub fn clear(tx: &mut dyn Tx, district: &AreaCode) -> Result<()> {
    const SQL: &str = "
        DELETE FROM rollups
        WHERE district = $1";
    tx.execute(SQL, params![district])?;
    Ok(())
}

/// The trail of a case, oldest first.
///
/// # Errors
/// As [`sums`].
pub fn trail(tx: &mut dyn Tx, case: CaseId) -> Result<Vec<TrailRow>> {
    Ok(trails_of(tx, &[case])?.remove(&case).unwrap_or_default())
}

/// A case, its grid, and its trail.
pub type CaseTrail = (CaseId, Option<AreaCode>, Vec<TrailRow>);

/// The next cases after one by their ids, each with its grid and its trail.
///
/// # Errors
/// As [`sums`].
pub fn trails(
    tx: &mut dyn Tx,
    district: &AreaCode,
    after: Option<CaseId>,
) -> Result<Vec<CaseTrail>> {
    const SQL: &str = "
        SELECT id, grid
        FROM cases
        WHERE district = $1 AND id > $2
        ORDER BY id
        LIMIT $3";
    let after = after.map_or_else(String::new, |id| id.to_string());
    let rows = tx.query(SQL, params![district, &after, row_limit(CASES_AT_ONCE)])?;
    let mut cases = Vec::with_capacity(rows.len());
    for row in &rows {
        let (id, grid): (CaseId, Option<AreaCode>) = (row.id(0)?, row.opt_id(1)?);
        cases.push((id, grid));
    }
    let ids: Vec<CaseId> = cases.iter().map(|(id, _)| *id).collect();
    let mut trails = trails_of(tx, &ids)?;
    let with_trail = |(id, grid)| (id, grid, trails.remove(&id).unwrap_or_default());
    Ok(cases.into_iter().map(with_trail).collect())
}

fn trails_of(tx: &mut dyn Tx, ids: &[CaseId]) -> Result<HashMap<CaseId, Vec<TrailRow>>> {
    static ONE: LazyLock<String> = LazyLock::new(|| select(1));
    static MANY: LazyLock<String> = LazyLock::new(|| select(CASES_AT_ONCE));
    let Some(last) = ids.last() else {
        return Ok(HashMap::new());
    };
    let (sql, count) = match ids.len() {
        1 => (&*ONE, 1),
        _ => (&*MANY, CASES_AT_ONCE),
    };
    // One text for every length: a short rest repeats its last id.
    let values: Vec<Value<'_>> = (0..count)
        .map(|at| Value::from(*ids.get(at).unwrap_or(last)))
        .collect();
    let mut found: HashMap<CaseId, Vec<TrailRow>> = HashMap::new();
    for mut row in tx.query(sql, &values)? {
        let id = row.id(0)?;
        let entry = TrailRow {
            kind: row.take_text(1)?,
            from: row.take_opt_text(2)?.unwrap_or_default(),
            to: row.take_text(3)?,
            at: row.time(4)?,
            by_person: row.opt_text(5)?.is_some(),
            detail: row.take_text(6)?,
        };
        found.entry(id).or_default().push(entry);
    }
    Ok(found)
}

fn select(cases: usize) -> String {
    format!(
        "SELECT case_id, kind, from_state, to_state, at_ms, actor_person, detail
        FROM case_events
        WHERE case_id IN ({})
        ORDER BY case_id, ordinal",
        places(1, cases)
    )
}
