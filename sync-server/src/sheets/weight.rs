//! How much a workbook unpacks to, found out before anybody unpacks it into memory: a few kilobytes
//! can be made to unpack to gigabytes. The sizes that the archive declares are not believed.

use flate2::read::DeflateDecoder;
use std::io::Read;

/// What a workbook may unpack to: our largest tables take a tenth of it.
pub(super) const UNPACKED_BYTES_LIMIT: u64 = 64 * 1024 * 1024;
/// Files in one workbook; ours have a dozen.
const FILES_LIMIT: u16 = 500;

const END: [u8; 4] = *b"PK\x05\x06";
const ENTRY: [u8; 4] = *b"PK\x01\x02";
const LOCAL: [u8; 4] = *b"PK\x03\x04";
/// The end of an archive with the longest comment.
const END_BYTES_MAX: usize = 22 + 65_535;
const DEFLATED: u16 = 8;
const STORED: u16 = 0;

fn number<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..at.checked_add(N)?)?.try_into().ok()
}

fn short(bytes: &[u8], at: usize) -> Option<u16> {
    number(bytes, at).map(u16::from_le_bytes)
}

fn long(bytes: &[u8], at: usize) -> Option<usize> {
    let value = number(bytes, at).map(u32::from_le_bytes)?;
    usize::try_from(value).ok()
}

/// Whether an archive unpacks to no more than the limit; none when it is no archive, or one of a
/// kind that no workbook is.
pub(super) fn is_light(archive: &[u8]) -> Option<bool> {
    let from = archive.len().saturating_sub(END_BYTES_MAX);
    let tail = archive.get(from..)?;
    let end = from + tail.windows(END.len()).rposition(|four| four == END)?;
    let (files, mut at) = (short(archive, end + 10)?, long(archive, end + 16)?);
    if files > FILES_LIMIT {
        return Some(false);
    }
    let mut left = UNPACKED_BYTES_LIMIT;
    for _ in 0..files {
        if number::<4>(archive, at)? != ENTRY {
            return None;
        }
        let (method, packed) = (short(archive, at + 10)?, long(archive, at + 20)?);
        let begin = long(archive, at + 42)?;
        if number::<4>(archive, begin)? != LOCAL {
            return None;
        }
        let names =
            usize::from(short(archive, begin + 26)?) + usize::from(short(archive, begin + 28)?);
        let data = begin.checked_add(30 + names)?;
        let data = archive.get(data..data.checked_add(packed)?)?;
        let unpacked = match method {
            STORED => u64::try_from(packed).ok()?,
            DEFLATED => unpacked(data, left)?,
            _ => return None,
        };
        if unpacked > left {
            return Some(false);
        }
        left -= unpacked;
        let tail = [28, 30, 32].map(|offset| short(archive, at + offset));
        for length in tail {
            at = at.checked_add(usize::from(length?))?;
        }
        at = at.checked_add(46)?;
    }
    Some(true)
}

/// Bytes that some data inflates to, no further than one beyond the limit.
fn unpacked(data: &[u8], limit: u64) -> Option<u64> {
    let mut inflating = DeflateDecoder::new(data).take(limit.saturating_add(1));
    std::io::copy(&mut inflating, &mut std::io::sink()).ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;
    use flate2::Compression;
    use flate2::write::DeflateEncoder;
    use std::io::Write;

    /// An archive of one file that says of itself whatever it likes.
    fn archive(packed: &[u8], says: u32) -> Vec<u8> {
        let size = u32::try_from(packed.len()).unwrap().to_le_bytes();
        let says = says.to_le_bytes();
        let mut bytes = Vec::new();
        bytes.extend(LOCAL);
        bytes.extend([20, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        bytes.extend(size);
        bytes.extend(says);
        bytes.extend([1, 0, 0, 0, b'x']);
        bytes.extend(packed);
        let directory = u32::try_from(bytes.len()).unwrap().to_le_bytes();
        bytes.extend(ENTRY);
        bytes.extend([20, 0, 20, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        bytes.extend(size);
        bytes.extend(says);
        bytes.extend([1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, b'x']);
        bytes.extend(END);
        bytes.extend([0, 0, 0, 0, 1, 0, 1, 0, 47, 0, 0, 0]);
        bytes.extend(directory);
        bytes.extend([0, 0]);
        bytes
    }

    #[test]
    fn what_unpacks_to_too_much_is_refused_whatever_it_says_of_itself() {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
        let zeros = vec![0; 1024 * 1024];
        for _ in 0..65 {
            encoder.write_all(&zeros).unwrap();
        }
        let bomb = encoder.finish().unwrap();
        assert!(bomb.len() < 100_000);
        assert_eq!(is_light(&archive(&bomb, 5)), Some(false));
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(b"small").unwrap();
        assert_eq!(
            is_light(&archive(&encoder.finish().unwrap(), 5)),
            Some(true)
        );
        assert_eq!(is_light(b"PK\x03\x04 not an archive"), None);
    }
}
