//! The data came back from a backup: it begins a new life, which tells every handheld to offer
//! again what the backup doesn't know.
//!
//! Nothing that anybody reported is taken away. What handhelds made since the backup comes back from them; what was done
//! in the console since then is gone, and the trail of each case ends where the backup does.

use super::Result;
use crate::store::{self, Tx};
use shared::id::Sha256;
use shared::time::Timestamp;

/// Photos looked for at a time.
pub const PHOTOS_AT_ONCE: usize = 500;

/// Hex digits of the mark of a life: two of one district never have the same.
const MARK_DIGITS: usize = 8;

/// Begins a new life. Uploads under way are forgotten, since the spool knows other offsets: the
/// handhelds begin them anew. So is who was signed in at a console, and codes that nobody had used:
/// they may have been ended, or used by somebody else, since the backup. Handhelds' tokens go on,
/// so that what they have comes by itself.
///
/// # Errors
/// Whatever the store says, as for all services.
pub fn begin_new_life(tx: &mut dyn Tx, server_epoch: &str) -> Result<()> {
    store::meta::set(tx, store::meta::SERVER_EPOCH, server_epoch)?;
    let mark = Sha256::of(server_epoch.as_bytes()).to_string();
    let mark = mark.get(..MARK_DIGITS).unwrap_or_default();
    store::meta::set(tx, store::meta::LIFE, mark)?;
    store::uploads::sweep(tx, Timestamp(i64::MAX))?;
    store::sessions::forget_consoles(tx)?;
    store::devices::expire_codes(tx)?;
    Ok(())
}

/// What is kept by its hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// Photos.
    Photos,
    /// Their previews.
    Previews,
}

/// A page of what the data says is here, with its size.
///
/// # Errors
/// As [`begin_new_life`].
pub fn said_to_be_here(
    tx: &mut dyn Tx,
    kept: Kept,
    after: Option<Sha256>,
) -> Result<Vec<(Sha256, i64)>> {
    Ok(match kept {
        Kept::Photos => store::photos::stored_after(tx, after, PHOTOS_AT_ONCE)?,
        Kept::Previews => store::previews::stored_after(tx, after, PHOTOS_AT_ONCE)?,
    })
}

/// Notes what is not here: the handhelds send it again, but for photos that were added in the
/// console; how many are gone with that.
///
/// # Errors
/// As [`begin_new_life`].
pub fn are_owed(tx: &mut dyn Tx, kept: Kept, missing: &[Sha256], now: Timestamp) -> Result<usize> {
    let mut gone = 0;
    for hash in missing {
        match kept {
            Kept::Photos => gone += usize::from(store::photos::mark_owed(tx, *hash, now)?),
            Kept::Previews => store::previews::mark_owed(tx, *hash)?,
        }
    }
    Ok(gone)
}
