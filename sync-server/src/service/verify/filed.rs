//! What operations filed: each report, its photos, its case's number and its contact are those of
//! its operation. The photos of a whole page are read at once.

use super::Frame;
use super::operations::Applied;
use crate::service::Result;
use crate::service::contacts::ERASED_EVENT;
use crate::service::push::word;
use crate::store::operations::Filed;
use crate::store::photos::ReportPhoto;
use crate::store::reports::ReportRow;
use crate::store::{self, StoreError, Tx};
use serde_json::Value;
use shared::archive::{Finding, Problem};
use shared::contact::Contact;
use shared::id::ReportId;
use shared::operation::{Operation, short_code};
use shared::report::{FiledReport, PhotoRef, Preview};
use shared::time::Timestamp;

/// An operation that filed a report.
struct Filing<'a> {
    applied: Applied<'a>,
    report: ReportId,
    /// What it says; none when it can't be read.
    filed: Option<FiledReport>,
    /// The commitment in it to whom to call.
    contact: Option<String>,
}

/// Checks what operations filed.
pub(super) fn check(
    tx: &mut dyn Tx,
    frame: &Frame,
    applied: Vec<Applied<'_>>,
    findings: &mut Vec<Finding>,
) -> Result<()> {
    let mut filings = Vec::with_capacity(applied.len());
    for one in applied {
        filings.extend(Filing::of(one, findings));
    }
    let with_photos = filings
        .iter()
        .filter(|filing| !filing.applied.operation.photos.is_empty());
    let with_photos: Vec<_> = with_photos.map(|filing| filing.report).collect();
    let photos = store::photos::of_reports(tx, &with_photos)?;
    for filing in &filings {
        let photos = photos.get(&filing.report).map_or(&[][..], Vec::as_slice);
        filing.check_report(tx, photos, findings)?;
        filing.check_contact(tx, frame, findings)?;
    }
    Ok(())
}

impl<'a> Filing<'a> {
    fn of(mut applied: Applied<'a>, findings: &mut Vec<Finding>) -> Option<Self> {
        let Ok(report) = applied.operation.subject.parse() else {
            let op_id = applied.row.op_id;
            findings.push(Finding::new(
                Problem::Changed,
                "operations",
                "content",
                op_id,
            ));
            return None;
        };
        // The payload is taken, not copied: nobody asks for it again.
        let payload = std::mem::take(&mut applied.operation.payload);
        let contact = payload.get("contact").and_then(Value::as_str);
        Some(Self {
            applied,
            report,
            contact: contact.map(str::to_owned),
            filed: serde_json::from_value(payload).ok(),
        })
    }

    fn case_no(&self) -> &str {
        self.applied.result.case_no.as_deref().unwrap_or_default()
    }

    /// The report, its photos and its case's number are those of the operation.
    fn check_report(
        &self,
        tx: &mut dyn Tx,
        photos: &[ReportPhoto],
        findings: &mut Vec<Finding>,
    ) -> Result<()> {
        let find = |problem, table, field| {
            Finding::new(problem, table, field, self.report).of_case(self.case_no())
        };
        // An operation may write its report's id in other letters than the tables do.
        let looked_up = match &self.applied.kept.filed {
            Some(_) => None,
            None => look_up(tx, self.report)?,
        };
        let kept = self.applied.kept.filed.as_ref().or(looked_up.as_ref());
        let report = match kept.map(|kept| &kept.report) {
            Some(Ok(report)) => Some(report),
            // Said where its case is checked.
            Some(Err(_)) => return Ok(()),
            None => None,
        };
        let (Some(kept), Some(report), Some(filed)) = (kept, report, &self.filed) else {
            findings.push(find(Problem::Missing, "reports", "row"));
            return Ok(());
        };
        let Applied {
            row,
            operation,
            result,
            ..
        } = &self.applied;
        let fields = differing(report, filed, operation, row.received);
        findings.extend(
            fields
                .into_iter()
                .map(|field| find(Problem::Changed, "reports", field)),
        );
        let same = kept.case.as_ref().is_some_and(|(id, case_no)| {
            Some(*id) == result.case_id && Some(case_no) == result.case_no.as_ref()
        });
        if !same {
            findings.push(find(Problem::Changed, "operations", "result"));
        }
        if !are_photos_of(&operation.photos, photos) {
            findings.push(find(Problem::Changed, "photos", "photos"));
        }
        Ok(())
    }

    /// A contact is the one that the report vouches for, or was erased with an entry in the trail.
    fn check_contact(
        &self,
        tx: &mut dyn Tx,
        frame: &Frame,
        findings: &mut Vec<Finding>,
    ) -> Result<()> {
        let op_id = self.applied.row.op_id;
        let Some(told) = &self.contact else {
            return Ok(());
        };
        // It may never have come: what was erased on a handheld stays so.
        let Some(kept) = store::contacts::get(tx, op_id)? else {
            return Ok(());
        };
        let is_erased = kept.erased.is_some();
        let is_empty = kept.contact == Contact::default();
        let is_whole = match (is_erased, frame.archived) {
            (true, _) | (false, true) => is_empty,
            (false, false) => kept.contact.commitment().to_string() == kept.commitment,
        };
        let noted = match self.applied.result.case_id.filter(|_| is_erased) {
            Some(case) => store::events::of_one_case(tx, &case.to_string())?
                .iter()
                .any(|kept| {
                    kept.row
                        .as_ref()
                        .is_ok_and(|row| row.event.kind == ERASED_EVENT)
                }),
            None => true,
        };
        if kept.commitment != *told || !is_whole || !noted {
            let finding = Finding::new(Problem::Changed, "contacts", "contact", op_id);
            findings.push(finding.of_case(self.case_no()));
        }
        Ok(())
    }
}

/// A report by its id, with its case.
fn look_up(tx: &mut dyn Tx, report: ReportId) -> Result<Option<Filed>> {
    let row = match store::reports::get(tx, report) {
        Ok(None) => return Ok(None),
        Ok(Some(row)) => Ok(row),
        Err(error @ StoreError::Column { .. }) => Err(error),
        Err(error) => return Err(error.into()),
    };
    let case = store::cases::by_report(tx, report).ok().flatten();
    Ok(Some(Filed {
        report: row,
        case: case.map(|case| (case.id, case.case_no)),
    }))
}

/// The groups of a report's fields that its operation contradicts.
fn differing(
    kept: &ReportRow,
    filed: &FiledReport,
    operation: &Operation,
    received: Timestamp,
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
            kept.occurred == filed.occurred_ms && kept.received == received,
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
            // Of a report that a person had to confirm it is kept as its column takes it.
            && (photo.mime == filed.mime || photo.mime == word(&filed.mime))
            && photo.width == i64::from(filed.width)
            && photo.height == i64::from(filed.height)
    };
    let mut pairs = (1_i64..).zip(filed.iter().zip(kept));
    kept.len() >= filed.len() && pairs.all(|(at, (filed, kept))| same(at, filed, kept))
}
