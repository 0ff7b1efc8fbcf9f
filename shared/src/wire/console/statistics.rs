//! Statistics of units, streets, communities and desks. Never of a person.

use crate::indicators::Of;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// What the rows are of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StatisticsBy {
    /// Departments, companies, offices of streets, communities as units.
    #[default]
    Unit,
    /// Streets as places.
    Street,
    /// Communities as places.
    Community,
    /// The dispatchers of each street together.
    Desk,
}

impl StatisticsBy {
    /// All of them, in the order in which they are offered.
    pub const ALL: [Self; 4] = [Self::Unit, Self::Street, Self::Community, Self::Desk];

    /// Machine name, as in the address.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unit => "unit",
            Self::Street => "street",
            Self::Community => "community",
            Self::Desk => "desk",
        }
    }

    /// The one of a machine name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|by| by.as_str() == text)
    }

    /// Which indicators these rows have.
    #[must_use]
    pub const fn of(self) -> Of {
        match self {
            Self::Unit => Of::Unit,
            Self::Street | Self::Community => Of::Place,
            Self::Desk => Of::Desk,
        }
    }
}

/// `GET /v1/statistics`.
#[derive(
    Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema, utoipa::IntoParams,
)]
pub struct StatisticsQuery {
    /// First day in China, `2026-11-01`.
    pub from: String,
    /// Last day, `2026-11-30`.
    pub to: String,
    /// `unit`, `street`, `community` or `desk`; units by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// Only what lies in this area.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub area: Option<String>,
}

/// What was counted over the days.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Statistics {
    /// First day, `2026-11-01`.
    pub from: String,
    /// Last day: not later than today, since what is due tomorrow isn't due yet.
    pub to: String,
    /// What the rows are of.
    pub by: StatisticsBy,
    /// One each, in order of codes; what counts nothing is left out.
    pub rows: Vec<StatisticsRow>,
    /// All rows together.
    pub total: StatisticsRow,
    /// The indicators that the rows have, in the order of columns.
    pub indicators: Vec<IndicatorRow>,
    /// The formula of the score in words.
    pub score_words: String,
    /// The server's clock.
    pub server_time: Timestamp,
}

/// One unit, place or desk.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StatisticsRow {
    /// Code of the unit or area; empty for all together.
    pub key: String,
    /// What people call it.
    pub name: String,
    /// Everything that was counted and isn't zero, by name.
    pub counts: BTreeMap<String, i64>,
    /// The indicators, by key.
    pub rates: BTreeMap<String, RateRow>,
    /// Tenths of a point; none where a part of it is a share of nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<i64>,
    /// A to E.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grade: Option<String>,
}

/// An indicator of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RateRow {
    /// How many of them.
    pub numerator: i64,
    /// Of how many.
    pub denominator: i64,
    /// Thousandths, rounded half up; none of nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub permille: Option<i64>,
}

/// An indicator in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct IndicatorRow {
    /// Machine name.
    pub key: String,
    /// What people call it.
    pub name: String,
    /// The same in English.
    pub name_en: String,
    /// The formula in words.
    pub words: String,
    /// The same in English.
    pub words_en: String,
    /// What it leaves out, in words.
    pub exemptions: Vec<String>,
}
