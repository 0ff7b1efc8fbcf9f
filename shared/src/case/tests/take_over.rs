//! A unit that takes a case over by an escalation rule.

use super::*;

/// The system's move by which a unit takes over.
fn take_over(story: &Story, to: &str) -> Result<Case, Refusal> {
    let given = Given {
        reason: String::from("按升级规则late-over由城管局接办"),
        ..to_unit(to)
    };
    let event = Event::of_system(Move::TakeOver, &story.case, story.now, given);
    story.case.apply(&event, &rules())
}

#[test]
fn a_unit_takes_over_from_every_state_in_which_another_has_the_case() {
    for state in [DISPATCHED, HANDLING, RETURNED, ACCEPTED, HANDLED] {
        let mut story = Story::dispatched("S01-350703001");
        match state {
            HANDLING => story.go(Move::Start, Given::default()),
            RETURNED => story.go(Move::HandBack, because("不归我们")),
            ACCEPTED => story.go(Move::Escalate, to_unit_because("DISPATCH-350703")),
            HANDLED => story.go(
                Move::Finish,
                Given {
                    outcome: Some(Outcome::Unable),
                    ..because("没有设备")
                },
            ),
            _ => &mut story,
        };
        assert_eq!(story.case.state, state);
        story.wait(DAY_MS);
        let next = take_over(&story, "D22").unwrap();
        assert_eq!((next.state, next.lead.as_str()), (DISPATCHED, "D22"));
        assert_eq!(next.awaits(), Awaits::Unit);
        // Its own clocks, from now; whoever had it first stays responsible.
        assert_eq!(next.dispatched_ms, Some(story.now));
        assert!(next.deadline_ms > story.case.deadline_ms);
        assert!(next.life.stage_due_ms > Some(story.now));
        assert_eq!(next.life.first_unit, Some(unit("S01-350703001")));
    }
}

fn to_unit_because(code: &str) -> Given {
    Given {
        reason: String::from("社区无法解决"),
        ..to_unit(code)
    }
}

#[test]
fn a_dispatcher_still_cannot_take_a_case_from_a_unit_that_has_signed() {
    let mut story = Story::dispatched("E01");
    story.go(Move::Start, Given::default());
    assert_eq!(
        story.attempt(Move::Dispatch, 1, to_unit("D22")),
        Err(Refusal::NotFrom {
            state: HANDLING,
            kind: Move::Dispatch
        })
    );
    let rows = story.case.moves(story.now);
    assert!(rows.iter().all(|(row, _)| row.kind != Move::Dispatch));
    let over = rows.iter().find(|(row, _)| row.kind == Move::TakeOver);
    assert_eq!(over.unwrap().1, None, "nobody has the right to it");
}

#[test]
fn what_is_suspended_or_put_right_is_not_taken_over() {
    let mut story = Story::dispatched("E01");
    story.go(Move::Start, Given::default());
    let until = Some(MONDAY.plus_ms(DAY_MS));
    story.go(Move::Ask, asking(Ask::Suspension, until));
    story.go(Move::Grant, Given::default());
    let not_from = |state| {
        Err(Refusal::NotFrom {
            state,
            kind: Move::TakeOver,
        })
    };
    assert_eq!(take_over(&story, "D22"), not_from(SUSPENDED));
    let mut done = Story::handled();
    assert_eq!(take_over(&done, "D22"), not_from(HANDLED));
    done.go(Move::AskCheck, Given::default());
    assert_eq!(take_over(&done, "D22"), not_from(CHECKING));
    done.go(Move::Check, found(Found::Yes, ""));
    done.go(Move::Close, Given::default());
    assert_eq!(take_over(&done, "D22"), not_from(CLOSED));
}

#[test]
fn taking_over_says_why_and_takes_back_what_the_other_unit_had_begun() {
    let mut story = Story::dispatched("E01");
    let event = Event::of_system(Move::TakeOver, &story.case, story.now, to_unit("D22"));
    assert_eq!(
        story.case.apply(&event, &rules()),
        Err(Refusal::Missing(Fact::Reason))
    );
    let given = Given {
        person: Some(person(7)),
        ..Given::default()
    };
    story.go(Move::Assign, given);
    story.go(Move::Ask, asking(Ask::Extension, None));
    let next = take_over(&story, "D22").unwrap();
    assert_eq!((next.life.assigned, &next.life.asked), (None, &None));
    assert_eq!(
        take_over(&story, "E01"),
        Err(Refusal::SameUnit),
        "it has it"
    );
}

#[test]
fn parts_stay_with_their_units_and_that_of_the_new_lead_is_no_longer_one() {
    let mut story = Story::dispatched("E01");
    story.go(Move::Start, Given::default());
    for code in ["D22", "D22-4"] {
        story.go(
            Move::AddPart,
            Given {
                reason: String::from("恢复路面"),
                ..to_unit(code)
            },
        );
    }
    story.case = take_over(&story, "D22").unwrap();
    let open: Vec<&str> = story
        .case
        .life
        .parts
        .iter()
        .filter(|part| part.answered_ms.is_none())
        .map(|part| part.unit.as_str())
        .collect();
    assert_eq!(open, ["D22-4"]);
    assert_eq!(story.case.life.parts[0].answer, "已转为主办，协办并入主办");
    story.go(Move::Start, Given::default());
    story.go(Move::Finish, because("已恢复"));
    assert_eq!(
        story.attempt(Move::Close, 1, Given::default()),
        Err(Refusal::PartsOpen)
    );
}

#[test]
fn whatever_was_told_of_the_former_deadline_is_told_of_the_new_one() {
    let mut escalations = crate::catalogue::default_escalations();
    escalations.retain(|rule| rule.id == "late-yellow");
    let rules = Rules {
        escalations: &escalations,
        ..rules()
    };
    let mut story = Story::dispatched("E01");
    story.go(Move::Start, Given::default());
    story.wait(DAY_MS);
    for (_, due) in due(&story.case, &rules, story.now) {
        story.case = told(&story.case, &due, None);
    }
    assert_eq!(
        story.case.life.told,
        ["yellow", "late", "escalation:late-yellow"]
    );
    let given = Given {
        reason: String::from("按升级规则late-yellow由城管局接办"),
        ..to_unit("D22")
    };
    let event = Event::of_system(Move::TakeOver, &story.case, story.now, given);
    story.case = story.case.apply(&event, &rules).unwrap();
    story.wait(3 * DAY_MS);
    let names: Vec<String> = due(&story.case, &rules, story.now)
        .into_iter()
        .map(|(_, due)| due.name())
        .collect();
    let all = ["stage_late", "yellow", "late", "escalation:late-yellow"];
    assert_eq!(names, all);
}

#[test]
fn rules_never_pass_a_case_to_and_fro() {
    let mut story = Story::dispatched("E01");
    story.case = take_over(&story, "S01-350703001").unwrap();
    story.wait(DAY_MS);
    story.case = take_over(&story, "D22").unwrap();
    for code in ["E01", "S01-350703001", "D22"] {
        assert_eq!(take_over(&story, code), Err(Refusal::SameUnit), "{code}");
    }
    // A dispatcher may give it to either; then the rules begin anew.
    story.go(Move::Dispatch, to_unit("S01-350703001"));
    assert_eq!(take_over(&story, "D22").unwrap().lead, unit("D22"));
}

#[test]
fn a_case_from_before_it_was_kept_who_lost_it_is_written_as_it_was() {
    let story = Story::dispatched("E01");
    let text = serde_json::to_string(&story.case.life).unwrap();
    assert!(!text.contains("taken_from"), "{text}");
    assert_eq!(
        serde_json::from_str::<Life>(&text).unwrap(),
        story.case.life
    );
}
