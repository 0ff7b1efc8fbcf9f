//! What changed for a handheld since it last asked: pages of whole states, bucket by bucket.
//!
//! Buckets follow from posts; a bucket that was left is not named and its rows are evicted on the
//! device. A pull costs what changed, not what there is: one statement says which buckets moved,
//! each of those is a range of an index, and the cases of a page are read together. `repair`
//! mends a bucket whose digests differ, `own` tells of own cases that are in none. Tests:
//! `tests/tests/pull.rs` and `tests/tests/own_cases.rs`.

mod own;
mod repair;

use super::cases::states_of;
use super::{Fault, Result, quarantine};
use crate::service::district::District;
use crate::service::sessions::Session;
use crate::store::buckets::Standing;
use crate::store::changes::{self, ChangeRow};
use crate::store::{self, Tx};
use shared::area::Scope;
use shared::emergency::EmergencyOrder;
use shared::id::{AreaCode, Bucket, CaseId, Sha256};
use shared::role::{Actor, Role};
use shared::time::Timestamp;
use shared::wire::sync::{
    CaseState, DEVICE_ROWS_ALERT, DEVICE_ROWS_LIMIT, OWED_PHOTOS_LIMIT, PROTOCOL,
    PULL_BUCKETS_LIMIT, PULL_ROWS_LIMIT, PullAnswer, PullRequest, PulledRow, Room,
};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// Orders sent with each pull: more at once would be a mistake, and a pull must stay small.
const ORDERS_SENT_LIMIT: usize = 100;

/// A page with the states that the server made; on the wire it is a [`PullAnswer`].
pub type Page = PullAnswer<Arc<CaseState>>;

/// The buckets of a worker: the person's own and those of the grids at and below each grid post,
/// the own first. A pull gives as many of them as a handheld keeps.
#[must_use]
pub fn buckets(actor: &Actor, district: &District) -> Vec<Bucket> {
    let mut grids: Vec<&AreaCode> = Vec::new();
    for post in actor
        .posts
        .iter()
        .filter(|post| post.role == Role::GridWorker)
    {
        grids.extend(district.filing_below(&Scope(post.area.clone())));
    }
    grids.sort_unstable();
    grids.dedup();
    let own = Bucket::new(format!("person:{}", actor.person)).ok();
    let grids = grids
        .into_iter()
        .filter_map(|grid| Bucket::new(format!("grid:{grid}")).ok());
    own.into_iter().chain(grids).collect()
}

/// How near a worker's handheld is to the rows that it may keep; none while that is far.
///
/// # Errors
/// Whatever the store says, as for all services.
pub fn room(tx: &mut dyn Tx, actor: &Actor, district: &District) -> Result<Option<Room>> {
    let buckets = buckets(actor, district);
    let standing = standing(tx, district, &buckets)?;
    Ok(within_limit(buckets, &standing).1)
}

/// A page of changes.
///
/// # Errors
/// Whatever the store says, as for all services.
pub fn page(
    tx: &mut dyn Tx,
    session: &Session,
    district: &District,
    buckets: Vec<Bucket>,
    request: &PullRequest,
    now: Timestamp,
) -> Result<Page> {
    let standing = standing(tx, district, &buckets)?;
    let (buckets, room) = within_limit(buckets, &standing);
    if let Some(room) = room {
        tracing::warn!(person.id = %session.actor.person, rows = room.rows, limit = room.limit,
            left_out = room.left_out, "a handheld is near the rows that it keeps");
    }
    let mut courses: Vec<Course> = buckets
        .into_iter()
        .map(|bucket| {
            let standing = standing.get(&bucket).copied().unwrap_or_default();
            Course::begin(bucket, standing, request)
        })
        .collect();
    let limit = request.limit.clamp(1, PULL_ROWS_LIMIT);
    let limit = usize::try_from(limit).map_err(|error| Fault::damaged("limit", error))?;
    let mut found = increments(tx, district, &mut courses, limit)?;
    let left = limit.saturating_sub(found.len());
    found.extend(older(tx, district, &mut courses, left)?);
    let at_once = request.backfill.is_some();
    let rows = with_docs(tx, session, district, found, at_once)?;
    let repair = match &request.repair {
        Some(asked) => repair::step(tx, session, district, &courses, asked)?,
        None => None,
    };
    let more = courses.iter().any(|course| !course.is_whole());
    Ok(PullAnswer {
        protocol: PROTOCOL.to_owned(),
        server_epoch: district.server_epoch.clone(),
        server_time: now,
        backfill: courses
            .iter()
            .filter_map(|course| Some((course.bucket.clone(), course.older?)))
            .collect(),
        digests: differing(&courses, request),
        buckets: courses
            .into_iter()
            .map(|course| (course.bucket, course.cursor))
            .collect(),
        rows,
        more,
        repair,
        room,
        photos_owed: photos_owed(tx, session, request)?,
        mine: own::states(tx, session, district, &request.mine)?,
        settled: match session.device {
            Some(device) => quarantine::settled_of(tx, device, &request.unsettled)?,
            None => Vec::new(),
        },
        catalogue_version: district.catalogue.version().clone(),
        areas_version: district.areas_version.clone(),
        orders: orders_ahead(district, now),
        me: session.me(),
        lost: false,
    })
}

/// What a lost handheld is answered: that, and nothing of any case.
#[must_use]
pub fn lost(session: &Session, district: &District, now: Timestamp) -> Page {
    PullAnswer {
        protocol: PROTOCOL.to_owned(),
        server_epoch: district.server_epoch.clone(),
        server_time: now,
        buckets: BTreeMap::new(),
        rows: Vec::new(),
        more: false,
        backfill: BTreeMap::new(),
        digests: BTreeMap::new(),
        repair: None,
        room: None,
        photos_owed: Vec::new(),
        mine: Vec::new(),
        settled: Vec::new(),
        catalogue_version: district.catalogue.version().clone(),
        areas_version: district.areas_version.clone(),
        orders: Vec::new(),
        me: session.me(),
        lost: true,
    }
}

/// The emergency orders that a handheld has to know to preview without a network.
fn orders_ahead(district: &District, now: Timestamp) -> Vec<EmergencyOrder> {
    let ahead = district.orders.iter().filter(|order| order.is_ahead(now));
    ahead.take(ORDERS_SENT_LIMIT).cloned().collect()
}

/// How far a device is in one bucket.
#[derive(Debug)]
struct Course {
    bucket: Bucket,
    standing: Standing,
    /// Everything up to this number was given, except what [`Course::older`] says.
    cursor: i64,
    /// Rows below this number are still to come, newest first.
    older: Option<i64>,
    /// There are changes above the cursor that this page had no room for.
    behind: bool,
}

impl Course {
    fn begin(bucket: Bucket, standing: Standing, request: &PullRequest) -> Self {
        let cursor = request.buckets.get(&bucket).copied().unwrap_or(0).max(0);
        let (cursor, older) = match &request.backfill {
            Some(older) if cursor > 0 => (cursor, older.get(&bucket).copied()),
            // New to the device: it stands at the newest row from now on, and the rest comes down
            // from there.
            Some(_) if standing.newest > 0 => {
                (standing.newest, Some(standing.newest.saturating_add(1)))
            }
            _ => (cursor, None),
        };
        Self {
            bucket,
            standing,
            cursor,
            older,
            behind: false,
        }
    }

    /// With this page the device holds all of it.
    const fn is_whole(&self) -> bool {
        self.older.is_none() && !self.behind
    }
}

/// How the buckets stand that a device may keep.
fn standing(
    tx: &mut dyn Tx,
    district: &District,
    buckets: &[Bucket],
) -> Result<HashMap<Bucket, Standing>> {
    let first = buckets.get(..PULL_BUCKETS_LIMIT).unwrap_or(buckets);
    Ok(store::buckets::standing(tx, &district.code, first)?)
}

/// The buckets that fit a device by their number and their rows, in their order, and how near to the
/// limit that is, where something was left out or nearly. The first two (one's own and the first
/// grid) are never left out.
fn within_limit(
    mut buckets: Vec<Bucket>,
    standing: &HashMap<Bucket, Standing>,
) -> (Vec<Bucket>, Option<Room>) {
    const ALWAYS: usize = 2;
    let mut rows = 0_i64;
    let mut fitting = 0;
    for bucket in buckets.iter().take(PULL_BUCKETS_LIMIT) {
        let held = standing.get(bucket).map_or(0, |it| it.digest.count);
        if fitting >= ALWAYS && rows.saturating_add(held) > DEVICE_ROWS_LIMIT {
            break;
        }
        rows = rows.saturating_add(held);
        fitting += 1;
    }
    let left_out = buckets.len().saturating_sub(fitting);
    buckets.truncate(fitting);
    let room = (left_out > 0 || rows >= DEVICE_ROWS_ALERT).then(|| Room {
        rows,
        limit: DEVICE_ROWS_LIMIT,
        left_out: u32::try_from(left_out).unwrap_or(u32::MAX),
    });
    (buckets, room)
}

/// A change on its way to the device.
struct Found {
    bucket: Bucket,
    change: ChangeRow,
}

/// What changed above the cursors, bucket by bucket.
fn increments(
    tx: &mut dyn Tx,
    district: &District,
    courses: &mut [Course],
    mut room: usize,
) -> Result<Vec<Found>> {
    let mut found = Vec::new();
    for course in courses
        .iter_mut()
        .filter(|course| course.standing.newest > course.cursor)
    {
        let mut page = changes::page(
            tx,
            &district.code,
            &course.bucket,
            course.cursor,
            room.saturating_add(1),
        )?;
        course.behind = page.len() > room;
        page.truncate(room);
        room -= page.len();
        for change in page {
            course.cursor = change.seq;
            let bucket = course.bucket.clone();
            found.push(Found { bucket, change });
        }
    }
    Ok(found)
}

/// The newest of what new buckets still have below, across all of them.
fn older(
    tx: &mut dyn Tx,
    district: &District,
    courses: &mut [Course],
    room: usize,
) -> Result<Vec<Found>> {
    let mut candidates = Vec::new();
    for (at, course) in courses.iter_mut().enumerate() {
        let Some(below) = course.older else { continue };
        let wanted = room.saturating_add(1);
        let page = changes::held_below(tx, &district.code, &course.bucket, below, wanted)?;
        if page.len() < wanted {
            // Its end is among the candidates; taken back below when one has to wait.
            course.older = None;
        }
        candidates.extend(page.into_iter().map(|change| (at, change)));
    }
    candidates
        .sort_by(|(_, one), (_, other)| (other.seq, &one.row_id).cmp(&(one.seq, &other.row_id)));
    let waiting = candidates.split_off(room.min(candidates.len()));
    for (at, change) in waiting.iter().rev() {
        // The last one written is the highest that waits.
        if let Some(course) = courses.get_mut(*at) {
            course.older = Some(change.seq.saturating_add(1));
        }
    }
    let bucket = |at: usize| courses.get(at).map(|course| course.bucket.clone());
    Ok(candidates
        .into_iter()
        .filter_map(|(at, change)| {
            Some(Found {
                bucket: bucket(at)?,
                change,
            })
        })
        .collect())
}

/// Rows with the states that belong to them; `at_once` names a row of several buckets once.
fn with_docs(
    tx: &mut dyn Tx,
    session: &Session,
    district: &District,
    found: Vec<Found>,
    at_once: bool,
) -> Result<Vec<PulledRow<Arc<CaseState>>>> {
    let mut ids: Vec<CaseId> = Vec::new();
    for row in found.iter().filter(|row| changes::is_held(row.change.why)) {
        let id = row.change.row_id.parse();
        ids.push(id.map_err(|error| Fault::damaged("change", error))?);
    }
    ids.sort_unstable();
    ids.dedup();
    let docs = states_of(tx, district, session.actor.person, &ids)?;
    let mut rows: Vec<PulledRow<Arc<CaseState>>> = Vec::with_capacity(found.len());
    let mut places: HashMap<(i64, String), usize> = HashMap::new();
    for Found { bucket, change } in found {
        let key = (change.seq, change.row_id);
        if let Some(row) = places.get(&key).and_then(|at| rows.get_mut(*at)) {
            row.also.push(bucket);
            continue;
        }
        let id: Option<CaseId> = key.1.parse().ok();
        rows.push(PulledRow {
            bucket,
            also: Vec::new(),
            table: change.table,
            id: key.1.clone(),
            revision: change.revision,
            why: change.why,
            doc: id.and_then(|id| docs.get(&id).cloned()),
        });
        if at_once {
            places.insert(key, rows.len().saturating_sub(1));
        }
    }
    Ok(rows)
}

/// Digests of the whole buckets in which the device holds something else.
fn differing(
    courses: &[Course],
    request: &PullRequest,
) -> BTreeMap<Bucket, shared::digest::Digest> {
    let Some(known) = &request.digests else {
        return BTreeMap::new();
    };
    courses
        .iter()
        .filter(|course| course.is_whole())
        .map(|course| (course.bucket.clone(), course.standing.digest))
        .filter(|(bucket, digest)| known.get(bucket).copied().unwrap_or_default() != *digest)
        .collect()
}

/// The photos that the server owes itself, when the device counts others.
fn photos_owed(tx: &mut dyn Tx, session: &Session, request: &PullRequest) -> Result<Vec<Sha256>> {
    let (Some(device), Some(waiting)) = (session.device, request.photos_waiting) else {
        return Ok(Vec::new());
    };
    let (owed, _) = store::photos::owed(tx, device)?;
    if u64::try_from(owed).is_ok_and(|owed| owed == waiting) {
        return Ok(Vec::new());
    }
    Ok(store::photos::owed_hashes(tx, device, OWED_PHOTOS_LIMIT)?)
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::indexing_slicing,
        reason = "a test may fail loudly"
    )]
    use super::*;
    use shared::digest::Digest;

    fn grids(number: usize) -> Vec<Bucket> {
        let bucket = |at| Bucket::new(format!("grid:350703{at:09}")).unwrap();
        (0..number).map(bucket).collect()
    }

    /// The number of buckets given, and what is said of it.
    fn given(buckets: &[Bucket], held: &[i64]) -> (usize, Option<(i64, u32)>) {
        let standing = |count: &i64| Standing {
            newest: 1,
            digest: Digest {
                count: *count,
                ..Digest::default()
            },
        };
        let standing = buckets.iter().cloned().zip(held.iter().map(standing));
        let (fitting, room) = within_limit(buckets.to_vec(), &standing.collect());
        assert_eq!(fitting, buckets[..fitting.len()]);
        (fitting.len(), room.map(|room| (room.rows, room.left_out)))
    }

    #[test]
    fn what_a_handheld_does_not_keep_is_counted_whatever_the_reason() {
        let limit = PULL_BUCKETS_LIMIT;
        assert_eq!(given(&grids(limit), &[3]), (limit, None));
        let one_more = grids(limit + 1);
        assert_eq!(given(&one_more, &[3]), (limit, Some((3, 1))));
        assert_eq!(given(&grids(500), &[]), (limit, Some((0, 436))));
        // By its rows; the first two always come.
        let rows = DEVICE_ROWS_LIMIT;
        assert_eq!(given(&grids(4), &[1, rows, 1]), (2, Some((rows + 1, 2))));
        assert_eq!(given(&one_more, &[1, 1, rows]), (2, Some((2, 63))));
        assert_eq!(
            given(&grids(3), &[0, DEVICE_ROWS_ALERT]),
            (3, Some((DEVICE_ROWS_ALERT, 0)))
        );
        assert_eq!(given(&[], &[]), (0, None));
    }
}
