//! The façade's part of rounds (巡查): which there are, their points, ticking one, reporting at one.

use super::App;
use crate::edge::Moment;
use crate::error::CoreError;
use crate::patrols;
use shared::id::{DraftId, OpId};
use shared::patrol::{Mark, OnRound};
use shared::time::Timestamp;
use shared::wire::handheld::{PatrolCard, PatrolView};

impl App {
    /// The rounds of this person's places; none while the catalogue isn't here.
    ///
    /// # Errors
    /// When the store fails.
    pub fn patrols(&self, now: Timestamp) -> Result<Vec<PatrolCard>, CoreError> {
        match self.district() {
            Some(district) => patrols::cards(&mut self.store(), &district, now),
            None => Ok(Vec::new()),
        }
    }

    /// A round with its points and today's ticks.
    ///
    /// # Errors
    /// When there is no such round for this person.
    pub fn patrol(&self, round: &str, now: Timestamp) -> Result<PatrolView, CoreError> {
        let district = self.district_needed()?;
        patrols::view(&mut self.store(), &district, round, now)
    }

    /// Ticks a point; sent when there is a network.
    ///
    /// # Errors
    /// When there is no such point, or words are missing.
    pub fn mark_point(&self, mark: &Mark, op_id: OpId, moment: &Moment) -> Result<(), CoreError> {
        let district = self.district_needed()?;
        patrols::mark(&mut self.store(), &district, mark, op_id, moment)?;
        self.wake_sync();
        Ok(())
    }

    /// Begins a report at a point of a round; filed, it names them.
    ///
    /// # Errors
    /// When there is no such point, or what has this id was filed.
    pub fn begin_report_on_round(
        &self,
        at: &OnRound,
        draft: DraftId,
        now: Timestamp,
    ) -> Result<(), CoreError> {
        let district = self.district_needed()?;
        patrols::begin_report(&mut self.store(), &district, at, draft, now)
    }
}
