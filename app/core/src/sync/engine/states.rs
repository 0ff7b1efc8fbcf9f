//! The steps that bring down: states of cases page by page, catalogue, areas.

use super::{Base, Channel, Engine, Event, offer_again};
use crate::error::CoreError;
use crate::place::District;
use crate::store::{self, StoreError, bundles, cursors, device};
use crate::sync::transport::{Failure, Transport};
use shared::time::Timestamp;
use shared::wire::sync::{PULL_ROWS_LIMIT, PullAnswer, PullRequest};

impl<T: Transport> Engine<'_, T> {
    pub(super) async fn pull(&mut self, base: Base) -> Result<Event, CoreError> {
        let buckets = self.with_store(|store| store.read(cursors::all)).await?;
        let request = PullRequest {
            buckets,
            limit: PULL_ROWS_LIMIT,
        };
        let answer = match self.transport.pull(&base.link, &request).await {
            Ok(answer) => answer,
            Err(failure) => return self.failed(Channel::States, failure).await,
        };
        let now = self.edge.now();
        let (more, rows) = (
            answer.more,
            u32::try_from(answer.rows.len()).unwrap_or(u32::MAX),
        );
        let known = base.device.server_epoch;
        let taken = self
            .with_store(move |store| store.write(|tx| take_page(tx, &known, &answer, now)))
            .await?;
        self.round.succeeded(Channel::States);
        self.round.states_wanted = more || !taken;
        Ok(Event::Pulled { rows, more })
    }

    pub(super) async fn fetch_catalogue(&mut self, base: Base) -> Result<Event, CoreError> {
        let wanted = base.device.catalogue_wanted;
        let doc = match self.transport.catalogue(&base.link, &wanted).await {
            Ok(doc) if doc.version == wanted => doc,
            Ok(doc) => return Ok(self.refuse(format!("asked for {wanted}, got {}", doc.version))),
            Err(failure) => return self.failed(Channel::States, failure).await,
        };
        let body = match District::check_catalogue(&doc) {
            Ok(body) => body,
            Err(problem) => return Ok(self.refuse(problem)),
        };
        self.keep_bundle(bundles::CATALOGUE, wanted.as_str().to_owned(), body)
            .await?;
        Ok(Event::CatalogueKept)
    }

    pub(super) async fn fetch_areas(&mut self, base: Base) -> Result<Event, CoreError> {
        let bundle = match self.transport.areas(&base.link).await {
            Ok(bundle) => bundle,
            Err(failure) => return self.failed(Channel::States, failure).await,
        };
        let wanted = base.device.areas_wanted;
        if bundle.version != wanted {
            // The areas changed between the pull and this fetch: the next pull will name them.
            return Ok(self.refuse(format!("asked for areas {wanted}, got {}", bundle.version)));
        }
        let body = match District::check_areas(&bundle) {
            Ok(body) => body,
            Err(problem) => return Ok(self.refuse(problem)),
        };
        self.keep_bundle(bundles::AREAS, wanted, body).await?;
        Ok(Event::AreasKept)
    }

    async fn keep_bundle(
        &mut self,
        kind: &'static str,
        version: String,
        body: String,
    ) -> Result<(), CoreError> {
        let now = self.edge.now();
        self.with_store(move |store| {
            store.write(|tx| bundles::keep(tx, kind, &version, &body, now))
        })
        .await?;
        self.round.succeeded(Channel::States);
        Ok(())
    }

    fn refuse(&mut self, problem: String) -> Event {
        let failure = Failure::Refused {
            status: 200,
            words: String::new(),
            words_en: String::new(),
        };
        let retry = self.round.failed(
            Channel::States,
            &failure,
            self.edge.now(),
            self.edge.random(),
        );
        self.round.states_wanted = true;
        Event::BundleRefused { problem, retry }
    }
}

/// Page and cursors in one transaction; `false` when the page had to be left.
fn take_page(
    tx: &store::Transaction<'_>,
    known_epoch: &str,
    answer: &PullAnswer,
    now: Timestamp,
) -> Result<bool, StoreError> {
    if answer.server_epoch != known_epoch {
        // The page was counted from cursors of another life: take nothing, begin anew.
        offer_again(tx)?;
        device::met(tx, &answer.server_epoch, answer.server_time, now)?;
        return Ok(false);
    }
    for row in &answer.rows {
        store::cases::apply(tx, row)?;
    }
    for bucket in cursors::all(tx)?.keys() {
        if !answer.buckets.contains_key(bucket) {
            store::cases::leave(tx, bucket)?;
            cursors::forget(tx, bucket)?;
        }
    }
    for (bucket, position) in &answer.buckets {
        cursors::advance(tx, bucket, *position)?;
    }
    device::learn(
        tx,
        &answer.me,
        &answer.catalogue_version,
        &answer.areas_version,
    )?;
    device::met(tx, &answer.server_epoch, answer.server_time, now)?;
    Ok(true)
}
