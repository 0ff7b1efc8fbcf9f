//! What is sealed of a district's entries: runs of hashes in one chain, and the signed root of each
//! day.
//!
//! Only appended. Held by `tests/tests/archive.rs`.

use super::tx::limit as row_limit;
use super::{Result, Row, Tx};
use crate::params;
use shared::archive::DayRoot;
use shared::id::{AreaCode, Sha256};
use shared::time::Timestamp;

/// Hex digits of a hash.
const HASH_DIGITS: usize = 64;

/// A run of entries that is sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealRow {
    /// Its first number.
    pub first_no: i64,
    /// Its last.
    pub last_no: i64,
    /// The hashes of the entries, in order.
    pub hashes: Vec<Sha256>,
    /// The chain before them.
    pub before: Sha256,
    /// The chain after them.
    pub head: Sha256,
    /// When.
    pub sealed: Timestamp,
}

/// An entry of a trail or of the audit, as the chain sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// Its number in the district.
    pub no: i64,
    /// Its hash; none when it can't be read.
    pub hash: Option<Sha256>,
    /// When it was written, by the server's clock.
    pub at: Timestamp,
    /// It belongs to the audit.
    pub is_audit: bool,
}

/// The entries after a number, in order.
///
/// # Errors
/// Whatever the database says, as for all functions of the store.
pub fn entries(
    tx: &mut dyn Tx,
    district: &AreaCode,
    after: i64,
    limit: usize,
) -> Result<Vec<Entry>> {
    entries_between(tx, district, after, i64::MAX, limit)
}

/// The entries after a number and up to another, in order.
///
/// # Errors
/// As [`entries`].
pub fn entries_between(
    tx: &mut dyn Tx,
    district: &AreaCode,
    after: i64,
    to: i64,
    limit: usize,
) -> Result<Vec<Entry>> {
    const EVENTS: &str = "
        SELECT entry_no, hash, at_ms
        FROM case_events
        WHERE district = $1 AND entry_no > $2 AND entry_no <= $3
        ORDER BY district, entry_no
        LIMIT $4";
    const AUDIT: &str = "
        SELECT entry_no, hash, at_ms
        FROM audit
        WHERE district = $1 AND entry_no > $2 AND entry_no <= $3
        ORDER BY district, entry_no
        LIMIT $4";
    let mut found = Vec::new();
    for (sql, is_audit) in [(EVENTS, false), (AUDIT, true)] {
        let values = params![district, after, to, row_limit(limit)];
        tx.each(sql, values, &mut |row| {
            found.push(Entry {
                no: row.int(0)?,
                hash: row.id(1).ok(),
                at: row.time(2).unwrap_or_default(),
                is_audit,
            });
            Ok(())
        })?;
    }
    found.sort_by_key(|entry| (entry.no, entry.is_audit));
    found.truncate(limit);
    Ok(found)
}

/// Adds a run; `false` when it is there.
///
/// # Errors
/// As [`entries`].
pub fn insert(tx: &mut dyn Tx, district: &AreaCode, seal: &SealRow) -> Result<bool> {
    const SQL: &str = "
        INSERT INTO seals (district, first_no, last_no, hashes, before_hash, head, sealed_ms)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (district, first_no) DO NOTHING";
    let hashes: String = seal.hashes.iter().map(Sha256::to_string).collect();
    let values = params![
        district,
        seal.first_no,
        seal.last_no,
        &hashes,
        seal.before,
        seal.head,
        seal.sealed,
    ];
    Ok(tx.execute(SQL, values)? == 1)
}

/// The newest run, without its hashes.
///
/// # Errors
/// As [`entries`].
pub fn newest(tx: &mut dyn Tx, district: &AreaCode) -> Result<Option<SealRow>> {
    const SQL: &str = "
        SELECT first_no, last_no, before_hash, head, sealed_ms, ''
        FROM seals
        WHERE district = $1
        ORDER BY district, first_no DESC
        LIMIT 1";
    let rows = tx.query(SQL, params![district])?;
    rows.first().map(from_row).transpose()
}

/// Runs after one that began at a number, in order.
///
/// # Errors
/// As [`entries`]; a run that can't be read is said so in its place.
pub fn after(
    tx: &mut dyn Tx,
    district: &AreaCode,
    first_no: i64,
    limit: usize,
) -> Result<Vec<(i64, Result<SealRow>)>> {
    const SQL: &str = "
        SELECT first_no, last_no, before_hash, head, sealed_ms, hashes
        FROM seals
        WHERE district = $1 AND first_no > $2
        ORDER BY district, first_no
        LIMIT $3";
    let rows = tx.query(SQL, params![district, first_no, row_limit(limit)])?;
    let read = |row: &Row| Ok((row.int(0)?, from_row(row)));
    rows.iter().map(read).collect()
}

/// The first number of the run that holds an entry or, where none does, of the one before it.
///
/// # Errors
/// As [`entries`].
pub fn run_of(tx: &mut dyn Tx, district: &AreaCode, no: i64) -> Result<Option<i64>> {
    const SQL: &str = "
        SELECT first_no
        FROM seals
        WHERE district = $1 AND first_no <= $2
        ORDER BY district, first_no DESC
        LIMIT 1";
    let rows = tx.query(SQL, params![district, no])?;
    rows.first().map(|row| row.int(0)).transpose()
}

/// Keeps the root of a day; `false` when there is one.
///
/// # Errors
/// As [`entries`].
pub fn insert_root(tx: &mut dyn Tx, root: &DayRoot, sealed: Timestamp) -> Result<bool> {
    const SQL: &str = "
        INSERT INTO day_roots (district, day, epoch, last_no, head, before_root, root, key_id,
            signature, sealed_ms)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        ON CONFLICT (district, day) DO NOTHING";
    let signature = root.signature.to_string();
    let values = params![
        &root.district,
        root.day,
        &root.epoch,
        root.last_no,
        root.head,
        root.before,
        root.root,
        &root.key,
        &signature,
        sealed,
    ];
    Ok(tx.execute(SQL, values)? == 1)
}

/// The roots of the days after one, in order.
///
/// # Errors
/// As [`entries`]; a root that can't be read is said so in its place.
pub fn roots_after(
    tx: &mut dyn Tx,
    district: &AreaCode,
    day: i64,
    limit: usize,
) -> Result<Vec<(i64, Result<DayRoot>)>> {
    const SQL: &str = "
        SELECT district, day, epoch, last_no, head, before_root, root, key_id, signature
        FROM day_roots
        WHERE district = $1 AND day > $2
        ORDER BY district, day
        LIMIT $3";
    let rows = tx.query(SQL, params![district, day, row_limit(limit)])?;
    let read = |row: &Row| Ok((row.int(1)?, root_from_row(row)));
    rows.iter().map(read).collect()
}

/// The newest roots, the newest first.
///
/// # Errors
/// As [`entries`].
pub fn newest_roots(tx: &mut dyn Tx, district: &AreaCode, limit: usize) -> Result<Vec<DayRoot>> {
    const SQL: &str = "
        SELECT district, day, epoch, last_no, head, before_root, root, key_id, signature
        FROM day_roots
        WHERE district = $1
        ORDER BY district, day DESC
        LIMIT $2";
    let rows = tx.query(SQL, params![district, row_limit(limit)])?;
    // One that can't be read is for whoever verifies.
    Ok(rows
        .iter()
        .filter_map(|row| root_from_row(row).ok())
        .collect())
}

/// The root before a day's.
///
/// # Errors
/// As [`entries`].
pub fn root_before(tx: &mut dyn Tx, district: &AreaCode, day: i64) -> Result<Option<DayRoot>> {
    const SQL: &str = "
        SELECT district, day, epoch, last_no, head, before_root, root, key_id, signature
        FROM day_roots
        WHERE district = $1 AND day < $2
        ORDER BY district, day DESC
        LIMIT 1";
    let rows = tx.query(SQL, params![district, day])?;
    rows.first().map(root_from_row).transpose()
}

/// The newest root.
///
/// # Errors
/// As [`entries`].
pub fn newest_root(tx: &mut dyn Tx, district: &AreaCode) -> Result<Option<DayRoot>> {
    const SQL: &str = "
        SELECT district, day, epoch, last_no, head, before_root, root, key_id, signature
        FROM day_roots
        WHERE district = $1
        ORDER BY district, day DESC
        LIMIT 1";
    let rows = tx.query(SQL, params![district])?;
    rows.first().map(root_from_row).transpose()
}

fn from_row(row: &Row) -> Result<SealRow> {
    let digits = row.text(5)?.as_bytes();
    let hash = |chunk: &[u8]| std::str::from_utf8(chunk).ok()?.parse().ok();
    let hashes: Option<Vec<Sha256>> = digits.chunks(HASH_DIGITS).map(hash).collect();
    Ok(SealRow {
        first_no: row.int(0)?,
        last_no: row.int(1)?,
        before: row.id(2)?,
        head: row.id(3)?,
        sealed: row.time(4)?,
        hashes: hashes.ok_or(super::StoreError::Column {
            column: 5,
            wanted: "hashes",
        })?,
    })
}

fn root_from_row(row: &Row) -> Result<DayRoot> {
    Ok(DayRoot {
        district: row.id(0)?,
        day: row.int(1)?,
        epoch: row.text(2)?.to_owned(),
        last_no: row.int(3)?,
        head: row.id(4)?,
        before: row.id(5)?,
        root: row.id(6)?,
        key: row.text(7)?.to_owned(),
        signature: row.id(8)?,
    })
}
