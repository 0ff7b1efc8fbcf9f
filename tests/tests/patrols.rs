//! Rounds (巡查): ticked offline by a real handheld, read by the office of the place, by point and
//! never by person. On both databases.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test may fail loudly"
)]

use serde_json::{Value, json};
use shared::id::{DraftId, OpId};
use shared::operation::kind;
use shared::patrol::{Mark, OnRound, Seen};
use shared::role::Role;
use shared::time::{DAY_MS, MINUTE_MS};
use tests::backends::Backend;
use tests::drafts::{admin, begin, edit, publish};
use tests::on_both;
use tests::phone::Phone;
use tests::world::{COMMUNITY, ELSEWHERE, Handheld, PLACE_ELSEWHERE, World, outcomes};

on_both!(
    a_round_is_ticked_offline_and_read_by_point_and_never_by_person,
    a_report_begun_on_a_round_leads_to_its_case,
    a_case_in_another_street_is_for_those_who_may_read_it,
    the_longest_round_is_taken_and_a_longer_one_is_not,
    an_administrator_makes_changes_and_retires_a_round,
);

/// A tick of the morning's round, all well.
fn tick(handheld: &mut Handheld, point: &str) -> Value {
    let payload = json!({"round": "morning", "point": point, "seen": "fine"});
    let mut operation = handheld.next(payload);
    operation.kind = kind::PATROL_MARK.to_owned();
    operation.subject = "morning".to_owned();
    operation.photos = Vec::new();
    handheld.seal(operation)
}

fn a_round_is_ticked_offline_and_read_by_point_and_never_by_person(backend: &Backend) {
    let world = World::new(backend);
    let worker = world.person(Role::GridWorker, COMMUNITY, None);
    let phone = Phone::enrolled(&world, worker);
    let cards = phone.app.patrols(world.now()).unwrap();
    assert_eq!((cards[0].id.as_str(), cards[0].ticked), ("morning", (0, 2)));
    let mark = |point: &str, seen, note: &str| Mark {
        round: "morning".into(),
        point: point.into(),
        seen,
        note: note.into(),
    };
    for mark in [
        mark("gate", Seen::Fine, ""),
        mark("market", Seen::Trouble, "后门堆物"),
    ] {
        let op_id = OpId(phone.edge.uuid());
        let moment = phone.edge.moment();
        phone.app.mark_point(&mark, op_id, &moment).unwrap();
        world.pass_ms(MINUTE_MS);
    }
    let at = OnRound {
        round: "morning".into(),
        point: "market".into(),
    };
    let draft = DraftId(phone.edge.uuid());
    let now = phone.edge.now();
    phone.app.begin_report_on_round(&at, draft, now).unwrap();
    phone.sync_well();
    phone.sync_well();
    let office = world.console_of(Role::Supervisor, COMMUNITY, None);
    let rounds = world.get("/v1/patrols", &office);
    assert_eq!(rounds.status, 200, "{rounds:?}");
    assert_eq!(rounds.at("/0/points/0/marks/0/seen"), "fine");
    assert_eq!(rounds.at("/0/points/1/marks/0/note"), "后门堆物");
    assert_eq!(rounds.at("/0/points/1/marks").as_array().unwrap().len(), 1);
    let text = rounds.json.to_string();
    assert!(!text.contains("person") && !text.contains("某人"), "{text}");
    let elsewhere = world.console_of(Role::Supervisor, ELSEWHERE, None);
    let none = world.get("/v1/patrols", &elsewhere);
    assert!(none.at("").as_array().unwrap().is_empty());
    // Whoever has nothing to do with the round is not heard, and neither is a point that isn't one.
    let mut stranger = world.handheld(world.person(Role::GridWorker, ELSEWHERE, None));
    let mut neighbour = world.handheld(world.person(Role::GridWorker, COMMUNITY, None));
    let op = tick(&mut stranger, "gate");
    assert_eq!(
        outcomes(&world.push(&stranger, &[op])),
        ["quarantined: not_yours"]
    );
    let op = tick(&mut neighbour, "nowhere");
    assert_eq!(
        outcomes(&world.push(&neighbour, &[op])),
        ["quarantined: patrol_unknown"]
    );
    assert_eq!(world.verify().findings, []);
}

fn a_report_begun_on_a_round_leads_to_its_case(backend: &Backend) {
    let world = World::new(backend);
    let mut worker = world.worker();
    let at = |worker: &mut Handheld, point: &str| {
        let mut report = worker.report();
        report["patrol"] = json!({"round": "morning", "point": point});
        worker.file(report)
    };
    let ops = [at(&mut worker, "market"), at(&mut worker, "nowhere")];
    let reply = world.push(&worker, &ops);
    assert_eq!(outcomes(&reply), ["applied", "applied"]);
    let office = world.console_of(Role::Supervisor, COMMUNITY, None);
    let rounds = world.get("/v1/patrols", &office);
    assert_eq!(rounds.status, 200, "{rounds:?}");
    let cases = rounds.at("/0/points/1/cases").as_array().unwrap();
    assert_eq!(cases.len(), 1, "{cases:?}");
    assert_eq!(cases[0]["id"], *reply.at("/results/0/case_id"));
    assert_eq!(cases[0]["case_no"], *reply.at("/results/0/case_no"));
    assert_eq!(cases[0]["photos"], 1);
    assert_eq!(rounds.at("/0/points/0/cases"), &Value::Null);
    let grid = rounds.at("/0/points/0/grid_name").as_str().unwrap();
    assert!(!grid.is_empty());
    // A clock two days behind, and what it was off by told by nothing but the push.
    let mut slow = world.worker();
    slow.wall = world.now().plus_ms(-2 * DAY_MS);
    let op = at(&mut slow, "gate");
    assert_eq!(outcomes(&world.push(&slow, &[op])), ["applied"]);
    let today = world.get("/v1/patrols", &office);
    let cases = today.at("/0/points/0/cases").as_array().unwrap();
    assert_eq!(cases.len(), 1, "{cases:?}");
    let before = world.now().plus_ms(-DAY_MS);
    let path = format!("/v1/patrols?to_ms={}", before.0);
    let before = world.get(&path, &office);
    assert_eq!(before.at("/0/points/1/id"), "market", "{before:?}");
    assert_eq!(before.at("/0/points/1/cases"), &Value::Null);
    assert_eq!(world.verify().findings, []);
}

/// Whoever sees a round sees of its cases what may be read as a case, and no more.
fn a_case_in_another_street_is_for_those_who_may_read_it(backend: &Backend) {
    let world = World::new(backend);
    let mut worker = world.worker();
    let mut report = worker.report();
    report["patrol"] = json!({"round": "morning", "point": "market"});
    report["place"]["lat_e7"] = json!(PLACE_ELSEWHERE.0);
    report["place"]["lon_e7"] = json!(PLACE_ELSEWHERE.1);
    let op = worker.file(report);
    let reply = world.push(&worker, &[op]);
    assert_eq!(outcomes(&reply), ["applied"]);
    let shown = |token: &str| {
        let rounds = world.get("/v1/patrols", token);
        assert_eq!(rounds.at("/0/points/1/id"), "market", "{rounds:?}");
        rounds.at("/0/points/1/cases/0/id").clone()
    };
    let community = world.console_of(Role::Supervisor, COMMUNITY, None);
    assert_eq!(shown(&community), Value::Null);
    assert_eq!(shown(&worker.token), *reply.at("/results/0/case_id"));
    let district = world.console_of(Role::Dispatcher, "350703", None);
    assert_eq!(shown(&district), *reply.at("/results/0/case_id"));
    let handler = world.console_of(Role::Handler, "350703", Some("E01"));
    assert_eq!(world.get("/v1/patrols", &handler).at(""), &json!([]));
}

fn the_longest_round_is_taken_and_a_longer_one_is_not(backend: &Backend) {
    let world = World::new(backend);
    let admin = admin(&world);
    let draft = begin(&world, &admin, None);
    let of = |count: usize| {
        let point = |n: usize| {
            let name = format!("{n:03}{}", "长".repeat(57));
            json!({"id": name, "name": name, "lat_e7": 271_505_000, "lon_e7": 1_180_292_000,
                "words": "看".repeat(200)})
        };
        let points: Vec<Value> = (0..count).map(point).collect();
        let round = json!({"id": "", "name": "长线", "area": COMMUNITY, "points": points});
        json!([{"kind": "round", "round": round}])
    };
    let taken = edit(&world, &admin, &draft, 1, &of(200));
    assert_eq!(taken.status, 200, "{}", taken.at("/words"));
    let refused = edit(&world, &admin, &draft, 2, &of(201));
    assert_eq!(
        (refused.status, refused.at("/field")),
        (422, &json!("round"))
    );
    // The audit says which round and not all of its points.
    let audit = world.get("/v1/audit?action=catalogue.edit", &admin);
    let noted = audit.at("/rows/0/detail/edits/0");
    assert_eq!(noted["name"], "长线", "{audit:?}");
    assert_eq!(noted["points"], 200);
}

fn evening(area: &str, points: &[(&str, i64)]) -> Value {
    let point = |(name, lat_e7): &(&str, i64)| json!({"id": name, "name": name, "lat_e7": lat_e7, "lon_e7": 1_180_292_000});
    let points: Vec<Value> = points.iter().map(point).collect();
    let round = json!({"id": "", "name": "晚间巡查", "area": area, "points": points});
    json!([{"kind": "round", "round": round}])
}

fn an_administrator_makes_changes_and_retires_a_round(backend: &Backend) {
    let world = World::new(backend);
    let admin = admin(&world);
    let mut worker = world.worker();
    let phone = Phone::enrolled(&world, world.person(Role::GridWorker, COMMUNITY, None));
    let draft = begin(&world, &admin, None);
    for wrong in [
        evening(COMMUNITY, &[]),
        evening(COMMUNITY, &[("桥头", 271_505_000), ("桥头", 271_506_000)]),
        evening("350703999", &[("桥头", 271_505_000)]),
    ] {
        let refused = edit(&world, &admin, &draft, 1, &wrong);
        assert_eq!(refused.status, 422, "{refused:?}");
    }
    let made = edit(
        &world,
        &admin,
        &draft,
        1,
        &evening(COMMUNITY, &[("桥头", 271_505_000)]),
    );
    assert_eq!(made.status, 200, "{made:?}");
    let id = format!("{COMMUNITY}-1");
    assert_eq!(made.at("/doc/patrols/1/id"), &json!(id));
    let parts = made.at("/review/parts");
    assert_eq!(
        (&parts[0]["part"], &parts[0]["new"]),
        (&json!("patrols"), &json!(1))
    );
    let body = json!({"base_revision": 2, "suspicions_seen": true});
    let published = publish(&world, &admin, &draft, &body);
    assert_eq!(published.status, 200, "{published:?}");
    phone.sync_well();
    assert_eq!(phone.app.patrols(world.now()).unwrap().len(), 2);
    // Retired, nobody is shown it any more; who ticked it before hearing of that is heard.
    let draft = begin(&world, &admin, None);
    let retire = json!([{"kind": "retire_round", "round": "morning", "retired": true}]);
    let retired = edit(&world, &admin, &draft, 1, &retire);
    assert_eq!(retired.at("/review/parts/0/gone"), &json!(2), "{retired:?}");
    let published = publish(&world, &admin, &draft, &body);
    assert_eq!(published.status, 200, "{published:?}");
    phone.sync_well();
    let cards = phone.app.patrols(world.now()).unwrap();
    assert_eq!(cards.len(), 1);
    assert_eq!(cards[0].id, id);
    let office = world.console_of(Role::Supervisor, COMMUNITY, None);
    let ids = |rounds: &Value| -> Vec<String> {
        let rounds = rounds.as_array().unwrap().iter();
        rounds
            .map(|round| round["id"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(ids(world.get("/v1/patrols", &office).at("")), [id.as_str()]);
    let op = tick(&mut worker, "gate");
    assert_eq!(outcomes(&world.push(&worker, &[op])), ["applied"]);
    let rounds = world.get("/v1/patrols", &office);
    assert_eq!(ids(rounds.at("")), ["morning", id.as_str()]);
    assert_eq!(rounds.at("/0/retired"), &json!(true));
}
