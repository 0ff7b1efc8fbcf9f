//! What a handheld signs and what the server signs back: forged, slipped in, cut off, bound anew.
//! Each on both databases.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test may fail loudly"
)]

use serde_json::{Value, json};
use shared::id::{CaseId, DeviceId, Sha256};
use shared::operation::CHAIN_START;
use shared::receipt::receipts;
use shared::role::Role;
use shared::signature::{PublicKey, SecretKey};
use shared::time::{DAY_MS, Timestamp};
use shared::wire::sync::PushAnswer;
use std::sync::Arc;
use sync_server::service::devices;
use sync_server::store;
use tests::backends::Backend;
use tests::on_both;
use tests::world::{COMMUNITY, Handheld, Reply, START, World, outcomes};
use uuid::Uuid;

on_both!(
    a_handheld_from_before_there_were_keys_still_works,
    what_a_device_with_a_key_did_not_sign_is_kept_for_a_person,
    an_operation_slipped_into_a_signed_push_is_not_acted_on,
    an_operation_damaged_on_the_way_does_not_spoil_the_others,
    what_does_not_stand_on_the_stored_operation_is_kept_and_the_next_goes_on,
    what_stands_on_an_operation_set_aside_in_its_own_push_is_not_acted_on,
    another_key_after_enrolling_again_counts_and_is_in_the_audit,
    what_the_former_carrier_left_on_a_handheld_is_still_theirs,
    what_was_left_on_a_lost_handheld_or_under_another_key_goes_to_a_person,
    every_kept_operation_has_a_receipt_that_anybody_can_check,
    the_ledger_names_what_is_owed_and_since_when,
);

fn key(n: u8) -> SecretKey {
    SecretKey::from_seed(&[n; 32])
}

fn a_handheld_from_before_there_were_keys_still_works(backend: &Backend) {
    let world = World::new(backend);
    let person = world.person(Role::GridWorker, COMMUNITY, None);
    let device = DeviceId(Uuid::now_v7());
    let mut handheld = world.handheld_with(person, device, None);
    let op = handheld.file_text("旧版手持端");
    assert_eq!(outcomes(&world.push(&handheld, &[op])), ["applied"]);
    // After an update it binds again with a key, and what it made before still goes up.
    let unsent = handheld.file_text("更新前存下的");
    let mut again = world.handheld_with(person, device, Some(key(1)));
    (again.seq, again.last) = (handheld.seq, handheld.last);
    let signed = again.file_text("更新后");
    let reply = world.push(&again, &[unsent, signed]);
    assert_eq!(outcomes(&reply), ["applied", "applied"]);
}

fn what_a_device_with_a_key_did_not_sign_is_kept_for_a_person(backend: &Backend) {
    let world = World::new(backend);
    let mut handheld = world.worker();
    let (one, two) = (handheld.file_text("一"), handheld.file_text("二"));
    let mut unsigned = handheld.request(std::slice::from_ref(&one));
    unsigned.as_object_mut().unwrap().remove("signature");
    let reply = world.post("/v1/sync/push", &handheld.token, &unsigned);
    assert_eq!(outcomes(&reply), ["quarantined: signature_missing"]);
    let mut stranger = handheld.clone();
    stranger.key = Some(key(9));
    let reply = world.push(&stranger, std::slice::from_ref(&two));
    assert_eq!(outcomes(&reply), ["quarantined: signature_wrong"]);
    assert!(
        reply
            .at("/results/0/words")
            .as_str()
            .unwrap()
            .contains("签名")
    );
    // Both hold their numbers: nothing is lost, and the next one is taken.
    let three = handheld.file_text("三");
    let reply = world.push(&handheld, &[one, two, three]);
    assert_eq!(
        outcomes(&reply),
        [
            "quarantined: signature_missing",
            "quarantined: signature_wrong",
            "applied"
        ]
    );
    assert_eq!(reply.at("/high_water"), 3);
    // What isn't a signature at all is no push.
    let mut garbled = handheld.request(&[]);
    garbled["signature"] = json!("AAAA");
    let reply = world.post("/v1/sync/push", &handheld.token, &garbled);
    assert_eq!((reply.status, reply.code()), (400, "malformed"));
}

fn an_operation_slipped_into_a_signed_push_is_not_acted_on(backend: &Backend) {
    let world = World::new(backend);
    let mut handheld = world.worker();
    let mut forger = handheld.clone();
    let genuine = [handheld.file_text("一"), handheld.file_text("二")];
    let forged = forger.file_text("被替换的一");
    let mut request = handheld.request(&genuine);
    request["ops"] = json!([forged, genuine[1]]);
    let reply = world.post("/v1/sync/push", &handheld.token, &request);
    assert_eq!(
        outcomes(&reply),
        ["quarantined: signature_wrong", "quarantined: chain_broken"]
    );
    let cases = world.get(
        "/v1/cases",
        &world.console_of(Role::Dispatcher, "350703", None),
    );
    assert_eq!(cases.at("/rows"), &json!([]));
}

fn an_operation_damaged_on_the_way_does_not_spoil_the_others(backend: &Backend) {
    let world = World::new(backend);
    let mut handheld = world.worker();
    let ops = ["一", "二", "三"].map(|text| handheld.file_text(text));
    for damaged in 0..3 {
        let mut request = handheld.request(&ops);
        request["ops"][damaged]["payload"]["text"] = json!("被改");
        let reply = world.post("/v1/sync/push", &handheld.token, &request);
        let found = outcomes(&reply);
        assert_eq!(found[damaged], "quarantined: hash_mismatch");
        for (at, outcome) in found.iter().enumerate().filter(|(at, _)| *at != damaged) {
            assert!(["applied", "duplicate"].contains(&outcome.as_str()), "{at}");
        }
    }
}

fn what_does_not_stand_on_the_stored_operation_is_kept_and_the_next_goes_on(backend: &Backend) {
    let world = World::new(backend);
    let mut handheld = world.worker();
    let mut copy = handheld.clone();
    let one = handheld.file_text("一");
    assert_eq!(outcomes(&world.push(&handheld, &[one])), ["applied"]);
    // A copy of the handheld's data, put back: it made another first operation.
    let _other = copy.file_text("另一个一");
    let two = copy.file_text("二");
    let three = copy.file_text("三");
    let reply = world.push(&copy, std::slice::from_ref(&two));
    assert_eq!(outcomes(&reply), ["quarantined: chain_broken"]);
    let reply = world.push(&copy, &[three]);
    assert_eq!(outcomes(&reply), ["applied"]);
    assert_eq!(reply.at("/high_water"), 3);
    let reply = world.push(&copy, &[two]);
    assert_eq!(outcomes(&reply), ["quarantined: chain_broken"], "a repeat");
}

fn what_stands_on_an_operation_set_aside_in_its_own_push_is_not_acted_on(backend: &Backend) {
    let world = World::new(backend);
    let mut handheld = world.worker();
    let mut copy = handheld.clone();
    let one = handheld.file_text("一");
    assert_eq!(outcomes(&world.push(&handheld, &[one])), ["applied"]);
    // A copy of the handheld's data, put back, sends all that it made since at once.
    let ops = ["另一个一", "二", "三"].map(|text| copy.file_text(text));
    let reply = world.push(&copy, &ops);
    assert_eq!(
        outcomes(&reply),
        [
            "quarantined: seq_reused",
            "quarantined: chain_broken",
            "applied"
        ]
    );
    assert_eq!(reply.at("/high_water"), 3);
    assert_eq!(world.verify().findings, []);
    let reply = world.push(&copy, &ops);
    assert_eq!(
        outcomes(&reply),
        [
            "quarantined: seq_reused",
            "quarantined: chain_broken",
            "duplicate"
        ],
        "a repeat"
    );
    assert_eq!(world.verify().findings, []);
}

fn another_key_after_enrolling_again_counts_and_is_in_the_audit(backend: &Backend) {
    let world = World::new(backend);
    let person = world.person(Role::GridWorker, COMMUNITY, None);
    let device = DeviceId(Uuid::now_v7());
    let mut before = world.handheld_with(person, device, Some(key(1)));
    let one = before.file_text("一");
    assert_eq!(outcomes(&world.push(&before, &[one])), ["applied"]);
    let mut after = world.handheld_with(person, device, Some(key(2)));
    (after.seq, after.last) = (before.seq, before.last);
    let two = after.file_text("二");
    assert_eq!(world.push(&before, std::slice::from_ref(&two)).status, 401);
    assert_eq!(outcomes(&world.push(&after, &[two])), ["applied"]);
    // Whoever names no key doesn't get rid of the one that is known.
    let mut keyless = world.handheld_with(person, device, None);
    (keyless.seq, keyless.last) = (after.seq, after.last);
    let three = keyless.file_text("三");
    let reply = world.push(&keyless, &[three]);
    assert_eq!(outcomes(&reply), ["quarantined: signature_missing"]);
    let trail = world.look(|tx| {
        let all = store::audit::AuditFilter::default();
        let rows = store::audit::page(tx, &"350703".parse().unwrap(), &all, None, 10)?;
        Ok(rows
            .into_iter()
            .map(|row| (row.action, row.detail))
            .collect::<Vec<_>>())
    });
    let replaced: Vec<_> = trail
        .iter()
        .filter(|(action, _)| action == "device.key_replaced")
        .collect();
    assert_eq!(replaced.len(), 1, "{trail:?}");
    assert!(replaced[0].1.contains(&key(1).public().id()));
    assert!(replaced[0].1.contains(&key(2).public().id()));
    let enrolled = trail.iter().filter(|(action, _)| action == "device.enrol");
    assert_eq!(enrolled.count(), 2);
}

/// A report of a handheld, made by its worker at a moment of the server's clock.
fn made_at(handheld: &mut Handheld, at: Timestamp) -> Value {
    let mut operation = handheld.next(handheld.report());
    (operation.wall_ms, operation.offset_ms) = (at, Some(0));
    handheld.seal(operation)
}

/// Delivers what lies on a handheld under the token of another binding of it.
fn brought(world: &World, token: &str, handheld: &Handheld, op: &Value) -> Reply {
    let request = handheld.request(std::slice::from_ref(op));
    world.post("/v1/sync/push", token, &request)
}

fn what_the_former_carrier_left_on_a_handheld_is_still_theirs(backend: &Backend) {
    let world = World::new(backend);
    let first = world.person(Role::GridWorker, COMMUNITY, None);
    let second = world.person(Role::GridWorker, COMMUNITY, None);
    let device = DeviceId(Uuid::now_v7());
    let mut before = world.handheld_with(first, device, Some(key(1)));
    let ops = [0, 1, 2].map(|n| made_at(&mut before, START.plus_ms(n)));
    world.pass_ms(60_000);
    let after = world.handheld_with(second, device, Some(key(1)));
    let push = |before: &Handheld, op: &Value| brought(&world, &after.token, before, op);
    let reply = push(&before, &ops[0]);
    assert_eq!(outcomes(&reply), ["applied"]);
    let case: CaseId = reply
        .at("/results/0/case_id")
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    let row = world.look(move |tx| Ok(store::cases::get(tx, case)?));
    assert_eq!(row.unwrap().reporter, first);
    // Whoever has it now makes nothing in the former one's name.
    let mut forger = before.clone();
    let late = made_at(&mut forger, START.plus_ms(60_001));
    let reply = push(&forger, &late);
    assert_eq!(outcomes(&reply), ["quarantined: wrong_person"]);
    let mut forger = before.clone();
    let mut operation = forger.next(forger.report());
    (operation.epoch, operation.seq, operation.prev_hash) = (2, 1, CHAIN_START);
    operation.offset_ms = Some(0);
    let of_now = forger.seal(operation);
    let reply = push(&forger, &of_now);
    assert_eq!(outcomes(&reply), ["quarantined: wrong_person"]);
    // Not without the key, and not for ever.
    let mut unsigned = before.clone();
    unsigned.key = None;
    let reply = push(&unsigned, &ops[1]);
    assert_eq!(outcomes(&reply), ["quarantined: signature_missing"]);
    world.pass_ms(8 * DAY_MS);
    let reply = push(&before, &ops[2]);
    assert_eq!(outcomes(&reply), ["quarantined: wrong_person"]);
    assert_eq!(world.verify().findings, []);
}

fn what_was_left_on_a_lost_handheld_or_under_another_key_goes_to_a_person(backend: &Backend) {
    let world = World::new(backend);
    for is_lost in [true, false] {
        let first = world.person(Role::GridWorker, COMMUNITY, None);
        let second = world.person(Role::GridWorker, COMMUNITY, None);
        let device = DeviceId(Uuid::now_v7());
        let mut before = world.handheld_with(first, device, Some(key(1)));
        let op = made_at(&mut before, world.now());
        world.pass_ms(60_000);
        let key = if is_lost {
            let (code, now) = (world.district.code.clone(), world.now());
            world
                .store
                .write_blocking(&code, move |tx| {
                    store::devices::set_lost(tx, device, Some(now))
                })
                .unwrap();
            key(1)
        } else {
            key(2)
        };
        let after = world.handheld_with(second, device, Some(key.clone()));
        before.key = Some(key);
        let reply = brought(&world, &after.token, &before, &op);
        assert_eq!(outcomes(&reply), ["quarantined: wrong_person"], "{is_lost}");
    }
}

/// The receipts in an answer, checked with the key that the server names.
fn checked(reply: &Reply, sent: &[Value], key: &PublicKey) -> Vec<shared::receipt::Receipt> {
    let answer: PushAnswer = serde_json::from_value(reply.json.clone()).unwrap();
    let entries: Vec<_> = sent
        .iter()
        .zip(&answer.results)
        .filter(|(_, result)| result.receipted)
        .map(|(op, result)| {
            let hash: Sha256 = op["hash"].as_str().unwrap().parse().unwrap();
            result.entry(hash).unwrap()
        })
        .collect();
    let receipts = receipts(&entries, &answer.seal.unwrap());
    for receipt in &receipts {
        assert_eq!(receipt.verify(key), Ok(()));
    }
    receipts
}

fn every_kept_operation_has_a_receipt_that_anybody_can_check(backend: &Backend) {
    let world = World::new(backend);
    let key: PublicKey = world.receipt_key();
    let mut handheld = world.worker();
    let mut bad = handheld.report();
    bad["category"] = json!("C9999");
    let ops = [
        handheld.file_text("一"),
        handheld.file(bad),
        json!({"op_id": "x"}),
        handheld.file_text("三"),
    ];
    let reply = world.push(&handheld, &ops);
    assert_eq!(
        outcomes(&reply),
        [
            "applied",
            "quarantined: category_unknown",
            "rejected: payload_malformed",
            "applied"
        ]
    );
    let first = checked(&reply, &ops, &key);
    assert_eq!(first.len(), 3);
    assert_eq!(first[0].case_no.as_deref(), Some("JY20261124-00001"));
    assert_eq!(first[1].case_no, None);
    // Repeated alone and later, each says the same.
    world.pass_ms(60_000);
    for (at, op) in [(0, &ops[0]), (1, &ops[1]), (2, &ops[3])] {
        let reply = world.push(&handheld, std::slice::from_ref(op));
        let again = checked(&reply, std::slice::from_ref(op), &key);
        let facts =
            |r: &shared::receipt::Receipt| (r.op_id, r.hash, r.case_no.clone(), r.received_at);
        assert_eq!(facts(&again[0]), facts(&first[at]));
    }
    let nothing = world.push(&handheld, &[json!(5)]);
    assert_eq!(nothing.at("/seal"), &Value::Null);
}

fn the_ledger_names_what_is_owed_and_since_when(backend: &Backend) {
    let world = World::new(backend);
    let mut handheld = world.worker();
    let ops: Vec<Value> = (1..=6)
        .map(|n| handheld.file_text(&format!("第{n}件")))
        .collect();
    let mut lost = world.worker();
    let first = lost.file_text("送到了的");
    let _gone = lost.file_text("留在丢了的手机里");
    assert_eq!(outcomes(&world.push(&lost, &[first])), ["applied"]);
    world.pass_ms(DAY_MS);
    let reply = world.push(&handheld, &[ops[0].clone(), ops[3].clone()]);
    assert_eq!(outcomes(&reply), ["applied", "applied"]);
    let row = |device: &DeviceId| {
        // A day passes between the looks, and a console's session is shorter.
        let supervisor = world.console_of(Role::Supervisor, "350703", None);
        let page = world.get("/v1/devices", &supervisor);
        let rows = page.at("/rows").as_array().unwrap().clone();
        let found = rows.into_iter().find(|row| row["id"] == json!(device));
        found.unwrap()
    };
    let owing = row(&handheld.device);
    assert_eq!(owing["gaps"], json!([[2, 3], [5, 6]]));
    assert_eq!(owing["owed_since_ms"], START.0 + DAY_MS);
    assert_eq!(owing["photos_owed"], 2);
    assert_eq!(owing["photos_owed_since_ms"], START.0 + DAY_MS);
    world.pass_ms(DAY_MS);
    let reply = world.push(&handheld, &[ops[1].clone(), ops[2].clone()]);
    assert_eq!(outcomes(&reply), ["applied", "applied"]);
    let owing = row(&handheld.device);
    assert_eq!(owing["gaps"], json!([[5, 6]]));
    assert_eq!(
        owing["owed_since_ms"],
        START.0 + DAY_MS,
        "it never was even"
    );
    let reply = world.push(&handheld, &[ops[4].clone(), ops[5].clone()]);
    assert_eq!(outcomes(&reply), ["applied", "applied"]);
    let even = row(&handheld.device);
    assert_eq!(
        (&even["gaps"], &even["owed_since_ms"]),
        (&json!([]), &Value::Null)
    );
    // Years later the lost one is still there, before all others.
    world.pass_ms(800 * DAY_MS);
    let district = Arc::clone(&world.district);
    let now = world.now();
    let ledger = world.look(move |tx| devices::ledger(tx, &district, now));
    assert_eq!(ledger.len(), 2);
    assert_eq!(ledger[0].id, lost.device);
    assert_eq!(ledger[0].gaps, [(2, 2)]);
    assert_eq!(ledger[0].oldest_owed(), Some(START));
}
