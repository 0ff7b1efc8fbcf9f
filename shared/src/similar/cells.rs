//! Squares by which databases find what lies near: a place's cell, and the cells around it.
//!
//! A cell is 0.002° each way, 222 m north to south and 130 to 220 m east to west in China: around
//! any place, what counts as near lies in a few of them. The number is the same in SQL
//! (`migrations/server/`): whole-number division towards zero, in both databases and here.

use crate::coordinates::METRES_PER_DEGREE;
use std::ops::RangeInclusive;

/// A side of a cell in units of 1e-7 degree.
const SIDE_E7: i64 = 20_000;
/// What keeps the numbers of two rows of cells apart: more than there are columns.
const ROW: i64 = 1_000_000;
/// Cells around one place at most: 190 m to each side at the northern border of China take 4 × 4.
pub const CELLS_LIMIT: usize = 16;
/// Towards the poles a degree of longitude shrinks to nothing; nobody files there.
const COSINE_LEAST: f64 = 0.1;

/// A box of latitudes and longitudes × 10⁷.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Southern edge.
    pub south_e7: i64,
    /// Northern edge.
    pub north_e7: i64,
    /// Western edge.
    pub west_e7: i64,
    /// Eastern edge.
    pub east_e7: i64,
}

/// The box that holds everything within some metres of a place. It may reach over the edge of the
/// map, where nothing is.
#[must_use]
pub fn bounds_around(lat_e7: i64, lon_e7: i64, metres: f64) -> Bounds {
    let degrees = metres.max(0.0) / METRES_PER_DEGREE;
    let cosine = lat_cosine(lat_e7).max(COSINE_LEAST);
    let (high, wide) = (e7_up(degrees), e7_up(degrees / cosine));
    Bounds {
        south_e7: lat_e7.saturating_sub(high),
        north_e7: lat_e7.saturating_add(high),
        west_e7: lon_e7.saturating_sub(wide),
        east_e7: lon_e7.saturating_add(wide),
    }
}

/// The cell of a place.
#[must_use]
pub const fn cell_of(lat_e7: i64, lon_e7: i64) -> i64 {
    (lat_e7 / SIDE_E7)
        .saturating_mul(ROW)
        .saturating_add(lon_e7 / SIDE_E7)
}

/// The cells that hold everything within some metres of a place, at most [`CELLS_LIMIT`].
#[must_use]
pub fn cells_around(lat_e7: i64, lon_e7: i64, metres: f64) -> Vec<i64> {
    let bounds = bounds_around(lat_e7, lon_e7, metres);
    let columns = cells_between(bounds.west_e7, bounds.east_e7);
    cells_between(bounds.south_e7, bounds.north_e7)
        .flat_map(|row| {
            columns
                .clone()
                .map(move |column| row.saturating_mul(ROW).saturating_add(column))
        })
        .take(CELLS_LIMIT)
        .collect()
}

/// A cell and the eight around it.
#[must_use]
pub fn neighbours(cell: i64) -> Vec<i64> {
    let steps = [-1_i64, 0, 1];
    steps
        .iter()
        .flat_map(|row| steps.map(|column| row.saturating_mul(ROW).saturating_add(column)))
        .map(|step| cell.saturating_add(step))
        .collect()
}

const fn cells_between(from_e7: i64, to_e7: i64) -> RangeInclusive<i64> {
    from_e7 / SIDE_E7..=to_e7 / SIDE_E7
}

#[expect(
    clippy::as_conversions,
    reason = "a latitude × 10⁷ is far below 2⁵³, and what isn't one has some cosine too"
)]
fn lat_cosine(lat_e7: i64) -> f64 {
    (lat_e7 as f64 / 1e7).to_radians().cos()
}

#[expect(clippy::as_conversions, reason = "a float beyond the range saturates")]
fn e7_up(degrees: f64) -> i64 {
    (degrees * 1e7).ceil() as i64
}
