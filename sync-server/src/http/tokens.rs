//! New tokens for handhelds that show their key. Nobody is signed in here: the signature says who.

use super::auth::hash;
use super::error::{Answer, Refusal};
use super::extract::Body;
use super::session::From;
use super::{App, new_id, new_token};
use crate::service::tokens::{self, Renewal};
use crate::service::words;
use axum::Json;
use axum::extract::State;
use shared::wire::error::{ErrorAnswer, ErrorCode};
use shared::wire::sync::{ChallengeAnswer, PROTOCOL, TokenAnswer, TokenRequest};

/// A text to be signed for a new token.
#[utoipa::path(post, path = "/v1/devices/challenge", tag = "devices",
    responses((status = 200, body = ChallengeAnswer)))]
pub(super) async fn challenge(State(app): State<App>) -> Json<ChallengeAnswer> {
    Json(ChallengeAnswer {
        protocol: PROTOCOL.to_owned(),
        challenge: tokens::challenge(app.receipt_key(), new_id(), app.now()),
    })
}

/// A new token for a handheld that signs a challenge with its key; the one before ends.
#[utoipa::path(post, path = "/v1/devices/token", tag = "devices", request_body = TokenRequest,
    responses((status = 200, body = TokenAnswer), (status = 401, body = ErrorAnswer),
        (status = 410, body = ErrorAnswer), (status = 429, body = ErrorAnswer)))]
pub(super) async fn token(
    State(app): State<App>,
    From(from): From,
    Body(request): Body<TokenRequest>,
) -> Answer<Json<TokenAnswer>> {
    let now = app.now();
    let tried = request.binding.device_id.to_string();
    if let Some(seconds) = app.brake().wait_s(&tried, from, now) {
        return Err(Refusal::too_many(seconds));
    }
    if !tokens::is_good(&app.receipt_key().public(), &request.challenge, now) {
        return Err(stale());
    }
    let token = new_token();
    let token_hash = hash(&token);
    let district = app.district();
    let code = district.code.clone();
    let renewal = app
        .store()
        .write(&code, move |tx| {
            tokens::renew(tx, &district, &request, token_hash, now)
        })
        .await?;
    match renewal {
        Renewal::Given(lasts_ms) => Ok(Json(TokenAnswer {
            protocol: PROTOCOL.to_owned(),
            token,
            lasts_ms,
        })),
        Renewal::Stale => Err(stale()),
        Renewal::Refused => {
            app.brake().failed(&tried, from, now);
            Err(Refusal::unauthenticated())
        }
    }
}

fn stale() -> Refusal {
    Refusal::new(
        ErrorCode::Gone,
        words(
            "验证已过期，会自动再试。",
            "The challenge has expired or was used; ask for another.",
        ),
    )
}
