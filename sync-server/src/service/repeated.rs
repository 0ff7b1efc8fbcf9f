//! Places where the same trouble comes again and again.
//!
//! When a case is opened, one look at an index says whether others of its group (大类) were opened
//! near it; then its square is noted. Whoever asks for the list gets those squares counted afresh,
//! so that a case withdrawn since does not count. Held by `tests/tests/similar.rs`.

use super::district::District;
use super::{Fault, Result};
use crate::store::cases::{Around, CaseRow};
use crate::store::repeated::RepeatedRow;
use crate::store::{self, Tx};
use shared::case::{Class, MERGED, NOT_ACCEPTED, VOIDED, WITHDRAWN};
use shared::id::AreaCode;
use shared::role::{Action, Actor, OfficePage, Subject, may};
use shared::similar::{
    REPEATED_CASES, REPEATED_RADIUS_M, REPEATED_WITHIN_MS, Spot, cell_of, cells_around, family,
    neighbours, repeats,
};
use shared::time::{DAY_MS, Timestamp};
use shared::wire::console::{RepeatedCategory, RepeatedPage, RepeatedPlace};
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// Others of its group that are looked at when a case is opened: enough of them lie within the
/// radius long before.
const LOOKED_AT_LIMIT: usize = 32;
/// Squares that one answer looks into, the newest: a district of 2,000 reports a day notes some
/// hundred of them in a season.
const SQUARES_LIMIT: usize = 500;
/// Cases of one square and its neighbours that are counted, the newest.
const COUNTED_LIMIT: usize = 400;
/// Places of an answer, the most frequent first.
const PLACES_LIMIT: usize = 200;

/// A case that ended so was no trouble of its own.
const NOT_COUNTED: [&str; 4] = [WITHDRAWN, NOT_ACCEPTED, VOIDED, MERGED];

/// Notes a case that was just opened where others of its group had been.
pub(super) fn note(tx: &mut dyn Tx, district: &District, case: &CaseRow) -> Result<()> {
    let family = family(&case.category);
    let radius = f64::from(REPEATED_RADIUS_M);
    let cells = cells_around(case.lat_e7, case.lon_e7, radius);
    let around = Around {
        district: &district.code,
        cells: &cells,
        from: case.opened.plus_ms(-REPEATED_WITHIN_MS),
        to: case.opened,
        limit: LOOKED_AT_LIMIT,
    };
    // The case itself is among them.
    let spots = store::cases::spots(tx, &around, family)?;
    let here = Spot {
        lat_e7: case.lat_e7,
        lon_e7: case.lon_e7,
    };
    let near = spots.iter().filter(|spot| here.is_near(**spot)).count();
    if near < REPEATED_CASES {
        return Ok(());
    }
    let row = RepeatedRow {
        family: family.to_owned(),
        cell: cell_of(case.lat_e7, case.lon_e7),
    };
    Ok(store::repeated::note(
        tx,
        &district.code,
        &row,
        case.opened,
    )?)
}

/// The places in the actor's areas where a group of trouble came again and again.
///
/// # Errors
/// [`Fault::Forbidden`] for somebody who supervises, dispatches and administers nothing.
pub fn list(
    tx: &mut dyn Tx,
    actor: &Actor,
    district: &District,
    now: Timestamp,
) -> Result<RepeatedPage> {
    if !OfficePage::Repeated.is_for(actor, &district.code) {
        return Err(Fault::Forbidden);
    }
    let from = now.plus_ms(-REPEATED_WITHIN_MS);
    // All of the district: whose place it is, the case in its middle says.
    let squares = store::repeated::since(tx, &district.code, from, SQUARES_LIMIT)?;
    let mut counted = HashSet::new();
    let mut rows = Vec::new();
    for square in &squares {
        for group in groups(tx, district, square, from, now)? {
            let area = group.first().and_then(|case| case.grid.as_ref());
            let is_mine = may_look(actor, area.unwrap_or(&district.code));
            // A group on the border of two squares is found from both.
            let is_new = group.iter().all(|case| !counted.contains(&case.id));
            if is_mine && is_new {
                counted.extend(group.iter().map(|case| case.id));
                rows.extend(place(district, &square.family, &group, from));
            }
        }
    }
    // Stable: of equals the one with the newest case stays in front.
    rows.sort_by_key(|row: &RepeatedPlace| std::cmp::Reverse(row.count));
    rows.truncate(PLACES_LIMIT);
    Ok(RepeatedPage {
        rows,
        server_time: now,
    })
}

fn may_look(actor: &Actor, area: &AreaCode) -> bool {
    let subject = Subject {
        area: Some(area),
        ..Subject::default()
    };
    may(actor, Action::ReadRepeated, subject).is_some()
}

/// The groups whose middle lies in a square or so near that all of it was looked at.
fn groups(
    tx: &mut dyn Tx,
    district: &District,
    square: &RepeatedRow,
    from: Timestamp,
    now: Timestamp,
) -> Result<Vec<Vec<CaseRow>>> {
    let cells = neighbours(square.cell);
    let around = Around {
        district: &district.code,
        cells: &cells,
        from,
        to: now,
        limit: COUNTED_LIMIT,
    };
    let mut cases = store::cases::of_family(tx, &around, &square.family)?;
    cases.retain(|case| !NOT_COUNTED.contains(&case.state.as_str()));
    let spots: Vec<Spot> = cases.iter().map(spot).collect();
    let radius = f64::from(REPEATED_RADIUS_M);
    let belongs =
        |case: &CaseRow| cells_around(case.lat_e7, case.lon_e7, radius).contains(&square.cell);
    let mut found = Vec::new();
    for group in repeats(&spots) {
        let group: Vec<CaseRow> = group
            .iter()
            .filter_map(|at| cases.get(*at).cloned())
            .collect();
        if group.first().is_some_and(belongs) {
            found.push(group);
        }
    }
    Ok(found)
}

fn spot(case: &CaseRow) -> Spot {
    Spot {
        lat_e7: case.lat_e7,
        lon_e7: case.lon_e7,
    }
}

/// A group as the console shows it; its middle case comes first.
fn place(
    district: &District,
    family: &str,
    group: &[CaseRow],
    from: Timestamp,
) -> Option<RepeatedPlace> {
    let middle = group.first()?;
    let mut categories: BTreeMap<String, u32> = BTreeMap::new();
    for case in group {
        let category = district.catalogue.category(&case.category);
        let name = category.map_or_else(|| case.category.to_string(), |c| c.name.clone());
        *categories.entry(name).or_default() += 1;
    }
    let mut categories: Vec<RepeatedCategory> = categories
        .into_iter()
        .map(|(name, count)| RepeatedCategory { name, count })
        .collect();
    categories.sort_by_key(|category| std::cmp::Reverse(category.count));
    let days: BTreeSet<i64> = group
        .iter()
        .map(|case| case.opened.0.saturating_add(shared::time::CHINA_OFFSET_MS) / DAY_MS)
        .collect();
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let major = district.catalogue.category(&middle.category);
    Some(RepeatedPlace {
        family: family.to_owned(),
        family_name: major.map_or_else(|| family.to_owned(), |category| category.major.clone()),
        categories,
        place: match &middle.grid {
            Some(grid) => district.areas.path(grid),
            None => String::from("网格之外"),
        },
        lat_e7: middle.lat_e7,
        lon_e7: middle.lon_e7,
        count: count(group.len()),
        open: count(
            group
                .iter()
                .filter(|case| case.class == Class::Open)
                .count(),
        ),
        days: count(days.len()),
        first_ms: group.iter().map(|case| case.opened).min()?,
        last_ms: group.iter().map(|case| case.opened).max()?,
        query: format!(
            "family={family}&near={},{},{REPEATED_RADIUS_M}&from_ms={}",
            middle.lat_e7, middle.lon_e7, from.0
        ),
    })
}
