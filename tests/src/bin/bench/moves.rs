//! Durable moves per second through the real server with one and with sixteen clients, beside raw
//! commits of a report's rows; and what a look at the clocks costs beside a million open cases.

use crate::figures::Figures;
use crate::fill;
use crate::limit;
use crate::server::{Device, Server};
use rusqlite::Connection;
use serde_json::{Value, json};
use shared::time::{HOUR_MS, Timestamp};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};
use sync_server::service::district::District;
use sync_server::service::{Fault, cases};
use sync_server::store::Store;
use tokio::runtime::Runtime;
use uuid::Uuid;

/// Clients and how many cases each of them moves.
const LOADS: [(usize, usize); 2] = [(1, 300), (16, 60)];
/// Moves of each case.
const MOVES: usize = 4;
/// Units that cases are given to in turn.
const UNITS: [&str; 2] = ["E01", "D22-2"];
/// Operations in a push.
const PUSH: usize = 100;
/// Open cases beside which the clocks are looked at.
const OPEN: usize = 1_000_000;
/// Looks that find nothing.
const LOOKS: usize = 200;
/// Cases of which something is due.
const DUE: usize = 100;

pub(crate) fn run(figures: &mut Figures) {
    Runtime::new().unwrap().block_on(async {
        let server = Server::start(0).await;
        let token = server.session("desk").await.token;
        let mut device = server.enrol().await;
        file(&server, &mut device, 3_000).await;
        let raw = limit::raw_commits(&server.database(), 1, Duration::ZERO);
        let mut rates = Vec::new();
        for (clients, each) in LOADS {
            file(&server, &mut device, clients * each).await;
            let rate = load(&server, &token, clients, each).await;
            figures.add(&format!("moves, {clients} clients"), rate, "/s");
            rates.push(rate);
        }
        figures.ratio(
            "moves of one client against raw commits",
            rates[0],
            raw,
            "aim ≥ 0.5",
        );
        figures.ratio(
            "moves, 16 clients against one",
            rates[1],
            rates[0],
            "aim ≥ 2",
        );
    });
    looks(figures);
}

async fn file(server: &Server, device: &mut Device, mut cases: usize) {
    while cases > 0 {
        let some = cases.min(PUSH);
        let body = device.push_body(some);
        device.push(server, body).await;
        cases -= some;
    }
}

/// Moves a second: every client has cases of its own, newest first, and waits for each answer.
async fn load(server: &Server, token: &str, clients: usize, each: usize) -> f64 {
    let mut ids = Vec::new();
    let mut cursor = String::new();
    while ids.len() < clients * each {
        let url = format!("{}/v1/cases?limit=200&cursor={cursor}", server.url);
        let request = server.client.get(url).bearer_auth(token);
        let page: Value = request.send().await.unwrap().json().await.unwrap();
        let rows = page["rows"].as_array().unwrap();
        let row = |row: &Value| {
            (
                row["id"].as_str().unwrap().to_owned(),
                row["revision"].clone(),
            )
        };
        ids.extend(rows.iter().map(row));
        cursor = page["next"].as_str().unwrap_or_default().to_owned();
    }
    let begun = Instant::now();
    let mut running = Vec::new();
    for some in ids.chunks(each).take(clients) {
        let (some, client) = (some.to_vec(), server.client.clone());
        let (url, token) = (server.url.clone(), token.to_owned());
        running.push(tokio::spawn(async move {
            for (id, mut revision) in some {
                for at in 0..MOVES {
                    let body = json!({
                        "kind": "dispatch", "base_revision": revision, "unit": UNITS[at % 2],
                        "reason": "请按职责清理",
                    });
                    let request = client.post(format!("{url}/v1/cases/{id}/moves"));
                    let answer = request
                        .bearer_auth(&token)
                        .json(&body)
                        .send()
                        .await
                        .unwrap();
                    let status = answer.status();
                    let moved: Value = answer.json().await.unwrap();
                    assert!(status.is_success(), "{status} {moved}");
                    revision = moved["row"]["revision"].clone();
                }
            }
        }));
    }
    for client in running {
        client.await.unwrap();
    }
    (clients * each * MOVES) as f64 / begun.elapsed().as_secs_f64()
}

/// What a look for due cases costs when a million are open: nothing due, and some.
fn looks(figures: &mut Figures) {
    let mut server = Runtime::new().unwrap().block_on(async {
        let server = Server::start(0).await;
        let mut device = server.enrol().await;
        file(&server, &mut device, 1).await;
        server
    });
    server.stop();
    let database = server.database();
    fill::cases(&database, OPEN);
    let now = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap();
    let now = Timestamp(now.as_millis() as i64).plus_ms(HOUR_MS);
    let connection = Connection::open(&database).unwrap();
    connection
        .execute("UPDATE cases SET next_due_ms = ?1", [now.0 + HOUR_MS])
        .unwrap();
    let store = Store::open(&format!("sqlite://{}", database.display())).unwrap();
    let district = store.read_blocking(move |tx| District::load(tx, now));
    let district = Arc::new(district.unwrap_or_else(|fault: Fault| panic!("{fault}")));
    let look = || {
        let facts = Arc::clone(&district);
        let begun = Instant::now();
        let told = store.write_blocking(&district.code, move |tx| {
            cases::tell_due(tx, &facts, now, &mut Uuid::now_v7)
        });
        let told = told.unwrap_or_else(|fault: Fault| panic!("{fault}"));
        (told, begun.elapsed())
    };
    let mut times: Vec<Duration> = (0..LOOKS).map(|_| look().1).collect();
    figures.spread(
        "look at the clocks, 1 M open, nothing due (aim ≤ 50 ms)",
        &mut times,
    );
    connection
        .execute(
            "UPDATE cases SET next_due_ms = ?1 WHERE id IN (SELECT id FROM cases LIMIT ?2)",
            [now.0 - 1, DUE as i64],
        )
        .unwrap();
    let (told, time) = look();
    assert_eq!(told, DUE);
    let name = format!("the same with {DUE} due, each told (aim ≤ 50 ms)");
    figures.add(&name, time.as_secs_f64() * 1e3, "ms");
    store.close_blocking();
}
