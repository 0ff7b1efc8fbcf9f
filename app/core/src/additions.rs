//! Additions to a filed report: corrections, notes, photos, its withdrawal. Each is an operation of
//! its own, kept in one durable step and sent when there is a network.
//!
//! The report on the handheld doesn't change: its page shows the additions beside it, with what
//! the server said to each. Tests: `tests/additions.rs`.

use crate::capture::{mark, stamp_time};
use crate::cases::problem;
use crate::edge::Moment;
use crate::error::CoreError;
use crate::photos::{self, PreparedPhoto};
use crate::place::District;
use crate::store::device::{self, Device};
use crate::store::outbox::Standing;
use crate::store::{self, Store, StoreError, cases, reports};
use crate::stream::{self, Content};
use shared::addition::{Addition, Note};
use shared::catalogue::Catalogue;
use shared::id::{OpId, ReportId, Sha256};
use shared::operation::Operation;
use shared::report::{PhotoPreview, PhotoRef, PhotoRole};
use shared::wire::handheld::{AdditionStatus, AdditionView};

/// A stamped photo that is ready to be added.
pub(crate) struct ReadyPhoto {
    photo: PreparedPhoto,
    role: PhotoRole,
}

impl ReadyPhoto {
    fn reference(&self) -> PhotoRef {
        PhotoRef {
            sha256: Sha256::of(&self.photo.jpeg),
            bytes: u64::try_from(self.photo.jpeg.len()).unwrap_or(u64::MAX),
            mime: String::from("image/jpeg"),
            role: self.role,
            width: self.photo.width,
            height: self.photo.height,
            original_sha256: Some(self.photo.original_sha256),
            preview: Some(PhotoPreview {
                sha256: Sha256::of(&self.photo.preview),
                bytes: u64::try_from(self.photo.preview.len()).unwrap_or(u64::MAX),
            }),
            phash: self.photo.phash,
        }
    }
}

/// Prepares a camera file for a report that was filed here: the slow part, which needs no
/// database.
pub(crate) fn ready_photo(
    standing: &reports::Standing,
    device: &Device,
    file: &[u8],
    role: PhotoRole,
    moment: &Moment,
) -> Result<ReadyPhoto, CoreError> {
    let prepared = photos::prepare(file)?;
    let report = &standing.report;
    let time = stamp_time(moment.wall, prepared.taken, moment.wall);
    let mark = mark(time, &report.filed.place, &report.place_path, device);
    let stamped = photos::stamp(&prepared.jpeg, &mark)?;
    let photo = PreparedPhoto {
        jpeg: stamped.jpeg,
        width: stamped.width,
        height: stamped.height,
        ..prepared
    };
    Ok(ReadyPhoto { photo, role })
}

/// Keeps an addition: its operation, number, chain and photo together, or nothing.
pub(crate) fn keep(
    store: &mut Store,
    district: &District,
    report: ReportId,
    addition: &Addition,
    photo: Option<&ReadyPhoto>,
    op_id: OpId,
    moment: &Moment,
) -> Result<(), CoreError> {
    let references: Vec<PhotoRef> = photo.iter().map(|photo| photo.reference()).collect();
    addition.check(&references, district.catalogue())?;
    let payload = addition.payload().map_err(|error| StoreError::Unreadable {
        what: "addition",
        problem: error.to_string(),
    })?;
    if let Some(photo) = photo {
        let bytes = photo.photo.jpeg.len() + photo.photo.preview.len();
        if !store.has_room_for(u64::try_from(bytes).unwrap_or(u64::MAX))? {
            return Err(StoreError::Full.into());
        }
    }
    store.write(|tx| {
        let device = device::read(tx)?.ok_or(CoreError::NotEnrolled)?;
        let case = cases::of_report(tx, report)?;
        if case.is_none() || photo.is_some() {
            // One's own, or nothing to add to.
            reports::get(tx, report)?;
        }
        let content = Content {
            kind: addition.kind(),
            subject: report.to_string(),
            base_revision: case.map(|case| case.revision),
            payload,
            photos: references,
            aside: shared::contact::Aside::default(),
        };
        stream::append(tx, &device, district, content, op_id, moment)?;
        if let Some(photo) = photo {
            let ReadyPhoto { photo, role } = photo;
            store::photos::add_to_report(tx, report, op_id, *role, photo, moment.wall)?;
        }
        Ok(())
    })
}

/// A photo alone.
pub(crate) fn photo_addition(text: &str) -> Addition {
    Addition::Photos(Note {
        text: text.to_owned(),
    })
}

/// What was added to a report, as its page shows it.
pub(crate) fn views(rows: &[Standing], catalogue: Option<&Catalogue>) -> Vec<AdditionView> {
    rows.iter().filter_map(|row| view(row, catalogue)).collect()
}

fn view(row: &Standing, catalogue: Option<&Catalogue>) -> Option<AdditionView> {
    let operation: Operation = serde_json::from_str(&row.body).ok()?;
    let addition = Addition::read(&operation.kind, &operation.payload)?.ok()?;
    let status = match row.outcome.as_deref() {
        None => AdditionStatus::OnDevice,
        Some("quarantined" | "rejected") => AdditionStatus::NeedsAttention,
        Some(_) => AdditionStatus::Accepted,
    };
    let (code, own) = (row.code.as_deref(), row.words.as_deref());
    let late = code.filter(|_| status == AdditionStatus::Accepted);
    let said = late.map(|code| problem(code, own));
    let problem =
        (status == AdditionStatus::NeedsAttention).then(|| problem(code.unwrap_or_default(), own));
    let words = match catalogue {
        Some(catalogue) => addition.describe(catalogue),
        None => addition.words().to_owned(),
    };
    Some(AdditionView {
        kind: operation.kind,
        words,
        photos: u32::try_from(operation.photos.len()).unwrap_or(u32::MAX),
        made: operation.wall_ms,
        status,
        problem,
        said,
    })
}
