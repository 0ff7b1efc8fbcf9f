//! Tasks: what is to be looked at on the spot, what was done, and the open cases of my grids.

use crate::backend;
use crate::components::icon::{Icon, Shape};
use crate::components::notice::{Empty, ProblemNotice};
use crate::components::report_row::short_place;
use crate::pages::patrol::Rounds;
use crate::route::Route;
use crate::state::{live, shared, speaker, state_word, task_word};
use crate::words::{self, Speaker, Word};
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::wire::handheld::{CaseCard, OpenCases, Problem, TaskRow, TaskStanding};

/// Above this a distance is said in kilometres.
const KILOMETRE_M: u32 = 1_000;
/// Open cases that are shown at first, and how many more at each press.
const CASES_SHOWN: u32 = 100;

/// Tasks and open cases of my grids.
#[component]
pub(crate) fn Tasks() -> impl IntoView {
    let t = speaker();
    // Where the worker is orders the list while this page is open, and is kept nowhere.
    let here = RwSignal::new(None::<(f64, f64)>);
    let problem = RwSignal::new(None::<Problem>);
    let locating = RwSignal::new(false);
    let receiver = shared().about.get_untracked().receiver;
    let tasks = live(move || backend::tasks(here.get()));
    let locate = move |_| {
        problem.set(None);
        locating.set(true);
        spawn_local(async move {
            match backend::position().await {
                Ok(place) => {
                    here.try_set(Some((place.lat, place.lon)));
                }
                Err(refused) => {
                    problem.try_set(Some(refused));
                }
            }
            locating.try_set(false);
        });
    };
    view! {
        <div class="page stack">
            <h1>{t.say(words::TASKS_TITLE)}</h1>
            {receiver.then(|| view! {
                <button
                    type="button"
                    class="quiet"
                    id="tasks-near"
                    prop:disabled=locating
                    on:click=locate
                >
                    <Icon shape=Shape::Locate />
                    {move || t.say(if locating.get() { words::PLACE_LOCATING } else { words::TASKS_NEAR })}
                </button>
            })}
            {move || problem.get().map(|problem| view! { <ProblemNotice problem /> })}
            {move || match tasks.get() {
                None => view! { <p class="second">{t.say(words::LOADING)}</p> }.into_any(),
                Some(Err(problem)) => view! { <ProblemNotice problem /> }.into_any(),
                Some(Ok(rows)) => view! { <OnTheSpot rows /> }.into_any(),
            }}
            <Rounds />
            <CasesOfMyGrids />
        </div>
    }
}

/// What is to be done, and below it what was done.
#[component]
fn OnTheSpot(rows: Vec<TaskRow>) -> impl IntoView {
    let t = speaker();
    let (open, done): (Vec<TaskRow>, Vec<TaskRow>) =
        rows.into_iter().partition(|row| row.standing.is_open());
    view! {
        <section class="stack tight">
            <h2 class="rule">{t.say(words::TASKS_TODO)}</h2>
            {if open.is_empty() {
                view! { <Empty text=t.say(words::TASKS_NONE) /> }.into_any()
            } else {
                view! {
                    <ul class="list items" id="tasks">
                        {open.into_iter().map(|row| view! { <TaskItem row /> }).collect_view()}
                    </ul>
                }.into_any()
            }}
        </section>
        {(!done.is_empty()).then(|| view! {
            <section class="stack tight">
                <h2 class="rule">{t.say(words::TASKS_DONE)}</h2>
                <ul class="list items" id="tasks-done">
                    {done.into_iter().map(|row| view! { <TaskItem row /> }).collect_view()}
                </ul>
            </section>
        })}
    }
}

/// The open cases of my grids, a part of them at first.
#[component]
fn CasesOfMyGrids() -> impl IntoView {
    let t = speaker();
    let limit = RwSignal::new(CASES_SHOWN);
    let cases = live(move || backend::open_cases(limit.get()));
    let list = move |found: OpenCases| {
        if found.cases.is_empty() {
            return view! { <p class="second">{t.say(words::TASKS_EMPTY)}</p> }.into_any();
        }
        view! {
            <ul class="list items" id="cases">
                {found.cases.into_iter().map(|case| view! { <CaseItem case /> }).collect_view()}
            </ul>
            {found.more.then(|| view! {
                <button
                    type="button"
                    class="quiet"
                    id="cases-more"
                    on:click=move |_| limit.update(|limit| *limit = limit.saturating_add(CASES_SHOWN))
                >
                    {t.say(words::TASKS_MORE)}
                </button>
            })}
        }
        .into_any()
    };
    move || match cases.get() {
        None => ().into_any(),
        Some(Err(problem)) => view! { <ProblemNotice problem /> }.into_any(),
        Some(Ok(found)) => view! {
            <section class="stack tight">
                <h2 class="rule">{t.say(words::TASKS_OPEN)}</h2>
                {list(found)}
            </section>
        }
        .into_any(),
    }
}

/// Where a task stands: shape, word and colour.
#[component]
pub(crate) fn TaskMark(standing: TaskStanding) -> impl IntoView {
    let (shape, state, word): (Shape, &'static str, Word) = match standing {
        TaskStanding::Open => (Shape::MapPin, "info", words::TASK_OPEN),
        TaskStanding::Begun => (Shape::HardDrive, "waiting", words::TASK_BEGUN),
        TaskStanding::Gone => (Shape::CircleAlert, "soon", words::TASK_GONE),
        TaskStanding::OnDevice => (Shape::HardDrive, "waiting", words::TASK_ON_DEVICE),
        TaskStanding::Accepted => (Shape::CircleCheck, "safe", words::TASK_ACCEPTED),
        TaskStanding::Late => (Shape::CircleCheck, "safe", words::TASK_LATE),
        TaskStanding::NeedsAttention => (Shape::CircleAlert, "late", words::TASK_ATTENTION),
    };
    view! {
        <span class="badge status" data-state=state data-standing=format!("{standing:?}")>
            <Icon shape />
            <span>{speaker().say(word)}</span>
        </span>
    }
}

/// 350 米, or 1.2 公里.
pub(crate) fn distance(t: Speaker, metres: u32) -> String {
    if metres < KILOMETRE_M {
        return t.with(words::TASK_METRES, metres);
    }
    let tenths = metres / (KILOMETRE_M / 10);
    t.with(
        words::TASK_KILOMETRES,
        format!("{}.{}", tenths / 10, tenths % 10),
    )
}

/// One task in a list.
#[component]
pub(crate) fn TaskItem(row: TaskRow) -> impl IntoView {
    let t = speaker();
    let now = shared().now;
    let what = [short_place(&row.place), row.place_words.clone()];
    let what: Vec<String> = what.into_iter().filter(|words| !words.is_empty()).collect();
    let open = row.standing.is_open();
    let when = match (row.done, row.by) {
        (Some(done), _) => Some(t.with(words::TASK_DONE_AT, t.moment(done, now.get_untracked()))),
        (None, Some(by)) if open => Some(t.with(words::TASK_BY, t.moment(by, now.get_untracked()))),
        _ => None,
    };
    let far = row.distance_m.map(|metres| distance(t, metres));
    let said = row.said.as_ref().map(|said| t.problem(said));
    view! {
        <li>
            <a class="item" href=Route::Task(row.case).href() data-task=row.case.to_string()>
                <span class="grow stack item-words">
                    <span class="item-title">
                        {task_word(&row.kind)} " · " {row.category_name.clone()}
                    </span>
                    <span class="second item-line">{what.join(" · ")}</span>
                    <TaskMark standing=row.standing />
                    {said.map(|said| view! { <span class="second">{said}</span> })}
                    <span class="second item-line">
                        {far.clone()}
                        {far.filter(|_| when.is_some()).map(|_| " · ")}
                        {when}
                    </span>
                </span>
                <Icon shape=Shape::ChevronRight />
            </a>
        </li>
    }
}

#[component]
fn CaseItem(case: CaseCard) -> impl IntoView {
    let t = speaker();
    let now = shared().now;
    view! {
        <li class="item case" data-case=case.id.to_string()>
            <div class="grow stack item-words">
                <p class="row between">
                    <span class="item-title">{case.category_name}</span>
                    <span class="badge" data-state="info">{state_word(&case.state)}</span>
                </p>
                <p class="second">
                    <span class="number">{case.case_no}</span>
                    {case.mine.then(|| format!(" · {}", t.say(words::TASKS_MINE)))}
                </p>
                <p class="second">
                    {case.lead_name}
                    {case.deadline.map(|deadline| view! { " · " {move || t.remaining(deadline, now.get())} })}
                </p>
            </div>
        </li>
    }
}

#[cfg(test)]
mod tests {
    use super::distance;
    use crate::words::Speaker;
    use shared::label::Lang;

    #[test]
    fn a_distance_is_said_in_the_unit_that_people_use() {
        let zh = Speaker(Lang::Zh);
        assert_eq!(distance(zh, 350), "350 米");
        assert_eq!(distance(zh, 1_249), "1.2 公里");
        assert_eq!(distance(Speaker(Lang::En), 12_000), "12.0 km");
    }
}
