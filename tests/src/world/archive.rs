//! The archive of a test's world: sealed when the test says, checked as `gewu-server verify` does.

use super::World;
use std::path::PathBuf;
use sync_server::photo_store::PhotoStore;
use sync_server::service::receipts;
use sync_server::{sealing, verifier};

impl World {
    /// Seals everything that was written, as the server does every few minutes; how many entries.
    ///
    /// # Panics
    /// When that fails.
    pub fn seal(&self) -> usize {
        let key = self.look(|tx| receipts::key(tx)).expect("a key");
        let sealing = sealing::seal_all(&self.store, &self.district, &key, self.now());
        self.runtime.block_on(sealing).expect("sealed")
    }

    /// The folder of the photos.
    #[must_use]
    pub fn photos_folder(&self) -> PathBuf {
        self._folder.path().join("photos")
    }

    /// Checks everything.
    ///
    /// # Panics
    /// When that is not possible at all.
    #[must_use]
    pub fn verify(&self) -> verifier::Report {
        let url = self.photos_folder().display().to_string();
        let photos = PhotoStore::open_to_read(&url).expect("the photos");
        verifier::verify(&self.store, Some(&photos), Some(self.receipt_key())).expect("a check")
    }
}
