//! Table `bundles`: the catalogue and the areas, whole, as the server published them.

use super::{StoreError, Transaction};
use rusqlite::{OptionalExtension, params};
use shared::time::Timestamp;

/// Kind of the catalogue bundle.
pub const CATALOGUE: &str = "catalogue";
/// Kind of the areas bundle.
pub const AREAS: &str = "areas";

/// Bundles of one kind that are kept: the one in use and the one before it.
const KEPT: i64 = 2;

/// Version and text of the newest bundle of a kind.
pub fn newest(tx: &Transaction<'_>, kind: &str) -> Result<Option<(String, String)>, StoreError> {
    const SQL: &str = "
        SELECT version, body FROM bundles
        WHERE kind = ?1
        ORDER BY fetched_ms DESC, version DESC
        LIMIT 1";
    Ok(tx
        .query_row(SQL, [kind], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?)
}

/// Version of the newest bundle of a kind.
pub fn newest_version(tx: &Transaction<'_>, kind: &str) -> Result<Option<String>, StoreError> {
    const SQL: &str = "
        SELECT version FROM bundles
        WHERE kind = ?1
        ORDER BY fetched_ms DESC, version DESC
        LIMIT 1";
    Ok(tx.query_row(SQL, [kind], |row| row.get(0)).optional()?)
}

/// Has a bundle fetched again though its version has the same name: another life of the server's
/// data gives it to something else, or what is here can't be used. It stays until then.
pub fn fetch_again(tx: &Transaction<'_>, kind: &str) -> Result<(), StoreError> {
    const SQL: &str = "
        UPDATE OR REPLACE bundles SET version = '?' || version
        WHERE kind = ?1 AND version NOT LIKE '?%'";
    tx.execute(SQL, [kind])?;
    Ok(())
}

/// Keeps a bundle as the newest of its kind and drops those that nobody uses any more.
pub fn keep(
    tx: &Transaction<'_>,
    kind: &str,
    version: &str,
    body: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    const INSERT: &str = "
        INSERT INTO bundles (kind, version, fetched_ms, body) VALUES (?1, ?2, ?3, ?4)
        ON CONFLICT (kind, version) DO UPDATE
        SET fetched_ms = excluded.fetched_ms, body = excluded.body";
    const DROP_OLD: &str = "
        DELETE FROM bundles
        WHERE kind = ?1 AND version NOT IN (
            SELECT version FROM bundles
            WHERE kind = ?1
            ORDER BY fetched_ms DESC, version DESC
            LIMIT ?2)";
    // A clock set back must not make an older bundle the newest.
    let newest: Option<i64> = tx.query_row(
        "SELECT max(fetched_ms) FROM bundles WHERE kind = ?1",
        [kind],
        |row| row.get(0),
    )?;
    let at = newest.map_or(now.0, |newest| now.0.max(newest.saturating_add(1)));
    tx.execute(INSERT, params![kind, version, at, body])?;
    tx.execute(DROP_OLD, params![kind, KEPT])?;
    Ok(())
}
