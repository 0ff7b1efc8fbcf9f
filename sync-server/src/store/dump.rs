//! Tables row by row, for an archive: out of a database in order of their keys, and into a scratch
//! one that is checked in its place.
//!
//! Which tables and columns leave is a list here; passwords, tokens and secret keys are not in it,
//! nor who carried a handheld before (the audit has it), nor what can be made again from these:
//! `changes`, `buckets`, `repeated_places`, `patrol_reports`, the `rollups` of the statistics, in
//! `case_assisting` when a case was opened and until when a part is owed, and in `cases` what lists
//! find a case by of what stands in its life.
//! Held by `tests/tests/bundle.rs`.

use super::tx::limit as row_limit;
use super::{Cell, Result, Tx, Value};
use shared::time::Timestamp;

/// A table of an archive.
#[derive(Debug)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// The columns that leave.
    pub columns: &'static [&'static str],
    /// Its primary key.
    key: &'static [&'static str],
    /// Which rows belong to cases opened between `$1` and `$2`.
    part: &'static str,
}

/// All rows, also of an archive of some days.
const ALL: &str = "CAST($1 AS BIGINT) < CAST($2 AS BIGINT)";

/// Every table of an archive, each before those that refer to it.
#[rustfmt::skip]
pub const TABLES: [Table; 24] = [
    Table { name: "areas", key: &["code"], part: ALL,
        columns: &["code", "parent", "level", "kind", "name", "geometry", "synthetic"] },
    Table { name: "units", key: &["district", "code"], part: ALL,
        columns: &["district", "code", "name", "area", "pool"] },
    Table { name: "catalogues", key: &["version"], part: ALL,
        columns: &["version", "district", "doc", "published_ms", "from_ms", "published_by", "words"] },
    Table { name: "people", key: &["id"], part: ALL,
        columns: &["id", "district", "login", "name", "disabled_ms", "created_ms"] },
    Table { name: "posts", key: &["id"], part: ALL,
        columns: &["id", "person", "role", "area", "unit", "kind", "from_ms", "to_ms"] },
    Table { name: "catalogue_drafts", key: &["id"], part: ALL,
        columns: &["id", "district", "name", "base", "doc", "revision", "created_ms", "changed_ms",
            "changed_by", "published", "dropped_ms"] },
    Table { name: "emergency_orders", key: &["id"], part: ALL,
        columns: &["id", "district", "number", "area", "from_ms", "until_ms", "words", "categories",
            "given_ms", "given_by", "ended_ms", "ended_by"] },
    Table { name: "devices", key: &["id"], part: ALL,
        columns: &["id", "district", "person", "epoch", "name", "platform", "app_version",
            "enrolled_ms", "last_seen_ms", "made", "high_water", "received", "disabled_ms",
            "public_key", "owed_since_ms", "lost_ms", "told_lost_ms"] },
    Table { name: "counters", key: &["district"], part: ALL,
        columns: &["district", "seq", "case_serial_day", "case_serial", "entry_no"] },
    // Those that are about no case (ticks, and what waits for a person) by when they came.
    Table { name: "operations", key: &["op_id"],
        part: "subject IN (SELECT report FROM cases WHERE opened_ms >= $1 AND opened_ms < $2) \
            OR received_ms >= $1 AND received_ms < $2 AND subject NOT IN (SELECT report FROM cases)",
        columns: &["op_id", "device", "epoch", "seq", "hash", "kind", "subject", "body",
            "received_ms", "outcome", "result"] },
    Table { name: "quarantine", key: &["op_id", "hash"],
        part: "received_ms >= $1 AND received_ms < $2 OR op_id IN (SELECT op_id FROM operations \
            WHERE received_ms >= $1 AND received_ms < $2 \
            OR subject IN (SELECT report FROM cases WHERE opened_ms >= $1 AND opened_ms < $2))",
        columns: &["op_id", "hash", "district", "device", "person", "reason_code", "reason", "body",
            "received_ms", "resolved_ms", "resolved_by", "note"] },
    Table { name: "patrol_marks", key: &["op_id"], part: "received_ms >= $1 AND received_ms < $2",
        columns: &["op_id", "district", "area", "round", "point", "seen", "note", "made_ms",
            "received_ms"] },
    Table { name: "reports", key: &["id"],
        part: "id IN (SELECT report FROM cases WHERE opened_ms >= $1 AND opened_ms < $2)",
        columns: &["id", "district", "reporter", "device", "op_id", "short_code", "category",
            "condition", "catalogue_version", "grid", "grid_doubt", "lat_e7", "lon_e7",
            "accuracy_m", "place_source", "place_words", "text", "occurred_ms", "clock_skew_ms",
            "received_ms", "self_fixed", "preview", "same_as"] },
    // Without name, phone and salt: an archive is kept longer than a contact.
    Table { name: "contacts", key: &["op_id"],
        part: "report IN (SELECT report FROM cases WHERE opened_ms >= $1 AND opened_ms < $2)",
        columns: &["op_id", "district", "report", "commitment", "received_ms", "erased_ms"] },
    Table { name: "photos", key: &["hash"],
        part: "hash IN (SELECT hash FROM report_photos WHERE report IN \
            (SELECT report FROM cases WHERE opened_ms >= $1 AND opened_ms < $2))",
        columns: &["hash", "bytes", "mime", "width", "height", "device", "announced_ms",
            "stored_ms", "preview_hash", "gone_ms"] },
    Table { name: "report_photos", key: &["report", "ordinal"],
        part: "report IN (SELECT report FROM cases WHERE opened_ms >= $1 AND opened_ms < $2)",
        columns: &["report", "ordinal", "hash", "role", "original_hash"] },
    Table { name: "cases", key: &["id"], part: "opened_ms >= $1 AND opened_ms < $2",
        columns: &["id", "district", "case_no", "report", "short_code", "revision", "state",
            "state_class", "lead_unit", "street", "community", "grid", "category", "excerpt",
            "search", "lat_e7", "lon_e7", "reporter", "opened_ms", "dispatched_ms", "deadline_ms",
            "handled_ms", "closed_ms", "decision", "differs", "photos_expected", "photos_stored",
            "self_fixed", "solved_level", "life", "asked", "card", "next_due_ms", "merged_into",
            "cell", "phashes"] },
    Table { name: "case_assisting", key: &["district", "unit", "case_id"],
        part: "case_id IN (SELECT id FROM cases WHERE opened_ms >= $1 AND opened_ms < $2)",
        columns: &["district", "unit", "case_id"] },
    Table { name: "case_events", key: &["case_id", "ordinal"],
        part: "case_id IN (SELECT id FROM cases WHERE opened_ms >= $1 AND opened_ms < $2)",
        columns: &["case_id", "ordinal", "id", "kind", "from_state", "to_state", "actor_person",
            "actor_role", "actor_unit", "at_ms", "reason", "detail", "prev_hash", "hash",
            "district", "entry_no"] },
    Table { name: "audit", key: &["id"], part: "at_ms >= $1 AND at_ms < $2",
        columns: &["id", "district", "at_ms", "person", "device", "action", "subject", "detail",
            "entry_no", "hash"] },
    Table { name: "seals", key: &["district", "first_no"],
        part: "last_no >= (SELECT min(entry_no) FROM case_events WHERE case_id IN \
                (SELECT id FROM cases WHERE opened_ms >= $1 AND opened_ms < $2)) \
            AND first_no <= (SELECT max(entry_no) FROM case_events WHERE case_id IN \
                (SELECT id FROM cases WHERE opened_ms >= $1 AND opened_ms < $2))",
        columns: &["district", "first_no", "last_no", "hashes", "before_hash", "head",
            "sealed_ms"] },
    Table { name: "day_roots", key: &["district", "day"], part: ALL,
        columns: &["district", "day", "epoch", "last_no", "head", "before_root", "root", "key_id",
            "signature", "sealed_ms"] },
    Table { name: "previews", key: &["hash"], part: ALL,
        columns: &["hash", "bytes", "device", "announced_ms", "stored_ms"] },
    Table { name: "meta", key: &["key"],
        part: "CAST($1 AS BIGINT) < CAST($2 AS BIGINT) AND key IN ('district', 'server_epoch', 'catalogue_version', \
            'areas_version', 'area_levels', 'case_prefix')",
        columns: &["key", "value"] },
];

impl Table {
    /// The table of a name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        TABLES.iter().find(|table| table.name == name)
    }

    /// A page of the rows that belong to cases opened in a time, in order of the key, after the row
    /// that ended the page before.
    ///
    /// # Errors
    /// Whatever the database says, as for all functions of the store.
    pub fn page(
        &self,
        tx: &mut dyn Tx,
        opened: (Timestamp, Timestamp),
        after: Option<&[Cell]>,
        limit: usize,
    ) -> Result<Vec<Vec<Cell>>> {
        let (columns, key) = (self.columns.join(", "), self.key.join(", "));
        let Self { name, part, .. } = self;
        let mut values: Vec<Value<'_>> = vec![opened.0.into(), opened.1.into()];
        values.push(row_limit(limit).into());
        let mut beyond = String::new();
        if let Some(after) = after {
            let places: Vec<String> = (4..)
                .take(self.key.len())
                .map(|n| format!("${n}"))
                .collect();
            beyond = format!(" AND ({key}) > ({})", places.join(", "));
            values.extend(self.key_of(after).into_iter().map(Value::from));
        }
        let sql =
            format!("SELECT {columns} FROM {name} WHERE ({part}){beyond} ORDER BY {key} LIMIT $3");
        let rows = tx.query(&sql, &values)?;
        Ok(rows.iter().map(|row| row.cells().to_vec()).collect())
    }

    /// The cells of a row that are its key.
    fn key_of<'r>(&self, row: &'r [Cell]) -> Vec<&'r Cell> {
        let at = |name: &&str| self.columns.iter().position(|column| column == name);
        let key = self.key.iter().filter_map(at);
        key.filter_map(|at| row.get(at)).collect()
    }

    /// Takes all rows out, before others are put in.
    ///
    /// # Errors
    /// As [`Table::page`].
    pub fn clear(&self, tx: &mut dyn Tx) -> Result<()> {
        tx.execute(&format!("DELETE FROM {}", self.name), &[])?;
        Ok(())
    }

    /// Puts a row in; `false` when one with its key is there. Columns that are not given have their
    /// defaults.
    ///
    /// # Errors
    /// As [`Table::page`].
    pub fn insert(&self, tx: &mut dyn Tx, row: &[(&'static str, Cell)]) -> Result<bool> {
        let names: Vec<&str> = row.iter().map(|(name, _)| *name).collect();
        let places: Vec<String> = (1..=row.len()).map(|n| format!("${n}")).collect();
        let values: Vec<Value<'_>> = row.iter().map(|(_, cell)| Value::from(cell)).collect();
        let sql = format!(
            "INSERT INTO {} ({}) VALUES ({}) ON CONFLICT DO NOTHING",
            self.name,
            names.join(", "),
            places.join(", ")
        );
        Ok(tx.execute(&sql, &values)? == 1)
    }
}
