//! People and their posts. An administrator sees and makes people of the own area only.
//!
//! `accounts` is what becomes of them afterwards. Tests: `tests/tests/people.rs`.

mod accounts;

pub use accounts::{
    add_post, change_password, end_post, may_set_password, note_wrong_password, password_from,
    set_closed, set_password,
};

use super::audit::{self, Deed, Note};
use super::sessions::hash_password;
use super::{Fault, Result, words};
use crate::service::district::District;
use crate::store::people::PersonRow;
use crate::store::posts::PostRow;
use crate::store::{self, Tx};
use shared::area::Scope;
use shared::id::{AreaCode, PersonId, PostId, UnitCode};
use shared::role::{Action, Actor, Post, PostPlace, Role, may_all_of, may_give_post};
use shared::time::Timestamp;
use shared::wire::console::{self, NewPerson, NewPost, Page};
use shared::wire::sync::Me;

/// Rows of one page.
pub const PAGE_ROWS: usize = 200;
/// Sign-in names: what fits a badge.
pub const LOGIN_CHARS_MAX: usize = 40;
/// Names of people, minority names in full included.
pub const NAME_CHARS_MAX: usize = 60;
/// Posts of one person: several are normal, dozens are a mistake.
pub const POSTS_MAX: usize = 20;

/// A page of the people who hold a post in the actor's area, or none at all when the actor
/// administers the whole district.
///
/// # Errors
/// [`Fault::Forbidden`] for who administers nothing; whatever the store says.
pub fn page(
    tx: &mut dyn Tx,
    actor: &Actor,
    district: &District,
    after: Option<&str>,
    now: Timestamp,
) -> Result<Page<console::PersonRow>> {
    let scopes = administered(actor);
    if scopes.is_empty() {
        return Err(Fault::Forbidden);
    }
    let mut rows = Vec::new();
    let mut after = after.map(str::to_owned);
    loop {
        let found = store::people::page(tx, &district.code, after.as_deref(), PAGE_ROWS)?;
        let full = found.len() == PAGE_ROWS;
        for person in found {
            after = Some(person.login.clone());
            let posts = held(tx, person.id, now)?;
            if is_seen(&scopes, district, &posts) {
                rows.push(row(person, posts, now));
            }
        }
        if !full {
            return Ok(Page { rows, next: None });
        }
        if rows.len() >= PAGE_ROWS {
            return Ok(Page { rows, next: after });
        }
    }
}

/// Ends all console sessions of a person: one's own, or of somebody in the area one administers.
///
/// # Errors
/// [`Fault::Forbidden`] for somebody else without administering, [`Fault::NotFound`] outside it.
pub fn end_sessions(
    tx: &mut dyn Tx,
    actor: &Actor,
    district: &District,
    person: PersonId,
    now: Timestamp,
) -> Result<()> {
    if person != actor.person {
        seen(tx, Some(actor), district, person, now)?;
    }
    store::sessions::revoke_console(tx, person, None, now)?;
    let subject = person.to_string();
    let note = Note::of(Some(actor.person), Deed::SignOutEverywhere, &subject);
    audit::note(tx, district, &note, now)
}

/// A person with the posts held now, if the actor may see them; the command line sees everybody.
fn seen(
    tx: &mut dyn Tx,
    actor: Option<&Actor>,
    district: &District,
    person: PersonId,
    now: Timestamp,
) -> Result<(PersonRow, Vec<Post>)> {
    let scopes = actor.map(administered);
    if scopes.as_ref().is_some_and(Vec::is_empty) {
        return Err(Fault::Forbidden);
    }
    let found = store::people::get(tx, person)?.filter(|row| row.district == district.code);
    let found = found.ok_or(Fault::NotFound("person"))?;
    let posts = held(tx, person, now)?;
    match scopes {
        Some(scopes) if !is_seen(&scopes, district, &posts) => Err(Fault::NotFound("person")),
        _ => Ok((found, posts)),
    }
}

/// Whether somebody with these posts is seen by who administers these places: by the posts in them,
/// or as everybody by who administers the whole district.
fn is_seen(scopes: &[Scope], district: &District, posts: &[Post]) -> bool {
    let within = |area: &AreaCode| scopes.iter().any(|scope| scope.contains(area));
    within(&district.code) || posts.iter().any(|post| within(&post.area))
}

fn administered(actor: &Actor) -> Vec<Scope> {
    let offices = actor
        .posts
        .iter()
        .filter(|post| post.role == Role::Administrator);
    offices.map(|post| Scope(post.area.clone())).collect()
}

fn held(tx: &mut dyn Tx, person: PersonId, now: Timestamp) -> Result<Vec<Post>> {
    Ok(store::posts::held(tx, person, now)?
        .into_iter()
        .map(|row| row.post)
        .collect())
}

fn row(person: PersonRow, posts: Vec<Post>, now: Timestamp) -> console::PersonRow {
    console::PersonRow {
        disabled: person.disabled.is_some_and(|since| since <= now),
        me: Me {
            id: person.id,
            login: person.login,
            name: person.name,
            posts,
        },
    }
}

/// Checks a new person and hashes the password: slow, so outside the transaction.
///
/// # Errors
/// [`Fault::Invalid`] with the field.
pub fn prepare(new: &NewPerson, district: &District) -> Result<Option<String>> {
    let login = new.login.as_str();
    let is_login = |c: char| c.is_alphanumeric() || "-_.@".contains(c);
    if login.is_empty() || login.chars().count() > LOGIN_CHARS_MAX || !login.chars().all(is_login) {
        return Err(Fault::invalid(
            "login",
            "用户名要1到40个字母、汉字或数字。",
            "A sign-in name has 1 to 40 letters or digits.",
        ));
    }
    let name = new.name.trim();
    if name.is_empty()
        || name.chars().count() > NAME_CHARS_MAX
        || name.chars().any(char::is_control)
    {
        return Err(Fault::invalid(
            "name",
            "请填姓名，最多60字。",
            "Enter a name of at most 60 characters.",
        ));
    }
    if new.posts.len() > POSTS_MAX {
        return Err(too_many_posts());
    }
    for post in &new.posts {
        check_post(post, district)?;
    }
    new.password.as_deref().map(hash_password).transpose()
}

fn too_many_posts() -> Fault {
    Fault::invalid("posts", "岗位最多20个。", "At most 20 posts.")
}

/// Checks a post to be given, whoever gives it.
fn check_post(post: &NewPost, district: &District) -> Result<()> {
    if district.areas.get(&post.area).is_none() {
        return Err(Fault::invalid(
            "posts",
            "没有这个辖区。",
            "There is no such area.",
        ));
    }
    let fits = match (post.role, &post.unit) {
        (Role::Handler, Some(unit)) => district.units.get(unit).is_some_and(|unit| !unit.pool),
        (Role::Handler, None) => false,
        (_, unit) => unit.is_none(),
    };
    if fits {
        return Ok(());
    }
    Err(Fault::invalid(
        "posts",
        "处置岗要选一个实有的单位，其他岗位不选单位。",
        "A handler needs a unit with staff; other posts have none.",
    ))
}

/// Ids for a new person and the posts.
#[derive(Debug, Clone)]
pub struct NewIds {
    /// The person.
    pub person: PersonId,
    /// One for each post.
    pub posts: Vec<PostId>,
}

/// Whether somebody may add this person, every post of theirs included.
fn may_add(actor: &Actor, district: &District, new: &NewPerson) -> bool {
    let somewhere = !administered(actor).is_empty();
    // A person without a post belongs to the whole district.
    let nowhere_ok = !new.posts.is_empty() || administers(actor, &district.code);
    let mut posts = new.posts.iter();
    somewhere && nowhere_ok && posts.all(|post| may_give(actor, district, post))
}

/// Whether somebody may give a post: in its area, and in its unit if it has one.
fn may_give(actor: &Actor, district: &District, post: &NewPost) -> bool {
    let place = place(district, &post.area, post.unit.as_ref());
    may_give_post(actor, &district.code, place)
}

/// Where a post lies.
fn place<'a>(district: &'a District, area: &'a AreaCode, unit: Option<&UnitCode>) -> PostPlace<'a> {
    PostPlace::of(area, unit, &district.code, |code| {
        Some(&district.units.get(code)?.area)
    })
}

fn administers(actor: &Actor, area: &AreaCode) -> bool {
    may_all_of(actor, Action::Administer, area)
}

/// Adds a person with posts. `actor` is none for the command line, which may everything.
///
/// # Errors
/// [`Fault::Forbidden`] for a post or a unit outside the actor's area, [`Fault::NotPossible`] when
/// the name is taken.
pub fn create(
    tx: &mut dyn Tx,
    actor: Option<&Actor>,
    district: &District,
    new: &NewPerson,
    password_hash: Option<&str>,
    ids: &NewIds,
    now: Timestamp,
) -> Result<console::PersonRow> {
    if actor.is_some_and(|actor| !may_add(actor, district, new)) {
        return Err(Fault::Forbidden);
    }
    let person = PersonRow {
        id: ids.person,
        district: district.code.clone(),
        login: new.login.clone(),
        name: new.name.trim().to_owned(),
        password_hash: password_hash.map(str::to_owned),
        disabled: None,
        created: now,
    };
    if !store::people::insert_if_new(tx, &person)? {
        return Err(Fault::NotPossible(words(
            "这个用户名已有人用，请换一个。",
            "This sign-in name is taken; choose another.",
        )));
    }
    let mut posts = Vec::new();
    for (new, id) in new.posts.iter().zip(&ids.posts) {
        posts.push(give(tx, ids.person, new, *id, now)?);
    }
    let subject = person.id.to_string();
    let note = Note {
        detail: serde_json::json!({"posts": posts}),
        ..Note::of(actor.map(|actor| actor.person), Deed::PersonAdded, &subject)
    };
    audit::note(tx, district, &note, now)?;
    Ok(row(person, posts, now))
}

/// Gives a post from now on.
fn give(
    tx: &mut dyn Tx,
    person: PersonId,
    new: &NewPost,
    id: PostId,
    now: Timestamp,
) -> Result<Post> {
    let post = Post {
        id,
        role: new.role,
        area: new.area.clone(),
        unit: new.unit.clone(),
        kind: new.kind,
    };
    let row = PostRow {
        post: post.clone(),
        person,
        from: now,
        to: None,
    };
    store::posts::insert(tx, &row)?;
    Ok(post)
}
