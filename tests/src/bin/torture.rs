//! Kills the shipped programs again and again: `cargo xtask torture` builds and starts it.
//!
//! `torture --minutes M [--store URL]`; prints the figures as JSON and fails when anything is lost
//! or there twice.
#![allow(clippy::print_stdout, reason = "a command line talks to its terminal")]

use anyhow::{Context, Result};
use std::time::Duration;
use tests::torture;

#[tokio::main]
async fn main() -> Result<()> {
    let (mut minutes, mut store, mut seed) = (10, None, 1);
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        let value = arguments
            .next()
            .with_context(|| format!("{name} wants a value"))?;
        match name.as_str() {
            "--minutes" => minutes = value.parse()?,
            "--seed" => seed = value.parse()?,
            "--store" => store = Some(value),
            _ => anyhow::bail!("{name} is not known"),
        }
    }
    let folder = tempfile::tempdir()?;
    let length = Duration::from_secs(minutes * 60);
    let figures = torture::run(folder.path(), store.as_deref(), length, seed).await?;
    println!("{}", serde_json::to_string_pretty(&figures)?);
    figures.check()
}
