//! Which grid is this point in: polygons, a table of cells for plain lookups, an R-tree over their
//! boxes for circles, doubt near a border.
//!
//! Handheld and server ask the same index and so get the same answer. This file must not read files
//! or decide who is responsible for a grid. Only the smallest grids are indexed ([`filing_grids`]).
//! Reading of GeoJSON is in `grid/read.rs`. Tests are in `tests/grid.rs` and `grid/tests.rs`.
//!
//! **Points on a border.** A point belongs to a polygon when a ray to the east crosses its edges an
//! odd number of times. Each edge is looked at from its southern end, so two neighbours compute the
//! same number for the edge they share and exactly one of them gets the point: the one to the east,
//! and on a horizontal border the one to the north. On the outer border, where nobody is to the east
//! or north, a point within [`BORDER_TOLERANCE_M`] still belongs to the grid it touches. Where
//! polygons overlap, an exclusive grid goes before a territorial one, then the longer code (the
//! deeper level), then the smaller code.

mod cells;
mod read;
#[cfg(test)]
mod tests;

pub use read::{GridFeature, filing_grids, from_geojson, shape_from_e7};

use cells::{Cells, Extent, Known};

use crate::area::AreaKind;
use crate::coordinates::{LatLon, METRES_PER_DEGREE};
use crate::id::AreaCode;
use geo::{CoordsIter, MultiPolygon};
use rstar::{AABB, RTree, RTreeObject};
use std::cmp::Reverse;
use std::collections::HashSet;
use std::iter;

/// Whether a grid is a piece of the district or a place of its own inside such pieces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GridKind {
    /// 专属网格: goes before the territorial grid around it.
    Exclusive,
    /// 综合网格: together they cover the district.
    Territorial,
}

impl GridKind {
    /// The kind of grid that a place is, none for streets and other larger places.
    #[must_use]
    pub const fn of(kind: AreaKind) -> Option<Self> {
        match kind {
            AreaKind::Grid => Some(Self::Territorial),
            AreaKind::ExclusiveGrid => Some(Self::Exclusive),
            AreaKind::District | AreaKind::Street | AreaKind::Community => None,
        }
    }
}

/// Where a point lies.
#[derive(Debug, Clone, PartialEq)]
pub enum Located {
    /// In this grid, with no other within the accuracy.
    In {
        /// The grid.
        grid: AreaCode,
    },
    /// In this grid, but the accuracy circle touches others: somebody should confirm.
    InDoubt {
        /// The grid that the point itself lies in.
        grid: AreaCode,
        /// The others, nearest first, at most [`OTHERS_LIMIT`].
        others: Vec<AreaCode>,
    },
    /// In no grid.
    Outside {
        /// The nearest grid and its distance in metres, when the accuracy circle reaches one.
        nearest: Option<(AreaCode, f64)>,
    },
}

impl Located {
    /// The grid that the point lies in, in doubt or not.
    #[must_use]
    pub const fn grid(&self) -> Option<&AreaCode> {
        match self {
            Self::In { grid } | Self::InDoubt { grid, .. } => Some(grid),
            Self::Outside { .. } => None,
        }
    }
}

/// Why grids were refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GridError {
    /// The text is no GeoJSON feature collection.
    #[error("grids are not a GeoJSON feature collection: {0}")]
    NotACollection(String),
    /// One feature is not as it should be.
    #[error("{feature}: {problem}")]
    Feature {
        /// Its number from 1, with code and name as far as they could be read.
        feature: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A grid's outline can't be used.
    #[error("grid {code}: {problem}")]
    Shape {
        /// The grid.
        code: AreaCode,
        /// What is wrong with its outline.
        problem: String,
    },
}

/// A receiver that reports a larger circle is taken at this one: a fix from a cell tower says no
/// more than that the grid is in doubt, and a search over the whole district helps nobody.
pub const ACCURACY_M_MAX: f64 = 2_000.0;

/// Taken where a receiver gives an accuracy that can't be one (NaN or negative): a phone among
/// houses on a bad day.
pub const ACCURACY_M_ASSUMED: f64 = 50.0;

/// A person chooses among the others; nobody reads more.
pub const OTHERS_LIMIT: usize = 8;

/// Kept positions are rounded to 1e-7 degree, at most 8 mm away from where they were.
pub const BORDER_TOLERANCE_M: f64 = 0.02;

/// Below this cosine of the latitude (within 60 km of a pole) a degree of longitude is taken as if
/// it were here, so that no box grows without end.
const COSINE_MIN: f64 = 0.01;

/// The grids of a district, ready for lookups.
#[derive(Debug)]
pub struct GridIndex {
    /// In order of precedence: where polygons overlap, the smaller number wins.
    grids: Vec<(AreaCode, GridKind)>,
    /// The corners of all polygons, each grid's together, each ring closed and followed by [`END`].
    corners: Vec<[f64; 2]>,
    /// Where each grid's corners begin, and at last where they end.
    spans: Vec<u32>,
    /// For circles and borders.
    boxes: RTree<GridBox>,
    /// For lookups.
    cells: Cells,
}

/// Stands between two rings. No comparison with it is true, so the edges to and from it count for
/// nothing. Corners instead of edges halve what a lookup must fetch from memory.
const END: [f64; 2] = [f64::NAN; 2];

/// What the tree holds: the box around a grid.
#[derive(Debug, Clone, Copy)]
struct GridBox {
    extent: Extent,
    grid: u32,
}

impl RTreeObject for GridBox {
    type Envelope = AABB<[f64; 2]>;
    fn envelope(&self) -> Self::Envelope {
        AABB::from_corners(self.extent.low, self.extent.high)
    }
}

impl GridIndex {
    /// Builds the index. Codes must be unique; polygons may have holes and parts.
    ///
    /// # Errors
    /// When a code occurs twice, or an outline is empty or not on the earth.
    pub fn build(
        entries: impl IntoIterator<Item = (AreaCode, GridKind, MultiPolygon<f64>)>,
    ) -> Result<Self, GridError> {
        let mut entries: Vec<_> = entries.into_iter().collect();
        entries.sort_by(|(a_code, a_kind, _), (b_code, b_kind, _)| {
            let rank = |code: &AreaCode| Reverse(code.as_str().len());
            (a_kind, rank(a_code), a_code).cmp(&(b_kind, rank(b_code), b_code))
        });
        let mut codes = HashSet::with_capacity(entries.len());
        let mut index = Self::empty();
        let mut boxes = Vec::with_capacity(entries.len());
        for (code, kind, shape) in &entries {
            let wrong = |problem: &str| GridError::Shape {
                code: code.clone(),
                problem: problem.into(),
            };
            if !codes.insert(code) {
                return Err(wrong("the code occurs twice"));
            }
            let extent = extent(shape).ok_or_else(|| wrong("an outline off the earth or empty"))?;
            for part in shape {
                for ring in iter::once(part.exterior()).chain(part.interiors()) {
                    let corners = ring.coords().map(|corner| [corner.x, corner.y]);
                    index.corners.extend(corners.chain([END]));
                }
            }
            let until = u32::try_from(index.corners.len());
            index
                .spans
                .push(until.map_err(|_| wrong("too many corners before it"))?);
            let grid = u32::try_from(boxes.len());
            boxes.push(GridBox {
                extent,
                grid: grid.map_err(|_| wrong("too many grids before it"))?,
            });
            index.grids.push((code.clone(), *kind));
        }
        let laid_out: Vec<(Extent, &[[f64; 2]])> = boxes
            .iter()
            .map(|item| (item.extent, index.corners_of(item.grid)))
            .collect();
        index.cells = Cells::over(&laid_out);
        index.boxes = RTree::bulk_load(boxes);
        Ok(index)
    }

    fn empty() -> Self {
        Self {
            grids: Vec::new(),
            corners: Vec::new(),
            spans: vec![0],
            boxes: RTree::new(),
            cells: Cells::over(&[]),
        }
    }

    /// How many grids it holds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.grids.len()
    }

    /// Whether it holds none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.grids.is_empty()
    }

    /// The grid that a point lies in, without regard to accuracy: the quick path.
    #[must_use]
    pub fn locate_exact(&self, at: LatLon) -> Option<&AreaCode> {
        self.winner(at).map(|(grid, _)| grid)
    }

    /// Where a point lies, given the radius in metres within which it is likely to be.
    ///
    /// No accuracy means a place set by hand: there is no circle and no doubt. One that can't be
    /// (NaN, negative) counts as [`ACCURACY_M_ASSUMED`], a huge one as [`ACCURACY_M_MAX`].
    ///
    /// A territorial grid around the exclusive grid that holds the point raises no doubt: who stands
    /// in a school reports for the school, and many are smaller than the error of a phone. A point
    /// beside a school is in doubt. A grid and those above it, told by their codes, never doubt each
    /// other.
    #[must_use]
    pub fn locate(&self, at: LatLon, accuracy_m: Option<f64>) -> Located {
        let radius_m = accuracy_m.map(usable_accuracy_m);
        let Some((grid, kind)) = self.winner(at) else {
            let nearest =
                radius_m.and_then(|radius_m| self.within(at, radius_m).into_iter().next());
            return Located::Outside {
                nearest: nearest.map(|near| (near.grid.clone(), near.distance_m)),
            };
        };
        let mut others: Vec<AreaCode> = Vec::new();
        for near in radius_m
            .map(|radius_m| self.within(at, radius_m))
            .unwrap_or_default()
        {
            let is_around =
                kind == GridKind::Exclusive && near.kind == GridKind::Territorial && near.holds;
            if !is_around && !is_related(grid, near.grid) && others.len() < OTHERS_LIMIT {
                others.push(near.grid.clone());
            }
        }
        let grid = grid.clone();
        if others.is_empty() {
            Located::In { grid }
        } else {
            Located::InDoubt { grid, others }
        }
    }

    /// The nearest grid and its distance in metres, however far. It looks at every grid: for
    /// telling a person, not for many points.
    #[must_use]
    pub fn nearest(&self, at: LatLon) -> Option<(&AreaCode, f64)> {
        let plane = Plane::around(at)?;
        let near = self
            .boxes
            .iter()
            .filter_map(|item| self.near(item, at, &plane));
        near.min_by(Near::order)
            .map(|near| (near.grid, near.distance_m))
    }

    /// The grid that takes the point.
    fn winner(&self, at: LatLon) -> Option<(&AreaCode, GridKind)> {
        let point = [at.lon, at.lat];
        let found = match self.cells.look(point) {
            Known::Grid(grid) => Some(grid),
            Known::FirstOf(grids) => grids
                .iter()
                .copied()
                .find(|grid| holds(self.corners_of(*grid), point)),
        };
        if let Some(grid) = found {
            return self.grid(grid);
        }
        let touching = self.within(at, BORDER_TOLERANCE_M);
        let first = touching.into_iter().min_by_key(|near| near.rank)?;
        Some((first.grid, first.kind))
    }

    /// The grids that a circle touches, nearest first.
    fn within(&self, at: LatLon, radius_m: f64) -> Vec<Near<'_>> {
        let Some(plane) = Plane::around(at) else {
            return Vec::new();
        };
        let (width, height) = (radius_m / plane.lon_m, radius_m / plane.lat_m);
        let envelope = AABB::from_corners(
            [at.lon - width, at.lat - height],
            [at.lon + width, at.lat + height],
        );
        let mut found: Vec<Near<'_>> = self
            .boxes
            .locate_in_envelope_intersecting(envelope)
            .filter_map(|item| self.near(item, at, &plane))
            .filter(|near| near.distance_m <= radius_m)
            .collect();
        found.sort_by(Near::order);
        found
    }

    fn near(&self, item: &GridBox, at: LatLon, plane: &Plane) -> Option<Near<'_>> {
        let (grid, kind) = self.grid(item.grid)?;
        let corners = self.corners_of(item.grid);
        let holds = holds(corners, [at.lon, at.lat]);
        let distance_m = if holds {
            0.0
        } else {
            let distances = edges(corners).map(|(a, b)| plane.distance_m(a, b));
            // Passes over what is not a number, at the end of a ring.
            distances.fold(f64::INFINITY, f64::min)
        };
        Some(Near {
            grid,
            kind,
            rank: item.grid,
            holds,
            distance_m,
        })
    }

    fn grid(&self, number: u32) -> Option<(&AreaCode, GridKind)> {
        let at = usize::try_from(number).ok()?;
        self.grids.get(at).map(|(code, kind)| (code, *kind))
    }

    fn corners_of(&self, number: u32) -> &[[f64; 2]] {
        let corners = || {
            let at = usize::try_from(number).ok()?;
            let [from, until] = self.spans.get(at..at.checked_add(2)?)? else {
                return None;
            };
            self.corners
                .get(usize::try_from(*from).ok()?..usize::try_from(*until).ok()?)
        };
        corners().unwrap_or_default()
    }
}

/// A grid that a circle touches.
struct Near<'a> {
    grid: &'a AreaCode,
    kind: GridKind,
    rank: u32,
    holds: bool,
    distance_m: f64,
}

impl Near<'_> {
    fn order(a: &Self, b: &Self) -> std::cmp::Ordering {
        a.distance_m
            .total_cmp(&b.distance_m)
            .then(a.rank.cmp(&b.rank))
    }
}

/// The plane that touches the earth at a point, good for some kilometres around.
struct Plane {
    at: LatLon,
    lat_m: f64,
    lon_m: f64,
}

impl Plane {
    fn around(at: LatLon) -> Option<Self> {
        let lon_m = METRES_PER_DEGREE * at.lat.to_radians().cos().max(COSINE_MIN);
        let is_finite = at.lat.is_finite() && at.lon.is_finite();
        is_finite.then_some(Self {
            at,
            lat_m: METRES_PER_DEGREE,
            lon_m,
        })
    }

    /// Metres from the point to an edge.
    fn distance_m(&self, a: [f64; 2], b: [f64; 2]) -> f64 {
        let flat = |[lon, lat]: [f64; 2]| {
            (
                (lon - self.at.lon) * self.lon_m,
                (lat - self.at.lat) * self.lat_m,
            )
        };
        let ((ax, ay), (bx, by)) = (flat(a), flat(b));
        let (dx, dy) = (bx - ax, by - ay);
        let square = dx * dx + dy * dy;
        // A ring may repeat a point; its edge is then that point.
        let along = if square > 0.0 {
            (-(ax * dx + ay * dy) / square).clamp(0.0, 1.0)
        } else {
            0.0
        };
        (ax + along * dx).hypot(ay + along * dy)
    }
}

/// Whether a ray to the east crosses the edges of these rings an odd number of times.
fn holds(corners: &[[f64; 2]], [x, y]: [f64; 2]) -> bool {
    let mut is_inside = false;
    for (a, b) in edges(corners) {
        let (south, north) = if a[1] <= b[1] { (a, b) } else { (b, a) };
        // Half open, so that a ray through a corner counts it once; a level edge never counts.
        if south[1] <= y && y < north[1] {
            let side =
                (north[0] - south[0]) * (y - south[1]) - (x - south[0]) * (north[1] - south[1]);
            is_inside ^= side > 0.0;
        }
    }
    is_inside
}

/// The edges of some rings, among them those to and from [`END`].
fn edges(corners: &[[f64; 2]]) -> impl Iterator<Item = ([f64; 2], [f64; 2])> {
    corners.iter().copied().zip(corners.iter().copied().skip(1))
}

/// The box around a shape, none when it is empty or not on the earth.
fn extent(shape: &MultiPolygon<f64>) -> Option<Extent> {
    let (mut low, mut high) = ([f64::INFINITY; 2], [f64::NEG_INFINITY; 2]);
    for point in shape.coords_iter() {
        LatLon::new(point.y, point.x).ok()?;
        low = [low[0].min(point.x), low[1].min(point.y)];
        high = [high[0].max(point.x), high[1].max(point.y)];
    }
    (low[0] < high[0] && low[1] < high[1]).then_some(Extent { low, high })
}

/// Whether one lies in the other by its code.
fn is_related(a: &AreaCode, b: &AreaCode) -> bool {
    a.as_str().starts_with(b.as_str()) || b.as_str().starts_with(a.as_str())
}

fn usable_accuracy_m(accuracy_m: f64) -> f64 {
    if accuracy_m >= 0.0 {
        accuracy_m.min(ACCURACY_M_MAX)
    } else {
        ACCURACY_M_ASSUMED
    }
}
