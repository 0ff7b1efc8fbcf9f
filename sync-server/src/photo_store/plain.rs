//! A photo without what the camera wrote beside the picture: where, when, with what and by whom.
//!
//! JPEG and PNG are copied segment by segment, without decoding: only what draws the picture goes
//! on, what isn't known here doesn't. How a JPEG is to be turned is drawing, and is kept as the only
//! entry of a new Exif block. Whatever follows the picture in its file is dropped, since some
//! cameras append a second picture with a position of its own. Never more than a segment is in memory.

use std::io::{BufRead, Error, ErrorKind, Read, Result, Write, copy, sink};

/// Pieces of a PNG beside those that every reader needs, and that say how it is drawn.
const PNG_KEPT: [&[u8; 4]; 8] = [
    b"tRNS", b"cHRM", b"gAMA", b"iCCP", b"sBIT", b"sRGB", b"cICP", b"pHYs",
];
const PNG_START: &[u8; 8] = b"\x89PNG\r\n\x1a\n";
/// Exif with one entry, how the picture is to be turned; its value follows.
const EXIF_TURN: &[u8; 28] =
    b"\xff\xe1\0\x22Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01";

/// Copies a photo without what lies beside the picture; whether it is shown lying on its side, so
/// that its width is its height.
///
/// # Errors
/// [`ErrorKind::InvalidData`] or [`ErrorKind::UnexpectedEof`] when it is no whole JPEG or PNG, or
/// when reading or writing fails.
pub(super) fn copy_plain(read: &mut impl BufRead, write: &mut impl Write) -> Result<bool> {
    let mut start = [0; 2];
    read.read_exact(&mut start)?;
    write.write_all(&start)?;
    match start {
        [0xff, 0xd8] => jpeg(read, write),
        [0x89, b'P'] => png(read, write).map(|()| false),
        _ => Err(damaged("neither JPEG nor PNG")),
    }
}

fn damaged(what: &'static str) -> Error {
    Error::new(ErrorKind::InvalidData, what)
}

fn byte(read: &mut impl Read) -> Result<u8> {
    let mut one = [0];
    read.read_exact(&mut one)?;
    let [byte] = one;
    Ok(byte)
}

fn jpeg(read: &mut impl BufRead, write: &mut impl Write) -> Result<bool> {
    let mut lies = false;
    let mut marker = next_marker(read)?;
    loop {
        match marker {
            0xd9 => {
                write.write_all(&[0xff, 0xd9])?;
                return Ok(lies);
            }
            // Markers without a length.
            0x01 | 0xd0..=0xd7 => write.write_all(&[0xff, marker])?,
            0xd8 => return Err(damaged("a JPEG within a JPEG")),
            _ => {
                let segment = segment(read)?;
                if is_kept(marker, &segment) {
                    let length = u16::try_from(segment.len().saturating_add(2));
                    let length = length.map_err(|_| damaged("a segment is too long"))?;
                    write.write_all(&[0xff, marker])?;
                    write.write_all(&length.to_be_bytes())?;
                    write.write_all(&segment)?;
                } else if let Some(turn) = turn(marker, &segment) {
                    write.write_all(EXIF_TURN)?;
                    write.write_all(&[0, turn, 0, 0, 0, 0, 0, 0])?;
                    lies = turn >= 5;
                }
            }
        }
        marker = if marker == 0xda {
            scan(read, write)?
        } else {
            next_marker(read)?
        };
    }
}

fn next_marker(read: &mut impl Read) -> Result<u8> {
    if byte(read)? != 0xff {
        return Err(damaged("no marker where one should be"));
    }
    loop {
        match byte(read)? {
            // Fill bytes before a marker.
            0xff => {}
            marker => return Ok(marker),
        }
    }
}

fn segment(read: &mut impl Read) -> Result<Vec<u8>> {
    let length = usize::from(u16::from_be_bytes([byte(read)?, byte(read)?]));
    let length = length
        .checked_sub(2)
        .ok_or_else(|| damaged("a segment without room for its length"))?;
    let mut segment = vec![0; length];
    read.read_exact(&mut segment)?;
    Ok(segment)
}

/// Tables, frames and scans draw the picture; of the application's segments those that say how its
/// colours are meant.
fn is_kept(marker: u8, segment: &[u8]) -> bool {
    match marker {
        0xe0 => segment.starts_with(b"JFIF\0"),
        0xe2 => segment.starts_with(b"ICC_PROFILE\0"),
        0xee => segment.starts_with(b"Adobe"),
        // The application's own, and comments.
        0xe1 | 0xe3..=0xed | 0xef | 0xfe => false,
        _ => true,
    }
}

/// How an Exif segment says that the picture is to be turned; none when not at all.
fn turn(marker: u8, segment: &[u8]) -> Option<u8> {
    let tiff = segment
        .strip_prefix(b"Exif\0\0")
        .filter(|_| marker == 0xe1)?;
    let big = match tiff.get(..2)? {
        b"MM" => true,
        b"II" => false,
        _ => return None,
    };
    let two = |at: usize| -> Option<u16> {
        let pair = tiff.get(at..at.checked_add(2)?)?.try_into().ok()?;
        Some(if big {
            u16::from_be_bytes(pair)
        } else {
            u16::from_le_bytes(pair)
        })
    };
    let four = tiff.get(4..8)?.try_into().ok()?;
    let place = if big {
        u32::from_be_bytes(four)
    } else {
        u32::from_le_bytes(four)
    };
    let place = usize::try_from(place).ok()?;
    let entries = usize::from(two(place)?);
    let at = (0..entries)
        .filter_map(|entry| entry.checked_mul(12)?.checked_add(place)?.checked_add(2))
        .find(|at| two(*at) == Some(0x0112))?;
    let turn = u8::try_from(two(at.checked_add(8)?)?).ok()?;
    (2..=8).contains(&turn).then_some(turn)
}

/// Copies the data of a scan up to the marker that ends it.
fn scan(read: &mut impl BufRead, write: &mut impl Write) -> Result<u8> {
    let mut piece = Vec::new();
    loop {
        piece.clear();
        read.read_until(0xff, &mut piece)?;
        let Some((0xff, data)) = piece.split_last() else {
            return Err(ErrorKind::UnexpectedEof.into());
        };
        write.write_all(data)?;
        let mut after = byte(read)?;
        while after == 0xff {
            after = byte(read)?;
        }
        match after {
            0 | 0xd0..=0xd7 => write.write_all(&[0xff, after])?,
            marker => return Ok(marker),
        }
    }
}

fn png(read: &mut impl BufRead, write: &mut impl Write) -> Result<()> {
    let mut start = [0; 6];
    read.read_exact(&mut start)?;
    if PNG_START.get(2..) != Some(&start) {
        return Err(damaged("a damaged beginning"));
    }
    write.write_all(&start)?;
    loop {
        let mut head = [0; 8];
        read.read_exact(&mut head)?;
        let [a, b, c, d, kind @ ..] = head;
        // With its checksum.
        let length = u64::from(u32::from_be_bytes([a, b, c, d])).saturating_add(4);
        let is_needed = kind.first().is_some_and(u8::is_ascii_uppercase);
        let mut data = read.by_ref().take(length);
        let copied = if is_needed || PNG_KEPT.contains(&&kind) {
            write.write_all(&head)?;
            copy(&mut data, write)?
        } else {
            copy(&mut data, &mut sink())?
        };
        if copied != length {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        if &kind == b"IEND" {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;

    fn plain(bytes: &[u8]) -> Result<(Vec<u8>, bool)> {
        let mut out = Vec::new();
        let lies = copy_plain(&mut &*bytes, &mut out)?;
        Ok((out, lies))
    }

    fn holds(bytes: &[u8], part: &[u8]) -> bool {
        bytes.windows(part.len()).any(|window| window == part)
    }

    #[test]
    fn the_position_goes_and_the_picture_stays() {
        let nikon = include_bytes!("../../../tests/data/photos/DSCN0010.jpg").as_slice();
        assert!(holds(nikon, b"Exif\0\0") && holds(nikon, b"NIKON"));
        let (out, _) = plain(nikon).unwrap();
        assert!(!holds(&out, b"NIKON") && !holds(&out, b"GPS"));
        let (again, _) = plain(&out).unwrap();
        assert_eq!(again, out);
        // The picture is drawn by the same scan.
        let tail = out.len().checked_sub(20_000).unwrap();
        assert!(holds(nikon, out.get(tail..).unwrap()));
    }

    #[test]
    fn a_photo_that_is_to_be_turned_still_is() {
        let portrait = include_bytes!("../../../tests/data/photos/portrait_8.jpg").as_slice();
        let (out, lies) = plain(portrait).unwrap();
        assert!(lies);
        let exif = out.windows(6).position(|six| six == b"Exif\0\0").unwrap();
        let (_, segment) = out.split_at(exif);
        assert_eq!(turn(0xe1, segment), Some(8));
        assert_eq!(plain(&out).unwrap(), (out, true));
    }

    #[test]
    fn a_second_picture_behind_the_first_is_dropped() {
        let photo = include_bytes!("../../../tests/data/photos/no_exif.jpg").as_slice();
        let (out, _) = plain(photo).unwrap();
        let twice = [photo, photo].concat();
        assert_eq!(plain(&twice).unwrap().0, out);
    }

    #[test]
    fn a_png_loses_its_words_and_keeps_its_colours() {
        let piece = |kind: &[u8; 4], data: &[u8]| {
            let length = u32::try_from(data.len()).unwrap().to_be_bytes();
            [length.as_slice(), kind, data, &[1, 2, 3, 4]].concat()
        };
        let start = [PNG_START.as_slice(), &piece(b"IHDR", &[0; 13])].concat();
        let rest = [
            piece(b"gAMA", &[9]),
            piece(b"IDAT", &[7; 9]),
            piece(b"IEND", &[]),
        ]
        .concat();
        let words = [
            piece(b"tEXt", b"where"),
            piece(b"eXIf", b"GPS"),
            piece(b"prIv", b"?"),
        ]
        .concat();
        let whole = [start.clone(), words, rest.clone(), b"more".to_vec()].concat();
        assert_eq!(plain(&whole).unwrap().0, [start.clone(), rest].concat());
        assert!(plain(&start).is_err());
    }

    #[test]
    fn a_cut_or_damaged_photo_is_an_error_at_any_length() {
        let photo = include_bytes!("../../../tests/data/photos/no_exif.jpg").as_slice();
        for length in (0..photo.len().checked_sub(2).unwrap()).step_by(997) {
            assert!(plain(photo.get(..length).unwrap()).is_err(), "{length}");
        }
        assert!(plain(b"GIF89a").is_err());
    }
}
