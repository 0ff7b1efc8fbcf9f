//! Files of grids as a city might hand them over, good and bad.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

use shared::coordinates::LatLon;
use shared::grid::{GridError, GridIndex, filing_grids, from_geojson};
use shared::id::AreaCode;

fn code(text: &str) -> AreaCode {
    AreaCode::new(text).unwrap()
}

fn collection(feature: &str) -> String {
    format!(r#"{{"type":"FeatureCollection","features":[{feature}]}}"#)
}

const SQUARE: &str =
    r#"{"type":"Polygon","coordinates":[[[118,27],[119,27],[119,28],[118,28],[118,27]]]}"#;

#[test]
fn a_good_feature_is_read_with_all_it_says() {
    let text = collection(&format!(
        r#"{{"type":"Feature","properties":{{"code":"350703001012001","parent":"350703001012","level":"grid1",
        "kind":"grid","name":"七贤社区网格","synthetic":true,"population":1200}},"geometry":{SQUARE}}}"#
    ));
    let features = from_geojson(&text).unwrap();
    let [feature] = features.as_slice() else {
        panic!("one feature")
    };
    assert_eq!(
        (
            feature.name.as_str(),
            feature.level.as_str(),
            feature.is_synthetic
        ),
        ("七贤社区网格", "grid1", true)
    );
    assert_eq!(feature.area().parent, Some(code("350703001012")));
    let index = GridIndex::build(filing_grids(&features)).unwrap();
    let middle = LatLon::new(27.5, 118.5).unwrap();
    assert_eq!(index.locate_exact(middle), Some(&feature.code));
}

#[test]
fn only_the_smallest_grids_and_the_exclusive_ones_are_for_filing() {
    let feature = |code: &str, parent: &str, kind: &str| {
        format!(
            r#"{{"type":"Feature","properties":{{"code":"{code}","parent":"{parent}","level":"x","kind":"{kind}",
            "name":"x"}},"geometry":{SQUARE}}}"#
        )
    };
    let text = [
        feature("1", "0", "street"),
        feature("12", "1", "community"),
        feature("123", "12", "grid"),
        feature("1234", "123", "grid"),
        feature("12345", "1234", "grid"),
        feature("12346", "1234", "grid"),
        feature("12Z1", "12346", "exclusive_grid"),
    ]
    .join(",");
    let features = from_geojson(&collection(&text)).unwrap();
    let codes: Vec<String> = filing_grids(&features)
        .map(|(code, _, _)| code.to_string())
        .collect();
    assert_eq!(codes, ["12345", "12346", "12Z1"]);
}

#[test]
fn what_is_wrong_with_a_feature_is_said_with_its_number_code_and_name() {
    let feature = |properties: &str, geometry: &str| {
        collection(&format!(
            r#"{{"type":"Feature","properties":{properties},"geometry":{geometry}}}"#
        ))
    };
    let good = r#"{"code":"1","level":"grid3","kind":"grid","name":"甲"}"#;
    let ring = |points: &str| format!(r#"{{"type":"Polygon","coordinates":[[{points}]]}}"#);
    let cases = [
        (feature("null", SQUARE), "properties"),
        (
            feature(r#"{"level":"grid3","kind":"grid","name":"甲"}"#, SQUARE),
            "code",
        ),
        (
            feature(&good.replace("\"1\"", "\"1'\""), SQUARE),
            "area code",
        ),
        (feature(&good.replace("\"1\"", "1"), SQUARE), "code"),
        (
            feature(&good.replace("\"grid\"", "\"lake\""), SQUARE),
            "lake",
        ),
        (feature(&good.replace("甲", " "), SQUARE), "name"),
        (
            feature(&good.replace('}', r#","parent":7}"#), SQUARE),
            "parent",
        ),
        (
            feature(&good.replace('}', r#","synthetic":"yes"}"#), SQUARE),
            "synthetic",
        ),
        (feature(good, "null"), "geometry"),
        (
            feature(good, r#"{"type":"Point","coordinates":[118,27]}"#),
            "Point",
        ),
        (
            feature(good, r#"{"type":"Polygon","coordinates":[]}"#),
            "empty",
        ),
        (
            feature(good, r#"{"type":"MultiPolygon","coordinates":[]}"#),
            "empty",
        ),
        (
            feature(good, &ring("[118,27],[119,27],[118,27]")),
            "four positions",
        ),
        (
            feature(good, &ring("[118,27],[119,27],[119,28],[118,28]")),
            "not closed",
        ),
        (
            feature(good, &ring("[118],[119,27],[119,28],[118]")),
            "two numbers",
        ),
        (
            feature(good, &ring("[118,127],[119,27],[119,28],[118,127]")),
            "127",
        ),
        (
            feature(good, &ring("[118,\"x\"],[119,27],[119,28],[118,27]")),
            "read",
        ),
    ];
    for (text, word) in cases {
        let error = from_geojson(&text).unwrap_err();
        assert!(matches!(error, GridError::Feature { .. }), "{error}");
        let message = error.to_string();
        assert!(
            message.starts_with("feature 1") && message.contains(word),
            "{word}: {message}"
        );
    }
    let twice = [good, good]
        .map(|p| format!(r#"{{"type":"Feature","properties":{p},"geometry":{SQUARE}}}"#));
    let message = from_geojson(&collection(&twice.join(",")))
        .unwrap_err()
        .to_string();
    assert_eq!(message, "feature 2 (1 甲): its code occurs twice");
}

#[test]
fn a_text_that_is_no_feature_collection_is_refused() {
    for text in [
        "",
        "[]",
        "{}",
        "{\"type\":\"Feature\"}",
        r#"{"type":"FeatureCollection"}"#,
        "\u{feff}{}",
    ] {
        assert!(
            matches!(from_geojson(text), Err(GridError::NotACollection(_))),
            "{text}"
        );
    }
}
