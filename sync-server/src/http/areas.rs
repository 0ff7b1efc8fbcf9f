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
        return (headers, packed).into_response();
    }
    (headers, bundle.plain.clone()).into_response()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;
    use axum::body::to_bytes;

    #[tokio::test]
    async fn all_answers_share_the_bytes() {
        let made = Bundle::of(&"建阳区".repeat(100)).unwrap();
        let mut asked = HeaderMap::new();
        let plain = to_bytes(bundle(&made, &asked).into_body(), usize::MAX).await;
        assert_eq!(plain.unwrap().as_ptr(), made.plain.as_ptr());
        asked.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
        let packed = to_bytes(bundle(&made, &asked).into_body(), usize::MAX).await;
        assert_eq!(packed.unwrap().as_ptr(), made.gzip().unwrap().as_ptr());
        let tag = HeaderValue::from_str(&format!("\"{}\"", made.tag)).unwrap();
        asked.insert(header::IF_NONE_MATCH, tag);
        assert_eq!(bundle(&made, &asked).status(), StatusCode::NOT_MODIFIED);
    }
}
