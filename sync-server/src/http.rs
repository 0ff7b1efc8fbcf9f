//! The server's door: every route on this page, what all of them share around it.
//!
//! A handler decodes, calls one service in one transaction, encodes; it never touches a `Tx`
//! beyond handing it on. The clock is read and ids are minted here and in `main` only. Which role
//! may call which route where is held by `tests/tests/access.rs`, which reads this list.

mod archive;
mod areas;
mod assets;
mod audit;
pub mod auth;
mod brake;
mod case_photos;
mod cases;
mod catalogue;
mod contacts;
mod courier;
mod devices;
mod error;
mod events;
mod extract;
mod files;
mod hashers;
mod health;
mod layers;
mod orders;
mod patrols;
mod people;
mod photos;
mod quarantine;
mod receipts;
mod remembered;
mod session;
mod similar;
mod statistics;
mod sync;
mod tokens;
mod units;
mod worklists;

use crate::config::ServeArgs;
use crate::photo_store::PhotoStore;
use crate::pokes::Pokes;
use crate::service::Fault;
use crate::service::district::{District, Present};
use crate::store::{Store, Tx};
use axum::Router;
use axum::extract::DefaultBodyLimit;
use brake::Brake;
use error::Refusal;
use hashers::Hashers;
use remembered::Remembered;
use shared::id::Sha256;
use shared::signature::SecretKey;
use shared::time::Timestamp;
use std::sync::Arc;
use std::time::{Instant, SystemTime, UNIX_EPOCH};
use tokio::sync::Semaphore;
use utoipa::OpenApi;
use utoipa::openapi::OpenApi as Document;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouterExt};
use utoipa_axum::routes;
use uuid::Uuid;

/// What all handlers share. Cheap to clone.
#[derive(Clone)]
pub struct App {
    inner: Arc<Inner>,
}

struct Inner {
    store: Store,
    photos: PhotoStore,
    turns: files::Turns,
    present: Arc<Present>,
    receipt_key: SecretKey,
    settings: ServeArgs,
    is_https: bool,
    fingerprint: Option<Sha256>,
    brake: Brake,
    remembered: Remembered,
    pokes: Arc<Pokes>,
    hashers: Hashers,
    /// Courier files are in memory, so one at a time.
    courier_turns: Semaphore,
    openapi: std::sync::OnceLock<String>,
    clock: Clock,
}

/// Where the time comes from: the system, or a test's hand.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// The system's clock.
#[must_use]
pub fn system_clock() -> Clock {
    Arc::new(|| {
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    })
}

impl App {
    /// Puts together what handlers share.
    #[must_use]
    pub fn new(
        store: Store,
        photos: PhotoStore,
        present: Arc<Present>,
        receipt_key: SecretKey,
        settings: ServeArgs,
        fingerprint: Option<Sha256>,
        clock: Clock,
    ) -> Self {
        let inner = Inner {
            store,
            photos,
            turns: files::Turns::default(),
            present,
            receipt_key,
            is_https: settings.is_https(),
            settings,
            fingerprint,
            brake: Brake::default(),
            remembered: Remembered::default(),
            pokes: Arc::default(),
            hashers: Hashers::default(),
            courier_turns: Semaphore::new(courier::AT_ONCE),
            openapi: std::sync::OnceLock::new(),
            clock,
        };
        Self {
            inner: Arc::new(inner),
        }
    }

    fn store(&self) -> &Store {
        &self.inner.store
    }

    pub(crate) fn photos(&self) -> &PhotoStore {
        &self.inner.photos
    }

    fn turns(&self) -> &files::Turns {
        &self.inner.turns
    }

    /// The district as it is now.
    fn district(&self) -> Arc<District> {
        self.inner.present.get()
    }

    /// Takes up what was just published or ordered, and tells everybody who listens. Other servers
    /// on this database notice by themselves.
    async fn renew(&self) -> Result<(), Fault> {
        let (district, now) = (self.district(), self.now());
        let renewed = self
            .store()
            .read(move |tx| district.renewed(tx, now))
            .await?;
        if let Some(district) = renewed {
            self.inner.present.renew(district);
            self.pokes().everyone(Instant::now());
        }
        Ok(())
    }

    pub(crate) fn receipt_key(&self) -> &SecretKey {
        &self.inner.receipt_key
    }

    fn settings(&self) -> &ServeArgs {
        &self.inner.settings
    }

    /// Days that a contact is kept after its case was closed.
    pub(crate) fn contact_days(&self) -> i64 {
        self.inner.settings.contact_days
    }

    /// Whoever listens for news.
    #[must_use]
    pub fn pokes(&self) -> &Arc<Pokes> {
        &self.inner.pokes
    }

    /// Whether browsers reach it over https, as it was when the server started.
    fn is_https(&self) -> bool {
        self.inner.is_https
    }

    /// Of the certificate that handhelds have to pin.
    fn fingerprint(&self) -> Option<Sha256> {
        self.inner.fingerprint
    }

    fn brake(&self) -> &Brake {
        &self.inner.brake
    }

    /// Who pushed lately.
    fn remembered(&self) -> &Remembered {
        &self.inner.remembered
    }

    /// Runs work with a password beside the async threads, a few at a time.
    pub(crate) async fn with_password<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Refusal> {
        self.inner.hashers.run(work).await
    }

    /// Whoever delivers a courier file.
    fn courier_turns(&self) -> &Semaphore {
        &self.inner.courier_turns
    }

    fn now(&self) -> Timestamp {
        (self.inner.clock)()
    }

    /// Runs a service on one moment of the store, with the district and the time.
    async fn read<T: Send + 'static>(
        &self,
        look: impl FnOnce(&mut dyn Tx, &District, Timestamp) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Fault> {
        let (district, now) = (self.district(), self.now());
        let look = move |tx: &mut dyn Tx| look(tx, &district, now);
        self.store().read(look).await
    }

    /// Runs a service in a writing transaction of the district; it may run more than once.
    async fn write<T: Send + 'static>(
        &self,
        mut work: impl FnMut(&mut dyn Tx, &District, Timestamp) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Fault> {
        let (district, now) = (self.district(), self.now());
        let code = district.code.clone();
        let work = move |tx: &mut dyn Tx| work(tx, &district, now);
        self.store().write(&code, work).await
    }
}

/// A new id; time-ordered, so that rows made together lie together.
pub(crate) fn new_id() -> Uuid {
    Uuid::now_v7()
}

/// Letters of a token: 43 of 64 kinds are more than 256 bits.
const TOKEN_LETTERS: &[u8; 64] =
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// A new token, from the system's randomness.
pub(crate) fn new_token() -> String {
    let random: [u8; 43] = rand::random();
    let letter = |byte: u8| {
        TOKEN_LETTERS
            .get(usize::from(byte & 63))
            .copied()
            .unwrap_or(b'A')
    };
    random
        .into_iter()
        .map(|byte| char::from(letter(byte)))
        .collect()
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Gewu",
        description = "Grid case platform: handhelds push operations and pull states; the console lists and moves cases. Errors have one shape, `ErrorAnswer`."
    ),
    components(schemas(
        shared::operation::Operation,
        shared::report::FiledReport,
        shared::wire::sync::CaseState,
        shared::wire::error::ErrorAnswer
    ))
)]
struct Api;

/// Every route, with its documentation.
fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(Api::openapi())
        .routes(routes!(health::healthz))
        .routes(routes!(health::readyz))
        .routes(routes!(health::openapi))
        .routes(routes!(session::sign_in, session::sign_out))
        .routes(routes!(session::me))
        .routes(routes!(devices::enrol))
        .routes(routes!(tokens::challenge))
        .routes(routes!(tokens::token))
        .routes(routes!(devices::new_code))
        .routes(routes!(devices::list))
        .routes(routes!(devices::set_lost))
        .routes(routes!(audit::list))
        .routes(routes!(people::end_sessions))
        .routes(routes!(sync::push).layer(sync::push_body_limit()))
        .routes(routes!(sync::pull))
        .routes(routes!(courier::deliver).layer(DefaultBodyLimit::disable()))
        .routes(routes!(sync::limits))
        .routes(routes!(receipts::key))
        .routes(routes!(archive::roots))
        .routes(routes!(archive::state))
        .routes(routes!(archive::check_day))
        .routes(routes!(archive::check_case))
        .routes(routes!(events::events))
        .routes(routes!(photos::get, photos::head))
        .routes(routes!(files::create, files::options).layer(DefaultBodyLimit::disable()))
        .routes(
            routes!(files::head, files::append, files::terminate)
                .layer(DefaultBodyLimit::disable()),
        )
        .routes(routes!(catalogue::get))
        .routes(routes!(catalogue::drafts::list))
        .routes(routes!(catalogue::drafts::begin))
        .routes(routes!(catalogue::drafts::get, catalogue::drafts::give_up))
        .routes(routes!(catalogue::drafts::edit).layer(catalogue::drafts::edits_limit()))
        .routes(routes!(catalogue::parts::import).layer(catalogue::parts::body_limit()))
        .routes(routes!(catalogue::parts::export))
        .routes(routes!(catalogue::drafts::dry_run))
        .routes(routes!(catalogue::drafts::publish))
        .routes(routes!(orders::list, orders::give))
        .routes(routes!(orders::end))
        .routes(routes!(areas::get))
        .routes(routes!(units::list))
        .routes(routes!(cases::list))
        .routes(routes!(cases::get))
        .routes(routes!(cases::colleagues))
        .routes(routes!(cases::move_case))
        .routes(routes!(cases::looked))
        .routes(routes!(case_photos::add).layer(DefaultBodyLimit::disable()))
        .routes(routes!(similar::of_case))
        .routes(routes!(similar::repeated))
        .routes(routes!(contacts::read, contacts::erase))
        .routes(routes!(worklists::list))
        .routes(routes!(statistics::get))
        .routes(routes!(patrols::list))
        .routes(routes!(people::list, people::create))
        .routes(routes!(people::add_post))
        .routes(routes!(people::end_post))
        .routes(routes!(people::set_closed))
        .routes(routes!(people::set_password))
        .routes(routes!(people::change_password))
        .routes(routes!(quarantine::list))
        .routes(routes!(quarantine::resolve))
}

/// The OpenAPI document.
#[must_use]
pub fn document() -> Document {
    routes().into_openapi()
}

/// The whole server as one service.
pub fn router(app: &App) -> Router {
    let (router, document) = routes().split_for_parts();
    // Without a document the address answers with an error; nothing else depends on it.
    if let Ok(text) = document.to_json() {
        let _ = app.inner.openapi.set(text);
    }
    let router = router.fallback(assets::fallback).with_state(app.clone());
    layers::around(router, app)
}
