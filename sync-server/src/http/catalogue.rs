//! The catalogue in force, or an older one by its name; below it drafts and their files.

pub(super) mod drafts;
pub(super) mod parts;

use super::App;
use super::auth::SignedIn;
use super::error::Answer;
use super::extract::Query;
use crate::service::{Fault, catalogue};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use shared::catalogue::CatalogueDoc;
use shared::id::CatalogueVersion;
use shared::wire::error::ErrorAnswer;

/// Which catalogue.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
pub(super) struct Wanted {
    /// A published version; the one in force when none is named.
    #[serde(default)]
    version: Option<String>,
}

/// A published catalogue as one document.
#[utoipa::path(get, path = "/v1/catalogue", tag = "reference", params(Wanted),
    responses((status = 200, body = CatalogueDoc), (status = 304), (status = 404, body = ErrorAnswer)))]
pub(super) async fn get(
    State(app): State<App>,
    SignedIn(_session): SignedIn,
    Query(wanted): Query<Wanted>,
    asked: HeaderMap,
) -> Answer<Response> {
    let version = match wanted.version.filter(|text| !text.is_empty()) {
        None => app.district().catalogue.version().clone(),
        Some(text) => text
            .parse::<CatalogueVersion>()
            .map_err(|_| Fault::NotFound("catalogue"))?,
    };
    // A version never changes, so its name is its tag.
    let tag = format!("\"{version}\"");
    let mut headers = HeaderMap::new();
    if let Ok(value) = HeaderValue::from_str(&tag) {
        headers.insert(header::ETAG, value);
    }
    headers.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("private, no-cache"),
    );
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    if asked
        .get(header::IF_NONE_MATCH)
        .is_some_and(|value| value.as_bytes() == tag.as_bytes())
    {
        return Ok((StatusCode::NOT_MODIFIED, headers).into_response());
    }
    let text = app
        .store()
        .read(move |tx| catalogue::text(tx, &version))
        .await?;
    Ok((headers, text).into_response())
}
