//! `cargo xtask mutants`: does the simulation bite? Deliberate faults of sync, each a file of
//! `tests/mutations`, are put into a copy of the sources, and the simulation has to find each.
//!
//! A file says in words what goes wrong, then names a source file, the lines that go (`-`) and the
//! lines that come (`+`). The word `MUTATED` in them stands for "this fault is switched on", so
//! that one build of the copy holds all of them; the product itself has no such switch.
//! Tests: `tests/tests/mutations.rs` sees that each still fits the sources.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use crate::run::{self, Steps};

/// What `cargo xtask mutants` may be told.
#[derive(clap::Args)]
pub(crate) struct Mutants {
    /// Only those whose name begins so
    #[arg(long)]
    only: Option<String>,
    /// Within how many seeds each has to be found
    #[arg(long, default_value_t = 300)]
    seeds: u64,
}

/// The variable that switches one fault on, in the copy only.
const SWITCH: &str = "GEWU_MUTATION";
/// The word that stands for "this fault is switched on".
const WORD: &str = "MUTATED";

struct Mutation {
    name: String,
    words: String,
    file: PathBuf,
    /// Lines that go, and those that come in their place.
    hunks: Vec<(String, String)>,
}

/// Builds the copy and lets the simulation loose on each fault.
pub(crate) fn mutants(steps: &mut Steps, args: &Mutants) -> Result<()> {
    let mutations = read()?;
    let copy = run::root().join("target/mutants");
    steps.step("copy the sources and put the faults in", || {
        copy_sources(&copy)?;
        put_in(&copy, &mutations)
    })?;
    let target = run::programs();
    let target = target.parent().context("a target folder")?;
    steps.step("build the copy", || {
        let mut build = run::cargo();
        // Everything that isn't ours is built already.
        build.current_dir(&copy).env("CARGO_TARGET_DIR", target);
        // Ours is compiled anew for a short life: quickly rather than well.
        for ours in ["shared", "app-core", "sync-server", "tests"] {
            build.arg(format!("--config=profile.dev.package.{ours}.opt-level=0"));
        }
        run::run(build.args(["build", "--workspace", "--bin", "sim"]))?;
        // The next build of the sources themselves puts its own program here again.
        Ok(std::fs::copy(target.join("debug/sim"), copy.join("sim"))?)
    })?;
    let seeds = args.seeds.to_string();
    let mut missed = Vec::new();
    for mutation in &mutations {
        if !args
            .only
            .as_ref()
            .is_none_or(|only| mutation.name.starts_with(only))
        {
            continue;
        }
        let output = Command::new(copy.join("sim"))
            .args(["--seeds", &seeds, "--findings", "1"])
            .env(SWITCH, &mutation.name)
            .output()?;
        let said = String::from_utf8_lossy(&output.stderr);
        let found = said.lines().find_map(|line| line.strip_prefix("✘ seed "));
        match found.and_then(|line| line.split_once(": ")) {
            Some((seed, what)) => println!("{:<40} seed {seed:>4}: {what}", mutation.name),
            None => {
                println!("{:<40} NOT FOUND in {seeds} seeds", mutation.name);
                missed.push(mutation.words.as_str());
            }
        }
    }
    ensure!(
        missed.is_empty(),
        "the simulation overlooked:\n{}",
        missed.join("\n")
    );
    Ok(())
}

fn read() -> Result<Vec<Mutation>> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(run::root().join("tests/mutations"))?
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<_>>()?;
    files.sort();
    files.iter().map(|file| parse(file)).collect()
}

fn parse(file: &Path) -> Result<Mutation> {
    let text = std::fs::read_to_string(file)?;
    let name = file
        .file_stem()
        .context("a name")?
        .to_string_lossy()
        .into_owned();
    let switch = format!("(std::env::var(\"{SWITCH}\").as_deref() == Ok(\"{name}\"))");
    let mut hunks: Vec<(String, String)> = Vec::new();
    let mut before = ' ';
    for line in text.lines() {
        let mut rest = line.chars();
        let mark = rest.next().unwrap_or(' ');
        if mark == '-' && before != '-' {
            hunks.push((String::new(), String::new()));
        }
        if let Some((gone, come)) = hunks.last_mut() {
            match mark {
                '-' => gone.push_str(&format!("{}\n", rest.as_str())),
                '+' => come.push_str(&format!("{}\n", rest.as_str().replace(WORD, &switch))),
                _ => {}
            }
        }
        before = mark;
    }
    let source = text.lines().find_map(|line| line.strip_prefix("file: "));
    Ok(Mutation {
        words: text.lines().next().unwrap_or_default().to_owned(),
        file: PathBuf::from(source.with_context(|| format!("{name} names no file"))?),
        hunks,
        name,
    })
}

/// Copies what is under version control, and only what changed, so that a second build is quick.
fn copy_sources(copy: &Path) -> Result<()> {
    let listed = run::read(Command::new("git").current_dir(run::root()).args([
        "ls-files",
        "--cached",
        "--others",
        "--exclude-standard",
    ]))?;
    for name in listed.lines() {
        let (from, to) = (run::root().join(name), copy.join(name));
        let Ok(bytes) = std::fs::read(&from) else {
            continue;
        };
        if std::fs::read(&to).is_ok_and(|there| there == bytes) {
            continue;
        }
        if let Some(folder) = to.parent() {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::write(&to, bytes)?;
    }
    Ok(())
}

fn put_in(copy: &Path, mutations: &[Mutation]) -> Result<()> {
    for Mutation {
        name, file, hunks, ..
    } in mutations
    {
        let path = copy.join(file);
        let mut text = std::fs::read_to_string(&path).with_context(|| name.clone())?;
        for (gone, come) in hunks {
            if text.matches(gone.as_str()).count() != 1 {
                bail!(
                    "{name}: its lines are not (or not once) in {}",
                    file.display()
                );
            }
            text = text.replace(gone.as_str(), come);
        }
        std::fs::write(&path, text)?;
    }
    Ok(())
}
