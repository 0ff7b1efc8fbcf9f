//! Was anything lost? Answered from both databases and from the bytes, not from what the programs
//! say of themselves.
//!
//! An operation made on the device is safe when the server has the same id with the same hash, as
//! an accepted operation or in quarantine. A photo of a filed report is safe when the server says
//! that it is stored and a file with just these bytes lies in its photo folder. Everything else
//! is lost and named.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context, Result};
use app_core::vault;
use rusqlite::{Connection, OpenFlags};
use serde::Serialize;
use sha2::{Digest, Sha256};

/// What became of everything a device made.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub struct Ledger {
    /// Reports filed on the device.
    pub filed: usize,
    /// Operations that the server acted on.
    pub accepted: usize,
    /// Operations that the server keeps for a person.
    pub quarantined: usize,
    /// Photos of filed reports on the device.
    pub photos: usize,
    /// Of them, those whose bytes are at the server.
    pub photos_stored: usize,
    /// Operations and photos that the server has not, by name.
    pub lost: Vec<String>,
}

/// What is at a server, by what its database says.
#[derive(Debug, Default)]
pub struct There {
    /// Operations that it acted on, with their hashes.
    pub accepted: BTreeMap<String, String>,
    /// Those in quarantine, with their hashes.
    pub quarantined: BTreeSet<(String, String)>,
    /// Photos whose bytes it says to have.
    pub photos: BTreeSet<String>,
    /// How many cases there are.
    pub cases: usize,
}

const ACCEPTED: &str = "SELECT op_id, hash FROM operations WHERE outcome <> 'quarantined'";
const QUARANTINED: &str = "SELECT op_id, hash FROM quarantine";
const PHOTOS: &str = "SELECT hash, mime FROM photos WHERE stored_ms IS NOT NULL";
const CASES: &str = "SELECT id, case_no FROM cases";

impl There {
    /// What a database file says.
    pub fn sqlite(file: &Path) -> Result<Self> {
        let server = open(file)?;
        Self::read(|sql| pairs(&server, sql))
    }

    /// What a database at an address says.
    pub fn postgres(url: &str) -> Result<Self> {
        // The driver may not be used inside an async runtime, and whoever asks may be in one.
        std::thread::scope(|scope| {
            let asked = scope.spawn(|| {
                let mut server = postgres::Client::connect(url, postgres::NoTls)?;
                Self::read(|sql| {
                    let rows = server.query(sql, &[])?;
                    Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
                })
            });
            asked
                .join()
                .unwrap_or_else(|_| anyhow::bail!("the driver panicked"))
        })
    }

    fn read(mut ask: impl FnMut(&str) -> Result<Vec<(String, String)>>) -> Result<Self> {
        Ok(Self {
            accepted: ask(ACCEPTED)?.into_iter().collect(),
            quarantined: ask(QUARANTINED)?.into_iter().collect(),
            photos: ask(PHOTOS)?.into_iter().map(|(hash, _)| hash).collect(),
            cases: ask(CASES)?.len(),
        })
    }
}

/// Compares a device's database with a server's and its photo folder.
pub fn compare(device: &Path, server: &Path, photos: &Path) -> Result<Ledger> {
    compare_with(device, &There::sqlite(server)?, photos)
}

/// Compares a device's database with what is at a server and with its photo folder.
pub fn compare_with(device: &Path, server: &There, photos: &Path) -> Result<Ledger> {
    let device = open_device(device)?;
    let mut ledger = Ledger {
        filed: pairs(&device, "SELECT id, op_id FROM reports")?.len(),
        ..Ledger::default()
    };
    for (op_id, hash) in pairs(&device, "SELECT op_id, hash FROM operations")? {
        if server.accepted.get(&op_id) == Some(&hash) {
            ledger.accepted += 1;
        } else if server.quarantined.contains(&(op_id.clone(), hash)) {
            ledger.quarantined += 1;
        } else {
            ledger.lost.push(format!("operation {op_id}"));
        }
    }
    let there = hashes_below(photos)?;
    let made = pairs(
        &device,
        "SELECT sha256, report_id FROM photos WHERE report_id IS NOT NULL",
    )?;
    ledger.photos = made.len();
    for (hash, report) in made {
        if server.photos.contains(&hash) && there.contains(&hash) {
            ledger.photos_stored += 1;
        } else {
            ledger.lost.push(format!("photo {hash} of report {report}"));
        }
    }
    Ok(ledger)
}

/// A handheld's database by the key beside it; one without a key is plain.
pub fn open_device(file: &Path) -> Result<Connection> {
    unlock(open(file)?, file)
}

/// The same for writing: only to do damage on purpose.
pub fn open_device_to_damage(file: &Path) -> Result<Connection> {
    unlock(Connection::open(file)?, file)
}

fn unlock(connection: Connection, file: &Path) -> Result<Connection> {
    let directory = file.parent().context("a database lies in a folder")?;
    if directory.join(vault::FILE_NAME).is_file() {
        let key = vault::key(directory)?;
        connection.pragma_update(None, "key", key.literal().as_str())?;
    }
    Ok(connection)
}

fn open(file: &Path) -> Result<Connection> {
    Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY)
        .with_context(|| format!("could not open {}", file.display()))
}

fn pairs(connection: &Connection, sql: &str) -> Result<Vec<(String, String)>> {
    let mut statement = connection.prepare(sql)?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// SHA-256 of every file in a folder and below, however they are named.
fn hashes_below(dir: &Path) -> Result<BTreeSet<String>> {
    let mut found = BTreeSet::new();
    if !dir.is_dir() {
        return Ok(found);
    }
    for entry in std::fs::read_dir(dir)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            found.extend(hashes_below(&entry.path())?);
        } else {
            let digest = Sha256::digest(std::fs::read(entry.path())?);
            found.insert(digest.iter().map(|byte| format!("{byte:02x}")).collect());
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEVICE: &str = "CREATE TABLE operations (op_id TEXT, hash TEXT);
        CREATE TABLE reports (id TEXT, op_id TEXT);
        CREATE TABLE photos (sha256 TEXT, report_id TEXT);
        INSERT INTO operations VALUES ('op-1', 'h1'), ('op-2', 'h2'), ('op-3', 'h3');
        INSERT INTO reports VALUES ('r-1', 'op-1'), ('r-2', 'op-2'), ('r-3', 'op-3');";
    const SERVER: &str = "CREATE TABLE operations (op_id TEXT, hash TEXT, outcome TEXT);
        CREATE TABLE quarantine (op_id TEXT, hash TEXT);
        CREATE TABLE photos (hash TEXT, mime TEXT, stored_ms BIGINT);
        CREATE TABLE cases (id TEXT, case_no TEXT);
        INSERT INTO operations VALUES ('op-1', 'h1', 'applied');";

    fn world(device: &str, server: &str) -> (tempfile::TempDir, Ledger) {
        let dir = tempfile::tempdir().unwrap();
        let (at, to) = (dir.path().join("device.db"), dir.path().join("server.db"));
        for (file, first, then) in [(&at, DEVICE, device), (&to, SERVER, server)] {
            let connection = Connection::open(file).unwrap();
            connection.execute_batch(first).unwrap();
            connection.execute_batch(then).unwrap();
        }
        let photos = dir.path().join("photos/ab");
        std::fs::create_dir_all(&photos).unwrap();
        std::fs::write(photos.join("one"), b"abc").unwrap();
        let ledger = compare(&at, &to, &dir.path().join("photos")).unwrap();
        (dir, ledger)
    }

    #[test]
    fn an_operation_that_never_arrived_is_lost_and_one_in_quarantine_is_not() {
        let (_dir, ledger) = world("", "INSERT INTO quarantine VALUES ('op-2', 'h2');");
        assert_eq!(
            (ledger.filed, ledger.accepted, ledger.quarantined),
            (3, 1, 1)
        );
        assert_eq!(ledger.lost, ["operation op-3"]);
    }

    #[test]
    fn an_operation_that_arrived_with_other_content_is_lost() {
        let (_dir, ledger) = world(
            "",
            "INSERT INTO operations VALUES ('op-2', 'other', 'applied'),
            ('op-3', 'h3', 'applied');",
        );
        assert_eq!(ledger.lost, ["operation op-2"]);
    }

    #[test]
    fn a_photo_counts_only_with_its_bytes() {
        const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        let (_dir, ledger) = world(
            &format!("INSERT INTO photos VALUES ('{ABC}', 'r-1'), ('00', 'r-2'), ('01', NULL);"),
            &format!(
                "INSERT INTO photos VALUES ('{ABC}', 'image/jpeg', 1), ('00', 'image/jpeg', 1);"
            ),
        );
        assert_eq!((ledger.photos, ledger.photos_stored), (2, 1));
        assert!(ledger.lost.contains(&"photo 00 of report r-2".to_owned()));
    }
}
