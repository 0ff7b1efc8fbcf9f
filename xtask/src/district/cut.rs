//! Cuts a polygon into pieces that fit together without a gap.
//!
//! Corners are whole micro-degrees from the start, so nothing is rounded afterwards. Where a cut ends
//! in the middle of an edge, the edge is remembered as split there, and every other polygon with that
//! edge takes the same corner ([`Net::refined`]). Only additions, products, quotients and square
//! roots are used, which give the same bits on every machine. Tests are in `tests.rs` beside this file.

use super::random::Random;
use super::ring::{Point, Ring, doubled_area, edges, is_simple, pairs, real, whole};
use anyhow::{Result, bail};
use std::collections::HashMap;

/// Cuts tried per piece before giving up, each in another direction.
const DIRECTIONS: usize = 10;
/// Rounds of halving until the line that cuts off a share is found: below a thousandth.
const HALVINGS: usize = 24;
/// A cut that ends this near to a corner, in parts of the piece's width, ends in the corner.
const SNAP: f64 = 0.08;
/// How far a bent cut strays, in parts of its length.
const STRAY: f64 = 0.13;
/// A bent cut is never shorter than this, in micro-degrees (about 50 m).
const BEND_LENGTH_MIN: f64 = 500.0;

/// What is wanted of one piece.
#[derive(Clone, Copy)]
pub(super) struct Part {
    /// Its share of the area, against the other parts.
    pub weight: f64,
    /// Roughly where it should lie.
    pub near: Option<Point>,
}

/// All cuts of one district.
pub(super) struct Net {
    splits: HashMap<(Point, Point), Point>,
    /// Width of a degree of longitude against one of latitude.
    narrow: f64,
    pub random: Random,
}

/// A straight cut that could be made.
struct Candidate {
    score: f64,
    ring: Ring,
    from: usize,
    to: usize,
    /// Whether the piece from `from` to `to` is the one that was asked for first.
    is_first: bool,
}

/// Where a line meets a ring: the edge it crosses and the place along the line.
struct Crossing {
    edge: usize,
    at: [f64; 2],
    along: f64,
}

impl Net {
    /// Begins with a seed, for a district around this latitude.
    pub(super) fn new(seed: u64, latitude_e6: i64) -> Self {
        // Two terms of the cosine's series are good to half a percent below 50 degrees.
        let radians = real(latitude_e6) / 1e6 * std::f64::consts::PI / 180.0;
        let square = radians * radians;
        let narrow = 1.0 - square / 2.0 + square * square / 24.0;
        Self {
            splits: HashMap::new(),
            narrow,
            random: Random(seed),
        }
    }

    /// The ring with every corner that cuts have put on its edges.
    pub(super) fn refined(&self, ring: &[Point]) -> Ring {
        let mut refined = Vec::with_capacity(ring.len());
        for (a, b) in edges(ring) {
            refined.push(a);
            self.push_between(a, b, &mut refined);
        }
        refined
    }

    fn push_between(&self, a: Point, b: Point, into: &mut Ring) {
        if let Some(&middle) = self.splits.get(&key(a, b)) {
            self.push_between(a, middle, into);
            into.push(middle);
            self.push_between(middle, b, into);
        }
    }

    /// Cuts a ring into one piece per part, in the order of the parts. Cuts have `2^bends − 1` bends.
    pub(super) fn divide(
        &mut self,
        ring: &[Point],
        parts: &[Part],
        bends: u32,
    ) -> Result<Vec<Ring>> {
        // The small ones together: the middle of a town lies in one piece.
        let mut order: Vec<usize> = (0..parts.len()).collect();
        let weight = |member: &usize| parts.get(*member).map_or(0.0, |part| part.weight);
        order.sort_by(|a, b| weight(b).total_cmp(&weight(a)));
        let mut pieces = vec![Ring::new(); parts.len()];
        self.divide_among(ring.to_vec(), parts, &mut order, bends, &mut pieces)?;
        Ok(pieces)
    }

    fn divide_among(
        &mut self,
        ring: Ring,
        parts: &[Part],
        members: &mut [usize],
        bends: u32,
        pieces: &mut [Ring],
    ) -> Result<()> {
        if let [only] = members {
            if let Some(piece) = pieces.get_mut(*only) {
                *piece = ring;
            }
            return Ok(());
        }
        let towards = self.sort_by_place(parts, members);
        let weight = |member: &usize| parts.get(*member).map_or(0.0, |part| part.weight);
        let total: f64 = members.iter().map(weight).sum();
        let (mut count, mut sum, mut running) = (1, 0.0, 0.0);
        for (index, member) in members
            .iter()
            .enumerate()
            .take(members.len().saturating_sub(1))
        {
            running += weight(member);
            if index == 0 || (running - total / 2.0).abs() < (sum - total / 2.0_f64).abs() {
                (count, sum) = (index + 1, running);
            }
        }
        let (first, second) = self.cut(&ring, sum / total, towards, bends)?;
        let (first_members, second_members) = members.split_at_mut(count);
        self.divide_among(first, parts, first_members, bends, pieces)?;
        self.divide_among(second, parts, second_members, bends, pieces)
    }

    /// Puts parts with a wished place in order along the line on which they are spread the widest,
    /// and gives that line's direction.
    fn sort_by_place(&self, parts: &[Part], members: &mut [usize]) -> Option<[f64; 2]> {
        let place = |member: usize| parts.get(member).and_then(|part| part.near);
        let places: Option<Vec<Point>> = members.iter().map(|member| place(*member)).collect();
        let places = places?;
        let spread = |axis: fn(&Point) -> i64| {
            let (low, high) = (places.iter().map(axis).min(), places.iter().map(axis).max());
            real(high.unwrap_or_default() - low.unwrap_or_default())
        };
        if spread(|place| place.0) * self.narrow >= spread(|place| place.1) {
            members.sort_by_key(|member| (place(*member).map(|at| at.0), *member));
            Some([1.0, 0.0])
        } else {
            members.sort_by_key(|member| (place(*member).map(|at| at.1), *member));
            Some([0.0, 1.0])
        }
    }

    /// Cuts a ring in two; the first piece has about this share of the area and, when a direction is
    /// given, lies at its beginning.
    fn cut(
        &mut self,
        ring: &[Point],
        share: f64,
        towards: Option<[f64; 2]>,
        bends: u32,
    ) -> Result<(Ring, Ring)> {
        let ring = self.refined(ring);
        let mut candidates = Vec::new();
        for _ in 0..DIRECTIONS {
            let normal = match towards {
                Some([x, y]) => {
                    let slant = self.random.between(-0.45, 0.45);
                    let length = (1.0 + slant * slant).sqrt();
                    [(x - slant * y) / length, (y + slant * x) / length]
                }
                None => self.random.direction(),
            };
            self.candidates(&ring, share, normal, &mut candidates);
        }
        candidates.sort_by(|a, b| a.score.total_cmp(&b.score));
        for candidate in &candidates {
            for bends in [bends, 0] {
                if let Some(pieces) = self.carry_out(&ring, candidate, bends) {
                    return Ok(pieces);
                }
            }
        }
        bail!(
            "no cut found for a piece of {} corners near {:?}",
            ring.len(),
            ring.first()
        );
    }

    /// Adds the cuts along the line across `normal` that has `share` of the area on its low side.
    fn candidates(
        &mut self,
        ring: &[Point],
        share: f64,
        normal: [f64; 2],
        into: &mut Vec<Candidate>,
    ) {
        let heights: Vec<f64> = ring
            .iter()
            .map(|&point| self.height(point, normal))
            .collect();
        let whole = real(doubled_area(ring)) * self.narrow;
        let width = (whole / 2.0).sqrt();
        let mut low = heights.iter().copied().fold(f64::INFINITY, f64::min);
        let mut high = heights.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        for _ in 0..HALVINGS {
            let middle = (low + high) / 2.0;
            if self.doubled_area_below(ring, normal, middle) < whole * share {
                low = middle;
            } else {
                high = middle;
            }
        }
        let line = (low + high) / 2.0;
        let mut crossings: Vec<Crossing> = Vec::new();
        for (edge, ((a, b), (ha, hb))) in edges(ring).zip(pairs(&heights)).enumerate() {
            if (ha <= line) != (hb <= line) {
                let part = (line - ha) / (hb - ha);
                let (dx, dy) = (real(b.0 - a.0) * part, real(b.1 - a.1) * part);
                let at = [real(a.0) + dx, real(a.1) + dy];
                let along = -normal[1] * at[0] * self.narrow + normal[0] * at[1];
                crossings.push(Crossing { edge, at, along });
            }
        }
        crossings.sort_by(|a, b| a.along.total_cmp(&b.along));
        for pair in crossings.chunks_exact(2) {
            let [start, end] = pair else { continue };
            let Some(mut candidate) = self.ends_of(ring, start, end, width) else {
                continue;
            };
            let (one, other) = split(&candidate.ring, candidate.from, candidate.to, &[]);
            let (one_area, other_area) = (doubled_area(&one), doubled_area(&other));
            if one_area <= 0 || other_area <= 0 {
                continue;
            }
            let first = if candidate.is_first {
                one_area
            } else {
                other_area
            };
            let mismatch =
                (real(first) / real(one_area + other_area) - share).abs() / share.min(1.0 - share);
            candidate.score = self.raggedness(&one)
                + self.raggedness(&other)
                + 4.0 * mismatch
                + self.random.between(0.0, 0.8);
            into.push(candidate);
        }
    }

    /// The ring with both ends of a cut among its corners.
    fn ends_of(
        &self,
        ring: &[Point],
        start: &Crossing,
        end: &Crossing,
        width: f64,
    ) -> Option<Candidate> {
        let mut with_ends = ring.to_vec();
        let mut ends =
            [start, end].map(|crossing| (crossing.edge, self.end_of(ring, crossing, width)));
        let [(_, start), (_, end)] = ends;
        // The later edge first, so that the earlier index stays right.
        ends.sort_by_key(|(edge, _)| std::cmp::Reverse(*edge));
        for (edge, point) in ends {
            if !with_ends.contains(&point) {
                with_ends.insert(edge + 1, point);
            }
        }
        let index = |point: Point| with_ends.iter().position(|&corner| corner == point);
        let (start, end) = (index(start)?, index(end)?);
        if start == end {
            return None;
        }
        // The low side is to the left of the way from start to end: the piece that ends with it.
        let (from, to) = (start.min(end), start.max(end));
        Some(Candidate {
            score: 0.0,
            ring: with_ends,
            from,
            to,
            is_first: start > end,
        })
    }

    fn end_of(&self, ring: &[Point], crossing: &Crossing, width: f64) -> Point {
        let point = (whole(crossing.at[0]), whole(crossing.at[1]));
        let (a, b) = edges(ring).nth(crossing.edge).unwrap_or((point, point));
        let nearest = if self.distance(a, point) <= self.distance(b, point) {
            a
        } else {
            b
        };
        if self.distance(nearest, point) <= (SNAP * width).max(3.0) {
            nearest
        } else {
            point
        }
    }

    /// Makes the cut, if both pieces are proper polygons.
    fn carry_out(
        &mut self,
        ring: &[Point],
        candidate: &Candidate,
        bends: u32,
    ) -> Option<(Ring, Ring)> {
        let (start, end) = (
            *candidate.ring.get(candidate.from)?,
            *candidate.ring.get(candidate.to)?,
        );
        let mut between = Vec::new();
        self.bend(start, end, bends, &mut between);
        let (one, other) = split(&candidate.ring, candidate.from, candidate.to, &between);
        if doubled_area(&one) <= 0
            || doubled_area(&other) <= 0
            || !is_simple(&one)
            || !is_simple(&other)
        {
            return None;
        }
        // A line meets an edge once, so the neighbours of a new corner are the ends of its old edge.
        let into = edges(&candidate.ring);
        for ((before, point), (_, after)) in into.zip(edges(&candidate.ring).cycle().skip(1)) {
            if (point == start || point == end) && !ring.contains(&point) {
                self.splits.insert(key(before, after), point);
            }
        }
        Some(if candidate.is_first {
            (one, other)
        } else {
            (other, one)
        })
    }

    /// Corners between the ends of a cut, each strayed from the middle of its neighbours.
    fn bend(&mut self, a: Point, b: Point, depth: u32, into: &mut Ring) {
        let (dx, dy) = (real(b.0 - a.0), real(b.1 - a.1));
        if depth == 0 || dx.abs() + dy.abs() < BEND_LENGTH_MIN {
            return;
        }
        let stray = self.random.between(-STRAY, STRAY);
        let x = real(a.0) + dx / 2.0 - dy * stray / self.narrow;
        let y = real(a.1) + dy / 2.0 + dx * stray * self.narrow;
        let middle = (whole(x), whole(y));
        self.bend(a, middle, depth - 1, into);
        into.push(middle);
        self.bend(middle, b, depth - 1, into);
    }

    fn height(&self, point: Point, normal: [f64; 2]) -> f64 {
        normal[0] * real(point.0) * self.narrow + normal[1] * real(point.1)
    }

    /// Distance in micro-degrees of latitude.
    pub(super) fn distance(&self, a: Point, b: Point) -> f64 {
        let (dx, dy) = (real(b.0 - a.0) * self.narrow, real(b.1 - a.1));
        (dx * dx + dy * dy).sqrt()
    }

    /// A point moved by micro-degrees of latitude to the east and north.
    pub(super) fn moved(&self, from: Point, east: f64, north: f64) -> Point {
        (from.0 + whole(east / self.narrow), from.1 + whole(north))
    }

    /// Perimeter against the root of the area: 3.5 for a disc, 4 for a square, more for a strip.
    fn raggedness(&self, ring: &[Point]) -> f64 {
        let perimeter: f64 = edges(ring).map(|(a, b)| self.distance(a, b)).sum();
        perimeter / (real(doubled_area(ring)) * self.narrow / 2.0).sqrt()
    }

    /// Twice the area of the part below a line.
    fn doubled_area_below(&self, ring: &[Point], normal: [f64; 2], line: f64) -> f64 {
        let Some(&origin) = ring.first() else {
            return 0.0;
        };
        let flat = |point: Point| {
            [
                real(point.0 - origin.0) * self.narrow,
                real(point.1 - origin.1),
            ]
        };
        let line = line - self.height(origin, normal);
        let mut below: Vec<[f64; 2]> = Vec::with_capacity(ring.len() + 1);
        for (a, b) in edges(ring) {
            let (a, b) = (flat(a), flat(b));
            let (ha, hb) = (
                normal[0] * a[0] + normal[1] * a[1],
                normal[0] * b[0] + normal[1] * b[1],
            );
            if ha <= line {
                below.push(a);
            }
            if (ha <= line) != (hb <= line) {
                let part = (line - ha) / (hb - ha);
                below.push([a[0] + (b[0] - a[0]) * part, a[1] + (b[1] - a[1]) * part]);
            }
        }
        pairs(&below).map(|(a, b)| a[0] * b[1] - a[1] * b[0]).sum()
    }
}

/// The two sides of a cut from corner `from` to corner `to` through the corners `between`.
fn split(ring: &[Point], from: usize, to: usize, between: &[Point]) -> (Ring, Ring) {
    let cycle = ring.iter().chain(ring).copied();
    let mut one: Ring = cycle.clone().skip(from).take(to - from + 1).collect();
    one.extend(between.iter().rev());
    let mut other: Ring = cycle.skip(to).take(from + ring.len() - to + 1).collect();
    other.extend(between);
    (one, other)
}

fn key(a: Point, b: Point) -> (Point, Point) {
    (a.min(b), a.max(b))
}
