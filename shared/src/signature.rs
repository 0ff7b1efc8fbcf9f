//! Ed25519 keys and signatures: a handheld signs what it sends, the server signs what it received.
//!
//! Keys and signatures are written in lower-case hex. What is signed is always a text whose first
//! line names its purpose (`gewu-push/1`, `gewu-receipt/1`), so that a signature made for one
//! purpose is worth nothing for another. Nothing here draws a random number: a secret key is made
//! from a seed that the edge hands in.
//!
//! A key can also be agreed on with the holder of a signing key ([`PublicKey::agree`]): the point of
//! Ed25519 is taken to the curve of X25519, so that who knows the server's key for receipts can seal
//! something to the server. That the one key serves both is safe (decision 0008).

use crate::hex;
use crate::id::{IdError, Sha256};
use curve25519_dalek::MontgomeryPoint;
use ed25519_dalek::{Signer, SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use utoipa::ToSchema;

/// Hex digits of a key's id: enough to tell the keys of a district apart.
const KEY_ID_DIGITS: usize = 16;

/// A secret key. It shows itself nowhere; [`SecretKey::to_stored`] is for the place it is kept.
#[derive(Clone)]
pub struct SecretKey(SigningKey);

impl SecretKey {
    /// The key of a random seed.
    #[must_use]
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(seed))
    }

    /// The key as it was stored by [`SecretKey::to_stored`].
    #[must_use]
    pub fn from_stored(text: &str) -> Option<Self> {
        hex::read(text).map(|seed| Self::from_seed(&seed))
    }

    /// The key as text, to be kept where nobody else reads.
    #[must_use]
    pub fn to_stored(&self) -> String {
        Sha256::new(self.0.to_bytes()).to_string()
    }

    /// The key by which others verify.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }

    /// Signs a text.
    #[must_use]
    pub fn sign(&self, text: &str) -> Signature {
        Signature(self.0.sign(text.as_bytes()).to_bytes())
    }

    /// The secret that the maker of an ephemeral key has by [`PublicKey::agree`]; none for a key
    /// that would give everybody the same.
    #[must_use]
    pub fn agree(&self, ephemeral: [u8; 32]) -> Option<[u8; 32]> {
        contributory(MontgomeryPoint(ephemeral).mul_clamped(self.0.to_scalar_bytes()))
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey")
    }
}

/// A public key: 32 bytes in hex.
#[derive(Clone, Copy, PartialEq, Eq, ToSchema)]
#[schema(value_type = String)]
pub struct PublicKey(VerifyingKey);

impl PublicKey {
    /// Whether the signature over a text is this key's.
    #[must_use]
    pub fn verifies(&self, text: &str, signature: &Signature) -> bool {
        let signature = ed25519_dalek::Signature::from_bytes(&signature.0);
        self.0.verify_strict(text.as_bytes(), &signature).is_ok()
    }

    /// A secret shared with this key's holder, by X25519 with 32 random bytes used once. The other
    /// side needs [`ephemeral_public`] of them.
    #[must_use]
    pub fn agree(&self, ephemeral: [u8; 32]) -> Option<[u8; 32]> {
        contributory(self.0.to_montgomery().mul_clamped(ephemeral))
    }

    /// A short name of the key: the beginning of the SHA-256 of its bytes.
    #[must_use]
    pub fn id(&self) -> String {
        let digest = Sha256::of(self.0.as_bytes()).to_string();
        digest.chars().take(KEY_ID_DIGITS).collect()
    }
}

/// What the other side has to know of the random bytes that [`PublicKey::agree`] was given.
#[must_use]
pub fn ephemeral_public(ephemeral: [u8; 32]) -> [u8; 32] {
    MontgomeryPoint::mul_base_clamped(ephemeral).to_bytes()
}

/// A point of small order makes every secret zero.
fn contributory(shared: MontgomeryPoint) -> Option<[u8; 32]> {
    Some(shared.to_bytes()).filter(|bytes| bytes.iter().any(|byte| *byte != 0))
}

/// A signature: 64 bytes in hex.
#[derive(Clone, Copy, PartialEq, Eq, ToSchema)]
#[schema(value_type = String)]
pub struct Signature([u8; 64]);

macro_rules! hex_text {
    ($($name:ident, $what:literal, $bytes:expr, $read:expr;)*) => {$(
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let bytes: fn(&Self) -> &[u8] = $bytes;
                hex::write(bytes(self), f)
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({self})", stringify!($name))
            }
        }
        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                let read: fn(&str) -> Option<Self> = $read;
                read(text).ok_or_else(|| IdError::new($what, text))
            }
        }
        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    )*};
}

hex_text! {
    PublicKey, "Ed25519 public key in 64 lower-case hex digits", |key| key.0.as_bytes(),
        |text| VerifyingKey::from_bytes(&hex::read(text)?).ok().map(Self);
    Signature, "Ed25519 signature in 128 lower-case hex digits", |signature| &signature.0,
        |text| hex::read(text).map(Self);
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;

    /// RFC 8032, section 7.1, test 1: the key of a known seed.
    #[test]
    fn a_seed_gives_the_key_that_the_standard_says() {
        let seed = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
        let key = SecretKey::from_stored(seed).unwrap();
        assert_eq!(
            key.public().to_string(),
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
        );
        assert_eq!(key.to_stored(), seed);
        assert_eq!(format!("{key:?}"), "SecretKey");
    }

    #[test]
    fn a_signature_is_good_for_its_text_and_its_key_alone() {
        let (mine, other) = (
            SecretKey::from_seed(&[1; 32]),
            SecretKey::from_seed(&[2; 32]),
        );
        let signature = mine.sign("gewu-push/1\nabc");
        let read: Signature = signature.to_string().parse().unwrap();
        assert!(mine.public().verifies("gewu-push/1\nabc", &read));
        assert!(!mine.public().verifies("gewu-receipt/1\nabc", &read));
        assert!(!other.public().verifies("gewu-push/1\nabc", &read));
        let key: PublicKey = mine.public().to_string().parse().unwrap();
        assert_eq!(key, mine.public());
        assert_ne!(key.id(), other.public().id());
    }

    #[test]
    fn both_sides_agree_and_nobody_else() {
        let (holder, other) = (
            SecretKey::from_seed(&[1; 32]),
            SecretKey::from_seed(&[2; 32]),
        );
        let ephemeral = [3; 32];
        let agreed = holder.public().agree(ephemeral);
        assert!(agreed.is_some());
        assert_eq!(holder.agree(ephemeral_public(ephemeral)), agreed);
        assert_ne!(other.agree(ephemeral_public(ephemeral)), agreed);
        assert_eq!(holder.agree([0; 32]), None);
    }

    #[test]
    fn what_is_no_key_and_no_signature_is_refused() {
        for text in ["", "ff", &"f".repeat(63), &"g".repeat(64), &"é".repeat(32)] {
            assert!(text.parse::<PublicKey>().is_err(), "{text}");
            assert!(text.parse::<Signature>().is_err(), "{text}");
        }
        // 32 bytes that are no point of the curve.
        let nowhere = format!("02{}", "00".repeat(31));
        assert!(nowhere.parse::<PublicKey>().is_err());
    }
}
