//! Seals the district's entries until none is left: the server does it every few minutes, an
//! archive before it is written. What a step is decides `service::archive`.

use crate::service::district::District;
use crate::service::{Fault, archive};
use crate::store::Store;
use shared::signature::SecretKey;
use shared::time::Timestamp;
use std::sync::Arc;
use std::time::Duration;

/// How often a server seals: so long an entry is protected by its case's chain alone.
pub const EVERY: Duration = Duration::from_secs(5 * 60);

/// When a server seals first: whoever starts it has other things to wait for.
pub const FIRST: Duration = Duration::from_secs(60);

/// Seals everything that was written until now; how many entries. Safe to run twice at once, on
/// several servers, and after a long stop.
///
/// # Errors
/// As [`archive::next`] and [`archive::seal`]; what was sealed before stays so.
pub async fn seal_all(
    store: &Store,
    district: &Arc<District>,
    key: &SecretKey,
    now: Timestamp,
) -> Result<usize, Fault> {
    let mut sealed = 0;
    loop {
        let facts = Arc::clone(district);
        let next = store.read(move |tx| archive::next(tx, &facts, now)).await?;
        let Some(step) = next else { return Ok(sealed) };
        let (facts, key, entries) = (Arc::clone(district), key.clone(), step.entries());
        let day = step.day();
        let write =
            move |tx: &mut dyn crate::store::Tx| archive::seal(tx, &facts, &step, &key, now);
        // Whoever was quicker sealed the same; the next look goes on behind it.
        if store.write(&district.code, write).await? {
            sealed += entries;
            if let Some(day) = day {
                tracing::info!(day, "a day of the archive was signed");
            }
        }
    }
}
