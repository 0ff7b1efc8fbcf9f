//! What a device sends: an operation in its canonical form, its hash, and the device's chain.
//!
//! Canonical form: JSON without white space, object keys sorted by their bytes, strings escaped as
//! little as JSON allows, numbers whole. The hash is SHA-256 over the canonical form of the
//! operation without its `hash` member; `prev_hash` chains one device's operations in order of
//! `seq`. Members that this version doesn't know are kept and hashed like all others.
//! The protocol is `docs/SYNC.md`; golden files are in `tests/golden/v1/`.

mod canonical;

pub use canonical::canonical;

use crate::contact::Aside;
use crate::id::{CatalogueVersion, DeviceId, OpId, PersonId, Sha256};
use crate::report::PhotoRef;
use crate::time::Timestamp;
use canonical::canonical_and_without;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// An operation's canonical form in bytes: a report of 4,000 characters with nine photos takes 16 KiB.
pub const OPERATION_BYTES_LIMIT: usize = 64 * 1024;
/// Nesting of an operation: payloads have three levels; more is somebody's attack on the stack.
pub const OPERATION_DEPTH_LIMIT: usize = 16;
/// `prev_hash` of a device's first operation in an epoch.
pub const CHAIN_START: Sha256 = Sha256::new([0; 32]);
/// The version of the operation layout that this build writes.
pub const OPERATION_VERSION: u32 = 1;

/// The kinds of operation that this version acts on; others are kept in quarantine.
pub mod kind {
    /// A new report.
    pub const REPORT_FILE: &str = "report.file";
    /// What should have stood in a report.
    pub const REPORT_AMEND: &str = "report.amend";
    /// A report taken back.
    pub const REPORT_WITHDRAW: &str = "report.withdraw";
    /// More words about a report.
    pub const NOTE_ADD: &str = "note.add";
    /// More photos of a report.
    pub const PHOTO_ADD: &str = "photo.add";
    /// What was found before a case is accepted (核实).
    pub const CASE_VERIFY: &str = "case.verify";
    /// What was found after it was handled (核查).
    pub const CASE_CHECK: &str = "case.check";
    /// A tick at a point of a round (巡查).
    pub const PATROL_MARK: &str = "patrol.mark";
    /// Its reporter says that it isn't put right (异议).
    pub const CASE_CONTEST: &str = "case.contest";

    /// Every kind; each has a word (`label::operation`).
    pub const ALL: [&str; 9] = [
        REPORT_FILE,
        REPORT_AMEND,
        REPORT_WITHDRAW,
        NOTE_ADD,
        PHOTO_ADD,
        CASE_VERIFY,
        CASE_CHECK,
        PATROL_MARK,
        CASE_CONTEST,
    ];
}

/// An operation's members. The payload's shape depends on `kind`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Operation {
    /// Layout version.
    pub v: u32,
    /// Identity; a repeat has the same.
    pub op_id: OpId,
    /// The installation that made it.
    pub device_id: DeviceId,
    /// Counts up when an installation starts over.
    pub epoch: u32,
    /// 1, 2, 3… without gaps per device and epoch.
    pub seq: u64,
    /// Hash of the operation before it, [`CHAIN_START`] for the first.
    pub prev_hash: Sha256,
    /// What it is: `report.file`.
    pub kind: String,
    /// What it is about: a report's or case's id.
    pub subject: String,
    /// Revision of the subject that the maker saw.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_revision: Option<i64>,
    /// The catalogue it was filled with.
    pub catalogue_version: CatalogueVersion,
    /// The app that made it.
    pub app_version: String,
    /// The device's clock when it was made.
    pub wall_ms: Timestamp,
    /// Milliseconds since the device started; with `boot_id` a clock that nobody can set.
    #[serde(default)]
    pub mono_ms: i64,
    /// Which start of the device `mono_ms` counts from.
    #[serde(default)]
    pub boot_id: String,
    /// Server's clock minus device's clock at the last exchange.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset_ms: Option<i64>,
    /// Who made it.
    pub actor: PersonId,
    /// What it says.
    #[schema(value_type = Object)]
    pub payload: Value,
    /// Photos that belong to it, in the order taken.
    #[serde(default)]
    pub photos: Vec<PhotoRef>,
}

/// An operation whose canonical text and hash are fixed: what is stored and sent.
#[derive(Debug, Clone, PartialEq)]
pub struct SealedOperation {
    /// Its members.
    pub operation: Operation,
    /// SHA-256 over the canonical form without `hash`.
    pub hash: Sha256,
    /// Canonical form with `hash`, unknown members included; without what travels aside.
    pub text: String,
    /// What travels beside the hashed members.
    pub aside: Aside,
}

/// The member that no hash covers: what may be erased. What it holds is vouched for by commitments
/// in the payload.
pub const ASIDE: &str = "aside";

impl SealedOperation {
    /// The text as it is kept on the device and sent, with what travels aside.
    ///
    /// # Errors
    /// When the whole is too long.
    pub fn sent(&self) -> Result<String, OperationError> {
        if self.aside == Aside::default() {
            return Ok(self.text.clone());
        }
        let malformed = |error: serde_json::Error| OperationError::Malformed(error.to_string());
        let mut value: Value = serde_json::from_str(&self.text).map_err(malformed)?;
        if let Some(members) = value.as_object_mut() {
            let aside = serde_json::to_value(&self.aside).map_err(malformed)?;
            members.insert(ASIDE.to_owned(), aside);
        }
        canonical(&value)
    }
}

/// A text as it was sent, without what travelled aside; none when there was nothing.
#[must_use]
pub fn without_aside(text: &str) -> Option<String> {
    let mut value: Value = serde_json::from_str(text).ok()?;
    value.as_object_mut()?.remove(ASIDE)?;
    canonical(&value).ok()
}

/// The code by which a worker knows a report until it has a number, searchable for ever: the tail
/// of the device's id and the operation's number, as `7F3A-12`; a later epoch is named behind it.
#[must_use]
pub fn short_code(device: DeviceId, epoch: u32, seq: u64) -> String {
    let [.., high, low] = *device.0.as_bytes();
    if epoch <= 1 {
        format!("{high:02X}{low:02X}-{seq}")
    } else {
        format!("{high:02X}{low:02X}-{seq}.{epoch}")
    }
}

/// Why a value is not an operation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OperationError {
    /// Not a JSON object, or a member is missing or of the wrong type.
    #[error("malformed operation: {0}")]
    Malformed(String),
    /// A number with a fraction or exponent has no canonical form.
    #[error("number {0} is not whole")]
    Fraction(String),
    /// Nested deeper than [`OPERATION_DEPTH_LIMIT`].
    #[error("nested deeper than {OPERATION_DEPTH_LIMIT} levels")]
    TooDeep,
    /// Longer than [`OPERATION_BYTES_LIMIT`].
    #[error("longer than {OPERATION_BYTES_LIMIT} bytes")]
    TooLong,
    /// The hash doesn't fit the content.
    #[error("hash does not fit the content")]
    Hash,
}

/// Fixes an operation's canonical form and hash.
///
/// # Errors
/// When the payload has no canonical form or the whole is too long.
pub fn seal(operation: Operation) -> Result<SealedOperation, OperationError> {
    let value = serde_json::to_value(&operation)
        .map_err(|error| OperationError::Malformed(error.to_string()))?;
    let Value::Object(mut members) = value else {
        return Err(OperationError::Malformed(String::from("not an object")));
    };
    let hash = Sha256::of(canonical(&Value::Object(members.clone()))?.as_bytes());
    members.insert(String::from("hash"), Value::String(hash.to_string()));
    let text = canonical(&Value::Object(members))?;
    Ok(SealedOperation {
        operation,
        hash,
        text,
        aside: Aside::default(),
    })
}

/// Reads an operation as received and checks that its hash fits its content.
///
/// # Errors
/// When a member is missing, there is no canonical form, or the hash doesn't fit.
pub fn open(value: &Value) -> Result<SealedOperation, OperationError> {
    let malformed = |why: &str| OperationError::Malformed(why.to_owned());
    let members = value
        .as_object()
        .ok_or_else(|| malformed("not an object"))?;
    let claimed = members
        .get("hash")
        .ok_or_else(|| malformed("hash is missing"))?;
    let claimed: Sha256 = claimed
        .as_str()
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| malformed("hash is not SHA-256 in hex"))?;
    let (text, without) = canonical_and_without(members, "hash")?;
    let hash = Sha256::of_parts(without.map(|part| text.get(part).unwrap_or_default().as_bytes()));
    if hash != claimed {
        return Err(OperationError::Hash);
    }
    let operation = Operation::deserialize(value)
        .map_err(|error| OperationError::Malformed(error.to_string()))?;
    let aside = read_aside(members, &operation.payload)?;
    Ok(SealedOperation {
        operation,
        hash,
        text,
        aside,
    })
}

/// What travels aside fits what the payload says of it. A payload that speaks of a contact which
/// isn't there is as good: it was erased.
fn read_aside(members: &Map<String, Value>, payload: &Value) -> Result<Aside, OperationError> {
    let Some(aside) = members.get(ASIDE) else {
        return Ok(Aside::default());
    };
    let aside =
        Aside::deserialize(aside).map_err(|error| OperationError::Malformed(error.to_string()))?;
    if let Some(contact) = &aside.contact {
        let told = payload.get("contact").and_then(Value::as_str);
        if told != Some(contact.commitment().to_string().as_str()) {
            return Err(OperationError::Hash);
        }
    }
    Ok(aside)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;
    use serde_json::json;
    use uuid::Uuid;

    fn sample() -> Operation {
        Operation {
            v: OPERATION_VERSION,
            op_id: OpId(Uuid::from_u128(1)),
            device_id: DeviceId(Uuid::from_u128(2)),
            epoch: 1,
            seq: 1,
            prev_hash: CHAIN_START,
            kind: kind::REPORT_FILE.into(),
            subject: Uuid::from_u128(3).to_string(),
            base_revision: None,
            catalogue_version: CatalogueVersion::new("350703-1").unwrap(),
            app_version: "0.1.0".into(),
            wall_ms: Timestamp(1_795_487_400_000),
            mono_ms: 5,
            boot_id: "b".into(),
            offset_ms: None,
            actor: PersonId(Uuid::from_u128(4)),
            payload: json!({"z": 1, "a": {"文": "井盖😀\"'; DROP TABLE--</script>\n"}}),
            photos: vec![],
        }
    }

    #[test]
    fn what_is_sealed_opens_again_with_the_same_hash_and_text() {
        let sealed = seal(sample()).unwrap();
        let opened = open(&serde_json::from_str(&sealed.text).unwrap()).unwrap();
        assert_eq!(opened, sealed);
    }

    #[test]
    fn a_short_code_is_the_tail_of_the_device_and_the_number() {
        let device = DeviceId(Uuid::from_u128(0xabcd_7f3a));
        assert_eq!(short_code(device, 1, 12), "7F3A-12");
        assert_eq!(short_code(device, 2, 1), "7F3A-1.2");
    }

    #[test]
    fn an_object_without_a_member_reads_as_if_it_never_had_it() {
        for around in [
            json!({}),
            json!({"a": 1}),
            json!({"z": 2}),
            json!({"a": {"hash": 0}, "z": 2}),
        ] {
            let mut members = around.as_object().unwrap().clone();
            members.insert("hash".into(), json!("00"));
            let (text, parts) = canonical_and_without(&members, "hash").unwrap();
            assert_eq!(text, canonical(&Value::Object(members)).unwrap());
            let without: String = parts.map(|part| text.get(part).unwrap()).concat();
            assert_eq!(without, canonical(&around).unwrap());
        }
    }

    #[test]
    fn any_change_of_content_is_noticed() {
        let sealed = seal(sample()).unwrap();
        let changed = sealed.text.replace("井盖", "井蓋");
        assert_eq!(
            open(&serde_json::from_str(&changed).unwrap()),
            Err(OperationError::Hash)
        );
    }

    #[test]
    fn members_from_a_later_version_are_kept_and_hashed() {
        let mut value = serde_json::to_value(sample()).unwrap();
        value["later"] = json!(["新", 1]);
        let hash = Sha256::of(canonical(&value).unwrap().as_bytes());
        value["hash"] = json!(hash);
        let opened = open(&value).unwrap();
        assert!(opened.text.contains("\"later\":[\"新\",1]"));
    }

    #[test]
    fn a_photo_of_a_role_from_a_later_version_opens_and_keeps_its_word() {
        let mut value = serde_json::to_value(sample()).unwrap();
        let photo =
            json!({"sha256": CHAIN_START, "bytes": 1, "mime": "image/jpeg", "role": "plate"});
        value["photos"] = json!([photo]);
        let hash = Sha256::of(canonical(&value).unwrap().as_bytes());
        value["hash"] = json!(hash);
        let opened = open(&value).unwrap();
        assert_eq!(opened.hash, hash);
        assert!(opened.text.contains(r#""role":"plate""#));
        let roles = opened.operation.photos.iter().map(|photo| photo.role);
        assert_eq!(roles.collect::<Vec<_>>(), [crate::report::PhotoRole::Other]);
    }

    #[test]
    fn what_travels_aside_is_vouched_for_and_can_be_erased() {
        let contact = crate::contact::Contact::of("张三", "13812341234", "0f".into());
        let commitment = contact.as_ref().unwrap().commitment();
        let operation = Operation {
            payload: json!({"contact": commitment}),
            ..sample()
        };
        let sealed = SealedOperation {
            aside: Aside { contact },
            ..seal(operation).unwrap()
        };
        let sent = sealed.sent().unwrap();
        assert!(sent.contains("张三") && !sealed.text.contains("张三"));
        let opened = open(&serde_json::from_str(&sent).unwrap()).unwrap();
        assert_eq!(opened, sealed);
        let erased = without_aside(&sent).unwrap();
        assert_eq!(erased, sealed.text);
        let opened = open(&serde_json::from_str(&erased).unwrap()).unwrap();
        assert_eq!((opened.hash, opened.aside), (sealed.hash, Aside::default()));
        let changed = sent.replace("张三", "李四");
        assert_eq!(
            open(&serde_json::from_str(&changed).unwrap()),
            Err(OperationError::Hash)
        );
    }

    #[test]
    fn order_and_white_space_do_not_change_the_canonical_form() {
        let one: Value = serde_json::from_str(r#"{"b":1,"a":[true,null,"x"]}"#).unwrap();
        let two: Value =
            serde_json::from_str(" {\"a\" : [ true, null,\"\\u0078\" ], \"b\":1 }").unwrap();
        assert_eq!(canonical(&one).unwrap(), canonical(&two).unwrap());
    }

    #[test]
    fn fractions_deep_nests_and_giants_are_refused() {
        assert!(matches!(
            canonical(&json!(1.5)),
            Err(OperationError::Fraction(_))
        ));
        let deep = (0..OPERATION_DEPTH_LIMIT).fold(json!(1), |inner, _| json!([inner]));
        assert_eq!(canonical(&deep), Err(OperationError::TooDeep));
        assert_eq!(
            canonical(&json!("x".repeat(OPERATION_BYTES_LIMIT))),
            Err(OperationError::TooLong)
        );
    }
}
