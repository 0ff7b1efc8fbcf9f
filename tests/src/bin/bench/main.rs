//! Numbers beside their limits: each figure is measured in the same run as what bounds it, and
//! printed as a ratio, so that it can be compared between machines.
//!
//! `cargo xtask bench` builds this with optimisation and starts it. Nothing here asserts; a slow
//! machine is not a wrong program. Results worth keeping go into `docs/PERFORMANCE.md`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::as_conversions,
    clippy::print_stdout,
    reason = "a measuring program: it may stop loudly, counts in floats and talks to its terminal"
)]

mod away;
mod capture;
mod figures;
mod fill;
mod limit;
mod line;
mod lookup;
mod moves;
mod photos;
mod pull;
mod push;
mod server;
mod shaped;
mod statistics;
mod vault;
mod verify;
mod wire;

use figures::Figures;

/// One suite: adds its figures.
type Suite = fn(&mut Figures);

/// Everything that can be measured, in the order of the table.
const SUITES: [(&str, Suite); 12] = [
    ("lookup", lookup::run),
    ("capture", capture::run),
    ("push", push::run),
    ("pull", pull::run),
    ("moves", moves::run),
    ("statistics", statistics::run),
    ("photos", photos::run),
    ("vault", vault::run),
    ("verify", verify::run),
    ("away", away::run),
    ("shaped", shaped::plain),
    ("shaped-tls", shaped::tls),
];

fn main() {
    let mut only = None;
    let mut json = None;
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--only" => only = args.next(),
            "--json" => json = args.next(),
            _ => {
                let suites = SUITES.map(|(name, _)| name).join("|");
                println!("usage: bench [--only {suites}] [--json FILE]");
                std::process::exit(2);
            }
        }
    }
    let mut figures = Figures::default();
    for (name, run) in SUITES {
        if only.as_deref().is_none_or(|only| only == name) {
            figures.suite(name);
            run(&mut figures);
        }
    }
    if let Some(file) = json {
        std::fs::write(&file, figures.json()).expect("write the figures");
    }
}
