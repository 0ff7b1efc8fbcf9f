//! Time as a value. There is no `now` here: whoever stands at the edge of the program hands it in.

use serde::{Deserialize, Serialize};
use std::fmt;
use utoipa::ToSchema;

/// A moment: milliseconds since 1970-01-01T00:00:00Z. Never local time.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Default,
    Serialize,
    Deserialize,
    ToSchema,
)]
#[serde(transparent)]
#[schema(value_type = i64)]
pub struct Timestamp(pub i64);

/// A second in milliseconds.
pub const SECOND_MS: i64 = 1_000;
/// A minute in milliseconds.
pub const MINUTE_MS: i64 = 60 * SECOND_MS;
/// An hour in milliseconds.
pub const HOUR_MS: i64 = 60 * MINUTE_MS;
/// A day of 24 hours in milliseconds.
pub const DAY_MS: i64 = 24 * HOUR_MS;
/// China Standard Time is UTC+8 the whole year (no daylight saving since 1991).
pub const CHINA_OFFSET_MS: i64 = 8 * HOUR_MS;

impl Timestamp {
    /// This moment moved by some milliseconds; stops at the ends of the range.
    #[must_use]
    pub const fn plus_ms(self, ms: i64) -> Self {
        Self(self.0.saturating_add(ms))
    }

    /// Milliseconds from `earlier` to this moment; negative when `earlier` is later.
    #[must_use]
    pub const fn since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// Date and time in China, or `None` far outside the calendar.
    #[must_use]
    pub fn china(self) -> Option<chrono::NaiveDateTime> {
        let ms = self.0.checked_add(CHINA_OFFSET_MS)?;
        chrono::DateTime::from_timestamp_millis(ms).map(|at| at.naive_utc())
    }

    /// The moment that a clock in China shows as this date and time.
    #[must_use]
    pub fn from_china(at: chrono::NaiveDateTime) -> Self {
        Self(
            at.and_utc()
                .timestamp_millis()
                .saturating_sub(CHINA_OFFSET_MS),
        )
    }

    /// As people read it in China: `11月24日 10:30`, with the year when it isn't `this_year`.
    #[must_use]
    pub fn show(self, this_year: i32) -> String {
        use chrono::{Datelike, Timelike};
        let Some(at) = self.china() else {
            return String::from("时间不明");
        };
        let day = format!(
            "{}月{}日 {:02}:{:02}",
            at.month(),
            at.day(),
            at.hour(),
            at.minute()
        );
        if at.year() == this_year {
            day
        } else {
            format!("{}年{day}", at.year())
        }
    }

    /// The date in China as a number, 20261121; 0 far outside the calendar.
    #[must_use]
    pub fn china_day(self) -> i64 {
        use chrono::Datelike;
        self.china().map_or(0, |at| {
            i64::from(at.year()) * 10_000 + i64::from(at.month()) * 100 + i64::from(at.day())
        })
    }

    /// The year in China at this moment (1970 when it is far outside the calendar).
    #[must_use]
    pub fn china_year(self) -> i32 {
        use chrono::Datelike;
        self.china().map_or(1970, |at| at.year())
    }
}

impl fmt::Display for Timestamp {
    /// RFC 3339 in UTC with milliseconds, for logs and files.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match chrono::DateTime::from_timestamp_millis(self.0) {
            Some(at) => write!(f, "{}", at.format("%Y-%m-%dT%H:%M:%S%.3fZ")),
            None => write!(f, "{} ms", self.0),
        }
    }
}

/// A date in China.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day(chrono::NaiveDate);

impl Day {
    /// As a number: 20261121.
    #[must_use]
    pub fn number(self) -> i64 {
        Timestamp::from_china(self.0.into()).china_day()
    }

    /// Days from `earlier` to this one.
    #[must_use]
    pub fn since_days(self, earlier: Self) -> i64 {
        self.0.signed_duration_since(earlier.0).num_days()
    }
}

/// The date of `2026-11-21`.
#[must_use]
pub fn read_day(text: &str) -> Option<Day> {
    let day = chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
    Some(Day(day))
}

/// `2026-11-21` of a date as a number.
#[must_use]
pub fn day_text(number: i64) -> String {
    let (year, month, day) = (number / 10_000, number / 100 % 100, number % 100);
    format!("{year:04}-{month:02}-{day:02}")
}

/// A length of time in words: `1时20分`, `3天4时`, `不足1分`.
#[must_use]
pub fn show_duration(ms: i64) -> String {
    let minutes = ms.unsigned_abs() / MINUTE_MS.unsigned_abs();
    let (days, hours, minutes) = (minutes / 1440, minutes / 60 % 24, minutes % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => String::from("不足1分"),
        (0, 0, m) => format!("{m}分"),
        (0, h, 0) => format!("{h}时"),
        (0, h, m) => format!("{h}时{m}分"),
        (d, 0, _) => format!("{d}天"),
        (d, h, _) => format!("{d}天{h}时"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_in_china_read_their_own_clock() {
        let at = Timestamp(1_795_487_400_000); // 2026-11-24T02:30:00Z
        assert_eq!(at.to_string(), "2026-11-24T02:30:00.000Z");
        assert_eq!(at.show(2026), "11月24日 10:30");
        assert_eq!(at.show(2027), "2026年11月24日 10:30");
        assert_eq!(Timestamp(i64::MAX).show(2026), "时间不明");
    }

    #[test]
    fn a_duration_is_said_in_two_units_at_most() {
        assert_eq!(show_duration(80 * MINUTE_MS), "1时20分");
        assert_eq!(show_duration(76 * HOUR_MS), "3天4时");
        assert_eq!(show_duration(-5 * MINUTE_MS), "5分");
        assert_eq!(show_duration(10), "不足1分");
    }
}
