//! Photos a second, synced to disk, beside raw writes of the same bytes; and what a report with its
//! photos takes on the wire, beside what it is.

use crate::figures::Figures;
use crate::server::{Device, Server};
use crate::wire::{Wire, counting};
use app_core::{App, Config, Edge, Moment};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use shared::id::{CategoryId, ConditionId, DraftId, OpId, Sha256};
use shared::report::{PHOTOS_LIMIT, PhotoRef, PhotoRole, PlaceSource};
use shared::wire::handheld::{DraftFields, PlaceInput};
use std::fs::File;
use std::io::Write;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;
use uuid::Uuid;

const CLIENTS: usize = 4;
/// Photos of each client.
const PHOTOS: usize = 150;
/// A photo as the handheld stores it.
const PHOTO_BYTES: usize = 300_000;

pub(crate) fn run(figures: &mut Figures) {
    let runtime = Runtime::new().unwrap();
    let server = Arc::new(runtime.block_on(Server::start(0)));
    let (rate, mut times) = runtime.block_on(uploads(&server));
    let name = format!("{CLIENTS} clients, photos of {} KB", PHOTO_BYTES / 1000);
    figures.add(&name, rate, "/s");
    figures.spread(&name, &mut times);
    figures.add("server memory after", server.memory_mib(), "MiB");
    let raw = raw_writes();
    figures.add("limit: raw write, fsync, rename, fsync", raw, "/s");
    figures.ratio("photos against raw", rate, raw, "aim ≥ 500 /s in all");
    runtime.block_on(wire(figures, &server));
}

/// A photo that no other is like: a real header, and bytes that don't repeat.
fn photo(number: u64) -> Vec<u8> {
    let mut bytes = include_bytes!("../../../data/photos/no_exif.jpg").to_vec();
    bytes.extend(number.to_le_bytes());
    bytes.resize(PHOTO_BYTES, 7);
    bytes
}

fn reference(bytes: &[u8]) -> PhotoRef {
    PhotoRef {
        sha256: Sha256::of(bytes),
        bytes: bytes.len() as u64,
        mime: String::from("image/jpeg"),
        role: PhotoRole::Near,
        width: 2048,
        height: 1536,
        original_sha256: None,
        preview: None,
        phash: None,
    }
}

/// Each client announces its photos, then sends one after the other, each in one request.
async fn uploads(server: &Arc<Server>) -> (f64, Vec<Duration>) {
    let mut ready: Vec<(Device, Vec<Vec<u8>>)> = Vec::new();
    for client in 0..CLIENTS {
        let mut device = server.enrol().await;
        let number = |at: usize| (client * PHOTOS + at) as u64;
        let photos: Vec<_> = (0..PHOTOS).map(|at| photo(number(at))).collect();
        for some in photos.chunks(PHOTOS_LIMIT) {
            let some: Vec<_> = some.iter().map(|bytes| reference(bytes)).collect();
            let body = device.push_body_with(1, &some);
            device.push(server, body).await;
        }
        ready.push((device, photos));
    }
    let begun = Instant::now();
    let tasks: Vec<_> = ready
        .into_iter()
        .map(|(device, photos)| {
            let server = Arc::clone(server);
            tokio::spawn(async move {
                let mut times = Vec::with_capacity(photos.len());
                for bytes in photos {
                    times.push(upload(&server, &device, bytes).await);
                }
                times
            })
        })
        .collect();
    let mut times = Vec::new();
    for task in tasks {
        times.extend(task.await.unwrap());
    }
    let rate = times.len() as f64 / begun.elapsed().as_secs_f64();
    (rate, times)
}

async fn upload(server: &Server, device: &Device, bytes: Vec<u8>) -> Duration {
    let begun = Instant::now();
    let hash = BASE64.encode(Sha256::of(&bytes).to_string());
    let request = server
        .client
        .post(format!("{}/v1/files", server.url))
        .bearer_auth(&device.token)
        .header("tus-resumable", "1.0.0")
        .header("upload-length", bytes.len())
        .header("upload-metadata", format!("sha256 {hash}"))
        .header("content-type", "application/offset+octet-stream")
        .body(bytes);
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), 201);
    assert_eq!(answer.headers()["upload-offset"], PHOTO_BYTES.to_string());
    begun.elapsed()
}

/// The same bytes into files by as many threads, each durable before the next begins.
fn raw_writes() -> f64 {
    let folder = tempfile::tempdir().unwrap();
    let begun = Instant::now();
    std::thread::scope(|scope| {
        for client in 0..CLIENTS {
            let folder = folder.path();
            scope.spawn(move || {
                for at in 0..PHOTOS {
                    let bytes = photo((client * PHOTOS + at) as u64);
                    let name = format!("{client}-{at}");
                    let growing = folder.join(format!("{name}.part"));
                    let mut file = File::create(&growing).unwrap();
                    file.write_all(&bytes).unwrap();
                    file.sync_all().unwrap();
                    std::fs::rename(growing, folder.join(name)).unwrap();
                    File::open(folder).unwrap().sync_all().unwrap();
                }
            });
        }
    });
    (CLIENTS * PHOTOS) as f64 / begun.elapsed().as_secs_f64()
}

/// The real handheld files a report of three photos and sends it through a line that counts.
async fn wire(figures: &mut Figures, server: &Server) {
    let line = Arc::new(Wire::default());
    let folder = tempfile::tempdir().unwrap();
    let app = App::open(folder.path(), Config::default()).unwrap();
    let edge = Edge::system();
    let address = counting(&server.url, &line).await;
    server.bind(&app, &edge, &address).await;
    let photos = ["jolla.jpg", "DSCN0010.jpg", "DSCN0021.jpg"].map(|name| {
        let path = crate::server::root().join("tests/data/photos").join(name);
        std::fs::read(path).unwrap()
    });
    let payload = file(&app, &edge, &photos) as f64;
    line.take();
    let sent = app.sync_once(&edge).await.unwrap();
    assert_eq!((sent.operations_sent, sent.photos_sent), (1, 3));
    let (up, down) = line.take();
    figures.add(
        "a report with 3 photos: photos and previews",
        payload,
        "bytes",
    );
    figures.add("the same on the wire, up", up, "bytes");
    figures.add("the same on the wire, down", down, "bytes");
    figures.ratio("up against the photos alone", up, payload, "aim ≤ 1.15");
    file(&app, &edge, &[]);
    line.take();
    app.sync_once(&edge).await.unwrap();
    let (up, down) = line.take();
    figures.add("a report without photos on the wire, up", up, "bytes");
    figures.add("the same, down, its case included", down, "bytes");
}

/// Files a report; how many bytes its photos and previews have.
pub(crate) fn file(app: &App, edge: &Edge, photos: &[Vec<u8>]) -> usize {
    let draft = DraftId(edge.uuid());
    let fields = DraftFields {
        place: Some(PlaceInput {
            lat: 27.33,
            lon: 118.12,
            accuracy_m: Some(8.0),
            source: PlaceSource::Gps,
            words: "人民路与解放路口东北角".into(),
        }),
        category: Some(CategoryId::new("S2301").unwrap()),
        condition: Some(ConditionId::new("S2301-0").unwrap()),
        text: "三楼楼道堆放旧家具和纸箱，堵住了消防门。".into(),
        self_fixed: false,
        similar: Default::default(),
        contact: (String::new(), String::new()),
    };
    app.set_draft(draft, &fields, edge.now()).unwrap();
    for bytes in photos {
        app.add_photo(draft, bytes, PhotoRole::Near, edge.now())
            .unwrap();
    }
    let moment = Moment::wall(edge.now());
    let filed = app
        .save_report(draft, OpId(Uuid::now_v7()), &moment)
        .unwrap();
    let report = app.report(filed.id).unwrap();
    let preview = |text: &str| {
        text.split(',')
            .next_back()
            .map_or(0, |text| text.len() * 3 / 4)
    };
    let sizes = report.photos.iter();
    sizes
        .map(|photo| photo.bytes as usize + preview(&photo.preview))
        .sum()
}
