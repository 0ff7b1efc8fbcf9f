//! The one place where a fault becomes an HTTP answer. Unknown is 500 and is logged here, once.
//!
//! Callers choose by `code`, never by the words.

use crate::photo_store::PhotoStoreError;
use crate::service::{Fault, Words, words};
use crate::store::StoreError;
use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use shared::wire::error::{ErrorAnswer, ErrorCode};

/// Seconds after which it is worth trying again when the database is busy.
const BUSY_RETRY_S: u32 = 2;
/// The answer to bytes that don't fit their checksum, as tus has it.
const CHECKSUM_MISMATCH: u16 = 460;

/// An answer that says what went wrong.
#[derive(Debug, Clone)]
pub struct Refusal {
    status: StatusCode,
    answer: ErrorAnswer,
    retry_after_s: Option<u32>,
}

/// What a handler answers with.
pub(super) type Answer<T> = Result<T, Refusal>;

impl Refusal {
    /// An answer with the usual status of its code.
    #[must_use]
    pub fn new(code: ErrorCode, words: Words) -> Self {
        let answer = ErrorAnswer {
            code,
            words: words.zh.to_owned(),
            words_en: words.en.to_owned(),
            field: None,
        };
        Self {
            status: status_of(code),
            answer,
            retry_after_s: None,
        }
    }

    /// With words made for the occasion.
    #[must_use]
    pub fn saying(mut self, zh: String, en: String) -> Self {
        self.answer.words = zh;
        self.answer.words_en = en;
        self
    }

    /// Names the field of the request.
    #[must_use]
    pub fn field(mut self, field: &str) -> Self {
        self.answer.field = Some(field.to_owned());
        self
    }

    /// Says when to try again.
    #[must_use]
    pub const fn retry_after_s(mut self, seconds: u32) -> Self {
        self.retry_after_s = Some(seconds);
        self
    }

    /// With another status than usual.
    #[must_use]
    pub fn status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// The body, for answers that say more.
    #[must_use]
    pub fn into_answer(self) -> ErrorAnswer {
        self.answer
    }

    /// Nobody is signed in, or no longer.
    #[must_use]
    pub fn unauthenticated() -> Self {
        Self::new(
            ErrorCode::Unauthenticated,
            words(
                "请重新登录；已填的内容都还在。",
                "Sign in again; nothing you entered is lost.",
            ),
        )
    }

    /// Not for this person.
    #[must_use]
    pub fn forbidden() -> Self {
        Self::new(
            ErrorCode::Forbidden,
            words(
                "这不在您的职责或辖区内。",
                "This is outside your role or area.",
            ),
        )
    }

    /// There is no such thing.
    #[must_use]
    pub fn not_found() -> Self {
        Self::new(
            ErrorCode::NotFound,
            words(
                "找不到，或不在您的辖区内。",
                "Not found, or not in your area.",
            ),
        )
    }

    /// The body is larger than this route takes.
    #[must_use]
    pub fn too_large() -> Self {
        Self::new(
            ErrorCode::TooLarge,
            words(
                "内容太大，请分成小块再发。",
                "Too large; send it in smaller pieces.",
            ),
        )
    }

    /// Too many tries with a password, a code or a key.
    #[must_use]
    pub fn too_many(seconds: u32) -> Self {
        Self::new(
            ErrorCode::TooMany,
            words("试得太频繁，请稍后再试。", "Too many tries; wait a moment."),
        )
        .retry_after_s(seconds)
    }

    /// Our fault.
    #[must_use]
    pub fn internal() -> Self {
        Self::new(
            ErrorCode::Internal,
            words(
                "服务器出错了，已记录；请稍后再试。",
                "The server failed; it was logged. Try again later.",
            ),
        )
    }

    /// The request could not be read.
    #[must_use]
    pub fn malformed(problem: &str) -> Self {
        Self::new(ErrorCode::Malformed, words("", "")).saying(
            format!("请求无法读懂：{problem}"),
            format!("the request could not be read: {problem}"),
        )
    }
}

fn status_of(code: ErrorCode) -> StatusCode {
    match code {
        ErrorCode::Malformed => StatusCode::BAD_REQUEST,
        ErrorCode::Unauthenticated => StatusCode::UNAUTHORIZED,
        ErrorCode::Forbidden => StatusCode::FORBIDDEN,
        ErrorCode::NotFound => StatusCode::NOT_FOUND,
        ErrorCode::Stale | ErrorCode::NotPossible | ErrorCode::Offset => StatusCode::CONFLICT,
        ErrorCode::Gone => StatusCode::GONE,
        ErrorCode::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        ErrorCode::Unsupported => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        ErrorCode::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
        ErrorCode::TooMany => StatusCode::TOO_MANY_REQUESTS,
        ErrorCode::Checksum => {
            StatusCode::from_u16(CHECKSUM_MISMATCH).unwrap_or(StatusCode::BAD_REQUEST)
        }
        ErrorCode::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        ErrorCode::Internal | ErrorCode::Other => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Store(error) => error.into(),
            Fault::Forbidden => Self::forbidden(),
            Fault::NotFound(_) => Self::not_found(),
            Fault::Invalid { field, words } => Self::new(ErrorCode::Invalid, words).field(field),
            Fault::Refused { field, zh, en } => Self::new(ErrorCode::Invalid, words("", ""))
                .saying(zh, en)
                .field(field),
            Fault::NotPossible(words) => Self::new(ErrorCode::NotPossible, words),
            Fault::Gone(words) => Self::new(ErrorCode::Gone, words),
            Fault::Damaged { .. } => {
                tracing::error!(%fault, "could not answer from what is stored");
                Self::internal()
            }
        }
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        let unavailable = words(
            "服务器正忙，请稍后再试。",
            "The server is busy. Try again in a moment.",
        );
        match error {
            StoreError::Busy(_)
            | StoreError::Lost(_)
            | StoreError::CommitUnknown(_)
            | StoreError::Closed
            | StoreError::Full(_) => {
                tracing::warn!(%error, "the store is not available");
                Self::new(ErrorCode::Unavailable, unavailable).retry_after_s(BUSY_RETRY_S)
            }
            StoreError::Nul => Self::new(
                ErrorCode::Invalid,
                words(
                    "文字里有不能保存的字符。",
                    "A text holds a character that can't be kept.",
                ),
            ),
            error => {
                tracing::error!(%error, "the store failed");
                Self::internal()
            }
        }
    }
}

/// A fault of the photo store.
#[expect(
    clippy::needless_pass_by_value,
    reason = "its callers map errors with it"
)]
pub(super) fn disk(error: PhotoStoreError) -> Refusal {
    tracing::error!(%error, "the photo store failed");
    Refusal::new(
        ErrorCode::Unavailable,
        words(
            "照片库暂时不可用，请稍后再试。",
            "The photo store is not available; try again later.",
        ),
    )
    .retry_after_s(BUSY_RETRY_S)
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(self.answer)).into_response();
        if let Some(seconds) = self.retry_after_s {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            let challenge = HeaderValue::from_static("Bearer");
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, challenge);
        }
        response
    }
}
