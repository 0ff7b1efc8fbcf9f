//! The steps that bring down: states of cases page by page, catalogue, areas.
//!
//! After each page the digests of whole buckets are compared with the rows that are here; a bucket
//! that differs is mended by its list of ids, which touches the mirror and nothing else. Own cases
//! that no bucket tells of are asked about by the names of their reports.

use super::{Base, Channel, Engine, Event, Round, enter};
use crate::error::CoreError;
use crate::place::District;
use crate::store::device::{self, Device};
use crate::store::{self, StoreError, bundles, cursors, outbox, settings};
use crate::sync::transport::Transport;
use serde_json::Value;
use shared::digest::Digest;
use shared::id::{Bucket, ReportId, Sha256};
use shared::time::Timestamp;
use shared::wire::sync::{
    CLOSED_KEPT_MS, PULL_ROWS_LIMIT, PullAnswer, PullRequest, RepairAnswer, RepairRequest,
    UNSETTLED_LIMIT, Why,
};
use std::future::Future;
use std::time::Duration;

/// A bucket that is being mended: what the server holds is listed, then what is missing here is
/// fetched. Kept in memory only; a kill costs a few requests.
#[derive(Debug, Clone)]
pub(super) struct Mending {
    bucket: Bucket,
    /// The list goes on after this id; none when it was read to its end.
    after: Option<String>,
    /// Rows still to be fetched.
    want: Vec<String>,
}

impl Mending {
    /// From the beginning.
    const fn of(bucket: Bucket) -> Self {
        Self {
            bucket,
            after: Some(String::new()),
            want: Vec::new(),
        }
    }

    const fn is_done(&self) -> bool {
        self.after.is_none() && self.want.is_empty()
    }

    /// The next step: rows when some are known to be missing, else the list.
    fn request(&self) -> RepairRequest {
        let want: Vec<String> = self.want.iter().take(WANTED_AT_ONCE).cloned().collect();
        RepairRequest {
            bucket: self.bucket.clone(),
            after: self.after.clone().filter(|_| want.is_empty()),
            want,
        }
    }
}

/// Rows asked for in one step of mending: a page.
const WANTED_AT_ONCE: usize = 500;

/// While a bundle comes, it is looked this often whether words wait.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// What a page changed.
#[derive(Default)]
struct Taken {
    /// False when the page had to be left.
    taken: bool,
    /// Buckets whose rows here are others than the server's.
    differing: Vec<Bucket>,
    /// Where the mending stands.
    mending: Option<Mending>,
    /// Photos that the server asks for and that are not here any more.
    gone: Vec<Sha256>,
    /// There are own cases to be asked about.
    asks: bool,
}

impl<T: Transport> Engine<'_, T> {
    pub(super) async fn pull(&mut self, base: Base) -> Result<Event, CoreError> {
        let mending = self.round.mending.clone();
        let asked = mending.as_ref().map(Mending::request);
        let gone = self.round.photos_gone.clone();
        let now = self.edge.now();
        let request = self
            .with_store(move |store| store.read(|tx| request(tx, asked, gone, now)))
            .await?;
        let answer = match self.transport.pull(&base.link, &request).await {
            Ok(answer) => answer,
            Err(failure) => return self.failed(Channel::States, failure).await,
        };
        if answer.lost {
            return self.lost(answer).await;
        }
        self.round.is_lost = false;
        let now = self.edge.now();
        let (more, rows) = (
            answer.more,
            u32::try_from(answer.rows.len()).unwrap_or(u32::MAX),
        );
        let (asked_by, named) = (base.device, request.mine);
        let page = self
            .with_store(move |store| {
                let taken =
                    store.write(|tx| take_page(tx, &asked_by, &named, &answer, mending, now));
                if matches!(taken, Err(StoreError::Full)) {
                    // Its clock says which photos may go to make room.
                    store.write(|tx| device::see_clock(tx, answer.server_time, now))?;
                }
                taken
            })
            .await?;
        self.round.succeeded(Channel::States);
        self.round.mending = page.mending;
        self.round.begin_mending(page.differing);
        // What was just told of is not told again in this round, whatever the server makes of it:
        // one from before this doesn't listen.
        let to_tell = page.gone.into_iter();
        self.round.photos_gone = to_tell
            .filter(|sha256| self.round.told_gone.insert(*sha256))
            .collect();
        self.round.states_wanted = more || !page.taken || self.round.mending.is_some();
        self.round.states_wanted |= page.asks || !self.round.photos_gone.is_empty();
        Ok(Event::Pulled { rows, more })
    }

    /// Reported lost: of the answer no more is taken in than which life of the data it is from, for
    /// a restored server may lack what was confirmed; and what waits goes first.
    async fn lost(&mut self, answer: PullAnswer) -> Result<Event, CoreError> {
        let now = self.edge.now();
        let waits = self
            .with_store(move |store| {
                store.write(|tx| {
                    enter(tx, &answer.server_epoch)?;
                    device::met(tx, &answer.server_epoch, answer.server_time, now)?;
                    let (photos, _) = store::photos::waiting_number(tx)?;
                    Ok(outbox::waiting_number(tx)? > 0 || photos > 0)
                })
            })
            .await?;
        self.round.succeeded(Channel::States);
        self.round.states_wanted = false;
        self.round.is_lost = true;
        Ok(if waits {
            Event::Pulled {
                rows: 0,
                more: false,
            }
        } else {
            Event::Lost
        })
    }

    pub(super) async fn fetch_catalogue(&mut self, base: Base) -> Result<Event, CoreError> {
        let wanted = base.device.catalogue_wanted;
        let fetch = self.transport.catalogue(&base.link, &wanted);
        let Some(fetched) = self.unless_words_wait(fetch).await? else {
            return Ok(Event::GaveWay);
        };
        let doc = match fetched {
            Ok(doc) if doc.version == wanted => doc,
            Ok(doc) => {
                let problem = format!("asked for {wanted}, got {}", doc.version);
                return Ok(self.refuse(Channel::Catalogue, problem));
            }
            Err(failure) => return self.failed(Channel::Catalogue, failure).await,
        };
        let body = match District::check_catalogue(&doc) {
            Ok(body) => body,
            Err(problem) => return Ok(self.refuse(Channel::Catalogue, problem)),
        };
        self.keep_bundle(bundles::CATALOGUE, wanted.as_str().to_owned(), body)
            .await?;
        self.round.succeeded(Channel::Catalogue);
        Ok(Event::CatalogueKept)
    }

    pub(super) async fn fetch_areas(&mut self, base: Base) -> Result<Event, CoreError> {
        let fetch = self.transport.areas(&base.link);
        let Some(fetched) = self.unless_words_wait(fetch).await? else {
            return Ok(Event::GaveWay);
        };
        let bundle = match fetched {
            Ok(bundle) => bundle,
            Err(failure) => return self.failed(Channel::Areas, failure).await,
        };
        let wanted = base.device.areas_wanted;
        if bundle.version != wanted {
            // The areas changed between the pull and this fetch: the next pull will name them.
            let problem = format!("asked for areas {wanted}, got {}", bundle.version);
            return Ok(self.refuse(Channel::Areas, problem));
        }
        let body = match District::check_areas(&bundle) {
            Ok(body) => body,
            Err(problem) => return Ok(self.refuse(Channel::Areas, problem)),
        };
        self.keep_bundle(bundles::AREAS, wanted, body).await?;
        self.round.succeeded(Channel::Areas);
        Ok(Event::AreasKept)
    }

    /// Fetches a bundle, which may take long on a weak link; none when something was filed
    /// meanwhile: that goes first, and the bundle is fetched anew after it. A first one is never
    /// left, for nothing can be filed without it.
    async fn unless_words_wait<R>(
        &self,
        fetch: impl Future<Output = R> + Send,
    ) -> Result<Option<R>, CoreError> {
        tokio::select! {
            biased;
            fetched = fetch => Ok(Some(fetched)),
            waiting = self.words_wait() => waiting.map(|()| None),
        }
    }

    /// Ends when operations wait that were not put off: what was must not keep a bundle away.
    async fn words_wait(&self) -> Result<(), CoreError> {
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            let next = self.with_store(|store| store.read(outbox::next_try));
            let is_new = next.await? == Some(Timestamp(0));
            // Where operations fail now, a bundle is worth more than another try.
            if is_new && self.round.operations.failures == 0 {
                return Ok(());
            }
        }
    }

    async fn keep_bundle(
        &self,
        kind: &'static str,
        version: String,
        body: String,
    ) -> Result<(), CoreError> {
        let now = self.edge.now();
        self.with_store(move |store| {
            store.write(|tx| bundles::keep(tx, kind, &version, &body, now))
        })
        .await
    }

    /// The former bundle stays; the next pull may name another one.
    fn refuse(&mut self, channel: Channel, problem: String) -> Event {
        let (now, share) = (self.edge.now(), self.edge.random());
        let retry = self.round.put_off(channel, 0, now, share);
        self.round.states_wanted = true;
        Event::BundleRefused { problem, retry }
    }
}

impl Round {
    /// Chooses a bucket to mend, each at most once a round: what changes meanwhile comes by the
    /// cursor, and the next round compares again.
    fn begin_mending(&mut self, differing: Vec<Bucket>) {
        if self.mending.is_some() {
            return;
        }
        let next = differing
            .into_iter()
            .find(|bucket| !self.mended.contains(bucket));
        if let Some(bucket) = next {
            self.mended.insert(bucket.clone());
            self.mending = Some(Mending::of(bucket));
        }
    }
}

/// What a pull asks for: where the buckets stand, what the whole ones hold, one step of mending, and
/// own cases by name.
fn request(
    tx: &store::Transaction<'_>,
    repair: Option<RepairRequest>,
    photos_gone: Vec<Sha256>,
    now: Timestamp,
) -> Result<PullRequest, StoreError> {
    let cursors = cursors::all(tx)?;
    let mut digests = store::cases::digests(tx)?;
    digests.retain(|bucket, _| {
        cursors.positions.contains_key(bucket) && !cursors.backfill.contains_key(bucket)
    });
    Ok(PullRequest {
        buckets: cursors.positions,
        limit: PULL_ROWS_LIMIT,
        backfill: Some(cursors.backfill),
        digests: Some(digests),
        repair,
        photos_waiting: Some(store::photos::answered_waiting(tx)?),
        photos_gone,
        mine: own_to_ask(tx, now)?,
        unsettled: outbox::unsettled(tx, UNSETTLED_LIMIT)?,
    })
}

/// Own reports to be named: none before the buckets are whole, for they may bring the cases.
fn own_to_ask(tx: &store::Transaction<'_>, now: Timestamp) -> Result<Vec<ReportId>, StoreError> {
    let cursors = cursors::all(tx)?;
    if cursors.positions.is_empty() || !cursors.backfill.is_empty() {
        return Ok(Vec::new());
    }
    store::cases::to_ask(tx, now)
}

/// Takes in what the server says of the own cases that were asked about. What it, or an older
/// server, says nothing of was asked about all the same.
fn take_own(
    tx: &store::Transaction<'_>,
    named: &[ReportId],
    answer: &PullAnswer,
    now: Timestamp,
) -> Result<(), StoreError> {
    for report in named {
        store::cases::note_asked(tx, *report, now)?;
    }
    for doc in &answer.mine {
        let Some(id) = doc.get("id").and_then(Value::as_str) else {
            continue;
        };
        store::cases::keep_own(tx, id, doc)?;
        let closed = doc.get("closed_ms").and_then(Value::as_i64).map(Timestamp);
        if closed.is_some_and(|closed| answer.server_time.since(closed) > CLOSED_KEPT_MS) {
            // It has left its buckets, as by `evict`.
            outbox::forget_aside(tx, id)?;
        }
    }
    Ok(())
}

/// Page and cursors in one transaction.
fn take_page(
    tx: &store::Transaction<'_>,
    asked_by: &Device,
    named: &[ReportId],
    answer: &PullAnswer,
    mending: Option<Mending>,
    now: Timestamp,
) -> Result<Taken, StoreError> {
    // The page was counted from cursors of another life, or is for whom it was bound to when it was
    // asked for: take nothing, begin anew.
    let is_same = |device: &Device| {
        (device.id, device.epoch, &device.token) == (asked_by.id, asked_by.epoch, &asked_by.token)
    };
    if !device::read(tx)?.as_ref().is_some_and(is_same) {
        return Ok(Taken::default());
    }
    if enter(tx, &answer.server_epoch)? {
        device::met(tx, &answer.server_epoch, answer.server_time, now)?;
        return Ok(Taken::default());
    }
    for row in &answer.rows {
        store::cases::apply(tx, row)?;
        match row.why {
            Why::Redact => outbox::forget_aside(tx, &row.id)?,
            Why::Evict => outbox::forget_left(tx, &row.id)?,
            Why::Put | Why::Tombstone | Why::Other => {}
        }
    }
    for bucket in cursors::all(tx)?.positions.keys() {
        if !answer.buckets.contains_key(bucket) {
            store::cases::leave(tx, bucket)?;
            cursors::forget(tx, bucket)?;
        }
    }
    for (bucket, position) in &answer.buckets {
        let older = answer.backfill.get(bucket).copied();
        cursors::advance(tx, bucket, *position, older)?;
    }
    take_own(tx, named, answer, now)?;
    let mending = match (mending, &answer.repair) {
        (Some(mending), Some(step)) => Some(mend(tx, mending, step)?),
        // An older server, or a bucket that was left meanwhile.
        _ => None,
    };
    let differing = differing(tx, answer)?;
    outbox::settle(tx, &answer.settled)?;
    let gone = store::photos::offer_owed(tx, &answer.photos_owed)?;
    settings::set_room(tx, answer.room.as_ref())?;
    settings::set_orders(tx, &answer.orders)?;
    device::learn(
        tx,
        &answer.me,
        &answer.catalogue_version,
        &answer.areas_version,
    )?;
    device::met(tx, &answer.server_epoch, answer.server_time, now)?;
    Ok(Taken {
        taken: true,
        differing,
        mending: mending.filter(|mending| !mending.is_done()),
        gone,
        asks: !answer.more && !own_to_ask(tx, now)?.is_empty(),
    })
}

/// Buckets whose rows here are others than the server's.
fn differing(tx: &store::Transaction<'_>, answer: &PullAnswer) -> Result<Vec<Bucket>, StoreError> {
    if answer.digests.is_empty() {
        return Ok(Vec::new());
    }
    let here = store::cases::digests(tx)?;
    let is_other = |(bucket, digest): &(&Bucket, &Digest)| {
        here.get(*bucket).copied().unwrap_or_default() != **digest
    };
    let others = answer.digests.iter().filter(is_other);
    Ok(others.map(|(bucket, _)| bucket.clone()).collect())
}

/// Takes in one step of mending.
fn mend(
    tx: &store::Transaction<'_>,
    mut mending: Mending,
    step: &RepairAnswer,
) -> Result<Mending, StoreError> {
    if mending.want.is_empty() {
        let after = mending.after.take().unwrap_or_default();
        let next = step.next.as_deref();
        mending.want = store::cases::compare(tx, &step.bucket, &after, next, &step.listed)?;
        mending.after.clone_from(&step.next);
    } else {
        for row in &step.rows {
            store::cases::apply(tx, row)?;
        }
        mending.want.drain(..WANTED_AT_ONCE.min(mending.want.len()));
    }
    Ok(mending)
}
