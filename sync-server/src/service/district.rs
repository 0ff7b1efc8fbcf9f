//! The district as this server knows it: areas, grids, units, catalogues. Read once at start and
//! shared by all requests; what changes with every request is not in here.

use super::areas::{self, Outlines};
use super::{Fault, Result};
use crate::store::{self, Tx};
use flate2::Compression;
use flate2::write::GzEncoder;
use shared::area::{Area, AreaTree, Level, Scope};
use shared::catalogue::{Catalogue, CatalogueDoc};
use shared::coordinates::LatLon;
use shared::grid::{GridIndex, Located};
use shared::id::{AreaCode, CatalogueVersion, Sha256, UnitCode};
use shared::report::Place;
use shared::routing::Mode;
use shared::unit::Unit;
use std::collections::HashMap;
use std::io::Write;
use std::sync::{Arc, OnceLock};

/// Name under which the database keeps what case numbers begin with.
pub const CASE_PREFIX: &str = "case_prefix";

/// The district's facts.
#[derive(Debug)]
pub struct District {
    /// Its code.
    pub code: AreaCode,
    /// All places.
    pub areas: AreaTree,
    /// Version of the places.
    pub areas_version: String,
    /// The bundle that handhelds fetch, as JSON bytes.
    pub areas_bundle: Bundle,
    /// What the console draws.
    pub outlines: Outlines,
    /// Which grid a point is in.
    pub grids: GridIndex,
    /// Codes of the grids that reports are filed in, in order.
    filing: Vec<AreaCode>,
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
    /// Peace-time or emergency.
    pub mode: Mode,
}

/// Bytes that many ask for, made once.
#[derive(Debug)]
pub struct Bundle {
    /// JSON.
    pub plain: Vec<u8>,
    /// SHA-256 of `plain` in hex, for `ETag`.
    pub tag: String,
    gzip: OnceLock<Option<Vec<u8>>>,
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
            plain,
            gzip: OnceLock::new(),
        })
    }

    /// The same through gzip, packed when it is first asked for: a command that only looks
    /// something up doesn't pay for it.
    pub fn gzip(&self) -> Option<&[u8]> {
        let pack = || {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
            encoder.write_all(&self.plain).ok()?;
            encoder.finish().ok()
        };
        self.gzip.get_or_init(pack).as_deref()
    }
}

impl District {
    /// Reads everything from the store.
    ///
    /// # Errors
    /// [`Fault::Damaged`] when something stored can't be read; whatever the store says.
    pub fn load(tx: &mut dyn Tx, mode: Mode) -> Result<Self> {
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
        let units = store::units::all(tx, &code)?;
        let mut catalogues = HashMap::new();
        for (version, _) in store::catalogues::versions(tx, &code)? {
            let text = super::catalogue::text(tx, &version)?;
            let doc: CatalogueDoc =
                serde_json::from_str(&text).map_err(|error| Fault::damaged("catalogue", error))?;
            let catalogue =
                Catalogue::new(doc).map_err(|error| Fault::damaged("catalogue", error))?;
            catalogues.insert(version, Arc::new(catalogue));
        }
        let in_force: CatalogueVersion = meta(tx, store::meta::CATALOGUE_VERSION)?
            .parse()
            .map_err(|error| Fault::damaged("catalogue version", error))?;
        let catalogue = catalogues
            .get(&in_force)
            .cloned()
            .ok_or_else(|| Fault::damaged("catalogue", format!("{in_force} is not there")))?;
        Ok(Self {
            code,
            areas,
            areas_version,
            areas_bundle: Bundle::of(&drawn.bundle)?,
            outlines: drawn.outlines,
            grids,
            filing,
            units: units
                .into_iter()
                .map(|unit| (unit.code.clone(), unit))
                .collect(),
            catalogue,
            catalogues,
            case_prefix: store::meta::get(tx, CASE_PREFIX)?.unwrap_or_default(),
            server_epoch: meta(tx, store::meta::SERVER_EPOCH)?,
            mode,
        })
    }

    /// A published catalogue, in force or retired.
    #[must_use]
    pub fn catalogue_of(&self, version: &CatalogueVersion) -> Option<&Arc<Catalogue>> {
        self.catalogues.get(version)
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

    /// The name of the district.
    #[must_use]
    pub fn name(&self) -> &str {
        self.areas.name(&self.code)
    }
}

fn meta(tx: &mut dyn Tx, key: &'static str) -> Result<String> {
    store::meta::get(tx, key)?.ok_or_else(|| Fault::damaged("meta", format!("{key} is missing")))
}
