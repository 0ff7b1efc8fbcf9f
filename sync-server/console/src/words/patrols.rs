//! The words of rounds: what was seen on them, and how they are made.

use super::Word;
use shared::label::Lang;

// What was seen.
words! {
    PATROLS: "巡查", "Rounds";
    PATROLS_WHAT: "每条路线当天各点位的情况，和在点位上报的案件。只按点位和时间看，不看谁走了、怎么走的。", "What was seen that day at each point of each round, and the cases of what was reported there. By point and time, never by who went or how.";
    PATROLS_DAY: "日期", "Day";
    PATROLS_EMPTY: "这里还没有巡查路线。", "There is no round here.";
    PATROLS_EMPTY_HOW: "路线由区管理员起草、发布；发布后手持端下次联网时取得。", "An administrator of the district drafts and publishes rounds; handhelds fetch them at their next contact.";
    PATROLS_CHANGE: "起草修改路线", "Draft a change of rounds";
    PATROLS_CHANGE_WHAT: "路线是目录的一部分：改动先在草稿里做，核对后发布。", "Rounds are part of the catalogue: they are changed in a draft, reviewed, then published.";
    PATROLS_CHANGE_NAME: "调整巡查路线", "Change of rounds";
    PATROL_TICKED: "已巡", "Ticked";
    PATROL_RETIRED: "已停用", "Retired";
    PATROL_POINT: "点位", "Point";
    PATROL_GRID: "所在网格", "Grid";
    PATROL_SEEN: "情况", "Seen";
    PATROL_CASES: "上报的案件", "Cases reported there";
    PATROL_NOT_YET: "未巡", "Not ticked";
    PATROL_EARLIER: "更早的", "Earlier";
}

// Making rounds, in a draft.
words! {
    ROUNDS: "巡查路线", "Rounds";
    ROUNDS_WHAT: "停用的路线不再出现在手持端，已有的记录永久保留。", "A retired round is no longer on handhelds; what was ticked on it is kept.";
    ROUNDS_EMPTY: "草稿里没有巡查路线。", "The draft has no rounds.";
    ROUNDS_EMPTY_HOW: "按“新建路线”加第一条。", "Add the first with “New round”.";
    ROUND_NEW: "新建路线", "New round";
    ROUND_CHANGE: "修改", "Change";
    ROUND_RETIRE: "停用", "Retire";
    ROUND_AGAIN: "恢复", "Bring back";
    ROUND_NAME: "路线名称", "Name";
    ROUND_AREA: "所属地区", "Area";
    ROUND_POINTS: "点位，按行走顺序每行一个", "Points in the order to walk, one a line";
    ROUND_POINTS_HINT: "每行写：名称，纬度，经度，看什么（可不填）。坐标用WGS-84，可从表格粘贴。名称不变的点位，记录接着原来的。", "Each line: name, latitude, longitude, what to look at (may be left out). WGS-84; may be pasted from a table. A point that keeps its name keeps its ticks.";
    ROUND_SAVE: "存入草稿", "Put into the draft";
}

/// A line that is no point.
pub(crate) fn point_line(line: usize, lang: Lang) -> String {
    match lang {
        Lang::Zh => format!("第{line}行读不懂，应为：名称，纬度，经度，看什么。"),
        Lang::En => format!("Line {line} is no point: name, latitude, longitude, what to look at."),
    }
}

/// How many points a round has.
pub(crate) fn points(count: usize, lang: Lang) -> String {
    match lang {
        Lang::Zh => format!("{count}个点位"),
        Lang::En if count == 1 => String::from("1 point"),
        Lang::En => format!("{count} points"),
    }
}

/// How many photos a case has; nothing when it has none.
pub(crate) fn photos(count: i64, lang: Lang) -> String {
    match (count, lang) {
        (..=0, _) => String::new(),
        (_, Lang::Zh) => format!("{count}张照片"),
        (1, Lang::En) => String::from("1 photo"),
        (_, Lang::En) => format!("{count} photos"),
    }
}
