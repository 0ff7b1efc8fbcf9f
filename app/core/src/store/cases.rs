//! Tables `cases`, `case_buckets` and `cases_asked`: the mirror of the server's cases.
//!
//! A mirror and nothing else: a row may vanish and come back without harm. A case of a report
//! that was filed here stays when it leaves this person's scope; what became of it since, the
//! server is asked by the report's name. Nothing in this file can touch reports, operations, drafts or photos. Digests are counted from the rows themselves, not
//! kept beside them: a mirror that was damaged must show. Tests: `tests/store.rs`.

use super::{StoreError, Transaction, parse};
use rusqlite::{OptionalExtension, params};
use shared::digest::Digest;
use shared::id::{Bucket, CaseId, OpId, ReportId};
use shared::time::{DAY_MS, MINUTE_MS, Timestamp};
use shared::wire::sync::{CaseState, OWN_REPORTS_LIMIT, PulledRow, Why};
use std::collections::BTreeMap;

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
            for bucket in buckets(row) {
                take_out(tx, bucket, &row.id)?;
            }
            doubt_if_outdated(tx, row)?;
            drop_if_orphan(tx, &row.id)
        }
    }
}

/// The buckets in which it happened.
fn buckets(row: &PulledRow) -> impl Iterator<Item = &Bucket> {
    std::iter::once(&row.bucket).chain(&row.also)
}

fn take_out(tx: &Transaction<'_>, bucket: &Bucket, id: &str) -> Result<(), StoreError> {
    const SQL: &str = "DELETE FROM case_buckets WHERE bucket = ?1 AND case_id = ?2";
    tx.prepare_cached(SQL)?.execute([bucket.as_str(), id])?;
    Ok(())
}

/// A case that left, having moved since it was last heard of, shows how it was: it is asked about.
fn doubt_if_outdated(tx: &Transaction<'_>, row: &PulledRow) -> Result<(), StoreError> {
    const SQL: &str = "
        UPDATE cases
        SET revision = -1
        WHERE id = ?1 AND revision < ?2
            AND NOT EXISTS (SELECT 1 FROM case_buckets b WHERE b.case_id = cases.id)";
    tx.execute(SQL, params![row.id, row.revision])?;
    Ok(())
}

fn put(tx: &Transaction<'_>, row: &PulledRow, doc: &serde_json::Value) -> Result<(), StoreError> {
    const BUCKET: &str = "
        INSERT INTO case_buckets (bucket, case_id) VALUES (?1, ?2)
        ON CONFLICT (bucket, case_id) DO NOTHING";
    const HEARD: &str = "DELETE FROM cases_asked WHERE report_id = ?1";
    let report = keep(tx, &row.id, row.revision, doc)?;
    let mut statement = tx.prepare_cached(BUCKET)?;
    for bucket in buckets(row) {
        statement.execute([bucket.as_str(), row.id.as_str()])?;
    }
    // Should it leave again, it may be asked about at once.
    tx.execute(HEARD, [report])?;
    Ok(())
}

/// Keeps a state; the report that it is of.
fn keep<'d>(
    tx: &Transaction<'_>,
    id: &str,
    revision: i64,
    doc: &'d serde_json::Value,
) -> Result<&'d str, StoreError> {
    const CASE: &str = "
        INSERT INTO cases (id, report_id, revision, doc, lat_e7, lon_e7, is_open)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
        ON CONFLICT (id) DO UPDATE
        SET report_id = excluded.report_id, revision = excluded.revision, doc = excluded.doc,
            lat_e7 = excluded.lat_e7, lon_e7 = excluded.lon_e7, is_open = excluded.is_open
        WHERE excluded.revision >= revision";
    // One that was kept from a former life of the server's data.
    const FORMER: &str = "
        DELETE FROM cases
        WHERE report_id = ?1 AND id <> ?2
            AND NOT EXISTS (SELECT 1 FROM case_buckets b WHERE b.case_id = cases.id)";
    let report = doc
        .get("report_id")
        .and_then(serde_json::Value::as_str)
        .unwrap_or_default();
    let number = |name: &str| doc.get(name).and_then(serde_json::Value::as_i64);
    let is_open = doc.get("class").and_then(serde_json::Value::as_str) == Some("open");
    tx.prepare_cached(CASE)?.execute(params![
        id,
        report,
        revision,
        doc.to_string(),
        number("lat_e7"),
        number("lon_e7"),
        is_open
    ])?;
    tx.execute(FORMER, [report, id])?;
    Ok(report)
}

/// A case comes with the states of the same round, on a weak link of the next one.
const COMES_WITHIN_MS: i64 = 10 * MINUTE_MS;

/// The reports filed here about whose cases the server is to be asked by name: the case isn't here
/// though there is one, or it is in no bucket and yet open, or moved since it was heard of. What
/// was asked within a day isn't asked again.
pub fn to_ask(tx: &Transaction<'_>, now: Timestamp) -> Result<Vec<ReportId>, StoreError> {
    const SQL: &str = "
        SELECT r.id
        FROM reports r
        JOIN operations o ON o.op_id = r.op_id
        LEFT JOIN cases c ON c.report_id = r.id
        LEFT JOIN cases_asked a ON a.report_id = r.id
        WHERE (c.id IS NULL AND o.case_no IS NOT NULL AND o.outcome IN ('applied', 'duplicate')
                OR (c.is_open = 1 OR c.revision < 0)
                    AND NOT EXISTS (SELECT 1 FROM case_buckets b WHERE b.case_id = c.id))
            AND (a.asked_ms IS NULL OR a.asked_ms <= ?1 OR a.asked_ms > ?2)
        ORDER BY a.asked_ms, r.filed_ms DESC, r.id
        LIMIT ?3";
    let limit = i64::try_from(OWN_REPORTS_LIMIT).unwrap_or(i64::MAX);
    let mut statement = tx.prepare_cached(SQL)?;
    let mut rows = statement.query([now.plus_ms(-DAY_MS).0, now.0, limit])?;
    let mut reports = Vec::new();
    while let Some(row) = rows.next()? {
        reports.push(parse("report id", &row.get::<_, String>(0)?)?);
    }
    Ok(reports)
}

/// Notes that the server was asked about the case of a report.
pub fn note_asked(
    tx: &Transaction<'_>,
    report: ReportId,
    now: Timestamp,
) -> Result<(), StoreError> {
    const SQL: &str = "
        INSERT INTO cases_asked (report_id, asked_ms) VALUES (?1, ?2)
        ON CONFLICT (report_id) DO UPDATE SET asked_ms = excluded.asked_ms";
    tx.execute(SQL, params![report.to_string(), now.0])?;
    Ok(())
}

/// A report became a case just now, which comes with the next states: it is asked about when it
/// hasn't soon.
pub fn comes_by_itself(
    tx: &Transaction<'_>,
    op_id: OpId,
    now: Timestamp,
) -> Result<(), StoreError> {
    const SQL: &str = "
        INSERT INTO cases_asked (report_id, asked_ms)
        SELECT id, ?2 FROM reports WHERE op_id = ?1
        ON CONFLICT (report_id) DO UPDATE SET asked_ms = excluded.asked_ms";
    let as_if_asked = now.plus_ms(COMES_WITHIN_MS - DAY_MS);
    tx.execute(SQL, params![op_id.to_string(), as_if_asked.0])?;
    Ok(())
}

/// Lets everything be asked again: for somebody else, or in another life of the server's data.
pub fn forget_asked(tx: &Transaction<'_>) -> Result<(), StoreError> {
    tx.execute("DELETE FROM cases_asked", [])?;
    Ok(())
}

/// Keeps the state of a case that was asked about, in no bucket by this; one of a report that
/// wasn't filed here isn't kept.
pub fn keep_own(tx: &Transaction<'_>, id: &str, doc: &serde_json::Value) -> Result<(), StoreError> {
    let Some(revision) = doc.get("revision").and_then(serde_json::Value::as_i64) else {
        return Ok(());
    };
    keep(tx, id, revision, doc)?;
    drop_if_orphan(tx, id)
}

/// Drops the rows of a bucket that this person no longer has.
pub fn leave(tx: &Transaction<'_>, bucket: &Bucket) -> Result<(), StoreError> {
    tx.execute(
        "DELETE FROM case_buckets WHERE bucket = ?1",
        [bucket.as_str()],
    )?;
    drop_orphans(tx)
}

/// A case without a bucket goes, unless its report was filed here.
fn drop_if_orphan(tx: &Transaction<'_>, id: &str) -> Result<(), StoreError> {
    const SQL: &str = "
        DELETE FROM cases
        WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM case_buckets b WHERE b.case_id = cases.id)
            AND NOT EXISTS (SELECT 1 FROM reports r WHERE r.id = cases.report_id)";
    tx.prepare_cached(SQL)?.execute([id])?;
    Ok(())
}

/// What each bucket holds here; a bucket without rows has no entry.
pub fn digests(tx: &Transaction<'_>) -> Result<BTreeMap<Bucket, Digest>, StoreError> {
    const SQL: &str = "
        SELECT b.bucket, c.id, c.revision
        FROM case_buckets b
        JOIN cases c ON c.id = b.case_id
        ORDER BY b.bucket";
    let mut statement = tx.prepare_cached(SQL)?;
    let mut rows = statement.query([])?;
    let mut digests: BTreeMap<String, Digest> = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let bucket = row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?;
        let id = row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?;
        let revision = row.get(2)?;
        match digests.get_mut(bucket) {
            Some(digest) => digest.add(TABLE, id, revision),
            None => {
                digests.insert(bucket.to_owned(), Digest::of([(TABLE, id, revision)]));
            }
        }
    }
    let entry = |(bucket, digest): (String, Digest)| Ok((parse("bucket", &bucket)?, digest));
    digests.into_iter().map(entry).collect()
}

/// Compares a part of a bucket with the server's list of it: from after `after` up to `next`, or
/// to the end. What the server doesn't list leaves the bucket; what is missing here or has another
/// revision is named, and will be taken whatever its revision.
pub fn compare(
    tx: &Transaction<'_>,
    bucket: &Bucket,
    after: &str,
    next: Option<&str>,
    listed: &[(String, i64)],
) -> Result<Vec<String>, StoreError> {
    const HERE: &str = "
        SELECT c.id, c.revision
        FROM case_buckets b
        JOIN cases c ON c.id = b.case_id
        WHERE b.bucket = ?1 AND b.case_id > ?2 AND (?3 IS NULL OR b.case_id <= ?3)";
    const OUTDATED: &str = "UPDATE cases SET revision = -1 WHERE id = ?1";
    let mut here: BTreeMap<String, i64> = BTreeMap::new();
    let mut statement = tx.prepare_cached(HERE)?;
    let mut rows = statement.query(params![bucket.as_str(), after, next])?;
    while let Some(row) = rows.next()? {
        here.insert(row.get(0)?, row.get(1)?);
    }
    let mut wanted = Vec::new();
    for (id, revision) in listed {
        match here.remove(id) {
            Some(known) if known == *revision => {}
            // Also one that lost its place in the bucket may be here, at whatever revision.
            _ => {
                tx.prepare_cached(OUTDATED)?.execute([id])?;
                wanted.push(id.clone());
            }
        }
    }
    for id in here.keys() {
        take_out(tx, bucket, id)?;
        drop_if_orphan(tx, id)?;
    }
    Ok(wanted)
}

/// Starts the mirror over, after the server came back from a backup: cases that it opened in its
/// former life may have another identity now. Closed ones of reports filed here stay, as old as
/// can be, until one of the same report comes: the server may let them come no more by a bucket.
pub fn reset(tx: &Transaction<'_>) -> Result<(), StoreError> {
    const REST: &str = "
        DELETE FROM cases
        WHERE is_open = 1 OR NOT EXISTS (SELECT 1 FROM reports r WHERE r.id = cases.report_id)";
    tx.execute("DELETE FROM case_buckets", [])?;
    tx.execute(REST, [])?;
    tx.execute("UPDATE cases SET revision = -1", [])?;
    forget_asked(tx)
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

/// A mirrored case.
pub fn get(tx: &Transaction<'_>, id: CaseId) -> Result<Option<CaseState>, StoreError> {
    const SQL: &str = "SELECT doc FROM cases WHERE id = ?1";
    let doc: Option<String> = tx
        .query_row(SQL, [id.to_string()], |row| row.get(0))
        .optional()?;
    Ok(doc.and_then(|doc| serde_json::from_str(&doc).ok()))
}

/// The mirrored cases in which somebody has to look on the spot.
pub fn looked_for(tx: &Transaction<'_>) -> Result<Vec<CaseState>, StoreError> {
    // A word in the text finds the few; which of them it is says the state.
    const SQL: &str = "SELECT doc FROM cases WHERE instr(doc, '\"on_the_spot\"') > 0 ORDER BY id";
    let mut statement = tx.prepare_cached(SQL)?;
    let rows = statement.query_map([], |row| row.get::<_, String>(0))?;
    let mut cases = Vec::new();
    for row in rows {
        let case = serde_json::from_str::<CaseState>(&row?).ok();
        cases.extend(case.filter(|case| case.on_the_spot.is_some()));
    }
    Ok(cases)
}

/// The open ones; `is_open = 1` lets the partial index of open ones be used.
pub const OPEN: &str = "SELECT doc FROM cases WHERE is_open = 1 ORDER BY id DESC LIMIT ?1";

/// The mirrored cases that are open, newest number first, and whether there are more of them.
pub fn open(tx: &Transaction<'_>, limit: u32) -> Result<(Vec<CaseState>, bool), StoreError> {
    let mut statement = tx.prepare_cached(OPEN)?;
    // One more than is given says whether there are more.
    let mut rows = statement.query([limit.saturating_add(1)])?;
    let mut cases = Vec::new();
    for _ in 0..limit {
        let Some(row) = rows.next()? else {
            return Ok((cases, false));
        };
        // A later server may send a shape that this app can't read; the others are shown.
        cases.extend(serde_json::from_str::<CaseState>(&row.get::<_, String>(0)?).ok());
    }
    Ok((cases, rows.next()?.is_some()))
}
