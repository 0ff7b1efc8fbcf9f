//! One case in the console: its trail, what it has been through, and its moves.

use crate::addition::Amendment;
use crate::case::{
    Appealed, Ask, Asked, Awaits, Card, Fact, Found, Move, Outcome, Step, Suspended,
};
use crate::id::{CaseId, CategoryId, ConditionId, EventId, PersonId, UnitCode};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One entry of a case's trail.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CaseEvent {
    /// Identity.
    pub id: EventId,
    /// Position in the trail, from 1.
    pub ordinal: i64,
    /// Stored name; words by `label::event`.
    pub kind: String,
    /// State before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// State after.
    pub to: String,
    /// When, by the server's clock.
    pub at: Timestamp,
    /// Who, in words: a name with the role or unit, or 系统.
    pub by: String,
    /// Why, or what was done.
    #[serde(default)]
    pub reason: String,
    /// The unit it was given to, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit_name: Option<String>,
    /// The deadline given with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline_ms: Option<Timestamp>,
    /// Who it was assigned to, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person_name: Option<String>,
    /// Until when something is asked for, planned or suspended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until_ms: Option<Timestamp>,
    /// What was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ask: Option<Ask>,
    /// What came of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// What was found on the spot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub found: Option<Found>,
    /// The card that was laid on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub card: Option<Card>,
    /// The staged limit, who was told, or what was corrected, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
}

/// A move that this person may make now, with what it needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AllowedMove {
    /// The move.
    pub kind: Move,
    /// A reason must be given.
    pub needs_reason: bool,
    /// A unit must be named.
    pub needs_unit: bool,
    /// Everything that must be given.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub needs: Vec<Fact>,
}

/// A part of another unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PartRow {
    /// The unit.
    pub unit: UnitCode,
    /// Its name.
    pub unit_name: String,
    /// What is asked of it.
    pub task: String,
    /// By when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline_ms: Option<Timestamp>,
    /// That deadline's arithmetic, a line a step; nothing where a date was given.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub why: Vec<String>,
    /// When it answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered_ms: Option<Timestamp>,
    /// What came of it.
    #[serde(default)]
    pub answer: String,
}

/// One of several staged limits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StageRow {
    /// What has to be reached.
    pub name: String,
    /// By when.
    pub deadline_ms: Timestamp,
    /// That deadline's arithmetic, a line a step.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub why: Vec<String>,
    /// When it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reached_ms: Option<Timestamp>,
}

/// What a worker found on the spot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FindingRow {
    /// What was found.
    pub found: Found,
    /// When.
    pub at_ms: Timestamp,
}

/// A case that was merged into this one, or that this one was merged into.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MergedRow {
    /// Identity.
    pub id: CaseId,
    /// Printed number.
    pub case_no: String,
    /// Who filed it.
    pub reporter_name: String,
    /// Name of its state.
    pub state: String,
}

/// What a case has been through, in words where a code alone would say nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CaseLife {
    /// The public link that it is in.
    pub step: Step,
    /// Who must act next.
    pub awaits: Awaits,
    /// The arithmetic of how long it may stay there, a line a step.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stage_why: Vec<String>,
    /// The deadline's arithmetic, a line a step.
    #[serde(default)]
    pub deadline_why: Vec<String>,
    /// The first unit it was given to: it stays responsible.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_unit_name: Option<String>,
    /// The units that handed it back, in order.
    #[serde(default)]
    pub returned_by: Vec<String>,
    /// How often it was sent back for rework.
    pub reworks: u32,
    /// Extensions granted.
    pub extensions: u32,
    /// How often it was escalated.
    pub escalations: u32,
    /// With the unit that may not hand it back.
    pub last_owner: bool,
    /// Who works on it inside the unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assigned_name: Option<String>,
    /// The request that waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked: Option<Asked>,
    /// The unit that asks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked_by: Option<String>,
    /// Since when something waits for a look that came after the end, or a wish to withdraw.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub news_ms: Option<Timestamp>,
    /// The suspension that runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suspended: Option<Suspended>,
    /// What a worker found before it was accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verified: Option<FindingRow>,
    /// What a worker found after it was handled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checked: Option<FindingRow>,
    /// What the unit says came of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// When the unit goes on with what it planned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_ms: Option<Timestamp>,
    /// How the appeal against lateness ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub appealed: Option<Appealed>,
    /// Parts of other units.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<PartRow>,
    /// Staged limits.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stages: Vec<StageRow>,
    /// The case that it was merged into.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merged_into: Option<MergedRow>,
    /// The cases that were merged into it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub merged: Vec<MergedRow>,
    /// To whom the rules would give it since it was corrected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suggested: Option<Suggestion>,
    /// What its reporter proposes to correct, as long as that may be done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amended: Option<Amendment>,
    /// The condition asks for a photo of how it is afterwards.
    pub after_photo: bool,
    /// Conditions that it may be accepted with: id and name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<(ConditionId, String)>,
}

/// To whom the rules would give a case that was corrected, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Suggestion {
    /// The unit; none where a person has to choose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<UnitCode>,
    /// What people call it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit_name: Option<String>,
    /// Short name of the rule.
    pub rule: String,
    /// The reasons in words, in order.
    pub because: Vec<String>,
}

/// `POST /v1/cases/{id}/moves`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MoveRequest {
    /// The move.
    pub kind: Move,
    /// The revision that the mover sees.
    pub base_revision: i64,
    /// Why, or what was done.
    #[serde(default)]
    pub reason: String,
    /// To which unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<UnitCode>,
    /// To whom inside the unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonId>,
    /// Until when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until_ms: Option<Timestamp>,
    /// With which filing condition.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub condition: Option<ConditionId>,
    /// Into which case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub into: Option<CaseId>,
    /// What was found on the spot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub found: Option<Found>,
    /// What came of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// What is asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ask: Option<Ask>,
    /// Which card.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub card: Option<Card>,
    /// Which of the staged limits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<String>,
    /// Which category it really is, with `condition`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<CategoryId>,
    /// Where it really is: latitude × 10⁷, WGS-84.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lat_e7: Option<i64>,
    /// Longitude × 10⁷, WGS-84; both or none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lon_e7: Option<i64>,
}

impl MoveRequest {
    /// A move with nothing but a reason.
    #[must_use]
    pub fn new(kind: Move, base_revision: i64, reason: &str) -> Self {
        Self {
            kind,
            base_revision,
            reason: reason.to_owned(),
            unit: None,
            person: None,
            until_ms: None,
            condition: None,
            into: None,
            found: None,
            outcome: None,
            ask: None,
            card: None,
            stage: None,
            category: None,
            lat_e7: None,
            lon_e7: None,
        }
    }
}

/// `POST /v1/cases/{id}/looked`: what came to a case was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LookedRequest {
    /// The revision that was looked at.
    pub base_revision: i64,
}

/// Somebody who works in the unit that leads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Colleague {
    /// The person.
    pub id: PersonId,
    /// Name.
    pub name: String,
}
