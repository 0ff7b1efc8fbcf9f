//! The table of moves, walked.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]
use super::*;
use proptest::prelude::*;

fn unit(code: &str) -> UnitCode {
    UnitCode::new(code).unwrap()
}

fn event(kind: Move, base_revision: i64, reason: &str, to: Option<&str>) -> Event {
    Event {
        kind,
        base_revision,
        at: Timestamp(1_000 + base_revision),
        reason: reason.into(),
        unit: to.map(unit),
        deadline_ms: Some(Timestamp(9_000)),
    }
}

#[test]
fn a_case_goes_its_way_from_filing_to_closing() {
    let case = Case::received(unit("DISPATCH-350703"));
    let case = case
        .apply(&event(Move::Dispatch, 0, "", Some("E01")))
        .unwrap();
    assert_eq!((case.state, case.lead.as_str()), (DISPATCHED, "E01"));
    let case = case.apply(&event(Move::Start, 1, "", None)).unwrap();
    let case = case
        .apply(&event(Move::Finish, 2, "井盖已复位", None))
        .unwrap();
    let case = case.apply(&event(Move::Close, 3, "", None)).unwrap();
    assert_eq!(
        (case.state, case.revision, case.closed_ms),
        (CLOSED, 4, Some(Timestamp(1_003)))
    );
    assert_eq!(moves_from(CLOSED).count(), 0);
}

#[test]
fn handing_back_needs_a_reason_and_cannot_be_followed_by_closing() {
    let case = Case::received(unit("DISPATCH-350703"));
    let case = case
        .apply(&event(Move::Dispatch, 0, "", Some("E01")))
        .unwrap();
    assert_eq!(
        case.apply(&event(Move::HandBack, 1, "  ", None)),
        Err(Refusal::ReasonMissing)
    );
    let case = case
        .apply(&event(Move::HandBack, 1, "不属于供水设施", None))
        .unwrap();
    assert!(matches!(
        case.apply(&event(Move::Close, 2, "", None)),
        Err(Refusal::NotFrom { .. })
    ));
    assert!(
        case.apply(&event(Move::Dispatch, 2, "", Some("D22-4")))
            .is_ok()
    );
}

#[test]
fn a_stale_move_changes_nothing_and_says_so() {
    let case = Case::received(unit("DISPATCH-350703"));
    let case = case
        .apply(&event(Move::Dispatch, 0, "", Some("E01")))
        .unwrap();
    let stale = case.apply(&event(Move::Start, 0, "", None));
    assert_eq!(
        stale,
        Err(Refusal::Stale {
            current: 1,
            seen: 0
        })
    );
}

#[test]
fn every_row_names_known_states_and_every_open_state_has_a_way_on() {
    for row in &MOVES {
        assert!(state(row.to).is_some());
        assert!(
            row.from
                .iter()
                .all(|from| state(from).is_some_and(|s| s.class == Class::Open))
        );
    }
    for row in STATES.iter().filter(|row| row.class == Class::Open) {
        assert!(
            moves_from(row.name).count() > 0,
            "{} is a dead end",
            row.name
        );
        assert_ne!(row.awaits, Awaits::Nobody, "{}", row.name);
    }
}

proptest! {
    #[test]
    fn random_moves_never_leave_the_table_and_revisions_only_grow(
        kinds in proptest::collection::vec(0_usize..MOVES.len(), 0..40),
    ) {
        let mut case = Case::received(unit("DISPATCH-350703"));
        for (at, kind) in kinds.into_iter().enumerate() {
            let to = if at % 2 == 0 { "E01" } else { "E02" };
            let event = event(MOVES[kind].kind, case.revision, "因为", Some(to));
            if let Ok(next) = case.apply(&event) {
                prop_assert!(state(next.state).is_some());
                prop_assert_eq!(next.revision, case.revision + 1);
                prop_assert!(next.dispatched_ms >= case.dispatched_ms);
                case = next;
            }
        }
    }
}
