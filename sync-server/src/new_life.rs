//! The data came back from a backup: a new life of it begins, and photos and previews that didn't
//! come back are asked for, as far as there is somebody to ask.
//!
//! Called before the server answers anybody; what is decided is in `service::restore`.

use crate::photo_store::PhotoStore;
use crate::service::Fault;
use crate::service::restore::{self, Kept};
use crate::store::{Store, meta};
use anyhow::{Context, anyhow};
use shared::id::AreaCode;
use shared::time::Timestamp;

/// What didn't come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Missing {
    /// Photos that handhelds are asked for.
    pub photos: usize,
    /// Previews that handhelds are asked for.
    pub previews: usize,
    /// Photos that were added in the console: nobody can be asked for them.
    pub gone: usize,
}

/// Gives the data a new `server_epoch` and looks for each photo and preview that it says is here.
///
/// # Errors
/// When the database names no district, or database or photo store fail. Safe to begin again.
pub async fn begin(
    store: &Store,
    photos: &PhotoStore,
    server_epoch: String,
    now: Timestamp,
) -> anyhow::Result<Missing> {
    let district = store.read(|tx| meta::get(tx, meta::DISTRICT)).await?;
    let district: AreaCode = district
        .context("the database names no district")?
        .parse()
        .map_err(|error| anyhow!("its district: {error}"))?;
    let life = move |tx: &mut dyn crate::store::Tx| restore::begin_new_life(tx, &server_epoch);
    store
        .write(&district, life)
        .await
        .map_err(|fault| told(&fault))?;
    let (owed, gone) = look_for(store, photos, &district, Kept::Photos, now).await?;
    let (previews, _) = look_for(store, photos, &district, Kept::Previews, now).await?;
    Ok(Missing {
        photos: owed,
        previews,
        gone,
    })
}

fn told(fault: &Fault) -> anyhow::Error {
    anyhow!("{fault}")
}

/// Looks for all that the data says is here and notes what is not; how many are owed, and how many
/// are gone.
async fn look_for(
    store: &Store,
    photos: &PhotoStore,
    district: &AreaCode,
    kept: Kept,
    now: Timestamp,
) -> anyhow::Result<(usize, usize)> {
    let (mut after, mut missed, mut gone) = (None, 0, 0);
    loop {
        let page = store
            .read(move |tx| restore::said_to_be_here(tx, kept, after))
            .await
            .map_err(|fault| told(&fault))?;
        let Some((last, _)) = page.last().copied() else {
            return Ok((missed - gone, gone));
        };
        after = Some(last);
        let mut missing = Vec::new();
        for (hash, bytes) in page {
            // A copy that was cut off is as good as none.
            let size = photos.size(hash).await?.map(i64::try_from);
            if size != Some(Ok(bytes)) {
                missing.push(hash);
            }
        }
        missed += missing.len();
        gone += store
            .write(district, move |tx| {
                restore::are_owed(tx, kept, &missing, now)
            })
            .await
            .map_err(|fault| told(&fault))?;
    }
}
