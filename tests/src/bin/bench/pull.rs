//! The first sync of 5,000 cases, as the server gives it and as the encrypted handheld takes it in,
//! and what an increment costs beside 1,000, 100,000 and a million cases.

use crate::figures::{Figures, quantile};
use crate::fill;
use crate::server::{Device, Server};
use crate::wire::{Wire, counting};
use app_core::{App, Config, Edge};
use reqwest::Client;
use shared::id::Bucket;
use shared::wire::sync::{PULL_ROWS_LIMIT, PullAnswer, PullRequest};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;

/// What a person sees at most: open cases and those closed within thirty days.
const CASES: usize = 5_000;
/// Cases on the server while increments are measured.
const FEW: usize = 1_000;
const MANY: [usize; 2] = [100_000, 1_000_000];
/// Handhelds that sync for the first time.
const FIRST_SYNCS: usize = 3;
/// New cases in an increment.
const INCREMENT: usize = 50;
/// Increments measured.
const TIMES: usize = 40;
/// Operations in a push.
const PUSH: usize = 100;

pub(crate) fn run(figures: &mut Figures) {
    Runtime::new().unwrap().block_on(async {
        let server = Server::start(0).await;
        // What comes is counted as it was sent.
        let client = Client::builder().no_gzip().no_zstd().build().unwrap();
        let mut filing = server.enrol().await;
        file(&server, &mut filing, FEW).await;
        let few = increments(figures, &server, &client, &mut filing, FEW).await;
        file(&server, &mut filing, CASES - FEW - TIMES * INCREMENT).await;
        first_pull(figures, &server, &client, &filing.token).await;
        first_sync(figures, &server).await;
        let mut cases = CASES;
        for many in MANY {
            fill::cases(&server.database(), many - cases);
            let took = increments(figures, &server, &client, &mut filing, many).await;
            cases = many + TIMES * INCREMENT;
            let name = format!("increment beside {many} cases against {FEW}");
            figures.ratio(&name, took.as_secs_f64(), few.as_secs_f64(), "aim ≤ 1.3");
        }
        figures.add("server memory after the pulls", server.memory_mib(), "MiB");
    });
}

async fn file(server: &Server, device: &mut Device, mut cases: usize) {
    while cases > 0 {
        let some = cases.min(PUSH);
        let body = device.push_body(some);
        device.push(server, body).await;
        cases -= some;
    }
}

/// From the binding to a mirror that holds every case, durable, on the handheld as it ships.
async fn first_sync(figures: &mut Figures, server: &Server) {
    let (mut times, mut busy) = (Vec::new(), Duration::ZERO);
    let wire = Arc::new(Wire::default());
    let address = counting(&server.url, &wire).await;
    for _ in 0..FIRST_SYNCS {
        let folder = tempfile::tempdir().unwrap();
        let (app, edge) = (
            App::open(folder.path(), Config::default()).unwrap(),
            Edge::system(),
        );
        // The binding itself brings catalogue, grids and all cases.
        wire.take();
        let (begun, cpu) = (Instant::now(), server.cpu_time());
        server.bind(&app, &edge, &address).await;
        times.push(begun.elapsed());
        busy += server.cpu_time().saturating_sub(cpu);
        let held: i64 = app
            .digests()
            .unwrap()
            .values()
            .map(|d| d.count)
            .max()
            .unwrap();
        assert!(held as usize >= CASES, "only {held} cases came");
    }
    let name = format!("binding with grids and first sync of {CASES} cases, encrypted");
    figures.spread(&name, &mut times);
    let busy = busy.as_secs_f64() * 1e3 / FIRST_SYNCS as f64;
    figures.add(&format!("{name}: server's CPU"), busy, "ms");
    figures.add(&format!("{name}: down"), wire.take().1, "bytes");
}

/// Everything from the beginning, as a handheld after its enrolment asks for it.
async fn first_pull(figures: &mut Figures, server: &Server, client: &Client, token: &str) {
    for encoding in ["identity", "gzip", "zstd"] {
        let (mut rows, mut bytes, mut time) = (0, 0, Duration::ZERO);
        let mut request = fresh();
        loop {
            let (sent, took) = ask(server, client, token, &request, encoding).await;
            bytes += sent.len();
            time += took;
            let (plain, _) = ask(server, client, token, &request, "identity").await;
            let answer: PullAnswer = serde_json::from_slice(&plain).unwrap();
            rows += answer.rows.len();
            request.buckets = answer.buckets;
            request.backfill = Some(answer.backfill);
            if !answer.more {
                break;
            }
        }
        assert!(rows >= CASES, "only {rows} rows came");
        let what = format!("first pull of {rows} cases, {encoding}");
        figures.add(&what, time.as_secs_f64() * 1e3, "ms");
        figures.add(&format!("bytes of it, {encoding}"), bytes as f64, "bytes");
    }
}

/// The time from request to whole answer for increments beside so many cases, the median.
async fn increments(
    figures: &mut Figures,
    server: &Server,
    client: &Client,
    filing: &mut Device,
    beside: usize,
) -> Duration {
    let mut times = Vec::new();
    let mut cursors = newest(server, client, &filing.token).await;
    for _ in 0..TIMES {
        file(server, filing, INCREMENT).await;
        let request = PullRequest {
            buckets: cursors.clone(),
            ..fresh()
        };
        let (_, took) = ask(server, client, &filing.token, &request, "zstd").await;
        times.push(took);
        cursors = newest(server, client, &filing.token).await;
    }
    let name = format!("increment of {INCREMENT} beside {beside} cases (aim ≤ 2 ms)");
    figures.spread(&name, &mut times);
    quantile(&times, 0.5)
}

/// Where all buckets stand: a new bucket begins at its newest row.
async fn newest(server: &Server, client: &Client, token: &str) -> BTreeMap<Bucket, i64> {
    let (plain, _) = ask(server, client, token, &fresh(), "identity").await;
    serde_json::from_slice::<PullAnswer>(&plain)
        .unwrap()
        .buckets
}

fn fresh() -> PullRequest {
    PullRequest {
        limit: PULL_ROWS_LIMIT,
        backfill: Some(BTreeMap::new()),
        digests: Some(BTreeMap::new()),
        ..PullRequest::default()
    }
}

/// One request: the body as sent, and how long it took.
async fn ask(
    server: &Server,
    client: &Client,
    token: &str,
    request: &PullRequest,
    encoding: &str,
) -> (Vec<u8>, Duration) {
    let begun = Instant::now();
    let answer = client
        .post(format!("{}/v1/sync/pull", server.url))
        .bearer_auth(token)
        .header("accept-encoding", encoding)
        .json(request)
        .send()
        .await
        .unwrap();
    assert!(answer.status().is_success());
    let body = answer.bytes().await.unwrap().to_vec();
    (body, begun.elapsed())
}
