//! The step that brings one photo one request further: ask, open, or send a piece.

use super::previews::concerns_one_alone;
use super::{Base, Channel, Engine, Event};
use crate::error::CoreError;
use crate::store::{self, metered, photos::Upload};
use crate::sync::backoff;
use crate::sync::transport::{Failure, Link, Transport};
use shared::time::MINUTE_MS;
use shared::wire::queue::NetworkKind;

/// A chunk of an upload should take about this long: progress is seen, little is lost by a cut.
const CHUNK_MS_AIM: i64 = 2_000;
/// While photos go, the states of cases are asked for this often.
const STATES_EVERY_MS: i64 = MINUTE_MS;
/// Smallest chunk, for the weakest link.
pub const CHUNK_BYTES_MIN: usize = 64 * 1024;
/// Largest chunk, which the server takes.
pub const CHUNK_BYTES_MAX: usize = 512 * 1024;

impl<T: Transport> Engine<'_, T> {
    /// One request for one photo: ask, open, or send a piece.
    pub(super) async fn photo(&mut self, base: Base) -> Result<Event, CoreError> {
        let now = self.edge.now();
        let next =
            self.with_store(move |store| store.read(|tx| store::photos::next_upload(tx, now)));
        let Some(upload) = next.await? else {
            return Ok(Event::Rested { until: None });
        };
        let outcome = match upload.url.clone() {
            None => self.open_upload(&base.link, &upload).await?,
            Some(url) => self.send_piece(&base.link, &upload, &url).await?,
        };
        match outcome {
            Ok(event) => {
                self.round.succeeded(Channel::Photos);
                self.look_at_states_meanwhile();
                Ok(event)
            }
            Err(failure) => {
                self.round.stands = None;
                self.photo_failed(&upload, failure).await
            }
        }
    }

    /// Where an upload stands. A piece that was cut off counts as far as it came, so after a
    /// failure, and after the app was started, the server is asked before anything is sent again.
    async fn standing(&self, link: &Link, upload: &Upload, url: &str) -> Result<u64, Failure> {
        if self.round.stands == Some((upload.photo, upload.offset)) {
            return Ok(upload.offset);
        }
        match self.transport.upload_offset(link, url).await {
            Ok(offset) if offset <= upload.bytes => Ok(offset),
            Ok(_) => Err(Failure::gone()),
            // A HEAD has no body to say whether that was our server; the piece itself will.
            Err(Failure::Foreign(_) | Failure::Refused { .. }) => Ok(upload.offset),
            Err(failure) => Err(failure),
        }
    }

    /// A backlog of photos may take hours; the worker still hears what became of the reports.
    fn look_at_states_meanwhile(&mut self) {
        let now = self.edge.now();
        let since = *self.round.photos_since.get_or_insert(now);
        if self.round.is_lost || now.since(since) >= STATES_EVERY_MS {
            self.round.photos_since = Some(now);
            self.round.states_wanted = true;
        }
    }

    async fn open_upload(
        &mut self,
        link: &Link,
        upload: &Upload,
    ) -> Result<Result<Event, Failure>, CoreError> {
        match self
            .transport
            .has_photo(link, upload.sha256, upload.bytes)
            .await
        {
            Ok(true) => return self.photo_sent(upload, 0).await.map(Ok),
            Ok(false) => {}
            Err(failure) => return Ok(Err(failure)),
        }
        let opened = self
            .transport
            .open_upload(link, upload.sha256, upload.bytes)
            .await;
        match opened {
            Ok((url, offset)) if offset < upload.bytes => {
                self.photo_moved(upload, url, offset, 0).await.map(Ok)
            }
            // One that stands at its end is asked about, which makes the server look at it whole.
            Ok((url, _)) => {
                let moved = self.photo_moved(upload, url, 0, 0).await;
                self.round.stands = None;
                moved.map(Ok)
            }
            Err(failure) => Ok(Err(failure)),
        }
    }

    async fn send_piece(
        &mut self,
        link: &Link,
        upload: &Upload,
        url: &str,
    ) -> Result<Result<Event, Failure>, CoreError> {
        let at = match self.standing(link, upload, url).await {
            Ok(at) if at == upload.bytes => return self.photo_sent(upload, 0).await.map(Ok),
            Ok(at) => at,
            Err(failure) => return Ok(Err(failure)),
        };
        let (id, length) = (upload.photo, self.round.chunk_bytes);
        let chunk = self
            .with_store(move |store| {
                let from = usize::try_from(at).unwrap_or(usize::MAX);
                store.read(|tx| store::photos::piece(tx, id, from, length))
            })
            .await?;
        let size = chunk.len();
        let began = self.edge.now();
        let sent = match self.transport.send_chunk(link, url, at, chunk).await {
            Err(Failure::Offset) => self.transport.upload_offset(link, url).await,
            sent => sent,
        };
        let offset = match sent {
            Ok(offset) if offset <= upload.bytes => offset,
            Ok(_) => return Ok(Err(Failure::gone())),
            Err(failure) => return Ok(Err(failure)),
        };
        let took_ms = self.edge.now().since(began);
        self.round.bytes_per_s = averaged(self.round.bytes_per_s, size, took_ms);
        self.round.chunk_bytes = next_chunk_bytes(self.round.chunk_bytes, size, took_ms);
        if offset == upload.bytes {
            return self.photo_sent(upload, size).await.map(Ok);
        }
        self.photo_moved(upload, url.to_owned(), offset, size)
            .await
            .map(Ok)
    }

    async fn photo_moved(
        &mut self,
        upload: &Upload,
        url: String,
        offset: u64,
        went: usize,
    ) -> Result<Event, CoreError> {
        let (id, now) = (upload.photo, self.edge.now());
        let cost = self.cost(went);
        self.round.stands = Some((id, offset));
        self.with_store(move |store| {
            store.write(|tx| {
                metered::add(tx, cost, now)?;
                store::photos::set_upload(tx, id, Some(&url), offset)
            })
        })
        .await?;
        Ok(Event::PhotoMoved {
            photo: id,
            sent: offset,
            of: upload.bytes,
        })
    }

    async fn photo_sent(&self, upload: &Upload, went: usize) -> Result<Event, CoreError> {
        let (sha256, now) = (upload.sha256, self.edge.now());
        let cost = self.cost(went);
        self.with_store(move |store| {
            store.write(|tx| {
                metered::add(tx, cost, now)?;
                store::photos::set_sent(tx, sha256, now)
            })
        })
        .await?;
        Ok(Event::PhotoSent {
            photo: upload.photo,
        })
    }

    /// What bytes count for against the daily cap.
    fn cost(&self, went: usize) -> u64 {
        match self.round.network {
            NetworkKind::Metered => u64::try_from(went).unwrap_or(u64::MAX),
            NetworkKind::Free | NetworkKind::Unknown => 0,
        }
    }

    /// What concerns this photo alone puts it behind the others; the rest waits for the timer.
    async fn photo_failed(
        &mut self,
        upload: &Upload,
        failure: Failure,
    ) -> Result<Event, CoreError> {
        let anew = matches!(
            failure,
            Failure::Gone { .. } | Failure::Checksum | Failure::Offset
        );
        if !concerns_one_alone(&failure) {
            return self.failed(Channel::Photos, failure).await;
        }
        // An upload that the server forgot is begun anew at once; any further failure waits.
        let at_once =
            matches!(failure, Failure::Gone { .. }) && upload.url.is_some() && upload.attempts == 0;
        let wait_ms = backoff::wait_ms(upload.attempts.saturating_add(1), self.edge.random());
        let retry = self.edge.now().plus_ms(if at_once { 0 } else { wait_ms });
        let id = upload.photo;
        let kept = (
            upload.url.clone().filter(|_| !anew),
            if anew { 0 } else { upload.offset },
        );
        self.with_store(move |store| {
            store.write(|tx| {
                store::photos::set_upload(tx, id, kept.0.as_deref(), kept.1)?;
                store::photos::put_off(tx, id, retry)
            })
        })
        .await?;
        Ok(Event::Failed {
            channel: Channel::Photos,
            failure,
            retry,
        })
    }
}

/// The speed after one more chunk: a quarter new, three quarters as it was.
fn averaged(before: Option<u64>, sent: usize, took_ms: i64) -> Option<u64> {
    let bytes = u64::try_from(sent).unwrap_or(u64::MAX);
    let took_ms = u64::try_from(took_ms.max(1)).unwrap_or(1);
    let speed = bytes.saturating_mul(1000) / took_ms;
    Some(before.map_or(speed, |before| {
        before.saturating_mul(3).saturating_add(speed) / 4
    }))
}

/// The next chunk's size, from how long the last one took.
fn next_chunk_bytes(now: usize, sent: usize, took_ms: i64) -> usize {
    if sent < now {
        // The last piece of a photo says little about the link.
        return now;
    }
    let next = if took_ms > CHUNK_MS_AIM * 2 {
        now / 2
    } else if took_ms < CHUNK_MS_AIM / 2 {
        now * 2
    } else {
        now
    };
    next.clamp(CHUNK_BYTES_MIN, CHUNK_BYTES_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_speed_follows_the_link_without_jumping() {
        let first = averaged(None, 64 * 1024, 1_000);
        assert_eq!(first, Some(65_536));
        assert_eq!(averaged(first, 0, 5_000), Some(49_152));
        assert_eq!(averaged(None, 1_000, 0), Some(1_000_000));
    }

    #[test]
    fn chunks_follow_the_measured_rate_within_their_limits() {
        let whole = 256 * 1024;
        assert_eq!(next_chunk_bytes(whole, whole, 100), CHUNK_BYTES_MAX);
        assert_eq!(next_chunk_bytes(whole, whole, 2_000), whole);
        assert_eq!(next_chunk_bytes(whole, whole, 9_000), whole / 2);
        assert_eq!(
            next_chunk_bytes(CHUNK_BYTES_MIN, CHUNK_BYTES_MIN, 60_000),
            CHUNK_BYTES_MIN
        );
        assert_eq!(
            next_chunk_bytes(whole, 10, 1),
            whole,
            "a last piece says little"
        );
    }
}
