//! Lost handhelds: an administrator says so of one that may still have something to send, its
//! worker gets another, and the lost one lies about, now and then with signal, until it has sent
//! what it has and erases its key. Now and then the server comes back from a backup meanwhile.

use super::chance::Chance;
use super::check::{self, exists, operations, texts};
use super::clock::Time;
use super::handheld::{Handheld, Turn};
use super::host::Host;
use super::line::Weather;
use super::office;
use super::trace::Trace;
use crate::world::START;
use anyhow::{Context, Result, ensure};
use shared::time::{DAY_MS, MINUTE_MS};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::sync::Mutex;

/// Turns that a lost handheld makes each time.
const TURNS: usize = 4;
/// After its battery died it is switched on again.
const DEAD_MS: i64 = 20_000;

/// A handheld that was lost.
struct Stray {
    handheld: Handheld,
    /// The life of the server's data in which it erased its key; none while it has it.
    shut_in: Option<String>,
}

/// The handhelds that were lost, and whatever happens to them.
pub struct Strays {
    all: Vec<Stray>,
    chance: Chance,
    folder: PathBuf,
    time: Time,
    trace: Trace,
    host: Arc<Mutex<Host>>,
}

impl Strays {
    /// None yet. They draw from a chance of their own, which leaves everybody else's as it is.
    #[must_use]
    pub fn new(
        chance: Chance,
        folder: &Path,
        time: &Time,
        trace: &Trace,
        host: &Arc<Mutex<Host>>,
    ) -> Self {
        Self {
            all: Vec::new(),
            chance,
            folder: folder.to_path_buf(),
            time: time.clone(),
            trace: trace.clone(),
            host: Arc::clone(host),
        }
    }

    /// When one is lost.
    pub fn plan(&mut self, days: i64) -> Vec<i64> {
        let number = self.chance.between(1, 3);
        (0..number)
            .map(|_| START.0 + self.chance.between(0, days * DAY_MS))
            .collect()
    }

    /// One of the handhelds is lost and marked as that, and its worker gets another: which of the
    /// lost ones it is, and after how long it comes to life each time. None while nobody can see to
    /// it: the server is down or doesn't know the handheld, or its worker is out of office.
    pub async fn lose(&mut self, handhelds: &mut [Handheld]) -> Result<Option<(usize, Vec<i64>)>> {
        let number = handhelds.len() + self.all.len();
        let at = self.chance.below(handhelds.len());
        let lost = &mut handhelds[at];
        let code = {
            let mut host = self.host.lock().await;
            if !host.is_up() {
                return Ok(None);
            }
            office::code(&mut host, lost.person, &self.time, &mut self.chance).await?
        };
        let Some(code) = code else { return Ok(None) };
        if !mark(lost, &self.host, &self.time).await? {
            return Ok(None);
        }
        if self.chance.odds(500) {
            // It has something that was never sent.
            lost.line.set_weather(Weather::Out);
            lost.file(&mut self.chance)?;
            lost.add(&mut self.chance)?;
        }
        lost.say("lost");
        self.trace.count("handheld lost");
        let folder = self.folder.join(format!("handheld-{number}"));
        let (time, trace, host) = (&self.time, &self.trace, &self.host);
        let mut fresh = Handheld::new(number, &folder, time, trace, host, &mut self.chance)?;
        fresh.person = lost.person;
        let bound = fresh.enrol(&code).await?;
        ensure!(bound, "who lost a handheld could not bind another");
        let handheld = std::mem::replace(lost, fresh);
        self.all.push(Stray {
            handheld,
            shut_in: None,
        });
        if self.chance.odds(400) {
            self.restore().await?;
        }
        let visits = self.chance.between(3, 7);
        let visits = (0..visits).map(|_| self.chance.between(MINUTE_MS, DAY_MS));
        Ok(Some((self.all.len() - 1, visits.collect())))
    }

    /// The server comes back from a backup, and the handheld that was lost last is marked again,
    /// if it is known there.
    async fn restore(&mut self) -> Result<()> {
        let restored = {
            let mut host = self.host.lock().await;
            let (number, with_photos) = (self.chance.below(100), self.chance.odds(500));
            host.restore(number, with_photos, &mut self.chance).await?
        };
        if restored.is_some() {
            self.trace.count("backup restored beside a lost handheld");
        }
        if let Some(stray) = self.all.last_mut() {
            mark(&mut stray.handheld, &self.host, &self.time).await?;
        }
        Ok(())
    }

    /// A lost handheld makes a few turns, wherever it lies.
    pub async fn act(&mut self, which: usize) -> Result<()> {
        let stray = &mut self.all[which];
        if stray.shut_in.is_some() {
            return Ok(());
        }
        let weather = self.chance.weighted(&[
            (6, Weather::Fair),
            (4, Weather::Weak),
            (2, Weather::Awful),
            (2, Weather::Out),
        ]);
        stray.handheld.line.set_weather(weather);
        if self.chance.odds(150) {
            // Whoever found it doesn't know.
            stray.handheld.file(&mut self.chance)?;
        }
        if self.chance.odds(300) {
            mark(&mut stray.handheld, &self.host, &self.time).await?;
        }
        for _ in 0..TURNS {
            let Some(wait_ms) = stray.turn(false, &self.host, &self.trace).await? else {
                return Ok(());
            };
            self.time.pass(wait_ms);
        }
        let mut host = self.host.lock().await;
        check::handheld(&mut stray.handheld, &mut host)
    }

    /// In quiet each of them is marked once more and has signal, until its key is erased; or until
    /// it is told that nobody knows it, with everything still on it.
    pub async fn end(&mut self, longest_ms: i64) -> Result<()> {
        for stray in &mut self.all {
            if stray.shut_in.is_some() {
                continue;
            }
            let number = stray.handheld.number;
            {
                let mut host = self.host.lock().await;
                let person = stray.handheld.person;
                office::set_disabled(&mut host, person, false, &self.time).await?;
            }
            stray
                .come_home(&self.host, &self.time, &self.trace, longest_ms)
                .await
                .with_context(|| format!("lost handheld {number}"))?;
        }
        Ok(())
    }

    /// How many of the operations that were made on them are at the server. All of those of a
    /// handheld that erased its key are, unless the data came back from a backup since.
    pub fn delivered(&self, host: &mut Host) -> Result<usize> {
        let life = host.life();
        let mut delivered = 0;
        for Stray { handheld, shut_in } in &self.all {
            let mut there = 0;
            for filed in &handheld.filed {
                there += usize::from(is_there(host, &filed.op_id)?);
            }
            ensure!(
                shut_in.as_ref() != Some(&life) || there == handheld.filed.len(),
                "lost handheld {}: {there} of {} operations are at the server",
                handheld.number,
                handheld.filed.len()
            );
            delivered += there;
        }
        Ok(delivered)
    }
}

impl Stray {
    /// One turn of sync, or one that somebody asks for: how long it waits then. None when it has
    /// erased its key.
    async fn turn(
        &mut self,
        is_pressed: bool,
        host: &Mutex<Host>,
        trace: &Trace,
    ) -> Result<Option<i64>> {
        // When its key is gone, only who has looked before can look.
        self.handheld.look()?;
        let turn = if is_pressed {
            self.handheld.press().await?
        } else {
            self.handheld.turn().await?
        };
        if !self.handheld.is_erased()? {
            return Ok(Some(match turn {
                Turn::Ended(wait_ms) => wait_ms,
                Turn::Died => DEAD_MS,
            }));
        }
        let mut host = host.lock().await;
        check::handheld(&mut self.handheld, &mut host)?;
        everything_arrived(&mut self.handheld, &mut host)?;
        self.handheld.stays_shut()?;
        self.shut_in = Some(host.life());
        self.handheld.say("erased its key");
        trace.count("lost handheld erased its key");
        Ok(None)
    }

    async fn come_home(
        &mut self,
        host: &Mutex<Host>,
        time: &Time,
        trace: &Trace,
        longest_ms: i64,
    ) -> Result<()> {
        self.handheld.line.set_weather(Weather::Calm);
        if self.handheld.is_disk_full() {
            self.handheld.set_disk_full(false)?;
        }
        self.handheld.line.deliver_late().await?;
        mark(&mut self.handheld, host, time).await?;
        let began = time.now();
        let mut is_pressed = self.handheld.is_paused()?;
        loop {
            let Some(wait_ms) = self.turn(is_pressed, host, trace).await? else {
                return Ok(());
            };
            is_pressed = false;
            if self.handheld.is_paused()? {
                let mut host = host.lock().await;
                ensure!(
                    !is_known(&mut self.handheld, &mut host)?,
                    "the server knows it and doesn't hear it"
                );
                trace.count("lost handheld that nobody knows");
                return check::handheld(&mut self.handheld, &mut host);
            }
            ensure!(
                time.now().since(began) < longest_ms,
                "after {} minutes in the best of weather its key is still there: {:?}",
                longest_ms / MINUTE_MS,
                self.handheld.app()?.sync_status()?
            );
            time.pass(wait_ms);
        }
    }
}

/// Somebody marks a handheld as lost; whether the server knows it.
async fn mark(handheld: &mut Handheld, host: &Mutex<Host>, time: &Time) -> Result<bool> {
    let device = texts(handheld.look()?, "SELECT device_id FROM device")?.pop();
    let device = device.context("a handheld that was bound")?;
    let mut host = host.lock().await;
    if !host.is_up() {
        return Ok(false);
    }
    office::report_lost(&mut host, &device, time).await
}

/// Whether the server knows it as it is bound, to somebody whose account is in use.
fn is_known(handheld: &mut Handheld, host: &mut Host) -> Result<bool> {
    let bound = texts(
        handheld.look()?,
        "SELECT device_id || ' ' || epoch || ' ' || json_extract(me, '$.id') FROM device",
    )?;
    exists(
        host.look()?,
        "SELECT 1 FROM devices JOIN people ON people.id = devices.person
            WHERE devices.id || ' ' || devices.epoch || ' ' || devices.person = ?1
                AND people.disabled_ms IS NULL",
        &bound.concat(),
    )
}

/// Whether an operation is at the server, acted on or before a person.
fn is_there(host: &mut Host, op_id: &str) -> Result<bool> {
    exists(
        host.look()?,
        "SELECT 1 FROM operations WHERE op_id = ?1
            UNION SELECT 1 FROM quarantine WHERE op_id = ?1",
        op_id,
    )
}

/// What a handheld with an erased key had is at the server, in the present life of its data. Drafts
/// are not; of a photo that it kept no longer it had nothing to send.
fn everything_arrived(handheld: &mut Handheld, host: &mut Host) -> Result<()> {
    let life = texts(handheld.look()?, "SELECT server_epoch FROM device")?;
    ensure!(
        life.concat() == host.life(),
        "it erased its key on the word of a former life"
    );
    for operation in operations(handheld.look()?)? {
        ensure!(
            is_there(host, &operation.op_id)?,
            "it erased operation {}, which is not at the server",
            operation.seq
        );
    }
    for sha256 in texts(
        handheld.look()?,
        "SELECT sha256 FROM photos WHERE draft_id IS NULL AND pruned_ms IS NULL",
    )? {
        let is_noted = exists(
            host.look()?,
            "SELECT 1 FROM photos WHERE hash = ?1 AND stored_ms IS NOT NULL",
            &sha256,
        )?;
        ensure!(
            is_noted && host.has_photo(&sha256),
            "it erased a photo that is not at the server"
        );
    }
    Ok(())
}
