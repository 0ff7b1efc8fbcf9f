//! 解锁: the only page of a locked handheld; and 锁屏 in the settings, where the PIN is set.
//!
//! The keys are on the page, so that a gloved thumb finds them; a keyboard works as well, since a
//! PIN may have letters.

use crate::backend;
use crate::components::icon::{Icon, Shape};
use crate::components::notice::ProblemNotice;
use crate::state::{Shared, shared, speaker};
use crate::words::{self, Word};
use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::wire::handheld::{LockView, Problem};

/// Minutes to choose from until it locks.
const MINUTES: [u32; 5] = [1, 5, 15, 30, 60];

/// The page of a locked handheld.
#[component]
pub(crate) fn Unlock() -> impl IntoView {
    let t = speaker();
    let shared = shared();
    let pin = RwSignal::new(String::new());
    let (busy, set_busy) = signal(false);
    let (problem, set_problem) = signal(None::<Problem>);
    let open = move |event: SubmitEvent| {
        event.prevent_default();
        if busy.get_untracked() || pin.read_untracked().is_empty() {
            return;
        }
        set_busy.set(true);
        spawn_local(async move {
            let answer = backend::unlock(&pin.get_untracked()).await;
            set_busy.try_set(false);
            pin.try_set(String::new());
            set_problem.try_set(answer.err());
            shared.look_at_lock().await;
        });
    };
    let retry = move || {
        let (now, lock) = (shared.now.get(), shared.lock.get());
        let at = lock.retry_at.filter(|at| *at > now)?;
        Some(t.with(words::LOCK_WAIT, t.moment(at, now)))
    };
    let key = move |digit: char| {
        view! {
            <button
                type="button"
                class="key"
                data-key=digit.to_string()
                on:click=move |_| pin.update(|pin| pin.push(digit))
            >
                {digit}
            </button>
        }
    };
    view! {
        <main class="page stack unlock" data-page="unlock">
            <h1>{t.say(words::LOCK_TITLE)}</h1>
            <p class="second">{t.say(words::LOCK_HELP)}</p>
            <form class="stack" on:submit=open>
                <label for="pin">{t.say(words::LOCK_PIN)}</label>
                <input
                    id="pin"
                    type="password"
                    inputmode="none"
                    autocomplete="off"
                    prop:value=move || pin.get()
                    on:input=move |event| pin.set(event_target_value(&event))
                />
                {move || problem.get().map(|problem| view! { <ProblemNotice problem /> })}
                {move || retry().map(|text| view! { <p role="status">{text}</p> })}
                <div class="keys">
                    {('1'..='9').map(key).collect_view()}
                    <button
                        type="button"
                        class="key"
                        id="pin-back"
                        aria-label=t.say(words::LOCK_BACK)
                        on:click=move |_| pin.update(|pin| { pin.pop(); })
                    >
                        <Icon shape=Shape::ArrowLeft />
                    </button>
                    {key('0')}
                    <button
                        type="submit"
                        class="key primary"
                        id="pin-go"
                        aria-label=t.say(words::LOCK_OPEN)
                        aria-disabled=move || busy.get().then_some("true")
                    >
                        <Icon shape=Shape::Check />
                    </button>
                </div>
            </form>
        </main>
    }
}

/// What is being changed of the PIN. Every member is a handle, so copies are the same thing.
#[derive(Clone, Copy)]
struct Change {
    shared: Shared,
    old: RwSignal<String>,
    new: RwSignal<String>,
    again: RwSignal<String>,
    problem: RwSignal<Option<Problem>>,
    done: RwSignal<Option<Word>>,
    busy: RwSignal<bool>,
}

impl Change {
    fn begin(shared: Shared) -> Self {
        Self {
            shared,
            old: RwSignal::new(String::new()),
            new: RwSignal::new(String::new()),
            again: RwSignal::new(String::new()),
            problem: RwSignal::new(None),
            done: RwSignal::new(None),
            busy: RwSignal::new(false),
        }
    }

    /// Keeps what was typed twice. A press on empty fields does nothing: it may be the second of
    /// two, and must not take away what the first has said.
    fn submit(self) {
        let (new, again) = (self.new.get_untracked(), self.again.get_untracked());
        if self.busy.get_untracked() || (new.is_empty() && again.is_empty()) {
            return;
        }
        if new == again {
            self.make(Some(new), words::LOCK_SET_DONE);
        } else {
            self.done.set(None);
            self.problem
                .set(Some(words::problem_of("pin_differs", words::LOCK_DIFFERS)));
        }
    }

    /// Sets, changes or takes away the PIN, once however often it is pressed meanwhile.
    fn make(self, wanted: Option<String>, word: Word) {
        if self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        self.problem.set(None);
        self.done.set(None);
        let old = self.old.get_untracked();
        spawn_local(async move {
            match backend::set_pin(&old, wanted.as_deref()).await {
                Ok(()) => {
                    for field in [self.old, self.new, self.again] {
                        field.try_set(String::new());
                    }
                    self.done.try_set(Some(word));
                }
                Err(refused) => self.shared.say(self.problem, refused),
            }
            self.busy.try_set(false);
            self.shared.look_at_lock().await;
        });
    }

    fn lock_now(self) {
        spawn_local(async move {
            if let Err(refused) = backend::lock_now().await {
                self.shared.say(self.problem, refused);
            }
            self.shared.look_at_lock().await;
        });
    }
}

/// Sets, changes and takes away the PIN, and says when it locks.
#[component]
pub(crate) fn LockSettings() -> impl IntoView {
    let t = speaker();
    let shared = shared();
    let change = Change::begin(shared);
    let is_set = Memo::new(move |_| shared.lock.get().pin_set);
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        change.submit();
    };
    let field = move |id: &'static str, word: Word, value: RwSignal<String>| {
        view! {
            <div class="field">
                <label for=id>{t.say(word)}</label>
                <input
                    id=id
                    type="password"
                    inputmode="numeric"
                    autocomplete="off"
                    prop:value=move || value.get()
                    on:input=move |event| value.set(event_target_value(&event))
                />
            </div>
        }
    };
    let is_busy = move || change.busy.get();
    view! {
        <section class="card stack tight" id="settings-lock">
            <h2>{t.say(words::LOCK_SETTINGS)}</h2>
            <p class="second">
                {move || t.say(if is_set.get() { words::LOCK_IS_SET } else { words::LOCK_NOT_SET })}
            </p>
            <form class="stack tight" on:submit=submit>
                <Show when=move || is_set.get()>{field("pin-old", words::LOCK_OLD, change.old)}</Show>
                {field("pin-new", words::LOCK_NEW, change.new)}
                {field("pin-again", words::LOCK_AGAIN, change.again)}
                {move || change.problem.get().map(|problem| view! { <ProblemNotice problem /> })}
                {move || change.done.get().map(|word| view! { <p role="status">{t.say(word)}</p> })}
                <button
                    type="submit"
                    id="pin-set"
                    aria-disabled=move || is_busy().then_some("true")
                >
                    {move || t.say(if is_busy() { words::LOCK_BUSY } else { words::LOCK_SET })}
                </button>
            </form>
            <Show when=move || is_set.get()>
                <Minutes />
                <div class="row">
                    <button type="button" id="pin-remove" on:click=move |_| {
                        change.make(None, words::LOCK_REMOVED);
                    }>{t.say(words::LOCK_REMOVE)}</button>
                    <button type="button" id="lock-now" on:click=move |_| change.lock_now()>
                        {t.say(words::LOCK_NOW)}
                    </button>
                </div>
            </Show>
        </section>
    }
}

#[component]
fn Minutes() -> impl IntoView {
    let t = speaker();
    let shared = shared();
    let LockView { minutes, .. } = shared.lock.get_untracked();
    let keep = move |event| {
        let Ok(minutes) = event_target_value(&event).parse::<u32>() else {
            return;
        };
        spawn_local(async move {
            if let Err(problem) = backend::set_lock_minutes(minutes).await {
                leptos::logging::warn!("could not keep the minutes: {}", problem.code);
            }
        });
    };
    view! {
        <div class="field">
            <label for="lock-minutes">{t.say(words::LOCK_AFTER)}</label>
            <select id="lock-minutes" on:change=keep>
                {MINUTES
                    .map(|one| {
                        let text = t.with(words::LOCK_MINUTES, one);
                        view! {
                            <option value=one.to_string() selected=one == minutes>
                                {text}
                            </option>
                        }
                    })
                    .collect_view()}
            </select>
        </div>
    }
}
