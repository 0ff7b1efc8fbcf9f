//! Cases through the console: each move by who may make it, stale ones shown and not made, lists
//! in pages, and the worker hearing of every step.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test may fail loudly"
)]

use serde_json::{Value, json};
use shared::role::Role;
use sync_server::store;
use tests::backends::Backend;
use tests::on_both;
use tests::world::{Handheld, Reply, START, World};

on_both!(
    a_case_goes_its_way_and_the_worker_hears_of_each_step,
    of_two_people_at_once_one_moves_the_case_and_the_other_sees_it,
    a_dispatcher_gives_a_case_only_to_who_may_have_it,
    a_fix_on_the_spot_is_closed_at_once,
    outside_all_grids_the_dispatcher_decides,
    pages_of_a_list_hold_every_case_once,
    work_lists_count_what_their_address_lists,
    a_list_is_narrowed_by_known_names_only,
    what_waits_for_a_person_is_settled_with_a_note,
);

/// 暴露生活垃圾: the sanitation centre's, with the street to assist.
fn rubbish(handheld: &mut Handheld) -> Value {
    let mut report = handheld.report();
    report["category"] = json!("E0110");
    report["condition"] = json!("E0110-1");
    report["text"] = json!("垃圾桶外堆了三袋");
    handheld.file(report)
}

fn file(world: &World, handheld: &mut Handheld) -> String {
    let op = rubbish(handheld);
    let reply = world.push(handheld, &[op]);
    assert_eq!(reply.at("/results/0/outcome"), "applied", "{reply:?}");
    reply.at("/results/0/case_id").as_str().unwrap().to_owned()
}

fn make_move(world: &World, token: &str, case: &str, body: &Value) -> Reply {
    world.post(&format!("/v1/cases/{case}/moves"), token, body)
}

fn a_case_goes_its_way_and_the_worker_hears_of_each_step(backend: &Backend) {
    let world = World::new(backend);
    let mut handheld = world.worker();
    let case = file(&world, &mut handheld);
    let dispatcher = world.console_of(Role::Dispatcher, "350703", None);
    let first = world.get(&format!("/v1/cases/{case}"), &dispatcher);
    assert_eq!(first.at("/row/lead"), "D22-2", "{first:?}");
    // 4工作时 from 10:30: until noon 1.5, from 14:00 2.5.
    assert_eq!(first.at("/row/deadline_ms"), START.0 + 6 * 3_600_000);
    let cleaners = world.console_of(Role::Handler, "350703", Some("D22-2"));
    let water = world.console_of(Role::Handler, "350703", Some("E01"));
    world.pass_ms(60_000);
    let back = json!({"kind": "hand_back", "base_revision": 1, "reason": "  "});
    let reply = make_move(&world, &cleaners, &case, &back);
    assert_eq!(
        (reply.status, reply.code(), reply.at("/field")),
        (422, "invalid", &json!("reason"))
    );
    let back = json!({"kind": "hand_back", "base_revision": 1, "reason": "属供水管线开挖弃土"});
    let reply = make_move(&world, &cleaners, &case, &back);
    assert_eq!(
        (reply.status, reply.at("/row/state")),
        (200, &json!("returned"))
    );
    let give =
        json!({"kind": "dispatch", "base_revision": 2, "unit": "E01", "reason": "请供水企业清运"});
    let reply = make_move(&world, &dispatcher, &case, &give);
    assert_eq!(
        (reply.status, reply.at("/row/lead_name")),
        (200, &json!("供水企业"))
    );
    // The limit counts anew from the new dispatch.
    assert_eq!(
        reply.at("/row/deadline_ms"),
        START.0 + 60_000 + 6 * 3_600_000
    );
    assert_eq!(
        world.get(&format!("/v1/cases/{case}"), &cleaners).status,
        404
    );
    let steps = [
        (
            &water,
            json!({"kind": "start", "base_revision": 3}),
            "handling",
        ),
        (
            &water,
            json!({"kind": "finish", "base_revision": 4, "reason": "已清运"}),
            "handled",
        ),
        (
            &dispatcher,
            json!({"kind": "close", "base_revision": 5}),
            "closed",
        ),
    ];
    for (who, body, state) in steps {
        let reply = make_move(&world, who, &case, &body);
        assert_eq!(
            (reply.status, reply.at("/row/state")),
            (200, &json!(state)),
            "{reply:?}"
        );
    }
    let shown = world.get(&format!("/v1/cases/{case}"), &dispatcher);
    assert_eq!(shown.at("/moves"), &json!([]));
    assert_eq!(shown.at("/row/revision"), 6);
    let bys: Vec<&str> = shown
        .at("/events")
        .as_array()
        .unwrap()
        .iter()
        .map(|e| e["by"].as_str().unwrap())
        .collect();
    assert_eq!(bys[1], "系统");
    assert!(bys[2].contains("环卫中心"), "{bys:?}");
    let rows = world.pull_all(&handheld);
    let doc = &rows.iter().find(|row| row["id"] == case.as_str()).unwrap()["doc"];
    assert_eq!(
        (&doc["state"], &doc["class"]),
        (&json!("closed"), &json!("closed"))
    );
    let kinds: Vec<&str> = doc["course"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| e["kind"].as_str().unwrap())
        .collect();
    assert_eq!(
        kinds,
        [
            "received",
            "dispatch",
            "hand_back",
            "dispatch",
            "start",
            "finish",
            "close"
        ]
    );
    let id = case.parse().unwrap();
    let trail = world.look(move |tx| Ok(store::events::of_case(tx, id)?));
    assert_eq!(store::events::first_break(id, &trail), None);
}

fn of_two_people_at_once_one_moves_the_case_and_the_other_sees_it(backend: &Backend) {
    let world = World::new(backend);
    let mut handheld = world.worker();
    let case = file(&world, &mut handheld);
    let token = world.console_of(Role::Handler, "350703", Some("D22-2"));
    let body = json!({"kind": "start", "base_revision": 1});
    let replies = world.at_once(6, &format!("/v1/cases/{case}/moves"), &token, &body);
    let done = replies.iter().filter(|reply| reply.status == 200).count();
    assert_eq!(done, 1);
    for reply in replies.iter().filter(|reply| reply.status != 200) {
        assert_eq!(
            (reply.status, reply.at("/error/code")),
            (409, &json!("stale"))
        );
        assert_eq!(reply.at("/current/row/state"), "handling");
        assert_eq!(reply.at("/current/row/revision"), 2);
    }
    // What the state doesn't allow is another 409.
    let reply = make_move(
        &world,
        &token,
        &case,
        &json!({"kind": "start", "base_revision": 2}),
    );
    assert_eq!((reply.status, reply.code()), (409, "not_possible"));
}

fn a_dispatcher_gives_a_case_only_to_who_may_have_it(backend: &Backend) {
    let world = World::new(backend);
    let mut handheld = world.worker();
    // 上水井盖 is not on the streets' list as their own; the table names the street to assist.
    let op = handheld.file_text("井盖");
    let reply = world.push(&handheld, &[op]);
    let case = reply.at("/results/0/case_id").as_str().unwrap().to_owned();
    let token = world.console_of(Role::Dispatcher, "350703", None);
    for unit in [
        json!("NOBODY"),
        json!("POOL-350703001"),
        json!("DISPATCH-350703"),
        Value::Null,
    ] {
        let body = json!({"kind": "dispatch", "base_revision": 1, "unit": unit});
        let reply = make_move(&world, &token, &case, &body);
        assert_eq!(
            (reply.status, reply.at("/field")),
            (422, &json!("unit")),
            "{unit}"
        );
    }
    let body = json!({"kind": "dispatch", "base_revision": 1, "unit": "x y'"});
    assert_eq!(make_move(&world, &token, &case, &body).status, 400);
    let same = json!({"kind": "dispatch", "base_revision": 1, "unit": "E01"});
    assert_eq!(
        make_move(&world, &token, &case, &same).code(),
        "not_possible"
    );
}

fn a_fix_on_the_spot_is_closed_at_once(backend: &Backend) {
    let world = World::new(backend);
    let mut handheld = world.worker();
    let mut report = handheld.report();
    report["self_fixed"] = json!(true);
    let op = handheld.file(report);
    let reply = world.push(&handheld, &[op]);
    let case = reply.at("/results/0/case_id").as_str().unwrap().to_owned();
    let token = world.console_of(Role::Supervisor, "350703", None);
    let shown = world.get(&format!("/v1/cases/{case}"), &token);
    assert_eq!(shown.at("/row/state"), "closed");
    assert_eq!(shown.at("/decision/rule"), "现场自处置");
    assert_eq!(shown.at("/events/1/kind"), "self_fix");
}

fn outside_all_grids_the_dispatcher_decides(backend: &Backend) {
    let world = World::new(backend);
    let mut handheld = world.worker();
    let mut report = handheld.report();
    report["place"] =
        json!({"lat_e7": 280_000_000, "lon_e7": 1_190_000_000, "source": "pin", "words": "桥下"});
    report["grid"] = json!("350703001012001001001");
    report["preview"] = json!({"lead": "E01", "rule": "部件先属主", "deadline_ms": START});
    let op = handheld.file(report);
    let reply = world.push(&handheld, &[op]);
    assert_eq!(reply.at("/results/0/outcome"), "applied");
    // The worker hears where the server decided otherwise.
    let differs = reply.at("/results/0/differs").to_string();
    for word in ["所有网格之外", "实际派给派遣员", "转派遣员"] {
        assert!(differs.contains(word), "{word}: {differs}");
    }
    let token = world.console_of(Role::Dispatcher, "350703", None);
    let page = world.get("/v1/cases?todo=true", &token);
    assert_eq!(page.at("/rows/0/state"), "received");
    assert_eq!(page.at("/rows/0/lead"), "DISPATCH-350703");
    let case = page.at("/rows/0/id").as_str().unwrap();
    let body = json!({"kind": "dispatch", "base_revision": 0, "unit": "E01"});
    let reply = make_move(&world, &token, case, &body);
    assert_eq!(
        (reply.status, reply.at("/row/state")),
        (200, &json!("dispatched"))
    );
    assert_eq!(reply.at("/row/deadline_ms"), START.0 + 2 * 3_600_000);
}

fn pages_of_a_list_hold_every_case_once(backend: &Backend) {
    let world = World::new(backend);
    let mut handheld = world.worker();
    let ops: Vec<Value> = (0..23)
        .map(|n| handheld.file_text(&format!("第{n}件")))
        .collect();
    assert_eq!(world.push(&handheld, &ops).status, 200);
    let token = world.console_of(Role::Supervisor, "350703", None);
    for sort in ["opened", "deadline"] {
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = world.get(
                &format!("/v1/cases?limit=5&sort={sort}&cursor={cursor}"),
                &token,
            );
            assert_eq!(page.status, 200, "{page:?}");
            let rows = page.at("/rows").as_array().unwrap();
            seen.extend(
                rows.iter()
                    .map(|row| row["case_no"].as_str().unwrap().to_owned()),
            );
            match page.at("/next").as_str() {
                Some(next) => next.clone_into(&mut cursor),
                None => break,
            }
        }
        assert_eq!(seen.len(), 23);
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), 23, "{sort}");
    }
    for bad in ["sort=size", "class=maybe", "area=x%20y", "cursor=1"] {
        let reply = world.get(&format!("/v1/cases?{bad}"), &token);
        assert_eq!((reply.status, reply.code()), (422, "invalid"), "{bad}");
    }
    assert_eq!(world.get("/v1/cases?limit=many", &token).status, 400);
    let found = world.get("/v1/cases?text=%E7%AC%AC7%E4%BB%B6", &token);
    assert_eq!(found.at("/rows").as_array().unwrap().len(), 1);
    world.pass_ms(3 * 3_600_000);
    let late = world.get("/v1/cases?late=true&limit=200", &token);
    assert_eq!(late.at("/rows").as_array().unwrap().len(), 23);
    assert!(late.at("/rows/0/used_permille").as_i64().unwrap() > 1_000);
}

fn work_lists_count_what_their_address_lists(backend: &Backend) {
    let world = World::new(backend);
    let mut handheld = world.worker();
    for _ in 0..3 {
        let _ = file(&world, &mut handheld);
    }
    let mut broken = handheld.report();
    broken["category"] = json!("C9999");
    let op = handheld.file(broken);
    assert_eq!(world.push(&handheld, &[op]).status, 200);
    for (role, unit) in [
        (Role::Dispatcher, None),
        (Role::Handler, Some("D22-2")),
        (Role::Supervisor, None),
        (Role::Administrator, None),
        (Role::GridWorker, None),
    ] {
        let token = world.console_of(role, "350703", unit);
        let lists = world.get("/v1/worklists", &token);
        for list in lists.json.as_array().unwrap() {
            let count = list["count"].as_u64().unwrap();
            let path = match list["key"].as_str().unwrap() {
                "quarantine" => "/v1/quarantine".to_owned(),
                _ => format!("/v1/cases?limit=200&{}", list["query"].as_str().unwrap()),
            };
            let page = world.get(&path, &token);
            let rows = page.at("/rows").as_array().unwrap().len();
            assert_eq!(usize::try_from(count).unwrap(), rows, "{role:?} {list}");
        }
        let open = lists
            .json
            .as_array()
            .unwrap()
            .iter()
            .find(|list| list["key"] == "open");
        assert_eq!(open.unwrap()["count"], 3, "{role:?}");
    }
}

fn a_list_is_narrowed_by_known_names_only(backend: &Backend) {
    let world = World::new(backend);
    let _ = file(&world, &mut world.worker());
    let token = world.console_of(Role::Supervisor, "350703", None);
    // As long as an address may be.
    let often = "dispatched,".repeat(5_000);
    let page = world.get(&format!("/v1/cases?state={often}"), &token);
    assert_eq!(page.at("/rows").as_array().unwrap().len(), 1, "{page:?}");
    for (field, names) in [
        ("state", "a,".repeat(20_000)),
        ("state", "dispatched,despatched".to_owned()),
        ("asked", "extension,holiday".to_owned()),
        ("card", "yellow,green".to_owned()),
    ] {
        let reply = world.get(&format!("/v1/cases?{field}={names}"), &token);
        assert_eq!(
            (reply.status, reply.code(), reply.at("/field")),
            (422, "invalid", &json!(field))
        );
    }
}

fn what_waits_for_a_person_is_settled_with_a_note(backend: &Backend) {
    let world = World::new(backend);
    let mut handheld = world.worker();
    let mut report = handheld.report();
    report["category"] = json!("C9999");
    let op = handheld.file(report);
    let id = op["op_id"].as_str().unwrap().to_owned();
    assert_eq!(world.push(&handheld, &[op]).status, 200);
    let token = world.console_of(Role::Supervisor, "350703", None);
    let note = json!({"note": "电话核实，已按上水井盖补报"});
    let path = format!("/v1/quarantine/{id}/resolve");
    assert_eq!(world.post(&path, &token, &note).status, 204);
    assert_eq!(world.post(&path, &token, &note).status, 404);
    assert_eq!(world.get("/v1/quarantine", &token).at("/rows"), &json!([]));
    let all = world.get("/v1/quarantine?settled=true", &token);
    assert_eq!(all.at("/rows/0/note"), &note["note"]);
    assert_eq!(all.at("/rows/0/resolved_ms"), START.0);
}
