//! The days of one seed: who does what when, from the first morning until everything is quiet.

mod ending;

use super::chance::Chance;
use super::clock::Time;
use super::courier::Courier;
use super::handheld::{Handheld, Turn};
use super::host::Host;
use super::line::Weather;
use super::lost::Strays;
use super::trace::Trace;
use super::{check, office, quiet};
use crate::world::START;
use anyhow::{Context, Result, ensure};
use rusqlite::OpenFlags;
use shared::time::{DAY_MS, HOUR_MS, MINUTE_MS};
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use tokio::sync::Mutex;

/// Turns of sync in a row before the app goes to sleep.
const TURNS_AWAKE: u32 = 6;

/// Courier files go about in one of so many seeds, and in none that was kept before there were any.
const COURIER_EVERY: u64 = 4;
/// In those with this rest.
const COURIER_AT: u64 = 3;

/// In one of so many seeds, with this rest, the handhelds go into quiet with timers that were armed
/// while their clocks were ahead.
const AHEAD_EVERY: u64 = 5;
/// In those with this rest.
const AHEAD_AT: u64 = 2;

/// Handhelds are lost in one of so many seeds, with this rest.
const LOST_EVERY: u64 = 5;
/// In those with this rest.
const LOST_AT: u64 = 4;
/// How often it is tried again to mark one, an hour later each time.
const LOST_TRIES: u32 = 24;

/// What is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Due {
    /// A worker files a report.
    File(usize),
    /// A worker adds to a report.
    Add(usize),
    /// A handheld syncs.
    Turn(usize),
    /// The signal of a handheld changes.
    Weather(usize),
    /// Somebody at a desk does something.
    Office,
    /// Something goes wrong.
    Mischief,
    /// Somebody carries a courier file.
    Courier,
    /// A handheld is lost; how often that may still be put off.
    Lose(u32),
    /// A lost handheld comes to life.
    Stray(usize),
}

struct Life {
    time: Time,
    trace: Trace,
    chance: Chance,
    /// Which photos a restore doesn't bring back.
    losses: Chance,
    host: Arc<Mutex<Host>>,
    handhelds: Vec<Handheld>,
    /// In some seeds.
    courier: Option<Courier>,
    /// In some seeds.
    strays: Option<Strays>,
    /// In some seeds.
    ahead: Option<Chance>,
    agenda: BTreeMap<(i64, u64), Due>,
    entries: u64,
    /// Turns that each handheld still makes before its app sleeps.
    awake: Vec<u32>,
}

/// Lives through a seed; handhelds × days.
pub(super) async fn live(seed: u64, folder: &Path, trace: &Trace) -> Result<u64> {
    let mut life = Life::begin(seed, folder, trace).await?;
    let days = life.chance.between(2, 6);
    life.plan(days);
    life.plan_courier(days);
    life.plan_losses(days);
    while let Some(((at, _), due)) = life.agenda.pop_first() {
        life.time.reach(at);
        life.happen(due).await.with_context(|| format!("{due:?}"))?;
        match due {
            Due::File(number) | Due::Add(number) | Due::Turn(number) | Due::Weather(number) => {
                life.check(number..number + 1).await?;
            }
            Due::Office | Due::Mischief | Due::Courier | Due::Lose(_) | Due::Stray(_) => {
                life.check(0..life.handhelds.len()).await?;
            }
        }
    }
    life.become_quiet().await.context("in quiet")?;
    let mut host = life.host.lock().await;
    quiet::world(&mut host, &mut life.handhelds, life.strays.as_ref())
        .await
        .context("after quiet")?;
    Ok(u64::try_from(days)? * u64::try_from(life.handhelds.len())?)
}

impl Life {
    async fn begin(seed: u64, folder: &Path, trace: &Trace) -> Result<Self> {
        let mut chance = Chance::new(seed);
        let time = Time::new(START);
        let host = Arc::new(Mutex::new(Host::new(&folder.join("server"), &time)?));
        let mut handhelds = Vec::new();
        for number in 0..2 + chance.below(3) {
            let folder = folder.join(format!("handheld-{number}"));
            let mut handheld = Handheld::new(number, &folder, &time, trace, &host, &mut chance)?;
            let code = office::code(&mut *host.lock().await, number, &time, &mut chance).await?;
            let bound = handheld.enrol(&code.context("a code")?).await?;
            ensure!(bound, "a handheld could not be bound in calm weather");
            handhelds.push(handheld);
        }
        let strays = (seed % LOST_EVERY == LOST_AT).then(|| {
            let chance = Chance::new(seed.rotate_left(48));
            Strays::new(chance, folder, &time, trace, &host)
        });
        Ok(Self {
            awake: vec![0; handhelds.len()],
            time,
            trace: trace.clone(),
            chance,
            losses: Chance::new(seed.rotate_left(16)),
            host,
            handhelds,
            courier: (seed % COURIER_EVERY == COURIER_AT)
                .then(|| Courier::new(Chance::new(!seed), folder.to_path_buf())),
            strays,
            ahead: (seed % AHEAD_EVERY == AHEAD_AT).then(|| Chance::new(seed.rotate_left(32))),
            agenda: BTreeMap::new(),
            entries: 0,
        })
    }

    fn at(&mut self, at: i64, due: Due) {
        self.entries += 1;
        self.agenda.insert((at, self.entries), due);
    }

    fn after(&mut self, ms: i64, due: Due) {
        self.at(self.time.now().0.saturating_add(ms), due);
    }

    /// When a courier comes by.
    fn plan_courier(&mut self, days: i64) {
        let Some(courier) = &mut self.courier else {
            return;
        };
        let chance = courier.chance();
        let visits = chance.between(3, 8) * days;
        let when: Vec<i64> = (0..visits)
            .map(|_| START.0 + chance.between(0, days * DAY_MS))
            .collect();
        for at in when {
            self.at(at, Due::Courier);
        }
    }

    /// When handhelds are lost.
    fn plan_losses(&mut self, days: i64) {
        let planned = self.strays.as_mut().map(|strays| strays.plan(days));
        for at in planned.unwrap_or_default() {
            self.at(at, Due::Lose(LOST_TRIES));
        }
    }

    /// A handheld is lost, or later, when nobody can see to it now.
    async fn lose(&mut self, tries: u32) -> Result<()> {
        let Some(strays) = &mut self.strays else {
            return Ok(());
        };
        let lost = strays.lose(&mut self.handhelds).await?;
        match lost {
            Some((which, visits)) => {
                for ms in visits {
                    self.after(ms, Due::Stray(which));
                }
            }
            None if tries > 0 => self.after(HOUR_MS, Due::Lose(tries - 1)),
            None => {}
        }
        Ok(())
    }

    /// What is known beforehand: when people work, when the signal changes, when things go wrong.
    fn plan(&mut self, days: i64) {
        for day in 0..days {
            let morning = START.0 + day * DAY_MS;
            for number in 0..self.handhelds.len() {
                for _ in 0..self.chance.between(0, 4) {
                    let at = morning + self.chance.between(0, 8 * HOUR_MS);
                    self.at(at, Due::File(number));
                }
                for _ in 0..self.chance.between(0, 3) {
                    let at = morning + self.chance.between(0, 10 * HOUR_MS);
                    self.at(at, Due::Add(number));
                }
                for _ in 0..self.chance.between(1, 5) {
                    let at = morning + self.chance.between(0, DAY_MS);
                    self.at(at, Due::Weather(number));
                }
                let at = morning + self.chance.between(0, DAY_MS);
                self.at(at, Due::Turn(number));
            }
            for _ in 0..self.chance.between(0, 4) {
                let at = morning + self.chance.between(0, 8 * HOUR_MS);
                self.at(at, Due::Office);
            }
            for _ in 0..self.chance.between(1, 5) {
                let at = morning + self.chance.between(0, DAY_MS);
                self.at(at, Due::Mischief);
            }
        }
    }

    async fn happen(&mut self, due: Due) -> Result<()> {
        match due {
            Due::File(number) => {
                self.handhelds[number].file(&mut self.chance)?;
                self.wake(number);
            }
            Due::Add(number) => {
                self.handhelds[number].add(&mut self.chance)?;
                self.wake(number);
            }
            Due::Turn(number) => self.turn(number).await?,
            Due::Weather(number) => {
                let weather = self.chance.weighted(&[
                    (6, Weather::Fair),
                    (6, Weather::Weak),
                    (3, Weather::Awful),
                    (3, Weather::Out),
                    (1, Weather::Portal),
                ]);
                self.trace.line(format!("handheld {number}: {weather:?}"));
                self.handhelds[number].line.set_weather(weather);
                self.wake(number);
            }
            Due::Office => {
                let mut host = self.host.lock().await;
                if host.is_up() {
                    office::move_a_case(&mut host, &self.time, &self.trace, &mut self.chance)
                        .await?;
                }
            }
            Due::Mischief => self.mischief().await?,
            Due::Lose(tries) => self.lose(tries).await?,
            Due::Stray(which) => {
                if let Some(strays) = &mut self.strays {
                    strays.act(which).await?;
                }
            }
            Due::Courier => {
                if let Some(courier) = &mut self.courier {
                    let mut host = self.host.lock().await;
                    let (time, trace) = (&self.time, &self.trace);
                    courier
                        .act(&mut self.handhelds, &mut host, time, trace)
                        .await?;
                }
            }
        }
        Ok(())
    }

    /// The app comes to the front and syncs a few times.
    fn wake(&mut self, number: usize) {
        if self.awake[number] == 0 {
            self.after(500, Due::Turn(number));
        }
        self.awake[number] = TURNS_AWAKE;
    }

    async fn turn(&mut self, number: usize) -> Result<()> {
        let handheld = &mut self.handhelds[number];
        let turn = handheld.turn().await?;
        if handheld.is_paused()? && self.chance.odds(300) {
            self.bind_again(number).await?;
        }
        let is_done = matches!(turn, Turn::Ended(_)) && self.handhelds[number].owes()? == 0;
        self.awake[number] = if is_done {
            0
        } else {
            self.awake[number].saturating_sub(1)
        };
        if self.awake[number] > 0 {
            let wait_ms = match turn {
                Turn::Ended(wait_ms) => wait_ms,
                Turn::Died => 20_000,
            };
            self.after(wait_ms, Due::Turn(number));
        }
        Ok(())
    }

    /// The worker asks for another code and types it in.
    async fn bind_again(&mut self, number: usize) -> Result<bool> {
        let handheld = &mut self.handhelds[number];
        let code = {
            let mut host = self.host.lock().await;
            if !host.is_up() {
                return Ok(false);
            }
            office::code(&mut host, handheld.person, &self.time, &mut self.chance).await?
        };
        let Some(code) = code else { return Ok(false) };
        let bound = handheld.enrol(&code).await?;
        self.trace.count("bound again");
        handheld.say(if bound {
            "bound again"
        } else {
            "not bound again"
        });
        Ok(bound)
    }

    async fn mischief(&mut self) -> Result<()> {
        let number = self.chance.below(self.handhelds.len());
        let kind = self.chance.weighted(&[
            (5, "handheld restarted"),
            (5, "clock set"),
            (3, "disk full"),
            (4, "drafts sent"),
            (5, "late requests"),
            (4, "server restarted"),
            (6, "backup made"),
            (3, "backup restored"),
            (3, "worker moved"),
            (2, "account closed or opened"),
            (2, "photo disk broken or mended"),
            (1, "spool lost"),
            (1, "handheld bound again"),
            (1, "handheld handed over"),
        ]);
        self.trace.count(kind);
        self.trace
            .line(format!("{}: {kind} ({number})", self.time.now().0));
        match kind {
            "handheld restarted" => self.handhelds[number].crash()?,
            "clock set" => self.set_clock(number)?,
            "disk full" => {
                let is_full = self.handhelds[number].is_disk_full();
                self.handhelds[number].set_disk_full(!is_full)?;
            }
            "drafts sent" => self.handhelds[number].send_drafts(&mut self.chance)?,
            "late requests" => self.handhelds[number].line.deliver_late().await?,
            "handheld bound again" => {
                self.bind_again(number).await?;
            }
            "handheld handed over" => {
                self.handhelds[number].person = self.chance.below(super::district::WORKERS);
                self.bind_again(number).await?;
            }
            _ => self.at_the_server(kind).await?,
        }
        self.wake(number);
        Ok(())
    }

    async fn at_the_server(&mut self, kind: &str) -> Result<()> {
        let (time, chance) = (&self.time, &mut self.chance);
        let person = chance.below(super::district::WORKERS);
        let mut host = self.host.lock().await;
        match kind {
            "server restarted" => host.kill(chance.between(0, HOUR_MS)).await?,
            "backup made" => host.back_up()?,
            "backup restored" => {
                let (number, with_photos) = (chance.below(100), chance.odds(500));
                let losses = &mut self.losses;
                let missing = host.restore(number, with_photos, losses).await?;
                if missing.is_some_and(|missing| missing > 0) {
                    self.trace.count("photos missing after a restore");
                }
            }
            "photo disk broken or mended" if chance.odds(500) => host.break_shelf()?,
            "photo disk broken or mended" => host.mend_shelf()?,
            "spool lost" => host.lose_spool()?,
            _ if !host.is_up() => {}
            "worker moved" => {
                let to = office::any_place(chance);
                office::transfer(&mut host, person, to, time, chance).await?;
            }
            _ => office::set_disabled(&mut host, person, chance.odds(500), time).await?,
        }
        Ok(())
    }

    /// Somebody or a network sets a handheld's clock: right, off by minutes, or off by days.
    fn set_clock(&mut self, number: usize) -> Result<()> {
        let skew_ms = match self.chance.below(5) {
            0 | 1 => 0,
            2 => self.chance.between(-10 * MINUTE_MS, 10 * MINUTE_MS),
            3 => self.chance.between(-DAY_MS, DAY_MS),
            _ => self.chance.between(-30 * DAY_MS, 30 * DAY_MS),
        };
        self.handhelds[number].watch.set_skew(skew_ms);
        // A few days are too short for this; who sees its clock so far ahead lived through them.
        if skew_ms > 10 * DAY_MS {
            let sql = "UPDATE photos SET safe_ms = 0 WHERE safe_ms IS NOT NULL";
            let database = self.handhelds[number].open_database(OpenFlags::default())?;
            database.execute(sql, [])?;
        }
        Ok(())
    }

    /// The cheap checks, of these handhelds.
    async fn check(&mut self, these: Range<usize>) -> Result<()> {
        let mut host = self.host.lock().await;
        for handheld in &mut self.handhelds[these] {
            check::handheld(handheld, &mut host)?;
        }
        Ok(())
    }
}
