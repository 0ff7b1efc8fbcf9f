//! What could not be acted on: listed for people, and settled with a note.

use super::audit::{self, Deed, Note};
use super::devices::scopes_of;
use super::{Fault, Result, words};
use crate::service::district::District;
use crate::store::quarantine::{After, QuarantineRow as KeptRow};
use crate::store::{self, Tx};
use shared::area::Scope;
use shared::id::{DeviceId, OpId, PersonId, Sha256};
use shared::label::{self, Lang};
use shared::operation::Operation;
use shared::report::PHOTOS_LIMIT;
use shared::role::{Action, Actor};
use shared::time::Timestamp;
use shared::wire::console::{CasePhoto, Page, QuarantineRow, ResolveRequest};
use shared::wire::sync::{Settled, UNSETTLED_LIMIT};
use std::collections::HashMap;

/// Rows of one page.
pub const PAGE_ROWS: usize = 100;
/// A note: a paragraph.
pub const NOTE_CHARS_MAX: usize = 1_000;

/// Who may see what: by the posts of the maker, or the whole district.
struct Scopes<'a> {
    scopes: Vec<Scope>,
    district: &'a District,
    now: Timestamp,
    known: HashMap<PersonId, (String, bool)>,
}

impl<'a> Scopes<'a> {
    fn of(actor: &Actor, district: &'a District, now: Timestamp) -> Result<Self> {
        let scopes = scopes_of(actor, Action::Quarantine);
        if scopes.is_empty() {
            return Err(Fault::Forbidden);
        }
        Ok(Self {
            scopes,
            district,
            now,
            known: HashMap::new(),
        })
    }

    fn whole(&self) -> bool {
        self.scopes
            .iter()
            .any(|scope| scope.contains(&self.district.code))
    }

    /// The maker's name when the entry may be seen. Nobody's entries are the district's.
    fn name(&mut self, tx: &mut dyn Tx, person: Option<PersonId>) -> Result<Option<String>> {
        let whole = self.whole();
        let Some(person) = person else {
            return Ok(whole.then(String::new));
        };
        if !self.known.contains_key(&person) {
            let name = store::people::get(tx, person)?
                .map(|row| row.name)
                .unwrap_or_default();
            let posts = store::posts::held(tx, person, self.now)?;
            let within = |row: &store::posts::PostRow| {
                self.scopes
                    .iter()
                    .any(|scope| scope.contains(&row.post.area))
            };
            let seen = whole || posts.iter().any(within);
            self.known.insert(person, (name, seen));
        }
        Ok(self
            .known
            .get(&person)
            .filter(|(_, seen)| *seen)
            .map(|(name, _)| name.clone()))
    }
}

/// A page of what waits, newest first; with what is settled when asked.
///
/// # Errors
/// [`Fault::Forbidden`] for who may see none.
pub fn page(
    tx: &mut dyn Tx,
    actor: &Actor,
    district: &District,
    settled: bool,
    cursor: Option<&str>,
    now: Timestamp,
) -> Result<Page<QuarantineRow>> {
    let mut scopes = Scopes::of(actor, district, now)?;
    let mut after = cursor
        .filter(|text| !text.is_empty())
        .map(read_cursor)
        .transpose()?;
    let mut rows = Vec::new();
    loop {
        let found = store::quarantine::page(tx, &district.code, settled, after, PAGE_ROWS)?;
        let full = found.len() >= PAGE_ROWS;
        for row in found {
            after = Some(After {
                received: row.received,
                op_id: row.op_id,
                hash: row.hash,
            });
            let Some(person_name) = scopes.name(tx, row.person)? else {
                continue;
            };
            rows.push(QuarantineRow {
                op_id: row.op_id,
                hash: Some(row.hash),
                person_name,
                received_ms: row.received,
                words: label::fault(&row.reason_code, Lang::Zh).to_owned(),
                code: row.reason_code,
                photos: photos_of(tx, &row.body)?,
                body: row.body,
                resolved_ms: row.resolved,
                note: row.note,
            });
        }
        if !full {
            return Ok(Page { rows, next: None });
        }
        if rows.len() >= PAGE_ROWS {
            let next =
                after.map(|after| format!("{}.{}.{}", after.received.0, after.op_id, after.hash));
            return Ok(Page { rows, next });
        }
    }
}

/// The photos that an operation names, as far as it can be read and they are awaited.
fn photos_of(tx: &mut dyn Tx, body: &str) -> Result<Vec<CasePhoto>> {
    let named = serde_json::from_str::<Operation>(body).map_or_else(|_| Vec::new(), |o| o.photos);
    let mut photos = Vec::new();
    for photo in named.iter().take(PHOTOS_LIMIT) {
        let Some(row) = store::photos::get(tx, photo.sha256)? else {
            continue;
        };
        let preview = match photo.preview {
            Some(preview) => store::previews::get(tx, preview.sha256)?,
            None => None,
        };
        photos.push(CasePhoto {
            sha256: photo.sha256,
            role: photo.role,
            arrived: row.stored.is_some(),
            gone: row.gone.is_some(),
            preview: preview
                .filter(|row| row.stored.is_some())
                .map(|row| row.hash),
            bytes: photo.bytes,
            width: photo.width,
            height: photo.height,
        });
    }
    Ok(photos)
}

/// Whether an entry that the actor may see names this photo or preview.
///
/// # Errors
/// Whatever the store says, as for all services.
pub fn shows_photo(
    tx: &mut dyn Tx,
    actor: &Actor,
    district: &District,
    hash: Sha256,
    now: Timestamp,
) -> Result<bool> {
    let mut scopes = match Scopes::of(actor, district, now) {
        Err(Fault::Forbidden) => return Ok(false),
        scopes => scopes?,
    };
    for person in store::quarantine::naming(tx, &district.code, hash)? {
        if scopes.name(tx, person)?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

fn read_cursor(text: &str) -> Result<After> {
    let wrong = || {
        Fault::invalid(
            "cursor",
            "翻页标记不对，请从头看。",
            "The cursor is not one; start over.",
        )
    };
    let mut parts = text.split('.');
    let (Some(ms), Some(op_id), Some(hash), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(wrong());
    };
    Ok(After {
        hash: hash.parse().map_err(|_| wrong())?,
        received: Timestamp(ms.parse().map_err(|_| wrong())?),
        op_id: op_id.parse().map_err(|_| wrong())?,
    })
}

/// How many entries wait in the actor's scope; the district's number when that is all of it.
///
/// # Errors
/// As [`page`].
pub fn count(tx: &mut dyn Tx, actor: &Actor, district: &District, now: Timestamp) -> Result<i64> {
    let scopes = Scopes::of(actor, district, now)?;
    if scopes.whole() {
        return Ok(store::quarantine::count_waiting(tx, &district.code)?);
    }
    let page = page(tx, actor, district, false, None, now)?;
    Ok(i64::try_from(page.rows.len()).unwrap_or(i64::MAX))
}

/// Settles one content of an operation with a note: others under the same id go on waiting.
///
/// # Errors
/// [`Fault::NotFound`] when it doesn't wait for the actor, [`Fault::NotPossible`] when several do
/// and the request doesn't say which, [`Fault::Forbidden`] for who may settle none.
pub fn resolve(
    tx: &mut dyn Tx,
    actor: &Actor,
    district: &District,
    op_id: OpId,
    request: &ResolveRequest,
    now: Timestamp,
) -> Result<()> {
    let mut scopes = Scopes::of(actor, district, now)?;
    let mut meant = Vec::new();
    for row in store::quarantine::of_operation(tx, op_id)? {
        let asked = request.hash.is_none_or(|hash| hash == row.hash);
        let waits = row.district == district.code && row.resolved.is_none();
        if asked && waits && scopes.name(tx, row.person)?.is_some() {
            meant.push(row.hash);
        }
    }
    let hash = match meant.as_slice() {
        [] => return Err(Fault::NotFound("entry")),
        [hash] => *hash,
        _ => {
            return Err(Fault::NotPossible(words(
                "同一编号下有几份内容等人确认，请刷新后逐份处理。",
                "Several contents wait under this id; refresh and settle each by itself.",
            )));
        }
    };
    let note = request.note.trim();
    if note.is_empty() || note.chars().count() > NOTE_CHARS_MAX {
        return Err(Fault::invalid(
            "note",
            "请写明如何处理的，最多1000字。",
            "Say what was done, in at most 1,000 characters.",
        ));
    }
    if !store::quarantine::resolve(tx, op_id, hash, actor.person, note, now)? {
        return Err(Fault::NotFound("entry"));
    }
    let (subject, settled_with) = (op_id.to_string(), Sha256::of(note.as_bytes()));
    let note = Note {
        detail: serde_json::json!({"hash": hash, "note": settled_with}),
        ..Note::of(Some(actor.person), Deed::QuarantineSettled, &subject)
    };
    audit::note(tx, district, &note, now)
}

/// Which of the operations that a handheld asks about are settled: all that came from it under
/// the id, with the newest note. Of what others sent it hears nothing.
///
/// # Errors
/// Whatever the store says, as for all services.
pub fn settled_of(tx: &mut dyn Tx, device: DeviceId, asked: &[OpId]) -> Result<Vec<Settled>> {
    let mut settled = Vec::new();
    for op_id in asked.iter().take(UNSETTLED_LIMIT) {
        let mut newest = None;
        let mut waits = false;
        for row in store::quarantine::of_operation(tx, *op_id)? {
            if row.device != device {
                continue;
            }
            match row.resolved {
                None => waits = true,
                Some(at) => newest = newest.max(Some((at, row.note))),
            }
        }
        if let Some((at_ms, note)) = newest.filter(|_| !waits) {
            settled.push(Settled {
                op_id: *op_id,
                at_ms,
                note,
            });
        }
    }
    Ok(settled)
}

/// Notes in the audit that something was kept aside, and as what: a row that somebody takes out or
/// changes in the database is missed then.
///
/// # Errors
/// As [`settled_of`].
pub(super) fn note_kept(
    tx: &mut dyn Tx,
    district: &District,
    row: &KeptRow,
    now: Timestamp,
) -> Result<()> {
    let subject = row.op_id.to_string();
    let note = Note {
        device: Some(row.device),
        detail: serde_json::json!({"hash": row.hash, "kept": fingerprint(row)}),
        ..Note::of(None, Deed::QuarantineKept, &subject)
    };
    audit::note(tx, district, &note, now)
}

/// The hash over an entry as it was kept, whatever became of it since.
pub(super) fn fingerprint(row: &KeptRow) -> Sha256 {
    let facts = serde_json::json!([
        row.op_id,
        row.hash,
        row.district,
        row.device,
        row.person,
        row.reason_code,
        row.reason,
        row.body,
        row.received,
    ]);
    Sha256::of(facts.to_string().as_bytes())
}
