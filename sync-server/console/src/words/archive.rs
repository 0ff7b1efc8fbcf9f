//! The words of the archive: its check, and whom to call about a case.

use super::Word;

// Whom to call.
words! {
    CONTACT: "联系人", "Contact";
    CONTACT_ERASED: "联系人已抹去。", "The contact was erased.";
    CONTACT_READ: "查看联系人", "Show the contact";
    CONTACT_READ_WHAT: "查看会记入审计。", "Showing it is noted in the audit.";
    CONTACT_ERASE: "抹去联系人", "Erase the contact";
    CONTACT_ERASE_SURE: "抹去后不能恢复。再按一次确认。", "It can't be brought back. Press again to confirm.";
    DEED_CONTACT_READ: "查看联系人", "Read a contact";
    DEED_CONTACT_ERASED: "抹去联系人", "Erased a contact";
}

// The archive.
words! {
    ARCHIVE: "存档校验", "Archive check";
    ARCHIVE_WHAT: "每条记录都封入全区的链，每天结束时由服务器签名。把日根另存到别处，日后就能证明此前的内容没有被改动。", "Every entry is sealed into the district's chain, and the server signs it at the end of each day. A root that is kept elsewhere proves later that nothing before it was changed.";
    ARCHIVE_EMPTY: "还没有签名的日子。", "No day is signed yet.";
    ARCHIVE_EMPTY_HOW: "一天结束后几分钟内签名。", "A day is signed minutes after it is over.";
    ARCHIVE_DAY: "日期", "Day";
    ARCHIVE_ROOT: "日根", "Root";
    ARCHIVE_UPTO: "截至记录", "Up to entry";
    COPY: "复制", "Copy";
    COPIED: "已复制", "Copied";
    COPY_FAILED: "没能复制。请选中下面的全文，自己复制：", "It could not be copied. Select all of it here and copy it yourself:";
    CHECK_DAYS: "校验范围", "What to check";
    CHECK_START: "开始校验", "Check";
    CHECKING: "正在校验", "Checking";
    CHECK_CASE: "校验此案", "Check this case";
    CHECK_GOOD: "未发现改动", "Nothing was changed";
    CHECK_BAD: "发现改动", "Something was changed";
    CHECK_BAD_HOW: "请告知管理员，用 gewu-server verify 全面校验，并保留现场。", "Tell the administrator to run gewu-server verify, and leave everything as it is.";
}
