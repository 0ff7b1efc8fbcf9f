//! How alike two texts are: by the pairs of neighbouring characters (shingles) that both have.
//!
//! Chinese needs no splitting into words for that. Full and half width are one, so are upper and
//! lower case; white space and marks fall away. Traditional and simplified characters stay two:
//! the districts write one of them.

use std::collections::BTreeSet;

/// Only so many characters of a text count: a report is a sentence or two, and somebody's essay
/// must not cost more.
const CHARS_LIMIT: usize = 400;
/// Texts that share this part of their pairs say the same: two people seldom find more.
const PAIRS_SAME: f64 = 0.5;

type Pair = (char, char);

/// Letters and digits, in one width and case.
fn normalised(text: &str) -> impl Iterator<Item = char> + '_ {
    text.chars()
        .map(|letter| match u32::from(letter) {
            // U+FF01 to U+FF5E are ASCII's ! to ~ in full width.
            wide @ 0xff01..=0xff5e => char::from_u32(wide - 0xfee0).unwrap_or(letter),
            _ => letter,
        })
        .filter(|letter| letter.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .take(CHARS_LIMIT)
}

fn pairs(text: &str) -> BTreeSet<Pair> {
    let letters: Vec<char> = normalised(text).collect();
    let pair = |two: &[char]| match two {
        [a, b] => Some((*a, *b)),
        _ => None,
    };
    letters.windows(2).filter_map(pair).collect()
}

/// How alike two texts are, 0 to 1, leaving out the pairs of `common`: what both say because they
/// speak of one category (Dice's coefficient of the rest, at its full height from a half on).
#[must_use]
pub fn likeness(one: &str, other: &str, common: &str) -> f64 {
    let common = pairs(common);
    let rest = |text| pairs(text).difference(&common).copied().collect();
    let (one, other): (BTreeSet<Pair>, BTreeSet<Pair>) = (rest(one), rest(other));
    let all = one.len().saturating_add(other.len());
    if one.is_empty() || other.is_empty() {
        return 0.0;
    }
    let both = one.intersection(&other).count();
    let share = |n: usize| f64::from(u32::try_from(n).unwrap_or(u32::MAX));
    (2.0 * share(both) / share(all) / PAIRS_SAME).min(1.0)
}
