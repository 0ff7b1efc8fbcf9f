//! Bytes as lower-case hex digits, the way hashes, keys and signatures are written everywhere.

use std::fmt;

/// Writes bytes as lower-case hex digits.
pub(crate) fn write(bytes: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let digit = |nibble: u8| HEX.get(usize::from(nibble)).copied().unwrap_or(b'0');
    // On the stack and in pieces: hashes are written for every operation many times.
    for piece in bytes.chunks(32) {
        let mut text = [0_u8; 64];
        for (pair, byte) in text.chunks_exact_mut(2).zip(piece) {
            if let [high, low] = pair {
                (*high, *low) = (digit(byte >> 4), digit(byte & 15));
            }
        }
        let text = text.get(..piece.len() * 2).unwrap_or_default();
        f.write_str(std::str::from_utf8(text).unwrap_or_default())?;
    }
    Ok(())
}

/// Reads exactly `N` bytes from lower-case hex digits.
pub(crate) fn read<const N: usize>(text: &str) -> Option<[u8; N]> {
    const NONE: u8 = 0x80;
    // Chosen, not branched: nobody foretells the digits of a hash, and hashes are read all day.
    let worth = |b: u8| {
        let (digit, letter) = (b.wrapping_sub(b'0'), b.wrapping_sub(b'a'));
        let letter = if letter < 6 { letter + 10 } else { NONE };
        if digit < 10 { digit } else { letter }
    };
    if text.len() != N.checked_mul(2)? {
        return None;
    }
    let (mut bytes, mut all) = ([0_u8; N], 0);
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        let [high, low] = pair else { return None };
        let (high, low) = (worth(*high), worth(*low));
        all |= high | low;
        *byte = ((high & 15) << 4) | (low & 15);
    }
    (all & NONE == 0).then_some(bytes)
}
