//! A handheld to test with: a temporary directory, a small district, clock and ids that repeat.

use super::server::Server;
use crate::store::StoreError;
use crate::{App, Config, Edge, Enrolment, Moment};
use shared::area::{Area, AreaKind, default_levels};
use shared::catalogue::shipped_doc;
use shared::id::{AreaCode, CatalogueVersion, CategoryId, ConditionId, DraftId, OpId, ReportId};
use shared::report::{PhotoRole, PlaceSource};
use shared::time::Timestamp;
use shared::wire::handheld::{DraftFields, PlaceInput};
use shared::wire::queue::{NetworkKind, SendingRules};
use shared::wire::sync::{AreaOutline, AreasBundle, CatalogueBundle};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use tempfile::TempDir;
use uuid::Uuid;

/// 2026-11-24T02:30:00Z, a Tuesday, 10:30 in China.
pub(super) const START: Timestamp = Timestamp(1_795_487_400_000);

pub(super) fn photo(name: &str) -> Vec<u8> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/data/photos/");
    std::fs::read(format!("{folder}{name}")).unwrap()
}

pub(super) fn catalogue() -> CatalogueBundle {
    shipped_doc(CatalogueVersion::new("350703-1").unwrap(), vec![]).unwrap()
}

/// One street, one community, two grids side by side and a school in the western one.
pub(super) fn areas() -> AreasBundle {
    use AreaKind::{Community, District, ExclusiveGrid, Grid, Street};
    let place = |code: &str, parent_len: usize, level: &str, kind, name: &str, corners| {
        let parent = code.get(..parent_len).filter(|parent| !parent.is_empty());
        let area = Area {
            code: AreaCode::new(code).unwrap(),
            parent: parent.map(|parent| AreaCode::new(parent).unwrap()),
            level: level.into(),
            kind,
            name: name.into(),
        };
        AreaOutline {
            area,
            polygons: square(corners),
        }
    };
    let (west, south, side) = (1_181_200_000, 273_300_000, 20_000);
    let grid = |n: i32| Some((west + n * side, south, side));
    let school = Some((west + 2_000, south + 2_000, 2_000));
    AreasBundle {
        version: "areas-1".into(),
        levels: default_levels(),
        areas: vec![
            place("350703", 0, "district", District, "建阳区", None),
            place("350703001", 6, "street", Street, "潭城街道", None),
            place("350703001012", 9, "community", Community, "七贤社区", None),
            place("350703001012001", 12, "grid3", Grid, "第1网格", grid(0)),
            place("350703001012002", 12, "grid3", Grid, "第2网格", grid(1)),
            place(
                "350703001012Z01",
                12,
                "exclusive",
                ExclusiveGrid,
                "实验小学",
                school,
            ),
        ],
    }
}

/// A square by its south-western corner and its side.
fn square(corner: Option<(i32, i32, i32)>) -> Vec<Vec<Vec<(i32, i32)>>> {
    let Some((west, south, side)) = corner else {
        return vec![];
    };
    let (east, north) = (west + side, south + side);
    vec![vec![vec![
        (west, south),
        (east, south),
        (east, north),
        (west, north),
        (west, south),
    ]]]
}

/// In the middle of 第1网格.
pub(super) const IN_GRID_1: (f64, f64) = (27.331, 118.121);
/// Five metres west of the border with 第2网格.
pub(super) const ON_BORDER: (f64, f64) = (27.331, 118.12195);
/// In no grid.
pub(super) const OUTSIDE: (f64, f64) = (27.5, 118.5);

pub(super) struct World {
    pub(super) directory: TempDir,
    pub(super) server: Server,
    pub(super) clock: Arc<AtomicI64>,
    ids: Arc<AtomicU64>,
}

impl World {
    pub(super) fn new() -> Self {
        Self {
            directory: tempfile::tempdir().unwrap(),
            server: Server::new(),
            clock: Arc::new(AtomicI64::new(START.0)),
            ids: Arc::new(AtomicU64::new(1)),
        }
    }

    pub(super) fn open(&self) -> App {
        self.open_with(Config::default())
    }

    pub(super) fn open_with(&self, config: Config) -> App {
        App::open(self.directory.path(), config).unwrap()
    }

    pub(super) fn edge(&self) -> Edge {
        let (clock, ids) = (Arc::clone(&self.clock), Arc::clone(&self.ids));
        Edge::new(
            move || Moment::wall(Timestamp(clock.load(Ordering::SeqCst))),
            move || Uuid::from_u128(0x1000 + u128::from(ids.fetch_add(1, Ordering::SeqCst))),
            || 0.5,
        )
    }

    pub(super) fn now(&self) -> Timestamp {
        Timestamp(self.clock.load(Ordering::SeqCst))
    }

    pub(super) fn pass(&self, ms: i64) {
        self.clock.fetch_add(ms, Ordering::SeqCst);
        self.server.kept.lock().unwrap().passed_ms += ms;
    }

    pub(super) fn form(&self) -> Enrolment {
        Enrolment {
            server: "http://server.test/".into(),
            code: "1234-5678".into(),
            device_name: "test".into(),
            platform: "linux".into(),
        }
    }

    /// An enrolled handheld with catalogue and grids.
    pub(super) async fn enrolled(&self) -> App {
        self.enrolled_at(self.form().server).await
    }

    /// The same, and from then on it talks to the server at another address.
    pub(super) async fn enrolled_at(&self, server: String) -> App {
        let app = self.open();
        let form = Enrolment {
            server,
            ..self.form()
        };
        app.enrol_over(&self.server, &form, &self.edge())
            .await
            .unwrap();
        app
    }

    pub(super) fn draft_id(&self) -> DraftId {
        DraftId(self.edge().uuid())
    }

    /// Files a report with these photos.
    pub(super) fn file(&self, app: &App, photos: &[&str], fields: &DraftFields) -> ReportId {
        let draft = self.draft_id();
        for name in photos {
            app.add_photo(draft, &photo(name), PhotoRole::Near, self.now())
                .unwrap();
        }
        app.set_draft(draft, fields, self.now()).unwrap();
        let op_id = OpId(self.edge().uuid());
        app.save_report(draft, op_id, &Moment::wall(self.now()))
            .unwrap()
            .id
    }
}

/// Photos wait for Wi-Fi from now on, and there is none.
pub(super) fn wait_for_wifi(app: &App) {
    app.set_network(NetworkKind::Metered);
    app.set_sending_rules(SendingRules {
        wifi_only: true,
        daily_cap_mb: None,
    })
    .unwrap();
}

/// Whoever reads this table fails until it has its name again.
pub(super) fn rename_table(app: &App, from: &str, to: &str) {
    let sql = format!("ALTER TABLE {from} RENAME TO {to}");
    app.store()
        .write(|tx| {
            tx.execute_batch(&sql)?;
            Ok::<_, StoreError>(())
        })
        .unwrap();
}

/// A missing manhole cover, filled in whole.
pub(super) fn manhole((lat, lon): (f64, f64)) -> DraftFields {
    DraftFields {
        place: Some(PlaceInput {
            lat,
            lon,
            accuracy_m: Some(8.0),
            source: PlaceSource::Gps,
            words: "人民路与东市场路口".into(),
        }),
        category: Some(CategoryId::new("C0101").unwrap()),
        condition: Some(ConditionId::new("C0101-1").unwrap()),
        text: "井盖缺失，已放警示牌".into(),
        self_fixed: false,
        similar: Default::default(),
        contact: (String::new(), String::new()),
    }
}
