//! What looks wrong about the rules of a city: stages of conditions, limits of states, escalation,
//! and the unit that may not hand back. Tests: `tests.rs`.

use super::suspicion::{Doubt, Suspicion, blocking, jumps, suspicion};
use crate::calendar::Limit;
use crate::catalogue::parts::{LAST_RESORT, Part};
use crate::catalogue::{
    CatalogueDoc, Condition, OWNER_ROLE, StagedLimit, limited_states, stage_limit,
};
use crate::id::ConditionId;
use crate::label::{City, Lang};
use std::collections::{HashMap, HashSet};

/// What the rules of a draft say that can't be so, or is rather a slip.
pub(super) fn of_rules(before: &CatalogueDoc, after: &CatalogueDoc) -> Vec<Suspicion> {
    let mut found = staged(before, after);
    found.extend(stages(before, after));
    found.extend(escalations(before, after));
    let last = after.last_resort.as_deref();
    found.extend(last.and_then(|name| unit(after, Part::Settings, LAST_RESORT, LAST_RESORT, name)));
    found
}

/// A limit of nothing, or one that is ten times as long or as short as before.
fn limit(part: Part, key: &str, name: &str, was: Option<Limit>, now: Limit) -> Option<Suspicion> {
    if now.value == 0 {
        let words = format!("「{name}」的时限是{now}，应大于0");
        return Some(blocking(part, Doubt::LimitUnreadable, key, words));
    }
    let was = was.filter(|was| was.value > 0)?;
    jumps(was.length_ms(), now.length_ms()).then(|| {
        let words = format!("「{name}」的时限从{was}变成{now}，相差十倍以上");
        suspicion(part, Doubt::LimitJumps, vec![key.to_owned()], words)
    })
}

/// A unit that isn't there, is retired, or is none of this district's.
fn unit(doc: &CatalogueDoc, part: Part, key: &str, what: &str, name: &str) -> Option<Suspicion> {
    let mut all = doc.departments.iter();
    let (blocks, wrong) = match all.find(|it| it.short_name == name) {
        None => (true, "不在部门表里"),
        Some(it) if it.retired => (false, "已停用"),
        Some(_) if doc.absent.iter().any(|absent| absent == name) => (false, "本区没有"),
        Some(_) => return None,
    };
    let words = format!("{what}「{name}」{wrong}");
    Some(Suspicion {
        blocks,
        ..suspicion(part, Doubt::UnitUnknown, vec![key.to_owned()], words)
    })
}

fn twice(part: Part, key: &str) -> Suspicion {
    blocking(part, Doubt::Twice, key, format!("「{key}」出现了两次"))
}

fn staged(before: &CatalogueDoc, after: &CatalogueDoc) -> Vec<Suspicion> {
    let mut old: HashMap<(&ConditionId, &str), Limit> = HashMap::new();
    for condition in &before.conditions {
        for stage in &condition.staged {
            old.insert((&condition.id, stage.name.as_str()), stage.limit);
        }
    }
    let mut found = Vec::new();
    for condition in after.conditions.iter().filter(|it| !it.retired) {
        let mut seen = HashSet::new();
        for stage in &condition.staged {
            let key = format!("{} {}", condition.id, stage.name);
            let was = old.get(&(&condition.id, stage.name.as_str())).copied();
            found.extend(limit(Part::Staged, &key, &key, was, stage.limit));
            if !seen.insert(stage.name.as_str()) {
                found.push(twice(Part::Staged, &key));
            }
        }
        let pairs = condition.staged.iter().zip(condition.staged.iter().skip(1));
        found.extend(pairs.filter_map(|(above, below)| out_of_order(condition, above, below)));
    }
    found
}

/// Both run from the dispatch, so a later stage with a shorter limit is due first.
fn out_of_order(
    condition: &Condition,
    above: &StagedLimit,
    below: &StagedLimit,
) -> Option<Suspicion> {
    let same_clock = above.limit.unit.clock() == below.limit.unit.clock();
    let sooner = below.limit.length_ms() < above.limit.length_ms();
    (same_clock && sooner).then(|| {
        let words = format!(
            "「{}」的阶段「{}」（{}）比上一阶段「{}」（{}）先到期，时限都从派遣算起",
            condition.name, below.name, below.limit, above.name, above.limit
        );
        let key = format!("{} {}", condition.id, below.name);
        suspicion(Part::Staged, Doubt::OutOfOrder, vec![key], words)
    })
}

fn stages(before: &CatalogueDoc, after: &CatalogueDoc) -> Vec<Suspicion> {
    let city = City(after.labels.clone());
    let mut found = Vec::new();
    for row in limited_states() {
        let was = stage_limit(&before.stage_limits, row);
        if let Some(now) = stage_limit(&after.stage_limits, row) {
            let name = city.state(row.name, Lang::Zh);
            found.extend(limit(Part::StageLimits, row.name, &name, was, now));
        }
    }
    let mut seen = HashSet::new();
    for own in &after.stage_limits {
        let key = own.state.as_str();
        if !limited_states().any(|row| row.name == key) {
            let words = format!("「{key}」不是可以限时的环节，请删去这一行");
            found.push(blocking(Part::StageLimits, Doubt::Loose, key, words));
        }
        if !seen.insert(key) {
            found.push(twice(Part::StageLimits, key));
        }
    }
    found
}

fn escalations(before: &CatalogueDoc, after: &CatalogueDoc) -> Vec<Suspicion> {
    let part = Part::Escalations;
    let rules = before.escalations.iter();
    let old: HashMap<&str, Limit> = rules
        .filter_map(|rule| Some((rule.id.as_str(), rule.late?)))
        .collect();
    let mut seen = HashSet::new();
    let mut found = Vec::new();
    for rule in &after.escalations {
        let key = rule.id.as_str();
        if !seen.insert(key) {
            found.push(twice(part, key));
        }
        for prefix in &rule.categories {
            let mut all = after.categories.iter();
            if !all.any(|it| it.id.as_str().starts_with(prefix.as_str())) {
                let words = format!("升级规则「{key}」的类别「{prefix}」不在小类表里");
                found.push(blocking(part, Doubt::Loose, key, words));
            }
        }
        if let Some(late) = rule.late {
            found.extend(limit(part, key, key, old.get(key).copied(), late));
            if rule.returns > 0 {
                let words = format!("升级规则「{key}」填了退回次数，所填超时不起作用");
                let keys = vec![key.to_owned()];
                found.push(suspicion(part, Doubt::NoEffect, keys, words));
            }
        }
        if let Some(name) = &rule.takes_over {
            let what = format!("升级规则「{key}」的接办单位");
            found.extend(unit(after, part, key, &what, name));
            if name == OWNER_ROLE {
                let words = format!("{what}「{name}」是待认领，没有人办，案件不会转过去");
                let keys = vec![key.to_owned()];
                found.push(suspicion(part, Doubt::NoEffect, keys, words));
            }
        }
    }
    found
}
