//! `gewu-server recount`: whether the statistics are what the trails of the cases say.

use crate::{open, told};
use anyhow::ensure;
use clap::Args;
use sync_server::config::DataArgs;
use sync_server::http::system_clock;
use sync_server::service::statistics;

/// Differences shown one by one; more of them say nothing more.
const SHOWN_MAX: usize = 20;

#[derive(Args)]
pub(crate) struct RecountArgs {
    #[command(flatten)]
    data: DataArgs,
    /// Only say whether they agree, and fail when they don't
    #[arg(long)]
    check: bool,
}

/// Compares, and counts again unless it should only look.
pub(crate) fn run(args: &RecountArgs) -> anyhow::Result<()> {
    let (store, district) = open(&args.data)?;
    let code = district.code.clone();
    let district = std::sync::Arc::new(district);
    let seen = std::sync::Arc::clone(&district);
    let found = store
        .read_blocking(move |tx| statistics::differences(tx, &seen))
        .map_err(told)?;
    for one in found.iter().take(SHOWN_MAX) {
        println!(
            "{} {} {} {}: kept {}, by the trails {}",
            one.slot.day,
            one.slot.kind.as_str(),
            one.slot.key,
            one.slot.counter.as_str(),
            one.kept,
            one.counted
        );
    }
    if args.check {
        store.close_blocking();
        ensure!(
            found.is_empty(),
            "{} numbers are not what the trails say; `gewu-server recount` counts them again",
            found.len()
        );
        println!("all numbers are what the trails say");
        return Ok(());
    }
    let now = system_clock()();
    let numbers = store
        .write_blocking(&code, move |tx| statistics::rebuild(tx, &district, now))
        .map_err(told)?;
    store.close_blocking();
    println!(
        "counted again: {numbers} numbers, {} of them were other",
        found.len()
    );
    Ok(())
}
