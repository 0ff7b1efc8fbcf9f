//! How a store is opened, made, or only looked at.

use super::writer::Ending;
use super::{
    Address, Halls, Inner, READERS_DEFAULT, Result, Store, StoreError, apart, migrate, reader,
    sqlite,
};
use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// How a store is opened.
#[derive(Debug, Clone)]
pub struct StoreOptions {
    readers: usize,
    commit_delay: Duration,
}

impl Default for StoreOptions {
    fn default() -> Self {
        Self {
            readers: READERS_DEFAULT,
            commit_delay: Duration::ZERO,
        }
    }
}

impl StoreOptions {
    /// How many threads read.
    #[must_use]
    pub const fn readers(mut self, count: usize) -> Self {
        self.readers = count;
        self
    }

    /// For measuring only: sleeps this long before every commit, as a slower disk would. It makes
    /// nothing more durable.
    #[must_use]
    pub const fn commit_delay(mut self, delay: Duration) -> Self {
        self.commit_delay = delay;
        self
    }

    /// Opens a database that is there and stands on the step this program needs.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when there is none, [`StoreError::SchemaOld`] or
    /// [`StoreError::SchemaNew`] when its tables are others, and whatever the database says.
    pub fn open(self, url: &str) -> Result<Store> {
        self.open_at(Address::parse(url)?)
    }

    /// Opens a SQLite file only to look at it: nothing is written, not even beside it.
    ///
    /// # Errors
    /// As [`StoreOptions::open`].
    pub fn open_still(self, file: &Path) -> Result<Store> {
        self.open_at(Address::Still(file.to_owned()))
    }

    /// Makes a SQLite file for once, in which any row may be put.
    ///
    /// # Errors
    /// As [`StoreOptions::create`].
    pub fn create_scratch(self, file: &Path) -> Result<Store> {
        let address = Address::Scratch(file.to_owned());
        apart(|| migrate::climb(address.create()?.as_mut()))?;
        self.open_at(address)
    }

    fn open_at(self, address: Address) -> Result<Store> {
        apart(|| migrate::check(address.reader()?.as_mut(), &address.place()))?;
        // What somebody was killed over may be in the log and not on the disk.
        if let Address::Sqlite(path) = &address {
            sqlite::settle(path)?;
        }
        let disk = address.disk(self.commit_delay);
        let readers = reader::start(&address, self.readers, disk.as_ref())?;
        let halls = Halls {
            lanes: HashMap::new(),
            reads: Some(readers.queue),
            readers: readers.threads,
            writers: Vec::new(),
        };
        let ending = disk.map_or(Ending::AtOnce(self.commit_delay), Ending::BySync);
        Ok(Store {
            inner: Arc::new(Inner {
                address,
                ending,
                halls: Mutex::new(halls),
            }),
        })
    }

    /// Makes a database with its tables and opens it; for `init` and the demo only.
    ///
    /// # Errors
    /// [`StoreError::AlreadyThere`] when there is one, and whatever the database says.
    pub fn create(self, url: &str) -> Result<Store> {
        let address = Address::parse(url)?;
        apart(|| {
            let mut driver = address.create()?;
            if migrate::found(driver.as_mut())?.is_some() {
                return Err(StoreError::AlreadyThere(address.place()));
            }
            migrate::climb(driver.as_mut())
        })?;
        self.open(url)
    }
}
