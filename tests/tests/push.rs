//! Pushes as they come from the world: broken, repeated, forged, strange. Nothing is lost, nothing
//! happens twice, and one bad operation never holds up the next. Each on both databases.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test may fail loudly"
)]

use serde_json::{Value, json};
use shared::id::{CatalogueVersion, OpId, PersonId};
use shared::operation::OPERATION_BYTES_LIMIT;
use shared::role::Role;
use shared::time::{DAY_MS, Timestamp};
use sync_server::service::catalogue;
use sync_server::store::{self};
use tests::backends::Backend;
use tests::on_both;
use tests::world::{ELSEWHERE, GRID, HERE, Handheld, START, World, outcomes, photo_ref};
use uuid::Uuid;

on_both!(
    a_report_becomes_a_case_that_everybody_concerned_sees,
    a_repeated_push_changes_nothing,
    the_same_push_from_many_connections_at_once_opens_one_case,
    the_same_id_with_other_content_is_kept_and_overwrites_nothing,
    the_same_number_with_another_operation_is_kept_for_a_person,
    a_body_that_is_not_json_is_refused_and_nothing_is_kept,
    what_is_no_operation_is_rejected_and_the_next_one_goes_on,
    unknown_members_are_kept_as_they_came,
    faulty_reports_go_to_a_person_and_the_next_one_goes_on,
    a_catalogue_that_was_retired_still_counts_and_an_unknown_one_goes_to_a_person,
    a_clock_two_days_off_is_accepted_and_flagged,
    text_of_any_kind_comes_back_exactly,
    missing_numbers_are_named_until_they_arrive,
    operations_of_other_devices_and_people_go_to_a_person,
    somebody_who_left_drains_into_quarantine,
    too_much_at_once_is_refused_before_it_is_read,
    a_push_may_come_compressed_and_a_bomb_is_refused,
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

fn a_body_that_is_not_json_is_refused_and_nothing_is_kept(backend: &Backend) {
    let world = World::new(backend);
    let handheld = world.worker();
    let bearer = format!("Bearer {}", handheld.token);
    let headers = [
        ("authorization", bearer.as_str()),
        ("content-type", "application/json"),
    ];
    let bodies = [
        "",
        "{",
        "[]",
        "null",
        "{\"ops\": [}",
        "\u{0}",
        "{\"device_id\": 5}",
    ];
    for body in bodies {
        let reply = world.send("POST", "/v1/sync/push", &headers, body.as_bytes().to_vec());
        assert_eq!(
            (reply.status, reply.code()),
            (400, "malformed"),
            "{body:?}: {reply:?}"
        );
    }
    let invalid_utf8 = vec![b'"', 0xff, 0xfe, b'"'];
    let reply = world.send("POST", "/v1/sync/push", &headers, invalid_utf8);
    assert_eq!(reply.status, 400);
    let form = [
        ("authorization", bearer.as_str()),
        ("content-type", "text/plain"),
    ];
    let reply = world.send("POST", "/v1/sync/push", &form, b"{}".to_vec());
    assert_eq!((reply.status, reply.code()), (415, "unsupported"));
    assert_eq!((case_count(&world), quarantined(&world).len()), (0, 0));
}

fn what_is_no_operation_is_rejected_and_the_next_one_goes_on(backend: &Backend) {
    let world = World::new(backend);
    let mut handheld = world.worker();
    let mut tampered = handheld.file_text("改过");
    tampered["payload"]["text"] = json!("被改");
    let good = handheld.file_text("好的");
    let nan = json!({"op_id": Uuid::now_v7(), "hash": "0".repeat(64), "payload": 1.5});
    let deep = (0..40).fold(json!(1), |inner, _| json!([inner]));
    let deep = json!({"op_id": Uuid::now_v7(), "hash": "0".repeat(64), "payload": deep});
    let ops = [
        json!(5),
        json!({}),
        json!({"op_id": "x"}),
        nan,
        deep,
        tampered,
        good,
    ];
    let reply = world.push(&handheld, &ops);
    assert_eq!(
        outcomes(&reply),
        [
            "rejected: payload_malformed",
            "rejected: payload_malformed",
            "rejected: payload_malformed",
            "quarantined: payload_malformed",
            "quarantined: payload_malformed",
            "quarantined: hash_mismatch",
            "applied",
        ]
    );
    assert_eq!(quarantined(&world).len(), 3);
    // The tampered one never counted: its number is still owed.
    assert_eq!(reply.at("/high_water"), 0);
    assert_eq!(reply.at("/gaps"), &json!([[1, 1]]));
}

fn unknown_members_are_kept_as_they_came(backend: &Backend) {
    let world = World::new(backend);
    let mut handheld = world.worker();
    let operation = handheld.next(handheld.report());
    let op_id = operation.op_id;
    let mut value = serde_json::to_value(&operation).unwrap();
    value["later"] = json!({"新": ["字段", 1]});
    value["payload"]["weather"] = json!("雨");
    let canonical = shared::operation::canonical(&value).unwrap();
    value["hash"] = json!(shared::id::Sha256::of(canonical.as_bytes()));
    let reply = world.push(&handheld, &[value]);
    assert_eq!(outcomes(&reply), ["applied"]);
    let body = world
        .look(move |tx| Ok(store::operations::body(tx, op_id)?))
        .unwrap();
    assert!(body.contains(r#""later":{"新":["字段",1]}"#), "{body}");
    assert!(body.contains(r#""weather":"雨""#));
}

fn faulty_reports_go_to_a_person_and_the_next_one_goes_on(backend: &Backend) {
    let world = World::new(backend);
    let mut handheld = world.worker();
    let mut ops = Vec::new();
    let mut file = |handheld: &mut Handheld, change: &dyn Fn(&mut Value)| {
        let mut report = handheld.report();
        change(&mut report);
        let op = handheld.file(report);
        ops.push(op);
    };
    file(&mut handheld, &|r| {
        r["category"] = json!("C9999");
    });
    file(&mut handheld, &|r| {
        r["condition"] = json!("C0102-1");
    });
    file(&mut handheld, &|r| {
        r["text"] = json!("长".repeat(4_001));
    });
    file(&mut handheld, &|r| {
        r["place"]["lat_e7"] = json!(900_000_001_i64);
    });
    file(&mut handheld, &|r| {
        r["place"]["lon_e7"] = json!(i64::MAX);
    });
    file(&mut handheld, &|r| {
        r["place"]["words"] = json!("字".repeat(201));
    });
    file(&mut handheld, &|r| {
        r["place"] = json!("NaN");
    });
    file(&mut handheld, &|r| {
        r["category"] = json!("C0101'; --");
    });
    file(&mut handheld, &|_| {});
    let mut ten = handheld.next(handheld.report());
    ten.photos = (0..10_u8).map(|n| photo_ref(&[n])).collect();
    ops.push(handheld.seal(ten));
    let mut twice = handheld.next(handheld.report());
    twice.photos = vec![photo_ref(b"one"), photo_ref(b"one")];
    ops.push(handheld.seal(twice));
    let mut none = handheld.next(handheld.report());
    none.photos = vec![];
    ops.push(handheld.seal(none));
    let mut large = handheld.next(handheld.report());
    large.photos[0].bytes = 20 * 1024 * 1024 + 1;
    ops.push(handheld.seal(large));
    let mut kind = handheld.next(handheld.report());
    kind.kind = "case.verify".to_owned();
    ops.push(handheld.seal(kind));
    let mut subject = handheld.next(handheld.report());
    subject.subject = "not an id".to_owned();
    ops.push(handheld.seal(subject));
    ops.push(handheld.file_text("最后一个是好的"));
    let reply = world.push(&handheld, &ops);
    assert_eq!(
        outcomes(&reply),
        [
            "quarantined: category_unknown",
            "quarantined: condition_unknown",
            "quarantined: text_too_long",
            "quarantined: place_range",
            "quarantined: place_range",
            "quarantined: place_words_too_long",
            "quarantined: payload_malformed",
            "quarantined: payload_malformed",
            "applied",
            "quarantined: too_many_photos",
            "quarantined: photo_twice",
            "quarantined: photo_missing",
            "quarantined: photo_too_large",
            "quarantined: kind_unknown",
            "quarantined: payload_malformed",
            "applied",
        ]
    );
    assert_eq!(reply.at("/high_water"), 16);
    // Each says in words what happened, and what came is all there.
    let kept = quarantined(&world);
    assert_eq!(kept.len(), 14);
    assert!(
        kept.iter()
            .all(|row| row["words"].as_str().unwrap().chars().count() > 8)
    );
    assert!(
        kept.iter()
            .any(|row| row["body"].as_str().unwrap().contains(&"长".repeat(4_001)))
    );
    assert_eq!(case_count(&world), 2);
}

fn a_catalogue_that_was_retired_still_counts_and_an_unknown_one_goes_to_a_person(
    backend: &Backend,
) {
    let retired = CatalogueVersion::new("350703-2026.1").unwrap();
    let world = World::with(backend, |store| {
        // The next version leaves 上水井盖 out.
        let district = "350703".parse().unwrap();
        store
            .write_blocking(&district, |tx| {
                let version = CatalogueVersion::new("350703-2026.1").unwrap();
                let mut doc: shared::catalogue::CatalogueDoc =
                    serde_json::from_str(&catalogue::text(tx, &version)?).unwrap();
                doc.version = CatalogueVersion::new("350703-2027.1").unwrap();
                let gone = "C0101".parse().unwrap();
                doc.categories.retain(|category| category.id != gone);
                doc.conditions
                    .retain(|condition| condition.category != gone);
                doc.street_matters.retain(|matter| matter.category != gone);
                catalogue::publish(tx, &"350703".parse().unwrap(), &doc, START)
            })
            .unwrap();
    });
    let mut handheld = world.worker();
    assert_eq!(handheld.catalogue.as_str(), "350703-2027.1");
    let new = handheld.file_text("新目录里没有这一类");
    handheld.catalogue = retired;
    let old = handheld.file_text("按旧目录填的");
    handheld.catalogue = CatalogueVersion::new("350703-1999.1").unwrap();
    let unknown = handheld.file_text("没发布过的目录");
    let reply = world.push(&handheld, &[new, old, unknown]);
    assert_eq!(
        outcomes(&reply),
        [
            "quarantined: category_unknown",
            "applied",
            "quarantined: catalogue_unknown",
        ]
    );
    let page = world.get("/v1/cases", &dispatcher(&world));
    assert_eq!(page.at("/rows/0/category_name"), "上水井盖");
    let text = world.get("/v1/catalogue?version=350703-2026.1", &handheld.token);
    assert_eq!(text.at("/version"), "350703-2026.1");
    assert_eq!(
        world
            .get("/v1/catalogue?version=350703-1999.1", &handheld.token)
            .status,
        404
    );
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

fn text_of_any_kind_comes_back_exactly(backend: &Backend) {
    let world = World::new(backend);
    let mut handheld = world.worker();
    let texts = [
        "'; DROP TABLE cases; --",
        "<script>alert('格物')</script><img src=x onerror=alert(1)>",
        "井盖😀👨‍👩‍👧‍👦🇨🇳 𠮷野家 ﷽ עברית العربية ᠮᠣᠩᠭᠣᠯ བོད་ཡིག ئۇيغۇرچە",
        "line\nbreak\ttab\r\u{b}\u{1b}[31m \u{202e}txt\u{202c} \u{feff}",
        "%_\\ $1 {{}} ${x} %s",
        "e\u{301} é",
    ];
    let ops: Vec<Value> = texts.iter().map(|text| handheld.file_text(text)).collect();
    let reply = world.push(&handheld, &ops);
    assert_eq!(outcomes(&reply), vec!["applied"; texts.len()]);
    let token = dispatcher(&world);
    for (at, text) in texts.iter().enumerate() {
        let id = reply
            .at(&format!("/results/{at}/case_id"))
            .as_str()
            .unwrap()
            .to_owned();
        let case = world.get(&format!("/v1/cases/{id}"), &token);
        assert_eq!(case.at("/text").as_str().unwrap(), *text);
        let rows = world.pull_all(&handheld);
        let row = rows.iter().find(|row| row["id"] == id.as_str()).unwrap();
        assert_eq!(row["doc"]["text"].as_str().unwrap(), *text);
    }
    let found = world.get("/v1/cases?text=%25_%5C", &token);
    assert_eq!(
        found.at("/rows").as_array().unwrap().len(),
        1,
        "a search is no pattern"
    );
    // U+0000 can't be kept in a column; the operation is, for a person.
    let op = handheld.file_text("a\u{0}b");
    let reply = world.push(&handheld, &[op]);
    assert_eq!(outcomes(&reply), ["quarantined: payload_malformed"]);
    assert!(
        quarantined(&world)[0]["body"]
            .as_str()
            .unwrap()
            .contains("a\\u0000b")
    );
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

fn too_much_at_once_is_refused_before_it_is_read(backend: &Backend) {
    let world = World::new(backend);
    let mut handheld = world.worker();
    let many: Vec<Value> = (0..101)
        .map(|n| handheld.file_text(&n.to_string()))
        .collect();
    let reply = world.push(&handheld, &many);
    assert_eq!((reply.status, reply.code()), (413, "too_large"));
    let reply = world.push(&handheld, &[json!("x".repeat(300 * 1024))]);
    assert_eq!((reply.status, reply.code()), (413, "too_large"));
    // One operation that is too long by itself goes to a person; a hundred fit.
    let long = json!({"op_id": OpId(Uuid::now_v7()), "hash": "0".repeat(64), "x": "x".repeat(OPERATION_BYTES_LIMIT)});
    assert_eq!(
        outcomes(&world.push(&handheld, &[long])),
        ["quarantined: payload_malformed"]
    );
    let reply = world.push(&handheld, &many[..100]);
    assert_eq!(outcomes(&reply), vec!["applied"; 100]);
    assert_eq!(reply.at("/results/99/case_no"), "JY20261124-00100");
}

fn a_push_may_come_compressed_and_a_bomb_is_refused(backend: &Backend) {
    use std::io::Write;
    let world = World::new(backend);
    let mut handheld = world.worker();
    let packed = |plain: &[u8]| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(plain).unwrap();
        encoder.finish().unwrap()
    };
    let bearer = format!("Bearer {}", handheld.token);
    let send = |encoding: &str, body: Vec<u8>| {
        let headers = [
            ("authorization", bearer.as_str()),
            ("content-type", "application/json"),
            ("content-encoding", encoding),
        ];
        world.send("POST", "/v1/sync/push", &headers, body)
    };
    let op = handheld.file_text("压缩过的");
    let request = handheld.request(&[op]).to_string();
    let reply = send("gzip", packed(request.as_bytes()));
    assert_eq!(outcomes(&reply), ["applied"]);
    // 64 MiB of nothing in less than what a push may have.
    let bomb = packed(&vec![b' '; 64 * 1024 * 1024]);
    assert!(bomb.len() < 100 * 1024);
    let reply = send("gzip", bomb);
    assert_eq!((reply.status, reply.code()), (413, "too_large"));
    let cut = &packed(request.as_bytes())[..200];
    assert_eq!(send("gzip", cut.to_vec()).status, 400);
    assert_eq!(send("gzip", request.clone().into_bytes()).status, 400);
    assert_eq!(send("br", request.into_bytes()).code(), "unsupported");
    assert_eq!(case_count(&world), 1);
}
