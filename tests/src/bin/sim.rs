//! Lives through seed after seed: `cargo xtask sim` builds and starts it.
//!
//! Without anything said it runs the seeds from 1 on until something is found, the time is up or so
//! many device-days were lived, on every core. It says each minute how far it is, and in its last
//! line how many device-days that were.
#![allow(clippy::print_stdout, reason = "a command line talks to its terminal")]

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tests::sim;

struct Wanted {
    from: u64,
    seeds: u64,
    minutes: Option<u64>,
    device_days: u64,
    only: Option<u64>,
    findings: u64,
    threads: usize,
}

fn main() -> ExitCode {
    let wanted = match wanted() {
        Ok(wanted) => wanted,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    match wanted.only {
        Some(seed) => one(seed),
        None => many(&wanted),
    }
}

fn wanted() -> Result<Wanted, String> {
    let mut wanted = Wanted {
        from: 1,
        seeds: u64::MAX,
        minutes: None,
        device_days: u64::MAX,
        only: None,
        findings: u64::MAX,
        threads: std::thread::available_parallelism().map_or(1, usize::from),
    };
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        let number = arguments.next().and_then(|text| text.parse::<u64>().ok());
        let number = number.ok_or_else(|| format!("{name} wants a number"))?;
        match name.as_str() {
            "--seed" => wanted.only = Some(number),
            "--from" => wanted.from = number,
            "--seeds" => wanted.seeds = number,
            "--findings" => wanted.findings = number,
            "--minutes" => wanted.minutes = Some(number),
            "--device-days" => wanted.device_days = number,
            "--threads" => wanted.threads = usize::try_from(number).unwrap_or(1).max(1),
            _ => return Err(format!("{name} is not known")),
        }
    }
    Ok(wanted)
}

/// One seed with everything that happened in it.
fn one(seed: u64) -> ExitCode {
    match sim::run(seed) {
        Ok(run) => {
            println!(
                "seed {seed}: {} device-days, trace {}",
                run.device_days, run.digest
            );
            show(&run.counts);
            ExitCode::SUCCESS
        }
        Err(found) => {
            for line in &found.trace {
                println!("{line}");
            }
            println!("\n✘ {found}");
            ExitCode::FAILURE
        }
    }
}

#[derive(Default)]
struct Sum {
    seeds: u64,
    device_days: u64,
    counts: BTreeMap<&'static str, u64>,
    found: Vec<String>,
    /// When it was last said how far it is.
    said: Option<Instant>,
}

/// How often it says how far it is.
const SAID_EVERY: Duration = Duration::from_secs(60);

impl Sum {
    /// For `docs/PROOF.md`.
    fn line(&self, from: u64, took: Duration) -> String {
        format!(
            "{} seeds from {from} on, {} device-days in {:.1} s, {} found something",
            self.seeds,
            self.device_days,
            took.as_secs_f32(),
            self.found.len()
        )
    }

    fn say_now_and_then(&mut self, from: u64, began: Instant) {
        if self.said.unwrap_or(began).elapsed() >= SAID_EVERY {
            self.said = Some(Instant::now());
            eprintln!("… {}", self.line(from, began.elapsed()));
        }
    }
}

fn many(wanted: &Wanted) -> ExitCode {
    let (next, began) = (AtomicU64::new(wanted.from), Instant::now());
    let sum = Mutex::new(Sum::default());
    let until = wanted
        .minutes
        .map(|minutes| Duration::from_secs(minutes * 60));
    std::thread::scope(|scope| {
        for _ in 0..wanted.threads {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::SeqCst);
                    let is_late = until.is_some_and(|until| began.elapsed() > until);
                    let so_far = sum.lock().map(|sum| (sum.found.len(), sum.device_days));
                    let (findings, lived) = so_far.unwrap_or_default();
                    let findings = u64::try_from(findings).unwrap_or(u64::MAX);
                    let enough = findings >= wanted.findings || lived >= wanted.device_days;
                    if enough || is_late || seed - wanted.from >= wanted.seeds {
                        return;
                    }
                    let outcome = sim::run(seed);
                    let Ok(mut sum) = sum.lock() else { return };
                    sum.seeds += 1;
                    match outcome {
                        Ok(run) => {
                            sum.device_days += run.device_days;
                            for (what, count) in run.counts {
                                *sum.counts.entry(what).or_default() += count;
                            }
                        }
                        Err(found) => {
                            eprintln!("✘ {found}");
                            sum.found.push(found.to_string());
                        }
                    }
                    sum.say_now_and_then(wanted.from, began);
                }
            });
        }
    });
    let Ok(sum) = sum.into_inner() else {
        return ExitCode::FAILURE;
    };
    show(&sum.counts);
    println!("{}", sum.line(wanted.from, began.elapsed()));
    if sum.found.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn show(counts: &BTreeMap<&'static str, u64>) {
    for (what, count) in counts {
        println!("{count:>10}  {what}");
    }
}
