//! One request at a time for each upload; the newest one takes over from a half-open one.
//!
//! A phone that lost its network leaves a request behind that the server still waits on; the next
//! request of the same upload must not wait with it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{OwnedMutexGuard, watch};
use uuid::Uuid;

#[derive(Debug)]
struct Seat {
    lock: Arc<tokio::sync::Mutex<()>>,
    /// Counts the requests; whoever holds the lock and sees it grow ends.
    newest: watch::Sender<u64>,
}

/// Who is served at which upload.
#[derive(Debug, Default)]
pub(in crate::http) struct Turns {
    seats: Arc<Mutex<HashMap<Uuid, Seat>>>,
}

/// A request's turn; over when dropped, or when a newer one comes.
#[derive(Debug)]
pub(in crate::http) struct Turn {
    id: Uuid,
    mine: u64,
    newest: watch::Receiver<u64>,
    seats: Arc<Mutex<HashMap<Uuid, Seat>>>,
    /// None while it waits.
    guard: Option<OwnedMutexGuard<()>>,
}

impl Turns {
    /// Takes over an upload: asks whoever has it to end, and waits until that has happened.
    pub(in crate::http) async fn take(&self, id: Uuid) -> Turn {
        let (lock, mine, newest) = {
            let mut seats = self.seats.lock().unwrap_or_else(PoisonError::into_inner);
            let seat = seats.entry(id).or_insert_with(|| Seat {
                lock: Arc::default(),
                newest: watch::Sender::new(0),
            });
            seat.newest.send_modify(|count| *count += 1);
            let newest = seat.newest.subscribe();
            (Arc::clone(&seat.lock), *newest.borrow(), newest.clone())
        };
        let mut turn = Turn {
            id,
            mine,
            newest,
            seats: Arc::clone(&self.seats),
            guard: None,
        };
        // A request that is given up while it waits here leaves as any other does.
        turn.guard = Some(lock.lock_owned().await);
        turn
    }
}

impl Turn {
    /// Done when a newer request wants the upload.
    pub(in crate::http) async fn is_over(&self) {
        let mut newest = self.newest.clone();
        let mine = self.mine;
        if newest.wait_for(|count| *count > mine).await.is_err() {
            // The seat is gone, so nobody else can come.
            std::future::pending::<()>().await;
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        drop(self.guard.take());
        let mut seats = self.seats.lock().unwrap_or_else(PoisonError::into_inner);
        // Only the seat itself holds the lock: nobody has the upload and nobody waits for it.
        let is_last = |seat: &Seat| Arc::strong_count(&seat.lock) == 1;
        if seats.get(&self.id).is_some_and(is_last) {
            seats.remove(&self.id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_newest_request_takes_over() {
        let turns = Turns::default();
        let id = Uuid::from_u128(1);
        let first = turns.take(id).await;
        let second = async { turns.take(id).await };
        let give_up = async {
            first.is_over().await;
            drop(first);
        };
        let (second, ()) = tokio::join!(second, give_up);
        drop(second);
        assert!(is_empty(&turns));
    }

    #[tokio::test]
    async fn a_request_that_is_given_up_while_it_waits_leaves_no_seat_behind() {
        let turns = Turns::default();
        let id = Uuid::from_u128(1);
        let first = turns.take(id).await;
        let waits = tokio::time::timeout(std::time::Duration::from_millis(1), turns.take(id));
        assert!(waits.await.is_err());
        assert!(!is_empty(&turns), "the first one still has its turn");
        drop(first);
        assert!(is_empty(&turns));
    }

    fn is_empty(turns: &Turns) -> bool {
        let seats = turns.seats.lock();
        seats.unwrap_or_else(PoisonError::into_inner).is_empty()
    }
}
