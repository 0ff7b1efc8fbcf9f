//! `gewu-server route`: the decision on a report, explained on the command line.
#![allow(clippy::unwrap_used, missing_docs, reason = "a test may fail loudly")]

use serde_json::{Value, json};
use tests::programs::Server;

const PLACE: [&str; 4] = ["--lat", "27.1505", "--lon", "118.0292"];

fn route(server: &Server, more: &[&str]) -> String {
    let arguments = [&["route"][..], &PLACE, more].concat();
    server.run(&arguments).unwrap()
}

#[test]
fn a_decision_is_explained_in_words_and_for_programs() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::init(data.path(), "350703").unwrap();
    // The table gives 暴露生活垃圾 to the sanitation centre; the street assists.
    let words = route(&server, &["--category", "E0110", "--explain"]);
    for part in [
        "责任单位：环卫中心（D22-2）",
        "依据：按主管部门，目录 350703-",
        "主管单位：环卫中心",
        "对上的事实：",
        "平时",
        "环卫中心 — 选定",
        "属地街道 — 未用到",
    ] {
        assert!(words.contains(part), "{part} is missing:\n{words}");
    }
    let short = route(&server, &["--category", "E0110"]);
    assert!(!short.contains("未用到"), "{short}");
    let text = route(
        &server,
        &[
            "--category",
            "C0101",
            "--condition",
            "C0101-2",
            "--explain",
            "--json",
        ],
    );
    let decision: Value = serde_json::from_str(&text).unwrap();
    let of = |pointer: &str| decision.pointer(pointer).unwrap_or(&Value::Null);
    assert_eq!(of("/rule"), "部件先属主");
    assert_eq!(of("/considered/0/verdict"), "taken");
    assert_eq!(of("/considered/0/unit"), "E01");
    assert_eq!(of("/limit"), &json!("4工作时"));
    let matched = of("/matched").to_string();
    assert!(
        matched.contains("C0101-2") && matched.contains("七贤社区"),
        "{matched}"
    );
    let nowhere = server.run(&["route", "--lat", "0", "--lon", "0", "--category", "C0101"]);
    assert!(nowhere.unwrap().contains("位置不在任何网格内"));
    for wrong in [
        vec!["route", "--case", "JY20261124-00001"],
        vec![
            "route",
            "--category",
            "C9999",
            "--lat",
            "27.1505",
            "--lon",
            "118.0292",
        ],
        vec!["route", "--category", "C0101"],
    ] {
        assert!(server.run(&wrong).is_err(), "{wrong:?}");
    }
}
