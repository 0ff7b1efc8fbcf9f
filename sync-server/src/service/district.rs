//! The district as this server knows it: areas, grids, units, catalogues, emergency orders. Read
//! at start, shared by all requests, and replaced as a whole when a catalogue was published or an
//! order given, here or on another server; what changes with every request is not in here.

use super::areas::{self, Outlines};
use super::{Fault, Result};
use crate::store::{self, Tx};
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use shared::area::{Area, AreaTree, Level, Scope};
use shared::catalogue::{Catalogue, CatalogueDoc};
use shared::coordinates::LatLon;
use shared::emergency::{self, EmergencyOrder};
use shared::grid::{GridIndex, Located};
use shared::id::{AreaCode, CatalogueVersion, CategoryId, ConditionId, Sha256, UnitCode};
use shared::label::{City, Lang};
use shared::report::Place;
use shared::routing::Mode;
use shared::time::Timestamp;
use shared::unit::Unit;
use std::collections::HashMap;
use std::io::Write;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

/// Name under which the database keeps what case numbers begin with.
pub const CASE_PREFIX: &str = "case_prefix";

/// The district's facts.
#[derive(Debug)]
pub struct District {
    /// Its code.
    pub code: AreaCode,
    /// All places.
    pub areas: Arc<AreaTree>,
    /// Version of the places.
    pub areas_version: String,
    /// The bundle that handhelds fetch, as JSON bytes.
    pub areas_bundle: Arc<Bundle>,
    /// What the console draws.
    pub outlines: Arc<Outlines>,
    /// Which grid a point is in.
    pub grids: Arc<GridIndex>,
    /// Codes of the grids that reports are filed in, in order.
    filing: Arc<[AreaCode]>,
    /// Units by code.
    pub units: HashMap<UnitCode, Unit>,
    /// The catalogue in force.
    pub catalogue: Arc<Catalogue>,
    /// Every published catalogue.
    catalogues: HashMap<CatalogueVersion, Arc<Catalogue>>,
    /// What case numbers begin with.
    pub case_prefix: String,
    /// Identity of this life of the data.
    pub server_epoch: String,
    /// Every emergency order that was ever given.
    pub orders: Vec<EmergencyOrder>,
    /// How often catalogues and orders had changed when this was read.
    reference: i64,
    /// When a catalogue that is published already comes into force.
    next_change: Option<Timestamp>,
}

/// The district as it is now. Whoever works with it takes it once and goes on with what was taken.
#[derive(Debug)]
pub struct Present(RwLock<Arc<District>>);

impl Present {
    /// Begins with a district.
    #[must_use]
    pub fn new(district: District) -> Self {
        Self(RwLock::new(Arc::new(district)))
    }

    /// The district now.
    #[must_use]
    pub fn get(&self) -> Arc<District> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Puts a newer one in its place; of two that were read at once the newer stays.
    pub fn renew(&self, district: District) {
        let mut held = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if held.reference <= district.reference {
            *held = Arc::new(district);
        }
    }
}

/// Bytes that many ask for, made once and shared by all answers.
#[derive(Debug)]
pub struct Bundle {
    /// JSON.
    pub plain: Bytes,
    /// SHA-256 of `plain` in hex, for `ETag`.
    pub tag: String,
    gzip: OnceLock<Option<Bytes>>,
}

impl Bundle {
    /// Makes the bytes.
    ///
    /// # Errors
    /// [`Fault::Damaged`] when the value has no JSON form.
    pub fn of(value: &impl serde::Serialize) -> Result<Self> {
        let plain = serde_json::to_vec(value).map_err(|error| Fault::damaged("bundle", error))?;
        Ok(Self {
            tag: Sha256::of(&plain).to_string(),
            plain: Bytes::from(plain),
            gzip: OnceLock::new(),
        })
    }

    /// The same through gzip, packed when it is first asked for: a command that only looks
    /// something up doesn't pay for it.
    pub fn gzip(&self) -> Option<Bytes> {
        let pack = || {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
            encoder.write_all(&self.plain).ok()?;
            encoder.finish().ok().map(Bytes::from)
        };
        self.gzip.get_or_init(pack).clone()
    }
}

impl District {
    /// Reads everything from the store.
    ///
    /// # Errors
    /// [`Fault::Damaged`] when something stored can't be read; whatever the store says.
    pub fn load(tx: &mut dyn Tx, now: Timestamp) -> Result<Self> {
        let code: AreaCode = meta(tx, store::meta::DISTRICT)?
            .parse()
            .map_err(|error| Fault::damaged("district", error))?;
        let levels = meta(tx, store::meta::AREA_LEVELS)?;
        let levels: Vec<Level> =
            serde_json::from_str(&levels).map_err(|error| Fault::damaged("levels", error))?;
        let areas_version = meta(tx, store::meta::AREAS_VERSION)?;
        let rows = store::areas::below(tx, &code)?;
        let tree: Vec<Area> = rows.iter().map(|row| row.area.clone()).collect();
        let areas =
            AreaTree::new(levels.clone(), tree).map_err(|error| Fault::damaged("areas", error))?;
        let drawn = areas::draw(&areas_version, levels, rows)?;
        let mut filing: Vec<AreaCode> = drawn
            .shapes
            .iter()
            .map(|(code, _, _)| code.clone())
            .collect();
        filing.sort_unstable();
        let grids =
            GridIndex::build(drawn.shapes).map_err(|error| Fault::damaged("grids", error))?;
        let read = Rules::read(tx, &code, &HashMap::new(), now)?;
        Ok(Self {
            code,
            areas: Arc::new(areas),
            areas_version,
            areas_bundle: Arc::new(Bundle::of(&drawn.bundle)?),
            outlines: Arc::new(drawn.outlines),
            grids: Arc::new(grids),
            filing: filing.into(),
            units: read.units,
            catalogue: read.in_force,
            catalogues: read.catalogues,
            case_prefix: store::meta::get(tx, CASE_PREFIX)?.unwrap_or_default(),
            server_epoch: meta(tx, store::meta::SERVER_EPOCH)?,
            orders: read.orders,
            reference: read.reference,
            next_change: read.next_change,
        })
    }

    /// The district anew, when something was published or ordered since it was read, or a catalogue
    /// came into force meanwhile; none when all is as it was. Costs one small question.
    ///
    /// # Errors
    /// As [`District::load`].
    pub fn renewed(&self, tx: &mut dyn Tx, now: Timestamp) -> Result<Option<Self>> {
        let is_due = self.next_change.is_some_and(|at| at <= now);
        if !is_due && reference(tx)? == self.reference {
            return Ok(None);
        }
        let read = Rules::read(tx, &self.code, &self.catalogues, now)?;
        Ok(Some(Self {
            code: self.code.clone(),
            areas: Arc::clone(&self.areas),
            areas_version: self.areas_version.clone(),
            areas_bundle: Arc::clone(&self.areas_bundle),
            outlines: Arc::clone(&self.outlines),
            grids: Arc::clone(&self.grids),
            filing: Arc::clone(&self.filing),
            units: read.units,
            catalogue: read.in_force,
            catalogues: read.catalogues,
            case_prefix: self.case_prefix.clone(),
            server_epoch: self.server_epoch.clone(),
            orders: read.orders,
            reference: read.reference,
            next_change: read.next_change,
        }))
    }

    /// Peace-time or emergency, for a place at a moment.
    #[must_use]
    pub fn mode(&self, place: Option<&AreaCode>, at: Timestamp) -> Mode {
        emergency::mode(&self.orders, place, at)
    }

    /// A published catalogue, in force or retired.
    #[must_use]
    pub fn catalogue_of(&self, version: &CatalogueVersion) -> Option<&Arc<Catalogue>> {
        self.catalogues.get(version)
    }

    /// The catalogue that a report is judged by: the one that it names. Where that one is not known
    /// (the data came back from a backup that is older), the one in force, if it has what the
    /// report is of.
    #[must_use]
    pub fn judging(
        &self,
        version: &CatalogueVersion,
        category: &CategoryId,
        condition: &ConditionId,
    ) -> Option<&Arc<Catalogue>> {
        self.catalogue_of(version).or_else(|| {
            let condition = self.catalogue.condition(condition)?;
            let category = self.catalogue.category(category)?;
            (condition.category == category.id).then_some(&self.catalogue)
        })
    }

    /// The grid of a place and the grids that its accuracy leaves open.
    #[must_use]
    pub fn locate(&self, place: &Place) -> (Option<AreaCode>, Vec<AreaCode>) {
        let at = place
            .degrees()
            .and_then(|(lat, lon)| LatLon::new(lat, lon).ok());
        match at.map(|at| self.grids.locate(at, place.accuracy_m.map(f64::from))) {
            Some(Located::In { grid }) => (Some(grid), Vec::new()),
            Some(Located::InDoubt { grid, others }) => (Some(grid), others),
            Some(Located::Outside { .. }) | None => (None, Vec::new()),
        }
    }

    /// The grids in a scope that reports are filed in.
    pub fn filing_below(&self, scope: &Scope) -> impl Iterator<Item = &AreaCode> {
        let from = self.filing.partition_point(|code| *code < scope.0);
        let below = self.filing.get(from..).unwrap_or_default();
        below.iter().take_while(|code| scope.contains(code))
    }

    /// What people call a unit.
    #[must_use]
    pub fn unit_name(&self, code: &UnitCode) -> String {
        self.units
            .get(code)
            .map_or_else(|| code.to_string(), |unit| unit.name.clone())
    }

    /// The words that this city says otherwise, by the catalogue in force.
    #[must_use]
    pub fn city(&self) -> City {
        City(self.catalogue.doc().labels.clone())
    }

    /// A sentence, and where to complain if the district said so.
    #[must_use]
    pub fn and_complaints(&self, words: &str, lang: Lang) -> String {
        let channel = self.catalogue.doc().complaints.words(lang);
        let gap = lang.pick("", " ");
        channel.map_or_else(
            || words.to_owned(),
            |channel| format!("{words}{gap}{channel}"),
        )
    }

    /// The name of the district.
    #[must_use]
    pub fn name(&self) -> &str {
        self.areas.name(&self.code)
    }
}

fn meta(tx: &mut dyn Tx, key: &'static str) -> Result<String> {
    store::meta::get(tx, key)?.ok_or_else(|| Fault::damaged("meta", format!("{key} is missing")))
}

/// What may change while a server runs.
struct Rules {
    units: HashMap<UnitCode, Unit>,
    catalogues: HashMap<CatalogueVersion, Arc<Catalogue>>,
    in_force: Arc<Catalogue>,
    orders: Vec<EmergencyOrder>,
    reference: i64,
    next_change: Option<Timestamp>,
}

impl Rules {
    fn read(
        tx: &mut dyn Tx,
        code: &AreaCode,
        known: &HashMap<CatalogueVersion, Arc<Catalogue>>,
        now: Timestamp,
    ) -> Result<Self> {
        let versions = store::catalogues::versions(tx, code)?;
        let mut catalogues = HashMap::with_capacity(versions.len());
        for row in &versions {
            // A version never changes, so one that was read is read.
            let catalogue = match known.get(&row.version) {
                Some(catalogue) => Arc::clone(catalogue),
                None => Arc::new(read_catalogue(tx, &row.version)?),
            };
            catalogues.insert(row.version.clone(), catalogue);
        }
        let current = super::catalogue::in_force(&versions, now)
            .ok_or_else(|| Fault::damaged("catalogue", "none was published"))?;
        if current.from > now {
            tracing::warn!(now = now.0, from = current.from.0, catalogue = %current.version,
                alarm = "clock_behind", "no catalogue is in force yet: is this clock right?");
        }
        let in_force = catalogues
            .get(&current.version)
            .cloned()
            .ok_or_else(|| Fault::damaged("catalogue", "the one in force is missing"))?;
        let units = store::units::all(tx, code)?;
        let orders = store::orders::all(tx, code)?;
        Ok(Self {
            units: units
                .into_iter()
                .map(|unit| (unit.code.clone(), unit))
                .collect(),
            in_force,
            catalogues,
            orders: orders.into_iter().map(|row| row.order).collect(),
            reference: reference(tx)?,
            next_change: versions
                .iter()
                .map(|row| row.from)
                .filter(|from| *from > now)
                .min(),
        })
    }
}

fn read_catalogue(tx: &mut dyn Tx, version: &CatalogueVersion) -> Result<Catalogue> {
    let text = super::catalogue::text(tx, version)?;
    let doc: CatalogueDoc =
        serde_json::from_str(&text).map_err(|error| Fault::damaged("catalogue", error))?;
    Catalogue::new(doc).map_err(|error| Fault::damaged("catalogue", error))
}

/// How often catalogues and orders have changed so far.
fn reference(tx: &mut dyn Tx) -> Result<i64> {
    let text = store::meta::get(tx, store::meta::REFERENCE)?;
    let number = text.as_deref().unwrap_or("0").parse();
    number.map_err(|error| Fault::damaged("reference", error))
}

/// Lets every server on this database notice that a catalogue or an order is new.
///
/// # Errors
/// Whatever the store says, as for all services.
pub(super) fn note_change(tx: &mut dyn Tx) -> Result<()> {
    let next = reference(tx)?.saturating_add(1).to_string();
    Ok(store::meta::set(tx, store::meta::REFERENCE, &next)?)
}
