//! Versions and drafts of the catalogue: list, begin, change, try, publish, give up.

use crate::http::auth::SignedIn;
use crate::http::error::{Answer, Refusal};
use crate::http::extract::{Body, Part};
use crate::http::{App, new_id};
use crate::service::catalogue::{self, drafts, trial};
use axum::Json;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use shared::dryrun::DryRun;
use shared::id::CatalogueDraftId;
use shared::wire::catalogue::{
    CatalogueDraftDetail, CatalogueDraftRow, CataloguesAnswer, DryRunRequest, EditRequest,
    NewCatalogueDraft, PublishRequest, VersionRow,
};
use shared::wire::error::ErrorAnswer;

/// A body of changes: the longest round with long words at each point fits twice.
const EDITS_BYTES_LIMIT: usize = 512 * 1024;

/// Published versions and open drafts, for who administers the district.
#[utoipa::path(get, path = "/v1/catalogues", tag = "catalogue",
    responses((status = 200, body = CataloguesAnswer), (status = 403, body = ErrorAnswer)))]
pub(in crate::http) async fn list(
    State(app): State<App>,
    SignedIn(session): SignedIn,
) -> Answer<Json<CataloguesAnswer>> {
    let listed =
        app.read(move |tx, district, now| catalogue::list(tx, &session.actor, district, now));
    Ok(Json(listed.await?))
}

/// Begin a draft from a version.
#[utoipa::path(post, path = "/v1/catalogues/drafts", tag = "catalogue",
    request_body = NewCatalogueDraft,
    responses((status = 201, body = CatalogueDraftRow), (status = 403, body = ErrorAnswer),
        (status = 422, body = ErrorAnswer)))]
pub(in crate::http) async fn begin(
    State(app): State<App>,
    SignedIn(session): SignedIn,
    Body(new): Body<NewCatalogueDraft>,
) -> Answer<(StatusCode, Json<CatalogueDraftRow>)> {
    let id = CatalogueDraftId(new_id());
    let row = app
        .write(move |tx, district, now| drafts::begin(tx, &session.actor, district, &new, id, now))
        .await?;
    Ok((StatusCode::CREATED, Json(row)))
}

/// A draft with its content and its review against the version in force.
#[utoipa::path(get, path = "/v1/catalogues/drafts/{draft}", tag = "catalogue",
    params(("draft" = String, Path,)),
    responses((status = 200, body = CatalogueDraftDetail), (status = 403, body = ErrorAnswer),
        (status = 404, body = ErrorAnswer), (status = 410, body = ErrorAnswer)))]
pub(in crate::http) async fn get(
    State(app): State<App>,
    SignedIn(session): SignedIn,
    Part(draft): Part<CatalogueDraftId>,
) -> Answer<Json<CatalogueDraftDetail>> {
    let detail =
        app.read(move |tx, district, _now| drafts::get(tx, &session.actor, district, draft));
    Ok(Json(detail.await?))
}

/// Give a draft up.
#[utoipa::path(delete, path = "/v1/catalogues/drafts/{draft}", tag = "catalogue",
    params(("draft" = String, Path,)),
    responses((status = 204), (status = 403, body = ErrorAnswer),
        (status = 404, body = ErrorAnswer), (status = 410, body = ErrorAnswer)))]
pub(in crate::http) async fn give_up(
    State(app): State<App>,
    SignedIn(session): SignedIn,
    Part(draft): Part<CatalogueDraftId>,
) -> Answer<StatusCode> {
    app.write(move |tx, district, now| drafts::give_up(tx, &session.actor, district, draft, now))
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Change limits, leads and rounds in place.
#[utoipa::path(post, path = "/v1/catalogues/drafts/{draft}/edits", tag = "catalogue",
    params(("draft" = String, Path,)), request_body = EditRequest,
    responses((status = 200, body = CatalogueDraftDetail), (status = 403, body = ErrorAnswer),
        (status = 409, body = ErrorAnswer), (status = 422, body = ErrorAnswer)))]
pub(in crate::http) async fn edit(
    State(app): State<App>,
    SignedIn(session): SignedIn,
    Part(draft): Part<CatalogueDraftId>,
    Body(request): Body<EditRequest>,
) -> Answer<Json<CatalogueDraftDetail>> {
    let detail = app.write(move |tx, district, now| {
        drafts::edit(tx, &session.actor, district, draft, &request, now)
    });
    Ok(Json(detail.await?))
}

/// The body limit of changes in place.
pub(in crate::http) const fn edits_limit() -> DefaultBodyLimit {
    DefaultBodyLimit::max(EDITS_BYTES_LIMIT)
}

/// Which of the last days' cases the draft would give to somebody else or another deadline.
#[utoipa::path(post, path = "/v1/catalogues/drafts/{draft}/dry-run", tag = "catalogue",
    params(("draft" = String, Path,)), request_body = DryRunRequest,
    responses((status = 200, body = DryRun), (status = 403, body = ErrorAnswer),
        (status = 422, body = ErrorAnswer)))]
pub(in crate::http) async fn dry_run(
    State(app): State<App>,
    SignedIn(session): SignedIn,
    Part(draft): Part<CatalogueDraftId>,
    Body(request): Body<DryRunRequest>,
) -> Answer<Json<DryRun>> {
    let trial = app
        .read(move |tx, district, now| {
            trial::prepare(tx, &session.actor, district, draft, request.days, now)
        })
        .await?;
    let district = app.district();
    let run = tokio::task::spawn_blocking(move || trial.run(&district)).await;
    Ok(Json(run.map_err(|_| Refusal::internal())?))
}

/// Publish a draft as the next version, from a moment on.
#[utoipa::path(post, path = "/v1/catalogues/drafts/{draft}/publish", tag = "catalogue",
    params(("draft" = String, Path,)), request_body = PublishRequest,
    responses((status = 200, body = VersionRow), (status = 403, body = ErrorAnswer),
        (status = 409, body = ErrorAnswer), (status = 422, body = ErrorAnswer)))]
pub(in crate::http) async fn publish(
    State(app): State<App>,
    SignedIn(session): SignedIn,
    Part(draft): Part<CatalogueDraftId>,
    Body(request): Body<PublishRequest>,
) -> Answer<Json<VersionRow>> {
    let row = app
        .write(move |tx, district, now| {
            drafts::publish(tx, &session.actor, district, draft, &request, now)
        })
        .await?;
    tracing::info!(catalogue = %row.version, from_ms = row.from_ms.0, "a catalogue was published");
    app.renew().await?;
    Ok(Json(row))
}
