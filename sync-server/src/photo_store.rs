//! Photo bytes by their hash, and the spool where uploads grow.
//!
//! The store is a directory by default and an S3-compatible service by address; both through
//! `object_store`. A photo is kept only when its bytes have the hash that names it, so keeping one
//! twice is harmless and nothing is ever overwritten with something else. The spool is a local
//! directory: what has been acknowledged there survives a power cut. Which photos are wanted, and
//! who may see them, is decided elsewhere. Tests are below; the S3 side compiles and parses its
//! address but has not been tried against a service yet (`docs/STORAGE.md`).

mod plain;
mod spool;

use axum::body::Bytes;
use object_store::aws::AmazonS3Builder;
use object_store::buffered::BufWriter;
use object_store::local::LocalFileSystem;
use object_store::path::Path as Key;
use object_store::prefix::PrefixStore;
use object_store::{ObjectStore, ObjectStoreExt, PutPayload};
use shared::id::Sha256;
pub use spool::{Growing, Passing, Plain};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::io::AsyncWriteExt;
use uuid::Uuid;

/// Bytes gathered before a part is sent; S3 takes no smaller parts, and most photos fit one.
const PART_BYTES: usize = 5 * 1024 * 1024;

/// Why photo bytes could not be kept or found.
#[derive(Debug, thiserror::Error)]
pub enum PhotoStoreError {
    /// The address is neither a directory nor `s3://…`.
    #[error("could not read the address of the photo store: {0}")]
    Address(String),
    /// The directory isn't there: `init` made it, and nothing else does.
    #[error("there is no photo directory at {0}: put it back, or make an empty one")]
    Missing(String),
    /// The bytes don't have the hash that should name them.
    #[error("the bytes of photo {0} have another hash")]
    WrongHash(Sha256),
    /// The chunk doesn't begin where the upload ends.
    #[error("upload {upload} has {has} bytes, so nothing can be added at {offset}")]
    Gap {
        /// The upload.
        upload: Uuid,
        /// Bytes in the spool.
        has: u64,
        /// Where the chunk was to begin.
        offset: u64,
    },
    /// The disk of the spool or of the store failed.
    #[error("could not {action}: {source}")]
    Disk {
        /// What was attempted.
        action: &'static str,
        /// What the system said.
        source: std::io::Error,
    },
    /// The store failed.
    #[error("the photo store failed: {0}")]
    Store(#[from] object_store::Error),
    /// The program is stopping.
    #[error("the work on a photo was cut off")]
    CutOff,
}

/// What the store answers with.
pub type Result<T, E = PhotoStoreError> = std::result::Result<T, E>;

/// What became of a complete upload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finished {
    /// It is in the store and gone from the spool.
    Kept,
    /// Its bytes have another hash; it is gone from the spool and has to be sent anew.
    WrongHash,
    /// The spool doesn't hold it (any more), nor does the store.
    Lost,
}

/// The store and the spool. Cheap to clone.
#[derive(Debug, Clone)]
pub struct PhotoStore {
    objects: Arc<dyn ObjectStore>,
    /// Where the store is a directory of this machine: photos are moved there instead of copied.
    folder: Option<Arc<Path>>,
    spool: Arc<Path>,
}

impl PhotoStore {
    /// Makes the directories that `url` and `spool` name; for `init` only.
    ///
    /// # Errors
    /// When a directory can't be made or the address can't be read.
    pub fn create(url: &str, spool: &Path) -> Result<Self> {
        if let Some(dir) = directory(url) {
            std::fs::create_dir_all(dir)
                .map_err(|source| disk("make the photo directory", source))?;
        }
        Self::open(url, spool)
    }

    /// Opens a store: a directory (`/srv/gewu/photos` or `file:///srv/gewu/photos`) or
    /// `s3://bucket/prefix` with the usual `AWS_…` environment. A missing spool is made: whoever
    /// copies data leaves out what is on its way, or empty folders.
    ///
    /// # Errors
    /// When the directory of the photos is missing, the spool can't be made or the address can't
    /// be read.
    pub fn open(url: &str, spool: &Path) -> Result<Self> {
        let folder = directory(url);
        let objects: Arc<dyn ObjectStore> = match &folder {
            Some(dir) if !dir.is_dir() => {
                return Err(PhotoStoreError::Missing(dir.display().to_string()));
            }
            // Syncs file and directory before it answers: a photo that was acknowledged stays.
            Some(dir) => Arc::new(LocalFileSystem::new_with_prefix(dir)?.with_fsync(true)),
            None => s3(url)?,
        };
        std::fs::create_dir_all(spool).map_err(|source| disk("make the spool", source))?;
        Ok(Self {
            objects,
            folder: folder.map(Arc::from),
            spool: Arc::from(spool),
        })
    }

    /// Opens a store from which is only read; uploads go nowhere.
    ///
    /// # Errors
    /// As [`PhotoStore::open`].
    pub fn open_to_read(url: &str) -> Result<Self> {
        Self::open(url, &std::env::temp_dir())
    }

    /// The size of a photo that is here.
    ///
    /// # Errors
    /// When the store can't be asked.
    pub async fn size(&self, hash: Sha256) -> Result<Option<u64>> {
        match self.objects.head(&key(hash)).await {
            Ok(meta) => Ok(Some(meta.size)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// The bytes of a photo that is here.
    ///
    /// # Errors
    /// When the store can't be read.
    pub async fn read(&self, hash: Sha256) -> Result<Option<Bytes>> {
        match self.objects.get(&key(hash)).await {
            Ok(found) => Ok(Some(found.bytes().await?)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// The bytes of a photo that is here, as they are read: never all of them in memory.
    ///
    /// # Errors
    /// When the store can't be read.
    pub async fn stream(&self, hash: Sha256) -> Result<Option<axum::body::Body>> {
        match self.objects.get(&key(hash)).await {
            Ok(found) => Ok(Some(axum::body::Body::from_stream(found.into_stream()))),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Keeps a photo that is in memory; durable when this answers.
    ///
    /// # Errors
    /// [`PhotoStoreError::WrongHash`], or when the store can't be written.
    pub async fn keep(&self, hash: Sha256, bytes: Bytes) -> Result<()> {
        if Sha256::of(&bytes) != hash {
            return Err(PhotoStoreError::WrongHash(hash));
        }
        self.objects
            .put(&key(hash), PutPayload::from(bytes))
            .await?;
        Ok(())
    }

    /// Removes a photo; whether or not it was here.
    ///
    /// # Errors
    /// When the store can't be written.
    pub async fn remove(&self, hash: Sha256) -> Result<()> {
        match self.objects.delete(&key(hash)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Checks a complete upload and moves it into the store; durable when this answers
    /// [`Finished::Kept`]. `seen` is its hash when it was taken while it came. May be repeated
    /// after a crash.
    ///
    /// # Errors
    /// When the spool can't be read or the store can't be written.
    pub async fn finish(
        &self,
        upload: Uuid,
        hash: Sha256,
        seen: Option<Sha256>,
    ) -> Result<Finished> {
        let path = self.spooled(upload);
        let found = match seen {
            Some(seen) => Some(seen),
            None => {
                let path = path.clone();
                blocking(move || spool::file_hash(&path)).await?
            }
        };
        match found {
            None => {
                // Asked by its bytes: a file that was cut off since has the name too.
                let here = self.read(hash).await?;
                let is_here = here.is_some_and(|bytes| Sha256::of(&bytes) == hash);
                return Ok(if is_here {
                    Finished::Kept
                } else {
                    Finished::Lost
                });
            }
            Some(found) if found != hash => {
                self.discard(upload).await?;
                return Ok(Finished::WrongHash);
            }
            Some(_) => {}
        }
        if let Some(folder) = self.folder.clone() {
            let path = path.clone();
            if blocking(move || move_in(&path, &folder, hash)).await? {
                return Ok(Finished::Kept);
            }
        }
        self.copy(&path, hash).await?;
        self.discard(upload).await?;
        Ok(Finished::Kept)
    }

    /// In parts, so that a large photo is never in memory as a whole.
    async fn copy(&self, path: &Path, hash: Sha256) -> Result<()> {
        let reading = |source| disk("read an upload", source);
        let writing = |source| disk("keep a photo", source);
        let mut file = tokio::fs::File::open(path).await.map_err(reading)?;
        let mut writer = BufWriter::with_capacity(Arc::clone(&self.objects), key(hash), PART_BYTES);
        tokio::io::copy(&mut file, &mut writer)
            .await
            .map_err(writing)?;
        writer.shutdown().await.map_err(writing)
    }
}

/// The directory that an address names; none for another kind of address.
fn directory(url: &str) -> Option<PathBuf> {
    match url.strip_prefix("file://") {
        Some(path) => Some(PathBuf::from(path)),
        None if url.contains("://") => None,
        None => Some(PathBuf::from(url)),
    }
}

fn s3(url: &str) -> Result<Arc<dyn ObjectStore>> {
    let Some(rest) = url.strip_prefix("s3://") else {
        return Err(PhotoStoreError::Address(String::from(
            "neither a directory nor s3://…",
        )));
    };
    let prefix = rest.split_once('/').map_or("", |(_, prefix)| prefix);
    // The client brings no cryptography of its own; another part may have set it already.
    drop(rustls::crypto::ring::default_provider().install_default());
    let service = AmazonS3Builder::from_env().with_url(url).build()?;
    Ok(Arc::new(PrefixStore::new(service, Key::from(prefix))))
}

/// Two digits of the hash as a folder, so that no folder holds a million files.
fn key(hash: Sha256) -> Key {
    let text = hash.to_string();
    let folder = text.get(..2).unwrap_or_default();
    Key::from(format!("{folder}/{text}"))
}

const fn disk(action: &'static str, source: std::io::Error) -> PhotoStoreError {
    PhotoStoreError::Disk { action, source }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or(Err(PhotoStoreError::CutOff))
}

/// Moves a synced file into the directory of the store, under its name there; `false` when it
/// lies on another disk.
fn move_in(path: &Path, folder: &Path, hash: Sha256) -> Result<bool> {
    let failed = |source| disk("keep a photo", source);
    let target = folder.join(key(hash).as_ref());
    let within = target.parent().unwrap_or(folder);
    let is_new = !within.is_dir();
    if is_new {
        std::fs::create_dir_all(within).map_err(failed)?;
    }
    match std::fs::rename(path, &target) {
        Ok(()) => {}
        Err(error) if error.kind() == std::io::ErrorKind::CrossesDevices => return Ok(false),
        Err(source) => return Err(failed(source)),
    }
    spool::sync_directory(within)?;
    if is_new {
        spool::sync_directory(folder)?;
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;

    fn upload() -> Uuid {
        Uuid::from_u128(7)
    }

    fn made() -> (tempfile::TempDir, PhotoStore) {
        let dir = tempfile::tempdir().unwrap();
        let url = format!("file://{}", dir.path().join("photos").display());
        let store = PhotoStore::create(&url, &dir.path().join("spool")).unwrap();
        (dir, store)
    }

    async fn add(store: &PhotoStore, offset: u64, bytes: &[u8]) -> (u64, Option<Sha256>) {
        let growing = store.grow(upload(), offset).await.unwrap();
        let growing = growing.write(Bytes::copy_from_slice(bytes)).await.unwrap();
        growing.keep(false).await.unwrap()
    }

    #[tokio::test]
    async fn a_photo_is_kept_only_under_its_own_hash() {
        let (_dir, store) = made();
        let (bytes, hash) = (Bytes::from_static(b"photo"), Sha256::of(b"photo"));
        assert_eq!(store.size(hash).await.unwrap(), None);
        assert_eq!(store.read(hash).await.unwrap(), None);
        let wrong = store.keep(Sha256::of(b"other"), bytes.clone()).await;
        assert!(matches!(wrong, Err(PhotoStoreError::WrongHash(_))));
        store.keep(hash, bytes.clone()).await.unwrap();
        store.keep(hash, bytes.clone()).await.unwrap();
        assert_eq!(store.size(hash).await.unwrap(), Some(5));
        assert_eq!(store.read(hash).await.unwrap(), Some(bytes));
        store.remove(hash).await.unwrap();
        store.remove(hash).await.unwrap();
        assert_eq!(store.size(hash).await.unwrap(), None);
    }

    #[tokio::test]
    async fn an_upload_grows_from_its_offset_and_is_checked_at_the_end() {
        let (dir, store) = made();
        let whole: Vec<u8> = (0..=255_u8).cycle().take(6 * 1024 * 1024).collect();
        let hash = Sha256::of(&whole);
        let (head, tail) = whole.split_at(600_000);
        assert_eq!(
            add(&store, 0, head).await,
            (600_000, Some(Sha256::of(head)))
        );
        let gap = store.grow(upload(), 700_000).await;
        assert!(matches!(
            gap,
            Err(PhotoStoreError::Gap { has: 600_000, .. })
        ));
        // A chunk whose answer was lost comes again, and then the rest.
        assert_eq!(
            add(&store, 500_000, &head[500_000..]).await,
            (600_000, None)
        );
        add(&store, 600_000, tail).await;
        let finished = store.finish(upload(), hash, None).await.unwrap();
        assert_eq!(finished, Finished::Kept);
        assert_eq!(store.read(hash).await.unwrap().unwrap(), whole);
        assert_eq!(
            std::fs::read_dir(dir.path().join("spool")).unwrap().count(),
            0
        );
        // The server died after keeping it and is asked again.
        let again = store.finish(upload(), hash, None).await.unwrap();
        assert_eq!(again, Finished::Kept);
        // A file that was cut off since is not believed, and is replaced when it comes again.
        let kept = dir.path().join("photos").join(key(hash).as_ref());
        std::fs::write(&kept, head).unwrap();
        let cut = store.finish(upload(), hash, None).await.unwrap();
        assert_eq!(cut, Finished::Lost);
        add(&store, 0, &whole).await;
        let finished = store.finish(upload(), hash, None).await.unwrap();
        assert_eq!(finished, Finished::Kept);
        assert_eq!(store.read(hash).await.unwrap().unwrap(), whole);
        let other = store.finish(upload(), Sha256::of(b"other"), None).await;
        assert_eq!(other.unwrap(), Finished::Lost);
    }

    #[tokio::test]
    async fn an_upload_with_another_hash_is_dropped_and_starts_anew() {
        let (dir, store) = made();
        let hash = Sha256::of(b"right");
        add(&store, 0, b"wrong").await;
        assert_eq!(
            store.finish(upload(), hash, None).await.unwrap(),
            Finished::WrongHash
        );
        let spooled = std::fs::read_dir(dir.path().join("spool")).unwrap();
        assert_eq!(spooled.count(), 0);
        assert_eq!(store.size(hash).await.unwrap(), None);
    }

    #[test]
    fn only_create_makes_the_photos_any_opening_the_spool_and_addresses_are_checked() {
        let dir = tempfile::tempdir().unwrap();
        let (photos, spool) = (dir.path().join("photos"), dir.path().join("spool"));
        let url = photos.display().to_string();
        let missing = PhotoStore::open(&url, &spool);
        assert!(matches!(missing, Err(PhotoStoreError::Missing(_))));
        assert!(!photos.exists() && !spool.exists());
        PhotoStore::create(&url, &spool).unwrap();
        std::fs::remove_dir(&spool).unwrap();
        PhotoStore::open(&url, &spool).unwrap();
        assert!(spool.is_dir());
        let unknown = PhotoStore::open("ftp://somewhere/photos", dir.path());
        assert!(matches!(unknown, Err(PhotoStoreError::Address(_))));
        PhotoStore::open("s3://gewu-photos/jianyang", dir.path()).unwrap();
    }
}
