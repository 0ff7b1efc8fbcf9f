//! What may follow a filed report: more words, a correction, more photos, its withdrawal, what a
//! worker found on the spot, and its reporter's objection to the closing.
//!
//! The filed report itself never changes. Each addition is an operation of its own about the
//! report, all of them are kept, and the course of the case shows them in the order of the
//! server. Checked by the same code on the handheld before it is kept and on the server after.

use crate::case::{Found, Move};
use crate::catalogue::Catalogue;
use crate::id::{CategoryId, ConditionId};
use crate::label::{self, Lang};
use crate::operation::kind;
use crate::report::{PhotoRef, Place, ReportFault, TEXT_CHARS_LIMIT, check_photos, check_place};
use crate::role::Action;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// Photos of one case in all: those filed and three more lots of nine.
pub const CASE_PHOTOS_LIMIT: usize = 36;
/// A reason for a withdrawal: a paragraph, as the reasons of moves.
pub const REASON_CHARS_LIMIT: usize = crate::case::REASON_CHARS_LIMIT;

/// The payload of `report.amend`: what should have stood there. The routing stays the server's;
/// another category or place is a proposal to whoever dispatches.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
pub struct Amendment {
    /// Other words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub text: String,
    /// Another category.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<CategoryId>,
    /// Another condition.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub condition: Option<ConditionId>,
    /// Another place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
}

/// The payload of `note.add` and `photo.add`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
pub struct Note {
    /// The worker's words.
    #[serde(default)]
    pub text: String,
}

/// The payload of `report.withdraw`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Withdrawal {
    /// Why.
    pub reason: String,
}

/// The payload of `case.verify` and `case.check`: what a worker found on the spot. The photos are
/// the operation's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Visit {
    /// What was found.
    pub found: Found,
    /// In the worker's words; why, when it can't be told.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
}

/// The payload of `case.contest`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Objection {
    /// Why it isn't put right.
    pub reason: String,
}

/// An addition to a report. The screen hands it over as it is; on the wire it is an operation's
/// kind and payload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Addition {
    /// `report.amend`.
    Amend(Amendment),
    /// `report.withdraw`.
    Withdraw(Withdrawal),
    /// `note.add`.
    Note(Note),
    /// `photo.add`: the photos are the operation's.
    Photos(Note),
    /// `case.verify`.
    Verify(Visit),
    /// `case.check`.
    Check(Visit),
    /// `case.contest`.
    Contest(Objection),
}

/// Why an addition can't be taken as it stands. Each has words for the worker in `label`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AdditionFault {
    /// It says nothing.
    #[error("the addition says nothing")]
    Empty,
    /// A withdrawal names its reason.
    #[error("the reason is missing")]
    ReasonMissing,
    /// What was found or objected to needs words.
    #[error("words are missing")]
    WhyMissing,
    /// The reason is too long.
    #[error("the reason is longer than {REASON_CHARS_LIMIT} characters")]
    ReasonTooLong,
    /// As for a report.
    #[error(transparent)]
    Report(#[from] ReportFault),
}

impl AdditionFault {
    /// Machine name, as on the wire.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Empty => "addition_empty",
            Self::ReasonMissing => "reason_missing",
            Self::WhyMissing => "why_missing",
            Self::ReasonTooLong => "reason_too_long",
            Self::Report(fault) => fault.code(),
        }
    }
}

impl Addition {
    /// Reads the payload of an operation; `None` when its kind is no addition.
    ///
    /// # Errors
    /// When the payload doesn't have the shape of its kind.
    pub fn read(kind: &str, payload: &Value) -> Option<Result<Self, serde_json::Error>> {
        Some(match kind {
            kind::REPORT_AMEND => Amendment::deserialize(payload).map(Self::Amend),
            kind::REPORT_WITHDRAW => Withdrawal::deserialize(payload).map(Self::Withdraw),
            kind::NOTE_ADD => Note::deserialize(payload).map(Self::Note),
            kind::PHOTO_ADD => Note::deserialize(payload).map(Self::Photos),
            kind::CASE_VERIFY => Visit::deserialize(payload).map(Self::Verify),
            kind::CASE_CHECK => Visit::deserialize(payload).map(Self::Check),
            kind::CASE_CONTEST => Objection::deserialize(payload).map(Self::Contest),
            _ => return None,
        })
    }

    /// The kind of its operation.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Amend(_) => kind::REPORT_AMEND,
            Self::Withdraw(_) => kind::REPORT_WITHDRAW,
            Self::Note(_) => kind::NOTE_ADD,
            Self::Photos(_) => kind::PHOTO_ADD,
            Self::Verify(_) => kind::CASE_VERIFY,
            Self::Check(_) => kind::CASE_CHECK,
            Self::Contest(_) => kind::CASE_CONTEST,
        }
    }

    /// The payload of its operation.
    ///
    /// # Errors
    /// None in practice: texts and whole numbers always have a JSON form.
    pub fn payload(&self) -> Result<Value, serde_json::Error> {
        match self {
            Self::Amend(amendment) => serde_json::to_value(amendment),
            Self::Withdraw(withdrawal) => serde_json::to_value(withdrawal),
            Self::Note(note) | Self::Photos(note) => serde_json::to_value(note),
            Self::Verify(visit) | Self::Check(visit) => serde_json::to_value(visit),
            Self::Contest(objection) => serde_json::to_value(objection),
        }
    }

    /// The right it takes.
    #[must_use]
    pub const fn action(&self) -> Action {
        match self {
            Self::Withdraw(_) => Action::Withdraw,
            Self::Amend(_) | Self::Note(_) | Self::Photos(_) => Action::Amend,
            Self::Verify(_) | Self::Check(_) => Action::Look,
            Self::Contest(_) => Action::Contest,
        }
    }

    /// The move of the case that it asks for, none when it moves nothing or only sometimes.
    #[must_use]
    pub const fn asks_for(&self) -> Option<Move> {
        match self {
            Self::Verify(_) => Some(Move::Verify),
            Self::Check(_) => Some(Move::Check),
            Self::Contest(_) => Some(Move::Contest),
            Self::Amend(_) | Self::Note(_) | Self::Photos(_) | Self::Withdraw(_) => None,
        }
    }

    /// Its words, as the course of the case shows them.
    #[must_use]
    pub fn words(&self) -> &str {
        match self {
            Self::Amend(amendment) => &amendment.text,
            Self::Withdraw(withdrawal) => &withdrawal.reason,
            Self::Note(note) | Self::Photos(note) => &note.text,
            Self::Verify(visit) | Self::Check(visit) => &visit.reason,
            Self::Contest(objection) => &objection.reason,
        }
    }

    /// What the course shows of it: its words, and what it proposes by name.
    #[must_use]
    pub fn describe(&self, catalogue: &Catalogue) -> String {
        match self {
            Self::Amend(amendment) => amendment.describe(catalogue),
            Self::Verify(visit) => visit.describe(label::verified(visit.found, Lang::Zh)),
            Self::Check(visit) => visit.describe(label::checked(visit.found, Lang::Zh)),
            _ => self.words().trim().to_owned(),
        }
    }

    /// Checks it with its photos against the catalogue that it names.
    ///
    /// # Errors
    /// The first fault found.
    pub fn check(&self, photos: &[PhotoRef], catalogue: &Catalogue) -> Result<(), AdditionFault> {
        let missing = match self {
            Self::Withdraw(_) => Some(AdditionFault::ReasonMissing),
            Self::Contest(_) => Some(AdditionFault::WhyMissing),
            Self::Verify(visit) | Self::Check(visit) if visit.found == Found::Unable => {
                Some(AdditionFault::WhyMissing)
            }
            _ => None,
        };
        if let Some(missing) = missing.filter(|_| self.words().trim().is_empty()) {
            return Err(missing);
        }
        // It becomes the reason of a move.
        let moves = self.asks_for().is_some() || matches!(self, Self::Withdraw(_));
        if moves && self.words().chars().count() > REASON_CHARS_LIMIT {
            return Err(AdditionFault::ReasonTooLong);
        }
        if self.words().chars().count() > TEXT_CHARS_LIMIT {
            return Err(ReportFault::TextTooLong.into());
        }
        check_photos(photos)?;
        match self {
            Self::Amend(amendment) => amendment.check(catalogue),
            Self::Note(note) if note.text.trim().is_empty() => Err(AdditionFault::Empty),
            Self::Photos(_) if photos.is_empty() => Err(ReportFault::PhotoMissing.into()),
            _ => Ok(()),
        }
    }
}

impl Visit {
    /// What was found, and the worker's words behind it.
    fn describe(&self, found: &str) -> String {
        match self.reason.trim() {
            "" => found.to_owned(),
            words => format!("{found}：{words}"),
        }
    }
}

impl Amendment {
    fn describe(&self, catalogue: &Catalogue) -> String {
        let category = self.category.as_ref().map(|id| {
            let name = catalogue.category(id).map_or(id.as_str(), |row| &row.name);
            format!("类别应为「{name}」")
        });
        let condition = self.condition.as_ref().map(|id| {
            let name = catalogue.condition(id).map_or(id.as_str(), |row| &row.name);
            format!("立案条件应为「{name}」")
        });
        let place = self.place.as_ref().and_then(|place| {
            let (lat, lon) = place.degrees()?;
            let words = if place.words.is_empty() {
                String::new()
            } else {
                format!("（{}）", place.words)
            };
            Some(format!("位置应为 {lat:.6}, {lon:.6}{words}"))
        });
        let text = Some(self.text.trim().to_owned()).filter(|text| !text.is_empty());
        let parts: Vec<String> = [category, condition, place, text]
            .into_iter()
            .flatten()
            .collect();
        parts.join("；")
    }

    fn check(&self, catalogue: &Catalogue) -> Result<(), AdditionFault> {
        let says_nothing = self.text.trim().is_empty()
            && self.category.is_none()
            && self.condition.is_none()
            && self.place.is_none();
        if says_nothing {
            return Err(AdditionFault::Empty);
        }
        if let Some(place) = &self.place {
            check_place(place)?;
        }
        let category = match &self.category {
            Some(id) => Some(catalogue.category(id).ok_or(ReportFault::CategoryUnknown)?),
            None => None,
        };
        if let Some(id) = &self.condition {
            let condition = catalogue
                .condition(id)
                .ok_or(ReportFault::ConditionUnknown)?;
            if category.is_some_and(|category| category.id != condition.category) {
                return Err(ReportFault::ConditionUnknown.into());
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;
    use crate::catalogue::shipped_doc;
    use crate::id::CatalogueVersion;
    use serde_json::json;

    fn catalogue() -> Catalogue {
        let version = CatalogueVersion::new("350703-1").unwrap();
        Catalogue::new(shipped_doc(version, vec![]).unwrap()).unwrap()
    }

    fn fault(kind: &str, payload: &Value) -> Option<&'static str> {
        let addition = Addition::read(kind, payload).unwrap().unwrap();
        assert_eq!(addition.kind(), kind);
        addition
            .check(&[], &catalogue())
            .err()
            .map(AdditionFault::code)
    }

    #[test]
    fn an_addition_that_says_nothing_or_something_impossible_is_refused() {
        let cases = [
            ("report.amend", json!({}), Some("addition_empty")),
            (
                "report.amend",
                json!({"text": "  "}),
                Some("addition_empty"),
            ),
            ("report.amend", json!({"text": "是雨水井盖"}), None),
            ("report.amend", json!({"category": "C0102"}), None),
            (
                "report.amend",
                json!({"category": "C9999"}),
                Some("category_unknown"),
            ),
            ("report.amend", json!({"condition": "C0101-1"}), None),
            (
                "report.amend",
                json!({"category": "C0102", "condition": "C0101-1"}),
                Some("condition_unknown"),
            ),
            (
                "report.amend",
                json!({"place": {"lat_e7": 900_000_001_i64, "lon_e7": 0, "source": "pin"}}),
                Some("place_range"),
            ),
            (
                "report.withdraw",
                json!({"reason": " "}),
                Some("reason_missing"),
            ),
            (
                "report.withdraw",
                json!({"reason": "字".repeat(1_001)}),
                Some("reason_too_long"),
            ),
            ("report.withdraw", json!({"reason": "已自行恢复"}), None),
            ("note.add", json!({"text": ""}), Some("addition_empty")),
            (
                "note.add",
                json!({"text": "字".repeat(4_001)}),
                Some("text_too_long"),
            ),
            ("photo.add", json!({}), Some("photo_missing")),
            ("case.verify", json!({"found": "yes"}), None),
            (
                "case.verify",
                json!({"found": "unable"}),
                Some("why_missing"),
            ),
            (
                "case.check",
                json!({"found": "no", "reason": "字".repeat(1_001)}),
                Some("reason_too_long"),
            ),
            ("case.contest", json!({"reason": " "}), Some("why_missing")),
        ];
        for (kind, payload, expected) in cases {
            assert_eq!(fault(kind, &payload), expected, "{kind} {payload}");
        }
    }

    #[test]
    fn kinds_of_later_versions_are_no_additions_and_other_shapes_are_said_to_be_wrong() {
        assert!(Addition::read("case.merge_hint", &json!({})).is_none());
        assert!(
            Addition::read("case.verify", &json!({"found": "perhaps"}))
                .unwrap()
                .is_err()
        );
        assert!(
            Addition::read("report.withdraw", &json!({}))
                .unwrap()
                .is_err()
        );
        assert!(
            Addition::read("note.add", &json!({"text": 5}))
                .unwrap()
                .is_err()
        );
    }
}
