//! What a case's moves and clocks depend on: its condition by the catalogue it was filled with, the
//! calendar, and the city's rules.

use crate::service::district::District;
use crate::service::{Fault, Result};
use crate::store::cases::CaseRow;
use crate::store::{self, Tx};
use shared::calendar::Limit;
use shared::case::Rules;
use shared::catalogue::Catalogue;
use shared::id::{AreaCode, CatalogueVersion, CategoryId, ConditionId, UnitCode};
use shared::routing::{Mode, in_mode};
use shared::time::Timestamp;
use shared::unit;
use std::sync::Arc;

/// The rules of one case.
#[derive(Debug, Clone)]
pub(in crate::service) struct Ruled {
    pub(in crate::service) catalogue: Arc<Catalogue>,
    /// Clocks and escalation follow the version in force, whatever the report was filled with:
    /// next year's holidays are known only this autumn.
    in_force: Arc<Catalogue>,
    limit: Option<Limit>,
    staged: Vec<(String, Limit)>,
    after_photo: bool,
    last_resort: Option<UnitCode>,
    category: CategoryId,
    /// The condition that it stands on.
    pub(super) condition: ConditionId,
    pub(super) mode: Mode,
}

impl Ruled {
    /// The rules for a matter at a place, in a mode: what is counted anew is counted in it.
    pub(in crate::service) fn of(
        district: &District,
        version: &CatalogueVersion,
        category: &CategoryId,
        condition: &ConditionId,
        place: Option<&AreaCode>,
        mode: Mode,
    ) -> Self {
        let catalogue = district.catalogue_of(version);
        let catalogue = Arc::clone(catalogue.unwrap_or(&district.catalogue));
        let row = catalogue.condition(condition);
        let staged = row.map_or_else(Vec::new, |row| {
            let stages = row.staged.iter();
            stages
                .map(|stage| (stage.name.clone(), in_mode(stage.limit, mode)))
                .collect()
        });
        let last_resort = catalogue
            .doc()
            .last_resort
            .as_deref()
            .and_then(|name| unit::resolve(name, place, &catalogue, &district.areas));
        Self {
            limit: catalogue.limit(condition).map(|limit| in_mode(limit, mode)),
            staged,
            after_photo: row.is_some_and(|row| row.after_photo),
            last_resort: last_resort.map(|unit| unit.code),
            category: category.clone(),
            condition: condition.clone(),
            mode,
            in_force: Arc::clone(&district.catalogue),
            catalogue,
        }
    }

    /// The rules of a case that is stored, in the mode of its place at a moment.
    pub(in crate::service) fn load(
        tx: &mut dyn Tx,
        district: &District,
        row: &CaseRow,
        at: Timestamp,
    ) -> Result<Self> {
        let filled = store::reports::filled_with(tx, &[row.report])?;
        let (condition, version) = filled
            .get(&row.report)
            .ok_or_else(|| Fault::damaged("case", "its report is not there"))?;
        let condition = row.life.condition.as_ref().unwrap_or(condition);
        let place = row.grid.as_ref();
        let mode = district.mode(place, at);
        Ok(Self::of(
            district,
            version,
            &row.category,
            condition,
            place,
            mode,
        ))
    }

    /// As the machine asks for them.
    pub(in crate::service) fn rules(&self) -> Rules<'_> {
        Rules {
            calendar: self.in_force.calendar(),
            limit: self.limit,
            staged: &self.staged,
            stages: &self.in_force.doc().stage_limits,
            after_photo: self.after_photo,
            last_resort: self.last_resort.clone(),
            category: Some(&self.category),
            escalations: &self.in_force.doc().escalations,
        }
    }
}
