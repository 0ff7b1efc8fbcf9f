//! What must hold when everything has become quiet: the network is good, everybody has synced.

use super::check::{Kept, exists, numbers, operations, texts};
use super::handheld::Handheld;
use super::host::Host;
use super::lost::Strays;
use super::office;
use anyhow::{Context, Result, ensure};
use rusqlite::{Connection, OptionalExtension};
use serde_json::Value;
use shared::id::CaseId;
use std::collections::{BTreeMap, BTreeSet};
use sync_server::store::events;

/// Checks the whole world.
pub async fn world(
    host: &mut Host,
    handhelds: &mut [Handheld],
    strays: Option<&Strays>,
) -> Result<()> {
    server(host)?;
    trails(host).await?;
    // What a lost handheld still has, or had when the server forgot it again, is not counted.
    let mut made = strays.map_or(Ok(0), |strays| strays.delivered(host))?;
    for handheld in handhelds.iter_mut() {
        let number = handheld.number;
        made += handheld.filed.len();
        delivered(handheld, host).with_context(|| format!("handheld {number}"))?;
        mirrored(handheld, host)
            .await
            .with_context(|| format!("handheld {number}"))?;
    }
    let kept = count(host.look()?, "SELECT count(*) FROM operations")?;
    let aside = count(
        host.look()?,
        "SELECT count(*) FROM quarantine WHERE op_id NOT IN (SELECT op_id FROM operations)",
    )?;
    ensure!(
        kept + aside == made,
        "{made} were made, {kept} + {aside} are at the server"
    );
    Ok(())
}

/// The server agrees with itself.
fn server(host: &mut Host) -> Result<()> {
    let applied = count(
        host.look()?,
        "SELECT count(*) FROM operations WHERE outcome = 'applied'
            AND kind = 'report.file'",
    )?;
    for (what, sql) in [
        ("reports", "SELECT count(*) FROM reports"),
        ("cases", "SELECT count(*) FROM cases"),
        ("case numbers", "SELECT count(DISTINCT case_no) FROM cases"),
        (
            "reports with a case",
            "SELECT count(DISTINCT report) FROM cases",
        ),
        (
            "beginnings of a trail",
            "SELECT count(*) FROM case_events WHERE kind = 'received'",
        ),
    ] {
        let found = count(host.look()?, sql)?;
        ensure!(
            found == applied,
            "{found} {what} for {applied} operations that were applied"
        );
    }
    let lost = texts(
        host.look()?,
        "SELECT op_id FROM operations WHERE outcome = 'quarantined'
            AND op_id NOT IN (SELECT op_id FROM quarantine)",
    )?;
    ensure!(
        lost.is_empty(),
        "{} operations are in quarantine for nobody",
        lost.len()
    );
    without_cause(host)?;
    let photos =
        "SELECT count(*) FROM report_photos JOIN photos ON photos.hash = report_photos.hash
        WHERE report_photos.report = cases.report";
    let wrong = texts(
        host.look()?,
        &format!(
            "SELECT case_no FROM cases WHERE photos_expected <> ({photos})
                OR photos_stored <> ({photos} AND photos.stored_ms IS NOT NULL)"
        ),
    )?;
    ensure!(
        wrong.is_empty(),
        "cases that count their photos wrongly: {wrong:?}"
    );
    host.has_what_it_says()
}

/// Nothing lands in quarantine but for what people did: out of office, another's handheld, or one
/// that was lost.
/// After a restore a handheld that was handed over may be in an epoch that the server forgot. What a
/// former carrier left on it is another's (`wrong_person`) only when it comes after a week, was lost
/// in between, or by its clock was made after that.
fn without_cause(host: &mut Host) -> Result<()> {
    let strange = texts(
        host.look()?,
        "SELECT reason_code FROM quarantine
            WHERE reason_code NOT IN ('not_in_office', 'device_lost', 'wrong_person', 'case_closed',
                'subject_unknown', 'not_yours', 'photos_full', 'photos_limit', 'hash_mismatch')
                AND NOT (reason_code = 'chain_broken' AND body NOT LIKE '%\"epoch\":1,%')",
    )?;
    ensure!(
        strange.is_empty(),
        "quarantined without a cause: {strange:?}"
    );
    Ok(())
}

/// Every trail verifies.
async fn trails(host: &mut Host) -> Result<()> {
    let cases = texts(host.look()?, "SELECT id FROM cases ORDER BY case_no")?;
    let broken = host
        .write(move |tx, _| {
            for id in &cases {
                let Ok(id) = id.parse::<CaseId>() else {
                    return Ok(Some(id.clone()));
                };
                if events::first_break(id, &events::of_case(tx, id)?).is_some() {
                    return Ok(Some(id.to_string()));
                }
            }
            Ok(None)
        })
        .await?;
    ensure!(broken.is_none(), "the trail of a case does not verify");
    Ok(())
}

/// Everything made on the handheld is at the server, once, and both say the same of it.
fn delivered(handheld: &mut Handheld, host: &mut Host) -> Result<()> {
    let kept = operations(handheld.look()?)?;
    let mut newest: BTreeMap<i64, i64> = BTreeMap::new();
    for operation in &kept {
        agreed(operation, host.look()?).with_context(|| format!("operation {}", operation.seq))?;
        newest.insert(operation.epoch, operation.seq);
    }
    let device = texts(handheld.look()?, "SELECT device_id FROM device")?.pop();
    let device = device.context("a handheld that is bound")?;
    let (epoch, made, high_water): (i64, i64, i64) = host.look()?.query_row(
        "SELECT epoch, made, high_water FROM devices WHERE id = ?1",
        [&device],
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
    )?;
    let newest = newest.get(&epoch).copied().unwrap_or_default();
    ensure!(
        (made, high_water) == (newest, newest),
        "{newest} were made; the server says {made} made, {high_water} without a gap"
    );
    let owed = texts(
        handheld.look()?,
        "SELECT p.sha256 FROM photos p
            JOIN reports r ON r.id = p.report_id
            JOIN operations o ON o.op_id = coalesce(p.op_id, r.op_id)
            WHERE p.sent_ms IS NULL AND o.outcome IN ('applied', 'duplicate')",
    )?;
    ensure!(
        owed.is_empty(),
        "{} photos of accepted reports never went",
        owed.len()
    );
    for sha256 in texts(
        handheld.look()?,
        "SELECT sha256 FROM photos WHERE sent_ms IS NOT NULL AND report_id IS NOT NULL
            AND pruned_ms IS NULL",
    )? {
        ensure!(
            host.has_photo(&sha256),
            "a photo that was sent is not at the server"
        );
    }
    // What a handheld keeps no longer and the server lost in a restore is owed by nobody.
    for sha256 in texts(
        handheld.look()?,
        "SELECT sha256 FROM photos WHERE pruned_ms IS NOT NULL",
    )? {
        let known = exists(
            host.look()?,
            "SELECT 1 FROM photos
                WHERE hash = ?1 AND (stored_ms IS NOT NULL OR gone_ms IS NOT NULL)",
            &sha256,
        )?;
        ensure!(
            known,
            "a photo that is nowhere any more is still waited for"
        );
    }
    only_their_previews(handheld, host)
}

/// Of a photo that its handheld keeps no longer the server has the bytes, or at least the preview:
/// where it lost both in a restore, the handheld offered what it has.
fn only_their_previews(handheld: &mut Handheld, host: &Host) -> Result<()> {
    let database = handheld.look()?;
    let mut statement = database.prepare_cached(
        "SELECT p.sha256, p.preview_sha256 FROM photos p
            JOIN reports r ON r.id = p.report_id
            JOIN operations o ON o.op_id = coalesce(p.op_id, r.op_id)
            WHERE p.pruned_ms IS NOT NULL AND p.preview_sha256 IS NOT NULL
                AND o.outcome IN ('applied', 'duplicate')",
    )?;
    let kept = statement.query_map([], |row| {
        Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))
    })?;
    for pair in kept {
        let (photo, preview) = pair?;
        ensure!(
            host.has_photo(&photo) || host.has_photo(&preview),
            "of a photo that is nowhere any more not even the preview is at the server"
        );
    }
    Ok(())
}

fn agreed(operation: &Kept, server: &Connection) -> Result<()> {
    let found: Option<(String, String, Option<String>)> = server
        .query_row(
            "SELECT o.hash, o.outcome, (SELECT case_no FROM cases WHERE cases.report = o.subject)
                FROM operations o WHERE o.op_id = ?1",
            [&operation.op_id],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
        )
        .optional()?;
    let Some((hash, outcome, case_no)) = found else {
        let aside = exists(
            server,
            "SELECT 1 FROM quarantine WHERE op_id = ?1",
            &operation.op_id,
        )?;
        ensure!(
            aside,
            "it is nowhere at the server; the handheld says {:?}",
            operation.outcome
        );
        return Ok(());
    };
    ensure!(hash == operation.hash, "the server has another content");
    match (operation.outcome.as_deref(), outcome.as_str()) {
        (Some("applied" | "duplicate"), "applied") => ensure!(
            operation.case_no == case_no,
            "the handheld shows number {:?}, the server {case_no:?}",
            operation.case_no
        ),
        (Some("quarantined"), "quarantined") => {}
        (here, there) => anyhow::bail!("the handheld says {here:?}, the server {there:?}"),
    }
    Ok(())
}

/// The handheld's mirror is what the server would tell it anew.
async fn mirrored(handheld: &mut Handheld, host: &mut Host) -> Result<()> {
    let token = texts(handheld.look()?, "SELECT token FROM device")?.pop();
    let rows = office::pull_all(host, &token.context("a token")?).await?;
    let mut wanted: BTreeMap<String, Value> = BTreeMap::new();
    let mut places = BTreeSet::new();
    for row in rows {
        let text = |name: &str| row[name].as_str().unwrap_or_default().to_owned();
        if row["why"] == "put" {
            places.insert((text("bucket"), text("id")));
            wanted.insert(text("id"), row["doc"].clone());
        }
    }
    let database = handheld.look()?;
    let mut statement = database.prepare_cached("SELECT bucket, case_id FROM case_buckets")?;
    let held = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let held: BTreeSet<(String, String)> = held.collect::<rusqlite::Result<_>>()?;
    ensure!(
        held == places,
        "the mirror has {} cases too many and {} too few",
        held.difference(&places).count(),
        places.difference(&held).count()
    );
    let mut statement = database.prepare_cached("SELECT id, doc FROM cases")?;
    let docs = statement.query_map([], |row| {
        Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))
    })?;
    let mut apart = Vec::new();
    for doc in docs {
        let (id, doc) = doc?;
        let doc: Value = serde_json::from_str(&doc)?;
        match wanted.remove(&id) {
            Some(wanted) => ensure!(
                doc == wanted,
                "a mirrored case says\n{doc}\nand not\n{wanted}"
            ),
            None => apart.push((id, doc)),
        }
    }
    ensure!(wanted.is_empty(), "{} cases are not mirrored", wanted.len());
    let shown = numbers(
        database,
        "SELECT report_id, count(*) FROM cases GROUP BY report_id HAVING count(*) > 1",
    )?;
    ensure!(shown.is_empty(), "a report is shown with two cases");
    ended(database, host, &apart)
}

/// Own cases that left this handheld are shown as they ended, and none of them is missing. What
/// somebody filed who had the handheld before is told to nobody.
fn ended(database: &Connection, host: &mut Host, apart: &[(String, Value)]) -> Result<()> {
    let person = texts(database, "SELECT json_extract(me, '$.id') FROM device")?.pop();
    let person = person.context("a handheld that is bound")?;
    for (id, doc) in apart {
        let class: Option<String> = host
            .look()?
            .query_row(
                "SELECT state_class FROM cases WHERE id = ?1 AND reporter = ?2",
                [id, &person],
                |row| row.get(0),
            )
            .optional()?;
        let Some(class) = class else { continue };
        ensure!(
            doc["class"] == class.as_str(),
            "an own case that left is shown as {}, and it is {class}",
            doc["class"]
        );
    }
    let without = "SELECT r.id FROM reports r
        WHERE NOT EXISTS (SELECT 1 FROM cases c WHERE c.report_id = r.id)";
    for report in texts(database, without)? {
        let case: Option<String> = host
            .look()?
            .query_row(
                "SELECT case_no FROM cases WHERE report = ?1 AND reporter = ?2",
                [&report, &person],
                |row| row.get(0),
            )
            .optional()?;
        ensure!(case.is_none(), "of an own report {case:?} is not here");
    }
    Ok(())
}

fn count(database: &Connection, sql: &str) -> Result<usize> {
    let number: i64 = database.query_row(sql, [], |row| row.get(0))?;
    Ok(usize::try_from(number)?)
}
