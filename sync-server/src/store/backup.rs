//! A copy of the database while others go on writing, and one put back in its place.
//!
//! For SQLite, whose database is a file. PostgreSQL brings its own tools (`pg_dump`); what a restore
//! means for handhelds is the same on both and is `service/restore.rs`.

use super::error::{Result, StoreError};
use super::{Address, apart, sqlite};
use std::path::{Path, PathBuf};

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
    apart(|| sqlite::copy(from, to))?;
    durable(to)
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
    /// backup, and whatever the database says: then nothing was changed.
    pub fn begin(backup: &Path, place: &Path) -> Result<Self> {
        if place.exists() {
            apart(|| sqlite::take_alone(place))?;
        }
        let next = place.with_extension("restoring");
        for file in files_of(&next) {
            drop(std::fs::remove_file(file));
        }
        apart(|| sqlite::copy(backup, &next))?;
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
    pub fn finish(self, aside: &str) -> Result<Option<PathBuf>> {
        apart(|| sqlite::take_alone(&self.next))?;
        durable(&self.next)?;
        let mut kept = None;
        if self.place.exists() {
            apart(|| sqlite::take_alone(&self.place))?;
            let aside = self.place.with_file_name(aside);
            std::fs::rename(&self.place, &aside).map_err(|error| disk(&error))?;
            for file in files_of(&self.place) {
                drop(std::fs::remove_file(file));
            }
            kept = Some(aside);
        }
        std::fs::rename(&self.next, &self.place).map_err(|error| disk(&error))?;
        durable(&self.place)?;
        Ok(kept)
    }
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
