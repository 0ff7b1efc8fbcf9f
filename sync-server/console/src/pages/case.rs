//! A case: what was reported, where, who has it and why, what happened, and what one may do.
//!
//! While a form is open the page keeps the version that the person saw: a change by somebody else
//! is shown beside it, never slipped under it. A refused stale move comes to the same panel.

mod news;
mod sheet;

use crate::api;
use crate::components::conflict::ConflictPanel;
use crate::components::course::course;
use crate::components::facts;
use crate::components::life;
use crate::components::light::{light, marks, state_badge};
use crate::components::map::{PlaceMap, Scene};
use crate::components::moves::{MoveForm, Moves};
use crate::components::photos::Photos;
use crate::components::states::{Loading, Outdated, Trouble};
use crate::desk::{Desk, bring_into_view};
use crate::format;
use crate::icons::{Icon, Shape};
use crate::pages::archive::CheckCase;
use crate::pages::contact::Contact;
use crate::pages::list::is_typing;
use crate::pages::similar::SimilarCases;
use crate::poll::{Poll, REFRESH};
use crate::words::{self, Word};
use leptos::ev::KeyboardEvent;
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_navigate, use_params_map};
use news::News;
use shared::id::CaseId;
use shared::label::Lang;
use shared::time::Timestamp;
use shared::wire::console::{CaseDetail, CaseRow};
use sheet::{Done, Sheet};

/// The page; another case is another page.
#[component]
pub(crate) fn CasePage() -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| {
        let text = params.read().get("id")?;
        text.parse::<CaseId>().ok()
    });
    move || match id.get() {
        Some(id) => view! { <Case id=id/> }.into_any(),
        None => view! { <NoCase/> }.into_any(),
    }
}

#[component]
fn NoCase() -> impl IntoView {
    let desk = Desk::here();
    view! {
        <div class="page empty" data-test="no-case">
            <p>{move || desk.say(words::NOT_FOUND)}</p>
            <a href="/">{move || desk.say(words::TO_LIST)}</a>
        </div>
    }
}

#[component]
fn Case(id: CaseId) -> impl IntoView {
    let desk = Desk::here();
    desk.selected.set(Some(id));
    let sheet = Sheet {
        shown: RwSignal::new(None),
        conflict: RwSignal::new(None),
        form: MoveForm::new(),
        done: RwSignal::new(None),
        poll: Poll::start(move || api::case(id), Some(REFRESH)),
    };
    Effect::new(move |_| {
        if let Some(newer) = sheet.poll.answer.get() {
            sheet.receive(newer);
        }
    });
    let here = Memo::new(move |_| sheet.shown.with(Option::is_some));
    let retry = Callback::new(move |()| sheet.poll.refresh());
    listen_to_keys(desk, id, sheet.form);
    desk.title(move || {
        let name = sheet
            .shown
            .with(|case| case.as_ref().map(|case| case.row.category_name.clone()));
        name.unwrap_or_else(|| desk.say(words::CASE).to_owned())
    });
    view! {
        <article class="case page" data-test="case">
            <Way id=id/>
            <Show
                when=move || here.get()
                fallback=move || view! {
                    <Show
                        when=move || sheet.poll.problem.with(Option::is_some)
                        fallback=|| view! { <Loading/> }
                    >
                        <Trouble problem=sheet.poll.problem on_retry=retry/>
                    </Show>
                }
            >
                <Outdated problem=sheet.poll.problem since=Signal::derive(|| None) on_retry=retry/>
                <Head sheet=sheet/>
                <Progress sheet=sheet/>
                <Sections sheet=sheet id=id/>
            </Show>
        </article>
    }
}

/// Back to the list, and to the cases before and after this one in it.
#[component]
fn Way(id: CaseId) -> impl IntoView {
    let desk = Desk::here();
    let neighbour = move |by: isize| {
        desk.in_list.with(|list| {
            let at = list.iter().position(|other| *other == id)?;
            list.get(at.checked_add_signed(by)?).copied()
        })
    };
    let link = move |by: isize, word: Word, id: &'static str| {
        move || {
            neighbour(by).map(|case| {
                view! {
                    <a class="button quiet" id=id href=format!("/cases/{case}")>
                        {move || desk.say(word)}
                    </a>
                }
            })
        }
    };
    view! {
        <nav class="way row between" aria-label=move || desk.say(words::CASE)>
            <a class="button quiet" id="back" href=move || desk.list_address.get()>
                <Icon shape=Shape::ArrowLeft/>
                {move || desk.say(words::TO_LIST)}
            </a>
            <span class="row">
                {link(-1, words::PREVIOUS_CASE, "previous-case")}
                {link(1, words::NEXT_CASE, "next-case")}
            </span>
        </nav>
    }
}

/// Escape goes back to the list, `j` and `k` to the neighbours; not from a form that is filled in.
fn listen_to_keys(desk: Desk, id: CaseId, form: MoveForm) {
    let navigate = use_navigate();
    let go = move |address: &str| navigate(address, NavigateOptions::default());
    let neighbour = move |by: isize| {
        desk.in_list.with_untracked(|list| {
            let at = list.iter().position(|other| *other == id)?;
            list.get(at.checked_add_signed(by)?).copied()
        })
    };
    let handle = window_event_listener(leptos::ev::keydown, move |event: KeyboardEvent| {
        let is_other = event.ctrl_key() || event.meta_key() || event.alt_key();
        if is_other || is_typing(&event) || form.open.with_untracked(Option::is_some) {
            return;
        }
        let next = match event.key().as_str() {
            "Escape" => Some(desk.list_address.get_untracked()),
            "j" => neighbour(1).map(|case| format!("/cases/{case}")),
            "k" => neighbour(-1).map(|case| format!("/cases/{case}")),
            _ => None,
        };
        if let Some(address) = next {
            go(&address);
        }
    });
    on_cleanup(move || handle.remove());
}

#[component]
fn Head(sheet: Sheet) -> impl IntoView {
    let desk = Desk::here();
    let clock = move || {
        let (now, lang) = (desk.now.get(), desk.lang.get());
        sheet.shown.with(|case| {
            let deadline = format::deadline(&case.as_ref()?.row, now, lang);
            let formula = deadline.formula.clone();
            Some(view! {
                <div class="clock">
                    {light(deadline)}
                    <small data-test="formula">{formula}</small>
                </div>
            })
        })
    };
    let title = move || {
        let (now, lang) = (desk.now.get(), desk.lang.get());
        sheet
            .shown
            .with(|case| case.as_ref().map(|case| heading(&case.row, now, lang)))
    };
    // Drawn anew only when the deadline is, so that an open fold stays open.
    let arithmetic = Memo::new(move |_| {
        sheet.shown.with(|case| {
            let case = case.as_ref()?;
            let lines = case.life.as_ref()?.deadline_why.clone();
            Some((case.row.deadline_ms?, lines))
        })
    });
    let why = move || {
        let (now, lang) = (desk.now.get_untracked(), desk.lang.get());
        let (deadline, lines) = arithmetic.get()?;
        life::why(deadline, &lines, now, lang)
    };
    view! {
        <header class="case-head">
            {title}
            <div class="stack tight">{clock} {why}</div>
        </header>
    }
}

/// The links of its life and who must act next.
#[component]
fn Progress(sheet: Sheet) -> impl IntoView {
    let desk = Desk::here();
    move || {
        let (now, lang) = (desk.now.get(), desk.lang.get());
        sheet
            .shown
            .with(|case| case.as_ref().map(|case| life::progress(case, now, lang)))
    }
}

fn heading(row: &CaseRow, now: Timestamp, lang: Lang) -> impl IntoView + use<> {
    let fixed = row.self_fixed.then(|| {
        view! { <span class="badge" data-state="safe">{words::SELF_FIXED.of(lang)}</span> }
    });
    view! {
        <div class="grow">
            <h1 id="case-title">{row.category_name.clone()}</h1>
            <p class="where">{format::place(&row.place)}</p>
            <p class="row">
                {state_badge(&row.state, row.class, lang)}
                {fixed}
                {marks(row, now, lang)}
                <span data-test="lead">{row.lead_name.clone()}</span>
                <code data-test="case-no">{row.case_no.clone()}</code>
            </p>
        </div>
    }
}

/// Everything below the head. Each part is drawn anew only when what it shows has changed.
#[component]
fn Sections(sheet: Sheet, id: CaseId) -> impl IntoView {
    let desk = Desk::here();
    let still = Memo::new(move |_| sheet.shown.with(|case| case.as_ref().map(without_clock)));
    let part = move |draw: fn(&CaseDetail, Timestamp, Lang) -> AnyView| {
        move || {
            let (lang, now) = (desk.lang.get(), desk.now.get_untracked());
            still.with(|case| case.as_ref().map(|case| draw(case, now, lang)))
        }
    };
    let photos = Memo::new(move |_| {
        still.with(|case| {
            case.as_ref()
                .map(|case| case.photos.clone())
                .unwrap_or_default()
        })
    });
    let contact =
        Memo::new(move |_| still.with(|case| case.as_ref().and_then(|case| case.contact.clone())));
    let again = Callback::new(move |()| sheet.poll.refresh());
    let scene = Memo::new(move |_| still.with(|case| case.as_ref().map(Scene::of)));
    let title = move |word: Word| view! { <h2>{move || desk.say(word)}</h2> };
    view! {
        <div class="case-parts">
            <section class="card stack report" aria-labelledby="case-title">
                <Photos photos=photos/>
                {part(|case, now, lang| facts::report(case, now, lang).into_any())}
                <Contact id=id masked=contact on_change=again/>
            </section>
            <div class="side stack">
                <section class="card stack" id="moves">
                    {title(words::MOVES)}
                    <News id=id case=still on_change=again/>
                    <Act sheet=sheet case=still id=id/>
                </section>
                <section class="card stack">
                    {title(words::MAP)}
                    {move || scene.get().map(|scene| view! { <PlaceMap scene=scene/> })}
                    {part(|case, _, lang| facts::place(case, lang).into_any())}
                </section>
            </div>
            <div class="rest stack">
                <SimilarCases
                    id=id
                    may_merge=Signal::derive(move || sheet.merging().is_some())
                    on_merge=Callback::new(move |into: CaseRow| sheet.begin_merge(into, desk))
                />
                <section class="card stack" data-test="life">
                    {title(words::LIFE)}
                    {part(|case, now, lang| life::facts(case, now, lang).into_any())}
                </section>
                <section class="card stack" data-test="decision">
                    {title(words::DECISION)}
                    {part(|case, _, lang| facts::decision(case, lang).into_any())}
                </section>
                <section class="card stack">
                    {title(words::COURSE)}
                    {part(|case, now, lang| course(&case.events, now, lang).into_any())}
                    <CheckCase id=id/>
                </section>
            </div>
        </div>
    }
}

/// The case without what changes by the minute.
fn without_clock(case: &CaseDetail) -> CaseDetail {
    CaseDetail {
        row: CaseRow {
            used_permille: None,
            ..case.row.clone()
        },
        ..case.clone()
    }
}

/// What was just done, a conflict if there is one, and the moves.
#[component]
fn Act(sheet: Sheet, case: Memo<Option<CaseDetail>>, id: CaseId) -> impl IntoView {
    let desk = Desk::here();
    let done = move || {
        sheet.done.get().map(|done| {
            let (state, shape) = match done {
                Done::Moved(_) => ("safe", Shape::CircleCheck),
                Done::NotAnyMore => ("soon", Shape::TriangleAlert),
            };
            view! {
                <p class="notice" data-state=state data-test="done">
                    <Icon shape=shape/>
                    {move || done.words(desk.lang.get())}
                </p>
            }
        })
    };
    Effect::new(move |_| {
        if sheet.conflict.with(Option::is_some) {
            bring_into_view("conflict");
        }
    });
    // What was done is news until the next form is opened.
    Effect::new(move |_| {
        if sheet.form.open.with(Option::is_some) {
            sheet.done.set(None);
        }
    });
    let cancel = Callback::new(move |()| {
        if sheet.conflict.with_untracked(Option::is_some) {
            sheet.give_up();
        } else {
            sheet.form.close();
        }
    });
    view! {
        <div role="status" aria-live="polite">{done}</div>
        {move || {
            sheet.conflict.get().map(|conflict| {
                view! {
                    <ConflictPanel
                        conflict=conflict
                        on_go_on=Callback::new(move |()| sheet.go_on())
                        on_give_up=Callback::new(move |()| sheet.give_up())
                    />
                }
            })
        }}
        {move || {
            let (now, lang) = (desk.now.get_untracked(), desk.lang.get());
            case.with(|case| case.as_ref().map(|case| life::asked(case, now, lang)))
        }}
        <Moves
            case=case
            form=sheet.form
            wants=sheet.wants(id, desk)
            held=Signal::derive(move || sheet.conflict.with(Option::is_some))
            on_submit=Callback::new(move |()| sheet.send(id, desk))
            on_cancel=cancel
        />
    }
}
