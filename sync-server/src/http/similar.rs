//! Cases that may be one, and places where the same trouble comes again.

use super::App;
use super::auth::SignedIn;
use super::error::Answer;
use super::extract::Part;
use crate::service::{repeated, similar};
use axum::Json;
use axum::extract::State;
use shared::id::CaseId;
use shared::wire::console::{RepeatedPage, SimilarPage};
use shared::wire::error::ErrorAnswer;

/// Open cases that may be the same thing as this one, the most alike first.
#[utoipa::path(get, path = "/v1/cases/{id}/similar", tag = "cases", params(("id" = String, Path)),
    responses((status = 200, body = SimilarPage), (status = 404, body = ErrorAnswer)))]
pub(super) async fn of_case(
    State(app): State<App>,
    SignedIn(session): SignedIn,
    Part(id): Part<CaseId>,
) -> Answer<Json<SimilarPage>> {
    let page = app
        .read(move |tx, district, now| similar::of_case(tx, &session.actor, district, id, now))
        .await?;
    Ok(Json(page))
}

/// Places in my areas where the same trouble comes again and again, the most frequent first.
#[utoipa::path(get, path = "/v1/repeated", tag = "cases",
    responses((status = 200, body = RepeatedPage), (status = 403, body = ErrorAnswer)))]
pub(super) async fn repeated(
    State(app): State<App>,
    SignedIn(session): SignedIn,
) -> Answer<Json<RepeatedPage>> {
    let page = app
        .read(move |tx, district, now| repeated::list(tx, &session.actor, district, now))
        .await?;
    Ok(Json(page))
}
