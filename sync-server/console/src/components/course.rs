//! 办理经过: what happened to a case, in order, oldest first.

use crate::desk::event_word;
use crate::format;
use crate::words::{self, Word};
use leptos::prelude::*;
use shared::label::{self, Lang};
use shared::time::Timestamp;
use shared::wire::console::CaseEvent;

/// The entries as a list.
pub(crate) fn course(events: &[CaseEvent], now: Timestamp, lang: Lang) -> impl IntoView + use<> {
    let rows: Vec<_> = events.iter().map(|event| entry(event, now, lang)).collect();
    view! { <ol class="course" data-test="course">{rows}</ol> }
}

fn entry(event: &CaseEvent, now: Timestamp, lang: Lang) -> impl IntoView + use<> {
    let given = event.unit_name.clone().map(|unit| {
        view! { <p>{words::GIVEN_TO.of(lang)} " " <strong>{unit}</strong></p> }
    });
    let due = event.deadline_ms.map(|deadline| {
        let at = format::moment(deadline, now, lang);
        let words = match lang {
            Lang::Zh => format!("应于{at}前办结"),
            Lang::En => format!("{} {at}", words::DUE_BY.of(lang)),
        };
        view! { <p class="second">{words}</p> }
    });
    let facts: Vec<_> = more(event, now, lang)
        .into_iter()
        .map(|fact| view! { <p>{fact}</p> })
        .collect();
    let reason = (!event.reason.is_empty()).then(|| {
        view! { <p class="reason">{event.reason.clone()}</p> }
    });
    view! {
        <li data-event=event.kind.clone()>
            <p class="row between">
                <strong>{event_word(&event.kind, lang)}</strong>
                <small class="number">{format::moment(event.at, now, lang)}</small>
            </p>
            <p class="second">{event.by.clone()}</p>
            {given}
            {facts}
            {due}
            {reason}
        </li>
    }
}

/// What else an entry says, a line each.
fn more(event: &CaseEvent, now: Timestamp, lang: Lang) -> Vec<String> {
    let gap = lang.pick("：", ": ");
    let line = |name: Word, value: &str| format!("{}{gap}{value}", name.of(lang));
    let found = event.found.map(|found| match event.kind.as_str() {
        "verify" => label::verified(found, lang),
        _ => label::checked(found, lang),
    });
    [
        event
            .ask
            .map(|ask| line(words::ASKED, label::ask(ask, lang))),
        event.card.map(|card| label::card(card, lang).to_owned()),
        found.map(|found| line(words::FOUND, found)),
        event
            .outcome
            .map(|outcome| line(words::OUTCOME, label::outcome(outcome, lang))),
        event
            .person_name
            .as_ref()
            .map(|person| line(words::FOR_PERSON, person)),
        event
            .until_ms
            .map(|until| line(words::UNTIL_SHORT, &format::moment(until, now, lang))),
        event.about.clone(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
