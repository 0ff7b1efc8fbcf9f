//! Slows down guessing of passwords and codes: after some failures each further try must wait,
//! twice as long each time: per account from one address, per account, and per address.
//!
//! A try counts from its beginning: those under way are taken for failures until they have ended,
//! so that a thousand at once learn no more than a thousand in a row.
//!
//! In memory and per process: a restart forgives, which only helps who waits for restarts.

use crate::door::whose;
use shared::time::{MINUTE_MS, SECOND_MS, Timestamp};
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

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
/// Entries that there are at most, but for tries under way.
const ENTRIES_MAX: usize = 10_000;
/// Entries that are left when there would be more: first the forgotten ones go, then the oldest, so
/// many at a time that looking through all of them is rare.
const ENTRIES_KEPT: usize = 9_000;
/// Entries of one try.
const KEYS: usize = 3;

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Key {
    AccountFrom(String, Option<IpAddr>),
    Account(String),
    Address(Option<IpAddr>),
}

/// What was tried under a key.
#[derive(Debug, Clone, Copy)]
struct Tries {
    /// How many failed.
    failed: u32,
    /// When the last of these began; before there is any, when the entry was made.
    last: Timestamp,
    /// How many have begun and not ended.
    under_way: u32,
}

impl Tries {
    const fn none(now: Timestamp) -> Self {
        Self {
            failed: 0,
            last: now,
            under_way: 0,
        }
    }

    /// The same without failures of long ago.
    fn at(self, now: Timestamp) -> Self {
        if now.since(self.last) < FORGET_MS {
            self
        } else {
            Self { failed: 0, ..self }
        }
    }

    /// How long the next must wait, when so many failures are free.
    fn wait_ms(self, free: u32, now: Timestamp) -> i64 {
        let (at_once, wait_ms) = match self.failed.checked_sub(free) {
            None => (free.saturating_sub(self.failed), 0),
            Some(beyond) => {
                let wait_ms = FIRST_WAIT_MS
                    .checked_shl(beyond.min(30))
                    .unwrap_or(WAIT_MS_MAX)
                    .min(WAIT_MS_MAX);
                (1, self.last.plus_ms(wait_ms).since(now))
            }
        };
        if self.under_way < at_once {
            wait_ms
        } else {
            wait_ms.max(FIRST_WAIT_MS)
        }
    }
}

/// What came of a try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Nobody can say: the server failed, or it was no guess.
    Open,
    /// It was wrong.
    Failed,
    /// It was right: the account's failures are forgotten.
    Succeeded,
}

/// A try that has begun. It ends when it is dropped, also because whoever asked went away.
#[derive(Debug)]
pub(super) struct Attempt<'a> {
    /// What came of it so far.
    pub(super) verdict: Verdict,
    brake: &'a Brake,
    keys: [Key; KEYS],
    began: Timestamp,
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        let mut tried = self.brake.lock();
        for key in &self.keys {
            let Some(tries) = tried.get_mut(key) else {
                continue;
            };
            tries.under_way = tries.under_way.saturating_sub(1);
            match (self.verdict, key) {
                (Verdict::Failed, _) => {
                    tries.failed = tries.failed.saturating_add(1);
                    tries.last = tries.last.max(self.began);
                }
                (Verdict::Succeeded, Key::AccountFrom(..) | Key::Account(_)) => tries.failed = 0,
                (Verdict::Succeeded, Key::Address(_)) | (Verdict::Open, _) => {}
            }
            if tries.failed == 0 && tries.under_way == 0 {
                tried.remove(key);
            }
        }
    }
}

/// The brake.
#[derive(Debug, Default)]
pub(super) struct Brake {
    tried: Mutex<HashMap<Key, Tries>>,
}

impl Brake {
    /// Begins a try, or says how many seconds it has to wait.
    pub(super) fn begin(
        &self,
        account: &str,
        from: Option<IpAddr>,
        now: Timestamp,
    ) -> Result<Attempt<'_>, u32> {
        let keys = keys(account, from);
        let mut tried = self.lock();
        let waits = keys.iter().filter_map(|(key, free)| {
            let tries = tried.get(key)?;
            Some(tries.at(now).wait_ms(*free, now))
        });
        let wait_ms = waits.max().unwrap_or(0);
        if wait_ms > 0 {
            let seconds = wait_ms.saturating_add(SECOND_MS - 1) / SECOND_MS;
            return Err(u32::try_from(seconds).unwrap_or(u32::MAX));
        }
        make_room(&mut tried, now);
        let keys = keys.map(|(key, _)| key);
        for key in &keys {
            let tries = tried.entry(key.clone()).or_insert(Tries::none(now));
            *tries = tries.at(now);
            tries.under_way = tries.under_way.saturating_add(1);
        }
        Ok(Attempt {
            verdict: Verdict::Open,
            brake: self,
            keys,
            began: now,
        })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Key, Tries>> {
        self.tried.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Removes what is forgotten, and then the oldest, when one more try would be too much.
fn make_room(tried: &mut HashMap<Key, Tries>, now: Timestamp) {
    if tried.len().saturating_add(KEYS) <= ENTRIES_MAX {
        return;
    }
    tried.retain(|_, tries| tries.under_way > 0 || now.since(tries.last) < FORGET_MS);
    let mut surplus = tried.len().saturating_sub(ENTRIES_KEPT);
    let ended = tried.values().filter(|tries| tries.under_way == 0);
    let mut ended: Vec<Timestamp> = ended.map(|tries| tries.last).collect();
    let Some(nth) = surplus.min(ended.len()).checked_sub(1) else {
        return;
    };
    let until = *ended.select_nth_unstable(nth).1;
    tried.retain(|_, tries| {
        // Of those of one moment no more than need be.
        let goes = surplus > 0 && tries.under_way == 0 && tries.last <= until;
        if goes {
            surplus -= 1;
        }
        !goes
    });
}

fn keys(account: &str, from: Option<IpAddr>) -> [(Key, u32); KEYS] {
    // Whoever has one address of IPv6 has more than anybody can count.
    let from = from.map(whose);
    [
        (Key::AccountFrom(account.to_owned(), from), FREE_TRIES),
        (Key::Account(account.to_owned()), FREE_TRIES_ACCOUNT),
        (Key::Address(from), FREE_TRIES_ADDRESS),
    ]
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;
    use std::net::Ipv6Addr;

    /// Tries, and ends so at once; the seconds to wait when it isn't let.
    fn tries(
        brake: &Brake,
        account: &str,
        from: Option<IpAddr>,
        now: Timestamp,
        verdict: Verdict,
    ) -> Option<u32> {
        match brake.begin(account, from, now) {
            Ok(mut attempt) => {
                attempt.verdict = verdict;
                None
            }
            Err(seconds) => Some(seconds),
        }
    }

    fn numbered(n: u32) -> Option<IpAddr> {
        Some(IpAddr::from(n.to_be_bytes()))
    }

    #[test]
    fn guessing_waits_longer_each_time_and_others_do_not() {
        let (brake, here, there) = (Brake::default(), numbered(1), numbered(2));
        let mut now = Timestamp(0);
        for _ in 0..FREE_TRIES {
            assert_eq!(tries(&brake, "wang", here, now, Verdict::Failed), None);
        }
        assert_eq!(tries(&brake, "wang", here, now, Verdict::Failed), Some(1));
        now = now.plus_ms(SECOND_MS);
        assert_eq!(tries(&brake, "wang", here, now, Verdict::Failed), None);
        assert_eq!(tries(&brake, "wang", here, now, Verdict::Open), Some(2));
        assert_eq!(tries(&brake, "li", here, now, Verdict::Open), None);
        assert_eq!(tries(&brake, "wang", there, now, Verdict::Open), None);
        now = now.plus_ms(2 * SECOND_MS);
        assert_eq!(tries(&brake, "wang", here, now, Verdict::Succeeded), None);
        assert_eq!(tries(&brake, "wang", here, now, Verdict::Failed), None);
        assert_eq!(tries(&brake, "wang", here, now, Verdict::Open), None);
    }

    #[test]
    fn tries_at_once_are_as_many_as_tries_in_a_row() {
        let (brake, here, now) = (Brake::default(), numbered(1), Timestamp(0));
        let begin = || brake.begin("wang", here, now);
        let mut under_way: Vec<_> = (0..FREE_TRIES).map(|_| begin().unwrap()).collect();
        assert_eq!(begin().err(), Some(1));
        // Another takes the place of one that nothing came of, and of no other.
        under_way.pop();
        under_way.push(begin().unwrap());
        for mut attempt in under_way {
            attempt.verdict = Verdict::Failed;
            drop(attempt);
            assert_eq!(begin().err(), Some(1));
        }
        // When the wait is over, one at a time.
        let later = now.plus_ms(SECOND_MS);
        let mut right = brake.begin("wang", here, later).unwrap();
        assert_eq!(brake.begin("wang", here, later).err(), Some(1));
        right.verdict = Verdict::Succeeded;
        drop(right);
        assert!(begin().is_ok());
    }

    #[test]
    fn an_office_that_signs_in_leaves_nothing_behind() {
        let (brake, here, now) = (Brake::default(), numbered(1), Timestamp(0));
        for n in 0..2 * FREE_TRIES_ADDRESS {
            let name = format!("name{n}");
            assert_eq!(tries(&brake, &name, here, now, Verdict::Succeeded), None);
        }
        assert_eq!(tries(&brake, "other", here, now, Verdict::Open), None);
        assert!(brake.lock().is_empty());
    }

    #[test]
    fn one_account_can_not_be_tried_from_every_address() {
        let (brake, now) = (Brake::default(), Timestamp(0));
        for n in 0..FREE_TRIES_ACCOUNT {
            assert_eq!(
                tries(&brake, "wang", numbered(n), now, Verdict::Failed),
                None
            );
        }
        let there = numbered(99);
        assert_eq!(tries(&brake, "wang", there, now, Verdict::Open), Some(1));
        assert_eq!(tries(&brake, "li", there, now, Verdict::Open), None);
    }

    #[test]
    fn one_address_can_not_try_every_account() {
        let (brake, here, now) = (Brake::default(), numbered(1), Timestamp(0));
        for n in 0..FREE_TRIES_ADDRESS {
            let name = format!("name{n}");
            assert_eq!(tries(&brake, &name, here, now, Verdict::Failed), None);
        }
        assert_eq!(tries(&brake, "another", here, now, Verdict::Open), Some(1));
        // Half an hour later that is forgotten.
        let later = now.plus_ms(FORGET_MS);
        let under_way: Vec<_> = (0..FREE_TRIES)
            .map(|_| brake.begin("x", here, later))
            .collect();
        assert!(under_way.iter().all(Result::is_ok));
    }
    #[test]
    fn a_network_of_ipv6_is_one_address() {
        let (brake, now) = (Brake::default(), Timestamp(0));
        let in_network = |network: u16, host: u16| {
            let address = Ipv6Addr::new(0x2001, 0xdb8, 0, network, 0, 0, 0, host);
            Some(IpAddr::V6(address))
        };
        for host in 0..5 {
            let from = in_network(1, host);
            assert_eq!(tries(&brake, "wang", from, now, Verdict::Failed), None);
        }
        let open = |from| tries(&brake, "wang", from, now, Verdict::Open);
        assert_eq!(open(in_network(1, 9)), Some(1));
        assert_eq!(open(in_network(2, 9)), None);
    }

    #[test]
    fn however_many_names_are_tried_the_newest_are_kept_and_no_more_than_have_room() {
        for step_ms in [0, 1] {
            let (brake, mut now) = (Brake::default(), Timestamp(0));
            for n in 0..20_000 {
                let name = format!("name{n}");
                let verdict = Verdict::Failed;
                assert_eq!(tries(&brake, &name, numbered(n), now, verdict), None);
                assert!(brake.lock().len() <= ENTRIES_MAX);
                now = now.plus_ms(step_ms);
            }
            assert!(brake.lock().len() >= ENTRIES_KEPT);
            if step_ms > 0 {
                let newest = Key::Account("name19999".to_owned());
                assert!(brake.lock().contains_key(&newest));
            }
        }
    }
}
