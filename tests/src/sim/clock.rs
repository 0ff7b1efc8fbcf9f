//! Time in the simulation's hand: the true time, and what each handheld's clocks make of it.

use super::chance::Chance;
use app_core::{Edge, Moment};
use shared::time::Timestamp;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use uuid::Builder;

/// True time in milliseconds; only moved forward, only by the simulation.
#[derive(Debug, Clone)]
pub struct Time(Arc<AtomicI64>);

impl Time {
    /// Time that begins here.
    #[must_use]
    pub fn new(start: Timestamp) -> Self {
        Self(Arc::new(AtomicI64::new(start.0)))
    }

    /// The time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }

    /// Lets time go on.
    pub fn pass(&self, ms: i64) {
        self.0.fetch_add(ms.max(0), Ordering::SeqCst);
    }

    /// Lets time go on to a moment, unless it is past.
    pub fn reach(&self, at: i64) {
        self.0.fetch_max(at, Ordering::SeqCst);
    }
}

/// The clocks of one handheld.
#[derive(Debug, Clone)]
pub struct Watch {
    time: Time,
    /// What the clock on the wall shows beyond the true time.
    skew_ms: Arc<AtomicI64>,
    /// When it was last switched on, and how often.
    boot: Arc<Mutex<(i64, u32)>>,
    chance: Arc<Mutex<Chance>>,
}

impl Watch {
    /// A watch that shows the true time.
    #[must_use]
    pub fn new(time: &Time, chance: Chance) -> Self {
        Self {
            time: time.clone(),
            skew_ms: Arc::default(),
            boot: Arc::new(Mutex::new((time.now().0, 1))),
            chance: Arc::new(Mutex::new(chance)),
        }
    }

    /// Sets the clock on the wall to this much beyond the true time.
    pub fn set_skew(&self, ms: i64) {
        self.skew_ms.store(ms, Ordering::SeqCst);
    }

    /// Off and on again: the count since the start begins anew.
    pub fn restart(&self) {
        let mut boot = self.boot.lock().unwrap_or_else(PoisonError::into_inner);
        *boot = (self.time.now().0, boot.1 + 1);
    }

    /// What the clocks show.
    #[must_use]
    pub fn moment(&self) -> Moment {
        let boot = *self.boot.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.time.now();
        Moment {
            wall: now.plus_ms(self.skew_ms.load(Ordering::SeqCst)),
            mono_ms: now.0 - boot.0,
            boot_id: format!("boot-{}", boot.1),
        }
    }

    /// Clock, ids and chance as the handheld's program sees them. Ids hold the wall clock, as
    /// those of a real one do.
    #[must_use]
    pub fn edge(&self) -> Edge {
        let (clock, ids, random) = (self.clone(), self.clone(), self.clone());
        let draw = |watch: &Self| {
            let mut chance = watch.chance.lock().unwrap_or_else(PoisonError::into_inner);
            (chance.draw(), chance.draw())
        };
        Edge::new(
            move || clock.moment(),
            move || {
                let wall = u64::try_from(ids.moment().wall.0).unwrap_or(0);
                let (high, low) = draw(&ids);
                let mut random = [0; 10];
                random[..8].copy_from_slice(&high.to_be_bytes());
                random[8..].copy_from_slice(&low.to_be_bytes()[..2]);
                Builder::from_unix_timestamp_millis(wall, &random).into_uuid()
            },
            move || {
                let mut chance = random.chance.lock().unwrap_or_else(PoisonError::into_inner);
                chance.share()
            },
        )
    }
}
