//! Handhelds: enrolment by a one-time code, and which device owes what.

mod ledger;

use super::audit::{self, Deed, Note};
use super::sessions;
use super::{Fault, Result, words};
use crate::service::district::District;
use crate::store::devices::{CodeRow, DeviceRow};
use crate::store::{self, Tx};
use serde_json::json;
use shared::area::Scope;
use shared::id::{DeviceId, PersonId, Sha256};
use shared::role::{Action, Actor, Post, Role, Subject, may};
use shared::time::{DAY_MS, Timestamp};
use shared::wire::console::{self, Page};
use shared::wire::sync::{EnrolRequest, Me};
use std::collections::HashMap;

pub use ledger::ledger;

/// An enrolment code is good for a day: long enough to hand it over, short enough to lose it.
pub const CODE_LASTS_MS: i64 = DAY_MS;
/// Names of devices, platforms and versions as their makers write them.
pub const WORDS_CHARS_MAX: usize = 100;
/// Rows of one page.
pub const PAGE_ROWS: usize = 200;
/// Letters of a code without those that are mistaken for digits.
const CODE_LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Letters of a code: 40 bits, behind the sign-in brake and for one day.
const CODE_LENGTH: usize = 8;

/// The words of a code from random bytes: `K7QM-2XFA`.
#[must_use]
pub fn code_from(random: [u8; CODE_LENGTH]) -> String {
    let mut code = String::with_capacity(CODE_LENGTH + 1);
    for (at, byte) in random.into_iter().enumerate() {
        if at == CODE_LENGTH / 2 {
            code.push('-');
        }
        let letter = CODE_LETTERS
            .get(usize::from(byte & 31))
            .copied()
            .unwrap_or(b'0');
        code.push(char::from(letter));
    }
    code
}

/// The hash of a code however it was typed: case, spaces, dashes and letters like digits.
#[must_use]
pub fn code_hash(typed: &str) -> Sha256 {
    let letters: String = typed
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| match c.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            c => c,
        })
        .collect();
    Sha256::of(letters.as_bytes())
}

/// Makes a code for a person; until when it is good. `actor` is none for the command line.
///
/// # Errors
/// [`Fault::NotFound`] for nobody in the actor's area.
pub fn new_code(
    tx: &mut dyn Tx,
    actor: Option<&Actor>,
    district: &District,
    person: PersonId,
    code_hash: Sha256,
    now: Timestamp,
) -> Result<Timestamp> {
    let offices = |post: &&shared::role::Post| post.role == Role::Administrator;
    if actor.is_some_and(|actor| !actor.posts.iter().any(|post| offices(&post))) {
        return Err(Fault::Forbidden);
    }
    let found = store::people::get(tx, person)?;
    let found = found.filter(|row| row.district == district.code && row.disabled.is_none());
    let found = found.ok_or(Fault::NotFound("person"))?;
    let posts = store::posts::held(tx, found.id, now)?;
    if let Some(actor) = actor {
        let allowed = |area| {
            may(
                actor,
                Action::Administer,
                Subject {
                    area: Some(area),
                    ..Subject::default()
                },
            )
            .is_some()
        };
        if !(allowed(&district.code) || posts.iter().any(|row| allowed(&row.post.area))) {
            return Err(Fault::NotFound("person"));
        }
    }
    if !posts.iter().any(|row| row.post.role == Role::GridWorker) {
        return Err(Fault::NotPossible(words(
            "此人没有网格岗位，不能绑定手持端。",
            "This person holds no grid post and can't carry a handheld.",
        )));
    }
    let expires = now.plus_ms(CODE_LASTS_MS);
    let row = CodeRow {
        code_hash,
        person,
        expires,
        used: None,
        device: None,
    };
    store::devices::insert_code(tx, &row)?;
    let by = actor.map(|actor| actor.person);
    let person = person.to_string();
    audit::note(tx, district, &Note::of(by, Deed::CodeMade, &person), now)?;
    Ok(expires)
}

/// What an enrolment gives.
#[derive(Debug, Clone)]
pub struct Enrolled {
    /// Epoch for the device's operations.
    pub epoch: u32,
    /// Who carries it.
    pub me: Me,
    /// How long the token lasts, when the handheld can renew it.
    pub token_lasts_ms: Option<i64>,
}

/// Binds an installation to the person of the code. The same device may repeat it: that gives a
/// new token and is otherwise without effect. A device that names another key than before is bound
/// with the new one, which the audit shows; one that names none keeps the key that is known.
///
/// # Errors
/// [`Fault::NotFound`] for a wrong code, [`Fault::Gone`] for one that has expired or was used.
pub fn enrol(
    tx: &mut dyn Tx,
    district: &District,
    request: &EnrolRequest,
    token_hash: Sha256,
    now: Timestamp,
) -> Result<Enrolled> {
    let hash = code_hash(&request.code);
    let code = store::devices::code(tx, hash)?.ok_or(Fault::NotFound("code"))?;
    if code.expires <= now || code.used.is_some() && code.device != Some(request.device_id) {
        return Err(Fault::Gone(words(
            "绑定码已过期或已用过，请管理员再发一个。",
            "The code has expired or was used. Ask for a new one.",
        )));
    }
    let person = store::people::get(tx, code.person)?;
    let person = person.filter(|p| p.disabled.is_none());
    let person = person.ok_or(Fault::NotFound("code"))?;
    let before = store::devices::get(tx, request.device_id)?;
    // Another person's operations must not follow on the same chain.
    let epoch = match &before {
        Some(row) if row.person == person.id => row.epoch,
        Some(row) => row.epoch.saturating_add(1),
        None => 1,
    };
    if let Some(row) = &before {
        store::sessions::revoke_all(tx, row.person, Some(row.id), now)?;
    }
    store::devices::put(tx, &bound(district, request, person.id, epoch, now))?;
    note_carriers(tx, before.as_ref(), request, (person.id, epoch), now)?;
    note_enrolment(tx, district, request, before.as_ref(), person.id, now)?;
    store::devices::use_code(tx, hash, request.device_id, now)?;
    let token_lasts_ms =
        (request.renews && request.key.is_some()).then_some(sessions::DEVICE_SESSION_MS);
    let lasts_ms = token_lasts_ms.unwrap_or(sessions::UNRENEWED_SESSION_MS);
    let device = Some(request.device_id);
    sessions::begin(tx, person.id, device, token_hash, lasts_ms, now)?;
    Ok(Enrolled {
        token_lasts_ms,
        epoch: u32::try_from(epoch).map_err(|error| Fault::damaged("epoch", error))?,
        me: Me {
            id: person.id,
            login: person.login,
            name: person.name,
            posts: grid_posts(tx, person.id, now)?,
        },
    })
}

/// Keeps who carried the handheld until now, so that what they left on it still counts; not when it
/// is marked as lost or signs with another key, for then anybody may have made that.
fn note_carriers(
    tx: &mut dyn Tx,
    before: Option<&DeviceRow>,
    request: &EnrolRequest,
    (person, epoch): (PersonId, i64),
    now: Timestamp,
) -> Result<()> {
    let device = request.device_id;
    if let Some(row) = before {
        let same_key = row.key.is_some() && request.key.is_none_or(|key| Some(key) == row.key);
        if row.lost.is_some() || !same_key {
            store::bindings::forget(tx, device)?;
        } else if row.epoch != epoch {
            store::bindings::end(tx, device, row.epoch, now)?;
        }
    }
    store::bindings::begin(tx, device, epoch, person)?;
    Ok(())
}

/// The row of a handheld that was just bound.
fn bound(
    district: &District,
    request: &EnrolRequest,
    person: PersonId,
    epoch: i64,
    now: Timestamp,
) -> DeviceRow {
    DeviceRow {
        id: request.device_id,
        district: district.code.clone(),
        person,
        epoch,
        name: shorten(&request.name),
        platform: shorten(&request.platform),
        app_version: shorten(&request.app_version),
        enrolled: now,
        last_seen: Some(now),
        made: 0,
        high_water: 0,
        received: 0,
        disabled: None,
        key: request.key,
        owed_since: None,
        lost: None,
    }
}

/// The posts that count on a handheld.
fn grid_posts(tx: &mut dyn Tx, person: PersonId, now: Timestamp) -> Result<Vec<Post>> {
    let held = store::posts::held(tx, person, now)?.into_iter();
    let posts = held.map(|row| row.post);
    Ok(posts.filter(|post| post.role == Role::GridWorker).collect())
}

/// Leaves a trace of who was bound and of a key that was replaced.
fn note_enrolment(
    tx: &mut dyn Tx,
    district: &District,
    request: &EnrolRequest,
    before: Option<&DeviceRow>,
    person: PersonId,
    now: Timestamp,
) -> Result<()> {
    let key_before = before.and_then(|row| row.key).map(|key| key.id());
    let key = request.key.map(|key| key.id());
    let replaced = key_before.is_some() && key.is_some() && key != key_before;
    if replaced {
        tracing::warn!(device.id = %request.device_id, alarm = "device_key_replaced",
            "a device was enrolled again with another key");
    }
    let deed = if replaced {
        Deed::KeyReplaced
    } else {
        Deed::Enrolled
    };
    let subject = request.device_id.to_string();
    let note = Note {
        device: Some(request.device_id),
        detail: json!({"key": key, "key_before": key_before}),
        ..Note::of(Some(person), deed, &subject)
    };
    audit::note(tx, district, &note, now)
}

fn shorten(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_control())
        .take(WORDS_CHARS_MAX)
        .collect()
}

/// A page of the devices whose carriers hold a post in the actor's area.
///
/// # Errors
/// [`Fault::Forbidden`] for who may see none.
pub fn page(
    tx: &mut dyn Tx,
    actor: &Actor,
    district: &District,
    after: Option<DeviceId>,
    now: Timestamp,
) -> Result<Page<console::DeviceRow>> {
    let scopes = scopes_of(actor, Action::ReadDevices);
    if scopes.is_empty() {
        return Err(Fault::Forbidden);
    }
    let whole = scopes.iter().any(|scope| scope.contains(&district.code));
    let mut carriers: HashMap<PersonId, Option<String>> = HashMap::new();
    let mut rows = Vec::new();
    let mut after = after;
    loop {
        let found = store::devices::page(tx, &district.code, after, PAGE_ROWS)?;
        let full = found.len() == PAGE_ROWS;
        for device in found {
            after = Some(device.id);
            let name = match carriers.get(&device.person) {
                Some(name) => name.clone(),
                None => {
                    let name = visible_name(tx, device.person, whole, &scopes, now)?;
                    carriers.insert(device.person, name.clone());
                    name
                }
            };
            if let Some(name) = name {
                rows.push(ledger::row(tx, district, device, name, now)?);
            }
        }
        if !full {
            return Ok(Page { rows, next: None });
        }
        if rows.len() >= PAGE_ROWS {
            return Ok(Page {
                rows,
                next: after.map(|id| id.to_string()),
            });
        }
    }
}

/// Marks a handheld as lost, or as found again. A lost one is heard once more: what it has goes to
/// quarantine, then it is told and erases its key.
///
/// # Errors
/// [`Fault::Forbidden`] for who administers nothing, [`Fault::NotFound`] for a handheld whose
/// carrier holds no post in the actor's area.
pub fn set_lost(
    tx: &mut dyn Tx,
    actor: &Actor,
    district: &District,
    device: DeviceId,
    lost: bool,
    now: Timestamp,
) -> Result<()> {
    let scopes = scopes_of(actor, Action::Administer);
    if scopes.is_empty() {
        return Err(Fault::Forbidden);
    }
    let whole = scopes.iter().any(|scope| scope.contains(&district.code));
    let row = store::devices::get(tx, device)?.filter(|row| row.district == district.code);
    let row = row.ok_or(Fault::NotFound("device"))?;
    visible_name(tx, row.person, whole, &scopes, now)?.ok_or(Fault::NotFound("device"))?;
    if row.lost.is_some() == lost {
        return Ok(());
    }
    store::devices::set_lost(tx, device, lost.then_some(now))?;
    let deed = if lost {
        Deed::DeviceLost
    } else {
        Deed::DeviceFound
    };
    let subject = device.to_string();
    audit::note(
        tx,
        district,
        &Note::of(Some(actor.person), deed, &subject),
        now,
    )
}

/// Notes that a lost handheld came and was told; the first time in the audit, too.
///
/// # Errors
/// Whatever the store says.
pub fn tell_lost(
    tx: &mut dyn Tx,
    district: &District,
    device: DeviceId,
    now: Timestamp,
) -> Result<()> {
    store::devices::note_seen(tx, device, now)?;
    if store::devices::note_told_lost(tx, device, now)? {
        let note = Note {
            device: Some(device),
            ..Note::of(None, Deed::DeviceTold, "")
        };
        audit::note(tx, district, &note, now)?;
    }
    Ok(())
}

/// The scopes in which the actor may do this to whatever lies there.
#[must_use]
pub fn scopes_of(actor: &Actor, action: Action) -> Vec<Scope> {
    let holds = |post: &&shared::role::Post| {
        let alone = Actor {
            person: actor.person,
            posts: vec![(*post).clone()],
        };
        let subject = Subject {
            area: Some(&post.area),
            ..Subject::default()
        };
        may(&alone, action, subject).is_some()
    };
    actor
        .posts
        .iter()
        .filter(holds)
        .map(|post| Scope(post.area.clone()))
        .collect()
}

/// A carrier's name when the actor may see the device.
fn visible_name(
    tx: &mut dyn Tx,
    person: PersonId,
    whole: bool,
    scopes: &[Scope],
    now: Timestamp,
) -> Result<Option<String>> {
    let Some(found) = store::people::get(tx, person)? else {
        return Ok(None);
    };
    let posts = store::posts::held(tx, person, now)?;
    let mine = posts
        .iter()
        .any(|row| scopes.iter().any(|s| s.contains(&row.post.area)));
    Ok((whole || mine).then_some(found.name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_found_however_it_is_typed() {
        let code = code_from([0, 1, 10, 17, 255, 20, 30, 31]);
        assert_eq!(code, "01AH-ZMYZ");
        assert_eq!(code_hash(&code), code_hash(" 0lah zmyz"));
        assert_ne!(code_hash(&code), code_hash("01AH-ZMYY"));
    }
}
