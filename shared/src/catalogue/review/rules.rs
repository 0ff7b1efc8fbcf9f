//! What looks wrong about the rules of a city: stages of conditions, limits of states, escalation,
//! how near two reports have to be, units that it lacks, and the unit that may not hand back.
//! Tests: `tests.rs`.

use super::suspicion::{Doubt, Suspicion, blocking, jumps, suspicion};
use crate::calendar::Limit;
use crate::catalogue::parts::{LAST_RESORT, Part, meant_by};
use crate::catalogue::{
    COMMUNITY_ROLE, CatalogueDoc, Condition, OWNER_ROLE, STREET_ROLES, StagedLimit, limited_states,
    stage_limit,
};
use crate::id::ConditionId;
use crate::label::{City, Lang};
use crate::similar::{NEARNESS_LEAST, Nearness, RADIUS_M, RADIUS_M_LIMIT, WITHIN_HOURS_LIMIT};
use std::collections::{HashMap, HashSet};

/// A wider radius is asked about: at twice the usual the next lamp, cover or bin of the same kind
/// lies within it.
const WIDE_RADIUS_M: u32 = 2 * RADIUS_M;

/// What the rules of a draft say that can't be so, or is rather a slip.
pub(super) fn of_rules(before: &CatalogueDoc, after: &CatalogueDoc) -> Vec<Suspicion> {
    let mut found = staged(before, after);
    found.extend(stages(before, after));
    found.extend(escalations(before, after));
    found.extend(nearness(before, after));
    found.extend(absent(before, after));
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

fn nearness(before: &CatalogueDoc, after: &CatalogueDoc) -> Vec<Suspicion> {
    let rules = before.nearness.iter();
    let old: HashMap<&str, Nearness> = rules
        .map(|rule| (rule.category.as_str(), rule.nearness))
        .collect();
    let mut seen = HashSet::new();
    let mut found = Vec::new();
    for rule in &after.nearness {
        let key = rule.category.as_str();
        if !seen.insert(key) {
            found.push(twice(Part::Nearness, key));
        }
        found.extend(covered(after, key));
        found.extend(reach(key, old.get(key).copied(), rule.nearness));
    }
    found
}

/// A code that is none, or that is only the beginning of some: E011 for E0110.
fn covered(doc: &CatalogueDoc, key: &str) -> Option<Suspicion> {
    let part = Part::Nearness;
    let all = doc.categories.iter();
    let covered = all.filter(|it| !key.is_empty() && it.id.as_str().starts_with(key));
    match covered.count() {
        0 => {
            let words = format!("并案范围的类别「{key}」不在小类表里");
            Some(blocking(part, Doubt::Loose, key, words))
        }
        count if meant_by(&doc.categories, key).is_none() => {
            let words =
                format!("「{key}」既不是小类也不是大类，编号以它开头的{count}个小类都按这一行");
            Some(suspicion(part, Doubt::Loose, vec![key.to_owned()], words))
        }
        _ => None,
    }
}

/// A radius or a time beyond what can be asked for, ten times as long or as short as before, or
/// wider than things of one kind lie apart.
fn reach(key: &str, was: Option<Nearness>, now: Nearness) -> Vec<Suspicion> {
    let part = Part::Nearness;
    let said = |it: Nearness| format!("相距{}米、相隔{}小时", it.radius_m, it.within_hours);
    let keys = || vec![key.to_owned()];
    if now != now.bounded() {
        let metres = format!("米数应是{NEARNESS_LEAST}到{RADIUS_M_LIMIT}");
        let hours = format!("小时数应是{NEARNESS_LEAST}到{WITHIN_HOURS_LIMIT}");
        let words = format!("「{key}」的{}超出范围，{metres}，{hours}", said(now));
        return vec![blocking(part, Doubt::LimitUnreadable, key, words)];
    }
    let was = was.map(Nearness::bounded);
    let mut found = Vec::new();
    let jumped = was.filter(|was| {
        jumps(was.radius_m.into(), now.radius_m.into())
            || jumps(was.within_hours.into(), now.within_hours.into())
    });
    if let Some(was) = jumped {
        let words = format!("「{key}」从{}变成{}，相差十倍以上", said(was), said(now));
        found.push(suspicion(part, Doubt::LimitJumps, keys(), words));
    }
    let is_wider = was.is_none_or(|was| was.radius_m < now.radius_m);
    if is_wider && now.radius_m > WIDE_RADIUS_M {
        let words = format!(
            "「{key}」相距{}米以内都会问是不是同一件，超过{WIDE_RADIUS_M}米多半已是另一处",
            now.radius_m
        );
        found.push(suspicion(part, Doubt::TooWide, keys(), words));
    }
    found
}

/// A name that is misspelt leaves the unit where it is, so it stops publishing. That categories
/// name a unit that isn't there is as it should be: their matters go on to the next in line.
fn absent(before: &CatalogueDoc, after: &CatalogueDoc) -> Vec<Suspicion> {
    let part = Part::Absent;
    let mut seen = HashSet::new();
    let mut found = Vec::new();
    for name in &after.absent {
        let key = name.as_str();
        if !seen.insert(key) {
            found.push(twice(part, key));
        }
        if !after.departments.iter().any(|it| it.short_name == *name) {
            let words = format!("本区没有的单位「{key}」不在部门表里，请按部门表的简称填写");
            found.push(blocking(part, Doubt::UnitUnknown, key, words));
        }
        if let Some(outcome) = without_role(key)
            && !before.absent.contains(name)
        {
            let words = format!("「{key}」不是一个单位，{outcome}");
            let keys = vec![key.to_owned()];
            found.push(suspicion(part, Doubt::RoleAbsent, keys, words));
        }
    }
    found
}

/// What a role is that no single unit fills, and what comes of a district without it.
fn without_role(name: &str) -> Option<&'static str> {
    if name == OWNER_ROLE {
        return Some("是产权待查案件的待认领处；列为没有后，这些案件都转给派遣员");
    }
    let is_local = STREET_ROLES.contains(&name) || name == COMMUNITY_ROLE;
    is_local.then_some("由各街道、社区分别承担；列为没有后，全区再没有案件派给它")
}
