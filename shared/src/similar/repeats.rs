//! Places where the same trouble comes again and again.
//!
//! Mending one more cover there is not the answer: somebody should look at the place. It is about
//! places only, never about who reported.

use super::position;
use crate::time::DAY_MS;

/// So many cases of one group (大类) make a place worth a look: two may be chance, or one thing
/// that two people saw.
pub const REPEATED_CASES: usize = 3;
/// Within so many metres of the one in their middle: as near as reports of one thing, since a phone
/// places them no better.
pub const REPEATED_RADIUS_M: u32 = super::RADIUS_M;
/// Within so long: a season, what a quarter's report covers.
pub const REPEATED_WITHIN_MS: i64 = 90 * DAY_MS;

/// A case's place, WGS-84 × 10⁷.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spot {
    /// Latitude × 10⁷.
    pub lat_e7: i64,
    /// Longitude × 10⁷.
    pub lon_e7: i64,
}

impl Spot {
    /// Whether another lies within [`REPEATED_RADIUS_M`].
    #[must_use]
    pub fn is_near(self, other: Self) -> bool {
        let place = |spot: Self| position((spot.lat_e7, spot.lon_e7));
        place(self)
            .zip(place(other))
            .is_some_and(|(a, b)| a.distance_m(b) <= f64::from(REPEATED_RADIUS_M))
    }
}

/// Groups of at least [`REPEATED_CASES`] spots that lie within [`REPEATED_RADIUS_M`] of one of
/// them, the largest first: for each its middle one, then the others, as positions in `spots`. Each
/// spot is in one group at most. The caller leaves out what is of another kind or too old.
#[must_use]
pub fn repeats(spots: &[Spot]) -> Vec<Vec<usize>> {
    let near: Vec<Vec<usize>> = (0..spots.len()).map(|at| neighbours(at, spots)).collect();
    let mut taken = vec![false; spots.len()];
    let is_free = |taken: &[bool], at: usize| taken.get(at) == Some(&false);
    let mut groups = Vec::new();
    loop {
        let free = |at: &usize| is_free(&taken, *at);
        let best = near
            .iter()
            .enumerate()
            .filter(|(at, _)| free(at))
            .map(|(at, near)| (near.iter().filter(|at| free(at)).count(), at))
            // Of equals the first: the same answer each time.
            .max_by_key(|(count, at)| (*count, std::cmp::Reverse(*at)));
        let Some((_, middle)) = best.filter(|(count, _)| *count + 1 >= REPEATED_CASES) else {
            return groups;
        };
        let others = near.get(middle).map(Vec::as_slice).unwrap_or_default();
        let mut group = vec![middle];
        group.extend(others.iter().filter(|at| is_free(&taken, **at)));
        for at in &group {
            if let Some(taken) = taken.get_mut(*at) {
                *taken = true;
            }
        }
        groups.push(group);
    }
}

/// The other spots near one.
fn neighbours(middle: usize, spots: &[Spot]) -> Vec<usize> {
    let here = spots.get(middle);
    let is_near = |other: &Spot| here.is_some_and(|here| here.is_near(*other));
    let others = spots.iter().enumerate();
    others
        .filter(|(at, other)| *at != middle && is_near(other))
        .map(|(at, _)| at)
        .collect()
}
