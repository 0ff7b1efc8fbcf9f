//! Rounds on a command line: which there are, their points, ticking one.

use crate::args::MarkArgs;
use crate::commands::{Outcome, Stop, outcome};
use app_core::{App, Edge};
use serde_json::json;
use shared::id::OpId;
use shared::label::{self, Lang};
use shared::patrol::{Mark, Seen};
use shared::time::Timestamp;
use shared::wire::handheld::{PatrolCard, PatrolPointView};

pub(crate) fn show(app: &App, round: Option<&str>, now: Timestamp) -> Result<Outcome, Stop> {
    match round {
        None => {
            let cards = app.patrols(now)?;
            let lines: Vec<String> = cards.iter().map(card).collect();
            outcome(lines.join("\n"), &cards)
        }
        Some(round) => {
            let view = app.patrol(round, now)?;
            let mut lines = vec![card(&view.card)];
            lines.extend(view.points.iter().map(point));
            outcome(lines.join("\n"), &view)
        }
    }
}

fn card(card: &PatrolCard) -> String {
    let (done, all) = card.ticked;
    format!(
        "{} {} {} 今天已巡 {done}/{all}",
        card.id, card.name, card.place
    )
}

fn point(point: &PatrolPointView) -> String {
    let (lat, lon) = point.at;
    let mark = point.mark.as_ref().map_or_else(
        || String::from("未巡"),
        |mark| format!("{} {}", label::seen(mark.seen, Lang::Zh), mark.note),
    );
    format!("  {} {} ({lat:.6}, {lon:.6}) {mark}", point.id, point.name)
}

pub(crate) fn mark(app: &App, edge: &Edge, args: &MarkArgs) -> Result<Outcome, Stop> {
    let mark = Mark {
        round: args.round.clone(),
        point: args.point.clone(),
        seen: args.seen.into(),
        note: args.note.clone(),
    };
    let op_id = OpId(edge.uuid());
    app.mark_point(&mark, op_id, &edge.moment())?;
    outcome(
        String::from("已存本机"),
        &json!({"op_id": op_id, "kind": "patrol.mark", "round": mark.round, "point": mark.point}),
    )
}

/// What was seen, as it is typed.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub(crate) enum SeenArg {
    /// Nothing is wrong.
    Fine,
    /// Something is; say what with --note, or file a report.
    Trouble,
    /// The point can't be reached; say why with --note.
    Unreached,
}

impl From<SeenArg> for Seen {
    fn from(seen: SeenArg) -> Self {
        match seen {
            SeenArg::Fine => Self::Fine,
            SeenArg::Trouble => Self::Trouble,
            SeenArg::Unreached => Self::Unreached,
        }
    }
}
