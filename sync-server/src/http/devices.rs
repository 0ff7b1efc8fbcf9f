//! Handhelds: enrolment, codes, which device owes what.

use super::auth::{SignedIn, hash};
use super::error::{Answer, Refusal};
use super::extract::{Body, Part, Query};
use super::session::From;
use super::{App, new_token};
use crate::service::audit::{self, Deed, Note};
use crate::service::{Fault, devices, words};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use shared::id::DeviceId;
use shared::wire::console::{CodeAnswer, DeviceRow, LostRequest, NewCode, Page};
use shared::wire::error::{ErrorAnswer, ErrorCode};
use shared::wire::sync::{EnrolAnswer, EnrolRequest, PROTOCOL};

/// Where a list goes on.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
pub(super) struct After {
    /// Where the page before ended.
    #[serde(default)]
    pub(super) cursor: Option<String>,
}

/// Bind an installation to the person of a one-time code.
#[utoipa::path(post, path = "/v1/devices/enrol", tag = "devices", request_body = EnrolRequest,
    responses((status = 200, body = EnrolAnswer), (status = 404, body = ErrorAnswer),
        (status = 410, body = ErrorAnswer), (status = 429, body = ErrorAnswer)))]
pub(super) async fn enrol(
    State(app): State<App>,
    From(from): From,
    Body(request): Body<EnrolRequest>,
) -> Answer<Json<EnrolAnswer>> {
    let now = app.now();
    // Each code is an account of its own here; trying many is braked by the address.
    let tried = devices::code_hash(&request.code).to_string();
    if let Some(seconds) = app.brake().wait_s(&tried, from, now) {
        return Err(Refusal::too_many(seconds));
    }
    let token = new_token();
    let token_hash = hash(&token);
    let device_id = request.device_id;
    let district = app.district();
    let code = district.code.clone();
    let outcome = app
        .store()
        .write(&code, move |tx| {
            devices::enrol(tx, &district, &request, token_hash, now)
        })
        .await;
    let enrolled = match outcome {
        Ok(enrolled) => enrolled,
        Err(Fault::NotFound(_)) => {
            app.brake().failed(&tried, from, now);
            let district = app.district();
            let code = district.code.clone();
            app.store()
                .write(&code, move |tx| {
                    let note = Note {
                        device: Some(device_id),
                        ..Note::of(None, Deed::EnrolFailed, "")
                    };
                    audit::note(tx, &district, &note, now)
                })
                .await?;
            return Err(Refusal::new(
                ErrorCode::NotFound,
                words(
                    "绑定码不对，请核对后再输。",
                    "The code is wrong; check it and try again.",
                ),
            )
            .field("code"));
        }
        Err(fault) => return Err(fault.into()),
    };
    tracing::info!(device.id = %device_id, person.id = %enrolled.me.id, "a handheld was enrolled");
    let district = app.district();
    Ok(Json(EnrolAnswer {
        protocol: PROTOCOL.to_owned(),
        device_id,
        epoch: enrolled.epoch,
        token,
        me: enrolled.me,
        district: district.code.clone(),
        district_name: district.name().to_owned(),
        server_epoch: district.server_epoch.clone(),
        server_time: now,
        catalogue_version: district.catalogue.version().clone(),
        areas_version: district.areas_version.clone(),
        receipt_key: Some(app.receipt_key().public()),
        token_lasts_ms: enrolled.token_lasts_ms,
    }))
}

/// A one-time code for a person's handheld.
#[utoipa::path(post, path = "/v1/devices/codes", tag = "devices", request_body = NewCode,
    responses((status = 200, body = CodeAnswer), (status = 403, body = ErrorAnswer),
        (status = 404, body = ErrorAnswer)))]
pub(super) async fn new_code(
    State(app): State<App>,
    SignedIn(session): SignedIn,
    Body(request): Body<NewCode>,
) -> Answer<Json<CodeAnswer>> {
    let now = app.now();
    let code = devices::code_from(rand::random());
    let code_hash = devices::code_hash(&code);
    let district = app.district();
    let district_code = district.code.clone();
    let expires_ms = app
        .store()
        .write(&district_code, move |tx| {
            let actor = Some(&session.actor);
            devices::new_code(tx, actor, &district, request.person, code_hash, now)
        })
        .await?;
    Ok(Json(CodeAnswer {
        code,
        expires_ms,
        fingerprint: app.fingerprint(),
    }))
}

/// Mark a handheld as lost, or as found again.
#[utoipa::path(post, path = "/v1/devices/{id}/lost", tag = "devices", request_body = LostRequest,
    params(("id" = String, Path,)),
    responses((status = 204), (status = 403, body = ErrorAnswer), (status = 404, body = ErrorAnswer)))]
pub(super) async fn set_lost(
    State(app): State<App>,
    SignedIn(session): SignedIn,
    Part(device): Part<DeviceId>,
    Body(request): Body<LostRequest>,
) -> Answer<StatusCode> {
    app.write(move |tx, district, now| {
        devices::set_lost(tx, &session.actor, district, device, request.lost, now)
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Sync state of the devices in my area.
#[utoipa::path(get, path = "/v1/devices", tag = "devices", params(After),
    responses((status = 200, body = Page<DeviceRow>), (status = 403, body = ErrorAnswer)))]
pub(super) async fn list(
    State(app): State<App>,
    SignedIn(session): SignedIn,
    Query(after): Query<After>,
) -> Answer<Json<Page<DeviceRow>>> {
    let after = after.cursor.filter(|text| !text.is_empty());
    let after: Option<DeviceId> = after
        .map(|text| text.parse())
        .transpose()
        .map_err(|_| Fault::invalid("cursor", "翻页标记不对。", "The cursor is not one."))?;
    let page = app
        .read(move |tx, district, now| devices::page(tx, &session.actor, district, after, now))
        .await?;
    Ok(Json(page))
}
