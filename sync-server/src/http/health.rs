//! Is the process alive, is it ready, and what does it offer.

use super::App;
use super::error::{Answer, Refusal};
use crate::store;
use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use serde::Serialize;
use shared::wire::error::ErrorAnswer;
use utoipa::ToSchema;

/// What a watcher sees.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Health {
    /// `ok`.
    status: &'static str,
    /// Version of the program.
    version: &'static str,
    /// `sqlite` or `postgres`; only when the database was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    store: Option<&'static str>,
}

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The process is alive.
#[utoipa::path(get, path = "/healthz", tag = "health", responses((status = 200, body = Health)))]
pub(super) async fn healthz() -> Json<Health> {
    Json(Health {
        status: "ok",
        version: VERSION,
        store: None,
    })
}

/// The database answers.
#[utoipa::path(get, path = "/readyz", tag = "health",
    responses((status = 200, body = Health), (status = 503, body = ErrorAnswer)))]
pub(super) async fn readyz(State(app): State<App>) -> Answer<Json<Health>> {
    let asked: Result<_, store::StoreError> = app
        .store()
        .read(|tx| store::meta::get(tx, store::meta::DISTRICT))
        .await;
    if asked?.is_none() {
        return Err(Refusal::internal());
    }
    let store = match app.store().dialect() {
        store::Dialect::Sqlite => "sqlite",
        store::Dialect::Postgres => "postgres",
    };
    Ok(Json(Health {
        status: "ok",
        version: VERSION,
        store: Some(store),
    }))
}

/// This document.
#[utoipa::path(get, path = "/v1/openapi.json", tag = "health", responses((status = 200)))]
pub(super) async fn openapi(State(app): State<App>) -> Answer<impl IntoResponse> {
    let text = app
        .inner
        .openapi
        .get()
        .cloned()
        .ok_or_else(Refusal::internal)?;
    Ok(([(header::CONTENT_TYPE, "application/json")], text))
}
