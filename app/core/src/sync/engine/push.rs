//! The step that sends operations, and what is believed of the answer.

use super::{Base, Channel, Engine, Event, enter, receipts};
use crate::error::CoreError;
use crate::store::{StoreError, Transaction, cases, device, keys, outbox};
use crate::sync::backoff;
use crate::sync::transport::{Failure, Transport};
use serde_json::Value;
use shared::chain::{Link, signed_text};
use shared::id::{OpId, Sha256};
use shared::operation;
use shared::time::Timestamp;
use shared::wire::sync::{
    OperationResult, Outcome, PROTOCOL, PUSH_BYTES_LIMIT, PUSH_OPERATIONS_LIMIT, PushAnswer,
    PushRequest,
};

/// Bytes of a push that are not operations: the request around them.
pub(crate) const ENVELOPE_BYTES: usize = 1024;
/// What the server says of an operation that isn't what its hash says.
const HASH_MISMATCH: &str = "hash_mismatch";

impl<T: Transport> Engine<'_, T> {
    pub(super) async fn push(&mut self, base: Base) -> Result<Event, CoreError> {
        let (now, operations_max) = (self.edge.now(), self.round.push_max);
        let (batch, made, key) = self
            .with_store(move |store| {
                store.read(|tx| {
                    let bytes_max = PUSH_BYTES_LIMIT - ENVELOPE_BYTES;
                    let batch = outbox::batch(tx, operations_max, bytes_max, now)?;
                    let epoch = batch.first().map_or(base.device.epoch, |first| first.epoch);
                    Ok((batch, outbox::made(tx, epoch)?, keys::device_key(tx)?))
                })
            })
            .await?;
        let Some(first) = batch.first() else {
            return Ok(Event::Rested { until: None });
        };
        let mut ops = Vec::with_capacity(batch.len());
        let mut links = Vec::with_capacity(batch.len());
        for waiting in &batch {
            let (operation, link) = read(&waiting.body)?;
            ops.push(operation);
            links.push(link);
        }
        let request = PushRequest {
            device_id: base.device.id,
            epoch: first.epoch,
            made,
            nonce: self.edge.uuid().to_string(),
            wall_ms: now,
            ops,
            signature: key.map(|key| key.sign(&signed_text(&links))),
        };
        let alone = (batch.len() == 1).then_some(first.op_id);
        let ids: Vec<OpId> = batch.iter().map(|waiting| waiting.op_id).collect();
        let answer = self.transport.push(&base.link, &request).await;
        match answer.and_then(|answer| believe(answer, &request.nonce, &ids)) {
            Ok(answer) => {
                let hashes = links.iter().map(|link| link.hash);
                let sent = ids.into_iter().zip(hashes).collect();
                self.keep_answers(sent, answer).await
            }
            Err(failure) => self.push_failed(failure, alone, batch.len()).await,
        }
    }

    async fn keep_answers(
        &mut self,
        sent: Vec<(OpId, Sha256)>,
        answer: PushAnswer,
    ) -> Result<Event, CoreError> {
        let (now, share) = (self.edge.now(), self.edge.random());
        let count = |is: fn(Outcome) -> bool| {
            let number = answer
                .results
                .iter()
                .filter(|result| is(result.outcome))
                .count();
            u32::try_from(number).unwrap_or(u32::MAX)
        };
        let delivered = count(|outcome| !matches!(outcome, Outcome::Rejected | Outcome::Held));
        let quarantined = count(|outcome| outcome == Outcome::Quarantined);
        self.with_store(move |store| {
            store.write(|tx| {
                enter(tx, &answer.server_epoch)?;
                for ((op_id, _), result) in sent.iter().zip(&answer.results) {
                    if goes_again(tx, *op_id, result)? {
                        put_off(tx, *op_id, now, share)?;
                    } else {
                        outbox::answer(tx, *op_id, result, now)?;
                        if result.outcome == Outcome::Applied {
                            cases::comes_by_itself(tx, *op_id, now)?;
                        }
                        outbox::let_followers_go(tx, *op_id)?;
                    }
                }
                receipts::keep(tx, &sent, &answer)?;
                device::met(tx, &answer.server_epoch, answer.server_time, now)
            })
        })
        .await?;
        self.round.succeeded(Channel::Operations);
        self.round.push_max = PUSH_OPERATIONS_LIMIT;
        // What was filed is a case now: ask for its state in this round.
        self.round.states_wanted = true;
        Ok(Event::Pushed {
            delivered,
            quarantined,
        })
    }

    /// A batch that the server can't take is halved until the one at fault stands alone; that one
    /// steps behind all others. Anything else waits for the channel's timer.
    async fn push_failed(
        &mut self,
        failure: Failure,
        alone: Option<OpId>,
        size: usize,
    ) -> Result<Event, CoreError> {
        let of_content = matches!(failure, Failure::TooLarge | Failure::Refused { .. });
        if !of_content {
            return self.failed(Channel::Operations, failure).await;
        }
        let now = self.edge.now();
        let Some(op_id) = alone else {
            self.round.push_max = (size / 2).max(1);
            return Ok(Event::Failed {
                channel: Channel::Operations,
                failure,
                retry: now,
            });
        };
        let share = self.edge.random();
        let retry = self
            .with_store(move |store| store.write(|tx| put_off(tx, op_id, now, share)))
            .await?;
        self.round.push_max = PUSH_OPERATIONS_LIMIT;
        Ok(Event::Failed {
            channel: Channel::Operations,
            failure,
            retry,
        })
    }
}

/// Lets an operation wait by the back-off: the longer, the oftener that it was in vain.
fn put_off(
    tx: &Transaction<'_>,
    op_id: OpId,
    now: Timestamp,
    share: f64,
) -> Result<Timestamp, StoreError> {
    let failures = outbox::attempts(tx, op_id)?.saturating_add(1);
    let retry = now.plus_ms(backoff::wait_ms(failures, share));
    outbox::put_off(tx, op_id, retry)?;
    Ok(retry)
}

/// Whether an answered operation has to go once more: an earlier one is missing at the server, or
/// it was damaged on the way, since it is whole here.
pub(crate) fn goes_again(
    tx: &Transaction<'_>,
    op_id: OpId,
    result: &OperationResult,
) -> Result<bool, StoreError> {
    if result.outcome == Outcome::Held {
        return Ok(true);
    }
    if result.outcome != Outcome::Quarantined || result.code.as_deref() != Some(HASH_MISMATCH) {
        return Ok(false);
    }
    let body = outbox::body(tx, op_id)?;
    Ok(serde_json::from_str(&body).is_ok_and(|value| operation::open(&value).is_ok()))
}

/// A stored operation and its place in the chain.
pub(crate) fn read(body: &str) -> Result<(Value, Link), StoreError> {
    let unreadable = |problem: String| StoreError::Unreadable {
        what: "operation",
        problem,
    };
    let operation: Value =
        serde_json::from_str(body).map_err(|error| unreadable(error.to_string()))?;
    let link = Link::of(&operation).ok_or_else(|| unreadable(String::from("no place")))?;
    Ok((operation, link))
}

/// A push is believed only with the protocol's name, our nonce, and one result per operation in
/// our order.
fn believe(answer: PushAnswer, nonce: &str, ids: &[OpId]) -> Result<PushAnswer, Failure> {
    let foreign = |why: &str| Err(Failure::Foreign(why.to_owned()));
    if answer.protocol != PROTOCOL {
        return foreign("a push answered in another protocol");
    }
    if answer.nonce != nonce {
        return foreign("a push answered with another nonce");
    }
    if answer.results.len() != ids.len() {
        return foreign("a push answered with another number of results");
    }
    let ordered = answer
        .results
        .iter()
        .zip(ids)
        .all(|(result, id)| result.op_id == id.to_string());
    if ordered {
        Ok(answer)
    } else {
        foreign("a push answered for other operations")
    }
}
