//! Something that is asked for now and again: the last good answer stays while a newer one is on
//! its way or fails, so that a page never empties under a reader's eyes.
//!
//! An answer to an older question is thrown away. A page that nobody looks at asks for nothing.

use crate::api::Problem;
use crate::desk::Desk;
use crate::news::News;
use leptos::prelude::*;
use leptos::task::spawn_local;
use std::future::Future;
use std::time::Duration;

/// How often what is on the screen is asked for again.
pub(crate) const REFRESH: Duration = Duration::from_secs(10);

/// The answer so far.
pub(crate) struct Poll<T: 'static> {
    /// The last good answer.
    pub(crate) answer: RwSignal<Option<T>>,
    /// Why the last question failed, if it did.
    pub(crate) problem: RwSignal<Option<Problem>>,
    /// A question is on its way.
    pub(crate) busy: RwSignal<bool>,
    /// Counts questions, to tell old answers from new.
    asked: StoredValue<u64>,
    again: Trigger,
}

impl<T> Clone for Poll<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Poll<T> {}

impl<T: Send + Sync + 'static> Poll<T> {
    /// Asks now, whenever a signal read by `question` changes, and every `period`; with a period
    /// also when the server has news.
    pub(crate) fn start<Q, F>(question: Q, period: Option<Duration>) -> Self
    where
        Q: Fn() -> F + 'static,
        F: Future<Output = Result<T, Problem>> + 'static,
    {
        let poll = Self {
            answer: RwSignal::new(None),
            problem: RwSignal::new(None),
            busy: RwSignal::new(false),
            asked: StoredValue::new(0),
            again: Trigger::new(),
        };
        let desk = Desk::here();
        Effect::new(move |_| {
            poll.again.track();
            if period.is_some() {
                News::track();
            }
            poll.ask(question(), desk);
        });
        if let Some(period) = period {
            let handle = set_interval_with_handle(
                move || {
                    if is_seen() {
                        poll.again.notify();
                    }
                },
                period,
            );
            on_cleanup(move || {
                if let Ok(handle) = handle {
                    handle.clear();
                }
            });
        }
        poll
    }

    /// Asks once more now.
    pub(crate) fn refresh(self) {
        self.again.notify();
    }

    /// Takes back the answer, so that the page shows that it waits.
    pub(crate) fn forget(self) {
        self.answer.set(None);
    }

    fn ask(self, future: impl Future<Output = Result<T, Problem>> + 'static, desk: Desk) {
        let number = self.asked.get_value().wrapping_add(1);
        self.asked.set_value(number);
        self.busy.set(true);
        spawn_local(async move {
            let outcome = future.await;
            // The page may be gone, or a newer question under way.
            if self.asked.try_get_value() != Some(number) {
                return;
            }
            self.busy.set(false);
            match outcome {
                Ok(answer) => {
                    self.problem.set(None);
                    self.answer.set(Some(answer));
                }
                Err(problem) => {
                    desk.notice(&problem);
                    self.problem.set(Some(problem));
                }
            }
        });
    }
}

/// Whether the page is in front of somebody.
fn is_seen() -> bool {
    document().visibility_state() != web_sys::VisibilityState::Hidden
}
