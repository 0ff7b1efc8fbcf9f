//! Carries out one step, persists its outcome, moves on. Decides nothing: that is `plan`.
//!
//! [`Engine::step`] is the unit of everything: whoever kills the process between two steps, or in
//! the middle of one, loses nothing and doubles nothing. Network and database never wait for each
//! other: no lock is held while a request is out, and the database works off the async threads.
//! The engine returns events and never prints. Tests: `tests/sync.rs`.

mod channels;
mod previews;
mod push;
mod receipts;
mod states;
mod tokens;
mod uploads;

use super::backoff;
use super::plan::{self, Snapshot, Step, Wanted};
use super::transport::{Failure, Link, Transport};
use crate::edge::Edge;
use crate::error::CoreError;
use crate::store::{self, Store, StoreError, bundles, cursors, device, metered, outbox, settings};
use shared::id::{Bucket, Sha256};
use shared::time::Timestamp;
use shared::wire::queue::{Held, NetworkKind};
use shared::wire::sync::PUSH_OPERATIONS_LIMIT;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

pub use channels::Channel;
pub(crate) use push::{ENVELOPE_BYTES, goes_again, read};
pub(crate) use receipts::keep as keep_receipts;
pub use uploads::{CHUNK_BYTES_MAX, CHUNK_BYTES_MIN};

/// What a step did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The server answered operations.
    Pushed {
        /// How many it has now.
        delivered: u32,
        /// How many of them wait for a person.
        quarantined: u32,
    },
    /// A photo's preview has arrived.
    PreviewSent {
        /// The photo's row.
        photo: i64,
    },
    /// A photo came one request further.
    PhotoMoved {
        /// Its row.
        photo: i64,
        /// Bytes that have arrived.
        sent: u64,
        /// Bytes in all.
        of: u64,
    },
    /// A photo has arrived whole.
    PhotoSent {
        /// Its row.
        photo: i64,
    },
    /// A page of states was taken in.
    Pulled {
        /// How many rows.
        rows: u32,
        /// Whether there is more.
        more: bool,
    },
    /// A new catalogue is here.
    CatalogueKept,
    /// New areas are here.
    AreasKept,
    /// A request failed; its channel waits.
    Failed {
        /// Which channel.
        channel: Channel,
        /// Why.
        failure: Failure,
        /// When it is tried again.
        retry: Timestamp,
    },
    /// A bundle was left for what was filed while it came; it is fetched anew after that.
    GaveWay,
    /// A fetched bundle can't be used; the former one stays.
    BundleRefused {
        /// What is wrong with it.
        problem: String,
        /// When it is tried again.
        retry: Timestamp,
    },
    /// What came, or what is to be noted of it, doesn't fit on this handheld; its channel waits.
    NoRoom {
        /// Which channel.
        channel: Channel,
        /// When it is tried again.
        retry: Timestamp,
    },
    /// This handheld was reported lost and has nothing left to send: its key is to be erased.
    Lost,
    /// The token has ended; a new one is asked for.
    TokenEnded,
    /// There is a new token, or the server, an older one, gives none by key.
    TokenRenewed,
    /// The server doesn't accept the token or the key: sync pauses, filing goes on.
    Paused,
    /// Not bound to a server.
    NotEnrolled,
    /// Nothing is due.
    Rested {
        /// When the next thing is due.
        until: Option<Timestamp>,
    },
}

#[derive(Debug, Clone, Copy, Default)]
struct Timer {
    failures: u32,
    not_before: Option<Timestamp>,
}

/// What a round remembers in memory. Losing it costs a few requests and nothing else.
#[derive(Debug)]
pub struct Round {
    token: Timer,
    /// The token that the server said has ended.
    token_ended: Option<String>,
    /// There was a new one in this round: who is refused with it is refused for good.
    token_renewed: bool,
    operations: Timer,
    previews: Timer,
    photos: Timer,
    states: Timer,
    catalogue: Timer,
    areas: Timer,
    states_wanted: bool,
    /// The server answered something since the last time that nobody could be reached.
    answered: bool,
    /// Reported lost: after each photo it asks whether its key is to be erased now.
    is_lost: bool,
    /// The bucket that is being mended, and those that were in this round.
    mending: Option<states::Mending>,
    mended: BTreeSet<Bucket>,
    /// Photos that the server asked for and that are not here any more: to be told with the next
    /// pull; and those that it was told of in this round.
    photos_gone: Vec<Sha256>,
    told_gone: BTreeSet<Sha256>,
    /// The upload whose offset the server has just told, and the offset.
    stands: Option<(i64, u64)>,
    push_max: usize,
    chunk_bytes: usize,
    /// The network, as the shell last said.
    network: NetworkKind,
    /// Somebody wants the photos sent now, whatever the rules for them.
    photos_anyway: bool,
    /// Bytes a second, averaged over the last chunks.
    bytes_per_s: Option<u64>,
    /// Since when photos have been going without a look at the states.
    photos_since: Option<Timestamp>,
}

impl Default for Round {
    fn default() -> Self {
        Self {
            token: Timer::default(),
            token_ended: None,
            token_renewed: false,
            operations: Timer::default(),
            previews: Timer::default(),
            photos: Timer::default(),
            states: Timer::default(),
            catalogue: Timer::default(),
            areas: Timer::default(),
            states_wanted: true,
            answered: false,
            is_lost: false,
            mending: None,
            mended: BTreeSet::new(),
            photos_gone: Vec::new(),
            told_gone: BTreeSet::new(),
            stands: None,
            push_max: PUSH_OPERATIONS_LIMIT,
            chunk_bytes: 4 * CHUNK_BYTES_MIN,
            network: NetworkKind::Unknown,
            photos_anyway: false,
            bytes_per_s: None,
            photos_since: None,
        }
    }
}

impl Round {
    /// Begins a round: the states of cases are asked for again, and no timer waits for a time
    /// beyond this; those of bundles by as much later as they wait longer.
    pub fn begin(&mut self, beyond: Timestamp) {
        self.states_wanted = true;
        self.token_renewed = false;
        self.mended.clear();
        self.told_gone.clear();
        for channel in Channel::ALL {
            let beyond = beyond.plus_ms(backoff::LONGEST_MS * (channel.patience() - 1));
            let timer = self.timer(channel);
            timer.not_before = timer.not_before.filter(|at| *at <= beyond);
        }
    }

    /// Lets photos go in this round, whatever the rules for them.
    pub fn send_photos_anyway(&mut self) {
        self.photos_anyway = true;
    }

    /// Ends a round: what was asked for it alone ends with it.
    pub fn rest(&mut self) {
        self.photos_anyway = false;
        self.photos_since = None;
    }

    /// Hears which network there is.
    pub fn set_network(&mut self, network: NetworkKind) {
        self.network = network;
    }

    /// The measured speed in bytes a second.
    #[must_use]
    pub const fn bytes_per_s(&self) -> Option<u64> {
        self.bytes_per_s
    }

    fn timer(&mut self, channel: Channel) -> &mut Timer {
        match channel {
            Channel::Token => &mut self.token,
            Channel::Operations => &mut self.operations,
            Channel::Previews => &mut self.previews,
            Channel::Photos => &mut self.photos,
            Channel::States => &mut self.states,
            Channel::Catalogue => &mut self.catalogue,
            Channel::Areas => &mut self.areas,
        }
    }

    fn succeeded(&mut self, channel: Channel) {
        *self.timer(channel) = Timer::default();
        self.answered = true;
    }

    /// Arms the timer of this channel alone.
    fn put_off(
        &mut self,
        channel: Channel,
        at_least_ms: i64,
        now: Timestamp,
        share: f64,
    ) -> Timestamp {
        let timer = self.timer(channel);
        timer.failures = timer.failures.saturating_add(1);
        let wait_ms = backoff::wait_ms(timer.failures, share) * channel.patience();
        let retry = now.plus_ms(wait_ms.max(at_least_ms));
        timer.not_before = Some(retry);
        retry
    }

    /// Arms the timer of the channel; where nobody can be reached, those of all channels, unless it
    /// says nothing of the others.
    fn failed(
        &mut self,
        channel: Channel,
        failure: &Failure,
        now: Timestamp,
        share: f64,
    ) -> Timestamp {
        let asked_ms = match failure {
            Failure::Busy {
                retry_after_ms: Some(asked),
            } => (*asked).clamp(0, backoff::LONGEST_MS),
            _ => 0,
        };
        let retry = self.put_off(channel, asked_ms, now, share);
        let is_nobody_there = matches!(
            failure,
            Failure::Unreachable(_) | Failure::Foreign(_) | Failure::Untrusted
        );
        if is_nobody_there && !channel.fails_alone(failure, self.answered) {
            self.answered = false;
            for channel in Channel::ALL {
                let timer = self.timer(channel);
                timer.not_before = Some(timer.not_before.map_or(retry, |at| at.max(retry)));
            }
        }
        retry
    }
}

/// Sync of one handheld over one transport.
#[derive(Debug)]
pub struct Engine<'a, T> {
    /// The handheld's database.
    pub store: &'a Arc<Mutex<Store>>,
    /// How to reach the server.
    pub transport: &'a T,
    /// What the round remembers.
    pub round: &'a mut Round,
    /// Clock, ids and random numbers.
    pub edge: &'a Edge,
}

/// What a step needs to know of the installation.
struct Base {
    link: Link,
    device: device::Device,
}

impl<T: Transport> Engine<'_, T> {
    /// Does the next step.
    ///
    /// # Errors
    /// Only when the handheld's own database fails. What the network does is an event, and so is
    /// a database without room.
    pub async fn step(&mut self) -> Result<Event, CoreError> {
        let now = self.edge.now();
        let (snapshot, base) = self.look().await?;
        let step = plan::next_step(&snapshot, now);
        let Some(base) = base else {
            return Ok(Event::NotEnrolled);
        };
        let done = match step {
            Step::Enrol => Ok(Event::NotEnrolled),
            Step::Paused => Ok(Event::Paused),
            Step::Rest(until) => Ok(Event::Rested { until }),
            Step::Renew => self.renew(base).await,
            Step::Push => self.push(base).await,
            Step::Preview => self.preview(base).await,
            Step::Photo => self.photo(base).await,
            Step::Pull => self.pull(base).await,
            Step::FetchCatalogue => self.fetch_catalogue(base).await,
            Step::FetchAreas => self.fetch_areas(base).await,
        };
        match (done, Channel::of(step)) {
            // What doesn't fit must not hold up what needs no room.
            (Err(CoreError::Store(StoreError::Full)), Some(channel)) => Ok(self.no_room(channel)),
            (done, _) => done,
        }
    }

    fn no_room(&mut self, channel: Channel) -> Event {
        let (now, share) = (self.edge.now(), self.edge.random());
        let retry = self.round.put_off(channel, 0, now, share);
        Event::NoRoom { channel, retry }
    }

    /// Works on the database off the async threads.
    async fn with_store<R: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Store) -> Result<R, StoreError> + Send + 'static,
    ) -> Result<R, CoreError> {
        let store = Arc::clone(self.store);
        let done = tokio::task::spawn_blocking(move || {
            work(&mut store.lock().unwrap_or_else(PoisonError::into_inner))
        });
        match done.await {
            Ok(outcome) => Ok(outcome?),
            Err(_) => Err(StoreError::Missing("finished piece of work").into()),
        }
    }

    async fn look(&self) -> Result<(Snapshot, Option<Base>), CoreError> {
        let (operations, previews, photos, states) = (
            self.round.operations.not_before,
            self.round.previews.not_before,
            self.round.photos.not_before,
            self.round.states.not_before,
        );
        let (catalogue_from, areas_from) =
            (self.round.catalogue.not_before, self.round.areas.not_before);
        let states_wanted = self.round.states_wanted;
        let states_last = self.round.states.failures > 0 && !self.round.answered;
        let (token, token_ended) = (self.round.token.not_before, self.round.token_ended.clone());
        let (network, anyway, now) = (
            self.round.network,
            // What a lost one has comes whatever it costs, for its key goes only after that.
            self.round.photos_anyway || self.round.is_lost,
            self.edge.now(),
        );
        self.with_store(move |store| {
            store.read(|tx| {
                let Some(device) = device::read(tx)? else {
                    return Ok((Snapshot::default(), None));
                };
                let wanted = |at: Option<Timestamp>| at.map_or(Wanted::No, Wanted::From);
                let when = |is: bool| {
                    if is {
                        Wanted::From(Timestamp(0))
                    } else {
                        Wanted::No
                    }
                };
                let catalogue = bundles::newest_version(tx, bundles::CATALOGUE)?;
                let areas = bundles::newest_version(tx, bundles::AREAS)?;
                let snapshot = Snapshot {
                    enrolled: true,
                    token_refused: device.token_refused,
                    token_ended: token_ended.as_ref() == Some(&device.token),
                    token: tokens::wanted(tx, &device, token_ended.as_deref())?.not_before(token),
                    bundles_missing: catalogue.is_none() || areas.is_none(),
                    operations: wanted(outbox::next_try(tx)?).not_before(operations),
                    previews: wanted(store::photos::next_preview_try(tx)?).not_before(previews),
                    photos: match held(tx, network, anyway, now)? {
                        Some(_) => Wanted::No,
                        None => wanted(store::photos::next_try(tx)?).not_before(photos),
                    },
                    states: when(states_wanted).not_before(states),
                    states_last,
                    catalogue: when(catalogue.as_deref() != Some(device.catalogue_wanted.as_str()))
                        .not_before(catalogue_from),
                    areas: when(areas.as_deref() != Some(device.areas_wanted.as_str()))
                        .not_before(areas_from),
                };
                let link = Link {
                    server: device.server.clone(),
                    token: device.token.clone(),
                };
                Ok((snapshot, Some(Base { link, device })))
            })
        })
        .await
    }

    /// Turns a failure into an event and arms the timer.
    async fn failed(&mut self, channel: Channel, failure: Failure) -> Result<Event, CoreError> {
        if failure == Failure::Unauthenticated {
            if channel != Channel::Token && self.token_may_be_renewed().await? {
                return Ok(Event::TokenEnded);
            }
            self.with_store(|store| store.write(|tx| device::set_token_refused(tx, true)))
                .await?;
            return Ok(Event::Paused);
        }
        let retry = self
            .round
            .failed(channel, &failure, self.edge.now(), self.edge.random());
        Ok(Event::Failed {
            channel,
            failure,
            retry,
        })
    }
}

/// Why photos have to wait, by the rules and what this day has cost so far.
pub(crate) fn held(
    tx: &store::Transaction<'_>,
    network: NetworkKind,
    anyway: bool,
    now: Timestamp,
) -> Result<Option<Held>, StoreError> {
    let rules = settings::sending_rules(tx)?;
    let used = metered::today(tx, now)?;
    Ok(plan::photos_held(rules, network, used, anyway))
}

/// The server came back from a backup: nothing is believed to be there until it says so. Operations
/// are sent again, photos asked about one by one; the mirror starts over.
pub(crate) fn offer_again(tx: &store::Transaction<'_>) -> Result<(), StoreError> {
    outbox::offer_all_again(tx)?;
    store::photos::offer_all_again(tx)?;
    store::cases::reset(tx)?;
    bundles::fetch_again(tx, bundles::CATALOGUE)?;
    cursors::reset(tx)
}

/// What follows was said in this life of the server's data, former or later: it holds for that one
/// alone, so everything is offered again if it is another than was known. Whether it was. The next
/// contact tells which one lives.
///
/// Called inside of the transaction that takes the answer in: while a request was out, a courier's
/// answer, a new binding or another process may have told of another life.
pub(crate) fn enter(tx: &store::Transaction<'_>, said_in: &str) -> Result<bool, StoreError> {
    let is_another = device::server_epoch(tx)?.is_some_and(|known| known != said_in);
    if is_another {
        offer_again(tx)?;
        device::set_server_epoch(tx, said_in)?;
    }
    Ok(is_another)
}
