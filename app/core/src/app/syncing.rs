//! The façade's part of sync: binding, one round, the loop, and how things stand.

use super::{App, Trouble, lock};
use crate::capture::APP_VERSION;
use crate::edge::Edge;
use crate::error::CoreError;
use crate::store::{self, StoreError, cases, cursors, device, keys, outbox, settings};
use crate::sync::backoff;
use crate::sync::engine::{Engine, Event, Round, offer_again};
use crate::sync::http::Http;
use crate::sync::transport::{Failure, Link, Transport};
use crate::vault::VaultError;
use shared::digest::Digest;
use shared::id::{Bucket, DeviceId};
use shared::invitation::{Invitation, bare};
use shared::signature::PublicKey;
use shared::time::{DAY_MS, MINUTE_MS, Timestamp};
use shared::wire::handheld::{MeView, SyncReport, SyncState, SyncStatus};
use shared::wire::sync::EnrolRequest;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// The states of cases are asked for this often while the app is open: a worker who looks sees
/// what happened a minute ago.
const ROUND_EVERY_MS: i64 = MINUTE_MS;

/// A photo that is known to be at the server is kept here this long; then its preview is enough.
const PHOTOS_KEPT_MS: i64 = 30 * DAY_MS;
/// Photos removed after one round: a little work at a time, for a screen that waits for the disk.
const PRUNED_MAX: u32 = 20;
/// The least wait after a turn that the handheld's own database ended.
const ERROR_WAIT_MS: i64 = 1_000;

/// What a binding is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enrolment {
    /// Address of the server; not needed where the code is a whole `gewu://` address.
    pub server: String,
    /// What the administrator gave: see `shared::invitation`.
    pub code: String,
    /// Model or host name, for the administrator's list.
    pub device_name: String,
    /// `android`, `linux`, …
    pub platform: String,
}

/// Sets and clears the flag that a round runs, also when its future is dropped.
struct Running<'a>(&'a App);

impl<'a> Running<'a> {
    fn begin(app: &'a App) -> Self {
        app.inner.is_running.store(true, Ordering::SeqCst);
        Self(app)
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.inner.is_running.store(false, Ordering::SeqCst);
    }
}

fn millis(ms: i64) -> Duration {
    Duration::from_millis(u64::try_from(ms).unwrap_or(1_000))
}

impl App {
    pub(super) fn is_running(&self) -> bool {
        self.inner.is_running.load(Ordering::SeqCst)
    }

    /// Sync in one look.
    ///
    /// # Errors
    /// When the store fails.
    pub fn sync_status(&self) -> Result<SyncStatus, CoreError> {
        let (device, operations_waiting, (photos_waiting, bytes_waiting), room) =
            self.store().read(|tx| {
                let waiting = outbox::waiting_number(tx)?;
                Ok((
                    device::read(tx)?,
                    waiting,
                    store::photos::waiting_number(tx)?,
                    settings::room(tx)?,
                ))
            })?;
        let trouble = lock(&self.inner.trouble).clone();
        let is_waiting = operations_waiting > 0 || photos_waiting > 0 || trouble.problem.is_some();
        let state = match &device {
            None => SyncState::NotEnrolled,
            Some(device) if device.token_refused => SyncState::Paused,
            Some(_) if self.is_running() => SyncState::Running,
            Some(_) if is_waiting => SyncState::Waiting,
            Some(_) => SyncState::AllSent,
        };
        let paused = (state == SyncState::Paused)
            .then(|| CoreError::Server(Failure::Unauthenticated).problem());
        Ok(SyncStatus {
            state,
            operations_waiting,
            photos_waiting,
            bytes_waiting,
            last_success: device.and_then(|device| device.last_success),
            next_attempt: trouble.next_attempt,
            problem: paused.or(trouble.problem),
            room,
        })
    }

    /// Binds this handheld to a person by a one-time code, then fetches catalogue and grids.
    /// Repeating it is harmless. What was filed before stays and goes on.
    ///
    /// # Errors
    /// When the server can't be reached or refuses the code, or when this handheld holds
    /// reports of another district.
    pub async fn enrol(&self, form: &Enrolment, edge: &Edge) -> Result<MeView, CoreError> {
        self.enrol_over(&Http::new()?, form, edge).await
    }

    /// The same over a transport of one's own.
    ///
    /// # Errors
    /// As [`App::enrol`].
    pub async fn enrol_over(
        &self,
        transport: &impl Transport,
        form: &Enrolment,
        edge: &Edge,
    ) -> Result<MeView, CoreError> {
        let invitation = Invitation::parse(&form.code);
        let server = invitation.address(&form.server);
        let known = self.store().read(device::read)?;
        let device_id = known
            .as_ref()
            .map_or_else(|| self.first_id(edge), |known| Ok(known.id))?;
        let key = self.device_key(edge)?;
        let request = EnrolRequest {
            code: invitation.code,
            device_id,
            name: form.device_name.clone(),
            platform: form.platform.clone(),
            app_version: APP_VERSION.to_owned(),
            key: Some(key),
            renews: true,
        };
        if known.is_some_and(|known| !known.token_refused) {
            self.deliver_before_binding(transport, edge).await;
        }
        let answer = transport.enrol(&server, &request).await?;
        self.store().write(|tx| {
            let before = device::read(tx)?;
            if let Some(before) = before {
                if before.district != answer.district && outbox::any(tx)? {
                    return Err(CoreError::OtherDistrict(before.district_name));
                }
                if before.server_epoch != answer.server_epoch {
                    // The token was lost with what the server forgot.
                    offer_again(tx)?;
                }
            }
            device::enrol(tx, &server, &answer, edge.now())?;
            if let Some(key) = &answer.receipt_key {
                keys::keep_receipt_key(tx, key)?;
            }
            settings::set(tx, "server", bare(&server))?;
            // Another person's buckets: the mirror starts over, nothing else is touched.
            for bucket in cursors::all(tx)?.positions.keys() {
                cases::leave(tx, bucket)?;
            }
            cases::forget_asked(tx)?;
            Ok(cursors::reset(tx)?)
        })?;
        // A first round brings catalogue and grids; without one the next round will.
        self.sync_over(transport, edge).await?;
        self.me()?.ok_or(CoreError::NotEnrolled)
    }

    /// The installation's id, kept before it is used: a lost answer must find the same one again.
    fn first_id(&self, edge: &Edge) -> Result<DeviceId, CoreError> {
        self.store().write(|tx| {
            if let Some(id) = settings::get(tx, "device_id")?.and_then(|text| text.parse().ok()) {
                return Ok(id);
            }
            let id = DeviceId(edge.uuid());
            settings::set(tx, "device_id", &id.to_string())?;
            Ok(id)
        })
    }

    /// The public key of this installation; the secret one is made at the first enrolment.
    fn device_key(&self, edge: &Edge) -> Result<PublicKey, CoreError> {
        let seed = edge.seed();
        self.store()
            .write(|tx| Ok(keys::ensure_device_key(tx, &seed)?.public()))
    }

    /// One round now, whatever the timers say: send what waits, fetch what is new.
    ///
    /// # Errors
    /// Only when the handheld's own database fails; what the network does is in the report.
    pub async fn sync_once(&self, edge: &Edge) -> Result<SyncReport, CoreError> {
        match Http::new() {
            Ok(http) => self.sync_over(&http, edge).await,
            Err(failure) => Err(failure.into()),
        }
    }

    /// The same over a transport of one's own.
    ///
    /// # Errors
    /// As [`App::sync_once`].
    pub async fn sync_over(
        &self,
        transport: &impl Transport,
        edge: &Edge,
    ) -> Result<SyncReport, CoreError> {
        let mut round = self.inner.round.lock().await;
        self.store()
            .write(|tx| device::set_token_refused(tx, false))?;
        round.send_photos_anyway();
        self.begin_round(&mut round, Timestamp(i64::MIN))?;
        self.run_round(transport, edge, &mut round).await
    }

    /// Syncs until the future is dropped or the key was erased: at once when something was filed,
    /// else each minute, and after failures when the back-off says so. It never gives up.
    ///
    /// # Errors
    /// Only when TLS can't be set up on this system.
    pub async fn sync_forever(&self, edge: &Edge) -> Result<(), CoreError> {
        let http = Http::new()?;
        tokio::select! {
            () = self.rounds(&http, edge) => {}
            () = self.listen(&http, edge) => {}
        }
        Ok(())
    }

    /// Wakes the loop when the server says that something moved, and each time that the line was
    /// made anew. Without the line the loop still asks each minute.
    async fn listen(&self, http: &Http, edge: &Edge) {
        let mut failures = 0_u32;
        loop {
            // While that can't be read there is nobody to listen to; the rounds say what is wrong.
            let device = self.store().read(device::read).ok().flatten();
            let link = device
                .filter(|device| !device.token_refused)
                .map(|device| Link {
                    server: device.server,
                    token: device.token,
                });
            if let Some(link) = link
                && let Ok(mut news) = http.listen(&link).await
            {
                failures = 0;
                self.inner.wake.notify_one();
                while news.next().await.is_ok() {
                    self.inner.wake.notify_one();
                }
            }
            failures = failures.saturating_add(1);
            let wait_ms = backoff::wait_ms(failures, edge.random());
            tokio::time::sleep(millis(wait_ms)).await;
        }
    }

    async fn rounds(&self, http: &Http, edge: &Edge) {
        while !self.is_erased() {
            let wait = self.sync_turn(http, edge).await;
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = self.inner.wake.notified() => {}
            }
        }
    }

    /// One turn of [`App::sync_forever`]: a round that keeps to its timers. How long the loop waits
    /// then, unless somebody wakes it.
    pub async fn sync_turn(&self, transport: &impl Transport, edge: &Edge) -> Duration {
        let outcome = {
            let mut round = self.inner.round.lock().await;
            // No wait is longer than this: what lies beyond was set before a clock was set back.
            let longest = edge.now().plus_ms(backoff::LONGEST_MS);
            // Whoever woke the loop has a reason for not waiting at all.
            let is_woken = self.inner.is_woken.swap(false, Ordering::SeqCst);
            let beyond = if is_woken {
                Timestamp(i64::MIN)
            } else {
                longest
            };
            match self.begin_round(&mut round, beyond) {
                Ok(()) => self.run_round(transport, edge, &mut round).await,
                Err(error) => Err(error),
            }
        };
        if let Err(error) = outcome {
            let mut trouble = lock(&self.inner.trouble);
            trouble.problem = Some(error.problem());
            // The moment of the last whole round is past, and at once would be without end.
            trouble.errors = trouble.errors.saturating_add(1);
            let wait_ms = backoff::wait_ms(trouble.errors, edge.random()).max(ERROR_WAIT_MS);
            trouble.next_attempt = Some(edge.now().plus_ms(wait_ms));
        }
        let until = lock(&self.inner.trouble).next_attempt;
        let wait_ms = until.map_or(ROUND_EVERY_MS, |until| until.since(edge.now()));
        let wait_ms = wait_ms.clamp(200, ROUND_EVERY_MS);
        millis(wait_ms)
    }

    /// What the mirror holds of each bucket that this handheld keeps, for tests and simulations.
    ///
    /// # Errors
    /// When the store fails.
    pub fn digests(&self) -> Result<BTreeMap<Bucket, Digest>, CoreError> {
        Ok(self.store().read(|tx| {
            let mut digests = cases::digests(tx)?;
            let cursors = cursors::all(tx)?;
            Ok(cursors
                .positions
                .into_keys()
                .map(|bucket| {
                    let digest = digests.remove(&bucket).unwrap_or_default();
                    (bucket, digest)
                })
                .collect())
        })?)
    }

    /// Asks the loop to try at once, whatever its timers say: signal is back, the app came to the
    /// front, or something was filed.
    pub fn wake_sync(&self) {
        self.inner.is_woken.store(true, Ordering::SeqCst);
        self.inner.wake.notify_one();
    }

    /// Carries out one step of sync: for tests that stop between every two.
    ///
    /// # Errors
    /// When the handheld's own database fails.
    pub async fn sync_step(
        &self,
        transport: &impl Transport,
        edge: &Edge,
    ) -> Result<Event, CoreError> {
        let mut round = self.inner.round.lock().await;
        self.step(transport, edge, &mut round).await
    }

    /// Begins a round in which nothing waits for a time beyond this.
    pub(super) fn begin_round(
        &self,
        round: &mut Round,
        beyond: Timestamp,
    ) -> Result<(), CoreError> {
        round.begin(beyond);
        let begun = self.store().write(|tx| {
            outbox::retry_now(tx, beyond)?;
            store::photos::retry_now(tx, beyond)
        });
        match begun {
            // Not even that fits: what was put off waits for its time, the rest goes on.
            Err(StoreError::Full) => Ok(()),
            begun => Ok(begun?),
        }
    }

    pub(super) async fn step(
        &self,
        transport: &impl Transport,
        edge: &Edge,
        round: &mut Round,
    ) -> Result<Event, CoreError> {
        let store = Arc::clone(&self.inner.store);
        round.set_network(*lock(&self.inner.network));
        let event = Engine {
            store: &store,
            transport,
            round,
            edge,
        }
        .step()
        .await?;
        if let Some(speed) = round.bytes_per_s() {
            self.inner.bytes_per_s.store(speed, Ordering::Relaxed);
        }
        if matches!(event, Event::CatalogueKept | Event::AreasKept) {
            self.reload_district()?;
        }
        Ok(event)
    }

    async fn run_round(
        &self,
        transport: &impl Transport,
        edge: &Edge,
        round: &mut Round,
    ) -> Result<SyncReport, CoreError> {
        let running = Running::begin(self);
        let mut report = SyncReport::default();
        let mut trouble = Trouble::default();
        loop {
            match self.step(transport, edge, round).await? {
                Event::Pushed {
                    delivered,
                    quarantined,
                } => {
                    report.operations_sent += delivered;
                    report.quarantined += quarantined;
                }
                Event::PreviewSent { .. }
                | Event::PhotoMoved { .. }
                | Event::TokenEnded
                | Event::TokenRenewed
                | Event::GaveWay => {}
                Event::PhotoSent { .. } => report.photos_sent += 1,
                Event::Pulled { rows, .. } => report.rows_pulled += rows,
                Event::CatalogueKept | Event::AreasKept => report.catalogue_changed = true,
                Event::Failed { failure, .. } => {
                    trouble.problem = Some(CoreError::Server(failure).problem());
                }
                Event::BundleRefused { problem, .. } => {
                    let what = "bundle";
                    trouble.problem = Some(CoreError::Bundle { what, problem }.problem());
                }
                Event::NoRoom { .. } => {
                    // The end of a round, where nothing waits, may never come.
                    self.make_room(edge.now())?;
                    trouble.problem = Some(CoreError::from(StoreError::Full).problem());
                }
                Event::Lost => {
                    self.erase(edge.now())?;
                    trouble.problem = Some(CoreError::from(VaultError::Erased).problem());
                    break;
                }
                Event::Paused => {
                    trouble.problem = Some(CoreError::Server(Failure::Unauthenticated).problem());
                    break;
                }
                Event::NotEnrolled => {
                    trouble.problem = Some(CoreError::NotEnrolled.problem());
                    break;
                }
                Event::Rested { until } => {
                    round.rest();
                    trouble.next_attempt = until;
                    if until.is_none() {
                        // Everything went through in the end: earlier hiccups are forgotten.
                        trouble.problem = None;
                        self.note_success(edge.now())?;
                    }
                    break;
                }
            }
        }
        drop(running);
        report.problem.clone_from(&trouble.problem);
        *lock(&self.inner.trouble) = trouble;
        Ok(report)
    }

    /// Nothing waits any more: the moment is kept, and photos that are long at the server are
    /// removed.
    fn note_success(&self, now: Timestamp) -> Result<(), CoreError> {
        self.store().write(|tx| {
            store::photos::are_safe(tx, at_server(tx, now)?)?;
            device::set_last_success(tx, now)
        })?;
        self.remove_old_photos(now)
    }

    /// Removes photos that are long at the server because something else didn't fit.
    fn make_room(&self, now: Timestamp) -> Result<(), CoreError> {
        match self.remove_old_photos(now) {
            // Not even the note that they are gone fits.
            Err(CoreError::Store(StoreError::Full)) => Ok(()),
            removed => removed,
        }
    }

    fn remove_old_photos(&self, now: Timestamp) -> Result<(), CoreError> {
        self.store().write(|tx| {
            let before = at_server(tx, now)?.plus_ms(-PHOTOS_KEPT_MS);
            store::photos::prune(tx, before, PRUNED_MAX, now)
        })?;
        Ok(())
    }
}

/// The server's clock as the answers of this round told it: one's own may be set to anything.
fn at_server(tx: &store::Transaction<'_>, now: Timestamp) -> Result<Timestamp, StoreError> {
    let offset = device::read(tx)?.map_or(0, |device| device.offset_ms);
    Ok(now.plus_ms(offset))
}
