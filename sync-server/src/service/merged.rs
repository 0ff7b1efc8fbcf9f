//! Reports that were merged: what hangs on a case, also by way of others, and when that ended which a
//! merged one is part of.
//!
//! A merged case names the one it was merged into, and that one may be merged in turn. Who said that
//! two are one thing is not overwritten by that: whoever asks follows the names, and taking the
//! middle one apart leaves what was merged into it with it. A case is merged into an open one only,
//! so no chain comes round. Tests: `tests/tests/merging.rs`.

use super::Result;
use crate::store::cases::CaseRow;
use crate::store::{self, Tx};
use shared::id::CaseId;
use shared::time::Timestamp;

/// Links that are followed, so that damaged rows keep nobody waiting.
const LINKS_MAX: usize = 100;

/// The case that tells how a merged one goes on, at the end of the chain; none when it isn't merged.
pub(super) fn target(tx: &mut dyn Tx, row: &CaseRow) -> Result<Option<CaseRow>> {
    let mut last = None;
    let mut next = row.life.merged_into;
    for _ in 0..LINKS_MAX {
        let Some(id) = next else { break };
        let Some(found) = store::cases::get(tx, id)? else {
            break;
        };
        next = found.life.merged_into;
        last = Some(found);
    }
    Ok(last)
}

/// When a case was closed; of a merged one, when that was which it is part of.
pub(super) fn ended(tx: &mut dyn Tx, row: &CaseRow) -> Result<Option<Timestamp>> {
    Ok(target(tx, row)?.map_or(row.closed, |target| target.closed))
}

/// Everything that was merged into a case, also by way of others, the nearest first.
pub(super) fn all_into(tx: &mut dyn Tx, id: CaseId) -> Result<Vec<CaseRow>> {
    let mut found = store::cases::merged_into(tx, id)?;
    let mut at = 0;
    while let Some(next) = found.get(at).map(|row| row.id) {
        at += 1;
        for row in store::cases::merged_into(tx, next)? {
            if found.iter().all(|known| known.id != row.id) {
                found.push(row);
            }
        }
    }
    Ok(found)
}
