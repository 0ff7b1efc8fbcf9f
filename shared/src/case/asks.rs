//! What has to be asked for and granted: 延期, 挂账, 作废, 强制结案, 超时申诉.
//!
//! One request at a time on a case. Limits are those of 运城's rules (`docs/DOMAIN.md`).

use super::moves::Goes;
use super::states::{
    ACCEPTED, Awaits, CHECKED, CHECKING, CLOSED, CONTESTED, DISPATCHED, FORCE_CLOSED, HANDLED,
    HANDLING, RECEIVED, RETURNED, SUSPENDED, VOIDED,
};
use crate::id::{PersonId, UnitCode};
use crate::role::Action;
use crate::time::{DAY_MS, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Extensions of one case that may be granted; refusals don't count.
pub const EXTENSIONS_MAX: u32 = 2;
/// Suspensions of one case that may be granted.
pub const SUSPENSIONS_MAX: u32 = 1;
/// A suspension ends within a year.
pub const SUSPENSION_MS_MAX: i64 = 366 * DAY_MS;

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Ask {
    /// 延期: one original limit more.
    Extension,
    /// 挂账: later, for season or engineering reasons; the clock stands.
    Suspension,
    /// 作废: it should never have been filed.
    Void,
    /// 强制结案: it can't be put right.
    ForceClose,
    /// 超时申诉: it was late, and not by the unit's fault. Two people look at it.
    Appeal,
}

impl Ask {
    /// Machine name, as stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Extension => "extension",
            Self::Suspension => "suspension",
            Self::Void => "void",
            Self::ForceClose => "force_close",
            Self::Appeal => "appeal",
        }
    }
}

/// A kind of request, as a row.
#[derive(Debug, PartialEq, Eq)]
pub struct AskRow {
    /// What is asked for.
    pub ask: Ask,
    /// From which states.
    pub from: &'static [&'static str],
    /// Who may ask.
    pub asks: Action,
    /// Who may grant or refuse.
    pub grants: Action,
    /// Who must act while it is asked.
    pub awaits: Awaits,
    /// Where granting leads.
    pub to: Goes,
}

/// All requests.
pub static ASKS: [AskRow; 5] = [
    AskRow {
        ask: Ask::Extension,
        from: &[DISPATCHED, HANDLING],
        asks: Action::Handle,
        grants: Action::Dispatch,
        awaits: Awaits::Dispatcher,
        to: Goes::Stays,
    },
    AskRow {
        ask: Ask::Suspension,
        from: &[HANDLING],
        asks: Action::Handle,
        grants: Action::Dispatch,
        awaits: Awaits::Dispatcher,
        to: Goes::To(SUSPENDED),
    },
    AskRow {
        ask: Ask::Void,
        from: &[RECEIVED, ACCEPTED, DISPATCHED, RETURNED],
        asks: Action::Dispatch,
        grants: Action::Supervise,
        awaits: Awaits::Supervisor,
        to: Goes::To(VOIDED),
    },
    AskRow {
        ask: Ask::ForceClose,
        from: &[
            DISPATCHED, HANDLING, RETURNED, HANDLED, CHECKING, CHECKED, CONTESTED, SUSPENDED,
        ],
        asks: Action::Dispatch,
        grants: Action::Supervise,
        awaits: Awaits::Supervisor,
        to: Goes::To(FORCE_CLOSED),
    },
    AskRow {
        ask: Ask::Appeal,
        from: &[CLOSED],
        asks: Action::Handle,
        grants: Action::Dispatch,
        awaits: Awaits::Dispatcher,
        to: Goes::Stays,
    },
];

/// The row of a request.
#[must_use]
pub fn ask_row(ask: Ask) -> Option<&'static AskRow> {
    ASKS.iter().find(|row| row.ask == ask)
}

/// A request that waits for its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Asked {
    /// What for.
    pub ask: Ask,
    /// When, by the server's clock.
    pub at_ms: Timestamp,
    /// Who asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<PersonId>,
    /// Of which unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<UnitCode>,
    /// Why.
    pub reason: String,
    /// Until when, for a suspension.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until_ms: Option<Timestamp>,
    /// The first of two who granted it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_by: Option<PersonId>,
}
