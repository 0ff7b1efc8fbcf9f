//! A made set of pairs of reports whose answer is known: one thing seen by two people, and three
//! kinds of pairs that only look like it. `docs/DOMAIN.md` describes how it is made.
//!
//! Drawn from a seed by [`Chance`], so a seed gives the same set for ever. Photos are views of the
//! real photos in `tests/data/photos/`, prepared as the handheld prepares a camera file.

use crate::sim::chance::Chance;
use app_core::photos;
use image::{Rgb, RgbImage};
use shared::coordinates::METRES_PER_DEGREE;
use shared::id::CategoryId;
use shared::similar::{PerceptualHash, Sighting};
use shared::time::{DAY_MS, HOUR_MS, MINUTE_MS, Timestamp};
use std::io::Cursor;
use std::sync::OnceLock;

/// What a pair is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Truth {
    /// One thing, reported by two people on one day.
    Same,
    /// Two things of one category, 20 to 60 m apart, on one day.
    AnotherNearby,
    /// Two things of different categories at one place, on one day.
    OtherCategory,
    /// One category at one place, days later: it came back.
    DaysLater,
}

impl Truth {
    /// Each kind.
    pub const ALL: [Self; 4] = [
        Self::Same,
        Self::AnotherNearby,
        Self::OtherCategory,
        Self::DaysLater,
    ];
}

/// A report, as far as it is compared.
#[derive(Debug, Clone)]
pub struct Made {
    /// What it is about.
    pub category: CategoryId,
    /// The category's name.
    pub category_name: &'static str,
    /// Latitude × 10⁷.
    pub lat_e7: i64,
    /// Longitude × 10⁷.
    pub lon_e7: i64,
    /// As the phone claims it.
    pub accuracy_m: u32,
    /// When.
    pub seen: Timestamp,
    /// What the worker wrote.
    pub words: String,
    /// What the photos look like.
    pub photos: Vec<PerceptualHash>,
}

impl Made {
    /// As the rule takes it.
    #[must_use]
    pub fn sighting(&self) -> Sighting<'_> {
        Sighting {
            category: &self.category,
            category_name: self.category_name,
            lat_e7: self.lat_e7,
            lon_e7: self.lon_e7,
            accuracy_m: Some(self.accuracy_m),
            seen: self.seen,
            words: &self.words,
            photos: &self.photos,
        }
    }
}

/// Two reports and what they are.
#[derive(Debug, Clone)]
pub struct Pair {
    /// The first report.
    pub one: Made,
    /// The second.
    pub other: Made,
    /// What they are.
    pub truth: Truth,
}

/// A kind of trouble: id and name of its category, how people say it, and another category by
/// which some people file the very same thing.
struct Trouble {
    id: &'static str,
    name: &'static str,
    says: &'static [&'static str],
    also: Option<(&'static str, &'static str)>,
}

#[rustfmt::skip]
const TROUBLES: [Trouble; 8] = [
    Trouble { id: "C0101", name: "上水井盖", also: Some(("C0102", "污水井盖")),
        says: &["井盖丢了，很危险", "有个井盖没了，车子要绕着走", "井盖缺失，请尽快补上", "井口敞着，没有盖子", "一处井盖不见了"] },
    Trouble { id: "C0137", name: "路灯", also: None,
        says: &["路灯不亮", "晚上这里路灯全黑", "灯杆上的灯坏了", "路灯一闪一闪", "有盏路灯灭了好几天"] },
    Trouble { id: "E0110", name: "暴露生活垃圾", also: Some(("E0192", "垃圾满溢")),
        says: &["一大堆生活垃圾没人收", "垃圾堆在路边，味道很大", "垃圾袋扔了一地", "生活垃圾外溢，招苍蝇", "有人乱倒垃圾"] },
    Trouble { id: "E0113", name: "道路破损", also: None,
        says: &["路面有个大坑", "路面破损，坑洼不平", "沥青裂开了一块", "路上坑很深，电动车摔过人", "人行道砖松动缺失"] },
    Trouble { id: "E0201", name: "非法小广告", also: None,
        says: &["墙上贴满小广告", "电线杆上有办证广告", "乱贴疏通下水道的广告", "小广告很多，影响市容", "新刷了一片小广告"] },
    Trouble { id: "E0405", name: "店外经营", also: Some(("E0406", "占道经营")),
        says: &["店家把货摆到人行道上", "水果店占了半条人行道", "门店外摆桌椅，行人过不去", "店外堆放货物", "饭店把桌子摆到外面"] },
    Trouble { id: "E0410", name: "非机动车乱停放", also: None,
        says: &["共享单车乱停堵路", "电动车停满盲道", "自行车倒了一片", "非机动车占了人行道", "门口电动车停得乱七八糟"] },
    Trouble { id: "C0402", name: "行道树", also: None,
        says: &["行道树断枝要掉下来", "树被风吹歪了", "一棵树倒在路边", "树枝挡住红绿灯", "行道树枯死了"] },
];

const LANDMARKS: [&str; 16] = [
    "人民路与建设路路口",
    "七贤社区居委会门口",
    "第三中学东门",
    "永辉超市对面",
    "中医院急诊入口",
    "公交站牌旁",
    "农贸市场北口",
    "幼儿园后门",
    "滨河公园南侧",
    "邮政储蓄银行门前",
    "12号楼楼下",
    "加油站出口",
    "老汽车站广场",
    "桥头西侧",
    "派出所斜对面",
    "小区大门右边50米",
];

/// Of a thousand reports so many have a photo.
const WITH_PHOTO: usize = 900;
/// Of a thousand second reports of one thing so many are filed under the other category.
const MISFILED: usize = 80;
/// Of a thousand reports so many name a landmark at all.
const WITH_LANDMARK: usize = 800;
/// Of a thousand second reports of one place so many name the same landmark, if any.
const SAME_LANDMARK: usize = 700;
/// Of a thousand other things nearby so many name the same landmark, if any.
const SHARED_LANDMARK: usize = 300;
/// Of a thousand other things nearby so many are shown before the same street.
const SHARED_STREET: usize = 250;

/// So many pairs of each kind.
#[must_use]
pub fn pairs(seed: u64, of_each: usize) -> Vec<Pair> {
    let mut chance = Chance::new(seed);
    let truths = Truth::ALL.into_iter().cycle().take(of_each * 4);
    truths
        .map(|truth| pair(&mut chance.fork(), truth))
        .collect()
}

/// What stands where: a thing of the world, before anybody reports it.
#[derive(Clone, Copy)]
struct Thing {
    trouble: usize,
    lat: f64,
    lon: f64,
    landmark: usize,
    scene: Scene,
}

fn pair(chance: &mut Chance, truth: Truth) -> Pair {
    let thing = Thing {
        trouble: chance.below(TROUBLES.len()),
        lat: 27.10 + chance.share() * 0.2,
        lon: 118.0 + chance.share() * 0.2,
        landmark: chance.below(LANDMARKS.len()),
        scene: Scene::any(chance),
    };
    let seen = Timestamp(1_795_487_400_000 + chance.between(0, DAY_MS));
    let hours = |chance: &mut Chance| chance.between(5 * MINUTE_MS, 20 * HOUR_MS);
    let (second, after, same_landmark) = match truth {
        Truth::Same => (thing, hours(chance), SAME_LANDMARK),
        Truth::DaysLater => {
            let again = Thing {
                scene: thing.scene.again(chance),
                ..thing
            };
            let after = chance.between(2 * DAY_MS, 10 * DAY_MS);
            (again, after, SAME_LANDMARK)
        }
        Truth::AnotherNearby => {
            let (lat, lon) = moved(chance, thing.lat, thing.lon, 20.0, 60.0);
            let another = Thing {
                lat,
                lon,
                scene: another_scene(chance, thing.scene),
                ..thing
            };
            (another, hours(chance), SHARED_LANDMARK)
        }
        Truth::OtherCategory => {
            let step = 1 + chance.below(TROUBLES.len() - 1);
            let another = Thing {
                trouble: (thing.trouble + step) % TROUBLES.len(),
                scene: another_scene(chance, thing.scene),
                ..thing
            };
            (another, hours(chance), SAME_LANDMARK)
        }
    };
    let second = Thing {
        landmark: if chance.odds(same_landmark) {
            second.landmark
        } else {
            chance.below(LANDMARKS.len())
        },
        ..second
    };
    let one = report(chance, &thing, seen, (0.0, 12.0), false);
    let misfiled = truth == Truth::Same && chance.odds(MISFILED);
    let later = seen.plus_ms(after);
    let other = report(chance, &second, later, (5.0, 25.0), misfiled);
    Pair { one, other, truth }
}

fn another_scene(chance: &mut Chance, scene: Scene) -> Scene {
    if chance.odds(SHARED_STREET) {
        Scene {
            photo: scene.photo,
            ..Scene::any(chance)
        }
    } else {
        Scene::any(chance)
    }
}

/// What somebody makes of a thing: a position that is off by so many metres, own words, own photo.
fn report(
    chance: &mut Chance,
    thing: &Thing,
    seen: Timestamp,
    off_m: (f64, f64),
    misfiled: bool,
) -> Made {
    let trouble = &TROUBLES[thing.trouble];
    let (id, name) = trouble
        .also
        .filter(|_| misfiled)
        .unwrap_or((trouble.id, trouble.name));
    let (lat, lon) = moved(chance, thing.lat, thing.lon, off_m.0, off_m.1);
    let says = chance.pick(trouble.says);
    let words = match (chance.odds(WITH_LANDMARK), chance.odds(500)) {
        (true, true) => format!("{}{says}", LANDMARKS[thing.landmark]),
        (true, false) => format!("{says}，在{}", LANDMARKS[thing.landmark]),
        (false, _) => (*says).to_owned(),
    };
    let photo = chance.odds(WITH_PHOTO).then(|| thing.scene.shot(chance));
    Made {
        category: CategoryId::new(id).unwrap(),
        category_name: name,
        lat_e7: (lat * 1e7).round() as i64,
        lon_e7: (lon * 1e7).round() as i64,
        accuracy_m: u32::try_from(chance.between(4, 26)).unwrap(),
        seen,
        words,
        photos: photo.flatten().into_iter().collect(),
    }
}

/// A place so many metres away in any direction.
fn moved(chance: &mut Chance, lat: f64, lon: f64, from_m: f64, to_m: f64) -> (f64, f64) {
    let metres = from_m + chance.share() * (to_m - from_m);
    let bearing = chance.share() * std::f64::consts::TAU;
    let degrees = metres / METRES_PER_DEGREE;
    (
        lat + degrees * bearing.cos(),
        lon + degrees * bearing.sin() / lat.to_radians().cos(),
    )
}

/// A view of the world: a part of one of the real photos.
#[derive(Debug, Clone, Copy)]
struct Scene {
    photo: usize,
    /// Middle and width of the part, as shares of the photo.
    x: f64,
    y: f64,
    width: f64,
}

const PHOTOS: [&str; 8] = [
    "DSCN0010.jpg",
    "DSCN0021.jpg",
    "DSCN0040.jpg",
    "HMD_Nokia_8.3_5G.jpg",
    "jolla.jpg",
    "landscape_6.jpg",
    "no_exif.jpg",
    "portrait_8.jpg",
];

/// The photos, small: a view takes few of their pixels.
fn real_photos() -> &'static [RgbImage] {
    static REAL: OnceLock<Vec<RgbImage>> = OnceLock::new();
    REAL.get_or_init(|| {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/data/photos/");
        let read = |name: &&str| {
            let file = std::fs::read(format!("{folder}{name}")).unwrap();
            let small = photos::prepare(&file).unwrap().jpeg;
            image::load_from_memory(&small).unwrap().into_rgb8()
        };
        PHOTOS.iter().map(read).collect()
    })
}

impl Scene {
    fn any(chance: &mut Chance) -> Self {
        let width = 0.45 + 0.3 * chance.share();
        let middle = |share: f64| width / 2.0 + 0.04 + share * (0.92 - width).max(0.0);
        Self {
            photo: chance.below(PHOTOS.len()),
            x: middle(chance.share()),
            y: middle(chance.share()),
            width,
        }
    }

    /// The same spot on another day.
    fn again(self, chance: &mut Chance) -> Self {
        let shift = |chance: &mut Chance| 0.06 * (chance.share() - 0.5);
        Self {
            x: self.x + shift(chance),
            y: self.y + shift(chance),
            ..self
        }
    }

    /// A photo of it by somebody: a step to the side, nearer or farther, the phone not level, other
    /// light, a sensor's noise. `None` for one that shows nothing.
    fn shot(self, chance: &mut Chance) -> Option<PerceptualHash> {
        const WIDE: u32 = 160;
        const HIGH: u32 = 120;
        let mut off = |most: f64| most * (2.0 * chance.share() - 1.0);
        let (x, y) = (
            self.x + off(0.04) * self.width,
            self.y + off(0.04) * self.width,
        );
        let width = self.width * (1.0 + off(0.07));
        let (turn, gain, lift, noise) = (off(0.05), 1.0 + off(0.25), off(20.0), 10.0);
        let real = &real_photos()[self.photo];
        let (real_wide, real_high) = (f64::from(real.width()), f64::from(real.height()));
        let view = RgbImage::from_fn(WIDE, HIGH, |column, row| {
            let u = (f64::from(column) / f64::from(WIDE) - 0.5) * width;
            let v = (f64::from(row) / f64::from(HIGH) - 0.5) * width;
            let at = |share: f64, side: f64| (share * side).clamp(0.0, side - 1.0) as u32;
            let pixel = real.get_pixel(
                at(x + u * turn.cos() - v * turn.sin(), real_wide),
                at(y + u * turn.sin() + v * turn.cos(), real_high),
            );
            let grain = noise * (2.0 * chance.share() - 1.0);
            Rgb(pixel
                .0
                .map(|level| (f64::from(level) * gain + lift + grain).clamp(0.0, 255.0) as u8))
        });
        let mut file = Cursor::new(Vec::new());
        view.write_to(&mut file, image::ImageFormat::Png).unwrap();
        photos::prepare(&file.into_inner()).unwrap().phash
    }
}
