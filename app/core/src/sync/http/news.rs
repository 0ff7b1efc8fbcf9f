//! Listening for news of the server: that something moved, never what.

use super::{CONTENT_TYPE, Failure, Http, Link, Method, Response, header, reason};
use std::time::Duration;

/// A stream of news; the server ends it within the hour.
const LISTEN_TIMEOUT: Duration = Duration::from_secs(2 * 60 * 60);
/// How a line begins that says that something moved.
const EVENT_MOVED: &[u8] = b"event: moved";

/// News of the server, one at a time.
#[derive(Debug)]
pub struct News {
    response: Response,
}

impl News {
    /// Waits until something moved.
    ///
    /// # Errors
    /// When the stream ended or broke: then listen again.
    pub async fn next(&mut self) -> Result<(), Failure> {
        loop {
            let chunk = self.response.chunk().await;
            let chunk = chunk.map_err(|error| Failure::Unreachable(reason(&error)))?;
            let Some(chunk) = chunk else {
                return Err(Failure::gone());
            };
            // Each line of the server comes whole or not at all; what it names is pulled anyway.
            if chunk
                .windows(EVENT_MOVED.len())
                .any(|part| part == EVENT_MOVED)
            {
                return Ok(());
            }
        }
    }
}

impl Http {
    /// Listens for news. Data never comes by it: it only says that a pull is worth while.
    ///
    /// # Errors
    /// When the server can't be reached or doesn't know how.
    pub async fn listen(&self, link: &Link) -> Result<News, Failure> {
        let to = self
            .signed(Method::GET, link, "/v1/sync/events")?
            .timeout(LISTEN_TIMEOUT);
        let response = self.send(to).await?;
        let kind = header(&response, CONTENT_TYPE.as_str()).unwrap_or_default();
        if kind.starts_with("text/event-stream") {
            Ok(News { response })
        } else {
            Err(Failure::Foreign(String::from("news of another kind")))
        }
    }
}
