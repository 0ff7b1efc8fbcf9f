//! The district's chain, its signed daily roots, and what a check of the archive finds.
//!
//! Every entry of a trail and of the audit has a number in its district, from 1 without gaps, in
//! the order of the commits, and a hash of its own. The chain goes over both: each link is SHA-256
//! over the link before it, the number and the hash. At the end of a day in China the server signs
//! where the chain has come to: whoever kept that root can tell later whether anything before it
//! was changed, taken out, put in or moved. Held by `tests/tests/archive.rs`.

mod finding;

pub use finding::{Finding, Problem};

use crate::id::{AreaCode, Sha256};
use crate::signature::{PublicKey, SecretKey, Signature};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256 as Hasher};
use utoipa::ToSchema;

/// What each chain begins with.
pub const CHAIN_START: Sha256 = Sha256::new([0; 32]);
/// First line of the text that a day's root is the hash of.
const DAY: &str = "gewu-day/1";
/// First line of the text that is signed.
const ROOT: &str = "gewu-root/1";

/// The chain one entry further.
#[must_use]
pub fn link(before: &Sha256, no: i64, entry: &Sha256) -> Sha256 {
    let mut hasher = Hasher::new();
    hasher.update(before.bytes());
    hasher.update(no.to_be_bytes());
    hasher.update(entry.bytes());
    Sha256::new(hasher.finalize().into())
}

/// The chain after a run of entries that begins with a number.
#[must_use]
pub fn link_all(before: &Sha256, first_no: i64, entries: &[Sha256]) -> Sha256 {
    (first_no..)
        .zip(entries)
        .fold(*before, |head, (no, entry)| link(&head, no, entry))
}

/// Where the chain of a district had come to at the end of a day, signed by its server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DayRoot {
    /// The district.
    pub district: AreaCode,
    /// The day in China as a number: 20261124.
    pub day: i64,
    /// The life of the server's data: after a restore a day may get another root in another life.
    pub epoch: String,
    /// Number of the day's last entry.
    pub last_no: i64,
    /// The chain after it.
    pub head: Sha256,
    /// The root of the day before that has one; zeros for the first.
    pub before: Sha256,
    /// SHA-256 over the lines `gewu-day/1`, district, day, epoch, last number, head and root before.
    pub root: Sha256,
    /// Short name of the key that signed.
    pub key: String,
    /// The server's signature over `gewu-root/1` and the root, a line each.
    pub signature: Signature,
}

/// Why a root proves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RootFault {
    /// The root isn't the hash of what stands beside it.
    #[error("the root does not fit its day")]
    Root,
    /// Another key is named than the one it is checked with.
    #[error("signed by another key")]
    OtherKey,
    /// The signature isn't this key's over this root.
    #[error("the signature does not fit")]
    Signature,
}

impl DayRoot {
    /// Signs where the chain has come to. `root`, `key` and `signature` of what is given are
    /// replaced.
    #[must_use]
    pub fn sealed(self, key: &SecretKey) -> Self {
        let root = self.computed();
        Self {
            root,
            key: key.public().id(),
            signature: key.sign(&signed_text(&root)),
            ..self
        }
    }

    /// Checks it with the server's public key alone.
    ///
    /// # Errors
    /// Why it proves nothing.
    pub fn verify(&self, key: &PublicKey) -> Result<(), RootFault> {
        if self.root != self.computed() {
            return Err(RootFault::Root);
        }
        if self.key != key.id() {
            return Err(RootFault::OtherKey);
        }
        if key.verifies(&signed_text(&self.root), &self.signature) {
            Ok(())
        } else {
            Err(RootFault::Signature)
        }
    }

    fn computed(&self) -> Sha256 {
        let Self {
            district,
            day,
            epoch,
            last_no,
            head,
            before,
            ..
        } = self;
        let text = format!("{DAY}\n{district}\n{day}\n{epoch}\n{last_no}\n{head}\n{before}");
        Sha256::of(text.as_bytes())
    }
}

fn signed_text(root: &Sha256) -> String {
    format!("{ROOT}\n{root}")
}

/// `GET /v1/archive/roots`: the roots of the days after one, in order, for whoever keeps them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RootsAnswer {
    /// The key that signs.
    pub key: PublicKey,
    /// The roots.
    pub roots: Vec<DayRoot>,
    /// Give this as `after` for the next page; none at the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<i64>,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;

    fn root(key: &SecretKey) -> DayRoot {
        DayRoot {
            district: AreaCode::new("350703").unwrap(),
            day: 20_261_124,
            epoch: "e".into(),
            last_no: 7,
            head: link_all(&CHAIN_START, 1, &[Sha256::of(b"a"), Sha256::of(b"b")]),
            before: CHAIN_START,
            root: CHAIN_START,
            key: String::new(),
            signature: key.sign(""),
        }
        .sealed(key)
    }

    #[test]
    fn a_change_of_anything_in_a_root_is_noticed() {
        let key = SecretKey::from_seed(&[7; 32]);
        let good = root(&key);
        assert_eq!(good.verify(&key.public()), Ok(()));
        let changes: [fn(&mut DayRoot); 6] = [
            |r| r.district = AreaCode::new("350704").unwrap(),
            |r| r.day += 1,
            |r| r.epoch.push('2'),
            |r| r.last_no -= 1,
            |r| r.head = Sha256::of(b"other"),
            |r| r.before = Sha256::of(b"other"),
        ];
        for change in changes {
            let mut changed = good.clone();
            change(&mut changed);
            assert_eq!(changed.verify(&key.public()), Err(RootFault::Root));
            changed.root = changed.computed();
            assert_eq!(changed.verify(&key.public()), Err(RootFault::Signature));
        }
        let other = SecretKey::from_seed(&[8; 32]).public();
        assert_eq!(good.verify(&other), Err(RootFault::OtherKey));
    }

    #[test]
    fn the_chain_depends_on_every_entry_and_its_place() {
        let (a, b) = (Sha256::of(b"a"), Sha256::of(b"b"));
        let head = link_all(&CHAIN_START, 1, &[a, b]);
        assert_eq!(head, link(&link(&CHAIN_START, 1, &a), 2, &b));
        for other in [vec![b, a], vec![a], vec![a, b, b]] {
            assert_ne!(link_all(&CHAIN_START, 1, &other), head);
        }
        assert_ne!(link_all(&CHAIN_START, 2, &[a, b]), head);
    }
}
