//! A case's trail by itself: every entry fits its hash and stands behind the one before it.

use super::super::trail::{After, Detail, Opening};
use crate::store::events::{CHAIN_START, EventRow, KeptEvent, chain_hash};
use shared::archive::{Finding, Problem};
use shared::case::Corrected;
use shared::id::{CaseId, Sha256, UnitCode};
use shared::time::Timestamp;

const TABLE: &str = "case_events";

/// What the trail says about its case's row; what an older trail doesn't say is none.
#[derive(Debug, Default)]
pub(super) struct Told<'a> {
    pub(super) state: Option<&'a str>,
    pub(super) case_no: Option<String>,
    pub(super) opening: Option<Opening>,
    pub(super) after: Option<After>,
    pub(super) revision: Option<i64>,
    pub(super) lead: Option<UnitCode>,
    pub(super) deadline: Option<Option<Timestamp>>,
    pub(super) opened: Option<Timestamp>,
    /// The newest correction.
    pub(super) corrected: Option<Corrected>,
    pub(super) brought: Vec<Brought>,
}

/// An operation for which an entry was written.
#[derive(Debug)]
pub(super) struct Brought {
    pub(super) op_id: String,
    /// It was sent to another case, which is part of this one.
    pub(super) to_part: bool,
}

impl<'a> Told<'a> {
    fn hear(&mut self, row: &'a EventRow) {
        let event = &row.event;
        self.state = Some(&event.to);
        self.opened = self.opened.or(Some(event.at));
        if event.detail == "{}" {
            return;
        }
        // One that isn't JSON was written by a program that no longer exists, or not by one.
        let Ok(detail) = serde_json::from_str::<Detail>(&event.detail) else {
            return;
        };
        if row.ordinal == 1 {
            self.case_no = detail.case_no;
            self.opening = detail.opening;
        }
        if let Some(op_id) = detail.op_id {
            self.brought.push(Brought {
                op_id,
                to_part: detail.part.is_some(),
            });
        }
        if detail.corrected.is_some() {
            self.corrected = detail.corrected;
        }
        match (detail.after, event.kind.as_str()) {
            (Some(after), _) => {
                self.revision = Some(after.revision);
                self.lead = Some(after.lead.clone());
                self.deadline = Some(after.deadline_ms);
                self.after = Some(after);
            }
            // An older entry says only what its kind changed; the unit of a part isn't the lead.
            (None, "dispatch") => {
                self.lead = detail.unit;
                self.deadline = Some(detail.deadline_ms);
            }
            (None, "escalate") => self.lead = detail.unit,
            (None, "grant" | "resume" | "recounted") => self.deadline = Some(detail.deadline_ms),
            (None, _) => {}
        }
        self.revision = detail.revision.or(self.revision);
    }
}

/// Checks the entries of one case, in order of their ordinals.
pub(super) fn check<'a>(
    case: &str,
    case_no: &str,
    district: &str,
    trail: &'a [KeptEvent],
    findings: &mut Vec<Finding>,
) -> Told<'a> {
    let mut told = Told::default();
    let mut find = |problem, field: &str, row: &str, at: i64| {
        let finding = Finding::new(problem, TABLE, field, row).of_case(case_no);
        findings.push(finding.at(at));
    };
    let id = case.parse::<CaseId>().ok();
    let mut before = CHAIN_START;
    // The hash before was found wrong already: that the next one doesn't stand on it says no more.
    let mut suspect = false;
    let mut state: Option<&str> = None;
    let mut expected = 1;
    for kept in trail {
        if kept.ordinal > expected {
            find(Problem::Missing, "row", case, expected);
            suspect = true;
        }
        expected = kept.ordinal.saturating_add(1);
        if kept.district != district {
            find(Problem::Changed, "district", case, kept.ordinal);
        }
        let (Ok(row), Some(id)) = (&kept.row, id) else {
            find(Problem::Unreadable, "content", case, kept.ordinal);
            suspect = true;
            continue;
        };
        let fits = row.hash == chain_hash(id, row.ordinal, row.prev_hash, &row.event);
        if !fits {
            let (problem, field) = if place_of(id, row, trail.len()).is_some() {
                (Problem::Reordered, "order")
            } else {
                (Problem::Changed, "content")
            };
            find(problem, field, &row.event.id.to_string(), row.ordinal);
        } else if !suspect && row.prev_hash != before {
            find(
                Problem::Reordered,
                "order",
                &row.event.id.to_string(),
                row.ordinal,
            );
        } else if !suspect && state.is_some() && row.event.from.as_deref() != state {
            find(
                Problem::Changed,
                "state",
                &row.event.id.to_string(),
                row.ordinal,
            );
        }
        suspect = !fits;
        before = row.hash;
        state = Some(&row.event.to);
        if fits {
            told.hear(row);
        }
    }
    told
}

/// The place for which an entry was made, when it is another one of the same trail.
fn place_of(case: CaseId, row: &EventRow, entries: usize) -> Option<i64> {
    let last = i64::try_from(entries).unwrap_or(i64::MAX).saturating_add(1);
    let made_for = |place: &i64| {
        let hash: Sha256 = chain_hash(case, *place, row.prev_hash, &row.event);
        hash == row.hash
    };
    (1..=last).find(made_for)
}
