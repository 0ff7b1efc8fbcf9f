//! One signed day, a part at a time: for a person who waits at a screen.

use super::chain::{check_root, check_run};
use super::{ChainPlace, Checked, Frame};
use crate::service::{Fault, Result};
use crate::store::{self, Tx};
use shared::archive::{Finding, Problem};
use shared::id::CaseId;

/// Runs of one part: each holds up to a thousand entries.
const RUNS_AT_ONCE: usize = 4;

/// Checks a part of a day: its root first, then its entries against their hashes and what was
/// sealed. `after` is where the part before ended.
///
/// # Errors
/// [`Fault::NotFound`] for a day without a root; whatever the store says.
pub fn day_page(
    tx: &mut dyn Tx,
    frame: &Frame,
    day: i64,
    after: Option<i64>,
) -> Result<Checked<i64>> {
    let district = &frame.district;
    let found = store::seals::roots_after(tx, district, day.saturating_sub(1), 1)?;
    let found = found.into_iter().find(|(of, _)| *of == day);
    let (_, root) = found.ok_or(Fault::NotFound("day"))?;
    let mut findings = Vec::new();
    let Ok(root) = root else {
        let finding = Finding::new(Problem::Unreadable, "day_roots", "row", day);
        return Ok(Checked::new(None, 0, vec![finding]));
    };
    let before = store::seals::root_before(tx, district, day)?;
    if after.is_none() {
        check_root(tx, frame, &root, before.as_ref(), &mut findings)?;
    }
    let covered = before.map_or(0, |root| root.last_no);
    let begins = after.unwrap_or(covered);
    // The run that ends where the day or the part begins gives the chain before it.
    let mut place = ChainPlace::START;
    if let Some(first_no) = store::seals::run_of(tx, district, begins)? {
        let runs = store::seals::after(tx, district, first_no.saturating_sub(1), 1)?;
        if let Some((_, Ok(run))) = runs.first() {
            place = ChainPlace::behind(run);
        }
    }
    let runs = store::seals::after(tx, district, begins, RUNS_AT_ONCE)?;
    let (mut rows, mut last) = (0, begins);
    for (first_no, run) in runs.iter().take_while(|(no, _)| *no <= root.last_no) {
        let Ok(run) = run else {
            findings.push(Finding::new(Problem::Unreadable, "seals", "row", first_no));
            last = *first_no;
            continue;
        };
        check_run(tx, frame, run, &place, &mut findings)?;
        contents(
            tx,
            frame,
            run.first_no.saturating_sub(1),
            run.last_no,
            &mut findings,
        )?;
        rows += run.hashes.len();
        place = ChainPlace::behind(run);
        last = run.last_no;
    }
    let next = (last < root.last_no && last > begins).then_some(last);
    Ok(Checked::new(next, rows, findings))
}

/// Whether the entries of trails with these numbers fit their hashes.
fn contents(
    tx: &mut dyn Tx,
    frame: &Frame,
    after: i64,
    to: i64,
    findings: &mut Vec<Finding>,
) -> Result<()> {
    for (kept, case_no) in store::events::of_numbers_between(tx, &frame.district, after, to)? {
        let fits = match (&kept.row, kept.case.parse::<CaseId>()) {
            (Ok(row), Ok(case)) => {
                let (no, before) = (row.ordinal, row.prev_hash);
                row.hash == store::events::chain_hash(case, no, before, &row.event)
            }
            _ => false,
        };
        if !fits {
            let finding = Finding::new(Problem::Changed, "case_events", "content", kept.entry_no);
            findings.push(finding.of_case(&case_no).at(kept.ordinal));
        }
    }
    Ok(())
}
