//! Polygons with whole-numbered corners, so that areas, sides and crossings are exact.
//!
//! Nothing here knows of districts. Tests are in `tests.rs` beside this file.

/// Longitude and latitude in millionths of a degree.
pub(super) type Point = (i64, i64);

/// A simple polygon, counter-clockwise, the first corner not repeated at the end.
pub(super) type Ring = Vec<Point>;

/// The edges of a ring, the last one back to the start.
pub(super) fn edges(ring: &[Point]) -> impl Iterator<Item = (Point, Point)> + Clone {
    pairs(ring)
}

/// Each item with the next, the last one with the first.
pub(super) fn pairs<T: Copy>(ring: &[T]) -> impl Iterator<Item = (T, T)> + Clone {
    ring.iter()
        .copied()
        .zip(ring.iter().copied().cycle().skip(1))
}

/// Twice the area in square micro-degrees, exact; negative for a clockwise ring.
pub(super) fn doubled_area(ring: &[Point]) -> i64 {
    let Some(&origin) = ring.first() else {
        return 0;
    };
    edges(ring).map(|(a, b)| turn(origin, a, b)).sum()
}

/// Positive when the way from `a` over `b` to `c` turns left, exact.
pub(super) fn turn(a: Point, b: Point, c: Point) -> i64 {
    (b.0 - a.0) * (c.1 - a.1) - (b.1 - a.1) * (c.0 - a.0)
}

/// Whether no two edges of the ring touch, other than neighbours in their common corner.
pub(super) fn is_simple(ring: &[Point]) -> bool {
    let all: Vec<(Point, Point)> = edges(ring).collect();
    if all.len() < 3 || all.iter().any(|(a, b)| a == b) {
        return false;
    }
    let mut pairs = all.iter().enumerate().flat_map(|(i, one)| {
        all.iter()
            .enumerate()
            .skip(i + 1)
            .map(move |(j, other)| (i, *one, j, *other))
    });
    !pairs.any(|(i, (a, b), j, (c, d))| {
        if j == i + 1 {
            folds_back(a, b, d)
        } else if i == 0 && j + 1 == all.len() {
            folds_back(c, d, b)
        } else {
            touch(a, b, c, d)
        }
    })
}

/// Whether the way from `a` to `b` goes back over itself to `c`.
fn folds_back(a: Point, b: Point, c: Point) -> bool {
    let ahead = (b.0 - a.0) * (c.0 - b.0) + (b.1 - a.1) * (c.1 - b.1);
    turn(a, b, c) == 0 && ahead < 0
}

/// Whether two closed segments have a point in common, exact.
fn touch(a: Point, b: Point, c: Point, d: Point) -> bool {
    let apart = |p: i64, q: i64, r: i64, s: i64| p.max(q) < r.min(s) || r.max(s) < p.min(q);
    if apart(a.0, b.0, c.0, d.0) || apart(a.1, b.1, c.1, d.1) {
        return false;
    }
    let sides = |one: i64, other: i64| one.signum() * other.signum() <= 0;
    sides(turn(a, b, c), turn(a, b, d)) && sides(turn(c, d, a), turn(c, d, b))
}

/// A whole number as a real one.
#[expect(
    clippy::as_conversions,
    reason = "coordinates and areas stay far below 2^53"
)]
pub(super) fn real(number: i64) -> f64 {
    number as f64
}

/// A real number rounded to a whole one.
#[expect(clippy::as_conversions, reason = "a float cast saturates")]
pub(super) fn whole(number: f64) -> i64 {
    number.round() as i64
}
