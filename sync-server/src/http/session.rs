//! Signing in and out of the console, and who I am.

use super::auth::{COOKIE, SignedIn, hash};
use super::brake::{Attempt, Verdict};
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
        Ok(Self(forwarded(&parts.headers).or(peer)))
    }
}

/// The last entry of the last line: the one that our own proxy wrote, be it behind the client's or
/// in a line of its own.
fn forwarded(headers: &HeaderMap) -> Option<IpAddr> {
    let lines = headers.get_all("x-forwarded-for");
    let line = lines.iter().next_back()?.to_str().ok()?;
    line.rsplit(',').next()?.trim().parse().ok()
}

/// Begins a try of a password, a code or a key, unless it has to wait.
pub(super) fn attempt<'a>(
    app: &'a App,
    account: &str,
    from: Option<IpAddr>,
    now: Timestamp,
) -> Answer<Attempt<'a>> {
    app.brake()
        .begin(account, from, now)
        .map_err(Refusal::too_many)
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
    let mut attempt = attempt(&app, &login, from, now)?;
    // Also when whoever asks goes away before the answer.
    attempt.verdict = Verdict::Failed;
    let checked = checked(&app, login, password, now).await;
    let (account, fits) = match checked {
        Ok(checked) => checked,
        Err(refusal) => {
            attempt.verdict = Verdict::Open;
            return Err(refusal);
        }
    };
    let Some(person) = account.filter(|_| fits) else {
        drop(attempt);
        tracing::info!("a sign-in was refused");
        note_failed(&app, account, now).await?;
        return Err(wrong());
    };
    attempt.verdict = Verdict::Succeeded;
    drop(attempt);
    let token = new_token();
    let token_hash = hash(&token);
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

/// Whose account the name is, and whether the password fits and the account is in use.
async fn checked(
    app: &App,
    login: String,
    password: String,
    now: Timestamp,
) -> Answer<(Option<PersonId>, bool)> {
    let candidate = app
        .store()
        .read(move |tx| sessions::candidate(tx, &login, now))
        .await?;
    let account = candidate.as_ref().map(|candidate| candidate.person);
    let is_off = candidate
        .as_ref()
        .is_some_and(|candidate| candidate.disabled);
    let stored = candidate.and_then(|candidate| candidate.password_hash);
    let fits = app
        .with_password(move || sessions::password_fits(stored.as_deref(), &password))
        .await?;
    Ok((account, fits && !is_off))
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
    let now = app.now();
    Ok(Json(MeAnswer {
        me: session.me(),
        district: root.ok_or(store::StoreError::Column {
            column: 0,
            wanted: "the district",
        })?,
        server_time: now,
        tiles: app.settings().tiles.clone(),
        labels: district.catalogue.doc().labels.clone(),
        unlisted_year: district.catalogue.calendar().unlisted_year(now),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn the_proxy_is_believed_and_not_what_a_client_wrote_before_it() {
        let from = |lines: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append("x-forwarded-for", HeaderValue::from_static(line));
            }
            forwarded(&headers).map(|address| address.to_string())
        };
        let proxys = Some("203.0.113.9".to_owned());
        assert_eq!(from(&["203.0.113.9"]), proxys);
        assert_eq!(from(&["198.51.100.1, 203.0.113.9"]), proxys);
        assert_eq!(from(&["198.51.100.1", "203.0.113.9"]), proxys);
        assert_eq!(from(&["198.51.100.1", "198.51.100.2,203.0.113.9 "]), proxys);
        assert_eq!(from(&["198.51.100.1", "unknown"]), None);
        assert_eq!(from(&[]), None);
    }
}
