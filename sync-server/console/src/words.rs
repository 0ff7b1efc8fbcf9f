//! The words of the console, Chinese first and English second. Words that handheld and server
//! share (states, moves, roles, faults) are in `shared::label`.
//!
//! Say what happened, then what to do. No exclamation marks, no codes without their words.

use shared::label::{self, Lang};
use shared::report::{PhotoRole, PlaceSource};
use shared::role::{PostKind, Role};

/// One thing said in both languages.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Word(&'static str, &'static str);

impl Word {
    /// The word in a language.
    pub(crate) const fn of(self, lang: Lang) -> &'static str {
        lang.pick(self.0, self.1)
    }
}

macro_rules! words {
    ($($name:ident: $zh:literal, $en:literal;)*) => {
        $(pub(crate) const $name: Word = Word($zh, $en);)*
    };
}

mod archive;
mod catalogue;
mod patrols;
mod people;

pub(crate) use archive::*;
pub(crate) use catalogue::*;
pub(crate) use patrols::*;
pub(crate) use people::*;
mod life;

pub(crate) use life::*;

// The frame.
words! {
    PRODUCT: "格物", "Gewu";
    MOTTO: "人在格中走，事在网中办", "People walk the grid, matters are settled in the net";
    SKIP: "跳到正文", "Skip to content";
    NAV: "主菜单", "Main menu";
    TODO: "待办", "Work lists";
    QUARANTINE: "待人工确认", "Quarantine";
    DEVICES: "手机", "Devices";
    PEOPLE: "人员", "People";
    LANGUAGE: "English", "中文";
    SIGN_OUT: "退出", "Sign out";
    RETRY: "重试", "Try again";
    CANCEL: "取消", "Cancel";
    CLOSE: "关闭", "Close";
    SAVE: "保存", "Save";
    LOADING: "正在读取", "Loading";
    NEXT_PAGE: "下一页", "Next page";
    FIRST_PAGE: "回到第一页", "First page";
    NO_SUCH_PAGE: "没有这一页", "There is no such page";
    NOT_OPEN: "这一页不在您的职责或辖区内", "This page is outside your role or area";
    TO_LIST: "回到待办", "Back to the work lists";
    UNREACHABLE: "连不上服务器。请检查网络，再试一次。", "The server can't be reached. Check the network and try again.";
    UNREADABLE: "服务器的回答读不懂。请重试；若仍如此，请联系管理员。", "The server's answer could not be read. Try again; if it stays so, tell the administrator.";
    NOT_FOUND: "找不到，或者不在您的范围内。", "It isn't there, or not in your area.";
    STALE_SCREEN: "显示的是之前的内容。", "What you see is from before.";
    UPDATED: "更新于", "Updated";
    JUST_NOW: "刚刚", "just now";
    REQUIRED: "必填", "required";
    OPTIONAL: "可不填", "optional";
}

// Statistics.
words! {
    STATISTICS: "统计", "Statistics";
    STATISTICS_WHAT: "只统计单位、地区和派遣台，不统计个人。", "Units, places and desks are counted, never a person.";
    STATISTICS_BY: "统计对象", "Of what";
    STATISTICS_UNITS: "责任单位", "Units";
    STATISTICS_STREETS: "街道", "Streets";
    STATISTICS_COMMUNITIES: "社区", "Communities";
    STATISTICS_DESKS: "派遣台", "Dispatch desks";
    STATISTICS_PERIOD: "统计时段", "Period";
    STATISTICS_THIS_MONTH: "本月", "This month";
    STATISTICS_LAST_MONTH: "上月", "Last month";
    STATISTICS_CUSTOM: "自选", "Other days";
    STATISTICS_FROM: "起日", "First day";
    STATISTICS_TO: "止日", "Last day";
    STATISTICS_UNTIL: "至", "to";
    STATISTICS_CODE: "编码", "Code";
    STATISTICS_NAME: "名称", "Name";
    STATISTICS_SCORE: "得分", "Score";
    STATISTICS_GRADE: "等级", "Grade";
    STATISTICS_GRADES: "90分起为A，75分起为B，60分起为C，40分起为D，以下为E。", "A from 90 points, B from 75, C from 60, D from 40, E below.";
    STATISTICS_NO_SCORE: "本期没有可计分的案件。", "Nothing in this period makes a score.";
    STATISTICS_TOTAL: "合计", "All";
    STATISTICS_PART: "分子", "part";
    STATISTICS_WHOLE: "分母", "whole";
    STATISTICS_EXEMPT: "其中申诉豁免", "of these exempt by appeal: ";
    STATISTICS_TAP: "点任一数字，这里显示公式和算式。", "Tap a number: its formula and arithmetic appear here.";
    STATISTICS_CSV: "导出表格", "Export CSV";
    STATISTICS_PRINT: "打印", "Print";
    STATISTICS_EMPTY: "这段时间没有可统计的案件。", "Nothing was counted in this period.";
    STATISTICS_EMPTY_HOW: "换一个时段或统计对象再看。", "Choose another period or something else to count.";
}

// Cases that may be one, and places where trouble comes again.
words! {
    SIMILAR: "相似事件", "Similar cases";
    SIMILAR_WHAT: "附近还有可能是同一件事的案件。由人决定是否并案；并案后各人的上报和照片都保留。", "Nearby cases that may be the same matter. A person decides; after a merge every report and photo is kept.";
    SIMILAR_NAMED: "上报人注明同一件", "The worker says it is the same";
    SIMILAR_SAME: "很可能同一件", "Most likely the same";
    SIMILAR_PERHAPS: "可能同一件", "Perhaps the same";
    SIMILAR_OTHER: "不像同一件", "Not alike";
    MERGE_INTO: "并入此案", "Merge into it";
    REPEATED: "反复发生", "Again and again";
    REPEATED_WHAT: "90天内，50米范围里同一大类的案件有三件以上的地点。光处置一件不够，要查清原因。", "Places with three cases or more of one group within 50 m in 90 days. Settling one more is not enough there: look for the cause.";
    REPEATED_EMPTY: "没有反复发生的地点", "No place has come up again and again";
    REPEATED_PLACE: "地点", "Place";
    REPEATED_TROUBLE: "事由", "Trouble";
    REPEATED_TIMES: "次数", "How often";
    REPEATED_BETWEEN: "起止", "From and to";
    REPEATED_CASES: "案件", "Cases";
    REPEATED_SHOW: "看案件", "Show the cases";
    NEAR_ONLY: "只看一处地点", "One place only";
}

// The courier.
words! {
    COURIER: "信使文件", "Courier file";
    COURIER_WHAT: "手机没有网络时可以导出 .gewu 文件。在这里送达，再把回执文件带回那台手机。文件只有服务器能读；重复送达没有坏处。", "A handheld without a network can export .gewu files. Deliver them here and carry the answers back to that handheld. Only the server can read them; delivering one twice does no harm.";
    COURIER_FILE: "选择文件", "Choose the file";
    FILE_MISSING: "请先选文件。", "Choose a file first.";
    COURIER_DELIVER: "送达", "Deliver";
    COURIER_DONE: "已送达（条/照片）：", "Delivered (entries / photos):";
    COURIER_ANSWER: "保存回执文件", "Save the answer";
}

// Signing in.
words! {
    SIGN_IN: "登录", "Sign in";
    SIGNING_IN: "正在登录", "Signing in";
    LOGIN: "用户名", "User name";
    PASSWORD: "密码", "Password";
    SIGN_IN_HINT: "忘记密码请联系本单位管理员。", "Forgotten the password? Ask your administrator.";
    SIGN_IN_BOTH: "请填写用户名和密码。", "Fill in user name and password.";
}

// The list.
words! {
    ALL_CASES: "全部案件", "All cases";
    FILTERED: "筛选结果", "Filtered cases";
    DEADLINE: "期限", "Deadline";
    PLACE: "地点", "Place";
    MATTER: "事项", "Matter";
    STATE: "状态", "State";
    UNIT: "责任单位", "Unit";
    CASE_NO: "编号", "Number";
    OPENED: "上报时间", "Opened";
    SEARCH: "搜索文字、编号或短码", "Search words, number or short code";
    SEARCH_SHORT: "搜索", "Search";
    MORE_FILTERS: "更多筛选", "More filters";
    CLEAR_FILTERS: "清除筛选", "Clear filters";
    ANY_STATE: "全部状态", "Any state";
    OPEN_CASES: "未结案", "Open";
    AREA: "地区", "Area";
    CATEGORY: "类别", "Category";
    FROM: "上报从", "Opened from";
    TO: "上报到", "Opened to";
    LATE_ONLY: "只看超期", "Late only";
    SORT: "排序", "Order";
    SORT_DEADLINE: "最急在前", "Most pressing first";
    SORT_PART: "协办最急在前", "Most pressing part first";
    SORT_OPENED: "最新在前", "Newest first";
    KEYS: "键盘：j、k 上下，回车打开，/ 搜索", "Keyboard: j, k up and down, Enter opens, / searches";
    ON_PAGE: "本页", "On this page";
    CASES: "件", "cases";
    EMPTY_LIST: "这里暂时没有案件。", "There is no case here.";
    EMPTY_LIST_HOW: "网格员上报后，系统会按规则派给责任单位；轮到您办的会自动出现在这里。", "When a grid worker files a report it is routed by rule; what waits for you appears here by itself.";
    EMPTY_FILTER: "没有符合筛选条件的案件。", "No case fits these filters.";
    EMPTY_FILTER_HOW: "放宽或清除筛选条件再看。", "Widen or clear the filters.";
    SELF_FIXED: "现场自处置", "Fixed on the spot";
    PHOTOS_SHORT: "照片", "Photos";
    GREEN: "正常", "On time";
    YELLOW: "将到期", "Due soon";
    RED: "超期", "Late";
    IN_TIME: "按期", "In time";
    NOT_IN_TIME: "超期", "Late";
    NO_CLOCK: "未计时", "No clock";
    NO_CLOCK_WHY: "派遣给责任单位后才开始计时。", "The clock starts when the case is dispatched to a unit.";
    NO_PART_CLOCK_WHY: "这项协办没有时限。", "This part has no deadline.";
}

// A case.
words! {
    CASE: "案件", "Case";
    SHORT_CODE: "短码", "Short code";
    REPORTER: "上报人", "Reporter";
    SEEN_AT: "发现时间", "Seen";
    RECEIVED_AT: "送达时间", "Received";
    CONDITION: "立案条件", "Condition";
    CLOSING: "结案条件", "Counts as settled when";
    WORDS_OF_WORKER: "情况说明", "Description";
    NO_TEXT: "没有文字说明。", "No words were given.";
    PHOTOS: "照片", "Photos";
    NO_PHOTOS: "没有照片。", "No photos.";
    PHOTO_OWED: "照片还在手机上，联网后自动补传。", "Still on the handheld; it comes when there is a network.";
    PHOTO_PREVIEW: "预览", "Preview";
    PHOTO_PREVIEW_WHY: "原图还在手机上，联网后自动补传。", "The photo itself is still on the handheld; it comes when there is a network.";
    PHOTO_GONE: "原图已不在手持端", "The original is on no handheld any more";
    PHOTO_GONE_WHY: "服务器从备份恢复时缺了这张原图，手持端也只留有预览；后台添加的照片，手持端没有，可再添加一次。不再等待补传。", "The server came back from a backup without this photo, and its handheld kept only the preview. One that was added in the console was on no handheld; it may be added again. Nobody waits for it any more.";
    PHOTO_BROKEN: "照片打不开，请重试。", "The photo can't be opened. Try again.";
    PHOTO_OPEN: "放大", "Enlarge";
    PREVIOUS: "上一张", "Previous";
    NEXT: "下一张", "Next";
    PREVIOUS_CASE: "上一件", "Previous case";
    NEXT_CASE: "下一件", "Next case";
    MAP: "位置", "Place";
    MAP_LABEL: "位置图：网格界线和上报点", "Map: outlines of grids and the reported point";
    MAP_OFF: "位置数据读不出，只能看文字。", "The position can't be drawn; see the words.";
    ZOOM_IN: "放大", "Zoom in";
    ZOOM_OUT: "缩小", "Zoom out";
    GRID: "所在网格", "Grid";
    GRID_DOUBT: "定位误差内还可能属于", "Within the accuracy it could also be";
    OUTSIDE: "不在任何网格内", "In no grid";
    ACCURACY: "定位误差", "Accuracy";
    METRES: "米", "m";
    COORDINATES: "坐标", "Coordinates";
    DECISION: "派遣依据", "Why this unit";
    RULE: "规则", "Rule";
    LEAD: "主办", "Lead";
    ASSISTING: "协办", "Assisting";
    LIMIT: "时限", "Limit";
    NEEDS_PERSON: "规则没有找到责任单位，需要人工派遣。", "No rule found a unit. A person has to dispatch it.";
    DIFFERS: "与手机上预览的不同", "Differs from the preview on the handheld";
    COURSE: "办理经过", "Course";
    GIVEN_TO: "派给", "Given to";
    DUE_BY: "应于", "Due by";
    REPORTER_LEFT: "上报时在岗，现已离岗", "In office when filing, left since";
    CLOCK_SKEW: "手机时钟偏差", "The handheld's clock is off by";
    MOVES: "办理", "What you can do";
    NO_MOVES: "这件事现在不用您办。", "Nothing is waiting for you here.";
    MOVE_DONE: "已办理", "Done";
    NOTE: "说明", "Note";
    WHAT_WAS_DONE: "处置情况", "What was done";
    WHY_BACK: "退回理由", "Why it is handed back";
    WHY_REWORK: "返工要求", "What has to be done again";
    WHY_WITHDRAW: "为什么撤回", "Why it is withdrawn";
    UNIT_SEARCH: "派给哪个单位", "To which unit";
    CONFIRM: "确认", "Confirm";
    SENDING: "正在提交", "Sending";
    REASON_NEEDED: "请写明理由。", "Give a reason.";
    POOL: "待认领", "Pool";
}

// Conflict.
words! {
    CONFLICT: "这件案件刚刚被别人办理过，您的操作没有提交", "Somebody moved this case just now; yours was not made";
    CONFLICT_SEEN: "您看的时候，这件案件又有了变化", "The case changed while you were looking at it";
    CONFLICT_HOW: "请对照两个版本，再决定是否继续。您写的内容还在。", "Compare both versions and decide whether to go on. What you wrote is kept.";
    YOU_SAW: "您看到的", "What you saw";
    IT_IS_NOW: "现在的", "What it is now";
    SINCE_THEN: "这之间发生了", "What happened in between";
    GO_ON: "按现在的继续", "Go on with it as it is now";
    GIVE_UP: "放弃我的操作", "Drop what I was doing";
    REVISION: "版本", "Revision";
    NOT_ANY_MORE: "按现在的状态，已不能再做这一步。", "As it stands now this step is no longer possible.";
}

// Pickers.
words! {
    PICK_HINT: "输入名称查找", "Type to search";
    PICK_NONE: "没有找到，换个说法试试。", "Nothing found. Try other words.";
    PICK_MORE: "还有更多，请再输入几个字。", "There are more. Type a little more.";
    PICK_CLEAR: "清除", "Clear";
    PICK_FAILED: "可选的内容没有取到。", "What can be chosen could not be fetched.";
}

// Quarantine.
words! {
    QUARANTINE_WHAT: "手机送来、系统不能自动受理的内容都保存在这里，一条也不会丢，等人确认。", "Whatever a handheld sent and the system could not take by itself is kept here for a person; nothing is lost.";
    QUARANTINE_EMPTY: "没有需要确认的内容。", "Nothing waits for a person.";
    QUARANTINE_EMPTY_HOW: "校验不符、类别不认识、编号重复等情况会出现在这里。", "Content with a wrong hash, an unknown category or a reused id would appear here.";
    UNKNOWN_PERSON: "不明", "unknown";
    RAW: "原文", "As it came";
    RESOLVE: "处理完毕", "Settle";
    RESOLVE_NOTE: "怎么处理的（上报人会看到）", "What was done about it (its reporter reads it)";
    RESOLVED: "已处理", "Settled";
    SHOW_SETTLED: "也看已处理的", "Also what is settled";
    WAITING: "待处理", "Waiting";
    OP_KIND: "操作", "Operation";
    MADE_AT: "手机时间", "By the device's clock";
    UNREADABLE_BODY: "内容不是可读的格式，见原文。", "The content can't be laid out; see it as it came.";
}

// Devices.
words! {
    DEVICES_WHAT: "每台手机做了多少、到了多少、还欠多少。", "What each handheld made, what arrived and what is still owed.";
    DEVICES_EMPTY: "还没有绑定的手机。", "No handheld is enrolled yet.";
    DEVICES_EMPTY_HOW: "管理员开出一次性绑定码，网格员在手机上输入后就会出现在这里。", "An administrator makes a one-time code; when a worker types it in, the handheld appears here.";
    DEVICE: "手机", "Device";
    CARRIED_BY: "使用人", "Carried by";
    LAST_SEEN: "最近联系", "Last seen";
    NEVER: "从未", "never";
    MADE: "做了", "Made";
    RECEIVED: "到了", "Received";
    NOT_HERE: "未送达", "Not here yet";
    PHOTOS_OWED: "欠照片", "Photos owed";
    PHOTOS_GONE: "原图已不在手持端", "Originals on no handheld any more";
    ROOM_NEAR: "案件快满", "Nearly full of cases";
    ROOM_LEFT_OUT: "案件或网格太多，未下发的网格", "Too many cases or grids; grids left out";
    OWED_FOR: "最久欠了", "Owed for";
    MISSING: "缺", "missing";
    ALL_HERE: "全部到齐", "All here";
    OWES: "还有未送达", "Still owes";
    HAS_GAP: "中间有缺", "Gap in the middle";
    GAP_WHY: "到了的序号中间缺了几条，会自动补传；超过一天请联系使用人。", "Numbers are missing in between. They are sent again; after a day, call the worker.";
    NEW_CODE: "开绑定码", "New enrolment code";
    FOR_WHOM: "给谁用", "For whom";
    MAKE_CODE: "生成", "Make the code";
    CODE_IS: "绑定码", "Enrolment code";
    CODE_ONCE: "只显示这一次，请现在在手机上输入。", "Shown only this once. Type it into the handheld now.";
    LOST: "已挂失", "Lost";
    MARK_LOST: "挂失", "Mark as lost";
    MARK_LOST_SURE: "确定挂失：收完后锁死", "Sure: lock it once drained";
    MARK_FOUND: "取消挂失", "Found again";
    AUDIT: "审计", "Audit";
    AUDIT_WHAT: "谁在什么时候做了什么：登录、绑定、人员、挂失、人工确认、导出。", "Who did what and when: sign-ins, enrolments, people, lost handhelds, quarantine, exports.";
    AUDIT_PERSON: "姓名或用户名", "Name or user name";
    AUDIT_ALL_DEEDS: "全部", "Everything";
    AUDIT_FROM: "从", "From";
    AUDIT_TO: "到", "To";
    AUDIT_SEARCH: "查询", "Search";
    AUDIT_EMPTY: "还没有记录。", "Nothing is noted yet.";
    AUDIT_NONE: "没有符合条件的记录。", "No entry fits the search.";
    AUDIT_NONE_HOW: "放宽条件再查。", "Search for less.";
    AUDIT_WHEN: "时间", "When";
    AUDIT_WHO: "谁", "Who";
    AUDIT_DEED: "做了什么", "What";
    AUDIT_SUBJECT: "对象", "On what";
    AUDIT_NOBODY: "（命令行或未知）", "(command line or unknown)";
    DEED_SIGN_IN: "登录", "Signed in";
    DEED_SIGN_IN_FAILED: "登录失败", "Failed to sign in";
    DEED_SIGN_OUT: "退出", "Signed out";
    DEED_SIGN_OUT_ALL: "退出全部登录", "Ended all sessions";
    DEED_CODE: "生成绑定码", "Made a code";
    DEED_ENROL: "绑定手机", "Bound a handheld";
    DEED_ENROL_FAILED: "绑定码不对", "Tried a wrong code";
    DEED_PERSON: "添加人员", "Added a person";
    DEED_KEPT: "转人工确认", "Kept for a person";
    DEED_SETTLED: "处理待确认", "Settled quarantine";
    DEED_LOST: "挂失手机", "Marked a handheld as lost";
    DEED_FOUND: "取消挂失", "Marked it as found";
    DEED_TOLD: "挂失手机已联系", "A lost handheld came";
    DEED_TOKEN: "手机更新令牌", "A handheld renewed its token";
    DEED_TOKEN_REFUSED: "手机令牌未更新", "A renewal was refused";
    DEED_ARCHIVE: "导出存档", "An archive was written";
    DEED_KEY_REPLACED: "手机换了密钥", "A handheld came with another key";
    DEED_COURIER: "送达信使文件", "A courier file was delivered";
    DEED_COURIER_REFUSED: "信使文件未收下", "A courier file was refused";
    DEED_BACKUP: "备份数据库", "The database was backed up";
    DEED_RESTORED: "从备份恢复", "The database was restored";
    END_SESSIONS: "退出全部", "End all";
    SESSIONS_ENDED: "已全部退出。", "All are ended.";
    CODE_QR: "绑定码二维码", "The code as a QR code";
    CODE_WHOLE: "扫一扫，或整段粘贴到手机的“绑定码”里：含服务器地址和证书指纹。", "Scan it, or paste all of it as the code: it holds the server's address and its certificate's fingerprint.";
    VALID_UNTIL: "有效到", "Valid until";
    PERSON_NEEDED: "请选择使用人。", "Choose a person.";
}

// Receipts.
words! {
    RECEIPTS: "回执", "Receipts";
    RECEIPTS_WHAT: "粘贴手机上的回执，核验它是不是本服务器签的。核验只在这台电脑上进行。", "Paste a receipt from a handheld to check that this server signed it. It is checked on this computer only.";
    RECEIPT_TEXT: "回执内容", "The receipt";
    RECEIPT_KEY: "服务器公钥", "The server's public key";
    RECEIPT_KEY_WRONG: "公钥是64位十六进制数字，请核对。", "The key is 64 hex digits. Check it.";
    RECEIPT_KEY_FAILED: "服务器公钥没有取到，也可以自己填写。", "The server's key could not be fetched; you may also fill it in yourself.";
    RECEIPT_CHECK: "核验", "Check";
    RECEIPT_GOOD: "回执有效", "The receipt is good";
    RECEIPT_BAD: "回执无效", "The receipt proves nothing";
    RECEIPT_AT: "收到时间", "Received";
}

/// What a photo shows.
pub(crate) const fn photo_role(role: PhotoRole) -> Word {
    match role {
        PhotoRole::Near => Word("近景", "Near"),
        PhotoRole::Far => Word("远景", "Far"),
        PhotoRole::Before => Word("处理前", "Before"),
        PhotoRole::After => Word("处理后", "After"),
        PhotoRole::Other => Word("其他", "Other"),
    }
}

/// Where a position came from.
pub(crate) const fn place_source(source: PlaceSource) -> Word {
    match source {
        PlaceSource::Gps => Word("手机定位", "by the handheld's receiver"),
        PlaceSource::Exif => Word("照片里的位置", "from the photo"),
        PlaceSource::Pin => Word("手工标点", "pin set by hand"),
        PlaceSource::Typed => Word("手工输入", "typed"),
    }
}

/// What a deed of the audit is called; none for one of a later server.
pub(crate) fn deed(action: &str) -> Option<Word> {
    let known = DEEDS.iter().find(|(name, _)| *name == action);
    known.map(|(_, word)| *word)
}

/// What can be noted, as stored, in the order of a picker.
pub(crate) const DEEDS: [(&str, Word); 37] = [
    ("session.open", DEED_SIGN_IN),
    ("session.fail", DEED_SIGN_IN_FAILED),
    ("session.close", DEED_SIGN_OUT),
    ("session.close_all", DEED_SIGN_OUT_ALL),
    ("device.code", DEED_CODE),
    ("device.enrol", DEED_ENROL),
    ("device.enrol_fail", DEED_ENROL_FAILED),
    ("person.add", DEED_PERSON),
    ("post.give", DEED_POST_GIVEN),
    ("post.end", DEED_POST_ENDED),
    ("person.close", DEED_CLOSED),
    ("person.open", DEED_OPENED),
    ("password.give", DEED_PASSWORD_GIVEN),
    ("password.change", DEED_PASSWORD_CHANGED),
    ("password.refuse", DEED_PASSWORD_REFUSED),
    ("quarantine.keep", DEED_KEPT),
    ("quarantine.settle", DEED_SETTLED),
    ("device.lost", DEED_LOST),
    ("device.found", DEED_FOUND),
    ("device.told_lost", DEED_TOLD),
    ("device.token", DEED_TOKEN),
    ("device.token_refuse", DEED_TOKEN_REFUSED),
    ("courier.deliver", DEED_COURIER),
    ("catalogue.draft", DEED_DRAFT),
    ("catalogue.edit", DEED_DRAFT_EDIT),
    ("catalogue.import", DEED_DRAFT_IMPORT),
    ("catalogue.drop", DEED_DRAFT_DROP),
    ("catalogue.publish", DEED_PUBLISH),
    ("order.give", DEED_ORDER),
    ("order.end", DEED_ORDER_END),
    ("backup.make", DEED_BACKUP),
    ("backup.restore", DEED_RESTORED),
    ("courier.refuse", DEED_COURIER_REFUSED),
    ("archive.make", DEED_ARCHIVE),
    ("contact.read", DEED_CONTACT_READ),
    ("contact.erase", DEED_CONTACT_ERASED),
    ("device.key_replaced", DEED_KEY_REPLACED),
];

/// The grade of a grid post.
pub(crate) const fn post_kind(kind: PostKind) -> Word {
    match kind {
        PostKind::Worker => Word("网格员", "Grid worker"),
        PostKind::Head => Word("网格长", "Grid head"),
        PostKind::ExclusiveWorker => Word("专属网格员", "Worker of an exclusive grid"),
        PostKind::Assistant => Word("网格助理", "Assistant"),
        PostKind::Office => Word("机关岗位", "Office"),
    }
}

/// To whom a page is open, said to somebody to whom it isn't, and what to do.
pub(crate) fn who_may(roles: &[Role], whole: bool, lang: Lang) -> String {
    let roles: Vec<&str> = roles.iter().map(|one| label::role(*one, lang)).collect();
    let roles = roles.join(lang.pick("、", ", "));
    match (lang, whole) {
        (Lang::Zh, true) => format!("它对岗位管全区的人开放：{roles}。如果需要，请联系区管理员。"),
        (Lang::Zh, false) => format!("它对这些岗位开放：{roles}。如果需要，请联系管理员。"),
        (Lang::En, true) => format!(
            "It is open to posts for the whole district: {roles}. Ask an administrator of the district if you need it."
        ),
        (Lang::En, false) => {
            format!("It is open to: {roles}. Ask an administrator if you need it.")
        }
    }
}
