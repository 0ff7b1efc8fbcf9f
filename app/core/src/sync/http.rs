//! The transport over HTTP: requests in, answers believed only when they show the server's marks.
//!
//! TLS by rustls with ring (whom it trusts: `tls.rs`); redirects are not followed (only portals redirect us); a loopback
//! address never goes through a proxy. Only this file and its folder know reqwest.
//! Tests: `tests/portal.rs`, against a server that answers garbage.

mod courier;
mod limits;
mod network;
mod news;

use super::transport::{Failure, Link, Transport};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use flate2::Compression;
use flate2::write::GzEncoder;
use limits::Limits;
use network::{Network, TOO_LATE, in_time};
use reqwest::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, LOCATION, RETRY_AFTER};
use reqwest::{Client, Method, Request, RequestBuilder, Response, StatusCode, Url};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use shared::id::{CatalogueVersion, Sha256};
use shared::wire::error::{ErrorAnswer, ErrorCode};
use shared::wire::sync::{
    AreasBundle, CatalogueBundle, ChallengeAnswer, EnrolAnswer, EnrolRequest, PROTOCOL, PullAnswer,
    PullRequest, PushAnswer, PushRequest, TokenAnswer, TokenRequest,
};
use std::future::Future;
use std::io::Write;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

/// The largest answer is the areas of a big district: about 26,000 grids in some 20 MB.
const ANSWER_BYTES_LIMIT: usize = 64 * 1024 * 1024;
/// An error answer is a code and two sentences.
const ERROR_BYTES_LIMIT: usize = 16 * 1024;
/// Version of tus that this client speaks.
const TUS_VERSION: &str = "1.0.0";
/// Kind of a body that is bytes of an upload.
const OFFSET_TYPE: &str = "application/offset+octet-stream";
/// tus says: the bytes didn't fit their checksum.
const STATUS_CHECKSUM: u16 = 460;

/// A body from this size on is sent through gzip; below it fits one packet anyway.
const PACKED_FROM_BYTES: usize = 1024;

/// Takes one request to the server and brings the answer back: the network, or a simulation of
/// it. Everything above it (what is asked, what is believed) is the same for both.
pub trait Carrier: std::fmt::Debug + Send + Sync {
    /// Sends a request and waits for the head of its answer.
    fn carry(&self, request: Request) -> Carried<'_>;
}

/// An answer under way.
pub type Carried<'a> = Pin<Box<dyn Future<Output = Result<Response, Failure>> + Send + 'a>>;

/// The transport over HTTP.
#[derive(Debug, Clone)]
pub struct Http {
    /// Writes requests; what sends them is the carrier.
    client: Client,
    carrier: Arc<dyn Carrier>,
    /// The server can't unpack: it is from before pushes were compressed.
    plain_only: Arc<AtomicBool>,
}

impl Http {
    /// Builds the clients.
    ///
    /// # Errors
    /// When TLS can't be set up on this system.
    pub fn new() -> Result<Self, Failure> {
        let network = Network::new(limits::USUAL)?;
        Ok(Self {
            client: network.far(),
            carrier: Arc::new(network),
            plain_only: Arc::default(),
        })
    }

    /// The same over a carrier of one's own.
    #[must_use]
    pub fn carried_by(&self, carrier: Arc<dyn Carrier>) -> Self {
        Self {
            client: self.client.clone(),
            carrier,
            plain_only: Arc::default(),
        }
    }

    fn request(&self, method: Method, server: &str, path: &str) -> Result<RequestBuilder, Failure> {
        let bad = |problem: String| Failure::Unreachable(format!("address {server}: {problem}"));
        let base = Url::parse(server).map_err(|error| bad(error.to_string()))?;
        // An upload's address may be whole or only a path, as tus allows.
        let mut url = base.join(path).map_err(|error| bad(error.to_string()))?;
        if url.origin() != base.origin() {
            return Err(Failure::Foreign(String::from("it names another server")));
        }
        // The pin goes with the address as far as the carrier; it is never sent.
        url.set_fragment(base.fragment());
        Ok(self.client.request(method, url))
    }

    fn signed(&self, method: Method, link: &Link, path: &str) -> Result<RequestBuilder, Failure> {
        Ok(self
            .request(method, &link.server, path)?
            .bearer_auth(&link.token))
    }

    async fn post<A: DeserializeOwned>(
        &self,
        request: RequestBuilder,
        body: &(impl Serialize + Sync),
    ) -> Result<A, Failure> {
        json(self.send(request.json(body)).await?).await
    }

    /// Sends, and turns everything but success into a failure.
    async fn send(&self, request: RequestBuilder) -> Result<Response, Failure> {
        let request = request
            .build()
            .map_err(|error| Failure::Unreachable(reason(&error)))?;
        let response = self.carrier.carry(request).await?;
        if response.status().is_success() {
            Ok(response)
        } else {
            Err(refusal(response).await)
        }
    }

    async fn create(
        &self,
        link: &Link,
        sha256: Sha256,
        bytes: u64,
        body: Vec<u8>,
    ) -> Result<(String, u64), Failure> {
        let metadata = format!(
            "sha256 {},filetype {}",
            BASE64.encode(sha256.to_string()),
            BASE64.encode("image/jpeg")
        );
        let to = self
            .signed(Method::POST, link, "/v1/files")?
            .header("tus-resumable", TUS_VERSION)
            .header("upload-length", bytes)
            .header("upload-metadata", metadata);
        let to = if body.is_empty() {
            to.header(CONTENT_LENGTH, 0)
        } else {
            to.header(CONTENT_TYPE, OFFSET_TYPE).body(body)
        };
        let response = self.send(to).await?;
        let url = header(&response, LOCATION.as_str())
            .filter(|_| response.status() == StatusCode::CREATED)
            .ok_or_else(|| Failure::Foreign(String::from("an upload without an address")))?;
        // Plain tus names no offset here; one that the server found again does.
        Ok((url.to_owned(), offset(&response).unwrap_or(0)))
    }
}

/// Bytes through gzip. Writing to memory doesn't fail; if it did, they go as they are.
fn packed(plain: &[u8]) -> Option<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(plain).ok()?;
    encoder.finish().ok()
}

/// The innermost reason, without the address (it may hold an upload's secret).
fn reason(error: &reqwest::Error) -> String {
    let mut inner: &dyn std::error::Error = error;
    while let Some(source) = inner.source() {
        inner = source;
    }
    if error.is_timeout() {
        TOO_LATE.to_owned()
    } else {
        inner.to_string()
    }
}

async fn refusal(response: Response) -> Failure {
    let status = response.status();
    let retry_after_ms = response
        .headers()
        .get(RETRY_AFTER)
        .and_then(|value| value.to_str().ok()?.parse::<i64>().ok())
        .map(|seconds| seconds.saturating_mul(1000));
    let is_tus = is_tus(&response);
    let body = read(response, ERROR_BYTES_LIMIT).await.unwrap_or_default();
    let answer: Option<ErrorAnswer> = serde_json::from_slice(&body).ok();
    match status {
        // A portal may say 401 too; pausing sync for it would be a long silence.
        StatusCode::UNAUTHORIZED => match answer {
            Some(answer) if answer.code == ErrorCode::Unauthenticated => Failure::Unauthenticated,
            _ => Failure::Foreign(String::from("status 401 without our error")),
        },
        StatusCode::PAYLOAD_TOO_LARGE => Failure::TooLarge,
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
            Failure::Busy { retry_after_ms }
        }
        StatusCode::CONFLICT if is_tus || answer.is_some() => Failure::Offset,
        StatusCode::NOT_FOUND | StatusCode::GONE => {
            let (words, words_en) = answer
                .map(|answer| (answer.words, answer.words_en))
                .unwrap_or_default();
            Failure::Gone { words, words_en }
        }
        _ if status.as_u16() == STATUS_CHECKSUM => Failure::Checksum,
        _ => match answer {
            Some(answer) => Failure::Refused {
                status: status.as_u16(),
                words: answer.words,
                words_en: answer.words_en,
            },
            None if status.is_server_error() => Failure::Busy { retry_after_ms },
            None => Failure::Foreign(format!("status {}", status.as_u16())),
        },
    }
}

async fn read(response: Response, limit: usize) -> Result<Vec<u8>, Failure> {
    read_within(limits::USUAL, response, limit).await
}

async fn read_within(
    limits: Limits,
    mut response: Response,
    limit: usize,
) -> Result<Vec<u8>, Failure> {
    let began = Instant::now();
    let mut body = Vec::new();
    loop {
        let wait = limits.until_more(body.len(), began.elapsed());
        let chunk = in_time(wait, response.chunk()).await?;
        let Some(chunk) = chunk else { return Ok(body) };
        if body.len().saturating_add(chunk.len()) > limit {
            return Err(Failure::Foreign(format!(
                "an answer of more than {limit} bytes"
            )));
        }
        body.extend_from_slice(&chunk);
    }
}

async fn json<A: DeserializeOwned>(response: Response) -> Result<A, Failure> {
    let body = read(response, ANSWER_BYTES_LIMIT).await?;
    serde_json::from_slice(&body).map_err(|error| match serde_json::from_slice(&body) {
        // It is there, so there is a network: other requests may well get through.
        Ok(Marked { protocol }) if protocol == PROTOCOL => Failure::Unreadable(error.to_string()),
        _ => Failure::Foreign(error.to_string()),
    })
}

/// The mark of our own server.
#[derive(Deserialize)]
struct Marked {
    protocol: String,
}

fn is_tus(response: &Response) -> bool {
    header(response, "tus-resumable").is_some()
}

fn header<'a>(response: &'a Response, name: &str) -> Option<&'a str> {
    response.headers().get(name)?.to_str().ok()
}

fn offset(response: &Response) -> Result<u64, Failure> {
    header(response, "upload-offset")
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| Failure::Foreign(String::from("an upload without an offset")))
}

fn ours(protocol: &str) -> Result<(), Failure> {
    if protocol == PROTOCOL {
        Ok(())
    } else {
        Err(Failure::Foreign(format!(
            "it speaks {protocol:?}, not {PROTOCOL}"
        )))
    }
}

impl Transport for Http {
    async fn enrol(&self, server: &str, request: &EnrolRequest) -> Result<EnrolAnswer, Failure> {
        let to = self.request(Method::POST, server, "/v1/devices/enrol")?;
        let answer: EnrolAnswer = self.post(to, request).await?;
        ours(&answer.protocol)?;
        Ok(answer)
    }

    async fn challenge(&self, server: &str) -> Result<ChallengeAnswer, Failure> {
        let to = self.request(Method::POST, server, "/v1/devices/challenge")?;
        let answer: ChallengeAnswer = json(self.send(to).await?).await?;
        ours(&answer.protocol)?;
        Ok(answer)
    }

    async fn token(&self, server: &str, request: &TokenRequest) -> Result<TokenAnswer, Failure> {
        let to = self.request(Method::POST, server, "/v1/devices/token")?;
        let answer: TokenAnswer = self.post(to, request).await?;
        ours(&answer.protocol)?;
        Ok(answer)
    }

    async fn push(&self, link: &Link, request: &PushRequest) -> Result<PushAnswer, Failure> {
        let to = || {
            let to = self.signed(Method::POST, link, "/v1/sync/push")?;
            Ok::<_, Failure>(to.header(CONTENT_TYPE, "application/json"))
        };
        let plain =
            serde_json::to_vec(request).map_err(|error| Failure::Unreachable(error.to_string()))?;
        let wanted = plain.len() >= PACKED_FROM_BYTES && !self.plain_only.load(Ordering::Relaxed);
        if let Some(body) = wanted.then(|| packed(&plain)).flatten() {
            let sent = self
                .send(to()?.header(CONTENT_ENCODING, "gzip").body(body))
                .await;
            match sent {
                Err(Failure::Refused {
                    status: 400 | 415, ..
                }) => self.plain_only.store(true, Ordering::Relaxed),
                sent => return json(sent?).await,
            }
        }
        json(self.send(to()?.body(plain)).await?).await
    }

    async fn pull(&self, link: &Link, request: &PullRequest) -> Result<PullAnswer, Failure> {
        let to = self.signed(Method::POST, link, "/v1/sync/pull")?;
        let answer: PullAnswer = self.post(to, request).await?;
        ours(&answer.protocol)?;
        Ok(answer)
    }

    async fn catalogue(
        &self,
        link: &Link,
        version: &CatalogueVersion,
    ) -> Result<CatalogueBundle, Failure> {
        // A version's characters need no escape.
        let to = self.signed(
            Method::GET,
            link,
            &format!("/v1/catalogue?version={version}"),
        )?;
        json(self.send(to).await?).await
    }

    async fn areas(&self, link: &Link) -> Result<AreasBundle, Failure> {
        json(
            self.send(self.signed(Method::GET, link, "/v1/areas")?)
                .await?,
        )
        .await
    }

    async fn has_photo(&self, link: &Link, sha256: Sha256, bytes: u64) -> Result<bool, Failure> {
        let to = self.signed(Method::HEAD, link, &format!("/v1/photos/{sha256}"))?;
        let response = match self.send(to).await {
            Ok(response) => response,
            Err(Failure::Gone { .. }) => return Ok(false),
            // A HEAD has no body, so a 401 here can't show our error: the next request will.
            Err(Failure::Foreign(_) | Failure::Refused { .. }) => return Ok(false),
            Err(failure) => return Err(failure),
        };
        // A portal says 200 to everything. Only the hash itself, or a picture of exactly this
        // size, is evidence; without it the photo is uploaded once more, which does no harm.
        let names_hash =
            header(&response, "etag").is_some_and(|tag| tag.contains(&sha256.to_string()));
        let length = header(&response, CONTENT_LENGTH.as_str()).and_then(|text| text.parse().ok());
        let kind = header(&response, CONTENT_TYPE.as_str()).unwrap_or_default();
        Ok(names_hash || (kind.starts_with("image/") && length == Some(bytes)))
    }

    async fn open_upload(
        &self,
        link: &Link,
        sha256: Sha256,
        bytes: u64,
    ) -> Result<(String, u64), Failure> {
        self.create(link, sha256, bytes, Vec::new()).await
    }

    /// Its bytes go with the creation; a server that doesn't take them there says so by its offset.
    async fn send_small(&self, link: &Link, sha256: Sha256, bytes: Vec<u8>) -> Result<(), Failure> {
        let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        let (url, offset) = self.create(link, sha256, length, bytes.clone()).await?;
        self.send_rest(link, &url, offset, bytes).await
    }

    async fn upload_offset(&self, link: &Link, url: &str) -> Result<u64, Failure> {
        let to = self
            .signed(Method::HEAD, link, url)?
            .header("tus-resumable", TUS_VERSION);
        offset(&self.send(to).await?)
    }

    async fn send_chunk(
        &self,
        link: &Link,
        url: &str,
        from: u64,
        chunk: Vec<u8>,
    ) -> Result<u64, Failure> {
        let to = self
            .signed(Method::PATCH, link, url)?
            .header("tus-resumable", TUS_VERSION)
            .header("upload-offset", from)
            .header(CONTENT_TYPE, OFFSET_TYPE)
            .body(chunk);
        offset(&self.send(to).await?)
    }
}
