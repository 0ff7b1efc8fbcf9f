//! Numbers that look like chance and are the same on every machine and for ever.
//!
//! For made-up test data only: whoever knows one number knows the next.

use super::ring::real;

/// The `SplitMix64` generator (Steele, Lea, Flood 2014): reproducible from its seed for ever.
pub(super) struct Random(pub u64);

impl Random {
    /// The next number from 0 up to 1.
    pub(super) fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        real(i64::try_from((z ^ (z >> 31)) >> 11).unwrap_or_default()) / real(1 << 53)
    }

    /// The next number from `low` up to `high`.
    pub(super) fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// A direction of length 1.
    pub(super) fn direction(&mut self) -> [f64; 2] {
        loop {
            let [x, y] = [self.between(-1.0, 1.0), self.between(-1.0, 1.0)];
            let length = (x * x + y * y).sqrt();
            if (0.1..=1.0).contains(&length) {
                return [x / length, y / length];
            }
        }
    }
}
