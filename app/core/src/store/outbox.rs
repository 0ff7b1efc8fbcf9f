//! Table `operations`: what this device made, what of it waits, and what the server said.
//!
//! Rows are written once and never deleted; only the answer is added. Tests: `tests/store.rs`.

use super::{StoreError, Transaction, count, from_json, parse, to_json, uncount};
use rusqlite::{OptionalExtension, params};
use shared::id::{OpId, ReportId, Sha256};
use shared::operation::{self, SealedOperation, kind};
use shared::receipt::Receipt;
use shared::time::Timestamp;
use shared::wire::sync::{OperationResult, Settled};

/// An operation that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// Identity.
    pub op_id: OpId,
    /// Its epoch.
    pub epoch: u32,
    /// Its number.
    pub seq: u64,
    /// Canonical form with hash.
    pub body: String,
}

/// Appends an operation with its text as it will be sent.
pub fn append(
    tx: &Transaction<'_>,
    sealed: &SealedOperation,
    body: &str,
) -> Result<(), StoreError> {
    const SQL: &str = "
        INSERT INTO operations (op_id, epoch, seq, kind, subject, hash, body, made_ms, attempts, differs)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 0, '[]')";
    let operation = &sealed.operation;
    tx.execute(
        SQL,
        params![
            operation.op_id.to_string(),
            count(operation.epoch),
            count(operation.seq),
            operation.kind,
            operation.subject,
            sealed.hash.to_string(),
            body,
            operation.wall_ms.0,
        ],
    )?;
    Ok(())
}

/// Forgets what came aside of the report of a case: it was erased at the server, or the case was
/// closed long ago and has left.
pub fn forget_aside(tx: &Transaction<'_>, case: &str) -> Result<(), StoreError> {
    const FIND: &str = "
        SELECT o.op_id, o.body
        FROM cases c
        JOIN operations o ON o.subject = c.report_id
        WHERE c.id = ?1 AND o.kind = ?2 AND o.outcome IN ('applied', 'duplicate')
            AND instr(o.body, '\"aside\"') > 0
        ORDER BY o.epoch, o.seq";
    let mut statement = tx.prepare_cached(FIND)?;
    let rows = statement.query_map([case, kind::REPORT_FILE], |row| {
        Ok((row.get(0)?, row.get(1)?))
    })?;
    let found: Vec<(String, String)> = rows.collect::<Result<_, _>>()?;
    for (op_id, body) in found {
        if let Some(rest) = operation::without_aside(&body) {
            tx.execute(
                "UPDATE operations SET body = ?2 WHERE op_id = ?1",
                params![op_id, rest],
            )?;
        }
    }
    Ok(())
}

/// The same for a case that has left: from everywhere, as what was closed long ago does. One that was
/// corrected to another place only leaves a grid and stays with its reporter.
pub fn forget_left(tx: &Transaction<'_>, case: &str) -> Result<(), StoreError> {
    const HELD: &str = "SELECT count(*) FROM case_buckets WHERE case_id = ?1";
    let held: i64 = tx
        .prepare_cached(HELD)?
        .query_row([case], |row| row.get(0))?;
    if held == 0 {
        forget_aside(tx, case)?;
    }
    Ok(())
}

/// An operation about a report with what the server said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Canonical form with hash.
    pub body: String,
    /// The server's answer; none while it waits.
    pub outcome: Option<String>,
    /// Why it was quarantined or rejected.
    pub code: Option<String>,
    /// The same in words.
    pub words: Option<String>,
}

/// The operations about a report but the one that filed it, in the order made.
pub fn additions(tx: &Transaction<'_>, report: ReportId) -> Result<Vec<Standing>, StoreError> {
    const SQL: &str = "
        SELECT body, outcome, code, words FROM operations
        WHERE subject = ?1 AND kind <> ?2
        ORDER BY epoch, seq";
    let mut statement = tx.prepare_cached(SQL)?;
    let rows = statement.query_map([report.to_string().as_str(), kind::REPORT_FILE], |row| {
        Ok(Standing {
            body: row.get(0)?,
            outcome: row.get(1)?,
            code: row.get(2)?,
            words: row.get(3)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Ticks of a round within a time; the kind stands in the text, as its index needs it.
pub const TICKS: &str = "
    SELECT body, outcome, code, words FROM operations
    WHERE subject = ?1 AND kind = 'patrol.mark' AND made_ms >= ?2 AND made_ms < ?3
    ORDER BY epoch, seq";

/// The ticks of a round that were made from a moment on and before another, in the order made.
pub fn ticks(
    tx: &Transaction<'_>,
    round: &str,
    from: Timestamp,
    until: Timestamp,
) -> Result<Vec<Standing>, StoreError> {
    let mut statement = tx.prepare_cached(TICKS)?;
    let rows = statement.query_map(params![round, from.0, until.0], |row| {
        Ok(Standing {
            body: row.get(0)?,
            outcome: row.get(1)?,
            code: row.get(2)?,
            words: row.get(3)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// How many operations wait for the server's answer.
pub fn waiting_number(tx: &Transaction<'_>) -> Result<u32, StoreError> {
    const SQL: &str = "SELECT count(*) FROM operations WHERE outcome IS NULL";
    Ok(uncount(tx.query_row(SQL, [], |row| row.get(0))?))
}

/// When the first waiting operation may be tried; `None` when none waits.
pub fn next_try(tx: &Transaction<'_>) -> Result<Option<Timestamp>, StoreError> {
    const SQL: &str = "SELECT min(coalesce(retry_ms, 0)) FROM operations WHERE outcome IS NULL";
    let at: Option<i64> = tx.query_row(SQL, [], |row| row.get(0))?;
    Ok(at.map(Timestamp))
}

/// The next operations to send: of one epoch, in order of their numbers, within both limits (but
/// always one). Those that were put off come after all others.
pub fn batch(
    tx: &Transaction<'_>,
    operations_max: usize,
    bytes_max: usize,
    now: Timestamp,
) -> Result<Vec<Waiting>, StoreError> {
    const SQL: &str = "
        SELECT op_id, epoch, seq, body FROM operations
        WHERE outcome IS NULL AND coalesce(retry_ms, 0) <= ?1
        ORDER BY attempts, epoch, seq
        LIMIT ?2";
    let mut statement = tx.prepare_cached(SQL)?;
    let mut rows = statement.query(params![now.0, count(operations_max)])?;
    let mut batch: Vec<Waiting> = Vec::new();
    let mut bytes = 0_usize;
    while let Some(row) = rows.next()? {
        let (op_id, epoch, seq, body): (String, i64, i64, String) =
            (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
        let epoch = uncount(epoch);
        bytes = bytes.saturating_add(body.len());
        let fits = bytes <= bytes_max && batch.first().is_none_or(|first| first.epoch == epoch);
        if !batch.is_empty() && !fits {
            break;
        }
        batch.push(Waiting {
            op_id: parse("operation id", &op_id)?,
            epoch,
            seq: uncount(seq),
            body,
        });
    }
    batch.sort_by_key(|waiting| waiting.seq);
    Ok(batch)
}

/// Everything that waits, in order of epochs and numbers, whatever its timers say; up to a limit.
pub fn all_waiting(tx: &Transaction<'_>, limit: usize) -> Result<Vec<Waiting>, StoreError> {
    const SQL: &str = "
        SELECT op_id, epoch, seq, body FROM operations
        WHERE outcome IS NULL
        ORDER BY epoch, seq
        LIMIT ?1";
    let mut statement = tx.prepare_cached(SQL)?;
    let mut rows = statement.query([count(limit)])?;
    let mut waiting = Vec::new();
    while let Some(row) = rows.next()? {
        waiting.push(Waiting {
            op_id: parse("operation id", &row.get::<_, String>(0)?)?,
            epoch: uncount(row.get(1)?),
            seq: uncount(row.get(2)?),
            body: row.get(3)?,
        });
    }
    Ok(waiting)
}

/// Whether an operation waits for the server's answer.
pub fn waits(tx: &Transaction<'_>, op_id: OpId) -> Result<bool, StoreError> {
    const SQL: &str = "SELECT 1 FROM operations WHERE op_id = ?1 AND outcome IS NULL";
    let found: Option<i64> = tx
        .query_row(SQL, [op_id.to_string()], |row| row.get(0))
        .optional()?;
    Ok(found.is_some())
}

/// The hash of an operation that was made here.
pub fn hash_of(tx: &Transaction<'_>, op_id: OpId) -> Result<Option<Sha256>, StoreError> {
    const SQL: &str = "SELECT hash FROM operations WHERE op_id = ?1";
    let hash: Option<String> = tx
        .query_row(SQL, [op_id.to_string()], |row| row.get(0))
        .optional()?;
    hash.map(|hash| parse("hash", &hash)).transpose()
}

/// How many operations this device made in an epoch.
pub fn made(tx: &Transaction<'_>, epoch: u32) -> Result<u64, StoreError> {
    const SQL: &str = "SELECT coalesce(max(seq), 0) FROM operations WHERE epoch = ?1";
    Ok(uncount(
        tx.query_row(SQL, [count(epoch)], |row| row.get(0))?,
    ))
}

/// Whether any operation was ever made here.
pub fn any(tx: &Transaction<'_>) -> Result<bool, StoreError> {
    let found: Option<i64> = tx
        .query_row("SELECT 1 FROM operations LIMIT 1", [], |row| row.get(0))
        .optional()?;
    Ok(found.is_some())
}

/// Keeps the server's answer to one operation.
pub fn answer(
    tx: &Transaction<'_>,
    op_id: OpId,
    result: &OperationResult,
    now: Timestamp,
) -> Result<(), StoreError> {
    const SQL: &str = "
        UPDATE operations
        SET outcome = ?2, code = ?3, words = ?4, case_id = ?5, case_no = ?6, received_ms = ?7,
            answered_ms = ?8, differs = ?9, retry_ms = NULL
        WHERE op_id = ?1";
    tx.execute(
        SQL,
        params![
            op_id.to_string(),
            result.outcome.as_str(),
            result.code,
            result.words,
            result.case_id.map(|id| id.to_string()),
            result.case_no,
            result.received_at.map(|at| at.0),
            now.0,
            to_json("reasons", &result.differs)?,
        ],
    )?;
    Ok(())
}

/// What the server keeps for a person, the newest first.
pub fn unsettled(tx: &Transaction<'_>, limit: usize) -> Result<Vec<OpId>, StoreError> {
    const SQL: &str = "
        SELECT op_id FROM operations
        WHERE outcome = 'quarantined'
        ORDER BY epoch DESC, seq DESC
        LIMIT ?1";
    let mut statement = tx.prepare_cached(SQL)?;
    let rows = statement.query_map([count(limit)], |row| row.get::<_, String>(0))?;
    rows.map(|row| parse("operation id", &row?)).collect()
}

/// Keeps what became of operations that the server had kept for a person: they are over, in the
/// words of whoever settled them.
pub fn settle(tx: &Transaction<'_>, settled: &[Settled]) -> Result<(), StoreError> {
    const SQL: &str = "
        UPDATE operations SET outcome = 'settled', code = 'settled', words = ?2
        WHERE op_id = ?1 AND outcome = 'quarantined'";
    for one in settled {
        let at = one.at_ms.show(one.at_ms.china_year());
        let words = format!("已由工作人员处理（{at}）：{}", one.note);
        tx.execute(SQL, params![one.op_id.to_string(), words])?;
    }
    Ok(())
}

/// Keeps the server's receipt for an operation.
pub fn keep_receipt(tx: &Transaction<'_>, receipt: &Receipt) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE operations SET receipt = ?2 WHERE op_id = ?1",
        params![receipt.op_id.to_string(), to_json("receipt", receipt)?],
    )?;
    Ok(())
}

/// The server's receipt for an operation, none while there is none.
pub fn receipt(tx: &Transaction<'_>, op_id: OpId) -> Result<Option<Receipt>, StoreError> {
    const SQL: &str = "SELECT receipt FROM operations WHERE op_id = ?1";
    let text: Option<Option<String>> = tx
        .query_row(SQL, [op_id.to_string()], |row| row.get(0))
        .optional()?;
    text.flatten()
        .map(|text| from_json("receipt", &text))
        .transpose()
}

/// What an operation says, as it is stored.
pub fn body(tx: &Transaction<'_>, op_id: OpId) -> Result<String, StoreError> {
    const SQL: &str = "SELECT body FROM operations WHERE op_id = ?1";
    let text = tx.query_row(SQL, [op_id.to_string()], |row| row.get(0));
    text.optional()?.ok_or(StoreError::Missing("operation"))
}

/// Lets what waits for an operation be tried now: whatever is about the same report.
pub fn let_followers_go(tx: &Transaction<'_>, op_id: OpId) -> Result<(), StoreError> {
    const SQL: &str = "
        UPDATE operations SET retry_ms = NULL
        WHERE outcome IS NULL
            AND subject = (SELECT subject FROM operations WHERE op_id = ?1)";
    tx.execute(SQL, [op_id.to_string()])?;
    Ok(())
}

/// Puts an operation off: the server refused it alone, or holds it. Others go first now.
pub fn put_off(tx: &Transaction<'_>, op_id: OpId, retry: Timestamp) -> Result<(), StoreError> {
    const SQL: &str = "
        UPDATE operations SET attempts = attempts + 1, retry_ms = ?2
        WHERE op_id = ?1 AND outcome IS NULL";
    tx.execute(SQL, params![op_id.to_string(), retry.0])?;
    Ok(())
}

/// How often this operation was put off.
pub fn attempts(tx: &Transaction<'_>, op_id: OpId) -> Result<u32, StoreError> {
    const SQL: &str = "SELECT attempts FROM operations WHERE op_id = ?1";
    let attempts = tx
        .query_row(SQL, [op_id.to_string()], |row| row.get(0))
        .optional()?;
    Ok(uncount(attempts.unwrap_or(0)))
}

/// Offers everything again: the server came back from a backup and may have forgotten some of it.
/// What it still has, it answers with `duplicate` and with the number that it knows: that may be
/// another one than in its former life, so none is spared.
pub fn offer_all_again(tx: &Transaction<'_>) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE operations SET outcome = NULL, attempts = 0, retry_ms = NULL",
        [],
    )?;
    Ok(())
}

/// Lets everything be tried now that was put off beyond a moment.
pub fn retry_now(tx: &Transaction<'_>, beyond: Timestamp) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE operations SET retry_ms = NULL WHERE retry_ms > ?1",
        [beyond.0],
    )?;
    Ok(())
}
