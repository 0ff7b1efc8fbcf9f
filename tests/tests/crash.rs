//! Killed at the worst moments: nothing is lost and nothing is there twice.
//!
//! The server is killed between its commit and its answer (a proxy sees the answer coming, kills
//! the process and drops the answer), the handheld between every two steps of sync and at random
//! moments while it files. Afterwards both databases are compared.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test may fail loudly"
)]

use app_core::sync::engine::Event;
use app_core::sync::http::Http;
use app_core::{App, Config, Edge, Enrolment};
use rusqlite::Connection;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tests::day::{self, Places};
use tests::ledger;
use tests::people;
use tests::programs::{Field, Server, photo, program};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// How many reports each test files: enough that every kind of step occurs.
const REPORTS: usize = 4;

struct World {
    dir: tempfile::TempDir,
    server: Server,
    field: Field,
}

impl World {
    async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut server = Server::init(&dir.path().join("server"), "350703").unwrap();
        people::add(&server).unwrap();
        server.start().await.unwrap();
        let field = Field::new(&dir.path().join("handheld"));
        people::enrol(&server, &field).unwrap();
        Self { dir, server, field }
    }

    fn handheld(&self) -> std::path::PathBuf {
        self.dir.path().join("handheld")
    }

    fn file_some(&self) {
        let places = Places::read().unwrap();
        for filing in day::filings()
            .iter()
            .filter(|f| f.photo != day::DAMAGED)
            .take(REPORTS)
        {
            day::file(&self.field, &places, filing, &photo(filing.photo)).unwrap();
        }
    }

    /// Everything that was filed is at the server, exactly once.
    fn check(&self, filed: usize) {
        let ledger = ledger::compare(
            &self.field.database().unwrap(),
            &self.server.database(),
            &self.server.photos(),
        )
        .unwrap();
        assert_eq!(ledger.lost, Vec::<String>::new());
        assert_eq!(
            (ledger.filed, ledger.accepted, ledger.quarantined),
            (filed, filed, 0)
        );
        let server = Connection::open(self.server.database()).unwrap();
        let count = |sql: &str| number(&server, sql);
        assert_eq!(
            count("SELECT count(*) FROM cases"),
            filed,
            "one case per report"
        );
        assert_eq!(count("SELECT count(*) FROM reports"), filed);
        let twice =
            "SELECT count(*) FROM (SELECT report FROM cases GROUP BY report HAVING count(*) > 1)";
        assert_eq!(count(twice), 0, "no report opened two cases");
        let received = "SELECT count(*) FROM case_events WHERE kind = 'received'";
        assert_eq!(count(received), filed, "each case begins once");
    }
}

/// Passes bytes on between handheld and server. Once armed it swallows the answer to every push:
/// the server has committed, and whoever waits hears nothing.
async fn proxy(
    listener: TcpListener,
    server: u16,
    armed: Arc<AtomicBool>,
    sprung: Arc<AtomicBool>,
) {
    while let Ok((mut client, _)) = listener.accept().await {
        let (armed, sprung) = (Arc::clone(&armed), Arc::clone(&sprung));
        tokio::spawn(async move {
            let Ok(mut upstream) = TcpStream::connect(("127.0.0.1", server)).await else {
                return;
            };
            let (mut up, mut down) = (vec![0_u8; 65_536], vec![0_u8; 65_536]);
            let mut is_push = false;
            loop {
                tokio::select! {
                    read = client.read(&mut up) => match read {
                        Ok(n) if n > 0 => {
                            is_push |= up[..n].windows(13).any(|w| w == b"/v1/sync/push");
                            if upstream.write_all(&up[..n]).await.is_err() { return }
                        }
                        _ => return,
                    },
                    read = upstream.read(&mut down) => match read {
                        Ok(n) if n > 0 => {
                            if is_push && armed.load(Ordering::SeqCst) {
                                sprung.store(true, Ordering::SeqCst);
                                return;
                            }
                            if client.write_all(&down[..n]).await.is_err() { return }
                        }
                        _ => return,
                    },
                }
            }
        });
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_killed_between_commit_and_answer_gives_the_same_answer_again() {
    let mut world = World::new().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let port: u16 = world
        .server
        .url()
        .rsplit(':')
        .next()
        .unwrap()
        .parse()
        .unwrap();
    let (armed, sprung) = (
        Arc::new(AtomicBool::new(false)),
        Arc::new(AtomicBool::new(false)),
    );
    let trap = tokio::spawn(proxy(
        listener,
        port,
        Arc::clone(&armed),
        Arc::clone(&sprung),
    ));
    let code = world
        .server
        .run(&["device", "code", "--login", people::WORKER])
        .unwrap();
    let code = code.split_whitespace().last().unwrap();
    world
        .field
        .run(&["enrol", "--server", &url, "--code", code])
        .unwrap();

    world.file_some();
    armed.store(true, Ordering::SeqCst);
    let first = world.field.run(&["sync"]);
    assert!(
        sprung.load(Ordering::SeqCst),
        "the server never answered a push: {first:?}"
    );
    world.server.kill();
    let at_server = Connection::open(world.server.database()).unwrap();
    let committed = number(&at_server, "SELECT count(*) FROM operations");
    assert_eq!(committed, REPORTS, "the commit came before the answer");
    drop(at_server);
    let numbers = case_numbers(&world.server.database());
    let unaware = world.field.run(&["list"]).unwrap().to_string();
    assert!(
        numbers.iter().all(|number| !unaware.contains(number)),
        "{unaware}"
    );

    world.server.start().await.unwrap();
    armed.store(false, Ordering::SeqCst);
    world.field.run(&["sync"]).unwrap();
    trap.abort();
    world.check(REPORTS);
    assert_eq!(
        case_numbers(&world.server.database()),
        numbers,
        "no second number was printed"
    );
    let shown = world.field.run(&["list"]).unwrap().to_string();
    for number in numbers {
        assert!(shown.contains(&number), "the worker sees {number}");
    }
}

/// The one number that a query gives.
fn number(database: &Connection, sql: &str) -> usize {
    let number: i64 = database.query_row(sql, [], |row| row.get(0)).unwrap();
    usize::try_from(number).unwrap()
}

fn case_numbers(database: &Path) -> Vec<String> {
    let server = Connection::open(database).unwrap();
    let mut select = server
        .prepare("SELECT case_no FROM cases ORDER BY case_no")
        .unwrap();
    select
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handheld_killed_between_every_two_steps_of_sync_loses_and_doubles_nothing() {
    let world = World::new().await;
    world.file_some();
    let edge = Edge::system();
    let mut steps = 0;
    loop {
        // A new process each time: nothing survives but what is on disk. Each begins by asking for
        // news, so that only a longer life gets on to the photos.
        let app = App::open(&world.handheld(), Config::default()).unwrap();
        let http = Http::new().unwrap();
        let mut event = app.sync_step(&http, &edge).await.unwrap();
        for _ in 0..steps % 4 {
            event = app.sync_step(&http, &edge).await.unwrap();
        }
        steps += 1;
        assert!(steps < 500, "sync does not come to rest: {event:?}");
        let waits = app.sync_status().unwrap();
        if matches!(event, Event::Rested { .. })
            || (waits.operations_waiting == 0 && waits.photos_waiting == 0)
        {
            break;
        }
    }
    assert!(
        steps > REPORTS,
        "the photos took a step each at least: {steps}"
    );
    world.field.run(&["sync"]).unwrap();
    world.check(REPORTS);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handheld_killed_while_it_files_keeps_every_report_that_it_confirmed() {
    let world = World::new().await;
    let places = Places::read().unwrap();
    let at = places.find(day::Spot::Inside(0)).unwrap();
    let mut confirmed = Vec::new();
    for round in 0..12_u64 {
        let mut child = Command::new(program("gewu-field").unwrap())
            .arg("--dir")
            .arg(world.handheld())
            .args(["--json", "file", "--category=E0110", "--condition=E0110-1"])
            .arg(format!("--lat={}", at.lat))
            .arg(format!("--lon={}", at.lon))
            .arg(format!("--text=第{round}件"))
            .arg(format!("--photo={}", photo("DSCN0010.jpg").display()))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // From the first instructions of the program to after its end.
        tokio::time::sleep(Duration::from_millis(round * round * 12)).await;
        let _ = child.kill();
        let output = child.wait_with_output().unwrap();
        let answer: Option<serde_json::Value> = serde_json::from_slice(&output.stdout).ok();
        confirmed.extend(
            answer
                .filter(|_| output.status.success())
                .map(|_| format!("第{round}件")),
        );
    }
    let device = tests::ledger::open_device(&world.field.database().unwrap()).unwrap();
    let whole: String = device
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .unwrap();
    assert_eq!(whole, "ok");
    let count = |sql: &str| number(&device, sql);
    let filed = count("SELECT count(*) FROM reports");
    assert_eq!(
        count("SELECT count(*) FROM operations"),
        filed,
        "no report without its operation"
    );
    assert_eq!(
        count("SELECT count(DISTINCT report_id) FROM photos WHERE report_id IS NOT NULL"),
        filed,
        "no report without its photo"
    );
    assert!(
        filed >= confirmed.len(),
        "{filed} reports for {confirmed:?}"
    );
    world.field.run(&["sync"]).unwrap();
    world.check(filed);
    let shown = world.field.run(&["list"]).unwrap().to_string();
    for text in &confirmed {
        assert!(shown.contains(text), "{text} was confirmed and is gone");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_killed_again_and_again_while_a_handheld_sends_ends_up_with_everything() {
    let mut world = World::new().await;
    world.file_some();
    for round in 0..10_u64 {
        let mut sending = Command::new(program("gewu-field").unwrap())
            .arg("--dir")
            .arg(world.handheld())
            .arg("sync")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        tokio::time::sleep(Duration::from_millis(5 + round * 9)).await;
        world.server.kill();
        let _ = sending.wait();
        world.server.start().await.unwrap();
    }
    world.field.run(&["sync"]).unwrap();
    world.check(REPORTS);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_handheld_of_the_same_person_is_a_chain_of_its_own() {
    let world = World::new().await;
    world.file_some();
    let code = world
        .server
        .run(&["device", "code", "--login", people::WORKER])
        .unwrap();
    let second = tempfile::tempdir().unwrap();
    let app = App::open(second.path(), Config::default()).unwrap();
    let form = Enrolment {
        server: world.server.url(),
        code: code.split_whitespace().last().unwrap().to_owned(),
        device_name: "second".into(),
        platform: "linux".into(),
    };
    app.enrol(&form, &Edge::system()).await.unwrap();
    drop(app);
    let other = Field::new(second.path());
    let places = Places::read().unwrap();
    let filing = day::filings()[0];
    day::file(&other, &places, &filing, &photo(filing.photo)).unwrap();
    other.run(&["sync"]).unwrap();
    world.field.run(&["sync"]).unwrap();
    let server = Connection::open(world.server.database()).unwrap();
    let cases = number(&server, "SELECT count(*) FROM cases");
    assert_eq!(cases, REPORTS + 1);
}
