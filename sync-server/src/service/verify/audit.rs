//! The audit by itself: every entry fits its hash, which covers the one before it.

use super::{Checked, Frame, PAGE_ROWS, kept};
use crate::service::Result;
use crate::store::{self, Tx};
use shared::archive::{CHAIN_START, Finding, Problem};
use shared::id::Sha256;

const TABLE: &str = "audit";

/// Checks the audit's entries after a number and the hash of that entry.
///
/// # Errors
/// Whatever the store says, as for all services.
pub fn audit_page(
    tx: &mut dyn Tx,
    frame: &Frame,
    after: (i64, Option<Sha256>),
) -> Result<Checked<(i64, Option<Sha256>)>> {
    let (mut no, mut before) = after;
    let rows = store::audit::after_no(tx, &frame.district, no, PAGE_ROWS)?;
    let is_first = no == 0;
    let mut findings = Vec::new();
    for entry in &rows {
        // Where an archive of some days begins, the entry before is not there.
        let unknown = is_first && no == 0 && !frame.whole;
        no = entry.entry_no;
        let (Ok(row), false) = (&entry.row, unknown) else {
            if entry.row.is_err() {
                findings.push(Finding::new(Problem::Unreadable, TABLE, "content", no));
            }
            before = entry.hash;
            continue;
        };
        let stands_on = before.unwrap_or(CHAIN_START);
        let fits = match entry.hash {
            Some(hash) => hash == store::audit::chain_hash(&stands_on, no, row),
            // From before there were hashes, and nothing was noted since.
            None => before.is_none(),
        };
        if !fits {
            findings.push(Finding::new(Problem::Changed, TABLE, "content", no));
        }
        before = entry.hash;
        if frame.whole {
            kept::as_noted(tx, row, &mut findings)?;
        }
    }
    let next = (rows.len() == PAGE_ROWS).then_some((no, before));
    Ok(Checked::new(next, rows.len(), findings))
}
