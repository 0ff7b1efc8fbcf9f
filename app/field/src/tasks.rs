//! Tasks on the spot on a command line: the list, one of them, doing it; and an objection.

use crate::args::{FinishArgs, PhotoArg};
use crate::commands::{Outcome, Stop, find_report, outcome};
use app_core::{App, CoreError, Edge};
use serde_json::json;
use shared::addition::{Addition, Objection};
use shared::case::Found;
use shared::id::{CaseId, DraftId, OpId};
use shared::label::{self, Lang};
use shared::operation::kind;
use shared::time::Timestamp;
use shared::wire::handheld::{TaskDetail, TaskRow, TaskStanding};

pub(crate) fn list(app: &App, here: Option<(f64, f64)>, now: Timestamp) -> Result<Outcome, Stop> {
    let rows = app.tasks(here)?;
    let lines: Vec<String> = rows.iter().map(|row| line(row, now)).collect();
    outcome(lines.join("\n"), &rows)
}

pub(crate) fn show(app: &App, text: &str, now: Timestamp) -> Result<Outcome, Stop> {
    let detail = find(app, text)?;
    outcome(words(&detail, now), &detail)
}

/// By the case's id or number.
fn find(app: &App, text: &str) -> Result<TaskDetail, Stop> {
    let id = match text.parse::<CaseId>() {
        Ok(id) => id,
        Err(_) => {
            let rows = app.tasks(None)?;
            let row = rows.iter().find(|row| row.case_no == text);
            row.map(|row| row.case)
                .ok_or_else(|| Stop::Usage(format!("no task is about {text:?}")))?
        }
    };
    Ok(app.task(id, None)?)
}

/// Takes it up, adds the photos, says what was found and keeps it as an operation. Whatever is wrong
/// on the way, what was taken in stays.
pub(crate) fn finish(app: &App, edge: &Edge, args: &FinishArgs) -> Result<Outcome, Stop> {
    let case = find(app, &args.case)?.row.case;
    let files = read(&args.photos)?;
    let moment = edge.moment();
    let task = app.take_up_task(case, DraftId(edge.uuid()), &moment)?;
    let draft = task.draft.ok_or(CoreError::ChangedMeanwhile)?;
    for (photo, bytes) in args.photos.iter().zip(&files) {
        app.add_photo(draft, bytes, photo.role, moment.wall)?;
    }
    app.set_task(case, Some(args.found.into()), &args.reason)?;
    let done = app.finish_task(case, OpId(edge.uuid()), &moment)?;
    outcome(words(&done, moment.wall), &done)
}

fn read(photos: &[PhotoArg]) -> Result<Vec<Vec<u8>>, Stop> {
    let read = |photo: &PhotoArg| {
        std::fs::read(&photo.path).map_err(|error| {
            Stop::Usage(format!("could not read {}: {error}", photo.path.display()))
        })
    };
    photos.iter().map(read).collect()
}

pub(crate) fn put_down(app: &App, text: &str) -> Result<Outcome, Stop> {
    let case = find(app, text)?.row.case;
    app.put_down_task(case)?;
    outcome(String::from("已放弃"), &json!({"put_down": case}))
}

pub(crate) fn contest(app: &App, edge: &Edge, report: &str, reason: &str) -> Result<Outcome, Stop> {
    let report = find_report(app, report)?.row;
    let op_id = OpId(edge.uuid());
    let reason = reason.to_owned();
    let addition = Addition::Contest(Objection { reason });
    app.add_to_report(report.id, &addition, op_id, &edge.moment())?;
    let code = &report.short_code;
    outcome(
        format!("已存本机 {code}"),
        &json!({"op_id": op_id, "kind": addition.kind(), "short_code": code}),
    )
}

fn kind_word(row: &TaskRow) -> &'static str {
    if row.kind == kind::CASE_VERIFY {
        "核实"
    } else {
        "核查"
    }
}

fn standing(row: &TaskRow) -> String {
    let word = match row.standing {
        TaskStanding::Open => "待办",
        TaskStanding::Begun => "已开始，存在本机",
        TaskStanding::Gone => "情况有变",
        TaskStanding::OnDevice => "已完成，已存本机",
        TaskStanding::Accepted => "已送达",
        TaskStanding::Late => "已送达，来晚了",
        TaskStanding::NeedsAttention => "需要处理",
    };
    match &row.said {
        Some(said) => format!("{word}：{}", said.words),
        None => word.to_owned(),
    }
}

fn line(row: &TaskRow, now: Timestamp) -> String {
    let year = now.china_year();
    let far = row.distance_m.map(|metres| format!(" {metres}米"));
    let by = row.by.map(|by| format!(" {}前", by.show(year)));
    format!(
        "{} {} {} {} {}{}{} {}",
        row.case_no,
        kind_word(row),
        row.category_name,
        row.place,
        row.place_words,
        far.unwrap_or_default(),
        by.unwrap_or_default(),
        standing(row)
    )
}

fn words(detail: &TaskDetail, now: Timestamp) -> String {
    let mut lines = vec![line(&detail.row, now)];
    if !detail.condition_name.is_empty() {
        lines.push(format!("立案条件 {}", detail.condition_name));
    }
    if !detail.closing.is_empty() {
        lines.push(format!("怎样算整改到位：{}", detail.closing));
    }
    if !detail.text.is_empty() {
        lines.push(detail.text.clone());
    }
    if let Some(found) = detail.found {
        let word = if detail.row.kind == kind::CASE_VERIFY {
            label::verified(found, Lang::Zh)
        } else {
            label::checked(found, Lang::Zh)
        };
        let photos = detail.photos.len();
        lines.push(format!("现场结果 {word} {} 照片{photos}", detail.reason));
    }
    lines.join("\n")
}

/// What was found, as it is typed.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub(crate) enum FoundArg {
    /// It is there, it is put right.
    Yes,
    /// It isn't.
    No,
    /// Can't be told; say why with --reason.
    Unable,
}

impl From<FoundArg> for Found {
    fn from(found: FoundArg) -> Self {
        match found {
            FoundArg::Yes => Self::Yes,
            FoundArg::No => Self::No,
            FoundArg::Unable => Self::Unable,
        }
    }
}
