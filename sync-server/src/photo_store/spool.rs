//! The spool: uploads as they grow, one local file each.
//!
//! What [`Growing::keep`] answered survives a power cut; what was written without it is dropped
//! when the upload is opened again. A photo that comes in one go is hashed while it is written.

use super::plain::copy_plain;
use super::{PhotoStore, PhotoStoreError, Result, blocking, disk};
use axum::body::Bytes;
use sha2::{Digest, Sha256 as Hasher};
use shared::id::Sha256;
use std::fs::{File, OpenOptions};
use std::io::{BufReader, BufWriter, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// Bytes read at once while an upload is hashed.
const READ_BYTES: usize = 256 * 1024;

/// An upload that bytes are added to.
#[derive(Debug)]
pub struct Growing {
    file: File,
    spool: Arc<Path>,
    is_new: bool,
    reached: u64,
    /// Of the whole file, as long as it is written from its beginning.
    hasher: Option<Hasher>,
}

impl Growing {
    /// Adds bytes; not durable yet.
    ///
    /// # Errors
    /// When the spool can't be written.
    pub async fn write(mut self, bytes: Bytes) -> Result<Self> {
        blocking(move || {
            let written = self.file.write_all(&bytes);
            written.map_err(|source| disk("add to an upload", source))?;
            if let Some(hasher) = &mut self.hasher {
                hasher.update(&bytes);
            }
            let count = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
            self.reached = self.reached.saturating_add(count);
            Ok(self)
        })
        .await
    }

    /// Makes durable what was added: the length now, and the hash of the whole so far when it was
    /// written from its beginning. `is_whole` when nothing is missing: then the file moves on at
    /// once, and nobody is told of its name here.
    ///
    /// # Errors
    /// When the spool can't be synced.
    pub async fn keep(self, is_whole: bool) -> Result<(u64, Option<Sha256>)> {
        blocking(move || {
            let synced = self.file.sync_all();
            synced.map_err(|source| disk("keep an upload", source))?;
            if self.is_new && !is_whole {
                // The name in the directory has to be durable too.
                sync_directory(&self.spool)?;
            }
            let hash = self
                .hasher
                .map(|hasher| Sha256::new(hasher.finalize().into()));
            Ok((self.reached, hash))
        })
        .await
    }

    /// Where the next byte goes.
    #[must_use]
    pub const fn reached(&self) -> u64 {
        self.reached
    }
}

/// What passes through the spool in one request; its file goes when this goes, whatever happened.
#[derive(Debug)]
pub struct Passing {
    path: PathBuf,
}

impl Passing {
    /// All of it, into memory.
    ///
    /// # Errors
    /// When the spool can't be read.
    pub async fn read(&self) -> Result<Vec<u8>> {
        let path = self.path.clone();
        blocking(move || std::fs::read(&path).map_err(|source| disk("read the spool", source)))
            .await
    }
}

impl Drop for Passing {
    fn drop(&mut self) {
        // One that can't be removed now is swept up later.
        drop(std::fs::remove_file(&self.path));
    }
}

/// A photo without what the camera wrote beside the picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plain {
    /// SHA-256 of its bytes.
    pub hash: Sha256,
    /// Size in bytes.
    pub bytes: u64,
    /// It is shown lying on its side: its width is its height.
    pub lies: bool,
}

/// A file that is hashed and counted while it is written.
struct Hashing {
    file: BufWriter<File>,
    hasher: Hasher,
    bytes: u64,
}

impl Write for Hashing {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let count = self.file.write(bytes)?;
        self.hasher.update(bytes.get(..count).unwrap_or_default());
        let more = u64::try_from(count).unwrap_or(u64::MAX);
        self.bytes = self.bytes.saturating_add(more);
        Ok(count)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.file.flush()
    }
}

impl PhotoStore {
    /// Opens an upload to add bytes at an offset. What the spool holds beyond it is dropped:
    /// nobody was told of it.
    ///
    /// # Errors
    /// [`PhotoStoreError::Gap`] when the spool holds less than `offset`, or when it can't be
    /// written.
    pub async fn grow(&self, upload: Uuid, offset: u64) -> Result<Growing> {
        let path = self.spooled(upload);
        let spool = Arc::clone(&self.spool);
        blocking(move || open(spool, &path, upload, offset)).await
    }

    /// Watches over what is about to be written under this name: it is gone when the answer is.
    #[must_use]
    pub fn passing(&self, upload: Uuid) -> Passing {
        Passing {
            path: self.spooled(upload),
        }
    }

    /// The first bytes of an upload, at most `limit`; none when the spool doesn't hold it.
    ///
    /// # Errors
    /// When the spool can't be read.
    pub async fn spooled_head(&self, upload: Uuid, limit: usize) -> Result<Option<Vec<u8>>> {
        let path = self.spooled(upload);
        let failed = |source| disk("read an upload", source);
        blocking(move || {
            let file = match File::open(&path) {
                Ok(file) => file,
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
                Err(source) => return Err(failed(source)),
            };
            let mut head = Vec::new();
            let limit = u64::try_from(limit).unwrap_or(u64::MAX);
            file.take(limit).read_to_end(&mut head).map_err(failed)?;
            Ok(Some(head))
        })
        .await
    }

    /// Copies a complete upload to another name in the spool without what the camera wrote beside
    /// the picture; none when it isn't a whole JPEG or PNG. Durable when this answers.
    ///
    /// # Errors
    /// When the spool can't be read or written.
    pub async fn make_plain(&self, upload: Uuid, plain: Uuid) -> Result<Option<Plain>> {
        let (from, to) = (self.spooled(upload), self.spooled(plain));
        let spool = Arc::clone(&self.spool);
        blocking(move || {
            let failed = |source| disk("copy an upload", source);
            let mut read = BufReader::new(File::open(&from).map_err(failed)?);
            let file = File::create(&to).map_err(failed)?;
            let mut write = Hashing {
                file: BufWriter::new(file),
                hasher: Hasher::new(),
                bytes: 0,
            };
            let lies = match copy_plain(&mut read, &mut write) {
                Ok(lies) => lies,
                Err(error)
                    if matches!(
                        error.kind(),
                        ErrorKind::InvalidData | ErrorKind::UnexpectedEof
                    ) =>
                {
                    return Ok(None);
                }
                Err(source) => return Err(failed(source)),
            };
            let file = write.file.into_inner();
            let file = file.map_err(|error| failed(error.into_error()))?;
            file.sync_all().map_err(failed)?;
            sync_directory(&spool)?;
            Ok(Some(Plain {
                hash: Sha256::new(write.hasher.finalize().into()),
                bytes: write.bytes,
                lies,
            }))
        })
        .await
    }

    /// Drops what the spool holds of an upload.
    ///
    /// # Errors
    /// When the spool can't be written.
    pub async fn discard(&self, upload: Uuid) -> Result<()> {
        let path = self.spooled(upload);
        blocking(move || match std::fs::remove_file(&path) {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
            Err(source) => Err(disk("drop an upload", source)),
        })
        .await
    }

    /// What the spool holds and nobody wrote to for so long; at most `limit`.
    ///
    /// # Errors
    /// When the spool can't be read.
    pub async fn untouched(&self, silence: Duration, limit: usize) -> Result<Vec<Uuid>> {
        let spool = Arc::clone(&self.spool);
        blocking(move || {
            let failed = |source| disk("look through the spool", source);
            let mut found = Vec::new();
            for entry in std::fs::read_dir(&spool).map_err(failed)? {
                let entry = entry.map_err(failed)?;
                let name = entry.file_name();
                let upload = name.to_str().and_then(|name| Uuid::try_parse(name).ok());
                // One that has gone meanwhile was touched, and so was one of tomorrow.
                let changed = entry.metadata().and_then(|file| file.modified());
                let passed = changed.ok().and_then(|changed| changed.elapsed().ok());
                if let Some(upload) = upload
                    && passed.is_some_and(|passed| passed >= silence)
                {
                    found.push(upload);
                }
                if found.len() >= limit {
                    break;
                }
            }
            Ok(found)
        })
        .await
    }

    pub(super) fn spooled(&self, upload: Uuid) -> PathBuf {
        self.spool.join(upload.simple().to_string())
    }
}

fn open(spool: Arc<Path>, path: &Path, upload: Uuid, offset: u64) -> Result<Growing> {
    let failed = |source| disk("add to an upload", source);
    let is_new = !path.exists();
    if is_new && offset > 0 {
        return Err(PhotoStoreError::Gap {
            upload,
            has: 0,
            offset,
        });
    }
    let mut file = OpenOptions::new()
        .create(true)
        .write(true)
        .truncate(false)
        .open(path)
        .map_err(failed)?;
    let has = file.metadata().map_err(failed)?.len();
    if has < offset {
        return Err(PhotoStoreError::Gap {
            upload,
            has,
            offset,
        });
    }
    file.set_len(offset).map_err(failed)?;
    file.seek(SeekFrom::Start(offset)).map_err(failed)?;
    Ok(Growing {
        file,
        spool,
        is_new,
        reached: offset,
        hasher: (offset == 0).then(Hasher::new),
    })
}

/// The hash of a file; none when there is no such file.
pub(super) fn file_hash(path: &Path) -> Result<Option<Sha256>> {
    let failed = |source| disk("read an upload", source);
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(failed(source)),
    };
    let mut hasher = Hasher::new();
    let mut buffer = vec![0; READ_BYTES];
    loop {
        let count = file.read(&mut buffer).map_err(failed)?;
        match buffer.get(..count) {
            None | Some([]) => return Ok(Some(Sha256::new(hasher.finalize().into()))),
            Some(bytes) => hasher.update(bytes),
        }
    }
}

/// Makes the names in a directory durable.
pub(super) fn sync_directory(directory: &Path) -> Result<()> {
    File::open(directory)
        .and_then(|directory| directory.sync_all())
        .map_err(|source| disk("keep the name of a photo", source))
}
