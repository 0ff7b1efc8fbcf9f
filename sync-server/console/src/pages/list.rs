//! 待办: work lists beside the table, filters above it. The address bar holds the whole view.
//!
//! Keyboard: `j` and `k` move the selection, Enter opens it, `/` goes to the search field. A refresh
//! keeps rows, selection and focus where they are.

use crate::api;
use crate::components::filters::{Filters, SEARCH_ID};
use crate::components::light::{light, marks, state_badge};
use crate::components::states::{Empty, Loading, Outdated, Trouble};
use crate::components::work_lists::{self, WorkLists};
use crate::desk::{Desk, bring_into_view, focus};
use crate::filter::{self, PAGE_ROWS};
use crate::format;
use crate::icons::{Icon, Shape};
use crate::poll::{Poll, REFRESH};
use crate::words;
use leptos::ev::{KeyboardEvent, MouseEvent};
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_location, use_navigate};
use shared::id::CaseId;
use shared::wire::console::{CasePage, CaseQuery, CaseRow};
use wasm_bindgen::JsCast;

/// The page.
#[component]
pub(crate) fn ListPage() -> impl IntoView {
    let desk = Desk::here();
    let location = use_location();
    // On the way to another page the address is already that page's; this page keeps its own.
    let search = Memo::new(move |before: Option<&String>| {
        if location.pathname.get() == "/" {
            location.search.get()
        } else {
            before.cloned().unwrap_or_default()
        }
    });
    let query = Memo::new(move |_| filter::from_query(&search.get()));
    let lists = Poll::start(api::work_lists, Some(REFRESH));
    let cases = Poll::start(
        move || {
            let query = CaseQuery {
                limit: Some(PAGE_ROWS),
                ..query.get()
            };
            async move { api::cases(&query).await }
        },
        Some(REFRESH),
    );
    // Another list: the rows of the one before would mislead. A refresh keeps them.
    Effect::new(move |before: Option<CaseQuery>| {
        let now = query.get();
        if before.is_some_and(|before| before != now) {
            cases.forget();
        }
        now
    });
    let navigate = use_navigate();
    let go = Callback::new(move |(next, replace): (CaseQuery, bool)| {
        let options = NavigateOptions {
            replace,
            scroll: false,
            ..NavigateOptions::default()
        };
        navigate(&format!("/?{}", filter::to_query(&next)), options);
    });
    // One notice is enough; its button asks for both.
    let is_said = Memo::new(move |_| cases.problem.with(Option::is_some));
    let retry = Callback::new(move |()| {
        cases.refresh();
        if lists.problem.with_untracked(Option::is_some) {
            lists.refresh();
        }
    });
    open_first_list(search, location.pathname, lists, go);
    keep_for_later(desk, search, cases);
    view! {
        <div class="list-page">
            <WorkLists lists=lists query=query is_said=is_said/>
            <section class="cases" aria-labelledby="list-title">
                <Head lists=lists cases=cases query=query/>
                <Filters
                    query=query
                    on_change=Callback::new(move |next| go.run((next, false)))
                />
                <Body cases=cases query=query on_retry=retry/>
            </section>
        </div>
    }
}

/// An address without a filter shows the first list that has something in it.
fn open_first_list(
    search: Memo<String>,
    pathname: Memo<String>,
    lists: Poll<Vec<shared::wire::console::WorkList>>,
    go: Callback<(CaseQuery, bool)>,
) {
    Effect::new(move |_| {
        if !search.get().is_empty() || pathname.get() != "/" {
            return;
        }
        let query = lists.answer.with(|lists| {
            let cases = || {
                let all = lists.iter().flatten();
                all.filter(|list| list.key != work_lists::QUARANTINE_KEY)
            };
            let first = cases()
                .find(|list| list.count > 0)
                .or_else(|| cases().next())?;
            Some(filter::from_query(&first.query))
        });
        if let Some(query) = query {
            go.run((query, true));
        }
    });
}

/// Remembers the view, for the way back from a case and for the case after it.
fn keep_for_later(desk: Desk, search: Memo<String>, cases: Poll<CasePage>) {
    Effect::new(move |_| {
        let search = search.get();
        let search = search.trim_start_matches('?');
        desk.list_address.set(format!("/?{search}"));
    });
    Effect::new(move |_| {
        cases.answer.with(|page| {
            if let Some(page) = page {
                desk.set_clock(page.server_time);
                desk.in_list
                    .set(page.rows.iter().map(|row| row.id).collect());
            }
        });
    });
}

#[component]
fn Head(
    lists: Poll<Vec<shared::wire::console::WorkList>>,
    cases: Poll<CasePage>,
    #[prop(into)] query: Signal<CaseQuery>,
) -> impl IntoView {
    let desk = Desk::here();
    let title = move || {
        let lang = desk.lang.get();
        lists.answer.with(|lists| {
            query.with(|query| {
                let list = lists
                    .as_ref()
                    .and_then(|lists| work_lists::shown(lists, query));
                match list {
                    Some(list) => work_lists::name(list, lang).to_owned(),
                    None if filter::is_narrowed(query) => words::FILTERED.of(lang).to_owned(),
                    None => words::ALL_CASES.of(lang).to_owned(),
                }
            })
        })
    };
    let summary = move || {
        let lang = desk.lang.get();
        cases.answer.with(|page| {
            let page = page.as_ref()?;
            let at = format::moment(page.server_time, page.server_time, lang);
            let (on_page, count) = (words::ON_PAGE.of(lang), page.rows.len());
            let (unit, updated) = (words::CASES.of(lang), words::UPDATED.of(lang));
            Some(format!("{on_page} {count} {unit} · {updated} {at}"))
        })
    };
    desk.title(title);
    view! {
        <div class="head row between">
            <h1 id="list-title">{title}</h1>
            <p class="second" role="status" aria-live="off" data-test="summary">{summary}</p>
        </div>
    }
}

#[component]
fn Body(
    cases: Poll<CasePage>,
    #[prop(into)] query: Signal<CaseQuery>,
    /// What could not be fetched is asked for again.
    on_retry: Callback<()>,
) -> impl IntoView {
    let desk = Desk::here();
    let ids = Memo::new(move |_| {
        cases.answer.with(|page| {
            page.as_ref()
                .map(|page| page.rows.iter().map(|row| row.id).collect::<Vec<_>>())
        })
    });
    let failed = Memo::new(move |_| ids.with(Option::is_none) && cases.problem.get().is_some());
    let since = Signal::derive(move || {
        cases
            .answer
            .with(|page| page.as_ref().map(|page| page.server_time))
    });
    view! {
        <Show
            when=move || !failed.get()
            fallback=move || view! { <Trouble problem=cases.problem on_retry=on_retry/> }
        >
            <Show when=move || ids.with(Option::is_some) fallback=|| view! { <Loading/> }>
                <Outdated problem=cases.problem since=since on_retry=on_retry/>
                <Show
                    when=move || ids.with(|ids| ids.as_ref().is_some_and(|ids| !ids.is_empty()))
                    fallback=move || nothing(&query.get())
                >
                    <Table cases=cases ids=ids/>
                    <Pages cases=cases query=query/>
                    <p class="second keys">{move || desk.say(words::KEYS)}</p>
                </Show>
            </Show>
        </Show>
    }
}

/// Why the table is empty.
fn nothing(query: &CaseQuery) -> impl IntoView + use<> {
    let by_hand = query.text.is_some()
        || query.unit.is_some()
        || query.area.is_some()
        || query.category.is_some()
        || query.asked.is_some()
        || query.card.is_some()
        || query.from_ms.is_some()
        || query.to_ms.is_some();
    if by_hand {
        view! { <Empty what=words::EMPTY_FILTER how=words::EMPTY_FILTER_HOW/> }
    } else {
        view! { <Empty what=words::EMPTY_LIST how=words::EMPTY_LIST_HOW/> }
    }
}

#[component]
fn Table(cases: Poll<CasePage>, ids: Memo<Option<Vec<CaseId>>>) -> impl IntoView {
    let desk = Desk::here();
    listen_to_keys(desk, ids);
    // Back from a case: where one was.
    Effect::new(move |_| {
        if let Some(id) = desk.selected.get_untracked() {
            bring_into_view(&row_id(id));
        }
    });
    let column = move |word| view! { <th scope="col">{move || desk.say(word)}</th> };
    view! {
        <table class="case-table" role="table" data-test="cases" aria-labelledby="list-title">
            <thead>
                <tr role="row">
                    {column(words::DEADLINE)} {column(words::PLACE)} {column(words::MATTER)}
                    {column(words::STATE)} {column(words::UNIT)} {column(words::CASE_NO)}
                    <th scope="col" class="figure">{move || desk.say(words::OPENED)}</th>
                </tr>
            </thead>
            <tbody>
                <For each=move || ids.get().unwrap_or_default() key=|id| *id let:id>
                    <Row id=id cases=cases/>
                </For>
            </tbody>
        </table>
    }
}

/// Moves the selection with the keyboard.
fn listen_to_keys(desk: Desk, ids: Memo<Option<Vec<CaseId>>>) {
    let navigate = use_navigate();
    let step = move |by: isize| {
        let ids = ids.get_untracked().unwrap_or_default();
        let at = desk
            .selected
            .get_untracked()
            .and_then(|id| ids.iter().position(|other| *other == id));
        let next = at.map_or(0, |at| at.saturating_add_signed(by));
        if let Some(id) = ids.get(next).copied() {
            desk.selected.set(Some(id));
            bring_into_view(&row_id(id));
        }
    };
    let handle = window_event_listener(leptos::ev::keydown, move |event: KeyboardEvent| {
        if event.ctrl_key() || event.meta_key() || event.alt_key() || is_typing(&event) {
            return;
        }
        match event.key().as_str() {
            "j" => step(1),
            "k" => step(-1),
            "/" => {
                event.prevent_default();
                focus(SEARCH_ID);
            }
            "Enter" if !is_on_control(&event) => {
                if let Some(id) = desk.selected.get_untracked() {
                    navigate(&format!("/cases/{id}"), NavigateOptions::default());
                }
            }
            _ => {}
        }
    });
    on_cleanup(move || handle.remove());
}

fn target(event: &KeyboardEvent) -> Option<web_sys::Element> {
    event.target()?.dyn_into().ok()
}

/// Whether the key belongs into a field.
pub(crate) fn is_typing(event: &KeyboardEvent) -> bool {
    target(event).is_some_and(|element| {
        element
            .closest("input, textarea, select, [contenteditable], dialog")
            .is_ok_and(|found| found.is_some())
    })
}

/// Whether Enter presses something already.
fn is_on_control(event: &KeyboardEvent) -> bool {
    target(event).is_some_and(|element| {
        element
            .closest("a, button, summary")
            .is_ok_and(|found| found.is_some())
    })
}

fn row_id(id: CaseId) -> String {
    format!("case-{id}")
}

#[component]
fn Row(id: CaseId, cases: Poll<CasePage>) -> impl IntoView {
    let desk = Desk::here();
    let row = Memo::new(move |_| {
        cases.answer.with(|page| {
            let rows = &page.as_ref()?.rows;
            rows.iter().find(|row| row.id == id).cloned()
        })
    });
    // Without what changes by the minute, so that a refresh leaves link and focus alone.
    let still = Memo::new(move |_| {
        row.get().map(|row| CaseRow {
            used_permille: None,
            part: None,
            ..row
        })
    });
    let navigate = use_navigate();
    let open = move |event: MouseEvent| {
        desk.selected.set(Some(id));
        let on_link = event
            .target()
            .and_then(|target| target.dyn_into::<web_sys::Element>().ok())
            .and_then(|element| element.closest("a").ok().flatten())
            .is_some();
        if !on_link {
            navigate(&format!("/cases/{id}"), NavigateOptions::default());
        }
    };
    view! {
        <tr
            id=row_id(id)
            role="row"
            data-test="case-row"
            aria-selected=move || (desk.selected.get() == Some(id)).to_string()
            on:click=open
        >
            <td role="cell" class="when">
                {move || {
                    let (now, lang) = (desk.now.get(), desk.lang.get());
                    row.get().map(|row| light(format::deadline(&row, now, lang)))
                }}
            </td>
            {move || still.get().map(|row| cells(desk, &row))}
        </tr>
    }
}

fn cells(desk: Desk, row: &CaseRow) -> impl IntoView + use<> {
    let lang = desk.lang.get();
    let opened = format::moment(row.opened_ms, desk.now.get_untracked(), lang);
    let id = row.id;
    let fixed = row.self_fixed.then(|| {
        view! { <span class="badge" data-state="safe">{words::SELF_FIXED.of(lang)}</span> }
    });
    let (all, here) = row.photos;
    let photos = (all > 0).then(|| {
        let waiting = if here < all { "waiting" } else { "here" };
        let label = words::PHOTOS_SHORT.of(lang);
        let count = if here < all {
            format!("{here}/{all}")
        } else {
            all.to_string()
        };
        view! {
            <small class="photo-count" data-photos=waiting>
                <Icon shape=Shape::Image/>
                <span class="visually-hidden">{label}</span>
                {count}
            </small>
        }
    });
    view! {
        <td role="cell" class="where">{format::place(&row.place)}</td>
        <td role="cell" class="what">
            <a href=format!("/cases/{id}") data-test="case-link" class="matter">
                {row.category_name.clone()}
            </a>
            {fixed}
            {photos}
            <span class="marks row">{marks(row, desk.now.get_untracked(), lang)}</span>
            <small class="excerpt">{row.excerpt.clone()}</small>
        </td>
        <td role="cell" class="state">{state_badge(&row.state, row.class, lang)}</td>
        <td role="cell" class="unit">{row.lead_name.clone()}</td>
        <td role="cell" class="number"><code>{row.case_no.clone()}</code></td>
        <td role="cell" class="opened figure">{opened}</td>
    }
}

/// To the next page, and back to the first.
#[component]
fn Pages(cases: Poll<CasePage>, #[prop(into)] query: Signal<CaseQuery>) -> impl IntoView {
    let desk = Desk::here();
    let next = Memo::new(move |_| {
        cases
            .answer
            .with(|page| page.as_ref().and_then(|page| page.next.clone()))
    });
    let address = move |cursor: Option<String>| {
        let query = CaseQuery {
            cursor,
            ..query.get()
        };
        format!("/?{}", filter::to_query(&query))
    };
    view! {
        <div class="pages row">
            <Show when=move || query.with(|query| query.cursor.is_some())>
                <a class="button" id="first-page" href=move || address(None)>
                    <Icon shape=Shape::ChevronLeft/>
                    {move || desk.say(words::FIRST_PAGE)}
                </a>
            </Show>
            <Show when=move || next.with(Option::is_some)>
                <a class="button" id="next-page" href=move || address(next.get())>
                    {move || desk.say(words::NEXT_PAGE)}
                    <Icon shape=Shape::ChevronRight/>
                </a>
            </Show>
        </div>
    }
}
