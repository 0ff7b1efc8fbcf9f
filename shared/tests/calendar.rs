//! Deadlines as people in 建阳区 would count them with the shipped calendar, and properties that
//! hold for every start and limit.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

use proptest::prelude::*;
use shared::calendar::{
    Calendar, CalendarError, Clock, Light, Limit, LimitUnit, MOMENT_MAX, MOMENT_MIN,
};
use shared::time::{DAY_MS, HOUR_MS, MINUTE_MS, Timestamp};

fn shipped() -> Calendar {
    Calendar::from_csv(include_str!("../../data/catalogue/calendar.csv")).unwrap()
}

/// A moment by a clock in China, as `2026-11-20 16:30`.
fn china(text: &str) -> Timestamp {
    Timestamp::from_china(chrono::NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap())
}

fn limit(text: &str) -> Limit {
    let digits = text.chars().take_while(char::is_ascii_digit).count();
    let (value, unit) = text.split_at(digits);
    Limit {
        value: value.parse().unwrap(),
        unit: LimitUnit::parse(unit).unwrap(),
    }
}

/// Asserts many `(start, limit, deadline)` at once and names the one that differs.
fn expect_deadlines(rows: &[(&str, &str, &str)]) {
    let calendar = shipped();
    for (start, length, expected) in rows {
        let found = calendar.deadline(china(start), limit(length));
        let found = found
            .china()
            .unwrap()
            .format("%Y-%m-%d %H:%M:%S%.3f")
            .to_string();
        assert_eq!(found, format!("{expected}:00.000"), "{length} from {start}");
    }
}

#[test]
fn a_limit_runs_on_across_lunch_night_and_weekend() {
    // 2026-11-20 is a Friday.
    expect_deadlines(&[
        ("2026-11-20 09:00", "2工作时", "2026-11-20 11:00"),
        ("2026-11-20 11:00", "2工作时", "2026-11-20 15:00"),
        ("2026-11-20 16:30", "4工作时", "2026-11-23 10:30"),
        ("2026-11-20 09:00", "1工作日", "2026-11-23 09:00"),
        ("2026-11-20 09:00", "5工作日", "2026-11-27 09:00"),
        ("2026-11-23 08:00", "1工作日", "2026-11-23 18:00"),
        ("2026-11-23 14:00", "4工作时", "2026-11-23 18:00"),
        ("2026-11-23 08:00", "4工作时", "2026-11-23 12:00"),
    ]);
}

#[test]
fn a_start_outside_working_hours_counts_from_the_next_working_hour() {
    expect_deadlines(&[
        ("2026-11-23 06:15", "2工作时", "2026-11-23 10:00"),
        ("2026-11-23 12:00", "2工作时", "2026-11-23 16:00"),
        ("2026-11-23 13:20", "2工作时", "2026-11-23 16:00"),
        ("2026-11-23 18:00", "1工作时", "2026-11-24 09:00"),
        ("2026-11-23 22:40", "1工作时", "2026-11-24 09:00"),
        ("2026-11-20 18:00", "1工作时", "2026-11-23 09:00"),
        ("2026-11-21 10:00", "1工作日", "2026-11-23 18:00"),
        ("2026-11-22 23:59", "2工作日", "2026-11-24 18:00"),
    ]);
}

#[test]
fn a_saturday_worked_in_exchange_for_a_holiday_counts_as_a_working_day() {
    // Saturday 2026-02-28 makes up for Spring Festival, Sunday 2026-01-04 for New Year's Day.
    expect_deadlines(&[
        ("2026-02-27 17:00", "2工作时", "2026-02-28 09:00"),
        ("2026-02-28 10:00", "1工作日", "2026-03-02 10:00"),
        ("2026-01-04 15:00", "4工作时", "2026-01-05 09:00"),
        ("2025-12-31 16:00", "4工作时", "2026-01-04 10:00"),
    ]);
    assert!(shipped().is_working_day(china("2026-02-28 23:59")));
    assert!(!shipped().is_working_day(china("2026-03-01 00:00")));
}

#[test]
fn national_day_stops_the_working_clock_and_not_the_urgent_one() {
    // Off 2026-10-01 to 10-07, worked Saturday 10-10 (a week after) and Sunday 09-20.
    expect_deadlines(&[
        ("2026-09-30 16:00", "4工作时", "2026-10-08 10:00"),
        ("2026-09-30 09:00", "3工作日", "2026-10-10 09:00"),
        ("2026-09-30 16:00", "2紧急工作时", "2026-09-30 18:00"),
        ("2026-09-30 23:30", "2紧急工作时", "2026-10-01 01:30"),
        ("2026-09-30 16:00", "2紧急工作日", "2026-10-02 16:00"),
        ("2026-09-30 16:00", "7自然日", "2026-10-07 16:00"),
        ("2026-10-03 10:00", "1工作日", "2026-10-08 18:00"),
    ]);
}

#[test]
fn a_year_without_data_is_plain_monday_to_friday_and_says_so() {
    let calendar = shipped();
    assert_eq!(
        [2023, 2024, 2026, 2027].map(|year| calendar.covers(year)),
        [false, true, true, false]
    );
    // 2027-10-01 is a Friday, and nobody has published the holidays yet.
    expect_deadlines(&[("2027-10-01 09:00", "1工作日", "2027-10-04 09:00")]);
    let empty = Calendar::from_csv("date,kind,occasion\n").unwrap();
    assert!(!empty.covers(2026));
    assert!(empty.is_working_day(china("2026-10-01 09:00")));
}

#[test]
fn lights_change_just_after_eighty_percent_and_just_after_the_deadline() {
    let calendar = shipped();
    let length = limit("5工作时");
    let start = china("2026-11-23 08:00");
    let deadline = calendar.deadline(start, length);
    assert_eq!(deadline, china("2026-11-23 15:00"));
    let (whole, clock) = (length.length_ms(), length.unit.clock());
    let light = |now: Timestamp| calendar.light(whole, now, deadline, clock);
    assert_eq!(light(start), Light::Green);
    assert_eq!(light(china("2026-11-23 12:00")), Light::Green);
    assert_eq!(light(china("2026-11-23 13:59")), Light::Green);
    assert_eq!(light(china("2026-11-23 14:00").plus_ms(1)), Light::Yellow);
    assert_eq!(light(deadline), Light::Yellow);
    assert_eq!(light(deadline.plus_ms(1)), Light::Red);
    assert!(
        (calendar.share_used(whole, china("2026-11-24 10:00"), deadline, clock) - 2.0).abs()
            < 1e-12
    );
}

#[test]
fn a_deadline_on_friday_evening_is_red_on_saturday() {
    let calendar = shipped();
    let length = limit("1工作日");
    let (start, deadline) = (china("2026-11-20 08:00"), china("2026-11-20 18:00"));
    assert_eq!(calendar.deadline(start, length), deadline);
    let saturday = china("2026-11-21 09:00");
    let (whole, clock) = (length.length_ms(), length.unit.clock());
    assert!(calendar.share_used(whole, saturday, deadline, clock) > 1.0);
    assert_eq!(calendar.light(whole, saturday, deadline, clock), Light::Red);
}

#[test]
fn an_extended_deadline_stretches_the_lights() {
    let calendar = shipped();
    // Twice eight working hours.
    let (whole, extended) = (2 * limit("1工作日").length_ms(), china("2026-11-24 18:00"));
    let evening = china("2026-11-23 18:00");
    let share = calendar.share_used(whole, evening, extended, Clock::Working);
    assert!((share - 0.5).abs() < 1e-12, "{share}");
}

#[test]
fn a_deadline_that_leaves_no_time_is_red_once_it_is_over() {
    let calendar = shipped();
    let night = china("2026-11-23 22:00");
    for deadline in [night, china("2026-11-23 23:00"), china("2026-11-23 09:00")] {
        let whole = calendar.elapsed(night, deadline, Clock::Working);
        let light = calendar.light(whole, china("2026-11-24 09:00"), deadline, Clock::Working);
        assert_eq!(light, Light::Red, "{deadline}");
    }
    assert_eq!(Light::of(f64::NAN), Light::Red);
}

#[test]
fn extreme_moments_and_limits_are_clamped_and_never_panic() {
    let calendar = shipped();
    let most = |unit| Limit {
        value: u32::MAX,
        unit,
    };
    for at in [
        i64::MIN,
        i64::MIN + 1,
        MOMENT_MIN.0,
        -1,
        0,
        MOMENT_MAX.0,
        i64::MAX,
    ]
    .map(Timestamp)
    {
        for unit in LimitUnit::ALL {
            let deadline = calendar.deadline(at, most(unit));
            assert!((MOMENT_MIN..=MOMENT_MAX).contains(&deadline));
            let one = Limit { value: 1, unit };
            assert!((MOMENT_MIN..=MOMENT_MAX).contains(&calendar.deadline(at, one)));
            let end = Timestamp(i64::MAX);
            let share = calendar.share_used(one.length_ms(), end, deadline, unit.clock());
            assert!(share >= 0.0);
            assert!(calendar.elapsed(Timestamp(i64::MIN), at, unit.clock()) >= 0);
        }
        let _ = calendar.is_working_day(at);
    }
    assert_eq!(
        calendar.deadline(Timestamp(0), most(LimitUnit::WorkDay)),
        MOMENT_MAX
    );
}

#[test]
fn a_bad_calendar_file_names_the_line() {
    let read = |rows: &str| Calendar::from_csv(&format!("date,kind,occasion\n{rows}")).unwrap_err();
    for rows in [
        "2026-13-01,holiday,x\n",
        "2026-01-01\n",
        "2026-01-01,off,x\n",
        ",,\n",
    ] {
        assert!(
            matches!(read(rows), CalendarError::Row { line: 2, .. }),
            "{rows}"
        );
    }
    let error = read("2026-01-01,holiday,x\n2026-01-01,workday,x\n");
    assert!(error.to_string().contains("2026-01-01"), "{error}");
}

#[test]
fn units_read_and_write_as_the_catalogue_spells_them() {
    for unit in LimitUnit::ALL {
        assert_eq!(LimitUnit::parse(&unit.to_string()), Some(unit));
    }
    assert_eq!(LimitUnit::parse("小时"), None);
    assert_eq!(limit("4工作时").to_string(), "4工作时");
    let mut reader = csv::Reader::from_reader(
        include_bytes!("../../data/catalogue/filing_conditions.csv").as_slice(),
    );
    let unit_at = reader
        .headers()
        .unwrap()
        .iter()
        .position(|name| name == "deadline_unit")
        .unwrap();
    for record in reader.records() {
        let record = record.unwrap();
        assert!(LimitUnit::parse(&record[unit_at]).is_some(), "{record:?}");
    }
}

/// Minutes of working time counted one by one, as slow and plain as can be.
fn count_minutes(calendar: &Calendar, start: Timestamp, end: Timestamp) -> i64 {
    use chrono::Timelike;
    let mut at = start;
    let mut minutes = 0;
    while at < end {
        let hour = at.china().unwrap().hour();
        minutes += i64::from(calendar.is_working_day(at) && matches!(hour, 8..12 | 14..18));
        at = at.plus_ms(MINUTE_MS);
    }
    minutes
}

fn any_limit() -> impl Strategy<Value = Limit> {
    (0_u32..60, prop::sample::select(LimitUnit::ALL.to_vec()))
        .prop_map(|(value, unit)| Limit { value, unit })
}

/// Moments of 2023 to 2028, so both within and beyond the data.
fn any_moment() -> impl Strategy<Value = Timestamp> {
    (1_672_531_200_000_i64..1_861_920_000_000).prop_map(Timestamp)
}

proptest! {
    #[test]
    fn adding_a_limit_and_measuring_it_gives_the_same(start in any_moment(), limit in any_limit()) {
        let calendar = shipped();
        let deadline = calendar.deadline(start, limit);
        prop_assert!(deadline >= start);
        prop_assert_eq!(calendar.elapsed(start, deadline, limit.unit.clock()), limit.length_ms());
        // It is the earliest such moment.
        if limit.value > 0 {
            let before = calendar.elapsed(start, deadline.plus_ms(-1), limit.unit.clock());
            prop_assert_eq!(before, limit.length_ms() - 1);
        }
    }

    #[test]
    fn a_later_start_or_a_longer_limit_never_ends_earlier(
        start in any_moment(), later in 0_i64..30 * DAY_MS, limit in any_limit(), more in 0_u32..20,
    ) {
        let calendar = shipped();
        let deadline = calendar.deadline(start, limit);
        prop_assert!(calendar.deadline(start.plus_ms(later), limit) >= deadline);
        let longer = Limit { value: limit.value + more, ..limit };
        prop_assert!(calendar.deadline(start, longer) >= deadline);
    }

    #[test]
    fn time_measured_in_two_parts_is_time_measured_at_once(
        start in any_moment(), first in 0_i64..90 * DAY_MS, second in 0_i64..90 * DAY_MS,
    ) {
        let calendar = shipped();
        let middle = start.plus_ms(first);
        let end = middle.plus_ms(second);
        for clock in [Clock::Working, Clock::Continuous] {
            let parts = calendar.elapsed(start, middle, clock) + calendar.elapsed(middle, end, clock);
            prop_assert_eq!(calendar.elapsed(start, end, clock), parts);
        }
        prop_assert_eq!(calendar.elapsed(end, start, Clock::Working), 0);
    }

    #[test]
    fn working_time_agrees_with_counting_every_minute(
        minute in 28_401_120_i64..29_979_360, length in 0_i64..20 * 1440,
    ) {
        let calendar = shipped();
        let (start, end) = (Timestamp(minute * MINUTE_MS), Timestamp((minute + length) * MINUTE_MS));
        let counted = count_minutes(&calendar, start, end) * MINUTE_MS;
        prop_assert_eq!(calendar.elapsed(start, end, Clock::Working), counted);
    }

    #[test]
    fn the_share_used_never_falls(start in any_moment(), limit in any_limit(), steps in prop::collection::vec(0_i64..2 * DAY_MS, 1..20)) {
        let calendar = shipped();
        let deadline = calendar.deadline(start, limit);
        let (whole, clock) = (limit.length_ms(), limit.unit.clock());
        let mut now = start.plus_ms(-HOUR_MS);
        let mut share = 0.0;
        for step in steps {
            now = now.plus_ms(step);
            let next = calendar.share_used(whole, now, deadline, clock);
            prop_assert!(next >= share, "{} then {}", share, next);
            prop_assert_eq!(next > 1.0, now > deadline);
            share = next;
        }
    }
}
