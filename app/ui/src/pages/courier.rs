//! 信使文件 in the settings: export what waits, deliver another's file, take an answer in.

use crate::backend;
use crate::components::field::Fact;
use crate::components::icon::{Icon, Shape};
use crate::components::notice::ProblemNotice;
use crate::state::{shared, speaker};
use crate::words;
use js_sys::Uint8Array;
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::wire::handheld::{CourierView, Problem};
use web_sys::{File, HtmlInputElement};

/// Whether it was an export, and what came of it.
type Done = Option<Result<(bool, CourierView), Problem>>;

/// The card in the settings.
#[component]
pub(crate) fn CourierCard() -> impl IntoView {
    let t = speaker();
    let shared = shared();
    let done = RwSignal::<Done>::new(None);
    let busy = RwSignal::new(false);
    let export = move |_| {
        // A second press would take the place of what the first one writes.
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        spawn_local(async move {
            let outcome = backend::export_courier().await;
            busy.try_set(false);
            done.try_set(Some(outcome.map(|view| (true, view))));
        });
    };
    let import = move |event| {
        let input: HtmlInputElement = event_target(&event);
        let Some(file) = input.files().and_then(|files| files.get(0)) else {
            return;
        };
        spawn_local(async move {
            let Some(bytes) = bytes_of(&file).await else {
                return;
            };
            // So that the same file can be chosen again.
            input.set_value("");
            let outcome = backend::import_courier(&bytes).await;
            done.try_set(Some(outcome.map(|view| (false, view))));
            shared.look_again();
        });
    };
    view! {
        <section class="card stack tight" id="settings-courier">
            <h2>{t.say(words::COURIER)}</h2>
            <p class="second">{t.say(words::COURIER_WHAT)}</p>
            <button type="button" id="courier-export" prop:disabled=busy on:click=export>
                <Icon shape=Shape::Upload />
                {t.say(words::COURIER_EXPORT)}
            </button>
            <label class="button" for="courier-import">{t.say(words::COURIER_IMPORT)}</label>
            <input
                id="courier-import"
                type="file"
                accept=".gewu,.answer"
                class="visually-hidden"
                on:change=import
            />
            {move || done.get().map(|done| match done {
                Ok((exported, view)) => view! { <Outcome exported view /> }.into_any(),
                Err(problem) => view! { <ProblemNotice problem /> }.into_any(),
            })}
        </section>
    }
}

#[component]
fn Outcome(exported: bool, view: CourierView) -> impl IntoView {
    let t = speaker();
    if exported && view.files.is_empty() {
        return view! { <p role="status" id="courier-done">{t.say(words::COURIER_NOTHING)}</p> }
            .into_any();
    }
    let word = match (exported, view.delivered) {
        (true, _) => words::COURIER_EXPORTED,
        (false, true) => words::COURIER_DELIVERED,
        (false, false) => words::COURIER_ANSWERED,
    };
    let files = view.files.into_iter();
    view! {
        <dl class="facts" role="status" id="courier-done">
            <Fact word=word text=format!("{} / {}", view.operations, view.photos) />
            {files
                .map(|text| view! { <Fact word=words::COURIER_PATH text /> })
                .collect::<Vec<_>>()}
        </dl>
    }
    .into_any()
}

async fn bytes_of(file: &File) -> Option<Uint8Array> {
    let buffer = wasm_bindgen_futures::JsFuture::from(file.array_buffer()).await;
    Some(Uint8Array::new(&buffer.ok()?))
}
