//! Into which case another one is merged.

use super::{MoveForm, Wants};
use crate::desk::{Desk, state_word};
use crate::format;
use crate::words;
use leptos::ev::KeyboardEvent;
use leptos::prelude::*;
use shared::wire::console::{CaseDetail, CaseRow};

/// Which case: looked for by words, chosen from what was found.
#[component]
pub(super) fn IntoField(
    case: Signal<Option<CaseDetail>>,
    form: MoveForm,
    wants: Wants,
) -> impl IntoView {
    let desk = Desk::here();
    let text = RwSignal::new(String::new());
    let look = move || {
        let words = text.get_untracked().trim().to_owned();
        if !words.is_empty() {
            wants.cases.run(words);
        }
    };
    let on_key = move |event: KeyboardEvent| {
        if event.key() == "Enter" && !event.ctrl_key() && !event.meta_key() {
            event.prevent_default();
            look();
        }
    };
    let found = move || {
        let own = case.with(|case| case.as_ref().map(|case| case.row.id));
        let rows = form.cases.get()?;
        let rows: Vec<CaseRow> = rows.into_iter().filter(|row| Some(row.id) != own).collect();
        if rows.is_empty() {
            return Some(
                view! { <p data-test="into-none">{desk.say(words::FOUND_NONE)}</p> }.into_any(),
            );
        }
        let rows: Vec<_> = rows.iter().map(|row| candidate(desk, form, row)).collect();
        Some(view! { <div class="radios column" data-test="into-found">{rows}</div> }.into_any())
    };
    view! {
        <div class="field">
            <label for="move-into">{move || desk.say(words::INTO)}</label>
            <div class="row nowrap">
                <input
                    id="move-into"
                    type="search"
                    aria-describedby="move-into-how"
                    on:input=move |event| text.set(event_target_value(&event))
                    on:keydown=on_key
                />
                <button type="button" id="move-into-look" on:click=move |_| look()>
                    {move || desk.say(words::FIND)}
                </button>
            </div>
            <small id="move-into-how">{move || desk.say(words::INTO_HOW)}</small>
            <div aria-live="polite">{found}</div>
        </div>
    }
}

fn candidate(desk: Desk, form: MoveForm, row: &CaseRow) -> impl IntoView + use<> {
    let id = row.id;
    let lang = desk.lang.get_untracked();
    let line = format!("{} · {}", row.category_name, state_word(&row.state, lang));
    let place = format::place(&row.place);
    let number = row.case_no.clone();
    view! {
        <label class="check candidate">
            <input
                type="radio"
                name="move-into-case"
                data-test="into-case"
                prop:checked=move || form.into.get() == Some(id)
                on:change=move |_| form.into.set(Some(id))
            />
            <span>
                <code>{number}</code> " " {line}
                <small>{place}</small>
            </span>
        </label>
    }
}
