//! What a dry run and an explanation begin with; the thinking is in `shared::dryrun` and
//! `shared::routing`.

use super::{drafts, for_administrators};
use crate::service::district::District;
use crate::service::{Fault, Result};
use crate::store::{self, Tx};
use shared::catalogue::Catalogue;
use shared::catalogue::review::review;
use shared::dryrun::{CASES_LIMIT, DAYS_MAX, DryRun, PastCase, compare};
use shared::id::CatalogueDraftId;
use shared::role::Actor;
use shared::routing::{Decision, Facts, route};
use shared::time::{DAY_MS, Timestamp};

/// Everything that a dry run needs: read in one moment, thought through beside the store.
#[derive(Debug)]
pub struct Trial {
    draft: Catalogue,
    cases: Vec<PastCase>,
    since: Timestamp,
}

/// Reads the cases of the last days and the draft.
///
/// # Errors
/// [`Fault::Forbidden`], [`Fault::NotFound`], [`Fault::Gone`]; [`Fault::Refused`] when the draft can't
/// be used as it is; [`Fault::Invalid`] for too many days.
pub fn prepare(
    tx: &mut dyn Tx,
    actor: &Actor,
    district: &District,
    id: CatalogueDraftId,
    days: u32,
    now: Timestamp,
) -> Result<Trial> {
    for_administrators(actor, district)?;
    if !(1..=DAYS_MAX).contains(&days) {
        return Err(Fault::invalid("days", "请选1到92天。", "1 to 92 days."));
    }
    let (_, doc) = drafts::read(tx, district, id)?;
    let draft = Catalogue::new(doc.clone()).map_err(|error| {
        let found = review(district.catalogue.doc(), &doc);
        let words = found.suspicions.first().map(|one| one.words.clone());
        Fault::Refused {
            field: "draft",
            zh: format!("不能试运行：{}。请先改正。", words.unwrap_or_default()),
            en: format!("the draft can't be used: {error}"),
        }
    })?;
    let since = now.plus_ms(-i64::from(days) * DAY_MS);
    let cases = store::past_cases::since(tx, &district.code, since, CASES_LIMIT)?;
    Ok(Trial {
        draft,
        cases,
        since,
    })
}

impl Trial {
    /// Routes every case by both catalogues: about a second for the most that is read.
    #[must_use]
    pub fn run(&self, district: &District) -> DryRun {
        compare(
            &self.cases,
            &district.catalogue,
            &self.draft,
            &district.areas,
            &district.orders,
            self.since,
        )
    }
}

/// Routes one report anew, at its own moment and by a catalogue.
#[must_use]
pub fn explain(district: &District, catalogue: &Catalogue, case: &PastCase) -> Decision {
    let facts = Facts {
        category: &case.category,
        condition: &case.condition,
        grid: case.grid.as_ref(),
        doubt: &case.doubt,
        self_fixed: case.self_fixed,
    };
    let mode = district.mode(case.grid.as_ref(), case.at);
    let calendar = catalogue.calendar();
    route(facts, catalogue, &district.areas, mode, calendar, case.at)
}
