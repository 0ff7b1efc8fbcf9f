//! News as server-sent events: which buckets moved, and nothing else. Data is always pulled.

use super::App;
use super::auth::SignedIn;
use super::error::{Answer, Refusal};
use super::extract::Query;
use crate::pokes::LISTENS_AT_MOST;
use crate::service::{pull, words};
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::State;
use axum::http::{HeaderName, header};
use axum::response::{IntoResponse, Response};
use http_body::Frame;
use serde::Deserialize;
use shared::wire::error::{ErrorAnswer, ErrorCode};
use shared::wire::sync::{PULL_BUCKETS_LIMIT, Poke};
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use tokio::sync::mpsc::Receiver;
use utoipa::IntoParams;

/// How long somebody wants to listen.
#[derive(Debug, Deserialize, IntoParams)]
pub(super) struct Listening {
    /// Seconds after which the stream ends, at most an hour; an hour when left out.
    seconds: Option<u64>,
}

/// Listen for news: an event `moved` names the buckets to pull. For a console the names are left
/// out. Comments keep the line alive; when the stream ends, listen again.
#[utoipa::path(get, path = "/v1/sync/events", tag = "sync", params(Listening),
    responses((status = 200, body = Poke, content_type = "text/event-stream"),
        (status = 401, body = ErrorAnswer), (status = 503, body = ErrorAnswer)))]
pub(super) async fn events(
    State(app): State<App>,
    SignedIn(session): SignedIn,
    Query(listening): Query<Listening>,
) -> Answer<Response> {
    let buckets = session
        .device
        .map(|_| pull::buckets(&session.actor, &app.district()))
        .map(|mut buckets| {
            buckets.truncate(PULL_BUCKETS_LIMIT);
            buckets
        });
    let longest = LISTENS_AT_MOST;
    let lasts = listening.seconds.map_or(longest, Duration::from_secs);
    let now = Instant::now();
    let until = now + lasts.min(longest);
    let queue = app.pokes().listen(buckets, now, until).ok_or_else(|| {
        let words = words(
            "现在收听的人太多，请稍后再试。",
            "Too many listen just now.",
        );
        Refusal::new(ErrorCode::Unavailable, words)
    })?;
    let headers = [
        (header::CONTENT_TYPE, "text/event-stream"),
        // Proxies must not gather it.
        (HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    Ok((headers, Body::new(Lines(queue))).into_response())
}

/// A queue of lines as the body of an answer; it ends when the listener is let go.
struct Lines(Receiver<String>);

impl HttpBody for Lines {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0
            .poll_recv(context)
            .map(|line| line.map(|line| Ok(Frame::data(Bytes::from(line)))))
    }
}
