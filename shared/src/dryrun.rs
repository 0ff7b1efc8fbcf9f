//! 试运行: which of the last days' cases a draft would have given to somebody else or another
//! deadline, before anybody publishes it.
//!
//! Every case is routed twice, at its own moment and in the mode of its own place and moment: by
//! the catalogue in force and by the draft. That is the function that will decide afterwards, so
//! the answer is what will happen. Pure; the server reads the cases. Tests: at the end, and
//! `tests/tests/catalogue.rs`.

use crate::area::AreaTree;
use crate::catalogue::Catalogue;
use crate::emergency::{EmergencyOrder, mode};
use crate::id::{AreaCode, CaseId, CategoryId, ConditionId, UnitCode};
use crate::routing::{Decision, Facts, route};
use crate::time::{MINUTE_MS, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// The longest look back, in days: a quarter holds every kind of day.
pub const DAYS_MAX: u32 = 92;
/// Cases that are routed again: the newest, two weeks of a busy prefecture city; about a second.
pub const CASES_LIMIT: usize = 20_000;
/// Cases that are shown one by one; the counts are whole.
pub const SHOWN_LIMIT: usize = 200;
/// A deadline that moves less isn't worth a line.
const DEADLINE_DIFFERS_MS: i64 = MINUTE_MS;

/// A case of the past, as far as routing asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastCase {
    /// Identity.
    pub id: CaseId,
    /// Printed number.
    pub case_no: String,
    /// What it is about.
    pub category: CategoryId,
    /// Which condition it meets.
    pub condition: ConditionId,
    /// The grid that the server found.
    pub grid: Option<AreaCode>,
    /// Other grids within the accuracy.
    pub doubt: Vec<AreaCode>,
    /// Put right on the spot.
    pub self_fixed: bool,
    /// When it came.
    pub at: Timestamp,
}

/// Who would get it, and by when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Routed {
    /// The unit.
    pub lead: UnitCode,
    /// Its name.
    pub lead_name: String,
    /// The rule.
    pub rule: String,
    /// The limit in words.
    pub limit: String,
    /// By when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline_ms: Option<Timestamp>,
}

/// A case that would go another way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Moved {
    /// The case.
    pub id: CaseId,
    /// Its printed number.
    pub case_no: String,
    /// Name of the category.
    pub category_name: String,
    /// Where it lies.
    pub place: String,
    /// By the catalogue in force.
    pub before: Routed,
    /// By the draft.
    pub after: Routed,
}

/// How much a unit would have had to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UnitLoad {
    /// The unit.
    pub unit: UnitCode,
    /// Its name.
    pub name: String,
    /// Cases by the catalogue in force.
    pub before: u64,
    /// Cases by the draft.
    pub after: u64,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DryRun {
    /// Cases from then on were looked at.
    pub since_ms: Timestamp,
    /// How many were looked at.
    pub cases: u64,
    /// There were more than [`CASES_LIMIT`]; the older ones were left out.
    pub is_cut: bool,
    /// How many would go to another unit.
    pub units_differ: u64,
    /// How many would get an earlier deadline.
    pub sooner: u64,
    /// How many would get a later deadline.
    pub later: u64,
    /// How many the draft has no category or condition for.
    pub unknown: u64,
    /// The newest [`SHOWN_LIMIT`] of those that differ.
    pub moved: Vec<Moved>,
    /// Units whose load differs, the largest difference first.
    pub loads: Vec<UnitLoad>,
}

/// Routes every case by both catalogues and compares. Give at most
/// [`CASES_LIMIT`] of them.
#[must_use]
pub fn compare(
    cases: &[PastCase],
    before: &Catalogue,
    after: &Catalogue,
    areas: &AreaTree,
    orders: &[EmergencyOrder],
    since_ms: Timestamp,
) -> DryRun {
    let mut run = DryRun {
        since_ms,
        cases: count(cases.len()),
        is_cut: cases.len() >= CASES_LIMIT,
        units_differ: 0,
        sooner: 0,
        later: 0,
        unknown: 0,
        moved: Vec::new(),
        loads: Vec::new(),
    };
    let mut loads: BTreeMap<UnitCode, UnitLoad> = BTreeMap::new();
    for case in cases {
        let (old, new) = (
            decide(case, before, areas, orders),
            decide(case, after, areas, orders),
        );
        if after.category(&case.category).is_none() || after.condition(&case.condition).is_none() {
            run.unknown += 1;
        }
        if !case.self_fixed {
            load(&mut loads, &old).before += 1;
            load(&mut loads, &new).after += 1;
        }
        run.note(case, after, areas, &old, &new);
    }
    run.loads = loads
        .into_values()
        .filter(|load| load.before != load.after)
        .collect();
    run.loads
        .sort_by_key(|load| std::cmp::Reverse(load.before.abs_diff(load.after)));
    run
}

fn count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

fn decide(
    case: &PastCase,
    catalogue: &Catalogue,
    areas: &AreaTree,
    orders: &[EmergencyOrder],
) -> Decision {
    let facts = Facts {
        category: &case.category,
        condition: &case.condition,
        grid: case.grid.as_ref(),
        doubt: &case.doubt,
        self_fixed: case.self_fixed,
    };
    let mode = mode(orders, case.grid.as_ref(), case.at);
    route(facts, catalogue, areas, mode, catalogue.calendar(), case.at)
}

fn load<'a>(loads: &'a mut BTreeMap<UnitCode, UnitLoad>, decision: &Decision) -> &'a mut UnitLoad {
    loads
        .entry(decision.lead.clone())
        .or_insert_with(|| UnitLoad {
            unit: decision.lead.clone(),
            name: decision.lead_name.clone(),
            before: 0,
            after: 0,
        })
}

impl DryRun {
    fn note(
        &mut self,
        case: &PastCase,
        catalogue: &Catalogue,
        areas: &AreaTree,
        old: &Decision,
        new: &Decision,
    ) {
        let leads_differ = old.lead != new.lead;
        let shift = match (old.deadline_ms, new.deadline_ms) {
            (Some(old), Some(new)) => new.since(old),
            // No deadline is the latest of all.
            (Some(_), None) => i64::MAX,
            (None, Some(_)) => -i64::MAX,
            (None, None) => 0,
        };
        let times_differ = shift.abs() >= DEADLINE_DIFFERS_MS;
        self.units_differ += u64::from(leads_differ);
        self.sooner += u64::from(times_differ && shift < 0);
        self.later += u64::from(times_differ && shift > 0);
        if !(leads_differ || times_differ) || self.moved.len() >= SHOWN_LIMIT {
            return;
        }
        let category = catalogue.category(&case.category);
        self.moved.push(Moved {
            id: case.id,
            case_no: case.case_no.clone(),
            category_name: category.map_or_else(|| case.category.to_string(), |c| c.name.clone()),
            place: match &case.grid {
                Some(grid) => areas.path(grid),
                None => String::from("网格之外"),
            },
            before: routed(old),
            after: routed(new),
        });
    }
}

fn routed(decision: &Decision) -> Routed {
    Routed {
        lead: decision.lead.clone(),
        lead_name: decision.lead_name.clone(),
        rule: decision.rule.clone(),
        limit: decision.limit.clone(),
        deadline_ms: decision.deadline_ms,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;
    use crate::area::{areas_from_csv, default_levels};
    use crate::catalogue::edit::{CatalogueEdit, apply};
    use crate::catalogue::shipped_doc;
    use crate::id::{CatalogueVersion, OrderId};
    use uuid::Uuid;

    /// Tuesday 24 November 2026, 17:00 in China: an hour before work ends.
    const AT: Timestamp = Timestamp(1_795_510_800_000);

    fn areas() -> AreaTree {
        let levels = default_levels();
        let text = include_str!("../../data/districts/350703/areas.csv");
        AreaTree::new(levels.clone(), areas_from_csv(text, &levels).unwrap()).unwrap()
    }

    fn catalogues(edits: &[CatalogueEdit]) -> (Catalogue, Catalogue) {
        let doc = shipped_doc(CatalogueVersion::new("t-1").unwrap(), vec![]).unwrap();
        let mut draft = doc.clone();
        for edit in edits {
            apply(&mut draft, edit).unwrap();
        }
        (Catalogue::new(doc).unwrap(), Catalogue::new(draft).unwrap())
    }

    fn case(number: u128, category: &str) -> PastCase {
        PastCase {
            id: CaseId(Uuid::from_u128(number)),
            case_no: format!("JY-{number}"),
            category: CategoryId::new(category).unwrap(),
            condition: ConditionId::new(format!("{category}-1")).unwrap(),
            grid: Some(AreaCode::new("350703001012").unwrap()),
            doubt: Vec::new(),
            self_fixed: false,
            at: AT,
        }
    }

    #[test]
    fn moved_cases_deadlines_and_loads_are_counted_and_the_rest_stays_silent() {
        let (before, after) = catalogues(&[
            CatalogueEdit::Lead {
                category: CategoryId::new("E0110").unwrap(),
                lead: String::from("属地街道"),
            },
            CatalogueEdit::Limit {
                condition: ConditionId::new("C0101-1").unwrap(),
                value: 9,
                unit: String::from("工作时"),
            },
        ]);
        let mut fixed = case(4, "E0110");
        fixed.self_fixed = true;
        let cases = [case(1, "E0110"), case(2, "C0101"), case(3, "C0102"), fixed];
        let run = compare(&cases, &before, &after, &areas(), &[], AT);
        assert_eq!((run.cases, run.units_differ), (4, 2));
        assert_eq!((run.sooner, run.later, run.unknown), (0, 1, 0));
        let moved: Vec<&str> = run.moved.iter().map(|it| it.case_no.as_str()).collect();
        assert_eq!(moved, ["JY-1", "JY-2", "JY-4"]);
        let first = run.moved.first().unwrap();
        assert_eq!(
            (
                first.before.lead_name.as_str(),
                first.after.lead_name.as_str()
            ),
            ("环卫中心", "潭城街道办事处")
        );
        let loads: Vec<(&str, u64, u64)> = run
            .loads
            .iter()
            .map(|it| (it.name.as_str(), it.before, it.after))
            .collect();
        // What was put right on the spot is nobody's load.
        assert_eq!(loads, [("环卫中心", 1, 0), ("潭城街道办事处", 0, 1)]);
    }

    #[test]
    fn each_case_is_judged_in_the_mode_of_its_own_moment() {
        let (before, after) = catalogues(&[CatalogueEdit::Limit {
            condition: ConditionId::new("E0110-1").unwrap(),
            value: 4,
            unit: String::from("紧急工作时"),
        }]);
        let order = EmergencyOrder {
            id: OrderId(Uuid::from_u128(1)),
            number: String::from("1号"),
            area: AreaCode::new("350703").unwrap(),
            from_ms: Timestamp(AT.0 - 10),
            until_ms: Some(Timestamp(AT.0 + 10)),
            words: String::new(),
            categories: Vec::new(),
        };
        let mut later = case(2, "E0110");
        later.at = Timestamp(AT.0 + 60_000);
        let cases = [case(1, "E0110"), later];
        let run = compare(&cases, &before, &after, &areas(), &[order], AT);
        // In the emergency the limit ran through the night anyway.
        assert_eq!((run.sooner, run.later), (1, 0));
        assert_eq!(run.moved.first().unwrap().case_no, "JY-2");
    }
}
