//! The keys among the `settings`: the secret one that this installation signs with, and the
//! server's public one by which it verifies receipts. Whoever can read the file can read them.

use super::{StoreError, Transaction, parse, settings};
use shared::signature::{PublicKey, SecretKey};

const DEVICE_KEY: &str = "device_key";
const RECEIPT_KEY: &str = "receipt_key";

/// The key that this installation signs with; none before the first enrolment by an app that
/// knows keys.
pub fn device_key(tx: &Transaction<'_>) -> Result<Option<SecretKey>, StoreError> {
    let Some(text) = settings::get(tx, DEVICE_KEY)? else {
        return Ok(None);
    };
    let key = SecretKey::from_stored(&text).ok_or_else(|| StoreError::Unreadable {
        what: "device key",
        problem: String::from("not a key"),
    })?;
    Ok(Some(key))
}

/// The same, made from the seed when there is none. Kept before it is used: a lost answer to an
/// enrolment must find the same one again.
pub fn ensure_device_key(tx: &Transaction<'_>, seed: &[u8; 32]) -> Result<SecretKey, StoreError> {
    if let Some(key) = device_key(tx)? {
        return Ok(key);
    }
    let key = SecretKey::from_seed(seed);
    settings::set(tx, DEVICE_KEY, &key.to_stored())?;
    Ok(key)
}

/// The server's key, as it was named at the enrolment or with the first receipt after it.
pub fn receipt_key(tx: &Transaction<'_>) -> Result<Option<PublicKey>, StoreError> {
    settings::get(tx, RECEIPT_KEY)?
        .map(|text| parse("receipt key", &text))
        .transpose()
}

/// Keeps the server's key.
pub fn keep_receipt_key(tx: &Transaction<'_>, key: &PublicKey) -> Result<(), StoreError> {
    settings::set(tx, RECEIPT_KEY, &key.to_string())
}
