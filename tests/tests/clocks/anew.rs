//! Deadlines that a changed calendar must not pass by: of what was put right that day, and of what
//! a server moves that hasn't heard of it yet.

use super::{BRIGADE, BUREAU, ILLEGAL_BUILDING, count, handler, with_day};
use serde_json::json;
use shared::case::Move;
use shared::id::{AreaCode, EventId, PostId, UnitCode};
use shared::role::{Actor, Post, PostKind, Role};
use shared::time::DAY_MS;
use shared::wire::console::MoveRequest;
use std::sync::Arc;
use sync_server::service::Fault;
use sync_server::service::cases::{Moved, move_case};
use tests::backends::Backend;
use tests::desk::Desk;
use tests::drafts::{admin, publish_table};
use tests::on_both;
use tests::world::{HERE, START, World};
use uuid::Uuid;

on_both!(
    what_was_put_right_that_day_is_counted_anew_by_its_rework,
    what_a_server_moves_before_it_has_heard_is_counted_anew,
);

/// The Wednesday becomes a holiday: 5 working days end on a Wednesday and no longer on a Tuesday.
fn holiday(csv: &str) -> String {
    with_day(csv, "2026-11-25,放假")
}

const BEFORE: i64 = START.0 + 7 * DAY_MS;
const ANEW: i64 = START.0 + 8 * DAY_MS;

fn what_was_put_right_that_day_is_counted_anew_by_its_rework(backend: &Backend) {
    let world = World::new(backend);
    let chief = admin(&world);
    let desk = Desk::filed(&world, &mut world.worker(), ILLEGAL_BUILDING);
    let unit = handler(&world, BRIGADE);
    let dispatcher = world.console_of(Role::Dispatcher, HERE, None);
    desk.go(&unit, "start", &json!({}));
    desk.go(&unit, "finish", &json!({"reason": "已拆除"}));
    publish_table(&world, &chief, "calendar", holiday, None);
    world.tell_due();
    world.tell_due();
    // Its clock stands, and so does its deadline.
    assert_eq!(desk.seen(&unit).at("/row/deadline_ms"), &json!(BEFORE));
    desk.go(&dispatcher, "rework", &json!({"reason": "没有拆净"}));
    world.tell_due();
    world.tell_due();
    assert_eq!(desk.seen(&unit).at("/row/deadline_ms"), &json!(ANEW));
    assert_eq!(count(&desk, &unit, "recounted"), 1);
    assert_eq!(world.verify().findings, []);
}

fn what_a_server_moves_before_it_has_heard_is_counted_anew(backend: &Backend) {
    let world = World::new(backend);
    let chief = admin(&world);
    let desk = Desk::filed(&world, &mut world.worker(), ILLEGAL_BUILDING);
    publish_table(&world, &chief, "calendar", holiday, None);
    world.tell_due();
    // A dispatcher's move that began on the district as it was before.
    let actor = Actor {
        person: world.person(Role::Dispatcher, HERE, None),
        posts: vec![Post {
            id: PostId(Uuid::now_v7()),
            role: Role::Dispatcher,
            area: AreaCode::new(HERE).unwrap(),
            unit: None,
            kind: PostKind::default(),
        }],
    };
    let first = handler(&world, BRIGADE);
    let revision = desk.seen(&first).at("/row/revision").as_i64().unwrap();
    let request = MoveRequest {
        unit: Some(UnitCode::new(BUREAU).unwrap()),
        ..MoveRequest::new(Move::Dispatch, revision, "")
    };
    let id = desk.case.parse().unwrap();
    let (district, now) = (Arc::clone(&world.district), world.now());
    let write = world
        .store
        .write_blocking::<_, Fault>(&world.district.code, move |tx| {
            let ids = [EventId(Uuid::now_v7()), EventId(Uuid::now_v7())];
            move_case(tx, &actor, &district, id, &request, ids, now)
        });
    assert!(matches!(write.unwrap(), Moved::Done(_)));
    let unit = handler(&world, BUREAU);
    assert_eq!(desk.seen(&unit).at("/row/deadline_ms"), &json!(BEFORE));
    world.tell_due();
    assert_eq!(desk.seen(&unit).at("/row/deadline_ms"), &json!(ANEW));
    assert_eq!(world.verify().findings, []);
}
