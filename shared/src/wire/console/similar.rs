//! Cases that may be the same thing, and places where the same trouble comes again.

use super::CaseRow;
use crate::similar::Likeness;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A case that may be the same thing as another.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SimilarCase {
    /// As in the list.
    pub row: CaseRow,
    /// The worker who filed one of the two said that they are the same.
    #[serde(default)]
    pub named_by_worker: bool,
    /// How they compare; none when only the worker says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub likeness: Option<Likeness>,
}

/// `GET /v1/cases/{id}/similar`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SimilarPage {
    /// Those named by a worker first, then the most alike.
    pub rows: Vec<SimilarCase>,
    /// The server's clock, for the lights.
    pub server_time: Timestamp,
}

/// A category within a repeated place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RepeatedCategory {
    /// Its name.
    pub name: String,
    /// How many of the cases are of it.
    pub count: u32,
}

/// A place where trouble of one group came again and again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RepeatedPlace {
    /// The group (大类): `E01`.
    pub family: String,
    /// Its name.
    pub family_name: String,
    /// Its categories here, the most frequent first.
    pub categories: Vec<RepeatedCategory>,
    /// Names from the street to the grid of its middle.
    pub place: String,
    /// Latitude × 10⁷ of its middle, WGS-84.
    pub lat_e7: i64,
    /// Longitude × 10⁷ of its middle, WGS-84.
    pub lon_e7: i64,
    /// Cases.
    pub count: u32,
    /// Of them, cases in which work remains.
    pub open: u32,
    /// On how many days they were opened, in China.
    pub days: u32,
    /// When the first was opened.
    pub first_ms: Timestamp,
    /// When the last was opened.
    pub last_ms: Timestamp,
    /// The filter as a query string of `GET /v1/cases`.
    pub query: String,
}

/// `GET /v1/repeated`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RepeatedPage {
    /// The most frequent first.
    pub rows: Vec<RepeatedPlace>,
    /// The server's clock.
    pub server_time: Timestamp,
}
