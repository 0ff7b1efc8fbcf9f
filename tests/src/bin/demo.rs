//! `cargo xtask demo`: a grid worker's day in 建阳区, with the shipped programs and nothing else.
//!
//! Makes `target/demo` anew, binds a handheld, stops the server, files twenty reports offline,
//! starts the server, syncs, and shows for each report where it went. Whether anything was lost
//! is worked out from both databases. Without `--once` the server stays up to be looked at, and
//! the handheld's window opens where there is a display.
#![allow(clippy::print_stdout, reason = "the table is what this program is for")]

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail};
use serde::Serialize;
use serde_json::Value;
use shared::time::Timestamp;
use tests::day::{self, DAMAGED, Filing, Places};
use tests::ledger::{self, Ledger};
use tests::people::{self, PASSWORD};
use tests::programs::{Field, Refused, Server, photo, program, root};
use tests::webdriver::Guarded;

const DISTRICT: &str = "350703";

/// What a report became.
#[derive(Debug, Serialize)]
struct Row {
    what: String,
    short_code: String,
    case_no: Option<String>,
    grid: String,
    unit: String,
    deadline: Option<String>,
    rule: String,
    note: String,
}

/// What `--json` writes.
#[derive(Debug, Serialize)]
struct Outcome {
    rows: Vec<Row>,
    totals: Totals,
    ledger: Ledger,
}

#[derive(Debug, Serialize)]
struct Totals {
    filed: usize,
    accepted: usize,
    quarantined: usize,
    lost: usize,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("the demo failed: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<bool> {
    let (once, json) = arguments()?;
    let home = root().join("target/demo");
    if home.is_dir() {
        std::fs::remove_dir_all(&home)?;
    }
    std::fs::create_dir_all(&home)?;
    println!(
        "格物 · 建阳区 350703 · everything is in {}\n",
        home.display()
    );

    println!("A server on SQLite, its people, and a handheld bound to 七贤社区's worker");
    let mut server = Server::init(&home.join("server"), DISTRICT)?;
    people::add(&server)?;
    let field = Field::new(&home.join("handheld"));
    server.start().await?;
    people::enrol(&server, &field)?;
    server.kill();

    println!("The server is stopped; the worker files twenty reports without signal");
    let notes = file_the_day(&field)?;

    println!("\nThe server is back; the handheld sends");
    server.start().await?;
    field.run(&["sync"])?;

    let ledger = ledger::compare(&field.database()?, &server.database(), &server.photos())?;
    let outcome = Outcome {
        rows: rows(&field, notes)?,
        totals: Totals {
            filed: ledger.filed,
            accepted: ledger.accepted,
            quarantined: ledger.quarantined,
            lost: ledger.lost.len(),
        },
        ledger,
    };
    print_table(&outcome);
    if let Some(file) = json {
        std::fs::write(&file, serde_json::to_string_pretty(&outcome)?)
            .with_context(|| format!("could not write {}", file.display()))?;
    }
    let whole = outcome.ledger.lost.is_empty() && outcome.totals.filed == 20;
    if !once {
        stay(&server, &home).await?;
    }
    Ok(whole)
}

fn arguments() -> Result<(bool, Option<PathBuf>)> {
    let (mut once, mut json) = (false, None);
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--once" => once = true,
            "--json" => json = Some(words.next().context("--json needs a file")?.into()),
            other => bail!("{other} is not an argument of the demo: --once, --json FILE"),
        }
    }
    Ok((once, json))
}

/// Files the reports; gives each a note for the table, in the order filed.
fn file_the_day(field: &Field) -> Result<Vec<(String, String)>> {
    let places = Places::read()?;
    let mut filed = Vec::new();
    for one in day::filings() {
        let mut note = match one.spot {
            day::Spot::Border => "on a grid border".to_owned(),
            day::Spot::Outside => "outside the district".to_owned(),
            day::Spot::Inside(_) => String::new(),
        };
        if one.self_fixed {
            "fixed on the spot".clone_into(&mut note);
        }
        let answer = if one.photo == DAMAGED {
            "damaged photo replaced".clone_into(&mut note);
            with_another_photo(field, &places, &one)?
        } else {
            day::file(field, &places, &one, &photo(one.photo))?
        };
        let code = text(&answer, &["filed", "short_code"]);
        println!("  ✔ 已存本机 {code}  {}", one.text);
        filed.push((code, note));
    }
    Ok(filed)
}

/// What the handheld knows of each report after the sync.
fn rows(field: &Field, notes: Vec<(String, String)>) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for (code, note) in notes {
        let shown = field.run(&["show", &code])?;
        let deadline = shown
            .pointer("/row/deadline")
            .and_then(Value::as_i64)
            .map(Timestamp);
        let place = text(&shown, &["row", "place"]);
        rows.push(Row {
            what: text(&shown, &["row", "category_name"]),
            short_code: code,
            case_no: shown
                .pointer("/row/case_no")
                .and_then(Value::as_str)
                .map(str::to_owned),
            grid: if place.is_empty() {
                "网格外".to_owned()
            } else {
                tail(&place)
            },
            unit: text(&shown, &["row", "lead_name"]),
            deadline: deadline.map(|at| at.show(at.china_year())),
            rule: text(&shown, &["rule"]),
            note,
        });
    }
    Ok(rows)
}

/// What a worker does whose photo can't be read: takes another, and goes on with the draft.
fn with_another_photo(field: &Field, places: &Places, one: &Filing) -> Result<Value> {
    let refused = day::file(field, places, one, &photo(one.photo));
    let Err(error) = refused else {
        bail!("the damaged photo was taken")
    };
    let refused = error.downcast::<Refused>()?;
    println!("  ✘ {}: {}", one.text, refused.words);
    println!("    the worker takes another photo and goes on with the draft");
    let image = photo("HMD_Nokia_8.3_5G.jpg");
    day::file_draft(field, places, one, &image, refused.draft.as_deref())
}

/// The last two names of a path: the community's grid.
fn tail(path: &str) -> String {
    let mut names: Vec<&str> = path.rsplit(' ').take(2).collect();
    names.reverse();
    names.join(" ")
}

fn text(value: &Value, path: &[&str]) -> String {
    let found = value.pointer(&format!("/{}", path.join("/")));
    found.and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn print_table(outcome: &Outcome) {
    let head = [
        "事项",
        "短码",
        "案件编号",
        "网格",
        "责任单位",
        "期限",
        "规则",
        "备注",
    ];
    let mut lines: Vec<Vec<String>> = vec![head.iter().map(|word| (*word).to_owned()).collect()];
    for row in &outcome.rows {
        let none = || "—".to_owned();
        lines.push(vec![
            row.what.clone(),
            row.short_code.clone(),
            row.case_no.clone().unwrap_or_else(none),
            row.grid.clone(),
            row.unit.clone(),
            row.deadline.clone().unwrap_or_else(none),
            row.rule.clone(),
            row.note.clone(),
        ]);
    }
    let widths: Vec<usize> = (0..head.len())
        .map(|column| {
            lines
                .iter()
                .filter_map(|line| line.get(column))
                .map(|cell| width(cell))
                .max()
                .unwrap_or(0)
        })
        .collect();
    println!();
    for line in &lines {
        let mut shown = String::new();
        for (cell, wide) in line.iter().zip(&widths) {
            shown.push_str(cell);
            shown.push_str(&" ".repeat(wide.saturating_sub(width(cell)).saturating_add(2)));
        }
        println!("{}", shown.trim_end());
    }
    let totals = &outcome.totals;
    println!(
        "\nfiled {} · accepted {} · quarantined {} · lost {} (by operation and photo, from both databases); photos {} of {} at the server",
        totals.filed,
        totals.accepted,
        totals.quarantined,
        totals.lost,
        outcome.ledger.photos_stored,
        outcome.ledger.photos
    );
    for lost in &outcome.ledger.lost {
        println!("  lost: {lost}");
    }
}

/// Columns on a terminal: Chinese characters take two.
fn width(text: &str) -> usize {
    text.chars()
        .map(|c| if c >= '\u{1100}' { 2 } else { 1 })
        .sum()
}

/// Leaves the programs to be looked at, until Ctrl-C or until the server ends.
async fn stay(server: &Server, home: &Path) -> Result<()> {
    println!("\nConsole: {}", server.url());
    println!("Sign in with password {PASSWORD} as:");
    for person in people::PEOPLE.iter().filter(|person| person.signs_in) {
        println!("  {:<12} {} ({})", person.login, person.name, person.what);
    }
    let _window = if shows_windows() {
        let mut command = Command::new(program("gewu-handheld")?);
        command.env(people::HANDHELD_DATA, home.join("handheld"));
        Some(Guarded::start(&mut command)?)
    } else {
        println!("There is no display, so the handheld's window is not opened.");
        None
    };
    println!("Ctrl-C ends the demo.");
    tokio::signal::ctrl_c().await?;
    Ok(())
}

fn shows_windows() -> bool {
    ["WAYLAND_DISPLAY", "DISPLAY"]
        .iter()
        .any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()))
}
