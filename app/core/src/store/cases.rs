//! Tables `cases` and `case_buckets`: the mirror of the server's cases.
//!
//! A mirror and nothing else: a row may vanish and come back without harm. A case of a report
//! that was filed here stays when it leaves this person's scope, and nothing in this file can
//! touch reports, operations, drafts or photos. Tests: `tests/store.rs`.

use super::{StoreError, Transaction};
use rusqlite::{OptionalExtension, params};
use shared::id::{Bucket, ReportId};
use shared::wire::sync::{CaseState, PulledRow, Why};

/// Table name of cases in a pull.
pub const TABLE: &str = "cases";

/// Applies one row of a pull. Rows of tables that this version doesn't know are passed over.
pub fn apply(tx: &Transaction<'_>, row: &PulledRow) -> Result<(), StoreError> {
    if row.table != TABLE {
        return Ok(());
    }
    match (row.why, &row.doc) {
        (Why::Put | Why::Redact, Some(doc)) => put(tx, row, doc),
        (Why::Tombstone, _) => {
            tx.execute("DELETE FROM cases WHERE id = ?1", [&row.id])?;
            Ok(())
        }
        (Why::Put | Why::Redact | Why::Evict | Why::Other, _) => {
            const SQL: &str = "DELETE FROM case_buckets WHERE bucket = ?1 AND case_id = ?2";
            tx.execute(SQL, [row.bucket.as_str(), row.id.as_str()])?;
            drop_orphans(tx)
        }
    }
}

fn put(tx: &Transaction<'_>, row: &PulledRow, doc: &serde_json::Value) -> Result<(), StoreError> {
    const CASE: &str = "
        INSERT INTO cases (id, report_id, revision, doc) VALUES (?1, ?2, ?3, ?4)
        ON CONFLICT (id) DO UPDATE
        SET report_id = excluded.report_id, revision = excluded.revision, doc = excluded.doc
        WHERE excluded.revision >= revision";
    const BUCKET: &str = "
        INSERT INTO case_buckets (bucket, case_id) VALUES (?1, ?2)
        ON CONFLICT (bucket, case_id) DO NOTHING";
    let report = doc
        .get("report_id")
        .and_then(serde_json::Value::as_str)
        .unwrap_or_default();
    tx.execute(CASE, params![row.id, report, row.revision, doc.to_string()])?;
    tx.execute(BUCKET, [row.bucket.as_str(), row.id.as_str()])?;
    Ok(())
}

/// Drops the rows of a bucket that this person no longer has.
pub fn leave(tx: &Transaction<'_>, bucket: &Bucket) -> Result<(), StoreError> {
    tx.execute(
        "DELETE FROM case_buckets WHERE bucket = ?1",
        [bucket.as_str()],
    )?;
    drop_orphans(tx)
}

/// Starts the mirror over, after the server came back from a backup: cases that it opened in its
/// former life may have another identity now.
pub fn reset(tx: &Transaction<'_>) -> Result<(), StoreError> {
    tx.execute("DELETE FROM cases", [])?;
    Ok(())
}

/// Cases without a bucket go, except those of reports filed here.
fn drop_orphans(tx: &Transaction<'_>) -> Result<(), StoreError> {
    const SQL: &str = "
        DELETE FROM cases
        WHERE NOT EXISTS (SELECT 1 FROM case_buckets b WHERE b.case_id = cases.id)
            AND NOT EXISTS (SELECT 1 FROM reports r WHERE r.id = cases.report_id)";
    tx.execute(SQL, [])?;
    Ok(())
}

/// The mirrored case of a report.
pub fn of_report(tx: &Transaction<'_>, report: ReportId) -> Result<Option<CaseState>, StoreError> {
    const SQL: &str = "SELECT doc FROM cases WHERE report_id = ?1 ORDER BY id LIMIT 1";
    let doc: Option<String> = tx
        .query_row(SQL, [report.to_string()], |row| row.get(0))
        .optional()?;
    Ok(doc.and_then(|doc| serde_json::from_str(&doc).ok()))
}

/// The mirrored cases, newest number first.
pub fn all(tx: &Transaction<'_>, limit: u32) -> Result<Vec<CaseState>, StoreError> {
    let mut statement = tx.prepare_cached("SELECT doc FROM cases ORDER BY id DESC LIMIT ?1")?;
    let rows = statement.query_map([limit], |row| row.get::<_, String>(0))?;
    let mut cases = Vec::new();
    for row in rows {
        // A later server may send a shape that this app can't read; the others are shown.
        cases.extend(serde_json::from_str::<CaseState>(&row?).ok());
    }
    Ok(cases)
}
