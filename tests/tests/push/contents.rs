//! What may be in a push: anything at all. Bodies that are none, operations that are none, faulty
//! reports, every kind of text, too much of it, packed or not.

use super::{case_count, dispatcher, quarantined};
use serde_json::{Value, json};
use shared::id::{CatalogueVersion, OpId};
use shared::operation::{OPERATION_BYTES_LIMIT, Operation};
use sync_server::service::catalogue;
use sync_server::store;
use tests::backends::Backend;
use tests::on_both;
use tests::world::{Handheld, START, World, outcomes, photo_ref};
use uuid::Uuid;

on_both!(
    a_body_that_is_not_json_is_refused_and_nothing_is_kept,
    what_is_no_operation_is_rejected_and_the_next_one_goes_on,
    unknown_members_are_kept_as_they_came,
    a_photo_of_a_role_from_a_later_version_is_taken_and_its_word_kept,
    faulty_reports_go_to_a_person_and_the_next_one_goes_on,
    a_catalogue_that_was_retired_still_counts_and_an_unknown_one_goes_to_a_person,
    a_report_by_a_catalogue_lost_with_a_restore_is_decided_by_the_one_in_force,
    text_of_any_kind_comes_back_exactly,
    no_word_of_an_operation_keeps_it_from_a_person,
    too_much_at_once_is_refused_before_it_is_read,
    a_push_may_come_compressed_and_a_bomb_is_refused,
);

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

fn a_photo_of_a_role_from_a_later_version_is_taken_and_its_word_kept(backend: &Backend) {
    let world = World::new(backend);
    let mut handheld = world.worker();
    let operation = handheld.next(handheld.report());
    let op_id = operation.op_id;
    let mut value = serde_json::to_value(&operation).unwrap();
    value["photos"][0]["role"] = json!("plate");
    let canonical = shared::operation::canonical(&value).unwrap();
    value["hash"] = json!(shared::id::Sha256::of(canonical.as_bytes()));
    let reply = world.push(&handheld, &[value]);
    assert_eq!(outcomes(&reply), ["applied"]);
    let id = reply.at("/results/0/case_id").as_str().unwrap();
    let case = world.get(&format!("/v1/cases/{id}"), &dispatcher(&world));
    assert_eq!(case.at("/photos/0/role"), "other");
    let body = world
        .look(move |tx| Ok(store::operations::body(tx, op_id)?))
        .unwrap();
    assert!(body.contains(r#""role":"plate""#), "{body}");
    assert_eq!(world.verify().findings, []);
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
    kind.kind = "case.merge_hint".to_owned();
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
                catalogue::publish(tx, &"350703".parse().unwrap(), &doc, START).map(drop)
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

fn a_report_by_a_catalogue_lost_with_a_restore_is_decided_by_the_one_in_force(backend: &Backend) {
    let world = World::new(backend);
    let mut handheld = world.worker();
    handheld.catalogue = CatalogueVersion::new("350703-2026.9").unwrap();
    let known = handheld.file_text("恢复之前发布的目录");
    // What the lost one may have brought is for a person, and so is a condition of something else.
    let mut report = handheld.report();
    report["category"] = json!("C9999");
    report["condition"] = json!("C9999-1");
    let category = handheld.file(report);
    let mut report = handheld.report();
    report["condition"] = json!("C0102-1");
    let condition = handheld.file(report);
    let reply = world.push(&handheld, &[known, category, condition]);
    assert_eq!(
        outcomes(&reply),
        [
            "applied",
            "quarantined: catalogue_unknown",
            "quarantined: catalogue_unknown",
        ]
    );
    let id = reply.at("/results/0/case_id").as_str().unwrap();
    let case = world.get(&format!("/v1/cases/{id}"), &dispatcher(&world));
    let in_force = world.district.catalogue.version().as_str();
    assert_eq!(case.at("/decision/catalogue_version"), in_force);
    assert_eq!(case.at("/row/category_name"), "上水井盖");
    assert_ne!(case.at("/row/deadline_ms"), &Value::Null);
    let says = |words: &Value| words.as_str().unwrap().contains("350703-2026.9");
    assert!(says(case.at("/decision/because/0")), "{case:?}");
    let events = case.at("/events").as_array().unwrap();
    assert!(says(&events.last().unwrap()["reason"]), "{events:?}");
    assert_eq!(world.verify().findings, []);
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

/// U+0000 in each word that an operation has: kept for a person, and the next one goes on.
fn no_word_of_an_operation_keeps_it_from_a_person(backend: &Backend) {
    let world = World::new(backend);
    let mut handheld = world.worker();
    let mut ops = Vec::new();
    let mut add = |handheld: &mut Handheld, change: &dyn Fn(&mut Operation)| {
        let mut operation = handheld.next(handheld.report());
        change(&mut operation);
        ops.push(handheld.seal(operation));
    };
    add(&mut handheld, &|operation| {
        operation.photos[0].mime = "image/\u{0}jpeg".to_owned();
    });
    add(&mut handheld, &|operation| {
        operation.photos[0].mime = "\u{0}".repeat(100);
        operation.payload["text"] = json!("a\u{0}b");
    });
    add(&mut handheld, &|operation| {
        operation.photos[0].mime = "image/\u{0}jpeg".to_owned();
        operation.kind = "later\u{0}kind".to_owned();
    });
    add(&mut handheld, &|operation| {
        operation.subject = "\u{0}".to_owned();
    });
    add(&mut handheld, &|_| {});
    let reply = world.push(&handheld, &ops);
    assert_eq!(reply.status, 200, "{reply:?}");
    let said = outcomes(&reply);
    assert!(
        said[..4].iter().all(|said| said.starts_with("quarantined")),
        "{said:?}"
    );
    assert_eq!(said[4], "applied");
    assert_eq!(reply.at("/high_water"), 5);
    assert_eq!(quarantined(&world).len(), 4);
    let devices = world.get("/v1/devices", &dispatcher(&world));
    assert_eq!(devices.at("/rows/0/photos_owed"), 5, "all may be sent");
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
