//! `gewu-server ledger`: which handheld made how much, what arrived, what is owed and since when.

use crate::{open, told};
use clap::Args;
use shared::time::{Timestamp, show_duration};
use shared::wire::console::DeviceRow;
use sync_server::config::DataArgs;
use sync_server::http::system_clock;
use sync_server::service::devices;

#[derive(Args)]
pub(crate) struct LedgerArgs {
    #[command(flatten)]
    data: DataArgs,
    /// One JSON array for a program
    #[arg(long)]
    json: bool,
}

/// Prints the ledger of all devices, those that owe something first.
pub(crate) fn print(args: &LedgerArgs) -> anyhow::Result<()> {
    let (store, district) = open(&args.data)?;
    let now = system_clock()();
    let rows = store
        .read_blocking(move |tx| devices::ledger(tx, &district, now))
        .map_err(told)?;
    store.close_blocking();
    if args.json {
        println!("{}", serde_json::to_string_pretty(&rows)?);
        return Ok(());
    }
    for row in &rows {
        println!("{}", line(row, now));
    }
    let owing = rows.iter().filter(|row| row.owes()).count();
    println!("{} devices, {owing} of them owe something", rows.len());
    Ok(())
}

fn line(row: &DeviceRow, now: Timestamp) -> String {
    let age = |at: Timestamp| show_duration(now.since(at));
    let gaps: Vec<String> = row
        .gaps
        .iter()
        .map(|(from, to)| {
            if from == to {
                from.to_string()
            } else {
                format!("{from}–{to}")
            }
        })
        .collect();
    let mut words = format!(
        "{}  {}  {}  made {}  received {}  photos owed {}",
        row.id, row.person_name, row.name, row.made, row.received, row.photos_owed
    );
    if !gaps.is_empty() {
        words.push_str(&format!("  missing {}", gaps.join(", ")));
    }
    if let Some(since) = row.oldest_owed() {
        words.push_str(&format!("  owed for {}", age(since)));
    }
    if row.photos_gone > 0 {
        words.push_str(&format!("  photos lost for good {}", row.photos_gone));
    }
    if let Some(room) = row.room {
        words.push_str(&format!(
            "  keeps {} of {} cases, {} grids left out",
            room.rows, room.limit, room.left_out
        ));
    }
    let seen = row.last_seen_ms.map_or_else(|| String::from("never"), age);
    words.push_str(&format!("  last seen {seen} ago"));
    words
}
