//! A real handheld without a screen (`app-core`), bound to a [`World`] over HTTP.
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a handheld that can't be made must fail its test loudly"
)]

use crate::programs::photo;
use crate::world::{PLACE, World};
use app_core::{App, Config, Edge, Enrolment, Moment};
use rusqlite::Connection;
use shared::id::{Bucket, CategoryId, ConditionId, DraftId, OpId, PersonId, ReportId};
use shared::report::{PhotoRole, PlaceSource};
use shared::time::Timestamp;
use shared::wire::handheld::{DraftFields, PlaceInput, SyncReport};
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use sync_server::store;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use uuid::Uuid;

/// A handheld with its own folder and the world's clock.
#[derive(Debug)]
pub struct Phone {
    /// The handheld.
    pub app: App,
    /// Its clock and ids.
    pub edge: Edge,
    /// Its folder.
    pub folder: TempDir,
    runtime: Runtime,
}

impl Phone {
    /// A handheld that is not bound yet.
    #[must_use]
    pub fn new(world: &World) -> Self {
        Self::in_folder(world, tempfile::tempdir().expect("a folder"))
    }

    /// A handheld whose data is there already.
    #[must_use]
    pub fn in_folder(world: &World, folder: TempDir) -> Self {
        Self::with_clock_off(world, folder, 0)
    }

    /// A handheld whose clock is off by so many milliseconds.
    #[must_use]
    pub fn with_clock_off(world: &World, folder: TempDir, off_ms: i64) -> Self {
        let clock = world.clock();
        let edge = Edge::new(
            move || Moment::wall(Timestamp(clock.load(Ordering::SeqCst)).plus_ms(off_ms)),
            Uuid::now_v7,
            || 0.5,
        );
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        Self {
            app: App::open(folder.path(), Config::default()).expect("a handheld"),
            edge,
            folder,
            runtime,
        }
    }

    /// A handheld bound to a person.
    #[must_use]
    pub fn enrolled(world: &World, person: PersonId) -> Self {
        let phone = Self::new(world);
        phone.enrol(world, person);
        phone
    }

    /// Binds it to a person, or binds it again.
    pub fn enrol(&self, world: &World, person: PersonId) {
        let form = Enrolment {
            server: format!("http://{}", world.address),
            code: world.enrol_code(person),
            device_name: "测试机".to_owned(),
            platform: "linux".to_owned(),
        };
        self.runtime
            .block_on(self.app.enrol(&form, &self.edge))
            .expect("an enrolment");
    }

    /// One round of sync.
    pub fn sync(&self) -> SyncReport {
        self.runtime
            .block_on(self.app.sync_once(&self.edge))
            .expect("the handheld's own data")
    }

    /// One round that must end without a problem.
    pub fn sync_well(&self) -> SyncReport {
        let report = self.sync();
        assert_eq!(report.problem, None);
        report
    }

    /// Runs something of the handheld that waits.
    pub fn wait<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }

    /// Files a report at the usual place, with photos of `tests/data/photos`.
    pub fn file(&self, text: &str, photos: &[&str]) -> ReportId {
        let draft = DraftId(self.edge.uuid());
        let now = self.edge.now();
        for name in photos {
            let bytes = std::fs::read(photo(name)).expect("a photo");
            self.app
                .add_photo(draft, &bytes, PhotoRole::Near, now)
                .expect("a photo that is taken");
        }
        let degrees = |e7: i64| e7 as f64 / 1e7;
        let fields = DraftFields {
            place: Some(PlaceInput {
                lat: degrees(PLACE.0),
                lon: degrees(PLACE.1),
                accuracy_m: Some(3.0),
                source: PlaceSource::Gps,
                words: "路口".to_owned(),
            }),
            category: Some(CategoryId::new("C0101").unwrap()),
            condition: Some(ConditionId::new("C0101-1").unwrap()),
            text: text.to_owned(),
            self_fixed: false,
            similar: Default::default(),
            contact: (String::new(), String::new()),
        };
        self.app.set_draft(draft, &fields, now).expect("a draft");
        let filed = self
            .app
            .save_report(draft, OpId(self.edge.uuid()), &self.edge.moment());
        filed.expect("a report that is filed").id
    }

    /// The mirror holds, bucket by bucket, what the server does, and the server kept its digests
    /// right.
    ///
    /// # Panics
    /// When they differ.
    pub fn check_mirror(&self, world: &World) {
        let here = self.app.digests().expect("the handheld's own data");
        assert!(!here.is_empty());
        let buckets: Vec<Bucket> = here.keys().cloned().collect();
        let district = world.district.code.clone();
        let server = world.look(move |tx| {
            let kept = store::buckets::standing(tx, &district, &buckets)?;
            for bucket in &buckets {
                let counted = store::buckets::counted(tx, &district, bucket)?;
                assert_eq!(kept.get(bucket), Some(&counted), "{bucket} was kept wrong");
            }
            Ok(kept)
        });
        for (bucket, digest) in here {
            let standing = server.get(&bucket).copied().unwrap_or_default();
            assert_eq!(digest, standing.digest, "{bucket}");
        }
    }

    /// Its database file.
    #[must_use]
    pub fn file_path(&self) -> PathBuf {
        self.folder.path().join("gewu-handheld.db")
    }

    /// Its database, for looking behind the curtain.
    #[must_use]
    pub fn database(&self) -> Connection {
        crate::ledger::open_device_to_damage(&self.file_path()).expect("its database")
    }

    /// The rows of a question, each as one text.
    #[must_use]
    pub fn rows(&self, sql: &str) -> Vec<String> {
        let database = self.database();
        let mut statement = database.prepare(sql).expect("a statement");
        let columns = statement.column_count();
        let rows = statement.query_map([], |row| {
            let mut texts = Vec::new();
            for column in 0..columns {
                texts.push(format!("{:?}", row.get_ref(column)?));
            }
            Ok(texts.join(" | "))
        });
        rows.expect("rows").map(|row| row.expect("a row")).collect()
    }
}
