//! The first page: binding this device to a person by a one-time code, with language and large
//! type in reach before anything has to be read.

use crate::backend;
use crate::components::field::Switch;
use crate::components::icon::{Icon, Shape};
use crate::components::notice::ProblemNotice;
use crate::pages::settings::LanguageChoice;
use crate::route::Route;
use crate::state::{self, shared, speaker};
use crate::words;
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::invitation::Invitation;
use shared::wire::handheld::{Problem, SyncState};

/// Server address and one-time code.
#[component]
pub(crate) fn Bind() -> impl IntoView {
    let t = speaker();
    let shared = shared();
    let server = RwSignal::new(shared.settings.get_untracked().server);
    let code = RwSignal::new(String::new());
    let (busy, set_busy) = signal(false);
    let (problem, set_problem) = signal(None::<Problem>);
    let again = move || {
        shared.sync.with(|sync| {
            sync.as_ref()
                .is_some_and(|sync| sync.state == SyncState::Paused)
        })
    };
    let is_bound = move || {
        shared.sync.with(|sync| {
            sync.as_ref()
                .is_some_and(|sync| sync.state != SyncState::NotEnrolled)
        })
    };
    let bind = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let (server, code) = (server.get_untracked(), code.get_untracked());
        let (server, code) = (server.trim().to_owned(), code.trim().to_owned());
        // A whole invitation names the server itself.
        let is_whole = Invitation::parse(&code).host.is_some();
        if code.is_empty() || (server.is_empty() && !is_whole) {
            set_problem.set(Some(words::problem_of("empty", words::BIND_EMPTY)));
            return;
        }
        if busy.get_untracked() {
            return;
        }
        set_busy.set(true);
        set_problem.set(None);
        spawn_local(async move {
            let answer = backend::enrol(&server, &code).await;
            set_busy.try_set(false);
            match answer {
                Ok(me) => {
                    shared
                        .settings
                        .update(|settings| settings.server = me.server);
                    shared.sync.set(backend::sync_status().await.ok());
                    shared.look_again();
                    state::rename(Route::Home);
                    shared.route.set(Route::Home);
                }
                Err(wrong) => {
                    set_problem.try_set(Some(wrong));
                }
            }
        });
    };
    view! {
        <div class="page stack bind">
            <Show when=is_bound>
                <div class="row bar">
                    <a class="button quiet" id="back" href=Route::Settings.href()>
                        <Icon shape=Shape::ArrowLeft />
                        {t.say(words::BACK)}
                    </a>
                </div>
            </Show>
            <header class="brand">
                <img src="/favicon.svg" alt="" width="56" height="56" />
                <div>
                    <h1>{t.say(words::APP)}</h1>
                    <p class="second">{t.say(words::MOTTO)}</p>
                </div>
            </header>
            <section class="card stack tight">
                <Switch
                    id="large-type"
                    label=t.say(words::LARGE_TYPE)
                    on=Signal::derive(move || shared.settings.read().large_type)
                    change=move |on| shared.set_settings(|settings| settings.large_type = on)
                />
                <LanguageChoice />
            </section>
            <form class="card stack" on:submit=bind novalidate>
                <h2>{t.say(words::BIND_TITLE)}</h2>
                <p class="second">
                    {move || t.say(if again() { words::BIND_AGAIN } else { words::BIND_HELP })}
                </p>
                <div class="field">
                    <label for="bind-server">{t.say(words::BIND_SERVER)}</label>
                    <input
                        id="bind-server"
                        type="url"
                        inputmode="url"
                        autocomplete="url"
                        aria-describedby="bind-server-hint"
                        prop:value=move || server.get()
                        on:input=move |event| server.set(event_target_value(&event))
                    />
                    <p id="bind-server-hint" class="hint">{t.say(words::BIND_SERVER_HINT)}</p>
                </div>
                <div class="field">
                    <label for="bind-code">{t.say(words::BIND_CODE)}</label>
                    <input
                        id="bind-code"
                        type="text"
                        autocomplete="one-time-code"
                        autocapitalize="characters"
                        spellcheck="false"
                        prop:value=move || code.get()
                        on:input=move |event| code.set(event_target_value(&event))
                    />
                </div>
                {move || problem.get().map(|problem| view! { <ProblemNotice problem /> })}
                <button
                    id="bind-go"
                    type="submit"
                    class="primary wide"
                    aria-disabled=move || busy.get().then_some("true")
                >
                    <Icon shape=Shape::Check />
                    {move || t.say(if busy.get() { words::BIND_BUSY } else { words::BIND_GO })}
                </button>
            </form>
        </div>
    }
}
