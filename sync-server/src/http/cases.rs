//! Cases: lists, one, moves.

use super::auth::SignedIn;
use super::error::{Answer, Refusal};
use super::extract::{Body, Part, Query};
use super::{App, new_id};
use crate::service::cases::{self, Moved};
use crate::service::words;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use shared::id::{CaseId, EventId};
use shared::wire::console::{
    CaseDetail, CasePage, CaseQuery, Colleague, LookedRequest, MoveRequest, StaleAnswer,
};
use shared::wire::error::{ErrorAnswer, ErrorCode};

/// Cases that I may see, filtered, a page at a time.
#[utoipa::path(get, path = "/v1/cases", tag = "cases", params(CaseQuery),
    responses((status = 200, body = CasePage), (status = 422, body = ErrorAnswer)))]
pub(super) async fn list(
    State(app): State<App>,
    SignedIn(session): SignedIn,
    Query(query): Query<CaseQuery>,
) -> Answer<Json<CasePage>> {
    let page = app
        .read(move |tx, district, now| cases::page(tx, &session.actor, district, &query, now))
        .await?;
    Ok(Json(page))
}

/// A whole case.
#[utoipa::path(get, path = "/v1/cases/{id}", tag = "cases", params(("id" = String, Path)),
    responses((status = 200, body = CaseDetail), (status = 404, body = ErrorAnswer)))]
pub(super) async fn get(
    State(app): State<App>,
    SignedIn(session): SignedIn,
    Part(id): Part<CaseId>,
) -> Answer<Json<CaseDetail>> {
    let detail = app
        .read(move |tx, district, now| cases::detail(tx, &session.actor, district, id, now))
        .await?;
    Ok(Json(detail))
}

/// Who works in the unit that leads a case, to be assigned.
#[utoipa::path(get, path = "/v1/cases/{id}/colleagues", tag = "cases",
    params(("id" = String, Path)),
    responses((status = 200, body = Vec<Colleague>), (status = 403, body = ErrorAnswer),
        (status = 404, body = ErrorAnswer)))]
pub(super) async fn colleagues(
    State(app): State<App>,
    SignedIn(session): SignedIn,
    Part(id): Part<CaseId>,
) -> Answer<Json<Vec<Colleague>>> {
    let people = app
        .read(move |tx, district, now| cases::colleagues(tx, &session.actor, district, id, now))
        .await?;
    Ok(Json(people))
}

/// Move a case on from the revision that I see.
#[utoipa::path(post, path = "/v1/cases/{id}/moves", tag = "cases", params(("id" = String, Path)),
    request_body = MoveRequest,
    responses((status = 200, body = CaseDetail), (status = 403, body = ErrorAnswer),
        (status = 404, body = ErrorAnswer), (status = 409, body = StaleAnswer),
        (status = 422, body = ErrorAnswer)))]
pub(super) async fn move_case(
    State(app): State<App>,
    SignedIn(session): SignedIn,
    Part(id): Part<CaseId>,
    Body(request): Body<MoveRequest>,
) -> Answer<Response> {
    let event_ids = [EventId(new_id()), EventId(new_id())];
    let kind = request.kind;
    let moved = app
        .write(move |tx, district, now| {
            cases::move_case(tx, &session.actor, district, id, &request, event_ids, now)
        })
        .await?;
    if let Moved::Done(detail) = &moved {
        tracing::info!(case.id = %id, case.revision = detail.row.revision, kind = kind.as_str(), "a case moved");
    }
    Ok(answer(moved))
}

/// Say that what came to a case was looked at, up to the revision that I see.
#[utoipa::path(post, path = "/v1/cases/{id}/looked", tag = "cases", params(("id" = String, Path)),
    request_body = LookedRequest,
    responses((status = 200, body = CaseDetail), (status = 403, body = ErrorAnswer),
        (status = 404, body = ErrorAnswer), (status = 409, body = StaleAnswer)))]
pub(super) async fn looked(
    State(app): State<App>,
    SignedIn(session): SignedIn,
    Part(id): Part<CaseId>,
    Body(request): Body<LookedRequest>,
) -> Answer<Response> {
    let event_id = EventId(new_id());
    let looked = app
        .write(move |tx, district, now| {
            cases::looked(tx, &session.actor, district, id, &request, event_id, now)
        })
        .await?;
    Ok(answer(looked))
}

/// The case as it is now, and whether it is what was asked for.
fn answer(moved: Moved) -> Response {
    match moved {
        Moved::Done(detail) => Json(*detail).into_response(),
        Moved::Stale(current) => {
            let refusal = Refusal::new(
                ErrorCode::Stale,
                words(
                    "这个案件刚被他人处理过，请看最新状态后再办。",
                    "Somebody just moved this case; look at it as it is now.",
                ),
            );
            let answer = StaleAnswer {
                error: refusal.into_answer(),
                current: *current,
            };
            (StatusCode::CONFLICT, Json(answer)).into_response()
        }
    }
}
