//! The made-up grids as a district would check real ones: counts, gaps, overlaps, nesting.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may fail loudly"
)]

use super::random::Random;
use super::*;
use shared::coordinates::LatLon;
use shared::grid::{GridFeature, GridIndex, GridKind, Located, filing_grids, from_geojson};
use shared::id::AreaCode;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::LazyLock;

static CUT: LazyLock<Vec<Outline>> = LazyLock::new(|| outlines("350703").unwrap());

fn committed() -> String {
    std::fs::read_to_string(folder("350703").join("grids.geojson")).unwrap()
}

fn features() -> Vec<GridFeature> {
    from_geojson(&committed()).unwrap()
}

fn rings(level: &str) -> impl Iterator<Item = &'static Outline> {
    CUT.iter().filter(move |outline| outline.level == level)
}

#[test]
fn cutting_again_gives_the_committed_bytes() {
    assert!(
        collection("350703", &CUT).unwrap() == committed(),
        "run `cargo xtask district 350703`"
    );
    assert!(committed().len() <= 2_500_000);
}

#[test]
fn the_published_numbers_are_met_and_all_is_marked_synthetic() {
    let features = features();
    let count = |level: &str| {
        features
            .iter()
            .filter(|feature| feature.level == level)
            .count()
    };
    let levels = LEVELS.map(|(level, _)| count(level));
    assert_eq!(levels, [16, 230, 230, 964, 2600, 67]);
    assert!(features.iter().all(|feature| feature.is_synthetic));
    assert_eq!(filing_grids(&features).count(), 2667);
}

#[test]
fn codes_say_where_a_grid_lies_and_names_are_unique_in_their_level() {
    let features = features();
    let known: HashMap<&str, &GridFeature> = features
        .iter()
        .map(|feature| (feature.code.as_str(), feature))
        .collect();
    let mut names = HashSet::new();
    for feature in &features {
        let parent = feature.parent.as_ref().unwrap().as_str();
        assert!(
            parent == "350703" || known.contains_key(parent),
            "{}",
            feature.code
        );
        let tail = feature.code.as_str().strip_prefix(parent).unwrap();
        let is_exclusive = feature.level == "exclusive";
        assert_eq!(tail.len(), 3);
        assert_eq!(tail.starts_with('Z'), is_exclusive, "{}", feature.code);
        if feature.level.starts_with("grid") {
            assert!(
                names.insert((
                    feature.code.district(),
                    feature.code.street(),
                    &feature.name
                )),
                "{}",
                feature.name
            );
        }
    }
    let first = known["350703001012001001001"];
    assert_eq!(first.name, "七贤社区 第1网格");
    assert!(
        features
            .iter()
            .any(|feature| feature.code.as_str().starts_with("350703001012Z"))
    );
}

/// Corners are whole numbers, so areas are exact: nothing missing, nothing twice, to the last unit.
#[test]
fn children_have_exactly_the_area_of_their_parent() {
    let mut below: BTreeMap<(&str, &str), i64> = BTreeMap::new();
    for outline in CUT.iter().filter(|outline| outline.level != "exclusive") {
        *below
            .entry((outline.parent.as_str(), outline.level))
            .or_default() += doubled_area(&outline.ring);
    }
    let own: HashMap<&str, i64> = CUT
        .iter()
        .map(|outline| (outline.code.as_str(), doubled_area(&outline.ring)))
        .collect();
    assert_eq!(below.len(), 1 + 16 + 230 + 230 + 964);
    for ((parent, _), sum) in below {
        if parent != "350703" {
            assert_eq!(own[parent], sum, "{parent}");
        }
    }
}

/// In a level each edge has one piece on its left and one on its right; on the outer border one.
#[test]
fn neighbours_share_their_corners() {
    for level in ["street", "community", "grid2", "grid3"] {
        let mut all: HashMap<(Point, Point), usize> = HashMap::new();
        for outline in rings(level) {
            assert!(
                is_simple(&outline.ring) && doubled_area(&outline.ring) > 0,
                "{}",
                outline.code
            );
            for edge in edges(&outline.ring) {
                *all.entry(edge).or_default() += 1;
            }
        }
        assert!(
            all.values().all(|count| *count == 1),
            "{level}: an edge has two pieces on one side"
        );
        let outer: HashSet<(Point, Point)> = all
            .keys()
            .filter(|(a, b)| !all.contains_key(&(*b, *a)))
            .copied()
            .collect();
        // What has no other side is the district's border and nothing else: one closed line.
        let mut at = *outer.iter().min().unwrap();
        let next: HashMap<Point, Point> = outer.iter().copied().collect();
        let mut border = vec![at.0];
        while at.1 != border[0] {
            border.push(at.1);
            at = (at.1, next[&at.1]);
        }
        assert_eq!(border.len(), outer.len(), "{level}: there is a gap inside");
        let real_border = boundary(&folder("350703")).unwrap();
        assert!(
            real_border.iter().all(|corner| border.contains(corner)),
            "{level}"
        );
    }
}

#[test]
fn each_exclusive_grid_lies_wholly_inside_one_grid_of_its_community() {
    for outline in rings("exclusive") {
        assert!(
            is_simple(&outline.ring) && doubled_area(&outline.ring) > 0,
            "{}",
            outline.code
        );
        let hosts: Vec<&Outline> = rings("grid3")
            .filter(|host| host.code.starts_with(&outline.parent))
            .filter(|host| {
                outline
                    .ring
                    .iter()
                    .all(|corner| is_inside(&host.ring, *corner))
            })
            .collect();
        assert_eq!(hosts.len(), 1, "{} {}", outline.code, outline.name);
        let host = hosts[0];
        // No corner of the host lies inside, so no edge passes through.
        assert!(
            !host
                .ring
                .iter()
                .any(|corner| is_inside(&outline.ring, *corner)),
            "{}",
            outline.code
        );
    }
}

#[test]
fn any_point_of_the_district_is_in_exactly_one_grid() {
    let features = features();
    let territorial = filing_grids(&features).filter(|grid| grid.1 == GridKind::Territorial);
    let index = GridIndex::build(territorial).unwrap();
    let border = boundary(&folder("350703")).unwrap();
    let net = net_of(&border);
    let mut random = Random(7);
    let mut inside = 0;
    while inside < 5_000 {
        let point = (
            whole(random.between(117_520_000.0, 118_642_000.0)),
            whole(random.between(27_109_000.0, 27_727_000.0)),
        );
        let claims = rings("grid3")
            .filter(|outline| is_inside(&outline.ring, point))
            .count();
        let is_within = is_inside(&border, point);
        // Where a cut meets the border, rounding moves the border by up to half a unit (5 cm).
        if room_around(&net, &border, point) < 1.0 {
            continue;
        }
        assert_eq!(claims, usize::from(is_within), "{point:?}");
        let at = LatLon::new(real(point.1) / 1e6, real(point.0) / 1e6).unwrap();
        let holder = rings("grid3").find(|outline| is_inside(&outline.ring, point));
        let expected = holder.map(|outline| AreaCode::new(&*outline.code).unwrap());
        assert_eq!(index.locate_exact(at), expected.as_ref(), "{at:?}");
        inside += usize::from(is_within);
    }
}

#[test]
fn the_town_has_small_grids_and_the_mountains_large_ones() {
    let mean = |street: &str| {
        let areas: Vec<i64> = rings("grid3")
            .filter(|outline| outline.code.starts_with(street))
            .map(|outline| doubled_area(&outline.ring))
            .collect();
        areas.iter().sum::<i64>() / i64::try_from(areas.len()).unwrap()
    };
    assert!(
        mean("350703001") * 3 < mean("350703106"),
        "潭城街道 against 黄坑镇"
    );
}

#[test]
fn a_school_is_found_before_the_grid_around_it() {
    let features = features();
    let index = GridIndex::build(filing_grids(&features)).unwrap();
    for outline in rings("exclusive") {
        // The middle of two opposite corners.
        let (a, b) = (outline.ring[0], outline.ring[3]);
        let at = LatLon::new(real(a.1 + b.1) / 2e6, real(a.0 + b.0) / 2e6).unwrap();
        assert_eq!(
            index.locate(at, None),
            Located::In {
                grid: AreaCode::new(&*outline.code).unwrap()
            }
        );
    }
}

#[test]
fn many_grids_for_measuring_cover_the_district_too() {
    let text = collection("350703", &many_outlines(5_000).unwrap()).unwrap();
    let index = GridIndex::build(filing_grids(&from_geojson(&text).unwrap())).unwrap();
    assert_eq!(index.len(), 5_000);
    assert!(
        index
            .locate_exact(LatLon::new(27.33, 118.12).unwrap())
            .is_some()
    );
    assert_eq!(
        index.locate_exact(LatLon::new(28.33, 118.12).unwrap()),
        None
    );
}

#[test]
fn the_other_districts_can_be_cut_too() {
    for (code, communities) in [("410102", 157), ("410105", 287)] {
        let count = |level: &str, all: &[Outline]| all.iter().filter(|o| o.level == level).count();
        let all = outlines(code).unwrap();
        assert_eq!(count("community", &all), communities);
        assert_eq!(count("grid3", &all), Numbers::of(code, communities).grid3);
    }
}
