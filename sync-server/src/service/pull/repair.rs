//! Mending a bucket whose digests differ: what is there by id and revision, then the rows that the
//! device misses. A bucket that isn't the asking person's has no answer.

use super::{Course, Found, with_docs};
use crate::service::Result;
use crate::service::district::District;
use crate::service::sessions::Session;
use crate::store::Tx;
use crate::store::changes::{self, ChangeRow};
use shared::wire::sync::{
    CaseState, PULL_ROWS_LIMIT, REPAIR_IDS_LIMIT, RepairAnswer, RepairRequest, Why,
};
use std::sync::Arc;

/// The one table of the feed so far.
const TABLE: &str = "cases";

/// One step.
pub(super) fn step(
    tx: &mut dyn Tx,
    session: &Session,
    district: &District,
    courses: &[Course],
    asked: &RepairRequest,
) -> Result<Option<RepairAnswer<Arc<CaseState>>>> {
    let bucket = &asked.bucket;
    if !courses.iter().any(|course| course.bucket == *bucket) {
        return Ok(None);
    }
    let mut listed = Vec::new();
    let mut next = None;
    if let Some(after) = &asked.after {
        // No id holds U+0000, which no database takes.
        let after = after.replace('\0', "");
        let rows =
            changes::held_after(tx, &district.code, bucket, TABLE, &after, REPAIR_IDS_LIMIT)?;
        if rows.len() == REPAIR_IDS_LIMIT {
            next = rows.last().map(|row| row.row_id.clone());
        }
        listed = rows
            .into_iter()
            .map(|row| (row.row_id, row.revision))
            .collect();
    }
    let limit = usize::try_from(PULL_ROWS_LIMIT).unwrap_or(usize::MAX);
    let mut found = Vec::new();
    for id in asked.want.iter().take(limit) {
        let id = id.replace('\0', "");
        let change = changes::get(tx, &district.code, bucket, TABLE, &id)?;
        let change = change
            .filter(|row| changes::is_held(row.why))
            .unwrap_or_else(|| ChangeRow {
                seq: 0,
                table: TABLE.to_owned(),
                row_id: id,
                revision: 0,
                why: Why::Evict,
            });
        found.push(Found {
            bucket: bucket.clone(),
            change,
        });
    }
    Ok(Some(RepairAnswer {
        bucket: bucket.clone(),
        listed,
        next,
        rows: with_docs(tx, session, district, found, false)?,
    }))
}
