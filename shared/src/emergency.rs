//! 平急转换: dated orders that put an area into emergency mode and back.
//!
//! An order is a document: it has a number, an area with everything below it, a beginning, and an
//! end that is planned or was decided. Orders are kept for good, so the mode of any place at any
//! moment can be found again, and handheld and server find the same. Nothing here keeps orders.
//! Tests: at the end, and `tests/tests/orders.rs`.

use crate::area::Scope;
use crate::catalogue::{Catalogue, Category};
use crate::id::{AreaCode, CategoryId, OrderId};
use crate::report::ReportFault;
use crate::routing::Mode;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The number of a document: 潭政〔2026〕12号.
pub const NUMBER_CHARS_LIMIT: usize = 60;
/// The words of an order: what everybody reads in the banner and in the list.
pub const WORDS_CHARS_LIMIT: usize = 500;
/// Categories that one order switches on: more than any table keeps for emergencies.
pub const CATEGORIES_LIMIT: usize = 200;

/// An order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EmergencyOrder {
    /// Identity.
    pub id: OrderId,
    /// Number of the document.
    pub number: String,
    /// The area; everything below it is meant too.
    pub area: AreaCode,
    /// From when it is in force.
    pub from_ms: Timestamp,
    /// Until when, this moment not included; none for "until further notice". Ending an order
    /// sets it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until_ms: Option<Timestamp>,
    /// What it says.
    #[serde(default)]
    pub words: String,
    /// Categories for emergencies only that may be filed while it is in force.
    #[serde(default)]
    pub categories: Vec<CategoryId>,
}

impl EmergencyOrder {
    /// Whether it is in force at a moment.
    #[must_use]
    pub fn is_in_force(&self, at: Timestamp) -> bool {
        self.from_ms <= at && self.until_ms.is_none_or(|until| at < until)
    }

    /// Whether it may still be in force at or after a moment: what a handheld has to know.
    #[must_use]
    pub fn is_ahead(&self, at: Timestamp) -> bool {
        self.until_ms
            .is_none_or(|until| at < until && self.from_ms < until)
    }

    /// Whether it covers a place. What lies in no grid belongs to the whole district alone.
    #[must_use]
    pub fn covers(&self, place: Option<&AreaCode>) -> bool {
        match place {
            Some(place) => Scope(self.area.clone()).contains(place),
            None => self.area.district().as_ref() == Some(&self.area),
        }
    }
}

/// The orders in force for a place at a moment, in the order given.
pub fn in_force<'a>(
    orders: &'a [EmergencyOrder],
    place: Option<&'a AreaCode>,
    at: Timestamp,
) -> impl Iterator<Item = &'a EmergencyOrder> {
    orders
        .iter()
        .filter(move |order| order.is_in_force(at) && order.covers(place))
}

/// The mode of a place at a moment.
#[must_use]
pub fn mode(orders: &[EmergencyOrder], place: Option<&AreaCode>, at: Timestamp) -> Mode {
    if in_force(orders, place, at).next().is_some() {
        Mode::Emergency
    } else {
        Mode::Peace
    }
}

/// Whether a category may be filed at a place and a moment: always, unless it is for emergencies
/// only; then while an order in force there switches it on.
#[must_use]
pub fn may_file(
    category: &Category,
    orders: &[EmergencyOrder],
    place: Option<&AreaCode>,
    at: Timestamp,
) -> bool {
    !category.emergency_only
        || in_force(orders, place, at).any(|order| order.categories.contains(&category.id))
}

/// The same as a check of a report.
///
/// # Errors
/// [`ReportFault::EmergencyOnly`] when no order allows it.
pub fn check(
    category: &CategoryId,
    catalogue: &Catalogue,
    orders: &[EmergencyOrder],
    place: Option<&AreaCode>,
    at: Timestamp,
) -> Result<(), ReportFault> {
    match catalogue.category(category) {
        Some(category) if !may_file(category, orders, place, at) => Err(ReportFault::EmergencyOnly),
        _ => Ok(()),
    }
}

/// What is wrong with an order that somebody wants to give.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrderFault {
    /// It has no number.
    NumberMissing,
    /// Number or words are too long.
    TooLong,
    /// It ends before it begins.
    EndsEarly,
    /// It switches on too many categories.
    TooManyCategories,
    /// It switches on a category that isn't there or isn't for emergencies only.
    CategoryUnknown,
}

/// Checks an order by itself and against the catalogue in force.
///
/// # Errors
/// The first fault found, in the order of the form.
pub fn check_order(order: &EmergencyOrder, catalogue: &Catalogue) -> Result<(), OrderFault> {
    if order.number.trim().is_empty() {
        return Err(OrderFault::NumberMissing);
    }
    let too_long = order.number.chars().count() > NUMBER_CHARS_LIMIT
        || order.words.chars().count() > WORDS_CHARS_LIMIT;
    if too_long {
        return Err(OrderFault::TooLong);
    }
    if order.until_ms.is_some_and(|until| until <= order.from_ms) {
        return Err(OrderFault::EndsEarly);
    }
    if order.categories.len() > CATEGORIES_LIMIT {
        return Err(OrderFault::TooManyCategories);
    }
    let known = |id: &CategoryId| {
        catalogue
            .category(id)
            .is_some_and(|category| category.emergency_only)
    };
    if order.categories.iter().all(known) {
        Ok(())
    } else {
        Err(OrderFault::CategoryUnknown)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;
    use crate::catalogue::shipped_doc;
    use crate::id::CatalogueVersion;
    use uuid::Uuid;

    fn area(code: &str) -> AreaCode {
        AreaCode::new(code).unwrap()
    }

    fn order(code: &str, from: i64, until: Option<i64>) -> EmergencyOrder {
        EmergencyOrder {
            id: OrderId(Uuid::from_u128(1)),
            number: String::from("潭政〔2026〕12号"),
            area: area(code),
            from_ms: Timestamp(from),
            until_ms: until.map(Timestamp),
            words: String::from("防汛二级响应"),
            categories: Vec::new(),
        }
    }

    #[test]
    fn an_order_holds_in_its_area_and_below_from_its_beginning_until_its_end() {
        let orders = [order("350703001", 10, Some(20))];
        let (grid, other) = (area("350703001012001"), area("350703002001"));
        let at = |place: &AreaCode, ms| mode(&orders, Some(place), Timestamp(ms));
        assert_eq!(at(&grid, 9), Mode::Peace);
        assert_eq!(at(&grid, 10), Mode::Emergency);
        assert_eq!(at(&grid, 19), Mode::Emergency);
        assert_eq!(at(&grid, 20), Mode::Peace, "its end is not included");
        assert_eq!(at(&other, 15), Mode::Peace);
    }

    #[test]
    fn a_place_outside_all_grids_is_under_orders_for_the_whole_district_only() {
        let street = [order("350703001", 10, None)];
        let district = [order("350703", 10, None)];
        assert_eq!(mode(&street, None, Timestamp(11)), Mode::Peace);
        assert_eq!(mode(&district, None, Timestamp(11)), Mode::Emergency);
    }

    #[test]
    fn an_order_that_was_ended_before_it_began_never_counts() {
        let ended = order("350703", 10, Some(5));
        for ms in [4, 5, 10, 11] {
            assert!(!ended.is_in_force(Timestamp(ms)));
        }
        assert!(!ended.is_ahead(Timestamp(4)));
        assert!(order("350703", 10, Some(20)).is_ahead(Timestamp(4)));
        assert!(!order("350703", 10, Some(20)).is_ahead(Timestamp(20)));
    }

    #[test]
    fn a_category_for_emergencies_is_filed_only_where_an_order_switches_it_on() {
        let mut doc = shipped_doc(CatalogueVersion::new("t-1").unwrap(), vec![]).unwrap();
        let (extra, usual) = (
            CategoryId::new("E0110").unwrap(),
            CategoryId::new("C0101").unwrap(),
        );
        for category in &mut doc.categories {
            category.emergency_only = category.id == extra;
        }
        let catalogue = Catalogue::new(doc).unwrap();
        let mut on = order("350703001", 10, None);
        on.categories.push(extra.clone());
        let silent = order("350703001", 10, None);
        let here = area("350703001012");
        let checked = |id: &CategoryId, order: &EmergencyOrder, at| {
            let orders = std::slice::from_ref(order);
            check(id, &catalogue, orders, Some(&here), Timestamp(at))
        };
        assert_eq!(checked(&extra, &on, 11), Ok(()));
        assert_eq!(checked(&extra, &on, 9), Err(ReportFault::EmergencyOnly));
        assert_eq!(
            checked(&extra, &silent, 11),
            Err(ReportFault::EmergencyOnly)
        );
        assert_eq!(checked(&usual, &silent, 9), Ok(()));
        assert_eq!(check_order(&on, &catalogue), Ok(()));
        on.categories.push(usual);
        assert_eq!(
            check_order(&on, &catalogue),
            Err(OrderFault::CategoryUnknown)
        );
        let backwards = order("350703", 10, Some(10));
        assert_eq!(
            check_order(&backwards, &catalogue),
            Err(OrderFault::EndsEarly)
        );
    }
}
