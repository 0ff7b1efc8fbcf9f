//! `gewu-field`: the handheld without a screen, for scripts, support and load.
//!
//! Every command is a way to call `app_core::App`; nothing is decided here. Results go to the
//! standard output (with `--json` as one JSON value), what went wrong to the standard error, and
//! the exit code says which sort it was. Tests: `tests/cli.rs` of this crate.

mod additions;
mod args;
mod carry;
mod commands;
mod patrol;
mod pin;
mod similar;
mod tasks;
mod words;

use app_core::{Config, CoreError, Edge};
use args::{Cli, Command};
use clap::Parser;
use commands::{Outcome, Stop};
use std::io::Write;
use std::process::ExitCode;

fn main() -> ExitCode {
    app_core::store::keep_private();
    let cli = Cli::parse();
    match run(&cli) {
        Ok(outcome) => {
            let text = if cli.json {
                outcome.json.to_string()
            } else {
                outcome.text
            };
            // A closed pipe (`| head`) is no failure of ours.
            writeln!(std::io::stdout(), "{text}").ok();
            ExitCode::from(outcome.code)
        }
        Err(stop) => {
            if cli.json {
                writeln!(std::io::stdout(), "{}", stop.json()).ok();
            }
            writeln!(std::io::stderr(), "gewu-field: {}", stop.text()).ok();
            ExitCode::from(stop.code())
        }
    }
}

fn run(cli: &Cli) -> Result<Outcome, Stop> {
    std::fs::create_dir_all(&cli.dir)
        .map_err(|error| Stop::other(format!("could not make {}: {error}", cli.dir.display())))?;
    let config = cli
        .max_bytes
        .map_or_else(Config::default, |max_bytes| Config {
            max_bytes,
            ..Config::default()
        });
    let edge = Edge::system();
    if let Command::Pin(args) = &cli.command {
        return pin::set(cli, args, &edge);
    }
    if let Command::Keyring { remove } = &cli.command {
        return pin::keyring(cli, *remove);
    }
    let app = pin::open(cli, config, &edge)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .map_err(|error| Stop::other(format!("could not start the runtime: {error}")))?;
    runtime.block_on(commands::run(&app, &edge, &cli.command))
}

impl From<CoreError> for Stop {
    fn from(error: CoreError) -> Self {
        Stop::Core { error, draft: None }
    }
}
