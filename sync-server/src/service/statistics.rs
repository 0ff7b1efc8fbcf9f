//! Statistics of units, places and desks: counted with every move, read by days and units, and
//! counted again from the trails when somebody wants to know whether they are right.
//!
//! What is counted and what it means is `shared::indicators`. Nothing here knows a person.
//! Tests: `tests/tests/statistics.rs`.

mod recount;

pub use recount::{Difference, differences, ensure_counted, rebuild};

use super::cases::EventFacts;
use super::{Fault, Result};
use crate::service::district::District;
use crate::store::events::NewEvent;
use crate::store::rollups::{Kind, Slot, TrailRow};
use crate::store::{self, Tx};
use shared::area::{COMMUNITY_CODE_LEN, STREET_CODE_LEN, Scope};
use shared::id::{AreaCode, CaseId, UnitCode};
use shared::indicators::{
    self, Course, Delta, Entry, Indicator, Level, Numbers, Score, Who, indicators_of,
};
use shared::label::Lang;
use shared::role::{Action, Actor, Subject, may};
use shared::time::{Timestamp, day_text, read_day};
use shared::wire::console::{
    IndicatorRow, RateRow, Statistics, StatisticsBy, StatisticsQuery, StatisticsRow,
};
use std::collections::BTreeMap;

/// Days of one answer: three years.
pub const DAYS_MAX: i64 = 1_100;

/// What the newest entry of a case's trail changes, to be written with it. `places` are the grids
/// that the case is in before and after it: what was counted of the case's place goes with the case,
/// so that the numbers of a place are those of what lies there.
///
/// # Errors
/// Whatever the store says, as for all services.
pub(super) fn count_newest(
    tx: &mut dyn Tx,
    district: &District,
    case: CaseId,
    places: [Option<&AreaCode>; 2],
) -> Result<()> {
    let trail = store::rollups::trail(tx, case)?;
    let Some((newest, before)) = trail.split_last() else {
        return Ok(());
    };
    let [from, to] = places;
    let mut course = Course::default();
    let mut sums = store::rollups::Sums::new();
    for row in before {
        for delta in follow(&mut course, district, row) {
            if from != to && delta.who == Who::Place {
                let n = delta.n;
                *sums.entry(slot(district, from, delta.clone())).or_default() -= n;
                *sums.entry(slot(district, to, delta)).or_default() += n;
            }
        }
    }
    for delta in follow(&mut course, district, newest) {
        let n = delta.n;
        *sums.entry(slot(district, to, delta)).or_default() += n;
    }
    for (slot, n) in sums.into_iter().filter(|(_, n)| *n != 0) {
        tx.add_up(slot, n)?;
    }
    Ok(())
}

/// What the first entries of a new case count for.
pub(super) fn counted(
    district: &District,
    grid: Option<&AreaCode>,
    events: &[NewEvent],
) -> Vec<(Slot, i64)> {
    let rows = events.iter().map(|event| TrailRow {
        kind: event.kind.clone(),
        from: event.from.clone().unwrap_or_default(),
        to: event.to.clone(),
        at: event.at,
        by_person: event.person.is_some(),
        detail: event.detail.clone(),
    });
    let mut sums = store::rollups::Sums::new();
    let mut course = Course::default();
    for row in rows {
        for delta in follow(&mut course, district, &row) {
            let n = delta.n;
            *sums.entry(slot(district, grid, delta)).or_default() += n;
        }
    }
    sums.into_iter().filter(|(_, n)| *n != 0).collect()
}

/// Goes on by one entry.
fn follow(course: &mut Course, district: &District, row: &TrailRow) -> Vec<Delta> {
    let facts = EventFacts::read(&row.detail);
    course.follow(&Entry {
        kind: &row.kind,
        from: &row.from,
        to: &row.to,
        at: row.at,
        by_person: row.by_person,
        unit: facts.unit.as_ref(),
        level: level(district, facts.unit.as_ref()),
        deadline: facts.deadline_ms,
        ask: facts.ask,
        outcome: facts.outcome,
    })
}

/// The level of a unit: that of the place it answers for.
fn level(district: &District, unit: Option<&UnitCode>) -> Level {
    let unit = unit.and_then(|unit| district.units.get(unit));
    match unit.map(|unit| unit.area.as_str().len()) {
        Some(COMMUNITY_CODE_LEN) => Level::Community,
        Some(STREET_CODE_LEN) => Level::Street,
        _ => Level::District,
    }
}

fn slot(district: &District, grid: Option<&AreaCode>, delta: Delta) -> Slot {
    let (kind, key) = match delta.who {
        Who::Unit(unit) => (Kind::Unit, unit.to_string()),
        Who::Place => {
            let around = grid.and_then(|grid| grid.community().or_else(|| grid.street()));
            let place = around.unwrap_or_else(|| district.code.clone());
            (Kind::Place, place.to_string())
        }
    };
    Slot {
        district: district.code.clone(),
        kind,
        day: delta.day,
        key,
        counter: delta.counter,
    }
}

/// What was counted over some days, of everything that the actor may know.
///
/// # Errors
/// [`Fault::Forbidden`] for whoever may not know anything of it or of the area asked for,
/// [`Fault::Invalid`] for days or rows that can't be read.
pub fn answer(
    tx: &mut dyn Tx,
    actor: &Actor,
    district: &District,
    query: &StatisticsQuery,
    now: Timestamp,
) -> Result<Statistics> {
    let by = match query.by.as_deref().filter(|by| !by.is_empty()) {
        None => StatisticsBy::default(),
        Some(by) => StatisticsBy::parse(by).ok_or(Fault::invalid(
            "by",
            "只能按 unit、street、community 或 desk 统计。",
            "By unit, street, community or desk.",
        ))?,
    };
    let (from, to) = period(query, now)?;
    let area = match query.area.as_deref().filter(|area| !area.is_empty()) {
        None => None,
        Some(area) => Some(Scope(area.parse().map_err(|_| {
            Fault::invalid("area", "地区编码不对。", "The area is not a code.")
        })?)),
    };
    let sight = Sight {
        actor,
        district,
        by,
        area,
    };
    sight.check()?;
    let kind = match by {
        StatisticsBy::Unit => Kind::Unit,
        _ => Kind::Place,
    };
    let mut groups: BTreeMap<String, Numbers> = BTreeMap::new();
    for (key, counter, n) in store::rollups::sums(tx, &district.code, kind, from, to)? {
        if let Some(group) = sight.group(&key) {
            groups.entry(group).or_default().add(counter, n);
        }
    }
    let mut all = Numbers::default();
    groups.values().for_each(|numbers| all.absorb(numbers));
    let rows = groups
        .into_iter()
        .filter(|(_, numbers)| indicators_of(by.of()).any(|row| is_of(row, numbers)))
        .map(|(key, numbers)| row(by, &key, sight.name(&key), &numbers))
        .collect();
    Ok(Statistics {
        from: day_text(from),
        to: day_text(to),
        by,
        rows,
        total: row(by, "", String::new(), &all),
        indicators: indicators_of(by.of()).map(words).collect(),
        score_words: Score::words(by.of(), Lang::Zh).to_owned(),
        server_time: now,
    })
}

/// Whether there is anything that the indicator is about.
fn is_of(row: &Indicator, numbers: &Numbers) -> bool {
    let rate = row.rate(numbers);
    rate.numerator != 0 || rate.denominator != 0
}

/// First and last day; not beyond today, for what is due tomorrow isn't due yet.
fn period(query: &StatisticsQuery, now: Timestamp) -> Result<(i64, i64)> {
    let read = |text: &str, field: &'static str| {
        read_day(text).ok_or(Fault::invalid(
            field,
            "日期要写成 2026-11-01 这样。",
            "A day is written as 2026-11-01.",
        ))
    };
    let (first, last) = (read(&query.from, "from")?, read(&query.to, "to")?);
    let days = last.since_days(first);
    if !(0..DAYS_MAX).contains(&days) {
        return Err(Fault::invalid(
            "to",
            "止日不能早于起日，且不超过三年。",
            "The last day is not before the first, and within three years.",
        ));
    }
    Ok((first.number(), last.number().min(now.china_day())))
}

/// What somebody may know of which rows.
struct Sight<'a> {
    actor: &'a Actor,
    district: &'a District,
    by: StatisticsBy,
    area: Option<Scope>,
}

impl Sight<'_> {
    /// Refuses whoever could see nothing at all.
    fn check(&self) -> Result<()> {
        let anywhere = self.actor.posts.iter().any(|post| {
            let of_unit = self.by == StatisticsBy::Unit && self.may_unit(post.unit.as_ref());
            of_unit || self.may_area(&post.area)
        });
        let there = match &self.area {
            Some(area) if self.by != StatisticsBy::Unit => self.may_area(&area.0),
            _ => true,
        };
        (anywhere && there).then_some(()).ok_or(Fault::Forbidden)
    }

    fn may_area(&self, area: &AreaCode) -> bool {
        let subject = Subject {
            area: Some(area),
            ..Subject::default()
        };
        may(self.actor, Action::ReadStatistics, subject).is_some()
    }

    fn may_unit(&self, unit: Option<&UnitCode>) -> bool {
        let subject = Subject {
            lead: unit,
            ..Subject::default()
        };
        unit.is_some() && may(self.actor, Action::ReadStatistics, subject).is_some()
    }

    /// The row that a key belongs to; none when the actor may not know it or didn't ask for it.
    fn group(&self, key: &str) -> Option<String> {
        if self.by == StatisticsBy::Unit {
            let code = UnitCode::new(key).ok()?;
            let unit = self.district.units.get(&code);
            let area = unit.map_or(&self.district.code, |unit| &unit.area);
            let asked = self.area.as_ref().is_none_or(|scope| scope.contains(area));
            let seen = self.may_area(area) || self.may_unit(Some(&code));
            return (asked && seen).then(|| key.to_owned());
        }
        let place = AreaCode::new(key).ok()?;
        let asked = self
            .area
            .as_ref()
            .is_none_or(|scope| scope.contains(&place));
        let street = place.street().unwrap_or_else(|| place.clone());
        let group = match self.by {
            StatisticsBy::Community => place,
            // Dispatchers of a community see its desk.
            StatisticsBy::Desk if !self.may_area(&street) => place,
            _ => street,
        };
        (asked && self.may_area(&group)).then(|| group.to_string())
    }

    fn name(&self, key: &str) -> String {
        if self.by == StatisticsBy::Unit {
            let code = UnitCode::new(key).ok();
            return code.map_or_else(|| key.to_owned(), |code| self.district.unit_name(&code));
        }
        match AreaCode::new(key) {
            Ok(code) if code == self.district.code => String::from("网格之外"),
            Ok(code) => self.district.areas.name(&code).to_owned(),
            Err(_) => key.to_owned(),
        }
    }
}

fn row(by: StatisticsBy, key: &str, name: String, numbers: &Numbers) -> StatisticsRow {
    let rate = |row: &'static Indicator| {
        let rate = row.rate(numbers);
        let told = RateRow {
            numerator: rate.numerator,
            denominator: rate.denominator,
            permille: rate.permille(),
        };
        (row.key.to_owned(), told)
    };
    let score = indicators::score(by.of(), numbers);
    let counts = numbers.iter();
    StatisticsRow {
        key: key.to_owned(),
        name,
        counts: counts
            .map(|(counter, n)| (counter.as_str().to_owned(), n))
            .collect(),
        rates: indicators_of(by.of()).map(rate).collect(),
        score: score.as_ref().map(|score| score.tenths),
        grade: score.map(|score| score.grade.as_str().to_owned()),
    }
}

fn words(row: &'static Indicator) -> IndicatorRow {
    let exemptions = row.exemptions.iter();
    IndicatorRow {
        key: row.key.to_owned(),
        name: row.name.to_owned(),
        name_en: row.name_en.to_owned(),
        words: row.words.to_owned(),
        words_en: row.words_en.to_owned(),
        exemptions: exemptions
            .map(|exemption| exemption.words(Lang::Zh).to_owned())
            .collect(),
    }
}
