//! Posts: a person in a role at a place, from a moment to a moment. Ended, never removed, so that
//! one can ask who held what when something happened.
//!
//! Held by `tests/tests/store_contract.rs`.

use super::areas::range_end;
use super::{Result, Row, Tx};
use crate::params;
use shared::id::{AreaCode, PersonId, PostId};
use shared::role::{Post, PostKind, Role};
use shared::time::Timestamp;

/// A post as kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostRow {
    /// The post.
    pub post: Post,
    /// Who holds it.
    pub person: PersonId,
    /// From when.
    pub from: Timestamp,
    /// Until when, none for now.
    pub to: Option<Timestamp>,
}

/// Adds a post.
///
/// # Errors
/// Whatever the database says, as for all functions of the store.
pub fn insert(tx: &mut dyn Tx, row: &PostRow) -> Result<()> {
    const SQL: &str = "
        INSERT INTO posts (id, person, role, area, unit, kind, from_ms, to_ms)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    let Post {
        id,
        role,
        area,
        unit,
        kind,
    } = &row.post;
    let values = params![
        *id,
        row.person,
        role.as_str(),
        area,
        unit.as_ref(),
        kind.as_str(),
        row.from,
        row.to,
    ];
    tx.execute(SQL, values)?;
    Ok(())
}

/// A post, also one that has ended.
///
/// # Errors
/// As [`insert`].
pub fn get(tx: &mut dyn Tx, id: PostId) -> Result<Option<PostRow>> {
    const SQL: &str = "
        SELECT id, role, area, unit, kind, person, from_ms, to_ms
        FROM posts
        WHERE id = $1";
    tx.query(SQL, params![id])?
        .first()
        .map(from_row)
        .transpose()
}

/// Who administers all of a district at a moment and can sign in: people and posts, in their order.
///
/// # Errors
/// As [`insert`].
pub fn administrators(
    tx: &mut dyn Tx,
    district: &AreaCode,
    at: Timestamp,
) -> Result<Vec<(PersonId, PostId)>> {
    const SQL: &str = "
        SELECT posts.person, posts.id
        FROM posts
        JOIN people ON people.id = posts.person
        WHERE posts.area = $1 AND posts.role = 'administrator' AND posts.from_ms <= $2
            AND (posts.to_ms IS NULL OR posts.to_ms > $2)
            AND people.district = $1 AND people.disabled_ms IS NULL
            AND people.password_hash IS NOT NULL
        ORDER BY posts.person, posts.id";
    tx.query(SQL, params![district, at])?
        .iter()
        .map(|row| Ok((row.id(0)?, row.id(1)?)))
        .collect()
}

/// The posts that a person held at a moment, in order of their beginning.
///
/// # Errors
/// As [`insert`].
pub fn held(tx: &mut dyn Tx, person: PersonId, at: Timestamp) -> Result<Vec<PostRow>> {
    const SQL: &str = "
        SELECT id, role, area, unit, kind, person, from_ms, to_ms
        FROM posts
        WHERE person = $1 AND from_ms <= $2 AND (to_ms IS NULL OR to_ms > $2)
        ORDER BY from_ms, id";
    tx.query(SQL, params![person, at])?
        .iter()
        .map(from_row)
        .collect()
}

/// Everything a person ever held, in order of its beginning.
///
/// # Errors
/// As [`insert`].
pub fn of_person(tx: &mut dyn Tx, person: PersonId) -> Result<Vec<PostRow>> {
    const SQL: &str = "
        SELECT id, role, area, unit, kind, person, from_ms, to_ms
        FROM posts
        WHERE person = $1
        ORDER BY from_ms, id";
    tx.query(SQL, params![person])?
        .iter()
        .map(from_row)
        .collect()
}

/// The posts in force at a place and below it, in order of areas.
///
/// # Errors
/// As [`insert`].
pub fn below(tx: &mut dyn Tx, area: &AreaCode, at: Timestamp) -> Result<Vec<PostRow>> {
    const SQL: &str = "
        SELECT id, role, area, unit, kind, person, from_ms, to_ms
        FROM posts
        WHERE area >= $1 AND area < $2 AND from_ms <= $3 AND (to_ms IS NULL OR to_ms > $3)
        ORDER BY area, id";
    let end = range_end(area);
    tx.query(SQL, params![area, &end, at])?
        .iter()
        .map(from_row)
        .collect()
}

/// Ends a post at a moment; `false` when it isn't there or has ended.
///
/// # Errors
/// As [`insert`].
pub fn end(tx: &mut dyn Tx, id: PostId, at: Timestamp) -> Result<bool> {
    const SQL: &str = "
        UPDATE posts
        SET to_ms = $2
        WHERE id = $1 AND to_ms IS NULL";
    Ok(tx.execute(SQL, params![id, at])? == 1)
}

fn from_row(row: &Row) -> Result<PostRow> {
    let post = Post {
        id: row.id(0)?,
        role: row.word(1, Role::parse)?,
        area: row.id(2)?,
        unit: row.opt_id(3)?,
        kind: row.word(4, PostKind::parse)?,
    };
    Ok(PostRow {
        post,
        person: row.id(5)?,
        from: row.time(6)?,
        to: row.opt_time(7)?,
    })
}
