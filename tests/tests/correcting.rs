//! 更正立案: a dispatcher puts category or place of a case right. What hangs on them follows: the
//! conditions, the unit, the grid, who sees it, what is counted of a place; the report stays as it
//! was signed. Each on both databases.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test may fail loudly"
)]

use super::additions::{about, kinds};
use serde_json::{Value, json};
use shared::operation::kind;
use shared::role::Role;
use shared::time::HOUR_MS;
use std::sync::Arc;
use sync_server::service::statistics;
use tests::backends::Backend;
use tests::desk::Desk;
use tests::on_both;
use tests::tamper::Hand;
use tests::world::{
    COMMUNITY, ELSEWHERE, GRID, HERE, Handheld, PLACE, PLACE_ELSEWHERE, World, outcomes,
};

on_both!(
    a_corrected_category_has_its_own_conditions_and_goes_to_its_own_unit,
    a_corrected_place_changes_who_sees_it_and_what_is_counted_there,
    what_lies_outside_all_grids_comes_into_one,
    only_whoever_dispatches_corrects_and_not_while_a_unit_works,
    what_a_worker_proposes_waits_for_the_desk,
    a_corrected_case_is_checked_against_its_correction,
    what_was_found_before_a_correction_comes_late,
);

/// 暴露生活垃圾, of the sanitation centre, which is [`CLEANERS`].
fn rubbish() -> Value {
    json!({"category": "E0110", "condition": "E0110-1", "reason": "现场是垃圾"})
}

const CLEANERS: &str = "D22-2";

fn elsewhere() -> Value {
    let (lat_e7, lon_e7) = PLACE_ELSEWHERE;
    json!({"lat_e7": lat_e7, "lon_e7": lon_e7, "reason": "定位错了"})
}

/// What a handheld that pulls everything keeps of a case.
fn kept(world: &World, handheld: &Handheld, desk: &Desk<'_>) -> Option<Value> {
    let rows = world.pull_all(handheld);
    let mut rows = rows.iter().filter(|row| row["id"] == desk.case.as_str());
    rows.find(|row| row["doc"].is_object())
        .map(|row| row["doc"].clone())
}

/// Everything that is kept of the past agrees with the trails.
fn agrees(world: &World) {
    let district = Arc::clone(&world.district);
    let differences = world.look(move |tx| statistics::differences(tx, &district));
    assert_eq!(differences, [], "counted as it would be anew");
    assert_eq!(world.verify().findings, []);
}

fn a_corrected_category_has_its_own_conditions_and_goes_to_its_own_unit(backend: &Backend) {
    let world = World::new(backend);
    let mut worker = world.worker();
    let desk = Desk::filed(&world, &mut worker, "C0101");
    let dispatcher = world.console_of(Role::Dispatcher, HERE, None);
    let water = world.console_of(Role::Handler, "350703", Some("E01"));
    assert_eq!(desk.seen(&water).at("/row/state"), "dispatched");
    let before = desk.seen(&dispatcher);
    for wrong in [
        json!({"category": "E0110", "reason": "现场是垃圾"}),
        json!({"category": "E0110", "condition": "C0101-1", "reason": "现场是垃圾"}),
        json!({"category": "C9999", "condition": "C9999-1", "reason": "现场是垃圾"}),
        json!({"category": "E0110", "condition": "E0110-1", "reason": " "}),
        json!({"category": "C0101", "condition": "C0101-1", "reason": "没有变"}),
        json!({"reason": "没有变"}),
    ] {
        let reply = desk.attempt(&dispatcher, "correct", &wrong);
        assert_eq!(reply.status, 422, "{wrong}: {reply:?}");
    }
    world.pass_ms(HOUR_MS);
    let reply = desk.go(&dispatcher, "correct", &rubbish());
    assert_eq!(reply.at("/row/category"), "E0110");
    assert_eq!(reply.at("/row/state"), "accepted");
    assert_eq!(reply.at("/row/lead"), "DISPATCH-350703");
    assert_eq!(reply.at("/row/deadline_ms"), &Value::Null);
    assert_eq!(reply.at("/life/suggested/unit"), CLEANERS);
    assert_eq!(
        reply.at("/decision"),
        before.at("/decision"),
        "as it was routed"
    );
    let conditions = reply.at("/life/conditions").as_array().unwrap();
    let own = |row: &Value| row[0].as_str().unwrap().starts_with("E0110-");
    assert!(!conditions.is_empty() && conditions.iter().all(own));
    assert_eq!(desk.seen(&water).status, 404, "it has it no longer");
    let former = json!({"unit": CLEANERS, "condition": "C0101-1"});
    assert_eq!(desk.attempt(&dispatcher, "dispatch", &former).status, 422);
    let reply = desk.go(&dispatcher, "dispatch", &json!({"unit": CLEANERS}));
    assert_eq!(reply.at("/row/dispatched_ms"), &json!(world.now()));
    assert!(reply.at("/row/deadline_ms").as_i64().unwrap() > world.now().0);
    // Its reporter reads the old and the new.
    let about = desk.about(&dispatcher, "correct");
    let doc = kept(&world, &worker, &desk).unwrap();
    assert_eq!(doc["category"], "E0110");
    let course = doc["course"].as_array().unwrap();
    let entry = course.iter().find(|entry| entry["kind"] == "correct");
    let reason = entry.unwrap()["reason"].as_str().unwrap();
    for words in ["类别：上水井盖 → 暴露生活垃圾", "立案条件："] {
        assert!(about[0].contains(words), "{about:?}");
        assert!(reason.contains(words), "{reason}");
    }
    assert!(reason.ends_with("现场是垃圾"), "{reason}");
    // It is found by the new word, and still by the old one.
    for word in ["暴露生活垃圾", "上水井盖"] {
        let list = world.get(&format!("/v1/cases?text={word}"), &dispatcher);
        assert_eq!(list.at("/rows/0/id"), desk.case.as_str(), "{word}");
    }
    agrees(&world);
}

fn a_corrected_place_changes_who_sees_it_and_what_is_counted_there(backend: &Backend) {
    let world = World::new(backend);
    let mut reporter = world.worker();
    let neighbour = world.handheld(world.person(Role::GridWorker, GRID, None));
    let desk = Desk::filed(&world, &mut reporter, "C0101");
    let here = world.console_of(Role::Dispatcher, HERE, None);
    let there = world.console_of(Role::Dispatcher, ELSEWHERE, None);
    let whole = world.console_of(Role::Dispatcher, "350703", None);
    assert!(kept(&world, &neighbour, &desk).is_some());
    assert_eq!(desk.seen(&there).status, 404);
    // The street assists in what lies in it.
    let before = desk.seen(&whole);
    let assisting = before.at("/decision/assisting").as_array().unwrap().iter();
    let codes = assisting.filter_map(|unit| unit["code"].as_str());
    let streets: Vec<String> = codes
        .filter(|code| code.ends_with(HERE))
        .map(|code| world.console_of(Role::Handler, "350703", Some(code)))
        .collect();
    for street in &streets {
        assert_eq!(desk.seen(street).status, 200);
    }
    let half = json!({"lat_e7": PLACE_ELSEWHERE.0, "reason": "定位错了"});
    assert_eq!(desk.attempt(&here, "correct", &half).status, 422);
    let reply = desk.go(&here, "correct", &elsewhere());
    let grid = reply.at("/grid").as_str().unwrap().to_owned();
    assert!(grid.starts_with(ELSEWHERE), "{grid}");
    assert_eq!(reply.at("/place/lat_e7"), PLACE_ELSEWHERE.0);
    assert_eq!(reply.at("/row/category"), "C0101");
    assert_eq!(reply.at("/row/state"), "accepted");
    assert_eq!(desk.seen(&here).status, 404);
    assert_eq!(desk.seen(&there).status, 200);
    for street in &streets {
        assert_eq!(desk.seen(street).status, 404);
    }
    // The buckets: the grid of before has it no longer, the new one and the reporter have it.
    let newcomer = world.handheld(world.person(Role::GridWorker, &grid, None));
    assert_eq!(kept(&world, &neighbour, &desk), None);
    for handheld in [&newcomer, &reporter] {
        let doc = kept(&world, handheld, &desk).unwrap();
        assert_eq!(doc["grid"], grid.as_str());
        assert_eq!(doc["lon_e7"], PLACE_ELSEWHERE.1);
    }
    desk.go(&there, "dispatch", &json!({"unit": "E01"}));
    // What was counted of its place went with it.
    let days = "from=2026-11-01&to=2026-11-30&by=street";
    let streets = world.get(&format!("/v1/statistics?{days}"), &whole);
    let keys = streets.at("/rows").as_array().unwrap().iter();
    let keys: Vec<&str> = keys.map(|row| row["key"].as_str().unwrap()).collect();
    assert_eq!(keys, [ELSEWHERE]);
    assert_eq!(streets.at("/rows/0/counts/reported"), 1);
    agrees(&world);
}

fn what_lies_outside_all_grids_comes_into_one(backend: &Backend) {
    let world = World::new(backend);
    let mut worker = world.worker();
    let mut report = worker.report();
    report["place"] = json!({"lat_e7": 0, "lon_e7": 0, "source": "pin", "words": ""});
    let op = worker.file(report);
    let reply = world.push(&worker, &[op]);
    let case = reply.at("/results/0/case_id").as_str().unwrap().to_owned();
    let desk = Desk {
        world: &world,
        case,
    };
    let here = world.console_of(Role::Dispatcher, HERE, None);
    let whole = world.console_of(Role::Dispatcher, "350703", None);
    assert_eq!(desk.seen(&here).status, 404);
    let sea = json!({"lat_e7": 5, "lon_e7": 5, "reason": "在海里"});
    let reply = desk.attempt(&whole, "correct", &sea);
    assert_eq!(reply.status, 422, "{reply:?}");
    let (lat_e7, lon_e7) = PLACE;
    let place = json!({"lat_e7": lat_e7, "lon_e7": lon_e7, "reason": "电话问清了位置"});
    let reply = desk.go(&whole, "correct", &place);
    assert_eq!(reply.at("/grid"), GRID);
    assert_eq!(desk.seen(&here).status, 200);
    let neighbour = world.handheld(world.person(Role::GridWorker, COMMUNITY, None));
    assert!(kept(&world, &neighbour, &desk).is_some());
    agrees(&world);
}

fn only_whoever_dispatches_corrects_and_not_while_a_unit_works(backend: &Backend) {
    let world = World::new(backend);
    let mut worker = world.worker();
    let desk = Desk::filed(&world, &mut worker, "C0101");
    let dispatcher = world.console_of(Role::Dispatcher, HERE, None);
    let supervisor = world.console_of(Role::Supervisor, HERE, None);
    let unit = world.console_of(Role::Handler, "350703", Some("E01"));
    let own = world.console(worker.person);
    for token in [&supervisor, &unit, &own] {
        assert_eq!(desk.attempt(token, "correct", &rubbish()).status, 403);
        assert!(!desk.moves(token).contains(&String::from("correct")));
    }
    assert!(desk.moves(&dispatcher).contains(&String::from("correct")));
    desk.go(&unit, "start", &json!({}));
    assert!(!desk.moves(&dispatcher).contains(&String::from("correct")));
    let reply = desk.attempt(&dispatcher, "correct", &rubbish());
    assert_eq!((reply.status, reply.code()), (409, "not_possible"));
    desk.go(&unit, "hand_back", &json!({"reason": "是垃圾，不是井盖"}));
    desk.go(&dispatcher, "correct", &rubbish());
    agrees(&world);
}

fn what_a_worker_proposes_waits_for_the_desk(backend: &Backend) {
    let world = World::new(backend);
    let mut worker = world.worker();
    let report = worker.file_text("井盖不见了");
    let reply = world.push(&worker, std::slice::from_ref(&report));
    let case = reply.at("/results/0/case_id").as_str().unwrap().to_owned();
    let desk = Desk {
        world: &world,
        case,
    };
    let mut operation = worker.next(json!({"category": "E0110", "condition": "E0110-1"}));
    operation.kind = kind::REPORT_AMEND.to_owned();
    operation.subject = report["subject"].as_str().unwrap().to_owned();
    operation.photos = Vec::new();
    let operation = worker.seal(operation);
    assert_eq!(outcomes(&world.push(&worker, &[operation])), ["applied"]);
    let dispatcher = world.console_of(Role::Dispatcher, HERE, None);
    let seen = desk.seen(&dispatcher);
    assert_eq!(seen.at("/row/category"), "C0101");
    assert_eq!(seen.at("/life/amended/category"), "E0110");
    assert_eq!(seen.at("/life/amended/condition"), "E0110-1");
    desk.go(&dispatcher, "correct", &rubbish());
    let seen = desk.seen(&dispatcher);
    assert_eq!(seen.at("/life/amended"), &Value::Null, "it was answered");
    agrees(&world);
}

fn a_corrected_case_is_checked_against_its_correction(backend: &Backend) {
    let world = World::new(backend);
    let mut worker = world.worker();
    let desk = Desk::filed(&world, &mut worker, "C0101");
    let whole = world.console_of(Role::Dispatcher, "350703", None);
    desk.go(&whole, "correct", &rubbish());
    desk.go(&whole, "correct", &elsewhere());
    agrees(&world);
    // Back to what the report says, past the desk.
    let mut hand = Hand::on(backend);
    hand.run("UPDATE cases SET category = 'C0101'");
    let findings = world.verify().findings;
    assert!(
        findings.iter().any(|found| found.field == "category"),
        "{findings:?}"
    );
    hand.run("UPDATE cases SET category = 'E0110', lat_e7 = lat_e7 + 1");
    let findings = world.verify().findings;
    assert!(
        findings.iter().any(|found| found.field == "place"),
        "{findings:?}"
    );
}

fn what_was_found_before_a_correction_comes_late(backend: &Backend) {
    let world = World::new(backend);
    let mut reporter = world.worker();
    let mut neighbour = world.handheld(world.person(Role::GridWorker, GRID, None));
    // There is no heating company in this district: a dispatcher has to decide.
    let mut report = reporter.report();
    report["category"] = json!("C0192");
    report["condition"] = json!("C0192-1");
    let report = reporter.file(report);
    let reply = world.push(&reporter, std::slice::from_ref(&report));
    let desk = Desk {
        world: &world,
        case: reply.at("/results/0/case_id").as_str().unwrap().to_owned(),
    };
    let dispatcher = world.console_of(Role::Dispatcher, "350703", None);
    let asked = desk.go(&dispatcher, "ask_verify", &json!({}));
    let asked = asked.at("/row/revision").as_i64();
    // Away while the desk puts the category right and asks anew.
    desk.go(&dispatcher, "correct", &rubbish());
    desk.go(&dispatcher, "ask_verify", &json!({}));
    let mut finding = neighbour.next(json!({"found": "no", "reason": "没看到"}));
    finding.kind = kind::CASE_VERIFY.to_owned();
    finding.subject = report["subject"].as_str().unwrap().to_owned();
    finding.photos = Vec::new();
    finding.base_revision = asked;
    let finding = neighbour.seal(finding);
    let reply = world.push(&neighbour, &[finding]);
    assert_eq!(outcomes(&reply), ["applied: late_finding"]);
    assert_eq!(desk.seen(&dispatcher).at("/row/state"), "verifying");
    // Then the place: whoever's grid it was adds to it all the same, and moves nothing.
    desk.go(&dispatcher, "correct", &elsewhere());
    let note = about(
        &mut neighbour,
        &report,
        kind::NOTE_ADD,
        json!({"text": "在马路对面"}),
    );
    assert_eq!(outcomes(&world.push(&neighbour, &[note])), ["applied"]);
    let late = about(
        &mut neighbour,
        &report,
        kind::CASE_VERIFY,
        json!({"found": "no", "reason": "没看到"}),
    );
    let reply = world.push(&neighbour, &[late]);
    assert_eq!(outcomes(&reply), ["applied: late_finding"]);
    let seen = desk.seen(&dispatcher);
    assert_eq!(seen.at("/row/state"), "received");
    let course = kinds(&seen);
    assert_eq!(course[course.len() - 2..], ["note", "late_finding"]);
    agrees(&world);
}
