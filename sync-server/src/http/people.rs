//! People, their posts, their accounts.

use super::auth::SignedIn;
use super::brake::Verdict;
use super::devices::After;
use super::error::{Answer, Refusal};
use super::extract::{Body, Part, Query};
use super::session::{From, attempt};
use super::{App, new_id};
use crate::service::people::{self, NewIds};
use crate::service::sessions::{self, PASSWORD_CHARS_MAX};
use crate::service::{Fault, Result as Outcome};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use shared::id::{PersonId, PostId};
use shared::role::Role;
use shared::wire::console::{
    ClosedRequest, NewPerson, NewPost, Page, PasswordAnswer, PasswordChange, PersonRow,
};
use shared::wire::error::ErrorAnswer;

/// People in my area.
#[utoipa::path(get, path = "/v1/people", tag = "people", params(After),
    responses((status = 200, body = Page<PersonRow>), (status = 403, body = ErrorAnswer)))]
pub(super) async fn list(
    State(app): State<App>,
    SignedIn(session): SignedIn,
    Query(after): Query<After>,
) -> Answer<Json<Page<PersonRow>>> {
    let page = app.read(move |tx, district, now| {
        people::page(tx, &session.actor, district, after.cursor.as_deref(), now)
    });
    Ok(Json(page.await?))
}

/// End all console sessions of a person: my own, or of somebody whom I administer.
#[utoipa::path(delete, path = "/v1/people/{id}/sessions", tag = "people",
    params(("id" = String, Path,)),
    responses((status = 204), (status = 403, body = ErrorAnswer), (status = 404, body = ErrorAnswer)))]
pub(super) async fn end_sessions(
    State(app): State<App>,
    SignedIn(session): SignedIn,
    Part(person): Part<PersonId>,
) -> Answer<StatusCode> {
    app.write(move |tx, district, now| {
        people::end_sessions(tx, &session.actor, district, person, now)
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Add a person with first posts.
#[utoipa::path(post, path = "/v1/people", tag = "people", request_body = NewPerson,
    responses((status = 201, body = PersonRow), (status = 403, body = ErrorAnswer),
        (status = 409, body = ErrorAnswer), (status = 422, body = ErrorAnswer)))]
pub(super) async fn create(
    State(app): State<App>,
    SignedIn(session): SignedIn,
    Body(new): Body<NewPerson>,
) -> Answer<(StatusCode, Json<PersonRow>)> {
    // Before the password costs anything.
    if !session
        .actor
        .posts
        .iter()
        .any(|post| post.role == Role::Administrator)
    {
        return Err(Fault::Forbidden.into());
    }
    let district = app.district();
    let (new, password_hash) = app
        .with_password(move || {
            let password_hash = people::prepare(&new, &district)?;
            Ok::<_, Fault>((new, password_hash))
        })
        .await??;
    let ids = NewIds {
        person: PersonId(new_id()),
        posts: new.posts.iter().map(|_| PostId(new_id())).collect(),
    };
    let row = app
        .write(move |tx, district, now| {
            let (actor, hash) = (Some(&session.actor), password_hash.as_deref());
            people::create(tx, actor, district, &new, hash, &ids, now)
        })
        .await?;
    tracing::info!(person.id = %row.me.id, "a person was added");
    Ok((StatusCode::CREATED, Json(row)))
}

/// Give a person another post.
#[utoipa::path(post, path = "/v1/people/{id}/posts", tag = "people", request_body = NewPost,
    params(("id" = String, Path,)),
    responses((status = 201, body = PersonRow), (status = 403, body = ErrorAnswer),
        (status = 404, body = ErrorAnswer), (status = 409, body = ErrorAnswer),
        (status = 422, body = ErrorAnswer)))]
pub(super) async fn add_post(
    State(app): State<App>,
    SignedIn(session): SignedIn,
    Part(person): Part<PersonId>,
    Body(new): Body<NewPost>,
) -> Answer<(StatusCode, Json<PersonRow>)> {
    let id = PostId(new_id());
    let row = app
        .write(move |tx, district, now| {
            people::add_post(tx, &session.actor, district, person, &new, id, now)
        })
        .await?;
    tracing::info!(person.id = %person, post.id = %id, "a post was given");
    Ok((StatusCode::CREATED, Json(row)))
}

/// End a post: its rights are gone with the next request.
#[utoipa::path(post, path = "/v1/posts/{post}/end", tag = "people",
    params(("post" = String, Path,)),
    responses((status = 204), (status = 403, body = ErrorAnswer), (status = 404, body = ErrorAnswer),
        (status = 409, body = ErrorAnswer)))]
pub(super) async fn end_post(
    State(app): State<App>,
    SignedIn(session): SignedIn,
    Part(post): Part<PostId>,
) -> Answer<StatusCode> {
    app.write(move |tx, district, now| people::end_post(tx, &session.actor, district, post, now))
        .await?;
    tracing::info!(post.id = %post, "a post was ended");
    Ok(StatusCode::NO_CONTENT)
}

/// Close an account, by which its console sessions end; or open it again.
#[utoipa::path(post, path = "/v1/people/{id}/closed", tag = "people", request_body = ClosedRequest,
    params(("id" = String, Path,)),
    responses((status = 204), (status = 403, body = ErrorAnswer), (status = 404, body = ErrorAnswer),
        (status = 409, body = ErrorAnswer)))]
pub(super) async fn set_closed(
    State(app): State<App>,
    SignedIn(session): SignedIn,
    Part(person): Part<PersonId>,
    Body(request): Body<ClosedRequest>,
) -> Answer<StatusCode> {
    let closed = request.closed;
    app.write(move |tx, district, now| {
        people::set_closed(tx, Some(&session.actor), district, person, closed, now)
    })
    .await?;
    tracing::info!(person.id = %person, closed, "an account was closed or opened");
    Ok(StatusCode::NO_CONTENT)
}

/// Give somebody a new password, shown this once; all console sessions of that person end.
#[utoipa::path(post, path = "/v1/people/{id}/password", tag = "people",
    params(("id" = String, Path,)),
    responses((status = 200, body = PasswordAnswer), (status = 403, body = ErrorAnswer),
        (status = 404, body = ErrorAnswer), (status = 409, body = ErrorAnswer)))]
pub(super) async fn set_password(
    State(app): State<App>,
    SignedIn(session): SignedIn,
    Part(person): Part<PersonId>,
) -> Answer<Json<PasswordAnswer>> {
    let actor = session.actor;
    let asks = actor.clone();
    // Before the password costs anything.
    app.read(move |tx, district, now| {
        people::may_set_password(tx, Some(&asks), district, person, now)
    })
    .await?;
    let password = people::password_from(rand::random(), rand::random());
    let made = password.clone();
    let hash = app
        .with_password(move || sessions::hash_password(&made))
        .await??;
    app.write(move |tx, district, now| {
        people::set_password(tx, Some(&actor), district, person, &hash, now)
    })
    .await?;
    tracing::info!(person.id = %person, "somebody was given a new password");
    Ok(Json(PasswordAnswer { password }))
}

/// Change my own password; my other console sessions end.
#[utoipa::path(post, path = "/v1/me/password", tag = "people", request_body = PasswordChange,
    responses((status = 204), (status = 403, body = ErrorAnswer), (status = 409, body = ErrorAnswer),
        (status = 422, body = ErrorAnswer), (status = 429, body = ErrorAnswer)))]
pub(super) async fn change_password(
    State(app): State<App>,
    SignedIn(session): SignedIn,
    From(from): From,
    Body(request): Body<PasswordChange>,
) -> Answer<StatusCode> {
    if session.device.is_some() {
        return Err(Refusal::forbidden());
    }
    sessions::check_password(&request.new)?;
    let (now, login) = (app.now(), session.login.clone());
    let mut attempt = attempt(&app, &login, from, now)?;
    let found = app.read(move |tx, _, now| sessions::candidate(tx, &login, now));
    let known = found.await?.and_then(|found| found.password_hash);
    let stored = known.clone();
    // Also when whoever asks goes away before the answer.
    attempt.verdict = Verdict::Failed;
    let hashed = app
        .with_password(move || rehashed(stored.as_deref(), &request))
        .await;
    if hashed.is_err() {
        attempt.verdict = Verdict::Open;
    }
    let (Some(known), Some(hash)) = (known, hashed??) else {
        drop(attempt);
        tracing::info!(person.id = %session.actor.person, "a change of a password was refused");
        app.write(move |tx, district, now| {
            people::note_wrong_password(tx, &session.actor, district, now)
        })
        .await?;
        return Err(Fault::invalid(
            "old",
            "现在的密码不对，请核对后再填。",
            "The present password is wrong. Check it and try again.",
        )
        .into());
    };
    attempt.verdict = Verdict::Succeeded;
    drop(attempt);
    let person = session.actor.person;
    app.write(move |tx, district, now| {
        people::change_password(tx, &session, district, &known, &hash, now)
    })
    .await?;
    tracing::info!(person.id = %person, "somebody changed the own password");
    Ok(StatusCode::NO_CONTENT)
}

/// The hash of the new password, if the old one is right.
fn rehashed(stored: Option<&str>, request: &PasswordChange) -> Outcome<Option<String>> {
    if request.old.chars().count() > PASSWORD_CHARS_MAX
        || !sessions::password_fits(stored, &request.old)
    {
        return Ok(None);
    }
    sessions::hash_password(&request.new).map(Some)
}
