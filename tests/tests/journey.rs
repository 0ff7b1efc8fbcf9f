//! The whole way once, with the shipped programs: a worker's day filed without signal, routed,
//! moved along in the console's API, and the outcome back on the handheld.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test may fail loudly"
)]

use serde_json::{Value, json};
use tests::day::{self, DAMAGED, Places, Spot};
use tests::ledger;
use tests::people::{self, PASSWORD};
use tests::programs::{Server, photo};

struct Desk {
    url: String,
    client: reqwest::Client,
    token: String,
}

impl Desk {
    async fn sign_in(server: &Server, login: &str) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::new();
        let answer: Value = client
            .post(format!("{}/v1/session", server.url()))
            .json(&json!({"login": login, "password": PASSWORD}))
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap();
        let token = answer["token"]
            .as_str()
            .unwrap_or_else(|| panic!("{answer}"))
            .to_owned();
        Self {
            url: server.url(),
            client,
            token,
        }
    }

    async fn get(&self, path: &str) -> Value {
        let request = self
            .client
            .get(format!("{}{path}", self.url))
            .bearer_auth(&self.token);
        request.send().await.unwrap().json().await.unwrap()
    }

    async fn make_move(&self, case: &str, body: Value) -> (u16, Value) {
        let answer = self
            .client
            .post(format!("{}/v1/cases/{case}/moves", self.url))
            .bearer_auth(&self.token)
            .json(&body)
            .send()
            .await
            .unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_without_signal_reaches_the_right_units_and_comes_back_closed() {
    let dir = tempfile::tempdir().unwrap();
    let (mut server, field) = people::begin(dir.path()).await.unwrap();
    server.kill();

    // Twenty reports, no server anywhere.
    let places = Places::read().unwrap();
    let day = day::filings();
    assert_eq!(day.len(), 20);
    for filing in &day {
        if filing.photo == DAMAGED {
            let refused = day::file(&field, &places, filing, &photo(DAMAGED)).unwrap_err();
            assert!(
                refused.to_string().contains("照片"),
                "words for the worker: {refused}"
            );
        }
        let image = if filing.photo == DAMAGED {
            "jolla.jpg"
        } else {
            filing.photo
        };
        day::file(&field, &places, filing, &photo(image)).unwrap();
    }
    let before = field.run(&["list"]).unwrap().to_string();
    assert!(
        !before.contains("\"accepted\""),
        "nothing can be accepted yet: {before}"
    );

    server.start().await.unwrap();
    field.run(&["sync"]).unwrap();
    let ledger = ledger::compare(
        &field.database().unwrap(),
        &server.database(),
        &server.photos(),
    )
    .unwrap();
    assert_eq!(ledger.lost, Vec::<String>::new());
    assert_eq!(
        (ledger.filed, ledger.accepted + ledger.quarantined),
        (20, 20)
    );

    // The supervisor sees all of them, each with unit, rule and reasons.
    let supervisor = Desk::sign_in(&server, "ducha").await;
    let page = supervisor.get("/v1/cases?limit=100").await;
    let rows = page["rows"].as_array().unwrap_or_else(|| panic!("{page}"));
    assert_eq!(rows.len(), 20);
    let manhole = rows.iter().find(|row| row["category"] == "C0103").unwrap();
    assert_eq!(manhole["lead"], "D22-4", "雨水井盖 belongs to 市政中心");
    assert_eq!(manhole["state"], "dispatched");
    let fixed = rows.iter().find(|row| row["self_fixed"] == true).unwrap();
    assert_eq!(
        fixed["class"], "closed",
        "fixed on the spot needs no dispatch"
    );
    let outside = day
        .iter()
        .filter(|f| matches!(f.spot, Spot::Outside))
        .count();
    let pooled = rows
        .iter()
        .filter(|row| row["lead"] == "DISPATCH-350703")
        .count();
    assert!(
        pooled >= outside,
        "what lies outside every grid waits for the dispatcher"
    );

    // The unit handles, the dispatcher closes, the worker sees the outcome.
    let case = manhole["id"].as_str().unwrap();
    let refused = supervisor
        .make_move(
            case,
            json!({"kind": "start", "base_revision": manhole["revision"]}),
        )
        .await;
    assert_eq!(refused.0, 403, "a supervisor changes nothing: {refused:?}");
    let handler = Desk::sign_in(&server, "shizheng").await;
    let revision = manhole["revision"].as_i64().unwrap();
    let (status, started) = handler
        .make_move(case, json!({"kind": "start", "base_revision": revision}))
        .await;
    assert_eq!(status, 200, "{started}");
    let (status, stale) = handler
        .make_move(
            case,
            json!({"kind": "finish", "base_revision": revision, "reason": "已更换"}),
        )
        .await;
    assert_eq!(
        (status, stale["error"]["code"].as_str()),
        (409, Some("stale")),
        "{stale}"
    );
    assert_eq!(
        stale["current"]["row"]["revision"],
        revision + 1,
        "both versions can be shown"
    );
    let (status, done) = handler
        .make_move(
            case,
            json!({"kind": "finish", "base_revision": revision + 1, "reason": "已更换新井盖"}),
        )
        .await;
    assert_eq!(status, 200, "{done}");
    let dispatcher = Desk::sign_in(&server, "paiqian").await;
    let (status, closed) = dispatcher
        .make_move(
            case,
            json!({"kind": "close", "base_revision": revision + 2}),
        )
        .await;
    assert_eq!(status, 200, "{closed}");

    field.run(&["sync"]).unwrap();
    let listed = field.run(&["list"]).unwrap();
    let number = manhole["case_no"].as_str().unwrap();
    let shown = field.run(&["show", number]).unwrap().to_string();
    assert!(
        shown.contains("closed") && shown.contains("已更换新井盖"),
        "{shown}"
    );
    assert!(listed.to_string().contains(number));
}
