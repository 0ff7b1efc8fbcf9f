//! 信使文件 in the settings: export what waits, deliver another's file, take an answer in.

use crate::backend::{self, Answer};
use crate::components::field::Fact;
use crate::components::icon::{Icon, Shape};
use crate::components::notice::ProblemNotice;
use crate::components::photos::chosen_files;
use crate::state::{shared, speaker};
use crate::words::{self, unknown_problem};
use js_sys::Uint8Array;
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::wire::handheld::{CourierView, Problem};
use web_sys::File;

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
        done.set(None);
        spawn_local(async move {
            let outcome = backend::export_courier().await;
            busy.try_set(false);
            done.try_set(Some(outcome.map(|view| (true, view))));
        });
    };
    let import = move |event: leptos::ev::Event| {
        let Some(file) = chosen_files(&event).into_iter().next() else {
            return;
        };
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        done.set(None);
        spawn_local(async move {
            let outcome = take_in(&file).await;
            busy.try_set(false);
            shared.look_again();
            // Delivering takes long: whoever left meanwhile hears that it failed all the same.
            if let Some(Some(Err(refused))) = done.try_set(Some(outcome.map(|view| (false, view))))
            {
                shared.late.set(Some(refused));
            }
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
                prop:disabled=busy
                on:change=import
            />
            <p class="busy" role="status">
                {move || busy.get().then(|| t.say(words::COURIER_BUSY))}
            </p>
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

async fn take_in(file: &File) -> Answer<CourierView> {
    let buffer = wasm_bindgen_futures::JsFuture::from(file.array_buffer())
        .await
        .map_err(|_| unknown_problem("file"))?;
    backend::import_courier(&Uint8Array::new(&buffer)).await
}
