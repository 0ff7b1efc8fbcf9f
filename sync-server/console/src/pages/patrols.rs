//! 巡查: the rounds of the places somebody answers for, with what was seen at their points on a day
//! and the cases of what was reported there. By point and time, never by who went.

use crate::api::{self, Problem};
use crate::components::answered::Answered;
use crate::components::states::{Empty, FormProblem};
use crate::desk::{Desk, state_word};
use crate::filter;
use crate::format;
use crate::poll::{Poll, REFRESH};
use crate::words::{self, Word};
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::components::A;
use leptos_router::hooks::use_navigate;
use shared::id::CatalogueDraftId;
use shared::label::{self, Lang};
use shared::patrol::Seen;
use shared::role::OfficePage;
use shared::time::Timestamp;
use shared::wire::catalogue::{NewCatalogueDraft, Standing};
use shared::wire::console::{MarkEntry, PatrolCase, PatrolPointRow, PatrolQuery, PatrolRow};

/// The page.
#[component]
pub(crate) fn PatrolsPage() -> impl IntoView {
    let desk = Desk::here();
    desk.title(move || desk.say(words::PATROLS).to_owned());
    let day = RwSignal::new(filter::date_of(desk.now.get_untracked().0));
    let poll = Poll::start(
        move || {
            let query = day.with(|day| PatrolQuery {
                from_ms: filter::day_start(day),
                to_ms: filter::day_end(day),
            });
            async move { api::patrols(&query).await }
        },
        Some(REFRESH),
    );
    let choose = move |event| {
        // What was seen on another day must not stand under this one.
        poll.forget();
        day.set(event_target_value(&event));
    };
    view! {
        <div class="page stack" data-test="patrols">
            <h1>{move || desk.say(words::PATROLS)}</h1>
            <p class="second">{move || desk.say(words::PATROLS_WHAT)}</p>
            <Show when=move || desk.may_open(OfficePage::Catalogue)>
                <Change/>
            </Show>
            <div class="field narrow">
                <label for="patrols-day">{move || desk.say(words::PATROLS_DAY)}</label>
                <input id="patrols-day" type="date" prop:value=day on:change=choose/>
            </div>
            <Answered poll=poll>
                <Rounds poll=poll/>
            </Answered>
        </div>
    }
}

/// The way to a draft in which rounds are changed: the open one of that name, else a new one.
#[component]
fn Change() -> impl IntoView {
    let desk = Desk::here();
    let problem = RwSignal::new(None::<String>);
    let busy = RwSignal::new(false);
    let navigate = use_navigate();
    let begin = move |_| {
        let navigate = navigate.clone();
        busy.set(true);
        problem.set(None);
        spawn_local(async move {
            let lang = desk.lang.get_untracked();
            match draft_of_rounds(words::PATROLS_CHANGE_NAME.of(lang)).await {
                Ok(id) => navigate(&format!("/catalogue/{id}"), Default::default()),
                Err(refused) => {
                    desk.notice(&refused);
                    problem.set(Some(refused.words(lang)));
                    busy.set(false);
                }
            }
        });
    };
    view! {
        <div class="row">
            <button type="button" id="change-rounds" prop:disabled=busy on:click=begin>
                {move || desk.say(words::PATROLS_CHANGE)}
            </button>
            <span class="second">{move || desk.say(words::PATROLS_CHANGE_WHAT)}</span>
        </div>
        <FormProblem words=problem/>
    }
}

/// An open draft of this name that stands on the version in force, or a new one.
async fn draft_of_rounds(name: &str) -> Result<CatalogueDraftId, Problem> {
    let listed = api::catalogues().await?;
    let mut versions = listed.versions.into_iter();
    let in_force = versions.find(|row| row.standing == Standing::InForce);
    let base = in_force.map(|row| row.version);
    let mut drafts = listed.drafts.into_iter();
    let open = drafts.find(|row| row.name == name && Some(&row.base) == base.as_ref());
    if let Some(row) = open {
        return Ok(row.id);
    }
    let new = NewCatalogueDraft {
        name: name.to_owned(),
        base: None,
    };
    Ok(api::begin_draft(&new).await?.id)
}

#[component]
fn Rounds(poll: Poll<Vec<PatrolRow>>) -> impl IntoView {
    let desk = Desk::here();
    // Drawn anew only when something else was seen, so that what is unfolded stays so.
    let rounds = Memo::new(move |_| poll.answer.get().unwrap_or_default());
    move || {
        let (now, lang) = (desk.now.get_untracked(), desk.lang.get());
        let sections = rounds.with(|rounds| {
            let rounds = rounds.iter().map(|row| round(row, now, lang));
            rounds.collect_view()
        });
        if sections.is_empty() {
            return view! { <Empty what=words::PATROLS_EMPTY how=words::PATROLS_EMPTY_HOW/> }
                .into_any();
        }
        view! { <div class="stack">{sections}</div> }.into_any()
    }
}

fn round(row: &PatrolRow, now: Timestamp, lang: Lang) -> impl IntoView + use<> {
    let ticked = row.points.iter().filter(|point| !point.marks.is_empty());
    let ticked = format!(
        "{} {}/{}",
        words::PATROL_TICKED.of(lang),
        ticked.count(),
        row.points.len()
    );
    let retired = row.retired.then(|| {
        view! { <span class="badge" data-state="waiting">{words::PATROL_RETIRED.of(lang)}</span> }
    });
    let head = |word: Word| view! { <th scope="col">{word.of(lang)}</th> };
    let points = row.points.iter().map(|one| point(one, now, lang));
    view! {
        <section class="card stack" data-test="round" data-round=row.id.clone()>
            <div class="row between">
                <h2>{row.name.clone()}</h2>
                <span class="row">
                    {retired}
                    <span class="badge" data-state="info" data-test="round-ticked">{ticked}</span>
                </span>
            </div>
            <p class="second">{format::place(&row.area_name)}</p>
            <table class="cards-when-narrow" role="table">
                <thead>
                    <tr role="row">
                        {head(words::PATROL_POINT)} {head(words::PATROL_GRID)}
                        {head(words::PATROL_SEEN)} {head(words::PATROL_CASES)}
                    </tr>
                </thead>
                <tbody>{points.collect_view()}</tbody>
            </table>
        </section>
    }
}

fn point(row: &PatrolPointRow, now: Timestamp, lang: Lang) -> impl IntoView + use<> {
    let newest = row.marks.first().map(|newest| mark(newest, now, lang));
    let none = row
        .marks
        .is_empty()
        .then(|| view! { <span class="second">{words::PATROL_NOT_YET.of(lang)}</span> });
    let earlier = row.marks.get(1..).unwrap_or_default();
    let earlier = (!earlier.is_empty()).then(|| {
        let count = earlier.len();
        let marks = earlier
            .iter()
            .map(|one| view! { <li>{mark(one, now, lang)}</li> });
        view! {
            <details>
                <summary>{words::PATROL_EARLIER.of(lang)} " " {count}</summary>
                <ul class="stack tight">{marks.collect_view()}</ul>
            </details>
        }
    });
    let cases = row.cases.iter().map(|one| case(one, now, lang));
    let what = (!row.words.is_empty()).then(|| {
        view! { <br/> <small class="second">{row.words.clone()}</small> }
    });
    view! {
        <tr role="row" data-test="round-point" data-point=row.id.clone()>
            <td role="cell" data-label=words::PATROL_POINT.of(lang)>
                <span>{row.name.clone()} {what}</span>
            </td>
            <td role="cell" data-label=words::PATROL_GRID.of(lang)>
                {if row.grid_name.is_empty() {
                    words::OUTSIDE.of(lang).to_owned()
                } else {
                    row.grid_name.clone()
                }}
            </td>
            <td role="cell" data-label=words::PATROL_SEEN.of(lang)>
                <div>{none} {newest} {earlier}</div>
            </td>
            <td role="cell" data-label=words::PATROL_CASES.of(lang)>
                {row.cases.is_empty().then(|| view! { <span class="second">"—"</span> })}
                <ul class="stack tight">{cases.collect_view()}</ul>
            </td>
        </tr>
    }
}

/// A tick: what, when, and the worker's words.
fn mark(entry: &MarkEntry, now: Timestamp, lang: Lang) -> impl IntoView + use<> {
    let state = match entry.seen {
        Seen::Fine => "safe",
        Seen::Trouble => "late",
        Seen::Unreached => "soon",
    };
    let note = (!entry.note.is_empty()).then(|| view! { <br/> {entry.note.clone()} });
    view! {
        <span class="badge" data-state=state>{label::seen(entry.seen, lang)}</span> " "
        <small class="second">{format::moment(entry.at_ms, now, lang)}</small>
        {note}
    }
}

fn case(row: &PatrolCase, now: Timestamp, lang: Lang) -> impl IntoView + use<> {
    let parts = [
        row.category_name.clone(),
        state_word(&row.state, lang),
        format::moment(row.at_ms, now, lang),
        words::photos(row.photos, lang),
    ];
    let parts = parts.into_iter().filter(|part| !part.is_empty());
    let about: Vec<String> = parts.collect();
    let case_no = row.case_no.clone();
    view! {
        <li data-test="round-case">
            <A href=format!("/cases/{}", row.id)>{case_no}</A> " "
            <small class="second">{about.join(" · ")}</small>
        </li>
    }
}
