//! The words of the catalogue's pages and of the emergency orders.

use super::Word;
use shared::catalogue::parts::Part;
use shared::catalogue::review::Change;
use shared::wire::catalogue::Standing;

// The catalogue.
words! {
    CATALOGUE: "目录与规则", "Catalogue";
    CATALOGUE_WHAT: "类别、立案条件、时限、单位、履职与准入清单、升级规则、日历，合起来是一个版本。改动先在草稿里做，核对并试运行后发布；旧版本永远保留，照旧版本填的上报仍按旧版本办。", "Categories, conditions, limits, units, lists, rules of escalation and calendar make one version. Changes are made in a draft, reviewed and tried, then published; old versions stay, and reports filled with one are judged by it.";
    VERSIONS: "版本", "Versions";
    DRAFTS: "草稿", "Drafts";
    DRAFTS_EMPTY: "没有未发布的草稿。", "There is no open draft.";
    DRAFTS_EMPTY_HOW: "写明要改什么，按“新建草稿”。", "Say what it is for and begin one.";
    DRAFT_NAME: "这份草稿要改什么", "What the draft is for";
    DRAFT_BEGIN: "新建草稿", "Begin a draft";
    DRAFT_OPEN: "打开", "Open";
    DRAFT_BASE: "基于版本", "From version";
    DRAFT_CHANGED: "最后改动", "Last changed";
    VERSION: "版本", "Version";
    STANDING: "状态", "Standing";
    EFFECTIVE: "生效", "In force from";
    PUBLISHED_BY: "发布人", "Published by";
    WHAT_FOR: "说明", "What for";
    GO_BACK: "以此版本另起草稿", "Begin a draft from this";
    GO_BACK_NAME: "恢复到", "Back to";
}

// A draft.
words! {
    DRAFT: "草稿", "Draft";
    DRAFT_AGAINST: "与现行版本比较", "Compared with the version in force";
    DRAFT_FILES: "文件", "Files";
    DRAFT_FILES_WHAT: "导出后用表格软件修改，再导入。文件里没有的小类、立案条件、部门、巡查路线标为停用，履职和准入到期；其他各表以文件为准。旧版本永远保留。", "Export, change in a spreadsheet, import. Categories, conditions, units and rounds that a file leaves out are retired, lines of the lists end; the other tables are as the file says. Old versions stay.";
    DRAFT_BOOK: "整本（xlsx）", "Whole workbook (xlsx)";
    DRAFT_EXPORT: "导出", "Export";
    DRAFT_IMPORT: "导入", "Import";
    DRAFT_FILE: "选择文件", "Choose a file";
    DRAFT_EDIT: "直接修改", "Change in place";
    DRAFT_FIND: "小类、立案条件或编号", "Category, condition or code";
    DRAFT_FIND_HINT: "输入两个字以上", "Type two characters or more";
    DRAFT_MORE: "还有更多，请再写几个字", "There are more; type further";
    DRAFT_LEAD: "主办", "Lead";
    DRAFT_LIMIT: "时限", "Limit";
    DRAFT_LIMIT_UNIT: "单位", "Unit";
    DRAFT_NEWER: "草稿刚刚被别人改过，您的改动没有保存", "Somebody changed the draft just now; your change was not made";
    DRAFT_NEWER_HOW: "您填的内容还在。“按我的保存”只改您动的这一处，或换掉您导入的表，别人的其他改动都保留；“看现在的草稿”则不作您这次改动。", "What you entered is kept. Saving yours changes only what you touched, or replaces the tables that you imported; the rest stays as others made it. Showing the draft as it is now drops your change.";
    DRAFT_SAVE_OVER: "按我的保存", "Save mine";
    DRAFT_LOAD: "看现在的草稿", "Show the draft as it is now";
    DRAFT_LOADED: "草稿被别人改过，现在显示的是最新的；您刚才的操作没有做，请核对后再决定。", "Somebody else changed the draft, and you now see it as it is. What you just did was not done; look at it and decide.";
    DRAFT_SAVED: "已改，核对见下。", "Changed; see the review below.";
    REVIEW: "核对", "Review";
    REVIEW_SAME: "与现行版本没有差别。", "Nothing differs from the version in force.";
    REVIEW_SAME_HOW: "导入文件或直接修改后，这里列出每一处差别。", "Import a file or change something; every difference is listed here.";
    REVIEW_NEW: "新增", "New";
    REVIEW_CHANGED: "改动", "Changed";
    REVIEW_RETIRED: "停用", "Retired";
    REVIEW_LEFT_OUT: "不再列入", "No longer listed";
    REVIEW_LEFT: "只列出前300处。", "Only the first 300 are listed.";
    SUSPICIONS: "疑点", "Suspicions";
    SUSPICION_BLOCKS: "须改正", "has to be put right";
    SUSPICION_ASKS: "请确认", "please confirm";
    TRIAL: "试运行", "Dry run";
    TRIAL_WHAT: "把最近的案件按草稿重新派遣一遍，看哪些会改派、期限怎么变。不改动任何案件。", "Routes the latest cases by the draft and shows what would move. No case is changed.";
    TRIAL_DAYS: "最近几天", "Days back";
    TRIAL_RUN: "试运行", "Try";
    TRIAL_CASES: "已看案件", "Cases looked at";
    TRIAL_MOVED: "会改派", "Would go elsewhere";
    TRIAL_SOONER: "期限提前", "Earlier deadline";
    TRIAL_LATER: "期限推后", "Later deadline";
    TRIAL_CHANGED: "试运行时草稿又改了，结果没有显示。请再试一次。", "The draft was changed while it was tried, so the result isn't shown. Try again.";
    TRIAL_CUT: "案件太多，只看了最新的两万件。", "Only the newest 20,000 cases were looked at.";
    TRIAL_SAME: "没有案件会改派或改期限。", "No case would change.";
    TRIAL_SAME_HOW: "可以多看几天。", "Look further back.";
    TRIAL_LOAD: "各单位件数变化", "Load of units";
    TRIAL_BEFORE: "现行", "Now";
    TRIAL_AFTER: "草稿", "Draft";
    PUBLISH: "发布", "Publish";
    PUBLISH_WHAT: "发布后手持端在下次联网时取得新版本。要撤回，从以前的版本另起草稿再发布。", "Handhelds fetch it at their next contact. To go back, publish an earlier content.";
    PUBLISH_FROM: "生效时间（不填为立即）", "In force from (at once when empty)";
    PUBLISH_WORDS: "说明", "What it is for";
    PUBLISH_SEEN: "疑点已逐条看过", "I looked at every suspicion";
    DRAFT_GIVE_UP: "放弃草稿", "Give the draft up";
    DRAFT_GIVE_UP_SURE: "确定放弃：草稿里的改动都会丢掉", "Sure: every change in the draft is lost";
    TO_CATALOGUE: "回到目录与规则", "Back to the catalogue";
    WRONG_TIME: "时间不对，请重选。", "The time is wrong.";
}

// Emergency orders.
words! {
    ORDERS: "平急", "Emergency";
    ORDERS_TITLE: "平急转换", "Emergency orders";
    ORDERS_WHAT: "下令后，该地区及以下各级转入急时：时限昼夜连续计算，并可开放仅急时上报的类别。到期或结束后自动恢复。每份令永久保留。", "While an order is in force, limits in its area run through nights and holidays, and categories for emergencies may be opened. It ends by itself or by hand; every order is kept.";
    ORDERS_EMPTY: "没有下过平急转换令。", "No order was ever given.";
    ORDERS_EMPTY_HOW: "转入急时由区管理员下令。", "An administrator of the district gives one.";
    ORDER_GIVE: "下令转入急时", "Give an order";
    ORDER_NUMBER: "文号", "Number";
    ORDER_AREA: "地区", "Area";
    ORDER_AREA_MISSING: "请选地区。", "Choose the area.";
    ORDER_FROM: "开始（不填为立即）", "From (at once when empty)";
    ORDER_UNTIL: "结束（不填为另行通知）", "Until (open when empty)";
    ORDER_WORDS: "内容", "What it says";
    ORDER_CATEGORIES: "开放的仅急时类别", "Categories for emergencies that it opens";
    ORDER_CATEGORIES_NONE: "目录里没有仅急时类别。", "The catalogue has no categories for emergencies.";
    ORDER_GIVEN: "已下令", "The order was given";
    ORDER_END: "现在结束", "End now";
    ORDER_END_SURE: "确定结束：再转入急时要重新下令", "Sure: another emergency takes a new order";
    ORDER_ENDED: "已结束", "Ended";
    ORDER_ON: "急时", "In force";
    ORDER_COMING: "未开始", "To come";
    ORDER_BY: "下令人", "Given by";
    ORDER_ENDED_BY: "结束人", "Ended by";
    ORDER_OPEN: "另行通知", "until further notice";
    ORDER_BEGIN: "开始", "From";
    ORDER_FINISH: "结束", "Until";
    BANNER: "平急转换：急时", "Emergency mode";
    BANNER_UNTIL: "至", "until";
    BANNER_SEE: "查看", "See";
    BANNER_FAILED: "平急转换令没有取到，可能有正在执行的令没有显示。", "The emergency orders could not be fetched; one may be in force that isn't shown.";
}

// Deeds.
words! {
    DEED_DRAFT: "新建目录草稿", "Began a draft of the catalogue";
    DEED_DRAFT_EDIT: "修改目录草稿", "Changed a draft";
    DEED_DRAFT_IMPORT: "导入目录文件", "Imported a file into a draft";
    DEED_DRAFT_DROP: "放弃目录草稿", "Gave a draft up";
    DEED_PUBLISH: "发布目录", "Published the catalogue";
    DEED_ORDER: "下平急转换令", "Gave an emergency order";
    DEED_ORDER_END: "结束平急转换令", "Ended an emergency order";
}

/// Where a version stands.
pub(crate) const fn standing(standing: Standing) -> Word {
    match standing {
        Standing::Coming => Word("待生效", "To come"),
        Standing::InForce => Word("现行", "In force"),
        Standing::Retired => Word("已被取代", "Replaced"),
        Standing::Other => Word("其他", "Other"),
    }
}

/// What became of a row. Some parts keep theirs as retired; of the others a line that is gone stands
/// in the table no more, and of a unit that a district lacked that means it is there again.
pub(crate) const fn change(change: Change, part: Part) -> Word {
    match (change, part) {
        (Change::New, _) => REVIEW_NEW,
        (Change::Changed, _) => REVIEW_CHANGED,
        (Change::Gone, Part::Categories | Part::Conditions | Part::Departments | Part::Patrols) => {
            REVIEW_RETIRED
        }
        (Change::Gone, _) => REVIEW_LEFT_OUT,
    }
}
