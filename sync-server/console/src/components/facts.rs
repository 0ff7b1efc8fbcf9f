//! What was reported and what was decided, as label and value.

use crate::format;
use crate::icons::{Icon, Shape};
use crate::words::{self, Word};
use leptos::prelude::*;
use shared::label::Lang;
use shared::time::Timestamp;
use shared::wire::console::CaseDetail;

/// Label and value; nothing when there is no value.
fn fact(name: Word, value: String, lang: Lang) -> Option<impl IntoView + use<>> {
    (!value.is_empty()).then(|| view! { <div><dt>{name.of(lang)}</dt><dd>{value}</dd></div> })
}

/// The report: the worker's words and the facts around them.
pub(crate) fn report(case: &CaseDetail, now: Timestamp, lang: Lang) -> impl IntoView + use<> {
    let text = if case.text.trim().is_empty() {
        view! { <p class="second">{words::NO_TEXT.of(lang)}</p> }.into_any()
    } else {
        view! { <p class="worker-words" data-test="case-text">{case.text.clone()}</p> }.into_any()
    };
    let skew = case
        .clock_skew_ms
        .map(|ms| format::duration(ms, lang))
        .unwrap_or_default();
    let left = case
        .reporter_left_ms
        .map(|at| format::moment(at, now, lang))
        .unwrap_or_default();
    view! {
        {text}
        <dl class="facts">
            {fact(words::CONDITION, case.condition_name.clone(), lang)}
            {fact(words::CLOSING, case.condition_closing.clone(), lang)}
            {fact(words::REPORTER, case.reporter_name.clone(), lang)}
            {fact(words::REPORTER_LEFT, left, lang)}
            {fact(words::SEEN_AT, format::moment(case.occurred_ms, now, lang), lang)}
            {fact(words::RECEIVED_AT, format::moment(case.received_ms, now, lang), lang)}
            {fact(words::CLOCK_SKEW, skew, lang)}
            {fact(words::SHORT_CODE, case.short_code.clone(), lang)}
        </dl>
    }
}

/// Where it is, in words.
pub(crate) fn place(case: &CaseDetail, lang: Lang) -> impl IntoView + use<> {
    let name_of = |code: &shared::id::AreaCode| {
        let outline = case.outlines.iter().find(|outline| outline.code == *code);
        outline.map_or_else(|| code.to_string(), |outline| outline.name.clone())
    };
    let grid = case
        .grid
        .as_ref()
        .map_or_else(|| words::OUTSIDE.of(lang).to_owned(), &name_of);
    let doubt: Vec<String> = case.grid_doubt.iter().map(name_of).collect();
    let accuracy = case.place.accuracy_m.map_or_else(String::new, |metres| {
        format!("{metres} {}", words::METRES.of(lang))
    });
    let source = words::place_source(case.place.source).of(lang);
    let coordinates = case.place.degrees().map_or_else(String::new, |(lat, lon)| {
        format!("{lat:.6}, {lon:.6} · {source}")
    });
    view! {
        <dl class="facts">
            {fact(words::PLACE, case.place.words.clone(), lang)}
            {fact(words::GRID, grid, lang)}
            {fact(words::GRID_DOUBT, doubt.join(lang.pick("、", ", ")), lang)}
            {fact(words::ACCURACY, accuracy, lang)}
            {fact(words::COORDINATES, coordinates, lang)}
        </dl>
    }
}

/// To whom the rules would give it since it was corrected, with the reasons.
fn suggested(case: &CaseDetail, lang: Lang) -> Option<AnyView> {
    let suggestion = case.life.as_ref()?.suggested.as_ref()?;
    let unit = suggestion.unit_name.clone();
    let unit = unit.unwrap_or_else(|| words::NEEDS_PERSON.of(lang).to_owned());
    let title = format!(
        "{}{}{unit}",
        words::SUGGESTED.of(lang),
        lang.pick("：", ": ")
    );
    let because = suggestion.because.iter().cloned();
    let because: Vec<_> = because.map(|why| view! { <li>{why}</li> }).collect();
    Some(
        view! {
            <div class="notice" data-test="suggested">
                <Icon shape=Shape::Info/>
                <div>
                    <strong>{title}</strong>
                    <ol class="because">{because}</ol>
                </div>
            </div>
        }
        .into_any(),
    )
}

/// The decision as routed, with its reasons.
pub(crate) fn decision(case: &CaseDetail, lang: Lang) -> impl IntoView + use<> {
    let decision = &case.decision;
    let assisting: Vec<&str> = decision
        .assisting
        .iter()
        .map(|unit| unit.name.as_str())
        .collect();
    let because = decision.because.iter().cloned();
    let because: Vec<_> = because.map(|why| view! { <li>{why}</li> }).collect();
    let person = decision.needs_person.then(|| {
        view! {
            <p class="notice" data-state="soon">
                <Icon shape=Shape::TriangleAlert/>
                {words::NEEDS_PERSON.of(lang)}
            </p>
        }
    });
    let differs: Vec<_> = case
        .differs
        .iter()
        .cloned()
        .map(|words| view! { <li>{words}</li> })
        .collect();
    let differs = (!differs.is_empty()).then(|| {
        view! {
            <div class="notice" data-test="differs">
                <Icon shape=Shape::Info/>
                <div>
                    <strong>{words::DIFFERS.of(lang)}</strong>
                    <ul>{differs}</ul>
                </div>
            </div>
        }
    });
    view! {
        {suggested(case, lang)}
        {person}
        <dl class="facts">
            {fact(words::LEAD, decision.lead_name.clone(), lang)}
            {fact(words::ASSISTING, assisting.join(lang.pick("、", ", ")), lang)}
            {fact(words::RULE, decision.rule.clone(), lang)}
            {fact(words::LIMIT, decision.limit.clone(), lang)}
        </dl>
        <ol class="because" data-test="because">{because}</ol>
        {differs}
    }
}
