//! Rounds of the places somebody answers for, with the ticks at their points (巡查). By point and
//! time only: nobody is named and nothing is counted.

use super::Result;
use crate::service::district::District;
use crate::store::Tx;
use crate::store::patrol_marks::{self, MarkRow};
use shared::area::Scope;
use shared::patrol::{Round, Seen};
use shared::role::{Actor, Role};
use shared::time::{DAY_MS, Timestamp};
use shared::wire::console::{MarkEntry, PatrolPointRow, PatrolQuery, PatrolRow};
use std::collections::HashMap;

/// Ticks of one round in one answer, the newest: thirty points every quarter of an hour of a day.
pub const MARKS_MAX: usize = 3_000;

/// The rounds that the actor may see, with the ticks of a time.
///
/// # Errors
/// Whatever the store says, as for all services.
pub fn list(
    tx: &mut dyn Tx,
    actor: &Actor,
    district: &District,
    query: &PatrolQuery,
    now: Timestamp,
) -> Result<Vec<PatrolRow>> {
    let rounds = &district.catalogue.doc().patrols;
    let seen: Vec<&Round> = rounds
        .iter()
        .filter(|round| may_see(actor, round))
        .collect();
    if seen.is_empty() {
        return Ok(Vec::new());
    }
    let to = query.to_ms.map_or(now.plus_ms(1), Timestamp);
    let from = query.from_ms.map_or(to.plus_ms(-DAY_MS), Timestamp);
    let mut rows = Vec::with_capacity(seen.len());
    for round in seen {
        let marks = patrol_marks::between(tx, &district.code, &round.id, from, to, MARKS_MAX)?;
        let mut by_point: HashMap<String, Vec<MarkEntry>> = HashMap::new();
        for mark in marks {
            let entry = entry(&mark);
            by_point.entry(mark.point).or_default().push(entry);
        }
        let points = round.points.iter().map(|point| PatrolPointRow {
            id: point.id.clone(),
            name: point.name.clone(),
            marks: by_point.remove(&point.id).unwrap_or_default(),
        });
        rows.push(PatrolRow {
            id: round.id.clone(),
            name: round.name.clone(),
            area: round.area.clone(),
            area_name: district.areas.path(&round.area),
            points: points.collect(),
        });
    }
    Ok(rows)
}

/// The office of a place around it, and whoever walks it.
fn may_see(actor: &Actor, round: &Round) -> bool {
    actor.posts.iter().any(|post| match post.role {
        Role::Dispatcher | Role::Supervisor | Role::Administrator => {
            Scope(post.area.clone()).contains(&round.area)
        }
        Role::GridWorker => round.is_for(post),
        Role::Handler => false,
    })
}

fn entry(mark: &MarkRow) -> MarkEntry {
    MarkEntry {
        at_ms: mark.made,
        seen: match mark.seen.as_str() {
            "fine" => Seen::Fine,
            "unreached" => Seen::Unreached,
            _ => Seen::Trouble,
        },
        note: mark.note.clone(),
    }
}
