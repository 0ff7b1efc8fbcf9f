//! One case, for whoever looks at it: its trail, its row, its report and operation, and whether its
//! entries are the ones that were sealed.

use super::operations::check_one;
use super::rows::one_case;
use super::{Checked, Frame};
use crate::service::cases::readable;
use crate::service::district::District;
use crate::service::{Fault, Result};
use crate::store::seals::SealRow;
use crate::store::{self, Tx};
use shared::archive::{Finding, Problem};
use shared::id::{CaseId, ReportId, Sha256};
use shared::role::Actor;
use shared::wire::console::{ArchiveState, Check};

/// Signed days of a list.
const DAYS_SHOWN: usize = 31;

/// What a check of a case came to, and which photos are to be read by whoever can.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseCheck {
    /// Entries and findings.
    pub check: Check,
    /// Photos that are said to be here, with their sizes in bytes.
    pub photos: Vec<(Sha256, i64)>,
}

/// Checks a case that the actor may read.
///
/// # Errors
/// [`Fault::NotFound`] when there is no such case for the actor.
pub fn case_check(
    tx: &mut dyn Tx,
    actor: &Actor,
    district: &District,
    frame: &Frame,
    id: CaseId,
) -> Result<CaseCheck> {
    let seen = readable(tx, actor, district, id)?;
    let Checked {
        events,
        mut findings,
        ..
    } = one_case(tx, frame, id)?;
    let report = seen.row.report;
    if let Ok(Some(row)) = store::reports::get(tx, report)
        && let Some(kept) = store::operations::kept(tx, row.op_id)?
    {
        check_one(tx, frame, &kept, &mut findings)?;
    }
    are_sealed(tx, frame, id, &seen.row.case_no, &mut findings)?;
    let check = Check {
        entries: u32::try_from(events).unwrap_or(u32::MAX),
        photos: 0,
        findings,
        next: None,
    };
    Ok(CaseCheck {
        check,
        photos: stored_photos(tx, report)?,
    })
}

fn stored_photos(tx: &mut dyn Tx, report: ReportId) -> Result<Vec<(Sha256, i64)>> {
    let photos = store::photos::of_report(tx, report)?;
    let here = photos.iter().filter(|entry| entry.photo.stored.is_some());
    Ok(here
        .map(|entry| (entry.photo.hash, entry.photo.bytes))
        .collect())
}

/// Compares the case's entries with what was sealed, as far as it is.
fn are_sealed(
    tx: &mut dyn Tx,
    frame: &Frame,
    id: CaseId,
    case_no: &str,
    findings: &mut Vec<Finding>,
) -> Result<()> {
    let mut run: Option<SealRow> = None;
    let text = id.to_string();
    for kept in store::events::of_one_case(tx, &text)? {
        let no = kept.entry_no;
        if !run
            .as_ref()
            .is_some_and(|run| (run.first_no..=run.last_no).contains(&no))
        {
            let first_no = store::seals::run_of(tx, &frame.district, no)?.unwrap_or(no);
            let runs = store::seals::after(tx, &frame.district, first_no.saturating_sub(1), 1)?;
            run = runs.into_iter().next().and_then(|(_, run)| run.ok());
        }
        // What isn't sealed yet has nothing to be compared with.
        let Some(run) = run
            .as_ref()
            .filter(|run| (run.first_no..=run.last_no).contains(&no))
        else {
            continue;
        };
        let at = usize::try_from(no.saturating_sub(run.first_no)).unwrap_or(usize::MAX);
        let hash = kept.row.as_ref().ok().map(|row| row.hash);
        if run.hashes.get(at) != hash.as_ref() {
            let finding = Finding::new(Problem::Changed, "case_events", "hash", no);
            findings.push(finding.of_case(case_no).at(kept.ordinal));
        }
    }
    Ok(())
}

/// How far the archive is sealed and signed.
///
/// # Errors
/// Whatever the store says, as for all services.
pub fn state(tx: &mut dyn Tx, frame: &Frame) -> Result<ArchiveState> {
    let district = &frame.district;
    let days = store::seals::newest_roots(tx, district, DAYS_SHOWN)?;
    let counter = store::counters::get(tx, district)?;
    let newest = store::seals::newest(tx, district).map_err(Fault::from)?;
    Ok(ArchiveState {
        days,
        entries: counter.map_or(0, |counter| counter.entry_no),
        sealed: newest.map_or(0, |seal| seal.last_no),
    })
}
