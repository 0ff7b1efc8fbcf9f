//! What was committed, and what of it is on the disk.
//!
//! On SQLite the writer commits without a sync. A thread of its own syncs the log, and only then
//! are the answers let go: those of the writes, and of every read that may have seen one of them.
//! So the next batch is run while the last one goes to the disk, and still nobody ever hears of
//! anything that a power cut could take back. PostgreSQL needs none of this: its commits answer
//! when they are durable. Why: `docs/decisions/0016-answers-wait-for-the-disk.md`. Tests are below
//! and in `writer/tests.rs`.

use super::error::{Result, StoreError};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Commits that may be on their way to the disk: one that is being synced and one behind it. More
/// would only let the log grow before a disk that has stopped.
const AHEAD_MAX: u64 = 2;

/// Tells whoever asked; an error when what it rests on may not be on the disk.
type Answer = Box<dyn FnOnce(Result<()>) + Send>;

/// Has the disk take what was committed.
type Sync = Box<dyn FnMut() -> Result<()> + Send>;

/// How far the commits of a database are, and who waits for their sync.
pub(super) struct Disk {
    state: Mutex<State>,
    /// Rung when a commit has ended, when the disk has taken some, and when no more will come.
    bell: Condvar,
    sync: Mutex<Sync>,
    thread: Mutex<Option<JoinHandle<()>>>,
    /// For measuring: how much later each sync begins.
    delay: Duration,
}

#[derive(Default)]
struct State {
    /// Commits that began: whoever reads may see their changes from then on.
    begun: u64,
    /// Commits that ended, kept or not.
    ended: u64,
    /// Commits that are on the disk.
    synced: u64,
    /// How long the last sync took.
    took: Duration,
    /// Nothing is believed after a failed sync: the system may have thrown away what it could not
    /// write, and would call the next one good.
    failure: Option<StoreError>,
    is_closing: bool,
    /// Answers, and the commits that must be on the disk first.
    waiting: Vec<(u64, Answer)>,
}

impl Disk {
    /// A disk that takes what was committed by `sync`, `delay` later for measuring.
    pub(super) fn new(
        delay: Duration,
        sync: impl FnMut() -> Result<()> + Send + 'static,
    ) -> Arc<Self> {
        Arc::new(Self {
            state: Mutex::default(),
            bell: Condvar::new(),
            sync: Mutex::new(Box::new(sync)),
            thread: Mutex::default(),
            delay,
        })
    }

    /// Starts the thread that syncs; before the first commit. It ends after [`Disk::close`], or
    /// when a sync fails.
    pub(super) fn start(self: &Arc<Self>) -> Result<()> {
        let disk = Arc::clone(self);
        let thread = std::thread::Builder::new()
            .name(String::from("store-disk"))
            .spawn(move || while disk.take() {})
            .map_err(|error| StoreError::Busy(format!("could not start a syncer: {error}")))?;
        *self.thread.lock().unwrap_or_else(PoisonError::into_inner) = Some(thread);
        Ok(())
    }

    /// Before a commit: waits while the disk is too far behind.
    ///
    /// # Errors
    /// The failure of an earlier sync.
    pub(super) fn begin(&self) -> Result<()> {
        let mut state = self
            .bell
            .wait_while(self.state(), |state| {
                state.failure.is_none() && state.begun - state.synced >= AHEAD_MAX
            })
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(failure) = &state.failure {
            return Err(failure.clone());
        }
        state.begun += 1;
        Ok(())
    }

    /// After a commit, whether it was kept or not.
    pub(super) fn end(&self) {
        let mut state = self.state();
        state.ended = state.begun;
        self.bell.notify_all();
    }

    /// Lets an answer go when every commit that began is on the disk: at once when all are.
    pub(super) fn tell(&self, answer: impl FnOnce(Result<()>) + Send + 'static) {
        let mut state = self.state();
        let outcome = match &state.failure {
            Some(failure) => Err(failure.clone()),
            None if state.synced == state.begun => Ok(()),
            None => {
                let after = state.begun;
                return state.waiting.push((after, Box::new(answer)));
            }
        };
        drop(state);
        answer(outcome);
    }

    /// Whether everything that anybody may have seen is on the disk.
    pub(super) fn is_quiet(&self) -> bool {
        let state = self.state();
        state.failure.is_none() && state.synced == state.begun
    }

    /// Whether the disk is taking something: a batch has that long to fill.
    pub(super) fn is_busy(&self) -> bool {
        let state = self.state();
        state.failure.is_none() && state.synced < state.ended
    }

    /// How many answers wait.
    pub(super) fn waiting(&self) -> usize {
        self.state().waiting.len()
    }

    /// How long the last sync took.
    pub(super) fn took(&self) -> Duration {
        self.state().took
    }

    /// Whether a sync has failed.
    pub(super) fn has_failed(&self) -> bool {
        self.state().failure.is_some()
    }

    /// Nothing is believed from now on.
    pub(super) fn fail(&self, failure: &StoreError) {
        tracing::error!(error = %failure, "the disk did not take what was written");
        let mut state = self.state();
        state.failure = Some(failure.clone());
        let waiting = std::mem::take(&mut state.waiting);
        self.bell.notify_all();
        drop(state);
        for (_, answer) in waiting {
            answer(Err(failure.clone()));
        }
    }

    /// Waits until all is on the disk or it has failed and everybody was told.
    pub(super) fn close(&self) {
        self.state().is_closing = true;
        self.bell.notify_all();
        let thread = self
            .thread
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if thread.is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the thread of the store's disk panicked");
        }
    }

    /// Waits for commits, has all that ended synced at once, and lets the answers go; whether there
    /// is to be a next time.
    fn take(&self) -> bool {
        let upto = {
            let state = self
                .bell
                .wait_while(self.state(), |state| {
                    state.failure.is_none() && state.synced == state.ended && !state.is_closing
                })
                .unwrap_or_else(PoisonError::into_inner);
            if state.failure.is_some() || state.synced == state.ended {
                return false;
            }
            state.ended
        };
        let begun = Instant::now();
        if !self.delay.is_zero() {
            std::thread::sleep(self.delay);
        }
        let outcome = self.sync.lock().unwrap_or_else(PoisonError::into_inner)();
        if let Err(failure) = outcome {
            self.fail(&failure);
            return false;
        }
        let mut state = self.state();
        if state.failure.is_some() {
            return false;
        }
        state.took = begun.elapsed();
        state.synced = upto;
        let is_free = |(after, _): &mut (u64, Answer)| *after <= upto;
        let free: Vec<_> = state.waiting.extract_if(.., is_free).collect();
        self.bell.notify_all();
        drop(state);
        for (_, answer) in free {
            answer(Ok(()));
        }
        true
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;
    use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};

    /// Long enough for a thread that is going to answer; whoever must not answer has not by then.
    const A_WHILE: Duration = Duration::from_millis(50);

    /// A disk whose syncs begin by themselves and end as they are told.
    fn told() -> (Arc<Disk>, SyncSender<Result<()>>) {
        let (end, ends) = sync_channel::<Result<()>>(10);
        let sync = move || ends.recv().unwrap_or(Ok(()));
        let disk = Disk::new(Duration::ZERO, sync);
        disk.start().unwrap();
        (disk, end)
    }

    fn ask(disk: &Disk) -> Receiver<Result<()>> {
        let (reply, heard) = sync_channel(1);
        disk.tell(move |outcome| reply.send(outcome).unwrap());
        heard
    }

    fn commit(disk: &Disk) {
        disk.begin().unwrap();
        disk.end();
    }

    fn is_silent(heard: &Receiver<Result<()>>) -> bool {
        heard.recv_timeout(A_WHILE) == Err(RecvTimeoutError::Timeout)
    }

    #[test]
    fn an_answer_waits_for_every_commit_that_it_may_have_seen_and_for_no_later_one() {
        let (disk, end) = told();
        assert_eq!(ask(&disk).try_recv(), Ok(Ok(())), "nothing was committed");
        commit(&disk);
        let first = ask(&disk);
        // From when it begins, not when it ends.
        disk.begin().unwrap();
        let second = ask(&disk);
        end.send(Ok(())).unwrap();
        assert_eq!(first.recv(), Ok(Ok(())));
        assert!(is_silent(&second) && !disk.is_quiet());
        disk.end();
        end.send(Ok(())).unwrap();
        assert_eq!(second.recv(), Ok(Ok(())));
        assert!(disk.is_quiet() && !disk.is_busy());
    }

    #[test]
    fn a_commit_that_ends_while_the_disk_syncs_is_not_taken_for_synced() {
        let (disk, end) = told();
        commit(&disk);
        let first = ask(&disk);
        std::thread::sleep(A_WHILE);
        // That sync has begun without it.
        commit(&disk);
        let second = ask(&disk);
        end.send(Ok(())).unwrap();
        assert_eq!(first.recv(), Ok(Ok(())));
        assert!(is_silent(&second));
        end.send(Ok(())).unwrap();
        assert_eq!(second.recv(), Ok(Ok(())));
    }

    #[test]
    fn who_commits_waits_for_a_disk_that_is_two_behind() {
        let (disk, end) = told();
        commit(&disk);
        commit(&disk);
        let (reply, begun) = sync_channel(1);
        let third = Arc::clone(&disk);
        std::thread::spawn(move || reply.send(third.begin()).unwrap());
        assert_eq!(begun.recv_timeout(A_WHILE), Err(RecvTimeoutError::Timeout));
        end.send(Ok(())).unwrap();
        end.send(Ok(())).unwrap();
        assert_eq!(begun.recv(), Ok(Ok(())));
    }

    #[test]
    fn after_a_failed_sync_nothing_is_believed_any_more() {
        let (disk, end) = told();
        let failure = StoreError::CommitUnknown(String::from("input/output error"));
        commit(&disk);
        let heard = ask(&disk);
        end.send(Err(failure.clone())).unwrap();
        assert_eq!(heard.recv(), Ok(Err(failure.clone())));
        assert_eq!(ask(&disk).recv(), Ok(Err(failure.clone())));
        assert_eq!(disk.begin(), Err(failure));
        assert!(!disk.is_quiet() && disk.has_failed());
        disk.close();
    }

    #[test]
    fn a_failure_elsewhere_ends_the_thread_and_lets_nobody_wait() {
        let (disk, end) = told();
        commit(&disk);
        let heard = ask(&disk);
        let failure = StoreError::CommitUnknown(String::from("input/output error"));
        disk.fail(&failure);
        assert_eq!(heard.recv(), Ok(Err(failure.clone())));
        end.send(Ok(())).unwrap();
        disk.close();
        assert_eq!(ask(&disk).recv(), Ok(Err(failure)));
    }

    #[test]
    fn closing_waits_for_what_was_committed() {
        let (disk, end) = told();
        commit(&disk);
        let heard = ask(&disk);
        let (reply, closed) = sync_channel(1);
        let closing = Arc::clone(&disk);
        std::thread::spawn(move || {
            closing.close();
            reply.send(()).unwrap();
        });
        assert_eq!(closed.recv_timeout(A_WHILE), Err(RecvTimeoutError::Timeout));
        end.send(Ok(())).unwrap();
        assert_eq!(closed.recv(), Ok(()));
        assert_eq!(heard.recv(), Ok(Ok(())));
    }
}
