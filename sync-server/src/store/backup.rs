//! A copy of the database while others go on writing, and one put back in its place.
//!
//! For SQLite, whose database is a file. PostgreSQL brings its own tools (`pg_dump`); what a restore
//! means for handhelds is the same on both and is `service/restore.rs`.

use super::error::{Result, StoreError};
use super::sqlite::Use;
use super::{Address, apart, sqlite};
use rustix::fs::{FlockOperation, fcntl_lock};
use rustix::io::Errno;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

/// How every SQLite file begins.
const HEAD: &[u8; 16] = b"SQLite format 3\0";

/// The file of a database that is one.
///
/// # Errors
/// [`StoreError::Address`] when the address can't be read.
pub fn file_of(url: &str) -> Result<Option<PathBuf>> {
    Ok(match Address::parse(url)? {
        Address::Sqlite(path) => Some(path),
        Address::Postgres(_) | Address::Still(_) | Address::Scratch(_) => None,
    })
}

/// Copies a database as it is at one moment into a new file, durable when this answers.
///
/// # Errors
/// [`StoreError::AlreadyThere`] when there is such a file, and whatever the database says.
pub fn copy(from: &Path, to: &Path) -> Result<()> {
    if to.exists() {
        return Err(StoreError::AlreadyThere(to.display().to_string()));
    }
    apart(|| sqlite::copy(from, Use::Write, to))?;
    durable(to)
}

/// The database that was replaced, as it lies beside the new one.
#[derive(Debug)]
pub struct Aside {
    /// Its file; what SQLite had laid beside it has the same name with `-wal` and `-shm`.
    pub path: PathBuf,
    /// Why it could not be read, when it couldn't.
    pub damage: Option<StoreError>,
}

/// A database that is being made ready beside the one it will replace.
#[derive(Debug)]
pub struct Replacement {
    place: PathBuf,
    next: PathBuf,
}

impl Replacement {
    /// Copies a backup beside the database in use and climbs to the tables of this program.
    ///
    /// # Errors
    /// [`StoreError::Busy`] while a server runs on the database, [`StoreError::Missing`] without a
    /// backup, and whatever the backup says: then nothing was changed. That the database in use is
    /// damaged is no reason.
    pub fn begin(backup: &Path, place: &Path) -> Result<Self> {
        if place.exists() {
            take_alone(place)?;
        }
        let next = place.with_extension("restoring");
        for file in files_of(&next) {
            drop(std::fs::remove_file(file));
        }
        apart(|| sqlite::copy(backup, Use::Still, &next))?;
        apart(|| sqlite::check_whole(&next))?;
        let replacement = Self {
            place: place.to_owned(),
            next,
        };
        super::Store::migrate(&replacement.url())?;
        Ok(replacement)
    }

    /// The address under which it is made ready.
    #[must_use]
    pub fn url(&self) -> String {
        format!("sqlite://{}", self.next.display())
    }

    /// Puts it in place. The database that was there is kept beside it under `aside`.
    ///
    /// # Errors
    /// As [`Replacement::begin`].
    pub fn finish(self, aside: &str) -> Result<Option<Aside>> {
        apart(|| sqlite::take_alone(&self.next))?;
        durable(&self.next)?;
        let path = self.place.with_file_name(aside);
        let mut kept = None;
        if self.place.exists() {
            let damage = take_alone(&self.place)?;
            let path = path.clone();
            kept = Some(Aside { path, damage });
        }
        // The log goes first: SQLite would take it for the log of whatever database has its name.
        let files = files_of(&self.place).into_iter().zip(files_of(&path));
        for (from, to) in files.rev() {
            match std::fs::rename(&from, &to) {
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                moved => moved.map_err(|error| disk(&error))?,
            }
        }
        std::fs::rename(&self.next, &self.place).map_err(|error| disk(&error))?;
        durable(&self.place)?;
        Ok(kept)
    }
}

/// Makes sure that nobody else is on the database in use; why it can't be read, when it can't.
fn take_alone(place: &Path) -> Result<Option<StoreError>> {
    // SQLite would fold a log into whatever is there, so it isn't even asked about another file.
    let damage = if is_sqlite(place) {
        apart(|| sqlite::take_alone(place)).err()
    } else {
        let words = "it doesn't begin as a database does";
        Some(StoreError::Database(words.to_owned()))
    };
    match damage {
        Some(StoreError::Busy(words)) => Err(StoreError::Busy(words)),
        Some(_) if is_held(place) => Err(sqlite::in_use(place)),
        damage => Ok(damage),
    }
}

fn is_sqlite(path: &Path) -> bool {
    let mut head = [0; HEAD.len()];
    let read = std::fs::File::open(path).and_then(|mut file| file.read_exact(&mut head));
    read.is_ok() && head == *HEAD
}

/// Whether another program holds one of the locks that SQLite takes on a file. Only for a file that
/// this program doesn't have open: closing it again would lose its own locks.
fn is_held(path: &Path) -> bool {
    let file = std::fs::File::options().read(true).write(true).open(path);
    file.is_ok_and(|file| {
        let lock = fcntl_lock(&file, FlockOperation::NonBlockingLockExclusive);
        lock == Err(Errno::AGAIN) || lock == Err(Errno::ACCESS)
    })
}

/// A database with what SQLite lays beside it.
fn files_of(path: &Path) -> [PathBuf; 3] {
    ["", "-wal", "-shm"].map(|tail| {
        let mut name = path.as_os_str().to_owned();
        name.push(tail);
        PathBuf::from(name)
    })
}

/// File and folder reach the disk.
fn durable(path: &Path) -> Result<()> {
    let sync = |path: &Path| std::fs::File::open(path)?.sync_all();
    sync(path).map_err(|error| disk(&error))?;
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    sync(folder.unwrap_or(Path::new("."))).map_err(|error| disk(&error))
}

fn disk(error: &std::io::Error) -> StoreError {
    StoreError::Lost(error.to_string())
}
