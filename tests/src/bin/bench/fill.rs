//! Fills a server's database with cases of other people in other grids, by SQL: a million of them
//! through the door would take minutes that measure nothing.

use rusqlite::{Connection, params};
use std::path::Path;

/// Cases written in one transaction.
const AT_ONCE: usize = 50_000;
/// The new ids: a case, its report and its events share a number.
const ID: &str = "printf('%08x-0000-7000-8000-%012x', n.at, n.at)";
/// The reporters, each of whom has a bucket.
const REPORTER: &str = "printf('%08x-0000-7000-9000-%012x', n.at % 2600, n.at % 2600)";

/// Columns with what stands in them instead.
type Others = &'static [(&'static str, &'static str)];

/// What of each table is written again for each number, and what is other than in the newest case.
const TABLES: [(&str, &str, Others); 4] = [
    (
        "reports",
        "id = (SELECT report FROM cases WHERE id = ?3)",
        &[("id", ID), ("reporter", REPORTER), ("op_id", ID)],
    ),
    (
        "cases",
        "id = ?3",
        &[
            ("id", ID),
            ("report", ID),
            ("case_no", "printf('F%09d', n.at)"),
            ("reporter", REPORTER),
            ("grid", GRID),
        ],
    ),
    (
        "case_events",
        "case_id = ?3",
        &[
            ("case_id", ID),
            (
                "id",
                "printf('%08x-0000-7000-%04x-%012x', n.at, 40960 + ordinal, n.at)",
            ),
            // Beside the chain: what is filled in so is not for verifying.
            ("entry_no", "1000000000 + n.at * 8 + ordinal"),
        ],
    ),
    (
        "changes",
        "tbl = 'cases' AND row_id = ?3",
        &[("row_id", ID), ("seq", "?4 + n.at"), ("bucket", BUCKET)],
    ),
];
/// Each of the grids in its turn; grids of the first community are left to those who measure.
const GRID: &str =
    "(SELECT code FROM fill_grids WHERE at = n.at % (SELECT count(*) FROM fill_grids))";
/// The reporter's bucket, or the grid's.
const BUCKET: &str = "CASE WHEN bucket LIKE 'grid:%' \
    THEN 'grid:' || (SELECT code FROM fill_grids WHERE at = n.at % (SELECT count(*) FROM fill_grids)) \
    ELSE 'person:' || printf('%08x-0000-7000-9000-%012x', n.at % 2600, n.at % 2600) END";

/// Adds so many cases.
pub(crate) fn cases(database: &Path, count: usize) {
    let mut connection = Connection::open(database).unwrap();
    connection
        .execute_batch(
            "PRAGMA cache_size = -1000000;
            CREATE TEMP TABLE fill_grids (at INTEGER PRIMARY KEY, code TEXT NOT NULL);
            INSERT INTO fill_grids
            SELECT row_number() OVER (ORDER BY code) - 1, code FROM areas
            WHERE kind = 'grid' AND code NOT LIKE '350703001012%';",
        )
        .unwrap();
    let newest: String = connection
        .query_row(
            "SELECT id FROM cases ORDER BY opened_ms DESC LIMIT 1",
            [],
            |row| row.get(0),
        )
        .unwrap();
    let filled: i64 = connection
        .query_row(
            "SELECT count(*) FROM cases WHERE case_no LIKE 'F%'",
            [],
            |row| row.get(0),
        )
        .unwrap();
    let (mut from, to) = (filled as usize, filled as usize + count);
    while from < to {
        let until = to.min(from + AT_ONCE);
        let transaction = connection.transaction().unwrap();
        let seq: i64 = transaction
            .query_row("SELECT seq FROM counters", [], |row| row.get(0))
            .unwrap();
        for (table, chosen, others) in TABLES {
            let values = params![from as i64 + 1, until as i64, newest, seq - from as i64];
            let sql = copying(&transaction, table, chosen, others);
            transaction.execute(&sql, values).unwrap();
        }
        let more = (until - from) as i64;
        transaction
            .execute("UPDATE counters SET seq = seq + ?1", [more])
            .unwrap();
        transaction.commit().unwrap();
        from = until;
    }
    // What the new buckets hold; their digests are nobody's here.
    connection
        .execute_batch(
            "INSERT INTO buckets (district, bucket, newest, held, digest)
            SELECT district, bucket, max(seq), count(*), 0 FROM changes
            WHERE bucket NOT IN (SELECT bucket FROM buckets)
            GROUP BY district, bucket;",
        )
        .unwrap();
}

/// Writes the chosen rows of a table once more for each number from ?1 to ?2.
fn copying(connection: &Connection, table: &str, chosen: &str, others: Others) -> String {
    let columns: Vec<String> = connection
        .prepare(&format!("SELECT name FROM pragma_table_info('{table}')"))
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    let value = |column: &String| {
        let other = others.iter().find(|(name, _)| name == column);
        other
            .map_or(column.as_str(), |(_, value)| *value)
            .to_owned()
    };
    let values: Vec<String> = columns.iter().map(value).collect();
    format!(
        "WITH RECURSIVE n (at) AS (SELECT ?1 UNION ALL SELECT at + 1 FROM n WHERE at < ?2)
        INSERT INTO {table} ({}) SELECT {} FROM n, {table} WHERE ?4 = ?4 AND {chosen}",
        columns.join(", "),
        values.join(", ")
    )
}
