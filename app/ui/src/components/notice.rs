//! What happened and what to do; and the offer to take back what was just done.

use super::icon::{Icon, Shape};
use crate::backend::Answer;
use crate::state::speaker;
use crate::words;
use leptos::prelude::*;
use shared::wire::handheld::Problem;

/// A problem in its own words.
#[component]
pub(crate) fn ProblemNotice(problem: Problem) -> impl IntoView {
    let words = speaker().problem(&problem);
    view! {
        <div class="notice" data-state="late" role="alert" data-problem=problem.code>
            <Icon shape=Shape::TriangleAlert />
            <p>{words}</p>
        </div>
    }
}

/// That something is being read, or why it can't be, beside what was read before.
pub(crate) fn reading<T>(answer: ReadSignal<Option<Answer<T>>>) -> impl IntoView
where
    T: Send + Sync + 'static,
{
    let t = speaker();
    move || {
        answer.with(|answer| match answer {
            None => view! { <p class="second">{t.say(words::LOADING)}</p> }.into_any(),
            Some(Err(problem)) => view! { <ProblemNotice problem=problem.clone() /> }.into_any(),
            Some(Ok(_)) => ().into_any(),
        })
    }
}

/// Nothing here yet: what would be, and how it gets here.
#[component]
pub(crate) fn Empty(text: &'static str) -> impl IntoView {
    view! {
        <div class="empty">
            <Icon shape=Shape::Inbox />
            <p>{text}</p>
        </div>
    }
}

/// What came too late for what was just filed; floats over the bottom until it was read.
#[component]
pub(crate) fn LateBar(problem: Problem, close: impl Fn() + 'static) -> impl IntoView {
    let t = speaker();
    let words = t.problem(&problem);
    view! {
        <div class="undo floating" role="alert" data-problem=problem.code>
            <span class="grow">{words}</span>
            <button type="button" class="quiet" data-test="late-read" on:click=move |_| close()>
                {t.say(words::LATE_READ)}
            </button>
        </div>
    }
}

/// Floats over the bottom while something can be brought back.
#[component]
pub(crate) fn UndoBar(text: &'static str, undo: impl Fn() + 'static) -> impl IntoView {
    view! {
        <div class="undo floating" role="status">
            <span class="grow">{text}</span>
            <button type="button" class="quiet" data-test="undo" on:click=move |_| undo()>
                {speaker().say(words::UNDO)}
            </button>
        </div>
    }
}
