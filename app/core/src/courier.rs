//! The courier: what waits here in files that somebody with a network delivers, and what the server
//! said to them carried back.
//!
//! A file holds the very pushes and photos that sync would have sent, so nothing about them is
//! special: delivered twice, or sent by sync as well, they are there once. An export changes
//! nothing here, and an answer only adds what the server said. The form is `shared::courier`.

use crate::edge::Edge;
use crate::store::device::Device;
use crate::store::{self, StoreError, Transaction, keys, outbox};
use crate::sync::engine::{ENVELOPE_BYTES, enter, goes_again, keep_receipts, read};
use shared::chain::{Link, signed_text};
use shared::courier::{CourierAnswer, PHOTOS_BYTES_LIMIT, PUSHES_LIMIT, Sheet, seal};
use shared::id::{OpId, Sha256};
use shared::signature::{PublicKey, SecretKey};
use shared::time::Timestamp;
use shared::wire::sync::{PUSH_BYTES_LIMIT, PUSH_OPERATIONS_LIMIT, PushAnswer, PushRequest};

/// A photo that waits: row, hash and size.
type Waiting = (i64, Sha256, u64);

/// What an answer that came back changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Taken {
    /// Operations that have their answer now.
    pub operations: u32,
    /// Photos that are known to have arrived.
    pub photos: u32,
}

/// What is needed for a file that only the server opens and that it believes.
#[derive(Debug)]
pub(crate) struct Keys {
    maker: SecretKey,
    server: PublicKey,
}

/// What goes into the files of one export. Each holds all operations, so that they may be delivered
/// in any order, and some of the photos.
#[derive(Debug)]
pub(crate) struct Plan {
    keys: Keys,
    sheet: Sheet,
    /// The photos of each file.
    pub(crate) parts: Vec<Vec<Waiting>>,
    /// Operations in each file.
    pub(crate) operations: u32,
}

impl Keys {
    /// The server's.
    pub(crate) const fn server(&self) -> &PublicKey {
        &self.server
    }
}

/// The keys; none on a handheld that was bound before there were any.
pub(crate) fn keys(tx: &Transaction<'_>) -> Result<Option<Keys>, StoreError> {
    let (maker, server) = (keys::device_key(tx)?, keys::receipt_key(tx)?);
    Ok(maker
        .zip(server)
        .map(|(maker, server)| Keys { maker, server }))
}

/// Plans the files for everything that waits.
pub(crate) fn plan(
    tx: &Transaction<'_>,
    device: &Device,
    keys: Keys,
    edge: &Edge,
) -> Result<Plan, StoreError> {
    let waiting = outbox::all_waiting(tx, PUSHES_LIMIT.saturating_mul(PUSH_OPERATIONS_LIMIT))?;
    let mut pushes = Vec::new();
    let mut operations = 0_usize;
    for batch in batches(&waiting).into_iter().take(PUSHES_LIMIT) {
        operations = operations.saturating_add(batch.len());
        pushes.push(push(tx, device, &keys.maker, batch, edge)?);
    }
    let mut parts = parts(store::photos::unsent(tx)?, PHOTOS_BYTES_LIMIT);
    if parts.is_empty() && !pushes.is_empty() {
        parts.push(Vec::new());
    }
    Ok(Plan {
        keys,
        sheet: Sheet {
            device_id: device.id,
            pushes,
            photos: Vec::new(),
        },
        parts,
        operations: u32::try_from(operations).unwrap_or(u32::MAX),
    })
}

/// Photos that fit one file each, in their order.
fn parts(photos: Vec<Waiting>, bytes_max: usize) -> Vec<Vec<Waiting>> {
    let whole = u64::try_from(bytes_max).unwrap_or(u64::MAX);
    let mut parts: Vec<Vec<Waiting>> = Vec::new();
    let mut room = 0_u64;
    for photo in photos {
        let (.., bytes) = photo;
        match parts.last_mut() {
            Some(part) if bytes <= room => {
                room -= bytes;
                part.push(photo);
            }
            _ => {
                room = whole.saturating_sub(bytes);
                parts.push(vec![photo]);
            }
        }
    }
    parts
}

/// Operations that fit one push each: of one epoch, within both limits.
fn batches(waiting: &[outbox::Waiting]) -> Vec<&[outbox::Waiting]> {
    let (mut number, mut bytes) = (0_usize, 0_usize);
    let fits = |one: &outbox::Waiting, next: &outbox::Waiting| {
        if number == 0 {
            (number, bytes) = (1, one.body.len());
        }
        number = number.saturating_add(1);
        bytes = bytes.saturating_add(next.body.len());
        let fits = one.epoch == next.epoch
            && number <= PUSH_OPERATIONS_LIMIT
            && bytes <= PUSH_BYTES_LIMIT - ENVELOPE_BYTES;
        if !fits {
            number = 0;
        }
        fits
    };
    waiting.chunk_by(fits).collect()
}

fn push(
    tx: &Transaction<'_>,
    device: &Device,
    maker: &SecretKey,
    batch: &[outbox::Waiting],
    edge: &Edge,
) -> Result<PushRequest, StoreError> {
    let (mut ops, mut links) = (Vec::new(), Vec::<Link>::new());
    for waiting in batch {
        let (operation, link) = read(&waiting.body)?;
        ops.push(operation);
        links.push(link);
    }
    let epoch = batch.first().map_or(device.epoch, |first| first.epoch);
    Ok(PushRequest {
        device_id: device.id,
        epoch,
        made: outbox::made(tx, epoch)?,
        nonce: edge.uuid().to_string(),
        wall_ms: edge.now(),
        ops,
        signature: Some(maker.sign(&signed_text(&links))),
    })
}

impl Plan {
    /// Seals one part.
    pub(crate) fn seal(
        &self,
        tx: &Transaction<'_>,
        part: &[Waiting],
        edge: &Edge,
    ) -> Result<Vec<u8>, StoreError> {
        let mut sheet = self.sheet.clone();
        let mut photos = Vec::new();
        for (id, sha256, bytes) in part {
            photos.push(store::photos::bytes(tx, *id)?);
            sheet.photos.push((*sha256, *bytes));
        }
        let Keys { maker, server } = &self.keys;
        seal(server, edge.seed(), maker, &sheet, &photos).map_err(|error| StoreError::Unreadable {
            what: "courier file",
            problem: error.to_string(),
        })
    }
}

/// Takes in what the server said, whose signature was verified. `None` when it is about operations
/// that were not made here: then nothing of it is taken.
pub(crate) fn take(
    tx: &Transaction<'_>,
    answer: &CourierAnswer,
    now: Timestamp,
) -> Result<Option<Taken>, StoreError> {
    let mut all = Vec::with_capacity(answer.answers.len());
    for push in &answer.answers {
        let Some(sent) = made_here(tx, push)? else {
            return Ok(None);
        };
        all.push((sent, push));
    }
    let mut taken = Taken::default();
    for (sent, push) in all {
        enter(tx, &push.server_epoch)?;
        for ((op_id, _), result) in sent.iter().zip(&push.results) {
            // What sync heard meanwhile is as good, and later.
            if outbox::waits(tx, *op_id)? && !goes_again(tx, *op_id, result)? {
                outbox::answer(tx, *op_id, result, now)?;
                taken.operations = taken.operations.saturating_add(1);
            }
        }
        keep_receipts(tx, &sent, push)?;
    }
    // A file of photos alone has no pushes to say whose life it was; without a word they are sent.
    let last = answer.answers.last().map(|push| &push.server_epoch);
    if let Some(has_them) = answer.server_epoch.as_ref().or(last) {
        enter(tx, has_them)?;
        for sha256 in &answer.photos {
            store::photos::set_sent(tx, *sha256, now)?;
        }
        taken.photos = u32::try_from(answer.photos.len()).unwrap_or(u32::MAX);
    }
    Ok(Some(taken))
}

/// The operations of a push with their hashes, if all of them were made here.
fn made_here(
    tx: &Transaction<'_>,
    push: &PushAnswer,
) -> Result<Option<Vec<(OpId, Sha256)>>, StoreError> {
    let mut sent = Vec::with_capacity(push.results.len());
    for result in &push.results {
        let Ok(op_id) = result.op_id.parse() else {
            return Ok(None);
        };
        let Some(hash) = outbox::hash_of(tx, op_id)? else {
            return Ok(None);
        };
        sent.push((op_id, hash));
    }
    Ok(Some(sent))
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn waiting(epoch: u32, bytes: usize) -> outbox::Waiting {
        outbox::Waiting {
            op_id: OpId(Uuid::nil()),
            epoch,
            seq: 1,
            body: "x".repeat(bytes),
        }
    }

    #[test]
    fn each_push_of_a_file_is_one_that_the_server_takes() {
        let mut all = vec![waiting(1, 10); 250];
        all.extend(vec![waiting(2, 60_000); 6]);
        all.push(waiting(3, 1));
        let sizes: Vec<usize> = batches(&all).iter().map(|batch| batch.len()).collect();
        assert_eq!(sizes, [100, 100, 50, 4, 2, 1]);
        assert!(batches(&[]).is_empty());
    }

    #[test]
    fn photos_that_do_not_fit_one_file_go_into_the_next() {
        let photos = [30, 30, 50, 90, 200, 5];
        let named = photos.map(|bytes| (1, Sha256::new([0; 32]), bytes));
        let parts = parts(named.to_vec(), 100);
        let sizes: Vec<Vec<u64>> = parts
            .iter()
            .map(|part| part.iter().map(|(.., bytes)| *bytes).collect())
            .collect();
        assert_eq!(
            sizes,
            [vec![30, 30], vec![50], vec![90], vec![200], vec![5]]
        );
    }
}
