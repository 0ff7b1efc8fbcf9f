//! The façade's part of tasks on the spot: the list, one of them, doing it without a network.

use super::App;
use crate::edge::Moment;
use crate::error::CoreError;
use crate::tasks;
use shared::case::Found;
use shared::catalogue::{Complaints, Label};
use shared::coordinates::LatLon;
use shared::id::{CaseId, DraftId, OpId};
use shared::wire::handheld::{TaskDetail, TaskRow};

impl App {
    /// Tasks of the worker's grids: to be done, nearest first when it is said where the worker is
    /// (degrees north and east; ordered by, never kept), and below them those done here.
    ///
    /// # Errors
    /// When the store fails.
    pub fn tasks(&self, from: Option<(f64, f64)>) -> Result<Vec<TaskRow>, CoreError> {
        let district = self.district();
        tasks::rows(&mut self.store(), district.as_deref(), position(from))
    }

    /// How many tasks are to be done.
    ///
    /// # Errors
    /// When the store fails.
    pub fn task_number(&self) -> Result<u32, CoreError> {
        Ok(self.store().read(tasks::number)?)
    }

    /// One task.
    ///
    /// # Errors
    /// When the case waits for nothing and nothing was done with it here.
    pub fn task(&self, case: CaseId, from: Option<(f64, f64)>) -> Result<TaskDetail, CoreError> {
        let district = self.district();
        tasks::detail(&mut self.store(), district.as_deref(), case, position(from))
    }

    /// Takes a task up and gives it; photos are then added to its draft as to a report's. Harmless
    /// when it was taken up before.
    ///
    /// # Errors
    /// When the case waits for nobody of this person's grids, or what it waits for was done here.
    pub fn take_up_task(
        &self,
        case: CaseId,
        draft: DraftId,
        moment: &Moment,
    ) -> Result<TaskDetail, CoreError> {
        tasks::take_up(&mut self.store(), case, draft, moment)?;
        self.task(case, None)
    }

    /// Keeps what was found so far.
    ///
    /// # Errors
    /// When the task wasn't taken up.
    pub fn set_task(
        &self,
        case: CaseId,
        found: Option<Found>,
        reason: &str,
    ) -> Result<(), CoreError> {
        tasks::set(&mut self.store(), case, found, reason)
    }

    /// Finishes a task: operation and photos in one durable step. Wakes sync.
    ///
    /// # Errors
    /// When it wasn't taken up, nothing was found, or words are missing. Everything stays as it was.
    pub fn finish_task(
        &self,
        case: CaseId,
        op_id: OpId,
        moment: &Moment,
    ) -> Result<TaskDetail, CoreError> {
        let district = self.district_needed()?;
        let begun = tasks::take(&mut self.store(), case)?;
        let ready = tasks::stamp(begun, &district, moment)?;
        tasks::commit(&mut self.store(), &ready, &district, op_id, moment)?;
        self.wake_sync();
        self.task(case, None)
    }

    /// Gives up what was begun, with its photos.
    ///
    /// # Errors
    /// When nothing was begun.
    pub fn put_down_task(&self, case: CaseId) -> Result<(), CoreError> {
        tasks::put_down(&mut self.store(), case)
    }

    /// Where to complain; empty where the district named nothing, and until the catalogue is here.
    #[must_use]
    pub fn complaints(&self) -> Complaints {
        self.district()
            .map_or_else(Complaints::default, |district| {
                district.catalogue().doc().complaints.clone()
            })
    }

    /// The words that this city says otherwise; none until the catalogue is here.
    #[must_use]
    pub fn labels(&self) -> Vec<Label> {
        self.district().map_or_else(Vec::new, |district| {
            district.catalogue().doc().labels.clone()
        })
    }
}

fn position(from: Option<(f64, f64)>) -> Option<LatLon> {
    let (lat, lon) = from?;
    LatLon::new(lat, lon).ok()
}
