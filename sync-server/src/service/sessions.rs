//! Signing in and out, and who a token stands for.
//!
//! Tokens are opaque and random; the database knows their SHA-256 only. Passwords are Argon2id. A
//! session on a handheld has the rights of its person's grid posts and no others, so that a lost
//! phone opens no console.

use super::audit::{self, Deed, Note};
use super::{Fault, Result};
use crate::service::district::District;
use crate::store::devices::DeviceRow;
use crate::store::people::PersonRow;
use crate::store::sessions::SessionRow;
use crate::store::{self, Tx};
use shared::id::{DeviceId, PersonId, Sha256};
use shared::role::{Actor, Post, Role};
use shared::signature::PublicKey;
use shared::time::{DAY_MS, HOUR_MS, Timestamp};
use shared::wire::sync::Me;

/// How long a console session lasts without being used: one shift and a little more.
pub const CONSOLE_SESSION_MS: i64 = 12 * HOUR_MS;
/// How long it lasts at most, however much it is used: a forgotten browser ends with the week.
pub const CONSOLE_SESSION_MS_MAX: i64 = 7 * DAY_MS;
/// A session in use is prolonged once in this time, so that reading doesn't mean writing.
const PROLONG_EVERY_MS: i64 = HOUR_MS;
/// A handheld's session: a token that leaks is worth a day, and a shift needs no renewal.
pub const DEVICE_SESSION_MS: i64 = DAY_MS;
/// That of a handheld whose app can't renew it by its key: from one visit of an administrator to
/// the next.
pub const UNRENEWED_SESSION_MS: i64 = 400 * DAY_MS;

/// Somebody who asks, with everything that decides what may be done.
#[derive(Debug, Clone)]
pub struct Session {
    /// SHA-256 of the token.
    pub token_hash: Sha256,
    /// The person with the posts in force that count for this session.
    pub actor: Actor,
    /// All posts the person ever held, with their time.
    pub posts_ever: Vec<store::posts::PostRow>,
    /// Sign-in name.
    pub login: String,
    /// Name.
    pub name: String,
    /// The handheld, none for a console.
    pub device: Option<DeviceId>,
    /// Its epoch; 0 for a console.
    pub epoch: i64,
    /// The key that it signs with.
    pub key: Option<PublicKey>,
    /// Its last contact.
    pub last_seen: Option<Timestamp>,
    /// The account or the handheld is out of use.
    pub disabled: bool,
    /// The handheld is reported lost.
    pub lost: bool,
    /// Until when it should last from now on, when it is time to say so.
    pub prolong: Option<Timestamp>,
}

impl Session {
    /// The person, as the faces show it.
    #[must_use]
    pub fn me(&self) -> Me {
        Me {
            id: self.actor.person,
            login: self.login.clone(),
            name: self.name.clone(),
            posts: self.actor.posts.clone(),
        }
    }

    /// The person with the grid posts held now or at a moment: whoever did it in office did it so.
    #[must_use]
    pub fn actor_at(&self, at: Timestamp) -> Actor {
        let mut actor = self.actor.clone();
        let then = self.posts_ever.iter().filter(|row| {
            row.post.role == Role::GridWorker && row.from <= at && row.to.is_none_or(|to| at < to)
        });
        actor.posts.extend(then.map(|row| row.post.clone()));
        actor
    }

    /// Whether a grid post was held at a moment.
    #[must_use]
    pub fn in_office(&self, at: Timestamp) -> bool {
        self.posts_ever.iter().any(|row| {
            row.post.role == Role::GridWorker && row.from <= at && row.to.is_none_or(|to| at < to)
        })
    }
}

/// The session of a token, unless it has ended.
///
/// # Errors
/// Whatever the store says, as for all services.
pub fn find(tx: &mut dyn Tx, token_hash: Sha256, now: Timestamp) -> Result<Option<Session>> {
    let Some(row) = store::sessions::get(tx, token_hash)? else {
        return Ok(None);
    };
    if row.revoked.is_some() || row.expires <= now {
        return Ok(None);
    }
    let Some(person) = store::people::get(tx, row.person)? else {
        return Ok(None);
    };
    let device = match row.device {
        None => None,
        Some(id) => match store::devices::get(tx, id)? {
            // The device was bound to somebody else since.
            Some(device) if device.person == person.id => Some(device),
            _ => return Ok(None),
        },
    };
    let longest = row.created.plus_ms(CONSOLE_SESSION_MS_MAX);
    let prolonged = now.plus_ms(CONSOLE_SESSION_MS).min(longest);
    let is_due = device.is_none() && prolonged.since(row.expires) >= PROLONG_EVERY_MS;
    let session = of(tx, person, device, token_hash, now)?;
    Ok(Some(Session {
        prolong: is_due.then_some(prolonged),
        ..session
    }))
}

/// What a handheld would have if it came with a token now: for what others bring of it.
///
/// # Errors
/// As [`find`].
pub fn of_device(tx: &mut dyn Tx, id: DeviceId, now: Timestamp) -> Result<Option<Session>> {
    /// No token has it.
    const NO_TOKEN: Sha256 = Sha256::new([0; 32]);
    let Some(device) = store::devices::get(tx, id)? else {
        return Ok(None);
    };
    let Some(person) = store::people::get(tx, device.person)? else {
        return Ok(None);
    };
    of(tx, person, Some(device), NO_TOKEN, now).map(Some)
}

fn of(
    tx: &mut dyn Tx,
    person: PersonRow,
    device: Option<DeviceRow>,
    token_hash: Sha256,
    now: Timestamp,
) -> Result<Session> {
    let posts_ever = store::posts::of_person(tx, person.id)?;
    let posts = in_force(&posts_ever, device.is_some(), now);
    let off = |since: Option<Timestamp>| since.is_some_and(|since| since <= now);
    Ok(Session {
        prolong: None,
        lost: device.as_ref().is_some_and(|device| off(device.lost)),
        token_hash,
        actor: Actor {
            person: person.id,
            posts,
        },
        posts_ever,
        login: person.login,
        name: person.name,
        disabled: off(person.disabled) || device.as_ref().is_some_and(|d| off(d.disabled)),
        epoch: device.as_ref().map_or(0, |device| device.epoch),
        key: device.as_ref().and_then(|device| device.key),
        last_seen: device.as_ref().and_then(|device| device.last_seen),
        device: device.map(|device| device.id),
    })
}

fn in_force(rows: &[store::posts::PostRow], on_device: bool, now: Timestamp) -> Vec<Post> {
    rows.iter()
        .filter(|row| row.from <= now && row.to.is_none_or(|to| now < to))
        .filter(|row| !on_device || row.post.role == Role::GridWorker)
        .map(|row| row.post.clone())
        .collect()
}

/// What a sign-in is checked against.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// Who it would be.
    pub person: PersonId,
    /// Argon2id; none when no password was ever given.
    pub password_hash: Option<String>,
    /// The account is out of use.
    pub disabled: bool,
}

/// The account of a sign-in name.
///
/// # Errors
/// As [`find`].
pub fn candidate(tx: &mut dyn Tx, login: &str, now: Timestamp) -> Result<Option<Candidate>> {
    Ok(store::people::by_login(tx, login)?.map(|person| Candidate {
        person: person.id,
        password_hash: person.password_hash,
        disabled: person.disabled.is_some_and(|since| since <= now),
    }))
}

/// Begins a session that lasts so many milliseconds; until when it is good.
///
/// # Errors
/// As [`find`].
pub fn begin(
    tx: &mut dyn Tx,
    person: PersonId,
    device: Option<DeviceId>,
    token_hash: Sha256,
    lasts_ms: i64,
    now: Timestamp,
) -> Result<Timestamp> {
    let expires = now.plus_ms(lasts_ms);
    let row = SessionRow {
        token_hash,
        person,
        device,
        created: now,
        expires,
        revoked: None,
    };
    store::sessions::insert(tx, &row)?;
    Ok(expires)
}

/// Lets a session in use last longer.
///
/// # Errors
/// As [`find`].
pub fn prolong(tx: &mut dyn Tx, token_hash: Sha256, until: Timestamp) -> Result<()> {
    Ok(store::sessions::extend(tx, token_hash, until)?)
}

/// Ends a session.
///
/// # Errors
/// As [`find`].
pub fn end(tx: &mut dyn Tx, district: &District, session: &Session, now: Timestamp) -> Result<()> {
    store::sessions::revoke(tx, session.token_hash, now)?;
    let note = Note {
        device: session.device,
        ..Note::of(Some(session.actor.person), Deed::SignOut, "")
    };
    audit::note(tx, district, &note, now)
}

/// The shortest password that is taken: long enough against guessing through the brake.
pub const PASSWORD_CHARS_MIN: usize = 8;
/// The longest: hashing is not for essays.
pub const PASSWORD_CHARS_MAX: usize = 200;

/// The Argon2id hash of a new password.
///
/// # Errors
/// [`Fault::Invalid`] when it is too short or too long.
pub fn hash_password(password: &str) -> Result<String> {
    use argon2::password_hash::PasswordHasher;
    let length = password.chars().count();
    if !(PASSWORD_CHARS_MIN..=PASSWORD_CHARS_MAX).contains(&length) {
        return Err(Fault::invalid(
            "password",
            "密码要8到200个字符。",
            "A password has 8 to 200 characters.",
        ));
    }
    argon2::Argon2::default()
        .hash_password(password.as_bytes())
        .map(|hash| hash.to_string())
        .map_err(|error| Fault::damaged("password hash", error))
}

/// Whether a password fits. Takes the same time when there is no account or no password, so that
/// nobody learns by the clock which names exist.
#[must_use]
pub fn password_fits(stored: Option<&str>, password: &str) -> bool {
    use argon2::password_hash::{PasswordVerifier, phc::PasswordHash};
    /// A hash with the default costs that no password has.
    const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5IGhhcyB0aGlz$\
        AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    let Ok(hash) = PasswordHash::new(stored.unwrap_or(NOBODY)) else {
        return false;
    };
    let fits = argon2::Argon2::default()
        .verify_password(password.as_bytes(), &hash)
        .is_ok();
    fits && stored.is_some()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;

    #[test]
    fn a_password_fits_its_own_hash_and_nothing_else() {
        let hash = hash_password("井盖丢了要报9号").unwrap();
        assert!(hash.starts_with("$argon2id$"));
        assert!(password_fits(Some(&hash), "井盖丢了要报9号"));
        assert!(!password_fits(Some(&hash), "井盖丢了要报8号"));
        assert!(!password_fits(None, "anything"));
        assert!(!password_fits(Some("not a hash"), "anything"));
        assert!(hash_password("short").is_err());
    }

    #[test]
    fn an_unknown_name_costs_as_much_as_a_known_one() {
        let hash = hash_password("correct horse").unwrap();
        let costs = |stored: &str| {
            argon2::password_hash::phc::PasswordHash::new(stored)
                .unwrap()
                .params
                .to_string()
        };
        let nobody = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5IGhhcyB0aGlz$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
        assert_eq!(costs(&hash), costs(nobody));
    }
}
