//! The first pull of 5,000 cases: seconds and bytes, as a handheld after its enrolment makes it.

use crate::figures::Figures;
use crate::server::Server;
use shared::wire::sync::{PULL_ROWS_LIMIT, PullAnswer, PullRequest};
use std::collections::BTreeMap;
use std::time::Instant;
use tokio::runtime::Runtime;

/// What a person sees at most: open cases and those closed within thirty days.
const CASES: usize = 5_000;

pub(crate) fn run(figures: &mut Figures) {
    Runtime::new().unwrap().block_on(async {
        let server = Server::start(0).await;
        let mut filing = server.enrol().await;
        for _ in 0..CASES / 100 {
            let body = filing.push_body(100);
            filing.push(&server, body).await;
        }
        let asking = server.enrol().await;
        for gzip in [false, true] {
            let (rows, bytes, seconds) = pull_all(&server, &asking.token, gzip).await;
            assert!(rows >= CASES, "only {rows} rows came");
            let how = if gzip { "gzip" } else { "plain" };
            figures.add(
                &format!("first pull of {CASES} cases ({rows} rows), {how}"),
                seconds * 1e3,
                "ms",
            );
            figures.add(
                &format!("bytes of their answers, {how}"),
                bytes as f64,
                "bytes",
            );
        }
        figures.add("server memory after the pull", server.memory_mib(), "MiB");
    });
}

/// Pulls until there is no more: rows, bytes of the bodies as sent, seconds.
async fn pull_all(server: &Server, token: &str, gzip: bool) -> (usize, usize, f64) {
    let begun = Instant::now();
    let (mut rows, mut bytes) = (0, 0);
    let mut buckets = BTreeMap::new();
    loop {
        let request = PullRequest {
            buckets,
            limit: PULL_ROWS_LIMIT,
        };
        let mut call = server
            .client
            .post(format!("{}/v1/sync/pull", server.url))
            .bearer_auth(token)
            .json(&request);
        if gzip {
            call = call.header("accept-encoding", "gzip");
        }
        let body = call.send().await.unwrap().bytes().await.unwrap();
        bytes += body.len();
        let text = if gzip { gunzip(&body) } else { body.to_vec() };
        let answer: PullAnswer = serde_json::from_slice(&text).unwrap();
        rows += answer.rows.len();
        buckets = answer.buckets;
        if !answer.more {
            return (rows, bytes, begun.elapsed().as_secs_f64());
        }
    }
}

fn gunzip(body: &[u8]) -> Vec<u8> {
    use std::io::Read;
    let mut text = Vec::new();
    match flate2::read::GzDecoder::new(body).read_to_end(&mut text) {
        Ok(_) => text,
        Err(_) => body.to_vec(),
    }
}
