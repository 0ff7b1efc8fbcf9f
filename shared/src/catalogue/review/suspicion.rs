//! What looks wrong about a draft.
//!
//! The fault that this was written for: somebody drags a cell down a column and the spreadsheet
//! counts "深度2厘米" up to 3, 4, 5 (`docs/DOMAIN.md`).

use super::Keyed;
use crate::calendar::{Limit, LimitUnit};
use crate::catalogue::parts::Part;
use crate::catalogue::{Catalogue, CatalogueDoc, Condition};
use crate::id::ConditionId;
use crate::label::{self, Lang};
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};
use utoipa::ToSchema;

/// Rows one below the other in which a number counts up by one: fewer are common by themselves.
pub const RUN_ROWS_MIN: usize = 3;
/// A limit this many times as long or as short as before is rather a slip of the hand.
const LIMIT_JUMP: i64 = 10;

/// What kind of suspicion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Doubt {
    /// A number counts up by one from row to row, as when a cell is dragged down.
    CountsUp,
    /// A limit is ten times as long or as short as before.
    LimitJumps,
    /// A unit that isn't there, or is retired.
    UnitUnknown,
    /// A code stands there twice.
    Twice,
    /// Something has no name.
    NameEmpty,
    /// A unit of time that isn't one, a limit of nothing, or one beyond what can be asked for.
    LimitUnreadable,
    /// Something of a category or a state that isn't there, or a category without any condition.
    Loose,
    /// A radius within which other things of the same kind lie.
    TooWide,
    /// A role that no single unit fills is said not to be there.
    RoleAbsent,
    /// A stage that ends before the one above it.
    OutOfOrder,
    /// Something that changes nothing as it stands there.
    NoEffect,
    /// The whole can't be used.
    Unusable,
}

/// Something that looks wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Suspicion {
    /// In which part.
    pub part: Part,
    /// What kind.
    pub doubt: Doubt,
    /// Codes of the rows.
    pub keys: Vec<String>,
    /// What is wrong, in words.
    pub words: String,
    /// The draft can't be published with it.
    pub blocks: bool,
}

pub(super) fn suspicion(part: Part, doubt: Doubt, keys: Vec<String>, words: String) -> Suspicion {
    Suspicion {
        part,
        doubt,
        keys,
        words,
        blocks: false,
    }
}

pub(super) fn blocking(part: Part, doubt: Doubt, key: &str, words: String) -> Suspicion {
    Suspicion {
        blocks: true,
        ..suspicion(part, doubt, vec![key.to_owned()], words)
    }
}

/// Runs of rows in which one number of a cell counts up by one, with something new among them.
pub(super) fn counting(part: Part, old: &Keyed, new: &Keyed) -> Vec<Suspicion> {
    let columns: &[&str] = match part {
        Part::Conditions => &["name", "closing", "limit_value"],
        Part::Categories => &["name"],
        Part::StageLimits => &["limit"],
        // Stages and steps of escalation count up by themselves.
        Part::Staged
        | Part::Escalations
        | Part::Nearness
        | Part::Settings
        | Part::Departments
        | Part::Absent
        | Part::StreetMatters
        | Part::GridMatters
        | Part::Calendar
        | Part::Labels
        | Part::Patrols => &[],
    };
    let rows: Vec<&(String, Vec<String>)> = new
        .rows
        .iter()
        .filter(|(_, cells)| !new.is_retired(cells))
        .collect();
    let mut found = Vec::new();
    for column in columns {
        let cell = |at: usize| {
            rows.get(at)
                .map_or("", |(_, cells)| new.cell(cells, column))
        };
        let unit = |at: usize| {
            rows.get(at)
                .map_or("", |(_, cells)| new.cell(cells, "limit_unit"))
        };
        let is_limit = *column == "limit_value";
        let mut start = 0;
        while start < rows.len() {
            let mut end = start + 1;
            let mut place = None;
            while end < rows.len() && (!is_limit || unit(end) == unit(start)) {
                let step = counts_up(cell(end - 1), cell(end));
                if step.is_none() || (place.is_some() && step != place) {
                    break;
                }
                place = step;
                end += 1;
            }
            let run = rows.get(start..end).unwrap_or_default();
            let is_new = |(key, cells): &(String, Vec<String>)| {
                let before = old.get(key);
                before.is_none_or(|before| old.cell(before, column) != new.cell(cells, column))
            };
            if run.len() >= RUN_ROWS_MIN && run.iter().any(|row| is_new(row)) {
                let (first, last) = (cell(start), cell(end - 1));
                let words = format!(
                    "连续{}行的数字逐行加一，像是下拉填充造成的：从「{first}」到「{last}」",
                    run.len()
                );
                let keys = run.iter().map(|(key, _)| key.clone()).collect();
                found.push(suspicion(part, Doubt::CountsUp, keys, words));
            }
            // The last row of a run may begin the next one.
            start = if end > start + 1 { end - 1 } else { end };
        }
    }
    found
}

/// Which number of a text is one more in the text below, when nothing else differs.
fn counts_up(above: &str, below: &str) -> Option<usize> {
    let (above, below) = (pieces(above), pieces(below));
    if above.len() != below.len() {
        return None;
    }
    let mut step = None;
    for (at, (one, other)) in above.iter().zip(&below).enumerate() {
        if one == other {
            continue;
        }
        let (one, other): (u64, u64) = (one.parse().ok()?, other.parse().ok()?);
        if step.is_some() || other != one.checked_add(1)? {
            return None;
        }
        step = Some(at);
    }
    step
}

/// A text cut into numbers and what stands between them.
fn pieces(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let digits = first.is_ascii_digit();
        let end = rest
            .find(|letter: char| letter.is_ascii_digit() != digits)
            .unwrap_or(rest.len());
        let (piece, left) = rest.split_at(end);
        pieces.push(piece);
        rest = left;
    }
    pieces
}

/// What the documents say about themselves.
pub(super) fn of_content(before: &CatalogueDoc, after: &CatalogueDoc) -> Vec<Suspicion> {
    let mut found = twice(after);
    found.extend(units(after));
    found.extend(names(after));
    found.extend(limits(before, after));
    found.extend(loose(after));
    found.extend(super::rules::of_rules(before, after));
    found.extend(rounds(after));
    if !found.iter().any(|one| one.blocks)
        && let Err(error) = Catalogue::new(after.clone())
    {
        let words = format!("这份草稿不能用：{error}");
        found.push(blocking(Part::Calendar, Doubt::Unusable, "", words));
    }
    found
}

fn twice(doc: &CatalogueDoc) -> Vec<Suspicion> {
    let categories = doc.categories.iter().map(|it| it.id.to_string());
    let conditions = doc.conditions.iter().map(|it| it.id.to_string());
    let codes = doc.departments.iter().map(|it| it.code.to_string());
    let short_names = doc.departments.iter().map(|it| it.short_name.clone());
    let mut found = Vec::new();
    let mut look = |part: Part, keys: &mut dyn Iterator<Item = String>| {
        let mut seen = HashSet::new();
        for key in keys {
            if !seen.insert(key.clone()) {
                let words = format!("「{key}」出现了两次");
                found.push(blocking(part, Doubt::Twice, &key, words));
            }
        }
    };
    look(Part::Categories, &mut { categories });
    look(Part::Conditions, &mut { conditions });
    look(Part::Departments, &mut { codes });
    look(Part::Departments, &mut { short_names });
    found
}

/// Rounds that nobody could walk as they are.
fn rounds(doc: &CatalogueDoc) -> Vec<Suspicion> {
    let live = doc.patrols.iter().filter(|round| !round.retired);
    let wrong = live.filter_map(|round| Some((round, round.check().err()?)));
    wrong
        .map(|(round, fault)| {
            let words = label::round_fault(fault, Lang::Zh);
            let words = format!("巡查路线「{}」：{words}", round.name);
            blocking(Part::Patrols, Doubt::Unusable, &round.id, words)
        })
        .collect()
}

fn units(doc: &CatalogueDoc) -> Vec<Suspicion> {
    let known: HashMap<&str, bool> = doc
        .departments
        .iter()
        .map(|it| (it.short_name.as_str(), it.retired))
        .collect();
    let mut found = Vec::new();
    for category in doc.categories.iter().filter(|it| !it.retired) {
        for name in std::iter::once(&category.lead).chain(&category.assisting) {
            let key = category.id.as_str();
            match known.get(name.as_str()) {
                Some(false) => {}
                Some(true) => {
                    let words = format!("「{}」的单位「{name}」已停用", category.name);
                    let keys = vec![key.to_owned()];
                    found.push(suspicion(Part::Categories, Doubt::UnitUnknown, keys, words));
                }
                None => {
                    let words = format!("「{}」的单位「{name}」不在部门表里", category.name);
                    found.push(blocking(Part::Categories, Doubt::UnitUnknown, key, words));
                }
            }
        }
    }
    found
}

fn names(doc: &CatalogueDoc) -> Vec<Suspicion> {
    let categories = doc
        .categories
        .iter()
        .map(|it| (Part::Categories, it.id.as_str(), &it.name));
    let conditions = doc
        .conditions
        .iter()
        .map(|it| (Part::Conditions, it.id.as_str(), &it.name));
    let departments = doc
        .departments
        .iter()
        .map(|it| (Part::Departments, it.code.as_str(), &it.short_name));
    categories
        .chain(conditions)
        .chain(departments)
        .filter(|(_, _, name)| name.trim().is_empty())
        .map(|(part, key, _)| blocking(part, Doubt::NameEmpty, key, format!("{key} 的名称是空的")))
        .collect()
}

fn length_ms(condition: &Condition) -> Option<i64> {
    let unit = LimitUnit::parse(&condition.limit_unit)?;
    let value = condition.limit_value;
    (value > 0).then(|| Limit { value, unit }.length_ms())
}

/// Whether a limit is so many times as long or as short as it was.
pub(super) fn jumps(was: i64, length: i64) -> bool {
    length >= was.saturating_mul(LIMIT_JUMP) || was >= length.saturating_mul(LIMIT_JUMP)
}

fn limits(before: &CatalogueDoc, after: &CatalogueDoc) -> Vec<Suspicion> {
    let old: HashMap<&ConditionId, &Condition> =
        before.conditions.iter().map(|it| (&it.id, it)).collect();
    let mut found = Vec::new();
    for condition in after.conditions.iter().filter(|it| !it.retired) {
        let key = condition.id.as_str();
        let said = |it: &Condition| format!("{}{}", it.limit_value, it.limit_unit);
        let Some(length) = length_ms(condition) else {
            let words = format!("「{}」的时限「{}」读不懂", condition.name, said(condition));
            found.push(blocking(
                Part::Conditions,
                Doubt::LimitUnreadable,
                key,
                words,
            ));
            continue;
        };
        let before = old.get(&condition.id).copied();
        let Some((before, was)) = before.and_then(|it| Some((it, length_ms(it)?))) else {
            continue;
        };
        if jumps(was, length) {
            let words = format!(
                "「{}」的时限从{}变成{}，相差十倍以上",
                condition.name,
                said(before),
                said(condition)
            );
            let keys = vec![key.to_owned()];
            found.push(suspicion(Part::Conditions, Doubt::LimitJumps, keys, words));
        }
    }
    found
}

fn loose(doc: &CatalogueDoc) -> Vec<Suspicion> {
    let categories: HashSet<&str> = doc.categories.iter().map(|it| it.id.as_str()).collect();
    let live = doc.conditions.iter().filter(|it| !it.retired);
    let with_conditions: HashSet<&str> = live.map(|it| it.category.as_str()).collect();
    let mut found = Vec::new();
    for condition in &doc.conditions {
        if !categories.contains(condition.category.as_str()) {
            let words = format!("小类 {} 不在小类表里", condition.category);
            let key = condition.id.as_str();
            found.push(blocking(Part::Conditions, Doubt::Loose, key, words));
        }
    }
    for category in doc.categories.iter().filter(|it| !it.retired) {
        if !with_conditions.contains(category.id.as_str()) {
            let words = format!("「{}」没有立案条件，手持端不能上报", category.name);
            let keys = vec![category.id.to_string()];
            found.push(suspicion(Part::Categories, Doubt::Loose, keys, words));
        }
    }
    let streets = doc
        .street_matters
        .iter()
        .map(|it| (Part::StreetMatters, &it.category));
    let grids = doc
        .grid_matters
        .iter()
        .map(|it| (Part::GridMatters, &it.category));
    for (part, category) in streets.chain(grids) {
        if !categories.contains(category.as_str()) {
            let words = format!("小类 {category} 不在小类表里");
            found.push(blocking(part, Doubt::Loose, category.as_str(), words));
        }
    }
    found
}
