//! Pushes as they come from the world: repeated, forged, late, out of order; what is in them is
//! in `push/contents.rs`. Nothing is lost, nothing happens twice, and one bad operation never
//! holds up the next. Each on both databases.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test may fail loudly"
)]

mod contents;

use serde_json::{Value, json};
use shared::id::{DeviceId, PersonId};
use shared::role::Role;
use shared::time::{DAY_MS, Timestamp};
use sync_server::store::{self, Tx};
use tests::backends::Backend;
use tests::on_both;
use tests::world::{ELSEWHERE, GRID, HERE, START, World, outcomes};
use uuid::Uuid;

on_both!(
    a_report_becomes_a_case_that_everybody_concerned_sees,
    a_repeated_push_changes_nothing,
    the_same_push_from_many_connections_at_once_opens_one_case,
    the_same_id_with_other_content_is_kept_and_overwrites_nothing,
    of_two_contents_under_one_id_each_is_settled_by_itself,
    what_a_person_settled_is_told_to_the_handheld_that_asks,
    the_same_number_with_another_operation_is_kept_for_a_person,
    a_clock_two_days_off_is_accepted_and_flagged,
    missing_numbers_are_named_until_they_arrive,
    operations_of_other_devices_and_people_go_to_a_person,
    somebody_who_left_drains_into_quarantine,
    what_changes_about_a_handheld_counts_in_its_very_next_push,
);

fn dispatcher(world: &World) -> String {
    world.console_of(Role::Dispatcher, "350703", None)
}

fn case_count(world: &World) -> usize {
    let page = world.get("/v1/cases?limit=200", &dispatcher(world));
    page.at("/rows").as_array().unwrap().len()
}

fn quarantined(world: &World) -> Vec<Value> {
    let page = world.get("/v1/quarantine", &dispatcher(world));
    page.at("/rows").as_array().unwrap().clone()
}

fn a_report_becomes_a_case_that_everybody_concerned_sees(backend: &Backend) {
    let world = World::new(backend);
    let mut handheld = world.worker();
    let op = handheld.file_text("井盖不见了");
    let answer = world.push(&handheld, &[op]);
    assert_eq!(outcomes(&answer), ["applied"]);
    assert_eq!(answer.at("/protocol"), "gewu-sync/1");
    assert_eq!(answer.at("/nonce"), "n-1");
    assert_eq!(answer.at("/high_water"), 1);
    assert_eq!(answer.at("/results/0/case_no"), "JY20261124-00001");
    let id = answer.at("/results/0/case_id").as_str().unwrap().to_owned();
    let case = world.get(&format!("/v1/cases/{id}"), &dispatcher(&world));
    assert_eq!(case.at("/row/state"), "dispatched");
    assert_eq!(case.at("/row/lead_name"), "供水企业");
    assert_eq!(case.at("/grid"), GRID);
    // 2紧急工作时 from 10:30.
    assert_eq!(case.at("/row/deadline_ms"), START.0 + 2 * 3_600_000);
    let kinds: Vec<&str> = case
        .at("/events")
        .as_array()
        .unwrap()
        .iter()
        .map(|e| e["kind"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["received", "dispatch"]);
    let rows = world.pull_all(&handheld);
    // By the person's bucket and by the grid's.
    assert_eq!(rows.len(), 2, "{rows:?}");
    assert!(
        rows.iter()
            .all(|row| row["doc"]["case_no"] == "JY20261124-00001" && row["doc"]["mine"] == true)
    );
    let trail = world.look(move |tx| Ok(store::events::of_case(tx, id.parse().unwrap())?));
    assert_eq!(
        store::events::first_break(
            case.at("/row/id").as_str().unwrap().parse().unwrap(),
            &trail
        ),
        None
    );
}

fn a_repeated_push_changes_nothing(backend: &Backend) {
    let world = World::new(backend);
    let mut handheld = world.worker();
    let bad = {
        let mut report = handheld.report();
        report["category"] = json!("C9999");
        handheld.file(report)
    };
    let ops = [handheld.file_text("一"), bad, handheld.file_text("二")];
    // The stream's order is that of making: the bad one came first.
    let ops = [ops[1].clone(), ops[0].clone(), ops[2].clone()];
    let first = world.push(&handheld, &ops);
    assert_eq!(
        outcomes(&first),
        ["quarantined: category_unknown", "applied", "applied"]
    );
    world.pass_ms(60_000);
    let again = world.push(&handheld, &ops);
    assert_eq!(
        outcomes(&again),
        ["quarantined: category_unknown", "duplicate", "duplicate"]
    );
    for at in 0..3 {
        for member in ["case_no", "case_id", "revision", "received_at", "words"] {
            let pointer = format!("/results/{at}/{member}");
            assert_eq!(first.at(&pointer), again.at(&pointer), "{pointer}");
        }
    }
    assert_eq!(case_count(&world), 2);
    assert_eq!(quarantined(&world).len(), 1);
    let devices = world.get("/v1/devices", &dispatcher(&world));
    assert_eq!(devices.at("/rows/0/received"), 3);
    assert_eq!(devices.at("/rows/0/high_water"), 3);
    // Those of the one in quarantine, too: a person may need them.
    assert_eq!(devices.at("/rows/0/photos_owed"), 3);
}

fn the_same_push_from_many_connections_at_once_opens_one_case(backend: &Backend) {
    let world = World::new(backend);
    let mut handheld = world.worker();
    let ops = [handheld.file_text("并发")];
    let replies = world.at_once(8, "/v1/sync/push", &handheld.token, &handheld.request(&ops));
    let mut all: Vec<String> = replies.iter().flat_map(outcomes).collect();
    all.sort();
    assert_eq!(all[0], "applied");
    assert!(
        all[1..].iter().all(|outcome| outcome == "duplicate"),
        "{all:?}"
    );
    assert!(
        replies
            .iter()
            .all(|reply| reply.at("/results/0/case_no") == "JY20261124-00001")
    );
    assert_eq!(case_count(&world), 1);
}

fn the_same_id_with_other_content_is_kept_and_overwrites_nothing(backend: &Backend) {
    let world = World::new(backend);
    let mut handheld = world.worker();
    let mut forged = handheld.clone();
    let operation = handheld.next(handheld.report());
    let op_id = operation.op_id;
    let op = handheld.seal(operation.clone());
    assert_eq!(
        outcomes(&world.push(&handheld, std::slice::from_ref(&op))),
        ["applied"]
    );
    let mut other = operation;
    other.payload["text"] = json!("另一个内容");
    forged.seq = 1;
    let other = forged.seal(other);
    let reply = world.push(&handheld, std::slice::from_ref(&other));
    assert_eq!(outcomes(&reply), ["quarantined: id_reused"]);
    // Both are there, and the repeat of either is answered as before.
    assert_eq!(
        outcomes(&world.push(&handheld, &[other, op])),
        ["quarantined: id_reused", "duplicate"]
    );
    let kept = quarantined(&world);
    assert_eq!(kept.len(), 1);
    assert!(kept[0]["body"].as_str().unwrap().contains("另一个内容"));
    let body = world.look(move |tx| Ok(store::operations::body(tx, op_id)?));
    assert!(body.unwrap().contains("井盖不见了"));
    assert_eq!(case_count(&world), 1);
}

fn of_two_contents_under_one_id_each_is_settled_by_itself(backend: &Backend) {
    let world = World::new(backend);
    let mut handheld = world.worker();
    let mut forged = handheld.clone();
    let operation = handheld.next(handheld.report());
    let op_id = operation.op_id;
    let op = handheld.seal(operation.clone());
    assert_eq!(outcomes(&world.push(&handheld, &[op])), ["applied"]);
    forged.seq = 1;
    for text in ["另一个内容", "再一个内容"] {
        let mut other = operation.clone();
        other.payload["text"] = json!(text);
        let other = forged.seal(other);
        let reply = world.push(&handheld, &[other]);
        assert_eq!(outcomes(&reply), ["quarantined: id_reused"]);
    }
    let kept = quarantined(&world);
    assert_eq!(kept.len(), 2);
    assert!(kept.iter().all(|row| row["op_id"] == json!(op_id)));
    assert_ne!(kept[0]["hash"], kept[1]["hash"]);
    let token = dispatcher(&world);
    let path = format!("/v1/quarantine/{op_id}/resolve");
    let note = "电话核实，内容作废";
    // Who doesn't say which may not have seen both.
    let unsaid = world.post(&path, &token, &json!({"note": note}));
    assert_eq!((unsaid.status, unsaid.code()), (409, "not_possible"));
    assert_eq!(quarantined(&world).len(), 2);
    let first = json!({"note": note, "hash": kept[0]["hash"]});
    assert_eq!(world.post(&path, &token, &first).status, 204);
    assert_eq!(quarantined(&world), [kept[1].clone()]);
    assert_eq!(world.post(&path, &token, &first).status, 404, "once");
    assert_eq!(quarantined(&world).len(), 1);
    // Of the only one that is left it need not be said.
    let last = world.post(&path, &token, &json!({"note": note}));
    assert_eq!(last.status, 204);
    assert_eq!(quarantined(&world), Vec::<Value>::new());
}

fn the_same_number_with_another_operation_is_kept_for_a_person(backend: &Backend) {
    let world = World::new(backend);
    let mut handheld = world.worker();
    let mut restored = handheld.clone();
    let one = handheld.file_text("一");
    let two = restored.file_text("从备份恢复后重用了编号");
    assert_eq!(outcomes(&world.push(&handheld, &[one])), ["applied"]);
    let reply = world.push(&restored, std::slice::from_ref(&two));
    assert_eq!(outcomes(&reply), ["quarantined: seq_reused"]);
    assert_eq!(
        outcomes(&world.push(&restored, &[two])),
        ["quarantined: seq_reused"]
    );
    assert_eq!(quarantined(&world).len(), 1);
}

fn a_clock_two_days_off_is_accepted_and_flagged(backend: &Backend) {
    let world = World::new(backend);
    for days in [-2, 2] {
        let mut handheld = world.worker();
        handheld.wall = Timestamp(START.0 + days * DAY_MS);
        let op = handheld.file_text("时钟不准");
        let reply = world.push(&handheld, &[op]);
        assert_eq!(outcomes(&reply), ["applied"]);
        let id = reply.at("/results/0/case_id").as_str().unwrap();
        let case = world.get(&format!("/v1/cases/{id}"), &dispatcher(&world));
        assert_eq!(case.at("/clock_skew_ms"), days * DAY_MS);
        assert_eq!(case.at("/received_ms"), START.0);
        // The department's time runs by the server's clock.
        assert_eq!(case.at("/row/deadline_ms"), START.0 + 2 * 3_600_000);
    }
}

fn missing_numbers_are_named_until_they_arrive(backend: &Backend) {
    let world = World::new(backend);
    let mut handheld = world.worker();
    let ops: Vec<Value> = (1..=6)
        .map(|n| handheld.file_text(&format!("第{n}件")))
        .collect();
    let reply = world.push(&handheld, &[ops[0].clone(), ops[3].clone(), ops[5].clone()]);
    assert_eq!(outcomes(&reply), ["applied"; 3]);
    assert_eq!(reply.at("/high_water"), 1);
    assert_eq!(reply.at("/gaps"), &json!([[2, 3], [5, 5]]));
    let devices = world.get("/v1/devices", &dispatcher(&world));
    assert_eq!(devices.at("/rows/0/made"), 6);
    assert_eq!(devices.at("/rows/0/received"), 3);
    let reply = world.push(&handheld, &[ops[1].clone(), ops[2].clone()]);
    assert_eq!(reply.at("/high_water"), 4);
    assert_eq!(reply.at("/gaps"), &json!([[5, 5]]));
    let reply = world.push(&handheld, &[ops[4].clone()]);
    assert_eq!(reply.at("/high_water"), 6);
    assert_eq!(reply.at("/gaps"), &json!([]));
    assert_eq!(case_count(&world), 6);
}

fn operations_of_other_devices_and_people_go_to_a_person(backend: &Backend) {
    let world = World::new(backend);
    let mut mine = world.worker();
    let mut theirs = world.handheld(world.person(Role::GridWorker, ELSEWHERE, None));
    // A device's own token and another's name: nothing is read.
    let op = mine.file_text("我的");
    let reply = world.post(
        "/v1/sync/push",
        &theirs.token,
        &mine.request(std::slice::from_ref(&op)),
    );
    assert_eq!((reply.status, reply.code()), (401, "unauthenticated"));
    // Another device's operation in one's own push: kept, not acted on.
    let reply = world.push(&theirs, std::slice::from_ref(&op));
    assert_eq!(outcomes(&reply), ["quarantined: wrong_device"]);
    // It is still good when its own device brings it.
    assert_eq!(outcomes(&world.push(&mine, &[op])), ["applied"]);
    let mut operation = theirs.next(theirs.report());
    operation.actor = mine.person;
    let forged = theirs.seal(operation);
    let mut operation = theirs.next(theirs.report());
    operation.actor = PersonId(Uuid::now_v7());
    let nobody = theirs.seal(operation);
    let reply = world.push(&theirs, &[forged, nobody]);
    assert_eq!(
        outcomes(&reply),
        ["quarantined: wrong_person", "quarantined: wrong_person"]
    );
    // The other street's worker does not see the case: no bucket holds it.
    assert!(world.pull_all(&theirs).is_empty());
    let reply = world.post("/v1/sync/push", "no token", &mine.request(&[]));
    assert_eq!(reply.status, 401);
    let console = world.console_of(Role::Administrator, HERE, None);
    assert_eq!(
        world
            .post("/v1/sync/push", &console, &mine.request(&[]))
            .status,
        403
    );
}

fn somebody_who_left_drains_into_quarantine(backend: &Backend) {
    let world = World::new(backend);
    let mut handheld = world.worker();
    let before = handheld.file_text("离任前");
    let person = handheld.person;
    let left = Timestamp(START.0 + 1_000);
    world
        .store
        .write_blocking(&world.district.code, move |tx| {
            for row in store::posts::of_person(tx, person)? {
                store::posts::end(tx, row.post.id, left)?;
            }
            Ok::<_, store::StoreError>(())
        })
        .unwrap();
    world.pass_ms(DAY_MS);
    // Filed while in office: accepted although it comes later. The device's clock stood still
    // with the test's, so the push says how far it is off.
    let mut request = handheld.request(&[before]);
    request["wall_ms"] = json!(world.now());
    let reply = world.post("/v1/sync/push", &handheld.token, &request);
    assert_eq!(outcomes(&reply), ["applied"]);
    handheld.wall = world.now();
    let after = handheld.file_text("离任后");
    assert_eq!(
        outcomes(&world.push(&handheld, &[after])),
        ["quarantined: not_in_office"]
    );
    // A disabled account still drains, and does nothing else.
    let now = world.now();
    world
        .store
        .write_blocking(&world.district.code, move |tx| {
            store::people::set_disabled(tx, person, Some(now))
        })
        .unwrap();
    let last = handheld.file_text("停用后");
    assert_eq!(
        outcomes(&world.push(&handheld, &[last])),
        ["quarantined: not_in_office"]
    );
    let pull = world.post(
        "/v1/sync/pull",
        &handheld.token,
        &json!({"buckets": {}, "limit": 10}),
    );
    assert_eq!((pull.status, pull.code()), (401, "unauthenticated"));
}

/// The server remembers who pushed; it must never act by what it remembers alone.
fn what_changes_about_a_handheld_counts_in_its_very_next_push(backend: &Backend) {
    let world = World::new(backend);
    let mut handheld = world.worker();
    let (device, person) = (handheld.device, handheld.person);
    let mut push = |world: &World, text: &str| {
        let op = handheld.file_text(text);
        let reply = world.push(&handheld, &[op]);
        if reply.status == 200 {
            outcomes(&reply).join(" ")
        } else {
            format!("{} {}", reply.status, reply.code())
        }
    };
    let change = |world: &World, what: fn(&mut dyn Tx, DeviceId, PersonId, Timestamp)| {
        let now = world.now();
        world
            .store
            .write_blocking(&world.district.code, move |tx| {
                what(tx, device, person, now);
                Ok::<_, store::StoreError>(())
            })
            .unwrap();
    };
    assert_eq!(push(&world, "一"), "applied");
    assert_eq!(push(&world, "二"), "applied");
    change(&world, |tx, device, _, now| {
        assert!(store::devices::set_lost(tx, device, Some(now)).unwrap());
    });
    assert_eq!(push(&world, "丢了"), "quarantined: device_lost");
    change(&world, |tx, device, _, _| {
        assert!(store::devices::set_lost(tx, device, None).unwrap());
    });
    assert_eq!(push(&world, "找到了"), "applied");
    change(&world, |tx, _, person, _| {
        for row in store::posts::of_person(tx, person).unwrap() {
            // From its beginning, as if it had been entered by mistake.
            assert!(store::posts::end(tx, row.post.id, row.from).unwrap());
        }
    });
    assert_eq!(push(&world, "撤岗"), "quarantined: not_in_office");
    let cases = case_count(&world);
    change(&world, |tx, device, person, now| {
        store::sessions::revoke_all(tx, person, Some(device), now).unwrap();
    });
    assert_eq!(push(&world, "注销"), "401 unauthenticated");
    assert_eq!((case_count(&world), quarantined(&world).len()), (cases, 2));
}

fn what_a_person_settled_is_told_to_the_handheld_that_asks(backend: &Backend) {
    let world = World::new(backend);
    let (mut handheld, other) = (world.worker(), world.worker());
    let mut report = handheld.report();
    report["category"] = json!("C9999");
    let op = handheld.file(report);
    let outcome = outcomes(&world.push(&handheld, std::slice::from_ref(&op)));
    assert_eq!(outcome, ["quarantined: category_unknown"]);
    let ask = |token: &str| {
        let asked = [op["op_id"].clone(), json!(Uuid::now_v7())];
        let body = json!({"buckets": {}, "limit": 1, "unsettled": asked});
        let page = world.post("/v1/sync/pull", token, &body);
        assert_eq!(page.status, 200, "{page:?}");
        page.at("/settled").clone()
    };
    assert_eq!(ask(&handheld.token), Value::Null, "it waits");
    let path = format!("/v1/quarantine/{}/resolve", op["op_id"].as_str().unwrap());
    let note = json!({"note": "电话核实，已补报"});
    assert_eq!(world.post(&path, &dispatcher(&world), &note).status, 204);
    let settled = json!([{
        "op_id": op["op_id"], "at_ms": world.now(), "note": "电话核实，已补报",
    }]);
    assert_eq!(ask(&handheld.token), settled);
    assert_eq!(ask(&other.token), Value::Null, "it is not for others");
    // Whoever doesn't ask hears nothing, as handhelds of before.
    let body = json!({"buckets": {}, "limit": 1});
    let page = world.post("/v1/sync/pull", &handheld.token, &body);
    assert_eq!(page.at("/settled"), &Value::Null);
}
