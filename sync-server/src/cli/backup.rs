//! `gewu-server backup` and `gewu-server restore`: the database in a file and back.

use anyhow::Context;
use clap::Args;
use serde_json::{Value, json};
use std::path::PathBuf;
use sync_server::config::{DataArgs, mask_url, require_dir};
use sync_server::http::system_clock;
use sync_server::new_life::{self, Missing};
use sync_server::photo_store::PhotoStore;
use sync_server::service::audit::{self, Deed, Note};
use sync_server::service::district::District;
use sync_server::store::Store;
use sync_server::store::backup::{self, Replacement};
use uuid::Uuid;

#[derive(Args)]
pub(crate) struct BackupArgs {
    #[command(flatten)]
    data: DataArgs,
    /// File to make; must not be there yet
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

#[derive(Args)]
pub(crate) struct RestoreArgs {
    #[command(flatten)]
    data: DataArgs,
    /// A file of `gewu-server backup`
    #[arg(value_name = "FILE", required_unless_present = "new_life")]
    file: Option<PathBuf>,
    /// The database was put back by other means (pg_restore, a snapshot): only begin its new life
    #[arg(long, conflicts_with = "file")]
    new_life: bool,
}

/// Copies the database while a server may be running.
pub(crate) fn backup(args: &BackupArgs) -> anyhow::Result<()> {
    require_dir(&args.data.data)?;
    let url = args.data.store_url();
    let Some(database) = backup::file_of(&url)? else {
        anyhow::bail!(
            "PostgreSQL makes its own backups, consistent while the server runs:\n  \
             pg_dump --format=custom --file={} {}",
            args.file.display(),
            mask_url(&url)
        );
    };
    backup::copy(&database, &args.file)?;
    let bytes = std::fs::metadata(&args.file)?.len();
    println!("{} {bytes} bytes", args.file.display());
    // A database of an older program can be backed up, and nothing be written to it.
    let noted = Store::open(&url)
        .map_err(anyhow::Error::from)
        .and_then(|store| {
            let noted = note(&store, Deed::BackupMade, json!({"bytes": bytes}));
            store.close_blocking();
            noted
        });
    if let Err(problem) = noted {
        println!("this backup could not be noted in the audit: {problem}");
    }
    println!(
        "photos are files of their own that never change; copy {} as well",
        args.data.photos_url()
    );
    Ok(())
}

/// Puts a backup in place of the database and begins its new life.
pub(crate) fn restore(args: &RestoreArgs) -> anyhow::Result<()> {
    require_dir(&args.data.data)?;
    let url = args.data.store_url();
    let Some(file) = &args.file else {
        let store = Store::open(&url)?;
        begin_new_life(&store, &args.data)?;
        store.close_blocking();
        return Ok(());
    };
    let Some(database) = backup::file_of(&url)? else {
        anyhow::bail!(
            "put a PostgreSQL database back with its own tools, then begin its new life:\n  \
             pg_restore --clean --if-exists --dbname={} {}\n  \
             gewu-server restore --new-life --data {} --store URL",
            mask_url(&url),
            file.display(),
            args.data.data.display()
        );
    };
    let replacement = Replacement::begin(file, &database)
        .with_context(|| format!("could not restore {}", file.display()))?;
    let store = Store::open(&replacement.url())?;
    begin_new_life(&store, &args.data)?;
    store.close_blocking();
    let aside = format!("before-restore-{}.db", system_clock()().0);
    if let Some(kept) = replacement.finish(&aside)? {
        println!(
            "the database that was here is kept as {}",
            kept.path.display()
        );
        if let Some(damage) = kept.damage {
            println!("it is damaged ({damage}) and lies there as it was");
        }
    }
    Ok(())
}

/// Notes in the audit that the data left its place or came back; nobody is signed in here.
fn note(store: &Store, deed: Deed, detail: Value) -> anyhow::Result<()> {
    let now = system_clock()();
    let district = store.read_blocking(move |tx| District::load(tx, now));
    let district = district.map_err(crate::told)?;
    let code = district.code.clone();
    let noted = store.write_blocking(&code, move |tx| {
        let note = Note {
            detail: detail.clone(),
            ..Note::of(None, deed, "")
        };
        audit::note(tx, &district, &note, now)
    });
    noted.map_err(crate::told)
}

fn begin_new_life(store: &Store, data: &DataArgs) -> anyhow::Result<()> {
    let photos = PhotoStore::open(&data.photos_url(), &data.spool_dir())?;
    let server_epoch = Uuid::now_v7().to_string();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let begun = new_life::begin(store, &photos, server_epoch.clone(), system_clock()());
    let Missing {
        photos,
        previews,
        gone,
    } = runtime.block_on(begun)?;
    note(
        store,
        Deed::BackupRestored,
        json!({"server_epoch": server_epoch, "photos_missing": photos,
            "previews_missing": previews, "photos_gone": gone}),
    )?;
    println!(
        "new life {server_epoch}; {photos} photos are missing and will be asked for, \
         {previews} previews too"
    );
    if gone > 0 {
        println!(
            "{gone} photos that were added in the console are missing, and no handheld has them: \
             their cases say 原图已不在手持端; whoever still has such a file adds it to its case again"
        );
    }
    println!(
        "everybody signs in anew at the console, and codes that nobody had used are void; handhelds \
         that were reported lost since the backup have to be marked again"
    );
    Ok(())
}
