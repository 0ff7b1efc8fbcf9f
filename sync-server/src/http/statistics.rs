//! Statistics of units, places and desks.

use super::App;
use super::auth::SignedIn;
use super::error::Answer;
use super::extract::Query;
use crate::service::statistics;
use axum::Json;
use axum::extract::State;
use shared::wire::console::{Statistics, StatisticsQuery};
use shared::wire::error::ErrorAnswer;

/// What was counted over some days, with every indicator and its formula.
#[utoipa::path(get, path = "/v1/statistics", tag = "cases", params(StatisticsQuery),
    responses((status = 200, body = Statistics), (status = 403, body = ErrorAnswer),
        (status = 422, body = ErrorAnswer)))]
pub(super) async fn get(
    State(app): State<App>,
    SignedIn(session): SignedIn,
    Query(query): Query<StatisticsQuery>,
) -> Answer<Json<Statistics>> {
    let answer = app
        .read(move |tx, district, now| {
            statistics::answer(tx, &session.actor, district, &query, now)
        })
        .await?;
    Ok(Json(answer))
}
