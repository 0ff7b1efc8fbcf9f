//! The receipts in the answer to a push: built again from its results, believed by the server's
//! key alone.

use crate::store::{StoreError, Transaction, keys, outbox};
use shared::id::{OpId, Sha256};
use shared::receipt;
use shared::wire::sync::PushAnswer;

/// Keeps the receipts of a push whose operations had these hashes, in order. An answer without a
/// seal, or with one that doesn't hold, leaves none and changes nothing else: the operations have
/// arrived all the same.
pub(crate) fn keep(
    tx: &Transaction<'_>,
    sent: &[(OpId, Sha256)],
    answer: &PushAnswer,
) -> Result<(), StoreError> {
    let Some(seal) = &answer.seal else {
        return Ok(());
    };
    let known = keys::receipt_key(tx)?;
    if known.is_some_and(|known| known != seal.key) {
        return Ok(());
    }
    let results = sent.iter().zip(&answer.results);
    let entries: Option<Vec<_>> = results
        .filter(|(_, result)| result.receipted)
        .map(|((_, hash), result)| result.entry(*hash))
        .collect();
    let receipts = receipt::receipts(&entries.unwrap_or_default(), seal);
    let holds = receipts
        .first()
        .is_some_and(|first| first.verify(&seal.key).is_ok());
    if !holds {
        return Ok(());
    }
    if known.is_none() {
        // Enrolled before there were receipts: the first key seen is the server's.
        keys::keep_receipt_key(tx, &seal.key)?;
    }
    for receipt in &receipts {
        outbox::keep_receipt(tx, receipt)?;
    }
    Ok(())
}
