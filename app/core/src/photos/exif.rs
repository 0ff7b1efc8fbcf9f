//! What a camera file says about itself: which way is up, when, and where.
//!
//! Everything here is a suggestion. Broken or missing metadata yields empty facts, never an error:
//! a good picture must not be refused for a bad label. Tests: at the end.

use exif::{Exif, In, Tag, Value};
use shared::time::{MINUTE_MS, Timestamp};
use std::io::Cursor;

/// Where the camera says it stood, in WGS-84 degrees.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PlaceHint {
    /// Degrees north.
    pub lat: f64,
    /// Degrees east.
    pub lon: f64,
}

/// The facts of one file.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Facts {
    /// EXIF orientation, 1 to 8; 0 when it is not stated.
    pub orientation: u32,
    /// Time of the shutter.
    pub taken: Option<Timestamp>,
    /// Position of the shutter.
    pub place: Option<PlaceHint>,
}

/// Reads the facts of a JPEG, PNG or WebP file.
#[must_use]
pub fn read(file: &[u8]) -> Facts {
    let mut reader = exif::Reader::new();
    reader.continue_on_error(true);
    let read = reader
        .read_from_container(&mut Cursor::new(file))
        .or_else(|error| error.distill_partial_result(|_| ()));
    let Ok(exif) = read else {
        return Facts::default();
    };
    Facts {
        orientation: orientation(&exif),
        taken: taken(&exif),
        place: place(&exif),
    }
}

fn orientation(exif: &Exif) -> u32 {
    exif.get_field(Tag::Orientation, In::PRIMARY)
        .and_then(|field| field.value.get_uint(0))
        .unwrap_or(0)
}

/// A camera without a time zone is taken to show China's time, which has had one zone and no
/// summer time since 1991.
fn taken(exif: &Exif) -> Option<Timestamp> {
    let text = |tag| match &exif.get_field(tag, In::PRIMARY)?.value {
        Value::Ascii(lines) => lines.first().map(Vec::as_slice),
        _ => None,
    };
    let mut at =
        exif::DateTime::from_ascii(text(Tag::DateTimeOriginal).or(text(Tag::DateTime))?).ok()?;
    if let Some(offset) = text(Tag::OffsetTimeOriginal) {
        // A malformed offset leaves `offset` empty, which means China's time.
        at.parse_offset(offset).ok();
    }
    let date = chrono::NaiveDate::from_ymd_opt(at.year.into(), at.month.into(), at.day.into())?;
    let local = date.and_hms_opt(at.hour.into(), at.minute.into(), at.second.into())?;
    Some(match at.offset {
        Some(minutes) => {
            Timestamp(local.and_utc().timestamp_millis()).plus_ms(-i64::from(minutes) * MINUTE_MS)
        }
        None => Timestamp::from_china(local),
    })
}

fn place(exif: &Exif) -> Option<PlaceHint> {
    let lat = degrees(exif, Tag::GPSLatitude, Tag::GPSLatitudeRef, b'S')?;
    let lon = degrees(exif, Tag::GPSLongitude, Tag::GPSLongitudeRef, b'W')?;
    let on_earth = lat.abs() <= 90.0 && lon.abs() <= 180.0;
    // Cameras without a fix write zeros; nobody reports from the Gulf of Guinea.
    (on_earth && (lat != 0.0 || lon != 0.0)).then_some(PlaceHint { lat, lon })
}

fn degrees(exif: &Exif, tag: Tag, reference: Tag, negative: u8) -> Option<f64> {
    let Value::Rational(parts) = &exif.get_field(tag, In::PRIMARY)?.value else {
        return None;
    };
    let mut sum = 0.0;
    for (part, per_degree) in parts.iter().zip([1.0, 60.0, 3600.0]) {
        if part.denom == 0 {
            return None;
        }
        sum += part.to_f64() / per_degree;
    }
    let signed = match &exif.get_field(reference, In::PRIMARY)?.value {
        Value::Ascii(lines) if lines.first().and_then(|line| line.first()) == Some(&negative) => {
            -sum
        }
        _ => sum,
    };
    (!parts.is_empty() && signed.is_finite()).then_some(signed)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;

    fn photo(name: &str) -> Vec<u8> {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/data/photos/");
        std::fs::read(format!("{folder}{name}")).unwrap()
    }

    #[test]
    fn position_and_time_of_a_real_camera_are_read() {
        let facts = read(&photo("DSCN0010.jpg"));
        let place = facts.place.unwrap();
        assert!((place.lat - 43.467_448).abs() < 1e-5, "{place:?}");
        assert!((place.lon - 11.885_127).abs() < 1e-5, "{place:?}");
        // 2008-10-22 16:28:39 on a clock in China.
        assert_eq!(facts.taken.unwrap().to_string(), "2008-10-22T08:28:39.000Z");
    }

    #[test]
    fn missing_or_broken_metadata_is_no_error() {
        assert_eq!(read(b""), Facts::default());
        assert_eq!(read(&[0xff, 0xd8, 0xff, 0xe1, 0, 9]), Facts::default());
        assert_eq!(read(&photo("landscape_6.jpg")).orientation, 6);
        let mut broken = photo("DSCN0010.jpg");
        for byte in broken.iter_mut().skip(30).take(400) {
            *byte = 0xff;
        }
        assert_eq!(read(&broken).place, None);
    }
}
