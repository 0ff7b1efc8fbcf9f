//! Is this the same thing as that open case? And where does the same trouble come again and again?
//!
//! Pure, so that the handheld asks before filing, without a network, what the server will say of
//! it afterwards. It only ever proposes: a worker or a dispatcher decides, and nothing is deleted.
//! Place, time and category have to fit; photos and words are extra evidence. Words only speak for
//! it, since two people find other words; photos that differ speak a little against it. How often
//! it is right is measured by `tests/tests/similar_set.rs` on a made set (`docs/DOMAIN.md`).

mod cells;
mod phash;
mod repeats;
mod words;

pub use cells::{Bounds, CELLS_LIMIT, bounds_around, cell_of, cells_around, neighbours};
pub use phash::{LUMA_HIGH, LUMA_WIDE, PerceptualHash};
pub use repeats::{REPEATED_CASES, REPEATED_RADIUS_M, REPEATED_WITHIN_MS, Spot, repeats};
pub use words::likeness as words_alike;

use crate::catalogue::Catalogue;
use crate::coordinates::LatLon;
use crate::id::CategoryId;
use crate::time::{DAY_MS, HOUR_MS, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Two reports farther apart are of two things: the default of one city's own system
/// (`docs/DOMAIN.md`), about the width of a crossing with its corners.
pub const RADIUS_M: u32 = 50;
/// Two reports with more hours between them are of two occasions: the same city's default. What
/// comes back later is a repeat, not a duplicate.
pub const WITHIN_HOURS: u32 = 24;
/// A catalogue may ask for this radius at most: a handful of index cells cover it.
pub const RADIUS_M_LIMIT: u32 = 150;
/// A catalogue may ask for this time at most; beyond a week it is a repeat.
pub const WITHIN_HOURS_LIMIT: u32 = 7 * 24;
/// Neither can be less: a whole metre, a whole hour.
pub const NEARNESS_LEAST: u32 = 1;
/// How far the doubt of both positions may widen the radius, in metres. A phone between high
/// buildings is off by 20 to 40 m; a position that claims to be off by more places nothing.
pub const SLACK_M_LIMIT: f64 = 40.0;

/// Points for the same category (小类).
const CATEGORY_POINTS: f64 = 25.0;
/// Points for the same spot.
const PLACE_POINTS: f64 = 45.0;
/// Up to this part of the reach two positions are the same spot: phones tell no better.
const SPOT_SHARE: f64 = 0.1;
/// From this part of the reach on the place says nothing more: what lies there has to be told by
/// words or photos.
const EDGE_SHARE: f64 = 0.7;
/// Points for the same moment; none at the end of the time. Few: a thing lies there all day.
const TIME_POINTS: f64 = 5.0;
/// Points for two photos that look the same: rarely by chance, so more than any words.
const PHOTO_POINTS: f64 = 35.0;
/// Points off for photos of which none looks like any other. Fewer: two people stand on two sides
/// of one thing, so at the same spot the question is asked all the same.
const PHOTO_UNLIKE_POINTS: f64 = 18.0;
/// Points for the same words.
const TEXT_POINTS: f64 = 20.0;
/// From here on the worker is asked. The same category within half the radius is enough by itself;
/// farther away, or with photos that differ, it takes words.
pub const PERHAPS_SCORE: u32 = 53;
/// From here on it is called the same: place and category fit, and photos or words say so too.
pub const SAME_SCORE: u32 = 80;
/// Another category of the same group needs words or photos at least so alike, 0 to 1. A third of
/// the word pairs in common happens by chance in one of a hundred pairs of short texts.
const KIN_EVIDENCE: f64 = 0.34;

/// How near two reports have to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Nearness {
    /// In metres.
    pub radius_m: u32,
    /// In hours.
    pub within_hours: u32,
}

impl Default for Nearness {
    fn default() -> Self {
        Self {
            radius_m: RADIUS_M,
            within_hours: WITHIN_HOURS,
        }
    }
}

impl Nearness {
    /// The same within the limits of what can be asked for.
    #[must_use]
    pub fn bounded(self) -> Self {
        Self {
            radius_m: self.radius_m.clamp(NEARNESS_LEAST, RADIUS_M_LIMIT),
            within_hours: self.within_hours.clamp(NEARNESS_LEAST, WITHIN_HOURS_LIMIT),
        }
    }

    /// The time in milliseconds.
    #[must_use]
    pub fn within_ms(self) -> i64 {
        i64::from(self.within_hours).saturating_mul(HOUR_MS)
    }

    /// The farthest that anything can be and still count, in metres.
    #[must_use]
    pub fn reach_limit_m(self) -> f64 {
        f64::from(self.radius_m) + SLACK_M_LIMIT
    }

    fn wider(self, other: Self) -> Self {
        Self {
            radius_m: self.radius_m.max(other.radius_m),
            within_hours: self.within_hours.max(other.within_hours),
        }
    }
}

/// A line of a catalogue: how near reports of these categories have to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NearnessRule {
    /// A category, `E0110`, or all of a 大类, `E01`. The longer one wins.
    pub category: String,
    /// How near.
    #[serde(flatten)]
    pub nearness: Nearness,
}

/// The nearness that some rules give a category.
#[must_use]
pub fn nearness_by(rules: &[NearnessRule], category: &CategoryId) -> Nearness {
    rules
        .iter()
        .filter(|rule| !rule.category.is_empty() && category.as_str().starts_with(&rule.category))
        .max_by_key(|rule| rule.category.len())
        .map_or_else(Nearness::default, |rule| rule.nearness.bounded())
}

/// The group (大类) of a category: letter of its kind and two digits, as `C01`.
///
/// Three people call one broken cover 上水井盖, 污水井盖 and 通信井盖: the group is the same, and it
/// holds benches and lamps too. So within a group it takes words or a photo, and across groups
/// nothing is compared: 占道经营 in front of a broken cover are two matters for two units.
#[must_use]
pub fn family(category: &CategoryId) -> &str {
    let id = category.as_str();
    id.get(..3).unwrap_or(id)
}

/// What one person saw.
#[derive(Debug, Clone, Copy)]
pub struct Sighting<'a> {
    /// What it is about.
    pub category: &'a CategoryId,
    /// Its name, whose words say nothing beyond the category.
    pub category_name: &'a str,
    /// Latitude × 10⁷, WGS-84.
    pub lat_e7: i64,
    /// Longitude × 10⁷, WGS-84.
    pub lon_e7: i64,
    /// Radius in metres within which the true place lies; none for a pin.
    pub accuracy_m: Option<u32>,
    /// When it was seen.
    pub seen: Timestamp,
    /// In the worker's words, those for the place included.
    pub words: &'a str,
    /// What the photos look like.
    pub photos: &'a [PerceptualHash],
}

/// Whether two are the same.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Something else.
    No,
    /// 可能是同一件: worth a question.
    Perhaps,
    /// 很可能是同一件.
    Same,
}

/// One reason, in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Reason {
    /// 中文.
    pub words: String,
    /// English.
    pub words_en: String,
}

impl Reason {
    fn new(words: String, words_en: String) -> Self {
        Self { words, words_en }
    }
}

/// What comparing two gave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Likeness {
    /// Whether they are the same.
    pub verdict: Verdict,
    /// How much speaks for it, 0 to 100; not a probability.
    pub score: u32,
    /// Metres between the two positions.
    pub distance_m: u32,
    /// Why.
    pub reasons: Vec<Reason>,
}

/// Compares two sightings; which comes first makes no difference.
#[must_use]
pub fn compare(one: &Sighting<'_>, other: &Sighting<'_>, catalogue: &Catalogue) -> Likeness {
    let nearness = catalogue
        .nearness(one.category)
        .wider(catalogue.nearness(other.category));
    compare_within(one, other, nearness)
}

/// The same with a nearness of one's own.
#[must_use]
pub fn compare_within(one: &Sighting<'_>, other: &Sighting<'_>, nearness: Nearness) -> Likeness {
    let distance = distance_m(one, other);
    let reach = reach_m(one, other, nearness);
    let apart_ms = one.seen.since(other.seen).saturating_abs();
    let is_same_category = one.category == other.category;
    let photo = photos_alike(one.photos, other.photos);
    let common = if is_same_category {
        one.category_name
    } else {
        ""
    };
    let text = words::likeness(one.words, other.words, common);
    let fits = family(one.category) == family(other.category)
        && distance <= reach
        && apart_ms <= nearness.within_ms()
        && (is_same_category || photo.max(text) >= KIN_EVIDENCE);
    let time = share_left(ms_as_f64(apart_ms), ms_as_f64(nearness.within_ms()));
    let category = if is_same_category {
        CATEGORY_POINTS
    } else {
        0.0
    };
    let place = (EDGE_SHARE - distance / reach) / (EDGE_SHARE - SPOT_SHARE);
    let looks = if photo < 0.0 {
        PHOTO_UNLIKE_POINTS * photo
    } else {
        PHOTO_POINTS * photo
    };
    let points = category
        + PLACE_POINTS * place.clamp(0.0, 1.0)
        + TIME_POINTS * time
        + looks
        + TEXT_POINTS * text;
    let score = if fits { rounded(points).min(100) } else { 0 };
    let verdict = match score {
        SAME_SCORE.. => Verdict::Same,
        PERHAPS_SCORE.. => Verdict::Perhaps,
        _ => Verdict::No,
    };
    Likeness {
        verdict,
        score,
        distance_m: rounded(distance),
        reasons: reasons(is_same_category, distance, apart_ms, photo, text),
    }
}

/// Metres between two, the same whichever comes first to the last bit; infinite when one is no
/// position.
fn distance_m(one: &Sighting<'_>, other: &Sighting<'_>) -> f64 {
    let (a, b) = ((one.lat_e7, one.lon_e7), (other.lat_e7, other.lon_e7));
    let (first, second) = if a <= b { (a, b) } else { (b, a) };
    match (position(first), position(second)) {
        (Some(first), Some(second)) => first.distance_m(second),
        _ => f64::INFINITY,
    }
}

fn position((lat_e7, lon_e7): (i64, i64)) -> Option<LatLon> {
    let lat = i32::try_from(lat_e7).ok()?;
    LatLon::from_e7(lat, i32::try_from(lon_e7).ok()?).ok()
}

/// How far apart two may be: the radius, widened by the doubt of both positions together.
fn reach_m(one: &Sighting<'_>, other: &Sighting<'_>, nearness: Nearness) -> f64 {
    let doubt = |sighting: &Sighting<'_>| f64::from(sighting.accuracy_m.unwrap_or(0));
    let both = doubt(one).hypot(doubt(other));
    f64::from(nearness.radius_m) + both.min(SLACK_M_LIMIT)
}

/// The best of all pairs of photos, −1 to 1; 0 where one side has none.
fn photos_alike(one: &[PerceptualHash], other: &[PerceptualHash]) -> f64 {
    let pairs = one
        .iter()
        .flat_map(|a| other.iter().map(move |b| a.likeness(*b)));
    pairs.reduce(f64::max).unwrap_or(0.0)
}

/// 1 at 0, falling to 0 at `whole`.
fn share_left(part: f64, whole: f64) -> f64 {
    (1.0 - part / whole).clamp(0.0, 1.0)
}

#[expect(
    clippy::as_conversions,
    reason = "milliseconds of days are far below 2⁵³"
)]
const fn ms_as_f64(ms: i64) -> f64 {
    ms as f64
}

#[expect(clippy::as_conversions, reason = "a float beyond the range saturates")]
fn rounded(value: f64) -> u32 {
    value.round() as u32
}

/// A photo or words at least so alike are named as a reason.
const WORTH_NAMING: f64 = 0.2;

fn reasons(
    is_same_category: bool,
    distance: f64,
    apart_ms: i64,
    photo: f64,
    text: f64,
) -> Vec<Reason> {
    let metres = rounded(distance);
    let (apart, apart_en) = apart_words(apart_ms);
    let (kind, kind_en) = if is_same_category {
        ("类别相同", "Same category")
    } else {
        ("同一大类", "Same group of categories")
    };
    let mut reasons = vec![
        Reason::new(kind.to_owned(), kind_en.to_owned()),
        Reason::new(format!("相距{metres}米"), format!("{metres} m apart")),
        Reason::new(apart, apart_en),
    ];
    if photo >= WORTH_NAMING {
        let (words, words_en) = if photo >= 0.7 {
            ("照片很像", "The photos look alike")
        } else {
            ("照片有些像", "The photos look somewhat alike")
        };
        reasons.push(Reason::new(words.to_owned(), words_en.to_owned()));
    } else if photo <= -0.7 {
        let (words, words_en) = ("照片不像", "The photos differ");
        reasons.push(Reason::new(words.to_owned(), words_en.to_owned()));
    }
    if text >= WORTH_NAMING {
        let (words, words_en) = if text >= 0.7 {
            ("文字很像", "The words are alike")
        } else {
            ("文字有相同处", "Some of the words are the same")
        };
        reasons.push(Reason::new(words.to_owned(), words_en.to_owned()));
    }
    reasons
}

/// How long lies between, in words.
fn apart_words(ms: i64) -> (String, String) {
    let (minutes, hours, days) = (ms / (HOUR_MS / 60), ms / HOUR_MS, ms / DAY_MS);
    match (days, hours, minutes) {
        (0, 0, 0) => (String::from("同一时间"), String::from("At the same time")),
        (0, 0, n) => (format!("相隔{n}分钟"), format!("{n} min apart")),
        (0 | 1, n, _) => (format!("相隔{n}小时"), format!("{n} h apart")),
        (n, _, _) => (format!("相隔{n}天"), format!("{n} days apart")),
    }
}

#[cfg(test)]
mod tests;
