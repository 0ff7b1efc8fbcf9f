//! Whom to call about a report: kept apart, masked, read by those who handle it, noted, erased in
//! its time, and never in the way of what is hashed. Each on both databases.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test may fail loudly"
)]

use serde_json::{Value, json};
use shared::contact::{Contact, KEPT_DAYS};
use shared::id::CaseId;
use shared::operation;
use shared::role::Role;
use shared::time::DAY_MS;
use std::sync::Arc;
use sync_server::service::contacts;
use tests::backends::Backend;
use tests::desk::Desk;
use tests::on_both;
use tests::tamper::Hand;
use tests::world::{Handheld, Reply, World, outcomes};
use uuid::Uuid;

on_both!(
    a_contact_is_masked_and_read_by_those_who_handle_the_case_alone,
    what_is_not_vouched_for_is_not_taken,
    an_erased_contact_leaves_every_hash_as_it_was,
    a_contact_of_a_merged_report_is_kept_until_the_work_is_done,
    a_contact_is_erased_when_its_time_is_over,
    a_contact_that_was_changed_is_found,
);

const NAME: &str = "张三丰";
const PHONE: &str = "13812341234";

/// Files a report that names somebody; the operation as sent, and the case.
fn file(world: &World, handheld: &mut Handheld) -> (Value, String) {
    let contact = Contact::of(NAME, PHONE, "00ff".into()).unwrap();
    let mut report = handheld.report();
    report["contact"] = json!(contact.commitment());
    let mut op = handheld.file(report);
    op["aside"] = json!({"contact": contact});
    let reply = world.push(handheld, std::slice::from_ref(&op));
    assert_eq!(outcomes(&reply), ["applied"], "{reply:?}");
    let case = reply.at("/results/0/case_id").as_str().unwrap().to_owned();
    (op, case)
}

fn case(world: &World, id: &str, token: &str) -> Reply {
    world.get(&format!("/v1/cases/{id}"), token)
}

fn contact(world: &World, id: &str, token: &str) -> Reply {
    world.post(&format!("/v1/cases/{id}/contact"), token, &json!({}))
}

fn close(world: &World, id: &str) {
    let water = world.console_of(Role::Handler, "350703", Some("E01"));
    let dispatcher = world.console_of(Role::Dispatcher, "350703", None);
    for (who, kind, at) in [(&water, "finish", 1), (&dispatcher, "close", 2)] {
        let body = json!({"kind": kind, "base_revision": at, "reason": "补装"});
        let reply = world.post(&format!("/v1/cases/{id}/moves"), who, &body);
        assert_eq!(reply.status, 200, "{reply:?}");
    }
}

fn a_contact_is_masked_and_read_by_those_who_handle_the_case_alone(backend: &Backend) {
    let world = World::new(backend);
    let mut handheld = world.worker();
    let (_, id) = file(&world, &mut handheld);
    let of = |role, unit| world.console_of(role, "350703", unit);
    let water = of(Role::Handler, Some("E01"));
    let supervisor = of(Role::Supervisor, None);
    for who in [&water, &supervisor, &handheld.token] {
        let seen = case(&world, &id, who);
        assert_eq!(seen.at("/contact/name"), "张**");
        assert_eq!(seen.at("/contact/phone"), "138****1234");
        let text = String::from_utf8(seen.bytes).unwrap();
        assert!(!text.contains(NAME) && !text.contains(PHONE), "{text}");
    }
    assert_eq!(case(&world, &id, &water).at("/contact/may_read"), true);
    assert_eq!(contact(&world, &id, &water).at("/phone"), PHONE);
    assert_eq!(
        contact(&world, &id, &of(Role::Dispatcher, None)).at("/name"),
        NAME
    );
    for (who, status) in [
        (&supervisor, 403),
        (&of(Role::Handler, Some("D22-3")), 404),
        (&of(Role::Administrator, None), 403),
        (&handheld.token, 403),
    ] {
        assert_eq!(contact(&world, &id, who).status, status);
    }
    // Noted, and nowhere else.
    let boss = of(Role::Administrator, None);
    let audit = world.get("/v1/audit?action=contact.read", &boss);
    assert_eq!(audit.at("/rows").as_array().unwrap().len(), 2);
    let found = world.get(&format!("/v1/cases?text={PHONE}"), &supervisor);
    assert_eq!(found.at("/rows").as_array().unwrap().len(), 0);
    close(&world, &id);
    assert_eq!(
        contact(&world, &id, &water).status,
        200,
        "for one call back"
    );
    world.pass_ms(8 * DAY_MS);
    let water = of(Role::Handler, Some("E01"));
    assert_eq!(contact(&world, &id, &water).status, 403);
    assert_eq!(case(&world, &id, &water).at("/contact/may_read"), false);
}

fn what_is_not_vouched_for_is_not_taken(backend: &Backend) {
    let world = World::new(backend);
    let mut handheld = world.worker();
    let contact = Contact::of(NAME, PHONE, "00ff".into()).unwrap();
    let mut op = handheld.file_text("没有联系人");
    op["aside"] = json!({"contact": contact});
    let reply = world.push(&handheld, std::slice::from_ref(&op));
    assert_eq!(reply.at("/results/0/code"), "hash_mismatch");
    // Without it, the same operation is as good as ever.
    op.as_object_mut().unwrap().remove("aside");
    let reply = world.push(&handheld, &[op]);
    assert_eq!(outcomes(&reply), ["applied"]);
}

fn an_erased_contact_leaves_every_hash_as_it_was(backend: &Backend) {
    let world = World::new(backend);
    let mut handheld = world.worker();
    let (op, id) = file(&world, &mut handheld);
    let dispatcher = world.console_of(Role::Dispatcher, "350703", None);
    let path = format!("/v1/cases/{id}/contact");
    let water = world.console_of(Role::Handler, "350703", Some("E01"));
    assert_eq!(world.ask("DELETE", &path, &water, None).status, 403);
    let pull = json!({"buckets": {}, "limit": 100});
    let before = world.post("/v1/sync/pull", &handheld.token, &pull);
    assert_eq!(world.ask("DELETE", &path, &dispatcher, None).status, 204);
    assert_eq!(world.ask("DELETE", &path, &dispatcher, None).status, 404);
    let seen = case(&world, &id, &dispatcher);
    assert_eq!(seen.at("/contact/erased"), true);
    assert_eq!(seen.at("/contact/phone"), "");
    let last = seen
        .at("/events")
        .as_array()
        .unwrap()
        .last()
        .unwrap()
        .clone();
    assert_eq!(last["kind"], "redact");
    // The handheld hears of it.
    let pull = json!({"buckets": before.at("/buckets"), "limit": 100});
    let after = world.post("/v1/sync/pull", &handheld.token, &pull);
    assert_eq!(after.at("/rows/0/why"), "redact", "{after:?}");
    assert_eq!(after.at("/rows/0/id"), &json!(id));
    // Whoever was away hears of it even when the case went on since.
    let seen = seen.at("/row/revision");
    let body = json!({"kind": "finish", "base_revision": seen, "reason": "补装"});
    let moved = world.post(&format!("/v1/cases/{id}/moves"), &water, &body);
    assert_eq!(moved.status, 200);
    let after = world.post("/v1/sync/pull", &handheld.token, &pull);
    assert_eq!(after.at("/rows/0/why"), "redact");
    assert_eq!(after.at("/rows/0/doc/state"), "handled");
    // What comes again brings nothing back.
    let reply = world.push(&handheld, &[op]);
    assert_eq!(outcomes(&reply), ["duplicate"]);
    assert_eq!(case(&world, &id, &dispatcher).at("/contact/erased"), true);
    let report = world.verify();
    assert!(report.is_good(), "{:?}", report.findings);
    let mut hand = Hand::on(backend);
    let body = hand.text("SELECT body FROM operations");
    assert!(!body.contains(PHONE));
    assert!(operation::open(&serde_json::from_str(&body).unwrap()).is_ok());
    assert_eq!(hand.text("SELECT name || phone || salt FROM contacts"), "");
}

/// Erases what is due; how many.
fn expire(world: &World) -> usize {
    let (district, now) = (Arc::clone(&world.district), world.now());
    let code = district.code.clone();
    let work = move |tx: &mut dyn sync_server::store::Tx| {
        contacts::expire(tx, &district, KEPT_DAYS, Uuid::now_v7, now)
    };
    world.store.write_blocking(&code, work).unwrap()
}

fn a_contact_of_a_merged_report_is_kept_until_the_work_is_done(backend: &Backend) {
    let world = World::new(backend);
    let mut handheld = world.worker();
    let (_, id) = file(&world, &mut handheld);
    let middle = Desk::filed(&world, &mut handheld, "C0101");
    let last = Desk::filed(&world, &mut handheld, "C0101");
    let dispatcher = |world: &World| world.console_of(Role::Dispatcher, "350703", None);
    let own = Desk {
        world: &world,
        case: id.clone(),
    };
    let clerk = dispatcher(&world);
    own.go(&clerk, "merge", &json!({"into": middle.case}));
    middle.go(&clerk, "merge", &json!({"into": last.case}));
    world.pass_ms((KEPT_DAYS + 1) * DAY_MS);
    assert_eq!(expire(&world), 0, "the case that it is part of is open");
    let clerk = dispatcher(&world);
    assert_eq!(case(&world, &id, &clerk).at("/contact/may_read"), true);
    assert_eq!(contact(&world, &id, &clerk).at("/phone"), PHONE);
    close(&world, &last.case);
    world.pass_ms(8 * DAY_MS);
    let clerk = dispatcher(&world);
    assert_eq!(contact(&world, &id, &clerk).status, 403);
    assert_eq!(expire(&world), 0);
    world.pass_ms(KEPT_DAYS * DAY_MS);
    assert_eq!(expire(&world), 1);
    assert!(world.verify().is_good());
}

fn a_contact_is_erased_when_its_time_is_over(backend: &Backend) {
    let world = World::new(backend);
    let mut handheld = world.worker();
    let (_, id) = file(&world, &mut handheld);
    world.pass_ms(200 * DAY_MS);
    assert_eq!(expire(&world), 0, "the case is open");
    close(&world, &id);
    world.pass_ms((KEPT_DAYS - 1) * DAY_MS);
    assert_eq!(expire(&world), 0);
    world.pass_ms(2 * DAY_MS);
    let pull = json!({"buckets": {}, "limit": 100});
    let before = world.post("/v1/sync/pull", &handheld.token, &pull);
    assert_eq!(expire(&world), 1);
    assert_eq!(expire(&world), 0, "once");
    // A handheld that was away when the case left it is told to let go of it once more.
    let pull = json!({"buckets": before.at("/buckets"), "limit": 100});
    let after = world.post("/v1/sync/pull", &handheld.token, &pull);
    assert_eq!(after.at("/rows/0/why"), "evict", "{after:?}");
    assert_eq!(after.at("/rows/0/id"), &json!(id));
    let dispatcher = world.console_of(Role::Dispatcher, "350703", None);
    let seen = case(&world, &id, &dispatcher);
    assert_eq!(seen.at("/contact/erased"), true);
    assert!(world.verify().is_good());
}

fn a_contact_that_was_changed_is_found(backend: &Backend) {
    let world = World::new(backend);
    let mut handheld = world.worker();
    let (_, id) = file(&world, &mut handheld);
    let mut hand = Hand::on(backend);
    hand.remember("contacts");
    for change in [
        "name = '李四'",
        "phone = ''",
        "salt = '00'",
        "name = '', phone = '', salt = ''",
        "name = '', phone = '', salt = '', erased_ms = 5",
        "erased_ms = 5",
        "commitment = salt",
    ] {
        hand.run(&format!("UPDATE contacts SET {change}"));
        let found = world.verify().findings;
        assert!(found.iter().any(|one| one.table == "contacts"), "{change}");
        hand.put_back("contacts");
    }
    assert!(world.verify().is_good());
    let _: CaseId = id.parse().unwrap();
}
