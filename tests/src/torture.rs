//! The shipped programs under torture: a server and handhelds killed with SIGKILL at any moment,
//! again and again, behind a proxy that loses; then a count of what is where.
//!
//! [`run`] gives figures; whoever calls it decides how long. The handhelds file and sync on their
//! own as users do; nothing in the programs knows that they are tortured.

use crate::ledger;
use crate::lossy::Lossy;
use crate::people;
use crate::programs::{Field, Server, program};
use crate::sim::chance::Chance;
use crate::sim::district::COMMUNITIES;
use crate::world;
use anyhow::{Context, Result, ensure};
use image::{ImageFormat, Rgb, RgbImage};
use serde::Serialize;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Handhelds at a time.
const HANDHELDS: usize = 2;
/// A program that hasn't ended after this is killed anyway.
const LONGEST: Duration = Duration::from_millis(1_500);
/// In calm weather everything is through after so many rounds.
const CALM_ROUNDS: usize = 20;

/// What happened, and what is where in the end.
#[derive(Debug, Default, Serialize)]
pub struct Figures {
    /// How often the server was killed.
    pub server_kills: u64,
    /// How often a handheld was killed.
    pub handheld_kills: u64,
    /// Connections that were cut by the proxy.
    pub cuts: u64,
    /// Reports whose worker was told that they are kept.
    pub confirmed: usize,
    /// Reports on the handhelds.
    pub filed: usize,
    /// Of them, those that the server acted on.
    pub accepted: usize,
    /// Of them, those that wait for a person.
    pub quarantined: usize,
    /// Photos of reports, and those whose bytes are at the server.
    pub photos: (usize, usize),
    /// Cases at the server.
    pub cases: usize,
    /// What is nowhere.
    pub lost: Vec<String>,
}

/// When it is enough: whichever comes first.
#[derive(Debug, Clone, Copy)]
pub struct Until {
    /// After so long.
    pub length: Duration,
    /// After so many kills of server and handhelds together.
    pub kills: u64,
}

/// How often it is said how far it is.
const SAID_EVERY: Duration = Duration::from_secs(60);

impl Figures {
    /// All of it in one line, for `docs/PROOF.md`.
    #[must_use]
    pub fn line(&self) -> String {
        format!(
            "the server was killed {} times, a handheld {} times, {} connections were cut; {} \
             reports were confirmed, {} filed, {} acted on, {} in quarantine, {} of {} photos \
             there, {} lost",
            self.server_kills,
            self.handheld_kills,
            self.cuts,
            self.confirmed,
            self.filed,
            self.accepted,
            self.quarantined,
            self.photos.1,
            self.photos.0,
            self.lost.len()
        )
    }

    const fn kills(&self) -> u64 {
        self.server_kills + self.handheld_kills
    }

    /// Nothing is lost and nothing is there twice.
    pub fn check(&self) -> Result<()> {
        ensure!(self.lost.is_empty(), "lost: {:?}", self.lost);
        ensure!(
            self.filed >= self.confirmed,
            "a confirmed report is gone: {self:?}"
        );
        ensure!(
            self.accepted + self.quarantined == self.filed && self.cases == self.accepted,
            "the numbers do not add up: {self:?}"
        );
        ensure!(
            self.photos.0 == self.photos.1,
            "photos are missing: {self:?}"
        );
        Ok(())
    }
}

struct Handheld {
    folder: PathBuf,
    field: Field,
    running: Option<(Child, bool)>,
}

/// Tortures until it is enough.
pub async fn run(folder: &Path, store: Option<&str>, until: Until, seed: u64) -> Result<Figures> {
    let mut chance = Chance::new(seed);
    let district = small_district(&folder.join("district"))?;
    let mut server = Server::init_at(&folder.join("server"), &district, store)?;
    people::add(&server)?;
    server.start().await?;
    let proxy = Lossy::start(server.port(), chance.draw()).await?;
    let photo = folder.join("photo.png");
    RgbImage::from_pixel(48, 64, Rgb([90, 120, 60])).save_with_format(&photo, ImageFormat::Png)?;
    let mut handhelds = Vec::new();
    for number in 0..HANDHELDS {
        let folder = folder.join(format!("handheld-{number}"));
        let field = Field::new(&folder);
        people::enrol(&server, &field)?;
        bind_through(&server, &field, &proxy)?;
        handhelds.push(Handheld {
            folder,
            field,
            running: None,
        });
    }
    let mut figures = Figures::default();
    let (began, mut said) = (Instant::now(), Instant::now());
    while began.elapsed() < until.length && figures.kills() < until.kills {
        if said.elapsed() >= SAID_EVERY {
            said = Instant::now();
            eprintln!(
                "… {} of {} s, {} kills, {} reports confirmed",
                began.elapsed().as_secs(),
                until.length.as_secs(),
                figures.kills(),
                figures.confirmed
            );
        }
        for handheld in &mut handhelds {
            handheld.start(&photo, &mut chance)?;
        }
        let moment = u64::try_from(chance.between(0, 400))?;
        tokio::time::sleep(Duration::from_millis(moment)).await;
        if chance.odds(500) {
            server.kill();
            figures.server_kills += 1;
        }
        for handheld in &mut handhelds {
            let patience = if chance.odds(600) {
                Duration::ZERO
            } else {
                LONGEST
            };
            handheld.end(patience, &mut figures).await?;
        }
        if !server.is_running() {
            server.start().await?;
        }
    }
    proxy.calm();
    figures.cuts = proxy.cut();
    settle(&handhelds)?;
    count(&mut figures, &server, store, &handhelds)?;
    Ok(figures)
}

/// Bound again, by the way through the proxy.
fn bind_through(server: &Server, field: &Field, proxy: &Lossy) -> Result<()> {
    let printed = server.run(&["device", "code", "--login", people::WORKER])?;
    let code = printed
        .split_whitespace()
        .last()
        .context("a code")?
        .to_owned();
    for _ in 0..CALM_ROUNDS {
        if field
            .run(&["enrol", "--server", &proxy.url(), "--code", &code])
            .is_ok()
        {
            return Ok(());
        }
    }
    anyhow::bail!("the proxy let nothing through")
}

impl Handheld {
    fn start(&mut self, photo: &Path, chance: &mut Chance) -> Result<()> {
        let mut command = Command::new(program("gewu-field")?);
        command.arg("--dir").arg(&self.folder).arg("--json");
        let files = chance.odds(400);
        if files {
            let (lat, lon) = (world::PLACE.0 as f64 / 1e7, world::PLACE.1 as f64 / 1e7);
            command
                .args(["file", "--category=C0101", "--condition=C0101-1"])
                .args([format!("--lat={lat}"), format!("--lon={lon}")])
                .arg(format!("--text={:016x}", chance.draw()))
                .arg(format!("--photo={}", photo.display()));
        } else {
            command.arg("sync");
        }
        let child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        self.running = Some((child, files));
        Ok(())
    }

    /// Waits for the program's end for so long and then kills it.
    async fn end(&mut self, patience: Duration, figures: &mut Figures) -> Result<()> {
        let Some((mut child, files)) = self.running.take() else {
            return Ok(());
        };
        let began = Instant::now();
        while child.try_wait()?.is_none() {
            if began.elapsed() >= patience {
                child.kill()?;
                figures.handheld_kills += 1;
                break;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let output = child.wait_with_output()?;
        let answer = serde_json::from_slice::<Value>(&output.stdout);
        // Exit code 0 of `file` is the promise that it is kept.
        figures.confirmed += usize::from(files && output.status.success() && answer.is_ok());
        Ok(())
    }
}

fn settle(handhelds: &[Handheld]) -> Result<()> {
    for handheld in handhelds {
        for round in 0.. {
            let synced = handheld.field.run(&["sync"]);
            let status = handheld.field.run(&["status"])?;
            let waits = |name: &str| {
                status
                    .pointer(&format!("/sync/{name}"))
                    .and_then(Value::as_u64)
            };
            if waits("operations_waiting") == Some(0) && waits("photos_waiting") == Some(0) {
                break;
            }
            ensure!(
                round < CALM_ROUNDS,
                "something still waits: {status}, {synced:?}"
            );
        }
    }
    Ok(())
}

fn count(
    figures: &mut Figures,
    server: &Server,
    store: Option<&str>,
    handhelds: &[Handheld],
) -> Result<()> {
    let there = match store {
        None => ledger::There::sqlite(&server.database())?,
        Some(url) => ledger::There::postgres(url)?,
    };
    for handheld in handhelds {
        let ledger = ledger::compare_with(&handheld.field.database()?, &there, &server.photos())?;
        figures.filed += ledger.filed;
        figures.accepted += ledger.accepted;
        figures.quarantined += ledger.quarantined;
        figures.photos.0 += ledger.photos;
        figures.photos.1 += ledger.photos_stored;
        figures.lost.extend(ledger.lost);
    }
    figures.cases = there.cases;
    Ok(())
}

/// 建阳区 with one community: every start of a program reads it anew.
fn small_district(folder: &Path) -> Result<PathBuf> {
    let whole = world::district_folder();
    let within =
        |code: &str| ["350703", "350703001"].contains(&code) || code.starts_with(COMMUNITIES[0]);
    std::fs::create_dir_all(folder)?;
    let areas = std::fs::read_to_string(whole.join("areas.csv"))?;
    let kept = areas
        .lines()
        .enumerate()
        .filter(|(at, line)| *at == 0 || line.split(',').next().is_some_and(within));
    let kept: Vec<&str> = kept.map(|(_, line)| line).collect();
    std::fs::write(folder.join("areas.csv"), kept.join("\n") + "\n")?;
    let mut grids: Value =
        serde_json::from_str(&std::fs::read_to_string(whole.join("grids.geojson"))?)?;
    if let Some(features) = grids["features"].as_array_mut() {
        features.retain(|feature| feature["properties"]["code"].as_str().is_some_and(within));
    }
    std::fs::write(folder.join("grids.geojson"), grids.to_string())?;
    Ok(folder.to_path_buf())
}
