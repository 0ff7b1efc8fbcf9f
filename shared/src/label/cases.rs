//! Words for the life of a case: states, moves, requests, entries of the trail, refusals.

use super::Lang;
use crate::case::{self, Ask, Card, Fact, Found, Move, Outcome, Refusal, Step};

/// A state's word, for a reader of the case.
#[must_use]
pub fn state(name: &str, lang: Lang) -> &'static str {
    match name {
        case::RECEIVED => lang.pick("待受理", "Awaiting acceptance"),
        case::VERIFYING => lang.pick("待核实", "To be verified"),
        case::ACCEPTED => lang.pick("待派遣", "Awaiting dispatch"),
        case::DISPATCHED => lang.pick("已派遣", "Dispatched"),
        case::HANDLING => lang.pick("处置中", "In progress"),
        case::RETURNED => lang.pick("被退回", "Handed back"),
        case::SUSPENDED => lang.pick("挂账", "Suspended"),
        case::HANDLED => lang.pick("待结案", "Done, to be closed"),
        case::CHECKING => lang.pick("待核查", "To be checked"),
        case::CHECKED => lang.pick("已核查", "Checked"),
        case::CONTESTED => lang.pick("有异议", "Contested"),
        case::CLOSED => lang.pick("已结案", "Closed"),
        case::WITHDRAWN => lang.pick("已撤回", "Withdrawn"),
        case::NOT_ACCEPTED => lang.pick("不予立案", "Not accepted"),
        case::VOIDED => lang.pick("已作废", "Void"),
        case::FORCE_CLOSED => lang.pick("强制结案", "Closed by force"),
        case::MERGED => lang.pick("已并案", "Merged"),
        _ => lang.pick("办理中", "In the works"),
    }
}

/// A public link's word.
#[must_use]
pub const fn step(step: Step, lang: Lang) -> &'static str {
    match step {
        Step::Report => lang.pick("上报", "Report"),
        Step::File => lang.pick("立案", "Accept"),
        Step::Dispatch => lang.pick("派遣", "Dispatch"),
        Step::Handle => lang.pick("处置", "Handle"),
        Step::Feedback => lang.pick("反馈", "Answer"),
        Step::Check => lang.pick("核查", "Check"),
        Step::Close => lang.pick("结案", "Close"),
    }
}

/// What a move's button says.
#[must_use]
pub const fn case_move(kind: Move, lang: Lang) -> &'static str {
    match kind {
        Move::Accept => lang.pick("立案", "Accept"),
        Move::NotAccept => lang.pick("不予立案", "Do not accept"),
        Move::AskVerify => lang.pick("下发核实", "Send to be verified"),
        Move::Verify => lang.pick("核实", "Verify"),
        Move::Dispatch => lang.pick("派遣", "Dispatch"),
        Move::Start => lang.pick("签收", "Sign for it"),
        Move::Assign => lang.pick("指派", "Assign"),
        Move::Unassign => lang.pick("撤销指派", "Take back the assignment"),
        Move::Finish => lang.pick("反馈办结", "Report done"),
        Move::HandBack => lang.pick("退回", "Hand back"),
        Move::AskCheck => lang.pick("下发核查", "Send to be checked"),
        Move::Check => lang.pick("核查", "Check"),
        Move::Rework => lang.pick("返工", "Send back for rework"),
        Move::Close => lang.pick("结案", "Close"),
        Move::Ask => lang.pick("申请", "Ask for"),
        Move::Grant => lang.pick("同意", "Grant"),
        Move::Refuse => lang.pick("不同意", "Refuse"),
        Move::Resume => lang.pick("恢复办理", "Resume"),
        Move::Contest => lang.pick("提出异议", "Contest"),
        Move::Merge => lang.pick("并案", "Merge"),
        Move::Unmerge => lang.pick("拆案", "Undo the merge"),
        Move::Correct => lang.pick("更正立案", "Correct category or place"),
        Move::Urge => lang.pick("督办", "Urge"),
        Move::Escalate => lang.pick("上报上级", "Escalate"),
        Move::AddPart => lang.pick("增加协办", "Add a unit"),
        Move::AnswerPart => lang.pick("协办反馈", "Answer our part"),
        Move::Reach => lang.pick("阶段完成", "Stage reached"),
        Move::SelfFix => lang.pick("现场自处置", "Fixed on the spot"),
        Move::Withdraw => lang.pick("撤回", "Withdraw"),
        Move::TakeOver => lang.pick("接办", "Take over"),
    }
}

/// What happened, for one entry of a case's course; `kind` is the stored name of the event.
#[must_use]
pub fn event(kind: &str, lang: Lang) -> &'static str {
    match kind {
        "received" => lang.pick("上报", "Received"),
        "accept" => lang.pick("立案", "Accepted"),
        "not_accept" => lang.pick("不予立案", "Not accepted"),
        "ask_verify" => lang.pick("下发核实", "Sent to be verified"),
        "verify" => lang.pick("现场核实", "Verified on the spot"),
        "dispatch" => lang.pick("派遣", "Dispatched"),
        "start" => lang.pick("签收处置", "Work begun"),
        "assign" => lang.pick("指派到人", "Assigned"),
        "unassign" => lang.pick("撤销指派", "Assignment taken back"),
        "finish" => lang.pick("反馈办结", "Reported done"),
        "hand_back" => lang.pick("退回", "Handed back"),
        "ask_check" => lang.pick("下发核查", "Sent to be checked"),
        "check" => lang.pick("现场核查", "Checked on the spot"),
        "rework" => lang.pick("返工", "Sent back for rework"),
        "close" => lang.pick("结案", "Closed"),
        "ask" => lang.pick("提出申请", "Request made"),
        "grant" => lang.pick("同意申请", "Request granted"),
        "refuse" => lang.pick("不同意申请", "Request refused"),
        "resume" => lang.pick("恢复办理", "Resumed"),
        "contest" => lang.pick("上报人提出异议", "Contested by its reporter"),
        "merge" => lang.pick("并案", "Merged"),
        "unmerge" => lang.pick("拆案", "Merge undone"),
        "correct" => lang.pick("更正立案", "Category or place corrected"),
        "urge" => lang.pick("督办", "Urged"),
        "escalate" => lang.pick("上报上级", "Escalated"),
        "add_part" => lang.pick("增加协办", "Unit added"),
        "answer_part" => lang.pick("协办反馈", "Part answered"),
        "reach" => lang.pick("阶段完成", "Stage reached"),
        "self_fix" => lang.pick("现场自处置，结案", "Fixed on the spot, closed"),
        "take_over" => lang.pick("按规则由别的单位接办", "Taken over by rule"),
        "withdraw" => lang.pick("上报人撤回", "Withdrawn by its reporter"),
        "withdraw_asked" => lang.pick("上报人申请撤回", "Its reporter asks to withdraw it"),
        "amend" => lang.pick("更正", "Corrected"),
        "note" => lang.pick("补充说明", "Note added"),
        "photo_add" => lang.pick("补充照片", "Photos added"),
        "late_finding" => lang.pick("迟到的现场结果", "A finding that came late"),
        "stage_late" => lang.pick("环节超时", "Stage overdue"),
        "yellow" => lang.pick(
            "黄灯提醒，时限已用八成",
            "Yellow light, 80 % of the limit used",
        ),
        "late" => lang.pick("红灯，已超时", "Red light, overdue"),
        "part_late" => lang.pick("协办超时", "A part is overdue"),
        "staged_late" => lang.pick("阶段超时", "A stage's limit is missed"),
        "escalation" => lang.pick("自动升级", "Escalated by rule"),
        "recounted" => lang.pick(
            "日历调整，重算期限",
            "Deadlines recounted, the calendar changed",
        ),
        "looked" => lang.pick("新补充已阅", "What came later was looked at"),
        "redact" => lang.pick("联系人已抹去", "Contact erased"),
        _ => lang.pick("其他", "Other"),
    }
}

/// A request's word.
#[must_use]
pub const fn ask(ask: Ask, lang: Lang) -> &'static str {
    match ask {
        Ask::Extension => lang.pick("延期", "More time"),
        Ask::Suspension => lang.pick("挂账", "Suspension"),
        Ask::Void => lang.pick("作废", "Voiding"),
        Ask::ForceClose => lang.pick("强制结案", "Closing by force"),
        Ask::Appeal => lang.pick("超时申诉", "Appeal against lateness"),
    }
}

/// An outcome's word.
#[must_use]
pub const fn outcome(outcome: Outcome, lang: Lang) -> &'static str {
    match outcome {
        Outcome::Done => lang.pick("已处置到位", "Put right"),
        Outcome::Unable => lang.pick("无法处置", "Can't be put right"),
        Outcome::NotOurs => lang.pick("不属本单位", "Not ours"),
        Outcome::Planned => lang.pick("列入计划", "Planned"),
    }
}

/// A card's word.
#[must_use]
pub const fn card(card: Card, lang: Lang) -> &'static str {
    match card {
        Card::None => lang.pick("取消督办", "No card"),
        Card::Yellow => lang.pick("黄牌督办", "Yellow card"),
        Card::Red => lang.pick("红牌督办", "Red card"),
    }
}

/// What was found before a case is accepted (核实).
#[must_use]
pub const fn verified(found: Found, lang: Lang) -> &'static str {
    match found {
        Found::Yes => lang.pick("属实", "It is there"),
        Found::No => lang.pick("不属实", "It is not there"),
        Found::Unable => lang.pick("无法核实", "Can't be told"),
    }
}

/// What was found after it was handled (核查).
#[must_use]
pub const fn checked(found: Found, lang: Lang) -> &'static str {
    match found {
        Found::Yes => lang.pick("已整改到位", "Put right"),
        Found::No => lang.pick("未整改到位", "Not put right"),
        Found::Unable => lang.pick("无法核查", "Can't be told"),
    }
}

/// What is missing for a move, and what to do.
#[must_use]
pub const fn missing(fact: Fact, lang: Lang) -> &'static str {
    match fact {
        Fact::Reason => lang.pick(
            "请填写原因或办理情况。",
            "Give a reason or say what was done.",
        ),
        Fact::Unit => lang.pick("请选单位。", "Choose a unit."),
        Fact::Person => lang.pick("请选办理人。", "Choose who works on it."),
        Fact::Until => lang.pick("请选日期。", "Choose a date."),
        Fact::Condition => lang.pick("请选立案条件。", "Choose a filing condition."),
        Fact::Into => lang.pick("请选并入哪一件。", "Choose the case to merge it into."),
        Fact::Found => lang.pick("请选现场结果。", "Say what was found."),
        Fact::Outcome => lang.pick("请选处置结果。", "Say what came of it."),
        Fact::AfterPhoto => lang.pick(
            "这个立案条件要求处理后照片，请先加一张。",
            "This condition asks for a photo of how it is now. Add one.",
        ),
        Fact::Ask => lang.pick("请选申请什么。", "Say what is asked for."),
        Fact::Card => lang.pick("请选黄牌、红牌或取消。", "Choose a card."),
        Fact::Stage => lang.pick("请选完成了哪个阶段。", "Choose the stage."),
        Fact::Category => lang.pick("请选正确的类别。", "Choose the right category."),
        Fact::Place => lang.pick(
            "请填正确的位置，纬度和经度都要填。",
            "Give the right place, latitude and longitude.",
        ),
    }
}

/// Why a move is not made, and what to do.
#[must_use]
pub const fn refusal(refusal: &Refusal, lang: Lang) -> &'static str {
    match refusal {
        Refusal::Stale { .. } => lang.pick("已被他人处理。", "Somebody else moved it."),
        Refusal::NotFrom { .. } => lang.pick("当前状态不能这样办理。", "This can't be done in the present state."),
        Refusal::Missing(fact) => missing(*fact, lang),
        Refusal::ReasonTooLong => lang.pick("说明最多1000字。", "At most 1,000 characters."),
        Refusal::SameUnit => lang.pick("这个单位已经在办，请另选。", "That unit has it already; choose another."),
        Refusal::AssignedFirst => lang.pick("已指派到人，请先撤销指派再退回。", "It is assigned to somebody; take that back first."),
        Refusal::LastOwner => lang.pick("已是兜底单位，不能再退回。可申请延期、挂账或上报上级。", "This unit is the last resort and can't hand it back. Ask for more time or escalate it."),
        Refusal::UntilOutOfRange => lang.pick("日期要晚于今天，挂账最长一年。", "The date must lie ahead, within a year."),
        Refusal::ExtensionsUsedUp => lang.pick("最多延期两次。", "At most two extensions."),
        Refusal::Overdue => lang.pick("已超时，不能再延期。", "It is overdue; no extension any more."),
        Refusal::NoDeadline => lang.pick("没有期限，不用延期。", "It has no deadline to extend."),
        Refusal::SuspendedOnce => lang.pick("一件事只能挂账一次。", "It was suspended once already."),
        Refusal::AskPending => lang.pick("还有申请等待答复，请先处理。", "A request waits for its answer; settle that first."),
        Refusal::NothingAsked => lang.pick("没有等待答复的申请。", "Nothing is asked."),
        Refusal::OwnRequest => lang.pick("自己提出的申请要由别人同意。", "Somebody else than who asked has to grant it."),
        Refusal::SameReviewer => lang.pick("申诉要两个人分别复核，请由另一位复核。", "Two different people have to agree."),
        Refusal::NotLate => lang.pick("没有超时，不用申诉。", "It was not late."),
        Refusal::AppealedOnce => lang.pick("一件事只能申诉一次。", "It was appealed once already."),
        Refusal::ContestTooLate => lang.pick("结案已超过72小时，不能再提异议。可以重新上报。", "It was closed more than 72 hours ago. File it anew."),
        Refusal::ContestedEnough => lang.pick("已提过两次异议，请走投诉渠道。", "It was contested twice already. Use the complaints channel."),
        Refusal::CheckFailed => lang.pick("核查未通过，不能结案，请返工。", "The check failed; send it back for rework."),
        Refusal::PartsOpen => lang.pick("协办单位还没有全部反馈，不能结案。", "Assisting units haven't all answered yet."),
        Refusal::NotDone => lang.pick("责任单位没有处置到位，请改派、返工，或申请挂账、强制结案。", "The unit didn't put it right: dispatch it anew or send it back."),
        Refusal::IntoItself => lang.pick("不能并入自己。", "A case can't be merged into itself."),
        Refusal::NoPart => lang.pick("本单位没有待反馈的协办。", "Your unit has no open part."),
        Refusal::TooManyParts => lang.pick("协办单位已有10个。", "There are ten parts already."),
        Refusal::NoStage => lang.pick("没有这个待完成的阶段。", "There is no such open stage."),
        Refusal::NothingCorrected => lang.pick("类别、立案条件和位置都没有变，请先改其中一项。", "Category, condition and place stay the same; change one of them."),
    }
}
