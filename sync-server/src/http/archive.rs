//! The signed roots of the days, for everybody: whoever keeps them can tell later whether anything
//! before them was changed. And checks of a case or a day, a bounded part at a time.

use super::App;
use super::auth::SignedIn;
use super::error::{Answer, disk};
use super::extract::{Part, Query};
use crate::service::{archive, verify};
use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use shared::archive::{Finding, Problem, RootsAnswer};
use shared::id::{CaseId, Sha256};
use shared::wire::console::{ArchiveState, Check, CheckQuery};
use shared::wire::error::ErrorAnswer;
use utoipa::IntoParams;

/// Bytes of photos that a check of a case reads and hashes; of the rest only the size is compared.
/// As many as three photos of the largest kind.
const BYTES_HASHED: i64 = 64 * 1024 * 1024;

/// Where a list of days goes on.
#[derive(Debug, Deserialize, IntoParams)]
pub(super) struct AfterDay {
    /// The last day that is known, as 20261124.
    after: Option<i64>,
}

/// The signed roots of the days after one, in order.
#[utoipa::path(get, path = "/v1/archive/roots", tag = "archive", params(AfterDay),
    responses((status = 200, body = RootsAnswer)))]
pub(super) async fn roots(
    State(app): State<App>,
    Query(query): Query<AfterDay>,
) -> Answer<Json<RootsAnswer>> {
    let key = app.receipt_key().public();
    let roots = app.read(move |tx, district, _now| archive::roots(tx, district, key, query.after));
    Ok(Json(roots.await?))
}

/// How far the archive is sealed and signed.
#[utoipa::path(get, path = "/v1/archive", tag = "archive",
    responses((status = 200, body = ArchiveState), (status = 403, body = ErrorAnswer)))]
pub(super) async fn state(
    State(app): State<App>,
    SignedIn(session): SignedIn,
) -> Answer<Json<ArchiveState>> {
    let key = app.receipt_key().public();
    let state = app.read(move |tx, district, _now| {
        verify::may_look(&session.actor, district)?;
        verify::state(tx, &verify::frame_of(district, key))
    });
    Ok(Json(state.await?))
}

/// Check a signed day, a part at a time: some thousand entries a request.
#[utoipa::path(get, path = "/v1/archive/check", tag = "archive", params(CheckQuery),
    responses((status = 200, body = Check), (status = 403, body = ErrorAnswer),
        (status = 404, body = ErrorAnswer)))]
pub(super) async fn check_day(
    State(app): State<App>,
    SignedIn(session): SignedIn,
    Query(query): Query<CheckQuery>,
) -> Answer<Json<Check>> {
    let key = app.receipt_key().public();
    let page = app.read(move |tx, district, _now| {
        verify::may_look(&session.actor, district)?;
        let frame = verify::frame_of(district, key);
        verify::day_page(tx, &frame, query.day, query.after)
    });
    let page = page.await?;
    Ok(Json(Check {
        entries: u32::try_from(page.rows).unwrap_or(u32::MAX),
        photos: 0,
        findings: page.findings,
        next: page.next,
    }))
}

/// Check a case: its trail, row, report, operation, photos, and what was sealed of it.
#[utoipa::path(get, path = "/v1/cases/{id}/check", tag = "archive", params(("id" = String, Path)),
    responses((status = 200, body = Check), (status = 404, body = ErrorAnswer)))]
pub(super) async fn check_case(
    State(app): State<App>,
    SignedIn(session): SignedIn,
    Part(id): Part<CaseId>,
) -> Answer<Json<Check>> {
    let key = app.receipt_key().public();
    let checked = app.read(move |tx, district, _now| {
        let frame = verify::frame_of(district, key);
        verify::case_check(tx, &session.actor, district, &frame, id)
    });
    let checked = checked.await?;
    let mut check = checked.check;
    let mut bytes_left = BYTES_HASHED;
    for (hash, bytes) in checked.photos {
        bytes_left = bytes_left.saturating_sub(bytes);
        check.photos = check.photos.saturating_add(1);
        let problem = look_at(&app, hash, bytes, bytes_left >= 0).await?;
        let finding = problem.map(|problem| Finding::new(problem, "photos", "bytes", hash));
        check.findings.extend(finding);
    }
    Ok(Json(check))
}

/// What is wrong with a photo's bytes.
async fn look_at(app: &App, hash: Sha256, bytes: i64, whole: bool) -> Answer<Option<Problem>> {
    if !whole {
        let size = app.photos().size(hash).await.map_err(disk)?;
        return Ok(match size {
            None => Some(Problem::Missing),
            Some(size) if i64::try_from(size) == Ok(bytes) => None,
            Some(_) => Some(Problem::Changed),
        });
    }
    let found = app.photos().read(hash).await.map_err(disk)?;
    Ok(match found {
        None => Some(Problem::Missing),
        Some(found) if Sha256::of(&found) == hash => None,
        Some(_) => Some(Problem::Changed),
    })
}
