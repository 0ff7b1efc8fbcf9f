//! The key of the handheld's database: made once, kept in a small file beside it, wrapped by a PIN
//! where the worker set one.
//!
//! The database is encrypted under 32 random bytes that never change; a PIN wraps them, so that
//! a change of PIN rewrites this small file and nothing else. Without a PIN the bytes lie in the
//! file as they are, readable by the app's user only, or in the system's keyring. A wrong PIN costs
//! time, more each try, and never data. Only [`erase`] ends a key: a handheld that was reported
//! lost, with nothing left to send. Tests: `tests/vault.rs`.

use crate::edge;
use crate::keyring::{self, KeyringError};
use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use chacha20poly1305::aead::{Aead, KeyInit};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use serde::{Deserialize, Serialize};
use shared::time::{DAY_MS, HOUR_MS, SECOND_MS, Timestamp};
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// Name of the file in the handheld's directory.
pub const FILE_NAME: &str = "gewu-handheld.key";
/// Held while key and database are opened, so that two programs don't both make a key.
const LOCK_NAME: &str = "gewu-handheld.lock";
/// What this version writes.
const VERSION: u32 = 1;
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
    /// The file can't be read, written or understood.
    #[error("could not use the key file: {0}")]
    File(String),
}

impl From<std::io::Error> for VaultError {
    fn from(error: std::io::Error) -> Self {
        Self::File(error.to_string())
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

/// How the key lies in the file.
#[derive(Serialize, Deserialize)]
#[serde(tag = "kept", rename_all = "snake_case")]
enum Kept {
    /// As it is.
    Open { key: String },
    /// In the system's keyring, under this name.
    Keyring { name: String },
    /// Wrapped by a PIN, with everything but the PIN that unwrapping takes.
    Pin {
        memory_kib: u32,
        passes: u32,
        lanes: u32,
        salt: String,
        nonce: String,
        wrapped: String,
    },
    /// Not at all any more.
    Erased { at: Timestamp },
}

#[derive(Serialize, Deserialize)]
struct Content {
    version: u32,
    #[serde(flatten)]
    kept: Kept,
    /// Wrong PINs in a row, and when the last one was given.
    #[serde(default)]
    failures: u32,
    #[serde(default)]
    failed_at: Timestamp,
}

impl Content {
    fn new(kept: Kept) -> Self {
        Self {
            version: VERSION,
            kept,
            failures: 0,
            failed_at: Timestamp(0),
        }
    }

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
    Ok(match read(directory)? {
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
    let Some(content) = read(directory)? else {
        let key = Key(Zeroizing::new(edge::secret()));
        write(directory, &Content::new(keep(&key, None)?))?;
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
    let Some(mut content) = read(directory)? else {
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
        write(directory, &content)?;
    }
    if now < content.retry() {
        return Err(VaultError::Waiting {
            retry: content.retry(),
        });
    }
    // Counted before it is tried, so that ending the program in the middle gains nothing.
    content.failures = content.failures.saturating_add(1);
    content.failed_at = now;
    write(directory, &content)?;
    let Some(key) = unwrap(&content.kept, pin)? else {
        return Err(VaultError::WrongPin {
            retry: content.retry(),
        });
    };
    content.failures = 0;
    content.failed_at = Timestamp(0);
    write(directory, &content)?;
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
    let before = read(directory)?.map(|content| content.kept);
    let path = directory.join(FILE_NAME);
    let old = OpenOptions::new().write(true).open(&path);
    let length = std::fs::metadata(&path).map_or(0, |data| data.len());
    write(directory, &Content::new(kept))?;
    if let Ok(mut old) = old {
        old.write_all(&vec![0; usize::try_from(length).unwrap_or(0)])?;
        old.sync_all()?;
    }
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
    if let Some(Kept::Keyring { name }) = read(directory)?.map(|content| content.kept) {
        match keyring::remove(&name) {
            Ok(()) | Err(KeyringError::Missing) => {}
            // Not erased as long as somebody could still have it.
            Err(error) => return Err(error.into()),
        }
    }
    // Over the old bytes first: a new file alone would leave them on the disk.
    let path = directory.join(FILE_NAME);
    let length = std::fs::metadata(&path).map_or(0, |data| data.len());
    if let Ok(mut file) = OpenOptions::new().write(true).open(&path) {
        let zeros = vec![0; usize::try_from(length).unwrap_or(0)];
        file.write_all(&zeros)?;
        file.sync_all()?;
    }
    write(directory, &Content::new(Kept::Erased { at: now }))
}

/// Waits until no other program opens or changes this handheld's key or database file.
pub(crate) fn turn(directory: &Path) -> Result<File, VaultError> {
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).write(true);
    let file = private(&mut options).open(directory.join(LOCK_NAME))?;
    file.lock()?;
    Ok(file)
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

fn read(directory: &Path) -> Result<Option<Content>, VaultError> {
    let text = match std::fs::read_to_string(directory.join(FILE_NAME)) {
        Ok(text) => Zeroizing::new(text),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let content: Content =
        serde_json::from_str(&text).map_err(|error| VaultError::File(error.to_string()))?;
    if content.version > VERSION {
        return Err(VaultError::File(String::from("a later version wrote it")));
    }
    Ok(Some(content))
}

/// Writes the file whole or not at all: whoever kills the program finds the old or the new one.
fn write(directory: &Path, content: &Content) -> Result<(), VaultError> {
    let text = serde_json::to_string(content).map_err(|e| VaultError::File(e.to_string()))?;
    let text = Zeroizing::new(text);
    let path = directory.join(FILE_NAME);
    let new = with_tail(&path, ".new");
    let mut options = OpenOptions::new();
    options.create(true).truncate(true).write(true);
    let mut file = private(&mut options).open(&new)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    std::fs::rename(&new, &path)?;
    sync_directory(directory)
}

/// A rename is durable when its directory is.
pub(crate) fn sync_directory(directory: &Path) -> Result<(), VaultError> {
    Ok(File::open(directory)?.sync_all()?)
}

/// A path with more behind its name.
pub(crate) fn with_tail(path: &Path, tail: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(tail);
    PathBuf::from(name)
}

/// For the owner alone, where the system knows owners.
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}

fn bytes(text: &str) -> Result<Vec<u8>, VaultError> {
    BASE64.decode(text).map_err(|_| damaged())
}

fn damaged() -> VaultError {
    VaultError::File(String::from("it is damaged"))
}
