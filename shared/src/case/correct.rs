//! 更正立案: what a case is about, or where it is, put right by the desk. The report stays as it was
//! signed; the case goes back to the desk, with no unit's clock.

use super::clock::Rules;
use super::{Case, Event, Refusal};

impl Case {
    /// What it names and where it waits are those of the correction. The state is the new one
    /// already.
    pub(super) fn correct(&mut self, event: &Event, rules: &Rules<'_>) -> Result<(), Refusal> {
        let given = &event.given;
        let corrected = given.corrected.clone();
        let corrected = corrected.ok_or(Refusal::NothingCorrected)?;
        self.life.corrected = Some(corrected);
        if let Some(condition) = &given.condition {
            self.life.condition = Some(condition.clone());
        }
        // No unit has it: it waits in the pool that it is given.
        if let Some(pool) = &given.unit {
            self.led_by(pool.clone(), event.at);
        }
        self.life.last_owner = false;
        self.life.asked = None;
        self.reopen();
        self.take_clock(rules);
        Ok(())
    }
}
