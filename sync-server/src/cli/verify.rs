//! `gewu-server verify`: checks a database, a backup of one or an archive, and names every row that isn't as it
//! was written.

use clap::Args;
use serde_json::json;
use shared::label::Lang;
use shared::signature::PublicKey;
use std::path::{Path, PathBuf};
use std::time::Instant;
use sync_server::bundle::Opened;
use sync_server::config::{DataArgs, require_dir};
use sync_server::photo_store::PhotoStore;
use sync_server::store::{Store, StoreOptions};
use sync_server::verifier::{self, Report};
use uuid::Uuid;

/// What is named by hand wins over what the environment says: the archive, then the backup, then
/// the database.
#[derive(Args)]
pub(crate) struct VerifyArgs {
    /// A folder of `gewu-server archive`; nothing else is needed
    #[arg(value_name = "ARCHIVE", conflicts_with = "backup")]
    bundle: Option<PathBuf>,
    /// Folder of the district's data: its database and photos
    #[arg(long, env = "GEWU_DATA", value_name = "DIR")]
    data: Option<PathBuf>,
    /// Address of the database, if that is not in the folder; a server may be running on it
    #[arg(long, env = "GEWU_STORE", value_name = "URL", hide_env_values = true)]
    database: Option<String>,
    /// A file of `gewu-server backup`; it is only read
    #[arg(long, value_name = "FILE")]
    backup: Option<PathBuf>,
    /// Where the photos are, a folder or s3://BUCKET/PREFIX [default: DIR/photos, else none are read]
    #[arg(long, env = "GEWU_PHOTOS", value_name = "URL")]
    photos: Option<String>,
    /// Don't read the photos
    #[arg(long)]
    without_photos: bool,
    /// The server's public key, 64 hex digits, as you keep it; without it the one in the database
    #[arg(long, value_name = "HEX")]
    key: Option<PublicKey>,
    /// One JSON object for a program
    #[arg(long)]
    json: bool,
}

/// Checks and prints; fails when anything is wrong.
pub(crate) fn run(args: &VerifyArgs) -> anyhow::Result<()> {
    let begun = Instant::now();
    let report = match &args.bundle {
        Some(bundle) => check_archive(args, bundle)?,
        None => {
            let store = open(args)?;
            let photos = photos(args)?;
            let checked = verifier::verify(&store, photos.as_ref(), args.key);
            store.close_blocking();
            checked?
        }
    };
    if args.json {
        println!("{}", serde_json::to_string_pretty(&shown(&report))?);
    } else {
        print(&report, begun);
    }
    anyhow::ensure!(
        report.is_good(),
        "{} findings",
        report.findings.len() + report.more
    );
    Ok(())
}

fn check_archive(args: &VerifyArgs, bundle: &Path) -> anyhow::Result<Report> {
    let scratch = std::env::temp_dir().join(format!("gewu-verify-{}", Uuid::now_v7()));
    let opened = Opened::read(bundle, &scratch, args.key)?;
    let photos = (!args.without_photos).then_some(&opened.photos);
    let mut report = verifier::verify(&opened.store, photos, args.key)?;
    report
        .findings
        .splice(0..0, opened.findings.iter().cloned());
    Ok(report)
}

fn open(args: &VerifyArgs) -> anyhow::Result<Store> {
    if let Some(file) = &args.backup {
        return Ok(StoreOptions::default().open_still(file)?);
    }
    let url = match (&args.database, &args.data) {
        (Some(url), _) => url.clone(),
        (None, Some(data)) => {
            require_dir(data)?;
            of(data).store_url()
        }
        (None, None) => anyhow::bail!("name an archive, a folder (--data), a database or a backup"),
    };
    Ok(Store::open(&url)?)
}

fn of(data: &Path) -> DataArgs {
    DataArgs {
        data: data.to_owned(),
        store: None,
        photos: None,
    }
}

fn photos(args: &VerifyArgs) -> anyhow::Result<Option<PhotoStore>> {
    if args.without_photos {
        return Ok(None);
    }
    let own = args.data.as_deref().map(|data| of(data).photos_url());
    let Some(url) = args.photos.clone().or(own) else {
        return Ok(None);
    };
    Ok(Some(PhotoStore::open_to_read(&url)?))
}

fn shown(report: &Report) -> serde_json::Value {
    let words = |lang| -> Vec<String> {
        let findings = report.findings.iter();
        findings.map(|finding| finding.words(lang)).collect()
    };
    json!({
        "good": report.is_good(),
        "counts": report.counts,
        "findings": report.findings,
        "words": words(Lang::Zh),
        "more": report.more,
    })
}

fn print(report: &Report, begun: Instant) {
    for finding in &report.findings {
        println!("{}  ({})", finding.words(Lang::Zh), finding.words(Lang::En));
    }
    if report.more > 0 {
        println!("… and {} more", report.more);
    }
    let counts = &report.counts;
    println!(
        "{} cases, {} entries of their trails, {} operations, {} entries of the audit, {} in the \
         district's chain, {} signed days, {} photos read; {:.1} s",
        counts.cases,
        counts.events,
        counts.operations,
        counts.audit,
        counts.chain,
        counts.days,
        counts.photos,
        begun.elapsed().as_secs_f64()
    );
    if report.is_good() {
        println!("good: nothing was changed, taken out, put in or moved");
    }
}
