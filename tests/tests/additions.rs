//! What follows a filed report: corrections, notes, photos, its withdrawal; out of order, too late,
//! by others. Nothing filed ever changes, and everything shows. Each on both databases.
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
use sync_server::store;
use tests::backends::Backend;
use tests::on_both;
use tests::world::{COMMUNITY, ELSEWHERE, Handheld, Reply, World, outcomes, photo_ref};

on_both!(
    additions_stand_in_the_course_and_the_report_stays_as_it_was_filed,
    a_withdrawal_ends_the_case_until_a_unit_has_begun_and_is_a_wish_after_that,
    what_is_no_longer_possible_goes_to_a_person_with_words,
    an_addition_before_its_report_is_held_and_not_kept,
    an_addition_to_what_came_damaged_waits_a_day_for_the_whole_one,
    an_addition_to_what_cannot_be_read_here_waits_a_day_and_then_goes_to_a_person,
    an_addition_to_what_is_in_quarantine_follows_it_there,
    only_the_reporter_and_the_grid_may_add,
    photos_added_later_are_awaited_and_counted,
    whoever_was_about_to_move_the_case_looks_again,
);

/// An operation about the report of another one.
pub(super) fn about(handheld: &mut Handheld, report: &Value, kind: &str, payload: Value) -> Value {
    let mut operation = handheld.next(payload);
    operation.kind = kind.to_owned();
    operation.subject = report["subject"].as_str().unwrap().to_owned();
    operation.photos = Vec::new();
    handheld.seal(operation)
}

pub(super) fn case(world: &World, id: &str) -> Reply {
    let dispatcher = world.console_of(Role::Dispatcher, "350703", None);
    world.get(&format!("/v1/cases/{id}"), &dispatcher)
}

pub(super) fn kinds(case: &Reply) -> Vec<String> {
    let events = case.at("/events").as_array().unwrap();
    events
        .iter()
        .map(|event| event["kind"].as_str().unwrap().to_owned())
        .collect()
}

/// Files a report and gives it with its case's id.
pub(super) fn filed(world: &World, handheld: &mut Handheld) -> (Value, String) {
    let report = handheld.file_text("井盖不见了");
    let reply = world.push(handheld, std::slice::from_ref(&report));
    assert_eq!(outcomes(&reply), ["applied"]);
    let id = reply.at("/results/0/case_id").as_str().unwrap().to_owned();
    (report, id)
}

fn additions_stand_in_the_course_and_the_report_stays_as_it_was_filed(backend: &Backend) {
    let world = World::new(backend);
    let mut handheld = world.worker();
    let (report, id) = filed(&world, &mut handheld);
    let before = case(&world, &id);
    let ops = [
        about(
            &mut handheld,
            &report,
            kind::NOTE_ADD,
            json!({"text": "旁边还有一个"}),
        ),
        about(
            &mut handheld,
            &report,
            kind::REPORT_AMEND,
            json!({"text": "是雨水井盖", "category": "C0102", "later": [1]}),
        ),
    ];
    let reply = world.push(&handheld, &ops);
    assert_eq!(outcomes(&reply), ["applied", "applied"]);
    assert_eq!(reply.at("/results/1/case_no"), before.at("/row/case_no"));
    let after = case(&world, &id);
    assert_eq!(kinds(&after), ["received", "dispatch", "note", "amend"]);
    let words = after.at("/events/3/reason").as_str().unwrap();
    assert!(
        words.contains("类别应为「") && words.contains("是雨水井盖"),
        "{words}"
    );
    for fact in [
        "/text",
        "/row/category",
        "/place",
        "/row/lead",
        "/row/state",
    ] {
        assert_eq!(before.at(fact), after.at(fact), "{fact}");
    }
    // The worker sees the same, once, however often it is sent.
    assert_eq!(
        outcomes(&world.push(&handheld, &ops)),
        ["duplicate", "duplicate"]
    );
    let rows = world.pull_all(&handheld);
    let course = rows[0]["doc"]["course"].as_array().unwrap();
    assert_eq!(course.len(), 4);
    assert_eq!(
        rows[0]["doc"]["revision"],
        reply.at("/results/1/revision").clone()
    );
    let dispatcher = world.console_of(Role::Dispatcher, "350703", None);
    let found = world.get(
        "/v1/cases?text=%E9%9B%A8%E6%B0%B4%E4%BA%95%E7%9B%96",
        &dispatcher,
    );
    assert_eq!(
        found.at("/rows").as_array().unwrap().len(),
        1,
        "found by what was added"
    );
    let trail = world.look(move |tx| Ok(store::events::of_case(tx, id.parse().unwrap())?));
    let case_id = after.at("/row/id").as_str().unwrap().parse().unwrap();
    assert_eq!(store::events::first_break(case_id, &trail), None);
}

fn a_withdrawal_ends_the_case_until_a_unit_has_begun_and_is_a_wish_after_that(backend: &Backend) {
    let world = World::new(backend);
    let mut handheld = world.worker();
    let (early, early_id) = filed(&world, &mut handheld);
    let op = about(
        &mut handheld,
        &early,
        kind::REPORT_WITHDRAW,
        json!({"reason": "已自行恢复"}),
    );
    assert_eq!(outcomes(&world.push(&handheld, &[op])), ["applied"]);
    let withdrawn = case(&world, &early_id);
    assert_eq!(withdrawn.at("/row/state"), "withdrawn");
    assert_eq!(withdrawn.at("/row/class"), "closed");
    assert_eq!(kinds(&withdrawn), ["received", "dispatch", "withdraw"]);
    assert_eq!(withdrawn.at("/events/2/reason"), "已自行恢复");
    let (late, late_id) = filed(&world, &mut handheld);
    let unit = world.console_of(Role::Handler, "350703", Some("E01"));
    let start =
        json!({"kind": "start", "base_revision": case(&world, &late_id).at("/row/revision")});
    let path = format!("/v1/cases/{late_id}/moves");
    assert_eq!(world.post(&path, &unit, &start).status, 200);
    let op = about(
        &mut handheld,
        &late,
        kind::REPORT_WITHDRAW,
        json!({"reason": "报重了"}),
    );
    assert_eq!(outcomes(&world.push(&handheld, &[op])), ["applied"]);
    let asked = case(&world, &late_id);
    assert_eq!(asked.at("/row/state"), "handling");
    assert_eq!(kinds(&asked).last().unwrap(), "withdraw_asked");
}

fn what_is_no_longer_possible_goes_to_a_person_with_words(backend: &Backend) {
    let world = World::new(backend);
    let mut handheld = world.worker();
    let (report, id) = filed(&world, &mut handheld);
    let op = about(
        &mut handheld,
        &report,
        kind::REPORT_WITHDRAW,
        json!({"reason": "已恢复"}),
    );
    assert_eq!(outcomes(&world.push(&handheld, &[op])), ["applied"]);
    world.pass_ms(DAY_MS);
    handheld.wall = world.now();
    let ops = [
        about(
            &mut handheld,
            &report,
            kind::REPORT_AMEND,
            json!({"text": "其实还在"}),
        ),
        about(
            &mut handheld,
            &report,
            kind::REPORT_WITHDRAW,
            json!({"reason": "再撤一次"}),
        ),
        about(
            &mut handheld,
            &report,
            kind::NOTE_ADD,
            json!({"text": "留个话"}),
        ),
    ];
    let reply = world.push(&handheld, &ops);
    assert_eq!(
        outcomes(&reply),
        [
            "quarantined: case_closed",
            "quarantined: case_closed",
            "applied"
        ]
    );
    let words = reply.at("/results/0/words").as_str().unwrap();
    assert_eq!(
        words,
        "事件已于昨天10:30撤回，这次的内容已保存，由工作人员决定。"
    );
    assert_eq!(
        outcomes(&world.push(&handheld, &ops))[0],
        "quarantined: case_closed",
        "the words stay the same"
    );
    assert_eq!(kinds(&case(&world, &id)).last().unwrap(), "note");
    let empty = about(&mut handheld, &report, kind::NOTE_ADD, json!({"text": ""}));
    let shapeless = about(&mut handheld, &report, kind::REPORT_WITHDRAW, json!({}));
    let later = about(
        &mut handheld,
        &report,
        "case.merge_hint",
        json!({"with": "another"}),
    );
    assert_eq!(
        outcomes(&world.push(&handheld, &[empty, shapeless, later])),
        [
            "quarantined: addition_empty",
            "quarantined: payload_malformed",
            "quarantined: kind_unknown"
        ]
    );
}

fn an_addition_before_its_report_is_held_and_not_kept(backend: &Backend) {
    let world = World::new(backend);
    let mut handheld = world.worker();
    let report = handheld.file_text("先报的，还没到");
    let note = about(
        &mut handheld,
        &report,
        kind::NOTE_ADD,
        json!({"text": "后补的，先到了"}),
    );
    for _ in 0..2 {
        let reply = world.push(&handheld, std::slice::from_ref(&note));
        assert_eq!(outcomes(&reply), ["held: held"]);
        assert_eq!(reply.at("/results/0/receipted"), &Value::Null);
        assert_eq!(reply.at("/high_water"), 0);
    }
    let op_id = note["op_id"].as_str().unwrap().parse().unwrap();
    let kept = world.look(move |tx| Ok(store::operations::get(tx, op_id)?));
    assert_eq!(kept, None, "it is still the device's to keep");
    // In one push in the wrong order, then again.
    let reply = world.push(&handheld, &[note.clone(), report]);
    assert_eq!(outcomes(&reply), ["held: held", "applied"]);
    let reply = world.push(&handheld, &[note]);
    assert_eq!(outcomes(&reply), ["applied"]);
    assert_eq!(reply.at("/high_water"), 2);
}

fn an_addition_to_what_came_damaged_waits_a_day_for_the_whole_one(backend: &Backend) {
    let world = World::new(backend);
    let mut handheld = world.worker();
    let report = handheld.file_text("路上坏了");
    let mut damaged = report.clone();
    damaged["payload"]["text"] = json!("路上坏子");
    let mut add = |text: &str| {
        let words = json!({"text": text});
        about(&mut handheld, &report, kind::NOTE_ADD, words)
    };
    let (first, second) = (add("补充"), add("再补充"));
    let push = |ops: &[Value]| outcomes(&world.push(&handheld, ops));
    assert_eq!(
        push(&[damaged.clone(), first.clone()]),
        ["quarantined: hash_mismatch", "held: held"]
    );
    // Nothing better came within a day: what there is goes to a person, each thing once.
    world.pass_ms(DAY_MS);
    assert_eq!(
        push(&[damaged, first]),
        ["quarantined: hash_mismatch", "quarantined: subject_unknown"]
    );
    assert_eq!(
        world
            .get(
                "/v1/quarantine",
                &world.console_of(Role::Dispatcher, "350703", None)
            )
            .at("/rows")
            .as_array()
            .unwrap()
            .len(),
        2
    );
    // The whole one is welcome all the same, and what follows follows.
    assert_eq!(push(&[report.clone(), second]), ["applied", "applied"]);
}

fn an_addition_to_what_cannot_be_read_here_waits_a_day_and_then_goes_to_a_person(
    backend: &Backend,
) {
    let world = World::new(backend);
    let mut handheld = world.worker();
    // It fits its hash, and a member is of another shape than this version knows.
    let operation = handheld.next(handheld.report());
    let mut report = serde_json::to_value(&operation).unwrap();
    report["photos"][0]["width"] = json!("640");
    let canonical = shared::operation::canonical(&report).unwrap();
    report["hash"] = json!(shared::id::Sha256::of(canonical.as_bytes()));
    let words = json!({"text": "补充"});
    let note = about(&mut handheld, &report, kind::NOTE_ADD, words);
    let push = |ops: &[Value]| outcomes(&world.push(&handheld, ops));
    assert_eq!(
        push(&[report, note.clone()]),
        ["quarantined: payload_malformed", "held: held"]
    );
    world.pass_ms(DAY_MS);
    assert_eq!(push(&[note]), ["quarantined: subject_unknown"]);
    assert_eq!(world.verify().findings, []);
}

fn an_addition_to_what_is_in_quarantine_follows_it_there(backend: &Backend) {
    let world = World::new(backend);
    let mut handheld = world.worker();
    let mut bad = handheld.report();
    bad["category"] = json!("C9999");
    let report = handheld.file(bad);
    let note = about(
        &mut handheld,
        &report,
        kind::NOTE_ADD,
        json!({"text": "补充"}),
    );
    assert_eq!(
        outcomes(&world.push(&handheld, &[report, note])),
        [
            "quarantined: category_unknown",
            "quarantined: subject_unknown"
        ]
    );
}

fn only_the_reporter_and_the_grid_may_add(backend: &Backend) {
    let world = World::new(backend);
    let mut reporter = world.worker();
    let (report, id) = filed(&world, &mut reporter);
    let mut neighbour = world.handheld(world.person(Role::GridWorker, COMMUNITY, None));
    let mut stranger = world.handheld(world.person(Role::GridWorker, ELSEWHERE, None));
    let note = about(
        &mut neighbour,
        &report,
        kind::NOTE_ADD,
        json!({"text": "我也看到了"}),
    );
    let withdraw = about(
        &mut neighbour,
        &report,
        kind::REPORT_WITHDRAW,
        json!({"reason": "不算"}),
    );
    assert_eq!(
        outcomes(&world.push(&neighbour, &[note, withdraw])),
        ["applied", "quarantined: not_yours"]
    );
    let note = about(
        &mut stranger,
        &report,
        kind::NOTE_ADD,
        json!({"text": "路过"}),
    );
    assert_eq!(
        outcomes(&world.push(&stranger, &[note])),
        ["quarantined: not_yours"]
    );
    let shown = case(&world, &id);
    assert_eq!(kinds(&shown), ["received", "dispatch", "note"]);
    assert_eq!(shown.at("/row/state"), "dispatched");
}

fn photos_added_later_are_awaited_and_counted(backend: &Backend) {
    let world = World::new(backend);
    let mut handheld = world.worker();
    let (report, id) = filed(&world, &mut handheld);
    let bytes = include_bytes!("../data/photos/no_exif.jpg").to_vec();
    let mut more = handheld.next(json!({"text": "处理后"}));
    more.kind = kind::PHOTO_ADD.to_owned();
    more.subject = report["subject"].as_str().unwrap().to_owned();
    more.photos = vec![photo_ref(&bytes)];
    let op = handheld.seal(more);
    assert_eq!(outcomes(&world.push(&handheld, &[op])), ["applied"]);
    assert_eq!(case(&world, &id).at("/row/photos"), &json!([2, 0]));
    tests::photos::upload(&world, &handheld, &bytes);
    let shown = case(&world, &id);
    assert_eq!(shown.at("/row/photos"), &json!([2, 1]));
    assert_eq!(shown.at("/photos/1/arrived"), true);
    assert_eq!(kinds(&shown).last().unwrap(), "photo_add");
    // A lot of lots: what is too much goes to a person.
    let mut lots = |n: u8| {
        let mut more = handheld.next(json!({}));
        more.kind = kind::PHOTO_ADD.to_owned();
        more.subject = report["subject"].as_str().unwrap().to_owned();
        more.photos = (0..9_u8).map(|at| photo_ref(&[n, at])).collect();
        handheld.seal(more)
    };
    let ops: Vec<Value> = (0..4).map(&mut lots).collect();
    assert_eq!(
        outcomes(&world.push(&handheld, &ops)),
        ["applied", "applied", "applied", "quarantined: photos_full"]
    );
}

fn whoever_was_about_to_move_the_case_looks_again(backend: &Backend) {
    let world = World::new(backend);
    let mut handheld = world.worker();
    let (report, id) = filed(&world, &mut handheld);
    let seen = case(&world, &id).at("/row/revision").clone();
    world.pass_ms(HOUR_MS);
    handheld.wall = world.now();
    let op = about(
        &mut handheld,
        &report,
        kind::REPORT_AMEND,
        json!({"text": "在马路对面"}),
    );
    assert_eq!(outcomes(&world.push(&handheld, &[op])), ["applied"]);
    let unit = world.console_of(Role::Handler, "350703", Some("E01"));
    let start = json!({"kind": "start", "base_revision": seen});
    let reply = world.post(&format!("/v1/cases/{id}/moves"), &unit, &start);
    assert_eq!(reply.status, 409);
    assert_eq!(reply.at("/current/events/2/reason"), "在马路对面");
}
