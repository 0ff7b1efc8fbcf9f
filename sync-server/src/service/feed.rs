//! Who hears of a case: its buckets, and until when handhelds keep it.
//!
//! Open cases and those closed within thirty days are put into their buckets; older ones leave
//! them. A merged case stays as long as the one that it is part of. A case that is opened again, or
//! that a late photo reaches, goes through the same door.

use super::push::buckets_of;
use super::{Result, merged};
use crate::service::district::District;
use crate::store::cases::CaseRow;
use crate::store::{self, Tx};
use shared::id::{Bucket, CaseId};
use shared::time::Timestamp;
use shared::wire::sync::{CLOSED_KEPT_MS, Why};
use uuid::Uuid;

/// Name under which the database keeps how far old cases have left: closing time and id.
const LEFT_TO: &str = "closed_cases_left_to";
/// Cases that leave in one write, so that pushes never wait long behind it.
pub const LEAVING_AT_ONCE: usize = 200;
/// The table of cases in the feed.
const TABLE: &str = "cases";

/// Tells the devices of a case how it stands. `row` is the case after the change.
///
/// # Errors
/// Whatever the store says, as for all services.
pub fn tell(tx: &mut dyn Tx, district: &District, row: &CaseRow, now: Timestamp) -> Result<()> {
    let old = merged::ended(tx, row)?.is_some_and(|closed| now.since(closed) > CLOSED_KEPT_MS);
    let why = if old { Why::Evict } else { Why::Put };
    put(tx, district, row, why)
}

/// Tells the devices of a case that was moved how it stands, and those of a grid that it is no longer
/// in that it has left.
///
/// # Errors
/// As [`tell`].
pub fn moved(
    tx: &mut dyn Tx,
    district: &District,
    before: &CaseRow,
    row: &CaseRow,
    now: Timestamp,
) -> Result<()> {
    if before.grid != row.grid {
        let (stays, id) = (buckets_of(row), row.id.to_string());
        let mut left = buckets_of(before);
        left.retain(|bucket| !stays.contains(bucket));
        let (code, revision) = (&district.code, row.revision);
        store::changes::put(tx, code, &left, TABLE, &id, revision, Why::Evict)?;
    }
    tell(tx, district, row, now)
}

fn put(tx: &mut dyn Tx, district: &District, row: &CaseRow, why: Why) -> Result<()> {
    let (buckets, id) = (buckets_of(row), row.id.to_string());
    store::changes::put(tx, &district.code, &buckets, TABLE, &id, row.revision, why)?;
    Ok(())
}

/// Takes cases off the handhelds that were closed long ago, some at a time; how many. Safe to run
/// at any time and on several servers.
///
/// # Errors
/// As [`tell`].
pub fn let_old_cases_leave(tx: &mut dyn Tx, district: &District, now: Timestamp) -> Result<usize> {
    let after = store::meta::get(tx, LEFT_TO)?
        .and_then(|text| read(&text))
        .unwrap_or((Timestamp(i64::MIN), CaseId(Uuid::nil())));
    let until = now.plus_ms(-CLOSED_KEPT_MS - 1);
    let rows = store::cases::closed_between(tx, &district.code, after, until, LEAVING_AT_ONCE)?;
    for row in &rows {
        if merged::ended(tx, row)?.is_none_or(|closed| closed > until) {
            continue;
        }
        put(tx, district, row, Why::Evict)?;
        for part in merged::all_into(tx, row.id)? {
            put(tx, district, &part, Why::Evict)?;
        }
    }
    if let Some((closed, id)) = rows.last().and_then(|row| Some((row.closed?, row.id))) {
        store::meta::set(tx, LEFT_TO, &format!("{} {id}", closed.0))?;
    }
    Ok(rows.len())
}

/// The district's newest number, and the buckets that moved since another; none moved before the
/// first look.
///
/// # Errors
/// As [`tell`].
pub fn moved_since(
    tx: &mut dyn Tx,
    district: &District,
    seen: Option<i64>,
) -> Result<(i64, Vec<Bucket>)> {
    let newest = store::counters::get(tx, &district.code)?.map_or(0, |counter| counter.seq);
    let buckets = match seen {
        Some(seen) if seen < newest => store::buckets::moved(tx, &district.code, seen)?,
        _ => Vec::new(),
    };
    Ok((newest, buckets))
}

fn read(text: &str) -> Option<(Timestamp, CaseId)> {
    let (closed, id) = text.split_once(' ')?;
    Some((Timestamp(closed.parse().ok()?), id.parse().ok()?))
}
