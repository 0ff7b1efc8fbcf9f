//! Which matters a street (履职事项清单) and which a grid's staff (网格事项准入) may be given.
//!
//! A line may have an end: an urgent addition needs approval and a date, and counts for nothing
//! from that date on. A street's or grid's own line beats the district's. Tests: at the end.

use super::{Catalogue, CatalogueDoc, StreetDuty};
use crate::area::Scope;
use crate::id::{AreaCode, CategoryId};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use utoipa::ToSchema;

/// One line of the list of matters that streets may be given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StreetMatter {
    /// The street, none for all streets of the district.
    pub street: Option<AreaCode>,
    /// The category.
    pub category: CategoryId,
    /// What the street has to do with it.
    pub duty: StreetDuty,
    /// From then on the line counts for nothing; none for one without an end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until_ms: Option<Timestamp>,
}

/// One line of the list of matters that grid staff may be given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct GridMatter {
    /// The grid, community or street with everything below it; none for the whole district.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub area: Option<AreaCode>,
    /// The category.
    pub category: CategoryId,
    /// By which approval: the number of a document.
    #[serde(default)]
    pub approval: String,
    /// From then on the line counts for nothing; none for one without an end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until_ms: Option<Timestamp>,
}

/// What a line says, and its end.
type Line<T> = (T, Option<Timestamp>);

/// The lists with their indexes.
#[derive(Debug, Clone, Default)]
pub(super) struct Matters {
    /// By street and category; without a street for the whole district. Later lines come later.
    streets: HashMap<(Option<AreaCode>, CategoryId), Vec<Line<StreetDuty>>>,
    grids: HashMap<CategoryId, Vec<Line<Option<AreaCode>>>>,
    has_grid_list: bool,
}

fn counts(until: Option<Timestamp>, at: Timestamp) -> bool {
    until.is_none_or(|until| at < until)
}

impl Matters {
    pub(super) fn of(doc: &CatalogueDoc) -> Self {
        let mut matters = Self {
            has_grid_list: !doc.grid_matters.is_empty(),
            ..Self::default()
        };
        for line in &doc.street_matters {
            let key = (line.street.clone(), line.category.clone());
            let lines = matters.streets.entry(key).or_default();
            lines.push((line.duty, line.until_ms));
        }
        for line in &doc.grid_matters {
            let lines = matters.grids.entry(line.category.clone()).or_default();
            lines.push((line.area.clone(), line.until_ms));
        }
        matters
    }

    fn duty(
        &self,
        street: Option<&AreaCode>,
        category: &CategoryId,
        at: Timestamp,
    ) -> Option<StreetDuty> {
        let lines = self.streets.get(&(street.cloned(), category.clone()))?;
        let counting = lines.iter().filter(|(_, until)| counts(*until, at));
        counting.map(|(duty, _)| *duty).next_back()
    }
}

impl Catalogue {
    /// Whether this street may be given this matter at this moment. A street's own line beats the
    /// district's; a line that ended counts for nothing.
    #[must_use]
    pub fn street_may_take_at(
        &self,
        street: &AreaCode,
        category: &CategoryId,
        at: Timestamp,
    ) -> bool {
        let own = self.matters.duty(Some(street), category, at);
        own.or_else(|| self.matters.duty(None, category, at)) != Some(StreetDuty::TakenBack)
    }

    /// Whether staff of this grid may be given this matter at this moment. A district that keeps
    /// no list restricts nothing.
    #[must_use]
    pub fn grid_may_take_at(&self, grid: &AreaCode, category: &CategoryId, at: Timestamp) -> bool {
        if !self.matters.has_grid_list {
            return true;
        }
        let lines = self.matters.grids.get(category).into_iter().flatten();
        lines.into_iter().any(|(area, until)| {
            let here = area
                .as_ref()
                .is_none_or(|area| Scope(area.clone()).contains(grid));
            here && counts(*until, at)
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;
    use crate::catalogue::shipped_doc;
    use crate::id::CatalogueVersion;

    fn with(change: impl FnOnce(&mut CatalogueDoc)) -> Catalogue {
        let mut doc = shipped_doc(CatalogueVersion::new("t-1").unwrap(), vec![]).unwrap();
        change(&mut doc);
        Catalogue::new(doc).unwrap()
    }

    #[test]
    fn a_line_of_a_street_counts_until_its_end_and_then_the_districts_does() {
        let (street, category) = (
            AreaCode::new("350703001").unwrap(),
            CategoryId::new("C0101").unwrap(),
        );
        let catalogue = with(|doc| {
            doc.street_matters
                .retain(|matter| matter.category != category);
            for (of, duty, until) in [
                (None, StreetDuty::TakenBack, None),
                (Some(street.clone()), StreetDuty::Assist, Some(100)),
            ] {
                doc.street_matters.push(StreetMatter {
                    street: of,
                    category: category.clone(),
                    duty,
                    until_ms: until.map(Timestamp),
                });
            }
        });
        let may = |ms| catalogue.street_may_take_at(&street, &category, Timestamp(ms));
        assert!(may(99) && !may(100));
        let other = AreaCode::new("350703002").unwrap();
        assert!(!catalogue.street_may_take_at(&other, &category, Timestamp(1)));
    }

    #[test]
    fn only_what_is_on_the_grids_list_is_given_to_grid_staff_once_there_is_a_list() {
        let (here, there) = (
            AreaCode::new("350703001012001").unwrap(),
            AreaCode::new("350703002001001").unwrap(),
        );
        let (listed, other) = (
            CategoryId::new("E0110").unwrap(),
            CategoryId::new("C0101").unwrap(),
        );
        let free = with(|_| {});
        assert!(free.grid_may_take_at(&here, &other, Timestamp(1)));
        let strict = with(|doc| {
            doc.grid_matters.push(GridMatter {
                area: Some(AreaCode::new("350703001").unwrap()),
                category: listed.clone(),
                approval: String::from("潭政〔2026〕12号"),
                until_ms: Some(Timestamp(100)),
            });
        });
        assert!(strict.grid_may_take_at(&here, &listed, Timestamp(99)));
        assert!(!strict.grid_may_take_at(&here, &listed, Timestamp(100)));
        assert!(!strict.grid_may_take_at(&there, &listed, Timestamp(1)));
        assert!(!strict.grid_may_take_at(&here, &other, Timestamp(1)));
    }
}
