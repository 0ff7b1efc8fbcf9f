//! Which grid a point is in, as a worker at a border, in a school or outside the district meets it.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

use geo::{Coord, LineString, MultiPolygon, Polygon};
use shared::coordinates::LatLon;
use shared::grid::{ACCURACY_M_MAX, GridError, GridIndex, GridKind, Located, OTHERS_LIMIT};
use shared::id::AreaCode;

/// About 100 m to the north, and 89 m to the east at the latitude of 建阳.
const STEP: f64 = 0.0009;

fn code(text: &str) -> AreaCode {
    AreaCode::new(text).unwrap()
}

/// A point counted in steps from a corner of the town.
fn at(east: f64, north: f64) -> LatLon {
    LatLon::new(27.33 + STEP * north, 118.12 + STEP * east).unwrap()
}

fn ring(points: &[(f64, f64)]) -> LineString<f64> {
    let closed = points.iter().chain(points.first());
    closed
        .map(|&(east, north)| {
            let LatLon { lat, lon } = at(east, north);
            Coord { x: lon, y: lat }
        })
        .collect()
}

fn rectangle(west: f64, south: f64, east: f64, north: f64) -> LineString<f64> {
    ring(&[(west, south), (east, south), (east, north), (west, north)])
}

type Entry = (AreaCode, GridKind, MultiPolygon<f64>);

fn territorial(name: &str, outer: LineString<f64>, holes: Vec<LineString<f64>>) -> Entry {
    (
        code(name),
        GridKind::Territorial,
        MultiPolygon(vec![Polygon::new(outer, holes)]),
    )
}

fn exclusive(name: &str, outer: LineString<f64>) -> Entry {
    (
        code(name),
        GridKind::Exclusive,
        MultiPolygon(vec![Polygon::new(outer, vec![])]),
    )
}

/// Two grids side by side, 10 by 10 steps each, with a school in the western one.
fn town() -> GridIndex {
    GridIndex::build([
        territorial("A001", rectangle(0.0, 0.0, 10.0, 10.0), vec![]),
        territorial("A002", rectangle(10.0, 0.0, 20.0, 10.0), vec![]),
        exclusive("AZ01", rectangle(4.0, 4.0, 6.0, 6.0)),
    ])
    .unwrap()
}

fn within(grid: &str) -> Located {
    Located::In { grid: code(grid) }
}

fn in_doubt(grid: &str, others: &[&str]) -> Located {
    Located::InDoubt {
        grid: code(grid),
        others: others.iter().map(|name| code(name)).collect(),
    }
}

#[test]
fn a_point_well_inside_is_in_its_grid_whatever_a_good_receiver_says() {
    for accuracy in [None, Some(0.0), Some(5.0), Some(40.0)] {
        assert_eq!(
            town().locate(at(2.0, 2.0), accuracy),
            within("A001"),
            "{accuracy:?}"
        );
        assert_eq!(
            town().locate(at(15.0, 5.0), accuracy),
            within("A002"),
            "{accuracy:?}"
        );
    }
}

#[test]
fn a_point_near_a_border_is_in_doubt_when_the_circle_crosses_it() {
    let near = at(9.5, 8.0); // 44 m west of the border
    assert_eq!(town().locate(near, None), within("A001"));
    assert_eq!(town().locate(near, Some(40.0)), within("A001"));
    assert_eq!(town().locate(near, Some(50.0)), in_doubt("A001", &["A002"]));
}

#[test]
fn a_point_exactly_on_a_shared_border_goes_to_the_grid_in_the_east() {
    let on = at(10.0, 5.0);
    assert_eq!(town().locate_exact(on), Some(&code("A002")));
    assert_eq!(town().locate(on, None), within("A002"));
    assert_eq!(town().locate(on, Some(3.0)), in_doubt("A002", &["A001"]));
    let stacked = GridIndex::build([
        territorial("S", rectangle(0.0, 0.0, 10.0, 10.0), vec![]),
        territorial("N", rectangle(0.0, 10.0, 10.0, 20.0), vec![]),
    ]);
    assert_eq!(stacked.unwrap().locate(at(5.0, 10.0), None), within("N"));
}

#[test]
fn a_point_on_the_outer_border_is_still_inside() {
    for (east, north) in [
        (0.0, 5.0),
        (20.0, 5.0),
        (15.0, 0.0),
        (15.0, 10.0),
        (20.0, 10.0),
        (0.0, 0.0),
    ] {
        let grid = if east < 10.0 { "A001" } else { "A002" };
        assert_eq!(
            town().locate_exact(at(east, north)),
            Some(&code(grid)),
            "{east} {north}"
        );
    }
    // Rounding to 1e-7 degree may put it a centimetre outside.
    let rounded = LatLon {
        lat: at(20.0, 5.0).lat,
        lon: at(20.0, 5.0).lon + 1e-7,
    };
    assert_eq!(town().locate_exact(rounded), Some(&code("A002")));
}

#[test]
fn a_school_goes_before_the_grid_around_it() {
    assert_eq!(town().locate(at(5.0, 5.0), None), within("AZ01"));
    // 30 m from its wall with an error of 60 m: still the school, the grid around is no doubt.
    assert_eq!(town().locate(at(5.0, 4.3), Some(60.0)), within("AZ01"));
    // On the pavement outside it might be either.
    assert_eq!(
        town().locate(at(5.0, 3.8), Some(60.0)),
        in_doubt("A001", &["AZ01"])
    );
    assert_eq!(town().locate(at(5.0, 3.8), Some(5.0)), within("A001"));
    // From the school the other side of the border is a doubt when the circle reaches that far.
    assert_eq!(
        town().locate(at(5.9, 5.0), Some(400.0)),
        in_doubt("AZ01", &["A002"])
    );
}

#[test]
fn a_hole_is_outside_and_another_grid_may_fill_it() {
    let ring = territorial(
        "RING",
        rectangle(0.0, 0.0, 10.0, 10.0),
        vec![rectangle(3.0, 3.0, 7.0, 7.0)],
    );
    let hollow = GridIndex::build([ring.clone()]).unwrap();
    assert_eq!(
        hollow.locate(at(5.0, 5.0), None),
        Located::Outside { nearest: None }
    );
    assert_eq!(hollow.locate(at(1.0, 5.0), None), within("RING"));
    let filled = GridIndex::build([
        ring,
        territorial("CORE", rectangle(3.0, 3.0, 7.0, 7.0), vec![]),
    ]);
    let filled = filled.unwrap();
    assert_eq!(filled.locate(at(5.0, 5.0), None), within("CORE"));
    assert_eq!(
        filled.locate(at(3.2, 5.0), Some(30.0)),
        in_doubt("CORE", &["RING"])
    );
}

#[test]
fn a_grid_of_two_parts_holds_both_and_not_what_lies_between() {
    let parts = MultiPolygon(vec![
        Polygon::new(rectangle(0.0, 0.0, 2.0, 2.0), vec![]),
        Polygon::new(rectangle(8.0, 0.0, 10.0, 2.0), vec![]),
    ]);
    let index = GridIndex::build([(code("TWO"), GridKind::Territorial, parts)]).unwrap();
    assert_eq!(index.locate_exact(at(1.0, 1.0)), Some(&code("TWO")));
    assert_eq!(index.locate_exact(at(9.0, 1.0)), Some(&code("TWO")));
    assert_eq!(index.locate_exact(at(5.0, 1.0)), None);
}

#[test]
fn outside_the_district_the_nearest_grid_is_named_when_the_circle_reaches_it() {
    let west = at(-1.0, 5.0); // 89 m outside
    assert_eq!(
        town().locate(west, None),
        Located::Outside { nearest: None }
    );
    assert_eq!(
        town().locate(west, Some(50.0)),
        Located::Outside { nearest: None }
    );
    let Located::Outside {
        nearest: Some((grid, distance_m)),
    } = town().locate(west, Some(120.0))
    else {
        panic!("the circle reaches the western grid");
    };
    assert_eq!(grid, code("A001"));
    assert!(
        (distance_m - west.distance_m(at(0.0, 5.0))).abs() < 0.1,
        "{distance_m}"
    );
    let (grid, distance_m) = town()
        .nearest(at(-100.0, 5.0))
        .map(|(g, d)| (g.clone(), d))
        .unwrap();
    assert_eq!(grid, code("A001"));
    assert!((distance_m - 8_890.0).abs() < 50.0, "{distance_m}");
}

#[test]
fn an_accuracy_that_cannot_be_raises_doubt_near_a_border_and_none_inside() {
    for accuracy in [f64::NAN, -1.0, f64::NEG_INFINITY] {
        assert_eq!(
            town().locate(at(9.7, 8.0), Some(accuracy)),
            in_doubt("A001", &["A002"]),
            "{accuracy}"
        );
        assert_eq!(
            town().locate(at(1.0, 1.0), Some(accuracy)),
            within("A001"),
            "{accuracy}"
        );
    }
    for accuracy in [1e9, f64::INFINITY, f64::MAX] {
        assert_eq!(
            town().locate(at(1.0, 1.0), Some(accuracy)),
            in_doubt("A001", &["AZ01", "A002"])
        );
        let far = at(0.0, -2.0 * ACCURACY_M_MAX / 100.0);
        assert_eq!(
            town().locate(far, Some(accuracy)),
            Located::Outside { nearest: None }
        );
    }
}

#[test]
fn a_wide_circle_names_only_the_nearest_others() {
    let strips = (0_u32..40).map(|number| {
        let west = f64::from(number);
        territorial(
            &format!("S{number:02}"),
            rectangle(west, 0.0, west + 1.0, 10.0),
            vec![],
        )
    });
    let index = GridIndex::build(strips).unwrap();
    let Located::InDoubt { grid, others } = index.locate(at(20.5, 5.0), Some(1_500.0)) else {
        panic!("many strips are within the circle");
    };
    assert_eq!(grid, code("S20"));
    assert_eq!(others.len(), OTHERS_LIMIT);
    assert!(
        others.contains(&code("S19")) && others.contains(&code("S24")),
        "{others:?}"
    );
}

#[test]
fn a_position_that_is_none_is_outside() {
    for (lat, lon) in [
        (f64::NAN, 118.0),
        (27.0, f64::INFINITY),
        (f64::NAN, f64::NAN),
        (f64::MAX, f64::MIN),
    ] {
        let odd = LatLon { lat, lon };
        assert_eq!(town().locate_exact(odd), None);
        assert_eq!(
            town().locate(odd, Some(f64::INFINITY)),
            Located::Outside { nearest: None }
        );
    }
    let nothing = GridIndex::build([]).unwrap();
    assert!(nothing.is_empty());
    assert_eq!(
        nothing.locate(at(1.0, 1.0), Some(10.0)),
        Located::Outside { nearest: None }
    );
    assert_eq!(nothing.nearest(at(1.0, 1.0)), None);
}

#[test]
fn the_order_in_which_grids_are_given_decides_nothing() {
    let entries = || {
        vec![
            territorial("B001", rectangle(0.0, 0.0, 10.0, 10.0), vec![]),
            territorial("B001002", rectangle(2.0, 0.0, 10.0, 10.0), vec![]),
            territorial("B002", rectangle(5.0, 0.0, 15.0, 10.0), vec![]),
            exclusive("BZ01", rectangle(8.0, 0.0, 12.0, 10.0)),
        ]
    };
    let forwards = GridIndex::build(entries()).unwrap();
    let backwards = GridIndex::build(entries().into_iter().rev()).unwrap();
    for (east, grid) in [
        (1.0, "B001"),
        (3.0, "B001002"),
        (6.0, "B001002"),
        (9.0, "BZ01"),
        (13.0, "B002"),
    ] {
        assert_eq!(forwards.locate_exact(at(east, 5.0)), Some(&code(grid)));
        assert_eq!(backwards.locate_exact(at(east, 5.0)), Some(&code(grid)));
    }
    // A grid and the larger one above it don't doubt each other; overlapping neighbours do.
    assert_eq!(forwards.locate(at(3.0, 5.0), Some(10.0)), within("B001002"));
    assert_eq!(
        forwards.locate(at(6.0, 5.0), Some(10.0)),
        in_doubt("B001002", &["B002"])
    );
}

#[test]
fn a_grid_that_cannot_be_indexed_is_named() {
    let nan = LineString(vec![
        Coord {
            x: f64::NAN,
            y: 1.0,
        },
        Coord { x: 1.0, y: 2.0 },
        Coord { x: 2.0, y: 2.0 },
    ]);
    let off = ring(&[(0.0, 0.0), (1.0e6, 0.0), (0.0, 1.0e6)].map(|_| (0.0, 0.0)));
    for (name, outline) in [("NAN", nan), ("POINT", off), ("EMPTY", LineString(vec![]))] {
        let error = GridIndex::build([territorial(name, outline, vec![])]).unwrap_err();
        assert!(
            matches!(&error, GridError::Shape { code, .. } if code.as_str() == name),
            "{error}"
        );
    }
    let twice = || territorial("TWICE", rectangle(0.0, 0.0, 1.0, 1.0), vec![]);
    let error = GridIndex::build([twice(), twice()]).unwrap_err();
    assert!(error.to_string().contains("TWICE"), "{error}");
}
