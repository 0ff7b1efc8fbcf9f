//! Tasks on the spot: cases of the worker's grids at which somebody has to look before they are
//! accepted (核实) or after they were handled (核查).
//!
//! A task is no row of its own: it is a mirrored case in such a state. What the worker does with it
//! is kept in a draft, becomes one operation with its photos, and goes when there is a network. One
//! that was begun is never taken away: when the case has gone on meanwhile, it is shown as such and
//! may still be sent. Where the worker is orders the list and is not kept. Tests: `tests/tasks.rs`.

use crate::capture::{self, Taken, excerpt, references, stamp_photos};
use crate::cases::{photo_view, problem};
use crate::edge::Moment;
use crate::error::{CoreError, Unfilled};
use crate::photos::StampedPhoto;
use crate::place::District;
use crate::store::device::{self, Device};
use crate::store::photos::Photo;
use crate::store::tasks::{self, Task};
use crate::store::{self, Store, StoreError, Transaction, cases, drafts, reports};
use crate::stream::{self, Content};
use shared::addition::{Addition, Visit};
use shared::case::{CHECKING, Found, VERIFYING};
use shared::contact::Aside;
use shared::coordinates::LatLon;
use shared::id::{CaseId, DraftId, OpId, ReportId};
use shared::label::{City, Lang};
use shared::operation::kind;
use shared::report::{Place, PlaceSource};
use shared::role::{Action, Actor, Subject, may};
use shared::wire::handheld::{Problem, TaskDetail, TaskRow, TaskStanding};
use shared::wire::sync::CaseState;

/// Tasks done here that stay in the list below the open ones.
const DONE_SHOWN: u32 = 20;

/// The operation that a case waits for from a worker.
fn kind_of(case: &CaseState) -> Option<&'static str> {
    match case.state.as_str() {
        VERIFYING => Some(kind::CASE_VERIFY),
        CHECKING => Some(kind::CASE_CHECK),
        _ => None,
    }
}

/// Whether this person may look there: by the rule that the server asks.
fn is_mine(device: &Device, case: &CaseState) -> bool {
    let actor = Actor {
        person: device.me.id,
        posts: device.me.posts.clone(),
    };
    let subject = Subject {
        area: Some(case.grid.as_ref().unwrap_or(&device.district)),
        ..Subject::default()
    };
    may(&actor, Action::Look, subject).is_some()
}

/// The cases that wait for somebody of this person's grids.
fn waiting(tx: &Transaction<'_>, device: &Device) -> Result<Vec<CaseState>, StoreError> {
    let mut found = cases::looked_for(tx)?;
    found.retain(|case| kind_of(case).is_some() && is_mine(device, case));
    Ok(found)
}

/// How many tasks are to be done; one that was done here and whose answer hasn't come is not.
pub(crate) fn number(tx: &Transaction<'_>) -> Result<u32, StoreError> {
    let Some(device) = device::read(tx)? else {
        return Ok(0);
    };
    let mut number = 0_u32;
    for case in waiting(tx, &device)? {
        let newest = tasks::newest_of(tx, case.id)?;
        number = number.saturating_add(u32::from(!is_done(&device, newest.as_ref(), &case)));
    }
    Ok(number)
}

/// Whether what was taken up last of a case answers what the case waits for now. The server asked
/// by its clock, and it was done by this device's as it went then: it may have been set since.
fn is_done(device: &Device, newest: Option<&Task>, case: &CaseState) -> bool {
    let Some((task, (_, done))) = newest.and_then(|task| task.done.map(|done| (task, done))) else {
        return false;
    };
    let done = done.plus_ms(task.offset_ms.unwrap_or(device.offset_ms));
    // A clock that went wrong without a network: it was done before the server had it at least.
    let done = task.received.map_or(done, |received| done.min(received));
    let asked = case.on_the_spot.as_ref().and_then(|asked| asked.since_ms);
    let same = kind_of(case) == Some(task.kind.as_str());
    same && asked.is_none_or(|asked| done.since(asked) >= 0)
}

/// All tasks: to be done by distance or by what is due first, then what was done here.
pub(crate) fn rows(
    store: &mut Store,
    district: Option<&District>,
    from: Option<LatLon>,
) -> Result<Vec<TaskRow>, CoreError> {
    let (waiting, open, done) = store.read(|tx| {
        let Some(device) = device::read(tx)? else {
            return Ok((Vec::new(), Vec::new(), Vec::new()));
        };
        let mut fresh = Vec::new();
        for case in waiting(tx, &device)? {
            let newest = tasks::newest_of(tx, case.id)?;
            let begun = newest.as_ref().is_some_and(|task| task.done.is_none());
            if !begun && !is_done(&device, newest.as_ref(), &case) {
                fresh.push(case);
            }
        }
        let mut open = Vec::new();
        for task in tasks::open(tx)? {
            let case = cases::get(tx, task.case.id)?;
            open.push((task, case));
        }
        Ok((fresh, open, tasks::done(tx, DONE_SHOWN)?))
    })?;
    let mut rows: Vec<TaskRow> = waiting
        .iter()
        .filter_map(|case| {
            let kind = kind_of(case)?;
            Some(row(case, kind, TaskStanding::Open, district, from))
        })
        .collect();
    rows.extend(
        open.iter()
            .map(|(task, case)| open_row(task, case.as_ref(), district, from)),
    );
    rows.sort_by_key(|row| (row.distance_m, row.by, row.case));
    rows.extend(done.iter().map(|task| done_row(task, district)));
    Ok(rows)
}

fn row(
    case: &CaseState,
    kind: &str,
    standing: TaskStanding,
    district: Option<&District>,
    from: Option<LatLon>,
) -> TaskRow {
    let at = position(case);
    let grid = case.grid.as_ref().zip(district);
    let spot = case.on_the_spot.as_ref();
    TaskRow {
        case: case.id,
        kind: kind.to_owned(),
        case_no: case.case_no.clone(),
        category_name: case.category_name.clone(),
        place: grid.map_or_else(String::new, |(grid, district)| district.areas().path(grid)),
        place_words: spot.map_or_else(String::new, |spot| spot.place_words.clone()),
        excerpt: excerpt(&case.text),
        distance_m: at.zip(from).map(|(at, from)| metres(at.distance_m(from))),
        by: spot.and_then(|spot| spot.by_ms),
        standing,
        said: None,
        done: None,
    }
}

fn position(case: &CaseState) -> Option<LatLon> {
    let (lat, lon) = (case.lat_e7.try_into().ok()?, case.lon_e7.try_into().ok()?);
    LatLon::from_e7(lat, lon).ok()
}

#[expect(clippy::as_conversions, reason = "the cast saturates")]
fn metres(distance_m: f64) -> u32 {
    distance_m.round() as u32
}

/// One that was begun; `case` is how it stands now, none when it left this handheld.
fn open_row(
    task: &Task,
    case: Option<&CaseState>,
    district: Option<&District>,
    from: Option<LatLon>,
) -> TaskRow {
    let city = district.map_or_else(City::default, |district| {
        City(district.catalogue().doc().labels.clone())
    });
    let said = gone(task, case, &city);
    let standing = if said.is_some() {
        TaskStanding::Gone
    } else {
        TaskStanding::Begun
    };
    let case = case
        .filter(|case| case.on_the_spot.is_some())
        .unwrap_or(&task.case);
    TaskRow {
        said,
        ..row(case, &task.kind, standing, district, from)
    }
}

/// Why nobody waits any more for what was begun here.
fn gone(task: &Task, case: Option<&CaseState>, city: &City) -> Option<Problem> {
    let (zh, en) = match case {
        Some(case) if kind_of(case) == Some(task.kind.as_str()) => return None,
        Some(case) => {
            let looked = match task.kind.as_str() {
                kind::CASE_VERIFY => "verify",
                _ => "check",
            };
            let newest = case.course.last().filter(|entry| entry.kind == looked);
            let state = city.state(&case.state, Lang::Zh);
            let state_en = city.state(&case.state, Lang::En);
            match newest {
                Some(_) => (
                    format!("已由他人完成，这件事现在是“{state}”。"),
                    format!("Somebody else has done it; the case is now: {state_en}."),
                ),
                None => (
                    format!("这件事现在是“{state}”，不再等现场结果。"),
                    format!("The case is now: {state_en}. Nobody waits for a finding."),
                ),
            }
        }
        None => (
            String::from("这件事已不在您的网格里。"),
            String::from("The case is no longer in your grids."),
        ),
    };
    Some(Problem {
        code: String::from("task_gone"),
        words: format!("{zh}您拍的照片和结果都在本机：可以照样提交，会记入办理经过；也可以放弃。"),
        words_en: format!(
            "{en} Your photos and words are kept here: send them all the same, and they stand in \
             the course of the case; or give the task up."
        ),
    })
}

fn done_row(task: &Task, district: Option<&District>) -> TaskRow {
    let (standing, said) = match &task.answer {
        None => (TaskStanding::OnDevice, None),
        Some((_, code, words)) => {
            let code = code.as_deref();
            let said = code.map(|code| problem(code, words.as_deref()));
            if tasks::is_refused(task) {
                (TaskStanding::NeedsAttention, said)
            } else if said.is_some() {
                (TaskStanding::Late, said)
            } else {
                (TaskStanding::Accepted, None)
            }
        }
    };
    TaskRow {
        said,
        done: task.done.map(|(_, at)| at),
        ..row(&task.case, &task.kind, standing, district, None)
    }
}

/// A task with everything that helps to do it.
pub(crate) fn detail(
    store: &mut Store,
    district: Option<&District>,
    id: CaseId,
    from: Option<LatLon>,
) -> Result<TaskDetail, CoreError> {
    store
        .read(|tx| {
            let case = cases::get(tx, id)?;
            let newest = tasks::newest_of(tx, id)?;
            let device = device::read(tx)?.ok_or(StoreError::Missing("task"))?;
            let is_over = case.as_ref().is_some_and(|case| {
                let done = newest.as_ref().is_some_and(|task| task.done.is_some());
                done && kind_of(case).is_some() && !is_done(&device, newest.as_ref(), case)
            });
            // What was done last answers an earlier request: this one is fresh.
            let task = newest.filter(|_| !is_over);
            let shown = match (&task, &case) {
                (Some(task), Some(case)) if task.done.is_none() && case.on_the_spot.is_some() => {
                    case.clone()
                }
                (Some(task), _) => task.case.clone(),
                (None, Some(case)) => case.clone(),
                (None, None) => return Err(StoreError::Missing("task")),
            };
            let row = match &task {
                Some(task) if task.done.is_some() => done_row(task, district),
                Some(task) => open_row(task, case.as_ref(), district, from),
                None => {
                    let kind = kind_of(&shown).ok_or(StoreError::Missing("task"))?;
                    row(&shown, kind, TaskStanding::Open, district, from)
                }
            };
            let photos = task.as_ref().map(|task| photos_of(tx, task));
            let photos = photos.transpose()?.unwrap_or_default();
            let earlier = tasks::earlier_photos(tx, id, task.as_ref().map(|task| task.id))?;
            let of_report = store::photos::of_report(tx, shown.report_id)?;
            let is_other = |photo: &&Photo| {
                let mut visits = photos.iter().chain(&earlier);
                visits.all(|other| other.id != photo.id)
            };
            let spot = shown.on_the_spot.clone();
            let course = case.map_or_else(|| shown.course.clone(), |case| case.course);
            Ok(TaskDetail {
                row,
                report: shown.report_id,
                at: position(&shown).map(|at| (at.lat, at.lon)),
                condition_name: spot
                    .as_ref()
                    .map_or_else(String::new, |spot| spot.condition_name.clone()),
                closing: spot.map_or_else(String::new, |spot| spot.closing),
                text: shown.text,
                lead_name: shown.lead_name,
                report_photos: of_report.iter().filter(is_other).map(photo_view).collect(),
                earlier_photos: earlier.iter().map(photo_view).collect(),
                draft: task
                    .as_ref()
                    .filter(|task| task.done.is_none())
                    .map(|task| task.id),
                found: task.as_ref().and_then(|task| task.found),
                reason: task.map(|task| task.reason).unwrap_or_default(),
                photos: photos.iter().map(photo_view).collect(),
                course,
            })
        })
        .map_err(CoreError::from)
}

/// The photos taken on the spot, before it is done and after.
fn photos_of(tx: &Transaction<'_>, task: &Task) -> Result<Vec<Photo>, StoreError> {
    match task.done {
        Some((op_id, _)) => store::photos::of_operation(tx, op_id),
        None => store::photos::of_draft(tx, task.id),
    }
}

/// Takes a case up, so that photos and words have somewhere to be; nothing when it was already.
pub(crate) fn take_up(
    store: &mut Store,
    id: CaseId,
    draft: DraftId,
    moment: &Moment,
) -> Result<(), CoreError> {
    store.write(|tx| {
        match tasks::open_of(tx, id) {
            Err(StoreError::Missing(_)) => {}
            other => return other.map(drop).map_err(CoreError::from),
        }
        let device = device::read(tx)?.ok_or(CoreError::NotEnrolled)?;
        let case = cases::get(tx, id)?.filter(|case| is_mine(&device, case));
        let case = case.ok_or(StoreError::Missing("task"))?;
        let kind = kind_of(&case).ok_or(StoreError::Missing("task"))?;
        // A photo that comes late would begin the same task anew; what was refused may be.
        let newest = tasks::newest_of(tx, id)?.filter(|task| !tasks::is_refused(task));
        if is_done(&device, newest.as_ref(), &case) {
            return Err(CoreError::AlreadyFiled);
        }
        capture::begin(tx, draft, moment.wall)?;
        Ok(tasks::take_up(tx, draft, kind, &case, moment.wall)?)
    })
}

/// Keeps what was found so far.
pub(crate) fn set(
    store: &mut Store,
    id: CaseId,
    found: Option<Found>,
    reason: &str,
) -> Result<(), CoreError> {
    store.write(|tx| {
        let task = tasks::open_of(tx, id)?;
        Ok(tasks::set(tx, task.id, found, reason)?)
    })
}

/// Forgets what was begun, with its photos.
pub(crate) fn put_down(store: &mut Store, id: CaseId) -> Result<(), CoreError> {
    store.write(|tx| {
        let task = tasks::open_of(tx, id)?;
        tasks::put_down(tx, task.id)?;
        store::photos::remove_all_of_draft(tx, task.id)?;
        Ok(drafts::remove(tx, task.id)?)
    })
}

/// A task that has passed all checks, with its photos stamped: ready for [`commit`].
pub(crate) struct Ready {
    task: Task,
    addition: Addition,
    revision: i64,
    draft_revision: i64,
    photos: Vec<(Photo, StampedPhoto)>,
}

/// What [`stamp`] works on.
pub(crate) struct Begun {
    task: Task,
    revision: i64,
    taken: Taken,
}

/// Reads what was begun, with its photo bytes.
pub(crate) fn take(store: &mut Store, id: CaseId) -> Result<Begun, CoreError> {
    let (task, now) = store.read(|tx| Ok((tasks::open_of(tx, id)?, cases::get(tx, id)?)))?;
    // What the worker saw last: the case while it waits for this, else as it was taken up.
    let seen = now.filter(|case| kind_of(case) == Some(task.kind.as_str()));
    Ok(Begun {
        revision: seen.map_or(task.case.revision, |case| case.revision),
        taken: capture::take(store, task.id)?,
        task,
    })
}

/// Checks everything and burns the watermarks: the slow part, which needs no database.
pub(crate) fn stamp(
    begun: Begun,
    district: &District,
    moment: &Moment,
) -> Result<Ready, CoreError> {
    let Begun {
        task,
        revision,
        taken,
    } = begun;
    let visit = Visit {
        found: task.found.ok_or(CoreError::Unfilled(Unfilled::Found))?,
        reason: task.reason.trim().to_owned(),
    };
    let addition = match task.kind.as_str() {
        kind::CASE_VERIFY => Addition::Verify(visit),
        _ => Addition::Check(visit),
    };
    let Taken {
        draft,
        device,
        photos,
        ..
    } = taken;
    let before: Vec<_> = photos.iter().map(|(photo, _)| photo.reference()).collect();
    addition.check(&before, district.catalogue())?;
    let case = &task.case;
    let spot = case.on_the_spot.as_ref();
    let place = Place {
        lat_e7: case.lat_e7,
        lon_e7: case.lon_e7,
        accuracy_m: None,
        source: PlaceSource::Typed,
        words: spot.map_or_else(String::new, |spot| spot.place_words.clone()),
    };
    let path = case.grid.as_ref().map(|grid| district.areas().path(grid));
    let path = path.unwrap_or_default();
    Ok(Ready {
        photos: stamp_photos(photos, &place, &path, &device, moment.wall)?,
        draft_revision: draft.revision,
        task,
        addition,
        revision,
    })
}

/// The one durable step: number, hash chain, operation and photo bytes, or nothing.
pub(crate) fn commit(
    store: &mut Store,
    ready: &Ready,
    district: &District,
    op_id: OpId,
    moment: &Moment,
) -> Result<(), CoreError> {
    let payload = ready.addition.payload();
    let payload = payload.map_err(|error| StoreError::Unreadable {
        what: "finding",
        problem: error.to_string(),
    })?;
    let task = &ready.task;
    let report = task.case.report_id;
    store.write(|tx| {
        let device = device::read(tx)?.ok_or(CoreError::NotEnrolled)?;
        let now = tasks::open_of(tx, task.case.id)?;
        let same = (now.found, now.reason.as_str()) == (task.found, task.reason.as_str());
        if !same || drafts::get(tx, task.id)?.revision != ready.draft_revision {
            return Err(CoreError::ChangedMeanwhile);
        }
        let content = Content {
            kind: ready.addition.kind(),
            subject: report.to_string(),
            base_revision: Some(ready.revision),
            payload,
            photos: references(&ready.photos),
            aside: Aside::default(),
        };
        stream::append(tx, &device, district, content, op_id, moment)?;
        let own: Option<ReportId> = match reports::get(tx, report) {
            Ok(_) => Some(report),
            Err(StoreError::Missing(_)) => None,
            Err(error) => return Err(error.into()),
        };
        for (photo, stamped) in &ready.photos {
            store::photos::file_with(tx, photo.id, own, op_id, stamped)?;
        }
        tasks::finish(tx, task.id, op_id, moment.wall)?;
        Ok(drafts::remove(tx, task.id)?)
    })
}
