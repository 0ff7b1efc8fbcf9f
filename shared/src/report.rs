//! A filed report and its checks, the same on the handheld before saving and on the server after.

use crate::id::{AreaCode, CategoryId, ConditionId, ReportId, Sha256, UnitCode};
use crate::patrol::OnRound;
use crate::similar::PerceptualHash;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A report's text: two screens of a handheld; longer words belong into a file.
pub const TEXT_CHARS_LIMIT: usize = 4_000;
/// The words for a place: a junction, a direction, a distance.
pub const PLACE_WORDS_CHARS_LIMIT: usize = 200;
/// Photos of one report: near, far, before, after and a few more. Cities cap at 5 to 9.
pub const PHOTOS_LIMIT: usize = 9;
/// One photo as sent: what a 20-megapixel camera writes at its best quality.
pub const PHOTO_BYTES_LIMIT: u64 = 20 * 1024 * 1024;
/// A photo's preview: what passes within seconds on the weakest link.
pub const PHOTO_PREVIEW_BYTES_LIMIT: u64 = 40 * 1024;
/// A claimed accuracy beyond this (10 km) says nothing about the place.
pub const ACCURACY_M_LIMIT: u32 = 10_000;

/// Where the position came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PlaceSource {
    /// The handheld's receiver.
    Gps,
    /// Position tags of the photo.
    Exif,
    /// A pin set by hand.
    Pin,
    /// Typed as numbers.
    Typed,
}

/// A place: WGS-84 in units of 1e-7 degree (about 1 cm), so that no float is ever hashed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Place {
    /// Latitude × 10⁷, WGS-84.
    pub lat_e7: i64,
    /// Longitude × 10⁷, WGS-84.
    pub lon_e7: i64,
    /// Radius in metres within which the true place lies with 68 %; none for a pin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accuracy_m: Option<u32>,
    /// Where the position came from.
    pub source: PlaceSource,
    /// Words that help to find it.
    #[serde(default)]
    pub words: String,
}

impl Place {
    /// Latitude and longitude in degrees, or `None` when they are out of range.
    #[must_use]
    pub fn degrees(&self) -> Option<(f64, f64)> {
        let (lat, lon) = (
            i32::try_from(self.lat_e7).ok()?,
            i32::try_from(self.lon_e7).ok()?,
        );
        let fits = lat.unsigned_abs() <= 900_000_000 && lon.unsigned_abs() <= 1_800_000_000;
        fits.then(|| (f64::from(lat) / 1e7, f64::from(lon) / 1e7))
    }
}

/// What a photo shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema, Default)]
#[serde(rename_all = "snake_case")]
pub enum PhotoRole {
    /// 近景: the thing itself.
    #[default]
    Near,
    /// 远景: with something by which to find it.
    Far,
    /// 处理前.
    Before,
    /// 处理后.
    After,
    /// Something a later version says: an operation with it is taken all the same, and its text
    /// keeps the word. A version that knows the word finds `other` stored for it.
    #[serde(other)]
    Other,
}

/// A photo of a report: identified by the hash of the stored copy, sealed to its original.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PhotoRef {
    /// SHA-256 of the copy that is sent and stored.
    pub sha256: Sha256,
    /// Size of that copy in bytes.
    pub bytes: u64,
    /// `image/jpeg`.
    pub mime: String,
    /// What it shows.
    #[serde(default)]
    pub role: PhotoRole,
    /// Width of the copy in pixels.
    #[serde(default)]
    pub width: u32,
    /// Height of the copy in pixels.
    #[serde(default)]
    pub height: u32,
    /// SHA-256 of what the camera wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub original_sha256: Option<Sha256>,
    /// A small JPEG of it that is sent first; none from a handheld of the first version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preview: Option<PhotoPreview>,
    /// What it looks like, before any watermark; none for a picture without contrast and from a
    /// handheld that didn't compute it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phash: Option<PerceptualHash>,
}

/// A photo's preview: identified by its own hash and sent as photos are, before any of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PhotoPreview {
    /// SHA-256 of its bytes.
    pub sha256: Sha256,
    /// Its size in bytes, at most [`PHOTO_PREVIEW_BYTES_LIMIT`]; a larger one is not taken.
    pub bytes: u64,
}

/// What the worker was shown before sending; the server explains when it decides otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Preview {
    /// The unit that was going to get it.
    pub lead: UnitCode,
    /// By when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline_ms: Option<Timestamp>,
    /// By which rule.
    pub rule: String,
}

/// The payload of a `report.file` operation: a filed fact that never changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FiledReport {
    /// What it is about.
    pub category: CategoryId,
    /// Which condition it meets.
    pub condition: ConditionId,
    /// Where.
    pub place: Place,
    /// The grid found on the device, none outside all grids.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grid: Option<AreaCode>,
    /// Other grids within the accuracy of the position.
    #[serde(default)]
    pub grid_doubt: Vec<AreaCode>,
    /// The worker's words.
    #[serde(default)]
    pub text: String,
    /// When it was seen, by the device's clock.
    pub occurred_ms: Timestamp,
    /// 自处置: put right on the spot; no dispatch.
    #[serde(default)]
    pub self_fixed: bool,
    /// What the worker was shown before sending.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preview: Option<Preview>,
    /// 是同一件: the worker was shown this other report and says that it is about the same thing. A
    /// hint for whoever may merge the two; this report is a case of its own until then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub same_as: Option<ReportId>,
    /// Where on a round it was found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub patrol: Option<OnRound>,
    /// Commitment to whom to call; the contact itself travels beside the operation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<Sha256>,
}

/// Why a report can't be taken as it stands. Each has words for the worker in `label`.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, thiserror::Error, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum ReportFault {
    /// The position is outside the globe or not a number.
    #[error("the position is out of range")]
    PlaceRange,
    /// The text is too long.
    #[error("the text is longer than {TEXT_CHARS_LIMIT} characters")]
    TextTooLong,
    /// The words for the place are too long.
    #[error("the words for the place are longer than {PLACE_WORDS_CHARS_LIMIT} characters")]
    PlaceWordsTooLong,
    /// The contact is too long, or holds more than a line.
    #[error("the contact does not fit a line")]
    ContactTooLong,
    /// Too many photos.
    #[error("more than {PHOTOS_LIMIT} photos")]
    TooManyPhotos,
    /// A photo is too large.
    #[error("a photo is larger than {PHOTO_BYTES_LIMIT} bytes")]
    PhotoTooLarge,
    /// The same photo is listed twice.
    #[error("the same photo is listed twice")]
    PhotoTwice,
    /// The category asks for a photo.
    #[error("this category needs a photo")]
    PhotoMissing,
    /// What was put right on the spot needs a photo from before.
    #[error("a fix on the spot needs a photo from before")]
    BeforePhotoMissing,
    /// And one from after.
    #[error("a fix on the spot needs a photo from after")]
    AfterPhotoMissing,
    /// The category is not in the catalogue version that the report names.
    #[error("the category is not in the catalogue")]
    CategoryUnknown,
    /// The condition does not belong to the category.
    #[error("the condition does not belong to the category")]
    ConditionUnknown,
    /// The category is for emergencies, and no order switches it on there and then.
    #[error("the category may be filed in an emergency only")]
    EmergencyOnly,
}

impl ReportFault {
    /// Machine name, as on the wire.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::PlaceRange => "place_range",
            Self::TextTooLong => "text_too_long",
            Self::PlaceWordsTooLong => "place_words_too_long",
            Self::ContactTooLong => "contact_too_long",
            Self::TooManyPhotos => "too_many_photos",
            Self::PhotoTooLarge => "photo_too_large",
            Self::PhotoTwice => "photo_twice",
            Self::PhotoMissing => "photo_missing",
            Self::BeforePhotoMissing => "before_photo_missing",
            Self::AfterPhotoMissing => "after_photo_missing",
            Self::CategoryUnknown => "category_unknown",
            Self::ConditionUnknown => "condition_unknown",
            Self::EmergencyOnly => "emergency_only",
        }
    }
}

/// Checks what can be checked without a catalogue.
///
/// # Errors
/// The first fault found, in the order of the screen: place, text, photos.
pub fn check(report: &FiledReport, photos: &[PhotoRef]) -> Result<(), ReportFault> {
    check_place(&report.place)?;
    if report.text.chars().count() > TEXT_CHARS_LIMIT {
        return Err(ReportFault::TextTooLong);
    }
    check_photos(photos)
}

/// Checks a place by itself.
///
/// # Errors
/// When it is not on the globe or its words are too long.
pub fn check_place(place: &Place) -> Result<(), ReportFault> {
    if place.degrees().is_none() {
        return Err(ReportFault::PlaceRange);
    }
    if place.words.chars().count() > PLACE_WORDS_CHARS_LIMIT {
        return Err(ReportFault::PlaceWordsTooLong);
    }
    Ok(())
}

/// Checks the photos of one operation.
///
/// # Errors
/// When there are too many, one is too large, or one is there twice.
pub fn check_photos(photos: &[PhotoRef]) -> Result<(), ReportFault> {
    if photos.len() > PHOTOS_LIMIT {
        return Err(ReportFault::TooManyPhotos);
    }
    if photos.iter().any(|photo| photo.bytes > PHOTO_BYTES_LIMIT) {
        return Err(ReportFault::PhotoTooLarge);
    }
    let twice = photos.iter().enumerate().any(|(at, photo)| {
        photos
            .iter()
            .take(at)
            .any(|earlier| earlier.sha256 == photo.sha256)
    });
    if twice {
        Err(ReportFault::PhotoTwice)
    } else {
        Ok(())
    }
}

/// Checks a report against the catalogue version it names.
///
/// # Errors
/// When the category or the condition isn't there, or a photo is missing where one is required.
pub fn check_against(
    report: &FiledReport,
    photos: &[PhotoRef],
    catalogue: &crate::catalogue::Catalogue,
) -> Result<(), ReportFault> {
    let category = catalogue
        .category(&report.category)
        .ok_or(ReportFault::CategoryUnknown)?;
    let condition = catalogue
        .condition(&report.condition)
        .ok_or(ReportFault::ConditionUnknown)?;
    if condition.category != category.id {
        return Err(ReportFault::ConditionUnknown);
    }
    if category.photo_required && photos.is_empty() {
        return Err(ReportFault::PhotoMissing);
    }
    Ok(())
}

/// Checks that what was put right on the spot (自处置) shows how it was and how it is, where the
/// category needs photos at all. The handheld asks before it files; the server takes what handhelds
/// of before filed without.
///
/// # Errors
/// When the photo from before or the one from after is missing.
pub fn check_self_fix(
    report: &FiledReport,
    photos: &[PhotoRef],
    catalogue: &crate::catalogue::Catalogue,
) -> Result<(), ReportFault> {
    let category = catalogue.category(&report.category);
    if !report.self_fixed || !category.is_some_and(|category| category.photo_required) {
        return Ok(());
    }
    let shows = |role: PhotoRole| photos.iter().any(|photo| photo.role == role);
    if !shows(PhotoRole::Before) {
        return Err(ReportFault::BeforePhotoMissing);
    }
    if !shows(PhotoRole::After) {
        return Err(ReportFault::AfterPhotoMissing);
    }
    Ok(())
}
