//! A real server in this process: its own database and folders, a random port, a clock in the
//! test's hand, people and handhelds made in milliseconds.
//!
//! The district is 建阳区 cut down to two streets, read from the shipped files. Everything is
//! asked over HTTP, as a handheld or a browser would; only accounts and sessions are put in place
//! directly, because hashing passwords is slow on purpose.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a world that can't be made must fail its test loudly"
)]

use crate::backends::Backend;
use reqwest::{Client, Method};
use serde_json::{Value, json};
use shared::chain::{Link, signed_text};
use shared::id::{
    AreaCode, CatalogueVersion, DeviceId, OpId, PersonId, PostId, ReportId, Sha256, UnitCode,
};
use shared::operation::{CHAIN_START, OPERATION_VERSION, Operation, kind, seal};
use shared::report::{PhotoRef, PhotoRole};
use shared::role::{PostKind, Role};
use shared::signature::{PublicKey, SecretKey};
use shared::time::Timestamp;
use shared::wire::console::{NewPerson, NewPost};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, OnceLock};
use sync_server::config::{DataArgs, LogFormat, ServeArgs};
use sync_server::http::auth::hash;
use sync_server::photo_store::PhotoStore;
use sync_server::serve::Server;
use sync_server::service::district::District;
use sync_server::service::people::NewIds;
use sync_server::service::{Fault, devices, init, people, receipts, sessions};
use sync_server::store::Store;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;
use uuid::Uuid;

/// Tuesday 24 November 2026, 10:30 in China: within working hours.
pub const START: Timestamp = Timestamp(1_795_487_400_000);
/// The street in which things happen.
pub const HERE: &str = "350703001";
/// Another street, whose people have nothing to do with it.
pub const ELSEWHERE: &str = "350703002";
/// The community of the worker.
pub const COMMUNITY: &str = "350703001012";
/// Inside 七贤社区: latitude and longitude × 10⁷.
pub const PLACE: (i64, i64) = (271_505_000, 1_180_292_000);
/// The grid of that place.
pub const GRID: &str = "350703001012001004002";
/// A place in the other street.
pub const PLACE_ELSEWHERE: (i64, i64) = (272_169_980, 1_180_152_364);

/// A server with its district.
pub struct World {
    /// Where it listens.
    pub address: SocketAddr,
    /// Its store, for looking behind the curtain.
    pub store: Store,
    /// Its district, as it knows it.
    pub district: Arc<District>,
    runtime: Runtime,
    client: Client,
    clock: Arc<AtomicI64>,
    stop: Option<oneshot::Sender<()>>,
    done: Option<tokio::task::JoinHandle<anyhow::Result<()>>>,
    _folder: tempfile::TempDir,
}

/// An answer.
#[derive(Debug, Clone)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// Headers by their lower-case names.
    pub headers: HashMap<String, String>,
    /// The body as JSON, null when it is none.
    pub json: Value,
    /// The body.
    pub bytes: Vec<u8>,
}

impl Reply {
    /// A member of the answer by its JSON pointer, null when it isn't there.
    #[must_use]
    pub fn at(&self, pointer: &str) -> &Value {
        self.json.pointer(pointer).unwrap_or(&Value::Null)
    }

    /// The code of an error answer.
    #[must_use]
    pub fn code(&self) -> &str {
        self.at("/code").as_str().unwrap_or_default()
    }
}

/// The shipped folder of 建阳区.
#[must_use]
pub fn district_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/districts/350703")
}

/// The usual settings on a random port.
#[must_use]
pub fn serve_args(data: DataArgs) -> ServeArgs {
    ServeArgs {
        commit_delay_ms: 0,
        data,
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        tls_cert: None,
        tls_key: None,
        behind_proxy: Vec::new(),
        tiles: None,
        emergency: false,
        readers: 2,
        log_format: LogFormat::Text,
    }
}

/// 建阳区 with two of its streets, read once.
fn plan() -> &'static init::Plan {
    static PLAN: OnceLock<init::Plan> = OnceLock::new();
    PLAN.get_or_init(|| {
        let mut plan = init::read(&district_folder(), 2026).expect("the shipped district");
        let within =
            |code: &str| code == "350703" || code.starts_with(HERE) || code.starts_with(ELSEWHERE);
        plan.areas.retain(|row| within(row.area.code.as_str()));
        plan.units.retain(|unit| within(unit.area.as_str()));
        plan
    })
}

impl World {
    /// Makes the district in a database and serves it.
    #[must_use]
    pub fn new(backend: &Backend) -> Self {
        Self::with(backend, |_| {})
    }

    /// As [`World::new`], with a last look at the fresh store before it is served.
    #[must_use]
    pub fn with(backend: &Backend, prepare: impl FnOnce(&Store)) -> Self {
        let store = backend.create();
        let plan = plan();
        let district = plan.district.clone();
        store
            .write_blocking(&district, move |tx| {
                init::store(tx, plan, "epoch-1", Timestamp(START.0 - 86_400_000))
            })
            .expect("the district is stored");
        prepare(&store);
        store.close_blocking();
        let folder = tempfile::tempdir().expect("a folder");
        Self::serve(backend, folder)
    }

    /// Serves a database that is there, with a folder for photos.
    #[must_use]
    pub fn serve(backend: &Backend, folder: tempfile::TempDir) -> Self {
        let data = DataArgs {
            data: folder.path().to_owned(),
            store: Some(backend.url.clone()),
            photos: None,
        };
        PhotoStore::create(&data.photos_url(), &data.spool_dir()).expect("folders for photos");
        let settings = serve_args(data);
        let clock = Arc::new(AtomicI64::new(START.0));
        let hand = Arc::clone(&clock);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .expect("a runtime");
        let server = runtime
            .block_on(Server::prepare(
                settings,
                Arc::new(move || Timestamp(hand.load(Ordering::SeqCst))),
            ))
            .expect("a server");
        let address = server.address();
        let store = server.store().clone();
        let district = server.district().clone();
        let (stop, stopped) = oneshot::channel();
        let done = runtime.spawn(server.run(async move { drop(stopped.await) }));
        drop(rustls::crypto::ring::default_provider().install_default());
        let client = Client::builder().no_proxy().build().expect("a client");
        Self {
            address,
            store,
            district,
            runtime,
            client,
            clock,
            stop: Some(stop),
            done: Some(done),
            _folder: folder,
        }
    }

    /// The server's time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        Timestamp(self.clock.load(Ordering::SeqCst))
    }

    /// Lets the server's time go on.
    pub fn pass_ms(&self, ms: i64) {
        self.clock.fetch_add(ms, Ordering::SeqCst);
    }

    /// Asks the server; `token` as bearer.
    #[must_use]
    pub fn ask(&self, method: &str, path: &str, token: &str, body: Option<&Value>) -> Reply {
        let body = body.map(Value::to_string);
        let mut headers = Vec::new();
        let bearer = format!("Bearer {token}");
        if !token.is_empty() {
            headers.push(("authorization", bearer.as_str()));
        }
        if body.is_some() {
            headers.push(("content-type", "application/json"));
        }
        self.send(
            method,
            path,
            &headers,
            body.unwrap_or_default().into_bytes(),
        )
    }

    /// Fetches something.
    #[must_use]
    pub fn get(&self, path: &str, token: &str) -> Reply {
        self.ask("GET", path, token, None)
    }

    /// Posts JSON.
    #[must_use]
    pub fn post(&self, path: &str, token: &str, body: &Value) -> Reply {
        self.ask("POST", path, token, Some(body))
    }

    /// Sends a request as it is.
    #[must_use]
    pub fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Reply {
        self.runtime
            .block_on(self.sending(method, path, headers, body))
    }

    /// The same, for several at once.
    ///
    /// # Panics
    /// When the server doesn't answer.
    pub async fn sending(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> Reply {
        let method = Method::from_bytes(method.as_bytes()).expect("a method");
        let url = format!("http://{}{path}", self.address);
        let mut request = self.client.request(method, url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = request.body(body).send().await.expect("an answer");
        let status = answer.status().as_u16();
        let headers = answer
            .headers()
            .iter()
            .map(|(name, value)| {
                let text = String::from_utf8_lossy(value.as_bytes()).into_owned();
                (name.as_str().to_owned(), text)
            })
            .collect();
        let bytes = answer.bytes().await.expect("a body").to_vec();
        let json = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        Reply {
            status,
            headers,
            json,
            bytes,
        }
    }

    /// Sends the same request several times at once.
    #[must_use]
    pub fn at_once(&self, times: usize, path: &str, token: &str, body: &Value) -> Vec<Reply> {
        let bearer = format!("Bearer {token}");
        let text = body.to_string();
        self.runtime.block_on(async {
            let headers = [
                ("authorization", bearer.as_str()),
                ("content-type", "application/json"),
            ];
            let mut waiting: Vec<_> = (0..times)
                .map(|_| Box::pin(self.sending("POST", path, &headers, text.clone().into_bytes())))
                .collect();
            // Polled together: each is on its way before the first has its answer.
            let mut replies = Vec::new();
            std::future::poll_fn(|context| {
                waiting.retain_mut(|one| match one.as_mut().poll(context) {
                    std::task::Poll::Ready(reply) => {
                        replies.push(reply);
                        false
                    }
                    std::task::Poll::Pending => true,
                });
                if waiting.is_empty() {
                    std::task::Poll::Ready(())
                } else {
                    std::task::Poll::Pending
                }
            })
            .await;
            replies
        })
    }

    /// Adds a person with one post, without a password.
    #[must_use]
    pub fn person(&self, role: Role, area: &str, unit: Option<&str>) -> PersonId {
        self.person_called(&Uuid::now_v7().simple().to_string(), role, area, unit, None)
    }

    /// Adds a person with one post.
    #[must_use]
    pub fn person_called(
        &self,
        login: &str,
        role: Role,
        area: &str,
        unit: Option<&str>,
        password: Option<&str>,
    ) -> PersonId {
        let post = NewPost {
            role,
            area: AreaCode::new(area).unwrap(),
            unit: unit.map(|unit| UnitCode::new(unit).unwrap()),
            kind: PostKind::default(),
        };
        let new = NewPerson {
            login: login.to_owned(),
            name: format!("某人{}", role.as_str()),
            password: password.map(str::to_owned),
            posts: vec![post],
        };
        let password_hash = people::prepare(&new, &self.district).unwrap();
        let person = PersonId(Uuid::now_v7());
        let ids = NewIds {
            person,
            posts: vec![PostId(Uuid::now_v7())],
        };
        let (district, now) = (Arc::clone(&self.district), self.now());
        let code = district.code.clone();
        self.store
            .write_blocking(&code, move |tx| {
                people::create(
                    tx,
                    None,
                    &district,
                    &new,
                    password_hash.as_deref(),
                    &ids,
                    now,
                )
            })
            .expect("a person");
        person
    }

    /// A console session of a person: its token.
    #[must_use]
    pub fn console(&self, person: PersonId) -> String {
        let token = Uuid::now_v7().to_string();
        let (token_hash, now) = (hash(&token), self.now());
        self.store
            .write_blocking(&self.district.code, move |tx| {
                sessions::begin(tx, person, None, token_hash, now)
            })
            .expect("a session");
        token
    }

    /// A console session of a new person.
    #[must_use]
    pub fn console_of(&self, role: Role, area: &str, unit: Option<&str>) -> String {
        self.console(self.person(role, area, unit))
    }

    /// A one-time code that binds a handheld to a person.
    #[must_use]
    pub fn enrol_code(&self, person: PersonId) -> String {
        let code = devices::code_from(Uuid::now_v7().into_bytes()[8..].try_into().unwrap());
        let code_hash = devices::code_hash(&code);
        let (district, now) = (Arc::clone(&self.district), self.now());
        let area = district.code.clone();
        self.store
            .write_blocking(&area, move |tx| {
                devices::new_code(tx, None, &district, person, code_hash, now)
            })
            .expect("a code");
        code
    }

    /// The server's clock, for a handheld that shows the same time.
    #[must_use]
    pub fn clock(&self) -> Arc<AtomicI64> {
        Arc::clone(&self.clock)
    }

    /// Enrols a handheld for a person, with a code and over HTTP. It signs what it sends.
    #[must_use]
    pub fn handheld(&self, person: PersonId) -> Handheld {
        let device = DeviceId(Uuid::now_v7());
        let key = SecretKey::from_seed(Sha256::of(device.0.as_bytes()).bytes());
        self.handheld_with(person, device, Some(key))
    }

    /// Enrols a handheld of one's own making; without a key it is one from before there were keys.
    #[must_use]
    pub fn handheld_with(
        &self,
        person: PersonId,
        device: DeviceId,
        key: Option<SecretKey>,
    ) -> Handheld {
        let code = self.enrol_code(person);
        let mut body = json!({
            "code": code, "device_id": device, "name": "测试机", "platform": "linux",
            "app_version": "0.1.0",
        });
        if let Some(key) = &key {
            body["key"] = json!(key.public());
        }
        let answer = self.post("/v1/devices/enrol", "", &body);
        assert_eq!(answer.status, 200, "{answer:?}");
        Handheld {
            token: answer.at("/token").as_str().unwrap().to_owned(),
            device,
            person,
            seq: 0,
            last: CHAIN_START,
            catalogue: self.district.catalogue.version().clone(),
            wall: self.now(),
            key,
        }
    }

    /// Another token for a handheld that is enrolled.
    #[must_use]
    pub fn again(&self, handheld: &Handheld) -> String {
        let token = Uuid::now_v7().to_string();
        let (token_hash, now) = (hash(&token), self.now());
        let (person, device) = (handheld.person, Some(handheld.device));
        self.store
            .write_blocking(&self.district.code, move |tx| {
                sessions::begin(tx, person, device, token_hash, now)
            })
            .expect("a session");
        token
    }

    /// A worker of 七贤社区 with a handheld.
    #[must_use]
    pub fn worker(&self) -> Handheld {
        self.handheld(self.person(Role::GridWorker, COMMUNITY, None))
    }

    /// Pushes operations and gives the answer.
    #[must_use]
    pub fn push(&self, handheld: &Handheld, ops: &[Value]) -> Reply {
        self.post("/v1/sync/push", &handheld.token, &handheld.request(ops))
    }

    /// Pulls everything from the beginning: the rows of all pages.
    ///
    /// # Panics
    /// When a page is refused.
    #[must_use]
    pub fn pull_all(&self, handheld: &Handheld) -> Vec<Value> {
        let (mut rows, mut buckets) = (Vec::new(), json!({}));
        loop {
            let body = json!({"buckets": buckets, "limit": 2});
            let page = self.post("/v1/sync/pull", &handheld.token, &body);
            assert_eq!(page.status, 200, "{page:?}");
            rows.extend(page.at("/rows").as_array().cloned().unwrap_or_default());
            buckets = page.at("/buckets").clone();
            if page.at("/more") == false {
                return rows;
            }
        }
    }

    /// The key that the server signs receipts with.
    ///
    /// # Panics
    /// When there is none.
    #[must_use]
    pub fn receipt_key(&self) -> PublicKey {
        let key = self.look(|tx| receipts::key(tx));
        key.expect("made when the server began").public()
    }

    /// Runs something on the store and gives what it answers.
    ///
    /// # Panics
    /// When the store refuses.
    pub fn look<T: Send + 'static>(
        &self,
        look: impl FnOnce(&mut dyn sync_server::store::Tx) -> Result<T, Fault> + Send + 'static,
    ) -> T {
        self.store.read_blocking(look).expect("a look at the store")
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some(done) = self.done.take() {
            // A server that hangs must fail its test rather than hang the others.
            let ended = self.runtime.block_on(async {
                tokio::time::timeout(std::time::Duration::from_secs(20), done).await
            });
            if !std::thread::panicking() {
                assert!(ended.is_ok(), "the server did not stop");
            }
        }
    }
}

/// A handheld that forgets nothing: a stream of operations.
#[derive(Debug, Clone)]
pub struct Handheld {
    /// Its bearer token.
    pub token: String,
    /// The installation.
    pub device: DeviceId,
    /// Who carries it.
    pub person: PersonId,
    /// How many operations it has made.
    pub seq: u64,
    /// Hash of the last one.
    pub last: Sha256,
    /// The catalogue it fills reports with.
    pub catalogue: CatalogueVersion,
    /// Its clock.
    pub wall: Timestamp,
    /// What it signs with; none for one from before there were keys.
    pub key: Option<SecretKey>,
}

impl Handheld {
    /// A report that everything is right with; 上水井盖缺失 with one photo.
    #[must_use]
    pub fn report(&self) -> Value {
        json!({
            "category": "C0101", "condition": "C0101-1",
            "place": {"lat_e7": PLACE.0, "lon_e7": PLACE.1, "accuracy_m": 3, "source": "gps", "words": "路口"},
            "grid_doubt": [], "text": "井盖不见了", "occurred_ms": self.wall, "self_fixed": false,
        })
    }

    /// The next operation, before it is sealed.
    #[must_use]
    pub fn next(&mut self, payload: Value) -> Operation {
        self.seq += 1;
        let report = ReportId(Uuid::now_v7());
        Operation {
            v: OPERATION_VERSION,
            op_id: OpId(Uuid::now_v7()),
            device_id: self.device,
            epoch: 1,
            seq: self.seq,
            prev_hash: self.last,
            kind: kind::REPORT_FILE.to_owned(),
            subject: report.to_string(),
            base_revision: None,
            catalogue_version: self.catalogue.clone(),
            app_version: "0.1.0".to_owned(),
            wall_ms: self.wall,
            mono_ms: 1,
            boot_id: "boot".to_owned(),
            offset_ms: None,
            actor: self.person,
            payload,
            photos: vec![photo_ref(format!("photo of {report}").as_bytes())],
        }
    }

    /// Seals an operation as the newest of the stream.
    #[must_use]
    pub fn seal(&mut self, operation: Operation) -> Value {
        let sealed = seal(operation).unwrap();
        self.last = sealed.hash;
        serde_json::from_str(&sealed.text).unwrap()
    }

    /// Files a report.
    #[must_use]
    pub fn file(&mut self, payload: Value) -> Value {
        let operation = self.next(payload);
        self.seal(operation)
    }

    /// Files the usual report with another text.
    #[must_use]
    pub fn file_text(&mut self, text: &str) -> Value {
        let mut report = self.report();
        report["text"] = json!(text);
        self.file(report)
    }

    /// The request that delivers operations.
    #[must_use]
    pub fn request(&self, ops: &[Value]) -> Value {
        let mut request = json!({
            "device_id": self.device, "epoch": 1, "made": self.seq, "nonce": "n-1",
            "wall_ms": self.wall, "ops": ops,
        });
        if let Some(key) = &self.key {
            let links: Vec<Link> = ops.iter().filter_map(Link::of).collect();
            request["signature"] = json!(key.sign(&signed_text(&links)));
        }
        request
    }
}

/// The outcome of each operation of a push, with its code when it has one.
#[must_use]
pub fn outcomes(reply: &Reply) -> Vec<String> {
    assert_eq!(reply.status, 200, "{reply:?}");
    let results = reply.at("/results").as_array().unwrap();
    results
        .iter()
        .map(|result| {
            let outcome = result["outcome"].as_str().unwrap();
            match result["code"].as_str() {
                Some(code) => format!("{outcome}: {code}"),
                None => outcome.to_owned(),
            }
        })
        .collect()
}

/// What a report says of a photo.
#[must_use]
pub fn photo_ref(bytes: &[u8]) -> PhotoRef {
    PhotoRef {
        sha256: Sha256::of(bytes),
        bytes: u64::try_from(bytes.len()).unwrap(),
        mime: "image/jpeg".to_owned(),
        role: PhotoRole::Near,
        width: 640,
        height: 480,
        original_sha256: None,
        preview: None,
    }
}
