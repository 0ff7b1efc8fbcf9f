//! The open form of a move: its fields in order, what is missing beside each, and two buttons.

use super::fields::FactField;
use super::plan::{self, Begun};
use super::{MoveForm, Wants, fields, shape};
use crate::components::states::FormProblem;
use crate::desk::{Desk, focus};
use crate::icons::Icon;
use crate::words;
use leptos::ev::{KeyboardEvent, SubmitEvent};
use leptos::prelude::*;
use shared::case::Fact;
use shared::wire::console::CaseDetail;

/// The form.
#[component]
pub(crate) fn FilledIn(
    begun: Begun,
    #[prop(into)] case: Signal<Option<CaseDetail>>,
    form: MoveForm,
    #[prop(into)] held: Signal<bool>,
    wants: Wants,
    on_submit: Callback<()>,
    on_cancel: Callback<()>,
) -> impl IntoView {
    let desk = Desk::here();
    let shown = Memo::new(move |_| form.fields(case));
    let facts = move || -> Vec<Fact> {
        let fields = shown.get();
        fields.iter().map(|field| field.fact).collect()
    };
    // Once, when the form is on the page: where there is something to fill in.
    Effect::new(move |before: Option<()>| {
        if before.is_none() {
            focus(first_to_fill(form, case));
        }
    });
    let waits = move || form.busy.get() || held.get();
    let submit = move || {
        if !untrack(waits) && !form.lacks(case, desk.now.get_untracked()) {
            on_submit.run(());
        }
    };
    let on_key = move |event: KeyboardEvent| match event.key().as_str() {
        "Escape" => on_cancel.run(()),
        "Enter" if event.ctrl_key() || event.meta_key() => submit(),
        _ => {}
    };
    let shape = shape(&begun);
    let word = Signal::derive(move || begun.words(desk.lang.get()));
    view! {
        <form
            class="stack tight"
            id="move-form"
            on:submit=move |event: SubmitEvent| {
                event.prevent_default();
                submit();
            }
            on:keydown=on_key
        >
            <h3 class="row"><Icon shape=shape/>{word}</h3>
            <For each=facts key=|fact| *fact let:fact>
                <FactField
                    fact=fact
                    required=Signal::derive(move || {
                        shown.with(|all| all.iter().any(|one| one.fact == fact && one.required))
                    })
                    case=case
                    form=form
                    wants=wants
                />
            </For>
            <FormProblem words=form.problem/>
            <Submit form=form waits=Signal::derive(waits) word=word on_cancel=on_cancel/>
        </form>
    }
}

#[component]
fn Submit(
    form: MoveForm,
    waits: Signal<bool>,
    word: Signal<String>,
    on_cancel: Callback<()>,
) -> impl IntoView {
    let desk = Desk::here();
    // English puts a space and a colon between two words where Chinese puts nothing.
    let gap = move || desk.lang.get().pick("", ": ");
    view! {
        <div class="row">
            <button type="submit" class="primary" id="move-submit" prop:disabled=waits>
                {move || {
                    if form.busy.get() {
                        desk.say(words::SENDING).to_owned()
                    } else {
                        format!("{}{}{}", desk.say(words::CONFIRM), gap(), word.get())
                    }
                }}
            </button>
            <button type="button" id="move-cancel" on:click=move |_| on_cancel.run(())>
                {move || desk.say(words::CANCEL)}
            </button>
        </div>
    }
}

/// The first field that something is missing in, else the words.
fn first_to_fill(form: MoveForm, case: Signal<Option<CaseDetail>>) -> &'static str {
    untrack(|| {
        let shown = form.fields(case);
        let request = form.request(0);
        let now = Desk::here().now.get();
        let lack = case.with(|case| plan::lack(&shown, request.as_ref()?, case.as_ref()?, now));
        fields::id(lack.map_or(Fact::Reason, |lack| plan::beside(&lack)))
    })
}
