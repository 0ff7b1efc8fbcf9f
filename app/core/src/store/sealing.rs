//! Brings a database of a version before encryption under the key, once, without loss.
//!
//! A whole encrypted copy is made beside the plain file and is on the disk before it takes its
//! name: whoever kills the program in between finds one whole database, the plain or the encrypted
//! one. Tests: `tests/vault.rs`.

use super::{BUSY_WAIT, StoreError};
use crate::vault::{self, Key, sync_directory, with_tail};
use rusqlite::types::Value;
use rusqlite::{Connection, ErrorCode};
use std::io::{ErrorKind, Read};
use std::path::Path;

/// The first bytes of every plain SQLite file; an encrypted one begins with its random salt.
const PLAIN: &[u8; 16] = b"SQLite format 3\0";

/// Encrypts the database if it is there and plain. The caller holds the vault's turn.
pub(super) fn seal_if_plain(directory: &Path, file: &Path, key: &Key) -> Result<(), StoreError> {
    let copy = with_tail(file, ".sealing");
    // Left behind by a start that was killed.
    remove(&copy)?;
    if !is_plain(file)? {
        return Ok(());
    }
    let sealed = seal(directory, file, &copy, key);
    if sealed.is_err() {
        // On a full disk half a copy would take all the room that was left.
        remove(&copy).ok();
    }
    sealed
}

/// Removes a copy and what SQLite wrote beside it.
fn remove(copy: &Path) -> Result<(), StoreError> {
    for leftover in [copy.to_owned(), with_tail(copy, "-journal")] {
        match std::fs::remove_file(leftover) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(failed(&error)),
            _ => {}
        }
    }
    Ok(())
}

fn seal(directory: &Path, file: &Path, copy: &Path, key: &Key) -> Result<(), StoreError> {
    let plain = Connection::open(file)?;
    plain.busy_timeout(BUSY_WAIT)?;
    // Everything into the one file, then nobody else may write until it has been replaced.
    plain.pragma_update(None, "journal_mode", "DELETE")?;
    plain.execute_batch("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; COMMIT;")?;
    let version: i64 = plain.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let path = copy.to_str().ok_or(StoreError::Unreadable {
        what: "path",
        problem: String::from("it is not UTF-8"),
    })?;
    plain.execute("ATTACH ?1 AS sealed KEY ?2", (path, key.literal().as_str()))?;
    plain.query_row("SELECT sqlcipher_export('sealed')", [], |_| Ok(()))?;
    plain.pragma_update(Some("sealed"), "user_version", version)?;
    plain.execute_batch("DETACH sealed")?;
    let written = std::fs::File::open(copy).and_then(|copy| copy.sync_all());
    written.map_err(|error| failed(&error))?;
    std::fs::rename(copy, file).map_err(|error| failed(&error))?;
    sync_directory(directory).map_err(|error| StoreError::Unreadable {
        what: "directory",
        problem: error.to_string(),
    })
}

/// Opens the file under its key, making an empty one where there is none.
pub(super) fn connect(file: &Path, key: &Key) -> Result<Connection, StoreError> {
    let db = Connection::open(file)?;
    if !key.literal().is_empty() {
        db.pragma_update(None, "key", key.literal().as_str())?;
    }
    db.pragma_update(None, "temp_store", "MEMORY")?;
    // The first page tells whether the key fits.
    match db.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(())) {
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::NotADatabase) => {
            Err(StoreError::Unreadable {
                what: "database",
                problem: String::from("the key beside it is another's, or the file is damaged"),
            })
        }
        read => Ok(read.map(|()| db)?),
    }
}

/// Bytes of a page, at least 1. SQLCipher says it as a text, SQLite as a number.
pub(super) fn page_bytes(db: &Connection) -> Result<i64, StoreError> {
    let size: Value = db.pragma_query_value(None, "page_size", |row| row.get(0))?;
    let size = match size {
        Value::Integer(size) => Some(size),
        Value::Text(size) => size.parse().ok(),
        _ => None,
    };
    Ok(size.unwrap_or(1).max(1))
}

/// An encrypted database whose key file is missing gets no new key: the old one may come back.
pub(super) fn refuse_without_its_key(directory: &Path) -> Result<(), StoreError> {
    let file = directory.join(super::FILE_NAME);
    let is_empty = std::fs::metadata(&file).map_or(true, |data| data.len() == 0);
    if is_empty || directory.join(vault::FILE_NAME).exists() || is_plain(&file)? {
        return Ok(());
    }
    Err(StoreError::Unreadable {
        what: "key of the database",
        problem: format!("{} is missing", vault::FILE_NAME),
    })
}

fn is_plain(file: &Path) -> Result<bool, StoreError> {
    let mut first = [0; PLAIN.len()];
    let read = std::fs::File::open(file).and_then(|mut file| file.read_exact(&mut first));
    match read {
        Ok(()) => Ok(&first == PLAIN),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        // Empty: made by a first start that was killed.
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(failed(&error)),
    }
}

fn failed(error: &std::io::Error) -> StoreError {
    if error.kind() == ErrorKind::StorageFull {
        return StoreError::Full;
    }
    StoreError::Unreadable {
        what: "database file",
        problem: error.to_string(),
    }
}
