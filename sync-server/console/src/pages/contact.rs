//! 联系人: whom to call about a case, masked until somebody who may asks for it.

use crate::api::{self, Problem};
use crate::components::states::FormProblem;
use crate::desk::Desk;
use crate::words;
use leptos::ev::MouseEvent;
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::contact::MaskedContact;
use shared::id::CaseId;
use shared::role::Action;

/// Masked, with the ways to read and to erase it; nothing where a case has none.
#[component]
pub(crate) fn Contact(
    /// The case.
    id: CaseId,
    /// As the case shows it.
    masked: Memo<Option<MaskedContact>>,
    /// Something was changed: the case is asked for again.
    on_change: Callback<()>,
) -> impl IntoView {
    let desk = Desk::here();
    let shown = RwSignal::new(None::<String>);
    let sure = RwSignal::new(false);
    let busy = RwSignal::new(false);
    let problem = RwSignal::new(None::<Problem>);
    let refuse = move |refused: Problem| {
        desk.notice(&refused);
        drop(problem.try_set(Some(refused)));
    };
    let read = move |_| {
        busy.set(true);
        problem.set(None);
        spawn_local(async move {
            match api::contact(id).await {
                Ok(contact) => {
                    shown.try_set(Some(format!("{} {}", contact.name, contact.phone)));
                }
                Err(refused) => refuse(refused),
            }
            busy.try_set(false);
        });
    };
    let erase = move |event: MouseEvent| {
        if !sure.get_untracked() {
            sure.set(true);
            return;
        }
        // The second press of a double click is no answer to the question.
        if event.detail() > 1 {
            return;
        }
        busy.set(true);
        problem.set(None);
        spawn_local(async move {
            match api::erase_contact(id).await {
                Ok(()) => {
                    shown.try_set(None);
                    on_change.run(());
                }
                Err(refused) => refuse(refused),
            }
            busy.try_set(false);
        });
    };
    let problem_words =
        Signal::derive(move || problem.get().map(|problem| problem.words(desk.lang.get())));
    let line = move |masked: &MaskedContact| {
        if masked.erased {
            return view! { <p class="second">{move || desk.say(words::CONTACT_ERASED)}</p> }
                .into_any();
        }
        let text = format!("{} {}", masked.name, masked.phone);
        let may_read = masked.may_read;
        view! {
            <p class="row">
                <strong>{move || desk.say(words::CONTACT)}</strong>
                <span data-test="contact">
                    {move || shown.get().unwrap_or_else(|| text.clone())}
                </span>
            </p>
            <Show when=move || may_read && shown.with(Option::is_none)>
                <button type="button" id="contact-read" prop:disabled=busy on:click=read>
                    {move || desk.say(words::CONTACT_READ)}
                </button>
                <p class="second">{move || desk.say(words::CONTACT_READ_WHAT)}</p>
            </Show>
            <Show when=move || desk.may(Action::EraseContact)>
                <button type="button" class="quiet" id="contact-erase" prop:disabled=busy on:click=erase>
                    {move || desk.say(words::CONTACT_ERASE)}
                </button>
                <Show when=move || sure.get()>
                    <p role="status">{move || desk.say(words::CONTACT_ERASE_SURE)}</p>
                </Show>
            </Show>
        }
        .into_any()
    };
    view! {
        {move || masked.with(|masked| masked.as_ref().map(line))}
        <FormProblem words=problem_words/>
    }
}
