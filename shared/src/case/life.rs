//! What a case has been through, beside its state: kept as one JSON value with the case, so that a
//! new fact needs no migration.

use super::asks::Asked;
use crate::calendar::Limit;
use crate::id::{AreaCode, CaseId, CategoryId, ConditionId, PersonId, UnitCode};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a worker found on the spot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Found {
    /// It is there (核实), it is put right (核查).
    Yes,
    /// It isn't.
    No,
    /// Can't be told; the words say why.
    Unable,
}

/// A worker's finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Finding {
    /// What was found.
    pub found: Found,
    /// When, by the server's clock.
    pub at_ms: Timestamp,
}

/// What the unit says came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// 已处置.
    #[default]
    Done,
    /// 无法处置; the words say why.
    Unable,
    /// 非本单位, noticed at the end.
    NotOurs,
    /// 列入计划, with the next date.
    Planned,
}

/// A card by which a supervisor urges (督办).
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Card {
    /// 取消督办.
    None,
    /// 黄牌.
    Yellow,
    /// 红牌.
    Red,
}

impl Card {
    /// Machine name, as stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Yellow => "yellow",
            Self::Red => "red",
        }
    }
}

/// A suspension that runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Suspended {
    /// Since when.
    pub since_ms: Timestamp,
    /// Until when: then it goes on by itself.
    pub until_ms: Timestamp,
    /// What was left of the limit on its own clock.
    pub left_ms: i64,
}

/// A part of another unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Part {
    /// The unit.
    pub unit: UnitCode,
    /// What is asked of it.
    pub task: String,
    /// Since when.
    pub asked_ms: Timestamp,
    /// By when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline_ms: Option<Timestamp>,
    /// The limit by which that was counted since it was asked for; none where a date was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<Limit>,
    /// The deadline's arithmetic, once it was counted anew.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<DeadlineStep>,
    /// When it answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered_ms: Option<Timestamp>,
    /// What came of it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub answer: String,
}

/// One of several limits of a condition: stop, penalise, take down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Stage {
    /// What has to be reached: 停工.
    pub name: String,
    /// By when.
    pub deadline_ms: Timestamp,
    /// The limit by which that was counted since the dispatch; none on cases from before it was
    /// kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<Limit>,
    /// The deadline's arithmetic, once it was counted anew.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<DeadlineStep>,
    /// When it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reached_ms: Option<Timestamp>,
}

/// How an appeal against lateness ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Appealed {
    /// Two people agreed: late in fact, exempt in statistics.
    Granted,
    /// One of them didn't.
    Refused,
}

/// A step of the deadline's arithmetic.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "step", rename_all = "snake_case")]
pub enum DeadlineStep {
    /// The clock starts with the dispatch.
    Given {
        /// From when.
        from_ms: Timestamp,
        /// How long.
        limit: Limit,
        /// So until.
        deadline_ms: Timestamp,
    },
    /// One original limit more.
    Extended {
        /// How long.
        limit: Limit,
        /// So until.
        deadline_ms: Timestamp,
    },
    /// The clock stands.
    Suspended {
        /// Since when.
        since_ms: Timestamp,
        /// What is left, in milliseconds of the limit's clock.
        left_ms: i64,
    },
    /// The clock goes on.
    Resumed {
        /// From when.
        from_ms: Timestamp,
        /// So until.
        deadline_ms: Timestamp,
    },
    /// The calendar was changed.
    Recounted {
        /// When.
        at_ms: Timestamp,
        /// So until.
        deadline_ms: Timestamp,
    },
}

/// What a case is about and where it is, put right by the desk. It is whole: of several corrections
/// the newest says all, whatever the report named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Corrected {
    /// What it is about.
    pub category: CategoryId,
    /// Latitude × 10⁷.
    pub lat_e7: i64,
    /// Longitude × 10⁷.
    pub lon_e7: i64,
    /// The grid of that place; none outside all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grid: Option<AreaCode>,
    /// The unit that the rules suggest for it; none where a person has to choose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<UnitCode>,
    /// The units that assist by the rules.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub assisting: Vec<UnitCode>,
    /// Short name of the rule that suggests it.
    pub rule: String,
    /// The reasons in words, in order.
    pub because: Vec<String>,
}

/// What a case has been through.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Life {
    /// Accepted with this condition; none while only the report names one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub condition: Option<ConditionId>,
    /// What the desk has put right of category and place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub corrected: Option<Corrected>,
    /// The first unit it was given to: it stays responsible (首接负责).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_unit: Option<UnitCode>,
    /// How often a unit handed it back.
    #[serde(skip_serializing_if = "is_zero")]
    pub returns: u32,
    /// The units that handed it back, in order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub returned_by: Vec<UnitCode>,
    /// How often it was sent back for rework.
    #[serde(skip_serializing_if = "is_zero")]
    pub reworks: u32,
    /// With the unit that may not hand it back (兜底).
    #[serde(skip_serializing_if = "is_false")]
    pub last_owner: bool,
    /// Who works on it inside the unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assigned: Option<PersonId>,
    /// The limit that the dispatch gave.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<Limit>,
    /// Extensions granted.
    #[serde(skip_serializing_if = "is_zero")]
    pub extensions: u32,
    /// Suspensions granted.
    #[serde(skip_serializing_if = "is_zero")]
    pub suspensions: u32,
    /// The suspension that runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suspended: Option<Suspended>,
    /// The request that waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asked: Option<Asked>,
    /// What a worker found before it was accepted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verified: Option<Finding>,
    /// What a worker found after it was handled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checked: Option<Finding>,
    /// What the unit says came of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// When the unit goes on with what it planned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_ms: Option<Timestamp>,
    /// The card that lies on it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub card: Option<Card>,
    /// How the appeal ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub appealed: Option<Appealed>,
    /// How often its reporter contested its closing.
    #[serde(skip_serializing_if = "is_zero")]
    pub contests: u32,
    /// The case that it was merged into.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub merged_into: Option<CaseId>,
    /// How often it was escalated to a higher level.
    #[serde(skip_serializing_if = "is_zero")]
    pub escalations: u32,
    /// The units from which rules took it since the last dispatch: no rule gives it back to them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub taken_from: Vec<UnitCode>,
    /// Parts of other units.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<Part>,
    /// Staged limits.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stages: Vec<Stage>,
    /// The deadline's arithmetic.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<DeadlineStep>,
    /// Since when it is in its state.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stage_since_ms: Option<Timestamp>,
    /// Until when it may stay there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stage_due_ms: Option<Timestamp>,
    /// The limit by which that was counted; none on cases from before it was kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stage_limit: Option<Limit>,
    /// The arithmetic of how long it may stay there, once it was counted anew.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stage_steps: Vec<DeadlineStep>,
    /// Due events that were told: names of [`Due`](super::Due).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub told: Vec<String>,
}

impl Life {
    /// The part that is most pressing of those that some units owe.
    #[must_use]
    pub fn owed_by(&self, units: &[UnitCode]) -> Option<&Part> {
        let parts = self.parts.iter();
        let owed = parts.filter(|part| part.answered_ms.is_none() && units.contains(&part.unit));
        owed.min_by_key(|part| part.deadline_ms.map_or(i64::MAX, |at| at.0))
    }
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde asks for this shape"
)]
const fn is_zero(n: &u32) -> bool {
    *n == 0
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde asks for this shape"
)]
const fn is_false(flag: &bool) -> bool {
    !*flag
}
