//! Hashing passwords beside the async threads: a few at a time, and not many in line for it.

use super::error::Refusal;
use crate::service::words;
use shared::wire::error::ErrorCode;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Passwords hashed at the same time: each takes 19 MiB and a core for some tens of milliseconds.
const AT_ONCE: usize = 2;
/// Those and the ones in line: the last of them waits a few seconds. More than one address may have
/// under way (`brake`), so that none takes all places.
const PLACES: usize = 64;
/// When a place will be free.
const RETRY_S: u32 = 2;

/// Whoever hashes.
pub(super) struct Hashers {
    turns: Arc<Semaphore>,
    places: Semaphore,
}

impl Default for Hashers {
    fn default() -> Self {
        Self {
            turns: Arc::new(Semaphore::new(AT_ONCE)),
            places: Semaphore::new(PLACES),
        }
    }
}

impl Hashers {
    /// Runs work with a password when it has its turn; refuses when too many wait for theirs.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Refusal> {
        let _place = self.places.try_acquire().map_err(|_| {
            Refusal::new(
                ErrorCode::TooMany,
                words(
                    "同时登录的人太多，请过几秒再试。",
                    "Too many sign in at once; try again in a few seconds.",
                ),
            )
            .retry_after_s(RETRY_S)
        })?;
        let turn = Arc::clone(&self.turns)
            .acquire_owned()
            .await
            .map_err(|_| Refusal::internal())?;
        let work = move || {
            // Until it is done, though whoever asked may have gone away.
            let _turn = turn;
            work()
        };
        tokio::task::spawn_blocking(work)
            .await
            .map_err(|_| Refusal::internal())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;

    #[tokio::test]
    async fn whoever_would_wait_for_long_is_refused_at_once() {
        let hashers = Hashers::default();
        let places = u32::try_from(PLACES).unwrap();
        let taken = hashers.places.try_acquire_many(places).unwrap();
        let answer = hashers.run(|| 1).await;
        let code = answer.map_err(|refusal| refusal.into_answer().code);
        assert_eq!(code, Err(ErrorCode::TooMany));
        drop(taken);
        assert_eq!(hashers.run(|| 1).await.unwrap(), 1);
    }

    #[tokio::test]
    async fn a_turn_lasts_as_long_as_its_work() {
        let hashers = Arc::new(Hashers::default());
        let (begun, has_begun) = tokio::sync::oneshot::channel();
        let (end, ended) = std::sync::mpsc::channel::<()>();
        let asked = Arc::clone(&hashers);
        let asking = tokio::spawn(async move {
            let work = move || {
                let _ = begun.send(());
                let _ = ended.recv();
            };
            asked.run(work).await
        });
        has_begun.await.unwrap();
        asking.abort();
        assert!(asking.await.unwrap_err().is_cancelled());
        assert_eq!(hashers.turns.available_permits(), AT_ONCE - 1);
        end.send(()).unwrap();
        let all = u32::try_from(AT_ONCE).unwrap();
        assert!(hashers.turns.acquire_many(all).await.is_ok());
    }
}
