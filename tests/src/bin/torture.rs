//! Kills the shipped programs again and again: `cargo xtask torture` builds and starts it.
//!
//! `torture --minutes M [--kills N] [--store URL]`; says each minute how far it is, prints the
//! figures as JSON and in one last line, and fails when anything is lost or there twice.
#![allow(clippy::print_stdout, reason = "a command line talks to its terminal")]

use anyhow::{Context, Result};
use std::time::{Duration, Instant};
use tests::torture::{self, Until};

#[tokio::main]
async fn main() -> Result<()> {
    let (mut minutes, mut kills, mut store, mut seed) = (10, u64::MAX, None, 1);
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        let value = arguments
            .next()
            .with_context(|| format!("{name} wants a value"))?;
        match name.as_str() {
            "--minutes" => minutes = value.parse()?,
            "--kills" => kills = value.parse()?,
            "--seed" => seed = value.parse()?,
            "--store" => store = Some(value),
            _ => anyhow::bail!("{name} is not known"),
        }
    }
    let folder = tempfile::tempdir()?;
    let until = Until {
        length: Duration::from_secs(minutes * 60),
        kills,
    };
    let began = Instant::now();
    let figures = torture::run(folder.path(), store.as_deref(), until, seed).await?;
    println!("{}", serde_json::to_string_pretty(&figures)?);
    println!(
        "{} in {} minutes: {}",
        if store.is_some() {
            "PostgreSQL"
        } else {
            "SQLite"
        },
        began.elapsed().as_secs() / 60,
        figures.line()
    );
    figures.check()
}
