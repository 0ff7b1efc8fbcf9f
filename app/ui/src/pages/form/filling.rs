//! What the worker fills in: photos, place, category. Each change is kept by `Form::changed`.

use super::{DRAFT_WAIT_MS, Form, Kept};
use crate::backend::{self, Answer};
use crate::state::{Shared, UNDO_MS};
use crate::words::{self, Speaker, unknown_problem};
use gloo_timers::future::TimeoutFuture;
use js_sys::Uint8Array;
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::id::{CategoryId, DraftId};
use shared::label::Lang;
use shared::report::PhotoRole;
use shared::wire::handheld::{CategoryRow, DraftView, PhotoView, PlaceInput, Problem};

/// A file larger than this is no photo of a phone and would fill its memory (a 200-megapixel
/// camera writes 40 MB).
const PHOTO_FILE_BYTES_LIMIT: f64 = 64.0 * 1024.0 * 1024.0;

impl Form {
    /// Adds photos one after another; one that can't be read doesn't stop the others, nor does
    /// leaving the page: they were chosen for this draft.
    pub(crate) fn add_photos(self, files: Vec<web_sys::File>, shared: Shared) {
        let visit = self.visit.get_value();
        self.problem.set(None);
        self.preparing
            .update(|count| *count = count.saturating_add(u32::try_from(files.len()).unwrap_or(0)));
        spawn_local(async move {
            let draft = self.draft_id().await;
            for file in files {
                let answer = match &draft {
                    Ok(id) => self.add_photo(*id, &file, visit).await,
                    Err(problem) => Err(problem.clone()),
                };
                if !self.is_here(visit) {
                    match answer {
                        Ok(_) => shared.look_again(),
                        Err(problem) => shared.late.set(Some(problem)),
                    }
                    continue;
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

    async fn add_photo(self, id: DraftId, file: &web_sys::File, visit: u32) -> Answer<DraftView> {
        if file.size() > PHOTO_FILE_BYTES_LIMIT {
            return Err(Problem {
                code: String::from("photo_too_large"),
                words: Speaker(Lang::Zh).say(words::PHOTO_TOO_LARGE).to_owned(),
                words_en: Speaker(Lang::En).say(words::PHOTO_TOO_LARGE).to_owned(),
            });
        }
        let buffer = wasm_bindgen_futures::JsFuture::from(file.array_buffer())
            .await
            .map_err(|_| unknown_problem("file"))?;
        // Chosen before the pickers were shut: when the report isn't filed after all it is part of
        // it, and else the core says that it came too late.
        while self.is_here(visit) && self.filing.get_value() {
            TimeoutFuture::new(DRAFT_WAIT_MS).await;
        }
        let role = if self.is_here(visit) {
            self.next_role()
        } else {
            PhotoRole::default()
        };
        backend::add_photo(id, role, &Uint8Array::new(&buffer)).await
    }

    /// What the next photo most likely shows.
    fn next_role(self) -> PhotoRole {
        if self.self_fixed.get_untracked() {
            let photos = untrack(|| self.photos());
            let before = photos.iter().any(|photo| photo.role == PhotoRole::Before);
            return if before {
                PhotoRole::After
            } else {
                PhotoRole::Before
            };
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

    /// Says whether it is already put right; the first photo then shows how it was.
    pub(crate) fn set_self_fixed(self, on: bool) {
        self.self_fixed.set(on);
        self.changed();
        let photos = untrack(|| self.photos());
        let before = photos.iter().any(|photo| photo.role == PhotoRole::Before);
        if let Some(first) = photos.first().filter(|_| on && !before) {
            self.set_photo_role(first.id, PhotoRole::Before);
        }
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

    /// Chooses the category and offers its conditions; the only one is taken at once. The same
    /// category once more keeps its condition.
    pub(crate) fn choose(self, category: CategoryRow) {
        let id: CategoryId = category.id.clone();
        let visit = self.visit.get_value();
        if !self.is_category(&id) {
            self.conditions.set(Vec::new());
            self.condition.set(None);
        }
        self.category.set(Some(category));
        self.changed();
        spawn_local(async move {
            let detail = backend::category(&id).await;
            if !self.is_here(visit) || !self.is_category(&id) {
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

    /// Whether this is the category now: an answer about another comes too late.
    pub(super) fn is_category(self, id: &CategoryId) -> bool {
        let category = self.category.read_untracked();
        category.as_ref().is_some_and(|now| now.id == *id)
    }
}
