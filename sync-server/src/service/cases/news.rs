//! 已阅: somebody at a desk looked at what came after a case had ended, or at a wish to withdraw.

use super::moves::Moved;
use super::readable;
use super::view::detail;
use crate::service::district::District;
use crate::service::{Fault, Result, feed};
use crate::store::cases::{CaseRow, Growth};
use crate::store::events::NewEvent;
use crate::store::{self, Tx};
use serde_json::json;
use shared::id::{CaseId, EventId};
use shared::role::{Action, Actor, may};
use shared::time::Timestamp;
use shared::wire::console::LookedRequest;

/// The stored kind of the entry; its words are in `label::event`.
const LOOKED: &str = "looked";

/// Takes a case off the list of what waits for a look, with an entry that says who looked. Where
/// nothing waits, nothing changes; what came after the revision that was seen waits on.
///
/// # Errors
/// [`Fault::NotFound`] when the actor may not see it, [`Fault::Forbidden`] when it isn't theirs to
/// dispatch.
pub fn looked(
    tx: &mut dyn Tx,
    actor: &Actor,
    district: &District,
    id: CaseId,
    request: &LookedRequest,
    event_id: EventId,
    now: Timestamp,
) -> Result<Moved> {
    let seen = readable(tx, actor, district, id)?;
    let post = may(actor, Action::Dispatch, seen.subject()).ok_or(Fault::Forbidden)?;
    let row = &seen.row;
    if request.base_revision != row.revision {
        let current = detail(tx, actor, district, id, now)?;
        return Ok(Moved::Stale(Box::new(current)));
    }
    if store::cases::news(tx, id)?.is_some() {
        store::cases::clear_news(tx, id)?;
        let nothing = Growth {
            photos: 0,
            photos_stored: 0,
            search: "",
            phashes: "",
        };
        let revision = store::cases::grow(tx, id, &nothing)?;
        let event = NewEvent {
            id: event_id,
            kind: LOOKED.to_owned(),
            from: Some(row.state.clone()),
            to: row.state.clone(),
            person: Some(actor.person),
            role: Some(post.role),
            unit: post.unit.clone(),
            at: now,
            reason: String::new(),
            detail: json!({"revision": revision}).to_string(),
        };
        store::events::append(tx, id, event)?;
        let grown = CaseRow {
            revision,
            ..row.clone()
        };
        feed::tell(tx, district, &grown, now)?;
    }
    let current = detail(tx, actor, district, id, now)?;
    Ok(Moved::Done(Box::new(current)))
}
