//! A map of grid outlines drawn from the device's own data: no tiles, no network. Tap it, drag
//! the pin, or use the arrow keys; typing coordinates is in `pages/place.rs`.
//!
//! Drawn in metres east and south of the middle of what was fetched, which is flat enough over a
//! few kilometres. It places a pin and nothing else: which grid that is, the core says.

use crate::backend;
use crate::components::icon::{Icon, Shape};
use crate::pages::form::form;
use crate::state::{shared, speaker};
use crate::words;
use leptos::ev::{KeyboardEvent, MouseEvent, PointerEvent};
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::id::AreaCode;
use shared::report::PlaceSource;
use shared::wire::handheld::{MapOutline, MapView, PlaceInput};
use wasm_bindgen::JsCast;

/// Metres across when there is a place: a few houses.
const SPAN_NEAR_M: f64 = 400.0;
/// Metres across when there is none: some grids.
const SPAN_FAR_M: f64 = 1_600.0;
/// Closer than this, the receiver and the pin say nothing.
const SPAN_M_MIN: f64 = 50.0;
/// Wider than this, nobody finds their street.
const SPAN_M_MAX: f64 = 12_800.0;
/// Height of the map by its width; the style sheet says the same.
const RATIO: f64 = 0.75;
/// What is fetched around the middle, in widths of the map.
const FETCH_SPANS: f64 = 1.5;
/// Width in pixels at which the pin is drawn in its own size.
const USUAL_WIDTH_PX: f64 = 340.0;
/// An arrow key moves the pin by this part of the width.
const KEY_STEP: f64 = 0.025;
/// Metres of a degree of latitude.
const METRES_PER_DEGREE: f64 = 111_320.0;

/// Where we look: degrees, and metres across.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Look {
    lat: f64,
    lon: f64,
    span: f64,
}

/// Metres east and south of an origin in degrees, and back.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Flat {
    lat: f64,
    lon: f64,
}

impl Flat {
    fn shrink(self) -> f64 {
        self.lat.to_radians().cos().max(0.01)
    }
    fn metres(self, lat: f64, lon: f64) -> (f64, f64) {
        (
            (lon - self.lon) * METRES_PER_DEGREE * self.shrink(),
            (self.lat - lat) * METRES_PER_DEGREE,
        )
    }
    fn degrees(self, x: f64, y: f64) -> (f64, f64) {
        (
            (self.lat - y / METRES_PER_DEGREE).clamp(-90.0, 90.0),
            (self.lon + x / METRES_PER_DEGREE / self.shrink()).clamp(-180.0, 180.0),
        )
    }
}

/// An outline as drawn.
#[derive(Debug, Clone, PartialEq)]
struct Drawn {
    code: AreaCode,
    name: String,
    mine: bool,
    path: String,
    middle: (f64, f64),
    width: f64,
}

fn draw(outline: &MapOutline, flat: Flat) -> Drawn {
    use std::fmt::Write;
    let mut path = String::new();
    let (mut low, mut high) = ((f64::MAX, f64::MAX), (f64::MIN, f64::MIN));
    for ring in outline.polygons.iter().flatten() {
        for (at, (lon, lat)) in ring.iter().enumerate() {
            let (x, y) = flat.metres(*lat, *lon);
            low = (low.0.min(x), low.1.min(y));
            high = (high.0.max(x), high.1.max(y));
            let pen = if at == 0 { 'M' } else { 'L' };
            // Writing to a text can't fail.
            let _ = write!(path, "{pen}{x:.1} {y:.1}");
        }
        path.push('Z');
    }
    Drawn {
        code: outline.code.clone(),
        // Grids are named after their community first; on a map of one, the last word tells.
        name: outline
            .name
            .split_whitespace()
            .next_back()
            .unwrap_or_default()
            .to_owned(),
        mine: outline.mine,
        path,
        middle: (low.0.midpoint(high.0), low.1.midpoint(high.1)),
        width: high.0 - low.0,
    }
}

/// The map with its pin.
#[component]
pub(crate) fn PinMap() -> impl IntoView {
    let t = speaker();
    let form = form();
    let map = RwSignal::new(None::<MapView>);
    let look = RwSignal::new(None::<Look>);
    let fetched = RwSignal::new(None::<Look>);
    let dragged = RwSignal::new(None::<(f64, f64)>);
    let place = move || {
        let set = || {
            form.place
                .with(|place| place.as_ref().map(|place| (place.lat, place.lon)))
        };
        dragged.get().or_else(set)
    };
    spawn_local(async move {
        let at = untrack(place);
        let span = if at.is_some() {
            SPAN_NEAR_M
        } else {
            SPAN_FAR_M
        };
        if let Ok(view) = backend::map(at, span * FETCH_SPANS).await {
            let (lat, lon) = at.unwrap_or(view.centre);
            let start = Look { lat, lon, span };
            fetched.try_set(Some(start));
            map.try_set(Some(view));
            look.try_set(Some(start));
        }
    });
    // A place that came from elsewhere (receiver, photo, numbers) is brought into view.
    Effect::new(move |_| {
        let Some((lat, lon)) = form
            .place
            .with(|place| place.as_ref().map(|p| (p.lat, p.lon)))
        else {
            return;
        };
        look.update(|look| {
            if let Some(look) = look {
                let (x, y) = Flat {
                    lat: look.lat,
                    lon: look.lon,
                }
                .metres(lat, lon);
                if x.abs() > look.span * 0.4 || y.abs() > look.span * RATIO * 0.4 {
                    (look.lat, look.lon) = (lat, lon);
                }
            }
        });
    });
    Effect::new(move |_| fetch_more(look.get(), fetched, map));
    let zoom = move |factor: f64| {
        look.update(|look| {
            if let Some(look) = look {
                look.span = (look.span * factor).clamp(SPAN_M_MIN, SPAN_M_MAX);
                if let Some((lat, lon)) = untrack(place) {
                    (look.lat, look.lon) = (lat, lon);
                }
            }
        });
    };
    view! {
        <div class="map" data-test="map">
            <MapDrawing map look dragged place=Signal::derive(place) zoom=Callback::new(zoom) />
            <div class="map-buttons">
                <button type="button" id="map-in" aria-label=t.say(words::MAP_IN) on:click=move |_| zoom(0.5)>
                    <Icon shape=Shape::Plus />
                </button>
                <button type="button" id="map-out" aria-label=t.say(words::MAP_OUT) on:click=move |_| zoom(2.0)>
                    <Icon shape=Shape::Minus />
                </button>
            </div>
        </div>
    }
}

/// Fetches outlines when we look beyond what is here.
fn fetch_more(look: Option<Look>, fetched: RwSignal<Option<Look>>, map: RwSignal<Option<MapView>>) {
    let (Some(look), Some(had)) = (look, fetched.get_untracked()) else {
        return;
    };
    let (x, y) = Flat {
        lat: had.lat,
        lon: had.lon,
    }
    .metres(look.lat, look.lon);
    let reach = x.abs().max(y.abs()) + look.span / 2.0;
    if reach <= had.span * FETCH_SPANS {
        return;
    }
    fetched.set(Some(look));
    spawn_local(async move {
        let answer = backend::map(Some((look.lat, look.lon)), look.span * FETCH_SPANS).await;
        // We may look elsewhere by now: only the newest answer is drawn.
        if fetched.try_get_untracked() != Some(Some(look)) {
            return;
        }
        match answer {
            Ok(view) => {
                map.try_set(Some(view));
            }
            // Tried again at the next look.
            Err(_) => {
                fetched.try_set(Some(had));
            }
        }
    });
}

/// The drawing itself.
#[component]
fn MapDrawing(
    map: RwSignal<Option<MapView>>,
    look: RwSignal<Option<Look>>,
    dragged: RwSignal<Option<(f64, f64)>>,
    place: Signal<Option<(f64, f64)>>,
    zoom: Callback<f64>,
) -> impl IntoView {
    let t = speaker();
    let form = form();
    let svg = NodeRef::<leptos::svg::Svg>::new();
    let flat = Memo::new(move |_| {
        let centre = map.with(|map| map.as_ref().map(|map| map.centre));
        centre.map_or(Flat { lat: 0.0, lon: 0.0 }, |(lat, lon)| Flat { lat, lon })
    });
    let outlines = Memo::new(move |_| {
        map.with(|map| {
            let outlines = map.iter().flat_map(|map| &map.outlines);
            outlines
                .map(|outline| draw(outline, flat.get()))
                .collect::<Vec<_>>()
        })
    });
    let frame = Memo::new(move |_| {
        let look = look.get()?;
        let (x, y) = flat.get().metres(look.lat, look.lon);
        let (width, height) = (look.span, look.span * RATIO);
        Some((x - width / 2.0, y - height / 2.0, width, height))
    });
    let view_box = move || {
        let (x, y, width, height) = frame.get().unwrap_or((0.0, 0.0, 4.0, 3.0));
        format!("{x:.2} {y:.2} {width:.2} {height:.2}")
    };
    // Degrees under a finger.
    let under = move |event: &MouseEvent| {
        let (x, y, width, height) = frame.get_untracked()?;
        let bounds = svg.get_untracked()?.get_bounding_client_rect();
        if bounds.width() <= 0.0 || bounds.height() <= 0.0 {
            return None;
        }
        let right = (f64::from(event.client_x()) - bounds.left()) / bounds.width();
        let down = (f64::from(event.client_y()) - bounds.top()) / bounds.height();
        Some(
            flat.get_untracked()
                .degrees(x + right * width, y + down * height),
        )
    };
    let put = move |at: Option<(f64, f64)>| {
        // A drawing is no field: it has to be told that the form is shut.
        let is_shut = form.loading.get_untracked() || form.sending.get_untracked();
        if let Some((lat, lon)) = at.filter(|_| !is_shut) {
            let (lat, lon) = (to_centimetre(lat), to_centimetre(lon));
            let source = PlaceSource::Pin;
            form.set_place(PlaceInput {
                lat,
                lon,
                accuracy_m: None,
                source,
                words: String::new(),
            });
        }
    };
    let keys = move |event: KeyboardEvent| {
        let Some(now) = look.get_untracked() else {
            return;
        };
        let step = now.span * KEY_STEP;
        let (east, south) = match event.key().as_str() {
            "ArrowLeft" => (-step, 0.0),
            "ArrowRight" => (step, 0.0),
            "ArrowUp" => (0.0, -step),
            "ArrowDown" => (0.0, step),
            "+" | "=" => return zoom.run(0.5),
            "-" => return zoom.run(2.0),
            _ => return,
        };
        event.prevent_default();
        let (lat, lon) = place.get_untracked().unwrap_or((now.lat, now.lon));
        let flat = flat.get_untracked();
        let (x, y) = flat.metres(lat, lon);
        put(Some(flat.degrees(x + east, y + south)));
    };
    // Only the pin can be dragged, so that a finger elsewhere still scrolls the page.
    let grab = move |event: PointerEvent| {
        let target = event
            .target()
            .and_then(|target| target.dyn_into::<web_sys::Element>().ok());
        let on_pin = target.is_some_and(|target| matches!(target.closest(".pin"), Ok(Some(_))));
        if let Some(svg) = svg.get_untracked().filter(|_| on_pin) {
            let _ = svg.set_pointer_capture(event.pointer_id());
            dragged.set(under(&event));
        }
    };
    let drag = move |event: PointerEvent| {
        if dragged.read_untracked().is_some() {
            dragged.set(under(&event));
        }
    };
    let release = move |_: PointerEvent| {
        if let Some(at) = dragged.get_untracked() {
            dragged.set(None);
            put(Some(at));
        }
    };
    // Drawn once more above its neighbours, so that its whole border shows.
    let found = Memo::new(move |_| {
        let code = form.draft.with(|draft| {
            let located = draft.as_ref()?.located.as_ref()?;
            located.grid.as_ref().map(|grid| grid.code.clone())
        })?;
        let drawn = outlines.get();
        drawn
            .into_iter()
            .find(|drawn| drawn.code == code)
            .map(|drawn| drawn.path)
    });
    view! {
            <svg
                id="map"
                node_ref=svg
                viewBox=view_box
                tabindex="0"
                role="application"
                aria-label=t.say(words::MAP_LABEL)
                on:click=move |event| put(under(&event))
                on:keydown=keys
                on:pointerdown=grab
                on:pointermove=drag
                on:pointerup=release
                // The system took the finger: the pin is where the report has it.
                on:pointercancel=move |_| dragged.set(None)
            >
                <For
                    each=move || outlines.get()
                    key=|drawn| (drawn.code.clone(), drawn.path.len())
                    children=move |drawn| {
    view! {
                            <path
                                d=drawn.path
                                class="outline"
                                class:mine=drawn.mine
                                data-grid=drawn.code.to_string()
                            ></path>
                        }
                    }
                />
                {move || found.get().map(|path| view! { <path d=path class="outline found"></path> })}
                {move || names(&outlines.get(), frame.get())}
                {move || pin(place.get(), form.place.get(), flat.get(), frame.get())}
            </svg>
            <Scale frame=Signal::derive(move || frame.get()) />
            <Show when=move || map.with(|map| map.as_ref().is_some_and(|map| map.outlines.is_empty()))>
                <p class="second">{t.say(words::MAP_EMPTY)}</p>
            </Show>
        }
}

type Frame = Option<(f64, f64, f64, f64)>;

/// The names of grids that are large enough on the screen.
fn names(outlines: &[Drawn], frame: Frame) -> impl IntoView + use<> {
    let large = shared().settings.read_untracked().large_type;
    let (left, top, width, height) = frame.unwrap_or_default();
    let size = width * if large { 0.055 } else { 0.042 };
    let inside =
        |(x, y): (f64, f64)| (left..left + width).contains(&x) && (top..top + height).contains(&y);
    outlines
        .iter()
        .filter(|drawn| drawn.width > width * 0.22 && inside(drawn.middle))
        .map(|drawn| {
            view! {
                <text
                    class="grid-name"
                    x=format!("{:.1}", drawn.middle.0)
                    y=format!("{:.1}", drawn.middle.1)
                    font-size=format!("{size:.2}")
                    text-anchor="middle"
                >
                    {drawn.name.clone()}
                </text>
            }
        })
        .collect_view()
}

/// The pin and the circle of its accuracy.
fn pin(
    at: Option<(f64, f64)>,
    place: Option<PlaceInput>,
    flat: Flat,
    frame: Frame,
) -> Option<impl IntoView + use<>> {
    let (lat, lon) = at?;
    let (_, _, width, _) = frame?;
    let (x, y) = flat.metres(lat, lon);
    let scale = width / USUAL_WIDTH_PX;
    let accuracy = place.and_then(|place| place.accuracy_m).unwrap_or_default();
    Some(view! {
        <g class="pin">
            <circle class="accuracy" cx=x cy=y r=accuracy></circle>
            <g transform=format!("translate({x:.2} {y:.2}) scale({scale:.4})")>
                <circle class="hold" r="28"></circle>
                <path class="pin-shape" d="M0 0C-4-7-14-16-14-25A14 14 0 0 1 14-25C14-16 4-7 0 0Z"></path>
                <circle class="pin-eye" cy="-25" r="5"></circle>
            </g>
        </g>
    })
}

/// How long a fifth of the map is.
#[component]
fn Scale(frame: Signal<Frame>) -> impl IntoView {
    let t = speaker();
    let length = move || {
        let fifth = frame.get().map_or(80.0, |(_, _, width, _)| width / 5.0);
        let steps = [10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1_000.0, 2_000.0];
        steps
            .into_iter()
            .rev()
            .find(|step| *step <= fifth * 1.3)
            .unwrap_or(10.0)
    };
    let share = move || {
        let width = frame.get().map_or(400.0, |(_, _, width, _)| width);
        format!("{:.1}%", length() / width * 100.0)
    };
    view! {
        <p class="scale" aria-hidden="true">
            <span class="scale-bar" style:width=share></span>
            {move || t.with(words::MAP_METRES, length())}
        </p>
    }
}

/// Seven digits after the point, which is what a report keeps.
fn to_centimetre(degrees: f64) -> f64 {
    (degrees * 1e7).round() / 1e7
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finger_comes_back_to_where_it_pointed() {
        let flat = Flat {
            lat: 27.33,
            lon: 118.12,
        };
        let (lat, lon) = flat.degrees(120.0, -45.0);
        let (x, y) = flat.metres(lat, lon);
        assert!(
            (x - 120.0).abs() < 0.001 && (y + 45.0).abs() < 0.001,
            "{x} {y}"
        );
    }

    #[test]
    fn north_is_up() {
        let flat = Flat {
            lat: 27.33,
            lon: 118.12,
        };
        assert!(flat.metres(27.34, 118.12).1 < 0.0);
        assert!(flat.metres(27.33, 118.13).0 > 0.0);
    }
}
