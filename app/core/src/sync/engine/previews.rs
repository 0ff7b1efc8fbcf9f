//! The step that sends one preview: small, whole, before any photo.

use super::{Base, Channel, Engine, Event};
use crate::error::CoreError;
use crate::store;
use crate::sync::backoff;
use crate::sync::transport::{Failure, Transport};

impl<T: Transport> Engine<'_, T> {
    pub(super) async fn preview(&mut self, base: Base) -> Result<Event, CoreError> {
        let now = self.edge.now();
        let next = self
            .with_store(move |store| store.read(|tx| store::photos::next_preview(tx, now)))
            .await?;
        let Some(next) = next else {
            return Ok(Event::Rested { until: None });
        };
        let (photo, sha256) = (next.photo, next.sha256);
        let bytes = u64::try_from(next.jpeg.len()).unwrap_or(u64::MAX);
        // After a restore a month's previews and more are offered: most of them are there.
        let is_there = if next.was_there {
            self.transport.has_photo(&base.link, sha256, bytes).await
        } else {
            Ok(false)
        };
        let sent = match is_there {
            Ok(true) => Ok(()),
            Ok(false) => {
                self.transport
                    .send_small(&base.link, sha256, next.jpeg)
                    .await
            }
            Err(failure) => Err(failure),
        };
        let failure = match sent {
            Ok(()) => {
                let now = self.edge.now();
                self.with_store(move |store| {
                    store.write(|tx| store::photos::set_preview_sent(tx, sha256, now))
                })
                .await?;
                self.round.succeeded(Channel::Previews);
                return Ok(Event::PreviewSent { photo });
            }
            Err(failure) => failure,
        };
        if !concerns_one_alone(&failure) {
            return self.failed(Channel::Previews, failure).await;
        }
        let wait_ms = backoff::wait_ms(next.attempts.saturating_add(1), self.edge.random());
        let retry = self.edge.now().plus_ms(wait_ms);
        self.with_store(move |store| {
            store.write(|tx| store::photos::put_off_preview(tx, photo, retry))
        })
        .await?;
        Ok(Event::Failed {
            channel: Channel::Previews,
            failure,
            retry,
        })
    }
}

/// What the server says of these bytes; anything else says something of the way to it.
pub(super) const fn concerns_one_alone(failure: &Failure) -> bool {
    matches!(
        failure,
        Failure::Gone { .. }
            | Failure::Checksum
            | Failure::Offset
            | Failure::TooLarge
            | Failure::Refused { .. }
    )
}
