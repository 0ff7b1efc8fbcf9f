//! What a worker was shown when filing, against what the server decided.

use crate::service::district::District;
use shared::id::AreaCode;
use shared::report::{FiledReport, Preview};
use shared::routing::Decision;
use shared::time::{MINUTE_MS, Timestamp};

/// A deadline that moved less than this isn't worth a word.
const DEADLINE_DIFFERS_MS: i64 = MINUTE_MS;

/// Where the server decides otherwise than the worker was shown, in words.
pub(super) fn differences(
    district: &District,
    filed: &FiledReport,
    grid: Option<&AreaCode>,
    decision: &Decision,
    now: Timestamp,
) -> Vec<String> {
    let mut words = Vec::new();
    let path = |grid: Option<&AreaCode>| {
        grid.map_or_else(
            || String::from("所有网格之外"),
            |grid| district.areas.path(grid),
        )
    };
    if filed.grid.as_ref() != grid {
        words.push(format!(
            "手持端定位在{}，服务器核定为{}",
            path(filed.grid.as_ref()),
            path(grid)
        ));
    }
    let Some(Preview {
        lead,
        deadline_ms,
        rule,
    }) = &filed.preview
    else {
        return words;
    };
    if *lead != decision.lead {
        let before = district.unit_name(lead);
        words.push(format!("预判派给{before}，实际派给{}", decision.lead_name));
    }
    if *rule != decision.rule {
        words.push(format!("依据由「{rule}」改为「{}」", decision.rule));
    }
    let year = now.china_year();
    let show =
        |at: Option<Timestamp>| at.map_or_else(|| String::from("无期限"), |at| at.show(year));
    let moved = match (deadline_ms, decision.deadline_ms) {
        (Some(before), Some(after)) => after.since(*before).abs() >= DEADLINE_DIFFERS_MS,
        (before, after) => *before != after,
    };
    if moved {
        let after = show(decision.deadline_ms);
        words.push(format!(
            "期限从服务器收到时起算，为{after}（预告为{}）",
            show(*deadline_ms)
        ));
    }
    words
}
