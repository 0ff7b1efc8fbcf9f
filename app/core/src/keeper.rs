//! Keeps the handheld open or locked, for a program that stays.
//!
//! Locking has two steps. At once nobody sees anything any more; but what waits is still sent, so
//! that a report doesn't stay in a pocket because its worker put the phone away. When nothing
//! waits, the data is closed and its key leaves the memory. Tests: `tests/vault.rs`.

use crate::app::App;
use crate::error::CoreError;
use crate::store::Config;
use crate::vault::{self, Lock, VaultError};
use shared::time::{MINUTE_MS, Timestamp};
use shared::wire::handheld::{LockView, Problem};
use shared::wire::queue::NetworkKind;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Minutes without a touch after which it locks: a conversation at a door, unless set otherwise.
const IDLE_MINUTES_DEFAULT: u32 = 5;
/// The longest that may be set: a shift.
pub const IDLE_MINUTES_MAX: u32 = 12 * 60;
/// The setting's name.
const IDLE_SETTING: &str = "lock_minutes";

/// A handheld that can be locked.
#[derive(Debug)]
pub struct Keeper {
    directory: PathBuf,
    config: Config,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// The open data, or why it is not.
    app: Result<App, Problem>,
    /// Nothing is shown any more, whether or not the data is still open to be sent.
    is_covered: bool,
    touched: Timestamp,
    /// The network as the shell last said, for data that is opened later.
    network: NetworkKind,
}

impl State {
    /// Takes data that was opened, or why it was not.
    fn take(&mut self, opened: Result<App, CoreError>) {
        self.is_covered = opened.is_err();
        self.app = opened.map_err(|error| error.problem());
        if let Ok(app) = &self.app {
            app.set_network(self.network);
        }
    }

    /// Whether the data is closed for another reason than a PIN or the erased key.
    fn is_stuck(&self) -> bool {
        let closed = [problem(VaultError::Locked), problem(VaultError::Erased)];
        matches!(&self.app, Err(why) if !closed.contains(why))
    }
}

impl Keeper {
    /// Opens a handheld, unless a PIN keeps it locked or its data can't be opened: then
    /// [`Keeper::app`] says so.
    #[must_use]
    pub fn new(directory: &Path, config: Config, now: Timestamp) -> Self {
        let app = App::open(directory, config).map_err(|error| error.problem());
        Self {
            directory: directory.to_owned(),
            config,
            state: Mutex::new(State {
                is_covered: app.is_err(),
                app,
                touched: now,
                network: NetworkKind::default(),
            }),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A panic elsewhere leaves the state whole: its members are replaced at once.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the screens work on.
    ///
    /// # Errors
    /// `locked`, `erased`, or why the data could not be opened.
    pub fn app(&self) -> Result<App, Problem> {
        let state = self.state();
        match &state.app {
            Ok(app) if app.is_erased() => Err(problem(VaultError::Erased)),
            Ok(_) if state.is_covered => Err(problem(VaultError::Locked)),
            Ok(app) => Ok(app.clone()),
            Err(problem) => Err(problem.clone()),
        }
    }

    /// What sync works on: also behind a locked screen, as long as something waits.
    #[must_use]
    pub fn sender(&self) -> Option<App> {
        let state = self.state();
        state.app.as_ref().ok().cloned()
    }

    /// Opens it by its PIN.
    ///
    /// # Errors
    /// As [`vault::unlock`].
    pub fn unlock(&self, pin: &str, now: Timestamp) -> Result<(), Problem> {
        // Checked even while the data is open: the cover comes off by the PIN only.
        let key = vault::unlock(&self.directory, pin, now).map_err(problem)?;
        let mut state = self.state();
        if state.app.is_err() {
            state.take(App::open_with(&self.directory, self.config, &key));
        }
        state.is_covered = state.app.is_err();
        state.touched = now;
        state.app.as_ref().map(drop).map_err(Clone::clone)
    }

    /// Sets, changes or takes away the PIN.
    ///
    /// # Errors
    /// As [`vault::set_pin`].
    pub fn set_pin(&self, old: &str, new: Option<&str>, now: Timestamp) -> Result<(), Problem> {
        self.app()?;
        vault::set_pin(&self.directory, old, new, now).map_err(problem)
    }

    /// Sets after how many minutes without a touch it locks.
    ///
    /// # Errors
    /// When it is locked, or the store fails.
    pub fn set_idle_minutes(&self, minutes: u32) -> Result<(), Problem> {
        let minutes = minutes.clamp(1, IDLE_MINUTES_MAX).to_string();
        let kept = self.app()?.keep_setting(IDLE_SETTING, &minutes);
        kept.map_err(|error| error.problem())
    }

    /// Hears which network there is, also behind the lock: what waits is still sent there.
    pub fn set_network(&self, network: NetworkKind) {
        let mut state = self.state();
        state.network = network;
        if let Ok(app) = &state.app {
            app.set_network(network);
        }
    }

    /// Somebody touched the screen. Data that could not be opened is tried again: there is room by
    /// now, or the keyring was unlocked.
    pub fn touch(&self, now: Timestamp) {
        let mut state = self.state();
        if state.is_stuck() {
            state.take(App::open(&self.directory, self.config));
        }
        if !state.is_covered {
            state.touched = now;
        }
    }

    /// Locks now. Without a PIN there is nothing to lock with.
    ///
    /// # Errors
    /// When the key's file can't be read.
    pub fn lock(&self) -> Result<(), Problem> {
        if matches!(vault::look(&self.directory).map_err(problem)?, Lock::Pin(_)) {
            self.state().is_covered = true;
            self.close_when_sent();
        }
        Ok(())
    }

    /// To be called every few seconds: locks when nobody touched the screen for long enough, and
    /// closes what is locked once nothing waits to be sent.
    ///
    /// # Errors
    /// When the key's file or the settings can't be read.
    pub fn tick(&self, now: Timestamp) -> Result<(), Problem> {
        let (is_covered, touched) = {
            let state = self.state();
            (state.is_covered, state.touched)
        };
        if is_covered {
            self.close_when_sent();
            return Ok(());
        }
        let idle_ms = now.since(touched);
        let limit_ms = i64::from(self.idle_minutes()).saturating_mul(MINUTE_MS);
        // A clock that was set back would keep it open for as long.
        if idle_ms < 0 || idle_ms >= limit_ms {
            self.lock()?;
        }
        Ok(())
    }

    fn close_when_sent(&self) {
        let Some(app) = self.sender() else { return };
        if app.has_sent_everything() {
            let mut state = self.state();
            if state.is_covered {
                state.app = Err(problem(VaultError::Locked));
            }
        }
    }

    fn idle_minutes(&self) -> u32 {
        self.sender()
            .and_then(|app| app.kept_setting(IDLE_SETTING))
            .and_then(|text| text.parse().ok())
            .unwrap_or(IDLE_MINUTES_DEFAULT)
    }

    /// How it is locked, for the screens.
    ///
    /// # Errors
    /// When the key's file can't be read.
    pub fn view(&self) -> Result<LockView, Problem> {
        let lock = vault::look(&self.directory).map_err(problem)?;
        let retry_at = match lock {
            Lock::Pin(retry) => Some(retry),
            Lock::Open | Lock::Erased => None,
        };
        Ok(LockView {
            pin_set: retry_at.is_some(),
            locked: retry_at.is_some() && self.state().is_covered,
            retry_at: retry_at.filter(|at| *at > Timestamp(0)),
            minutes: self.idle_minutes(),
        })
    }
}

fn problem(error: VaultError) -> Problem {
    CoreError::from(error).problem()
}
