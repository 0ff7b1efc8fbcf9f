//! What a bucket holds, in two numbers: both sides count them, so a row that went missing, stayed
//! behind or stopped at an old revision shows without sending the rows.
//!
//! Specified in `docs/SYNC.md`; another client must come to the same numbers.

use crate::id::Sha256;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Sums are kept below this: 53 bits, which a double holds exactly, and no database overflows while
/// it adds two of them.
pub const MODULUS: i64 = 1 << 53;

/// Number of rows, and the sum of their hashes modulo [`MODULUS`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Digest {
    /// Rows.
    pub count: i64,
    /// Sum of [`row_hash`] over them, from 0 to [`MODULUS`] - 1; 14 hex digits on the wire.
    #[serde(with = "hex")]
    #[schema(value_type = String)]
    pub sum: i64,
}

/// The sum as it travels.
mod hex {
    use super::MODULUS;
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(sum: &i64, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&format_args!("{sum:014x}"))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<i64, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(from)?;
        i64::from_str_radix(&text, 16)
            .ok()
            .filter(|sum| (0..MODULUS).contains(sum))
            .ok_or_else(|| D::Error::custom("a digest's sum is 14 hex digits"))
    }
}

impl Digest {
    /// The digest of some rows, each `(table, id, revision)`, in any order.
    pub fn of<'a>(rows: impl IntoIterator<Item = (&'a str, &'a str, i64)>) -> Self {
        let mut digest = Self::default();
        for (table, id, revision) in rows {
            digest.add(table, id, revision);
        }
        digest
    }

    /// Counts a row.
    pub fn add(&mut self, table: &str, id: &str, revision: i64) {
        self.count = self.count.saturating_add(1);
        self.sum = wrapped(self.sum.saturating_add(row_hash(table, id, revision)));
    }

    /// Takes a row away that was counted.
    pub fn remove(&mut self, table: &str, id: &str, revision: i64) {
        self.count = self.count.saturating_sub(1);
        self.sum = wrapped(self.sum.saturating_sub(row_hash(table, id, revision)));
    }

    /// Counts the rows of another digest too, or what it took away.
    pub fn absorb(&mut self, other: Self) {
        self.count = self.count.saturating_add(other.count);
        self.sum = wrapped(self.sum.saturating_add(other.sum));
    }
}

const fn wrapped(sum: i64) -> i64 {
    sum.rem_euclid(MODULUS)
}

/// The first 53 bits of SHA-256 over `table`, a space, `id`, a space and `revision` in decimal.
#[must_use]
pub fn row_hash(table: &str, id: &str, revision: i64) -> i64 {
    let hash = Sha256::of(format!("{table} {id} {revision}").as_bytes());
    let first = hash
        .bytes()
        .iter()
        .take(8)
        .fold(0_u64, |number, byte| (number << 8) | u64::from(*byte));
    i64::try_from(first >> 11).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;

    const ID: &str = "01a20096-7c05-756e-81a7-5361f2935bfb";

    #[test]
    fn a_row_has_the_hash_that_another_client_computes() {
        // printf 'cases 01a20096-7c05-756e-81a7-5361f2935bfb 3' | sha256sum | cut -c1-16,
        // shifted right by 11 bits.
        assert_eq!(row_hash("cases", ID, 3), KNOWN);
        assert!((0..MODULUS).contains(&row_hash("cases", ID, 3)));
    }

    const KNOWN: i64 = 2_645_883_079_975_349;

    #[test]
    fn on_the_wire_a_sum_has_fourteen_digits() {
        let digest = Digest { count: 2, sum: 255 };
        let text = serde_json::to_string(&digest).unwrap();
        assert_eq!(text, r#"{"count":2,"sum":"000000000000ff"}"#);
        assert_eq!(serde_json::from_str::<Digest>(&text).unwrap(), digest);
        for bad in ["-00000000000ff", "20000000000000", "", "x"] {
            let text = format!(r#"{{"count":2,"sum":"{bad}"}}"#);
            assert!(serde_json::from_str::<Digest>(&text).is_err(), "{bad}");
        }
    }

    #[test]
    fn order_does_not_matter_and_taking_away_undoes_adding() {
        let rows = [("cases", "a", 1), ("cases", "b", 2), ("cases", "c", 3)];
        let mut digest = Digest::of(rows);
        assert_eq!(digest, Digest::of(rows.into_iter().rev()));
        digest.add("cases", "d", 4);
        digest.remove("cases", "a", 1);
        digest.remove("cases", "d", 4);
        assert_eq!(digest, Digest::of(rows.into_iter().skip(1)));
    }

    #[test]
    fn a_missing_an_extra_and_a_stale_row_show() {
        let whole = Digest::of([("cases", "a", 1), ("cases", "b", 2)]);
        assert_ne!(whole, Digest::of([("cases", "a", 1)]));
        assert_ne!(whole, Digest::of([("cases", "a", 1), ("cases", "b", 1)]));
        assert_ne!(whole, Digest::of([("cases", "a", 2), ("cases", "b", 1)]));
        assert_ne!(whole, Digest::of([("notes", "a", 1), ("cases", "b", 2)]));
    }

    #[test]
    fn the_sum_wraps_instead_of_growing() {
        let ids: Vec<String> = (0..5_000).map(|n| n.to_string()).collect();
        let digest = Digest::of(ids.iter().map(|id| ("cases", id.as_str(), i64::MAX)));
        assert_eq!(digest.count, 5_000);
        assert!((0..MODULUS).contains(&digest.sum));
    }
}
