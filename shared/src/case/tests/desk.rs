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
