//! The data came back from a backup: a new life of it begins, and photos and previews that didn't
//! come back are asked for.
//!
//! Called before the server answers anybody; what is decided is in `service::restore`.

use crate::photo_store::PhotoStore;
use crate::service::Fault;
use crate::service::restore::{self, Kept};
use crate::store::{Store, meta};
use anyhow::{Context, anyhow};
use shared::id::AreaCode;

/// What didn't come back; the handhelds are asked for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Missing {
    /// Photos.
    pub photos: usize,
    /// Previews.
    pub previews: usize,
}

/// Gives the data a new `server_epoch` and looks for each photo and preview that it says is here.
///
/// # Errors
/// When the database names no district, or database or photo store fail. Safe to begin again.
pub async fn begin(
    store: &Store,
    photos: &PhotoStore,
    server_epoch: String,
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
    Ok(Missing {
        photos: look_for(store, photos, &district, Kept::Photos).await?,
        previews: look_for(store, photos, &district, Kept::Previews).await?,
    })
}

fn told(fault: &Fault) -> anyhow::Error {
    anyhow!("{fault}")
}

/// Looks for all that the data says is here and notes what is not; how many.
async fn look_for(
    store: &Store,
    photos: &PhotoStore,
    district: &AreaCode,
    kept: Kept,
) -> anyhow::Result<usize> {
    let (mut after, mut owed) = (None, 0);
    loop {
        let page = store
            .read(move |tx| restore::said_to_be_here(tx, kept, after))
            .await
            .map_err(|fault| told(&fault))?;
        let Some((last, _)) = page.last().copied() else {
            return Ok(owed);
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
        owed += missing.len();
        store
            .write(district, move |tx| restore::are_owed(tx, kept, &missing))
            .await
            .map_err(|fault| told(&fault))?;
    }
}
