//! The district on the device: catalogue, area tree, grid index, built once from the two bundles.
//!
//! Every answer is that of `shared`, so a preview without network is what the server will say.
//! Nothing here reads the database or keeps a draft. Tests: `tests/capture.rs`.

use crate::search::Search;
use shared::area::{Area, AreaTree, Scope};
use shared::catalogue::{Catalogue, CatalogueDoc, Category, Condition};
use shared::coordinates::LatLon;
use shared::emergency::{self, EmergencyOrder};
use shared::grid::{GridFeature, GridIndex, GridKind, Located, filing_grids};
use shared::id::{AreaCode, CategoryId, ConditionId};
use shared::report::{ACCURACY_M_LIMIT, Place, ReportFault};
use shared::routing::{self, Decision, Facts};
use shared::time::Timestamp;
use shared::wire::handheld::{
    CategoryRow, Certainty, ConditionRow, GridName, LocatedView, MapOutline, MapView, PlaceInput,
};
use shared::wire::sync::{AreaOutline, AreasBundle};

/// Outlines on one pin map: more than a phone's screen can tell apart.
const OUTLINES_LIMIT: usize = 200;

/// Everything about the district that filing needs.
#[derive(Debug)]
pub struct District {
    catalogue: Catalogue,
    areas: AreaTree,
    grids: GridIndex,
    outlines: Vec<Outlined>,
    search: Search,
}

#[derive(Debug)]
struct Outlined {
    area: Area,
    polygons: Vec<Vec<Vec<(f64, f64)>>>,
    /// West, south, east, north.
    bounds: [f64; 4],
}

impl District {
    /// Builds the district from the stored bundles.
    ///
    /// # Errors
    /// The reason in words, when one of them can't be used.
    pub fn build(catalogue: CatalogueDoc, areas: AreasBundle) -> Result<Self, String> {
        let catalogue = Catalogue::new(catalogue).map_err(|error| error.to_string())?;
        let (tree, grids, outlines) = read_areas(areas)?;
        let search = Search::of(&catalogue);
        Ok(Self {
            catalogue,
            areas: tree,
            grids,
            outlines,
            search,
        })
    }

    /// Checks a fetched catalogue before it replaces the one in use; gives the text to store.
    ///
    /// # Errors
    /// The reason in words, when it can't be used.
    pub fn check_catalogue(doc: &CatalogueDoc) -> Result<String, String> {
        Catalogue::new(doc.clone()).map_err(|error| error.to_string())?;
        serde_json::to_string(doc).map_err(|error| error.to_string())
    }

    /// Checks fetched areas before they replace those in use; gives the text to store.
    ///
    /// # Errors
    /// The reason in words, when they can't be used.
    pub fn check_areas(bundle: &AreasBundle) -> Result<String, String> {
        read_areas(bundle.clone())?;
        serde_json::to_string(bundle).map_err(|error| error.to_string())
    }

    /// The catalogue in use.
    #[must_use]
    pub fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    /// The places of the district.
    #[must_use]
    pub fn areas(&self) -> &AreaTree {
        &self.areas
    }

    /// Which grid a place lies in: exactly what the server asks of the same numbers.
    #[must_use]
    pub fn locate(&self, place: &Place) -> Located {
        let at = place
            .degrees()
            .and_then(|(lat, lon)| LatLon::new(lat, lon).ok());
        match at {
            Some(at) => self.grids.locate(at, place.accuracy_m.map(f64::from)),
            None => Located::Outside { nearest: None },
        }
    }

    /// The same for the screen, with names; far outside, the nearest grid is named too.
    #[must_use]
    pub fn located_view(&self, place: &Place) -> LocatedView {
        let located = self.locate(place);
        let (certainty, others, mut nearest) = match &located {
            Located::In { .. } => (Certainty::Sure, &[][..], None),
            Located::InDoubt { others, .. } => (Certainty::Doubt, others.as_slice(), None),
            Located::Outside { nearest } => (Certainty::Outside, &[][..], nearest.clone()),
        };
        if certainty == Certainty::Outside && nearest.is_none() {
            let at = place
                .degrees()
                .and_then(|(lat, lon)| LatLon::new(lat, lon).ok());
            nearest = at
                .and_then(|at| self.grids.nearest(at))
                .map(|(grid, distance_m)| (grid.clone(), distance_m));
        }
        LocatedView {
            certainty,
            grid: located.grid().map(|grid| self.grid_name(grid)),
            others: others.iter().map(|grid| self.grid_name(grid)).collect(),
            nearest: nearest.map(|(grid, distance_m)| (self.grid_name(&grid), distance_m)),
        }
    }

    fn grid_name(&self, code: &AreaCode) -> GridName {
        GridName {
            code: code.clone(),
            name: self.areas.name(code).to_owned(),
            path: self.areas.path(code),
        }
    }

    /// Where a report would go, by when, and why, in the mode that the orders in force bring.
    #[must_use]
    pub fn decide(
        &self,
        category: &CategoryId,
        condition: &ConditionId,
        located: &Located,
        self_fixed: bool,
        orders: &[EmergencyOrder],
        now: Timestamp,
    ) -> Decision {
        let doubt = match located {
            Located::InDoubt { others, .. } => others.as_slice(),
            Located::In { .. } | Located::Outside { .. } => &[],
        };
        let facts = Facts {
            category,
            condition,
            grid: located.grid(),
            doubt,
            self_fixed,
        };
        let calendar = self.catalogue.calendar();
        routing::route(
            facts,
            &self.catalogue,
            &self.areas,
            emergency::mode(orders, located.grid(), now),
            calendar,
            now,
        )
    }

    /// The middle of the grids of these posts, or of the district when they have none.
    #[must_use]
    pub fn middle(&self, posts: &[AreaCode]) -> Option<(f64, f64)> {
        let bounds = |mine: bool| {
            let wanted = |outlined: &&Outlined| {
                let code = &outlined.area.code;
                !mine || posts.iter().any(|post| Scope(post.clone()).contains(code))
            };
            let all = self.outlines.iter().filter(wanted);
            all.map(|outlined| outlined.bounds).reduce(
                |[w, s, e, n], [west, south, east, north]| {
                    [w.min(west), s.min(south), e.max(east), n.max(north)]
                },
            )
        };
        let [west, south, east, north] = bounds(true).or_else(|| bounds(false))?;
        Some((south.midpoint(north), west.midpoint(east)))
    }

    /// Grids around a place, those of the worker's posts marked.
    #[must_use]
    pub fn map(&self, lat: f64, lon: f64, radius_m: f64, posts: &[AreaCode]) -> MapView {
        let per_degree = shared::coordinates::METRES_PER_DEGREE;
        let height = radius_m / per_degree;
        let width = radius_m / (per_degree * lat.to_radians().cos().max(0.01));
        let (west, south, east, north) = (lon - width, lat - height, lon + width, lat + height);
        let outlines = self
            .outlines
            .iter()
            .filter(|outlined| {
                let [w, s, e, n] = outlined.bounds;
                w <= east && e >= west && s <= north && n >= south
            })
            .take(OUTLINES_LIMIT)
            .map(|outlined| MapOutline {
                code: outlined.area.code.clone(),
                name: outlined.area.name.clone(),
                kind: outlined.area.kind,
                mine: posts
                    .iter()
                    .any(|post| Scope(post.clone()).contains(&outlined.area.code)),
                polygons: outlined.polygons.clone(),
            })
            .collect();
        MapView {
            centre: (lat, lon),
            outlines,
        }
    }

    /// Categories that fit these words or 拼音 and are offered, best first.
    #[must_use]
    pub fn search(&self, words: &str, limit: usize, orders: &[EmergencyOrder]) -> Vec<CategoryRow> {
        let found = self.search.find(words, limit);
        found
            .into_iter()
            .filter_map(|id| self.catalogue.category(id))
            .filter(|category| is_offered(category, orders))
            .map(category_row)
            .collect()
    }

    /// All categories that are offered, in the table's order.
    #[must_use]
    pub fn categories(&self, orders: &[EmergencyOrder]) -> Vec<CategoryRow> {
        self.catalogue
            .doc()
            .categories
            .iter()
            .filter(|category| is_offered(category, orders))
            .map(category_row)
            .collect()
    }
}

/// Whether a category is offered: it is in use, and one for emergencies is named by an order that
/// is or will be in force. Where and when is checked when it is filed.
#[must_use]
pub fn is_offered(category: &Category, orders: &[EmergencyOrder]) -> bool {
    let named = || {
        orders
            .iter()
            .any(|order| order.categories.contains(&category.id))
    };
    !category.retired && (!category.emergency_only || named())
}

/// A category for a picker.
#[must_use]
pub fn category_row(category: &Category) -> CategoryRow {
    CategoryRow {
        id: category.id.clone(),
        kind: category.kind,
        major: category.major.clone(),
        name: category.name.clone(),
        photo_required: category.photo_required,
    }
}

/// A condition for a picker.
#[must_use]
pub fn condition_row(condition: &Condition) -> ConditionRow {
    ConditionRow {
        id: condition.id.clone(),
        name: condition.name.clone(),
        closing: condition.closing.clone(),
        limit: format!("{}{}", condition.limit_value, condition.limit_unit),
    }
}

/// A place as the screen gives it, in whole units of 1e-7 degree and of metres.
///
/// # Errors
/// When the position is not on the globe or not a number.
pub fn place_of(input: &PlaceInput) -> Result<Place, ReportFault> {
    let at = LatLon::new(input.lat, input.lon).map_err(|_| ReportFault::PlaceRange)?;
    let (lat_e7, lon_e7) = at.to_e7();
    let accuracy_m = input
        .accuracy_m
        .filter(|m| m.is_finite() && *m >= 0.0)
        .map(whole_metres);
    Ok(Place {
        lat_e7: lat_e7.into(),
        lon_e7: lon_e7.into(),
        accuracy_m,
        source: input.source,
        words: input.words.clone(),
    })
}

/// The way back, for the screen.
#[must_use]
pub fn input_of(place: &Place) -> PlaceInput {
    let (lat, lon) = place.degrees().unwrap_or_default();
    PlaceInput {
        lat,
        lon,
        accuracy_m: place.accuracy_m.map(f64::from),
        source: place.source,
        words: place.words.clone(),
    }
}

#[expect(
    clippy::as_conversions,
    reason = "the cast saturates, and is limited anyway"
)]
fn whole_metres(metres: f64) -> u32 {
    (metres.ceil() as u32).min(ACCURACY_M_LIMIT)
}

fn read_areas(bundle: AreasBundle) -> Result<(AreaTree, GridIndex, Vec<Outlined>), String> {
    let features: Vec<GridFeature> = bundle.areas.iter().map(feature).collect();
    let places = bundle.areas.iter().map(|outline| outline.area.clone());
    let tree = AreaTree::new(bundle.levels, places).map_err(|error| error.to_string())?;
    let drawn = features
        .iter()
        .filter(|feature| !feature.shape.0.is_empty());
    let drawn: Vec<GridFeature> = drawn.cloned().collect();
    let filing: Vec<(AreaCode, GridKind, _)> = filing_grids(&drawn).collect();
    let mut wanted: Vec<&AreaCode> = filing.iter().map(|(code, ..)| code).collect();
    wanted.sort_unstable();
    let outlines = bundle
        .areas
        .into_iter()
        .filter(|outline| wanted.binary_search(&&outline.area.code).is_ok())
        .filter_map(outlined)
        .collect();
    let grids = GridIndex::build(filing).map_err(|error| error.to_string())?;
    Ok((tree, grids, outlines))
}

fn degrees((lon, lat): (i32, i32)) -> (f64, f64) {
    (
        f64::from(lon) / shared::coordinates::E7,
        f64::from(lat) / shared::coordinates::E7,
    )
}

fn feature(outline: &AreaOutline) -> GridFeature {
    let area = &outline.area;
    GridFeature {
        code: area.code.clone(),
        parent: area.parent.clone(),
        level: area.level.clone(),
        kind: area.kind,
        name: area.name.clone(),
        is_synthetic: false,
        shape: shared::grid::shape_from_e7(&outline.polygons),
    }
}

fn outlined(outline: AreaOutline) -> Option<Outlined> {
    let polygons: Vec<Vec<Vec<(f64, f64)>>> = outline
        .polygons
        .into_iter()
        .map(|rings| {
            rings
                .into_iter()
                .map(|ring| ring.into_iter().map(degrees).collect())
                .collect()
        })
        .collect();
    let mut bounds = [
        f64::INFINITY,
        f64::INFINITY,
        f64::NEG_INFINITY,
        f64::NEG_INFINITY,
    ];
    for (lon, lat) in polygons.iter().flatten().flatten() {
        let [w, s, e, n] = bounds;
        bounds = [w.min(*lon), s.min(*lat), e.max(*lon), n.max(*lat)];
    }
    (!polygons.is_empty()).then_some(Outlined {
        area: outline.area,
        polygons,
        bounds,
    })
}
