//! The façade's part of what follows a filed report: words, corrections, photos, withdrawal.

use super::App;
use crate::additions;
use crate::edge::Moment;
use crate::error::CoreError;
use crate::store::{device, reports};
use shared::addition::Addition;
use shared::id::{OpId, ReportId};
use shared::report::PhotoRole;

impl App {
    /// Adds words, a correction or a withdrawal to a report: kept here at once, sent when there is
    /// a network. Of somebody else's report only while its case is in this person's grids.
    ///
    /// # Errors
    /// When it says nothing, there is no such report, or the catalogue isn't here.
    pub fn add_to_report(
        &self,
        report: ReportId,
        addition: &Addition,
        op_id: OpId,
        moment: &Moment,
    ) -> Result<(), CoreError> {
        let district = self.district_needed()?;
        let mut store = self.store();
        additions::keep(&mut store, &district, report, addition, None, op_id, moment)?;
        self.wake_sync();
        Ok(())
    }

    /// Adds a camera file to a report that was filed here, with words if there are any.
    ///
    /// # Errors
    /// When the file can't become a photo, there is no such report, or no space is left.
    pub fn add_report_photo(
        &self,
        report: ReportId,
        file: &[u8],
        role: PhotoRole,
        text: &str,
        op_id: OpId,
        moment: &Moment,
    ) -> Result<(), CoreError> {
        let district = self.district_needed()?;
        let (standing, device) = self
            .store()
            .read(|tx| Ok((reports::get(tx, report)?, device::read(tx)?)))?;
        let device = device.ok_or(CoreError::NotEnrolled)?;
        let photo = additions::ready_photo(&standing, &device, file, role, moment)?;
        let addition = additions::photo_addition(text);
        let mut store = self.store();
        let photo = Some(&photo);
        additions::keep(
            &mut store, &district, report, &addition, photo, op_id, moment,
        )?;
        self.wake_sync();
        Ok(())
    }
}
