//! Facts about the whole database by name: `server_epoch`, `district`, `catalogue_version`, …
//!
//! Held by `tests/tests/store_contract.rs`.

use super::{Result, Tx};
use crate::params;

/// Identity of this life of the data; another one after a restore.
pub const SERVER_EPOCH: &str = "server_epoch";
/// A short mark of this life, where it is not the first: what is named in it carries it.
pub const LIFE: &str = "life";
/// The district this server was set up for.
pub const DISTRICT: &str = "district";
/// Raised with each catalogue that is published and each order that is given or ended, so that
/// every server on this database notices.
pub const REFERENCE: &str = "reference";
/// The catalogue that the clocks of open cases were last counted by.
pub const CLOCKS: &str = "clocks";
/// The areas in force.
pub const AREAS_VERSION: &str = "areas_version";
/// The secret key that signs receipts, hex.
pub const RECEIPT_KEY: &str = "receipt_key";
/// Its public half alone, hex: in an archive.
pub const PUBLIC_KEY: &str = "public_key";
/// The days of which this is the archive; a database in use has none.
pub const ARCHIVE_PART: &str = "archive_part";
/// Since when the roll-ups are kept; none while they have never been counted.
pub const ROLLUPS: &str = "rollups";
/// Levels of the area tree, JSON.
pub const AREA_LEVELS: &str = "area_levels";

/// The value under a name.
///
/// # Errors
/// Whatever the database says, as for all functions of the store.
pub fn get(tx: &mut dyn Tx, key: &str) -> Result<Option<String>> {
    const SQL: &str = "
        SELECT value
        FROM meta
        WHERE key = $1";
    tx.query(SQL, params![key])?
        .first_mut()
        .map(|row| row.take_text(0))
        .transpose()
}

/// Sets or replaces the value under a name.
///
/// # Errors
/// As [`get`].
pub fn set(tx: &mut dyn Tx, key: &str, value: &str) -> Result<()> {
    const SQL: &str = "
        INSERT INTO meta (key, value)
        VALUES ($1, $2)
        ON CONFLICT (key) DO UPDATE SET value = excluded.value";
    tx.execute(SQL, params![key, value])?;
    Ok(())
}
