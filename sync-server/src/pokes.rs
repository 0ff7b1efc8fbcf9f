//! Whoever listens for news: 2,600 handhelds and some consoles, each a queue of a few texts.
//!
//! One task looks at the district's counter twice a second, asks which buckets moved, and puts a
//! line into the queues concerned. So writes know nothing of listeners, and several servers on one
//! database need no wire between them. A line says only that something moved; a lost one costs a
//! minute at most, because everybody also asks now and again.

use shared::id::Bucket;
use shared::wire::sync::Poke;
use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::mpsc::{Receiver, Sender, channel};

/// How often the counter is looked at: what a worker calls at once, and two reads a second.
pub const LOOK_EVERY: Duration = Duration::from_millis(500);
/// A line is sent at least this often, so that a dead connection shows and none is cut as idle:
/// below the 30 seconds for which handhelds and most proxies wait.
pub const ALIVE_EVERY: Duration = Duration::from_secs(20);
/// A listener is let go after this long and comes again with the buckets of the present posts.
pub const LISTENS_AT_MOST: Duration = Duration::from_secs(60 * 60);
/// Lines that wait for a listener; whoever is slower is let go, and asks when it comes again.
const LINES_WAITING: usize = 8;
/// Listeners at once: a district's handhelds four times over.
const LISTENERS_MAX: usize = 10_000;
/// A line that means nothing.
const ALIVE: &str = ":\n\n";

/// All listeners.
#[derive(Debug, Default)]
pub struct Pokes {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    listeners: Vec<Listener>,
    closed: bool,
}

#[derive(Debug)]
struct Listener {
    /// What it hears of; none for a console, which hears that something moved.
    buckets: Option<HashSet<Bucket>>,
    lines: Sender<String>,
    until: Instant,
}

impl Pokes {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins to listen until a moment; the queue ends when the listener is let go. None when there
    /// are too many.
    pub fn listen(
        &self,
        buckets: Option<Vec<Bucket>>,
        now: Instant,
        until: Instant,
    ) -> Option<Receiver<String>> {
        let (lines, queue) = channel(LINES_WAITING);
        drop(lines.try_send(ALIVE.to_owned()));
        let mut inner = self.inner();
        if inner.listeners.len() >= LISTENERS_MAX {
            return None;
        }
        if !inner.closed && now < until {
            inner.listeners.push(Listener {
                buckets: buckets.map(HashSet::from_iter),
                lines,
                until,
            });
        }
        Some(queue)
    }

    /// Tells whoever it concerns that buckets moved.
    pub fn moved(&self, buckets: &[Bucket], now: Instant) {
        self.tell(now, |listener| {
            let heard: Vec<Bucket> = match &listener.buckets {
                None => Vec::new(),
                Some(own) => {
                    let heard = buckets.iter().filter(|bucket| own.contains(bucket));
                    let heard: Vec<Bucket> = heard.cloned().collect();
                    if heard.is_empty() {
                        return None;
                    }
                    heard
                }
            };
            let data = serde_json::to_string(&Poke { buckets: heard }).ok()?;
            Some(format!("event: moved\ndata: {data}\n\n"))
        });
    }

    /// Tells everybody that something moved which is in no bucket: a catalogue, an order.
    pub fn everyone(&self, now: Instant) {
        let data = serde_json::to_string(&Poke {
            buckets: Vec::new(),
        });
        let Ok(data) = data else { return };
        self.tell(now, |_| Some(format!("event: moved\ndata: {data}\n\n")));
    }

    /// Shows everybody that the line is alive, and lets go whose time is over.
    pub fn alive(&self, now: Instant) {
        self.tell(now, |_| Some(ALIVE.to_owned()));
    }

    fn tell(&self, now: Instant, line: impl Fn(&Listener) -> Option<String>) {
        self.inner().listeners.retain(|listener| {
            let heard = line(listener).is_none_or(|line| listener.lines.try_send(line).is_ok());
            heard && now < listener.until
        });
    }

    /// How many listen.
    #[must_use]
    pub fn count(&self) -> usize {
        self.inner().listeners.len()
    }

    /// Lets everybody go and takes nobody any more: the server stops.
    pub fn close(&self) {
        let mut inner = self.inner();
        inner.closed = true;
        inner.listeners.clear();
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;

    fn bucket(name: &str) -> Bucket {
        Bucket::new(name).unwrap()
    }

    #[test]
    fn one_hears_of_ones_own_buckets_and_a_console_that_something_moved() {
        let (pokes, now) = (Pokes::default(), Instant::now());
        let until = now + LISTENS_AT_MOST;
        let mut own = pokes
            .listen(Some(vec![bucket("grid:1")]), now, until)
            .unwrap();
        let mut console = pokes.listen(None, now, until).unwrap();
        assert_eq!(own.try_recv().unwrap(), ALIVE);
        assert_eq!(console.try_recv().unwrap(), ALIVE);
        pokes.moved(&[bucket("grid:1"), bucket("grid:2")], now);
        pokes.moved(&[bucket("grid:2")], now);
        let line = "event: moved\ndata: {\"buckets\":[\"grid:1\"]}\n\n";
        assert_eq!(own.try_recv().unwrap(), line);
        assert!(own.try_recv().is_err());
        assert!(console.try_recv().unwrap().contains("{\"buckets\":[]}"));
        assert!(console.try_recv().unwrap().contains("{\"buckets\":[]}"));
    }

    #[test]
    fn who_is_gone_slow_or_here_too_long_is_let_go() {
        let (pokes, now) = (Pokes::default(), Instant::now());
        let gone = pokes.listen(None, now, now + LISTENS_AT_MOST).unwrap();
        let mut slow = pokes.listen(None, now, now + LISTENS_AT_MOST).unwrap();
        let _long = pokes.listen(None, now, now + ALIVE_EVERY).unwrap();
        drop(gone);
        pokes.alive(now);
        assert_eq!(pokes.count(), 2);
        pokes.alive(now + ALIVE_EVERY);
        assert_eq!(pokes.count(), 1);
        for _ in 0..LINES_WAITING {
            pokes.alive(now);
        }
        assert_eq!(pokes.count(), 0);
        while slow.try_recv().is_ok() {}
        assert!(slow.is_closed());
    }

    #[test]
    fn a_server_that_stops_ends_every_stream() {
        let (pokes, now) = (Pokes::default(), Instant::now());
        let before = pokes.listen(None, now, now + LISTENS_AT_MOST).unwrap();
        pokes.close();
        let after = pokes.listen(None, now, now + LISTENS_AT_MOST).unwrap();
        assert!(before.is_closed() && after.is_closed());
        assert_eq!(pokes.count(), 0);
    }
}
