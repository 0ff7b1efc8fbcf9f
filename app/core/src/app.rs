//! The façade: every thing a screen may ask for, in the order of the screens.
//!
//! Each method is a corridor to the module that knows; nothing is decided here. Who and where is
//! in this file, the rest below it: choosing, capturing, reporting, syncing.

mod adding;
mod capturing;
mod carrying;
mod choosing;
mod handing;
mod keeping;
mod patrolling;
mod queue;
mod reporting;
mod syncing;
mod tasking;

pub use carrying::{Exported, Imported, answer_beside};
pub use syncing::Enrolment;

use crate::cases::report_row;
use crate::error::CoreError;
use crate::place::District;
use crate::store::device::{self, Device};
use crate::store::{Config, FILE_NAME, Store, StoreError, bundles, drafts, reports, settings};
use crate::sync::engine::Round;
use crate::vault::Key;
use shared::area::Scope;
use shared::emergency::EmergencyOrder;
use shared::id::AreaCode;
use shared::invitation::bare;
use shared::time::Timestamp;
use shared::wire::catalogue::OrderNotice;
use shared::wire::handheld::{Home, MeView, PostView, Problem, Settings};
use shared::wire::queue::NetworkKind;
use shared::wire::sync::{AreasBundle, CatalogueBundle};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Reports shown on the first screen.
const RECENT_REPORTS: u32 = 5;

/// The handheld. Cheap to clone; clones share everything.
#[derive(Clone, Debug)]
pub struct App {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    directory: PathBuf,
    store: Arc<Mutex<Store>>,
    district: Mutex<Option<Arc<District>>>,
    /// What the round remembers; held for as long as a round runs, so that there is only one.
    round: tokio::sync::Mutex<Round>,
    is_running: AtomicBool,
    is_erased: AtomicBool,
    trouble: Mutex<Trouble>,
    /// The network, as the shell last said.
    network: Mutex<NetworkKind>,
    /// The measured speed in bytes a second, 0 before anything was measured.
    bytes_per_s: AtomicU64,
    max_bytes: u64,
    /// Wakes the loop: something was filed, or somebody asks.
    wake: tokio::sync::Notify,
    /// Whether the loop was woken since its last round began.
    is_woken: AtomicBool,
}

/// Why and until when sync waits, for the screen.
#[derive(Debug, Default, Clone)]
struct Trouble {
    problem: Option<Problem>,
    next_attempt: Option<Timestamp>,
    /// Turns in a row that the handheld's own database ended.
    errors: u32,
}

/// A panic elsewhere leaves a lock poisoned but its value whole: all of them are replaced at once.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl App {
    /// Opens the handheld's data in a directory, beginning it at the first start.
    ///
    /// # Errors
    /// When the directory can't be used, its data was written by a later version, or a PIN is set.
    pub fn open(directory: &Path, config: Config) -> Result<Self, CoreError> {
        Self::over(directory, Store::open(directory, config)?, config)
    }

    /// The same with the key that a PIN gave.
    ///
    /// # Errors
    /// As [`App::open`].
    pub fn open_with(directory: &Path, config: Config, key: &Key) -> Result<Self, CoreError> {
        Self::over(directory, Store::open_with(directory, config, key)?, config)
    }

    fn over(directory: &Path, mut store: Store, config: Config) -> Result<Self, CoreError> {
        let district = usable_district(&mut store)?;
        Ok(Self {
            inner: Arc::new(Inner {
                directory: directory.to_owned(),
                store: Arc::new(Mutex::new(store)),
                district: Mutex::new(district.map(Arc::new)),
                round: tokio::sync::Mutex::new(Round::default()),
                is_running: AtomicBool::new(false),
                is_erased: AtomicBool::new(false),
                trouble: Mutex::new(Trouble::default()),
                network: Mutex::new(NetworkKind::default()),
                bytes_per_s: AtomicU64::new(0),
                max_bytes: config.max_bytes,
                wake: tokio::sync::Notify::new(),
                is_woken: AtomicBool::new(false),
            }),
        })
    }

    /// Whether this is the same opening of the data, and not one after it was closed.
    #[must_use]
    pub fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.inner, &other.inner)
    }

    pub(crate) fn store(&self) -> MutexGuard<'_, Store> {
        lock(&self.inner.store)
    }

    fn district(&self) -> Option<Arc<District>> {
        lock(&self.inner.district).clone()
    }

    fn district_needed(&self) -> Result<Arc<District>, CoreError> {
        self.district().ok_or(CoreError::NotReady)
    }

    fn reload_district(&self) -> Result<(), CoreError> {
        let district = match load_district(&mut self.store()) {
            // The one in use stays, until the other bundle is a usable one too.
            Err(CoreError::Bundle { .. }) => return Ok(()),
            loaded => loaded?,
        };
        *lock(&self.inner.district) = district.map(Arc::new);
        Ok(())
    }

    /// Who carries the handheld; none before it is bound.
    ///
    /// # Errors
    /// When the store fails.
    pub fn me(&self) -> Result<Option<MeView>, CoreError> {
        let device = self.store().read(device::read)?;
        let district = self.district();
        Ok(device.map(|device| me_view(&device, district.as_deref())))
    }

    /// The first screen.
    ///
    /// # Errors
    /// When the store fails.
    pub fn home(&self) -> Result<Home, CoreError> {
        let (drafts, (reports, needs_attention), recent, orders, tasks) =
            self.store().read(|tx| {
                let recent = reports::newest(tx, RECENT_REPORTS)?;
                let (orders, tasks) = (settings::orders(tx)?, crate::tasks::number(tx)?);
                let numbers = reports::numbers(tx)?;
                Ok((drafts::number(tx)?, numbers, recent, orders, tasks))
            })?;
        let me = self.me()?;
        let is_sending = self.is_running();
        Ok(Home {
            orders: self.notices(me.as_ref(), orders),
            me,
            sync: self.sync_status()?,
            ready_to_file: self.district().is_some(),
            drafts,
            reports,
            needs_attention,
            tasks,
            recent: recent
                .iter()
                .map(|standing| report_row(standing, is_sending))
                .collect(),
        })
    }

    /// The orders that concern the places of somebody's posts.
    fn notices(&self, me: Option<&MeView>, orders: Vec<EmergencyOrder>) -> Vec<OrderNotice> {
        let posts = me.map(|me| me.posts.as_slice()).unwrap_or_default();
        let concerns = |order: &EmergencyOrder| {
            posts.iter().any(|post| {
                order.covers(Some(&post.area)) || Scope(post.area.clone()).contains(&order.area)
            })
        };
        let district = self.district();
        let place = |area: &AreaCode| {
            let known = district.as_deref().map(|district| district.areas());
            known.map_or_else(|| area.to_string(), |areas| areas.name(area).to_owned())
        };
        orders
            .into_iter()
            .filter(concerns)
            .map(|order| OrderNotice {
                place: place(&order.area),
                order,
            })
            .collect()
    }

    /// The settings.
    ///
    /// # Errors
    /// When the store fails.
    pub fn settings(&self) -> Result<Settings, CoreError> {
        let settings = self.store().read(|tx| {
            let server = match settings::get(tx, "server")? {
                Some(server) => server,
                None => device::read(tx)?
                    .map(|device| bare(&device.server).to_owned())
                    .unwrap_or_default(),
            };
            Ok(Settings {
                language: settings::get(tx, "language")?.unwrap_or_else(|| "zh-CN".to_owned()),
                large_type: settings::get(tx, "large_type")?.as_deref() == Some("1"),
                server,
            })
        })?;
        Ok(settings)
    }

    /// Changes the settings. The server of a bound handheld changes only by binding again.
    ///
    /// # Errors
    /// When the store fails.
    pub fn set_settings(&self, new: &Settings) -> Result<(), CoreError> {
        self.store().write(|tx| {
            settings::set(tx, "language", &new.language)?;
            settings::set(tx, "large_type", if new.large_type { "1" } else { "0" })?;
            settings::set(tx, "server", &new.server)?;
            Ok(())
        })
    }

    /// Bytes that the handheld's data takes on the device.
    #[must_use]
    pub fn stored_bytes(&self) -> u64 {
        let sizes = ["", "-wal"].map(|tail| {
            let path = self.inner.directory.join(format!("{FILE_NAME}{tail}"));
            std::fs::metadata(path).map_or(0, |data| data.len())
        });
        sizes.iter().sum()
    }
}

fn me_view(device: &Device, district: Option<&District>) -> MeView {
    let path = |area: &AreaCode| {
        let path = district
            .map(|district| district.areas().path(area))
            .unwrap_or_default();
        if path.is_empty() {
            area.to_string()
        } else {
            path
        }
    };
    let post = |post: &shared::role::Post| PostView {
        role: post.role,
        area: post.area.clone(),
        path: if post.area == device.district {
            device.district_name.clone()
        } else {
            path(&post.area)
        },
    };
    MeView {
        person: device.me.id,
        name: device.me.name.clone(),
        login: device.me.login.clone(),
        posts: device.me.posts.iter().map(post).collect(),
        device: device.id,
        district: device.district.clone(),
        district_name: device.district_name.clone(),
        server: bare(&device.server).to_owned(),
    }
}

/// The district at the start; none too where a bundle that an earlier version took is of no use to
/// this one. What waits is sent all the same, and both are fetched again.
fn usable_district(store: &mut Store) -> Result<Option<District>, CoreError> {
    let loaded = load_district(store);
    if !matches!(loaded, Err(CoreError::Bundle { .. })) {
        return loaded;
    }
    let marked: Result<(), CoreError> = store.write(|tx| {
        bundles::fetch_again(tx, bundles::CATALOGUE)?;
        Ok(bundles::fetch_again(tx, bundles::AREAS)?)
    });
    match marked {
        // The next start marks them.
        Err(CoreError::Store(StoreError::Full)) => Ok(None),
        marked => marked.map(|()| None),
    }
}

/// Builds the district from the stored bundles; none until both are here.
fn load_district(store: &mut Store) -> Result<Option<District>, CoreError> {
    let stored = store.read(|tx| {
        Ok((
            bundles::newest(tx, bundles::CATALOGUE)?,
            bundles::newest(tx, bundles::AREAS)?,
        ))
    })?;
    let (Some((_, catalogue)), Some((_, areas))) = stored else {
        return Ok(None);
    };
    let unreadable = |what, problem: String| CoreError::Bundle { what, problem };
    let catalogue: CatalogueBundle = serde_json::from_str(&catalogue)
        .map_err(|error| unreadable("catalogue", error.to_string()))?;
    let areas: AreasBundle =
        serde_json::from_str(&areas).map_err(|error| unreadable("areas", error.to_string()))?;
    District::build(catalogue, areas)
        .map(Some)
        .map_err(|problem| unreadable("catalogue or areas", problem))
}
