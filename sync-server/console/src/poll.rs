//! Something that is asked for now and again: the last good answer stays while a newer one is on
//! its way or fails, so that a page never empties under a reader's eyes.
//!
//! An answer to an older question is thrown away; the same question waits for the answer that is
//! on its way, so that news coming faster than answers can't keep a page empty. A page that nobody
//! looks at asks for nothing.

use crate::api::Problem;
use crate::desk::Desk;
use crate::news::News;
use leptos::prelude::*;
use leptos::task::spawn_local;
use std::future::Future;
use std::rc::Rc;
use std::time::Duration;

/// How often what is on the screen is asked for again.
pub(crate) const REFRESH: Duration = Duration::from_secs(10);
/// How long the same question waits for its answer, in milliseconds: a connection that died without
/// a word would otherwise hold the page for minutes.
const PATIENCE_MS: f64 = 30_000.0;

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
    /// When the newest was asked, in milliseconds of the browser's clock.
    asked_at: StoredValue<f64>,
    /// It is to be asked once more when the answer is here.
    due: StoredValue<bool>,
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
            asked_at: StoredValue::new(0.0),
            due: StoredValue::new(false),
            again: Trigger::new(),
        };
        let desk = Desk::here();
        let question = Rc::new(question);
        let same = Rc::clone(&question);
        Effect::new(move |_| poll.ask(question(), desk));
        Effect::new(move |before: Option<()>| {
            poll.again.track();
            if period.is_some() {
                News::track();
            }
            if before.is_none() {
                return;
            }
            if poll.waits() {
                poll.due.set_value(true);
            } else {
                poll.ask(untrack(|| same()), desk);
            }
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

    /// Whether an answer is on its way that may still come.
    fn waits(self) -> bool {
        self.busy.get_untracked() && js_sys::Date::now() - self.asked_at.get_value() < PATIENCE_MS
    }

    fn ask(self, future: impl Future<Output = Result<T, Problem>> + 'static, desk: Desk) {
        let number = self.asked.get_value().wrapping_add(1);
        self.asked.set_value(number);
        self.asked_at.set_value(js_sys::Date::now());
        self.due.set_value(false);
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
            if self.due.try_get_value() == Some(true) {
                self.again.notify();
            }
        });
    }
}

/// Whether the page is in front of somebody.
pub(crate) fn is_seen() -> bool {
    document().visibility_state() != web_sys::VisibilityState::Hidden
}
