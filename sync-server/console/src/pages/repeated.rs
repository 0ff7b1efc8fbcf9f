//! 反复发生: places where trouble of one group came again and again, with a map of the one that is
//! looked at and the way to its cases. About places, never about who reported.

use crate::api;
use crate::components::answered::Answered;
use crate::components::map::{PlaceMap, Scene};
use crate::components::states::Empty;
use crate::desk::Desk;
use crate::format;
use crate::poll::Poll;
use crate::words::{self, Word};
use leptos::prelude::*;
use shared::label::Lang;
use shared::report::{Place, PlaceSource};
use shared::similar::REPEATED_RADIUS_M;
use shared::time::Timestamp;
use shared::wire::console::{RepeatedPage, RepeatedPlace};

/// The page.
#[component]
pub(crate) fn RepeatedPlacesPage() -> impl IntoView {
    let desk = Desk::here();
    desk.title(move || desk.say(words::REPEATED).to_owned());
    let poll = Poll::start(api::repeated, None);
    let chosen = RwSignal::new(0_usize);
    view! {
        <div class="page stack" data-test="repeated">
            <h1>{move || desk.say(words::REPEATED)}</h1>
            <p class="second">{move || desk.say(words::REPEATED_WHAT)}</p>
            <Answered poll=poll>
                <Places poll=poll chosen=chosen/>
            </Answered>
        </div>
    }
}

#[component]
fn Places(poll: Poll<RepeatedPage>, chosen: RwSignal<usize>) -> impl IntoView {
    let desk = Desk::here();
    let scene = Memo::new(move |_| {
        poll.answer.with(|page| {
            let row = page.as_ref()?.rows.get(chosen.get())?;
            Some(scene(row))
        })
    });
    let table = move || {
        let (now, lang) = (desk.now.get_untracked(), desk.lang.get());
        let rows = poll.answer.with(|page| {
            let rows = page.iter().flat_map(|page| page.rows.iter());
            rows.enumerate()
                .map(|(at, row)| entry(at, row, chosen, now, lang))
                .collect_view()
        });
        if rows.is_empty() {
            return view! { <Empty what=words::REPEATED_EMPTY how=words::REPEATED_WHAT/> }
                .into_any();
        }
        let head = |word: Word| view! { <th scope="col">{word.of(lang)}</th> };
        view! {
            <table class="cards-when-narrow" role="table">
                <thead>
                    <tr role="row">
                        {head(words::REPEATED_PLACE)} {head(words::REPEATED_TROUBLE)}
                        {head(words::REPEATED_TIMES)} {head(words::REPEATED_BETWEEN)}
                        {head(words::REPEATED_CASES)}
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        }
        .into_any()
    };
    view! {
        <div class="repeated stack">
            {move || scene.get().map(|scene| view! { <PlaceMap scene=scene/> })}
            {table}
        </div>
    }
}

/// The place with the circle that its cases lie in.
fn scene(row: &RepeatedPlace) -> Scene {
    Scene {
        place: Place {
            lat_e7: row.lat_e7,
            lon_e7: row.lon_e7,
            accuracy_m: Some(REPEATED_RADIUS_M),
            source: PlaceSource::Pin,
            words: String::new(),
        },
        grid: None,
        doubt: Vec::new(),
        outlines: Vec::new(),
    }
}

fn entry(
    at: usize,
    row: &RepeatedPlace,
    chosen: RwSignal<usize>,
    now: Timestamp,
    lang: Lang,
) -> impl IntoView + use<> {
    let parts = row.categories.iter();
    let parts = parts.map(|category| format!("{} {}", category.name, category.count));
    let parts: Vec<String> = parts.collect();
    let trouble = format!("{}{}", row.family_name, lang.pick("：", ": "));
    let trouble = trouble + &parts.join(lang.pick("、", ", "));
    let times = match lang {
        Lang::Zh => format!("{}次，{}天，未结{}件", row.count, row.days, row.open),
        Lang::En => format!("{} on {} days, {} open", row.count, row.days, row.open),
    };
    let between = format!(
        "{} – {}",
        format::moment(row.first_ms, now, lang),
        format::moment(row.last_ms, now, lang)
    );
    let place = format::place(&row.place);
    let address = format!("/?{}", row.query);
    view! {
        <tr role="row" data-test="repeated-place" data-family=row.family.clone()>
            <td role="cell" data-label=words::REPEATED_PLACE.of(lang)>
                <button
                    type="button"
                    class="quiet"
                    aria-pressed=move || (chosen.get() == at).to_string()
                    on:click=move |_| chosen.set(at)
                >
                    {place}
                </button>
            </td>
            <td role="cell" data-label=words::REPEATED_TROUBLE.of(lang)>{trouble}</td>
            <td role="cell" data-label=words::REPEATED_TIMES.of(lang)>{times}</td>
            <td role="cell" data-label=words::REPEATED_BETWEEN.of(lang)>{between}</td>
            <td role="cell" data-label=words::REPEATED_CASES.of(lang)>
                <a href=address data-test="repeated-cases">{words::REPEATED_SHOW.of(lang)}</a>
            </td>
        </tr>
    }
}
