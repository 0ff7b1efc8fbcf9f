//! The courier file: what waits on one handheld, sealed so that only the server reads it, and the
//! server's answer that is carried back. The forms are in `docs/SYNC.md`.
//!
//! Whoever carries a file can deliver it and nothing else. It is encrypted to the server's key (an
//! ephemeral X25519 key per file, see `SecretKey::agree`; ChaCha20-Poly1305) and its sheet is
//! signed by the handheld's key, which says whose it is. The answer is signed by the server, so
//! that only what the server said is believed. Pure: the ephemeral secret is handed in.

use crate::id::{DeviceId, Sha256};
use crate::signature::{PublicKey, SecretKey, Signature, ephemeral_public};
use crate::wire::sync::{PUSH_BYTES_LIMIT, PUSH_OPERATIONS_LIMIT, PushAnswer, PushRequest};
use chacha20poly1305::aead::AeadInOut;
use chacha20poly1305::{ChaCha20Poly1305, Key, KeyInit, Nonce};
use serde::{Deserialize, Serialize};
use std::ops::Range;
use utoipa::ToSchema;

/// What a courier file begins with.
pub const MAGIC: &[u8] = b"gewu-courier/1\n";
/// What the answer to one begins with.
pub const ANSWER_MAGIC: &[u8] = b"gewu-answer/1\n";
/// Bytes of photos in one file: what a phone and a server each hold in memory without pain. What
/// is more goes into further files.
pub const PHOTOS_BYTES_LIMIT: usize = 32 * 1024 * 1024;
/// Pushes in one file: 2,000 reports at least, months of work.
pub const PUSHES_LIMIT: usize = 20;
/// Bytes of a sheet: its pushes at the largest, and the names of its photos.
pub const SHEET_BYTES_LIMIT: usize = PUSHES_LIMIT * PUSH_BYTES_LIMIT + 1024 * 1024;
/// Bytes of a file: sheet, photos, and what stands around them.
pub const FILE_BYTES_LIMIT: usize = SHEET_BYTES_LIMIT + PHOTOS_BYTES_LIMIT + 1024;
/// Bytes of an answer: a result with its receipt takes some hundreds for each operation.
pub const ANSWER_BYTES_LIMIT: usize = 8 * 1024 * 1024;

/// Bytes of a key.
const KEY_BYTES: usize = 32;
/// Hex digits of a signature.
const SIGNATURE_DIGITS: usize = 128;

/// Everything in a file but the bytes of its photos.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sheet {
    /// The handheld that made it.
    pub device_id: DeviceId,
    /// The same pushes that it would have sent.
    pub pushes: Vec<PushRequest>,
    /// The photos that follow: hash and size.
    pub photos: Vec<(Sha256, u64)>,
}

/// What the server says to a courier file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CourierAnswer {
    /// The handheld that made the file.
    pub device_id: DeviceId,
    /// One for each push in it.
    pub answers: Vec<PushAnswer>,
    /// Photos of the file that the server has now.
    #[schema(value_type = Vec<String>)]
    pub photos: Vec<Sha256>,
    /// The life of the server's data that has them; servers before 2026-11-28 don't say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server_epoch: Option<String>,
}

/// Why a file can't be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CourierError {
    /// It is something else.
    #[error("this is not a courier file")]
    Foreign,
    /// It was changed, or is for another server.
    #[error("the courier file was changed, or is for another server")]
    Sealed,
    /// What it holds can't be read.
    #[error("the courier file can't be read")]
    Content,
    /// It is an answer to another handheld's file.
    #[error("this answer is for another handheld")]
    OthersAnswer,
}

impl CourierError {
    /// What is wrong and what to do, in Chinese and English.
    #[must_use]
    pub const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Foreign => (
                "这不是格物的信使文件或回执。",
                "This is neither a courier file nor an answer to one.",
            ),
            Self::Sealed => (
                "文件已损坏，或属于另一台服务器。请重新拷贝，或在原手机上再导出一次；原手机上的内容都在。",
                "The file is damaged, or belongs to another server. Copy it again, or export it anew; everything is still on the handheld that made it.",
            ),
            Self::Content => (
                "文件内容读不懂，请更新后在原手机上再导出一次；原手机上的内容都在。",
                "The file can't be read; update, and export it anew. Everything is still on the handheld that made it.",
            ),
            Self::OthersAnswer => (
                "这是另一台手机的回执，请带给那台手机。",
                "This answer is for another handheld; carry it there.",
            ),
        }
    }
}

/// An opened file. Its maker is not believed before [`Opened::is_signed_by`].
#[derive(Debug)]
pub struct Opened {
    /// The sheet.
    pub sheet: Sheet,
    signed: Sha256,
    signature: Signature,
    plain: Vec<u8>,
    photos: Vec<Range<usize>>,
}

impl Opened {
    /// Reads what was sealed.
    ///
    /// # Errors
    /// [`CourierError::Content`].
    pub fn read(plain: Vec<u8>) -> Result<Self, CourierError> {
        read(plain).ok_or(CourierError::Content)
    }

    /// Whether the sheet was signed by this key.
    #[must_use]
    pub fn is_signed_by(&self, key: &PublicKey) -> bool {
        key.verifies(&signed_text(MAGIC, self.signed), &self.signature)
    }

    /// Hash, as named, and bytes of each photo.
    pub fn photos(&self) -> impl Iterator<Item = (Sha256, &[u8])> {
        let bytes = |range: &Range<usize>| self.plain.get(range.clone()).unwrap_or_default();
        let named = self.sheet.photos.iter().map(|(hash, _)| *hash);
        named.zip(self.photos.iter().map(bytes))
    }
}

/// What is signed: the purpose, and the hash of what follows.
fn signed_text(magic: &[u8], hash: Sha256) -> String {
    format!("{}{hash}", String::from_utf8_lossy(magic))
}

/// Seals a sheet with its photos to a server. `ephemeral` is 32 random bytes, used once.
///
/// # Errors
/// [`CourierError::Content`] when the sheet has no form.
pub fn seal(
    server: &PublicKey,
    ephemeral: [u8; KEY_BYTES],
    maker: &SecretKey,
    sheet: &Sheet,
    photos: &[Vec<u8>],
) -> Result<Vec<u8>, CourierError> {
    let text = serde_json::to_vec(sheet).map_err(|_| CourierError::Content)?;
    let length = u32::try_from(text.len()).map_err(|_| CourierError::Content)?;
    let signature = maker.sign(&signed_text(MAGIC, Sha256::of(&text)));
    let mut plain = signature.to_string().into_bytes();
    plain.extend(length.to_be_bytes());
    plain.extend(text);
    photos.iter().for_each(|photo| plain.extend(photo));

    let shared = server.agree(ephemeral).ok_or(CourierError::Content)?;
    let own = ephemeral_public(ephemeral);
    let head = [MAGIC, &own].concat();
    cipher(own, server, shared)
        .encrypt_in_place(&Nonce::default(), &head, &mut plain)
        .map_err(|_| CourierError::Content)?;
    plain.splice(0..0, head);
    Ok(plain)
}

/// Opens a file with the server's secret.
///
/// # Errors
/// [`CourierError::Foreign`], [`CourierError::Sealed`] or [`CourierError::Content`].
pub fn open(server: &SecretKey, file: &[u8]) -> Result<Opened, CourierError> {
    let rest = file.strip_prefix(MAGIC).ok_or(CourierError::Foreign)?;
    let (own, sealed) = rest
        .split_first_chunk::<KEY_BYTES>()
        .ok_or(CourierError::Sealed)?;
    let shared = server.agree(*own).ok_or(CourierError::Sealed)?;
    let head = [MAGIC, own].concat();
    let mut plain = sealed.to_vec();
    cipher(*own, &server.public(), shared)
        .decrypt_in_place(&Nonce::default(), &head, &mut plain)
        .map_err(|_| CourierError::Sealed)?;
    Opened::read(plain)
}

/// A key of its own for each file, so that the nonce may be zero.
fn cipher(own: [u8; KEY_BYTES], server: &PublicKey, shared: [u8; KEY_BYTES]) -> ChaCha20Poly1305 {
    let parts = [MAGIC, &own, server.to_string().as_bytes(), &shared].concat();
    let key = *Sha256::of(&parts).bytes();
    ChaCha20Poly1305::new(&Key::from(key))
}

/// Signature, four bytes of length, the sheet as JSON, the photos one after the other to the end.
fn read(plain: Vec<u8>) -> Option<Opened> {
    let (signature, rest) = plain.split_at_checked(SIGNATURE_DIGITS)?;
    let signature = std::str::from_utf8(signature).ok()?.parse().ok()?;
    let (length, rest) = rest.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
    let text = rest.get(..length).filter(|_| length <= SHEET_BYTES_LIMIT)?;
    let sheet: Sheet = serde_json::from_slice(text).ok()?;
    let signed = Sha256::of(text);
    let mut at = SIGNATURE_DIGITS.checked_add(4)?.checked_add(length)?;
    let mut photos = Vec::new();
    for (_, bytes) in &sheet.photos {
        let end = at.checked_add(usize::try_from(*bytes).ok()?)?;
        photos.push(at..end);
        at = end;
    }
    let is_whole = at == plain.len() && sheet.pushes.len() <= PUSHES_LIMIT;
    let is_its_own = |push: &PushRequest| {
        push.device_id == sheet.device_id && push.ops.len() <= PUSH_OPERATIONS_LIMIT
    };
    let is_good = is_whole && sheet.pushes.iter().all(is_its_own);
    is_good.then_some(Opened {
        sheet,
        signed,
        signature,
        plain,
        photos,
    })
}

/// Writes an answer: what it begins with, the server's signature, a line's end, the answer as JSON.
///
/// # Errors
/// [`CourierError::Content`] when it has no form.
pub fn write_answer(server: &SecretKey, answer: &CourierAnswer) -> Result<Vec<u8>, CourierError> {
    let text = serde_json::to_vec(answer).map_err(|_| CourierError::Content)?;
    let signature = server.sign(&signed_text(ANSWER_MAGIC, Sha256::of(&text)));
    Ok([ANSWER_MAGIC, format!("{signature}\n").as_bytes(), &text].concat())
}

/// Reads an answer. With the server's key it is believed or refused; without, it is only shown.
///
/// # Errors
/// [`CourierError::Foreign`], [`CourierError::Sealed`] or [`CourierError::Content`].
pub fn read_answer(server: Option<&PublicKey>, file: &[u8]) -> Result<CourierAnswer, CourierError> {
    let rest = file
        .strip_prefix(ANSWER_MAGIC)
        .ok_or(CourierError::Foreign)?;
    let (signature, text) = rest
        .split_at_checked(SIGNATURE_DIGITS)
        .ok_or(CourierError::Sealed)?;
    let text = text.strip_prefix(b"\n").ok_or(CourierError::Sealed)?;
    let signature = std::str::from_utf8(signature).ok();
    let signature: Signature = signature
        .and_then(|text| text.parse().ok())
        .ok_or(CourierError::Sealed)?;
    let said = signed_text(ANSWER_MAGIC, Sha256::of(text));
    if server.is_some_and(|key| !key.verifies(&said, &signature)) {
        return Err(CourierError::Sealed);
    }
    serde_json::from_slice(text).map_err(|_| CourierError::Content)
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::indexing_slicing,
        reason = "a test may fail loudly"
    )]
    use super::*;
    use uuid::Uuid;

    const PHOTO: &[u8] = b"bytes of a photo";
    const PHOTO_BYTES: u64 = 16;

    fn server() -> SecretKey {
        SecretKey::from_seed(&[7; 32])
    }

    fn maker() -> SecretKey {
        SecretKey::from_seed(&[8; 32])
    }

    fn sheet() -> Sheet {
        Sheet {
            device_id: DeviceId(Uuid::from_u128(5)),
            pushes: vec![],
            photos: vec![(Sha256::of(PHOTO), PHOTO_BYTES)],
        }
    }

    fn sealed(sheet: &Sheet, photos: &[Vec<u8>]) -> Vec<u8> {
        seal(&server().public(), [9; 32], &maker(), sheet, photos).unwrap()
    }

    #[test]
    fn only_the_server_opens_a_file_and_it_knows_the_maker() {
        let file = sealed(&sheet(), &[PHOTO.to_vec()]);
        let opened = open(&server(), &file).unwrap();
        assert_eq!(opened.sheet, sheet());
        let photos: Vec<_> = opened.photos().collect();
        assert_eq!(photos, [(Sha256::of(PHOTO), PHOTO)]);
        assert!(opened.is_signed_by(&maker().public()));
        assert!(!opened.is_signed_by(&server().public()));
        let other = SecretKey::from_seed(&[6; 32]);
        assert_eq!(open(&other, &file).unwrap_err(), CourierError::Sealed);
        let text = String::from_utf8_lossy(&file);
        assert!(!text.contains("device_id") && !text.contains("photo"));
    }

    #[test]
    fn a_file_that_was_changed_or_cut_anywhere_is_refused() {
        let file = sealed(&sheet(), &[PHOTO.to_vec()]);
        for at in 0..file.len() {
            let mut changed = file.clone();
            changed[at] ^= 1;
            assert!(open(&server(), &changed).is_err(), "byte {at}");
            assert!(open(&server(), &file[..at]).is_err(), "cut at {at}");
        }
        assert_eq!(open(&server(), b"{}").unwrap_err(), CourierError::Foreign);
        // A key that would make everybody's secret the same.
        let weak = [MAGIC, &[0; 32], &[0; 64]].concat();
        assert_eq!(open(&server(), &weak).unwrap_err(), CourierError::Sealed);
    }

    #[test]
    fn a_sheet_that_names_other_photos_than_follow_is_refused() {
        for bytes in [u64::MAX, 0, 15, 17] {
            let mut other = sheet();
            other.photos[0].1 = bytes;
            let file = sealed(&other, &[PHOTO.to_vec()]);
            assert_eq!(open(&server(), &file).unwrap_err(), CourierError::Content);
        }
        let file = sealed(&sheet(), &[PHOTO.to_vec(), vec![1]]);
        assert_eq!(open(&server(), &file).unwrap_err(), CourierError::Content);
    }

    #[test]
    fn an_answer_is_believed_as_the_server_wrote_it_and_not_otherwise() {
        let answer = CourierAnswer {
            device_id: sheet().device_id,
            answers: vec![],
            photos: vec![Sha256::of(PHOTO)],
            server_epoch: Some("one life".to_owned()),
        };
        let file = write_answer(&server(), &answer).unwrap();
        let key = server().public();
        assert_eq!(read_answer(Some(&key), &file).unwrap(), answer);
        assert_eq!(read_answer(None, &file).unwrap(), answer);
        for at in 0..file.len() {
            let mut changed = file.clone();
            changed[at] ^= 1;
            assert!(read_answer(Some(&key), &changed).is_err(), "byte {at}");
            assert!(read_answer(Some(&key), &file[..at]).is_err(), "cut at {at}");
        }
        let another = read_answer(Some(&maker().public()), &file);
        assert_eq!(another.unwrap_err(), CourierError::Sealed);
    }
}
