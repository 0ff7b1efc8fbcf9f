//! The question 附近已有相似事件，并案吗, and its answers; asked of the device, without a network.

use super::Form;
use crate::backend;
use leptos::prelude::*;
use shared::id::{DraftId, ReportId};

impl Form {
    /// Looks for what nearby may be the same thing; nothing is while place or category is open.
    pub(super) async fn look_around(self, id: DraftId, placed: bool) {
        let visit = self.visit.get_value();
        let similar = if placed {
            backend::similar(id).await.unwrap_or_default()
        } else {
            Vec::new()
        };
        if self.is_here(visit) && *self.similar.read_untracked() != similar {
            self.similar.set(similar);
        }
    }

    /// 是同一件.
    pub(crate) fn say_same(self, report: ReportId) {
        self.answer.update(|answer| answer.same_as = Some(report));
        self.changed();
    }

    /// 不是.
    pub(crate) fn say_different(self, report: ReportId) {
        self.answer.update(|answer| answer.different.push(report));
        self.similar
            .update(|similar| similar.retain(|view| view.report != report));
        self.changed();
    }

    /// Takes back what was said of the same.
    pub(crate) fn unsay_same(self) {
        self.answer.update(|answer| answer.same_as = None);
        self.changed();
    }
}
