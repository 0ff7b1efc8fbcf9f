//! Who did what, for whoever administers the district.

use super::App;
use super::auth::SignedIn;
use super::error::Answer;
use super::extract::Query;
use crate::service::audit;
use axum::Json;
use axum::extract::State;
use shared::wire::console::{AuditEntry, AuditQuery, Page};
use shared::wire::error::ErrorAnswer;

/// Entries of the audit, filtered, newest first.
#[utoipa::path(get, path = "/v1/audit", tag = "people", params(AuditQuery),
    responses((status = 200, body = Page<AuditEntry>), (status = 403, body = ErrorAnswer)))]
pub(super) async fn list(
    State(app): State<App>,
    SignedIn(session): SignedIn,
    Query(query): Query<AuditQuery>,
) -> Answer<Json<Page<AuditEntry>>> {
    let page =
        app.read(move |tx, district, _now| audit::page(tx, &session.actor, district, &query));
    Ok(Json(page.await?))
}
