//! How the days of a seed end: everybody has signal and is in office, and all that waits goes.

use super::super::handheld::Turn;
use super::super::line::Weather;
use super::super::{district, office};
use super::Life;
use anyhow::{Context, Result, ensure};
use shared::time::{DAY_MS, HOUR_MS, MINUTE_MS};
use shared::wire::sync::CLOSED_KEPT_MS;
use sync_server::service::feed;

/// In quiet, everything has to be through within this time, whatever happened before.
const QUIET_MS: i64 = 30 * MINUTE_MS;

impl Life {
    /// With their clocks ahead the handhelds reach nobody: their timers stand at moments that won't
    /// come for days once the clocks are set right.
    async fn fail_ahead(&mut self) -> Result<()> {
        let Some(chance) = &mut self.ahead else {
            return Ok(());
        };
        for handheld in &mut self.handhelds {
            let ahead_ms = chance.between(HOUR_MS, 30 * DAY_MS);
            handheld.watch.set_skew(ahead_ms);
            handheld.file(chance)?;
            handheld.line.set_weather(Weather::Out);
            handheld.turn().await?;
            self.trace.count("failed with the clock ahead");
        }
        Ok(())
    }

    /// The weather is fine, everybody is in office, nothing breaks any more.
    pub(super) async fn become_quiet(&mut self) -> Result<()> {
        self.fail_ahead().await?;
        self.trace.line(String::from("quiet"));
        for handheld in &mut self.handhelds {
            handheld.line.set_weather(Weather::Calm);
            if handheld.is_disk_full() {
                handheld.set_disk_full(false)?;
            }
            if self.chance.odds(700) {
                // The network sets the clock right, under whatever timers were armed before.
                handheld.watch.set_skew(0);
            }
            handheld.send_drafts(&mut self.chance)?;
            handheld.line.deliver_late().await?;
        }
        {
            let mut host = self.host.lock().await;
            host.mend_shelf()?;
            // Whoever was down comes up.
            self.time.pass(HOUR_MS);
            for handheld in &self.handhelds {
                let person = handheld.person;
                let home = Some(district::COMMUNITIES[person % 2]);
                office::set_disabled(&mut host, person, false, &self.time).await?;
                office::transfer(&mut host, person, home, &self.time, &mut self.chance).await?;
            }
            // As if a month had gone by: what was closed leaves the handhelds, and not all of them
            // have heard of its end.
            let later = self.time.now().plus_ms(CLOSED_KEPT_MS + DAY_MS);
            host.write(move |tx, district| feed::let_old_cases_leave(tx, district, later))
                .await?;
        }
        if let Some(strays) = &mut self.strays {
            strays.end(QUIET_MS).await?;
        }
        for number in 0..self.handhelds.len() {
            self.deliver(number)
                .await
                .with_context(|| format!("handheld {number}"))?;
        }
        // What one sent may be in the mirror of another.
        self.check(0..self.handhelds.len()).await?;
        for number in 0..self.handhelds.len() {
            self.deliver(number)
                .await
                .with_context(|| format!("handheld {number}"))?;
        }
        self.check(0..self.handhelds.len()).await
    }

    /// Turns of the loop until nothing waits; without anybody pressing a button, unless the token
    /// is no longer good.
    async fn deliver(&mut self, number: usize) -> Result<()> {
        let began = self.time.now();
        loop {
            let Turn::Ended(wait_ms) = self.handhelds[number].turn().await? else {
                anyhow::bail!("a handheld died in calm weather");
            };
            if self.handhelds[number].is_paused()? {
                ensure!(
                    self.bind_again(number).await?,
                    "a worker in office got no handheld"
                );
                continue;
            }
            let handheld = &mut self.handhelds[number];
            if handheld.owes()? == 0 && handheld.owes_previews()? == 0 {
                return Ok(());
            }
            ensure!(
                self.time.now().since(began) < QUIET_MS,
                "after {} minutes in the best of weather something still waits: {:?}",
                QUIET_MS / MINUTE_MS,
                self.handhelds[number].app()?.sync_status()?
            );
            self.time.pass(wait_ms);
        }
    }
}
