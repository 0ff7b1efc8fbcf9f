//! Bodies, queries and path parts, refused in the one shape of an error answer.

use super::error::Refusal;
use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use flate2::read::GzDecoder;
use serde::de::DeserializeOwned;
use shared::wire::error::ErrorCode;
use std::io::Read;

/// A JSON body.
pub(super) struct Body<T>(pub T);

impl<T, S> FromRequest<S> for Body<T>
where
    T: DeserializeOwned,
    S: Send + Sync,
{
    type Rejection = Refusal;
    async fn from_request(request: Request, state: &S) -> Result<Self, Refusal> {
        match Json::<T>::from_request(request, state).await {
            Ok(Json(value)) => Ok(Self(value)),
            Err(JsonRejection::MissingJsonContentType(_)) => Err(not_json()),
            Err(rejection) if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE => {
                Err(Refusal::too_large())
            }
            Err(rejection) => Err(Refusal::malformed(&rejection.body_text())),
        }
    }
}

/// A JSON body that may come compressed by gzip. `LIMIT` bytes are what it may unpack to: a few
/// kilobytes can be made to unpack to gigabytes.
pub(super) struct Packed<T, const LIMIT: usize>(pub T);

impl<T, S, const LIMIT: usize> FromRequest<S> for Packed<T, LIMIT>
where
    T: DeserializeOwned,
    S: Send + Sync,
{
    type Rejection = Refusal;
    async fn from_request(request: Request, state: &S) -> Result<Self, Refusal> {
        let is_packed = match request.headers().get(header::CONTENT_ENCODING) {
            None if !is_json(request.headers()) => return Err(not_json()),
            None => false,
            Some(encoding) if encoding.as_bytes().eq_ignore_ascii_case(b"gzip") => true,
            Some(_) => {
                return Err(Refusal::new(
                    ErrorCode::Unsupported,
                    crate::service::words("只支持 gzip 压缩。", "Only gzip is understood."),
                ));
            }
        };
        let body = Bytes::from_request(request, state)
            .await
            .map_err(|_| Refusal::too_large())?;
        // Without the path to a fault, which axum's `Json` keeps at every member: its finder has
        // the line and column, and it is the largest body there is.
        let read = if is_packed {
            serde_json::from_slice(&unpack(&body, LIMIT)?)
        } else {
            serde_json::from_slice(&body)
        };
        read.map(Self)
            .map_err(|error| Refusal::malformed(&error.to_string()))
    }
}

/// Whether a body says that it is JSON.
fn is_json(headers: &HeaderMap) -> bool {
    let says = headers.get(header::CONTENT_TYPE);
    let essence = says
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next());
    essence.is_some_and(|essence| essence.trim().eq_ignore_ascii_case("application/json"))
}

fn not_json() -> Refusal {
    Refusal::new(
        ErrorCode::Unsupported,
        crate::service::words("请用 application/json。", "Send application/json."),
    )
}

fn unpack(packed: &[u8], limit: usize) -> Result<Vec<u8>, Refusal> {
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    let mut body = Vec::with_capacity(packed.len().saturating_mul(2).min(limit));
    GzDecoder::new(packed)
        .take(most)
        .read_to_end(&mut body)
        .map_err(|error| Refusal::malformed(&error.to_string()))?;
    if body.len() > limit {
        Err(Refusal::too_large())
    } else {
        Ok(body)
    }
}

/// The query of an address.
pub(super) struct Query<T>(pub T);

impl<T, S> FromRequestParts<S> for Query<T>
where
    T: DeserializeOwned,
    S: Send + Sync,
{
    type Rejection = Refusal;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        axum::extract::Query::<T>::from_request_parts(parts, state)
            .await
            .map(|query| Self(query.0))
            .map_err(|rejection| Refusal::malformed(&rejection.body_text()))
    }
}

/// A part of the path. What can't be an id names nothing that is there.
pub(super) struct Part<T>(pub T);

impl<T, S> FromRequestParts<S> for Part<T>
where
    T: std::str::FromStr,
    S: Send + Sync,
{
    type Rejection = Refusal;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let text = axum::extract::Path::<String>::from_request_parts(parts, state)
            .await
            .map_err(|_| Refusal::not_found())?;
        text.0.parse().map(Self).map_err(|_| Refusal::not_found())
    }
}
