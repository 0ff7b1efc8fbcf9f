//! What may be added to a filed report on a command line, and the receipt as a file.

use crate::args::{AmendArgs, PhotoArg};
use crate::commands::{Outcome, Stop, find_category, find_condition, find_report, outcome};
use app_core::{App, Edge};
use serde_json::json;
use shared::addition::{Addition, Amendment, Note, Withdrawal};
use shared::id::OpId;
use shared::report::{Place, PlaceSource};
use std::path::Path;

pub(crate) fn amend(app: &App, edge: &Edge, args: &AmendArgs) -> Result<Outcome, Stop> {
    let category = match &args.category {
        Some(text) => Some(find_category(app, text)?),
        None => None,
    };
    let condition = match (&category, args.condition.as_deref()) {
        (Some(category), text) => Some(find_condition(category, text)?),
        (None, None) => None,
        (None, Some(text)) => Some(
            text.parse()
                .map_err(|_| Stop::Usage(format!("{text:?} is not a condition's id")))?,
        ),
    };
    let place = args.lat.zip(args.lon).map(|(lat, lon)| Place {
        lat_e7: e7(lat),
        lon_e7: e7(lon),
        accuracy_m: None,
        source: PlaceSource::Typed,
        words: args.place_words.clone(),
    });
    let addition = Addition::Amend(Amendment {
        text: args.text.clone(),
        category: category.map(|category| category.row.id),
        condition,
        place,
    });
    add(app, edge, &args.report, &addition)
}

/// Degrees in units of 1e-7; out of range stays out of range and is refused by the rules.
#[expect(
    clippy::as_conversions,
    reason = "rounding saturates, and what is off the globe is refused"
)]
fn e7(degrees: f64) -> i64 {
    (degrees * 1e7).round() as i64
}

pub(crate) fn withdraw(
    app: &App,
    edge: &Edge,
    report: &str,
    reason: &str,
) -> Result<Outcome, Stop> {
    let reason = reason.to_owned();
    add(
        app,
        edge,
        report,
        &Addition::Withdraw(Withdrawal { reason }),
    )
}

pub(crate) fn note(app: &App, edge: &Edge, report: &str, text: &str) -> Result<Outcome, Stop> {
    let text = text.to_owned();
    add(app, edge, report, &Addition::Note(Note { text }))
}

fn add(app: &App, edge: &Edge, report: &str, addition: &Addition) -> Result<Outcome, Stop> {
    let report = find_report(app, report)?.row;
    let op_id = OpId(edge.uuid());
    app.add_to_report(report.id, addition, op_id, &edge.moment())?;
    kept(&report.short_code, op_id, addition.kind())
}

pub(crate) fn add_photo(
    app: &App,
    edge: &Edge,
    report: &str,
    photo: &PhotoArg,
    text: &str,
) -> Result<Outcome, Stop> {
    let report = find_report(app, report)?.row;
    let bytes = std::fs::read(&photo.path).map_err(|error| {
        Stop::Usage(format!("could not read {}: {error}", photo.path.display()))
    })?;
    let op_id = OpId(edge.uuid());
    app.add_report_photo(report.id, &bytes, photo.role, text, op_id, &edge.moment())?;
    kept(&report.short_code, op_id, "photo.add")
}

fn kept(short_code: &str, op_id: OpId, kind: &str) -> Result<Outcome, Stop> {
    outcome(
        format!("已存本机 {short_code}"),
        &json!({"op_id": op_id, "kind": kind, "short_code": short_code}),
    )
}

/// Writes the receipt of a report to a file, or prints it.
pub(crate) fn receipt(app: &App, report: &str, out: Option<&Path>) -> Result<Outcome, Stop> {
    let report = find_report(app, report)?.row;
    let receipt = app
        .receipt(report.id)?
        .ok_or_else(|| Stop::other(String::from("还没有回执：先同步一次")))?;
    let text = serde_json::to_string(&receipt).map_err(|error| Stop::other(error.to_string()))?;
    let said = match out {
        Some(path) => {
            std::fs::write(path, format!("{text}\n")).map_err(|error| {
                Stop::other(format!("could not write {}: {error}", path.display()))
            })?;
            format!("回执已写入 {}", path.display())
        }
        None => text,
    };
    outcome(said, &receipt)
}
