//! The whole life of a case on the server: exceptions that have to be granted, returns and the last
//! resort, merging, levels, and what falls due by itself.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test may fail loudly"
)]

use serde_json::{Value, json};
use shared::role::Role;
use shared::time::{DAY_MS, HOUR_MS};
use sync_server::store;
use tests::backends::Backend;
use tests::desk::{Desk, file_as};
use tests::on_both;
use tests::world::{COMMUNITY, HERE, Handheld, START, World};

on_both!(
    an_extension_is_asked_for_granted_and_explained,
    a_suspension_ends_by_itself_and_the_clock_goes_on,
    a_light_runs_on_the_clock_of_the_condition_that_the_dispatcher_chose,
    after_two_returns_the_last_resort_gets_it_with_the_chain,
    lights_are_told_once_and_cards_reach_the_supervisors,
    what_falls_due_makes_nobodys_move_stale,
    striking_out_takes_a_dispatcher_and_a_supervisor,
    striking_out_takes_two_people_whatever_posts_one_holds,
    a_merged_report_follows_the_case_it_was_merged_into,
    a_case_climbs_from_the_community_to_the_district,
    inside_the_unit_it_is_assigned_to_somebody_who_works_there,
    a_report_that_is_not_accepted_says_why,
    the_desk_takes_back_what_no_grid_worker_can_look_at,
);

/// 4工作时 from 10:30: until noon 1.5, from 14:00 2.5.
const DEADLINE: i64 = START.0 + 6 * HOUR_MS;

/// 暴露生活垃圾: the sanitation centre's (D22-2), within four working hours.
fn file(world: &World, handheld: &mut Handheld) -> String {
    file_as(world, handheld, "E0110")
}

fn an_extension_is_asked_for_granted_and_explained(backend: &Backend) {
    let world = World::new(backend);
    let case = file(&world, &mut world.worker());
    let desk = Desk {
        world: &world,
        case,
    };
    let unit = world.console_of(Role::Handler, "350703", Some("D22-2"));
    let dispatcher = world.console_of(Role::Dispatcher, HERE, None);
    let reply = desk.attempt(&unit, "ask", &json!({"ask": "extension"}));
    assert_eq!((reply.status, reply.at("/field")), (422, &json!("reason")));
    desk.go(
        &unit,
        "ask",
        &json!({"ask": "extension", "reason": "垃圾量大，需调车"}),
    );
    let seen = desk.seen(&dispatcher);
    assert_eq!(seen.at("/row/asked"), "extension");
    assert_eq!(seen.at("/life/awaits"), "dispatcher");
    assert_eq!(seen.at("/life/asked_by"), "环卫中心");
    assert!(!desk.moves(&unit).contains(&String::from("grant")));
    let lists = world.get("/v1/worklists", &dispatcher);
    let lists = lists.json.as_array().unwrap();
    let asked = lists.iter().find(|list| list["key"] == "asked").unwrap();
    assert_eq!(asked["count"], 1, "{asked}");
    let granted = desk.go(&dispatcher, "grant", &json!({}));
    // Another 4工作时 after 16:30: 1.5 until 18:00, 2.5 the next morning.
    assert_eq!(
        granted.at("/row/deadline_ms"),
        &json!(DEADLINE + 18 * HOUR_MS)
    );
    let why = granted.at("/life/deadline_why").as_array().unwrap();
    assert_eq!(why.len(), 2, "{why:?}");
    assert!(why[0].as_str().unwrap().contains("4工作时"), "{why:?}");
    assert!(why[1].as_str().unwrap().starts_with("准予延期"), "{why:?}");
    assert_eq!(world.verify().findings, []);
}

fn a_suspension_ends_by_itself_and_the_clock_goes_on(backend: &Backend) {
    let world = World::new(backend);
    let case = file(&world, &mut world.worker());
    let desk = Desk {
        world: &world,
        case,
    };
    let unit = world.console_of(Role::Handler, "350703", Some("D22-2"));
    let dispatcher = world.console_of(Role::Dispatcher, HERE, None);
    desk.go(&unit, "start", &json!({}));
    // At 11:30, one of four hours is used.
    world.pass_ms(HOUR_MS);
    let until = world.now().0 + 7 * DAY_MS;
    let ask = json!({"ask": "suspension", "reason": "等材料", "until_ms": until});
    desk.go(&unit, "ask", &ask);
    let reply = desk.go(&dispatcher, "grant", &json!({}));
    assert_eq!(reply.at("/row/state"), "suspended");
    world.pass_ms(6 * DAY_MS);
    world.tell_due();
    let unit = world.console_of(Role::Handler, "350703", Some("D22-2"));
    assert_eq!(desk.seen(&unit).at("/row/state"), "suspended");
    // The server looks late: the clock goes on from the date all the same.
    world.pass_ms(DAY_MS + HOUR_MS / 2);
    assert_eq!(world.tell_due(), 1);
    let unit = world.console_of(Role::Handler, "350703", Some("D22-2"));
    let seen = desk.seen(&unit);
    assert_eq!(seen.at("/row/state"), "handling");
    // From 11:30 three hours are left: half an hour until noon, then from 14:00.
    assert_eq!(seen.at("/row/deadline_ms"), &json!(until + 5 * HOUR_MS));
    // One and a half of four hours, and so far from yellow: the week of the suspension is no part.
    assert_eq!(seen.at("/row/used_permille"), 375);
    world.tell_due();
    let kinds = desk.kinds(&unit);
    assert!(kinds.contains(&String::from("resume")));
    assert!(!kinds.contains(&String::from("yellow")), "{kinds:?}");
    let again = json!({"ask": "suspension", "reason": "还要等", "until_ms": until + 9 * DAY_MS});
    assert_eq!(desk.attempt(&unit, "ask", &again).status, 409);
    assert_eq!(world.verify().findings, []);
}

fn a_light_runs_on_the_clock_of_the_condition_that_the_dispatcher_chose(backend: &Backend) {
    let world = World::new(backend);
    // Reported as 缺失移位, 2紧急工作时; it is 破损, 4工作时.
    let case = file_as(&world, &mut world.worker(), "C0101");
    let desk = Desk {
        world: &world,
        case,
    };
    let dispatcher = world.console_of(Role::Dispatcher, HERE, None);
    let other = json!({"unit": "D22-2", "condition": "C0101-2"});
    let given = desk.go(&dispatcher, "dispatch", &other);
    assert_eq!(given.at("/row/deadline_ms"), &json!(DEADLINE));
    // At 12:30: the hour and a half until noon, of four.
    world.pass_ms(2 * HOUR_MS);
    let seen = desk.seen(&dispatcher);
    assert_eq!(seen.at("/row/used_permille"), 375);
    let list = world.get("/v1/cases", &dispatcher);
    assert_eq!(list.at("/rows/0/used_permille"), 375);
}

fn after_two_returns_the_last_resort_gets_it_with_the_chain(backend: &Backend) {
    let world = World::new(backend);
    let case = file(&world, &mut world.worker());
    let desk = Desk {
        world: &world,
        case,
    };
    let dispatcher = world.console_of(Role::Dispatcher, HERE, None);
    let first = world.console_of(Role::Handler, "350703", Some("D22-2"));
    let second = world.console_of(Role::Handler, "350703", Some("E01"));
    let last = world.console_of(Role::Handler, "350703", Some("D22"));
    desk.go(&first, "hand_back", &json!({"reason": "不归环卫"}));
    desk.go(&dispatcher, "dispatch", &json!({"unit": "E01"}));
    desk.go(&second, "hand_back", &json!({"reason": "不归供水"}));
    let seen = desk.seen(&last);
    assert_eq!(seen.at("/row/lead"), "D22", "{seen:?}");
    assert_eq!(seen.at("/row/state"), "dispatched");
    assert_eq!(
        seen.at("/life/returned_by"),
        &json!(["环卫中心", "供水企业"])
    );
    assert_eq!(seen.at("/life/first_unit_name"), "环卫中心");
    assert!(!desk.moves(&last).contains(&String::from("hand_back")));
    let reply = desk.attempt(&last, "hand_back", &json!({"reason": "也不归我"}));
    assert_eq!((reply.status, reply.code()), (409, "not_possible"));
    let id = desk.case.parse().unwrap();
    let trail = world.look(move |tx| Ok(store::events::of_case(tx, id)?));
    assert_eq!(store::events::first_break(id, &trail), None);
    assert_eq!(world.verify().findings, []);
}

fn lights_are_told_once_and_cards_reach_the_supervisors(backend: &Backend) {
    let world = World::new(backend);
    let case = file(&world, &mut world.worker());
    let desk = Desk {
        world: &world,
        case,
    };
    let unit = world.console_of(Role::Handler, "350703", Some("D22-2"));
    let supervisor = world.console_of(Role::Supervisor, HERE, None);
    desk.go(&unit, "start", &json!({}));
    assert_eq!(world.tell_due(), 0, "nothing is due yet");
    // 80 % of 4工作时 are used at 15:42.
    world.pass_ms(5 * HOUR_MS + HOUR_MS / 4);
    assert_eq!(world.tell_due(), 1);
    assert_eq!(desk.kinds(&unit).last().unwrap(), "yellow");
    assert_eq!(world.tell_due(), 0, "told once");
    world.pass_ms(HOUR_MS);
    world.tell_due();
    let seen = desk.seen(&supervisor);
    assert_eq!(seen.at("/row/card"), "yellow");
    let kinds = desk.kinds(&unit);
    assert_eq!(
        kinds[kinds.len() - 2..],
        ["late", "escalation"],
        "{kinds:?}"
    );
    // A stop of two days: everything that fell due in it is told once.
    world.pass_ms(2 * DAY_MS);
    world.tell_due();
    world.tell_due();
    // Sessions have ended meanwhile.
    let unit = world.console_of(Role::Handler, "350703", Some("D22-2"));
    let supervisor = world.console_of(Role::Supervisor, HERE, None);
    assert_eq!(desk.seen(&supervisor).at("/row/card"), "red");
    let kinds = desk.kinds(&unit);
    assert_eq!(kinds.iter().filter(|kind| *kind == "escalation").count(), 2);
    let urged = world.get("/v1/cases?card=red&class=open", &supervisor);
    assert_eq!(urged.at("/rows").as_array().unwrap().len(), 1);
    let cancel = json!({"card": "none", "reason": "已约谈"});
    desk.go(&supervisor, "urge", &cancel);
    assert_eq!(desk.seen(&supervisor).at("/row/card"), &Value::Null);
    assert_eq!(world.verify().findings, []);
}

fn what_falls_due_makes_nobodys_move_stale(backend: &Backend) {
    let world = World::new(backend);
    let case = file(&world, &mut world.worker());
    let desk = Desk {
        world: &world,
        case,
    };
    let unit = world.console_of(Role::Handler, "350703", Some("D22-2"));
    let seen = desk.seen(&unit).at("/row/revision").clone();
    world.pass_ms(3 * DAY_MS);
    world.tell_due();
    let unit = world.console_of(Role::Handler, "350703", Some("D22-2"));
    let body = json!({"kind": "start", "base_revision": seen});
    let reply = world.post(&format!("/v1/cases/{}/moves", desk.case), &unit, &body);
    assert_eq!(reply.status, 200, "{reply:?}");
}

fn striking_out_takes_a_dispatcher_and_a_supervisor(backend: &Backend) {
    let world = World::new(backend);
    let case = file(&world, &mut world.worker());
    let desk = Desk {
        world: &world,
        case,
    };
    let dispatcher = world.console_of(Role::Dispatcher, HERE, None);
    let supervisor = world.console_of(Role::Supervisor, HERE, None);
    desk.go(
        &dispatcher,
        "ask",
        &json!({"ask": "void", "reason": "演练误报"}),
    );
    assert_eq!(desk.attempt(&dispatcher, "grant", &json!({})).status, 403);
    let lists = world.get("/v1/worklists", &supervisor);
    let lists = lists.json.as_array().unwrap();
    let approve = lists
        .iter()
        .find(|list| list["key"] == "to_approve")
        .unwrap();
    assert_eq!(approve["count"], 1);
    let reply = desk.go(&supervisor, "grant", &json!({}));
    assert_eq!(reply.at("/row/state"), "voided");
    assert_eq!(reply.at("/row/class"), "closed");
}

fn striking_out_takes_two_people_whatever_posts_one_holds(backend: &Backend) {
    let world = World::new(backend);
    let desk = Desk::filed(&world, &mut world.worker(), "E0110");
    let admin = world.console_of(Role::Administrator, "350703", None);
    let posts = json!([
        {"role": "dispatcher", "area": HERE},
        {"role": "supervisor", "area": HERE},
    ]);
    let new = json!({"login": "both", "name": "黄志明", "posts": posts});
    let added = world.post("/v1/people", &admin, &new);
    assert_eq!(added.status, 201, "{added:?}");
    let both = world.console(added.at("/me/id").as_str().unwrap().parse().unwrap());
    desk.go(&both, "ask", &json!({"ask": "void", "reason": "演练误报"}));
    assert!(!desk.moves(&both).contains(&String::from("grant")));
    let refused = desk.attempt(&both, "grant", &json!({}));
    assert_eq!((refused.status, refused.code()), (409, "not_possible"));
    assert_eq!(refused.at("/words"), "自己提出的申请要由别人同意。");
    let supervisor = world.console_of(Role::Supervisor, HERE, None);
    let granted = desk.go(&supervisor, "grant", &json!({}));
    assert_eq!(granted.at("/row/state"), "voided");
}

fn a_merged_report_follows_the_case_it_was_merged_into(backend: &Backend) {
    let world = World::new(backend);
    let (mut first, mut second) = (world.worker(), world.worker());
    let (target, case) = (file(&world, &mut first), file(&world, &mut second));
    let dispatcher = world.console_of(Role::Dispatcher, HERE, None);
    let unit = world.console_of(Role::Handler, "350703", Some("D22-2"));
    let main = Desk {
        world: &world,
        case: target.clone(),
    };
    let desk = Desk {
        world: &world,
        case: case.clone(),
    };
    let reply = desk.attempt(&dispatcher, "merge", &json!({"into": case}));
    assert_eq!(reply.status, 409, "not into itself");
    desk.go(&dispatcher, "merge", &json!({"into": target}));
    let seen = main.seen(&dispatcher);
    assert_eq!(seen.at("/life/merged/0/id"), &json!(case));
    let of = |handheld: &Handheld| {
        let rows = world.pull_all(handheld);
        rows.iter().find(|row| row["id"] == case.as_str()).unwrap()["doc"].clone()
    };
    assert_eq!(of(&second)["merged_into"]["state"], "dispatched");
    main.go(&unit, "finish", &json!({"reason": "已清运"}));
    main.go(&dispatcher, "close", &json!({}));
    let doc = of(&second);
    assert_eq!(
        doc["merged_into"]["state"], "closed",
        "the second reporter hears of it"
    );
    assert_eq!(doc["mine"], true, "and keeps the credit");
    desk.go(&dispatcher, "unmerge", &json!({"reason": "不是同一处"}));
    assert_eq!(desk.seen(&dispatcher).at("/row/state"), "received");
    assert_eq!(main.seen(&dispatcher).at("/life/merged"), &Value::Null);
    assert_eq!(world.verify().findings, []);
}

fn a_case_climbs_from_the_community_to_the_district(backend: &Backend) {
    let world = World::new(backend);
    let case = file(&world, &mut world.worker());
    let desk = Desk {
        world: &world,
        case,
    };
    let dispatcher = world.console_of(Role::Dispatcher, HERE, None);
    let community = format!("S03-{COMMUNITY}");
    desk.go(&dispatcher, "dispatch", &json!({"unit": community}));
    let low = world.console_of(Role::Handler, COMMUNITY, Some(&community));
    let deadline = desk.seen(&low).at("/row/deadline_ms").clone();
    desk.go(&low, "escalate", &json!({"reason": "社区没有清运车"}));
    let street = world.console_of(Role::Handler, HERE, Some(&format!("S01-{HERE}")));
    assert_eq!(desk.seen(&street).at("/row/state"), "dispatched");
    assert_eq!(desk.seen(&street).at("/row/deadline_ms"), &deadline);
    desk.go(&street, "escalate", &json!({"reason": "要区里调度"}));
    let seen = desk.seen(&dispatcher);
    assert_eq!(seen.at("/row/lead"), "DISPATCH-350703");
    assert_eq!(seen.at("/row/state"), "accepted");
    assert_eq!(seen.at("/life/escalations"), 2);
    assert_eq!(world.verify().findings, []);
}

fn inside_the_unit_it_is_assigned_to_somebody_who_works_there(backend: &Backend) {
    let world = World::new(backend);
    let case = file(&world, &mut world.worker());
    let desk = Desk {
        world: &world,
        case,
    };
    let unit = world.console_of(Role::Handler, "350703", Some("D22-2"));
    let stranger = world.person(Role::Handler, "350703", Some("E01"));
    let colleagues = world.get(&format!("/v1/cases/{}/colleagues", desk.case), &unit);
    let colleague = colleagues.at("/0/id").clone();
    assert_eq!(
        colleagues.json.as_array().unwrap().len(),
        1,
        "{colleagues:?}"
    );
    let reply = desk.attempt(&unit, "assign", &json!({"person": stranger}));
    assert_eq!((reply.status, reply.at("/field")), (422, &json!("person")));
    let reply = desk.go(&unit, "assign", &json!({"person": colleague}));
    assert_eq!(reply.at("/row/state"), "handling");
    assert!(reply.at("/life/assigned_name").is_string());
    let reply = desk.attempt(&unit, "hand_back", &json!({"reason": "不是我们的"}));
    assert_eq!(reply.code(), "not_possible");
    desk.go(&unit, "unassign", &json!({}));
    desk.go(&unit, "hand_back", &json!({"reason": "不是我们的"}));
}

/// The case of a report outside of all grids: nobody is found by rule, the dispatcher looks first.
fn outside_all_grids<'a>(world: &'a World, handheld: &mut Handheld) -> Desk<'a> {
    let mut report = handheld.report();
    report["place"]["lat_e7"] = json!(300_000_000);
    let op = handheld.file(report);
    let reply = world.push(handheld, &[op]);
    let case = reply.at("/results/0/case_id").as_str().unwrap().to_owned();
    Desk { world, case }
}

fn a_report_that_is_not_accepted_says_why(backend: &Backend) {
    let world = World::new(backend);
    let mut handheld = world.worker();
    let desk = outside_all_grids(&world, &mut handheld);
    let dispatcher = world.console_of(Role::Dispatcher, "350703", None);
    let condition = desk.seen(&dispatcher).at("/life/conditions/0/0").clone();
    let wrong = desk.attempt(&dispatcher, "accept", &json!({"condition": "E0110-1"}));
    assert_eq!(
        (wrong.status, wrong.at("/field")),
        (422, &json!("condition"))
    );
    let reply = desk.attempt(&dispatcher, "not_accept", &json!({"reason": " "}));
    assert_eq!(reply.at("/field"), "reason");
    assert!(condition.is_string());
    desk.go(&dispatcher, "not_accept", &json!({"reason": "不在本区"}));
    let rows = world.pull_all(&handheld);
    let doc = &rows
        .iter()
        .find(|row| row["id"] == desk.case.as_str())
        .unwrap()["doc"];
    assert_eq!(
        (&doc["state"], &doc["class"]),
        (&json!("not_accepted"), &json!("closed"))
    );
    let course = doc["course"].as_array().unwrap();
    assert_eq!(course.last().unwrap()["reason"], "不在本区");
}

fn the_desk_takes_back_what_no_grid_worker_can_look_at(backend: &Backend) {
    let world = World::new(backend);
    let desk = outside_all_grids(&world, &mut world.worker());
    let dispatcher = world.console_of(Role::Dispatcher, "350703", None);
    let supervisor = world.console_of(Role::Supervisor, "350703", None);
    let unit = world.console_of(Role::Handler, "350703", Some("E01"));
    desk.go(&dispatcher, "ask_verify", &json!({}));
    let offered = desk.moves(&dispatcher);
    for kind in ["dispatch", "accept", "not_accept"] {
        assert!(offered.iter().any(|one| one == kind), "{kind}: {offered:?}");
    }
    desk.go(&dispatcher, "dispatch", &json!({"unit": "E01"}));
    desk.go(&unit, "finish", &json!({"reason": "已复位"}));
    desk.go(&dispatcher, "ask_check", &json!({}));
    desk.go(&dispatcher, "rework", &json!({"reason": "照片上还没好"}));
    desk.go(&unit, "finish", &json!({"reason": "重新复位"}));
    desk.go(&dispatcher, "ask_check", &json!({}));
    let force = json!({"ask": "force_close", "reason": "无人可核查"});
    desk.go(&dispatcher, "ask", &force);
    desk.go(&supervisor, "refuse", &json!({"reason": "照片已够"}));
    let reply = desk.go(&dispatcher, "close", &json!({}));
    assert_eq!(reply.at("/row/state"), "closed");
    assert_eq!(world.verify().findings, []);
}
