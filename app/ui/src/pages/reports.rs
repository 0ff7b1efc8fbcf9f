//! My reports, each with where it stands; those that need me; and drafts.

use crate::backend;
use crate::components::icon::{Icon, Shape};
use crate::components::notice::{Empty, ProblemNotice, UndoBar};
use crate::components::report_row::{ReportItem, Thumbnail};
use crate::route::{Route, Shown};
use crate::state::{Shared, UNDO_MS, live, shared, speaker};
use crate::words::{self, Word};
use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::id::DraftId;
use shared::wire::handheld::{DraftRow, ReportRow};

/// My reports.
#[component]
pub(crate) fn Reports(shown: Shown) -> impl IntoView {
    let t = speaker();
    view! {
        <div class="page stack">
            <h1>{t.say(words::REPORTS_TITLE)}</h1>
            <nav class="segments" aria-label=t.say(words::REPORTS_SHOW)>
                <Segment id="reports-all" word=words::REPORTS_ALL to=Shown::All shown />
                <Segment id="reports-attention" word=words::REPORTS_ATTENTION to=Shown::Attention shown />
                <Segment id="reports-drafts" word=words::REPORTS_DRAFTS to=Shown::Drafts shown />
            </nav>
            {match shown {
                Shown::All => view! { <Filed empty=words::REPORTS_EMPTY keep=|_| true /> }.into_any(),
                Shown::Attention => view! {
                    <Filed
                        empty=words::REPORTS_EMPTY_ATTENTION
                        keep=|row| row.problem.is_some()
                    />
                }.into_any(),
                Shown::Drafts => view! { <Drafts /> }.into_any(),
            }}
        </div>
    }
}

#[component]
fn Segment(id: &'static str, word: Word, to: Shown, shown: Shown) -> impl IntoView {
    view! {
        <a id=id href=Route::Reports(to).href() aria-current=(to == shown).then_some("page")>
            {speaker().say(word)}
        </a>
    }
}

#[component]
fn Filed(empty: Word, keep: fn(&ReportRow) -> bool) -> impl IntoView {
    let t = speaker();
    let words_typed = RwSignal::new(String::new());
    let reports = live(move || {
        let words = words_typed.get();
        async move { backend::reports(words.trim()).await }
    });
    let searching = move || !words_typed.read().trim().is_empty();
    let list = move || match reports.get() {
        None => view! { <p class="second">{t.say(words::LOADING)}</p> }.into_any(),
        Some(Err(problem)) => view! { <ProblemNotice problem /> }.into_any(),
        Some(Ok(rows)) => {
            let rows: Vec<ReportRow> = rows.into_iter().filter(keep).collect();
            if rows.is_empty() {
                let word = if searching() {
                    words::REPORTS_NONE_FOUND
                } else {
                    empty
                };
                return view! { <Empty text=t.say(word) /> }.into_any();
            }
            view! {
                <ul class="list items" id="reports">
                    {rows.into_iter().map(|row| view! { <ReportItem row /> }).collect_view()}
                </ul>
            }
            .into_any()
        }
    };
    view! {
        <div class="field">
            <label for="reports-search">{t.say(words::REPORTS_SEARCH)}</label>
            <input
                id="reports-search"
                type="search"
                autocomplete="off"
                prop:value=move || words_typed.get()
                on:input=move |event| words_typed.set(event_target_value(&event))
            />
        </div>
        {list}
    }
}

#[component]
fn Drafts() -> impl IntoView {
    let t = speaker();
    let shared = shared();
    let drafts = live(backend::drafts);
    let gone = RwSignal::new(Vec::<DraftId>::new());
    // Leaving the page is no way to bring a deleted draft back.
    on_cleanup(move || {
        for id in gone.get_untracked() {
            spawn_local(discard(id, shared));
        }
    });
    let remove = move |id: DraftId| {
        gone.update(|gone| gone.push(id));
        spawn_local(async move {
            TimeoutFuture::new(UNDO_MS).await;
            if gone.try_with_untracked(|gone| gone.contains(&id)) == Some(true) {
                discard(id, shared).await;
                gone.try_update(|gone| gone.retain(|other| *other != id));
            }
        });
    };
    view! {
        {move || match drafts.get() {
            None => view! { <p class="second">{t.say(words::LOADING)}</p> }.into_any(),
            Some(Err(problem)) => view! { <ProblemNotice problem /> }.into_any(),
            Some(Ok(rows)) => {
                let rows: Vec<DraftRow> = gone.with(|gone| {
                    rows.into_iter().filter(|row| !gone.contains(&row.id)).collect()
                });
                if rows.is_empty() {
                    return view! { <Empty text=t.say(words::REPORTS_EMPTY_DRAFTS) /> }.into_any();
                }
                view! {
                    <ul class="list items" id="drafts">
                        {rows.into_iter().map(|row| view! { <DraftItem row remove=Callback::new(remove) /> }).collect_view()}
                    </ul>
                }.into_any()
            }
        }}
        {move || gone.with(|gone| gone.last().copied()).map(|id| view! {
            <UndoBar
                text=t.say(words::DRAFT_DISCARDED)
                undo=move || gone.update(|gone| gone.retain(|other| *other != id))
            />
        })}
    }
}

async fn discard(id: DraftId, shared: Shared) {
    if let Err(problem) = backend::discard_draft(id).await {
        leptos::logging::warn!("a draft was not deleted: {}", problem.code);
    }
    shared.look_again();
}

#[component]
fn DraftItem(row: DraftRow, remove: Callback<DraftId>) -> impl IntoView {
    let t = speaker();
    let now = shared().now;
    let id = row.id;
    let title = if row.category_name.is_empty() {
        t.say(words::DRAFT_UNTITLED).to_owned()
    } else {
        row.category_name.clone()
    };
    view! {
        <li class="row draft">
            <a class="item grow" href=Route::Capture(Some(id)).href() data-draft=id.to_string()>
                <Thumbnail preview=row.preview />
                <span class="grow stack item-words">
                    <span class="item-title">{title}</span>
                    <span class="second item-line">{row.excerpt}</span>
                    <span class="second">
                        {t.with(words::DRAFT_PHOTOS, row.photos)} " · "
                        {move || t.moment(row.updated, now.get())}
                    </span>
                </span>
            </a>
            <button
                type="button"
                class="quiet"
                data-test="draft-discard"
                aria-label=t.say(words::DRAFT_DISCARD)
                on:click=move |_| remove.run(id)
            >
                <Icon shape=Shape::Trash />
            </button>
        </li>
    }
}
