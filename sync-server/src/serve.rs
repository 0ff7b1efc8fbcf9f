//! From settings to a running server and back to a quiet end.

use crate::config::{ServeArgs, require_dir};
use crate::http::{App, Clock, router};
use crate::photo_store::PhotoStore;
use crate::service::district::District;
use crate::service::{Fault, receipts};
use crate::store::{Store, StoreOptions};
use anyhow::Context;
use shared::routing::Mode;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;

/// A server that is ready to take requests.
pub struct Server {
    listener: TcpListener,
    app: App,
    store: Store,
    district: Arc<District>,
}

impl Server {
    /// Opens what is there and binds the address. Creates no database.
    ///
    /// # Errors
    /// When the folder or database is missing, with the line to run; when the address is taken.
    pub async fn prepare(settings: ServeArgs, clock: Clock) -> anyhow::Result<Self> {
        require_dir(&settings.data.data)?;
        let url = settings.data.store_url();
        let readers = settings.readers.max(1);
        let commit_delay = Duration::from_millis(settings.commit_delay_ms);
        let options = StoreOptions::default()
            .readers(readers)
            .commit_delay(commit_delay);
        let store = tokio::task::spawn_blocking(move || options.open(&url)).await??;
        let photos = PhotoStore::open(&settings.data.photos_url(), &settings.data.spool_dir())?;
        let mode = if settings.emergency {
            Mode::Emergency
        } else {
            Mode::Peace
        };
        let district = store.read(move |tx| District::load(tx, mode)).await;
        let district = district.map_err(|fault: Fault| anyhow::anyhow!("{fault}"))?;
        // A district that was set up before there were receipts gets its key now.
        let seed: [u8; 32] = rand::random();
        let receipt_key = store
            .write(&district.code, move |tx| receipts::ensure_key(tx, &seed))
            .await;
        let receipt_key = receipt_key.map_err(|fault: Fault| anyhow::anyhow!("{fault}"))?;
        let listener = TcpListener::bind(settings.listen)
            .await
            .with_context(|| format!("could not listen on {}", settings.listen))?;
        let district = Arc::new(district);
        let app = App::new(
            store.clone(),
            photos,
            Arc::clone(&district),
            receipt_key,
            settings,
            clock,
        );
        Ok(Self {
            listener,
            app,
            store,
            district,
        })
    }

    /// Where it listens; with port 0 the system chose one.
    ///
    /// # Errors
    /// When the system doesn't say.
    pub fn address(&self) -> std::io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// The store, for tests and tasks beside the server.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The district, as it is served.
    #[must_use]
    pub fn district(&self) -> &Arc<District> {
        &self.district
    }

    /// What answers the requests, without a socket: for a simulated network.
    pub fn service(&self) -> axum::Router {
        router(&self.app)
    }

    /// Takes requests until `stop` is done, then finishes those under way and closes the store.
    ///
    /// # Errors
    /// When the socket breaks.
    pub async fn run(self, stop: impl Future<Output = ()> + Send + 'static) -> anyhow::Result<()> {
        let service = router(&self.app).into_make_service_with_connect_info::<SocketAddr>();
        let served = axum::serve(self.listener, service)
            .with_graceful_shutdown(stop)
            .await;
        self.store.close().await;
        served.context("could not go on serving")
    }
}
