//! People who sign in or carry a handheld.
//!
//! Held by `tests/tests/store_contract.rs`.

use super::tx::limit as row_limit;
use super::{Result, Row, Tx};
use crate::params;
use shared::id::{AreaCode, PersonId};
use shared::time::Timestamp;

/// A person as kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonRow {
    /// Identity.
    pub id: PersonId,
    /// The district that keeps the person.
    pub district: AreaCode,
    /// Sign-in name, unique.
    pub login: String,
    /// Name.
    pub name: String,
    /// Argon2id; none for somebody who only carries a handheld.
    pub password_hash: Option<String>,
    /// Since when signing in is off.
    pub disabled: Option<Timestamp>,
    /// When added.
    pub created: Timestamp,
}

/// Adds a person; `false` when the sign-in name is taken.
///
/// # Errors
/// Whatever the database says, as for all functions of the store.
pub fn insert_if_new(tx: &mut dyn Tx, person: &PersonRow) -> Result<bool> {
    const SQL: &str = "
        INSERT INTO people (id, district, login, name, password_hash, disabled_ms, created_ms)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (login) DO NOTHING";
    let values = params![
        person.id,
        &person.district,
        &person.login,
        &person.name,
        person.password_hash.as_deref(),
        person.disabled,
        person.created,
    ];
    Ok(tx.execute(SQL, values)? == 1)
}

/// One person.
///
/// # Errors
/// As [`insert_if_new`].
pub fn get(tx: &mut dyn Tx, id: PersonId) -> Result<Option<PersonRow>> {
    const SQL: &str = "
        SELECT id, district, login, name, password_hash, disabled_ms, created_ms
        FROM people
        WHERE id = $1";
    tx.query(SQL, params![id])?
        .first_mut()
        .map(from_row)
        .transpose()
}

/// The person with this sign-in name.
///
/// # Errors
/// As [`insert_if_new`].
pub fn by_login(tx: &mut dyn Tx, login: &str) -> Result<Option<PersonRow>> {
    const SQL: &str = "
        SELECT id, district, login, name, password_hash, disabled_ms, created_ms
        FROM people
        WHERE login = $1";
    tx.query(SQL, params![login])?
        .first_mut()
        .map(from_row)
        .transpose()
}

/// A page of the district's people by sign-in name, after the one that ended the page before.
///
/// # Errors
/// As [`insert_if_new`].
pub fn page(
    tx: &mut dyn Tx,
    district: &AreaCode,
    after: Option<&str>,
    limit: usize,
) -> Result<Vec<PersonRow>> {
    const SQL: &str = "
        SELECT id, district, login, name, password_hash, disabled_ms, created_ms
        FROM people
        WHERE district = $1 AND login > $2
        ORDER BY login, id
        LIMIT $3";
    let values = params![district, after.unwrap_or(""), row_limit(limit)];
    tx.query(SQL, values)?.iter_mut().map(from_row).collect()
}

/// Sets a new password; whether the person is there.
///
/// # Errors
/// As [`insert_if_new`].
pub fn set_password(tx: &mut dyn Tx, id: PersonId, password_hash: &str) -> Result<bool> {
    const SQL: &str = "
        UPDATE people
        SET password_hash = $2
        WHERE id = $1";
    Ok(tx.execute(SQL, params![id, password_hash])? == 1)
}

/// Turns signing in off from a moment, or on again; whether the person is there.
///
/// # Errors
/// As [`insert_if_new`].
pub fn set_disabled(tx: &mut dyn Tx, id: PersonId, disabled: Option<Timestamp>) -> Result<bool> {
    const SQL: &str = "
        UPDATE people
        SET disabled_ms = $2
        WHERE id = $1";
    Ok(tx.execute(SQL, params![id, disabled])? == 1)
}

fn from_row(row: &mut Row) -> Result<PersonRow> {
    Ok(PersonRow {
        id: row.id(0)?,
        district: row.id(1)?,
        login: row.take_text(2)?,
        name: row.take_text(3)?,
        password_hash: row.take_opt_text(4)?,
        disabled: row.opt_time(5)?,
        created: row.time(6)?,
    })
}
