//! Small changes to a draft, made in place: one limit, one lead, one round. Whatever is larger is
//! imported.
//! Tests: at the end.

use super::CatalogueDoc;
use crate::calendar::LimitUnit;
use crate::id::{CategoryId, ConditionId};
use crate::patrol::{Round, RoundFault, new_round_id};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The longest limit in any unit: a year of days.
pub const LIMIT_VALUE_MAX: u32 = 366;

/// A change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum CatalogueEdit {
    /// Another limit for a condition.
    Limit {
        /// Which condition.
        condition: ConditionId,
        /// How many of the unit.
        value: u32,
        /// The unit in the table's word: 工作时, 工作日, 紧急工作时, 紧急工作日, 自然日.
        unit: String,
    },
    /// Another lead for a category.
    Lead {
        /// Which category.
        category: CategoryId,
        /// Short name of the department or role.
        lead: String,
    },
    /// A round as it is to be, with all its points; whether one that is there is walked stays as it
    /// was.
    Round {
        /// The round; without an id it is a new one, and gets its id here.
        round: Round,
    },
    /// A round is walked no more, or again.
    RetireRound {
        /// Which round.
        round: String,
        /// No more.
        retired: bool,
    },
}

/// Why a change was not made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EditFault {
    /// There is no such condition, category or round.
    Unknown,
    /// The limit is nothing, or longer than [`LIMIT_VALUE_MAX`] of its unit.
    Limit,
    /// The unit of the limit is none.
    Unit,
    /// There is no such department, or it is retired.
    Lead,
    /// The round can't be walked as it is.
    Round(RoundFault),
}

/// Makes a change.
///
/// # Errors
/// When what it names isn't there or can't be; the document stays as it was.
pub fn apply(doc: &mut CatalogueDoc, edit: &CatalogueEdit) -> Result<(), EditFault> {
    match edit {
        CatalogueEdit::Limit {
            condition,
            value,
            unit,
        } => {
            let unit = LimitUnit::parse(unit).ok_or(EditFault::Unit)?;
            if !(1..=LIMIT_VALUE_MAX).contains(value) {
                return Err(EditFault::Limit);
            }
            let mut all = doc.conditions.iter_mut();
            let found = all.find(|one| one.id == *condition);
            let found = found.ok_or(EditFault::Unknown)?;
            found.limit_value = *value;
            unit.word().clone_into(&mut found.limit_unit);
        }
        CatalogueEdit::Lead { category, lead } => {
            let mut all = doc.departments.iter();
            if !all.any(|one| one.short_name == *lead && !one.retired) {
                return Err(EditFault::Lead);
            }
            let mut all = doc.categories.iter_mut();
            let found = all.find(|one| one.id == *category);
            let found = found.ok_or(EditFault::Unknown)?;
            found.assisting.retain(|name| name != lead);
            found.lead.clone_from(lead);
        }
        CatalogueEdit::Round { round } => put_round(doc, round)?,
        CatalogueEdit::RetireRound { round, retired } => {
            let mut all = doc.patrols.iter_mut();
            let found = all.find(|one| one.id == *round);
            found.ok_or(EditFault::Unknown)?.retired = *retired;
        }
    }
    Ok(())
}

/// Puts a round in the place of the one with its id, or behind all others.
fn put_round(doc: &mut CatalogueDoc, round: &Round) -> Result<(), EditFault> {
    round.check().map_err(EditFault::Round)?;
    if round.id.is_empty() {
        let id = new_round_id(&doc.patrols, &round.area);
        doc.patrols.push(Round {
            id,
            ..round.clone()
        });
        return Ok(());
    }
    let mut all = doc.patrols.iter_mut();
    let found = all.find(|one| one.id == round.id);
    let found = found.ok_or(EditFault::Unknown)?;
    // Whoever changes its points may not have seen that it was retired.
    *found = Round {
        retired: found.retired,
        ..round.clone()
    };
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;
    use crate::catalogue::shipped_doc;
    use crate::id::{AreaCode, CatalogueVersion};
    use crate::patrol::read_points;

    #[test]
    fn a_change_is_made_or_nothing_changes() {
        let before = shipped_doc(CatalogueVersion::new("t-1").unwrap(), vec![]).unwrap();
        let limit = |condition: &str, value, unit: &str| CatalogueEdit::Limit {
            condition: ConditionId::new(condition).unwrap(),
            value,
            unit: unit.to_owned(),
        };
        let lead = |category: &str, lead: &str| CatalogueEdit::Lead {
            category: CategoryId::new(category).unwrap(),
            lead: lead.to_owned(),
        };
        for (edit, fault) in [
            (limit("C0101-99", 1, "工作时"), EditFault::Unknown),
            (limit("C0101-1", 0, "工作时"), EditFault::Limit),
            (limit("C0101-1", 400, "工作日"), EditFault::Limit),
            (limit("C0101-1", 1, "小时"), EditFault::Unit),
            (lead("C0101", "没有的单位"), EditFault::Lead),
            (lead("C9999", "环卫中心"), EditFault::Unknown),
        ] {
            let mut doc = before.clone();
            assert_eq!(apply(&mut doc, &edit), Err(fault));
            assert_eq!(doc, before);
        }
        let mut doc = before;
        apply(&mut doc, &limit("C0101-1", 3, "工作时")).unwrap();
        apply(&mut doc, &lead("E0110", "属地街道")).unwrap();
        let condition = doc.conditions.iter().find(|c| c.id.as_str() == "C0101-1");
        let condition = condition.unwrap();
        assert_eq!(
            (condition.limit_value, condition.limit_unit.as_str()),
            (3, "工作时")
        );
        let category = doc.categories.iter().find(|c| c.id.as_str() == "E0110");
        let category = category.unwrap();
        assert_eq!(category.lead, "属地街道");
        assert!(!category.assisting.iter().any(|name| name == "属地街道"));
    }

    #[test]
    fn a_round_is_made_changed_and_retired_and_never_goes() {
        let mut doc = shipped_doc(CatalogueVersion::new("t-1").unwrap(), vec![]).unwrap();
        let round = |id: &str, text: &str| CatalogueEdit::Round {
            round: Round {
                id: id.to_owned(),
                name: "早间巡查".to_owned(),
                area: AreaCode::new("350703001012").unwrap(),
                points: read_points(text, &[]).unwrap(),
                retired: false,
            },
        };
        let none = apply(&mut doc, &round("", ""));
        assert_eq!(none, Err(EditFault::Round(RoundFault::Points)));
        let unknown = apply(&mut doc, &round("350703001012-1", "桥头,27.1,118.0"));
        assert_eq!(unknown, Err(EditFault::Unknown));
        assert!(doc.patrols.is_empty());
        apply(&mut doc, &round("", "桥头,27.1,118.0")).unwrap();
        let again = "桥头,27.1,118.0\n小学门口,27.2,118.0";
        apply(&mut doc, &round("350703001012-1", again)).unwrap();
        let retire = CatalogueEdit::RetireRound {
            round: "350703001012-1".to_owned(),
            retired: true,
        };
        apply(&mut doc, &retire).unwrap();
        // Changed by somebody who still saw it walked, it stays retired.
        apply(&mut doc, &round("350703001012-1", again)).unwrap();
        apply(&mut doc, &round("", "桥头,27.1,118.0")).unwrap();
        let rounds = doc.patrols.iter();
        let rounds = rounds.map(|it| (it.id.as_str(), it.points.len(), it.retired));
        let rounds: Vec<_> = rounds.collect();
        let expected = [("350703001012-1", 2, true), ("350703001012-2", 1, false)];
        assert_eq!(rounds, expected);
    }
}
