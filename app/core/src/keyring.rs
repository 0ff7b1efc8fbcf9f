//! The system's keyring: on Linux whatever speaks the Secret Service of freedesktop (GNOME Keyring,
//! KWallet), reached over the session's bus. One item for a handheld, found by a random name.
//!
//! Elsewhere there is none here yet: on Android the key lies in the app's own storage, which the
//! system encrypts; its Keystore would need code on the Java side. Tests: `tests/tests/keyring.rs`.

use zeroize::Zeroizing;

/// What people see in their keyring.
#[cfg(target_os = "linux")]
const LABEL: &str = "格物手持端 Gewu handheld";
/// By which attribute the item is found.
#[cfg(target_os = "linux")]
const ATTRIBUTE: &str = "gewu-handheld";

/// Why the keyring gave or took nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyringError {
    /// There is none in this session, or it stays locked.
    #[error("the system's keyring can't be used: {0}")]
    Unusable(String),
    /// It holds no such item.
    #[error("the system's keyring doesn't hold the key")]
    Missing,
}

#[cfg(target_os = "linux")]
mod secret_service {
    use super::{ATTRIBUTE, KeyringError, LABEL};
    use dbus_secret_service::{EncryptionType, Error, Item, SecretService};
    use std::collections::HashMap;
    use zeroize::Zeroizing;

    impl From<Error> for KeyringError {
        fn from(error: Error) -> Self {
            Self::Unusable(error.to_string())
        }
    }

    /// The bus is the session's own: whoever could listen there may ask the keyring as well.
    fn connect() -> Result<SecretService, KeyringError> {
        Ok(SecretService::connect(EncryptionType::Plain)?)
    }

    /// Works on the item of a name; asks the person to unlock the keyring where it is locked.
    fn with_item<T>(
        name: &str,
        work: impl FnOnce(&Item<'_>) -> Result<T, Error>,
    ) -> Result<T, KeyringError> {
        let service = connect()?;
        let found = service.search_items(HashMap::from([(ATTRIBUTE, name)]))?;
        if let Some(item) = found.unlocked.first() {
            return Ok(work(item)?);
        }
        let item = found.locked.first().ok_or(KeyringError::Missing)?;
        item.unlock()?;
        Ok(work(item)?)
    }

    pub(super) fn put(name: &str, secret: &[u8]) -> Result<(), KeyringError> {
        let service = connect()?;
        let collection = service.get_default_collection()?;
        if collection.is_locked()? {
            collection.unlock()?;
        }
        let attributes = HashMap::from([(ATTRIBUTE, name)]);
        collection.create_item(LABEL, attributes, secret, true, "application/octet-stream")?;
        Ok(())
    }

    pub(super) fn get(name: &str) -> Result<Zeroizing<Vec<u8>>, KeyringError> {
        with_item(name, |item| item.get_secret()).map(Zeroizing::new)
    }

    pub(super) fn remove(name: &str) -> Result<(), KeyringError> {
        with_item(name, |item| item.delete())
    }
}

#[cfg(not(target_os = "linux"))]
mod secret_service {
    use super::KeyringError;
    use zeroize::Zeroizing;

    fn none<T>() -> Result<T, KeyringError> {
        Err(KeyringError::Unusable(String::from(
            "this system's is not supported yet",
        )))
    }

    pub(super) fn put(_name: &str, _secret: &[u8]) -> Result<(), KeyringError> {
        none()
    }

    pub(super) fn get(_name: &str) -> Result<Zeroizing<Vec<u8>>, KeyringError> {
        none()
    }

    pub(super) fn remove(_name: &str) -> Result<(), KeyringError> {
        none()
    }
}

/// Keeps a secret under a name, over whatever was there.
///
/// # Errors
/// [`KeyringError::Unusable`] when there is no keyring or it isn't unlocked.
pub(crate) fn put(name: &str, secret: &[u8]) -> Result<(), KeyringError> {
    secret_service::put(name, secret)
}

/// The secret of a name.
///
/// # Errors
/// As [`put`]; [`KeyringError::Missing`] when it isn't there.
pub(crate) fn get(name: &str) -> Result<Zeroizing<Vec<u8>>, KeyringError> {
    secret_service::get(name)
}

/// Takes the secret of a name out.
///
/// # Errors
/// As [`get`].
pub(crate) fn remove(name: &str) -> Result<(), KeyringError> {
    secret_service::remove(name)
}
