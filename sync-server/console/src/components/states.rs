//! What a page shows when it has nothing to show yet, nothing at all, or trouble.

use crate::api::Problem;
use crate::desk::Desk;
use crate::format;
use crate::icons::{Icon, Shape};
use crate::words::{self, Word};
use leptos::prelude::*;
use shared::time::Timestamp;

/// An answer is on its way.
#[component]
pub(crate) fn Loading() -> impl IntoView {
    let desk = Desk::here();
    view! {
        <p class="empty" role="status" data-test="loading">
            {move || desk.say(words::LOADING)}
        </p>
    }
}

/// There is nothing: what would be here and how it gets here.
#[component]
pub(crate) fn Empty(what: Word, how: Word) -> impl IntoView {
    let desk = Desk::here();
    view! {
        <div class="empty" data-test="empty">
            <Icon shape=Shape::Inbox/>
            <p class="what">{move || desk.say(what)}</p>
            <p>{move || desk.say(how)}</p>
        </div>
    }
}

/// What happened, what to do, and a button to try again.
#[component]
pub(crate) fn Trouble(
    #[prop(into)] problem: Signal<Option<Problem>>,
    on_retry: Callback<()>,
) -> impl IntoView {
    let desk = Desk::here();
    move || {
        problem.get().map(|problem| {
            desk.count_trouble();
            view! {
                <div class="notice" data-state="late" role="alert" data-test="trouble">
                    <Icon shape=trouble_icon(&problem)/>
                    <p class="grow">{move || problem.words(desk.lang.get())}</p>
                    <button type="button" data-test="retry" on:click=move |_| on_retry.run(())>
                        <Icon shape=Shape::RefreshCw/>
                        {move || desk.say(words::RETRY)}
                    </button>
                </div>
            }
        })
    }
}

/// A refresh failed while an older answer is on the screen.
#[component]
pub(crate) fn Outdated(
    #[prop(into)] problem: Signal<Option<Problem>>,
    /// When the answer on the screen came.
    #[prop(into)]
    since: Signal<Option<Timestamp>>,
    on_retry: Callback<()>,
) -> impl IntoView {
    let desk = Desk::here();
    move || {
        problem.get().map(|problem| {
            desk.count_trouble();
            let when = move || {
                let lang = desk.lang.get();
                let since = since.get()?;
                let at = format::moment(since, desk.now.get(), lang);
                Some(format!("{} {at}", words::UPDATED.of(lang)))
            };
            view! {
                <div class="notice" data-state="soon" role="status" data-test="outdated">
                    <Icon shape=trouble_icon(&problem)/>
                    <p class="grow">
                        {move || problem.words(desk.lang.get())} " "
                        {move || desk.say(words::STALE_SCREEN)} " " {when}
                    </p>
                    <button type="button" data-test="retry" on:click=move |_| on_retry.run(())>
                        <Icon shape=Shape::RefreshCw/>
                        {move || desk.say(words::RETRY)}
                    </button>
                </div>
            }
        })
    }
}

const fn trouble_icon(problem: &Problem) -> Shape {
    match problem {
        Problem::Unreachable => Shape::WifiOff,
        Problem::Refused(_) | Problem::Unreadable(_) => Shape::CircleAlert,
    }
}

/// A problem of a form, beside its button.
#[component]
pub(crate) fn FormProblem(
    #[prop(into)] words: Signal<Option<String>>,
    /// Where the focus is to find it.
    #[prop(optional)]
    id: Option<String>,
) -> impl IntoView {
    let tabindex = id.is_some().then_some("-1");
    view! {
        <div role="alert" class="error-text" data-test="form-problem" id=id tabindex=tabindex>
            {move || {
                words
                    .get()
                    .map(|words| view! { <p class="row"><Icon shape=Shape::CircleAlert/>{words}</p> })
            }}
        </div>
    }
}
