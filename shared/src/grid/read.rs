//! Reads grids from GeoJSON and picks the ones that reports are filed in.
//!
//! A city's file is looked at with distrust: whatever is wrong is said with the number, code and
//! name of the feature, and nothing of the file is used. Tests are in `tests/grid.rs`.

use super::{GridError, GridKind};
use crate::area::{Area, AreaKind};
use crate::coordinates::LatLon;
use crate::id::AreaCode;
use geo::{Coord, LineString, MultiPolygon, Polygon};
use geojson::{Geometry, GeometryValue, PolygonType};
use serde_json::{Map, Value};
use std::collections::HashSet;

/// One place with its outline.
#[derive(Debug, Clone, PartialEq)]
pub struct GridFeature {
    /// Its code.
    pub code: AreaCode,
    /// The place it lies in.
    pub parent: Option<AreaCode>,
    /// Key of its level: `street`, `grid3`.
    pub level: String,
    /// What sort of place it is.
    pub kind: AreaKind,
    /// Its name.
    pub name: String,
    /// Whether it was made up for tests and demonstrations.
    pub is_synthetic: bool,
    /// Its outline in WGS-84 degrees, x east and y north.
    pub shape: MultiPolygon<f64>,
}

impl GridFeature {
    /// The place without its outline.
    #[must_use]
    pub fn area(&self) -> Area {
        Area {
            code: self.code.clone(),
            parent: self.parent.clone(),
            level: self.level.clone(),
            kind: self.kind,
            name: self.name.clone(),
        }
    }
}

/// Reads a feature collection whose features have the properties `code`, `parent`, `level`, `kind`,
/// `name` and `synthetic` and a Polygon or MultiPolygon. Other properties are passed over.
///
/// # Errors
/// When the text is no feature collection, or a feature lacks something or repeats a code.
pub fn from_geojson(text: &str) -> Result<Vec<GridFeature>, GridError> {
    let collection: Value =
        serde_json::from_str(text).map_err(|error| GridError::NotACollection(error.to_string()))?;
    if collection.get("type").and_then(Value::as_str) != Some("FeatureCollection") {
        return Err(GridError::NotACollection(
            "its type is not FeatureCollection".into(),
        ));
    }
    let Some(Value::Array(features)) = collection.get("features") else {
        return Err(GridError::NotACollection(
            "it has no list of features".into(),
        ));
    };
    let mut codes = HashSet::with_capacity(features.len());
    let mut found = Vec::with_capacity(features.len());
    for (index, value) in features.iter().enumerate() {
        let wrong = |problem| GridError::Feature {
            feature: describe(index, value),
            problem,
        };
        let feature = read_feature(value).map_err(wrong)?;
        if !codes.insert(feature.code.clone()) {
            return Err(wrong("its code occurs twice".into()));
        }
        found.push(feature);
    }
    Ok(found)
}

/// The grids that reports are filed in: every exclusive grid, and the territorial grids that no
/// other names as its parent. They are what [`super::GridIndex::build`] wants.
pub fn filing_grids(
    features: &[GridFeature],
) -> impl Iterator<Item = (AreaCode, GridKind, MultiPolygon<f64>)> {
    let is_territorial = |feature: &&GridFeature| feature.kind == AreaKind::Grid;
    let parents: HashSet<&AreaCode> = features
        .iter()
        .filter(is_territorial)
        .filter_map(|feature| feature.parent.as_ref())
        .collect();
    features.iter().filter_map(move |feature| {
        let kind = GridKind::of(feature.kind)?;
        let is_smallest = kind == GridKind::Exclusive || !parents.contains(&feature.code);
        is_smallest.then(|| (feature.code.clone(), kind, feature.shape.clone()))
    })
}

/// The shape of an outline as it travels: polygons of rings of `(lon, lat)` in 1e-7 degree, the
/// first ring of each polygon being the outer one.
#[must_use]
pub fn shape_from_e7(polygons: &[Vec<Vec<(i32, i32)>>]) -> MultiPolygon<f64> {
    let degrees = |e7: i32| f64::from(e7) / crate::coordinates::E7;
    let ring = |points: &Vec<(i32, i32)>| -> LineString<f64> {
        let corners = points.iter().map(|(lon, lat)| Coord {
            x: degrees(*lon),
            y: degrees(*lat),
        });
        corners.collect()
    };
    let polygon = |rings: &Vec<Vec<(i32, i32)>>| {
        let mut rings = rings.iter().map(ring);
        let outer = rings.next()?;
        Some(Polygon::new(outer, rings.collect()))
    };
    MultiPolygon::new(polygons.iter().filter_map(polygon).collect())
}

/// What a person needs to find the feature in the file.
fn describe(index: usize, value: &Value) -> String {
    let property = |key| {
        value
            .get("properties")
            .and_then(|p| p.get(key))
            .and_then(Value::as_str)
    };
    let known: Vec<&str> = ["code", "name"].into_iter().filter_map(property).collect();
    let number = index.saturating_add(1);
    if known.is_empty() {
        format!("feature {number}")
    } else {
        format!("feature {number} ({})", known.join(" "))
    }
}

fn read_feature(value: &Value) -> Result<GridFeature, String> {
    let Some(Value::Object(properties)) = value.get("properties") else {
        return Err("it has no properties".into());
    };
    let code = read_code(text(properties, "code")?)?;
    let parent = match properties.get("parent") {
        None | Some(Value::Null) => None,
        Some(Value::String(parent)) => Some(read_code(parent)?),
        Some(_) => return Err("its parent is not a text".into()),
    };
    let kind = text(properties, "kind")?;
    let kind: AreaKind = serde_json::from_value(Value::from(kind))
        .map_err(|_| format!("its kind {kind:?} is not known"))?;
    let is_synthetic = match properties.get("synthetic") {
        None | Some(Value::Null) => false,
        Some(Value::Bool(is_synthetic)) => *is_synthetic,
        Some(_) => return Err("synthetic is neither true nor false".into()),
    };
    Ok(GridFeature {
        code,
        parent,
        level: text(properties, "level")?.to_owned(),
        kind,
        name: text(properties, "name")?.to_owned(),
        is_synthetic,
        shape: read_shape(value.get("geometry"))?,
    })
}

fn text<'a>(properties: &'a Map<String, Value>, key: &str) -> Result<&'a str, String> {
    match properties.get(key).and_then(Value::as_str).map(str::trim) {
        Some(text) if !text.is_empty() => Ok(text),
        _ => Err(format!("the property {key} is missing or not a text")),
    }
}

fn read_code(text: &str) -> Result<AreaCode, String> {
    AreaCode::new(text).map_err(|error| error.to_string())
}

fn read_shape(geometry: Option<&Value>) -> Result<MultiPolygon<f64>, String> {
    let geometry = geometry
        .filter(|value| !value.is_null())
        .ok_or("it has no geometry")?;
    let geometry: Geometry = serde_json::from_value(geometry.clone())
        .map_err(|error| format!("its geometry can't be read: {error}"))?;
    let polygons = match geometry.value {
        GeometryValue::Polygon { coordinates } => vec![read_polygon(&coordinates)?],
        GeometryValue::MultiPolygon { coordinates } => coordinates
            .iter()
            .map(read_polygon)
            .collect::<Result<_, _>>()?,
        other => {
            return Err(format!(
                "its geometry is a {} and not a polygon",
                other.type_name()
            ));
        }
    };
    if polygons.is_empty() {
        return Err("its outline is empty".into());
    }
    Ok(MultiPolygon(polygons))
}

fn read_polygon(rings: &PolygonType) -> Result<Polygon<f64>, String> {
    let mut read = Vec::with_capacity(rings.len());
    for ring in rings {
        let mut points = Vec::with_capacity(ring.len());
        for position in ring {
            let [lon, lat, ..] = position.as_slice() else {
                return Err("a position has fewer than two numbers".into());
            };
            let at = LatLon::new(*lat, *lon).map_err(|error| error.to_string())?;
            points.push(Coord {
                x: at.lon,
                y: at.lat,
            });
        }
        if points.len() < 4 || points.first() != points.last() {
            return Err("a ring has fewer than four positions or is not closed".into());
        }
        read.push(LineString(points));
    }
    let mut rings = read.into_iter();
    let outer = rings.next().ok_or("its outline is empty")?;
    Ok(Polygon::new(outer, rings.collect()))
}
