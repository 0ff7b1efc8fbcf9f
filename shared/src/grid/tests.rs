//! Properties of the index over random nets of grids, with a look inside.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::as_conversions,
    reason = "a test may fail loudly"
)]
use super::*;
use geo::{Coord, LineString, LinesIter, Polygon};
use proptest::prelude::*;

const SIDE: usize = 6;

type Entry = (AreaCode, GridKind, MultiPolygon<f64>);

/// A net of bent quadrilaterals: corners moved at random, so that hardly an edge is straight.
fn net(moves: &[(f64, f64)]) -> Vec<Entry> {
    let corner = |column: usize, row: usize| {
        let (east, north) = moves[row * (SIDE + 1) + column];
        Coord {
            x: 118.0 + 0.01 * (column as f64 + east),
            y: 27.0 + 0.01 * (row as f64 + north),
        }
    };
    (0..SIDE * SIDE)
        .map(|number| {
            let (column, row) = (number % SIDE, number / SIDE);
            let ring = vec![
                corner(column, row),
                corner(column + 1, row),
                corner(column + 1, row + 1),
                corner(column, row + 1),
                corner(column, row),
            ];
            let shape = MultiPolygon(vec![Polygon::new(LineString(ring), vec![])]);
            (
                AreaCode::new(format!("G{number:02}")).unwrap(),
                GridKind::Territorial,
                shape,
            )
        })
        .collect()
}

fn claims(index: &GridIndex, point: [f64; 2]) -> usize {
    index
        .boxes
        .iter()
        .filter(|item| holds(index.corners_of(item.grid), point))
        .count()
}

proptest! {
    /// Corners, points on edges and points anywhere: never none, never two.
    #[test]
    fn each_point_of_a_net_is_in_exactly_one_grid(
        moves in prop::collection::vec((-0.4_f64..0.4, -0.4_f64..0.4), (SIDE + 1) * (SIDE + 1)),
        along in 0.0_f64..1.0,
        (x, y) in (0.5_f64..5.5, 0.5_f64..5.5),
    ) {
        let grids = net(&moves);
        let index = GridIndex::build(grids.clone()).unwrap();
        prop_assert_eq!(claims(&index, [118.0 + 0.01 * x, 27.0 + 0.01 * y]), 1);
        // The inner corners and the edges between them have a neighbour on each side.
        for (_, _, shape) in &grids {
            for line in shape.lines_iter() {
                let on = line.start + line.delta() * along;
                for point in [line.start, on] {
                    let is_inner = (118.0051..118.0549).contains(&point.x) && (27.0051..27.0549).contains(&point.y);
                    if is_inner {
                        prop_assert_eq!(claims(&index, [point.x, point.y]), 1, "{:?}", point);
                    }
                }
            }
        }
    }

    #[test]
    fn the_index_agrees_with_looking_at_every_grid(
        moves in prop::collection::vec((-0.4_f64..0.4, -0.4_f64..0.4), (SIDE + 1) * (SIDE + 1)),
        points in prop::collection::vec((-0.5_f64..6.5, -0.5_f64..6.5), 50),
        accuracy_m in 0.0_f64..900.0,
    ) {
        let index = GridIndex::build(net(&moves)).unwrap();
        for (x, y) in points {
            let at = LatLon::new(27.0 + 0.01 * y, 118.0 + 0.01 * x).unwrap();
            let plane = Plane::around(at).unwrap();
            let all: Vec<Near<'_>> = index.boxes.iter().filter_map(|item| index.near(item, at, &plane)).collect();
            let touching = || all.iter().filter(|near| near.distance_m <= BORDER_TOLERANCE_M).min_by_key(|near| near.rank);
            let taker = all.iter().find(|near| near.holds).or_else(touching).map(|near| near.grid);
            prop_assert_eq!(index.locate_exact(at), taker);
            let touched = all.iter().filter(|near| near.distance_m <= accuracy_m).count();
            match index.locate(at, Some(accuracy_m)) {
                // On the outer border with no accuracy at all, the circle may just miss the grid.
                Located::In { .. } => prop_assert!(touched <= 1),
                Located::InDoubt { others, .. } => prop_assert_eq!(others.len(), (touched - 1).min(OTHERS_LIMIT)),
                Located::Outside { nearest } => prop_assert_eq!(nearest.is_some(), touched > 0),
            }
            let (nearest, distance_m) = index.nearest(at).unwrap();
            prop_assert_eq!(distance_m, all.iter().map(|near| near.distance_m).fold(f64::INFINITY, f64::min));
            prop_assert!(all.iter().any(|near| near.grid == nearest));
        }
    }

    /// Sizes far apart, overlaps, holes and exclusive grids: the table must still not show.
    #[test]
    fn the_table_of_cells_changes_no_answer(
        shapes in prop::collection::vec(
            (prop::collection::vec((0.0_f64..1.0, 0.0_f64..1.0), 3..7), 0.001_f64..0.3, 0.0_f64..0.3, any::<bool>()),
            1..25,
        ),
        points in prop::collection::vec((-0.1_f64..1.4, -0.1_f64..1.4), 60),
    ) {
        let grids: Vec<Entry> = shapes.iter().enumerate().map(|(number, (corners, size, at, is_exclusive))| {
            let ring = |scale: f64| -> LineString<f64> {
                corners.iter().map(|(x, y)| Coord { x: at + size * scale * x, y: at + size * scale * y }).collect()
            };
            let shape = MultiPolygon(vec![Polygon::new(ring(1.0), vec![ring(0.5)])]);
            let kind = if *is_exclusive { GridKind::Exclusive } else { GridKind::Territorial };
            (AreaCode::new(format!("G{number:02}")).unwrap(), kind, shape)
        }).collect();
        let Ok(index) = GridIndex::build(grids) else { return Ok(()) };
        let corners = shapes.iter().flat_map(|(corners, size, at, _)| corners.iter().map(move |(x, y)| (at + size * x, at + size * y)));
        for (x, y) in points.into_iter().chain(corners) {
            let holder = (0..).take(index.len()).find(|number| holds(index.corners_of(*number), [x, y]));
            let found = match index.cells.look([x, y]) {
                Known::Grid(grid) => Some(grid),
                Known::FirstOf(grids) => grids.iter().copied().find(|grid| holds(index.corners_of(*grid), [x, y])),
            };
            prop_assert_eq!(found, holder, "{} {}", x, y);
        }
    }
}
