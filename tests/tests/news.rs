//! 有新补充: what comes for a case that has ended, and wishes to withdraw, wait for a desk's look.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test may fail loudly"
)]

use super::additions::{about, case, filed, kinds};
use serde_json::{Value, json};
use shared::operation::kind;
use shared::role::Role;
use tests::backends::Backend;
use tests::on_both;
use tests::world::{World, outcomes};

on_both!(what_comes_after_the_end_waits_until_a_desk_has_looked);

/// The cases that wait for a dispatcher's look, as the work list counts and lists them.
fn waiting(world: &World) -> Vec<String> {
    let dispatcher = world.console_of(Role::Dispatcher, "350703", None);
    let lists = world.get("/v1/worklists", &dispatcher);
    let lists = lists.json.as_array().unwrap();
    let list = lists.iter().find(|list| list["key"] == "news").unwrap();
    let path = format!("/v1/cases?{}", list["query"].as_str().unwrap());
    let page = world.get(&path, &dispatcher);
    let rows = page.at("/rows").as_array().unwrap();
    assert_eq!(list["count"], json!(rows.len()));
    rows.iter()
        .map(|row| row["id"].as_str().unwrap().to_owned())
        .collect()
}

fn what_comes_after_the_end_waits_until_a_desk_has_looked(backend: &Backend) {
    let world = World::new(backend);
    let mut handheld = world.worker();
    let dispatcher = world.console_of(Role::Dispatcher, "350703", None);
    let unit = world.console_of(Role::Handler, "350703", Some("E01"));
    let (report, id) = filed(&world, &mut handheld);
    let note = json!({"text": "里面有积水"});
    let open = about(&mut handheld, &report, kind::NOTE_ADD, note.clone());
    assert_eq!(outcomes(&world.push(&handheld, &[open])), ["applied"]);
    assert_eq!(
        waiting(&world),
        [""; 0],
        "whoever works on it has it before them"
    );
    let why = json!({"reason": "已自行恢复"});
    let end = about(&mut handheld, &report, kind::REPORT_WITHDRAW, why.clone());
    assert_eq!(outcomes(&world.push(&handheld, &[end])), ["applied"]);
    assert_eq!(waiting(&world), [""; 0]);
    let late = about(&mut handheld, &report, kind::NOTE_ADD, note);
    assert_eq!(outcomes(&world.push(&handheld, &[late])), ["applied"]);
    assert_eq!(waiting(&world), std::slice::from_ref(&id));
    let seen = case(&world, &id);
    assert_eq!(seen.at("/life/news_ms"), &json!(world.now()));
    // Only of what was seen; then once, however often it is said.
    let path = format!("/v1/cases/{id}/looked");
    let revision = seen.at("/row/revision").as_i64().unwrap();
    let look = |token: &str, revision: i64| {
        let request = json!({"base_revision": revision});
        world.post(&path, token, &request).status
    };
    assert_eq!(look(&dispatcher, revision - 1), 409);
    assert_eq!(look(&unit, revision), 403);
    assert_eq!(waiting(&world), std::slice::from_ref(&id));
    assert_eq!(look(&dispatcher, revision), 200);
    assert_eq!(look(&dispatcher, revision + 1), 200);
    assert_eq!(waiting(&world), [""; 0]);
    let kinds_after = kinds(&case(&world, &id));
    assert_eq!(kinds_after[kinds_after.len() - 2..], ["note", "looked"]);
    // A wish to withdraw waits until the desk moves the case, and the unit's moves are no answer.
    let (report, id) = filed(&world, &mut handheld);
    let go = |token: &str, kind: &str, mut body: Value| {
        body["kind"] = json!(kind);
        body["base_revision"] = case(&world, &id).at("/row/revision").clone();
        let reply = world.post(&format!("/v1/cases/{id}/moves"), token, &body);
        assert_eq!(reply.status, 200, "{reply:?}");
    };
    go(&unit, "start", json!({}));
    let wish = about(&mut handheld, &report, kind::REPORT_WITHDRAW, why);
    assert_eq!(outcomes(&world.push(&handheld, &[wish])), ["applied"]);
    assert_eq!(waiting(&world), std::slice::from_ref(&id));
    go(&unit, "finish", json!({"reason": "补装"}));
    assert_eq!(waiting(&world), std::slice::from_ref(&id));
    go(&dispatcher, "close", json!({}));
    assert_eq!(waiting(&world), [""; 0]);
    assert_eq!(world.verify().findings, []);
}
