//! 目录与规则: the versions that were published, the drafts, and beginning a draft, from the version
//! in force or from an earlier one to go back to.

use crate::api;
use crate::components::answered::Answered;
use crate::components::states::{Empty, FormProblem};
use crate::components::unlisted::UnlistedYear;
use crate::desk::Desk;
use crate::format;
use crate::icons::{Icon, Shape};
use crate::poll::{Poll, REFRESH};
use crate::words::{self, Word};
use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::components::A;
use leptos_router::hooks::use_navigate;
use shared::label::Lang;
use shared::time::Timestamp;
use shared::wire::catalogue::{
    CatalogueDraftRow, CataloguesAnswer, NewCatalogueDraft, Standing, VersionRow,
};

/// The page.
#[component]
pub(crate) fn CataloguePage() -> impl IntoView {
    let desk = Desk::here();
    desk.title(move || desk.say(words::CATALOGUE).to_owned());
    let listed = Poll::start(api::catalogues, Some(REFRESH));
    // What was published meanwhile may have brought them in.
    Effect::new(move |_| {
        let year = listed
            .answer
            .with(|answer| answer.as_ref().map(|answer| answer.unlisted_year));
        if let Some(year) = year {
            desk.unlisted_year.set(year);
        }
    });
    let problem = RwSignal::new(None::<String>);
    let busy = RwSignal::new(false);
    let navigate = use_navigate();
    let begin = Callback::new(move |new: NewCatalogueDraft| {
        if busy.get_untracked() {
            return;
        }
        let navigate = navigate.clone();
        busy.set(true);
        problem.set(None);
        spawn_local(async move {
            let outcome = api::begin_draft(&new).await;
            busy.try_set(false);
            match outcome {
                Ok(row) => navigate(&format!("/catalogue/{}", row.id), Default::default()),
                Err(refused) => {
                    desk.notice(&refused);
                    problem.set(Some(refused.words(desk.lang.get_untracked())));
                }
            }
        });
    });
    view! {
        <div class="page stack" data-test="catalogue">
            <h1>{move || desk.say(words::CATALOGUE)}</h1>
            <p class="second">{move || desk.say(words::CATALOGUE_WHAT)}</p>
            <UnlistedYear year=desk.unlisted_year/>
            <Begin begin=begin busy=busy/>
            <FormProblem words=problem/>
            <Answered poll=listed>
                <h2>{move || desk.say(words::DRAFTS)}</h2>
                <Drafts listed=listed/>
                <h2>{move || desk.say(words::VERSIONS)}</h2>
                <Versions listed=listed begin=begin/>
            </Answered>
        </div>
    }
}

/// What a draft is for, and the button that begins one from the version in force.
#[component]
fn Begin(begin: Callback<NewCatalogueDraft>, busy: RwSignal<bool>) -> impl IntoView {
    let desk = Desk::here();
    let name = RwSignal::new(String::new());
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        begin.run(NewCatalogueDraft {
            name: name.get_untracked(),
            base: None,
        });
    };
    view! {
        <form class="row" on:submit=submit>
            <div class="field grow">
                <label for="draft-name">{move || desk.say(words::DRAFT_NAME)}</label>
                <input
                    id="draft-name"
                    autocomplete="off"
                    maxlength="100"
                    prop:value=name
                    on:input=move |event| name.set(event_target_value(&event))
                />
            </div>
            <button type="submit" class="primary" id="draft-begin" prop:disabled=busy>
                {move || desk.say(words::DRAFT_BEGIN)}
            </button>
        </form>
    }
}

fn head(word: Word, lang: Lang) -> impl IntoView {
    view! { <th scope="col">{word.of(lang)}</th> }
}

#[component]
fn Drafts(listed: Poll<CataloguesAnswer>) -> impl IntoView {
    let desk = Desk::here();
    move || {
        let (now, lang) = (desk.now.get(), desk.lang.get());
        let rows = listed.answer.with(|answer| {
            let rows = answer.iter().flat_map(|answer| answer.drafts.iter());
            rows.map(|row| draft(row, now, lang)).collect_view()
        });
        if rows.is_empty() {
            return view! { <Empty what=words::DRAFTS_EMPTY how=words::DRAFTS_EMPTY_HOW/> }
                .into_any();
        }
        view! {
            <table class="cards-when-narrow" role="table">
                <thead>
                    <tr role="row">
                        {head(words::WHAT_FOR, lang)} {head(words::DRAFT_BASE, lang)}
                        {head(words::DRAFT_CHANGED, lang)} {head(words::DRAFT, lang)}
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        }
        .into_any()
    }
}

fn draft(row: &CatalogueDraftRow, now: Timestamp, lang: Lang) -> impl IntoView + use<> {
    let changed = format!("{} {}", format::moment(row.changed_ms, now, lang), row.by);
    view! {
        <tr role="row" data-test="draft-row">
            <td role="cell" data-label=words::WHAT_FOR.of(lang)>{row.name.clone()}</td>
            <td role="cell" data-label=words::DRAFT_BASE.of(lang)>{row.base.to_string()}</td>
            <td role="cell" data-label=words::DRAFT_CHANGED.of(lang)>{changed}</td>
            <td role="cell">
                <A href=format!("/catalogue/{}", row.id)>{words::DRAFT_OPEN.of(lang)}</A>
            </td>
        </tr>
    }
}

#[component]
fn Versions(listed: Poll<CataloguesAnswer>, begin: Callback<NewCatalogueDraft>) -> impl IntoView {
    let desk = Desk::here();
    move || {
        let (now, lang) = (desk.now.get(), desk.lang.get());
        let rows = listed.answer.with(|answer| {
            let rows = answer.iter().flat_map(|answer| answer.versions.iter());
            rows.map(|row| version(row, begin, now, lang))
                .collect_view()
        });
        view! {
            <table class="cards-when-narrow" role="table">
                <thead>
                    <tr role="row">
                        {head(words::VERSION, lang)} {head(words::STANDING, lang)}
                        {head(words::EFFECTIVE, lang)} {head(words::PUBLISHED_BY, lang)}
                        {head(words::WHAT_FOR, lang)} {head(words::DRAFT, lang)}
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        }
    }
}

fn version(
    row: &VersionRow,
    begin: Callback<NewCatalogueDraft>,
    now: Timestamp,
    lang: Lang,
) -> impl IntoView + use<> {
    let state = match row.standing {
        Standing::InForce => "safe",
        Standing::Coming => "soon",
        Standing::Retired | Standing::Other => "waiting",
    };
    let base = row.version.clone();
    let back = (row.standing == Standing::Retired).then(|| {
        let again = move |_| {
            begin.run(NewCatalogueDraft {
                name: format!("{} {base}", words::GO_BACK_NAME.of(lang)),
                base: Some(base.clone()),
            });
        };
        view! {
            <button type="button" data-test="go-back" on:click=again>
                <Icon shape=Shape::RotateCcw/>
                {words::GO_BACK.of(lang)}
            </button>
        }
    });
    view! {
        <tr role="row" data-test="version-row">
            <td role="cell" data-label=words::VERSION.of(lang)>{row.version.to_string()}</td>
            <td role="cell" data-label=words::STANDING.of(lang)>
                <span class="badge" data-state=state>{words::standing(row.standing).of(lang)}</span>
            </td>
            <td role="cell" data-label=words::EFFECTIVE.of(lang)>
                {format::moment(row.from_ms, now, lang)}
            </td>
            <td role="cell" data-label=words::PUBLISHED_BY.of(lang)>{row.by.clone()}</td>
            <td role="cell" data-label=words::WHAT_FOR.of(lang)>{row.words.clone()}</td>
            <td role="cell">{back}</td>
        </tr>
    }
}
