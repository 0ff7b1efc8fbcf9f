//! From settings to a running server and back to a quiet end.

use crate::config::{ServeArgs, require_dir};
use crate::descriptors;
use crate::door::{Door, Guard};
use crate::http::{App, Clock, new_id, router};
use crate::photo_store::PhotoStore;
use crate::pokes::{self, Pokes};
use crate::sealing;
use crate::service::district::{District, Present};
use crate::service::{Fault, audit, cases, contacts, feed, receipts, sessions, statistics};
use crate::serving::{self, Patience};
use crate::store::{Store, StoreOptions};
use crate::sweeping;
use anyhow::{Context, ensure};
use shared::id::Sha256;
use shared::signature::SecretKey;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// How soon a failed disk is noticed.
const LOOK_AT_DISK_EVERY: Duration = Duration::from_secs(1);
/// How often old cases leave the handhelds: a day more or less matters to nobody.
const HOUSEKEEPING_EVERY: Duration = Duration::from_secs(60 * 60);

/// How often what falls due is looked for: nobody sees a light change within ten seconds.
const DUE_EVERY: Duration = Duration::from_secs(10);

/// A server that is ready to take requests.
pub struct Server {
    door: Door,
    is_tls: bool,
    app: App,
    store: Store,
    present: Arc<Present>,
    clock: Clock,
}

impl Server {
    /// Opens what is there and binds the address. Creates no database.
    ///
    /// # Errors
    /// When the folder or database is missing, with the line to run; when the address is taken;
    /// when it would be reached over the network without TLS.
    pub async fn prepare(settings: ServeArgs, clock: Clock) -> anyhow::Result<Self> {
        require_dir(&settings.data.data)?;
        let (guard, fingerprint) = guard(&settings)?;
        let url = settings.data.store_url();
        let readers = settings.readers.max(1);
        let commit_delay = Duration::from_millis(settings.commit_delay_ms);
        let options = StoreOptions::default()
            .readers(readers)
            .commit_delay(commit_delay);
        let store = tokio::task::spawn_blocking(move || options.open(&url)).await??;
        let photos = PhotoStore::open(&settings.data.photos_url(), &settings.data.spool_dir())?;
        let now = clock();
        let district = store
            .read(move |tx| {
                let district = District::load(tx, now)?;
                // Now, so that the first handheld doesn't wait for it.
                district.areas_bundle.gzip();
                Ok(district)
            })
            .await;
        let district = district.map_err(|fault: Fault| anyhow::anyhow!("{fault}"))?;
        // A district that was set up before there were receipts gets its key now.
        let seed: [u8; 32] = rand::random();
        let (code, code_of_audit) = (district.code.clone(), district.code.clone());
        let receipt_key = store
            .write(&code, move |tx| {
                audit::chain_older(tx, &code_of_audit)?;
                receipts::ensure_key(tx, &seed)
            })
            .await;
        let receipt_key = receipt_key.map_err(|fault: Fault| anyhow::anyhow!("{fault}"))?;
        let present = Arc::new(Present::new(district));
        // What happened before anything was counted is counted now, once.
        let (facts, now) = (present.get(), clock());
        let code = facts.code.clone();
        let counted = store.write(&code, move |tx| statistics::ensure_counted(tx, &facts, now));
        let counted = counted.await;
        counted.map_err(|fault: Fault| anyhow::anyhow!("{fault}"))?;
        let listener = TcpListener::bind(settings.listen)
            .await
            .with_context(|| format!("could not listen on {}", settings.listen))?;
        let is_tls = matches!(guard, Guard::Tls(_));
        let door = Door::open(listener, guard, descriptors::raise())?;
        let app = App::new(
            store.clone(),
            photos,
            Arc::clone(&present),
            receipt_key,
            settings,
            fingerprint,
            Arc::clone(&clock),
        );
        Ok(Self {
            door,
            is_tls,
            app,
            store,
            present,
            clock,
        })
    }

    /// Where it listens; with port 0 the system chose one.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.door.address()
    }

    /// The same as clients write it.
    #[must_use]
    pub fn url(&self) -> String {
        let scheme = if self.is_tls { "https" } else { "http" };
        format!("{scheme}://{}", self.address())
    }

    /// The store, for tests and tasks beside the server.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The district, as it is served now.
    #[must_use]
    pub fn district(&self) -> Arc<District> {
        self.present.get()
    }

    /// What answers the requests, without a socket: for a simulated network.
    pub fn service(&self) -> axum::Router {
        router(&self.app)
    }

    /// Takes requests until `stop` is done, then finishes those under way and closes the store.
    ///
    /// # Errors
    /// None so far: what goes wrong with a connection ends that connection.
    pub async fn run(self, stop: impl Future<Output = ()> + Send + 'static) -> anyhow::Result<()> {
        let keeping = tokio::spawn(keep_house(
            self.store.clone(),
            Arc::clone(&self.present),
            self.app.photos().clone(),
            self.app.contact_days(),
            Arc::clone(&self.clock),
        ));
        let clocks = tokio::spawn(tell_due(
            self.store.clone(),
            Arc::clone(&self.present),
            Arc::clone(&self.clock),
        ));
        let sealing = tokio::spawn(keep_sealing(
            self.store.clone(),
            Arc::clone(&self.present),
            self.app.receipt_key().clone(),
            Arc::clone(&self.clock),
        ));
        let pokes = Arc::clone(self.app.pokes());
        let watching = tokio::spawn(watch(
            self.store.clone(),
            Arc::clone(&self.present),
            Arc::clone(&pokes),
            self.clock,
        ));
        let store = self.store.clone();
        let stop = async move {
            tokio::select! {
                () = stop => {}
                () = until_failed(&store) => {}
            }
            // Streams would hold the server up for an hour.
            pokes.close();
        };
        serving::serve(self.door, router(&self.app), Patience::default(), stop).await;
        keeping.abort();
        clocks.abort();
        sealing.abort();
        watching.abort();
        self.store.close().await;
        anyhow::ensure!(
            !self.store.has_failed(),
            "the disk did not take what was written; look at the log and start the server again"
        );
        Ok(())
    }
}

/// Ends when the store's disk has failed: a server that answers nothing any more is to be started
/// anew by whatever watches over it.
async fn until_failed(store: &Store) {
    let mut looks = tokio::time::interval(LOOK_AT_DISK_EVERY);
    while !store.has_failed() {
        looks.tick().await;
    }
}

/// What is done every hour while the server runs. Safe to run twice and on several servers.
async fn keep_house(
    store: Store,
    present: Arc<Present>,
    photos: PhotoStore,
    contact_days: i64,
    clock: Clock,
) {
    let mut hours = tokio::time::interval(HOUSEKEEPING_EVERY);
    hours.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        hours.tick().await;
        erase_contacts(&store, &present, contact_days, &clock).await;
        sweep_spool(&store, &present, &photos, &clock).await;
        sweep_sessions(&store, &present, &clock).await;
        loop {
            let (facts, now) = (present.get(), clock());
            let code = facts.code.clone();
            let left = store
                .write(&code, move |tx| feed::let_old_cases_leave(tx, &facts, now))
                .await;
            match left {
                Ok(feed::LEAVING_AT_ONCE) => {}
                Ok(0) => break,
                Ok(cases) => {
                    tracing::info!(cases, "cases closed long ago left the handhelds");
                    break;
                }
                Err(error) => {
                    tracing::warn!(%error, "old cases could not leave the handhelds");
                    break;
                }
            }
        }
    }
}

/// Tells what falls due, for as long as the server runs. Safe to run twice and on several servers.
async fn tell_due(store: Store, present: Arc<Present>, clock: Clock) {
    let mut looks = tokio::time::interval(DUE_EVERY);
    looks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        looks.tick().await;
        loop {
            let (facts, now) = (present.get(), clock());
            let code = facts.code.clone();
            let told = store
                .write(&code, move |tx| {
                    cases::tell_due(tx, &facts, now, &mut new_id)
                })
                .await;
            match told {
                Ok(cases::DUE_AT_ONCE) => {}
                Ok(_) => break,
                Err(error) => {
                    tracing::warn!(%error, "what is due could not be told");
                    break;
                }
            }
        }
    }
}

/// Erases the contacts whose time is over.
async fn erase_contacts(store: &Store, present: &Present, days: i64, clock: &Clock) {
    loop {
        let (facts, now) = (present.get(), clock());
        let code = facts.code.clone();
        let erased = store
            .write(&code, move |tx| {
                contacts::expire(tx, &facts, days, new_id, now)
            })
            .await;
        match erased {
            Ok(contacts::ERASED_AT_ONCE) => {}
            Ok(0) => return,
            Ok(erased) => {
                tracing::info!(erased, "contacts whose time was over were erased");
                return;
            }
            Err(error) => {
                tracing::warn!(%error, "contacts could not be erased");
                return;
            }
        }
    }
}

/// Removes from the spool what is nobody's.
async fn sweep_spool(store: &Store, present: &Present, photos: &PhotoStore, clock: &Clock) {
    let district = present.get();
    match sweeping::sweep(store, photos, &district.code, clock()).await {
        Ok(0) => {}
        Ok(files) => tracing::info!(files, "files that were nobody's left the spool"),
        Err(error) => tracing::warn!(%error, "the spool could not be swept"),
    }
}

/// Removes the sessions that ended long ago.
async fn sweep_sessions(store: &Store, present: &Present, clock: &Clock) {
    loop {
        let (code, now) = (present.get().code.clone(), clock());
        match store.write(&code, move |tx| sessions::sweep(tx, now)).await {
            Ok(sessions::SWEPT_AT_ONCE) => {}
            Ok(_) => return,
            Err(error) => {
                tracing::warn!(%error, "sessions that ended could not be removed");
                return;
            }
        }
    }
}

/// Seals what was written, every few minutes. Safe to run twice and on several servers.
async fn keep_sealing(store: Store, present: Arc<Present>, key: SecretKey, clock: Clock) {
    let mut looks =
        tokio::time::interval_at(tokio::time::Instant::now() + sealing::FIRST, sealing::EVERY);
    looks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        looks.tick().await;
        if let Err(error) = sealing::seal_all(&store, &present.get(), &key, clock()).await {
            tracing::error!(%error, alarm = "archive_not_sealed",
                "the archive could not be sealed; gewu-server verify tells more");
        }
    }
}

/// Looks for news and tells whoever listens, for as long as the server runs. A catalogue that was
/// published or comes into force, and an order that was given, are taken up here, whichever server
/// they came through.
async fn watch(store: Store, present: Arc<Present>, pokes: Arc<Pokes>, clock: Clock) {
    let mut looks = tokio::time::interval(pokes::LOOK_EVERY);
    looks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut seen = None;
    let mut alive = Instant::now();
    loop {
        let now = looks.tick().await.into_std();
        if now.duration_since(alive) >= pokes::ALIVE_EVERY {
            alive = now;
            pokes.alive(now);
        }
        let (facts, moment) = (present.get(), clock());
        let news = store
            .read(move |tx| {
                let renewed = facts.renewed(tx, moment)?;
                let (newest, buckets) = feed::moved_since(tx, &facts, seen)?;
                Ok::<_, Fault>((newest, buckets, renewed))
            })
            .await;
        match news {
            Ok((newest, buckets, renewed)) => {
                seen = Some(newest);
                if let Some(district) = renewed {
                    tracing::info!(catalogue = %district.catalogue.version(),
                        "catalogues or orders changed");
                    present.renew(district);
                    pokes.everyone(now);
                }
                if !buckets.is_empty() {
                    pokes.moved(&buckets, now);
                }
            }
            // Nobody waits for it: everybody also asks now and again.
            Err(error) => tracing::debug!(%error, "could not look for news"),
        }
    }
}

/// How connections are taken, and the fingerprint of the server's own certificate where there is
/// one.
fn guard(settings: &ServeArgs) -> anyhow::Result<(Guard, Option<Sha256>)> {
    let Some(files) = settings.tls_files() else {
        ensure!(
            settings.listen.ip().is_loopback() || !settings.behind_proxy.is_empty(),
            "{} can be reached over the network, and plain HTTP would show passwords and reports to \
             everybody on the way. Name a certificate (--tls-cert, --tls-key), make one \
             (gewu-server certificate --data {} --name HOST), or name the TLS proxy in front \
             (--behind-proxy ADDRESS)",
            settings.listen,
            settings.data.data.display()
        );
        return Ok((Guard::Plain(settings.behind_proxy.clone()), None));
    };
    let guard = Guard::Tls(TlsAcceptor::from(Arc::new(files.config()?)));
    // A certificate that was named is for the system's roots to judge.
    let is_own = settings.tls_cert.is_none();
    let fingerprint = is_own.then(|| files.fingerprint()).transpose()?;
    Ok((guard, fingerprint))
}
