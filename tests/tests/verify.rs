//! Whatever is changed in the archive past the program is found and named: each column of each
//! covered table, rows taken out, put in and moved, a whole trail made anew. Each on both databases.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test may fail loudly"
)]

use serde_json::{Value, json};
use shared::archive::{Finding, Problem};
use shared::id::{CaseId, Sha256};
use shared::label::Lang;
use shared::operation::{Operation, kind, seal};
use shared::role::Role;
use shared::time::DAY_MS;
use std::collections::BTreeSet;
use sync_server::service::verify;
use sync_server::store::operations::Place;
use sync_server::store::{self, events};
use tests::backends::Backend;
use tests::on_both;
use tests::tamper::Hand;
use tests::world::{Handheld, World, outcomes, photo_ref};

on_both!(
    what_nobody_touched_is_good,
    each_column_of_each_table_is_watched,
    rows_that_are_taken_out_put_in_or_moved_are_named,
    what_is_taken_out_with_its_count_is_named,
    what_was_settled_stays_as_it_was_settled,
    a_trail_made_anew_does_not_fit_what_was_sealed,
    a_photo_is_read_and_compared,
    an_older_trail_is_checked_as_far_as_it_tells,
    every_page_is_turned_once,
    an_operation_stands_on_the_last_one_of_the_page_before,
);

mod tables;

use tables::{FREE, TABLES, deeds};

const NONE: &str = "01890000-0000-7000-8000-00000000ffff";
const HASH: &str = "'00000000000000000000000000000000000000000000000000000000000000aa'";

/// A day of reports that is sealed and signed, and something after it that isn't.
struct Scene {
    world: World,
    hand: Hand,
    /// A case with a photo that went its whole way, and its printed number.
    case: CaseId,
    case_no: String,
    photo: Sha256,
}

fn move_on(world: &World, case: &str, who: &str, kind: &str, more: Value) {
    let mut body = more;
    let at = world.get(&format!("/v1/cases/{case}"), who);
    body["kind"] = json!(kind);
    body["base_revision"] = at.at("/row/revision").clone();
    let reply = world.post(&format!("/v1/cases/{case}/moves"), who, &body);
    assert_eq!(reply.status, 200, "{reply:?}");
}

fn file(world: &World, handheld: &mut Handheld, bytes: &[u8]) -> (Value, String, String) {
    let mut operation = handheld.next(handheld.report());
    operation.photos = vec![photo_ref(bytes)];
    let op = handheld.seal(operation);
    let reply = world.push(handheld, std::slice::from_ref(&op));
    let told = |name: &str| reply.at(name).as_str().unwrap().to_owned();
    (op, told("/results/0/case_id"), told("/results/0/case_no"))
}

fn scene(backend: &Backend) -> Scene {
    let world = World::new(backend);
    let mut handheld = world.worker();
    let bytes = include_bytes!("../data/photos/no_exif.jpg").to_vec();
    let (op, case, case_no) = file(&world, &mut handheld, &bytes);
    tests::photos::upload(&world, &handheld, &bytes);
    let mut note = handheld.next(json!({"text": "旁边还有一个"}));
    note.kind = kind::NOTE_ADD.to_owned();
    note.subject = op["subject"].as_str().unwrap().to_owned();
    note.photos = Vec::new();
    let mut bad = handheld.clone();
    let note = bad.seal(note);
    let mut unknown = bad.report();
    unknown["category"] = json!("C9999");
    let unknown = bad.file(unknown);
    assert_eq!(world.push(&bad, &[note, unknown]).status, 200);
    let tick = json!({"round": "morning", "point": "gate", "seen": "fine"});
    let mut tick = bad.next(tick);
    tick.kind = kind::PATROL_MARK.to_owned();
    tick.subject = "morning".to_owned();
    tick.photos = Vec::new();
    tick.offset_ms = Some(0);
    let tick = bad.seal(tick);
    assert_eq!(outcomes(&world.push(&bad, &[tick])), ["applied"]);
    let dispatcher = world.console_of(Role::Dispatcher, "350703", None);
    let water = world.console_of(Role::Handler, "350703", Some("E01"));
    world.pass_ms(60_000);
    move_on(&world, &case, &water, "start", json!({}));
    move_on(&world, &case, &water, "finish", json!({"reason": "补装"}));
    move_on(&world, &case, &dispatcher, "close", json!({}));
    assert!(world.seal() > 0);
    world.pass_ms(DAY_MS);
    world.seal();
    // Another day with another handheld, sealed twice, and a rest that isn't.
    let mut other = world.worker();
    for n in 0..3 {
        file(&world, &mut other, format!("photo {n}").as_bytes());
        world.seal();
    }
    world.pass_ms(DAY_MS);
    file(&world, &mut other, b"the day after");
    world.seal();
    file(&world, &mut other, b"after the seals");
    Scene {
        hand: Hand::on(backend),
        case: case.parse().unwrap(),
        case_no,
        photo: Sha256::of(&bytes),
        world,
    }
}

fn said(findings: &[Finding]) -> Vec<String> {
    findings
        .iter()
        .map(|finding| finding.words(Lang::En))
        .collect()
}

fn what_nobody_touched_is_good(backend: &Backend) {
    let scene = scene(backend);
    let report = scene.world.verify();
    assert_eq!(said(&report.findings), Vec::<String>::new());
    let counts = report.counts;
    assert_eq!((counts.cases, counts.operations, counts.days), (6, 9, 2));
    assert_eq!(counts.photos, 1);
    assert_eq!(counts.chain, counts.events + counts.audit);
    // Other keys than the one that somebody kept don't pass.
    let other = shared::signature::SecretKey::from_seed(&[9; 32]).public();
    let report = sync_server::verifier::verify(&scene.world.store, None, Some(other)).unwrap();
    let signatures = |f: &Finding| f.problem == Problem::Signature && f.table == "day_roots";
    assert_eq!(report.findings.iter().filter(|f| signatures(f)).count(), 2);
}

fn each_column_of_each_table_is_watched(backend: &Backend) {
    let mut scene = scene(backend);
    let case = scene.case;
    let report = scene
        .hand
        .text(&format!("SELECT report FROM cases WHERE id = '{case}'"));
    let op = scene
        .hand
        .text(&format!("SELECT op_id FROM reports WHERE id = '{report}'"));
    let filled = |sql: &str| {
        sql.replace("{case}", &case.to_string())
            .replace("{report}", &report)
            .replace("{op}", &op)
            .replace("{none}", NONE)
            .replace("{hash}", HASH)
    };
    let mut missed = Vec::new();
    for (table, row, columns) in TABLES {
        let named: BTreeSet<_> = columns
            .iter()
            .map(|(name, ..)| (*name).to_owned())
            .collect();
        let all = scene.hand.columns(table);
        let free = |name: &String| FREE.contains(&format!("{table}.{name}").as_str());
        let all: BTreeSet<_> = all.into_iter().filter(|name| !free(name)).collect();
        assert_eq!(all, named, "each column of {table} is tried");
        scene.hand.remember(table);
        for (column, value, expected) in columns {
            let (row, value) = (filled(row), filled(value));
            scene.hand.run(&format!(
                "UPDATE {table} SET {column} = {value} WHERE {row}"
            ));
            let found = scene.world.verify().findings;
            let is_it = |finding: &Finding| {
                let name = format!("{}.{}", finding.table, finding.field);
                name == *expected
            };
            if !found.iter().any(is_it) {
                missed.push(format!("{table}.{column}: {:?}", said(&found)));
            }
            scene.hand.put_back(table);
        }
        let after = said(&scene.world.verify().findings);
        assert_eq!(after, Vec::<String>::new(), "{table} is as it was");
    }
    assert_eq!(missed, Vec::<String>::new());
}

fn rows_that_are_taken_out_put_in_or_moved_are_named(backend: &Backend) {
    let mut scene = scene(backend);
    let case = scene.case;
    let tables = [
        "case_events",
        "cases",
        "reports",
        "operations",
        "quarantine",
        "patrol_marks",
        "audit",
        "seals",
        "day_roots",
    ];
    for table in tables {
        scene.hand.remember(table);
    }
    for (table, sql, expected, problem) in deeds(case) {
        scene.hand.run(&sql);
        let found = scene.world.verify().findings;
        let is_it = |finding: &Finding| {
            format!("{}.{}", finding.table, finding.field) == expected && finding.problem == problem
        };
        assert!(
            found.iter().any(is_it),
            "{sql}: {expected} {:?}",
            said(&found)
        );
        scene.hand.put_back(table);
    }
    // In words, with the printed number.
    scene.hand.run(&format!(
        "UPDATE case_events SET reason = '' WHERE case_id = '{case}' AND ordinal = 5"
    ));
    let found = scene.world.verify().findings;
    let words: Vec<_> = found.iter().map(|one| one.words(Lang::Zh)).collect();
    let expected = format!("案件{}，流转记录第5条（内容）被改动", scene.case_no);
    assert_eq!(words, [expected]);
}

fn what_is_taken_out_with_its_count_is_named(backend: &Backend) {
    let mut scene = scene(backend);
    scene.hand.remember("operations");
    let missing = |scene: &Scene| {
        let mut found = scene.world.verify().findings;
        found.retain(|one| one.table == "operations" && one.problem == Problem::Missing);
        found
    };
    // The mark is lowered below the hole.
    scene.hand.run(
        "DELETE FROM operations WHERE outcome = 'quarantined';
        UPDATE devices SET high_water = 1;",
    );
    let found = missing(&scene);
    assert_eq!(found.len(), 1, "{:?}", said(&found));
    assert!(found[0].row.ends_with("× 1"), "{:?}", said(&found));
    // The count, too: the trail still names what was added.
    scene.hand.put_back("operations");
    scene.hand.run(
        "DELETE FROM operations WHERE kind = 'note.add';
        UPDATE devices SET high_water = 1, received = 0;",
    );
    let found = missing(&scene);
    assert_eq!(found.len(), 1, "{:?}", said(&found));
    assert!(
        said(&found)[0].contains(&scene.case_no),
        "{:?}",
        said(&found)
    );
}

fn what_was_settled_stays_as_it_was_settled(backend: &Backend) {
    let mut scene = scene(backend);
    let boss = scene.world.console_of(Role::Dispatcher, "350703", None);
    let op_id = scene.hand.text("SELECT op_id FROM quarantine");
    let path = format!("/v1/quarantine/{op_id}/resolve");
    let note = json!({"note": "电话核实"});
    assert_eq!(scene.world.post(&path, &boss, &note).status, 204);
    assert_eq!(said(&scene.world.verify().findings), Vec::<String>::new());
    scene.hand.remember("quarantine");
    for change in [
        "resolved_ms = NULL, resolved_by = NULL, note = ''",
        "resolved_ms = resolved_ms + 1",
        "resolved_by = NULL",
        "note = '没有这回事'",
    ] {
        scene.hand.run(&format!("UPDATE quarantine SET {change}"));
        let found = scene.world.verify().findings;
        let named = |one: &Finding| (&*one.table, &*one.field) == ("quarantine", "state");
        assert!(found.iter().any(named), "{change}: {:?}", said(&found));
        scene.hand.put_back("quarantine");
    }
}

fn a_trail_made_anew_does_not_fit_what_was_sealed(backend: &Backend) {
    let mut scene = scene(backend);
    let case = scene.case;
    let mut trail = scene.world.look(move |tx| Ok(events::of_case(tx, case)?));
    trail[1].event.reason = "另有缘由".to_owned();
    let mut before = events::CHAIN_START;
    for row in &mut trail {
        row.prev_hash = before;
        row.hash = events::chain_hash(case, row.ordinal, before, &row.event);
        before = row.hash;
        scene.hand.run(&format!(
            "UPDATE case_events SET reason = '{}', prev_hash = '{}', hash = '{}'
            WHERE case_id = '{case}' AND ordinal = {}",
            row.event.reason, row.prev_hash, row.hash, row.ordinal
        ));
    }
    assert_eq!(
        store::events::first_break(case, &trail),
        None,
        "by itself it looks whole"
    );
    let found = scene.world.verify().findings;
    let changed = found
        .iter()
        .filter(|one| one.table == "entries" && one.field == "hash");
    assert_eq!(changed.count(), 5, "{:?}", said(&found));
    // Whoever makes the seals anew as well can't sign the day.
    scene
        .hand
        .run("UPDATE day_roots SET head = before_root WHERE day = 20261124");
    let found = scene.world.verify().findings;
    assert!(
        found.iter().any(|one| one.table == "day_roots"),
        "{:?}",
        said(&found)
    );
}

fn a_photo_is_read_and_compared(backend: &Backend) {
    let scene = scene(backend);
    let hash = scene.photo.to_string();
    let file = scene.world.photos_folder().join(&hash[..2]).join(&hash);
    let bytes = std::fs::read(&file).unwrap();
    let found = |problem| {
        let found = scene.world.verify().findings;
        let is_it = |one: &Finding| one.field == "bytes" && one.row == hash;
        assert!(found.iter().any(|one| is_it(one) && one.problem == problem));
    };
    std::fs::write(&file, b"another picture").unwrap();
    found(Problem::Changed);
    std::fs::remove_file(&file).unwrap();
    found(Problem::Missing);
    std::fs::write(&file, bytes).unwrap();
    assert_eq!(said(&scene.world.verify().findings), Vec::<String>::new());
}

/// A trail from before entries vouched for rows still has state, unit and deadline in its moves.
fn an_older_trail_is_checked_as_far_as_it_tells(backend: &Backend) {
    let world = World::new(backend);
    let mut handheld = world.worker();
    let (_, case, _) = file(&world, &mut handheld, b"a photo");
    let id: CaseId = case.parse().unwrap();
    // The unit of a part is not the one that leads.
    let dispatcher = world.console_of(Role::Dispatcher, "350703", None);
    let path = format!("/v1/cases/{case}");
    let seen = world.get(&path, &dispatcher);
    let part = json!({
        "kind": "add_part", "base_revision": seen.at("/row/revision"),
        "unit": "D01", "reason": "围挡",
    });
    let reply = world.post(&format!("{path}/moves"), &dispatcher, &part);
    assert_eq!(reply.status, 200, "{reply:?}");
    let mut hand = Hand::on(backend);
    let mut trail = world.look(move |tx| Ok(events::of_case(tx, id)?));
    let mut before = events::CHAIN_START;
    for row in &mut trail {
        let detail: Value = serde_json::from_str(&row.event.detail).unwrap();
        let older = match detail.get("unit") {
            Some(unit) => json!({"unit": unit, "deadline_ms": detail["deadline_ms"]}),
            None => json!({}),
        };
        row.event.detail = older.to_string();
        row.prev_hash = before;
        before = events::chain_hash(id, row.ordinal, row.prev_hash, &row.event);
        hand.run(&format!(
            "UPDATE case_events SET detail = '{}', prev_hash = '{}', hash = '{before}'
            WHERE case_id = '{case}' AND ordinal = {}",
            row.event.detail, row.prev_hash, row.ordinal
        ));
    }
    assert_eq!(said(&world.verify().findings), Vec::<String>::new());
    for (change, field) in [
        ("state = 'handling'", "state"),
        ("lead_unit = 'D22-2'", "lead"),
        ("deadline_ms = deadline_ms + 1", "deadline"),
    ] {
        hand.remember("cases");
        hand.run(&format!("UPDATE cases SET {change}"));
        let found = world.verify().findings;
        assert!(
            found.iter().any(|one| one.field == field),
            "{change} {:?}",
            said(&found)
        );
        hand.put_back("cases");
        hand.run("DROP TABLE kept_cases");
    }
}

/// More than two pages of cases and of operations, which several hands turn side by side.
fn every_page_is_turned_once(backend: &Backend) {
    const PUSHES: usize = 11;
    const REPORTS: usize = 2 * verify::PAGE_ROWS + 1;
    let world = World::new(backend);
    let mut handheld = world.worker();
    for _ in 0..PUSHES {
        let ops: Vec<Value> = (0..REPORTS / PUSHES)
            .map(|_| handheld.file_text("井盖不见了"))
            .collect();
        assert_eq!(world.push(&handheld, &ops).status, 200);
    }
    let report = world.verify();
    assert_eq!(said(&report.findings), Vec::<String>::new());
    let counts = report.counts;
    assert_eq!((counts.cases, counts.operations), (REPORTS, REPORTS));
    assert_eq!(counts.chain, counts.events + counts.audit);
    // One on each page, at its end and in its middle, and the very last.
    let mut hand = Hand::on(backend);
    let mut changed = BTreeSet::new();
    for before in [
        verify::PAGE_ROWS - 1,
        verify::PAGE_ROWS * 3 / 2,
        REPORTS - 1,
    ] {
        let select = format!("SELECT id FROM cases ORDER BY id LIMIT 1 OFFSET {before}");
        let id = hand.text(&select);
        hand.run(&format!(
            "UPDATE cases SET category = 'C0102' WHERE id = '{id}'"
        ));
        changed.insert(id);
    }
    let found = world.verify().findings;
    assert_eq!(found.len(), changed.len(), "{:?}", said(&found));
    let named: BTreeSet<_> = found.into_iter().map(|finding| finding.row).collect();
    assert_eq!(named, changed);
}

fn an_operation_stands_on_the_last_one_of_the_page_before(backend: &Backend) {
    let world = World::new(backend);
    let mut handheld = world.worker();
    let ops: Vec<Value> = (0..3).map(|_| handheld.file_text("井盖不见了")).collect();
    assert_eq!(world.push(&handheld, &ops).status, 200);
    // The first one is made anew, with a hash of its own.
    let mut anew: Operation = serde_json::from_value(ops[0].clone()).unwrap();
    anew.wall_ms = anew.wall_ms.plus_ms(1);
    let anew = seal(anew).unwrap();
    Hand::on(backend).run(&format!(
        "UPDATE operations SET body = '{}', hash = '{}' WHERE op_id = '{}'",
        anew.text, anew.hash, anew.operation.op_id
    ));
    let device = handheld.device.to_string();
    let at = |seq: i64| Place {
        device: device.clone(),
        epoch: 1,
        seq,
    };
    let second = ops[1]["op_id"].as_str().unwrap();
    for (from, to, wrong) in [
        (0, Some(1), None),
        (1, Some(2), Some(second)),
        (2, None, None),
    ] {
        let (from, to) = (at(from), to.map(at));
        let page = world.look(move |tx| {
            let frame = verify::frame(tx, None)?;
            verify::operations_page(tx, &frame, &from, to.as_ref())
        });
        assert_eq!(page.rows, 1);
        let named = page.findings.iter().map(|finding| {
            assert_eq!((&*finding.table, &*finding.field), ("operations", "order"));
            finding.row.as_str()
        });
        assert_eq!(named.collect::<Vec<_>>(), Vec::from_iter(wrong));
    }
    assert_eq!(world.verify().findings.len(), 1);
}
