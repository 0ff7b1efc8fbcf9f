//! 巡查: rounds of points that somebody walks, each point ticked. Optional; a part of the catalogue.
//!
//! A tick says which point, when and what was seen. Nothing follows a person between the points, no
//! time is measured, and nothing is counted by person. What is wrong is filed as a report that names
//! the point it was found at.

mod points;

pub use points::{
    LineFault, NAME_CHARS_LIMIT, POINTS_LIMIT, RoundFault, new_round_id, points_text, read_points,
};

use crate::area::Scope;
use crate::id::AreaCode;
use crate::role::{Post, Role};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A note beside a tick: a sentence; more is a report.
pub const NOTE_CHARS_LIMIT: usize = 200;
/// Characters of the name of a round or point within its catalogue.
pub const ID_CHARS_LIMIT: usize = 40;

/// A round.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Round {
    /// Names it in ticks.
    pub id: String,
    /// What people call it: 早间巡查.
    pub name: String,
    /// Whose round it is: the workers of this place, above and below it.
    pub area: AreaCode,
    /// Its points, in the order to walk.
    pub points: Vec<Point>,
    /// Walked no more; kept, because nothing old is deleted.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub retired: bool,
}

/// A point of a round.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Point {
    /// Names it within its round.
    pub id: String,
    /// What people call it: 东市场后门.
    pub name: String,
    /// Latitude × 10⁷, WGS-84.
    pub lat_e7: i32,
    /// Longitude × 10⁷, WGS-84.
    pub lon_e7: i32,
    /// What to look at.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub words: String,
}

/// What was seen at a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Seen {
    /// 正常.
    Fine,
    /// 有问题: reported, or in the note.
    Trouble,
    /// 去不了: the note says why.
    Unreached,
}

/// The payload of `patrol.mark`: a tick.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Mark {
    /// The round.
    pub round: String,
    /// The point.
    pub point: String,
    /// What was seen.
    pub seen: Seen,
    /// In the worker's words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

/// Where on a round a report was filed: a member of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OnRound {
    /// The round.
    pub round: String,
    /// The point.
    pub point: String,
}

/// Why a tick can't be taken as it stands. Each has words for the worker in `label`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MarkFault {
    /// The round or point is not in the catalogue.
    #[error("the round or point is not in the catalogue")]
    Unknown,
    /// The note is too long.
    #[error("the note is longer than {NOTE_CHARS_LIMIT} characters")]
    NoteTooLong,
    /// Trouble, or a point that wasn't reached, needs words.
    #[error("words are missing")]
    WhyMissing,
}

impl MarkFault {
    /// Machine name, as on the wire.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Unknown => "patrol_unknown",
            Self::NoteTooLong => "note_too_long",
            Self::WhyMissing => "why_missing",
        }
    }
}

impl Mark {
    /// Checks a tick against the rounds of the catalogue that it names, and gives its round.
    ///
    /// # Errors
    /// The first fault found.
    pub fn check<'a>(&self, rounds: &'a [Round]) -> Result<&'a Round, MarkFault> {
        let mut rounds = rounds.iter().filter(|round| !round.retired);
        let round = rounds.find(|round| round.id == self.round);
        let round = round.ok_or(MarkFault::Unknown)?;
        if round.points.iter().all(|point| point.id != self.point) {
            return Err(MarkFault::Unknown);
        }
        if self.note.chars().count() > NOTE_CHARS_LIMIT {
            return Err(MarkFault::NoteTooLong);
        }
        if self.seen == Seen::Unreached && self.note.trim().is_empty() {
            return Err(MarkFault::WhyMissing);
        }
        Ok(round)
    }
}

impl Round {
    /// Whether whoever holds this post walks it: in its place, or a place around or below it.
    /// Nobody walks one that is retired.
    #[must_use]
    pub fn is_for(&self, post: &Post) -> bool {
        let around = Scope(post.area.clone()).contains(&self.area);
        let below = Scope(self.area.clone()).contains(&post.area);
        post.role == Role::GridWorker && (around || below) && !self.retired
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;

    #[test]
    fn a_tick_names_a_point_of_its_round_and_says_why_it_was_not_reached() {
        let mut rounds = [Round {
            id: "r1".into(),
            name: "早间巡查".into(),
            area: AreaCode::new("350703001012").unwrap(),
            points: vec![Point {
                id: "p1".into(),
                name: "东市场后门".into(),
                lat_e7: 271_505_000,
                lon_e7: 1_180_292_000,
                words: String::new(),
            }],
            retired: false,
        }];
        let mark = |round: &str, point: &str, seen, note: &str| Mark {
            round: round.into(),
            point: point.into(),
            seen,
            note: note.into(),
        };
        assert!(mark("r1", "p1", Seen::Fine, "").check(&rounds).is_ok());
        for (mark, fault) in [
            (mark("r2", "p1", Seen::Fine, ""), MarkFault::Unknown),
            (mark("r1", "p2", Seen::Fine, ""), MarkFault::Unknown),
            (
                mark("r1", "p1", Seen::Unreached, " "),
                MarkFault::WhyMissing,
            ),
            (
                mark("r1", "p1", Seen::Trouble, &"字".repeat(201)),
                MarkFault::NoteTooLong,
            ),
        ] {
            assert_eq!(mark.check(&rounds), Err(fault));
        }
        for round in &mut rounds {
            round.retired = true;
        }
        let late = mark("r1", "p1", Seen::Fine, "");
        assert_eq!(late.check(&rounds), Err(MarkFault::Unknown));
    }
}
