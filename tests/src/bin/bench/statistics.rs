//! Case lists and statistics beside ten thousand, a hundred thousand and a million cases.

use crate::figures::{Figures, quantile};
use crate::fill;
use crate::server::Server;
use rusqlite::Connection;
use std::path::Path;
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;

/// Cases on the server.
const SIZES: [usize; 3] = [10_000, 100_000, 1_000_000];
/// Times that each is asked for.
const TIMES: usize = 60;
/// Days with numbers of every unit and community.
const DAYS: usize = 30;

/// What is asked for. Lists that the console opens with, and a month of each kind of rows.
const ASKED: [(&str, &str); 5] = [
    ("newest cases", "/v1/cases?limit=50"),
    (
        "open cases by deadline",
        "/v1/cases?class=open&sort=deadline&limit=50",
    ),
    ("a unit's cases", "/v1/cases?unit=E01&limit=50"),
    (
        "statistics of units",
        "/v1/statistics?from=2026-10-01&to=2026-10-30&by=unit",
    ),
    (
        "statistics of communities",
        "/v1/statistics?from=2026-10-01&to=2026-10-30&by=community",
    ),
];

pub(crate) fn run(figures: &mut Figures) {
    Runtime::new().unwrap().block_on(async {
        let server = Server::start(0).await;
        let token = server.session("boss").await.token;
        let mut device = server.enrol().await;
        let body = device.push_body(1);
        device.push(&server, body).await;
        numbers(&server.database());
        let (mut cases, mut before) = (1, [0.0; ASKED.len()]);
        for size in SIZES {
            fill::cases(&server.database(), size - cases);
            cases = size;
            for (at, (name, path)) in ASKED.iter().enumerate() {
                let took = ask(&server, &token, path).await;
                figures.add(&format!("{name}, {size} cases, p50"), took * 1e3, "ms");
                if size == 1_000_000 {
                    let name = format!("{name}, 1 M against 100 k");
                    figures.ratio(&name, took, before[at], "aim ≤ 1.3");
                }
                before[at] = took;
            }
        }
    });
}

async fn ask(server: &Server, token: &str, path: &str) -> f64 {
    let mut times: Vec<Duration> = Vec::new();
    for _ in 0..TIMES {
        let begun = Instant::now();
        let request = server.client.get(format!("{}{path}", server.url));
        let answer = request.bearer_auth(token).send().await.unwrap();
        let answer = answer.error_for_status().unwrap();
        assert!(!answer.bytes().await.unwrap().is_empty());
        times.push(begun.elapsed());
    }
    times.sort_unstable();
    quantile(&times, 0.5).as_secs_f64()
}

/// A month in which every unit and community counted everything, as in a busy district.
fn numbers(database: &Path) {
    let connection = Connection::open(database).unwrap();
    let sql = format!(
        "WITH RECURSIVE days (day) AS (
            SELECT 20261001 UNION ALL SELECT day + 1 FROM days WHERE day < {}
        ),
        names (counter) AS (
            VALUES ('dispatched'), ('returned'), ('suspended'), ('due'), ('handled_in_time'),
                ('handled_late'), ('closed_in_time'), ('closed_late'), ('exempt'), ('reworked'),
                ('extended'), ('forced'), ('closings'), ('contested')
        ),
        keys (kind, key) AS (
            SELECT 'unit', code FROM units
            UNION ALL SELECT 'place', code FROM areas WHERE kind = 'community'
        )
        INSERT INTO rollups (district, kind, day, key, counter, n)
        SELECT '350703', keys.kind, days.day, keys.key, names.counter, 7 FROM days, names, keys",
        20_261_000 + DAYS
    );
    connection.execute(&sql, []).unwrap();
}
