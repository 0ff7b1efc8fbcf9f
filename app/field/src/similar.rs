//! 附近已有相似事件: shown before a report is filed, and `--same-as`.

use crate::commands::{Outcome, Stop};
use app_core::App;
use serde_json::{Value, json};
use shared::id::ReportId;
use shared::time::Timestamp;
use shared::wire::handheld::SimilarView;

/// The question with what it is about, a line each; nothing when there is nothing to ask.
pub(crate) fn words(similar: &[SimilarView], now: Timestamp) -> String {
    if similar.is_empty() {
        return String::new();
    }
    let line = |view: &SimilarView| {
        let reasons: Vec<&str> = view
            .likeness
            .reasons
            .iter()
            .map(|reason| reason.words.as_str())
            .collect();
        format!(
            "\n  {} {} {} {}（{}）",
            view.code,
            view.seen.show(now.china_year()),
            view.category_name,
            view.excerpt,
            reasons.join("，")
        )
    };
    let lines: String = similar.iter().map(line).collect();
    format!("\n附近已有相似事件，并案吗？是同一件请加 --same-as 编号{lines}")
}

/// Adds the question to an answer.
pub(crate) fn beside(answer: &mut Outcome, similar: &[SimilarView], now: Timestamp) {
    answer.text.push_str(&words(similar, now));
    if let Some(members) = answer.json.as_object_mut() {
        members.insert("similar".to_owned(), without_pictures(similar));
    }
}

fn without_pictures(similar: &[SimilarView]) -> Value {
    let row = |view: &SimilarView| {
        json!(SimilarView {
            preview: None,
            ..view.clone()
        })
    };
    similar.iter().map(row).collect()
}

/// The report that `--same-as` names: by its id, or by the number or code of one nearby, or of an
/// own one.
pub(crate) fn named(app: &App, similar: &[SimilarView], text: &str) -> Result<ReportId, Stop> {
    if let Ok(id) = text.parse::<ReportId>() {
        return Ok(id);
    }
    let nearby = similar.iter().find(|view| view.code == text);
    if let Some(view) = nearby {
        return Ok(view.report);
    }
    let own = app.report_by_code(text);
    own.map(|detail| detail.row.id).map_err(|_| {
        Stop::Usage(format!(
            "nothing nearby and no own report is called {text:?}"
        ))
    })
}
