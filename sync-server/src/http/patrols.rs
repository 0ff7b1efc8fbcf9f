//! Rounds and the ticks at their points.

use super::App;
use super::auth::SignedIn;
use super::error::Answer;
use super::extract::Query;
use crate::service::patrols;
use axum::Json;
use axum::extract::State;
use shared::wire::console::{PatrolQuery, PatrolRow};
use shared::wire::error::ErrorAnswer;

/// Rounds of my places with the ticks of a time, the last day when none is named, and the cases of
/// reports begun at their points. By point, not by person.
#[utoipa::path(get, path = "/v1/patrols", tag = "cases",
    params(
        ("from_ms" = Option<i64>, Query, description = "Made at or after"),
        ("to_ms" = Option<i64>, Query, description = "Made before")),
    responses((status = 200, body = Vec<PatrolRow>), (status = 401, body = ErrorAnswer)))]
pub(super) async fn list(
    State(app): State<App>,
    SignedIn(session): SignedIn,
    Query(query): Query<PatrolQuery>,
) -> Answer<Json<Vec<PatrolRow>>> {
    let rows =
        app.read(move |tx, district, now| patrols::list(tx, &session.actor, district, &query, now));
    Ok(Json(rows.await?))
}
