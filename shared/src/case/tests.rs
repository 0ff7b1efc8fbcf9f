//! The tables, walked; worked examples of each exception; random moves.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]
use super::*;
use crate::calendar::{Calendar, Limit, LimitUnit};
use crate::id::{AreaCode, CategoryId};
use crate::time::{DAY_MS, MINUTE_MS};
use std::sync::LazyLock;
use uuid::Uuid;

mod asks;
mod clocks;
mod desk;
mod random;
mod recount;
mod take_over;

static CALENDAR: LazyLock<Calendar> = LazyLock::new(Calendar::default);

/// Monday, 2026-11-23, 09:00 in China.
const MONDAY: Timestamp = Timestamp(1_795_395_600_000);

fn unit(code: &str) -> UnitCode {
    UnitCode::new(code).unwrap()
}

fn person(n: u128) -> PersonId {
    PersonId(Uuid::from_u128(n))
}

fn rules() -> Rules<'static> {
    Rules {
        limit: Some(Limit {
            value: 4,
            unit: LimitUnit::WorkHour,
        }),
        last_resort: Some(unit("D22")),
        ..Rules::bare(&CALENDAR)
    }
}

/// A case under way, one move after the other.
struct Story {
    case: Case,
    now: Timestamp,
}

impl Story {
    fn begin() -> Self {
        let case = Case::received(unit("DISPATCH-350703"), MONDAY, &rules());
        Self { case, now: MONDAY }
    }

    fn dispatched(to: &str) -> Self {
        let mut story = Self::begin();
        story.go(Move::Dispatch, to_unit(to));
        story
    }

    fn handled() -> Self {
        let mut story = Self::dispatched("E01");
        story.go(Move::Start, Given::default());
        story.go(Move::Finish, because("井盖已复位"));
        story
    }

    fn attempt(&self, kind: Move, by: u128, given: Given) -> Result<Case, Refusal> {
        let event = Event {
            kind,
            base_revision: self.case.revision,
            at: self.now,
            by: Some(person(by)),
            by_unit: Some(self.case.lead.clone()),
            given,
        };
        self.case.apply(&event, &rules())
    }

    /// Somebody else than who asks grants it.
    fn go(&mut self, kind: Move, given: Given) -> &mut Self {
        let by = if kind == Move::Grant { 2 } else { 1 };
        self.case = self.attempt(kind, by, given).unwrap();
        self
    }

    fn wait(&mut self, ms: i64) -> &mut Self {
        self.now = self.now.plus_ms(ms);
        self
    }
}

fn to_unit(code: &str) -> Given {
    Given {
        unit: Some(unit(code)),
        ..Given::default()
    }
}

/// 雨水井盖, in another grid.
fn corrected() -> Corrected {
    Corrected {
        category: CategoryId::new("C0102").unwrap(),
        lat_e7: 272_169_980,
        lon_e7: 1_180_152_364,
        grid: Some(AreaCode::new("350703002001001001001").unwrap()),
        unit: Some(unit("E02")),
        assisting: Vec::new(),
        rule: String::from("部件先属主"),
        because: vec![String::from("属主是排水企业")],
    }
}

fn because(reason: &str) -> Given {
    Given {
        reason: reason.into(),
        ..Given::default()
    }
}

fn asking(ask: Ask, until_ms: Option<Timestamp>) -> Given {
    Given {
        ask: Some(ask),
        until_ms,
        ..because("雨季不能施工")
    }
}

fn found(found: Found, reason: &str) -> Given {
    Given {
        found: Some(found),
        ..because(reason)
    }
}

#[test]
fn a_case_goes_its_way_from_filing_to_closing() {
    let mut story = Story::handled();
    story.go(Move::AskCheck, Given::default());
    assert_eq!(story.case.awaits(), Awaits::GridWorker);
    story.go(Move::Check, found(Found::Yes, ""));
    story.go(Move::Close, Given::default());
    assert_eq!(story.case.state, CLOSED);
    assert_eq!(story.case.closed_ms, Some(story.now));
    assert_eq!(story.case.life.first_unit, Some(unit("E01")));
    assert!(!story.case.was_late());
}

#[test]
fn a_report_is_verified_accepted_or_not_accepted_with_a_reason() {
    let mut story = Story::begin();
    story.go(Move::AskVerify, Given::default());
    assert_eq!(
        story.attempt(Move::Verify, 1, found(Found::Unable, " ")),
        Err(Refusal::Missing(Fact::Reason))
    );
    story.go(Move::Verify, found(Found::No, ""));
    assert_eq!(story.case.state, RECEIVED);
    assert_eq!(
        story.attempt(Move::NotAccept, 1, because("")),
        Err(Refusal::Missing(Fact::Reason))
    );
    story.go(Move::NotAccept, because("现场不属实"));
    assert_eq!(
        (story.case.state, story.case.class()),
        (NOT_ACCEPTED, Class::Closed)
    );
    let mut other = Story::begin();
    let condition = ConditionId::new("C0101-1").unwrap();
    assert_eq!(
        other.attempt(Move::Accept, 1, Given::default()),
        Err(Refusal::Missing(Fact::Condition))
    );
    let given = Given {
        condition: Some(condition.clone()),
        ..Given::default()
    };
    other.go(Move::Accept, given);
    assert_eq!(other.case.life.condition, Some(condition));
    assert_eq!(other.case.state, ACCEPTED);
}

#[test]
fn handing_back_needs_a_reason_and_cannot_be_followed_by_closing() {
    let mut story = Story::dispatched("E01");
    assert_eq!(
        story.attempt(Move::HandBack, 1, because("  ")),
        Err(Refusal::Missing(Fact::Reason))
    );
    story.go(Move::HandBack, because("不属于供水设施"));
    assert!(matches!(
        story.attempt(Move::Close, 1, Given::default()),
        Err(Refusal::NotFrom { .. })
    ));
    story.go(Move::Dispatch, to_unit("D22-4"));
    assert_eq!(story.case.life.returned_by, [unit("E01")]);
    assert_eq!(story.case.life.first_unit, Some(unit("E01")));
}

#[test]
fn a_unit_takes_its_own_assignment_back_before_it_hands_the_case_back() {
    let mut story = Story::dispatched("E01");
    let given = Given {
        person: Some(person(7)),
        ..Given::default()
    };
    story.go(Move::Assign, given);
    assert_eq!(
        (story.case.state, story.case.life.assigned),
        (HANDLING, Some(person(7)))
    );
    assert_eq!(
        story.attempt(Move::HandBack, 1, because("不是我们的")),
        Err(Refusal::AssignedFirst)
    );
    story.go(Move::Unassign, Given::default());
    story.go(Move::HandBack, because("不是我们的"));
    assert_eq!(story.case.state, RETURNED);
}

#[test]
fn after_two_returns_the_last_resort_keeps_it() {
    let mut story = Story::dispatched("E01");
    story.go(Move::HandBack, because("不属于供水设施"));
    story.go(Move::Dispatch, to_unit("D22-4"));
    story.go(Move::HandBack, because("不属于市政设施"));
    assert_eq!(story.case.life.returns, RETURNS_MAX);
    story.go(Move::Dispatch, to_unit("D22"));
    assert!(story.case.life.last_owner);
    assert_eq!(
        story.attempt(Move::HandBack, 1, because("也不是我们的")),
        Err(Refusal::LastOwner)
    );
}

#[test]
fn a_failed_check_cannot_be_closed_and_goes_back_to_the_same_unit() {
    let mut story = Story::handled();
    story.go(Move::AskCheck, Given::default());
    story.go(Move::Check, found(Found::No, "还在漏"));
    assert_eq!(
        story.attempt(Move::Close, 1, Given::default()),
        Err(Refusal::CheckFailed)
    );
    story.go(Move::Rework, because("还在漏"));
    assert_eq!(
        (
            story.case.state,
            story.case.lead.as_str(),
            story.case.life.reworks
        ),
        (HANDLING, "E01", 1)
    );
    assert_eq!(story.case.handled_ms, None, "the clock runs again");
}

#[test]
fn an_answer_other_than_done_cannot_be_closed_and_a_plan_needs_a_date() {
    let mut story = Story::dispatched("E01");
    story.go(Move::Start, Given::default());
    let planned = Given {
        outcome: Some(Outcome::Planned),
        ..because("列入下月改造")
    };
    assert_eq!(
        story.attempt(Move::Finish, 1, planned.clone()),
        Err(Refusal::Missing(Fact::Until))
    );
    let until_ms = Some(MONDAY.plus_ms(30 * DAY_MS));
    story.go(
        Move::Finish,
        Given {
            until_ms,
            ..planned
        },
    );
    assert_eq!(
        story.attempt(Move::Close, 1, Given::default()),
        Err(Refusal::NotDone)
    );
    assert!(story.attempt(Move::Dispatch, 1, to_unit("D22-4")).is_ok());
}

#[test]
fn an_after_photo_is_asked_for_where_the_condition_says_so() {
    let mut story = Story::dispatched("E01");
    story.go(Move::Start, Given::default());
    let strict = Rules {
        after_photo: true,
        ..rules()
    };
    let mut event = Event {
        kind: Move::Finish,
        base_revision: story.case.revision,
        at: story.now,
        by: None,
        by_unit: None,
        given: because("已复位"),
    };
    assert_eq!(
        story.case.apply(&event, &strict),
        Err(Refusal::Missing(Fact::AfterPhoto))
    );
    event.given.after_photos = 1;
    assert!(story.case.apply(&event, &strict).is_ok());
}

#[test]
fn parts_of_other_units_are_answered_before_the_case_closes() {
    let mut story = Story::dispatched("E01");
    let part = Given {
        unit: Some(unit("D22-4")),
        ..because("恢复路面")
    };
    story.go(Move::AddPart, part.clone());
    assert_eq!(
        story.attempt(Move::AddPart, 1, part),
        Err(Refusal::SameUnit)
    );
    story.go(Move::Start, Given::default());
    story.go(Move::Finish, because("已止水"));
    assert_eq!(
        story.attempt(Move::Close, 1, Given::default()),
        Err(Refusal::PartsOpen)
    );
    assert_eq!(
        story.attempt(Move::AnswerPart, 1, because("好了")),
        Err(Refusal::NoPart),
        "the lead has no part"
    );
    let event = Event {
        kind: Move::AnswerPart,
        base_revision: story.case.revision,
        at: story.now,
        by: Some(person(3)),
        by_unit: Some(unit("D22-4")),
        given: because("路面已恢复"),
    };
    story.case = story.case.apply(&event, &rules()).unwrap();
    story.go(Move::Close, Given::default());
}

#[test]
fn a_reporter_contests_within_three_days_and_at_most_twice() {
    let mut story = Story::handled();
    story.go(Move::Close, Given::default());
    let mut late = Story {
        case: story.case.clone(),
        now: story.now,
    };
    late.wait(CONTEST_MS_MAX + 1);
    assert_eq!(
        late.attempt(Move::Contest, 1, because("没有修好")),
        Err(Refusal::ContestTooLate)
    );
    for _ in 0..CONTESTS_MAX {
        story.go(Move::Contest, because("没有修好"));
        assert_eq!(story.case.class(), Class::Open);
        story.go(Move::Close, Given::default());
    }
    assert_eq!(
        story.attempt(Move::Contest, 1, because("没有修好")),
        Err(Refusal::ContestedEnough)
    );
}

#[test]
fn a_merged_case_can_be_taken_apart_again() {
    let into = CaseId(Uuid::from_u128(9));
    let mut story = Story::begin();
    assert_eq!(
        story.attempt(Move::Merge, 1, Given::default()),
        Err(Refusal::Missing(Fact::Into))
    );
    let given = Given {
        into: Some(into),
        ..Given::default()
    };
    story.go(Move::Merge, given);
    assert_eq!(
        (story.case.state, story.case.life.merged_into),
        (MERGED, Some(into))
    );
    story.go(Move::Unmerge, because("不是同一处"));
    assert_eq!(
        (story.case.state, story.case.life.merged_into),
        (RECEIVED, None)
    );
    assert_eq!(story.case.closed_ms, None);
}

#[test]
fn escalating_takes_the_chain_along_and_does_not_turn_the_clock_back() {
    let mut story = Story::dispatched("S03-350703001012");
    let deadline = story.case.deadline_ms;
    let given = Given {
        unit: Some(unit("S01-350703001")),
        ..because("社区无法解决")
    };
    story.go(Move::Escalate, given);
    assert_eq!(
        (story.case.state, story.case.lead.as_str()),
        (DISPATCHED, "S01-350703001")
    );
    let given = Given {
        unit: Some(unit("DISPATCH-350703")),
        ..because("街道无权处理")
    };
    story.go(Move::Escalate, given);
    assert_eq!(
        (story.case.state, story.case.life.escalations),
        (ACCEPTED, 2)
    );
    assert_eq!(story.case.deadline_ms, deadline);
    assert_eq!(story.case.life.first_unit, Some(unit("S03-350703001012")));
}

#[test]
fn a_stale_move_changes_nothing_and_says_so() {
    let story = Story::dispatched("E01");
    let event = Event {
        base_revision: 0,
        ..Event::of_system(Move::Start, &story.case, story.now, Given::default())
    };
    assert_eq!(
        story.case.apply(&event, &rules()),
        Err(Refusal::Stale {
            current: 1,
            seen: 0
        })
    );
}

#[test]
fn every_row_names_known_states_and_every_open_state_has_a_way_on() {
    for row in &MOVES {
        if let Goes::To(name) = row.to {
            assert!(state(name).is_some(), "{name}");
        }
        assert!(row.from.iter().all(|from| state(from).is_some()));
        assert_eq!(
            MOVES.iter().filter(|other| other.kind == row.kind).count(),
            1
        );
    }
    for row in &ASKS {
        assert!(row.from.iter().all(|from| state(from).is_some()));
    }
    for row in STATES.iter().filter(|row| row.class == Class::Open) {
        // Neither what the system does by itself nor what waits for a grid's or a unit's post.
        let goes = |right, to: Goes| is_the_offices(right) && to != Goes::Stays;
        let by_move = moves_from(row.name).any(|m| goes(m.action, m.to));
        let mut asks = ASKS.iter().filter(|ask| ask.from.contains(&row.name));
        let on = by_move || asks.any(|ask| goes(Some(ask.asks), ask.to));
        assert!(on, "{} is a dead end", row.name);
        assert_ne!(row.awaits, Awaits::Nobody, "{}", row.name);
    }
}

/// The rights of desks and supervisors. Posts of grids and of units may be vacant, theirs are not.
fn is_the_offices(right: Option<Action>) -> bool {
    matches!(
        right,
        Some(Action::Dispatch | Action::Close | Action::Supervise)
    )
}

#[test]
fn what_a_case_has_been_through_is_kept_as_json() {
    let mut story = Story::dispatched("E01");
    story.go(Move::Ask, asking(Ask::Extension, None));
    let text = serde_json::to_string(&story.case.life).unwrap();
    let back: Life = serde_json::from_str(&text).unwrap();
    assert_eq!(back, story.case.life);
    assert_eq!(serde_json::from_str::<Life>("{}").unwrap(), Life::default());
}
