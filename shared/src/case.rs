//! The life of a case: one table of states, one of moves, one of requests, and one function that
//! applies a move.
//!
//! 上报 → 立案 → 派遣 → 处置 → 反馈 → 核查 → 结案, with everything that cities allow beside it
//! (`docs/DOMAIN.md`). A new state is a row in [`STATES`], its moves rows in [`MOVES`], its words
//! lines in `label`: lists, filters, lights and rights follow from class and rows. Pure: the server
//! applies, handheld and console ask what would be allowed. Clocks and due events are in `clock`,
//! deadlines counted anew in `recount`.

mod apply;
mod asks;
mod clock;
mod correct;
mod life;
mod moves;
mod recount;
mod refusal;
mod states;

pub use asks::{
    ASKS, Ask, AskRow, Asked, EXTENSIONS_MAX, SUSPENSION_MS_MAX, SUSPENSIONS_MAX, ask_row,
};
pub use clock::{Due, Rules, StageLimits, due, next_due, told};
pub use life::{
    Appealed, Card, Corrected, DeadlineStep, Finding, Found, Life, Outcome, Part, Stage, Suspended,
};
pub use moves::{Fact, Goes, MOVES, Move, MoveRow, move_row, moves_from};
pub use recount::{explain, explain_part, explain_stage, explain_staged, moved, recount};
pub use refusal::Refusal;
pub use states::{
    ACCEPTED, Awaits, CHECKED, CHECKING, CLOSED, CONTESTED, Class, DISPATCHED, FORCE_CLOSED,
    HANDLED, HANDLING, MERGED, NOT_ACCEPTED, RECEIVED, RETURNED, STATES, SUSPENDED, StateRow, Step,
    VERIFYING, VOIDED, WITHDRAWN, state,
};

use crate::id::{CaseId, ConditionId, PersonId, Sha256, UnitCode};
use crate::role::Action;
use crate::time::{HOUR_MS, Timestamp};

/// A reason, a handling note: a paragraph.
pub const REASON_CHARS_LIMIT: usize = 1_000;
/// So long after the closing its reporter may contest it.
pub const CONTEST_MS_MAX: i64 = 72 * HOUR_MS;
/// Contests of one case: whoever isn't content after two takes another way.
pub const CONTESTS_MAX: u32 = 2;
/// Handing back this often sends a case to the unit that may not hand it back (兜底).
pub const RETURNS_MAX: u32 = 2;
/// Parts of one case.
pub const PARTS_MAX: usize = 10;

/// What of a case its moves depend on and change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// Name of a row in [`STATES`].
    pub state: &'static str,
    /// Counts up with each move; a move names the one it saw.
    pub revision: i64,
    /// The unit that leads.
    pub lead: UnitCode,
    /// When it was dispatched to that unit: the clock starts here, not at the signature.
    pub dispatched_ms: Option<Timestamp>,
    /// By when it has to be put right.
    pub deadline_ms: Option<Timestamp>,
    /// When the unit said it was done: the handling clock stops here.
    pub handled_ms: Option<Timestamp>,
    /// When it was closed.
    pub closed_ms: Option<Timestamp>,
    /// What else it has been through.
    pub life: Life,
}

/// The facts that a move is given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Given {
    /// Why, or what was done.
    pub reason: String,
    /// To which unit.
    pub unit: Option<UnitCode>,
    /// To whom inside the unit.
    pub person: Option<PersonId>,
    /// Until when.
    pub until_ms: Option<Timestamp>,
    /// With which filing condition.
    pub condition: Option<ConditionId>,
    /// Into which case, of those that the mover may see.
    pub into: Option<CaseId>,
    /// What a worker found.
    pub found: Option<Found>,
    /// What came of it; done unless something else is said.
    pub outcome: Option<Outcome>,
    /// How many photos of how it is now belong to the move or the case.
    pub after_photos: usize,
    /// What is asked for.
    pub ask: Option<Ask>,
    /// Which card.
    pub card: Option<Card>,
    /// Which of the staged limits.
    pub stage: Option<String>,
    /// What it is about and where it is, put right.
    pub corrected: Option<Corrected>,
    /// When it was made, where it came later: a worker without a network objects in time.
    pub made_ms: Option<Timestamp>,
    /// The photos that came with it.
    pub photos: Vec<Sha256>,
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
    /// Who; none for the system.
    pub by: Option<PersonId>,
    /// Of which unit.
    pub by_unit: Option<UnitCode>,
    /// Its facts.
    pub given: Given,
}

impl Event {
    /// A move of the system.
    #[must_use]
    pub fn of_system(kind: Move, case: &Case, at: Timestamp, given: Given) -> Self {
        Self {
            kind,
            base_revision: case.revision,
            at,
            by: None,
            by_unit: None,
            given,
        }
    }
}

impl Case {
    /// A case as it is opened.
    #[must_use]
    pub fn received(lead: UnitCode, at: Timestamp, rules: &Rules<'_>) -> Self {
        let mut case = Self {
            state: RECEIVED,
            revision: 0,
            lead,
            dispatched_ms: None,
            deadline_ms: None,
            handled_ms: None,
            closed_ms: None,
            life: Life::default(),
        };
        case.enter(at, rules);
        case
    }

    /// Who must act next: whoever has to answer a request, else whom the state waits for.
    #[must_use]
    pub fn awaits(&self) -> Awaits {
        match &self.life.asked {
            Some(asked) => ask_row(asked.ask).map_or(Awaits::Dispatcher, |row| row.awaits),
            None => state(self.state).map_or(Awaits::Dispatcher, |row| row.awaits),
        }
    }

    /// Whether work remains.
    #[must_use]
    pub fn class(&self) -> Class {
        state(self.state).map_or(Class::Open, |row| row.class)
    }

    /// The requests that this case allows now, whoever asks.
    pub fn asks(&self, now: Timestamp) -> impl Iterator<Item = &'static AskRow> {
        let idle = self.life.asked.is_none();
        ASKS.iter()
            .filter(move |row| idle && self.may_ask(row, None, now).is_ok())
    }

    /// The moves that this case allows now, whoever makes them, with the right that each takes.
    pub fn moves(&self, now: Timestamp) -> Vec<(&'static MoveRow, Option<Action>)> {
        let asked = self.life.asked.as_ref().and_then(|a| ask_row(a.ask));
        let mut moves = Vec::new();
        for row in &MOVES {
            match row.kind {
                Move::Grant | Move::Refuse => {
                    moves.extend(asked.map(|asked| (row, Some(asked.grants))));
                }
                Move::Ask => {
                    let mut rights: Vec<Action> = Vec::new();
                    for ask in self.asks(now) {
                        if !rights.contains(&ask.asks) {
                            rights.push(ask.asks);
                        }
                    }
                    moves.extend(rights.into_iter().map(|right| (row, Some(right))));
                }
                _ if self.allows(row, now) => moves.push((row, row.action)),
                _ => {}
            }
        }
        moves
    }

    /// Whether a move's row is possible as the case stands, all its facts supposed.
    fn allows(&self, row: &MoveRow, now: Timestamp) -> bool {
        if !row.from.contains(&self.state) {
            return false;
        }
        let life = &self.life;
        match row.kind {
            Move::Dispatch => self.may_dispatch(),
            Move::Rework => self.dispatched_ms.is_some(),
            Move::TakeOver => self.state != HANDLED || !self.is_done(),
            Move::Close => self.may_close().is_ok(),
            Move::HandBack => !life.last_owner && life.assigned.is_none(),
            Move::Unassign => life.assigned.is_some(),
            Move::Reach => life.stages.iter().any(|stage| stage.reached_ms.is_none()),
            Move::AnswerPart => life.parts.iter().any(|part| part.answered_ms.is_none()),
            Move::AddPart => life.parts.len() < PARTS_MAX,
            Move::Contest => self.may_contest(now).is_ok(),
            _ => true,
        }
    }

    fn is_done(&self) -> bool {
        self.life.outcome.unwrap_or_default() == Outcome::Done
    }

    /// A dispatcher takes nothing from a unit that has signed.
    fn may_dispatch(&self) -> bool {
        match self.state {
            HANDLED => !self.is_done(),
            HANDLING | CHECKING | CHECKED => self.dispatched_ms.is_none(),
            _ => true,
        }
    }

    fn may_close(&self) -> Result<(), Refusal> {
        let failed = |finding: &Finding| finding.found == Found::No;
        if self.state == CHECKED && self.life.checked.as_ref().is_some_and(failed) {
            return Err(Refusal::CheckFailed);
        }
        if self
            .life
            .parts
            .iter()
            .any(|part| part.answered_ms.is_none())
        {
            return Err(Refusal::PartsOpen);
        }
        if self.is_done() {
            Ok(())
        } else {
            Err(Refusal::NotDone)
        }
    }

    fn may_contest(&self, at: Timestamp) -> Result<(), Refusal> {
        let closed = self.closed_ms.unwrap_or(at);
        if at.since(closed) > CONTEST_MS_MAX {
            return Err(Refusal::ContestTooLate);
        }
        if self.life.contests >= CONTESTS_MAX {
            return Err(Refusal::ContestedEnough);
        }
        Ok(())
    }

    /// Whether a request may be made. Without `until` everything else is looked at.
    fn may_ask(
        &self,
        row: &AskRow,
        until: Option<Timestamp>,
        at: Timestamp,
    ) -> Result<(), Refusal> {
        if !row.from.contains(&self.state) {
            return Err(Refusal::NotFrom {
                state: self.state,
                kind: Move::Ask,
            });
        }
        let life = &self.life;
        let late = self.deadline_ms.is_some_and(|deadline| at > deadline);
        match row.ask {
            Ask::Extension if life.extensions >= EXTENSIONS_MAX => Err(Refusal::ExtensionsUsedUp),
            Ask::Extension if late => Err(Refusal::Overdue),
            Ask::Extension if self.deadline_ms.is_none() => Err(Refusal::NoDeadline),
            Ask::Suspension if life.suspensions >= SUSPENSIONS_MAX => Err(Refusal::SuspendedOnce),
            Ask::Suspension => match until {
                Some(until) if until <= at || until.since(at) > SUSPENSION_MS_MAX => {
                    Err(Refusal::UntilOutOfRange)
                }
                _ => Ok(()),
            },
            Ask::Appeal if life.appealed.is_some() => Err(Refusal::AppealedOnce),
            Ask::Appeal if !self.was_late() => Err(Refusal::NotLate),
            Ask::Extension | Ask::Void | Ask::ForceClose | Ask::Appeal => Ok(()),
        }
    }

    /// Whether this person may grant what is asked, by whatever right: nobody grants what they asked
    /// for themselves, and nobody grants twice where two have to.
    ///
    /// # Errors
    /// Why not.
    pub fn may_grant(&self, by: Option<PersonId>) -> Result<(), Refusal> {
        let asked = self.life.asked.as_ref().ok_or(Refusal::NothingAsked)?;
        if by.is_some() && by == asked.by {
            return Err(Refusal::OwnRequest);
        }
        if by.is_some() && by == asked.first_by {
            return Err(Refusal::SameReviewer);
        }
        Ok(())
    }

    /// Whether it was put right later than it should have been.
    #[must_use]
    pub fn was_late(&self) -> bool {
        match (self.deadline_ms, self.handled_ms.or(self.closed_ms)) {
            (Some(deadline), Some(end)) => end > deadline,
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests;
