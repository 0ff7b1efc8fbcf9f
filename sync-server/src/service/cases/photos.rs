//! Photos of how it is now, added in the console by whoever works on the case.

use super::facts::EventFacts;
use super::view::detail;
use super::{Seen, readable};
use crate::service::district::District;
use crate::service::trail::{self, After};
use crate::service::{Fault, Result, feed, photos, words};
use crate::store::cases::Growth;
use crate::store::events::NewEvent;
use crate::store::{self, Tx};
use shared::addition::CASE_PHOTOS_LIMIT;
use shared::case::Class;
use shared::id::{CaseId, EventId};
use shared::report::PhotoRef;
use shared::role::{Action, Actor, Post, may};
use shared::time::Timestamp;
use shared::wire::console::CaseDetail;
use uuid::Uuid;

/// Whether the actor may add a photo to a case now.
///
/// # Errors
/// [`Fault::NotFound`] when the actor may not see it, [`Fault::Forbidden`] when it isn't the
/// actor's to work on, [`Fault::NotPossible`] when it has ended or holds all it may.
pub fn may_add_photo(
    tx: &mut dyn Tx,
    actor: &Actor,
    district: &District,
    id: CaseId,
) -> Result<()> {
    let seen = readable(tx, actor, district, id)?;
    post(actor, &seen)?;
    let here = store::photos::of_report(tx, seen.row.report)?.len();
    has_room(&seen, here)
}

/// Adds a photo whose bytes are in the photo store; the case after it. A photo that the case has
/// already changes nothing, unless its bytes had been lost.
///
/// # Errors
/// As [`may_add_photo`].
pub fn add_photo(
    tx: &mut dyn Tx,
    actor: &Actor,
    district: &District,
    id: CaseId,
    photo: &PhotoRef,
    event_id: EventId,
    now: Timestamp,
) -> Result<CaseDetail> {
    let seen = readable(tx, actor, district, id)?;
    let post = post(actor, &seen)?;
    let row = &seen.row;
    let here = store::photos::of_report(tx, row.report)?;
    if here.iter().any(|known| known.photo.hash == photo.sha256) {
        photos::arrived(tx, district, Uuid::nil(), photo.sha256, now)?;
        return detail(tx, actor, district, id, now);
    }
    has_room(&seen, here.len())?;
    let last = here.last().map_or(0, |photo| photo.ordinal);
    let ordinal = last.saturating_add(1);
    let stored =
        store::photos::announce(tx, row.report, ordinal, photo, store::photos::CONSOLE, now)?;
    let growth = Growth {
        photos: 1,
        photos_stored: i64::from(stored),
        search: "",
        // It shows the thing put right, which tells nothing from another.
        phashes: "",
    };
    let revision = store::cases::grow(tx, row.id, &growth)?;
    if !stored && store::photos::mark_stored(tx, photo.sha256, now)? {
        // Another case's handheld may owe the very same bytes: it does no longer.
        for other in store::cases::count_photo(tx, photo.sha256)? {
            if other != id
                && let Some(other) = store::cases::get(tx, other)?
            {
                feed::tell(tx, district, &other, now)?;
            }
        }
    }
    let facts = EventFacts {
        photos: vec![photo.sha256],
        ..EventFacts::default()
    };
    let after = After {
        revision,
        ..After::from(row)
    };
    store::events::append(
        tx,
        row.id,
        NewEvent {
            id: event_id,
            kind: String::from("photo_add"),
            from: Some(row.state.clone()),
            to: row.state.clone(),
            person: Some(actor.person),
            role: Some(post.role),
            unit: post.unit.clone(),
            at: now,
            reason: String::new(),
            detail: trail::with_after_text(&facts.text(), &after),
        },
    )?;
    if let Some(row) = store::cases::get(tx, id)? {
        feed::tell(tx, district, &row, now)?;
    }
    detail(tx, actor, district, id, now)
}

/// The post in which the actor works on the case.
fn post<'a>(actor: &'a Actor, seen: &Seen) -> Result<&'a Post> {
    [Action::Handle, Action::Answer, Action::Dispatch]
        .into_iter()
        .find_map(|action| may(actor, action, seen.subject()))
        .ok_or(Fault::Forbidden)
}

fn has_room(seen: &Seen, here: usize) -> Result<()> {
    if seen.row.class == Class::Closed {
        return Err(Fault::NotPossible(words(
            "这件事已经结束，不能再加照片。",
            "The case has ended; no photo can be added.",
        )));
    }
    if here >= CASE_PHOTOS_LIMIT {
        return Err(Fault::NotPossible(words(
            "这件事的照片已满36张，不能再加。",
            "The case has 36 photos, the most it may hold.",
        )));
    }
    Ok(())
}
