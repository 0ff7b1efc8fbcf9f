//! Published catalogues: every version for ever, one of them in force.

use super::{Fault, Result};
use crate::store::{self, Tx};
use shared::catalogue::{Catalogue, CatalogueDoc};
use shared::id::{AreaCode, CatalogueVersion};
use shared::time::Timestamp;

/// Publishes a version and puts it into force. A version that is there stays as it is.
///
/// # Errors
/// [`Fault::Damaged`] when the document is no catalogue; whatever the store says.
pub fn publish(
    tx: &mut dyn Tx,
    district: &AreaCode,
    doc: &CatalogueDoc,
    now: Timestamp,
) -> Result<()> {
    Catalogue::new(doc.clone()).map_err(|error| Fault::damaged("catalogue", error))?;
    let text = serde_json::to_string(doc).map_err(|error| Fault::damaged("catalogue", error))?;
    store::catalogues::insert_if_new(tx, &doc.version, district, &text, now)?;
    store::meta::set(tx, store::meta::CATALOGUE_VERSION, doc.version.as_str())?;
    Ok(())
}

/// The document of a version as JSON text.
///
/// # Errors
/// [`Fault::NotFound`] for one that was never published.
pub fn text(tx: &mut dyn Tx, version: &CatalogueVersion) -> Result<String> {
    store::catalogues::get(tx, version)?.ok_or(Fault::NotFound("catalogue"))
}
