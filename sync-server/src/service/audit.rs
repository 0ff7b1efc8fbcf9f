//! Who did what beside the trails of cases: written in the transaction of the deed, read by whoever
//! administers the whole district.
//!
//! Entries hold ids and codes, never names, passwords, tokens or codes that somebody could use.
//! Tests: `tests/tests/audit.rs`.

use super::{Fault, Result};
use crate::service::district::District;
use crate::store::audit::{AuditFilter, AuditRow};
use crate::store::{self, Tx};
use serde_json::Value;
use shared::id::{AreaCode, DeviceId, PersonId};
use shared::role::{Actor, OfficePage};
use shared::time::Timestamp;
use shared::wire::console::{AuditEntry, AuditQuery, Page};
use std::collections::HashMap;
use uuid::Uuid;

/// Rows of one page.
pub const PAGE_ROWS: usize = 100;

/// What is noted. The words are stored: new ones are added, none is ever changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    /// Somebody signed in at the console.
    SignIn,
    /// Somebody tried to, in vain.
    SignInFailed,
    /// Somebody signed out.
    SignOut,
    /// All console sessions of a person were ended.
    SignOutEverywhere,
    /// A one-time code was made.
    CodeMade,
    /// A handheld was bound.
    Enrolled,
    /// A handheld was bound again with another key.
    KeyReplaced,
    /// A code was tried that is none.
    EnrolFailed,
    /// A person with first posts was added.
    PersonAdded,
    /// A person was given a post.
    PostGiven,
    /// A post was ended.
    PostEnded,
    /// An account was closed.
    AccountClosed,
    /// A closed account was opened again.
    AccountOpened,
    /// Somebody was given a new password.
    PasswordGiven,
    /// Somebody changed the own password.
    PasswordChanged,
    /// Somebody tried to, without the one that is good.
    PasswordRefused,
    /// Something was kept aside for a person.
    QuarantineKept,
    /// Something in quarantine was settled.
    QuarantineSettled,
    /// A handheld was marked as lost.
    DeviceLost,
    /// A lost handheld was found.
    DeviceFound,
    /// A lost handheld came and was told.
    DeviceTold,
    /// A handheld got a new token by its key.
    TokenRenewed,
    /// Somebody asked for a handheld's token without its key, or as it isn't bound.
    TokenRefused,
    /// Somebody delivered a handheld's courier file.
    CourierDelivered,
    /// A draft of the catalogue was begun.
    DraftBegun,
    /// A draft was changed in place.
    DraftEdited,
    /// A file was taken into a draft.
    DraftImported,
    /// A draft was given up.
    DraftDropped,
    /// A draft was published as a version.
    CataloguePublished,
    /// An emergency order was given.
    OrderGiven,
    /// An emergency order was ended.
    OrderEnded,
    /// Somebody brought a courier file that could not be taken.
    CourierRefused,
    /// The database was copied into a file.
    BackupMade,
    /// The database came back from a file.
    BackupRestored,
    /// An archive was written.
    ArchiveMade,
    /// Somebody read whom to call.
    ContactRead,
    /// Somebody erased whom to call.
    ContactErased,
}

impl Deed {
    /// As stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SignIn => "session.open",
            Self::SignInFailed => "session.fail",
            Self::SignOut => "session.close",
            Self::SignOutEverywhere => "session.close_all",
            Self::CodeMade => "device.code",
            Self::Enrolled => "device.enrol",
            Self::KeyReplaced => "device.key_replaced",
            Self::EnrolFailed => "device.enrol_fail",
            Self::PersonAdded => "person.add",
            Self::PostGiven => "post.give",
            Self::PostEnded => "post.end",
            Self::AccountClosed => "person.close",
            Self::AccountOpened => "person.open",
            Self::PasswordGiven => "password.give",
            Self::PasswordChanged => "password.change",
            Self::PasswordRefused => "password.refuse",
            Self::QuarantineKept => "quarantine.keep",
            Self::QuarantineSettled => "quarantine.settle",
            Self::DeviceLost => "device.lost",
            Self::DeviceFound => "device.found",
            Self::DeviceTold => "device.told_lost",
            Self::TokenRenewed => "device.token",
            Self::TokenRefused => "device.token_refuse",
            Self::CourierDelivered => "courier.deliver",
            Self::DraftBegun => "catalogue.draft",
            Self::DraftEdited => "catalogue.edit",
            Self::DraftImported => "catalogue.import",
            Self::DraftDropped => "catalogue.drop",
            Self::CataloguePublished => "catalogue.publish",
            Self::OrderGiven => "order.give",
            Self::OrderEnded => "order.end",
            Self::CourierRefused => "courier.refuse",
            Self::BackupMade => "backup.make",
            Self::BackupRestored => "backup.restore",
            Self::ArchiveMade => "archive.make",
            Self::ContactRead => "contact.read",
            Self::ContactErased => "contact.erase",
        }
    }
}

/// One deed.
#[derive(Debug, Clone)]
pub struct Note<'a> {
    /// Who; none for the command line and for whoever failed to say who they are.
    pub person: Option<PersonId>,
    /// With which handheld.
    pub device: Option<DeviceId>,
    /// What.
    pub deed: Deed,
    /// On what: an id.
    pub subject: &'a str,
    /// Further facts without names or secrets.
    pub detail: Value,
}

impl<'a> Note<'a> {
    /// A deed of somebody, without more to say.
    #[must_use]
    pub const fn of(person: Option<PersonId>, deed: Deed, subject: &'a str) -> Self {
        Self {
            person,
            device: None,
            deed,
            subject,
            detail: Value::Null,
        }
    }
}

/// Writes an entry into the transaction that does the deed.
///
/// # Errors
/// Whatever the store says, as for all services.
pub fn note(tx: &mut dyn Tx, district: &District, note: &Note<'_>, now: Timestamp) -> Result<()> {
    // The district's own counter makes it unique, so no id has to be handed in.
    let mut tail = [0; 10];
    let seq = tx.next_seq()?.to_be_bytes();
    if let Some(place) = tail.last_chunk_mut() {
        *place = seq;
    }
    let ms = u64::try_from(now.0).unwrap_or(0);
    let row = AuditRow {
        id: uuid::Builder::from_unix_timestamp_millis(ms, &tail).into_uuid(),
        district: district.code.clone(),
        at: now,
        person: note.person,
        device: note.device,
        action: note.deed.as_str().to_owned(),
        subject: note.subject.to_owned(),
        detail: note.detail.to_string(),
    };
    Ok(store::audit::append(tx, &row)?)
}

/// Gives hashes to the entries from before there were any.
///
/// # Errors
/// As [`note`].
pub fn chain_older(tx: &mut dyn Tx, district: &AreaCode) -> Result<()> {
    store::audit::newest_hash(tx, district)?;
    Ok(())
}

/// A page of entries, newest first.
///
/// # Errors
/// [`Fault::Forbidden`] for who doesn't administer the whole district.
pub fn page(
    tx: &mut dyn Tx,
    actor: &Actor,
    district: &District,
    query: &AuditQuery,
) -> Result<Page<AuditEntry>> {
    if !OfficePage::Audit.is_for(actor, &district.code) {
        return Err(Fault::Forbidden);
    }
    let after = query.cursor.as_deref().filter(|text| !text.is_empty());
    let after = after.map(read_cursor).transpose()?;
    // No database keeps U+0000, so nothing is found by it.
    let word = |text: &Option<String>| {
        let text = text.as_deref().unwrap_or_default();
        text.replace('\0', " ").trim().to_owned()
    };
    let filter = AuditFilter {
        person: word(&query.person),
        action: word(&query.action),
        from: query.from_ms.map(Timestamp),
        to: query.to_ms.map(Timestamp),
    };
    let found = store::audit::page(tx, &district.code, &filter, after, PAGE_ROWS)?;
    let next = found
        .last()
        .filter(|_| found.len() == PAGE_ROWS)
        .map(|row| format!("{}.{}", row.at.0, row.id));
    let mut names: HashMap<PersonId, String> = HashMap::new();
    let mut rows = Vec::with_capacity(found.len());
    for row in found {
        let subject = Uuid::try_parse(&row.subject).ok().map(PersonId);
        rows.push(AuditEntry {
            id: row.id,
            at_ms: row.at,
            person: row.person,
            person_name: name_of(tx, &mut names, row.person)?,
            subject_name: name_of(tx, &mut names, subject)?,
            device: row.device,
            action: row.action,
            subject: row.subject,
            detail: serde_json::from_str(&row.detail)
                .map_err(|error| Fault::damaged("audit entry", error))?,
        });
    }
    Ok(Page { rows, next })
}

/// The name of a person as it is now; empty where there is none.
fn name_of(
    tx: &mut dyn Tx,
    names: &mut HashMap<PersonId, String>,
    person: Option<PersonId>,
) -> Result<String> {
    let Some(id) = person else {
        return Ok(String::new());
    };
    if let Some(name) = names.get(&id) {
        return Ok(name.clone());
    }
    let name = store::people::get(tx, id)?.map_or_else(String::new, |person| person.name);
    names.insert(id, name.clone());
    Ok(name)
}

fn read_cursor(text: &str) -> Result<(Timestamp, Uuid)> {
    let wrong = || Fault::invalid("cursor", "翻页标记不对。", "The cursor is not one.");
    let (ms, id) = text.split_once('.').ok_or_else(wrong)?;
    let ms = ms.parse().map_err(|_| wrong())?;
    Ok((Timestamp(ms), Uuid::try_parse(id).map_err(|_| wrong())?))
}
