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
use shared::time::HOUR_MS;
use tests::backends::Backend;
use tests::desk::Desk;
use tests::on_both;
use tests::world::{HERE, Handheld, World, outcomes};

on_both!(
    what_others_were_merged_into_is_not_taken_for_nothing,
    what_is_unmerged_goes_to_the_unit_that_had_it_with_a_clock_of_its_own,
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
    assert_eq!(world.verify().findings, []);
}
