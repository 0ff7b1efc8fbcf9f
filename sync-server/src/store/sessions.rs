//! Who is signed in: the hash of each token, never the token.
//!
//! Held by `tests/tests/store_contract.rs`.

use super::tx::limit;
use super::{Result, Row, Tx};
use crate::params;
use shared::id::{DeviceId, PersonId, Sha256};
use shared::time::Timestamp;

/// A session as kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRow {
    /// SHA-256 of the token.
    pub token_hash: Sha256,
    /// Who.
    pub person: PersonId,
    /// The handheld it belongs to, none for a console.
    pub device: Option<DeviceId>,
    /// Since when.
    pub created: Timestamp,
    /// Until when.
    pub expires: Timestamp,
    /// When it was ended before that.
    pub revoked: Option<Timestamp>,
}

/// Adds a session.
///
/// # Errors
/// Whatever the database says, as for all functions of the store.
pub fn insert(tx: &mut dyn Tx, row: &SessionRow) -> Result<()> {
    const SQL: &str = "
        INSERT INTO sessions (token_hash, person, device, created_ms, expires_ms, revoked_ms)
        VALUES ($1, $2, $3, $4, $5, $6)";
    let SessionRow {
        token_hash,
        person,
        device,
        created,
        expires,
        revoked,
    } = row;
    tx.execute(
        SQL,
        params![*token_hash, *person, *device, *created, *expires, *revoked],
    )?;
    Ok(())
}

/// The session of a token, whether or not it is still good.
///
/// # Errors
/// As [`insert`].
pub fn get(tx: &mut dyn Tx, token_hash: Sha256) -> Result<Option<SessionRow>> {
    const SQL: &str = "
        SELECT token_hash, person, device, created_ms, expires_ms, revoked_ms
        FROM sessions
        WHERE token_hash = $1";
    tx.query(SQL, params![token_hash])?
        .first()
        .map(from_row)
        .transpose()
}

/// Ends a session; `false` when it isn't there or has been ended.
///
/// # Errors
/// As [`insert`].
pub fn revoke(tx: &mut dyn Tx, token_hash: Sha256, at: Timestamp) -> Result<bool> {
    const SQL: &str = "
        UPDATE sessions
        SET revoked_ms = $2
        WHERE token_hash = $1 AND revoked_ms IS NULL";
    Ok(tx.execute(SQL, params![token_hash, at])? == 1)
}

/// Ends all sessions of a person, or only those of one handheld; how many.
///
/// # Errors
/// As [`insert`].
pub fn revoke_all(
    tx: &mut dyn Tx,
    person: PersonId,
    device: Option<DeviceId>,
    at: Timestamp,
) -> Result<u64> {
    const SQL: &str = "
        UPDATE sessions
        SET revoked_ms = $2
        WHERE person = $1 AND revoked_ms IS NULL";
    const OF_DEVICE: &str = "
        UPDATE sessions
        SET revoked_ms = $2
        WHERE person = $1 AND revoked_ms IS NULL AND device = $3";
    match device {
        None => tx.execute(SQL, params![person, at]),
        Some(device) => tx.execute(OF_DEVICE, params![person, at, device]),
    }
}

/// Ends all console sessions of a person, but for one that may go on; how many.
///
/// # Errors
/// As [`insert`].
pub fn revoke_console(
    tx: &mut dyn Tx,
    person: PersonId,
    kept: Option<Sha256>,
    at: Timestamp,
) -> Result<u64> {
    const ALL: &str = "
        UPDATE sessions
        SET revoked_ms = $2
        WHERE person = $1 AND revoked_ms IS NULL AND device IS NULL";
    const OTHERS: &str = "
        UPDATE sessions
        SET revoked_ms = $2
        WHERE person = $1 AND revoked_ms IS NULL AND device IS NULL AND token_hash <> $3";
    match kept {
        None => tx.execute(ALL, params![person, at]),
        Some(kept) => tx.execute(OTHERS, params![person, at, kept]),
    }
}

/// Forgets the console sessions of everybody, whoever ended them since; how many.
///
/// # Errors
/// As [`insert`].
pub fn forget_consoles(tx: &mut dyn Tx) -> Result<u64> {
    const SQL: &str = "
        DELETE FROM sessions
        WHERE device IS NULL";
    tx.execute(SQL, &[])
}

/// Lets a session last until another moment.
///
/// # Errors
/// As [`insert`].
pub fn extend(tx: &mut dyn Tx, token_hash: Sha256, expires: Timestamp) -> Result<()> {
    const SQL: &str = "
        UPDATE sessions
        SET expires_ms = $2
        WHERE token_hash = $1 AND revoked_ms IS NULL";
    tx.execute(SQL, params![token_hash, expires])?;
    Ok(())
}

/// Uses a challenge for a token; `false` when it was used before. Those that were used before
/// `forgotten` are removed: they have run out.
///
/// # Errors
/// As [`insert`].
pub fn use_challenge(
    tx: &mut dyn Tx,
    challenge: Sha256,
    now: Timestamp,
    forgotten: Timestamp,
) -> Result<bool> {
    const SWEEP: &str = "
        DELETE FROM token_challenges
        WHERE used_ms < $1";
    const USE: &str = "
        INSERT INTO token_challenges (challenge, used_ms)
        VALUES ($1, $2)
        ON CONFLICT (challenge) DO NOTHING";
    tx.execute(SWEEP, params![forgotten])?;
    Ok(tx.execute(USE, params![challenge, now])? == 1)
}

/// Removes so many at most of the sessions that ended before a moment; how many.
///
/// # Errors
/// As [`insert`].
pub fn sweep(tx: &mut dyn Tx, before: Timestamp, most: usize) -> Result<u64> {
    const SQL: &str = "
        DELETE FROM sessions
        WHERE token_hash IN (
            SELECT token_hash
            FROM sessions
            WHERE expires_ms < $1
            LIMIT $2)";
    tx.execute(SQL, params![before, limit(most)])
}

fn from_row(row: &Row) -> Result<SessionRow> {
    Ok(SessionRow {
        token_hash: row.id(0)?,
        person: row.id(1)?,
        device: row.opt_id(2)?,
        created: row.time(3)?,
        expires: row.time(4)?,
        revoked: row.opt_time(5)?,
    })
}
