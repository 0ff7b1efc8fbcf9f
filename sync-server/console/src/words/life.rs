//! Words for the life of a case: what its moves ask for, where it stands, what it has been through.

use super::Word;
use shared::case::{Appealed, Awaits, Fact, Move};

// The forms of moves.
words! {
    MORE_MOVES: "更多", "More";
    APART: "退回、并案和终止", "Hand back, merge or end";
    ASK_FOR: "申请", "Ask for ";
    WHY_NOT_ACCEPT: "不予立案的理由（上报人会看到）", "Why it is not accepted (its reporter reads it)";
    WHY_REFUSE: "不同意的理由", "Why it is refused";
    WHY_ASK: "申请理由", "Why it is asked for";
    WHY_UNMERGE: "为什么拆开", "Why the merge is undone";
    WHY_CORRECT: "为什么更正（上报人会看到）", "Why it is corrected (its reporter reads it)";
    RIGHT_PLACE: "正确的位置（不填则不变）", "The right place (empty: as it is)";
    RIGHT_PLACE_HOW: "经纬度用WGS-84，单位是度，例如27.1505。所在网格由系统查出。", "Degrees in WGS-84, such as 27.1505. The grid is found from them.";
    LATITUDE: "纬度", "Latitude";
    LONGITUDE: "经度", "Longitude";
    SUGGESTED: "更正后按规则应派给", "Since the correction the rules suggest";
    WHY_URGE: "督办要求", "What is urged";
    WHY_ESCALATE: "为什么上报上级", "Why it is escalated";
    WHY_CONTEST: "哪里没有整改到位", "What isn't put right";
    PART_TASK: "请对方做什么", "What is asked of the unit";
    PART_ANSWER: "本单位的办理情况", "What your unit did";
    CHOOSE: "请选", "Choose";
    PERSON: "指派给谁", "Who works on it";
    UNTIL: "到什么时候", "Until when";
    UNTIL_SUSPENDED: "挂账到（最长一年，到期自动恢复）", "Suspended until (a year at most; it resumes by itself)";
    UNTIL_PLANNED: "计划何时处置", "Planned for";
    UNTIL_PART: "对方期限（不填按原时限）", "Its deadline (empty: the case's own limit)";
    FOUND: "现场结果", "What was found";
    OUTCOME: "处置结果", "What came of it";
    CARD: "督办等级", "Card";
    STAGE: "完成了哪个阶段", "Which stage";
    AFTER_PHOTO: "处理后照片", "Photo of how it is now";
    AFTER_PHOTO_HOW: "JPEG或PNG，不超过20兆字节；照片里的定位信息会去掉。", "JPEG or PNG, at most 20 MB; the position inside the photo is removed.";
    AFTER_PHOTO_SENDING: "正在上传", "Uploading";
    AFTER_PHOTO_DONE: "已上传，已加入案件照片。", "Uploaded; it is with the photos of the case.";
    AFTER_PHOTO_LARGE: "照片超过20兆字节，请换一张或调低分辨率后再传。", "Larger than 20 MB. Choose another one or a lower resolution.";
    AFTER_PHOTO_HERE: "案件里已有处理后照片（张）：", "Photos of how it is now, so far:";
    INTO: "并入哪一件", "Into which case";
    INTO_HOW: "输入编号、短码或文字，按回车查找在办案件。", "Type a number, a short code or words; Enter looks among open cases.";
    FIND: "查找", "Look";
    FOUND_NONE: "没有找到别的在办案件，请换个词再找。", "No other open case was found. Try other words.";
}

// Where it stands.
words! {
    PROGRESS: "进度", "Progress";
    NEWS: "有新补充，还没有人看过", "Something came later that nobody has looked at";
    NEWS_WHAT: "内容在流转记录末尾。看过后请按已阅；需要办理的，直接办理即可。", "It stands at the end of the course. Say so when you have looked, or make the move it calls for.";
    LOOKED: "已阅", "Looked at";
    NEXT_IS: "下一步", "Next";
    STEP_DONE: "已过", "done";
    STEP_NOW: "当前", "now";
    STAGE_UNTIL: "应于", "due by";
    STAGE_LATE: "环节超时", "Stage overdue";
    WHY_DEADLINE: "为什么是", "Why";
    HOW_COUNTED: "期限怎么算的", "How it is counted";
    STAGE_COUNTED: "本环节期限", "Limit of this step";
    ASKED_FIRST: "已有一位复核同意，还要另一位复核。", "One reviewer has agreed; another one has to.";
    ASKED: "待答复的申请", "Request";
    ASKED_BADGE: "申请", "Asks: ";
    CLOCK_STANDS: "停表", "Clock stopped";
    SUSPENDED_UNTIL: "挂账至", "Suspended until";
    SUSPENDED_LEFT: "恢复后剩余时限", "Left of the limit";
    ANSWERED: "已反馈", "Answered";
    LIFE: "办理情况", "How it went";
    FIRST_UNIT: "首接单位（首接负责）", "First unit (stays responsible)";
    RETURNED_BY: "退回过的单位", "Handed back by";
    LAST_OWNER: "兜底单位，不能再退回", "The last resort; it can't hand it back";
    ASSIGNED_TO: "单位内办理人", "Worked on by";
    EXTENSIONS: "已延期", "Extensions";
    REWORKS: "返工", "Reworks";
    ESCALATIONS: "上报上级", "Escalations";
    TIMES: "次", "times";
    NEXT_DATE: "计划处置", "Planned for";
    APPEAL: "超时申诉", "Appeal";
    PARTS: "协办", "Parts of other units";
    PART_OPEN: "待反馈", "Not answered";
    STAGES: "阶段期限", "Staged limits";
    STAGE_REACHED: "已完成", "Reached";
    STAGE_OPEN: "未完成", "Not reached";
    MERGED_INTO: "已并入", "Merged into";
    MERGED_HERE: "并入本案的", "Merged into this one";
    NOTHING_SPECIAL: "没有退回、延期、协办等情况。", "No returns, extensions or parts.";
    FOR_PERSON: "指派给", "For";
    UNTIL_SHORT: "至", "Until";
    FILTER_CARD: "督办", "Card";
    FILTER_ASKED: "待答复申请", "Request waiting";
    ANY: "不限", "Any";
    ANY_CARD: "黄牌或红牌", "Yellow or red";
    ANY_ASKED: "任何申请", "Any request";
    WHOLE_STEP: "（全部）", " (all)";
}

/// What the field for words asks for.
pub(crate) const fn asks_for(kind: Move) -> Word {
    match kind {
        Move::Finish | Move::SelfFix => super::WHAT_WAS_DONE,
        Move::HandBack => super::WHY_BACK,
        Move::Rework => super::WHY_REWORK,
        Move::Withdraw => super::WHY_WITHDRAW,
        Move::NotAccept => WHY_NOT_ACCEPT,
        Move::Refuse => WHY_REFUSE,
        Move::Ask => WHY_ASK,
        Move::Unmerge => WHY_UNMERGE,
        Move::Correct => WHY_CORRECT,
        Move::Urge => WHY_URGE,
        Move::Escalate => WHY_ESCALATE,
        Move::Contest => WHY_CONTEST,
        Move::AddPart => PART_TASK,
        Move::AnswerPart => PART_ANSWER,
        _ => super::NOTE,
    }
}

/// What a field of a form is called.
pub(crate) const fn field(fact: Fact, kind: Move) -> Word {
    match fact {
        Fact::Reason => asks_for(kind),
        Fact::Unit => super::UNIT_SEARCH,
        Fact::Person => PERSON,
        Fact::Until => match kind {
            Move::Ask => UNTIL_SUSPENDED,
            Move::Finish => UNTIL_PLANNED,
            Move::AddPart => UNTIL_PART,
            _ => UNTIL,
        },
        Fact::Condition => super::CONDITION,
        Fact::Into => INTO,
        Fact::Found => FOUND,
        Fact::Outcome => OUTCOME,
        Fact::AfterPhoto => AFTER_PHOTO,
        Fact::Ask => ASK_FOR,
        Fact::Card => CARD,
        Fact::Stage => STAGE,
        Fact::Category => super::CATEGORY,
        Fact::Place => RIGHT_PLACE,
    }
}

/// Who must act next; the unit is named instead where it is known.
pub(crate) const fn awaits(who: Awaits) -> Word {
    match who {
        Awaits::Dispatcher => Word("派遣员", "the dispatcher"),
        Awaits::Unit => Word("责任单位", "the unit"),
        Awaits::GridWorker => Word("所在网格的网格员", "a grid worker of the place"),
        Awaits::Supervisor => Word("督查", "the supervisor"),
        Awaits::Clock => Word("到期自动恢复，不用人办", "nobody; it goes on by itself"),
        Awaits::Nobody => Word("已结束，不用再办", "nobody; it has ended"),
    }
}

/// How an appeal ended.
pub(crate) const fn appealed(how: Appealed) -> Word {
    match how {
        Appealed::Granted => Word(
            "成立：超时事实保留，统计时豁免",
            "Granted: late in fact, exempt in statistics",
        ),
        Appealed::Refused => Word("不成立", "Refused"),
    }
}
