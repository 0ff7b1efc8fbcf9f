//! The areas bundle: made once, compressed once, told apart by its hash.

use super::App;
use super::auth::SignedIn;
use super::error::Answer;
use crate::service::district::Bundle;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use shared::wire::error::ErrorAnswer;
use shared::wire::sync::AreasBundle;

/// Everything a handheld needs to find grids.
#[utoipa::path(get, path = "/v1/areas", tag = "reference",
    responses((status = 200, body = AreasBundle), (status = 304), (status = 401, body = ErrorAnswer)))]
pub(super) async fn get(
    State(app): State<App>,
    SignedIn(_session): SignedIn,
    headers: HeaderMap,
) -> Answer<Response> {
    Ok(bundle(&app.district().areas_bundle, &headers))
}

/// A bundle as the asker can take it, or 304 when it has it.
pub(super) fn bundle(bundle: &Bundle, asked: &HeaderMap) -> Response {
    let text = |name| {
        asked
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    };
    let tag = format!("\"{}\"", bundle.tag);
    let mut headers = HeaderMap::new();
    if let Ok(value) = HeaderValue::from_str(&tag) {
        headers.insert(header::ETAG, value);
    }
    headers.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("private, no-cache"),
    );
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if text(header::IF_NONE_MATCH)
        .split(',')
        .any(|one| one.trim() == tag)
    {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    let takes_gzip = text(header::ACCEPT_ENCODING)
        .split(',')
        .any(|one| one.trim().split(';').next() == Some("gzip"));
    if takes_gzip && let Some(packed) = bundle.gzip() {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        return (headers, packed.to_vec()).into_response();
    }
    (headers, bundle.plain.clone()).into_response()
}
