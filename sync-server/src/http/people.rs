//! People and their posts.

use super::auth::SignedIn;
use super::devices::After;
use super::error::Answer;
use super::extract::{Body, Part, Query};
use super::{App, new_id};
use crate::service::Fault;
use crate::service::people::{self, NewIds};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use shared::id::{PersonId, PostId};
use shared::role::Role;
use shared::wire::console::{NewPerson, Page, PersonRow};
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
