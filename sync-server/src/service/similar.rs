//! Open cases that may be the same thing as one case: proposed, for a person to merge.
//!
//! Read when somebody looks at a case, not when a report is filed: filing keeps the worker's hint
//! and costs no more than before. Whether two are the same is `shared::similar`. Held by
//! `tests/tests/similar.rs`.

use super::cases::{Seen, readable, rows_of};
use super::district::District;
use super::{Fault, Result};
use crate::store::cases::{Around, LookRow, NearRow};
use crate::store::{self, Tx};
use shared::case::Class;
use shared::catalogue::Catalogue;
use shared::id::{CaseId, CatalogueVersion, ReportId};
use shared::report::{PhotoRef, PhotoRole};
use shared::role::{Action, Actor, may};
use shared::similar::{Likeness, PerceptualHash, Sighting, Verdict, cells_around, compare_within};
use shared::time::{DAY_MS, Timestamp};
use shared::wire::console::{SimilarCase, SimilarPage};
use shared::wire::sync::Look;

/// A report may come so long after it was filed: a handheld that was away for a fortnight.
const COMES_WITHIN_MS: i64 = 14 * DAY_MS;
/// Cases nearby that are compared, the newest: a square that has more of them in a day has a flood
/// or a fair, and its cases are looked at together.
const COMPARED_LIMIT: usize = 200;
/// Rows of an answer: more are not compared by eye.
const SHOWN_LIMIT: usize = 20;
/// Hints of workers that are followed.
const HINTS_LIMIT: usize = 20;
/// Photos whose look travels with a case: near, far and two more.
const LOOK_PHOTOS_LIMIT: usize = 4;

/// What a case's photos look like as its column holds it.
#[must_use]
pub(super) fn phashes(photos: &[PhotoRef]) -> String {
    // Put right, things look alike.
    let photos = photos.iter().filter(|photo| photo.role != PhotoRole::After);
    let hashes = photos.filter_map(|photo| photo.phash);
    let texts: Vec<String> = hashes.map(|hash| hash.to_string()).collect();
    texts.join(" ")
}

/// What a handheld keeps of a case to compare others with.
#[must_use]
pub(super) fn look(row: LookRow, opened: Timestamp) -> Look {
    let mut photos = read_phashes(&row.phashes);
    photos.truncate(LOOK_PHOTOS_LIMIT);
    Look {
        accuracy_m: metres(row.accuracy_m),
        seen_ms: Some(seen(&row, opened)),
        place_words: row.place_words,
        photos,
    }
}

fn metres(accuracy_m: Option<i64>) -> Option<u32> {
    accuracy_m.and_then(|metres| u32::try_from(metres).ok())
}

fn read_phashes(text: &str) -> Vec<PerceptualHash> {
    let words = text.split_whitespace();
    words.filter_map(|word| word.parse().ok()).collect()
}

/// When it was seen: the device's clock set right, and never after it came here.
fn seen(row: &LookRow, opened: Timestamp) -> Timestamp {
    let skew = row.clock_skew_ms.unwrap_or(0);
    row.occurred.plus_ms(skew.saturating_neg()).min(opened)
}

/// One side of a comparison, with what it borrows from.
struct Side {
    near: NearRow,
    name: String,
    words: String,
    photos: Vec<PerceptualHash>,
}

impl Side {
    fn of(district: &District, near: NearRow) -> Self {
        let category = catalogue(district, &near.catalogue_version).category(&near.category);
        Self {
            name: category.map_or_else(String::new, |category| category.name.clone()),
            words: format!("{} {}", near.text, near.look.place_words),
            photos: read_phashes(&near.look.phashes),
            near,
        }
    }

    fn sighting(&self) -> Sighting<'_> {
        Sighting {
            category: &self.near.category,
            category_name: &self.name,
            lat_e7: self.near.lat_e7,
            lon_e7: self.near.lon_e7,
            accuracy_m: metres(self.near.look.accuracy_m),
            seen: seen(&self.near.look, self.near.opened),
            words: &self.words,
            photos: &self.photos,
        }
    }
}

fn catalogue<'a>(district: &'a District, version: &CatalogueVersion) -> &'a Catalogue {
    district
        .catalogue_of(version)
        .unwrap_or(&district.catalogue)
}

/// The open cases that may be the same thing as this one, the most alike first; those that a worker
/// named come before all others, however they compare.
///
/// # Errors
/// [`Fault::NotFound`] when there is no such case for the actor.
pub fn of_case(
    tx: &mut dyn Tx,
    actor: &Actor,
    district: &District,
    id: CaseId,
    now: Timestamp,
) -> Result<SimilarPage> {
    let seen_case = readable(tx, actor, district, id)?;
    let report = seen_case.row.report;
    let hinted = hinted(tx, report)?;
    let mut found = compared(tx, district, &seen_case, id)?;
    for case in &hinted {
        if found.iter().all(|(other, _)| other != case) {
            found.push((*case, None));
        }
    }
    // Stable: of equals the newer stays in front.
    found.sort_by_key(|(other, likeness)| {
        let score = likeness.as_ref().map_or(0, |likeness| likeness.score);
        (!hinted.contains(other), std::cmp::Reverse(score))
    });
    let mut rows = Vec::new();
    for (other, likeness) in found {
        if rows.len() >= SHOWN_LIMIT {
            break;
        }
        let Some(seen) = Seen::load(tx, district, other)? else {
            continue;
        };
        if may(actor, Action::ReadCase, seen.subject()).is_none() {
            continue;
        }
        let row = rows_of(tx, district, std::slice::from_ref(&seen.row), now)?.pop();
        rows.extend(row.map(|row| SimilarCase {
            row,
            named_by_worker: hinted.contains(&other),
            likeness,
        }));
    }
    Ok(SimilarPage {
        rows,
        server_time: now,
    })
}

/// The cases that this report's worker named, and those whose workers named this report.
fn hinted(tx: &mut dyn Tx, report: ReportId) -> Result<Vec<CaseId>> {
    let own = store::reports::get(tx, report)?.and_then(|row| row.same_as);
    let mut reports = store::reports::saying_same_as(tx, report, HINTS_LIMIT)?;
    reports.extend(own);
    let mut cases = Vec::new();
    for other in reports {
        let case = store::cases::by_report(tx, other)?.map(|row| row.id);
        cases.extend(case.filter(|case| !cases.contains(case)));
    }
    Ok(cases)
}

type Found = (CaseId, Option<Likeness>);

/// Open cases nearby that are worth a question.
fn compared(tx: &mut dyn Tx, district: &District, case: &Seen, id: CaseId) -> Result<Vec<Found>> {
    let row = &case.row;
    let mine = store::cases::states(tx, &[id])?;
    let mine = mine.into_iter().next().ok_or(Fault::NotFound("case"))?;
    let nearness = catalogue(district, &mine.catalogue_version).nearness(&row.category);
    let side = Side::of(
        district,
        NearRow {
            id,
            category: mine.category,
            catalogue_version: mine.catalogue_version,
            class: mine.class,
            lat_e7: mine.lat_e7,
            lon_e7: mine.lon_e7,
            opened: mine.opened,
            text: mine.text,
            look: mine.look,
        },
    );
    let at = side.sighting().seen;
    let cells = cells_around(row.lat_e7, row.lon_e7, nearness.reach_limit_m());
    let around = Around {
        district: &district.code,
        cells: &cells,
        from: at.plus_ms(nearness.within_ms().saturating_neg()),
        to: at.plus_ms(nearness.within_ms().saturating_add(COMES_WITHIN_MS)),
        limit: COMPARED_LIMIT,
    };
    let others = store::cases::near(tx, &around)?;
    let open = others
        .into_iter()
        .filter(|other| other.id != id && other.class == Class::Open);
    let compare = |other: NearRow| {
        let other = Side::of(district, other);
        let likeness = compare_within(&side.sighting(), &other.sighting(), nearness);
        (likeness.verdict > Verdict::No).then_some((other.near.id, Some(likeness)))
    };
    Ok(open.filter_map(compare).collect())
}
