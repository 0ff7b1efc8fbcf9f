//! The edge of the program: clock, ids, random numbers. Handed in, so that tests decide them.
//!
//! [`Edge::system`] is the only place of this crate that reads a clock or draws a random number;
//! everything below takes a moment or an id as an argument.

use shared::id::Sha256;
use shared::time::Timestamp;
use std::sync::Arc;
use uuid::Uuid;

/// A moment as the device's clocks show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    /// The clock on the wall, which people and networks set.
    pub wall: Timestamp,
    /// Milliseconds since the device started, which nobody sets.
    pub mono_ms: i64,
    /// Which start of the device that counts from; empty where the system doesn't say.
    pub boot_id: String,
}

impl Moment {
    /// A moment known by the wall clock alone.
    #[must_use]
    pub const fn wall(wall: Timestamp) -> Self {
        Self {
            wall,
            mono_ms: 0,
            boot_id: String::new(),
        }
    }
}

type Source<T> = Arc<dyn Fn() -> T + Send + Sync>;

/// Where moments, ids and random numbers come from.
#[derive(Clone)]
pub struct Edge {
    moment: Source<Moment>,
    uuid: Source<Uuid>,
    random: Source<f64>,
    seed: Source<[u8; 32]>,
}

impl std::fmt::Debug for Edge {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Edge")
    }
}

impl Edge {
    /// An edge of one's own: for tests and simulations. Its keys are made from its ids, so that they
    /// repeat with them.
    pub fn new(
        moment: impl Fn() -> Moment + Send + Sync + 'static,
        uuid: impl Fn() -> Uuid + Send + Sync + 'static,
        random: impl Fn() -> f64 + Send + Sync + 'static,
    ) -> Self {
        let uuid: Source<Uuid> = Arc::new(uuid);
        let ids = Arc::clone(&uuid);
        Self {
            moment: Arc::new(moment),
            uuid,
            random: Arc::new(random),
            seed: Arc::new(move || *Sha256::of(ids().as_bytes()).bytes()),
        }
    }

    /// The system's clock and random numbers.
    #[must_use]
    pub fn system() -> Self {
        let boot_id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id")
            .map(|text| text.trim().to_owned())
            .unwrap_or_default();
        let moment = move || Moment {
            wall: system_time(),
            mono_ms: uptime_ms().unwrap_or(0),
            boot_id: boot_id.clone(),
        };
        Self {
            seed: Arc::new(rand::random::<[u8; 32]>),
            ..Self::new(moment, Uuid::now_v7, rand::random::<f64>)
        }
    }

    /// The present moment.
    #[must_use]
    pub fn moment(&self) -> Moment {
        (self.moment)()
    }

    /// The present time on the wall.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.moment().wall
    }

    /// A new id.
    #[must_use]
    pub fn uuid(&self) -> Uuid {
        (self.uuid)()
    }

    /// What a new secret key is made of.
    #[must_use]
    pub fn seed(&self) -> [u8; 32] {
        (self.seed)()
    }

    /// A random share of 0..1.
    #[must_use]
    pub fn random(&self) -> f64 {
        (self.random)()
    }
}

/// Random bytes for keys and salts. Nothing that a test decides depends on them.
pub(crate) fn secret<const N: usize>() -> [u8; N] {
    rand::random()
}

fn system_time() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    // A clock before 1970 is a flat battery; the server flags the skew.
    Timestamp(
        since
            .ok()
            .and_then(|since| i64::try_from(since.as_millis()).ok())
            .unwrap_or(0),
    )
}

/// Linux and Android count from the start of the device, sleep included.
fn uptime_ms() -> Option<i64> {
    let text = std::fs::read_to_string("/proc/uptime").ok()?;
    let (seconds, hundredths) = text.split_whitespace().next()?.split_once('.')?;
    Some(seconds.parse::<i64>().ok()? * 1000 + hundredths.parse::<i64>().ok()? * 10)
}
