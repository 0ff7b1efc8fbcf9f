//! Rules of a city that are data: how long a state may last, when a case escalates, what a condition
//! asks for at the end, and words that differ by city.

use crate::calendar::Limit;
use crate::case::{Awaits, Card, Class, STATES, StateRow};
use crate::id::{AreaCode, CategoryId};
use crate::role::Role;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How long a state may last in this city.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StageLimit {
    /// Name of a row of the table of states.
    pub state: String,
    /// How long; none for no limit.
    pub limit: Option<Limit>,
}

/// How long a state may last in a city with these limits: by its own, else by the table of states.
#[must_use]
pub fn stage_limit(limits: &[StageLimit], row: &StateRow) -> Option<Limit> {
    let own = limits.iter().find(|stage| stage.state == row.name);
    own.map_or(row.stage, |stage| stage.limit)
}

/// The states that a city may limit, in the order of a case's life: those that wait for somebody.
pub fn limited_states() -> impl Iterator<Item = &'static StateRow> {
    let waits = |row: &&StateRow| row.class == Class::Open && row.awaits != Awaits::Clock;
    STATES.iter().filter(waits)
}

/// The level of a place that an escalation reaches.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Reach {
    /// 社区.
    Community,
    /// 街道.
    Street,
    /// 区.
    District,
}

impl Reach {
    /// Every level, from the smallest.
    pub const ALL: [Self; 3] = [Self::Community, Self::Street, Self::District];

    /// What people call it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Community => "社区",
            Self::Street => "街道",
            Self::District => "区",
        }
    }

    /// The place of that level around another, as far as it lies in one.
    #[must_use]
    pub fn around(self, place: &AreaCode) -> Option<AreaCode> {
        match self {
            Self::Community => place.community(),
            Self::Street => place.street(),
            Self::District => place.district(),
        }
    }
}

/// Late by how much, bounced how often, by category → who is told, who takes over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Escalation {
    /// Names the rule in trails: `late-red`.
    pub id: String,
    /// What it is about; beginnings of ids (`C01`, `E`), empty for everything.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub categories: Vec<String>,
    /// So long after the deadline; none for at the deadline. Not looked at when `returns` is set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub late: Option<Limit>,
    /// After so many returns; 0 for a rule about lateness.
    #[serde(default)]
    pub returns: u32,
    /// Whose post is told.
    pub tell: Role,
    /// At which level of the place.
    pub reach: Reach,
    /// The card that is laid on the case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub card: Option<Card>,
    /// Short name of the unit or role that takes it over; none where it stays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub takes_over: Option<String>,
}

impl Escalation {
    /// Whether it is about this category.
    #[must_use]
    pub fn covers(&self, category: Option<&CategoryId>) -> bool {
        let begins = |id: &CategoryId| {
            let mut prefixes = self.categories.iter();
            prefixes.any(|prefix| id.as_str().starts_with(prefix.as_str()))
        };
        self.categories.is_empty() || category.is_some_and(begins)
    }
}

/// One of several limits of a condition: 违建 is stopped, penalised, taken down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StagedLimit {
    /// What has to be reached: 停工.
    pub name: String,
    /// By when, from the dispatch.
    pub limit: Limit,
}

/// A word that this city says otherwise: 核实 where another says 核查.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Label {
    /// What it names: `state.checking`, `move.verify`, `step.check`, `level.street`.
    pub key: String,
    /// 中文.
    pub zh: String,
    /// English.
    #[serde(default)]
    pub en: String,
}

/// What a city without rules of its own starts from: late is yellow and told to the street's
/// supervisors, late by a working day is red and told to the district's.
#[must_use]
pub fn default_escalations() -> Vec<Escalation> {
    use crate::calendar::LimitUnit::WorkDay;
    let rule = |id: &str, late, reach, card| Escalation {
        id: id.to_owned(),
        categories: Vec::new(),
        late,
        returns: 0,
        tell: Role::Supervisor,
        reach,
        card: Some(card),
        takes_over: None,
    };
    let day = Limit {
        value: 1,
        unit: WorkDay,
    };
    vec![
        rule("late-yellow", None, Reach::Street, Card::Yellow),
        rule("late-red", Some(day), Reach::District, Card::Red),
        Escalation {
            returns: 2,
            ..rule("bounced-twice", None, Reach::District, Card::Yellow)
        },
    ]
}
