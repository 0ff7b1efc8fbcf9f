//! Times, durations and deadlines as a person reads them, in both languages. Pure; the clock is
//! handed in. Tests are at the end of the file.

use crate::words;
use shared::calendar::Light;
use shared::case::{Class, HANDLING, SUSPENDED};
use shared::label::Lang;
use shared::time::{MINUTE_MS, Timestamp, show_duration};
use shared::wire::console::{CaseRow, OwedPart};

/// A moment: `11月24日 10:30` or `24 Nov 10:30`, with the year when it isn't this one.
pub(crate) fn moment(at: Timestamp, now: Timestamp, lang: Lang) -> String {
    match lang {
        Lang::Zh => at.show(now.china_year()),
        Lang::En => {
            let form = if at.china_year() == now.china_year() {
                "%-d %b %H:%M"
            } else {
                "%-d %b %Y %H:%M"
            };
            at.china().map_or_else(
                || String::from("time unknown"),
                |at| at.format(form).to_string(),
            )
        }
    }
}

/// A moment as a field for date and time holds it, by the clock in China.
pub(crate) fn to_field(at: Timestamp) -> String {
    let local = at.china();
    local.map_or_else(String::new, |at| at.format("%Y-%m-%dT%H:%M").to_string())
}

/// The moment that such a field holds; none for an empty or half-filled one.
pub(crate) fn from_field(text: &str) -> Option<Timestamp> {
    let read = |form| chrono::NaiveDateTime::parse_from_str(text, form).ok();
    let local = read("%Y-%m-%dT%H:%M").or_else(|| read("%Y-%m-%dT%H:%M:%S"))?;
    Some(Timestamp::from_china(local))
}

/// A length of time: `1时20分` or `1 h 20 min`.
pub(crate) fn duration(ms: i64, lang: Lang) -> String {
    if lang == Lang::Zh {
        return show_duration(ms);
    }
    let minutes = ms.unsigned_abs() / MINUTE_MS.unsigned_abs();
    match (minutes / 1440, minutes / 60 % 24, minutes % 60) {
        (0, 0, 0) => String::from("under 1 min"),
        (0, 0, m) => format!("{m} min"),
        (0, h, 0) => format!("{h} h"),
        (0, h, m) => format!("{h} h {m} min"),
        (d, 0, _) => format!("{d} d"),
        (d, h, _) => format!("{d} d {h} h"),
    }
}

/// The names of a place without what a longer name before has said already: every grid of a
/// community repeats the community's.
pub(crate) fn place(names: &str) -> String {
    let mut said: Vec<&str> = Vec::new();
    for name in names.split_whitespace() {
        if !said.iter().any(|earlier| earlier.starts_with(name)) {
            said.push(name);
        }
    }
    said.join(" ")
}

/// How long ago: `3分前`, or the moment itself after a day.
pub(crate) fn ago(at: Timestamp, now: Timestamp, lang: Lang) -> String {
    let since = now.since(at);
    if since < MINUTE_MS {
        return words::JUST_NOW.of(lang).to_owned();
    }
    if since >= 24 * 60 * MINUTE_MS {
        return moment(at, now, lang);
    }
    let since = duration(since, lang);
    match lang {
        Lang::Zh => format!("{since}前"),
        Lang::En => format!("{since} ago"),
    }
}

/// What stands beside a case's light.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Deadline {
    /// The light; none while no clock runs.
    pub(crate) light: Option<Light>,
    /// The word that goes with the light.
    pub(crate) word: &'static str,
    /// Remaining or exceeded time, or empty.
    pub(crate) rest: String,
    /// How it was reckoned.
    pub(crate) formula: String,
}

/// The light of a share of the limit, in per mille as the server reckons it.
fn light_of(used_permille: i64) -> Light {
    if used_permille <= 800 {
        Light::Green
    } else if used_permille <= 1000 {
        Light::Yellow
    } else {
        Light::Red
    }
}

/// The light and the words of a case's deadline.
pub(crate) fn deadline(row: &CaseRow, now: Timestamp, lang: Lang) -> Deadline {
    if let Some(part) = &row.part {
        return of_part(row, part, now, lang);
    }
    let Some(deadline) = row.deadline_ms else {
        return Deadline {
            light: None,
            word: words::NO_CLOCK.of(lang),
            rest: String::new(),
            formula: words::NO_CLOCK_WHY.of(lang).to_owned(),
        };
    };
    let used = row.used_permille.unwrap_or_default();
    let formula = formula(row, deadline, used, now, lang);
    if row.class == Class::Closed {
        // Its clock stopped when the unit answered, however late the desk closed it.
        let end = row.handled_ms.or(row.closed_ms);
        let in_time = end.is_none_or(|end| end <= deadline) && used <= 1000;
        let word = if in_time {
            words::IN_TIME
        } else {
            words::NOT_IN_TIME
        };
        return Deadline {
            light: Some(if in_time { Light::Green } else { Light::Red }),
            word: word.of(lang),
            rest: String::new(),
            formula,
        };
    }
    if let Some(stands) = stands(row, deadline, now, lang) {
        return Deadline { formula, ..stands };
    }
    let left = deadline.since(now);
    // Between two refreshes the deadline may pass.
    let light = if left < 0 {
        Light::Red
    } else {
        light_of(used).min(Light::Yellow)
    };
    let word = match light {
        Light::Green => words::GREEN,
        Light::Yellow => words::YELLOW,
        Light::Red => words::RED,
    };
    let length = duration(left, lang);
    let rest = match (left < 0, lang) {
        (false, Lang::Zh) => format!("剩{length}"),
        (true, Lang::Zh) => format!("超{length}"),
        (false, Lang::En) => format!("{length} left"),
        (true, Lang::En) => format!("{length} over"),
    };
    Deadline {
        light: Some(light),
        word: word.of(lang),
        rest,
        formula,
    }
}

/// The light of the part that the reader's unit owes: whatever became of the case, it is awaited.
fn of_part(row: &CaseRow, part: &OwedPart, now: Timestamp, lang: Lang) -> Deadline {
    if part.deadline_ms.is_none() {
        return Deadline {
            light: None,
            word: words::NO_CLOCK.of(lang),
            rest: String::new(),
            formula: words::NO_PART_CLOCK_WHY.of(lang).to_owned(),
        };
    }
    let alone = CaseRow {
        part: None,
        state: HANDLING.to_owned(),
        class: Class::Open,
        dispatched_ms: Some(part.asked_ms),
        deadline_ms: part.deadline_ms,
        used_permille: part.used_permille,
        handled_ms: None,
        ..row.clone()
    };
    deadline(&alone, now, lang)
}

/// A clock that stands: the case is suspended, or its unit has said what came of it.
fn stands(row: &CaseRow, deadline: Timestamp, now: Timestamp, lang: Lang) -> Option<Deadline> {
    if row.state == SUSPENDED {
        let until = row.suspended_until_ms.map(|at| moment(at, now, lang));
        return Some(Deadline {
            light: None,
            word: words::CLOCK_STANDS.of(lang),
            rest: until.map_or_else(String::new, |until| {
                format!("{} {until}", words::SUSPENDED_UNTIL.of(lang))
            }),
            formula: String::new(),
        });
    }
    let handled = row.handled_ms?;
    let late = handled > deadline;
    let word = if late {
        words::NOT_IN_TIME
    } else {
        words::IN_TIME
    };
    Some(Deadline {
        light: Some(if late { Light::Red } else { Light::Green }),
        word: word.of(lang),
        rest: words::ANSWERED.of(lang).to_owned(),
        formula: String::new(),
    })
}

/// Whether the state has lasted longer than it may.
pub(crate) fn stage_is_late(row: &CaseRow, now: Timestamp) -> bool {
    row.class == Class::Open
        && row.state != SUSPENDED
        && row.stage_due_ms.is_some_and(|due| due < now)
}

/// The arithmetic in words: from when, by when, how much is used.
fn formula(row: &CaseRow, deadline: Timestamp, used: i64, now: Timestamp, lang: Lang) -> String {
    let start = moment(row.dispatched_ms.unwrap_or(row.opened_ms), now, lang);
    let end = moment(deadline, now, lang);
    let percent = used / 10;
    match lang {
        Lang::Zh => format!(
            "自{start}起算，应于{end}前办结；已用时限的{percent}%（80%以内绿，100%以内黄，超过为红）"
        ),
        Lang::En => format!(
            "Runs from {start}, due by {end}; {percent} % of the limit is used \
             (green to 80 %, yellow to 100 %, red beyond)"
        ),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;
    use shared::time::HOUR_MS;

    const NOW: Timestamp = Timestamp(1_795_487_400_000); // 2026-11-24 10:30 in China

    fn row(used_permille: i64, deadline_in: i64, class: Class) -> CaseRow {
        serde_json::from_value(serde_json::json!({
            "id": "01890000-0000-7000-8000-000000000001", "case_no": "2026-1", "revision": 1,
            "state": "dispatched", "class": class, "category": "C0101",
            "category_name": "上水井盖", "excerpt": "", "place": "", "lead": "E01",
            "lead_name": "供水企业", "opened_ms": NOW.0 - HOUR_MS, "dispatched_ms": NOW.0 - HOUR_MS,
            "deadline_ms": NOW.0 + deadline_in, "used_permille": used_permille,
            "closed_ms": (class == Class::Closed).then_some(NOW.0),
            "photos": [0, 0], "self_fixed": false,
        }))
        .unwrap()
    }

    #[test]
    fn the_light_goes_from_green_over_yellow_to_red_with_words() {
        let green = deadline(&row(800, 80 * MINUTE_MS, Class::Open), NOW, Lang::Zh);
        assert_eq!(green.light, Some(Light::Green));
        assert_eq!(green.rest, "剩1时20分");
        let yellow = deadline(&row(801, HOUR_MS, Class::Open), NOW, Lang::En);
        assert_eq!(yellow.light, Some(Light::Yellow));
        assert_eq!(yellow.rest, "1 h left");
        let red = deadline(&row(1400, -2 * HOUR_MS, Class::Open), NOW, Lang::Zh);
        assert_eq!((red.light, red.rest.as_str()), (Some(Light::Red), "超2时"));
    }

    #[test]
    fn a_deadline_that_passes_between_two_answers_turns_red_at_once() {
        let passed = deadline(&row(999, -1, Class::Open), NOW, Lang::Zh);
        assert_eq!(passed.light, Some(Light::Red));
    }

    #[test]
    fn a_closed_case_says_whether_it_was_in_time_and_counts_no_further() {
        let closed = deadline(&row(500, -HOUR_MS, Class::Closed), NOW, Lang::Zh);
        assert_eq!((closed.word, closed.rest.as_str()), ("超期", ""));
        let closed = deadline(&row(500, HOUR_MS, Class::Closed), NOW, Lang::En);
        assert_eq!(closed.word, "In time");
    }

    #[test]
    fn what_was_put_right_in_time_stays_so_however_late_it_is_closed() {
        let answered = CaseRow {
            handled_ms: Some(NOW.plus_ms(-2 * HOUR_MS)),
            ..row(700, -HOUR_MS, Class::Closed)
        };
        let said = deadline(&answered, NOW, Lang::En);
        assert_eq!((said.light, said.word), (Some(Light::Green), "In time"));
    }

    #[test]
    fn a_suspended_case_has_no_light_and_says_until_when() {
        let suspended = CaseRow {
            state: SUSPENDED.into(),
            suspended_until_ms: Some(NOW.plus_ms(HOUR_MS)),
            stage_due_ms: Some(NOW.plus_ms(-1)),
            ..row(1400, -HOUR_MS, Class::Open)
        };
        let said = deadline(&suspended, NOW, Lang::Zh);
        assert_eq!((said.light, said.word), (None, "停表"));
        assert_eq!(said.rest, "挂账至 11月24日 11:30");
        assert!(!stage_is_late(&suspended, NOW));
    }

    #[test]
    fn where_a_part_is_owed_its_deadline_has_the_light() {
        let owed = |deadline_in: Option<i64>, used: Option<i64>| CaseRow {
            // The case itself has a clock that stands.
            state: SUSPENDED.into(),
            handled_ms: Some(NOW.plus_ms(-2 * HOUR_MS)),
            part: Some(OwedPart {
                unit: "E01".parse().unwrap(),
                asked_ms: NOW.plus_ms(-HOUR_MS),
                deadline_ms: deadline_in.map(|ms| NOW.plus_ms(ms)),
                used_permille: used,
            }),
            ..row(100, 9 * HOUR_MS, Class::Open)
        };
        let late = deadline(&owed(Some(-HOUR_MS), Some(2_000)), NOW, Lang::Zh);
        assert_eq!(
            (late.light, late.rest.as_str()),
            (Some(Light::Red), "超1时")
        );
        let soon = deadline(&owed(Some(HOUR_MS), Some(900)), NOW, Lang::En);
        assert_eq!(
            (soon.light, soon.rest.as_str()),
            (Some(Light::Yellow), "1 h left")
        );
        let undated = deadline(&owed(None, None), NOW, Lang::Zh);
        assert_eq!((undated.light, undated.word), (None, "未计时"));
    }

    #[test]
    fn the_clock_stands_once_the_unit_has_answered() {
        let answered = CaseRow {
            handled_ms: Some(NOW.plus_ms(-2 * HOUR_MS)),
            ..row(700, -HOUR_MS, Class::Open)
        };
        let said = deadline(&answered, NOW, Lang::Zh);
        assert_eq!(
            (said.light, said.rest.as_str()),
            (Some(Light::Green), "已反馈")
        );
    }

    #[test]
    fn a_field_for_date_and_time_brings_back_its_moment() {
        assert_eq!(to_field(NOW), "2026-11-24T10:30");
        assert_eq!(from_field("2026-11-24T10:30"), Some(NOW));
        assert_eq!(from_field("2026-11-24"), None);
    }

    #[test]
    fn a_place_says_each_name_once() {
        let names = "潭城街道 七贤社区居委会 七贤社区 一级网格 七贤社区 第4片区 七贤社区 第9网格";
        assert_eq!(
            place(names),
            "潭城街道 七贤社区居委会 一级网格 第4片区 第9网格"
        );
        assert_eq!(place(""), "");
    }

    #[test]
    fn moments_are_read_on_the_clock_in_china_in_both_languages() {
        assert_eq!(moment(NOW, NOW, Lang::Zh), "11月24日 10:30");
        assert_eq!(moment(NOW, NOW, Lang::En), "24 Nov 10:30");
        assert_eq!(ago(NOW.plus_ms(-5 * MINUTE_MS), NOW, Lang::Zh), "5分前");
        assert_eq!(ago(NOW.plus_ms(-5 * MINUTE_MS), NOW, Lang::En), "5 min ago");
    }
}
