//! A real tus client, and many large uploads at once into a real server process.
//!
//! The client is tus-js-client, the reference of the protocol's authors; `cargo xtask test` fetches
//! it into `target/tus-client`. Without it the test fails.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test may fail loudly"
)]

use reqwest::{Client, Method};
use serde_json::{Value, json};
use shared::id::{DeviceId, PersonId, Sha256};
use shared::operation::CHAIN_START;
use std::process::Command;
use tests::backends::Backend;
use tests::people;
use tests::photos::{announce, base64, photo_of};
use tests::programs::{Server, root};
use tests::world::{Handheld, START, World, photo_ref};
use uuid::Uuid;

/// Uploads at the same time.
const CLIENTS: u8 = 4;
/// The largest photo that is taken.
const LARGE: usize = 20 * 1024 * 1024;
/// What the server may grow by for all of them together: a few pieces each, and slack for the
/// allocator. The photos are 80 MiB.
const GROWTH_KB_MAX: i64 = 24 * 1024;

#[test]
fn the_reference_client_uploads_aborts_resumes_and_terminates() {
    let folder = root().join("target/tus-client");
    assert!(
        folder.join("node_modules/tus-js-client").is_dir(),
        "the client is missing; run: cargo xtask tus-client"
    );
    let backend = Backend::sqlite();
    let world = World::new(&backend);
    let mut handheld = world.worker();
    let photos: Vec<_> = (1..=5).map(|n| photo_of(400_000, n)).collect();
    let all: Vec<&[u8]> = photos.iter().map(Vec::as_slice).collect();
    announce(&world, &mut handheld, &all);
    let dir = tempfile::tempdir().unwrap();
    let files = photos.iter().enumerate().map(|(n, bytes)| {
        let file = dir.path().join(format!("{n}.jpg"));
        std::fs::write(&file, bytes).unwrap();
        file
    });
    let done = Command::new("node")
        .arg(root().join("tests/data/tus/client.mjs"))
        .arg(folder)
        .arg(format!("http://{}", world.address))
        .arg(&handheld.token)
        .args(files)
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "the client failed:\n{errors}");
    let said: Value = serde_json::from_slice(&done.stdout).unwrap();
    let number = |pointer: &str| said.pointer(pointer).and_then(Value::as_u64).unwrap();
    assert!(number("/resumed/most") > 200_000, "{said}");
    assert!(
        number("/resumed/least") > 100_000,
        "it did not begin anew: {said}"
    );
    assert_eq!(number("/terminated"), 404);
    let arrived = photos.iter().map(|bytes| {
        let photo = format!("/v1/photos/{}", Sha256::of(bytes));
        world.ask("HEAD", &photo, &handheld.token, None).status
    });
    assert_eq!(arrived.collect::<Vec<_>>(), [200, 200, 200, 200, 404]);
}

/// Enrols a handheld at a server process.
async fn enrol(server: &Server, client: &Client) -> Handheld {
    let printed = server
        .run(&["device", "code", "--login", people::WORKER])
        .unwrap();
    let device = DeviceId(Uuid::now_v7());
    let body = json!({
        "code": printed.split_whitespace().last().unwrap(), "device_id": device,
        "name": "测试机", "platform": "linux", "app_version": "0.1.0",
    });
    let url = format!("{}/v1/devices/enrol", server.url());
    let answer = client.post(url).json(&body).send().await.unwrap();
    let answer: Value = answer.json().await.unwrap();
    let text = |name: &str| {
        answer
            .pointer(name)
            .and_then(Value::as_str)
            .unwrap()
            .to_owned()
    };
    Handheld {
        token: text("/token"),
        device,
        person: text("/me/id").parse::<PersonId>().unwrap(),
        seq: 0,
        last: CHAIN_START,
        catalogue: text("/catalogue_version").parse().unwrap(),
        wall: START,
        key: None,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn memory_stays_flat_whatever_the_size_of_the_photos() {
    let dir = tempfile::tempdir().unwrap();
    let mut server = Server::init(&dir.path().join("server"), "350703").unwrap();
    people::add(&server).unwrap();
    server.start().await.unwrap();
    drop(rustls::crypto::ring::default_provider().install_default());
    let client = Client::builder().no_proxy().build().unwrap();
    let mut handheld = enrol(&server, &client).await;
    // A small one first, so that everything that is made once is made.
    let photos: Vec<_> = (0..=CLIENTS)
        .map(|n| photo_of(if n == 0 { 2_000 } else { LARGE }, n))
        .collect();
    let mut operation = handheld.next(handheld.report());
    operation.photos = photos.iter().map(|bytes| photo_ref(bytes)).collect();
    let op = handheld.seal(operation);
    let push = client.post(format!("{}/v1/sync/push", server.url()));
    let push = push
        .bearer_auth(&handheld.token)
        .json(&handheld.request(&[op]));
    let answer: Value = push.send().await.unwrap().json().await.unwrap();
    assert_eq!(answer["results"][0]["outcome"], "applied", "{answer}");
    let (address, token) = (server.url(), handheld.token.clone());
    let request = |method: Method, place: &str| {
        let request = client.request(method, format!("{address}{place}"));
        request.bearer_auth(&token).header("tus-resumable", "1.0.0")
    };
    let upload = |bytes: Vec<u8>| {
        let hash = Sha256::of(&bytes).to_string();
        let begin = request(Method::POST, "/v1/files")
            .header("upload-length", bytes.len())
            .header(
                "upload-metadata",
                format!("sha256 {}", base64(hash.as_bytes())),
            );
        let request = &request;
        async move {
            let begun = begin.send().await.unwrap();
            let place = begun.headers()["location"].to_str().unwrap().to_owned();
            let bytes = request(Method::PATCH, &place)
                .header("upload-offset", 0)
                .header("content-type", "application/offset+octet-stream")
                .body(bytes);
            assert_eq!(bytes.send().await.unwrap().status(), 204);
            let got = request(Method::HEAD, &format!("/v1/photos/{hash}"));
            assert_eq!(got.send().await.unwrap().status(), 200);
        }
    };
    let mut photos = photos.into_iter();
    upload(photos.next().unwrap()).await;
    let before = server.peak_memory_kb().unwrap();
    let large: Vec<_> = photos.map(upload).collect();
    let mut large: Vec<_> = large.into_iter().map(Box::pin).collect();
    std::future::poll_fn(|context| {
        large.retain_mut(|one| one.as_mut().poll(context).is_pending());
        if large.is_empty() {
            std::task::Poll::Ready(())
        } else {
            std::task::Poll::Pending
        }
    })
    .await;
    let growth = server.peak_memory_kb().unwrap() - before;
    println!("{CLIENTS} photos of 20 MiB at once: the server grew by {growth} KB at its peak");
    assert!(growth < GROWTH_KB_MAX, "{growth} KB");
}
