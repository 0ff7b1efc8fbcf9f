//! Handhelds that were away: one with a day's reports, five hundred that return in the same
//! second, and a district's worth that only listens.

use crate::figures::Figures;
use crate::line::{Line, listen, request};
use crate::photos::file;
use crate::server::{Server, applied, client};
use reqwest::{Client, Response};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::net::TcpStream;
use tokio::runtime::Runtime;
use tokio::sync::Barrier;

/// Reports that a handheld brings home.
const REPORTS: usize = 20;
/// Handhelds that return at once.
const RETURNING: usize = 500;
/// Handhelds of a district.
const LISTENING: usize = 2_600;
/// How long they listen before the memory is looked at: more than one sign of life.
const IDLE: Duration = Duration::from_secs(25);
/// Times that a day's reports are sent.
const DAYS: usize = 5;

pub(crate) fn run(figures: &mut Figures) {
    Runtime::new().unwrap().block_on(async {
        let server = Server::start(0).await;
        a_days_reports(figures, &server).await;
        returning(figures, &server).await;
        // A server that has done nothing else.
        let server = Server::start(0).await;
        listening(figures, &server, "idle listeners").await;
        drop(server);
        let server = Server::start_tls().await;
        listening(figures, &server, "idle listeners over TLS").await;
    });
}

/// From the first request to the case numbers of all, on the real encrypted handheld.
async fn a_days_reports(figures: &mut Figures, server: &Server) {
    let folder = tempfile::tempdir().unwrap();
    let (app, edge) = server.handheld(folder.path()).await;
    let mut times = Vec::new();
    for _ in 0..DAYS {
        for _ in 0..REPORTS {
            file(&app, &edge, &[]);
        }
        let begun = Instant::now();
        let sent = app.sync_once(&edge).await.unwrap();
        times.push(begun.elapsed());
        assert_eq!(sent.operations_sent as usize, REPORTS);
        let reports = app.reports("").unwrap();
        assert!(reports.iter().all(|row| row.case_no.is_some()));
    }
    let name = format!("{REPORTS} reports to all case numbers, good link (aim ≤ 2,000 ms)");
    figures.spread(&name, &mut times);
}

/// Everybody connects and pushes in the same moment.
async fn returning(figures: &mut Figures, server: &Server) {
    let mut pushes = Vec::new();
    for _ in 0..RETURNING {
        let mut device = server.enrol().await;
        let body = device.push_body(REPORTS);
        pushes.push(request("/v1/sync/push", &device.token, &body));
    }
    server.forget_peak();
    let together = Arc::new(Barrier::new(RETURNING));
    let begun = Instant::now();
    let devices: Vec<_> = pushes
        .into_iter()
        .map(|push| {
            let (together, url) = (Arc::clone(&together), server.url.clone());
            tokio::spawn(async move {
                together.wait().await;
                let begun = Instant::now();
                let answer = Line::open(&url).await.ask(&push).await;
                (begun.elapsed(), answer)
            })
        })
        .collect();
    let (mut times, mut accepted) = (Vec::new(), 0);
    for device in devices {
        let (time, answer) = device.await.unwrap();
        assert_eq!(answer.status, 200);
        accepted += applied(&answer.body);
        times.push(time);
    }
    let took = begun.elapsed();
    let name = format!("{RETURNING} handhelds × {REPORTS} reports at once");
    figures.add(&format!("{name}: accepted"), accepted as f64, "reports");
    let rate = accepted as f64 / took.as_secs_f64();
    figures.add(&format!("{name}: reports"), rate, "/s");
    figures.spread(&format!("{name} (aim p99 ≤ 2,000 ms)"), &mut times);
    let peak = server.peak_mib();
    figures.add(&format!("{name}: peak memory (aim ≤ 300)"), peak, "MiB");
}

/// A stream of news that is held open.
enum Stream {
    Plain(TcpStream),
    /// As a handheld holds it: by a client of its own, over HTTP/2.
    Tls(Client, Response),
}

async fn open_stream(server: &Server, token: &str) -> Stream {
    if server.url.starts_with("http:") {
        return Stream::Plain(listen(&server.url, token).await);
    }
    let client = client();
    let request = client.get(format!("{}/v1/sync/events", server.url));
    let answer = request.bearer_auth(token).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    Stream::Tls(client, answer)
}

/// Streams of news with nothing in them.
async fn listening(figures: &mut Figures, server: &Server, what: &str) {
    let mut tokens = Vec::new();
    for _ in 0..LISTENING {
        tokens.push(server.enrol().await.token);
    }
    let before = server.memory_mib();
    let mut streams = Vec::new();
    for token in &tokens {
        streams.push(open_stream(server, token).await);
    }
    let busy = server.cpu_time();
    tokio::time::sleep(IDLE).await;
    let busy = server.cpu_time().saturating_sub(busy);
    let name = format!("{LISTENING} {what}");
    figures.add(&format!("{name}: memory before"), before, "MiB");
    let after = server.memory_mib();
    figures.add(&format!("{name}: memory (aim ≤ 150)"), after, "MiB");
    let share = busy.as_secs_f64() / IDLE.as_secs_f64();
    figures.add(&format!("{name}: of one processor"), share * 100.0, "%");
    for stream in streams {
        match stream {
            Stream::Plain(stream) => drop(stream),
            Stream::Tls(client, answer) => drop((answer, client)),
        }
    }
}
