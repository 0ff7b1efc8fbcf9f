//! Rounds (巡查): points of the catalogue that a worker ticks without a network. Only what the worker
//! ticks is kept, as an operation; where the worker was in between is nobody's business. Tests:
//! `tests/patrols.rs`.

use crate::capture;
use crate::edge::Moment;
use crate::error::CoreError;
use crate::place::District;
use crate::store::device::{self, Device};
use crate::store::{Store, StoreError, Transaction, drafts, outbox};
use crate::stream::{self, Content};
use shared::contact::Aside;
use shared::id::{DraftId, OpId};
use shared::operation::{Operation, kind};
use shared::patrol::{Mark, OnRound, Round};
use shared::report::{Place, PlaceSource};
use shared::time::{DAY_MS, Timestamp};
use shared::wire::handheld::{AdditionStatus, MarkView, PatrolCard, PatrolPointView, PatrolView};

/// China is eight hours ahead; its days divide the ticks of a round.
const CHINA_MS: i64 = 8 * shared::time::HOUR_MS;

/// When the day of a moment began in China.
fn day_began(at: Timestamp) -> Timestamp {
    let into = at.0.saturating_add(CHINA_MS).rem_euclid(DAY_MS);
    at.plus_ms(-into)
}

/// The rounds of this person's posts.
fn mine<'a>(device: &Device, district: &'a District) -> Vec<&'a Round> {
    let rounds = district.catalogue().doc().patrols.iter();
    let posts = &device.me.posts;
    rounds
        .filter(|round| posts.iter().any(|post| round.is_for(post)))
        .collect()
}

/// The rounds of this person, each with how many points are ticked today.
pub(crate) fn cards(
    store: &mut Store,
    district: &District,
    now: Timestamp,
) -> Result<Vec<PatrolCard>, CoreError> {
    let cards = store.read(|tx| {
        let Some(device) = device::read(tx)? else {
            return Ok(Vec::new());
        };
        let mut cards = Vec::new();
        for round in mine(&device, district) {
            let ticks = ticks(tx, &round.id, now)?;
            cards.push(card(round, &ticks, district));
        }
        Ok(cards)
    })?;
    Ok(cards)
}

/// One round with its points.
pub(crate) fn view(
    store: &mut Store,
    district: &District,
    id: &str,
    now: Timestamp,
) -> Result<PatrolView, CoreError> {
    let view = store.read(|tx| {
        let device = device::read(tx)?.ok_or(StoreError::Missing("round"))?;
        let mut rounds = mine(&device, district).into_iter();
        let round = rounds.find(|round| round.id == id);
        let round = round.ok_or(StoreError::Missing("round"))?;
        let ticks = ticks(tx, id, now)?;
        let point = |point: &shared::patrol::Point| PatrolPointView {
            id: point.id.clone(),
            name: point.name.clone(),
            words: point.words.clone(),
            at: (
                f64::from(point.lat_e7) / shared::coordinates::E7,
                f64::from(point.lon_e7) / shared::coordinates::E7,
            ),
            mark: newest(&ticks, &point.id).cloned(),
        };
        Ok(PatrolView {
            card: card(round, &ticks, district),
            points: round.points.iter().map(point).collect(),
        })
    })?;
    Ok(view)
}

fn card(round: &Round, ticks: &[(String, MarkView)], district: &District) -> PatrolCard {
    let done = round.points.iter();
    let done = done.filter(|point| newest(ticks, &point.id).is_some());
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    PatrolCard {
        id: round.id.clone(),
        name: round.name.clone(),
        place: district.areas().path(&round.area),
        ticked: (count(done.count()), count(round.points.len())),
    }
}

fn newest<'a>(ticks: &'a [(String, MarkView)], point: &str) -> Option<&'a MarkView> {
    let mut ticks = ticks.iter().rev();
    ticks.find(|(id, _)| id == point).map(|(_, mark)| mark)
}

/// Today's ticks of a round, in the order made, by point. Those of other days are not even read.
fn ticks(
    tx: &Transaction<'_>,
    round: &str,
    now: Timestamp,
) -> Result<Vec<(String, MarkView)>, StoreError> {
    let began = day_began(now);
    let rows = outbox::ticks(tx, round, began, began.plus_ms(DAY_MS))?;
    let tick = |row: &outbox::Standing| {
        let operation: Operation = serde_json::from_str(&row.body).ok()?;
        let mark: Mark = serde_json::from_value(operation.payload).ok()?;
        let status = match row.outcome.as_deref() {
            None => AdditionStatus::OnDevice,
            Some("quarantined" | "rejected") => AdditionStatus::NeedsAttention,
            Some(_) => AdditionStatus::Accepted,
        };
        let view = MarkView {
            made: operation.wall_ms,
            seen: mark.seen,
            note: mark.note,
            status,
        };
        Some((mark.point, view))
    };
    Ok(rows.iter().filter_map(tick).collect())
}

/// Ticks a point: kept here at once, sent when there is a network.
pub(crate) fn mark(
    store: &mut Store,
    district: &District,
    mark: &Mark,
    op_id: OpId,
    moment: &Moment,
) -> Result<(), CoreError> {
    mark.check(&district.catalogue().doc().patrols)?;
    let payload = serde_json::to_value(mark).map_err(|error| StoreError::Unreadable {
        what: "tick",
        problem: error.to_string(),
    })?;
    store.write(|tx| {
        let device = device::read(tx)?.ok_or(CoreError::NotEnrolled)?;
        let content = Content {
            kind: kind::PATROL_MARK,
            subject: mark.round.clone(),
            base_revision: None,
            payload,
            photos: Vec::new(),
            aside: Aside::default(),
        };
        stream::append(tx, &device, district, content, op_id, moment)?;
        Ok(())
    })
}

/// Begins a report at a point: with its place, and linked to the round.
pub(crate) fn begin_report(
    store: &mut Store,
    district: &District,
    at: &OnRound,
    draft: DraftId,
    now: Timestamp,
) -> Result<(), CoreError> {
    let rounds = district.catalogue().doc().patrols.iter();
    let mut points = rounds
        .filter(|round| round.id == at.round)
        .flat_map(|round| &round.points);
    let point = points.find(|point| point.id == at.point);
    let point = point.ok_or(StoreError::Missing("point"))?;
    let fields = drafts::Fields {
        place: Some(Place {
            lat_e7: point.lat_e7.into(),
            lon_e7: point.lon_e7.into(),
            accuracy_m: None,
            source: PlaceSource::Typed,
            words: point.name.clone(),
        }),
        patrol: Some(at.clone()),
        ..drafts::Fields::default()
    };
    store.write(|tx| {
        capture::begin(tx, draft, now)?;
        Ok(drafts::set_fields(tx, draft, &fields, now)?)
    })
}
