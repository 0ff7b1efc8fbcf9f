//! A courier file: what a handheld without a network gave to somebody who has one.
//!
//! It comes into the spool at whatever pace its link has, and is taken into memory when it is whole
//! and its turn has come.

use super::auth::SignedIn;
use super::error::{Answer, Refusal, disk};
use super::files::spool_whole;
use super::layers::REQUEST_TIMEOUT;
use super::sync::take_push;
use super::{App, new_id};
use crate::service::courier::{self as service, Carried, Refused};
use crate::service::sessions::Session;
use crate::service::{Fault, photos, words};
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use shared::courier::{CourierAnswer, FILE_BYTES_LIMIT, Opened, open, write_answer};
use shared::id::Sha256;
use shared::time::Timestamp;
use shared::wire::error::{ErrorAnswer, ErrorCode};
use std::sync::Arc;
use uuid::Uuid;

/// Where files are delivered.
pub(super) const PLACE: &str = "/v1/courier";
/// Files that are in memory at once, each of up to `FILE_BYTES_LIMIT` twice: sealed and opened.
pub(super) const AT_ONCE: usize = 1;
/// Seconds after which the file that holds the others up is done.
const TURN_RETRY_S: u32 = 60;

/// Deliver a courier file, one's own or another's; safe to repeat. The answer is a file that is
/// carried back to the handheld that made it.
#[utoipa::path(post, path = "/v1/courier", tag = "sync",
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 200, body = Vec<u8>, content_type = "application/octet-stream"),
        (status = 401, body = ErrorAnswer), (status = 413, body = ErrorAnswer),
        (status = 422, body = ErrorAnswer)))]
pub(super) async fn deliver(
    State(app): State<App>,
    SignedIn(by): SignedIn,
    body: Body,
) -> Answer<impl IntoResponse> {
    let upload = new_id();
    let passing = app.photos().passing(upload);
    let limit = u64::try_from(FILE_BYTES_LIMIT).unwrap_or(u64::MAX);
    spool_whole(&app, upload, body, limit, Refusal::too_large).await?;
    let turn = app.courier_turns().acquire().await;
    let _turn = turn.map_err(|_| Refusal::internal())?;
    let file = passing.read().await.map_err(disk)?;
    drop(passing);
    // Whatever takes longer would hold everybody else up.
    let written = tokio::time::timeout(REQUEST_TIMEOUT, take(&app, by, file)).await;
    let written = written.unwrap_or_else(|_| Err(too_slow()))?;
    Ok(([(CONTENT_TYPE, "application/octet-stream")], written))
}

fn too_slow() -> Refusal {
    let said = words(
        "服务器正忙，请稍后再试。",
        "The server is busy. Try again in a moment.",
    );
    Refusal::new(ErrorCode::Unavailable, said).retry_after_s(TURN_RETRY_S)
}

/// Opens a file and takes what is in it; the answer that is carried back.
async fn take(app: &App, by: Session, file: Vec<u8>) -> Answer<Vec<u8>> {
    let now = app.now();
    let key = app.receipt_key().clone();
    let bytes = file.len();
    let opened = tokio::task::spawn_blocking(move || open(&key, &file))
        .await
        .map_err(|_| Refusal::internal())?;
    let opened = match opened {
        Ok(opened) => Arc::new(opened),
        Err(error) => {
            note_refused(app, by, Refused::unopened(error, bytes)).await?;
            return Err(Fault::from(error).into());
        }
    };
    let signed = Arc::clone(&opened);
    let maker = app
        .store()
        .read(move |tx| service::maker(tx, &signed))
        .await;
    let maker = match maker {
        Err(fault @ Fault::Invalid { .. }) => {
            let refused = Refused::of_stranger(bytes, opened.sheet.device_id);
            note_refused(app, by, refused).await?;
            return Err(fault.into());
        }
        maker => maker?,
    };
    let (maker, device) = (Arc::new(maker), opened.sheet.device_id);
    let mut answers = Vec::with_capacity(opened.sheet.pushes.len());
    for mut push in opened.sheet.pushes.clone() {
        // The file lay somewhere for days: what the clock showed then says nothing now.
        push.wall_ms = Timestamp::default();
        answers.push(take_push(app, Arc::clone(&maker), device, push).await?);
    }
    let answer = CourierAnswer {
        device_id: device,
        answers,
        photos: keep_photos(app, &opened).await?,
        server_epoch: Some(app.district().server_epoch.clone()),
    };
    let written = write_answer(app.receipt_key(), &answer).map_err(Fault::from)?;
    tracing::info!(device.id = %device, pushes = answer.answers.len(),
        photos = answer.photos.len(), "a courier file was delivered");
    let district = app.district();
    let code = district.code.clone();
    app.store()
        .write(&code, move |tx| {
            service::note(tx, &district, &by, &answer, now)
        })
        .await?;
    Ok(written)
}

/// Notes who brought a file that is refused.
async fn note_refused(app: &App, by: Session, refused: Refused) -> Answer<()> {
    tracing::warn!(
        why = refused.why,
        bytes = refused.bytes,
        "a courier file was refused"
    );
    let (district, now) = (app.district(), app.now());
    let code = district.code.clone();
    let noted = app.store().write(&code, move |tx| {
        service::note_refused(tx, &district, &by, &refused, now)
    });
    Ok(noted.await?)
}

/// Keeps the photos of a file that are wanted; those that are here then.
async fn keep_photos(app: &App, opened: &Arc<Opened>) -> Answer<Vec<Sha256>> {
    let mut here = Vec::new();
    for (hash, bytes) in opened.photos() {
        let bytes = Bytes::copy_from_slice(bytes);
        let looked = bytes.clone();
        let carried = app
            .store()
            .read(move |tx| service::look_at(tx, hash, &looked))
            .await?;
        match carried {
            Carried::Left => continue,
            Carried::Here => {}
            Carried::Wanted => {
                app.photos().keep(hash, bytes).await.map_err(disk)?;
                let (district, now) = (app.district(), app.now());
                let code = district.code.clone();
                app.store()
                    .write(&code, move |tx| {
                        // There is no upload to end.
                        photos::arrived(tx, &district, Uuid::nil(), hash, now)
                    })
                    .await?;
            }
        }
        here.push(hash);
    }
    Ok(here)
}
