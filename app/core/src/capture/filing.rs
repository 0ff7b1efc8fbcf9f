//! Filing: take the draft, stamp its photos, commit everything in one transaction.
//!
//! Three steps, so that the slow one (watermarks) holds no lock. A draft that was changed between
//! the first and the last is not filed. Tests: `tests/capture.rs`.

use super::{Filled, fill};
use crate::edge::Moment;
use crate::error::CoreError;
use crate::photos::{self, Mark, StampedPhoto};
use crate::place::District;
use crate::store::device::{self, Device};
use crate::store::drafts::{self, Draft};
use crate::store::photos::Photo;
use crate::store::reports::{self, Report};
use crate::store::{self, Store, StoreError, keys};
use crate::stream::{self, Content};
use shared::contact::{Aside, Contact};
use shared::emergency::EmergencyOrder;
use shared::id::{DraftId, OpId, ReportId, Sha256};
use shared::operation::{kind, short_code};
use shared::report::{FiledReport, PhotoRef, Place, check, check_against, check_self_fix};
use shared::time::{MINUTE_MS, Timestamp};
use shared::wire::handheld::FiledView;

/// The camera's time is written on the photo beside the handheld's when they differ by more.
const CAMERA_TIME_TOLERANCE_MS: i64 = 10 * MINUTE_MS;

/// No year is this one, so the watermark always shows it.
const NO_YEAR: i32 = 0;

/// A draft that has passed all checks, with its photos stamped: ready for [`commit`].
pub(crate) struct Ready {
    draft: Draft,
    filled: Filled,
    place_path: String,
    category_name: String,
    condition_name: String,
    photos: Vec<(Photo, StampedPhoto)>,
}

/// What [`stamp_all`] works on, read in one consistent view.
pub(crate) struct Taken {
    pub(crate) draft: Draft,
    pub(crate) device: Device,
    pub(crate) photos: Vec<(Photo, Vec<u8>)>,
    pub(crate) orders: Vec<EmergencyOrder>,
}

/// Reads a draft with its photo bytes.
pub(crate) fn take(store: &mut Store, id: DraftId) -> Result<Taken, CoreError> {
    store
        .read(|tx| {
            let Some(device) = device::read(tx)? else {
                return Ok(None);
            };
            let draft = drafts::get(tx, id)?;
            let mut photos = Vec::new();
            for photo in store::photos::of_draft(tx, id)? {
                let bytes = store::photos::bytes(tx, photo.id)?;
                photos.push((photo, bytes));
            }
            Ok(Some(Taken {
                draft,
                device,
                photos,
                orders: store::settings::orders(tx)?,
            }))
        })?
        .ok_or(CoreError::NotEnrolled)
}

/// Checks everything and burns the watermarks: the slow part, which needs no database.
pub(crate) fn stamp_all(
    taken: Taken,
    district: &District,
    now: Timestamp,
) -> Result<Ready, CoreError> {
    let Taken {
        draft,
        device,
        photos,
        orders,
    } = taken;
    let filled = fill(&draft, district, &orders, now)?;
    let place_path = filled
        .located
        .grid()
        .map(|grid| district.areas().path(grid));
    let place_path = place_path.unwrap_or_default();
    let before: Vec<_> = photos.iter().map(|(photo, _)| photo.reference()).collect();
    check(&filled.report, &before)?;
    check_against(&filled.report, &before, district.catalogue())?;
    check_self_fix(&filled.report, &before, district.catalogue())?;
    let stamped = stamp_photos(photos, &filled.place, &place_path, &device, now)?;
    let catalogue = district.catalogue();
    let category_name = catalogue
        .category(&filled.report.category)
        .map(|category| category.name.clone());
    let condition_name = catalogue
        .condition(&filled.report.condition)
        .map(|condition| condition.name.clone());
    Ok(Ready {
        draft,
        filled,
        place_path,
        category_name: category_name.unwrap_or_default(),
        condition_name: condition_name.unwrap_or_default(),
        photos: stamped,
    })
}

/// Burns the watermark into each photo of a draft.
pub(crate) fn stamp_photos(
    photos: Vec<(Photo, Vec<u8>)>,
    place: &Place,
    path: &str,
    device: &Device,
    now: Timestamp,
) -> Result<Vec<(Photo, StampedPhoto)>, CoreError> {
    let mut stamped = Vec::with_capacity(photos.len());
    for (photo, jpeg) in photos {
        let time = stamp_time(photo.added, photo.taken, now);
        let mark = mark(time, place, path, device);
        stamped.push((photo, photos::stamp(&jpeg, &mark)?));
    }
    Ok(stamped)
}

/// How an operation names stamped photos.
pub(crate) fn references(photos: &[(Photo, StampedPhoto)]) -> Vec<PhotoRef> {
    let references = photos.iter().map(|(photo, stamped)| {
        let mut reference = photo.reference();
        reference.sha256 = stamped.sha256;
        reference.bytes = u64::try_from(stamped.jpeg.len()).unwrap_or(u64::MAX);
        reference
    });
    references.collect()
}

/// When a photo was taken, as its watermark says it.
pub(crate) fn stamp_time(added: Timestamp, taken: Option<Timestamp>, now: Timestamp) -> String {
    let time = added.show(NO_YEAR);
    match taken {
        Some(taken) if taken.since(added).abs() > CAMERA_TIME_TOLERANCE_MS => {
            format!("{time} · 相机时间 {}", taken.show(now.china_year()))
        }
        _ => time,
    }
}

pub(crate) fn mark(time: String, place: &Place, path: &str, device: &Device) -> Mark {
    let (lat, lon) = place.degrees().unwrap_or_default();
    let mut at = format!("{lat:.6}, {lon:.6}");
    if let Some(accuracy) = place.accuracy_m {
        at.push_str(&format!(" ±{accuracy}米"));
    }
    if !place.words.is_empty() {
        at.push_str(&format!(" · {}", place.words));
    }
    let grid = if path.is_empty() { "网格外" } else { path };
    Mark {
        time,
        place: at,
        grid: format!("{} {grid}", device.district_name),
        worker: device.me.name.clone(),
    }
}

/// The one durable step: number, hash chain, operation, report and photo bytes, or nothing.
pub(crate) fn commit(
    store: &mut Store,
    ready: &Ready,
    district: &District,
    op_id: OpId,
    moment: &Moment,
) -> Result<FiledView, CoreError> {
    let report_id = ReportId(ready.draft.id.0);
    store.write(|tx| {
        let device = device::read(tx)?.ok_or(CoreError::NotEnrolled)?;
        if drafts::get(tx, ready.draft.id)?.revision != ready.draft.revision {
            return Err(CoreError::ChangedMeanwhile);
        }
        let contact = contact(tx, &device, ready, op_id)?;
        let filed = FiledReport {
            contact: contact.as_ref().map(Contact::commitment),
            ..ready.filled.report.clone()
        };
        let content = content(ready, &filed, Aside { contact })?;
        let sealed = stream::append(tx, &device, district, content, op_id, moment)?;
        let short_code = short_code(device.id, device.epoch, sealed.operation.seq);
        let report = Report {
            id: report_id,
            op_id,
            short_code: short_code.clone(),
            filed_at: moment.wall,
            category_name: ready.category_name.clone(),
            condition_name: ready.condition_name.clone(),
            place_path: ready.place_path.clone(),
            filed,
            decision: ready.filled.decision.clone(),
        };
        reports::insert(tx, &report)?;
        for (photo, stamped) in &ready.photos {
            store::photos::file(tx, photo.id, report_id, stamped)?;
        }
        drafts::remove(tx, ready.draft.id)?;
        let photos = u32::try_from(ready.photos.len()).unwrap_or(u32::MAX);
        Ok(FiledView {
            id: report_id,
            short_code,
            photos,
        })
    })
}

/// Whom to call, if anybody was named. Its salt is nobody's but this device's, so that nobody can
/// try phone numbers against the commitment once the contact is erased.
fn contact(
    tx: &store::Transaction<'_>,
    device: &Device,
    ready: &Ready,
    op_id: OpId,
) -> Result<Option<Contact>, StoreError> {
    let (name, phone) = &ready.draft.fields.contact;
    let purpose = format!("gewu-salt/1\n{op_id}");
    let secret = match keys::device_key(tx)? {
        Some(key) => key.sign(&purpose).to_string(),
        // Bound before there were keys: the token is a secret of 256 bits, too.
        None => format!("{}\n{purpose}", device.token),
    };
    let salt = Sha256::of(secret.as_bytes()).to_string();
    Ok(Contact::of(name, phone, salt))
}

/// What the report's operation says.
fn content(ready: &Ready, filed: &FiledReport, aside: Aside) -> Result<Content, StoreError> {
    let payload = serde_json::to_value(filed).map_err(|error| StoreError::Unreadable {
        what: "report",
        problem: error.to_string(),
    })?;
    Ok(Content {
        kind: kind::REPORT_FILE,
        subject: ReportId(ready.draft.id.0).to_string(),
        base_revision: None,
        payload,
        photos: references(&ready.photos),
        aside,
    })
}
