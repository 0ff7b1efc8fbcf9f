//! Lists of what waits for one unit or one person: each shows exactly its cases, counts them, and
//! loses them with the move that was awaited. Each on both databases.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test may fail loudly"
)]

use serde_json::{Value, json};
use shared::id::PersonId;
use shared::role::Role;
use shared::time::{DAY_MS, HOUR_MS};
use sync_server::store::StoreError;
use tests::backends::Backend;
use tests::desk::Desk;
use tests::on_both;
use tests::world::{ELSEWHERE, HERE, START, World};

on_both!(
    whoever_assists_has_a_list_of_what_is_owed_until_it_is_answered,
    what_is_owed_is_paged_by_the_deadline_of_the_part,
    what_is_assigned_is_on_the_list_of_whoever_has_it_until_it_is_put_right,
    a_stage_that_lasts_too_long_is_listed_until_it_ends,
    what_is_out_on_site_is_listed_until_it_comes_back,
    lists_of_an_older_database_are_filled_by_one_look,
);

/// 暴露生活垃圾: the sanitation centre's (D22-2), within four working hours.
const RUBBISH: &str = "E0110";

/// What somebody's list shows: exactly what it counts.
fn listed(world: &World, token: &str, key: &str) -> Vec<Value> {
    let lists = world.get("/v1/worklists", token);
    let lists = lists.json.as_array().unwrap();
    let list = lists.iter().find(|list| list["key"] == key).unwrap();
    let query = list["query"].as_str().unwrap();
    let page = world.get(&format!("/v1/cases?limit=200&{query}"), token);
    assert_eq!(page.status, 200, "{page:?}");
    let rows = page.at("/rows").as_array().unwrap().clone();
    assert_eq!(list["count"], rows.len(), "{list}");
    rows
}

/// The ids of the same.
fn ids(world: &World, token: &str, key: &str) -> Vec<String> {
    let rows = listed(world, token, key);
    let id = |row: &Value| row["id"].as_str().unwrap().to_owned();
    rows.iter().map(id).collect()
}

fn handler(world: &World, unit: &str) -> String {
    world.console_of(Role::Handler, "350703", Some(unit))
}

/// Somebody of the sanitation centre, signed in.
fn colleague(world: &World) -> (String, PersonId) {
    let person = world.person(Role::Handler, "350703", Some("D22-2"));
    (world.console(person), person)
}

/// The database as a program left it that knew nothing of a column, and the step that added it.
fn as_before(world: &World, sql: &'static str) {
    let code = world.district.code.clone();
    world
        .store
        .write_blocking::<_, StoreError>(&code, move |tx| {
            tx.execute(sql, &[])?;
            tx.execute("UPDATE cases SET next_due_ms = 0", &[])
        })
        .unwrap();
}

fn whoever_assists_has_a_list_of_what_is_owed_until_it_is_answered(backend: &Backend) {
    let world = World::new(backend);
    let desk = Desk::filed(&world, &mut world.worker(), RUBBISH);
    let dispatcher = world.console_of(Role::Dispatcher, HERE, None);
    let (lead, other) = (handler(&world, "D22-2"), handler(&world, "E01"));
    let none: [String; 0] = [];
    assert_eq!(ids(&world, &other, "assisting"), none);
    let until = START.0 + 2 * HOUR_MS;
    let part = json!({"unit": "E01", "reason": "冲洗路面", "until_ms": until});
    desk.go(&dispatcher, "add_part", &part);
    world.pass_ms(HOUR_MS);
    let rows = listed(&world, &other, "assisting");
    assert_eq!((rows.len(), &rows[0]["id"]), (1, &json!(desk.case)));
    assert_eq!(rows[0]["part"]["unit"], "E01");
    assert_eq!(rows[0]["part"]["deadline_ms"], until);
    assert_eq!(rows[0]["part"]["used_permille"], 500);
    // Neither the unit that leads nor one that has no part in it.
    assert_eq!(ids(&world, &lead, "assisting"), none);
    assert_eq!(ids(&world, &handler(&world, "D22-4"), "assisting"), none);
    // It stays whatever the lead does, until it is answered.
    desk.go(&lead, "finish", &json!({"reason": "已清运"}));
    world.pass_ms(2 * HOUR_MS);
    world.tell_due();
    let other = handler(&world, "E01");
    let rows = listed(&world, &other, "assisting");
    assert!(rows[0]["part"]["used_permille"].as_i64().unwrap() > 1_000);
    desk.go(&other, "answer_part", &json!({"reason": "已冲洗"}));
    assert_eq!(ids(&world, &other, "assisting"), none);
    // Asked once more of the same unit, and closed without the answer.
    let dispatcher = world.console_of(Role::Dispatcher, HERE, None);
    desk.go(&dispatcher, "rework", &json!({"reason": "路面未冲"}));
    let again = json!({"unit": "E01", "reason": "再冲洗"});
    desk.go(&dispatcher, "add_part", &again);
    assert_eq!(
        ids(&world, &other, "assisting"),
        std::slice::from_ref(&desk.case)
    );
    let ask = json!({"ask": "force_close", "reason": "现场已拆除"});
    desk.go(&dispatcher, "ask", &ask);
    let supervisor = world.console_of(Role::Supervisor, HERE, None);
    desk.go(&supervisor, "grant", &json!({}));
    assert_eq!(ids(&world, &other, "assisting"), none);
    // Nobody but a handler has the list, and the filter shows nothing to anybody else.
    let page = world.get("/v1/cases?owed=true", &supervisor);
    assert_eq!(page.at("/rows"), &json!([]));
    let page = world.get("/v1/cases?sort=part", &other);
    assert_eq!((page.status, page.at("/field")), (422, &json!("sort")));
    assert_eq!(world.verify().findings, []);
}

fn what_is_owed_is_paged_by_the_deadline_of_the_part(backend: &Backend) {
    let world = World::new(backend);
    let mut handheld = world.worker();
    let dispatcher = world.console_of(Role::Dispatcher, HERE, None);
    let mut wanted = Vec::new();
    for days in [3, 1, 2] {
        let desk = Desk::filed(&world, &mut handheld, RUBBISH);
        let until = START.0 + days * DAY_MS;
        let part = json!({"unit": "E01", "reason": "冲洗路面", "until_ms": until});
        desk.go(&dispatcher, "add_part", &part);
        wanted.push((days, desk.case.clone()));
    }
    wanted.sort();
    let other = handler(&world, "E01");
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let path = format!("/v1/cases?owed=true&sort=part&limit=1&cursor={cursor}");
        let page = world.get(&path, &other);
        seen.push(page.at("/rows/0/id").as_str().unwrap().to_owned());
        match page.at("/next").as_str() {
            Some(next) => next.clone_into(&mut cursor),
            None => break,
        }
    }
    let wanted: Vec<String> = wanted.into_iter().map(|(_, case)| case).collect();
    assert_eq!(seen, wanted);
}

fn what_is_assigned_is_on_the_list_of_whoever_has_it_until_it_is_put_right(backend: &Backend) {
    let world = World::new(backend);
    let desk = Desk::filed(&world, &mut world.worker(), RUBBISH);
    let ((first, one), (second, two)) = (colleague(&world), colleague(&world));
    let none: [String; 0] = [];
    let case = std::slice::from_ref(&desk.case);
    assert_eq!(ids(&world, &first, "assigned"), none);
    desk.go(&first, "assign", &json!({"person": one}));
    assert_eq!(ids(&world, &first, "assigned"), case);
    assert_eq!(ids(&world, &second, "assigned"), none);
    // To another, taken back, and given once more.
    desk.go(&first, "assign", &json!({"person": two}));
    assert_eq!(ids(&world, &first, "assigned"), none);
    assert_eq!(ids(&world, &second, "assigned"), case);
    desk.go(&first, "unassign", &json!({}));
    assert_eq!(ids(&world, &second, "assigned"), none);
    desk.go(&first, "assign", &json!({"person": two}));
    // Put right it waits for others; what is to be done again is whose it was.
    desk.go(&second, "finish", &json!({"reason": "已清运"}));
    assert_eq!(ids(&world, &second, "assigned"), none);
    let dispatcher = world.console_of(Role::Dispatcher, HERE, None);
    desk.go(&dispatcher, "rework", &json!({"reason": "还有"}));
    assert_eq!(ids(&world, &second, "assigned"), case);
    let page = world.get("/v1/cases?assigned=you", &second);
    assert_eq!((page.status, page.at("/field")), (422, &json!("assigned")));
    assert_eq!(world.verify().findings, []);
}

fn a_stage_that_lasts_too_long_is_listed_until_it_ends(backend: &Backend) {
    let world = World::new(backend);
    let desk = Desk::filed(&world, &mut world.worker(), RUBBISH);
    let none: [String; 0] = [];
    let case = std::slice::from_ref(&desk.case);
    let dispatcher = world.console_of(Role::Dispatcher, HERE, None);
    let supervisor = world.console_of(Role::Supervisor, HERE, None);
    let elsewhere = world.console_of(Role::Dispatcher, ELSEWHERE, None);
    let (lead, other) = (handler(&world, "D22-2"), handler(&world, "E01"));
    let part = json!({"unit": "E01", "reason": "冲洗路面"});
    desk.go(&dispatcher, "add_part", &part);
    // 2工作时 to sign from 10:30: until 14:30.
    world.pass_ms(4 * HOUR_MS);
    assert_eq!(ids(&world, &dispatcher, "stage_late"), none);
    assert_eq!(ids(&world, &lead, "unit_stage_late"), none);
    world.pass_ms(1);
    // Whether it was told or not.
    for told in [false, true] {
        if told {
            world.tell_due();
        }
        assert_eq!(ids(&world, &dispatcher, "stage_late"), case);
        assert_eq!(ids(&world, &supervisor, "stage_late"), case);
        assert_eq!(ids(&world, &lead, "unit_stage_late"), case);
        // Another street's desk sees nothing, and who assists doesn't sign.
        assert_eq!(ids(&world, &elsewhere, "stage_late"), none);
        assert_eq!(ids(&world, &other, "unit_stage_late"), none);
    }
    as_before(&world, "UPDATE cases SET stage_due_ms = NULL");
    assert_eq!(ids(&world, &dispatcher, "stage_late"), none);
    world.tell_due();
    assert_eq!(ids(&world, &dispatcher, "stage_late"), case);
    desk.go(&lead, "start", &json!({}));
    assert_eq!(ids(&world, &dispatcher, "stage_late"), none);
    assert_eq!(ids(&world, &supervisor, "stage_late"), none);
    assert_eq!(ids(&world, &lead, "unit_stage_late"), none);
    assert_eq!(world.verify().findings, []);
}

fn what_is_out_on_site_is_listed_until_it_comes_back(backend: &Backend) {
    let world = World::new(backend);
    let desk = Desk::filed(&world, &mut world.worker(), RUBBISH);
    let none: [String; 0] = [];
    let dispatcher = world.console_of(Role::Dispatcher, HERE, None);
    let lead = handler(&world, "D22-2");
    desk.go(&lead, "finish", &json!({"reason": "已清运"}));
    assert_eq!(ids(&world, &dispatcher, "on_site"), none);
    desk.go(&dispatcher, "ask_check", &json!({}));
    assert_eq!(
        ids(&world, &dispatcher, "on_site"),
        std::slice::from_ref(&desk.case)
    );
    desk.go(&dispatcher, "rework", &json!({"reason": "还有"}));
    assert_eq!(ids(&world, &dispatcher, "on_site"), none);
}

fn lists_of_an_older_database_are_filled_by_one_look(backend: &Backend) {
    let world = World::new(backend);
    let desk = Desk::filed(&world, &mut world.worker(), RUBBISH);
    let dispatcher = world.console_of(Role::Dispatcher, HERE, None);
    let part = json!({"unit": "E01", "reason": "冲洗路面"});
    desk.go(&dispatcher, "add_part", &part);
    let (lead, person) = colleague(&world);
    desk.go(&lead, "assign", &json!({"person": person}));
    let other = handler(&world, "E01");
    as_before(&world, "UPDATE case_assisting SET part_due_ms = NULL");
    as_before(
        &world,
        "UPDATE cases SET assigned = NULL, stage_due_ms = NULL",
    );
    assert!(ids(&world, &other, "assisting").is_empty());
    assert!(ids(&world, &lead, "assigned").is_empty());
    world.tell_due();
    assert_eq!(
        ids(&world, &other, "assisting"),
        std::slice::from_ref(&desk.case)
    );
    assert_eq!(
        ids(&world, &lead, "assigned"),
        std::slice::from_ref(&desk.case)
    );
}
