//! What a draft changes, and what about it looks wrong.

use super::Sheet;
use crate::components::states::Empty;
use crate::components::unlisted::UnlistedYear;
use crate::desk::Desk;
use crate::icons::{Icon, Shape};
use crate::words;
use leptos::prelude::*;
use shared::calendar::Calendar;
use shared::catalogue::parts::Part;
use shared::catalogue::review::{
    Change, DIFFERENCES_SHOWN_LIMIT, Difference, PartReview, Suspicion,
};
use shared::label::Lang;

/// The review of what is on the screen.
#[component]
pub(super) fn Reviewed(sheet: Sheet) -> impl IntoView {
    let desk = Desk::here();
    // A memo: the table is read anew only when the draft changes.
    let calendar = Memo::new(move |_| {
        let shown = sheet.shown.read();
        Calendar::from_csv(&shown.as_ref()?.doc.calendar_csv).ok()
    });
    let unlisted = Signal::derive(move || {
        let now = desk.now.get();
        calendar.with(|calendar| calendar.as_ref()?.unlisted_year(now))
    });
    let content = move || {
        let lang = desk.lang.get();
        let shown = sheet.shown.read();
        let review = &shown.as_ref()?.review;
        let suspicions = review.suspicions.iter().map(|one| suspicion(one, lang));
        let suspicions = suspicions.collect_view();
        let parts = review
            .parts
            .iter()
            .map(|one| part(one, lang))
            .collect_view();
        let nothing = review.is_empty().then(|| {
            view! { <Empty what=words::REVIEW_SAME how=words::REVIEW_SAME_HOW/> }
        });
        let doubts = (!suspicions.is_empty()).then(|| {
            view! {
                <h3>{words::SUSPICIONS.of(lang)} " " {suspicions.len()}</h3>
                <ul class="stack tight" data-test="suspicions">{suspicions}</ul>
            }
        });
        Some(view! { {nothing} {doubts} {parts} })
    };
    view! {
        <section class="card stack" id="draft-review">
            <h2>{move || desk.say(words::REVIEW)}</h2>
            <UnlistedYear year=unlisted/>
            {content}
        </section>
    }
}

fn suspicion(one: &Suspicion, lang: Lang) -> impl IntoView + use<> {
    let (state, word) = if one.blocks {
        ("late", words::SUSPICION_BLOCKS)
    } else {
        ("soon", words::SUSPICION_ASKS)
    };
    let keys = one.keys.join(lang.pick("、", ", "));
    view! {
        <li class="notice" data-state=state data-test="suspicion">
            <Icon shape=Shape::TriangleAlert/>
            <span>
                <strong>{one.part.word()}</strong> " " {one.words.clone()} " "
                <small>{keys}</small> " " <span class="badge" data-state=state>{word.of(lang)}</span>
            </span>
        </li>
    }
}

fn part(part: &PartReview, lang: Lang) -> impl IntoView + use<> {
    let of = part.part;
    let counts = [
        (Change::New, part.new),
        (Change::Changed, part.changed),
        (Change::Gone, part.gone),
    ];
    let counts: Vec<String> = counts
        .iter()
        .filter(|(_, count)| *count > 0)
        .map(|(change, count)| format!("{} {count}", words::change(*change, of).of(lang)))
        .collect();
    let is_cut = part.new + part.changed + part.gone > DIFFERENCES_SHOWN_LIMIT;
    let left = is_cut.then(|| view! { <p class="second">{words::REVIEW_LEFT.of(lang)}</p> });
    let rows = part.differences.iter();
    let rows = rows.map(|one| difference(one, of, lang));
    view! {
        <details data-test="part-review" data-part=part.part.as_str()>
            <summary>
                <strong>{part.part.word()}</strong> " " {counts.join(lang.pick("，", ", "))}
            </summary>
            <ul class="stack tight">{rows.collect_view()}</ul>
            {left}
        </details>
    }
}

fn difference(one: &Difference, part: Part, lang: Lang) -> impl IntoView + use<> {
    let cells = one.cells.iter().map(|cell| {
        let from = if cell.before.is_empty() {
            "—"
        } else {
            &cell.before
        };
        let to = if cell.after.is_empty() {
            "—"
        } else {
            &cell.after
        };
        let words = format!("{} {from} → {to}", cell.column);
        view! { <small class="second">{words}</small> " " }
    });
    view! {
        <li data-test="difference">
            <span class="badge">{words::change(one.change, part).of(lang)}</span> " "
            {one.name.clone()} " " <small class="second">{one.key.clone()}</small> " "
            {cells.collect_view()}
        </li>
    }
}
