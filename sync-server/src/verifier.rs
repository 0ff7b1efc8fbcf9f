//! Turns the pages of a check of a whole database, several kinds side by side, and looks whether
//! the photos are there.
//!
//! Memory stays flat: each reading thread holds a page at a time. Cases and operations, which are
//! nearly all of the work, are shared out page by page, so that no thread waits for another at the
//! end. What is checked is `service::verify`; called by `gewu-server verify` and by measurements.

use crate::photo_store::PhotoStore;
use crate::service::verify::{self, ChainPlace, Checked, Frame};
use crate::service::{Fault, Result};
use crate::store::operations::Place;
use crate::store::{Store, StoreError, Tx};
use serde::Serialize;
use shared::archive::{Finding, Problem};
use shared::id::Sha256;
use shared::signature::PublicKey;
use std::sync::{Arc, Mutex, PoisonError};

/// How much was checked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Cases.
    pub cases: usize,
    /// Entries of their trails.
    pub events: usize,
    /// Operations of handhelds.
    pub operations: usize,
    /// Entries of the audit.
    pub audit: usize,
    /// Entries in the district's chain, sealed and not.
    pub chain: usize,
    /// Signed days.
    pub days: usize,
    /// Photos whose bytes were read.
    pub photos: usize,
}

/// What checking came to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// How much was checked.
    pub counts: Counts,
    /// What is wrong, at most [`FINDINGS_KEPT`].
    pub findings: Vec<Finding>,
    /// How many more there were.
    pub more: usize,
}

/// Findings that are kept: a database where everything is wrong shall not fill the memory.
pub const FINDINGS_KEPT: usize = 10_000;

/// Hands that turn the pages of cases, and as many those of operations: with the two for the rest
/// they keep four reading threads busy.
const HANDS: usize = 2;

impl Report {
    fn add(&mut self, findings: Vec<Finding>) {
        for finding in findings {
            if self.findings.len() < FINDINGS_KEPT {
                self.findings.push(finding);
            } else {
                self.more += 1;
            }
        }
    }

    /// Brings the findings into one order, whichever hand found them first.
    fn sort(&mut self) {
        self.findings.sort_by_cached_key(|finding| {
            (
                finding.table.clone(),
                finding.case_no.clone(),
                finding.ordinal,
                finding.row.clone(),
                finding.field.clone(),
            )
        });
    }

    /// Whether nothing is wrong.
    #[must_use]
    pub const fn is_good(&self) -> bool {
        self.findings.is_empty()
    }
}

/// Checks a database. `photos` are looked for where they are named.
///
/// # Errors
/// When the database or the photos can't be read at all.
pub fn verify(
    store: &Store,
    photos: Option<&PhotoStore>,
    key: Option<PublicKey>,
) -> anyhow::Result<Report> {
    let told = |fault: Fault| anyhow::anyhow!("{fault}");
    let frame = store
        .read_blocking(move |tx| verify::frame(tx, key))
        .map_err(told)?;
    let report = Mutex::new(Report::default());
    let (cases, operations) = (
        Places::from(String::new()),
        Places::from(verify::OPERATIONS_START),
    );
    std::thread::scope(|scope| {
        let mut hands = Vec::new();
        for _ in 0..HANDS {
            hands.push(scope.spawn(|| check_cases(store, &frame, &cases, &report)));
            hands.push(scope.spawn(|| check_operations(store, &frame, &operations, &report)));
        }
        hands.push(scope.spawn(|| check_chain(store, &frame, &report)));
        hands.push(scope.spawn(|| check_lost(store, &frame, &report)));
        hands
            .into_iter()
            .try_for_each(|pages| pages.join().unwrap_or_else(|_panic| Err(stopped())))
    })
    .map_err(told)?;
    if let Some(photos) = photos {
        bytes(store, photos, &report)?;
    }
    let mut report = report.into_inner().unwrap_or_else(PoisonError::into_inner);
    report.sort();
    Ok(report)
}

/// A hand that stopped in the middle has not said that the rest is good.
const fn stopped() -> Fault {
    Fault::Store(StoreError::Panicked)
}

/// Turns pages to the last one.
fn turn<P: Send + 'static>(
    store: &Store,
    report: &Mutex<Report>,
    first: P,
    look: impl Fn(&mut dyn Tx, P) -> Result<Checked<P>> + Clone + Send + 'static,
    count: impl Fn(&mut Counts, &Checked<P>),
) -> Result<()> {
    let mut place = Some(first);
    while let Some(at) = place {
        let look = look.clone();
        let page = store.read_blocking(move |tx| look(tx, at))?;
        let mut report = report.lock().unwrap_or_else(PoisonError::into_inner);
        count(&mut report.counts, &page);
        report.add(page.findings);
        place = page.next;
    }
    Ok(())
}

/// Where the next page of a kind begins that is turned by several hands; none behind the last.
struct Places<P>(Arc<Mutex<Option<P>>>);

impl<P> From<P> for Places<P> {
    fn from(first: P) -> Self {
        Self(Arc::new(Mutex::new(Some(first))))
    }
}

/// Turns pages beside other hands: whoever is free takes the next one. `end` says where the page
/// behind a place ends, if it isn't the last one, and `look` checks it.
fn share<P: Clone + Send + 'static>(
    store: &Store,
    report: &Mutex<Report>,
    places: &Places<P>,
    end: fn(&mut dyn Tx, &P) -> Result<Option<P>>,
    look: impl Fn(&mut dyn Tx, &P, Option<&P>) -> Result<Checked<P>> + Clone + Send + 'static,
    count: impl Fn(&mut Counts, &Checked<P>),
) -> Result<()> {
    loop {
        let (places, look) = (Arc::clone(&places.0), look.clone());
        let page = store.read_blocking(move |tx| {
            let mut place = places.lock().unwrap_or_else(PoisonError::into_inner);
            let Some(from) = place.take() else {
                return Ok(None);
            };
            let to = end(tx, &from)?;
            *place = to.clone();
            drop(place);
            look(tx, &from, to.as_ref()).map(Some)
        })?;
        let Some(page) = page else { return Ok(()) };
        let mut report = report.lock().unwrap_or_else(PoisonError::into_inner);
        count(&mut report.counts, &page);
        report.add(page.findings);
    }
}

fn check_cases(
    store: &Store,
    frame: &Frame,
    places: &Places<String>,
    report: &Mutex<Report>,
) -> Result<()> {
    let frame = frame.clone();
    let end = |tx: &mut dyn Tx, after: &String| verify::cases_end(tx, after);
    let look = move |tx: &mut dyn Tx, after: &String, to: Option<&String>| {
        verify::cases_page(tx, &frame, after, to.map(String::as_str))
    };
    share(store, report, places, end, look, |counts, page| {
        counts.cases += page.rows;
        counts.events += page.events;
    })
}

fn check_operations(
    store: &Store,
    frame: &Frame,
    places: &Places<Place>,
    report: &Mutex<Report>,
) -> Result<()> {
    let frame = frame.clone();
    let look = move |tx: &mut dyn Tx, after: &Place, to: Option<&Place>| {
        verify::operations_page(tx, &frame, after, to)
    };
    let end = verify::operations_end;
    share(store, report, places, end, look, |counts, page| {
        counts.operations += page.rows;
    })
}

/// Checks that nothing hangs in the air: reports, ticks, what waits for a person, numbers of
/// handhelds.
fn check_lost(store: &Store, frame: &Frame, report: &Mutex<Report>) -> Result<()> {
    let look = |tx: &mut dyn Tx, after: String| verify::reports_page(tx, &after);
    turn(store, report, String::new(), look, |_, _| {})?;
    let look = |tx: &mut dyn Tx, after: String| verify::marks_page(tx, &after);
    turn(store, report, String::new(), look, |_, _| {})?;
    let facts = frame.clone();
    let look = move |tx: &mut dyn Tx, after| verify::quarantine_page(tx, &facts, &after);
    turn(
        store,
        report,
        (String::new(), String::new()),
        look,
        |_, _| {},
    )?;
    if !frame.whole {
        return Ok(());
    }
    let frame = frame.clone();
    let look = move |tx: &mut dyn Tx, after| verify::devices_page(tx, &frame, after).map(some);
    turn(store, report, None, look, |_, _| {})
}

fn check_chain(store: &Store, frame: &Frame, report: &Mutex<Report>) -> Result<()> {
    let facts = frame.clone();
    let look = move |tx: &mut dyn Tx, after| verify::chain_page(tx, &facts, after);
    turn(store, report, ChainPlace::START, look, |counts, page| {
        counts.chain += page.rows;
    })?;
    let facts = frame.clone();
    let look = move |tx: &mut dyn Tx, after| verify::roots_page(tx, &facts, after).map(some);
    turn(store, report, None, look, |counts, page| {
        counts.days += page.rows;
    })?;
    let facts = frame.clone();
    let look = move |tx: &mut dyn Tx, after| verify::audit_page(tx, &facts, after);
    turn(store, report, (0, None), look, |counts, page| {
        counts.audit += page.rows;
    })
}

/// A page whose place is optional from the beginning.
fn some<P>(page: Checked<P>) -> Checked<Option<P>> {
    Checked {
        next: page.next.map(Some),
        rows: page.rows,
        events: page.events,
        findings: page.findings,
    }
}

/// Reads the bytes of every photo that is said to be here.
fn bytes(store: &Store, photos: &PhotoStore, report: &Mutex<Report>) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let mut after = None;
    loop {
        let page = store
            .read_blocking(move |tx| verify::photos_page(tx, after))
            .map_err(|fault: Fault| anyhow::anyhow!("{fault}"))?;
        let Some(last) = page.last().copied() else {
            return Ok(());
        };
        after = Some(last);
        for hash in page {
            let bytes = runtime.block_on(photos.read(hash))?;
            let found = bytes.map(|bytes| Sha256::of(&bytes));
            let mut report = report.lock().unwrap_or_else(PoisonError::into_inner);
            report.counts.photos += 1;
            let problem = match found {
                Some(found) if found == hash => None,
                Some(_) => Some(Problem::Changed),
                None => Some(Problem::Missing),
            };
            let finding = problem.map(|problem| Finding::new(problem, "photos", "bytes", hash));
            report.add(finding.into_iter().collect());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn findings_stand_in_one_order_whichever_hand_was_first() {
        let find = |table, field, row| Finding::new(Problem::Changed, table, field, row);
        let findings = vec![
            find("operations", "content", "2"),
            find("operations", "result", "1"),
            find("cases", "state", "9").of_case("JY20261124-00002"),
            find("operations", "content", "1"),
            find("cases", "life", "9").of_case("JY20261124-00002"),
        ];
        let mut one = Report::default();
        one.add(findings.clone());
        one.sort();
        let mut other = Report::default();
        other.add(findings.into_iter().rev().collect());
        other.sort();
        assert_eq!(one, other);
        let said = one.findings.iter();
        let said = said.map(|finding| (&*finding.field, &*finding.row));
        let wanted = [
            ("life", "9"),
            ("state", "9"),
            ("content", "1"),
            ("result", "1"),
            ("content", "2"),
        ];
        assert_eq!(said.collect::<Vec<_>>(), wanted);
    }
}
