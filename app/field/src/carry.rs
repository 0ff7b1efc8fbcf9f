//! Courier files on the command line: made and understood by the core.

use crate::commands::{Outcome, Stop, outcome};
use app_core::{App, CoreError, Edge, Imported, answer_beside};
use serde_json::json;
use shared::courier::{CourierError, FILE_BYTES_LIMIT};
use std::path::Path;

pub(crate) fn export(app: &App, edge: &Edge, file: &Path) -> Result<Outcome, Stop> {
    let exported = app.export(file, edge)?;
    let names: Vec<String> = exported
        .files
        .iter()
        .map(|file| file.display().to_string())
        .collect();
    let text = if names.is_empty() {
        String::from("没有要带走的内容：全部已送达")
    } else {
        format!(
            "已导出 {} 条、{} 张照片：{}",
            exported.operations,
            exported.photos,
            names.join("、")
        )
    };
    let (operations, photos) = (exported.operations, exported.photos);
    outcome(
        text,
        &json!({"operations": operations, "photos": photos, "files": names}),
    )
}

pub(crate) async fn import(
    app: &App,
    edge: &Edge,
    file: &Path,
    out: Option<&Path>,
) -> Result<Outcome, Stop> {
    let unread = |error| Stop::other(format!("could not read {}: {error}", file.display()));
    let length = std::fs::metadata(file).map_err(unread)?.len();
    if usize::try_from(length).map_or(true, |length| length > FILE_BYTES_LIMIT) {
        return Err(CoreError::from(CourierError::Foreign).into());
    }
    match app
        .import(std::fs::read(file).map_err(unread)?, edge)
        .await?
    {
        Imported::Delivered { answer, own } => {
            let out = out.map_or_else(|| answer_beside(file), Path::to_path_buf);
            std::fs::write(&out, &answer).map_err(|error| {
                Stop::other(format!("could not write {}: {error}", out.display()))
            })?;
            outcome(
                format!("已送达，请把回执 {} 带回导出的手机", out.display()),
                &json!({"delivered": true, "own": own.is_some(), "answer": out}),
            )
        }
        Imported::Answered(taken) => outcome(
            format!(
                "已收下回执：{} 条、{} 张照片",
                taken.operations, taken.photos
            ),
            &json!({"delivered": false, "operations": taken.operations, "photos": taken.photos}),
        ),
    }
}
