//! The data came back from a backup: a new life of it begins, and photos that didn't come back
//! are asked for.
//!
//! Called before the server answers anybody; what is decided is in `service::restore`.

use crate::photo_store::PhotoStore;
use crate::service::{Fault, restore};
use crate::store::{Store, meta};
use anyhow::{Context, anyhow};
use shared::id::AreaCode;

/// Gives the data a new `server_epoch` and looks for each photo that it says is here. Answers how
/// many are missing; their handhelds are asked for them.
///
/// # Errors
/// When the database names no district, or database or photo store fail. Safe to begin again.
pub async fn begin(
    store: &Store,
    photos: &PhotoStore,
    server_epoch: String,
) -> anyhow::Result<usize> {
    let told = |fault: Fault| anyhow!("{fault}");
    let district = store.read(|tx| meta::get(tx, meta::DISTRICT)).await?;
    let district: AreaCode = district
        .context("the database names no district")?
        .parse()
        .map_err(|error| anyhow!("its district: {error}"))?;
    let life = move |tx: &mut dyn crate::store::Tx| restore::begin_new_life(tx, &server_epoch);
    store.write(&district, life).await.map_err(told)?;
    let (mut after, mut owed) = (None, 0);
    loop {
        let page = store
            .read(move |tx| restore::photos_said_to_be_here(tx, after))
            .await
            .map_err(told)?;
        let Some(last) = page.last().copied() else {
            return Ok(owed);
        };
        after = Some(last);
        let mut missing = Vec::new();
        for hash in page {
            if photos.size(hash).await?.is_none() {
                missing.push(hash);
            }
        }
        owed += missing.len();
        store
            .write(&district, move |tx| restore::photos_are_owed(tx, &missing))
            .await
            .map_err(told)?;
    }
}
