//! Bodies, queries and path parts, refused in the one shape of an error answer.

use super::error::Refusal;
use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;
use shared::wire::error::ErrorCode;

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
