//! 更正立案: what a case is about, or where it is, put right by a dispatcher. The report stays as it
//! was signed; the case's own columns, its buckets and what is counted of its place follow.
//! Held by `tests/tests/correcting.rs`.

use super::moves::refused;
use super::rules::Ruled;
use crate::service::district::District;
use crate::service::{Fault, Result, repeated};
use crate::store::cases::CaseRow;
use crate::store::reports::ReportRow;
use crate::store::{self, Tx};
use serde::Deserialize;
use serde_json::Value;
use shared::addition::Amendment;
use shared::case::{Corrected, Fact, Given, Move, Refusal, move_row};
use shared::catalogue::Catalogue;
use shared::emergency;
use shared::id::{AreaCode, CategoryId, ConditionId, UnitCode};
use shared::report::{Place, PlaceSource};
use shared::routing::{Decision, Facts, route};
use shared::time::Timestamp;
use shared::unit;
use shared::wire::console::{MoveRequest, Suggestion};

/// Where a case is: a position and the grid that it lies in.
struct Spot {
    lat_e7: i64,
    lon_e7: i64,
    grid: Option<AreaCode>,
}

/// The facts of a correction, checked against the catalogue that decides the case and against the
/// map; nothing is corrected when all stays as it is.
pub(super) fn given(
    tx: &mut dyn Tx,
    district: &District,
    row: &CaseRow,
    request: &MoveRequest,
    now: Timestamp,
) -> Result<Given> {
    let ruled = Ruled::load(tx, district, row, now)?;
    let spot = spot(district, row, request)?;
    let category = request.category.as_ref().unwrap_or(&row.category);
    let other = *category != row.category;
    if other {
        check_category(district, &ruled.catalogue, category, &spot, row.opened)?;
    }
    let condition = condition(&ruled, category, request.condition.as_ref(), other)?;
    let reason = request.reason.trim().to_owned();
    let moved = (spot.lat_e7, spot.lon_e7) != (row.lat_e7, row.lon_e7) || spot.grid != row.grid;
    if !other && !moved && condition.is_none() {
        return Ok(Given {
            reason,
            ..Given::default()
        });
    }
    let facts = Facts {
        category,
        condition: condition.as_ref().unwrap_or(&ruled.condition),
        grid: spot.grid.as_ref(),
        doubt: &[],
        self_fixed: false,
    };
    let mode = district.mode(spot.grid.as_ref(), now);
    let calendar = district.catalogue.calendar();
    let catalogue = &ruled.catalogue;
    let decision = route(facts, catalogue, &district.areas, mode, calendar, now);
    Ok(Given {
        reason,
        unit: Some(pool(district, &decision)),
        condition,
        corrected: Some(corrected(category, spot, decision)),
        ..Given::default()
    })
}

/// In the catalogue, still offered, and where it is for emergencies, in one.
fn check_category(
    district: &District,
    catalogue: &Catalogue,
    category: &CategoryId,
    spot: &Spot,
    opened: Timestamp,
) -> Result<()> {
    let row = catalogue.category(category);
    if row.is_none_or(|row| row.retired) {
        return Err(Fault::invalid(
            "category",
            "这件事所用的目录里没有这个类别，或已停用，请另选。",
            "The catalogue of this case doesn't have the category or no longer offers it.",
        ));
    }
    let (orders, grid) = (&district.orders, spot.grid.as_ref());
    emergency::check(category, catalogue, orders, grid, opened).map_err(|_| {
        Fault::invalid(
            "category",
            "这个类别只在急时使用，上报时当地没有启用，请另选。",
            "The category is for emergencies, and none was in force there and then.",
        )
    })
}

/// The condition that the case stands on from now on; none where it stays. Another category needs
/// one of its own.
fn condition(
    ruled: &Ruled,
    category: &CategoryId,
    asked: Option<&ConditionId>,
    other: bool,
) -> Result<Option<ConditionId>> {
    let Some(asked) = asked else {
        return if other {
            Err(refused(&Refusal::Missing(Fact::Condition)))
        } else {
            Ok(None)
        };
    };
    let mut conditions = ruled.catalogue.conditions_of(category);
    if !conditions.any(|condition| condition.id == *asked) {
        return Err(Fault::invalid(
            "condition",
            "这个立案条件不属于更正后的类别，请另选。",
            "The condition does not belong to the corrected category; choose another.",
        ));
    }
    Ok((*asked != ruled.condition).then(|| asked.clone()))
}

/// Where it really is: in a grid, or it would be the whole district's for ever.
fn spot(district: &District, row: &CaseRow, request: &MoveRequest) -> Result<Spot> {
    let (lat_e7, lon_e7) = match (request.lat_e7, request.lon_e7) {
        (Some(lat_e7), Some(lon_e7)) => (lat_e7, lon_e7),
        (None, None) => {
            return Ok(Spot {
                lat_e7: row.lat_e7,
                lon_e7: row.lon_e7,
                grid: row.grid.clone(),
            });
        }
        _ => return Err(refused(&Refusal::Missing(Fact::Place))),
    };
    if (lat_e7, lon_e7) == (row.lat_e7, row.lon_e7) && row.grid.is_some() {
        // What the accuracy of the report left open is not decided by the same numbers.
        return Ok(Spot {
            lat_e7,
            lon_e7,
            grid: row.grid.clone(),
        });
    }
    let place = Place {
        lat_e7,
        lon_e7,
        accuracy_m: None,
        source: PlaceSource::Pin,
        words: String::new(),
    };
    match district.locate(&place) {
        (Some(grid), _) => Ok(Spot {
            lat_e7,
            lon_e7,
            grid: Some(grid),
        }),
        (None, _) => Err(Fault::invalid(
            "lat_e7",
            "这个位置不在本区的任何网格内，请核对经纬度（WGS-84）。",
            "The place lies in no grid of this district; check latitude and longitude (WGS-84).",
        )),
    }
}

/// Who waits for it until it is dispatched.
fn pool(district: &District, decision: &Decision) -> UnitCode {
    if unit::is_pool(&decision.lead) {
        decision.lead.clone()
    } else {
        unit::dispatch_pool(&district.code)
    }
}

fn corrected(category: &CategoryId, spot: Spot, decision: Decision) -> Corrected {
    let by_rule = !decision.needs_person && !unit::is_pool(&decision.lead);
    let assisting = decision.assisting.into_iter();
    Corrected {
        category: category.clone(),
        lat_e7: spot.lat_e7,
        lon_e7: spot.lon_e7,
        grid: spot.grid,
        unit: by_rule.then_some(decision.lead),
        assisting: assisting.map(|unit| unit.code).collect(),
        rule: decision.rule,
        because: decision.because,
    }
}

/// Puts what was corrected into the case's columns. `row` is the case after the move.
pub(super) fn keep(
    tx: &mut dyn Tx,
    district: &District,
    ruled: &Ruled,
    row: &CaseRow,
    at: Timestamp,
) -> Result<()> {
    let category = ruled.catalogue.category(&row.category);
    let place = row.grid.as_ref().map(|grid| district.areas.path(grid));
    let words = [
        category.map_or("", |category| category.name.as_str()),
        place.as_deref().unwrap_or_default(),
    ];
    store::cases::correct(tx, row, &words.join(" "))?;
    // Those that the rules name now, and whoever was given a part.
    let named = row.life.corrected.iter();
    let named = named.flat_map(|corrected| &corrected.assisting);
    let parts = row.life.parts.iter().map(|part| &part.unit);
    store::cases::assist_only(tx, row, named.chain(parts))?;
    // It is where others of its group may have been.
    let here = CaseRow {
        opened: at,
        ..row.clone()
    };
    repeated::note(tx, district, &here)
}

/// What a correction changes, with the old words and the new. `row` is the case before it.
pub(super) fn words(
    district: &District,
    catalogue: &Catalogue,
    row: &CaseRow,
    given: &Given,
) -> Vec<String> {
    let Some(corrected) = &given.corrected else {
        return Vec::new();
    };
    let mut words = Vec::new();
    if corrected.category != row.category {
        let name = |id: &CategoryId| {
            let category = catalogue.category(id);
            category.map_or_else(|| id.to_string(), |category| category.name.clone())
        };
        let (old, new) = (name(&row.category), name(&corrected.category));
        words.push(format!("类别：{old} → {new}"));
    }
    if let Some(id) = &given.condition {
        let condition = catalogue.condition(id);
        let name = condition.map_or_else(|| id.to_string(), |condition| condition.name.clone());
        words.push(format!("立案条件：{name}"));
    }
    let old = (row.lat_e7, row.lon_e7, row.grid.as_ref());
    let new = (corrected.lat_e7, corrected.lon_e7, corrected.grid.as_ref());
    if old != new {
        let [old, new] = [old, new].map(|at| spot_words(district, at));
        words.push(format!("位置：{old} → {new}"));
    }
    words
}

fn spot_words(district: &District, (lat, lon, grid): (i64, i64, Option<&AreaCode>)) -> String {
    let place = grid.map_or_else(
        || String::from("网格之外"),
        |grid| district.areas.path(grid),
    );
    format!("{place}（{}，{}）", degrees(lat), degrees(lon))
}

fn degrees(e7: i64) -> String {
    const UNIT: u64 = 10_000_000;
    let sign = if e7 < 0 { "-" } else { "" };
    let size = e7.unsigned_abs();
    format!("{sign}{}.{:07}", size / UNIT, size % UNIT)
}

/// Puts the case's own place into its report as it is shown.
pub(super) fn show_place(row: &CaseRow, report: &mut ReportRow) {
    report.grid.clone_from(&row.grid);
    let place = &mut report.place;
    if (place.lat_e7, place.lon_e7) != (row.lat_e7, row.lon_e7) {
        place.lat_e7 = row.lat_e7;
        place.lon_e7 = row.lon_e7;
        place.accuracy_m = None;
        place.source = PlaceSource::Pin;
        report.grid_doubt.clear();
    }
}

/// To whom the rules would give what was corrected.
pub(super) fn suggestion(district: &District, row: &CaseRow) -> Option<Suggestion> {
    let corrected = row.life.corrected.as_ref()?;
    Some(Suggestion {
        unit_name: corrected.unit.as_ref().map(|unit| district.unit_name(unit)),
        unit: corrected.unit.clone(),
        rule: corrected.rule.clone(),
        because: corrected.because.clone(),
    })
}

/// Another category or place that its reporter proposes and nobody has answered by a correction,
/// the newest; only while it may be corrected.
pub(super) fn proposed(tx: &mut dyn Tx, row: &CaseRow) -> Result<Option<Amendment>> {
    let may = move_row(Move::Correct).is_some_and(|kind| kind.from.contains(&row.state.as_str()));
    if !may {
        return Ok(None);
    }
    for entry in store::events::of_case(tx, row.id)?.iter().rev() {
        let event = &entry.event;
        if event.kind == Move::Correct.as_str() {
            return Ok(None);
        }
        let proposal = (event.kind == "amend").then(|| proposal(&event.detail));
        if let Some(proposal) = proposal.flatten() {
            return Ok(Some(proposal));
        }
    }
    Ok(None)
}

/// The amendment in an entry's detail, when it is about category, condition or place.
fn proposal(detail: &str) -> Option<Amendment> {
    let detail = serde_json::from_str::<Value>(detail).ok()?;
    let amendment = Amendment::deserialize(detail.get("payload")?).ok()?;
    let says =
        amendment.category.is_some() || amendment.condition.is_some() || amendment.place.is_some();
    says.then_some(amendment)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn degrees_are_written_as_they_are_sent() {
        assert_eq!(degrees(271_505_000), "27.1505000");
        assert_eq!(degrees(-5), "-0.0000005");
    }

    #[test]
    fn only_what_the_desk_can_correct_is_a_proposal() {
        let of = |payload: &str| proposal(&format!("{{\"payload\":{payload},\"revision\":2}}"));
        let category = of("{\"category\":\"C0102\",\"condition\":\"C0102-1\"}");
        let id = category.and_then(|amendment| amendment.category);
        assert_eq!(id, CategoryId::new("C0102").ok());
        assert_eq!(of("{\"text\":\"是雨水井盖\"}"), None);
        assert_eq!(proposal("{}"), None);
    }
}
