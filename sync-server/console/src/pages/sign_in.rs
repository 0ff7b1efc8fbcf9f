//! Signing in, at whatever address somebody came to.

use crate::api;
use crate::app::LanguageSwitch;
use crate::components::states::FormProblem;
use crate::desk::Desk;
use crate::words;
use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::wire::console::SignInRequest;

/// The page.
#[component]
pub(crate) fn SignInPage() -> impl IntoView {
    let desk = Desk::here();
    desk.title(move || desk.say(words::SIGN_IN).to_owned());
    let (login, password) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let busy = RwSignal::new(false);
    let problem = RwSignal::new(None::<String>);
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let request = SignInRequest {
            login: login.get_untracked().trim().to_owned(),
            password: password.get_untracked(),
        };
        if request.login.is_empty() || request.password.is_empty() {
            problem.set(Some(desk.say(words::SIGN_IN_BOTH).to_owned()));
            return;
        }
        busy.set(true);
        problem.set(None);
        spawn_local(async move {
            match api::sign_in(&request).await {
                Ok(()) => desk.ask_who(),
                Err(refused) => {
                    busy.set(false);
                    problem.set(Some(refused.words(desk.lang.get_untracked())));
                }
            }
        });
    };
    view! {
        <main id="main" class="sign-in">
            <form class="card stack" id="sign-in-form" on:submit=submit>
                <header class="row">
                    <img src="/favicon.svg" width="48" height="48" alt=""/>
                    <div class="grow">
                        <h1>{move || desk.say(words::PRODUCT)}</h1>
                        <p class="second">{move || desk.say(words::MOTTO)}</p>
                    </div>
                </header>
                <div class="field">
                    <label for="login">{move || desk.say(words::LOGIN)}</label>
                    <input
                        id="login"
                        name="login"
                        autocomplete="username"
                        autocapitalize="none"
                        spellcheck="false"
                        autofocus=true
                        prop:value=login
                        on:input=move |event| login.set(event_target_value(&event))
                    />
                </div>
                <div class="field">
                    <label for="password">{move || desk.say(words::PASSWORD)}</label>
                    <input
                        id="password"
                        name="password"
                        type="password"
                        autocomplete="current-password"
                        prop:value=password
                        on:input=move |event| password.set(event_target_value(&event))
                    />
                </div>
                <FormProblem words=problem/>
                <button type="submit" class="primary wide" id="sign-in" prop:disabled=busy>
                    {move || {
                        desk.say(if busy.get() { words::SIGNING_IN } else { words::SIGN_IN })
                    }}
                </button>
                <p class="second">{move || desk.say(words::SIGN_IN_HINT)}</p>
                <LanguageSwitch/>
            </form>
        </main>
    }
}
