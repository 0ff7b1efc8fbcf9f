//! Who asks: a bearer token or the console's cookie, looked up by its hash.
//!
//! Three extractors say what a route needs: [`SignedIn`] anybody with a session, [`OnDevice`] an
//! enrolled handheld, [`OnDraining`] a handheld whose person may be disabled (a push, which then
//! goes to quarantine). Rights over things are asked of `shared::role::may` in the services.

use super::App;
use super::error::Refusal;
use crate::service::sessions::{self, Grounds, Session};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};
use shared::id::{DeviceId, Sha256};
use std::sync::Arc;

/// Name of the console's cookie.
pub const COOKIE: &str = "gewu_session";
/// A request of the console that changes something carries this header, which no form of another
/// site can send.
pub const INTENT_HEADER: &str = "x-gewu";
/// Tokens are 43 characters; anything much longer isn't one.
const TOKEN_CHARS_LIMIT: usize = 128;

/// Somebody with a session whose account is in use.
#[derive(Debug)]
pub struct SignedIn(pub Session);

/// An enrolled handheld whose person's account is in use; it may be a lost one that delivers.
#[derive(Debug)]
pub struct OnDevice(pub Session, pub DeviceId);

/// An enrolled handheld; its person's account may be disabled. Its grounds may be remembered ones:
/// whoever writes by them asks whether they still stand.
#[derive(Debug)]
pub struct OnDraining(pub Arc<Grounds>, pub DeviceId);

impl FromRequestParts<App> for SignedIn {
    type Rejection = Refusal;
    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        let session = in_use(parts, app).await?;
        // A lost handheld delivers, and sees nothing. Not a 401: it would stop before it is told.
        if session.lost {
            return Err(Refusal::forbidden());
        }
        Ok(Self(session))
    }
}

impl FromRequestParts<App> for OnDevice {
    type Rejection = Refusal;
    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        let session = in_use(parts, app).await?;
        let device = session.device.ok_or_else(Refusal::forbidden)?;
        Ok(Self(session, device))
    }
}

impl FromRequestParts<App> for OnDraining {
    type Rejection = Refusal;
    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        let hash = hash(token(parts)?);
        let remembered = app.remembered().get(hash);
        let grounds = match &remembered {
            Some(grounds) => Arc::clone(grounds),
            None => {
                let read = app
                    .store()
                    .read(move |tx| Grounds::of_token(tx, hash))
                    .await?;
                Arc::new(read.ok_or_else(Refusal::unauthenticated)?)
            }
        };
        if grounds.has_ended(app.now()) {
            return Err(Refusal::unauthenticated());
        }
        let device = grounds.device().ok_or_else(Refusal::forbidden)?;
        if remembered.is_none() {
            app.remembered().keep(&grounds);
        }
        Ok(Self(grounds, device))
    }
}

async fn in_use(parts: &Parts, app: &App) -> Result<Session, Refusal> {
    let session = find(parts, app).await?;
    // Whoever has lost a handheld may have left since: it must still hear that it is lost.
    if session.disabled && !session.lost {
        return Err(Refusal::unauthenticated());
    }
    if let Some(until) = session.prolong {
        let (hash, district) = (session.token_hash, app.district().code.clone());
        let prolonged = app
            .store()
            .write(&district, move |tx| sessions::prolong(tx, hash, until))
            .await;
        // It is good for hours yet: whoever only reads needs no room on the disk.
        if let Err(error) = prolonged {
            tracing::warn!(%error, "a session in use could not be prolonged");
        }
    }
    Ok(session)
}

fn token(parts: &Parts) -> Result<&str, Refusal> {
    if let Some(token) = bearer(&parts.headers) {
        return Ok(token);
    }
    let token = cookie(&parts.headers).ok_or_else(Refusal::unauthenticated)?;
    if changes(&parts.method) && !is_intended(&parts.headers) {
        return Err(Refusal::forbidden());
    }
    Ok(token)
}

async fn find(parts: &Parts, app: &App) -> Result<Session, Refusal> {
    let now = app.now();
    let hash = hash(token(parts)?);
    let found = app
        .store()
        .read(move |tx| sessions::find(tx, hash, now))
        .await?;
    found.ok_or_else(Refusal::unauthenticated)
}

/// SHA-256 of a token: what the database knows of it.
#[must_use]
pub fn hash(token: &str) -> Sha256 {
    Sha256::of(token.as_bytes())
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then(|| token.trim())
        .filter(|token| is_token(token))
}

fn cookie(headers: &HeaderMap) -> Option<&str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, _)| *name == COOKIE)
        .map(|(_, token)| token)
        .filter(|token| is_token(token))
}

fn is_token(text: &str) -> bool {
    !text.is_empty() && text.len() <= TOKEN_CHARS_LIMIT
}

fn changes(method: &Method) -> bool {
    !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// Neither the header nor JSON can come from another site's form without its browser asking first.
fn is_intended(headers: &HeaderMap) -> bool {
    let says = headers
        .get(INTENT_HEADER)
        .is_some_and(|value| value.as_bytes() == b"1");
    let is_json = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| {
            value
                .trim_start()
                .to_ascii_lowercase()
                .starts_with("application/json")
        });
    says || is_json
}
