//! Outlines of places: read from stored GeoJSON once, then given to handhelds as one bundle and to
//! the console as the few around a case.

use super::{Fault, Result};
use crate::store::areas::AreaRow;
use geo::{Coord, LineString, MultiPolygon, Polygon};
use serde::Deserialize;
use shared::area::{AreaKind, Level};
use shared::coordinates::{E7, METRES_PER_DEGREE};
use shared::id::AreaCode;
use shared::wire::console::Outline;
use shared::wire::sync::{AreaOutline, AreasBundle};
use std::collections::{HashMap, HashSet};

/// Outlines around one place on the console's map: what a person can take in.
pub const OUTLINES_MAX: usize = 60;
/// How far around a place its neighbours are drawn, in metres: a walk of some minutes.
const AROUND_M: f64 = 600.0;

type Ring = Vec<(f64, f64)>;
type Rings = Vec<Ring>;

#[derive(Deserialize)]
#[serde(tag = "type")]
enum Geometry {
    Polygon {
        coordinates: Vec<Vec<Vec<f64>>>,
    },
    MultiPolygon {
        coordinates: Vec<Vec<Vec<Vec<f64>>>>,
    },
}

/// Polygons of rings of `(lon, lat)`.
fn read_geometry(text: &str) -> Result<Vec<Rings>> {
    let geometry: Geometry =
        serde_json::from_str(text).map_err(|error| Fault::damaged("outline", error))?;
    let polygons = match geometry {
        Geometry::Polygon { coordinates } => vec![coordinates],
        Geometry::MultiPolygon { coordinates } => coordinates,
    };
    let point = |position: &Vec<f64>| match position.as_slice() {
        [lon, lat, ..] => Ok((*lon, *lat)),
        _ => Err(Fault::damaged(
            "outline",
            "a position has fewer than two numbers",
        )),
    };
    let ring = |ring: &Vec<Vec<f64>>| ring.iter().map(point).collect::<Result<Ring>>();
    polygons
        .iter()
        .map(|rings| rings.iter().map(ring).collect::<Result<Rings>>())
        .collect()
}

fn shape(polygons: &[Rings]) -> MultiPolygon<f64> {
    let line = |ring: &Ring| LineString(ring.iter().map(|&(x, y)| Coord { x, y }).collect());
    let polygon = |rings: &Rings| {
        let mut lines = rings.iter().map(line);
        let outer = lines.next().unwrap_or_else(|| LineString(Vec::new()));
        Polygon::new(outer, lines.collect())
    };
    MultiPolygon(polygons.iter().map(polygon).collect())
}

/// GeoJSON text of a shape, with 7 decimals (1 cm).
#[must_use]
pub fn geometry_text(shape: &MultiPolygon<f64>) -> String {
    use std::fmt::Write;
    let mut text = String::from(r#"{"type":"MultiPolygon","coordinates":["#);
    for (p, polygon) in shape.iter().enumerate() {
        text.push_str(if p > 0 { ",[" } else { "[" });
        for (r, ring) in std::iter::once(polygon.exterior())
            .chain(polygon.interiors())
            .enumerate()
        {
            text.push_str(if r > 0 { ",[" } else { "[" });
            for (c, at) in ring.coords().enumerate() {
                let comma = if c > 0 { "," } else { "" };
                // Writing into a String can't fail.
                let _ = write!(text, "{comma}[{:.7},{:.7}]", at.x, at.y);
            }
            text.push(']');
        }
        text.push(']');
    }
    text.push_str("]}");
    text
}

/// The outline of a place, with what is needed to find it near a point.
#[derive(Debug)]
struct Placed {
    code: AreaCode,
    name: String,
    level: String,
    geometry: String,
    low: (f64, f64),
    high: (f64, f64),
}

/// The outlines of the grids that reports are filed in, and of the streets and communities.
#[derive(Debug, Default)]
pub struct Outlines {
    filing: Vec<Placed>,
    larger: HashMap<AreaCode, Placed>,
}

impl Outlines {
    /// What to draw around a point: the grids near it, then its community and street.
    #[must_use]
    pub fn around(&self, grid: Option<&AreaCode>, lat: f64, lon: f64) -> Vec<Outline> {
        let metres = |placed: &Placed| {
            let lon_m = METRES_PER_DEGREE * lat.to_radians().cos().max(0.01);
            let beyond = |at: f64, low: f64, high: f64| (low - at).max(at - high).max(0.0);
            let x = beyond(lon, placed.low.0, placed.high.0) * lon_m;
            let y = beyond(lat, placed.low.1, placed.high.1) * METRES_PER_DEGREE;
            x.hypot(y)
        };
        let mut near: Vec<(f64, &Placed)> = self
            .filing
            .iter()
            .map(|placed| {
                let own = Some(&placed.code) == grid;
                (if own { -1.0 } else { metres(placed) }, placed)
            })
            .filter(|(metres, _)| *metres <= AROUND_M)
            .collect();
        near.sort_by(|(a, at), (b, bt)| a.total_cmp(b).then_with(|| at.code.cmp(&bt.code)));
        let larger = [AreaCode::community, AreaCode::street];
        let larger = larger.iter().filter_map(|up| self.larger.get(&up(grid?)?));
        let count = OUTLINES_MAX.saturating_sub(larger.clone().count());
        near.into_iter()
            .take(count)
            .map(|(_, placed)| placed)
            .chain(larger)
            .map(|placed| Outline {
                code: placed.code.clone(),
                name: placed.name.clone(),
                level: placed.level.clone(),
                geometry: placed.geometry.clone(),
            })
            .collect()
    }
}

/// Everything that is made of the stored places.
pub struct Drawn {
    /// What handhelds fetch.
    pub bundle: AreasBundle,
    /// What the console draws.
    pub outlines: Outlines,
    /// Shapes of the grids that reports are filed in.
    pub shapes: Vec<(AreaCode, shared::grid::GridKind, MultiPolygon<f64>)>,
}

/// Reads the outlines of stored places.
///
/// # Errors
/// [`Fault::Damaged`] when one can't be read.
pub fn draw(version: &str, levels: Vec<Level>, rows: Vec<AreaRow>) -> Result<Drawn> {
    let above: HashSet<AreaCode> = rows
        .iter()
        .filter(|row| row.area.kind == AreaKind::Grid)
        .filter_map(|row| row.area.parent.clone())
        .collect();
    let mut drawn = Drawn {
        bundle: AreasBundle {
            version: version.to_owned(),
            levels,
            areas: Vec::new(),
        },
        outlines: Outlines::default(),
        shapes: Vec::new(),
    };
    for row in rows {
        let polygons = row
            .geometry
            .as_deref()
            .map_or_else(|| Ok(Vec::new()), read_geometry)?;
        let code = row.area.code.clone();
        let kind = shared::grid::GridKind::of(row.area.kind);
        // A grid above others is the sum of its parts: nothing is filed in it, nothing drawn.
        let is_above = row.area.kind == AreaKind::Grid && above.contains(&code);
        if let (Some(geometry), false) = (row.geometry, is_above || polygons.is_empty()) {
            let (low, high) = corners(&polygons);
            let name = row.area.name.clone();
            let level = row.area.level.clone();
            let placed = Placed {
                code: code.clone(),
                name,
                level,
                geometry,
                low,
                high,
            };
            match kind {
                Some(kind) => {
                    drawn.shapes.push((code, kind, shape(&polygons)));
                    drawn.outlines.filing.push(placed);
                }
                None => drop(drawn.outlines.larger.insert(code, placed)),
            }
        }
        let polygons = if is_above {
            Vec::new()
        } else {
            polygons.iter().map(to_e7).collect()
        };
        drawn.bundle.areas.push(AreaOutline {
            area: row.area,
            polygons,
        });
    }
    Ok(drawn)
}

fn corners(polygons: &[Rings]) -> ((f64, f64), (f64, f64)) {
    let start = (
        (f64::INFINITY, f64::INFINITY),
        (f64::NEG_INFINITY, f64::NEG_INFINITY),
    );
    polygons
        .iter()
        .flatten()
        .flatten()
        .fold(start, |(low, high), &(x, y)| {
            ((low.0.min(x), low.1.min(y)), (high.0.max(x), high.1.max(y)))
        })
}

fn to_e7(rings: &Rings) -> Vec<Vec<(i32, i32)>> {
    #[expect(
        clippy::as_conversions,
        reason = "degrees × 10⁷ fit; a float beyond saturates"
    )]
    let whole = |degrees: f64| (degrees * E7).round() as i32;
    rings
        .iter()
        .map(|ring| {
            ring.iter()
                .map(|&(lon, lat)| (whole(lon), whole(lat)))
                .collect()
        })
        .collect()
}
