//! The server says when something moved; whatever is on the screen is then asked for again.
//!
//! The browser makes the line anew when it breaks. Without it the pages still ask now and again.
//! A page that nobody looks at has no line: without HTTP/2 a browser has six connections for one
//! server, and pages left behind in other tabs or in the history would use them up.

use crate::desk::{Desk, Session};
use crate::poll::is_seen;
use leptos::prelude::*;
use std::time::Duration;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use web_sys::EventSource;

/// Where the news come from.
const ADDRESS: &str = "/v1/sync/events";
/// Several news in a row cause one question.
const GATHERED: Duration = Duration::from_millis(300);

/// News that anything below may wait for.
#[derive(Clone, Copy)]
pub(crate) struct News {
    moved: Trigger,
}

impl News {
    /// Listens while somebody is signed in, and gives the news to all components below.
    pub(crate) fn provide(desk: Desk) {
        let news = Self {
            moved: Trigger::new(),
        };
        provide_context(news);
        let signed_in = Memo::new(move |_| {
            desk.session
                .with(|session| matches!(session, Session::In(_)))
        });
        let told = debounce(GATHERED, move |()| news.moved.notify());
        let told = StoredValue::new_local(told);
        let seen = RwSignal::new(is_seen());
        let handle = window_event_listener_untyped("visibilitychange", move |_| {
            seen.set(is_seen());
            // What was missed meanwhile.
            if is_seen() {
                news.moved.notify();
            }
        });
        on_cleanup(move || handle.remove());
        Effect::new(move |line: Option<Option<Line>>| {
            // The former line closes when it is dropped.
            drop(line);
            let wanted = signed_in.get() && seen.get();
            wanted.then(|| Line::open(told)).flatten()
        });
    }

    /// Runs again, inside an effect, when something moved.
    pub(crate) fn track() {
        if let Some(news) = use_context::<Self>() {
            news.moved.track();
        }
    }
}

/// An open line.
struct Line {
    source: EventSource,
    _told: Closure<dyn FnMut()>,
}

impl Line {
    fn open<F: FnMut(()) + 'static>(told: StoredValue<F, LocalStorage>) -> Option<Self> {
        let source = EventSource::new(ADDRESS).ok()?;
        let closure = Closure::<dyn FnMut()>::new(move || {
            told.try_update_value(|told| told(()));
        });
        source
            .add_event_listener_with_callback("moved", closure.as_ref().unchecked_ref())
            .ok()?;
        Some(Self {
            source,
            _told: closure,
        })
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.source.close();
    }
}
