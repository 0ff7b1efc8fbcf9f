//! What becomes of somebody's posts and account: another post, a post that ends, an account that is
//! closed or opened, a new password.
//!
//! Each takes away or gives rights at once: sessions are looked up for every request, and what is
//! remembered of a handheld is compared with what is stored before it counts
//! ([`Grounds::stand`](crate::service::sessions::Grounds::stand)). A handheld's token stays when an
//! account is closed or gets a password: it hangs on the handheld's key, opens nothing but delivery
//! while the account is closed, and what was filed is not lost.

use super::{
    POSTS_MAX, administered, administers, check_post, give, may_give, place, row, seen,
    too_many_posts,
};
use crate::service::audit::{self, Deed, Note};
use crate::service::devices::code_from;
use crate::service::district::District;
use crate::service::sessions::Session;
use crate::service::{Fault, Result, words};
use crate::store::{self, Tx};
use serde_json::json;
use shared::id::{PersonId, PostId};
use shared::role::{
    Actor, Post, is_own_last_office, leaves_no_administrator, may_give_post, may_run_account,
};
use shared::time::Timestamp;
use shared::wire::console::{self, NewPost};

/// A password that somebody is told once: 80 bits, in letters that nobody mistakes.
#[must_use]
pub fn password_from(one: [u8; 8], other: [u8; 8]) -> String {
    format!("{}-{}", code_from(one), code_from(other))
}

/// Gives a person another post from now on; the person with all posts.
///
/// # Errors
/// [`Fault::Forbidden`] for a post or a unit outside the actor's area, [`Fault::NotFound`] for
/// nobody in it, [`Fault::NotPossible`] when the person holds this post.
pub fn add_post(
    tx: &mut dyn Tx,
    actor: &Actor,
    district: &District,
    person: PersonId,
    new: &NewPost,
    id: PostId,
    now: Timestamp,
) -> Result<console::PersonRow> {
    let (found, mut posts) = seen(tx, Some(actor), district, person, now)?;
    check_post(new, district)?;
    if !may_give(actor, district, new) {
        return Err(Fault::Forbidden);
    }
    if posts.len() >= POSTS_MAX {
        return Err(too_many_posts());
    }
    let is_same = |post: &Post| {
        post.role == new.role
            && post.area == new.area
            && post.unit == new.unit
            && post.kind == new.kind
    };
    if posts.iter().any(is_same) {
        return Err(Fault::NotPossible(words(
            "此人已有这个岗位。",
            "This person holds that post already.",
        )));
    }
    let post = give(tx, person, new, id, now)?;
    note_post(tx, actor, district, Deed::PostGiven, (person, &post), now)?;
    posts.push(post);
    Ok(row(found, posts, now))
}

/// Ends a post now; one that has ended stays so.
///
/// # Errors
/// [`Fault::Forbidden`] for one of a unit outside the actor's area, [`Fault::NotFound`] for one
/// that lies outside of it, [`Fault::NotPossible`] for the own last office and the district's last
/// administrator.
pub fn end_post(
    tx: &mut dyn Tx,
    actor: &Actor,
    district: &District,
    id: PostId,
    now: Timestamp,
) -> Result<()> {
    if administered(actor).is_empty() {
        return Err(Fault::Forbidden);
    }
    let held = store::posts::get(tx, id)?.filter(|row| administers(actor, &row.post.area));
    let held = held.ok_or(Fault::NotFound("post"))?;
    let post = &held.post;
    let place = place(district, &post.area, post.unit.as_ref());
    if !may_give_post(actor, &district.code, place) {
        return Err(Fault::Forbidden);
    }
    if held.to.is_some() {
        return Ok(());
    }
    if is_own_last_office(actor, id) {
        return Err(Fault::NotPossible(words(
            "这是您自己最后一个管理岗位，请另一位管理员来结束。",
            "This is your own last post as an administrator. Ask another one to end it.",
        )));
    }
    keep_an_administrator(tx, district, |_, post| post == id, now)?;
    store::posts::end(tx, id, now)?;
    note_post(
        tx,
        actor,
        district,
        Deed::PostEnded,
        (held.person, post),
        now,
    )
}

/// Closes an account from now on, or opens it again. A closed one signs in nowhere, its console
/// sessions end, and what its handhelds still bring goes to quarantine. `actor` is none for the
/// command line.
///
/// # Errors
/// [`Fault::Forbidden`] for somebody who also holds a post outside the actor's area,
/// [`Fault::NotFound`] for nobody in it, [`Fault::NotPossible`] for oneself and for the district's
/// last administrator.
pub fn set_closed(
    tx: &mut dyn Tx,
    actor: Option<&Actor>,
    district: &District,
    person: PersonId,
    closed: bool,
    now: Timestamp,
) -> Result<()> {
    let (found, posts) = seen(tx, actor, district, person, now)?;
    may_run(actor, district, &posts)?;
    if closed && actor.is_some_and(|actor| actor.person == person) {
        return Err(Fault::NotPossible(words(
            "不能停用自己的账号，请另一位管理员来停用。",
            "You can't close your own account. Ask another administrator.",
        )));
    }
    if found.disabled.is_some() == closed {
        return Ok(());
    }
    if closed {
        keep_an_administrator(tx, district, |one, _| one == person, now)?;
        store::sessions::revoke_console(tx, person, None, now)?;
    }
    store::people::set_disabled(tx, person, closed.then_some(now))?;
    let deed = if closed {
        Deed::AccountClosed
    } else {
        Deed::AccountOpened
    };
    note(tx, actor, district, deed, person, now)
}

/// Whether the actor may give a person a new password; asked before one is hashed, too.
///
/// # Errors
/// As [`set_password`].
pub fn may_set_password(
    tx: &mut dyn Tx,
    actor: Option<&Actor>,
    district: &District,
    person: PersonId,
    now: Timestamp,
) -> Result<()> {
    let (_, posts) = seen(tx, actor, district, person, now)?;
    may_run(actor, district, &posts)?;
    // Who finds a console open must not make it the own for good.
    if actor.is_some_and(|actor| actor.person == person) {
        return Err(Fault::NotPossible(words(
            "自己的密码请在“修改密码”里改，要填现在的密码。",
            "Change your own password under “Change password”, which asks for the present one.",
        )));
    }
    Ok(())
}

/// Gives a person another password, by which all console sessions end. `actor` is none for the
/// command line.
///
/// # Errors
/// [`Fault::Forbidden`] for somebody who also holds a post outside the actor's area,
/// [`Fault::NotFound`] for nobody in it, [`Fault::NotPossible`] for oneself.
pub fn set_password(
    tx: &mut dyn Tx,
    actor: Option<&Actor>,
    district: &District,
    person: PersonId,
    password_hash: &str,
    now: Timestamp,
) -> Result<()> {
    may_set_password(tx, actor, district, person, now)?;
    store::people::set_password(tx, person, password_hash)?;
    store::sessions::revoke_console(tx, person, None, now)?;
    note(tx, actor, district, Deed::PasswordGiven, person, now)
}

/// Changes one's own password, whose hash was `known` when the old one was compared with it. All
/// other console sessions end.
///
/// # Errors
/// [`Fault::NotPossible`] when it was changed or the account closed meanwhile.
pub fn change_password(
    tx: &mut dyn Tx,
    session: &Session,
    district: &District,
    known: &str,
    password_hash: &str,
    now: Timestamp,
) -> Result<()> {
    let person = session.actor.person;
    let found = store::people::get(tx, person)?.ok_or(Fault::NotFound("person"))?;
    if found.password_hash.as_deref() != Some(known) || found.disabled.is_some() {
        return Err(Fault::NotPossible(words(
            "密码刚刚已被更改，请重新登录。",
            "The password was changed elsewhere just now. Sign in again.",
        )));
    }
    store::people::set_password(tx, person, password_hash)?;
    store::sessions::revoke_console(tx, person, Some(session.token_hash), now)?;
    let actor = Some(&session.actor);
    note(tx, actor, district, Deed::PasswordChanged, person, now)
}

/// Notes that somebody who is signed in tried to change the password without knowing it.
///
/// # Errors
/// Whatever the store says.
pub fn note_wrong_password(
    tx: &mut dyn Tx,
    actor: &Actor,
    district: &District,
    now: Timestamp,
) -> Result<()> {
    let (actor, person) = (Some(actor), actor.person);
    note(tx, actor, district, Deed::PasswordRefused, person, now)
}

/// Whether the actor may close, open and unlock an account with these posts.
fn may_run(actor: Option<&Actor>, district: &District, posts: &[Post]) -> Result<()> {
    let places: Vec<_> = posts
        .iter()
        .map(|post| place(district, &post.area, post.unit.as_ref()))
        .collect();
    let may = |actor: &Actor| may_run_account(actor, &district.code, &places);
    if actor.is_none_or(may) {
        Ok(())
    } else {
        Err(Fault::Forbidden)
    }
}

/// Refuses what would leave the district without anybody who administers it.
fn keep_an_administrator(
    tx: &mut dyn Tx,
    district: &District,
    goes: impl Fn(PersonId, PostId) -> bool,
    now: Timestamp,
) -> Result<()> {
    let all = store::posts::administrators(tx, &district.code, now)?;
    if leaves_no_administrator(&all, goes) {
        return Err(Fault::NotPossible(words(
            "这是全区最后一位能登录的管理员，请先添加另一位。",
            "This is the district's last administrator who can sign in. Add another one first.",
        )));
    }
    Ok(())
}

fn note(
    tx: &mut dyn Tx,
    actor: Option<&Actor>,
    district: &District,
    deed: Deed,
    person: PersonId,
    now: Timestamp,
) -> Result<()> {
    let (by, subject) = (actor.map(|actor| actor.person), person.to_string());
    audit::note(tx, district, &Note::of(by, deed, &subject), now)
}

fn note_post(
    tx: &mut dyn Tx,
    actor: &Actor,
    district: &District,
    deed: Deed,
    (person, post): (PersonId, &Post),
    now: Timestamp,
) -> Result<()> {
    let subject = person.to_string();
    let note = Note {
        detail: json!({"post": post}),
        ..Note::of(Some(actor.person), deed, &subject)
    };
    audit::note(tx, district, &note, now)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::sessions::check_password;

    #[test]
    fn a_made_password_is_one_that_is_taken() {
        let made = password_from([0, 1, 10, 17, 255, 20, 30, 31], [31; 8]);
        assert_eq!(made, "01AH-ZMYZ-ZZZZ-ZZZZ");
        assert!(check_password(&made).is_ok());
    }
}
