//! What a draft changes, and what about it looks wrong, before anybody publishes it.
//!
//! Both documents are laid out as the tables that people know and compared row by row, so whatever
//! has a column is compared. Suspicions are questions, most of them; some say that the draft can't
//! be published as it is. Pure. Tests: `review/tests.rs`.

mod rules;
mod suspicion;
#[cfg(test)]
mod tests;

use super::CatalogueDoc;
use super::parts::{Part, export};
use super::table::Table;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use utoipa::ToSchema;

pub use suspicion::{Doubt, RUN_ROWS_MIN, Suspicion};

/// Differences of one part that are shown; what a person can go through. The counts are whole.
pub const DIFFERENCES_SHOWN_LIMIT: usize = 300;
/// Suspicions that are shown.
pub const SUSPICIONS_SHOWN_LIMIT: usize = 200;

/// What became of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// It wasn't there.
    New,
    /// Some of its cells are others.
    Changed,
    /// It is no longer there, or was retired; old versions keep it.
    Gone,
}

/// A cell that is another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CellChange {
    /// Head of the column.
    pub column: String,
    /// What it said.
    pub before: String,
    /// What it says.
    pub after: String,
}

/// A row that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Difference {
    /// What became of it.
    pub change: Change,
    /// Its code, or its codes.
    pub key: String,
    /// What people call it.
    pub name: String,
    /// The cells, for a changed row.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cells: Vec<CellChange>,
}

/// The differences of one part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PartReview {
    /// Which part.
    pub part: Part,
    /// How many rows are new.
    pub new: usize,
    /// How many say something else.
    pub changed: usize,
    /// How many are gone.
    pub gone: usize,
    /// The first [`DIFFERENCES_SHOWN_LIMIT`] of them, in the order of the table.
    pub differences: Vec<Difference>,
}

/// A whole review.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Review {
    /// The parts that differ.
    pub parts: Vec<PartReview>,
    /// What looks wrong, what stops publishing first.
    pub suspicions: Vec<Suspicion>,
}

impl Review {
    /// Whether the draft can't be published as it is.
    #[must_use]
    pub fn blocks(&self) -> bool {
        self.suspicions.iter().any(|one| one.blocks)
    }

    /// Whether nothing differs.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }
}

/// Compares a draft with the version it comes from.
#[must_use]
pub fn review(before: &CatalogueDoc, after: &CatalogueDoc) -> Review {
    let mut parts = Vec::new();
    let mut suspicions = Vec::new();
    for part in Part::ALL {
        let (old, new) = (Keyed::of(before, part), Keyed::of(after, part));
        let found = compare(part, &old, &new);
        suspicions.extend(suspicion::counting(part, &old, &new));
        if found.new + found.changed + found.gone > 0 {
            parts.push(found);
        }
    }
    suspicions.extend(suspicion::of_content(before, after));
    suspicions.sort_by_key(|one| !one.blocks);
    suspicions.truncate(SUSPICIONS_SHOWN_LIMIT);
    Review { parts, suspicions }
}

/// A part's rows by their keys, in the table's order.
struct Keyed {
    part: Part,
    rows: Vec<(String, Vec<String>)>,
    places: HashMap<String, usize>,
}

impl Keyed {
    fn of(doc: &CatalogueDoc, part: Part) -> Self {
        let Table { rows, .. } = export(doc, part);
        let mut places = HashMap::with_capacity(rows.len());
        let mut keyed = Vec::with_capacity(rows.len());
        for row in rows.into_iter().skip(1) {
            let key: Vec<&str> = row
                .cells
                .iter()
                .take(part.key_columns())
                .map(String::as_str)
                .collect();
            let mut key = key.join(" ").trim().to_owned();
            // Lines that are there twice are told apart by a count.
            let mut count = 1;
            while places.contains_key(&key) {
                count += 1;
                let bare = key.split('#').next().unwrap_or_default().trim().to_owned();
                key = format!("{bare} #{count}");
            }
            places.insert(key.clone(), keyed.len());
            keyed.push((key, row.cells));
        }
        Self {
            part,
            rows: keyed,
            places,
        }
    }

    fn get(&self, key: &str) -> Option<&[String]> {
        let at = self.places.get(key)?;
        self.rows.get(*at).map(|(_, cells)| cells.as_slice())
    }

    fn cell<'a>(&self, cells: &'a [String], column: &str) -> &'a str {
        let at = super::parts::column(self.part, column);
        at.and_then(|at| cells.get(at)).map_or("", String::as_str)
    }

    fn is_retired(&self, cells: &[String]) -> bool {
        self.cell(cells, "retired") == super::parts::YES
    }

    fn name(&self, cells: &[String]) -> String {
        let column = match self.part {
            Part::Departments => "short_name",
            Part::StreetMatters => "duty",
            Part::GridMatters => "approval",
            Part::Calendar => "occasion",
            Part::Labels => "zh",
            Part::Patrols => "point_name",
            Part::StageLimits => "state_word",
            Part::Escalations => "tell",
            Part::Nearness => "category_word",
            Part::Absent => "unit_word",
            Part::Settings => "value",
            Part::Categories | Part::Conditions | Part::Staged => "name",
        };
        self.cell(cells, column).to_owned()
    }
}

fn compare(part: Part, old: &Keyed, new: &Keyed) -> PartReview {
    let mut found = PartReview {
        part,
        new: 0,
        changed: 0,
        gone: 0,
        differences: Vec::new(),
    };
    for (key, cells) in &new.rows {
        let Some(before) = old.get(key) else {
            found.add(Change::New, key, new.name(cells), Vec::new());
            continue;
        };
        let changes = changed_cells(part, before, cells);
        if changes.is_empty() {
            continue;
        }
        let is_gone = new.is_retired(cells) && !old.is_retired(before);
        let change = if is_gone {
            Change::Gone
        } else {
            Change::Changed
        };
        found.add(change, key, new.name(cells), changes);
    }
    for (key, cells) in &old.rows {
        if new.get(key).is_none() {
            found.add(Change::Gone, key, old.name(cells), Vec::new());
        }
    }
    found
}

impl PartReview {
    fn add(&mut self, change: Change, key: &str, name: String, cells: Vec<CellChange>) {
        match change {
            Change::New => self.new += 1,
            Change::Changed => self.changed += 1,
            Change::Gone => self.gone += 1,
        }
        if self.differences.len() < DIFFERENCES_SHOWN_LIMIT {
            self.differences.push(Difference {
                change,
                key: key.to_owned(),
                name,
                cells,
            });
        }
    }
}

fn changed_cells(part: Part, before: &[String], after: &[String]) -> Vec<CellChange> {
    let pairs = before.iter().zip(after).enumerate();
    pairs
        .filter(|(at, (before, after))| before != after && !super::parts::is_told(part, *at))
        .map(|(at, (before, after))| CellChange {
            column: super::parts::head(part, at).to_owned(),
            before: before.clone(),
            after: after.clone(),
        })
        .collect()
}
