//! A change that came after somebody else's: by whom and when, and what is to become of it.

use super::{Sheet, Spot};
use crate::desk::{Desk, focus};
use crate::format;
use crate::icons::{Icon, Shape};
use crate::words;
use leptos::prelude::*;

/// What the panel is called on the page.
const ID: &str = "draft-newer";

/// The choice, while there is one.
#[component]
pub(super) fn Newer(sheet: Sheet) -> impl IntoView {
    let waits = Memo::new(move |_| sheet.newer.with(Option::is_some));
    view! {
        <Show when=move || waits.get()>
            <Panel sheet=sheet/>
        </Show>
    }
}

#[component]
fn Panel(sheet: Sheet) -> impl IntoView {
    let desk = Desk::here();
    // Once, when it is on the page: the change was made further down.
    Effect::new(move |before: Option<()>| {
        if before.is_none() {
            focus(ID);
        }
    });
    let who = move || {
        let (now, lang) = (desk.now.get(), desk.lang.get());
        sheet.newer.with(|newer| {
            let row = &newer.as_ref()?.row;
            let at = format::moment(row.changed_ms, now, lang);
            Some(format!("{} {at} {}", words::DRAFT_CHANGED.of(lang), row.by))
        })
    };
    let load = move |_| {
        if let Some(newer) = sheet.newer.get_untracked() {
            sheet.load(newer, Spot::Newer);
        }
    };
    view! {
        <section class="conflict stack" role="alert" tabindex="-1" id=ID>
            <h3 class="row">
                <Icon shape=Shape::TriangleAlert/>
                <span class="grow">{move || desk.say(words::DRAFT_NEWER)}</span>
            </h3>
            <p>{move || desk.say(words::DRAFT_NEWER_HOW)}</p>
            <p class="second">{who}</p>
            <div class="row">
                <button
                    type="button"
                    class="primary"
                    id="draft-save-over"
                    prop:disabled=sheet.busy
                    on:click=move |_| sheet.save_over()
                >
                    {move || desk.say(words::DRAFT_SAVE_OVER)}
                </button>
                <button type="button" id="draft-load" prop:disabled=sheet.busy on:click=load>
                    {move || desk.say(words::DRAFT_LOAD)}
                </button>
            </div>
        </section>
    }
}
