//! Whom to call about a case: read on demand, which is noted, and erased before its time.

use super::auth::SignedIn;
use super::error::Answer;
use super::extract::Part;
use super::{App, new_id};
use crate::service::contacts;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use shared::id::{CaseId, EventId};
use shared::wire::console::ContactAnswer;
use shared::wire::error::ErrorAnswer;

/// Read whom to call about a case. Who reads it is noted.
#[utoipa::path(post, path = "/v1/cases/{id}/contact", tag = "cases", params(("id" = String, Path)),
    responses((status = 200, body = ContactAnswer), (status = 403, body = ErrorAnswer),
        (status = 404, body = ErrorAnswer)))]
pub(super) async fn read(
    State(app): State<App>,
    SignedIn(session): SignedIn,
    Part(id): Part<CaseId>,
) -> Answer<Json<ContactAnswer>> {
    let read =
        app.write(move |tx, district, now| contacts::read(tx, &session.actor, district, id, now));
    let contact = read.await?;
    Ok(Json(ContactAnswer {
        name: contact.name,
        phone: contact.phone,
    }))
}

/// Erase whom to call about a case, for good.
#[utoipa::path(delete, path = "/v1/cases/{id}/contact", tag = "cases", params(("id" = String, Path)),
    responses((status = 204), (status = 403, body = ErrorAnswer), (status = 404, body = ErrorAnswer)))]
pub(super) async fn erase(
    State(app): State<App>,
    SignedIn(session): SignedIn,
    Part(id): Part<CaseId>,
) -> Answer<StatusCode> {
    let event_id = EventId(new_id());
    app.write(move |tx, district, now| {
        contacts::erase(tx, &session.actor, district, id, event_id, now)
    })
    .await?;
    tracing::info!(case.id = %id, "a contact was erased");
    Ok(StatusCode::NO_CONTENT)
}
