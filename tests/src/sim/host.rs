//! The real server in this process: its router without a socket, its database and folders on
//! disk, killed, copied and restored at will.
//!
//! Killing keeps what a crash keeps: the database with its journal as they lie there, and the
//! files. Requests run one at a time, each to its end, so that a run repeats exactly.

use super::chance::Chance;
use super::check::texts;
use super::clock::Time;
use super::district::template;
use crate::world;
use anyhow::{Context, Result, ensure};
use axum::Router;
use axum::body::{Body, Bytes, HttpBody, to_bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode};
use http_body::Frame;
use rusqlite::{Connection, OpenFlags};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll};
use sync_server::config::DataArgs;
use sync_server::new_life;
use sync_server::photo_store::PhotoStore;
use sync_server::serve::Server;
use sync_server::service::Fault;
use sync_server::service::district::District;
use sync_server::store::{Store, Tx};
use tower::ServiceExt;

/// What a disk writes as a whole.
const SECTOR_BYTES: usize = 512;
/// The head of a write-ahead log, with the salt that makes older frames invalid.
const JOURNAL_HEAD_BYTES: usize = 32;
/// So many restores of a thousand bring back a photo folder from which files are missing: it was
/// copied at another time than the database, or its disk was failing.
const POOR_COPIES: usize = 400;
/// So many of its files of a thousand are not there, or only their beginning is.
const POOR_FILES: usize = 300;
/// The largest answer that is read.
const ANSWER_BYTES_LIMIT: usize = 64 * 1024 * 1024;

/// A request as it travels.
#[derive(Debug, Clone)]
pub struct Sent {
    /// What to do.
    pub method: Method,
    /// Path and query.
    pub path: String,
    /// Headers.
    pub headers: HeaderMap,
    /// Body.
    pub body: Bytes,
}

/// An answer as it travels.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Status.
    pub status: StatusCode,
    /// Headers.
    pub headers: HeaderMap,
    /// Body.
    pub body: Bytes,
}

/// A database file with its journal, as they lay there at one moment.
#[derive(Debug, Clone)]
pub struct Image {
    database: Vec<u8>,
    journal: Vec<u8>,
}

impl Image {
    /// Reads a database that nobody writes to just now.
    pub fn take(file: &Path) -> Result<Self> {
        Ok(Self {
            database: std::fs::read(file)?,
            journal: std::fs::read(journal(file, "-wal")).unwrap_or_default(),
        })
    }

    /// What a power cut may leave of what was written since `before`: any of the sectors, none
    /// in order. What `before` held had been synced. A checkpoint syncs the journal first and
    /// begins it anew only when the database is synced.
    #[must_use]
    pub fn torn(before: &Self, after: &Self, chance: &mut Chance) -> Self {
        let has_grown = after.journal.starts_with(&before.journal);
        match (before.database == after.database, has_grown) {
            (true, _) => {
                let mut journal = mix(&before.journal, &after.journal, chance);
                if journal != before.journal && after.journal.len() >= JOURNAL_HEAD_BYTES {
                    // The head of a journal is synced before anything behind it is written.
                    journal[..JOURNAL_HEAD_BYTES]
                        .copy_from_slice(&after.journal[..JOURNAL_HEAD_BYTES]);
                }
                Self {
                    database: after.database.clone(),
                    journal,
                }
            }
            (false, true) => Self {
                database: mix(&before.database, &after.database, chance),
                journal: after.journal.clone(),
            },
            (false, false) => after.clone(),
        }
    }

    /// Puts it (back) in place; nobody may have it open.
    pub fn put(&self, file: &Path) -> Result<()> {
        std::fs::write(file, &self.database)?;
        std::fs::write(journal(file, "-wal"), &self.journal)?;
        match std::fs::remove_file(journal(file, "-shm")) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        }
    }
}

/// Some sectors as they are now, the others as they were; where there was nothing, nothing or
/// zeros.
fn mix(before: &[u8], after: &[u8], chance: &mut Chance) -> Vec<u8> {
    let share = *chance.pick(&[0, 500, 900, 1_000]);
    let mut mixed = after.to_vec();
    for (number, sector) in mixed.chunks_mut(SECTOR_BYTES).enumerate() {
        if !chance.odds(share) {
            let at = (number * SECTOR_BYTES).min(before.len());
            let was = &before[at..(at + sector.len()).min(before.len())];
            sector.fill(0);
            sector[..was.len()].copy_from_slice(was);
        }
    }
    if chance.odds(300) {
        let kept = chance.between(before.len() as i64, after.len() as i64 + 1);
        mixed.truncate(
            usize::try_from(kept)
                .unwrap_or(after.len())
                .max(before.len()),
        );
    }
    mixed
}

fn journal(file: &Path, ending: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

/// A backup: the database, and which photos were there.
#[derive(Debug)]
struct Backup {
    image: Image,
    photos: BTreeSet<PathBuf>,
}

struct Running {
    router: Router,
    store: Store,
    district: Arc<District>,
}

/// The machine that the server runs on.
pub struct Host {
    folder: PathBuf,
    time: Time,
    running: Option<Running>,
    /// It doesn't come up before.
    down_until: i64,
    /// How many lives its data has had.
    pub lives: u32,
    backups: Vec<Backup>,
    look: Option<Connection>,
    is_shelf_broken: bool,
}

impl Host {
    /// Sets a server up in a folder.
    pub fn new(folder: &Path, time: &Time) -> Result<Self> {
        let host = Self {
            folder: folder.to_path_buf(),
            time: time.clone(),
            running: None,
            down_until: 0,
            lives: 1,
            backups: Vec::new(),
            look: None,
            is_shelf_broken: false,
        };
        let data = host.data();
        std::fs::create_dir_all(folder)?;
        std::fs::write(host.database(), &template().database)?;
        PhotoStore::create(&data.photos_url(), &data.spool_dir())?;
        Ok(host)
    }

    fn data(&self) -> DataArgs {
        DataArgs {
            data: self.folder.clone(),
            store: None,
            photos: None,
        }
    }

    fn database(&self) -> PathBuf {
        self.folder.join("gewu.db")
    }

    async fn running(&mut self) -> Result<&Running> {
        if self.running.is_none() {
            self.mend_shelf()?;
            let time = self.time.clone();
            let clock = Arc::new(move || time.now());
            let server = Server::prepare(world::serve_args(self.data()), clock).await?;
            self.running = Some(Running {
                router: server.service(),
                store: server.store().clone(),
                district: server.district(),
            });
        }
        self.running.as_ref().context("a server that runs")
    }

    /// The answer to a request, none while the server is down. With `cut`, the line breaks after
    /// so many bytes of the body.
    pub async fn answer(&mut self, sent: &Sent, cut: Option<usize>) -> Result<Option<Answer>> {
        if self.running.is_none() && self.time.now().0 < self.down_until {
            return Ok(None);
        }
        let router = self.running().await?.router.clone();
        let body = match cut {
            None => Body::from(sent.body.clone()),
            Some(at) => Body::new(Cut(Some(sent.body.slice(..at.min(sent.body.len()))))),
        };
        let mut request = Request::builder()
            .method(sent.method.clone())
            .uri(&sent.path);
        if let Some(headers) = request.headers_mut() {
            headers.clone_from(&sent.headers);
        }
        let response = router.oneshot(request.body(body)?).await?;
        let (parts, body) = response.into_parts();
        Ok(Some(Answer {
            status: parts.status,
            headers: parts.headers,
            body: to_bytes(body, ANSWER_BYTES_LIMIT).await?,
        }))
    }

    /// Whether it would answer now.
    #[must_use]
    pub fn is_up(&self) -> bool {
        self.running.is_some() || self.time.now().0 >= self.down_until
    }

    /// Does something to the store as a service would, in one write.
    pub async fn write<T: Send + 'static>(
        &mut self,
        mut work: impl FnMut(&mut dyn Tx, &District) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T> {
        let running = self.running().await?;
        let (store, district) = (running.store.clone(), Arc::clone(&running.district));
        let code = district.code.clone();
        let written = store.write(&code, move |tx| work(tx, &district)).await;
        written.map_err(|fault| anyhow::anyhow!("{fault}"))
    }

    /// Looks at the database past the server.
    pub fn look(&mut self) -> Result<&Connection> {
        if self.look.is_none() {
            let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
            self.look = Some(Connection::open_with_flags(self.database(), flags)?);
        }
        self.look.as_ref().context("a look at the database")
    }

    /// Whether these bytes lie among the photos.
    #[must_use]
    pub fn has_photo(&self, sha256: &str) -> bool {
        let folder = self.folder.join(if self.is_shelf_broken {
            "away"
        } else {
            "photos"
        });
        let file = folder
            .join(sha256.get(..2).unwrap_or_default())
            .join(sha256);
        std::fs::read(file).is_ok_and(|bytes| shared::id::Sha256::of(&bytes).to_string() == sha256)
    }

    /// The photos and previews that its data says are here are here, with their bytes.
    pub fn has_what_it_says(&mut self) -> Result<()> {
        for (what, sql) in [
            (
                "photo",
                "SELECT hash FROM photos WHERE stored_ms IS NOT NULL",
            ),
            (
                "preview",
                "SELECT hash FROM previews WHERE stored_ms IS NOT NULL",
            ),
        ] {
            for sha256 in texts(self.look()?, sql)? {
                ensure!(self.has_photo(&sha256), "a stored {what} has no bytes");
            }
        }
        Ok(())
    }

    /// Which life of the data this is.
    #[must_use]
    pub fn life(&self) -> String {
        format!("life-{}", self.lives)
    }

    /// The machine dies now and comes up after a while.
    pub async fn kill(&mut self, down_ms: i64) -> Result<()> {
        let image = Image::take(&self.database())?;
        self.stop().await?;
        self.down_until = self.time.now().0.saturating_add(down_ms);
        image.put(&self.database())
    }

    /// The database as it lies there now, for [`Host::kill_without`].
    pub fn image(&self) -> Result<Image> {
        Image::take(&self.database())
    }

    /// The machine dies after its files were written and before its database was.
    pub async fn kill_without(&mut self, image: &Image) -> Result<()> {
        self.stop().await?;
        image.put(&self.database())
    }

    async fn stop(&mut self) -> Result<()> {
        self.mend_shelf()?;
        self.look = None;
        if let Some(running) = self.running.take() {
            running.store.close().await;
        }
        Ok(())
    }

    /// Makes a backup.
    pub fn back_up(&mut self) -> Result<()> {
        let backup = Backup {
            image: self.image()?,
            photos: self.photos("photos")?,
        };
        self.backups.push(backup);
        Ok(())
    }

    /// Restores the n-th backup, with the photos as they were then or as they are; now and then
    /// some of those are missing, too: how many. None when there is no backup.
    pub async fn restore(
        &mut self,
        number: usize,
        with_photos: bool,
        losses: &mut Chance,
    ) -> Result<Option<usize>> {
        if self.backups.is_empty() {
            return Ok(None);
        }
        self.stop().await?;
        let backup = &self.backups[number % self.backups.len()];
        backup.image.put(&self.database())?;
        let gone = if with_photos {
            let now = self.photos("photos")?;
            now.difference(&backup.photos).cloned().collect()
        } else {
            BTreeSet::new()
        };
        for file in gone.into_iter().chain(self.photos("spool")?) {
            std::fs::remove_file(file)?;
        }
        let missing = if losses.odds(POOR_COPIES) {
            self.lose_photos(losses)?
        } else {
            0
        };
        self.lives += 1;
        let data = self.data();
        let store = Store::open(&data.store_url())?;
        let photos = PhotoStore::open(&data.photos_url(), &data.spool_dir())?;
        new_life::begin(&store, &photos, self.life(), self.time.now()).await?;
        store.close().await;
        self.has_what_it_says()?;
        self.look = None;
        Ok(Some(missing))
    }

    /// Some photos and previews are gone, and of some only the beginning is left; how many.
    fn lose_photos(&self, losses: &mut Chance) -> Result<usize> {
        let mut missing = 0;
        for file in self.photos("photos")? {
            if !losses.odds(POOR_FILES) {
                continue;
            }
            missing += 1;
            if losses.odds(500) {
                std::fs::remove_file(file)?;
            } else {
                let bytes = std::fs::read(&file)?;
                std::fs::write(&file, &bytes[..bytes.len() / 2])?;
            }
        }
        Ok(missing)
    }

    /// Loses what uploads had brought so far: the spool lay on a disk that broke.
    pub fn lose_spool(&self) -> Result<()> {
        for file in self.photos("spool")? {
            std::fs::remove_file(file)?;
        }
        Ok(())
    }

    /// The disk of the photos takes nothing any more.
    pub fn break_shelf(&mut self) -> Result<()> {
        if !self.is_shelf_broken {
            std::fs::rename(self.folder.join("photos"), self.folder.join("away"))?;
            std::fs::write(self.folder.join("photos"), b"")?;
            self.is_shelf_broken = true;
        }
        Ok(())
    }

    /// It does again.
    pub fn mend_shelf(&mut self) -> Result<()> {
        if self.is_shelf_broken {
            std::fs::remove_file(self.folder.join("photos"))?;
            std::fs::rename(self.folder.join("away"), self.folder.join("photos"))?;
            self.is_shelf_broken = false;
        }
        Ok(())
    }

    fn photos(&self, below: &str) -> Result<BTreeSet<PathBuf>> {
        let mut found = BTreeSet::new();
        let mut folders = vec![self.folder.join(below)];
        while let Some(folder) = folders.pop() {
            if !folder.is_dir() {
                continue;
            }
            for entry in std::fs::read_dir(folder)? {
                let path = entry?.path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    found.insert(path);
                }
            }
        }
        Ok(found)
    }
}

/// A body whose sender goes away in the middle.
struct Cut(Option<Bytes>);

impl HttpBody for Cut {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _context: &mut TaskContext<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        Poll::Ready(Some(match self.0.take() {
            Some(bytes) => Ok(Frame::data(bytes)),
            None => Err(std::io::ErrorKind::ConnectionReset.into()),
        }))
    }
}
