//! Courses counted by hand, and random ones.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]
use super::*;
use crate::calendar::{Calendar, Limit, LimitUnit};
use crate::case::{
    CONTESTED, Case, Class, Event, Found, Given, HANDLED, HANDLING, MOVES, Move, Rules, SUSPENDED,
};
use crate::id::PersonId;
use crate::indicators::{INDICATORS, Numbers};
use crate::time::{DAY_MS, HOUR_MS};
use proptest::prelude::*;
use std::sync::LazyLock;
use uuid::Uuid;

static CALENDAR: LazyLock<Calendar> = LazyLock::new(Calendar::default);

/// Monday, 2026-11-23, 09:00 in China.
const MONDAY: Timestamp = Timestamp(1_795_395_600_000);
const TODAY: i64 = 20_261_123;

/// A course counted by hand: entry by entry, each an hour after the one before.
struct Told {
    course: Course,
    at: Timestamp,
    tally: Tally,
}

fn unit(code: &str) -> UnitCode {
    UnitCode::new(code).unwrap()
}

impl Told {
    fn begin() -> Self {
        let mut told = Self {
            course: Course::default(),
            at: MONDAY,
            tally: Tally::new(),
        };
        told.entry("received", "", RECEIVED, |_| {});
        told
    }

    fn dispatched() -> Self {
        let mut told = Self::begin();
        told.dispatch("E01", RECEIVED, 4 * HOUR_MS);
        told
    }

    fn entry(&mut self, kind: &str, from: &str, to: &str, more: impl FnOnce(&mut Entry<'_>)) {
        let mut entry = Entry {
            kind,
            from,
            to,
            at: self.at,
            by_person: true,
            unit: None,
            level: Level::District,
            deadline: None,
            ask: None,
            outcome: None,
        };
        more(&mut entry);
        self.at = self.at.plus_ms(HOUR_MS);
        for delta in self.course.follow(&entry) {
            *self
                .tally
                .entry((delta.day, delta.who, delta.counter))
                .or_default() += delta.n;
        }
    }

    fn dispatch(&mut self, code: &str, from: &str, limit_ms: i64) {
        let (unit, deadline) = (unit(code), self.at.plus_ms(limit_ms));
        let mut entry = Entry {
            kind: "dispatch",
            from,
            to: DISPATCHED,
            at: self.at,
            by_person: true,
            unit: None,
            level: Level::Street,
            deadline: Some(deadline),
            ask: None,
            outcome: None,
        };
        entry.unit = Some(&unit);
        self.at = self.at.plus_ms(HOUR_MS);
        for delta in self.course.follow(&entry) {
            *self
                .tally
                .entry((delta.day, delta.who, delta.counter))
                .or_default() += delta.n;
        }
    }

    fn go(&mut self, kind: &str, from: &str, to: &str) -> &mut Self {
        self.entry(kind, from, to, |_| {});
        self
    }

    fn ask(&mut self, ask: Ask, at: &str) -> &mut Self {
        self.entry("ask", at, at, |entry| entry.ask = Some(ask));
        self
    }

    fn of(&self, who: &Who) -> Vec<(&'static str, i64)> {
        let own = self
            .tally
            .iter()
            .filter(|((_, w, _), n)| w == who && **n != 0);
        own.map(|((_, _, counter), n)| (counter.as_str(), *n))
            .collect()
    }

    fn of_unit(&self, code: &str) -> Vec<(&'static str, i64)> {
        self.of(&Who::Unit(unit(code)))
    }

    fn place(&self, counter: Counter) -> i64 {
        let own = self
            .tally
            .iter()
            .filter(|((_, who, c), _)| *who == Who::Place && *c == counter);
        own.map(|(_, n)| n).sum()
    }
}

#[test]
fn a_case_that_goes_well_counts_once_for_each() {
    let mut told = Told::dispatched();
    told.go("finish", DISPATCHED, HANDLED)
        .go("close", HANDLED, CLOSED);
    let wanted = [
        ("dispatched", 1),
        ("due", 1),
        ("handled_in_time", 1),
        ("closed_in_time", 1),
        ("closings", 1),
    ];
    assert_eq!(told.of_unit("E01"), wanted);
    for counter in [
        Counter::Reported,
        Counter::Filed,
        Counter::FilingInTime,
        Counter::DispatchInTime,
        Counter::DeskDispatched,
        Counter::ClosingInTime,
        Counter::SolvedStreet,
    ] {
        assert_eq!(told.place(counter), 1, "{counter:?}");
    }
    let days: Vec<i64> = told.tally.keys().map(|(day, _, _)| *day).collect();
    assert!(days.iter().all(|day| *day == TODAY));
}

#[test]
fn a_wrong_dispatch_is_the_desks_and_never_the_units() {
    let mut told = Told::dispatched();
    told.go("hand_back", DISPATCHED, RETURNED);
    assert_eq!(told.of_unit("E01"), [("dispatched", 1), ("returned", 1)]);
    assert_eq!(told.place(Counter::DeskWrong), 1);
    assert_eq!(told.place(Counter::Due), 0);
    // A lazy unit's rework is no wrong dispatch.
    told.dispatch("D22", RETURNED, 4 * HOUR_MS);
    told.go("finish", DISPATCHED, HANDLED)
        .go("rework", HANDLED, HANDLING);
    assert_eq!(told.place(Counter::DeskDispatched), 2);
    assert_eq!(told.place(Counter::DeskWrong), 1);
    assert_eq!(
        told.of_unit("D22"),
        [("dispatched", 1), ("due", 1), ("reworked", 1)]
    );
    // "Not ours" at the end is a wrong dispatch as well.
    told.entry("finish", HANDLING, HANDLED, |entry| {
        entry.outcome = Some(Outcome::NotOurs);
    });
    told.dispatch("D23", HANDLED, 4 * HOUR_MS);
    assert_eq!(told.place(Counter::DeskWrong), 2);
    assert_eq!(told.of_unit("D22"), [("dispatched", 1)]);
}

#[test]
fn a_granted_appeal_keeps_the_fact_and_exempts_it() {
    let mut told = Told::begin();
    told.dispatch("E01", RECEIVED, HOUR_MS / 2);
    told.go("finish", DISPATCHED, HANDLED)
        .go("close", HANDLED, CLOSED)
        .ask(Ask::Appeal, CLOSED)
        .go("grant", CLOSED, CLOSED);
    assert_eq!(told.place(Counter::Exempt), 0, "one of two is not enough");
    told.go("grant", CLOSED, CLOSED);
    let wanted = [
        ("dispatched", 1),
        ("due", 1),
        ("handled_late", 1),
        ("closed_late", 1),
        ("exempt", 1),
        ("closings", 1),
    ];
    assert_eq!(told.of_unit("E01"), wanted);
}

#[test]
fn what_is_suspended_is_not_due_until_it_goes_on() {
    let mut told = Told::dispatched();
    told.go("start", DISPATCHED, HANDLING)
        .ask(Ask::Suspension, HANDLING)
        .go("grant", HANDLING, SUSPENDED);
    assert_eq!(told.of_unit("E01"), [("dispatched", 1), ("suspended", 1)]);
    let later = MONDAY.plus_ms(40 * DAY_MS);
    told.entry("resume", SUSPENDED, HANDLING, |entry| {
        entry.deadline = Some(later);
    });
    let due = (later.china_day(), Who::Place, Counter::Due);
    assert_eq!(told.tally[&due], 1);
    assert_eq!(told.place(Counter::Due), 1);
    // An extension moves it on, and it is still one.
    told.ask(Ask::Extension, HANDLING);
    let still_later = MONDAY.plus_ms(45 * DAY_MS);
    told.entry("grant", HANDLING, HANDLING, |entry| {
        entry.deadline = Some(still_later);
    });
    assert_eq!(told.tally[&due], 0);
    assert_eq!(told.place(Counter::Due), 1);
    assert_eq!(told.place(Counter::Extended), 1);
}

#[test]
fn what_was_named_wrongly_was_dispatched_well_and_is_due_to_whoever_was_late_with_it() {
    let mut told = Told::dispatched();
    told.go("correct", DISPATCHED, ACCEPTED);
    assert_eq!(told.of_unit("E01"), [("dispatched", 1)], "in time so far");
    assert_eq!(told.place(Counter::Due), 0);
    let wrong = [Counter::DeskWrong, Counter::RuleWrong];
    assert_eq!(wrong.map(|counter| told.place(counter)), [0, 0]);
    let mut late = Told::dispatched();
    late.at = late.at.plus_ms(5 * HOUR_MS);
    late.go("correct", DISPATCHED, ACCEPTED);
    assert_eq!(late.of_unit("E01"), [("dispatched", 1), ("due", 1)]);
    assert_eq!(
        late.place(Counter::Due),
        0,
        "the place goes on with the next"
    );
}

#[test]
fn what_is_struck_out_merged_or_forced_is_counted_as_that() {
    let mut told = Told::dispatched();
    told.go("merge", DISPATCHED, MERGED);
    assert_eq!(told.place(Counter::Merged), 1);
    assert_eq!(told.of_unit("E01"), [("dispatched", 1)]);
    told.go("unmerge", MERGED, RECEIVED)
        .go("accept", RECEIVED, ACCEPTED);
    assert_eq!(told.place(Counter::Merged), 0);
    told.ask(Ask::Void, ACCEPTED).go("grant", ACCEPTED, VOIDED);
    assert_eq!(told.place(Counter::Voided), 1);
    let mut told = Told::dispatched();
    told.ask(Ask::ForceClose, DISPATCHED)
        .go("grant", DISPATCHED, FORCE_CLOSED);
    assert_eq!(
        told.of_unit("E01"),
        [("dispatched", 1), ("due", 1), ("forced", 1)]
    );
    assert_eq!(told.place(Counter::Closings), 0);
}

#[test]
fn what_was_handed_back_and_closed_by_force_is_counted_for_its_place() {
    let mut told = Told::dispatched();
    told.go("hand_back", DISPATCHED, RETURNED);
    assert_eq!(told.place(Counter::Due), 0);
    told.at = MONDAY.plus_ms(3 * DAY_MS);
    told.ask(Ask::ForceClose, RETURNED)
        .go("grant", RETURNED, FORCE_CLOSED);
    for counter in [Counter::Due, Counter::Forced] {
        let of_the_day = told.tally.get(&(TODAY + 3, Who::Place, counter));
        assert_eq!((of_the_day, told.place(counter)), (Some(&1), 1));
    }
    assert_eq!(told.of_unit("E01"), [("dispatched", 1), ("returned", 1)]);
}

#[test]
fn a_contested_closing_is_taken_back_and_stays_contested() {
    let mut told = Told::dispatched();
    told.go("finish", DISPATCHED, HANDLED)
        .go("close", HANDLED, CLOSED)
        .go("contest", CLOSED, CONTESTED);
    assert_eq!(told.place(Counter::SolvedStreet), 0);
    assert_eq!(told.place(Counter::ClosedInTime), 0);
    assert_eq!(told.place(Counter::Contested), 1);
    told.go("close", CONTESTED, CLOSED);
    assert_eq!(told.place(Counter::SolvedStreet), 1);
    assert_eq!(told.place(Counter::Closings), 2);
    assert_eq!(told.place(Counter::ClosedInTime), 1);
    // On the spot: counted apart, until its reporter says otherwise.
    let mut told = Told::begin();
    told.entry("self_fix", RECEIVED, CLOSED, |entry| {
        entry.by_person = false;
    });
    let place = [("self_fixed", 1), ("solved_on_spot", 1)];
    assert_eq!(told.of(&Who::Place), place);
    told.go("contest", CLOSED, CONTESTED);
    assert_eq!(told.of(&Who::Place), [("reported", 1)]);
}

#[test]
fn a_desk_is_late_when_the_stage_was() {
    let mut told = Told::begin();
    told.go("stage_late", RECEIVED, RECEIVED)
        .go("accept", RECEIVED, ACCEPTED);
    assert_eq!(told.place(Counter::FilingDue), 1);
    assert_eq!(told.place(Counter::FilingInTime), 0);
    told.dispatch("E01", ACCEPTED, HOUR_MS);
    assert_eq!(told.place(Counter::DispatchInTime), 1);
    told.dispatch("D22", DISPATCHED, 4 * HOUR_MS);
    assert_eq!(told.of_unit("E01"), [("dispatched", 1)]);
    // Taken away from a unit that is late with it: that stays the unit's.
    told.go("note", DISPATCHED, DISPATCHED);
    for _ in 0..4 {
        told.go("note", DISPATCHED, DISPATCHED);
    }
    told.dispatch("D23", DISPATCHED, 4 * HOUR_MS);
    assert_eq!(told.of_unit("D22"), [("dispatched", 1), ("due", 1)]);
    assert_eq!(told.place(Counter::Due), 1);
}

#[test]
fn what_is_taken_over_from_a_late_unit_stays_late_with_it_and_is_no_desks_dispatch() {
    let mut told = Told::begin();
    told.dispatch("E01", RECEIVED, HOUR_MS / 2);
    told.go("start", DISPATCHED, HANDLING);
    let (unit, deadline) = (unit("D22"), told.at.plus_ms(4 * HOUR_MS));
    let entry = Entry {
        kind: "take_over",
        from: HANDLING,
        to: DISPATCHED,
        at: told.at,
        by_person: false,
        unit: Some(&unit),
        level: Level::District,
        deadline: Some(deadline),
        ask: None,
        outcome: None,
    };
    for delta in told.course.follow(&entry) {
        let key = (delta.day, delta.who, delta.counter);
        *told.tally.entry(key).or_default() += delta.n;
    }
    assert_eq!(told.of_unit("E01"), [("dispatched", 1), ("due", 1)]);
    assert_eq!(told.of_unit("D22"), [("dispatched", 1), ("due", 1)]);
    assert_eq!(told.place(Counter::Due), 1);
    assert_eq!(told.place(Counter::DeskDispatched), 1, "only the first");
    assert_eq!(told.place(Counter::RuleDispatched), 1);
}

fn given(n: u8, at: Timestamp) -> Given {
    let units = ["E01", "D22", "D23", "DISPATCH-350703"];
    let asks = [
        Ask::Extension,
        Ask::Suspension,
        Ask::Void,
        Ask::ForceClose,
        Ask::Appeal,
    ];
    let found = [Found::Yes, Found::No, Found::Unable];
    let outcomes = [
        Outcome::Done,
        Outcome::Done,
        Outcome::Unable,
        Outcome::NotOurs,
    ];
    let n = usize::from(n);
    Given {
        reason: String::from("因为"),
        unit: Some(unit(units[n % 4])),
        until_ms: Some(at.plus_ms(3 * DAY_MS)),
        condition: Some("C0118-1".parse().unwrap()),
        into: Some(crate::id::CaseId(Uuid::from_u128(9))),
        found: Some(found[n % 3]),
        outcome: Some(outcomes[n % 4]),
        ask: Some(asks[n % 5]),
        corrected: Some(crate::case::Corrected {
            category: "C0118".parse().unwrap(),
            lat_e7: 271_505_000,
            lon_e7: 1_180_292_000,
            grid: None,
            unit: None,
            assisting: Vec::new(),
            rule: String::from("转派遣员"),
            because: Vec::new(),
        }),
        ..Given::default()
    }
}

/// The entry that the server writes for a move.
fn entry<'a>(case: &'a Case, event: &'a Event, next: &'a Case) -> Entry<'a> {
    let sets_deadline = matches!(
        event.kind,
        Move::Dispatch | Move::TakeOver | Move::Grant | Move::Resume
    );
    Entry {
        kind: event.kind.as_str(),
        from: case.state,
        to: next.state,
        at: event.at,
        by_person: event.by.is_some(),
        unit: event.given.unit.as_ref(),
        level: Level::District,
        deadline: next.deadline_ms.filter(|_| sets_deadline),
        ask: event.given.ask.filter(|_| event.kind == Move::Ask),
        outcome: event.given.outcome.filter(|_| event.kind == Move::Finish),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]
    #[test]
    fn whatever_happens_a_part_is_never_more_than_its_whole(
        steps in proptest::collection::vec((0_usize..MOVES.len(), any::<u8>(), 0_i64..6 * HOUR_MS), 0..80),
    ) {
        let rules = Rules {
            limit: Some(Limit { value: 4, unit: LimitUnit::WorkHour }),
            ..Rules::bare(&CALENDAR)
        };
        let mut case = Case::received(unit("DISPATCH-350703"), MONDAY, &rules);
        let mut told = Told::begin();
        let mut at = MONDAY;
        for (kind, n, wait) in steps {
            at = at.plus_ms(wait);
            let event = Event {
                kind: MOVES[kind].kind,
                base_revision: case.revision,
                at,
                by: (n % 7 > 0).then(|| PersonId(Uuid::from_u128(u128::from(n % 3)))),
                by_unit: Some(case.lead.clone()),
                given: given(n, at),
            };
            let Ok(next) = case.apply(&event, &rules) else { continue };
            for delta in told.course.follow(&entry(&case, &event, &next)) {
                *told.tally.entry((delta.day, delta.who, delta.counter)).or_default() += delta.n;
            }
            case = next;
        }
        let mut sums: BTreeMap<(i64, Who), Numbers> = BTreeMap::new();
        for ((day, who, counter), n) in &told.tally {
            prop_assert!(*n >= 0, "{counter:?} of {who:?} on {day}: {n}");
            sums.entry((*day, who.clone())).or_default().add(*counter, *n);
        }
        for ((day, who), numbers) in &sums {
            for row in &INDICATORS {
                let rate = row.rate(numbers);
                prop_assert!(
                    (0..=rate.denominator).contains(&rate.numerator),
                    "{} of {who:?} on {day}: {rate:?}", row.key,
                );
            }
        }
        // As the case itself says.
        let closed = case.state == CLOSED;
        let works = case.class() == Class::Open || closed;
        let late = told.place(Counter::ClosedLate);
        let in_time = told.place(Counter::ClosedInTime);
        let on_spot = told.place(Counter::SolvedOnSpot) > 0;
        let dispatched = case.dispatched_ms.is_some() && closed && !on_spot;
        prop_assert_eq!(late, i64::from(dispatched && case.was_late()));
        prop_assert_eq!(in_time, i64::from(dispatched && !case.was_late()));
        prop_assert!(told.place(Counter::Due) <= 1);
        prop_assert!(works || in_time + late == 0);
        prop_assert_eq!(told.place(Counter::Merged), i64::from(case.state == MERGED));
    }
}
