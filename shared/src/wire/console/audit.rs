//! Who did what, as an administrator reads it.

use crate::id::{DeviceId, PersonId};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Filters of `GET /v1/audit`. All given ones must hold.
#[derive(
    Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema, utoipa::IntoParams,
)]
pub struct AuditQuery {
    /// Name or sign-in name of somebody who did it or whom it concerned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<String>,
    /// What was done: `session.open`, …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
    /// At or after, UTC milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_ms: Option<i64>,
    /// Before, UTC milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to_ms: Option<i64>,
    /// Where the page before ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// One entry of the audit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AuditEntry {
    /// Identity.
    #[schema(value_type = String)]
    pub id: uuid::Uuid,
    /// When.
    pub at_ms: Timestamp,
    /// Who; none for the command line and for whoever failed to say who they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonId>,
    /// The name of that person as it is now.
    #[serde(default)]
    pub person_name: String,
    /// With which handheld.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<DeviceId>,
    /// What: `session.open`, `person.add`, …
    pub action: String,
    /// On what: an id, or nothing.
    pub subject: String,
    /// The name of that person, where the subject is one.
    #[serde(default)]
    pub subject_name: String,
    /// Further facts; what they are depends on the action.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub detail: serde_json::Value,
}
