//! Table `reports`: what was filed on this device, with the server's answer and case beside it.

use super::{StoreError, Transaction, from_json, parse, to_json, uncount};
use rusqlite::params;
use shared::id::{CategoryId, OpId, ReportId};
use shared::report::FiledReport;
use shared::routing::Decision;
use shared::time::Timestamp;
use shared::wire::sync::CaseState;

/// A report as filed.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// Identity.
    pub id: ReportId,
    /// Its operation.
    pub op_id: OpId,
    /// Code by which the worker knows it.
    pub short_code: String,
    /// When it was filed.
    pub filed_at: Timestamp,
    /// Name of its category then.
    pub category_name: String,
    /// Name of its condition then.
    pub condition_name: String,
    /// Names from the street to the grid.
    pub place_path: String,
    /// What was filed.
    pub filed: FiledReport,
    /// What the worker was shown.
    pub decision: Decision,
}

/// The server's answer to a report's operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// `applied`, `duplicate`, `held`, `quarantined`, `settled`, `rejected`, `other`.
    pub outcome: String,
    /// Why it was quarantined or rejected.
    pub code: Option<String>,
    /// The same in words.
    pub words: Option<String>,
    /// Printed number.
    pub case_no: Option<String>,
    /// When the server had it durably.
    pub received: Option<Timestamp>,
    /// Where the server decided otherwise than the preview.
    pub differs: Vec<String>,
}

/// A report with everything known of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Standing {
    /// The report.
    pub report: Report,
    /// The server's answer, none while it waits.
    pub answer: Option<Answer>,
    /// Its case as mirrored.
    pub case: Option<CaseState>,
    /// Photos that have arrived and photos in all.
    pub photos: (u32, u32),
    /// Preview of its first photo.
    pub preview: Option<Vec<u8>>,
    /// What the server said of the first addition that it could not simply take.
    pub addition: Option<(Option<String>, Option<String>)>,
}

/// Keeps a report. Its operation must be there.
pub fn insert(tx: &Transaction<'_>, report: &Report) -> Result<(), StoreError> {
    const SQL: &str = "
        INSERT INTO reports (id, op_id, short_code, filed_ms, category, category_name,
            condition_name, place_path, filed, decision, lat_e7, lon_e7)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)";
    tx.execute(
        SQL,
        params![
            report.id.to_string(),
            report.op_id.to_string(),
            report.short_code,
            report.filed_at.0,
            report.filed.category.as_str(),
            report.category_name,
            report.condition_name,
            report.place_path,
            to_json("report", &report.filed)?,
            to_json("decision", &report.decision)?,
            report.filed.place.lat_e7,
            report.filed.place.lon_e7,
        ],
    )?;
    Ok(())
}

const STANDING: &str = "
    SELECT r.id, r.op_id, r.short_code, r.filed_ms, r.category_name, r.condition_name,
        r.place_path, r.filed, r.decision,
        o.outcome, o.code, o.words, o.case_no, o.received_ms, o.differs,
        (SELECT c.doc FROM cases c WHERE c.report_id = r.id ORDER BY c.id LIMIT 1),
        (SELECT count(*) FROM photos p WHERE p.report_id = r.id AND p.sent_ms IS NOT NULL),
        (SELECT count(*) FROM photos p WHERE p.report_id = r.id),
        (SELECT p.preview FROM photos p WHERE p.report_id = r.id ORDER BY p.ordinal, p.id LIMIT 1),
        a.op_id, a.code, a.words
    FROM reports r
    JOIN operations o ON o.op_id = r.op_id
    LEFT JOIN operations a ON a.op_id = (
        SELECT t.op_id FROM operations t
        WHERE t.subject = r.id AND t.op_id <> r.op_id AND t.outcome IN ('quarantined', 'rejected')
        ORDER BY t.epoch, t.seq LIMIT 1)";

fn standing(row: &rusqlite::Row<'_>) -> Result<Standing, StoreError> {
    let text = |at: usize| row.get::<_, String>(at);
    let report = Report {
        id: parse("report id", &text(0)?)?,
        op_id: parse("operation id", &text(1)?)?,
        short_code: text(2)?,
        filed_at: Timestamp(row.get(3)?),
        category_name: text(4)?,
        condition_name: text(5)?,
        place_path: text(6)?,
        filed: from_json("report", &text(7)?)?,
        decision: from_json("decision", &text(8)?)?,
    };
    let answer = match row.get::<_, Option<String>>(9)? {
        None => None,
        Some(outcome) => Some(Answer {
            outcome,
            code: row.get(10)?,
            words: row.get(11)?,
            case_no: row.get(12)?,
            received: row.get::<_, Option<i64>>(13)?.map(Timestamp),
            differs: from_json("reasons", &text(14)?)?,
        }),
    };
    let case: Option<String> = row.get(15)?;
    Ok(Standing {
        report,
        answer,
        // A later server may send a shape that this app can't read; the report is shown all the same.
        case: case.and_then(|doc| serde_json::from_str(&doc).ok()),
        photos: (uncount(row.get(16)?), uncount(row.get(17)?)),
        preview: row.get(18)?,
        addition: match row.get::<_, Option<String>>(19)? {
            None => None,
            Some(_) => Some((row.get(20)?, row.get(21)?)),
        },
    })
}

fn list(
    tx: &Transaction<'_>,
    rest: &str,
    values: &[&dyn rusqlite::ToSql],
) -> Result<Vec<Standing>, StoreError> {
    let mut statement = tx.prepare_cached(&format!("{STANDING} {rest}"))?;
    let mut rows = statement.query(values)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(standing(row)?);
    }
    Ok(found)
}

/// The newest reports.
pub fn newest(tx: &Transaction<'_>, limit: u32) -> Result<Vec<Standing>, StoreError> {
    list(
        tx,
        "ORDER BY r.filed_ms DESC, r.id DESC LIMIT ?1",
        &[&limit],
    )
}

/// What a report lacks to be safe: an answer that took it and what was added to it, or that
/// somebody settled what could not be taken, or photos. A case that was kept from a former life of
/// the server's data says nothing of this one.
const UNFINISHED: &str = "(coalesce(o.outcome, '') NOT IN ('applied', 'duplicate', 'settled')
        AND NOT EXISTS (SELECT 1 FROM cases c WHERE c.report_id = r.id AND c.revision >= 0)
    OR EXISTS (SELECT 1 FROM operations t WHERE t.subject = r.id AND t.op_id <> r.op_id
        AND coalesce(t.outcome, '') NOT IN ('applied', 'duplicate', 'settled'))
    OR EXISTS (SELECT 1 FROM photos p WHERE p.report_id = r.id AND p.sent_ms IS NULL))";

/// Reports that aren't safe at the server yet, the oldest first.
pub fn unfinished(tx: &Transaction<'_>, limit: u32) -> Result<Vec<Standing>, StoreError> {
    let rest = format!("WHERE {UNFINISHED} ORDER BY r.filed_ms, r.id LIMIT ?1");
    list(tx, &rest, &[&limit])
}

/// Reports that are safe at the server with all their photos, the newest first.
pub fn finished(tx: &Transaction<'_>, limit: u32) -> Result<Vec<Standing>, StoreError> {
    let rest = format!("WHERE NOT {UNFINISHED} ORDER BY r.filed_ms DESC, r.id DESC LIMIT ?1");
    list(tx, &rest, &[&limit])
}

/// Reports whose short code, number, category, place or text contain these words, newest first.
pub fn search(tx: &Transaction<'_>, words: &str, limit: u32) -> Result<Vec<Standing>, StoreError> {
    const WHERE: &str = "
        WHERE instr(lower(r.short_code || ' ' || coalesce(o.case_no, '') || ' ' || r.category_name
            || ' ' || r.place_path || ' ' || r.filed), lower(?1)) > 0
        ORDER BY r.filed_ms DESC, r.id DESC
        LIMIT ?2";
    list(tx, WHERE, &[&words, &limit])
}

/// The report with this id.
pub fn get(tx: &Transaction<'_>, id: ReportId) -> Result<Standing, StoreError> {
    let found = list(tx, "WHERE r.id = ?1 ORDER BY r.id", &[&id.to_string()])?;
    found
        .into_iter()
        .next()
        .ok_or(StoreError::Missing("report"))
}

/// The report with this short code or case number; codes are compared without regard to case.
pub fn by_code(tx: &Transaction<'_>, code: &str) -> Result<Standing, StoreError> {
    const WHERE: &str = "WHERE r.short_code = upper(?1) OR o.case_no = ?1 ORDER BY r.id LIMIT 1";
    list(tx, WHERE, &[&code])?
        .into_iter()
        .next()
        .ok_or(StoreError::Missing("report"))
}

/// How many reports there are, and of how many the server could not simply take all that they and
/// their additions say.
pub fn numbers(tx: &Transaction<'_>) -> Result<(u32, u32), StoreError> {
    const SQL: &str = "
        SELECT (SELECT count(*) FROM reports), (
            SELECT count(DISTINCT subject) FROM operations
            WHERE outcome IN ('quarantined', 'rejected') AND subject IN (SELECT id FROM reports))";
    let (all, troubled): (i64, i64) =
        tx.query_row(SQL, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok((uncount(all), uncount(troubled)))
}

/// Categories by how lately and how often they were filed here.
pub fn recent_categories(tx: &Transaction<'_>, limit: u32) -> Result<Vec<CategoryId>, StoreError> {
    const SQL: &str = "
        SELECT category FROM reports
        GROUP BY category
        ORDER BY max(filed_ms) DESC, category
        LIMIT ?1";
    let mut statement = tx.prepare_cached(SQL)?;
    let rows = statement.query_map([limit], |row| row.get::<_, String>(0))?;
    rows.map(|row| parse("category", &row?)).collect()
}
