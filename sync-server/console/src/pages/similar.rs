//! 相似事件: on a case's page, open cases that may be the same thing, with what speaks for it, and
//! the way to the form that merges the two.

use crate::api;
use crate::components::states::Trouble;
use crate::desk::Desk;
use crate::format;
use crate::icons::{Icon, Shape};
use crate::poll::Poll;
use crate::words;
use leptos::prelude::*;
use shared::id::CaseId;
use shared::label::Lang;
use shared::similar::{Reason, Verdict};
use shared::time::Timestamp;
use shared::wire::console::{CaseRow, SimilarCase};

/// The section; nothing at all while there is nothing similar.
#[component]
pub(crate) fn SimilarCases(
    id: CaseId,
    /// Whether this case may be merged into another now.
    #[prop(into)]
    may_merge: Signal<bool>,
    /// Opens the form that merges this case into the other.
    on_merge: Callback<CaseRow>,
) -> impl IntoView {
    let desk = Desk::here();
    let poll = Poll::start(move || api::similar(id), None);
    let retry = Callback::new(move |()| poll.refresh());
    let rows = Memo::new(move |_| {
        poll.answer.with(|page| {
            page.as_ref()
                .map(|page| page.rows.clone())
                .unwrap_or_default()
        })
    });
    let is_shown = move || rows.with(|rows| !rows.is_empty()) || poll.problem.with(Option::is_some);
    let list = move || {
        let (now, lang) = (desk.now.get_untracked(), desk.lang.get());
        let row = |row| entry(row, may_merge, on_merge, now, lang);
        rows.get().into_iter().map(row).collect_view()
    };
    view! {
        <Show when=is_shown>
            <section class="card stack" id="similar" data-test="similar">
                <h2>{move || desk.say(words::SIMILAR)}</h2>
                <p class="second">{move || desk.say(words::SIMILAR_WHAT)}</p>
                <Trouble problem=poll.problem on_retry=retry/>
                <ol class="similar stack">{list}</ol>
            </section>
        </Show>
    }
}

fn entry(
    similar: SimilarCase,
    may_merge: Signal<bool>,
    on_merge: Callback<CaseRow>,
    now: Timestamp,
    lang: Lang,
) -> impl IntoView {
    let row = &similar.row;
    let address = format!("/cases/{}", row.id);
    let what = format!(
        "{} · {} · {}",
        row.category_name,
        format::moment(row.opened_ms, now, lang),
        row.lead_name
    );
    let (verdict, score, reasons) = match &similar.likeness {
        None => (None, None, String::new()),
        Some(likeness) => (
            Some(verdict_words(likeness.verdict, lang)),
            Some(likeness.score),
            reasons(&likeness.reasons, lang),
        ),
    };
    let named = similar
        .named_by_worker
        .then(|| words::SIMILAR_NAMED.of(lang));
    let (case_no, excerpt) = (row.case_no.clone(), row.excerpt.clone());
    let id = row.id.to_string();
    view! {
        <li data-test="similar-case" data-case=id>
            <p class="row between">
                <a href=address>{case_no}</a>
                <span class="row">
                    {named.map(|named| view! { <span class="badge" data-state="info">{named}</span> })}
                    {verdict.map(|verdict| view! {
                        <span class="badge" data-state="soon">{verdict} " " {score}</span>
                    })}
                </span>
            </p>
            <p>{what}</p>
            <p class="second">{excerpt}</p>
            <p class="second" data-test="similar-reasons">{reasons}</p>
            <Show when=move || may_merge.get()>
                <button
                    type="button"
                    data-test="merge"
                    on:click={
                        let into = similar.row.clone();
                        move |_| on_merge.run(into.clone())
                    }
                >
                    <Icon shape=Shape::FolderCheck/>
                    {words::MERGE_INTO.of(lang)}
                </button>
            </Show>
        </li>
    }
}

const fn verdict_words(verdict: Verdict, lang: Lang) -> &'static str {
    match verdict {
        Verdict::Same => words::SIMILAR_SAME.of(lang),
        Verdict::Perhaps => words::SIMILAR_PERHAPS.of(lang),
        Verdict::No => words::SIMILAR_OTHER.of(lang),
    }
}

fn reasons(reasons: &[Reason], lang: Lang) -> String {
    let words = reasons.iter().map(|reason| match lang {
        Lang::Zh => reason.words.as_str(),
        Lang::En => reason.words_en.as_str(),
    });
    words.collect::<Vec<_>>().join(lang.pick("，", ", "))
}
