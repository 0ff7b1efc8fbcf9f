//! Statistics without a screen: periods, the order of rows, a rate worked out, the file to take away.
//! Pure; tests are at the end of the file.

use crate::words;
use chrono::{Datelike, Days, NaiveDate};
use shared::indicators::{Better, Counter, Score, indicator};
use shared::label::Lang;
use shared::time::Timestamp;
use shared::wire::console::{RateRow, Statistics, StatisticsBy, StatisticsRow};
use std::cmp::Ordering;

/// Column of the names.
pub(crate) const NAME: &str = "name";
/// Column of the score.
pub(crate) const SCORE: &str = "score";

/// Which days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Period {
    ThisMonth,
    LastMonth,
    Custom,
}

impl Period {
    pub(crate) const ALL: [Self; 3] = [Self::ThisMonth, Self::LastMonth, Self::Custom];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::ThisMonth => "this_month",
            Self::LastMonth => "last_month",
            Self::Custom => "custom",
        }
    }

    pub(crate) fn parse(text: &str) -> Self {
        let mut all = Self::ALL.into_iter();
        all.find(|period| period.as_str() == text)
            .unwrap_or(Self::Custom)
    }

    /// First and last day; none for days of one's own choice.
    pub(crate) fn days(self, now: Timestamp) -> Option<(String, String)> {
        let today = now.china()?.date();
        let first = today.with_day(1)?;
        let (from, to) = match self {
            Self::ThisMonth => (first, today),
            Self::LastMonth => {
                let last = first.checked_sub_days(Days::new(1))?;
                (last.with_day(1)?, last)
            }
            Self::Custom => return None,
        };
        let text = |day: NaiveDate| day.format("%Y-%m-%d").to_string();
        Some((text(from), text(to)))
    }
}

/// What rows are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sorting {
    pub(crate) column: &'static str,
    pub(crate) descending: bool,
}

impl Sorting {
    /// By this column, and the other way round when it is by this one already. Numbers begin with
    /// the largest.
    pub(crate) fn by(self, column: &'static str) -> Self {
        let descending = if self.column == column {
            !self.descending
        } else {
            column != NAME
        };
        Self { column, descending }
    }
}

/// The rows in order; those without the number come last whichever way it goes.
pub(crate) fn sorted(rows: &[StatisticsRow], sorting: Sorting) -> Vec<StatisticsRow> {
    let mut rows = rows.to_vec();
    rows.sort_by(|a, b| {
        let order = match (value(a, sorting.column), value(b, sorting.column)) {
            _ if sorting.column == NAME => turned(a.name.cmp(&b.name), sorting),
            (Some(a), Some(b)) => turned(a.cmp(&b), sorting),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => Ordering::Equal,
        };
        order.then_with(|| a.key.cmp(&b.key))
    });
    rows
}

fn turned(order: Ordering, sorting: Sorting) -> Ordering {
    if sorting.descending {
        order.reverse()
    } else {
        order
    }
}

/// What a column is sorted by, as a share in millionths.
fn value(row: &StatisticsRow, column: &str) -> Option<i64> {
    if column == SCORE {
        return row.score;
    }
    let rate = row.rates.get(column)?;
    let denominator = Some(rate.denominator).filter(|d| *d > 0)?;
    rate.numerator
        .checked_mul(1_000_000)?
        .checked_div(denominator)
}

/// A rate as a cell shows it: percent, or a dash for a share of nothing.
pub(crate) fn shown(rate: RateRow) -> String {
    let rate = shared::indicators::Rate {
        numerator: rate.numerator,
        denominator: rate.denominator,
    };
    rate.percent().unwrap_or_else(|| String::from("—"))
}

/// A score: 96.8.
pub(crate) fn points(tenths: i64) -> String {
    format!("{}.{}", tenths / 10, tenths % 10)
}

/// How a rate came about: 12÷14＝85.71%, the formula in words, and what is left out.
pub(crate) fn worked(row: &StatisticsRow, key: &str, lang: Lang) -> Option<String> {
    let (indicator, rate) = (indicator(key)?, row.rates.get(key)?);
    let mut words = vec![
        format!("{} {}", row.name, indicator.name(lang))
            .trim()
            .to_owned(),
        format!("{}÷{}＝{}", rate.numerator, rate.denominator, shown(*rate)),
        indicator.words(lang).to_owned(),
    ];
    let left_out: Vec<&str> = indicator
        .exemptions
        .iter()
        .map(|exemption| exemption.words(lang))
        .collect();
    if !left_out.is_empty() {
        words.push(left_out.join(lang.pick("，", "; ")));
    }
    let exempt = row.counts.get(Counter::Exempt.as_str()).copied();
    if let Some(exempt) = exempt.filter(|_| indicator.numerator.contains(&Counter::Exempt)) {
        words.push(format!("{}{exempt}", words::STATISTICS_EXEMPT.of(lang)));
    }
    Some(words.join(lang.pick("；", ". ")))
}

/// How a score came about, with its shares.
pub(crate) fn score_worked(row: &StatisticsRow, by: StatisticsBy, lang: Lang) -> Option<String> {
    let mut numbers = shared::indicators::Numbers::default();
    for (name, n) in &row.counts {
        if let Some(counter) = Counter::parse(name) {
            numbers.add(counter, *n);
        }
    }
    let score = shared::indicators::score(by.of(), &numbers)?;
    let parts: Vec<String> = score
        .parts
        .iter()
        .map(|(share, weight)| format!("{}.{:02}%×{weight}%", share / 100, share % 100))
        .collect();
    Some(
        format!(
            "{}{}＝{}{}{}",
            row.name,
            lang.pick("：", ": "),
            parts.join("＋"),
            lang.pick("＝", " = "),
            points(score.tenths),
        ) + lang.pick("；", ". ")
            + Score::words(by.of(), lang),
    )
}

/// Whether a number is worth a colour: what should be high and is low.
pub(crate) fn is_low(key: &str, rate: RateRow) -> bool {
    let better = indicator(key).map(|row| row.better);
    better == Some(Better::High)
        && rate
            .permille
            .is_some_and(|permille| permille < LOW_PERMILLE)
}

/// Below this a rate that should be high is shown as such; the grade B begins a little above.
const LOW_PERMILLE: i64 = 700;

/// The table as a file that spreadsheets open.
pub(crate) fn csv(answer: &Statistics, rows: &[StatisticsRow], lang: Lang) -> String {
    let name_of = |row: &shared::wire::console::IndicatorRow| match lang {
        Lang::Zh => row.name.clone(),
        Lang::En => row.name_en.clone(),
    };
    let mut head = vec![
        words::STATISTICS_CODE.of(lang).to_owned(),
        words::STATISTICS_NAME.of(lang).to_owned(),
    ];
    for row in &answer.indicators {
        let name = name_of(row);
        head.push(format!("{name} {}", words::STATISTICS_PART.of(lang)));
        head.push(format!("{name} {}", words::STATISTICS_WHOLE.of(lang)));
        head.push(format!("{name} %"));
    }
    head.push(words::STATISTICS_SCORE.of(lang).to_owned());
    head.push(words::STATISTICS_GRADE.of(lang).to_owned());
    let mut lines = vec![line(&head)];
    for row in rows.iter().chain([&answer.total]) {
        let name = if row.key.is_empty() {
            words::STATISTICS_TOTAL.of(lang).to_owned()
        } else {
            row.name.clone()
        };
        let mut fields = vec![row.key.clone(), name];
        for column in &answer.indicators {
            let rate = row.rates.get(&column.key).copied();
            fields.extend(match rate {
                Some(rate) => [
                    rate.numerator.to_string(),
                    rate.denominator.to_string(),
                    rate.permille.map_or_else(String::new, |_| shown(rate)),
                ],
                None => [String::new(), String::new(), String::new()],
            });
        }
        fields.push(row.score.map(points).unwrap_or_default());
        fields.push(row.grade.clone().unwrap_or_default());
        lines.push(line(&fields));
    }
    // The mark at the front tells spreadsheets that it is UTF-8.
    format!("\u{feff}{}\r\n", lines.join("\r\n"))
}

fn line(fields: &[String]) -> String {
    let fields: Vec<String> = fields.iter().map(|text| field(text)).collect();
    fields.join(",")
}

/// A field that no spreadsheet takes for a formula: a name may begin with anything.
fn field(text: &str) -> String {
    let looks_like_formula =
        text.starts_with(['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠']);
    let text = if looks_like_formula {
        format!("'{text}")
    } else {
        text.to_owned()
    };
    if text.contains(['"', ',', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;
    use shared::time::DAY_MS;
    use std::collections::BTreeMap;

    /// 2026-11-24, 10:30 in China.
    const NOW: Timestamp = Timestamp(1_795_487_400_000);

    fn row(name: &str, numerator: i64, denominator: i64) -> StatisticsRow {
        let rate = RateRow {
            numerator,
            denominator,
            permille: (denominator > 0).then(|| numerator * 1_000 / denominator),
        };
        StatisticsRow {
            key: name.to_owned(),
            name: name.to_owned(),
            rates: BTreeMap::from([(String::from("closed_in_time"), rate)]),
            counts: BTreeMap::from([(String::from("exempt"), 1)]),
            ..StatisticsRow::default()
        }
    }

    #[test]
    fn months_begin_and_end_where_they_do_in_china() {
        let days = |period: Period, at: Timestamp| period.days(at).unwrap();
        let this = days(Period::ThisMonth, NOW);
        assert_eq!(this, ("2026-11-01".into(), "2026-11-24".into()));
        let last = days(Period::LastMonth, NOW);
        assert_eq!(last, ("2026-10-01".into(), "2026-10-31".into()));
        // 2026-03-01 00:30 in China is still February in London.
        let march = Timestamp(1_772_296_200_000);
        assert_eq!(days(Period::LastMonth, march).1, "2026-02-28");
        assert_eq!(Period::Custom.days(NOW.plus_ms(DAY_MS)), None);
    }

    #[test]
    fn rows_without_a_number_come_last_either_way() {
        let rows = [
            row("a", 1, 2),
            row("b", 0, 0),
            row("c", 2, 3),
            row("d", 1, 2),
        ];
        let names = |sorting| {
            let sorted = sorted(&rows, sorting);
            sorted
                .iter()
                .map(|row| row.name.as_str().to_owned())
                .collect::<String>()
        };
        let down = Sorting {
            column: NAME,
            descending: false,
        }
        .by("closed_in_time");
        assert!(down.descending);
        assert_eq!(names(down), "cadb");
        assert_eq!(names(down.by("closed_in_time")), "adcb");
        assert_eq!(names(down.by(NAME)), "abcd");
    }

    #[test]
    fn a_rate_is_shown_with_its_numbers_and_what_is_left_out() {
        let worked = worked(&row("供水企业", 13, 14), "closed_in_time", Lang::Zh).unwrap();
        assert!(
            worked.starts_with("供水企业 按期结案率；13÷14＝92.86%；"),
            "{worked}"
        );
        assert!(worked.contains("超时申诉获准"), "{worked}");
        assert_eq!(
            shown(RateRow {
                numerator: 0,
                denominator: 0,
                permille: None
            }),
            "—"
        );
    }

    #[test]
    fn a_file_holds_no_formula_and_keeps_commas_inside_their_field() {
        assert_eq!(field("=HYPERLINK(1,2)"), "\"'=HYPERLINK(1,2)\"");
        for bad in ["+1", "-1", "@a", "\tx"] {
            assert!(field(bad).starts_with('\''), "{bad}");
        }
        assert_eq!(field("供水\"甲\"企业"), "\"供水\"\"甲\"\"企业\"");
        assert_eq!(field("92.86%"), "92.86%");
    }
}
