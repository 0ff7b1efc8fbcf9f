//! What surrounds every handler: limits, time-outs, panics caught, traces, headers, compression.
//!
//! Order, outermost first: request id, trace, headers, refused bodies heard, time-out, panic,
//! compression, body limit. The first five are one step and all of it one layer, since each of its
//! own would cost every request an allocation and a copy of itself.
//! Traces hold the route's pattern and never an address with its values, a body or a token.

use super::App;
use super::error::Refusal;
use super::{case_photos, courier, files};
use axum::Router;
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{DefaultBodyLimit, MatchedPath, Request};
use axum::http::{HeaderName, HeaderValue, Method, Response, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::IntoResponse;
use http_body::{Frame, SizeHint};
use std::any::Any;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use tower::{ServiceBuilder, ServiceExt};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, Predicate, SizeAbove};

/// A request's body unless its route says otherwise: moves, people and codes are small.
const BODY_BYTES_LIMIT: usize = 64 * 1024;
/// The longest that a request may take. Uploads and courier files may take any time, as long as
/// bytes come.
pub(super) const REQUEST_TIMEOUT: Duration = Duration::from_secs(120);
/// Smaller answers go as they are: they fit one packet anyway, and setting up the packing costs
/// more than a push takes to be judged.
const PACKED_FROM_BYTES: u64 = 1024;
/// How long a browser keeps to https once told.
const HSTS: &str = "max-age=31536000";
/// Bytes of a refused request's body that are still taken, so that the answer is heard: a client
/// that is still sending a chunk would otherwise see a broken connection instead of 401 or 409.
const DRAINED_BYTES_MAX: usize = 2 * 1024 * 1024;
/// How long the rest of a refused body is waited for.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(10);
/// Headers that every answer gets here, at most.
const HEADERS_PUT: usize = 12;
/// Name of the header that ties an answer to its line in the log.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Puts the layers around the routes.
pub(super) fn around(router: Router, app: &App) -> Router {
    let policy = Policy::of(app);
    let attend = move |request, next| attend(policy.clone(), request, next);
    let compression = CompressionLayer::new()
        .gzip(true)
        .zstd(true)
        .compress_when(SizeAbove::new(PACKED_FROM_BYTES).and(DefaultPredicate::new()));
    let layers = ServiceBuilder::new()
        .layer(middleware::from_fn(attend))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(compression)
        .layer(DefaultBodyLimit::max(BODY_BYTES_LIMIT));
    // Around all of it, since it is the routes that look at the method.
    Router::new().fallback_service(router.layer(layers).map_request(files::with_named_method))
}

/// One line a request: which route, how it ended, how long it took, and an id that the answer
/// carries too. Between these, everything else.
async fn attend(policy: Policy, request: Request, next: Next) -> axum::response::Response {
    let began = Instant::now();
    let id = super::new_id();
    let asked = Asked::of(&request);
    let mut response = heard(request, next, asked.may_last).await;
    let duration_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    let status = response.status().as_u16();
    let (method, route) = (&asked.method, asked.route());
    if response.status().is_server_error() {
        tracing::warn!(request.id = %id, %method, route, status, duration_ms, "request failed");
    } else {
        tracing::debug!(request.id = %id, %method, route, status, duration_ms, "request done");
    }
    put_headers(policy, &asked, &mut response);
    if let Ok(value) = HeaderValue::from_str(&id.to_string()) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response
}

/// What is remembered of a request until it is answered.
struct Asked {
    method: Method,
    pattern: Option<MatchedPath>,
    is_api: bool,
    is_upload: bool,
    /// Bytes may come for as long as they come.
    may_last: bool,
}

impl Asked {
    fn of(request: &Request) -> Self {
        let path = request.uri().path();
        Self {
            method: request.method().clone(),
            pattern: request.extensions().get().cloned(),
            is_api: path.starts_with("/v1/"),
            is_upload: path.starts_with(files::PLACE),
            may_last: path.starts_with(files::PLACE)
                || case_photos::is_upload(request)
                || path == courier::PLACE,
        }
    }

    fn route(&self) -> &str {
        self.pattern
            .as_ref()
            .map_or("(console)", MatchedPath::as_str)
    }
}

async fn in_time(request: Request, next: Next, may_last: bool) -> axum::response::Response {
    if may_last {
        return next.run(request).await;
    }
    let answer = tokio::time::timeout(REQUEST_TIMEOUT, next.run(request)).await;
    answer.unwrap_or_else(|_| StatusCode::SERVICE_UNAVAILABLE.into_response())
}

fn panicked(_panic: Box<dyn Any + Send + 'static>) -> Response<Body> {
    tracing::error!("a handler panicked");
    Refusal::internal().into_response()
}

#[derive(Clone)]
struct Policy {
    content: HeaderValue,
    https_only: bool,
}

impl Policy {
    fn of(app: &App) -> Self {
        let tiles = app.settings().tiles_origin().unwrap_or_default();
        let text = format!(
            "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
             style-src-attr 'unsafe-inline'; img-src 'self' data: blob: {tiles}; font-src 'self'; \
             connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; \
             frame-ancestors 'none'"
        );
        let content = HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static(
            "default-src 'self'; frame-ancestors 'none'",
        ));
        Self {
            content,
            https_only: app.is_https(),
        }
    }
}

fn put_headers(policy: Policy, asked: &Asked, response: &mut axum::response::Response) {
    let is_other_version = response.status() == StatusCode::PRECONDITION_FAILED;
    let headers = response.headers_mut();
    headers.reserve(HEADERS_PUT);
    let mut put = |name: HeaderName, value: &'static str| {
        headers
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    };
    put(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    put(header::REFERRER_POLICY, "no-referrer");
    put(header::X_FRAME_OPTIONS, "DENY");
    put(
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    );
    put(
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    );
    if asked.is_upload {
        put(files::TUS_RESUMABLE, files::TUS_VERSION);
        if is_other_version {
            put(files::TUS_VERSIONS, files::TUS_VERSION);
        }
    }
    if asked.is_api {
        // Cases and people are nobody's to keep, unless the handler says otherwise.
        put(header::CACHE_CONTROL, "no-store");
    }
    if policy.https_only {
        put(header::STRICT_TRANSPORT_SECURITY, HSTS);
    }
    headers
        .entry(header::CONTENT_SECURITY_POLICY)
        .or_insert(policy.content);
}

/// A request's body that can be read on after its handler has gone.
struct Shared(Arc<Mutex<Body>>);

impl HttpBody for Shared {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let mut body = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Pin::new(&mut *body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .size_hint()
    }
}

/// Takes what is left of a refused request's body before the refusal is sent.
async fn heard(request: Request, next: Next, may_last: bool) -> axum::response::Response {
    if request.body().is_end_stream() {
        return in_time(request, next, may_last).await;
    }
    let (parts, body) = request.into_parts();
    let body = Arc::new(Mutex::new(body));
    let mut rest = Shared(Arc::clone(&body));
    let request = Request::from_parts(parts, Body::new(Shared(body)));
    let response = in_time(request, next, may_last).await;
    if response.status().is_client_error() {
        let drain = async {
            let mut taken = 0_usize;
            while taken < DRAINED_BYTES_MAX && !rest.is_end_stream() {
                let frame = std::future::poll_fn(|cx| Pin::new(&mut rest).poll_frame(cx)).await;
                let Some(Ok(frame)) = frame else { break };
                taken = taken.saturating_add(frame.data_ref().map_or(0, Bytes::len));
            }
        };
        drop(tokio::time::timeout(DRAIN_TIMEOUT, drain).await);
    }
    response
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;

    #[test]
    fn what_brings_large_bodies_may_last() {
        let may_last = |method: Method, place: &str| {
            let request = Request::builder().method(method).uri(place);
            Asked::of(&request.body(Body::empty()).unwrap()).may_last
        };
        assert!(may_last(Method::PATCH, "/v1/files/1"));
        assert!(may_last(Method::PUT, "/v1/cases/1/photos"));
        assert!(may_last(Method::POST, "/v1/courier"));
        assert!(!may_last(Method::POST, "/v1/sync/push"));
        assert!(!may_last(Method::GET, "/v1/cases"));
    }
}
