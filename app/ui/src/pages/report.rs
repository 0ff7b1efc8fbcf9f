//! One report: where it stands, photos, who has it and why, and its course.

mod adding;
mod receipt;

use crate::backend;
use crate::components::field::Fact;
use crate::components::icon::{Icon, Shape};
use crate::components::notice::{ProblemNotice, reading};
use crate::components::report_row::{StatusMark, brief_place};
use crate::route::{Route, Shown};
use crate::state::{event_word, last_good, live, shared, speaker, state_word};
use crate::words;
use adding::Adding;
use leptos::prelude::*;
use leptos::task::spawn_local;
use receipt::Receipt;
use shared::id::ReportId;
use shared::label::{self, Lang};
use shared::wire::handheld::{PhotoView, Problem, ReportDetail, ReportStatus};
use shared::wire::sync::CourseEntry;

/// One report.
#[component]
pub(crate) fn Report(report: ReportId) -> impl IntoView {
    let t = speaker();
    let detail = live(move || backend::report(report));
    let known = last_good(detail);
    view! {
        <div class="page stack report">
            <header class="row bar">
                <a class="button quiet" id="back" href=Route::Reports(Shown::All).href()>
                    <Icon shape=Shape::ArrowLeft />
                    {t.say(words::BACK)}
                </a>
                <h1 class="grow">{t.say(words::REPORT_TITLE)}</h1>
            </header>
            {reading(detail)}
            {move || known.get().map(|detail| view! { <Whole detail /> })}
            <Show when=move || known.with(Option::is_some)>
                <Adding report detail=known />
            </Show>
        </div>
    }
}

#[component]
fn Whole(detail: ReportDetail) -> impl IntoView {
    let row = detail.row.clone();
    let case_state = row
        .state
        .as_deref()
        .filter(|_| row.status == ReportStatus::Accepted)
        .map(state_word);
    let on_device = row.status == ReportStatus::OnDevice;
    view! {
        <section class="card stack tight" id="report-status" role="status">
            <h2>{row.category_name.clone()}</h2>
            <p><StatusMark row=row.clone() /></p>
            {case_state.map(|state| view! { <p class="strong">{state}</p> })}
            {row.problem.map(|problem| said(row.status, problem))}
            {(!detail.text.is_empty()).then(|| view! { <p class="words">{detail.text.clone()}</p> })}
        </section>
        {(!detail.photos.is_empty()).then(|| view! { <Photos photos=detail.photos.clone() on_device /> })}
        <Facts detail=detail.clone() />
        <Reasons detail=detail.clone() />
        <Course course=detail.course />
        {detail.receipt.map(|receipt| view! { <Receipt receipt /> })}
    }
}

/// What is wrong, or how the office dealt with it, which asks for nothing any more.
fn said(status: ReportStatus, problem: Problem) -> AnyView {
    if status == ReportStatus::Settled {
        view! { <p>{speaker().problem(&problem)}</p> }.into_any()
    } else {
        view! { <ProblemNotice problem /> }.into_any()
    }
}

/// What a worker found, beside the entry that says that one looked.
fn found_word(entry: &CourseEntry, lang: Lang) -> Option<&'static str> {
    let found = entry.found?;
    Some(match entry.kind.as_str() {
        "verify" => label::verified(found, lang),
        _ => label::checked(found, lang),
    })
}

#[component]
pub(crate) fn Photos(photos: Vec<PhotoView>, on_device: bool) -> impl IntoView {
    let t = speaker();
    view! {
        <section class="card stack tight">
            <h2>{t.say(words::PHOTOS)}</h2>
            <ul class="gallery">
                {photos.into_iter().map(|photo| view! { <Photo photo on_device /> }).collect_view()}
            </ul>
        </section>
    }
}

/// A photo with how much of it has arrived; pressed, it is shown whole.
#[component]
fn Photo(photo: PhotoView, on_device: bool) -> impl IntoView {
    let t = speaker();
    let id = photo.id;
    let whole = RwSignal::new(None::<String>);
    let sent = if photo.sent >= photo.bytes && photo.bytes > 0 {
        t.say(words::PHOTO_SENT).to_owned()
    } else if on_device || photo.sent == 0 {
        t.say(words::PHOTO_WAITING).to_owned()
    } else {
        t.with(
            words::PHOTO_PART,
            format!("{}%", photo.sent.saturating_mul(100) / photo.bytes.max(1)),
        )
    };
    let role = t.photo_role(photo.role);
    let small = photo.preview;
    let toggle = move |_| {
        if whole.get_untracked().is_some() {
            whole.set(None);
            return;
        }
        spawn_local(async move {
            if let Ok(address) = backend::photo(id).await {
                whole.try_set(Some(address));
            }
        });
    };
    view! {
        <li class:whole=move || whole.get().is_some()>
            <button
                type="button"
                class="photo-button"
                aria-expanded=move || whole.get().is_some().to_string()
                aria-label=format!("{} {role}", t.say(words::PHOTO_ENLARGE))
                data-photo=id.to_string()
                on:click=toggle
            >
                <img src=move || whole.get().unwrap_or_else(|| small.clone()) alt=role />
            </button>
            <p class="second">{role} " · " {sent}</p>
        </li>
    }
}

#[component]
fn Facts(detail: ReportDetail) -> impl IntoView {
    let t = speaker();
    let now = shared().now;
    let row = detail.row;
    let moment = move |at| t.moment(at, now.get_untracked());
    let category = if detail.condition_name.is_empty() {
        row.category_name.clone()
    } else {
        format!("{} · {}", row.category_name, detail.condition_name)
    };
    let place = [
        brief_place(&row.place).as_str(),
        detail.place.words.as_str(),
    ]
    .into_iter()
    .filter(|words| !words.is_empty())
    .collect::<Vec<_>>()
    .join(" · ");
    let place = if place.is_empty() {
        t.say(words::PLACE_OUTSIDE).to_owned()
    } else {
        place
    };
    let coordinates = detail
        .place
        .degrees()
        .map(|(lat, lon)| format!("{lat:.6}, {lon:.6} · {}", t.source(detail.place.source)));
    view! {
        <section class="card">
            <dl class="facts">
                {row.case_no.clone().map(|number| view! { <Fact word=words::REPORT_NUMBER text=number /> })}
                <Fact word=words::FILED_CODE text=row.short_code.clone() />
                <Fact word=words::REPORT_CATEGORY text=category />
                <Fact word=words::PLACE text=place />
                {coordinates.map(|text| view! { <Fact word=words::REPORT_POSITION text /> })}
                <Fact word=words::REPORT_SEEN text=moment(detail.occurred) />
                <Fact word=words::REPORT_FILED text=moment(row.filed) />
                {detail.received.map(|at| view! { <Fact word=words::REPORT_RECEIVED text=moment(at) /> })}
            </dl>
        </section>
    }
}

/// Who has it, by when, and why.
#[component]
fn Reasons(detail: ReportDetail) -> impl IntoView {
    let t = speaker();
    let now = shared().now;
    let row = detail.row;
    let lead = if row.case_no.is_some() {
        words::REPORT_LEAD
    } else {
        words::REPORT_LEAD_PREVIEW
    };
    let open = row.closed.is_none() && !detail.self_fixed;
    let deadline = row.deadline.filter(|_| !detail.self_fixed).map(|at| {
        let left = if open {
            format!(" · {}", t.remaining(at, now.get_untracked()))
        } else {
            String::new()
        };
        format!("{}{left}", t.moment(at, now.get_untracked()))
    });
    let differs = detail.differs;
    view! {
        <section class="card stack tight" id="report-reasons">
            <h2><Icon shape=Shape::Building /> {t.say(words::REPORT_DECISION)}</h2>
            <dl class="facts">
                <Fact word=lead text=row.lead_name />
                {deadline.map(|text| view! { <Fact word=words::REPORT_DEADLINE text /> })}
                <Fact word=words::PREVIEW_BASIS text=detail.rule />
            </dl>
            <ol class="reasons">
                {detail.because.into_iter().map(|reason| view! { <li>{reason}</li> }).collect_view()}
            </ol>
            {(!differs.is_empty()).then(|| view! {
                <div class="notice" data-state="soon">
                    <Icon shape=Shape::Info />
                    <div>
                        <p class="strong">{t.say(words::REPORT_DIFFERS)}</p>
                        <ul>{differs.into_iter().map(|words| view! { <li>{words}</li> }).collect_view()}</ul>
                    </div>
                </div>
            })}
        </section>
    }
}

/// The whole course of a case, in plain words.
#[component]
pub(crate) fn Course(course: Vec<CourseEntry>) -> impl IntoView {
    let t = speaker();
    let now = shared().now;
    let empty = course.is_empty();
    view! {
        <section class="card stack tight" id="report-course">
            <h2><Icon shape=Shape::Clock /> {t.say(words::REPORT_COURSE)}</h2>
            {empty.then(|| view! { <p class="second">{t.say(words::REPORT_COURSE_EMPTY)}</p> })}
            <ol class="course">
                {course.into_iter().map(|entry| view! {
                    <li data-event=entry.kind>
                        <p class="strong">
                            {event_word(&entry.kind)}
                            {found_word(&entry, t.0).map(|found| format!(" · {found}"))}
                        </p>
                        <p class="second">{t.moment(entry.at, now.get_untracked())} " · " {entry.by}</p>
                        {(!entry.reason.is_empty()).then(|| view! { <p>{entry.reason}</p> })}
                    </li>
                }).collect_view()}
            </ol>
        </section>
    }
}
