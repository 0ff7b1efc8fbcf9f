//! The catalogue as versioned data: drafts, reviews, dry runs and publishing while the server runs;
//! the rules of a city as tables are in `catalogue/rules.rs`.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test may fail loudly"
)]

mod rules;

use serde_json::{Value, json};
use shared::role::Role;
use shared::time::Timestamp;
use std::time::{Duration, Instant};
use sync_server::service::district::District;
use sync_server::service::{Fault, restore};
use tests::backends::Backend;
use tests::drafts::{admin, begin, edit, import, publish, table};
use tests::on_both;
use tests::world::{Handheld, START, World, outcomes};

on_both!(
    a_draft_is_published_while_the_server_runs_and_old_handhelds_keep_their_version,
    a_dry_run_says_what_happens_after_publishing,
    a_version_for_later_comes_by_itself_and_going_back_replaces_it,
    a_second_server_takes_up_what_was_published_on_the_first,
    after_a_restore_no_name_is_given_out_twice,
    a_server_whose_clock_is_behind_begins_with_the_first_version,
    a_threshold_dragged_down_a_column_is_asked_about_before_publishing,
    a_file_that_cannot_be_read_changes_nothing_and_says_where,
    of_two_changes_of_the_same_revision_one_is_made,
    what_a_file_leaves_out_is_retired_and_a_new_department_becomes_a_unit,
);

const FIRST: &str = "350703-2026.1";
const SECOND: &str = "350703-2026.2";
const THIRD: &str = "350703-2026.3";
const HOUR_MS: i64 = 3_600_000;
/// What the job that looks for news may take; it looks twice a second.
const PATIENCE: Duration = Duration::from_secs(20);

/// Rubbish to the street instead of the sanitation centre, and another limit for manhole covers.
fn usual_edits() -> Value {
    json!([
        {"kind": "lead", "category": "E0110", "lead": "属地街道"},
        {"kind": "limit", "condition": "C0101-1", "value": 4, "unit": "工作时"},
    ])
}

fn report(handheld: &Handheld, category: &str) -> Value {
    let mut report = handheld.report();
    report["category"] = json!(category);
    report["condition"] = json!(format!("{category}-1"));
    report
}

/// Files a report with a version: its lead, its deadline and its printed number.
fn file(world: &World, handheld: &mut Handheld, version: &str, category: &str) -> (Value, Value) {
    handheld.catalogue = version.parse().unwrap();
    let op = handheld.file(report(handheld, category));
    let reply = world.push(handheld, &[op]);
    assert_eq!(reply.at("/results/0/outcome"), "applied", "{reply:?}");
    let id = reply.at("/results/0/case_id").as_str().unwrap().to_owned();
    let office = world.console_of(Role::Supervisor, "350703", None);
    let case = world.get(&format!("/v1/cases/{id}"), &office);
    let row = case.at("/row");
    (row["lead"].clone(), row["deadline_ms"].clone())
}

fn wanted_version(world: &World, handheld: &Handheld) -> String {
    let body = json!({"buckets": {}, "limit": 1});
    let page = world.post("/v1/sync/pull", &handheld.token, &body);
    page.at("/catalogue_version").as_str().unwrap().to_owned()
}

/// Asks until it is so, or fails.
fn until(what: &str, so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !so() {
        assert!(begun.elapsed() < PATIENCE, "{what} did not come");
        std::thread::yield_now();
    }
}

fn a_draft_is_published_while_the_server_runs_and_old_handhelds_keep_their_version(
    backend: &Backend,
) {
    let world = World::new(backend);
    let (admin, mut handheld) = (admin(&world), world.worker());
    let draft = begin(&world, &admin, None);
    let changed = edit(&world, &admin, &draft, 1, &usual_edits());
    assert_eq!(changed.status, 200, "{changed:?}");
    assert_eq!(changed.at("/row/revision"), 2);
    assert_eq!(changed.at("/against"), FIRST);
    let parts = changed.at("/review/parts");
    assert_eq!(parts[0]["differences"][0]["key"], "E0110");
    assert_eq!(parts[1]["differences"][0]["cells"][0]["after"], "4");
    // Nothing happens before it is published.
    assert_eq!(file(&world, &mut handheld, FIRST, "E0110").0, "D22-2");
    let body = json!({"base_revision": 2, "words": "环卫下放", "suspicions_seen": true});
    let published = publish(&world, &admin, &draft, &body);
    assert_eq!(published.status, 200, "{published:?}");
    assert_eq!(
        (published.at("/version"), published.at("/standing")),
        (&json!(SECOND), &json!("in_force"))
    );
    assert_eq!(wanted_version(&world, &handheld), SECOND);
    let doc = world.get("/v1/catalogue", &handheld.token);
    assert_eq!(doc.at("/version"), SECOND);
    // Each report by the version that it names.
    assert_eq!(file(&world, &mut handheld, FIRST, "E0110").0, "D22-2");
    assert_eq!(
        file(&world, &mut handheld, SECOND, "E0110").0,
        "S01-350703001"
    );
    assert_ne!(
        file(&world, &mut handheld, FIRST, "C0101").1,
        file(&world, &mut handheld, SECOND, "C0101").1
    );
    let listed = world.get("/v1/catalogues", &admin);
    let standings: Vec<(&str, &str)> = listed
        .at("/versions")
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            (
                row["version"].as_str().unwrap(),
                row["standing"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(standings, [(SECOND, "in_force"), (FIRST, "retired")]);
    assert_eq!(listed.at("/versions/0/words"), "环卫下放");
    assert_eq!(listed.at("/drafts"), &json!([]));
    let again = publish(&world, &admin, &draft, &body);
    assert_eq!((again.status, again.code()), (410, "gone"));
    let audit = world.get("/v1/audit", &admin);
    let deeds: Vec<&str> = audit
        .at("/rows")
        .as_array()
        .unwrap()
        .iter()
        .filter(|row| row["subject"] == json!(draft))
        .map(|row| row["action"].as_str().unwrap())
        .collect();
    assert_eq!(
        deeds,
        ["catalogue.publish", "catalogue.edit", "catalogue.draft"]
    );
}

fn a_dry_run_says_what_happens_after_publishing(backend: &Backend) {
    let world = World::new(backend);
    let (admin, mut handheld) = (admin(&world), world.worker());
    let categories = ["E0110", "C0101", "C0102", "E0110"];
    let before: Vec<_> = categories
        .iter()
        .map(|category| file(&world, &mut handheld, FIRST, category))
        .collect();
    let draft = begin(&world, &admin, None);
    assert_eq!(edit(&world, &admin, &draft, 1, &usual_edits()).status, 200);
    let path = format!("/v1/catalogues/drafts/{draft}/dry-run");
    let run = world.post(&path, &admin, &json!({"days": 7}));
    assert_eq!(run.status, 200, "{run:?}");
    assert_eq!(
        (run.at("/cases"), run.at("/units_differ")),
        (&json!(4), &json!(2))
    );
    assert_eq!(run.at("/is_cut"), false);
    let moved = run.at("/moved").as_array().unwrap().clone();
    assert_eq!(moved.len(), 3, "{moved:?}");
    let loads: Vec<(&str, i64, i64)> = run
        .at("/loads")
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            let count = |side: &str| row[side].as_i64().unwrap();
            (
                row["unit"].as_str().unwrap(),
                count("before"),
                count("after"),
            )
        })
        .collect();
    assert_eq!(loads, [("D22-2", 2, 0), ("S01-350703001", 0, 2)]);
    let body = json!({"base_revision": 2, "suspicions_seen": true});
    assert_eq!(publish(&world, &admin, &draft, &body).status, 200);
    // The same reports once more at the same moment: what was said is what happens.
    let after: Vec<_> = categories
        .iter()
        .map(|category| file(&world, &mut handheld, SECOND, category))
        .collect();
    let said: Vec<_> = moved
        .iter()
        .map(|it| {
            (
                it["after"]["lead"].clone(),
                it["after"]["deadline_ms"].clone(),
            )
        })
        .collect();
    let differing: Vec<_> = before
        .iter()
        .zip(&after)
        .filter(|(before, after)| before != after)
        .map(|(_, after)| after.clone())
        .collect();
    assert_eq!(differing.len(), said.len());
    for outcome in &differing {
        assert!(said.contains(outcome), "{outcome:?} was not said: {said:?}");
    }
    let empty = world.post(&path, &admin, &json!({"days": 0}));
    assert_eq!(empty.status, 422);
}

fn a_version_for_later_comes_by_itself_and_going_back_replaces_it(backend: &Backend) {
    let world = World::new(backend);
    let (admin, mut handheld) = (admin(&world), world.worker());
    let draft = begin(&world, &admin, None);
    assert_eq!(edit(&world, &admin, &draft, 1, &usual_edits()).status, 200);
    let body = json!({
        "base_revision": 2, "from_ms": START.0 + HOUR_MS, "suspicions_seen": true,
    });
    let published = publish(&world, &admin, &draft, &body);
    assert_eq!(published.at("/standing"), "coming", "{published:?}");
    assert_eq!(wanted_version(&world, &handheld), FIRST);
    world.pass_ms(HOUR_MS);
    until("the version", || {
        wanted_version(&world, &handheld) == SECOND
    });
    // Back to what was: an earlier content as a new version.
    let back = begin(&world, &admin, Some(FIRST));
    let shown = world.get(&format!("/v1/catalogues/drafts/{back}"), &admin);
    assert_eq!(shown.at("/review/parts").as_array().unwrap().len(), 2);
    let body = json!({"base_revision": 1, "suspicions_seen": true});
    let published = publish(&world, &admin, &back, &body);
    assert_eq!(published.at("/version"), THIRD, "{published:?}");
    assert_eq!(wanted_version(&world, &handheld), THIRD);
    assert_eq!(file(&world, &mut handheld, THIRD, "E0110").0, "D22-2");
    assert_eq!(
        file(&world, &mut handheld, SECOND, "E0110").0,
        "S01-350703001"
    );
    let old = world.get(&format!("/v1/catalogue?version={SECOND}"), &handheld.token);
    assert_eq!(old.status, 200, "nothing old is deleted");
}

fn a_second_server_takes_up_what_was_published_on_the_first(backend: &Backend) {
    let world = World::new(backend);
    let other = World::serve(backend, tempfile::tempdir().unwrap());
    let admin = admin(&world);
    let draft = begin(&world, &admin, None);
    assert_eq!(edit(&world, &admin, &draft, 1, &usual_edits()).status, 200);
    let body = json!({"base_revision": 2, "suspicions_seen": true});
    let mut handheld = other.worker();
    assert_eq!(publish(&world, &admin, &draft, &body).status, 200);
    // Whoever has it already is not told to wait until the second server has looked.
    let (lead, _) = file(&other, &mut handheld, SECOND, "E0110");
    assert_eq!(lead, "S01-350703001");
    let version = || other.get("/v1/catalogue", &admin).at("/version").clone();
    until("the second server's version", || version() == json!(SECOND));
}

fn after_a_restore_no_name_is_given_out_twice(backend: &Backend) {
    let world = World::new(backend);
    let restored = |life: &'static str| {
        let begun = world
            .store
            .write_blocking::<_, Fault>(&world.district.code, move |tx| {
                restore::begin_new_life(tx, life)
            });
        begun.unwrap();
    };
    let published = || {
        let admin = admin(&world);
        let draft = begin(&world, &admin, None);
        let changed = edit(&world, &admin, &draft, 1, &usual_edits());
        assert_eq!(changed.status, 200, "{changed:?}");
        let body = json!({"base_revision": 2, "suspicions_seen": true});
        let published = publish(&world, &admin, &draft, &body);
        assert_eq!(published.status, 200, "{published:?}");
        let version = published.at("/version").as_str().unwrap().to_owned();
        assert_eq!(world.get("/v1/catalogue", &admin).at("/version"), &version);
        version
    };
    restored("second life");
    let second = published();
    let (number, mark) = second.rsplit_once('-').unwrap();
    assert_eq!((number, mark.len()), (SECOND, 8));
    // It counts on, whatever life the last one is from.
    restored("third life");
    let third = published();
    assert!(third.starts_with(&format!("{THIRD}-")), "{third}");
    assert!(!third.ends_with(mark), "{third}");
}

fn a_server_whose_clock_is_behind_begins_with_the_first_version(backend: &Backend) {
    let world = World::new(backend);
    let admin = admin(&world);
    let draft = begin(&world, &admin, None);
    assert_eq!(edit(&world, &admin, &draft, 1, &usual_edits()).status, 200);
    let body = json!({"base_revision": 2, "suspicions_seen": true});
    assert_eq!(publish(&world, &admin, &draft, &body).status, 200);
    // The district was made a day before `START`; what a server reads when it starts before that.
    let behind = Timestamp(START.0 - 2 * 24 * HOUR_MS);
    let district = world.look(move |tx| District::load(tx, behind));
    assert_eq!(district.catalogue.version().to_string(), FIRST);
    assert!(district.catalogue_of(&SECOND.parse().unwrap()).is_some());
    // And once the clock was set right.
    let now = world.now();
    let district = world.look(move |tx| district.renewed(tx, now));
    let version = district.unwrap().catalogue.version().to_string();
    assert_eq!(version, SECOND);
}

fn a_threshold_dragged_down_a_column_is_asked_about_before_publishing(backend: &Backend) {
    let world = World::new(backend);
    let admin = admin(&world);
    let draft = begin(&world, &admin, None);
    let csv = table(&world, &admin, &draft, "conditions");
    let mut lines: Vec<String> = csv.lines().map(str::to_owned).collect();
    for (at, line) in lines.iter_mut().skip(10).take(5).enumerate() {
        let mut cells: Vec<&str> = line.split(',').collect();
        let dragged = format!("高差大于{}厘米", at + 2);
        cells[2] = &dragged;
        *line = cells.join(",");
    }
    let file = lines.join("\n").into_bytes();
    let query = "part=conditions&base_revision=1";
    let reply = import(&world, &admin, &draft, query, file);
    assert_eq!(reply.status, 200, "{:?}", reply.json);
    let suspicion = reply.at("/review/suspicions/0");
    assert_eq!(suspicion["doubt"], "counts_up", "{suspicion}");
    assert_eq!(suspicion["keys"].as_array().unwrap().len(), 5);
    let unseen = publish(&world, &admin, &draft, &json!({"base_revision": 2}));
    assert_eq!(
        (unseen.status, unseen.at("/field")),
        (422, &json!("suspicions_seen"))
    );
    let seen = json!({"base_revision": 2, "suspicions_seen": true});
    assert_eq!(publish(&world, &admin, &draft, &seen).status, 200);
}

fn a_file_that_cannot_be_read_changes_nothing_and_says_where(backend: &Backend) {
    let world = World::new(backend);
    let admin = admin(&world);
    let draft = begin(&world, &admin, None);
    let wrong = "编号,小类编号,立案条件,时限,单位\nC0101-1,C0101,缺失,2,工作时\nC0101-2,C0101,破损,三,工作时\n";
    let query = "part=conditions&base_revision=1";
    let reply = import(&world, &admin, &draft, query, wrong.as_bytes().to_vec());
    assert_eq!((reply.status, reply.at("/field")), (422, &json!("file")));
    let words = reply.at("/words").as_str().unwrap();
    assert!(
        words.starts_with("「立案条件」第3行：「时限」写的是「三」"),
        "{words}"
    );
    let broken = import(
        &world,
        &admin,
        &draft,
        "base_revision=1",
        b"PK\x03\x04 broken".to_vec(),
    );
    assert_eq!(broken.status, 422, "{broken:?}");
    // A whole workbook goes out and comes back without a difference.
    let book = world.get(&format!("/v1/catalogues/export?draft={draft}"), &admin);
    assert!(book.headers["content-disposition"].contains(".xlsx"));
    let reply = import(&world, &admin, &draft, "base_revision=1", book.bytes);
    assert_eq!(reply.status, 200, "{:?}", reply.json);
    assert_eq!(reply.at("/review/parts"), &json!([]));
    assert_eq!(reply.at("/row/revision"), 2);
    let two = world.get("/v1/catalogues/export?format=csv", &admin);
    assert_eq!((two.status, two.at("/field")), (422, &json!("part")));
}

fn of_two_changes_of_the_same_revision_one_is_made(backend: &Backend) {
    let world = World::new(backend);
    let admin = admin(&world);
    let draft = begin(&world, &admin, None);
    let body = json!({"base_revision": 1, "edits": usual_edits()});
    let path = format!("/v1/catalogues/drafts/{draft}/edits");
    let mut statuses: Vec<u16> = world
        .at_once(4, &path, &admin, &body)
        .iter()
        .map(|reply| reply.status)
        .collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409, 409, 409]);
    let unknown = json!([{"kind": "lead", "category": "E0110", "lead": "没有的单位"}]);
    let reply = edit(&world, &admin, &draft, 2, &unknown);
    assert_eq!((reply.status, reply.at("/field")), (422, &json!("edits")));
    let gone = world.ask(
        "DELETE",
        &format!("/v1/catalogues/drafts/{draft}"),
        &admin,
        None,
    );
    assert_eq!(gone.status, 204);
    assert_eq!(edit(&world, &admin, &draft, 2, &usual_edits()).status, 410);
    let dispatcher = world.console_of(Role::Dispatcher, "350703", None);
    assert_eq!(world.get("/v1/catalogues", &dispatcher).status, 403);
}

fn what_a_file_leaves_out_is_retired_and_a_new_department_becomes_a_unit(backend: &Backend) {
    let world = World::new(backend);
    let (admin, mut handheld) = (admin(&world), world.worker());
    let draft = begin(&world, &admin, None);
    let csv = table(&world, &admin, &draft, "departments");
    let mut lines: Vec<&str> = csv.lines().collect();
    lines.retain(|line| !line.contains("供水企业"));
    lines.push("E99,建阳水务集团有限公司,水务集团,公共服务企业,供水与井盖,否");
    let query = "part=departments&base_revision=1";
    let reply = import(&world, &admin, &draft, query, lines.join("\n").into_bytes());
    assert_eq!(reply.status, 200, "{:?}", reply.json);
    let part = &reply.at("/review/parts")[0];
    assert_eq!((&part["new"], &part["gone"]), (&json!(1), &json!(1)));
    let edits = json!([{"kind": "lead", "category": "C0101", "lead": "水务集团"}]);
    assert_eq!(edit(&world, &admin, &draft, 2, &edits).status, 200);
    let body = json!({"base_revision": 3, "suspicions_seen": true});
    let published = publish(&world, &admin, &draft, &body);
    assert_eq!(published.status, 200, "{published:?}");
    assert_eq!(file(&world, &mut handheld, SECOND, "C0101").0, "E99");
    assert_eq!(file(&world, &mut handheld, FIRST, "C0101").0, "E01");
    let units = world.get("/v1/units", &admin);
    let names: Vec<&str> = units
        .json
        .as_array()
        .unwrap()
        .iter()
        .filter(|unit| unit["code"] == "E99" || unit["code"] == "E01")
        .map(|unit| unit["name"].as_str().unwrap())
        .collect();
    assert_eq!(
        names,
        ["供水企业", "水务集团"],
        "units stay: cases lie with them"
    );
    let unknown = handheld.file(report(&handheld.clone(), "C9999"));
    let reply = world.push(&handheld, &[unknown]);
    assert_eq!(outcomes(&reply), ["quarantined: category_unknown"]);
}
