//! What a check of the archive finds, in words.

use crate::label::Lang;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What is wrong with a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Problem {
    /// It says something else than it did.
    Changed,
    /// It was there and isn't.
    Missing,
    /// It wasn't there.
    Added,
    /// It stands in another place.
    Reordered,
    /// It can't be read.
    Unreadable,
    /// A signature isn't good.
    Signature,
}

impl Problem {
    const fn words(self, lang: Lang) -> &'static str {
        match self {
            Self::Changed => lang.pick("被改动", "changed"),
            Self::Missing => lang.pick("缺失", "missing"),
            Self::Added => lang.pick("是后加的", "added"),
            Self::Reordered => lang.pick("顺序被改动", "moved to another place"),
            Self::Unreadable => lang.pick("无法读取", "can't be read"),
            Self::Signature => lang.pick("签名不符", "signature does not fit"),
        }
    }
}

/// One thing that is wrong, without what the row says: a finding may be shown and sent on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Finding {
    /// What is wrong.
    pub problem: Problem,
    /// The table: `case_events`, `cases`, `reports`, …
    pub table: String,
    /// The group of fields: `content`, `state`, `lead`, …
    pub field: String,
    /// The row: an id, a number, a day.
    pub row: String,
    /// Printed number of the case that it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case_no: Option<String>,
    /// Place in that case's trail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ordinal: Option<i64>,
}

impl Finding {
    /// Something about a row.
    #[must_use]
    #[expect(
        clippy::needless_pass_by_value,
        reason = "ids, numbers and texts are named alike"
    )]
    pub fn new(problem: Problem, table: &str, field: &str, row: impl ToString) -> Self {
        Self {
            problem,
            table: table.to_owned(),
            field: field.to_owned(),
            row: row.to_string(),
            case_no: None,
            ordinal: None,
        }
    }

    /// The same, of a case.
    #[must_use]
    pub fn of_case(self, case_no: &str) -> Self {
        Self {
            case_no: Some(case_no.to_owned()),
            ..self
        }
    }

    /// The same, at a place of its trail.
    #[must_use]
    pub fn at(self, ordinal: i64) -> Self {
        Self {
            ordinal: Some(ordinal),
            ..self
        }
    }

    /// The finding in a sentence.
    #[must_use]
    pub fn words(&self, lang: Lang) -> String {
        let (table, field) = (table(&self.table, lang), field(&self.field, lang));
        let problem = self.problem.words(lang);
        let row = &self.row;
        match (lang, &self.case_no, self.ordinal) {
            (Lang::Zh, Some(no), Some(at)) => {
                format!("案件{no}，流转记录第{at}条（{field}）{problem}")
            }
            (Lang::Zh, Some(no), None) => format!("案件{no}，{table}（{field}）{problem}"),
            (Lang::Zh, None, _) => format!("{table} {row}（{field}）{problem}"),
            (Lang::En, Some(no), Some(at)) => {
                format!("case {no}, entry {at} of its trail ({field}): {problem}")
            }
            (Lang::En, Some(no), None) => format!("case {no}, {table} ({field}): {problem}"),
            (Lang::En, None, _) => format!("{table} {row} ({field}): {problem}"),
        }
    }
}

fn table(name: &str, lang: Lang) -> &'static str {
    match name {
        "case_events" => lang.pick("流转记录", "trail"),
        "cases" => lang.pick("案件", "case row"),
        "reports" => lang.pick("上报内容", "report"),
        "operations" => lang.pick("收到的操作", "operation"),
        "devices" => lang.pick("手持端", "handheld"),
        "photos" => lang.pick("照片", "photo"),
        "quarantine" => lang.pick("待人工确认的内容", "what was kept for a person"),
        "patrol_marks" => lang.pick("巡查打点", "tick of a round"),
        "audit" => lang.pick("审计记录", "audit entry"),
        "seals" => lang.pick("封存段", "sealed run"),
        "day_roots" => lang.pick("日根", "root of the day"),
        "entries" => lang.pick("全区记录", "entry of the district"),
        "contacts" => lang.pick("联系人", "contact"),
        "files" => lang.pick("文件", "file"),
        _ => lang.pick("记录", "row"),
    }
}

fn field(name: &str, lang: Lang) -> &'static str {
    match name {
        "content" => lang.pick("内容", "content"),
        "hash" => lang.pick("哈希", "hash"),
        "order" => lang.pick("顺序", "order"),
        "row" => lang.pick("整条", "whole row"),
        "state" => lang.pick("状态", "state"),
        "revision" => lang.pick("版本", "revision"),
        "lead" => lang.pick("责任单位", "unit"),
        "deadline" => lang.pick("期限", "deadline"),
        "times" => lang.pick("时间", "times"),
        "life" => lang.pick("办理经历", "what it has been through"),
        "level" => lang.pick("解决层级", "level"),
        "number" => lang.pick("编号", "number"),
        "place" => lang.pick("位置与网格", "place and grid"),
        "category" => lang.pick("类别与条件", "category and condition"),
        "text" => lang.pick("文字", "text"),
        "search" => lang.pick("检索词", "search words"),
        "people" => lang.pick("人员与设备", "person and device"),
        "decision" => lang.pick("派遣依据", "decision"),
        "preview" => lang.pick("预告", "preview"),
        "same" => lang.pick("注明同一件", "the same matter"),
        "photos" => lang.pick("照片", "photos"),
        "bytes" => lang.pick("照片文件", "its bytes"),
        "result" => lang.pick("处理结果", "result"),
        "report" => lang.pick("对应上报", "its report"),
        "operation" => lang.pick("对应操作", "its operation"),
        "district" => lang.pick("所属区", "district"),
        "signature" => lang.pick("签名", "signature"),
        "head" => lang.pick("链值", "chain"),
        "contact" => lang.pick("联系人", "contact"),
        _ => lang.pick("其他", "other"),
    }
}
