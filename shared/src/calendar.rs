//! Working time and deadlines: 工作时 and 工作日 with holidays and 调休, 紧急 and 自然日 around the
//! clock.
//!
//! One function counts working milliseconds since the epoch; deadlines and elapsed time are that
//! function and its inverse, so that adding and measuring always agree. This file reads no clock and
//! knows no category: limits come from the catalogue. Property tests and worked examples are in
//! `tests/calendar.rs`.

mod years;

pub use years::{counted_without_words, unlisted_words};

use crate::time::{CHINA_OFFSET_MS, DAY_MS, HOUR_MS, MINUTE_MS, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// The hours of a working day in China Standard Time: 08:00–12:00 and 14:00–18:00.
pub const WORKING_HOURS: [(i64, i64); 2] = [(8, 12), (14, 18)];

/// Working time in one working day; 1 工作日 is 8 工作时.
pub const WORKING_DAY_MS: i64 = 8 * HOUR_MS;

/// Green ends here: 80 % of the limit.
pub const GREEN_SHARE_MAX: f64 = 0.8;

/// The earliest moment that is computed with, 0001-01-01 in UTC. Earlier ones count as this one.
pub const MOMENT_MIN: Timestamp = Timestamp(-62_135_596_800_000);

/// The latest moment that is computed with, the end of the year 9999 in UTC. Later ones count as
/// this one, and a deadline that would lie beyond is this one.
pub const MOMENT_MAX: Timestamp = Timestamp(253_402_300_799_999);

/// What a limit is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LimitUnit {
    /// 工作时: an hour of working time.
    WorkHour,
    /// 工作日: eight hours of working time.
    WorkDay,
    /// 紧急工作时: an hour, nights and holidays included.
    UrgentHour,
    /// 紧急工作日: 24 hours, nights and holidays included.
    UrgentDay,
    /// 自然日: 24 hours, nights and holidays included.
    NaturalDay,
    /// 分钟: for the stages at a desk, nights and holidays included.
    Minute,
}

/// Which clock a limit runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Clock {
    /// Runs in working hours on working days only.
    Working,
    /// Always runs.
    Continuous,
}

impl LimitUnit {
    /// Every unit.
    pub const ALL: [Self; 6] = [
        Self::WorkHour,
        Self::WorkDay,
        Self::UrgentHour,
        Self::UrgentDay,
        Self::NaturalDay,
        Self::Minute,
    ];

    /// The word used in the catalogue.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::WorkHour => "工作时",
            Self::WorkDay => "工作日",
            Self::UrgentHour => "紧急工作时",
            Self::UrgentDay => "紧急工作日",
            Self::NaturalDay => "自然日",
            Self::Minute => "分钟",
        }
    }

    /// The unit that the catalogue writes as this word.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|unit| unit.word() == text.trim())
    }

    /// The clock it runs on.
    #[must_use]
    pub const fn clock(self) -> Clock {
        match self {
            Self::WorkHour | Self::WorkDay => Clock::Working,
            Self::UrgentHour | Self::UrgentDay | Self::NaturalDay | Self::Minute => {
                Clock::Continuous
            }
        }
    }

    /// Milliseconds of its own clock in one of it.
    #[must_use]
    pub const fn length_ms(self) -> i64 {
        match self {
            Self::WorkHour | Self::UrgentHour => HOUR_MS,
            Self::WorkDay => WORKING_DAY_MS,
            Self::UrgentDay | Self::NaturalDay => DAY_MS,
            Self::Minute => MINUTE_MS,
        }
    }
}

impl fmt::Display for LimitUnit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// How long something may take. Written as people do, `4工作时`, also in JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Limit {
    /// How many of the unit.
    pub value: u32,
    /// What is counted.
    pub unit: LimitUnit,
}

impl Limit {
    /// Milliseconds on its own clock.
    #[must_use]
    pub fn length_ms(self) -> i64 {
        i64::from(self.value).saturating_mul(self.unit.length_ms())
    }
}

/// A limit that is no number with a unit behind it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no limit: a number and a unit as in 4工作时")]
pub struct LimitError(pub String);

impl std::str::FromStr for Limit {
    type Err = LimitError;

    fn from_str(text: &str) -> Result<Self, LimitError> {
        let wrong = || LimitError(text.to_owned());
        let text = text.trim();
        let end = text.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?;
        let (value, unit) = text.split_at(end);
        Ok(Self {
            value: value.parse().map_err(|_| wrong())?,
            unit: LimitUnit::parse(unit).ok_or_else(wrong)?,
        })
    }
}

impl utoipa::PartialSchema for Limit {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        String::schema()
    }
}

impl utoipa::ToSchema for Limit {}

impl TryFrom<String> for Limit {
    type Error = LimitError;

    fn try_from(text: String) -> Result<Self, LimitError> {
        text.parse()
    }
}

impl From<Limit> for String {
    fn from(limit: Limit) -> Self {
        limit.to_string()
    }
}

impl fmt::Display for Limit {
    /// As people write it: `4工作时`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.value, self.unit)
    }
}

/// How near a deadline is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Light {
    /// Up to 80 % of the limit is used.
    Green,
    /// Up to the whole limit is used.
    Yellow,
    /// Overdue.
    Red,
}

impl Light {
    /// The light for a share from [`Calendar::share_used`]. What is not a number shows red.
    #[must_use]
    pub fn of(share_used: f64) -> Self {
        if share_used <= GREEN_SHARE_MAX {
            Self::Green
        } else if share_used <= 1.0 {
            Self::Yellow
        } else {
            Self::Red
        }
    }
}

/// Why a calendar file was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CalendarError {
    /// A row could not be read.
    #[error("line {line}: {problem}")]
    Row {
        /// Line in the file, from 1.
        line: usize,
        /// What is wrong with it.
        problem: String,
    },
    /// The same day stands in the file as a holiday and as a working day.
    #[error("{date} is listed both as holiday and as workday")]
    Contradiction {
        /// The day.
        date: String,
    },
}

/// Working days: Monday to Friday, less the holidays, plus the 调休 days.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Calendar {
    /// Days that differ from the week's rule, in order, each with the sum of the differences up to
    /// and including it: +1 for a weekend day that is worked, −1 for a weekday that is off.
    exceptions: Vec<Exception>,
    years: BTreeSet<i32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Exception {
    day: i64,
    is_worked: bool,
    sum: i64,
}

impl Calendar {
    /// Reads a file with the columns `date,kind,occasion`, where the kind is `holiday` or `workday`.
    ///
    /// # Errors
    /// When a row has no such date or kind, or contradicts another.
    pub fn from_csv(text: &str) -> Result<Self, CalendarError> {
        use chrono::Datelike;
        let mut days: BTreeMap<i64, bool> = BTreeMap::new();
        let mut years = BTreeSet::new();
        let mut reader = csv::ReaderBuilder::new()
            .flexible(true)
            .from_reader(text.as_bytes());
        for (index, record) in reader.records().enumerate() {
            let line = index.saturating_add(2);
            let wrong = |problem: String| CalendarError::Row { line, problem };
            let record = record.map_err(|error| wrong(error.to_string()))?;
            let field = |at: usize| record.get(at).unwrap_or_default().trim();
            let date = chrono::NaiveDate::parse_from_str(field(0), "%Y-%m-%d")
                .map_err(|error| wrong(format!("{:?} is no date: {error}", field(0))))?;
            let is_worked = match field(1) {
                "holiday" => false,
                "workday" => true,
                other => return Err(wrong(format!("{other:?} is neither holiday nor workday"))),
            };
            if days.insert(day_of(Timestamp::from_china(date.into())), is_worked)
                == Some(!is_worked)
            {
                return Err(CalendarError::Contradiction {
                    date: date.to_string(),
                });
            }
            // The yearly notice always begins with New Year's Day; the last days of a year may
            // stand in the notice of the next, so any row of a year would not do as a sign.
            if !is_worked && date.month() == 1 && date.day() == 1 {
                years.insert(date.year());
            }
        }
        let mut sum = 0;
        let exceptions = days
            .into_iter()
            .filter(|&(day, is_worked)| is_worked != is_weekday(day))
            .map(|(day, is_worked)| {
                sum += if is_worked { 1 } else { -1 };
                Exception {
                    day,
                    is_worked,
                    sum,
                }
            })
            .collect();
        Ok(Self { exceptions, years })
    }

    /// Whether the holidays of this year are known. In other years every Monday to Friday is a
    /// working day, so a deadline there may lie too early or too late by some days.
    #[must_use]
    pub fn covers(&self, year: i32) -> bool {
        self.years.contains(&year)
    }

    /// Whether people work on the day of this moment in China.
    #[must_use]
    pub fn is_working_day(&self, at: Timestamp) -> bool {
        self.is_worked(day_of(clamp(at)))
    }

    /// The earliest moment at which the limit is used up, counted from `start`.
    ///
    /// A limit in working time that starts outside working hours starts to run when work does; one
    /// that ends with the morning ends at 12:00 and not at 14:00. A limit of nothing ends at once.
    /// Moments are clamped to [`MOMENT_MIN`] and [`MOMENT_MAX`].
    #[must_use]
    pub fn deadline(&self, start: Timestamp, limit: Limit) -> Timestamp {
        self.after(start, limit.length_ms(), limit.unit.clock())
    }

    /// The earliest moment at which a clock has run for `length` milliseconds from `start`; the
    /// start itself when that is not more than none. Otherwise as [`Calendar::deadline`].
    #[must_use]
    pub fn after(&self, start: Timestamp, length: i64, clock: Clock) -> Timestamp {
        let start = clamp(start);
        if length <= 0 {
            return start;
        }
        clamp(match clock {
            Clock::Continuous => start.plus_ms(length),
            Clock::Working => self.moment_of(
                day_of(start),
                self.worked_until(start).saturating_add(length),
            ),
        })
    }

    /// Milliseconds that the clock ran from `start` to `end`; 0 when `end` is not later.
    #[must_use]
    pub fn elapsed(&self, start: Timestamp, end: Timestamp, clock: Clock) -> i64 {
        let (start, end) = (clamp(start), clamp(end));
        if end <= start {
            return 0;
        }
        match clock {
            Clock::Continuous => end.since(start),
            Clock::Working => self.worked_until(end) - self.worked_until(start),
        }
    }

    /// Which share of a time of `whole` milliseconds on a clock is used, when it ends with
    /// `deadline`: 1 at the deadline, more beyond.
    ///
    /// Counted back from the deadline, because that may have been extended, and because a clock
    /// that stood for a while used nothing meanwhile. After the deadline the share is always more
    /// than 1, also on the evening of the day it ended, when the working clock stands still.
    #[must_use]
    pub fn share_used(&self, whole: i64, now: Timestamp, deadline: Timestamp, clock: Clock) -> f64 {
        let left = self.elapsed(now, deadline, clock);
        let over = self.elapsed(deadline, now, clock);
        let used = whole.saturating_sub(left).max(0).saturating_add(over);
        #[expect(
            clippy::as_conversions,
            clippy::cast_precision_loss,
            reason = "clamped milliseconds stay below 2^53, where f64 is exact"
        )]
        let share = if whole > 0 {
            used as f64 / whole as f64
        } else {
            0.0
        };
        if now <= deadline {
            return share.min(1.0);
        }
        // Nothing to use up: it counts as used once over.
        let share = if whole > 0 { share } else { 1.0 };
        share.max(1.0 + f64::EPSILON)
    }

    /// The light of a case; the same as [`Light::of`] the share used.
    #[must_use]
    pub fn light(&self, whole: i64, now: Timestamp, deadline: Timestamp, clock: Clock) -> Light {
        Light::of(self.share_used(whole, now, deadline, clock))
    }

    /// How many exceptions lie before this day.
    fn exceptions_before(&self, day: i64) -> usize {
        self.exceptions
            .partition_point(|exception| exception.day < day)
    }

    fn is_worked(&self, day: i64) -> bool {
        match self.exceptions.get(self.exceptions_before(day)) {
            Some(exception) if exception.day == day => exception.is_worked,
            _ => is_weekday(day),
        }
    }

    /// Working days since the epoch's week, before this day.
    fn working_days_before(&self, day: i64) -> i64 {
        let sum = match self.exceptions_before(day).checked_sub(1) {
            Some(last) => self
                .exceptions
                .get(last)
                .map_or(0, |exception| exception.sum),
            None => 0,
        };
        weekdays_before(day) + sum
    }

    /// Working milliseconds since the epoch's week until this moment. Never falls as time goes on.
    fn worked_until(&self, at: Timestamp) -> i64 {
        let day = day_of(at);
        let today = if self.is_worked(day) {
            let into_day = at.0 + CHINA_OFFSET_MS - day * DAY_MS;
            WORKING_HOURS
                .iter()
                .map(|&(from, to)| (into_day - from * HOUR_MS).clamp(0, (to - from) * HOUR_MS))
                .sum()
        } else {
            0
        };
        self.working_days_before(day) * WORKING_DAY_MS + today
    }

    /// The earliest moment not before `first_day` at which `worked` working milliseconds are done.
    fn moment_of(&self, first_day: i64, worked: i64) -> Timestamp {
        // The last millisecond lies in the working day with this number.
        let number = (worked - 1).div_euclid(WORKING_DAY_MS);
        let last_day = day_of(MOMENT_MAX);
        let (mut low, mut high) = (first_day, first_day);
        let mut step = 8;
        while high < last_day && self.working_days_before(high + 1) <= number {
            low = high;
            high = high.saturating_add(step).min(last_day);
            step *= 2;
        }
        // The first day in low..=high after which more than `number` working days are done.
        while low < high {
            let middle = low + (high - low) / 2;
            if self.working_days_before(middle + 1) <= number {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        if self.working_days_before(low + 1) <= number {
            return MOMENT_MAX;
        }
        let mut left = worked - number * WORKING_DAY_MS;
        let midnight = low * DAY_MS - CHINA_OFFSET_MS;
        for (from, to) in WORKING_HOURS {
            let length = (to - from) * HOUR_MS;
            if left <= length {
                return Timestamp(midnight + from * HOUR_MS + left);
            }
            left -= length;
        }
        MOMENT_MAX
    }
}

fn clamp(at: Timestamp) -> Timestamp {
    at.clamp(MOMENT_MIN, MOMENT_MAX)
}

/// The number of the day in China, 0 for 1970-01-01.
fn day_of(at: Timestamp) -> i64 {
    at.0.saturating_add(CHINA_OFFSET_MS).div_euclid(DAY_MS)
}

/// 1970-01-01 was a Thursday, three days after the Monday that weeks are counted from.
const DAYS_SINCE_MONDAY: i64 = 3;

fn is_weekday(day: i64) -> bool {
    (day + DAYS_SINCE_MONDAY).rem_euclid(7) < 5
}

/// Mondays to Fridays before this day, counted from the week of the epoch.
fn weekdays_before(day: i64) -> i64 {
    let since = day + DAYS_SINCE_MONDAY;
    since.div_euclid(7) * 5 + since.rem_euclid(7).min(5)
}
