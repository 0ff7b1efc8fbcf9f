//! Drafts of the catalogue: begun from a version, changed in place or by a file, reviewed, then
//! published or dropped. Each change names the revision that it was made on.

use super::{Names, draft_row, for_administrators, keep, text, version_row};
use crate::service::audit::{self, Deed, Note};
use crate::service::district::District;
use crate::service::{Fault, Result, words};
use crate::store::catalogue_drafts::DraftRow;
use crate::store::catalogues::VersionRow;
use crate::store::{self, Tx};
use serde_json::{Value, json};
use shared::catalogue::edit::{CatalogueEdit, EditFault, apply};
use shared::catalogue::parts::{Part, import as import_part};
use shared::catalogue::review::{PartReview, Review, review};
use shared::catalogue::table::{Table, TableError};
use shared::catalogue::{Catalogue, CatalogueDoc};
use shared::id::{CatalogueDraftId, CatalogueVersion};
use shared::label::{self, Lang};
use shared::role::Actor;
use shared::time::{DAY_MS, Timestamp};
use shared::unit;
use shared::wire::catalogue::{
    self as wire, CatalogueDraftDetail, CatalogueDraftRow, EditRequest, NewCatalogueDraft,
    PublishRequest,
};

/// Open drafts of a district at once: beyond that somebody has to tidy up.
pub const OPEN_MAX: usize = 50;
/// Characters of a draft's name, and of the words of a version.
const NAME_CHARS_MAX: usize = 100;
/// Changes in one request; more are a file.
const EDITS_MAX: usize = 200;
/// How far ahead a version may be published: what is later is not known yet.
const AHEAD_MS_MAX: i64 = 366 * DAY_MS;

const CHANGED: Fault = Fault::NotPossible(words(
    "草稿已被他人改过，请重新打开再改。",
    "Somebody else changed the draft; open it again.",
));

/// Begins a draft.
///
/// # Errors
/// [`Fault::Forbidden`] for who doesn't administer the whole district; [`Fault::Invalid`] for a name
/// that is none; [`Fault::NotFound`] for a base that was never published.
pub fn begin(
    tx: &mut dyn Tx,
    actor: &Actor,
    district: &District,
    new: &NewCatalogueDraft,
    id: CatalogueDraftId,
    now: Timestamp,
) -> Result<CatalogueDraftRow> {
    for_administrators(actor, district)?;
    let name = new.name.trim();
    if name.is_empty() || name.chars().count() > NAME_CHARS_MAX {
        let (zh, en) = ("请写明这份草稿是做什么的，最多100字。", "Name the draft.");
        return Err(Fault::invalid("name", zh, en));
    }
    if store::catalogue_drafts::open(tx, &district.code, OPEN_MAX)?.len() >= OPEN_MAX {
        return Err(Fault::NotPossible(words(
            "未发布的草稿已有50份，请先清理。",
            "There are 50 open drafts; drop some first.",
        )));
    }
    let base = new
        .base
        .clone()
        .unwrap_or_else(|| district.catalogue.version().clone());
    let versions = store::catalogues::versions(tx, &district.code)?;
    if !versions.iter().any(|row| row.version == base) {
        return Err(Fault::NotFound("catalogue"));
    }
    let row = DraftRow {
        id,
        district: district.code.clone(),
        name: name.to_owned(),
        base: base.clone(),
        revision: 1,
        created: now,
        changed: now,
        by: actor.person,
        published: None,
        dropped: None,
    };
    let doc = text(tx, &base)?;
    store::catalogue_drafts::insert(tx, &row, &doc)?;
    note(
        tx,
        actor,
        district,
        Deed::DraftBegun,
        id,
        json!({"base": base}),
        now,
    )?;
    draft_row(tx, &mut Names::default(), row)
}

/// An open draft with its document.
pub(super) fn read(
    tx: &mut dyn Tx,
    district: &District,
    id: CatalogueDraftId,
) -> Result<(DraftRow, CatalogueDoc)> {
    let found = store::catalogue_drafts::get(tx, &district.code, id)?;
    let (row, text) = found.ok_or(Fault::NotFound("draft"))?;
    if !row.is_open() {
        return Err(Fault::Gone(words(
            "这份草稿已发布或已放弃，不能再改。",
            "The draft was published or dropped.",
        )));
    }
    let doc = serde_json::from_str(&text).map_err(|error| Fault::damaged("draft", error))?;
    Ok((row, doc))
}

/// A draft with its content and its review against the version in force.
///
/// # Errors
/// [`Fault::Forbidden`], [`Fault::NotFound`], [`Fault::Gone`] when it is no longer open.
pub fn get(
    tx: &mut dyn Tx,
    actor: &Actor,
    district: &District,
    id: CatalogueDraftId,
) -> Result<CatalogueDraftDetail> {
    for_administrators(actor, district)?;
    let (row, doc) = read(tx, district, id)?;
    Ok(CatalogueDraftDetail {
        row: draft_row(tx, &mut Names::default(), row)?,
        against: district.catalogue.version().clone(),
        review: review(district.catalogue.doc(), &doc),
        doc,
    })
}

/// Makes small changes: all of them, or none.
///
/// # Errors
/// As [`get`]; [`Fault::NotPossible`] when somebody else was quicker; [`Fault::Invalid`] for a
/// change that can't be made.
pub fn edit(
    tx: &mut dyn Tx,
    actor: &Actor,
    district: &District,
    id: CatalogueDraftId,
    request: &EditRequest,
    now: Timestamp,
) -> Result<CatalogueDraftDetail> {
    for_administrators(actor, district)?;
    if request.edits.is_empty() || request.edits.len() > EDITS_MAX {
        let (zh, en) = (
            "一次改1到200处，更多请用文件导入。",
            "1 to 200 edits at once.",
        );
        return Err(Fault::invalid("edits", zh, en));
    }
    let (_, mut doc) = read(tx, district, id)?;
    for edit in &request.edits {
        check_place(district, edit)?;
        apply(&mut doc, edit).map_err(edit_fault)?;
    }
    write(tx, actor, id, request.base_revision, &doc, now)?;
    let edits: Vec<Value> = request.edits.iter().map(noted).collect();
    let detail = json!({"edits": edits});
    note(tx, actor, district, Deed::DraftEdited, id, detail, now)?;
    get(tx, actor, district, id)
}

/// A round is of a place that is there.
fn check_place(district: &District, edit: &CatalogueEdit) -> Result<()> {
    match edit {
        CatalogueEdit::Round { round } if district.areas.get(&round.area).is_none() => {
            let (zh, en) = ("没有这个地区，请重选。", "There is no such place.");
            Err(Fault::invalid("area", zh, en))
        }
        _ => Ok(()),
    }
}

/// A change as the audit names it: of a round without its points, which the draft has.
fn noted(edit: &CatalogueEdit) -> Value {
    match edit {
        CatalogueEdit::Round { round } => json!({
            "kind": "round",
            "round": round.id,
            "name": round.name,
            "area": round.area,
            "points": round.points.len(),
        }),
        other => json!(other),
    }
}

fn edit_fault(fault: EditFault) -> Fault {
    let (zh, en) = match fault {
        EditFault::Round(fault) => {
            return Fault::Refused {
                field: "round",
                zh: format!("{}。", label::round_fault(fault, Lang::Zh)),
                en: format!("{}.", label::round_fault(fault, Lang::En)),
            };
        }
        EditFault::Unknown => ("草稿里没有这一行，请刷新。", "There is no such row."),
        EditFault::Limit => ("时限应为1到366。", "A limit is 1 to 366."),
        EditFault::Unit => ("时限单位不对。", "The unit of the limit is none."),
        EditFault::Lead => ("部门表里没有这个单位，或已停用。", "There is no such unit."),
    };
    Fault::invalid("edits", zh, en)
}

/// Takes the tables of a file into a draft: all of them, or none.
///
/// # Errors
/// As [`edit`]; [`Fault::Refused`] with sheet and line when a table can't be read.
pub fn import(
    tx: &mut dyn Tx,
    actor: &Actor,
    district: &District,
    id: CatalogueDraftId,
    base_revision: i64,
    tables: &[(Part, Table)],
    now: Timestamp,
) -> Result<CatalogueDraftDetail> {
    for_administrators(actor, district)?;
    let (_, mut doc) = read(tx, district, id)?;
    for (part, table) in tables {
        doc = import_part(&doc, *part, table, now).map_err(|error| table_fault(&error))?;
    }
    write(tx, actor, id, base_revision, &doc, now)?;
    let parts: Vec<&str> = tables.iter().map(|(part, _)| part.as_str()).collect();
    let detail = json!({"parts": parts});
    note(tx, actor, district, Deed::DraftImported, id, detail, now)?;
    get(tx, actor, district, id)
}

/// A file that can't be read, in words.
#[must_use]
pub fn table_fault(error: &TableError) -> Fault {
    Fault::Refused {
        field: "file",
        zh: format!("{}。文件没有导入。", error.words()),
        en: format!("{error}; nothing was imported"),
    }
}

/// Gives a draft up; it is kept, and no longer listed.
///
/// # Errors
/// As [`get`].
pub fn give_up(
    tx: &mut dyn Tx,
    actor: &Actor,
    district: &District,
    id: CatalogueDraftId,
    now: Timestamp,
) -> Result<()> {
    for_administrators(actor, district)?;
    read(tx, district, id)?;
    store::catalogue_drafts::set_dropped(tx, id, now)?;
    note(
        tx,
        actor,
        district,
        Deed::DraftDropped,
        id,
        Value::Null,
        now,
    )
}

/// Publishes a draft as the district's next version.
///
/// # Errors
/// As [`edit`]; [`Fault::Refused`] when it can't be published as it is, or what looks wrong was not
/// looked at.
pub fn publish(
    tx: &mut dyn Tx,
    actor: &Actor,
    district: &District,
    id: CatalogueDraftId,
    request: &PublishRequest,
    now: Timestamp,
) -> Result<wire::VersionRow> {
    for_administrators(actor, district)?;
    let from = request.from_ms.unwrap_or(now).max(now);
    if from.since(now) > AHEAD_MS_MAX {
        let (zh, en) = ("最多提前一年发布。", "At most a year ahead.");
        return Err(Fault::invalid("from_ms", zh, en));
    }
    if request.words.chars().count() > NAME_CHARS_MAX {
        return Err(Fault::invalid(
            "words",
            "说明最多100字。",
            "At most 100 characters.",
        ));
    }
    let (row, mut doc) = read(tx, district, id)?;
    if row.revision != request.base_revision {
        return Err(CHANGED);
    }
    let found = review(district.catalogue.doc(), &doc);
    may_publish(&found, request.suspicions_seen)?;
    let versions = store::catalogues::versions(tx, &district.code)?;
    doc.version = next_version(tx, district, &versions, now)?;
    let words = request.words.trim();
    let version = VersionRow {
        version: doc.version.clone(),
        district: district.code.clone(),
        published: now,
        from,
        by: Some(actor.person),
        words: if words.is_empty() {
            row.name
        } else {
            words.to_owned()
        },
    };
    let version = keep(tx, version, &doc)?;
    let catalogue = Catalogue::new(doc).map_err(|error| Fault::damaged("catalogue", error))?;
    // Units are added and renamed, never removed: cases lie with them.
    for unit in unit::all(&catalogue, &district.areas) {
        if district.units.get(&unit.code) != Some(&unit) {
            store::units::put(tx, &district.code, &unit)?;
        }
    }
    if !store::catalogue_drafts::publish(tx, id, request.base_revision, &version.version)? {
        return Err(CHANGED);
    }
    let detail = published(&version, &found);
    note(
        tx,
        actor,
        district,
        Deed::CataloguePublished,
        id,
        detail,
        now,
    )?;
    let all = store::catalogues::versions(tx, &district.code)?;
    version_row(tx, &mut Names::default(), &all, &version, now)
}

/// What the audit says of a version.
fn published(version: &VersionRow, found: &Review) -> Value {
    let count = |count: fn(&PartReview) -> usize| -> usize { found.parts.iter().map(count).sum() };
    json!({
        "version": version.version, "from_ms": version.from, "new": count(|part| part.new),
        "changed": count(|part| part.changed), "gone": count(|part| part.gone),
        "suspicions": found.suspicions.len(),
    })
}

fn may_publish(found: &Review, seen: bool) -> Result<()> {
    let count = found.suspicions.len();
    match found.suspicions.first() {
        Some(first) if first.blocks => Err(Fault::Refused {
            field: "draft",
            zh: format!("不能发布：{}。请先改正。", first.words),
            en: String::from("the draft has faults that stop it; see its review"),
        }),
        Some(_) if !seen => Err(Fault::Refused {
            field: "suspicions_seen",
            zh: format!("有{count}处疑点，请逐条看过并确认后再发布。"),
            en: format!("{count} suspicions have to be looked at first"),
        }),
        _ => Ok(()),
    }
}

/// `350703-2026.4` after `350703-2026.3`. After a restore the mark of this life of the data stands
/// behind it, since the former one may have given that number to something else.
fn next_version(
    tx: &mut dyn Tx,
    district: &District,
    versions: &[VersionRow],
    now: Timestamp,
) -> Result<CatalogueVersion> {
    let head = format!("{}-{}.", district.code, now.china_year());
    let numbers = versions.iter().filter_map(|row| {
        let number = row.version.as_str().strip_prefix(&head)?;
        number.split('-').next()?.parse::<u32>().ok()
    });
    let next = numbers.max().unwrap_or(0).saturating_add(1);
    let life = store::meta::get(tx, store::meta::LIFE)?;
    let life = life.map_or_else(String::new, |life| format!("-{life}"));
    let name = CatalogueVersion::new(format!("{head}{next}{life}"));
    name.map_err(|error| Fault::damaged("catalogue version", error))
}

fn write(
    tx: &mut dyn Tx,
    actor: &Actor,
    id: CatalogueDraftId,
    base_revision: i64,
    doc: &CatalogueDoc,
    now: Timestamp,
) -> Result<()> {
    let text = serde_json::to_string(doc).map_err(|error| Fault::damaged("draft", error))?;
    let by = actor.person;
    if store::catalogue_drafts::change(tx, id, base_revision, &text, by, now)? {
        Ok(())
    } else {
        Err(CHANGED)
    }
}

fn note(
    tx: &mut dyn Tx,
    actor: &Actor,
    district: &District,
    deed: Deed,
    id: CatalogueDraftId,
    detail: Value,
    now: Timestamp,
) -> Result<()> {
    let subject = id.to_string();
    let note = Note {
        detail,
        ..Note::of(Some(actor.person), deed, &subject)
    };
    audit::note(tx, district, &note, now)
}
