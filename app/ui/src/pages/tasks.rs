//! Tasks: for now the open cases of my grids, to read; checks given to me come later.

use crate::backend;
use crate::components::notice::{Empty, ProblemNotice};
use crate::state::{live, shared, speaker};
use crate::words;
use leptos::prelude::*;
use shared::case::Class;
use shared::label;
use shared::wire::handheld::CaseCard;

/// Open cases of my grids.
#[component]
pub(crate) fn Tasks() -> impl IntoView {
    let t = speaker();
    let cases = live(backend::cases);
    view! {
        <div class="page stack">
            <h1>{t.say(words::TASKS_TITLE)}</h1>
            {move || match cases.get() {
                None => view! { <p class="second">{t.say(words::LOADING)}</p> }.into_any(),
                Some(Err(problem)) => view! { <ProblemNotice problem /> }.into_any(),
                Some(Ok(cases)) => {
                    let open: Vec<CaseCard> =
                        cases.into_iter().filter(|case| case.class == Class::Open).collect();
                    if open.is_empty() {
                        return view! { <Empty text=t.say(words::TASKS_EMPTY) /> }.into_any();
                    }
                    view! {
                        <h2 class="rule">{t.say(words::TASKS_OPEN)}</h2>
                        <ul class="list items" id="cases">
                            {open.into_iter().map(|case| view! { <CaseItem case /> }).collect_view()}
                        </ul>
                    }.into_any()
                }
            }}
        </div>
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
                    <span class="badge" data-state="info">{label::state(&case.state, t.0)}</span>
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
