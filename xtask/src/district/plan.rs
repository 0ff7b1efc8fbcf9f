//! How many grids of each level a district has, how they are spread over its communities, and what
//! they are called.
//!
//! Numbers are the published ones where a district publishes them. Names of exclusive grids are
//! made up. Tests are in `tests.rs` beside this file.

use super::random::Random;
use super::ring::{Point, real, whole};
use anyhow::{Context, Result};
use std::path::Path;

/// A place of the areas file.
pub(super) struct Place {
    pub code: String,
    pub name: String,
}

/// A street with its communities, in the order of the file.
pub(super) struct Street {
    pub place: Place,
    pub communities: Vec<Place>,
}

/// How many grids there are below the communities; each community is one 一级 grid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Numbers {
    pub grid2: usize,
    pub grid3: usize,
    pub exclusive: usize,
}

/// 建阳区: 230 一级 grids, one for each community, and these.
const JIANYANG: Numbers = Numbers {
    grid2: 964,
    grid3: 2600,
    exclusive: 67,
};

/// Roughly where the seats of the streets of 建阳区 lie, as longitude and latitude in hundredths of a
/// degree: enough to put the mountains in the north-west and the town in the middle.
const SEATS: [(&str, i64, i64); 16] = [
    ("350703001", 11812, 2733),
    ("350703002", 11814, 2736),
    ("350703003", 11813, 2730),
    ("350703004", 11810, 2737),
    ("350703005", 11807, 2741),
    ("350703102", 11808, 2747),
    ("350703103", 11818, 2720),
    ("350703104", 11797, 2741),
    ("350703105", 11783, 2738),
    ("350703106", 11768, 2755),
    ("350703107", 11837, 2740),
    ("350703108", 11847, 2746),
    ("350703109", 11828, 2728),
    ("350703200", 11797, 2751),
    ("350703201", 11780, 2727),
    ("350703202", 11827, 2750),
];

/// Kinds of places that have an exclusive grid.
const EXCLUSIVE: [&str; 10] = [
    "小学",
    "卫生院",
    "公园",
    "工业园",
    "中学",
    "农贸市场",
    "医院",
    "汽车站",
    "幼儿园",
    "物流园",
];

impl Numbers {
    /// The published numbers, or as many per community as in 建阳区.
    pub(super) fn of(code: &str, communities: usize) -> Self {
        if code == "350703" {
            return JIANYANG;
        }
        let scaled = |number: usize| number * communities / 230;
        Self {
            grid2: scaled(JIANYANG.grid2),
            grid3: scaled(JIANYANG.grid3),
            exclusive: scaled(JIANYANG.exclusive),
        }
    }
}

/// Reads the streets and communities of a district.
pub(super) fn streets(areas: &Path) -> Result<Vec<Street>> {
    let mut streets: Vec<Street> = Vec::new();
    let mut reader = csv::Reader::from_path(areas)
        .with_context(|| format!("could not read {}", areas.display()))?;
    for row in reader.deserialize() {
        let (code, parent, level, name): (String, String, String, String) = row?;
        let place = Place { code, name };
        match level.as_str() {
            "street" => streets.push(Street {
                place,
                communities: Vec::new(),
            }),
            "community" => streets
                .iter_mut()
                .find(|street| street.place.code == parent)
                .with_context(|| format!("community {} has no street {parent}", place.code))?
                .communities
                .push(place),
            _ => {}
        }
    }
    Ok(streets)
}

impl Street {
    /// Where its seat lies, when that is known.
    pub(super) fn seat(&self) -> Option<Point> {
        let known = SEATS.iter().find(|(code, _, _)| *code == self.place.code)?;
        Some((known.1 * 10_000, known.2 * 10_000))
    }

    /// The area of a community against an urban one: villages are large, those next to the town
    /// less so.
    pub(super) fn size(&self, community: &Place) -> f64 {
        match (community.is_urban(), self.place.name.ends_with("街道")) {
            (true, true) => 1.0,
            (true, false) => 2.0,
            (false, true) => 8.0,
            (false, false) => 25.0,
        }
    }
}

impl Place {
    /// Whether it is a 社区 and not a village.
    pub(super) fn is_urban(&self) -> bool {
        self.name.contains("社区")
    }

    /// As people say it: 七贤社区 for 七贤社区居委会.
    pub(super) fn short_name(&self) -> &str {
        let name = self.name.as_str();
        ["居民委员会", "村民委员会", "居委会", "委会"]
            .iter()
            .find_map(|end| name.strip_suffix(end))
            .unwrap_or(name)
    }

    /// Its name alone: 七贤.
    fn bare_name(&self) -> &str {
        let name = self.short_name();
        ["社区", "村"]
            .iter()
            .find_map(|end| name.strip_suffix(end))
            .unwrap_or(name)
    }

    /// The name of its exclusive grid with this number, from 0.
    pub(super) fn exclusive_name(&self, community: usize, number: usize) -> String {
        // Begin with another kind in each community, so that all kinds occur.
        let kind = EXCLUSIVE
            .get((community + number) % EXCLUSIVE.len())
            .copied()
            .unwrap_or("小学");
        format!("{}{kind}", self.bare_name())
    }
}

/// Spreads `total` over the weights, at least `least` each, by the largest remainders.
pub(super) fn spread(total: usize, least: usize, weights: &[f64]) -> Vec<usize> {
    let sum: f64 = weights.iter().sum();
    let free = i64::try_from(total.saturating_sub(least * weights.len())).unwrap_or_default();
    let mut counts = Vec::with_capacity(weights.len());
    let mut rests = Vec::with_capacity(weights.len());
    for (index, weight) in weights.iter().enumerate() {
        let exact = real(free) * weight / sum;
        let floor = whole(exact.floor());
        counts.push(least + usize::try_from(floor).unwrap_or_default());
        rests.push((exact - real(floor), index));
    }
    rests.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let missing = total.saturating_sub(counts.iter().sum());
    for (_, index) in rests.iter().cycle().take(missing) {
        if let Some(count) = counts.get_mut(*index) {
            *count += 1;
        }
    }
    counts
}

/// As many weights as wanted, each from `low` to `high`.
pub(super) fn weights(count: usize, low: f64, high: f64, random: &mut Random) -> Vec<f64> {
    (0..count).map(|_| random.between(low, high)).collect()
}
