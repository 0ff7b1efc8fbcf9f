//! A button that asks: what can't be taken back is done at a second press only.

use crate::desk::Desk;
use crate::words::Word;
use leptos::ev::MouseEvent;
use leptos::prelude::*;

/// The button. Its first press asks by other words on it, its second answers.
#[component]
pub(crate) fn Sure<K: Copy + PartialEq + Send + Sync + 'static>(
    /// What the button is about.
    of: K,
    /// What was asked about last. Kept outside: a row may be made anew between the presses.
    asked: RwSignal<Option<K>>,
    /// What is done.
    word: Word,
    /// The question.
    sure: Word,
    /// What tests call it.
    mark: &'static str,
    /// It is being done.
    #[prop(into)]
    busy: Signal<bool>,
    /// The question was answered.
    on_sure: Callback<()>,
) -> impl IntoView {
    let desk = Desk::here();
    let press = move |event: MouseEvent| {
        // The second press of a double click answers no question.
        if event.detail() > 1 {
            return;
        }
        if asked.get_untracked() == Some(of) {
            asked.set(None);
            on_sure.run(());
        } else {
            asked.set(Some(of));
        }
    };
    let label = move || {
        let is_asked = asked.get() == Some(of);
        desk.say(if is_asked { sure } else { word })
    };
    view! {
        <button type="button" data-test=mark prop:disabled=busy on:click=press>
            {label}
        </button>
    }
}
