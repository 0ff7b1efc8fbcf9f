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
use crate::store::posts::PostRow;
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
/// A session is kept so long after its end: longer than two servers' clocks are apart.
const KEPT_MS: i64 = DAY_MS;
/// Sessions removed in one transaction; the next goes on.
pub const SWEPT_AT_ONCE: usize = 1_000;

/// Somebody who asks, with everything that decides what may be done.
#[derive(Debug, Clone)]
pub struct Session {
    /// SHA-256 of the token.
    pub token_hash: Sha256,
    /// The person with the posts in force that count for this session.
    pub actor: Actor,
    /// All posts the person ever held, with their time.
    pub posts_ever: Vec<PostRow>,
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

/// What a session follows from, as it stood in the database when it was read. It may be kept for a
/// while, as long as whoever writes by it asks [`Grounds::stand`] in the same transaction.
#[derive(Debug, Clone)]
pub struct Grounds {
    /// None for a handheld whose work others bring.
    token: Option<SessionRow>,
    person: PersonRow,
    device: Option<DeviceRow>,
    posts: Vec<PostRow>,
}

impl Grounds {
    /// Those of a token that was ever given out.
    ///
    /// # Errors
    /// Whatever the store says, as for all services.
    pub fn of_token(tx: &mut dyn Tx, token_hash: Sha256) -> Result<Option<Self>> {
        let Some(token) = store::sessions::get(tx, token_hash)? else {
            return Ok(None);
        };
        let device = match token.device {
            None => None,
            Some(id) => match store::devices::get(tx, id)? {
                // The device was bound to somebody else since.
                Some(device) if device.person == token.person => Some(device),
                _ => return Ok(None),
            },
        };
        Self::of(tx, token.person, Some(token), device)
    }

    /// Those that a handheld would have if it came with a token: for what others bring of it.
    ///
    /// # Errors
    /// As [`Grounds::of_token`].
    pub fn of_device(tx: &mut dyn Tx, id: DeviceId) -> Result<Option<Self>> {
        let Some(device) = store::devices::get(tx, id)? else {
            return Ok(None);
        };
        Self::of(tx, device.person, None, Some(device))
    }

    /// Those of somebody who carried a handheld before, for what was left on it.
    ///
    /// # Errors
    /// As [`Grounds::of_token`].
    pub fn of_former(tx: &mut dyn Tx, id: DeviceId, person: PersonId) -> Result<Option<Self>> {
        let Some(device) = store::devices::get(tx, id)? else {
            return Ok(None);
        };
        Self::of(tx, person, None, Some(device))
    }

    fn of(
        tx: &mut dyn Tx,
        person: PersonId,
        token: Option<SessionRow>,
        device: Option<DeviceRow>,
    ) -> Result<Option<Self>> {
        let Some(person) = store::people::get(tx, person)? else {
            return Ok(None);
        };
        let posts = store::posts::of_person(tx, person.id)?;
        Ok(Some(Self {
            token,
            person,
            device,
            posts,
        }))
    }

    /// The same as they stand now.
    ///
    /// # Errors
    /// As [`Grounds::of_token`].
    pub fn again(&self, tx: &mut dyn Tx) -> Result<Option<Self>> {
        match (&self.token, &self.device) {
            (Some(token), _) => Self::of_token(tx, token.token_hash),
            (None, Some(device)) => Self::of_device(tx, device.id),
            (None, None) => Ok(None),
        }
    }

    /// Whether nothing of them has changed, in no matter which process or by whose hand: a session
    /// that was ended, a post, an account, another binding of the handheld.
    ///
    /// # Errors
    /// As [`Grounds::of_token`].
    pub fn stand(&self, tx: &mut dyn Tx) -> Result<bool> {
        if let Some(token) = &self.token
            && store::sessions::get(tx, token.token_hash)?.as_ref() != Some(token)
        {
            return Ok(false);
        }
        if let Some(device) = &self.device
            && store::devices::binding(tx, device.id)? != Some(device.binding())
        {
            return Ok(false);
        }
        let person = store::people::get(tx, self.person.id)?;
        Ok(person.as_ref() == Some(&self.person)
            && store::posts::of_person(tx, self.person.id)? == self.posts)
    }

    /// SHA-256 of the token, where there is one.
    #[must_use]
    pub fn token_hash(&self) -> Option<Sha256> {
        self.token.as_ref().map(|token| token.token_hash)
    }

    /// The handheld, none for a console.
    #[must_use]
    pub fn device(&self) -> Option<DeviceId> {
        self.device.as_ref().map(|device| device.id)
    }

    /// Whether the token is no longer good at a moment.
    #[must_use]
    pub fn has_ended(&self, now: Timestamp) -> bool {
        let ended = |token: &SessionRow| token.revoked.is_some() || token.expires <= now;
        self.token.as_ref().is_some_and(ended)
    }

    /// The key that the handheld signs with.
    #[must_use]
    pub fn key(&self) -> Option<PublicKey> {
        self.device.as_ref()?.key
    }

    /// The session at a moment, unless it has ended.
    #[must_use]
    pub fn session(&self, now: Timestamp) -> Option<Session> {
        /// No token has it.
        const NO_TOKEN: Sha256 = Sha256::new([0; 32]);
        let Self {
            token,
            person,
            device,
            posts,
        } = self;
        if self.has_ended(now) {
            return None;
        }
        let device = device.as_ref();
        let off = |since: Option<Timestamp>| since.is_some_and(|since| since <= now);
        Some(Session {
            token_hash: self.token_hash().unwrap_or(NO_TOKEN),
            actor: Actor {
                person: person.id,
                posts: in_force(posts, device.is_some(), now),
            },
            posts_ever: posts.clone(),
            login: person.login.clone(),
            name: person.name.clone(),
            device: self.device(),
            epoch: device.map_or(0, |device| device.epoch),
            key: self.key(),
            last_seen: device.and_then(|device| device.last_seen),
            disabled: off(person.disabled) || device.is_some_and(|device| off(device.disabled)),
            lost: device.is_some_and(|device| off(device.lost)),
            prolong: match (token, device) {
                (Some(token), None) => prolonged(token, now),
                _ => None,
            },
        })
    }
}

/// Until when a console's session in use should last, when it is time to say so.
fn prolonged(token: &SessionRow, now: Timestamp) -> Option<Timestamp> {
    let longest = token.created.plus_ms(CONSOLE_SESSION_MS_MAX);
    let until = now.plus_ms(CONSOLE_SESSION_MS).min(longest);
    (until.since(token.expires) >= PROLONG_EVERY_MS).then_some(until)
}

/// The session of a token, unless it has ended.
///
/// # Errors
/// Whatever the store says, as for all services.
pub fn find(tx: &mut dyn Tx, token_hash: Sha256, now: Timestamp) -> Result<Option<Session>> {
    let grounds = Grounds::of_token(tx, token_hash)?;
    Ok(grounds.and_then(|grounds| grounds.session(now)))
}

fn in_force(rows: &[PostRow], on_device: bool, now: Timestamp) -> Vec<Post> {
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

/// Removes the sessions that ended long ago, [`SWEPT_AT_ONCE`] at most; how many.
///
/// # Errors
/// As [`find`].
pub fn sweep(tx: &mut dyn Tx, now: Timestamp) -> Result<usize> {
    let swept = store::sessions::sweep(tx, now.plus_ms(-KEPT_MS), SWEPT_AT_ONCE)?;
    usize::try_from(swept).map_err(|error| Fault::damaged("sessions", error))
}

/// The shortest password that is taken: long enough against guessing through the brake.
pub const PASSWORD_CHARS_MIN: usize = 8;
/// The longest: hashing is not for essays.
pub const PASSWORD_CHARS_MAX: usize = 200;

/// Whether a new password is one that is taken; at once, unlike its hash.
///
/// # Errors
/// [`Fault::Invalid`] when it is too short or too long.
pub fn check_password(password: &str) -> Result<()> {
    let length = password.chars().count();
    if (PASSWORD_CHARS_MIN..=PASSWORD_CHARS_MAX).contains(&length) {
        return Ok(());
    }
    Err(Fault::invalid(
        "password",
        "密码要8到200个字符。",
        "A password has 8 to 200 characters.",
    ))
}

/// The Argon2id hash of a new password.
///
/// # Errors
/// As [`check_password`].
pub fn hash_password(password: &str) -> Result<String> {
    use argon2::password_hash::PasswordHasher;
    check_password(password)?;
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
