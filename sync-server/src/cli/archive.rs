//! `gewu-server archive`: everything, or the cases of some days, in a folder that can be checked
//! without a server.

use crate::{open, told};
use anyhow::Context;
use clap::Args;
use serde_json::json;
use std::path::PathBuf;
use std::sync::Arc;
use sync_server::bundle::{self, Wanted};
use sync_server::config::DataArgs;
use sync_server::http::system_clock;
use sync_server::photo_store::PhotoStore;
use sync_server::sealing;
use sync_server::service::audit::{self, Deed, Note};
use sync_server::service::receipts;

#[derive(Args)]
pub(crate) struct ArchiveArgs {
    #[command(flatten)]
    data: DataArgs,
    /// Folder to make; must not be there yet
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Only cases opened on this day or later, as 20261124
    #[arg(long, value_name = "DAY")]
    from: Option<i64>,
    /// Only cases opened on this day or earlier
    #[arg(long, value_name = "DAY")]
    to: Option<i64>,
}

/// Writes an archive while a server may be running.
pub(crate) fn run(args: &ArchiveArgs) -> anyhow::Result<()> {
    let (store, district) = open(&args.data)?;
    let district = Arc::new(district);
    let photos = PhotoStore::open(&args.data.photos_url(), &args.data.spool_dir())?;
    let key = store.read_blocking(receipts::key).map_err(told)?;
    let key = key.context("there is no key yet; the server makes it when it starts")?;
    let (now, code) = (system_clock()(), district.code.clone());
    // Noted before anything leaves, so that no export is without its entry.
    let (facts, detail) = (
        Arc::clone(&district),
        json!({"from": args.from, "to": args.to}),
    );
    let noted = store.write_blocking(&code, move |tx| {
        let note = Note {
            detail: detail.clone(),
            ..Note::of(None, Deed::ArchiveMade, "")
        };
        audit::note(tx, &facts, &note, now)
    });
    noted.map_err(told)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let sealed = runtime.block_on(sealing::seal_all(&store, &district, &key, now));
    if let Err(fault) = sealed {
        println!("not everything could be sealed; gewu-server verify tells more: {fault}");
    }
    let wanted = Wanted {
        district: code,
        from: args.from,
        to: args.to,
        now,
    };
    let written = bundle::write(&store, &photos, &args.out, &wanted, &key);
    store.close_blocking();
    let manifest = written?;
    for table in &manifest.tables {
        println!("{:<16} {:>10} rows", table.name, table.rows);
    }
    println!("{:<16} {:>10}", "photos", manifest.photos);
    if manifest.photos_missing > 0 {
        println!("{} photos were not there", manifest.photos_missing);
    }
    println!(
        "check it with\n  gewu-server verify {} --key {}",
        args.out.display(),
        key.public()
    );
    Ok(())
}
