//! The words of the handheld's screens: Chinese first, English by switch.
//!
//! Each constant is one phrase in both languages; what rules and both faces share (states, faults)
//! is in `shared::label`. Nothing here decides anything. Tests at the end.

use crate::state::state_word_in;
use shared::case::Class;
use shared::label::Lang;
use shared::report::{PhotoRole, PlaceSource};
use shared::time::{self, Timestamp};
use shared::wire::handheld::{Problem, ReportRow, ReportStatus, SyncState, SyncStatus};

/// One phrase in both languages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Word(&'static str, &'static str);

/// Says words in the language of the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Speaker(pub(crate) Lang);

impl Speaker {
    /// The phrase in this language.
    pub(crate) const fn say(self, word: Word) -> &'static str {
        self.0.pick(word.0, word.1)
    }

    /// A problem's words in this language; the Chinese ones where there are no others.
    pub(crate) fn problem(self, problem: &Problem) -> String {
        match self.0 {
            Lang::En if !problem.words_en.is_empty() => problem.words_en.clone(),
            _ => problem.words.clone(),
        }
    }

    /// A moment: 11月24日 10:30, or 24 Nov 10:30; with the year when it isn't this one.
    pub(crate) fn moment(self, at: Timestamp, now: Timestamp) -> String {
        match self.0 {
            Lang::Zh => at.show(now.china_year()),
            Lang::En => at.china().map_or_else(
                || String::from("unknown time"),
                |day| {
                    let year = at.china_year() != now.china_year();
                    day.format(if year {
                        "%-d %b %Y %H:%M"
                    } else {
                        "%-d %b %H:%M"
                    })
                    .to_string()
                },
            ),
        }
    }

    /// A length of time in two units at most.
    pub(crate) fn duration(self, ms: i64) -> String {
        let chinese = time::show_duration(ms);
        match self.0 {
            Lang::Zh => chinese,
            Lang::En => chinese
                .replace("不足1分", "under 1 min")
                .replace('天', " d ")
                .replace('时', " h ")
                .replace('分', " min")
                .trim_end()
                .to_owned(),
        }
    }

    /// How long until a deadline, or how late.
    pub(crate) fn remaining(self, deadline: Timestamp, now: Timestamp) -> String {
        let ms = deadline.since(now);
        let length = self.duration(ms);
        match (self.0, ms >= 0) {
            (Lang::Zh, true) => format!("距期限 {length}"),
            (Lang::Zh, false) => format!("已超期 {length}"),
            (Lang::En, true) => format!("due in {length}"),
            (Lang::En, false) => format!("late by {length}"),
        }
    }

    /// The one sentence that matters about sync.
    pub(crate) fn sync(self, sync: &SyncStatus) -> String {
        let (reports, photos) = (sync.operations_waiting, sync.photos_waiting);
        let zh = self.0 == Lang::Zh;
        let what = match (reports, photos) {
            (0, photos) if zh => format!("{photos} 张照片"),
            (reports, 0) if zh => format!("{reports} 件上报"),
            (reports, photos) if zh => format!("{reports} 件上报、{photos} 张照片"),
            (0, photos) => count(photos, "photo"),
            (reports, 0) => count(reports, "report"),
            (reports, photos) => {
                format!("{}, {}", count(reports, "report"), count(photos, "photo"))
            }
        };
        match sync.state {
            SyncState::NotEnrolled => self.say(SYNC_NOT_BOUND).to_owned(),
            SyncState::AllSent => self.say(SYNC_ALL_SENT).to_owned(),
            SyncState::Paused => self.say(SYNC_PAUSED).to_owned(),
            SyncState::Running if reports == 0 && photos == 0 => self.say(SYNC_ALL_SENT).to_owned(),
            SyncState::Running if zh => format!("正在发送{what}"),
            SyncState::Running => format!("Sending {what}"),
            SyncState::Waiting if reports == 0 && photos == 0 => {
                self.say(SYNC_NO_CONTACT).to_owned()
            }
            SyncState::Waiting if zh => format!("{what}已存本机，等待网络"),
            SyncState::Waiting => format!("{what} saved here, waiting for the network"),
        }
    }

    /// Where a report stands.
    pub(crate) fn status(self, row: &ReportRow) -> String {
        let number = row.case_no.as_deref().unwrap_or_default();
        match (row.status, self.0) {
            (ReportStatus::OnDevice, _) => self.say(STATUS_ON_DEVICE).to_owned(),
            (ReportStatus::Sending, _) => self.say(STATUS_SENDING).to_owned(),
            (ReportStatus::Delivered, _) => self.say(STATUS_DELIVERED).to_owned(),
            (ReportStatus::Accepted, Lang::Zh) => format!("已受理 编号 {number}"),
            (ReportStatus::Accepted, Lang::En) => format!("Accepted as {number}"),
            (ReportStatus::Closed, Lang::Zh) => format!("{} 编号 {number}", self.ended(row)),
            (ReportStatus::Closed, Lang::En) => format!("{}, {number}", self.ended(row)),
            (ReportStatus::Settled, _) => self.say(STATUS_SETTLED).to_owned(),
            (ReportStatus::NeedsAttention, _) => self.say(STATUS_ATTENTION).to_owned(),
        }
    }

    /// How a case ended: 已结案 or 已撤回.
    fn ended(self, row: &ReportRow) -> String {
        match row.state.as_deref().and_then(shared::case::state) {
            Some(state) if state.class == Class::Closed => state_word_in(state.name, self.0),
            _ => state_word_in(shared::case::CLOSED, self.0),
        }
    }

    /// What a photo shows.
    pub(crate) const fn photo_role(self, role: PhotoRole) -> &'static str {
        match role {
            PhotoRole::Near => self.0.pick("近景", "Near"),
            PhotoRole::Far => self.0.pick("远景", "Far"),
            PhotoRole::Before => self.0.pick("处理前", "Before"),
            PhotoRole::After => self.0.pick("处理后", "After"),
            PhotoRole::Other => self.0.pick("其他", "Other"),
        }
    }

    /// Where a position came from.
    pub(crate) const fn source(self, source: PlaceSource) -> &'static str {
        match source {
            PlaceSource::Gps => self.0.pick("手机定位", "From the receiver"),
            PlaceSource::Exif => self.0.pick("来自照片", "From the photo"),
            PlaceSource::Pin => self.0.pick("手动图钉", "Pin set by hand"),
            PlaceSource::Typed => self.0.pick("手工输入", "Typed in"),
        }
    }

    /// A number of bytes, in words people use.
    pub(crate) fn bytes(self, bytes: u64) -> String {
        const KILOBYTE: u64 = 1024;
        const MEGABYTE: u64 = 1024 * KILOBYTE;
        if bytes < MEGABYTE {
            return format!("{} KB", bytes.div_ceil(KILOBYTE));
        }
        let tenths = bytes.saturating_mul(10) / MEGABYTE;
        let number = format!("{}.{}", tenths / 10, tenths % 10);
        match self.0 {
            Lang::Zh => format!("{number} 兆"),
            Lang::En => format!("{number} MB"),
        }
    }

    /// A phrase with a number in the place of `{}`.
    pub(crate) fn with(self, word: Word, what: impl ToString) -> String {
        self.say(word).replacen("{}", &what.to_string(), 1)
    }
}

/// A problem of the screen itself, in both languages.
pub(crate) fn problem_of(code: &str, word: Word) -> Problem {
    Problem {
        code: code.to_owned(),
        words: word.0.to_owned(),
        words_en: word.1.to_owned(),
    }
}

fn count(number: u32, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}

macro_rules! words {
    ($($name:ident $zh:literal $en:literal;)*) => {
        $(pub(crate) const $name: Word = Word($zh, $en);)*
        #[cfg(test)]
        pub(super) const ALL: &[Word] = &[$($name),*];
    };
}

mod tasks;

pub(crate) use tasks::*;

words! {
    APP "格物" "Gewu";
    MOTTO "人在格中走，事在网中办" "Walk the grid; matters get settled";
    // The bar at the bottom.
    NAVIGATION "主导航" "Main navigation";
    TAB_HOME "首页" "Home";
    TAB_REPORTS "上报" "Reports";
    TAB_TASKS "任务" "Tasks";
    TAB_MINE "我的" "Mine";
    BACK "返回" "Back";
    SKIP "跳到正文" "Skip to content";
    // Binding.
    BIND_TITLE "绑定本机" "Bind this device";
    BIND_HELP "向管理员要服务器地址和一次性绑定码。绑定一次，以后离线也能上报。"
        "Ask your administrator for the server's address and a one-time code. Bind once; after that you can file without a network.";
    BIND_SERVER "服务器地址" "Server address";
    BIND_SERVER_HINT "例如 https://gewu.example.gov.cn" "For example https://gewu.example.gov.cn";
    BIND_CODE "绑定码" "One-time code";
    BIND_GO "绑定" "Bind";
    BIND_BUSY "正在绑定…" "Binding…";
    BIND_AGAIN "服务器不再认本机，请向管理员要新的绑定码。已填的上报都在本机，不会丢。"
        "The server no longer knows this device. Ask your administrator for a new code. Everything filed is kept here.";
    BIND_EMPTY "请填服务器地址和绑定码。" "Fill in the server's address and the code.";
    // Settings on the first screen and the last.
    LARGE_TYPE "大字版" "Large type";
    LANGUAGE "语言" "Language";
    // Home.
    SNAP "随手拍" "Snap and report";
    SNAP_SPACED "随 手 拍" "Snap and report";
    HOME_ATTENTION "待我处理" "For me to do";
    HOME_REPORTS "我的上报" "My reports";
    HOME_DRAFTS "草稿" "Drafts";
    HOME_RECENT "最近" "Recent";
    HOME_EMPTY "还没有上报。看到问题，按上面的“随手拍”。" "No reports yet. Press the large button when you see something wrong.";
    HOME_EMERGENCY "平急转换：急时" "Emergency mode";
    HOME_EMERGENCY_COMING "平急转换：将转入急时" "Emergency mode is ordered";
    HOME_EMERGENCY_FROM "开始" "from";
    HOME_EMERGENCY_UNTIL "至" "until";
    HOME_EMERGENCY_OPEN "至另行通知" "until further notice";
    HOME_NOT_READY "正在下载目录和网格，请保持联网。可以先拍照存草稿。"
        "The catalogue and the grids are being fetched; stay online. You can already take photos into a draft.";
    HOME_PAUSED "请重新绑定" "Bind again";
    // Sync.
    SYNC_NOT_BOUND "尚未绑定" "Not bound yet";
    SYNC_ALL_SENT "已全部送达" "Everything has arrived";
    SYNC_PAUSED "服务器不认本机，上报暂存本机" "The server does not know this device; reports are kept here";
    SYNC_NO_CONTACT "已全部送达，暂时连不上服务器" "Everything has arrived; the server is out of reach";
    SYNC_NOW "立即同步" "Sync now";
    SYNC_LAST "上次成功" "Last success";
    SYNC_NEXT "下次尝试" "Next attempt";
    SYNC_NEVER "还没有同步过" "Not synced yet";
    // Where a report stands.
    STATUS_ON_DEVICE "已存本机，等待网络" "Saved here, waiting for the network";
    STATUS_SENDING "正在发送" "Sending";
    STATUS_DELIVERED "已送达，等待受理" "Delivered, waiting for a number";
    STATUS_SETTLED "已由工作人员处理" "Dealt with by the office";
    STATUS_ATTENTION "需要处理" "Needs attention";
    // Capture.
    CAPTURE_TITLE "随手拍" "New report";
    CAPTURE_SAVED "草稿已自动保存" "Draft saved";
    CAPTURE_SAVING "正在保存…" "Saving…";
    CAPTURE_NOT_SAVED "草稿没有保存上" "The draft could not be saved";
    PHOTOS "照片" "Photos";
    PHOTO_CAMERA "拍照" "Take a photo";
    PHOTO_FILE "选择照片" "Choose photos";
    PHOTO_BUSY "正在处理照片…" "Preparing the photo…";
    PHOTO_REMOVE "去掉这张照片" "Remove this photo";
    PHOTO_REMOVED "照片已去掉" "Photo removed";
    PHOTO_SHOWS "这张照片是" "This photo shows";
    PHOTO_OF "第 {} 张照片" "Photo {}";
    PHOTO_TOO_LARGE "照片文件超过64兆，放不下。请换一张；文字已保存。" "The photo file is larger than 64 MB. Choose another; your words are saved.";
    PHOTO_ENLARGE "看大图" "Enlarge";
    UNDO "撤销" "Undo";
    LATE_READ "知道了" "Got it";
    PLACE "位置" "Place";
    PLACE_NONE "还没有位置。请定位，或在图上点一下。" "No place yet. Locate yourself, or tap the map.";
    PLACE_NONE_DESK "还没有位置。请在图上点一下，或输入经纬度。" "No place yet. Tap the map, or type the coordinates.";
    PLACE_LOCATE "定位" "Locate me";
    PLACE_LOCATING "正在定位…" "Locating…";
    PLACE_FROM_PHOTO "用照片里的位置" "Use the photo's place";
    PLACE_MAP_OPEN "在图上定位" "Set on the map";
    PLACE_MAP_CLOSE "收起地图" "Close the map";
    PLACE_TYPE "输入经纬度" "Type coordinates";
    PLACE_LAT "纬度" "Latitude";
    PLACE_LON "经度" "Longitude";
    PLACE_RANGE "纬度在 −90 到 90 之间，经度在 −180 到 180 之间。" "Latitude is between −90 and 90, longitude between −180 and 180.";
    PLACE_USE "用这个位置" "Use this place";
    PLACE_WORDS "地点说明" "Where exactly";
    PLACE_WORDS_HINT "路口、门牌、朝向，可不填" "Junction, number, direction; may stay empty";
    PLACE_ACCURACY "精度 {} 米" "accurate to {} m";
    PLACE_DOUBT "疑似，附近还有" "In doubt; also near";
    PLACE_OUTSIDE "不在网格内" "Outside all grids";
    PLACE_OUTSIDE_HELP "照样可以上报，由派遣员确认属地。" "You can file all the same; a dispatcher confirms the place.";
    PLACE_NEAREST "最近的网格" "Nearest grid";
    PLACE_UNKNOWN "网格还没下载，位置已记下" "Grids are not here yet; the place is kept";
    MAP_LABEL "网格图。点一下放图钉；键盘用方向键移动图钉，加号减号缩放。" "Grid map. Tap to set the pin; with a keyboard, arrows move the pin, plus and minus zoom.";
    MAP_IN "放大" "Zoom in";
    MAP_OUT "缩小" "Zoom out";
    MAP_METRES "{} 米" "{} m";
    MAP_EMPTY "这里没有网格数据" "No grids are known here";
    CATEGORY "类别" "Category";
    CATEGORY_CHANGE "更换类别" "Change";
    CATEGORY_RECENT "常用" "Recent";
    CATEGORY_SEARCH "搜索类别" "Search categories";
    CATEGORY_SEARCH_HINT "汉字、拼音或拼音首字母，如 井盖、jinggai、jg" "Characters, pinyin or initials, as 井盖, jinggai, jg";
    CATEGORY_NONE_FOUND "没有找到，换个词，或在下面按大类找。" "Nothing found. Try another word, or look in the tree below.";
    CATEGORY_TREE "按大类找" "By group";
    CATEGORY_NOT_READY "类别目录还没下载，联网后自动下载。" "The catalogue is not here yet; it comes with the next sync.";
    CATEGORY_PHOTO "须有照片" "Photo needed";
    CONDITION "立案条件" "Condition";
    CONDITION_LIMIT "时限 {}" "Limit {}";
    WORDS "说明" "Words";
    WORDS_HINT "看到了什么，可不填" "What you saw; may stay empty";
    WORDS_LEFT "还可写 {} 字" "{} characters left";
    SELF_FIXED "现场已处置" "Fixed on the spot";
    CONTACT "联系人（选填）" "Contact (optional)";
    CONTACT_HELP "求助人愿意时才填；只有责任单位和派遣员看得到，结案后到期抹去。" "Only if the person agrees. Seen by those who handle it, and erased some time after the case is closed.";
    CONTACT_NAME "姓名或称呼" "Name";
    CONTACT_PHONE "电话" "Phone";
    SELF_FIXED_HELP "自己当场解决了，不再派遣；请附处理前和处理后的照片。" "You put it right yourself; nobody is sent. Add a photo from before and one from after.";
    PREVIEW "派遣预览" "Preview";
    PREVIEW_TO "将派给" "Goes to";
    PREVIEW_SELF "将记为" "Recorded as";
    PREVIEW_BY "{} 前办结" "by {}";
    PREVIEW_BASIS "依据" "Rule";
    PREVIEW_MISSING "填好位置、类别和条件，就能看到派给谁。" "Set place, category and condition to see who gets it.";
    SIMILAR_ASK "附近已有相似事件，并案吗？" "Something alike is open nearby. The same matter?";
    SIMILAR_SAME "是同一件" "It is the same";
    SIMILAR_DIFFERENT "不是" "It isn't";
    SIMILAR_SAID "已注明与 {} 是同一件。仍会上报，由工作人员并案。" "Noted as the same as {}. It is still sent; the office merges the two.";
    SIMILAR_CHOSEN "先前选的那一件" "the one chosen before";
    SIMILAR_ON_DEVICE "在本机，待发送" "on this device, not sent yet";
    SEND "上报" "Send report";
    SEND_MISSING "还差：" "Still missing: ";
    FILED_TITLE "已存本机" "Saved on this device";
    FILED_SAFE "上报已安全存在本机，有网络就自动发送，不会丢。" "The report is safe on this device. It is sent by itself as soon as there is a network.";
    FILED_SENT "上报已送达服务器。" "The report has reached the server.";
    FILED_CODE "短码" "Short code";
    FILED_AGAIN "再报一件" "File another";
    FILED_SHOW "看这件上报" "Show this report";
    // Reports.
    REPORTS_TITLE "我的上报" "My reports";
    REPORTS_SHOW "显示" "Show";
    REPORTS_ALL "全部" "All";
    REPORTS_ATTENTION "待我处理" "For me to do";
    REPORTS_DRAFTS "草稿" "Drafts";
    REPORTS_SEARCH "找短码、编号、类别、地点或文字" "Find by code, number, category, place or words";
    REPORTS_NONE_FOUND "没有找到，换个词试试。" "Nothing found. Try other words.";
    REPORTS_EMPTY "还没有上报。在首页按“随手拍”，填好的上报都会出现在这里。" "No reports yet. What you file appears here.";
    REPORTS_EMPTY_ATTENTION "没有要您处理的。退回或照片有问题的上报会出现在这里。" "Nothing to do. Reports that need you appear here.";
    REPORTS_EMPTY_DRAFTS "没有草稿。拍下第一张照片，草稿就自动保存在这里。" "No drafts. A draft is kept here as soon as the first photo is taken.";
    DRAFT_UNTITLED "未选类别" "No category yet";
    DRAFT_DISCARD "删除草稿" "Delete draft";
    DRAFT_DISCARDED "草稿已删除" "Draft deleted";
    DRAFT_PHOTOS "{} 张照片" "{} photos";
    PHOTOS_SENT "照片 {}" "Photos {}";
    // A report.
    REPORT_TITLE "事件详情" "Report";
    REPORT_NUMBER "案件编号" "Case number";
    REPORT_CATEGORY "类别" "Category";
    REPORT_SEEN "发现时间" "Seen";
    REPORT_FILED "上报时间" "Filed";
    REPORT_RECEIVED "送达时间" "Received";
    REPORT_LEAD "责任单位" "Responsible";
    REPORT_LEAD_PREVIEW "预计派给" "Expected unit";
    REPORT_DEADLINE "期限" "Deadline";
    REPORT_DECISION "派遣依据" "Why this unit";
    REPORT_DIFFERS "与预览不同" "Not as previewed";
    REPORT_COURSE "办理过程" "Course";
    REPORT_COURSE_EMPTY "送达并受理后，办理过程会出现在这里。" "The course appears here once the report is accepted.";
    REPORT_POSITION "坐标" "Coordinates";
    PHOTO_SENT "已送达" "Delivered";
    PHOTO_WAITING "待发送" "Waiting";
    PHOTO_PART "已发 {}" "{} sent";
    ADD_TITLE "补充" "Add";
    ADD_NOTE "补充说明" "Add words";
    ADD_NOTE_HELP "还有什么要说的" "What else there is to say";
    ADD_AMEND "更正" "Correct";
    ADD_AMEND_HELP "哪里报错了，正确的是什么" "What was wrong, and what is right";
    ADD_PHOTO "加照片" "Add a photo";
    ADD_WITHDRAW "撤回" "Withdraw";
    ADD_WITHDRAW_HELP "为什么撤回；单位已开始处置的，会转给单位决定" "Why; once a unit has begun, the unit decides";
    ADD_SEND "保存并发送" "Keep and send";
    ADD_ON_DEVICE "已存本机" "Kept here";
    ADD_ACCEPTED "已送达" "Received";
    ADD_ATTENTION "需要处理" "Needs attention";
    RECEIPT_TITLE "服务器回执" "The server's receipt";
    RECEIPT_WHAT "服务器签过名，证明已收到这件事；不连网也能核验。" "Signed by the server: proof that it has this report, checked without a network.";
    RECEIPT_TEXT "回执内容" "Text of the receipt";
    ADD_CONTEST "提出异议" "Contest the closing";
    ADD_CONTEST_HELP "哪里没有整改到位；结案后72小时内可以提，现场照片用“加照片”" "What isn't put right; within 72 hours of the closing. Add photos with “Add a photo”";
    QUEUE_TASKS "现场任务" "Tasks on the spot";
    QUEUE_TITLE "发送队列" "Sending queue";
    QUEUE_ALL_SAFE "全部已送达，编号已确认" "Everything has arrived and has its number";
    QUEUE_EMPTY "还没有上报，没有要发送的。" "No reports yet, so there is nothing to send.";
    QUEUE_RETRY "立即重试" "Try now";
    QUEUE_LEFT "待发" "To send";
    QUEUE_SPEED "实测速度" "Measured speed";
    QUEUE_TIME "预计还需" "Time left";
    QUEUE_STORED "本机存储" "Storage used";
    QUEUE_METERED "今日流量" "Mobile data today";
    QUEUE_RULES "照片用网规则" "When photos may go";
    QUEUE_RULES_HELP "文字和预览总是立即发送。" "Words and previews always go at once.";
    QUEUE_WIFI_ONLY "原图只用无线网发送" "Photos only over Wi-Fi";
    QUEUE_CAP "每日流量上限（兆，不填为不限）" "Mobile data a day (MB, empty for no limit)";
    QUEUE_CAP_WRONG "请填 0 或更大的整数（兆），不限就不填。没有保存，原来的上限不变。" "Whole megabytes from 0 on, or nothing for no limit. Not kept; the limit is as it was.";
    QUEUE_HELD_WIFI "原图在等无线网。按“立即重试”可以现在就发。" "Photos wait for Wi-Fi. Press “Try now” to send them anyway.";
    QUEUE_HELD_TOMORROW "今天的流量已用完，原图明天再发。按“立即重试”可以现在就发。" "Today's mobile data is used up; photos go tomorrow. Press “Try now” to send them anyway.";
    ROOM_NEAR "本机能存的案件快满了。上报不受影响；请告诉管理员，网格可能要减少。" "Nearly as many cases come down as this handheld keeps. Filing goes on as ever; tell an administrator, there may be too many grids.";
    ROOM_LEFT_OUT "案件或网格太多，有的网格没有下发到本机。上报不受影响；请告诉管理员，网格要减少。" "There are more cases or grids than this handheld keeps, so some grids were left out. Filing goes on as ever; tell an administrator, there are too many grids.";
    QUEUE_ON_DEVICE "在本机" "On this device";
    QUEUE_SENDING "正在发送" "Sending";
    QUEUE_RECEIVED "已收到" "Received";
    QUEUE_ACCEPTED "已受理" "Accepted";
    QUEUE_SETTLED "已由工作人员处理" "Dealt with by the office";
    QUEUE_ATTENTION "需要处理" "Needs attention";
    QUEUE_PREVIEW_SENT "预览已收到" "Preview received";
    QUEUE_REPORTS "上报" "Reports";
    SETTINGS_TITLE "我的" "Mine";
    SETTINGS_POSTS "岗位" "Posts";
    SETTINGS_DISTRICT "区县" "District";
    SETTINGS_SERVER "服务器" "Server";
    SETTINGS_SYNC "同步" "Sync";
    SETTINGS_SHOW "显示" "Display";
    SETTINGS_STORE "本机存储" "Storage";
    SETTINGS_STORED "已用" "Used";
    SETTINGS_WAITING "待发照片" "Photos to send";
    LOCK_TITLE "解锁" "Unlock";
    LOCK_HELP "已存的内容都在本机，没发完的仍在发送。" "Everything is kept here, and what waits is still being sent.";
    LOCK_PIN "PIN" "PIN";
    LOCK_BACK "退一位" "Delete the last digit";
    LOCK_OPEN "解锁" "Unlock";
    LOCK_WAIT "请在 {} 之后再试。" "Try again after {}.";
    LOCK_SETTINGS "锁屏" "Lock";
    LOCK_NOT_SET "还没有设 PIN：拿到手机的人就能看到里面的内容。"
        "No PIN is set: whoever holds this device can see what is in it.";
    LOCK_IS_SET "已设 PIN。输错会越等越久，但资料不会删除。"
        "A PIN is set. Wrong ones cost time, more each time, but never the data.";
    LOCK_OLD "现在的 PIN" "Present PIN";
    LOCK_NEW "新 PIN（至少 6 位）" "New PIN, at least 6 characters";
    LOCK_AGAIN "再输一次新 PIN" "New PIN again";
    LOCK_DIFFERS "两次输入的新 PIN 不一样。" "The two new PINs differ.";
    LOCK_SET "保存 PIN" "Keep the PIN";
    LOCK_BUSY "正在保存…" "Saving…";
    LOCK_SET_DONE "PIN 已保存。" "The PIN is kept.";
    LOCK_REMOVE "取消 PIN" "Remove the PIN";
    LOCK_REMOVED "已取消 PIN。" "The PIN was removed.";
    LOCK_NOW "现在锁定" "Lock now";
    LOCK_AFTER "不用多久后自动锁定" "Lock by itself after";
    LOCK_MINUTES "{} 分钟" "{} min";
    COURIER "信使文件" "Courier file";
    COURIER_WHAT "没有网络时，把待发内容导出为加密文件，请有网络的同事或平台送达，再导入带回的回执。" "Without a network, export what waits as sealed files; a colleague or the console delivers them; then import the answers that are brought back.";
    COURIER_EXPORT "导出" "Export";
    COURIER_BUSY "正在处理，请稍等…" "Working on it, please wait…";
    COURIER_IMPORT "导入" "Import";
    COURIER_EXPORTED "已导出（条/照片）" "Exported (entries / photos)";
    COURIER_NOTHING "没有要带走的内容" "Nothing waits";
    COURIER_DELIVERED "已送达，请把回执文件带回去" "Delivered; carry the answer back";
    COURIER_ANSWERED "已收下回执（条/照片）" "Answer taken in (entries / photos)";
    COURIER_PATH "文件" "File";
    COMPLAINTS "投诉建议" "Complaints and suggestions";
    COMPLAINTS_PHONE "电话" "Phone";
    COMPLAINTS_URL "网址" "Web";
    SETTINGS_ABOUT "关于" "About";
    SETTINGS_VERSION "版本" "Version";
    SETTINGS_DEVICE "本机编号" "Device";
    SETTINGS_LICENCE "开放源代码，Apache-2.0 许可" "Open source, Apache-2.0 licence";
    SETTINGS_REBIND "重新绑定" "Bind again";
    // Everywhere.
    LOADING "正在读取…" "Loading…";
}

/// For whatever failed without words of its own.
pub(crate) fn unknown_problem(detail: &str) -> Problem {
    Problem {
        code: String::from("unknown"),
        words: format!("操作没有成功，请再试一次。已保存的内容都在。（{detail}）"),
        words_en: format!(
            "That did not work, please try again. What was saved is kept. ({detail})"
        ),
    }
}

#[cfg(test)]
mod tests;
