//! Cases of own reports that a handheld asks about by name: after a restore or a new binding no
//! bucket brings those that were closed long ago, and one that left while the handheld was away
//! says by that not how it ended.

use crate::service::Result;
use crate::service::cases::states_of;
use crate::service::district::District;
use crate::service::sessions::Session;
use crate::store::{self, Tx};
use shared::id::ReportId;
use shared::wire::sync::{CaseState, OWN_REPORTS_LIMIT};
use std::sync::Arc;

/// The states of the cases of these reports, of those that the session's person filed.
pub(super) fn states(
    tx: &mut dyn Tx,
    session: &Session,
    district: &District,
    named: &[ReportId],
) -> Result<Vec<Arc<CaseState>>> {
    let mut named: Vec<ReportId> = named.iter().take(OWN_REPORTS_LIMIT).copied().collect();
    named.sort_unstable();
    named.dedup();
    let person = session.actor.person;
    let ids = store::cases::of_reporter(tx, person, &named)?;
    let states = states_of(tx, district, person, &ids)?;
    let mut states: Vec<Arc<CaseState>> = states.into_values().collect();
    states.sort_unstable_by_key(|state| state.id);
    Ok(states)
}
