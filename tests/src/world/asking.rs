//! Asking the server of a test's world over HTTP, and what it answers.

use super::{Handheld, World};
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::HashMap;

/// An answer.
#[derive(Debug, Clone)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// Headers by their lower-case names.
    pub headers: HashMap<String, String>,
    /// The body as JSON, null when it is none.
    pub json: Value,
    /// The body.
    pub bytes: Vec<u8>,
}

impl Reply {
    /// A member of the answer by its JSON pointer, null when it isn't there.
    #[must_use]
    pub fn at(&self, pointer: &str) -> &Value {
        self.json.pointer(pointer).unwrap_or(&Value::Null)
    }

    /// The code of an error answer.
    #[must_use]
    pub fn code(&self) -> &str {
        self.at("/code").as_str().unwrap_or_default()
    }
}

impl World {
    /// Asks the server; `token` as bearer.
    #[must_use]
    pub fn ask(&self, method: &str, path: &str, token: &str, body: Option<&Value>) -> Reply {
        let body = body.map(Value::to_string);
        let mut headers = Vec::new();
        let bearer = format!("Bearer {token}");
        if !token.is_empty() {
            headers.push(("authorization", bearer.as_str()));
        }
        if body.is_some() {
            headers.push(("content-type", "application/json"));
        }
        self.send(
            method,
            path,
            &headers,
            body.unwrap_or_default().into_bytes(),
        )
    }

    /// Fetches something.
    #[must_use]
    pub fn get(&self, path: &str, token: &str) -> Reply {
        self.ask("GET", path, token, None)
    }

    /// Posts JSON.
    #[must_use]
    pub fn post(&self, path: &str, token: &str, body: &Value) -> Reply {
        self.ask("POST", path, token, Some(body))
    }

    /// Sends a request as it is.
    #[must_use]
    pub fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Reply {
        self.runtime
            .block_on(self.sending(method, path, headers, body))
    }

    /// The same, for several at once.
    ///
    /// # Panics
    /// When the server doesn't answer.
    pub async fn sending(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> Reply {
        let method = Method::from_bytes(method.as_bytes()).expect("a method");
        let url = format!("http://{}{path}", self.address);
        let mut request = self.client.request(method, url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = request.body(body).send().await.expect("an answer");
        let status = answer.status().as_u16();
        let headers = answer
            .headers()
            .iter()
            .map(|(name, value)| {
                let text = String::from_utf8_lossy(value.as_bytes()).into_owned();
                (name.as_str().to_owned(), text)
            })
            .collect();
        let bytes = answer.bytes().await.expect("a body").to_vec();
        let json = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        Reply {
            status,
            headers,
            json,
            bytes,
        }
    }

    /// Sends the same request several times at once.
    #[must_use]
    pub fn at_once(&self, times: usize, path: &str, token: &str, body: &Value) -> Vec<Reply> {
        let bearer = format!("Bearer {token}");
        let text = body.to_string();
        self.runtime.block_on(async {
            let headers = [
                ("authorization", bearer.as_str()),
                ("content-type", "application/json"),
            ];
            let mut waiting: Vec<_> = (0..times)
                .map(|_| Box::pin(self.sending("POST", path, &headers, text.clone().into_bytes())))
                .collect();
            // Polled together: each is on its way before the first has its answer.
            let mut replies = Vec::new();
            std::future::poll_fn(|context| {
                waiting.retain_mut(|one| match one.as_mut().poll(context) {
                    std::task::Poll::Ready(reply) => {
                        replies.push(reply);
                        false
                    }
                    std::task::Poll::Pending => true,
                });
                if waiting.is_empty() {
                    std::task::Poll::Ready(())
                } else {
                    std::task::Poll::Pending
                }
            })
            .await;
            replies
        })
    }

    /// Pushes operations and gives the answer.
    #[must_use]
    pub fn push(&self, handheld: &Handheld, ops: &[Value]) -> Reply {
        self.post("/v1/sync/push", &handheld.token, &handheld.request(ops))
    }

    /// Pulls everything from the beginning: the rows of all pages.
    ///
    /// # Panics
    /// When a page is refused.
    #[must_use]
    pub fn pull_all(&self, handheld: &Handheld) -> Vec<Value> {
        let (mut rows, mut buckets) = (Vec::new(), json!({}));
        loop {
            let body = json!({"buckets": buckets, "limit": 2});
            let page = self.post("/v1/sync/pull", &handheld.token, &body);
            assert_eq!(page.status, 200, "{page:?}");
            rows.extend(page.at("/rows").as_array().cloned().unwrap_or_default());
            buckets = page.at("/buckets").clone();
            if page.at("/more") == false {
                return rows;
            }
        }
    }
}

/// The outcome of each operation of a push, with its code when it has one.
#[must_use]
pub fn outcomes(reply: &Reply) -> Vec<String> {
    assert_eq!(reply.status, 200, "{reply:?}");
    let results = reply.at("/results").as_array().unwrap();
    results
        .iter()
        .map(|result| {
            let outcome = result["outcome"].as_str().unwrap();
            match result["code"].as_str() {
                Some(code) => format!("{outcome}: {code}"),
                None => outcome.to_owned(),
            }
        })
        .collect()
}
