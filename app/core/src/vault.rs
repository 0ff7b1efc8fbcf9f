//! The key of the handheld's database: made once, kept in a small file beside it, wrapped by a PIN
//! where the worker set one.
//!
//! The database is encrypted under 32 random bytes that never change; a PIN wraps them, so that
//! a change of PIN rewrites this small file and nothing else. Without a PIN the bytes lie in the
//! file as they are, readable by the app's user only, or in the system's keyring. A wrong PIN costs
//! time, more each try, and never data. Only [`erase`] ends a key: a handheld that was reported
//! lost, with nothing left to send. Tests: `tests/vault.rs`.

mod file;

pub use file::FILE_NAME;
pub(crate) use file::{sync_directory, turn, with_tail};

use crate::edge;
use crate::keyring::{self, KeyringError};
use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use chacha20poly1305::aead::{Aead, KeyInit};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use file::{Content, Kept};
use shared::time::{DAY_MS, HOUR_MS, SECOND_MS, Timestamp};
use std::io::ErrorKind;
use std::path::Path;
use zeroize::Zeroizing;

/// Bytes of a key: SQLCipher's AES-256.
const KEY_BYTES: usize = 32;
/// Bytes of a salt: twice what keeps two handhelds apart.
const SALT_BYTES: usize = 16;
/// Bytes of XChaCha20's nonce: drawn at random, never twice.
const NONCE_BYTES: usize = 24;

/// The shortest PIN: a million of them, behind the waits below.
pub const PIN_CHARS_MIN: usize = 6;
/// The longest: a phrase is welcome, an essay is not.
pub const PIN_CHARS_MAX: usize = 64;
/// Argon2id's memory in KiB: what every phone in use has to spare for a moment, and what makes
/// guessing on graphics cards dear (RFC 9106's second recommendation).
const KDF_MEMORY_KIB: u32 = 64 * 1024;
/// Argon2id's passes: half a second on a slow phone together with that memory.
const KDF_PASSES: u32 = 3;
/// Argon2id's lanes: one, since phones throttle under more.
const KDF_LANES: u32 = 1;

/// Wrong PINs before the first wait: fingers slip.
const FREE_TRIES: u32 = 3;
/// The first wait; doubles with each further wrong PIN.
const FIRST_WAIT_MS: i64 = 30 * SECOND_MS;
/// The longest of those waits.
const WAIT_MS_MAX: i64 = HOUR_MS;
/// Wrong PINs in a row after which the handheld is locked out.
pub const LOCK_OUT_TRIES: u32 = 10;
/// How long a lock-out lasts, and each further one. Never for ever: what wasn't sent is inside.
pub const LOCK_OUT_MS: i64 = DAY_MS;

/// Why the key can't be had.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// A PIN is set and none was given.
    #[error("a PIN is set")]
    Locked,
    /// Not the PIN; the next try may be made then.
    #[error("the PIN is wrong")]
    WrongPin {
        /// From when on.
        retry: Timestamp,
    },
    /// Too many wrong ones; nothing was tried.
    #[error("too many wrong PINs")]
    Waiting {
        /// From when on the next try may be made.
        retry: Timestamp,
    },
    /// Too short or too long for a PIN.
    #[error("a PIN has {PIN_CHARS_MIN} to {PIN_CHARS_MAX} characters")]
    BadPin,
    /// The key was erased: this handheld was reported lost.
    #[error("the key was erased because this handheld was reported lost")]
    Erased,
    /// The key lies in the system's keyring, which doesn't give it.
    #[error(transparent)]
    Keyring(#[from] KeyringError),
    /// The disk has no room for the file.
    #[error("no space left for the key file")]
    Full,
    /// The file can't be read, written or understood.
    #[error("could not use the key file: {0}")]
    File(String),
}

impl From<std::io::Error> for VaultError {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Self::Full,
            _ => Self::File(error.to_string()),
        }
    }
}

/// The database's key. Wiped from memory when it is dropped.
pub struct Key(Zeroizing<[u8; KEY_BYTES]>);

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key")
    }
}

impl Key {
    fn from_slice(bytes: &[u8]) -> Result<Self, VaultError> {
        let bytes = <[u8; KEY_BYTES]>::try_from(bytes).map_err(|_| damaged())?;
        Ok(Self(Zeroizing::new(bytes)))
    }

    /// No key, which SQLCipher takes as no encryption: for measuring what encryption costs.
    #[must_use]
    pub fn none() -> Self {
        Self(Zeroizing::new([0; KEY_BYTES]))
    }

    /// As SQLCipher takes it, raw: `x'…'`.
    #[must_use]
    pub fn literal(&self) -> Zeroizing<String> {
        if *self.0 == [0; KEY_BYTES] {
            return Zeroizing::new(String::new());
        }
        let hex: String = self.0.iter().map(|byte| format!("{byte:02x}")).collect();
        Zeroizing::new(format!("x'{hex}'"))
    }
}

impl Content {
    /// From when on the next PIN may be tried.
    fn retry(&self) -> Timestamp {
        let wait_ms = match self.failures {
            0..FREE_TRIES => return self.failed_at,
            LOCK_OUT_TRIES.. => LOCK_OUT_MS,
            failures => FIRST_WAIT_MS
                .checked_shl(failures - FREE_TRIES)
                .map_or(WAIT_MS_MAX, |wait_ms| wait_ms.min(WAIT_MS_MAX)),
        };
        self.failed_at.plus_ms(wait_ms)
    }
}

/// How a handheld is locked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lock {
    /// No PIN is set, or nothing was ever stored here.
    Open,
    /// A PIN is set; the next may be tried then.
    Pin(Timestamp),
    /// The key is gone.
    Erased,
}

/// How the handheld in a directory is locked.
///
/// # Errors
/// When the file is there and can't be understood.
pub fn look(directory: &Path) -> Result<Lock, VaultError> {
    Ok(match file::read(directory)? {
        None => Lock::Open,
        Some(content) => match content.kept {
            Kept::Open { .. } | Kept::Keyring { .. } => Lock::Open,
            Kept::Pin { .. } => Lock::Pin(content.retry()),
            Kept::Erased { .. } => Lock::Erased,
        },
    })
}

/// The key where no PIN is set; makes one at the first start.
///
/// # Errors
/// [`VaultError::Locked`] where a PIN is set, [`VaultError::Erased`], [`VaultError::Keyring`] where it
/// lies there and can't be had, or when the file fails.
pub fn key(directory: &Path) -> Result<Key, VaultError> {
    let _turn = turn(directory)?;
    let Some(content) = file::read(directory)? else {
        let key = Key(Zeroizing::new(edge::secret()));
        file::write(directory, &Content::new(keep(&key, None)?))?;
        return Ok(key);
    };
    match content.kept {
        Kept::Open { key } => Key::from_slice(&Zeroizing::new(bytes(&key)?)),
        Kept::Keyring { name } => Key::from_slice(&keyring::get(&name)?),
        Kept::Pin { .. } => Err(VaultError::Locked),
        Kept::Erased { .. } => Err(VaultError::Erased),
    }
}

/// The key by its PIN; where none is set, any will do.
///
/// # Errors
/// [`VaultError::WrongPin`] and [`VaultError::Waiting`] with the moment of the next try.
pub fn unlock(directory: &Path, pin: &str, now: Timestamp) -> Result<Key, VaultError> {
    let turn = turn(directory)?;
    let Some(mut content) = file::read(directory)? else {
        drop(turn);
        return key(directory);
    };
    if !matches!(content.kept, Kept::Pin { .. }) {
        drop(turn);
        return key(directory);
    }
    if now < content.failed_at {
        // The clock was set back: the wait begins anew, but it does not grow by years.
        content.failed_at = now;
        file::count(directory, &content)?;
    }
    if now < content.retry() {
        return Err(VaultError::Waiting {
            retry: content.retry(),
        });
    }
    // Counted before it is tried, so that ending the program in the middle gains nothing.
    content.failures = content.failures.saturating_add(1);
    content.failed_at = now;
    file::count(directory, &content)?;
    let Some(key) = unwrap(&content.kept, pin)? else {
        return Err(VaultError::WrongPin {
            retry: content.retry(),
        });
    };
    content.failures = 0;
    content.failed_at = Timestamp(0);
    // The key is there: a count that stays too high is no reason to keep it back.
    file::count(directory, &content).ok();
    Ok(key)
}

/// Sets, changes or takes away the PIN: the key stays, and the data with it.
///
/// # Errors
/// As [`unlock`] for the old one; [`VaultError::BadPin`] for the new one.
pub fn set_pin(
    directory: &Path,
    old: &str,
    new: Option<&str>,
    now: Timestamp,
) -> Result<(), VaultError> {
    if let Some(new) = new
        && !(PIN_CHARS_MIN..=PIN_CHARS_MAX).contains(&new.chars().count())
    {
        return Err(VaultError::BadPin);
    }
    let key = unlock(directory, old, now)?;
    let _turn = turn(directory)?;
    replace(directory, keep(&key, new)?)
}

/// Moves the key of a handheld without a PIN into the system's keyring, or back into the file. Only
/// what the keyring has given back once leaves the file.
///
/// # Errors
/// [`VaultError::Locked`] where a PIN is set, [`VaultError::Keyring`] where there is no keyring or it
/// doesn't give the key: then nothing was changed.
pub fn use_keyring(directory: &Path, wanted: bool) -> Result<(), VaultError> {
    let key = key(directory)?;
    let _turn = turn(directory)?;
    if !wanted {
        return replace(directory, keep(&key, None)?);
    }
    let name: String = edge::secret::<SALT_BYTES>()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    keyring::put(&name, key.0.as_slice())?;
    if keyring::get(&name)?.as_slice() != key.0.as_slice() {
        return Err(KeyringError::Missing.into());
    }
    replace(directory, Kept::Keyring { name })
}

/// Keeps the key in another way, and takes it out of where it was: the old bytes of the file are
/// written over, and what lay in the keyring is removed. What can't be removed there is of no use
/// to anybody who doesn't have the keyring.
fn replace(directory: &Path, kept: Kept) -> Result<(), VaultError> {
    let before = file::read(directory)?.map(|content| content.kept);
    file::replace(directory, &Content::new(kept))?;
    if let Some(Kept::Keyring { name }) = before {
        keyring::remove(&name).ok();
    }
    Ok(())
}

/// Erases the key: whatever lies in the database can't be read any more. For a handheld that was
/// reported lost, after its last operation and photo arrived.
///
/// # Errors
/// When the file can't be written.
pub fn erase(directory: &Path, now: Timestamp) -> Result<(), VaultError> {
    let _turn = turn(directory)?;
    if let Some(Kept::Keyring { name }) = file::read(directory)?.map(|content| content.kept) {
        match keyring::remove(&name) {
            Ok(()) | Err(KeyringError::Missing) => {}
            // Not erased as long as somebody could still have it.
            Err(error) => return Err(error.into()),
        }
    }
    file::write_over(directory, &Content::new(Kept::Erased { at: now }))
}

/// The key as it lies in the file.
fn keep(key: &Key, pin: Option<&str>) -> Result<Kept, VaultError> {
    let Some(pin) = pin else {
        return Ok(Kept::Open {
            key: BASE64.encode(*key.0),
        });
    };
    let (salt, nonce) = (edge::secret::<SALT_BYTES>(), edge::secret::<NONCE_BYTES>());
    let wrapping = stretch(pin, &salt, KDF_MEMORY_KIB, KDF_PASSES, KDF_LANES)?;
    let wrapped = cipher(wrapping.as_slice())?
        .encrypt(&XNonce::from(nonce), key.0.as_slice())
        .map_err(|_| damaged())?;
    Ok(Kept::Pin {
        memory_kib: KDF_MEMORY_KIB,
        passes: KDF_PASSES,
        lanes: KDF_LANES,
        salt: BASE64.encode(salt),
        nonce: BASE64.encode(nonce),
        wrapped: BASE64.encode(wrapped),
    })
}

/// The key, or none when it isn't this PIN.
fn unwrap(kept: &Kept, pin: &str) -> Result<Option<Key>, VaultError> {
    let Kept::Pin {
        memory_kib,
        passes,
        lanes,
        salt,
        nonce,
        wrapped,
    } = kept
    else {
        return Err(damaged());
    };
    let wrapping = stretch(pin, &bytes(salt)?, *memory_kib, *passes, *lanes)?;
    let nonce = <[u8; NONCE_BYTES]>::try_from(bytes(nonce)?).map_err(|_| damaged())?;
    let opened =
        cipher(wrapping.as_slice())?.decrypt(&XNonce::from(nonce), bytes(wrapped)?.as_slice());
    match opened {
        Ok(key) => Key::from_slice(&Zeroizing::new(key)).map(Some),
        Err(_) => Ok(None),
    }
}

fn cipher(wrapping: &[u8]) -> Result<XChaCha20Poly1305, VaultError> {
    XChaCha20Poly1305::new_from_slice(wrapping).map_err(|_| damaged())
}

fn stretch(
    pin: &str,
    salt: &[u8],
    memory_kib: u32,
    passes: u32,
    lanes: u32,
) -> Result<Zeroizing<[u8; KEY_BYTES]>, VaultError> {
    let failed = |error: argon2::Error| VaultError::File(error.to_string());
    let params = Params::new(memory_kib, passes, lanes, Some(KEY_BYTES)).map_err(failed)?;
    let mut wrapping = Zeroizing::new([0; KEY_BYTES]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(pin.as_bytes(), salt, wrapping.as_mut())
        .map_err(failed)?;
    Ok(wrapping)
}

fn bytes(text: &str) -> Result<Vec<u8>, VaultError> {
    BASE64.decode(text).map_err(|_| damaged())
}

fn damaged() -> VaultError {
    VaultError::File(String::from("it is damaged"))
}
