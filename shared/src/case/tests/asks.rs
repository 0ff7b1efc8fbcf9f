//! What has to be asked for and granted.

use super::*;

#[test]
fn two_extensions_add_one_original_limit_each_and_none_once_overdue() {
    let mut story = Story::dispatched("E01");
    let first = story.case.deadline_ms.unwrap();
    for _ in 0..2 {
        story.go(Move::Ask, asking(Ask::Extension, None));
        assert_eq!(story.case.awaits(), Awaits::Dispatcher);
        assert_eq!(
            story.attempt(Move::Ask, 1, asking(Ask::Suspension, None)),
            Err(Refusal::AskPending)
        );
        story.go(Move::Grant, Given::default());
    }
    let limit = rules().limit.unwrap();
    let expected = CALENDAR.deadline(CALENDAR.deadline(first, limit), limit);
    assert_eq!(story.case.deadline_ms, Some(expected));
    assert_eq!(
        story.attempt(Move::Ask, 1, asking(Ask::Extension, None)),
        Err(Refusal::ExtensionsUsedUp)
    );
    let mut late = Story::dispatched("E01");
    late.wait(DAY_MS);
    assert_eq!(
        late.attempt(Move::Ask, 1, asking(Ask::Extension, None)),
        Err(Refusal::Overdue)
    );
    let words = explain(&story.case, 2026);
    assert_eq!(words.len(), 3, "{words:?}");
    assert!(
        words[0].contains("11月23日 09:00派遣起算，时限4工作时"),
        "{words:?}"
    );
}

#[test]
fn nobody_grants_what_they_asked_for_whatever_it_is() {
    let mut handling = Story::dispatched("E01");
    handling.go(Move::Start, Given::default());
    let mut late = Story::dispatched("E01");
    late.go(Move::Start, Given::default());
    late.wait(3 * DAY_MS);
    late.go(Move::Finish, because("已修复"));
    late.go(Move::Close, Given::default());
    let until = Some(MONDAY.plus_ms(7 * DAY_MS));
    for (ask, case) in [
        (Ask::Extension, &handling.case),
        (Ask::Suspension, &handling.case),
        (Ask::Void, &Story::dispatched("E01").case),
        (Ask::ForceClose, &handling.case),
        (Ask::Appeal, &late.case),
    ] {
        let mut story = Story {
            case: case.clone(),
            now: if ask == Ask::Appeal { late.now } else { MONDAY },
        };
        story.go(Move::Ask, asking(ask, until));
        let own = story.attempt(Move::Grant, 1, Given::default());
        assert_eq!(own, Err(Refusal::OwnRequest), "{ask:?}");
        // Taking it back is no grant.
        assert!(story.attempt(Move::Refuse, 1, because("不用了")).is_ok());
        assert!(story.attempt(Move::Grant, 2, Given::default()).is_ok());
    }
}

#[test]
fn a_refused_extension_does_not_count() {
    let mut story = Story::dispatched("E01");
    let before = story.case.deadline_ms;
    story.go(Move::Ask, asking(Ask::Extension, None));
    story.go(Move::Refuse, because("可以按期完成"));
    assert_eq!(
        (story.case.life.extensions, story.case.deadline_ms),
        (0, before)
    );
    assert_eq!(story.case.awaits(), Awaits::Unit);
}

#[test]
fn a_suspension_stops_the_clock_and_ends_by_itself() {
    let mut story = Story::dispatched("E01");
    story.go(Move::Start, Given::default());
    // One of four working hours is used.
    story.wait(60 * MINUTE_MS);
    let until = MONDAY.plus_ms(28 * DAY_MS);
    assert_eq!(
        story.attempt(
            Move::Ask,
            1,
            asking(Ask::Suspension, Some(MONDAY.plus_ms(400 * DAY_MS)))
        ),
        Err(Refusal::UntilOutOfRange)
    );
    story.go(Move::Ask, asking(Ask::Suspension, Some(until)));
    story.go(Move::Grant, Given::default());
    assert_eq!(
        (story.case.state, story.case.awaits()),
        (SUSPENDED, Awaits::Clock)
    );
    assert_eq!(next_due(&story.case, &rules()), Some(until));
    assert_eq!(due(&story.case, &rules(), until), [(until, Due::Resume)]);
    story.now = until;
    let event = Event::of_system(Move::Resume, &story.case, until, Given::default());
    story.case = story.case.apply(&event, &rules()).unwrap();
    // Monday again, 09:00: three working hours are left, the lunch break lies between.
    assert_eq!(story.case.state, HANDLING);
    assert_eq!(
        story.case.deadline_ms,
        Some(until.plus_ms(3 * 60 * MINUTE_MS))
    );
    assert_eq!(
        story.attempt(
            Move::Ask,
            1,
            asking(Ask::Suspension, Some(until.plus_ms(DAY_MS)))
        ),
        Err(Refusal::SuspendedOnce)
    );
}

#[test]
fn a_suspension_granted_after_its_date_takes_no_time_away() {
    let mut story = Story::dispatched("E01");
    story.go(Move::Start, Given::default());
    let deadline = story.case.deadline_ms;
    let until = story.now.plus_ms(30 * MINUTE_MS);
    story.go(Move::Ask, asking(Ask::Suspension, Some(until)));
    // Granted half an hour after the date: it ends as it begins, with what was left then.
    story.wait(60 * MINUTE_MS);
    story.go(Move::Grant, Given::default());
    let now = story.now;
    assert_eq!(due(&story.case, &rules(), now), [(now, Due::Resume)]);
    let event = Event::of_system(Move::Resume, &story.case, now, Given::default());
    let case = story.case.apply(&event, &rules()).unwrap();
    assert_eq!((case.state, case.deadline_ms), (HANDLING, deadline));
}

#[test]
fn what_a_suspension_lasted_turns_no_light_yellow() {
    let mut story = Story::dispatched("E01");
    story.go(Move::Start, Given::default());
    story.wait(60 * MINUTE_MS);
    let until = MONDAY.plus_ms(28 * DAY_MS);
    story.go(Move::Ask, asking(Ask::Suspension, Some(until)));
    story.go(Move::Grant, Given::default());
    let share = |case: &Case, at: Timestamp| {
        let (dispatched, deadline) = (case.dispatched_ms.unwrap(), case.deadline_ms.unwrap());
        case.life.share_used(&CALENDAR, dispatched, deadline, at)
    };
    // One of four working hours is used, however long it stands.
    let quarter = |case: &Case, at| (share(case, at) - 0.25).abs() < 1e-12;
    assert!(quarter(&story.case, story.now) && quarter(&story.case, until));
    let event = Event::of_system(Move::Resume, &story.case, until, Given::default());
    let case = story.case.apply(&event, &rules()).unwrap();
    assert!(quarter(&case, until));
    // 3.2 hours are 80 %: two hours and twelve minutes after it went on.
    let yellow = until.plus_ms(132 * MINUTE_MS);
    assert!(due(&case, &rules(), until).is_empty());
    assert_eq!(due(&case, &rules(), yellow), [(yellow, Due::Yellow)]);
    assert!((share(&case, yellow) - 0.8).abs() < 1e-12);
    // Four hours more, and eight are the whole.
    let mut story = Story { case, now: until };
    story.go(Move::Ask, asking(Ask::Extension, None));
    story.go(Move::Grant, Given::default());
    assert!((share(&story.case, until) - 0.125).abs() < 1e-12);
}

#[test]
fn voiding_and_closing_by_force_take_a_supervisor() {
    for (ask, state) in [(Ask::Void, VOIDED), (Ask::ForceClose, FORCE_CLOSED)] {
        let mut story = Story::dispatched("E01");
        story.go(Move::Ask, asking(ask, None));
        assert_eq!(story.case.awaits(), Awaits::Supervisor);
        let rights: Vec<_> = story
            .case
            .moves(story.now)
            .into_iter()
            .filter(|(row, _)| row.kind == Move::Grant)
            .map(|(_, right)| right)
            .collect();
        assert_eq!(rights, [Some(Action::Supervise)]);
        story.go(Move::Grant, Given::default());
        assert_eq!(story.case.state, state);
    }
}

#[test]
fn a_late_case_is_appealed_once_and_two_people_agree() {
    let mut story = Story::dispatched("E01");
    story.go(Move::Start, Given::default());
    story.wait(3 * DAY_MS);
    story.go(Move::Finish, because("已修复"));
    story.go(Move::Close, Given::default());
    assert!(story.case.was_late());
    story.go(Move::Ask, asking(Ask::Appeal, None));
    story.go(Move::Grant, Given::default());
    for (by, refusal) in [(1, Refusal::OwnRequest), (2, Refusal::SameReviewer)] {
        let again = story.attempt(Move::Grant, by, Given::default());
        assert_eq!(again, Err(refusal));
    }
    story.case = story.attempt(Move::Grant, 3, Given::default()).unwrap();
    assert_eq!(story.case.life.appealed, Some(Appealed::Granted));
    assert!(story.case.was_late(), "the fact is kept");
    assert_eq!(
        story.attempt(Move::Ask, 1, asking(Ask::Appeal, None)),
        Err(Refusal::AppealedOnce)
    );
    let mut on_time = Story::handled();
    on_time.go(Move::Close, Given::default());
    assert_eq!(
        on_time.attempt(Move::Ask, 1, asking(Ask::Appeal, None)),
        Err(Refusal::NotLate)
    );
}
