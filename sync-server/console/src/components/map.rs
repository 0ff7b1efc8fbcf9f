//! The place on a map: outlines of grids and the reported point from our own data, over tiles only
//! if the server names some. Shifted (GCJ-02) only for drawing over tiles that are.
//!
//! Looks come from the style sheet, so that the map follows light and dark. What cannot be drawn
//! is said in words; the facts below the map hold everything it shows.

use crate::desk::{Desk, Session};
use crate::words;
use leptos::prelude::*;
use leptos_leaflet::leaflet::{
    Circle, CircleMarker, CircleOptions, LatLng, LatLngBounds, Map, Polygon, PolylineOptions,
    Tooltip, TooltipOptions,
};
use leptos_leaflet::prelude::{JsRwSignal, MapContainer, TileLayer};
use serde_json::Value;
use shared::coordinates::{LatLon, wgs84_to_gcj02};
use shared::id::AreaCode;
use shared::report::Place;
use shared::wire::console::{CaseDetail, Outline};

/// In front of the tiles' address when they are shifted.
const SHIFTED: &str = "gcj02:";
/// What is shown around a point that lies in no grid, in degrees (about 300 m).
const AROUND_DEGREES: f64 = 0.003;
/// Closer than this a pin fills the view and tells nothing.
const ZOOM_MAX: f64 = 19.0;

/// What the map shows.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Scene {
    /// The reported point.
    pub(crate) place: Place,
    /// The grid it lies in.
    pub(crate) grid: Option<AreaCode>,
    /// Grids it could also lie in.
    pub(crate) doubt: Vec<AreaCode>,
    /// Outlines of these and their neighbours.
    pub(crate) outlines: Vec<Outline>,
}

impl Scene {
    /// The scene of a case.
    pub(crate) fn of(case: &CaseDetail) -> Self {
        Self {
            place: case.place.clone(),
            grid: case.grid.clone(),
            doubt: case.grid_doubt.clone(),
            outlines: case.outlines.clone(),
        }
    }
}

/// Rings of a geometry in WGS-84: polygons of rings of points.
type Rings = Vec<Vec<Vec<LatLon>>>;

/// The polygons of a GeoJSON geometry; none when it is something else or damaged.
fn rings(geometry: &str) -> Rings {
    let Ok(value) = serde_json::from_str::<Value>(geometry) else {
        return Vec::new();
    };
    let Some(coordinates) = value.get("coordinates").and_then(Value::as_array) else {
        return Vec::new();
    };
    let point = |value: &Value| {
        let (lon, lat) = (value.get(0)?.as_f64()?, value.get(1)?.as_f64()?);
        LatLon::new(lat, lon).ok()
    };
    let ring = |value: &Value| -> Vec<LatLon> {
        let points = value.as_array();
        points.into_iter().flatten().filter_map(point).collect()
    };
    let polygon = |rings: &[Value]| -> Vec<Vec<LatLon>> { rings.iter().map(ring).collect() };
    match value.get("type").and_then(Value::as_str) {
        Some("Polygon") => vec![polygon(coordinates)],
        Some("MultiPolygon") => {
            let parts = coordinates.iter().filter_map(Value::as_array);
            parts.map(|rings| polygon(rings)).collect()
        }
        _ => Vec::new(),
    }
}

/// The corners of what should be in view: the own grid, else the surroundings of the point.
fn view_of(scene: &Scene, at: LatLon) -> (LatLon, LatLon) {
    let own = scene
        .outlines
        .iter()
        .find(|outline| Some(&outline.code) == scene.grid.as_ref());
    let points = own.map(|own| rings(&own.geometry)).unwrap_or_default();
    let mut low = at;
    let mut high = at;
    for point in points.iter().flatten().flatten() {
        low = LatLon {
            lat: low.lat.min(point.lat),
            lon: low.lon.min(point.lon),
        };
        high = LatLon {
            lat: high.lat.max(point.lat),
            lon: high.lon.max(point.lon),
        };
    }
    if low == high {
        low = LatLon {
            lat: at.lat - AROUND_DEGREES,
            lon: at.lon - AROUND_DEGREES,
        };
        high = LatLon {
            lat: at.lat + AROUND_DEGREES,
            lon: at.lon + AROUND_DEGREES,
        };
    }
    (low, high)
}

/// Draws in the coordinates of the tiles.
#[derive(Clone, Copy)]
struct Pen {
    shifted: bool,
}

impl Pen {
    fn point(self, at: LatLon) -> LatLng {
        let at = if self.shifted { wgs84_to_gcj02(at) } else { at };
        LatLng::new(at.lat, at.lon)
    }

    fn outline(self, map: &Map, scene: &Scene, outline: &Outline) {
        let polygons = js_sys::Array::new();
        for polygon in rings(&outline.geometry) {
            let rings = js_sys::Array::new();
            for ring in polygon {
                let points: js_sys::Array = ring.into_iter().map(|at| self.point(at)).collect();
                rings.push(&points);
            }
            polygons.push(&rings);
        }
        if polygons.length() == 0 {
            return;
        }
        let own = Some(&outline.code) == scene.grid.as_ref();
        let class = if own {
            "outline own"
        } else if scene.doubt.contains(&outline.code) {
            "outline doubt"
        } else {
            "outline"
        };
        let options = PolylineOptions::new();
        options.set_class_name(format!("{class} level-{}", outline.level));
        options.set_weight(if own { 3.0 } else { 1.5 });
        let layer = Polygon::new_with_options(&polygons, &options);
        let tip = TooltipOptions::new();
        tip.set_sticky(!own);
        tip.set_permanent(own);
        tip.set_direction(String::from(if own { "center" } else { "top" }));
        let label = Tooltip::new(&tip, None);
        label.set_content(&escaped(&outline.name).into());
        layer.bind_tooltip(&label);
        layer.add_to(map);
    }

    fn point_with_accuracy(self, map: &Map, place: &Place, at: LatLon) {
        if let Some(metres) = place.accuracy_m {
            let options = CircleOptions::new();
            options.set_class_name(String::from("accuracy"));
            options.set_radius(f64::from(metres));
            options.set_interactive(false);
            Circle::new_with_options(&self.point(at), &options).add_to(map);
        }
        let options = CircleOptions::new();
        options.set_class_name(String::from("pin"));
        options.set_radius(9.0);
        options.set_interactive(false);
        CircleMarker::new_with_options(&self.point(at), &options).add_to(map);
    }

    fn draw(self, map: &Map, scene: &Scene, at: LatLon) {
        // Small ones over those they lie in, the own grid over all.
        let mut outlines: Vec<&Outline> = scene.outlines.iter().collect();
        outlines.sort_by_key(|outline| {
            let own = Some(&outline.code) == scene.grid.as_ref();
            (own, outline.code.as_str().len())
        });
        for outline in outlines {
            self.outline(map, scene, outline);
        }
        self.point_with_accuracy(map, &scene.place, at);
        let (low, high) = view_of(scene, at);
        let bounds = LatLngBounds::new(&self.point(low), &self.point(high));
        map.set_max_zoom(ZOOM_MAX);
        map.fit_bounds(&bounds);
    }
}

/// Names are set as markup by the map; nothing of them may be read as such.
fn escaped(name: &str) -> String {
    name.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// The map of a case.
#[component]
pub(crate) fn PlaceMap(scene: Scene) -> impl IntoView {
    let desk = Desk::here();
    let Some(at) = scene
        .place
        .degrees()
        .and_then(|(lat, lon)| LatLon::new(lat, lon).ok())
    else {
        return view! { <p class="second">{move || desk.say(words::MAP_OFF)}</p> }.into_any();
    };
    let tiles = desk.session.with_untracked(|session| match session {
        Session::In(answer) => answer.tiles.clone(),
        _ => None,
    });
    let shifted = tiles
        .as_ref()
        .is_some_and(|tiles| tiles.starts_with(SHIFTED));
    let pen = Pen { shifted };
    let map = JsRwSignal::new_local(None::<Map>);
    Effect::new(move |_| {
        if let Some(map) = map.get() {
            pen.draw(&map, &scene, at);
        }
    });
    let zoom = move |by: f64| {
        if let Some(map) = map.get_untracked() {
            map.set_zoom(map.get_zoom() + by);
        }
    };
    let has_tiles = tiles.is_some().to_string();
    let tiles = tiles.map(|tiles| {
        let address = tiles.trim_start_matches(SHIFTED).to_owned();
        view! { <TileLayer url=address/> }
    });
    view! {
        <div
            class="map-frame"
            data-tiles=has_tiles
            role="group"
            aria-label=move || desk.say(words::MAP_LABEL)
        >
            <MapContainer
                class="map"
                zoom_control=false
                scroll_wheel_zoom=false
                map=map.write_only()
            >
                {tiles}
            </MapContainer>
            <div class="map-zoom">
                <button
                    type="button"
                    id="map-zoom-in"
                    aria-label=move || desk.say(words::ZOOM_IN)
                    on:click=move |_| zoom(1.0)
                >
                    "+"
                </button>
                <button
                    type="button"
                    id="map-zoom-out"
                    aria-label=move || desk.say(words::ZOOM_OUT)
                    on:click=move |_| zoom(-1.0)
                >
                    "−"
                </button>
            </div>
        </div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::indexing_slicing, reason = "a test may fail loudly")]
    use super::*;

    #[test]
    fn holes_and_several_parts_are_kept_and_damaged_outlines_are_not_drawn() {
        let part = "[[[118.1,27.3],[118.2,27.3],[118.2,27.4],[118.1,27.3]],\
                    [[118.15,27.32],[118.16,27.32],[118.16,27.33],[118.15,27.32]]]";
        let one = rings(&format!("{{\"type\":\"Polygon\",\"coordinates\":{part}}}"));
        assert_eq!((one.len(), one[0].len(), one[0][0].len()), (1, 2, 4));
        let two = rings(&format!(
            "{{\"type\":\"MultiPolygon\",\"coordinates\":[{part},{part}]}}"
        ));
        assert_eq!(two.len(), 2);
        assert!(rings("{").is_empty());
        assert!(rings("{\"type\":\"Point\",\"coordinates\":[1,2]}").is_empty());
    }

    #[test]
    fn a_name_is_shown_as_it_is_and_never_read_as_markup() {
        assert_eq!(
            escaped("<b>第3&网格</b>"),
            "&lt;b&gt;第3&amp;网格&lt;/b&gt;"
        );
    }
}
