//! The sync loop beside the window: one for as long as the data is open, begun anew when it ended.

use app_core::{App, Edge};
use std::time::{Duration, Instant};
use tauri::async_runtime::JoinHandle;

/// The least time from one beginning to the next over the same data: what ended the loop at once
/// may do so again.
const AGAIN_AFTER: Duration = Duration::from_secs(60);

/// The loop over one opening of the data.
#[derive(Debug)]
pub(crate) struct Syncing {
    app: App,
    begun: Instant,
    task: JoinHandle<()>,
}

impl Syncing {
    fn begin(app: App, edge: Edge) -> Self {
        Self {
            task: tauri::async_runtime::spawn(sync(app.clone(), edge)),
            app,
            begun: Instant::now(),
        }
    }

    /// Whether this loop is the one that is wanted over this data; else another is to be begun.
    fn serves(&self, app: &App) -> bool {
        let standing = Standing {
            has_ended: self.task.inner().is_finished(),
            is_erased: app.is_erased(),
            age: self.begun.elapsed(),
        };
        self.app.is(app) && !standing.is_to_begin_anew()
    }
}

/// How a loop stands over data that is still open.
struct Standing {
    has_ended: bool,
    is_erased: bool,
    age: Duration,
}

impl Standing {
    /// However it ended, by an error or a panic: a worker with an open app expects that it sends.
    fn is_to_begin_anew(&self) -> bool {
        self.has_ended && !self.is_erased && self.age >= AGAIN_AFTER
    }
}

/// Begins, keeps or ends the loop, as the data is open or not.
pub(crate) fn look(running: Option<Syncing>, open: Option<App>, edge: &Edge) -> Option<Syncing> {
    match (open, running) {
        (None, None) => None,
        (None, Some(running)) => {
            running.task.abort();
            None
        }
        (Some(app), None) => Some(Syncing::begin(app, edge.clone())),
        (Some(app), Some(running)) if running.serves(&app) => Some(running),
        (Some(app), Some(running)) => {
            // Closed and opened between two looks, or ended by itself.
            running.task.abort();
            tracing::warn!("sync is begun anew");
            Some(Syncing::begin(app, edge.clone()))
        }
    }
}

async fn sync(app: App, edge: Edge) {
    if let Err(error) = app.sync_forever(&edge).await {
        tracing::error!(%error, "sync can't run on this system");
    }
}

#[cfg(test)]
mod tests {
    use super::{AGAIN_AFTER, Standing};
    use std::time::Duration;

    #[test]
    fn a_loop_that_ended_is_begun_anew_after_a_while_unless_the_key_was_erased() {
        let standing = |has_ended, is_erased, age| Standing {
            has_ended,
            is_erased,
            age,
        };
        let hour = Duration::from_secs(3_600);
        assert!(standing(true, false, AGAIN_AFTER).is_to_begin_anew());
        assert!(!standing(true, false, Duration::ZERO).is_to_begin_anew());
        assert!(!standing(true, true, hour).is_to_begin_anew());
        assert!(!standing(false, false, hour).is_to_begin_anew());
    }
}
