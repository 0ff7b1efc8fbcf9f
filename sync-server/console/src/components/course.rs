//! 办理经过: what happened to a case, in order, oldest first.

use crate::format;
use crate::words;
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
    let reason = (!event.reason.is_empty()).then(|| {
        view! { <p class="reason">{event.reason.clone()}</p> }
    });
    view! {
        <li data-event=event.kind.clone()>
            <p class="row between">
                <strong>{label::event(&event.kind, lang)}</strong>
                <small class="number">{format::moment(event.at, now, lang)}</small>
            </p>
            <p class="second">{event.by.clone()}</p>
            {given}
            {due}
            {reason}
        </li>
    }
}
