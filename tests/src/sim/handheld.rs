//! A handheld of the simulation: the real core over a simulated network, with clocks, a disk and a
//! battery that fail, and a memory of everything its worker was told is kept.

mod filing;

use super::chance::Chance;
use super::clock::{Time, Watch};
use super::host::{Host, Image};
use super::line::Line;
use super::trace::Trace;
use anyhow::{Context, Result, bail, ensure};
use app_core::store::{FILE_NAME, StoreError};
use app_core::sync::http::Http;
use app_core::vault::{self, Lock};
use app_core::{App, Config, CoreError, Edge, Enrolment};
use rusqlite::{Connection, OpenFlags};
use shared::id::DraftId;
use shared::wire::handheld::SyncState;
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

    /// Somebody presses the button: one round now, whatever the timers say, in calm weather.
    pub async fn press(&self) -> Result<Turn> {
        self.app()?.sync_over(&self.http, &self.edge).await?;
        if let Some(broken) = self.line.broken() {
            bail!("the simulation is broken: {broken}");
        }
        Ok(Turn::Ended(0))
    }

    /// Whether its key was erased.
    pub fn is_erased(&self) -> Result<bool> {
        Ok(vault::look(&self.folder)? == Lock::Erased)
    }

    /// Switched off and on again, with its key erased: nobody reads anything on it any more.
    pub fn stays_shut(&mut self) -> Result<()> {
        self.close();
        ensure!(
            App::open(&self.folder, Config::default()).is_err()
                && vault::key(&self.folder).is_err(),
            "a handheld without its key was opened"
        );
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY;
        let database = Connection::open_with_flags(self.database(), flags)?;
        let read = database.query_row("SELECT count(*) FROM sqlite_master", [], |row| {
            row.get::<_, i64>(0)
        });
        ensure!(read.is_err(), "its database can be read without its key");
        Ok(())
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

    /// How many previews wait of photos that it keeps no longer: nobody else has them.
    pub fn owes_previews(&mut self) -> Result<i64> {
        let sql = "
            SELECT count(*) FROM photos p
            JOIN reports r ON r.id = p.report_id
            JOIN operations o ON o.op_id = coalesce(p.op_id, r.op_id)
            WHERE p.pruned_ms IS NOT NULL AND p.preview_sha256 IS NOT NULL
                AND p.preview_sent_ms IS NULL AND o.outcome IN ('applied', 'duplicate')";
        Ok(self.look()?.query_row(sql, [], |row| row.get(0))?)
    }

    /// Adds a line to the trace.
    pub fn say(&self, what: &str) {
        let now = self.watch.moment();
        self.trace
            .line(format!("{} handheld {}: {what}", now.mono_ms, self.number));
    }
}
