//! The words of tasks on the spot and of rounds.

use super::Word;

words! {
    TASKS_TITLE "任务" "Tasks";
    TASKS_TODO "要到现场看的" "To be looked at on the spot";
    TASKS_NONE "没有要到现场看的。派遣员下发的现场任务会出现在这里，没有网络也能办。" "Nothing to look at. Tasks on the spot appear here and can be done without a network.";
    TASKS_DONE "已完成的" "Done";
    TASKS_OPEN "我的网格里未结的案件" "Open cases in my grids";
    TASKS_EMPTY "暂时没有未结的案件。" "No open cases now.";
    TASKS_MORE "显示更多" "Show more";
    TASKS_MINE "我上报的" "Filed by me";
    TASKS_NEAR "按距离排" "Nearest first";
    TASK_METRES "{} 米" "{} m";
    TASK_KILOMETRES "{} 公里" "{} km";
    TASK_OPEN "待办" "To do";
    TASK_BEGUN "已开始，存在本机" "Begun, kept here";
    TASK_GONE "情况有变" "Things have changed";
    TASK_ON_DEVICE "已完成，等待网络" "Done, waiting for the network";
    TASK_ACCEPTED "已送达" "Received";
    TASK_LATE "已送达，来晚了" "Received, too late";
    TASK_ATTENTION "需要处理" "Needs attention";
    TASK_BY "{} 前到场" "be there by {}";
    TASK_DONE_AT "{} 完成" "done {}";
    TASK_CLOSING "怎样算整改到位" "When it counts as put right";
    TASK_LEAD "责任单位" "Unit";
    TASK_SAID "情况说明" "What was reported";
    TASK_DO "现场结果" "Finding on the spot";
    TASK_VERIFY_HELP "到现场看一看：上报的问题在不在。" "Go and look whether it is there.";
    TASK_CHECK_HELP "到现场看一看：是不是整改好了。" "Go and look whether it is put right.";
    TASK_REASON "说明" "Words";
    TASK_REASON_WHY "为什么看不了" "Why it can't be told";
    TASK_FINISH "完成并发送" "Finish and send";
    TASK_FINISH_LATE "照样提交" "Send all the same";
    TASK_PUT_DOWN "放弃" "Give it up";
    TASK_PUT_DOWN_SURE "再按一次：照片和说明都会删除" "Press again: photos and words are deleted";
    TASK_PHOTO_SURE "再按一次就去掉，不能恢复" "Press again to remove it for good";
    TASK_REPORT_PHOTOS "上报时的照片" "Photos of the report";
    TASK_EARLIER_PHOTOS "本机此前到现场拍的照片" "Photos of earlier visits with this handheld";
    PATROL_TITLE "巡查" "Rounds";
    PATROL_TICKED "今天已巡 {}" "{} ticked today";
    PATROL_PRIVATE "只记下您点的点位，不记路线。" "Only the points that you tick are kept, no track.";
    PATROL_NOTE "说明；去不了的要写明" "Words; needed when it can't be reached";
    PATROL_REPORT "在这里上报" "Report here";
}
