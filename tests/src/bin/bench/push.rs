//! Durable pushes per second through the real server, beside raw commits of the very same rows.

use crate::figures::{Figures, ms, quantile};
use crate::limit;
use crate::line::{Line, request};
use crate::server::{Server, applied};
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;

/// What is measured: clients, operations in each push, pushes of each client.
const LOADS: [(usize, usize, usize); 6] = [
    (1, 1, 1_500),
    (16, 1, 500),
    (64, 1, 200),
    (1, 100, 60),
    (16, 100, 20),
    (64, 100, 5),
];
/// With an injected fsync a single client is slow; fewer pushes tell as much.
const DELAYED_LOADS: [(usize, usize, usize); 3] = [(1, 1, 150), (64, 1, 60), (16, 100, 10)];
/// A disk that takes its time.
const DELAY_MS: u64 = 5;

pub(crate) fn run(figures: &mut Figures) {
    let runtime = Runtime::new().unwrap();
    runtime.block_on(async {
        let singles = loads(figures, 0, &LOADS).await;
        figures.ratio(
            "64 single-operation clients against one",
            singles.1,
            singles.0,
            "aim ≥ 5",
        );
        let delayed = loads(figures, DELAY_MS, &DELAYED_LOADS).await;
        figures.ratio(
            "64 single-operation clients against one, 5 ms fsync",
            delayed.1,
            delayed.0,
            "aim ≥ 20",
        );
    });
}

/// Runs each load; gives the rates of 1 and of 64 clients with one operation each.
async fn loads(
    figures: &mut Figures,
    delay_ms: u64,
    loads: &[(usize, usize, usize)],
) -> (f64, f64) {
    let server = Server::start(delay_ms).await;
    let suffix = if delay_ms > 0 {
        format!(", {delay_ms} ms fsync")
    } else {
        String::new()
    };
    figures.add(
        &format!("server memory idle{suffix}"),
        server.memory_mib(),
        "MiB",
    );
    let (mut one, mut many, mut batch) = (0.0, 0.0, 0.0);
    for (clients, operations, pushes) in loads.iter().copied() {
        let Load {
            rate,
            cpu,
            mut times,
        } = load(&server, clients, operations, pushes).await;
        let name = format!("{clients} clients × {operations} operations{suffix}");
        figures.add(&format!("{name}: reports"), rate, "/s");
        figures.add(&format!("{name}: server's CPU a report"), cpu * 1e6, "µs");
        figures.spread(&name, &mut times);
        match (clients, operations) {
            (1, 1) => one = rate,
            (64, 1) => {
                many = rate;
                let (p50, p99) = (quantile(&times, 0.5), quantile(&times, 0.99));
                figures.ratio(
                    &format!("{name}: p99 against the median"),
                    ms(p99),
                    ms(p50),
                    "near",
                );
            }
            (16, 100) => batch = rate,
            _ => {}
        }
    }
    figures.add(
        &format!("server memory after{suffix}"),
        server.memory_mib(),
        "MiB",
    );
    against_raw(figures, &server, delay_ms, &suffix, one, batch);
    (one, many)
}

/// The rates against the limit: the same rows written by nothing but SQLite.
fn against_raw(
    figures: &mut Figures,
    server: &Server,
    delay_ms: u64,
    suffix: &str,
    one: f64,
    batch: f64,
) {
    for batch_size in [1, 100] {
        let raw = limit::raw_commits(
            &server.database(),
            batch_size,
            Duration::from_millis(delay_ms),
        );
        figures.add(
            &format!("limit: raw commits of the same rows, {batch_size} a commit{suffix}"),
            raw,
            "/s",
        );
        if batch_size == 1 {
            figures.ratio(
                &format!("1 × 1 against raw{suffix}"),
                one,
                raw,
                "limit of one client",
            );
        } else {
            figures.ratio(
                &format!("16 × 100 against raw{suffix}"),
                batch,
                raw,
                "aim ≥ 0.5",
            );
        }
    }
}

/// What a load gave.
struct Load {
    /// Reports a second.
    rate: f64,
    /// Seconds of the server's processors for a report.
    cpu: f64,
    times: Vec<Duration>,
}

async fn load(server: &Server, clients: usize, operations: usize, pushes: usize) -> Load {
    let mut ready: Vec<(Line, Vec<Vec<u8>>)> = Vec::new();
    for _ in 0..clients {
        let mut device = server.enrol().await;
        let mut request = |_| {
            request(
                "/v1/sync/push",
                &device.token.clone(),
                &device.push_body(operations),
            )
        };
        let requests = (0..pushes).map(&mut request).collect();
        ready.push((Line::open(&server.url).await, requests));
    }
    let (begun, busy) = (Instant::now(), server.cpu_time());
    let clients: Vec<_> = ready
        .into_iter()
        .map(|(mut line, requests)| {
            tokio::spawn(async move {
                let mut answers = Vec::with_capacity(requests.len());
                for request in requests {
                    let begun = Instant::now();
                    let answer = line.ask(&request).await;
                    answers.push((begun.elapsed(), answer));
                }
                answers
            })
        })
        .collect();
    let mut answers = Vec::new();
    for client in clients {
        answers.extend(client.await.unwrap());
    }
    let (took, busy) = (begun.elapsed(), server.cpu_time().saturating_sub(busy));
    let reports: usize = answers
        .iter()
        .map(|(_, answer)| applied(&answer.body))
        .sum();
    Load {
        rate: reports as f64 / took.as_secs_f64(),
        cpu: busy.as_secs_f64() / reports as f64,
        times: answers.into_iter().map(|(time, _)| time).collect(),
    }
}
