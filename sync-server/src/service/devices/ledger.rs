//! The loss ledger: what each handheld made, what arrived, what is owed and since when.

use super::{PAGE_ROWS, grid_posts};
use crate::service::district::District;
use crate::service::{Result, pull};
use crate::store::devices::DeviceRow;
use crate::store::{self, Tx};
use shared::role::Actor;
use shared::time::Timestamp;
use shared::wire::console;

/// Ranges of missing numbers that a person is shown of one device.
const GAPS_SHOWN_MAX: usize = 20;

/// All devices of the district, those that owe something first and the oldest debt before all;
/// a device that never came back stays.
///
/// # Errors
/// Whatever the store says.
pub fn ledger(
    tx: &mut dyn Tx,
    district: &District,
    now: Timestamp,
) -> Result<Vec<console::DeviceRow>> {
    let mut rows = Vec::new();
    let mut after = None;
    loop {
        let found = store::devices::page(tx, &district.code, after, PAGE_ROWS)?;
        let full = found.len() == PAGE_ROWS;
        for device in found {
            after = Some(device.id);
            let person = store::people::get(tx, device.person)?;
            let name = person.map_or_else(String::new, |person| person.name);
            rows.push(row(tx, district, device, name, now)?);
        }
        if !full {
            break;
        }
    }
    rows.sort_by_key(|row| (!row.owes(), row.oldest_owed(), row.id));
    Ok(rows)
}

/// The numbers that are not here, up to what the device says it made.
fn missing(tx: &mut dyn Tx, device: &DeviceRow) -> Result<Vec<(i64, i64)>> {
    if device.made <= device.high_water {
        return Ok(Vec::new());
    }
    let (id, epoch, above) = (device.id, device.epoch, device.high_water);
    let between = store::operations::gaps(tx, id, epoch, above, GAPS_SHOWN_MAX)?;
    let mut gaps: Vec<_> = between.iter().map(|gap| (gap.from, gap.to)).collect();
    let highest = store::operations::highest(tx, id, epoch)?.max(above);
    if device.made > highest && gaps.len() < GAPS_SHOWN_MAX {
        gaps.push((highest.saturating_add(1), device.made));
    }
    Ok(gaps)
}

/// A device as the console shows it.
pub(super) fn row(
    tx: &mut dyn Tx,
    district: &District,
    device: DeviceRow,
    person_name: String,
    now: Timestamp,
) -> Result<console::DeviceRow> {
    let gaps = missing(tx, &device)?;
    let (photos_owed, photos_owed_since_ms) = store::photos::owed(tx, device.id)?;
    let carrier = Actor {
        person: device.person,
        posts: grid_posts(tx, device.person, now)?,
    };
    Ok(console::DeviceRow {
        id: device.id,
        name: device.name,
        platform: device.platform,
        app_version: device.app_version,
        person_name,
        last_seen_ms: device.last_seen,
        made: device.made,
        high_water: device.high_water,
        received: device.received,
        photos_owed,
        photos_gone: store::photos::gone_number(tx, device.id)?,
        room: pull::room(tx, &carrier, district)?,
        gaps,
        owed_since_ms: device.owed_since,
        photos_owed_since_ms,
        lost_ms: device.lost,
    })
}
