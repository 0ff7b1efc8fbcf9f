//! Receipts: the server's signed word that it has an operation, checked by anybody without it.
//!
//! One signature covers a whole push. Each operation that was durably received is a leaf of a hash
//! tree, the server signs the root, and each operation keeps the way from its leaf to the root. The
//! tree follows from the answer to the push, so only the signature travels; the device builds its
//! receipts itself. A repeat of an operation gives another tree and an equally good receipt.
//!
//! - leaf: SHA-256 over `gewu-receipt-leaf/1`, operation id, operation hash, case number (empty when
//!   there is none), time of receipt in UTC milliseconds, a line each;
//! - node: SHA-256 over `gewu-receipt-node/1`, left hash, right hash, a line each; the last of an
//!   odd row goes up as it is;
//! - signed: `gewu-receipt/1` and the root, a line each.

use crate::id::{OpId, Sha256};
use crate::signature::{PublicKey, SecretKey, Signature};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The layout of receipts that this version writes.
const RECEIPT_VERSION: u32 = 1;
/// Steps from a leaf to the root: a push has at most 100 operations, and 2¹⁶ of them is far beyond.
const STEPS_LIMIT: usize = 16;
/// A receipt as text: 16 steps take 1.5 KiB.
pub const RECEIPT_BYTES_LIMIT: usize = 4 * 1024;

/// What the server says it received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The operation.
    pub op_id: OpId,
    /// Hash of its content.
    pub hash: Sha256,
    /// Number of the case that it opened or touched.
    pub case_no: Option<String>,
    /// When the server had it durably for the first time.
    pub received_at: Timestamp,
}

impl Entry {
    fn leaf(&self) -> Sha256 {
        let Self {
            op_id,
            hash,
            case_no,
            received_at,
        } = self;
        let case_no = case_no.as_deref().unwrap_or_default();
        let text = format!(
            "gewu-receipt-leaf/1\n{op_id}\n{hash}\n{case_no}\n{}",
            received_at.0
        );
        Sha256::of(text.as_bytes())
    }
}

/// The server's signature over the tree of one push.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Seal {
    /// By which key.
    pub key: PublicKey,
    /// Over the root of the tree.
    pub signature: Signature,
}

/// One step from a leaf to the root: the hash beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// The other hash stands left of ours.
    Left(Sha256),
    /// The other hash stands right of ours.
    Right(Sha256),
}

/// A receipt as it is kept, shown and handed on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Receipt {
    /// Layout version.
    pub v: u32,
    /// The operation.
    pub op_id: OpId,
    /// Hash of its content.
    pub hash: Sha256,
    /// Number of the case that it opened or touched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case_no: Option<String>,
    /// When the server had it durably for the first time, UTC milliseconds.
    pub received_at: Timestamp,
    /// The way to the root.
    pub proof: Vec<Step>,
    /// The server's signature over the root.
    pub signature: Signature,
    /// Short name of the server's key.
    pub key: String,
}

/// Why a receipt proves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReceiptFault {
    /// It isn't a receipt at all.
    #[error("not a receipt")]
    Malformed,
    /// A later version wrote it.
    #[error("a receipt of a later version")]
    Version,
    /// Another server's key signed it, or one that was replaced.
    #[error("signed by another key")]
    OtherKey,
    /// Something in it was changed, or the signature is not the key's.
    #[error("the signature does not fit")]
    Signature,
}

impl ReceiptFault {
    /// Machine name; words by `label::fault`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Malformed => "receipt_malformed",
            Self::Version => "receipt_version",
            Self::OtherKey => "receipt_other_key",
            Self::Signature => "receipt_signature",
        }
    }
}

impl Receipt {
    /// Reads a receipt from its JSON.
    ///
    /// # Errors
    /// [`ReceiptFault::Malformed`] when it isn't one.
    pub fn read(text: &str) -> Result<Self, ReceiptFault> {
        if text.len() > RECEIPT_BYTES_LIMIT {
            return Err(ReceiptFault::Malformed);
        }
        serde_json::from_str(text.trim()).map_err(|_| ReceiptFault::Malformed)
    }

    /// Checks it with the server's public key alone.
    ///
    /// # Errors
    /// Why it proves nothing.
    pub fn verify(&self, key: &PublicKey) -> Result<(), ReceiptFault> {
        if self.v != RECEIPT_VERSION {
            return Err(ReceiptFault::Version);
        }
        if self.key != key.id() {
            return Err(ReceiptFault::OtherKey);
        }
        if self.proof.len() > STEPS_LIMIT {
            return Err(ReceiptFault::Malformed);
        }
        let leaf = Entry {
            op_id: self.op_id,
            hash: self.hash,
            case_no: self.case_no.clone(),
            received_at: self.received_at,
        }
        .leaf();
        let root = self.proof.iter().fold(leaf, |ours, step| match step {
            Step::Left(other) => node(other, &ours),
            Step::Right(other) => node(&ours, other),
        });
        if key.verifies(&signed_text(&root), &self.signature) {
            Ok(())
        } else {
            Err(ReceiptFault::Signature)
        }
    }
}

/// Signs what was received in one push; `None` when that was nothing.
#[must_use]
pub fn seal(entries: &[Entry], key: &SecretKey) -> Option<Seal> {
    let rows = rows(entries);
    let root = rows.last()?.first()?;
    Some(Seal {
        key: key.public(),
        signature: key.sign(&signed_text(root)),
    })
}

/// The receipts of a push, one for each entry in order. They are as good as the seal: verify it,
/// or any of them.
#[must_use]
pub fn receipts(entries: &[Entry], seal: &Seal) -> Vec<Receipt> {
    let rows = rows(entries);
    let key = seal.key.id();
    let receipt = |(at, entry): (usize, &Entry)| Receipt {
        v: RECEIPT_VERSION,
        op_id: entry.op_id,
        hash: entry.hash,
        case_no: entry.case_no.clone(),
        received_at: entry.received_at,
        proof: proof(&rows, at),
        signature: seal.signature,
        key: key.clone(),
    };
    entries.iter().enumerate().map(receipt).collect()
}

fn signed_text(root: &Sha256) -> String {
    format!("gewu-receipt/1\n{root}")
}

fn node(left: &Sha256, right: &Sha256) -> Sha256 {
    Sha256::of(format!("gewu-receipt-node/1\n{left}\n{right}").as_bytes())
}

/// The rows of the tree from the leaves to the root; none without entries.
fn rows(entries: &[Entry]) -> Vec<Vec<Sha256>> {
    let mut rows = Vec::new();
    let mut row: Vec<Sha256> = entries.iter().map(Entry::leaf).collect();
    while row.len() > 1 {
        let above = row
            .chunks(2)
            .filter_map(|pair| match pair {
                [left, right] => Some(node(left, right)),
                [alone] => Some(*alone),
                _ => None,
            })
            .collect();
        rows.push(std::mem::replace(&mut row, above));
    }
    rows.push(row);
    rows
}

fn proof(rows: &[Vec<Sha256>], mut at: usize) -> Vec<Step> {
    let mut steps = Vec::new();
    for row in rows {
        let beside = at ^ 1;
        if let Some(other) = row.get(beside) {
            steps.push(if beside < at {
                Step::Left(*other)
            } else {
                Step::Right(*other)
            });
        }
        at /= 2;
    }
    steps
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::indexing_slicing,
        reason = "a test may fail loudly"
    )]
    use super::*;
    use uuid::Uuid;

    fn entries(n: u128) -> Vec<Entry> {
        (0..n)
            .map(|n| Entry {
                op_id: OpId(Uuid::from_u128(n)),
                hash: Sha256::of(&n.to_be_bytes()),
                case_no: (n % 2 == 0).then(|| format!("JY20261124-{n:05}")),
                received_at: Timestamp(1_795_487_400_000),
            })
            .collect()
    }

    #[test]
    fn each_operation_of_a_push_of_any_size_has_a_proof_that_holds() {
        let key = SecretKey::from_seed(&[7; 32]);
        for n in [1, 2, 3, 5, 8, 99, 100] {
            let entries = entries(n);
            let seal = seal(&entries, &key).unwrap();
            let receipts = receipts(&entries, &seal);
            assert_eq!(receipts.len(), entries.len());
            for receipt in &receipts {
                let text = serde_json::to_string(receipt).unwrap();
                assert!(text.len() < RECEIPT_BYTES_LIMIT);
                let read = Receipt::read(&text).unwrap();
                assert_eq!(read.verify(&key.public()), Ok(()), "of {n}");
            }
        }
        assert_eq!(seal(&[], &key), None);
    }

    #[test]
    fn a_change_of_anything_in_it_is_noticed() {
        let key = SecretKey::from_seed(&[7; 32]);
        let entries = entries(6);
        let good = receipts(&entries, &seal(&entries, &key).unwrap())[2].clone();
        let changes: [fn(&mut Receipt); 7] = [
            |r| r.op_id = OpId(Uuid::from_u128(99)),
            |r| r.hash = Sha256::of(b"other"),
            |r| r.case_no = Some("JY20261124-00003".into()),
            |r| r.case_no = None,
            |r| r.received_at = Timestamp(r.received_at.0 - 1),
            |r| r.proof.truncate(1),
            |r| r.proof[0] = Step::Left(Sha256::of(b"other")),
        ];
        for change in changes {
            let mut changed = good.clone();
            change(&mut changed);
            assert_eq!(changed.verify(&key.public()), Err(ReceiptFault::Signature));
        }
        let other = SecretKey::from_seed(&[8; 32]).public();
        assert_eq!(good.verify(&other), Err(ReceiptFault::OtherKey));
        let mut forged = good.clone();
        forged.key = other.id();
        assert_eq!(forged.verify(&other), Err(ReceiptFault::Signature));
        let later = Receipt { v: 2, ..good };
        assert_eq!(later.verify(&key.public()), Err(ReceiptFault::Version));
    }

    #[test]
    fn what_is_no_receipt_is_said_to_be_none() {
        for text in ["", "{}", "[]", "收条", &"x".repeat(RECEIPT_BYTES_LIMIT + 1)] {
            assert_eq!(Receipt::read(text), Err(ReceiptFault::Malformed));
        }
    }
}
