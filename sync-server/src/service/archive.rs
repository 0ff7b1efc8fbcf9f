//! Seals what was written: runs of entries into the district's chain, and each day's end into a
//! root with the server's signature.
//!
//! Whoever seals reads beside the writer and writes one row; what is sealed never changes, so that
//! two servers that seal at once, or one that is killed, seal the same. A day is closed when it is
//! over and its entries are sealed, also after a long stop. Tests: `tests/tests/archive.rs`.

use super::{Fault, Result};
use crate::service::district::District;
use crate::store::seals::{Entry, SealRow};
use crate::store::{self, Tx};
use chrono::{Datelike, NaiveDate, NaiveTime};
use shared::archive::{CHAIN_START, DayRoot, RootsAnswer, link_all};
use shared::id::Sha256;
use shared::signature::{PublicKey, SecretKey};
use shared::time::{DAY_MS, Timestamp};

/// Entries of one run: 64 KiB of hashes, read in a few milliseconds.
pub const RUN_ENTRIES: usize = 1_000;
/// Roots of one answer.
pub const ROOTS_PAGE: usize = 400;

/// What is to be written next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// A run, none when the day has no more entries.
    seal: Option<SealRow>,
    /// The day that ends with it.
    ends: Option<i64>,
}

impl Step {
    /// How many entries it seals.
    #[must_use]
    pub fn entries(&self) -> usize {
        self.seal.as_ref().map_or(0, |seal| seal.hashes.len())
    }

    /// The day that it closes.
    #[must_use]
    pub const fn day(&self) -> Option<i64> {
        self.ends
    }
}

/// The date in China as a number: 20261124.
#[must_use]
pub fn china_day(at: Timestamp) -> i64 {
    at.china().map_or(0, |at| number(at.date()))
}

fn number(date: NaiveDate) -> i64 {
    i64::from(date.year()) * 10_000 + i64::from(date.month()) * 100 + i64::from(date.day())
}

/// The moment at which a day in China begins; `None` for what is no day.
#[must_use]
pub fn day_begins(day: i64) -> Option<Timestamp> {
    let part = |n: i64| u32::try_from(n).ok();
    let year = i32::try_from(day.checked_div(10_000)?).ok()?;
    let date = NaiveDate::from_ymd_opt(year, part(day / 100 % 100)?, part(day % 100)?)?;
    Some(Timestamp::from_china(date.and_time(NaiveTime::MIN)))
}

/// Looks what is to be sealed next; `None` when everything is.
///
/// # Errors
/// [`Fault::Damaged`] when an entry or a seal can't be read, or an entry is missing: then nothing
/// more is sealed until somebody has looked (`gewu-server verify`).
pub fn next(tx: &mut dyn Tx, district: &District, now: Timestamp) -> Result<Option<Step>> {
    let code = &district.code;
    let newest = store::seals::newest(tx, code)?;
    let (last_no, head) = newest.map_or((0, CHAIN_START), |seal| (seal.last_no, seal.head));
    let root = store::seals::newest_root(tx, code)?;
    let entries = store::seals::entries(tx, code, last_no, RUN_ENTRIES)?;
    let today = china_day(now);
    let is_open = root.as_ref().map_or(0, |root| root.last_no) < last_no;
    // The day goes by the last entry that is sealed and not signed, else by the first of the rest.
    let first = if is_open {
        let last = store::seals::entries(tx, code, last_no.saturating_sub(1), 1)?;
        last.first().map_or(now, |entry| entry.at)
    } else {
        match entries.first() {
            Some(first) => first.at,
            None => return Ok(None),
        }
    };
    let day = open_day(root.as_ref(), first, today);
    let ends_at = day_begins(day)
        .ok_or_else(|| Fault::damaged("entry", "it is of no day"))?
        .plus_ms(DAY_MS);
    // An entry from a clock that was ahead belongs to the day in which it was written.
    let of_day = |entry: &&Entry| entry.at < ends_at || entry.at > now;
    let run: Vec<Entry> = entries.iter().take_while(of_day).copied().collect();
    let is_whole = run.len() < entries.len() || entries.len() < RUN_ENTRIES;
    let ends = (day < today && is_whole).then_some(day);
    let seal = sealed(&run, last_no, head, now)?;
    let is_something = seal.is_some() || ends.is_some();
    Ok(is_something.then_some(Step { seal, ends }))
}

/// The day that the next entries belong to: not before the last one that was closed, and not in
/// the future.
fn open_day(root: Option<&DayRoot>, first: Timestamp, today: i64) -> i64 {
    let after = root.and_then(|root| day_begins(root.day));
    let after = after.map_or(0, |begins| china_day(begins.plus_ms(DAY_MS)));
    china_day(first).min(today).max(after)
}

fn sealed(run: &[Entry], last_no: i64, head: Sha256, now: Timestamp) -> Result<Option<SealRow>> {
    let Some(last) = run.last() else {
        return Ok(None);
    };
    let first_no = last_no.saturating_add(1);
    let mut hashes = Vec::with_capacity(run.len());
    for (no, entry) in (first_no..).zip(run) {
        let hash = entry.hash.filter(|_| entry.no == no);
        hashes.push(hash.ok_or_else(|| Fault::damaged("entry", format!("number {no}")))?);
    }
    Ok(Some(SealRow {
        first_no,
        last_no: last.no,
        before: head,
        head: link_all(&head, first_no, &hashes),
        hashes,
        sealed: now,
    }))
}

/// Writes a step; `false` when somebody else was quicker, and then nothing is changed.
///
/// # Errors
/// Whatever the store says, as for all services.
pub fn seal(
    tx: &mut dyn Tx,
    district: &District,
    step: &Step,
    key: &SecretKey,
    now: Timestamp,
) -> Result<bool> {
    let code = &district.code;
    let newest = store::seals::newest(tx, code)?;
    if let Some(seal) = &step.seal {
        let last_no = newest.as_ref().map_or(0, |seal| seal.last_no);
        let goes_on = last_no.saturating_add(1) == seal.first_no;
        if !goes_on || !store::seals::insert(tx, code, seal)? {
            return Ok(false);
        }
    }
    let (Some(day), Some(last)) = (step.ends, step.seal.as_ref().or(newest.as_ref())) else {
        return Ok(true);
    };
    let before = store::seals::newest_root(tx, code)?;
    let covered = before.as_ref().map_or(0, |root| root.last_no);
    // Somebody closed it in between, or the day had nothing of its own.
    if before.as_ref().is_some_and(|root| root.day >= day) || covered == last.last_no {
        return Ok(true);
    }
    let root = DayRoot {
        district: code.clone(),
        day,
        epoch: store::meta::get(tx, store::meta::SERVER_EPOCH)?.unwrap_or_default(),
        last_no: last.last_no,
        head: last.head,
        before: before.map_or(CHAIN_START, |root| root.root),
        root: CHAIN_START,
        key: String::new(),
        signature: key.sign(""),
    };
    Ok(store::seals::insert_root(tx, &root.sealed(key), now)?)
}

/// The roots of the days after one, for whoever keeps them.
///
/// # Errors
/// As [`seal`].
pub fn roots(
    tx: &mut dyn Tx,
    district: &District,
    key: PublicKey,
    after: Option<i64>,
) -> Result<RootsAnswer> {
    let after = after.unwrap_or(0);
    let rows = store::seals::roots_after(tx, &district.code, after, ROOTS_PAGE)?;
    let next = rows.last().filter(|_| rows.len() == ROOTS_PAGE);
    let next = next.map(|(day, _)| *day);
    // One that can't be read is for whoever verifies; the others are told.
    let roots = rows.into_iter().filter_map(|(_, root)| root.ok()).collect();
    Ok(RootsAnswer { key, roots, next })
}
