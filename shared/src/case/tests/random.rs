//! Random moves: no dead end, no illegal state.

use super::*;
use proptest::prelude::*;

/// Facts that let most moves through, chosen by a number.
fn any_given(case: &Case, n: u8, at: Timestamp) -> Given {
    let units = ["E01", "E02", "D22", "S01-350703001", "DISPATCH-350703"];
    let asks = [
        Ask::Extension,
        Ask::Suspension,
        Ask::Void,
        Ask::ForceClose,
        Ask::Appeal,
    ];
    let outcomes = [
        Outcome::Done,
        Outcome::Done,
        Outcome::Unable,
        Outcome::NotOurs,
        Outcome::Planned,
    ];
    let n = usize::from(n);
    Given {
        reason: if n % 11 == 0 {
            String::new()
        } else {
            String::from("因为")
        },
        unit: Some(unit(units[n % 5])),
        person: Some(person(u128::try_from(n).unwrap())),
        until_ms: Some(at.plus_ms(i64::try_from(n).unwrap() * DAY_MS)),
        condition: Some(ConditionId::new("C0101-1").unwrap()),
        into: Some(CaseId(Uuid::from_u128(5))),
        found: Some([Found::Yes, Found::No, Found::Unable][n % 3]),
        outcome: Some(outcomes[n % 5]),
        after_photos: n % 2,
        ask: Some(asks[n % 5]),
        card: Some([Card::None, Card::Yellow, Card::Red][n % 3]),
        stage: case.life.stages.first().map(|stage| stage.name.clone()),
        corrected: (n % 5 > 0).then(corrected),
        made_ms: None,
        photos: Vec::new(),
    }
}

/// Whether a desk or a supervisor can bring it on; whoever urges it doesn't.
fn has_a_way_on(case: &Case, at: Timestamp) -> bool {
    let mut asks = case.asks(at);
    let by_asking = asks.any(|ask| is_the_offices(Some(ask.asks)) && ask.to != Goes::Stays);
    let by_move = |row: &MoveRow| match row.kind {
        Move::Ask => by_asking,
        Move::Grant | Move::Refuse => true,
        _ => row.to != Goes::Stays,
    };
    let moves = case.moves(at);
    moves
        .iter()
        .any(|(row, right)| is_the_offices(*right) && by_move(row))
}

proptest! {
    /// No dead end, no illegal state, exactly one who must act next, clocks never backwards.
    #[test]
    fn random_moves_keep_a_case_in_order(
        steps in proptest::collection::vec((0_usize..MOVES.len(), any::<u8>(), 0_i64..2 * DAY_MS), 0..60),
    ) {
        let rules = rules();
        let mut case = Case::received(unit("DISPATCH-350703"), MONDAY, &rules);
        let mut at = MONDAY;
        for (kind, n, wait) in steps {
            at = at.plus_ms(wait);
            let event = Event {
                kind: MOVES[kind].kind,
                base_revision: case.revision,
                at,
                by: Some(person(u128::from(n % 3))),
                by_unit: Some(case.lead.clone()),
                given: any_given(&case, n, at),
            };
            let offered = case.moves(at).iter().any(|(row, _)| row.kind == event.kind);
            let Ok(next) = case.apply(&event, &rules) else { continue };
            prop_assert!(offered, "{:?} was made and not offered in {}", event.kind, case.state);
            prop_assert_eq!(next.revision, case.revision + 1);
            let row = state(next.state).unwrap();
            let anew = matches!(event.kind, Move::Unmerge | Move::Correct);
            prop_assert!(anew || next.dispatched_ms >= case.dispatched_ms);
            prop_assert!(next.state != RECEIVED || next.dispatched_ms.is_none());
            prop_assert!(next.life.stage_since_ms.unwrap() >= case.life.stage_since_ms.unwrap());
            prop_assert!(next.life.extensions <= EXTENSIONS_MAX);
            prop_assert!(next.life.suspensions <= SUSPENSIONS_MAX);
            match row.class {
                Class::Open => {
                    prop_assert!(next.closed_ms.is_none());
                    prop_assert_ne!(next.awaits(), Awaits::Nobody);
                    prop_assert!(has_a_way_on(&next, at), "{} is a dead end", next.state);
                    if row.awaits == Awaits::Clock && next.life.asked.is_none() {
                        prop_assert!(next_due(&next, &rules).is_some());
                    }
                }
                Class::Closed => prop_assert!(next.closed_ms.is_some()),
            }
            // Only an extension or a resumption moves a running deadline on, only a dispatch and a
            // unit that takes over set it; what is received anew has none.
            prop_assert!(!anew || next.deadline_ms.is_none());
            if next.deadline_ms != case.deadline_ms {
                prop_assert!(matches!(
                    event.kind,
                    Move::Dispatch
                        | Move::TakeOver
                        | Move::Grant
                        | Move::Resume
                        | Move::Unmerge
                        | Move::Correct
                ));
            }
            if event.kind == Move::TakeOver {
                prop_assert_ne!(case.state, SUSPENDED);
                prop_assert_eq!((next.state, next.awaits()), (DISPATCHED, Awaits::Unit));
            }
            let owes = |part: &Part| part.unit == next.lead && part.answered_ms.is_none();
            prop_assert!(!next.life.parts.iter().any(owes), "the lead owes itself a part");
            prop_assert_eq!(recount(&next, &rules, at), None, "by the same calendar");
            case = next;
        }
    }
}
