//! A calendar that changes while a case runs: what moves, what is told again, how it is explained.

use super::*;
use crate::time::HOUR_MS;

/// The calendar with that Monday off: what began there begins on Tuesday at 8:00.
static MONDAY_OFF: LazyLock<Calendar> =
    LazyLock::new(|| Calendar::from_csv("date,kind,occasion\n2026-11-23,holiday,test\n").unwrap());

/// Tuesday, 10:00: two working hours by that calendar.
const TUESDAY_10: Timestamp = Timestamp(MONDAY.0 + 25 * HOUR_MS);
/// Tuesday, 12:00: four.
const TUESDAY_12: Timestamp = Timestamp(MONDAY.0 + 27 * HOUR_MS);

fn hours(value: u32) -> Limit {
    Limit {
        value,
        unit: LimitUnit::WorkHour,
    }
}

fn staged() -> [(String, Limit); 2] {
    [
        (String::from("停工"), hours(2)),
        (String::from("拆除"), hours(4)),
    ]
}

/// The rules by a calendar, with staged limits.
fn by<'a>(calendar: &'a Calendar, staged: &'a [(String, Limit)]) -> Rules<'a> {
    Rules {
        limit: rules().limit,
        staged,
        ..Rules::bare(calendar)
    }
}

/// Dispatched on Monday at 9:00, with a part by the limit and one with a date.
fn with_parts(rules: &Rules<'_>) -> Case {
    let mut case = Case::received(unit("DISPATCH-350703"), MONDAY, rules);
    let mut go = |kind, given| {
        let event = Event::of_system(kind, &case, MONDAY, given);
        case = case.apply(&event, rules).unwrap();
    };
    go(Move::Dispatch, to_unit("E01"));
    let part = Given {
        reason: String::from("恢复路面"),
        ..to_unit("D22-4")
    };
    go(Move::AddPart, part.clone());
    let dated = Given {
        unit: Some(unit("E02")),
        until_ms: Some(MONDAY.plus_ms(5 * HOUR_MS)),
        ..part
    };
    go(Move::AddPart, dated);
    case
}

fn names(due: &[(Timestamp, Due)]) -> Vec<String> {
    due.iter().map(|(_, due)| due.name()).collect()
}

/// Everything that is due at a moment, told.
fn all_told(case: &Case, rules: &Rules<'_>, at: Timestamp) -> Case {
    let tell = |case: Case, (_, due): (Timestamp, Due)| told(&case, &due, None);
    due(case, rules, at).into_iter().fold(case.clone(), tell)
}

#[test]
fn the_time_to_sign_parts_and_staged_limits_move_with_the_deadline() {
    let staged = staged();
    let case = with_parts(&by(&CALENDAR, &staged));
    let changed = by(&MONDAY_OFF, &staged);
    let next = recount(&case, &changed, MONDAY).unwrap();
    assert_eq!(
        moved(&case, &next),
        [
            (TUESDAY_12, Due::Late),
            (TUESDAY_10, Due::Stage),
            (TUESDAY_12, Due::Part(unit("D22-4"))),
            (TUESDAY_10, Due::Staged(String::from("停工"))),
            (TUESDAY_12, Due::Staged(String::from("拆除"))),
        ]
    );
    // What was given as a date is no matter of a calendar.
    assert_eq!(next.life.parts[1], case.life.parts[1]);
    assert_eq!(next.revision, case.revision);
    assert_eq!(recount(&next, &changed, MONDAY), None, "once");
    // The day is worked after all.
    let back = recount(&next, &by(&CALENDAR, &staged), MONDAY).unwrap();
    assert_eq!(back.life.stage_due_ms, case.life.stage_due_ms);
    assert_eq!(
        back.life.parts[0].deadline_ms,
        case.life.parts[0].deadline_ms
    );
    assert_eq!(
        back.life.stages[0].deadline_ms,
        case.life.stages[0].deadline_ms
    );
}

#[test]
fn the_arithmetic_of_each_says_how_it_was_counted_and_how_anew() {
    let staged = staged();
    let case = with_parts(&by(&CALENDAR, &staged));
    let signing = "11月23日 09:00进入本环节起算，时限2工作时（只计工作日8:00至12:00、14:00至18:00），至11月23日 11:00";
    assert_eq!(explain_stage(&case, 2026), [signing]);
    let at = MONDAY.plus_ms(HOUR_MS);
    let next = recount(&case, &by(&MONDAY_OFF, &staged), at).unwrap();
    let anew = "11月23日 10:00工作日历调整，重算至11月24日 10:00";
    assert_eq!(explain_stage(&next, 2026), [signing, anew]);
    let words = explain_part(&next.life.parts[0], 2026);
    assert!(words[0].starts_with("11月23日 09:00请求协办起算，时限4工作时"));
    assert!(words[0].ends_with("至11月23日 15:00"), "{words:?}");
    assert!(words[1].ends_with("重算至11月24日 12:00"), "{words:?}");
    assert!(explain_part(&next.life.parts[1], 2026).is_empty(), "a date");
    let words = explain_staged(&next.life.stages[0], next.dispatched_ms, 2026);
    assert!(words[0].starts_with("11月23日 09:00派遣起算，时限2工作时"));
    assert_eq!(words[1], anew);
    let text = serde_json::to_string(&next.life).unwrap();
    assert_eq!(serde_json::from_str::<Life>(&text).unwrap(), next.life);
}

#[test]
fn what_was_told_is_told_again_only_by_a_moment_still_to_come() {
    let staged = staged();
    let (rules, changed) = (by(&CALENDAR, &staged), by(&MONDAY_OFF, &staged));
    // On Monday at 18:00 everything is told; all of it lies ahead again.
    let evening = MONDAY.plus_ms(9 * HOUR_MS);
    let case = all_told(&with_parts(&rules), &rules, evening);
    let next = recount(&case, &changed, evening).unwrap();
    assert_eq!(next.life.told, ["part_late:E02"], "its date has passed");
    assert!(due(&next, &changed, evening).is_empty());
    assert_eq!(
        names(&due(&next, &changed, TUESDAY_10)),
        ["stage_late", "staged_late:停工"]
    );
    // On Wednesday the new moments have passed as well: nobody hears of them twice.
    let wednesday = MONDAY.plus_ms(2 * DAY_MS);
    let case = all_told(&with_parts(&rules), &rules, wednesday);
    let next = recount(&case, &changed, wednesday).unwrap();
    assert_eq!(next.life.told, case.life.told);
    assert!(due(&next, &changed, wednesday).is_empty());
}

#[test]
fn what_is_answered_reached_or_done_stays_as_it_was() {
    let staged = staged();
    let (rules, changed) = (by(&CALENDAR, &staged), by(&MONDAY_OFF, &staged));
    let mut case = with_parts(&rules);
    let mut go = |kind, by_unit: &str, given| {
        let event = Event {
            by_unit: Some(unit(by_unit)),
            ..Event::of_system(kind, &case, MONDAY, given)
        };
        case = case.apply(&event, &rules).unwrap();
    };
    go(Move::AnswerPart, "D22-4", because("路面已恢复"));
    go(Move::Start, "E01", Given::default());
    let reached = Given {
        stage: Some(String::from("停工")),
        ..Given::default()
    };
    go(Move::Reach, "E01", reached);
    let next = recount(&case, &changed, MONDAY).unwrap();
    let late = [
        (TUESDAY_12, Due::Late),
        (TUESDAY_12, Due::Staged(String::from("拆除"))),
    ];
    assert_eq!(moved(&case, &next), late);
    // Signed: there is no time to sign any more.
    assert!(explain_stage(&next, 2026).is_empty());
    // Done: only what others still owe goes on, and the desk's own minutes know no holiday.
    let event = Event::of_system(Move::Finish, &case, MONDAY, because("已拆除"));
    let case = case.apply(&event, &rules).unwrap();
    assert_eq!(recount(&case, &changed, MONDAY), None);
}

#[test]
fn while_a_case_is_suspended_only_what_others_owe_is_counted_anew() {
    let rules = by(&CALENDAR, &[]);
    let mut case = with_parts(&rules);
    let mut go = |kind, given| {
        let event = Event::of_system(kind, &case, MONDAY, given);
        case = case.apply(&event, &rules).unwrap();
    };
    go(Move::Start, Given::default());
    let until = Some(MONDAY.plus_ms(7 * DAY_MS));
    go(Move::Ask, asking(Ask::Suspension, until));
    go(Move::Grant, Given::default());
    let next = recount(&case, &by(&MONDAY_OFF, &[]), MONDAY).unwrap();
    let part = Due::Part(unit("D22-4"));
    assert_eq!(moved(&case, &next), [(TUESDAY_12, part)]);
    assert_eq!(next.deadline_ms, case.deadline_ms);
}

#[test]
fn a_case_from_before_limits_were_kept_still_reads_and_stays_as_it_was_given() {
    let life: Life = serde_json::from_str(
        r#"{
            "parts": [{"unit": "D22-4", "task": "恢复路面", "asked_ms": 1795395600000,
                "deadline_ms": 1795417200000}],
            "stages": [{"name": "停工", "deadline_ms": 1795402800000}],
            "stage_since_ms": 1795395600000, "stage_due_ms": 1795402800000
        }"#,
    )
    .unwrap();
    let mut case = Story::dispatched("E01").case;
    let (steps, limit) = (case.life.steps.clone(), case.life.limit);
    case.life = Life {
        steps,
        limit,
        ..life
    };
    let next = recount(&case, &by(&MONDAY_OFF, &[]), MONDAY).unwrap();
    assert_eq!(moved(&case, &next), [(TUESDAY_12, Due::Late)]);
    assert!(explain_stage(&next, 2026).is_empty());
    let text = serde_json::to_string(&case.life.parts).unwrap();
    assert!(!text.contains("limit") && !text.contains("steps"), "{text}");
}
