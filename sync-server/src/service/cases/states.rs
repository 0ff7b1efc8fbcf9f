//! Cases as handhelds keep them, a page at a time.

use super::facts::EventFacts;
use super::view::{OTHERS_TEXT_CHARS_MAX, office};
use crate::service::district::District;
use crate::service::{Fault, Result, merged, similar};
use crate::store::cases::StateRow;
use crate::store::{self, Tx};
use serde::Deserialize;
use shared::case::{self, Awaits, Life, MERGED};
use shared::catalogue::Catalogue;
use shared::id::{CaseId, PersonId};
use shared::wire::sync::{CaseState, CourseEntry, MergedInto, OnTheSpot};
use std::collections::HashMap;
use std::sync::Arc;

/// What a handheld shows of a routing decision.
#[derive(Debug, Deserialize)]
struct Reasons {
    rule: String,
    because: Vec<String>,
}

/// What of a case's life a handheld shows instead of the decision.
#[derive(Debug, Deserialize)]
struct PutRight {
    #[serde(default)]
    corrected: Option<Reasons>,
}

/// Some cases as a person's handheld keeps them; those that are not there are left out.
///
/// # Errors
/// [`Fault::Damaged`] when what is stored can't be read.
pub fn states_of(
    tx: &mut dyn Tx,
    district: &District,
    person: PersonId,
    ids: &[CaseId],
) -> Result<HashMap<CaseId, Arc<CaseState>>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let mut courses = store::cases::courses(tx, ids)?;
    let mut states = HashMap::with_capacity(ids.len());
    for mut row in store::cases::states(tx, ids)? {
        let goes_on = row.merged_into.as_ref().map(|(_, state)| state.as_str());
        // What it was merged into was merged in turn: the last one tells how it goes.
        if goes_on == Some(MERGED)
            && let Some(own) = store::cases::get(tx, row.id)?
            && let Some(last) = merged::target(tx, &own)?
        {
            row.merged_into = Some((last.case_no, last.state));
        }
        let course = courses.remove(&row.id).unwrap_or_default();
        let course = course.into_iter().map(|entry| {
            let facts = EventFacts::read(&entry.detail);
            CourseEntry {
                by: office(district, entry.unit.as_ref(), entry.role),
                found: facts.found,
                kind: entry.kind,
                at: entry.at,
                reason: with_changes(entry.reason, facts.changed),
            }
        });
        let course = course.collect();
        let id = row.id;
        states.insert(id, Arc::new(state(district, person, row, course)?));
    }
    Ok(states)
}

/// A reason behind what was corrected, the old words and the new: every handheld shows it, also one
/// that doesn't know of corrections.
fn with_changes(reason: String, mut changed: Vec<String>) -> String {
    if changed.is_empty() {
        return reason;
    }
    changed.push(reason);
    changed.join("；")
}

fn state(
    district: &District,
    person: PersonId,
    row: StateRow,
    course: Vec<CourseEntry>,
) -> Result<CaseState> {
    let reasons = reasons(&row)?;
    let catalogue = district
        .catalogue_of(&row.catalogue_version)
        .unwrap_or(&district.catalogue);
    let category = catalogue.category(&row.category);
    let on_the_spot = on_the_spot(catalogue, &row)?;
    let mine = row.reporter == person;
    let text = if mine {
        row.text
    } else {
        row.text.chars().take(OTHERS_TEXT_CHARS_MAX).collect()
    };
    let count = |n: i64| u32::try_from(n).unwrap_or(0);
    Ok(CaseState {
        id: row.id,
        report_id: row.report,
        category_name: category.map_or_else(|| row.category.to_string(), |c| c.name.clone()),
        category: row.category.to_string(),
        text,
        lead_name: district.unit_name(&row.lead),
        photos: (count(row.photos_expected), count(row.photos_stored)),
        case_no: row.case_no,
        revision: row.revision,
        state: row.state,
        class: row.class,
        grid: row.grid,
        lat_e7: row.lat_e7,
        lon_e7: row.lon_e7,
        lead: row.lead,
        deadline_ms: row.deadline,
        rule: reasons.rule,
        because: reasons.because,
        opened_ms: row.opened,
        closed_ms: row.closed,
        mine,
        course,
        merged_into: row
            .merged_into
            .map(|(case_no, state)| MergedInto { case_no, state }),
        look: similar::look(row.look, row.opened),
        on_the_spot,
    })
}

/// Those of the decision, or of the newest correction.
fn reasons(row: &StateRow) -> Result<Reasons> {
    let life: PutRight =
        serde_json::from_str(&row.life).map_err(|error| Fault::damaged("life of a case", error))?;
    match life.corrected {
        Some(reasons) => Ok(reasons),
        None => {
            serde_json::from_str(&row.decision).map_err(|error| Fault::damaged("decision", error))
        }
    }
}

/// What a worker has to know who looks on the spot; none while nobody has to.
fn on_the_spot(catalogue: &Catalogue, row: &StateRow) -> Result<Option<OnTheSpot>> {
    let awaits = case::state(&row.state).map(|state| state.awaits);
    if awaits != Some(Awaits::GridWorker) {
        return Ok(None);
    }
    let life: Life =
        serde_json::from_str(&row.life).map_err(|error| Fault::damaged("life of a case", error))?;
    let condition = life.condition.as_ref().unwrap_or(&row.condition);
    let condition = catalogue.condition(condition);
    Ok(Some(OnTheSpot {
        place_words: row.look.place_words.clone(),
        condition_name: condition.map_or_else(String::new, |c| c.name.clone()),
        closing: condition.map_or_else(String::new, |c| c.closing.clone()),
        since_ms: life.stage_since_ms,
        by_ms: life.stage_due_ms,
    }))
}
