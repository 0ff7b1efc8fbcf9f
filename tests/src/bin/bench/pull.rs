//! The first pull of 5,000 cases, and what an increment costs beside 1,000 and 100,000 cases.

use crate::figures::Figures;
use crate::server::{Device, Server};
use reqwest::Client;
use shared::id::Bucket;
use shared::wire::sync::{PULL_ROWS_LIMIT, PullAnswer, PullRequest};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;

/// What a person sees at most: open cases and those closed within thirty days.
const CASES: usize = 5_000;
/// Cases on the server while increments are measured.
const FEW: usize = 1_000;
const MANY: usize = 100_000;
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
        let mut filed = 0;
        let mut few = Duration::ZERO;
        for (name, goal) in [("1,000", FEW), ("5,000", CASES), ("100,000", MANY)] {
            while filed < goal {
                let body = filing.push_body(PUSH.min(goal - filed));
                filing.push(&server, body).await;
                filed += PUSH;
            }
            if goal == CASES {
                first_pull(figures, &server, &client, &filing.token).await;
                continue;
            }
            let mut times = increments(&server, &client, &mut filing, &mut filed).await;
            figures.spread(
                &format!("increment of {INCREMENT} beside {name} cases, zstd"),
                &mut times,
            );
            let median = crate::figures::quantile(&times, 0.5);
            if goal == FEW {
                few = median;
            } else {
                let (many, few) = (median.as_secs_f64(), few.as_secs_f64());
                figures.ratio("increment beside 100,000 against 1,000", many, few, "≤ 1.3");
            }
        }
        figures.add("server memory after the pulls", server.memory_mib(), "MiB");
    });
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

/// The time from request to whole answer for increments and, between them, nothing.
async fn increments(
    server: &Server,
    client: &Client,
    filing: &mut Device,
    filed: &mut usize,
) -> Vec<Duration> {
    let mut times = Vec::new();
    let mut cursors = newest(server, client, &filing.token).await;
    for _ in 0..TIMES {
        let body = filing.push_body(INCREMENT);
        filing.push(server, body).await;
        *filed += INCREMENT;
        let request = PullRequest {
            buckets: cursors.clone(),
            ..fresh()
        };
        let (_, took) = ask(server, client, &filing.token, &request, "zstd").await;
        times.push(took);
        cursors = newest(server, client, &filing.token).await;
    }
    times
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
