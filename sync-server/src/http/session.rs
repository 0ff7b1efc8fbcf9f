//! Signing in and out of the console, and who I am.

use super::auth::{COOKIE, SignedIn, hash};
use super::error::{Answer, Refusal};
use super::extract::Body;
use super::{App, new_token};
use crate::door::Peer;
use crate::service::audit::{self, Deed, Note};
use crate::service::sessions::{self, CONSOLE_SESSION_MS_MAX};
use crate::service::{Fault, words};
use crate::store;
use axum::Json;
use axum::extract::{ConnectInfo, FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse};
use shared::id::PersonId;
use shared::time::{SECOND_MS, Timestamp};
use shared::wire::console::{MeAnswer, SignInAnswer, SignInRequest};
use shared::wire::error::{ErrorAnswer, ErrorCode};
use std::net::IpAddr;

/// Characters of a sign-in name or password that are looked at; more is refused unread.
const FIELD_CHARS_MAX: usize = 256;

/// Where a request comes from, for the brake only.
pub(super) struct From(pub(super) Option<IpAddr>);

impl FromRequestParts<App> for From {
    type Rejection = std::convert::Infallible;
    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Self::Rejection> {
        let peer = parts
            .extensions
            .get::<ConnectInfo<Peer>>()
            .map(|info| info.0.0.ip().to_canonical());
        if !peer.is_some_and(|peer| app.settings().behind_proxy.contains(&peer)) {
            return Ok(Self(peer));
        }
        // The last entry is the one that our own proxy wrote.
        let forwarded = parts
            .headers
            .get("x-forwarded-for")
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.rsplit(',').next())
            .and_then(|address| address.trim().parse().ok());
        Ok(Self(forwarded.or(peer)))
    }
}

/// Sign in; the token is in the body for programs and in a cookie for browsers.
#[utoipa::path(post, path = "/v1/session", tag = "session", request_body = SignInRequest,
    responses((status = 200, body = SignInAnswer), (status = 401, body = ErrorAnswer),
        (status = 429, body = ErrorAnswer)))]
pub(super) async fn sign_in(
    State(app): State<App>,
    From(from): From,
    Body(request): Body<SignInRequest>,
) -> Answer<impl IntoResponse> {
    let now = app.now();
    let SignInRequest { login, password } = request;
    if login.chars().count() > FIELD_CHARS_MAX || password.chars().count() > FIELD_CHARS_MAX {
        return Err(wrong());
    }
    if let Some(seconds) = app.brake().wait_s(&login, from, now) {
        return Err(Refusal::too_many(seconds));
    }
    let name = login.clone();
    let candidate = app
        .store()
        .read(move |tx| sessions::candidate(tx, &name, now))
        .await?;
    let stored = candidate
        .as_ref()
        .and_then(|candidate| candidate.password_hash.clone());
    let fits = app
        .with_password(move || sessions::password_fits(stored.as_deref(), &password))
        .await?;
    let tried = candidate.as_ref().map(|candidate| candidate.person);
    let candidate = candidate.filter(|candidate| fits && !candidate.disabled);
    let Some(candidate) = candidate else {
        app.brake().failed(&login, from, now);
        tracing::info!("a sign-in was refused");
        note_failed(&app, tried, now).await?;
        return Err(wrong());
    };
    app.brake().succeeded(&login, from);
    let token = new_token();
    let token_hash = hash(&token);
    let person = candidate.person;
    let district = app.district();
    let code = district.code.clone();
    let session = app
        .store()
        .write(&code, move |tx| {
            let lasts_ms = sessions::CONSOLE_SESSION_MS;
            let expires = sessions::begin(tx, person, None, token_hash, lasts_ms, now)?;
            let session = sessions::find(tx, token_hash, now)?;
            audit::note(
                tx,
                &district,
                &Note::of(Some(person), Deed::SignIn, ""),
                now,
            )?;
            Ok::<_, Fault>(session.map(|session| (expires, session)))
        })
        .await?;
    let (expires_ms, session) = session.ok_or_else(wrong)?;
    tracing::info!(person.id = %person, "somebody signed in");
    let cookie = cookie(&app, &token, CONSOLE_SESSION_MS_MAX / SECOND_MS);
    let answer = SignInAnswer {
        token,
        expires_ms,
        me: session.me(),
    };
    Ok((AppendHeaders([(header::SET_COOKIE, cookie)]), Json(answer)))
}

/// The name that was typed may be a password: only whose account it was is kept.
async fn note_failed(app: &App, tried: Option<PersonId>, now: Timestamp) -> Answer<()> {
    let district = app.district();
    let code = district.code.clone();
    let noted = app.store().write(&code, move |tx| {
        audit::note(tx, &district, &Note::of(tried, Deed::SignInFailed, ""), now)
    });
    Ok(noted.await?)
}

fn wrong() -> Refusal {
    Refusal::new(
        ErrorCode::Unauthenticated,
        words(
            "用户名或密码不对。",
            "The sign-in name or password is wrong.",
        ),
    )
}

fn cookie(app: &App, token: &str, seconds: i64) -> String {
    let secure = if app.is_https() { "; Secure" } else { "" };
    format!("{COOKIE}={token}; HttpOnly; SameSite=Strict; Path=/; Max-Age={seconds}{secure}")
}

/// Sign out: the token is worth nothing from now on.
#[utoipa::path(delete, path = "/v1/session", tag = "session",
    responses((status = 204), (status = 401, body = ErrorAnswer)))]
pub(super) async fn sign_out(
    State(app): State<App>,
    SignedIn(session): SignedIn,
) -> Answer<impl IntoResponse> {
    let now = app.now();
    let district = app.district();
    let code = district.code.clone();
    app.store()
        .write(&code, move |tx| sessions::end(tx, &district, &session, now))
        .await?;
    let mut headers = HeaderMap::new();
    if let Ok(value) = cookie(&app, "", 0).parse() {
        headers.insert(header::SET_COOKIE, value);
    }
    Ok((StatusCode::NO_CONTENT, headers))
}

/// Who I am, and what the faces need to show names.
#[utoipa::path(get, path = "/v1/me", tag = "session",
    responses((status = 200, body = MeAnswer), (status = 401, body = ErrorAnswer)))]
pub(super) async fn me(
    State(app): State<App>,
    SignedIn(session): SignedIn,
) -> Answer<Json<MeAnswer>> {
    let district = app.district();
    let root = district.areas.root().cloned();
    Ok(Json(MeAnswer {
        me: session.me(),
        district: root.ok_or(store::StoreError::Column {
            column: 0,
            wanted: "the district",
        })?,
        server_time: app.now(),
        tiles: app.settings().tiles.clone(),
    }))
}
