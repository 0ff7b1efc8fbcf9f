//! Reports that were merged into another: they are never lost from sight, whatever becomes of the
//! other. Each on both databases.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test may fail loudly"
)]

use serde_json::{Value, json};
use shared::operation::kind;
use shared::role::Role;
use shared::time::{DAY_MS, HOUR_MS};
use std::sync::Arc;
use sync_server::service::{feed, statistics};
use tests::backends::Backend;
use tests::desk::Desk;
use tests::on_both;
use tests::world::{HERE, Handheld, World, outcomes};

on_both!(
    what_others_were_merged_into_is_not_taken_for_nothing,
    what_is_unmerged_goes_to_the_unit_that_had_it_with_a_clock_of_its_own,
    whoever_reported_follows_the_last_of_several_that_were_merged_until_that_has_ended,
    what_is_added_to_a_merged_report_stands_in_the_case_that_goes_on,
);

/// Files a report about 上水井盖 (of E01) and gives it with its case.
fn filed<'a>(world: &'a World, handheld: &mut Handheld) -> (Value, Desk<'a>) {
    let report = handheld.file_text("井盖不见了");
    let reply = world.push(handheld, std::slice::from_ref(&report));
    assert_eq!(outcomes(&reply), ["applied"]);
    let case = reply.at("/results/0/case_id").as_str().unwrap().to_owned();
    (report, Desk { world, case })
}

fn withdrawal(handheld: &mut Handheld, report: &Value) -> Value {
    let mut operation = handheld.next(json!({"reason": "报重了"}));
    operation.kind = kind::REPORT_WITHDRAW.to_owned();
    operation.subject = report["subject"].as_str().unwrap().to_owned();
    operation.photos = Vec::new();
    handheld.seal(operation)
}

fn note(handheld: &mut Handheld, report: &Value, text: &str) -> Value {
    let mut operation = handheld.next(json!({"text": text}));
    operation.kind = kind::NOTE_ADD.to_owned();
    operation.subject = report["subject"].as_str().unwrap().to_owned();
    operation.photos = Vec::new();
    handheld.seal(operation)
}

fn merge(desk: &Desk<'_>, dispatcher: &str, into: &Desk<'_>) {
    desk.go(dispatcher, "merge", &json!({"into": into.case}));
}

fn what_others_were_merged_into_is_not_taken_for_nothing(backend: &Backend) {
    let world = World::new(backend);
    let (mut first, mut second) = (world.worker(), world.worker());
    let (report, main) = filed(&world, &mut first);
    let (_, other) = filed(&world, &mut second);
    let dispatcher = world.console_of(Role::Dispatcher, HERE, None);
    let supervisor = world.console_of(Role::Supervisor, HERE, None);
    let void = json!({"ask": "void", "reason": "演练误报"});
    main.go(&dispatcher, "ask", &void);
    merge(&other, &dispatcher, &main);
    let reply = main.attempt(&supervisor, "grant", &json!({}));
    assert_eq!((reply.status, reply.code()), (409, "not_possible"));
    main.go(&supervisor, "refuse", &json!({"reason": "另一件还在"}));
    let reply = main.attempt(&dispatcher, "ask", &void);
    assert_eq!((reply.status, reply.code()), (409, "not_possible"));
    // Its reporter's withdrawal is a wish: somebody else reported it too.
    let op = withdrawal(&mut first, &report);
    assert_eq!(outcomes(&world.push(&first, &[op])), ["applied"]);
    assert_eq!(main.seen(&dispatcher).at("/row/state"), "dispatched");
    assert_eq!(main.kinds(&dispatcher).last().unwrap(), "withdraw_asked");
    // Taken apart, it may be struck out.
    other.go(&dispatcher, "unmerge", &json!({"reason": "不是同一处"}));
    main.go(&dispatcher, "ask", &void);
    main.go(&supervisor, "grant", &json!({}));
    assert_eq!(main.seen(&dispatcher).at("/row/state"), "voided");
    assert_eq!(world.verify().findings, []);
}

fn what_is_unmerged_goes_to_the_unit_that_had_it_with_a_clock_of_its_own(backend: &Backend) {
    let world = World::new(backend);
    let (_, main) = filed(&world, &mut world.worker());
    let (_, other) = filed(&world, &mut world.worker());
    let dispatcher = world.console_of(Role::Dispatcher, HERE, None);
    merge(&other, &dispatcher, &main);
    world.pass_ms(HOUR_MS);
    let reply = other.go(&dispatcher, "unmerge", &json!({"reason": "不是同一处"}));
    assert_eq!(reply.at("/row/state"), "received");
    assert_eq!(reply.at("/row/deadline_ms"), &Value::Null);
    assert_eq!(reply.at("/row/dispatched_ms"), &Value::Null);
    let reply = other.go(&dispatcher, "dispatch", &json!({"unit": "E01"}));
    assert_eq!(reply.at("/row/lead"), "E01");
    assert_eq!(reply.at("/row/dispatched_ms"), &json!(world.now()));
    let district = Arc::clone(&world.district);
    let differences = world.look(move |tx| statistics::differences(tx, &district));
    assert_eq!(differences, [], "counted as it would be anew");
    assert_eq!(world.verify().findings, []);
}

/// What a handheld that pulls everything keeps of a case.
fn kept(world: &World, handheld: &Handheld, desk: &Desk<'_>) -> Option<Value> {
    let rows = world.pull_all(handheld);
    let row = rows.iter().find(|row| row["id"] == desk.case.as_str())?;
    Some(row["doc"].clone()).filter(Value::is_object)
}

fn let_old_cases_leave(world: &World) {
    let (district, now) = (Arc::clone(&world.district), world.now());
    let code = district.code.clone();
    let work =
        move |tx: &mut dyn sync_server::store::Tx| feed::let_old_cases_leave(tx, &district, now);
    world.store.write_blocking(&code, work).unwrap();
}

fn whoever_reported_follows_the_last_of_several_that_were_merged_until_that_has_ended(
    backend: &Backend,
) {
    let world = World::new(backend);
    let mut reporter = world.worker();
    let (_, own) = filed(&world, &mut reporter);
    let (_, middle) = filed(&world, &mut world.worker());
    let (_, last) = filed(&world, &mut world.worker());
    let dispatcher = world.console_of(Role::Dispatcher, HERE, None);
    merge(&own, &dispatcher, &middle);
    merge(&middle, &dispatcher, &last);
    let number = last.seen(&dispatcher).at("/row/case_no").clone();
    let into = |desk: &Desk<'_>| kept(&world, &reporter, desk).unwrap()["merged_into"].clone();
    let dispatched = json!({"case_no": number, "state": "dispatched"});
    assert_eq!(into(&own), dispatched);
    // Taken apart, the middle one takes along what was merged into it.
    middle.go(&dispatcher, "unmerge", &json!({"reason": "不是同一处"}));
    assert_eq!(into(&own)["state"], "received");
    merge(&middle, &dispatcher, &last);
    assert_eq!(into(&own), dispatched);
    // The work goes on for longer than handhelds keep what is closed.
    world.pass_ms(40 * DAY_MS);
    let_old_cases_leave(&world);
    assert_eq!(into(&own), dispatched);
    let unit = world.console_of(Role::Handler, "350703", Some("E01"));
    let dispatcher = world.console_of(Role::Dispatcher, HERE, None);
    last.go(&unit, "finish", &json!({"reason": "已换新井盖"}));
    last.go(&dispatcher, "close", &json!({}));
    assert_eq!(into(&own)["state"], "closed");
    world.pass_ms(31 * DAY_MS);
    let_old_cases_leave(&world);
    for desk in [&own, &middle, &last] {
        assert_eq!(kept(&world, &reporter, desk), None);
    }
    assert_eq!(world.verify().findings, []);
}

fn what_is_added_to_a_merged_report_stands_in_the_case_that_goes_on(backend: &Backend) {
    let world = World::new(backend);
    let (mut first, mut second) = (world.worker(), world.worker());
    let (_, last) = filed(&world, &mut first);
    let (_, middle) = filed(&world, &mut world.worker());
    let (report, own) = filed(&world, &mut second);
    let dispatcher = world.console_of(Role::Dispatcher, HERE, None);
    merge(&own, &dispatcher, &middle);
    merge(&middle, &dispatcher, &last);
    let before = last.seen(&dispatcher).at("/row/revision").as_i64().unwrap();
    let between = middle.kinds(&dispatcher);
    let op = note(&mut second, &report, "一个小孩掉进去了");
    let reply = world.push(&second, std::slice::from_ref(&op));
    assert_eq!(outcomes(&reply), ["applied"]);
    let number = own.seen(&dispatcher).at("/row/case_no").clone();
    assert_eq!(reply.at("/results/0/case_no"), &number);
    let seen = last.seen(&dispatcher);
    let entry = seen.at("/events").as_array().unwrap().last().unwrap();
    assert_eq!(entry["kind"], "note");
    let words = format!("并入的{}：一个小孩掉进去了", number.as_str().unwrap());
    assert_eq!(entry["reason"], words.as_str());
    // Whoever was about to move it looks again, and its own reporter hears of it.
    assert_eq!(seen.at("/row/revision"), &json!(before + 1));
    let known = kept(&world, &first, &last).unwrap();
    assert_eq!(known["revision"], json!(before + 1));
    // Once, however often it is sent, and nowhere on the way.
    assert_eq!(outcomes(&world.push(&second, &[op])), ["duplicate"]);
    assert_eq!(last.seen(&dispatcher).at("/events"), seen.at("/events"));
    assert_eq!(middle.kinds(&dispatcher), between);
    assert_eq!(own.kinds(&dispatcher).last().unwrap(), "note");
    let waits = |desk: &Desk<'_>| {
        let seen = desk.seen(&dispatcher);
        seen.at("/life/news_ms").is_i64()
    };
    assert_eq!([&last, &middle, &own].map(waits), [true, false, false]);
    // Taken apart, it is on its own again.
    middle.go(&dispatcher, "unmerge", &json!({"reason": "不是同一处"}));
    let op = note(&mut second, &report, "还在那里");
    assert_eq!(outcomes(&world.push(&second, &[op])), ["applied"]);
    assert_eq!(last.seen(&dispatcher).at("/events"), seen.at("/events"));
    assert_eq!(middle.kinds(&dispatcher).last().unwrap(), "note");
    assert_eq!(world.verify().findings, []);
}
