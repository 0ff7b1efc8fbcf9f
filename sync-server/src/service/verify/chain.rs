//! The district's chain: sealed runs follow each other, their hashes lead to their heads, every
//! entry is the one that was sealed, none is missing or put in, and each day's root is signed.

use super::{Checked, Frame};
use crate::service::Result;
use crate::service::archive::china_day;
use crate::store::seals::{Entry, SealRow};
use crate::store::{self, Tx};
use shared::archive::{CHAIN_START, DayRoot, Finding, Problem, RootFault, link_all};
use shared::id::Sha256;

/// Runs of a page: each holds up to a thousand entries.
const RUNS_AT_ONCE: usize = 4;
/// Entries that are not sealed yet, of a page.
const ENTRIES_AT_ONCE: usize = 4_000;
/// Roots of a page.
const ROOTS_AT_ONCE: usize = 100;

/// Where a page begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChainPlace {
    /// The last run that was checked began here.
    first_no: i64,
    /// The last entry.
    last_no: i64,
    /// The chain after it.
    head: Sha256,
    /// All runs were seen; what follows isn't sealed.
    open: bool,
}

impl ChainPlace {
    /// The beginning.
    pub const START: Self = Self {
        first_no: 0,
        last_no: 0,
        head: CHAIN_START,
        open: false,
    };

    /// Behind a run.
    pub(super) const fn behind(run: &SealRow) -> Self {
        Self {
            first_no: run.first_no,
            last_no: run.last_no,
            head: run.head,
            open: false,
        }
    }
}

/// Checks a page of the chain.
///
/// # Errors
/// Whatever the store says, as for all services.
pub fn chain_page(tx: &mut dyn Tx, frame: &Frame, at: ChainPlace) -> Result<Checked<ChainPlace>> {
    if at.open {
        return unsealed(tx, frame, at);
    }
    let runs = store::seals::after(tx, &frame.district, at.first_no, RUNS_AT_ONCE)?;
    let (mut at, mut findings, mut rows) = (at, Vec::new(), 0);
    for (first_no, run) in &runs {
        at.first_no = *first_no;
        let Ok(run) = run else {
            findings.push(Finding::new(Problem::Unreadable, "seals", "row", first_no));
            continue;
        };
        // An archive of some days begins where its first run does.
        if !frame.whole && at.head == CHAIN_START {
            (at.last_no, at.head) = (run.first_no.saturating_sub(1), run.before);
        }
        rows += run.hashes.len();
        check_run(tx, frame, run, &at, &mut findings)?;
        (at.last_no, at.head) = (run.last_no, run.head);
    }
    at.open = runs.len() < RUNS_AT_ONCE;
    // In an archive of some days what isn't sealed hangs in the air.
    let next = (frame.whole || !at.open).then_some(at);
    Ok(Checked::new(next, rows, findings))
}

pub(super) fn check_run(
    tx: &mut dyn Tx,
    frame: &Frame,
    run: &SealRow,
    at: &ChainPlace,
    findings: &mut Vec<Finding>,
) -> Result<()> {
    let name = format!("{}–{}", run.first_no, run.last_no);
    let mut find = |problem, field| {
        findings.push(Finding::new(problem, "seals", field, &name));
    };
    let count = i64::try_from(run.hashes.len()).unwrap_or(i64::MAX);
    let is_counted = run.first_no.saturating_add(count) == run.last_no.saturating_add(1);
    if run.first_no != at.last_no.saturating_add(1) {
        find(Problem::Missing, "order");
    } else if run.before != at.head {
        find(Problem::Changed, "head");
    }
    if !is_counted || link_all(&run.before, run.first_no, &run.hashes) != run.head {
        find(Problem::Changed, "hash");
        return Ok(());
    }
    let from = run.first_no.saturating_sub(1);
    let most = run.hashes.len().saturating_add(ENTRIES_AT_ONCE);
    let here = store::seals::entries_between(tx, &frame.district, from, run.last_no, most)?;
    compare(run, &here, frame.whole, findings);
    Ok(())
}

/// Compares what is there with what was sealed.
fn compare(run: &SealRow, here: &[Entry], whole: bool, findings: &mut Vec<Finding>) {
    let mut rest = here.iter().peekable();
    for (no, sealed) in (run.first_no..).zip(&run.hashes) {
        let Some(entry) = rest.next_if(|entry| entry.no == no) else {
            if whole {
                findings.push(Finding::new(Problem::Missing, "entries", "row", no));
            }
            continue;
        };
        if entry.hash != Some(*sealed) {
            findings.push(Finding::new(Problem::Changed, table(entry), "hash", no));
        }
        while let Some(twice) = rest.next_if(|entry| entry.no == no) {
            findings.push(Finding::new(Problem::Added, table(twice), "row", no));
        }
    }
}

const fn table(entry: &Entry) -> &'static str {
    if entry.is_audit { "audit" } else { "entries" }
}

/// What isn't sealed yet has every number up to the counter's.
fn unsealed(tx: &mut dyn Tx, frame: &Frame, mut at: ChainPlace) -> Result<Checked<ChainPlace>> {
    let counter = store::counters::get(tx, &frame.district)?;
    let entries = store::seals::entries(tx, &frame.district, at.last_no, ENTRIES_AT_ONCE)?;
    let mut findings = Vec::new();
    for entry in &entries {
        let expected = at.last_no.saturating_add(1);
        if entry.no < expected {
            findings.push(Finding::new(Problem::Added, table(entry), "row", entry.no));
            continue;
        }
        if entry.no > expected {
            let row = format!("{expected}–{}", entry.no.saturating_sub(1));
            findings.push(Finding::new(Problem::Missing, "entries", "row", row));
        }
        at.last_no = entry.no;
    }
    let more = entries.len() == ENTRIES_AT_ONCE;
    let last = counter.map_or(0, |counter| counter.entry_no);
    if !more && at.last_no != last {
        let problem = if at.last_no < last {
            Problem::Missing
        } else {
            Problem::Added
        };
        let no = at.last_no.min(last).saturating_add(1);
        findings.push(Finding::new(problem, "entries", "row", no));
    }
    Ok(Checked::new(more.then_some(at), entries.len(), findings))
}

/// Checks the roots of the days after one.
///
/// # Errors
/// As [`chain_page`].
pub fn roots_page(
    tx: &mut dyn Tx,
    frame: &Frame,
    after: Option<DayRoot>,
) -> Result<Checked<DayRoot>> {
    let day = after.as_ref().map_or(0, |root| root.day);
    let roots = store::seals::roots_after(tx, &frame.district, day, ROOTS_AT_ONCE)?;
    let mut findings = Vec::new();
    let mut before = after;
    for (day, root) in &roots {
        let Ok(root) = root else {
            findings.push(Finding::new(Problem::Unreadable, "day_roots", "row", day));
            continue;
        };
        check_root(tx, frame, root, before.as_ref(), &mut findings)?;
        before = Some(root.clone());
    }
    let is_last = roots.len() < ROOTS_AT_ONCE;
    if is_last && frame.whole && is_unsigned(tx, frame, before.as_ref())? {
        findings.push(Finding::new(Problem::Missing, "day_roots", "row", day));
    }
    let next = before.filter(|_| !is_last);
    Ok(Checked::new(next, roots.len(), findings))
}

/// Checks one root: its signature, the root it stands on, the chain it tells.
pub(super) fn check_root(
    tx: &mut dyn Tx,
    frame: &Frame,
    root: &DayRoot,
    before: Option<&DayRoot>,
    findings: &mut Vec<Finding>,
) -> Result<()> {
    let mut find = |problem, field| {
        findings.push(Finding::new(problem, "day_roots", field, root.day));
    };
    match frame.key.as_ref().map(|key| root.verify(key)) {
        Some(Err(RootFault::Root)) => find(Problem::Changed, "content"),
        Some(Err(_)) | None => find(Problem::Signature, "signature"),
        Some(Ok(())) => {}
    }
    let follows = match before {
        Some(before) => root.before == before.root,
        None => !frame.whole || root.before == CHAIN_START,
    };
    if !follows {
        find(Problem::Missing, "order");
    }
    if !ends_a_run(tx, frame, root)? {
        find(Problem::Changed, "head");
    }
    Ok(())
}

/// Whether a day behind the last root is over, since another day's entries are sealed, and has no
/// root.
fn is_unsigned(tx: &mut dyn Tx, frame: &Frame, last: Option<&DayRoot>) -> Result<bool> {
    let district = &frame.district;
    let covered = last.map_or(0, |root| root.last_no);
    let after = store::seals::run_of(tx, district, covered)?.unwrap_or(0);
    let first = store::seals::after(tx, district, after, 1)?;
    let newest = store::seals::newest(tx, district)?;
    let (Some((_, Ok(first))), Some(newest)) = (first.first(), newest) else {
        return Ok(false);
    };
    let mut day_of = |run: &SealRow| -> Result<i64> {
        let last = store::seals::entries(tx, district, run.last_no.saturating_sub(1), 1)?;
        let at = last.first().map_or(run.sealed, |entry| entry.at);
        Ok(china_day(at.min(run.sealed)))
    };
    Ok(day_of(first)? < day_of(&newest)?)
}

/// Whether the chain of the sealed runs comes to where the root says.
fn ends_a_run(tx: &mut dyn Tx, frame: &Frame, root: &DayRoot) -> Result<bool> {
    let Some(first_no) = store::seals::run_of(tx, &frame.district, root.last_no)? else {
        // An archive of some days holds roots of days before it.
        return Ok(!frame.whole);
    };
    let runs = store::seals::after(tx, &frame.district, first_no.saturating_sub(1), 1)?;
    let run = runs.first().and_then(|(_, run)| run.as_ref().ok());
    Ok(run.is_some_and(|run| {
        (run.last_no == root.last_no && run.head == root.head)
            || (!frame.whole && run.last_no < root.last_no)
    }))
}
