//! The key's file: how a key lies in it, and how it is written so that neither a kill nor a full
//! disk costs the key or the count of wrong PINs. Tests: `tests/vault.rs`.

use super::VaultError;
use serde::{Deserialize, Serialize};
use shared::time::Timestamp;
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// Name of the file in the handheld's directory.
pub const FILE_NAME: &str = "gewu-handheld.key";
/// Held while key and database are opened, so that two programs don't both make a key.
const LOCK_NAME: &str = "gewu-handheld.lock";
/// What this version writes.
const VERSION: u32 = 1;

/// How the key lies in the file.
#[derive(Serialize, Deserialize)]
#[serde(tag = "kept", rename_all = "snake_case")]
pub(super) enum Kept {
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

#[derive(Deserialize)]
pub(super) struct Content {
    version: u32,
    #[serde(flatten)]
    pub(super) kept: Kept,
    /// Wrong PINs in a row, and when the last one was given.
    #[serde(default)]
    pub(super) failures: u32,
    #[serde(default)]
    pub(super) failed_at: Timestamp,
}

impl Content {
    pub(super) fn new(kept: Kept) -> Self {
        Self {
            version: VERSION,
            kept,
            failures: 0,
            failed_at: Timestamp(0),
        }
    }

    /// As it lies in the file: what stays, and behind it the count, which takes the same room
    /// whatever it is.
    fn text(&self) -> Result<(Zeroizing<String>, String), VaultError> {
        let head = Head {
            version: self.version,
            kept: &self.kept,
        };
        let head = serde_json::to_string(&head).map_err(|e| VaultError::File(e.to_string()))?;
        let mut head = Zeroizing::new(head);
        // The brace comes behind the count.
        head.pop();
        let (failures, at) = (self.failures, self.failed_at.0);
        let count = format!(",\"failures\":{failures:>10},\"failed_at\":{at:>20}}}");
        Ok((head, count))
    }
}

/// What doesn't change while PINs are tried.
#[derive(Serialize)]
struct Head<'a> {
    version: u32,
    #[serde(flatten)]
    kept: &'a Kept,
}

/// Waits until no other program opens or changes this handheld's key or database file.
pub(crate) fn turn(directory: &Path) -> Result<File, VaultError> {
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).write(true);
    let file = private(&mut options).open(directory.join(LOCK_NAME))?;
    file.lock()?;
    Ok(file)
}

/// What is in the file; none where there is no file.
pub(super) fn read(directory: &Path) -> Result<Option<Content>, VaultError> {
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
pub(super) fn write(directory: &Path, content: &Content) -> Result<(), VaultError> {
    let (head, count) = content.text()?;
    let path = directory.join(FILE_NAME);
    let new = with_tail(&path, ".new");
    let written = write_new(&new, &head, &count).and_then(|()| std::fs::rename(&new, &path));
    if let Err(error) = written {
        // Nobody finds a key there that is kept in another way.
        std::fs::remove_file(&new).ok();
        return Err(error.into());
    }
    sync_directory(directory)
}

fn write_new(path: &Path, head: &str, count: &str) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    options.create(true).truncate(true).write(true);
    let mut file = private(&mut options).open(path)?;
    file.write_all(head.as_bytes())?;
    file.write_all(count.as_bytes())?;
    file.sync_all()
}

/// Keeps the count of wrong PINs by writing over the old one, which takes no room: a worker gets in
/// on a full disk too, and nobody tries without end there. The few bytes lie in one sector, so that
/// a disk has the old ones or the new ones.
pub(super) fn count(directory: &Path, content: &Content) -> Result<(), VaultError> {
    let (head, count) = content.text()?;
    let path = directory.join(FILE_NAME);
    let before = Zeroizing::new(std::fs::read(&path)?);
    // In a file of an earlier version a longer count would need more room.
    if before.len() != head.len() + count.len() || !before.starts_with(head.as_bytes()) {
        return write(directory, content);
    }
    let mut file = OpenOptions::new().write(true).open(&path)?;
    file.seek(SeekFrom::Start(
        u64::try_from(head.len()).unwrap_or(u64::MAX),
    ))?;
    file.write_all(count.as_bytes())?;
    Ok(file.sync_all()?)
}

/// Writes the file anew, then zeros over the bytes that it had before.
pub(super) fn replace(directory: &Path, content: &Content) -> Result<(), VaultError> {
    let path = directory.join(FILE_NAME);
    let old = OpenOptions::new().write(true).open(&path);
    let length = std::fs::metadata(&path).map_or(0, |data| data.len());
    write(directory, content)?;
    if let Ok(mut old) = old {
        old.write_all(&vec![0; usize::try_from(length).unwrap_or(0)])?;
        old.sync_all()?;
    }
    Ok(())
}

/// Writes over every byte of the file. A new one would leave them on the disk, and on a full disk
/// there would be no new one.
pub(super) fn write_over(directory: &Path, content: &Content) -> Result<(), VaultError> {
    let path = directory.join(FILE_NAME);
    let mut file = match OpenOptions::new().write(true).open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return write(directory, content),
        Err(error) => return Err(error.into()),
    };
    let length = usize::try_from(file.metadata()?.len()).unwrap_or(0);
    let (head, count) = content.text()?;
    let text = format!("{}{count}", head.as_str());
    file.write_all(format!("{text:<length$}").as_bytes())?;
    file.sync_all()?;
    // Left behind by a change of PIN that was killed.
    std::fs::remove_file(with_tail(&path, ".new")).ok();
    Ok(())
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
