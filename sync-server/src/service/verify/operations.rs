//! What handhelds sent: each body fits its hash and stands on the one before it, each report says
//! what its operation says, and no number that was received is missing.

use super::{Checked, Frame, PAGE_ROWS, marks};
use crate::service::Result;
use crate::service::contacts::ERASED_EVENT;
use crate::service::push::{GAPS_MAX, LATE_FINDING, word};
use crate::store::operations::{KeptOperation, OperationRow};
use crate::store::photos::ReportPhoto;
use crate::store::reports::ReportRow;
use crate::store::{self, Tx};
use serde_json::Value;
use shared::archive::{Finding, Problem};
use shared::contact::Contact;
use shared::id::{DeviceId, ReportId, Sha256};
use shared::operation::{Operation, kind, open, short_code};
use shared::report::{FiledReport, PhotoRef, Preview};
use shared::wire::sync::{OperationResult, Outcome};

const TABLE: &str = "operations";

/// Where a page begins: behind this operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperationPlace {
    device: String,
    epoch: i64,
    seq: i64,
    hash: Option<Sha256>,
}

impl OperationPlace {
    fn of(kept: &KeptOperation) -> Self {
        Self {
            device: kept.device.clone(),
            epoch: kept.epoch,
            seq: kept.seq,
            hash: kept.row.as_ref().ok().map(|row| row.hash),
        }
    }

    fn is_before(&self, kept: &KeptOperation) -> bool {
        self.device == kept.device
            && self.epoch == kept.epoch
            && self.seq.saturating_add(1) == kept.seq
    }
}

/// Checks a page of operations in order of device, epoch and number.
///
/// # Errors
/// Whatever the store says, as for all services.
pub fn operations_page(
    tx: &mut dyn Tx,
    frame: &Frame,
    after: Option<&OperationPlace>,
) -> Result<Checked<OperationPlace>> {
    let place = after.map_or(("", 0, 0), |at| (at.device.as_str(), at.epoch, at.seq));
    let rows = store::operations::kept_after(tx, place, PAGE_ROWS)?;
    let mut findings = Vec::new();
    let mut before = after.cloned();
    for kept in &rows {
        match &kept.row {
            Ok(row) => {
                let stands_on = before.as_ref().filter(|before| before.is_before(kept));
                let hash = stands_on.and_then(|at| at.hash);
                check(tx, frame, kept, row, hash, &mut findings)?;
            }
            Err(_) => {
                let row = format!("{} {}", kept.device, kept.seq);
                findings.push(Finding::new(Problem::Unreadable, TABLE, "row", row));
            }
        }
        before = Some(OperationPlace::of(kept));
    }
    let next = before.filter(|_| rows.len() == PAGE_ROWS);
    Ok(Checked::new(next, rows.len(), findings))
}

/// Checks one operation by itself.
pub(super) fn check_one(
    tx: &mut dyn Tx,
    frame: &Frame,
    kept: &KeptOperation,
    findings: &mut Vec<Finding>,
) -> Result<()> {
    match &kept.row {
        Ok(row) => check(tx, frame, kept, row, None, findings),
        Err(_) => {
            let row = format!("{} {}", kept.device, kept.seq);
            findings.push(Finding::new(Problem::Unreadable, TABLE, "row", row));
            Ok(())
        }
    }
}

fn check(
    tx: &mut dyn Tx,
    frame: &Frame,
    kept: &KeptOperation,
    row: &OperationRow,
    before: Option<Sha256>,
    findings: &mut Vec<Finding>,
) -> Result<()> {
    let mut wrong = |field| {
        findings.push(Finding::new(Problem::Changed, TABLE, field, row.op_id));
    };
    if !fits_hash(&kept.body, row.hash) {
        wrong("content");
        return Ok(());
    }
    let Ok(operation) = serde_json::from_str::<Operation>(&kept.body) else {
        wrong("content");
        return Ok(());
    };
    if !is_named_as(kept, row, &operation) {
        wrong("number");
        return Ok(());
    }
    let Ok(result) = serde_json::from_str::<OperationResult>(&row.result) else {
        wrong("result");
        return Ok(());
    };
    let applied = row.outcome == Outcome::Applied;
    if applied && before.is_some_and(|hash| hash != operation.prev_hash) {
        wrong("order");
    }
    if !is_told(row, &operation, &result) {
        wrong("result");
    }
    if !applied {
        return fits_quarantine(tx, row, &result, findings);
    }
    if operation.kind == kind::REPORT_FILE {
        check_report(tx, row, &operation, &result, findings)?;
        check_contact(tx, frame, row, &operation, &result, findings)?;
    }
    if operation.kind == kind::PATROL_MARK {
        marks::check(tx, frame, row, &operation, findings)?;
    }
    Ok(())
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
        && result.op_id == row.op_id.to_string()
        && result.received_at == Some(row.received)
        && has_case == result.case_id.is_some()
        && is_coded
}

/// Whether a body has a hash. The body is canonical and holds the hash, so taking it out is all that
/// is needed; what doesn't fit is read properly before it is called wrong.
fn fits_hash(body: &str, hash: Sha256) -> bool {
    let member = format!("\"hash\":\"{hash}\",");
    if let Some((begin, end)) = body.split_once(&member) {
        let mut text = String::with_capacity(body.len());
        text.push_str(begin);
        text.push_str(end);
        if Sha256::of(text.as_bytes()) == hash {
            return true;
        }
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

/// The report, its photos and its case's number are those of the operation.
fn check_report(
    tx: &mut dyn Tx,
    row: &OperationRow,
    operation: &Operation,
    result: &OperationResult,
    findings: &mut Vec<Finding>,
) -> Result<()> {
    let report = operation.subject.parse::<ReportId>().ok();
    let Some(report) = report else {
        findings.push(Finding::new(Problem::Changed, TABLE, "content", row.op_id));
        return Ok(());
    };
    let case_no = result.case_no.as_deref().unwrap_or_default();
    let find = |problem, table, field| Finding::new(problem, table, field, report).of_case(case_no);
    let kept = match store::reports::get(tx, report) {
        Ok(kept) => kept,
        // Said where its case is checked; here the rest of the page goes on.
        Err(store::StoreError::Column { .. }) => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    let (Some(kept), Ok(filed)) = (
        kept,
        serde_json::from_value::<FiledReport>(operation.payload.clone()),
    ) else {
        findings.push(find(Problem::Missing, "reports", "row"));
        return Ok(());
    };
    let fields = differing(&kept, &filed, operation, row);
    findings.extend(
        fields
            .into_iter()
            .map(|field| find(Problem::Changed, "reports", field)),
    );
    let case = store::cases::by_report(tx, report);
    let same = case.is_ok_and(|case| {
        case.is_some_and(|case| {
            Some(case.id) == result.case_id && Some(&case.case_no) == result.case_no.as_ref()
        })
    });
    if !same {
        findings.push(find(Problem::Changed, TABLE, "result"));
    }
    if !operation.photos.is_empty() {
        let photos = store::photos::of_report(tx, report)?;
        if !are_photos_of(&operation.photos, &photos) {
            findings.push(find(Problem::Changed, "photos", "photos"));
        }
    }
    Ok(())
}

/// A contact is the one that the report vouches for, or was erased with an entry in the trail.
fn check_contact(
    tx: &mut dyn Tx,
    frame: &Frame,
    row: &OperationRow,
    operation: &Operation,
    result: &OperationResult,
    findings: &mut Vec<Finding>,
) -> Result<()> {
    let told = operation.payload.get("contact").and_then(Value::as_str);
    let Some(told) = told else { return Ok(()) };
    // It may never have come: what was erased on a handheld stays so.
    let Some(kept) = store::contacts::get(tx, row.op_id)? else {
        return Ok(());
    };
    let is_erased = kept.erased.is_some();
    let is_empty = kept.contact == Contact::default();
    let is_whole = match (is_erased, frame.archived) {
        (true, _) | (false, true) => is_empty,
        (false, false) => kept.contact.commitment().to_string() == kept.commitment,
    };
    let noted = match result.case_id.filter(|_| is_erased) {
        Some(case) => store::events::of_one_case(tx, &case.to_string())?
            .iter()
            .any(|kept| {
                kept.row
                    .as_ref()
                    .is_ok_and(|row| row.event.kind == ERASED_EVENT)
            }),
        None => true,
    };
    if kept.commitment != told || !is_whole || !noted {
        let case_no = result.case_no.as_deref().unwrap_or_default();
        let finding = Finding::new(Problem::Changed, "contacts", "contact", row.op_id);
        findings.push(finding.of_case(case_no));
    }
    Ok(())
}

/// The groups of a report's fields that its operation contradicts.
fn differing(
    kept: &ReportRow,
    filed: &FiledReport,
    operation: &Operation,
    row: &OperationRow,
) -> Vec<&'static str> {
    let code = short_code(operation.device_id, operation.epoch, operation.seq);
    let preview = kept.preview.as_deref().map(serde_json::from_str::<Preview>);
    let preview = preview.transpose();
    let checks = [
        (
            "people",
            kept.reporter == operation.actor && kept.device == operation.device_id,
        ),
        ("operation", kept.op_id == operation.op_id),
        ("number", kept.short_code == code),
        (
            "category",
            kept.category == filed.category && kept.condition == filed.condition,
        ),
        (
            "category",
            kept.catalogue_version == operation.catalogue_version,
        ),
        ("place", kept.place == filed.place),
        ("text", kept.text == filed.text),
        (
            "times",
            kept.occurred == filed.occurred_ms && kept.received == row.received,
        ),
        ("state", kept.self_fixed == filed.self_fixed),
        (
            "same",
            kept.same_as == filed.same_as.filter(|other| *other != kept.id),
        ),
        (
            "preview",
            preview.is_ok_and(|preview| preview == filed.preview),
        ),
    ];
    let failed = checks.iter().filter(|(_, fits)| !fits);
    failed.map(|(field, _)| *field).collect()
}

/// The first photos of a report are those it was filed with, in their order.
fn are_photos_of(filed: &[PhotoRef], kept: &[ReportPhoto]) -> bool {
    let same = |at: i64, filed: &PhotoRef, kept: &ReportPhoto| {
        let photo = &kept.photo;
        kept.ordinal == at
            && photo.hash == filed.sha256
            && kept.role == filed.role
            && kept.original == filed.original_sha256
            && u64::try_from(photo.bytes) == Ok(filed.bytes)
            && photo.mime == filed.mime
            && photo.width == i64::from(filed.width)
            && photo.height == i64::from(filed.height)
    };
    let mut pairs = (1_i64..).zip(filed.iter().zip(kept));
    kept.len() >= filed.len() && pairs.all(|(at, (filed, kept))| same(at, filed, kept))
}

/// Looks for operations that were received and aren't there, handheld by handheld.
///
/// # Errors
/// As [`operations_page`].
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
