//! Pixels: decode with limits, turn, shrink, encode. Knows nothing of reports or watermarks.
//!
//! JPEG goes to `zune-jpeg` directly, in strict mode: the usual wrapper fills what a cut-off file
//! lacks with grey and calls it a picture. Tests: in `photos`.

use super::{PIXELS_LIMIT, PhotoError};
use fast_image_resize as fir;
use fast_image_resize::images::{TypedImage, TypedImageRef};
use fast_image_resize::pixels::U8x3;
use image::{ImageFormat, Rgb, RgbImage, imageops};
use shared::similar::{LUMA_HIGH, LUMA_WIDE};
use std::io::Cursor;
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

/// Decoded samples may use this much memory: [`PIXELS_LIMIT`] in 16-bit RGBA, the widest PNG.
const DECODE_BYTES_LIMIT: u64 = PIXELS_LIMIT * 8;

/// Decodes a JPEG, PNG or WebP; the pixel limit is checked from the header.
pub(super) fn decode(file: &[u8]) -> Result<RgbImage, PhotoError> {
    match image::guess_format(file) {
        Ok(ImageFormat::Jpeg) => decode_jpeg(file),
        Ok(format @ (ImageFormat::Png | ImageFormat::WebP)) => decode_other(file, format),
        Ok(ImageFormat::Avif) => Err(PhotoError::UnsupportedFormat("AVIF")),
        Ok(ImageFormat::Gif) => Err(PhotoError::UnsupportedFormat("GIF")),
        Ok(ImageFormat::Tiff) => Err(PhotoError::UnsupportedFormat("TIFF")),
        Ok(ImageFormat::Bmp) => Err(PhotoError::UnsupportedFormat("BMP")),
        _ if is_heif(file) => Err(PhotoError::UnsupportedFormat("HEIC")),
        _ => Err(PhotoError::NotAnImage),
    }
}

/// HEIF files are ISO media files of one of these brands.
fn is_heif(file: &[u8]) -> bool {
    let brand = file.get(8..12).unwrap_or_default();
    file.get(4..8) == Some(b"ftyp".as_slice())
        && [&b"heic"[..], b"heix", b"hevc", b"mif1", b"msf1"].contains(&brand)
}

fn check_pixels(width: u64, height: u64) -> Result<(), PhotoError> {
    let pixels = width.saturating_mul(height);
    match pixels {
        0 => Err(PhotoError::Damaged(String::from(
            "the picture has no pixels",
        ))),
        _ if pixels > PIXELS_LIMIT => Err(PhotoError::TooManyPixels(pixels)),
        _ => Ok(()),
    }
}

fn decode_jpeg(file: &[u8]) -> Result<RgbImage, PhotoError> {
    let damaged = |error: zune_jpeg::errors::DecodeErrors| PhotoError::Damaged(error.to_string());
    let options = DecoderOptions::new_fast()
        .set_strict_mode(true)
        .set_max_width(usize::from(u16::MAX))
        .set_max_height(usize::from(u16::MAX))
        .jpeg_set_out_colorspace(ColorSpace::RGB);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(file), options);
    decoder.decode_headers().map_err(damaged)?;
    let info = decoder
        .info()
        .ok_or_else(|| PhotoError::Damaged(String::from("no header")))?;
    check_pixels(u64::from(info.width), u64::from(info.height))?;
    let samples = decoder.decode().map_err(damaged)?;
    RgbImage::from_raw(u32::from(info.width), u32::from(info.height), samples)
        .ok_or_else(|| PhotoError::Damaged(String::from("fewer pixels than the header says")))
}

fn decode_other(file: &[u8], format: ImageFormat) -> Result<RgbImage, PhotoError> {
    let damaged = |error: image::ImageError| PhotoError::Damaged(error.to_string());
    let (width, height) = image::ImageReader::with_format(Cursor::new(file), format)
        .into_dimensions()
        .map_err(damaged)?;
    check_pixels(u64::from(width), u64::from(height))?;
    let mut reader = image::ImageReader::with_format(Cursor::new(file), format);
    let mut limits = image::Limits::default();
    limits.max_alloc = Some(DECODE_BYTES_LIMIT);
    reader.limits(limits);
    Ok(reader.decode().map_err(damaged)?.into_rgb8())
}

/// The picture with its long edge at most `edge`; smaller ones stay as they are.
pub(super) fn fit(picture: RgbImage, edge: u32) -> Result<RgbImage, PhotoError> {
    if picture.width().max(picture.height()) <= edge {
        return Ok(picture);
    }
    shrunk(&picture, edge)
}

/// A copy with its long edge at most `edge`.
pub(super) fn shrunk(picture: &RgbImage, edge: u32) -> Result<RgbImage, PhotoError> {
    let (width, height) = picture.dimensions();
    let long = width.max(height);
    if long <= edge {
        return Ok(picture.clone());
    }
    let scaled = |side: u32| {
        let rounded = (u64::from(side) * u64::from(edge) + u64::from(long) / 2) / u64::from(long);
        u32::try_from(rounded).unwrap_or(edge).clamp(1, edge)
    };
    resized(
        picture,
        scaled(width),
        scaled(height),
        fir::FilterType::CatmullRom,
    )
}

/// The picture in another size. The kind of its pixels is said in the types: else the code for all
/// thirteen kinds comes into this crate, and takes longer to compile than the rest of it.
fn resized(
    picture: &RgbImage,
    width: u32,
    height: u32,
    filter: fir::FilterType,
) -> Result<RgbImage, PhotoError> {
    let encode = |error: &dyn std::fmt::Display| PhotoError::Encode(error.to_string());
    let (from_width, from_height) = picture.dimensions();
    let source = TypedImageRef::<U8x3>::from_buffer(from_width, from_height, picture.as_raw())
        .map_err(|error| encode(&error))?;
    let mut target = RgbImage::new(width, height);
    let mut pixels = TypedImage::<U8x3>::from_buffer(width, height, &mut target)
        .map_err(|error| encode(&error))?;
    let options = fir::ResizeOptions::new()
        .resize_alg(fir::ResizeAlg::Convolution(filter))
        .use_alpha(false);
    fir::Resizer::new()
        .resize_typed(&source, &mut pixels, &options)
        .map_err(|error| encode(&error))?;
    Ok(target)
}

/// The brightness of the picture on the few samples that its perceptual hash is made of.
pub(super) fn luma(picture: &RgbImage) -> Result<Vec<u8>, PhotoError> {
    let side = |samples: usize| {
        u32::try_from(samples).map_err(|error| PhotoError::Encode(error.to_string()))
    };
    let (wide, high) = (side(LUMA_WIDE)?, side(LUMA_HIGH)?);
    let small = resized(picture, wide, high, fir::FilterType::Bilinear)?;
    // The weights of ITU-R BT.601.
    let weighed = |pixel: &Rgb<u8>| {
        let Rgb([r, g, b]) = pixel;
        (u32::from(*r) * 299 + u32::from(*g) * 587 + u32::from(*b) * 114) / 1000
    };
    Ok(small
        .pixels()
        .map(weighed)
        .map(|y| u8::try_from(y).unwrap_or(u8::MAX))
        .collect())
}

/// Turns by the EXIF orientation (1 to 8; anything else is upright).
pub(super) fn turn(picture: RgbImage, orientation: u32) -> RgbImage {
    match orientation {
        2 => imageops::flip_horizontal(&picture),
        3 => imageops::rotate180(&picture),
        4 => imageops::flip_vertical(&picture),
        5 => imageops::flip_horizontal(&imageops::rotate90(&picture)),
        6 => imageops::rotate90(&picture),
        7 => imageops::flip_horizontal(&imageops::rotate270(&picture)),
        8 => imageops::rotate270(&picture),
        _ => picture,
    }
}

/// Writes a JPEG from the pixels alone, so that no metadata can come along.
pub(super) fn encode(picture: &RgbImage, quality: u8) -> Result<Vec<u8>, PhotoError> {
    let encode = |error: &dyn std::fmt::Display| PhotoError::Encode(error.to_string());
    let width = u16::try_from(picture.width()).map_err(|error| encode(&error))?;
    let height = u16::try_from(picture.height()).map_err(|error| encode(&error))?;
    let mut jpeg = Vec::with_capacity(picture.as_raw().len() / 8);
    let mut encoder = jpeg_encoder::Encoder::new(&mut jpeg, quality);
    encoder.set_sampling_factor(jpeg_encoder::SamplingFactor::F_2_2);
    encoder
        .encode(
            picture.as_raw(),
            width,
            height,
            jpeg_encoder::ColorType::Rgb,
        )
        .map_err(|error| encode(&error))?;
    Ok(jpeg)
}
