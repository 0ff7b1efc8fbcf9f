//! 附近已有相似事件，并案吗: what nearby may be the same thing, each with its answer.

use super::icon::{Icon, Shape};
use crate::pages::form::form;
use crate::state::{shared, speaker, state_word_in};
use crate::words::{self, Speaker};
use leptos::prelude::*;
use shared::label::Lang;
use shared::time::Timestamp;
use shared::wire::handheld::SimilarView;

/// The question; nothing while there is nothing to ask.
#[component]
pub(crate) fn SimilarQuestion() -> impl IntoView {
    let t = speaker();
    let form = form();
    let now = shared().now;
    let said = Memo::new(move |_| form.answer.with(|answer| answer.same_as));
    let is_shown = move || said.get().is_some() || form.similar.with(|similar| !similar.is_empty());
    let rows = move || {
        let now = now.get_untracked();
        let row = |view| row(view, t, now).into_any();
        form.similar.get().into_iter().map(row).collect_view()
    };
    // Place or category may have changed since: what was said stays until it is taken back.
    let code = move || {
        let said = said.get();
        let listed = form.similar.with(|similar| {
            let named = similar.iter().find(|view| Some(view.report) == said);
            named.map(|view| view.code.clone())
        });
        let kept = form.draft.with(|draft| {
            let draft = draft.as_ref().filter(|draft| draft.similar.same_as == said);
            draft.and_then(|draft| draft.same_as_code.clone())
        });
        let chosen = || t.say(words::SIMILAR_CHOSEN).to_owned();
        listed.or(kept).unwrap_or_else(chosen)
    };
    view! {
        <Show when=is_shown>
            <section class="card stack similar" id="similar" role="status" aria-labelledby="similar-title">
                <h2 id="similar-title"><Icon shape=Shape::CircleAlert /> {t.say(words::SIMILAR_ASK)}</h2>
                <Show
                    when=move || said.get().is_some()
                    fallback=move || view! { <ol class="list items">{rows}</ol> }
                >
                    <p data-test="same-as">{move || t.with(words::SIMILAR_SAID, code())}</p>
                    <button type="button" class="quiet" id="unsay-same" on:click=move |_| form.unsay_same()>
                        {t.say(words::UNDO)}
                    </button>
                </Show>
            </section>
        </Show>
    }
}

fn row(view: SimilarView, t: Speaker, now: Timestamp) -> impl IntoView {
    let form = form();
    let report = view.report;
    let picture = view.preview.map_or_else(
        || view! { <Icon shape=Shape::Images /> }.into_any(),
        |preview| view! { <img class="thumb" src=preview alt="" /> }.into_any(),
    );
    let reasons = view.likeness.reasons.iter().map(|reason| match t.0 {
        Lang::Zh => reason.words.as_str(),
        Lang::En => reason.words_en.as_str(),
    });
    let reasons = reasons.collect::<Vec<_>>().join(t.0.pick("，", ", "));
    let state = match &view.state {
        Some(state) => state_word_in(state, t.0),
        None => t.say(words::SIMILAR_ON_DEVICE).to_owned(),
    };
    let line = format!("{} · {} · {state}", view.code, t.moment(view.seen, now));
    view! {
        <li class="stack" data-similar=report.to_string()>
            <div class="item">
                {picture}
                <div class="item-words grow">
                    <p class="item-title">{view.category_name} " " {view.excerpt}</p>
                    <p class="item-line">{line}</p>
                    <p class="item-line" data-test="similar-reasons">{reasons}</p>
                </div>
            </div>
            <div class="pair">
                <button type="button" data-test="same" on:click=move |_| form.say_same(report)>
                    {t.say(words::SIMILAR_SAME)}
                </button>
                <button type="button" data-test="different" on:click=move |_| form.say_different(report)>
                    {t.say(words::SIMILAR_DIFFERENT)}
                </button>
            </div>
        </li>
    }
}
