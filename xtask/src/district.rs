//! Makes up the grids of a district: its real boundary is cut into streets, communities and the
//! published numbers of grids, the same bytes every time.
//!
//! Unit grids are not public anywhere, so these are for tests and the demo and each says so
//! (`synthetic`). Streets lie roughly where they are, nothing smaller does. It must never be used
//! for a real duty. How a cut is made is in `district/cut.rs`, numbers and names are
//! in `district/plan.rs`, tests in `district/tests.rs`.

mod cut;
mod plan;
mod random;
mod ring;
#[cfg(test)]
mod tests;

use anyhow::{Context, Result, ensure};
use cut::{Net, Part};
use plan::{Numbers, Place, Street, spread, weights};
use ring::{Point, Ring, doubled_area, edges, is_simple, real, turn, whole};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// Every cut follows from this number.
const SEED: u64 = 0x5EED_0350_703A;

/// A cut between streets bends 15 times, one between communities 7 times, one between grids not.
const STREET_BENDS: u32 = 4;
const COMMUNITY_BENDS: u32 = 3;
const GRID_BENDS: u32 = 0;

/// An exclusive grid reaches at most this far from its middle, about 300 m.
const EXCLUSIVE_RADIUS_MAX: f64 = 2_700.0;

/// A place with its outline.
struct Outline {
    code: String,
    parent: String,
    level: &'static str,
    kind: &'static str,
    name: String,
    ring: Ring,
}

/// Writes `data/districts/CODE/grids.geojson`.
///
/// # Errors
/// When the district's areas or boundary can't be read, or the file can't be written.
pub(crate) fn run(code: &str) -> Result<()> {
    let path = folder(code).join("grids.geojson");
    let text = collection(code, &outlines(code)?)?;
    std::fs::write(&path, &text).with_context(|| format!("could not write {}", path.display()))?;
    eprintln!("wrote {} ({} KiB)", path.display(), text.len() / 1024);
    Ok(())
}

/// Writes 建阳区 cut into this many grids of about one size, for measuring lookups.
///
/// # Errors
/// When the district's boundary can't be read, or the file can't be written.
pub(crate) fn run_many(count: usize, path: &Path) -> Result<()> {
    let text = collection("350703", &many_outlines(count)?)?;
    std::fs::write(path, &text).with_context(|| format!("could not write {}", path.display()))
}

fn many_outlines(count: usize) -> Result<Vec<Outline>> {
    let boundary = boundary(&folder("350703"))?;
    let mut net = net_of(&boundary);
    let parts = vec![
        Part {
            weight: 1.0,
            near: None
        };
        count
    ];
    let pieces = net.divide(&boundary, &parts, GRID_BENDS)?;
    let named = pieces.iter().enumerate().map(|(index, piece)| {
        let code = format!("350703999999{index:09}");
        outline(
            &code,
            "350703999999",
            "grid3",
            &format!("第{index}网格"),
            net.refined(piece),
        )
    });
    Ok(named.collect())
}

fn folder(code: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../data/districts")
        .join(code)
}

/// The text of a file.
fn collection(code: &str, outlines: &[Outline]) -> Result<String> {
    let mut text = format!(
        "{{\"type\":\"FeatureCollection\",\"name\":\"grids {code}\",\"synthetic\":true,\"features\":[\n"
    );
    for (index, outline) in outlines.iter().enumerate() {
        let quoted = |text: &str| serde_json::to_string(text);
        let separator = if index == 0 { "" } else { ",\n" };
        write!(
            text,
            "{separator}{{\"type\":\"Feature\",\"properties\":{{\"code\":{},\"parent\":{},\"level\":\"{}\",\
             \"kind\":\"{}\",\"name\":{},\"synthetic\":true}},\"geometry\":{{\"type\":\"Polygon\",\
             \"coordinates\":[[",
            quoted(&outline.code)?,
            quoted(&outline.parent)?,
            outline.level,
            outline.kind,
            quoted(&outline.name)?,
        )?;
        for (lon, lat) in outline.ring.iter().chain(outline.ring.first()) {
            write!(text, "[{},{}],", degrees(*lon), degrees(*lat))?;
        }
        text.pop();
        text.push_str("]]}}");
    }
    text.push_str("\n]}\n");
    Ok(text)
}

/// Millionths of a degree as the shortest decimal.
fn degrees(millionths: i64) -> String {
    let sign = if millionths < 0 { "-" } else { "" };
    let size = millionths.unsigned_abs();
    let text = format!("{sign}{}.{:06}", size / 1_000_000, size % 1_000_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Every place of the district with its outline, the larger levels first, in order of codes.
fn outlines(code: &str) -> Result<Vec<Outline>> {
    let folder = folder(code);
    let streets = plan::streets(&folder.join("areas.csv"))?;
    let boundary = boundary(&folder)?;
    let mut net = net_of(&boundary);
    let communities: Vec<&Place> = streets
        .iter()
        .flat_map(|street| &street.communities)
        .collect();
    let numbers = Numbers::of(code, communities.len());
    let counts = Counts::draw(numbers, &communities, &mut net);

    let parts: Vec<Part> = streets
        .iter()
        .map(|street| Part {
            weight: street
                .communities
                .iter()
                .map(|community| street.size(community))
                .sum(),
            near: street.seat(),
        })
        .collect();
    let mut made = Vec::new();
    let mut index = 0;
    for (street, ring) in streets
        .iter()
        .zip(net.divide(&boundary, &parts, STREET_BENDS)?)
    {
        for (community, ring) in street
            .communities
            .iter()
            .zip(cut_street(&mut net, street, &ring)?)
        {
            push_community(&mut net, community, index, &ring, &counts, &mut made)?;
            made.push(outline(
                &community.code,
                &street.place.code,
                "community",
                &community.name,
                ring,
            ));
            index += 1;
        }
        made.push(outline(
            &street.place.code,
            code,
            "street",
            &street.place.name,
            ring,
        ));
    }
    let rank = |outline: &Outline| {
        LEVELS
            .iter()
            .position(|level| level.0 == outline.level)
            .unwrap_or(LEVELS.len())
    };
    made.sort_by(|a, b| (rank(a), &a.code).cmp(&(rank(b), &b.code)));
    for outline in &mut made {
        outline.ring = net.refined(&outline.ring);
        ensure!(
            is_simple(&outline.ring),
            "the outline of {} crosses itself",
            outline.code
        );
    }
    Ok(made)
}

/// Keys of the levels with the kinds of their places, from the top down.
const LEVELS: [(&str, &str); 6] = [
    ("street", "street"),
    ("community", "community"),
    ("grid1", "grid"),
    ("grid2", "grid"),
    ("grid3", "grid"),
    ("exclusive", "exclusive_grid"),
];

fn outline(code: &str, parent: &str, level: &str, name: &str, ring: Ring) -> Outline {
    let (level, kind) = LEVELS
        .into_iter()
        .find(|known| known.0 == level)
        .unwrap_or(("exclusive", "exclusive_grid"));
    Outline {
        code: code.to_owned(),
        parent: parent.to_owned(),
        level,
        kind,
        name: name.to_owned(),
        ring,
    }
}

/// How many grids each community gets.
struct Counts {
    /// Per community, the number of 三级 grids in each of its 二级 grids.
    grids: Vec<Vec<usize>>,
    /// Per community, the number of 专属 grids.
    exclusive: Vec<usize>,
}

impl Counts {
    fn draw(numbers: Numbers, communities: &[&Place], net: &mut Net) -> Self {
        let mut by_place = |urban: f64, rural: f64| -> Vec<f64> {
            let drawn = communities.iter().map(|community| {
                (if community.is_urban() { urban } else { rural }) * net.random.between(0.6, 1.4)
            });
            drawn.collect()
        };
        let grid2 = spread(numbers.grid2, 2, &by_place(1.8, 1.0));
        let exclusive = spread(numbers.exclusive, 0, &by_place(5.0, 0.5));
        let total = grid2.iter().sum();
        let mut grid3 =
            spread(numbers.grid3, 1, &weights(total, 0.6, 1.4, &mut net.random)).into_iter();
        let grids = grid2
            .iter()
            .map(|count| grid3.by_ref().take(*count).collect())
            .collect();
        Self { grids, exclusive }
    }
}

fn cut_street(net: &mut Net, street: &Street, ring: &[Point]) -> Result<Vec<Ring>> {
    let part = |community: &Place, random: f64| Part {
        weight: street.size(community) * random,
        near: None,
    };
    let sizes = weights(street.communities.len(), 0.7, 1.3, &mut net.random);
    let parts: Vec<Part> = street
        .communities
        .iter()
        .zip(sizes)
        .map(|(c, size)| part(c, size))
        .collect();
    net.divide(ring, &parts, COMMUNITY_BENDS)
}

/// Adds the grids of one community.
fn push_community(
    net: &mut Net,
    community: &Place,
    index: usize,
    ring: &[Point],
    counts: &Counts,
    made: &mut Vec<Outline>,
) -> Result<()> {
    let short = community.short_name();
    let code1 = format!("{}001", community.code);
    made.push(outline(
        &code1,
        &community.code,
        "grid1",
        &format!("{short} 一级网格"),
        ring.to_vec(),
    ));
    let grid3_counts = counts.grids.get(index).map_or(&[][..], Vec::as_slice);
    // The size of a 二级 grid follows the number of grids in it.
    let sizes = grid3_counts
        .iter()
        .map(|count| real(i64::try_from(*count).unwrap_or(1)));
    let parts: Vec<Part> = sizes.map(|weight| Part { weight, near: None }).collect();
    let mut cut: Vec<(Ring, usize)> = net
        .divide(ring, &parts, GRID_BENDS)?
        .into_iter()
        .zip(grid3_counts.iter().copied())
        .collect();
    in_reading_order(&mut cut, |(ring, _)| ring);
    let mut smallest: Vec<Ring> = Vec::new();
    for (number, (ring, count)) in cut.into_iter().enumerate() {
        let code2 = format!("{code1}{:03}", number + 1);
        let sizes = weights(count, 0.7, 1.3, &mut net.random);
        let parts: Vec<Part> = sizes
            .into_iter()
            .map(|weight| Part { weight, near: None })
            .collect();
        let mut grids = net.divide(&ring, &parts, GRID_BENDS)?;
        in_reading_order(&mut grids, |ring| ring);
        for (number, ring) in grids.into_iter().enumerate() {
            smallest.push(ring.clone());
            let name = format!("{short} 第{}网格", smallest.len());
            made.push(outline(
                &format!("{code2}{:03}", number + 1),
                &code2,
                "grid3",
                &name,
                ring,
            ));
        }
        made.push(outline(
            &code2,
            &code1,
            "grid2",
            &format!("{short} 第{}片区", number + 1),
            ring,
        ));
    }
    for number in 0..counts.exclusive.get(index).copied().unwrap_or_default() {
        let at = whole(
            net.random
                .between(-0.5, real(i64::try_from(smallest.len())?) - 0.51),
        );
        let host = smallest.swap_remove(usize::try_from(at.max(0))?.min(smallest.len() - 1));
        let code = format!("{}Z{:02}", community.code, number + 1);
        let name = community.exclusive_name(index, number);
        let ring = compound(net, &net.refined(&host));
        made.push(outline(&code, &community.code, "exclusive", &name, ring));
    }
    Ok(())
}

/// Sorts pieces as serials run: rows from north to south, from west to east in a row.
fn in_reading_order<T>(pieces: &mut [T], ring: impl Fn(&T) -> &Ring) {
    let middle = |piece: &T| {
        let ring = ring(piece);
        let count = i64::try_from(ring.len()).unwrap_or(1).max(1);
        let sum = |axis: fn(&Point) -> i64| ring.iter().map(axis).sum::<i64>() / count;
        (sum(|point| point.0), sum(|point| point.1))
    };
    let count = i64::try_from(pieces.len()).unwrap_or(1).max(1);
    let rows = whole(real(count).sqrt()).max(1);
    let north = pieces
        .iter()
        .map(|piece| middle(piece).1)
        .max()
        .unwrap_or_default();
    let south = pieces
        .iter()
        .map(|piece| middle(piece).1)
        .min()
        .unwrap_or_default();
    let height = (north - south) / rows + 1;
    pieces.sort_by_key(|piece| {
        let (lon, lat) = middle(piece);
        ((north - lat) / height, lon)
    });
}

/// A rectangle with one corner cut off, wholly inside a ring: the wall around a school.
fn compound(net: &mut Net, ring: &[Point]) -> Ring {
    let bounds = |axis: fn(&Point) -> i64| {
        let (low, high) = (ring.iter().map(axis).min(), ring.iter().map(axis).max());
        (
            real(low.unwrap_or_default()),
            real(high.unwrap_or_default()),
        )
    };
    let ((west, east), (south, north)) = (bounds(|point| point.0), bounds(|point| point.1));
    let mut best = ((0, 0), 0.0);
    for _ in 0..200 {
        let point = (
            whole(net.random.between(west, east)),
            whole(net.random.between(south, north)),
        );
        let room = if is_inside(ring, point) {
            room_around(net, ring, point)
        } else {
            0.0
        };
        if room > best.1 {
            best = (point, room);
        }
    }
    let (middle, room) = best;
    // The corners lie on a circle of this radius, so all of it is inside.
    let radius = (room * net.random.between(0.5, 0.75)).min(EXCLUSIVE_RADIUS_MAX);
    let [x, y] = net.random.direction();
    let corners = [
        (0.8, -0.6),
        (0.8, 0.1),
        (0.4, 0.6),
        (-0.8, 0.6),
        (-0.8, -0.6),
    ];
    corners
        .map(|(along, across)| {
            let (along, across) = (along * radius, across * radius);
            net.moved(middle, along * x - across * y, along * y + across * x)
        })
        .to_vec()
}

fn is_inside(ring: &[Point], point: Point) -> bool {
    let crossed = edges(ring).filter(|&(a, b)| {
        let (south, north) = if a.1 <= b.1 { (a, b) } else { (b, a) };
        south.1 <= point.1 && point.1 < north.1 && turn(south, north, point) > 0
    });
    crossed.count() % 2 == 1
}

/// Distance to the nearest edge in micro-degrees of latitude.
fn room_around(net: &Net, ring: &[Point], point: Point) -> f64 {
    let distances = edges(ring).map(|(a, b)| {
        let (side_a, side_b, length) = (
            net.distance(a, point),
            net.distance(b, point),
            net.distance(a, b),
        );
        // By the lengths of the triangle's sides: beyond an end the end is nearest.
        let along = (side_a * side_a - side_b * side_b + length * length) / (2.0 * length);
        if along <= 0.0 {
            side_a
        } else if along >= length {
            side_b
        } else {
            (side_a * side_a - along * along).max(0.0).sqrt()
        }
    });
    distances.fold(f64::INFINITY, f64::min)
}

fn net_of(boundary: &[Point]) -> Net {
    let latitudes = boundary.iter().map(|point| point.1);
    let middle =
        (latitudes.clone().min().unwrap_or_default() + latitudes.max().unwrap_or_default()) / 2;
    Net::new(SEED, middle)
}

/// The outline of the district, counter-clockwise.
fn boundary(folder: &Path) -> Result<Ring> {
    let path = folder.join("boundary.geojson");
    let text = std::fs::read_to_string(&path)
        .with_context(|| format!("could not read {}", path.display()))?;
    let value: serde_json::Value = serde_json::from_str(&text)?;
    let polygons = value
        .pointer("/features/0/geometry/coordinates")
        .cloned()
        .unwrap_or_default();
    let polygons: Vec<Vec<Vec<(f64, f64)>>> = serde_json::from_value(polygons)
        .with_context(|| format!("{} holds no multipolygon", path.display()))?;
    let [polygon] = polygons.as_slice() else {
        anyhow::bail!(
            "{}: expected one polygon, found {}",
            path.display(),
            polygons.len()
        );
    };
    let [ring] = polygon.as_slice() else {
        anyhow::bail!(
            "{}: expected no holes, found {} rings",
            path.display(),
            polygon.len()
        );
    };
    let mut ring: Ring = ring
        .iter()
        .map(|(lon, lat)| (whole(lon * 1e6), whole(lat * 1e6)))
        .collect();
    ring.pop();
    ring.dedup();
    if doubled_area(&ring) < 0 {
        ring.reverse();
    }
    ensure!(
        is_simple(&ring),
        "the boundary in {} crosses itself",
        path.display()
    );
    Ok(ring)
}
