//! The pin map.

use crate::area::AreaKind;
use crate::id::AreaCode;
use serde::{Deserialize, Serialize};

/// An outline near a place, for the pin map.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MapOutline {
    /// The place.
    pub code: AreaCode,
    /// Its name.
    pub name: String,
    /// What sort of place it is.
    pub kind: AreaKind,
    /// Whether it lies in a post of the worker.
    pub mine: bool,
    /// Polygons of rings of `(lon, lat)` in degrees; the first ring is the outer one.
    pub polygons: Vec<Vec<Vec<(f64, f64)>>>,
}

/// What lies around a place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MapView {
    /// The middle: degrees north and east.
    pub centre: (f64, f64),
    /// Outlines of the grids near it.
    pub outlines: Vec<MapOutline>,
}
