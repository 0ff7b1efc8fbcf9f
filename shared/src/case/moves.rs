//! The table of moves: from which states, to where, what right each takes and which facts it needs.

use super::states::{
    ACCEPTED, CHECKED, CHECKING, CLOSED, CONTESTED, DISPATCHED, HANDLED, HANDLING, MERGED,
    NOT_ACCEPTED, RECEIVED, RETURNED, SUSPENDED, VERIFYING, WITHDRAWN,
};
use crate::role::Action;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What somebody does to a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Move {
    /// 立案: taken with a filing condition.
    Accept,
    /// 不予立案: not taken; its reporter sees why.
    NotAccept,
    /// 下发核实: a worker is asked whether it is there.
    AskVerify,
    /// 核实: a worker has looked whether it is there.
    Verify,
    /// 派遣: give it to a unit.
    Dispatch,
    /// 签收: the unit begins.
    Start,
    /// 指派: to somebody inside the unit.
    Assign,
    /// 撤销指派.
    Unassign,
    /// 反馈: the unit says what came of it.
    Finish,
    /// 退回: not ours; a reason is compulsory.
    HandBack,
    /// 下发核查: a worker is asked whether it is put right.
    AskCheck,
    /// 核查: a worker has looked whether it is put right.
    Check,
    /// 返工: not good enough, back to the same unit.
    Rework,
    /// 结案.
    Close,
    /// 申请 of what somebody else has to grant: [`Ask`](super::Ask).
    Ask,
    /// 同意 what is asked.
    Grant,
    /// 不同意 what is asked.
    Refuse,
    /// 恢复: a suspended case goes on.
    Resume,
    /// 异议: its reporter says that it isn't put right.
    Contest,
    /// 并案: it is the same thing as another case.
    Merge,
    /// 拆案: it is not the same thing after all.
    Unmerge,
    /// 更正立案: its category or its place was wrong.
    Correct,
    /// 督办: a yellow or a red card, or taking it back.
    Urge,
    /// 上报上级: to the next level up, with the whole chain.
    Escalate,
    /// 协办: a part for another unit.
    AddPart,
    /// 协办反馈: a unit says what came of its part.
    AnswerPart,
    /// 阶段完成: one of the staged limits is met.
    Reach,
    /// 自处置: filed and put right at once.
    SelfFix,
    /// 撤回: its reporter takes it back before a unit has begun.
    Withdraw,
    /// 接办: by an escalation rule another unit takes it over from the one that has it.
    TakeOver,
}

impl Move {
    /// Machine name, as stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Accept => "accept",
            Self::NotAccept => "not_accept",
            Self::AskVerify => "ask_verify",
            Self::Verify => "verify",
            Self::Dispatch => "dispatch",
            Self::Start => "start",
            Self::Assign => "assign",
            Self::Unassign => "unassign",
            Self::Finish => "finish",
            Self::HandBack => "hand_back",
            Self::AskCheck => "ask_check",
            Self::Check => "check",
            Self::Rework => "rework",
            Self::Close => "close",
            Self::Ask => "ask",
            Self::Grant => "grant",
            Self::Refuse => "refuse",
            Self::Resume => "resume",
            Self::Contest => "contest",
            Self::Merge => "merge",
            Self::Unmerge => "unmerge",
            Self::Correct => "correct",
            Self::Urge => "urge",
            Self::Escalate => "escalate",
            Self::AddPart => "add_part",
            Self::AnswerPart => "answer_part",
            Self::Reach => "reach",
            Self::SelfFix => "self_fix",
            Self::Withdraw => "withdraw",
            Self::TakeOver => "take_over",
        }
    }
}

/// A fact that a move needs. What is missing is said in words (`label::missing`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Fact {
    /// Why, or what was done.
    Reason,
    /// To which unit.
    Unit,
    /// To whom inside the unit.
    Person,
    /// Until when.
    Until,
    /// With which filing condition.
    Condition,
    /// Into which case.
    Into,
    /// What a worker found on the spot.
    Found,
    /// What came of it.
    Outcome,
    /// A photo of how it is now.
    AfterPhoto,
    /// What is asked for.
    Ask,
    /// Which card.
    Card,
    /// Which of the staged limits.
    Stage,
    /// Which category it really is.
    Category,
    /// Where it really is.
    Place,
}

/// Where a move leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Goes {
    /// To this state.
    To(&'static str),
    /// It stays where it is.
    Stays,
    /// To the unit: dispatched to it, or accepted and waiting where the unit is a pool.
    ByUnit,
    /// Where the granted request leads.
    ByAsked,
    /// Back to the desk: received as long as nobody had accepted or dispatched it, else accepted.
    ToDesk,
}

/// A move, as a row: from which states, to which, what right it takes, which facts it needs.
#[derive(Debug, PartialEq, Eq)]
pub struct MoveRow {
    /// The move.
    pub kind: Move,
    /// The states it starts from.
    pub from: &'static [&'static str],
    /// Where it leads.
    pub to: Goes,
    /// The right it takes; `None` is for the system alone. What is granted takes the right of the
    /// request.
    pub action: Option<Action>,
    /// What must be given.
    pub needs: &'static [Fact],
}

const OPEN: &[&str] = &[
    RECEIVED, VERIFYING, ACCEPTED, DISPATCHED, HANDLING, RETURNED, SUSPENDED, HANDLED, CHECKING,
    CHECKED, CONTESTED,
];

const fn row(
    kind: Move,
    from: &'static [&'static str],
    to: Goes,
    action: Action,
    needs: &'static [Fact],
) -> MoveRow {
    MoveRow {
        kind,
        from,
        to,
        action: Some(action),
        needs,
    }
}

/// All moves. The order is the order of buttons.
pub static MOVES: [MoveRow; 30] = {
    use Action as A;
    use Fact as F;
    use Goes::{ByAsked, ByUnit, Stays, To, ToDesk};
    use Move as M;
    [
        // The desk that takes reports in and dispatches them.
        row(M::Grant, &[], ByAsked, A::Dispatch, &[]),
        row(M::Refuse, &[], Stays, A::Dispatch, &[F::Reason]),
        row(
            M::Dispatch,
            // From `verifying` when nobody looks: a grid's post may be vacant, and no grid lies
            // outside all of them. From `handled` only when the unit could not put it right, from
            // `handling`, `checking` and `checked` only when no unit was ever given it.
            &[
                RECEIVED, VERIFYING, ACCEPTED, RETURNED, DISPATCHED, HANDLING, HANDLED, CHECKING,
                CHECKED, CONTESTED,
            ],
            To(DISPATCHED),
            A::Dispatch,
            &[F::Unit],
        ),
        row(
            M::Accept,
            &[RECEIVED, VERIFYING],
            To(ACCEPTED),
            A::Dispatch,
            &[F::Condition],
        ),
        row(M::AskVerify, &[RECEIVED], To(VERIFYING), A::Dispatch, &[]),
        row(
            M::NotAccept,
            &[RECEIVED, VERIFYING],
            To(NOT_ACCEPTED),
            A::Dispatch,
            &[F::Reason],
        ),
        row(
            M::Merge,
            &[RECEIVED, ACCEPTED, DISPATCHED, RETURNED],
            To(MERGED),
            A::Dispatch,
            &[F::Into],
        ),
        row(
            M::Unmerge,
            &[MERGED],
            To(RECEIVED),
            A::Dispatch,
            &[F::Reason],
        ),
        row(
            M::Correct,
            // From where it may be dispatched and no unit has signed, or its work is over: whoever
            // works on it hands it back first. What was asked of a worker was asked of another
            // thing or at another place, so from `verifying` it is asked anew.
            &[
                RECEIVED, VERIFYING, ACCEPTED, RETURNED, DISPATCHED, CONTESTED,
            ],
            ToDesk,
            A::Dispatch,
            &[F::Reason],
        ),
        row(
            M::AddPart,
            &[ACCEPTED, DISPATCHED, HANDLING, RETURNED],
            Stays,
            A::Dispatch,
            &[F::Unit, F::Reason],
        ),
        row(M::Resume, &[SUSPENDED], To(HANDLING), A::Dispatch, &[]),
        // Whoever received a case back may not push it forward: no close from `returned`. From
        // `checking` as from `verifying`.
        row(
            M::Close,
            &[HANDLED, CHECKING, CHECKED, CONTESTED],
            To(CLOSED),
            A::Close,
            &[],
        ),
        row(
            M::AskCheck,
            &[HANDLED, CONTESTED],
            To(CHECKING),
            A::Close,
            &[],
        ),
        row(
            M::Rework,
            &[HANDLED, CHECKING, CHECKED, CONTESTED],
            To(HANDLING),
            A::Close,
            &[F::Reason],
        ),
        // The unit.
        row(M::Start, &[DISPATCHED], To(HANDLING), A::Handle, &[]),
        row(
            M::Finish,
            &[DISPATCHED, HANDLING],
            To(HANDLED),
            A::Handle,
            &[F::Reason, F::Outcome],
        ),
        row(M::Reach, &[HANDLING], Stays, A::Handle, &[F::Stage]),
        row(
            M::Assign,
            &[DISPATCHED, HANDLING],
            To(HANDLING),
            A::Handle,
            &[F::Person],
        ),
        row(M::Unassign, &[HANDLING], Stays, A::Handle, &[]),
        row(
            M::HandBack,
            &[DISPATCHED, HANDLING],
            To(RETURNED),
            A::Handle,
            &[F::Reason],
        ),
        row(
            M::Escalate,
            &[DISPATCHED, HANDLING],
            ByUnit,
            A::Handle,
            &[F::Reason],
        ),
        row(M::Ask, &[], Stays, A::Handle, &[F::Ask, F::Reason]),
        row(
            M::AnswerPart,
            // Wherever the case may come to while a part is open: it can't be closed without.
            &[
                RECEIVED, VERIFYING, ACCEPTED, DISPATCHED, HANDLING, RETURNED, HANDLED, CHECKING,
                CHECKED, CONTESTED, SUSPENDED,
            ],
            Stays,
            A::Answer,
            &[F::Reason],
        ),
        // Supervision.
        row(M::Urge, OPEN, Stays, A::Supervise, &[F::Card, F::Reason]),
        // The grid.
        row(M::Verify, &[VERIFYING], To(RECEIVED), A::Look, &[F::Found]),
        row(M::Check, &[CHECKING], To(CHECKED), A::Look, &[F::Found]),
        row(
            M::Contest,
            &[CLOSED],
            To(CONTESTED),
            A::Contest,
            &[F::Reason],
        ),
        row(
            M::Withdraw,
            &[RECEIVED, VERIFYING, ACCEPTED, DISPATCHED, RETURNED],
            To(WITHDRAWN),
            A::Withdraw,
            &[F::Reason],
        ),
        MoveRow {
            kind: M::SelfFix,
            from: &[RECEIVED],
            to: To(CLOSED),
            action: None,
            needs: &[],
        },
        // By a rule. Unlike a dispatcher it also takes a case from a unit that has signed; while a
        // case is suspended its clock stands, and what is put right waits for a check and no unit.
        MoveRow {
            kind: M::TakeOver,
            from: &[
                RECEIVED, ACCEPTED, RETURNED, DISPATCHED, HANDLING, HANDLED, CONTESTED,
            ],
            to: To(DISPATCHED),
            action: None,
            needs: &[F::Unit, F::Reason],
        },
    ]
};

/// The row of a move.
#[must_use]
pub fn move_row(kind: Move) -> Option<&'static MoveRow> {
    MOVES.iter().find(|row| row.kind == kind)
}

/// The moves that a state's name allows, whoever asks. What is asked and granted depends on more
/// than the state: [`Case::asks`](super::Case::asks).
pub fn moves_from(state: &str) -> impl Iterator<Item = &'static MoveRow> {
    MOVES.iter().filter(move |row| row.from.contains(&state))
}
