//! What falls due, and when.

use super::*;
use crate::catalogue::default_escalations;
use crate::time::HOUR_MS;

#[test]
fn staged_limits_are_reached_one_by_one() {
    let hours = |value| Limit {
        value,
        unit: LimitUnit::WorkHour,
    };
    let staged = [
        (String::from("停工"), hours(4)),
        (String::from("拆除"), hours(160)),
    ];
    let rules = Rules {
        staged: &staged,
        ..rules()
    };
    let case = Case::received(unit("DISPATCH-350703"), MONDAY, &rules);
    let event = Event::of_system(Move::Dispatch, &case, MONDAY, to_unit("D22-1"));
    let case = case.apply(&event, &rules).unwrap();
    let event = Event::of_system(Move::Start, &case, MONDAY, Given::default());
    let case = case.apply(&event, &rules).unwrap();
    let names: Vec<_> = due(&case, &rules, MONDAY.plus_ms(DAY_MS))
        .into_iter()
        .map(|(_, due)| due.name())
        .collect();
    assert!(
        names.contains(&String::from("staged_late:停工")),
        "{names:?}"
    );
    assert!(
        !names.contains(&String::from("staged_late:拆除")),
        "{names:?}"
    );
    let given = Given {
        stage: Some(String::from("停工")),
        ..Given::default()
    };
    let event = Event::of_system(Move::Reach, &case, MONDAY, given);
    let case = case.apply(&event, &rules).unwrap();
    assert!(matches!(
        case.apply(
            &Event {
                base_revision: case.revision,
                ..event
            },
            &rules
        ),
        Err(Refusal::NoStage)
    ));
}

#[test]
fn lights_stages_and_escalations_are_told_once_in_order() {
    let escalations = default_escalations();
    let rules = Rules {
        escalations: &escalations,
        ..rules()
    };
    let mut case = Story::dispatched("E01").case;
    let mut names = Vec::new();
    let end = MONDAY.plus_ms(10 * DAY_MS);
    let mut last = MONDAY;
    while let Some(at) = next_due(&case, &rules) {
        assert!(at >= last && at <= end, "clocks never run backwards");
        last = at;
        for (_, due) in due(&case, &rules, at) {
            names.push(due.name());
            case = told(&case, &due, None);
        }
    }
    assert_eq!(
        names,
        [
            "stage_late",
            "yellow",
            "late",
            "escalation:late-yellow",
            "escalation:late-red"
        ]
    );
}

#[test]
fn a_changed_calendar_moves_running_deadlines_and_says_so() {
    let mut story = Story::dispatched("E01");
    story.go(Move::Ask, asking(Ask::Extension, None));
    story.go(Move::Grant, Given::default());
    assert_eq!(recount(&story.case, &rules(), MONDAY), None);
    // The Tuesday becomes a holiday: what was to end on Tuesday at 09:00 ends on Wednesday.
    let calendar = Calendar::from_csv("date,kind,occasion\n2026-11-24,holiday,test\n").unwrap();
    let changed = Rules {
        limit: rules().limit,
        ..Rules::bare(&calendar)
    };
    let next = recount(&story.case, &changed, MONDAY).unwrap();
    assert_eq!(
        next.deadline_ms,
        story.case.deadline_ms.map(|at| at.plus_ms(DAY_MS))
    );
    let words = explain(&next, 2026);
    assert!(words.last().unwrap().contains("工作日历调整"), "{words:?}");
    assert_eq!(recount(&next, &changed, MONDAY), None, "once");
    assert_eq!(next.revision, story.case.revision);
}

#[test]
fn while_it_is_suspended_no_deadline_is_counted_anew() {
    let mut story = Story::dispatched("E01");
    story.go(Move::Start, Given::default());
    let calendar = Calendar::from_csv("date,kind,occasion\n2026-11-23,holiday,test\n").unwrap();
    let changed = Rules {
        limit: rules().limit,
        ..Rules::bare(&calendar)
    };
    assert!(recount(&story.case, &changed, MONDAY).is_some());
    let until = Some(MONDAY.plus_ms(DAY_MS));
    story.go(Move::Ask, asking(Ask::Suspension, until));
    story.go(Move::Grant, Given::default());
    assert_eq!(recount(&story.case, &changed, MONDAY), None);
}

/// What is due at a moment by name, and the case with all of it told.
fn tell(case: &Case, rules: &Rules<'_>, at: Timestamp) -> (Case, Vec<String>) {
    let (mut next, mut names) = (case.clone(), Vec::new());
    for (_, due) in due(case, rules, at) {
        names.push(due.name());
        next = told(&next, &due, None);
    }
    (next, names)
}

#[test]
fn what_does_not_hang_on_the_deadline_is_told_once_over_new_ones() {
    let hour = Limit {
        value: 1,
        unit: LimitUnit::WorkHour,
    };
    let staged = [(String::from("停工"), hour)];
    let mut escalations = default_escalations();
    escalations.retain(|rule| rule.returns > 0);
    escalations[0].returns = 1;
    let rules = Rules {
        staged: &staged,
        escalations: &escalations,
        ..rules()
    };
    let go = |case: &Case, kind, at, given| {
        let event = Event::of_system(kind, case, at, given);
        case.apply(&event, &rules).unwrap()
    };
    let case = Case::received(unit("DISPATCH-350703"), MONDAY, &rules);
    let case = go(&case, Move::Dispatch, MONDAY, to_unit("E01"));
    let case = go(&case, Move::HandBack, MONDAY, because("不归我们"));
    let (case, names) = tell(&case, &rules, MONDAY);
    assert_eq!(names, ["escalation:bounced-twice"]);
    // A new deadline, and it came back no oftener than before.
    let case = go(&case, Move::Dispatch, MONDAY, to_unit("E02"));
    assert!(tell(&case, &rules, MONDAY).1.is_empty());
    let ten = MONDAY.plus_ms(60 * MINUTE_MS);
    let part = Given {
        until_ms: Some(ten),
        reason: String::from("断水"),
        ..to_unit("E03")
    };
    let case = go(&case, Move::AddPart, MONDAY, part.clone());
    let case = go(&case, Move::Start, MONDAY, Given::default());
    let (case, names) = tell(&case, &rules, ten);
    assert_eq!(names, ["part_late:E03", "staged_late:停工"]);
    let case = go(&case, Move::Ask, ten, asking(Ask::Extension, None));
    let case = go(&case, Move::Grant, ten, Given::default());
    assert!(tell(&case, &rules, ten).1.is_empty());
    // Another part of the same unit is another matter.
    let answer = Event {
        by_unit: Some(unit("E03")),
        ..Event::of_system(Move::AnswerPart, &case, ten, because("已断水"))
    };
    let case = case.apply(&answer, &rules).unwrap();
    let eleven = ten.plus_ms(60 * MINUTE_MS);
    let part = Given {
        until_ms: Some(eleven),
        ..part
    };
    let case = go(&case, Move::AddPart, ten, part);
    assert_eq!(tell(&case, &rules, eleven).1, ["part_late:E03"]);
}

#[test]
fn each_unit_has_its_own_time_to_sign() {
    let mut story = Story::dispatched("E01");
    let signature = |case: &Case| case.life.stage_due_ms.unwrap();
    assert_eq!(
        signature(&story.case),
        MONDAY.plus_ms(120 * MINUTE_MS),
        "two working hours"
    );
    story.wait(60 * MINUTE_MS);
    story.go(Move::Dispatch, to_unit("E02"));
    assert_eq!(signature(&story.case), MONDAY.plus_ms(180 * MINUTE_MS));
}

#[test]
fn the_most_pressing_part_that_a_unit_owes_has_a_light_on_its_own_clock() {
    let calendar = rules().calendar;
    let two_hours = Limit {
        value: 2,
        unit: LimitUnit::WorkHour,
    };
    let part = |of: &str, deadline_ms: Option<Timestamp>| Part {
        unit: unit(of),
        task: String::new(),
        asked_ms: MONDAY,
        deadline_ms,
        limit: None,
        steps: Vec::new(),
        answered_ms: None,
        answer: String::new(),
    };
    let by_rule = Part {
        limit: Some(two_hours),
        ..part("E01", Some(calendar.deadline(MONDAY, two_hours)))
    };
    let answered = Part {
        answered_ms: Some(MONDAY),
        ..part("E02", Some(MONDAY))
    };
    let undated = part("E02", None);
    let later = part("E03", Some(MONDAY.plus_ms(4 * HOUR_MS)));
    let life = Life {
        parts: vec![answered, undated.clone(), later.clone(), by_rule.clone()],
        ..Life::default()
    };
    assert_eq!(life.owed_by(&["E03", "E01"].map(unit)), Some(&by_rule));
    assert_eq!(life.owed_by(&["E02", "E03"].map(unit)), Some(&later));
    assert_eq!(life.owed_by(&[unit("E02")]), Some(&undated));
    assert_eq!(life.owed_by(&[unit("E04")]), None);
    let share = |part: &Part, hours: i64| {
        let at = MONDAY.plus_ms(hours * HOUR_MS);
        part.share_used(calendar, at)
    };
    assert_eq!(share(&by_rule, 1), Some(0.5));
    // The day after, when the working day is over.
    assert!(share(&by_rule, 35).is_some_and(|used| used > 1.0));
    assert_eq!(share(&later, 3), Some(0.75));
    assert_eq!(share(&undated, 3), None);
}
