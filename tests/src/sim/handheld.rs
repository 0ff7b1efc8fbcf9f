//! A handheld of the simulation: the real core over a simulated network, with clocks, a disk and a
//! battery that fail, and a memory of everything its worker was told is kept.

use super::chance::Chance;
use super::check::exists;
use super::clock::{Time, Watch};
use super::district::{MATTERS, template};
use super::host::{Host, Image};
use super::line::Line;
use super::trace::Trace;
use anyhow::{Context, Result, bail, ensure};
use app_core::store::{FILE_NAME, StoreError};
use app_core::sync::http::Http;
use app_core::vault;
use app_core::{App, Config, CoreError, Edge, Enrolment};
use rusqlite::{Connection, OpenFlags};
use shared::addition::{Addition, Amendment, Note, Withdrawal};
use shared::id::{CategoryId, ConditionId, DraftId, OpId, ReportId};
use shared::report::{PhotoRole, PlaceSource};
use shared::time::Timestamp;
use shared::wire::handheld::{DraftFields, PlaceInput, SyncState};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

/// Address of the server; no name is ever looked up.
const SERVER: &str = "http://gewu.sim";
/// What a full disk still has: a page or two.
const FULL_BYTES_LEFT: u64 = 8 * 1024;

/// What the worker was told is filed.
#[derive(Debug, Clone)]
pub struct Filed {
    /// The operation.
    pub op_id: String,
    /// The report.
    pub report: String,
    /// How many photos it has.
    pub photos: usize,
}

/// A handheld.
pub struct Handheld {
    /// Which one.
    pub number: usize,
    /// Its clocks.
    pub watch: Watch,
    /// Its network.
    pub line: Line,
    /// Who carries it.
    pub person: usize,
    /// Everything its worker was told is filed.
    pub filed: Vec<Filed>,
    /// Drafts that its worker was told are kept, with their photos.
    pub drafts: BTreeMap<DraftId, usize>,
    /// What the server has confirmed in this life of its data, as far as the checks know.
    pub confirmed: BTreeSet<String>,
    /// Cursors as last seen, and the life of the server's data that they belong to.
    pub cursors: (String, BTreeMap<String, i64>),
    folder: PathBuf,
    edge: Edge,
    http: Http,
    trace: Trace,
    app: Option<App>,
    max_bytes: Option<u64>,
    look: Option<Connection>,
}

/// How a turn of sync ended.
pub enum Turn {
    /// It wants another one after so many milliseconds.
    Ended(i64),
    /// The handheld died.
    Died,
}

impl Handheld {
    /// A handheld out of the box, with its data in this folder.
    pub fn new(
        number: usize,
        folder: &Path,
        time: &Time,
        trace: &Trace,
        host: &Arc<tokio::sync::Mutex<Host>>,
        chance: &mut Chance,
    ) -> Result<Self> {
        static HTTP: OnceLock<Http> = OnceLock::new();
        let http = match HTTP.get() {
            Some(http) => http,
            None => {
                let http = Http::new()?;
                HTTP.get_or_init(|| http)
            }
        };
        std::fs::create_dir_all(folder)?;
        let watch = Watch::new(time, chance.fork());
        let line = Line::new(number, time, trace, host, chance.fork());
        let mut handheld = Self {
            number,
            edge: watch.edge(),
            watch,
            http: http.carried_by(Arc::new(line.clone())),
            line,
            person: number,
            filed: Vec::new(),
            drafts: BTreeMap::new(),
            confirmed: BTreeSet::new(),
            cursors: Default::default(),
            folder: folder.to_path_buf(),
            trace: trace.clone(),
            app: None,
            max_bytes: None,
            look: None,
        };
        handheld.open()?;
        Ok(handheld)
    }

    fn database(&self) -> PathBuf {
        self.folder.join(FILE_NAME)
    }

    fn open(&mut self) -> Result<()> {
        let config = self
            .max_bytes
            .map_or_else(Config::default, |max_bytes| Config {
                max_bytes,
                ..Config::default()
            });
        self.app = Some(App::open(&self.folder, config)?);
        Ok(())
    }

    fn close(&mut self) {
        self.look = None;
        self.app = None;
    }

    /// Its clocks and ids, as its program sees them.
    #[must_use]
    pub const fn edge(&self) -> &Edge {
        &self.edge
    }

    /// The app that runs on it.
    pub fn app(&self) -> Result<App> {
        self.app.clone().context("the handheld is switched off")
    }

    /// Looks at its database past the app.
    pub fn look(&mut self) -> Result<&Connection> {
        if self.look.is_none() {
            let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
            self.look = Some(self.open_database(flags)?);
        }
        self.look.as_ref().context("a look at the database")
    }

    /// Its database, beside the app.
    pub fn open_database(&self, flags: OpenFlags) -> Result<Connection> {
        let database = Connection::open_with_flags(self.database(), flags)?;
        let key = vault::key(&self.folder)?;
        database.pragma_update(None, "key", key.literal().as_str())?;
        Ok(database)
    }

    /// Its battery dies and it is switched on again: what is left is what lies on its disk.
    pub fn crash(&mut self) -> Result<()> {
        let image = Image::take(&self.database())?;
        self.close();
        image.put(&self.database())?;
        self.watch.restart();
        self.open()
    }

    /// Its disk has next to nothing left, or has room again.
    pub fn set_disk_full(&mut self, is_full: bool) -> Result<()> {
        self.set_disk_left(is_full.then_some(FULL_BYTES_LEFT))
    }

    fn set_disk_left(&mut self, left: Option<u64>) -> Result<()> {
        self.close();
        if left == Some(0) {
            // Room inside of the file is room, too.
            let database = self.open_database(OpenFlags::default())?;
            database.execute_batch("VACUUM")?;
        }
        let used = std::fs::metadata(self.database())?.len();
        self.max_bytes = left.map(|left| used.saturating_add(left));
        self.open()
    }

    /// Whether its disk is full.
    #[must_use]
    pub const fn is_disk_full(&self) -> bool {
        self.max_bytes.is_some()
    }

    /// Binds it by a code; whether that went through.
    pub async fn enrol(&mut self, code: &str) -> Result<bool> {
        let form = Enrolment {
            server: SERVER.to_owned(),
            code: code.to_owned(),
            device_name: format!("handheld {}", self.number),
            platform: String::from("linux"),
        };
        let app = self.app()?;
        let done = tokio::select! {
            biased;
            done = app.enrol_over(&self.http, &form, &self.edge) => Some(done),
            () = self.line.death() => None,
        };
        drop(app);
        // Bound again, perhaps to somebody else, the mirror starts over.
        self.cursors.1.clear();
        match done {
            None => {
                self.crash()?;
                Ok(false)
            }
            Some(Ok(_)) => Ok(true),
            Some(Err(CoreError::Server(_) | CoreError::Store(StoreError::Full))) => Ok(false),
            Some(Err(error)) => bail!("enrolling handheld {} failed: {error}", self.number),
        }
    }

    /// One turn of the sync loop, as the app makes it in the background.
    pub async fn turn(&mut self) -> Result<Turn> {
        let app = self.app()?;
        let wait = tokio::select! {
            biased;
            wait = app.sync_turn(&self.http, &self.edge) => Some(wait),
            () = self.line.death() => None,
        };
        if let Some(broken) = self.line.broken() {
            bail!("the simulation is broken: {broken}");
        }
        let Some(wait) = wait else {
            drop(app);
            self.crash()?;
            return Ok(Turn::Died);
        };
        let problem = app.sync_status()?.problem;
        if let Some(problem) = problem.filter(|problem| problem.code == "store") {
            bail!("sync of handheld {} broke: {problem:?}", self.number);
        }
        Ok(Turn::Ended(i64::try_from(wait.as_millis())?))
    }

    /// Whether sync waits for a new code.
    pub fn is_paused(&self) -> Result<bool> {
        let state = self.app()?.sync_status()?.state;
        Ok(matches!(state, SyncState::Paused | SyncState::NotEnrolled))
    }

    /// How many operations wait, and photos of operations that the server acted on. Photos of
    /// what is in quarantine wait for a person.
    pub fn owes(&mut self) -> Result<i64> {
        let sql = "
            SELECT (SELECT count(*) FROM operations WHERE outcome IS NULL)
                + (SELECT count(*) FROM photos p
                    JOIN reports r ON r.id = p.report_id
                    JOIN operations o ON o.op_id = coalesce(p.op_id, r.op_id)
                    WHERE p.sent_ms IS NULL AND o.outcome IN ('applied', 'duplicate'))";
        Ok(self.look()?.query_row(sql, [], |row| row.get(0))?)
    }

    /// The worker fills in a report with photos and sends it; or the battery dies in between, or
    /// there is no room, and a draft is left.
    pub fn file(&mut self, chance: &mut Chance) -> Result<()> {
        let template = template();
        let draft = DraftId(self.edge.uuid());
        let now = self.watch.moment().wall;
        let wanted = chance.weighted(&[(60, 1), (25, 2), (15, 3)]);
        let first = chance.below(template.photos.len() - 1);
        let mut kept = 0;
        for at in 0..wanted {
            let is_large = at == 0 && chance.odds(40);
            let small = template.photos.len() - 1;
            let file = &template.photos[if is_large {
                small
            } else {
                (first + at) % small
            }];
            match self.app()?.add_photo(draft, file, PhotoRole::Near, now) {
                Ok(_) => kept += 1,
                Err(CoreError::Store(StoreError::Full)) => break,
                Err(error) => bail!("a photo was refused: {error}"),
            }
        }
        if kept > 0 {
            self.drafts.insert(draft, kept);
        }
        let (category, condition) = *chance.pick(&MATTERS);
        let (lat, lon) = *chance.pick(&template.places);
        let fields = DraftFields {
            place: Some(PlaceInput {
                lat,
                lon,
                accuracy_m: Some(chance.between(2, 60) as f64),
                source: PlaceSource::Gps,
                words: String::from("路口"),
            }),
            category: Some(CategoryId::new(category)?),
            condition: Some(ConditionId::new(condition)?),
            text: format!("第{}件", self.filed.len() + 1),
            // The form asks for a photo from before and one from after.
            self_fixed: chance.odds(80) && kept >= 2,
            similar: Default::default(),
            contact: (String::new(), String::new()),
        };
        if fields.self_fixed {
            self.mark_before_and_after(draft, now)?;
        }
        match self.app()?.set_draft(draft, &fields, now) {
            Ok(()) => {
                self.drafts.entry(draft).or_insert(kept);
            }
            Err(CoreError::Store(StoreError::Full)) => {}
            Err(error) => bail!("a draft was refused: {error}"),
        }
        if chance.odds(30) {
            self.trace.count("handheld died while filling in");
            self.crash()?;
        }
        if chance.odds(20) {
            // Something else takes the rest of the disk before the worker sends.
            self.trace.count("disk full while filling in");
            self.set_disk_left(Some(0))?;
        }
        self.send(draft, chance)
    }

    /// Says of a draft's first photo that it shows how it was, of its last how it is.
    fn mark_before_and_after(&mut self, draft: DraftId, now: Timestamp) -> Result<()> {
        let app = self.app()?;
        let photos = app.draft(draft)?.photos;
        let ends = [
            (photos.first(), PhotoRole::Before),
            (photos.last(), PhotoRole::After),
        ];
        for (photo, role) in ends {
            let id = photo.context("a photo of the draft")?.id;
            match app.set_photo_role(id, role, now) {
                Ok(()) | Err(CoreError::Store(StoreError::Full)) => {}
                Err(error) => bail!("a role was refused: {error}"),
            }
        }
        Ok(())
    }

    /// The battery dies while the disk is writing, before the worker is told: the report is filed
    /// as a whole, or still a draft as a whole.
    fn lose_power(
        &mut self,
        draft: DraftId,
        op_id: &str,
        before: &Image,
        chance: &mut Chance,
    ) -> Result<()> {
        let torn = Image::torn(before, &Image::take(&self.database())?, chance);
        self.close();
        torn.put(&self.database())?;
        self.watch.restart();
        self.open()?;
        self.trace.count("power cut at a handheld");
        let filed = exists(
            self.look()?,
            "SELECT 1 FROM operations WHERE op_id = ?1",
            op_id,
        )?;
        if filed {
            let photos = self.drafts.remove(&draft).unwrap_or_default();
            self.filed.push(Filed {
                op_id: op_id.to_owned(),
                report: draft.to_string(),
                photos,
            });
        }
        self.say(if filed {
            "power cut, filed"
        } else {
            "power cut, still a draft"
        });
        Ok(())
    }

    /// The worker sends a draft.
    fn send(&mut self, draft: DraftId, chance: &mut Chance) -> Result<()> {
        let op_id = OpId(self.edge.uuid());
        let before = chance
            .odds(60)
            .then(|| Image::take(&self.database()))
            .transpose()?;
        let filed = self.app()?.save_report(draft, op_id, &self.watch.moment());
        if let Some(before) = before.filter(|_| filed.is_ok()) {
            return self.lose_power(draft, &op_id.to_string(), &before, chance);
        }
        match filed {
            Ok(filed) => {
                let photos = self.drafts.remove(&draft).unwrap_or_default();
                ensure!(
                    filed.photos as usize == photos,
                    "{photos} photos were taken, {filed:?}"
                );
                self.say(&format!("filed {} with {photos} photos", filed.short_code));
                self.trace.count("reports filed");
                self.filed.push(Filed {
                    op_id: op_id.to_string(),
                    report: filed.id.to_string(),
                    photos,
                });
            }
            Err(error) => {
                self.trace.count("reports left as drafts");
                self.say(&format!("left a draft: {}", error.code()));
                let known = [
                    "space_full",
                    "not_enrolled",
                    "not_ready",
                    "not_found",
                    "place_missing",
                    "photo_missing",
                    "before_photo_missing",
                    "after_photo_missing",
                ];
                ensure!(known.contains(&error.code()), "filing failed: {error}");
            }
        }
        Ok(())
    }

    /// The worker adds something to a report that was filed: words, a correction, a photo, or that
    /// it was none.
    pub fn add(&mut self, chance: &mut Chance) -> Result<()> {
        if self.filed.is_empty() {
            return Ok(());
        }
        let report = chance.pick(&self.filed).report.clone();
        let id: ReportId = report.parse()?;
        let (op_id, moment) = (OpId(self.edge.uuid()), self.watch.moment());
        let text = format!("补充{}", self.filed.len());
        let small = &template().photos[chance.below(template().photos.len() - 1)];
        let (app, mut photos) = (self.app()?, 0);
        let added = match chance.below(5) {
            0 => {
                let withdrawal = Withdrawal { reason: text };
                app.add_to_report(id, &Addition::Withdraw(withdrawal), op_id, &moment)
            }
            1 => {
                let amendment = Amendment {
                    text,
                    ..Amendment::default()
                };
                app.add_to_report(id, &Addition::Amend(amendment), op_id, &moment)
            }
            2 => app.add_to_report(id, &Addition::Note(Note { text }), op_id, &moment),
            _ => {
                photos = 1;
                app.add_report_photo(id, small, PhotoRole::After, &text, op_id, &moment)
            }
        };
        match added {
            Ok(()) => {
                self.trace.count("additions");
                self.say("added to a report");
                self.filed.push(Filed {
                    op_id: op_id.to_string(),
                    report,
                    photos,
                });
            }
            Err(error) => {
                self.say(&format!("added nothing: {}", error.code()));
                let known = ["space_full", "not_enrolled", "not_ready"];
                ensure!(known.contains(&error.code()), "an addition failed: {error}");
            }
        }
        Ok(())
    }

    /// The worker comes back to the drafts that are left.
    pub fn send_drafts(&mut self, chance: &mut Chance) -> Result<()> {
        let whole: Vec<DraftId> = self.drafts.keys().copied().collect();
        for draft in whole {
            self.send(draft, chance)?;
        }
        Ok(())
    }

    /// Adds a line to the trace.
    pub fn say(&self, what: &str) {
        let now = self.watch.moment();
        self.trace
            .line(format!("{} handheld {}: {what}", now.mono_ms, self.number));
    }
}
