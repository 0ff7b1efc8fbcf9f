//! The words people see, Chinese first and English second. Code uses neutral names; a city that
//! says 核实 where another says 核查 changes words here or in its data, never a rule.

mod cases;
mod city;

pub use cases::{
    ask, card, case_move, checked, event, missing, outcome, refusal, state, step, verified,
};
pub use city::City;

use crate::operation::kind;
use crate::patrol::{RoundFault, Seen};
use crate::role::Role;

/// The language of a face.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Lang {
    /// 中文.
    #[default]
    Zh,
    /// English.
    En,
}

impl Lang {
    /// The language of a tag as `en` or `zh-CN`; Chinese for everything else.
    #[must_use]
    pub fn parse(tag: &str) -> Self {
        if tag.starts_with("en") {
            Self::En
        } else {
            Self::Zh
        }
    }

    /// The tag for HTML's `lang`.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Zh => "zh-CN",
            Self::En => "en",
        }
    }

    /// The one of two words.
    #[must_use]
    pub const fn pick(self, zh: &'static str, en: &'static str) -> &'static str {
        match self {
            Self::Zh => zh,
            Self::En => en,
        }
    }
}

/// A role's word.
#[must_use]
pub const fn role(role: Role, lang: Lang) -> &'static str {
    match role {
        Role::GridWorker => lang.pick("网格员", "Grid worker"),
        Role::Dispatcher => lang.pick("派遣员", "Dispatcher"),
        Role::Handler => lang.pick("处置人员", "Handler"),
        Role::Supervisor => lang.pick("督查", "Supervisor"),
        Role::Administrator => lang.pick("管理员", "Administrator"),
    }
}

/// What an operation of this kind brings; none for a kind that this version doesn't know.
#[must_use]
pub fn operation(name: &str, lang: Lang) -> Option<&'static str> {
    Some(match name {
        kind::REPORT_FILE => lang.pick("上报", "Report"),
        kind::REPORT_AMEND => lang.pick("更正", "Correction"),
        kind::REPORT_WITHDRAW => lang.pick("撤回上报", "Withdrawal of a report"),
        kind::NOTE_ADD => lang.pick("补充说明", "More words"),
        kind::PHOTO_ADD => lang.pick("补充照片", "More photos"),
        kind::CASE_VERIFY => lang.pick("现场核实", "Finding before it is accepted"),
        kind::CASE_CHECK => lang.pick("现场核查", "Finding after it was handled"),
        kind::PATROL_MARK => lang.pick("巡查记录", "Tick on a round"),
        kind::CASE_CONTEST => lang.pick("提出异议", "Objection"),
        _ => return None,
    })
}

/// What was seen at a point of a round.
#[must_use]
pub const fn seen(seen: Seen, lang: Lang) -> &'static str {
    match seen {
        Seen::Fine => lang.pick("正常", "Fine"),
        Seen::Trouble => lang.pick("有问题", "Trouble"),
        Seen::Unreached => lang.pick("去不了", "Not reached"),
    }
}

/// What is wrong with a round, to stand in a sentence.
#[must_use]
pub const fn round_fault(fault: RoundFault, lang: Lang) -> &'static str {
    match fault {
        RoundFault::Name => lang.pick(
            "路线和每个点位都要有名称，最多60字",
            "The round and each point need a name of at most 60 characters",
        ),
        RoundFault::Points => lang.pick("一条路线要有1到200个点位", "A round has 1 to 200 points"),
        RoundFault::Twice => lang.pick(
            "有两个点位同名，请改一个",
            "Two points go by one name; change one",
        ),
        RoundFault::Place => lang.pick("有点位的坐标不对", "A point has no place on the globe"),
    }
}

/// Words for a fault of a report or an operation by its code: what is wrong, then what to do.
#[must_use]
pub fn fault(code: &str, lang: Lang) -> &'static str {
    match code {
        "place_range" => lang.pick("位置不对，请在图上重新定位。", "The position is out of range. Set the pin again."),
        "contact_too_long" => lang.pick("联系人或电话太长，各最多30字。", "Contact and phone hold at most 30 characters each. Shorten them."),
        "text_too_long" => lang.pick("文字超过4000字，请删减。", "The text is longer than 4,000 characters. Shorten it."),
        "place_words_too_long" => lang.pick("地点说明超过200字，请删减。", "The words for the place are too long. Shorten them."),
        "too_many_photos" => lang.pick("照片最多9张，请去掉几张。", "At most 9 photos. Remove some."),
        "photo_too_large" => lang.pick("照片超过20兆，请换一张。", "A photo is larger than 20 MB. Choose another."),
        "photo_twice" => lang.pick("同一张照片加了两次，请去掉一张。", "The same photo is there twice. Remove one."),
        "photo_missing" => lang.pick("这类事项需要照片，请拍一张。", "This category needs a photo. Take one."),
        "category_unknown" => lang.pick("类别不在目录里，已转人工确认，不用重报。", "The category is not in the catalogue. A person will look at it; no need to file again."),
        "condition_unknown" => lang.pick("立案条件与类别不符，已转人工确认，不用重报。", "The condition does not fit the category. A person will look at it; no need to file again."),
        "emergency_only" => lang.pick("这类事项只在急时上报，现在没有对应的平急转换令；请改选类别，已送出的转人工确认。", "This category is for emergencies, and no order is in force. Choose another; what was sent is with a person."),
        "catalogue_unknown" => lang.pick("目录版本不认识，已转人工确认，不用重报。", "The catalogue version is unknown. A person will look at it; no need to file again."),
        "kind_unknown" => lang.pick("本服务器还不认识这种操作，已保存待确认。", "This server does not know this kind of operation yet. It is kept for a person."),
        "payload_malformed" => lang.pick("内容无法读懂，已保存待人工确认。", "The content could not be read. It is kept for a person."),
        "hash_mismatch" => lang.pick("内容与校验值不符，已保存待人工确认。", "The content does not fit its hash. It is kept for a person."),
        "chain_broken" => lang.pick("操作顺序对不上，已保存待人工确认。", "The device's chain does not fit. It is kept for a person."),
        "signature_missing" => lang.pick("这台设备应当签名而没有签名，已保存待人工确认。", "This device signs what it sends, and this was not signed. It is kept for a person."),
        "signature_wrong" => lang.pick("签名与设备不符，已保存待人工确认。", "The signature is not this device's. It is kept for a person."),
        "seq_reused" => lang.pick("同一序号用了两次，已报警并保存。", "A number was used twice. An alarm was raised; both are kept."),
        "receipt_malformed" => lang.pick("这不是一张回执，请核对文件。", "This is not a receipt. Check the file."),
        "receipt_version" => lang.pick("回执版本较新，请升级后再核验。", "The receipt is of a later version. Update, then check again."),
        "receipt_other_key" => lang.pick("回执不是用这把公钥签的，请核对公钥。", "The receipt was signed by another key. Check which key it should be."),
        "receipt_signature" => lang.pick("签名不符：回执被改动过，不能作为凭据。", "The signature does not fit: the receipt was changed and proves nothing."),
        "addition_empty" => lang.pick("没有写内容，请补充。", "It says nothing. Add words."),
        "reason_missing" => lang.pick("撤回要写明原因。", "Say why it is withdrawn."),
        "why_missing" => lang.pick("请写明原因。", "Say why."),
        "before_photo_missing" => lang.pick("现场处置要有处理前的照片，请补一张，或把一张标为“处理前”。", "A fix on the spot needs a photo from before. Add one, or mark one as “before”."),
        "after_photo_missing" => lang.pick("现场处置要有处理后的照片，请补一张，或把一张标为“处理后”。", "A fix on the spot needs a photo from after. Add one, or mark one as “after”."),
        "patrol_unknown" => lang.pick("目录里没有这条巡查路线或点位，已保存待人工确认。", "The round or its point is not in the catalogue. It is kept for a person."),
        "note_too_long" => lang.pick("说明最多200字，请删减；说不完的请上报。", "The note is longer than 200 characters. Shorten it, or file a report."),
        "late_finding" => lang.pick("结果已记入办理经过。", "What was found stands in the course of the case."),
        "contest_late" => lang.pick("结案已超过72小时，异议已保存，由工作人员决定。", "It was closed more than 72 hours ago. The objection is kept for a person."),
        "contest_again" => lang.pick("已提过两次异议，这次的已保存，由工作人员决定。", "It was contested twice already. The objection is kept for a person."),
        "contest_not_possible" => lang.pick("这件事不是正常结案，异议已保存，由工作人员决定。", "It did not end by being put right. The objection is kept for a person."),
        "reason_too_long" => lang.pick("原因超过1000字，请删减。", "The reason is longer than 1,000 characters. Shorten it."),
        "photos_full" => lang.pick("这件事的照片已满36张，新照片的信息已保存待人工确认。", "The case has 36 photos. What came is kept for a person."),
        "subject_unknown" => lang.pick("要补充的上报还在人工确认，补充内容已一并保存。", "The report it belongs to is with a person. The addition is kept beside it."),
        "not_yours" => lang.pick("不是本人上报，也不在本人网格内，已保存待人工确认。", "It is neither your report nor in your grid. It is kept for a person."),
        "case_closed" => lang.pick("事件已结案，内容已保存待人工确认。", "The case is closed. What came is kept for a person."),
        "held" => lang.pick("等前面的内容先送达，会自动再发。", "It waits for what comes before it and goes again by itself."),
        "id_reused" => lang.pick("同一编号内容不同，已报警并保存。", "The same id came with other content. An alarm was raised; both are kept."),
        "settled" => lang.pick("已由工作人员处理。", "The office has dealt with it."),
        "not_in_office" => lang.pick("上报时已不在岗，已保存待人工确认。", "The maker held no post at that time. It is kept for a person."),
        "device_lost" => lang.pick("手机已挂失，内容已保存待人工确认。", "The handheld was reported lost. What it sent is kept for a person."),
        "wrong_person" => lang.pick("操作人与设备不符，已保存待人工确认。", "The maker is not the device's person. It is kept for a person."),
        _ => lang.pick("需要人工确认，已保存。", "A person has to look at it. It is kept."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_operation_has_words_of_its_own_in_both_languages() {
        for lang in [Lang::Zh, Lang::En] {
            let mut words: Vec<&str> = kind::ALL
                .iter()
                .filter_map(|name| operation(name, lang))
                .collect();
            words.sort_unstable();
            words.dedup();
            assert_eq!(words.len(), kind::ALL.len(), "{words:?}");
        }
        assert_eq!(operation("report.of_a_later_version", Lang::Zh), None);
    }
}
