//! What encryption costs on the handheld: the same captures and lists through the same core, once
//! under SQLCipher and once plain, taking turns, so that both meet the same machine.

use crate::capture::{fields, twelve_megapixels};
use crate::figures::{Figures, ms, quantile};
use crate::server::Server;
use app_core::vault::Key;
use app_core::{App, Config, Edge};
use shared::id::{DraftId, OpId};
use shared::report::PhotoRole;
use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// Captures of each: enough reports for a list that is read from disk.
const CAPTURES: usize = 60;
/// Looks at the list of each.
const LISTS: usize = 200;

/// One handheld with its times.
struct Side {
    app: App,
    edge: Edge,
    _directory: TempDir,
    capture: Vec<Duration>,
    list: Vec<Duration>,
}

impl Side {
    fn new(runtime: &Runtime, server: &Server, open: impl FnOnce(&Path) -> App) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let (app, edge) = (open(directory.path()), Edge::system());
        runtime.block_on(server.bind(&app, &edge, &server.url));
        Self {
            app,
            edge,
            _directory: directory,
            capture: Vec::new(),
            list: Vec::new(),
        }
    }

    fn capture(&mut self, photo: &[u8]) {
        let (app, edge) = (&self.app, &self.edge);
        let draft = DraftId(edge.uuid());
        let begun = Instant::now();
        app.add_photo(draft, photo, PhotoRole::Near, edge.now())
            .unwrap();
        app.set_draft(draft, &fields(), edge.now()).unwrap();
        app.save_report(draft, OpId(edge.uuid()), &edge.moment())
            .unwrap();
        self.capture.push(begun.elapsed());
    }

    fn list(&mut self) {
        let begun = Instant::now();
        drop(black_box(self.app.reports("").unwrap()));
        drop(black_box(self.app.home().unwrap()));
        self.list.push(begun.elapsed());
    }
}

pub(crate) fn run(figures: &mut Figures) {
    let photo = twelve_megapixels();
    let runtime = Runtime::new().unwrap();
    let server = runtime.block_on(Server::start(0));
    let mut sealed = Side::new(&runtime, &server, |directory| {
        App::open(directory, Config::default()).unwrap()
    });
    let mut plain = Side::new(&runtime, &server, |directory| {
        App::open_with(directory, Config::default(), &Key::none()).unwrap()
    });
    for _ in 0..CAPTURES {
        sealed.capture(&photo);
        plain.capture(&photo);
    }
    for _ in 0..LISTS {
        sealed.list();
        plain.list();
    }
    figures.spread("capture, encrypted", &mut sealed.capture);
    figures.spread("capture, plain", &mut plain.capture);
    figures.spread("list and first screen, encrypted", &mut sealed.list);
    figures.spread("list and first screen, plain", &mut plain.list);
    let mut ratio = |name: &str, sealed: &[Duration], plain: &[Duration]| {
        let median = |times: &[Duration]| ms(quantile(times, 0.50));
        figures.ratio(
            name,
            median(sealed),
            median(plain),
            "encrypted to plain, p50",
        );
    };
    ratio("capture", &sealed.capture, &plain.capture);
    ratio("list and first screen", &sealed.list, &plain.list);
}
