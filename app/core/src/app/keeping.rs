//! The façade's part of locking: what a keeper asks before it closes the data, and the end of a
//! handheld that was reported lost.

use super::App;
use crate::error::CoreError;
use crate::store::{outbox, photos, settings};
use crate::vault;
use shared::time::Timestamp;
use shared::wire::handheld::SyncState;
use std::sync::atomic::Ordering;

impl App {
    /// Whether nothing waits that could be sent: then the data may be closed.
    pub(crate) fn has_sent_everything(&self) -> bool {
        self.sync_status().is_ok_and(|status| {
            let waits = status.operations_waiting > 0 || status.photos_waiting > 0;
            match status.state {
                SyncState::Running => false,
                SyncState::NotEnrolled | SyncState::Paused => true,
                _ => !waits,
            }
        })
    }

    pub(crate) fn keep_setting(&self, name: &str, value: &str) -> Result<(), CoreError> {
        self.store().write(|tx| Ok(settings::set(tx, name, value)?))
    }

    pub(crate) fn kept_setting(&self, name: &str) -> Option<String> {
        let kept = self.store().read(|tx| settings::get(tx, name));
        kept.ok().flatten()
    }

    /// Whether the key was erased while the data was open.
    #[must_use]
    pub fn is_erased(&self) -> bool {
        self.inner.is_erased.load(Ordering::SeqCst)
    }

    /// Ends a handheld that was reported lost: nobody opens its data again. Not when something was
    /// filed in the meantime; that goes first.
    pub(super) fn erase(&self, now: Timestamp) -> Result<(), CoreError> {
        // Held to the end, so that nothing is filed between the look and the end.
        let mut store = self.store();
        let waits = store.read(|tx| {
            let (photos, _) = photos::waiting_number(tx)?;
            Ok(outbox::waiting_number(tx)? > 0 || photos > 0)
        })?;
        if !waits {
            vault::erase(&self.inner.directory, now)?;
            self.inner.is_erased.store(true, Ordering::SeqCst);
        }
        Ok(())
    }
}
