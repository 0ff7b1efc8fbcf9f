//! A body on its way into the spool, and what its last byte sets off.
//!
//! At most one piece of a body is in memory. An upload is taken in beside its handler, so that what
//! was received counts even when the connection breaks and the handler is dropped with it.

use super::super::error::disk;
use super::headers::Checksum;
use super::turns::Turn;
use super::{Answer, App, Refusal, drop_upload};
use crate::photo_store::{Finished, Growing, PhotoStoreError};
use crate::service::photos::header::{HEAD_BYTES, NotAPhoto, read as read_header};
use crate::service::{photos, words};
use crate::store::uploads::UploadRow;
use axum::body::{Body, Bytes, HttpBody};
use shared::id::Sha256;
use shared::wire::error::ErrorCode;
use std::pin::Pin;
use std::time::Duration;
use uuid::Uuid;

/// Bytes that are in memory before they go to the spool.
const PIECE_BYTES: usize = 256 * 1024;
/// A body that brings nothing for so long is given up; what it brought counts.
const SILENCE_MAX: Duration = Duration::from_secs(60);
/// Seconds after which a full disk may have been seen to.
const DISK_RETRY_S: u32 = 30;

/// Adds a body to an upload at its offset, and keeps the photo when it is whole. Goes on to its
/// end when the request that brought it is dropped.
pub(super) async fn take_in(
    app: App,
    upload: UploadRow,
    body: Body,
    checksum: Option<Checksum>,
    turn: Turn,
) -> Answer<UploadRow> {
    let work = tokio::spawn(async move { work(&app, upload, body, checksum, &turn).await });
    work.await.unwrap_or_else(|_| Err(Refusal::internal()))
}

async fn work(
    app: &App,
    mut upload: UploadRow,
    body: Body,
    checksum: Option<Checksum>,
    turn: &Turn,
) -> Answer<UploadRow> {
    let (id, from) = (upload.id, upload.offset);
    let length = u64::try_from(upload.length).unwrap_or(0);
    let at = u64::try_from(from).unwrap_or(0);
    let announced = body.size_hint().exact().unwrap_or(0);
    if at.saturating_add(announced) > length {
        return Err(Refusal::too_large());
    }
    let growing = match app.photos().grow(id, at).await {
        Ok(growing) => growing,
        Err(error) => return lost(app, &upload, error).await,
    };
    let all_or_nothing = checksum.is_some();
    let (growing, ended) = receive(growing, length, body, checksum, turn)
        .await
        .map_err(|error| spool_failed(&error))?;
    if all_or_nothing {
        ended.clone()?;
    }
    let is_whole = growing.reached() == length;
    let kept = growing.keep(is_whole).await;
    let (reached, seen) = kept.map_err(|error| spool_failed(&error))?;
    if reached == length {
        arrive(app, &upload, seen).await?;
        upload.offset = upload.length;
    } else if reached > at {
        let reached = i64::try_from(reached).unwrap_or(i64::MAX);
        let code = app.district().code.clone();
        let moved = app
            .store()
            .write(&code, move |tx| photos::advance(tx, id, from, reached))
            .await?;
        if !moved {
            return Err(super::elsewhere());
        }
        upload.offset = reached;
    }
    ended.map(|()| upload)
}

/// Writes a body piece by piece: what was written of it, and what broke it off.
async fn receive(
    mut growing: Growing,
    length: u64,
    mut body: Body,
    mut checksum: Option<Checksum>,
    turn: &Turn,
) -> Result<(Growing, Answer<()>), PhotoStoreError> {
    let mut piece = Vec::new();
    let ended = loop {
        let bytes = tokio::select! {
            // What has come already counts, even when somebody waits.
            biased;
            bytes = next_bytes(&mut body) => bytes,
            () = turn.is_over() => Err(taken_over()),
        };
        let bytes = match bytes {
            Ok(Some(bytes)) => bytes,
            Ok(None) => break Ok(()),
            Err(refusal) => break Err(refusal),
        };
        let pending = u64::try_from(piece.len().saturating_add(bytes.len())).unwrap_or(u64::MAX);
        if growing.reached().saturating_add(pending) > length {
            break Err(Refusal::too_large());
        }
        if let Some(checksum) = &mut checksum {
            checksum.update(&bytes);
        }
        piece.extend_from_slice(&bytes);
        if piece.len() >= PIECE_BYTES {
            let full = Bytes::from(std::mem::take(&mut piece));
            growing = growing.write(full).await?;
        }
    };
    let fits = checksum.is_none_or(|checksum| ended.is_err() || checksum.fits());
    let ended = if fits { ended } else { Err(changed()) };
    Ok((growing.write(Bytes::from(piece)).await?, ended))
}

/// Writes a body that comes in one request or not at all into the spool; its hash. With more bytes
/// than `limit` it is `too_large`. What is left in the spool is the caller's to drop.
pub(in crate::http) async fn spool_whole(
    app: &App,
    upload: Uuid,
    mut body: Body,
    limit: u64,
    too_large: fn() -> Refusal,
) -> Answer<Option<Sha256>> {
    let growing = app.photos().grow(upload, 0).await;
    let mut growing = growing.map_err(|error| spool_failed(&error))?;
    let mut piece = Vec::new();
    while let Some(bytes) = next_bytes(&mut body).await? {
        piece.extend_from_slice(&bytes);
        let pending = u64::try_from(piece.len()).unwrap_or(u64::MAX);
        if growing.reached().saturating_add(pending) > limit {
            return Err(too_large());
        }
        if piece.len() >= PIECE_BYTES {
            let full = Bytes::from(std::mem::take(&mut piece));
            let written = growing.write(full).await;
            growing = written.map_err(|error| spool_failed(&error))?;
        }
    }
    let written = growing.write(Bytes::from(piece)).await;
    let growing = written.map_err(|error| spool_failed(&error))?;
    let kept = growing.keep(true).await;
    let kept = kept.map_err(|error| spool_failed(&error))?;
    Ok(kept.1)
}

/// The next bytes of a body, none at its end.
async fn next_bytes(body: &mut Body) -> Answer<Option<Bytes>> {
    loop {
        let frame = std::future::poll_fn(|context| Pin::new(&mut *body).poll_frame(context));
        let frame = tokio::time::timeout(SILENCE_MAX, frame).await;
        match frame {
            Ok(None) => return Ok(None),
            Ok(Some(Err(_))) | Err(_) => return Err(Refusal::malformed("the body broke off")),
            // Trailers say nothing here.
            Ok(Some(Ok(frame))) => {
                if let Ok(bytes) = frame.into_data() {
                    return Ok(Some(bytes));
                }
            }
        }
    }
}

fn taken_over() -> Refusal {
    let said = words(
        "同一上传有新的请求，本次作废。",
        "A newer request of this upload took over.",
    );
    Refusal::new(ErrorCode::Offset, said)
}

fn changed() -> Refusal {
    let said = words(
        "照片在途中损坏，会重新发送。",
        "The photo was damaged on its way; it is sent anew.",
    );
    Refusal::new(ErrorCode::Checksum, said)
}

/// The spool holds less than was told. After a crash the photo may be in the store already.
async fn lost(app: &App, upload: &UploadRow, error: PhotoStoreError) -> Answer<UploadRow> {
    if !matches!(error, PhotoStoreError::Gap { .. }) {
        return Err(spool_failed(&error));
    }
    arrive(app, upload, None).await?;
    let offset = upload.length;
    Ok(UploadRow {
        offset,
        ..upload.clone()
    })
}

fn spool_failed(error: &PhotoStoreError) -> Refusal {
    tracing::error!(%error, "could not keep bytes of a photo");
    let said = words(
        "服务器暂时存不下照片，请稍后再试。",
        "The server can't keep photos now.",
    );
    Refusal::new(ErrorCode::Unavailable, said).retry_after_s(DISK_RETRY_S)
}

/// All bytes are here: looked at, hashed (unless `seen` says what they hash to), kept, counted.
/// Safe to repeat.
pub(super) async fn arrive(app: &App, upload: &UploadRow, seen: Option<Sha256>) -> Answer<()> {
    let (id, hash) = (upload.id, upload.hash);
    let head = app.photos().spooled_head(id, HEAD_BYTES).await;
    // After a crash the bytes may be in the store already, which only took what was checked.
    if let Some(head) = head.map_err(disk)?
        && let Err(problem) = read_header(&head)
    {
        drop_upload(app, id).await?;
        tracing::warn!(photo = %hash, %problem, "an upload is no photo");
        return Err(not_a_photo(problem));
    }
    match app.photos().finish(id, hash, seen).await.map_err(disk)? {
        Finished::Kept => {}
        Finished::WrongHash => {
            drop_upload(app, id).await?;
            return Err(changed());
        }
        Finished::Lost => {
            drop_upload(app, id).await?;
            tracing::error!(upload.id = %id, "the spool has less than was told");
            let said = words(
                "上传已失效，会重新开始。",
                "The upload is gone; start anew.",
            );
            return Err(Refusal::new(ErrorCode::Gone, said));
        }
    }
    let now = app.now();
    let district = app.district();
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
