//! SQLite's log, synced beside the writer. Called by `disk.rs`.

use super::error::{Result, StoreError};
use std::fs::File;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How often opening the log is tried, and the pause between: a minute in all.
const TRIES: u32 = 600;
const PAUSE: Duration = Duration::from_millis(100);

/// The log of a database, to be synced. Its descriptor is kept: one that is opened after the system
/// failed to write would never hear of that.
pub(super) struct Log {
    path: PathBuf,
    open: Option<File>,
}

impl Log {
    /// The log of the database at `path`, opened when it is first synced.
    pub(super) fn of(path: &Path) -> Self {
        // SQLite too puts the log beside what a link leads to.
        let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let mut log = path.into_os_string();
        log.push("-wal");
        Self {
            path: PathBuf::from(log),
            open: None,
        }
    }

    /// Has the disk take everything that was committed. Without a log there is nothing to take: who
    /// removes it has synced the database first.
    pub(super) fn sync(&mut self) -> Result<()> {
        let failed = |error: std::io::Error| StoreError::CommitUnknown(error.to_string());
        let Some(log) = self.current().map_err(failed)? else {
            return Ok(());
        };
        log.sync_data().map_err(failed)
    }

    /// The log that is there now. While it can't be opened, for want of descriptors say, it is
    /// tried again: nothing is lost by waiting.
    fn current(&mut self) -> std::io::Result<Option<&File>> {
        for _ in 0..TRIES {
            match self.same() {
                Ok(true) => return Ok(self.open.as_ref()),
                Ok(false) => self.open = None,
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                    self.open = None;
                    return Ok(None);
                }
                Err(error) => return Err(error),
            }
            match File::options().write(true).open(&self.path) {
                Ok(file) => self.open = Some(file),
                Err(error) => {
                    tracing::warn!(%error, "could not open the log of the database; trying again");
                    std::thread::sleep(PAUSE);
                }
            }
        }
        Err(std::io::Error::other("the log can't be opened"))
    }

    /// Whether what is open is what lies there.
    fn same(&self) -> std::io::Result<bool> {
        let there = std::fs::metadata(&self.path)?;
        let Some(open) = &self.open else {
            return Ok(false);
        };
        let open = open.metadata()?;
        Ok((open.dev(), open.ino()) == (there.dev(), there.ino()))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;

    #[test]
    fn the_log_that_is_there_is_synced_and_a_link_leads_to_it() {
        let dir = tempfile::tempdir().unwrap();
        let (real, link) = (dir.path().join("gewu.db"), dir.path().join("link.db"));
        std::fs::write(&real, b"").unwrap();
        std::os::unix::fs::symlink(&real, &link).unwrap();
        let place = dir.path().join("gewu.db-wal");
        let mut log = Log::of(&link);
        assert_eq!(log.sync(), Ok(()), "there is none yet");
        assert!(log.open.is_none());
        let number = |log: &Log| log.open.as_ref().unwrap().metadata().unwrap().ino();
        for _ in 0..2 {
            // One that was made anew is another file.
            std::fs::write(dir.path().join("new"), b"pages").unwrap();
            std::fs::rename(dir.path().join("new"), &place).unwrap();
            assert_eq!(log.sync(), Ok(()));
            assert_eq!(number(&log), std::fs::metadata(&place).unwrap().ino());
        }
        let kept = number(&log);
        assert_eq!(log.sync(), Ok(()));
        assert_eq!(number(&log), kept);
        std::fs::remove_file(&place).unwrap();
        assert_eq!(log.sync(), Ok(()));
        assert!(log.open.is_none());
    }
}
