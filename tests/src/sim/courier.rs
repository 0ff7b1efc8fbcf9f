//! Courier files: exported whatever the network, delivered hours or days later, once, twice, or
//! changed on the way; the answers are brought back late, or never.

use super::chance::Chance;
use super::clock::Time;
use super::handheld::Handheld;
use super::host::Host;
use super::office;
use super::trace::Trace;
use anyhow::{Context, Result, bail, ensure};
use app_core::CoreError;
use app_core::store::StoreError;
use std::path::PathBuf;

/// Files on their way at most: a pocket.
const POCKET: usize = 6;

/// A file that somebody carries.
#[derive(Debug)]
struct Parcel {
    /// The handheld that made it.
    of: usize,
    bytes: Vec<u8>,
    /// It is the server's answer.
    is_answer: bool,
}

/// Whoever carries files about.
#[derive(Debug)]
pub struct Courier {
    pocket: Vec<Parcel>,
    chance: Chance,
    folder: PathBuf,
}

impl Courier {
    /// With empty pockets.
    #[must_use]
    pub const fn new(chance: Chance, folder: PathBuf) -> Self {
        Self {
            pocket: Vec::new(),
            chance,
            folder,
        }
    }

    /// Its chance, so that what it does leaves everybody else's as it is.
    pub const fn chance(&mut self) -> &mut Chance {
        &mut self.chance
    }

    /// Takes a file along, or hands one in.
    pub async fn act(
        &mut self,
        handhelds: &mut [Handheld],
        host: &mut Host,
        time: &Time,
        trace: &Trace,
    ) -> Result<()> {
        if self.pocket.is_empty() || (self.pocket.len() < POCKET && self.chance.odds(400)) {
            let of = self.chance.below(handhelds.len());
            return self.export(&handhelds[of], trace);
        }
        let at = self.chance.below(self.pocket.len());
        let parcel = self.pocket.swap_remove(at);
        if parcel.is_answer {
            let mut here = handhelds.iter();
            return match here.find(|handheld| handheld.number == parcel.of) {
                Some(handheld) => import(handheld, parcel.bytes, trace).await,
                // It was lost meanwhile.
                None => Ok(()),
            };
        }
        if host.is_up() {
            let answer = self.deliver(&parcel, host, time, trace).await?;
            self.pocket.extend(answer);
        }
        if self.chance.odds(300) && self.pocket.len() < POCKET {
            self.pocket.push(parcel);
        }
        Ok(())
    }

    fn export(&mut self, handheld: &Handheld, trace: &Trace) -> Result<()> {
        let file = self.folder.join("courier.gewu");
        let exported = handheld.app()?.export(&file, handheld.edge());
        let exported = exported.context("an export")?;
        handheld.say(&format!(
            "exported {} operations and {} photos",
            exported.operations, exported.photos
        ));
        for file in exported.files {
            trace.count("courier files exported");
            self.pocket.push(Parcel {
                of: handheld.number,
                bytes: std::fs::read(&file)?,
                is_answer: false,
            });
            std::fs::remove_file(file)?;
        }
        Ok(())
    }

    async fn deliver(
        &mut self,
        parcel: &Parcel,
        host: &mut Host,
        time: &Time,
        trace: &Trace,
    ) -> Result<Option<Parcel>> {
        let mut bytes = parcel.bytes.clone();
        let is_changed = self.chance.odds(100);
        if is_changed {
            let at = self.chance.below(bytes.len());
            bytes[at] ^= 1;
        }
        let (status, answer) = office::deliver(host, bytes, time, &mut self.chance).await?;
        trace.line(format!(
            "{} a courier file of handheld {}: {status}",
            time.now().0,
            parcel.of
        ));
        match status {
            200 => {
                ensure!(!is_changed, "a changed courier file was taken");
                trace.count("courier files delivered");
                Ok(Some(Parcel {
                    of: parcel.of,
                    bytes: answer,
                    is_answer: true,
                }))
            }
            // Changed, or made by a handheld that a restored server doesn't know.
            422 => {
                trace.count("courier files refused");
                Ok(None)
            }
            // The disk of the photos is broken.
            500..=599 => Ok(None),
            status => bail!("a courier file was answered {status}"),
        }
    }
}

async fn import(handheld: &Handheld, answer: Vec<u8>, trace: &Trace) -> Result<()> {
    match handheld.app()?.import(answer, handheld.edge()).await {
        Ok(_) => trace.count("courier answers taken in"),
        Err(CoreError::Store(StoreError::Full)) => {}
        Err(error) => bail!("an answer was refused: {error}"),
    }
    Ok(())
}
