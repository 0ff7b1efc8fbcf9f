//! What each operation is worth, before anything is written. Pure: facts in, a judgement out.

use super::filing::{self, Filing};
use crate::service::district::District;
use crate::service::sessions::Session;
use serde_json::Value;
use shared::id::{DeviceId, OpId, PersonId, Sha256};
use shared::operation::{CHAIN_START, OperationError, SealedOperation, kind, open};
use shared::report::{FiledReport, check, check_against};
use shared::time::Timestamp;
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
}

impl Judged {
    /// The epoch in which it holds a number of its device.
    #[must_use]
    pub fn epoch(&self) -> Option<i64> {
        match self {
            Self::Rejected { .. } | Self::Unreadable { .. } | Self::Foreign { .. } => None,
            Self::Quarantine { sealed, .. } => Some(i64::from(sealed.operation.epoch)),
            Self::File(filing) => Some(i64::from(filing.sealed.operation.epoch)),
        }
    }
}

/// Characters of a claimed id that are echoed.
const CLAIMED_ID_CHARS_MAX: usize = 64;

/// Judges the operations of a push, in order.
pub fn judge(
    district: &District,
    session: &Session,
    sender: Sender,
    operations: Vec<Value>,
    now: Timestamp,
    mut new_id: impl FnMut() -> Uuid,
) -> Vec<Judged> {
    let mut before: Option<(u32, u64, Sha256)> = None;
    operations
        .into_iter()
        .map(|value| {
            let sealed = match readable(value) {
                Ok(sealed) => sealed,
                Err(judged) => return *judged,
            };
            let operation = &sealed.operation;
            let here = (operation.epoch, operation.seq, sealed.hash);
            let chained = fits_chain(&sealed, before);
            before = Some(here);
            match weigh(district, session, sender, &sealed, chained) {
                Err(code) if code == WRONG_DEVICE => Judged::Foreign { sealed, code },
                Err(code) => Judged::Quarantine { sealed, code },
                Ok(report) => {
                    let filing =
                        filing::prepare(district, sender, sealed, report, now, &mut new_id);
                    match filing {
                        Ok(filing) => Judged::File(Box::new(filing)),
                        Err((sealed, code)) => Judged::Quarantine {
                            sealed: *sealed,
                            code,
                        },
                    }
                }
            }
        })
        .collect()
}

const WRONG_DEVICE: &str = "wrong_device";

fn readable(value: Value) -> Result<SealedOperation, Box<Judged>> {
    let claimed = value
        .get("op_id")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let claimed: String = claimed.chars().take(CLAIMED_ID_CHARS_MAX).collect();
    // Only what can't be read is written out again, so the usual case copies nothing.
    let backup = value.clone();
    let code = match open(value) {
        // Numbers are kept in 63 bits; no device ever makes that many.
        Ok(sealed) if i64::try_from(sealed.operation.seq).is_ok_and(|seq| seq > 0) => {
            return Ok(sealed);
        }
        Err(OperationError::Hash) => "hash_mismatch",
        Ok(_) | Err(_) => "payload_malformed",
    };
    let Ok(op_id) = claimed.parse::<OpId>() else {
        return Err(Box::new(Judged::Rejected {
            op_id: claimed,
            code,
        }));
    };
    let body = backup.to_string();
    let hash = Sha256::of(body.as_bytes());
    Err(Box::new(Judged::Unreadable {
        op_id,
        hash,
        body,
        code,
    }))
}

/// Whether it follows the operation before it in this push; others are looked at in the database
/// by nobody: a device's chain is proved by its signature, which a later version asks for.
fn fits_chain(sealed: &SealedOperation, before: Option<(u32, u64, Sha256)>) -> bool {
    let operation = &sealed.operation;
    if operation.seq == 1 {
        return operation.prev_hash == CHAIN_START;
    }
    match before {
        Some((epoch, seq, hash)) if epoch == operation.epoch && seq + 1 == operation.seq => {
            operation.prev_hash == hash
        }
        _ => true,
    }
}

/// The report in it, or why a person has to decide.
fn weigh(
    district: &District,
    session: &Session,
    sender: Sender,
    sealed: &SealedOperation,
    chained: bool,
) -> Result<FiledReport, &'static str> {
    let operation = &sealed.operation;
    if operation.device_id != sender.device {
        return Err(WRONG_DEVICE);
    }
    if operation.actor != session.actor.person {
        return Err("wrong_person");
    }
    if i64::from(operation.epoch) > sender.epoch || !chained {
        return Err("chain_broken");
    }
    let offset_ms = operation
        .offset_ms
        .or(sender.skew_ms.map(i64::saturating_neg));
    let made_at = operation.wall_ms.plus_ms(offset_ms.unwrap_or(0));
    let in_office = !session.actor.posts.is_empty() || session.in_office(made_at);
    if session.disabled || !in_office {
        return Err("not_in_office");
    }
    if operation.kind != kind::REPORT_FILE {
        return Err("kind_unknown");
    }
    let catalogue = district
        .catalogue_of(&operation.catalogue_version)
        .ok_or("catalogue_unknown")?;
    let report: FiledReport =
        serde_json::from_value(operation.payload.clone()).map_err(|_| "payload_malformed")?;
    check(&report, &operation.photos).map_err(|fault| fault.code())?;
    check_against(&report, &operation.photos, catalogue).map_err(|fault| fault.code())?;
    Ok(report)
}
