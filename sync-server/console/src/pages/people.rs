//! 人员: who holds which post, adding somebody, and what becomes of posts and accounts.

mod form;
mod work;

use crate::api;
use crate::components::paged::Paged;
use crate::components::states::{Empty, FormProblem};
use crate::desk::Desk;
use crate::icons::{Icon, Shape};
use crate::poll::Poll;
use crate::words;
use form::{Forms, Opened};
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::components::A;
use shared::id::PersonId;
use shared::label::{self, Lang};
use shared::role::{OfficePage, Post, Role};
use shared::wire::console::{Page, PersonRow};
use work::{Account, HeldPost, Made, Work};

/// The page.
#[component]
pub(crate) fn PeoplePage() -> impl IntoView {
    let desk = Desk::here();
    desk.title(move || desk.say(words::PEOPLE).to_owned());
    desk.want_areas();
    desk.want_units();
    let cursor = RwSignal::new(None::<String>);
    let people = Poll::start(
        move || {
            let cursor = cursor.get();
            async move { api::people(cursor.as_deref()).await }
        },
        None,
    );
    let opened = RwSignal::new(Opened::Nothing);
    let added = RwSignal::new(None::<(words::Word, String)>);
    let on_done = Callback::new(move |done: (words::Word, String)| {
        added.set(Some(done));
        people.refresh();
    });
    let work = Work::new(people);
    view! {
        <div class="page stack" data-test="people">
            <h1>{move || desk.say(words::PEOPLE)}</h1>
            <p class="second">{move || desk.say(words::PEOPLE_WHAT)}</p>
            <div role="status">
                {move || {
                    added.get().map(|(word, name)| view! {
                        <p class="notice" data-state="safe" data-test="added">
                            <Icon shape=Shape::CircleCheck/>
                            {move || desk.say(word)} " " {name}
                        </p>
                    })
                }}
            </div>
            <Made work=work/>
            <Show when=move || desk.may_open(OfficePage::Audit)>
                <p><A href="/audit" attr:id="to-audit">{move || desk.say(words::AUDIT)}</A></p>
            </Show>
            <Forms opened=opened on_done=on_done/>
            <Paged poll=people cursor=cursor>
                <Table people=people work=work opened=opened/>
            </Paged>
        </div>
    }
}

#[component]
fn Table(people: Poll<Page<PersonRow>>, work: Work, opened: RwSignal<Opened>) -> impl IntoView {
    let desk = Desk::here();
    move || {
        let lang = desk.lang.get();
        let rows = people.answer.with(|page| {
            let rows = page.iter().flat_map(|page| page.rows.iter());
            rows.map(|row| person(row, desk, lang, work, opened))
                .collect_view()
        });
        if rows.is_empty() {
            return view! { <Empty what=words::PEOPLE_EMPTY how=words::PEOPLE_EMPTY_HOW/> }
                .into_any();
        }
        let head = |word: words::Word| view! { <th scope="col">{word.of(lang)}</th> };
        view! {
            <table class="cards-when-narrow" role="table">
                <thead>
                    <tr role="row">
                        {head(words::NAME)} {head(words::LOGIN)} {head(words::POSTS)}
                        {head(words::ACCOUNT)}
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        }
        .into_any()
    }
}

fn person(
    row: &PersonRow,
    desk: Desk,
    lang: Lang,
    work: Work,
    opened: RwSignal<Opened>,
) -> impl IntoView + use<> {
    let (id, name) = (row.me.id, row.me.name.clone());
    let disabled = row.disabled.then(|| {
        view! { <span class="badge" data-test="disabled">{words::DISABLED.of(lang)}</span> }
    });
    let posts = if row.me.posts.is_empty() {
        view! { <span class="second">{words::NO_POSTS.of(lang)}</span> }.into_any()
    } else {
        let posts = row.me.posts.iter().map(|post| {
            view! { <HeldPost person=id post=post.clone() work=work/> }
        });
        view! { <ul>{posts.collect_view()}</ul> }.into_any()
    };
    let add = move |_| opened.set(Opened::Post(id, name.clone()));
    let problem = work.problem_of(id);
    view! {
        <tr role="row" data-test="person-row" id=format!("person-{id}")>
            <td role="cell" data-label=words::NAME.of(lang)>
                <span class="row">{row.me.name.clone()} {disabled}</span>
            </td>
            <td role="cell" data-label=words::LOGIN.of(lang)>{row.me.login.clone()}</td>
            <td role="cell" data-label=words::POSTS.of(lang)>
                <div class="stack tight acts">
                    {posts}
                    <div>
                        <button type="button" data-test="add-post" on:click=add>
                            {move || desk.say(words::ADD_POST)}
                        </button>
                    </div>
                </div>
            </td>
            <td role="cell" data-label=words::ACCOUNT.of(lang)>
                <div class="stack tight acts">
                    <div class="row">
                        <EndSessions person=id/>
                        <Account person=row.clone() work=work/>
                    </div>
                    <FormProblem words=problem/>
                </div>
            </td>
        </tr>
    }
}

/// Signs somebody out of every browser.
#[component]
fn EndSessions(person: PersonId) -> impl IntoView {
    let desk = Desk::here();
    let done = RwSignal::new(None::<String>);
    let busy = RwSignal::new(false);
    let end = move |_| {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        spawn_local(async move {
            let lang = desk.lang.get_untracked();
            done.try_set(Some(match api::end_sessions(person).await {
                Ok(()) => words::SESSIONS_ENDED.of(lang).to_owned(),
                Err(refused) => {
                    desk.notice(&refused);
                    refused.words(lang)
                }
            }));
            busy.try_set(false);
        });
    };
    view! {
        <button type="button" data-test="end-sessions" prop:disabled=busy on:click=end>
            {move || desk.say(words::END_SESSIONS)}
        </button>
        <span role="status">{move || done.get()}</span>
    }
}

/// A post in words: 网格长 · 七贤社区居委会, or 处置人员 · 市政中心.
fn post_words(post: &Post, desk: Desk) -> String {
    let lang = desk.lang.get();
    let what = match post.role {
        Role::GridWorker => words::post_kind(post.kind).of(lang),
        other => label::role(other, lang),
    };
    let unit = post.unit.as_ref().map(|code| {
        desk.units.with(|units| {
            let mut all = units.iter().flatten();
            let unit = all.find(|unit| unit.code == *code);
            unit.map_or_else(|| code.to_string(), |unit| unit.name.clone())
        })
    });
    let area = desk.areas.with(|areas| {
        let mut all = areas.iter().flatten();
        let area = all.find(|area| area.code == post.area.as_str());
        area.map_or_else(|| post.area.to_string(), |area| area.name.clone())
    });
    let parts = [Some(what.to_owned()), unit, Some(area)];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}
