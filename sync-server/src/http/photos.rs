//! Photos that are here.

use super::App;
use super::auth::SignedIn;
use super::error::{Answer, Refusal};
use super::extract::Part;
use crate::service::photos::{self, Announced};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use shared::id::Sha256;
use shared::wire::error::ErrorAnswer;

/// Whether a photo has arrived; asked before it is sent.
#[utoipa::path(head, path = "/v1/photos/{sha256}", tag = "photos", params(("sha256" = String, Path)),
    responses((status = 200), (status = 404)))]
pub(super) async fn head(
    State(app): State<App>,
    SignedIn(_session): SignedIn,
    Part(hash): Part<Sha256>,
) -> Answer<Response> {
    let photo = app
        .store()
        .read(move |tx| photos::announced(tx, hash))
        .await?;
    let photo = photo.filter(|photo| photo.arrived);
    let photo = photo.ok_or_else(Refusal::not_found)?;
    let mut headers = describe(&photo);
    if let Ok(length) = HeaderValue::from_str(&photo.bytes.to_string()) {
        headers.insert(header::CONTENT_LENGTH, length);
    }
    Ok((StatusCode::OK, headers).into_response())
}

/// A photo of a case, or of something to confirm, that I may read.
#[utoipa::path(get, path = "/v1/photos/{sha256}", tag = "photos", params(("sha256" = String, Path)),
    responses((status = 200, content_type = "image/jpeg"), (status = 304), (status = 404, body = ErrorAnswer)))]
pub(super) async fn get(
    State(app): State<App>,
    SignedIn(session): SignedIn,
    Part(hash): Part<Sha256>,
    asked: HeaderMap,
) -> Answer<Response> {
    let (district, now) = (app.district(), app.now());
    let photo = app
        .store()
        .read(move |tx| photos::readable(tx, &session.actor, &district, hash, now))
        .await?;
    let headers = describe(&photo);
    if asked.get(header::IF_NONE_MATCH) == headers.get(header::ETAG) {
        return Ok((StatusCode::NOT_MODIFIED, headers).into_response());
    }
    let bytes = app.photos().stream(hash).await;
    let Some(bytes) = bytes.map_err(super::error::disk)? else {
        tracing::error!(photo = %hash, "a stored photo is missing from the photo store");
        return Err(Refusal::internal());
    };
    Ok((headers, bytes).into_response())
}

fn describe(photo: &Announced) -> HeaderMap {
    let mut headers = HeaderMap::new();
    // Only what the header check found is ever sent as a type.
    let mime = match photo.mime.as_str() {
        "image/png" => "image/png",
        "image/webp" => "image/webp",
        _ => "image/jpeg",
    };
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(mime));
    // The bytes of a hash never change; the right to see them may, so only one's own cache.
    headers.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("private, max-age=31536000, immutable"),
    );
    if let Ok(tag) = HeaderValue::from_str(&format!("\"{}\"", photo.hash)) {
        headers.insert(header::ETAG, tag);
    }
    headers
}
