//! A real `gewu-server` process on a fresh database, and clients that speak the real protocol.

use app_core::{App, Config, Edge, Enrolment};
use reqwest::Client;
use serde_json::json;
use shared::chain::{Link, signed_text};
use shared::id::{CatalogueVersion, DeviceId, OpId, PersonId, ReportId, Sha256};
use shared::operation::{CHAIN_START, OPERATION_VERSION, Operation, kind, seal};
use shared::report::PhotoRef;
use shared::signature::SecretKey;
use shared::time::Timestamp;
use shared::wire::console::{CodeAnswer, NewCode, SignInAnswer, SignInRequest};
use shared::wire::sync::{EnrolAnswer, EnrolRequest, Outcome, PushAnswer};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant, SystemTime};
use tempfile::TempDir;
use tokio::sync::OnceCell;
use uuid::Uuid;

/// The password of everybody here.
const PASSWORD: &str = "bench-password";
/// Clock ticks in which Linux counts process time.
const TICKS_A_SECOND: u64 = 100;
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
    /// The administrator's token and whom handhelds are bound to.
    office: OnceCell<(String, PersonId)>,
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
        Self::start_as(commit_delay_ms, false).await
    }

    /// The same over TLS, with a certificate of its own.
    pub(crate) async fn start_tls() -> Self {
        Self::start_as(0, true).await
    }

    async fn start_as(commit_delay_ms: u64, tls: bool) -> Self {
        let data = tempfile::tempdir().unwrap();
        let district = root().join("data/districts/350703");
        run(Command::new(program())
            .args(["init", "--data"])
            .arg(data.path())
            .arg("--district")
            .arg(district));
        if tls {
            run(Command::new(program())
                .args(["certificate", "--name", "127.0.0.1", "--data"])
                .arg(data.path()));
        }
        for (login, role) in [
            ("bench", "grid_worker"),
            ("boss", "administrator"),
            ("desk", "dispatcher"),
        ] {
            run(Command::new(program())
                .args(["user", "add", "--data"])
                .arg(data.path())
                .args(["--login", login, "--name", "压测", "--role", role])
                .args([
                    "--area",
                    if login == "bench" {
                        "350703001012"
                    } else {
                        "350703"
                    },
                ])
                .args(["--password", PASSWORD]));
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
            .env("GEWU_LOG", "error")
            .stdout(Stdio::null())
            .stderr(Stdio::inherit())
            .spawn()
            .expect("gewu-server is built beside this program");
        let _ = rustls::crypto::ring::default_provider().install_default();
        let server = Self {
            child,
            data,
            url: format!("{}://127.0.0.1:{port}", if tls { "https" } else { "http" }),
            client: client(),
            office: OnceCell::new(),
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
        self.status_mib("VmRSS:")
    }

    /// The most that it was since the peak was forgotten, in MiB.
    pub(crate) fn peak_mib(&self) -> f64 {
        self.status_mib("VmHWM:")
    }

    /// Begins to look for a new peak.
    pub(crate) fn forget_peak(&self) {
        std::fs::write(format!("/proc/{}/clear_refs", self.child.id()), "5").unwrap();
    }

    fn status_mib(&self, name: &str) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with(name)).unwrap();
        let kib = line.split_whitespace().nth(1).unwrap();
        kib.parse::<f64>().unwrap() / 1024.0
    }

    /// A one-time enrolment code as the console makes it, with the certificate's fingerprint where
    /// there is one.
    pub(crate) async fn invitation(&self) -> String {
        let CodeAnswer {
            code, fingerprint, ..
        } = self.code().await;
        match fingerprint {
            Some(fingerprint) => format!("{code}@{fingerprint}"),
            None => code,
        }
    }

    async fn code(&self) -> CodeAnswer {
        let (token, person) = self.office.get_or_init(|| self.sign_in()).await;
        let request = self.client.post(format!("{}/v1/devices/codes", self.url));
        let request = request
            .bearer_auth(token)
            .json(&NewCode { person: *person });
        let answer = request.send().await.unwrap().error_for_status().unwrap();
        answer.json::<CodeAnswer>().await.unwrap()
    }

    async fn sign_in(&self) -> (String, PersonId) {
        (
            self.session("boss").await.token,
            self.session("bench").await.me.id,
        )
    }

    /// A session of `boss` (administrator), `desk` (dispatcher) or `bench` (grid worker).
    pub(crate) async fn session(&self, login: &str) -> SignInAnswer {
        let form = SignInRequest {
            login: login.into(),
            password: PASSWORD.into(),
        };
        let request = self.client.post(format!("{}/v1/session", self.url));
        let answer = request.json(&form).send().await.unwrap();
        answer.error_for_status().unwrap().json().await.unwrap()
    }

    /// Ends the process; its data stays until this is dropped.
    pub(crate) fn stop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// The server's process time so far, in all its threads.
    pub(crate) fn cpu_time(&self) -> Duration {
        let text = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap();
        let (_, fields) = text.rsplit_once(')').unwrap();
        let ticks = fields.split_whitespace().skip(11).take(2);
        let ticks: u64 = ticks.map(|ticks| ticks.parse::<u64>().unwrap()).sum();
        Duration::from_millis(ticks * 1_000 / TICKS_A_SECOND)
    }

    /// The real handheld in a folder, bound over an address that leads to this server.
    pub(crate) async fn bind(&self, app: &App, edge: &Edge, address: &str) {
        let form = Enrolment {
            server: address.to_owned(),
            code: self.invitation().await,
            device_name: "bench".into(),
            platform: "linux".into(),
        };
        app.enrol(&form, edge).await.unwrap();
    }

    /// The real handheld, encrypted as it ships, bound to this server.
    pub(crate) async fn handheld(&self, folder: &Path) -> (App, Edge) {
        let app = App::open(folder, Config::default()).unwrap();
        let edge = Edge::system();
        self.bind(&app, &edge, &self.url).await;
        (app, edge)
    }

    /// The enrolment that a handheld makes.
    pub(crate) async fn enrol(&self) -> Device {
        let key = SecretKey::from_seed(Sha256::of(Uuid::now_v7().as_bytes()).bytes());
        let request = EnrolRequest {
            code: self.code().await.code,
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

/// A client for a server whose certificate nobody vouches for.
pub(crate) fn client() -> Client {
    Client::builder()
        .tls_danger_accept_invalid_certs(true)
        .no_proxy()
        .build()
        .unwrap()
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
        assert!(status.is_success(), "{status} {text}");
        applied(text.as_bytes());
        time
    }
}

/// Checks that every operation of a push was applied; how many there were.
pub(crate) fn applied(answer: &[u8]) -> usize {
    let text = String::from_utf8_lossy(answer);
    let answer: PushAnswer = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{text}"));
    let results = &answer.results;
    assert!(
        results.iter().all(|r| r.outcome == Outcome::Applied),
        "{text}"
    );
    assert!(answer.seal.is_some(), "no receipt: {text}");
    results.len()
}
