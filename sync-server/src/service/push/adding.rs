//! What follows a filed report: corrections, notes, photos, its withdrawal. Each becomes an entry
//! of the case's trail, with its effects in the same transaction.
//!
//! The report itself never changes. [`prepare`] is pure; [`add`] looks the case up, asks who may,
//! and writes, or says why a person has to decide, or that an earlier operation must come first.

use super::judge::Chained;
use super::{Reason, looking, signed};
use crate::service::cases::{By, Seen};
use crate::service::district::District;
use crate::service::sessions::Session;
use crate::service::{Fault, Result, feed, merged, similar};
use crate::store::cases::{CaseRow, Growth};
use crate::store::events::NewEvent;
use crate::store::{self, Tx};
use serde_json::{Value, json};
use shared::addition::{Addition, CASE_PHOTOS_LIMIT};
use shared::case::{Class, Given, Move, WITHDRAWN, move_row};
use shared::catalogue::Catalogue;
use shared::id::{AreaCode, EventId, ReportId};
use shared::operation::{Operation, SealedOperation};
use shared::role::{Actor, Post, Subject, may};
use shared::time::{DAY_MS, Timestamp};
use shared::wire::sync::{OperationResult, Outcome};
use std::collections::BTreeSet;
use uuid::Uuid;

/// So long additions wait for an operation of which only something has come that can't be read.
const UNREAD_WAIT_MS: i64 = DAY_MS;
/// Why what came of a number may be kept without it: damaged, not to be read by this version, or
/// under an id that another operation has.
const WITHOUT_NUMBER: [&str; 3] = ["hash_mismatch", "payload_malformed", "id_reused"];
/// The stored kind of a withdrawal that somebody else decides on.
const WITHDRAW_ASKED: &str = "withdraw_asked";

/// Everything that is known of an addition before its case is looked up.
#[derive(Debug)]
pub struct Adding {
    pub(super) sealed: SealedOperation,
    pub(super) chained: Chained,
    pub(super) addition: Addition,
    /// Its words with what is proposed, for the course.
    pub(super) words: String,
    report: ReportId,
    pub(super) actor: Actor,
    /// When it was made, by the server's clock as far as the device knew it.
    pub(super) made_at: Timestamp,
    pub(super) event_id: EventId,
    /// Of its entry in the trail of the case that its own was merged into.
    main_event_id: EventId,
}

/// What an addition did to its case.
pub(super) enum Did {
    /// It stands in the course; the case's revision after it.
    Stands(i64),
    /// The same, and the worker is told why it moved nothing.
    StandsLate(i64, Reason),
    /// A person has to decide; nothing was written.
    Aside(Reason),
}

/// What became of an addition.
pub(super) enum Added {
    /// Acted on.
    Done(Box<OperationResult>),
    /// An operation before it is missing and may hold its report: it is to come again.
    Held,
    /// A person has to decide.
    Aside(Reason),
}

/// Thinks an addition through.
///
/// # Errors
/// A code when it can't be taken as it stands.
pub(super) fn prepare(
    session: &Session,
    sealed: SealedOperation,
    chained: Chained,
    addition: Addition,
    catalogue: &Catalogue,
    made_at: Timestamp,
    [event_id, main_event_id]: [Uuid; 2],
) -> std::result::Result<Adding, (Box<SealedOperation>, &'static str)> {
    let operation = &sealed.operation;
    if let Err(fault) = addition.check(&operation.photos, catalogue) {
        return Err((Box::new(sealed), fault.code()));
    }
    let Ok(report) = operation.subject.parse() else {
        return Err((Box::new(sealed), "payload_malformed"));
    };
    Ok(Adding {
        words: addition.describe(catalogue),
        actor: session.actor_at(made_at),
        made_at,
        event_id: EventId(event_id),
        main_event_id: EventId(main_event_id),
        report,
        addition,
        chained,
        sealed,
    })
}

/// Adds it to its case.
pub(super) fn add(
    tx: &mut dyn Tx,
    district: &District,
    adding: &Adding,
    now: Timestamp,
) -> Result<Added> {
    let operation = &adding.sealed.operation;
    let Some(row) = store::cases::by_report(tx, adding.report)? else {
        let (epoch, seq) = (i64::from(operation.epoch), signed(operation.seq));
        let before = store::operations::count_below(tx, operation.device_id, epoch, seq)?;
        let missing = seq.saturating_sub(1).saturating_sub(before);
        return Ok(if missing > 0 && given_up(tx, operation, now)? < missing {
            Added::Held
        } else {
            Added::Aside("subject_unknown".into())
        });
    };
    let seen = Seen::of(tx, district, row)?;
    let Some((post, is_former)) = post_of(tx, district, adding, &seen)? else {
        return Ok(Added::Aside("not_yours".into()));
    };
    let by = By {
        person: adding.actor.person,
        post,
    };
    let closes_over = matches!(adding.addition, Addition::Amend(_) | Addition::Withdraw(_));
    if closes_over && seen.row.class == Class::Closed {
        return Ok(Added::Aside(closed(&seen, now)));
    }
    let did = match &adding.addition {
        Addition::Withdraw(_) if may_still_withdraw(tx, &seen)? => {
            Did::Stands(withdraw(tx, district, &seen, adding, &by, now)?)
        }
        Addition::Verify(_) if is_former => {
            looking::late(tx, district, &seen, adding, Move::Verify, &by, now)?
        }
        Addition::Check(_) if is_former => {
            looking::late(tx, district, &seen, adding, Move::Check, &by, now)?
        }
        Addition::Verify(visit) | Addition::Check(visit) => {
            looking::found(tx, district, &seen, adding, visit, &by, now)?
        }
        Addition::Contest(_) => looking::contest(tx, district, &seen, adding, &by, now)?,
        addition => {
            let kind = event_kind(addition);
            noted(tx, district, &seen, adding, &by, (kind, &adding.words), now)?
        }
    };
    let (revision, late) = match did {
        Did::Stands(revision) => (revision, None),
        Did::StandsLate(revision, reason) => (revision, Some(reason)),
        Did::Aside(reason) => return Ok(Added::Aside(reason)),
    };
    let result = OperationResult {
        code: late.as_ref().map(|late| late.code.to_owned()),
        words: late.map(|late| late.words),
        case_id: Some(seen.row.id),
        case_no: Some(seen.row.case_no.clone()),
        revision: Some(revision),
        received_at: Some(now),
        ..OperationResult::new(operation.op_id.to_string(), Outcome::Applied)
    };
    super::insert(tx, &adding.sealed, &result, now)?;
    Ok(Added::Done(Box::new(result)))
}

/// The post in which it is added, and whether only because the case was there before the desk put
/// its place right: then it was that worker's when the worker was there.
fn post_of<'a>(
    tx: &mut dyn Tx,
    district: &District,
    adding: &'a Adding,
    seen: &Seen,
) -> Result<Option<(&'a Post, bool)>> {
    let action = adding.addition.action();
    if let Some(post) = may(&adding.actor, action, seen.subject()) {
        return Ok(Some((post, false)));
    }
    let Some(former) = former_area(tx, district, seen)? else {
        return Ok(None);
    };
    let subject = Subject {
        area: Some(&former),
        ..seen.subject()
    };
    Ok(may(&adding.actor, action, subject).map(|post| (post, true)))
}

/// Whose area the report named, where the desk put the place of its case right since.
fn former_area(tx: &mut dyn Tx, district: &District, seen: &Seen) -> Result<Option<AreaCode>> {
    if seen.row.life.corrected.is_none() {
        return Ok(None);
    }
    let report = store::reports::get(tx, seen.row.report)?;
    Ok(report.map(|report| report.grid.unwrap_or_else(|| district.code.clone())))
}

/// How many numbers before this one came only as something that can't be read, and so long ago that
/// the handheld itself has nothing better: it sends what is whole there again within minutes. A
/// person has what came.
fn given_up(tx: &mut dyn Tx, operation: &Operation, now: Timestamp) -> Result<i64> {
    let (device, epoch) = (operation.device_id, operation.epoch);
    let until = now.plus_ms(-UNREAD_WAIT_MS);
    let bodies = store::quarantine::bodies_of(tx, device, WITHOUT_NUMBER, until)?;
    let numbers: BTreeSet<u64> = bodies
        .iter()
        .filter_map(|body| serde_json::from_str::<Value>(body).ok())
        .filter(|value| value.get("epoch").and_then(Value::as_u64) == Some(u64::from(epoch)))
        .filter_map(|value| value.get("seq").and_then(Value::as_u64))
        .filter(|seq| (1..operation.seq).contains(seq))
        .collect();
    let mut given_up = 0;
    for number in numbers {
        let there = store::operations::at(tx, device, i64::from(epoch), signed(number))?;
        given_up += i64::from(there.is_none());
    }
    Ok(given_up)
}

/// No unit has begun, and nobody else's report hangs on it: the case ends here. Otherwise it is a
/// wish, and somebody else decides.
fn may_still_withdraw(tx: &mut dyn Tx, seen: &Seen) -> Result<bool> {
    let row = &seen.row;
    let in_time =
        move_row(Move::Withdraw).is_some_and(|kind| kind.from.contains(&row.state.as_str()));
    Ok(in_time && store::cases::merged_into(tx, row.id)?.is_empty())
}

fn withdraw(
    tx: &mut dyn Tx,
    district: &District,
    seen: &Seen,
    adding: &Adding,
    by: &By<'_>,
    now: Timestamp,
) -> Result<i64> {
    let given = Given {
        reason: adding.words.clone(),
        ..Given::default()
    };
    looking::moved(tx, district, seen, adding, by, (Move::Withdraw, given), now)?
        .map_err(|refusal| Fault::damaged("withdrawal", refusal))
}

/// An entry of the trail that moves nothing, of a kind and with words; a person decides when the
/// case holds all the photos that it may. Of a case that was merged the one it is part of gets an
/// entry, too: nobody works on the merged one.
pub(super) fn noted(
    tx: &mut dyn Tx,
    district: &District,
    seen: &Seen,
    adding: &Adding,
    by: &By<'_>,
    (kind, words): (&str, &str),
    now: Timestamp,
) -> Result<Did> {
    let row = &seen.row;
    let Some((photos, photos_stored)) = announce(tx, adding, now)? else {
        return Ok(Did::Aside("photos_full".into()));
    };
    let phashes = match &adding.addition {
        // It shows what was found there, which may tell nothing of the thing.
        Addition::Verify(_) | Addition::Check(_) => String::new(),
        _ => similar::phashes(&adding.sealed.operation.photos),
    };
    let main = merged::target(tx, row)?;
    let over = row.class == Class::Closed || kind == WITHDRAW_ASKED;
    let entry = Entry {
        id: adding.event_id,
        kind,
        words,
        part: None,
        // What goes on has it.
        news: over && main.is_none(),
        growth: Growth {
            photos,
            photos_stored,
            search: &adding.words.to_lowercase(),
            phashes: &phashes,
        },
    };
    let revision = write(tx, district, row, adding, by, &entry, now)?;
    if let Some(main) = main {
        let words = words_of_part(row, words, adding.sealed.operation.photos.len());
        let entry = Entry {
            id: adding.main_event_id,
            kind,
            words: &words,
            part: Some(row),
            news: true,
            // The photos stay with the report that they belong to.
            growth: Growth {
                photos: 0,
                photos_stored: 0,
                search: &adding.words.to_lowercase(),
                phashes: "",
            },
        };
        write(tx, district, &main, adding, by, &entry, now)?;
    }
    Ok(Did::Stands(revision))
}

/// What the trail of the case says that a report was merged into.
fn words_of_part(part: &CaseRow, words: &str, photos: usize) -> String {
    let no = &part.case_no;
    match (words.is_empty(), photos) {
        (true, _) => format!("并入的{no}补充照片{photos}张"),
        (false, 0) => format!("并入的{no}：{words}"),
        (false, _) => format!("并入的{no}：{words}（照片{photos}张，见该件）"),
    }
}

/// What an addition writes into a trail.
struct Entry<'a> {
    id: EventId,
    kind: &'a str,
    words: &'a str,
    /// The merged case that it was sent to, in the trail of another one.
    part: Option<&'a CaseRow>,
    /// No work list would ask for it otherwise.
    news: bool,
    growth: Growth<'a>,
}

/// Writes an entry that moves nothing and tells the handhelds; the case's revision after it.
fn write(
    tx: &mut dyn Tx,
    district: &District,
    row: &CaseRow,
    adding: &Adding,
    by: &By<'_>,
    entry: &Entry<'_>,
    now: Timestamp,
) -> Result<i64> {
    let operation = &adding.sealed.operation;
    let revision = store::cases::grow(tx, row.id, &entry.growth)?;
    if entry.news {
        store::cases::note_news(tx, row.id, now)?;
    }
    let mut detail = json!({
        "op_id": operation.op_id,
        "photos": entry.growth.photos,
        "revision": revision,
        "payload": operation.payload,
    });
    if let (Some(part), Some(members)) = (entry.part, detail.as_object_mut()) {
        members.insert(String::from("part"), json!(part.case_no));
    }
    store::events::append(
        tx,
        row.id,
        NewEvent {
            id: entry.id,
            kind: entry.kind.to_owned(),
            from: Some(row.state.clone()),
            to: row.state.clone(),
            person: Some(by.person),
            role: Some(by.post.role),
            unit: by.post.unit.clone(),
            at: now,
            reason: entry.words.to_owned(),
            detail: detail.to_string(),
        },
    )?;
    let grown = CaseRow {
        revision,
        ..row.clone()
    };
    feed::tell(tx, district, &grown, now)?;
    Ok(revision)
}

/// The stored name of the entry; its words are in `label::event`.
const fn event_kind(addition: &Addition) -> &'static str {
    match addition {
        Addition::Amend(_) => "amend",
        Addition::Withdraw(_) => WITHDRAW_ASKED,
        Addition::Note(_) => "note",
        Addition::Photos(_) => "photo_add",
        Addition::Verify(_) | Addition::Check(_) => "late_finding",
        Addition::Contest(_) => "note",
    }
}

/// Announces the photos that the report doesn't have yet: how many, and how many of them are here
/// already. `None` when they would be too many.
pub(super) fn announce(
    tx: &mut dyn Tx,
    adding: &Adding,
    now: Timestamp,
) -> Result<Option<(i64, i64)>> {
    let operation = &adding.sealed.operation;
    if operation.photos.is_empty() {
        return Ok(Some((0, 0)));
    }
    let here = store::photos::of_report(tx, adding.report)?;
    let fresh: Vec<_> = operation
        .photos
        .iter()
        .filter(|photo| here.iter().all(|known| known.photo.hash != photo.sha256))
        .collect();
    if here.len().saturating_add(fresh.len()) > CASE_PHOTOS_LIMIT {
        return Ok(None);
    }
    let last = here.last().map_or(0, |photo| photo.ordinal);
    let (mut photos, mut stored) = (0, 0);
    for photo in fresh {
        photos += 1;
        let ordinal = last.saturating_add(photos);
        let device = operation.device_id;
        let arrived =
            crate::service::photos::announce(tx, adding.report, ordinal, photo, device, now)?;
        stored += i64::from(arrived);
    }
    Ok(Some((photos, stored)))
}

/// What the worker is told when the case has ended in between.
fn closed(seen: &Seen, now: Timestamp) -> Reason {
    let how = if seen.row.state == WITHDRAWN {
        "撤回"
    } else {
        "结案"
    };
    let when = seen.row.closed.map(|at| day(at, now)).unwrap_or_default();
    Reason {
        code: "case_closed",
        words: format!("事件已于{when}{how}，这次的内容已保存，由工作人员决定。"),
    }
}

/// 今天, 昨天 or the date, with the time, in China.
pub(super) fn day(at: Timestamp, now: Timestamp) -> String {
    let (Some(then), Some(today)) = (at.china(), now.china()) else {
        return String::new();
    };
    let time = then.format("%H:%M");
    let yesterday = now.plus_ms(-DAY_MS).china().map(|day| day.date());
    if then.date() == today.date() {
        format!("今天{time}")
    } else if Some(then.date()) == yesterday {
        format!("昨天{time}")
    } else {
        at.show(now.china_year())
    }
}
