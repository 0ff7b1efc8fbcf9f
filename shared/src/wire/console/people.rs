//! Accounts that are closed and opened, and their passwords.

use serde::{Deserialize, Serialize};
use std::fmt;
use utoipa::ToSchema;

/// `POST /v1/people/{id}/closed`: closes an account, or opens it again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ClosedRequest {
    /// It is closed.
    pub closed: bool,
}

/// Answer to `POST /v1/people/{id}/password`: shown once and kept nowhere.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PasswordAnswer {
    /// The new password.
    pub password: String,
}

/// `POST /v1/me/password`: another password for oneself.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PasswordChange {
    /// The one that is good now.
    pub old: String,
    /// The one that is good from now on.
    pub new: String,
}

impl fmt::Debug for PasswordAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PasswordAnswer").finish_non_exhaustive()
    }
}

impl fmt::Debug for PasswordChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PasswordChange").finish_non_exhaustive()
    }
}
