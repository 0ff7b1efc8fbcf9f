//! What happened, line by line: its hash tells whether two runs were the same, its end shows what
//! led to a failure, and its counts show that nothing was left untried.

use shared::id::Sha256;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Lines kept for a failure.
const TAIL_LINES: usize = 4_000;

/// A trace; clones share it.
#[derive(Debug, Clone, Default)]
pub struct Trace(Arc<Mutex<Inner>>);

#[derive(Debug, Default)]
struct Inner {
    digest: Option<Sha256>,
    tail: VecDeque<String>,
    counts: BTreeMap<&'static str, u64>,
}

impl Trace {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a line. It holds nothing that differs from run to run, such as the server's own ids.
    pub fn line(&self, text: String) {
        let mut inner = self.inner();
        let before = inner
            .digest
            .map_or_else(String::new, |digest| digest.to_string());
        inner.digest = Some(Sha256::of(format!("{before}\n{text}").as_bytes()));
        if inner.tail.len() == TAIL_LINES {
            inner.tail.pop_front();
        }
        inner.tail.push_back(text);
    }

    /// Counts that something happened.
    pub fn count(&self, what: &'static str) {
        *self.inner().counts.entry(what).or_default() += 1;
    }

    /// Hash over all lines.
    #[must_use]
    pub fn digest(&self) -> String {
        self.inner()
            .digest
            .map_or_else(String::new, |digest| digest.to_string())
    }

    /// The last lines.
    #[must_use]
    pub fn tail(&self) -> Vec<String> {
        self.inner().tail.iter().cloned().collect()
    }

    /// How often each thing happened.
    #[must_use]
    pub fn counts(&self) -> BTreeMap<&'static str, u64> {
        self.inner().counts.clone()
    }
}
