//! Parts of a case that other units answer for.
#![allow(clippy::unwrap_used, missing_docs, reason = "a test may fail loudly")]

use serde_json::json;
use shared::id::PostId;
use shared::role::{Post, PostKind, Role};
use sync_server::service::Fault;
use sync_server::store;
use sync_server::store::posts::PostRow;
use tests::backends::Backend;
use tests::desk::{Desk, file_as};
use tests::on_both;
use tests::world::{HERE, Handheld, World};

on_both!(
    every_part_is_answered_before_the_case_closes,
    whoever_works_in_two_assisting_units_answers_for_the_one_that_owes,
);

/// 暴露生活垃圾: the sanitation centre's (D22-2).
fn file(world: &World, handheld: &mut Handheld) -> String {
    file_as(world, handheld, "E0110")
}

fn every_part_is_answered_before_the_case_closes(backend: &Backend) {
    let world = World::new(backend);
    let case = file(&world, &mut world.worker());
    let desk = Desk {
        world: &world,
        case,
    };
    let dispatcher = world.console_of(Role::Dispatcher, HERE, None);
    let lead = world.console_of(Role::Handler, "350703", Some("D22-2"));
    let other = world.console_of(Role::Handler, "350703", Some("E01"));
    assert_eq!(desk.seen(&other).status, 404, "not theirs yet");
    let part = json!({"unit": "E01", "reason": "冲洗路面"});
    desk.go(&dispatcher, "add_part", &part);
    desk.go(&lead, "finish", &json!({"reason": "已清运"}));
    let reply = desk.attempt(&dispatcher, "close", &json!({}));
    assert_eq!(
        (reply.status, reply.code()),
        (409, "not_possible"),
        "{reply:?}"
    );
    assert_eq!(desk.moves(&other), ["answer_part"]);
    desk.go(&other, "answer_part", &json!({"reason": "已冲洗"}));
    let reply = desk.go(&dispatcher, "close", &json!({}));
    assert_eq!(reply.at("/life/parts/0/answer"), "已冲洗");
    assert_eq!(reply.at("/row/state"), "closed");
    assert_eq!(world.verify().findings, []);
}

fn whoever_works_in_two_assisting_units_answers_for_the_one_that_owes(backend: &Backend) {
    let world = World::new(backend);
    let case = file(&world, &mut world.worker());
    let desk = Desk {
        world: &world,
        case,
    };
    let person = world.person(Role::Handler, "350703", Some("E01"));
    let row = PostRow {
        post: Post {
            id: PostId(uuid::Uuid::now_v7()),
            role: Role::Handler,
            area: "350703".parse().unwrap(),
            unit: Some("D22-4".parse().unwrap()),
            kind: PostKind::default(),
        },
        person,
        from: world.now(),
        to: None,
    };
    let district = &world.district.code;
    let added = world
        .store
        .write_blocking::<_, Fault>(district, move |tx| Ok(store::posts::insert(tx, &row)?));
    added.unwrap();
    let both = world.console(person);
    let dispatcher = world.console_of(Role::Dispatcher, HERE, None);
    let lead = world.console_of(Role::Handler, "350703", Some("D22-2"));
    let add = |unit: &str| {
        let part = json!({"unit": unit, "reason": "冲洗路面"});
        desk.go(&dispatcher, "add_part", &part);
    };
    add("E01");
    desk.go(&both, "answer_part", &json!({"reason": "已止水"}));
    add("D22-4");
    desk.go(&lead, "finish", &json!({"reason": "已清运"}));
    desk.go(&dispatcher, "ask_check", &json!({}));
    // The check was asked for, and the part still owed.
    let reply = desk.go(&both, "answer_part", &json!({"reason": "已冲洗"}));
    assert_eq!(reply.at("/life/parts/0/answer"), "已止水");
    assert_eq!(reply.at("/life/parts/1/answer"), "已冲洗");
    assert_eq!(reply.at("/row/state"), "checking");
    assert_eq!(world.verify().findings, []);
}
