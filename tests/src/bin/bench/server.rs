//! A real `gewu-server` process on a fresh database, and clients that speak the real protocol.

use reqwest::Client;
use serde_json::json;
use shared::chain::{Link, signed_text};
use shared::id::{CatalogueVersion, DeviceId, OpId, PersonId, ReportId, Sha256};
use shared::operation::{CHAIN_START, OPERATION_VERSION, Operation, kind, seal};
use shared::report::PhotoRef;
use shared::signature::SecretKey;
use shared::time::Timestamp;
use shared::wire::sync::{EnrolAnswer, EnrolRequest, PushAnswer};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant, SystemTime};
use tempfile::TempDir;
use uuid::Uuid;

/// A start that takes longer than this is a failure.
const START_LIMIT: Duration = Duration::from_secs(20);

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_owned()
}

/// The server's program: built beside this one.
fn program() -> PathBuf {
    std::env::current_exe()
        .unwrap()
        .parent()
        .unwrap()
        .join("gewu-server")
}

/// A running server; killed and its data removed when dropped.
pub(crate) struct Server {
    child: Child,
    data: TempDir,
    pub(crate) url: String,
    pub(crate) client: Client,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Server {
    /// Initialises 建阳区 and serves it, with `commit_delay_ms` added before each commit.
    pub(crate) async fn start(commit_delay_ms: u64) -> Self {
        let data = tempfile::tempdir().unwrap();
        let district = root().join("data/districts/350703");
        run(Command::new(program())
            .args(["init", "--data"])
            .arg(data.path())
            .arg("--district")
            .arg(district));
        for (login, role) in [("bench", "grid_worker"), ("boss", "administrator")] {
            run(Command::new(program())
                .args(["user", "add", "--data"])
                .arg(data.path())
                .args(["--login", login, "--name", "压测", "--role", role])
                .args([
                    "--area",
                    if login == "boss" {
                        "350703"
                    } else {
                        "350703001012"
                    },
                ])
                .args(["--password", "bench-password"]));
        }
        let port = std::net::TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let child = Command::new(program())
            .args(["serve", "--data"])
            .arg(data.path())
            .args(["--listen", &format!("127.0.0.1:{port}")])
            .env("GEWU_COMMIT_DELAY_MS", commit_delay_ms.to_string())
            .env("GEWU_LOG", "warn")
            .stdout(Stdio::null())
            .stderr(Stdio::inherit())
            .spawn()
            .expect("gewu-server is built beside this program");
        let _ = rustls::crypto::ring::default_provider().install_default();
        let server = Self {
            child,
            data,
            url: format!("http://127.0.0.1:{port}"),
            client: Client::new(),
        };
        let begun = Instant::now();
        while server
            .client
            .get(format!("{}/readyz", server.url))
            .send()
            .await
            .is_err()
        {
            assert!(begun.elapsed() < START_LIMIT, "the server does not start");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        server
    }

    /// Where its database file is.
    pub(crate) fn database(&self) -> PathBuf {
        let mut found = Vec::new();
        for entry in std::fs::read_dir(self.data.path()).unwrap().flatten() {
            let name = entry.file_name().into_string().unwrap();
            if [".db", ".sqlite", ".sqlite3"]
                .iter()
                .any(|ending| name.ends_with(ending))
            {
                found.push(entry.path());
            }
        }
        found.pop().expect("the server's database")
    }

    /// Memory in use by the process, in MiB.
    pub(crate) fn memory_mib(&self) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status
            .lines()
            .find(|line| line.starts_with("VmRSS:"))
            .unwrap();
        line.split_whitespace()
            .nth(1)
            .unwrap()
            .parse::<f64>()
            .unwrap()
            / 1024.0
    }

    /// A one-time enrolment code of the command line.
    pub(crate) fn code(&self) -> String {
        let output = Command::new(program())
            .args(["device", "code", "--data"])
            .arg(self.data.path())
            .args(["--login", "bench"])
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// The enrolment that a handheld makes.
    pub(crate) async fn enrol(&self) -> Device {
        let key = SecretKey::from_seed(Sha256::of(Uuid::now_v7().as_bytes()).bytes());
        let request = EnrolRequest {
            code: self.code(),
            device_id: DeviceId(Uuid::now_v7()),
            name: "bench".into(),
            platform: "linux".into(),
            app_version: "0.1.0".into(),
            key: Some(key.public()),
            renews: false,
        };
        let answer = self
            .client
            .post(format!("{}/v1/devices/enrol", self.url))
            .json(&request)
            .send()
            .await
            .unwrap();
        let status = answer.status();
        let text = answer.text().await.unwrap();
        assert!(status.is_success(), "{status} {text}");
        let answer: EnrolAnswer = serde_json::from_str(&text).unwrap();
        Device {
            id: answer.device_id,
            epoch: answer.epoch,
            token: answer.token,
            person: answer.me.id,
            catalogue: answer.catalogue_version,
            seq: 0,
            prev_hash: CHAIN_START,
            key,
        }
    }
}

fn run(command: &mut Command) {
    let output = command
        .output()
        .expect("gewu-server is built beside this program");
    assert!(
        output.status.success(),
        "{command:?}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// An enrolled handheld reduced to what a push needs.
pub(crate) struct Device {
    id: DeviceId,
    epoch: u32,
    pub(crate) token: String,
    person: PersonId,
    catalogue: CatalogueVersion,
    seq: u64,
    prev_hash: Sha256,
    key: SecretKey,
}

impl Device {
    /// The body of a push with so many new reports, about 1 KB each.
    pub(crate) fn push_body(&mut self, operations: usize) -> Vec<u8> {
        self.push_body_with(operations, &[])
    }

    /// The same, each report with these photos.
    pub(crate) fn push_body_with(&mut self, operations: usize, photos: &[PhotoRef]) -> Vec<u8> {
        let now = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap()
            .as_millis() as i64;
        let ops: Vec<serde_json::Value> = (0..operations)
            .map(|_| {
                self.seq += 1;
                let sealed = seal(Operation {
                    v: OPERATION_VERSION,
                    op_id: OpId(Uuid::now_v7()),
                    device_id: self.id,
                    epoch: self.epoch,
                    seq: self.seq,
                    prev_hash: self.prev_hash,
                    kind: kind::REPORT_FILE.into(),
                    subject: ReportId(Uuid::now_v7()).to_string(),
                    base_revision: None,
                    catalogue_version: self.catalogue.clone(),
                    app_version: "0.1.0".into(),
                    wall_ms: Timestamp(now),
                    mono_ms: 1,
                    boot_id: "bench".into(),
                    offset_ms: None,
                    actor: self.person,
                    payload: json!({
                        "category": "S2301", "condition": "S2301-0",
                        "place": {"lat_e7": 273_300_000, "lon_e7": 1_181_200_000, "accuracy_m": 8,
                                  "source": "gps", "words": "人民路与解放路口东北角"},
                        "text": "三楼楼道堆放旧家具和纸箱，堵住了消防门，住户说已经两个星期了。",
                        "occurred_ms": now,
                    }),
                    photos: photos.to_vec(),
                })
                .unwrap();
                self.prev_hash = sealed.hash;
                serde_json::from_str(&sealed.text).unwrap()
            })
            .collect();
        let links: Vec<Link> = ops.iter().filter_map(Link::of).collect();
        serde_json::to_vec(&json!({
            "device_id": self.id, "epoch": self.epoch, "made": self.seq, "nonce": "bench",
            "wall_ms": now, "ops": ops, "signature": self.key.sign(&signed_text(&links)),
        }))
        .unwrap()
    }

    /// Sends a push and checks that every operation was applied.
    pub(crate) async fn push(&self, server: &Server, body: Vec<u8>) -> Duration {
        let begun = Instant::now();
        let request = server
            .client
            .post(format!("{}/v1/sync/push", server.url))
            .bearer_auth(&self.token)
            .header("content-type", "application/json")
            .body(body);
        let answer = request.send().await.unwrap();
        let status = answer.status();
        let text = answer.text().await.unwrap();
        let time = begun.elapsed();
        let answer: PushAnswer =
            serde_json::from_str(&text).unwrap_or_else(|_| panic!("{status} {text}"));
        let applied = answer
            .results
            .iter()
            .all(|r| r.outcome == shared::wire::sync::Outcome::Applied);
        assert!(applied, "{text}");
        time
    }
}
