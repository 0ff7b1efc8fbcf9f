//! What waits for a person.

use super::App;
use super::auth::SignedIn;
use super::error::Answer;
use super::extract::{Body, Part, Query};
use crate::service::quarantine;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use shared::id::OpId;
use shared::wire::console::{Page, QuarantineRow, ResolveRequest};
use shared::wire::error::ErrorAnswer;

/// What of the list is wanted.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
pub(super) struct Wanted {
    /// Also what is settled.
    #[serde(default)]
    settled: Option<bool>,
    /// Where the page before ended.
    #[serde(default)]
    cursor: Option<String>,
}

/// Operations of my area that wait for a person, newest first.
#[utoipa::path(get, path = "/v1/quarantine", tag = "quarantine", params(Wanted),
    responses((status = 200, body = Page<QuarantineRow>), (status = 403, body = ErrorAnswer)))]
pub(super) async fn list(
    State(app): State<App>,
    SignedIn(session): SignedIn,
    Query(wanted): Query<Wanted>,
) -> Answer<Json<Page<QuarantineRow>>> {
    let page = app.read(move |tx, district, now| {
        let settled = wanted.settled.unwrap_or(false);
        let cursor = wanted.cursor.as_deref();
        quarantine::page(tx, &session.actor, district, settled, cursor, now)
    });
    Ok(Json(page.await?))
}

/// Settle one content of an operation with a note.
#[utoipa::path(post, path = "/v1/quarantine/{op_id}/resolve", tag = "quarantine",
    params(("op_id" = String, Path)), request_body = ResolveRequest,
    responses((status = 204), (status = 403, body = ErrorAnswer), (status = 404, body = ErrorAnswer),
        (status = 409, body = ErrorAnswer), (status = 422, body = ErrorAnswer)))]
pub(super) async fn resolve(
    State(app): State<App>,
    SignedIn(session): SignedIn,
    Part(op_id): Part<OpId>,
    Body(request): Body<ResolveRequest>,
) -> Answer<StatusCode> {
    app.write(move |tx, district, now| {
        quarantine::resolve(tx, &session.actor, district, op_id, &request, now)
    })
    .await?;
    tracing::info!(op.id = %op_id, "an operation in quarantine was settled");
    Ok(StatusCode::NO_CONTENT)
}
