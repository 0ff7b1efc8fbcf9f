//! Grid lookups at the district's own number of grids and at ten times as many, and routing
//! decisions. The limit of a lookup is reading the point: there is nothing to compare with but
//! itself at another size.

use crate::figures::Figures;
use geo::MultiPolygon;
use shared::area::{AreaTree, areas_from_csv, default_levels};
use shared::catalogue::{Catalogue, shipped_doc};
use shared::coordinates::LatLon;
use shared::grid::{GridIndex, GridKind, filing_grids, from_geojson};
use shared::id::{AreaCode, CatalogueVersion};
use shared::routing::{Facts, Mode, route};
use shared::time::Timestamp;
use std::hint::black_box;
use std::time::Instant;

/// Enough for the clock's grain and the cache to settle.
const LOOKUPS: usize = 2_000_000;
const DECISIONS: usize = 200_000;
/// Each grid is cut into this many pieces for the larger index, from west to east and from south to
/// north: about as long as wide, as grids are. Cut into ten strips, hardly any piece would hold a
/// whole cell of the index's table, which no district's grids are like.
const PIECES: [usize; 2] = [5, 2];

type Entry = (AreaCode, GridKind, MultiPolygon<f64>);

pub(crate) fn run(figures: &mut Figures) {
    let text =
        std::fs::read_to_string(crate::server::root().join("data/districts/350703/grids.geojson"))
            .expect("the district's grids");
    let features = from_geojson(&text).expect("readable grids");
    let entries: Vec<Entry> = filing_grids(&features).collect();
    let many: Vec<Entry> = entries.iter().flat_map(pieces).collect();
    let points = points(&entries);
    let small = lookups(figures, entries, &points);
    let large = lookups(figures, many, &points);
    figures.ratio(
        "time of a lookup at ten times the grids",
        small,
        large,
        "aim ≤ 1.5",
    );
    decisions(figures);
}

fn lookups(figures: &mut Figures, entries: Vec<Entry>, points: &[LatLon]) -> f64 {
    let count = entries.len();
    let index = GridIndex::build(entries).expect("an index");
    let start = Instant::now();
    let mut found = 0_usize;
    for point in points.iter().cycle().take(LOOKUPS) {
        found += usize::from(index.locate_exact(black_box(*point)).is_some());
    }
    let rate = LOOKUPS as f64 / start.elapsed().as_secs_f64();
    black_box(found);
    figures.add(
        &format!("lookups at {count} grids (aim ≥ 1 000 000)"),
        rate,
        "/s",
    );
    rate
}

/// Points spread over the district by a lattice: most lie in a grid, some outside.
fn points(entries: &[Entry]) -> Vec<LatLon> {
    use geo::BoundingRect;
    let boxes: Vec<_> = entries
        .iter()
        .filter_map(|(_, _, shape)| shape.bounding_rect())
        .collect();
    let mut points = Vec::new();
    for (at, bounds) in boxes.iter().enumerate() {
        for step in 0..4_usize {
            let x = ((at * 31 + step * 17) % 97) as f64 / 97.0;
            let y = ((at * 57 + step * 29) % 89) as f64 / 89.0;
            let lon = bounds.min().x + bounds.width() * x;
            let lat = bounds.min().y + bounds.height() * y;
            points.extend(LatLon::new(lat, lon).ok());
        }
    }
    // A walk in one grid after the other would flatter the cache.
    let mut mixed = Vec::with_capacity(points.len());
    let stride = 7_919;
    let mut at = 0;
    for _ in 0..points.len() {
        mixed.push(points[at]);
        at = (at + stride) % points.len();
    }
    mixed
}

/// The grid cut into pieces, each a grid of its own.
fn pieces((code, kind, shape): &Entry) -> Vec<Entry> {
    use geo::{BooleanOps, BoundingRect, Rect, coord};
    let Some(bounds) = shape.bounding_rect() else {
        return Vec::new();
    };
    let [columns, rows] = PIECES;
    let width = bounds.width() / columns as f64;
    let height = bounds.height() / rows as f64;
    (0..columns * rows)
        .filter_map(|piece| {
            let west = bounds.min().x + width * (piece % columns) as f64;
            let south = bounds.min().y + height * (piece / columns) as f64;
            let window = Rect::new(
                coord! { x: west, y: south },
                coord! { x: west + width, y: south + height },
            );
            let part = shape.intersection(&MultiPolygon::from(window.to_polygon()));
            let code = AreaCode::new(format!("{code}{piece}")).ok()?;
            (!part.0.is_empty()).then_some((code, *kind, part))
        })
        .collect()
}

fn decisions(figures: &mut Figures) {
    let levels = default_levels();
    let text =
        std::fs::read_to_string(crate::server::root().join("data/districts/350703/areas.csv"))
            .unwrap();
    let areas = AreaTree::new(levels.clone(), areas_from_csv(&text, &levels).unwrap()).unwrap();
    let version = CatalogueVersion::new("bench").unwrap();
    let catalogue = Catalogue::new(shipped_doc(version, Vec::new()).unwrap()).unwrap();
    let grid = AreaCode::new("350703001012").unwrap();
    let conditions = &catalogue.doc().conditions;
    let start = Instant::now();
    for (at, condition) in conditions.iter().cycle().take(DECISIONS).enumerate() {
        let facts = Facts {
            category: &condition.category,
            condition: &condition.id,
            grid: Some(&grid),
            doubt: &[],
            self_fixed: false,
        };
        let now = Timestamp(1_795_262_400_000 + at as i64);
        black_box(route(
            facts,
            &catalogue,
            &areas,
            Mode::Peace,
            catalogue.calendar(),
            now,
        ));
    }
    let rate = DECISIONS as f64 / start.elapsed().as_secs_f64();
    figures.add("routing decisions with deadline", rate, "/s");
}
