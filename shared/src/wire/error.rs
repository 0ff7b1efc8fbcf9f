//! The one shape of an error answer. Callers choose by `code`, never by the text.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What went wrong, for a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// 400: the request could not be read.
    Malformed,
    /// 401: sign in or enrol again; nothing on the device is touched.
    Unauthenticated,
    /// 403: not allowed to this role or area.
    Forbidden,
    /// 404: there is no such thing, or not for you.
    NotFound,
    /// 409: somebody moved it in between; the answer carries the present state.
    Stale,
    /// 409: the move is not possible from this state or lacks a fact.
    NotPossible,
    /// 409: the upload stands at another offset.
    Offset,
    /// 410: the upload or code has expired.
    Gone,
    /// 413: smaller pieces, please.
    TooLarge,
    /// 415: not a media type or content this takes.
    Unsupported,
    /// 422: understood, but a field is not acceptable.
    Invalid,
    /// 429: too often; see `Retry-After`.
    TooMany,
    /// 460: the bytes don't fit their checksum; send them again.
    Checksum,
    /// 500: our fault.
    Internal,
    /// 503: busy or stopping; see `Retry-After`.
    Unavailable,
    /// Something a later version says.
    #[serde(other)]
    Other,
}

/// An error answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ErrorAnswer {
    /// What went wrong, for a program.
    pub code: ErrorCode,
    /// What went wrong and what to do, in Chinese, for a person.
    pub words: String,
    /// The same in English.
    #[serde(default)]
    pub words_en: String,
    /// Which field of the request, if one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
}
