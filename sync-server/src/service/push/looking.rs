//! What comes from the spot: 核实 and 核查 that a worker did, and a reporter's objection (异议).
//!
//! Applied when the case still waits for it. What came too late for that is kept in the trail, and
//! the worker is told in words who was first or how the case ended; only an objection that can't be
//! acted on waits for a person. Tests: `tests/tests/tasks.rs`.

use super::Reason;
use super::adding::{Adding, Did, announce, day, noted};
use crate::service::cases::{By, Ruled, Seen, as_case, write_move};
use crate::service::district::District;
use crate::service::trail::Detail;
use crate::service::{Fault, Result};
use crate::store::cases::{CaseRow, Growth};
use crate::store::{self, Tx};
use shared::addition::{Addition, Visit};
use shared::case::{CLOSED, Case, Class, Event, Given, Move, Refusal, move_row};
use shared::label::{self, City, Lang};
use shared::time::Timestamp;

/// The stored kind of a finding that came late.
pub(in crate::service) const LATE_FINDING: &str = "late_finding";

/// What a worker found.
pub(super) fn found(
    tx: &mut dyn Tx,
    district: &District,
    seen: &Seen,
    adding: &Adding,
    visit: &Visit,
    by: &By<'_>,
    now: Timestamp,
) -> Result<Did> {
    let kind = match &adding.addition {
        Addition::Verify(_) => Move::Verify,
        _ => Move::Check,
    };
    let row = &seen.row;
    let waits = move_row(kind).is_some_and(|row| row.from.contains(&seen.row.state.as_str()));
    if !waits || is_of_a_former_round(adding, row) || is_of_before_a_correction(tx, adding, row)? {
        return late(tx, district, seen, adding, kind, by, now);
    }
    // Its photos first: they belong to the case whatever comes of it.
    let Some(seen) = with_photos(tx, seen, adding, now)? else {
        return Ok(Did::Aside("photos_full".into()));
    };
    let given = Given {
        reason: visit.reason.trim().to_owned(),
        found: Some(visit.found),
        ..Given::default()
    };
    match moved(tx, district, &seen, adding, by, (kind, given), now)? {
        Ok(revision) => Ok(Did::Stands(revision)),
        // Checked above and by the rules of additions: nothing is left that it could refuse.
        Err(refusal) => Err(Fault::damaged("finding", refusal)),
    }
}

/// A finding that moves nothing: it stands in the trail, and the worker is told why.
pub(super) fn late(
    tx: &mut dyn Tx,
    district: &District,
    seen: &Seen,
    adding: &Adding,
    kind: Move,
    by: &By<'_>,
    now: Timestamp,
) -> Result<Did> {
    let city = district.city();
    let words = late_words(tx, &city, adding, kind, &seen.row, now)?;
    let word = city.case_move(kind, Lang::Zh);
    let entry = format!("{word}：{}", adding.words);
    let did = noted(tx, district, seen, adding, by, (LATE_FINDING, &entry), now)?;
    Ok(match did {
        Did::Stands(revision) => Did::StandsLate(
            revision,
            Reason {
                code: LATE_FINDING,
                words,
            },
        ),
        did => did,
    })
}

/// The case with the photos that came with an operation; none when it can't take so many.
fn with_photos(
    tx: &mut dyn Tx,
    seen: &Seen,
    adding: &Adding,
    now: Timestamp,
) -> Result<Option<Seen>> {
    let Some((photos, photos_stored)) = announce(tx, adding, now)? else {
        return Ok(None);
    };
    let mut seen = seen.clone();
    if photos > 0 {
        let growth = Growth {
            photos,
            photos_stored,
            search: "",
            // They show what was found there: that it isn't there, or the thing put right.
            phashes: "",
        };
        seen.row.revision = store::cases::grow(tx, seen.row.id, &growth)?;
    }
    Ok(Some(seen))
}

/// The request that waits now was made after the worker had looked: the finding answers an earlier
/// one, of before the unit went there again.
fn is_of_a_former_round(adding: &Adding, row: &CaseRow) -> bool {
    let saw_this = adding.sealed.operation.base_revision == Some(row.revision);
    let asked = row.life.stage_since_ms;
    !saw_this && asked.is_some_and(|asked| adding.made_at.since(asked) < 0)
}

/// The worker looked at what the case was about, or where it was, before the desk put that right.
fn is_of_before_a_correction(tx: &mut dyn Tx, adding: &Adding, row: &CaseRow) -> Result<bool> {
    let seen = adding.sealed.operation.base_revision;
    let (Some(seen), true) = (seen, row.life.corrected.is_some()) else {
        return Ok(false);
    };
    let trail = store::events::of_case(tx, row.id)?;
    let mut newest = trail.iter().rev();
    let correction = newest.find(|entry| entry.event.kind == Move::Correct.as_str());
    let detail = correction.and_then(|entry| serde_json::from_str(&entry.event.detail).ok());
    let after = detail.and_then(|detail: Detail| detail.after);
    Ok(after.is_some_and(|after| seen < after.revision))
}

/// Why a finding moved nothing: how the case ended, or who was first.
fn late_words(
    tx: &mut dyn Tx,
    city: &City,
    adding: &Adding,
    kind: Move,
    row: &CaseRow,
    now: Timestamp,
) -> Result<String> {
    let kept = "这次的结果已记入办理经过。";
    if row.class == Class::Closed {
        let when = row.closed.map(|at| day(at, now)).unwrap_or_default();
        let how = city.state(&row.state, Lang::Zh);
        return Ok(format!("这件事{when}{how}，{kept}"));
    }
    let trail = store::events::of_case(tx, row.id)?;
    let mut newest = trail.iter().rev();
    let first = newest.find(|entry| entry.event.kind == kind.as_str());
    let word = city.case_move(kind, Lang::Zh);
    Ok(match first {
        Some(entry) if entry.event.person == Some(adding.actor.person) => {
            format!("您{}已{word}过，{kept}", day(entry.event.at, now))
        }
        Some(entry) => format!("{}已由他人{word}，{kept}", day(entry.event.at, now)),
        None => {
            let state = city.state(&row.state, Lang::Zh);
            format!("这件事现在是“{state}”，{kept}")
        }
    })
}

/// The reporter says that it isn't put right.
pub(super) fn contest(
    tx: &mut dyn Tx,
    district: &District,
    seen: &Seen,
    adding: &Adding,
    by: &By<'_>,
    now: Timestamp,
) -> Result<Did> {
    let row = &seen.row;
    let before_closing = row
        .closed
        .is_some_and(|closed| adding.made_at.since(closed) < 0);
    if row.class == Class::Open || before_closing {
        // It goes on anyway, or went on after the worker had looked: the words stand in the course.
        let words = if row.class == Class::Open {
            "这件事正在办理，您的话已记入办理经过。"
        } else {
            "您提出之后这件事又重新办理并结案，您的话已记入办理经过。仍没整改到位的，可以再提。"
        };
        let entry = ("note", adding.words.as_str());
        return Ok(match noted(tx, district, seen, adding, by, entry, now)? {
            Did::Stands(revision) => Did::StandsLate(
                revision,
                Reason {
                    code: LATE_FINDING,
                    words: words.to_owned(),
                },
            ),
            did => did,
        });
    }
    if row.state != CLOSED {
        return Ok(Did::Aside("contest_not_possible".into()));
    }
    let made = adding.made_at.min(now);
    let given = Given {
        reason: adding.words.clone(),
        made_ms: Some(made),
        ..Given::default()
    };
    let what = (Move::Contest, given);
    // Asked before its photos go to the case: a refused objection leaves the case as it is.
    match refusal(tx, district, seen, adding, by, what.clone(), now)? {
        None => {}
        Some(Refusal::ContestTooLate) => return Ok(Did::Aside("contest_late".into())),
        Some(Refusal::ContestedEnough) => {
            let code = "contest_again";
            let words = district.and_complaints(label::fault(code, Lang::Zh), Lang::Zh);
            return Ok(Did::Aside(Reason { code, words }));
        }
        Some(refusal) => return Err(Fault::damaged("objection", refusal)),
    }
    let Some(seen) = with_photos(tx, seen, adding, now)? else {
        return Ok(Did::Aside("photos_full".into()));
    };
    match moved(tx, district, &seen, adding, by, what, now)? {
        Ok(revision) => Ok(Did::Stands(revision)),
        Err(refusal) => Err(Fault::damaged("objection", refusal)),
    }
}

/// Why a move would be refused; none when it would be made.
fn refusal(
    tx: &mut dyn Tx,
    district: &District,
    seen: &Seen,
    adding: &Adding,
    by: &By<'_>,
    what: (Move, Given),
    now: Timestamp,
) -> Result<Option<Refusal>> {
    let before: Case = as_case(&seen.row)?;
    let ruled = Ruled::load(tx, district, &seen.row, now)?;
    let event = event(&before, adding, by, what, now);
    Ok(before.apply(&event, &ruled.rules()).err())
}

fn event(
    before: &Case,
    adding: &Adding,
    by: &By<'_>,
    (kind, given): (Move, Given),
    now: Timestamp,
) -> Event {
    let photos = adding.sealed.operation.photos.iter();
    Event {
        kind,
        base_revision: before.revision,
        at: now,
        by: Some(by.person),
        by_unit: by.post.unit.clone(),
        given: Given {
            photos: photos.map(|photo| photo.sha256).collect(),
            ..given
        },
    }
}

/// Moves the case as it stands: the worker's revision may be an old one, and what counts is whether
/// the state that the case has come to still allows it.
pub(super) fn moved(
    tx: &mut dyn Tx,
    district: &District,
    seen: &Seen,
    adding: &Adding,
    by: &By<'_>,
    what: (Move, Given),
    now: Timestamp,
) -> Result<std::result::Result<i64, Refusal>> {
    let before: Case = as_case(&seen.row)?;
    let ruled = Ruled::load(tx, district, &seen.row, now)?;
    let event = event(&before, adding, by, what, now);
    let next = match before.apply(&event, &ruled.rules()) {
        Ok(next) => next,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let id = adding.event_id;
    // One writer a district: nobody moves the case within this transaction.
    if !write_move(tx, district, seen, &event, &next, Some(by), &ruled, id)? {
        return Err(Fault::damaged("case", "its revision moved within a write"));
    }
    Ok(Ok(next.revision))
}
