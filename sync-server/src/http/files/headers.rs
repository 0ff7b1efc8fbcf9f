//! What the headers of tus 1.0.0 say, read strictly: each at most once, in the shape of the
//! specification. `tests/tests/tus.rs` is the table of what is taken.

use super::{Answer, Refusal};
use crate::service::words;
use crate::store::uploads::UploadRow;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use sha2::digest::DynDigest;
use shared::id::Sha256;
use shared::report::PHOTO_BYTES_LIMIT;
use shared::wire::error::ErrorCode;

/// The version of tus that is spoken.
pub(in crate::http) const TUS_VERSION: &str = "1.0.0";
/// Name of its header.
pub(in crate::http) const TUS_RESUMABLE: HeaderName = HeaderName::from_static("tus-resumable");
/// The header that names the versions spoken, in the answer to another one.
pub(in crate::http) const TUS_VERSIONS: HeaderName = HeaderName::from_static("tus-version");
/// What is spoken beyond the core of tus.
pub(super) const EXTENSIONS: &str = "creation,creation-with-upload,checksum,expiration,termination";
/// The hashes that a request's bytes may be checked by.
pub(super) const CHECKSUMS: &str = "sha1,sha256,md5";
const UPLOAD_OFFSET: HeaderName = HeaderName::from_static("upload-offset");
const UPLOAD_LENGTH: HeaderName = HeaderName::from_static("upload-length");
const UPLOAD_DEFER_LENGTH: HeaderName = HeaderName::from_static("upload-defer-length");
const UPLOAD_METADATA: HeaderName = HeaderName::from_static("upload-metadata");
const UPLOAD_EXPIRES: HeaderName = HeaderName::from_static("upload-expires");
const UPLOAD_CHECKSUM: HeaderName = HeaderName::from_static("upload-checksum");
const OFFSET_TYPE: &str = "application/offset+octet-stream";
/// Bytes of the metadata that are kept for the client: a hash, a type, a file's name.
const METADATA_BYTES_MAX: usize = 1024;

/// Standard base64, with or without padding.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The one value of a header, if it is there.
fn one<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Answer<Option<&'a str>> {
    let mut values = headers.get_all(name).iter();
    let value = values.next().map(HeaderValue::to_str).transpose();
    match (value, values.next()) {
        (Ok(value), None) => Ok(value),
        _ => Err(unreadable(name)),
    }
}

fn unreadable(name: &HeaderName) -> Refusal {
    Refusal::malformed(name.as_str()).field(name.as_str())
}

fn number(headers: &HeaderMap, name: &HeaderName) -> Answer<u64> {
    one(headers, name)?
        .filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| unreadable(name))
}

/// Any version but ours is refused, and so is none.
pub(super) fn check_version(headers: &HeaderMap) -> Answer<()> {
    if one(headers, &TUS_RESUMABLE)? == Some(TUS_VERSION) {
        return Ok(());
    }
    let said = words("只支持 tus 1.0.0。", "Only tus 1.0.0 is spoken.");
    Err(Refusal::new(ErrorCode::Malformed, said).status(StatusCode::PRECONDITION_FAILED))
}

/// The size of a new upload. It can't be deferred: the report has announced it.
pub(super) fn length(headers: &HeaderMap) -> Answer<u64> {
    if one(headers, &UPLOAD_DEFER_LENGTH)?.is_some() {
        return Err(unreadable(&UPLOAD_DEFER_LENGTH));
    }
    let length = number(headers, &UPLOAD_LENGTH)?;
    if length > PHOTO_BYTES_LIMIT {
        return Err(Refusal::too_large());
    }
    Ok(length)
}

/// Where a request's bytes begin.
pub(super) fn offset(headers: &HeaderMap) -> Answer<u64> {
    number(headers, &UPLOAD_OFFSET)
}

/// Whether the body is bytes of an upload.
pub(super) fn is_bytes(headers: &HeaderMap) -> Answer<bool> {
    let kind = one(headers, &header::CONTENT_TYPE)?;
    Ok(kind.is_some_and(|kind| kind.eq_ignore_ascii_case(OFFSET_TYPE)))
}

/// A body of another kind.
pub(super) fn other_kind() -> Refusal {
    let takes = words(
        "请用 application/offset+octet-stream。",
        "Send application/offset+octet-stream.",
    );
    Refusal::new(ErrorCode::Unsupported, takes)
}

/// `name base64,name base64`, names unique: the photo's hash, and the whole as it was said.
pub(super) fn metadata(headers: &HeaderMap) -> Answer<(Sha256, String)> {
    let bad = || unreadable(&UPLOAD_METADATA);
    let text = one(headers, &UPLOAD_METADATA)?.ok_or_else(bad)?;
    if text.len() > METADATA_BYTES_MAX {
        return Err(bad());
    }
    let mut seen: Vec<(&str, Vec<u8>)> = Vec::new();
    for pair in text.split(',') {
        let (name, value) = pair.trim().split_once(' ').unwrap_or((pair.trim(), ""));
        let value = BASE64.decode(value).map_err(|_| bad())?;
        if name.is_empty() || seen.iter().any(|(other, _)| *other == name) {
            return Err(bad());
        }
        seen.push((name, value));
    }
    let hash = seen.into_iter().find(|(name, _)| *name == "sha256");
    let hash = hash.and_then(|(_, value)| String::from_utf8(value).ok());
    let hash = hash.and_then(|text| text.parse().ok());
    let hash = hash.ok_or_else(|| Refusal::malformed("upload-metadata: sha256").field("sha256"))?;
    Ok((hash, text.to_owned()))
}

/// What the bytes of one request must hash to.
pub(super) struct Checksum {
    hasher: Box<dyn DynDigest + Send>,
    wanted: Vec<u8>,
}

impl Checksum {
    /// `sha1 base64`, if the request has it.
    pub(super) fn of(headers: &HeaderMap) -> Answer<Option<Self>> {
        let Some(text) = one(headers, &UPLOAD_CHECKSUM)? else {
            return Ok(None);
        };
        let bad = || unreadable(&UPLOAD_CHECKSUM);
        let (name, value) = text.split_once(' ').ok_or_else(bad)?;
        let hasher: Box<dyn DynDigest + Send> = match name {
            "sha1" => Box::new(sha1::Sha1::default()),
            "sha256" => Box::new(sha2::Sha256::default()),
            "md5" => Box::new(md5::Md5::default()),
            _ => return Err(bad()),
        };
        let wanted = BASE64.decode(value).map_err(|_| bad())?;
        if wanted.len() != hasher.output_size() {
            return Err(bad());
        }
        Ok(Some(Self { hasher, wanted }))
    }

    /// Takes in the next bytes.
    pub(super) fn update(&mut self, bytes: &[u8]) {
        self.hasher.update(bytes);
    }

    /// Whether they were what was announced.
    pub(super) fn fits(self) -> bool {
        *self.hasher.finalize() == *self.wanted
    }
}

/// Where an upload stands, for the headers of an answer.
pub(super) fn progress(upload: &UploadRow) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let mut put = |name, text: String| {
        if let Ok(value) = HeaderValue::from_str(&text) {
            headers.insert(name, value);
        }
    };
    put(UPLOAD_OFFSET, upload.offset.to_string());
    put(UPLOAD_LENGTH, upload.length.to_string());
    let expires = chrono::DateTime::from_timestamp_millis(upload.expires.0);
    if let Some(at) = expires {
        put(
            UPLOAD_EXPIRES,
            at.format("%a, %d %b %Y %H:%M:%S GMT").to_string(),
        );
    }
    headers
}

/// The same with what the client said of the upload.
pub(super) fn description(upload: &UploadRow) -> HeaderMap {
    let mut headers = progress(upload);
    if let Ok(value) = HeaderValue::from_str(&upload.metadata)
        && !upload.metadata.is_empty()
    {
        headers.insert(UPLOAD_METADATA, value);
    }
    headers
}
