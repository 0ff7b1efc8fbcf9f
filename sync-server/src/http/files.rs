//! Uploads in the shape of tus 1.0: creation, resuming by offset, termination, expiration.
//!
//! Bytes go to the spool as they come, at most one piece of them in memory; an offset is told only
//! when the bytes below it are durable. The newest request of an upload wins over a half-open one.

mod turns;

use super::auth::OnDevice;
use super::error::{Answer, Refusal, disk};
use super::extract::Part;
use super::{App, new_id};
use crate::photo_store::{Finished, PhotoStoreError};
use crate::service::photos::header::{HEAD_BYTES, NotAPhoto, read as read_header};
use crate::service::photos::{self, Wanted};
use crate::service::words;
use crate::store::uploads::UploadRow;
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use shared::id::{DeviceId, Sha256};
use shared::report::PHOTO_BYTES_LIMIT;
use shared::wire::error::{ErrorAnswer, ErrorCode};
use std::pin::Pin;
pub(super) use turns::Turns;
use uuid::Uuid;

/// The version of tus that is spoken.
pub(super) const TUS_VERSION: &str = "1.0.0";
/// Name of its header.
pub(super) const TUS_RESUMABLE: HeaderName = HeaderName::from_static("tus-resumable");
const UPLOAD_OFFSET: HeaderName = HeaderName::from_static("upload-offset");
const UPLOAD_LENGTH: HeaderName = HeaderName::from_static("upload-length");
const UPLOAD_METADATA: &str = "upload-metadata";
const UPLOAD_EXPIRES: HeaderName = HeaderName::from_static("upload-expires");
const OFFSET_TYPE: &str = "application/offset+octet-stream";
/// Bytes that are in memory before they go to the spool.
const PIECE_BYTES: usize = 256 * 1024;

/// What this server can do.
#[utoipa::path(options, path = "/v1/files", tag = "photos", responses((status = 204)))]
pub(super) async fn options() -> Response {
    let size = PHOTO_BYTES_LIMIT.to_string();
    let headers = [
        ("tus-version", TUS_VERSION),
        ("tus-extension", "creation,termination,expiration"),
        ("tus-max-size", &size),
    ];
    (StatusCode::NO_CONTENT, headers).into_response()
}

/// Begin an upload of a photo that a report announced, or find the one to go on with.
#[utoipa::path(post, path = "/v1/files", tag = "photos",
    params(("upload-length" = u64, Header), ("upload-metadata" = String, Header, description = "sha256 and filetype, base64")),
    responses((status = 201), (status = 403, body = ErrorAnswer), (status = 413, body = ErrorAnswer),
        (status = 422, body = ErrorAnswer)))]
pub(super) async fn create(
    State(app): State<App>,
    OnDevice(_session, device): OnDevice,
    headers: HeaderMap,
) -> Answer<Response> {
    check_version(&headers)?;
    let length: u64 = number(&headers, &UPLOAD_LENGTH)?;
    if length > PHOTO_BYTES_LIMIT {
        return Err(Refusal::too_large());
    }
    let metadata = headers
        .get(UPLOAD_METADATA)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let hash: Sha256 = metadata_value(metadata, "sha256")
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| Refusal::malformed("upload-metadata: sha256").field("sha256"))?;
    let now = app.now();
    let wanted = Wanted {
        hash,
        length,
        device,
    };
    let id = new_id();
    let code = app.district().code.clone();
    let begun = app
        .store()
        .write(&code, move |tx| photos::begin(tx, &wanted, id, now))
        .await;
    let (upload, forgotten) = begun.map_err(|fault| match fault {
        crate::service::Fault::Forbidden => Refusal::new(
            ErrorCode::Forbidden,
            words(
                "没有上报提到这张照片，请先发送文字。",
                "No report announced this photo; send the text first.",
            ),
        ),
        crate::service::Fault::NotPossible(words) => Refusal::new(ErrorCode::TooMany, words),
        fault => fault.into(),
    })?;
    for id in forgotten {
        app.photos().discard(id).await.map_err(disk)?;
    }
    let mut headers = progress(&upload);
    let place = format!("/v1/files/{}", upload.id);
    if let Ok(value) = HeaderValue::from_str(&place) {
        headers.insert(header::LOCATION, value);
    }
    Ok((StatusCode::CREATED, headers).into_response())
}

/// How much of an upload has arrived.
#[utoipa::path(head, path = "/v1/files/{id}", tag = "photos", params(("id" = String, Path)),
    responses((status = 200), (status = 404), (status = 410)))]
pub(super) async fn head(
    State(app): State<App>,
    OnDevice(_session, device): OnDevice,
    Part(id): Part<Uuid>,
) -> Answer<Response> {
    let upload = find(&app, device, id).await?;
    let headers = progress(&upload);
    if upload.offset == upload.length {
        // The server went down between the last byte and the arrival.
        let _turn = app.turns().take(id).await;
        arrive(&app, &upload).await?;
    }
    Ok((StatusCode::OK, headers).into_response())
}

/// Add bytes at the offset.
#[utoipa::path(patch, path = "/v1/files/{id}", tag = "photos",
    params(("id" = String, Path), ("upload-offset" = u64, Header)),
    request_body(content = Vec<u8>, content_type = "application/offset+octet-stream"),
    responses((status = 204), (status = 404, body = ErrorAnswer), (status = 409, body = ErrorAnswer),
        (status = 410, body = ErrorAnswer), (status = 413, body = ErrorAnswer),
        (status = 415, body = ErrorAnswer), (status = 460, body = ErrorAnswer)))]
pub(super) async fn append(
    State(app): State<App>,
    OnDevice(_session, device): OnDevice,
    Part(id): Part<Uuid>,
    headers: HeaderMap,
    body: Body,
) -> Answer<Response> {
    check_version(&headers)?;
    let kind = headers.get(header::CONTENT_TYPE);
    if kind.is_none_or(|kind| kind.as_bytes() != OFFSET_TYPE.as_bytes()) {
        let takes = words(
            "请用 application/offset+octet-stream。",
            "Send application/offset+octet-stream.",
        );
        return Err(Refusal::new(ErrorCode::Unsupported, takes));
    }
    let claimed: u64 = number(&headers, &UPLOAD_OFFSET)?;
    let turn = app.turns().take(id).await;
    let mut upload = find(&app, device, id).await?;
    let from = u64::try_from(upload.offset).unwrap_or(0);
    if claimed != from {
        return Err(Refusal::new(
            ErrorCode::Offset,
            words(
                "断点不一致，请先查询。",
                "The upload stands at another offset; ask first.",
            ),
        ));
    }
    let length = u64::try_from(upload.length).unwrap_or(0);
    let received = receive(&app, id, from, length, body, &turn).await;
    let (reached, broken) = match received {
        Ok(reached) => (reached, None),
        Err((reached, refusal)) => (reached, Some(refusal)),
    };
    if reached > from {
        let reached = i64::try_from(reached).unwrap_or(i64::MAX);
        let (seen, code) = (upload.offset, app.district().code.clone());
        let moved = app
            .store()
            .write(&code, move |tx| photos::advance(tx, id, seen, reached))
            .await?;
        if !moved {
            return Err(Refusal::new(
                ErrorCode::Offset,
                words(
                    "断点不一致，请先查询。",
                    "The upload stands at another offset; ask first.",
                ),
            ));
        }
        upload.offset = reached;
    }
    if let Some(refusal) = broken {
        return Err(refusal);
    }
    if upload.offset == upload.length {
        arrive(&app, &upload).await?;
    }
    Ok((StatusCode::NO_CONTENT, progress(&upload)).into_response())
}

/// Give an upload up.
#[utoipa::path(delete, path = "/v1/files/{id}", tag = "photos", params(("id" = String, Path)),
    responses((status = 204), (status = 404, body = ErrorAnswer)))]
pub(super) async fn terminate(
    State(app): State<App>,
    OnDevice(_session, device): OnDevice,
    Part(id): Part<Uuid>,
) -> Answer<StatusCode> {
    let _turn = app.turns().take(id).await;
    find(&app, device, id).await?;
    drop_upload(&app, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn find(app: &App, device: DeviceId, id: Uuid) -> Answer<UploadRow> {
    let now = app.now();
    let found = app
        .store()
        .read(move |tx| photos::upload(tx, device, id, now));
    Ok(found.await?)
}

async fn drop_upload(app: &App, id: Uuid) -> Answer<()> {
    let code = app.district().code.clone();
    app.store()
        .write(&code, move |tx| photos::forget(tx, id))
        .await?;
    app.photos().discard(id).await.map_err(disk)
}

/// Writes a body to the spool piece by piece; how far it came, and what broke it off.
async fn receive(
    app: &App,
    id: Uuid,
    from: u64,
    length: u64,
    mut body: Body,
    turn: &turns::Turn,
) -> Result<u64, (u64, Refusal)> {
    let mut reached = from;
    let mut piece: Vec<u8> = Vec::new();
    loop {
        let frame = tokio::select! {
            frame = next_bytes(&mut body) => frame,
            () = turn.is_over() => {
                return Err((reached, Refusal::new(ErrorCode::Offset, words(
                    "同一上传有新的请求，本次作废。",
                    "A newer request of this upload took over.",
                ))));
            }
        };
        let (bytes, ended, broken) = match frame {
            Ok(Some(bytes)) => (bytes, false, false),
            Ok(None) => (Bytes::new(), true, false),
            Err(()) => (Bytes::new(), true, true),
        };
        let pending = u64::try_from(piece.len().saturating_add(bytes.len())).unwrap_or(u64::MAX);
        if reached.saturating_add(pending) > length {
            return Err((reached, Refusal::too_large()));
        }
        piece.extend_from_slice(&bytes);
        if piece.len() >= PIECE_BYTES || ended && !piece.is_empty() {
            let chunk = Bytes::from(std::mem::take(&mut piece));
            match app.photos().append(id, reached, chunk).await {
                Ok(at) => reached = at,
                Err(error) => return Err((reached, spool_failed(&error))),
            }
        }
        if broken {
            return Err((reached, Refusal::malformed("the body broke off")));
        }
        if ended {
            return Ok(reached);
        }
    }
}

async fn next_bytes(body: &mut Body) -> Result<Option<Bytes>, ()> {
    loop {
        let frame = std::future::poll_fn(|context| Pin::new(&mut *body).poll_frame(context)).await;
        match frame {
            None => return Ok(None),
            Some(Err(_)) => return Err(()),
            // Trailers say nothing here.
            Some(Ok(frame)) => {
                if let Ok(bytes) = frame.into_data() {
                    return Ok(Some(bytes));
                }
            }
        }
    }
}

/// The spool lost what the database says it had: the upload can't go on.
fn spool_failed(error: &PhotoStoreError) -> Refusal {
    match error {
        PhotoStoreError::Gap { .. } => {
            tracing::error!(%error, "the spool has less than was told");
            Refusal::new(
                ErrorCode::Gone,
                words(
                    "上传已失效，会重新开始。",
                    "The upload is gone; start anew.",
                ),
            )
        }
        _ => {
            tracing::error!(%error, "could not keep bytes of a photo");
            Refusal::new(
                ErrorCode::Unavailable,
                words(
                    "服务器暂时存不下照片，请稍后再试。",
                    "The server can't keep photos now.",
                ),
            )
            .retry_after_s(30)
        }
    }
}

/// All bytes are here: looked at, hashed, kept, counted. Safe to repeat.
async fn arrive(app: &App, upload: &UploadRow) -> Answer<()> {
    let (id, hash) = (upload.id, upload.hash);
    let head = app
        .photos()
        .spooled_head(id, HEAD_BYTES)
        .await
        .map_err(disk)?;
    // After a crash the bytes may be in the store already, which only took what was checked.
    if let Some(head) = head
        && let Err(problem) = read_header(&head)
    {
        drop_upload(app, id).await?;
        tracing::warn!(photo = %hash, %problem, "an upload is no photo");
        return Err(not_a_photo(problem));
    }
    let finished = app.photos().finish(id, hash).await.map_err(disk)?;
    if finished == Finished::WrongHash {
        drop_upload(app, id).await?;
        return Err(Refusal::new(
            ErrorCode::Checksum,
            words(
                "照片在途中损坏，会重新发送。",
                "The photo was damaged on its way; it is sent anew.",
            ),
        ));
    }
    let now = app.now();
    let district = app.district().clone();
    let code = district.code.clone();
    app.store()
        .write(&code, move |tx| {
            photos::arrived(tx, &district, id, hash, now)
        })
        .await?;
    tracing::info!(photo = %hash, "a photo arrived");
    Ok(())
}

fn not_a_photo(problem: NotAPhoto) -> Refusal {
    let said = match problem {
        NotAPhoto::Pixels => words("照片像素太大，不能接收。", "The photo has too many pixels."),
        NotAPhoto::Kind | NotAPhoto::Header => words(
            "这不是照片文件，或已损坏。",
            "This is not a photo, or it is damaged.",
        ),
    };
    Refusal::new(ErrorCode::Unsupported, said)
}

fn progress(upload: &UploadRow) -> HeaderMap {
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

/// Another version is refused; none named is taken as ours.
fn check_version(headers: &HeaderMap) -> Answer<()> {
    match headers.get(TUS_RESUMABLE) {
        Some(version) if version.as_bytes() != TUS_VERSION.as_bytes() => {
            Err(Refusal::malformed("tus-resumable").status(StatusCode::PRECONDITION_FAILED))
        }
        _ => Ok(()),
    }
}

fn number(headers: &HeaderMap, name: &HeaderName) -> Answer<u64> {
    let text = headers.get(name).and_then(|value| value.to_str().ok());
    text.and_then(|text| text.parse().ok())
        .ok_or_else(|| Refusal::malformed(name.as_str()).field(name.as_str()))
}

/// One value of `name base64,name base64`.
fn metadata_value(metadata: &str, name: &str) -> Option<String> {
    let pairs = metadata
        .split(',')
        .filter_map(|pair| pair.trim().split_once(' '));
    let (_, value) = pairs.into_iter().find(|(key, _)| *key == name)?;
    String::from_utf8(base64(value.trim())?).ok()
}

/// Standard base64, with or without padding.
fn base64(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() * 3 / 4);
    let (mut bits, mut count) = (0_u32, 0_u32);
    for c in text.trim_end_matches('=').bytes() {
        let value = match c {
            b'A'..=b'Z' => c - b'A',
            b'a'..=b'z' => c - b'a' + 26,
            b'0'..=b'9' => c - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = (bits << 6 | u32::from(value)) & 0xff_ffff;
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from(bits >> count & 0xff).ok()?);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_is_read_as_tus_writes_it() {
        let metadata = "sha256 OWY4NmQwODE=, filetype aW1hZ2UvanBlZw==,empty";
        assert_eq!(
            metadata_value(metadata, "sha256").as_deref(),
            Some("9f86d081")
        );
        assert_eq!(
            metadata_value(metadata, "filetype").as_deref(),
            Some("image/jpeg")
        );
        assert_eq!(metadata_value(metadata, "name"), None);
        assert_eq!(metadata_value("sha256 !!", "sha256"), None);
    }
}
