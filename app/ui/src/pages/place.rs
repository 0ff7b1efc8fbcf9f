//! Where: from the receiver, the photo, a pin on the map, or typed; and the grid it lies in.

use crate::components::icon::{Icon, Shape};
use crate::components::map::PinMap;
use crate::components::notice::ProblemNotice;
use crate::components::report_row::{brief_place, short_place};
use crate::pages::form::{Form, form};
use crate::state::{shared, speaker};
use crate::words;
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::report::{PLACE_WORDS_CHARS_LIMIT, PlaceSource};
use shared::wire::handheld::{Certainty, LocatedView, PlaceInput};

/// The place of the report.
#[component]
pub(crate) fn PlaceSection() -> impl IntoView {
    let t = speaker();
    let form = form();
    let receiver = shared().about.get_untracked().receiver;
    let (map_open, set_map_open) = signal(false);
    let suggestion = move || {
        form.draft
            .with(|draft| draft.as_ref().and_then(|draft| draft.suggestion))
    };
    let from_photo = move || {
        let other = form.place.with(|place| {
            place
                .as_ref()
                .is_some_and(|place| place.source != PlaceSource::Exif)
        });
        suggestion().filter(|_| other)
    };
    view! {
        <section class="card stack" id="section-place" aria-labelledby="place-title" tabindex="-1">
            <h2 id="place-title"><Icon shape=Shape::MapPin /> {t.say(words::PLACE)}</h2>
            <div role="status" id="place-found" class="stack tight">
                <Found form receiver />
            </div>
            <div class="row">
                {receiver.then(|| view! {
                    <button type="button" id="place-locate" on:click=move |_| spawn_local(form.locate())>
                        <Icon shape=Shape::Locate />
                        {move || t.say(if form.locating.get() { words::PLACE_LOCATING } else { words::PLACE_LOCATE })}
                    </button>
                })}
                {move || from_photo().map(|(lat, lon)| view! {
                    <button type="button" id="place-photo" on:click=move |_| {
                        let source = PlaceSource::Exif;
                        form.set_place(PlaceInput { lat, lon, accuracy_m: None, source, words: String::new() });
                    }>
                        <Icon shape=Shape::Images />
                        {t.say(words::PLACE_FROM_PHOTO)}
                    </button>
                })}
                <button
                    type="button"
                    id="place-map"
                    aria-expanded=move || map_open.get().to_string()
                    on:click=move |_| set_map_open.update(|open| *open = !*open)
                >
                    <Icon shape=Shape::MapPin />
                    {move || t.say(if map_open.get() { words::PLACE_MAP_CLOSE } else { words::PLACE_MAP_OPEN })}
                </button>
            </div>
            {move || form.place_problem.get().map(|problem| view! { <ProblemNotice problem /> })}
            <Show when=move || map_open.get()>
                <PinMap />
            </Show>
            <Typed form />
            <div class="field">
                <label for="place-words">{t.say(words::PLACE_WORDS)}</label>
                <input
                    id="place-words"
                    type="text"
                    maxlength=PLACE_WORDS_CHARS_LIMIT.to_string()
                    placeholder=t.say(words::PLACE_WORDS_HINT)
                    prop:value=move || form.place_words.get()
                    on:input=move |event| {
                        form.place_words.set(event_target_value(&event));
                        form.changed();
                    }
                />
            </div>
        </section>
    }
}

/// The grid, or why there is none.
#[component]
fn Found(form: Form, receiver: bool) -> impl IntoView {
    let t = speaker();
    let located = Memo::new(move |_| form.draft.with(|draft| draft.as_ref()?.located.clone()));
    move || {
        let Some(place) = form.place.get() else {
            let words = if receiver {
                words::PLACE_NONE
            } else {
                words::PLACE_NONE_DESK
            };
            return view! { <p class="second">{t.say(words)}</p> }.into_any();
        };
        let source = t.source(place.source);
        let accuracy = place
            .accuracy_m
            .map(|metres| t.with(words::PLACE_ACCURACY, format!("{:.0}", metres.ceil())));
        view! {
            {located.get().map(|located| view! { <Grid located /> })}
            <p class="second number">
                {format!("{:.6}, {:.6}", place.lat, place.lon)} " · " {source}
                {accuracy.map(|accuracy| format!(" · {accuracy}"))}
            </p>
        }
        .into_any()
    }
}

#[component]
fn Grid(located: LocatedView) -> impl IntoView {
    let t = speaker();
    let others = located
        .others
        .iter()
        .map(|grid| short_place(&grid.name))
        .collect::<Vec<_>>()
        .join("、");
    let nearest = located.nearest.as_ref().map(|(grid, metres)| {
        format!(
            "{}: {} ({})",
            t.say(words::PLACE_NEAREST),
            brief_place(&grid.path),
            t.with(words::MAP_METRES, format!("{metres:.0}"))
        )
    });
    let path = located
        .grid
        .as_ref()
        .map(|grid| brief_place(&grid.path))
        .unwrap_or_default();
    match located.certainty {
        Certainty::Sure => view! {
            <p class="found" data-certainty="sure"><span class="badge" data-state="safe"><Icon shape=Shape::CircleCheck /> {path}</span></p>
        }.into_any(),
        Certainty::Doubt => view! {
            <p class="found" data-certainty="doubt"><span class="badge" data-state="soon"><Icon shape=Shape::CircleAlert /> {path}</span></p>
            <p>{t.say(words::PLACE_DOUBT)} " " {others}</p>
        }.into_any(),
        Certainty::Outside => view! {
            <p class="found" data-certainty="outside">
                <span class="badge" data-state="soon"><Icon shape=Shape::CircleAlert /> {t.say(words::PLACE_OUTSIDE)}</span>
            </p>
            <p class="second">{t.say(words::PLACE_OUTSIDE_HELP)} " " {nearest}</p>
        }.into_any(),
        Certainty::Unknown => view! {
            <p class="found" data-certainty="unknown"><span class="badge"><Icon shape=Shape::Clock /> {t.say(words::PLACE_UNKNOWN)}</span></p>
        }.into_any(),
    }
}

/// Coordinates as numbers, for whoever has no receiver and can't use the map.
#[component]
fn Typed(form: Form) -> impl IntoView {
    let t = speaker();
    let lat = RwSignal::new(String::new());
    let lon = RwSignal::new(String::new());
    let (wrong, set_wrong) = signal(false);
    let take = move |_| {
        let place =
            coordinate(&lat.get_untracked(), 90.0).zip(coordinate(&lon.get_untracked(), 180.0));
        set_wrong.set(place.is_none());
        if let Some((lat, lon)) = place {
            let source = PlaceSource::Typed;
            form.set_place(PlaceInput {
                lat,
                lon,
                accuracy_m: None,
                source,
                words: String::new(),
            });
        }
    };
    let field = move |id: &'static str, label, value: RwSignal<String>| {
        view! {
            <div class="field grow">
                <label for=id>{t.say(label)}</label>
                <input
                    id=id
                    type="text"
                    inputmode="decimal"
                    autocomplete="off"
                    aria-invalid=move || wrong.get().then_some("true")
                    prop:value=move || value.get()
                    on:input=move |event| value.set(event_target_value(&event))
                />
            </div>
        }
    };
    view! {
        <details id="place-typed">
            <summary>{t.say(words::PLACE_TYPE)}</summary>
            <div class="stack tight">
                <div class="row stretch">
                    {field("place-lat", words::PLACE_LAT, lat)}
                    {field("place-lon", words::PLACE_LON, lon)}
                </div>
                <Show when=move || wrong.get()>
                    <p class="error-text" role="alert">{t.say(words::PLACE_RANGE)}</p>
                </Show>
                <button type="button" id="place-use" on:click=take>
                    <Icon shape=Shape::Check />
                    {t.say(words::PLACE_USE)}
                </button>
            </div>
        </details>
    }
}

/// A number of degrees within its range; a full-width or Chinese keyboard's point counts too.
fn coordinate(text: &str, limit: f64) -> Option<f64> {
    let plain: String = text
        .trim()
        .chars()
        .map(|c| match c {
            '。' | '．' | '，' | ',' => '.',
            '−' | '－' => '-',
            '０'..='９' => {
                char::from_digit(u32::from(c).wrapping_sub(u32::from('０')), 10).unwrap_or(c)
            }
            other => other,
        })
        .collect();
    plain
        .parse::<f64>()
        .ok()
        .filter(|degrees| degrees.is_finite() && degrees.abs() <= limit)
}

#[cfg(test)]
mod tests {
    use super::coordinate;

    #[test]
    fn a_chinese_keyboard_can_type_coordinates() {
        assert_eq!(coordinate(" 27。3313", 90.0), Some(27.3313));
        assert_eq!(coordinate("１１８．１２", 180.0), Some(118.12));
        for bad in ["", "NaN", "inf", "91", "27.3.1", "北纬27"] {
            assert_eq!(coordinate(bad, 90.0), None, "{bad}");
        }
    }
}
