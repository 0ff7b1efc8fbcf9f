//! What was kept for a person: each content fits its hash, what was noted when it was kept aside is
//! there as it was, and what is settled was settled by whom the audit names.

use super::operations::fits_hash;
use super::{Checked, Frame, PAGE_ROWS};
use crate::service::Result;
use crate::service::audit::Deed;
use crate::service::quarantine::fingerprint;
use crate::store::audit::AuditRow;
use crate::store::quarantine::QuarantineRow;
use crate::store::{self, Tx};
use serde::Deserialize;
use shared::archive::{Finding, Problem};
use shared::id::{OpId, Sha256};

const TABLE: &str = "quarantine";

/// What an entry of the audit says of something that was kept. Older ones say less.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Noted {
    hash: Option<Sha256>,
    /// Over the row as it was kept.
    kept: Option<Sha256>,
    /// Over the note.
    note: Option<Sha256>,
}

impl Noted {
    fn read(entry: &AuditRow) -> Self {
        serde_json::from_str(&entry.detail).unwrap_or_default()
    }

    /// Whether it is about this content.
    fn is_of(&self, row: &QuarantineRow) -> bool {
        self.hash.is_none_or(|hash| hash == row.hash)
    }
}

/// Checks the entries after an operation and a hash.
///
/// # Errors
/// Whatever the store says, as for all services.
pub fn quarantine_page(
    tx: &mut dyn Tx,
    frame: &Frame,
    after: &(String, String),
) -> Result<Checked<(String, String)>> {
    let rows = store::quarantine::kept_after(tx, (after.0.as_str(), after.1.as_str()), PAGE_ROWS)?;
    let mut findings = Vec::new();
    for row in &rows {
        let mut wrong =
            |field| findings.push(Finding::new(Problem::Changed, TABLE, field, row.op_id));
        // What could not be read has the hash of its text, all else that which it names.
        let is_whole = Sha256::of(row.body.as_bytes()) == row.hash;
        if !is_whole && !fits_hash(&row.body, row.hash) {
            wrong("content");
        }
        if frame.whole && !is_settled_as_noted(tx, frame, row)? {
            wrong("state");
        }
    }
    let last = rows.last().filter(|_| rows.len() == PAGE_ROWS);
    let next = last.map(|row| (row.op_id.to_string(), row.hash.to_string()));
    Ok(Checked::new(next, rows.len(), findings))
}

/// Whether the audit says, of the moment at which it was settled, who did that and how.
fn is_settled_as_noted(tx: &mut dyn Tx, frame: &Frame, row: &QuarantineRow) -> Result<bool> {
    let Some(at) = row.resolved else {
        return Ok(row.resolved_by.is_none() && row.note.is_empty());
    };
    let (deed, subject) = (Deed::QuarantineSettled.as_str(), row.op_id.to_string());
    let noted = store::audit::at_moment(tx, &frame.district, at, deed, &subject)?;
    let note = Sha256::of(row.note.as_bytes());
    Ok(noted.iter().any(|entry| {
        let noted = Noted::read(entry);
        let same_note = noted.note.is_none_or(|hash| hash == note);
        entry.person == row.resolved_by && noted.is_of(row) && same_note
    }))
}

/// Checks what an entry of the audit says of something that was kept, if it does.
pub(super) fn as_noted(
    tx: &mut dyn Tx,
    entry: &AuditRow,
    findings: &mut Vec<Finding>,
) -> Result<()> {
    let settled = entry.action == Deed::QuarantineSettled.as_str();
    let was_kept = entry.action == Deed::QuarantineKept.as_str();
    if !settled && !was_kept {
        return Ok(());
    }
    let mut find = |problem, field: &str| {
        findings.push(Finding::new(problem, TABLE, field, &entry.subject));
    };
    let Ok(op_id) = entry.subject.parse::<OpId>() else {
        find(Problem::Missing, "row");
        return Ok(());
    };
    let noted = Noted::read(entry);
    let mut rows = store::quarantine::of_operation(tx, op_id)?;
    rows.retain(|row| noted.is_of(row));
    if rows.is_empty() {
        find(Problem::Missing, "row");
    } else if settled && rows.iter().all(|row| row.resolved != Some(entry.at)) {
        find(Problem::Changed, "state");
    } else if let Some(kept) = noted.kept
        && rows.iter().all(|row| fingerprint(row) != kept)
    {
        find(Problem::Changed, "content");
    }
    Ok(())
}
