//! Catalogues: versions that were published, every one for ever and one of them in force, and the
//! drafts that become versions.
//!
//! The version published last counts, from the moment that it is for; so going back is publishing
//! an earlier content once more, and whatever was to come into force later is thereby replaced.
//! Only administrators of the whole district; all of it is in the audit.
//! Tests: `tests/tests/catalogue.rs`.

pub mod drafts;
pub mod trial;

use super::{Fault, Result, district::note_change};
use crate::service::district::District;
use crate::store::catalogues::VersionRow;
use crate::store::{self, Tx};
use shared::catalogue::parts::{Part, export as export_part};
use shared::catalogue::table::Table;
use shared::catalogue::{Catalogue, CatalogueDoc};
use shared::id::{AreaCode, CatalogueDraftId, CatalogueVersion, PersonId};
use shared::role::{Action, Actor, may_all_of};
use shared::time::Timestamp;
use shared::wire::catalogue::{self as wire, CatalogueDraftRow, CataloguesAnswer, Standing};
use std::collections::HashMap;

/// The version that is in force at a moment; `versions` begin with the one published last. Before
/// any of them would be (this clock is behind the one that they were published by) it is the one
/// that is first to come: a district always has rules.
#[must_use]
pub fn in_force(versions: &[VersionRow], now: Timestamp) -> Option<&VersionRow> {
    let is_due = versions.iter().find(|row| row.from <= now);
    is_due.or_else(|| versions.iter().min_by_key(|row| row.from))
}

/// Publishes a version and puts it into force. A version that is there stays as it is.
///
/// # Errors
/// [`Fault::Damaged`] when the document is no catalogue; whatever the store says.
pub fn publish(
    tx: &mut dyn Tx,
    district: &AreaCode,
    doc: &CatalogueDoc,
    now: Timestamp,
) -> Result<VersionRow> {
    let row = VersionRow {
        version: doc.version.clone(),
        district: district.clone(),
        published: now,
        from: now,
        by: None,
        words: String::new(),
    };
    keep(tx, row, doc)
}

/// Keeps a version as the one published last.
fn keep(tx: &mut dyn Tx, mut row: VersionRow, doc: &CatalogueDoc) -> Result<VersionRow> {
    Catalogue::new(doc.clone()).map_err(|error| Fault::damaged("catalogue", error))?;
    let text = serde_json::to_string(doc).map_err(|error| Fault::damaged("catalogue", error))?;
    // Which one is the last must never be a question, even if a clock was set back.
    if let Some(last) = store::catalogues::versions(tx, &row.district)?.first()
        && last.version != row.version
    {
        row.published = row.published.max(last.published.plus_ms(1));
    }
    store::catalogues::insert_if_new(tx, &row, &text)?;
    note_change(tx)?;
    Ok(row)
}

/// The document of a version as JSON text.
///
/// # Errors
/// [`Fault::NotFound`] for one that was never published.
pub fn text(tx: &mut dyn Tx, version: &CatalogueVersion) -> Result<String> {
    store::catalogues::get(tx, version)?.ok_or(Fault::NotFound("catalogue"))
}

/// Who may change what holds for the whole district.
///
/// # Errors
/// [`Fault::Forbidden`] for anybody else.
pub(super) fn for_administrators(actor: &Actor, district: &District) -> Result<()> {
    let administers = may_all_of(actor, Action::Administer, &district.code);
    administers.then_some(()).ok_or(Fault::Forbidden)
}

/// Published versions and open drafts.
///
/// # Errors
/// [`Fault::Forbidden`] for who doesn't administer the whole district.
pub fn list(
    tx: &mut dyn Tx,
    actor: &Actor,
    district: &District,
    now: Timestamp,
) -> Result<CataloguesAnswer> {
    for_administrators(actor, district)?;
    let rows = store::catalogues::versions(tx, &district.code)?;
    let mut names = Names::default();
    let mut versions = Vec::with_capacity(rows.len());
    for row in &rows {
        versions.push(version_row(tx, &mut names, &rows, row, now)?);
    }
    let mut drafts = Vec::new();
    for row in store::catalogue_drafts::open(tx, &district.code, drafts::OPEN_MAX)? {
        drafts.push(draft_row(tx, &mut names, row)?);
    }
    Ok(CataloguesAnswer {
        versions,
        drafts,
        unlisted_year: district.catalogue.calendar().unlisted_year(now),
    })
}

/// What somebody wants to have as tables.
#[derive(Debug, Clone)]
pub enum Source {
    /// A published version; the one in force when none is named.
    Version(Option<CatalogueVersion>),
    /// An open draft.
    Draft(CatalogueDraftId),
}

/// Parts of a catalogue as tables, and the name of what they are of.
///
/// # Errors
/// [`Fault::Forbidden`] for who doesn't administer the whole district; [`Fault::NotFound`].
pub fn export(
    tx: &mut dyn Tx,
    actor: &Actor,
    district: &District,
    source: &Source,
    parts: &[Part],
) -> Result<(String, Vec<Table>)> {
    for_administrators(actor, district)?;
    let (name, doc) = match source {
        Source::Version(None) => {
            let catalogue = &district.catalogue;
            (catalogue.version().to_string(), catalogue.doc().clone())
        }
        Source::Version(Some(version)) => {
            let catalogue = district.catalogue_of(version);
            let catalogue = catalogue.ok_or(Fault::NotFound("catalogue"))?;
            (version.to_string(), catalogue.doc().clone())
        }
        Source::Draft(id) => {
            let (row, doc) = drafts::read(tx, district, *id)?;
            (format!("draft-{}", row.revision), doc)
        }
    };
    let tables = parts.iter().map(|part| export_part(&doc, *part)).collect();
    Ok((name, tables))
}

/// Names of people, each looked up once.
#[derive(Debug, Default)]
pub(super) struct Names(HashMap<PersonId, String>);

impl Names {
    pub(super) fn of(&mut self, tx: &mut dyn Tx, person: Option<PersonId>) -> Result<String> {
        let Some(person) = person else {
            return Ok(String::new());
        };
        if let Some(name) = self.0.get(&person) {
            return Ok(name.clone());
        }
        let name = store::people::get(tx, person)?.map_or_else(String::new, |row| row.name);
        self.0.insert(person, name.clone());
        Ok(name)
    }
}

fn version_row(
    tx: &mut dyn Tx,
    names: &mut Names,
    all: &[VersionRow],
    row: &VersionRow,
    now: Timestamp,
) -> Result<wire::VersionRow> {
    let current = in_force(all, now);
    let replaced = current.is_some_and(|current| row.published < current.published);
    let standing = if current.is_some_and(|current| current.version == row.version) {
        Standing::InForce
    } else if replaced || is_overtaken(all, row) {
        Standing::Retired
    } else {
        Standing::Coming
    };
    Ok(wire::VersionRow {
        version: row.version.clone(),
        standing,
        from_ms: row.from,
        published_ms: row.published,
        by: names.of(tx, row.by)?,
        words: row.words.clone(),
    })
}

/// Whether a version published later is in force before this one would be.
fn is_overtaken(all: &[VersionRow], row: &VersionRow) -> bool {
    all.iter()
        .any(|other| other.published > row.published && other.from <= row.from)
}

fn draft_row(
    tx: &mut dyn Tx,
    names: &mut Names,
    row: store::catalogue_drafts::DraftRow,
) -> Result<CatalogueDraftRow> {
    Ok(CatalogueDraftRow {
        by: names.of(tx, Some(row.by))?,
        id: row.id,
        name: row.name,
        base: row.base,
        revision: row.revision,
        changed_ms: row.changed,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;

    fn version(name: &str, published: i64, from: i64) -> VersionRow {
        VersionRow {
            version: CatalogueVersion::new(name).unwrap(),
            district: AreaCode::new("350703").unwrap(),
            published: Timestamp(published),
            from: Timestamp(from),
            by: None,
            words: String::new(),
        }
    }

    #[test]
    fn the_version_published_last_counts_from_the_moment_it_is_for() {
        let versions = [
            version("c", 30, 30),
            version("b", 20, 50),
            version("a", 10, 10),
        ];
        let at = |versions: &[VersionRow], ms| {
            in_force(versions, Timestamp(ms)).map(|row| row.version.to_string())
        };
        assert_eq!(at(&versions, 10).as_deref(), Some("a"));
        // Published after it and in force before it: what was to come is replaced for good.
        assert_eq!(at(&versions, 60).as_deref(), Some("c"));
        let coming = versions.get(1..).unwrap();
        assert_eq!(at(coming, 49).as_deref(), Some("a"));
        assert_eq!(at(coming, 50).as_deref(), Some("b"));
    }

    #[test]
    fn a_clock_that_is_behind_leaves_the_district_its_first_version() {
        let versions = [
            version("c", 30, 30),
            version("b", 20, 50),
            version("a", 10, 10),
        ];
        let name = |versions: &[VersionRow]| {
            in_force(versions, Timestamp(9)).map(|row| row.version.to_string())
        };
        assert_eq!(name(&versions).as_deref(), Some("a"));
        assert_eq!(name(versions.get(..2).unwrap()).as_deref(), Some("c"));
        assert_eq!(name(&[]), None);
    }
}
