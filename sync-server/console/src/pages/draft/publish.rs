//! Publishing a draft from a moment on, or giving it up.

use super::said::Said;
use super::{Sheet, Spot};
use crate::api;
use crate::components::sure::Sure;
use crate::desk::Desk;
use crate::filter;
use crate::words;
use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::hooks::use_navigate;
use shared::id::CatalogueDraftId;
use shared::wire::catalogue::PublishRequest;

/// The form.
#[component]
pub(super) fn Publish(sheet: Sheet) -> impl IntoView {
    let desk = Desk::here();
    let (from, about) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let seen = RwSignal::new(false);
    // Whoever changed something looks again.
    Effect::new(move |_| {
        sheet.shown.track();
        seen.set(false);
    });
    let doubts = Memo::new(move |_| {
        let shown = sheet.shown.read();
        shown
            .as_ref()
            .is_some_and(|detail| !detail.review.suspicions.is_empty())
    });
    let blocked = Memo::new(move |_| {
        let shown = sheet.shown.read();
        shown
            .as_ref()
            .is_none_or(|detail| detail.review.blocks() || detail.review.is_empty())
    });
    let navigate = use_navigate();
    let leave = Callback::new(move |()| navigate("/catalogue", Default::default()));
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let typed = from.get_untracked();
        let from_ms = filter::moment(&typed);
        if from_ms.is_none() && !typed.is_empty() {
            sheet.say(Spot::Publish, words::WRONG_TIME);
            return;
        }
        let request = PublishRequest {
            base_revision: sheet.revision(),
            from_ms,
            words: about.get_untracked(),
            suspicions_seen: seen.get_untracked(),
        };
        sheet.busy.set(true);
        sheet.problem.set(None);
        spawn_local(async move {
            match api::publish(sheet.id, &request).await {
                Ok(_version) => {
                    leave.try_run(());
                }
                // What is published was looked at: others' changes first.
                Err(refused) => match sheet.as_it_is_now(&refused).await {
                    Some(detail) => sheet.load(detail, Spot::Publish),
                    None => sheet.refused(Spot::Publish, &refused),
                },
            }
            sheet.busy.set(false);
        });
    };
    view! {
        <form class="card stack narrow" id="draft-publish" on:submit=submit>
            <h2>{move || desk.say(words::PUBLISH)}</h2>
            <p class="second">{move || desk.say(words::PUBLISH_WHAT)}</p>
            <div class="field">
                <label for="publish-words">{move || desk.say(words::PUBLISH_WORDS)}</label>
                <input
                    id="publish-words"
                    maxlength="100"
                    autocomplete="off"
                    prop:value=about
                    on:input=move |event| about.set(event_target_value(&event))
                />
            </div>
            <div class="field">
                <label for="publish-from">{move || desk.say(words::PUBLISH_FROM)}</label>
                <input
                    id="publish-from"
                    type="datetime-local"
                    prop:value=from
                    on:input=move |event| from.set(event_target_value(&event))
                />
            </div>
            <Show when=move || doubts.get()>
                <label class="check">
                    <input
                        id="publish-seen"
                        type="checkbox"
                        prop:checked=seen
                        on:change=move |event| seen.set(event_target_checked(&event))
                    />
                    {move || desk.say(words::PUBLISH_SEEN)}
                </label>
            </Show>
            <div class="row">
                <button
                    type="submit"
                    class="primary"
                    id="publish"
                    prop:disabled=move || sheet.held.get() || blocked.get() || (doubts.get() && !seen.get())
                >
                    {move || desk.say(words::PUBLISH)}
                </button>
                <GiveUp sheet=sheet leave=leave/>
            </div>
            <Said sheet=sheet spot=Spot::Publish/>
        </form>
    }
}

/// Gives the draft up, asking once more.
#[component]
fn GiveUp(sheet: Sheet, leave: Callback<()>) -> impl IntoView {
    let asked = RwSignal::new(None::<CatalogueDraftId>);
    let give_up = Callback::new(move |()| {
        sheet.busy.set(true);
        sheet.problem.set(None);
        spawn_local(async move {
            match api::give_up_draft(sheet.id).await {
                Ok(()) => {
                    leave.try_run(());
                }
                Err(refused) => sheet.refused(Spot::Publish, &refused),
            }
            sheet.busy.set(false);
        });
    });
    view! {
        <Sure
            of=sheet.id
            asked=asked
            word=words::DRAFT_GIVE_UP
            sure=words::DRAFT_GIVE_UP_SURE
            mark="give-up"
            busy=sheet.busy
            on_sure=give_up
        />
    }
}
