//! Bodies, queries and path parts, refused in the one shape of an error answer.

use super::error::Refusal;
use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
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
            Err(JsonRejection::MissingJsonContentType(_)) => Err(Refusal::new(
                ErrorCode::Unsupported,
                crate::service::words("请用 application/json。", "Send application/json."),
            )),
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
        match request.headers().get(header::CONTENT_ENCODING) {
            None => {
                let Body(value) = Body::from_request(request, state).await?;
                return Ok(Self(value));
            }
            Some(encoding) if encoding.as_bytes().eq_ignore_ascii_case(b"gzip") => {}
            Some(_) => {
                return Err(Refusal::new(
                    ErrorCode::Unsupported,
                    crate::service::words("只支持 gzip 压缩。", "Only gzip is understood."),
                ));
            }
        }
        let packed = Bytes::from_request(request, state)
            .await
            .map_err(|_| Refusal::too_large())?;
        let body = unpack(&packed, LIMIT)?;
        serde_json::from_slice(&body)
            .map(Self)
            .map_err(|error| Refusal::malformed(&error.to_string()))
    }
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
