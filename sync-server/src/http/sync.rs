//! Push and pull. Status speaks of transport only: what is wrong with an operation is in its
//! result.

use super::auth::{OnDevice, OnDraining};
use super::error::{Answer, Refusal};
use super::extract::{Body, Packed};
use super::{App, new_id};
use crate::service::push::{self, Accepted, Before, Carriers, Judged, Sender};
use crate::service::sessions::Grounds;
use crate::service::{Fault, devices, photos, pull, receipts, words};
use crate::store::StoreError;
use crate::store::operations::Gap;
use axum::Json;
use axum::extract::{DefaultBodyLimit, State};
use serde_json::Value;
use shared::id::DeviceId;
use shared::operation::OPERATION_BYTES_LIMIT;
use shared::report::{PHOTO_BYTES_LIMIT, PHOTOS_LIMIT, TEXT_CHARS_LIMIT};
use shared::signature::Signature;
use shared::time::Timestamp;
use shared::wire::error::{ErrorAnswer, ErrorCode};
use shared::wire::sync::{
    CHUNK_BYTES_LIMIT, Limits, PROTOCOL, PULL_BUCKETS_LIMIT, PULL_ROWS_LIMIT, PUSH_BYTES_LIMIT,
    PUSH_OPERATIONS_LIMIT, PullAnswer, PullRequest, PushAnswer, PushRequest,
};
use std::sync::Arc;

/// A push's body: its operations and what stands around them.
const PUSH_BODY_BYTES_LIMIT: usize = PUSH_BYTES_LIMIT + 4 * 1024;
/// Operations that are judged on the async thread: a few tens of microseconds each.
const JUDGED_INLINE_MAX: usize = 4;
/// How often a push is judged when who brings it changes under it: once is a coincidence.
const JUDGED_ANEW_MAX: usize = 5;
/// Characters of a nonce; a device sends 22.
const NONCE_CHARS_MAX: usize = 128;
/// A device's last contact is written at most this often by pulls.
const SEEN_EVERY_MS: i64 = 5 * shared::time::MINUTE_MS;

/// Deliver operations; durable before the answer, safe to repeat.
#[utoipa::path(post, path = "/v1/sync/push", tag = "sync", request_body = PushRequest,
    responses((status = 200, body = PushAnswer), (status = 400, body = ErrorAnswer),
        (status = 401, body = ErrorAnswer), (status = 413, body = ErrorAnswer),
        (status = 503, body = ErrorAnswer)))]
pub(super) async fn push(
    State(app): State<App>,
    OnDraining(grounds, device): OnDraining,
    Packed(request): Packed<PushRequest, PUSH_BODY_BYTES_LIMIT>,
) -> Answer<Json<PushAnswer>> {
    take_push(&app, grounds, device, request).await.map(Json)
}

/// Takes a push that came by the network or in a courier file.
pub(super) async fn take_push(
    app: &App,
    mut grounds: Arc<Grounds>,
    device: DeviceId,
    request: PushRequest,
) -> Answer<PushAnswer> {
    let now = app.now();
    let PushRequest {
        device_id,
        epoch,
        made,
        nonce,
        wall_ms,
        ops,
        signature,
        ..
    } = request;
    if device_id != device {
        // Another installation's token: nothing is lost, the device shows it and enrols again.
        return Err(Refusal::unauthenticated());
    }
    if ops.len() > PUSH_OPERATIONS_LIMIT {
        return Err(Refusal::too_large());
    }
    if nonce.chars().count() > NONCE_CHARS_MAX {
        return Err(Refusal::malformed("nonce"));
    }
    let brought = Brought {
        epoch,
        made,
        // What the clock shows at this push, when it says.
        skew_ms: (wall_ms != Timestamp::default()).then(|| wall_ms.since(now)),
        signature,
        ops: Arc::new(ops),
    };
    if push::names_unknown_catalogue(&app.district(), &brought.ops) {
        // Another server on this database may have published it a moment ago.
        app.renew().await?;
    }
    for _ in 0..JUDGED_ANEW_MAX {
        let session = grounds.session(now).ok_or_else(Refusal::unauthenticated)?;
        let sender = Sender {
            device,
            person: Some(session.actor.person),
            epoch: session.epoch,
            skew_ms: brought.skew_ms,
        };
        let before = before(app, sender, &brought).await?;
        let carriers = Carriers::of(session, &before, now);
        let judged = Arc::new(judge(app, carriers, sender, &brought, now).await?);
        let who = (&grounds, before);
        let accepted = accept(app, who, sender, &brought, &judged, now).await?;
        let Some(accepted) = accepted else {
            grounds = look_again(app, &grounds).await?;
            continue;
        };
        return Ok(answer(app, nonce, accepted, &judged, now));
    }
    let busy = StoreError::Busy(String::from("a device is being bound again and again"));
    Err(Fault::from(busy).into())
}

/// The answer, after the commit: the server's word is worth something only for what is durable.
fn answer(
    app: &App,
    nonce: String,
    mut accepted: Accepted,
    judged: &[Judged],
    now: Timestamp,
) -> PushAnswer {
    let hashes: Vec<_> = judged.iter().map(Judged::hash).collect();
    let seal = receipts::seal(app.receipt_key(), &mut accepted.results, &hashes);
    PushAnswer {
        protocol: PROTOCOL.to_owned(),
        nonce,
        server_epoch: app.district().server_epoch.clone(),
        server_time: now,
        high_water: unsigned(accepted.high_water),
        gaps: ranges(&accepted.gaps),
        results: accepted.results,
        seal,
    }
}

/// What a push brought.
struct Brought {
    epoch: u32,
    made: u64,
    skew_ms: Option<i64>,
    signature: Option<Signature>,
    ops: Arc<Vec<Value>>,
}

/// Who carried the handheld before and made something of a push; usually nobody is looked for.
async fn before(app: &App, sender: Sender, brought: &Brought) -> Answer<Vec<Before>> {
    let epochs = push::former_epochs(sender, &brought.ops);
    if epochs.is_empty() {
        return Ok(Vec::new());
    }
    let found = app
        .store()
        .read(move |tx| push::before(tx, sender.device, &epochs))
        .await?;
    Ok(found)
}

/// Judges the operations, beside the async threads when they are many.
async fn judge(
    app: &App,
    carriers: Carriers,
    sender: Sender,
    brought: &Brought,
    now: Timestamp,
) -> Answer<Vec<Judged>> {
    let (district, ops) = (app.district(), Arc::clone(&brought.ops));
    let (count, signature) = (ops.len(), brought.signature);
    let judge = move || push::judge(&district, &carriers, sender, &ops, signature, now, new_id);
    if count <= JUDGED_INLINE_MAX {
        return Ok(judge());
    }
    tokio::task::spawn_blocking(judge)
        .await
        .map_err(|_| Refusal::internal())
}

/// Writes what was judged; none when it was judged by what no longer stands.
async fn accept(
    app: &App,
    (grounds, before): (&Arc<Grounds>, Vec<Before>),
    sender: Sender,
    brought: &Brought,
    judged: &Arc<Vec<Judged>>,
    now: Timestamp,
) -> Answer<Option<Accepted>> {
    // What was made in a former epoch says nothing of what is owed in this one.
    let is_of_now = i64::from(brought.epoch) == sender.epoch;
    let made = i64::try_from(if is_of_now { brought.made } else { 0 }).unwrap_or(i64::MAX);
    let (grounds, judged) = (Arc::clone(grounds), Arc::clone(judged));
    let (district, weight) = (app.district(), judged.len().max(1));
    let code = district.code.clone();
    let accepted = app
        .store()
        .write_weighing(&code, weight, move |tx| {
            if !(grounds.stand(tx)? && push::stand(tx, &before)?) {
                return Ok(None);
            }
            push::accept(tx, &district, sender, made, &judged, now).map(Some)
        })
        .await;
    accepted.map_err(Refusal::from)
}

/// Reads what has changed meanwhile.
async fn look_again(app: &App, before: &Arc<Grounds>) -> Answer<Arc<Grounds>> {
    if let Some(token_hash) = before.token_hash() {
        app.remembered().forget(token_hash);
    }
    let before = Arc::clone(before);
    let now = app.store().read(move |tx| before.again(tx)).await?;
    let grounds = Arc::new(now.ok_or_else(Refusal::unauthenticated)?);
    app.remembered().keep(&grounds);
    Ok(grounds)
}

fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

fn ranges(gaps: &[Gap]) -> Vec<(u64, u64)> {
    gaps.iter()
        .map(|gap| (unsigned(gap.from), unsigned(gap.to)))
        .collect()
}

/// Fetch what changed since the cursors, a page at a time.
#[utoipa::path(post, path = "/v1/sync/pull", tag = "sync", request_body = PullRequest,
    responses((status = 200, body = PullAnswer), (status = 401, body = ErrorAnswer)))]
pub(super) async fn pull(
    State(app): State<App>,
    OnDevice(session, device): OnDevice,
    Body(request): Body<PullRequest>,
) -> Answer<Json<pull::Page>> {
    let now = app.now();
    if request.buckets.len() > 2 * PULL_BUCKETS_LIMIT {
        return Err(Refusal::new(
            ErrorCode::Invalid,
            words(
                "网格太多，请联系管理员核对岗位。",
                "Too many grids; ask an administrator.",
            ),
        )
        .field("buckets"));
    }
    if session.lost {
        let district = app.district();
        let code = district.code.clone();
        let answer = pull::lost(&session, &district, now);
        app.store()
            .write(&code, move |tx| {
                devices::tell_lost(tx, &district, device, now)
            })
            .await?;
        return Ok(Json(answer));
    }
    let seen_long_ago = session
        .last_seen
        .is_none_or(|seen| now.since(seen) > SEEN_EVERY_MS);
    if !request.photos_gone.is_empty() {
        let (code, gone) = (app.district().code.clone(), request.photos_gone.clone());
        app.store()
            .write(&code, move |tx| photos::gone(tx, device, &gone, now))
            .await?;
    }
    let district = app.district();
    let answer = app
        .store()
        .read(move |tx| {
            let buckets = pull::buckets(&session.actor, &district);
            pull::page(tx, &session, &district, buckets, &request, now)
        })
        .await?;
    if seen_long_ago {
        let code = app.district().code.clone();
        app.store()
            .write(&code, move |tx| {
                crate::store::devices::note_seen(tx, device, now)
            })
            .await?;
    }
    Ok(Json(answer))
}

/// What this server takes at most.
#[utoipa::path(get, path = "/v1/sync/limits", tag = "sync",
    responses((status = 200, body = Limits)))]
pub(super) async fn limits() -> Json<Limits> {
    let count = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
    Json(Limits {
        operation_bytes: count(OPERATION_BYTES_LIMIT),
        push_operations: count(PUSH_OPERATIONS_LIMIT),
        push_bytes: count(PUSH_BYTES_LIMIT),
        text_chars: count(TEXT_CHARS_LIMIT),
        photos: count(PHOTOS_LIMIT),
        photo_bytes: PHOTO_BYTES_LIMIT,
        chunk_bytes: CHUNK_BYTES_LIMIT,
        pull_rows: u64::from(PULL_ROWS_LIMIT),
    })
}

/// The body limit of a push.
pub(super) const fn push_body_limit() -> DefaultBodyLimit {
    // Resolved here so that the route list stays a list.
    DefaultBodyLimit::max(PUSH_BODY_BYTES_LIMIT)
}
