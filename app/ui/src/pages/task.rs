//! One task on the spot: where to go, what to look for, what was found, photos; all without a
//! network.

mod doing;

use crate::backend;
use crate::components::complaints::ComplaintsCard;
use crate::components::field::Fact;
use crate::components::icon::{Icon, Shape};
use crate::components::notice::reading;
use crate::components::report_row::brief_place;
use crate::pages::report::{Course, Photos};
use crate::pages::tasks::TaskMark;
use crate::route::Route;
use crate::state::{last_good, live, shared, speaker, task_word};
use crate::words;
use doing::Doing;
use leptos::prelude::*;
use shared::id::CaseId;
use shared::label;
use shared::operation::kind;
use shared::wire::handheld::TaskDetail;

/// One task.
#[component]
pub(crate) fn Task(case: CaseId) -> impl IntoView {
    let t = speaker();
    let detail = live(move || backend::task(case));
    let known = last_good(detail);
    // The form is drawn once for each thing to be done: what is being written stays while the case
    // around it moves on.
    let open = Memo::new(move |_| {
        known.with(|known| {
            let known = known.as_ref().filter(|known| known.row.standing.is_open());
            known.map(|known| known.row.kind.clone())
        })
    });
    view! {
        <div class="page stack report">
            <header class="row bar">
                <a class="button quiet" id="back" href=Route::Tasks.href()>
                    <Icon shape=Shape::ArrowLeft />
                    {t.say(words::BACK)}
                </a>
                <h1 class="grow">
                    {move || known.with(|known| known.as_ref().map(|known| task_word(&known.row.kind)))}
                </h1>
            </header>
            {reading(detail)}
            {move || known.get().map(|detail| view! { <Where detail /> })}
            {move || open.get().map(|kind| view! { <Doing case kind known /> })}
            {move || known.get().map(|detail| view! { <Rest detail /> })}
            <ComplaintsCard />
        </div>
    }
}

/// What it is about, where, and by when.
#[component]
fn Where(detail: TaskDetail) -> impl IntoView {
    let t = speaker();
    let now = shared().now;
    let row = detail.row;
    let help = if row.kind == kind::CASE_VERIFY {
        words::TASK_VERIFY_HELP
    } else {
        words::TASK_CHECK_HELP
    };
    let place = [brief_place(&row.place), row.place_words.clone()];
    let place: Vec<String> = place
        .into_iter()
        .filter(|words| !words.is_empty())
        .collect();
    let open = row.standing.is_open();
    let by = row
        .by
        .filter(|_| open)
        .map(|by| t.with(words::TASK_BY, t.moment(by, now.get_untracked())));
    let at = detail.at.map(|(lat, lon)| format!("{lat:.6}, {lon:.6}"));
    view! {
        <section class="card stack tight" id="task-status" role="status">
            <h2>{row.category_name.clone()}</h2>
            <p><TaskMark standing=row.standing /></p>
            {row.said.map(|said| view! {
                <div class="notice" data-state="soon" id="task-said">
                    <Icon shape=Shape::Info />
                    <p>{t.problem(&said)}</p>
                </div>
            })}
            {open.then(|| view! { <p>{t.say(help)}</p> })}
            {by.map(|by| view! { <p class="strong">{by}</p> })}
        </section>
        <section class="card">
            <dl class="facts">
                <Fact word=words::PLACE text=place.join(" · ") />
                {at.map(|text| view! { <Fact word=words::REPORT_POSITION text /> })}
                {(!detail.condition_name.is_empty()).then(|| view! {
                    <Fact word=words::CONDITION text=detail.condition_name />
                })}
                {(!detail.closing.is_empty()).then(|| view! {
                    <Fact word=words::TASK_CLOSING text=detail.closing />
                })}
                {(!detail.text.is_empty()).then(|| view! {
                    <Fact word=words::TASK_SAID text=detail.text />
                })}
                <Fact word=words::TASK_LEAD text=detail.lead_name />
                <Fact word=words::REPORT_NUMBER text=row.case_no />
            </dl>
        </section>
    }
}

/// What was found when it is done; photos of the case that are on this handheld; the course.
#[component]
fn Rest(detail: TaskDetail) -> impl IntoView {
    let t = speaker();
    let done = !detail.row.standing.is_open();
    let found = detail.found.filter(|_| done).map(|found| {
        if detail.row.kind == kind::CASE_VERIFY {
            label::verified(found, t.0)
        } else {
            label::checked(found, t.0)
        }
    });
    let waits = detail.photos.iter().all(|photo| photo.sent == 0);
    view! {
        {found.map(|found| view! {
            <section class="card stack tight" id="task-found">
                <h2><Icon shape=Shape::Check /> {t.say(words::TASK_DO)}</h2>
                <p class="strong">{found}</p>
                {(!detail.reason.is_empty()).then(|| view! { <p class="words">{detail.reason.clone()}</p> })}
            </section>
        })}
        {(done && !detail.photos.is_empty()).then(|| view! {
            <Photos photos=detail.photos.clone() on_device=waits />
        })}
        {(!detail.report_photos.is_empty()).then(|| view! {
            <h2 class="rule">{t.say(words::TASK_REPORT_PHOTOS)}</h2>
            <Photos photos=detail.report_photos.clone() on_device=false />
        })}
        {(!detail.earlier_photos.is_empty()).then(|| view! {
            <h2 class="rule">{t.say(words::TASK_EARLIER_PHOTOS)}</h2>
            <Photos photos=detail.earlier_photos.clone() on_device=false />
        })}
        <Course course=detail.course />
    }
}
