//! Why a move is not made. Words for people are in `label::refusal`.

use super::moves::{Fact, Move};
use super::{REASON_CHARS_LIMIT, RETURNS_MAX};

/// Why a move is not made.
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
    /// A fact is missing.
    #[error("{0:?} is needed")]
    Missing(Fact),
    /// The reason is too long.
    #[error("the reason is longer than {REASON_CHARS_LIMIT} characters")]
    ReasonTooLong,
    /// It is with that unit already, or a rule took it from there.
    #[error("the unit has it already")]
    SameUnit,
    /// Somebody inside the unit has it: that must be taken back first.
    #[error("it is assigned to somebody")]
    AssignedFirst,
    /// The unit may not hand it back (兜底).
    #[error("after {RETURNS_MAX} returns this unit may not hand it back")]
    LastOwner,
    /// The date is in the past or too far away.
    #[error("the date is out of range")]
    UntilOutOfRange,
    /// No more extensions.
    #[error("no more extensions")]
    ExtensionsUsedUp,
    /// Too late for an extension.
    #[error("it is overdue")]
    Overdue,
    /// There is nothing to extend.
    #[error("there is no deadline")]
    NoDeadline,
    /// It was suspended before.
    #[error("it was suspended once")]
    SuspendedOnce,
    /// Another request waits.
    #[error("a request waits for its answer")]
    AskPending,
    /// Nothing is asked.
    #[error("nothing is asked")]
    NothingAsked,
    /// Whoever asked can't grant it.
    #[error("whoever asked can't grant it")]
    OwnRequest,
    /// Two different people have to grant it.
    #[error("the same person can't grant it twice")]
    SameReviewer,
    /// It wasn't late.
    #[error("it was not late")]
    NotLate,
    /// It was appealed before.
    #[error("it was appealed once")]
    AppealedOnce,
    /// Too long ago.
    #[error("it was closed too long ago")]
    ContestTooLate,
    /// Often enough.
    #[error("it was contested often enough")]
    ContestedEnough,
    /// A worker found that it isn't put right.
    #[error("the check failed")]
    CheckFailed,
    /// Other units haven't answered.
    #[error("parts are not answered")]
    PartsOpen,
    /// The unit says it could not put it right.
    #[error("the unit did not put it right")]
    NotDone,
    /// A case can't be merged into itself.
    #[error("a case can't be merged into itself")]
    IntoItself,
    /// The unit has no part, or has answered.
    #[error("the unit has no open part")]
    NoPart,
    /// There are enough parts.
    #[error("too many parts")]
    TooManyParts,
    /// There is no such staged limit, or it is reached.
    #[error("no such stage is open")]
    NoStage,
    /// Category and place stay as they are.
    #[error("neither category nor place is corrected")]
    NothingCorrected,
}
