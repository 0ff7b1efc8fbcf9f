//! What a case has been through, as the console shows it.

use super::moves::as_case;
use super::rules::Ruled;
use super::view::Names;
use super::{Seen, correct};
use crate::service::Result;
use crate::service::district::District;
use crate::store::cases::CaseRow;
use crate::store::{self, Tx};
use shared::calendar::counted_without_words;
use shared::case::{
    Asked, Awaits, Case, Finding, Part, Stage, Step, explain, explain_part, explain_stage,
    explain_staged, state,
};
use shared::id::UnitCode;
use shared::time::Timestamp;
use shared::wire::console::{CaseLife, FindingRow, MergedRow, PartRow, StageRow};

/// The arithmetic of a deadline, and whether it was counted without the holidays of its year.
fn deadline_why(district: &District, case: Option<&Case>, mut lines: Vec<String>) -> Vec<String> {
    let without = case.and_then(|case| {
        let calendar = district.catalogue.calendar();
        calendar.counted_without(case.deadline_ms?, case.clock())
    });
    lines.extend(without.map(counted_without_words));
    lines
}

/// What a case has been through, in words where a code alone would say nothing.
pub(super) fn view(
    tx: &mut dyn Tx,
    district: &District,
    names: &mut Names,
    seen: &Seen,
    ruled: &Ruled,
    now: Timestamp,
) -> Result<CaseLife> {
    let row = &seen.row;
    let life = &row.life;
    let unit_name = |unit: &UnitCode| district.unit_name(unit);
    let finding = |finding: &Finding| FindingRow {
        found: finding.found,
        at_ms: finding.at_ms,
    };
    let case = as_case(row).ok();
    let year = now.china_year();
    let said = |explain: fn(&Case, i32) -> Vec<String>| {
        case.as_ref()
            .map_or_else(Vec::new, |case| explain(case, year))
    };
    let conditions = ruled.catalogue.conditions_of(&row.category);
    Ok(CaseLife {
        step: state(&row.state).map_or(Step::Handle, |row| row.step),
        awaits: case
            .as_ref()
            .map_or(Awaits::Dispatcher, |case| case.awaits()),
        stage_why: said(explain_stage),
        deadline_why: deadline_why(district, case.as_ref(), said(explain)),
        first_unit_name: life.first_unit.as_ref().map(unit_name),
        returned_by: life.returned_by.iter().map(unit_name).collect(),
        reworks: life.reworks,
        extensions: life.extensions,
        escalations: life.escalations,
        last_owner: life.last_owner,
        assigned_name: match life.assigned {
            Some(person) => Some(names.of(tx, person)?),
            None => None,
        },
        asked_by: match &life.asked {
            Some(asked) => asked_by(tx, district, names, asked)?,
            None => None,
        },
        asked: life.asked.clone(),
        news_ms: store::cases::news(tx, row.id)?,
        suspended: life.suspended,
        verified: life.verified.as_ref().map(finding),
        checked: life.checked.as_ref().map(finding),
        outcome: life.outcome,
        next_ms: life.next_ms,
        appealed: life.appealed,
        parts: parts(district, row, year),
        stages: stages(row, year),
        merged_into: merged_into(tx, names, row)?,
        merged: store::cases::merged_into(tx, row.id)?
            .iter()
            .map(|row| merged(tx, names, row))
            .collect::<Result<_>>()?,
        suggested: correct::suggestion(district, row),
        amended: correct::proposed(tx, row)?,
        after_photo: ruled.rules().after_photo,
        conditions: conditions
            .map(|row| (row.id.clone(), row.name.clone()))
            .collect(),
    })
}

fn parts(district: &District, case: &CaseRow, year: i32) -> Vec<PartRow> {
    let row = |part: &Part| PartRow {
        unit_name: district.unit_name(&part.unit),
        unit: part.unit.clone(),
        task: part.task.clone(),
        deadline_ms: part.deadline_ms,
        why: explain_part(part, year),
        answered_ms: part.answered_ms,
        answer: part.answer.clone(),
    };
    case.life.parts.iter().map(row).collect()
}

fn stages(case: &CaseRow, year: i32) -> Vec<StageRow> {
    let row = |stage: &Stage| StageRow {
        name: stage.name.clone(),
        deadline_ms: stage.deadline_ms,
        why: explain_staged(stage, case.dispatched, year),
        reached_ms: stage.reached_ms,
    };
    case.life.stages.iter().map(row).collect()
}

/// The unit or the person that asks.
fn asked_by(
    tx: &mut dyn Tx,
    district: &District,
    names: &mut Names,
    asked: &Asked,
) -> Result<Option<String>> {
    Ok(match (&asked.unit, asked.by) {
        (Some(unit), _) => Some(district.unit_name(unit)),
        (None, Some(person)) => Some(names.of(tx, person)?),
        (None, None) => None,
    })
}

fn merged_into(tx: &mut dyn Tx, names: &mut Names, row: &CaseRow) -> Result<Option<MergedRow>> {
    let Some(into) = row.life.merged_into else {
        return Ok(None);
    };
    let target = store::cases::get(tx, into)?;
    target.map(|row| merged(tx, names, &row)).transpose()
}

fn merged(tx: &mut dyn Tx, names: &mut Names, row: &CaseRow) -> Result<MergedRow> {
    Ok(MergedRow {
        id: row.id,
        case_no: row.case_no.clone(),
        reporter_name: names.of(tx, row.reporter)?,
        state: row.state.clone(),
    })
}
