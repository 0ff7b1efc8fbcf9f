//! Whom to call about a report: kept beside it, masked for most, read by those who handle it, and
//! erased when its time is over.
//!
//! Reading and erasing are noted; no log and no search word holds a contact. Erasing leaves every
//! hash as it was and an entry in the trail. Tests: `tests/tests/contacts.rs`.

use super::audit::{self, Deed, Note};
use super::cases::{Seen, readable};
use super::push::buckets_of;
use super::{Fault, Result, merged};
use crate::service::district::District;
use crate::store::cases::Growth;
use crate::store::contacts::ContactRow;
use crate::store::events::NewEvent;
use crate::store::{self, Tx};
use serde_json::json;
use shared::contact::{Contact, MaskedContact, mask_name, mask_phone, readable_until};
use shared::id::{CaseId, EventId, PersonId, ReportId};
use shared::operation::SealedOperation;
use shared::role::{Action, Actor, Post, may};
use shared::time::{DAY_MS, Timestamp};
use shared::wire::sync::{CLOSED_KEPT_MS, Why};
use uuid::Uuid;

/// Contacts that are erased in one write, so that pushes never wait long behind it.
pub const ERASED_AT_ONCE: usize = 100;
/// The kind of the trail's entry.
pub(super) const ERASED_EVENT: &str = "redact";

/// Keeps what came aside of an operation, whatever becomes of the operation.
///
/// # Errors
/// Whatever the store says, as for all services.
pub fn keep(
    tx: &mut dyn Tx,
    district: &District,
    sealed: Option<&SealedOperation>,
    now: Timestamp,
) -> Result<()> {
    let contact = sealed.and_then(|sealed| Some((sealed, sealed.aside.contact.as_ref()?)));
    let Some((sealed, contact)) = contact.filter(|(_, contact)| contact.fits()) else {
        return Ok(());
    };
    let operation = &sealed.operation;
    // Aside of what is no report nothing is looked for, and its subject may be any text.
    let Ok(report) = operation.subject.parse::<ReportId>() else {
        return Ok(());
    };
    store::contacts::insert_if_new(tx, &district.code, operation.op_id, report, contact, now)?;
    Ok(())
}

/// The contact of a case as it is shown without asking for it.
///
/// # Errors
/// As [`keep`].
pub(super) fn masked(
    tx: &mut dyn Tx,
    actor: &Actor,
    seen: &Seen,
    now: Timestamp,
) -> Result<Option<MaskedContact>> {
    let Some(row) = store::contacts::of_report(tx, seen.row.report)? else {
        return Ok(None);
    };
    Ok(Some(MaskedContact {
        name: mask_name(&row.contact.name),
        phone: mask_phone(&row.contact.phone),
        may_read: row.erased.is_none() && may_read(tx, actor, seen, now)?,
        erased: row.erased.is_some(),
    }))
}

/// In time as long as the work that it is part of goes on, and a while longer.
fn may_read(tx: &mut dyn Tx, actor: &Actor, seen: &Seen, now: Timestamp) -> Result<bool> {
    let in_time = readable_until(merged::ended(tx, &seen.row)?).is_none_or(|until| now <= until);
    Ok(in_time && may(actor, Action::ReadContact, seen.subject()).is_some())
}

fn kept(tx: &mut dyn Tx, seen: &Seen) -> Result<ContactRow> {
    let row = store::contacts::of_report(tx, seen.row.report)?;
    row.filter(|row| row.erased.is_none())
        .ok_or(Fault::NotFound("contact"))
}

/// Reads a contact; who did is noted.
///
/// # Errors
/// [`Fault::NotFound`] when there is no such case for the actor or nothing to read,
/// [`Fault::Forbidden`] for who may not, or no longer.
pub fn read(
    tx: &mut dyn Tx,
    actor: &Actor,
    district: &District,
    id: CaseId,
    now: Timestamp,
) -> Result<Contact> {
    let seen = readable(tx, actor, district, id)?;
    if !may_read(tx, actor, &seen, now)? {
        return Err(Fault::Forbidden);
    }
    let row = kept(tx, &seen)?;
    let subject = id.to_string();
    let note = Note::of(Some(actor.person), Deed::ContactRead, &subject);
    audit::note(tx, district, &note, now)?;
    Ok(row.contact)
}

/// Erases a contact before its time: whoever it belongs to may ask for that.
///
/// # Errors
/// As [`read`].
pub fn erase(
    tx: &mut dyn Tx,
    actor: &Actor,
    district: &District,
    id: CaseId,
    event_id: EventId,
    now: Timestamp,
) -> Result<()> {
    let seen = readable(tx, actor, district, id)?;
    let post = may(actor, Action::EraseContact, seen.subject()).ok_or(Fault::Forbidden)?;
    let row = kept(tx, &seen)?;
    let by = Some((actor.person, post));
    blot_out(tx, district, &seen, &row, by, event_id, now)?;
    let subject = id.to_string();
    let note = Note::of(Some(actor.person), Deed::ContactErased, &subject);
    audit::note(tx, district, &note, now)
}

/// Erases contacts whose time is over, some at a time; how many. Safe to run at any time and on
/// several servers.
///
/// # Errors
/// As [`keep`].
pub fn expire(
    tx: &mut dyn Tx,
    district: &District,
    kept_days: i64,
    mut new_id: impl FnMut() -> Uuid,
    now: Timestamp,
) -> Result<usize> {
    let until = now.plus_ms(kept_days.saturating_mul(DAY_MS).saturating_neg());
    let due = store::contacts::due(tx, &district.code, until, ERASED_AT_ONCE)?;
    for (op_id, case) in &due {
        let seen = match case {
            Some(case) => Seen::load(tx, district, *case)?,
            None => None,
        };
        match (seen, store::contacts::get(tx, *op_id)?) {
            (Some(seen), Some(row)) => {
                let event_id = EventId(new_id());
                blot_out(tx, district, &seen, &row, None, event_id, now)?;
            }
            _ => {
                store::contacts::erase(tx, *op_id, now)?;
            }
        }
    }
    Ok(due.len())
}

/// Erases a contact, says so in the trail, and tells the handhelds that still keep the case.
fn blot_out(
    tx: &mut dyn Tx,
    district: &District,
    seen: &Seen,
    contact: &ContactRow,
    by: Option<(PersonId, &Post)>,
    event_id: EventId,
    now: Timestamp,
) -> Result<()> {
    if !store::contacts::erase(tx, contact.op_id, now)? {
        return Ok(());
    }
    let row = &seen.row;
    let nothing = Growth {
        photos: 0,
        photos_stored: 0,
        search: "",
        phashes: "",
    };
    let revision = store::cases::grow(tx, row.id, &nothing)?;
    let event = NewEvent {
        id: event_id,
        kind: ERASED_EVENT.to_owned(),
        from: Some(row.state.clone()),
        to: row.state.clone(),
        person: by.map(|(person, _)| person),
        role: by.map(|(_, post)| post.role),
        unit: by.and_then(|(_, post)| post.unit.clone()),
        at: now,
        reason: String::new(),
        detail: json!({"contact": contact.commitment, "revision": revision}).to_string(),
    };
    store::events::append(tx, row.id, event)?;
    // A case closed long ago has left the handhelds, and the contact with it; one that was away all
    // the time, or began anew in between, may have missed that.
    let is_kept = merged::ended(tx, row)?.is_none_or(|closed| now.since(closed) <= CLOSED_KEPT_MS);
    let (buckets, id) = (buckets_of(row), row.id.to_string());
    let why = if is_kept { Why::Redact } else { Why::Evict };
    store::changes::put(tx, &district.code, &buckets, "cases", &id, revision, why)?;
    Ok(())
}
