//! The facts of a move as somebody asks for it, checked: is there such a unit, may it be given this,
//! does the person work there, may the mover see the case that it is merged into.

use super::moves::after_photos;
use super::rules::Ruled;
use super::{Seen, correct, readable};
use crate::service::district::District;
use crate::service::{Fault, Result, words};
use crate::store::cases::CaseRow;
use crate::store::{self, Tx};
use shared::case::{Ask, Class, Fact, Given, Move};
use shared::catalogue::{COMMUNITY_ROLE, Catalogue, STREET_ROLES};
use shared::id::{AreaCode, CaseId, ConditionId, UnitCode};
use shared::role::Actor;
use shared::time::Timestamp;
use shared::unit::{self, Unit};
use shared::wire::console::MoveRequest;

/// The member of a request that holds a fact.
pub(super) const fn field(fact: Fact) -> &'static str {
    match fact {
        Fact::Reason => "reason",
        Fact::Unit => "unit",
        Fact::Person => "person",
        Fact::Until => "until_ms",
        Fact::Condition => "condition",
        Fact::Into => "into",
        Fact::Found => "found",
        Fact::Outcome => "outcome",
        Fact::AfterPhoto => "photos",
        Fact::Ask => "ask",
        Fact::Card => "card",
        Fact::Stage => "stage",
        Fact::Category => "category",
        Fact::Place => "lat_e7",
    }
}

/// The facts of a move, checked against what is stored. What the move has no use for is dropped.
pub(super) fn given(
    tx: &mut dyn Tx,
    actor: &Actor,
    district: &District,
    seen: &Seen,
    request: &MoveRequest,
    now: Timestamp,
) -> Result<Given> {
    let row = &seen.row;
    let mut given = Given {
        reason: request.reason.trim().to_owned(),
        ..Given::default()
    };
    match request.kind {
        Move::Accept | Move::Dispatch | Move::AddPart => {
            let condition = request.condition.as_ref();
            given.condition = condition
                .map(|id| condition_of(tx, district, row, id, now))
                .transpose()?;
            if request.kind != Move::Accept {
                given.unit = Some(unit_for(tx, district, row, request.unit.as_ref(), now)?);
            }
            given.until_ms = request.until_ms.filter(|_| request.kind == Move::AddPart);
        }
        Move::AskVerify | Move::AskCheck => for_the_grid(district, row, now)?,
        Move::Escalate => given.unit = Some(above(district, row)?),
        Move::Assign => {
            let person = request.person;
            let colleagues = store::cases::colleagues(tx, &district.code, &row.lead, now)?;
            given.person = person.filter(|p| colleagues.iter().any(|(id, _)| id == p));
        }
        Move::Merge => given.into = merge_target(tx, actor, district, row.id, request.into)?,
        Move::Finish => {
            given.outcome = request.outcome;
            given.until_ms = request.until_ms;
            given.after_photos = after_photos(tx, row)?;
        }
        Move::Verify | Move::Check => given.found = request.found,
        Move::Ask => {
            given.ask = request.ask;
            given.until_ms = request.until_ms;
        }
        Move::Urge => given.card = request.card,
        Move::Reach => given.stage.clone_from(&request.stage),
        Move::Correct => return correct::given(tx, district, row, request, now),
        _ => {}
    }
    Ok(given)
}

impl Ruled {
    /// The rules after a move that accepts with another condition.
    pub(super) fn accepted(self, district: &District, row: &CaseRow, given: &Given) -> Self {
        match &given.condition {
            Some(condition) => {
                let version = self.catalogue.version().clone();
                let corrected = given.corrected.as_ref();
                let (category, grid) = corrected.map_or((&row.category, &row.grid), |corrected| {
                    (&corrected.category, &corrected.grid)
                });
                Self::of(
                    district,
                    &version,
                    category,
                    condition,
                    grid.as_ref(),
                    self.mode,
                )
            }
            None => self,
        }
    }
}

/// A condition of the case's category.
fn condition_of(
    tx: &mut dyn Tx,
    district: &District,
    row: &CaseRow,
    id: &ConditionId,
    now: Timestamp,
) -> Result<ConditionId> {
    let ruled = Ruled::load(tx, district, row, now)?;
    let mut conditions = ruled.catalogue.conditions_of(&row.category);
    if conditions.any(|condition| condition.id == *id) {
        return Ok(id.clone());
    }
    Err(Fault::invalid(
        "condition",
        "这个立案条件不属于这件事的类别，请另选。",
        "The condition does not belong to the category; choose another.",
    ))
}

/// A unit that may be given this case.
fn unit_for(
    tx: &mut dyn Tx,
    district: &District,
    row: &CaseRow,
    code: Option<&UnitCode>,
    now: Timestamp,
) -> Result<UnitCode> {
    let code = code.ok_or(Fault::invalid("unit", "请选单位。", "Choose a unit."))?;
    let unit = district
        .units
        .get(code)
        .filter(|unit| !unit.pool)
        .ok_or(Fault::invalid(
            "unit",
            "没有这个单位，或它是待认领池，请另选。",
            "There is no such unit, or it is a pool; choose another.",
        ))?;
    let ruled = Ruled::load(tx, district, row, now)?;
    let street = unit
        .area
        .street()
        .filter(|_| is_local(&ruled.catalogue, unit));
    if street.is_some_and(|street| {
        !ruled
            .catalogue
            .street_may_take_at(&street, &row.category, now)
    }) {
        return Err(Fault::invalid(
            "unit",
            "这件事不在街道履职清单里，不能派给街道或社区。",
            "This matter is not on the street's list; it can't be given to a street.",
        ));
    }
    Ok(code.clone())
}

/// Whether grid staff may be sent to look at this case. By the list in force: what the district
/// approves today counts for what was reported yesterday.
fn for_the_grid(district: &District, row: &CaseRow, now: Timestamp) -> Result<()> {
    let catalogue = &district.catalogue;
    let may = |grid: &AreaCode| catalogue.grid_may_take_at(grid, &row.category, now);
    if row.grid.as_ref().is_none_or(may) {
        return Ok(());
    }
    Err(Fault::NotPossible(words(
        "这件事不在网格事项准入清单里，不能交给网格员。要交须经区里批准，由系统管理员列入“网格事项准入”。",
        "Grid staff may not be given this matter. The district has to approve it, and an \
         administrator to put it on the list of grid matters.",
    )))
}

/// Whether a unit is a street's or a community's own body.
fn is_local(catalogue: &Catalogue, unit: &Unit) -> bool {
    let mut roles = STREET_ROLES.iter().chain([&COMMUNITY_ROLE]);
    roles.any(|name| {
        let role = catalogue.department(name);
        role.is_some_and(|role| unit.code.as_str().starts_with(&format!("{}-", role.code)))
    })
}

/// The next level up: a community's case goes to its street, a street's to the district's
/// dispatchers.
fn above(district: &District, row: &CaseRow) -> Result<UnitCode> {
    let lead = district.units.get(&row.lead);
    let at = lead.map(|unit| &unit.area);
    let street = at.and_then(|at| at.community().and_then(|_| at.street()));
    let unit = match street {
        Some(street) => unit::resolve(
            STREET_ROLES.first().copied().unwrap_or_default(),
            Some(&street),
            &district.catalogue,
            &district.areas,
        )
        .map(|unit| unit.code),
        None => at
            .and_then(|at| at.street())
            .map(|_| unit::dispatch_pool(&district.code)),
    };
    unit.ok_or(Fault::NotPossible(words(
        "本单位已是区级，没有更上一级。不属本单位的请退回。",
        "This unit is the district's already. Hand it back if it isn't yours.",
    )))
}

/// What was merged into a case would be gone from every list once that is taken for nothing: it is
/// unmerged first.
pub(super) fn unmerge_first(tx: &mut dyn Tx, row: &CaseRow, request: &MoveRequest) -> Result<()> {
    let ask = match request.kind {
        Move::Ask => request.ask,
        Move::Grant => row.life.asked.as_ref().map(|asked| asked.ask),
        _ => None,
    };
    let taken_for_nothing =
        matches!(request.kind, Move::NotAccept | Move::Withdraw) || ask == Some(Ask::Void);
    if !taken_for_nothing || store::cases::merged_into(tx, row.id)?.is_empty() {
        return Ok(());
    }
    Err(Fault::NotPossible(words(
        "还有别的上报并入了这件，会跟着一起落空。请先在那几件上拆案，再办这一步。",
        "Other reports were merged into this one and would end with it; unmerge them first.",
    )))
}

/// An open case that the mover may see, other than this one.
fn merge_target(
    tx: &mut dyn Tx,
    actor: &Actor,
    district: &District,
    own: CaseId,
    into: Option<CaseId>,
) -> Result<Option<CaseId>> {
    let Some(into) = into else { return Ok(None) };
    if into == own {
        return Err(super::moves::refused(&shared::case::Refusal::IntoItself));
    }
    let target = readable(tx, actor, district, into)?;
    if target.row.class == Class::Open {
        return Ok(Some(into));
    }
    Err(Fault::invalid(
        "into",
        "要并入的那件已经结束，请另选一件在办的。",
        "The case to merge it into has ended; choose one that is open.",
    ))
}
