//! What was just filed: what is safe, and what is still to go. Follows the report as it is sent.

use crate::backend;
use crate::components::icon::{Icon, Shape};
use crate::components::notice::ProblemNotice;
use crate::components::report_row::StatusMark;
use crate::route::Route;
use crate::state::{live, speaker};
use crate::words;
use leptos::prelude::*;
use shared::id::ReportId;
use shared::wire::handheld::{ReportDetail, ReportStatus};

/// A plain sentence on what is safe.
#[component]
pub(crate) fn Filed(report: ReportId) -> impl IntoView {
    let t = speaker();
    let detail = live(move || backend::report(report));
    view! {
        <div class="page stack filed">
            {move || match detail.get() {
                None => view! { <h1>{t.say(words::FILED_TITLE)}</h1> }.into_any(),
                Some(Ok(detail)) => view! { <Safe detail /> }.into_any(),
                Some(Err(problem)) => view! {
                    <h1>{t.say(words::FILED_TITLE)}</h1>
                    <ProblemNotice problem />
                }.into_any(),
            }}
            <div class="stack">
                <a class="button wide" id="filed-show" href=Route::Report(report).href()>
                    <Icon shape=Shape::FileText />
                    {t.say(words::FILED_SHOW)}
                </a>
                <a class="button primary wide" id="filed-again" href=Route::Capture(None).href()>
                    <Icon shape=Shape::Camera />
                    {t.say(words::FILED_AGAIN)}
                </a>
            </div>
        </div>
    }
}

#[component]
fn Safe(detail: ReportDetail) -> impl IntoView {
    let t = speaker();
    let row = detail.row;
    let waiting = matches!(row.status, ReportStatus::OnDevice | ReportStatus::Sending);
    let sentence = if waiting {
        words::FILED_SAFE
    } else {
        words::FILED_SENT
    };
    let title = if waiting {
        t.say(words::FILED_TITLE).to_owned()
    } else {
        t.status(&row)
    };
    let code = row.short_code.clone();
    let problem = row.problem.clone();
    view! {
        <div class="safe" role="status">
            <Icon shape=Shape::CircleCheck />
            <h1>{title}</h1>
            <p>{t.say(sentence)}</p>
            <p><StatusMark row /></p>
            <p class="second">{t.say(words::FILED_CODE)} " " <strong class="number" id="short-code">{code}</strong></p>
        </div>
        {problem.map(|problem| view! { <ProblemNotice problem /> })}
    }
}
