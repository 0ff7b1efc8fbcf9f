//! Years whose holidays aren't in the calendar: when somebody has to be told, and in which words.

use super::{Calendar, Clock};
use crate::label::Lang;
use crate::time::Timestamp;
use chrono::Datelike;

/// From this month on the next year's holidays are expected: the State Council's office publishes
/// them about then.
const NEXT_YEAR_FROM_MONTH: u32 = 11;

impl Calendar {
    /// The year whose holidays somebody has to bring in by now: this one, or from 1 November on
    /// the next; none when both are there.
    #[must_use]
    pub fn unlisted_year(&self, now: Timestamp) -> Option<i32> {
        let today = now.china()?;
        let year = today.year();
        if !self.covers(year) {
            return Some(year);
        }
        let next = year.saturating_add(1);
        (today.month() >= NEXT_YEAR_FROM_MONTH && !self.covers(next)).then_some(next)
    }

    /// The year of a deadline that was counted without its holidays; none where they are known,
    /// and for a clock that doesn't stop for them.
    #[must_use]
    pub fn counted_without(&self, deadline: Timestamp, clock: Clock) -> Option<i32> {
        let year = deadline.china_year();
        (clock == Clock::Working && !self.covers(year)).then_some(year)
    }
}

/// What is missing and what to do, for who administers the catalogue.
#[must_use]
pub fn unlisted_words(year: i32, lang: Lang) -> String {
    match lang {
        Lang::Zh => format!(
            "{year}年节假日未列入，落在{year}年的期限暂按周一至周五计算。国务院办公厅公布放假安排后，请导入日历并发布新版本。"
        ),
        Lang::En => format!(
            "The holidays of {year} are not in the calendar, so deadlines in that year count every Monday to Friday for now. Once the State Council's office has published them, import them into the calendar and publish a version."
        ),
    }
}

/// The same beside a deadline, for whoever asks why it is that one.
#[must_use]
pub fn counted_without_words(year: i32) -> String {
    format!("{year}年节假日尚未列入日历，暂按周一至周五计算；列入后会重算")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;

    fn china(text: &str) -> Timestamp {
        let at = chrono::NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap();
        Timestamp::from_china(at)
    }

    #[test]
    fn the_next_year_is_asked_for_from_november_on_and_the_present_one_always() {
        let calendar = Calendar::from_csv("date,kind,occasion\n2026-01-01,holiday,元旦\n").unwrap();
        for (now, missing) in [
            ("2025-10-31 23:59", Some(2025)),
            ("2026-01-01 00:00", None),
            ("2026-10-31 23:59", None),
            ("2026-11-01 00:00", Some(2027)),
            ("2026-12-31 23:59", Some(2027)),
            ("2027-01-01 00:00", Some(2027)),
        ] {
            assert_eq!(calendar.unlisted_year(china(now)), missing, "{now}");
        }
        let next = "date,kind,occasion\n2026-01-01,holiday,元旦\n2027-01-01,holiday,元旦\n";
        let calendar = Calendar::from_csv(next).unwrap();
        assert_eq!(calendar.unlisted_year(china("2026-12-31 23:59")), None);
    }

    #[test]
    fn only_a_deadline_in_working_time_is_wrong_without_holidays() {
        let calendar = Calendar::from_csv("date,kind,occasion\n2026-01-01,holiday,元旦\n").unwrap();
        let (this, next) = (china("2026-12-31 10:00"), china("2027-01-01 10:00"));
        assert_eq!(calendar.counted_without(this, Clock::Working), None);
        assert_eq!(calendar.counted_without(next, Clock::Working), Some(2027));
        assert_eq!(calendar.counted_without(next, Clock::Continuous), None);
    }
}
