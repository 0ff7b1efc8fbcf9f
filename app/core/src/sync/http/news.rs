//! Listening for news of the server: that something moved, never what.

use super::limits::{LISTENING, SILENCE};
use super::{CONTENT_TYPE, Failure, Http, Link, Method, Response, header, in_time};

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
            let Some(chunk) = in_time(SILENCE, self.response.chunk()).await? else {
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
            .timeout(LISTENING);
        let response = self.send(to).await?;
        let kind = header(&response, CONTENT_TYPE.as_str()).unwrap_or_default();
        if kind.starts_with("text/event-stream") {
            Ok(News { response })
        } else {
            Err(Failure::Foreign(String::from("news of another kind")))
        }
    }
}
