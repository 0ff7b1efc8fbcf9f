//! What an image file says about itself in its first bytes: kind and size in pixels.
//!
//! Nothing is decoded, so a file that would unfold to gigabytes costs no more than its header.

/// Bytes of a file that are looked at: camera and colour data may stand before the size.
pub const HEAD_BYTES: usize = 1024 * 1024;
/// Pixels of one photo: beyond what phones send, well below what a viewer chokes on.
pub const PIXELS_MAX: u64 = 36_000_000;

/// Why a file is not taken as a photo.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAPhoto {
    /// Neither JPEG, PNG nor WebP.
    #[error("not a JPEG, PNG or WebP file")]
    Kind,
    /// The header is cut or makes no sense.
    #[error("the header of the image can't be read")]
    Header,
    /// Too many pixels.
    #[error("more than {PIXELS_MAX} pixels")]
    Pixels,
}

/// A photo's kind and size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// `image/jpeg`, `image/png` or `image/webp`.
    pub mime: &'static str,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
}

/// Reads the header of a file from its first bytes.
///
/// # Errors
/// When it isn't a photo that is taken.
pub fn read(head: &[u8]) -> Result<Header, NotAPhoto> {
    let (mime, size) = if head.starts_with(&[0xff, 0xd8, 0xff]) {
        ("image/jpeg", jpeg(head))
    } else if head.starts_with(b"\x89PNG\r\n\x1a\n") {
        ("image/png", png(head))
    } else if head.starts_with(b"RIFF") && head.get(8..12) == Some(b"WEBP") {
        ("image/webp", webp(head))
    } else {
        return Err(NotAPhoto::Kind);
    };
    let (width, height) = size.ok_or(NotAPhoto::Header)?;
    if width == 0 || height == 0 {
        return Err(NotAPhoto::Header);
    }
    if u64::from(width) * u64::from(height) > PIXELS_MAX {
        return Err(NotAPhoto::Pixels);
    }
    Ok(Header {
        mime,
        width,
        height,
    })
}

fn be16(bytes: &[u8], at: usize) -> Option<u32> {
    let pair = bytes.get(at..at.checked_add(2)?)?;
    Some(u32::from(u16::from_be_bytes(pair.try_into().ok()?)))
}

fn le_bytes(bytes: &[u8], at: usize, count: usize) -> Option<u32> {
    let some = bytes.get(at..at.checked_add(count)?)?;
    let add = |sum: u32, byte: &u8| sum << 8 | u32::from(*byte);
    Some(some.iter().rev().fold(0, add))
}

/// Walks the segments to the frame header, which holds the size.
fn jpeg(head: &[u8]) -> Option<(u32, u32)> {
    let mut at = 2_usize;
    loop {
        if *head.get(at)? != 0xff {
            return None;
        }
        let marker = *head.get(at.checked_add(1)?)?;
        match marker {
            // Fill bytes before a marker.
            0xff => at = at.checked_add(1)?,
            // Frame headers; C4, C8 and CC are tables.
            0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf => {
                let height = be16(head, at.checked_add(5)?)?;
                let width = be16(head, at.checked_add(7)?)?;
                return Some((width, height));
            }
            // The scan begins, or the file ends, without a frame header.
            0xd8..=0xda => return None,
            // Markers without a length.
            0x01 | 0xd0..=0xd7 => at = at.checked_add(2)?,
            _ => {
                let length = be16(head, at.checked_add(2)?)?;
                let length = usize::try_from(length).ok().filter(|length| *length >= 2)?;
                at = at.checked_add(2)?.checked_add(length)?;
            }
        }
    }
}

fn png(head: &[u8]) -> Option<(u32, u32)> {
    if head.get(12..16)? != b"IHDR" {
        return None;
    }
    let number = |at: usize| {
        let four = head.get(at..at.checked_add(4)?)?;
        Some(u32::from_be_bytes(four.try_into().ok()?))
    };
    Some((number(16)?, number(20)?))
}

fn webp(head: &[u8]) -> Option<(u32, u32)> {
    match head.get(12..16)? {
        b"VP8 " => {
            if head.get(23..26)? != [0x9d, 0x01, 0x2a] {
                return None;
            }
            Some((
                le_bytes(head, 26, 2)? & 0x3fff,
                le_bytes(head, 28, 2)? & 0x3fff,
            ))
        }
        b"VP8L" => {
            if *head.get(20)? != 0x2f {
                return None;
            }
            let bits = le_bytes(head, 21, 4)?;
            Some(((bits & 0x3fff) + 1, (bits >> 14 & 0x3fff) + 1))
        }
        b"VP8X" => Some((le_bytes(head, 24, 3)? + 1, le_bytes(head, 27, 3)? + 1)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;

    #[test]
    fn a_real_camera_photo_tells_its_size() {
        let nokia = include_bytes!("../../../../tests/data/photos/HMD_Nokia_8.3_5G.jpg").as_slice();
        let header = read(nokia).unwrap();
        assert_eq!(header.mime, "image/jpeg");
        assert!(header.width > 1000 && header.height > 1000, "{header:?}");
    }

    #[test]
    fn a_bomb_is_seen_by_its_header_alone() {
        let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
        png.extend([0, 0, 0x1a, 0, 0, 0, 0x1a, 0, 8, 2, 0, 0, 0]);
        assert_eq!(read(&png), Err(NotAPhoto::Pixels));
        assert_eq!(read(png.get(..18).unwrap()), Err(NotAPhoto::Header));
    }

    #[test]
    fn other_files_and_cut_ones_are_refused_without_a_panic() {
        assert_eq!(read(b"GIF89a......"), Err(NotAPhoto::Kind));
        assert_eq!(read(b"<script>alert(1)</script>"), Err(NotAPhoto::Kind));
        assert_eq!(read(b""), Err(NotAPhoto::Kind));
        let photo = include_bytes!("../../../../tests/data/photos/no_exif.jpg").as_slice();
        for length in 0..photo.len().min(700) {
            // Whatever it says, it says something.
            let _ = read(photo.get(..length).unwrap());
        }
    }
}
