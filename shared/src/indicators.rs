//! Indicators of units, places and dispatch desks: what is counted, every rate as a row of data, and
//! the score.
//!
//! Only units and cases are counted, never a person: a desk is all dispatchers of a place together.
//! `course` says which entry of a trail changes which counters; the server adds the differences up in
//! the transaction of the entry, and a recount from the trails gives the same numbers. A rate is a row
//! of [`INDICATORS`], its words included; zero of nothing is no rate. `docs/DOMAIN.md` has the sources.

mod counters;
mod course;
mod rows;
mod score;

pub use counters::{Counter, Numbers};
pub use course::{Course, Delta, Entry, Level, Tally, Who};
pub use rows::{Better, Exemption, INDICATORS, Indicator, Of, indicator, indicators_of};
pub use score::{Grade, Score, score};

/// A share with what it was made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// How many of them.
    pub numerator: i64,
    /// Of how many.
    pub denominator: i64,
}

impl Rate {
    /// Thousandths, rounded half up; none of nothing.
    #[must_use]
    pub fn permille(self) -> Option<i64> {
        self.share(1_000)
    }

    /// Percent with two digits behind the point, since closing rates differ there: `99.82%`.
    #[must_use]
    pub fn percent(self) -> Option<String> {
        let hundredths = self.share(10_000)?;
        let sign = if hundredths < 0 { "-" } else { "" };
        let whole = hundredths.unsigned_abs();
        Some(format!("{sign}{}.{:02}%", whole / 100, whole % 100))
    }

    /// The share in parts of `whole`, rounded half up.
    pub(crate) fn share(self, whole: i64) -> Option<i64> {
        if self.denominator <= 0 {
            return None;
        }
        let (n, d) = (i128::from(self.numerator), i128::from(self.denominator));
        let doubled = n
            .checked_mul(2 * i128::from(whole))?
            .checked_add(d)?
            .div_euclid(2 * d);
        i64::try_from(doubled).ok()
    }
}

#[cfg(test)]
mod tests;
