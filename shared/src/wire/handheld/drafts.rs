//! What a screen fills in of a report before it is filed.

use super::{PlaceInput, SimilarAnswer};
use crate::id::{CategoryId, ConditionId};
use serde::{Deserialize, Serialize};

/// What can be changed on a draft, given whole: what is `None` or empty is cleared.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DraftFields {
    /// Where.
    pub place: Option<PlaceInput>,
    /// What.
    pub category: Option<CategoryId>,
    /// Which condition.
    pub condition: Option<ConditionId>,
    /// The worker's words.
    pub text: String,
    /// 自处置.
    pub self_fixed: bool,
    /// What was said to the question whether it is one with another.
    #[serde(default)]
    pub similar: SimilarAnswer,
    /// Whom to call: name and phone.
    #[serde(default)]
    pub contact: (String, String),
}
