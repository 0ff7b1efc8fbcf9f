//! What every page shares: the page shown, the settings, sync in one look, and a tick that says
//! "look again". Holds no data of reports; the device's database does, and pages ask it anew.

use crate::backend::{self, Answer};
use crate::network;
use crate::route::Route;
use crate::words::Speaker;
use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::case::Move;
use shared::catalogue::Complaints;
use shared::label::{City, Lang};
use shared::time::Timestamp;
use shared::wire::handheld::{About, LockView, Problem, Settings, SyncState, SyncStatus};
use std::future::Future;

/// How often sync is looked at: soon enough for an eye that waits for a case number.
const LOOK_MS: u32 = 2_000;
/// How long something taken away can be brought back.
pub(crate) const UNDO_MS: u32 = 6_000;
/// The core's code for what comes after it was filed.
const ALREADY_FILED: &str = "already_filed";

/// Shared by all pages. Every member is a handle, so copies are the same thing.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shared {
    /// The page shown.
    pub(crate) route: RwSignal<Route>,
    /// Language and type size.
    pub(crate) settings: RwSignal<Settings>,
    /// The machine.
    pub(crate) about: RwSignal<About>,
    /// Sync in one look.
    pub(crate) sync: RwSignal<Option<SyncStatus>>,
    /// How the handheld is locked.
    pub(crate) lock: RwSignal<LockView>,
    /// Counts up whenever the device's data may have changed.
    pub(crate) tick: RwSignal<u32>,
    /// The clock, as of the last look.
    pub(crate) now: RwSignal<Timestamp>,
    /// The words that this city says otherwise.
    pub(crate) city: RwSignal<City>,
    /// Where to complain; empty where the district named nothing.
    pub(crate) complaints: RwSignal<Complaints>,
    /// What came too late for what was just filed, or failed after its page was left: every page
    /// shows it.
    pub(crate) late: RwSignal<Option<Problem>>,
}

impl Shared {
    /// The state before anything is known.
    pub(crate) fn new() -> Self {
        Self {
            route: RwSignal::new(Route::parse(&hash())),
            settings: RwSignal::new(Settings {
                language: String::from("zh-CN"),
                large_type: false,
                server: String::new(),
            }),
            about: RwSignal::new(About::default()),
            sync: RwSignal::new(None),
            lock: RwSignal::new(LockView::default()),
            tick: RwSignal::new(0),
            now: RwSignal::new(clock()),
            city: RwSignal::new(City::default()),
            complaints: RwSignal::new(Complaints::default()),
            late: RwSignal::new(None),
        }
    }

    /// The words in the language of the settings.
    pub(crate) fn speaker(self) -> Speaker {
        Speaker(Lang::parse(&self.settings.read().language))
    }

    /// Reads the words of this city and its channel for complaints anew: they come with the catalogue.
    async fn look_at_words(self) {
        if let Ok(labels) = backend::labels().await
            && self.city.read_untracked().0 != labels
        {
            self.city.set(City(labels));
        }
        if let Ok(complaints) = backend::complaints().await
            && *self.complaints.read_untracked() != complaints
        {
            self.complaints.set(complaints);
        }
    }

    /// Makes all pages look at the data again.
    pub(crate) fn look_again(self) {
        self.tick.update(|tick| *tick = tick.wrapping_add(1));
    }

    /// Shows a problem on whatever page there is, if it is that something came after the filing.
    pub(crate) fn say_if_late(self, problem: Option<Problem>) {
        if let Some(problem) = problem.filter(|problem| problem.code == ALREADY_FILED) {
            self.late.set(Some(problem));
        }
    }

    /// Shows a problem at its place, or on whatever page there is when that place is gone.
    pub(crate) fn say(self, place: RwSignal<Option<Problem>>, problem: Problem) {
        if let Some(unsaid) = place.try_set(Some(problem)) {
            self.late.set(unsaid);
        }
    }

    /// Looks whether the handheld is locked; after it was opened, everything is read anew.
    pub(crate) async fn look_at_lock(self) {
        let Ok(lock) = backend::lock_view().await else {
            return;
        };
        // A wait is over by this clock.
        self.now.set(clock());
        let was_locked = self.lock.read_untracked().locked;
        if was_locked && !lock.locked {
            // The page comes anew: a report that became a draft is at the address it was given.
            self.route.set(Route::parse(&hash()));
        }
        if *self.lock.read_untracked() != lock {
            self.lock.set(lock);
        }
        if was_locked && !lock.locked {
            start(self).await;
            self.look_again();
        }
    }

    /// Changes settings at once and keeps them.
    pub(crate) fn set_settings(self, change: impl FnOnce(&mut Settings)) {
        let mut settings = self.settings.get_untracked();
        change(&mut settings);
        self.settings.set(settings.clone());
        spawn_local(async move {
            // A setting that can't be kept still holds until the app ends.
            if let Err(problem) = backend::save_settings(&settings).await {
                leptos::logging::warn!("could not keep the settings: {}", problem.code);
            }
        });
    }
}

/// The shared state, from anywhere below the app.
#[expect(
    clippy::expect_used,
    reason = "the app provides it before any page exists"
)]
pub(crate) fn shared() -> Shared {
    use_context().expect("pages live below the app")
}

/// The words in the language of this moment; a change of language draws the pages anew.
pub(crate) fn speaker() -> Speaker {
    untrack(|| shared().speaker())
}

/// A state's word in this city.
pub(crate) fn state_word(name: &str) -> String {
    let lang = speaker().0;
    shared().city.with_untracked(|city| city.state(name, lang))
}

/// The same in a language that the caller has; the usual word where there is no app, as in tests.
pub(crate) fn state_word_in(name: &str, lang: Lang) -> String {
    match use_context::<Shared>() {
        Some(shared) => shared.city.with_untracked(|city| city.state(name, lang)),
        None => City::default().state(name, lang),
    }
}

/// What happened, for an entry of the course, in this city's words.
pub(crate) fn event_word(kind: &str) -> String {
    let lang = speaker().0;
    shared().city.with_untracked(|city| city.event(kind, lang))
}

/// What a task is called in this city: 核实 or 核查.
pub(crate) fn task_word(kind: &str) -> String {
    let lang = speaker().0;
    let kind = match kind {
        shared::operation::kind::CASE_VERIFY => Move::Verify,
        _ => Move::Check,
    };
    shared()
        .city
        .with_untracked(|city| city.case_move(kind, lang))
}

/// The device's clock.
#[expect(
    clippy::as_conversions,
    reason = "milliseconds of this age are exact in a double"
)]
pub(crate) fn clock() -> Timestamp {
    Timestamp(js_sys::Date::now() as i64)
}

/// The part of the address that names the page.
pub(crate) fn hash() -> String {
    window().location().hash().unwrap_or_default()
}

/// Shows another page and remembers this one for the back key.
pub(crate) fn go(route: Route) {
    // Fails only in a window without an address, which has no pages either.
    let _ = window().location().set_hash(&route.href());
}

/// Names the page anew without leaving it: a new report has become a draft with an id.
pub(crate) fn rename(route: Route) {
    if let Ok(history) = window().history() {
        let href = route.href();
        let _ = history.replace_state_with_url(&wasm_bindgen::JsValue::NULL, "", Some(&href));
    }
}

/// A value that is asked for now and again at every tick; nothing is redrawn while it's the same.
pub(crate) fn live<T, F>(ask: impl Fn() -> F + 'static) -> ReadSignal<Option<Answer<T>>>
where
    T: PartialEq + Send + Sync + 'static,
    F: Future<Output = Answer<T>> + 'static,
{
    let shared = shared();
    let (value, set_value) = signal(None);
    let (asked, shown) = (StoredValue::new(0_u64), StoredValue::new(0_u64));
    Effect::new(move |_| {
        shared.tick.track();
        let number = asked.get_value().saturating_add(1);
        asked.set_value(number);
        let question = ask();
        spawn_local(async move {
            let answer = Some(question.await);
            // What was asked for later counts, whichever answer comes last.
            if shown.try_get_value().is_none_or(|shown| shown > number) {
                return;
            }
            shown.try_set_value(number);
            let same = value.try_with_untracked(|old| *old == answer);
            if same == Some(false) {
                set_value.try_set(answer);
            }
        });
    });
    value
}

/// The last good answer of `live`: one read that fails takes away nothing that is being written.
pub(crate) fn last_good<T>(answer: ReadSignal<Option<Answer<T>>>) -> Memo<Option<T>>
where
    T: Clone + PartialEq + Send + Sync + 'static,
{
    Memo::new(move |before: Option<&Option<T>>| {
        newest_good(answer.get(), before.and_then(Option::as_ref))
    })
}

fn newest_good<T: Clone>(answer: Option<Answer<T>>, before: Option<&T>) -> Option<T> {
    match answer {
        Some(Ok(value)) => Some(value),
        Some(Err(_)) | None => before.cloned(),
    }
}

/// Looks at sync for ever, and makes the pages look again when it moved.
pub(crate) async fn watch(shared: Shared) {
    let mut seen = None;
    loop {
        let hidden = document().hidden();
        seen = network::look(seen, !hidden).await;
        if !hidden {
            shared.now.set(clock());
            shared.look_at_lock().await;
            if let Ok(status) = backend::sync_status().await
                && shared.sync.read_untracked().as_ref() != Some(&status)
            {
                // The data could not be opened at the start: nothing was read yet.
                if shared.sync.with_untracked(Option::is_none) {
                    start(shared).await;
                }
                shared.sync.set(Some(status));
                shared.look_at_words().await;
                shared.look_again();
            }
        }
        TimeoutFuture::new(LOOK_MS).await;
    }
}

/// Reads settings and machine, then decides whether the first page is the binding.
pub(crate) async fn start(shared: Shared) {
    if let Ok(lock) = backend::lock_view().await {
        shared.lock.set(lock);
        if lock.locked {
            return;
        }
    }
    if let Ok(settings) = backend::settings().await {
        shared.settings.set(settings);
    }
    if let Ok(about) = backend::about().await {
        shared.about.set(about);
    }
    shared.look_at_words().await;
    match backend::sync_status().await {
        Ok(status) => {
            if status.state == SyncState::NotEnrolled {
                go(Route::Bind);
            }
            shared.sync.set(Some(status));
        }
        Err(problem) => leptos::logging::warn!("no sync state: {}", problem.code),
    }
}

#[cfg(test)]
mod tests {
    use super::newest_good;
    use crate::words::unknown_problem;

    #[test]
    fn a_read_that_fails_takes_nothing_away_and_the_next_good_one_counts() {
        assert_eq!(newest_good(None, None::<&u8>), None);
        assert_eq!(newest_good(Some(Ok(1)), None), Some(1));
        assert_eq!(
            newest_good(Some(Err(unknown_problem("busy"))), Some(&1)),
            Some(1)
        );
        assert_eq!(
            newest_good(Some(Err(unknown_problem("busy"))), None::<&u8>),
            None
        );
        assert_eq!(newest_good(Some(Ok(2)), Some(&1)), Some(2));
    }
}
