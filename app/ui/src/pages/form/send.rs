//! Sending: the last step, after which nothing may touch the draft.

use super::{DRAFT_WAIT_MS, Form};
use crate::backend::{self, Answer};
use crate::route::Route;
use crate::state::{self, Shared};
use crate::words::unknown_problem;
use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use leptos::task::spawn_local;

impl Form {
    /// Files the report, or shows what is missing.
    pub(crate) fn send(self, shared: Shared) {
        if self.sending.get_untracked() || self.loading.get_untracked() {
            return;
        }
        self.sending.set(true);
        self.send_problem.set(None);
        let visit = self.visit.get_value();
        spawn_local(async move {
            let answer = self.try_send(visit).await;
            if !self.is_here(visit) {
                return;
            }
            self.sending.set(false);
            match answer {
                Ok(Some(route)) => {
                    shared.look_again();
                    state::rename(Route::Home);
                    state::go(route);
                    return;
                }
                Ok(None) => self.show_faults.set(true),
                Err(problem) => self.send_problem.set(Some(problem)),
            }
            self.filing.set_value(false);
        });
    }

    async fn try_send(self, visit: u32) -> Answer<Option<Route>> {
        let id = self.draft_id().await?;
        while self.preparing.get_untracked() > 0 {
            TimeoutFuture::new(DRAFT_WAIT_MS).await;
            if !self.is_here(visit) {
                return Err(unknown_problem("left"));
            }
        }
        // From here on this task alone touches the draft, wherever the worker goes meanwhile.
        self.filing.set_value(true);
        let (fields, removed) = (self.fields(), self.removed.get_untracked());
        self.removed.set(Vec::new());
        for photo in removed {
            backend::remove_photo(id, photo).await?;
        }
        let view = backend::save_draft(id, &fields).await?;
        if !view.faults.is_empty() {
            if self.is_here(visit) {
                self.take(view).await;
            }
            return Ok(None);
        }
        let filed = backend::file_draft(id).await?;
        Ok(Some(Route::Filed(filed.id)))
    }
}
