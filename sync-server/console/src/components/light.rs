//! The deadline's light: a shape, a word and the remaining time, never colour alone; and the badge
//! of a case's state.

use crate::format::Deadline;
use leptos::prelude::*;
use shared::calendar::Light;
use shared::case::Class;
use shared::label::{self, Lang};

/// The light of a case.
pub(crate) fn light(deadline: Deadline) -> impl IntoView {
    let (name, rest) = (name(deadline.light), deadline.rest);
    view! {
        <span class="light" data-light=name title=deadline.formula data-test="light">
            <span>
                <span class="word">{deadline.word}</span>
                " "
                <span class="rest">{rest}</span>
            </span>
        </span>
    }
}

const fn name(light: Option<Light>) -> &'static str {
    match light {
        Some(Light::Green) => "green",
        Some(Light::Yellow) => "yellow",
        Some(Light::Red) => "red",
        None => "none",
    }
}

/// A case's state as a badge.
pub(crate) fn state_badge(state: &str, class: Class, lang: Lang) -> impl IntoView + use<> {
    let kind = match (class, state) {
        (Class::Closed, _) => "safe",
        (Class::Open, shared::case::RETURNED) => "soon",
        (Class::Open, shared::case::RECEIVED | shared::case::HANDLED) => "waiting",
        (Class::Open, _) => "info",
    };
    let state_name = state.to_owned();
    view! {
        <span class="badge" data-state=kind data-case-state=state_name>
            {label::state(state, lang)}
        </span>
    }
}
