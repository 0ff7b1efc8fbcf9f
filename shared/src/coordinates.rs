//! Positions on the earth as degrees: their range, the distance between two, and the shift that
//! Chinese maps apply.
//!
//! Everything kept, sent and looked up is WGS-84. GCJ-02 is for drawing on a map that uses it and
//! must never be stored: its inverse is only an approximation. This file must not decide which grid
//! a point lies in; that is [`crate::grid`]. Tests are at the end of the file.

/// A position in WGS-84 degrees.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LatLon {
    /// Degrees north of the equator, −90 to 90.
    pub lat: f64,
    /// Degrees east of Greenwich, −180 to 180.
    pub lon: f64,
}

/// Why two numbers are not a position.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[error("not a position on the earth: latitude {lat}, longitude {lon}")]
pub struct NotAPosition {
    /// The latitude that was given.
    pub lat: f64,
    /// The longitude that was given.
    pub lon: f64,
}

/// Positions are kept as whole multiples of 1e-7 degree (about 1 cm), so that the canonical form of
/// an operation holds no floating-point number.
pub const E7: f64 = 1e7;

/// Mean radius of the earth in metres (IUGG), good to half a percent everywhere.
pub const EARTH_RADIUS_M: f64 = 6_371_008.8;

/// Metres in one degree of latitude on that sphere.
pub const METRES_PER_DEGREE: f64 = EARTH_RADIUS_M * std::f64::consts::PI / 180.0;

impl LatLon {
    /// Checks that both numbers are finite and on the earth.
    ///
    /// # Errors
    /// When one is NaN, infinite or out of range.
    pub fn new(lat: f64, lon: f64) -> Result<Self, NotAPosition> {
        // A comparison with NaN is false, so this refuses NaN and the infinities too.
        if lat.abs() <= 90.0 && lon.abs() <= 180.0 {
            Ok(Self { lat, lon })
        } else {
            Err(NotAPosition { lat, lon })
        }
    }

    /// The position as it is kept and sent, as `(lat_e7, lon_e7)`, rounded to the nearest 1e-7.
    ///
    /// A value made without [`LatLon::new`] is clamped to the range of `i32`, NaN becomes 0.
    #[must_use]
    pub fn to_e7(self) -> (i32, i32) {
        #[expect(
            clippy::as_conversions,
            reason = "180e7 fits an i32, and a float cast saturates where the value was not checked"
        )]
        let whole = |degrees: f64| (degrees * E7).round() as i32;
        (whole(self.lat), whole(self.lon))
    }

    /// The position that was kept as whole multiples of 1e-7 degree.
    ///
    /// # Errors
    /// When it is out of range.
    pub fn from_e7(lat_e7: i32, lon_e7: i32) -> Result<Self, NotAPosition> {
        Self::new(f64::from(lat_e7) / E7, f64::from(lon_e7) / E7)
    }

    /// Great-circle distance in metres (haversine on a sphere of [`EARTH_RADIUS_M`]). Not a number
    /// when a position isn't one.
    #[must_use]
    pub fn distance_m(self, other: Self) -> f64 {
        let half = |degrees: f64| (degrees.to_radians() / 2.0).sin().powi(2);
        let across = self.lat.to_radians().cos() * other.lat.to_radians().cos();
        let h = half(other.lat - self.lat) + across * half(other.lon - self.lon);
        2.0 * EARTH_RADIUS_M * h.sqrt().clamp(0.0, 1.0).asin()
    }
}

/// Semi-major axis of the Krasovsky 1940 ellipsoid in metres, which the shift is computed on.
const KRASOVSKY_A: f64 = 6_378_245.0;
/// Its first eccentricity squared.
const KRASOVSKY_EE: f64 = 0.006_693_421_622_965_943;

/// The rectangle in which Chinese maps apply the shift, a little larger than the country.
/// Outside of it both conversions return what they were given.
const SHIFTED_LAT: std::ops::RangeInclusive<f64> = 0.8293..=55.8271;
const SHIFTED_LON: std::ops::RangeInclusive<f64> = 72.004..=137.8347;

/// Each round of the inverse shrinks the error about a thousandfold; five reach the limit of `f64`.
const INVERSE_ROUNDS: u32 = 5;

/// Whether Chinese maps shift this position.
#[must_use]
pub fn is_shifted(at: LatLon) -> bool {
    SHIFTED_LAT.contains(&at.lat) && SHIFTED_LON.contains(&at.lon)
}

/// Where a map in GCJ-02 (高德, 腾讯) draws this WGS-84 position.
///
/// The formula is not published by the state; this is the one recovered from `ChinaMapShift` and
/// spread as `WGSTOCHINALB`, in the form of the `eviltransform` project
/// (<https://github.com/googollee/eviltransform>, MIT). Its test points are our test points.
#[must_use]
pub fn wgs84_to_gcj02(wgs: LatLon) -> LatLon {
    if !is_shifted(wgs) {
        return wgs;
    }
    let (d_lat, d_lon) = shift(wgs);
    LatLon {
        lat: wgs.lat + d_lat,
        lon: wgs.lon + d_lon,
    }
}

/// The WGS-84 position that [`wgs84_to_gcj02`] draws here, found by iteration.
///
/// The way there and back is within a millimetre inside China. At the edge of the shifted
/// rectangle, far from any border, the shift jumps and no inverse exists.
#[must_use]
pub fn gcj02_to_wgs84(gcj: LatLon) -> LatLon {
    if !is_shifted(gcj) {
        return gcj;
    }
    let mut wgs = gcj;
    for _ in 0..INVERSE_ROUNDS {
        let (d_lat, d_lon) = shift(wgs);
        wgs = LatLon {
            lat: gcj.lat - d_lat,
            lon: gcj.lon - d_lon,
        };
    }
    wgs
}

/// The shift at a position in degrees of latitude and longitude.
fn shift(at: LatLon) -> (f64, f64) {
    use std::f64::consts::PI;
    let (x, y) = (at.lon - 105.0, at.lat - 35.0);
    let root = x.abs().sqrt();
    // One wave of the published series: amplitude times sine of PI * angle.
    let wave = |amplitude: f64, angle: f64| amplitude * (angle * PI).sin();
    let common = (wave(20.0, 6.0 * x) + wave(20.0, 2.0 * x)) * 2.0 / 3.0;
    let north = -100.0
        + 2.0 * x
        + 3.0 * y
        + 0.2 * y * y
        + 0.1 * x * y
        + 0.2 * root
        + common
        + (wave(20.0, y) + wave(40.0, y / 3.0)) * 2.0 / 3.0
        + (wave(160.0, y / 12.0) + wave(320.0, y / 30.0)) * 2.0 / 3.0;
    let east = 300.0
        + x
        + 2.0 * y
        + 0.1 * x * x
        + 0.1 * x * y
        + 0.1 * root
        + common
        + (wave(20.0, x) + wave(40.0, x / 3.0)) * 2.0 / 3.0
        + (wave(150.0, x / 12.0) + wave(300.0, x / 30.0)) * 2.0 / 3.0;
    let lat = at.lat.to_radians();
    let magic = 1.0 - KRASOVSKY_EE * lat.sin().powi(2);
    let meridian = KRASOVSKY_A * (1.0 - KRASOVSKY_EE) / (magic * magic.sqrt());
    let parallel = KRASOVSKY_A / magic.sqrt() * lat.cos();
    (
        (north / meridian).to_degrees(),
        (east / parallel).to_degrees(),
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;
    use proptest::prelude::*;

    fn at(lat: f64, lon: f64) -> LatLon {
        LatLon::new(lat, lon).unwrap()
    }

    /// The published points of `eviltransform`: Shanghai, Shenzhen, Beijing.
    const KNOWN: [[f64; 4]; 3] = [
        [31.1774276, 121.5272106, 31.17530398364597, 121.531541859215],
        [22.543847, 113.912316, 22.540796131694766, 113.9171764808363],
        [39.911954, 116.377817, 39.91334545536069, 116.38404722455657],
    ];

    #[test]
    fn the_shift_agrees_with_the_published_points_to_a_decimetre() {
        for [wgs_lat, wgs_lon, gcj_lat, gcj_lon] in KNOWN {
            let (wgs, gcj) = (at(wgs_lat, wgs_lon), at(gcj_lat, gcj_lon));
            assert!(wgs84_to_gcj02(wgs).distance_m(gcj) < 0.1, "{wgs:?}");
            assert!(gcj02_to_wgs84(gcj).distance_m(wgs) < 0.1, "{gcj:?}");
            let moved = wgs.distance_m(gcj);
            assert!((300.0..700.0).contains(&moved), "moved {moved} m");
        }
    }

    #[test]
    fn nothing_is_shifted_outside_china() {
        for (lat, lon) in [
            (48.8566, 2.3522),
            (-33.87, 151.21),
            (37.77, -122.42),
            (90.0, 180.0),
        ] {
            assert_eq!(wgs84_to_gcj02(at(lat, lon)), at(lat, lon));
            assert_eq!(gcj02_to_wgs84(at(lat, lon)), at(lat, lon));
        }
    }

    #[test]
    fn numbers_that_are_no_position_are_refused_with_both_values() {
        let inf = f64::INFINITY;
        for (lat, lon) in [
            (f64::NAN, 0.0),
            (0.0, f64::NAN),
            (inf, 0.0),
            (0.0, -inf),
            (90.1, 0.0),
            (0.0, 180.1),
        ] {
            assert!(LatLon::new(lat, lon).is_err(), "{lat} {lon}");
        }
        assert!(
            LatLon::new(91.5, 2.0)
                .unwrap_err()
                .to_string()
                .contains("91.5")
        );
        assert!(LatLon::from_e7(i32::MAX, 0).is_err());
        assert!(LatLon::from_e7(0, i32::MIN).is_err());
    }

    #[test]
    fn an_unchecked_position_still_converts_without_a_panic() {
        let odd = LatLon {
            lat: f64::NAN,
            lon: f64::INFINITY,
        };
        assert_eq!(odd.to_e7(), (0, i32::MAX));
        assert!(odd.distance_m(at(0.0, 0.0)).is_nan());
        let _ = (wgs84_to_gcj02(odd), gcj02_to_wgs84(odd));
    }

    #[test]
    fn distances_agree_with_known_ones() {
        assert_eq!(at(27.33, 118.12).distance_m(at(27.33, 118.12)), 0.0);
        let degree = at(0.0, 0.0).distance_m(at(1.0, 0.0));
        assert!((degree - METRES_PER_DEGREE).abs() < 1e-6, "{degree}");
        // Beijing to Shanghai, about 1,068 km on a sphere.
        let far = at(39.9042, 116.4074).distance_m(at(31.2304, 121.4737));
        assert!((far - 1_067_500.0).abs() < 2_000.0, "{far}");
        let antipode = at(0.0, 0.0).distance_m(at(0.0, 180.0));
        assert!((antipode - EARTH_RADIUS_M * std::f64::consts::PI).abs() < 1.0);
    }

    proptest! {
        #[test]
        fn there_and_back_is_below_a_metre_inside_china(lat in 3.0_f64..54.0, lon in 73.0_f64..136.0) {
            let wgs = at(lat, lon);
            let gcj = wgs84_to_gcj02(wgs);
            prop_assert!(wgs.distance_m(gcj) < 2_000.0);
            let there_and_back = gcj02_to_wgs84(gcj).distance_m(wgs);
            prop_assert!(there_and_back < 0.001, "{there_and_back} m");
            let back_and_there = wgs84_to_gcj02(gcj02_to_wgs84(wgs)).distance_m(wgs);
            prop_assert!(back_and_there < 0.001, "{back_and_there} m");
        }

        #[test]
        fn a_kept_position_reads_back_exactly(lat_e7 in -900_000_000..=900_000_000_i32, lon_e7 in -1_800_000_000..=1_800_000_000_i32) {
            prop_assert_eq!(LatLon::from_e7(lat_e7, lon_e7).unwrap().to_e7(), (lat_e7, lon_e7));
        }

        #[test]
        fn a_distance_is_the_same_both_ways(a in -89.0_f64..89.0, b in -180.0_f64..180.0, c in -89.0_f64..89.0, d in -180.0_f64..180.0) {
            let (one, other) = (at(a, b), at(c, d));
            prop_assert!((one.distance_m(other) - other.distance_m(one)).abs() < 1e-3);
        }
    }
}
