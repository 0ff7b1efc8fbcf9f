//! What handhelds sent: each body fits its hash and stands on the one before it, its result says
//! what became of it, and no number that was received is missing. What an operation brought is
//! checked with the others of its page (`filed.rs`, `marks.rs`), so that it is read in one go.

use super::{Checked, Frame, PAGE_ROWS, filed, is_id, marks};
use crate::service::push::{GAPS_MAX, LATE_FINDING, word};
use crate::service::{Fault, Result};
use crate::store::operations::{KeptOperation, OperationRow, Place};
use crate::store::{self, Tx};
use serde_json::Value;
use shared::archive::{Finding, Problem};
use shared::id::{DeviceId, Sha256};
use shared::operation::{Operation, kind, open};
use shared::wire::sync::{OperationResult, Outcome};

const TABLE: &str = "operations";

/// Before every operation.
pub const OPERATIONS_START: Place = Place {
    device: String::new(),
    epoch: 0,
    seq: 0,
};

/// An operation that was applied and is whole by itself.
pub(super) struct Applied<'a> {
    pub(super) kept: &'a KeptOperation,
    pub(super) row: &'a OperationRow,
    pub(super) operation: Operation,
    pub(super) result: OperationResult,
}

/// Where a page of operations after a place ends; none when it is the last one.
///
/// # Errors
/// Whatever the store says, as for all services.
pub fn operations_end(tx: &mut dyn Tx, after: &Place) -> Result<Option<Place>> {
    store::operations::page_end(tx, after, PAGE_ROWS).map_err(Fault::from)
}

/// Checks the operations after a place and up to another, if any, in order of device, epoch and
/// number.
///
/// # Errors
/// As [`operations_end`].
pub fn operations_page(
    tx: &mut dyn Tx,
    frame: &Frame,
    after: &Place,
    to: Option<&Place>,
) -> Result<Checked<Place>> {
    let rows = store::operations::kept_between(tx, after, to)?;
    let mut findings = Vec::new();
    let mut applied = Vec::with_capacity(rows.len());
    let mut before: Option<&KeptOperation> = None;
    let mut count = 0;
    for kept in &rows {
        // The page before ended with the one at `after`; here it is what the next one stands on.
        let is_after = kept.seq != after.seq || kept.epoch != after.epoch;
        if is_after || kept.device != after.device {
            count += 1;
            let hash = before.and_then(|before| hash_before(before, kept));
            applied.extend(check(tx, kept, hash, &mut findings)?);
        }
        before = Some(kept);
    }
    check_brought(tx, frame, applied, &mut findings)?;
    Ok(Checked::new(None, count, findings))
}

/// The hash of the operation just before another of the same device.
fn hash_before(before: &KeptOperation, kept: &KeptOperation) -> Option<Sha256> {
    let follows = before.device == kept.device
        && before.epoch == kept.epoch
        && before.seq.saturating_add(1) == kept.seq;
    let row = before.row.as_ref().ok().filter(|_| follows);
    row.map(|row| row.hash)
}

/// Checks one operation by itself.
pub(super) fn check_one(
    tx: &mut dyn Tx,
    frame: &Frame,
    kept: &KeptOperation,
    findings: &mut Vec<Finding>,
) -> Result<()> {
    let applied = check(tx, kept, None, findings)?;
    check_brought(tx, frame, applied.into_iter().collect(), findings)
}

/// Checks what operations brought.
fn check_brought(
    tx: &mut dyn Tx,
    frame: &Frame,
    applied: Vec<Applied<'_>>,
    findings: &mut Vec<Finding>,
) -> Result<()> {
    let is = |wanted: &'static str| move |one: &Applied<'_>| one.operation.kind == wanted;
    let (reports, others): (Vec<_>, Vec<_>) = applied.into_iter().partition(is(kind::REPORT_FILE));
    filed::check(tx, frame, reports, findings)?;
    let ticks: Vec<_> = others.into_iter().filter(is(kind::PATROL_MARK)).collect();
    marks::check(tx, frame, &ticks, findings)
}

/// Checks an operation without what it brought.
fn check<'a>(
    tx: &mut dyn Tx,
    kept: &'a KeptOperation,
    before: Option<Sha256>,
    findings: &mut Vec<Finding>,
) -> Result<Option<Applied<'a>>> {
    let Ok(row) = &kept.row else {
        let row = format!("{} {}", kept.device, kept.seq);
        findings.push(Finding::new(Problem::Unreadable, TABLE, "row", row));
        return Ok(None);
    };
    let mut wrong = |field| {
        findings.push(Finding::new(Problem::Changed, TABLE, field, row.op_id));
    };
    if !fits_hash(&kept.body, row.hash) {
        wrong("content");
        return Ok(None);
    }
    let Ok(operation) = serde_json::from_str::<Operation>(&kept.body) else {
        wrong("content");
        return Ok(None);
    };
    if !is_named_as(kept, row, &operation) {
        wrong("number");
        return Ok(None);
    }
    let Ok(result) = serde_json::from_str::<OperationResult>(&row.result) else {
        wrong("result");
        return Ok(None);
    };
    let applied = row.outcome == Outcome::Applied;
    if applied && before.is_some_and(|hash| hash != operation.prev_hash) {
        wrong("order");
    }
    if !is_told(row, &operation, &result) {
        wrong("result");
    }
    if !applied {
        fits_quarantine(tx, row, &result, findings)?;
        return Ok(None);
    }
    Ok(Some(Applied {
        kept,
        row,
        operation,
        result,
    }))
}

/// Whether a result says of its operation what was kept.
fn is_told(row: &OperationRow, operation: &Operation, result: &OperationResult) -> bool {
    let applied = row.outcome == Outcome::Applied;
    // A tick moves no case, and a finding that came late stands in the course with a word why.
    let has_case = applied && operation.kind != kind::PATROL_MARK;
    let code = result.code.as_deref();
    let is_coded = match operation.kind.as_str() {
        kind::CASE_VERIFY | kind::CASE_CHECK | kind::CASE_CONTEST if applied => {
            code.is_none_or(|code| code == LATE_FINDING)
        }
        _ => applied == code.is_none(),
    };
    result.outcome == row.outcome
        && is_id(&result.op_id, row.op_id.0)
        && result.received_at == Some(row.received)
        && has_case == result.case_id.is_some()
        && is_coded
}

/// Whether a body has a hash. The body is canonical and holds the hash, so leaving it out is all that
/// is needed; what doesn't fit is read properly before it is called wrong.
pub(super) fn fits_hash(body: &str, hash: Sha256) -> bool {
    let member = format!("\"hash\":\"{hash}\",");
    let without = body.split_once(&member);
    let of_rest = |(begin, end): (&str, &str)| Sha256::of_parts([begin, end].map(str::as_bytes));
    if without.map(of_rest) == Some(hash) {
        return true;
    }
    let value = serde_json::from_str::<Value>(body).ok();
    let sealed = value.and_then(|value| open(&value).ok());
    sealed.is_some_and(|sealed| sealed.hash == hash && sealed.text == body)
}

fn is_named_as(kept: &KeptOperation, row: &OperationRow, operation: &Operation) -> bool {
    row.op_id == operation.op_id
        && row.device == operation.device_id
        && row.epoch == i64::from(operation.epoch)
        && u64::try_from(row.seq) == Ok(operation.seq)
        && kept.kind == word(&operation.kind)
        && kept.subject == word(&operation.subject)
}

/// What a person was to decide says the same in both places.
fn fits_quarantine(
    tx: &mut dyn Tx,
    row: &OperationRow,
    result: &OperationResult,
    findings: &mut Vec<Finding>,
) -> Result<()> {
    let kept = store::quarantine::of_operation(tx, row.op_id)?;
    let same = kept.iter().find(|kept| kept.hash == row.hash);
    // It may have been kept earlier for another reason, when somebody else delivered it.
    let told = same.is_some_and(|kept| {
        result.code.as_deref() != Some(kept.reason_code.as_str())
            || result.words.as_deref() == Some(kept.reason.as_str())
    });
    if !told {
        findings.push(Finding::new(Problem::Changed, TABLE, "result", row.op_id));
    }
    Ok(())
}

/// Looks for operations that were received and aren't there, handheld by handheld.
///
/// # Errors
/// As [`operations_end`].
pub fn devices_page(
    tx: &mut dyn Tx,
    frame: &Frame,
    after: Option<DeviceId>,
) -> Result<Checked<DeviceId>> {
    let rows = store::devices::page(tx, &frame.district, after, PAGE_ROWS)?;
    let mut findings = Vec::new();
    for device in &rows {
        let (id, epoch, upto) = (device.id, device.epoch, device.high_water);
        let here = store::operations::count_below(tx, id, epoch, upto.saturating_add(1))?;
        if here == upto {
            // Whoever takes one out above a gap, or lowers the mark, leaves fewer than were counted.
            let all = store::operations::count_below(tx, id, epoch, i64::MAX)?;
            if all < device.received {
                let lost = device.received.saturating_sub(all);
                let row = format!("{id} × {lost}");
                findings.push(Finding::new(Problem::Missing, TABLE, "row", row));
            }
            continue;
        }
        let mut gaps = store::operations::gaps(tx, id, epoch, 0, GAPS_MAX)?;
        let highest = store::operations::highest(tx, id, epoch)?;
        gaps.push(store::operations::Gap {
            from: highest.saturating_add(1),
            to: upto,
        });
        for gap in gaps.iter().filter(|gap| gap.from <= gap.to.min(upto)) {
            let row = format!("{id} {}–{}", gap.from, gap.to.min(upto));
            findings.push(Finding::new(Problem::Missing, TABLE, "row", row));
        }
    }
    let next = rows.last().filter(|_| rows.len() == PAGE_ROWS);
    let next = next.map(|device| device.id);
    Ok(Checked::new(next, rows.len(), findings))
}
