//! Small controls: a switch with its label, a fact with its name.

use crate::state::speaker;
use crate::words::Word;
use leptos::prelude::*;

/// A switch; the whole line can be pressed.
#[component]
pub(crate) fn Switch(
    id: &'static str,
    label: &'static str,
    #[prop(optional)] help: Option<&'static str>,
    #[prop(into)] on: Signal<bool>,
    change: impl Fn(bool) + 'static,
) -> impl IntoView {
    view! {
        <label class="check switch">
            <span class="grow">
                {label}
                {help.map(|help| view! { <span class="second block">{help}</span> })}
            </span>
            <input
                id=id
                type="checkbox"
                role="switch"
                prop:checked=on
                on:change=move |event| change(event_target_checked(&event))
            />
        </label>
    }
}

/// A fact with its name, for a `<dl class="facts">`.
#[component]
pub(crate) fn Fact(word: Word, text: String) -> impl IntoView {
    view! {
        <div>
            <dt>{speaker().say(word)}</dt>
            <dd>{text}</dd>
        </div>
    }
}
