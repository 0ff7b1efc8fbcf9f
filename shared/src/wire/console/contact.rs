//! Whom to call about a case, for who may read it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// `POST /v1/cases/{id}/contact`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ContactAnswer {
    /// Name or form of address.
    pub name: String,
    /// Phone number, as the worker typed it.
    pub phone: String,
}

// It shows itself nowhere: whatever is printed may end in a log.
impl std::fmt::Debug for ContactAnswer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ContactAnswer")
    }
}
