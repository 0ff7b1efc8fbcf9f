//! The words of people: their posts, their accounts, their passwords.

use super::Word;

// People.
words! {
    PEOPLE_WHAT: "人员和岗位。一人可有多个岗位。", "People and posts. A person may hold several.";
    PEOPLE_EMPTY: "还没有人员。", "There is nobody yet.";
    PEOPLE_EMPTY_HOW: "用“添加人员”加入第一位。", "Add the first with “Add a person”.";
    ADD_PERSON: "添加人员", "Add a person";
    NAME: "姓名", "Name";
    POSTS: "岗位", "Posts";
    NO_POSTS: "没有岗位", "No post";
    ROLE: "角色", "Role";
    POST_KIND: "网格岗位", "Grid post";
    POST_AREA: "负责地区", "Area";
    POST_UNIT: "所属单位", "Unit";
    DISABLED: "已停用", "Disabled";
    NEW_PASSWORD: "初始密码", "First password";
    PASSWORD_HINT: "只用手机的人可不填。", "Leave empty for somebody who only carries a handheld.";
    PERSON_ADDED: "已添加", "Added";
    FILL_PERSON: "请填写姓名、用户名和地区。", "Fill in name, user name and area.";
    FILL_UNIT: "处置人员要选所属单位。", "A handler needs a unit.";
    FILL_AREA: "请选择负责地区。", "Choose the area.";
    ACCOUNT: "账号", "Account";
    ADD_POST: "加岗位", "Add a post";
    POST_ADDED: "已加岗位", "Post added for";
    END_POST: "结束", "End";
    END_POST_SURE: "确定结束此岗位", "Sure: end this post";
    CLOSE_ACCOUNT: "停用", "Close the account";
    CLOSE_ACCOUNT_SURE: "确定停用：立即退出", "Sure: signed out at once";
    OPEN_ACCOUNT: "启用", "Open the account";
    OPEN_ACCOUNT_SURE: "确定启用：可再登录", "Sure: may sign in again";
    RESET_PASSWORD: "重设密码", "New password";
    RESET_PASSWORD_SURE: "确定重设：原密码作废", "Sure: the old one ends";
    PASSWORD_IS: "新密码", "New password";
    PASSWORD_ONCE: "只显示这一次，请当面告知，并请对方登录后自行修改。", "Shown only this once. Tell it in person, and ask to change it after signing in.";
}

// One's own account.
words! {
    MY_ACCOUNT: "我的账号", "My account";
    CHANGE_PASSWORD: "修改密码", "Change password";
    PASSWORD_NOW: "现在的密码", "Present password";
    PASSWORD_NEXT: "新密码", "New password";
    PASSWORD_AGAIN: "再填一次新密码", "New password once more";
    PASSWORD_LENGTH: "8到200个字符。", "8 to 200 characters.";
    PASSWORD_ALL: "请填写现在的密码和新密码。", "Fill in the present and the new password.";
    PASSWORD_DIFFERS: "两次填写的新密码不一样，请重填。", "The two new passwords differ. Fill them in again.";
    PASSWORD_CHANGED: "密码已修改，您在别处的登录都已退出。", "The password is changed; you are signed out everywhere else.";
}

// What the audit says of them.
words! {
    DEED_POST_GIVEN: "加岗位", "Gave a post";
    DEED_POST_ENDED: "结束岗位", "Ended a post";
    DEED_CLOSED: "停用账号", "Closed an account";
    DEED_OPENED: "启用账号", "Opened an account";
    DEED_PASSWORD_GIVEN: "重设密码", "Gave a new password";
    DEED_PASSWORD_CHANGED: "修改自己的密码", "Changed the own password";
    DEED_PASSWORD_REFUSED: "修改密码时原密码不对", "A change of password was refused";
}
