//! What changed for a handheld since it last asked: pages of whole states, bucket by bucket.
//!
//! Buckets follow from posts; a bucket that was left is not named and its rows are evicted on the
//! device. A pull costs what changed, not what there is: each bucket is a range of an index.

use super::cases::state_of;
use super::{Fault, Result};
use crate::service::district::District;
use crate::service::sessions::Session;
use crate::store::{self, Tx};
use shared::area::Scope;
use shared::id::{AreaCode, Bucket, CaseId};
use shared::role::Role;
use shared::time::Timestamp;
use shared::wire::sync::{
    PROTOCOL, PULL_BUCKETS_LIMIT, PULL_ROWS_LIMIT, PullAnswer, PullRequest, PulledRow, Why,
};
use std::collections::{BTreeMap, HashMap};

/// The buckets of a session: the person's own and those of the grids at and below each grid post,
/// the own first.
#[must_use]
pub fn buckets(session: &Session, district: &District) -> Vec<Bucket> {
    let mut grids: Vec<&AreaCode> = Vec::new();
    for post in session
        .actor
        .posts
        .iter()
        .filter(|post| post.role == Role::GridWorker)
    {
        grids.extend(district.filing_below(&Scope(post.area.clone())));
    }
    grids.sort_unstable();
    grids.dedup();
    let own = Bucket::new(format!("person:{}", session.actor.person)).ok();
    let grids = grids
        .into_iter()
        .filter_map(|grid| Bucket::new(format!("grid:{grid}")).ok());
    let mut buckets: Vec<Bucket> = own.into_iter().chain(grids).collect();
    if buckets.len() > PULL_BUCKETS_LIMIT {
        tracing::warn!(
            buckets = buckets.len(),
            limit = PULL_BUCKETS_LIMIT,
            "a post holds more grids than a handheld keeps"
        );
        buckets.truncate(PULL_BUCKETS_LIMIT);
    }
    buckets
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
) -> Result<PullAnswer> {
    let limit = request.limit.clamp(1, PULL_ROWS_LIMIT);
    let mut room = usize::try_from(limit).map_err(|error| Fault::damaged("limit", error))?;
    let mut rows = Vec::new();
    let mut cursors = BTreeMap::new();
    let mut docs: HashMap<String, Option<serde_json::Value>> = HashMap::new();
    let mut more = false;
    for bucket in buckets {
        let mut cursor = request.buckets.get(&bucket).copied().unwrap_or(0).max(0);
        let mut changes =
            store::changes::page(tx, &district.code, &bucket, cursor, room.saturating_add(1))?;
        more |= changes.len() > room;
        changes.truncate(room);
        room -= changes.len();
        for change in changes {
            cursor = change.seq;
            let doc = match docs.get(&change.row_id) {
                _ if !matches!(change.why, Why::Put | Why::Redact) => None,
                Some(doc) => doc.clone(),
                None => {
                    let doc = doc(tx, session, district, &change.row_id)?;
                    docs.insert(change.row_id.clone(), doc.clone());
                    doc
                }
            };
            rows.push(PulledRow {
                bucket: bucket.clone(),
                table: change.table,
                id: change.row_id,
                revision: change.revision,
                why: change.why,
                doc,
            });
        }
        cursors.insert(bucket, cursor);
    }
    Ok(PullAnswer {
        protocol: PROTOCOL.to_owned(),
        server_epoch: district.server_epoch.clone(),
        server_time: now,
        buckets: cursors,
        rows,
        more,
        catalogue_version: district.catalogue.version().clone(),
        areas_version: district.areas_version.clone(),
        me: session.me(),
    })
}

fn doc(
    tx: &mut dyn Tx,
    session: &Session,
    district: &District,
    row_id: &str,
) -> Result<Option<serde_json::Value>> {
    let id: CaseId = row_id
        .parse()
        .map_err(|error| Fault::damaged("change", error))?;
    let Some(state) = state_of(tx, district, session.actor.person, id)? else {
        return Ok(None);
    };
    serde_json::to_value(state)
        .map(Some)
        .map_err(|error| Fault::damaged("case", error))
}
