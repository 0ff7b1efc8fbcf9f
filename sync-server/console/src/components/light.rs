//! The deadline's light: a shape, a word and the remaining time, never colour alone; and the badge
//! of a case's state and of what lies on it.

use crate::desk::state_word;
use crate::format::{Deadline, stage_is_late};
use crate::icons::{Icon, Shape};
use crate::words;
use leptos::prelude::*;
use shared::calendar::Light;
use shared::case::{Awaits, Card, Class};
use shared::label::{self, Lang};
use shared::time::Timestamp;
use shared::wire::console::CaseRow;

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
    let awaits = shared::case::state(state).map(|row| row.awaits);
    let kind = match (class, awaits) {
        (Class::Closed, _) => match state {
            shared::case::CLOSED => "safe",
            _ => "waiting",
        },
        (Class::Open, _) if state == shared::case::RETURNED => "soon",
        (Class::Open, Some(Awaits::Dispatcher | Awaits::Clock)) => "waiting",
        (Class::Open, _) => "info",
    };
    let state_name = state.to_owned();
    view! {
        <span class="badge" data-state=kind data-case-state=state_name>
            {state_word(state, lang)}
        </span>
    }
}

/// A state as icon and words.
pub(crate) fn badge(state: &'static str, shape: Shape, words: &str) -> impl IntoView + use<> {
    let words = words.to_owned();
    view! { <span class="badge" data-state=state><Icon shape=shape/>{words}</span> }
}

/// What lies on a case beside its state: a card, a request, a stage that lasts too long.
pub(crate) fn marks(row: &CaseRow, now: Timestamp, lang: Lang) -> impl IntoView + use<> {
    let card = row.card.map(|card| {
        let state = match card {
            Card::Red => "late",
            Card::Yellow | Card::None => "soon",
        };
        let words = label::card(card, lang);
        view! { <span data-test="card">{badge(state, Shape::TriangleAlert, words)}</span> }
    });
    let asked = row.asked.map(|ask| {
        let words = format!("{}{}", words::ASKED_BADGE.of(lang), label::ask(ask, lang));
        view! { <span data-test="asked-mark">{badge("info", Shape::Info, &words)}</span> }
    });
    let stage = stage_is_late(row, now).then(|| {
        let words = words::STAGE_LATE.of(lang);
        view! { <span data-test="stage-late">{badge("late", Shape::TriangleAlert, words)}</span> }
    });
    view! { {card} {asked} {stage} }
}
