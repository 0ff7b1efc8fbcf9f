//! Units for pickers.

use super::App;
use super::auth::SignedIn;
use super::error::Answer;
use axum::Json;
use axum::extract::State;
use shared::wire::console::UnitRow;
use shared::wire::error::ErrorAnswer;

/// Every unit of the district, in order of codes.
#[utoipa::path(get, path = "/v1/units", tag = "reference",
    responses((status = 200, body = Vec<UnitRow>), (status = 401, body = ErrorAnswer)))]
pub(super) async fn list(
    State(app): State<App>,
    SignedIn(_session): SignedIn,
) -> Answer<Json<Vec<UnitRow>>> {
    let mut rows: Vec<UnitRow> = app
        .district()
        .units
        .values()
        .map(|unit| UnitRow {
            code: unit.code.clone(),
            name: unit.name.clone(),
            area: unit.area.clone(),
            pool: unit.pool,
        })
        .collect();
    rows.sort_by(|a, b| a.code.cmp(&b.code));
    Ok(Json(rows))
}
