//! Work lists with their numbers.

use super::App;
use super::auth::SignedIn;
use super::error::Answer;
use crate::service::worklists;
use axum::Json;
use axum::extract::State;
use shared::wire::console::WorkList;
use shared::wire::error::ErrorAnswer;

/// My work lists.
#[utoipa::path(get, path = "/v1/worklists", tag = "cases",
    responses((status = 200, body = Vec<WorkList>), (status = 401, body = ErrorAnswer)))]
pub(super) async fn list(
    State(app): State<App>,
    SignedIn(session): SignedIn,
) -> Answer<Json<Vec<WorkList>>> {
    let lists = app
        .read(move |tx, district, now| worklists::all(tx, &session.actor, district, now))
        .await?;
    Ok(Json(lists))
}
