//! Which unit gets a report, by when, and why. Pure: the handheld previews with the very same
//! function, so worker and server differ only when their catalogue or their facts differ.
//!
//! Order of candidates (常熟 2011 rules, `docs/DOMAIN.md`): a 部件 goes to its owner first and to
//! the locality second; an 事件 the other way round where the table names the locality. A street is
//! given only what is on its list. Nobody found means the dispatcher's pool: never lost.

use crate::area::AreaTree;
use crate::calendar::{Calendar, Limit, LimitUnit};
use crate::catalogue::{
    COMMUNITY_ROLE, Catalogue, Category, CategoryKind, OWNER_ROLE, STREET_ROLES,
};
use crate::id::{AreaCode, CatalogueVersion, CategoryId, ConditionId, UnitCode};
use crate::time::Timestamp;
use crate::unit::{self, Unit};
use considered::Weighing;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

mod considered;

pub use considered::{Candidate, Verdict};

/// Peace-time or emergency (平急转换). In an emergency every limit runs through nights and
/// holidays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// 平时.
    #[default]
    Peace,
    /// 急时.
    Emergency,
}

impl Mode {
    /// Whether it is the usual one.
    #[must_use]
    pub const fn is_peace(&self) -> bool {
        matches!(self, Self::Peace)
    }

    /// What people call it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Peace => "平时",
            Self::Emergency => "急时",
        }
    }
}

/// What routing needs to know of a report.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// What it is about.
    pub category: &'a CategoryId,
    /// Which condition it meets.
    pub condition: &'a ConditionId,
    /// The grid it lies in, none outside the district.
    pub grid: Option<&'a AreaCode>,
    /// Other grids within the accuracy of the position.
    pub doubt: &'a [AreaCode],
    /// 自处置: put right on the spot.
    pub self_fixed: bool,
}

/// Where a report goes and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Decision {
    /// The unit that acts; a pool when nobody was found by rule.
    pub lead: UnitCode,
    /// What people call it.
    pub lead_name: String,
    /// Units that are told and share the file.
    pub assisting: Vec<Unit>,
    /// By when it has to be put right, counted from `now`; none if the condition is unknown.
    pub deadline_ms: Option<Timestamp>,
    /// The limit in the table's words: 2紧急工作时.
    pub limit: String,
    /// Short name of the rule that decided: `部件先属主`.
    pub rule: String,
    /// The reasons in words a person can read, in order.
    pub because: Vec<String>,
    /// A person has to decide: the lead is a pool.
    pub needs_person: bool,
    /// The catalogue that decided; none in a decision of before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub catalogue_version: Option<CatalogueVersion>,
    /// The mode of that place and moment.
    #[serde(default, skip_serializing_if = "Mode::is_peace")]
    pub mode: Mode,
    /// The facts that the rule matched, in words: kind, category, condition, grid.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub matched: Vec<String>,
    /// Every candidate of the table's line with the verdict on it, in the order weighed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub considered: Vec<Candidate>,
}

/// Rule names. Data for statistics and words for people at once.
pub mod rule {
    /// A 部件 goes to its owner.
    pub const OWNER_FIRST: &str = "部件先属主";
    /// The owner isn't here, so the locality.
    pub const THEN_LOCALITY: &str = "属主缺位转属地";
    /// An 事件 goes to the locality.
    pub const LOCALITY_FIRST: &str = "事件先属地";
    /// An 事件 or request for help goes to the department the table names.
    pub const DEPARTMENT: &str = "按主管部门";
    /// The locality may not be given it, so a department.
    pub const NOT_FOR_STREET: &str = "不在街道履职清单";
    /// The owner is unknown: to be claimed.
    pub const CLAIM: &str = "产权待认领";
    /// Nobody was found.
    pub const DISPATCHER: &str = "转派遣员";
    /// Put right on the spot.
    pub const SELF_FIXED: &str = "现场自处置";
}

/// Decides. Never fails: what no rule covers goes to the dispatcher with the reason.
#[must_use]
pub fn route(
    facts: Facts<'_>,
    catalogue: &Catalogue,
    areas: &AreaTree,
    mode: Mode,
    calendar: &Calendar,
    now: Timestamp,
) -> Decision {
    let mut because = Weighing::at(now);
    let limit = catalogue
        .limit(facts.condition)
        .map(|limit| in_mode(limit, mode));
    let (choice, category) = match catalogue.category(facts.category) {
        Some(category) => {
            because.push(format!(
                "{}「{}·{}」",
                category.kind.word(),
                category.major,
                category.name
            ));
            (
                choose(category, facts, catalogue, areas, &mut because),
                Some(category),
            )
        }
        None => {
            because.push(format!("目录里没有类别 {}", facts.category));
            (None, None)
        }
    };
    let (lead, rule) = choice.unwrap_or_else(|| (dispatcher(facts, areas), rule::DISPATCHER));
    let rule = if facts.self_fixed {
        rule::SELF_FIXED
    } else {
        rule
    };
    if facts.self_fixed {
        because.push(String::from("网格员已当场处置，不再派遣"));
    } else if lead.pool && rule == rule::DISPATCHER {
        because.push(String::from("没有规则能定责任单位，由派遣员决定"));
    }
    let deadline_ms = limit.map(|limit| calendar.deadline(now, limit));
    if let (Some(limit), Some(condition)) = (limit, catalogue.condition(facts.condition)) {
        because.push(format!("立案条件「{}」，时限 {limit}", condition.name));
    }
    if mode == Mode::Emergency {
        because.push(String::from("急时：时限昼夜连续计算"));
    }
    let assisting = category.map_or_else(Vec::new, |category| {
        because.leave(std::iter::once(&category.lead).chain(&category.assisting));
        assisting(category, &lead, facts, catalogue, areas)
    });
    Decision {
        catalogue_version: Some(catalogue.version().clone()),
        mode,
        matched: matched(facts, catalogue, areas, mode),
        considered: because.considered,
        needs_person: lead.pool && !facts.self_fixed,
        lead: lead.code,
        lead_name: lead.name,
        assisting,
        deadline_ms,
        limit: limit.map(|limit| limit.to_string()).unwrap_or_default(),
        rule: rule.to_owned(),
        because: because.because,
    }
}

/// The facts that the rules looked at, in words.
fn matched(facts: Facts<'_>, catalogue: &Catalogue, areas: &AreaTree, mode: Mode) -> Vec<String> {
    let mut words = Vec::with_capacity(5);
    if let Some(category) = catalogue.category(facts.category) {
        words.push(format!("类别 {} {}", category.id, category.name));
    }
    if let Some(condition) = catalogue.condition(facts.condition) {
        words.push(format!("立案条件 {} {}", condition.id, condition.name));
    }
    words.push(match facts.grid {
        Some(grid) => format!("网格 {grid} {}", areas.path(grid)),
        None => String::from("不在任何网格内"),
    });
    words.push(mode.word().to_owned());
    if facts.self_fixed {
        words.push(String::from("现场自处置"));
    }
    words
}

/// A limit as it counts in this mode: in an emergency it runs through nights and holidays.
#[must_use]
pub const fn in_mode(limit: Limit, mode: Mode) -> Limit {
    let unit = match (mode, limit.unit) {
        (Mode::Emergency, LimitUnit::WorkHour) => LimitUnit::UrgentHour,
        (Mode::Emergency, LimitUnit::WorkDay) => LimitUnit::UrgentDay,
        (_, unit) => unit,
    };
    Limit {
        value: limit.value,
        unit,
    }
}

fn is_local(short_name: &str) -> bool {
    STREET_ROLES.contains(&short_name) || short_name == COMMUNITY_ROLE
}

fn dispatcher(facts: Facts<'_>, areas: &AreaTree) -> Unit {
    let root = areas.root().map(|root| root.code.clone());
    let area = facts.grid.cloned().or(root);
    let code = match &area {
        Some(area) => unit::dispatch_pool(area),
        None => unit::dispatch_pool(&nowhere()),
    };
    Unit {
        code,
        name: String::from("派遣员"),
        area: area.unwrap_or_else(nowhere),
        pool: true,
    }
}

#[expect(clippy::expect_used, reason = "a constant text of allowed characters")]
fn nowhere() -> AreaCode {
    AreaCode::new("000000").expect("a constant code")
}

/// Tries the table's candidates in the order of the kind; `None` means nobody.
fn choose(
    category: &Category,
    facts: Facts<'_>,
    catalogue: &Catalogue,
    areas: &AreaTree,
    because: &mut Weighing,
) -> Option<(Unit, &'static str)> {
    if facts.grid.is_none() {
        because.push(String::from("位置不在任何网格内"));
        return None;
    }
    let local_first = is_local(&category.lead);
    let first_rule = match (category.kind, local_first) {
        (CategoryKind::Component, false) => rule::OWNER_FIRST,
        (_, true) => rule::LOCALITY_FIRST,
        (_, false) => rule::DEPARTMENT,
    };
    if let Some(unit) = offer(&category.lead, category, facts, catalogue, areas, because) {
        let why = match first_rule {
            rule::OWNER_FIRST => format!("部件先找权属单位：{}", unit.name),
            rule::LOCALITY_FIRST => format!("属地负责：{}", unit.name),
            _ => format!("主管单位：{}", unit.name),
        };
        because.take(&category.lead, unit.code.clone(), why);
        return Some((unit, first_rule));
    }
    // The second round: the other side of the table's line.
    let others = category
        .assisting
        .iter()
        .filter(|name| name.as_str() != OWNER_ROLE);
    for name in others.filter(|name| is_local(name) != local_first) {
        if let Some(unit) = offer(name, category, facts, catalogue, areas, because) {
            because.take(name, unit.code.clone(), format!("改派{}", unit.name));
            let rule = if local_first {
                rule::NOT_FOR_STREET
            } else {
                rule::THEN_LOCALITY
            };
            return Some((unit, rule));
        }
    }
    // Last, the owner that still has to be found.
    let to_claim = !local_first && category.assisting.iter().any(|name| name == OWNER_ROLE);
    let pool =
        to_claim.then(|| offer(OWNER_ROLE, category, facts, catalogue, areas, because))??;
    let why = format!("产权单位待查，先入{}", pool.name);
    because.take(OWNER_ROLE, pool.code.clone(), why);
    Some((pool, rule::CLAIM))
}

/// One candidate, or the reason in words why it can't be given the matter.
fn offer(
    name: &str,
    category: &Category,
    facts: Facts<'_>,
    catalogue: &Catalogue,
    areas: &AreaTree,
    because: &mut Weighing,
) -> Option<Unit> {
    let Some(unit) = unit::resolve(name, facts.grid, catalogue, areas) else {
        let why = format!("本区没有{name}");
        because.refuse(name, None, Verdict::Absent, why);
        return None;
    };
    if !is_local(name) {
        return Some(unit);
    }
    let street = unit.area.street()?;
    if !catalogue.street_may_take_at(&street, &category.id, because.at) {
        let why = format!("{}的履职清单里没有这件事", areas.name(&street));
        because.refuse(name, Some(unit.code), Verdict::NotOnList, why);
        return None;
    }
    let level = if name == COMMUNITY_ROLE {
        AreaCode::community
    } else {
        AreaCode::street
    };
    let here = facts.grid.and_then(level);
    let elsewhere = facts.doubt.iter().find(|other| level(other) != here);
    if let Some(other) = elsewhere {
        let why = format!("位置精度范围内还有 {}，属地未定", areas.path(other));
        because.refuse(name, Some(unit.code), Verdict::InDoubt, why);
        return None;
    }
    Some(unit)
}

fn assisting(
    category: &Category,
    lead: &Unit,
    facts: Facts<'_>,
    catalogue: &Catalogue,
    areas: &AreaTree,
) -> Vec<Unit> {
    category
        .assisting
        .iter()
        .filter_map(|name| unit::resolve(name, facts.grid, catalogue, areas))
        .filter(|unit| unit.code != lead.code && !unit.pool)
        .collect()
}
