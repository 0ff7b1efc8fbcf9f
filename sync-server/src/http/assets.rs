//! The console: its files by their path, and its one page for every other address.

use super::error::Refusal;
use crate::console_assets::{self, Asset, INDEX, NOT_BUILT};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{Html, IntoResponse, Response};

/// Everything that no route takes.
pub(super) async fn fallback(method: Method, uri: Uri, asked: HeaderMap) -> Response {
    let path = uri.path().trim_start_matches('/');
    let is_api = path == "v1" || path.starts_with("v1/");
    if is_api || !matches!(method, Method::GET | Method::HEAD) {
        return Refusal::not_found().into_response();
    }
    if let Some(asset) = console_assets::get(path).filter(|_| !path.is_empty()) {
        return serve(asset, &asked);
    }
    // An address with an ending is a file that is missing; the others are pages of the console.
    let last = path.rsplit('/').next().unwrap_or(path);
    if last.contains('.') {
        return Refusal::not_found().into_response();
    }
    match console_assets::get(INDEX) {
        Some(page) => serve(page, &asked),
        None => (StatusCode::OK, Html(NOT_BUILT)).into_response(),
    }
}

fn serve(asset: Asset, asked: &HeaderMap) -> Response {
    let tag = format!("\"{}\"", asset.tag);
    let mut headers = HeaderMap::new();
    let mut put = |name, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    };
    put(header::ETAG, &tag);
    let keep = if asset.immutable {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    put(header::CACHE_CONTROL, keep);
    put(header::CONTENT_TYPE, &asset.mime);
    if asked
        .get(header::IF_NONE_MATCH)
        .is_some_and(|value| value.as_bytes() == tag.as_bytes())
    {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    (headers, asset.bytes.into_owned()).into_response()
}
