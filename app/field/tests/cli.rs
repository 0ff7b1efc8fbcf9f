//! The command line as a script sees it: exit codes, JSON, words.
//!
//! A handheld needs a server to be enrolled; one in memory says no more than enrolment, catalogue,
//! areas and an empty pull. Whole ways against the real server are in the crate `tests`.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may fail loudly"
)]

use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use std::path::Path;
use std::process::{Command, Output};
use tempfile::TempDir;

struct Field {
    directory: TempDir,
    /// Keeps the server alive; dropping it takes the network away.
    server: Option<tokio::runtime::Runtime>,
}

fn photo(name: &str) -> String {
    format!(
        "{}/../../tests/data/photos/{name}",
        env!("CARGO_MANIFEST_DIR")
    )
}

impl Field {
    fn new() -> Self {
        Self {
            directory: tempfile::tempdir().unwrap(),
            server: None,
        }
    }

    fn run(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_gewu-field"))
            .arg("--dir")
            .arg(self.directory.path().join("handheld"))
            .args(arguments)
            .output()
            .unwrap()
    }

    /// Runs with `--json` and gives exit code and answer.
    fn ask(&self, arguments: &[&str]) -> (i32, Value) {
        let arguments: Vec<&str> = ["--json"].iter().chain(arguments).copied().collect();
        let output = self.run(&arguments);
        let answer = serde_json::from_slice(&output.stdout).unwrap_or(Value::Null);
        (output.status.code().unwrap(), answer)
    }

    /// Enrols against a server in memory, which is gone afterwards.
    fn enrolled() -> Self {
        let mut field = Self::new();
        let address = field.serve();
        let (code, me) = field.ask(&["enrol", "--server", &address, "--code", "1234"]);
        assert_eq!(code, 0, "{me}");
        assert_eq!(me["name"], "陈晓霞");
        field.server = None;
        field
    }

    fn serve(&mut self) -> String {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let listener = runtime
            .block_on(tokio::net::TcpListener::bind("127.0.0.1:0"))
            .unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        runtime.spawn(async move { axum::serve(listener, router()).await });
        self.server = Some(runtime);
        address
    }
}

fn me() -> Value {
    json!({"id": "00000000-0000-7000-8000-000000000077", "login": "chenxx", "name": "陈晓霞",
        "posts": []})
}

fn router() -> Router {
    let catalogue = || async {
        let version = shared::id::CatalogueVersion::new("350703-1").unwrap();
        Json(shared::catalogue::shipped_doc(version, vec![]).unwrap())
    };
    let enrol = |Json(request): Json<Value>| async move {
        Json(
            json!({"protocol": "gewu-sync/1", "device_id": request["device_id"], "epoch": 1,
            "token": "secret", "me": me(), "district": "350703", "district_name": "建阳区",
            "server_epoch": "life-1", "server_time": 1_795_487_400_000_i64,
            "catalogue_version": "350703-1", "areas_version": "areas-1"}),
        )
    };
    let pull = || async {
        Json(json!({"protocol": "gewu-sync/1", "server_epoch": "life-1",
            "server_time": 1_795_487_400_000_i64, "buckets": {}, "rows": [], "more": false,
            "catalogue_version": "350703-1", "areas_version": "areas-1", "me": me()}))
    };
    Router::new()
        .route("/v1/devices/enrol", post(enrol))
        .route("/v1/catalogue", get(catalogue))
        .route("/v1/areas", get(|| async { Json(areas()) }))
        .route("/v1/sync/pull", post(pull))
}

fn areas() -> Value {
    let place = |code: &str,
                 parent: Option<&str>,
                 level: &str,
                 kind: &str,
                 name: &str,
                 ring: Value| {
        let polygons = if ring.is_null() {
            json!([])
        } else {
            json!([[ring]])
        };
        json!({"area": {"code": code, "parent": parent, "level": level, "kind": kind, "name": name},
            "polygons": polygons})
    };
    let ring = json!([
        [1_181_200_000, 273_300_000],
        [1_181_220_000, 273_300_000],
        [1_181_220_000, 273_320_000],
        [1_181_200_000, 273_320_000],
        [1_181_200_000, 273_300_000]
    ]);
    json!({"version": "areas-1", "levels": shared::area::default_levels(), "areas": [
        place("350703", None, "district", "district", "建阳区", Value::Null),
        place("350703001", Some("350703"), "street", "street", "潭城街道", Value::Null),
        place("350703001012", Some("350703001"), "community", "community", "七贤社区", Value::Null),
        place("350703001012001", Some("350703001012"), "grid3", "grid", "第1网格", ring),
    ]})
}

const PLACE: [&str; 6] = ["--lat", "27.331", "--lon", "118.121", "--accuracy", "8"];

fn file<'a>(extra: &[&'a str]) -> Vec<&'a str> {
    [&["file"], &PLACE[..], extra].concat()
}

#[test]
fn a_report_is_filed_listed_and_shown_without_a_network() {
    let field = Field::enrolled();
    let near = photo("DSCN0010.jpg");
    let far = format!("far:{}", photo("landscape_6.jpg"));
    let text = "井盖缺失 😀 '; DROP TABLE reports; --";
    let (code, filed) = field.ask(&file(&[
        "--photo",
        &near,
        "--photo",
        &far,
        "--category",
        "C0101",
        "--condition",
        "1",
        "--text",
        text,
        "--at",
        "2026-11-24T10:30:00+08:00",
    ]));
    assert_eq!(code, 0, "{filed}");
    assert_eq!(filed["preview"]["decision"]["lead_name"], "供水企业");
    assert_eq!(filed["filed"]["photos"], 2);
    let short_code = filed["filed"]["short_code"].as_str().unwrap();
    let (code, list) = field.ask(&["list"]);
    assert_eq!(
        (code, &list[0]["short_code"], &list[0]["status"]),
        (0, &json!(short_code), &json!("on_device"))
    );
    let (code, shown) = field.ask(&["show", short_code]);
    assert_eq!((code, &shown["text"]), (0, &json!(text)));
    assert_eq!(shown["row"]["filed"], 1_795_487_400_000_i64);
    assert_eq!(shown["photos"][1]["role"], "far");
    // The stored copy is a JPEG of its own.
    let out = field.directory.path().join("copy.jpg");
    let id = shown["photos"][0]["id"].to_string();
    assert_eq!(
        field.ask(&["photo", &id, "--out", out.to_str().unwrap()]).0,
        0
    );
    assert_eq!(std::fs::read(&out).unwrap()[..2], [0xff, 0xd8]);
    // Sync without a network keeps everything and says so.
    let (code, answer) = field.ask(&["sync"]);
    assert_eq!((code, &answer["problem"]["code"]), (3, &json!("offline")));
    assert_eq!(field.ask(&["status"]).1["sync"]["operations_waiting"], 1);
}

#[test]
fn a_preview_keeps_nothing() {
    let field = Field::enrolled();
    let arguments = [&["preview"], &PLACE[..], &["--category", "暴露生活垃圾"]].concat();
    let (code, preview) = field.ask(&arguments);
    assert_eq!(code, 0, "{preview}");
    assert_eq!(preview["located"]["grid"]["name"], "第1网格");
    assert_eq!(field.ask(&["drafts"]).1, json!([]));
    let words = field.run(&arguments);
    assert!(String::from_utf8(words.stdout).unwrap().contains("将派给"));
}

#[test]
fn something_alike_nearby_is_asked_about_and_same_as_answers() {
    let field = Field::enrolled();
    let about = ["--category", "C0101", "--condition", "1", "--text", "井盖"];
    let picture = photo("no_exif.jpg");
    let shown = [&["--photo", &picture], &about[..]].concat();
    let filed = field.ask(&file(&shown)).1;
    assert_eq!(filed["similar"], json!([]));
    let first = filed["filed"]["short_code"].as_str().unwrap();

    let again = [&["preview"], &PLACE[..], &about[..]].concat();
    let (code, preview) = field.ask(&again);
    assert_eq!((code, &preview["similar"][0]["code"]), (0, &json!(first)));
    let words = String::from_utf8(field.run(&again).stdout).unwrap();
    assert!(words.contains("附近已有相似事件，并案吗？"), "{words}");
    assert!(words.contains("类别相同，相距0米"), "{words}");

    let named = |code| [&file(&shown)[..], &["--same-as", code]].concat();
    assert_eq!(field.ask(&named("0000-9")).0, 2);
    let (code, second) = field.ask(&named(first));
    assert_eq!((code, &second["similar"]), (0, &Value::Null));
}

#[test]
fn a_damaged_photo_ends_with_4_and_the_draft_can_be_gone_on_with() {
    let field = Field::enrolled();
    let (code, refused) = field.ask(&file(&[
        "--photo",
        &photo("corrupted.jpg"),
        "--category",
        "C0101",
        "--condition",
        "1",
        "--text",
        "井盖",
    ]));
    assert_eq!(
        (code, &refused["problem"]["code"]),
        (4, &json!("photo_damaged"))
    );
    let draft = refused["draft"].as_str().unwrap();
    assert_eq!(field.ask(&["drafts"]).1[0]["excerpt"], "井盖");
    let (code, filed) = field.ask(&file(&[
        "--draft",
        draft,
        "--photo",
        &photo("jolla.jpg"),
        "--category",
        "C0101",
        "--condition",
        "1",
        "--text",
        "井盖",
    ]));
    assert_eq!((code, &filed["filed"]["photos"]), (0, &json!(1)));
    assert_eq!(field.ask(&["drafts"]).1, json!([]));
}

#[test]
fn the_place_of_the_photo_is_taken_when_none_is_given() {
    let field = Field::enrolled();
    let (code, filed) = field.ask(&[
        "file",
        "--photo",
        &photo("DSCN0010.jpg"),
        "--category",
        "C0101",
        "--condition",
        "1",
    ]);
    assert_eq!(code, 0, "{filed}");
    // Arezzo is in none of our grids.
    assert_eq!(filed["preview"]["located"]["certainty"], "outside");
}

#[test]
fn before_enrolment_photos_and_words_are_kept_as_a_draft() {
    let fresh = Field::new();
    assert_eq!(fresh.run(&["no-such-command"]).status.code(), Some(2));
    assert_eq!(fresh.ask(&["categories"]).0, 5);
    assert_eq!(fresh.ask(&["sync"]).1["problem"]["code"], "not_enrolled");
    let (code, answer) = fresh.ask(&["enrol", "--server", "http://127.0.0.1:1", "--code", "x"]);
    assert_eq!((code, &answer["problem"]["code"]), (3, &json!("offline")));
    // Before enrolment a report becomes a draft, photo and words included.
    let (code, answer) = fresh.ask(&file(&[
        "--photo",
        &photo("no_exif.jpg"),
        "--category",
        "井盖",
    ]));
    assert_eq!((code, &answer["problem"]["code"]), (5, &json!("not_ready")));
    assert_eq!(fresh.ask(&["drafts"]).1[0]["photos"], 1);
}

#[test]
fn exit_codes_tell_what_sort_of_trouble_it_was() {
    let field = Field::enrolled();
    assert_eq!(field.ask(&["show", "FFFF-9"]).0, 2);
    assert_eq!(
        field
            .ask(&file(&["--category", "没有这种", "--condition", "1"]))
            .0,
        2
    );
    assert_eq!(
        field
            .ask(&file(&[
                "--photo",
                "/no/such.jpg",
                "--category",
                "C0101",
                "--condition",
                "1"
            ]))
            .0,
        2
    );
    let (code, answer) = field.ask(&file(&["--category", "C0101"]));
    assert_eq!(code, 2);
    assert!(
        answer["problem"]["words"]
            .as_str()
            .unwrap()
            .contains("C0101-1")
    );
    let long = "长".repeat(4001);
    let (code, answer) = field.ask(&file(&[
        "--photo",
        &photo("no_exif.jpg"),
        "--category",
        "C0101",
        "--condition",
        "1",
        "--text",
        &long,
    ]));
    assert_eq!(
        (code, &answer["problem"]["code"]),
        (4, &json!("text_too_long"))
    );
    let (code, answer) = field.ask(&[
        "--max-bytes",
        "1",
        "file",
        "--photo",
        &photo("jolla.jpg"),
        "--lat",
        "27.331",
        "--lon",
        "118.121",
        "--category",
        "C0101",
        "--condition",
        "1",
    ]);
    assert_eq!(
        (code, &answer["problem"]["code"]),
        (6, &json!("space_full"))
    );
    for bad in ["NaN", "91", "1e999"] {
        let (code, _) = field.ask(&[
            "preview",
            "--lat",
            bad,
            "--lon",
            "118.121",
            "--category",
            "C0101",
            "--condition",
            "1",
        ]);
        assert_eq!(code, 4, "{bad}");
    }
}

#[test]
fn categories_are_found_by_pinyin() {
    let field = Field::enrolled();
    let (_, found) = field.ask(&["categories", "blshlj"]);
    assert_eq!(found[0]["name"], "暴露生活垃圾");
    let (_, detail) = field.ask(&["category", "C0101"]);
    assert_eq!(detail["conditions"][0]["limit"], "2紧急工作时");
    assert!(Path::new(&photo("jolla.jpg")).exists());
}
