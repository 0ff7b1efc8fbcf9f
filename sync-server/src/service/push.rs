//! Takes operations of a handheld: each judged by the rules, then applied or quarantined in a
//! savepoint of its own, all durable before the answer.
//!
//! [`judge`] is pure and runs beside the writer, so that the one writer of a district does nothing
//! but SQL. [`accept`] writes. A push is safe to repeat: `op_id` and `(device, epoch, seq)` are
//! unique in the same transaction as every effect, and the kept result answers a repeat. Content
//! never fails a push; what can't be acted on goes to a person. Tests: `tests/tests/push.rs`.

mod adding;
mod carriers;
mod differing;
mod filing;
mod judge;
mod kept;
mod looking;
mod marking;
mod words;

pub use carriers::{Before, Carriers, before, former_epochs, stand};
pub use judge::{Chained, Judged, Sender, judge, names_unknown_catalogue};
pub(in crate::service) use looking::LATE_FINDING;
pub(in crate::service) use marking::seen_name;

use super::{Fault, Result};
use crate::service::district::District;
use crate::service::quarantine::note_kept;
use crate::service::{contacts, photos};
use crate::store::devices::{Ledger, Progress};
use crate::store::operations::{Gap, NewOperation};
use crate::store::quarantine::QuarantineRow;
use crate::store::{self, StoreError, Tx, nested};
use adding::{Added, Adding};
pub(in crate::service) use filing::excerpt;
pub use filing::{Filing, buckets_of};
use kept::Kept;
use shared::id::{DeviceId, Sha256};
use shared::label::{self, Lang};
use shared::operation::SealedOperation;
use shared::time::Timestamp;
use shared::wire::sync::{OperationResult, Outcome};
use std::collections::HashSet;
pub(in crate::service) use words::word;

/// Ranges of missing numbers in one answer: more than that is a matter for a person.
pub const GAPS_MAX: usize = 100;

/// What became of a push.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// All of 1..=high_water have been received.
    pub high_water: i64,
    /// Missing numbers above it.
    pub gaps: Vec<Gap>,
    /// One per operation, in order.
    pub results: Vec<OperationResult>,
}

/// Writes a push that was judged. Runs again from the start when the database says busy, so it
/// takes everything by reference.
///
/// # Errors
/// Only when the database can't: then nothing of the push was kept.
pub fn accept(
    tx: &mut dyn Tx,
    district: &District,
    sender: Sender,
    made: i64,
    operations: &[Judged],
    now: Timestamp,
) -> Result<Accepted> {
    let device = store::devices::progress(tx, sender.device)?.ok_or(Fault::NotFound("device"))?;
    let mut results = Vec::with_capacity(operations.len());
    let mut received_more = 0;
    // Everything up to the high water was here and nothing beyond it, and this push goes on there.
    let mut goes_on = device.received == device.high_water;
    // What is here under no number of its device, so that nothing stands on it.
    let mut set_aside = HashSet::new();
    for judged in operations {
        let taken = take(tx, district, sender, judged, &set_aside, now)?;
        if taken.is_aside() {
            set_aside.extend(judged.hash());
        }
        if taken.is_new && judged.epoch() == Some(device.epoch) {
            received_more += 1;
            goes_on &= judged.seq() == Some(device.high_water.saturating_add(received_more));
        }
        results.push(taken.result);
    }
    let (highest, high_water, gaps) = if goes_on && received_more > 0 {
        let newest = device.high_water.saturating_add(received_more);
        (newest, newest, Vec::new())
    } else {
        look_for_gaps(tx, &device)?
    };
    let ledger = Ledger {
        made: made.max(highest),
        high_water,
        received_more,
    };
    store::devices::note_push(tx, device.id, ledger, now)?;
    Ok(Accepted {
        high_water,
        gaps,
        results,
    })
}

/// The highest number received of a device, the one up to which none is missing, and the gaps
/// above that.
fn look_for_gaps(tx: &mut dyn Tx, device: &Progress) -> Result<(i64, i64, Vec<Gap>)> {
    let (id, epoch, above) = (device.id, device.epoch, device.high_water);
    let highest = store::operations::highest(tx, id, epoch)?;
    if highest <= above {
        return Ok((highest, above, Vec::new()));
    }
    let gaps = store::operations::gaps(tx, id, epoch, above, GAPS_MAX)?;
    let below = |gap: &Gap| gap.from.saturating_sub(1);
    Ok((highest, gaps.first().map_or(highest, below), gaps))
}

/// Why something goes to a person, for a program and in words for the worker.
#[derive(Debug, Clone)]
struct Reason {
    code: &'static str,
    words: String,
}

impl From<&'static str> for Reason {
    fn from(code: &'static str) -> Self {
        Self {
            code,
            words: label::fault(code, Lang::Zh).to_owned(),
        }
    }
}

/// One operation's result, and whether it came for the first time.
struct Taken {
    result: OperationResult,
    is_new: bool,
}

impl Taken {
    /// Not kept in its place, neither now nor before.
    fn is_aside(&self) -> bool {
        !self.is_new && self.result.outcome != Outcome::Duplicate
    }
}

fn take(
    tx: &mut dyn Tx,
    district: &District,
    sender: Sender,
    judged: &Judged,
    set_aside: &HashSet<Sha256>,
    now: Timestamp,
) -> Result<Taken> {
    contacts::keep(tx, district, judged.sealed(), now)?;
    match judged {
        Judged::Rejected { op_id, code } => Ok(Taken {
            result: refused(op_id.clone(), Outcome::Rejected, &Reason::from(*code), None),
            is_new: false,
        }),
        Judged::Unreadable {
            op_id,
            hash,
            body,
            code,
        } => {
            let kept = Kept {
                words: None,
                op_id: *op_id,
                hash: *hash,
                person: sender.person,
                code,
                body,
                photos: &[],
            };
            aside(tx, district, sender.device, kept, now)
        }
        Judged::Foreign { sealed, code } => aside(
            tx,
            district,
            sender.device,
            Kept::of(sealed, None, code),
            now,
        ),
        Judged::Quarantine { sealed, code } => {
            let kept = nested(tx, |tx| {
                quarantine(tx, district, sender, sealed, *code, now)
            });
            or_known(tx, district, sender, sealed, kept, now)
        }
        Judged::File(filing) => {
            let sealed = &filing.sealed;
            let chained = filing.chained.unless_on(set_aside, sealed);
            let filed = apply(tx, district, sender, sealed, chained, now, |tx| {
                filing::file(tx, district, filing, now)
            });
            or_known(tx, district, sender, sealed, filed, now)
        }
        Judged::Add(adding) => {
            let chained = adding.chained.unless_on(set_aside, &adding.sealed);
            add(tx, district, sender, adding, chained, now)
        }
        Judged::Mark(mark) => {
            let sealed = &mark.sealed;
            let chained = mark.chained.unless_on(set_aside, sealed);
            let marked = apply(tx, district, sender, sealed, chained, now, |tx| {
                marking::mark(tx, district, mark, now)
            });
            or_known(tx, district, sender, sealed, marked, now)
        }
    }
}

/// Acts on an operation that stands on the one before it; whatever its content breaks on the way
/// leaves nothing but an entry for a person.
fn apply(
    tx: &mut dyn Tx,
    district: &District,
    sender: Sender,
    sealed: &SealedOperation,
    chained: Chained,
    now: Timestamp,
    act: impl FnOnce(&mut dyn Tx) -> Result<OperationResult>,
) -> Result<OperationResult> {
    let acted = nested(tx, |tx| {
        if follows_stored(tx, sealed, chained)? {
            act(tx)
        } else {
            quarantine(tx, district, sender, sealed, "chain_broken", now)
        }
    });
    match acted {
        Err(Fault::Store(error)) if is_of_content(&error) => {
            tracing::warn!(op.id = %sealed.operation.op_id, %error, "an operation could not be applied");
            let code = if error == StoreError::Panicked {
                "server_fault"
            } else {
                "payload_malformed"
            };
            nested(tx, |tx| quarantine(tx, district, sender, sealed, code, now))
        }
        acted => acted,
    }
}

/// An addition: one that was here before is answered before its case is looked at, since what is
/// possible may have changed.
fn add(
    tx: &mut dyn Tx,
    district: &District,
    sender: Sender,
    adding: &Adding,
    chained: Chained,
    now: Timestamp,
) -> Result<Taken> {
    let sealed = &adding.sealed;
    if store::operations::get(tx, sealed.operation.op_id)?.is_some() {
        return known(tx, district, sender, sealed, now);
    }
    let mut held = false;
    let added = apply(
        tx,
        district,
        sender,
        sealed,
        chained,
        now,
        |tx| match adding::add(tx, district, adding, now)? {
            Added::Done(result) => Ok(*result),
            Added::Aside(reason) => quarantine(tx, district, sender, sealed, reason, now),
            Added::Held => {
                held = true;
                let op_id = sealed.operation.op_id.to_string();
                Ok(refused(op_id, Outcome::Held, &"held".into(), None))
            }
        },
    );
    if held && let Ok(result) = added {
        return Ok(Taken {
            result,
            is_new: false,
        });
    }
    or_known(tx, district, sender, sealed, added, now)
}

/// Whether an operation whose predecessor its push doesn't settle stands on the stored one. Nothing is
/// known against it while that is not here.
fn follows_stored(tx: &mut dyn Tx, sealed: &SealedOperation, chained: Chained) -> Result<bool> {
    if chained != Chained::ByStored {
        return Ok(true);
    }
    let operation = &sealed.operation;
    let (epoch, seq) = (i64::from(operation.epoch), signed(operation.seq));
    let before = store::operations::hash_at(tx, operation.device_id, epoch, seq.saturating_sub(1))?;
    Ok(before.is_none_or(|hash| hash == operation.prev_hash))
}

/// Whether another operation in its place would have gone well: then this one goes to a person
/// and the next ones on.
const fn is_of_content(error: &StoreError) -> bool {
    matches!(
        error,
        StoreError::Nul | StoreError::Dangling(_) | StoreError::Panicked | StoreError::Database(_)
    )
}

/// A result, or what is known when the operation or its number was here before.
fn or_known(
    tx: &mut dyn Tx,
    district: &District,
    sender: Sender,
    sealed: &SealedOperation,
    outcome: Result<OperationResult>,
    now: Timestamp,
) -> Result<Taken> {
    match outcome {
        Ok(result) => Ok(Taken {
            result,
            is_new: true,
        }),
        Err(Fault::Store(StoreError::Conflict(_))) => known(tx, district, sender, sealed, now),
        Err(fault) => Err(fault),
    }
}

fn known(
    tx: &mut dyn Tx,
    district: &District,
    sender: Sender,
    sealed: &SealedOperation,
    now: Timestamp,
) -> Result<Taken> {
    let operation = &sealed.operation;
    let op_id = operation.op_id;
    if let Some(row) = store::operations::get(tx, op_id)? {
        if row.hash == sealed.hash {
            let mut result: OperationResult = serde_json::from_str(&row.result)
                .map_err(|error| Fault::damaged("result of an operation", error))?;
            if result.outcome == Outcome::Applied {
                result.outcome = Outcome::Duplicate;
            }
            return Ok(Taken {
                result,
                is_new: false,
            });
        }
        tracing::warn!(op.id = %op_id, device.id = %sender.device, alarm = "id_reused",
            "an operation id came again with other content; both are kept");
        let kept = Kept::of(sealed, sender.person, "id_reused");
        return aside(tx, district, sender.device, kept, now);
    }
    let (epoch, seq) = (i64::from(operation.epoch), signed(operation.seq));
    if store::operations::at(tx, sender.device, epoch, seq)?.is_some() {
        tracing::warn!(op.id = %op_id, device.id = %sender.device, alarm = "seq_reused",
            "a device used one number for two operations; both are kept");
        let kept = Kept::of(sealed, sender.person, "seq_reused");
        return aside(tx, district, sender.device, kept, now);
    }
    // The report itself was filed by another operation: the number is free, so it is kept there.
    tracing::warn!(op.id = %op_id, device.id = %sender.device, alarm = "report_twice",
        "a report was filed by two operations; both are kept");
    let result = nested(tx, |tx| {
        quarantine(tx, district, sender, sealed, "id_reused", now)
    })?;
    Ok(Taken {
        result,
        is_new: true,
    })
}

/// Kept for a person only: it has no place of its own in the device's stream.
fn aside(
    tx: &mut dyn Tx,
    district: &District,
    device: DeviceId,
    kept: Kept<'_>,
    now: Timestamp,
) -> Result<Taken> {
    keep(tx, district, device, &kept, now)?;
    let received = store::quarantine::of_operation(tx, kept.op_id)?
        .into_iter()
        .find(|row| row.hash == kept.hash)
        .map_or(now, |row| row.received);
    let result = refused(
        kept.op_id.to_string(),
        Outcome::Quarantined,
        &Reason::from(kept.code),
        Some(received),
    );
    Ok(Taken {
        result,
        is_new: false,
    })
}

fn keep(
    tx: &mut dyn Tx,
    district: &District,
    device: DeviceId,
    kept: &Kept<'_>,
    now: Timestamp,
) -> Result<()> {
    let row = QuarantineRow {
        op_id: kept.op_id,
        hash: kept.hash,
        district: district.code.clone(),
        device,
        person: kept.person,
        reason_code: kept.code.to_owned(),
        reason: kept
            .words
            .unwrap_or(label::fault(kept.code, Lang::Zh))
            .to_owned(),
        body: kept.body.to_owned(),
        received: now,
        resolved: None,
        resolved_by: None,
        note: String::new(),
    };
    if store::quarantine::insert_if_new(tx, &row)? {
        note_kept(tx, district, &row, now)?;
    }
    // Whoever settles it wants to see them, and a lost handheld keeps nothing.
    for photo in kept.photos {
        photos::expect(tx, photo, device, now)?;
    }
    Ok(())
}

/// Kept in the device's stream and for a person.
fn quarantine(
    tx: &mut dyn Tx,
    district: &District,
    sender: Sender,
    sealed: &SealedOperation,
    reason: impl Into<Reason>,
    now: Timestamp,
) -> Result<OperationResult> {
    let reason = reason.into();
    let op_id = sealed.operation.op_id;
    let result = refused(op_id.to_string(), Outcome::Quarantined, &reason, Some(now));
    insert(tx, sealed, &result, now)?;
    let kept = Kept {
        words: Some(&reason.words),
        ..Kept::judged(sealed, sender.person, reason.code)
    };
    keep(tx, district, sender.device, &kept, now)?;
    Ok(result)
}

/// Keeps an operation with its result.
fn insert(
    tx: &mut dyn Tx,
    sealed: &SealedOperation,
    result: &OperationResult,
    now: Timestamp,
) -> Result<()> {
    let operation = &sealed.operation;
    let text = serde_json::to_string(result)
        .map_err(|error| Fault::damaged("result of an operation", error))?;
    store::operations::insert(
        tx,
        NewOperation {
            op_id: operation.op_id,
            device: operation.device_id,
            epoch: i64::from(operation.epoch),
            seq: signed(operation.seq),
            hash: sealed.hash,
            kind: &word(&operation.kind),
            subject: &word(&operation.subject),
            body: &sealed.text,
            received: now,
            outcome: result.outcome,
            result: &text,
        },
    )?;
    Ok(())
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn refused(
    op_id: String,
    outcome: Outcome,
    reason: &Reason,
    received_at: Option<Timestamp>,
) -> OperationResult {
    OperationResult {
        code: Some(reason.code.to_owned()),
        words: Some(reason.words.clone()),
        received_at,
        ..OperationResult::new(op_id, outcome)
    }
}
