//! What an entry of the trail says besides its columns, as JSON in `case_events.detail`.

use serde::{Deserialize, Serialize};
use shared::case::{Ask, Card, Case, Corrected, Event, Found, Life, Move, Outcome};
use shared::id::{CaseId, ConditionId, PersonId, Sha256, UnitCode};
use shared::role::Role;
use shared::time::Timestamp;

/// Further facts of an entry; what does not apply is left out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(in crate::service) struct EventFacts {
    /// The unit that it was given to or that was added.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::service) unit: Option<UnitCode>,
    /// The deadline after it, where the move sets one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::service) deadline_ms: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::service) person: Option<PersonId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::service) until_ms: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::service) condition: Option<ConditionId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::service) into: Option<CaseId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::service) found: Option<Found>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::service) outcome: Option<Outcome>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::service) ask: Option<Ask>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::service) card: Option<Card>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::service) stage: Option<String>,
    /// What it is about and where it is, put right; and that in words, the old and the new.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::service) corrected: Option<Corrected>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(in crate::service) changed: Vec<String>,
    /// Photos that came with it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(in crate::service) photos: Vec<Sha256>,
    /// The escalation rule that applied, and whose posts were told at which place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::service) rule: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::service) told: Option<Role>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::service) told_area: Option<String>,
    /// Which link was due, and since when.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::service) due_ms: Option<Timestamp>,
}

impl EventFacts {
    /// The facts of a move.
    pub(in crate::service) fn of(event: &Event, next: &Case) -> Self {
        let given = &event.given;
        let sets_deadline = matches!(
            event.kind,
            Move::Dispatch | Move::TakeOver | Move::Grant | Move::Resume
        );
        let finishes = event.kind == Move::Finish;
        let ask = given.ask.filter(|_| event.kind == Move::Ask);
        Self {
            // A pool only waits for somebody to dispatch it.
            unit: given.unit.clone().filter(|_| event.kind != Move::Correct),
            deadline_ms: next.deadline_ms.filter(|_| sets_deadline),
            person: given.person,
            until_ms: given.until_ms,
            condition: given.condition.clone(),
            into: given.into,
            found: given.found,
            outcome: finishes.then(|| given.outcome.unwrap_or_default()),
            ask,
            card: given.card,
            stage: given.stage.clone(),
            corrected: given.corrected.clone(),
            photos: given.photos.clone(),
            ..Self::default()
        }
    }

    /// With what was asked, for the answer to a request.
    pub(in crate::service) fn answering(mut self, kind: Move, before: &Life) -> Self {
        if matches!(kind, Move::Grant | Move::Refuse) {
            self.ask = before.asked.as_ref().map(|asked| asked.ask);
        }
        self
    }

    /// As stored.
    pub(in crate::service) fn text(&self) -> String {
        serde_json::to_string(self).unwrap_or_else(|_| String::from("{}"))
    }

    /// As read; what a later version wrote otherwise says nothing.
    pub(in crate::service) fn read(text: &str) -> Self {
        serde_json::from_str(text).unwrap_or_default()
    }
}
