//! The rules of a city as lines, and back: stages of conditions, limits of states, escalation, how
//! near two reports have to be, units that it lacks, and what is said once for the whole district.
//! Tests: `tests.rs`.

use super::columns::Cells;
use super::read::{Read, filled, id, list};
use crate::calendar::{Limit, LimitUnit};
use crate::case::{Card, StateRow};
use crate::catalogue::table::TableError;
use crate::catalogue::{
    CatalogueDoc, Category, Complaints, Condition, Escalation, Reach, StageLimit, StagedLimit,
    limited_states, stage_limit,
};
use crate::id::{CategoryId, ConditionId};
use crate::label::{self, City, Lang};
use crate::role::Role;
use crate::similar::{
    NEARNESS_LEAST, Nearness, NearnessRule, RADIUS_M_LIMIT, WITHIN_HOURS_LIMIT, family,
};
use std::collections::{HashMap, HashSet};

/// A state that may last as long as the case's own deadline lets it.
const UNLIMITED: &str = "不限";
/// A rule that applies as soon as the deadline has passed.
const AT_DEADLINE: &str = "到期";
/// A rule about every category.
const EVERYTHING: &str = "全部";
/// The unit that may not hand back.
pub(in crate::catalogue) const LAST_RESORT: &str = "兜底单位";
/// The number to call with a complaint.
const COMPLAINTS_PHONE: &str = "投诉电话";
/// The page to open with one.
const COMPLAINTS_URL: &str = "投诉网址";
const PHONE_CHARS_LIMIT: usize = 40;
const URL_CHARS_LIMIT: usize = 200;

const CARDS: [Card; 3] = [Card::Yellow, Card::Red, Card::None];

/// A limit that is more than nothing, as people write it.
fn limit_of(row: &Cells<'_>, at: usize) -> Read<Limit> {
    let limit = row.text(at).parse::<Limit>().ok();
    let positive = limit.filter(|limit| limit.value > 0);
    positive.ok_or_else(|| {
        let units = LimitUnit::ALL.map(LimitUnit::word).join("、");
        let zh = format!("应是大于0的整数加单位（{units}），如4工作时");
        row.wrong(at, &zh, "not a limit as 4工作时")
    })
}

/// The one of several that a cell names by its word.
fn one_of<T: Copy>(
    row: &Cells<'_>,
    at: usize,
    all: &[T],
    word: impl Fn(T) -> &'static str,
) -> Read<T> {
    let said = row.text(at);
    let found = all.iter().copied().find(|one| word(*one) == said);
    found.ok_or_else(|| {
        let words: Vec<&str> = all.iter().map(|one| word(*one)).collect();
        let zh = format!("应是{}之一", words.join("、"));
        row.wrong(at, &zh, "none of the known words")
    })
}

/// A line for each stage of a condition, in the order in which they are reached.
pub(super) fn staged_lines(conditions: &[Condition]) -> Vec<Vec<String>> {
    let mut lines = Vec::new();
    for condition in conditions {
        for stage in &condition.staged {
            lines.push(vec![
                condition.id.to_string(),
                stage.name.clone(),
                stage.limit.to_string(),
            ]);
        }
    }
    lines
}

/// The conditions with the stages of a file; what it leaves out is no stage any more.
pub(super) fn staged(rows: &[Cells<'_>], conditions: &[Condition]) -> Read<Vec<Condition>> {
    let known: HashSet<&ConditionId> = conditions.iter().map(|it| &it.id).collect();
    let mut stages: HashMap<ConditionId, Vec<StagedLimit>> = HashMap::new();
    for row in rows {
        let condition: ConditionId = id(row, 0)?;
        if !known.contains(&condition) {
            return Err(row.wrong(0, "立案条件表里没有这个编号", "no such condition"));
        }
        let stage = StagedLimit {
            name: filled(row, 1)?,
            limit: limit_of(row, 2)?,
        };
        stages.entry(condition).or_default().push(stage);
    }
    let mut new = conditions.to_vec();
    for condition in &mut new {
        condition.staged = stages.remove(&condition.id).unwrap_or_default();
    }
    Ok(new)
}

fn limited(name: &str) -> Option<&'static StateRow> {
    limited_states().find(|row| row.name == name)
}

/// A line for each state that can be limited, with the limit that holds, so that nobody has to know
/// the codes by heart; and for what can't be limited and is, so that it can be taken out.
pub(super) fn stage_lines(doc: &CatalogueDoc) -> Vec<Vec<String>> {
    let city = City(doc.labels.clone());
    let line = |state: &str, limit: Option<Limit>| {
        let limit = limit.map_or_else(|| UNLIMITED.to_owned(), |limit| limit.to_string());
        vec![state.to_owned(), city.state(state, Lang::Zh), limit]
    };
    let states = limited_states().map(|row| line(row.name, stage_limit(&doc.stage_limits, row)));
    let own = doc.stage_limits.iter();
    let others = own.filter(|own| limited(&own.state).is_none());
    let others = others.map(|own| line(&own.state, own.limit));
    states.chain(others).collect()
}

/// The limits of states by a file: where it says nothing, or what is usual anyway, the table of
/// states holds.
pub(super) fn stage_limits(rows: &[Cells<'_>], before: &[StageLimit]) -> Read<Vec<StageLimit>> {
    let mut seen = HashSet::new();
    let mut new = Vec::new();
    for row in rows {
        let state = limited(row.text(0)).ok_or_else(|| unknown_state(row))?;
        if !seen.insert(state.name) {
            return Err(twice(row));
        }
        let limit = match row.text(2) {
            "" => continue,
            UNLIMITED => None,
            _ => Some(limit_of(row, 2)?),
        };
        let place = before.iter().position(|own| own.state == state.name);
        if place.is_some() || limit != state.stage {
            let state = state.name.to_owned();
            new.push((place.unwrap_or(before.len()), StageLimit { state, limit }));
        }
    }
    // What was written down before stays in its place.
    new.sort_by_key(|(place, _)| *place);
    Ok(new.into_iter().map(|(_, own)| own).collect())
}

fn unknown_state(row: &Cells<'_>) -> TableError {
    let known: Vec<String> = limited_states()
        .map(|state| format!("{}（{}）", state.name, label::state(state.name, Lang::Zh)))
        .collect();
    let zh = format!("应是{}之一", known.join("、"));
    row.wrong(0, &zh, "no state that can be limited")
}

fn twice(row: &Cells<'_>) -> TableError {
    row.wrong(0, "前面已有一行", "stands there twice")
}

/// A rule of escalation as cells.
pub(super) fn escalation_line(rule: &Escalation) -> Vec<String> {
    let categories = match rule.categories.as_slice() {
        [] => EVERYTHING.to_owned(),
        some => some.join(";"),
    };
    let late = match (rule.late, rule.returns) {
        (Some(limit), _) => limit.to_string(),
        (None, 0) => AT_DEADLINE.to_owned(),
        (None, _) => String::new(),
    };
    let returns = match rule.returns {
        0 => String::new(),
        some => some.to_string(),
    };
    let card = rule.card.map(|card| label::card(card, Lang::Zh));
    vec![
        rule.id.clone(),
        categories,
        late,
        returns,
        label::role(rule.tell, Lang::Zh).to_owned(),
        rule.reach.word().to_owned(),
        card.unwrap_or_default().to_owned(),
        rule.takes_over.clone().unwrap_or_default(),
    ]
}

/// A rule of escalation.
pub(super) fn escalation(row: &Cells<'_>) -> Read<Escalation> {
    let categories = match row.text(1) {
        EVERYTHING => Vec::new(),
        text => list(text),
    };
    let is_code = |text: &String| CategoryId::new(text.as_str()).is_ok();
    if !categories.iter().all(is_code) {
        let zh = "应是小类编号或其开头，如E01，多个用分号隔开；不分类别填「全部」";
        return Err(row.wrong(1, zh, "no beginnings of codes as E01"));
    }
    let returns = match row.text(3) {
        "" => 0,
        text => {
            let wrong = |_| row.wrong(3, "应是整数，或不填", "not a whole number");
            text.parse::<u32>().map_err(wrong)?
        }
    };
    let late = match (row.text(2), returns) {
        ("", 0) => {
            let zh = "请填超时多久（如1工作日）或「到期」，或在「退回次数」填次数";
            return Err(row.wrong(2, zh, "say how late, or after how many returns"));
        }
        ("" | AT_DEADLINE, _) => None,
        _ => Some(limit_of(row, 2)?),
    };
    let card = match row.text(6) {
        "" => None,
        _ => Some(one_of(row, 6, &CARDS, |card| label::card(card, Lang::Zh))?),
    };
    let takes_over = Some(row.text(7)).filter(|name| !name.is_empty());
    Ok(Escalation {
        id: filled(row, 0)?,
        categories,
        late,
        returns,
        tell: one_of(row, 4, &Role::ALL, |role| label::role(role, Lang::Zh))?,
        reach: one_of(row, 5, &Reach::ALL, Reach::word)?,
        card,
        takes_over: takes_over.map(str::to_owned),
    })
}

/// What a code of the table of nearness stands for: the name of a 小类, of a 大类, or the word of a
/// kind. None where it is the beginning of codes and nothing by itself.
pub(in crate::catalogue) fn meant_by<'a>(
    categories: &'a [Category],
    code: &str,
) -> Option<&'a str> {
    let one = categories.iter().find(|it| it.id.as_str() == code);
    let group = || categories.iter().find(|it| family(&it.id) == code);
    let of_kind = |it: &&Category| code.strip_prefix(it.kind.letter()) == Some("");
    let kind = || categories.iter().find(of_kind);
    one.map(|it| it.name.as_str())
        .or_else(|| group().map(|it| it.major.as_str()))
        .or_else(|| kind().map(|it| it.kind.word()))
}

/// A line for each rule of how near two reports have to be.
pub(super) fn nearness_lines(doc: &CatalogueDoc) -> Vec<Vec<String>> {
    let line = |rule: &NearnessRule| {
        let word = meant_by(&doc.categories, &rule.category);
        vec![
            rule.category.clone(),
            word.unwrap_or_default().to_owned(),
            rule.nearness.radius_m.to_string(),
            rule.nearness.within_hours.to_string(),
        ]
    };
    doc.nearness.iter().map(line).collect()
}

/// How near two reports have to be by a file; for what it leaves out the usual holds again. Which
/// of two lines about the same holds nobody could tell, so the second is refused.
pub(super) fn nearness(rows: &[Cells<'_>]) -> Read<Vec<NearnessRule>> {
    let mut seen = HashSet::new();
    let mut rules = Vec::with_capacity(rows.len());
    for row in rows {
        let category = row.text(0);
        if CategoryId::new(category).is_err() {
            let zh = "应是小类编号（如E0110）或大类编号（如E01），一行一个";
            return Err(row.wrong(0, zh, "no code as E0110, nor the beginning of codes as E01"));
        }
        if !seen.insert(category) {
            return Err(twice(row));
        }
        rules.push(NearnessRule {
            category: category.to_owned(),
            nearness: Nearness {
                radius_m: whole(row, 2, RADIUS_M_LIMIT)?,
                within_hours: whole(row, 3, WITHIN_HOURS_LIMIT)?,
            },
        });
    }
    Ok(rules)
}

/// A whole number that can be asked for. More is refused and not cut: what the table says is what
/// holds.
fn whole(row: &Cells<'_>, at: usize, limit: u32) -> Read<u32> {
    let number = row.text(at).parse::<u32>().ok();
    let fits = number.filter(|number| (NEARNESS_LEAST..=limit).contains(number));
    fits.ok_or_else(|| {
        let zh = format!("应是{NEARNESS_LEAST}到{limit}的整数");
        let en = format!("not a whole number from {NEARNESS_LEAST} to {limit}");
        row.wrong(at, &zh, &en)
    })
}

/// A line for each unit that this district lacks.
pub(super) fn absent_lines(doc: &CatalogueDoc) -> Vec<Vec<String>> {
    let line = |name: &String| {
        let mut all = doc.departments.iter();
        let unit = all.find(|it| it.short_name == *name);
        let word = unit.map(|it| it.name.clone());
        vec![name.clone(), word.unwrap_or_default()]
    };
    doc.absent.iter().map(line).collect()
}

/// The units that this district lacks by a file; whichever it leaves out is there again.
pub(super) fn absent(rows: &[Cells<'_>]) -> Read<Vec<String>> {
    let mut seen = HashSet::new();
    let mut names = Vec::with_capacity(rows.len());
    for row in rows {
        if !seen.insert(row.text(0)) {
            return Err(twice(row));
        }
        names.push(filled(row, 0)?);
    }
    Ok(names)
}

/// A line for each thing that is said once.
pub(super) fn setting_lines(doc: &CatalogueDoc) -> Vec<Vec<String>> {
    let line = |name: &str, value: &str| vec![name.to_owned(), value.to_owned()];
    vec![
        line(LAST_RESORT, doc.last_resort.as_deref().unwrap_or_default()),
        line(COMPLAINTS_PHONE, &doc.complaints.phone),
        line(COMPLAINTS_URL, &doc.complaints.url),
    ]
}

/// The unit that may not hand back and where to complain; what has no line stays as it was.
pub(super) fn settings(
    rows: &[Cells<'_>],
    before: &CatalogueDoc,
) -> Read<(Option<String>, Complaints)> {
    let mut last_resort = before.last_resort.clone();
    let mut complaints = before.complaints.clone();
    let mut seen = HashSet::new();
    for row in rows {
        let (name, value) = (row.text(0), row.text(1));
        match name {
            LAST_RESORT => last_resort = Some(value.to_owned()).filter(|unit| !unit.is_empty()),
            COMPLAINTS_PHONE => complaints.phone = phone(row)?,
            COMPLAINTS_URL => complaints.url = url(row)?,
            _ => {
                let zh = format!("应是{LAST_RESORT}、{COMPLAINTS_PHONE}、{COMPLAINTS_URL}之一");
                return Err(row.wrong(0, &zh, "no such setting"));
            }
        }
        if !seen.insert(name) {
            return Err(twice(row));
        }
    }
    Ok((last_resort, complaints))
}

fn phone(row: &Cells<'_>) -> Read<String> {
    let text = row.text(1);
    if text.chars().count() > PHONE_CHARS_LIMIT {
        let zh = format!("最多{PHONE_CHARS_LIMIT}字");
        return Err(row.wrong(1, &zh, "too long for a phone number"));
    }
    Ok(text.to_owned())
}

fn url(row: &Cells<'_>) -> Read<String> {
    let text = row.text(1);
    let is_address = text.starts_with("https://") || text.starts_with("http://");
    if !text.is_empty() && (!is_address || text.chars().count() > URL_CHARS_LIMIT) {
        let zh = format!("应以https://或http://开头，最多{URL_CHARS_LIMIT}字");
        return Err(row.wrong(1, &zh, "no address of a page"));
    }
    Ok(text.to_owned())
}
