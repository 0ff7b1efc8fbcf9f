//! Everything a device ever sent that could be kept, with the answer it got.
//!
//! `op_id` and `(device, epoch, seq)` are unique in the same transaction as every effect; the kept
//! answer is repeated to a repeat. Held by `tests/tests/store_contract.rs`.

use super::reports::{self, ReportRow, report_columns};
use super::tx::limit as row_limit;
use super::{Result, Row, Tx};
use crate::params;
use shared::id::{CaseId, DeviceId, OpId, Sha256};
use shared::operation::kind;
use shared::time::Timestamp;
use shared::wire::sync::Outcome;

/// An operation to be kept, borrowed from the push.
#[derive(Debug, Clone, Copy)]
pub struct NewOperation<'a> {
    /// Identity.
    pub op_id: OpId,
    /// The installation that made it.
    pub device: DeviceId,
    /// Its epoch.
    pub epoch: i64,
    /// Its number there.
    pub seq: i64,
    /// Hash of its content.
    pub hash: Sha256,
    /// `report.file`.
    pub kind: &'a str,
    /// What it is about.
    pub subject: &'a str,
    /// Canonical text.
    pub body: &'a str,
    /// When it came.
    pub received: Timestamp,
    /// What became of it.
    pub outcome: Outcome,
    /// The answer as JSON.
    pub result: &'a str,
}

/// An operation as kept, without its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperationRow {
    /// Identity.
    pub op_id: OpId,
    /// The installation that made it.
    pub device: DeviceId,
    /// Its epoch.
    pub epoch: i64,
    /// Its number there.
    pub seq: i64,
    /// Hash of its content.
    pub hash: Sha256,
    /// When it came.
    pub received: Timestamp,
    /// What became of it.
    pub outcome: Outcome,
    /// The answer as JSON.
    pub result: String,
}

/// A run of missing numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gap {
    /// First missing number.
    pub from: i64,
    /// Last missing number.
    pub to: i64,
}

/// Keeps an operation. Ask [`get`] and [`at`] first: a second one with the same id or number is
/// [`StoreError::Conflict`](super::StoreError::Conflict).
///
/// # Errors
/// Whatever the database says, as for all functions of the store.
pub fn insert(tx: &mut dyn Tx, operation: NewOperation<'_>) -> Result<()> {
    const SQL: &str = "
        INSERT INTO operations (op_id, device, epoch, seq, hash, kind, subject, body, received_ms,
            outcome, result)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
    let values = params![
        operation.op_id,
        operation.device,
        operation.epoch,
        operation.seq,
        operation.hash,
        operation.kind,
        operation.subject,
        operation.body,
        operation.received,
        operation.outcome.as_str(),
        operation.result,
    ];
    tx.execute(SQL, values)?;
    Ok(())
}

/// The operation with this id.
///
/// # Errors
/// As [`insert`].
pub fn get(tx: &mut dyn Tx, op_id: OpId) -> Result<Option<OperationRow>> {
    const SQL: &str = "
        SELECT op_id, device, epoch, seq, hash, received_ms, outcome, result
        FROM operations
        WHERE op_id = $1";
    tx.query(SQL, params![op_id])?
        .first_mut()
        .map(from_row)
        .transpose()
}

/// The operation with this number of a device.
///
/// # Errors
/// As [`insert`].
pub fn at(tx: &mut dyn Tx, device: DeviceId, epoch: i64, seq: i64) -> Result<Option<OperationRow>> {
    const SQL: &str = "
        SELECT op_id, device, epoch, seq, hash, received_ms, outcome, result
        FROM operations
        WHERE device = $1 AND epoch = $2 AND seq = $3";
    tx.query(SQL, params![device, epoch, seq])?
        .first_mut()
        .map(from_row)
        .transpose()
}

/// The hash of the operation with this number of a device.
///
/// # Errors
/// As [`insert`].
pub fn hash_at(tx: &mut dyn Tx, device: DeviceId, epoch: i64, seq: i64) -> Result<Option<Sha256>> {
    const SQL: &str = "
        SELECT hash
        FROM operations
        WHERE device = $1 AND epoch = $2 AND seq = $3";
    let found = tx.query(SQL, params![device, epoch, seq])?;
    found.first().map(|row| row.id(0)).transpose()
}

/// How many numbers of a device below one are here.
///
/// # Errors
/// As [`insert`].
pub fn count_below(tx: &mut dyn Tx, device: DeviceId, epoch: i64, seq: i64) -> Result<i64> {
    const SQL: &str = "
        SELECT count(*)
        FROM operations
        WHERE device = $1 AND epoch = $2 AND seq < $3";
    tx.query(SQL, params![device, epoch, seq])?
        .first()
        .map_or(Ok(0), |row| row.int(0))
}

/// The canonical text of an operation.
///
/// # Errors
/// As [`insert`].
pub fn body(tx: &mut dyn Tx, op_id: OpId) -> Result<Option<String>> {
    const SQL: &str = "
        SELECT body
        FROM operations
        WHERE op_id = $1";
    tx.query(SQL, params![op_id])?
        .first_mut()
        .map(|row| row.take_text(0))
        .transpose()
}

/// The missing numbers of a device between `above` (received without a gap) and the highest one
/// received, lowest first.
///
/// # Errors
/// As [`insert`].
pub fn gaps(
    tx: &mut dyn Tx,
    device: DeviceId,
    epoch: i64,
    above: i64,
    limit: usize,
) -> Result<Vec<Gap>> {
    const SQL: &str = "
        SELECT previous, seq
        FROM (
            SELECT seq, lag(seq, 1, $3) OVER (ORDER BY seq) AS previous
            FROM operations
            WHERE device = $1 AND epoch = $2 AND seq > $3
        ) AS steps
        WHERE seq > previous + 1
        ORDER BY seq
        LIMIT $4";
    let values = params![device, epoch, above, row_limit(limit)];
    let gap = |row: &Row| {
        Ok(Gap {
            from: row.int(0)?.saturating_add(1),
            to: row.int(1)?.saturating_sub(1),
        })
    };
    tx.query(SQL, values)?.iter().map(gap).collect()
}

/// The highest number received of a device, 0 for none.
///
/// # Errors
/// As [`insert`].
pub fn highest(tx: &mut dyn Tx, device: DeviceId, epoch: i64) -> Result<i64> {
    const SQL: &str = "
        SELECT seq
        FROM operations
        WHERE device = $1 AND epoch = $2
        ORDER BY seq DESC, op_id
        LIMIT 1";
    tx.query(SQL, params![device, epoch])?
        .first()
        .map_or(Ok(0), |row| row.int(0))
}

/// How many operations are kept, for the demo's totals and health pages.
///
/// # Errors
/// As [`insert`].
pub fn counts(tx: &mut dyn Tx) -> Result<Vec<(Outcome, i64)>> {
    const SQL: &str = "
        SELECT outcome, count(*)
        FROM operations
        GROUP BY outcome
        ORDER BY outcome";
    let rows = tx.query(SQL, &[])?;
    rows.iter()
        .map(|row| Ok((row.word(0, Outcome::parse)?, row.int(1)?)))
        .collect()
}

/// An operation as it lies in the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptOperation {
    /// The installation, as text.
    pub device: String,
    /// Its epoch.
    pub epoch: i64,
    /// Its number there.
    pub seq: i64,
    /// What it is.
    pub kind: String,
    /// What it is about.
    pub subject: String,
    /// Canonical text.
    pub body: String,
    /// The rest, where it can be read.
    pub row: Result<OperationRow>,
    /// What it filed, where it is of that kind and its subject is written as ids are.
    pub filed: Option<Filed>,
}

/// A report, and the case that it opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filed {
    /// The report, where it can be read.
    pub report: Result<ReportRow>,
    /// Id and printed number of the case, where there is one and they can be read.
    pub case: Option<(CaseId, String)>,
}

/// The place of an operation: its installation as text, its epoch, its number there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The installation.
    pub device: String,
    /// Its epoch.
    pub epoch: i64,
    /// Its number there.
    pub seq: i64,
}

/// A [`KeptOperation`] in the order of `kept_from_row`. The first value is the kind that files.
macro_rules! select_kept {
    ($rest:literal) => {
        concat!(
            "
        SELECT operations.op_id, operations.device, operations.epoch, operations.seq,
            operations.hash, operations.received_ms, operations.outcome, operations.result,
            operations.kind, operations.subject, operations.body, cases.id, cases.case_no, ",
            report_columns!(),
            "
        FROM operations
        LEFT JOIN reports ON reports.id = operations.subject AND operations.kind = $1
        LEFT JOIN cases ON cases.report = reports.id",
            $rest
        )
    };
}

/// The place of the last operation of a full page after a place; none when fewer are left.
///
/// # Errors
/// As [`insert`].
pub fn page_end(tx: &mut dyn Tx, after: &Place, rows: usize) -> Result<Option<Place>> {
    const SQL: &str = "
        SELECT device, epoch, seq
        FROM operations
        WHERE (device, epoch, seq) > ($1, $2, $3)
        ORDER BY device, epoch, seq
        LIMIT $4";
    let values = params![&after.device, after.epoch, after.seq, row_limit(rows)];
    let (mut seen, mut last) = (0, None);
    tx.each(SQL, values, &mut |row| {
        seen += 1;
        if seen == rows {
            last = Some(Place {
                device: row.take_text(0)?,
                epoch: row.int(1)?,
                seq: row.int(2)?,
            });
        }
        Ok(())
    })?;
    Ok(last)
}

/// Operations of all devices from one place to another, both included, or to the very last one, in
/// order of device, epoch and number.
///
/// # Errors
/// As [`insert`]; what can't be read is said operation by operation.
pub fn kept_between(
    tx: &mut dyn Tx,
    from: &Place,
    to: Option<&Place>,
) -> Result<Vec<KeptOperation>> {
    const UP_TO: &str = select_kept!(
        "
        WHERE (operations.device, operations.epoch, operations.seq) >= ($2, $3, $4)
            AND (operations.device, operations.epoch, operations.seq) <= ($5, $6, $7)
        ORDER BY operations.device, operations.epoch, operations.seq"
    );
    const TO_THE_LAST: &str = select_kept!(
        "
        WHERE (operations.device, operations.epoch, operations.seq) >= ($2, $3, $4)
        ORDER BY operations.device, operations.epoch, operations.seq"
    );
    let filing = kind::REPORT_FILE;
    let (device, epoch, seq) = (&from.device, from.epoch, from.seq);
    let mut found = Vec::new();
    let mut keep = |row: &mut Row| -> Result<()> {
        found.push(kept_from_row(row)?);
        Ok(())
    };
    match to {
        Some(to) => {
            let end = (&to.device, to.epoch, to.seq);
            let values = params![filing, device, epoch, seq, end.0, end.1, end.2];
            tx.each(UP_TO, values, &mut keep)?;
        }
        None => tx.each(TO_THE_LAST, params![filing, device, epoch, seq], &mut keep)?,
    }
    Ok(found)
}

/// One operation as it lies in the table.
///
/// # Errors
/// As [`kept_between`].
pub fn kept(tx: &mut dyn Tx, op_id: OpId) -> Result<Option<KeptOperation>> {
    const SQL: &str = select_kept!(
        "
        WHERE operations.op_id = $2"
    );
    tx.query(SQL, params![kind::REPORT_FILE, op_id])?
        .first_mut()
        .map(kept_from_row)
        .transpose()
}

fn kept_from_row(row: &mut Row) -> Result<KeptOperation> {
    let case = row.opt_id(11).ok().flatten();
    let case_no = row.take_opt_text(12).ok().flatten();
    let report = row.at(13, reports::joined_from_row);
    Ok(KeptOperation {
        device: row.text(1)?.to_owned(),
        epoch: row.int(2)?,
        seq: row.int(3)?,
        kind: row.take_text(8)?,
        subject: row.take_text(9)?,
        body: row.take_text(10)?,
        row: from_row(row),
        filed: report.map(|report| Filed {
            report,
            case: case.zip(case_no),
        }),
    })
}

fn from_row(row: &mut Row) -> Result<OperationRow> {
    Ok(OperationRow {
        op_id: row.id(0)?,
        device: row.id(1)?,
        epoch: row.int(2)?,
        seq: row.int(3)?,
        hash: row.id(4)?,
        received: row.time(5)?,
        outcome: row.word(6, Outcome::parse)?,
        result: row.take_text(7)?,
    })
}
