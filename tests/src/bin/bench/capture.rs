//! From the shutter to durable: a 12-megapixel photo through the handheld's real core, beside
//! what the disk and the memory take at least.

use crate::figures::Figures;
use crate::server::Server;
use app_core::photos::{self, Mark};
use shared::id::{CategoryId, ConditionId, DraftId, OpId, Sha256};
use shared::report::{PhotoRole, PlaceSource};
use shared::wire::handheld::{DraftFields, PlaceInput};
use std::hint::black_box;
use std::io::Write;
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;

/// Captures that are measured: enough for a p99 that isn't one bad moment.
const CAPTURES: usize = 120;
/// The long and the short edge of 12 megapixels.
const PIXELS: (u32, u32) = (4_000, 3_000);
/// What phones write.
const QUALITY: u8 = 90;

pub(crate) fn run(figures: &mut Figures) {
    let photo = twelve_megapixels();
    figures.add("the photo", photo.len() as f64 / 1e6, "MB");
    parts(figures, &photo);
    let runtime = Runtime::new().unwrap();
    let server = runtime.block_on(Server::start(0));
    let directory = tempfile::tempdir().unwrap();
    let (app, edge) = runtime.block_on(server.handheld(directory.path()));
    drop(server);
    let (mut shutter, mut send) = (Vec::new(), Vec::new());
    for _ in 0..CAPTURES {
        let draft = DraftId(edge.uuid());
        let begun = Instant::now();
        app.add_photo(draft, &photo, PhotoRole::Near, edge.now())
            .unwrap();
        shutter.push(begun.elapsed());
        app.set_draft(draft, &fields(), edge.now()).unwrap();
        let begun = Instant::now();
        app.save_report(draft, OpId(edge.uuid()), &edge.moment())
            .unwrap();
        send.push(begun.elapsed());
    }
    let mut whole: Vec<Duration> = shutter.iter().zip(&send).map(|(a, b)| *a + *b).collect();
    figures.spread("shutter to draft on disk", &mut shutter);
    figures.spread("send to report, operation and photo on disk", &mut send);
    figures.spread("capture, both together (aim p99 ≤ 400 ms)", &mut whole);
}

/// Each part on its own, beside the least that it could take.
fn parts(figures: &mut Figures, photo: &[u8]) {
    let mark = Mark {
        time: String::from("2026-11-21 10:30"),
        place: String::from("27.330000, 118.120000 ±8米"),
        grid: String::from("潭城街道 七贤社区 第3网格"),
        worker: String::from("陈秀英"),
    };
    let prepared = photos::prepare(photo).unwrap();
    let stamped = photos::stamp(&prepared.jpeg, &mark).unwrap();
    let mut part = |name: &str, run: &mut dyn FnMut()| {
        let mut times: Vec<Duration> = (0..20)
            .map(|_| {
                let begun = Instant::now();
                run();
                begun.elapsed()
            })
            .collect();
        figures.spread(name, &mut times);
    };
    part("part: hash of the original", &mut || {
        drop(black_box(Sha256::of(photo).to_string()));
    });
    part("part: decode, shrink, turn, encode", &mut || {
        drop(black_box(photos::prepare(photo).unwrap()));
    });
    part("part: watermark", &mut || {
        drop(black_box(photos::stamp(&prepared.jpeg, &mark).unwrap()));
    });
    let file = tempfile::NamedTempFile::new().unwrap();
    part("limit: write and sync the stored bytes", &mut || {
        let mut file = file.reopen().unwrap();
        file.write_all(&stamped.jpeg).unwrap();
        file.sync_all().unwrap();
    });
    let source = vec![1_u8; PIXELS.0 as usize * PIXELS.1 as usize * 3];
    part("limit: copy the decoded pixels in memory", &mut || {
        drop(black_box(source.clone()));
    });
}

pub(crate) fn fields() -> DraftFields {
    DraftFields {
        place: Some(PlaceInput {
            lat: 27.33,
            lon: 118.12,
            accuracy_m: Some(8.0),
            source: PlaceSource::Gps,
            words: String::from("人民路口"),
        }),
        category: CategoryId::new("E0110").ok(),
        condition: ConditionId::new("E0110-1").ok(),
        text: String::from("垃圾桶旁堆了三天。"),
        self_fixed: false,
        similar: Default::default(),
        contact: (String::new(), String::new()),
    }
}

/// The largest camera file of the test data, brought to 12 megapixels: as much detail and noise
/// as a camera writes, so that decoding costs what it costs in the field.
pub(crate) fn twelve_megapixels() -> Vec<u8> {
    let path = crate::server::root().join("tests/data/photos/jolla.jpg");
    let picture = image::open(path).unwrap();
    let picture = picture.resize_exact(PIXELS.0, PIXELS.1, image::imageops::FilterType::CatmullRom);
    let mut file = Vec::new();
    image::codecs::jpeg::JpegEncoder::new_with_quality(&mut file, QUALITY)
        .encode_image(&picture)
        .unwrap();
    file
}
