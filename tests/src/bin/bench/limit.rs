//! The limit of a push: the same rows, written by nothing but SQLite, as many reports in a commit.

use rusqlite::Connection;
use rusqlite::types::Value;
use std::path::Path;
use std::time::{Duration, Instant};

/// Reports whose rows are written again.
const REPORTS: usize = 20_000;
/// With one report a commit, fewer tell as much.
const SINGLE_REPORTS: usize = 3_000;

/// The rows of one report, per statement.
struct Rows {
    statement: usize,
    values: Vec<Value>,
}

/// The rows that one report makes: table, the newest of them, how many a report has.
const TABLES: [(&str, &str, usize); 5] = [
    (
        "operations",
        "SELECT * FROM operations WHERE rowid > (SELECT max(rowid) FROM operations) - ?1 ORDER BY rowid",
        1,
    ),
    (
        "reports",
        "SELECT * FROM reports WHERE rowid > (SELECT max(rowid) FROM reports) - ?1 ORDER BY rowid",
        1,
    ),
    (
        "cases",
        "SELECT * FROM cases WHERE rowid > (SELECT max(rowid) FROM cases) - ?1 ORDER BY rowid",
        1,
    ),
    (
        "case_events",
        "SELECT * FROM case_events WHERE rowid > (SELECT max(rowid) FROM case_events) - 2 * ?1 ORDER BY rowid",
        2,
    ),
    (
        "changes",
        "SELECT * FROM changes WHERE rowid > (SELECT max(rowid) FROM changes) - 2 * ?1 ORDER BY rowid",
        2,
    ),
];

/// Reports a second when the rows of the server's database are written raw, `batch` reports a
/// commit, with `delay` before each as in the server.
pub(crate) fn raw_commits(database: &Path, batch: usize, delay: Duration) -> f64 {
    let source = Connection::open(database).unwrap();
    let target_dir = tempfile::tempdir().unwrap();
    let target = Connection::open(target_dir.path().join("raw.db")).unwrap();
    target.pragma_update(None, "journal_mode", "WAL").unwrap();
    target.pragma_update(None, "synchronous", "FULL").unwrap();
    for sql in schema(&source) {
        target.execute_batch(&sql).unwrap();
    }
    let wanted = if batch == 1 { SINGLE_REPORTS } else { REPORTS };
    let mut statements = Vec::new();
    let mut columns = Vec::new();
    let mut streams = Vec::new();
    for (at, (table, sql, each)) in TABLES.iter().enumerate() {
        let mut select = source.prepare(sql).unwrap();
        let count = select.column_count();
        let marks: Vec<String> = (1..=count).map(|n| format!("?{n}")).collect();
        statements.push(format!(
            "INSERT OR REPLACE INTO {table} VALUES ({})",
            marks.join(",")
        ));
        let rows: Vec<Rows> = select
            .query_map([wanted as i64], |row| {
                let values = (0..count).map(|c| row.get(c)).collect::<Result<_, _>>()?;
                Ok(Rows {
                    statement: at,
                    values,
                })
            })
            .unwrap()
            .map(Result::unwrap)
            .collect();
        columns.push(*each);
        streams.push(rows.into_iter());
    }
    let mut reports = Vec::new();
    loop {
        let mut rows: Vec<Rows> = Vec::new();
        for (stream, each) in streams.iter_mut().zip(&columns) {
            rows.extend(stream.by_ref().take(*each));
        }
        if rows.len() < TABLES.len() {
            break;
        }
        reports.push(rows);
    }
    write(&target, &statements, &reports, batch, delay)
}

fn schema(source: &Connection) -> Vec<String> {
    let mut select = source
        .prepare("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY rowid")
        .unwrap();
    select
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect()
}

fn write(
    target: &Connection,
    statements: &[String],
    reports: &[Vec<Rows>],
    batch: usize,
    delay: Duration,
) -> f64 {
    target.pragma_update(None, "foreign_keys", "OFF").unwrap();
    let begun = Instant::now();
    for chunk in reports.chunks(batch) {
        target.execute_batch("BEGIN IMMEDIATE").unwrap();
        for row in chunk.iter().flatten() {
            let mut insert = target.prepare_cached(&statements[row.statement]).unwrap();
            insert
                .execute(rusqlite::params_from_iter(&row.values))
                .unwrap();
        }
        std::thread::sleep(delay);
        target.execute_batch("COMMIT").unwrap();
    }
    reports.len() as f64 / begun.elapsed().as_secs_f64()
}
