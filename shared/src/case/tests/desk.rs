//! What a desk may do when a case would stand still.

use super::*;

#[test]
fn the_desk_takes_back_what_nobody_looks_at() {
    let mut story = Story::begin();
    story.go(Move::AskVerify, Given::default());
    let condition = Some(ConditionId::new("C0101-1").unwrap());
    let accept = Given {
        condition,
        ..Given::default()
    };
    for (kind, given, to) in [
        (Move::Accept, accept, ACCEPTED),
        (Move::Dispatch, to_unit("E01"), DISPATCHED),
        (Move::NotAccept, because("不在本区"), NOT_ACCEPTED),
    ] {
        assert_eq!(story.attempt(kind, 1, given).unwrap().state, to);
    }
    let mut story = Story::handled();
    story.go(Move::AskCheck, Given::default());
    let closed = story.attempt(Move::Close, 1, Given::default()).unwrap();
    assert_eq!((closed.state, closed.closed_ms), (CLOSED, Some(story.now)));
    let again = story.attempt(Move::Rework, 1, because("照片上还没好"));
    assert_eq!(again.unwrap().state, HANDLING);
    story.go(Move::Ask, asking(Ask::ForceClose, None));
    assert_eq!(story.case.awaits(), Awaits::Supervisor);
    story.go(Move::Grant, Given::default());
    assert_eq!(story.case.state, FORCE_CLOSED);
}

#[test]
fn a_part_is_answered_while_the_case_is_checked() {
    let mut story = Story::dispatched("E01");
    let part = Given {
        unit: Some(unit("D22-4")),
        ..because("恢复路面")
    };
    story.go(Move::AddPart, part);
    story.go(Move::Finish, because("已止水"));
    let answer = |case: &Case| {
        let event = Event {
            kind: Move::AnswerPart,
            base_revision: case.revision,
            at: MONDAY,
            by: Some(person(3)),
            by_unit: Some(unit("D22-4")),
            given: because("路面已恢复"),
        };
        case.apply(&event, &rules()).unwrap()
    };
    story.go(Move::AskCheck, Given::default());
    let answered = answer(&story.case);
    assert_eq!(answered.state, CHECKING);
    story.go(Move::Check, found(Found::Yes, ""));
    assert_eq!(
        story.attempt(Move::Close, 1, Given::default()),
        Err(Refusal::PartsOpen)
    );
    story.case = answer(&story.case);
    story.go(Move::Close, Given::default());
}

#[test]
fn what_was_put_right_on_the_spot_and_is_objected_to_is_dispatched_and_not_reworked() {
    let mut story = Story::begin();
    let event = Event::of_system(Move::SelfFix, &story.case, story.now, Given::default());
    story.case = story.case.apply(&event, &rules()).unwrap();
    story.go(Move::Contest, because("还在漏"));
    let refused = |state| {
        Err(Refusal::NotFrom {
            state,
            kind: Move::Rework,
        })
    };
    let rework = |story: &Story| story.attempt(Move::Rework, 1, because("还在漏"));
    assert_eq!(rework(&story), refused(CONTESTED));
    assert!(story.attempt(Move::Dispatch, 1, to_unit("E01")).is_ok());
    story.go(Move::AskCheck, Given::default());
    assert_eq!(rework(&story), refused(CHECKING));
    story.go(Move::Check, found(Found::No, ""));
    assert_eq!(rework(&story), refused(CHECKED));
    let moves = story.case.moves(story.now);
    let offered = |kind| moves.iter().any(|(row, _)| row.kind == kind);
    assert!(offered(Move::Dispatch) && !offered(Move::Rework));
    story.go(Move::Dispatch, to_unit("E01"));
    assert!(story.case.deadline_ms.is_some(), "with a clock");
    assert_eq!(story.case.life.checked, None);
    // Once it is a unit's, that does it again.
    story.go(Move::Start, Given::default());
    assert!(story.attempt(Move::Dispatch, 1, to_unit("D22")).is_err());
    story.go(Move::Finish, because("已止水"));
    story.go(Move::Rework, because("还在漏"));
    assert_eq!(story.case.state, HANDLING);
}

#[test]
fn what_is_unmerged_is_received_anew_and_goes_to_the_unit_that_had_it() {
    let mut story = Story::dispatched("E01");
    let given = Given {
        into: Some(CaseId(Uuid::from_u128(9))),
        ..Given::default()
    };
    story.go(Move::Merge, given);
    story.wait(DAY_MS);
    story.go(Move::Unmerge, because("不是同一处"));
    let case = &story.case;
    assert_eq!((case.state, case.dispatched_ms), (RECEIVED, None));
    assert_eq!((case.deadline_ms, case.closed_ms), (None, None));
    assert_eq!((case.life.limit, case.life.steps.len()), (None, 0));
    assert_eq!(case.life.first_unit, Some(unit("E01")));
    story.go(Move::Dispatch, to_unit("E01"));
    let limit = rules().limit.unwrap();
    let fresh = CALENDAR.deadline(story.now, limit);
    assert_eq!(story.case.deadline_ms, Some(fresh), "a clock of its own");
}

/// The desk puts it right: another thing, at another place, with a condition of its own.
fn another() -> Given {
    Given {
        unit: Some(unit("DISPATCH-350703")),
        condition: Some(ConditionId::new("C0102-1").unwrap()),
        corrected: Some(corrected()),
        ..because("现场是雨水井盖，在另一条街")
    }
}

#[test]
fn what_was_named_wrongly_goes_back_to_the_desk_with_no_units_clock() {
    let mut story = Story::dispatched("E01");
    story.go(Move::Ask, asking(Ask::Extension, None));
    story.wait(DAY_MS);
    story.go(Move::Correct, another());
    let case = &story.case;
    assert_eq!(
        (case.state, case.lead.as_str()),
        (ACCEPTED, "DISPATCH-350703")
    );
    assert_eq!((case.dispatched_ms, case.deadline_ms), (None, None));
    assert_eq!((case.life.limit, case.life.steps.len()), (None, 0));
    assert_eq!(case.life.asked, None, "it was asked of another matter");
    assert_eq!(case.life.condition, ConditionId::new("C0102-1").ok());
    assert_eq!(case.life.corrected, Some(corrected()));
    assert_eq!(case.life.first_unit, Some(unit("E01")));
    assert_eq!(case.life.stage_since_ms, Some(story.now));
    // To the unit that had it, too: it was named wrongly and is named well now.
    story.go(Move::Dispatch, to_unit("E01"));
    let fresh = CALENDAR.deadline(story.now, rules().limit.unwrap());
    assert_eq!(story.case.deadline_ms, Some(fresh), "a clock of its own");
    assert_eq!(story.case.life.corrected, Some(corrected()));
}

#[test]
fn what_nobody_has_accepted_is_received_when_it_was_corrected() {
    let mut story = Story::begin();
    story.go(Move::Correct, another());
    assert_eq!(story.case.state, RECEIVED);
    story.go(Move::AskVerify, Given::default());
    story.wait(DAY_MS);
    story.go(Move::Correct, another());
    assert_eq!(
        story.case.state, RECEIVED,
        "whoever was asked was asked elsewhere"
    );
    assert_eq!(story.case.life.stage_since_ms, Some(story.now));
}

#[test]
fn nobody_corrects_what_a_unit_works_on_or_without_a_reason_or_for_nothing() {
    let mut story = Story::dispatched("E01");
    let silent = Given {
        reason: String::from(" "),
        ..another()
    };
    let missing = Err(Refusal::Missing(Fact::Reason));
    assert_eq!(story.attempt(Move::Correct, 1, silent), missing);
    let nothing = Given {
        corrected: None,
        ..another()
    };
    let refused = Err(Refusal::NothingCorrected);
    assert_eq!(story.attempt(Move::Correct, 1, nothing), refused);
    story.go(Move::Start, Given::default());
    let refused = Err(Refusal::NotFrom {
        state: HANDLING,
        kind: Move::Correct,
    });
    assert_eq!(story.attempt(Move::Correct, 1, another()), refused);
    story.go(Move::HandBack, because("不是我们的井盖"));
    story.go(Move::Correct, another());
    assert_eq!((story.case.state, story.case.life.returns), (ACCEPTED, 1));
}
