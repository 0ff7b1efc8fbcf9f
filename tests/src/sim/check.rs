//! What must hold at every moment: read from the databases and the files, never from what the
//! programs say of themselves.

use super::handheld::Handheld;
use super::host::Host;
use anyhow::{Context, Result, ensure};
use rusqlite::Connection;
use std::collections::BTreeMap;

/// An operation as the handheld keeps it.
#[derive(Debug)]
pub struct Kept {
    /// Identity.
    pub op_id: String,
    /// Its epoch.
    pub epoch: i64,
    /// Its number.
    pub seq: i64,
    /// Hash of its content.
    pub hash: String,
    /// What the server said; none while it waits.
    pub outcome: Option<String>,
    /// The printed number.
    pub case_no: Option<String>,
}

/// All operations of a handheld, in order.
pub fn operations(database: &Connection) -> Result<Vec<Kept>> {
    let mut statement = database.prepare_cached(
        "SELECT op_id, epoch, seq, hash, outcome, case_no FROM operations ORDER BY epoch, seq",
    )?;
    let rows = statement.query_map([], |row| {
        Ok(Kept {
            op_id: row.get(0)?,
            epoch: row.get(1)?,
            seq: row.get(2)?,
            hash: row.get(3)?,
            outcome: row.get(4)?,
            case_no: row.get(5)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Numbers by a name.
pub fn numbers(database: &Connection, sql: &str) -> Result<BTreeMap<String, i64>> {
    let mut statement = database.prepare_cached(sql)?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Texts of one column.
pub fn texts(database: &Connection, sql: &str) -> Result<Vec<String>> {
    let mut statement = database.prepare_cached(sql)?;
    let rows = statement.query_map([], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Everything cheap about one handheld.
pub fn handheld(handheld: &mut Handheld, host: &mut Host) -> Result<()> {
    let number = handheld.number;
    nothing_left_it(handheld).with_context(|| format!("handheld {number}"))?;
    cursors_go_forward(handheld).with_context(|| format!("handheld {number}"))?;
    what_was_confirmed_is_there(handheld, host).with_context(|| format!("handheld {number}"))
}

/// What its worker was told is kept is kept, whole.
fn nothing_left_it(handheld: &mut Handheld) -> Result<()> {
    let (filed, drafts) = (handheld.filed.clone(), handheld.drafts.clone());
    let database = handheld.look()?;
    let kept = operations(database)?;
    ensure!(
        kept.len() == filed.len(),
        "{} operations for {} that were filed",
        kept.len(),
        filed.len()
    );
    let mut before = (0, 0);
    for operation in &kept {
        let wanted = if operation.epoch == before.0 {
            before.1 + 1
        } else {
            1
        };
        ensure!(
            operation.seq == wanted,
            "number {} after {before:?}",
            operation.seq
        );
        before = (operation.epoch, operation.seq);
    }
    let of_reports = numbers(
        database,
        "SELECT report_id, count(*) FROM photos WHERE report_id IS NOT NULL GROUP BY report_id",
    )?;
    for report in &filed {
        ensure!(
            kept.iter().any(|operation| operation.op_id == report.op_id),
            "an operation that was filed is gone"
        );
        let photos = of_reports.get(&report.report).copied().unwrap_or_default();
        let of_it = filed.iter().filter(|other| other.report == report.report);
        let told: usize = of_it.map(|other| other.photos).sum();
        ensure!(
            usize::try_from(photos)? == told,
            "{photos} of {told} photos of a report"
        );
    }
    let of_drafts = numbers(
        database,
        "SELECT id, (SELECT count(*) FROM photos WHERE draft_id = drafts.id) FROM drafts",
    )?;
    for (draft, photos) in drafts {
        let found = of_drafts.get(&draft.to_string()).copied();
        ensure!(
            found == Some(i64::try_from(photos)?),
            "{found:?} of {photos} photos of a draft"
        );
    }
    let cut = texts(
        database,
        "SELECT sha256 FROM photos WHERE sent_ms IS NULL AND bytes <> (
            SELECT coalesce(sum(length(bytes)), 0) FROM photo_chunks WHERE photo_id = photos.id)",
    )?;
    ensure!(cut.is_empty(), "photos without all of their bytes: {cut:?}");
    Ok(())
}

/// Cursors never go back within a life of the server's data.
fn cursors_go_forward(handheld: &mut Handheld) -> Result<()> {
    let database = handheld.look()?;
    let life = texts(database, "SELECT server_epoch FROM device")?
        .pop()
        .unwrap_or_default();
    let cursors = numbers(database, "SELECT bucket, position FROM cursors")?;
    let (life_before, before) = std::mem::take(&mut handheld.cursors);
    if life == life_before {
        for (bucket, position) in &cursors {
            let was = before.get(bucket).copied().unwrap_or_default();
            ensure!(
                *position >= was,
                "the cursor of a bucket went from {was} to {position}"
            );
        }
    } else {
        handheld.confirmed.clear();
    }
    handheld.cursors = (life, cursors);
    Ok(())
}

/// Whatever the handheld believes to be at the server is there, durably.
fn what_was_confirmed_is_there(handheld: &mut Handheld, host: &mut Host) -> Result<()> {
    if handheld.cursors.0 != host.life() {
        // It hasn't heard yet that the server came back from a backup.
        return Ok(());
    }
    let over_gaps = texts(
        host.look()?,
        "SELECT id FROM devices WHERE high_water > (
            SELECT count(*) FROM operations
            WHERE device = devices.id AND epoch = devices.epoch AND seq <= high_water)",
    )?;
    ensure!(over_gaps.is_empty(), "a high-water mark stands above a gap");
    let kept = operations(handheld.look()?)?;
    let sent = texts(
        handheld.look()?,
        "SELECT sha256 FROM photos WHERE sent_ms IS NOT NULL AND report_id IS NOT NULL
            AND pruned_ms IS NULL",
    )?;
    for operation in kept {
        let believed = operation.outcome.as_deref();
        let is_new = believed.is_some() && !handheld.confirmed.contains(&operation.op_id);
        if is_new && believed != Some("rejected") {
            let there = exists(
                host.look()?,
                "SELECT 1 FROM operations WHERE op_id = ?1
                 UNION SELECT 1 FROM quarantine WHERE op_id = ?1",
                &operation.op_id,
            )?;
            ensure!(
                there,
                "operation {} was confirmed and is not at the server",
                operation.seq
            );
            handheld.confirmed.insert(operation.op_id);
        }
    }
    for sha256 in sent {
        if !handheld.confirmed.contains(&sha256) {
            let said = exists(
                host.look()?,
                "SELECT 1 FROM photos WHERE hash = ?1 AND stored_ms IS NOT NULL",
                &sha256,
            )?;
            ensure!(
                said && host.has_photo(&sha256),
                "a photo was confirmed and is not at the server"
            );
            handheld.confirmed.insert(sha256);
        }
    }
    Ok(())
}

/// Whether a row is there.
pub fn exists(database: &Connection, sql: &str, id: &str) -> Result<bool> {
    Ok(database.prepare_cached(sql)?.exists([id])?)
}
