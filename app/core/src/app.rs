//! The façade: every thing a screen may ask for, in the order of the screens.
//!
//! Each method is a corridor to the module that knows; nothing is decided here. What sync needs
//! of the façade is in `app/syncing.rs`.

mod syncing;

pub use syncing::Enrolment;

use crate::capture;
use crate::cases::{case_card, data_url, report_detail, report_row};
use crate::edge::Moment;
use crate::error::CoreError;
use crate::photos;
use crate::place::{District, category_row, condition_row, place_of};
use crate::store::device::{self, Device};
use crate::store::{
    self, Config, FILE_NAME, Store, StoreError, bundles, drafts, reports, settings,
};
use crate::sync::engine::Round;
use shared::id::{AreaCode, CategoryId, DraftId, OpId, ReportId};
use shared::report::PhotoRole;
use shared::time::Timestamp;
use shared::wire::handheld::{
    CaseCard, CategoryDetail, CategoryRow, DraftFields, DraftRow, DraftView, FiledView, Home,
    LocatedView, MapView, MeView, PhotoView, PlaceInput, PostView, PreviewView, Problem,
    ReportDetail, ReportRow, Settings,
};
use shared::wire::sync::{AreasBundle, CatalogueBundle};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Reports shown on the first screen.
const RECENT_REPORTS: u32 = 5;
/// Reports in a list: half a year of a busy worker's scrolling.
const REPORTS_LIMIT: u32 = 500;
/// Cases of the worker's grids in a list.
const CASES_LIMIT: u32 = 500;
/// Categories offered before anything is typed.
const RECENT_CATEGORIES: u32 = 6;
/// Categories that a search gives.
const SEARCH_LIMIT: usize = 30;
/// The widest pin map, in metres.
const MAP_RADIUS_M_MAX: f64 = 5_000.0;

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
    trouble: Mutex<Trouble>,
    /// Wakes the loop: something was filed, or somebody asks.
    wake: tokio::sync::Notify,
}

/// Why and until when sync waits, for the screen.
#[derive(Debug, Default, Clone)]
struct Trouble {
    problem: Option<Problem>,
    next_attempt: Option<Timestamp>,
}

/// A panic elsewhere leaves a lock poisoned but its value whole: all of them are replaced at once.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl App {
    /// Opens the handheld's data in a directory, beginning it at the first start.
    ///
    /// # Errors
    /// When the directory can't be used, or its data was written by a later version.
    pub fn open(directory: &Path, config: Config) -> Result<Self, CoreError> {
        let mut store = Store::open(directory, config)?;
        let district = load_district(&mut store)?;
        Ok(Self {
            inner: Arc::new(Inner {
                directory: directory.to_owned(),
                store: Arc::new(Mutex::new(store)),
                district: Mutex::new(district.map(Arc::new)),
                round: tokio::sync::Mutex::new(Round::default()),
                is_running: AtomicBool::new(false),
                trouble: Mutex::new(Trouble::default()),
                wake: tokio::sync::Notify::new(),
            }),
        })
    }

    fn store(&self) -> MutexGuard<'_, Store> {
        lock(&self.inner.store)
    }

    fn district(&self) -> Option<Arc<District>> {
        lock(&self.inner.district).clone()
    }

    fn district_needed(&self) -> Result<Arc<District>, CoreError> {
        self.district().ok_or(CoreError::NotReady)
    }

    fn reload_district(&self) -> Result<(), CoreError> {
        let district = load_district(&mut self.store())?;
        *lock(&self.inner.district) = district.map(Arc::new);
        Ok(())
    }

    // ── Who and where ──────────────────────────────────────────────────────────────────────

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
        let (drafts, (reports, needs_attention), recent) = self.store().read(|tx| {
            let recent = reports::newest(tx, RECENT_REPORTS)?;
            Ok((drafts::number(tx)?, reports::numbers(tx)?, recent))
        })?;
        let is_sending = self.is_running();
        Ok(Home {
            me: self.me()?,
            sync: self.sync_status()?,
            ready_to_file: self.district().is_some(),
            drafts,
            reports,
            needs_attention,
            recent: recent
                .iter()
                .map(|standing| report_row(standing, is_sending))
                .collect(),
        })
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
                    .map(|device| device.server)
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

    // ── Choosing what and where ────────────────────────────────────────────────────────────

    /// All categories, for the tree; empty until the catalogue is here.
    #[must_use]
    pub fn categories(&self) -> Vec<CategoryRow> {
        self.district()
            .map(|district| district.categories())
            .unwrap_or_default()
    }

    /// Categories that fit these words, 拼音 or first letters, best first.
    #[must_use]
    pub fn search_categories(&self, words: &str) -> Vec<CategoryRow> {
        self.district()
            .map(|district| district.search(words, SEARCH_LIMIT))
            .unwrap_or_default()
    }

    /// The categories filed last on this handheld.
    ///
    /// # Errors
    /// When the store fails.
    pub fn recent_categories(&self) -> Result<Vec<CategoryRow>, CoreError> {
        let Some(district) = self.district() else {
            return Ok(Vec::new());
        };
        let ids = self
            .store()
            .read(|tx| reports::recent_categories(tx, RECENT_CATEGORIES))?;
        let known = ids
            .iter()
            .filter_map(|id| district.catalogue().category(id));
        Ok(known.map(category_row).collect())
    }

    /// A category with its conditions.
    ///
    /// # Errors
    /// When the catalogue isn't here or doesn't have it.
    pub fn category(&self, id: &CategoryId) -> Result<CategoryDetail, CoreError> {
        let district = self.district_needed()?;
        let catalogue = district.catalogue();
        let category = catalogue
            .category(id)
            .ok_or(StoreError::Missing("category"))?;
        Ok(CategoryDetail {
            row: category_row(category),
            conditions: catalogue.conditions_of(id).map(condition_row).collect(),
        })
    }

    /// Which grid a place lies in.
    ///
    /// # Errors
    /// When the position is not on the globe, or the grids aren't here.
    pub fn locate(&self, place: &PlaceInput) -> Result<LocatedView, CoreError> {
        let place = place_of(place)?;
        Ok(self.district_needed()?.located_view(&place))
    }

    /// The grids around a place, for the pin map.
    ///
    /// # Errors
    /// When the position is not on the globe, or the grids aren't here.
    pub fn map(&self, lat: f64, lon: f64, radius_m: f64) -> Result<MapView, CoreError> {
        shared::coordinates::LatLon::new(lat, lon)
            .map_err(|_| shared::report::ReportFault::PlaceRange)?;
        let radius_m = if radius_m.is_finite() {
            radius_m.clamp(10.0, MAP_RADIUS_M_MAX)
        } else {
            500.0
        };
        let device = self.store().read(device::read)?;
        let posts: Vec<AreaCode> = device
            .map(|device| device.me.posts.into_iter().map(|post| post.area).collect())
            .unwrap_or_default();
        Ok(self.district_needed()?.map(lat, lon, radius_m, &posts))
    }

    /// Where a map begins before there is a place: the middle of the worker's own grids.
    ///
    /// # Errors
    /// When the grids aren't here.
    pub fn middle(&self) -> Result<(f64, f64), CoreError> {
        let device = self.store().read(device::read)?;
        let posts: Vec<AreaCode> = device
            .map(|device| device.me.posts.into_iter().map(|post| post.area).collect())
            .unwrap_or_default();
        self.district_needed()?
            .middle(&posts)
            .ok_or(CoreError::NotReady)
    }

    // ── Capture ────────────────────────────────────────────────────────────────────────────

    /// All drafts, the newest first.
    ///
    /// # Errors
    /// When the store fails.
    pub fn drafts(&self) -> Result<Vec<DraftRow>, CoreError> {
        let district = self.district();
        capture::draft_rows(&mut self.store(), district.as_deref())
    }

    /// Begins a draft, or does nothing when it is there.
    ///
    /// # Errors
    /// When the store fails.
    pub fn begin_draft(&self, id: DraftId, now: Timestamp) -> Result<(), CoreError> {
        self.store()
            .write(|tx| drafts::begin(tx, id, now).map_err(CoreError::from))
    }

    /// A draft with its photos and with what is still missing.
    ///
    /// # Errors
    /// When there is no such draft.
    pub fn draft(&self, id: DraftId) -> Result<DraftView, CoreError> {
        let district = self.district();
        capture::draft_view(&mut self.store(), district.as_deref(), id)
    }

    /// Adds a camera file to a draft, which begins with it; durable when this returns.
    ///
    /// # Errors
    /// When the file can't become a photo, the draft has nine, or no space is left. The draft
    /// stays as it was.
    pub fn add_photo(
        &self,
        id: DraftId,
        file: &[u8],
        role: PhotoRole,
        now: Timestamp,
    ) -> Result<PhotoView, CoreError> {
        let prepared = photos::prepare(file)?;
        let mut store = self.store();
        let row = capture::add_photo(&mut store, id, role, &prepared, now)?;
        let photos = store.read(|tx| store::photos::of_draft(tx, id))?;
        let photo = photos.iter().find(|photo| photo.id == row);
        Ok(crate::cases::photo_view(
            photo.ok_or(StoreError::Missing("photo"))?,
        ))
    }

    /// Says what a draft's photo shows.
    ///
    /// # Errors
    /// When there is no such photo in a draft.
    pub fn set_photo_role(
        &self,
        photo: i64,
        role: PhotoRole,
        now: Timestamp,
    ) -> Result<(), CoreError> {
        self.store().write(|tx| {
            let draft = store::photos::set_role(tx, photo, role)?;
            Ok(drafts::touch(tx, draft, now)?)
        })
    }

    /// Takes a photo out of its draft.
    ///
    /// # Errors
    /// When there is no such photo in a draft; one of a filed report can't be taken out.
    pub fn remove_photo(&self, photo: i64, now: Timestamp) -> Result<(), CoreError> {
        self.store().write(|tx| {
            let draft = store::photos::remove_from_draft(tx, photo)?;
            Ok(drafts::touch(tx, draft, now)?)
        })
    }

    /// Replaces what is filled in; the draft begins with it if it isn't there.
    ///
    /// # Errors
    /// When the position is not on the globe, or the store fails.
    pub fn set_draft(
        &self,
        id: DraftId,
        fields: &DraftFields,
        now: Timestamp,
    ) -> Result<(), CoreError> {
        capture::set_fields(&mut self.store(), id, fields, now)
    }

    /// Throws a draft away with its photos.
    ///
    /// # Errors
    /// When there is no such draft.
    pub fn discard_draft(&self, id: DraftId) -> Result<(), CoreError> {
        self.store().write(|tx| {
            store::photos::remove_all_of_draft(tx, id)?;
            Ok(drafts::remove(tx, id)?)
        })
    }

    /// Which unit would get the draft, by when, and by which rule: without any network.
    ///
    /// # Errors
    /// When something isn't filled in, or the catalogue isn't here.
    pub fn preview(&self, id: DraftId, now: Timestamp) -> Result<PreviewView, CoreError> {
        let district = self.district_needed()?;
        capture::preview(&mut self.store(), &district, id, now)
    }

    /// The same for fields that no draft holds: nothing is kept.
    ///
    /// # Errors
    /// As [`App::preview`].
    pub fn preview_fields(
        &self,
        fields: &DraftFields,
        now: Timestamp,
    ) -> Result<PreviewView, CoreError> {
        capture::preview_fields(&*self.district_needed()?, fields, now)
    }

    /// Files a draft: report, operation and photos in one durable step. Wakes sync.
    ///
    /// # Errors
    /// When something is missing or wrong, or no space is left. The draft stays as it was.
    pub fn save_report(
        &self,
        id: DraftId,
        op_id: OpId,
        moment: &Moment,
    ) -> Result<FiledView, CoreError> {
        let district = self.district_needed()?;
        let taken = capture::take(&mut self.store(), id)?;
        let ready = capture::stamp_all(taken, &district, moment.wall)?;
        let filed = capture::commit(&mut self.store(), &ready, &district, op_id, moment)?;
        self.inner.wake.notify_one();
        Ok(filed)
    }

    // ── My reports ─────────────────────────────────────────────────────────────────────────

    /// My reports, the newest first; with words, those whose short code, number, category, place
    /// or text contains them.
    ///
    /// # Errors
    /// When the store fails.
    pub fn reports(&self, words: &str) -> Result<Vec<ReportRow>, CoreError> {
        let words = words.trim();
        let found = self.store().read(|tx| {
            if words.is_empty() {
                reports::newest(tx, REPORTS_LIMIT)
            } else {
                reports::search(tx, words, REPORTS_LIMIT)
            }
        })?;
        let is_sending = self.is_running();
        Ok(found
            .iter()
            .map(|standing| report_row(standing, is_sending))
            .collect())
    }

    /// A report with its course and photos.
    ///
    /// # Errors
    /// When there is no such report.
    pub fn report(&self, id: ReportId) -> Result<ReportDetail, CoreError> {
        let (standing, photos) = self
            .store()
            .read(|tx| Ok((reports::get(tx, id)?, store::photos::of_report(tx, id)?)))?;
        Ok(report_detail(&standing, &photos, self.is_running()))
    }

    /// The same by its short code or case number.
    ///
    /// # Errors
    /// When there is no such report.
    pub fn report_by_code(&self, code: &str) -> Result<ReportDetail, CoreError> {
        let standing = self.store().read(|tx| reports::by_code(tx, code.trim()))?;
        self.report(standing.report.id)
    }

    /// The stored copy of a photo, as an address that an `img` shows.
    ///
    /// # Errors
    /// When there is no such photo.
    pub fn photo(&self, photo: i64) -> Result<String, CoreError> {
        let jpeg = self.store().read(|tx| store::photos::bytes(tx, photo))?;
        Ok(data_url(&jpeg))
    }

    /// Cases of the worker's buckets as last heard, own and others'.
    ///
    /// # Errors
    /// When the store fails.
    pub fn cases(&self) -> Result<Vec<CaseCard>, CoreError> {
        let cases = self.store().read(|tx| store::cases::all(tx, CASES_LIMIT))?;
        Ok(cases.iter().map(case_card).collect())
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
        server: device.server.clone(),
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
