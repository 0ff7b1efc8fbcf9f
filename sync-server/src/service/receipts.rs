//! The server's signing key, and the seal under what a push brought.
//!
//! The key lies in the database, so that every process of a district signs alike and a restored
//! server still does; who may read the database may sign, see `docs/SECURITY.md`. Sealing is pure
//! and happens after the commit, beside the writer: the tree follows from the stored results, so a
//! repeat gives an equally good receipt and nothing about receipts is stored here.

use super::{Fault, Result};
use crate::store::{self, Tx};
use shared::id::Sha256;
use shared::receipt::{self, Seal};
use shared::signature::{PublicKey, SecretKey};
use shared::wire::sync::OperationResult;

/// The signing key; `None` for a district that was set up before there were receipts.
///
/// # Errors
/// [`Fault::Damaged`] when what is stored is no key; whatever the store says.
pub fn key(tx: &mut dyn Tx) -> Result<Option<SecretKey>> {
    let stored = store::meta::get(tx, store::meta::RECEIPT_KEY)?;
    let read = |text: String| {
        SecretKey::from_stored(&text).ok_or_else(|| Fault::damaged("receipt key", "not a key"))
    };
    stored.map(read).transpose()
}

/// The key that others check with; an archive holds it alone.
///
/// # Errors
/// As [`key`].
pub fn public_key(tx: &mut dyn Tx) -> Result<Option<PublicKey>> {
    if let Some(key) = key(tx)? {
        return Ok(Some(key.public()));
    }
    let stored = store::meta::get(tx, store::meta::PUBLIC_KEY)?;
    let read = |text: String| {
        let key = text.parse();
        key.map_err(|error| Fault::damaged("public key", error))
    };
    stored.map(read).transpose()
}

/// The signing key, made from the seed when there is none.
///
/// # Errors
/// As [`key`].
pub fn ensure_key(tx: &mut dyn Tx, seed: &[u8; 32]) -> Result<SecretKey> {
    if let Some(key) = key(tx)? {
        return Ok(key);
    }
    let key = SecretKey::from_seed(seed);
    store::meta::set(tx, store::meta::RECEIPT_KEY, &key.to_stored())?;
    Ok(key)
}

/// Marks the results that get a receipt, and signs their tree. `hashes` are those of the
/// operations in the same order, none for what could not be read.
#[must_use]
pub fn seal(
    key: &SecretKey,
    results: &mut [OperationResult],
    hashes: &[Option<Sha256>],
) -> Option<Seal> {
    let mut entries = Vec::with_capacity(results.len());
    for (result, hash) in results.iter_mut().zip(hashes) {
        let entry = hash.and_then(|hash| result.entry(hash));
        result.receipted = entry.is_some();
        entries.extend(entry);
    }
    receipt::seal(&entries, key)
}
