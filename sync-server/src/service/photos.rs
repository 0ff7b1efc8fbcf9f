//! Photos: which are wanted, how their uploads go on, what their arrival changes, who may see them.
//!
//! Only photos that an accepted report announced are taken, so nobody fills the disk with others.
//! Bytes are the business of `photo_store`; nothing here touches a file.

pub mod header;

use super::cases::may_read;
use super::push::word;
use super::{Fault, Result, feed, quarantine, words};
use crate::service::district::District;
use crate::store::uploads::UploadRow;
use crate::store::{self, Tx};
use shared::id::{CaseId, DeviceId, ReportId, Sha256};
use shared::report::{PHOTO_BYTES_LIMIT, PHOTO_PREVIEW_BYTES_LIMIT, PhotoRef};
use shared::role::Actor;
use shared::time::{DAY_MS, Timestamp};
use shared::wire::sync::OWED_PHOTOS_LIMIT;
use uuid::Uuid;

/// An upload is kept this long for its device to go on with: a week without a good network.
pub const UPLOAD_LASTS_MS: i64 = 7 * DAY_MS;
/// A finished upload answers for itself this long: its device may not have heard the last answer.
pub const FINISHED_LASTS_MS: i64 = DAY_MS;
/// Uploads that a device may have under way: it sends one or two at a time.
pub const UPLOADS_MAX: i64 = 32;
/// Bytes that a device may have under way: all its uploads at the largest.
pub const UPLOAD_BYTES_MAX: i64 = 256 * 1024 * 1024;

/// A photo or a preview that was announced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Announced {
    /// SHA-256 of its bytes.
    pub hash: Sha256,
    /// Size in bytes.
    pub bytes: i64,
    /// `image/jpeg`.
    pub mime: String,
    /// Whether its bytes are here.
    pub arrived: bool,
}

/// Announces a photo of a report with its preview: both are owed from now on. Answers whether the
/// photo is here already. A preview that is too large is not taken; its photo is.
///
/// # Errors
/// As [`announced`].
pub fn announce(
    tx: &mut dyn Tx,
    report: ReportId,
    ordinal: i64,
    photo: &PhotoRef,
    device: DeviceId,
    now: Timestamp,
) -> Result<bool> {
    expect_preview(tx, photo, device, now)?;
    Ok(store::photos::announce(
        tx, report, ordinal, photo, device, now,
    )?)
}

/// Awaits a photo with its preview that belongs to no report: a person has to confirm what names it.
/// Its type is kept as its column takes it, since nothing in it may keep that from a person.
///
/// # Errors
/// As for [`announce`].
pub fn expect(tx: &mut dyn Tx, photo: &PhotoRef, device: DeviceId, now: Timestamp) -> Result<()> {
    expect_preview(tx, photo, device, now)?;
    let mime = word(&photo.mime).into_owned();
    let photo = PhotoRef {
        mime,
        ..photo.clone()
    };
    store::photos::expect(tx, &photo, device, now)?;
    Ok(())
}

fn expect_preview(
    tx: &mut dyn Tx,
    photo: &PhotoRef,
    device: DeviceId,
    now: Timestamp,
) -> Result<()> {
    let preview = photo.preview.as_ref();
    if let Some(preview) = preview.filter(|one| one.bytes <= PHOTO_PREVIEW_BYTES_LIMIT) {
        store::previews::announce(tx, preview, device, now)?;
    }
    Ok(())
}

/// A photo or a preview that was announced; none for one that nobody announced.
///
/// # Errors
/// Whatever the store says, as for all services.
pub fn announced(tx: &mut dyn Tx, hash: Sha256) -> Result<Option<Announced>> {
    if let Some(photo) = store::photos::get(tx, hash)? {
        return Ok(Some(Announced {
            hash,
            bytes: photo.bytes,
            mime: photo.mime,
            arrived: photo.stored.is_some(),
        }));
    }
    let preview = store::previews::get(tx, hash)?;
    Ok(preview.map(|preview| Announced {
        hash,
        bytes: preview.bytes,
        mime: String::from("image/jpeg"),
        arrived: preview.stored.is_some(),
    }))
}

/// Whether the actor may see a photo or a preview: whoever may read one of its cases, or what a
/// person has to confirm and names it.
///
/// # Errors
/// [`Fault::NotFound`] when there is no such photo for the actor.
pub fn readable(
    tx: &mut dyn Tx,
    actor: &Actor,
    district: &District,
    hash: Sha256,
    now: Timestamp,
) -> Result<Announced> {
    let cases = store::photos::cases_with(tx, hash)?;
    let mut cases: Vec<CaseId> = cases.into_iter().map(|(case, _)| case).collect();
    cases.extend(store::previews::cases_with(tx, hash)?);
    let mut seen = false;
    for case in cases {
        seen = seen || may_read(tx, actor, district, case)?;
    }
    if !seen && !quarantine::shows_photo(tx, actor, district, hash, now)? {
        return Err(Fault::NotFound("photo"));
    }
    let photo = announced(tx, hash)?.filter(|photo| photo.arrived);
    photo.ok_or(Fault::NotFound("photo"))
}

/// What a device wants to send.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// The photo.
    pub hash: Sha256,
    /// Its size in bytes.
    pub length: u64,
    /// The device.
    pub device: DeviceId,
    /// What the client says of it.
    pub metadata: String,
}

/// Begins an upload, or finds the one to go on with. Also says which uploads were forgotten
/// meanwhile, for the spool.
///
/// # Errors
/// [`Fault::Forbidden`] for a photo that no report announced, [`Fault::Invalid`] for another size
/// than announced, [`Fault::NotPossible`] above the device's quota.
pub fn begin(
    tx: &mut dyn Tx,
    wanted: &Wanted,
    new_id: Uuid,
    now: Timestamp,
) -> Result<(UploadRow, Vec<Uuid>)> {
    let forgotten = store::uploads::sweep(tx, now)?;
    let photo = announced(tx, wanted.hash)?.ok_or(Fault::Forbidden)?;
    let length = i64::try_from(wanted.length).unwrap_or(i64::MAX);
    if length != photo.bytes || wanted.length > PHOTO_BYTES_LIMIT || length == 0 {
        return Err(Fault::invalid(
            "upload-length",
            "照片大小与上报时不符。",
            "The photo has another size than announced.",
        ));
    }
    if let Some(upload) = store::uploads::of_photo(tx, wanted.device, wanted.hash)? {
        return Ok((upload, forgotten));
    }
    let (count, bytes) = store::uploads::of_device(tx, wanted.device)?;
    if count >= UPLOADS_MAX || bytes.saturating_add(length) > UPLOAD_BYTES_MAX {
        return Err(Fault::NotPossible(words(
            "未传完的照片太多，请等前面的传完。",
            "Too many photos are under way; let those finish first.",
        )));
    }
    let upload = UploadRow {
        id: new_id,
        hash: wanted.hash,
        length,
        offset: 0,
        mime: photo.mime,
        device: wanted.device,
        created: now,
        expires: now.plus_ms(UPLOAD_LASTS_MS),
        metadata: wanted.metadata.clone(),
    };
    store::uploads::insert(tx, &upload)?;
    Ok((upload, forgotten))
}

/// A device's own upload.
///
/// # Errors
/// [`Fault::NotFound`] when it isn't there or another's, [`Fault::Gone`] when it has expired.
pub fn upload(tx: &mut dyn Tx, device: DeviceId, id: Uuid, now: Timestamp) -> Result<UploadRow> {
    let upload = store::uploads::get(tx, id)?.filter(|upload| upload.device == device);
    let upload = upload.ok_or(Fault::NotFound("upload"))?;
    if upload.expires <= now {
        return Err(Fault::Gone(words(
            "上传已过期，会重新开始。",
            "The upload has expired; start anew.",
        )));
    }
    Ok(upload)
}

/// Notes that bytes are durable up to `offset`; `false` when another request was quicker.
///
/// # Errors
/// As [`announced`].
pub fn advance(tx: &mut dyn Tx, upload: Uuid, seen: i64, offset: i64) -> Result<bool> {
    Ok(store::uploads::advance(tx, upload, seen, offset)?)
}

/// Forgets an upload.
///
/// # Errors
/// As [`announced`].
pub fn forget(tx: &mut dyn Tx, upload: Uuid) -> Result<()> {
    store::uploads::remove(tx, upload)?;
    Ok(())
}

/// Forgets the uploads whose time is over; they, for the spool.
///
/// # Errors
/// As [`announced`].
pub fn expire(tx: &mut dyn Tx, now: Timestamp) -> Result<Vec<Uuid>> {
    Ok(store::uploads::sweep(tx, now)?)
}

/// What of the spool is no upload's.
///
/// # Errors
/// As [`announced`].
pub fn unnamed(tx: &mut dyn Tx, spooled: &[Uuid]) -> Result<Vec<Uuid>> {
    let mut unnamed = Vec::new();
    for id in spooled {
        if store::uploads::get(tx, *id)?.is_none() {
            unnamed.push(*id);
        }
    }
    Ok(unnamed)
}

/// A device can't send photos that it owed: nobody owes them any more, and their cases say so.
///
/// # Errors
/// As [`announced`].
pub fn gone(tx: &mut dyn Tx, device: DeviceId, hashes: &[Sha256], now: Timestamp) -> Result<()> {
    for hash in hashes.iter().take(OWED_PHOTOS_LIMIT) {
        store::photos::mark_gone(tx, *hash, device, now)?;
    }
    Ok(())
}

/// A photo has arrived: its cases count it and their devices hear of it. A preview counts for
/// nothing and only shows. Safe to repeat.
///
/// # Errors
/// As [`announced`].
pub fn arrived(
    tx: &mut dyn Tx,
    district: &District,
    upload: Uuid,
    hash: Sha256,
    now: Timestamp,
) -> Result<()> {
    store::uploads::finish(tx, upload, now.plus_ms(FINISHED_LASTS_MS))?;
    store::previews::mark_stored(tx, hash, now)?;
    if !store::photos::mark_stored(tx, hash, now)? {
        return Ok(());
    }
    for id in store::cases::count_photo(tx, hash)? {
        // The case's revision stays: nobody's move becomes stale by a photo.
        if let Some(row) = store::cases::get(tx, id)? {
            feed::tell(tx, district, &row, now)?;
        }
    }
    Ok(())
}
