//! 我的账号: who one is here, and another password.

use crate::api;
use crate::components::states::FormProblem;
use crate::desk::{Desk, Session};
use crate::icons::{Icon, Shape};
use crate::words::{self, Word};
use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::wire::console::PasswordChange;

/// The page.
#[component]
pub(crate) fn AccountPage() -> impl IntoView {
    let desk = Desk::here();
    desk.title(move || desk.say(words::MY_ACCOUNT).to_owned());
    let who = move || {
        desk.session.with(|session| match session {
            Session::In(answer) => format!("{} · {}", answer.me.name, answer.me.login),
            _ => String::new(),
        })
    };
    view! {
        <div class="page stack" data-test="account">
            <h1>{move || desk.say(words::MY_ACCOUNT)}</h1>
            <p>{who}</p>
            <PasswordForm/>
        </div>
    }
}

/// What is being filled in.
#[derive(Clone, Copy)]
struct Fields {
    old: RwSignal<String>,
    new: RwSignal<String>,
    again: RwSignal<String>,
}

impl Fields {
    fn new() -> Self {
        let empty = || RwSignal::new(String::new());
        Self {
            old: empty(),
            new: empty(),
            again: empty(),
        }
    }

    /// The change as the wire wants it, or what is wrong. How long it has to be says the server.
    fn whole(self) -> Result<PasswordChange, Word> {
        let change = PasswordChange {
            old: self.old.get_untracked(),
            new: self.new.get_untracked(),
        };
        if change.old.is_empty() || change.new.is_empty() {
            return Err(words::PASSWORD_ALL);
        }
        if change.new != self.again.get_untracked() {
            return Err(words::PASSWORD_DIFFERS);
        }
        Ok(change)
    }

    /// Nothing of it stays on the screen.
    fn clear(self) {
        for field in [self.old, self.new, self.again] {
            field.try_set(String::new());
        }
    }
}

#[component]
fn PasswordForm() -> impl IntoView {
    let desk = Desk::here();
    let fields = Fields::new();
    let (busy, done) = (RwSignal::new(false), RwSignal::new(false));
    let problem = RwSignal::new(None::<String>);
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        if busy.get_untracked() {
            return;
        }
        done.set(false);
        let change = match fields.whole() {
            Ok(change) => change,
            Err(wrong) => {
                problem.set(Some(desk.say(wrong).to_owned()));
                return;
            }
        };
        busy.set(true);
        problem.set(None);
        spawn_local(async move {
            match api::change_password(&change).await {
                Ok(()) => {
                    fields.clear();
                    done.try_set(true);
                }
                Err(refused) => {
                    desk.notice(&refused);
                    problem.try_set(Some(refused.words(desk.lang.get_untracked())));
                }
            }
            busy.try_set(false);
        });
    };
    let field = move |id: &'static str, fill: &'static str, word: Word, text: RwSignal<String>| {
        view! {
            <div class="field">
                <label for=id>{move || desk.say(word)}</label>
                <input
                    id=id
                    type="password"
                    autocomplete=fill
                    aria-describedby="password-length"
                    prop:value=text
                    on:input=move |event| text.set(event_target_value(&event))
                />
            </div>
        }
    };
    view! {
        <form class="card stack narrow acts" id="password-form" on:submit=submit>
            <h2>{move || desk.say(words::CHANGE_PASSWORD)}</h2>
            {field("password-old", "current-password", words::PASSWORD_NOW, fields.old)}
            {field("password-new", "new-password", words::PASSWORD_NEXT, fields.new)}
            {field("password-again", "new-password", words::PASSWORD_AGAIN, fields.again)}
            <p class="hint" id="password-length">{move || desk.say(words::PASSWORD_LENGTH)}</p>
            <FormProblem words=problem/>
            <div role="status">
                {move || done.get().then(|| view! {
                    <p class="notice" data-state="safe" data-test="password-changed">
                        <Icon shape=Shape::CircleCheck/>
                        {move || desk.say(words::PASSWORD_CHANGED)}
                    </p>
                })}
            </div>
            <button type="submit" class="primary" id="password-save" prop:disabled=busy>
                {move || {
                    desk.say(if busy.get() { words::SENDING } else { words::CHANGE_PASSWORD })
                }}
            </button>
        </form>
    }
}
