//! From the bytes of a camera file to the photo that is kept.
//!
//! Two steps: [`prepare`] checks, decodes, turns upright, shrinks and strips (a draft keeps its
//! result); [`stamp`] burns the watermark on that copy when the report is filed, because only then
//! are place and grid settled. Nothing here touches the database or the clock.
//! A file that cannot be read is an error with words for the worker, never a panic and never half
//! a picture. Tests: at the end of this file and in `exif` and `watermark`.

pub mod exif;
pub mod watermark;

mod pixels;

use shared::id::Sha256;
use shared::similar::PerceptualHash;
use shared::time::Timestamp;

pub use exif::PlaceHint;
pub use watermark::Mark;

/// A camera file may have this many bytes: the largest JPEG of a 50-megapixel phone is below it.
pub const FILE_BYTES_LIMIT: usize = 20 * 1024 * 1024;

/// A picture may have this many pixels. Read from the header before anything is decoded: 36
/// megapixels are 108 MB in memory, what a cheap phone can still spare.
pub const PIXELS_LIMIT: u64 = 36_000_000;

/// Long edge of the stored copy: enough to read a number plate across a street.
pub const LONG_EDGE: u32 = 2048;

/// JPEG quality of the copy a draft keeps; high, because [`stamp`] encodes it once more.
pub const DRAFT_QUALITY: u8 = 90;

/// JPEG quality of the stored copy: 200 to 700 KB for a street scene at 2048 pixels.
pub const STORED_QUALITY: u8 = 82;

/// Long edge of the preview shown in lists.
pub const PREVIEW_EDGE: u32 = 480;

/// A preview has at most this many bytes, so that it passes on the weakest link.
pub const PREVIEW_BYTES_LIMIT: usize = 40 * 1024;

/// JPEG qualities tried for the preview, best first, until it fits.
const PREVIEW_QUALITIES: [u8; 4] = [72, 55, 40, 25];

/// Why a file does not become a photo.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PhotoError {
    /// The bytes are no picture in a format that can be read here.
    #[error("the file is not a JPEG, PNG or WebP picture")]
    NotAnImage,
    /// A picture of a phone format that is not read here.
    #[error("{0} pictures cannot be read; the camera should be set to JPEG")]
    UnsupportedFormat(&'static str),
    /// The header is right, the rest is broken or cut off.
    #[error("the picture is damaged or cut off: {0}")]
    Damaged(String),
    /// Larger than [`PIXELS_LIMIT`].
    #[error("the picture has {0} pixels, more than {PIXELS_LIMIT}")]
    TooManyPixels(u64),
    /// Larger than [`FILE_BYTES_LIMIT`].
    #[error("the file has {0} bytes, more than {FILE_BYTES_LIMIT}")]
    TooManyBytes(usize),
    /// The picture could not be written as JPEG: memory, or a defect of ours.
    #[error("the picture could not be written as JPEG: {0}")]
    Encode(String),
}

impl PhotoError {
    /// Machine name, stable.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotAnImage => "photo_not_an_image",
            Self::UnsupportedFormat(_) => "photo_unsupported_format",
            Self::Damaged(_) => "photo_damaged",
            Self::TooManyPixels(_) => "photo_too_many_pixels",
            Self::TooManyBytes(_) => "photo_too_many_bytes",
            Self::Encode(_) => "photo_not_written",
        }
    }

    /// What happened and what to do, for the worker: Chinese first, then English.
    #[must_use]
    pub const fn words(&self) -> (&'static str, &'static str) {
        match self {
            Self::NotAnImage => (
                "这个文件不是照片。请换一张 JPEG、PNG 或 WebP 照片；已填内容都在。",
                "This file is not a photo. Choose a JPEG, PNG or WebP; what you filled in is kept.",
            ),
            Self::UnsupportedFormat(_) => (
                "这种照片格式暂不支持。请把相机格式改为 JPEG 后重拍；已填内容都在。",
                "This photo format is not supported. Set the camera to JPEG and take it again; \
                 what you filled in is kept.",
            ),
            Self::Damaged(_) => (
                "照片无法读取，可能已损坏。请重拍或换一张；已填内容都在。",
                "The photo cannot be read and may be damaged. Take it again or choose another; \
                 what you filled in is kept.",
            ),
            Self::TooManyPixels(_) => (
                "照片像素太大（上限 3600 万）。请调低相机分辨率后重拍；已填内容都在。",
                "The photo has too many pixels (limit 36 million). Lower the camera's resolution; \
                 what you filled in is kept.",
            ),
            Self::TooManyBytes(_) => (
                "照片文件太大（上限 20 MB）。请调低相机分辨率后重拍；已填内容都在。",
                "The photo file is too large (limit 20 MB). Lower the camera's resolution; \
                 what you filled in is kept.",
            ),
            Self::Encode(_) => (
                "照片没能保存。请关闭其他应用后再试；已填内容都在。",
                "The photo could not be saved. Close other apps and try again; \
                 what you filled in is kept.",
            ),
        }
    }
}

/// What [`prepare`] makes of a camera file.
#[derive(Debug, Clone)]
pub struct PreparedPhoto {
    /// Upright, at most [`LONG_EDGE`] long, without any metadata and not yet stamped.
    pub jpeg: Vec<u8>,
    /// Width of `jpeg` in pixels.
    pub width: u32,
    /// Height of `jpeg` in pixels.
    pub height: u32,
    /// A JPEG of at most [`PREVIEW_BYTES_LIMIT`] bytes, for lists.
    pub preview: Vec<u8>,
    /// SHA-256 of the camera file as it came.
    pub original_sha256: Sha256,
    /// Size of the camera file.
    pub original_bytes: u64,
    /// What it looks like, before any watermark.
    pub phash: Option<PerceptualHash>,
    /// When the camera says it was taken.
    pub taken: Option<Timestamp>,
    /// Where the camera says it was taken: a suggestion, and nowhere in `jpeg`.
    pub place: Option<PlaceHint>,
}

/// A photo as it is filed.
#[derive(Debug, Clone)]
pub struct StampedPhoto {
    /// The stored copy with its watermark.
    pub jpeg: Vec<u8>,
    /// SHA-256 of `jpeg`, which is the photo's identity from now on.
    pub sha256: Sha256,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
}

/// Reads a camera file: checks its limits, decodes, turns it upright, shrinks it and strips every
/// piece of metadata.
///
/// # Errors
/// When the file is too large, not a picture, or damaged. Nothing is kept then.
pub fn prepare(file: &[u8]) -> Result<PreparedPhoto, PhotoError> {
    if file.len() > FILE_BYTES_LIMIT {
        return Err(PhotoError::TooManyBytes(file.len()));
    }
    let facts = exif::read(file);
    let full = pixels::decode(file)?;
    let upright = pixels::turn(pixels::fit(full, LONG_EDGE)?, facts.orientation);
    let small = pixels::shrunk(&upright, PREVIEW_EDGE)?;
    let preview = preview_of(&small)?;
    Ok(PreparedPhoto {
        jpeg: pixels::encode(&upright, DRAFT_QUALITY)?,
        width: upright.width(),
        height: upright.height(),
        preview,
        phash: PerceptualHash::of_luma(&pixels::luma(&small)?),
        original_sha256: Sha256::of(file),
        original_bytes: u64::try_from(file.len()).unwrap_or(u64::MAX),
        taken: facts.taken,
        place: facts.place,
    })
}

/// Burns the watermark on a copy that [`prepare`] made.
///
/// # Errors
/// When the copy cannot be decoded or encoded again, which means the draft itself was damaged.
pub fn stamp(prepared_jpeg: &[u8], mark: &Mark) -> Result<StampedPhoto, PhotoError> {
    let mut picture = pixels::decode(prepared_jpeg)?;
    watermark::burn(&mut picture, mark);
    let jpeg = pixels::encode(&picture, STORED_QUALITY)?;
    Ok(StampedPhoto {
        sha256: Sha256::of(&jpeg),
        jpeg,
        width: picture.width(),
        height: picture.height(),
    })
}

fn preview_of(small: &image::RgbImage) -> Result<Vec<u8>, PhotoError> {
    let mut preview = Vec::new();
    for quality in PREVIEW_QUALITIES {
        preview = pixels::encode(small, quality)?;
        if preview.len() <= PREVIEW_BYTES_LIMIT {
            break;
        }
    }
    Ok(preview)
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::indexing_slicing,
        reason = "a test may fail loudly"
    )]
    use super::*;
    use image::{Rgb, RgbImage};

    fn camera_file(name: &str) -> Vec<u8> {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/data/photos/");
        std::fs::read(format!("{folder}{name}")).unwrap()
    }

    fn mark() -> Mark {
        Mark {
            time: "2026年11月24日 10:30".into(),
            place: "118.120431, 27.331775 ±8米".into(),
            grid: "建阳区 潭城街道 七贤社区 第3网格".into(),
            worker: "陈晓霞".into(),
        }
    }

    fn png(picture: &RgbImage) -> Vec<u8> {
        let mut file = std::io::Cursor::new(Vec::new());
        picture
            .write_to(&mut file, image::ImageFormat::Png)
            .unwrap();
        file.into_inner()
    }

    #[test]
    fn every_real_photo_becomes_a_small_upright_jpeg_without_metadata() {
        for name in [
            "DSCN0010.jpg",
            "DSCN0021.jpg",
            "DSCN0040.jpg",
            "HMD_Nokia_8.3_5G.jpg",
            "jolla.jpg",
            "landscape_6.jpg",
            "portrait_8.jpg",
            "no_exif.jpg",
        ] {
            let file = camera_file(name);
            let photo = prepare(&file).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert!(photo.width.max(photo.height) <= LONG_EDGE, "{name}");
            assert!(photo.preview.len() <= PREVIEW_BYTES_LIMIT, "{name}");
            assert_eq!(photo.original_sha256, Sha256::of(&file), "{name}");
            let stamped = stamp(&photo.jpeg, &mark()).unwrap();
            assert_eq!((stamped.width, stamped.height), (photo.width, photo.height));
            for jpeg in [&photo.jpeg, &photo.preview, &stamped.jpeg] {
                assert_eq!(exif::read(jpeg), exif::Facts::default(), "{name}");
                assert!(!jpeg.windows(4).any(|four| four == b"Exif"), "{name}");
            }
        }
    }

    #[test]
    fn a_photo_held_sideways_is_turned_upright() {
        let landscape = prepare(&camera_file("landscape_6.jpg")).unwrap();
        assert_eq!((landscape.width, landscape.height), (600, 450));
        let portrait = prepare(&camera_file("portrait_8.jpg")).unwrap();
        assert_eq!((portrait.width, portrait.height), (450, 600));
    }

    #[test]
    fn each_of_the_eight_orientations_brings_the_marked_corner_to_the_top_left() {
        let upright = RgbImage::from_fn(3, 2, |x, y| Rgb([u8::from(x == 0 && y == 0) * 255, 0, 0]));
        // How a camera stores the upright picture for each value.
        let (h, v) = (
            image::imageops::flip_horizontal,
            image::imageops::flip_vertical,
        );
        let (r90, r180, r270) = (
            image::imageops::rotate90,
            image::imageops::rotate180,
            image::imageops::rotate270,
        );
        let stored = [
            (1, upright.clone()),
            (2, h(&upright)),
            (3, r180(&upright)),
            (4, v(&upright)),
            (5, r270(&h(&upright))),
            (6, r270(&upright)),
            (7, r90(&h(&upright))),
            (8, r90(&upright)),
        ];
        for (orientation, picture) in stored {
            assert_eq!(
                pixels::turn(picture, orientation),
                upright,
                "orientation {orientation}"
            );
        }
    }

    #[test]
    fn a_damaged_photo_is_an_error_and_not_half_a_picture() {
        let error = prepare(&camera_file("corrupted.jpg")).unwrap_err();
        assert!(matches!(error, PhotoError::Damaged(_)), "{error}");
        assert!(error.words().0.contains("可能已损坏"));
        // Cut off at any length: an error each time, and no panic.
        let whole = camera_file("DSCN0010.jpg");
        for share in [2, 3, 10, 50, 90, 99] {
            let cut = &whole[..whole.len() * share / 100];
            assert!(
                prepare(cut).is_err(),
                "{share} % of a file was taken for a picture"
            );
        }
    }

    #[test]
    fn a_file_that_is_no_picture_says_so() {
        assert_eq!(prepare(b"").unwrap_err(), PhotoError::NotAnImage);
        assert_eq!(
            prepare("<html>登录</html>".as_bytes()).unwrap_err(),
            PhotoError::NotAnImage
        );
        let heic = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic";
        assert_eq!(
            prepare(heic).unwrap_err().code(),
            "photo_unsupported_format"
        );
    }

    #[test]
    fn a_forty_megapixel_bomb_is_refused_from_its_header() {
        // A PNG and a JPEG that claim 8000 × 5000 and hold next to nothing.
        let mut bomb = png(&RgbImage::new(1, 1));
        bomb.splice(16..24, [0, 0, 0x1f, 0x40, 0, 0, 0x13, 0x88]);
        let crc = crc32(&bomb[12..29]);
        bomb.splice(29..33, crc.to_be_bytes());
        assert_eq!(
            prepare(&bomb).unwrap_err(),
            PhotoError::TooManyPixels(40_000_000)
        );

        let mut bomb = camera_file("no_exif.jpg");
        let frame = bomb
            .windows(2)
            .rposition(|two| two == [0xff, 0xc0])
            .unwrap();
        bomb.splice(frame + 5..frame + 9, [0x13, 0x88, 0x1f, 0x40]);
        assert_eq!(
            prepare(&bomb).unwrap_err(),
            PhotoError::TooManyPixels(40_000_000)
        );
    }

    fn crc32(bytes: &[u8]) -> u32 {
        !bytes.iter().fold(!0, |crc, &byte| {
            (0..8).fold(crc ^ u32::from(byte), |c, _| {
                (c >> 1) ^ (0xedb8_8320 & (c & 1).wrapping_neg())
            })
        })
    }

    #[test]
    fn a_file_over_the_byte_limit_is_refused() {
        let error = prepare(&vec![0; FILE_BYTES_LIMIT + 1]).unwrap_err();
        assert_eq!(error, PhotoError::TooManyBytes(FILE_BYTES_LIMIT + 1));
    }

    #[test]
    fn png_with_transparency_and_pictures_of_one_pixel_are_taken() {
        let photo = prepare(&png(&RgbImage::from_pixel(1, 1, Rgb([9, 9, 9])))).unwrap();
        assert_eq!((photo.width, photo.height), (1, 1));
        let narrow = prepare(&png(&RgbImage::new(3, 9000))).unwrap();
        assert_eq!((narrow.width, narrow.height), (1, 2048));
        stamp(&narrow.jpeg, &mark()).unwrap();
    }

    #[test]
    fn noise_fits_the_preview_limit_too() {
        let mut state = 1_u32;
        let noise = RgbImage::from_fn(900, 900, |_, _| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let [a, b, c, _] = state.to_be_bytes();
            Rgb([a, b, c])
        });
        assert!(prepare(&png(&noise)).unwrap().preview.len() <= PREVIEW_BYTES_LIMIT);
    }
}
