//! Answers in words, for a person at a terminal.

use shared::label::{self, Lang};
use shared::time::Timestamp;
use shared::wire::handheld::{
    AdditionStatus, Certainty, LocatedView, PreviewView, ReportDetail, ReportRow, ReportStatus,
    SyncReport, SyncState, SyncStatus,
};

pub(crate) fn status(row: &ReportRow) -> String {
    let state = || {
        row.state
            .as_deref()
            .map_or("", |state| label::state(state, Lang::Zh))
    };
    let number = row.case_no.as_deref().unwrap_or("");
    match row.status {
        ReportStatus::OnDevice => "已存本机".to_owned(),
        ReportStatus::Sending => "正在发送".to_owned(),
        ReportStatus::Delivered => "已送达".to_owned(),
        ReportStatus::Accepted => format!("已受理 编号 {number} {}", state()),
        ReportStatus::Closed => format!("{} 编号 {number}", state()),
        ReportStatus::Settled => {
            let words = row.problem.as_ref();
            words
                .map_or("已由工作人员处理", |said| said.words.as_str())
                .to_owned()
        }
        ReportStatus::NeedsAttention => {
            let words = row
                .problem
                .as_ref()
                .map_or("", |problem| problem.words.as_str());
            format!("需要处理：{words}")
        }
    }
}

fn deadline(at: Option<Timestamp>, year: i32) -> String {
    at.map_or_else(|| "无期限".to_owned(), |at| at.show(year))
}

pub(crate) fn report_line(row: &ReportRow) -> String {
    let year = row.filed.china_year();
    format!(
        "{:<10} {} {} {} 照片{}/{} → {} 期限{}  {}",
        row.short_code,
        row.filed.show(year),
        row.category_name,
        row.place,
        row.photos.0,
        row.photos.1,
        row.lead_name,
        deadline(row.deadline, year),
        status(row),
    )
}

pub(crate) fn located(located: &LocatedView) -> String {
    let name = located.grid.as_ref().map_or("", |grid| grid.path.as_str());
    match located.certainty {
        Certainty::Sure => name.to_owned(),
        Certainty::Doubt => {
            let others: Vec<&str> = located
                .others
                .iter()
                .map(|grid| grid.path.as_str())
                .collect();
            format!("{name}（精度范围内还有 {}）", others.join("、"))
        }
        Certainty::Outside => match &located.nearest {
            Some((grid, metres)) => format!("网格外，最近 {} {metres:.0}米", grid.path),
            None => "网格外".to_owned(),
        },
        Certainty::Unknown => "网格未下载".to_owned(),
    }
}

pub(crate) fn preview(preview: &PreviewView, now: Timestamp) -> String {
    let decision = &preview.decision;
    let mut lines = vec![
        format!("网格  {}", located(&preview.located)),
        format!(
            "将派给 {} · {} · 依据：{}",
            decision.lead_name, decision.limit, decision.rule
        ),
        format!("期限  {}", deadline(decision.deadline_ms, now.china_year())),
    ];
    lines.extend(decision.because.iter().map(|why| format!("  · {why}")));
    lines.join("\n")
}

pub(crate) fn report(detail: &ReportDetail) -> String {
    let row = &detail.row;
    let year = row.filed.china_year();
    let (lat, lon) = detail.place.degrees().unwrap_or_default();
    let mut lines = vec![
        format!("{}  {}", row.short_code, status(row)),
        format!("{} · {}", row.category_name, detail.condition_name),
        format!("{} ({lat:.6}, {lon:.6})", row.place),
        format!("上报 {}", row.filed.show(year)),
        format!(
            "派给 {} · 期限 {} · 依据：{}",
            row.lead_name,
            deadline(row.deadline, year),
            detail.rule
        ),
    ];
    lines.extend(detail.because.iter().map(|why| format!("  · {why}")));
    if !detail.text.is_empty() {
        lines.push(detail.text.clone());
    }
    for photo in &detail.photos {
        let (width, height, sent, of) = (photo.width, photo.height, photo.sent, photo.bytes);
        lines.push(format!(
            "照片 {} {width}×{height} 已送 {sent}/{of} 字节",
            photo.id
        ));
    }
    lines.extend(
        detail
            .differs
            .iter()
            .map(|why| format!("与预览不同：{why}")),
    );
    for addition in &detail.additions {
        let problem = addition.problem.as_ref();
        let state = match (addition.status, problem) {
            (AdditionStatus::OnDevice, _) => "已存本机",
            (AdditionStatus::Accepted, _) => "已送达",
            (AdditionStatus::NeedsAttention, Some(problem)) => problem.words.as_str(),
            (AdditionStatus::NeedsAttention, None) => "需要处理",
        };
        lines.push(format!("{} {} {state}", addition.kind, addition.words));
    }
    for entry in &detail.course {
        let event = label::event(&entry.kind, Lang::Zh);
        lines.push(format!(
            "{} {event} {} {}",
            entry.at.show(year),
            entry.by,
            entry.reason
        ));
    }
    lines.join("\n")
}

pub(crate) fn sync(report: &SyncReport) -> String {
    let done = format!(
        "已送达 {} 条上报，{} 张照片；收到 {} 条状态",
        report.operations_sent, report.photos_sent, report.rows_pulled
    );
    match &report.problem {
        None => done,
        Some(problem) => format!("{done}\n{}", problem.words),
    }
}

pub(crate) fn sync_status(status: &SyncStatus) -> String {
    let state = match status.state {
        SyncState::NotEnrolled => "未绑定",
        SyncState::AllSent => "已全部送达",
        SyncState::Running => "正在发送",
        SyncState::Waiting => "等待发送",
        SyncState::Paused => "已暂停，需重新绑定",
    };
    let (operations, photos) = (status.operations_waiting, status.photos_waiting);
    format!(
        "{state}：待发上报 {operations} 条，照片 {photos} 张（{} 字节）",
        status.bytes_waiting
    )
}
