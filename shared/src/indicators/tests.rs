//! Worked examples with the numbers of the sources.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]
use super::*;

fn numbers(counts: &[(Counter, i64)]) -> Numbers {
    let mut numbers = Numbers::default();
    for (counter, n) in counts {
        numbers.add(*counter, *n);
    }
    numbers
}

fn rate(key: &str, numbers: &Numbers) -> Rate {
    indicator(key).unwrap().rate(numbers)
}

#[test]
fn the_closing_rates_of_the_sources_come_out() {
    // 建阳: 5,632 pushed, 5,622 done, 99.82 %.
    let jianyang = numbers(&[
        (Counter::Due, 5_632),
        (Counter::ClosedInTime, 5_600),
        (Counter::ClosedLate, 22),
    ]);
    assert_eq!(rate("closed", &jianyang).percent().unwrap(), "99.82%");
    assert_eq!(rate("closed", &jianyang).permille(), Some(998));
    // 运城, January 2026: 33,181 cases, 99.03 %.
    let yuncheng = numbers(&[(Counter::Due, 33_181), (Counter::ClosedInTime, 32_859)]);
    assert_eq!(rate("closed", &yuncheng).percent().unwrap(), "99.03%");
    // 中原: 460 of 465 on the spot, 5 escalated: 98.9 %.
    let zhongyuan = numbers(&[
        (Counter::SolvedOnSpot, 400),
        (Counter::SolvedCommunity, 60),
        (Counter::SolvedStreet, 4),
        (Counter::SolvedDistrict, 1),
    ]);
    assert_eq!(rate("solved_low", &zhongyuan).permille(), Some(989));
    assert_eq!(rate("solved_street", &zhongyuan).permille(), Some(9));
}

#[test]
fn a_share_of_nothing_is_none_and_a_half_is_rounded_up() {
    let nothing = Numbers::default();
    for row in &INDICATORS {
        assert_eq!(row.rate(&nothing).permille(), None, "{}", row.key);
        assert_eq!(row.rate(&nothing).percent(), None, "{}", row.key);
    }
    let of = |numerator, denominator| Rate {
        numerator,
        denominator,
    };
    assert_eq!(of(1, 2_000).permille(), Some(1));
    assert_eq!(of(1, 2_001).permille(), Some(0));
    assert_eq!(of(0, 7).percent().unwrap(), "0.00%");
    assert_eq!(of(i64::MAX, i64::MAX).permille(), Some(1_000));
}

#[test]
fn the_score_of_yuncheng_is_what_one_works_out_by_hand() {
    // (95 % + 4 % × 40 %) × 80 % + (1 − 3 %) × 10 % + (1 − 2 %) × 10 % = 96.78.
    let month = numbers(&[
        (Counter::Due, 1_000),
        (Counter::ClosedInTime, 950),
        (Counter::ClosedLate, 40),
        (Counter::Extended, 30),
        (Counter::Reworked, 20),
    ]);
    let worked = score(Of::Unit, &month).unwrap();
    assert_eq!((worked.tenths, worked.grade), (968, Grade::A));
    // Ten of the forty are exempt: (96 % + 3 % × 40 %) × 80 % + 9.7 % + 9.8 % = 97.26.
    let mut month = month;
    month.add(Counter::Exempt, 10);
    assert_eq!(score(Of::Place, &month).unwrap().tenths, 973);
    assert_eq!(rate("closed_in_time", &month).permille(), Some(960));
    assert_eq!(rate("closed", &month).permille(), Some(990));
    assert_eq!(rate("exempt", &month).permille(), Some(10));
    // Nothing in time: 100 % late × 40 % × 80 % + 20 = 52 points.
    let late = numbers(&[(Counter::Due, 10), (Counter::ClosedLate, 10)]);
    let late = score(Of::Unit, &late).unwrap();
    assert_eq!((late.tenths, late.grade), (520, Grade::D));
    assert_eq!(score(Of::Unit, &Numbers::default()), None);
}

#[test]
fn the_desk_is_scored_by_what_it_did_and_not_by_a_units_rework() {
    let desk = numbers(&[
        (Counter::FilingDue, 200),
        (Counter::FilingInTime, 180),
        (Counter::Filed, 200),
        (Counter::Voided, 4),
        (Counter::ClosingDue, 100),
        (Counter::ClosingInTime, 80),
        (Counter::DeskDispatched, 150),
        (Counter::DeskWrong, 3),
        (Counter::DispatchDue, 150),
        (Counter::DispatchInTime, 120),
        (Counter::Reworked, 50),
    ]);
    assert_eq!(rate("filed_in_time", &desk).permille(), Some(900));
    assert_eq!(rate("filed_right", &desk).permille(), Some(980));
    assert_eq!(rate("dispatched_in_time", &desk).permille(), Some(800));
    assert_eq!(rate("dispatched_right", &desk).permille(), Some(980));
    // 90 % × 25 % + 98 % × 40 % + 80 % × 35 % = 22.5 + 39.2 + 28 = 89.7.
    let score = score(Of::Desk, &desk).unwrap();
    assert_eq!((score.tenths, score.grade), (897, Grade::B));
}

#[test]
fn grades_begin_at_90_75_60_and_40_points() {
    let grades = [1_000, 900, 899, 750, 749, 600, 599, 400, 399, 0].map(Grade::of);
    let letters: String = grades.iter().map(|grade| grade.as_str()).collect();
    assert_eq!(letters, "AABBCCDDEE");
}

#[test]
fn every_counter_has_a_name_of_its_own_and_every_indicator_words() {
    for counter in Counter::ALL {
        assert_eq!(Counter::parse(counter.as_str()), Some(*counter));
    }
    for row in &INDICATORS {
        assert_eq!(indicator(row.key), Some(row), "{} is there twice", row.key);
        assert!(row.words.contains('÷'), "{}", row.words);
        assert!(!row.denominator.is_empty() && !row.of.is_empty());
    }
}
