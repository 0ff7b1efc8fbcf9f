//! A grid worker's day in 七贤社区: twenty reports of a patrol, as the demo and the journey test
//! file them.
//!
//! Categories and conditions are those of the shipped catalogue; places are found in the shipped
//! grids, so that the day still fits when the grids are cut anew.

use std::path::Path;

use anyhow::{Context, Result};
use geo::InteriorPoint;
use serde_json::Value;
use shared::coordinates::LatLon;
use shared::grid::{GridIndex, Located, filing_grids, from_geojson};

use crate::programs::{Field, photo, root};

/// The community of the worker.
pub const COMMUNITY: &str = "350703001012";

/// Where something was seen.
#[derive(Debug, Clone, Copy)]
pub enum Spot {
    /// Well inside a grid of the community, by its number in the order of codes.
    Inside(usize),
    /// On the border of two grids.
    Border,
    /// In the next county.
    Outside,
}

/// One report of the day.
#[derive(Debug, Clone, Copy)]
pub struct Filing {
    /// Category by id.
    pub category: &'static str,
    /// Condition by id.
    pub condition: &'static str,
    /// Where.
    pub spot: Spot,
    /// Accuracy of the position in metres.
    pub accuracy_m: f64,
    /// File in `tests/data/photos`.
    pub photo: &'static str,
    /// The worker's words.
    pub text: &'static str,
    /// Put right on the spot.
    pub self_fixed: bool,
}

/// A photo whose data ends in the middle.
pub const DAMAGED: &str = "corrupted.jpg";

const fn filing(
    category: &'static str,
    condition: &'static str,
    spot: Spot,
    photo: &'static str,
    text: &'static str,
) -> Filing {
    Filing {
        category,
        condition,
        spot,
        accuracy_m: 6.0,
        photo,
        text,
        self_fixed: false,
    }
}

/// What a place looks like after it was put right on the spot.
const AFTER: &str = "DSCN0010.jpg";

/// The day, in the order of the patrol.
#[must_use]
pub fn filings() -> Vec<Filing> {
    use Spot::{Border, Inside, Outside};
    let mut day = vec![
        filing(
            "C0103",
            "C0103-1",
            Inside(0),
            "HMD_Nokia_8.3_5G.jpg",
            "人民路路口雨水井盖缺失，已放锥桶提醒",
        ),
        filing(
            "E0110",
            "E0110-1",
            Inside(1),
            "jolla.jpg",
            "东市场后门垃圾外露，有异味",
        ),
        filing(
            "E0502",
            "E0502-1",
            Inside(2),
            "DSCN0010.jpg",
            "3号楼外燃气管漏气，已疏散并拉警戒",
        ),
        filing(
            "E0496",
            "E0496-1",
            Inside(3),
            "DSCN0021.jpg",
            "小区北门消防通道停了两辆车",
        ),
        filing(
            "E0201",
            "E0201-1",
            Inside(0),
            "no_exif.jpg",
            "楼道口小广告，已当场清除",
        ),
        filing(
            "C0101",
            "C0101-1",
            Border,
            "DSCN0040.jpg",
            "两网格交界处上水井盖移位",
        ),
        filing(
            "C0402",
            "C0402-1",
            Outside,
            "landscape_6.jpg",
            "巡查返程途中，路边行道树断枝压线",
        ),
        filing(
            "E0113",
            "E0113-1",
            Inside(4),
            DAMAGED,
            "菜市场门口路面破损约两平方米",
        ),
        filing(
            "C0137",
            "C0137-3",
            Inside(5),
            "portrait_8.jpg",
            "夜间路灯（LED）不亮 🙏 共3盏",
        ),
        filing(
            "C0305",
            "C0305-5",
            Inside(1),
            "DSCN0010.jpg",
            "垃圾箱外壁脏污",
        ),
        filing(
            "E0405",
            "E0405-1",
            Inside(2),
            "DSCN0021.jpg",
            "水果店占道摆摊",
        ),
        filing(
            "E0401",
            "E0401-1",
            Inside(3),
            "DSCN0040.jpg",
            "学校门口无照游商两处",
        ),
        filing(
            "E0410",
            "E0410-1",
            Inside(4),
            "jolla.jpg",
            "共享单车堵住人行道",
        ),
        filing(
            "C0217",
            "C0217-1",
            Inside(5),
            "no_exif.jpg",
            "护栏被撞倒约4米",
        ),
        filing(
            "E0506",
            "E0506-1",
            Inside(0),
            "landscape_6.jpg",
            "涵洞积水没过鞋面",
        ),
        filing(
            "E0508",
            "E0508-1",
            Inside(1),
            "portrait_8.jpg",
            "通信线缆垂到人行道",
        ),
        filing(
            "S2301",
            "S2301-0",
            Inside(2),
            "DSCN0010.jpg",
            "5栋2单元楼道堆满纸箱",
        ),
        filing(
            "S2303",
            "S2303-0",
            Inside(3),
            "DSCN0021.jpg",
            "电动车飞线充电",
        ),
        filing(
            "C0123",
            "C0123-2",
            Inside(4),
            "DSCN0040.jpg",
            "井盖破裂，看不出属谁家",
        ),
        filing(
            "E0111",
            "E0111-1",
            Inside(5),
            "HMD_Nokia_8.3_5G.jpg",
            "空地积存渣土约一车",
        ),
    ];
    for one in &mut day {
        one.self_fixed = one.category == "E0201";
        if matches!(one.spot, Border) {
            one.accuracy_m = 15.0;
        }
    }
    day
}

/// Files one report of the day with a photo, as a worker does; gives what the handheld answered.
pub fn file(field: &Field, places: &Places, one: &Filing, image: &Path) -> Result<Value> {
    file_draft(field, places, one, image, None)
}

/// The same, going on with a draft that was kept.
pub fn file_draft(
    field: &Field,
    places: &Places,
    one: &Filing,
    image: &Path,
    draft: Option<&str>,
) -> Result<Value> {
    let at = places.find(one.spot)?;
    let mut arguments = vec![
        "file".to_owned(),
        if one.self_fixed {
            format!("--photo=before:{}", image.display())
        } else {
            format!("--photo={}", image.display())
        },
        format!("--lat={}", at.lat),
        format!("--lon={}", at.lon),
        format!("--accuracy={}", one.accuracy_m),
        format!("--category={}", one.category),
        format!("--condition={}", one.condition),
        format!("--text={}", one.text),
    ];
    if one.self_fixed {
        arguments.push("--self-fixed".to_owned());
        arguments.push(format!("--photo=after:{}", photo(AFTER).display()));
    }
    if let Some(draft) = draft {
        arguments.push(format!("--draft={draft}"));
    }
    field.run(&arguments)
}

/// The grids of the shipped district, to find places in.
pub struct Places {
    index: GridIndex,
    inside: Vec<LatLon>,
    border: LatLon,
}

impl Places {
    /// Reads `data/districts/350703/grids.geojson`.
    pub fn read() -> Result<Self> {
        let file = root().join("data/districts/350703/grids.geojson");
        let text = std::fs::read_to_string(&file)
            .with_context(|| format!("could not read {}", file.display()))?;
        let features = from_geojson(&text)?;
        let index = GridIndex::build(filing_grids(&features))?;
        let mut inside = Vec::new();
        for (code, _, shape) in filing_grids(&features) {
            let Some(point) = shape
                .interior_point()
                .filter(|_| code.as_str().starts_with(COMMUNITY))
            else {
                continue;
            };
            let at = LatLon::new(point.y(), point.x())?;
            if matches!(index.locate(at, Some(20.0)), Located::In { .. }) {
                inside.push((code, at));
            }
        }
        inside.sort_by(|left, right| left.0.cmp(&right.0));
        let inside: Vec<LatLon> = inside.into_iter().map(|(_, at)| at).collect();
        let (from, to) = inside
            .first()
            .zip(inside.get(1))
            .context("the community has no grids")?;
        let border = border(&index, *from, *to)?;
        Ok(Self {
            index,
            inside,
            border,
        })
    }

    /// Latitude and longitude of a spot.
    pub fn find(&self, spot: Spot) -> Result<LatLon> {
        Ok(match spot {
            Spot::Inside(number) => *self
                .inside
                .get(number.checked_rem(self.inside.len()).unwrap_or(0))
                .context("the community has no grids")?,
            Spot::Border => self.border,
            // 武夷山市, the next county to the north.
            Spot::Outside => LatLon::new(27.756_1, 118.035_2)?,
        })
    }

    /// Which grid a place is in.
    #[must_use]
    pub fn locate(&self, at: LatLon, accuracy_m: f64) -> Located {
        self.index.locate(at, Some(accuracy_m))
    }
}

/// The point between two places at which the grid changes, by halving.
fn border(index: &GridIndex, from: LatLon, to: LatLon) -> Result<LatLon> {
    let home = index.locate_exact(from).cloned();
    let (mut near, mut far) = (from, to);
    // Forty halvings of a kilometre are well below the seventh decimal.
    for _ in 0..40 {
        let middle = LatLon::new(
            f64::midpoint(near.lat, far.lat),
            f64::midpoint(near.lon, far.lon),
        )?;
        if index.locate_exact(middle).cloned() == home {
            near = middle;
        } else {
            far = middle;
        }
    }
    Ok(near)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_place_of_the_day_is_where_its_report_says() {
        let places = Places::read().unwrap();
        let locate = |spot| places.locate(places.find(spot).unwrap(), 8.0);
        for number in 0..6 {
            let Located::In { grid } = locate(Spot::Inside(number)) else {
                panic!("place {number} is not well inside a grid");
            };
            assert!(grid.as_str().starts_with(COMMUNITY));
        }
        assert!(matches!(locate(Spot::Border), Located::InDoubt { .. }));
        assert!(matches!(
            locate(Spot::Outside),
            Located::Outside { nearest: None }
        ));
    }

    #[test]
    fn the_day_has_twenty_reports_with_photos_that_are_there() {
        let day = filings();
        assert_eq!(day.len(), 20);
        assert!(
            day.iter()
                .all(|one| crate::programs::photo(one.photo).is_file())
        );
        assert_eq!(day.iter().filter(|one| one.photo == DAMAGED).count(), 1);
        assert_eq!(day.iter().filter(|one| one.self_fixed).count(), 1);
    }
}
