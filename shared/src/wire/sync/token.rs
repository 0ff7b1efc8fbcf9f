//! How a handheld gets a new token by its key: it asks for a challenge and signs it.
//!
//! No clock is involved: a handheld whose battery was flat for months doesn't know the time.

use super::EnrolAnswer;
use crate::id::{DeviceId, PersonId};
use crate::signature::{PublicKey, SecretKey, Signature};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a signature for a new token begins with.
const TOKEN_TEXT: &str = "gewu-token/1";

/// Answer to `POST /v1/devices/challenge`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ChallengeAnswer {
    /// `PROTOCOL`.
    pub protocol: String,
    /// To be signed as it is; good once, and for a few minutes.
    pub challenge: String,
}

/// How an installation is bound, as both sides know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Binding {
    /// The installation.
    pub device_id: DeviceId,
    /// Its epoch.
    pub epoch: u32,
    /// Who carries it.
    pub person: PersonId,
}

/// `POST /v1/devices/token`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TokenRequest {
    /// A server that knows another binding gives no token.
    #[serde(flatten)]
    pub binding: Binding,
    /// The challenge.
    pub challenge: String,
    /// Signature by the device's key over challenge and binding.
    pub signature: Signature,
}

impl TokenRequest {
    /// A request signed by the device's key.
    #[must_use]
    pub fn signed(binding: Binding, challenge: String, key: &SecretKey) -> Self {
        let signature = key.sign(&signed_text(binding, &challenge));
        Self {
            binding,
            challenge,
            signature,
        }
    }

    /// Whether this key signed it.
    #[must_use]
    pub fn is_signed_by(&self, key: &PublicKey) -> bool {
        key.verifies(&signed_text(self.binding, &self.challenge), &self.signature)
    }
}

fn signed_text(binding: Binding, challenge: &str) -> String {
    let Binding {
        device_id,
        epoch,
        person,
    } = binding;
    format!("{TOKEN_TEXT}\n{challenge}\n{device_id}\n{epoch}\n{person}")
}

/// Answer to a [`TokenRequest`]; the token before it has ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TokenAnswer {
    /// `PROTOCOL`.
    pub protocol: String,
    /// The new bearer token.
    pub token: String,
    /// How long it is good, in milliseconds from now.
    pub lasts_ms: i64,
}

/// From this share of its life on a token is renewed, in quarters: there is time for many tries,
/// and who syncs each minute never meets an end.
const RENEW_FROM_QUARTERS: i64 = 3;

/// When a token that lasts so long from now on should be renewed, by the clock of `now`.
#[must_use]
pub const fn renew_at(now: Timestamp, lasts_ms: i64) -> Timestamp {
    now.plus_ms(lasts_ms / 4 * RENEW_FROM_QUARTERS)
}

impl EnrolAnswer {
    /// When its token should be renewed; none where the server didn't say how long it lasts.
    #[must_use]
    pub fn renew_at(&self, now: Timestamp) -> Option<Timestamp> {
        self.token_lasts_ms.map(|lasts_ms| renew_at(now, lasts_ms))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn a_signature_is_good_for_its_challenge_and_its_binding_alone() {
        let key = SecretKey::from_seed(&[1; 32]);
        let binding = Binding {
            device_id: DeviceId(Uuid::from_u128(1)),
            epoch: 1,
            person: PersonId(Uuid::from_u128(2)),
        };
        let request = TokenRequest::signed(binding, String::from("c"), &key);
        assert!(request.is_signed_by(&key.public()));
        assert!(!request.is_signed_by(&SecretKey::from_seed(&[2; 32]).public()));
        let mut other = request.clone();
        other.challenge.push('c');
        assert!(!other.is_signed_by(&key.public()));
        let mut other = request;
        other.binding.epoch = 2;
        assert!(!other.is_signed_by(&key.public()));
    }

    #[test]
    fn a_day_is_renewed_in_its_last_six_hours() {
        assert_eq!(
            renew_at(Timestamp(5), crate::time::DAY_MS),
            Timestamp(5 + 18 * crate::time::HOUR_MS)
        );
    }
}
