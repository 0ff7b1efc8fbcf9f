//! `cargo xtask fuzz`: the parsers that face the network or a file, led by coverage.
//!
//! The counters are put in by the compiler's own LLVM pass, which works on stable; everything is
//! built for it apart from the ordinary programs. New inputs are gathered under `target/fuzz`;
//! `--keep` adds those that reach something new to the kept corpus, which the test command replays.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::run::{self, Steps};
use crate::setup::{self, Need};

/// What `cargo xtask fuzz` may be told.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Only this target: a folder of tests/data/fuzz
    #[arg(long)]
    only: Option<String>,
    /// Minutes for each target
    #[arg(long, default_value_t = 2)]
    minutes: u64,
    /// Add what reaches something new to the kept corpus
    #[arg(long)]
    keep: bool,
}

/// Counters, their places in the program, and what numbers are compared with: what libFuzzer is led
/// by. One unit for each crate, because the pass counts by unit.
const COUNTERS: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
    -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1";
/// Flags hold for the named platform only, so that build scripts and macros are left alone.
const PLATFORM: &str = "x86_64-unknown-linux-gnu";
/// Seconds after which one input counts as a hang.
const HANG_S: u64 = 10;
/// Mebibytes that one input may make the program take.
const MEMORY_MB: u64 = 2_048;

/// Fuzzes each target for a while; ends at the first that finds something.
pub(crate) fn fuzz(steps: &mut Steps, args: &Args) -> Result<()> {
    steps.step("look what is missing", || setup::ensure(Need::Build))?;
    let home = run::root().join("target/fuzz");
    steps.step("build with counters", || run::run(&mut build(&home)))?;
    let program = home.join(PLATFORM).join("release/fuzz");
    let mut lines = Vec::new();
    for target in targets(args.only.as_deref())? {
        let kept = run::root().join("tests/data/fuzz").join(&target);
        let (new, found) = (
            home.join("corpus").join(&target),
            home.join("found").join(&target),
        );
        for folder in [&new, &found] {
            fs::create_dir_all(folder)
                .with_context(|| format!("could not make {}", folder.display()))?;
        }
        let tried = steps.step(&format!("fuzz {target}"), || {
            let mut fuzzer = fuzzer(&program, &target);
            fuzzer
                .arg(format!("-max_total_time={}", args.minutes * 60))
                .arg(format!("-timeout={HANG_S}"))
                .arg(format!("-rss_limit_mb={MEMORY_MB}"))
                .arg(format!("-artifact_prefix={}/", found.display()))
                .args(["-print_final_stats=1", "-verbosity=0"])
                .args([&new, &kept]);
            tried(&mut fuzzer, &home.join(format!("{target}.log")))
        })?;
        let reached = fs::read_dir(&new)?.count();
        lines.push(format!("{target} {tried} inputs, {reached} kept of them"));
        if args.keep {
            steps.step(&format!("keep what {target} learnt"), || {
                run::run(
                    fuzzer(&program, &target)
                        .arg("-merge=1")
                        .args([&kept, &new]),
                )
            })?;
        }
    }
    println!(
        "each target for {} minutes, nothing found: {}",
        args.minutes,
        lines.join("; ")
    );
    Ok(())
}

/// Runs a fuzzer to its end: how many inputs it tried. What it said is shown when it found
/// something.
fn tried(fuzzer: &mut Command, log: &Path) -> Result<u64> {
    let status = fuzzer.stderr(fs::File::create(log)?).status()?;
    let said = String::from_utf8_lossy(&fs::read(log)?).into_owned();
    if !status.success() {
        eprintln!("{said}");
        bail!("it found something, or could not run");
    }
    let tried = said.lines().find_map(|line| {
        let number = line.strip_prefix("stat::number_of_executed_units:")?;
        number.trim().parse().ok()
    });
    tried.with_context(|| format!("no figures in {}", log.display()))
}

fn fuzzer(program: &Path, target: &str) -> Command {
    let mut command = Command::new(program);
    command.env("GEWU_FUZZ_TARGET", target);
    command
}

fn build(home: &Path) -> Command {
    let mut build = run::cargo();
    build
        .args(["build", "--release", "--package", "tests", "--bin", "fuzz"])
        .args(["--features", "fuzz", "--target", PLATFORM, "--target-dir"])
        .arg(home)
        .env("RUSTFLAGS", COUNTERS)
        .env("CARGO_PROFILE_RELEASE_LTO", "off")
        .env("CARGO_PROFILE_RELEASE_DEBUG_ASSERTIONS", "true")
        .env("CARGO_PROFILE_RELEASE_OVERFLOW_CHECKS", "true");
    build
}

/// The folders of the corpus, which have the targets' names.
fn targets(only: Option<&str>) -> Result<Vec<String>> {
    let folder: PathBuf = run::root().join("tests/data/fuzz");
    let mut names = Vec::new();
    for entry in fs::read_dir(&folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    names.retain(|name| only.is_none_or(|only| only == name));
    if names.is_empty() {
        bail!("no such target in {}", folder.display());
    }
    names.sort();
    Ok(names)
}
