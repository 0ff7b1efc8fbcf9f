//! What falls due, and when.

use super::*;
use crate::catalogue::default_escalations;

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
