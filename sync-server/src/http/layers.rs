//! What surrounds every handler: limits, time-outs, panics caught, traces, headers, compression.
//!
//! Order, outermost first: request id, trace, headers, panic, time-out, compression, body limit.
//! Traces hold the route's pattern and never an address with its values, a body or a token.

use super::App;
use super::error::Refusal;
use super::files;
use axum::Router;
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, MatchedPath, Request};
use axum::http::{HeaderName, HeaderValue, Response, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::IntoResponse;
use std::any::Any;
use std::time::{Duration, Instant};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::timeout::TimeoutLayer;

/// A request's body unless its route says otherwise: moves, people and codes are small.
const BODY_BYTES_LIMIT: usize = 64 * 1024;
/// The longest that a request may take; a chunk of a photo on a bad line takes the longest.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(120);
/// How long a browser keeps to https once told.
const HSTS: &str = "max-age=31536000";
/// Name of the header that ties an answer to its line in the log.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Puts the layers around the routes.
pub(super) fn around(router: Router, app: &App) -> Router {
    let policy = Policy::of(app);
    router
        .layer(DefaultBodyLimit::max(BODY_BYTES_LIMIT))
        .layer(CompressionLayer::new().gzip(true))
        .layer(TimeoutLayer::with_status_code(
            StatusCode::SERVICE_UNAVAILABLE,
            REQUEST_TIMEOUT,
        ))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(middleware::from_fn(move |request, next| {
            headers(policy.clone(), request, next)
        }))
        .layer(middleware::from_fn(trace))
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
            https_only: app.settings().behind_tls_proxy,
        }
    }
}

async fn headers(policy: Policy, request: Request, next: Next) -> axum::response::Response {
    let is_api = request.uri().path().starts_with("/v1/");
    let is_upload = request.uri().path().starts_with("/v1/files");
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
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
    if is_upload {
        put(files::TUS_RESUMABLE, files::TUS_VERSION);
    }
    if is_api {
        // Cases and people are nobody's to keep, unless the handler says otherwise.
        put(header::CACHE_CONTROL, "no-store");
    }
    if policy.https_only {
        put(header::STRICT_TRANSPORT_SECURITY, HSTS);
    }
    headers
        .entry(header::CONTENT_SECURITY_POLICY)
        .or_insert(policy.content);
    response
}

/// One line a request: which route, how it ended, how long it took, and an id that the answer
/// carries too.
async fn trace(request: Request, next: Next) -> axum::response::Response {
    let began = Instant::now();
    let id = super::new_id();
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().map_or_else(
        || String::from("(console)"),
        |path| path.as_str().to_owned(),
    );
    let mut response = next.run(request).await;
    let duration_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    let status = response.status().as_u16();
    if response.status().is_server_error() {
        tracing::warn!(request.id = %id, %method, route, status, duration_ms, "request failed");
    } else {
        tracing::debug!(request.id = %id, %method, route, status, duration_ms, "request done");
    }
    if let Ok(value) = HeaderValue::from_str(&id.to_string()) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response
}
