//! What the signature of a push covers, the same for the device that signs and the server that
//! verifies.
//!
//! Operations chain by `prev_hash`, so a device signs only the hashes that no later operation of
//! the same push stands on: in the usual push exactly one, that of its newest operation. Everything
//! before it is vouched for through the chain. Places are read from the operations as they name
//! them themselves, before anything is judged: an operation that was damaged on the way must not
//! spoil the signature of the others.

use crate::id::Sha256;
use serde_json::Value;
use std::collections::HashSet;

/// First line of the text that a device signs.
const PURPOSE: &str = "gewu-push/1";

/// An operation's place in its device's chain, as it names it itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link {
    /// Its epoch.
    pub epoch: u64,
    /// Its number there.
    pub seq: u64,
    /// Hash of the operation before it.
    pub prev_hash: Sha256,
    /// Its own hash.
    pub hash: Sha256,
}

impl Link {
    /// Reads the place from an operation; `None` when it doesn't name one.
    #[must_use]
    pub fn of(operation: &Value) -> Option<Self> {
        let hash = |name: &str| operation.get(name)?.as_str()?.parse().ok();
        Some(Self {
            epoch: operation.get("epoch")?.as_u64()?,
            seq: operation.get("seq")?.as_u64()?,
            prev_hash: hash("prev_hash")?,
            hash: hash("hash")?,
        })
    }

    fn is_followed_by(&self, next: &Self) -> bool {
        self.epoch == next.epoch && self.seq.checked_add(1) == Some(next.seq)
    }
}

/// The text that a device signs for a push of these operations in this order: the purpose, then
/// the hash of each operation that isn't followed by its successor, a line each.
#[must_use]
pub fn signed_text(links: &[Link]) -> String {
    let mut text = String::from(PURPOSE);
    let mut rest = links.iter().peekable();
    while let Some(link) = rest.next() {
        if !rest.peek().is_some_and(|next| link.is_followed_by(next)) {
            text.push_str(&format!("\n{}", link.hash));
        }
    }
    text
}

/// The hashes that a good signature over [`signed_text`] vouches for: those it names, and those
/// that the next operation stands on, backwards. An operation that was slipped in between is not
/// among them.
#[must_use]
pub fn vouched(links: &[Link]) -> HashSet<Sha256> {
    let mut vouched = HashSet::with_capacity(links.len());
    let mut after: Option<&Link> = None;
    for link in links.iter().rev() {
        let next = after.filter(|next| link.is_followed_by(next));
        if next.is_none_or(|next| next.prev_hash == link.hash && vouched.contains(&next.hash)) {
            vouched.insert(link.hash);
        }
        after = Some(link);
    }
    vouched
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::indexing_slicing,
        reason = "a test may fail loudly"
    )]
    use super::*;
    use crate::operation::CHAIN_START;

    /// Links 1..=n of one epoch, chained.
    fn chain(n: u64) -> Vec<Link> {
        let mut prev_hash = CHAIN_START;
        (1..=n)
            .map(|seq| {
                let hash = Sha256::of(&seq.to_be_bytes());
                let link = Link {
                    epoch: 1,
                    seq,
                    prev_hash,
                    hash,
                };
                prev_hash = hash;
                link
            })
            .collect()
    }

    #[test]
    fn the_usual_push_is_signed_by_its_newest_hash_which_vouches_for_all() {
        let links = chain(5);
        assert_eq!(
            signed_text(&links),
            format!("gewu-push/1\n{}", links[4].hash)
        );
        assert_eq!(vouched(&links).len(), 5);
        assert_eq!(signed_text(&[]), "gewu-push/1");
    }

    #[test]
    fn where_numbers_are_missing_each_run_is_named() {
        let links = chain(6);
        let sent = [links[0], links[1], links[4]];
        let expected = format!("gewu-push/1\n{}\n{}", links[1].hash, links[4].hash);
        assert_eq!(signed_text(&sent), expected);
        assert_eq!(vouched(&sent).len(), 3);
    }

    #[test]
    fn what_was_slipped_in_before_a_signed_operation_is_not_vouched_for() {
        let mut links = chain(3);
        links[1].hash = Sha256::of(b"forged");
        let vouched = vouched(&links);
        assert!(vouched.contains(&links[2].hash));
        assert!(!vouched.contains(&links[1].hash));
        // What the forged one stands on hangs in the air with it.
        assert!(!vouched.contains(&links[0].hash));
    }

    #[test]
    fn only_what_names_its_place_has_one() {
        let hash = "0".repeat(64);
        let value =
            serde_json::json!({"epoch": 1, "seq": 2, "prev_hash": hash, "hash": hash, "x": 0});
        assert_eq!(Link::of(&value).unwrap().seq, 2);
        for wrong in [
            serde_json::json!(5),
            serde_json::json!({"epoch": 1, "seq": -1}),
        ] {
            assert_eq!(Link::of(&wrong), None);
        }
    }
}
