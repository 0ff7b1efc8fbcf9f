//! Table `drafts`: reports that aren't filed yet. A draft is durable from its first photo on.

use super::{StoreError, Transaction, count, from_json, parse, to_json};
use rusqlite::{OptionalExtension, params};
use serde::{Deserialize, Serialize};
use shared::id::{CategoryId, ConditionId, DraftId};
use shared::patrol::OnRound;
use shared::report::Place;
use shared::time::Timestamp;
use shared::wire::handheld::SimilarAnswer;

/// What is filled in so far, as stored.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Fields {
    /// Where.
    #[serde(default)]
    pub place: Option<Place>,
    /// What.
    #[serde(default)]
    pub category: Option<CategoryId>,
    /// Which condition.
    #[serde(default)]
    pub condition: Option<ConditionId>,
    /// The worker's words.
    #[serde(default)]
    pub text: String,
    /// 自处置.
    #[serde(default)]
    pub self_fixed: bool,
    /// What was said to the question whether it is one with another.
    #[serde(default)]
    pub similar: SimilarAnswer,
    /// Where on a round it was begun; not the form's to change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub patrol: Option<OnRound>,
    /// Whom to call: name and phone.
    #[serde(default)]
    pub contact: (String, String),
}

/// A draft without its photos.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// Identity.
    pub id: DraftId,
    /// When it was begun.
    pub created: Timestamp,
    /// When it was last changed.
    pub updated: Timestamp,
    /// Raised with each change.
    pub revision: i64,
    /// What is filled in.
    pub fields: Fields,
}

type RawDraft = (String, i64, i64, i64, String);

fn raw(row: &rusqlite::Row<'_>) -> rusqlite::Result<RawDraft> {
    Ok((
        row.get(0)?,
        row.get(1)?,
        row.get(2)?,
        row.get(3)?,
        row.get(4)?,
    ))
}

fn draft((id, created, updated, revision, fields): RawDraft) -> Result<Draft, StoreError> {
    Ok(Draft {
        id: parse("draft id", &id)?,
        created: Timestamp(created),
        updated: Timestamp(updated),
        revision,
        fields: from_json("draft", &fields)?,
    })
}

/// Begins a draft, or leaves the one with this id as it is.
pub fn begin(tx: &Transaction<'_>, id: DraftId, now: Timestamp) -> Result<(), StoreError> {
    const SQL: &str = "
        INSERT INTO drafts (id, created_ms, updated_ms, revision, fields) VALUES (?1, ?2, ?2, 1, ?3)
        ON CONFLICT (id) DO NOTHING";
    tx.execute(
        SQL,
        params![id.to_string(), now.0, to_json("draft", &Fields::default())?],
    )?;
    Ok(())
}

/// Whether what had this id was filed: nothing begins under it any more.
pub fn is_filed(tx: &Transaction<'_>, id: DraftId) -> Result<bool, StoreError> {
    const SQL: &str = "
        SELECT 1 FROM reports WHERE id = ?1
        UNION ALL SELECT 1 FROM tasks WHERE id = ?1 AND op_id IS NOT NULL";
    Ok(tx.prepare_cached(SQL)?.exists([id.to_string()])?)
}

/// The draft with this id.
pub fn get(tx: &Transaction<'_>, id: DraftId) -> Result<Draft, StoreError> {
    const SQL: &str = "
        SELECT id, created_ms, updated_ms, revision, fields FROM drafts WHERE id = ?1";
    let found = tx.query_row(SQL, [id.to_string()], raw).optional()?;
    draft(found.ok_or(StoreError::Missing("draft"))?)
}

/// All drafts of reports, the newest first. With them those that an earlier version began under the
/// id of a task that was done: their photos are shown nowhere else.
pub fn all(tx: &Transaction<'_>) -> Result<Vec<Draft>, StoreError> {
    const SQL: &str = "
        SELECT id, created_ms, updated_ms, revision, fields FROM drafts
        WHERE id NOT IN (SELECT t.id FROM tasks t WHERE t.op_id IS NULL)
        ORDER BY updated_ms DESC, id DESC";
    let mut statement = tx.prepare_cached(SQL)?;
    let rows = statement.query_map([], raw)?;
    rows.map(|row| draft(row?)).collect()
}

/// How many drafts of reports there are.
pub fn number(tx: &Transaction<'_>) -> Result<u32, StoreError> {
    const SQL: &str = "
        SELECT count(*) FROM drafts
        WHERE id NOT IN (SELECT t.id FROM tasks t WHERE t.op_id IS NULL)";
    let number: i64 = tx.query_row(SQL, [], |row| row.get(0))?;
    Ok(super::uncount(number))
}

/// Replaces what is filled in.
pub fn set_fields(
    tx: &Transaction<'_>,
    id: DraftId,
    fields: &Fields,
    now: Timestamp,
) -> Result<(), StoreError> {
    const SQL: &str = "
        UPDATE drafts SET fields = ?2, updated_ms = ?3, revision = revision + 1 WHERE id = ?1";
    changed(tx.execute(
        SQL,
        params![id.to_string(), to_json("draft", fields)?, now.0],
    )?)
}

/// Notes that something of the draft (a photo) changed.
pub fn touch(tx: &Transaction<'_>, id: DraftId, now: Timestamp) -> Result<(), StoreError> {
    const SQL: &str = "UPDATE drafts SET updated_ms = ?2, revision = revision + 1 WHERE id = ?1";
    changed(tx.execute(SQL, params![id.to_string(), now.0])?)
}

/// Takes a draft away; its photos must have been moved or removed before.
pub fn remove(tx: &Transaction<'_>, id: DraftId) -> Result<(), StoreError> {
    changed(tx.execute("DELETE FROM drafts WHERE id = ?1", [id.to_string()])?)
}

fn changed(rows: usize) -> Result<(), StoreError> {
    if count(rows) == 1 {
        Ok(())
    } else {
        Err(StoreError::Missing("draft"))
    }
}
