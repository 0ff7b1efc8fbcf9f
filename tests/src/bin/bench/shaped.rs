//! A day's reports and three photos over a weak link: 50 kbit/s, 600 ms round trip, 5 % loss, one
//! cut a minute. This suite waits far more than it works.

use crate::figures::Figures;
use crate::photos::file;
use crate::server::Server;
use app_core::{App, Config, Edge};
use rusqlite::Connection;
use std::path::Path;
use std::time::{Duration, Instant};
use tests::shaped::{Shaped, Weak};
use tokio::runtime::Runtime;

/// The link of the issue.
const WEAK: Weak = Weak {
    bits_per_s: 50_000,
    round_trip: Duration::from_millis(600),
    loss_percent: 5,
    cut_every: Duration::from_secs(60),
    cut_lasts: Duration::from_secs(3),
};
/// Reports of the day; three of them show a photo.
const REPORTS: usize = 20;
const PHOTOS: usize = 3;
/// How often the server's database is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// Longer than this is a failure.
const LONGEST: Duration = Duration::from_secs(900);

/// What the server must have, one after another.
const GOALS: [(&str, &str, usize); 3] = [
    (
        "the text of 20 reports",
        "SELECT count(*) FROM reports",
        REPORTS,
    ),
    (
        "the previews",
        "SELECT count(*) FROM previews WHERE stored_ms IS NOT NULL",
        PHOTOS,
    ),
    (
        "all of 3 photos",
        "SELECT count(*) FROM photos WHERE stored_ms IS NOT NULL",
        PHOTOS,
    ),
];

/// Over plain HTTP.
pub(crate) fn plain(figures: &mut Figures) {
    Runtime::new().unwrap().block_on(async {
        over(figures, Server::start(0).await).await;
    });
}

/// Over TLS, as it is used.
pub(crate) fn tls(figures: &mut Figures) {
    Runtime::new().unwrap().block_on(async {
        over(figures, Server::start_tls().await).await;
    });
}

async fn over(figures: &mut Figures, server: Server) {
    let folder = tempfile::tempdir().unwrap();
    let app = App::open(folder.path(), Config::default()).unwrap();
    let edge = Edge::system();
    let port = server.url.rsplit(':').next().unwrap().parse().unwrap();
    let mut link = Shaped::start(port, WEAK, 7).await.unwrap();
    let scheme = server.url.split_once(':').unwrap().0;
    let address = link.url().replacen("http:", &format!("{scheme}:"), 1);
    server.bind(&app, &edge, &address).await;
    let originals = originals();
    let camera: usize = originals.iter().map(Vec::len).sum();
    let mut payload = 0;
    for at in 0..REPORTS {
        let photos = originals.get(at).cloned();
        payload += file(&app, &edge, photos.as_slice());
    }
    figures.add("3 photos as the camera wrote them", camera as f64, "bytes");
    figures.add("as they are sent, with previews", payload as f64, "bytes");
    link.weaken();
    let database = server.database();
    let until = wait_for(figures, &database, &link);
    tokio::select! {
        () = until => {}
        ended = app.sync_forever(&edge) => panic!("sync ended: {ended:?}"),
    }
    figures.add("up in all", link.up() as f64, "bytes");
    let ratio = link.up() as f64 / payload as f64;
    figures.add("up against what was to be sent (aim ≤ 1.15)", ratio, "×");
    figures.add("down in all", link.down() as f64, "bytes");
    figures.add("cuts", link.cuts() as f64, "");
}

async fn wait_for(figures: &mut Figures, database: &Path, link: &Shaped) {
    let begun = Instant::now();
    let server = Connection::open(database).unwrap();
    for (what, sql, wanted) in GOALS {
        loop {
            let count: i64 = server.query_row(sql, [], |row| row.get(0)).unwrap();
            if count as usize >= wanted {
                break;
            }
            assert!(begun.elapsed() < LONGEST, "{what} took too long");
            tokio::time::sleep(LOOK_EVERY).await;
        }
        let took = begun.elapsed().as_secs_f64();
        figures.add(&format!("seconds until the server has {what}"), took, "s");
        figures.add(
            &format!("up until then ({what})"),
            link.up() as f64,
            "bytes",
        );
    }
}

/// Three different pictures of 12 megapixels, about 2 MB or more each.
fn originals() -> Vec<Vec<u8>> {
    let picture = crate::capture::twelve_megapixels();
    let picture = image::load_from_memory(&picture).unwrap();
    let turned = [picture.fliph(), picture.flipv(), picture];
    let turned = turned.iter().map(|picture| {
        let mut file = Vec::new();
        image::codecs::jpeg::JpegEncoder::new_with_quality(&mut file, 90)
            .encode_image(picture)
            .unwrap();
        file
    });
    turned.collect()
}
