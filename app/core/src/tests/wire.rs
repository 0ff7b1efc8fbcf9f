//! What really goes over the line: the bytes of a push, measured at a socket, and the loop that
//! sends them by itself.

use super::world::{IN_GRID_1, World, manhole, rename_table};
use crate::sync::http::Http;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// What a report's words may take on a weak link, request line and headers included.
const REPORT_BYTES_MAX: usize = 2 * 1024;

/// A server that answers every request with the same status and keeps what it was sent.
async fn recorder(status: &'static str) -> (String, Arc<Mutex<Vec<Vec<u8>>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let requests = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&requests);
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let mut request = Vec::new();
            while !is_whole(&request) {
                let mut piece = [0; 4096];
                match socket.read(&mut piece).await {
                    Ok(n) if n > 0 => request.extend_from_slice(&piece[..n]),
                    _ => break,
                }
            }
            kept.lock().unwrap().push(request);
            let body = r#"{"code":"unsupported","words":"不支持","words_en":"no"}"#;
            let length = body.len();
            let answer = format!(
                "HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
            );
            socket.write_all(answer.as_bytes()).await.ok();
        }
    });
    (address, requests)
}

fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request);
    let Some((head, _)) = text.split_once("\r\n\r\n") else {
        return false;
    };
    let length = head
        .lines()
        .filter_map(|line| line.split_once(": "))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .map_or(0, |(_, length)| length.parse().unwrap());
    request.len() >= head.len() + 4 + length
}

async fn pushes(status: &'static str) -> Vec<Vec<u8>> {
    let (address, requests) = recorder(status).await;
    let world = World::new();
    let app = world.enrolled_at(address).await;
    world.file(&app, &["no_exif.jpg"], &manhole(IN_GRID_1));
    let http = Http::new().unwrap();
    app.sync_over(&http, &world.edge()).await.unwrap();
    let mut requests = requests.lock().unwrap().clone();
    requests.retain(|request| request.starts_with(b"POST /v1/sync/push"));
    requests
}

#[tokio::test]
async fn a_reports_words_take_less_than_two_kilobytes_on_the_line() {
    let pushes = pushes("503 Service Unavailable").await;
    let text = String::from_utf8_lossy(&pushes[0]).to_ascii_lowercase();
    assert!(text.contains("content-encoding: gzip"));
    let bytes = pushes[0].len();
    println!("a report on the line: {bytes} bytes");
    assert!(bytes <= REPORT_BYTES_MAX, "{bytes}");
}

#[tokio::test]
async fn a_server_that_cannot_unpack_is_asked_again_in_plain() {
    let pushes = pushes("415 Unsupported Media Type").await;
    let packed = |request: &[u8]| {
        String::from_utf8_lossy(request)
            .to_ascii_lowercase()
            .contains("content-encoding")
    };
    assert!(packed(&pushes[0]));
    assert!(!packed(&pushes[1]));
}

/// Waits until a request came that begins like this.
async fn wait_for(requests: &Mutex<Vec<Vec<u8>>>, beginning: &str) {
    let came = || {
        let requests = requests.lock().unwrap();
        let mut requests = requests.iter();
        requests.any(|request| request.starts_with(beginning.as_bytes()))
    };
    for _ in 0..1_000 {
        if came() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("no {beginning}");
}

#[tokio::test]
async fn the_loop_and_its_line_live_through_reads_that_fail_on_the_handheld_itself() {
    let (address, requests) = recorder("503 Service Unavailable").await;
    let world = World::new();
    let app = world.enrolled_at(address).await;
    world.file(&app, &["no_exif.jpg"], &manhole(IN_GRID_1));
    // As when the disk is so full that not even the index of the log can grow.
    rename_table(&app, "device", "elsewhere");
    let (looping, edge) = (app.clone(), world.edge());
    let syncing = tokio::spawn(async move { looping.sync_forever(&edge).await });
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(!syncing.is_finished(), "it gave up at one failed read");
    assert!(requests.lock().unwrap().is_empty());
    rename_table(&app, "elsewhere", "device");
    app.wake_sync();
    wait_for(&requests, "POST /v1/sync/push").await;
    wait_for(&requests, "GET /v1/sync/events").await;
    syncing.abort();
}
