//! Sweeps the spool: uploads whose time is over, and files that are nobody's.
//!
//! A file is left behind by a restore, which forgets the uploads under way, and by a server that
//! is killed while a photo of the console or a courier file comes. Held by `tests/tests/tus/`.

use crate::photo_store::PhotoStore;
use crate::service::photos::{self as rules, UPLOAD_LASTS_MS};
use crate::store::Store;
use anyhow::anyhow;
use shared::id::AreaCode;
use shared::time::{DAY_MS, Timestamp};
use std::time::Duration;

/// A file that nobody wrote to for so long is under way no more: an upload's time and a day.
pub const SILENCE: Duration = Duration::from_millis((UPLOAD_LASTS_MS + DAY_MS).unsigned_abs());

/// Files removed in one go; the next goes on.
pub const AT_ONCE: usize = 1_000;

/// Ends the uploads whose time is over and removes the files that are nobody's; how many of these.
/// Safe to run twice and on several servers, each with its own spool.
///
/// # Errors
/// When database or spool fail; what was removed stays so.
pub async fn sweep(
    store: &Store,
    photos: &PhotoStore,
    district: &AreaCode,
    now: Timestamp,
) -> anyhow::Result<usize> {
    let ended = store
        .write(district, move |tx| rules::expire(tx, now))
        .await
        .map_err(|fault| anyhow!("{fault}"))?;
    for upload in ended {
        photos.discard(upload).await?;
    }
    let untouched = photos.untouched(SILENCE, AT_ONCE).await?;
    if untouched.is_empty() {
        return Ok(0);
    }
    let unnamed = store
        .read(move |tx| rules::unnamed(tx, &untouched))
        .await
        .map_err(|fault| anyhow!("{fault}"))?;
    let count = unnamed.len();
    for upload in unnamed {
        photos.discard(upload).await?;
    }
    Ok(count)
}
