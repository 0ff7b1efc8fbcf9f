//! Requests and answers about versions and drafts of the catalogue, and emergency orders.

use crate::catalogue::CatalogueDoc;
use crate::catalogue::edit::CatalogueEdit;
use crate::catalogue::review::Review;
use crate::emergency::EmergencyOrder;
use crate::id::{AreaCode, CatalogueDraftId, CatalogueVersion, CategoryId};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Where a version stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Published, and comes into force later.
    Coming,
    /// Reports are judged by it unless they name another.
    InForce,
    /// Was replaced; reports that name it are still judged by it.
    Retired,
    /// Something a later version says.
    #[serde(other)]
    Other,
}

/// A published version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct VersionRow {
    /// Its name.
    pub version: CatalogueVersion,
    /// Where it stands.
    pub standing: Standing,
    /// From when it is in force.
    pub from_ms: Timestamp,
    /// When it was published.
    pub published_ms: Timestamp,
    /// By whom; empty for the first, which `init` published.
    #[serde(default)]
    pub by: String,
    /// What it is for.
    #[serde(default)]
    pub words: String,
}

/// A draft in the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CatalogueDraftRow {
    /// Identity.
    pub id: CatalogueDraftId,
    /// What it is for.
    pub name: String,
    /// The version that it was begun from.
    pub base: CatalogueVersion,
    /// Raised with each change.
    pub revision: i64,
    /// When it was changed last.
    pub changed_ms: Timestamp,
    /// By whom.
    pub by: String,
}

/// `GET /v1/catalogues`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CataloguesAnswer {
    /// Published versions, the newest first.
    pub versions: Vec<VersionRow>,
    /// Drafts, the one changed last first.
    pub drafts: Vec<CatalogueDraftRow>,
    /// The year whose holidays the calendar in force should have by now and hasn't.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unlisted_year: Option<i32>,
}

/// `POST /v1/catalogues/drafts`: begins a draft.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NewCatalogueDraft {
    /// What it is for.
    pub name: String,
    /// Whose content it begins with; the version in force when none is named. Going back is a draft
    /// of an earlier version, published.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<CatalogueVersion>,
}

/// A draft with its content and its review against the version in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CatalogueDraftDetail {
    /// The draft.
    pub row: CatalogueDraftRow,
    /// The version in force, with which it is compared.
    pub against: CatalogueVersion,
    /// What differs and what looks wrong.
    pub review: Review,
    /// Its content.
    pub doc: CatalogueDoc,
}

/// `POST /v1/catalogues/drafts/{draft}/edits`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EditRequest {
    /// The revision that was on the screen.
    pub base_revision: i64,
    /// All of them are made, or none.
    pub edits: Vec<CatalogueEdit>,
}

/// `POST /v1/catalogues/drafts/{draft}/dry-run`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DryRunRequest {
    /// How many days back, at most [`DAYS_MAX`](crate::dryrun::DAYS_MAX).
    pub days: u32,
}

/// `POST /v1/catalogues/drafts/{draft}/publish`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PublishRequest {
    /// The revision that was on the screen.
    pub base_revision: i64,
    /// From when it is in force; at once when none is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_ms: Option<Timestamp>,
    /// What it is for, for the list of versions.
    #[serde(default)]
    pub words: String,
    /// What looks wrong was looked at; asked for when there is something.
    #[serde(default)]
    pub suspicions_seen: bool,
}

/// An order in the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OrderRow {
    /// The order.
    #[serde(flatten)]
    pub order: EmergencyOrder,
    /// Name of its area, with what it lies in.
    pub place: String,
    /// Whether it is in force now.
    pub in_force: bool,
    /// Who gave it; for administrators.
    #[serde(default)]
    pub given_by: String,
    /// Who ended it before its planned end; for administrators.
    #[serde(default)]
    pub ended_by: String,
}

/// An order as the handheld's first screen shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderNotice {
    /// The order.
    pub order: EmergencyOrder,
    /// Name of its area.
    pub place: String,
}

/// `POST /v1/orders`: puts an area into emergency mode.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NewOrder {
    /// Number of the document.
    pub number: String,
    /// The area with everything below it.
    pub area: AreaCode,
    /// From when; at once when none is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_ms: Option<Timestamp>,
    /// The planned end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until_ms: Option<Timestamp>,
    /// What it says.
    #[serde(default)]
    pub words: String,
    /// Categories for emergencies only that it switches on.
    #[serde(default)]
    pub categories: Vec<CategoryId>,
}
