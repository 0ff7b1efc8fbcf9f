//! The life of a case: one table of states, one table of moves, one function that applies a move.
//!
//! 上报 → 派遣 → 处置 → 反馈 → 结案, with 退回 on the way. A new state is a row in [`STATES`], its
//! moves rows in [`MOVES`], its words lines in `label`: lists, filters, lights and rights follow
//! from class and rows. Pure: the server applies, handheld and console ask what would be allowed.

use crate::id::UnitCode;
use crate::role::Action;
use crate::time::Timestamp;
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
    /// Nobody.
    Nobody,
}

/// A state, as a row.
#[derive(Debug, PartialEq, Eq)]
pub struct StateRow {
    /// Machine name, as stored and sent.
    pub name: &'static str,
    /// Whether work remains.
    pub class: Class,
    /// Who must act next.
    pub awaits: Awaits,
}

/// Filed and known to the server; waits for a dispatcher. 上报.
pub const RECEIVED: &str = "received";
/// Given to a unit, which hasn't begun. 派遣.
pub const DISPATCHED: &str = "dispatched";
/// The unit works on it. 处置.
pub const HANDLING: &str = "handling";
/// The unit says it is done; waits for a check. 反馈.
pub const HANDLED: &str = "handled";
/// The unit handed it back with a reason. 退回.
pub const RETURNED: &str = "returned";
/// Closed. 结案.
pub const CLOSED: &str = "closed";

/// Taken back by its reporter before a unit had begun. 撤回.
pub const WITHDRAWN: &str = "withdrawn";

/// All states.
pub static STATES: [StateRow; 7] = [
    StateRow {
        name: RECEIVED,
        class: Class::Open,
        awaits: Awaits::Dispatcher,
    },
    StateRow {
        name: DISPATCHED,
        class: Class::Open,
        awaits: Awaits::Unit,
    },
    StateRow {
        name: HANDLING,
        class: Class::Open,
        awaits: Awaits::Unit,
    },
    StateRow {
        name: HANDLED,
        class: Class::Open,
        awaits: Awaits::Dispatcher,
    },
    StateRow {
        name: RETURNED,
        class: Class::Open,
        awaits: Awaits::Dispatcher,
    },
    StateRow {
        name: CLOSED,
        class: Class::Closed,
        awaits: Awaits::Nobody,
    },
    StateRow {
        name: WITHDRAWN,
        class: Class::Closed,
        awaits: Awaits::Nobody,
    },
];

/// The row of a state's name; `None` for a name from a later version.
#[must_use]
pub fn state(name: &str) -> Option<&'static StateRow> {
    STATES.iter().find(|row| row.name == name)
}

/// What somebody does to a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Move {
    /// 派遣: give it to a unit.
    Dispatch,
    /// 签收: the unit begins.
    Start,
    /// 反馈: the unit says it is done.
    Finish,
    /// 退回: not ours; a reason is compulsory.
    HandBack,
    /// 返工: not good enough, back to the same unit.
    Rework,
    /// 结案.
    Close,
    /// 自处置: filed and put right at once.
    SelfFix,
    /// 撤回: its reporter takes it back before a unit has begun.
    Withdraw,
}

impl Move {
    /// Machine name, as stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Dispatch => "dispatch",
            Self::Start => "start",
            Self::Finish => "finish",
            Self::HandBack => "hand_back",
            Self::Rework => "rework",
            Self::Close => "close",
            Self::SelfFix => "self_fix",
            Self::Withdraw => "withdraw",
        }
    }
}

/// A move, as a row: from which states, to which, what right it takes, which facts it needs.
#[derive(Debug, PartialEq, Eq)]
pub struct MoveRow {
    /// The move.
    pub kind: Move,
    /// The states it starts from.
    pub from: &'static [&'static str],
    /// The state it leads to.
    pub to: &'static str,
    /// The right it takes; `None` is for the system alone.
    pub action: Option<Action>,
    /// A reason must be given.
    pub needs_reason: bool,
    /// A unit must be named.
    pub needs_unit: bool,
}

/// All moves.
pub static MOVES: [MoveRow; 8] = [
    MoveRow {
        kind: Move::Dispatch,
        from: &[RECEIVED, RETURNED, DISPATCHED],
        to: DISPATCHED,
        action: Some(Action::Dispatch),
        needs_reason: false,
        needs_unit: true,
    },
    MoveRow {
        kind: Move::Start,
        from: &[DISPATCHED],
        to: HANDLING,
        action: Some(Action::Handle),
        needs_reason: false,
        needs_unit: false,
    },
    MoveRow {
        kind: Move::Finish,
        from: &[DISPATCHED, HANDLING],
        to: HANDLED,
        action: Some(Action::Handle),
        needs_reason: true,
        needs_unit: false,
    },
    MoveRow {
        kind: Move::HandBack,
        from: &[DISPATCHED, HANDLING],
        to: RETURNED,
        action: Some(Action::Handle),
        needs_reason: true,
        needs_unit: false,
    },
    MoveRow {
        kind: Move::Rework,
        from: &[HANDLED],
        to: HANDLING,
        action: Some(Action::Close),
        needs_reason: true,
        needs_unit: false,
    },
    // Whoever received a case back may not push it forward: no close from `returned`.
    MoveRow {
        kind: Move::Close,
        from: &[HANDLED],
        to: CLOSED,
        action: Some(Action::Close),
        needs_reason: false,
        needs_unit: false,
    },
    MoveRow {
        kind: Move::SelfFix,
        from: &[RECEIVED],
        to: CLOSED,
        action: None,
        needs_reason: false,
        needs_unit: false,
    },
    MoveRow {
        kind: Move::Withdraw,
        from: &[RECEIVED, DISPATCHED, RETURNED],
        to: WITHDRAWN,
        action: Some(Action::Withdraw),
        needs_reason: true,
        needs_unit: false,
    },
];

/// The row of a move.
#[must_use]
pub fn move_row(kind: Move) -> Option<&'static MoveRow> {
    MOVES.iter().find(|row| row.kind == kind)
}

/// The moves that a state allows, whoever asks.
pub fn moves_from(state: &str) -> impl Iterator<Item = &'static MoveRow> {
    MOVES.iter().filter(move |row| row.from.contains(&state))
}

/// A reason, a handling note: a paragraph.
pub const REASON_CHARS_LIMIT: usize = 1_000;

/// What of a case its moves depend on and change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// Name of a row in [`STATES`].
    pub state: &'static str,
    /// Counts up with each move; a move names the one it saw.
    pub revision: i64,
    /// The unit that leads.
    pub lead: UnitCode,
    /// When it was first dispatched: the clock starts here, not at the signature.
    pub dispatched_ms: Option<Timestamp>,
    /// By when it has to be put right.
    pub deadline_ms: Option<Timestamp>,
    /// When the unit said it was done: the handling clock stops here.
    pub handled_ms: Option<Timestamp>,
    /// When it was closed.
    pub closed_ms: Option<Timestamp>,
}

impl Case {
    /// A case as it is opened.
    #[must_use]
    pub fn received(lead: UnitCode) -> Self {
        Self {
            state: RECEIVED,
            revision: 0,
            lead,
            dispatched_ms: None,
            deadline_ms: None,
            handled_ms: None,
            closed_ms: None,
        }
    }
}

/// A move with its facts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The move.
    pub kind: Move,
    /// The revision that whoever moves has seen.
    pub base_revision: i64,
    /// When, by the server's clock.
    pub at: Timestamp,
    /// Why, or what was done.
    pub reason: String,
    /// To which unit.
    pub unit: Option<UnitCode>,
    /// The deadline that the unit gets with this dispatch.
    pub deadline_ms: Option<Timestamp>,
}

/// Why a move is not made. Words for people are in `label`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Somebody moved the case in between.
    #[error("the case is at revision {current}, not {seen}")]
    Stale {
        /// What the case is at.
        current: i64,
        /// What the mover saw.
        seen: i64,
    },
    /// The state doesn't allow the move.
    #[error("a case that is {state} does not allow {kind}", kind = kind.as_str())]
    NotFrom {
        /// Where the case stands.
        state: &'static str,
        /// What was wanted.
        kind: Move,
    },
    /// A reason is compulsory.
    #[error("a reason is needed")]
    ReasonMissing,
    /// The reason is too long.
    #[error("the reason is longer than {REASON_CHARS_LIMIT} characters")]
    ReasonTooLong,
    /// A unit must be named.
    #[error("a unit is needed")]
    UnitMissing,
}

impl Case {
    /// The case after the move.
    ///
    /// # Errors
    /// When the revision is stale, the state doesn't allow the move, or a fact is missing.
    pub fn apply(&self, event: &Event) -> Result<Case, Refusal> {
        if event.base_revision != self.revision {
            return Err(Refusal::Stale {
                current: self.revision,
                seen: event.base_revision,
            });
        }
        let refused = Refusal::NotFrom {
            state: self.state,
            kind: event.kind,
        };
        let row = move_row(event.kind)
            .filter(|row| row.from.contains(&self.state))
            .ok_or(refused)?;
        if row.needs_reason && event.reason.trim().is_empty() {
            return Err(Refusal::ReasonMissing);
        }
        if event.reason.chars().count() > REASON_CHARS_LIMIT {
            return Err(Refusal::ReasonTooLong);
        }
        let mut next = Case {
            state: row.to,
            revision: self.revision.saturating_add(1),
            ..self.clone()
        };
        if row.needs_unit {
            let same = |unit: &UnitCode| *unit == self.lead && self.state == DISPATCHED;
            let unit = event.unit.clone().ok_or(Refusal::UnitMissing)?;
            if same(&unit) {
                return Err(Refusal::NotFrom {
                    state: self.state,
                    kind: event.kind,
                });
            }
            next.lead = unit;
            next.deadline_ms = event.deadline_ms;
            next.dispatched_ms = Some(event.at);
        }
        match event.kind {
            Move::Finish => next.handled_ms = Some(event.at),
            Move::Rework => next.handled_ms = None,
            Move::Close | Move::SelfFix | Move::Withdraw => next.closed_ms = Some(event.at),
            Move::Dispatch | Move::Start | Move::HandBack => {}
        }
        Ok(next)
    }
}

#[cfg(test)]
mod tests;
