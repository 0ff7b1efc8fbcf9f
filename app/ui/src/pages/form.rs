//! The report being filled in: every change is kept on the device without being asked for.
//!
//! One form for the whole life of the app, so that an answer which comes after the worker has
//! left the page finds something to talk to; `visit` tells it that it comes too late. It decides
//! nothing: what is missing and who would get the report are the core's answers.

use crate::backend::{self, Answer};
use crate::route::Route;
use crate::state::{self, Shared, UNDO_MS};
use crate::words::{self, Speaker, unknown_problem};
use gloo_timers::future::TimeoutFuture;
use js_sys::Uint8Array;
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::id::{CategoryId, ConditionId, DraftId};
use shared::label::Lang;
use shared::report::{PhotoRole, PlaceSource};
use shared::wire::handheld::{
    CategoryRow, ConditionRow, DraftFields, DraftView, PhotoView, PlaceInput, PreviewView, Problem,
};

/// A pause in typing after which the draft is written.
const PAUSE_MS: u32 = 300;
/// How often a second change looks whether the first one has made the draft.
const DRAFT_WAIT_MS: u32 = 20;
/// A file larger than this is no photo of a phone and would fill its memory (a 200-megapixel
/// camera writes 40 MB).
const PHOTO_FILE_BYTES_LIMIT: f64 = 64.0 * 1024.0 * 1024.0;

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
    pub(crate) preview: RwSignal<Option<PreviewView>>,
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
    /// Photos taken away that can still be brought back.
    pub(crate) removed: RwSignal<Vec<i64>>,
    id: StoredValue<Option<DraftId>>,
    creating: StoredValue<bool>,
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
            preview: RwSignal::new(None),
            kept: RwSignal::new(Kept::Nothing),
            preparing: RwSignal::new(0),
            problem: RwSignal::new(None),
            place_problem: RwSignal::new(None),
            send_problem: RwSignal::new(None),
            show_faults: RwSignal::new(false),
            sending: RwSignal::new(false),
            locating: RwSignal::new(false),
            removed: RwSignal::new(Vec::new()),
            id: StoredValue::new(None),
            creating: StoredValue::new(false),
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
        spawn_local(async move {
            if let Some(id) = draft {
                match backend::draft(id).await {
                    Ok(view) if self.is_here(visit) => self.fill(view).await,
                    Ok(_) => {}
                    Err(problem) => self.problem.set(Some(problem)),
                }
            } else if receiver {
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
        self.preview.set(None);
        self.kept.set(Kept::Nothing);
        self.preparing.set(0);
        self.problem.set(None);
        self.place_problem.set(None);
        self.send_problem.set(None);
        self.show_faults.set(false);
        self.sending.set(false);
        self.locating.set(false);
        self.removed.set(Vec::new());
        self.creating.set_value(false);
        self.writing.set_value(false);
    }

    /// Writes what isn't written yet; the page is about to go.
    pub(crate) fn leave(self) {
        let unwritten = self.writing.get_value();
        let (id, fields) = (self.id.get_value(), self.fields());
        let removed = self.removed.get_untracked();
        self.clear();
        self.id.set_value(None);
        if !unwritten && removed.is_empty() {
            return;
        }
        spawn_local(async move {
            let id = match id {
                Some(id) => Ok(id),
                None => backend::new_draft().await.map(|view| view.id),
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
        self.condition.set(
            view.condition
                .as_ref()
                .map(|condition| condition.id.clone()),
        );
        self.category.set(view.category.clone());
        self.kept.set(Kept::Yes);
        let category = view.category.as_ref().map(|category| category.id.clone());
        let visit = self.visit.get_value();
        self.take(view).await;
        if let Some(id) = category
            && let Ok(detail) = backend::category(&id).await
            && self.is_here(visit)
        {
            self.conditions.set(detail.conditions);
        }
    }

    /// Takes in the core's view after a change, and its preview.
    async fn take(self, view: DraftView) {
        let visit = self.visit.get_value();
        let id = view.id;
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
                let edits = self.edits.get_value();
                let answer = self.write().await;
                if !self.is_here(visit) {
                    return;
                }
                let done = edits == self.edits.get_value();
                match answer {
                    Ok(view) => {
                        if done {
                            self.kept.set(Kept::Yes);
                        }
                        self.take(view).await;
                    }
                    Err(problem) => self.kept.set(Kept::No(problem)),
                }
                if !self.is_here(visit) {
                    return;
                }
                if self.edits.get_value() == edits {
                    self.writing.set_value(false);
                    return;
                }
            }
        });
    }

    async fn write(self) -> Answer<DraftView> {
        let id = self.draft_id().await?;
        backend::save_draft(id, &self.fields()).await
    }

    /// The draft on the device, made at the first fact, once.
    async fn draft_id(self) -> Answer<DraftId> {
        let visit = self.visit.get_value();
        loop {
            if !self.is_here(visit) {
                return Err(unknown_problem("left"));
            }
            if let Some(id) = self.id.get_value() {
                return Ok(id);
            }
            if !self.creating.get_value() {
                self.creating.set_value(true);
                let made = backend::new_draft().await;
                if self.is_here(visit) {
                    self.creating.set_value(false);
                    if let Ok(view) = &made {
                        self.id.set_value(Some(view.id));
                        state::rename(Route::Capture(Some(view.id)));
                    }
                }
                return made.map(|view| view.id);
            }
            TimeoutFuture::new(DRAFT_WAIT_MS).await;
        }
    }

    /// Adds photos one after another; one that can't be read doesn't stop the others.
    pub(crate) fn add_photos(self, files: Vec<web_sys::File>) {
        let visit = self.visit.get_value();
        self.problem.set(None);
        self.preparing
            .update(|count| *count = count.saturating_add(u32::try_from(files.len()).unwrap_or(0)));
        spawn_local(async move {
            for file in files {
                let answer = self.add_photo(&file).await;
                if !self.is_here(visit) {
                    return;
                }
                self.preparing
                    .update(|count| *count = count.saturating_sub(1));
                match answer {
                    Ok(view) => {
                        if !self.writing.get_value() {
                            self.kept.set(Kept::Yes);
                        }
                        self.take(view).await;
                    }
                    Err(problem) => self.problem.set(Some(problem)),
                }
            }
        });
    }

    async fn add_photo(self, file: &web_sys::File) -> Answer<DraftView> {
        if file.size() > PHOTO_FILE_BYTES_LIMIT {
            return Err(Problem {
                code: String::from("photo_too_large"),
                words: Speaker(Lang::Zh).say(words::PHOTO_TOO_LARGE).to_owned(),
                words_en: Speaker(Lang::En).say(words::PHOTO_TOO_LARGE).to_owned(),
            });
        }
        let id = self.draft_id().await?;
        let buffer = wasm_bindgen_futures::JsFuture::from(file.array_buffer())
            .await
            .map_err(|_| unknown_problem("file"))?;
        backend::add_photo(id, self.next_role(), &Uint8Array::new(&buffer)).await
    }

    /// What the next photo most likely shows.
    fn next_role(self) -> PhotoRole {
        if self.self_fixed.get_untracked() {
            return PhotoRole::After;
        }
        match untrack(|| self.photos()).len() {
            1 => PhotoRole::Far,
            _ => PhotoRole::Near,
        }
    }

    /// The photos that weren't taken away.
    pub(crate) fn photos(self) -> Vec<PhotoView> {
        let removed = self.removed.get();
        self.draft.with(|draft| {
            let photos = draft.iter().flat_map(|draft| &draft.photos);
            photos
                .filter(|photo| !removed.contains(&photo.id))
                .cloned()
                .collect()
        })
    }

    /// Says what a photo shows.
    pub(crate) fn set_photo_role(self, photo: i64, role: PhotoRole) {
        self.after(move |id| backend::set_photo_role(id, photo, role));
    }

    /// Takes a photo away; for a while it can be brought back.
    pub(crate) fn remove_photo(self, photo: i64) {
        let visit = self.visit.get_value();
        self.removed.update(|removed| removed.push(photo));
        spawn_local(async move {
            TimeoutFuture::new(UNDO_MS).await;
            if self.is_here(visit) && self.removed.read_untracked().contains(&photo) {
                self.removed
                    .update(|removed| removed.retain(|other| *other != photo));
                self.after(move |id| backend::remove_photo(id, photo));
            }
        });
    }

    /// Does something to the draft on the device and takes in what came of it.
    fn after<F>(self, act: impl FnOnce(DraftId) -> F + 'static)
    where
        F: Future<Output = Answer<DraftView>> + 'static,
    {
        let visit = self.visit.get_value();
        spawn_local(async move {
            let Ok(id) = self.draft_id().await else {
                return;
            };
            let answer = act(id).await;
            if self.is_here(visit) {
                match answer {
                    Ok(view) => self.take(view).await,
                    Err(problem) => self.problem.set(Some(problem)),
                }
            }
        });
    }

    /// Sets the place; its words stay.
    pub(crate) fn set_place(self, place: PlaceInput) {
        self.place.set(Some(place));
        self.changed();
    }

    /// Asks the receiver where we are, and keeps a place that was set by hand in the meantime.
    pub(crate) async fn locate(self) {
        let visit = self.visit.get_value();
        let before = self.place.get_untracked();
        self.locating.set(true);
        self.place_problem.set(None);
        let answer = backend::position().await;
        if !self.is_here(visit) {
            return;
        }
        self.locating.set(false);
        match answer {
            Ok(place) if self.place.get_untracked() == before => self.set_place(place),
            Ok(_) => {}
            Err(problem) => self.place_problem.set(Some(problem)),
        }
    }

    /// Chooses the category and offers its conditions; the only one is taken at once.
    pub(crate) fn choose(self, category: CategoryRow) {
        let id: CategoryId = category.id.clone();
        let visit = self.visit.get_value();
        self.conditions.set(Vec::new());
        self.condition.set(None);
        self.category.set(Some(category));
        self.changed();
        spawn_local(async move {
            let detail = backend::category(&id).await;
            let same = self
                .category
                .read_untracked()
                .as_ref()
                .is_some_and(|now| now.id == id);
            if !self.is_here(visit) || !same {
                return;
            }
            match detail {
                Ok(detail) => {
                    if let [only] = detail.conditions.as_slice() {
                        self.condition.set(Some(only.id.clone()));
                        self.changed();
                    }
                    self.conditions.set(detail.conditions);
                }
                Err(problem) => self.problem.set(Some(problem)),
            }
        });
    }

    /// Files the report, or shows what is missing.
    pub(crate) fn send(self, shared: Shared) {
        if self.sending.get_untracked() {
            return;
        }
        self.sending.set(true);
        self.send_problem.set(None);
        let visit = self.visit.get_value();
        spawn_local(async move {
            let answer = self.try_send().await;
            if !self.is_here(visit) {
                return;
            }
            self.sending.set(false);
            match answer {
                Ok(Some(route)) => {
                    // What is filed isn't a draft any more: there is nothing left to write.
                    self.writing.set_value(false);
                    self.removed.set(Vec::new());
                    shared.look_again();
                    state::rename(Route::Home);
                    state::go(route);
                }
                Ok(None) => self.show_faults.set(true),
                Err(problem) => self.send_problem.set(Some(problem)),
            }
        });
    }

    async fn try_send(self) -> Answer<Option<Route>> {
        let id = self.draft_id().await?;
        for photo in self.removed.get_untracked() {
            backend::remove_photo(id, photo).await?;
        }
        self.removed.set(Vec::new());
        let view = self.write().await?;
        let missing = !view.faults.is_empty();
        self.take(view).await;
        if missing {
            return Ok(None);
        }
        let filed = backend::file_draft(id).await?;
        Ok(Some(Route::Filed(filed.id)))
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
