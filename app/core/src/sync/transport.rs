//! The seam between sync and the network: one trait, one kind of failure.
//!
//! A transport only carries. It tells *what sort* of failure it met, and believes no answer that
//! does not show the marks of our own server: a captive portal also says 200.

use shared::id::{CatalogueVersion, Sha256};
use shared::wire::sync::{
    AreasBundle, CatalogueBundle, ChallengeAnswer, EnrolAnswer, EnrolRequest, PullAnswer,
    PullRequest, PushAnswer, PushRequest, TokenAnswer, TokenRequest,
};
use std::future::Future;

/// Where the server is and how this device shows who it is.
#[derive(Clone, PartialEq, Eq)]
pub struct Link {
    /// Address: `https://gewu.example.gov.cn`; one that is pinned carries its fingerprint, see
    /// `shared::invitation`.
    pub server: String,
    /// Bearer token.
    pub token: String,
}

impl std::fmt::Debug for Link {
    /// The token stays out of every log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Link")
            .field("server", &self.server)
            .finish_non_exhaustive()
    }
}

/// Why a request brought no answer of the server.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// No network, no such host, or no answer in time.
    #[error("could not reach the server: {0}")]
    Unreachable(String),
    /// The certificate is neither the pinned one nor one that this system trusts.
    #[error("the server's certificate is not the one that came with the enrolment code")]
    Untrusted,
    /// Somebody answered, but not a Gewu server: a captive portal, a proxy, another program.
    #[error("the answer did not come from a Gewu server: {0}")]
    Foreign(String),
    /// Our server answered, and what it says can't be read: its version is another.
    #[error("the server's answer could not be read: {0}")]
    Unreadable(String),
    /// 401: the token isn't accepted.
    #[error("the server does not accept this device's token")]
    Unauthenticated,
    /// 413: smaller pieces, please.
    #[error("the server wants smaller pieces")]
    TooLarge,
    /// 429 or 503: later, please.
    #[error("the server is busy")]
    Busy {
        /// After so many milliseconds, when the server said so.
        retry_after_ms: Option<i64>,
    },
    /// 409: the upload stands elsewhere.
    #[error("the upload stands at another offset")]
    Offset,
    /// 404 or 410: there is no such thing on the server (any more).
    #[error("the server does not have it: {words}")]
    Gone {
        /// What the server said, for a person, in Chinese; empty when it said nothing.
        words: String,
        /// The same in English.
        words_en: String,
    },
    /// 460: the bytes didn't fit their checksum.
    #[error("the bytes were changed on the way")]
    Checksum,
    /// The server understood and said no, or failed.
    #[error("the server answered {status}: {words}")]
    Refused {
        /// HTTP status.
        status: u16,
        /// What the server said, for a person, in Chinese.
        words: String,
        /// The same in English.
        words_en: String,
    },
}

impl Failure {
    /// The server doesn't have it, and said no more.
    #[must_use]
    pub const fn gone() -> Self {
        Self::Gone {
            words: String::new(),
            words_en: String::new(),
        }
    }

    /// Machine name, stable.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unreachable(_) => "offline",
            Self::Untrusted => "untrusted",
            Self::Foreign(_) => "foreign_answer",
            Self::Unreadable(_) => "unreadable_answer",
            Self::Unauthenticated => "unauthenticated",
            Self::TooLarge => "too_large",
            Self::Busy { .. } => "busy",
            Self::Offset => "offset",
            Self::Gone { .. } => "gone",
            Self::Checksum => "checksum",
            Self::Refused { .. } => "refused",
        }
    }

    /// What happened and what to do, in Chinese and English.
    #[must_use]
    pub fn words(&self) -> (String, String) {
        let (zh, en) = match self {
            Self::Unreachable(_) => (
                "连不上服务器。内容已存本机，有网络后会自动发送。",
                "The server cannot be reached. Everything is kept here and goes by itself later.",
            ),
            Self::Untrusted => (
                "服务器证书的指纹与绑定码里的不符，可能连到了别的机器。内容已存本机，没有发出；\
                 请向管理员核对指纹，或要新的绑定码。",
                "The server's certificate does not have the fingerprint that came with the code; \
                 it may be another machine. Everything is kept here and nothing was sent. Ask \
                 the administrator to compare fingerprints, or for a new code.",
            ),
            Self::Foreign(_) => (
                "网络需要登录，或地址不是格物服务器。内容已存本机；请先登录这个网络或检查地址。",
                "The network asks for a sign-in, or the address is not a Gewu server. Everything \
                 is kept here; sign in to the network or check the address.",
            ),
            Self::Unreadable(_) => (
                "服务器的答复读不懂，可能与本机版本不同。内容已存本机，会自动再试；\
                 仍不行请联系管理员。",
                "The server's answer could not be read; its version may be another. Everything \
                 is kept here and is tried again; if it stays so, call the administrator.",
            ),
            Self::Unauthenticated => (
                "服务器不再认可本机。内容已存本机，仍可上报；请向管理员要新的绑定码。",
                "The server no longer accepts this handheld. Everything is kept and filing goes \
                 on; ask the administrator for a new code.",
            ),
            Self::Refused {
                words, words_en, ..
            }
            | Self::Gone { words, words_en }
                if !words.is_empty() =>
            {
                return (words.clone(), words_en.clone());
            }
            Self::Busy { .. }
            | Self::TooLarge
            | Self::Offset
            | Self::Gone { .. }
            | Self::Checksum => (
                "服务器暂时没有接收。内容已存本机，会自动再试。",
                "The server did not take it for now. Everything is kept here and is tried again.",
            ),
            Self::Refused { .. } => (
                "服务器出错，没有接收。内容已存本机，会自动再试。",
                "The server failed. Everything is kept here and is tried again.",
            ),
        };
        (zh.to_owned(), en.to_owned())
    }
}

/// Carries requests to the server. Contract, for every implementation:
/// - `Ok` means that the server itself answered and that its answer was read whole;
/// - after `Err` the request may or may not have taken effect: every call is safe to repeat;
/// - dropping the future gives up waiting and nothing else.
pub trait Transport: Send + Sync {
    /// Binds this installation to a person by a one-time code.
    fn enrol(
        &self,
        server: &str,
        request: &EnrolRequest,
    ) -> impl Future<Output = Result<EnrolAnswer, Failure>> + Send;

    /// Asks for a text to be signed for a new token.
    fn challenge(
        &self,
        server: &str,
    ) -> impl Future<Output = Result<ChallengeAnswer, Failure>> + Send;

    /// Asks for a new token by the device's key.
    fn token(
        &self,
        server: &str,
        request: &TokenRequest,
    ) -> impl Future<Output = Result<TokenAnswer, Failure>> + Send;

    /// Sends operations.
    fn push(
        &self,
        link: &Link,
        request: &PushRequest,
    ) -> impl Future<Output = Result<PushAnswer, Failure>> + Send;

    /// Asks for a page of states.
    fn pull(
        &self,
        link: &Link,
        request: &PullRequest,
    ) -> impl Future<Output = Result<PullAnswer, Failure>> + Send;

    /// Fetches the catalogue of a version.
    fn catalogue(
        &self,
        link: &Link,
        version: &CatalogueVersion,
    ) -> impl Future<Output = Result<CatalogueBundle, Failure>> + Send;

    /// Fetches the areas in force.
    fn areas(&self, link: &Link) -> impl Future<Output = Result<AreasBundle, Failure>> + Send;

    /// Whether the server has this photo whole.
    fn has_photo(
        &self,
        link: &Link,
        sha256: Sha256,
        bytes: u64,
    ) -> impl Future<Output = Result<bool, Failure>> + Send;

    /// Opens an upload, or finds the one to go on with: its address and how far it got.
    fn open_upload(
        &self,
        link: &Link,
        sha256: Sha256,
        bytes: u64,
    ) -> impl Future<Output = Result<(String, u64), Failure>> + Send;

    /// Sends something small whole; `Ok` when the server has all of it.
    fn send_small(
        &self,
        link: &Link,
        sha256: Sha256,
        bytes: Vec<u8>,
    ) -> impl Future<Output = Result<(), Failure>> + Send {
        async move {
            let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
            let (url, offset) = self.open_upload(link, sha256, length).await?;
            self.send_rest(link, &url, offset, bytes).await
        }
    }

    /// Sends what is missing of something small in one request.
    fn send_rest(
        &self,
        link: &Link,
        url: &str,
        offset: u64,
        bytes: Vec<u8>,
    ) -> impl Future<Output = Result<(), Failure>> + Send {
        async move {
            let missing = usize::try_from(offset).ok().and_then(|at| bytes.get(at..));
            let reached = match missing {
                Some([]) => return Ok(()),
                Some(missing) => self.send_chunk(link, url, offset, missing.to_vec()).await?,
                None => return Err(Failure::Offset),
            };
            if usize::try_from(reached) == Ok(bytes.len()) {
                Ok(())
            } else {
                Err(Failure::Offset)
            }
        }
    }

    /// How many bytes of an upload have arrived.
    fn upload_offset(
        &self,
        link: &Link,
        url: &str,
    ) -> impl Future<Output = Result<u64, Failure>> + Send;

    /// Sends bytes of an upload from `offset` on, and gives the new offset.
    fn send_chunk(
        &self,
        link: &Link,
        url: &str,
        offset: u64,
        chunk: Vec<u8>,
    ) -> impl Future<Output = Result<u64, Failure>> + Send;
}
