//! The report being filled in: every change is kept on the device without being asked for.
//!
//! One form for the whole life of the app, so that an answer which comes after the worker has
//! left the page finds something to talk to; `visit` tells it that it comes too late. It decides
//! nothing: what is missing and who would get the report are the core's answers.

mod filling;
mod send;
mod similar;

use crate::backend::{self, Answer};
use crate::route::Route;
use crate::state::{self, Shared};
use crate::words::unknown_problem;
use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::id::{ConditionId, DraftId};
use shared::report::PlaceSource;
use shared::wire::handheld::{
    CategoryRow, ConditionRow, DraftFields, DraftView, PlaceInput, PreviewView, Problem,
    SimilarAnswer, SimilarView,
};

/// A pause in typing after which the draft is written.
const PAUSE_MS: u32 = 300;
/// How long after a failure the draft is written again, changed or not.
const AGAIN_MS: u32 = 3_000;
/// How often something that has to wait looks again.
const DRAFT_WAIT_MS: u32 = 20;

/// How the draft stands on the device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kept {
    /// There is nothing to keep yet.
    Nothing,
    /// Being written.
    Writing,
    /// Written.
    Yes,
    /// Could not be written.
    No(Problem),
}

/// The form. Every member is a handle, so copies are the same form.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Form {
    pub(crate) draft: RwSignal<Option<DraftView>>,
    pub(crate) place: RwSignal<Option<PlaceInput>>,
    pub(crate) place_words: RwSignal<String>,
    pub(crate) category: RwSignal<Option<CategoryRow>>,
    pub(crate) conditions: RwSignal<Vec<ConditionRow>>,
    pub(crate) condition: RwSignal<Option<ConditionId>>,
    pub(crate) text: RwSignal<String>,
    pub(crate) self_fixed: RwSignal<bool>,
    pub(crate) contact_name: RwSignal<String>,
    pub(crate) contact_phone: RwSignal<String>,
    pub(crate) preview: RwSignal<Option<PreviewView>>,
    /// What nearby may be the same thing.
    pub(crate) similar: RwSignal<Vec<SimilarView>>,
    /// What the worker said to that.
    pub(crate) answer: RwSignal<SimilarAnswer>,
    pub(crate) kept: RwSignal<Kept>,
    /// Photos being prepared.
    pub(crate) preparing: RwSignal<u32>,
    /// What went wrong with a photo or with the draft.
    pub(crate) problem: RwSignal<Option<Problem>>,
    /// Why there is no position.
    pub(crate) place_problem: RwSignal<Option<Problem>>,
    /// Why the report was not filed.
    pub(crate) send_problem: RwSignal<Option<Problem>>,
    /// The worker pressed send while something was missing.
    pub(crate) show_faults: RwSignal<bool>,
    pub(crate) sending: RwSignal<bool>,
    pub(crate) locating: RwSignal<bool>,
    /// A draft is being read, or could not be: what is typed now would take its place.
    pub(crate) loading: RwSignal<bool>,
    /// Photos taken away that can still be brought back.
    pub(crate) removed: RwSignal<Vec<i64>>,
    id: StoredValue<Option<DraftId>>,
    /// The address names the draft, because the device holds it.
    named: StoredValue<bool>,
    /// The report is being filed: from here on nothing may touch its draft.
    filing: StoredValue<bool>,
    visit: StoredValue<u32>,
    edits: StoredValue<u32>,
    writing: StoredValue<bool>,
}

impl Form {
    /// An empty form.
    pub(crate) fn new() -> Self {
        Self {
            draft: RwSignal::new(None),
            place: RwSignal::new(None),
            place_words: RwSignal::new(String::new()),
            category: RwSignal::new(None),
            conditions: RwSignal::new(Vec::new()),
            condition: RwSignal::new(None),
            text: RwSignal::new(String::new()),
            self_fixed: RwSignal::new(false),
            contact_name: RwSignal::new(String::new()),
            contact_phone: RwSignal::new(String::new()),
            preview: RwSignal::new(None),
            similar: RwSignal::new(Vec::new()),
            answer: RwSignal::new(SimilarAnswer::default()),
            kept: RwSignal::new(Kept::Nothing),
            preparing: RwSignal::new(0),
            problem: RwSignal::new(None),
            place_problem: RwSignal::new(None),
            send_problem: RwSignal::new(None),
            show_faults: RwSignal::new(false),
            sending: RwSignal::new(false),
            locating: RwSignal::new(false),
            loading: RwSignal::new(false),
            removed: RwSignal::new(Vec::new()),
            id: StoredValue::new(None),
            named: StoredValue::new(false),
            filing: StoredValue::new(false),
            visit: StoredValue::new(0),
            edits: StoredValue::new(0),
            writing: StoredValue::new(false),
        }
    }

    /// Begins a new report, or goes on with a draft.
    pub(crate) fn open(self, draft: Option<DraftId>, shared: Shared) {
        self.clear();
        self.id.set_value(draft);
        let visit = self.visit.get_value();
        let receiver = shared.about.get_untracked().receiver;
        if let Some(id) = draft {
            self.named.set_value(true);
            self.loading.set(true);
            spawn_local(async move {
                let answer = backend::draft(id).await;
                if !self.is_here(visit) {
                    return;
                }
                match answer {
                    Ok(view) => self.fill(view).await,
                    Err(problem) => self.problem.set(Some(problem)),
                }
            });
            return;
        }
        spawn_local(async move {
            let id = backend::new_draft().await;
            if !self.is_here(visit) {
                return;
            }
            match id {
                Ok(id) => self.id.set_value(Some(id)),
                Err(problem) => self.problem.set(Some(problem)),
            }
            if receiver {
                self.locate().await;
            }
        });
    }

    fn clear(self) {
        self.visit
            .update_value(|visit| *visit = visit.wrapping_add(1));
        self.draft.set(None);
        self.place.set(None);
        self.place_words.set(String::new());
        self.category.set(None);
        self.conditions.set(Vec::new());
        self.condition.set(None);
        self.text.set(String::new());
        self.self_fixed.set(false);
        self.contact_name.set(String::new());
        self.contact_phone.set(String::new());
        self.preview.set(None);
        self.similar.set(Vec::new());
        self.answer.set(SimilarAnswer::default());
        self.kept.set(Kept::Nothing);
        self.preparing.set(0);
        self.problem.set(None);
        self.place_problem.set(None);
        self.send_problem.set(None);
        self.show_faults.set(false);
        self.sending.set(false);
        self.locating.set(false);
        self.loading.set(false);
        self.removed.set(Vec::new());
        self.named.set_value(false);
        self.filing.set_value(false);
        self.writing.set_value(false);
    }

    /// Writes what isn't written yet; the page is about to go.
    pub(crate) fn leave(self) {
        // A report that is being filed has been written already.
        let filing = self.filing.get_value();
        let unwritten = self.writing.get_value() && !filing;
        let (id, fields) = (self.id.get_value(), self.fields());
        let removed = self.removed.get_untracked();
        self.clear();
        self.id.set_value(None);
        if filing || (!unwritten && removed.is_empty()) {
            return;
        }
        spawn_local(async move {
            let id = match id {
                Some(id) => Ok(id),
                None => backend::new_draft().await,
            };
            let Ok(id) = id else { return };
            for photo in removed {
                let _ = backend::remove_photo(id, photo).await;
            }
            if unwritten && let Err(problem) = backend::save_draft(id, &fields).await {
                leptos::logging::error!("a draft was not kept: {}", problem.code);
            }
        });
    }

    /// Is the worker still at the report that a slow answer belongs to?
    fn is_here(self, visit: u32) -> bool {
        self.visit.get_value() == visit
    }

    fn fields(self) -> DraftFields {
        let words = self.place_words.get_untracked();
        DraftFields {
            place: self
                .place
                .get_untracked()
                .map(|place| PlaceInput { words, ..place }),
            category: self.category.get_untracked().map(|category| category.id),
            condition: self.condition.get_untracked(),
            text: self.text.get_untracked(),
            self_fixed: self.self_fixed.get_untracked(),
            similar: self.answer.get_untracked(),
            contact: (
                self.contact_name.get_untracked(),
                self.contact_phone.get_untracked(),
            ),
        }
    }

    /// Takes over what the device holds.
    async fn fill(self, view: DraftView) {
        self.place_words.set(
            view.place
                .as_ref()
                .map(|place| place.words.clone())
                .unwrap_or_default(),
        );
        self.place.set(view.place.clone());
        self.text.set(view.text.clone());
        self.self_fixed.set(view.self_fixed);
        self.contact_name.set(view.contact.0.clone());
        self.contact_phone.set(view.contact.1.clone());
        self.condition.set(
            view.condition
                .as_ref()
                .map(|condition| condition.id.clone()),
        );
        self.category.set(view.category.clone());
        self.answer.set(view.similar.clone());
        self.kept.set(Kept::Yes);
        self.loading.set(false);
        let category = view.category.as_ref().map(|category| category.id.clone());
        let visit = self.visit.get_value();
        self.take(view).await;
        let Some(id) = category else { return };
        let detail = backend::category(&id).await;
        // Another one may have been chosen meanwhile, and has its own conditions.
        if !self.is_here(visit) || !self.is_category(&id) {
            return;
        }
        match detail {
            Ok(detail) => self.conditions.set(detail.conditions),
            Err(problem) => self.problem.set(Some(problem)),
        }
    }

    /// Takes in the core's view after a change, and its preview.
    async fn take(self, view: DraftView) {
        let visit = self.visit.get_value();
        let id = view.id;
        if !self.named.get_value() {
            self.named.set_value(true);
            state::rename(Route::Capture(Some(id)));
        }
        if let Some((lat, lon)) = view.suggestion
            && self.place.read_untracked().is_none()
        {
            self.set_place(PlaceInput {
                lat,
                lon,
                accuracy_m: None,
                source: PlaceSource::Exif,
                words: String::new(),
            });
        }
        let placed = view.category.is_some() && view.place.is_some();
        let complete = view.category.is_some() && view.condition.is_some() && view.place.is_some();
        if self.draft.read_untracked().as_ref() != Some(&view) {
            self.draft.set(Some(view));
        }
        let preview = if complete {
            backend::preview(id).await.ok()
        } else {
            None
        };
        if self.is_here(visit) && *self.preview.read_untracked() != preview {
            self.preview.set(preview);
        }
        self.look_around(id, placed).await;
    }

    /// Something was changed: it is written after a short pause.
    pub(crate) fn changed(self) {
        self.edits
            .update_value(|edits| *edits = edits.wrapping_add(1));
        self.kept.set(Kept::Writing);
        if self.writing.get_value() {
            return;
        }
        self.writing.set_value(true);
        let visit = self.visit.get_value();
        spawn_local(async move {
            loop {
                TimeoutFuture::new(PAUSE_MS).await;
                if !self.is_here(visit) {
                    return;
                }
                if self.filing.get_value() {
                    continue;
                }
                let edits = self.edits.get_value();
                let answer = self.write().await;
                if !self.is_here(visit) {
                    return;
                }
                let done = edits == self.edits.get_value();
                let is_written = answer.is_ok();
                match answer {
                    Ok(view) => {
                        if done {
                            self.kept.set(Kept::Yes);
                        }
                        self.take(view).await;
                    }
                    Err(problem) => {
                        let kept = Kept::No(problem);
                        if *self.kept.read_untracked() != kept {
                            self.kept.set(kept);
                        }
                        TimeoutFuture::new(AGAIN_MS).await;
                    }
                }
                if !self.is_here(visit) {
                    return;
                }
                // Until it is written it counts as unwritten, for whoever leaves the page too.
                if is_written && self.edits.get_value() == edits {
                    self.writing.set_value(false);
                    return;
                }
            }
        });
    }

    async fn write(self) -> Answer<DraftView> {
        // Taken before anything is waited for: the page may be left meanwhile.
        let fields = self.fields();
        let id = self.draft_id().await?;
        backend::save_draft(id, &fields).await
    }

    /// The draft's id, as soon as the shell has made one.
    async fn draft_id(self) -> Answer<DraftId> {
        let visit = self.visit.get_value();
        loop {
            if !self.is_here(visit) {
                return Err(unknown_problem("left"));
            }
            if let Some(id) = self.id.get_value() {
                return Ok(id);
            }
            TimeoutFuture::new(DRAFT_WAIT_MS).await;
        }
    }
}

/// The form, from anywhere below the app.
#[expect(
    clippy::expect_used,
    reason = "the app provides it before any page exists"
)]
pub(crate) fn form() -> Form {
    use_context().expect("pages live below the app")
}
