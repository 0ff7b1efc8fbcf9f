//! `gewu-server`: the command line. Decodes, calls, prints; everything else is in the library.
#![allow(clippy::print_stdout, reason = "a command line talks to its terminal")]

mod cli;

use anyhow::Context;
use clap::{Args, Parser, Subcommand};
use cli::ledger::LedgerArgs;
use cli::receipts::ReceiptCommand;
use cli::users::UserCommand;
use rustix::fs::Mode;
use rustix::process::umask;
use shared::area::AreaKind;
use shared::invitation::Invitation;
use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;
use sync_server::config::{DataArgs, LogFormat, ServeArgs, require_dir};
use sync_server::http::system_clock;
use sync_server::photo_store::PhotoStore;
use sync_server::serve::Server;
use sync_server::service::district::District;
use sync_server::service::{Fault, devices, init, receipts};
use sync_server::store::{self, Store};
use sync_server::tls::Files;
use tracing_subscriber::EnvFilter;
use uuid::Uuid;

#[derive(Parser)]
#[command(
    name = "gewu-server",
    version,
    about = "格物: takes reports in, routes them, follows each case until it is closed"
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Make a district's database from its folder; never touches one that is there
    Init(InitArgs),
    /// Serve handhelds and the console
    Serve(ServeArgs),
    /// Show the settings in force, secrets masked
    Config(ServeArgs),
    /// People
    #[command(subcommand)]
    User(UserCommand),
    /// Handhelds
    #[command(subcommand)]
    Device(DeviceCommand),
    /// Show which handheld made how much, what arrived, and what it owes
    Ledger(LedgerArgs),
    /// Compare the statistics with the trails of the cases, and count them again
    Recount(cli::recount::RecountArgs),
    /// The server's receipts: its public key, and checking one offline
    #[command(subcommand)]
    Receipt(ReceiptCommand),
    /// Make a certificate for a server that has none; show its fingerprint
    Certificate(CertificateArgs),
    /// Bring a database's tables up to this program
    Migrate(DataArgs),
    /// Say which unit gets a report, by when, by which rule, and why nobody else
    Route(cli::route::RouteArgs),
    /// Copy the database into a file, also while the server runs
    Backup(cli::backup::BackupArgs),
    /// Write cases, trails, photos and signed roots into a folder that can be checked by itself
    Archive(cli::archive::ArchiveArgs),
    /// Check that nothing in a database or a backup was changed, taken out, put in or moved
    Verify(cli::verify::VerifyArgs),
    /// Put a backup in place of the database; handhelds then offer again what it doesn't know
    Restore(cli::backup::RestoreArgs),
}

#[derive(Args)]
struct CertificateArgs {
    #[command(flatten)]
    data: DataArgs,
    /// Host name or address by which handhelds reach the server; several are possible
    #[arg(long = "name", value_name = "HOST")]
    names: Vec<String>,
}

#[derive(Args)]
struct InitArgs {
    #[command(flatten)]
    data: DataArgs,
    /// Folder with areas.csv, grids.geojson and, if there, boundary.geojson and district.json
    #[arg(long, value_name = "DIR")]
    district: PathBuf,
    /// Make a certificate for this host name or address too; several are possible
    #[arg(long, value_name = "HOST")]
    tls_name: Vec<String>,
}

#[derive(Subcommand)]
enum DeviceCommand {
    /// Print a one-time code that binds a handheld to a person
    Code(CodeArgs),
}

#[derive(Args)]
struct CodeArgs {
    #[command(flatten)]
    data: DataArgs,
    /// Sign-in name of who will carry it
    #[arg(long)]
    login: String,
    /// Host and port of the server, for a whole gewu:// address
    #[arg(long, value_name = "HOST:PORT")]
    server: Option<String>,
    /// The server runs with another certificate than its own, or behind a proxy
    #[arg(long)]
    without_fingerprint: bool,
}

fn main() -> ExitCode {
    // Database, photos, backups and archives: what is made here is for whoever runs it alone.
    umask(Mode::RWXG | Mode::RWXO);
    match run(Cli::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        // The chain of reasons without a stack: a person reads it.
        Err(error) => {
            eprintln!("gewu-server: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Init(args) => make(&args),
        Command::Serve(args) => serve(args),
        Command::Config(args) => {
            for (name, value) in args.show() {
                println!("{name} = {value}");
            }
            Ok(())
        }
        Command::User(command) => cli::users::run(command),
        Command::Device(DeviceCommand::Code(args)) => device_code(&args),
        Command::Ledger(args) => cli::ledger::print(&args),
        Command::Recount(args) => cli::recount::run(&args),
        Command::Receipt(command) => cli::receipts::run(command),
        Command::Archive(args) => cli::archive::run(&args),
        Command::Verify(args) => cli::verify::run(&args),
        Command::Route(args) => cli::route::print(args),
        Command::Backup(args) => cli::backup::backup(&args),
        Command::Restore(args) => cli::backup::restore(&args),
        Command::Certificate(args) => certificate(&args.data, &args.names),
        Command::Migrate(args) => {
            let steps = Store::migrate(&args.store_url())?;
            println!(
                "{}",
                if steps.is_empty() {
                    "up to date".to_owned()
                } else {
                    steps.join("\n")
                }
            );
            Ok(())
        }
    }
}

fn make(args: &InitArgs) -> anyhow::Result<()> {
    let now = system_clock()();
    let plan = init::read(&args.district, now.china_year())
        .with_context(|| format!("district {}", args.district.display()))?;
    std::fs::create_dir_all(&args.data.data)
        .with_context(|| format!("could not make {}", args.data.data.display()))?;
    let store = Store::create(&args.data.store_url())?;
    PhotoStore::create(&args.data.photos_url(), &args.data.spool_dir())?;
    let server_epoch = Uuid::now_v7().to_string();
    let code = plan.district.clone();
    let stored = plan.clone();
    let seed: [u8; 32] = rand::random();
    store
        .write_blocking(&code, move |tx| {
            init::store(tx, &stored, &server_epoch, now)?;
            receipts::ensure_key(tx, &seed).map(drop)
        })
        .map_err(told)?;
    store.close_blocking();
    if !args.tls_name.is_empty() {
        certificate(&args.data, &args.tls_name)?;
    }
    let data = args.data.data.display();
    let address = match &args.data.store {
        Some(_) => " --store URL",
        None => "",
    };
    println!(
        "{} {}: {} streets, {} communities, {} grids, {} exclusive grids, {} categories, {} units",
        plan.district,
        plan.name,
        plan.count(AreaKind::Street),
        plan.count(AreaKind::Community),
        plan.count(AreaKind::Grid),
        plan.count(AreaKind::ExclusiveGrid),
        plan.catalogue.categories.len(),
        plan.units.len(),
    );
    println!(
        "next:\n  gewu-server user add --data {data}{address} --login admin --name 管理员 --role administrator --area {code}\n  \
         gewu-server serve --data {data}{address}"
    );
    Ok(())
}

/// Makes the server's own certificate where there is none, and shows its fingerprint.
fn certificate(data: &DataArgs, names: &[String]) -> anyhow::Result<()> {
    require_dir(&data.data)?;
    let files = match Files::own(&data.data) {
        Some(files) if names.is_empty() => files,
        None if names.is_empty() => {
            anyhow::bail!("there is no certificate; name the hosts that it is for with --name")
        }
        _ => Files::make(&data.data, names)?,
    };
    println!("{}", files.certificate.display());
    println!("sha256 {}", files.fingerprint()?);
    Ok(())
}

/// What a service says, for a terminal.
#[expect(
    clippy::needless_pass_by_value,
    reason = "its callers map errors with it"
)]
fn told(fault: Fault) -> anyhow::Error {
    anyhow::anyhow!("{fault}")
}

fn open(data: &DataArgs) -> anyhow::Result<(Store, District)> {
    require_dir(&data.data)?;
    let store = Store::open(&data.store_url())?;
    let now = system_clock()();
    let district = store
        .read_blocking(move |tx| District::load(tx, now))
        .map_err(told)?;
    Ok((store, district))
}

fn device_code(args: &CodeArgs) -> anyhow::Result<()> {
    let (store, district) = open(&args.data)?;
    let login = args.login.clone();
    let person = store
        .read_blocking(move |tx| store::people::by_login(tx, &login))?
        .with_context(|| format!("there is nobody with the sign-in name {}", args.login))?;
    let code = devices::code_from(rand::random());
    let code_hash = devices::code_hash(&code);
    let now = system_clock()();
    let district_code = district.code.clone();
    store
        .write_blocking(&district_code, move |tx| {
            devices::new_code(tx, None, &district, person.id, code_hash, now)
        })
        .map_err(told)?;
    store.close_blocking();
    let own = Files::own(&args.data.data).filter(|_| !args.without_fingerprint);
    let invitation = Invitation {
        host: args.server.clone(),
        code,
        fingerprint: own
            .map(|files| files.fingerprint())
            .transpose()?
            .map(Into::into),
    };
    println!("{invitation}");
    Ok(())
}

fn serve(args: ServeArgs) -> anyhow::Result<()> {
    let filter = EnvFilter::try_from_env("GEWU_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    let logs = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    match args.log_format {
        LogFormat::Text => logs.init(),
        LogFormat::Json => logs.json().init(),
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let server = Server::prepare(args, system_clock()).await?;
        let url = server.url();
        // Printed for whoever started it; scripts wait for this line.
        println!("listening on {url}");
        tracing::info!(url, "serving");
        server.run(stop_asked()).await?;
        tracing::info!("stopped");
        Ok(())
    })
}

/// Done when the process is asked to stop.
async fn stop_asked() {
    use tokio::signal::unix::{SignalKind, signal};
    let term = async {
        match signal(SignalKind::terminate()) {
            Ok(mut signal) => drop(signal.recv().await),
            // Without the signal only the keyboard stops it.
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        () = term => {}
        _ = tokio::signal::ctrl_c() => {}
    }
    tracing::info!("stopping: requests under way are finished");
}
