//! Sets a district up: reads its folder, checks all of it, then stores it in one transaction.
//!
//! The folder holds `areas.csv`, `boundary.geojson` and `grids.geojson`, and may hold
//! `district.json` with the short names of departments that the district lacks. Nothing is stored
//! unless everything could be read.

use super::areas::geometry_text;
use super::{Fault, Result};
use crate::store::areas::AreaRow;
use crate::store::{self, Tx};
use anyhow::Context;
use serde::Deserialize;
use shared::area::{Area, AreaKind, AreaTree, Level, areas_from_csv, default_levels};
use shared::catalogue::{Catalogue, CatalogueDoc, shipped_doc};
use shared::grid::from_geojson;
use shared::id::{AreaCode, CatalogueVersion, Sha256};
use shared::time::Timestamp;
use shared::unit::{self, Unit};
use std::collections::HashMap;
use std::path::Path;

/// Hex digits of the areas' hash in their version: enough to tell editions apart.
const VERSION_DIGITS: usize = 12;

/// A district that was read and checked.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Its code.
    pub district: AreaCode,
    /// Its name.
    pub name: String,
    /// Its levels.
    pub levels: Vec<Level>,
    /// Its places, parents before children.
    pub areas: Vec<AreaRow>,
    /// Version of the places: changes with their content.
    pub areas_version: String,
    /// The catalogue to publish.
    pub catalogue: CatalogueDoc,
    /// Its units.
    pub units: Vec<Unit>,
    /// What its case numbers begin with.
    pub case_prefix: String,
}

#[derive(Debug, Default, Deserialize)]
struct DistrictFile {
    #[serde(default)]
    absent: Vec<String>,
    #[serde(default)]
    case_prefix: Option<String>,
}

/// Letters of a case number's prefix.
const CASE_PREFIX_CHARS_MAX: usize = 8;

/// Reads a district's folder. `year` names the first version of the catalogue.
///
/// # Errors
/// When a file is missing or wrong, with its name and what is wrong.
pub fn read(dir: &Path, year: i32) -> anyhow::Result<Plan> {
    let file = |name: &str| {
        let path = dir.join(name);
        std::fs::read_to_string(&path).with_context(|| format!("could not read {}", path.display()))
    };
    let levels = default_levels();
    let areas_text = file("areas.csv")?;
    let mut areas: HashMap<AreaCode, AreaRow> = areas_from_csv(&areas_text, &levels)?
        .into_iter()
        .map(|area| {
            (
                area.code.clone(),
                AreaRow {
                    area,
                    geometry: None,
                    synthetic: false,
                },
            )
        })
        .collect();
    let grids_text = file("grids.geojson")?;
    add_grids(&mut areas, &grids_text)?;
    let tree: Vec<Area> = areas.values().map(|row| row.area.clone()).collect();
    let tree = AreaTree::new(levels.clone(), tree)?;
    let root = tree
        .root()
        .context("there is no district at the root")?
        .clone();
    let boundary = dir.join("boundary.geojson");
    if let Some(row) = areas.get_mut(&root.code).filter(|_| boundary.is_file()) {
        row.geometry = Some(boundary_geometry(&file("boundary.geojson")?)?);
    }
    let settings: DistrictFile = if dir.join("district.json").is_file() {
        serde_json::from_str(&file("district.json")?).context("district.json")?
    } else {
        DistrictFile::default()
    };
    let version = CatalogueVersion::new(format!("{}-{year}.1", root.code))?;
    let doc = shipped_doc(version, settings.absent)?;
    let case_prefix = case_prefix(settings.case_prefix, &root.code)?;
    let catalogue = Catalogue::new(doc.clone())?;
    let units = unit::all(&catalogue, &tree);
    let content = Sha256::of(format!("{areas_text}\n{grids_text}").as_bytes()).to_string();
    let digits: String = content.chars().take(VERSION_DIGITS).collect();
    let mut areas: Vec<AreaRow> = areas.into_values().collect();
    areas.sort_by(|a, b| a.area.code.cmp(&b.area.code));
    Ok(Plan {
        areas_version: format!("{}-{digits}", root.code),
        district: root.code,
        name: root.name,
        levels,
        areas,
        catalogue: doc,
        units,
        case_prefix,
    })
}

/// Gives outlines to the places of the areas file, and adds the grids below them.
fn add_grids(areas: &mut HashMap<AreaCode, AreaRow>, text: &str) -> anyhow::Result<()> {
    for feature in from_geojson(text)? {
        let geometry = Some(geometry_text(&feature.shape));
        let synthetic = feature.is_synthetic;
        match areas.get_mut(&feature.code) {
            // The areas file is official: its names stand.
            Some(row) => (row.geometry, row.synthetic) = (geometry, synthetic),
            None => {
                let area = feature.area();
                let row = AreaRow {
                    area,
                    geometry,
                    synthetic,
                };
                areas.insert(row.area.code.clone(), row);
            }
        }
    }
    Ok(())
}

/// What case numbers begin with: as the district says, else its code.
fn case_prefix(wanted: Option<String>, district: &AreaCode) -> anyhow::Result<String> {
    let prefix = wanted.unwrap_or_else(|| format!("{district}-"));
    let fits = prefix.len() <= CASE_PREFIX_CHARS_MAX
        && prefix
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-');
    anyhow::ensure!(
        fits,
        "district.json: case_prefix has at most {CASE_PREFIX_CHARS_MAX} letters, digits and dashes"
    );
    Ok(prefix)
}

/// The geometry of a boundary file: a geometry, a feature, or a collection with one feature.
fn boundary_geometry(text: &str) -> anyhow::Result<String> {
    let value: serde_json::Value = serde_json::from_str(text).context("boundary.geojson")?;
    let feature = match value.get("features").and_then(|features| features.get(0)) {
        Some(feature) => feature,
        None => &value,
    };
    let geometry = feature.get("geometry").unwrap_or(feature);
    let kind = geometry
        .get("type")
        .and_then(serde_json::Value::as_str)
        .unwrap_or_default();
    anyhow::ensure!(
        matches!(kind, "Polygon" | "MultiPolygon"),
        "boundary.geojson: expected a polygon, found {kind:?}"
    );
    Ok(geometry.to_string())
}

impl Plan {
    /// How many grids reports can be filed in, for the person who runs `init`.
    #[must_use]
    pub fn count(&self, kind: AreaKind) -> usize {
        self.areas
            .iter()
            .filter(|row| row.area.kind == kind)
            .count()
    }
}

/// Stores a district.
///
/// # Errors
/// Whatever the store says.
pub fn store(tx: &mut dyn Tx, plan: &Plan, server_epoch: &str, now: Timestamp) -> Result<()> {
    for row in &plan.areas {
        store::areas::put(tx, row)?;
    }
    for unit in &plan.units {
        store::units::put(tx, &plan.district, unit)?;
    }
    let levels =
        serde_json::to_string(&plan.levels).map_err(|error| Fault::damaged("levels", error))?;
    store::meta::set(tx, store::meta::DISTRICT, plan.district.as_str())?;
    store::meta::set(tx, store::meta::AREA_LEVELS, &levels)?;
    store::meta::set(tx, store::meta::AREAS_VERSION, &plan.areas_version)?;
    store::meta::set(tx, store::meta::SERVER_EPOCH, server_epoch)?;
    store::meta::set(tx, super::district::CASE_PREFIX, &plan.case_prefix)?;
    super::catalogue::publish(tx, &plan.district, &plan.catalogue, now)?;
    let version = plan.catalogue.version.as_str();
    store::meta::set(tx, store::meta::CLOCKS, version)?;
    Ok(())
}
