//! The façade's part of choosing: what a report is about, and where.

use super::App;
use crate::error::CoreError;
use crate::place::{category_row, condition_row, is_offered, place_of};
use crate::store::{StoreError, device, reports, settings};
use shared::emergency::EmergencyOrder;
use shared::id::{AreaCode, CategoryId};
use shared::wire::handheld::{CategoryDetail, CategoryRow, LocatedView, MapView, PlaceInput};

/// Categories offered before anything is typed.
const RECENT_CATEGORIES: u32 = 6;
/// Categories that a search gives.
const SEARCH_LIMIT: usize = 30;
/// The widest pin map, in metres.
const MAP_RADIUS_M_MAX: f64 = 5_000.0;

impl App {
    /// The emergency orders as last heard; a picker goes without them when the store fails.
    fn orders_or_none(&self) -> Vec<EmergencyOrder> {
        self.store().read(settings::orders).unwrap_or_default()
    }

    /// All categories, for the tree; empty until the catalogue is here.
    #[must_use]
    pub fn categories(&self) -> Vec<CategoryRow> {
        let orders = self.orders_or_none();
        self.district()
            .map(|district| district.categories(&orders))
            .unwrap_or_default()
    }

    /// Categories that fit these words, 拼音 or first letters, best first.
    #[must_use]
    pub fn search_categories(&self, words: &str) -> Vec<CategoryRow> {
        let orders = self.orders_or_none();
        self.district()
            .map(|district| district.search(words, SEARCH_LIMIT, &orders))
            .unwrap_or_default()
    }

    /// The categories filed last on this handheld.
    ///
    /// # Errors
    /// When the store fails.
    pub fn recent_categories(&self) -> Result<Vec<CategoryRow>, CoreError> {
        let Some(district) = self.district() else {
            return Ok(Vec::new());
        };
        let (ids, orders) = self.store().read(|tx| {
            let ids = reports::recent_categories(tx, RECENT_CATEGORIES)?;
            Ok((ids, settings::orders(tx)?))
        })?;
        let known = ids
            .iter()
            .filter_map(|id| district.catalogue().category(id))
            .filter(|category| is_offered(category, &orders));
        Ok(known.map(category_row).collect())
    }

    /// A category with its conditions.
    ///
    /// # Errors
    /// When the catalogue isn't here or doesn't have it.
    pub fn category(&self, id: &CategoryId) -> Result<CategoryDetail, CoreError> {
        let district = self.district_needed()?;
        let catalogue = district.catalogue();
        let category = catalogue
            .category(id)
            .ok_or(StoreError::Missing("category"))?;
        Ok(CategoryDetail {
            row: category_row(category),
            conditions: catalogue
                .conditions_of(id)
                .filter(|condition| !condition.retired)
                .map(condition_row)
                .collect(),
        })
    }

    /// Which grid a place lies in.
    ///
    /// # Errors
    /// When the position is not on the globe, or the grids aren't here.
    pub fn locate(&self, place: &PlaceInput) -> Result<LocatedView, CoreError> {
        let place = place_of(place)?;
        Ok(self.district_needed()?.located_view(&place))
    }

    /// The grids around a place, for the pin map.
    ///
    /// # Errors
    /// When the position is not on the globe, or the grids aren't here.
    pub fn map(&self, lat: f64, lon: f64, radius_m: f64) -> Result<MapView, CoreError> {
        shared::coordinates::LatLon::new(lat, lon)
            .map_err(|_| shared::report::ReportFault::PlaceRange)?;
        let radius_m = if radius_m.is_finite() {
            radius_m.clamp(10.0, MAP_RADIUS_M_MAX)
        } else {
            500.0
        };
        let device = self.store().read(device::read)?;
        let posts: Vec<AreaCode> = device
            .map(|device| device.me.posts.into_iter().map(|post| post.area).collect())
            .unwrap_or_default();
        Ok(self.district_needed()?.map(lat, lon, radius_m, &posts))
    }

    /// Where a map begins before there is a place: the middle of the worker's own grids.
    ///
    /// # Errors
    /// When the grids aren't here.
    pub fn middle(&self) -> Result<(f64, f64), CoreError> {
        let device = self.store().read(device::read)?;
        let posts: Vec<AreaCode> = device
            .map(|device| device.me.posts.into_iter().map(|post| post.area).collect())
            .unwrap_or_default();
        self.district_needed()?
            .middle(&posts)
            .ok_or(CoreError::NotReady)
    }
}
