//! Courier files: whose one is, and which of its photos are kept.
//!
//! What is in a file is judged and written like a push (`push`), its photos like uploads
//! (`photos`): a second delivery finds everything there. Tests: `tests/tests/courier.rs`.

use super::audit::{self, Deed, Note};
use super::photos::{self, header};
use super::sessions::{Grounds, Session};
use super::{Fault, Result};
use crate::service::district::District;
use crate::store::Tx;
use serde_json::json;
use shared::courier::{CourierAnswer, CourierError, Opened};
use shared::id::{DeviceId, Sha256};
use shared::time::Timestamp;

/// Why a file is refused, for a person.
impl From<CourierError> for Fault {
    fn from(error: CourierError) -> Self {
        let (zh, en) = error.words();
        Self::invalid("file", zh, en)
    }
}

/// What the handheld that made a file may do; it may be a lost one, or its person's account closed:
/// then its operations go to quarantine.
///
/// # Errors
/// [`Fault::Invalid`] when no handheld of this server signed it.
pub fn maker(tx: &mut dyn Tx, opened: &Opened) -> Result<Grounds> {
    let found = Grounds::of_device(tx, opened.sheet.device_id)?;
    let signed = |grounds: &Grounds| grounds.key().is_some_and(|key| opened.is_signed_by(&key));
    found.filter(signed).ok_or(Fault::invalid(
        "file",
        "服务器不认得导出这个文件的手机。请在那台手机上重新绑定，再导出一次；内容都在那台手机上。",
        "The handheld that made this file isn't known here. Bind it again and export anew; everything is still on it.",
    ))
}

/// Notes that a file was refused: who brought it, why, how large it was, and which handheld it says
/// it is from, which is not known or not to be believed.
///
/// # Errors
/// As [`look_at`].
pub fn note_refused(
    tx: &mut dyn Tx,
    district: &District,
    by: &Session,
    refused: &Refused,
    now: Timestamp,
) -> Result<()> {
    let claimed = refused.claimed.map(|device| device.to_string());
    let subject = claimed.unwrap_or_default();
    let note = Note {
        device: by.device,
        detail: json!({"why": refused.why, "bytes": refused.bytes}),
        ..Note::of(Some(by.actor.person), Deed::CourierRefused, &subject)
    };
    audit::note(tx, district, &note, now)
}

/// A file that was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refused {
    /// Why, for a program: `foreign`, `sealed`, `content` or `unknown_device`.
    pub why: &'static str,
    /// Its size.
    pub bytes: usize,
    /// The handheld that it says it is from.
    pub claimed: Option<DeviceId>,
}

impl Refused {
    /// A file that could not be opened.
    #[must_use]
    pub const fn unopened(error: CourierError, bytes: usize) -> Self {
        let why = match error {
            CourierError::Foreign => "foreign",
            CourierError::Sealed => "sealed",
            CourierError::Content | CourierError::OthersAnswer => "content",
        };
        Self {
            why,
            bytes,
            claimed: None,
        }
    }

    /// A file of a handheld that isn't known here.
    #[must_use]
    pub const fn of_stranger(bytes: usize, claimed: DeviceId) -> Self {
        Self {
            why: "unknown_device",
            bytes,
            claimed: Some(claimed),
        }
    }
}

/// What to do with a photo of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Carried {
    /// It is here already.
    Here,
    /// It is wanted and whole.
    Wanted,
    /// Not announced, or other bytes than were: its handheld keeps it.
    Left,
}

/// Looks at a photo of a file.
///
/// # Errors
/// Whatever the store says, as for all services.
pub fn look_at(tx: &mut dyn Tx, hash: Sha256, bytes: &[u8]) -> Result<Carried> {
    let Some(photo) = photos::announced(tx, hash)? else {
        return Ok(Carried::Left);
    };
    if photo.arrived {
        return Ok(Carried::Here);
    }
    let is_whole = i64::try_from(bytes.len()) == Ok(photo.bytes) && Sha256::of(bytes) == hash;
    Ok(if is_whole && header::read(bytes).is_ok() {
        Carried::Wanted
    } else {
        Carried::Left
    })
}

/// Notes a delivery: by whom, of which handheld, and how much.
///
/// # Errors
/// As [`look_at`].
pub fn note(
    tx: &mut dyn Tx,
    district: &District,
    by: &Session,
    answer: &CourierAnswer,
    now: Timestamp,
) -> Result<()> {
    let operations: usize = answer.answers.iter().map(|push| push.results.len()).sum();
    let maker: DeviceId = answer.device_id;
    let subject = maker.to_string();
    let note = Note {
        device: by.device,
        detail: json!({"operations": operations, "photos": answer.photos.len()}),
        ..Note::of(Some(by.actor.person), Deed::CourierDelivered, &subject)
    };
    audit::note(tx, district, &note, now)
}
