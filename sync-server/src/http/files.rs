//! Uploads by tus 1.0.0: core, creation, creation-with-upload, checksum, expiration, termination.
//!
//! Bytes go to the spool as they come; an offset is told only when the bytes below it are durable.
//! The newest request of an upload wins over a half-open one. `tests/tests/tus.rs` is the table of
//! what is answered to what.

mod headers;
mod receiving;
mod turns;

use super::auth::OnDevice;
use super::error::{Answer, Refusal, disk};
use super::extract::Part;
use super::{App, new_id};
use crate::service::photos::{self, Wanted};
use crate::service::{Fault, words};
use crate::store::uploads::UploadRow;
use axum::body::{Body, HttpBody};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, header};
use axum::response::{IntoResponse, Response};
use headers::Checksum;
pub(super) use headers::{TUS_RESUMABLE, TUS_VERSION, TUS_VERSIONS};
pub(super) use receiving::spool_whole;
use shared::id::DeviceId;
use shared::report::PHOTO_BYTES_LIMIT;
use shared::wire::error::{ErrorAnswer, ErrorCode};
pub(super) use turns::Turns;
use uuid::Uuid;

/// Where uploads live.
pub(super) const PLACE: &str = "/v1/files";
/// For clients whose surroundings know neither PATCH nor DELETE.
const METHOD_OVERRIDE: HeaderName = HeaderName::from_static("x-http-method-override");
/// Seconds after which a device over its quota may have finished something.
const QUOTA_RETRY_S: u32 = 60;

/// Takes the method that an upload's request names in its header for the one it has.
pub(super) fn with_named_method<B>(mut request: Request<B>) -> Request<B> {
    let named = request.headers().get(METHOD_OVERRIDE);
    let named = named.and_then(|name| Method::from_bytes(name.as_bytes()).ok());
    if let Some(method) = named
        && request.uri().path().starts_with(PLACE)
    {
        *request.method_mut() = method;
    }
    request
}

/// What this server can do.
#[utoipa::path(options, path = "/v1/files", tag = "photos", responses((status = 204)))]
pub(super) async fn options() -> Response {
    let size = PHOTO_BYTES_LIMIT.to_string();
    let headers = [
        ("tus-version", TUS_VERSION),
        ("tus-extension", headers::EXTENSIONS),
        ("tus-checksum-algorithm", headers::CHECKSUMS),
        ("tus-max-size", &size),
    ];
    (StatusCode::NO_CONTENT, headers).into_response()
}

/// Begin an upload of a photo that a report announced, or find the one to go on with; a body is
/// its first bytes.
#[utoipa::path(post, path = "/v1/files", tag = "photos",
    params(("tus-resumable" = String, Header), ("upload-length" = u64, Header),
        ("upload-metadata" = String, Header, description = "sha256 and filetype, base64"),
        ("upload-checksum" = Option<String>, Header)),
    request_body(content = Vec<u8>, content_type = "application/offset+octet-stream"),
    responses((status = 201), (status = 403, body = ErrorAnswer), (status = 412, body = ErrorAnswer),
        (status = 413, body = ErrorAnswer), (status = 415, body = ErrorAnswer),
        (status = 422, body = ErrorAnswer), (status = 429, body = ErrorAnswer),
        (status = 460, body = ErrorAnswer)))]
pub(super) async fn create(
    State(app): State<App>,
    OnDevice(_session, device): OnDevice,
    headers: HeaderMap,
    body: Body,
) -> Answer<Response> {
    headers::check_version(&headers)?;
    let length = headers::length(&headers)?;
    let (hash, metadata) = headers::metadata(&headers)?;
    let checksum = Checksum::of(&headers)?;
    let brings_bytes = headers::is_bytes(&headers)?;
    if !brings_bytes && !body.is_end_stream() {
        return Err(headers::other_kind());
    }
    let wanted = Wanted {
        hash,
        length,
        device,
        metadata,
    };
    let mut upload = begin(&app, wanted).await?;
    // One that is found again stands where it stands: its client reads the offset and goes on.
    if brings_bytes && upload.offset == 0 {
        let turn = app.turns().take(upload.id).await;
        upload = receiving::take_in(app, upload, body, checksum, turn).await?;
    }
    let mut headers = headers::progress(&upload);
    let place = format!("{PLACE}/{}", upload.id);
    if let Ok(value) = HeaderValue::from_str(&place) {
        headers.insert(header::LOCATION, value);
    }
    Ok((StatusCode::CREATED, headers).into_response())
}

async fn begin(app: &App, wanted: Wanted) -> Answer<UploadRow> {
    let (id, now) = (new_id(), app.now());
    let code = app.district().code.clone();
    let begun = app
        .store()
        .write(&code, move |tx| photos::begin(tx, &wanted, id, now))
        .await;
    let (upload, forgotten) = begun.map_err(|fault| match fault {
        Fault::Forbidden => Refusal::new(
            ErrorCode::Forbidden,
            words(
                "没有上报提到这张照片，请先发送文字。",
                "No report announced this photo; send the text first.",
            ),
        ),
        Fault::NotPossible(words) => {
            Refusal::new(ErrorCode::TooMany, words).retry_after_s(QUOTA_RETRY_S)
        }
        fault => fault.into(),
    })?;
    for id in forgotten {
        app.photos().discard(id).await.map_err(disk)?;
    }
    Ok(upload)
}

/// How much of an upload has arrived. A half-open request of it is cut off and counted first.
#[utoipa::path(head, path = "/v1/files/{id}", tag = "photos",
    params(("id" = String, Path), ("tus-resumable" = String, Header)),
    responses((status = 200), (status = 404), (status = 410), (status = 412)))]
pub(super) async fn head(
    State(app): State<App>,
    OnDevice(_session, device): OnDevice,
    Part(id): Part<Uuid>,
    headers: HeaderMap,
) -> Answer<Response> {
    headers::check_version(&headers)?;
    find(&app, device, id).await?;
    let _turn = app.turns().take(id).await;
    let upload = find(&app, device, id).await?;
    if upload.offset == upload.length {
        // The server may have gone down between the last byte and the arrival.
        receiving::arrive(&app, &upload, None).await?;
    }
    Ok((StatusCode::OK, headers::description(&upload)).into_response())
}

/// Add bytes at the offset.
#[utoipa::path(patch, path = "/v1/files/{id}", tag = "photos",
    params(("id" = String, Path), ("tus-resumable" = String, Header),
        ("upload-offset" = u64, Header), ("upload-checksum" = Option<String>, Header)),
    request_body(content = Vec<u8>, content_type = "application/offset+octet-stream"),
    responses((status = 204), (status = 404, body = ErrorAnswer), (status = 409, body = ErrorAnswer),
        (status = 410, body = ErrorAnswer), (status = 412, body = ErrorAnswer),
        (status = 413, body = ErrorAnswer), (status = 415, body = ErrorAnswer),
        (status = 460, body = ErrorAnswer)))]
pub(super) async fn append(
    State(app): State<App>,
    OnDevice(_session, device): OnDevice,
    Part(id): Part<Uuid>,
    headers: HeaderMap,
    body: Body,
) -> Answer<Response> {
    headers::check_version(&headers)?;
    if !headers::is_bytes(&headers)? {
        return Err(headers::other_kind());
    }
    let claimed = headers::offset(&headers)?;
    let checksum = Checksum::of(&headers)?;
    find(&app, device, id).await?;
    let turn = app.turns().take(id).await;
    let upload = find(&app, device, id).await?;
    if i64::try_from(claimed) != Ok(upload.offset) {
        return Err(elsewhere());
    }
    let upload = receiving::take_in(app, upload, body, checksum, turn).await?;
    Ok((StatusCode::NO_CONTENT, headers::progress(&upload)).into_response())
}

/// Give an upload up. A photo that has arrived stays.
#[utoipa::path(delete, path = "/v1/files/{id}", tag = "photos",
    params(("id" = String, Path), ("tus-resumable" = String, Header)),
    responses((status = 204), (status = 404, body = ErrorAnswer), (status = 412, body = ErrorAnswer)))]
pub(super) async fn terminate(
    State(app): State<App>,
    OnDevice(_session, device): OnDevice,
    Part(id): Part<Uuid>,
    headers: HeaderMap,
) -> Answer<StatusCode> {
    headers::check_version(&headers)?;
    find(&app, device, id).await?;
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

fn elsewhere() -> Refusal {
    let said = words(
        "断点不一致，请先查询。",
        "The upload stands at another offset; ask first.",
    );
    Refusal::new(ErrorCode::Offset, said)
}
