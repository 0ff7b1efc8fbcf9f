//! The table of states: what each is called by programs, who must act next, and how long it may last.
//!
//! Words for people are in `label`; the limits of stages can be changed by the catalogue
//! (`CatalogueDoc::stage_limits`).

use crate::calendar::{Limit, LimitUnit};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Whether work remains. Old handhelds that don't know a state's name sort by this.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// Somebody must act next.
    Open,
    /// Done.
    Closed,
}

impl Class {
    /// Machine name, as stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Closed => "closed",
        }
    }
}

/// Who must act next on a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Awaits {
    /// A dispatcher of the place.
    Dispatcher,
    /// The unit that leads.
    Unit,
    /// A grid worker of the place, with a task (核实 or 核查).
    GridWorker,
    /// A supervisor of the place.
    Supervisor,
    /// Time: it goes on by itself when the suspension ends.
    Clock,
    /// Nobody.
    Nobody,
}

/// The seven public links of a case's life (`docs/DOMAIN.md`).
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// 上报.
    Report,
    /// 立案.
    File,
    /// 派遣.
    Dispatch,
    /// 处置.
    Handle,
    /// 反馈.
    Feedback,
    /// 核查.
    Check,
    /// 结案.
    Close,
}

impl Step {
    /// All of them, in order.
    pub const ALL: [Self; 7] = [
        Self::Report,
        Self::File,
        Self::Dispatch,
        Self::Handle,
        Self::Feedback,
        Self::Check,
        Self::Close,
    ];
}

/// A state, as a row.
#[derive(Debug, PartialEq, Eq)]
pub struct StateRow {
    /// Machine name, as stored and sent.
    pub name: &'static str,
    /// The public link that it belongs to.
    pub step: Step,
    /// Whether work remains.
    pub class: Class,
    /// Who must act next.
    pub awaits: Awaits,
    /// How long it may last unless the catalogue says otherwise; none where the case's own
    /// deadline counts.
    pub stage: Option<Limit>,
}

/// Filed and known to the server; waits for somebody to accept it. 上报.
pub const RECEIVED: &str = "received";
/// A worker looks whether it is there. 待核实.
pub const VERIFYING: &str = "verifying";
/// Accepted with a condition; waits for a unit. 立案.
pub const ACCEPTED: &str = "accepted";
/// Given to a unit, which hasn't begun. 派遣.
pub const DISPATCHED: &str = "dispatched";
/// The unit works on it. 处置.
pub const HANDLING: &str = "handling";
/// The unit handed it back with a reason. 退回.
pub const RETURNED: &str = "returned";
/// Put off to a date; the clock stands. 挂账.
pub const SUSPENDED: &str = "suspended";
/// The unit says it is done; waits for a check. 反馈.
pub const HANDLED: &str = "handled";
/// A worker looks whether it is put right. 待核查.
pub const CHECKING: &str = "checking";
/// A worker has looked; waits to be closed or reworked. 已核查.
pub const CHECKED: &str = "checked";
/// Its reporter says that it isn't put right. 异议.
pub const CONTESTED: &str = "contested";
/// Closed. 结案.
pub const CLOSED: &str = "closed";
/// Taken back by its reporter before a unit had begun. 撤回.
pub const WITHDRAWN: &str = "withdrawn";
/// Not taken, with the reason. 不予立案.
pub const NOT_ACCEPTED: &str = "not_accepted";
/// Filed wrongly: struck out with approval. 作废.
pub const VOIDED: &str = "voided";
/// Closed with approval although it isn't put right. 强制结案.
pub const FORCE_CLOSED: &str = "force_closed";
/// The same thing as another case. 并案.
pub const MERGED: &str = "merged";

/// Minutes in which a report is accepted, a case dispatched, a check judged (运城's timers, 受理 and
/// 派遣 15 minutes; `docs/DOMAIN.md`).
const DESK: Option<Limit> = minutes(15);
/// Minutes in which somebody looks at the place (运城: 核实 and 核查 30 minutes).
const ON_SITE: Option<Limit> = minutes(30);
/// A unit signs within two working hours: what neither signs nor returns is the commonest stall.
const SIGNATURE: Option<Limit> = Some(Limit {
    value: 2,
    unit: LimitUnit::WorkHour,
});

const fn minutes(value: u32) -> Option<Limit> {
    Some(Limit {
        value,
        unit: LimitUnit::Minute,
    })
}

const fn open(name: &'static str, step: Step, awaits: Awaits, stage: Option<Limit>) -> StateRow {
    StateRow {
        name,
        step,
        class: Class::Open,
        awaits,
        stage,
    }
}

const fn closed(name: &'static str) -> StateRow {
    StateRow {
        name,
        step: Step::Close,
        class: Class::Closed,
        awaits: Awaits::Nobody,
        stage: None,
    }
}

/// All states.
pub static STATES: [StateRow; 17] = [
    open(RECEIVED, Step::Report, Awaits::Dispatcher, DESK),
    open(VERIFYING, Step::Report, Awaits::GridWorker, ON_SITE),
    open(ACCEPTED, Step::File, Awaits::Dispatcher, DESK),
    open(DISPATCHED, Step::Dispatch, Awaits::Unit, SIGNATURE),
    open(HANDLING, Step::Handle, Awaits::Unit, None),
    open(RETURNED, Step::Dispatch, Awaits::Dispatcher, DESK),
    open(SUSPENDED, Step::Handle, Awaits::Clock, None),
    open(HANDLED, Step::Feedback, Awaits::Dispatcher, ON_SITE),
    open(CHECKING, Step::Check, Awaits::GridWorker, ON_SITE),
    open(CHECKED, Step::Check, Awaits::Dispatcher, DESK),
    open(CONTESTED, Step::Check, Awaits::Dispatcher, ON_SITE),
    closed(CLOSED),
    closed(WITHDRAWN),
    closed(NOT_ACCEPTED),
    closed(VOIDED),
    closed(FORCE_CLOSED),
    closed(MERGED),
];

/// The row of a state's name; `None` for a name from a later version.
#[must_use]
pub fn state(name: &str) -> Option<&'static StateRow> {
    STATES.iter().find(|row| row.name == name)
}
