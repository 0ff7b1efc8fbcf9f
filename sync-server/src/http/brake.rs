//! Slows down guessing of passwords and codes: after some failures each further try must wait,
//! twice as long each time: per account from one address, per account, and per address.
//!
//! In memory and per process: a restart forgives, which only helps who waits for restarts.

use shared::time::{MINUTE_MS, SECOND_MS, Timestamp};
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

/// Failures of one account from one address before the first wait: people mistype.
const FREE_TRIES: u32 = 5;
/// Failures of one account from all addresses before the first wait: who guesses from many.
const FREE_TRIES_ACCOUNT: u32 = 20;
/// Failures from one address before the first wait: a whole office may share one.
const FREE_TRIES_ADDRESS: u32 = 50;
/// The first wait; doubles with each further failure.
const FIRST_WAIT_MS: i64 = SECOND_MS;
/// The longest wait: nobody is locked out for ever by somebody else's guessing.
const WAIT_MS_MAX: i64 = 15 * MINUTE_MS;
/// A failure is forgotten after this long without another.
const FORGET_MS: i64 = 30 * MINUTE_MS;
/// Entries kept; beyond it the forgotten ones go, and if that isn't enough the oldest.
const ENTRIES_MAX: usize = 10_000;

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Key {
    AccountFrom(String, Option<IpAddr>),
    Account(String),
    Address(Option<IpAddr>),
}

#[derive(Debug, Clone, Copy)]
struct Failures {
    count: u32,
    last: Timestamp,
}

impl Failures {
    /// Until when the next try must wait.
    fn until(self, free: u32) -> Timestamp {
        let Some(beyond) = self.count.checked_sub(free) else {
            return Timestamp(i64::MIN);
        };
        let wait_ms = FIRST_WAIT_MS
            .checked_shl(beyond.min(30))
            .unwrap_or(WAIT_MS_MAX);
        self.last.plus_ms(wait_ms.min(WAIT_MS_MAX))
    }
}

/// The brake.
#[derive(Debug, Default)]
pub(super) struct Brake {
    failures: Mutex<HashMap<Key, Failures>>,
}

impl Brake {
    /// Seconds that the next try has to wait, none when it may be made now.
    pub(super) fn wait_s(
        &self,
        account: &str,
        from: Option<IpAddr>,
        now: Timestamp,
    ) -> Option<u32> {
        let failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        let until = keys(account, from)
            .into_iter()
            .filter_map(|(key, free)| failures.get(&key).map(|failed| failed.until(free)))
            .max()?;
        let ms = until.since(now);
        let seconds = ms.saturating_add(SECOND_MS - 1) / SECOND_MS;
        u32::try_from(seconds).ok().filter(|seconds| *seconds > 0)
    }

    /// Notes a failure.
    pub(super) fn failed(&self, account: &str, from: Option<IpAddr>, now: Timestamp) {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        if failures.len() >= ENTRIES_MAX {
            failures.retain(|_, failed| now.since(failed.last) < FORGET_MS);
        }
        if failures.len() >= ENTRIES_MAX {
            let oldest = failures.iter().min_by_key(|(_, failed)| failed.last);
            if let Some(key) = oldest.map(|(key, _)| key.clone()) {
                failures.remove(&key);
            }
        }
        for (key, _) in keys(account, from) {
            let entry = failures.entry(key).or_insert(Failures {
                count: 0,
                last: now,
            });
            if now.since(entry.last) >= FORGET_MS {
                entry.count = 0;
            }
            entry.count = entry.count.saturating_add(1);
            entry.last = now;
        }
    }

    /// Forgets an account's failures after a success.
    pub(super) fn succeeded(&self, account: &str, from: Option<IpAddr>) {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        failures.remove(&Key::AccountFrom(account.to_owned(), from));
        failures.remove(&Key::Account(account.to_owned()));
    }
}

fn keys(account: &str, from: Option<IpAddr>) -> [(Key, u32); 3] {
    [
        (Key::AccountFrom(account.to_owned(), from), FREE_TRIES),
        (Key::Account(account.to_owned()), FREE_TRIES_ACCOUNT),
        (Key::Address(from), FREE_TRIES_ADDRESS),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guessing_waits_longer_each_time_and_others_do_not() {
        let (brake, here) = (Brake::default(), Some(IpAddr::from([10, 0, 0, 1])));
        let mut now = Timestamp(0);
        for _ in 0..FREE_TRIES {
            assert_eq!(brake.wait_s("wang", here, now), None);
            brake.failed("wang", here, now);
        }
        assert_eq!(brake.wait_s("wang", here, now), Some(1));
        now = now.plus_ms(SECOND_MS);
        assert_eq!(brake.wait_s("wang", here, now), None);
        brake.failed("wang", here, now);
        assert_eq!(brake.wait_s("wang", here, now), Some(2));
        assert_eq!(brake.wait_s("li", here, now), None);
        assert_eq!(
            brake.wait_s("wang", Some(IpAddr::from([10, 0, 0, 2])), now),
            None
        );
        brake.succeeded("wang", here);
        assert_eq!(brake.wait_s("wang", here, now), None);
    }

    #[test]
    fn one_account_can_not_be_tried_from_every_address() {
        let brake = Brake::default();
        let from = |n: u32| Some(IpAddr::from(n.to_be_bytes()));
        for n in 0..FREE_TRIES_ACCOUNT {
            assert_eq!(brake.wait_s("wang", from(n), Timestamp(0)), None);
            brake.failed("wang", from(n), Timestamp(0));
        }
        assert_eq!(brake.wait_s("wang", from(99), Timestamp(0)), Some(1));
        assert_eq!(brake.wait_s("li", from(99), Timestamp(0)), None);
    }

    #[test]
    fn one_address_can_not_try_every_account() {
        let (brake, here) = (Brake::default(), Some(IpAddr::from([10, 0, 0, 1])));
        for n in 0..FREE_TRIES_ADDRESS {
            brake.failed(&format!("name{n}"), here, Timestamp(0));
        }
        assert_eq!(brake.wait_s("another", here, Timestamp(0)), Some(1));
    }
}
