//! The façade's part of capture: drafts, their photos, the preview, and filing.

use super::App;
use crate::capture;
use crate::edge::Moment;
use crate::error::CoreError;
use crate::photos;
use crate::similar;
use crate::store::{self, StoreError, drafts, settings};
use shared::id::{DraftId, OpId};
use shared::report::PhotoRole;
use shared::time::Timestamp;
use shared::wire::handheld::{
    DraftFields, DraftRow, DraftView, FiledView, PhotoView, PreviewView, SimilarView,
};

impl App {
    /// All drafts, the newest first.
    ///
    /// # Errors
    /// When the store fails.
    pub fn drafts(&self) -> Result<Vec<DraftRow>, CoreError> {
        let district = self.district();
        capture::draft_rows(&mut self.store(), district.as_deref())
    }

    /// Begins a draft, or does nothing when it is there.
    ///
    /// # Errors
    /// When what has this id was filed, or the store fails.
    pub fn begin_draft(&self, id: DraftId, now: Timestamp) -> Result<(), CoreError> {
        self.store().write(|tx| capture::begin(tx, id, now))
    }

    /// A draft with its photos and with what is still missing.
    ///
    /// # Errors
    /// When there is no such draft.
    pub fn draft(&self, id: DraftId) -> Result<DraftView, CoreError> {
        let district = self.district();
        capture::draft_view(&mut self.store(), district.as_deref(), id)
    }

    /// Adds a camera file to a draft, which begins with it; durable when this returns.
    ///
    /// # Errors
    /// When the file can't become a photo, the draft has nine, or no space is left. The draft
    /// stays as it was.
    pub fn add_photo(
        &self,
        id: DraftId,
        file: &[u8],
        role: PhotoRole,
        now: Timestamp,
    ) -> Result<PhotoView, CoreError> {
        let prepared = photos::prepare(file)?;
        let mut store = self.store();
        let row = capture::add_photo(&mut store, id, role, &prepared, now)?;
        let photos = store.read(|tx| store::photos::of_draft(tx, id))?;
        let photo = photos.iter().find(|photo| photo.id == row);
        Ok(crate::cases::photo_view(
            photo.ok_or(StoreError::Missing("photo"))?,
        ))
    }

    /// Says what a draft's photo shows.
    ///
    /// # Errors
    /// When there is no such photo in a draft.
    pub fn set_photo_role(
        &self,
        photo: i64,
        role: PhotoRole,
        now: Timestamp,
    ) -> Result<(), CoreError> {
        self.store().write(|tx| {
            let draft = store::photos::set_role(tx, photo, role)?;
            Ok(drafts::touch(tx, draft, now)?)
        })
    }

    /// Takes a photo out of its draft.
    ///
    /// # Errors
    /// When there is no such photo in a draft; one of a filed report can't be taken out.
    pub fn remove_photo(&self, photo: i64, now: Timestamp) -> Result<(), CoreError> {
        self.store().write(|tx| {
            let draft = store::photos::remove_from_draft(tx, photo)?;
            Ok(drafts::touch(tx, draft, now)?)
        })
    }

    /// Replaces what is filled in; the draft begins with it if it isn't there.
    ///
    /// # Errors
    /// When the position is not on the globe, or the store fails.
    pub fn set_draft(
        &self,
        id: DraftId,
        fields: &DraftFields,
        now: Timestamp,
    ) -> Result<(), CoreError> {
        capture::set_fields(&mut self.store(), id, fields, now)
    }

    /// Throws a draft away with its photos.
    ///
    /// # Errors
    /// When there is no such draft.
    pub fn discard_draft(&self, id: DraftId) -> Result<(), CoreError> {
        self.store().write(|tx| {
            store::photos::remove_all_of_draft(tx, id)?;
            Ok(drafts::remove(tx, id)?)
        })
    }

    /// Which unit would get the draft, by when, and by which rule: without any network.
    ///
    /// # Errors
    /// When something isn't filled in, or the catalogue isn't here.
    pub fn preview(&self, id: DraftId, now: Timestamp) -> Result<PreviewView, CoreError> {
        let district = self.district_needed()?;
        capture::preview(&mut self.store(), &district, id, now)
    }

    /// The same for fields that no draft holds: nothing is kept.
    ///
    /// # Errors
    /// As [`App::preview`].
    pub fn preview_fields(
        &self,
        fields: &DraftFields,
        now: Timestamp,
    ) -> Result<PreviewView, CoreError> {
        let orders = self.store().read(settings::orders)?;
        capture::preview_fields(&*self.district_needed()?, fields, &orders, now)
    }

    /// Open cases and own reports nearby that may be the same thing as a draft, the most alike
    /// first: without any network. Empty while place or category isn't known.
    ///
    /// # Errors
    /// When there is no such draft, or the catalogue isn't here.
    pub fn similar(&self, id: DraftId) -> Result<Vec<SimilarView>, CoreError> {
        let district = self.district_needed()?;
        similar::of_draft(&mut self.store(), &district, id)
    }

    /// The same for fields that no draft holds.
    ///
    /// # Errors
    /// As [`App::similar`].
    pub fn similar_fields(
        &self,
        fields: &DraftFields,
        now: Timestamp,
    ) -> Result<Vec<SimilarView>, CoreError> {
        let district = self.district_needed()?;
        let draft = capture::unkept(fields, now)?;
        similar::of_fields(&mut self.store(), &district, &draft)
    }

    /// Files a draft: report, operation and photos in one durable step. Wakes sync.
    ///
    /// # Errors
    /// When something is missing or wrong, or no space is left. The draft stays as it was.
    pub fn save_report(
        &self,
        id: DraftId,
        op_id: OpId,
        moment: &Moment,
    ) -> Result<FiledView, CoreError> {
        let district = self.district_needed()?;
        let taken = capture::take(&mut self.store(), id)?;
        let ready = capture::stamp_all(taken, &district, moment.wall)?;
        let filed = capture::commit(&mut self.store(), &ready, &district, op_id, moment)?;
        self.wake_sync();
        Ok(filed)
    }
}
