//! The score and its grade. Never of a person.

use super::{Counter, Numbers, Of, Rate, indicator};
use crate::label::Lang;

/// A to E.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Grade {
    /// From 90 points.
    A,
    /// From 75 points.
    B,
    /// From 60 points.
    C,
    /// From 40 points.
    D,
    /// Below.
    E,
}

impl Grade {
    /// The grade of a score in tenths of a point.
    #[must_use]
    pub const fn of(tenths: i64) -> Self {
        match tenths {
            900.. => Self::A,
            750.. => Self::B,
            600.. => Self::C,
            400.. => Self::D,
            _ => Self::E,
        }
    }

    /// Its letter.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::A => "A",
            Self::B => "B",
            Self::C => "C",
            Self::D => "D",
            Self::E => "E",
        }
    }
}

/// A score with its arithmetic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Score {
    /// Tenths of a point, 0 to 1,000.
    pub tenths: i64,
    /// Its grade.
    pub grade: Grade,
    /// The parts: share in hundredths of a percent, weight in percent.
    pub parts: Vec<(i64, i64)>,
}

impl Score {
    /// The formula in words.
    #[must_use]
    pub const fn words(of: Of, lang: Lang) -> &'static str {
        match of {
            Of::Unit | Of::Place => lang.pick(
                "（按期结案率×100％＋超期结案率×40％）×80％＋（1－延期率）×10％＋（1－返工率）×10％",
                "(closed in time × 100 % + closed late × 40 %) × 80 % + (1 − extended) × 10 % + (1 − reworked) × 10 %",
            ),
            Of::Desk => lang.pick(
                "按时立案率×25％＋准确立案率×40％＋按时结案率×35％",
                "filed in time × 25 % + filed rightly × 40 % + closed within the stage × 35 %",
            ),
        }
    }
}

/// Hundredths of a percent.
const WHOLE: i64 = 10_000;

/// The score of a unit or place by 运城's monthly formula, of a desk by the weights of the 值班长;
/// none where a part of it is a share of nothing.
#[must_use]
pub fn score(of: Of, numbers: &Numbers) -> Option<Score> {
    let share = |key: &str| indicator(key)?.rate(numbers).share(WHOLE);
    let parts = match of {
        Of::Unit | Of::Place => {
            let late = Rate {
                numerator: numbers
                    .get(Counter::ClosedLate)
                    .saturating_sub(numbers.get(Counter::Exempt)),
                denominator: numbers.get(Counter::Due),
            };
            vec![
                (share("closed_in_time")?, 80),
                (late.share(WHOLE)?, 32),
                (WHOLE.saturating_sub(share("extended")?), 10),
                (WHOLE.saturating_sub(share("reworked")?), 10),
            ]
        }
        Of::Desk => vec![
            (share("filed_in_time")?, 25),
            (share("filed_right")?, 40),
            (share("desk_closed_in_time")?, 35),
        ],
    };
    let sum = parts.iter().fold(0_i64, |sum, (share, weight)| {
        sum.saturating_add(share.saturating_mul(*weight))
    });
    // Hundredths of a percent times percent: a thousand of them are a tenth of a point.
    let tenths = sum.saturating_add(500).div_euclid(1_000).clamp(0, 1_000);
    Some(Score {
        tenths,
        grade: Grade::of(tenths),
        parts,
    })
}
