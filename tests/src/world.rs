//! A real server in this process: its own database and folders, a random port, a clock in the
//! test's hand, people and handhelds made in milliseconds.
//!
//! The district is 建阳区 cut down to two streets, read from the shipped files. Everything is
//! asked over HTTP, as a handheld or a browser would; only accounts and sessions are put in place
//! directly, because hashing passwords is slow on purpose.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a world that can't be made must fail its test loudly"
)]

mod archive;
mod asking;
mod handheld;
mod people;

pub use asking::{Reply, outcomes};
pub use handheld::{Handheld, photo_ref};

use crate::backends::Backend;
use reqwest::Client;
use shared::id::AreaCode;
use shared::patrol::{Point, Round};
use shared::signature::PublicKey;
use shared::time::Timestamp;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, OnceLock};
use sync_server::config::{DataArgs, LogFormat, ServeArgs};
use sync_server::photo_store::PhotoStore;
use sync_server::serve::Server;
use sync_server::service::district::District;
use sync_server::service::{Fault, cases, init, receipts};
use sync_server::store::Store;
use sync_server::sweeping;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;

/// Tuesday 24 November 2026, 10:30 in China: within working hours.
pub const START: Timestamp = Timestamp(1_795_487_400_000);
/// The street in which things happen.
pub const HERE: &str = "350703001";
/// Another street, whose people have nothing to do with it.
pub const ELSEWHERE: &str = "350703002";
/// The community of the worker.
pub const COMMUNITY: &str = "350703001012";
/// Inside 七贤社区: latitude and longitude × 10⁷.
pub const PLACE: (i64, i64) = (271_505_000, 1_180_292_000);
/// The grid of that place.
pub const GRID: &str = "350703001012001004002";
/// A place in the other street.
pub const PLACE_ELSEWHERE: (i64, i64) = (272_169_980, 1_180_152_364);

/// A server with its district.
pub struct World {
    /// Where it listens.
    pub address: SocketAddr,
    /// Its store, for looking behind the curtain.
    pub store: Store,
    /// Its district, as it knows it.
    pub district: Arc<District>,
    runtime: Runtime,
    client: Client,
    clock: Arc<AtomicI64>,
    stop: Option<oneshot::Sender<()>>,
    done: Option<tokio::task::JoinHandle<anyhow::Result<()>>>,
    spool: PathBuf,
    _folder: tempfile::TempDir,
}

/// The shipped folder of 建阳区.
#[must_use]
pub fn district_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/districts/350703")
}

/// The usual settings on a random port.
#[must_use]
pub fn serve_args(data: DataArgs) -> ServeArgs {
    ServeArgs {
        commit_delay_ms: 0,
        data,
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        tls_cert: None,
        tls_key: None,
        behind_proxy: Vec::new(),
        tiles: None,
        readers: 2,
        contact_days: shared::contact::KEPT_DAYS,
        log_format: LogFormat::Text,
    }
}

/// A round of two points in the worker's community.
fn patrol_round() -> Round {
    let point = |id: &str, name: &str, east: i32| Point {
        id: id.to_owned(),
        name: name.to_owned(),
        lat_e7: 271_505_000,
        lon_e7: 1_180_292_000 + east,
        words: "看消防通道".to_owned(),
    };
    Round {
        id: "morning".to_owned(),
        name: "早间巡查".to_owned(),
        area: AreaCode::new(COMMUNITY).unwrap(),
        points: vec![
            point("gate", "小学门口", 0),
            point("market", "东市场后门", 5_000),
        ],
        retired: false,
    }
}

/// 建阳区 with two of its streets, read once.
fn plan() -> &'static init::Plan {
    static PLAN: OnceLock<init::Plan> = OnceLock::new();
    PLAN.get_or_init(|| {
        let mut plan = init::read(&district_folder(), 2026).expect("the shipped district");
        let within =
            |code: &str| code == "350703" || code.starts_with(HERE) || code.starts_with(ELSEWHERE);
        plan.areas.retain(|row| within(row.area.code.as_str()));
        plan.units.retain(|unit| within(unit.area.as_str()));
        plan.catalogue.patrols = vec![patrol_round()];
        plan
    })
}

impl World {
    /// Makes the district in a database and serves it.
    #[must_use]
    pub fn new(backend: &Backend) -> Self {
        Self::with(backend, |_| {})
    }

    /// As [`World::new`], with a last look at the fresh store before it is served.
    #[must_use]
    pub fn with(backend: &Backend, prepare: impl FnOnce(&Store)) -> Self {
        let store = backend.create();
        let plan = plan();
        let district = plan.district.clone();
        store
            .write_blocking(&district, move |tx| {
                init::store(tx, plan, "epoch-1", Timestamp(START.0 - 86_400_000))
            })
            .expect("the district is stored");
        prepare(&store);
        store.close_blocking();
        let folder = tempfile::tempdir().expect("a folder");
        Self::serve(backend, folder)
    }

    /// Serves a database that is there, with a folder for photos.
    #[must_use]
    pub fn serve(backend: &Backend, folder: tempfile::TempDir) -> Self {
        let data = DataArgs {
            data: folder.path().to_owned(),
            store: Some(backend.url.clone()),
            photos: None,
        };
        let spool = data.spool_dir();
        PhotoStore::create(&data.photos_url(), &spool).expect("folders for photos");
        let settings = serve_args(data);
        let clock = Arc::new(AtomicI64::new(START.0));
        let hand = Arc::clone(&clock);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .expect("a runtime");
        let server = runtime
            .block_on(Server::prepare(
                settings,
                Arc::new(move || Timestamp(hand.load(Ordering::SeqCst))),
            ))
            .expect("a server");
        let address = server.address();
        let store = server.store().clone();
        let district = server.district();
        let (stop, stopped) = oneshot::channel();
        let done = runtime.spawn(server.run(async move { drop(stopped.await) }));
        drop(rustls::crypto::ring::default_provider().install_default());
        let client = Client::builder().no_proxy().build().expect("a client");
        Self {
            address,
            store,
            district,
            runtime,
            client,
            clock,
            stop: Some(stop),
            done: Some(done),
            spool,
            _folder: folder,
        }
    }

    /// The server's time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        Timestamp(self.clock.load(Ordering::SeqCst))
    }

    /// Lets the server's time go on.
    pub fn pass_ms(&self, ms: i64) {
        self.clock.fetch_add(ms, Ordering::SeqCst);
    }

    /// Tells what is due, as the server does by itself every few seconds; how many cases were looked
    /// at.
    ///
    /// # Panics
    /// When the store refuses.
    pub fn tell_due(&self) -> usize {
        let (district, now) = (Arc::clone(&self.district), self.now());
        let told = self
            .store
            .write_blocking::<_, Fault>(&self.district.code, move |tx| {
                cases::tell_due(tx, &district, now, &mut uuid::Uuid::now_v7)
            });
        told.expect("what is due is told")
    }

    /// The server's clock, for a handheld that shows the same time.
    #[must_use]
    pub fn clock(&self) -> Arc<AtomicI64> {
        Arc::clone(&self.clock)
    }

    /// How many files lie in the server's spool.
    ///
    /// # Panics
    /// When there is no spool.
    #[must_use]
    pub fn spooled(&self) -> usize {
        std::fs::read_dir(&self.spool).expect("a spool").count()
    }

    /// The folder of what is on its way.
    #[must_use]
    pub fn spool(&self) -> &Path {
        &self.spool
    }

    /// Sweeps the spool, as the server does every hour; how many files were nobody's.
    ///
    /// # Panics
    /// When that fails.
    pub fn sweep(&self) -> usize {
        let url = self.photos_folder().display().to_string();
        let photos = PhotoStore::open(&url, &self.spool).expect("the photos");
        let swept = sweeping::sweep(&self.store, &photos, &self.district.code, self.now());
        self.runtime.block_on(swept).expect("swept")
    }

    /// The key that the server signs receipts with.
    ///
    /// # Panics
    /// When there is none.
    #[must_use]
    pub fn receipt_key(&self) -> PublicKey {
        let key = self.look(|tx| receipts::key(tx));
        key.expect("made when the server began").public()
    }

    /// Runs something on the store and gives what it answers.
    ///
    /// # Panics
    /// When the store refuses.
    pub fn look<T: Send + 'static>(
        &self,
        look: impl FnOnce(&mut dyn sync_server::store::Tx) -> Result<T, Fault> + Send + 'static,
    ) -> T {
        self.store.read_blocking(look).expect("a look at the store")
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some(done) = self.done.take() {
            // A server that hangs must fail its test rather than hang the others.
            let ended = self.runtime.block_on(async {
                tokio::time::timeout(std::time::Duration::from_secs(20), done).await
            });
            if !std::thread::panicking() {
                assert!(ended.is_ok(), "the server did not stop");
            }
        }
    }
}
