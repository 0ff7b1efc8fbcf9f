//! The device's stream of operations: each numbered and chained to the newest one in the
//! transaction that writes it, so that there is never a gap.

use crate::capture::APP_VERSION;
use crate::edge::Moment;
use crate::error::CoreError;
use crate::place::District;
use crate::store::device::{self, Device};
use crate::store::{Transaction, outbox};
use serde_json::Value;
use shared::contact::Aside;
use shared::id::OpId;
use shared::operation::{self, OPERATION_VERSION, Operation, SealedOperation};
use shared::report::PhotoRef;

/// What an operation says.
pub(crate) struct Content {
    /// What it is.
    pub(crate) kind: &'static str,
    /// What it is about: a report, or a round.
    pub(crate) subject: String,
    /// Revision of its case, as far as this device knows.
    pub(crate) base_revision: Option<i64>,
    /// By its kind.
    pub(crate) payload: Value,
    /// Photos that come with it.
    pub(crate) photos: Vec<PhotoRef>,
    /// What comes beside it and may be erased.
    pub(crate) aside: Aside,
}

/// Appends an operation behind the device's newest one.
pub(crate) fn append(
    tx: &Transaction<'_>,
    device: &Device,
    district: &District,
    content: Content,
    op_id: OpId,
    moment: &Moment,
) -> Result<SealedOperation, CoreError> {
    let mut sealed = operation::seal(Operation {
        v: OPERATION_VERSION,
        op_id,
        device_id: device.id,
        epoch: device.epoch,
        seq: device.seq.saturating_add(1),
        prev_hash: device.last_hash,
        kind: content.kind.to_owned(),
        subject: content.subject,
        base_revision: content.base_revision,
        catalogue_version: district.catalogue().version().clone(),
        app_version: APP_VERSION.to_owned(),
        wall_ms: moment.wall,
        mono_ms: moment.mono_ms,
        boot_id: moment.boot_id.clone(),
        offset_ms: Some(device.offset_ms),
        actor: device.me.id,
        payload: content.payload,
        photos: content.photos,
    })?;
    sealed.aside = content.aside;
    outbox::append(tx, &sealed, &sealed.sent()?)?;
    device::advance(tx, sealed.operation.seq, sealed.hash)?;
    Ok(sealed)
}
