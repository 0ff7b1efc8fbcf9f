//! Table `settings`: small texts by key.

use super::{StoreError, Transaction};
use rusqlite::OptionalExtension;

/// The text under a key.
pub fn get(tx: &Transaction<'_>, key: &str) -> Result<Option<String>, StoreError> {
    const SQL: &str = "SELECT value FROM settings WHERE key = ?1";
    Ok(tx.query_row(SQL, [key], |row| row.get(0)).optional()?)
}

/// Sets the text under a key.
pub fn set(tx: &Transaction<'_>, key: &str, value: &str) -> Result<(), StoreError> {
    const SQL: &str = "
        INSERT INTO settings (key, value) VALUES (?1, ?2)
        ON CONFLICT (key) DO UPDATE SET value = excluded.value";
    tx.execute(SQL, [key, value])?;
    Ok(())
}
