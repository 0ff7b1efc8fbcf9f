//! What becomes of people's posts and accounts, and of one's own password.

use super::{Outcome, Problem, Request, Response, accepted, changing, post, read};
use shared::id::{PersonId, PostId};
use shared::wire::console::{ClosedRequest, NewPost, PasswordAnswer, PasswordChange};

/// Gives a person another post.
pub(crate) async fn add_post(person: PersonId, new: &NewPost) -> Outcome<()> {
    post(&format!("/v1/people/{person}/posts"), new)
        .await
        .map(drop)
}

/// Ends a post.
pub(crate) async fn end_post(id: PostId) -> Outcome<()> {
    bare(&format!("/v1/posts/{id}/end")).await.map(drop)
}

/// Closes an account, or opens it again.
pub(crate) async fn set_closed(person: PersonId, closed: bool) -> Outcome<()> {
    let path = format!("/v1/people/{person}/closed");
    post(&path, &ClosedRequest { closed }).await.map(drop)
}

/// Gives a person a new password, which is told here and nowhere else.
pub(crate) async fn reset_password(person: PersonId) -> Outcome<String> {
    let response = bare(&format!("/v1/people/{person}/password")).await?;
    let answer: PasswordAnswer = read(response).await?;
    Ok(answer.password)
}

/// Changes one's own password.
pub(crate) async fn change_password(change: &PasswordChange) -> Outcome<()> {
    post("/v1/me/password", change).await.map(drop)
}

/// A change that says nothing but its address.
async fn bare(path: &str) -> Outcome<Response> {
    let response = changing(Request::post(path))
        .send()
        .await
        .map_err(|_offline| Problem::Unreachable)?;
    accepted(response).await
}
