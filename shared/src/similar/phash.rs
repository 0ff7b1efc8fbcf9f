//! What a photo looks like, in 64 bits: of each two neighbours in a 9 × 8 picture, which is
//! brighter (difference hash). A lighter exposure, a little noise or a smaller copy change few of
//! them, cutting off an edge some, another scene about half.
//!
//! The picture is made small elsewhere: here is no decoder. It tells nothing about who or what is
//! shown, only whether two pictures resemble each other.

use crate::hex;
use crate::id::IdError;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use utoipa::ToSchema;

/// Samples of a row: one more than bits.
pub const LUMA_WIDE: usize = 9;
/// Rows.
pub const LUMA_HIGH: usize = 8;
/// A picture whose brightest sample is less than this above its darkest shows nothing: a hand
/// before the lens, the night, the sky. Any two of those resemble each other.
const CONTRAST_LEAST: u8 = 12;
/// So many differing bits, and fewer, are the same picture.
const BITS_SAME: u32 = 8;
/// So many say nothing: one scene from beside differs in up to 20.
const BITS_DOUBT: u32 = 20;
/// So many, and more, are another picture: two scenes differ in 22 to 40, and as little as that only
/// with the same sky above.
const BITS_OTHER: u32 = 26;

/// A photo's perceptual hash: 16 hex digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, ToSchema)]
#[schema(value_type = String, example = "9f86d081884c7d65")]
pub struct PerceptualHash([u8; 8]);

impl PerceptualHash {
    /// From the luma of a picture shrunk to [`LUMA_WIDE`] × [`LUMA_HIGH`], row by row. `None` for
    /// another number of samples, and for a picture without contrast.
    #[must_use]
    pub fn of_luma(luma: &[u8]) -> Option<Self> {
        let contrast = luma.iter().max()?.saturating_sub(*luma.iter().min()?);
        if luma.len() != LUMA_WIDE * LUMA_HIGH || contrast < CONTRAST_LEAST {
            return None;
        }
        let mut bytes = [0_u8; 8];
        for (byte, row) in bytes.iter_mut().zip(luma.chunks_exact(LUMA_WIDE)) {
            *byte = row.windows(2).fold(0, |bits, pair| {
                let is_brighter = matches!(pair, [left, right] if right > left);
                bits << 1 | u8::from(is_brighter)
            });
        }
        Some(Self(bytes))
    }

    /// In how many of the 64 bits two differ.
    #[must_use]
    pub fn distance(self, other: Self) -> u32 {
        let pairs = self.0.iter().zip(other.0);
        pairs.map(|(a, b)| (a ^ b).count_ones()).sum()
    }

    /// How alike two are: 1 for the same picture, 0 where nothing can be said, −1 for another.
    #[must_use]
    pub fn likeness(self, other: Self) -> f64 {
        let bits = self.distance(other);
        let (part, whole) = if bits <= BITS_DOUBT {
            (f64::from(BITS_DOUBT - bits), BITS_DOUBT - BITS_SAME)
        } else {
            (-f64::from(bits - BITS_DOUBT), BITS_OTHER - BITS_DOUBT)
        };
        (part / f64::from(whole)).clamp(-1.0, 1.0)
    }
}

impl fmt::Display for PerceptualHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex::write(&self.0, f)
    }
}

impl fmt::Debug for PerceptualHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PerceptualHash({self})")
    }
}

impl FromStr for PerceptualHash {
    type Err = IdError;
    fn from_str(text: &str) -> Result<Self, IdError> {
        hex::read(text)
            .map(Self)
            .ok_or_else(|| IdError::new("perceptual hash in 16 lower-case hex digits", text))
    }
}

impl Serialize for PerceptualHash {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PerceptualHash {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}
