//! Who may have made the operations of a push: whoever carries the handheld, and whoever carried it
//! before and left something on it. What a thief could do with that is in `docs/SECURITY.md`.

use crate::service::Result;
use crate::service::push::Sender;
use crate::service::sessions::{Grounds, Session};
use crate::store::{self, Tx};
use serde_json::Value;
use shared::id::DeviceId;
use shared::operation::Operation;
use shared::time::{DAY_MS, Timestamp};
use std::collections::BTreeSet;

/// What was left on a handheld counts so long after it was handed on. It goes up with the first
/// round; a week is for a queue of photos, a dead link and a courier.
const HANDED_ON_MS: i64 = 7 * DAY_MS;

/// A former carrier, as stored.
#[derive(Debug, Clone)]
pub struct Before {
    epoch: i64,
    until: Timestamp,
    grounds: Grounds,
}

impl Before {
    /// The carrier with what counts at a moment.
    fn at(&self, now: Timestamp) -> Option<Former> {
        Some(Former {
            epoch: self.epoch,
            until: self.until,
            session: self.grounds.session(now)?,
        })
    }
}

/// A former carrier: what was made in that epoch and before that moment may be theirs.
#[derive(Debug, Clone)]
struct Former {
    epoch: i64,
    until: Timestamp,
    session: Session,
}

/// Everybody whose operations a push may bring.
#[derive(Debug, Clone)]
pub struct Carriers {
    /// Who carries the handheld and delivers.
    pub(super) present: Session,
    former: Vec<Former>,
}

impl Carriers {
    /// Whoever delivers, and those who carried the handheld before.
    #[must_use]
    pub fn of(present: Session, before: &[Before], now: Timestamp) -> Self {
        let former = before.iter().filter_map(|before| before.at(now));
        Self {
            former: former.collect(),
            present,
        }
    }

    /// Who made an operation, if any of them may have. A former carrier counts for what the device
    /// signs, with the number of that epoch, from before the handheld was handed on; and not for
    /// ever.
    pub(super) fn maker(
        &self,
        sender: Sender,
        operation: &Operation,
        now: Timestamp,
    ) -> Option<&Session> {
        if operation.actor == self.present.actor.person {
            return Some(&self.present);
        }
        self.present.key.as_ref()?;
        let (epoch, made_at) = (i64::from(operation.epoch), sender.made_at(operation));
        let may_be = |former: &&Former| {
            former.epoch == epoch
                && epoch < sender.epoch
                && former.session.actor.person == operation.actor
                && made_at <= former.until
                && now.since(former.until) <= HANDED_ON_MS
        };
        self.former
            .iter()
            .find(may_be)
            .map(|former| &former.session)
    }
}

/// The former epochs in which somebody else made an operation of a push, as they say.
#[must_use]
pub fn former_epochs(sender: Sender, operations: &[Value]) -> BTreeSet<i64> {
    let present = sender.person.map(|person| person.to_string());
    let others = operations.iter().filter(|value| {
        let actor = value.get("actor").and_then(Value::as_str);
        actor.is_some() && actor != present.as_deref()
    });
    let epochs = others.filter_map(|value| value.get("epoch")?.as_i64());
    epochs.filter(|epoch| *epoch < sender.epoch).collect()
}

/// Those who carried a handheld in these epochs.
///
/// # Errors
/// Whatever the store says, as for all services.
pub fn before(tx: &mut dyn Tx, device: DeviceId, epochs: &BTreeSet<i64>) -> Result<Vec<Before>> {
    let mut found = Vec::new();
    for epoch in epochs.iter().copied() {
        let Some(row) = store::bindings::former(tx, device, epoch)? else {
            continue;
        };
        if let Some(grounds) = Grounds::of_former(tx, device, row.person)? {
            found.push(Before {
                epoch,
                until: row.until,
                grounds,
            });
        }
    }
    Ok(found)
}

/// Whether nothing of them has changed.
///
/// # Errors
/// As [`before`].
pub fn stand(tx: &mut dyn Tx, before: &[Before]) -> Result<bool> {
    for one in before {
        if !one.grounds.stand(tx)? {
            return Ok(false);
        }
    }
    Ok(true)
}
