//! What each operation is worth, before anything is written. Pure: facts in, a judgement out.

use super::adding::{self, Adding};
use super::carriers::Carriers;
use super::filing::{self, Filing};
use super::marking::{self, Marking};
use crate::service::district::District;
use crate::service::sessions::Session;
use serde::Deserialize;
use serde_json::Value;
use shared::addition::Addition;
use shared::catalogue::Catalogue;
use shared::chain::{self, Link};
use shared::emergency;
use shared::id::{CatalogueVersion, DeviceId, OpId, PersonId, Sha256};
use shared::operation::{
    ASIDE, CHAIN_START, Operation, OperationError, SealedOperation, kind, open,
};
use shared::patrol::Mark;
use shared::report::{FiledReport, ReportFault, check, check_against};
use shared::signature::{PublicKey, Signature};
use shared::time::Timestamp;
use std::collections::HashSet;
use uuid::Uuid;

/// Who delivers.
#[derive(Debug, Clone, Copy)]
pub struct Sender {
    /// The installation.
    pub device: DeviceId,
    /// Who carries it.
    pub person: Option<PersonId>,
    /// Its epoch.
    pub epoch: i64,
    /// Device's clock minus server's clock at this push, when the push says.
    pub skew_ms: Option<i64>,
}

impl Sender {
    /// When an operation was made, by the server's clock as far as the handheld knew it then, else
    /// as the push shows.
    pub(super) fn made_at(self, operation: &Operation) -> Timestamp {
        let shown = self.skew_ms.map(i64::saturating_neg);
        let offset_ms = operation.offset_ms.or(shown).unwrap_or(0);
        operation.wall_ms.plus_ms(offset_ms)
    }
}

/// An operation, judged.
#[derive(Debug)]
pub enum Judged {
    /// Not an operation at all, and without an id to keep it under.
    Rejected {
        /// As it named itself, shortened.
        op_id: String,
        /// Why.
        code: &'static str,
    },
    /// It can't be read or doesn't fit its hash; kept for a person as it came.
    Unreadable {
        /// As it named itself.
        op_id: OpId,
        /// Hash of it as it came.
        hash: Sha256,
        /// As it came.
        body: String,
        /// Why.
        code: &'static str,
    },
    /// Made by another device than the one that delivers.
    Foreign {
        /// The operation.
        sealed: SealedOperation,
        /// Why.
        code: &'static str,
    },
    /// Read, but a person has to decide.
    Quarantine {
        /// The operation.
        sealed: SealedOperation,
        /// Why.
        code: &'static str,
    },
    /// A report to be filed.
    File(Box<Filing>),
    /// An addition to a report.
    Add(Box<Adding>),
    /// A tick at a point of a round.
    Mark(Box<Marking>),
}

/// How far an operation's place in its device's chain is settled by its push.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Chained {
    /// It is the first, or stands on the operation before it in the same push.
    Fits,
    /// It doesn't.
    Broken,
    /// The operation before it is not in this push: the stored one says.
    ByStored,
}

impl Chained {
    /// The same, once it is known which operations of its push were set aside: such a one doesn't
    /// hold the number before this one, so the stored one says.
    pub(super) fn unless_on(self, set_aside: &HashSet<Sha256>, sealed: &SealedOperation) -> Self {
        if self == Self::Fits && set_aside.contains(&sealed.operation.prev_hash) {
            Self::ByStored
        } else {
            self
        }
    }
}

impl Judged {
    /// The operation, when it could be read.
    #[must_use]
    pub fn sealed(&self) -> Option<&SealedOperation> {
        match self {
            Self::Foreign { sealed, .. } => Some(sealed),
            judged => judged.numbered(),
        }
    }

    /// The operation that holds a number of its device.
    fn numbered(&self) -> Option<&SealedOperation> {
        match self {
            Self::Rejected { .. } | Self::Unreadable { .. } | Self::Foreign { .. } => None,
            Self::Quarantine { sealed, .. } => Some(sealed),
            Self::File(filing) => Some(&filing.sealed),
            Self::Add(adding) => Some(&adding.sealed),
            Self::Mark(marking) => Some(&marking.sealed),
        }
    }

    /// The epoch in which it holds a number of its device.
    #[must_use]
    pub fn epoch(&self) -> Option<i64> {
        self.numbered()
            .map(|sealed| i64::from(sealed.operation.epoch))
    }

    /// That number.
    #[must_use]
    pub fn seq(&self) -> Option<i64> {
        self.numbered()
            .and_then(|sealed| i64::try_from(sealed.operation.seq).ok())
    }

    /// Hash of the operation, when it could be read.
    #[must_use]
    pub fn hash(&self) -> Option<Sha256> {
        self.sealed().map(|sealed| sealed.hash)
    }
}

/// Characters of a claimed id that are echoed.
const CLAIMED_ID_CHARS_MAX: usize = 64;

/// What the signature of a push is worth.
enum Signed {
    /// The device has no key: it was enrolled by an app that had none.
    NotAsked,
    /// The device has a key and didn't sign.
    Missing,
    /// It is not this device's signature over these operations.
    Wrong,
    /// It vouches for these hashes.
    Vouches(HashSet<Sha256>),
}

impl Signed {
    fn of(key: Option<PublicKey>, signature: Option<Signature>, operations: &[Value]) -> Self {
        let Some(key) = key else {
            return Self::NotAsked;
        };
        let Some(signature) = signature else {
            return Self::Missing;
        };
        let links: Vec<Link> = operations.iter().filter_map(Link::of).collect();
        if key.verifies(&chain::signed_text(&links), &signature) {
            Self::Vouches(chain::vouched(&links))
        } else {
            Self::Wrong
        }
    }

    fn check(&self, hash: Sha256) -> Result<(), &'static str> {
        match self {
            Self::NotAsked => Ok(()),
            Self::Missing => Err("signature_missing"),
            Self::Vouches(hashes) if hashes.contains(&hash) => Ok(()),
            Self::Wrong | Self::Vouches(_) => Err("signature_wrong"),
        }
    }
}

/// Judges the operations of a push, in order. A device with a key signs its pushes; what it didn't
/// sign is kept for a person.
pub fn judge(
    district: &District,
    carriers: &Carriers,
    sender: Sender,
    operations: &[Value],
    signature: Option<Signature>,
    now: Timestamp,
    mut new_id: impl FnMut() -> Uuid,
) -> Vec<Judged> {
    let signed = Signed::of(carriers.present.key, signature, operations);
    let mut before: Option<(u32, u64, Sha256)> = None;
    operations
        .iter()
        .map(|value| {
            let sealed = match readable(value) {
                Ok(sealed) => sealed,
                Err(judged) => return *judged,
            };
            let operation = &sealed.operation;
            let here = (operation.epoch, operation.seq, sealed.hash);
            let chained = fits_chain(&sealed, before);
            before = Some(here);
            let signed = signed.check(sealed.hash);
            let maker = carriers.maker(sender, operation, now);
            let content = match weigh(district, maker, sender, &sealed, signed, chained) {
                Err(code) if code == WRONG_DEVICE => return Judged::Foreign { sealed, code },
                Err(code) => return Judged::Quarantine { sealed, code },
                Ok(content) => content,
            };
            // Without a maker it was weighed and found wanting.
            let session = maker.unwrap_or(&carriers.present);
            let prepared = match content {
                Content::Report(report) => {
                    filing::prepare(district, sender, sealed, chained, *report, now, &mut new_id)
                        .map(|filing| Judged::File(Box::new(filing)))
                }
                Content::Addition(addition, catalogue, made_at) => adding::prepare(
                    session,
                    sealed,
                    chained,
                    addition,
                    catalogue,
                    made_at,
                    [new_id(), new_id()],
                )
                .map(|adding| Judged::Add(Box::new(adding))),
                Content::Mark(mark, catalogue, made_at) => {
                    marking::prepare(session, sealed, chained, mark, catalogue, made_at)
                        .map(|marking| Judged::Mark(Box::new(marking)))
                }
            };
            prepared.unwrap_or_else(|(sealed, code)| Judged::Quarantine {
                sealed: *sealed,
                code,
            })
        })
        .collect()
}

/// Whether an operation names a catalogue that is not known here.
#[must_use]
pub fn names_unknown_catalogue(district: &District, operations: &[Value]) -> bool {
    let named = operations.iter();
    let mut named = named.filter_map(|value| value.get("catalogue_version")?.as_str());
    named.any(|version| {
        let version = version.parse::<CatalogueVersion>();
        version.is_ok_and(|version| district.catalogue_of(&version).is_none())
    })
}

const WRONG_DEVICE: &str = "wrong_device";

fn readable(value: &Value) -> Result<SealedOperation, Box<Judged>> {
    let code = match open(value) {
        // Numbers are kept in 63 bits; no device ever makes that many.
        Ok(sealed) if i64::try_from(sealed.operation.seq).is_ok_and(|seq| seq > 0) => {
            return Ok(sealed);
        }
        Err(OperationError::Hash) => "hash_mismatch",
        Ok(_) | Err(_) => "payload_malformed",
    };
    let claimed = value
        .get("op_id")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let claimed: String = claimed.chars().take(CLAIMED_ID_CHARS_MAX).collect();
    let Ok(op_id) = claimed.parse::<OpId>() else {
        return Err(Box::new(Judged::Rejected {
            op_id: claimed,
            code,
        }));
    };
    // What may be erased later is not kept in what can't be read: the handheld sends it again.
    let mut kept = value.clone();
    if let Some(members) = kept.as_object_mut() {
        members.remove(ASIDE);
    }
    let body = kept.to_string();
    let hash = Sha256::of(body.as_bytes());
    Err(Box::new(Judged::Unreadable {
        op_id,
        hash,
        body,
        code,
    }))
}

/// Whether it follows the operation before it, as far as this push shows.
fn fits_chain(sealed: &SealedOperation, before: Option<(u32, u64, Sha256)>) -> Chained {
    let operation = &sealed.operation;
    let fits = match before {
        _ if operation.seq == 1 => operation.prev_hash == CHAIN_START,
        Some((epoch, seq, hash)) if epoch == operation.epoch && seq + 1 == operation.seq => {
            operation.prev_hash == hash
        }
        _ => return Chained::ByStored,
    };
    if fits { Chained::Fits } else { Chained::Broken }
}

/// What an operation says, by its kind. Kinds that this version doesn't act on go to a person.
enum Content<'a> {
    Report(Box<FiledReport>),
    Addition(Addition, &'a Catalogue, Timestamp),
    Mark(Mark, &'a Catalogue, Timestamp),
}

/// What is in it, or why a person has to decide.
fn weigh<'a>(
    district: &'a District,
    maker: Option<&Session>,
    sender: Sender,
    sealed: &SealedOperation,
    signed: Result<(), &'static str>,
    chained: Chained,
) -> Result<Content<'a>, &'static str> {
    let operation = &sealed.operation;
    if operation.device_id != sender.device {
        return Err(WRONG_DEVICE);
    }
    signed?;
    let session = maker.ok_or("wrong_person")?;
    if i64::from(operation.epoch) > sender.epoch || chained == Chained::Broken {
        return Err("chain_broken");
    }
    let made_at = sender.made_at(operation);
    let in_office = !session.actor.posts.is_empty() || session.in_office(made_at);
    if session.lost {
        return Err("device_lost");
    }
    if session.disabled || !in_office {
        return Err("not_in_office");
    }
    let catalogue = district.catalogue_of(&operation.catalogue_version);
    if let Some(read) = Addition::read(&operation.kind, &operation.payload) {
        let addition = read.map_err(|_| "payload_malformed")?;
        let catalogue = catalogue.ok_or("catalogue_unknown")?;
        return Ok(Content::Addition(addition, catalogue, made_at));
    }
    if operation.kind == kind::PATROL_MARK {
        let mark = Mark::deserialize(&operation.payload).map_err(|_| "payload_malformed")?;
        let catalogue = catalogue.ok_or("catalogue_unknown")?;
        return Ok(Content::Mark(mark, catalogue, made_at));
    }
    if operation.kind != kind::REPORT_FILE {
        return Err("kind_unknown");
    }
    let report = FiledReport::deserialize(&operation.payload).map_err(|_| "payload_malformed")?;
    let catalogue = district
        .judging(
            &operation.catalogue_version,
            &report.category,
            &report.condition,
        )
        .ok_or("catalogue_unknown")?;
    check(&report, &operation.photos).map_err(|fault| fault.code())?;
    check_against(&report, &operation.photos, catalogue).map_err(|fault| fault.code())?;
    in_emergency(district, catalogue, &report, made_at).map_err(|fault| fault.code())?;
    Ok(Content::Report(Box::new(report)))
}

/// A category for emergencies counts when an order was in force where and when the report was made:
/// one that has ended since does not speak against it.
fn in_emergency(
    district: &District,
    catalogue: &Catalogue,
    report: &FiledReport,
    made_at: Timestamp,
) -> Result<(), ReportFault> {
    let category = catalogue.category(&report.category);
    if category.is_none_or(|category| !category.emergency_only) {
        return Ok(());
    }
    let (grid, _) = district.locate(&report.place);
    let orders = &district.orders;
    emergency::check(&report.category, catalogue, orders, grid.as_ref(), made_at)
}
