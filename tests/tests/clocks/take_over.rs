//! Units that take a case over by an escalation rule, from whoever has it.

use super::{
    BUREAU, RUBBISH, SANITATION, city, count, handler, pass_on_both, since_dispatch, tell_at_once,
};
use serde_json::{Value, json};
use shared::role::Role;
use shared::time::{DAY_MS, HOUR_MS, MINUTE_MS};
use tests::backends::Backend;
use tests::desk::Desk;
use tests::on_both;
use tests::world::{HERE, START, World};

on_both!(
    a_late_case_is_taken_over_once_however_many_servers_look,
    a_case_handed_back_is_taken_over_and_told_once,
    a_unit_that_has_signed_loses_a_late_case_and_only_by_the_rule,
    a_unit_that_assists_takes_over_and_owes_no_part_any_more,
    while_a_case_is_suspended_nobody_takes_it_over,
    what_rises_by_two_rules_does_not_come_down_again,
);

/// What is late by two working hours goes to 城管局.
fn strict(backend: &Backend) -> World {
    city(backend, |doc| {
        doc.escalations = serde_json::from_value(json!([{
            "id": "late-over", "categories": ["E01"], "late": "2工作时", "tell": "supervisor",
            "reach": "street", "card": "red", "takes_over": "城管局",
        }]))
        .unwrap();
    })
}

/// From the beginning until that rule applies: 4 hours end at 16:30; two more are 1.5 until 18:00
/// and half an hour from 8:00: Wednesday, 8:30.
const UNTIL_TAKEN: i64 = 22 * HOUR_MS;

fn a_late_case_is_taken_over_once_however_many_servers_look(backend: &Backend) {
    let world = strict(backend);
    let other = World::serve(backend, tempfile::tempdir().unwrap());
    let desk = Desk::filed(&world, &mut world.worker(), RUBBISH);
    pass_on_both(&world, &other, UNTIL_TAKEN - MINUTE_MS);
    tell_at_once(&world, &other);
    let first = handler(&world, SANITATION);
    assert_eq!(desk.seen(&first).at("/row/lead"), SANITATION);
    let late = ["stage_late", "yellow", "late"];
    assert_eq!(since_dispatch(&desk, &first), late);
    pass_on_both(&world, &other, MINUTE_MS);
    tell_at_once(&world, &other);
    assert_eq!(desk.seen(&first).status, 404, "no longer theirs");
    let second = handler(&world, BUREAU);
    let seen = desk.seen(&second);
    assert_eq!(seen.at("/row/lead"), BUREAU);
    assert_eq!(seen.at("/row/state"), "dispatched");
    assert_eq!(seen.at("/row/card"), "red");
    assert_eq!(seen.at("/life/first_unit_name"), "环卫中心");
    // Its own clocks, from 8:30: 2 hours to sign; 4 are 3.5 until noon and half an hour from 14:00.
    assert_eq!(seen.at("/row/stage_due_ms"), START.0 + 24 * HOUR_MS);
    assert_eq!(seen.at("/row/deadline_ms"), START.0 + 28 * HOUR_MS);
    let chain = since_dispatch(&desk, &second);
    assert_eq!(chain[..3], late);
    assert_eq!(chain[3..], ["escalation", "take_over"]);
    assert_eq!(desk.about(&second, "escalation"), ["已告知潭城街道督查"]);
    let events = seen.at("/events").as_array().unwrap();
    let over = events.last().unwrap();
    assert_eq!(over["by"], "系统");
    assert_eq!(over["unit_name"], "城管局");
    assert_eq!(over["reason"], "按升级规则late-over由城管局接办");
    // Late by as much again, on Wednesday at 16:30: it is told, and stays with who has it.
    pass_on_both(&world, &other, DAY_MS);
    tell_at_once(&world, &other);
    let second = handler(&world, BUREAU);
    assert_eq!(desk.seen(&second).at("/row/lead"), BUREAU);
    assert_eq!(count(&desk, &second, "escalation"), 2);
    assert_eq!(count(&desk, &second, "take_over"), 1);
    assert_eq!(world.verify().findings, []);
}

fn a_case_handed_back_is_taken_over_and_told_once(backend: &Backend) {
    let world = city(backend, |doc| {
        doc.escalations = serde_json::from_value(json!([{
            "id": "back-over", "returns": 1, "tell": "supervisor", "reach": "district",
            "takes_over": "城管局",
        }]))
        .unwrap();
    });
    let desk = Desk::filed(&world, &mut world.worker(), RUBBISH);
    let first = handler(&world, SANITATION);
    desk.go(&first, "hand_back", &json!({"reason": "不归环卫"}));
    world.tell_due();
    world.tell_due();
    world.pass_ms(MINUTE_MS);
    world.tell_due();
    let second = handler(&world, BUREAU);
    assert_eq!(
        since_dispatch(&desk, &second),
        ["hand_back", "escalation", "take_over"]
    );
    let seen = desk.seen(&second);
    assert_eq!(seen.at("/row/lead"), BUREAU);
    assert_eq!(seen.at("/life/returned_by"), &json!(["环卫中心"]));
    assert_eq!(world.verify().findings, []);
}

fn a_unit_that_has_signed_loses_a_late_case_and_only_by_the_rule(backend: &Backend) {
    let world = strict(backend);
    let desk = Desk::filed(&world, &mut world.worker(), RUBBISH);
    let first = handler(&world, SANITATION);
    let dispatcher = world.console_of(Role::Dispatcher, HERE, None);
    desk.go(&first, "start", &json!({}));
    let part = json!({"unit": "E01", "reason": "冲洗路面"});
    desk.go(&dispatcher, "add_part", &part);
    // What the rule may do nobody may, and no dispatcher either takes it from them.
    let over = json!({"unit": BUREAU, "reason": "太慢了"});
    let dispatched = desk.attempt(&dispatcher, "dispatch", &over);
    assert_eq!(
        (dispatched.status, dispatched.code()),
        (409, "not_possible")
    );
    assert_eq!(desk.attempt(&dispatcher, "take_over", &over).status, 403);
    assert!(!desk.moves(&dispatcher).contains(&String::from("take_over")));
    // Somebody works on it, and an extension is asked for: neither keeps it there.
    let ask = json!({"ask": "extension", "reason": "垃圾量大"});
    desk.go(&first, "ask", &ask);
    world.pass_ms(UNTIL_TAKEN);
    world.tell_due();
    world.tell_due();
    assert_eq!(desk.seen(&handler(&world, SANITATION)).status, 404);
    let second = handler(&world, BUREAU);
    let seen = desk.seen(&second);
    assert_eq!(seen.at("/row/lead"), BUREAU);
    assert_eq!(seen.at("/row/state"), "dispatched");
    assert_eq!(seen.at("/row/asked"), &Value::Null);
    assert_eq!(seen.at("/life/first_unit_name"), "环卫中心");
    assert_eq!(seen.at("/row/deadline_ms"), START.0 + 28 * HOUR_MS);
    let chain = since_dispatch(&desk, &second);
    assert_eq!(chain[chain.len() - 2..], ["escalation", "take_over"]);
    assert_eq!(count(&desk, &second, "take_over"), 1);
    let events = seen.at("/events").as_array().unwrap();
    let over = events.last().unwrap();
    assert_eq!(
        (&over["from"], &over["by"]),
        (&json!("handling"), &json!("系统"))
    );
    assert_eq!(over["reason"], "按升级规则late-over由城管局接办");
    // The part is still owed, and the new unit goes on as any other.
    assert_eq!(seen.at("/life/parts/0/answered_ms"), &Value::Null);
    desk.go(&second, "start", &json!({}));
    desk.go(&second, "finish", &json!({"reason": "已清运"}));
    assert_eq!(world.verify().findings, []);
}

fn a_unit_that_assists_takes_over_and_owes_no_part_any_more(backend: &Backend) {
    let world = strict(backend);
    let desk = Desk::filed(&world, &mut world.worker(), RUBBISH);
    let dispatcher = world.console_of(Role::Dispatcher, HERE, None);
    let part = json!({"unit": BUREAU, "reason": "协助清运"});
    desk.go(&dispatcher, "add_part", &part);
    world.pass_ms(UNTIL_TAKEN);
    world.tell_due();
    let second = handler(&world, BUREAU);
    let seen = desk.seen(&second);
    assert_eq!(seen.at("/row/lead"), BUREAU);
    assert_eq!(seen.at("/life/parts/0/answer"), "已转为主办，协办并入主办");
    assert!(!desk.moves(&second).contains(&String::from("answer_part")));
    desk.go(&second, "finish", &json!({"reason": "已清运"}));
    let dispatcher = world.console_of(Role::Dispatcher, HERE, None);
    let closed = desk.go(&dispatcher, "close", &json!({}));
    assert_eq!(closed.at("/row/state"), "closed");
    assert_eq!(world.verify().findings, []);
}

fn while_a_case_is_suspended_nobody_takes_it_over(backend: &Backend) {
    let world = strict(backend);
    let desk = Desk::filed(&world, &mut world.worker(), RUBBISH);
    let first = handler(&world, SANITATION);
    let dispatcher = world.console_of(Role::Dispatcher, HERE, None);
    desk.go(&first, "start", &json!({}));
    // Until Friday, 10:30, with all four hours left.
    let until = START.0 + 3 * DAY_MS;
    let ask = json!({"ask": "suspension", "reason": "车辆检修", "until_ms": until});
    desk.go(&first, "ask", &ask);
    desk.go(&dispatcher, "grant", &json!({}));
    for _ in 0..3 {
        world.pass_ms(DAY_MS);
        world.tell_due();
    }
    let first = handler(&world, SANITATION);
    let seen = desk.seen(&first);
    assert_eq!(seen.at("/row/state"), "handling");
    assert_eq!(seen.at("/row/deadline_ms"), until + 6 * HOUR_MS);
    assert_eq!(count(&desk, &first, "escalation"), 0);
    // From Friday, 16:30, two more hours are over on Monday at 8:30.
    world.pass_ms(2 * DAY_MS + UNTIL_TAKEN);
    world.tell_due();
    let second = handler(&world, BUREAU);
    assert_eq!(desk.seen(&second).at("/row/lead"), BUREAU);
    assert_eq!(count(&desk, &second, "take_over"), 1);
    assert_eq!(world.verify().findings, []);
}

/// Late goes to the street, later still to 城管局; there it stays, however late it becomes.
fn what_rises_by_two_rules_does_not_come_down_again(backend: &Backend) {
    let world = city(backend, |doc| {
        doc.escalations = serde_json::from_value(json!([
            {"id": "to-street", "tell": "supervisor", "reach": "street", "takes_over": "属地街道"},
            {"id": "to-bureau", "late": "2工作时", "tell": "supervisor", "reach": "district",
                "takes_over": "城管局"},
        ]))
        .unwrap();
    });
    let desk = Desk::filed(&world, &mut world.worker(), RUBBISH);
    // Tuesday, 16:30: late. The street has until Wednesday, 10:30, and two hours more.
    world.pass_ms(6 * HOUR_MS);
    world.tell_due();
    let street = handler(&world, "S01-350703001");
    assert_eq!(desk.seen(&street).at("/row/lead"), "S01-350703001");
    world.pass_ms(22 * HOUR_MS);
    world.tell_due();
    let bureau = handler(&world, BUREAU);
    assert_eq!(desk.seen(&bureau).at("/row/lead"), BUREAU);
    // 城管局 has until Thursday, 8:30; late there, both rules tell it and nobody takes it.
    for _ in 0..3 {
        world.pass_ms(DAY_MS);
        world.tell_due();
        world.tell_due();
    }
    let bureau = handler(&world, BUREAU);
    assert_eq!(desk.seen(&bureau).at("/row/lead"), BUREAU);
    assert_eq!(count(&desk, &bureau, "take_over"), 2);
    assert_eq!(count(&desk, &bureau, "escalation"), 5);
    assert_eq!(world.verify().findings, []);
}
