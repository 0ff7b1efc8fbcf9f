//! A photo of how it is now, from whoever works on the case.
//!
//! The body goes to the spool as it comes, is looked at, and is kept without what the camera wrote
//! beside the picture: it may hold where somebody lives. Tests: `tests/tests/after_photos.rs`.

use super::auth::SignedIn;
use super::error::{Answer, Refusal, disk};
use super::extract::Part;
use super::files::spool_whole;
use super::{App, new_id};
use crate::photo_store::Finished;
use crate::service::cases;
use crate::service::photos::header::{HEAD_BYTES, Header, NotAPhoto, read as read_header};
use crate::service::words;
use axum::Json;
use axum::body::{Body, HttpBody};
use axum::extract::{Request, State};
use axum::http::Method;
use shared::id::{CaseId, EventId};
use shared::report::{PHOTO_BYTES_LIMIT, PhotoRef, PhotoRole};
use shared::wire::console::CaseDetail;
use shared::wire::error::{ErrorAnswer, ErrorCode};
use uuid::Uuid;

/// Whether a request brings a photo: it may take any time, as long as bytes come.
pub(super) fn is_upload(request: &Request) -> bool {
    let path = request.uri().path();
    request.method() == Method::PUT && path.starts_with("/v1/cases/") && path.ends_with("/photos")
}

/// Add a photo of how it is now: one JPEG or PNG. Safe to repeat.
#[utoipa::path(put, path = "/v1/cases/{id}/photos", tag = "cases",
    params(("id" = String, Path)),
    request_body(content = Vec<u8>, content_type = "image/jpeg"),
    responses((status = 200, body = CaseDetail), (status = 403, body = ErrorAnswer),
        (status = 404, body = ErrorAnswer), (status = 409, body = ErrorAnswer),
        (status = 413, body = ErrorAnswer), (status = 415, body = ErrorAnswer)))]
pub(super) async fn add(
    State(app): State<App>,
    SignedIn(session): SignedIn,
    Part(id): Part<CaseId>,
    body: Body,
) -> Answer<Json<CaseDetail>> {
    let actor = session.actor.clone();
    app.read(move |tx, district, _| cases::may_add_photo(tx, &actor, district, id))
        .await?;
    // Beside its handler, so that the spool is cleared when the connection breaks.
    let taking = app.clone();
    let photo = tokio::spawn(async move {
        let (upload, plain) = (new_id(), new_id());
        let photo = take(&taking, upload, plain, body).await;
        for file in [upload, plain] {
            taking.photos().discard(file).await.map_err(disk)?;
        }
        photo
    });
    let photo = photo.await.unwrap_or_else(|_| Err(Refusal::internal()))?;
    let (event, hash) = (EventId(new_id()), photo.sha256);
    let detail = app
        .write(move |tx, district, now| {
            cases::add_photo(tx, &session.actor, district, id, &photo, event, now)
        })
        .await?;
    tracing::info!(case.id = %id, photo = %hash, "a photo was added to a case");
    Ok(Json(detail))
}

/// Takes a photo into the store; what is left in the spool is the caller's to drop.
async fn take(app: &App, upload: Uuid, plain: Uuid, body: Body) -> Answer<PhotoRef> {
    if body.size_hint().lower() > PHOTO_BYTES_LIMIT {
        return Err(too_large());
    }
    let original = spool_whole(app, upload, body, PHOTO_BYTES_LIMIT, too_large).await?;
    let head = app.photos().spooled_head(upload, HEAD_BYTES).await;
    let head = head.map_err(disk)?.unwrap_or_default();
    let header = read_header(&head).map_err(not_taken)?;
    if !["image/jpeg", "image/png"].contains(&header.mime) {
        return Err(not_taken(NotAPhoto::Kind));
    }
    let made = app.photos().make_plain(upload, plain).await;
    let made = made.map_err(disk)?;
    let made = made.ok_or_else(|| not_taken(NotAPhoto::Header))?;
    let finished = app.photos().finish(plain, made.hash, Some(made.hash)).await;
    if finished.map_err(disk)? != Finished::Kept {
        tracing::error!(photo = %made.hash, "a photo was lost on its way from the spool");
        return Err(Refusal::internal());
    }
    let Header {
        mime,
        width,
        height,
    } = header;
    let (width, height) = if made.lies {
        (height, width)
    } else {
        (width, height)
    };
    Ok(PhotoRef {
        sha256: made.hash,
        bytes: made.bytes,
        mime: mime.to_owned(),
        role: PhotoRole::After,
        width,
        height,
        original_sha256: original,
        preview: None,
        phash: None,
    })
}

fn too_large() -> Refusal {
    let said = words(
        "照片超过20兆字节，请换一张或调低分辨率后再传。",
        "The photo is larger than 20 MB. Choose another one or a lower resolution.",
    );
    Refusal::new(ErrorCode::TooLarge, said)
}

fn not_taken(problem: NotAPhoto) -> Refusal {
    let said = match problem {
        NotAPhoto::Kind => words(
            "只收JPEG或PNG照片，请换一张。",
            "Only a JPEG or PNG photo is taken. Choose another one.",
        ),
        NotAPhoto::Header => words(
            "照片无法读取，可能已损坏。请重拍或换一张。",
            "The photo can't be read and may be damaged. Take it again or choose another one.",
        ),
        NotAPhoto::Pixels => words(
            "照片像素太大，请调低分辨率后再传。",
            "The photo has too many pixels. Choose a lower resolution.",
        ),
    };
    Refusal::new(ErrorCode::Unsupported, said)
}
