//! The audit by itself: every entry fits its hash, which covers the one before it.

use super::{Checked, Frame, PAGE_ROWS};
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
    for kept in &rows {
        // Where an archive of some days begins, the entry before is not there.
        let unknown = is_first && no == 0 && !frame.whole;
        no = kept.entry_no;
        let (Ok(row), false) = (&kept.row, unknown) else {
            if kept.row.is_err() {
                findings.push(Finding::new(Problem::Unreadable, TABLE, "content", no));
            }
            before = kept.hash;
            continue;
        };
        let stands_on = before.unwrap_or(CHAIN_START);
        let fits = match kept.hash {
            Some(hash) => hash == store::audit::chain_hash(&stands_on, no, row),
            // From before there were hashes, and nothing was noted since.
            None => before.is_none(),
        };
        if !fits {
            findings.push(Finding::new(Problem::Changed, TABLE, "content", no));
        }
        before = kept.hash;
    }
    let next = (rows.len() == PAGE_ROWS).then_some((no, before));
    Ok(Checked::new(next, rows.len(), findings))
}
