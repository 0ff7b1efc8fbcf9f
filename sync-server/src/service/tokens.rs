//! New tokens for handhelds that show their key: a challenge, its answer, a token for a day.
//!
//! A challenge is a moment and a random text under the server's signature, so that giving one
//! writes nothing and every process of a district takes those of the others. It is good once. A
//! handheld that is reported lost, and one whose person's account is closed, gets a token too: it
//! opens nothing but delivery, as every token of theirs does (`sessions`), and what they filed is
//! not lost. Tests: `tests/tests/tokens.rs`.

use super::audit::{self, Deed, Note};
use super::{Result, sessions};
use crate::service::district::District;
use crate::store::{self, Tx};
use serde_json::json;
use shared::id::Sha256;
use shared::signature::{PublicKey, SecretKey, Signature};
use shared::time::{MINUTE_MS, Timestamp};
use shared::wire::sync::TokenRequest;
use uuid::Uuid;

/// How long a challenge is good: two requests on the weakest link.
pub const CHALLENGE_LASTS_MS: i64 = 5 * MINUTE_MS;
/// What a challenge's signature begins with.
const CHALLENGE_TEXT: &str = "gewu-challenge/1";

/// A challenge: `<milliseconds>.<random>.<signature>`.
#[must_use]
pub fn challenge(key: &SecretKey, random: Uuid, now: Timestamp) -> String {
    let body = format!("{}.{}", now.0, random.simple());
    let signature = key.sign(&format!("{CHALLENGE_TEXT}\n{body}"));
    format!("{body}.{signature}")
}

/// Whether the server gave it, not long ago. Asked before [`renew`], so that no guess keeps the
/// district's writer busy.
#[must_use]
pub fn is_good(key: &PublicKey, challenge: &str, now: Timestamp) -> bool {
    let read = || {
        let (body, signature) = challenge.rsplit_once('.')?;
        let (at, _) = body.split_once('.')?;
        let at = Timestamp(at.parse().ok()?);
        let signature: Signature = signature.parse().ok()?;
        // Either way: the clocks of two machines of a district may differ a little.
        let is_fresh = now.since(at).saturating_abs() <= CHALLENGE_LASTS_MS;
        Some(is_fresh && key.verifies(&format!("{CHALLENGE_TEXT}\n{body}"), &signature))
    };
    read().unwrap_or(false)
}

/// What came of a request for a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Renewal {
    /// The token is good for so many milliseconds.
    Given(i64),
    /// The challenge was used: the handheld asks for another.
    Stale,
    /// Not this handheld's key, or it isn't bound so: it needs a new code.
    Refused,
}

/// Gives a handheld a new token for a challenge that [`is_good`], by which the one before ends;
/// notes it, and a refusal too.
///
/// # Errors
/// Whatever the store says, as for all services.
pub fn renew(
    tx: &mut dyn Tx,
    district: &District,
    request: &TokenRequest,
    token_hash: Sha256,
    now: Timestamp,
) -> Result<Renewal> {
    let device = store::devices::get(tx, request.binding.device_id)?;
    let (person, epoch) = (request.binding.person, i64::from(request.binding.epoch));
    let reason = match &device {
        None => Some("unknown"),
        Some(row) if row.person != person || row.epoch != epoch => Some("bound_otherwise"),
        Some(row) if !row.key.is_some_and(|key| request.is_signed_by(&key)) => Some("signature"),
        Some(_) => None,
    };
    let note = |person, deed, detail| Note {
        device: Some(request.binding.device_id),
        detail,
        ..Note::of(person, deed, "")
    };
    if let Some(reason) = reason {
        let refused = note(None, Deed::TokenRefused, json!({"reason": reason}));
        audit::note(tx, district, &refused, now)?;
        return Ok(Renewal::Refused);
    }
    let used = Sha256::of(request.challenge.as_bytes());
    // Twice as long: one from a machine whose clock is ahead is good for longer.
    let forgotten = now.plus_ms(-2 * CHALLENGE_LASTS_MS);
    if !store::sessions::use_challenge(tx, used, now, forgotten)? {
        return Ok(Renewal::Stale);
    }
    let device = Some(request.binding.device_id);
    store::sessions::revoke_all(tx, person, device, now)?;
    let lasts_ms = sessions::DEVICE_SESSION_MS;
    sessions::begin(tx, person, device, token_hash, lasts_ms, now)?;
    let given = note(Some(person), Deed::TokenRenewed, serde_json::Value::Null);
    audit::note(tx, district, &given, now)?;
    Ok(Renewal::Given(lasts_ms))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_challenge_is_good_for_minutes_and_from_this_server_alone() {
        let (ours, other) = (
            SecretKey::from_seed(&[1; 32]),
            SecretKey::from_seed(&[2; 32]),
        );
        let at = Timestamp(1_795_298_758_614);
        let text = challenge(&ours, Uuid::from_u128(7), at);
        assert!(is_good(&ours.public(), &text, at));
        assert!(is_good(
            &ours.public(),
            &text,
            at.plus_ms(CHALLENGE_LASTS_MS)
        ));
        assert!(!is_good(
            &ours.public(),
            &text,
            at.plus_ms(CHALLENGE_LASTS_MS + 1)
        ));
        assert!(!is_good(&other.public(), &text, at));
        let later = text.replacen("1795298758614", "1795298758615", 1);
        for bad in ["", ".", "1.2.3", later.as_str()] {
            assert!(!is_good(&ours.public(), bad, at), "{bad}");
        }
    }
}
