//! Who pushed lately, so that a push neither waits for a reader nor reads again who its handheld is.
//!
//! What lies here may be out of date: another process may have ended the session meanwhile. So it
//! only serves to judge a push beside the writer; the writing transaction asks [`Grounds::stand`],
//! and what was judged by something that no longer stands is read and judged anew
//! ([`super::sync`]). Nobody is refused by what is remembered, and nothing is written by it alone.

use crate::service::sessions::Grounds;
use shared::id::Sha256;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Tokens that are remembered: three times the handhelds of a large district, about 1 KiB each.
const REMEMBERED_MAX: usize = 8_192;

/// Grounds by the hash of their token.
#[derive(Debug, Default)]
pub(super) struct Remembered {
    grounds: Mutex<HashMap<Sha256, Arc<Grounds>>>,
}

impl Remembered {
    pub(super) fn get(&self, token_hash: Sha256) -> Option<Arc<Grounds>> {
        self.all().get(&token_hash).cloned()
    }

    /// Remembers what was read just now; what others bring of a handheld has no token to find it by.
    pub(super) fn keep(&self, grounds: &Arc<Grounds>) {
        let Some(token_hash) = grounds.token_hash() else {
            return;
        };
        let mut all = self.all();
        // Tokens are renewed daily, so most of what fills it is of no use any more.
        if all.len() >= REMEMBERED_MAX {
            all.clear();
        }
        all.insert(token_hash, Arc::clone(grounds));
    }

    pub(super) fn forget(&self, token_hash: Sha256) {
        self.all().remove(&token_hash);
    }

    fn all(&self) -> MutexGuard<'_, HashMap<Sha256, Arc<Grounds>>> {
        self.grounds.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
