//! Counting everything again from the trails, to know whether what is kept is right.

use super::{follow, slot};
use crate::service::Result;
use crate::service::district::District;
use crate::store::rollups::{Slot, Sums};
use crate::store::{self, Tx};
use shared::indicators::Course;
use shared::time::Timestamp;

/// A number that isn't what the trails say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Which.
    pub slot: Slot,
    /// What is kept.
    pub kept: i64,
    /// What the trails say.
    pub counted: i64,
}

/// Everything, counted from the trails.
fn recounted(tx: &mut dyn Tx, district: &District) -> Result<Sums> {
    let mut sums = Sums::new();
    let mut after = None;
    loop {
        let cases = store::rollups::trails(tx, &district.code, after)?;
        let Some((last, _, _)) = cases.last() else {
            break;
        };
        after = Some(*last);
        for (_, grid, trail) in &cases {
            let mut course = Course::default();
            for row in trail {
                for delta in follow(&mut course, district, row) {
                    let n = delta.n;
                    *sums
                        .entry(slot(district, grid.as_ref(), delta))
                        .or_default() += n;
                }
            }
        }
    }
    sums.retain(|_, n| *n != 0);
    Ok(sums)
}

/// Where what is kept differs from what the trails say; empty when they agree.
///
/// # Errors
/// Whatever the store says, as for all services.
pub fn differences(tx: &mut dyn Tx, district: &District) -> Result<Vec<Difference>> {
    let mut kept = store::rollups::all(tx, &district.code)?;
    let mut found = Vec::new();
    for (slot, counted) in recounted(tx, district)? {
        let kept = kept.remove(&slot).unwrap_or(0);
        if kept != counted {
            found.push(Difference {
                slot,
                kept,
                counted,
            });
        }
    }
    found.extend(kept.into_iter().map(|(slot, kept)| Difference {
        slot,
        kept,
        counted: 0,
    }));
    Ok(found)
}

/// Counts everything again and keeps that; how many numbers there are.
///
/// # Errors
/// As [`differences`].
pub fn rebuild(tx: &mut dyn Tx, district: &District, now: Timestamp) -> Result<usize> {
    let sums = recounted(tx, district)?;
    let numbers = sums.len();
    store::rollups::clear(tx, &district.code)?;
    for (slot, n) in sums {
        tx.add_up(slot, n)?;
    }
    store::meta::set(tx, store::meta::ROLLUPS, &now.to_string())?;
    Ok(numbers)
}

/// Counts the trails of before there were roll-ups, once.
///
/// # Errors
/// As [`differences`].
pub fn ensure_counted(tx: &mut dyn Tx, district: &District, now: Timestamp) -> Result<()> {
    if store::meta::get(tx, store::meta::ROLLUPS)?.is_none() {
        rebuild(tx, district, now)?;
    }
    Ok(())
}
